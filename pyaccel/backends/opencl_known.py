# SPDX-License-Identifier: Apache-2.0
"""Known questions for the plans of OpenCL devices; hashlib knows the answers."""

from __future__ import annotations

from hashlib import sha256

import numpy as np
import numpy.typing as npt

from pyaccel.backends.opencl_plans import NODE, HashPlan, MerklePlan
from pyaccel.rows import Rows, as_rows

Question = tuple[dict[str, Rows], dict[str, npt.NDArray[np.uint8]], int, dict[str, bytes]]
"""Inputs, empty outputs, n, and what the outputs must hold then."""

_MESSAGES = [b"", b"abc", bytes(range(200))]


def question(plan: HashPlan | MerklePlan) -> Question:
    """Something small that takes every path of the plan's kernels: padding, several blocks, an odd layer."""
    if isinstance(plan, HashPlan):
        digests = [sha256(message).digest() for message in _MESSAGES]
        if plan.algorithm == "sha256d":
            digests = [sha256(digest).digest() for digest in digests]
        return (
            {"messages": as_rows("messages", _MESSAGES)},
            {"digests": np.zeros((len(digests), NODE), np.uint8)},
            len(digests),
            {"digests": b"".join(digests)},
        )
    leaves = [sha256(message).digest() for message in _MESSAGES]
    nodes = b"".join(_layers(plan.form, leaves))
    outputs = {"root": np.zeros((1, NODE), np.uint8), "mutated": np.ones(1, np.uint8)}
    expected = {"root": nodes[-NODE:], "mutated": b"\0"}
    if plan.whole:
        outputs = {"nodes": np.zeros((len(nodes) // NODE, NODE), np.uint8)}
        expected = {"nodes": nodes}
    return {"leaves": as_rows("leaves", leaves)}, outputs, len(leaves), expected


def _layers(form: str, leaves: list[bytes]) -> list[bytes]:
    """All nodes of the tree over three leaves."""
    if form == "bitcoin":
        pairs = [leaves[0] + leaves[1], leaves[2] + leaves[2]]
        middle = [sha256(sha256(pair).digest()).digest() for pair in pairs]
        return [*leaves, *middle, sha256(sha256(b"".join(middle)).digest()).digest()]
    nodes = [sha256(b"\0" + leaf).digest() for leaf in leaves]
    left = sha256(b"\1" + nodes[0] + nodes[1]).digest()
    return [*nodes, left, nodes[2], sha256(b"\1" + left + nodes[2]).digest()]
