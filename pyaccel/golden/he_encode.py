# SPDX-License-Identifier: Apache-2.0
"""Numbers in slots: of BFV and BGV integers modulo t, of CKKS complex numbers. Source: docs/he.md.

The trigonometry of CKKS is in integers, 2^-256 the unit, so that every coefficient rounds as the definition says.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from math import isqrt

import numpy as np

from pyaccel.golden import he_ring as ring
from pyaccel.golden.he_ring import Row, row

_BITS = 256
_ONE = 1 << _BITS
_HALF = Fraction(1, 2) - Fraction(1, 2**18)

Complex = tuple[Row, Row]
"""Real and imaginary parts, in units of 2^-256."""


def slot_exponents(degree: int) -> list[int]:
    """Slot j of row 0 is the value at root^(5^j), of row 1 that at root^(-5^j); root of order 2N."""
    powers = [pow(5, j, 2 * degree) for j in range(degree // 2)]
    return powers + [2 * degree - e for e in powers]


def encode_integers(values: Sequence[int], t: int, degree: int) -> Row:
    """Coefficients in [0, t) of the polynomial with these in its slots, then zeros; t a prime that is 1 modulo 2N."""
    by_exponent = dict.fromkeys(range(1, 2 * degree, 2), 0)
    by_exponent.update(zip(slot_exponents(degree), (value % t for value in values), strict=False))
    return ring.inverse(row(by_exponent[ring.exponent(j, degree)] for j in range(degree)), t)


def decode_integers(coefficients: Row, t: int) -> list[int]:
    """All slots, in (-t/2, t/2]."""
    degree = len(coefficients)
    values = ring.centred(ring.transform(coefficients % t, t), t)
    by_exponent = {ring.exponent(j, degree): int(value) for j, value in enumerate(values)}
    return [by_exponent[e] for e in slot_exponents(degree)]


@cache
def _half_turns(count: int) -> Complex:
    """exp(i pi k / count) for 0 <= k < count, a power of two: halving angles, then filling in between."""
    if count == 1:
        return row([_ONE]), row([0])
    c, s = -_ONE, 0
    for _ in range(count.bit_length() - 1):
        # cos(x / 2) and sin(x / 2) of an angle in [0, pi].
        c, s = isqrt((_ONE + c) * _ONE // 2), isqrt((_ONE - c) * _ONE // 2)
    real, imaginary = _half_turns(count // 2)
    odd_real, odd_imaginary = (real * c - imaginary * s) >> _BITS, (real * s + imaginary * c) >> _BITS
    return np.stack([real, odd_real], axis=1).reshape(-1), np.stack([imaginary, odd_imaginary], axis=1).reshape(-1)


def _powers(degree: int) -> Complex:
    """zeta^e for 0 <= e < 2N, zeta = exp(i pi / N)."""
    real, imaginary = _half_turns(degree)
    return np.concatenate([real, -real]), np.concatenate([imaginary, -imaginary])


def encode_exactly(values: Sequence[complex], scale: float, degree: int) -> list[Fraction]:
    """Coefficients before rounding: (2 scale / N) sum_j Re(z_j zeta^(-k 5^j)), missing slots being 0."""
    real, imaginary = _powers(degree)
    factor = Fraction(2) * Fraction(scale) / degree / _ONE
    terms = [(e, z) for e, z in zip(slot_exponents(degree), map(complex, values), strict=False) if z]
    # Doubles are integers times 2^-1074 at least; a common unit keeps the sums in integers.
    unit = Fraction(2) ** 200
    parts = [(e, int(Fraction(z.real) * unit), int(Fraction(z.imag) * unit)) for e, z in terms]
    k = np.arange(degree)
    total = row([0])
    for e, x, y in parts:
        at = k * e % (2 * degree)
        total = total + x * real[at] + y * imaginary[at]
    return [Fraction(int(value)) / unit * factor for value in total]


def encode_numbers(values: Sequence[complex], scale: float, degree: int) -> Row:
    """Rounded to the nearest integer; every coefficient has to be clearly nearer to one than to another."""
    exact = encode_exactly(values, scale, degree)
    rounded = [(2 * x.numerator + x.denominator) // (2 * x.denominator) for x in exact]
    assert all(abs(x - n) < _HALF for x, n in zip(exact, rounded, strict=True)), "too near to a half"
    return row(rounded)


def decode_numbers(coefficients: Row, scale: float) -> list[complex]:
    """Slots: values at zeta^(5^j), divided by the scale."""
    degree = len(coefficients)
    real, imaginary = _powers(degree)
    k, unit = np.arange(degree), Fraction(scale) * _ONE
    found = []
    for e in slot_exponents(degree)[: degree // 2]:
        at = k * e % (2 * degree)
        x, y = sum(coefficients * real[at]), sum(coefficients * imaginary[at])
        found.append(complex(Fraction(int(x)) / unit, Fraction(int(y)) / unit))
    return found
