# SPDX-License-Identifier: Apache-2.0
"""The forms of Merkle trees: what a leaf and a parent are in each, and what else a form takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from pyaccel.choices import choice
from pyaccel.numbers import integer_array, whole_number
from pyaccel.rows import Rows, as_rows

NODE = 32
"""Bytes of a node."""

MOST_LIMIT = 2**63
"""Chunks that an SSZ tree may be padded to."""


@dataclass(frozen=True)
class Form:
    """How nodes are made; C: csrc/include/pyaccel/merkle.h.

    Attributes:
        algorithms: the hashes of every node that it takes, its own first.
        leaf: the node of a leaf: "node": the leaf itself, 32 bytes; "prefixed": H(leaf_prefix || leaf); "twice":
            H(H(leaf)).
        leaf_prefix: what stands before a leaf.
        node_prefix: what stands before the two children of a parent.
        sorted_pairs: the lesser child stands first.
        odd: what becomes of a last node x without a sibling: "twice": H(x || x); "promoted": it goes up unchanged;
            "zero": H(x || Z[k]), Z[0] = 32 zero bytes, Z[k + 1] = H(Z[k] || Z[k]), at height k; "heap": there is
            none, as nodes are paired in one array: A[0 .. n) are the leaf nodes, A[n + m] = parent(A[2m], A[2m + 1]).
        empty: a tree of no leaf has a root.
        consistency: it has consistency proofs.
        multiproofs: it has multiproofs.
        limit: it is padded to a limit, and may have a length mixed in.
        sorts_leaves: leaf nodes are sorted first, unless the caller keeps their order; proofs tell no position.
    """

    algorithms: tuple[str, ...]
    leaf: Literal["node", "prefixed", "twice"]
    odd: Literal["twice", "promoted", "zero", "heap"]
    leaf_prefix: bytes = b""
    node_prefix: bytes = b""
    sorted_pairs: bool = False
    empty: bool = True
    consistency: bool = False
    multiproofs: bool = False
    limit: bool = False
    sorts_leaves: bool = False


_LOGS = ("sha256", "sha512-256", "sha3-256", "keccak256", "sm3", "blake2b-256", "blake2s-256", "blake3")

FORMS = {
    "bitcoin": Form(("sha256d",), "node", "twice", empty=False),
    "rfc6962": Form(_LOGS, "prefixed", "promoted", b"\0", b"\1", consistency=True),
    "cometbft": Form(("sha256",), "prefixed", "promoted", b"\0", b"\1"),
    "ssz": Form(("sha256",), "node", "zero", multiproofs=True, limit=True),
    "openzeppelin-standard": Form(
        ("keccak256",), "twice", "heap", sorted_pairs=True, empty=False, multiproofs=True, sorts_leaves=True
    ),
    "openzeppelin-simple": Form(
        ("keccak256", "sha256", "sm3"),
        "node",
        "heap",
        sorted_pairs=True,
        empty=False,
        multiproofs=True,
        sorts_leaves=True,
    ),
}
"""Form by name."""

Parameters = tuple[str, str, bool | None, int | None, bool]
"""form, algorithm, sort_leaves, limit, mix_in_length: as plans take them."""


_PLAIN: dict[str, Parameters] = {
    name: (name, form.algorithms[0], True if form.sorts_leaves else None, None, False) for name, form in FORMS.items()
}
"""Those of each form with nothing else said."""


def forms() -> tuple[str, ...]:
    """The names that `form=` takes. RFC 9162's trees are rfc6962."""
    return tuple(FORMS)


