# SPDX-License-Identifier: Apache-2.0
"""merkle.proofs on every OpenCL device: every form and size, pieces, what does not fit; and the order of heaps."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from opencl_support import on_every_device, plan_of

from pyaccel import merkle
from pyaccel.backends import device_proofs
from pyaccel.backends.base import Backend
from pyaccel.backends.device_heap import sorted_order
from pyaccel.errors import DeviceError
from pyaccel.golden import merkle as golden
from pyaccel.merkle_forms import FORMS, longest_proof, parameters
from pyaccel.operations import OPERATIONS
from pyaccel.rows import as_rows

pytestmark = pytest.mark.opencl

TREES = [(form, algorithm) for form, found in FORMS.items() for algorithm in found.algorithms]


def leaves_of(form: str, n: int) -> list[bytes]:
    source = random.Random(n)
    return [source.randbytes(32 if FORMS[form].leaf == "node" else source.randrange(100)) for _ in range(n)]


def proofs_on(
    backend: Backend, leaves: list[bytes], indices: Any, length: int | None = None, **options: Any
) -> tuple[bytes, list[bytes]]:
    """Root and proofs by the device."""
    values = parameters(**options)
    named = dict(zip(OPERATIONS["merkle.proofs"].parameters, values, strict=True))
    n, places = len(leaves), np.array(indices, np.uint64)
    room = len(places) * 32 * longest_proof(values[0], n, values[3], mix_in_length=values[4])
    root, nodes = np.full((1, 32), 0xA5, np.uint8), np.full(room, 0xA5, np.uint8)
    ends = np.full(len(places) + 1, 0xA5, np.uint64)
    mixed = None if length is None else np.array([length], np.uint64)
    inputs = {"leaves": as_rows("leaves", leaves), "length": mixed, "indices": places}
    plan_of(backend, "merkle.proofs", **named).run(inputs, {"root": root, "proofs": nodes, "offsets": ends}, n)
    return root.tobytes(), [nodes[a:b].tobytes() for a, b in pairwise(ends.tolist())]


def kept(leaves: list[bytes], indices: Any, **options: Any) -> tuple[bytes, list[bytes]]:
    """The same by a native tree."""
    tree = merkle.Tree(leaves, device="native", **options)
    return tree.root, [bytes(proof) for proof in tree.proofs(indices)]


def by_definition(leaves: list[bytes], indices: Any, **options: Any) -> tuple[bytes, list[bytes]]:
    """The same by golden."""
    root, proofs = merkle.proofs(leaves, indices, device="golden", **options)
    return root, [bytes(proof) for proof in proofs]


@on_every_device
@pytest.mark.parametrize(("form", "algorithm"), TREES)
def test_every_form_and_hash(backend: Backend, form: str, algorithm: str) -> None:
    for n in (1, 2, 3, 5, 6, 7, 8, 13):
        for order in (True, False) if FORMS[form].sorts_leaves else (None,):
            leaves, options = leaves_of(form, n), {"form": form, "algorithm": algorithm, "sort_leaves": order}
            found = proofs_on(backend, leaves, range(n), **options)
            assert found == by_definition(leaves, range(n), **options)
            assert found == kept(leaves, range(n), **options)


@on_every_device
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("n", [64, 65, 100, 1000, 1025])
def test_larger_trees_in_pieces(backend: Backend, form: str, n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some leaves twice and in any order, seven proofs a launch."""
    monkeypatch.setattr(device_proofs, "_PROOFS", 7)
    leaves, indices = leaves_of(form, n), random.Random(n).choices(range(n), k=40)
    found = proofs_on(backend, leaves, indices, form=form)
    assert found == kept(leaves, indices, form=form)
    assert golden.verify_inclusion(
        form, found[0], leaves[indices[5]], indices[5], found[1][5], n, FORMS[form].algorithms[0]
    )


