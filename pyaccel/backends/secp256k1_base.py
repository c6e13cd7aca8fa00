# SPDX-License-Identifier: Apache-2.0
"""Multiples of the base point of secp256k1, as kernels/verify/secp256k1.cl reads them."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

ENTRIES = 2 ** (12 - 1)
"""Odd multiples of a point: absolute values of odd digits of 12 bits (BASE_WINDOW)."""
SHIFT = 132
"""The second half of the table is of 2^132 G: 11 windows (BASE_DIGITS) further up."""

Point = tuple[int, int]

_P = 2**256 - 2**32 - 977
_G: Point = (
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
)
"""x and y (SEC 2, 2.4.1)."""


@cache
def base_rows() -> npt.NDArray[np.uint32]:
    """uint32[4 * ENTRIES, 8], words least significant first: x, y of (2 k + 1) G for k < ENTRIES, then of 2^132 G.

    60 ms.
    """
    shifted = _G
    for _ in range(SHIFT):
        shifted = _double(shifted)
    numbers = [number for base in (_G, shifted) for point in _odd_multiples(base) for number in point]
    packed = b"".join(number.to_bytes(32, "little") for number in numbers)
    return np.frombuffer(packed, "<u4").astype(np.uint32).reshape(-1, 8)


def _odd_multiples(base: Point) -> list[Point]:
    """(2 k + 1) base: from the first m of them and 2 m base the next m, whose sums share an inversion."""
    found, step = [base], _double(base)
    while len(found) < ENTRIES:
        found += _sums(found, step)
        step = _double(step)
    return found


def _sums(points: list[Point], q: Point) -> list[Point]:
    """Each point + q, none of which is +-q."""
    differences = [(q[0] - x) % _P for x, _ in points]
    below = [1]
    for difference in differences:
        below.append(below[-1] * difference % _P)
    inverse = pow(below.pop(), -1, _P)
    found = []
    for (x, y), difference in zip(reversed(points), reversed(differences), strict=True):
        slope = (q[1] - y) * below.pop() * inverse % _P
        inverse = inverse * difference % _P
        at = (slope * slope - x - q[0]) % _P
        found.append((at, (slope * (x - at) - y) % _P))
    return found[::-1]


def _double(point: Point) -> Point:
    x, y = point
    slope = 3 * x * x * pow(2 * y, -1, _P) % _P
    at = (slope * slope - 2 * x) % _P
    return at, (slope * (x - at) - y) % _P
