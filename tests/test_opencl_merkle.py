# SPDX-License-Identifier: Apache-2.0
"""Merkle trees on every OpenCL device: every small size, odd layers, subtrees, mutations; hashlib knows the nodes."""

from __future__ import annotations

import itertools
import random
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from opencl_support import (
    layers_on,
    on_every_device,
    plan_of,
    reference_layers,
    reference_mutated,
    root_on,
)

from pyaccel.errors import DeviceError
from pyaccel.golden import merkle as golden
from pyaccel.golden.merkle_ssz import merkleize
from pyaccel.merkle_forms import FORMS, layer_widths
from pyaccel.rows import Rows, as_rows

if TYPE_CHECKING:
    from pyaccel.backends.base import Backend

pytestmark = pytest.mark.opencl

every_form = pytest.mark.parametrize("form", ["bitcoin", "rfc6962"])
SIZES = (*range(1, 18), 31, 32, 33, 63, 64, 65, 127, 129, 1000, 1025)


def nodes_of(n: int, seed: int = 0) -> list[bytes]:
    source = random.Random(seed + n)
    return [source.randbytes(32) for _ in range(n)]


def same_tree(backend: Backend, form: str, leaves: list[bytes], rows: Rows) -> None:
    """Holds root, flag and all nodes by the device against the reference."""
    layers = reference_layers(form, leaves)
    nodes = [node for layer in layers for node in layer]
    mutated = int(form == "bitcoin" and reference_mutated(layers))
    assert root_on(backend, form, rows, len(leaves)) == (layers[-1][0], mutated)
    assert layers_on(backend, form, rows, len(leaves), len(nodes)) == nodes


@on_every_device
@every_form
@pytest.mark.parametrize("n", SIZES)
def test_sizes(backend: Backend, form: str, n: int) -> None:
    leaves = nodes_of(n)
    same_tree(backend, form, leaves, as_rows("leaves", leaves))


