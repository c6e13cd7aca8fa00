# SPDX-License-Identifier: Apache-2.0
"""BIP-340 signatures with random corruptions: every verdict is libsecp256k1's, row by row, in sums and one by one."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import pytest
from coincurve._libsecp256k1 import ffi, lib
from coincurve.context import GLOBAL_CONTEXT
from implementations import Implementation, implementations
from secp256k1_rows import N, P, Row, multiple, number, schnorr

import pyaccel
from examples import flipped, resized

_FEW, _SOME, _MANY, _AT_ONCE = 1_000, 10_000, 1_000_000, 50_000
"""Rows for each variant; for the bound one; for the bound one when slow tests run; of those at a time."""

Corruption = Callable[[random.Random, Row, Row], Row]
"""A row, and another one, to one row."""

_EDGES = [number(v) for v in (0, 1, 2, 5, P - N, N - 1, N, N + 1, P - 1, P, P + 1, 2**256 - 1)]


def _half(row: Row, at: int) -> int:
    return int.from_bytes(row[2][at : at + 32], "big")


_CORRUPTIONS: list[Corruption] = [
    lambda s, row, _: (flipped(row[0], s.randrange(256)), row[1], row[2]),
    lambda s, row, _: (row[0], flipped(row[1], s.randrange(2**12)), row[2]),
    lambda s, row, _: (row[0], row[1], flipped(row[2], s.randrange(256))),
    lambda s, row, _: (row[0], row[1], flipped(row[2], 256 + s.randrange(256))),
    lambda s, row, _: (resized(row[0], s.choice((-32, -1, 1, 32))), row[1], row[2]),
    lambda s, row, _: (row[0], resized(row[1], s.choice((-1, 1))), row[2]),
    lambda s, row, _: (row[0], row[1], resized(row[2], s.choice((-64, -1, 1, 64)))),
    lambda _, row, other: (other[0], row[1], row[2]),
    lambda _, row, other: (row[0], other[1], row[2]),
    lambda _, row, other: (row[0], row[1], other[2]),
    lambda _, row, other: (row[0], row[1], row[2][:32] + other[2][32:]),
    lambda _, row, __: (row[0], row[1], row[2][32:] + row[2][:32]),
    lambda s, row, _: (s.randbytes(32), row[1], row[2]),
    lambda s, row, _: (row[0], row[1], s.randbytes(32) + row[2][32:]),
    lambda s, row, _: (row[0], row[1], row[2][:32] + s.randbytes(32)),
    lambda s, row, _: (s.choice(_EDGES), row[1], row[2]),
    lambda s, row, _: (row[0], row[1], s.choice(_EDGES) + row[2][32:]),
    lambda s, row, _: (row[0], row[1], row[2][:32] + s.choice(_EDGES)),
    lambda s, row, _: (row[0], row[1], s.choice(_EDGES) + s.choice(_EDGES)),
    # The same modulo n or p, and out of range; the opposite of s.
    lambda _, row, __: (row[0], row[1], row[2][:32] + number((_half(row, 32) + N) % 2**256)),
    lambda _, row, __: (row[0], row[1], number((_half(row, 0) + P) % 2**256) + row[2][32:]),
    lambda _, row, __: (row[0], row[1], row[2][:32] + number(N - _half(row, 32))),
    # R = -k G: the abscissa fits, y is odd; and R at infinity, whatever r.
    lambda s, row, _: _signed(s, row[1], factor=-1),
    lambda s, row, _: _signed(s, row[1], factor=0),
]


def _signed(source: random.Random, message: bytes, *, factor: int = 1) -> Row:
    """A row of a fresh key and nonce, now and then small ones."""
    secret, nonce = (source.choice((source.randrange(1, N), source.randrange(1, 1 << 20))) for _ in range(2))
    return schnorr(secret, nonce, message, factor=factor)


def _peer(row: Row) -> bool:
    """What libsecp256k1 says; a wrong length is no signature."""
    key, message, signature = row
    parsed = ffi.new("secp256k1_xonly_pubkey *")
    if (len(key), len(signature)) != (32, 64) or not lib.secp256k1_xonly_pubkey_parse(GLOBAL_CONTEXT.ctx, parsed, key):
        return False
    return bool(lib.secp256k1_schnorrsig_verify(GLOBAL_CONTEXT.ctx, signature, message, len(message), parsed))


def _rows(n: int, seed: int) -> list[Row]:
    """Rows, half of them good, over messages of 32 bytes and of other lengths; keys repeat now and then."""
    source = random.Random(seed)
    signed = [
        _signed(source, source.randbytes(source.choice((32, 32, 0, 200, source.randrange(600))))) for _ in range(n)
    ]
    signed = [source.choice(signed) if source.random() < 0.1 else row for row in signed]
    return [
        source.choice(_CORRUPTIONS)(source, row, source.choice(signed)) if source.random() < 0.5 else row
        for row in signed
    ]


def _ours(way: Implementation, rows: Sequence[Row]) -> list[bool]:
    columns = [list(column) for column in zip(*rows, strict=True)]
    return [reason == 0 for reason in way.verify_many("bip340", *columns)]


def _prepared(way: Implementation, rows: Sequence[Row]) -> list[bool]:
    keys = list({row[0]: None for row in rows})
    index = {key: i for i, key in enumerate(keys)}
    _, messages, signatures = (list(column) for column in zip(*rows, strict=True))
    places = [index[row[0]] for row in rows]
    prepared = pyaccel.PreparedKeys("bip340", keys)
    return [reason == 0 for reason in way.verify_many("bip340", prepared, messages, signatures, key_index=places)]


def _check(way: Implementation, n: int, seed: int) -> None:
    """All rows, under prepared keys too; then what is valid in batches that a sum proves, and with bad rows in them."""
    multiple.cache_clear()
    rows = _rows(n, seed)
    said, ours = [_peer(row) for row in rows], _ours(way, rows)
    wrong = [i for i in range(n) if ours[i] != said[i]]
    assert not wrong, ([field.hex() for field in rows[wrong[0]]], ours[wrong[0]])
    assert n // 3 < sum(ours) < n
    assert _prepared(way, rows) == said
    good = [row for row, verdict in zip(rows, ours, strict=True) if verdict]
    assert all(_ours(way, good))
    bad = [row for row, verdict in zip(rows, ours, strict=True) if not verdict and len(row[2]) == 64]
    middle = len(good) // 2
    assert _ours(way, [*good[:middle], bad[0], *good[middle:]]) == [i != middle for i in range(len(good) + 1)]
    # Two bad rows whose errors cancel each other in a plain sum of the equations.
    pair = [
        (key, message, signature[:32] + number((int.from_bytes(signature[32:], "big") + change) % N))
        for (key, message, signature), change in zip(good[:2], (1, -1), strict=True)
    ]
    assert _ours(way, [*pair, *good[2:]]) == [False] * 2 + [True] * (len(good) - 2)
    way.ran(2 * n + 3 * len(good) + 1)


@implementations("bip340", golden=False)
def test_few_on_every_variant(implementation: Implementation) -> None:
    _check(implementation, _FEW, 1)


@implementations("bip340", golden=False)
def test_batches_of_every_size(implementation: Implementation) -> None:
    """1 to 200 rows, all good, and with one bad row in any place."""
    source = random.Random(9)
    rows = [_signed(source, source.randbytes(32)) for _ in range(200)]
    for n in (*range(1, 40), 63, 64, 65, 127, 128, 129, 200):
        assert all(_ours(implementation, rows[:n]))
        place = source.randrange(n)
        batch = list(rows[:n])
        batch[place] = (batch[place][0], batch[place][1] + b"\0", batch[place][2])
        assert _ours(implementation, batch) == [i != place for i in range(n)]
        implementation.ran(2 * n)


def test_some() -> None:
    """The variant that serves this machine."""
    _check(Implementation("native", "native"), _SOME, 2)


@pytest.mark.slow
def test_a_million() -> None:
    for first in range(0, _MANY, _AT_ONCE):
        _check(Implementation("native", "native"), _AT_ONCE, 100 + first)
