# SPDX-License-Identifier: Apache-2.0
"""ECDSA signatures on P-256 and P-384 with random corruptions: every verdict is OpenSSL's, row by row."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from implementations import Implementation, implementations
from nist_peer import HASHES, PEERS, Peer, Row
from nist_vectors import P256, P384, Nist

import pyaccel
from examples import flipped, resized

_FEW, _SOME, _MANY, _AT_ONCE = 600, 6_000, 1_000_000, 50_000
"""Rows for each variant; for the bound one; for the bound one when slow tests run; of those at a time."""

Corruption = Callable[[random.Random, Row, Row], Row]
"""A row, and another one, to one row."""

_PRIMES = {"P-256": 2**256 - 2**224 + 2**192 + 2**96 - 1, "P-384": 2**384 - 2**128 - 2**96 + 2**32 - 1}


def _public(curve: str, secret: int) -> ec.EllipticCurvePublicKey:
    return ec.derive_private_key(secret, PEERS[curve]).public_key()


def _corruptions(curve: Nist) -> list[Corruption]:
    size, n, p, bits = curve.size, curve.order, _PRIMES[curve.name], 8 * curve.size
    wide = [0, 1, 2, 7, n // 2, n // 2 + 1, p - n, n - 1, n, n + 1, p - 1, p, p + 1, 2**bits - 1]
    edges = [value.to_bytes(size, "big") for value in wide]

    def number(value: int) -> bytes:
        return (value % 2**bits).to_bytes(size, "big")

    def parts(row: Row) -> tuple[int, int]:
        return int.from_bytes(row[2][:size], "big"), int.from_bytes(row[2][size:], "big")

    def negative(key: bytes) -> bytes:
        if len(key) == size + 1:
            return bytes([key[0] ^ 1]) + key[1:]
        return key[:-size] + number(p - int.from_bytes(key[-size:], "big"))

    def free(source: random.Random, row: Row) -> Row:
        """Valid for any u1 and u2, small ones too: R = u1 G + u2 Q, r its abscissa, s = r / u2, digest u1 s."""
        u1, u2 = (source.choice((1, 2, n - 1, source.getrandbits(128), source.randrange(1, n))) for _ in range(2))
        d = source.randrange(1, n)
        total = (u1 + u2 * d) % n
        if total == 0:
            return row
        r = _public(curve.name, total).public_numbers().x % n
        s = r * pow(u2, -1, n) % n
        key = _public(curve.name, d).public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
        return key, number(u1 * s % n), number(r) + number(s)

    return [
        lambda s, row, _: (flipped(row[0], s.randrange(2**10)), row[1], row[2]),
        lambda s, row, _: (row[0], flipped(row[1], s.randrange(512)), row[2]),
        lambda s, row, _: (row[0], row[1], flipped(row[2], s.randrange(bits))),
        lambda s, row, _: (row[0], row[1], flipped(row[2], bits + s.randrange(bits))),
        lambda s, row, _: (resized(row[0], s.choice((-size - 1, -size, -1, 1, size))), row[1], row[2]),
        lambda s, row, _: (row[0], resized(row[1], s.choice((-32, -1, 1, 16, 32))), row[2]),
        lambda s, row, _: (row[0], row[1], resized(row[2], s.choice((-2 * size, -1, 1, 2 * size)))),
        lambda s, row, _: (bytes([s.choice((0, 2, 3, 4, 5, 6, 7))]) + row[0][1:], row[1], row[2]),
        lambda _, row, other: (other[0], row[1], row[2]),
        lambda _, row, other: (row[0], other[1], row[2]),
        lambda _, row, other: (row[0], row[1], other[2]),
        lambda _, row, other: (row[0], row[1], row[2][:size] + other[2][size:]),
        lambda _, row, __: (row[0], row[1], row[2][size:] + row[2][:size]),
        lambda s, row, _: (s.choice((b"\2", b"\3")) + s.randbytes(size), row[1], row[2]),
        lambda s, row, _: (s.choice((b"\2", b"\3")) + s.choice(edges), row[1], row[2]),
        lambda s, row, _: (row[0][:-size] + s.choice(edges), row[1], row[2]),
        lambda s, row, _: (row[0], s.choice(edges), row[2]),
        lambda s, row, _: (row[0], row[1], s.choice(edges) + row[2][size:]),
        lambda s, row, _: (row[0], row[1], row[2][:size] + s.choice(edges)),
        lambda s, row, _: (row[0], row[1], s.choice(edges) + s.choice(edges)),
        # Valid where any s will do.
        lambda _, row, __: (row[0], row[1], row[2][:size] + number((n - parts(row)[1]) % n)),
        # The same modulo n, and yet out of range.
        lambda _, row, __: (row[0], row[1], number(parts(row)[0] + n) + row[2][size:]),
        lambda _, row, __: (row[0], row[1], row[2][:size] + number(parts(row)[1] + n)),
        lambda _, row, __: (row[0], row[1], number((n - parts(row)[0]) % n) + row[2][size:]),
        lambda _, row, __: (negative(row[0]), row[1], row[2]),
        lambda s, row, _: free(s, row),
    ]


def _rows(curve: Nist, n: int, seed: int) -> list[Row]:
    """Rows, half of them as OpenSSL signed them; keys repeat, come in any form, and digests in three sizes."""
    source = random.Random(seed)
    secrets = [ec.derive_private_key(source.randrange(1, curve.order), PEERS[curve.name]) for _ in range(1 + n // 4)]
    encode = [secret.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint) for secret in secrets]
    forms = [curve.forms(whole[1:]) for whole in encode]
    signed: list[Row] = []
    for _ in range(n):
        i, digest = source.randrange(len(secrets)), source.randbytes(source.choice((32, 48, 48, 64)))
        pair = decode_dss_signature(secrets[i].sign(digest, ec.ECDSA(Prehashed(HASHES[len(digest)]))))
        signed.append((source.choice(forms[i]), digest, b"".join(map(curve.number, pair))))
    corruptions = _corruptions(curve)
    return [
        source.choice(corruptions)(source, row, source.choice(signed)) if source.random() < 0.5 else row
        for row in signed
    ]


def _ours(way: Implementation, curve: Nist, rule: str, rows: Sequence[Row], *, der: bool = False) -> list[bool]:
    keys, digests, signatures = (list(column) for column in zip(*rows, strict=True))
    if der:
        halves = [(s[: curve.size], s[curve.size :]) for s in signatures]
        signatures = [encode_dss_signature(*(int.from_bytes(half, "big") for half in pair)) for pair in halves]
    form = "der" if der else "raw"
    options = {"rule": rule, "message_hash": "none", "signature_format": form}
    return [reason == 0 for reason in way.verify_many(curve.scheme, keys, digests, signatures, **options)]


def _prepared(way: Implementation, curve: Nist, rule: str, rows: Sequence[Row]) -> list[bool]:
    keys = list({row[0]: None for row in rows})
    index = {key: i for i, key in enumerate(keys)}
    reasons = way.verify_many(
        curve.scheme,
        pyaccel.PreparedKeys(curve.scheme, keys),
        [row[1] for row in rows],
        [row[2] for row in rows],
        key_index=[index[row[0]] for row in rows],
        rule=rule,
        message_hash="none",
    )
    return [reason == 0 for reason in reasons]


def _check(way: Implementation, curve: Nist, n: int, seed: int) -> None:
    """Each rule on all rows, under prepared keys too and from DER; then what is valid with a bad row in the middle."""
    rows = _rows(curve, n, seed)
    peer = Peer(curve)
    under_any = [peer.verdict(row) for row in rows]
    for rule in pyaccel.rules(curve.scheme):
        said, ours = peer.said(rule, rows, under_any), _ours(way, curve, rule, rows)
        wrong = [i for i in range(n) if ours[i] != said[i]]
        assert not wrong, (rule, [field.hex() for field in rows[wrong[0]]], ours[wrong[0]])
        assert n // 8 < sum(ours) < n
        assert _prepared(way, curve, rule, rows) == said
        whole = [i for i in range(n) if len(rows[i][2]) == 2 * curve.size]
        assert _ours(way, curve, rule, [rows[i] for i in whole], der=True) == [said[i] for i in whole]
        good = [row for row, verdict in zip(rows, ours, strict=True) if verdict]
        bad = rows[next(i for i in whole if not ours[i])]
        middle = len(good) // 2
        batch = [*good[:middle], bad, *good[middle:]]
        assert _ours(way, curve, rule, batch) == [i != middle for i in range(len(batch))]
        way.ran(2 * n + len(whole) + len(batch))


@implementations("p256", golden=False, opencl=True)
def test_few_on_every_variant(implementation: Implementation) -> None:
    _check(implementation, P256, _FEW, 1)


@implementations("p384", golden=False, opencl=True)
def test_few_of_p384_on_every_variant(implementation: Implementation) -> None:
    _check(implementation, P384, _FEW // 2, 2)


@pytest.mark.parametrize("curve", [P256, P384], ids=lambda curve: curve.name)
def test_golden(curve: Nist) -> None:
    _check(Implementation("golden", "golden"), curve, 60, 3)


@pytest.mark.parametrize(("curve", "rows"), [(P256, _SOME), (P384, _SOME // 4)], ids=["P-256", "P-384"])
def test_some(curve: Nist, rows: int) -> None:
    """The variant that serves this machine."""
    _check(Implementation("native", "native"), curve, rows, 4)


@pytest.mark.slow
@pytest.mark.parametrize(("curve", "rows"), [(P256, _MANY), (P384, _MANY // 10)], ids=["P-256", "P-384"])
def test_a_million(curve: Nist, rows: int) -> None:
    for first in range(0, rows, _AT_ONCE):
        _check(Implementation("native", "native"), curve, _AT_ONCE, 100 + first)
