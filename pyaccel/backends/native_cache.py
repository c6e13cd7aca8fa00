# SPDX-License-Identifier: Apache-2.0
"""Signature caches of libpyaccel."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from pyaccel.backends.base import Inputs
from pyaccel.backends.native import VerifyPlan, ffi, lib, raise_status
from pyaccel.operations import OPERATIONS

Bytes = npt.NDArray[np.uint8]


def new(memory: int) -> Any:
    """The handle of an empty cache, freed with its Python object; memory in bytes, 0: the library's default."""
    options = ffi.new("pyaccel_cache_options *", {"memory": memory})
    options.struct_size = ffi.sizeof("pyaccel_cache_options")
    handle = ffi.new("pyaccel_cache **")
    status = lib.pyaccel_cache_new(handle, options)
    if status:
        raise_status("SignatureCache", status)
    return ffi.gc(handle[0], lib.pyaccel_cache_free)


def clear(handle: Any) -> None:
    """Forgets every row."""
    lib.pyaccel_cache_clear(handle)


def statistics(handle: Any) -> dict[str, int]:
    """What a cache has counted, by the names of pyaccel_cache_statistics."""
    counted = ffi.new("pyaccel_cache_statistics *")
    lib.pyaccel_cache_statistics_get(counted, handle)
    return {name: int(getattr(counted, name)) for name, _ in ffi.typeof("pyaccel_cache_statistics").fields}


@lru_cache(maxsize=256)
def _plan(values: tuple[Any, ...]) -> VerifyPlan:
    return VerifyPlan(dict(zip(OPERATIONS["verify_many"].parameters, values, strict=True)))


def look_up(handle: Any, values: tuple[Any, ...], inputs: Inputs, n: int) -> tuple[Bytes, Bytes]:
    """Which of n rows are known, uint8[n], and their tags, uint8[n, 32]; arguments as of a plan of verify_many."""
    found, tags = np.zeros(n, np.uint8), np.zeros((n, lib.PYACCEL_CACHE_TAG_SIZE), np.uint8)
    plan = _plan(values)
    options, keys, pinned = plan.arguments(inputs, n)
    status = lib.pyaccel_cache_look_up(
        ffi.from_buffer("uint8_t[]", found),
        ffi.from_buffer("uint8_t[]", tags),
        handle,
        plan.scheme,
        keys,
        *plan.signed(inputs),
        n,
        options,
    )
    del pinned
    if status:
        raise_status("verify_many", status)
    return found, tags


def insert(handle: Any, tags: Bytes, verdicts: Bytes) -> None:
    """Keeps the tags, uint8[n, 32], whose verdict is 1."""
    rows = ffi.from_buffer("uint8_t[]", np.ascontiguousarray(tags)), ffi.from_buffer("uint8_t[]", verdicts)
    status = lib.pyaccel_cache_insert(handle, *rows, len(verdicts))
    if status:
        raise_status("SignatureCache", status)
