# SPDX-License-Identifier: Apache-2.0
"""One batch over several devices, cut so that they end together."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from pyaccel.backends.base import Backend, Plan
from pyaccel.operations import Operation
from pyaccel.scheduler.curves import POINTS, Curve
from pyaccel.scheduler.splitting import PART_MULTIPLE

LEAST_SECONDS = 1e-3
"""A batch that is done sooner is not divided: threads and cuts would be a part of it that counts."""

HAND_OVER = 1e-4
"""Seconds for a thread, the cuts and the wait for the last."""

GAIN = 1.1
"""How many times as fast all together have to be, by the curves, as the best alone."""

_HALVINGS = 20


@dataclass(frozen=True)
class Offer:
    """What a device would take.

    Attributes:
        curve: its cost curve.
        factor: what its seconds are multiplied by (`drift.Drift.factor`).
    """

    curve: Curve
    factor: float = 1.0

    def seconds(self, operation: Operation, n: int, nbytes: int) -> float:
        """For n rows that have nbytes together."""
        return self.factor * self.curve.cost(operation, n, nbytes)


@dataclass(frozen=True)
class Share:
    """The part of a batch that one device takes.

    Attributes:
        backend: the device.
        plan: what runs there.
        rows: how many; shares follow each other through the batch.
        predicted: seconds that its curve says, uncorrected.
    """

    backend: Backend
    plan: Plan
    rows: int
    predicted: float


def _rows_within(costs: Sequence[float], seconds: float) -> float:
    """Rows that are done in some seconds, of costs at POINTS: linear between them, and beyond the last."""
    i = bisect_left(costs, seconds)
    if i == 0:
        return 1.0 if seconds == costs[0] else 0.0
    i = min(i, len(POINTS) - 1)
    rise = costs[i] - costs[i - 1]
    if rise <= 0.0:
        return float(POINTS[i])
    return POINTS[i - 1] + (seconds - costs[i - 1]) / rise * (POINTS[i] - POINTS[i - 1])


def divide(operation: Operation, offers: Sequence[Offer], n: int, nbytes: int) -> list[int]:
    """Rows for each of some devices, so that all end as soon as they can; an empty list where one alone is as good.

    The common end T is where the rows that all can do within T are n: found by halving, since each device's rows only
    grow with T. All but the slack are multiples of PART_MULTIPLE.

    Args:
        operation: what is computed.
        offers: of devices that share no silicon.
        n: rows.
        nbytes: bytes of all rows together.

    Returns:
        A number for each offer, n together, 0 for a device that is better left out; or [].
    """
    alone = [offer.seconds(operation, n, nbytes) for offer in offers]
    best = min(alone)
    if len(offers) < 2 or n < 2 * PART_MULTIPLE or best < LEAST_SECONDS:
        return []
    # What each could do of the whole in the time of the best, if rows cost nothing but their share.
    if sum(best / seconds for seconds in alone) < GAIN:
        return []
    row = nbytes / n
    costs = [[offer.seconds(operation, point, int(row * point)) for point in POINTS] for offer in offers]
    low, high = 0.0, best
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if sum(_rows_within(some, middle) for some in costs) < n:
            low = middle
        else:
            high = middle
    rows = [int(_rows_within(some, high)) // PART_MULTIPLE * PART_MULTIPLE for some in costs]

    def end(i: int, more: int) -> float:
        mine = rows[i] + more
        return offers[i].seconds(operation, mine, int(row * mine)) if mine else 0.0

    while (left := n - sum(rows)) > 0:
        step = min(left, PART_MULTIPLE)
        first = min(range(len(rows)), key=lambda i: end(i, step))
        rows[first] += step
    while sum(rows) > n:
        last = max(range(len(rows)), key=lambda i: end(i, 0))
        rows[last] -= min(rows[last], sum(rows) - n)
    if sum(count > 0 for count in rows) < 2:
        return []
    together = max(end(i, 0) for i in range(len(rows))) + HAND_OVER
    return rows if together * GAIN <= best else []
