# SPDX-License-Identifier: Apache-2.0
"""Published trees of the forms cometbft, ssz and openzeppelin-*: roots, whole trees, proofs and multiproofs."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import numpy as np
import pytest
from implementations import Implementation, implementations
from vector_files import VECTORS, load_json

import pyaccel
from pyaccel import merkle

_sha256_tree = implementations("sha256", "sha256-lanes", opencl=True)
_keccak_tree = implementations("keccak", "keccak-lanes", opencl=True)
_native_keccak = implementations("keccak", golden=False)
_DUMPS = sorted(path.name for path in (VECTORS / "merkle").glob("openzeppelin_*_0_6.json"))


def _hex(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def _encoded_string(text: str) -> bytes:
    """abi.encode of one short string: where it begins, its length, its bytes."""
    data = text.encode()
    return (32).to_bytes(32, "big") + len(data).to_bytes(32, "big") + data.ljust(32, b"\0")


def _fill_lanes(implementation: Implementation, algorithm: str) -> None:
    """These trees are small: equal messages, so many that any lanes run."""
    assert len(set(implementation.hash_many(algorithm, [bytes(64)] * 66))) == 1


# ---- cometbft


@_sha256_tree
def test_cometbft(implementation: Implementation) -> None:
    """CometBFT's own roots, under the form of its name."""
    vectors = load_json("merkle/cometbft_simple_tree.json")
    for case in vectors["cases"]:
        items = [bytes.fromhex(item) for item in case["items_hex"]]
        assert implementation.root(items, "cometbft").hex() == case["root"]
    assert implementation.root([], "cometbft").hex() == vectors["nil"]
    assert implementation.root([b"L123456"], "cometbft").hex() == vectors["leaf_L123456"]
    _fill_lanes(implementation, "sha256")
    implementation.ran(len(vectors["cases"]) + 2)


def test_ics23_ops_are_left_out() -> None:
    """ICS-23's single steps have prefixes of their own: none is a step of a Merkle form here."""
    implementation = Implementation("golden", "golden")
    implementation.left_out(11, "ics23 TestLeafOpData: leaf steps of other shapes than Tendermint's")
    implementation.left_out(4, "ics23 TestInnerOpData: inner steps of other shapes than Tendermint's")
    implementation.left_out(6, "ics23 TestExistenceProofData: steps of other shapes than Tendermint's")


# ---- ssz


def _chunks(case: dict[str, Any]) -> tuple[list[bytes], int, bool, int]:
    """Chunks, limit, whether the length is mixed in, and that length."""
    kind, element, limit = re.fullmatch(r"(\w+)\[(\w+),(\d+)\]", case["type"]).groups()
    n = case["n"]
    if element == "Bytes32":
        assert case["leaf"] == "sha256(le64(i))"
        chunks = [hashlib.sha256(i.to_bytes(8, "little")).digest() for i in range(n)]
        return chunks, int(limit), kind == "List", n
    assert element == "uint64"
    assert case["leaf"] == "values 0..n-1"
    packed = b"".join(i.to_bytes(8, "little") for i in range(n))
    chunks = [packed[i : i + 32].ljust(32, b"\0") for i in range(0, len(packed), 32)]
    return chunks, (int(limit) * 8 + 31) // 32, kind == "List", n


@_sha256_tree
def test_ssz_remerkleable(implementation: Implementation) -> None:
    """hash_tree_root of remerkleable, up to lists of 2^40 chunks."""
    cases = load_json("merkle/ssz_remerkleable.json")["cases"]
    for case in cases:
        chunks, limit, mixed, length = _chunks(case)
        got = implementation.root(chunks, "ssz", limit=limit, mix_in_length=mixed, length=length if mixed else None)
        assert got.hex() == case["root"], case
    _fill_lanes(implementation, "sha256")
    implementation.ran(len(cases))


