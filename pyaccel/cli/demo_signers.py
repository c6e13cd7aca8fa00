# SPDX-License-Identifier: Apache-2.0
"""Signers for the demo and the tests, whose secrets everybody can compute from a seed. Nothing else may use them.

pyaccel signs nothing. Here keys are published, and nonces follow each other, which would give any other key away: that
makes a signature a matter of microseconds in Python.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import accumulate
from operator import mul

from pyaccel.golden.weierstrass import Curve

Affine = tuple[int, int]


def published_secret(curve: Curve, seed: str, number: int) -> int:
    """The secret of one key, in [1, n - 2]."""
    digest = hashlib.sha512(f"pyaccel published test key {seed} {number}".encode()).digest()
    return 1 + int.from_bytes(digest, "big") % (curve.n - 2)


def public_key(curve: Curve, secret: int) -> bytes:
    """x || y."""
    return b"".join(c.to_bytes(curve.size, "big") for c in curve.affine(curve.multiply(secret, curve.g)))


def multiples(curve: Curve, start: int, count: int) -> list[Affine]:
    """(start + 1) G, (start + 2) G, ... in affine coordinates; none of them, nor of 0 to sqrt(count) G, meets another.

    Each is one of some points far apart plus one of some that are near: an addition with a denominator, all of which
    are inverted at once.
    """
    side = max(1, int(count**0.5))
    near, point = [curve.g], curve.g
    for _ in range(side - 1):
        point = curve.add(point, curve.g)
        near.append(point)
    step, far = point, [curve.multiply(start, curve.g)]
    while len(far) * side < count:
        far.append(curve.add(far[-1], step))
    steps, bases = [curve.affine(p) for p in near], [curve.affine(p) for p in far]
    pairs = [(a, b) for a in bases for b in steps][:count]
    inverses = _inverses(curve.p, [(b[0] - a[0]) % curve.p for a, b in pairs])
    found = []
    for (a, b), inverse in zip(pairs, inverses, strict=True):
        slope = (b[1] - a[1]) * inverse % curve.p
        x = (slope * slope - a[0] - b[0]) % curve.p
        found.append((x, (slope * (a[0] - x) - a[1]) % curve.p))
    return found


def _inverses(modulus: int, values: list[int]) -> list[int]:
    """Inverses of all, for one exponentiation (Montgomery)."""
    products = list(accumulate(values, lambda a, b: mul(a, b) % modulus, initial=1))
    inverse = pow(products[-1], -1, modulus)
    found = []
    for value, product in zip(reversed(values), reversed(products[:-1]), strict=True):
        found.append(inverse * product % modulus)
        inverse = inverse * value % modulus
    return found[::-1]


@cache
def _inverse(value: int, modulus: int) -> int:
    return pow(value, -1, modulus)


@dataclass
class Nonces:
    """Nonces that follow each other from one that the seed gives, with the abscissas of their points."""

    curve: Curve
    seed: str
    count: int
    _left: Iterator[tuple[int, int]] = field(init=False)

    def __post_init__(self) -> None:
        start = published_secret(self.curve, self.seed, 0) >> 1
        points = multiples(self.curve, start, self.count)
        self._left = iter([(start + 1 + i, x) for i, (x, _) in enumerate(points)])

    def sm2(self, secret: int, e: int) -> tuple[int, int]:
        """(r, s) of GB/T 32918.2 §6.1 over e."""
        n = self.curve.n
        for nonce, x in self._left:
            r = (e + x) % n
            s = _inverse(1 + secret, n) * (nonce - r * secret) % n
            if r and s and (r + nonce) % n:
                return r, s
        raise ValueError("no nonce is left")


def packed(curve: Curve, signatures: Iterable[tuple[int, int]]) -> list[bytes]:
    """r || s of each."""
    return [r.to_bytes(curve.size, "big") + s.to_bytes(curve.size, "big") for r, s in signatures]
