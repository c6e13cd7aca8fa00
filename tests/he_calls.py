# SPDX-License-Identifier: Apache-2.0
"""The C ABI of homomorphic encryption as it is, for tests that hold it against golden: handles in, handles out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

from pyaccel.golden.he_context import Parameters
from pyaccel.he import native
from pyaccel.he.native import Options, ffi, lib, make

STANDARDS = {"none": 1, "2018": 2, "2024": 3}


_KEPT: WeakKeyDictionary[Any, Options] = WeakKeyDictionary()
"""What options point at lives as long as they do."""


def options(seed: str | bytes | None = None) -> Any:
    """pyaccel_he_options; a seed in hex or bytes."""
    made = Options(bytes.fromhex(seed) if isinstance(seed, str) else seed)
    _KEPT[made.native] = made
    return made.native


def new_context(p: Parameters) -> Any:
    """pyaccel_he_context_new."""
    asked = ffi.new("pyaccel_he_parameters *")
    asked.struct_size = ffi.sizeof("pyaccel_he_parameters")
    asked.scheme, asked.degree = native.SCHEMES[p.scheme], p.degree
    for i, bits in enumerate(p.moduli_bits):
        asked.moduli_bits[i] = bits
    asked.moduli_count, asked.special_bits, asked.digits = len(p.moduli_bits), p.special_bits, p.digits
    asked.standard, asked.security = STANDARDS[p.standard], p.security
    asked.plain_modulus, asked.scale = p.plain_modulus, p.scale
    return make("context", "context_new", asked)


def save(kind: str, handle: Any) -> bytes:
    """pyaccel_he_KIND_save."""
    more = (ffi.NULL,) if kind in ("evaluation_keys", "plaintexts", "ciphertexts") else ()
    function = getattr(lib, f"pyaccel_he_{kind}_save")
    size = ffi.new("uint64_t *")
    assert function(ffi.NULL, size, handle, *more) == 0
    out = ffi.new("uint8_t[]", int(size[0]))
    assert function(out, size, handle, *more) == 0
    return bytes(ffi.buffer(out))


def load(kind: str, context: Any, data: bytes) -> tuple[Any, tuple[int, int]]:
    """pyaccel_he_KIND_load: the handle, or None; (reason, offset)."""
    more = (ffi.NULL,) if kind in ("evaluation_keys", "plaintexts", "ciphertexts") else ()
    function = getattr(lib, f"pyaccel_he_{kind}_load")
    pointer, problem = native.out(kind), ffi.new("pyaccel_he_problem *")
    into = () if kind == "context" else (context,)
    status = function(pointer, problem, *into, data, len(data), *more)
    assert (status == 0) == (pointer[0] != ffi.NULL) == (problem.reason == 0)
    return native.owned(kind, pointer) if status == 0 else None, (problem.reason, problem.offset)


def info(ciphertexts: Any) -> Any:
    """pyaccel_he_ciphertexts_get."""
    got = ffi.new("pyaccel_he_ciphertexts_info *")
    assert lib.pyaccel_he_ciphertexts_get(got, ciphertexts) == 0
    return got


def encode(context: Any, rows: Sequence[Sequence[Any]], level: int, *, slots: bool = True) -> Any:
    """Rows of complex numbers, or of integers, as plaintexts."""
    bad = ffi.new("uint64_t *")
    count, width = len(rows), len(rows[0])
    if isinstance(rows[0][0], complex):
        flat = ffi.new("double[]", [x for one in rows for z in one for x in (z.real, z.imag)])
        return make("plaintexts", "encode_numbers", bad, context, flat, 0, count, width, width, 0.0, level, ffi.NULL)
    flat = ffi.new("int64_t[]", [x for one in rows for x in one])
    function = "encode_integers" if slots else "encode_coefficients"
    return make("plaintexts", function, bad, context, flat, count, width, width, ffi.NULL)


def budgets(key: Any, ciphertexts: Any) -> list[float]:
    """pyaccel_he_noise_budget."""
    out = ffi.new("double[]", int(info(ciphertexts).count))
    assert lib.pyaccel_he_noise_budget(out, key, ciphertexts) == 0
    return list(out)
