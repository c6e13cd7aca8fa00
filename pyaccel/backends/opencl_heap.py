# SPDX-License-Identifier: Apache-2.0
"""Trees that are one array of nodes (OpenZeppelin's) on an OpenCL device."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from pyaccel.backends.opencl_nodes import NODE, PAIRS, copy_nodes, hash_pairs, leaf_nodes, node_rows
from pyaccel.errors import DeviceError

if TYPE_CHECKING:
    from pyaccel.backends.opencl_device import Device
    from pyaccel.merkle_forms import Form
    from pyaccel.rows import Rows

Nodes = npt.NDArray[np.uint8]


def heap(
    device: Device, name: str, form: Form, algorithm: str, leaves: Rows, n: int, *, sort: bool
) -> tuple[Nodes, npt.NDArray[np.int64]]:
    """A[0 .. 2n - 1), where A[n + m] = parent(A[2m], A[2m + 1]), and which leaf each of A[0 .. n) is; n > 0.

    Parents of nodes that are there already are made in one launch: a layer, or what of it lies in one piece.

    Raises:
        DeviceError: the device fails, or does not take all nodes at once.
    """
    nodes, order = np.empty((2 * n - 1, NODE), np.uint8), np.arange(n)
    if nodes.nbytes > device.chunk_bytes:
        raise DeviceError(f"{device.name}: a heap of {len(nodes)} nodes is more than it takes at once")
    with device.batch():
        on_device = device.allocate(nodes.nbytes)
        if form.leaf != "node":
            leaf_nodes(device, name, form, algorithm, leaves, n, on_device)
            device.read(nodes[:n], on_device)
        else:
            nodes[:n] = node_rows(name, leaves, n)
        if sort:
            order = _order(nodes[:n])
            nodes[:n] = nodes[order]
        if sort or form.leaf == "node":
            device.write(on_device, nodes[:n])
        if n > 1:
            pairs, parents = device.allocate(n * NODE), device.allocate(n // 2 * NODE)
            made, ready = 0, n
            while made < n - 1:
                count = min(ready // 2, n - 1) - made
                device.launch(PAIRS, "merkle_sort_pairs", count, pairs, on_device, np.uint64(made))
                hash_pairs(device, form, algorithm, parents, pairs, count)
                copy_nodes(device, on_device, n + made, parents, 0, count)
                made += count
                ready += count
        device.read(nodes[n:], on_device, n * NODE)
    return nodes, order


def _order(nodes: Nodes) -> npt.NDArray[np.int64]:
    """The stable order that sorts nodes as byte strings."""
    words = np.ascontiguousarray(nodes).view(">u8")
    order: npt.NDArray[np.int64] = np.lexsort(words.T[::-1])
    return order
