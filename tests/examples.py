# SPDX-License-Identifier: Apache-2.0
"""How many examples a property is tried on, and what several property tests draw."""

from __future__ import annotations

import os
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st

_FACTOR = {"default": 1, "long": 50}[os.environ.get("HYPOTHESIS_PROFILE", "default")]


def examples(number: int) -> settings:
    """That many examples in the default profile, fifty times as many in the long one."""
    return settings(max_examples=number * _FACTOR)


def resident_bytes() -> int:
    """Memory that this process holds now; the most it held, as getrusage has it, hides what comes after a big test."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def flipped(data: bytes, bit: int) -> bytes:
    """The bytes with one bit changed; none where there are none."""
    if not data:
        return data
    changed = bytearray(data)
    changed[bit // 8 % len(data)] ^= 1 << bit % 8
    return bytes(changed)


def resized(data: bytes, change: int) -> bytes:
    """The bytes cut at the end by -change, or with change bytes more."""
    return data[:change] if change < 0 else data + bytes(range(change))


bits = st.integers(0, 2**12)
"""A bit to flip, taken modulo the length."""
changes = st.integers(-3, 3).filter(bool)
"""A change of length."""
