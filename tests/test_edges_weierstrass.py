# SPDX-License-Identifier: Apache-2.0
"""Rows of P-256, P-384 and SM2 made so that points meet, sums vanish and abscissas wrap; verdicts are known from that.

A row is built from u1, u2 and the key's logarithm d (of SM2: s and t), so that the verifier's sum u1 G + u2 Q is
(u1 + u2 d) G: with its abscissa as r it is valid, with another one it is not. OpenSSL agrees with each.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import openssl_sm2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from implementations import Implementation, implementations
from nist_peer import PEERS, Peer, Row
from nist_vectors import P256, P384

import pyaccel
from pyaccel.golden import p256, p384, sm2
from pyaccel.golden.der import encode
from pyaccel.golden.weierstrass import Curve, Point

Judged = tuple[Row, bool]
"""A row (key, ready digest, r || s) and whether it is valid."""


@dataclass(frozen=True)
class Room:
    """A scheme with its curve, and rows of it."""

    scheme: str
    curve: Curve

    @property
    def n(self) -> int:
        """Order of the group."""
        return self.curve.n

    def number(self, value: int) -> bytes:
        """A coordinate or scalar."""
        return value.to_bytes(self.curve.size, "big")

    @cache  # noqa: B019 - there are three of them, to the end of the run
    def multiple(self, scalar: int) -> tuple[int, int]:
        """scalar G, by OpenSSL where it has the curve; scalar is not 0."""
        peer = {"p256-ecdsa": PEERS["P-256"], "p384-ecdsa": PEERS["P-384"]}.get(self.scheme)
        if peer is None:
            return self.curve.affine(self.curve.multiply(scalar % self.n, self.curve.g))
        numbers = ec.derive_private_key(scalar % self.n, peer).public_key().public_numbers()
        return numbers.x, numbers.y

    def key(self, point: tuple[int, int]) -> bytes:
        """x || y."""
        return self.number(point[0]) + self.number(point[1])

    def row(self, u1: int, u2: int, key: bytes, x: int) -> Row | None:
        """The row of which a verifier compares u1 G + u2 Q with the abscissa x; None where it would be out of range."""
        n = self.n
        if self.scheme == "sm2":
            # s = u1 and t = u2; r = t - s = (e + x) mod n.
            r, s, digest = (u2 - u1) % n, u1 % n, (u2 - u1 - x) % n
        else:
            r = x % n
            s = r * pow(u2, -1, n) % n
            digest = u1 * s % n
        if 0 in (r, s, u2 % n):
            return None
        return key, self.number(digest), self.number(r) + self.number(s)

    def known(self, u1: int, u2: int, d: int) -> list[Judged]:
        """Of a key d G: the valid row of u1 and u2, and one with another abscissa; at infinity both are false."""
        key, total = self.key(self.multiple(d)), (u1 + u2 * d) % self.n
        x = self.multiple(total)[0] if total else self.curve.g[0]
        found = [(self.row(u1, u2, key, x), total != 0), (self.row(u1, u2, key, x + 1), False)]
        return [(row, valid) for row, valid in found if row is not None]


ROOMS = {
    room.scheme: room
    for room in (Room("p256-ecdsa", p256.CURVE), Room("p384-ecdsa", p384.CURVE), Room("sm2", sm2.CURVE))
}


def _meetings(room: Room) -> list[Judged]:
    """u1 G = u2 Q, u1 G = -u2 Q, Q = G, Q = -G, small multiples of each other, u1 = 0."""
    n, rows = room.n, []
    small = [1, 2, 3, 4, 15, 16, 31, 32, 33, n - 1, n - 2, n - 31]
    for d in small:
        for u1, u2 in [
            (1, 1),
            (2, 1),
            (1, 2),
            (n - 1, 1),
            (3, n - 1),
            (2**128, 2**127),
            (0, 5),
            (0, 1),
            (7 * d % n, 7),
        ]:
            rows += room.known(u1, u2, d)
            rows += room.known(-u2 * d % n, u2, d)
    source = random.Random(room.scheme)
    for _ in range(10):
        d, u2 = source.randrange(1, n), source.randrange(1, n)
        rows += room.known(u2 * d % n, u2, d)
        rows += room.known(-u2 * d % n, u2, d)
    return rows


def _ladders(room: Room) -> list[Judged]:
    """Keys that are multiples of G by powers of two, under scalars of few digits, so that tables have common points."""
    n, rows, source = room.n, [], random.Random(room.scheme)
    bits = 8 * room.curve.size
    for power in range(0, bits, 5):
        d = source.choice((1, n - 1, 3, 31)) * 2**power % n
        for _ in range(2):
            u1 = sum(
                source.choice((1, -1, 31, -17)) << source.randrange(bits - 6) for _ in range(source.choice((1, 2)))
            )
            u2 = sum(
                source.choice((1, -1, 16, -31)) << source.randrange(bits - 6) for _ in range(source.choice((1, 2)))
            )
            rows += room.known(u1 % n, (u2 % n) or 1, d)
    return rows


def _from_point(room: Room, u1: int, u2: int, point: Point) -> bytes:
    """The key under which u1 G + u2 Q is a point."""
    curve = room.curve
    rest = curve.add(point, curve.multiply(-u1 % room.n, curve.g))
    return room.key(curve.affine(curve.multiply(pow(u2, -1, room.n), rest)))


def _wrapped(room: Room) -> list[Judged]:
    """Sums with an abscissa in [n, p), which is what the second comparison is for; and with one below p - n."""
    curve, n, rows, source = room.curve, room.n, [], random.Random(room.scheme)
    assert curve.p > n
    for start, step in ((n, 1), (curve.p - 1, -1), (n + (curve.p - n) // 2, 1), (1, 1), (curve.p - n - 1, -1)):
        x, found = start, 0
        while found < 3:
            for parity in (0, 1):
                point = curve.lift(x, parity)
                if point is None:
                    continue
                found += 1
                u1, u2 = source.randrange(1, n), source.randrange(1, n)
                key = _from_point(room, u1, u2, point)
                for other, valid in ((x, True), (x + 1, False), (x % n + 1, False)):
                    row = room.row(u1, u2, key, other)
                    if row is not None:
                        rows.append((row, valid))
            x += step
    return rows


def _digests(room: Room) -> list[Judged]:
    """Digests of n and more, up to all ones, and of 0; the signature is made for what they are modulo n."""
    n, bits, rows = room.n, 8 * room.curve.size, []
    for digest in (0, 1, n - 1, n, n + 1, 2**bits - 1, 2 ** (bits - 1)):
        d, k = 12345, 67890
        x = room.multiple(k)[0]
        if room.scheme == "sm2":
            r = (digest + x) % n
            s = pow(1 + d, -1, n) * (k - r * d) % n
        else:
            r = x % n
            s = pow(k, -1, n) * (digest + r * d) % n
        key = room.key(room.multiple(d))
        rows.append(((key, room.number(digest), room.number(r) + room.number(s)), True))
        rows.append(((key, room.number(digest ^ 1), room.number(r) + room.number(s)), False))
    return rows


def _keys(room: Room) -> list[Judged]:
    """Keys that are no points: coordinates of p and more that stand for points, points beside the curve, zeros."""
    curve, rows = room.curve, []
    top = 256**curve.size - curve.p
    x = next(x for x in range(1, min(top, 10**6)) if curve.lift(x, 0) is not None)
    point = curve.lift(x, 0)
    assert point is not None
    y = point[1]
    u1, u2 = 5, 7
    total = curve.affine(curve.add(curve.multiply(u1, curve.g), curve.multiply(u2, point)))
    for key in (
        room.number(x) + room.number(y),
        room.number(x + curve.p) + room.number(y),
        room.number(x) + room.number(curve.p - y ^ 1),
        room.number(x) + room.number(y ^ 1),
        room.number(y) + room.number(x),
        bytes(2 * curve.size),
        room.number(0) + room.number(1),
        b"\xff" * (2 * curve.size),
        room.number(curve.p) + room.number(y),
        room.number(x) + room.number(curve.p),
    ):
        row = room.row(u1, u2, key, total[0])
        assert row is not None
        rows.append((row, key == room.number(x) + room.number(y)))
    return rows


FAMILIES = {
    "meetings": _meetings,
    "ladders": _ladders,
    "wrapped": _wrapped,
    "digests": _digests,
    "keys": _keys,
}


@cache
def rows_of(scheme: str, family: str) -> list[Judged]:
    """The rows of a family."""
    return FAMILIES[family](ROOMS[scheme])


def _in_forms(rows: Sequence[Judged], size: int) -> list[bytes]:
    """Keys x || y in each form in turn: as they are, with 04, and compressed where the curve has the point."""
    found = []
    for i, ((key, _, _), valid) in enumerate(rows):
        compressed = bytes([2 + key[-1] % 2]) + key[:size]
        found.append((key, b"\4" + key, compressed if valid else key)[i % 3])
    return found


def _say(way: Implementation, scheme: str, family: str) -> None:
    """All rows in one batch with keys in each form, then under prepared keys; golden takes a part."""
    judged = rows_of(scheme, family)
    assert len(judged) > 5
    if way.slow and len(judged) > 60:
        some = judged[:: -(-len(judged) // 60)]
        way.left_out(2 * (len(judged) - len(some)), f"{family}: one of each kind is enough for golden")
        judged = some
    keys = _in_forms(judged, ROOMS[scheme].curve.size)
    columns = [row[1] for row, _ in judged], [row[2] for row, _ in judged]
    reasons = way.verify_many(scheme, keys, *columns, message_hash="none")
    wrong = [i for i, (_, valid) in enumerate(judged) if (reasons[i] == 0) != valid]
    assert not wrong, (len(wrong), [field.hex() for field in judged[wrong[0]][0]], reasons[wrong[0]])
    if family != "keys":
        assert {*reasons} <= {0, 5}
    prepared = pyaccel.PreparedKeys(scheme, keys)
    again = way.verify_many(scheme, prepared, *columns, message_hash="none", key_index=range(len(keys)))
    assert again == reasons
    way.ran(2 * len(judged))


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("scheme", ROOMS)
def test_openssl_agrees(scheme: str, family: str) -> None:
    """Every verdict that is known by construction."""
    judged = rows_of(scheme, family)
    if scheme == "sm2":
        said = []
        for (key, digest, signature), _ in judged:
            loaded = openssl_sm2.Key.of(key)
            pair = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
            said.append(loaded is not None and loaded.verify_ready(digest, encode(*pair)))
    else:
        peer = Peer(P256 if scheme == "p256-ecdsa" else P384)
        said = [peer.verdict(row) for row, _ in judged]
    assert said == [valid for _, valid in judged]


@pytest.mark.parametrize("family", FAMILIES)
@implementations("p256", opencl=True)
def test_p256(implementation: Implementation, family: str) -> None:
    _say(implementation, "p256-ecdsa", family)


@pytest.mark.parametrize("family", FAMILIES)
@implementations("p384", opencl=True)
def test_p384(implementation: Implementation, family: str) -> None:
    _say(implementation, "p384-ecdsa", family)


@pytest.mark.parametrize("family", FAMILIES)
@implementations("sm2", opencl=True)
def test_sm2(implementation: Implementation, family: str) -> None:
    _say(implementation, "sm2", family)
