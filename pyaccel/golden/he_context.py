# SPDX-License-Identifier: Apache-2.0
"""What the parameters of homomorphic encryption determine: primes, levels, digits, the id. Source: docs/he.md."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod

from pyaccel.golden.he_ring import primes_below, primes_near

FAST_BITS = 50
SCHEMES = {"bfv": 1, "bgv": 2, "ckks": 3}
STANDARDS = {"none": 1, "2018": 2, "2024": 3}


def split(bits: int) -> list[int]:
    """Bits of the primes that a modulus of `bits` bits is made of, larger ones first."""
    count = -(-bits // FAST_BITS)
    return [bits // count + (i < bits % count) for i in range(count)]


@dataclass(frozen=True)
class Parameters:
    """What a context is asked for.

    Attributes:
        scheme: "bfv", "bgv" or "ckks".
        degree: N.
        moduli_bits: of Q's moduli; the last are dropped first.
        special_bits: of P; 0: of the largest digit.
        digits: of key switching; 0: one a prime.
        standard: "none", "2018" or "2024".
        security: bits; 0 without a standard.
        plain_modulus: t; 0 for CKKS.
        scale: of CKKS, else 0.
    """

    scheme: str
    degree: int
    moduli_bits: tuple[int, ...]
    special_bits: int = 0
    digits: int = 0
    standard: str = "none"
    security: int = 0
    plain_modulus: int = 0
    scale: float = 0.0


@dataclass(frozen=True)
class Context:
    """Primes and their order, from parameters."""

    asked: Parameters

    @cached_property
    def parameters(self) -> Parameters:
        """Canonical: equal contexts have equal ones."""
        special = self.asked.special_bits or max(map(sum, self.digit_bits))
        digits = 0 if len(self.digit_bits) == len(self.prime_bits) else self.asked.digits
        return replace(self.asked, special_bits=special, digits=digits)

    @property
    def degree(self) -> int:
        """N."""
        return self.asked.degree

    @property
    def t(self) -> int:
        """Plain modulus."""
        return self.asked.plain_modulus

    @cached_property
    def prime_bits(self) -> list[int]:
        """Bits asked for of each prime of Q."""
        return [bits for modulus in self.asked.moduli_bits for bits in split(modulus)]

    @cached_property
    def digit_bits(self) -> list[list[int]]:
        """Bits of the primes of each digit: runs whose lengths differ by one at most, longer ones first."""
        count = len(self.prime_bits)
        digits = self.asked.digits or count
        sizes = [count // digits + (i < count % digits) for i in range(digits)]
        return [self.prime_bits[sum(sizes[:i]) : sum(sizes[: i + 1])] for i in range(digits)]

    @cached_property
    def _chosen(self) -> tuple[tuple[int, ...], tuple[tuple[int, ...], ...]]:
        taken = {self.t}

        def choose(bits: int, *, near: bool = False) -> int:
            candidates = (primes_near if near else primes_below)(bits, self.degree)
            found = next(q for q in candidates if q not in taken)
            taken.add(found)
            return found

        special = tuple(choose(bits) for bits in split(self.parameters.special_bits))
        groups = []
        for i, modulus in enumerate(self.asked.moduli_bits):
            near = self.asked.scheme == "ckks" and i > 0 and modulus < FAST_BITS
            groups.append(tuple(choose(bits, near=near) for bits in split(modulus)))
        return special, tuple(groups)

    @property
    def special(self) -> tuple[int, ...]:
        """Primes of P."""
        return self._chosen[0]

    @property
    def groups(self) -> tuple[tuple[int, ...], ...]:
        """Primes of each of Q's moduli."""
        return self._chosen[1]

    @property
    def top(self) -> int:
        """The level of what is fresh."""
        return len(self.groups) - 1

    def primes(self, level: int | None = None) -> list[int]:
        """Q's primes at a level."""
        level = self.top if level is None else level
        return [q for group in self.groups[: level + 1] for q in group]

    @property
    def all_primes(self) -> list[int]:
        """Q's and then P's; a prime's number is its place here."""
        return [*self.primes(), *self.special]

    @cached_property
    def digits(self) -> list[list[int]]:
        """Primes of each digit of key switching, at the top."""
        primes = iter(self.primes())
        return [[next(primes) for _ in digit] for digit in self.digit_bits]

    def modulus(self, level: int) -> int:
        """Q at a level."""
        return prod(self.primes(level))

    @property
    def total_bits(self) -> int:
        """Bits of Q P: what the tables bound."""
        return prod(self.all_primes).bit_length()

    @cached_property
    def canonical_bytes(self) -> bytes:
        """Of the parameters."""
        p = self.parameters
        count = len(p.moduli_bits)
        head = (SCHEMES[p.scheme], p.degree, STANDARDS[p.standard], p.security, p.special_bits, p.digits, count, 0)
        return struct.pack(f"<8IQd{count}I", *head, p.plain_modulus, p.scale, *p.moduli_bits)

    @cached_property
    def id(self) -> bytes:
        """SHA-256 of the canonical parameters."""
        return hashlib.sha256(self.canonical_bytes).digest()
