# SPDX-License-Identifier: Apache-2.0
"""Rows that somebody made so that sums of points collide: ECDSA lets one choose both scalars and the key.

Under message_hash="none" r, s and the digest are free, and with them u1, u2 and Q of u1 G + u2 Q. Each row comes twice:
with the r that makes it valid, and with another one; verdicts are known from how it was made, and libsecp256k1 agrees.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import cache

import pytest
from implementations import Implementation, implementations
from secp256k1_rows import (
    LAMBDA,
    Judged,
    N,
    P,
    combine,
    equation,
    in_form,
    libsecp256k1,
    lift,
    lifts,
    multiple,
    number,
    ordinary,
    ordinary_recoveries,
    recover,
    recovered,
    recovery,
    say,
    x_of,
)

import pyaccel
from pyaccel.golden import secp256k1 as golden

_native = implementations("secp256k1", golden=False)
_every = implementations("secp256k1", opencl=True)


def _signed(values: Sequence[int]) -> list[int]:
    return [sign * value % N for value in values for sign in (1, -1)]


def _keys() -> list[int]:
    """Secrets whose points lie in tables of G, on the way of a ladder, or next to them.

    Small ones, powers of two and their odd multiples, each also times lambda and its square.
    """
    shifts = (0, 1, 5, 10, 64, 125, 127, 128, 130, 255)
    values = [*range(1, 34), 63, 511, 1023, *(odd << shift for shift in shifts for odd in (1, 3, 31))]
    return _signed([value * power % N for value in values for power in (1, LAMBDA, LAMBDA**2)] + [(N + 1) // 2])


def _pairs(d: int, source: random.Random) -> list[tuple[int, int]]:
    """(u1, u2) for the key d G: parts that are equal, opposite or infinite, small ones, and ones that lambda maps."""
    u = source.randrange(1, N)
    small = source.choice((1, 2, 3, 5, 16, 31, 1 << 64, 1 << 128, 1 << 130))
    return [
        (0, u),
        (0, small),
        (u * d % N, u),
        (-u * d % N, u),
        (LAMBDA * u * d % N, u),
        (u * d * small % N, u),
        (small, 1),
        (d, 1),
        (-d % N, 1),
        (1, N - 1),
        (small, LAMBDA),
        (u, small),
        (small, u),
    ]


@cache
def _recoveries() -> list[tuple[bytes, bytes]]:
    """R = k G with the same scalars, and R with an abscissa in [n, p) or next to it."""
    source = random.Random(10)
    rows = [recovery(u1, u2, multiple(k)) for k in _keys() for u1, u2 in _pairs(k, source)]
    points = [*lifts(1, 1, 6), *lifts(N, 1, 6), *lifts(N - 1, -1, 6), *lifts(P - 1, -1, 6), *lifts(P - N, 1, 6)]
    for point in points:
        rows += [recovery(*(source.choice((0, 1, N - 1, source.randrange(N))), source.randrange(1, N)), point)]
        digest, signature = rows[-1]
        rows += [(digest, signature[:64] + bytes([other])) for other in range(4)]
    return rows


@cache
def _ladders() -> list[Judged]:
    """Every key with every pair of scalars, valid and not."""
    source = random.Random(1)
    rows: list[Judged] = []
    for d in _keys():
        key = multiple(d)
        for u1, u2 in _pairs(d, source):
            sum_of_both = (u1 + u2 * d) % N
            if sum_of_both:
                rows.append((equation(u1, u2, key, x_of(multiple(sum_of_both)) % N), True))
            # The sum is infinite, or has another abscissa; no r fits infinity.
            other = source.choice((d, u1, u2, 1)) or 1
            r = x_of(multiple(other)) % N
            fits = bool(sum_of_both) and r == x_of(multiple(sum_of_both)) % N
            rows.append((equation(u1, u2, key, r), fits))
    return rows


@cache
def _abscissas() -> list[Judged]:
    """R whose abscissa is at an edge of 0, n and p, under keys that are made to lead there."""
    source = random.Random(2)
    points = [*lifts(1, 1, 6), *lifts(N, 1, 6), *lifts(N - 1, -1, 6), *lifts(P - 1, -1, 6), *lifts(P - N, 1, 6)]
    points += [*lifts(P - N - 1, -1, 6), *lifts(N + (1 << 64), 1, 6)]
    rows: list[Judged] = []
    for point in points:
        x = x_of(point)
        for u1, u2 in [(0, 1), (0, source.randrange(1, N)), *((source.randrange(N), source.randrange(1, N)),) * 3]:
            inverse = pow(u2, -1, N)
            key = combine(-u1 * inverse, inverse, point)
            assert key is not None
            # Right modulo n; and what equals x modulo p, or modulo n and p mixed up, and is not right.
            tried = (x % N, x, x + N, x + P, x - N, x + P - N, x + N - P, P - x, N - x)
            rows += [(equation(u1, u2, key, r), r == x % N) for r in tried if 0 < r < N]
    return rows


@cache
def _edges() -> list[Judged]:
    """Digests at and above n and signatures of small numbers; what is valid among them is libsecp256k1's to say."""
    digests = [0, 1, N - 1, N, N + 1, P, 2**256 - 1]
    small = [1, 2, 3, N // 2, N // 2 + 1, N - 2, N - 1, x_of(multiple(1)), x_of(multiple(2)), P - N, N - (P - N)]
    rows = []
    for d in (1, 2, LAMBDA, N - 1):
        rows += [
            (multiple(d), number(digest), number(r) + number(s)) for digest in digests for r in small for s in small
        ]
    # Signatures by (n + 1) / 2, whose point has a short abscissa, and by 1, of every digest.
    for d in (1, 2, 3):
        for k in (1, (N + 1) // 2):
            r = x_of(multiple(k)) % N
            for digest in digests:
                s = pow(k, -1, N) * (digest + r * d) % N
                rows.append((multiple(d), number(digest), number(r) + number(s)))
    return list(zip(rows, libsecp256k1("any", rows), strict=True))


_FAMILIES = {"ladders": _ladders, "abscissas": _abscissas, "edges": _edges}
_families = pytest.mark.parametrize("family", _FAMILIES)


@_families
def test_libsecp256k1_agrees(family: str) -> None:
    """On every row, and it has both kinds."""
    judged = _FAMILIES[family]()
    assert libsecp256k1("any", [row for row, _ in judged]) == [valid for _, valid in judged]
    assert {valid for _, valid in judged} == {False, True}


def test_there_are_points_between_n_and_p() -> None:
    """So that r + n is looked at as well as r, and so that r + n - p, which is no abscissa of R, would be noticed."""
    sums = []
    for (key, digest, signature), valid in _abscissas():
        r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
        inverse = pow(s, -1, N)
        point = combine(int.from_bytes(digest, "big") * inverse % N, r * inverse % N, key)
        assert point is not None
        sums.append((x_of(point), r, valid))
    assert sum(x >= N and valid for x, _, valid in sums) >= 60
    assert sum((r + N) % P == x and not valid for x, r, valid in sums) >= 30
    assert lift(0) is None


@_every
@_families
def test_one_after_the_other(implementation: Implementation, family: str) -> None:
    """Dense: every lane has such a row at once."""
    judged = _FAMILIES[family]()
    if implementation.device != "native":
        most = 200 if implementation.slow else 1000
        part = judged[:: len(judged) // most + 1]
        implementation.left_out(len(judged) - len(part), "adversarial rows: some are enough for what is slow")
        judged = part
    say(implementation, judged)


@_native
@_families
def test_beside_ordinary_rows(implementation: Implementation, family: str) -> None:
    """One such row among ordinary ones, in each place of 17, so that it comes by in each lane of any group."""
    judged, others = random.Random(4).sample(_FAMILIES[family](), 200), ordinary()
    batch: list[Judged] = []
    for i, row in enumerate(judged):
        batch += [others[(16 * i + k) % len(others)] for k in range(16)]
        batch.append(row)
    say(implementation, batch)


@_native
def test_a_few_at_a_time(implementation: Implementation) -> None:
    """Batches of 1 to 40 rows, one of them such a row, in each place."""
    judged, others, source = _ladders() + _abscissas(), ordinary(), random.Random(5)
    for n in (1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 40):
        for place in range(n):
            batch = source.sample(others, n)
            batch[place] = source.choice(judged)
            say(implementation, batch)


@_native
def test_under_prepared_keys(implementation: Implementation) -> None:
    """The same rows through tables of their keys, which are made of sums that may collide, too."""
    judged = random.Random(6).sample(_ladders() + _abscissas(), 2000)
    rows = [row for row, _ in judged]
    prepared = pyaccel.PreparedKeys("secp256k1-ecdsa", [in_form(row, i)[0] for i, row in enumerate(rows)])
    reasons = implementation.verify_many(
        "secp256k1-ecdsa",
        prepared,
        [digest for _, digest, _ in rows],
        [signature for _, _, signature in rows],
        key_index=range(len(rows)),
        rule="any",
        message_hash="none",
    )
    assert [reason == 0 for reason in reasons] == [valid for _, valid in judged]
    implementation.ran(len(rows))


@_native
def test_recoveries(implementation: Implementation) -> None:
    """All at once, and one in each place of 17 among ordinary ones."""
    rows = _recoveries()
    wanted = recovered(rows)
    assert wanted.count(None) > 100
    recover(implementation, rows, wanted)
    others = ordinary_recoveries()
    of_others = recovered(others)
    batch, expected = [], []
    for i in random.Random(11).sample(range(len(rows)), 200):
        picks = [(16 * i + k) % len(others) for k in range(16)]
        batch += [*(others[k] for k in picks), rows[i]]
        expected += [*(of_others[k] for k in picks), wanted[i]]
    recover(implementation, batch, expected)


@_families
def test_golden_gives_the_same_reasons(family: str) -> None:
    """Range or equation: of some rows, by golden."""
    judged = random.Random(7).sample(_FAMILIES[family](), 60)
    keys, digests, signatures = (list(column) for column in zip(*(row for row, _ in judged), strict=True))
    _, reasons = pyaccel.verify_many(
        "secp256k1-ecdsa", keys, digests, signatures, message_hash="none", reasons=True, device="native"
    )
    expected = [golden.verify("any", "raw", *row) for row, _ in judged]
    assert reasons.tolist() == expected
