# SPDX-License-Identifier: Apache-2.0
"""Ring of homomorphic encryption: primes, transforms modulo each, and the integers behind residues.

A polynomial of Z_Q[X] / (X^N + 1) is a dict: prime -> its row. Rows stand in NTT form unless a name says coefficients:
A[j] = a(psi^(2 bitrev(j) + 1)) mod q, psi the least primitive 2N-th root of unity. Source: docs/he.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from math import prod

import numpy as np
import numpy.typing as npt

Row = npt.NDArray[np.object_]
"""N Python integers."""

Polynomial = dict[int, Row]
"""prime -> residues."""

_WITNESSES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37)


def row(values: Iterable[int]) -> Row:
    """A row of these integers."""
    return np.array([int(value) for value in values], dtype=object)


def is_prime(n: int) -> bool:
    """Miller-Rabin to the first twelve primes, which decides every n below 2^64."""
    if n < 2 or any(n % p == 0 for p in _WITNESSES):
        return n in _WITNESSES
    odd, twos = n - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for witness in _WITNESSES:
        x = pow(witness, odd, n)
        if x in (1, n - 1):
            continue
        for _ in range(twos - 1):
            x = x * x % n
            if x == n - 1:
                break
        else:
            return False
    return True


def primes_below(bits: int, degree: int) -> Iterable[int]:
    """Primes of `bits` bits that are 1 modulo 2N, descending."""
    for n in range(2**bits - 2 * degree + 1, 2 ** (bits - 1), -2 * degree):
        if is_prime(n):
            yield n


def primes_near(bits: int, degree: int) -> Iterable[int]:
    """Primes that are 1 modulo 2N, the nearest to 2^bits first."""
    for distance in range(0, 2**bits, 2 * degree):
        for n in (2**bits + distance + 1, 2**bits - (distance + 2 * degree) + 1):
            if 2 ** (bits - 1) < n < 2 ** (bits + 1) and is_prime(n):
                yield n


@cache
def least_root(q: int, degree: int) -> int:
    """The least primitive 2N-th root of unity modulo the prime q."""
    found = next(r for x in range(2, q) if pow(r := pow(x, (q - 1) // (2 * degree), q), degree, q) == q - 1)
    square, least, power = found * found % q, found, found
    for _ in range(degree - 1):
        power = power * square % q
        least = min(least, power)
    return least


def bit_reversed(j: int, bits: int) -> int:
    """The lowest `bits` bits of j in reverse."""
    return int(f"{j:0{bits}b}"[::-1], 2) if bits else 0


def exponent(j: int, degree: int) -> int:
    """Where A[j] is evaluated: at this power of psi."""
    return 2 * bit_reversed(j, degree.bit_length() - 1) + 1


def transform_by_definition(coefficients: Row, q: int) -> Row:
    """O(N^2)."""
    degree = len(coefficients)
    psi = least_root(q, degree)
    points = [pow(psi, exponent(j, degree), q) for j in range(degree)]
    return row(sum(int(a) * pow(x, i, q) for i, a in enumerate(coefficients)) % q for x in points)


@cache
def _splitting_roots(q: int, degree: int, psi: int) -> tuple[tuple[Row, Row], ...]:
    """Column vectors of each layer: r where a block modulo X^n - r^2 splits, and 1 / 2r."""
    exponents, layers = [degree], []
    while len(exponents) < degree:
        roots = [pow(psi, e // 2, q) for e in exponents]
        layers.append((row(roots).reshape(-1, 1), row(pow(2 * r, -1, q) for r in roots).reshape(-1, 1)))
        exponents = [child for e in exponents for child in (e // 2, e // 2 + degree)]
    return tuple(layers)


def transform(coefficients: Row, q: int, psi: int | None = None) -> Row:
    """Modulo X^N + 1, then modulo the two factors X^(N/2) - r and X^(N/2) + r of that, and so on down to X - psi^e."""
    degree = len(coefficients)
    a = coefficients.reshape(1, -1)
    for roots, _ in _splitting_roots(q, degree, psi or least_root(q, degree)):
        low, high = np.split(a, 2, axis=1)
        high = high * roots % q
        a = np.stack([(low + high) % q, (low - high) % q], axis=1).reshape(2 * len(a), -1)
    return a.reshape(-1)


def inverse(values: Row, q: int, psi: int | None = None) -> Row:
    """Coefficients again."""
    degree = len(values)
    a, half = values.reshape(-1, 1), (q + 1) // 2
    for _, roots in reversed(_splitting_roots(q, degree, psi or least_root(q, degree))):
        pairs = a.reshape(len(a) // 2, 2, -1)
        plus, minus = pairs[:, 0], pairs[:, 1]
        a = np.concatenate([(plus + minus) * half % q, (plus - minus) * roots % q], axis=1)
    return a.reshape(-1)


def from_integers(integers: Row, primes: Iterable[int]) -> Polynomial:
    """The polynomial of these coefficients."""
    return {q: transform(integers % q, q) for q in primes}


def to_coefficients(a: Polynomial) -> Polynomial:
    """Rows of coefficients."""
    return {q: inverse(values, q) for q, values in a.items()}


def add(a: Polynomial, b: Polynomial) -> Polynomial:
    """a + b over the primes of a."""
    return {q: (values + b[q]) % q for q, values in a.items()}


def subtract(a: Polynomial, b: Polynomial) -> Polynomial:
    """a - b over the primes of a."""
    return {q: (values - b[q]) % q for q, values in a.items()}


def multiply(a: Polynomial, b: Polynomial) -> Polynomial:
    """a b over the primes of a."""
    return {q: values * b[q] % q for q, values in a.items()}


def scale(a: Polynomial, factor: int) -> Polynomial:
    """An integer times a."""
    return {q: values * factor % q for q, values in a.items()}


def restrict(a: Polynomial, primes: Iterable[int]) -> Polynomial:
    """The rows of some primes."""
    return {q: a[q] for q in primes}


def automorphism(integers: Row, element: int) -> Row:
    """Coefficients of a(X^element): X^i goes to X^(i element), and X^N is -1."""
    degree = len(integers)
    out = row([0] * degree)
    for i, value in enumerate(integers):
        at = i * element % (2 * degree)
        out[at % degree] = value if at < degree else -value
    return out


def centred(residues: Row, modulus: int) -> Row:
    """The representatives in (-modulus / 2, modulus / 2]."""
    residues = residues % modulus
    return np.where(2 * residues > modulus, residues - modulus, residues)


def integers_of(coefficients: Polynomial) -> Row:
    """The coefficients modulo Q in [0, Q), by the Chinese remainder theorem."""
    whole = prod(coefficients)
    terms = (values * (whole // q * pow(whole // q, -1, q)) for q, values in coefficients.items())
    total: Row = sum(terms, row([0])) % whole
    return total


def lift(coefficients: Polynomial) -> Row:
    """Integers of these residues, near the centre of Q: the formula that all implementations share.

    y_i = [x_i (Q/q_i)^-1] mod q_i gives sum y_i Q/q_i, too large by a multiple v of Q: v = sum y_i/q_i rounded, where
    each term is cut to a few bits more than 1/q_i has. So some x close to +-Q/2 come out on the other side. One prime
    alone is centred exactly.
    """
    if len(coefficients) == 1:
        ((q, values),) = coefficients.items()
        return centred(values, q)
    whole = prod(coefficients)
    width = min(coefficients).bit_length() - 1
    total, quotient = row([0]), row([1 << width - 1])
    for q, values in coefficients.items():
        y = values * pow(whole // q, -1, q) % q
        total = total + y * (whole // q)
        quotient = quotient + (y * ((1 << 52 + width) // q) >> 52)
    lifted: Row = total - (quotient >> width) * whole
    return lifted


def divide(a: Polynomial, dropped: Sequence[int], plain_modulus: int = 0) -> Polynomial:
    """a / D rounded, over the other primes, D the product of the dropped ones.

    Args:
        a: over the dropped primes and others.
        dropped: primes to divide by.
        plain_modulus: t (BGV): what is taken off before dividing is a multiple of t, so that [a]_t becomes [a D^-1]_t.
    """
    whole = prod(dropped)
    delta = lift(to_coefficients(restrict(a, dropped)))
    if plain_modulus:
        delta = delta - whole * centred(delta * pow(whole, -1, plain_modulus), plain_modulus)
    rest = [q for q in a if q not in dropped]
    below = from_integers(delta, rest)
    return {q: (a[q] - below[q]) * pow(whole, -1, q) % q for q in rest}


@cache
def _large_prime(bits: int, degree: int) -> tuple[int, int]:
    """A prime above 2^bits that is 1 modulo 2N, and a primitive 2N-th root of unity."""
    p = 2**bits + 1
    while not is_prime(p):
        p += 2 * degree
    return p, next(r for x in range(2, p) if pow(r := pow(x, (p - 1) // (2 * degree), p), degree, p) == p - 1)


def exact_product(a: Row, b: Row) -> Row:
    """a b modulo X^N + 1 over the integers: modulo a prime above twice any coefficient of it."""
    degree = len(a)
    bound = 2 * degree * max(abs(a)) * max(abs(b)) + 2 * degree
    p, psi = _large_prime(-(-int(bound).bit_length() // 16) * 16, degree)
    product = transform(a % p, p, psi) * transform(b % p, p, psi) % p
    return centred(inverse(product, p, psi), p)
