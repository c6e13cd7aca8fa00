# SPDX-License-Identifier: Apache-2.0
"""P-256, P-384 and SM2 from outside: rows made to meet a sum of one's choice, and what OpenSSL says of a row."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import openssl_sm2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature
from implementations import Implementation

from pyaccel.golden import p256, p384, sm2
from pyaccel.golden.weierstrass import INFINITY, Curve, Point

Row = tuple[bytes, bytes, bytes]
"""Key, ready digest, r || s."""
Judged = tuple[Row, bool]
"""A row and whether it is valid."""

_PEERS: dict[str, tuple[ec.EllipticCurve, hashes.HashAlgorithm]] = {
    "p256-ecdsa": (ec.SECP256R1(), hashes.SHA256()),
    "p384-ecdsa": (ec.SECP384R1(), hashes.SHA384()),
}


@dataclass(frozen=True)
class World:
    """A scheme under message_hash="none", where digest, r and s are free.

    ECDSA adds u1 G + u2 Q with u1 = digest / s, u2 = r / s and compares x with r; SM2 does with u1 = s, u2 = r + s and
    compares x with r - digest; all modulo n.
    """

    scheme: str
    family: str
    curve: Curve

    @property
    def n(self) -> int:
        """Order of the group."""
        return self.curve.n

    @property
    def is_sm2(self) -> bool:
        """Whether it is no ECDSA."""
        return self.scheme == "sm2"

    def number(self, value: int) -> bytes:
        """A coordinate, digest or scalar, big-endian."""
        return value.to_bytes(self.curve.size, "big")

    def key(self, point: Point) -> bytes:
        """04, x, y of a point that is not infinity."""
        return b"\4" + b"".join(map(self.number, self.curve.affine(point)))

    def point(self, key: bytes) -> Point:
        """The point of 04, x, y."""
        return self.x_of(key), int.from_bytes(key[1 + self.curve.size :], "big"), 1

    def x_of(self, key: bytes) -> int:
        """Its abscissa."""
        return int.from_bytes(key[1 : 1 + self.curve.size], "big")

    def multiple(self, scalar: int) -> bytes:
        """scalar G; scalar is not 0 modulo n."""
        return _multiple(self, scalar % self.n)

    def lift(self, x: int) -> bytes | None:
        """The point of abscissa x with an even y, None where there is none."""
        point = self.curve.lift(x, 0)
        return None if point is None else self.key(point)

    def lifts(self, start: int, step: int, count: int) -> list[bytes]:
        """The first `count` points whose abscissa is start, start + step, ..."""
        found: list[bytes] = []
        while len(found) < count:
            point = self.lift(start)
            found += [point] if point is not None else []
            start += step
        return found

    def combine(self, u1: int, u2: int, key: bytes) -> bytes | None:
        """u1 G + u2 Q, None at infinity."""
        total = self.curve.multiply(u2 % self.n, self.point(key))
        total = self.curve.add(total, _jacobian(self, u1 % self.n))
        return None if total[2] == 0 else self.key(total)

    def equation(self, u1: int, u2: int, key: bytes, x: int) -> Row | None:
        """The row of which a verifier computes u1 G + u2 Q and compares its abscissa with x mod n, if there is one."""
        u1, u2, x = u1 % self.n, u2 % self.n, x % self.n
        if self.is_sm2:
            r, s, digest = (u2 - u1) % self.n, u1, (u2 - u1 - x) % self.n
            exists = r != 0 and s != 0 and u2 != 0
        else:
            exists = x != 0 and u2 != 0
            r, s = x, x * pow(u2, -1, self.n) % self.n if exists else 0
            digest = u1 * s % self.n
        return (key, self.number(digest), self.number(r) + self.number(s)) if exists else None

    def scalars(self, row: Row) -> tuple[int, int]:
        """u1 and u2 of a row."""
        _, digest, signature = row
        size = self.curve.size
        r, s = int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big")
        if self.is_sm2:
            return s, (r + s) % self.n
        inverse = pow(s, -1, self.n)
        return int.from_bytes(digest, "big") * inverse % self.n, r * inverse % self.n

    def openssl(self, rows: Sequence[Row]) -> list[bool]:
        """OpenSSL's verdict on each row, of good keys in 65 or 97 bytes."""
        return [self._verdict(*row) for row in rows]

    def _verdict(self, key: bytes, digest: bytes, signature: bytes) -> bool:
        size = self.curve.size
        der = encode_dss_signature(*(int.from_bytes(half, "big") for half in (signature[:size], signature[size:])))
        if self.is_sm2:
            found = openssl_sm2.Key.of(key)
            assert found is not None
            return found.verify_ready(digest, der)
        curve, algorithm = _PEERS[self.scheme]
        try:
            public = ec.EllipticCurvePublicKey.from_encoded_point(curve, key)
            public.verify(der, digest, ec.ECDSA(Prehashed(algorithm)))
        except InvalidSignature:
            return False
        return True

    def in_form(self, row: Row, i: int) -> Row:
        """The row with its key uncompressed, raw or, but for SM2, compressed, in turn."""
        key, digest, signature = row
        forms = [key, key[1:]]
        if not self.is_sm2:
            forms.append(bytes([2 + key[-1] % 2]) + key[1 : 1 + self.curve.size])
        return forms[i % len(forms)], digest, signature

    def ordinary(self) -> list[Judged]:
        """Rows of no structure, one of three of them false."""
        return _ordinary(self)

    def say(self, way: Implementation, judged: Sequence[Judged]) -> None:
        """The implementation says of rows, in one batch and with keys in every form, what is known of them."""
        rows = [self.in_form(row, i) for i, (row, _) in enumerate(judged)]
        columns = [list(column) for column in zip(*rows, strict=True)]
        reasons = way.verify_many(self.scheme, *columns, message_hash="none")
        wrong = [i for i, (_, valid) in enumerate(judged) if (reasons[i] == 0) != valid]
        assert not wrong, (len(wrong), wrong[0], [field.hex() for field in rows[wrong[0]]], reasons[wrong[0]])
        way.ran(len(rows))

    def among_ordinary(self, judged: Sequence[Judged]) -> list[Judged]:
        """One of them in each place of 17 among ordinary rows, so that it comes by in each lane of any group."""
        others = self.ordinary()
        batch: list[Judged] = []
        for i, row in enumerate(judged):
            batch += [others[(16 * i + k) % len(others)] for k in range(16)]
            batch.append(row)
        return batch


