# SPDX-License-Identifier: Apache-2.0
"""Recovery on secp256k1 from signatures with random corruptions: every key is libsecp256k1's, row by row."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from coincurve import PrivateKey
from implementations import Implementation, implementations
from secp256k1_rows import N, P, multiple, number, recovered, recovery
from sha3 import keccak_256

import pyaccel
from examples import flipped, resized

_FEW, _SOME, _MANY, _AT_ONCE = 1_000, 10_000, 1_000_000, 50_000
"""Rows for each variant; for the bound one; for the bound one when slow tests run; of those at a time."""

Row = tuple[bytes, bytes]
"""Digest, r || s || id."""
Corruption = Callable[[random.Random, Row, Row], Row]
"""A row, and another one, to one row."""

_EDGES = [number(v) for v in (0, 1, 2, 7, N // 2, N // 2 + 1, P - N - 1, P - N, N - 1, N, N + 1, P - 1, P, 2**256 - 1)]

_CORRUPTIONS: list[Corruption] = [
    lambda s, row, _: (flipped(row[0], s.randrange(256)), row[1]),
    lambda s, row, _: (row[0], flipped(row[1], s.randrange(256))),
    lambda s, row, _: (row[0], flipped(row[1], 256 + s.randrange(256))),
    lambda s, row, _: (row[0], row[1][:64] + bytes([s.randrange(4)])),
    lambda s, row, _: (row[0], row[1][:64] + bytes([s.choice((4, 5, 26, 29, 30, 31, 34, 128, 254, 255))])),
    lambda s, row, _: (resized(row[0], s.choice((-32, -1, 1, 32))), row[1]),
    lambda s, row, _: (row[0], resized(row[1], s.choice((-65, -2, 1, 64)))),
    lambda _, row, other: (other[0], row[1]),
    lambda _, row, other: (row[0], row[1][:32] + other[1][32:]),
    lambda _, row, __: (row[0], row[1][32:64] + row[1][:32] + row[1][64:]),
    lambda s, row, _: (s.choice(_EDGES), row[1]),
    lambda s, row, _: (row[0], s.choice(_EDGES) + row[1][32:64] + bytes([s.randrange(4)])),
    lambda s, row, _: (row[0], row[1][:32] + s.choice(_EDGES) + row[1][64:]),
    lambda s, row, _: (row[0], s.randbytes(32) + row[1][32:]),
    lambda s, _, __: (s.randbytes(32), number(s.randrange(1, P - N)) + s.randbytes(32) + bytes([s.randrange(4)])),
    # The same key by the other s and the other R; a key of one's choice; none, as the sum is infinite.
    lambda _, row, __: (row[0], row[1][:32] + _minus(row[1][32:64]) + bytes([row[1][64] ^ 1])),
    lambda s, _, __: recovery(s.choice((0, 1, s.randrange(N))), s.randrange(1, N), multiple(s.randrange(1, N))),
    lambda s, _, __: _infinite(s),
]


def _minus(scalar: bytes) -> bytes:
    return number((N - int.from_bytes(scalar, "big")) % N)


def _infinite(source: random.Random) -> Row:
    k, u2 = source.randrange(1, N), source.randrange(1, N)
    return recovery(-u2 * k, u2, multiple(k))


def _rows(n: int, seed: int) -> list[Row]:
    """Rows, half of them as libsecp256k1 signed them."""
    source = random.Random(seed)
    secrets = [PrivateKey(number(source.randrange(1, N))) for _ in range(1 + n // 4)]
    digests = [source.randbytes(32) for _ in range(n)]
    signed = [(digest, source.choice(secrets).sign_recoverable(digest, hasher=None)) for digest in digests]
    return [
        source.choice(_CORRUPTIONS)(source, row, source.choice(signed)) if source.random() < 0.5 else row
        for row in signed
    ]


def _under(rule: str, row: Row, key: bytes | None) -> bytes | None:
    """What a rule leaves of libsecp256k1's key."""
    s = int.from_bytes(row[1][32:64], "big")
    if rule != "secp256k1" and (key is None or row[1][64] > 1 or (rule == "ethereum-transaction" and s > N // 2)):
        return None
    return key


def _check(way: Implementation, n: int, seed: int) -> None:
    """Each rule on all rows: keys, addresses, v of 27 and 28 in place of 0 and 1, ids apart."""
    multiple.cache_clear()
    rows = _rows(n, seed)
    found = recovered(rows)
    digests, signatures = [row[0] for row in rows], [row[1] for row in rows]
    whole = [i for i, row in enumerate(rows) if len(row[1]) == 65]
    for rule in pyaccel.recovery_rules():
        said = [_under(rule, row, key) for row, key in zip(rows, found, strict=True)]
        ours = way.recover_many(digests, signatures, rule=rule)
        wrong = [i for i in range(n) if ours[i] != said[i]]
        assert not wrong, (rule, [field.hex() for field in rows[wrong[0]]], ours[wrong[0]])
        assert n // 4 < n - said.count(None) < n
        addresses = way.recover_many(digests, signatures, rule=rule, addresses=True)
        assert addresses == [key and keccak_256(key).digest()[12:] for key in said]
        later = [s[:64] + bytes([s[64] + 27]) if len(s) == 65 and s[64] < 2 else s for s in signatures]
        assert way.recover_many(digests, later, rule=rule) == said
        apart = [[digests[i] for i in whole], [signatures[i][:64] for i in whole], [signatures[i][64] for i in whole]]
        assert way.recover_many(*apart, rule=rule) == [said[i] for i in whole]
        way.ran(3 * n + len(whole))


@implementations("secp256k1", golden=False)
def test_few_on_every_variant(implementation: Implementation) -> None:
    _check(implementation, _FEW, 1)


def test_some() -> None:
    """The variant that serves this machine."""
    _check(Implementation("native", "native"), _SOME, 2)


@pytest.mark.slow
def test_a_million() -> None:
    for first in range(0, _MANY, _AT_ONCE):
        _check(Implementation("native", "native"), _AT_ONCE, 100 + first)
