# SPDX-License-Identifier: Apache-2.0
"""Merkle roots, trees, proofs and consistency against golden, which goes by recursion."""

from __future__ import annotations

import random
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from implementations import Implementation, implementations

import pyaccel
from examples import examples, flipped
from pyaccel.golden import merkle as golden

_forms = pytest.mark.parametrize("form", ["bitcoin", "rfc6962"])
_native = implementations("sha256", "sha256-lanes", golden=False)
_seeds = st.integers(0, 2**32)


def _leaves(form: str, n: int, seed: int, repeat: float = 0.0) -> list[bytes]:
    """n leaves; each is the one before it again with probability `repeat`."""
    source = random.Random(seed)
    leaves: list[bytes] = []
    for _ in range(n):
        again = leaves and source.random() < repeat
        leaves.append(leaves[-1] if again else source.randbytes(32 if form == "bitcoin" else source.randrange(100)))
    return leaves


@implementations("sha256", "sha256-lanes", opencl=True, golden=False)
@_forms
@examples(12)
@example(n=77, seed=1, repeat=0.0)
@given(n=st.integers(1, 80), seed=_seeds, repeat=st.sampled_from([0.0, 0.3]))
def test_root(implementation: Implementation, form: str, n: int, seed: int, repeat: float) -> None:
    """Root and CVE-2012-2459's flag."""
    leaves = _leaves(form, n, seed, repeat)
    expected = golden.tree_root(form, leaves)
    assert implementation.root(leaves, form) == expected
    if form == "bitcoin":
        assert implementation.root_checked(leaves, form) == (expected, golden.is_mutated(form, leaves))
    implementation.ran()


@implementations("sha256", "sha256-lanes", opencl=True)
@pytest.mark.parametrize("n", [3, 6, 12, 33, 66])
def test_mutated_twin(implementation: Implementation, n: int) -> None:
    """Doubling the last odd subtree keeps a bitcoin root, and is told (CVE-2012-2459)."""
    leaves = _leaves("bitcoin", n, n)
    lone = n & -n
    twin = leaves + leaves[-lone:]
    root, mutated = implementation.root_checked(leaves, "bitcoin")
    assert not mutated
    assert implementation.root_checked(twin, "bitcoin") == (root, True)
    # A pair of equal leaves that are no siblings is no mutation.
    apart = _leaves("bitcoin", 40, n)
    apart[2] = apart[1]
    assert implementation.root_checked(apart, "bitcoin") == (golden.tree_root("bitcoin", apart), False)
    implementation.ran(3)


@_native
@_forms
@examples(5)
@example(n=50, seed=1)
@given(n=st.integers(1, 50), seed=_seeds)
def test_tree(implementation: Implementation, form: str, n: int, seed: int) -> None:
    """A kept tree: proofs of every leaf, then append, update and consistency."""
    source = random.Random(seed)
    leaves = _leaves(form, n, seed)
    tree = pyaccel.merkle.Tree(leaves, form=form)
    assert tree.root == golden.tree_root(form, leaves)
    indices = [source.randrange(n) for _ in range(3)]
    proofs = [b"".join(golden.inclusion_proof(form, leaves, i)) for i in indices]
    assert [bytes(tree.proof(i)) for i in indices] == proofs
    assert [bytes(proof) for proof in tree.proofs(indices)] == proofs

    more = _leaves(form, source.randrange(40), seed + 1)
    grown = tree.append(more)
    assert grown.root == golden.tree_root(form, leaves + more)
    if form == "rfc6962":
        for old_size in {0, 1, n, source.randrange(len(leaves + more) + 1), len(leaves + more)}:
            proof = b"".join(golden.consistency_proof(leaves + more, old_size))
            assert bytes(grown.consistency_proof(old_size)) == proof

    places = [source.randrange(n) for _ in range(source.randrange(1, 12))]
    values = _leaves(form, len(places), seed + 2)
    changed = tree.update(places, values)
    renewed = dict(zip(places, values, strict=True))
    assert changed.root == golden.tree_root(form, [renewed.get(i, leaf) for i, leaf in enumerate(leaves)])
    assert tree.root == golden.tree_root(form, leaves)
    implementation.ran()


