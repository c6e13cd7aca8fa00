# SPDX-License-Identifier: Apache-2.0
"""What each form takes and refuses, as users meet it."""

from __future__ import annotations

import threading
import weakref
from types import SimpleNamespace

import numpy as np
import pytest

import pyaccel
from examples import resident_bytes
from pyaccel import merkle

LEAVES = [bytes([i]) * 32 for i in range(1, 12)]
OTHERS = LEAVES[::-1]
HEAPS = ("openzeppelin-standard", "openzeppelin-simple")
TREES = {form: merkle.Tree(LEAVES, form=form) for form in pyaccel.forms()}
LIST = merkle.Tree(LEAVES, form="ssz", limit=64, mix_in_length=True)
KEPT = merkle.Tree(LEAVES, keep_layers=2)
EMPTY = merkle.Tree([], form="ssz", limit=4)
PROOF = TREES["openzeppelin-simple"].multiproof([0, 1])


def test_forms_are_never_mixed():
    """The same leaves have another root in every form that is another tree."""
    roots = {form: tree.root for form, tree in TREES.items()}
    assert roots.pop("cometbft") == roots["rfc6962"]
    assert len(set(roots.values())) == len(roots)
    for form, tree in TREES.items():
        for other in pyaccel.forms():
            plain = other not in HEAPS
            verdict = merkle.verify_many(
                tree.root, LEAVES[:1], [0] if plain else None, [tree.proof(0)], 11 if plain else None, form=other
            )
            assert verdict[0] == (form == other or {form, other} == {"rfc6962", "cometbft"})


def test_old_leaves_outlive_the_view_of_another_thread(monkeypatch):
    """Rows keep one view for C, the last one made: each call has to hold its own until C is done with it."""
    from pyaccel.backends import native, native_tree

    make, views, alive = native.rows_view, [], []

    def rows_view(rows):
        view = make(rows)
        rows.native = None  # what a view that another thread makes does to this one
        views.append(weakref.ref(view))
        return view

    def watched(name):
        def call(*arguments):
            alive.append([view() is not None for view in views])
            views.clear()
            return getattr(native.lib, name)(*arguments)

        return call

    names = ("pyaccel_merkle_tree_append", "pyaccel_merkle_tree_update")
    watcher = SimpleNamespace(
        pyaccel_merkle_tree_free=native.lib.pyaccel_merkle_tree_free, **{name: watched(name) for name in names}
    )
    made = native_tree.options(KEPT._values, None, 2)
    old = pyaccel.Rows(b"".join(LEAVES), width=32)
    with monkeypatch.context() as patch:
        patch.setattr(native, "rows_view", rows_view)
        patch.setattr(native_tree, "lib", watcher)
        native_tree.append(KEPT._handle, old[:1], made, old)
        native_tree.update(KEPT._handle, np.zeros(1, np.uint64), old[:1], made, old)
    assert alive == [[True, True], [True, True]]


def test_every_forbidden_hash_is_refused():
    for form, found in merkle.FORMS.items():
        for algorithm in pyaccel.algorithms():
            if algorithm not in found.algorithms:
                with pytest.raises(ValueError, match=f"form {form} is over {', '.join(found.algorithms)}"):
                    merkle.root(LEAVES, form=form, algorithm=algorithm)
        assert merkle.root(LEAVES, form=form, algorithm=found.algorithms[0]) == TREES[form].root


def test_the_shape_of_parameters():
    tree = merkle.Tree(LEAVES, form="openzeppelin-simple", algorithm="sm3")
    assert (tree.form, tree.algorithm, tree.keep_layers, len(tree)) == ("openzeppelin-simple", "sm3", 0, 11)
    assert (KEPT.keep_layers, KEPT.root) == (2, TREES["rfc6962"].root)
    assert LIST.generalized_index(3) == 2 * 64 + 3
    assert TREES["ssz"].generalized_index(3) == 16 + 3
    assert [bytes(node) for node in LIST.nodes([1, 3])] == [LIST.root, (11).to_bytes(32, "little")]


