# SPDX-License-Identifier: Apache-2.0
"""Official Merkle vectors: RFC 6962 roots and proofs, CometBFT, ICS-23, and real Bitcoin blocks."""

from __future__ import annotations

import bz2
import hashlib
from typing import Any

import numpy as np
import pytest
from bitcoin_wire import Block, framed_blocks, read_block, read_merkle_block, sha256d
from implementations import Implementation, implementations
from vector_files import VECTORS, decode_base64, load_json

import pyaccel

_sha256_tree = implementations("sha256", "sha256-lanes", opencl=True)


def _blocks() -> dict[str, bytes]:
    """Name to bytes of every whole block in the vectors."""
    files = [path for path in (VECTORS / "bitcoin").glob("*_block*.raw") if "undo" not in path.name]
    blocks = {path.name: path.read_bytes() for path in files}
    for name in ("btcd_277647.dat.bz2", "btcd_blocks1-256.bz2"):
        framed = framed_blocks(bz2.decompress((VECTORS / "bitcoin" / name).read_bytes()))
        blocks |= {f"{name}[{i}]": block for i, block in enumerate(framed)}
    for i, case in enumerate(load_json("merkle/bitcoinjs_block.json")["valid"]):
        if len(case["hex"]) > 160:
            blocks[f"bitcoinjs_block.json[{i}]"] = bytes.fromhex(case["hex"])
    return blocks


@_sha256_tree
def test_rfc6962_roots(implementation: Implementation) -> None:
    """Roots of 0 to 8 leaves of transparency-dev."""
    vectors = load_json("merkle/rfc6962_roots.json")
    leaves = [bytes.fromhex(leaf) for leaf in vectors["leaf_inputs_hex"]]
    for size, root in enumerate(vectors["root_by_size"]):
        assert implementation.root(leaves[:size], "rfc6962").hex() == root, size
    assert len(vectors["root_by_size"]) == 9
    # The lanes want a larger tree before they run; two equal halves hang under one more node.
    half = leaves * 4
    left = implementation.root(half, "rfc6962")
    assert implementation.root(half * 2, "rfc6962") == hashlib.sha256(b"\1" + left + left).digest()
    implementation.ran(9)


@_sha256_tree
def test_cometbft_simple_tree(implementation: Implementation) -> None:
    """CometBFT's trees are RFC 6962's."""
    vectors = load_json("merkle/cometbft_simple_tree.json")
    for case in vectors["cases"]:
        leaves = [bytes.fromhex(item) for item in case["items_hex"]]
        assert implementation.root(leaves, "rfc6962").hex() == case["root"]
    assert implementation.root([], "rfc6962").hex() == vectors["nil"]
    assert implementation.root([b"L123456"], "rfc6962").hex() == vectors["leaf_L123456"]
    assert implementation.hash_many("sha256", [b"\x01N123N456"] * 33) == [bytes.fromhex(vectors["node_N123_N456"])] * 33
    implementation.ran(len(vectors["cases"]) + 3)


