# SPDX-License-Identifier: Apache-2.0
"""Nodes of Merkle trees in the buffers of a device: leaf nodes, and a layer from the one below."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pyaccel.backends.device_algorithms import KERNELS
from pyaccel.backends.device_hash import launch
from pyaccel.backends.device_kept import KeptRows, kept_on
from pyaccel.backends.device_rows import DeviceRows, checked_offsets, chunks, upload_rows
from pyaccel.backends.device_ssz import zero_hash

if TYPE_CHECKING:
    from pyaccel.backends.device import Device
    from pyaccel.merkle_forms import Form
    from pyaccel.rows import Rows

NODE = 32
"""Bytes of a node."""

PAIRS = "merkle/pairs.cl"
_NODE_WORDS = NODE // 4


def copy_nodes(device: Device, to: Any, to_node: int, source: Any, from_node: int, count: int) -> None:
    """Copies nodes between buffers, or within one where they are apart. Inside device.batch()."""
    places = np.uint64(to_node), np.uint64(from_node)
    device.launch(PAIRS, "merkle_copy_nodes", count * _NODE_WORDS, to, source, *places)


def gather_nodes(device: Device, to: Any, source: Any, places: Any, count: int) -> None:
    """Node i of buffer to = node places[i] of buffer source; places: a buffer of uint32. Inside device.batch()."""
    device.launch(PAIRS, "merkle_gather_nodes", count * _NODE_WORDS, to, source, places)


def hash_pairs(device: Device, form: Form, algorithm: str, parents: Any, nodes: Any, pairs: int) -> None:
    """Parents of the first pairs of a buffer, into the start of another. Inside device.batch()."""
    prefix = form.node_prefix[0] if form.node_prefix else None
    rows = DeviceRows(nodes, 2 * pairs * NODE, width=2 * NODE, stride=2 * NODE, prefix=prefix)
    launch(device, KERNELS[algorithm], pairs, parents, rows, nodes, 0, NODE)


def parents_of(
    device: Device, form: Form, algorithm: str, nodes: Any, parents: Any, flag: Any, count: int, height: int
) -> None:
    """Fills the buffer parents from the `count` nodes of layer `height`. Inside device.batch().

    Args:
        device: where.
        form: any but heaps.
        algorithm: its hash.
        nodes: buffer with room for one node more.
        parents: buffer for ceil(count / 2) nodes.
        flag: buffer of the mutation flag, raised where two siblings of a form that doubles nodes are equal.
        count: nodes of the layer.
        height: of the layer.
    """
    pairs, lone = divmod(count, 2)
    if form.odd == "twice" and pairs:
        device.launch(PAIRS, "merkle_equal_pairs", pairs, flag, nodes)
    if lone and form.odd == "promoted":
        copy_nodes(device, parents, pairs, nodes, count - 1, 1)
    elif lone:
        if form.odd == "twice":
            copy_nodes(device, nodes, count, nodes, count - 1, 1)
        else:
            device.write(nodes, np.frombuffer(zero_hash(height), np.uint8), count * NODE)
        pairs += 1
    if pairs:
        hash_pairs(device, form, algorithm, parents, nodes, pairs)


def leaf_nodes(device: Device, name: str, form: Form, algorithm: str, leaves: Rows, count: int, nodes: Any) -> None:
    """Puts the nodes of the first `count` leaves into the buffer nodes. Inside device.batch()."""
    if form.leaf == "node" and kept_on(device, leaves, NODE):
        assert isinstance(leaves, KeptRows)
        device.copy(nodes, leaves.part(device, 0, count * NODE), count * NODE)
        return
    if form.leaf == "node":
        device.write(nodes, node_rows(name, leaves, count))
        return
    kernel, limit = KERNELS[algorithm], device.copied_bytes
    for chunk in chunks("leaves", leaves, count, limit, limit // NODE):
        part = nodes if chunk.count == count and form.leaf != "twice" else device.allocate(chunk.count * NODE)
        rows = upload_rows(device, chunk, form.leaf_prefix[0] if form.leaf_prefix else None)
        launch(device, kernel, chunk.count, part, rows, rows.data, 0, NODE)
        if form.leaf == "twice":
            once, part = part, nodes if chunk.count == count else device.allocate(chunk.count * NODE)
            rows = DeviceRows(once, chunk.count * NODE, width=NODE, stride=NODE)
            launch(device, kernel, chunk.count, part, rows, once, 0, NODE)
        if part is not nodes:
            copy_nodes(device, nodes, chunk.first, part, 0, chunk.count)


def node_rows(form: str, rows: Rows, n: int) -> npt.NDArray[np.uint8]:
    """The first n rows, of 32 bytes each, as one contiguous array; ValueError for another width, names the row."""
    array = rows.array(n)
    if array is None:
        offsets = checked_offsets("leaves", rows, n)
        wrong = np.diff(offsets) != NODE
        if bool(wrong.any()):
            i = int(wrong.argmax())
            raise ValueError(f"leaves: row {i} has {offsets[i + 1] - offsets[i]} bytes; a {form} leaf has {NODE}")
        array = rows.data[int(offsets[0]) : int(offsets[-1])].reshape(n, NODE)
    if array.shape[1] != NODE:
        raise ValueError(f"leaves: rows of {array.shape[1]} bytes came; a {form} leaf has {NODE}")
    return np.ascontiguousarray(array)
