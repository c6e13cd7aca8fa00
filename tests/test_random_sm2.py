# SPDX-License-Identifier: Apache-2.0
"""SM2 signatures with random corruptions: every verdict is that of OpenSSL's libcrypto, row by row."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache

import openssl_sm2
import pytest
from implementations import Implementation, implementations

import pyaccel
from examples import flipped, resized
from pyaccel.cli.demo_signers import Nonces, multiples, packed, published_secret
from pyaccel.golden import sm2
from pyaccel.golden.der import encode

_FEW, _SOME, _MANY, _AT_ONCE = 400, 2_000, 1_000_000, 50_000
"""Rows for each variant; for the bound one; for the bound one when slow tests run; of those at a time."""

_N, _P = sm2.CURVE.n, sm2.P


@dataclass(frozen=True)
class Row:
    """One row; the signature is r || s."""

    key: bytes
    message: bytes
    signature: bytes
    identity: bytes


Corruption = Callable[[random.Random, Row, Row], Row]
"""A row, and another one, to one row."""


def _number(value: int) -> bytes:
    return (value % 2**256).to_bytes(32, "big")


_EDGES = [_number(v) for v in (0, 1, 2, 7, _N // 2, _P - _N, _N - 1, _N, _N + 1, _P - 1, _P, _P + 1, 2**256 - 1)]


def _r(row: Row) -> int:
    return int.from_bytes(row.signature[:32], "big")


def _s(row: Row) -> int:
    return int.from_bytes(row.signature[32:], "big")


def _signed(row: Row, r: bytes, s: bytes) -> Row:
    return replace(row, signature=r + s)


def _negative(key: bytes) -> bytes:
    """-Q, of a key in any form."""
    if len(key) == 33:
        return bytes([key[0] ^ 1]) + key[1:]
    return key[:-32] + _number(_P - int.from_bytes(key[-32:], "big"))


_CORRUPTIONS: list[Corruption] = [
    lambda s, row, _: replace(row, key=flipped(row.key, s.randrange(2**10))),
    lambda s, row, _: replace(row, message=flipped(row.message, s.randrange(2**10))),
    lambda s, row, _: replace(row, signature=flipped(row.signature, s.randrange(256))),
    lambda s, row, _: replace(row, signature=flipped(row.signature, 256 + s.randrange(256))),
    lambda s, row, _: replace(row, identity=flipped(row.identity, s.randrange(2**10))),
    lambda s, row, _: replace(row, identity=resized(row.identity, s.choice((-16, -1, 1, 64)))),
    lambda s, row, _: replace(row, key=resized(row.key, s.choice((-33, -32, -1, 1, 32)))),
    lambda s, row, _: replace(row, signature=resized(row.signature, s.choice((-64, -1, 1, 64)))),
    lambda s, row, _: replace(row, key=bytes([s.choice((0, 2, 3, 4, 5, 6, 7))]) + row.key[1:]),
    lambda _, row, other: replace(row, key=other.key),
    lambda _, row, other: replace(row, message=other.message),
    lambda _, row, other: replace(row, identity=other.identity),
    lambda _, row, other: replace(row, signature=other.signature),
    lambda _, row, other: _signed(row, row.signature[:32], other.signature[32:]),
    lambda _, row, __: _signed(row, row.signature[32:], row.signature[:32]),
    lambda s, row, _: replace(row, key=s.choice((b"\2", b"\3")) + s.randbytes(32)),
    lambda s, row, _: replace(row, key=s.choice((b"\2", b"\3")) + s.choice(_EDGES)),
    lambda s, row, _: replace(row, key=row.key[:-32] + s.choice(_EDGES)),
    lambda s, row, _: _signed(row, s.choice(_EDGES), row.signature[32:]),
    lambda s, row, _: _signed(row, row.signature[:32], s.choice(_EDGES)),
    lambda s, row, _: _signed(row, s.choice(_EDGES), s.choice(_EDGES)),
    # t = r + s is 0.
    lambda _, row, __: _signed(row, row.signature[:32], _number((_N - _r(row)) % _N)),
    lambda _, row, __: _signed(row, _number((_N - _s(row)) % _N), row.signature[32:]),
    # The same modulo n, and yet out of range; s of the opposite sign.
    lambda _, row, __: _signed(row, _number(_r(row) + _N), row.signature[32:]),
    lambda _, row, __: _signed(row, row.signature[:32], _number(_s(row) + _N)),
    lambda _, row, __: _signed(row, row.signature[:32], _number((_N - _s(row)) % _N)),
    lambda _, row, __: replace(row, key=_negative(row.key)),
]


@cache
def _keys(seed: int) -> list[tuple[int, list[bytes]]]:
    """Secrets that follow each other, each with its key x || y, uncompressed and compressed."""
    start = published_secret(sm2.CURVE, f"random {seed}", 0) >> 1
    found = []
    for i, (x, y) in enumerate(multiples(sm2.CURVE, start, 500)):
        raw = _number(x) + _number(y)
        found.append((start + 1 + i, [raw, b"\4" + raw, bytes([2 + y % 2]) + raw[:32]]))
    return found


def _e(key: bytes, message: bytes, identity: bytes) -> bytes:
    """e by hashlib, of a key x || y."""
    curve = b"".join(map(_number, (sm2.CURVE.a, sm2.CURVE.b, *sm2.CURVE.g[:2])))
    za = hashlib.new("sm3", (8 * len(identity)).to_bytes(2, "big") + identity + curve + key).digest()
    return hashlib.new("sm3", za + message).digest()


def _rows(n: int, seed: int) -> list[Row]:
    """Rows, half of them rightly signed; keys and identities repeat, keys come in any form."""
    source = random.Random(seed)
    keys = _keys(seed % 4)
    nonces = Nonces(sm2.CURVE, f"rows {seed}", n + 16)
    identities = [sm2.DEFAULT_IDENTITY, b"", b"a", *(source.randbytes(source.randrange(1, 300)) for _ in range(20))]
    signed = []
    for _ in range(n):
        secret, forms = source.choice(keys)
        message = source.randbytes(source.choice((0, 1, 31, 32, 55, 64, 200)))
        identity = source.choice(identities) if source.random() < 0.7 else sm2.DEFAULT_IDENTITY
        e = int.from_bytes(_e(forms[0], message, identity), "big")
        (signature,) = packed(sm2.CURVE, [nonces.sm2(secret, e)])
        signed.append(Row(source.choice(forms), message, signature, identity))
    return [
        source.choice(_CORRUPTIONS)(source, row, source.choice(signed)) if source.random() < 0.5 else row
        for row in signed
    ]


def _der(signature: bytes) -> bytes:
    return encode(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))


class Peer:
    """OpenSSL's verdicts; keys are kept."""

    def __init__(self) -> None:
        self._keys: dict[bytes, openssl_sm2.Key | None] = {}

    def key(self, key: bytes) -> openssl_sm2.Key | None:
        """The key, None where OpenSSL takes none."""
        if key not in self._keys:
            self._keys[key] = openssl_sm2.Key.of(key)
        return self._keys[key]

    def verdict(self, row: Row) -> bool:
        """Of one row."""
        key = self.key(row.key)
        if key is None or len(row.signature) != 64:
            return False
        return key.verify(row.message, _der(row.signature), row.identity)


