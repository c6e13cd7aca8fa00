# SPDX-License-Identifier: Apache-2.0
"""Trees that are one array of nodes (OpenZeppelin's) on a device with kernels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pyaccel.backends.device_nodes import NODE, PAIRS, copy_nodes, gather_nodes, hash_pairs, leaf_nodes, node_rows
from pyaccel.errors import DeviceError

if TYPE_CHECKING:
    from pyaccel.backends.device import Device
    from pyaccel.merkle_forms import Form
    from pyaccel.rows import Rows

Nodes = npt.NDArray[np.uint8]
Order = npt.NDArray[np.int64]


def heap(
    device: Device, name: str, form: Form, algorithm: str, leaves: Rows, n: int, *, sort: bool
) -> tuple[Any, Order]:
    """The buffer of A[0 .. 2n - 1), A[n + m] = parent(A[2m], A[2m + 1]), and which leaf each of A[0 .. n) is; n > 0.

    Parents of nodes that are there already are made in one launch: a layer, or what of it lies in one piece. Inside
    device.batch().

    Raises:
        DeviceError: the device fails, or does not take all nodes at once.
    """
    size, order = (2 * n - 1) * NODE, np.arange(n)
    if size > device.chunk_bytes:
        raise DeviceError(f"{device.name}: a heap of {2 * n - 1} nodes is more than it takes at once")
    on_device = device.allocate(size)
    unsorted = device.allocate(n * NODE) if sort else on_device
    leaf_nodes(device, name, form, algorithm, leaves, n, unsorted)
    if sort:
        if form.leaf == "node":
            nodes = node_rows(name, leaves, n)
        else:
            nodes = np.empty((n, NODE), np.uint8)
            device.read(nodes, unsorted)
        order = sorted_order(nodes)
        gather_nodes(device, on_device, unsorted, device.upload(order.astype(np.uint32)), n)
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
    return on_device, order


def sorted_order(nodes: Nodes) -> Order:
    """The stable order that sorts n nodes as byte strings.

    One number a node, its leading bits above its row, is sorted; hashes seldom share those bits, and what does is
    sorted by all bytes. Sorting 2^20 rows by all bytes takes ten times as long.
    """
    n = len(nodes)
    words = np.ascontiguousarray(nodes).view(">u8")
    row_bits = np.uint64((n - 1).bit_length())
    rows_mask = (np.uint64(1) << row_bits) - np.uint64(1)
    keys = words[:, 0].astype(np.uint64) & ~rows_mask | np.arange(n, dtype=np.uint64)
    keys.sort()
    order = (keys & rows_mask).astype(np.int64)
    heads = keys >> row_bits
    same = np.flatnonzero(heads[1:] == heads[:-1])
    if len(same):
        places = np.union1d(same, same + 1)
        tied = order[places]
        tied.sort()
        order[places] = tied[np.lexsort(words[tied].T[::-1])]
    return order
