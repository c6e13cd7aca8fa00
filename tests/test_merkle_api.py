# SPDX-License-Identifier: Apache-2.0
"""Merkle trees as users call them; expected roots by the definitions, written out with hashlib."""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pyaccel
from pyaccel import merkle

VECTORS = Path(__file__).parent / "vectors" / "merkle"
SIZES = [*range(1, 20), 31, 32, 33, 100]
LEAVES = [hashlib.sha256(bytes([i])).digest() for i in range(140)]


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def rfc6962_root(leaves: list[bytes]) -> bytes:
    """RFC 6962, 2.1."""
    if len(leaves) < 2:
        return sha256(b"\0" + leaves[0]) if leaves else sha256(b"")
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\1" + rfc6962_root(leaves[:k]) + rfc6962_root(leaves[k:]))


def bitcoin_root(nodes: list[bytes]) -> bytes:
    """Bitcoin: pairs, the last one with itself."""
    while len(nodes) > 1:
        nodes = nodes + nodes[-1:] if len(nodes) % 2 else nodes
        nodes = [sha256(sha256(nodes[i] + nodes[i + 1])) for i in range(0, len(nodes), 2)]
    return nodes[0]


ROOT = {"rfc6962": rfc6962_root, "bitcoin": bitcoin_root}


def check_proofs(tree, leaves, form, device="auto"):
    proofs = tree.proofs(range(len(leaves)))
    assert list(proofs) == [tree.proof(i) for i in range(len(leaves))]
    root = ROOT[form](leaves)
    good = merkle.verify_many(root, leaves, range(len(leaves)), proofs, len(leaves), form=form, device=device)
    assert good.dtype == np.bool_
    assert good.all()


@pytest.mark.parametrize("device", ["native", "golden"])
@pytest.mark.parametrize("form", ROOT)
def test_roots_trees_and_proofs(form, device):
    for n in SIZES if device == "native" else SIZES[:8]:
        leaves = LEAVES[:n]
        wanted = ROOT[form](leaves)
        assert merkle.root(leaves, form=form, device=device) == wanted
        assert merkle.root_checked(leaves, form=form, device=device) == (wanted, False)
        tree = merkle.Tree(leaves, form=form, device=device)
        assert (tree.root, len(tree)) == (wanted, n)
        check_proofs(tree, leaves, form, device)


def test_leaves_of_any_length_in_rfc6962():
    leaves = [bytes(n) for n in (0, 1, 31, 32, 33, 64, 1000)]
    assert merkle.root(leaves) == merkle.Tree(leaves).root == rfc6962_root(leaves)
    check_proofs(merkle.Tree(leaves), leaves, "rfc6962")


@pytest.mark.parametrize("device", ["native", "golden"])
def test_official_roots(device):
    vectors = json.loads((VECTORS / "rfc6962_roots.json").read_text())
    leaves = [bytes.fromhex(leaf) for leaf in vectors["leaf_inputs_hex"]]
    roots = [bytes.fromhex(root) for root in vectors["root_by_size"]]
    assert [merkle.root(leaves[:n], device=device) for n in range(9)] == roots
    assert [merkle.Tree(leaves[:n], device=device).root for n in range(9)] == roots
    grown = merkle.Tree([], device=device)
    for leaf in leaves:
        grown = grown.append([leaf])
    assert grown.root == roots[8]
    vectors = json.loads((VECTORS / "cometbft_simple_tree.json").read_text())
    for case in vectors["cases"]:
        items = [bytes.fromhex(item) for item in case["items_hex"]]
        assert merkle.root(items, device=device).hex() == case["root"]
    assert merkle.root([], device=device).hex() == vectors["nil"]


def test_no_leaves():
    assert merkle.root([]) == merkle.Tree([]).root == sha256(b"")
    assert len(merkle.Tree([])) == 0
    assert list(merkle.Tree([]).proofs([])) == []
    for call in (merkle.root, merkle.Tree, merkle.root_checked):
        with pytest.raises(ValueError, match="a bitcoin tree has at least one"):
            call([], form="bitcoin")


def test_two_equal_siblings_are_told():
    """CVE-2012-2459: a list whose tail is repeated has the root of the shorter one."""
    root, mutated = merkle.root_checked([*LEAVES[:3], LEAVES[2]])
    assert (root, mutated) == (bitcoin_root(LEAVES[:3]), True)
    assert merkle.root_checked([*LEAVES[:6], *LEAVES[4:6]]) == (bitcoin_root(LEAVES[:6]), True)
    assert merkle.root_checked(LEAVES[:3]) == (root, False)


