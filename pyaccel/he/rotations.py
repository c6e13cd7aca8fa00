# SPDX-License-Identifier: Apache-2.0
"""Rotations as Galois elements: X -> X^element moves the slots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyaccel.he.native import lib
from pyaccel.numbers import whole_number

if TYPE_CHECKING:
    from pyaccel.he.context import Context


def whole_steps(steps: Any, row: int) -> int:
    """Steps of a rotation, in 0 .. row - 1.

    Raises:
        TypeError, ValueError: no whole number, or not within a row.
    """
    return whole_number("steps", steps, 1 - row, row - 1) % row


def element(context: Context, steps: int) -> int:
    """Galois element of a rotation to the left."""
    return int(lib.pyaccel_he_element(context.degree, steps))


def rotation_of(context: Context, wanted: int) -> str:
    """A Galois element in words: the rotation that it is."""
    if wanted == 2 * context.degree - 1:
        return "conjugation (swap=True)" if context.scheme == "ckks" else "the swap of rows (swap=True)"
    power, steps = 1, 0
    while power != wanted and steps < context.row:
        power = 5 * power % (2 * context.degree)
        steps += 1
    return f"rotation by {steps}" + (f" (or {steps - context.row})" if 2 * steps > context.row else "")