@_sha256_tree
def test_rfc6962_inclusion(implementation: Implementation) -> None:
    """All proofs of transparency-dev, right and wrong, in one batch."""
    inputs = [bytes.fromhex(leaf) for leaf in load_json("merkle/rfc6962_roots.json")["leaf_inputs_hex"]]
    leaf_of = {hashlib.sha256(b"\0" + leaf).digest(): leaf for leaf in inputs}
    rows: list[tuple[bytes, bytes, int, bytes, int, bool]] = []
    for case in load_json("merkle/rfc6962_inclusion_transparency-dev.json").values():
        nodes = [decode_base64(node) for node in case["proof"] or []]
        root, leaf_hash = decode_base64(case["root"]), decode_base64(case["leafHash"])
        valid = not case["wantErr"]
        if len(root) != 32:
            with pytest.raises(ValueError, match=r"roots: row 0 has \d+ bytes; wanted 32"):
                implementation.verify_inclusion([root], [leaf_hash], [0], [b""], [1], "rfc6962")
            assert not valid
            implementation.ran()
        elif b"" in nodes:
            implementation.left_out(1, "inclusion: a proof is its nodes joined, an empty node can't be in it")
        elif valid and leaf_hash not in leaf_of:
            implementation.left_out(1, "inclusion: gives a leaf's hash, and the leaf is not known")
        else:
            # An unknown leaf's hash stands for the leaf: wrong either way.
            leaf = leaf_of.get(leaf_hash, leaf_hash)
            rows.append((root, leaf, case["leafIdx"], b"".join(nodes), case["treeSize"], valid))
    roots, leaves, indices, proofs, sizes, valid_rows = map(list, zip(*rows, strict=True))
    verdicts = implementation.verify_inclusion(
        roots, leaves, np.array(indices, np.uint64), proofs, np.array(sizes, np.uint64), "rfc6962"
    )
    assert verdicts == valid_rows
    assert 0 < sum(verdicts) < len(rows)
    implementation.ran(len(rows))


def _consistency_cases() -> list[dict[str, Any]]:
    return list(load_json("merkle/rfc6962_consistency_transparency-dev.json").values())


@implementations("sha256")
def test_rfc6962_consistency(implementation: Implementation) -> None:
    """All consistency proofs of transparency-dev, right and wrong."""
    seen = set()
    for case in _consistency_cases():
        roots = decode_base64(case["root1"]), decode_base64(case["root2"])
        nodes = [decode_base64(node) for node in case["proof"] or []]
        if any(len(root) != 32 for root in roots) and not case["wantErr"]:
            implementation.left_out(1, "consistency: valid with any text as both roots, which have 32 bytes here")
        elif any(len(root) != 32 for root in roots):
            with pytest.raises(ValueError, match=r"_root: row 0 has \d+ bytes; wanted 32"):
                pyaccel.merkle.verify_consistency(*roots, 1, 2, b"", device=implementation.device)
            implementation.ran()
        elif b"" in nodes:
            implementation.left_out(1, "consistency: a proof is its nodes joined, an empty node can't be in it")
        else:
            got = pyaccel.merkle.verify_consistency(
                *roots, case["size1"], case["size2"], b"".join(nodes), form="rfc6962", device=implementation.device
            )
            assert got == (not case["wantErr"]), case
            seen.add(got)
            implementation.ran()
    assert seen == {False, True}


