# SPDX-License-Identifier: Apache-2.0
"""Merkle trees by the recursive definitions of RFC 6962 §2.1 and of Bitcoin; the fast code goes by layers instead.

SSZ's trees and OpenZeppelin's stand in files of their own; here are the operations over all forms. A tree is a form, a
hash and the hashes of its leaves. Node (height, position) covers leaves position * 2^height and the
2^height - 1 after it, as far as there are any.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from pyaccel.backends.base import Inputs, Outputs, Parameters
from pyaccel.golden import merkle_openzeppelin as openzeppelin
from pyaccel.golden import merkle_ssz as ssz
from pyaccel.golden.hashing import HASHES, Hash, row

NODE = 32
"""Bytes of a node."""


LOGS = ("sha256", "sha512-256", "sha3-256", "keccak256", "sm3", "blake2b-256", "blake2s-256", "blake3")
"""Hashes that a log of RFC 6962 may choose here."""

ALGORITHMS = {
    "bitcoin": ("sha256d",),
    "rfc6962": LOGS,
    "cometbft": ("sha256",),
    "ssz": ("sha256",),
    "openzeppelin-standard": ("keccak256",),
    "openzeppelin-simple": ("keccak256", "sha256", "sm3"),
}
"""What a form may be over, its own first."""

PREFIXED = ("rfc6962", "cometbft")
"""Forms that put a byte before what they hash, and promote a last node without sibling."""

HEAPS = ("openzeppelin-standard", "openzeppelin-simple")


def hash_of(form: str, algorithm: str | None = None) -> Hash:
    """The form's hash."""
    return HASHES[algorithm or ALGORITHMS[form][0]]


def leaf_hash(form: str, leaf: bytes, algorithm: str | None = None) -> bytes:
    """Leaf node of a leaf: H(0x00 || leaf), H(H(leaf)), or itself."""
    hash_one = hash_of(form, algorithm)
    if form in PREFIXED:
        return hash_one(b"\0" + leaf)
    if form == "openzeppelin-standard":
        return hash_one(hash_one(leaf))
    if len(leaf) != NODE:
        raise ValueError(f"a leaf of a tree of form {form} has {NODE} bytes, not {len(leaf)}")
    return leaf


def parent(form: str, left: bytes, right: bytes, algorithm: str | None = None) -> bytes:
    """The node above two siblings."""
    hash_one = hash_of(form, algorithm)
    if form in HEAPS:
        return openzeppelin.parent(hash_one, left, right)
    return hash_one(b"\1" + left + right) if form in PREFIXED else hash_one(left + right)


def width(size: int, height: int) -> int:
    """Nodes of a tree of `size` leaves at a height: ceil(size / 2^height)."""
    return -(-size >> height)


def depth(size: int) -> int:
    """Height of the root of a tree of size >= 1 leaves."""
    return (size - 1).bit_length()


def _split(size: int) -> int:
    """RFC 6962's k: the largest power of two below size >= 2."""
    return 1 << (size - 1).bit_length() - 1


def nodes_of(form: str, hashes: list[bytes], algorithm: str | None = None) -> Callable[[int, int], bytes]:
    """Function (height, position) -> node of the tree over these leaf nodes; not for heaps."""

    @cache
    def subtree(start: int, stop: int) -> bytes:
        """MTH(D[start:stop]) of RFC 6962 §2.1."""
        if stop - start == 1:
            return hashes[start]
        middle = start + _split(stop - start)
        return parent(form, subtree(start, middle), subtree(middle, stop), algorithm)

    @cache
    def node(height: int, position: int) -> bytes:
        if form in PREFIXED:
            return subtree(position << height, min((position + 1) << height, len(hashes)))
        if form == "ssz":
            return ssz.subtree(tuple(hashes), height, position)
        if height == 0:
            return hashes[position]
        left = node(height - 1, 2 * position)
        lone = 2 * position + 1 == width(len(hashes), height - 1)
        return parent(form, left, left if lone else node(height - 1, 2 * position + 1), algorithm)

    return node


