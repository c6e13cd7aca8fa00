# SPDX-License-Identifier: Apache-2.0
"""Every addition of the lanes' ladder of P-256, P-384 and SM2 met by two points that are equal, or opposite.

The digits of u1 and u2 (csrc/verify/weierstrass_sums.h) do not hang on the key. So for any of them, and any addition
x + y with x = (a + b d) G and y = (c + e d) G, one key d G makes x = y, and one makes x = -y. The digits are the
library's own; what the row is worth follows from how it is made, and OpenSSL agrees.
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
from weierstrass_rows import WORLDS, Judged, World

ROOT = Path(__file__).resolve().parent.parent
_WIDTH = 5
_SOURCE = """
#include "verify/prime_order.h"
void run(pa_order_sums_digits *digits, const pa_scalar *u1, const pa_scalar *u2, int group)
{
    const pa_prime_order *const groups[] = {&pa_p256_group, &pa_p384_group, &pa_sm2_group};
    pa_order_sums_digits_of(digits, u1, u2, groups[group]);
}
"""

Form = tuple[int, int]
"""(a, b): the point (a + b d) G."""

_of_family = {world.family: world for world in WORLDS}
_native = implementations(*_of_family, golden=False)


class _Packed(ctypes.Structure):
    _fields_ = (("key", ctypes.c_uint16 * 77), ("base", ctypes.c_uint16 * 39))


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    """The recoding, compiled."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    assert compiler is not None, "no C compiler, and yet the package was built"
    folder = tmp_path_factory.mktemp("digits")
    source, built = folder / "digits.c", folder / "digits.so"
    source.write_text(_SOURCE)
    parts = [str(ROOT / "csrc" / part) for part in ("verify/prime_order.c", "field/inverse256.c", "field/inverse384.c")]
    includes = [f"-I{ROOT / 'csrc'}", f"-I{ROOT / 'csrc' / 'include'}"]
    subprocess.run(
        [compiler, "-std=c11", "-O2", "-shared", "-fPIC", *includes, "-o", str(built), str(source), *parts], check=True
    )
    return ctypes.CDLL(str(built))


def _digits(library: ctypes.CDLL, world: World, u1: int, u2: int) -> tuple[list[int], list[int]]:
    """Digits of u2, and of u1 for every other place."""
    packed, n = _Packed(), world.n
    count = -(-8 * world.curve.size // _WIDTH)
    library.run(ctypes.byref(packed), u1.to_bytes(48, "little"), u2.to_bytes(48, "little"), WORLDS.index(world))
    key = [2 * e - 2**_WIDTH + 1 for e in packed.key[:count]]
    base = [2 * e - 2 ** (2 * _WIDTH) + 1 for e in packed.base[: (count + 1) // 2]]
    assert (sum(digit << _WIDTH * j for j, digit in enumerate(key)) - u2) % n == 0
    assert (sum(digit << 2 * _WIDTH * j for j, digit in enumerate(base)) - u1) % n == 0
    return key, base


def _additions(library: ctypes.CDLL, world: World, u1: int, u2: int) -> Iterator[tuple[str, Form, Form]]:
    """Every addition of which the key decides whether its two points meet: of multiples of G to it, and the ladder."""
    key, base = _digits(library, world, u1, u2)
    terms: list[Form] = [(0, digit) for digit in key]
    for j, digit in enumerate(base):
        yield f"join {j}", terms[2 * j], (digit, 0)
        terms[2 * j] = (digit, key[2 * j])
    total = terms[-1]
    for j in range(len(key) - 2, -1, -1):
        total = (total[0] << _WIDTH) % world.n, (total[1] << _WIDTH) % world.n
        yield f"ladder {j}", total, terms[j]
        total = (total[0] + terms[j][0]) % world.n, (total[1] + terms[j][1]) % world.n
    assert total == (u1 % world.n, u2 % world.n)


@cache
def _colliding(library: ctypes.CDLL, world: World) -> list[tuple[str, int, int, int]]:
    """For each addition and sign some (u1, u2, d), d such that it collides in u1 G + u2 (d G)."""
    source, n = random.Random(8), world.n
    found = []
    for u1, u2 in [(1, 2), *((source.randrange(1, n), source.randrange(1, n)) for _ in range(3))]:
        for name, (a, b), (c, e) in _additions(library, world, u1, u2):
            for sign in (1, -1):
                # a + b d = sign (c + e d); 0 where u1 leaves nothing to meet.
                if (b - sign * e) % n == 0 or (a - sign * c) % n == 0:
                    continue
                d = (sign * c - a) * pow(b - sign * e, -1, n) % n
                assert (a + b * d - sign * (c + e * d)) % n == 0
                found.append((f"{name} {sign:+}", u1, u2, d))
    return found


@cache
def _rows(library: ctypes.CDLL, world: World) -> list[Judged]:
    """Signatures that lead to these, each valid and, with another abscissa, not."""
    source = random.Random(9)
    rows: list[Judged] = []
    for _, u1, u2, d in _colliding(library, world):
        total, key = (u1 + u2 * d) % world.n, world.multiple(d)
        wrong = world.equation(u1, u2, key, world.x_of(world.multiple(source.randrange(1, world.n))))
        assert wrong is not None
        rows.append((wrong, False))
        if total:
            right = world.equation(u1, u2, key, world.x_of(world.multiple(total)))
            assert right is not None
            rows.append((right, True))
    return rows


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.scheme)
def test_every_addition_is_met(library: ctypes.CDLL, world: World) -> None:
    """Both ways, often; and OpenSSL says the same of each row."""
    counted = Counter(name for name, *_ in _colliding(library, world))
    count = -(-8 * world.curve.size // _WIDTH)
    wanted = [f"join {j}" for j in range((count + 1) // 2)] + [f"ladder {j}" for j in range(count - 1)]
    assert counted.keys() == {f"{name} {sign}" for name in wanted for sign in ("+1", "-1")}
    assert min(counted.values()) >= 3
    judged = _rows(library, world)
    assert world.openssl([row for row, _ in judged]) == [valid for _, valid in judged]


@_native
def test_collisions(implementation: Implementation, library: ctypes.CDLL) -> None:
    """All at once, then some by themselves in a batch of ordinary rows, going through the lanes."""
    world = _of_family[implementation.family]
    rows = _rows(library, world)
    world.say(implementation, rows)
    world.say(implementation, world.among_ordinary(rows[::5]))


@_native
def test_one_collision_in_a_batch(implementation: Implementation, library: ctypes.CDLL) -> None:
    """32 rows of which one collides: the others share inversions with it."""
    world = _of_family[implementation.family]
    rows, others = _rows(library, world), world.ordinary()[:32]
    for i in range(0, len(rows), 11):
        batch = list(others)
        batch[i % 32] = rows[i]
        world.say(implementation, batch)
