# SPDX-License-Identifier: Apache-2.0
"""Merkle trees: roots, inclusion, consistency and multiproofs, in forms that are never mixed."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from pyaccel.merkle_forms import (
    FORMS,
    NODE,
    Form,
    check_size,
    forms,
    leaf_positions,
    leaf_rows,
    length_input,
    longest_proof,
    parameters,
)
from pyaccel.merkle_multiproof import Multiproof, numbers, verify_multiproof
from pyaccel.merkle_tree import Tree
from pyaccel.numbers import whole_number
from pyaccel.operations import OPERATIONS
from pyaccel.rows import Rows, as_rows, one_row
from pyaccel.scheduler.execution import run

__all__ = [
    "FORMS",
    "NODE",
    "Form",
    "Multiproof",
    "Tree",
    "forms",
    "proofs",
    "root",
    "root_checked",
    "verify_consistency",
    "verify_many",
    "verify_multiproof",
]

_BYTE = np.dtype(np.uint8)
_empty, _zeros = np.empty, np.zeros  # attributes of imported names are looked up slowly
_ROOT = OPERATIONS["merkle.root"]
_PROOFS = OPERATIONS["merkle.proofs"]
_VERIFY_MANY = OPERATIONS["merkle.verify_many"]
_VERIFY_CONSISTENCY = OPERATIONS["merkle.verify_consistency"]


def root(
    leaves: Any,
    *,
    form: str = "rfc6962",
    algorithm: str | None = None,
    limit: int | None = None,
    mix_in_length: bool = False,
    length: int | None = None,
    sort_leaves: bool | None = None,
    device: str = "auto",
) -> bytes:
    """The Merkle root of n leaves.

    Args:
        leaves: n rows: of any length in the forms rfc6962, cometbft and openzeppelin-standard (there the ABI-encoded
            values); the 32-byte nodes themselves in bitcoin (txids in internal order), ssz (chunks) and
            openzeppelin-simple.
        form: one of `forms()`.
        algorithm: None: the form's own. rfc6962 takes more than one, as the RFCs leave the hash to the log, and
            openzeppelin-simple, as its package takes a custom nodeHash: see `FORMS`.
        limit: ssz: chunks that the tree is padded to, 1 .. 2^63; None: as many as there are.
        mix_in_length: ssz: whether a length is mixed in, as for lists.
        length: ssz: that length, a list's number of elements; None: the number of leaves.
        sort_leaves: openzeppelin-*: whether leaf nodes are sorted, as its trees are; None: True.
        device: "auto" or the name of a device; what that declines runs natively (`scheduler.last_run()` tells).

    Returns:
        32 bytes. Of no leaves: H("") in the forms rfc6962 and cometbft, the root over zero chunks in ssz.

    Raises:
        TypeError, ValueError: an argument is wrong, or none that the form takes; more leaves than the limit; a tree of
            no leaves in the forms bitcoin and openzeppelin-*, which has no root.
    """
    values = parameters(form, algorithm, sort_leaves=sort_leaves, limit=limit, mix_in_length=mix_in_length)
    return _root(leaves, values, length, device)[0]


def root_checked(
    leaves: Any,
    *,
    form: str = "bitcoin",
    algorithm: str | None = None,
    limit: int | None = None,
    device: str = "auto",
) -> tuple[bytes, bool]:
    """The root, and whether a bitcoin tree is mutated.

    It is when in some layer, before its last node is doubled, entries 2i and 2i + 1 are both there and equal. Another
    list of leaves then has the same root (CVE-2012-2459), so that a block must not be called invalid for good because
    of its leaves. False in every other form. Arguments and errors as `root`.
    """
    return _root(leaves, parameters(form, algorithm, limit=limit), None, device)


def _root(
    leaves: Any, values: tuple[str, str, bool | None, int | None, bool], length: int | None, device: str
) -> tuple[bytes, bool]:
    mixed = length_input(length, values)
    rows = leaf_rows(values[0], leaves)
    n = rows.count or 0
    check_size(n, values)
    node = _empty((1, NODE), _BYTE)
    mutated = _zeros(1, _BYTE)
    run(_ROOT, values, {"leaves": rows, "length": mixed}, {"root": node, "mutated": mutated}, n, device)
    return node.tobytes(), bool(mutated[0])


def proofs(
    leaves: Any,
    indices: Any,
    *,
    form: str = "rfc6962",
    algorithm: str | None = None,
    limit: int | None = None,
    mix_in_length: bool = False,
    length: int | None = None,
    sort_leaves: bool | None = None,
    device: str = "auto",
) -> tuple[bytes, Rows]:
    """The Merkle root of n leaves and the inclusion proofs of some of them, in one call that keeps no tree.

    The same as `Tree(leaves).proofs(indices)` with its root; of a tree made on a device only these come back.

    Args:
        leaves: n rows, as for `root`.
        indices: of the leaves whose proofs are wanted, in the caller's order, any number of times each.
        form: one of `forms()`.
        algorithm: None: the form's own.
        limit: ssz: as for `root`.
        mix_in_length: ssz: as for `root`.
        length: ssz: as for `root`.
        sort_leaves: openzeppelin-*: as for `root`; indices count the leaves as they were handed in either way.
        device: "auto" or the name of a device; what that declines runs natively (`scheduler.last_run()` tells).

    Returns:
        The root, 32 bytes, and a row an index: the siblings from the leaf upwards, 32 bytes each, as `verify_many`
        takes them.

    Raises:
        IndexError: an index past the end.
        TypeError, ValueError: as `root`; indices are no whole numbers.
    """
    values = parameters(form, algorithm, sort_leaves=sort_leaves, limit=limit, mix_in_length=mix_in_length)
    mixed = length_input(length, values)
    rows = leaf_rows(form, leaves)
    n = len(rows)
    check_size(n, values)
    positions = leaf_positions(indices, n)
    node = np.empty((1, NODE), np.uint8)
    most = longest_proof(form, n, values[3], mix_in_length=values[4])
    nodes = np.empty(len(positions) * most * NODE, np.uint8)
    offsets = np.empty(len(positions) + 1, np.uint64)
    inputs = {"leaves": rows, "length": mixed, "indices": positions}
    run(_PROOFS, values, inputs, {"root": node, "proofs": nodes, "offsets": offsets}, n, device=device)
    return node.tobytes(), Rows(nodes[: int(offsets[-1])], offsets=offsets)


def verify_many(
    roots: Any,
    leaves: Any,
    indices: Any,
    proofs: Any,
    sizes: Any,
    *,
    form: str = "rfc6962",
    algorithm: str | None = None,
    limit: int | None = None,
    mix_in_length: bool = False,
    length: int | None = None,
    device: str = "auto",
) -> npt.NDArray[np.bool_]:
    """Whether proof i shows that leaf i stands at indices[i] in the tree of sizes[i] leaves with root i.

    Args:
        roots: n rows of 32 bytes, or one bytes-like for all.
        leaves: n rows, as for `root`: the leaf's bytes, not its hash.
        indices: n zero-based positions; None in the forms openzeppelin-*, whose proofs tell none.
        proofs: n rows: the siblings from the leaf upwards, 32 bytes each, joined. rfc6962, cometbft: promoted nodes
            have none; bitcoin: ceil(log2(size)) nodes, a node without a sibling being its own; ssz: ceil(log2(limit,
            or size)) nodes, with mix_in_length one more, the length in 32 little-endian bytes.
        sizes: numbers of leaves: n, or one for all (CometBFT's total); None in the forms openzeppelin-*.
        form: one of `forms()`.
        algorithm: None: the form's own.
        limit: ssz: as for `root`. Who does not know the size verifies by generalized index: `verify_multiproof`.
        mix_in_length: ssz: as for `root`.
        length: ssz: as for `root`, of all rows alike.
        device: "auto" or the name of a device; what that declines runs natively (`scheduler.last_run()` tells).

    Returns:
        bool[n]. A malformed proof, an index past the end, a size of 0 or over the limit (CometBFT: over 2^63 - 1) is
        False.

    Raises:
        TypeError, ValueError: an argument is wrong.
    """
    values = parameters(form, algorithm, limit=limit, mix_in_length=mix_in_length)
    mixed = length_input(length, values)
    leaf = leaf_rows(form, leaves)
    n = len(leaf)
    root_rows = as_rows("roots", roots, one_for_all=True)
    root_rows.require_count("roots", n, "leaves")
    root_rows.require_width("roots", NODE)
    proof_rows = as_rows("proofs", proofs)
    proof_rows.require_count("proofs", n, "leaves", one_for_all=False)
    positions = counts = None
    if FORMS[form].sorts_leaves:
        for name, given in (("indices", indices), ("sizes", sizes)):
            if given is not None:
                raise ValueError(
                    f"{name}: proofs of form {form} show that a leaf is in the tree, not where; wanted None"
                )
    else:
        positions = numbers("indices", indices)
        counts = numbers("sizes", sizes)
        if len(positions) != n:
            raise ValueError(f"indices: {len(positions)} came for {n} leaves")
        if len(counts) not in (n, 1):
            raise ValueError(f"sizes: {len(counts)} came for {n} leaves; wanted one, or one a leaf")
    verdicts = np.zeros(n, np.uint8)
    inputs = {
        "roots": root_rows,
        "leaves": leaf,
        "indices": positions,
        "proofs": proof_rows,
        "sizes": counts,
        "length": mixed,
    }
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
    values = parameters(form, algorithm)[:2]
    if not FORMS[form].consistency:
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
