# SPDX-License-Identifier: Apache-2.0
"""numba where it is installed (extra `golden`): the same text of the reference, compiled. Nothing depends on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

_Function = TypeVar("_Function", bound=Callable[..., object])


def compiled(function: _Function) -> _Function:
    """The function compiled by numba at its first call; itself, where numba is not installed.

    Its integers must stay below 2^63, numba's width; Python's own have no such limit. The plain function stays
    reachable as `.py_func` of a compiled one.
    """
    try:
        from numba import njit
    except ImportError:
        return function
    try:
        return cast("_Function", njit(cache=True)(function))
    except RuntimeError:  # no folder that a cache can be written to
        return cast("_Function", njit(function))
