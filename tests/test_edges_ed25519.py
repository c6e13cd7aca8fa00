# SPDX-License-Identifier: Apache-2.0
"""Ed25519 rules on the rows where verifiers differ, held against what each rule's namesakes said of them once."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
from implementations import Implementation, implementations
from vector_files import load_json

import pyaccel
from pyaccel.golden import ed25519 as golden

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493

NAMESAKES = {
    "zip215": ("zebra", "consensus", "voi-zip215"),
    "rfc8032": (),
    "openssl": ("openssl", "go", "voi-stdlib", "dalek"),
    "dalek-strict": ("dalek-strict", "dalek-3-strict"),
    "libsodium": ("libsodium",),
}
"""The verifiers that a rule is named after, or that are known to follow it. None is exactly rfc8032."""

_every = implementations("ed25519", opencl=True)
_rules = pytest.mark.parametrize("rule", NAMESAKES)


@dataclass(frozen=True)
class Edges:
    """The rows of edges.json, whose generator says what they are.

    Attributes:
        keys, messages, signatures: a row each.
        verdicts: by verifier, bool[n].
        difference: torsion of [S]B - R - [k]A where that is all of it, by construction; else None.
    """

    keys: list[bytes]
    messages: list[bytes]
    signatures: list[bytes]
    verdicts: dict[str, list[bool]]
    difference: list[int | None]

    def __len__(self) -> int:
        return len(self.keys)


@cache
def edges() -> Edges:
    """The whole set."""
    file = load_json("ed25519/edges.json")
    points, scalars = ([bytes.fromhex(value) for value in file[name]] for name in ("points", "scalars"))
    a, r, s, messages, verdicts, difference = zip(*file["rows"], strict=True)
    return Edges(
        [points[i] for i in a],
        [message.encode() for message in messages],
        [points[i] + scalars[j] for i, j in zip(r, s, strict=True)],
        {
            name: [character == "1" for character in column]
            for name, column in zip(file["verifiers"], zip(*verdicts, strict=True), strict=True)
        },
        list(difference),
    )


def _canonical(encoding: bytes) -> bool:
    """y < p, and no sign where x = 0, which is where y is 1 or -1 (RFC 8032 §5.1.3)."""
    number = int.from_bytes(encoding, "little")
    y, sign = number % 2**255, number >> 255
    return y < _P and not (sign and y in (1, _P - 1))


@cache
def expected(rule: str) -> list[bool]:
    """What a rule's namesake says; of rfc8032, what its text says of an exact equation whose truth is known."""
    if rule != "rfc8032":
        return edges().verdicts[NAMESAKES[rule][0]]
    rows = edges()
    return [
        difference == 0 and _canonical(key) and _canonical(s[:32]) and int.from_bytes(s[32:], "little") < _L
        for key, s, difference in zip(rows.keys, rows.signatures, rows.difference, strict=True)
    ]


def _check(implementation: Implementation, rule: str, order: list[int], *, at_once: int = 2**20) -> None:
    """Rows of the set in some order, in batches of some size."""
    rows = edges()
    for first in range(0, len(order), at_once):
        part = order[first : first + at_once]
        fields = [[column[i] for i in part] for column in (rows.keys, rows.messages, rows.signatures)]
        reasons = implementation.verify_many("ed25519", *fields, rule=rule)
        wrong = [i for i, reason in zip(part, reasons, strict=True) if (reason == 0) != expected(rule)[i]]
        assert not wrong
    implementation.ran(len(order))


def test_the_verifiers_agree_among_themselves() -> None:
    """Namesakes of a rule; openssl and zip215 with how the rows were made; rfc8032 is openssl with canonical keys."""
    rows = edges()
    assert len(rows) == 6862
    for names in NAMESAKES.values():
        assert all(rows.verdicts[name] == rows.verdicts[names[0]] for name in names)
    for i, (key, signature, difference) in enumerate(zip(rows.keys, rows.signatures, rows.difference, strict=True)):
        in_range = int.from_bytes(signature[32:], "little") < _L
        assert expected("zip215")[i] == (in_range and difference is not None)
        assert expected("openssl")[i] == (in_range and difference == 0 and _canonical(signature[:32]))
        assert expected("rfc8032")[i] == (expected("openssl")[i] and _canonical(key))
    counts = {rule: sum(expected(rule)) for rule in NAMESAKES}
    assert counts == {"zip215": 3879, "rfc8032": 263, "openssl": 359, "dalek-strict": 64, "libsodium": 64}


@cache
def _order(encoding: bytes) -> str:
    """Small, l, mixed (more than 8 and no prime), or none where the bytes decode to no point."""
    point = golden.decode(encoding, canonical=False)
    if point is None:
        return "none"
    if golden.is_identity(golden.multiply(8, point)):
        return "small"
    return "l" if golden.is_identity(_torsion(encoding)) else "mixed"


@cache
def _torsion(encoding: bytes) -> golden.Point:
    """[l]P: zero where P has no part of small order."""
    return golden.multiply(_L, golden.decode(encoding, canonical=False) or golden.IDENTITY)


