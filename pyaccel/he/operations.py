# SPDX-License-Identifier: Apache-2.0
"""What is computed with ciphertexts: rows of the registry whose batches are handles, and why devices decline some."""

from __future__ import annotations

from typing import Any

from pyaccel.choices import choice
from pyaccel.he.native import SCHEMES
from pyaccel.operations import Operation


def _operation(name: str, *inputs: str, golden: str = "", work: str = "butterflies", whole: bool = False) -> Operation:
    return Operation(
        name=f"he.{name}",
        parameters=("scheme",),
        inputs=inputs,
        outputs=("ciphertexts",),
        golden_path=golden or f"pyaccel.golden.he_evaluate:{name}",
        parameters_path="pyaccel.he.operations:parameters",
        split="none" if whole else "rows",
        work=work,
        shapes="one ciphertext of n" if whole else "n ciphertexts of n, or of one that serves all",
    )


def _copy(name: str) -> Operation:
    return _operation(name, "a", golden="builtins:list", work="bytes")


_TABLE = (
    _operation("encrypt", "plaintexts", "key", golden="pyaccel.golden.he_keys:encrypt"),
    _copy("upload"),
    _copy("download"),
    _copy("take"),
    _copy("concatenate"),
    _operation("add", "a", "b"),
    _operation("sub", "a", "b"),
    _operation("negate", "a"),
    _operation("sum_batch", "a", whole=True),
    _operation("multiply", "a", "b", "keys"),
    _operation("relinearize", "a", "keys"),
    _operation("rescale", "a"),
    _operation("mod_switch", "a"),
    _operation("rotate", "a", "keys"),
    _operation("sum_slots", "a", "keys"),
    _operation("add_plain", "a", "plaintexts"),
    _operation("sub_plain", "a", "plaintexts"),
    _operation("multiply_plain", "a", "plaintexts"),
)

OPERATIONS = {operation.name.removeprefix("he."): operation for operation in _TABLE}
"""By function of the C ABI, or what is copied."""

_PLAINTEXTS = "there is no kernel that brings plaintexts of bfv from modulo t to the primes of a level"
_DECLINED = {
    "multiply": "there is no kernel for products of bfv, which go to a second base of primes and back",
    "add_plain": _PLAINTEXTS,
    "sub_plain": _PLAINTEXTS,
    "multiply_plain": _PLAINTEXTS,
}


def declined(scheme: str, function: str) -> str | None:
    """Why devices do not compute a function of the C ABI, None where they do."""
    if function == "encrypt":
        return "keys are made, and numbers encrypted and decrypted, natively: secrets stay in memory that is wiped"
    if scheme == "bgv":
        return "there is no kernel for bgv, whose divisions keep residues modulo t"
    return _DECLINED.get(function) if scheme == "bfv" else None


def parameters(scheme: str) -> tuple[Any, ...]:
    """What Operation.resolve gives; ValueError where there is no such scheme."""
    return (choice("scheme", scheme, SCHEMES),)
