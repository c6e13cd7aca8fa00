# SPDX-License-Identifier: Apache-2.0
"""Between numpy and plaintexts, in one pass."""

from __future__ import annotations

from dataclasses import replace
from math import log2
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pyaccel.he.native import came, ffi, lib, options, out, owned, raise_status
from pyaccel.he.parameters import nearest_plain_modulus
from pyaccel.he.plaintexts import Plaintexts, Shape
from pyaccel.numbers import whole_number

if TYPE_CHECKING:
    from pyaccel.he.context import Context

_TYPES = {np.dtype(np.int64): "int64_t[]", np.dtype(np.float64): "double[]", np.dtype(np.complex128): "double[]"}


def need_slots(context: Context) -> None:
    """That a plain modulus has slots.

    Raises:
        ValueError: it has none; names the nearest that has.
    """
    if context.slots == 0:
        t, n = context.plain_modulus, context.degree
        raise ValueError(
            f"plain_modulus={t} has no slots at degree={n}: that takes a prime that is 1 modulo 2N = {2 * n}; the "
            f"nearest "
            f"is {nearest_plain_modulus(t, n)}. Without slots: coefficients=True"
        )


def numbers(context: Context, values: Any) -> npt.NDArray[Any]:
    """What callers pass as int64, or for ckks as float64 or complex128; TypeError, ValueError: no such numbers."""
    first = values[0] if isinstance(values, (list, tuple)) and values else values
    if hasattr(first, "context"):  # of a batch numpy would make an array of objects
        raise TypeError(f"values: {came(first)} came; wanted numbers")
    if isinstance(values, np.ma.MaskedArray):
        raise TypeError("values: a masked array came; numbers can't be missing. Fill it first: array.filled(0)")
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise ValueError(f"values: rows of different lengths came; wanted (n, width) or (width,): {error}") from None
    if array.ndim > 2:
        raise ValueError(f"values: an array of shape {array.shape} came; wanted (n, width) or (width,)")
    if context.scheme == "ckks":
        if array.dtype.kind not in "fciub":
            raise TypeError(f"values: {array.dtype} came; wanted real or complex numbers")
        return array.astype(np.complex128 if array.dtype.kind == "c" else np.float64, copy=False)
    if array.size == 0:
        return array.astype(np.int64)
    if array.dtype.kind == "f" and isinstance(values, (list, tuple)):
        array = np.array(values, dtype=object)  # numpy takes floats for integers on both sides of 2^63
    if array.dtype.kind == "O" and all(isinstance(value, int) for value in array.flat):
        wide = next((i for i, v in enumerate(array.flat) if not -(1 << 63) <= v < 1 << 63), None)
        if wide is not None:
            raise ValueError(_unfit(context, array, wide))
        array = array.astype(np.int64)
    if array.dtype.kind not in "iu":
        kind = np.asarray(values).dtype
        raise TypeError(f"values: {kind} came; {context.scheme} wants integers (numbers with fractions: ckks)")
    if array.dtype == np.uint64 and array.size and int(array.max()) >= 1 << 63:
        raise ValueError(_unfit(context, array, int(array.argmax())))
    return array.astype(np.int64, copy=False)


def _unfit(context: Context, array: npt.NDArray[Any], index: int, level: int = 0, scale: float = 0.0) -> str:
    """Why the value at a flat index was refused."""
    place = f"[{', '.join(map(str, np.unravel_index(index, array.shape)))}]" if array.ndim else ""
    value = array.reshape(-1)[index]
    if context.plain_modulus:
        t = context.plain_modulus
        return (
            f"values{place} = {value} does not fit: plain_modulus={t} holds {-(t // 2)} .. {t - 1}; reduce it modulo "
            "t, or take a larger plain_modulus"
        )
    if not np.isfinite(value):
        return f"values{place} = {value}: wanted finite numbers"
    bits = context.level_bits(level)
    return (
        f"values{place} = {value} does not fit: times the scale 2^{log2(scale):.4g}, coefficients have to stay below "
        f"half of level {level}'s modulus of {bits:.4g} bits, numbers below about 2^{bits - 1 - log2(scale):.4g}; "
        "scale the numbers down, take a smaller scale, or a higher level"
    )