@_native
@_forms
@examples(5)
@example(n=40, seed=1)
@given(n=st.integers(1, 40), seed=_seeds)
def test_inclusion(implementation: Implementation, form: str, n: int, seed: int) -> None:
    """Proofs that are right, and wrong in every way: index, size, root, leaf, nodes, length."""
    source = random.Random(seed)
    leaves = _leaves(form, n, seed, repeat=0.2)
    root = golden.tree_root(form, leaves)
    rows = []
    for index in {0, n - 1, source.randrange(n)}:
        proof = b"".join(golden.inclusion_proof(form, leaves, index))
        node = source.randbytes(32)
        rows += [
            (root, leaves[index], index, proof, n),
            (root, leaves[index], index ^ 1, proof, n),
            (root, leaves[index], index, proof, n + 1),
            (root, leaves[index], index, proof, max(n - 1, 0)),
            (root, leaves[index], index, proof, 0),
            (root, leaves[index], n, proof, n),
            (root, leaves[index], 2**64 - 1, proof, 2**64 - 1),
            (root, leaves[index], index + 2 ** (n - 1).bit_length(), proof, n),
            (flipped(root, source.randrange(256)), leaves[index], index, proof, n),
            (root, flipped(leaves[index], source.randrange(256)), index, proof, n),
            (root, leaves[index], index, flipped(proof, source.randrange(2**12)), n),
            (root, leaves[index], index, proof[:-32], n),
            (root, leaves[index], index, proof[:-1], n),
            (root, leaves[index], index, proof + b"\0", n),
            (root, leaves[index], index, proof + node, n),
            (root, leaves[index], index, node + proof, n),
            (root, leaves[index], index, node * 65, n),
            # A node that is its own sibling where the tree has another.
            (root, leaves[index], index, leaves[index] + proof[32:], n),
        ]
    expected = [golden.verify_inclusion(form, r, leaf, i, proof, size) for r, leaf, i, proof, size in rows]
    roots, claimed, indices, proofs, sizes = map(list, zip(*rows, strict=True))
    verdicts = implementation.verify_inclusion(
        roots, claimed, np.array(indices, np.uint64), proofs, np.array(sizes, np.uint64), form
    )
    assert verdicts == expected
    # Two equal siblings make a bitcoin proof that stands for nothing; every other right proof holds.
    assert verdicts[0] or golden.is_mutated(form, leaves)
    one_root = implementation.verify_inclusion(
        root, claimed, np.array(indices, np.uint64), proofs, np.array([n], np.uint64), form
    )
    each = zip(claimed, indices, proofs, strict=True)
    assert one_root == [golden.verify_inclusion(form, root, leaf, i, proof, n) for leaf, i, proof in each]
    implementation.ran(2 * len(rows))


@implementations("sha256", golden=False)
@examples(10)
@example(new_size=40, seed=1)
@given(new_size=st.integers(0, 40), seed=_seeds)
def test_consistency(implementation: Implementation, new_size: int, seed: int) -> None:
    """Consistency proofs that are right, and wrong in every way."""
    source = random.Random(seed)
    leaves = _leaves("rfc6962", new_size, seed)
    new_root = golden.tree_root("rfc6962", leaves)
    for old_size in {0, new_size, source.randrange(new_size + 1), source.randrange(new_size + 1)}:
        old_root = golden.tree_root("rfc6962", leaves[:old_size])
        proof = b"".join(golden.consistency_proof(leaves, old_size))
        node = source.randbytes(32)
        cases = [
            (old_root, new_root, old_size, new_size, proof),
            (new_root, old_root, old_size, new_size, proof),
            (new_root, new_root, old_size, new_size, proof),
            (old_root, old_root, old_size, new_size, proof),
            (old_root, new_root, new_size, old_size, proof),
            (old_root, new_root, old_size + 1, new_size, proof),
            (old_root, new_root, old_size, new_size + 1, proof),
            (old_root, new_root, max(old_size - 1, 0), new_size, proof),
            (old_root, new_root, old_size, 2**64 - 1, proof),
            (flipped(old_root, source.randrange(256)), new_root, old_size, new_size, proof),
            (old_root, flipped(new_root, source.randrange(256)), old_size, new_size, proof),
            (old_root, new_root, old_size, new_size, flipped(proof, source.randrange(2**12))),
            (old_root, new_root, old_size, new_size, proof[:-32]),
            (old_root, new_root, old_size, new_size, proof[:-1]),
            (old_root, new_root, old_size, new_size, proof + node),
            (old_root, new_root, old_size, new_size, node + proof),
        ]
        verdicts = [
            pyaccel.merkle.verify_consistency(*case, form="rfc6962", device=implementation.device) for case in cases
        ]
        assert verdicts == [golden.verify_consistency(*case) for case in cases]
        assert verdicts[0]
        implementation.ran(len(cases))


def test_golden_proofs_by_hand() -> None:
    """RFC 6962 §2.1.3 writes out which nodes the proofs in its tree of seven leaves have."""
    leaves = [bytes([i]) for i in range(7)]
    a, b, c, d, e, f, j = (golden.leaf_hash("rfc6962", leaf) for leaf in leaves)

    def up(*nodes: bytes) -> list[bytes]:
        return [golden.parent("rfc6962", left, right) for left, right in list(pairwise(nodes))[::2]]

    g, h, i = up(a, b, c, d, e, f)
    [k] = up(g, h)
    [m] = up(i, j)
    assert golden.inclusion_proof("rfc6962", leaves, 0) == [b, h, m]
    assert golden.inclusion_proof("rfc6962", leaves, 3) == [c, g, m]
    assert golden.inclusion_proof("rfc6962", leaves, 4) == [f, j, k]
    assert golden.inclusion_proof("rfc6962", leaves, 6) == [i, k]
    assert golden.consistency_proof(leaves, 3) == [c, d, g, m]
    assert golden.consistency_proof(leaves, 4) == [m]
    assert golden.consistency_proof(leaves, 6) == [i, j, k]
