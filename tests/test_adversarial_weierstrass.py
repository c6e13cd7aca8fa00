# SPDX-License-Identifier: Apache-2.0
"""Rows of P-256, P-384 and SM2 that somebody made so that sums of points collide: both scalars and the key are free.

Each row comes twice: with the abscissa that makes it valid, and with another one; verdicts are known from how it was
made, and OpenSSL agrees.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import cache

import pytest
from implementations import Implementation, implementations
from weierstrass_rows import WORLDS, Judged, World

import pyaccel
from pyaccel.golden import signatures as golden

_of_family = {world.family: world for world in WORLDS}
_native = implementations(*_of_family, golden=False)
_worlds = pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.scheme)


def _signed(values: Sequence[int], n: int) -> list[int]:
    return [sign * value % n for value in values for sign in (1, -1)]


def _keys(world: World) -> list[int]:
    """Secrets whose points lie in tables of G, on the way of a ladder, or next to them."""
    bits = 8 * world.curve.size
    shifts = (1, 5, 8, 10, 64, 128, bits // 2 + 1, bits - 6, bits - 1)
    values = [*range(1, 18), 31, 33, 63, 255, 511, 1023, *(odd << shift for shift in shifts for odd in (1, 3, 31))]
    return _signed([*values, (world.n + 1) // 2], world.n)


def _pairs(world: World, d: int, source: random.Random) -> list[tuple[int, int]]:
    """(u1, u2) for the key d G: parts that are equal, opposite or infinite, and small ones."""
    n = world.n
    u = source.randrange(1, n)
    small = source.choice((1, 2, 3, 5, 16, 31, 1 << 64, 1 << 128, 1 << 8 * world.curve.size - 2))
    return [
        (0, u),
        (0, small),
        (u * d, u),
        (-u * d, u),
        (u * d * small, u),
        (small, 1),
        (d, 1),
        (-d, 1),
        (1, n - 1),
        (u, small),
        (small, u),
    ]


@cache
def _ladders(world: World) -> list[Judged]:
    """Every key with every pair of scalars, valid and not."""
    source, n = random.Random(1), world.n
    rows: list[Judged] = []

    def take(u1: int, u2: int, key: bytes, x: int, valid: bool) -> None:
        row = world.equation(u1, u2, key, x)
        rows.extend([(row, valid)] if row is not None else [])

    for d in _keys(world):
        key = world.multiple(d)
        for u1, u2 in _pairs(world, d, source):
            total = (u1 + u2 * d) % n
            right = world.x_of(world.multiple(total)) % n if total else None
            if right is not None:
                take(u1, u2, key, right, True)
            # The sum is infinite, or has another abscissa; none fits infinity.
            other = world.x_of(world.multiple(source.choice((d, u1 % n, u2, 1)) or 1)) % n
            take(u1, u2, key, other, other == right)
            if right is None:
                take(u1, u2, key, 0, False)
    return rows


@cache
def _abscissas(world: World) -> list[Judged]:
    """Sums whose abscissa is at an edge of 0, n and p, under keys that are made to lead there."""
    source, n, p = random.Random(2), world.n, world.curve.p
    points = [*world.lifts(1, 1, 4), *world.lifts(n, 1, 4), *world.lifts(n - 1, -1, 4), *world.lifts(p - 1, -1, 4)]
    points += [*world.lifts(p - n, 1, 4), *world.lifts(p - n - 1, -1, 4), *world.lifts(n + (1 << 64), 1, 4)]
    rows: list[Judged] = []
    for point in points:
        x = world.x_of(point)
        for u1, u2 in [
            (0, 1),
            (1, 2),
            (0, source.randrange(1, n)),
            *((source.randrange(n), source.randrange(1, n)),) * 2,
        ]:
            inverse = pow(u2, -1, n)
            key = world.combine(-u1 * inverse, inverse, point)
            assert key is not None
            # Right modulo n; and what equals x modulo p, or modulo n and p mixed up, and is not right.
            tried = (x % n, x, x + n, x + p, x - n, x + p - n, x + n - p, p - x, n - x)
            for claimed in (value for value in tried if 0 <= value < n):
                row = world.equation(u1, u2, key, claimed)
                rows += [(row, claimed == x % n)] if row is not None else []
    return rows


@cache
def _edges(world: World) -> list[Judged]:
    """Digests at and above n and signatures of small numbers; what is valid among them is OpenSSL's to say."""
    n, p = world.n, world.curve.p
    top = 2 ** (8 * world.curve.size) - 1
    digests = [0, 1, n - 1, n, n + 1, p, top]
    g1, g2 = (world.x_of(world.multiple(k)) for k in (1, 2))
    small = [1, 2, n // 2, n // 2 + 1, n - 2, n - 1, g1, g2, p - n]
    rows = []
    for d in (1, 2, n - 1):
        for digest in digests:
            pairs = [(r, s) for r in small for s in small]
            # Valid ones of every digest: by the nonces 1 and (n + 1) / 2.
            for k in (1, (n + 1) // 2):
                x = world.x_of(world.multiple(k))
                if world.is_sm2:
                    r = (digest + x) % n
                    pairs.append((r, (k - r * d) * pow(1 + d, -1, n) % n if d != n - 1 else 1))
                else:
                    pairs.append((x % n, pow(k, -1, n) * (digest + x * d) % n))
            rows += [(world.multiple(d), world.number(digest), world.number(r) + world.number(s)) for r, s in pairs]
    return list(zip(rows, world.openssl(rows), strict=True))


_FAMILIES = {"ladders": _ladders, "abscissas": _abscissas, "edges": _edges}
_families = pytest.mark.parametrize("family", _FAMILIES)


@_worlds
@_families
def test_openssl_agrees(world: World, family: str) -> None:
    """On every row, and it has both kinds."""
    judged = _FAMILIES[family](world)
    assert world.openssl([row for row, _ in judged]) == [valid for _, valid in judged]
    assert {valid for _, valid in judged} == {False, True}


@_worlds
def test_there_are_points_between_n_and_p(world: World) -> None:
    """So that r + n is looked at as well as r, and r + n - p, which is no abscissa of the sum, would be noticed."""
    wrapped = plain = 0
    for row, valid in _abscissas(world):
        u1, u2 = world.scalars(row)
        total = world.combine(u1, u2, row[0])
        assert total is not None
        wrapped += world.x_of(total) >= world.n and valid
        plain += world.x_of(total) < world.n and valid
    assert wrapped >= 20
    assert plain >= 20


@implementations(*_of_family, opencl=True)
@_families
def test_one_after_the_other(implementation: Implementation, family: str) -> None:
    """Dense: every lane has such a row at once."""
    for world in _worlds_of(implementation):
        judged = _FAMILIES[family](world)
        if implementation.device != "native":
            part = judged[:: len(judged) // (40 if implementation.slow else 300) + 1]
            implementation.left_out(len(judged) - len(part), "adversarial rows: some are enough for what is slow")
            judged = part
        world.say(implementation, judged)


@_native
@_families
def test_beside_ordinary_rows(implementation: Implementation, family: str) -> None:
    """One such row among ordinary ones, in each place of 17."""
    world = _of_family[implementation.family]
    world.say(implementation, world.among_ordinary(random.Random(4).sample(_FAMILIES[family](world), 100)))


@_native
def test_a_few_at_a_time(implementation: Implementation) -> None:
    """Batches of 1 to 33 rows, one of them such a row, in each place."""
    world = _of_family[implementation.family]
    judged, others, source = _ladders(world) + _abscissas(world), world.ordinary(), random.Random(5)
    for n in (1, 2, 7, 8, 9, 15, 16, 17, 33):
        for place in range(n):
            batch = source.sample(others, n)
            batch[place] = source.choice(judged)
            world.say(implementation, batch)


@_native
def test_one_by_one(implementation: Implementation) -> None:
    """Each in a batch of its own: the path of one row, every kind of sum."""
    world = _of_family[implementation.family]
    for row in random.Random(8).sample(_ladders(world), 200) + random.Random(9).sample(_abscissas(world), 100):
        world.say(implementation, [row])


@_native
def test_under_prepared_keys(implementation: Implementation) -> None:
    """The same rows through tables of their keys, which are made of sums that may collide, too."""
    world = _of_family[implementation.family]
    judged = random.Random(6).sample(_ladders(world) + _abscissas(world), 600)
    rows = [row for row, _ in judged]
    prepared = pyaccel.PreparedKeys(world.scheme, [world.in_form(row, i)[0] for i, row in enumerate(rows)])
    reasons = implementation.verify_many(
        world.scheme,
        prepared,
        [digest for _, digest, _ in rows],
        [signature for _, _, signature in rows],
        key_index=range(len(rows)),
        message_hash="none",
    )
    assert [reason == 0 for reason in reasons] == [valid for _, valid in judged]
    implementation.ran(len(rows))


@_worlds
@_families
def test_golden_gives_the_same_reasons(world: World, family: str) -> None:
    """Range or equation: of some rows, by golden."""
    way = Implementation("native", "native")
    rows = [row for row, _ in random.Random(7).sample(_FAMILIES[family](world), 30)]
    reasons = way.verify_many(world.scheme, *(list(column) for column in zip(*rows, strict=True)), message_hash="none")
    parameters = {"scheme": world.scheme, "message_hash": "none"}
    assert reasons == [golden.verify(parameters, *row) for row in rows]


def _worlds_of(implementation: Implementation) -> list[World]:
    return [_of_family[implementation.family]] if implementation.family else list(WORLDS)
