# SPDX-License-Identifier: Apache-2.0
"""What a batch costs on a backend: piecewise linear, monotone curves over the number of rows."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

from pyaccel.operations import Operation

POINTS = (1, 8, 16, 64, 256, 1024, 16384, 2**18)
"""Numbers of rows at which a curve is measured."""

ROW_BYTES = {
    "hash_many": 64,
    "merkle.layers": 64,
    "merkle.proofs": 64,
    "merkle.root": 64,
    "merkle.verify_many": 1024,
    "recover_many": 97,
    "verify_many": 4096,
}
"""Bytes that a row may have at a curve's cost; a longer row costs in proportion."""

SPREAD_SECONDS = 1e-3
"""Work from here on is taken to spread over all threads."""


@dataclass(frozen=True)
class Curve:
    """Seconds for n rows.

    Attributes:
        seconds: at each of POINTS, never decreasing.
        link: seconds for each byte that has to be moved to the device and back.
        start_up: seconds once, before the first batch (a driver loaded, a kernel built).
    """

    seconds: tuple[float, ...]
    link: float = 0.0
    start_up: float = 0.0

    def __post_init__(self) -> None:
        if len(self.seconds) != len(POINTS) or list(self.seconds) != sorted(self.seconds) or self.seconds[0] <= 0:
            raise ValueError(f"a curve has {len(POINTS)} positive numbers that never decrease, not {self.seconds}")

    def at(self, n: int) -> float:
        """Seconds for n rows of the usual size: linear between points and beyond the last; 0 for n = 0."""
        if n <= POINTS[0]:
            return self.seconds[0] * n
        i = min(bisect_left(POINTS, n), len(POINTS) - 1)
        low, high = POINTS[i - 1], POINTS[i]
        slope = (self.seconds[i] - self.seconds[i - 1]) / (high - low)
        return self.seconds[i - 1] + slope * (n - low)

    def cost(self, operation: Operation, n: int, nbytes: int) -> float:
        """Seconds for n rows that have nbytes together, start-up and transfers counted."""
        usual = ROW_BYTES.get(operation.name, 0) * n
        longer = max(1.0, nbytes / usual) if usual else 1.0
        return self.start_up + self.at(n) * longer + self.link * nbytes

    def on_threads(self, threads: int) -> Curve:
        """The curve of one thread, spread over some where there is enough work."""
        seconds: list[float] = []
        for one in self.seconds:
            spread = max(one / threads, SPREAD_SECONDS) if one > SPREAD_SECONDS else one
            seconds.append(max(spread, seconds[-1] if seconds else 0.0))
        return Curve(tuple(seconds), self.link, self.start_up)


def until(curve: Curve, other: Curve) -> int:
    """The largest of POINTS up to which `curve` is at most `other`, whatever the bytes; 0: none; then exact below it.

    Both are linear between the same points, so that comparing there compares everywhere. Longer rows
    multiply both alike, and `curve` may have no link to pay for.
    """
    reached = 0
    for point, mine, theirs in zip(POINTS, curve.seconds, other.seconds, strict=True):
        if curve.link > other.link or mine > theirs:
            break
        reached = point
    return reached
