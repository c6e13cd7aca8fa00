# SPDX-License-Identifier: Apache-2.0
"""A Merkle tree that is kept: all its layers, from which proofs are read."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pyaccel.choices import choice
from pyaccel.hashing import hash_many
from pyaccel.numbers import integer_array, whole_number
from pyaccel.operations import OPERATIONS
from pyaccel.rows import Rows, as_rows
from pyaccel.scheduler.execution import run

NODE = 32
"""Bytes of a node."""

Nodes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Form:
    """How nodes are made.

    Attributes:
        algorithm: the hash of every node.
        node_prefix: what stands before the two children of a parent.
        leaf_prefix: what stands before a leaf; None: the leaf is its own node.
        paired_with_itself: a last node without a sibling is its own; else it goes up unchanged.
    """

    algorithm: str
    node_prefix: bytes
    leaf_prefix: bytes | None
    paired_with_itself: bool


FORMS = {
    "bitcoin": Form("sha256d", b"", None, True),
    "rfc6962": Form("sha256", b"\1", b"\0", False),
}
"""Form by name; C: csrc/include/pyaccel/merkle.h."""

_LAYERS = OPERATIONS["merkle.layers"]


def forms() -> tuple[str, ...]:
    """The names that `form=` takes. CometBFT's trees are rfc6962."""
    return tuple(FORMS)


def parameters(form: str, algorithm: str | None = None, limit: int | None = None) -> tuple[str, str, None]:
    """The parameters of a plan, checked, with defaults filled in.

    Raises:
        ValueError: the form is unknown, or fixes what was asked for.
    """
    choice("form", form, FORMS)
    own = FORMS[form].algorithm
    if not (algorithm is None or (isinstance(algorithm, str) and algorithm == own)):
        raise ValueError(f"algorithm: {algorithm!r} came; form {form} is over {own}")
    if limit is not None:
        raise ValueError(f"limit: {limit} came; form {form} has none")
    return form, own, None


def leaf_rows(form: str, leaves: Any) -> Rows:
    """Leaves as rows, of the length that the form wants."""
    rows = as_rows("leaves", leaves)
    if FORMS[form].leaf_prefix is None:
        rows.require_width("leaves", NODE)
    return rows