@implementations("sha256")
def test_ssz_zero_hashes(implementation: Implementation) -> None:
    """The ladder of 65 zero hashes: roots over no chunks, and what stands beside a lone chunk."""
    ladder = [bytes.fromhex(node) for node in load_json("merkle/ssz_remerkleable.json")["zero_hashes"]]
    assert len(ladder) == 65
    for height in range(64):
        assert implementation.root([], "ssz", limit=1 << height) == ladder[height]
        assert implementation.root([bytes(32)], "ssz", limit=1 << height) == ladder[height]
    # A length of zero is a chunk of zeros, which makes the 65th.
    deepest = implementation.root([], "ssz", limit=1 << 63, mix_in_length=True)
    assert deepest == hashlib.sha256(ladder[63] + bytes(32)).digest()
    proof = b"".join(ladder[:63])
    verdicts = implementation.verify_inclusion([ladder[63]], [bytes(32)], [0], [proof], 1, "ssz", limit=1 << 63)
    assert verdicts == [True]
    assert hashlib.sha256(ladder[63] * 2).digest() == ladder[64]
    implementation.ran(65)


# ---- openzeppelin


def _dumped(name: str) -> tuple[str, bool, list[bytes], list[int], list[bytes]]:
    """Form, whether leaves are sorted, leaves, their treeIndex, and the tree from the root on."""
    dump = load_json(f"merkle/{name}")
    form = {"standard-v1": "openzeppelin-standard", "simple-v1": "openzeppelin-simple"}[dump["format"]]
    values = [entry["value"] for entry in dump["values"]]
    if form == "openzeppelin-standard":
        assert dump["leafEncoding"] == ["string"]
        leaves = [_encoded_string(value) for [value] in values]
    else:
        leaves = [_hex(value) for value in values]
    places = [entry["treeIndex"] for entry in dump["values"]]
    return form, ".sorted." in name, leaves, places, [_hex(node) for node in dump["tree"]]


def _siblings(nodes: list[bytes], place: int) -> bytes:
    """What stands beside the way from nodes[place] to nodes[0]."""
    found = b""
    while place > 0:
        found += nodes[place + 1 if place % 2 else place - 1]
        place = (place - 1) // 2
    return found


@_keccak_tree
@pytest.mark.parametrize("name", _DUMPS)
def test_openzeppelin_dumps(implementation: Implementation, name: str) -> None:
    """Every node of the four dumped trees, and where each leaf stands."""
    form, is_sorted, leaves, places, nodes = _dumped(name)
    assert implementation.root(leaves, form, sort_leaves=is_sorted) == nodes[0]
    tree = merkle.Tree(leaves, form=form, sort_leaves=is_sorted, device=implementation.device)
    assert tree.root == nodes[0]
    for i, place in enumerate(places):
        assert tree.proof(i) == _siblings(nodes, place)
    verdicts = implementation.verify_inclusion(tree.root, leaves, None, tree.proofs(range(len(leaves))), None, form)
    assert all(verdicts)
    _fill_lanes(implementation, "keccak256")
    implementation.ran(len(nodes))


_GENERATED = load_json("merkle/openzeppelin_generated.json")["cases"]


def _check_generated(implementation: Implementation, case: dict[str, Any]) -> None:
    form, algorithm = case["form"], case["algorithm"]
    leaves = [_hex(leaf) for leaf in case["leaves"]]
    root = _hex(case["root"])
    options = {"algorithm": algorithm, "sort_leaves": case["sort_leaves"]}
    assert implementation.root(leaves, form, **options) == root
    proof = b"".join(map(_hex, case["proof"]))
    right = implementation.verify_inclusion(
        root, [leaves[case["index"]], leaves[0][::-1]], None, [proof, proof], None, form, algorithm=algorithm
    )
    assert right == [True, leaves[0][::-1] == leaves[case["index"]]]
    if implementation.device not in ("native", "golden"):
        implementation.left_out(1, "openzeppelin: multiproofs, which devices leave to native")
        return
    many = case["multiproof"]
    nodes, flags = b"".join(map(_hex, many["proof"])), many["flags"]
    chosen = [leaves[i] for i in many["order"]]
    check = {"form": form, "algorithm": algorithm, "device": implementation.device}
    assert merkle.verify_multiproof(root, chosen, nodes, flags=flags, **check)
    wrong = [*chosen[:-1], bytes(len(chosen[-1]) - 1) + b"\7"]
    assert not merkle.verify_multiproof(root, wrong, nodes, flags=flags, **check)
    if implementation.device == "native":
        tree = merkle.Tree(leaves, form=form, **options)
        assert tree.proof(case["index"]) == proof
        made = tree.multiproof(many["indices"])
        assert (made.indices.tolist(), made.proof, made.flags.tolist()) == (many["order"], nodes, flags)


