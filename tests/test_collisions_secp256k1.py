# SPDX-License-Identifier: Apache-2.0
"""Every addition of the lanes' ladder (csrc/verify/weierstrass_sums.h) met by two points that are equal, or opposite.

The digits of u1 and u2 do not hang on the key. So for any of them, and any addition x + y with x = (a + b d) G and
y = (c + e d) G, one key d G makes x = y, and one makes x = -y. The digits are the library's own; what the row is worth
follows from how it is made, and libsecp256k1 agrees.
"""

from __future__ import annotations

import ctypes
import random
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from implementations import Implementation, implementations
from secp256k1_rows import (
    LAMBDA,
    Judged,
    N,
    equation,
    libsecp256k1,
    multiple,
    ordinary,
    ordinary_recoveries,
    recover,
    recovered,
    recovery,
    say,
    x_of,
)

import pyaccel

ROOT = Path(__file__).resolve().parent.parent
_WIDTH, _DIGITS = 5, 26
_HALF = _DIGITS // 2
_SOURCE = """
#include "verify/secp256k1_scalar.c"
#include "field/inverse256.c"
void run(pa_secp256k1_sums_digits *digits, const pa_secp256k1_scalar *u1, const pa_secp256k1_scalar *u2)
{
    pa_secp256k1_scalars_portable.digits(&digits, u1, u2, 1);
}
"""

Form = tuple[int, int]
"""(a, b): the point (a + b d) G."""


class _Packed(ctypes.Structure):
    _fields_ = (
        ("first", ctypes.c_uint8 * 32),
        ("second", ctypes.c_uint8 * 32),
        ("base", ctypes.c_uint16 * 32),
    )


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    """The recoding, compiled."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    assert compiler is not None, "no C compiler, and yet the package was built"
    folder = tmp_path_factory.mktemp("digits")
    source, built = folder / "digits.c", folder / "digits.so"
    source.write_text(_SOURCE)
    includes = [f"-I{ROOT / 'csrc'}", f"-I{ROOT / 'csrc' / 'include'}"]
    subprocess.run(
        [compiler, "-std=c11", "-O2", "-shared", "-fPIC", *includes, "-o", str(built), str(source)], check=True
    )
    return ctypes.CDLL(str(built))


def _digits(library: ctypes.CDLL, u1: int, u2: int) -> tuple[list[int], list[int], list[int]]:
    """Digits of the two halves of u2, and of u1."""
    packed = _Packed()
    library.run(ctypes.byref(packed), u1.to_bytes(32, "little"), u2.to_bytes(32, "little"))
    first, second = ([2 * e - 2**_WIDTH + 1 for e in part[:_DIGITS]] for part in (packed.first, packed.second))
    base = [2 * e - 2 ** (2 * _WIDTH) + 1 for e in packed.base[:_DIGITS]]
    k = sum((a + b * LAMBDA) << _WIDTH * j for j, (a, b) in enumerate(zip(first, second, strict=True)))
    g = sum((base[j] + (base[_HALF + j] << 128)) << 2 * _WIDTH * j for j in range(_HALF))
    assert (k - u2) % N == (g - u1) % N == 0
    assert all(abs(digit) < 2**_WIDTH for digit in first + second)
    return first, second, base


def _additions(library: ctypes.CDLL, u1: int, u2: int) -> Iterator[tuple[str, Form, Form]]:
    """Every addition of which the key decides whether its two points meet: base points to the key's, and the ladder."""
    first, second, base = _digits(library, u1, u2)
    terms: list[Form] = [(0, (a + b * LAMBDA) % N) for a, b in zip(first, second, strict=True)]
    for j in range(_HALF):
        of_base = (base[j] + (base[_HALF + j] << 128)) % N
        yield f"join {j}", terms[2 * j], (of_base, 0)
        terms[2 * j] = (of_base, terms[2 * j][1])
    total = terms[-1]
    for j in range(_DIGITS - 2, -1, -1):
        total = (total[0] << _WIDTH) % N, (total[1] << _WIDTH) % N
        yield f"ladder {j}", total, terms[j]
        total = (total[0] + terms[j][0]) % N, (total[1] + terms[j][1]) % N
    assert total == (u1 % N, u2 % N)


@cache
def _colliding(library: ctypes.CDLL) -> list[tuple[str, int, int, int]]:
    """For each addition and sign some (u1, u2, d), d such that it collides in u1 G + u2 (d G)."""
    source = random.Random(8)
    found = []
    for u1, u2 in [(0, 1), (1, 1), (0, N - 1), *((source.randrange(N), source.randrange(1, N)) for _ in range(5))]:
        for name, (a, b), (c, e) in _additions(library, u1, u2):
            for sign in (1, -1):
                # a + b d = sign (c + e d); 0 where u1 leaves nothing to meet.
                if (b - sign * e) % N == 0 or (a - sign * c) % N == 0:
                    continue
                d = (sign * c - a) * pow(b - sign * e, -1, N) % N
                assert (a + b * d - sign * (c + e * d)) % N == 0
                found.append((f"{name} {sign:+}", u1, u2, d))
    return found


