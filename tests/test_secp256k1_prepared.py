# SPDX-License-Identifier: Apache-2.0
"""Prepared keys of secp256k1 (csrc/verify/weierstrass_prepared.h): sums that collide, memory for some keys alone."""

from __future__ import annotations

import random
from functools import cache

import pytest
from implementations import Implementation, implementations
from secp256k1_rows import Judged, N, equation, libsecp256k1, multiple, ordinary, x_of

import pyaccel


def _digits(number: int) -> list[int]:
    """The 32 odd digits of 8 bits of an odd number within (-2^256, 2^256)."""
    return [2 * e - 255 for e in ((number + 2**256 - 1) // 2).to_bytes(32, "little")]


def _wrapping() -> int:
    """u1 for which the last sum of multiples of G adds two equal points: their scalars differ by n.

    Sums are added in pairs of neighbours 2 i, 2 i + 1, then those of even i to those of odd i.
    """
    digits = _digits(N)
    parts = [sum(digit << 8 * j for j, digit in enumerate(digits) if j // 2 % 2 == odd) for odd in (0, 1)]
    assert sum(parts) == N
    return parts[0] - parts[1]


@cache
def _rows() -> list[Judged]:
    """Rows that meet an exceptional sum, each once valid, where that can be, and once not."""
    source = random.Random(31)
    rows = []
    for i in range(60):
        d, u2 = source.randrange(1, N), source.randrange(1, N)
        u1 = _wrapping() % N if i % 3 == 0 else (1 if i % 3 == 1 else -1) * u2 * d % N
        total = (u1 + u2 * d) % N
        rows.append((equation(u1, u2, multiple(d), x_of(multiple(source.randrange(1, N))) % N), False))
        if total:
            rows.append((equation(u1, u2, multiple(d), x_of(multiple(total)) % N), True))
    return rows


def _verdicts(implementation: Implementation, prepared: pyaccel.PreparedKeys, rows: list[Judged]) -> list[bool]:
    reasons = implementation.verify_many(
        "secp256k1-ecdsa",
        prepared,
        [digest for (_, digest, _), _ in rows],
        [signature for (_, _, signature), _ in rows],
        key_index=range(len(rows)),
        rule="any",
        message_hash="none",
    )
    return [reason == 0 for reason in reasons]


def test_libsecp256k1_says_the_same() -> None:
    judged = _rows()
    assert libsecp256k1("any", [row for row, _ in judged]) == [valid for _, valid in judged]


@implementations("secp256k1", golden=False)
def test_collisions(implementation: Implementation) -> None:
    """All of them, and one among ordinary rows in every place of a group."""
    judged, others = _rows(), ordinary()
    batches = [judged, *([*others[: i % 16], judged[i], *others[i % 16 : 17]] for i in range(0, len(judged), 3))]
    for batch in batches:
        prepared = pyaccel.PreparedKeys("secp256k1-ecdsa", [key for (key, _, _), _ in batch])
        assert _verdicts(implementation, prepared, batch) == [valid for _, valid in batch]
        implementation.ran(len(batch))


@implementations("secp256k1", golden=False)
@pytest.mark.parametrize("keys", [0, 1, 7, 50])
def test_memory_for_some_keys(implementation: Implementation, keys: int) -> None:
    """Rows of prepared keys and others beside each other."""
    batch = [*_rows(), *ordinary()[:60]]
    random.Random(32).shuffle(batch)
    prepared = pyaccel.PreparedKeys("secp256k1-ecdsa", [key for (key, _, _), _ in batch], memory=26752 * keys + 1)
    assert _verdicts(implementation, prepared, batch) == [valid for _, valid in batch]
    implementation.ran(len(batch))