def _speccheck(a: bytes, message: bytes, signature: bytes, difference: int | None) -> set[int]:
    """Which of the twelve cases of ed25519-speccheck a row is."""
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    orders = _order(a), _order(r)
    k = int.from_bytes(hashlib.sha512(r + a + message).digest(), "little") % _L
    found = {
        0: s == 0 and orders == ("small", "small") and _canonical(r) and difference == 0,
        1: 0 < s < _L and orders == ("small", "mixed") and difference == 0,
        2: 0 < s < _L and orders == ("mixed", "small") and _canonical(r) and difference == 0,
        3: 0 < s < _L and orders == ("mixed", "mixed") and difference == 0,
        4: 0 < s < _L and orders == ("mixed", "mixed") and difference not in (0, None),
        # 8 k reduced modulo l is 8 k - q l, and [q l]A is not the identity.
        5: 0 < s < _L
        and orders == ("mixed", "l")
        and difference not in (0, None)
        and not golden.is_identity(golden.multiply(8 * k // _L, _torsion(a))),
        6: _L <= s < 2 * _L and orders == ("l", "l") and difference == 0,
        7: s > 2**255 and orders == ("l", "l") and difference == 0,
        # The first of each pair holds where the encoding is reduced before it is hashed, the second where it is not.
        8: 0 < s < _L and orders == ("mixed", "small") and not _canonical(r) and difference is None,
        9: 0 < s < _L and orders == ("mixed", "small") and not _canonical(r) and difference is not None,
        10: 0 < s < _L and orders == ("small", "mixed") and not _canonical(a) and difference not in (0, None),
        11: 0 < s < _L and orders == ("small", "mixed") and not _canonical(a) and difference == 0,
    }
    return {case for case, holds in found.items() if holds}


def test_the_cases_of_speccheck_are_there() -> None:
    """All twelve of ed25519-speccheck (novifinancial), made anew, and what the rules say of them."""
    rows = edges()
    of_case: dict[int, list[int]] = {case: [] for case in range(12)}
    for i, row in enumerate(zip(rows.keys, rows.messages, rows.signatures, rows.difference, strict=True)):
        for case in _speccheck(*row):
            of_case[case].append(i)
    assert all(of_case.values())
    for case, members in of_case.items():
        # zip215: case 5 is valid, as 8 k is not reduced; S >= l and what was hashed otherwise are not.
        assert {expected("zip215")[i] for i in members} == {case not in (6, 7, 8)}
        assert {expected("dalek-strict")[i] for i in members} == {case == 3}
        assert {expected("openssl")[i] for i in members} == {case in (0, 1, 2, 3, 11)}


@_every
@_rules
def test_all_at_once(implementation: Implementation, rule: str) -> None:
    """The set as one batch, as it stands and shuffled; golden takes every eleventh row."""
    order = list(range(len(edges())))
    if implementation.slow:
        implementation.left_out(len(order) - len(order[::11]), "edges: every 11th, and all rows when slow tests run")
        order = order[::11]
    _check(implementation, rule, order)
    random.Random(1).shuffle(order)
    _check(implementation, rule, order)


@pytest.mark.slow
@_rules
def test_every_row_on_golden(rule: str) -> None:
    """The reference, on all rows."""
    _check(Implementation("golden", "golden"), rule, list(range(len(edges()))))


@implementations("ed25519", golden=False)
@_rules
def test_few_at_once(implementation: Implementation, rule: str) -> None:
    """Batches of one, and of sizes at which paths change, where every row has other neighbours than before."""
    order = list(range(len(edges())))
    random.Random(2).shuffle(order)
    for at_once in (1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 127, 200):
        _check(implementation, rule, order[: max(300, 3 * at_once)], at_once=at_once)
        random.Random(at_once).shuffle(order)


@implementations("ed25519", golden=False)
@_rules
def test_valid_rows_with_few_others(implementation: Implementation, rule: str) -> None:
    """Batches of valid rows alone, which a sum over all rows proves at once, and with one and with a few bad ones."""
    good = [i for i, verdict in enumerate(expected(rule)) if verdict]
    bad = [i for i, verdict in enumerate(expected(rule)) if not verdict]
    source = random.Random(3)
    for _ in range(4):
        source.shuffle(good)
        for others in (0, 1, 3):
            batch = good[:500] + source.sample(bad, others)
            source.shuffle(batch)
            _check(implementation, rule, batch)


@implementations("ed25519", golden=False)
@_rules
def test_prepared_keys(implementation: Implementation, rule: str) -> None:
    """The same with keys prepared once and called by index: all keys, and room for some of them alone."""
    rows = edges()
    distinct = list(dict.fromkeys(rows.keys))
    index = np.array([distinct.index(key) for key in rows.keys], dtype=np.uint32)
    unprepared = implementation.verify_many("ed25519", rows.keys, rows.messages, rows.signatures, rule=rule)
    for memory in (None, 1_000_000):
        prepared = pyaccel.PreparedKeys("ed25519", distinct, memory=memory)
        assert 900_000 < prepared.memory < (100_000_000 if memory is None else memory + 100 * len(distinct))
        reasons = implementation.verify_many(
            "ed25519", prepared, rows.messages, rows.signatures, rule=rule, key_index=index
        )
        assert [reason == 0 for reason in reasons] == expected(rule)
        assert reasons == unprepared
    implementation.ran(2 * len(rows))
