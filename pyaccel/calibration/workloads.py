# SPDX-License-Identifier: Apache-2.0
"""What calibration runs: a batch of any size of each operation and class, made by the public function itself."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

import pyaccel
from pyaccel.calibration.signed_rows import Bytes, SignedRows, messages, signed
from pyaccel.hashing import KEY_NEEDED
from pyaccel.known_answers import group, known
from pyaccel.merkle_forms import FORMS, layer_widths
from pyaccel.operations import OPERATIONS
from pyaccel.poseidon2 import ELEMENTS
from pyaccel.rows import as_rows
from pyaccel.scheduler.calls import Call, captured
from pyaccel.scheduler.costs import EXACT, EXACT_RULES, PREPARED
from pyaccel.scheme import SCHEMES

Numbers = npt.NDArray[np.int_]

USUAL = 64
"""Bytes of a message; leaves of trees have 32."""

LONG = 1024
"""Bytes of the messages and leaves that show what a byte more costs."""

KEY_ROWS = 15
"""Rows that a key may have in a call before native prepares it, which costs at first and saves then."""

SIGNED = ("verify_many", "recover_many")
"""Operations whose rows have keys."""

_LEAF, _PROOF_LEAVES = 32, 1 << 16
_PREPARED_KEYS = 32
"""Of a consortium's endorsers, or so."""

NOT_MEASURED = ("merkle.verify_consistency", "merkle.verify_multiproof")
"""Operations on one proof, microseconds each: shipped curves hold."""


def classes() -> list[tuple[str, str]]:
    """Every operation and class that is measured."""
    all_of = dict.fromkeys((a.operation, group(OPERATIONS[a.operation], a.parameters)) for a in known())
    found = [(operation, of) for operation, of in all_of if operation not in NOT_MEASURED]
    found.append(("verify_many", "ed25519" + EXACT))
    return found + [("verify_many", of + PREPARED) for of in SCHEMES]


def longer_rows(operation: str, of: str) -> bool:
    """Whether rows of an operation and class may have LONG bytes."""
    if operation == "hash_many":
        return of not in ELEMENTS
    if operation.startswith("merkle."):
        return operation != "merkle.verify_many" and FORMS[of].leaf != "node"
    return operation == "verify_many"


def workload(operation: str, of: str, n: int, *, row: int = USUAL, distinct: int = 1024) -> Call:
    """A batch of n rows.

    Args:
        operation: its name.
        of: algorithm, form, scheme or rule, or a part of one (`costs.class_of`); other parameters are its own.
        n: rows.
        row: bytes of a message or leaf, USUAL or LONG.
        distinct: rows that have a key and a signature of their own; beyond, the same come again.
    """
    if operation in SIGNED:
        some = np.arange(n) % min(distinct, n)
        return _SIGNED[operation](of, some, signed(_scheme(operation, of), _made(distinct, n), row))
    return _MAKE[operation](of, n, row)


def _hash_many(of: str, n: int, row: int) -> Call:
    elements = ELEMENTS.get(of)
    if elements is None:
        key = b"k" * 32 if of in KEY_NEEDED else None
        return captured(pyaccel.hash_many, of, _random(n, row), key=key)
    rows = np.zeros((n, elements.width), np.uint8)
    rows[:, :: elements.size] = _random(n, elements.width)[:, :: elements.size]
    return captured(pyaccel.hash_many, of, rows)


def _leaves(of: str, n: int, row: int) -> Bytes:
    return _random(n, _LEAF if row == USUAL or FORMS[of].leaf == "node" else row)


def _root(of: str, n: int, row: int) -> Call:
    return captured(pyaccel.merkle.root, _leaves(of, n, row), form=of)


def _layers(of: str, n: int, row: int) -> Call:
    """What a Tree asks of a device; natively it has no need of it."""
    operation = OPERATIONS["merkle.layers"]
    values = operation.resolve(form=of)
    nodes = np.empty((sum(layer_widths(of, n)), _LEAF), np.uint8)
    outputs = {"nodes": nodes, "positions": np.empty(n, np.uint64) if values[2] else None}
    rows = as_rows("leaves", _leaves(of, n, row))
    return Call(operation, values, {"leaves": rows}, outputs, n, ())


def _proofs(of: str, n: int, row: int) -> Call:
    return captured(pyaccel.merkle.proofs, _leaves(of, n, row), [n - 1], form=of)


@cache
def _proof_rows(of: str) -> tuple[bytes, Bytes, npt.NDArray[np.uint64], Bytes]:
    """Root, leaves, indices and proofs of a tree of 2^16 leaves."""
    leaves = _random(_PROOF_LEAVES, _LEAF)
    indices = np.arange(0, _PROOF_LEAVES, 16, dtype=np.uint64)
    tree = pyaccel.merkle.Tree(leaves, form=of, device="native")
    proofs = tree.proofs(indices)
    return tree.root, leaves[indices], indices, np.frombuffer(b"".join(proofs), np.uint8).reshape(len(indices), -1)


def _merkle_verify_many(of: str, n: int, row: int) -> Call:  # noqa: ARG001 - proofs have one size
    root, leaves, indices, proofs = _proof_rows(of)
    some = np.arange(n) % len(indices)
    positions, sizes = (None, None) if FORMS[of].sorts_leaves else (indices[some], [_PROOF_LEAVES])
    return captured(pyaccel.merkle.verify_many, root, leaves[some], positions, proofs[some], sizes, form=of)


def _scheme(operation: str, of: str) -> str:
    return of.partition("/")[0] if operation == "verify_many" else "recovery"


def _made(distinct: int, n: int) -> int:
    """Rows to make: few different numbers, since they are kept."""
    return min(distinct, 64 if n <= 64 else 1024 if n <= 1024 else distinct)


@cache
def _prepared(scheme: str) -> pyaccel.PreparedKeys:
    return pyaccel.PreparedKeys(scheme, signed(scheme, 64, USUAL).keys[:_PREPARED_KEYS])


def _verify_many(of: str, some: Numbers, rows: SignedRows) -> Call:
    scheme, _, part = of.partition("/")
    keys: Any = rows.keys[some]
    index = None
    if PREPARED.endswith(part) and part:
        some = some % _PREPARED_KEYS
        keys, index = _prepared(scheme), some
    rule = EXACT_RULES[0] if EXACT.endswith(part) and part else None
    messages, signatures = rows.messages[some], rows.signatures[some]
    return captured(pyaccel.verify_many, scheme, keys, messages, signatures, rule=rule, key_index=index)


def _recover_many(of: str, some: Numbers, rows: SignedRows) -> Call:
    return captured(pyaccel.recover_many, rows.messages[some], rows.signatures[some], rule=of)


def _random(n: int, size: int) -> Bytes:
    """Rows that are the same each time, from a few that are kept."""
    base = _base(size)
    return base[:n] if n <= len(base) else np.resize(base, (n, size))


@cache
def _base(size: int) -> Bytes:
    return messages(max((4 << 20) // size, 1024), size)


_MAKE: dict[str, Callable[[str, int, int], Call]] = {
    "hash_many": _hash_many,
    "merkle.root": _root,
    "merkle.layers": _layers,
    "merkle.proofs": _proofs,
    "merkle.verify_many": _merkle_verify_many,
}

_SIGNED: dict[str, Callable[[str, Numbers, SignedRows], Call]] = {
    "verify_many": _verify_many,
    "recover_many": _recover_many,
}
