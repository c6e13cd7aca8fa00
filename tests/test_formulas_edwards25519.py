# SPDX-License-Identifier: Apache-2.0
"""edwards25519_formulas.h over a toy field: every encoding, every pair of points, every digit; as C and as OpenCL C."""

from __future__ import annotations

from formula_support import Machine, column, machine, zeros

__all__ = ["machine"]

P, D = 61, 2
POINTS = [(x, y) for x in range(P) for y in range(P) if (-x * x + y * y - 1 - D * x * x * y * y) % P == 0]

Point = tuple[int, int]


def add(p: Point, q: Point) -> Point:
    (x1, y1), (x2, y2) = p, q
    product = D * x1 * x2 * y1 * y2
    x = (x1 * y2 + y1 * x2) * pow(1 + product, -1, P) % P
    return x, (y1 * y2 + x1 * x2) * pow(1 - product, -1, P) % P


def negative(p: Point) -> Point:
    return -p[0] % P, p[1]


def times(k: int, p: Point) -> Point:
    result = (0, 1)
    for _ in range(k):
        result = add(result, p)
    return result


def encode(p: Point) -> int:
    return p[1] | (p[0] & 1) << 7


def test_edwards_every_encoding(machine: Machine) -> None:
    encoded, doubled, flags = zeros(256), zeros(256), zeros(256)
    machine.run("edwards25519", "edwards_toy_decode", 256, encoded, doubled, flags, column(list(range(256))))
    decodable = 0
    for encoding in range(256):
        y, odd = encoding & 127, encoding >> 7
        matching = [p for p in POINTS if p[1] == y % P and (p[0] % 2 == odd or p[0] == 0)]
        assert flags[encoding] & 1 == len(matching), encoding
        if not matching:
            continue
        decodable += 1
        (p,) = matching
        assert encoded[encoding] == encode(p)
        assert doubled[encoding] == encode(add(p, p))
        assert flags[encoding] >> 1 == (y < P and not (p[0] == 0 and odd)), encoding
    assert decodable > len(POINTS)


def test_edwards_every_pair(machine: Machine) -> None:
    pairs = [(p, q) for p in POINTS for q in POINTS]
    left, right = (column([encode(pair[side]) for pair in pairs]) for side in (0, 1))
    sums, differences = zeros(len(pairs)), zeros(len(pairs))
    machine.run("edwards25519", "edwards_toy_add", len(pairs), sums, differences, left, right)
    assert sums.tolist() == [encode(add(p, q)) for p, q in pairs]
    assert differences.tolist() == [encode(add(p, negative(q))) for p, q in pairs]


def test_edwards_every_digit(machine: Machine) -> None:
    cases = [(p, k, sign) for p in POINTS for k in range(17) for sign in (0, 1)]
    products, tables = zeros(len(cases)), zeros(len(cases), 4 * 17, dtype="uint32")
    points, index = column([encode(p) for p, _, _ in cases]), column([k | sign << 7 for _, k, sign in cases])
    machine.run("edwards25519", "edwards_toy_multiple", len(cases), products, tables, points, index)
    multiples = {(p, k): times(k, p) for p in POINTS for k in range(17)}
    signed = [negative(multiples[p, k]) if sign else multiples[p, k] for p, k, sign in cases]
    assert products.tolist() == [encode(p) for p in signed]