def tree_root(
    form: str,
    leaves: list[bytes],
    algorithm: str | None = None,
    limit: int | None = None,
    length: int | None = None,
    *,
    sort_leaves: bool = True,
) -> bytes:
    """Root of the tree over leaves; H("") for none where the form prefixes.

    Args:
        form: its name.
        leaves: the leaves, not their hashes.
        algorithm: None: the form's own.
        limit: of form ssz.
        length: what is mixed in, of form ssz; None: nothing.
        sort_leaves: of OpenZeppelin's forms.
    """
    nodes = [leaf_hash(form, leaf, algorithm) for leaf in leaves]
    if form == "ssz":
        return ssz.merkleize(nodes, limit, length)
    if form in HEAPS:
        return heap(form, leaves, algorithm, sort_leaves=sort_leaves)[0]
    if not leaves:
        if form == "bitcoin":
            raise ValueError("a bitcoin tree without leaves has no root")
        return hash_of(form, algorithm)(b"")
    return nodes_of(form, nodes, algorithm)(depth(len(leaves)), 0)


def heap(form: str, leaves: list[bytes], algorithm: str | None = None, *, sort_leaves: bool = True) -> list[bytes]:
    """An OpenZeppelin tree, root first."""
    nodes = [leaf_hash(form, leaf, algorithm) for leaf in leaves]
    places = openzeppelin.order(nodes, sort_leaves=sort_leaves)
    return openzeppelin.make_tree(hash_of(form, algorithm), [nodes[i] for i in places])


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


def inclusion_proof(form: str, leaves: list[bytes], index: int, algorithm: str | None = None) -> list[bytes]:
    """Siblings of leaf `index` from the leaf upwards: PATH of RFC 6962 §2.1.1; in form bitcoin one a layer."""
    nodes = [leaf_hash(form, leaf, algorithm) for leaf in leaves]
    return _siblings(form, nodes_of(form, nodes, algorithm), len(leaves), index)


def _siblings(form: str, node: Callable[[int, int], bytes], size: int, index: int) -> list[bytes]:
    """The proof by the function (height, position) -> node of a tree that is neither a heap nor padded."""
    proof = []
    for height in range(depth(size)):
        sibling = (index >> height) ^ 1
        if sibling < width(size, height):
            proof.append(node(height, sibling))
        elif form == "bitcoin":
            proof.append(node(height, index >> height))
    return proof


def _root_of_path(algorithm: str, size: int, index: int, leaf: bytes, proof: list[bytes]) -> bytes | None:
    """PATH read backwards: the root that an rfc6962 proof leads to, None where its length is wrong."""
    if size == 1:
        return None if proof else leaf
    if not proof:
        return None
    *below, sibling = proof
    k = _split(size)
    if index < k:
        left = _root_of_path(algorithm, k, index, leaf, below)
        return left and parent("rfc6962", left, sibling, algorithm)
    right = _root_of_path(algorithm, size - k, index - k, leaf, below)
    return right and parent("rfc6962", sibling, right, algorithm)


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


def path_of(proof: bytes) -> list[bytes]:
    """The nodes of a proof."""
    return [proof[i : i + NODE] for i in range(0, len(proof), NODE)]


def verify_inclusion(
    form: str,
    root: bytes,
    leaf: bytes,
    index: int | None,
    proof: bytes,
    size: int | None,
    algorithm: str | None = None,
    limit: int | None = None,
    length: int | None = None,
) -> bool:
    """Whether the proof, its nodes joined, shows leaf at index in the tree of size leaves and this root."""
    if len(proof) % NODE or (form not in (*PREFIXED, "openzeppelin-standard") and len(leaf) != NODE):
        return False
    path = path_of(proof)
    node = leaf_hash(form, leaf, algorithm)
    own = algorithm or ALGORITHMS[form][0]
    if form in HEAPS:
        return openzeppelin.process_proof(hash_of(form, algorithm), node, path) == root
    assert index is not None
    assert size is not None
    if form == "ssz":
        return ssz.is_valid_branch(node, path, size, index, root, limit, length)
    # CometBFT counts in int64.
    if index >= size or (form == "cometbft" and size >= 2**63):
        return False
    if form in PREFIXED:
        return _root_of_path(own, size, index, node, path) == root
    return _root_of_branch(size, index, node, path) == root