def parameters(
    form: str,
    algorithm: str | None = None,
    *,
    sort_leaves: bool | None = None,
    limit: int | None = None,
    mix_in_length: bool = False,
) -> Parameters:
    """The parameters of a plan, checked, with defaults filled in.

    Raises:
        TypeError: a parameter is of the wrong type.
        ValueError: the form is unknown, or does not take what was asked for; the error lists what it takes.
    """
    if algorithm is None and sort_leaves is None and limit is None and mix_in_length is False and type(form) is str:
        plain = _PLAIN.get(form)
        if plain is not None:
            return plain
    choice("form", form, FORMS)
    found = FORMS[form]
    own = found.algorithms[0]
    if algorithm is not None and not (isinstance(algorithm, str) and algorithm in found.algorithms):
        raise ValueError(f"algorithm: {algorithm!r} came; form {form} is over {', '.join(found.algorithms)}")
    if limit is not None:
        if not found.limit:
            raise ValueError(f"limit: {limit} came; form {form} has none ({_that('limit')} has)")
        limit = whole_number("limit", limit, 1, MOST_LIMIT)
    _flag("mix_in_length", mix_in_length)
    if mix_in_length and not found.limit:
        raise ValueError(f"mix_in_length: True came; form {form} mixes in no length ({_that('limit')} does)")
    if sort_leaves is not None:
        _flag("sort_leaves", sort_leaves)
        if not found.sorts_leaves:
            raise ValueError(
                f"sort_leaves: {sort_leaves} came; form {form} has one order ({_that('sorts_leaves')} have two)"
            )
    elif found.sorts_leaves:
        sort_leaves = True
    return form, algorithm or own, None if sort_leaves is None else bool(sort_leaves), limit, bool(mix_in_length)


def _that(what: str) -> str:
    """The forms that have something."""
    return ", ".join(name for name, form in FORMS.items() if getattr(form, what))


def _flag(name: str, value: Any) -> None:
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name}: {value!r} came; wanted True or False")


def length_input(length: int | None, values: Parameters) -> npt.NDArray[np.uint64] | None:
    """The length that is mixed in where it is not the number of leaves, as plans take it.

    Raises:
        TypeError, ValueError: no whole number, or no length is mixed in.
    """
    if length is None:
        return None
    if not values[4]:
        raise ValueError(f"length: {length} came; it is mixed in with mix_in_length=True alone")
    return np.array([whole_number("length", length)], np.uint64)


def leaf_rows(form: str, leaves: Any) -> Rows:
    """Leaves as rows, of the length that the form wants."""
    rows = as_rows("leaves", leaves)
    if FORMS[form].leaf == "node":
        rows.require_width("leaves", NODE)
    return rows


def check_size(n: int, values: Parameters) -> None:
    """Raises ValueError where a tree of n leaves has no root, or is over its limit."""
    form, _, _, limit, _ = values
    if n == 0 and not FORMS[form].empty:
        raise ValueError(f"leaves: none came; {_article(form)} {form} tree has at least one")
    if limit is not None and n > limit:
        raise ValueError(f"leaves: {n} came; the limit is {limit}")


def leaf_positions(indices: Any, n: int, name: str = "indices") -> npt.NDArray[np.uint64]:
    """Indices of leaves, as plans take them; `name` is the argument's, for errors.

    Raises:
        TypeError, ValueError: no whole numbers.
        IndexError: one of them is no leaf of a tree of n; names it.
    """
    positions = integer_array(name, indices)
    bad = (positions < 0) | (positions >= n)
    if bool(bad.any()):
        there = f"0 .. {n - 1}" if n else "none"
        raise IndexError(f"{name}: leaf {positions[int(bad.argmax())]} of a tree of {n} leaves; wanted {there}")
    return np.ascontiguousarray(positions, np.uint64)


def longest_proof(form: str, n: int, limit: int | None, *, mix_in_length: bool) -> int:
    """Nodes of the longest inclusion proof in a tree of n leaves."""
    if FORMS[form].odd == "heap":
        return (2 * n - 1).bit_length() - 1 if n else 0
    return max((n if limit is None else limit) - 1, 0).bit_length() + mix_in_length


def _article(form: str) -> str:
    return "an" if form.startswith("o") else "a"


def layer_widths(form: str, n: int) -> list[int]:
    """Nodes of each layer of a tree of n leaves: ceil(n / 2^k), down to one; a heap's are one array of 2n - 1."""
    if FORMS[form].odd == "heap":
        return [2 * n - 1] if n else []
    widths = [n] if n else []
    while widths and widths[-1] > 1:
        widths.append((widths[-1] + 1) // 2)
    return widths
