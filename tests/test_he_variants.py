# SPDX-License-Identifier: Apache-2.0
"""Ciphertexts and keys made by one variant and computed with by another: every pair, to the same bytes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from he_calls import load, new_context, options, save
from implementations import selected, variant_rows

from pyaccel.golden.he_context import Parameters
from pyaccel.he.native import ffi, make

SEED = bytes(range(32))
DEGREE = 256
PARAMETERS = {
    "bfv": Parameters("bfv", DEGREE, (50, 60, 45), digits=2, plain_modulus=65537),
    "bgv": Parameters("bgv", DEGREE, (45, 45, 45), plain_modulus=65537),
    "ckks": Parameters("ckks", DEGREE, (50, 40, 60, 40), digits=2, scale=2.0**40),
}
VARIANTS = sorted({row.variant for row in variant_rows() if row.family == "he"})


@contextmanager
def _context(parameters: Parameters, variant: str) -> Iterator[Any]:
    runnable = {row.variant for row in variant_rows() if row.family == "he" and row.runnable}
    if variant not in runnable:
        pytest.skip(f"he/{variant}: this CPU can't run it")
    with selected(f"{variant},he={variant}"):
        yield new_context(parameters)


def _made(parameters: Parameters, variant: str) -> dict[str, bytes]:
    """Keys and two ciphertexts, one of them a product, saved."""
    with _context(parameters, variant) as context:
        key = make("secret_key", "secret_key_new", context, options(SEED))
        keys = make("evaluation_keys", "evaluation_keys_new", key, 1, [5, 2 * DEGREE - 1], 2, options(SEED))
        bad = ffi.new("uint64_t *")
        if parameters.scheme == "ckks":
            numbers = ffi.new("double[]", [i / 100 for i in range(128)])
            plain = make("plaintexts", "encode_numbers", bad, context, numbers, 1, 1, 128, 128, 0.0, 3, ffi.NULL)
        else:
            integers = ffi.new("int64_t[]", list(range(-128, 128)))
            plain = make("plaintexts", "encode_integers", bad, context, integers, 1, 256, 256, ffi.NULL)
        fresh = make("ciphertexts", "encrypt_secret", key, plain, options(SEED))
        product = make("ciphertexts", "multiply", fresh, fresh, keys, 0, ffi.NULL)
        return {
            "secret_key": save("secret_key", key),
            "evaluation_keys": save("evaluation_keys", keys),
            "plaintexts": save("plaintexts", plain),
            "fresh": save("ciphertexts", fresh),
            "product": save("ciphertexts", product),
        }


def _used(parameters: Parameters, variant: str, made: dict[str, bytes]) -> dict[str, bytes]:
    """What follows from saved things."""
    with _context(parameters, variant) as context:
        handles = {kind: load(kind, context, made[kind])[0] for kind in ("secret_key", "evaluation_keys", "plaintexts")}
        keys, plain = handles["evaluation_keys"], handles["plaintexts"]
        fresh, product = (load("ciphertexts", context, made[name])[0] for name in ("fresh", "product"))
        missing = ffi.new("uint32_t *")
        results = {
            "fresh": fresh,
            "product": product,
            "difference": make("ciphertexts", "sub", product, product, ffi.NULL),
            "plain": make("ciphertexts", "multiply_plain", product, plain, ffi.NULL),
            "turned": make("ciphertexts", "rotate", missing, product, [5, 2 * DEGREE - 1], 2, keys, ffi.NULL),
            "again": make("ciphertexts", "multiply", product, fresh, keys, 0, ffi.NULL),
            "lower": make("ciphertexts", "rescale", product, ffi.NULL),
        }
        decrypted = make("plaintexts", "decrypt", handles["secret_key"], results["product"], 0, ffi.NULL)
        saved = {name: save("ciphertexts", handle) for name, handle in results.items()}
        return saved | {"decrypted": save("plaintexts", decrypted)}


@pytest.mark.parametrize("scheme", PARAMETERS)
@pytest.mark.parametrize("maker", VARIANTS)
def test_every_pair(scheme: str, maker: str) -> None:
    """Of the variant that makes and the one that goes on; portable is what they are held against."""
    parameters = PARAMETERS[scheme]
    made = _made(parameters, maker)
    assert made == _made(parameters, "portable")
    want = _used(parameters, "portable", made)
    assert want["fresh"] == made["fresh"]
    for user in VARIANTS:
        try:
            assert _used(parameters, user, made) == want, user
        except pytest.skip.Exception:
            continue