def _ours(way: Implementation, rows: Sequence[Row], *, der: bool = False) -> list[bool]:
    reasons = way.verify_many(
        "sm2",
        [row.key for row in rows],
        [row.message for row in rows],
        [_der(row.signature) if der else row.signature for row in rows],
        identity=[row.identity for row in rows],
        signature_format="der" if der else "raw",
    )
    return [reason == 0 for reason in reasons]


def _prepared(way: Implementation, rows: Sequence[Row]) -> list[bool]:
    keys = list({row.key: None for row in rows})
    index = {key: i for i, key in enumerate(keys)}
    reasons = way.verify_many(
        "sm2",
        pyaccel.PreparedKeys("sm2", keys),
        [row.message for row in rows],
        [row.signature for row in rows],
        key_index=[index[row.key] for row in rows],
        identity=[row.identity for row in rows],
    )
    return [reason == 0 for reason in reasons]


def _ready(way: Implementation, peer: Peer, rows: Sequence[Row]) -> None:
    """The same signatures over a ready e, which is theirs or, in one of eight rows, at an edge."""
    source = random.Random(len(rows))
    asked: list[tuple[Row, bytes]] = []
    for row in rows:
        key = peer.key(row.key)
        if key is not None and len(row.signature) == 64:
            x, y = _point(row.key)
            e = source.choice(_EDGES) if source.random() < 0.125 else _e(x + y, row.message, row.identity)
            asked.append((row, e))
    said = [peer.key(row.key).verify_ready(e, _der(row.signature)) for row, e in asked]
    columns = [row.key for row, _ in asked], [e for _, e in asked], [row.signature for row, _ in asked]
    assert [reason == 0 for reason in way.verify_many("sm2", *columns, message_hash="none")] == said
    assert any(said)
    way.ran(len(asked))