class Tree:
    """All layers of a Merkle tree, 32 bytes a node, about 64 bytes a leaf. Immutable and thread-safe.

    Args:
        leaves: n rows: of any length in form rfc6962, 32-byte nodes (txids) in form bitcoin.
        form: one of `forms()`.
        algorithm: None: the form's own.
        limit: for forms that have it (none yet).
        device: "auto" or the name of a device, also for trees that are made from this one.

    Raises:
        TypeError, ValueError: an argument is wrong; a bitcoin tree of no leaves.
    """

    __slots__ = ("_device", "_layers", "form")

    form: str
    _device: str
    _layers: list[Nodes]

    def __init__(
        self,
        leaves: Any,
        *,
        form: str = "rfc6962",
        algorithm: str | None = None,
        limit: int | None = None,
        device: str = "auto",
    ) -> None:
        values = parameters(form, algorithm, limit)
        rows = leaf_rows(form, leaves)
        n = len(rows)
        if n == 0 and form == "bitcoin":
            raise ValueError("leaves: none came; a bitcoin tree has at least one")
        widths = _widths(n)
        nodes = np.empty((sum(widths), NODE), np.uint8)
        run(_LAYERS, values, {"leaves": rows}, {"nodes": nodes}, n, device=device)
        self.form = form
        self._device = device
        self._layers = np.split(nodes, np.cumsum(widths)[:-1]) if n else []

    @classmethod
    def _of(cls, form: str, device: str, layers: list[Nodes]) -> Tree:
        tree = cls.__new__(cls)
        tree.form, tree._device, tree._layers = form, device, layers
        return tree

    def __len__(self) -> int:
        """Number of leaves."""
        return len(self._layers[0]) if self._layers else 0

    def __repr__(self) -> str:
        return f"Tree({len(self)} leaves, form={self.form!r}, root={self.root.hex()})"

    @property
    def root(self) -> bytes:
        """32 bytes; of no leaves H("")."""
        if not self._layers:
            return hash_many(FORMS[self.form].algorithm, [b""], device=self._device).tobytes()
        return self._layers[-1].tobytes()

    def proof(self, i: int) -> bytes:
        """The inclusion proof of leaf i: its siblings from the leaf upwards, 32 bytes each.

        Raises:
            IndexError: the tree has no leaf i.
        """
        return self.proofs([i])[0]

    def proofs(self, indices: Any) -> Rows:
        """The inclusion proofs of some leaves, as rows that `verify_many` takes.

        Raises:
            IndexError: an index past the end.
        """
        positions = self._positions(indices)
        depth = len(self._layers) - 1
        siblings = np.empty((len(positions), max(depth, 0), NODE), np.uint8)
        present = np.ones(siblings.shape[:2], np.bool_)
        for height, layer in enumerate(self._layers[:-1]):
            own = positions >> height
            sibling = own ^ 1
            alone = sibling == len(layer)
            siblings[:, height] = layer[np.where(alone, own, sibling)]
            if not FORMS[self.form].paired_with_itself:
                present[:, height] = ~alone
        offsets = np.zeros(len(positions) + 1, np.uint64)
        np.cumsum(present.sum(axis=1, dtype=np.uint64) * np.uint64(NODE), out=offsets[1:])
        return Rows(siblings[present].reshape(-1), offsets=offsets)

    def append(self, leaves: Any) -> Tree:
        """A new tree with these leaves after the old ones; only new nodes are hashed, this tree stays as it is."""
        rows = leaf_rows(self.form, leaves)
        old, new = len(self), len(self) + len(rows)
        if not len(rows):
            return self
        if not old:
            return Tree(rows, form=self.form, device=self._device)
        layers = [np.empty((width, NODE), np.uint8) for width in _widths(new)]
        for layer, kept in zip(layers, self._layers, strict=False):
            layer[: len(kept)] = kept
        layers[0][old:] = self._leaf_nodes(rows)
        return self._rehashed(layers, np.arange(old, new))

    def update(self, indices: Any, leaves: Any) -> Tree:
        """A new tree with leaf indices[i] replaced by row i; of equal indices the last wins.

        Only the nodes above them are hashed anew, this tree stays as it is.

        Raises:
            IndexError: an index past the end.
            ValueError: not one leaf an index.
        """
        positions = self._positions(indices)
        rows = leaf_rows(self.form, leaves)
        if len(rows) != len(positions):
            raise ValueError(f"leaves: {len(rows)} rows came for {len(positions)} indices")
        if not len(rows):
            return self
        layers = [layer.copy() for layer in self._layers]
        dirty, last = np.unique(positions[::-1], return_index=True)
        layers[0][dirty] = self._leaf_nodes(rows)[len(positions) - 1 - last]
        return self._rehashed(layers, dirty)

    def consistency_proof(self, old_size: int) -> bytes:
        """That the tree of the first old_size leaves is a prefix of this one (RFC 9162 2.1.4.1), 32 bytes a node.

        Raises:
            ValueError: the form has no such proofs, or old_size is not in 0 .. len(self).
        """
        if self.form != "rfc6962":
            raise ValueError(f"form {self.form} has no consistency proofs; rfc6962 has")
        size = whole_number("old_size", old_size, most=len(self))
        if size in (0, len(self)):
            return b""
        nodes: list[bytes] = []
        first, last = 0, len(self)
        while size != last:
            middle = first + (1 << ((last - first - 1).bit_length() - 1))
            if size <= middle:
                nodes.append(self._subtree(middle, last))
                last = middle
            else:
                nodes.append(self._subtree(first, middle))
                first = middle
        if first:
            nodes.append(self._subtree(first, last))
        return b"".join(reversed(nodes))

    def _subtree(self, first: int, last: int) -> bytes:
        """Node over leaves first .. last of a split at powers of two; promoted nodes stand in each layer they pass."""
        height = (last - first - 1).bit_length()
        node: Nodes = self._layers[height][first >> height]
        return node.tobytes()

    def _positions(self, indices: Any) -> npt.NDArray[np.int64]:
        positions = integer_array("indices", indices)
        bad = (positions < 0) | (positions >= len(self))
        if bool(bad.any()):
            raise IndexError(f"indices: leaf {positions[int(bad.argmax())]} of a tree of {len(self)} leaves")
        return positions.astype(np.int64)

    def _rehashed(self, layers: list[Nodes], dirty: npt.NDArray[np.int64]) -> Tree:
        """The tree of these layers, once every node above the leaf nodes at `dirty` (sorted) is made anew."""
        form = FORMS[self.form]
        for below, layer in itertools.pairwise(layers):
            dirty = np.unique(dirty >> 1)
            left, right = below[2 * dirty], below[np.minimum(2 * dirty + 1, len(below) - 1)]
            prefix = _column(form.node_prefix, len(dirty))
            layer[dirty] = hash_many(form.algorithm, np.hstack([prefix, left, right]), device=self._device)
            if not form.paired_with_itself and len(below) % 2 and dirty[-1] == len(layer) - 1:
                layer[-1] = below[-1]
        return Tree._of(self.form, self._device, layers)

    def _leaf_nodes(self, rows: Rows) -> Nodes:
        """The nodes that leaves have in layer 0."""
        form, n = FORMS[self.form], len(rows)
        fixed = rows.array(n)
        if form.leaf_prefix is None:
            assert fixed is not None or n == 0
            return np.empty((0, NODE), np.uint8) if fixed is None else fixed
        prefix = _column(form.leaf_prefix, n)
        if fixed is not None:
            return hash_many(form.algorithm, np.hstack([prefix, fixed]), device=self._device)
        assert rows.offsets is not None
        starts, end = rows.offsets[:-1].astype(np.int64), int(rows.offsets[-1])
        data = np.insert(rows.data[starts[0] : end], starts - starts[0], prefix[:, 0])
        offsets = np.append(starts, end) - starts[0] + np.arange(n + 1)
        return hash_many(form.algorithm, Rows(data, offsets=offsets), device=self._device)


def _column(prefix: bytes, n: int) -> Nodes:
    """The prefix n times, uint8[n, len(prefix)], without a copy."""
    return np.broadcast_to(np.frombuffer(prefix, np.uint8), (n, len(prefix)))


def _widths(n: int) -> list[int]:
    """Nodes of each layer of a tree of n leaves: ceil(n / 2^k), down to one."""
    widths = [n] if n else []
    while widths and widths[-1] > 1:
        widths.append((widths[-1] + 1) // 2)
    return widths
