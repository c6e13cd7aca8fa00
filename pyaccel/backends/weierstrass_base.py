# SPDX-License-Identifier: Apache-2.0
"""Multiples of base points of short Weierstrass curves, for the tables that kernels read."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

Point = tuple[int, int]

ENTRIES = 2 ** (12 - 1)
"""Odd multiples of a point: absolute values of odd digits of 12 bits (BASE_WINDOW)."""


def odd_multiples(p: int, a: int, base: Point) -> list[Point]:
    """(2 k + 1) base for k < ENTRIES on y^2 = x^3 + a x + b modulo p, whose order is a large prime.

    From the first m of them and 2 m base the next m, whose sums share an inversion.
    """
    found, step = [base], double(p, a, base)
    while len(found) < ENTRIES:
        found += _sums(p, found, step)
        step = double(p, a, step)
    return found


def double(p: int, a: int, point: Point) -> Point:
    """2 point, affine; the point has not the order 2."""
    x, y = point
    slope = (3 * x * x + a) * pow(2 * y, -1, p) % p
    at = (slope * slope - 2 * x) % p
    return at, (slope * (x - at) - y) % p


def _sums(p: int, points: list[Point], q: Point) -> list[Point]:
    """Each point + q, none of which is +-q."""
    differences = [(q[0] - x) % p for x, _ in points]
    below = [1]
    for difference in differences:
        below.append(below[-1] * difference % p)
    inverse = pow(below.pop(), -1, p)
    found = []
    for (x, y), difference in zip(reversed(points), reversed(differences), strict=True):
        slope = (q[1] - y) * below.pop() * inverse % p
        inverse = inverse * difference % p
        at = (slope * slope - x - q[0]) % p
        found.append((at, (slope * (x - at) - y) % p))
    return found[::-1]


def packed(numbers: Iterable[int], words: int) -> npt.NDArray[np.uint32]:
    """uint32[n, words], least significant word first."""
    data = b"".join(number.to_bytes(4 * words, "little") for number in numbers)
    return np.frombuffer(data, "<u4").astype(np.uint32).reshape(-1, words)
