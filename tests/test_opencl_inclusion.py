# SPDX-License-Identifier: Apache-2.0
"""merkle.verify_many on every device with kernels: golden's verdicts, for whatever is called a proof."""

from __future__ import annotations

import random
from functools import cache
from hashlib import sha256
from typing import Any, NamedTuple

import numpy as np
import pytest
from opencl_support import on_every_device, plan_of

from pyaccel import merkle
from pyaccel.backends import device_inclusion
from pyaccel.backends.base import Backend
from pyaccel.golden import merkle as golden
from pyaccel.merkle_forms import FORMS, parameters
from pyaccel.operations import OPERATIONS
from pyaccel.rows import Rows, as_rows

pytestmark = pytest.mark.opencl

TREES = [(form, algorithm) for form, found in FORMS.items() for algorithm in found.algorithms]


class Row(NamedTuple):
    """One question."""

    root: bytes
    leaf: bytes
    place: int
    proof: bytes
    size: int


def inputs_of(form: str, rows: list[Row], length: int | None = None) -> dict[str, Any]:
    """Rows as a plan takes them."""
    named: dict[str, Any] = {
        "roots": as_rows("roots", [row.root for row in rows]),
        "leaves": as_rows("leaves", [row.leaf for row in rows]),
        "proofs": as_rows("proofs", [row.proof for row in rows]),
        "indices": None,
        "sizes": None,
        "length": None if length is None else np.array([length], np.uint64),
    }
    if FORMS[form].odd != "heap":
        named["indices"] = np.array([row.place for row in rows], np.uint64)
        named["sizes"] = np.array([row.size for row in rows], np.uint64)
    return named


def verdicts_on(backend: Backend, inputs: dict[str, Any], n: int, **options: Any) -> list[int]:
    """Verdicts by the device; fails where it writes past them."""
    named = dict(zip(OPERATIONS["merkle.verify_many"].parameters, parameters(**options), strict=True))
    verdicts = np.full(n + 1, 0xA5, np.uint8)
    plan_of(backend, "merkle.verify_many", **named).run(inputs, {"verdicts": verdicts[:n]}, n)
    assert verdicts[n] == 0xA5
    return [int(verdict) for verdict in verdicts[:n]]


def by_definition(inputs: dict[str, Any], n: int, **options: Any) -> list[int]:
    """The same by golden."""
    named = dict(zip(OPERATIONS["merkle.verify_many"].parameters, parameters(**options), strict=True))
    verdicts = np.full(n, 0xA5, np.uint8)
    golden.verify_many(named, inputs, {"verdicts": verdicts}, n)
    return [int(verdict) for verdict in verdicts]


def right_rows(source: random.Random, sizes: list[int], length: int | None = None, **options: Any) -> list[Row]:
    """Every leaf of some trees, the last of which has equal leaves."""
    node = FORMS[options["form"]].leaf == "node"
    rows = []
    for n in sizes:
        leaves = [
            source.randbytes(32 if node else source.choice((0, 1, 31, 54, 55, 63, 64, 119, 150))) for _ in range(n)
        ]
        if n == sizes[-1]:
            leaves = [leaves[0]] * n
        root, proofs = merkle.proofs(leaves, range(n), length=length, device="native", **options)
        rows += [Row(root, leaves[i], i, bytes(proofs[i]), n) for i in range(n)]
    return rows


