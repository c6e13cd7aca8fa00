# SPDX-License-Identifier: Apache-2.0
"""Scalars modulo l in lanes (csrc/verify/ed25519_scalar_lanes.h), over each field that has them, against golden's l."""

from __future__ import annotations

import ctypes
import random
import shutil
import subprocess
from pathlib import Path

import pytest

import pyaccel
from pyaccel.golden.ed25519 import L

ROOT = Path(__file__).resolve().parent.parent
_AVX2 = ["-mavx2", "-mfma", "-mbmi2", "-ffp-contract=off"]
_AVX512 = [*_AVX2, *(f"-mavx512{name}" for name in ("f", "bw", "dq", "vl", "vbmi2", "ifma"))]
_VARIANTS = {"avx2": _AVX2, "avx512ifma": _AVX512}
_SOURCE = """
#include "field/fe25519_{variant}.h"
#define ED25519_LANES_MIN 1
#include "verify/ed25519_scalar_lanes.h"
#include "verify/ed25519_scalar.c"
void run_reduce(pa_ed25519_scalar *k, const uint8_t (*digests)[64], unsigned int n)
{{
    const fe_state state = fe_begin();
    ed25519_reduce(k, digests, n);
    fe_end(state);
}}
void run_weigh(pa_ed25519_scalar (*scalars)[2], const pa_ed25519_coefficient *z, unsigned int n)
{{
    const fe_state state = fe_begin();
    ed25519_weigh(scalars, z, n);
    fe_end(state);
}}
"""


@pytest.fixture(scope="module", params=_VARIANTS)
def lanes(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    """The header compiled over one field."""
    variant: str = request.param
    if not pyaccel.info().levels.get(variant, False):
        pytest.skip(f"this CPU has no {variant}")
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    assert compiler is not None, "no C compiler, and yet the package was built"
    folder = tmp_path_factory.mktemp(variant)
    source, library = folder / "lanes.c", folder / "lanes.so"
    source.write_text(_SOURCE.format(variant=variant))
    includes = [f"-I{ROOT / 'csrc'}", f"-I{ROOT / 'csrc' / 'include'}"]
    flags = ["-std=c11", "-O2", "-DPA_DEBUG_BOUNDS=1", "-shared", "-fPIC", *_VARIANTS[variant], *includes]
    subprocess.run([compiler, *flags, "-o", str(library), str(source)], check=True)
    return ctypes.CDLL(str(library))


def _near(*centres: int) -> set[int]:
    return {centre + offset for centre in centres for offset in range(-3, 4)}


def _numbers(bits: int) -> list[int]:
    """Numbers of `bits` bits: powers of two, multiples of l, the largest, what is beside them, and random ones."""
    multiples = {q * L for e in range(0, bits - 252, 7) for q in _near(1 << e, ((1 << bits) - 1) // L)}
    draw = random.Random(5)
    found = _near(0, L, (1 << bits) - 1, *(1 << e for e in range(bits)))
    for multiple in multiples:
        found |= _near(multiple)
    found |= {draw.getrandbits(draw.randint(1, bits)) for _ in range(3000)}
    return sorted(x for x in found if 0 <= x < 1 << bits)


def _bytes(numbers: list[int], size: int) -> bytes:
    return b"".join(x.to_bytes(size, "little") for x in numbers)


def _split(raw: bytes) -> list[int]:
    return [int.from_bytes(raw[at : at + 32], "little") for at in range(0, len(raw), 32)]


def test_digests_are_reduced(lanes: ctypes.CDLL) -> None:
    numbers = _numbers(512)
    assert {0, L - 1, L, 2**512 - 1} <= set(numbers)
    for n in (len(numbers), *range(1, 20)):
        out = ctypes.create_string_buffer(32 * n)
        lanes.run_reduce(out, _bytes(numbers[-n:], 64), n)
        assert _split(out.raw) == [x % L for x in numbers[-n:]]


def test_scalars_are_weighed(lanes: ctypes.CDLL) -> None:
    draw = random.Random(6)
    scalars = [x for x in _numbers(253) if x < L]
    coefficients = [x - 2**127 for x in _numbers(128)]
    rows = [(draw.choice(coefficients), draw.choice(scalars), draw.choice(scalars)) for _ in range(6000)]
    edges = (-(2**127), 2**127 - 1, 1, -1, 2**64, -(2**64), 2**52, -(2**104))
    rows += [(z, a, L - 1 - a) for z in edges for a in scalars[:40] + scalars[-40:]]
    flat = [x for _, *both in rows for x in both]
    packed = ctypes.create_string_buffer(_bytes(flat, 32), 32 * len(flat))
    lanes.run_weigh(packed, _bytes([z % 2**128 for z, _, _ in rows], 16), len(rows))
    assert _split(packed.raw) == [z * x % L for z, *both in rows for x in both]
