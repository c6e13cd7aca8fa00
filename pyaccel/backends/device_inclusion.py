# SPDX-License-Identifier: Apache-2.0
"""merkle.verify_many on a device with kernels: the proofs of a chunk go up together, two launches a height."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pyaccel.backends.device_kept import constant, in_order, upload_numbers
from pyaccel.backends.device_merkle import MerklePlan
from pyaccel.backends.device_nodes import NODE, hash_pairs, leaf_nodes
from pyaccel.backends.device_rows import (
    FIXED_ROWS,
    Chunk,
    DeviceRows,
    HostRows,
    chunks,
    host_bytes,
    host_rows,
    upload_rows,
)
from pyaccel.backends.device_ssz import zero_hash
from pyaccel.backends.pipeline import pipelined
from pyaccel.merkle_forms import MOST_LIMIT
from pyaccel.rows import as_rows

if TYPE_CHECKING:
    from pyaccel.backends.base import Inputs, Outputs

Numbers = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]
Places = npt.NDArray[np.intp]

_PROOFS = "merkle/proofs.cl"
_ODD = {"promoted": 0, "twice": 1, "zero": 2, "heap": 3}
"""As kernels/merkle/proofs.cl names them."""

_ROWS = {"opencl-cpu": 1 << 14, "opencl-gpu": 1 << 17, "cuda-gpu": 1 << 17}
"""Most proofs at once: as many as keep the device busy; of a CPU their nodes and pairs stay in its caches."""

_STEPS = 64
"""Most nodes of a proof that goes to the device: no tree has more. A longer one, which a heap's root may have by
malice alone, is one chain of hashes, of any length."""

_MOST = {"cometbft": 2**63 - 1, "ssz": MOST_LIMIT}
"""Leaves of a tree, where not any number of 64 bits."""


@dataclass(frozen=True)
class Ways:
    """How rows go from their leaves to their roots.

    Attributes:
        live: bool[n]: the row's numbers and lengths are those of a proof.
        steps: uint64[n]: nodes of the proof, where it is live.
        sides: uint64[n]: bit k: sibling k stands left.
        alone: uint64[n]: bit k: at height k there is no sibling in the tree.
    """

    live: Flags
    steps: Numbers
    sides: Numbers
    alone: Numbers


@dataclass(frozen=True)
class Part:
    """The rows of a chunk: as they lie, and their numbers.

    Attributes:
        indices, sizes: uint64[count], None of heaps.
        lengths: uint64[count]: what is mixed in, where anything is.
    """

    roots: Chunk
    leaves: Chunk
    proofs: Chunk
    indices: Numbers | None
    sizes: Numbers | None
    lengths: Numbers | None


class InclusionPlan(MerklePlan):
    """Rows whose numbers and lengths fit no proof are False at once; the others are ordered by the length of theirs."""

    def build(self) -> None:
        """Compiles the kernels; DeviceError where that fails."""
        super().build()
        with self.device.batch():
            self.device.build(_PROOFS, FIXED_ROWS)

    def run(self, inputs: Inputs, outputs: Outputs, n: int) -> None:
        """verdicts[i] of n proofs; raises as Plan.run."""
        device = self.device
        verdicts = host_bytes("verdicts", outputs["verdicts"], n)
        roots, leaves = HostRows("roots", inputs["roots"], n), HostRows("leaves", inputs["leaves"], n)
        proofs = host_rows("proofs", inputs["proofs"], n)
        verdicts[:] = 0

        def start(chunk: Chunk) -> tuple[Places, Any]:
            first, last = chunk.first, chunk.first + chunk.count
            numbers = self._numbers(inputs, first, last)
            part = Part(roots.chunk(first, last), leaves.chunk(first, last), chunk, *numbers)
            ways = self._ways(part)
            long = np.flatnonzero(ways.live & (ways.steps > _STEPS))
            if len(long):
                ways.live[long] = False
                verdicts[first + long] = self._on_host(part, long)
            order = _longest_first(ways)
            return first + order, self._begin(part, ways, order) if len(order) else None

        def finish(begun: tuple[Places, Any], after: Any) -> None:
            rows, memory = begun
            if memory is not None:
                found = np.empty(len(rows), np.uint8)
                device.read(found, memory, after=after)
                verdicts[rows] = found

        limit = device.copied_bytes
        most = max(1, min(_ROWS[device.kind], limit // (4 * NODE)))
        with device.batch():
            pipelined(device, chunks("proofs", proofs, n, limit, most), start, finish)

    def _numbers(self, inputs: Inputs, first: int, last: int) -> tuple[Numbers | None, Numbers | None, Numbers | None]:
        """Copies of indices, sizes and lengths of rows first .. last: the caller may be writing to his."""
        if self.form.odd == "heap":
            return None, None, None
        indices, sizes = np.array(inputs["indices"][first:last], np.uint64), inputs["sizes"]
        mine = np.full(last - first, sizes[0], np.uint64) if len(sizes) == 1 else np.array(sizes[first:last], np.uint64)
        given = inputs.get("length")
        lengths = mine if given is None else np.full(last - first, given[0], np.uint64)
        return indices, mine, lengths if self.mix_in_length else None

    def _ways(self, part: Part) -> Ways:
        """How far each row of a part goes, and on which side; by formulas of RFC 9162, 2.1.3.2, for all rows at once.

        Up to the height at which index and last position become equal, a node has a sibling in the tree; from there on
        the node is the last of its layer, and has one, to its left, where its position is odd.
        """
        live = (part.roots.lengths == NODE) & (part.proofs.lengths % NODE == 0)
        if self.form.leaf == "node":
            live &= part.leaves.lengths == NODE
        nodes = part.proofs.lengths // NODE
        if part.indices is None or part.sizes is None:
            none = np.zeros(len(nodes), np.uint64)
            return Ways(live, nodes, none, none)
        index, last = part.indices, part.sizes - np.uint64(1)  # of no leaf: 2^64 - 1, and not live
        live &= index < part.sizes
        most = self.limit if self.limit is not None else _MOST.get(self.name)
        if most is not None:
            live &= part.sizes <= most
        inner = _filled(index ^ last)
        if self.form.odd == "promoted":
            steps, sides = _ones(inner | index), index & inner | ~inner
        else:
            steps, sides = _ones(_filled(last)), index
            if self.limit is not None:
                steps = np.full(len(index), (self.limit - 1).bit_length(), np.uint64)
        if self.mix_in_length:
            steps = steps + np.uint64(1)
        live &= nodes == steps
        return Ways(live, steps, sides, ~(index | inner))

    def _begin(self, part: Part, ways: Ways, order: Places) -> Any:
        """A buffer of the verdicts of the live rows, in their order, a byte each. Inside device.batch()."""
        device, n = self.device, len(order)
        numbers = in_order(n)
        which = upload_numbers(device, numbers if np.array_equal(order, numbers) else order.astype(np.uint32))
        nodes, pairs, refused = device.allocate(n * NODE), device.allocate(2 * n * NODE), device.zeros(4 * n)
        self._gather_leaves(part.leaves, which, nodes, n)
        proofs = upload_rows(device, part.proofs)
        sides, alone = (device.upload(bits[order]) for bits in (ways.sides, ways.alone))
        lengths = sides if part.lengths is None else device.upload(part.lengths[order])
        known = constant(device, _zero_hashes()) if self.form.odd == "zero" else nodes
        columns = (which, sides, alone, known, lengths)
        # How many proofs, the first ones, have more than k nodes.
        longer = n - np.cumsum(np.bincount(ways.steps[order].astype(np.int64)))
        for step, count in enumerate(longer[:-1].tolist()):
            lengthened = longer[step + 1] if self.mix_in_length else count
            words = map(np.uint32, (lengthened, _ODD[self.form.odd], step))
            arguments = (pairs, refused, nodes, *proofs.arguments, *columns, *words)
            device.launch(_PROOFS, "merkle_place_siblings", count, *arguments, define=proofs.define)
            hash_pairs(device, self.form, self.algorithm, nodes, pairs, count)
        verdicts, roots = device.allocate(n), upload_rows(device, part.roots)
        rows = (*roots.arguments, which)
        device.launch(_PROOFS, "merkle_compare_roots", n, verdicts, nodes, refused, *rows, define=roots.define)
        return verdicts

    def _gather_leaves(self, leaves: Chunk, which: Any, nodes: Any, n: int) -> None:
        """Puts the leaf nodes of n rows, in their order, into the buffer nodes. Inside device.batch()."""
        device = self.device
        if self.form.leaf == "node":
            rows = upload_rows(device, leaves)
        else:
            all_nodes = device.allocate(leaves.count * NODE)
            some = leaves.rows[leaves.first : leaves.first + leaves.count]
            leaf_nodes(device, self.name, self.form, self.algorithm, some, leaves.count, all_nodes)
            rows = DeviceRows(all_nodes, leaves.count * NODE, width=NODE, stride=NODE)
        device.launch(_PROOFS, "merkle_gather_rows", n, nodes, *rows.arguments, which, define=rows.define)

    def _on_host(self, part: Part, which: Places) -> npt.NDArray[np.uint8]:
        """Verdicts of some rows of a heap, natively."""
        from pyaccel.backends.native import MerkleVerifyPlan

        values = {"form": self.name, "algorithm": self.algorithm, "limit": None, "mix_in_length": False}
        pieces = {"roots": part.roots, "leaves": part.leaves, "proofs": part.proofs}
        rows = {name: as_rows(name, [piece.row(i) for i in which.tolist()]) for name, piece in pieces.items()}
        verdicts = np.zeros(len(which), np.uint8)
        inputs = {**rows, "indices": None, "sizes": None, "length": None}
        MerkleVerifyPlan({**values, "sort_leaves": True}).run(inputs, {"verdicts": verdicts}, len(which))
        return verdicts


def _longest_first(ways: Ways) -> Places:
    """The live rows, those with the longest proofs first, else in their order."""
    rows = np.flatnonzero(ways.live)
    steps = ways.steps[rows]
    if len(rows) and steps.min() != steps.max():
        rows = rows[np.argsort((_STEPS - steps).astype(np.uint8), kind="stable")]
    return rows


def _filled(numbers: Numbers) -> Numbers:
    """Each number with all bits below its highest one set."""
    for shift in (1, 2, 4, 8, 16, 32):
        numbers = numbers | numbers >> np.uint64(shift)
    return numbers


def _ones(numbers: Numbers) -> Numbers:
    """How many bits of each number are set: sums of two neighbours, of two such sums, and so on."""
    masks = ((1, 0x5555555555555555), (2, 0x3333333333333333), (4, 0x0F0F0F0F0F0F0F0F))
    for shift, mask in masks:
        numbers = (numbers & np.uint64(mask)) + (numbers >> np.uint64(shift) & np.uint64(mask))
    return numbers * np.uint64(0x0101010101010101) >> np.uint64(56)


@cache
def _zero_hashes() -> npt.NDArray[np.uint8]:
    """The nodes over zero chunks alone, of every height that a proof comes by."""
    return np.frombuffer(b"".join(zero_hash(height) for height in range(_STEPS)), np.uint8)