def spoiled(source: random.Random, row: Row) -> list[Row]:
    """A row with something else in the place of each of its parts."""
    root, leaf, index, proof, size = row
    flip = source.randrange(8 * max(len(proof), 1))
    proofs = [b"", proof[:-32], proof[32:], proof[:-1], proof + b"\0", proof + bytes(32), proof + proof[-32:], leaf]
    proofs.append(bytes(byte ^ (flip // 8 == i) << flip % 8 for i, byte in enumerate(proof)))
    indices = [index ^ 1, index + 1, size, size - 1, 0, 2**63, 2**64 - 1]
    sizes = [0, 1, size - 1, size + 1, 2 * size, 2**63 - 1, 2**63, 2**63 + 1, 2**64 - 1]
    return [
        *(row._replace(proof=other) for other in proofs),
        *(row._replace(place=other) for other in indices),
        *(row._replace(size=other) for other in sizes),
        *(row._replace(leaf=other) for other in (b"", leaf + b"\0", leaf[:-1], source.randbytes(32), root)),
        *(row._replace(root=other) for other in (bytes(32), root[:31] + bytes([root[31] ^ 128]), leaf, root[1:], b"")),
        row._replace(root=row.leaf, proof=b""),
        row._replace(root=row.leaf, proof=b"", place=0, size=1),
    ]


def hold(backend: Backend, rows: list[Row], length: int | None = None, **options: Any) -> list[int]:
    """Holds the device's verdicts against golden's, and gives them."""
    inputs = inputs_of(options["form"], rows, length)
    found = verdicts_on(backend, inputs, len(rows), **options)
    assert found == by_definition(inputs, len(rows), **options)
    return found


@on_every_device
@pytest.mark.parametrize(("form", "algorithm"), TREES)
def test_every_form_and_hash(backend: Backend, form: str, algorithm: str) -> None:
    """Right rows, wrong ones and malformed ones in one batch, in any order."""
    rows, wanted = questions(form, algorithm)
    found = verdicts_on(backend, inputs_of(form, rows), len(rows), form=form, algorithm=algorithm)
    assert found == wanted


@cache
def questions(form: str, algorithm: str) -> tuple[list[Row], list[int]]:
    """Rows, and what golden says of them."""
    source = random.Random(f"{form} {algorithm}")
    options: dict[str, Any] = {"form": form, "algorithm": algorithm}
    right = right_rows(source, [1, 2, 3, 7, 4], **options)
    some = [other for row in source.sample(right, 2) for other in spoiled(source, row)]
    rows = source.sample(right + some, len(right) + len(some))
    wanted = by_definition(inputs_of(form, rows), len(rows), **options)
    assert sum(wanted) >= len(right) - 4, "what is right but for equal leaves, of which bitcoin refuses two"
    assert 0 in wanted
    return rows, wanted


@on_every_device
@pytest.mark.parametrize("limit", [None, 8, 1 << 40, 1 << 63])
@pytest.mark.parametrize("mixed", [None, "size", 5, 2**64 - 1])
def test_ssz_limits_and_lengths(backend: Backend, limit: int | None, mixed: str | int | None) -> None:
    """Nodes over padding alone have to be what they are, and the last node the length, in all its bytes."""
    source = random.Random(f"{limit} {mixed}")
    length = mixed if isinstance(mixed, int) else None
    options = {"form": "ssz", "limit": limit, "mix_in_length": mixed is not None}
    rows = right_rows(source, [1, 2, 3, 6], length, **options)
    assert hold(backend, rows, length, **options) == [1] * len(rows)
    one = source.choice(rows)
    flipped = [bytearray(one.proof) for _ in range(0, len(one.proof), 13)]
    for k, proof in enumerate(flipped):
        proof[13 * k] ^= 1 << k % 8
    some = [*spoiled(source, one), *(one._replace(proof=bytes(proof)) for proof in flipped)]
    assert 0 in hold(backend, some, length, **options)


def climbed(row: Row) -> Row:
    """A row of a log with the root that its nodes lead to, layer by layer; a last node without a sibling stays."""
    node, path = sha256(b"\0" + row.leaf).digest(), row.proof
    index, last = row.place, row.size - 1
    while last:
        if index % 2 or index < last:
            sibling, path = path[:32], path[32:]
            node = sha256(b"\1" + (sibling + node if index % 2 else node + sibling)).digest()
        index, last = index // 2, last // 2
    assert not path
    return row._replace(root=node)


def nodes_wanted(index: int, size: int) -> int:
    """Nodes of the proof of a leaf in a log."""
    if size == 1:
        return 0
    k = 1 << (size - 1).bit_length() - 1
    return 1 + (nodes_wanted(index, k) if index < k else nodes_wanted(index - k, size - k))


@on_every_device
def test_trees_of_any_size(backend: Backend) -> None:
    """Sizes up to 2^64 - 1 with leaves at every kind of place: proofs of 0 to 64 nodes beside each other."""
    source = random.Random(6962)
    rows = []
    for bits in (1, 2, 3, 8, 31, 32, 33, 62, 63, 64):
        for size in (1 << bits - 1, (1 << bits) - 1, source.getrandbits(bits) | 1 << bits - 1):
            for index in {0, size - 1, size // 2, source.randrange(size), (size - 1) & -(1 << bits // 2)}:
                proof = source.randbytes(32 * nodes_wanted(index, size))
                rows.append(climbed(Row(b"", source.randbytes(9), index, proof, size)))
    assert {0, 1, 64} <= {len(row.proof) // 32 for row in rows}
    source.shuffle(rows)
    assert verdicts_on(backend, inputs_of("rfc6962", rows), len(rows), form="rfc6962") == [1] * len(rows)
    moved = [row._replace(place=row.place ^ 1 << source.randrange(64)) for row in rows]
    hold(backend, moved, form="rfc6962")
    fit = [row.size < 2**63 for row in rows]
    assert verdicts_on(backend, inputs_of("cometbft", rows), len(rows), form="cometbft") == fit


@on_every_device
def test_a_bitcoin_node_is_its_own_sibling_only_where_it_is_alone(backend: Backend) -> None:
    """CVE-2012-2459 by way of proofs: a doubled leaf has the root of a longer list."""
    leaves = [bytes([i]) * 32 for i in range(3)]
    root, proofs = merkle.proofs(leaves, range(3), form="bitcoin", device="golden")
    alone = Row(root, leaves[2], 2, bytes(proofs[2]), 3)
    rows = [alone, alone._replace(size=4), alone._replace(place=3, size=4), alone._replace(proof=proofs[0])]
    assert hold(backend, rows, form="bitcoin") == [1, 0, 0, 0]


@on_every_device
@pytest.mark.parametrize("form", ["openzeppelin-standard", "openzeppelin-simple"])
def test_proofs_longer_than_any_tree(backend: Backend, form: str) -> None:
    """A heap's proof ends where it ends: 64 nodes go to the device, more are hashed natively, with the same verdict."""
    source = random.Random(64)
    rows = []
    for nodes in (0, 1, 63, 64, 65, 66, 300):
        leaf, proof = source.randbytes(32), source.randbytes(32 * nodes)
        node = golden.leaf_hash(form, leaf)
        for sibling in golden.path_of(proof):
            node = golden.parent(form, node, sibling)
        rows += [Row(node, leaf, 0, proof, 0), Row(bytes(32), leaf, 0, proof, 0)]
    source.shuffle(rows)
    assert sum(hold(backend, rows, form=form)) == 7


@on_every_device
def test_rows_in_every_shape(backend: Backend) -> None:
    """Packed records at odd places, offsets of 32 bits that begin anywhere, one root and one leaf for all."""
    source = random.Random(8)
    rows = right_rows(source, [16], form="ssz")
    n, wide = len(rows), np.random.default_rng(8).integers(0, 256, (len(rows), 32 + 1 + 128 + 32 + 2), np.uint8)
    wide[:, 1:129] = np.frombuffer(b"".join(row.proof for row in rows), np.uint8).reshape(n, 128)
    wide[:, 130:162] = np.frombuffer(b"".join(row.leaf for row in rows), np.uint8).reshape(n, 32)
    wide[:, 163:195] = np.frombuffer(b"".join(row.root for row in rows), np.uint8).reshape(n, 32)
    packed: dict[str, Any] = {
        **inputs_of("ssz", rows),
        "proofs": as_rows("proofs", wide[:, 1:129]),
        "leaves": as_rows("leaves", wide[:, 130:162]),
        "roots": as_rows("roots", wide[:, 163:195]),
        "sizes": np.array([n], np.uint64),
    }
    assert verdicts_on(backend, packed, n, form="ssz") == [1] * n
    joined = b"begin" + b"".join(row.proof for row in rows)
    packed["proofs"] = Rows(joined, offsets=5 + 128 * np.arange(n + 1, dtype=np.uint32))
    packed["roots"] = as_rows("roots", rows[0].root, one_for_all=True)
    packed["leaves"] = as_rows("leaves", rows[0].leaf, one_for_all=True)  # of the tree, all leaves are equal
    assert verdicts_on(backend, packed, n, form="ssz") == [1] * n
    packed["roots"] = as_rows("roots", rows[0].root[:31] + b"\0", one_for_all=True)
    assert verdicts_on(backend, packed, n, form="ssz") == [0] * n


@on_every_device
@pytest.mark.parametrize("form", ["rfc6962", "ssz", "openzeppelin-standard"])
def test_batches_in_chunks(backend: Any, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some rows at a time, by their number and by their bytes; a proof may be longer than a chunk."""
    source = random.Random(form)
    rows = right_rows(source, [13, 30, 9], form=form)
    rows += [other for row in source.sample(rows, 2) for other in spoiled(source, row)]
    source.shuffle(rows)
    whole = hold(backend, rows, form=form)
    monkeypatch.setitem(device_inclusion._ROWS, backend.kind, 7)
    assert hold(backend, rows, form=form) == whole
    monkeypatch.setattr(backend._device, "chunk_bytes", 200)
    assert hold(backend, rows, form=form) == whole


@on_every_device
def test_no_lane_waits_for_a_longer_proof(backend: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each step is launched over as many rows as have so many nodes, and rows that are no proofs over none."""
    source = random.Random(3)
    rows = right_rows(source, [1, 2, 100, 3, 33], form="rfc6962")
    source.shuffle(rows)
    malformed = [row._replace(proof=row.proof[:-1]) for row in rows if row.proof]
    launched: list[int] = []
    launch = backend._device.launch

    def counted(path: str, entry: str, n: int, *arguments: Any, define: str = "") -> Any:
        if entry == "merkle_place_siblings":
            launched.append(n)
        return launch(path, entry, n, *arguments, define=define)

    monkeypatch.setattr(backend._device, "launch", counted)
    inputs = inputs_of("rfc6962", rows + malformed)
    assert sum(verdicts_on(backend, inputs, len(rows + malformed), form="rfc6962")) == len(rows)
    lengths = [len(row.proof) // 32 for row in rows]
    assert launched == [sum(length > k for length in lengths) for k in range(max(lengths))]


@on_every_device
def test_no_row(backend: Backend) -> None:
    for form in FORMS:
        assert verdicts_on(backend, inputs_of(form, []), 0, form=form) == []
