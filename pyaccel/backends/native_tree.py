# SPDX-License-Identifier: Apache-2.0
"""Kept Merkle trees of libpyaccel: handles that are freed with their Python objects."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from pyaccel.backends import native
from pyaccel.backends.native import ffi, lib
from pyaccel.merkle_forms import Parameters
from pyaccel.rows import Rows

Numbers = npt.NDArray[np.uint64]


def options(values: Parameters, length: int | None, keep_layers: int) -> Any:
    """pyaccel_merkle_options of these parameters; length None: the number of leaves, where one is mixed in."""
    _, algorithm, sort_leaves, limit, mix_in_length = values
    made = ffi.new("pyaccel_merkle_options *")
    made.struct_size = ffi.sizeof("pyaccel_merkle_options")
    made.threads = native.threads()
    made.algorithm = native.constant("HASH", algorithm)
    made.limit = limit or 0
    made.unsorted = sort_leaves is False
    made.keep_layers = keep_layers
    if mix_in_length:
        made.mix_in_length = lib.PYACCEL_MERKLE_MIX_IN_SIZE
        if length is not None:
            made.mix_in_length = lib.PYACCEL_MERKLE_MIX_IN_LENGTH
            made.length = length
    return made


def new(form: str, rows: Rows, n: int, made: Any) -> Any:
    """The tree over n rows."""
    handle = ffi.new("pyaccel_merkle_tree **")
    return _given(handle, lib.pyaccel_merkle_tree_new(handle, _form(form), native.rows_view(rows), n, made))


def of_layers(form: str, nodes: npt.NDArray[np.uint8], positions: Numbers | None, n: int, made: Any) -> Any:
    """The tree whose layers another device made."""
    handle = ffi.new("pyaccel_merkle_tree **")
    place = None if positions is None else ffi.from_buffer("uint64_t[]", positions)
    if place is not None:
        made.positions = place
    flat = ffi.from_buffer("uint8_t[]", nodes)
    tree = _given(handle, lib.pyaccel_merkle_tree_of_layers(handle, _form(form), flat, nodes.nbytes, n, made))
    made.positions = ffi.NULL
    return tree


def append(tree: Any, rows: Rows, made: Any, old_leaves: Rows | None) -> Any:
    """The tree with rows appended."""
    handle = ffi.new("pyaccel_merkle_tree **")
    old = _view(old_leaves)  # held here, as another thread's view may take its place in the Rows
    made.old_leaves = old
    status = lib.pyaccel_merkle_tree_append(handle, tree, native.rows_view(rows), len(rows), made)
    return _given(handle, status, "old_leaves", old_leaves)


def update(tree: Any, indices: Numbers, rows: Rows, made: Any, old_leaves: Rows | None) -> Any:
    """The tree with leaves replaced."""
    handle = ffi.new("pyaccel_merkle_tree **")
    old = _view(old_leaves)  # as in append
    made.old_leaves = old
    places = ffi.from_buffer("uint64_t[]", indices)
    status = lib.pyaccel_merkle_tree_update(handle, tree, places, native.rows_view(rows), len(rows), made)
    return _given(handle, status, "old_leaves", old_leaves)


def size(tree: Any) -> int:
    """Number of leaves."""
    return int(lib.pyaccel_merkle_tree_size(tree))


def root(tree: Any) -> bytes:
    """32 bytes."""
    node = ffi.new("uint8_t[32]")
    _check(lib.pyaccel_merkle_tree_root(node, 32, tree))
    return bytes(ffi.buffer(node))


def proofs(tree: Any, indices: Numbers, leaves: Rows | None) -> Rows:
    """Inclusion proofs as rows."""
    offsets = np.empty(len(indices) + 1, np.uint64)
    write_proofs(None, offsets, tree, indices, None)
    nodes = np.empty(int(offsets[-1]), np.uint8)
    write_proofs(nodes, offsets, tree, indices, leaves)
    return Rows(nodes, offsets=offsets)


def write_proofs(
    nodes: npt.NDArray[np.uint8] | None, offsets: Numbers, tree: Any, indices: Numbers, leaves: Rows | None
) -> None:
    """Fills nodes with proofs and offsets, uint64[n + 1], with where each begins and the last ends; None: offsets."""
    out = ffi.NULL if nodes is None else ffi.from_buffer("uint8_t[]", nodes, require_writable=True)
    room = 0 if nodes is None else nodes.nbytes
    places, ends = ffi.from_buffer("uint64_t[]", indices), ffi.from_buffer("uint64_t[]", offsets, require_writable=True)
    status = lib.pyaccel_merkle_tree_proofs(out, room, ends, tree, places, len(indices), _view(leaves))
    _check(status, "leaves", leaves)


def consistency_proof(tree: Any, old_size: int, leaves: Rows | None) -> bytes:
    """The nodes of a consistency proof."""
    proof = ffi.new("uint8_t[]", 66 * 32)
    count = ffi.new("uint64_t *", len(proof))
    status = lib.pyaccel_merkle_tree_consistency_proof_of(proof, count, tree, old_size, _view(leaves))
    _check(status, "leaves", leaves)
    return bytes(ffi.buffer(proof, count[0]))


def multiproof(tree: Any, indices: Numbers, leaves: Rows | None) -> tuple[bytes, npt.NDArray[np.bool_], Numbers]:
    """Nodes, flags, and the indices in the order of the leaves."""
    n = len(indices)
    order = indices.copy()
    places = ffi.from_buffer("uint64_t[]", indices)
    ordered = ffi.from_buffer("uint64_t[]", order, require_writable=True)
    node_bytes, flag_count = ffi.new("uint64_t *"), ffi.new("uint64_t *")
    view = _view(leaves)

    def call(proof: Any, flags: Any) -> None:
        status = lib.pyaccel_merkle_tree_multiproof(
            proof, node_bytes, flags, flag_count, ordered, tree, places, n, view
        )
        _check(status, "leaves", leaves)

    call(ffi.NULL, ffi.NULL)
    proof, flags = ffi.new("uint8_t[]", max(node_bytes[0], 1)), np.zeros(flag_count[0], np.bool_)
    call(proof, ffi.from_buffer("uint8_t[]", flags, require_writable=True))
    return bytes(ffi.buffer(proof, node_bytes[0])), flags, order


def nodes(tree: Any, indices: Numbers, leaves: Rows | None) -> npt.NDArray[np.uint8]:
    """The nodes at generalized indices, uint8[n, 32]."""
    found = np.empty((len(indices), 32), np.uint8)
    out = ffi.from_buffer("uint8_t[]", found, require_writable=True)
    places = ffi.from_buffer("uint64_t[]", indices)
    status = lib.pyaccel_merkle_tree_nodes(out, found.nbytes, tree, places, len(indices), _view(leaves))
    _check(status, "leaves", leaves)
    return found


def _form(form: str) -> int:
    return native.constant("MERKLE", form)


def _view(rows: Rows | None) -> Any:
    return ffi.NULL if rows is None else native.rows_view(rows)


def _given(handle: Any, status: int, name: str = "", leaves: Rows | None = None) -> Any:
    _check(status, name, leaves)
    return ffi.gc(handle[0], lib.pyaccel_merkle_tree_free)


def _check(status: int, name: str = "", leaves: Rows | None = None) -> None:
    """Raises what a status means. leaves: those handed back as `name`; all but that they are the tree's was checked."""
    if status:
        if status == lib.PYACCEL_INVALID_ARGUMENT and leaves is not None:
            raise ValueError(f"{name}: other leaves than the tree's came; wanted all of its own, in their order")
        native.raise_status("merkle.Tree", status)
