# SPDX-License-Identifier: Apache-2.0
"""Merkle trees: roots, inclusion and consistency proofs, in the forms of Bitcoin and of RFC 6962."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from pyaccel.merkle_tree import NODE, Tree, forms, leaf_rows, parameters
from pyaccel.numbers import integer_array, whole_number
from pyaccel.operations import OPERATIONS
from pyaccel.rows import as_rows, one_row
from pyaccel.scheduler.execution import run

__all__ = ["NODE", "Tree", "forms", "root", "root_checked", "verify_consistency", "verify_many"]

_ROOT = OPERATIONS["merkle.root"]
_VERIFY_MANY = OPERATIONS["merkle.verify_many"]
_VERIFY_CONSISTENCY = OPERATIONS["merkle.verify_consistency"]


def root(
    leaves: Any, *, form: str = "rfc6962", algorithm: str | None = None, limit: int | None = None, device: str = "auto"
) -> bytes:
    """The Merkle root of n leaves.

    Args:
        leaves: n rows: of any length in form rfc6962, the 32-byte nodes themselves (txids) in form bitcoin.
        form: one of `forms()`.
        algorithm: None: the form's own, which these forms fix.
        limit: leaves that the tree is padded to, in forms that have it (none yet).
        device: "auto" or the name of a device; what that declines runs natively (`scheduler.last_run()` tells).

    Returns:
        32 bytes. Of no leaves: H("") in form rfc6962.

    Raises:
        TypeError, ValueError: an argument is wrong; a bitcoin tree of no leaves, which has no root.
    """
    return _root(leaves, form, algorithm, limit, device)[0]


def root_checked(
    leaves: Any,
    *,
    form: str = "bitcoin",
    algorithm: str | None = None,
    limit: int | None = None,
    device: str = "auto",
) -> tuple[bytes, bool]:
    """The root, and whether two equal nodes are siblings in a bitcoin tree.

    Another list of leaves then has the same root (CVE-2012-2459), so that a block must not be called invalid
    for good because of its leaves. Arguments and errors as `root`.
    """
    return _root(leaves, form, algorithm, limit, device)


def _root(leaves: Any, form: str, algorithm: str | None, limit: int | None, device: str) -> tuple[bytes, bool]:
    values = parameters(form, algorithm, limit)
    rows = leaf_rows(form, leaves)
    if len(rows) == 0 and form == "bitcoin":
        raise ValueError("leaves: none came; a bitcoin tree has at least one")
    node = np.empty((1, NODE), np.uint8)
    mutated = np.zeros(1, np.uint8)
    run(_ROOT, values, {"leaves": rows}, {"root": node, "mutated": mutated}, len(rows), device=device)
    return node.tobytes(), bool(mutated[0])


def verify_many(
    roots: Any,
    leaves: Any,
    indices: Any,
    proofs: Any,
    sizes: Any,
    *,
    form: str = "rfc6962",
    algorithm: str | None = None,
    device: str = "auto",
) -> npt.NDArray[np.bool_]:
    """Whether proof i shows that leaf i stands at indices[i] in the tree of sizes[i] leaves with root i.

    Args:
        roots: n rows of 32 bytes, or one bytes-like for all.
        leaves: n rows; rfc6962: the leaf's bytes, not its hash; bitcoin: the 32-byte txid.
        indices: n zero-based positions.
        proofs: n rows: the siblings from the leaf upwards, 32 bytes each; rfc6962: promoted nodes have none;
            bitcoin: ceil(log2(size)) nodes, a node without a sibling being its own.
        sizes: numbers of leaves: n, or one for all.
        form: one of `forms()`.
        algorithm: None: the form's own.
        device: "auto" or the name of a device; what that declines runs natively (`scheduler.last_run()` tells).

    Returns:
        bool[n]. A malformed proof, an index past the end or a size of 0 is False.

    Raises:
        TypeError, ValueError: an argument is wrong.
    """
    values = parameters(form, algorithm, None)[:2]
    leaf = leaf_rows(form, leaves)
    n = len(leaf)
    root_rows = as_rows("roots", roots, one_for_all=True)
    root_rows.require_count("roots", n, "leaves")
    root_rows.require_width("roots", NODE)
    proof_rows = as_rows("proofs", proofs)
    proof_rows.require_count("proofs", n, "leaves", one_for_all=False)
    positions = numbers("indices", indices)
    counts = numbers("sizes", sizes)
    if len(positions) != n:
        raise ValueError(f"indices: {len(positions)} came for {n} leaves")
    if len(counts) not in (n, 1):
        raise ValueError(f"sizes: {len(counts)} came for {n} leaves; wanted one, or one a leaf")
    verdicts = np.zeros(n, np.uint8)
    inputs = {"roots": root_rows, "leaves": leaf, "indices": positions, "proofs": proof_rows, "sizes": counts}
    cuts = tuple({*root_rows.cuts, *leaf.cuts, *proof_rows.cuts})
    run(_VERIFY_MANY, values, inputs, {"verdicts": verdicts}, n, device=device, cuts=cuts)
    return verdicts.view(np.bool_)


def verify_consistency(
    old_root: Any,
    new_root: Any,
    old_size: int,
    new_size: int,
    proof: Any,
    *,
    form: str = "rfc6962",
    algorithm: str | None = None,
    device: str = "auto",
) -> bool:
    """Whether proof shows that the old tree is a prefix of the new one.

    Args:
        old_root: 32 bytes.
        new_root: 32 bytes.
        old_size: leaves of the old tree.
        new_size: leaves of the new one.
        proof: its nodes one after the other, 32 bytes each (RFC 9162 2.1.4.1).
        form: rfc6962, the only one with such proofs.
        algorithm: None: the form's own.
        device: "auto" or the name of a device; what that declines runs natively (`scheduler.last_run()` tells).

    Raises:
        TypeError, ValueError: an argument is wrong.
    """
    values = parameters(form, algorithm, None)[:2]
    if form != "rfc6962":
        raise ValueError(f"form {form} has no consistency proofs; rfc6962 has")
    old = one_row("old_root", old_root)
    new = one_row("new_root", new_root)
    for name, rows in (("old_root", old), ("new_root", new)):
        rows.require_width(name, NODE)
    sizes = np.array([whole_number("old_size", old_size), whole_number("new_size", new_size)], np.uint64)
    verdicts = np.zeros(1, np.uint8)
    inputs = {"old_root": old, "new_root": new, "sizes": sizes, "proof": one_row("proof", proof)}
    run(_VERIFY_CONSISTENCY, values, inputs, {"verdicts": verdicts}, 1, device=device)
    return bool(verdicts[0])


def numbers(name: str, values: Any) -> npt.NDArray[np.uint64]:
    """Positions or sizes as a contiguous uint64 array; a single number as one of length 1.

    Raises:
        TypeError, ValueError: not whole numbers in 0 .. 2^64 - 1.
    """
    array = integer_array(name, values)
    if array.dtype.kind == "i" and bool((array < 0).any()):
        i = int((array < 0).argmax())
        raise ValueError(f"{name}: {array[i]} came at {i}; wanted whole numbers >= 0")
    return np.ascontiguousarray(array, np.uint64)