@on_every_device
@pytest.mark.parametrize("limit", [None, 8, 9, 1 << 40, 1 << 63])
@pytest.mark.parametrize("length", [None, 5, (1 << 64) - 1])
def test_ssz_limits_and_lengths(backend: Backend, limit: int | None, length: int | None) -> None:
    for n in range(9):
        options = {"form": "ssz", "limit": limit, "mix_in_length": length is not None, "length": length}
        wanted = by_definition(leaves_of("ssz", n), range(n), **options)
        assert proofs_on(backend, leaves_of("ssz", n), range(n), **options) == wanted


@on_every_device
def test_no_leaf_and_no_index(backend: Backend) -> None:
    assert proofs_on(backend, [], [], form="rfc6962") == (golden.tree_root("rfc6962", []), [])
    leaves = leaves_of("rfc6962", 5)
    assert proofs_on(backend, leaves, [], form="rfc6962") == (golden.tree_root("rfc6962", leaves), [])
    with pytest.raises(ValueError, match="a bitcoin tree without leaves has no root"):
        proofs_on(backend, [], [], form="bitcoin")
    with pytest.raises(ValueError, match="indices: leaf 5 of a tree of 5 leaves"):
        proofs_on(backend, leaves, [1, 5], form="rfc6962")


@on_every_device
@pytest.mark.parametrize("form", ["rfc6962", "ssz", "openzeppelin-simple"])
def test_a_tree_that_does_not_fit_is_made_elsewhere(backend: Any, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nine leaves: 20 nodes in layers, 17 in a heap; ssz has four zero hashes beside them."""
    leaves = leaves_of(form, 9)
    nodes = {"rfc6962": 20, "ssz": 24, "openzeppelin-simple": 17}[form]
    monkeypatch.setattr(backend._device, "chunk_bytes", nodes * 32)
    assert proofs_on(backend, leaves, range(9), form=form) == by_definition(leaves, range(9), form=form)
    monkeypatch.setattr(backend._device, "chunk_bytes", nodes * 32 - 1)
    with pytest.raises(DeviceError, match=r"nodes is more than it (keeps|takes) at once"):
        proofs_on(backend, leaves, range(9), form=form)


@on_every_device
def test_the_tree_stays_on_the_device(backend: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes back: the node over all, the mutation flag, and the proofs."""
    read, came = backend._device.read, []

    def counted(array: Any, *arguments: Any) -> None:
        came.append(array.nbytes)
        read(array, *arguments)

    monkeypatch.setattr(backend._device, "read", counted)
    leaves = leaves_of("rfc6962", 1024)
    found = proofs_on(backend, leaves, [0, 1023, 512], form="rfc6962")
    assert found == kept(leaves, [0, 1023, 512], form="rfc6962")
    assert sum(came) <= 3 * 10 * 32 + 2 * 32 + 4
    came.clear()
    simple = leaves_of("openzeppelin-simple", 1024)
    found = proofs_on(backend, simple, [7], form="openzeppelin-simple")
    assert found == kept(simple, [7], form="openzeppelin-simple")
    assert sum(came) <= 11 * 32 + 32


@pytest.mark.parametrize("n", [1, 2, 3, 100, 1000])
def test_sorted_order(n: int) -> None:
    """Against Python's stable sort: hashes, and rows that share their beginnings or everything."""
    generator = np.random.default_rng(n)
    rows = generator.integers(0, 256, (n, 32), np.uint8)
    few = generator.integers(0, 2, (n, 32), np.uint8)
    late = few.copy()
    late[:, :8] = 7
    last = np.zeros((n, 32), np.uint8)
    last[:, 31] = few[:, 0]
    for nodes in (rows, few, late, last, np.repeat(rows[:1], n, axis=0), rows[generator.integers(0, n, n)]):
        keys = [row.tobytes() for row in nodes]
        assert sorted_order(nodes).tolist() == sorted(range(n), key=keys.__getitem__)
