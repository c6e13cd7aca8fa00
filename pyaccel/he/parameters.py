# SPDX-License-Identifier: Apache-2.0
"""Parameters by intent: which moduli a depth needs, and which degree keeps them secure."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, log2
from typing import Any

from pyaccel.he.native import SCHEMES, lib
from pyaccel.numbers import whole_number

LEAST_LOG_DEGREE, MOST_LOG_DEGREE = 3, 17
MOST_MODULI = 60
FAST_BITS = 50
"""Bits of the largest primes; a modulus of more is several of them."""
HEADROOM = 20
"""CKKS: bits of the last modulus that are left to the numbers."""

SECURITY = tuple(f"{bits}-{year}" for year in (2024, 2018) for bits in (128, 192, 256))
"""Names of the levels of security: bits, and the year of the table (docs/he.md)."""

_STANDARDS = {"2018": 2, "2024": 3}


class InsecureParametersWarning(UserWarning):
    """A context was made with `security=None`: nothing keeps its key from being found."""


@dataclass(frozen=True)
class Parameters:
    """What a context is made of.

    Attributes:
        scheme: "bfv", "bgv" or "ckks".
        degree: N, a power of two.
        moduli_bits: bits of the moduli of Q; the last one is dropped first.
        special_bits: log2 P of key switching; 0: as many as the largest digit.
        digits: digits of key switching; 0: one a prime.
        plain_modulus: t; 0: ckks.
        scale: of ckks; 0 elsewhere.
        standard: number of the table; 1: none.
        security: bits; 0: none.
    """

    scheme: str
    degree: int
    moduli_bits: tuple[int, ...]
    special_bits: int
    digits: int
    plain_modulus: int
    scale: float
    standard: int
    security: int

    @property
    def total_bits(self) -> int:
        """log2(Q P), rounded up."""
        return total_bits(self.moduli_bits, self.special_bits, self.digits)


def is_prime(n: int) -> bool:
    """Whether n < 2^64 is prime: Miller and Rabin's test with the bases that suffice below 2^64."""
    bases = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37)
    if n < 2 or any(n % p == 0 for p in bases):
        return n in bases
    shift = (n - 1 & 1 - n).bit_length() - 1
    for base in bases:
        power = pow(base, n - 1 >> shift, n)
        if power in (1, n - 1):
            continue
        if all((power := power * power % n) != n - 1 for _ in range(shift - 1)):
            return False
    return True


def has_slots(plain_modulus: int, degree: int) -> bool:
    """Whether t gives slots: it is prime, and 1 modulo 2N."""
    return plain_modulus % (2 * degree) == 1 and is_prime(plain_modulus)


