# SPDX-License-Identifier: Apache-2.0
"""merkle.root and merkle.layers on a device with kernels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from pyaccel.backends.device_algorithms import KERNELS
from pyaccel.backends.device_hash import HashPlan
from pyaccel.backends.device_heap import heap
from pyaccel.backends.device_nodes import NODE, PAIRS, leaf_nodes, parents_of
from pyaccel.backends.device_rows import FIXED_ROWS, host_bytes, host_rows
from pyaccel.backends.device_ssz import ssz_root
from pyaccel.merkle_forms import FORMS, Form, layer_widths
from pyaccel.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyaccel.backends.base import Inputs, Outputs, Parameters
    from pyaccel.backends.device import Device

    Keep = Callable[[int, int, int, Any], None]
    """Takes (height, first, count, buffer): the nodes of a layer from its `first` on are the first of the buffer."""


@dataclass(frozen=True)
class MerklePlan:
    """A tree of one form over one hash.

    Parents are rows of 64 bytes in the buffer of the layer below. A tree larger than the device takes at once is cut
    into subtrees of a power of two of leaves; their roots are a layer, from which the top goes on.
    """

    device: Device
    form: Form
    name: str
    algorithm: str
    sort_leaves: bool
    limit: int | None
    mix_in_length: bool

    @classmethod
    def of(cls, device: Device, parameters: Parameters) -> Self | str:
        """The plan, or why there is none."""
        name = str(parameters.get("form"))
        form = FORMS.get(name)
        if form is None:
            return f"there are kernels for Merkle trees of the forms {', '.join(FORMS)}, not {name}"
        algorithm = parameters.get("algorithm") or form.algorithms[0]
        if algorithm not in form.algorithms or algorithm not in KERNELS:
            return f"kernels have form {name} with {', '.join(form.algorithms)}, not with {algorithm}"
        sort_leaves = form.sorts_leaves and parameters.get("sort_leaves") is not False
        limit, mix_in_length = parameters.get("limit"), bool(parameters.get("mix_in_length"))
        return cls(device, form, name, algorithm, sort_leaves, limit, mix_in_length)

    @property
    def variant(self) -> str:
        """Device and form: opencl:0/merkle-bitcoin."""
        return f"{self.device.name}/merkle-{self.name}"

    def build(self) -> None:
        """Compiles the kernels; DeviceError where that fails."""
        with self.device.batch():
            self.device.build(KERNELS[self.algorithm].path, FIXED_ROWS)
            self.device.build(PAIRS)

    def run(self, inputs: Inputs, outputs: Outputs, n: int) -> None:
        """Root and mutation flag of the tree over n leaves; raises as Plan.run."""
        leaves = host_rows("leaves", inputs["leaves"], n)
        root = host_bytes("root", outputs["root"], NODE)
        mutated = host_bytes("mutated", outputs["mutated"], 1) if "mutated" in outputs else np.empty(1, np.uint8)
        if n == 0 and not self.form.empty:
            raise ValueError(f"leaves: a {self.name} tree without leaves has no root")
        found, flag = self._top(leaves, n)
        root[:], mutated[0] = self._root(found, n, self._mixed(inputs, n)), flag

    def _mixed(self, inputs: Inputs, n: int) -> int | None:
        """The length that is mixed in, None for nothing."""
        length = inputs.get("length")
        return (n if length is None else int(length[0])) if self.mix_in_length else None

    def _root(self, top: npt.NDArray[np.uint8], n: int, length: int | None) -> npt.NDArray[np.uint8]:
        """The root, from the node over all leaves."""
        if not self.form.limit:
            return top
        return np.frombuffer(ssz_root(None if n == 0 else top.tobytes(), n, self.limit, length), np.uint8)

    def _top(self, leaves: Rows, n: int) -> tuple[npt.NDArray[np.uint8], bool]:
        """The node over all leaves, in forms without a limit also over none; and the mutation flag."""
        top = np.zeros(NODE, np.uint8)
        if n == 0:
            if not self.form.limit:
                of_nothing = HashPlan(self.device, self.algorithm, KERNELS[self.algorithm], NODE)
                of_nothing.run({"messages": Rows(b"", width=0, stride=0)}, {"digests": top}, 1)
            return top, False
        with self.device.batch():
            if self.form.odd != "heap":
                return self._reduce(leaves, n, None)
            self.device.read(top, self._heap(leaves, n)[0], (2 * n - 2) * NODE)
        return top, False

    def _heap(self, leaves: Rows, n: int) -> tuple[Any, npt.NDArray[np.int64]]:
        return heap(self.device, self.name, self.form, self.algorithm, leaves, n, sort=self.sort_leaves)

    def _reduce(self, leaves: Rows, n: int, keep: Keep | None) -> tuple[npt.NDArray[np.uint8], bool]:
        """The node over all leaves and the mutation flag; hands every layer to keep. Inside device.batch()."""
        device = self.device
        most = 1 << (device.chunk_bytes // NODE).bit_length() - 1
        depth = (n - 1).bit_length()
        below = min(depth, most.bit_length() - 1)
        tops = np.empty((-(-n // most), NODE), np.uint8)
        mutated = np.zeros(1, np.uint32)
        flag = device.zeros(mutated.nbytes)
        room = (max(min(n, most), len(tops)) + 1) * NODE  # and a sibling for a last node without one
        here, there = device.allocate(room), device.allocate(room)
        for position, start in enumerate(range(0, n, most)):
            count = min(most, n - start)
            leaf_nodes(device, self.name, self.form, self.algorithm, leaves[start : start + count], count, here)
            top = self._climb(here, there, flag, count, 0, below, start, keep)
            device.read(tops[position], top)
        if below < depth:
            device.write(here, tops)
            top = self._climb(here, there, flag, len(tops), below, depth, 0, keep)
            device.read(tops[0], top)
        if self.form.odd == "twice":  # no other form raises it
            device.read(mutated, flag)
        return tops[0], bool(mutated[0])

    def _climb(
        self, here: Any, there: Any, flag: Any, count: int, bottom: int, top: int, start: int, keep: Keep | None
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
            keep: is handed each layer.

        Returns:
            The buffer whose first node is the top.
        """
        for height in range(bottom, top + 1):
            if keep is not None and (height > bottom or bottom == 0):
                keep(height, start >> height, count, here)
            if height == top:
                break
            parents_of(self.device, self.form, self.algorithm, here, there, flag, count, height)
            here, there, count = there, here, -(-count // 2)
        return here


class LayersPlan(MerklePlan):
    """All layers come back (merkle.layers)."""

    def run(self, inputs: Inputs, outputs: Outputs, n: int) -> None:
        """All nodes of the tree over n leaves; raises as Plan.run."""
        leaves = host_rows("leaves", inputs["leaves"], n)
        widths = layer_widths(self.name, n)
        nodes = host_bytes("nodes", outputs["nodes"], sum(widths) * NODE).reshape(-1, NODE)
        if n == 0:
            return
        if self.form.odd != "heap":
            layers = np.split(nodes, np.cumsum(widths)[:-1])

            def keep(height: int, first: int, count: int, buffer: Any) -> None:
                self.device.read(layers[height][first : first + count], buffer)

            with self.device.batch():
                self._reduce(leaves, n, keep)
            return
        positions: Any = outputs.get("positions")
        if positions is not None and (positions.dtype != np.uint64 or positions.shape != (n,)):
            raise ValueError(f"positions: {positions.dtype}{list(positions.shape)} came; wanted uint64[{n}]")
        with self.device.batch():
            buffer, order = self._heap(leaves, n)
            self.device.read(nodes, buffer)
        if positions is not None:
            positions[order] = np.arange(n, dtype=np.uint64)