WORLDS = (
    World("p256-ecdsa", "p256", p256.CURVE),
    World("p384-ecdsa", "p384", p384.CURVE),
    World("sm2", "sm2", sm2.CURVE),
)


@cache
def _windows(world: World) -> list[list[Point]]:
    """[j][i] = i 2^(8 j) G."""
    windows, step = [], world.curve.g
    for _ in range(world.curve.size):
        row = [INFINITY]
        for _ in range(255):
            row.append((*world.curve.affine(world.curve.add(row[-1], step)), 1))
        windows.append(row)
        step = (*world.curve.affine(world.curve.add(row[-1], step)), 1)
    return windows


def _jacobian(world: World, scalar: int) -> Point:
    total = INFINITY
    for digit, row in zip(scalar.to_bytes(world.curve.size, "little"), _windows(world), strict=True):
        total = world.curve.add(total, row[digit])
    return total


@cache
def _multiple(world: World, scalar: int) -> bytes:
    return world.key(_jacobian(world, scalar))


@cache
def _ordinary(world: World) -> list[Judged]:
    source = random.Random(3)
    rows: list[Judged] = []
    while len(rows) < 64:
        valid = len(rows) % 3 != 0
        d, u1, u2 = (source.randrange(1, world.n) for _ in range(3))
        total = u1 + u2 * d if valid else source.randrange(1, world.n)
        row = world.equation(u1, u2, world.multiple(d), world.x_of(world.multiple(total)))
        rows += [(row, valid)] if row is not None else []
    return rows
