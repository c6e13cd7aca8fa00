# SPDX-License-Identifier: Apache-2.0
"""A Merkle tree that is kept, from which proofs are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pyaccel.merkle_forms import (
    FORMS,
    NODE,
    Parameters,
    check_size,
    forms,
    layer_widths,
    leaf_positions,
    leaf_rows,
    length_input,
    parameters,
)
from pyaccel.merkle_multiproof import Multiproof, multiproof_forms, numbers
from pyaccel.numbers import whole_number
from pyaccel.operations import OPERATIONS
from pyaccel.rows import Rows
from pyaccel.scheduler.execution import chosen, run

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["NODE", "Tree", "forms", "leaf_rows", "parameters"]

MOST_KEEP_LAYERS = 24
"""Layers, counted from the leaves, that a tree may do without."""

_LAYERS = OPERATIONS["merkle.layers"]


class Tree:
    """A Merkle tree: 64 bytes a leaf, or what is left of them with keep_layers. Immutable and thread-safe.

    Trees that are made from one another share what stays the same, in pieces of 512 leaves and the nodes above them.

    Args:
        leaves: n rows, as for `merkle.root`.
        form: one of `forms()`.
        algorithm: None: the form's own.
        limit: ssz: as for `merkle.root`.
        mix_in_length: ssz: as for `merkle.root`.
        length: ssz: as for `merkle.root`; None: the number of leaves, also of trees that are made from this one.
        sort_leaves: openzeppelin-*: as for `merkle.root`. Indices count the leaves in the caller's order either way.
        keep_layers: k: only layers from k upwards are kept, 64 / 2^k bytes a leaf; not in the forms openzeppelin-*.
            Whatever needs the layers below is handed all leaves back (`leaves=`, `old_leaves=`), of which it reads and
            hashes those that stand under the same node of layer k; that they are the tree's own is checked there.
        device: "auto" or the name of a device, which makes the layers; trees that are made from this one, and layers
            left out, are the CPU's.

    Attributes:
        form: its name.
        algorithm: its hash.
        keep_layers: the lowest layer that is kept.

    Raises:
        TypeError, ValueError: an argument is wrong; a tree of no leaves in the forms bitcoin and openzeppelin-*.
    """

    __slots__ = ("_handle", "_length", "_root", "_values", "keep_layers")

    keep_layers: int
    _values: Parameters
    _length: int | None
    _handle: Any
    _root: bytes

    def __init__(
        self,
        leaves: Any,
        *,
        form: str = "rfc6962",
        algorithm: str | None = None,
        limit: int | None = None,
        mix_in_length: bool = False,
        length: int | None = None,
        sort_leaves: bool | None = None,
        keep_layers: int = 0,
        device: str = "auto",
    ) -> None:
        values = parameters(form, algorithm, sort_leaves=sort_leaves, limit=limit, mix_in_length=mix_in_length)
        mixed = length_input(length, values)
        keep = whole_number("keep_layers", keep_layers, 0, MOST_KEEP_LAYERS)
        if keep and FORMS[form].odd == "heap":
            raise ValueError(f"keep_layers: {keep} came; form {form} keeps all its nodes")
        rows = leaf_rows(form, leaves)
        n = len(rows)
        check_size(n, values)
        self._values = values
        self._length = None if mixed is None else int(mixed[0])
        self.keep_layers = keep
        native = _native()
        made = native.options(values, self._length, keep)
        choice = None if keep else chosen(_LAYERS, values[:3], {"leaves": rows}, n, device)
        if choice is None or (choice.backend.kind == "native" and not choice.shares):
            self._take(native.new(form, rows, n, made))
            return
        nodes = np.empty((sum(layer_widths(form, n)), NODE), np.uint8)
        positions = np.empty(n, np.uint64) if values[2] else None
        run(_LAYERS, values[:3], {"leaves": rows}, {"nodes": nodes, "positions": positions}, n, device=device)
        self._take(native.of_layers(form, nodes, positions, n, made))

    def _take(self, handle: Any) -> None:
        self._handle = handle
        self._root = _native().root(handle)

    def _made(self, handle: Any, length: int | None) -> Tree:
        tree = object.__new__(Tree)
        tree._values, tree._length, tree.keep_layers = self._values, length, self.keep_layers
        tree._take(handle)
        return tree

    @property
    def form(self) -> str:
        """One of `forms()`."""
        return self._values[0]

    @property
    def algorithm(self) -> str:
        """The hash of its nodes."""
        return self._values[1]

    def __len__(self) -> int:
        """Number of leaves."""
        size: int = _native().size(self._handle)
        return size

    def __repr__(self) -> str:
        return f"Tree({len(self)} leaves, form={self.form!r}, root={self.root.hex()})"

    @property
    def root(self) -> bytes:
        """32 bytes."""
        return self._root

    def proof(self, i: int, *, leaves: Any = None) -> bytes:
        """The inclusion proof of leaf i: its siblings from the leaf upwards, 32 bytes each, as `verify_many` takes it.

        Args:
            i: its index.
            leaves: all leaves of the tree, where keep_layers is not 0.

        Raises:
            IndexError: the tree has no leaf i.
            TypeError: i is not one whole number.
            ValueError: leaves are missing, or not the tree's.
        """
        return self._proofs(self._position(i, "; of many leaves: proofs(indices)"), leaves)[0]

    def proofs(self, indices: Any, *, leaves: Any = None) -> Rows:
        """The inclusion proofs of some leaves, as rows that `verify_many` takes.

        Args:
            indices: of the leaves.
            leaves: all leaves of the tree, where keep_layers is not 0. Indices that stand close together are quickest.

        Raises:
            IndexError: an index past the end.
            ValueError: leaves are missing, or not the tree's.
        """
        return self._proofs(self._positions(indices), leaves)

    def _proofs(self, positions: npt.NDArray[np.uint64], leaves: Any) -> Rows:
        rows: Rows = _native().proofs(self._handle, positions, self._handed_back("leaves", leaves))
        return rows

    def multiproof(self, indices: Any = None, *, generalized_indices: Any = None, leaves: Any = None) -> Multiproof:
        """One proof for many leaves, as `verify_multiproof` takes it.

        Args:
            indices: of the leaves, each once.
            generalized_indices: ssz, in place of indices: of any nodes, none above another.
            leaves: all leaves of the tree, where keep_layers is not 0.

        Raises:
            IndexError: an index past the end.
            ValueError: the form has no multiproofs; the tree has no leaves; an index is there twice, or one above
                another; leaves are missing, or not the tree's.
        """
        found = FORMS[self.form]
        if not found.multiproofs:
            raise ValueError(f"form {self.form} has no multiproofs; {', '.join(multiproof_forms())} have")
        if not len(self):
            raise ValueError("multiproof: a tree of no leaves has none; append some first")
        if (indices is None) == (generalized_indices is None):
            raise ValueError("indices, generalized_indices: wanted one of them")
        if generalized_indices is not None:
            name, places = "generalized_indices", self._numbered(generalized_indices)
        else:
            name, places = "indices", self._positions(indices)
        different, times = np.unique(places, return_counts=True)
        if len(different) != len(places):
            raise ValueError(f"{name}: {different[times.argmax()]} came {times.max()} times; wanted each once")
        if not found.sorts_leaves:
            if not len(places):
                raise ValueError(f"{name}: none came; wanted one at least")
            if generalized_indices is None:
                places = np.array([self.generalized_index(i) for i in places.tolist()], np.uint64)
        handed_back = self._handed_back("leaves", leaves)
        try:
            proof, flags, order = _native().multiproof(self._handle, places, handed_back)
        except ValueError:
            if not found.sorts_leaves:
                _require_apart(places)
            raise
        return Multiproof(order, proof, flags if found.sorts_leaves else None)

    def generalized_index(self, i: int) -> int:
        """The generalized index of leaf i of an ssz tree: 2^depth + i, with the length beside the contents' root.

        Raises:
            IndexError: the tree has no leaf i.
            TypeError: i is not one whole number.
            ValueError: the tree is of another form, or so deep that the index takes more than 64 bits.
        """
        depth = self._depth()
        return (1 << depth) + int(self._position(i)[0])

    def nodes(self, generalized_indices: Any, *, leaves: Any = None) -> npt.NDArray[np.uint8]:
        """The nodes of an ssz tree at some generalized indices, uint8[n, 32].

        Args:
            generalized_indices: 1 the root, 2g and 2g + 1 below g.
            leaves: all leaves of the tree, where keep_layers is not 0.

        Raises:
            ValueError: the tree is of another form, or has no such node; leaves are missing, or not the tree's.
        """
        places = self._numbered(generalized_indices)
        found: npt.NDArray[np.uint8] = _native().nodes(self._handle, places, self._handed_back("leaves", leaves))
        return found

    def append(self, leaves: Any, *, length: int | None = None, old_leaves: Any = None) -> Tree:
        """A new tree with these leaves after the old ones; this tree stays as it is.

        Only new nodes are hashed; in the forms openzeppelin-*, whose shape changes, all parents.

        Args:
            leaves: n rows.
            length: ssz: the new length, of a tree that was made with one.
            old_leaves: all leaves of this tree, where keep_layers is k and its size no multiple of 2^k.

        Raises:
            TypeError, ValueError: an argument is wrong; more leaves than the limit.
        """
        rows = leaf_rows(self.form, leaves)
        check_size(len(self) + len(rows), self._values)
        if not len(rows) and length is None:
            return self
        if self._length is not None and length is None:
            raise ValueError("length: None came; the tree mixes in a length of its own, wanted the new one")
        partly = len(self) % (1 << self.keep_layers) != 0
        made, new_length = self._options(length)
        old = self._handed_back("old_leaves", old_leaves) if partly else None
        return self._made(_native().append(self._handle, rows, made, old), new_length)

    def update(self, indices: Any, leaves: Any, *, length: int | None = None, old_leaves: Any = None) -> Tree:
        """A new tree with leaf indices[i] replaced by row i; of equal indices the last wins; this tree stays as it is.

        Only the nodes above them are hashed anew; in an openzeppelin-* tree with sorted leaves all parents.

        Args:
            indices: of the leaves.
            leaves: a row an index.
            length: ssz: the new length, of a tree that was made with one; None: it stays.
            old_leaves: all leaves of this tree, where keep_layers is not 0.

        Raises:
            IndexError: an index past the end.
            ValueError: not one leaf an index, or another argument is wrong.
        """
        positions = self._positions(indices)
        rows = leaf_rows(self.form, leaves)
        if len(rows) != len(positions):
            raise ValueError(f"leaves: {len(rows)} rows came for {len(positions)} indices")
        if not len(rows) and length is None:
            return self
        made, new_length = self._options(self._length if length is None else length)
        old = self._handed_back("old_leaves", old_leaves)
        return self._made(_native().update(self._handle, positions, rows, made, old), new_length)

    def consistency_proof(self, old_size: int, *, leaves: Any = None) -> bytes:
        """That the tree of the first old_size leaves is a prefix of this one (RFC 9162 2.1.4.1), 32 bytes a node.

        Args:
            old_size: leaves of the old tree.
            leaves: all leaves of this tree, where keep_layers is k and old_size no multiple of 2^k.

        Raises:
            ValueError: the form has no such proofs, or old_size is not in 0 .. len(self); leaves are missing, or not
                the tree's.
        """
        if not FORMS[self.form].consistency:
            raise ValueError(f"form {self.form} has no consistency proofs; rfc6962 has")
        size = whole_number("old_size", old_size, most=len(self))
        partly = size % (1 << self.keep_layers) != 0 and size != len(self)
        old = self._handed_back("leaves", leaves) if partly else None
        proof: bytes = _native().consistency_proof(self._handle, size, old)
        return proof

    def _options(self, length: int | None) -> tuple[Any, int | None]:
        """Options for a tree that is made from this one, and the length that it mixes in."""
        mixed = length_input(length, self._values)
        if mixed is not None and self._length is None:
            raise ValueError(f"length: {length} came; this tree mixes in its number of leaves")
        number = None if mixed is None else int(mixed[0])
        return _native().options(self._values, number, self.keep_layers), number

    def _depth(self) -> int:
        """Height of an ssz tree, its length counted."""
        form, _, _, limit, mix_in_length = self._values
        if not FORMS[form].limit:
            raise ValueError(f"form {form} has no generalized indices; ssz has")
        depth = (max(len(self), 1) if limit is None else limit) - 1
        height = depth.bit_length() + mix_in_length
        if height > 63:
            raise ValueError(f"a tree of {height} layers has generalized indices of more than 64 bits")
        return height

    def _numbered(self, indices: Any) -> npt.NDArray[np.uint64]:
        """Generalized indices, checked to be nodes of this tree."""
        depth = self._depth()
        places = numbers("generalized_indices", indices)
        for g in places.tolist():
            down = g.bit_length() - 1
            if g == 0 or down > depth or (self._values[4] and down > 1 and g >> (down - 1) == 3):
                raise ValueError(f"generalized_indices: the tree has no node {g}")
        return places

    def _handed_back(self, name: str, leaves: Any) -> Rows | None:
        """All leaves, where they are needed; whether they are the tree's own is seen when they are hashed."""
        if not self.keep_layers:
            return None
        if leaves is None:
            raise ValueError(
                f"{name}: None came; the tree does without layers below {self.keep_layers}, wanted all its leaves"
            )
        rows = leaf_rows(self.form, leaves)
        if len(rows) != len(self):
            raise ValueError(f"{name}: {len(rows)} rows came; wanted all {len(self)} leaves of the tree")
        return rows

    def _positions(self, indices: Any) -> npt.NDArray[np.uint64]:
        return leaf_positions(indices, len(self))

    def _position(self, i: Any, mend: str = "") -> npt.NDArray[np.uint64]:
        """The index of one leaf, as an array of one."""
        if not hasattr(i, "__index__") or np.ndim(i) != 0:
            raise TypeError(f"i: a {type(i).__name__} came; wanted the index of one leaf{mend}")
        return leaf_positions(i, len(self), "i")


def _require_apart(places: npt.NDArray[np.uint64]) -> None:
    """Raises ValueError where one of these generalized indices stands above another."""
    known = set(places.tolist())
    for g in known:
        above = next((g >> up for up in range(1, g.bit_length()) if g >> up in known), None)
        if above is not None:
            raise ValueError(f"generalized_indices: {above} stands above {g}; wanted one of the two")


def _native() -> ModuleType:
    """The handles' functions; loaded when the first tree is made."""
    from pyaccel.backends import native_tree

    return native_tree