@pytest.mark.parametrize("form", ROOT)
def test_append_and_update_leave_the_old_tree_alone(form):
    for old in [0, *SIZES] if form == "rfc6962" else SIZES:
        tree = merkle.Tree(LEAVES[:old], form=form)
        before = tree.root
        for more in (0, 1, 2, 5, 40):
            grown = tree.append(LEAVES[old : old + more])
            assert grown.root == ROOT[form](LEAVES[: old + more])
            check_proofs(grown, LEAVES[: old + more], form)
        assert tree.root == before
        if old:
            indices = [0, old - 1, old // 2, 0]
            changed = LEAVES[:old]
            for i, leaf in zip(indices, LEAVES[-4:], strict=True):
                changed[i] = leaf
            updated = tree.update(indices, LEAVES[-4:])
            assert updated.root == ROOT[form](changed)
            check_proofs(updated, changed, form)
        assert tree.root == before


def test_append_of_leaves_of_varying_length():
    leaves = [bytes(n) for n in (3, 0, 0, 7, 1)]
    tree = merkle.Tree(leaves[:2]).append(pyaccel.rows.as_rows("leaves", leaves)[2:])
    assert tree.root == rfc6962_root(leaves)
    assert tree.update([4, 1], [b"new", b""]).root == rfc6962_root([*leaves[:4], b"new"])


def test_consistency_proofs():
    for new in SIZES[:14]:
        tree = merkle.Tree(LEAVES[:new])
        for old in range(new + 1):
            proof = tree.consistency_proof(old)
            old_root, new_root = rfc6962_root(LEAVES[:old]), rfc6962_root(LEAVES[:new])
            for device in ("native", "golden"):
                assert merkle.verify_consistency(old_root, new_root, old, new, proof, device=device)
                other = rfc6962_root(LEAVES[1 : old + 2])
                assert not merkle.verify_consistency(other, new_root, old, new, proof, device=device)
            assert not merkle.verify_consistency(old_root, new_root, old, new, proof + bytes(32))


def bundle(name):
    return json.loads((VECTORS / f"rfc6962_{name}_transparency-dev.json").read_text())


@pytest.mark.parametrize("device", ["native", "golden"])
def test_consistency_vectors(device):
    count = 0
    for entry in bundle("consistency").values():
        old_root, new_root, *proof = (
            b64decode(x or "") for x in (entry["root1"], entry["root2"], *(entry["proof"] or []))
        )
        if {len(old_root), len(new_root)} != {32}:
            continue  # roots are 32 bytes here
        if any(len(node) != 32 for node in proof):
            assert entry["wantErr"]
            continue
        count += 1
        arguments = (old_root, new_root, entry["size1"], entry["size2"], b"".join(proof))
        assert merkle.verify_consistency(*arguments, device=device) != entry["wantErr"], entry["desc"]
    assert count > 40


def test_a_wrong_proof_is_false_and_its_neighbours_are_not():
    tree = merkle.Tree(LEAVES[:13])
    proofs = list(tree.proofs(range(13)))
    proofs[3] = proofs[3][:-32]
    proofs[5] = proofs[5][:-1]
    proofs[7] = bytes(32) + proofs[7][32:]
    indices = list(range(13))
    indices[9] = 2**64 - 1
    sizes = np.full(13, 13)
    sizes[11] = 0
    for device in ("native", "golden"):
        good = merkle.verify_many([tree.root] * 13, LEAVES[:13], indices, proofs, sizes, device=device)
        assert np.flatnonzero(~good).tolist() == [3, 5, 7, 9, 11]


def test_an_empty_batch_of_proofs():
    for device in ("native", "golden"):
        assert merkle.verify_many(bytes(32), [], [], [], 5, device=device).shape == (0,)
        assert merkle.verify_many([], [], [], [], [], device=device).shape == (0,)


TREE = merkle.Tree(LEAVES[:4])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: merkle.root(LEAVES, form="sha3"),
            ValueError,
            "form 'sha3' is unknown; there are bitcoin, rfc6962, cometbft, ssz, openzeppelin-standard, openzepp",
        ),
        (lambda: merkle.root(LEAVES, algorithm="sha512"), ValueError, "form rfc6962 is over sha256"),
        (lambda: merkle.root(LEAVES, limit=8), ValueError, "has none"),
        (
            lambda: merkle.root([LEAVES[0], b"short"], form="bitcoin"),
            ValueError,
            "leaves: row 1 has 5 bytes; wanted 32",
        ),
        (lambda: merkle.Tree([b"short"], form="bitcoin"), ValueError, "row 0 has 5 bytes"),
        (lambda: merkle.root("leaves"), TypeError, "a str came"),
        (lambda: TREE.proof(4), IndexError, r"leaf 4 of a tree of 4 leaves; wanted 0 \.\. 3"),
        (lambda: TREE.proof(-1), IndexError, "leaf -1"),
        (lambda: TREE.proofs([0.5]), TypeError, "float64"),
        (lambda: TREE.update([4], [b""]), IndexError, "leaf 4"),
        (lambda: TREE.update([0, 1], [b""]), ValueError, "1 rows came for 2 indices"),
        (lambda: TREE.consistency_proof(5), ValueError, r"5 came; wanted 0 \.\. 4"),
        (lambda: TREE.consistency_proof(-1), ValueError, "-1 came"),
        (lambda: merkle.Tree(LEAVES, form="bitcoin").consistency_proof(1), ValueError, "no consistency proofs"),
        (lambda: merkle.verify_many(bytes(31), [b""], [0], [b""], 1), ValueError, "roots: row 0 has 31 bytes"),
        (lambda: merkle.verify_many([bytes(32)] * 2, [b""], [0], [b""], 1), ValueError, "roots: 2 rows came for 1"),
        (lambda: merkle.verify_many(bytes(32), [b""], [0, 1], [b""], 1), ValueError, "indices: 2 came"),
        (lambda: merkle.verify_many(bytes(32), [b""], [-1], [b""], 1), ValueError, "indices: -1 came at 0"),
        (lambda: merkle.verify_many(bytes(32), [b""], [0.0], [b""], 1), TypeError, "float64"),
        (lambda: merkle.verify_many(bytes(32), [b""], [0], [], 1), ValueError, "proofs: 0 rows"),
        (lambda: merkle.verify_many(bytes(32), [b""], [0], [b""], [1, 2]), ValueError, "sizes: 2 came"),
        (lambda: merkle.verify_many(bytes(32), [b""], [0], [b""], [[1]]), ValueError, "one dimension"),
        (lambda: merkle.verify_consistency(b"", bytes(32), 1, 2, b""), ValueError, "old_root: row 0 has 0 bytes"),
        (lambda: merkle.verify_consistency(bytes(32), bytes(32), -1, 2, b""), ValueError, "-1 came"),
        (
            lambda: merkle.verify_consistency(bytes(32), bytes(32), 1, 2, b"", form="bitcoin"),
            ValueError,
            "form bitcoin has no consistency proofs",
        ),
    ],
)
def test_wrong_arguments(call, error, message):
    with pytest.raises(error, match=message):
        call()


