# SPDX-License-Identifier: Apache-2.0
"""Forms and hashes beside those of test_properties_merkle, held against golden, remerkleable and pymerkle."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Any

import numpy as np
import pymerkle
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from implementations import Implementation, implementations
from remerkleable.basic import uint64
from remerkleable.byte_arrays import Bytes32
from remerkleable.complex import List, Vector
from remerkleable.tree import NavigationError, zero_node

from examples import examples, flipped
from pyaccel import merkle
from pyaccel.golden import merkle as golden
from pyaccel.golden import merkle_openzeppelin as openzeppelin
from pyaccel.golden import merkle_ssz as ssz

_seeds = st.integers(0, 2**32)
_native = implementations("sha256", golden=False)
_LOGS = merkle.FORMS["rfc6962"].algorithms
_HEAPS = ("openzeppelin-standard", "openzeppelin-simple")


def _leaves(form: str, n: int, source: random.Random) -> list[bytes]:
    fixed = merkle.FORMS[form].leaf == "node"
    return [source.randbytes(32 if fixed else source.randrange(90)) for _ in range(n)]


@examples(6)
@example(n=37, seed=1)
@given(n=st.integers(1, 40), seed=_seeds)
@pytest.mark.parametrize("algorithm", _LOGS)
def test_logs_over_any_hash(algorithm: str, n: int, seed: int) -> None:
    """Root, inclusion and consistency of rfc6962 trees."""
    source = random.Random(seed)
    leaves = _leaves("rfc6962", n, source)
    tree = merkle.Tree(leaves, algorithm=algorithm)
    root = golden.tree_root("rfc6962", leaves, algorithm)
    assert merkle.root(leaves, algorithm=algorithm) == tree.root == root
    assert merkle.root([], algorithm=algorithm) == golden.hash_of("rfc6962", algorithm)(b"")
    i, old = source.randrange(n), source.randrange(n + 1)
    assert tree.proof(i) == b"".join(golden.inclusion_proof("rfc6962", leaves, i, algorithm))
    proof = tree.consistency_proof(old)
    assert proof == b"".join(golden.consistency_proof(leaves, old, algorithm))
    old_root = golden.tree_root("rfc6962", leaves[:old], algorithm)
    assert merkle.verify_consistency(old_root, root, old, n, proof, algorithm=algorithm)
    others = [name for name in _LOGS if name != algorithm]
    for name in (algorithm, source.choice(others)):
        right = merkle.verify_many(root, [leaves[i]], [i], [tree.proof(i)], n, algorithm=name)
        assert right.tolist() == [name == algorithm]


@examples(10)
@example(n=33, seed=1, limit=40, mixed=True)
@given(n=st.integers(0, 40), seed=_seeds, limit=st.sampled_from([None, 40, 64, 2**20, 2**63]), mixed=st.booleans())
@implementations("sha256")
def test_ssz(implementation: Implementation, n: int, seed: int, limit: int | None, mixed: bool) -> None:
    """Root, and proofs that are right and wrong in every way."""
    source = random.Random(seed)
    chunks = _leaves("ssz", n, source)
    length = source.choice([None, n, 2**40 + n]) if mixed else None
    options: dict[str, Any] = {"limit": limit, "mix_in_length": mixed, "length": length}
    mixed_in = (n if length is None else length) if mixed else None
    root = ssz.merkleize(chunks, limit, mixed_in)
    assert implementation.root(chunks, "ssz", **options) == root
    rows = []
    for i in {0, n - 1, n // 2} if n else set():
        proof = b"".join(ssz.branch(chunks, limit, mixed_in, i))
        rows += [
            (chunks[i], i, proof, n),
            (chunks[i], i ^ 1, proof, n),
            (chunks[i], i, proof, n + 1),
            (chunks[i], n, proof, n),
            (chunks[i], 2**64 - 1, proof, 2**64 - 1),
            (chunks[i], i, proof, 0),
            (chunks[i], i, proof, (limit or n) + 1),
            (flipped(chunks[i], source.randrange(256)), i, proof, n),
            (chunks[i], i, flipped(proof, source.randrange(2**14)), n),
            (chunks[i], i, proof[:-32], n),
            (chunks[i], i, proof[:-1], n),
            (chunks[i], i, proof + bytes(32), n),
        ]
    if rows:
        leaves, indices, proofs, sizes = map(list, zip(*rows, strict=True))
        numbers = np.array(indices, np.uint64), proofs, np.array(sizes, np.uint64)
        verdicts = implementation.verify_inclusion(root, leaves, *numbers, "ssz", **options)
        expected = [
            ssz.is_valid_branch(
                leaf,
                golden.path_of(proof) if len(proof) % 32 == 0 else [b""],
                size,
                i,
                root,
                limit,
                (size if length is None else length) if mixed else None,
            )
            for leaf, i, proof, size in rows
        ]
        assert verdicts == expected
        assert verdicts[0]
    implementation.ran(1 + len(rows))


@examples(15)
@given(n=st.integers(0, 70), power=st.integers(0, 40), vector=st.booleans(), packed=st.booleans())
def test_ssz_against_remerkleable(n: int, power: int, vector: bool, packed: bool) -> None:
    """hash_tree_root of lists and vectors, of roots and of packed numbers."""
    chunks = [bytes([i % 7]) * 32 for i in range(n)]
    elements = [uint64(i * i) for i in range(n)]
    if packed:
        joined = b"".join(int(i).to_bytes(8, "little") for i in elements)
        chunks = [joined[i : i + 32].ljust(32, b"\0") for i in range(0, len(joined), 32)]
    values, kind = (elements, uint64) if packed else ([Bytes32(chunk) for chunk in chunks], Bytes32)
    if vector and n:
        wanted = Vector[kind, n](values).hash_tree_root()
        assert merkle.root(chunks, form="ssz") == bytes(wanted)
        return
    most = max(n, 2**power)
    limit = (most * 8 + 31) // 32 if packed else most
    wanted = List[kind, most](values).hash_tree_root()
    assert merkle.root(chunks, form="ssz", limit=limit, mix_in_length=True, length=n) == bytes(wanted)


@examples(8)
@given(n=st.integers(1, 60), algorithm=st.sampled_from(["sha256", "sha3_256"]), seed=_seeds)
def test_logs_against_pymerkle(n: int, algorithm: str, seed: int) -> None:
    """Root, and consistency proofs of its own making."""
    leaves = [random.Random(seed + i).randbytes(i) for i in range(n)]
    peer = pymerkle.InmemoryTree(algorithm=algorithm)
    for leaf in leaves:
        peer.append_entry(leaf)
    name = algorithm.replace("_", "-")
    tree = merkle.Tree(leaves, algorithm=name)
    assert tree.root == peer.get_root()
    old = 1 + seed % n
    assert merkle.verify_consistency(
        peer.get_root(old), peer.get_root(), old, n, tree.consistency_proof(old), algorithm=name
    )


@examples(6)
@example(n=23, seed=1)
@given(n=st.integers(1, 24), seed=_seeds)
@pytest.mark.parametrize("sort_leaves", [True, False])
@pytest.mark.parametrize("form", _HEAPS)
def test_openzeppelin(form: str, sort_leaves: bool, n: int, seed: int) -> None:
    """A tree, its proofs and multiproofs, after a history of appends and updates."""
    source = random.Random(seed)
    hash_one = golden.hash_of(form)
    leaves = _leaves(form, n, source)
    leaves[-1] = leaves[source.randrange(n)]  # a leaf may be there twice
    tree = merkle.Tree(leaves[: (n + 1) // 2], form=form, sort_leaves=sort_leaves).append(leaves[(n + 1) // 2 :])
    places = [source.randrange(n) for _ in range(3)]
    values = _leaves(form, 3, source)
    tree = tree.update(places, values)
    for i, value in zip(places, values, strict=True):
        leaves[i] = value
    nodes = golden.heap(form, leaves, sort_leaves=sort_leaves)
    hashes = [golden.leaf_hash(form, leaf) for leaf in leaves]
    order = openzeppelin.order(hashes, sort_leaves=sort_leaves)
    place = {i: 2 * n - 2 - k for k, i in enumerate(order)}
    assert tree.root == nodes[0] == merkle.root(leaves, form=form, sort_leaves=sort_leaves)
    for i in {0, n - 1, source.randrange(n)}:
        assert golden.path_of(tree.proof(i)) == openzeppelin.proof(nodes, place[i])
    chosen = source.sample(range(n), source.randrange(n + 1))
    made = tree.multiproof(chosen)
    wanted = openzeppelin.multiproof(nodes, [place[i] for i in chosen])
    assert ([place[int(i)] for i in made.indices], made.nodes, made.flags.tolist()) == wanted
    ordered = [leaves[int(i)] for i in made.indices]
    assert merkle.verify_multiproof(tree.root, ordered, made, form=form)

    # Wrong in every way: what golden, which goes by the contracts' text, says of it.
    flags = made.flags.tolist()
    k = source.randrange(len(flags)) if flags else 0
    altered: list[tuple[list[bytes], bytes, list[bool]]] = [
        (ordered, made.proof, flags[:k] + [not flag for flag in flags[k : k + 1]] + flags[k + 1 :]),
        (ordered, made.proof + bytes(32), flags),
        (ordered, made.proof + bytes(32), [*flags, False]),
        (ordered, made.proof[:-32], flags),
        (ordered, made.proof[32:], flags[1:]),
        (ordered, flipped(made.proof, source.randrange(2**12)), flags),
        (ordered[::-1], made.proof, flags),
        (ordered[1:], made.proof, flags),
        ([*ordered, leaves[0]], made.proof, [*flags, True]),
        ([], made.proof, flags),
    ]
    for some, proof, bits in altered:
        hashed = [golden.leaf_hash(form, leaf) for leaf in some]
        found = openzeppelin.process_multiproof(hash_one, hashed, golden.path_of(proof), bits)
        for device in ("native", "golden"):
            verdict = merkle.verify_multiproof(tree.root, some, proof, flags=bits, form=form, device=device)
            assert verdict == (found == nodes[0])
    assert not merkle.verify_multiproof(tree.root, ordered, made.proof + b"\0", flags=flags, form=form)


@examples(12)
@example(n=1, power=0, seed=1)
@given(n=st.integers(1, 40), power=st.integers(0, 40), seed=_seeds)
def test_ssz_multiproofs_against_remerkleable(n: int, power: int, seed: int) -> None:
    """Nodes of lists at any depth, padding and length among them, and what stands beside the ways to the root."""
    source = random.Random(seed)
    chunks = [source.randbytes(32) for _ in range(n)]
    most = max(n, 2**power)
    theirs = List[Bytes32, most]([Bytes32(chunk) for chunk in chunks])
    tree = merkle.Tree(chunks, form="ssz", limit=most, mix_in_length=True)
    depth = (most - 1).bit_length() + 1

    def node(g: int) -> bytes:
        try:
            found = theirs.get_backing().getter(g)
        except NavigationError:  # of padding they keep what stands at its top
            found = zero_node(depth + 1 - g.bit_length())
        return bytes(found.merkle_root())

    below = source.choices(range(1 << depth, (1 << depth) + (1 << depth - 1)), k=4)
    chosen = {3, *(leaf >> source.randrange(depth) for leaf in below)} - {1}
    places = [g for g in chosen if not any(g >> up in chosen for up in range(1, g.bit_length()))]
    ways = {g >> up for g in places for up in range(g.bit_length() - 1)}
    beside = sorted({g ^ 1 for g in ways} - ways, reverse=True)
    made = tree.multiproof(generalized_indices=places)
    assert tree.root == bytes(theirs.hash_tree_root())
    assert made.nodes == [node(g) for g in beside]
    nodes = [node(g) for g in places]
    assert [found.tobytes() for found in tree.nodes(places)] == nodes
    assert merkle.verify_multiproof(bytes(theirs.hash_tree_root()), nodes, made, form="ssz")


@examples(12)
@example(n=33, seed=1, limit=64, mixed=True)
@given(n=st.integers(1, 34), seed=_seeds, limit=st.sampled_from([None, 40, 2**40, 2**62]), mixed=st.booleans())
def test_ssz_multiproofs(n: int, seed: int, limit: int | None, mixed: bool) -> None:
    """Chunks, inner nodes, padding and the length, proved at once; and wrong in every way."""
    source = random.Random(seed)
    chunks = _leaves("ssz", n, source)
    length = n if mixed else None
    tree = merkle.Tree(chunks, form="ssz", limit=limit, mix_in_length=mixed)
    root = ssz.merkleize(chunks, limit, length)
    depth = ssz.depth(n, limit) + mixed
    indices = {(1 << depth) + source.randrange(n) for _ in range(3)}
    indices |= {((1 << depth) + source.randrange(n)) >> source.randrange(depth + 1) for _ in range(2)}
    indices |= {3} if mixed else {(1 << depth) + (1 << depth) - 1}
    places = [
        i
        for i in sorted(indices)
        if not any(
            j != i and j >> (j.bit_length() - i.bit_length()) == i for j in indices if j.bit_length() >= i.bit_length()
        )
    ]
    assert ssz.are_apart(places)
    nodes = [ssz.node_at(chunks, limit, length, i) for i in places]
    assert [bytes(node) for node in tree.nodes(places)] == nodes
    made = tree.multiproof(generalized_indices=places)
    assert made.nodes == ssz.multiproof(chunks, limit, length, places)
    assert merkle.verify_multiproof(root, nodes, made, form="ssz")
    source.shuffle(places)
    ordered = [ssz.node_at(chunks, limit, length, i) for i in places]
    altered: list[tuple[list[bytes], bytes, list[int]]] = [
        (ordered, made.proof, places),
        (ordered[::-1], made.proof, places),
        (ordered, made.proof + bytes(32), places),
        (ordered, made.proof[32:], places),
        (ordered, flipped(made.proof, source.randrange(2**12)), places),
        (ordered, made.proof, [places[0] ^ 1, *places[1:]]),
        (ordered, made.proof, [places[0] * 2, *places[1:]] if places[0] < 2**62 else [0, *places[1:]]),
        (ordered, made.proof, [0, *places[1:]]),
        ([*ordered, ordered[0]], made.proof, [*places, places[0]]),
        ([*ordered, root], made.proof, [*places, 1]),
    ]
    for some, proof, numbers in altered:
        expected = ssz.is_valid_multiproof(some, golden.path_of(proof), numbers, root)
        for device in ("native", "golden"):
            assert merkle.verify_multiproof(root, some, proof, indices=numbers, form="ssz", device=device) == expected


@examples(8)
@example(n=70, keep=3, seed=1)
@given(n=st.integers(1, 80), keep=st.integers(1, 8), seed=_seeds)
@pytest.mark.parametrize("form", ["bitcoin", "rfc6962", "cometbft", "ssz"])
def test_keep_layers(form: str, n: int, keep: int, seed: int) -> None:
    """A tree without its lower layers gives what the whole tree gives, from the leaves that it is handed."""
    source = random.Random(seed)
    leaves = _leaves(form, n, source)
    whole, tree = merkle.Tree(leaves, form=form), merkle.Tree(leaves, form=form, keep_layers=keep)
    assert tree.root == whole.root
    chosen = [source.randrange(n) for _ in range(5)]
    assert list(tree.proofs(chosen, leaves=leaves)) == list(whole.proofs(chosen))
    if form == "rfc6962":
        for old in (0, n, source.randrange(n + 1)):
            assert tree.consistency_proof(old, leaves=leaves) == whole.consistency_proof(old)
    if form == "ssz":
        chosen = sorted(set(chosen))
        assert tree.multiproof(chosen, leaves=leaves).proof == whole.multiproof(chosen).proof
    values = _leaves(form, len(chosen), source)
    updated = tree.update(chosen, values, old_leaves=leaves)
    assert updated.root == whole.update(chosen, values).root
    more = _leaves(form, source.randrange(30), source)
    assert tree.append(more, old_leaves=leaves).root == whole.append(more).root
    assert tree.root == whole.root
    if n > 1:
        strange = [bytes(32)] * n
        with pytest.raises(ValueError, match="other leaves than the tree's came"):
            tree.update([0], [bytes(32)], old_leaves=strange)


@_native
def test_large_trees_share_pages(implementation: Implementation) -> None:
    """Three levels of pages: appends and updates, each step against the root made at once; old trees stay."""
    source = np.random.default_rng(1)
    leaves = source.integers(0, 256, (600_000, 32), np.uint8)
    cut = [0, 1, 511, 512, 1024, 300_000, 524_288, 600_000]
    tree = merkle.Tree(leaves[:0], form="ssz")
    trees = [tree]
    for first, last in pairwise(cut):
        tree = tree.append(leaves[first:last])
        trees.append(tree)
        assert tree.root == merkle.root(leaves[:last], form="ssz")
    places = source.integers(0, len(leaves), 50)
    fresh = source.integers(0, 256, (50, 32), np.uint8)
    changed = leaves.copy()
    for i, value in zip(places, fresh, strict=True):
        changed[i] = value
    assert tree.update(places, fresh).root == merkle.root(changed, form="ssz")
    assert [t.root for t in trees] == [merkle.root(leaves[:last], form="ssz") for last in cut]
    implementation.ran(len(cut))
