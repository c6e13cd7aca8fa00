# SPDX-License-Identifier: Apache-2.0
"""The library's kept trees (C handles): layers, proofs, append, update and consistency against golden."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from implementations import Implementation, implementations

from examples import examples
from pyaccel._core import ffi, lib
from pyaccel.golden import merkle as golden

_native = implementations("sha256", "sha256-lanes", golden=False)
_FORMS = {"bitcoin": 1, "rfc6962": 2}
_form = pytest.mark.parametrize("form", list(_FORMS))
_OK, _INVALID, _UNSUPPORTED = 0, 1, 2


def _leaves(form: str, n: int, source: random.Random) -> list[bytes]:
    return [source.randbytes(32 if form == "bitcoin" else source.randrange(80)) for _ in range(n)]


@contextmanager
def _rows(values: list[bytes]) -> Iterator[Any]:
    """A pyaccel_rows * of 32-bit offsets over the values."""
    data = ffi.from_buffer("uint8_t[]", b"".join(values))
    offsets = ffi.new("uint32_t[]", [sum(map(len, values[:i])) for i in range(len(values) + 1)])
    yield ffi.new("pyaccel_rows *", {"data": data, "data_size": len(data), "offsets": offsets, "offset_bits": 32})


@contextmanager
def _tree(status: int, handle: Any) -> Iterator[Any]:
    """The tree that a call made, freed at the end."""
    assert status == _OK
    try:
        yield handle[0]
    finally:
        lib.pyaccel_merkle_tree_free(handle[0])


def _handle() -> Any:
    return ffi.new("pyaccel_merkle_tree **")


def _new(form: str, leaves: list[bytes]) -> Any:
    handle = _handle()
    with _rows(leaves) as rows:
        return _tree(lib.pyaccel_merkle_tree_new(handle, _FORMS[form], rows, len(leaves), ffi.NULL), handle)


def _root(tree: Any) -> bytes:
    root = ffi.new("uint8_t[32]")
    assert lib.pyaccel_merkle_tree_root(root, 32, tree) == _OK
    return bytes(root)


def _proof(call: Any, tree: Any, argument: int) -> bytes:
    """A proof, its size asked for first; one byte too little is refused and changes nothing."""
    size = ffi.new("uint64_t *", 0)
    assert call(ffi.NULL, size, tree, argument) == _OK
    proof = ffi.new("uint8_t[]", max(size[0], 1))
    if size[0]:
        short = ffi.new("uint64_t *", size[0] - 1)
        assert call(proof, short, tree, argument) == _INVALID
        assert not any(bytes(proof))
    assert call(proof, size, tree, argument) == _OK
    return bytes(proof)[: size[0]]


@_native
@_form
@examples(5)
@example(n=50, seed=1)
@given(n=st.integers(1, 50), seed=st.integers(0, 2**32))
def test_tree_handles(implementation: Implementation, form: str, n: int, seed: int) -> None:
    """A tree, the tree with leaves appended, and the tree with leaves replaced; the old ones stay as they are."""
    source = random.Random(seed)
    leaves = _leaves(form, n, source)
    more = _leaves(form, source.randrange(30), source)
    with _new(form, leaves) as tree:
        assert lib.pyaccel_merkle_tree_size(tree) == n
        assert _root(tree) == golden.tree_root(form, leaves)
        for index in {0, n - 1, source.randrange(n)}:
            proof = b"".join(golden.inclusion_proof(form, leaves, index))
            assert _proof(lib.pyaccel_merkle_tree_proof, tree, index) == proof
        past = ffi.new("uint64_t *", 7)
        assert lib.pyaccel_merkle_tree_proof(ffi.NULL, past, tree, n) == _INVALID
        assert past[0] == 0

        handle = _handle()
        with _rows(more) as rows:
            status = lib.pyaccel_merkle_tree_append(handle, tree, rows, len(more), ffi.NULL)
        with _tree(status, handle) as grown:
            assert _root(grown) == golden.tree_root(form, leaves + more)
            _check_consistency(form, grown, leaves + more, source)

        places = [source.randrange(n) for _ in range(source.randrange(1, 10))]
        values = _leaves(form, len(places), source)
        handle = _handle()
        with _rows(values) as rows:
            indices = ffi.new("uint64_t[]", places)
            status = lib.pyaccel_merkle_tree_update(handle, tree, indices, rows, len(places), ffi.NULL)
        renewed = dict(zip(places, values, strict=True))
        with _tree(status, handle) as changed:
            assert _root(changed) == golden.tree_root(form, [renewed.get(i, leaf) for i, leaf in enumerate(leaves)])

        assert _root(tree) == golden.tree_root(form, leaves)
    implementation.ran()


def _check_consistency(form: str, tree: Any, leaves: list[bytes], source: random.Random) -> None:
    call = lib.pyaccel_merkle_tree_consistency_proof
    if form == "bitcoin":
        assert call(ffi.NULL, ffi.new("uint64_t *", 0), tree, 1) == _UNSUPPORTED
        return
    for old_size in {0, 1, len(leaves), source.randrange(len(leaves) + 1)}:
        assert _proof(call, tree, old_size) == b"".join(golden.consistency_proof(leaves, old_size))
    assert call(ffi.NULL, ffi.new("uint64_t *", 0), tree, len(leaves) + 1) == _INVALID


@implementations("sha256", "sha256-lanes", golden=False)
@_form
@pytest.mark.parametrize("n", [1, 2, 3, 33, 70])
def test_layers(implementation: Implementation, form: str, n: int) -> None:
    """Every node of every layer, and the count of nodes."""
    leaves = _leaves(form, n, random.Random(n))
    node = golden.nodes_of(form, [golden.leaf_hash(form, leaf) for leaf in leaves])
    expected = [node(h, p) for h in range(golden.depth(n) + 1) for p in range(golden.width(n, h))]
    assert lib.pyaccel_merkle_node_count(n) == len(expected)
    nodes = ffi.new("uint8_t[]", 32 * len(expected))
    with _rows(leaves) as rows:
        assert lib.pyaccel_merkle_layers(nodes, len(nodes), _FORMS[form], rows, n, ffi.NULL) == _OK
        assert bytes(nodes) == b"".join(expected)
        assert lib.pyaccel_merkle_layers(nodes, len(nodes) - 1, _FORMS[form], rows, n, ffi.NULL) == _INVALID
        assert bytes(nodes)[:-1] == bytes(len(nodes) - 1)
    # Rows enough for the lanes.
    assert len(set(implementation.hash_many("sha256", [bytes(64)] * 40))) == 1
    implementation.ran()