@settings(max_examples=60)
@given(st.data(), st.sampled_from(list(ROOT)))
def test_any_history_gives_the_tree_of_its_leaves(data, form):
    leaf = st.binary(min_size=32, max_size=32)
    leaves = data.draw(st.lists(leaf, min_size=1, max_size=20))
    tree = merkle.Tree(leaves, form=form)
    for _ in range(data.draw(st.integers(0, 4))):
        more = data.draw(st.lists(leaf, max_size=12))
        tree = tree.append(more)
        leaves = leaves + more
        indices = data.draw(st.lists(st.integers(0, len(leaves) - 1), max_size=5))
        values = data.draw(st.lists(leaf, min_size=len(indices), max_size=len(indices)))
        tree = tree.update(indices, values)
        for i, value in zip(indices, values, strict=True):
            leaves[i] = value
    assert tree.root == ROOT[form](leaves)


@pytest.mark.parametrize("name", ["indices", "sizes"])
@pytest.mark.parametrize("values", [np.ma.masked_array([0], mask=True), [0, [1]], [None], "0", [0.5]])
def test_numbers_that_are_none(name, values):
    arguments = {"indices": [0], "sizes": 1} | {name: values}
    with pytest.raises((TypeError, ValueError), match=f"{name}: "):
        merkle.verify_many(bytes(32), [b"a"], proofs=[b""], **arguments)


def test_consistency_names_each_argument():
    good = {"old_root": bytes(32), "new_root": bytes(32), "old_size": 1, "new_size": 1, "proof": b""}
    for name in good:
        with pytest.raises(TypeError, match=f"{name}: a str came"):
            merkle.verify_consistency(**(good | {name: "text"}))
    with pytest.raises(TypeError, match="old_size: a str came"):
        merkle.Tree([b"a"]).consistency_proof("1")
    with pytest.raises(TypeError, match="indices: a masked array"):
        merkle.Tree([b"a"]).proofs(np.ma.masked_array([0], mask=True))
