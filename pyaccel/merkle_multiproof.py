# SPDX-License-Identifier: Apache-2.0
"""One proof for many nodes of a tree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pyaccel.merkle_forms import FORMS, NODE, leaf_rows, parameters
from pyaccel.numbers import integer_array
from pyaccel.operations import OPERATIONS
from pyaccel.rows import one_row
from pyaccel.scheduler.execution import run

_VERIFY = OPERATIONS["merkle.verify_multiproof"]


@dataclass(frozen=True, eq=False)
class Multiproof:
    """One proof that several nodes are in a tree, as `verify_multiproof` takes it.

    Attributes:
        indices: uint64[n]. OpenZeppelin's forms: the leaves' indices in the order in which the leaves go into the
            verification; ssz: the generalized indices of the nodes, as they were asked for.
        proof: the nodes that are needed beside them, 32 bytes each, joined.
        flags: OpenZeppelin's forms: bool[parents], its proofFlags; ssz: None.
    """

    indices: npt.NDArray[np.uint64]
    proof: bytes
    flags: npt.NDArray[np.bool_] | None

    @property
    def nodes(self) -> list[bytes]:
        """The nodes of the proof one by one."""
        return [self.proof[i : i + NODE] for i in range(0, len(self.proof), NODE)]


def verify_multiproof(
    root: Any,
    leaves: Any,
    proof: Any,
    *,
    indices: Any = None,
    flags: Any = None,
    form: str = "openzeppelin-standard",
    algorithm: str | None = None,
    device: str = "auto",
) -> bool:
    """Whether one proof shows all these leaves to be in the tree of this root.

    Args:
        root: 32 bytes.
        leaves: n rows. OpenZeppelin's forms: the leaves in the order of `Multiproof.indices`; ssz: the nodes of 32
            bytes at `indices`.
        proof: its nodes one after the other, 32 bytes each, or a `Multiproof`, which brings flags and indices along.
        indices: ssz: n generalized indices: 1 the root, 2g and 2g + 1 below g; with a length mixed in 2 is the root of
            the contents and 3 the length. Equal ones, and such that one stands above another, make the proof False.
        flags: OpenZeppelin's forms: proofFlags, a bool a parent; checked as MerkleProof.processMultiProof does, with
            what release 4.9.2 of the contracts added.
        form: openzeppelin-standard, openzeppelin-simple or ssz.
        algorithm: None: the form's own.
        device: "auto" or the name of a device; what that declines runs natively (`scheduler.last_run()` tells).

    Raises:
        TypeError, ValueError: an argument is wrong, or the form has no multiproofs. A malformed proof is False.
    """
    values = parameters(form, algorithm)[:2]
    found = FORMS[form]
    if not found.multiproofs:
        raise ValueError(f"form {form} has no multiproofs; {', '.join(multiproof_forms())} have")
    if isinstance(proof, Multiproof):
        if flags is not None:
            raise ValueError("flags: some came beside a Multiproof, which holds its own")
        if (proof.flags is not None) != found.sorts_leaves:
            of = "an ssz" if proof.flags is None else "an openzeppelin-*"
            raise ValueError(f"proof: that of {of} tree came; form {form} has others. Say which tree's it is: form=...")
        flags = proof.flags
        indices = proof.indices if indices is None and not found.sorts_leaves else indices
        proof = proof.proof
    rows = leaf_rows(form, leaves)
    root_row = one_row("root", root)
    root_row.require_width("root", NODE)
    inputs: dict[str, Any] = {"root": root_row, "leaves": rows, "proof": one_row("proof", proof)}
    if found.sorts_leaves:
        if indices is not None:
            raise ValueError(f"indices: some came; multiproofs of form {form} tell no position")
        inputs |= {"indices": None, "flags": _flags(flags)}
    else:
        if flags is not None:
            raise ValueError(f"flags: some came; multiproofs of form {form} have indices in their place")
        if indices is None:
            raise ValueError("indices: none came; wanted the generalized index of each leaf")
        positions = numbers("indices", indices)
        if len(positions) != len(rows):
            raise ValueError(f"indices: {len(positions)} came for {len(rows)} leaves")
        inputs |= {"indices": positions, "flags": None}
    verdicts = np.zeros(1, np.uint8)
    run(_VERIFY, values, inputs, {"verdicts": verdicts}, len(rows), device=device)
    return bool(verdicts[0])


def multiproof_forms() -> tuple[str, ...]:
    """The forms that have multiproofs."""
    return tuple(name for name, form in FORMS.items() if form.multiproofs)


def numbers(name: str, values: Any) -> npt.NDArray[np.uint64]:
    """Positions or sizes as a contiguous uint64 array; a single number as one of length 1.

    Raises:
        TypeError, ValueError: not whole numbers in 0 .. 2^64 - 1.
    """
    array = integer_array(name, values)
    if array.dtype.kind == "i" and bool((array < 0).any()):
        i = int((array < 0).argmax())
        raise ValueError(f"{name}: {array[i]} came at {i}; wanted whole numbers >= 0")
    return np.ascontiguousarray(array, np.uint64)


def _flags(values: Any) -> npt.NDArray[np.uint8]:
    if values is None:
        raise ValueError("flags: none came; wanted the proofFlags, a bool a parent")
    array = np.asarray(values)
    if array.size == 0:
        return np.empty(0, np.uint8)
    if array.dtype != np.bool_ or array.ndim != 1:
        raise TypeError(f"flags: {array.dtype} of shape {array.shape} came; wanted bools in one dimension")
    return np.ascontiguousarray(array).view(np.uint8)
