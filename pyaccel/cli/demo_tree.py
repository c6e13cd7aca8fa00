# SPDX-License-Identifier: Apache-2.0
"""The demo's tree of 2^20 leaves: its root on a device, held against a loop over hashlib."""

from __future__ import annotations

import hashlib
from functools import cache

import numpy as np

from pyaccel.cli.report import Bad, Report
from pyaccel.cli.runner import Bytes, Runner
from pyaccel.cli.sampled_runner import WHOLE_TREE

FORM = "rfc6962"
SEED = 20_140_509
LEAF = 32


@cache
def _leaves(count: int) -> Bytes:
    return np.random.default_rng(SEED).integers(0, 256, (count, LEAF), dtype=np.uint8)


@cache
def _layers(count: int) -> dict[int, bytes]:
    """The first node of each layer by RFC 6962 2.1, by the number of leaves below it; count is a power of two."""
    sha256 = hashlib.sha256
    layer = [sha256(b"\0" + leaf.tobytes()).digest() for leaf in _leaves(count)]
    first = {1: layer[0]}
    while len(layer) > 1:
        pairs = zip(layer[::2], layer[1::2], strict=True)
        layer = [sha256(b"\1" + left + right).digest() for left, right in pairs]
        first[count // len(layer)] = layer[0]
    return first


class TreeJob:
    """One job of the demo: the roots over the first leaves, as many as every device computes itself, and over all.

    Args:
        count: leaves, a power of two.
    """

    def __init__(self, count: int) -> None:
        self.count = count

    @property
    def leaves(self) -> Bytes:
        """The leaves, the same everywhere."""
        return _leaves(self.count)

    @property
    def name(self) -> str:
        """What stands in the tables."""
        return f"tree of {self.count:,} leaves"

    def report(self, runner: Runner) -> Report:
        """Computes and compares the roots."""
        report = Report(
            self.name, f"form {FORM}, SHA-256, leaves of {LEAF} bytes made here, roots held against hashlib"
        )
        for count in sorted({min(WHOLE_TREE, self.count), self.count}):
            runner.progress("Merkle root", 0, count)
            root, _, step = runner.root(FORM, self.leaves[:count])
            good = root == _layers(self.count)[count]
            bad = (
                [] if good else [Bad({}, f"{root.hex()}, but hashlib's loop gives {_layers(self.count)[count].hex()}")]
            )
            report.add(f"root of {count:,} leaves", 1, bad, step)
            runner.progress("Merkle root", count, count)
        report.facts["root"] = _layers(self.count)[self.count].hex()
        return report