def test_a_length_of_its_own():
    """A list of numbers packs more than one into a chunk; its trees are told their new length."""
    tree = merkle.Tree(LEAVES, form="ssz", limit=64, mix_in_length=True, length=41)
    assert tree.root == merkle.root(LEAVES, form="ssz", limit=64, mix_in_length=True, length=41) != LIST.root
    longer = tree.append([LEAVES[0]], length=45)
    assert longer.root == merkle.root([*LEAVES, LEAVES[0]], form="ssz", limit=64, mix_in_length=True, length=45)
    assert tree.update([0], [LEAVES[0]]).root == tree.root
    same = tree.update([], [], length=43)
    assert same.root == merkle.root(LEAVES, form="ssz", limit=64, mix_in_length=True, length=43)
    proof = tree.proof(10)
    for length, right in ((41, True), (42, False), (None, False)):
        verdict = merkle.verify_many(
            tree.root, LEAVES[10:], [10], [proof], 11, form="ssz", limit=64, mix_in_length=True, length=length
        )
        assert verdict.tolist() == [right]


def test_many_threads_read_one_tree():
    leaves = np.random.default_rng(5).integers(0, 256, (5000, 32), np.uint8)
    tree = merkle.Tree(leaves, form="bitcoin")
    wrong = []

    def work(seed: int) -> None:
        places = np.random.default_rng(seed).integers(0, 5000, 50)
        grown = tree.append(leaves[:seed]).update(places, leaves[places])
        proofs = grown.proofs(places)
        if not merkle.verify_many(grown.root, leaves[places], places, proofs, 5000 + seed, form="bitcoin").all():
            wrong.append(seed)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert tree.root == merkle.root(leaves, form="bitcoin")


