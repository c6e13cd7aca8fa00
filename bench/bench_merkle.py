# SPDX-License-Identifier: Apache-2.0
"""Merkle roots of 32-byte leaves against layered loops over hashlib and pysha3, hashtree and pymerkle."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import repeat

import numpy as np
import numpy.typing as npt

import pyaccel
from pyaccel._core import lib

from .contest import Call, Contest, Peer
from .foreign import works
from .loops import All, calls, installed

COUNTS = (16, 1024, 1 << 16, 1 << 20)
LOOP_LEAVES = 1 << 15
"""Most leaves of a loop in Python: its seconds count per leaf, of which a tree twice as large has one node more."""
TREES = (
    *(("bitcoin", "sha256d"), ("rfc6962", "sha256"), ("rfc6962", "sm3"), ("ssz", "sha256")),
    *(("openzeppelin-simple", "keccak256"), ("openzeppelin-simple", "sm3")),
)
"""Form and hash of a node."""
HASHTREE = {"hashtree": "hashtree-root:auto", "hashtree avx2_x8": "hashtree-root:avx2_x8"}


def _fold(layer: list[bytes], every: All, prefix: bytes = b"") -> bytes:
    while len(layer) > 1:
        layer = every(map(b"".join, zip(repeat(prefix), layer[::2], layer[1::2], strict=False)))
    return layer[0]


def _fold_sorted(layer: list[bytes], every: All) -> bytes:
    while len(layer) > 1:
        layer = every(a + b if a < b else b + a for a, b in zip(layer[::2], layer[1::2], strict=True))
    return layer[0]


def _loop(form: str, every: All, leaves: list[bytes]) -> Callable[[], bytes]:
    """The root of a power of two of leaves by one hash call a node, as the form defines it."""
    if form == "rfc6962":
        return lambda: _fold(every(b"\0" + leaf for leaf in leaves), every, b"\1")
    if form == "openzeppelin-simple":
        return lambda: _fold_sorted(leaves, every)
    return lambda: _fold(leaves, every)


def _pymerkle(leaves: list[bytes]) -> Callable[[], bytes] | None:
    pymerkle = installed("pymerkle")
    if pymerkle is None:
        return None

    def root() -> bytes:
        tree = pymerkle.InmemoryTree(algorithm="sha256")
        for leaf in leaves:
            tree.append_entry(leaf)
        state: bytes = tree.get_state()
        return state

    return root


def _root(rows: npt.NDArray[np.uint8], form: str, algorithm: str) -> Call:
    """The leaves as they come: the marks are of hashing, and sorting a million leaves takes longer."""
    order = False if form.startswith("openzeppelin") else None
    return lambda: pyaccel.merkle.root(rows, form=form, algorithm=algorithm, sort_leaves=order, device="native")


def _peers(rows: npt.NDArray[np.uint8], form: str, algorithm: str) -> dict[str, Call | Peer]:
    n = len(rows)
    part = rows[:LOOP_LEAVES]
    leaves = [row.tobytes() for row in part]
    expected = _root(part, form, algorithm)
    peers: dict[str, Call | Peer] = {
        name: Peer(_loop(form, every, leaves), len(part) / n, expected) for name, every in calls(algorithm).items()
    }
    if form == "ssz":
        peers |= works("rust", HASHTREE, rows)
        peers |= works("go", {"gohashtree (Go)": "gohashtree-root"}, rows)
    if form == "rfc6962" and algorithm == "sha256" and n >= 1024:
        few = rows[:1024]
        append = _pymerkle([row.tobytes() for row in few])
        if append is not None:
            peers["pymerkle"] = Peer(append, len(few) / n, _root(few, form, algorithm))
    return peers


def _small(leaves: npt.NDArray[np.uint8]) -> Iterator[Contest]:
    """Small trees of form ssz in C, where the way from Python costs as much as the tree."""
    for n in COUNTS[:2]:
        rows = leaves[:n]
        ours = works("c", {"pyaccel": f"root:{lib.PYACCEL_MERKLE_SSZ}"}, rows).get("pyaccel")
        if ours is not None:
            yield Contest("merkle root ssz sha256, C call", n, 32, ours, works("rust", HASHTREE, rows))


def contests() -> Iterator[Contest]:
    """Counts are powers of two, which the peers' short loops need."""
    data = np.random.default_rng(4).integers(0, 256, (max(COUNTS), 32), dtype=np.uint8)
    for form, algorithm in TREES:
        for n in COUNTS:
            rows = data[:n]
            yield Contest(
                name=f"merkle root {form} {algorithm}",
                n=n,
                row_bytes=32,
                ours=_root(rows, form, algorithm),
                peers=_peers(rows, form, algorithm),
            )
    yield from _small(data)
