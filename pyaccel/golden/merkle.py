# SPDX-License-Identifier: Apache-2.0
"""Merkle trees by the recursive definitions of RFC 6962 §2.1 and of Bitcoin; the fast code goes by layers instead.

A tree is a form and the hashes of its leaves. Node (height, position) covers leaves position * 2^height and the
2^height - 1 after it, as far as there are any.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from pyaccel.backends.base import Inputs, Outputs, Parameters
from pyaccel.golden.hashing import row
from pyaccel.golden.sha256 import sha256, sha256d

NODE = 32
"""Bytes of a node."""


def leaf_hash(form: str, leaf: bytes) -> bytes:
    """Leaf node of a leaf: itself in form bitcoin, H(0x00 || leaf) in rfc6962."""
    if form == "rfc6962":
        return sha256(b"\0" + leaf)
    if len(leaf) != NODE:
        raise ValueError(f"a leaf of a bitcoin tree has {NODE} bytes, not {len(leaf)}")
    return leaf


def parent(form: str, left: bytes, right: bytes) -> bytes:
    """The node above two siblings."""
    return sha256(b"\1" + left + right) if form == "rfc6962" else sha256d(left + right)


def width(size: int, height: int) -> int:
    """Nodes of a tree of `size` leaves at a height: ceil(size / 2^height)."""
    return -(-size >> height)


def depth(size: int) -> int:
    """Height of the root of a tree of size >= 1 leaves."""
    return (size - 1).bit_length()


def _split(size: int) -> int:
    """RFC 6962's k: the largest power of two below size >= 2."""
    return 1 << (size - 1).bit_length() - 1


def nodes_of(form: str, hashes: list[bytes]) -> Callable[[int, int], bytes]:
    """Function (height, position) -> node of the tree over these leaf nodes."""

    @cache
    def subtree(start: int, stop: int) -> bytes:
        """MTH(D[start:stop]) of RFC 6962 §2.1."""
        if stop - start == 1:
            return hashes[start]
        middle = start + _split(stop - start)
        return parent(form, subtree(start, middle), subtree(middle, stop))

    @cache
    def node(height: int, position: int) -> bytes:
        if form == "rfc6962":
            return subtree(position << height, min((position + 1) << height, len(hashes)))
        if height == 0:
            return hashes[position]
        left = node(height - 1, 2 * position)
        lone = 2 * position + 1 == width(len(hashes), height - 1)
        return parent(form, left, left if lone else node(height - 1, 2 * position + 1))

    return node


def tree_root(form: str, leaves: list[bytes]) -> bytes:
    """Root of the tree over leaves; H("") for none in form rfc6962."""
    if not leaves:
        if form == "bitcoin":
            raise ValueError("a bitcoin tree without leaves has no root")
        return sha256(b"")
    return nodes_of(form, [leaf_hash(form, leaf) for leaf in leaves])(depth(len(leaves)), 0)


def is_mutated(form: str, leaves: list[bytes]) -> bool:
    """Whether two equal nodes are siblings somewhere in a bitcoin tree (CVE-2012-2459)."""
    if form != "bitcoin":
        return False
    node = nodes_of(form, leaves)
    size = len(leaves)
    return any(
        node(height, position) == node(height, position + 1)
        for height in range(depth(size))
        for position in range(0, width(size, height) - 1, 2)
    )


def inclusion_proof(form: str, leaves: list[bytes], index: int) -> list[bytes]:
    """Siblings of leaf `index` from the leaf upwards: PATH of RFC 6962 §2.1.1; in form bitcoin one a layer."""
    node = nodes_of(form, [leaf_hash(form, leaf) for leaf in leaves])
    size = len(leaves)
    proof = []
    for height in range(depth(size)):
        sibling = (index >> height) ^ 1
        if sibling < width(size, height):
            proof.append(node(height, sibling))
        elif form == "bitcoin":
            proof.append(node(height, index >> height))
    return proof


def _root_of_path(size: int, index: int, leaf: bytes, proof: list[bytes]) -> bytes | None:
    """PATH read backwards: the root that an rfc6962 proof leads to, None where its length is wrong."""
    if size == 1:
        return None if proof else leaf
    if not proof:
        return None
    *below, sibling = proof
    k = _split(size)
    if index < k:
        left = _root_of_path(k, index, leaf, below)
        return left and parent("rfc6962", left, sibling)
    right = _root_of_path(size - k, index - k, leaf, below)
    return right and parent("rfc6962", sibling, right)