def consistency_proof(leaves: list[bytes], old_size: int, algorithm: str | None = None) -> list[bytes]:
    """PROOF(old_size, leaves) of RFC 6962 §2.1.2; empty for old_size 0."""

    def subproof(m: int, part: list[bytes], *, complete: bool) -> list[bytes]:
        if m == len(part):
            return [] if complete else [tree_root("rfc6962", part, algorithm)]
        k = _split(len(part))
        if m <= k:
            return [*subproof(m, part[:k], complete=complete), tree_root("rfc6962", part[k:], algorithm)]
        return [*subproof(m - k, part[k:], complete=False), tree_root("rfc6962", part[:k], algorithm)]

    return subproof(old_size, leaves, complete=True) if old_size else []


def _roots_of_consistency(
    algorithm: str | None, m: int, n: int, proof: list[bytes], known: bytes | None
) -> tuple[bytes, bytes] | None:
    """SUBPROOF read backwards: roots of the first m and of all n leaves of a subtree that the proof leads to.

    Args:
        algorithm: the log's hash.
        m: leaves of the old tree in this subtree, 1 <= m <= n.
        n: leaves of the subtree.
        proof: its part of the proof.
        known: the old root where the subtree starts at leaf 0, else None.
    """

    def up(left: bytes, right: bytes) -> bytes:
        return parent("rfc6962", left, right, algorithm)

    if m == n and known is not None:
        return None if proof else (known, known)
    if not proof:
        return None
    *below, top = proof
    if m == n:
        return None if below else (top, top)
    k = _split(n)
    if m <= k:
        roots = _roots_of_consistency(algorithm, m, k, below, known)
        return roots and (roots[0], up(roots[1], top))
    roots = _roots_of_consistency(algorithm, m - k, n - k, below, None)
    return roots and (up(top, roots[0]), up(top, roots[1]))


def verify_consistency(
    old_root: bytes, new_root: bytes, old_size: int, new_size: int, proof: bytes, algorithm: str | None = None
) -> bool:
    """Whether the proof shows that the rfc6962 tree of old_size leaves is a prefix of the one of new_size."""
    if old_size > new_size or len(proof) % NODE:
        return False
    if old_size == 0:
        return not proof and old_root == hash_of("rfc6962", algorithm)(b"") and (new_size > 0 or new_root == old_root)
    return _roots_of_consistency(algorithm, old_size, new_size, path_of(proof), old_root) == (old_root, new_root)


def _form(parameters: Parameters) -> str:
    """The form, after a look at what else the operation was asked for."""
    form = parameters["form"]
    if form not in ALGORITHMS:
        raise ValueError(f"form {form!r} is unknown; golden has {', '.join(ALGORITHMS)}")
    if parameters.get("algorithm") not in (None, *ALGORITHMS[form]):
        raise ValueError(f"form {form} is over {', '.join(ALGORITHMS[form])}, not {parameters['algorithm']}")
    if form != "ssz" and (parameters.get("limit") or parameters.get("mix_in_length")):
        raise ValueError(f"form {form} has no limit and mixes in no length")
    return str(form)


def _length(parameters: Parameters, inputs: Inputs, size: int) -> int | None:
    """What is mixed in, None for nothing."""
    given: Any = inputs.get("length")
    if not parameters.get("mix_in_length"):
        return None
    return size if given is None else int(given[0])


def _leaves(inputs: Inputs, n: int) -> list[bytes]:
    return [row(inputs["leaves"], i) for i in range(n)]


def _bytes(value: bytes) -> Any:
    return np.frombuffer(value, np.uint8)


