# SPDX-License-Identifier: Apache-2.0
"""Poseidon2's algorithms by field, and the implementations that a test of one field runs on."""

from __future__ import annotations

import pytest
from implementations import implementations

from pyaccel.poseidon2 import ELEMENTS

FIELDS = ("bn254", "bls12-381", "pallas", "vesta", "goldilocks", "babybear")


def algorithms(field: str) -> tuple[str, ...]:
    """Names of all algorithms over a field."""
    return tuple(name for name, elements in ELEMENTS.items() if elements.field == field)


def every_way(field: str, *, golden: bool = True) -> pytest.MarkDecorator:
    """`implementations` of a field: golden, the field's variants, lanes where it has them, OpenCL devices."""
    lanes = [f"poseidon2-{field}-lanes"] if field in ("goldilocks", "babybear") else []
    return implementations(f"poseidon2-{field}", *lanes, golden=golden, opencl=True)


def row(algorithm: str, values: list[int]) -> bytes:
    """A row of these elements."""
    return b"".join(value.to_bytes(ELEMENTS[algorithm].size, "little") for value in values)
