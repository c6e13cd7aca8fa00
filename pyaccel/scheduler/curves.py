# SPDX-License-Identifier: Apache-2.0
"""What a batch costs on a backend: monotone curves over the number of rows, linear or in steps between few points."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from math import isfinite

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


LONG_ROWS = 16
"""Rows this many times as long as usual are looked at as well before small batches go without comparison."""


@dataclass(frozen=True)
class Curve:
    """Seconds for n rows.

    Attributes:
        seconds: at each of POINTS, never decreasing.
        link: seconds for each byte that has to be moved to the device and back; of a measured curve for each byte
            beyond those of the rows that it was measured with, whatever they cost.
        start_up: seconds once, before the first batch (a driver loaded, a kernel built).
        row: bytes of the rows that it was measured with; 0: it was not measured, and longer rows than ROW_BYTES cost
            in proportion.
        source: where it is from, for a person.
        lanes: rows that are computed together: what is left over of whole groups of them costs as another group does,
            or where it is one row, as that by itself if that is less.
    """

    seconds: tuple[float, ...]
    link: float = 0.0
    start_up: float = 0.0
    row: float = 0.0
    source: str = "shipped default"
    lanes: int = 1

    def __post_init__(self) -> None:
        right = len(self.seconds) == len(POINTS) and list(self.seconds) == sorted(self.seconds) and self.seconds[0] > 0
        if not right or not isfinite(self.seconds[-1]):
            raise ValueError(f"a curve has {len(POINTS)} positive numbers that never decrease, not {self.seconds}")

    def at(self, n: float) -> float:
        """Seconds for n rows of the usual size: linear between points and beyond the last; 0 for n = 0."""
        over = n % self.lanes if self.lanes > 1 else 0
        if n <= POINTS[0] or not over:
            return self._between(n)
        whole = self._between(n - over + self.lanes)
        return min(whole, self._between(n - 1) + self.seconds[0]) if over == 1 else whole

    def _between(self, n: float) -> float:
        """Seconds of the line at n."""
        if n <= POINTS[0]:
            return self.seconds[0] * n
        i = min(bisect_left(POINTS, n), len(POINTS) - 1)
        low, high = POINTS[i - 1], POINTS[i]
        slope = (self.seconds[i] - self.seconds[i - 1]) / (high - low)
        return self.seconds[i - 1] + slope * (n - low)

    def cost(self, operation: Operation, n: int, nbytes: int) -> float:
        """Seconds for n rows that have nbytes together, start-up and transfers counted."""
        if self.row:
            return self.start_up + self.at(n) + self.link * max(0.0, nbytes - self.row * n)
        usual = ROW_BYTES.get(operation.name, 0) * n
        longer = max(1.0, nbytes / usual) if usual else 1.0
        return self.start_up + self.at(n) * longer + self.link * nbytes

    def on_threads(self, threads: int) -> Curve:
        """The curve of one thread, spread over some where there is enough work."""
        seconds: list[float] = []
        for one in self.seconds:
            spread = max(one / threads, SPREAD_SECONDS) if one > SPREAD_SECONDS else one
            seconds.append(max(spread, seconds[-1] if seconds else 0.0))
        return replace(self, seconds=tuple(seconds))


def until(curve: Curve, other: Curve, operation: Operation) -> int:
    """The largest of POINTS up to which `curve` costs no more than `other`; 0: none; then exact below it.

    Costs are linear between the same points, so that comparing there compares everywhere, and with lanes comparing the
    first and the last step as well: rows of the usual size, or of that which was measured, and LONG_ROWS times as long.
    """
    step = curve.lanes
    usual = curve.row or other.row or ROW_BYTES.get(operation.name, 0)
    reached = 0
    for point in POINTS:
        last = max(point - step, reached)
        ends = (reached + 1, reached + 2, last + 1, last + 2) if step > 1 else ()
        counts = {point, *(n for n in ends if n < point)}
        sizes = {(n, int(n * row)) for n in counts for row in (usual, LONG_ROWS * usual)}
        if any(curve.cost(operation, *size) > other.cost(operation, *size) for size in sizes):
            break
        reached = point
    return reached


def crossover(curve: Curve, other: Curve) -> list[int]:
    """Numbers of rows, of the usual size, at which the other one of the two becomes the quicker, in rising order."""
    found: list[int] = []
    differences = [a - b for a, b in zip(curve.seconds, other.seconds, strict=True)]
    for i in range(1, len(POINTS)):
        before, after = differences[i - 1], differences[i]
        if before * after < 0:
            found.append(round(POINTS[i - 1] + (POINTS[i] - POINTS[i - 1]) * before / (before - after)))
    return found


def crossovers(curves: Mapping[str, Curve]) -> list[tuple[str, str, int]]:
    """Where the quickest of all changes: its name up to a number of rows, the next one's, and that number."""
    found: list[tuple[str, str, int]] = []

    def quickest(n: float) -> str:
        return min(curves, key=lambda name: curves[name].at(n))

    pairs = [crossover(one, other) for one, other in combinations(curves.values(), 2)]
    for n in sorted({n for some in pairs for n in some}):
        before, after = quickest(max(n * 0.98 - 1, 1)), quickest(n * 1.02 + 1)
        if before != after:
            found.append((before, after, n))
    return found
