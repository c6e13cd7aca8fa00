# SPDX-License-Identifier: Apache-2.0
"""Fractional bits of roots of primes, from which SHA-2 (FIPS 180-4 §4.2, §5.3) and RIPEMD-160 draw their constants."""

from __future__ import annotations

from itertools import count, islice


def primes(number: int) -> list[int]:
    """The first `number` primes."""
    return list(islice((p for p in count(2) if all(p % q for q in range(2, p))), number))


def integer_root(x: int, degree: int) -> int:
    """floor(x^(1 / degree)) for x >= 0, bit by bit from the top."""
    root = 0
    for bit in reversed(range(x.bit_length() // degree + 1)):
        if (root | 1 << bit) ** degree <= x:
            root |= 1 << bit
    return root


def scaled_root(x: int, degree: int, bits: int) -> int:
    """floor(2^bits * x^(1 / degree))."""
    return integer_root(x << degree * bits, degree)


def root_fraction(x: int, degree: int, bits: int) -> int:
    """The first `bits` bits after the point of x^(1 / degree)."""
    return scaled_root(x, degree, bits) % (1 << bits)
