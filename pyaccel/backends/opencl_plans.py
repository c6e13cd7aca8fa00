# SPDX-License-Identifier: Apache-2.0
"""What OpenCL devices compute: SHA-256 and SHA-256d of many rows, and Merkle trees over them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pyaccel.backends.base import Buffer, Inputs, Outputs
from pyaccel.backends.opencl_rows import Chunk, checked_offsets, chunks, host_rows
from pyaccel.rows import Rows

if TYPE_CHECKING:
    from pyaccel.backends.opencl_device import Device

NODE = 32
"""Bytes of a digest and of a node."""

_HASH = "hash/sha256.cl"
_LAYERS = "merkle/layers.cl"
_PASSES = {"sha256": 1, "sha256d": 2}


def host_bytes(name: str, value: Any, size: int) -> npt.NDArray[np.uint8]:
    """The flat first bytes of an output in host memory, writable through; ValueError where there are fewer."""
    array: npt.NDArray[np.uint8] = value.data if isinstance(value, Buffer) else value
    if isinstance(value, Buffer) and value.device != "native":
        raise ValueError(f"{name}: an output on {value.device} can't be written here")
    if array.dtype != np.uint8 or not array.flags.c_contiguous or array.nbytes < size:
        raise ValueError(f"{name}: {array.dtype}{list(array.shape)} came; wanted {size} contiguous bytes")
    return array.reshape(-1)[:size]


class Rowwise:
    """Runs one of a pair of kernels, <entry>_fixed or <entry>_offsets, over a chunk of rows."""

    def __init__(self, device: Device, path: str, entry: str, *constants: Any) -> None:
        """Args: constants: arguments of both kernels between the rows and n."""
        self._device = device
        self._path = path
        self._entry = entry
        self._constants = constants

    def run(self, chunk: Chunk, digests: Any) -> None:
        """Fills the device buffer digests, 32 bytes a row. Inside device.batch()."""
        device = self._device
        data = device.upload(chunk.data)
        if chunk.offsets is None:
            where: tuple[Any, ...] = (np.uint64(chunk.width), np.uint64(chunk.stride))
            suffix = "fixed"
        else:
            where = (device.upload(chunk.offsets),)
            suffix = "offsets"
        device.launch(self._path, f"{self._entry}_{suffix}", chunk.count, digests, data, *where, *self._constants)


@dataclass(frozen=True)
class HashPlan:
    """hash_many with sha256 or sha256d."""

    device: Device
    algorithm: str

    @property
    def variant(self) -> str:
        """Device and algorithm: opencl:0/sha256."""
        return f"{self.device.name}/{self.algorithm}"

    def build(self) -> None:
        """Compiles the kernels; DeviceError where that fails."""
        with self.device.batch():
            self.device.build(_HASH)

    def run(self, inputs: Inputs, outputs: Outputs, n: int) -> None:
        """digests[i] = H(messages[i]) for i < n; raises as Plan.run."""
        messages = host_rows("messages", inputs["messages"], n)
        digests = host_bytes("digests", outputs["digests"], n * NODE).reshape(n, NODE)
        rowwise = Rowwise(self.device, _HASH, "hash_sha256", np.uint32(_PASSES[self.algorithm]))
        limit = self.device.chunk_bytes
        for chunk in chunks("messages", messages, n, limit, limit // NODE):
            with self.device.batch():
                on_device = self.device.allocate(chunk.count * NODE)
                rowwise.run(chunk, on_device)
                self.device.read(digests[chunk.first : chunk.first + chunk.count], on_device)


@dataclass(frozen=True)
class MerklePlan:
    """merkle.root and merkle.layers in the forms bitcoin and rfc6962.

    A tree larger than the device takes at once is cut into subtrees of a power of two of leaves; their roots are a
    layer, from which the top goes on.
    """

    device: Device
    form: str
    whole: bool
    """All layers come back (merkle.layers), not the root alone."""

    @property
    def variant(self) -> str:
        """Device and form: opencl:0/merkle-bitcoin."""
        return f"{self.device.name}/merkle-{self.form}"

    def build(self) -> None:
        """Compiles the kernels; DeviceError where that fails."""
        with self.device.batch():
            self.device.build(_LAYERS)

    def run(self, inputs: Inputs, outputs: Outputs, n: int) -> None:
        """Root and mutation flag, or all layers, of the tree over n leaves; raises as Plan.run."""
        leaves = host_rows("leaves", inputs["leaves"], n)
        widths = layer_widths(n)
        layers: list[npt.NDArray[np.uint8]] = []
        if self.whole:
            nodes = host_bytes("nodes", outputs["nodes"], sum(widths) * NODE).reshape(-1, NODE)
            layers = np.split(nodes, np.cumsum(widths)[:-1]) if n else []
            if n:
                self._reduce(leaves, n, layers)
            return
        root = host_bytes("root", outputs["root"], NODE)
        mutated = host_bytes("mutated", outputs["mutated"], 1) if "mutated" in outputs else np.empty(1, np.uint8)
        if n == 0 and self.form == "bitcoin":
            raise ValueError("leaves: a bitcoin tree without leaves has no root")
        if n == 0:
            HashPlan(self.device, "sha256").run({"messages": Rows(b"", width=0, stride=0)}, {"digests": root}, 1)
            mutated[0] = 0
            return
        root[:], mutated[0] = self._reduce(leaves, n, layers)

    def _reduce(self, leaves: Rows, n: int, layers: list[npt.NDArray[np.uint8]]) -> tuple[npt.NDArray[np.uint8], bool]:
        """Root and mutation flag; fills layers, where there are any."""
        device = self.device
        most = 1 << (device.chunk_bytes // NODE).bit_length() - 1
        depth = (n - 1).bit_length()
        below = min(depth, most.bit_length() - 1)
        tops = np.empty((-(-n // most), NODE), np.uint8)
        mutated = np.zeros(1, np.uint32)
        with device.batch():
            flag = device.allocate(mutated.nbytes)
            device.write(flag, mutated)
            room = max(min(n, most), len(tops)) * NODE
            here, there = device.allocate(room), device.allocate(room)
            for position, start in enumerate(range(0, n, most)):
                count = min(most, n - start)
                self._leaf_nodes(leaves, start, count, here)
                top = self._climb(here, there, flag, count, 0, below, start, layers)
                device.read(tops[position], top)
            if below < depth:
                device.write(here, tops)
                top = self._climb(here, there, flag, len(tops), below, depth, 0, layers)
                device.read(tops[0], top)
            device.read(mutated, flag)
        return tops[0], bool(mutated[0])

    def _leaf_nodes(self, leaves: Rows, start: int, count: int, nodes: Any) -> None:
        """Puts leaf nodes start .. start + count into the device buffer nodes."""
        device = self.device
        subtree = leaves[start : start + count]
        if self.form == "bitcoin":
            device.write(nodes, node_rows(subtree, count))
            return
        rowwise = Rowwise(device, _LAYERS, "merkle_leaves")
        limit = device.chunk_bytes
        for chunk in chunks("leaves", subtree, count, limit, limit // NODE):
            if chunk.count == count:
                rowwise.run(chunk, nodes)
                return
            part = device.allocate(chunk.count * NODE)
            rowwise.run(chunk, part)
            device.copy(nodes, chunk.first * NODE, part, chunk.count * NODE)

    def _climb(
        self,
        here: Any,
        there: Any,
        flag: Any,
        count: int,
        bottom: int,
        top: int,
        start: int,
        layers: list[npt.NDArray[np.uint8]],
    ) -> Any:
        """Goes from `count` nodes of layer `bottom` up to layer `top` in the buffers here and there.

        Args:
            here: device buffer that holds the nodes.
            there: another one of that size.
            flag: device buffer of the mutation flag (form bitcoin).
            count: nodes at the bottom.
            bottom: height to start from.
            top: height to end at.
            start: first leaf below these nodes, a multiple of 2^top unless the tree ends at top.
            layers: where each layer is to be kept; empty: nowhere.

        Returns:
            The buffer whose first node is the top.
        """
        for height in range(bottom, top + 1):
            if layers and (height > bottom or bottom == 0):
                first = start >> height
                self.device.read(layers[height][first : first + count], here)
            if height == top:
                break
            parents = -(-count // 2)
            arguments = (here, np.uint32(count)) if self.form == "rfc6962" else (flag, here, np.uint32(count))
            self.device.launch(_LAYERS, f"merkle_parents_{self.form}", parents, there, *arguments)
            here, there, count = there, here, parents
        return here


def layer_widths(n: int) -> list[int]:
    """Nodes of each layer of a tree of n leaves, leaves first; none for no leaf."""
    widths = [n] if n else []
    while widths and widths[-1] > 1:
        widths.append(-(-widths[-1] // 2))
    return widths


def node_rows(rows: Rows, n: int) -> npt.NDArray[np.uint8]:
    """The first n rows, of 32 bytes each, as one contiguous array; ValueError for another width, names the row."""
    array = rows.array(n)
    if array is None:
        offsets = checked_offsets("leaves", rows, n)
        wrong = np.diff(offsets) != NODE
        if bool(wrong.any()):
            i = int(wrong.argmax())
            raise ValueError(f"leaves: row {i} has {offsets[i + 1] - offsets[i]} bytes; a bitcoin leaf has {NODE}")
        array = rows.data[int(offsets[0]) : int(offsets[-1])].reshape(n, NODE)
    if array.shape[1] != NODE:
        raise ValueError(f"leaves: rows of {array.shape[1]} bytes came; a bitcoin leaf has {NODE}")
    return np.ascontiguousarray(array)
