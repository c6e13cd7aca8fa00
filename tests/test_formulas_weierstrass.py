# SPDX-License-Identifier: Apache-2.0
"""weierstrass_formulas.h over a toy field: every abscissa, every pair of points, every table; as C and as OpenCL C."""

from __future__ import annotations

import numpy as np
from formula_support import Array, Machine, machine, zeros

__all__ = ["machine"]

P, B = 79, 7

Point = tuple[int, int] | None


# The curve y^2 = x^3 + 7; None is the point at infinity.
FINITE = [(x, y) for x in range(P) for y in range(P) if (y * y - x**3 - B) % P == 0]
POINTS: list[Point] = [None, *FINITE]


def add(p: Point, q: Point) -> Point:
    if p is None or q is None:
        return q if p is None else p
    if p[0] == q[0] and (p[1] + q[1]) % P == 0:
        return None
    slope = 3 * p[0] ** 2 * pow(2 * p[1], -1, P) if p == q else (q[1] - p[1]) * pow(q[0] - p[0], -1, P)
    x = (slope**2 - p[0] - q[0]) % P
    return x, (slope * (p[0] - x) - p[1]) % P


def negative(p: Point) -> Point:
    return None if p is None else (p[0], -p[1] % P)


def jacobian(p: Point, z: int) -> tuple[int, int, int]:
    """Coordinates with this Z; infinity with X = z^2, Y = z^3, so that they are not always the same."""
    x, y = p or (1, 1)
    return x * z**2 % P, y * z**3 % P, 0 if p is None else z


def affine(jacobian: Array) -> Point:
    x, y, z = map(int, jacobian)
    inverse = pow(z, -1, P) if z else 0
    return (x * inverse**2 % P, y * inverse**3 % P) if z else None


def test_weierstrass_every_abscissa(machine: Machine) -> None:
    wanted = [(x, odd) for x in range(P) for odd in (0, 1)]
    ordinates, exists = zeros(len(wanted)), zeros(len(wanted))
    machine.run("weierstrass", "weierstrass_toy_lift", len(wanted), ordinates, exists, np.array(wanted, np.uint8))
    lifted = {(x, int(y) & 1): int(y) for (x, _), y, found in zip(wanted, ordinates, exists, strict=True) if found == 3}
    assert lifted == {(p[0], p[1] & 1): p[1] for p in FINITE}
    assert set(exists.tolist()) == {0, 3}


def test_weierstrass_every_pair(machine: Machine) -> None:
    pairs = [(p, q) for p in POINTS for q in POINTS]
    numbers = np.random.default_rng(9).integers(1, P, (len(pairs), 2)).tolist()
    left = [jacobian(p, z) for (p, _), (z, _) in zip(pairs, numbers, strict=True)]
    right = [jacobian(q, z) for (_, q), (_, z) in zip(pairs, numbers, strict=True)]
    n = len(pairs)
    complete, simple, mixed, doubled, flags = *(zeros(n, 3) for _ in range(4)), zeros(n)
    operands = np.array(left, np.uint8), np.array(right, np.uint8)
    machine.run("weierstrass", "weierstrass_toy_add", n, complete, simple, mixed, doubled, flags, *operands)
    for i, (p, q) in enumerate(pairs):
        expected = add(p, q)
        assert affine(complete[i]) == expected
        assert affine(doubled[i]) == add(p, p)
        special = p is None or q is None or p[0] == q[0]
        assert flags[i] & 1 == special
        assert special or affine(simple[i]) == expected
        # curve_add_mixed and curve_x_is took (X, Y) of q for affine coordinates.
        x = right[i][0]
        assert flags[i] >> 2 == (p is not None and p[0] == x)
        if right[i][2] == 1:
            assert flags[i] >> 1 & 1 == special
            assert special or affine(mixed[i]) == expected


def test_weierstrass_every_mixed_pair(machine: Machine) -> None:
    pairs = [(p, q) for p in POINTS for q in FINITE]
    left = np.array([jacobian(p, 2 + i % 77) for i, (p, _) in enumerate(pairs)], np.uint8)
    right = np.array([(*q, 1) for _, q in pairs], np.uint8)
    n = len(pairs)
    complete, simple, mixed, doubled, flags = *(zeros(n, 3) for _ in range(4)), zeros(n)
    machine.run("weierstrass", "weierstrass_toy_add", n, complete, simple, mixed, doubled, flags, left, right)
    for i, (p, q) in enumerate(pairs):
        special = p is None or p[0] == q[0]
        assert flags[i] >> 1 & 1 == special
        assert special or affine(mixed[i]) == add(p, q)


def test_weierstrass_multiples_of_every_point(machine: Machine) -> None:
    multiples = zeros(len(FINITE), 8, 3)
    points = np.array([(*p, 1) for p in FINITE], np.uint8)
    machine.run("weierstrass", "weierstrass_toy_multiples", len(FINITE), multiples, points)
    for p, odd in zip(FINITE, multiples, strict=True):
        multiple, twice = p, add(p, p)
        for jacobian_multiple in odd:
            assert affine(jacobian_multiple) == multiple
            multiple = add(multiple, twice)
        assert len(set(odd[:, 2].tolist())) == 1