def _protobuf(data: bytes) -> list[tuple[int, Any]]:
    """(field number, value) of a protobuf message of varints and byte strings."""
    fields, at = [], 0

    def varint() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(data):
        tag = varint()
        if tag % 8 == 0:
            fields.append((tag // 8, varint()))
        else:
            assert tag % 8 == 2
            size = varint()
            fields.append((tag // 8, data[at : at + size]))
            at += size
    return fields


def _ics23_row(proof: bytes) -> tuple[bytes, int, bytes, int]:
    """(leaf, index, proof, size) of an ICS-23 existence proof in Tendermint's shape.

    The leaf is key and SHA-256(value), each after its length; the tree's size is not told, and any perfect tree of
    the proof's height has the same path at the same index.
    """
    found = _protobuf(proof)
    key, value = dict(found)[1], dict(found)[2]
    value_hash = hashlib.sha256(value).digest()
    leaf = bytes([len(key)]) + key + bytes([len(value_hash)]) + value_hash
    index, nodes = 0, []
    for height, inner in enumerate(value for number, value in found if number == 4):
        parts = dict(_protobuf(inner))
        prefix, suffix = parts[2], parts.get(3, b"")
        assert prefix[:1] == b"\1"
        assert len(prefix) + len(suffix) == 33
        index |= (len(prefix) > 1) << height
        nodes.append(prefix[1:] + suffix)
    return leaf, index, b"".join(nodes), 1 << len(nodes)


@_sha256_tree
def test_ics23_tendermint(implementation: Implementation) -> None:
    """Existence proofs, and the neighbours that non-existence proofs stand on."""
    rows = []
    for path in sorted((VECTORS / "merkle/ics23_tendermint").iterdir()):
        vector = load_json(f"merkle/ics23_tendermint/{path.name}")
        root = bytes.fromhex(vector["root"])
        [(kind, proof)] = _protobuf(bytes.fromhex(vector["proof"]))
        existence = [proof] if kind == 1 else [side for number, side in _protobuf(proof) if number in (2, 3)]
        rows += [(root, *_ics23_row(part)) for part in existence]
    assert len(rows) == 7
    # Every proof also against the next one's root, and with the last bit of its leaf flipped.
    good = len(rows)
    rows += [(rows[(i + 1) % good][0], *row[1:]) for i, row in enumerate(rows[:good])]
    rows += [(root, leaf[:-1] + bytes([leaf[-1] ^ 1]), *rest) for root, leaf, *rest in rows[:good]]
    roots, leaves, indices, proofs, sizes = map(list, zip(*rows, strict=True))
    expected = [i < good or (i < 2 * good and roots[i] == roots[i - good]) for i in range(len(rows))]
    verdicts = implementation.verify_inclusion(
        roots, leaves, np.array(indices, np.uint64), proofs, np.array(sizes, np.uint64), "rfc6962"
    )
    assert verdicts == expected
    implementation.ran(len(rows))


def _txids(block: Block) -> list[bytes]:
    return [sha256d(transaction.stripped) for transaction in block.transactions]


@_sha256_tree
def test_bitcoin_blocks(implementation: Implementation) -> None:
    """The Merkle root in the header of 267 real blocks."""
    blocks = _blocks()
    assert len(blocks) >= 260
    for name, data in blocks.items():
        block = read_block(data)
        assert implementation.root_checked(_txids(block), "bitcoin") == (block.merkle_root, False), name
    implementation.ran(len(blocks))


@_sha256_tree
def test_bitcoin_witness_commitments(implementation: Implementation) -> None:
    """BIP-141: the coinbase commits to H(root of wtxids, with zeros for its own, || its witness)."""
    checked = 0
    for name, data in _blocks().items():
        block = read_block(data)
        if block.witness_commitment is None:
            continue
        wtxids = [bytes(32)] + [sha256d(transaction.whole) for transaction in block.transactions[1:]]
        [reserved] = block.transactions[0].witnesses[0]
        # 33 equal rows, so that lanes fill.
        message = implementation.root(wtxids, "bitcoin") + reserved
        assert implementation.hash_many("sha256d", [message] * 33) == [block.witness_commitment] * 33, name
        checked += 1
    assert checked >= 3
    implementation.ran(checked)


@_sha256_tree
def test_bitcoin_merkle_blocks(implementation: Implementation) -> None:
    """Branches out of three BIP-37 partial trees; each fails at every other place and against another root."""
    files = VECTORS / "bitcoin"
    partial = [(files / f"bcoin_merkle300025{kind}.raw").read_bytes() for kind in ("", "-extended")]
    partial.append(bytes.fromhex((files / "rb_merkle_block.hex").read_text().strip()))
    rows = []
    for tree in map(read_merkle_block, partial):
        assert tree.proofs
        for index, (txid, nodes) in tree.proofs.items():
            proof = b"".join(nodes)
            places = {*range(min(tree.size, 20)), index}
            rows += [(tree.header[36:68], txid, place, proof, tree.size, place == index) for place in places]
            rows.append((tree.header[4:36], txid, index, proof, tree.size, False))
    roots, leaves, indices, proofs, sizes, expected = map(list, zip(*rows, strict=True))
    verdicts = implementation.verify_inclusion(
        roots, leaves, np.array(indices, np.uint64), proofs, np.array(sizes, np.uint64), "bitcoin"
    )
    assert verdicts == expected
    assert sum(verdicts) == 5
    implementation.ran(len(rows))