def _of(algorithm: str, most: int) -> list[dict[str, Any]]:
    return [case for case in _GENERATED if case["algorithm"] == algorithm and len(case["leaves"]) <= most]


@_keccak_tree
def test_openzeppelin_generated_keccak(implementation: Implementation) -> None:
    """Trees, proofs and multiproofs of @openzeppelin/merkle-tree."""
    cases = _of("keccak256", 6 if implementation.slow else 64)
    for case in cases:
        _check_generated(implementation, case)
    _fill_lanes(implementation, "keccak256")
    implementation.ran(len(cases))
    if len(cases) < len(_of("keccak256", 64)):
        implementation.left_out(len(_of("keccak256", 64)) - len(cases), "openzeppelin: larger trees, for time")


@implementations("sha256", "sm3", opencl=True)
@pytest.mark.parametrize("algorithm", ["sha256", "sm3"])
def test_openzeppelin_generated_custom(implementation: Implementation, algorithm: str) -> None:
    """SimpleMerkleTree with a custom nodeHash."""
    cases = _of(algorithm, 6 if implementation.slow else 64)
    for case in cases:
        _check_generated(implementation, case)
    if implementation.family:
        implementation.hash_many(implementation.family, [b"so that the variant runs"])
    implementation.ran(len(cases))


@_native_keccak
def test_openzeppelin_multiproof_edges(implementation: Implementation) -> None:
    """What the contracts' tests hold: nothing proved, everything proved, and the attack of before 4.9.2."""
    leaves = [pyaccel.hash_many("keccak256", [bytes([i])]).tobytes() for i in range(6)]
    tree = merkle.Tree(leaves, form="openzeppelin-simple")
    check = {"form": "openzeppelin-simple"}
    nothing = tree.multiproof([])
    assert (nothing.nodes, nothing.flags.tolist()) == ([tree.root], [])
    assert merkle.verify_multiproof(tree.root, [], nothing, **check)
    everything = tree.multiproof(range(6))
    ordered = [leaves[int(i)] for i in everything.indices]
    assert everything.nodes == []
    assert merkle.verify_multiproof(tree.root, ordered, everything, **check)
    # GHSA-wprv-93r4-jj2p: a tree with zero among its nodes, for which the contracts took a parent not yet made.
    zero, leaf = bytes(32), leaves[0]
    root = pyaccel.hash_many("keccak256", [zero + leaf]).tobytes()
    for flags in ([True, True], [True, False], [False, True], [False, False]):
        for proof in (leaf, leaf + zero, b"", zero):
            assert not merkle.verify_multiproof(root, leaves[1:3], proof, flags=flags, **check)
    implementation.ran(18)


def test_counts_of_generated_cases() -> None:
    """All 112 of them, each form with both orders of its leaves."""
    seen = {(case["form"], case["algorithm"], case["sort_leaves"]) for case in _GENERATED}
    assert len(_GENERATED) == 112
    assert len(seen) == 8
    assert np.unique([len(case["leaves"]) for case in _GENERATED]).tolist() == [
        1,
        2,
        3,
        4,
        5,
        6,
        7,
        8,
        9,
        13,
        16,
        21,
        32,
        33,
    ]
