# SPDX-License-Identifier: Apache-2.0
"""ECDSA signatures on secp256k1 with random corruptions: every verdict is libsecp256k1's, row by row."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import pytest
from coincurve import PrivateKey
from coincurve.ecdsa import der_to_cdata, serialize_compact
from implementations import Implementation, implementations
from secp256k1_rows import N, P, Row, libsecp256k1, number

import pyaccel
from examples import flipped, resized
from pyaccel.golden.der import encode

_RULES = pyaccel.rules("secp256k1-ecdsa")
_FEW, _SOME, _MANY, _AT_ONCE = 1_000, 10_000, 1_000_000, 50_000
"""Rows for each variant; for the bound one; for the bound one when slow tests run; of those at a time."""

Corruption = Callable[[random.Random, Row, Row], Row]
"""A row, and another one, to one row."""

_EDGES = [number(v) for v in (0, 1, 2, 7, N // 2, N // 2 + 1, P - N, N - 1, N, N + 1, P - 1, P, P + 1, 2**256 - 1)]


def _r(row: Row) -> int:
    return int.from_bytes(row[2][:32], "big")


def _s(row: Row) -> int:
    return int.from_bytes(row[2][32:], "big")


def _wrapped(value: int) -> bytes:
    return number(value % 2**256)


_CORRUPTIONS: list[Corruption] = [
    lambda s, row, _: (flipped(row[0], s.randrange(2**10)), row[1], row[2]),
    lambda s, row, _: (row[0], flipped(row[1], s.randrange(256)), row[2]),
    lambda s, row, _: (row[0], row[1], flipped(row[2], s.randrange(256))),
    lambda s, row, _: (row[0], row[1], flipped(row[2], 256 + s.randrange(256))),
    lambda s, row, _: (resized(row[0], s.choice((-33, -32, -1, 1, 32))), row[1], row[2]),
    lambda s, row, _: (row[0], resized(row[1], s.choice((-32, -1, 1, 32))), row[2]),
    lambda s, row, _: (row[0], row[1], resized(row[2], s.choice((-64, -1, 1, 64)))),
    lambda s, row, _: (bytes([s.choice((0, 2, 3, 4, 5, 6, 7))]) + row[0][1:], row[1], row[2]),
    lambda _, row, other: (other[0], row[1], row[2]),
    lambda _, row, other: (row[0], other[1], row[2]),
    lambda _, row, other: (row[0], row[1], other[2]),
    lambda _, row, other: (row[0], row[1], row[2][:32] + other[2][32:]),
    lambda _, row, __: (row[0], row[1], row[2][32:] + row[2][:32]),
    lambda s, row, _: (s.choice((b"\2", b"\3")) + s.randbytes(32), row[1], row[2]),
    lambda s, row, _: (s.choice((b"\2", b"\3")) + s.choice(_EDGES), row[1], row[2]),
    lambda s, row, _: (row[0][:-32] + s.choice(_EDGES), row[1], row[2]),
    lambda s, row, _: (row[0], s.choice(_EDGES), row[2]),
    lambda s, row, _: (row[0], row[1], s.choice(_EDGES) + row[2][32:]),
    lambda s, row, _: (row[0], row[1], row[2][:32] + s.choice(_EDGES)),
    lambda s, row, _: (row[0], row[1], s.choice(_EDGES) + s.choice(_EDGES)),
    # Other signatures of the same: these two are valid, of a digest below 2^256 - n and where any s will do.
    lambda _, row, __: (row[0], _wrapped(int.from_bytes(row[1], "big") + N), row[2]),
    lambda _, row, __: (row[0], row[1], row[2][:32] + number((N - _s(row)) % N)),
    # The same modulo n, and yet out of range.
    lambda _, row, __: (row[0], row[1], _wrapped(_r(row) + N) + row[2][32:]),
    lambda _, row, __: (row[0], row[1], row[2][:32] + _wrapped(_s(row) + N)),
    lambda _, row, __: (row[0], row[1], number((N - _r(row)) % N) + row[2][32:]),
    lambda _, row, __: (_negative(row[0]), row[1], row[2]),
    lambda s, row, _: _free(s, row),
]


def _negative(key: bytes) -> bytes:
    """-Q, of a key in any form."""
    if len(key) == 33:
        return bytes([key[0] ^ 1]) + key[1:]
    y = number(P - int.from_bytes(key[-32:], "big"))
    return (bytes([key[0] ^ 1]) if key[0] in (6, 7) else key[:-64]) + key[-64:-32] + y


def _free(source: random.Random, row: Row) -> Row:
    """Valid for any u1 and u2, small ones too: R = u1 G + u2 Q, r its abscissa, s = r / u2, digest u1 s."""
    u1, u2 = (source.choice((1, 2, N - 1, source.getrandbits(128), source.randrange(1, N))) for _ in range(2))
    d = source.randrange(1, N)
    total = (u1 + u2 * d) % N
    if total == 0:
        return row
    r = PrivateKey.from_int(total).public_key.point()[0] % N
    s = r * pow(u2, -1, N) % N
    return PrivateKey.from_int(d).public_key.format(), number(u1 * s % N), number(r) + number(s)


def _forms(secret: PrivateKey) -> list[bytes]:
    """The public key compressed, uncompressed, raw and hybrid."""
    whole = secret.public_key.format(compressed=False)
    return [secret.public_key.format(), whole, whole[1:], bytes([6 + whole[64] % 2]) + whole[1:]]


def _rows(n: int, seed: int) -> list[Row]:
    """Rows, half of them as libsecp256k1 signed them, 30 % with the other s; keys repeat, and come in any form."""
    source = random.Random(seed)
    secrets = [PrivateKey(number(source.randrange(1, N))) for _ in range(1 + n // 4)]
    forms = [_forms(secret) for secret in secrets]
    signed: list[Row] = []
    for _ in range(n):
        i, digest = source.randrange(len(secrets)), source.randbytes(32)
        signature = serialize_compact(der_to_cdata(secrets[i].sign(digest, hasher=None)))
        if source.random() < 0.3:
            signature = signature[:32] + number(N - int.from_bytes(signature[32:], "big"))
        form = source.choices(range(4), (8, 6, 6, 1))[0]
        signed.append((forms[i][form], digest, signature))
    return [
        source.choice(_CORRUPTIONS)(source, row, source.choice(signed)) if source.random() < 0.5 else row
        for row in signed
    ]


def _ours(way: Implementation, rule: str, rows: Sequence[Row], *, der: bool = False) -> list[bool]:
    keys, digests, signatures = (list(column) for column in zip(*rows, strict=True))
    form = "raw"
    if der:
        form = "der"
        signatures = [encode(*(int.from_bytes(half, "big") for half in (s[:32], s[32:]))) for s in signatures]
    reasons = way.verify_many(
        "secp256k1-ecdsa", keys, digests, signatures, rule=rule, message_hash="none", signature_format=form
    )
    return [reason == 0 for reason in reasons]


def _prepared(way: Implementation, rule: str, rows: Sequence[Row]) -> list[bool]:
    keys = list({row[0]: None for row in rows})
    index = {key: i for i, key in enumerate(keys)}
    reasons = way.verify_many(
        "secp256k1-ecdsa",
        pyaccel.PreparedKeys("secp256k1-ecdsa", keys),
        [row[1] for row in rows],
        [row[2] for row in rows],
        key_index=[index[row[0]] for row in rows],
        rule=rule,
        message_hash="none",
    )
    return [reason == 0 for reason in reasons]


def _check(way: Implementation, n: int, seed: int) -> None:
    """Each rule on all rows, under prepared keys too and from DER; then what is valid with a bad row in the middle."""
    rows = _rows(n, seed)
    for rule in _RULES:
        said, ours = libsecp256k1(rule, rows), _ours(way, rule, rows)
        wrong = [i for i in range(n) if ours[i] != said[i]]
        assert not wrong, (rule, [field.hex() for field in rows[wrong[0]]], ours[wrong[0]])
        assert n // 4 < sum(ours) < n
        assert _prepared(way, rule, rows) == said
        whole = [i for i in range(n) if len(rows[i][2]) == 64]
        assert _ours(way, rule, [rows[i] for i in whole], der=True) == [said[i] for i in whole]
        good = [row for row, verdict in zip(rows, ours, strict=True) if verdict]
        bad = rows[next(i for i in whole if not ours[i])]
        middle = len(good) // 2
        assert _ours(way, rule, [*good[:middle], bad, *good[middle:]]) == [i != middle for i in range(len(good) + 1)]
        way.ran(2 * n + len(whole) + len(good))


@implementations("secp256k1", golden=False, opencl=True)
def test_few_on_every_variant(implementation: Implementation) -> None:
    _check(implementation, _FEW, 1)


def test_some() -> None:
    """The variant that serves this machine."""
    _check(Implementation("native", "native"), _SOME, 2)


@pytest.mark.slow
def test_a_million() -> None:
    for first in range(0, _MANY, _AT_ONCE):
        _check(Implementation("native", "native"), _AT_ONCE, 100 + first)
