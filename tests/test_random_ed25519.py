# SPDX-License-Identifier: Apache-2.0
"""Ed25519 signatures with random corruptions: every verdict equals that of another library's one-by-one verifier."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from functools import cache

import pytest
from ed25519_peers import Row, crate, libsodium, openssl
from implementations import Implementation, implementations
from nacl.signing import SigningKey
from vector_files import load_json

import pyaccel
from examples import flipped, resized

_L = 2**252 + 27742317777372353535851937790883648493
_RULES = pyaccel.rules("ed25519")

_FEW, _SOME, _MANY, _AT_ONCE = 2_000, 10_000, 1_000_000, 50_000
"""Rows for each variant; for the bound one; for the bound one when slow tests run; of those at a time."""


@cache
def _points() -> list[bytes]:
    """Encodings of small order, of y >= p, and of points with a part of small order."""
    return [bytes.fromhex(point) for point in load_json("ed25519/edges.json")["points"]]


Corruption = Callable[[random.Random, Row, Row], Row]
"""A row, and another one, to one row."""


def _plus_l(_: random.Random, row: Row, __: Row) -> Row:
    key, message, signature = row
    return key, message, signature[:32] + (int.from_bytes(signature[32:], "little") + _L).to_bytes(32, "little")


_PLAIN: list[Corruption] = [
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
    lambda s, row, _: (s.randbytes(32), row[1], row[2]),
    lambda s, row, _: (row[0], row[1], s.randbytes(32) + row[2][32:]),
    lambda s, row, _: (row[0], row[1], row[2][:32] + s.randbytes(32)),
    _plus_l,
]
_PLANTED: list[Corruption] = [
    lambda s, row, _: (s.choice(_points()), row[1], row[2]),
    lambda s, row, _: (row[0], row[1], s.choice(_points()) + row[2][32:]),
    lambda s, row, _: (s.choice(_points()), row[1], s.choice(_points()) + bytes(32)),
]
"""After these, rules may differ."""


def _rows(n: int, seed: int) -> tuple[list[Row], list[bool]]:
    """Rows, half of them as PyNaCl signed them, under keys that repeat now and then; and which rules may differ on."""
    source = random.Random(seed)
    keys = [SigningKey(source.randbytes(32)) for _ in range(1 + n // 4)]
    signed: list[Row] = []
    for _ in range(n):
        key, message = source.choice(keys), source.randbytes(source.choice((0, 32, 112, 200, source.randrange(600))))
        signed.append((bytes(key.verify_key), message, key.sign(message).signature))
    rows, planted = [], []
    for row in signed:
        kind = source.random()
        corruptions = _PLANTED if kind < 0.1 else _PLAIN if kind < 0.5 else []
        rows.append(source.choice(corruptions)(source, row, source.choice(signed)) if corruptions else row)
        planted.append(kind < 0.1)
    return rows, planted


def _ours(way: Implementation, rule: str, rows: Sequence[Row]) -> list[bool]:
    columns = [list(column) for column in zip(*rows, strict=True)]
    return [reason == 0 for reason in way.verify_many("ed25519", *columns, rule=rule)]


def _check(way: Implementation, n: int, seed: int, peers: dict[str, Callable[[Sequence[Row]], list[bool]]]) -> None:
    """Each rule that has a peer against it on all rows, the others on those where rules do not differ."""
    rows, planted = _rows(n, seed)
    said = {rule: verify(rows) for rule, verify in peers.items()}
    for rule in _RULES:
        ours = _ours(way, rule, rows)
        for of, verdicts in said.items():
            wrong = [i for i in range(n) if ours[i] != verdicts[i] and (of == rule or not planted[i])]
            assert not wrong, (rule, of, [field.hex() for field in rows[wrong[0]]])
        assert n // 3 < sum(ours) < n
        # What is valid once more, in batches that a sum over all rows proves, then with one bad row in the middle.
        good = [row for row, verdict in zip(rows, ours, strict=True) if verdict]
        assert all(_ours(way, rule, good))
        bad = next(row for row, verdict in zip(rows, ours, strict=True) if not verdict and len(row[2]) == 64)
        middle = len(good) // 2
        assert _ours(way, rule, [*good[:middle], bad, *good[middle:]]) == [i != middle for i in range(len(good) + 1)]
    way.ran(2 * n * len(_RULES))


@implementations("ed25519", golden=False)
def test_few_on_every_variant(implementation: Implementation) -> None:
    """Against OpenSSL and libsodium."""
    _check(implementation, _FEW, 1, {"openssl": openssl, "libsodium": libsodium})


def test_some() -> None:
    """The variant that serves this machine, against the same."""
    _check(Implementation("native", "native"), _SOME, 2, {"openssl": openssl, "libsodium": libsodium})


@pytest.mark.slow
def test_a_million() -> None:
    """A million rows; zip215 and dalek-strict against the crates of their names, too."""
    peers = {
        "zip215": crate("zebra"),
        "openssl": openssl,
        "dalek-strict": crate("dalek-strict"),
        "libsodium": libsodium,
    }
    for first in range(0, _MANY, _AT_ONCE):
        _check(Implementation("native", "native"), _AT_ONCE, 100 + first, peers)