def encode(
    context: Context, values: Any, *, level: int | None, scale: float | None, coefficients: bool, repeat: bool = False
) -> Plaintexts:
    """As Context.encode."""
    array = numbers(context, values)
    ckks = context.scheme == "ckks"
    if ckks and coefficients:
        raise ValueError("coefficients: ckks encodes slots alone")
    if not ckks and scale is not None:
        raise ValueError(f"scale: {context.scheme} has none")
    level = context.levels - 1 if level is None else whole_number("level", level, most=context.levels - 1)
    if scale is not None and not isinstance(scale, (int, float, np.integer, np.floating)):
        raise TypeError(f"scale: {came(scale)} came; wanted a number, or None for the context's")
    scale = context.scale if scale is None else float(scale)
    if ckks and not 2.0**-200 <= scale <= 2.0**200:
        raise ValueError(f"scale: {scale} came; wanted 2^-200 .. 2^200")
    constant = array.ndim == 0
    if not (coefficients or constant):
        need_slots(context)
    most = context.slots if ckks or not (coefficients or constant) else context.degree
    rows = array.reshape(1, -1) if array.ndim < 2 else array
    if constant and ckks:
        rows = np.full((1, most), array[()])
    n, width = rows.shape
    if width > most:
        what = "coefficients" if coefficients else "slots"
        raise ValueError(
            f"values: rows of {width} numbers came; degree={context.degree} has {most} {what}; split the rows, or take "
            f"a "
            "larger degree"
        )
    shape = Shape(
        None if constant else width, real=rows.dtype.kind != "c", single=array.ndim < 2, coefficients=coefficients
    )
    if repeat:
        if coefficients or constant or not 0 < width <= context.row:
            raise ValueError(f"repeat: wanted rows of 1 .. {context.row} numbers in slots")
        period = 1 << (width - 1).bit_length()
        rows = np.tile(np.pad(rows, ((0, 0), (0, period - width))), (1, most // period))
        shape = replace(shape, clean=False, period=period)
        width = most
    if not rows.flags.c_contiguous and not (
        width and rows.strides[1] == rows.itemsize and rows.strides[0] >= 0 and rows.strides[0] % rows.itemsize == 0
    ):
        rows = np.ascontiguousarray(rows)
    stride = rows.strides[0] // rows.itemsize if n > 1 else width
    data = _pointer(rows)
    pointer, bad = out("plaintexts"), ffi.new("uint64_t *")
    if ckks:
        status = lib.pyaccel_he_encode_numbers(
            pointer, bad, context.native, data, int(shape.real), n, width, stride, scale, level, options(items=n)
        )
    else:
        function = lib.pyaccel_he_encode_coefficients if coefficients or constant else lib.pyaccel_he_encode_integers
        status = function(pointer, bad, context.native, data, n, width, stride, options(items=n))
    if status == lib.PYACCEL_INVALID_ARGUMENT and bad[0] < n * width:
        index = int(bad[0])
        if repeat:
            index = index // width * array.shape[-1] + index % width % shape.period
        raise ValueError(_unfit(context, array, 0 if constant else index, level, scale))
    if status:
        raise_status("he.encode", status)
    return Plaintexts(context, owned("plaintexts", pointer), shape)


def decode(plaintexts: Plaintexts, *, width: int | None, real: bool | None, coefficients: bool) -> Any:
    """As Context.decode."""
    context, shape = plaintexts.context, plaintexts.shape
    ckks = context.scheme == "ckks"
    coefficients = coefficients or (shape.coefficients and not ckks)
    if ckks and coefficients:
        raise ValueError("coefficients: ckks decodes slots alone")
    if not coefficients:
        need_slots(context)
    most = context.degree if coefficients else context.slots
    width = (most if shape.width is None else shape.width) if width is None else whole_number("width", width, most=most)
    width = min(width, most)
    real = shape.real if real is None else real
    dtype: Any = np.int64 if not ckks else np.float64 if real else np.complex128
    n = len(plaintexts)
    values = np.empty((n, width), dtype)
    if ckks:
        status = lib.pyaccel_he_decode_numbers(
            _pointer(values), int(real), width, width, plaintexts.native, options(items=n)
        )
    else:
        status = lib.pyaccel_he_decode_integers(
            _pointer(values), width, width, plaintexts.native, int(coefficients), options(items=n)
        )
    if status:
        raise_status("he.decode", status)
    return values[0] if shape.single and n == 1 else values


def _pointer(array: npt.NDArray[Any]) -> Any:
    """The first number of an array, whose rows may be apart."""
    kind = _TYPES[array.dtype]
    if array.size == 0:
        return ffi.NULL
    flat = array if array.flags.c_contiguous else np.lib.stride_tricks.as_strided(array, (1,), (array.itemsize,))
    return ffi.from_buffer(kind, flat)
