# SPDX-License-Identifier: Apache-2.0
"""merkle.proofs on a device with kernels: the tree stays there, the root and the nodes of the proofs come back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pyaccel.backends.device_merkle import MerklePlan
from pyaccel.backends.device_nodes import NODE, copy_nodes, gather_nodes
from pyaccel.backends.device_rows import host_bytes, host_rows
from pyaccel.backends.device_ssz import zero_hash
from pyaccel.errors import DeviceError
from pyaccel.merkle_forms import layer_widths, longest_proof

if TYPE_CHECKING:
    from pyaccel.backends.base import Inputs, Outputs

_PROOFS = 1 << 16
"""Proofs that are gathered in one launch."""

Numbers = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]


class ProofsPlan(MerklePlan):
    """One buffer holds all nodes in the order of merkle.layers, behind them those that stand over no leaf (ssz)."""

    def run(self, inputs: Inputs, outputs: Outputs, n: int) -> None:
        """Root and proofs of the tree over n leaves; raises as Plan.run."""
        leaves = host_rows("leaves", inputs["leaves"], n)
        indices: Any = inputs["indices"]
        root = host_bytes("root", outputs["root"], NODE)
        offsets: Any = outputs["offsets"]
        if offsets.dtype != np.uint64 or offsets.shape != (len(indices) + 1,):
            raise ValueError(f"offsets: {offsets.dtype}{list(offsets.shape)} came; wanted uint64[{len(indices) + 1}]")
        if n == 0 and not self.form.empty:
            raise ValueError(f"leaves: a {self.name} tree without leaves has no root")
        if len(indices) and int(indices.max()) >= n:
            raise ValueError(f"indices: leaf {indices.max()} of a tree of {n} leaves")
        length = self._mixed(inputs, n)
        offsets[:] = 0
        if n == 0:
            root[:] = self._root(self._top(leaves, n)[0], n, length)
            return
        nodes = sum(layer_widths(self.name, n))
        beside = self._beside(n, length)
        if nodes * NODE + beside.nbytes > self.device.chunk_bytes:
            raise DeviceError(f"{self.device.name}: a tree of {nodes} nodes is more than it keeps at once")
        top = np.empty(NODE, np.uint8)
        with self.device.batch():
            kept, positions = self._kept(leaves, indices, n, beside)
            self.device.read(top, kept, (nodes - 1) * NODE)
            for first in range(0, len(indices), _PROOFS):
                some = positions[first : first + _PROOFS]
                self._gather(kept, some, n, outputs["proofs"], offsets[first : first + len(some) + 1])
        root[:] = self._root(top, n, length)

    def _beside(self, n: int, length: int | None) -> npt.NDArray[np.uint8]:
        """What an ssz proof has beside the tree's nodes: the zero hash of each height, and the length that is mixed in.

        Behind the contents' root stands the length: its height is the last.
        """
        if not self.form.limit:
            return np.empty((0, NODE), np.uint8)
        height = longest_proof(self.name, n, self.limit, mix_in_length=False)
        nodes = [zero_hash(k) for k in range(height)]
        if length is not None:
            nodes.append(length.to_bytes(NODE, "little"))
        return np.frombuffer(b"".join(nodes), np.uint8).reshape(-1, NODE)

    def _kept(self, leaves: Any, indices: Numbers, n: int, beside: npt.NDArray[np.uint8]) -> tuple[Any, Numbers]:
        """The buffer of all nodes, and where in it the leaves asked for stand."""
        device = self.device
        if self.form.odd == "heap":
            kept, order = self._heap(leaves, n)
            positions = np.empty(n, np.uint64)
            positions[order] = np.arange(n, dtype=np.uint64)
            return kept, positions[indices]
        widths = layer_widths(self.name, n)
        starts = np.cumsum([0, *widths])
        kept = device.allocate(int(starts[-1]) * NODE + beside.nbytes)

        def keep(height: int, first: int, count: int, buffer: Any) -> None:
            copy_nodes(device, kept, int(starts[height]) + first, buffer, 0, count)

        self._reduce(leaves, n, keep)
        if len(beside):
            device.write(kept, beside, int(starts[-1]) * NODE)
        return kept, indices

    def _gather(self, kept: Any, positions: Numbers, n: int, proofs: Any, offsets: Numbers) -> None:
        """Puts some proofs behind those that are there, which end at offsets[0], and fills the other offsets."""
        device = self.device
        places, present = self._siblings(positions, n)
        offsets[1:] = offsets[0] + np.cumsum(present.sum(axis=1, dtype=np.uint64) * np.uint64(NODE))
        flat = np.ascontiguousarray(places[present], np.uint32)
        found = host_bytes("proofs", proofs, int(offsets[-1]))[int(offsets[0]) :]
        if len(flat):
            gathered = device.allocate(found.nbytes)
            gather_nodes(device, gathered, kept, device.upload(flat), len(flat))
            device.read(found, gathered)

    def _siblings(self, positions: Numbers, n: int) -> tuple[Numbers, Flags]:
        """Where the siblings of some leaves stand in the buffer, uint64[m, height] from the leaf upwards, and which do.

        The heights of a row at which there is none are skipped.
        """
        height = longest_proof(self.name, n, self.limit, mix_in_length=self.mix_in_length)
        places = np.empty((len(positions), height), np.uint64)
        present = np.ones(places.shape, np.bool_)
        widths = layer_widths(self.name, n)
        starts = np.cumsum([0, *widths])
        here = positions
        for k in range(height):
            if self.form.odd == "heap":
                places[:, k] = here ^ np.uint64(1)
                present[:, k] = here < 2 * n - 2
                here = np.minimum(n + here // np.uint64(2), np.uint64(2 * n - 2))
                continue
            sibling = here ^ np.uint64(1)
            there = sibling < (widths[k] if k < len(widths) else 0)
            if self.form.odd == "zero":
                places[:, k] = np.where(there, sibling + np.uint64(starts[min(k, len(widths))]), starts[-1] + k)
            elif self.form.odd == "twice":
                places[:, k] = np.where(there, sibling, here) + np.uint64(starts[k])
            else:
                places[:, k] = sibling + np.uint64(starts[k])
                present[:, k] = there
            here = here >> np.uint64(1)
        return places, present