def _root_of_branch(size: int, index: int, leaf: bytes, proof: list[bytes]) -> bytes | None:
    """The root that a bitcoin proof leads to, None where it can't be one.

    A node without a sibling is its own, and only such a node may be: a proof through two equal siblings would also
    prove a leaf that is not there (CVE-2012-2459).
    """
    if len(proof) != depth(size):
        return None
    node = leaf
    for height, sibling in enumerate(proof):
        position = index >> height
        lone = position ^ 1 == width(size, height)
        if lone != (sibling == node):
            return None
        left, right = (sibling, node) if position % 2 else (node, sibling)
        node = parent("bitcoin", left, right)
    return node


def verify_inclusion(form: str, root: bytes, leaf: bytes, index: int, proof: bytes, size: int) -> bool:
    """Whether the proof, its nodes joined, shows leaf at index in the tree of size leaves and this root."""
    if index >= size or len(proof) % NODE:
        return False
    path = [proof[i : i + NODE] for i in range(0, len(proof), NODE)]
    if form == "rfc6962":
        return _root_of_path(size, index, leaf_hash(form, leaf), path) == root
    return _root_of_branch(size, index, leaf_hash(form, leaf), path) == root


def consistency_proof(leaves: list[bytes], old_size: int) -> list[bytes]:
    """PROOF(old_size, leaves) of RFC 6962 §2.1.2; empty for old_size 0."""

    def subproof(m: int, part: list[bytes], *, complete: bool) -> list[bytes]:
        if m == len(part):
            return [] if complete else [tree_root("rfc6962", part)]
        k = _split(len(part))
        if m <= k:
            return [*subproof(m, part[:k], complete=complete), tree_root("rfc6962", part[k:])]
        return [*subproof(m - k, part[k:], complete=False), tree_root("rfc6962", part[:k])]

    return subproof(old_size, leaves, complete=True) if old_size else []


def _roots_of_consistency(m: int, n: int, proof: list[bytes], known: bytes | None) -> tuple[bytes, bytes] | None:
    """SUBPROOF read backwards: roots of the first m and of all n leaves of a subtree that the proof leads to.

    Args:
        m: leaves of the old tree in this subtree, 1 <= m <= n.
        n: leaves of the subtree.
        proof: its part of the proof.
        known: the old root where the subtree starts at leaf 0, else None.
    """
    if m == n and known is not None:
        return None if proof else (known, known)
    if not proof:
        return None
    *below, top = proof
    if m == n:
        return None if below else (top, top)
    k = _split(n)
    if m <= k:
        roots = _roots_of_consistency(m, k, below, known)
        return roots and (roots[0], parent("rfc6962", roots[1], top))
    roots = _roots_of_consistency(m - k, n - k, below, None)
    return roots and (parent("rfc6962", top, roots[0]), parent("rfc6962", top, roots[1]))


def verify_consistency(old_root: bytes, new_root: bytes, old_size: int, new_size: int, proof: bytes) -> bool:
    """Whether the proof shows that the rfc6962 tree of old_size leaves is a prefix of the one of new_size."""
    if old_size > new_size or len(proof) % NODE:
        return False
    if old_size == 0:
        return not proof and old_root == sha256(b"") and (new_size > 0 or new_root == old_root)
    path = [proof[i : i + NODE] for i in range(0, len(proof), NODE)]
    return _roots_of_consistency(old_size, new_size, path, old_root) == (old_root, new_root)


def _form(parameters: Parameters) -> str:
    """The form, after a look at what else the operation was asked for."""
    form = parameters["form"]
    own = {"bitcoin": "sha256d", "rfc6962": "sha256"}
    if form not in own:
        raise ValueError(f"form {form!r} is unknown; golden has {', '.join(own)}")
    if parameters.get("algorithm") not in (None, own[form]):
        raise ValueError(f"form {form} is over {own[form]}, not {parameters['algorithm']}")
    if parameters.get("limit"):
        raise ValueError(f"form {form} has no limit")
    return str(form)


