# SPDX-License-Identifier: Apache-2.0
"""What a Python call of hash_many costs beyond the C call: one 64-byte row, both ways."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

import pyaccel
from pyaccel._core import ffi, lib

from .contest import Contest


def contests() -> Iterator[Contest]:
    """The peer is the bare C call with its structures made beforehand: the difference is the overhead."""
    rows = np.arange(64, dtype=np.uint8).reshape(1, 64)
    digests = np.empty((1, 32), np.uint8)
    c_rows = ffi.new("pyaccel_rows *")
    source, target = ffi.from_buffer("uint8_t[]", rows), ffi.from_buffer("uint8_t[]", digests)
    c_rows.data, c_rows.data_size, c_rows.width, c_rows.stride = source, 64, 64, 64

    def bare() -> object:
        lib.pyaccel_hash_many(target, 32, lib.PYACCEL_HASH_SHA256, c_rows, 1, ffi.NULL)
        return digests

    for device in ("auto", "native"):
        yield Contest(
            name=f"hash_many sha256, device={device}",
            n=1,
            row_bytes=64,
            ours=lambda device=device: pyaccel.hash_many("sha256", rows, device=device),
            peers={"bare C call": bare},
        )