def layers(parameters: Parameters, inputs: Inputs, outputs: Outputs, n: int) -> None:
    """nodes = all layers of the tree over n leaves, leaf nodes first, the node over all last; nothing for n = 0.

    Args:
        parameters: `form`; `algorithm` None or one of the form's; `sort_leaves` of OpenZeppelin's forms.
        inputs: `leaves`, n rows (of 32 bytes where leaves are nodes).
        outputs: `nodes`, uint8[sum of ceil(n / 2^k), 32], of OpenZeppelin's forms uint8[2n - 1, 32]; `positions`,
            uint64[n] or None: where leaf i stands in an OpenZeppelin tree.
        n: number of leaves.

    Raises:
        ValueError: a parameter does not fit, or a leaf has the wrong length.
    """
    form = _form(parameters)
    algorithm = parameters.get("algorithm")
    leaves = _leaves(inputs, n)
    nodes: Any = outputs["nodes"]
    hashes = [leaf_hash(form, leaf, algorithm) for leaf in leaves]
    if form in HEAPS:
        places = openzeppelin.order(hashes, sort_leaves=bool(parameters["sort_leaves"]))
        for i, value in enumerate(
            reversed(openzeppelin.make_tree(hash_of(form, algorithm), [hashes[i] for i in places]))
        ):
            nodes[i] = _bytes(value)
        positions: Any = outputs.get("positions")
        if positions is not None:
            positions[places] = np.arange(n, dtype=np.uint64)
        return
    node = nodes_of(form, hashes, algorithm)
    where = [(height, position) for height in range(depth(n) + 1) for position in range(width(n, height))] if n else []
    for i, place in enumerate(where):
        nodes[i] = _bytes(node(*place))


def root(parameters: Parameters, inputs: Inputs, outputs: Outputs, n: int) -> None:
    """root = the Merkle root of n leaves, mutated = whether a bitcoin tree pairs equal nodes.

    Args:
        parameters: as for `layers`; `limit` and `mix_in_length` of form ssz.
        inputs: as for `layers`; `length`, uint64[1] or None: what is mixed in, where it is not n.
        outputs: `root`, uint8[1, 32]; `mutated`, uint8[1], or None.
        n: number of leaves.

    Raises:
        ValueError: as for `layers`, a tree without leaves that has no root, or more leaves than the limit.
    """
    form = _form(parameters)
    leaves = _leaves(inputs, n)
    result: Any = outputs["root"]
    mutated: Any = outputs.get("mutated")
    value = tree_root(
        form,
        leaves,
        parameters.get("algorithm"),
        parameters.get("limit"),
        _length(parameters, inputs, n),
        sort_leaves=bool(parameters.get("sort_leaves", True)),
    )
    result[0] = _bytes(value)
    if mutated is not None:
        mutated[0] = is_mutated(form, leaves)


def proofs(parameters: Parameters, inputs: Inputs, outputs: Outputs, n: int) -> None:
    """root as `root`; proofs = the siblings of the leaves asked for, one proof after the other.

    Args:
        parameters: as for `root`.
        inputs: as for `root`; `indices`, uint64[m], below n.
        outputs: `root`, uint8[1, 32]; `proofs`, uint8 with room for all; `offsets`, uint64[m + 1]: where each begins,
            and where the last one ends.
        n: number of leaves.

    Raises:
        ValueError: as for `root`; an index past the end; proofs is too short.
    """
    form = _form(parameters)
    algorithm = parameters.get("algorithm")
    leaves = _leaves(inputs, n)
    given: Any = inputs["indices"]
    indices = [int(index) for index in given]
    if any(index >= n for index in indices):
        raise ValueError(f"indices: leaf {max(indices)} of a tree of {n} leaves")
    sort_leaves = bool(parameters.get("sort_leaves", True))
    paths: list[list[bytes]]
    if form in HEAPS:
        tree = heap(form, leaves, algorithm, sort_leaves=sort_leaves)
        places = openzeppelin.order([leaf_hash(form, leaf, algorithm) for leaf in leaves], sort_leaves=sort_leaves)
        paths = [openzeppelin.proof(tree, 2 * n - 2 - places.index(index)) for index in indices]
    elif form == "ssz":
        length = _length(parameters, inputs, n)
        paths = [ssz.branch(leaves, parameters.get("limit"), length, index) for index in indices]
    else:
        node = nodes_of(form, [leaf_hash(form, leaf, algorithm) for leaf in leaves], algorithm)
        paths = [_siblings(form, node, n, index) for index in indices]
    joined = b"".join(b"".join(path) for path in paths)
    out: Any = outputs["proofs"]
    offsets: Any = outputs["offsets"]
    if len(joined) > out.nbytes:
        raise ValueError(f"proofs: {out.nbytes} bytes came; the proofs take {len(joined)}")
    root(parameters, inputs, {"root": outputs["root"]}, n)
    out[: len(joined)] = _bytes(joined)
    offsets[:] = [NODE * sum(map(len, paths[:i])) for i in range(len(paths) + 1)]