def _leaves(inputs: Inputs, n: int) -> list[bytes]:
    return [row(inputs["leaves"], i) for i in range(n)]


def _bytes(value: bytes) -> Any:
    return np.frombuffer(value, np.uint8)


def layers(parameters: Parameters, inputs: Inputs, outputs: Outputs, n: int) -> None:
    """nodes = all layers of the tree over n leaves, leaf nodes first, root last; nothing for n = 0.

    Args:
        parameters: `form`; `algorithm` None or the form's own; `limit` None.
        inputs: `leaves`, n rows (of 32 bytes in form bitcoin).
        outputs: `nodes`, uint8[sum of ceil(n / 2^k), 32].
        n: number of leaves.

    Raises:
        ValueError: a parameter does not fit, or a leaf has the wrong length.
    """
    form = _form(parameters)
    node = nodes_of(form, [leaf_hash(form, leaf) for leaf in _leaves(inputs, n)])
    places = [(height, position) for height in range(depth(n) + 1) for position in range(width(n, height))] if n else []
    nodes: Any = outputs["nodes"]
    for i, place in enumerate(places):
        nodes[i] = _bytes(node(*place))


def root(parameters: Parameters, inputs: Inputs, outputs: Outputs, n: int) -> None:
    """root = the Merkle root of n leaves, mutated = whether a bitcoin tree pairs equal nodes; arguments as `layers`.

    Args:
        parameters: as for `layers`.
        inputs: as for `layers`.
        outputs: `root`, uint8[1, 32]; `mutated`, uint8[1], or None.
        n: number of leaves.

    Raises:
        ValueError: as for `layers`, or a bitcoin tree without leaves.
    """
    form = _form(parameters)
    leaves = _leaves(inputs, n)
    result: Any = outputs["root"]
    mutated: Any = outputs.get("mutated")
    result[0] = _bytes(tree_root(form, leaves))
    if mutated is not None:
        mutated[0] = is_mutated(form, leaves)


def verify_many(parameters: Parameters, inputs: Inputs, outputs: Outputs, n: int) -> None:
    """verdicts[i] = 1 when proof i shows leaf i at indices[i] in the tree of sizes[i] leaves and root i, else 0.

    Args:
        parameters: `form`; `algorithm` None or the form's own.
        inputs: `roots` (n rows of 32 bytes or one), `leaves` (n rows), `indices` (uint64[n]), `proofs` (n rows of whole
            nodes from the leaf upwards), `sizes` (uint64[n] or [1]).
        outputs: `verdicts`, uint8[n].
        n: number of proofs.

    Raises:
        ValueError: a parameter does not fit, or a leaf of a bitcoin tree has not 32 bytes.
    """
    form = _form(parameters)
    verdicts: Any = outputs["verdicts"]
    indices: Any = inputs["indices"]
    sizes: Any = inputs["sizes"]
    for i in range(n):
        verdicts[i] = verify_inclusion(
            form,
            row(inputs["roots"], i),
            row(inputs["leaves"], i),
            int(indices[i]),
            row(inputs["proofs"], i),
            int(sizes[0 if len(sizes) == 1 else i]),
        )


def consistency(parameters: Parameters, inputs: Inputs, outputs: Outputs, n: int) -> None:
    """verdicts[0] = 1 when the proof shows that the old tree is a prefix of the new one, else 0.

    Args:
        parameters: `form`, which has to be rfc6962; `algorithm` None or the form's own.
        inputs: `old_root`, `new_root` (one row of 32 bytes each), `sizes` (uint64[2], old and new), `proof` (one row).
        outputs: `verdicts`, uint8[1].
        n: 1.

    Raises:
        ValueError: a parameter does not fit.
    """
    if n != 1 or _form(parameters) != "rfc6962":
        raise ValueError("consistency is for one proof at a time, in form rfc6962")
    sizes: Any = inputs["sizes"]
    verdicts: Any = outputs["verdicts"]
    old_root, new_root, proof = (row(inputs[name], 0) for name in ("old_root", "new_root", "proof"))
    verdicts[0] = verify_consistency(old_root, new_root, int(sizes[0]), int(sizes[1]), proof)