@on_every_device
@every_form
@pytest.mark.parametrize("n", [1, 3, 100, 128, 129, 256, 257, 512, 513, 1000, 20000])
def test_trees_in_subtrees(backend: Any, form: str, n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """4,096 bytes are 128 nodes: the last subtree has 1 leaf, 2, some, all; 20,000 leaves need 157 subtrees."""
    monkeypatch.setattr(backend._device, "chunk_bytes", 4096 + 31)
    leaves = nodes_of(n)
    same_tree(backend, form, leaves, as_rows("leaves", leaves))


@on_every_device
@pytest.mark.parametrize("chunk_bytes", [4096, 1 << 20])
def test_leaves_of_any_length(backend: Any, chunk_bytes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend._device, "chunk_bytes", chunk_bytes)
    source = random.Random(6)
    leaves = [source.randbytes(source.choice((0, 1, 3, 54, 55, 56, 62, 63, 64, 119, 200, 5000))) for _ in range(150)]
    same_tree(backend, "rfc6962", leaves, as_rows("leaves", leaves))
    same_tree(backend, "rfc6962", [b""] * 5, as_rows("leaves", [b""] * 5))
    wide = np.random.default_rng(6).integers(0, 256, (77, 129), np.uint8)
    for array in (wide, wide[:, 5:70], wide[::2]):
        same_tree(backend, "rfc6962", [row.tobytes() for row in array], as_rows("leaves", array))


@on_every_device
def test_bitcoin_leaves_in_every_shape(backend: Backend) -> None:
    wide = np.random.default_rng(8).integers(0, 256, (33, 129), np.uint8)
    leaves = [row[7:39].tobytes() for row in wide]
    same_tree(backend, "bitcoin", leaves, as_rows("leaves", wide[:, 7:39]))
    offsets = 5 + 32 * np.arange(34, dtype=np.uint32)
    same_tree(backend, "bitcoin", leaves, Rows(b"first" + b"".join(leaves), offsets=offsets))
    same_tree(backend, "bitcoin", [leaves[0]] * 9, as_rows("leaves", leaves[0], one_for_all=True))
    same_tree(backend, "rfc6962", [leaves[0]] * 9, as_rows("leaves", leaves[0], one_for_all=True))


@on_every_device
@pytest.mark.parametrize(
    "doubled", [(1, 2, 3, 3), (1, 2, 3, 4, 5, 6, 5, 6), (1, 1, 2), (1, 2, 2, 3), (1, 2, 3), (1, 1)]
)
def test_mutations(backend: Any, doubled: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """CVE-2012-2459 in the leaves and above them, and equal nodes that are no siblings."""
    leaves = [bytes([leaf]) * 32 for leaf in doubled]
    expected = doubled not in ((1, 2, 2, 3), (1, 2, 3))
    assert root_on(backend, "bitcoin", as_rows("leaves", leaves), len(leaves))[1] == expected
    # The same where the equal siblings are roots of subtrees: 128 leaves each.
    monkeypatch.setattr(backend._device, "chunk_bytes", 4096)
    blocks = {leaf: nodes_of(128, leaf) for leaf in set(doubled)}
    large = [node for leaf in doubled for node in blocks[leaf]]
    assert root_on(backend, "bitcoin", as_rows("leaves", large), len(large))[1] == expected


@on_every_device
def test_a_mutation_at_every_place(backend: Backend) -> None:
    leaves = nodes_of(200)
    for i in range(0, 200, 2):
        changed = list(leaves)
        changed[i + 1] = changed[i]
        assert root_on(backend, "bitcoin", as_rows("leaves", changed), 200)[1] == 1
    almost = list(leaves)
    almost[7] = almost[6][:31] + bytes([almost[6][31] ^ 1])
    assert root_on(backend, "bitcoin", as_rows("leaves", almost), 200)[1] == 0


@on_every_device
def test_no_leaf(backend: Backend) -> None:
    empty = as_rows("leaves", [])
    assert root_on(backend, "rfc6962", empty, 0) == (sha256(b"").digest(), 0)
    with pytest.raises(ValueError, match="a bitcoin tree without leaves has no root"):
        root_on(backend, "bitcoin", empty, 0)
    for form in ("bitcoin", "rfc6962"):
        assert layers_on(backend, form, empty, 0, 0) == []


@on_every_device
@pytest.mark.parametrize("leaves", [[bytes(31)] * 3, [bytes(32), bytes(33), bytes(32)], [b"", bytes(64)]])
def test_bitcoin_leaves_of_another_width(backend: Backend, leaves: list[bytes]) -> None:
    plan = plan_of(backend, "merkle.root", form="bitcoin")
    outputs = {"root": np.zeros((1, 32), np.uint8), "mutated": np.zeros(1, np.uint8)}
    with pytest.raises(ValueError, match="a bitcoin leaf has 32"):
        plan.run({"leaves": as_rows("leaves", leaves)}, outputs, len(leaves))


TREES = [(form, algorithm) for form, found in FORMS.items() for algorithm in found.algorithms]


@on_every_device
@pytest.mark.parametrize(("form", "algorithm"), TREES)
def test_every_form_and_hash(backend: Backend, form: str, algorithm: str) -> None:
    """Root and layers of every small size; golden, whose vectors are the forms' own, knows them."""
    found = FORMS[form]
    orders = (True, False) if found.sorts_leaves else (None,)
    for n, order in itertools.product((0, 1, 2, 3, 4, 5, 6, 7, 9, 13), orders):
        if n == 0 and not found.empty:
            continue
        leaves = as_rows("leaves", nodes_of(n, 3))
        parameters = {"form": form, "algorithm": algorithm, "sort_leaves": order}
        wanted, mutated = np.zeros((1, 32), np.uint8), np.zeros(1, np.uint8)
        inputs, outputs = {"leaves": leaves, "length": None}, {"root": wanted, "mutated": mutated}
        golden.root({**parameters, "limit": None, "mix_in_length": False}, inputs, outputs, n)
        assert root_on(backend, leaves=leaves, n=n, **parameters) == (wanted.tobytes(), mutated[0])
        nodes = sum(layer_widths(form, n))
        places = np.zeros(n, np.uint64) if found.sorts_leaves else None
        layers, got_places = np.zeros((nodes, 32), np.uint8), None if places is None else np.zeros(n, np.uint64)
        golden.layers(parameters, {"leaves": leaves}, {"nodes": layers, "positions": places}, n)
        got = np.full((nodes, 32), 0xA5, np.uint8)
        plan_of(backend, "merkle.layers", **parameters).run(
            {"leaves": leaves}, {"nodes": got, "positions": got_places}, n
        )
        assert got.tobytes() == layers.tobytes()
        assert places is None or np.array_equal(places, got_places)


@on_every_device
@pytest.mark.parametrize("limit", [None, 8, 9, 1 << 40, 1 << 63])
@pytest.mark.parametrize("length", [None, 5, (1 << 64) - 1])
def test_ssz_limits_and_lengths(backend: Backend, limit: int | None, length: int | None) -> None:
    for n in range(9):
        chunks = nodes_of(n, 4)
        root, mutated = np.zeros((1, 32), np.uint8), np.zeros(1, np.uint8)
        plan = plan_of(backend, "merkle.root", form="ssz", limit=limit, mix_in_length=length is not None)
        inputs = {
            "leaves": as_rows("leaves", chunks),
            "length": None if length is None else np.array([length], np.uint64),
        }
        plan.run(inputs, {"root": root, "mutated": mutated}, n)
        assert root.tobytes() == merkleize(chunks, limit, length)


@on_every_device
def test_a_heap_that_does_not_fit_is_made_elsewhere(backend: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend._device, "chunk_bytes", 256)
    with pytest.raises(DeviceError, match="a heap of 9 nodes"):
        root_on(backend, "openzeppelin-simple", as_rows("leaves", nodes_of(5)), 5)
    assert root_on(backend, "openzeppelin-simple", as_rows("leaves", nodes_of(1)), 1) == (nodes_of(1)[0], 0)


@on_every_device
@pytest.mark.parametrize("form", ["ssz", "rfc6962"])
def test_subtrees_of_other_forms(backend: Any, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in (7, 16, 17, 33, 100):
        leaves = as_rows("leaves", nodes_of(n))
        whole = root_on(backend, form, leaves, n)
        with monkeypatch.context() as patch:
            patch.setattr(backend._device, "chunk_bytes", 256)
            assert root_on(backend, form, leaves, n) == whole