def verify_many(parameters: Parameters, inputs: Inputs, outputs: Outputs, n: int) -> None:
    """verdicts[i] = 1 when proof i shows leaf i at indices[i] in the tree of sizes[i] leaves and root i, else 0.

    Args:
        parameters: as for `root`.
        inputs: `roots` (n rows of 32 bytes or one), `leaves` (n rows), `indices` (uint64[n]), `proofs` (n rows of whole
            nodes from the leaf upwards), `sizes` (uint64[n] or [1]), `length` as for `root`; no `indices` and `sizes`
            in OpenZeppelin's forms.
        outputs: `verdicts`, uint8[n].
        n: number of proofs.

    Raises:
        ValueError: a parameter does not fit.
    """
    form = _form(parameters)
    verdicts: Any = outputs["verdicts"]
    indices: Any = inputs["indices"]
    sizes: Any = inputs["sizes"]
    for i in range(n):
        size = None if sizes is None else int(sizes[0 if len(sizes) == 1 else i])
        verdicts[i] = verify_inclusion(
            form,
            row(inputs["roots"], i),
            row(inputs["leaves"], i),
            None if indices is None else int(indices[i]),
            row(inputs["proofs"], i),
            size,
            parameters.get("algorithm"),
            parameters.get("limit"),
            _length(parameters, inputs, size or 0),
        )


def consistency(parameters: Parameters, inputs: Inputs, outputs: Outputs, n: int) -> None:
    """verdicts[0] = 1 when the proof shows that the old tree is a prefix of the new one, else 0.

    Args:
        parameters: `form`, which has to be rfc6962; `algorithm` None or one of the form's.
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
    verdicts[0] = verify_consistency(
        old_root, new_root, int(sizes[0]), int(sizes[1]), proof, parameters.get("algorithm")
    )


def multiproof(parameters: Parameters, inputs: Inputs, outputs: Outputs, n: int) -> None:
    """verdicts[0] = 1 when one proof shows all n leaves to be in the tree of this root, else 0.

    Args:
        parameters: `form`, ssz or one of OpenZeppelin's; `algorithm` None or one of the form's.
        inputs: `root` (one row of 32 bytes), `leaves` (n rows), `proof` (one row of whole nodes); of form ssz
            `indices`, generalized ones (uint64[n]), of OpenZeppelin's forms `flags` (uint8[parents]); the other is
            None.
        outputs: `verdicts`, uint8[1].
        n: number of leaves.

    Raises:
        ValueError: a parameter does not fit.
    """
    form = _form(parameters)
    if form != "ssz" and form not in HEAPS:
        raise ValueError(f"form {form} has no multiproofs")
    verdicts: Any = outputs["verdicts"]
    root_node, proof = row(inputs["root"], 0), row(inputs["proof"], 0)
    leaves = _leaves(inputs, n)
    algorithm = parameters.get("algorithm")
    verdicts[0] = 0
    if len(proof) % NODE:
        return
    if form == "ssz":
        indices: Any = inputs["indices"]
        verdicts[0] = ssz.is_valid_multiproof(leaves, path_of(proof), [int(i) for i in indices], root_node)
        return
    flags: Any = inputs["flags"]
    if any(flag > 1 for flag in flags) or (form == "openzeppelin-simple" and any(len(leaf) != NODE for leaf in leaves)):
        return
    nodes = [leaf_hash(form, leaf, algorithm) for leaf in leaves]
    found = openzeppelin.process_multiproof(
        hash_of(form, algorithm), nodes, path_of(proof), [bool(flag) for flag in flags]
    )
    verdicts[0] = found == root_node
