# SPDX-License-Identifier: Apache-2.0
"""Runs a tree that is divided: devices make the subtrees of their shares at the same time, and their roots are joined.

A block, leaves first .. last that are a subtree (`subtrees.blocks`), is to the device that makes it a tree of its own:
until something is padded or mixed in, nothing tells the two apart.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from pyaccel.backends.base import Declined, Inputs, Outputs, Parameters, Plan, Unavailable
from pyaccel.backends.device_heap import sorted_order
from pyaccel.backends.device_nodes import node_rows
from pyaccel.backends.device_ssz import ssz_root, zero_hash
from pyaccel.errors import UnsupportedError
from pyaccel.merkle_forms import FORMS, NODE, layer_widths
from pyaccel.operations import OPERATIONS
from pyaccel.rows import Rows, as_rows
from pyaccel.scheduler.joint import Attempt, run_together
from pyaccel.scheduler.placement import FALLBACK, Choice, Placement
from pyaccel.scheduler.registry import discovered
from pyaccel.scheduler.subtrees import HeapRow, blocks

Bytes = npt.NDArray[np.uint8]
Block = tuple[int, int]

_HASH = OPERATIONS["hash_many"]


def run_subtrees(
    place: Placement, choice: Choice, inputs: Inputs, outputs: Outputs, n: int, attempt: Attempt
) -> Choice:
    """Runs merkle.root or merkle.layers whose leaves are divided; as joint.run_together."""
    heap = FORMS[place.group].odd == "heap"
    tree = (_Heap if heap else _Tree)(place, choice, inputs, outputs, n, attempt)
    shares: list[list[Block]] = []
    leaves = 0
    for share in choice.shares:
        first, leaves = leaves, leaves + share.rows
        shares.append(list(blocks(tree.place_of(first), tree.place_of(leaves), tree.width)))
    did = run_together(place, choice, [partial(tree.make, some) for some in shares])
    tree.join([block for some in shares for block in some])
    return did


class _Tree:
    """The nodes of a tree that is no heap, as they become known.

    Attributes:
        width: nodes of layer 0.
        layers: nodes by height and position: parts of outputs["nodes"], or where the root alone is wanted, some.
    """

    def __init__(
        self, place: Placement, choice: Choice, inputs: Inputs, outputs: Outputs, n: int, attempt: Attempt
    ) -> None:
        self.place, self.inputs, self.outputs, self.n, self.attempt = place, inputs, outputs, n, attempt
        self.form = FORMS[place.group]
        self.algorithm = str(place.parameters["algorithm"])
        self.whole = "nodes" in outputs
        self.mutated: list[int] = []
        self._start(choice)
        self.height = (self.width - 1).bit_length()
        self.layers: list[Any] = [{} for _ in range(self.height + 1)]
        if self.whole:
            widths = [(self.width - 1 >> height) + 1 for height in range(self.height)]
            self.layers = np.split(outputs["nodes"][-sum(widths) - 1 :], np.cumsum(widths))

    def _start(self, choice: Choice) -> None:  # noqa: ARG002 - of heaps leaf nodes are made first
        self.width = self.n

    def place_of(self, leaf: int) -> int:
        """Where a leaf that begins a share stands in layer 0."""
        return leaf

    def leaves_of(self, first: int, last: int) -> Rows:
        """The leaves of a block."""
        leaves: Rows = self.inputs["leaves"][first:last]
        return leaves

    def make(self, some: list[Block], choice: Choice) -> Choice:
        """Makes the blocks of a share on its device, or where that has failed, elsewhere."""
        for first, last in some:
            leaves = self.leaves_of(first, last)
            inputs = {"leaves": leaves, "length": None}
            count = last - first if leaves.count is None else leaves.count
            if self.whole:
                nodes = np.empty((sum(layer_widths(self.place.subtree.group, count)), NODE), np.uint8)
                choice = self.attempt(self.place.subtree, choice, inputs, {"nodes": nodes, "positions": None}, count)
                self._keep(first, last, nodes)
            else:
                root, mutated = np.empty((1, NODE), np.uint8), np.zeros(1, np.uint8)
                choice = self.attempt(self.place.subtree, choice, inputs, {"root": root, "mutated": mutated}, count)
                height = (last - first - 1).bit_length()
                self.layers[height][first >> height] = root[0]
                self.mutated.append(int(mutated[0]))
        return choice

    def _keep(self, first: int, last: int, nodes: Bytes) -> None:
        """Puts the layers of a block where they belong."""
        widths = [(last - first - 1 >> height) + 1 for height in range((last - first - 1).bit_length() + 1)]
        parts = np.split(nodes[-sum(widths) :], np.cumsum(widths)[:-1])
        for height, part in enumerate(parts):
            self.layers[height][first >> height : (first >> height) + len(part)] = part

    def join(self, made: list[Block]) -> None:
        """Makes the nodes above all blocks, and fills the outputs."""
        form, plan = self.form, _native_hash(self.algorithm)
        for height in range(1, self.height + 1):
            below, width = self.layers[height - 1], (self.width - 1 >> height - 1) + 1
            pairs: dict[int, bytes] = {}
            for place in {first >> height for first, last in made if (last - first - 1).bit_length() < height}:
                left, right = bytes(below[2 * place]), b""
                if 2 * place + 1 < width:
                    right = bytes(below[2 * place + 1])
                    self.mutated.append(form.odd == "twice" and left == right)
                elif form.odd == "promoted":
                    self.layers[height][place] = below[2 * place]
                    continue
                else:
                    right = left if form.odd == "twice" else zero_hash(height - 1)
                if form.sorted_pairs:
                    left, right = sorted((left, right))
                pairs[place] = form.node_prefix + left + right
            if pairs:
                parents = np.empty((len(pairs), NODE), np.uint8)
                messages = as_rows("messages", list(pairs.values()))
                plan.run({"messages": messages, "key": None}, {"digests": parents}, len(pairs))
                for place, parent in zip(pairs, parents, strict=True):
                    self.layers[height][place] = parent
        if not self.whole:
            self._finish(bytes(self.layers[self.height][0]))

    def _finish(self, top: bytes) -> None:
        if self.form.limit:
            parameters: Parameters = self.place.parameters
            length = self.inputs.get("length")
            mixed = self.n if length is None else int(length[0])
            top = ssz_root(top, self.n, parameters["limit"], mixed if parameters["mix_in_length"] else None)
        self.outputs["root"][0] = np.frombuffer(top, np.uint8)
        if self.outputs.get("mutated") is not None:
            self.outputs["mutated"][0] = any(self.mutated)


class _Heap(_Tree):
    """A heap: from its row on a perfect tree; a block's leaves are those that its nodes of the row stand over."""

    def _start(self, choice: Choice) -> None:
        """Makes the leaf nodes, in the order of the heap."""
        self.row = HeapRow.of(self.n)
        self.width = self.row.nodes
        leaves: Rows = self.inputs["leaves"]
        if self.form.leaf == "node":
            nodes = node_rows(self.place.group, leaves, self.n)
        else:
            nodes = self._hashed(choice, leaves)
        order = sorted_order(nodes) if self.place.parameters["sort_leaves"] else np.arange(self.n)
        self.nodes = nodes[order]
        if self.whole:
            self.outputs["nodes"][: self.n] = self.nodes
            positions = self.outputs.get("positions")
            if positions is not None:
                positions[order] = np.arange(self.n, dtype=np.uint64)

    def _hashed(self, choice: Choice, leaves: Rows) -> Bytes:
        """H(H(leaf)) of all leaves, by the devices of the shares, each of as many as it has in the tree."""
        hashing = Placement(_HASH, (self.algorithm, NODE, None))
        once, nodes = (np.empty((self.n, NODE), np.uint8) for _ in range(2))
        ends = np.cumsum([0, *(share.rows for share in choice.shares)]).tolist()

        def hash_twice(i: int, alone: Choice) -> Choice:
            some = slice(ends[i], ends[i + 1])
            did = hashing.named(alone.backend.name)
            for messages, digests in ((leaves[some], once), (as_rows("messages", once[some]), nodes)):
                inputs = {"messages": messages, "key": None}
                did = self.attempt(hashing, did, inputs, {"digests": digests[some]}, ends[i + 1] - ends[i])
            return did

        run_together(self.place, choice, [partial(hash_twice, i) for i in range(len(choice.shares))])
        return nodes

    def place_of(self, leaf: int) -> int:
        return self.row.place_of(leaf)

    def make(self, some: list[Block], choice: Choice) -> Choice:
        return replace(super().make(some, choice))  # another: without leaf nodes its time says nothing of the curve

    def leaves_of(self, first: int, last: int) -> Rows:
        """Those in pairs first: the row ends with their parents."""
        row = self.row
        paired = self.nodes[2 * max(first - row.plain, 0) : 2 * max(last - row.plain, 0)]
        plain = self.nodes[row.deep + min(first, row.plain) : row.deep + min(last, row.plain)]
        return as_rows("leaves", np.concatenate([paired, plain]))


def _native_hash(algorithm: str) -> Plan:
    """What hashes a few nodes here."""
    parameters = dict(zip(_HASH.parameters, (algorithm, NODE, None), strict=True))
    for name in FALLBACK:
        found = discovered(name)
        for backend in () if isinstance(found, Unavailable) else found:
            plan = backend.prepare(_HASH, parameters)
            if not isinstance(plan, Declined):
                return plan
    raise UnsupportedError(f"hash_many: nothing here has {algorithm}")
