# SPDX-License-Identifier: Apache-2.0
"""Numbers that callers pass, checked before anything is computed; bit-reversed order."""

from __future__ import annotations

from math import inf
from operator import index
from typing import Any

import numpy as np
import numpy.typing as npt

_MOST = 2**64 - 1

_TRUTHS = frozenset({bool, np.bool_})
"""True and False are whole numbers to Python; whoever passes one where a number is wanted mistook the argument."""


def whole_number(name: str, value: Any, least: int = 0, most: int = _MOST) -> int:
    """One number as an int.

    Raises:
        TypeError, ValueError: no whole number (True and False are none), or none in least .. most.
    """
    if type(value) in _TRUTHS:
        raise TypeError(f"{name}: {value} came; wanted a whole number")
    try:
        number = index(value)
    except TypeError:
        raise TypeError(f"{name}: a {type(value).__name__} came; wanted a whole number") from None
    if not least <= number <= most:
        raise ValueError(f"{name}: {number} came; wanted {least} .. {'2^64 - 1' if most == _MOST else most}")
    return number


def real_number(name: str, value: Any, least: float, most: float = inf) -> float:
    """One number, or the text of one, as a float.

    Raises:
        TypeError, ValueError: no number, or none in least .. most.
    """
    try:
        number = float(value)
    except TypeError:
        raise TypeError(f"{name}: a {type(value).__name__} came; wanted a number") from None
    except ValueError:
        raise ValueError(f"{name}: {value!r} came; wanted a number") from None
    if not least <= number <= most:
        raise ValueError(f"{name}: {number} came; wanted {least:g} .. {most:g}")
    return number


def integer_array(name: str, values: Any, wanted: str = "whole numbers in 0 .. 2^64 - 1") -> npt.NDArray[Any]:
    """Many numbers, or a single one, as an array of integers of one dimension.

    Args:
        name: the argument's name, for errors.
        values: the numbers.
        wanted: what an error says of numbers of another kind.

    Raises:
        TypeError, ValueError: something else came, or some of them are masked.
    """
    if isinstance(values, np.ma.MaskedArray):
        raise TypeError(f"{name}: a masked array came; numbers can't be missing. Drop them first: array.compressed()")
    try:
        array = np.atleast_1d(np.asarray(values))
    except ValueError as error:
        raise ValueError(f"{name}: {type(values).__name__} of no numbers came; wanted whole numbers: {error}") from None
    if array.ndim != 1:
        raise ValueError(f"{name}: an array of shape {array.shape} came; wanted one dimension")
    if array.size == 0:
        return np.empty(0, np.uint64)
    if isinstance(values, (list, tuple)) and not _TRUTHS.isdisjoint(map(type, values)):
        i = next(i for i, value in enumerate(values) if type(value) in _TRUTHS)
        raise TypeError(f"{name}: {values[i]} came at {i}; wanted {wanted}")
    if array.dtype.kind == "f" and isinstance(values, (list, tuple)) and all(type(v) is int for v in values):
        # numpy has no integer type for numbers on both sides of 2^63, and takes floats for them.
        if min(values) < 0:
            raise ValueError(f"{name}: {min(values)} came; wanted whole numbers >= 0")
        array = np.array(values, np.uint64)
    if array.dtype.kind == "O":
        for i, value in enumerate(array):
            if not isinstance(value, int):
                raise TypeError(f"{name}: a {type(value).__name__} came at {i}; wanted {wanted}")
            if not 0 <= value <= _MOST:
                raise ValueError(f"{name}: {value} came at {i}; wanted {wanted}")
    if array.dtype.kind not in "iu":
        raise TypeError(f"{name}: {array.dtype} came; wanted {wanted}")
    return array


def bit_reversal(bits: int) -> npt.NDArray[np.int64]:
    """int64[2^bits]: entry i is i with the order of its `bits` bits reversed."""
    order = np.zeros(1, np.int64)
    for _ in range(bits):
        order = np.concatenate([2 * order, 2 * order + 1])
    return order