def _point(key: bytes) -> tuple[bytes, bytes]:
    point = sm2.CURVE.decode_key(key)
    assert point is not None
    return _number(point[0]), _number(point[1])


def _check(way: Implementation, n: int, seed: int) -> None:
    """All rows, under prepared keys too, from DER, and as ready e; then what is valid with a bad row in the middle."""
    openssl_sm2.library()
    rows = _rows(n, seed)
    peer = Peer()
    said, ours = [peer.verdict(row) for row in rows], _ours(way, rows)
    wrong = [i for i in range(n) if ours[i] != said[i]]
    assert not wrong, (rows[wrong[0]], ours[wrong[0]])
    assert n // 3 < sum(ours) < n
    assert _prepared(way, rows) == said
    whole = [i for i in range(n) if len(rows[i].signature) == 64]
    assert _ours(way, [rows[i] for i in whole], der=True) == [said[i] for i in whole]
    good = [row for row, verdict in zip(rows, ours, strict=True) if verdict]
    bad = rows[next(i for i in whole if not ours[i])]
    middle = len(good) // 2
    batch = [*good[:middle], bad, *good[middle:]]
    assert _ours(way, batch) == [i != middle for i in range(len(batch))]
    way.ran(2 * n + len(whole) + len(batch))
    _ready(way, peer, rows[:1000])


def test_the_peer_hashes_identities() -> None:
    """OpenSSL's own key and signatures: valid here and there, and with another identity neither here nor there."""
    messages = [bytes(i) for i in range(20)]
    spki, signatures = openssl_sm2.signed(messages, b"ALICE")
    key = openssl_sm2.Key.of(spki[-65:])
    assert key is not None
    assert len(spki) == 91
    for identity, valid in ((b"ALICE", True), (b"ALICF", False), (b"", False)):
        said = [key.verify(*row, identity) for row in zip(messages, signatures, strict=True)]
        assert said == [valid] * 20
        for device in ("native", "golden"):
            options = {"key_format": "spki", "signature_format": "der", "identity": identity, "device": device}
            assert list(pyaccel.verify_many("sm2", spki, messages, signatures, **options)) == said


@implementations("sm2", golden=False, opencl=True)
def test_few_on_every_variant(implementation: Implementation) -> None:
    _check(implementation, _FEW, 1)


def test_golden() -> None:
    _check(Implementation("golden", "golden"), 80, 2)


def test_some() -> None:
    """The variant that serves this machine."""
    _check(Implementation("native", "native"), _SOME, 3)


@pytest.mark.slow
def test_a_million() -> None:
    for first in range(0, _MANY, _AT_ONCE):
        _check(Implementation("native", "native"), _AT_ONCE, 100 + first)