def nearest_plain_modulus(near: int, degree: int) -> int:
    """The prime that is 1 modulo 2N and nearest to a number, at most 2^40: a plain modulus with slots.

    Args:
        near: any positive number.
        degree: N.

    Raises:
        ValueError: there is none below 2^40.
    """
    step = 2 * degree
    first = max(1, (near - 1 + degree) // step)
    for distance in range(1 << 20):
        for k in dict.fromkeys((first - distance, first + distance)):
            if k > 0 and k * step + 1 <= 1 << 40 and is_prime(k * step + 1):
                return k * step + 1
    raise ValueError(f"plain_modulus: no prime near {near} is 1 modulo 2N = {step}")


def parts(bits: int) -> list[int]:
    """Bits of the primes that a modulus is made of."""
    count = ceil(bits / FAST_BITS)
    return [bits // count + (i < bits % count) for i in range(count)]


def total_bits(moduli_bits: Sequence[int], special_bits: int, digits: int) -> int:
    """log2(Q P), rounded up, with the special primes that are chosen where special_bits is 0."""
    primes = [part for bits in moduli_bits for part in parts(bits)]
    if special_bits == 0:
        count = digits or len(primes)
        size, longer = divmod(len(primes), count)
        ends = [size * d + min(d, longer) for d in range(count + 1)]
        special_bits = max(sum(primes[a:b]) for a, b in pairwise(ends))
    return sum(primes) + special_bits


def bound(standard: int, security: int, degree: int) -> int:
    """Most bits of Q P that the table allows; 0: the degree is not in it."""
    return int(lib.pyaccel_he_bound(standard, security, degree))


def parse_security(security: str | None) -> tuple[int, int]:
    """Number of the table and bits of a name.

    Raises:
        ValueError: an unknown name.
    """
    if security is None:
        return 1, 0
    if security not in SECURITY:
        raise ValueError(f"security: {security!r} came; wanted one of {', '.join(SECURITY)}, or None (insecure)")
    bits, year = security.split("-")
    return _STANDARDS[year], int(bits)


def security_name(standard: int, security: int) -> str | None:
    """The name of a table and bits; None: no security."""
    return next((f"{security}-{year}" for year, number in _STANDARDS.items() if number == standard), None)


def chains(scheme: str, degree: int, depth: int, plain_modulus: int, scale_bits: int) -> list[tuple[int, ...]]:
    """Moduli for `depth` multiplications one after the other, with some bits to spare: what there is, best first.

    CKKS: a level of the scale's bits each, above a last one with 20 bits of headroom over the scale; or over its
    square, and a level less, as the last product stays unscaled: of these the one of fewer primes. BGV: factors are
    brought down to noise of about log2(t) + log2(N) / 2 bits, by levels of log2(t) + log2(N) + 7; the last level holds
    the noise of a product, about 2 log2(t) + 1.5 log2(N). BFV: one product costs about log2(t) + log2(N) + 3 bits of Q,
    whose moduli have no other meaning.
    """
    if scheme == "ckks":
        found = [(min(scale_bits + HEADROOM, 100), *([scale_bits] * depth))]
        if depth and 2 * scale_bits + HEADROOM <= 100:
            found.append((2 * scale_bits + HEADROOM, *([scale_bits] * (depth - 1))))
        return sorted(found, key=lambda moduli: sum(len(parts(bits)) for bits in moduli))
    t_bits, n_bits = ceil(log2(plain_modulus)), degree.bit_length() - 1
    if scheme == "bgv":
        return [(max(30, 2 * t_bits + 3 * n_bits // 2 + 6), *([max(20, t_bits + n_bits + 7)] * depth))]
    need = t_bits + n_bits + 14 + depth * (t_bits + n_bits + 3)
    count = max(1, ceil(need / FAST_BITS))
    return [tuple(max(20, need // count + (i < need % count)) for i in range(count))]


def _degree(value: Any) -> int:
    degree = whole_number("degree", value)
    least, most = 1 << LEAST_LOG_DEGREE, 1 << MOST_LOG_DEGREE
    if degree & (degree - 1) or not least <= degree <= most:
        above = 1 << max(LEAST_LOG_DEGREE, min(MOST_LOG_DEGREE, (max(degree, 1) - 1).bit_length()))
        raise ValueError(f"degree: {degree} came; wanted a power of two in {least} .. {most}; the next one is {above}")
    return degree


def _moduli(values: Sequence[int]) -> tuple[int, ...]:
    if isinstance(values, (str, bytes)) or not hasattr(values, "__iter__"):
        raise TypeError(f"moduli_bits: a {type(values).__name__} came; wanted a list of bits, as in (60, 40, 40)")
    moduli = tuple(whole_number("moduli_bits", bits, 20, 100) for bits in values)
    if not 1 <= len(moduli) <= MOST_MODULI:
        raise ValueError(f"moduli_bits: {len(moduli)} moduli came; wanted 1 .. {MOST_MODULI}")
    return moduli


def _refusal(chosen: Parameters, allowed: int, depth: int | None) -> str:
    """What a modulus that is too large is refused with: the bound, and the nearest parameters that are valid."""
    name = security_name(chosen.standard, chosen.security)
    mends = []
    for log_degree in range(chosen.degree.bit_length(), MOST_LOG_DEGREE + 1):
        larger = bound(chosen.standard, chosen.security, 1 << log_degree)
        if larger > chosen.total_bits:
            mends.append(f"degree={1 << log_degree}, which allows {larger}")
            break
    if depth is not None:
        for less in range(depth - 1, -1, -1):
            scale_bits = round(log2(chosen.scale)) if chosen.scale else 0
            found = chains(chosen.scheme, chosen.degree, less, chosen.plain_modulus, scale_bits)
            if any(total_bits(moduli, chosen.special_bits, chosen.digits) < allowed for moduli in found):
                mends.append(f"depth={less}")
                break
    else:
        moduli = chosen.moduli_bits
        while len(moduli) > 1 and total_bits(moduli, chosen.special_bits, chosen.digits) > allowed:
            moduli = (*moduli[:-2], moduli[-1]) if len(moduli) > 2 else moduli[:1]
        if total_bits(moduli, chosen.special_bits, chosen.digits) <= allowed:
            mends.append(f"moduli_bits={moduli}")
    mends.append("security=None for tests that protect nothing")
    special = chosen.total_bits - sum(chosen.moduli_bits)
    return (
        f"moduli of {sum(chosen.moduli_bits)} bits and {special} special bits for key switching make "
        f"{chosen.total_bits} bits; security={name!r} allows {allowed} at degree={chosen.degree}. "
        f"Nearest valid: {'; or '.join(mends)}"
    )


def choose(
    scheme: str,
    *,
    degree: int | None,
    moduli_bits: Sequence[int] | None,
    depth: int | None,
    plain_modulus: int | None,
    scale_bits: int | None,
    security: str | None,
    special_bits: int,
    digits: int,
) -> Parameters:
    """Parameters of a context, as `pyaccel.he.Context` takes them.

    Raises:
        TypeError, ValueError: an argument is wrong; says what would be right.
    """
    if not isinstance(scheme, str) or scheme not in SCHEMES:
        raise ValueError(f"scheme: {scheme!r} came; wanted one of {', '.join(SCHEMES)}")
    if (moduli_bits is None) == (depth is None):
        raise ValueError(
            "moduli_bits, depth: wanted one of the two: the moduli, or how many products follow one another"
        )
    standard, bits = parse_security(security)
    depth = None if depth is None else whole_number("depth", depth, most=MOST_MODULI - 1)
    if scheme == "ckks":
        if plain_modulus is not None:
            raise ValueError("plain_modulus: ckks has none; its numbers are rounded at scale_bits")
        scale_bits = whole_number("scale_bits", 40 if scale_bits is None else scale_bits, 10, 90)
        if depth is not None and scale_bits < 20:
            raise ValueError(
                f"scale_bits: {scale_bits} came; with depth=, whose moduli have so many bits, wanted 20 .. 90"
            )
    elif scale_bits is not None:
        raise ValueError(f"scale_bits: {scheme} computes with integers; ckks has a scale")
    if plain_modulus is not None:
        plain_modulus = whole_number("plain_modulus", plain_modulus, 2, 1 << 40)
    digits = whole_number("digits", digits, most=MOST_MODULI)
    special_bits = whole_number("special_bits", special_bits, most=600)

    def at(degree: int) -> Parameters:
        t = 0
        if scheme != "ckks":
            t = plain_modulus or nearest_plain_modulus(1 << max(20, degree.bit_length() + 3), degree)
        found = [_moduli(moduli_bits or ())] if depth is None else chains(scheme, degree, depth, t, scale_bits or 0)
        scale = 2.0**scale_bits if scheme == "ckks" and scale_bits else 0.0
        every = [Parameters(scheme, degree, moduli, special_bits, digits, t, scale, standard, bits) for moduli in found]
        # Primes near 2^b may lie above it: a bit to spare.
        allowed = bound(standard, bits, degree) if standard != 1 else every[0].total_bits + 1
        valid = (one for one in every if one.total_bits < allowed and digits <= len(one.moduli_bits))
        return next(valid, min(every, key=lambda one: one.total_bits))

    chosen = at(8192 if degree is None else _degree(degree))
    if standard == 1:
        warnings.warn(
            "security=None: these parameters are INSECURE; anyone may be able to find the key. For tests only",
            InsecureParametersWarning,
            stacklevel=4,
        )
        return chosen
    if degree is None:
        for log_degree in range(10, MOST_LOG_DEGREE + 1):
            chosen = at(1 << log_degree)
            # Primes near 2^b may lie above it: a bit to spare.
            if chosen.total_bits < bound(standard, bits, chosen.degree):
                return chosen
        raise ValueError(f"no degree allows it: {_refusal(chosen, bound(standard, bits, chosen.degree), depth)}")
    allowed = bound(standard, bits, chosen.degree)
    if allowed == 0:
        raise ValueError(
            f"degree: security={security!r} has no bound for {chosen.degree}; it has some for 1024 .. 131072 "
            "(2018: 32768); security=None for tests that protect nothing"
        )
    if chosen.total_bits > allowed:
        raise ValueError(_refusal(chosen, allowed, depth))
    return chosen