@cache
def _rows(library: ctypes.CDLL) -> list[Judged]:
    """Signatures that lead to these, each valid and, with another r, not."""
    source = random.Random(9)
    rows = []
    for _, u1, u2, d in _colliding(library):
        total, key = (u1 + u2 * d) % N, multiple(d)
        rows.append((equation(u1, u2, key, x_of(multiple(source.randrange(1, N))) % N), False))
        if total:
            rows.append((equation(u1, u2, key, x_of(multiple(total)) % N), True))
    return rows


def test_every_addition_is_met(library: ctypes.CDLL) -> None:
    """Both ways, often; and libsecp256k1 says the same of each row."""
    counted = Counter(name for name, *_ in _colliding(library))
    wanted = [f"join {j}" for j in range(_HALF)] + [f"ladder {j}" for j in range(_DIGITS - 1)]
    assert counted.keys() == {f"{name} {sign}" for name in wanted for sign in ("+1", "-1")}
    assert min(counted.values()) >= 5
    judged = _rows(library)
    assert libsecp256k1("any", [row for row, _ in judged]) == [valid for _, valid in judged]


@implementations("secp256k1", golden=False)
def test_collisions(implementation: Implementation, library: ctypes.CDLL) -> None:
    """All at once, then each kind by itself in a batch of ordinary rows, going through the lanes."""
    rows = _rows(library)
    say(implementation, rows)
    others = ordinary()
    batch: list[Judged] = []
    for i, row in enumerate(rows[::3]):
        batch += [others[(16 * i + k) % len(others)] for k in range(16)]
        batch.append(row)
    say(implementation, batch)


@implementations("secp256k1", golden=False)
def test_one_collision_in_a_batch(implementation: Implementation, library: ctypes.CDLL) -> None:
    """32 rows of which one collides: the others share inversions with it."""
    rows, others = _rows(library), ordinary()[:32]
    for i in range(0, len(rows), 7):
        batch = list(others)
        batch[i % 32] = rows[i]
        say(implementation, batch)


@implementations("secp256k1", golden=False)
def test_collisions_of_recovery(implementation: Implementation, library: ctypes.CDLL) -> None:
    """The same of (-digest / r) G + (s / r) R: all at once, then beside ordinary rows."""
    colliding = _colliding(library)
    rows = [recovery(u1, u2, multiple(d)) for _, u1, u2, d in colliding]
    totals = [(u1 + u2 * d) % N for _, u1, u2, d in colliding]
    wanted = [multiple(total)[1:] if total else None for total in totals]
    assert recovered(rows) == wanted
    assert None in wanted
    recover(implementation, rows, wanted)
    others = ordinary_recoveries()
    of_others = recovered(others)
    batch, expected = [], []
    for i in range(0, len(rows), 3):
        picks = [(16 * i + k) % len(others) for k in range(16)]
        batch += [*(others[k] for k in picks), rows[i]]
        expected += [*(of_others[k] for k in picks), wanted[i]]
    recover(implementation, batch, expected)


def _short_vectors() -> list[tuple[int, int]]:
    """(x, y) with x + y lambda = 0 modulo n, those of the Euclidean algorithm on (n, lambda) and their small sums."""
    (a, b), (c, d) = (N, 0), (LAMBDA, 1)
    while c >= 1 << 128:
        (a, b), (c, d) = (c, d), (a - a // c * c, b - a // c * d)
    return [(i * a + j * c, -i * b - j * d) for i in range(-6, 7) for j in range(-6, 7) if (i, j) != (0, 0)]


@implementations("secp256k1", golden=False)
def test_halves_that_meet(implementation: Implementation, library: ctypes.CDLL) -> None:
    """u2 = k1 + k2 lambda with k1 = k2 lambda, whatever the key: tables of prepared keys add the two whole halves."""
    meeting = []
    for x, y in _short_vectors():
        assert (x + y * LAMBDA) % N == 0
        first, second, _ = _digits(library, 1, 2 * x % N)
        halves = [sum(digit << _WIDTH * j for j, digit in enumerate(digits)) for digits in (first, second)]
        if (halves[0] - halves[1] * LAMBDA) % N == 0:
            meeting.append(2 * x % N)
    assert meeting
    source = random.Random(12)
    batch: list[Judged] = []
    for i in range(40):
        u1, d = source.randrange(N), source.randrange(1, N)
        total = (u1 + meeting[i % len(meeting)] * d) % N
        r = x_of(multiple(total if i % 3 else source.randrange(1, N))) % N
        batch += [
            *source.sample(ordinary(), i % 5),
            (equation(u1, meeting[i % len(meeting)], multiple(d), r), i % 3 > 0),
        ]
    say(implementation, batch)
    prepared = pyaccel.PreparedKeys("secp256k1-ecdsa", [key for (key, _, _), _ in batch])
    reasons = implementation.verify_many(
        "secp256k1-ecdsa",
        prepared,
        [digest for (_, digest, _), _ in batch],
        [signature for (_, _, signature), _ in batch],
        key_index=range(len(batch)),
        message_hash="none",
    )
    assert [reason == 0 for reason in reasons] == [valid for _, valid in batch]
    implementation.ran(len(batch))
