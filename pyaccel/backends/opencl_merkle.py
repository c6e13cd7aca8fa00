# SPDX-License-Identifier: Apache-2.0
"""Merkle trees on an OpenCL device."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pyaccel.backends.opencl_algorithms import KERNELS
from pyaccel.backends.opencl_hash import HashPlan, launch
from pyaccel.backends.opencl_rows import FIXED_ROWS, DeviceRows, checked_offsets, chunks, host_bytes, host_rows, upload_rows
from pyaccel.rows import Rows

if TYPE_CHECKING:
    from pyaccel.backends.base import Inputs, Outputs, Parameters
    from pyaccel.backends.opencl_device import Device

NODE = 32
"""Bytes of a node."""

_NODE_WORDS = NODE // 4
_PAIRS = "merkle/pairs.cl"


@dataclass(frozen=True)
class Form:
    """How nodes are made (csrc/include/pyaccel/merkle.h).

    Attributes:
        algorithm: the form's own hash.
        node_prefix, leaf_prefix: a byte before children and leaves; None: none before children, a leaf is its own node.
        paired_with_itself: a last node without a sibling is its own; else it goes up unchanged.
        checked: equal siblings raise the mutation flag.
        empty: a tree of no leaves has a root, H("").
        others: hashes that the form takes beside its own.
    """

    algorithm: str
    node_prefix: int | None = None
    leaf_prefix: int | None = None
    paired_with_itself: bool = False
    checked: bool = False
    empty: bool = False
    others: tuple[str, ...] = ()


_LOGS = ("sha512-256", "sha3-256", "keccak256", "sm3", "blake2b-256", "blake2s-256", "blake3")

FORMS = {
    "bitcoin": Form("sha256d", paired_with_itself=True, checked=True),
    "rfc6962": Form("sha256", 1, 0, empty=True, others=_LOGS),
    "cometbft": Form("sha256", 1, 0, empty=True),
}
"""Form by name."""

@dataclass(frozen=True)
class MerklePlan:
    """merkle.root and merkle.layers.

    Parents are rows of 64 bytes in the buffer of the layer below. A tree larger than the device takes at once is cut into
    subtrees of a power of two of leaves; their roots are a layer, from which the top goes on.
    """

    device: Device
    form: Form
    name: str
    algorithm: str
    whole: bool
    """All layers come back (merkle.layers), not the root alone."""

    @classmethod
    def of(cls, device: Device, parameters: Parameters, *, whole: bool) -> MerklePlan | str:
        """The plan, or why there is none."""
        name = str(parameters.get("form"))
        form = FORMS.get(name)
        if form is None:
            return f"OpenCL has kernels for Merkle trees of the forms {', '.join(FORMS)}, not {name}"
        algorithm = parameters.get("algorithm") or form.algorithm
        kernel = KERNELS.get(algorithm)
        if kernel is None or algorithm not in (form.algorithm, *form.others):
            return f"OpenCL has form {name} with {form.algorithm}, not with {algorithm}"
        if parameters.get("limit"):
            return f"OpenCL has form {name} without a limit"
        return cls(device, form, name, algorithm, whole)

    @property
    def variant(self) -> str:
        """Device and form: opencl:0/merkle-bitcoin."""
        return f"{self.device.name}/merkle-{self.name}"

    def build(self) -> None:
        """Compiles the kernels; DeviceError where that fails."""
        with self.device.batch():
            self.device.build(KERNELS[self.algorithm].path, FIXED_ROWS)
            self.device.build(_PAIRS)

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
        if n == 0 and not self.form.empty:
            raise ValueError(f"leaves: a {self.name} tree without leaves has no root")
        if n == 0:
            of_nothing = HashPlan(self.device, self.algorithm, KERNELS[self.algorithm], NODE)
            of_nothing.run({"messages": Rows(b"", width=0, stride=0)}, {"digests": root}, 1)
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
            room = (max(min(n, most), len(tops)) + 1) * NODE  # and a sibling for a last node without one
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
        device, kernel = self.device, KERNELS[self.algorithm]
        subtree = leaves[start : start + count]
        if self.form.leaf_prefix is None:
            device.write(nodes, node_rows(self.name, subtree, count))
            return
        limit = device.chunk_bytes
        for chunk in chunks("leaves", subtree, count, limit, limit // NODE):
            part = nodes if chunk.count == count else device.allocate(chunk.count * NODE)
            rows = upload_rows(device, chunk, self.form.leaf_prefix)
            launch(device, kernel, chunk.count, part, rows, rows.data, 0, NODE)
            if part is not nodes:
                device.copy(nodes, chunk.first * NODE, part, 0, chunk.count * NODE)

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
            parents = self._parents(here, there, flag, count)
            here, there, count = there, here, parents
        return here

    def _parents(self, nodes: Any, parents: Any, flag: Any, count: int) -> int:
        """Fills the buffer parents from `count` nodes; gives their number."""
        device, pairs = self.device, count // 2
        if self.form.checked and pairs:
            device.launch(_PAIRS, "merkle_equal_pairs", pairs, flag, nodes)
        lone = count % 2
        if lone and self.form.paired_with_itself:
            device.launch(_PAIRS, "merkle_copy_node", _NODE_WORDS, nodes, nodes, *map(np.uint64, (count, count - 1)))
            pairs += 1
        elif lone:
            device.launch(_PAIRS, "merkle_copy_node", _NODE_WORDS, parents, nodes, *map(np.uint64, (pairs, count - 1)))
        if pairs:
            rows = DeviceRows(nodes, 2 * pairs * NODE, width=2 * NODE, stride=2 * NODE, prefix=self.form.node_prefix)
            launch(device, KERNELS[self.algorithm], pairs, parents, rows, nodes, 0, NODE)
        return -(-count // 2)


def layer_widths(n: int) -> list[int]:
    """Nodes of each layer of a tree of n leaves, leaves first; none for no leaf."""
    widths = [n] if n else []
    while widths and widths[-1] > 1:
        widths.append(-(-widths[-1] // 2))
    return widths


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
        raise ValueError(f"leaves: rows of {array.shape[1]} bytes came; a bitcoin leaf has {NODE}")
    return np.ascontiguousarray(array)