def test_memory_of_a_tree():
    """64 bytes a leaf, whoever made it; what stays the same is held once."""
    n = 1 << 18
    leaves = np.arange(n * 32, dtype=np.uint64).astype(np.uint8).reshape(n, 32)
    before = resident_bytes()
    tree = merkle.Tree(leaves, form="ssz")
    made = [tree.update([i], [LEAVES[0]]) for i in range(100)]
    grown = resident_bytes() - before
    assert len({t.root for t in made}) == 100
    # 16 MiB, 100 paths of three pages at most, and what the allocator rounds up; whole copies would take 1.6 GiB.
    assert grown < 64 << 20


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: merkle.root(LEAVES, form="bitcoin", limit=8),
            ValueError,
            r"limit: 8 came; form bitcoin has none \(ssz",
        ),
        (lambda: merkle.root(LEAVES, form="ssz", limit=10), ValueError, "leaves: 11 came; the limit is 10"),
        (
            lambda: merkle.root(LEAVES, form="ssz", limit=0),
            ValueError,
            r"limit: 0 came; wanted 1 \.\. 9223372036854775808",
        ),
        (lambda: merkle.root(LEAVES, form="ssz", limit=2**63 + 1), ValueError, "limit: 9223372036854775809 came"),
        (lambda: merkle.root(LEAVES, form="ssz", limit=1.5), TypeError, "limit: a float came"),
        (lambda: merkle.root(LEAVES, mix_in_length=True), ValueError, "form rfc6962 mixes in no length"),
        (
            lambda: merkle.root(LEAVES, form="ssz", mix_in_length=11),
            TypeError,
            "mix_in_length: 11 came; wanted True or",
        ),
        (lambda: merkle.root(LEAVES, form="ssz", length=11), ValueError, "mixed in with mix_in_length=True alone"),
        (lambda: merkle.root(LEAVES, form="ssz", mix_in_length=True, length=-1), ValueError, "length: -1 came"),
        (lambda: merkle.root(LEAVES, sort_leaves=True), ValueError, "sort_leaves: True came; form rfc6962 has"),
        (lambda: merkle.root(LEAVES, form=HEAPS[0], sort_leaves=1), TypeError, "sort_leaves: 1 came"),
        (lambda: merkle.root([], form=HEAPS[0]), ValueError, "an openzeppelin-standard tree has at least one"),
        (lambda: merkle.Tree([], form=HEAPS[1]), ValueError, "an openzeppelin-simple tree has at least one"),
        (lambda: merkle.root([b"short"], form="ssz"), ValueError, "leaves: row 0 has 5 bytes; wanted 32"),
        (lambda: merkle.root([b"short"], form=HEAPS[1]), ValueError, "leaves: row 0 has 5 bytes; wanted 32"),
        (lambda: merkle.Tree(LEAVES, form=HEAPS[1], keep_layers=1), ValueError, "keeps all its nodes"),
        (lambda: merkle.Tree(LEAVES, keep_layers=25), ValueError, r"keep_layers: 25 came; wanted 0 \.\. 24"),
        (lambda: LIST.append(LEAVES * 5), ValueError, "leaves: 66 came; the limit is 64"),
        (lambda: LIST.append(LEAVES, length=12), ValueError, "this tree mixes in its number of leaves"),
        (
            lambda: merkle.Tree(LEAVES, form="ssz", mix_in_length=True, length=40).append(LEAVES),
            ValueError,
            "length: None came; the tree mixes in a length of its own",
        ),
        (lambda: KEPT.proof(0), ValueError, "leaves: None came; the tree does without layers below 2"),
        (lambda: KEPT.proof(0, leaves=LEAVES[1:]), ValueError, "leaves: 10 rows came; wanted all 11 leaves"),
        (lambda: KEPT.append(LEAVES), ValueError, "old_leaves: None came"),
        (lambda: KEPT.update([0], LEAVES[:1]), ValueError, "old_leaves: None came"),
        (lambda: KEPT.consistency_proof(3), ValueError, "leaves: None came"),
        (lambda: TREES["cometbft"].consistency_proof(1), ValueError, "form cometbft has no consistency proofs"),
        (lambda: TREES["rfc6962"].multiproof([0]), ValueError, "form rfc6962 has no multiproofs; ssz, openzepp"),
        (lambda: TREES["rfc6962"].generalized_index(0), ValueError, "has no generalized indices; ssz has"),
        (lambda: TREES["ssz"].multiproof([5, 3, 1, 3]), ValueError, "^indices: 3 came 2 times; wanted each once"),
        (
            lambda: TREES["ssz"].multiproof(generalized_indices=[4, 4, 4]),
            ValueError,
            "^generalized_indices: 4 came 3 times",
        ),
        (lambda: TREES["ssz"].multiproof([]), ValueError, "^indices: none came"),
        (lambda: TREES["ssz"].multiproof(generalized_indices=[]), ValueError, "^generalized_indices: none came"),
        (lambda: TREES["ssz"].multiproof(), ValueError, "wanted one of them"),
        (lambda: TREES["ssz"].multiproof([11]), IndexError, "leaf 11 of a tree of 11"),
        (lambda: TREES["ssz"].multiproof(generalized_indices=[32]), ValueError, "the tree has no node 32"),
        (lambda: LIST.multiproof(generalized_indices=[6]), ValueError, "the tree has no node 6"),
        (lambda: LIST.nodes([0]), ValueError, "the tree has no node 0"),
        (lambda: TREES["ssz"].multiproof(generalized_indices=[2, 5, 4]), ValueError, "2 stands above [45]; wanted one"),
        (lambda: KEPT.proof(0, leaves=OTHERS), ValueError, "leaves: other leaves than the tree's came"),
        (lambda: KEPT.consistency_proof(3, leaves=OTHERS), ValueError, "leaves: other leaves than the tree's came"),
        (lambda: KEPT.append(LEAVES, old_leaves=OTHERS), ValueError, "old_leaves: other leaves than the tree's came"),
        (lambda: KEPT.update([0], LEAVES[:1], old_leaves=OTHERS), ValueError, "old_leaves: other leaves than"),
        (lambda: EMPTY.multiproof(generalized_indices=[1]), ValueError, "multiproof: a tree of no leaves has none"),
        (lambda: TREES["ssz"].proof(2**64), ValueError, "^i: 18446744073709551616 came at 0; wanted whole"),
        (lambda: TREES["ssz"].proof(11), IndexError, "^i: leaf 11 of a tree of 11"),
        (
            lambda: TREES["ssz"].proof([1, 2]),
            TypeError,
            r"^i: a list came; wanted the index of one leaf; of many leaves: proofs\(indices\)$",
        ),
        (lambda: TREES["ssz"].proof(None), TypeError, "^i: a NoneType came; wanted the index of one leaf"),
        (lambda: TREES["ssz"].proof(True), TypeError, "^i: bool came; wanted whole numbers"),
        (lambda: TREES["ssz"].generalized_index([1]), TypeError, "^i: a list came; wanted the index of one leaf$"),
        (lambda: TREES["ssz"].proofs([2, True]), TypeError, "^indices: True came at 1; wanted whole numbers"),
        (lambda: TREES["ssz"].proofs([2, np.False_, 2**64]), TypeError, "^indices: False came at 1; wanted whole"),
        (lambda: merkle.root(LEAVES, form="ssz", limit=True), TypeError, "^limit: True came; wanted a whole number"),
        (lambda: merkle.Tree(LEAVES, keep_layers=True), TypeError, "^keep_layers: True came; wanted a whole number"),
        (lambda: merkle.Tree(LEAVES).consistency_proof(True), TypeError, "^old_size: True came; wanted a whole"),
        (lambda: merkle.verify_many(bytes(32), [b""], [0], [b""], True), TypeError, "^sizes: bool came; wanted"),
        (
            lambda: merkle.Tree(LEAVES, form="ssz", limit=2**63, mix_in_length=True).multiproof([0]),
            ValueError,
            "generalized indices of more than 64 bits",
        ),
        (lambda: TREES[HEAPS[0]].multiproof(generalized_indices=[1]), ValueError, "has no generalized indices"),
        (
            lambda: merkle.verify_many(bytes(32), [b""], [0], [b""], 1, form=HEAPS[0]),
            ValueError,
            "indices: proofs of form openzeppelin-standard show that a leaf is in the tree, not where",
        ),
        (lambda: merkle.verify_many(bytes(32), [b""], None, [b""], 1, form=HEAPS[0]), ValueError, "sizes: proofs of"),
        (lambda: merkle.verify_many(bytes(32), [b""], None, [b""], 1), TypeError, "indices: a NoneType came at 0"),
        (lambda: merkle.verify_many(bytes(32), [b""], [0], [b""], 2**64), ValueError, "sizes: 18446744073709551616"),
        (
            lambda: merkle.verify_multiproof(bytes(32), [], b"", form="bitcoin"),
            ValueError,
            "form bitcoin has no multip",
        ),
        (lambda: merkle.verify_multiproof(bytes(32), [], b""), ValueError, "flags: none came"),
        (lambda: merkle.verify_multiproof(bytes(31), [], b"", flags=[]), ValueError, "root: row 0 has 31 bytes"),
        (lambda: merkle.verify_multiproof(bytes(32), [], b"", flags=[1]), TypeError, "flags: int64 of shape"),
        (lambda: merkle.verify_multiproof(bytes(32), [], b"", flags=[], indices=[1]), ValueError, "tell no position"),
        (lambda: merkle.verify_multiproof(bytes(32), [], PROOF, flags=[]), ValueError, "beside a Multiproof"),
        (
            lambda: merkle.verify_multiproof(bytes(32), [], PROOF, form="ssz"),
            ValueError,
            r"proof: that of an openzeppelin-\* tree came; form ssz",
        ),
        (
            lambda: merkle.verify_multiproof(bytes(32), LEAVES[:1], TREES["ssz"].multiproof([0])),
            ValueError,
            "proof: that of an ssz tree came; form openzeppelin-standard has others. Say which tree's it is: form=",
        ),
        (lambda: merkle.verify_multiproof(bytes(32), [], b"", form="ssz"), ValueError, "indices: none came"),
        (lambda: merkle.verify_multiproof(bytes(32), [], b"", form="ssz", indices=[1]), ValueError, "1 came for 0"),
        (lambda: merkle.verify_multiproof(bytes(32), [], b"", form="ssz", flags=[True]), ValueError, "flags: some"),
    ],
)
def test_wrong_arguments(call, error, message):
    with pytest.raises(error, match=message):
        call()
