# SPDX-License-Identifier: Apache-2.0
"""Counts batches, events and engines' waits while somebody wants metrics; what shows them is pyaccel.metrics.

A library for metrics would look up four labels and lock four times a batch. Here a batch finds its series by its plan
and locks it once; names and texts are worked out when somebody looks.
"""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Mapping
from threading import RLock
from typing import Any, NamedTuple

from pyaccel import logs
from pyaccel.backends import moved
from pyaccel.backends.base import Implementation
from pyaccel.scheduler import watching
from pyaccel.scheduler.curves import POINTS
from pyaccel.scheduler.watching import Attempt, Served

SECONDS: tuple[float, ...] = tuple(2.0**k * 1e-6 for k in range(1, 28))
"""Upper bounds of times: 2 microseconds to 134 s, each twice the one before."""

ROWS = (*POINTS, 2**22)
"""Upper bounds of numbers of rows: where cost curves are measured."""


class Histogram:
    """How many values lie at or below each bound and above the one before; the last count is of those above all.

    Whoever adds holds the lock of what the histogram belongs to.
    """

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def add(self, value: float) -> None:
        """Counts a value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


class BatchLabels(NamedTuple):
    """What batches are told apart by; each has few values."""

    operation: str
    of: str
    device: str
    variant: str


class Batches:
    """Batches of one kind on one device. The lock may be taken again by a signal's handler in the same thread."""

    __slots__ = ("failed", "failed_seconds", "fallback", "input_bytes", "lock", "redone_rows", "rows", "seconds")

    def __init__(self) -> None:
        self.lock = RLock()
        self.seconds = Histogram(SECONDS)
        self.rows = Histogram(ROWS)
        self.input_bytes = 0
        self.fallback = 0
        self.failed = 0
        self.failed_seconds = 0.0
        self.redone_rows = 0

    def add(self, attempt: Attempt) -> None:
        """Counts an attempt."""
        _, _, _, _, n, nbytes, _, seconds, error, notes = attempt
        with self.lock:
            if error is None:
                # Histogram.add twice, without the calls: this is what every batch pays.
                times, rows = self.seconds, self.rows
                times.counts[bisect_left(SECONDS, seconds)] += 1
                times.total += seconds
                rows.counts[bisect_left(ROWS, n)] += 1
                rows.total += n
                self.input_bytes += nbytes
                self.fallback += bool(notes)
            else:
                self.failed += 1
                self.failed_seconds += seconds
                self.redone_rows += n


class Waits:
    """Batches that engines made of one kind."""

    __slots__ = ("lock", "rows", "seconds", "waited")

    def __init__(self) -> None:
        self.lock = RLock()
        self.rows = Histogram(ROWS)
        self.waited = Histogram(SECONDS)
        self.seconds = Histogram(SECONDS)

    def add(self, served: Served) -> None:
        """Counts a batch."""
        with self.lock:
            self.rows.add(served.n)
            self.waited.add(served.waited)
            self.seconds.add(served.waited + served.seconds)


_PLANS = 1024
"""Plans kept, as many as placements are: contexts of hashes make plans too."""


class Counts:
    """All that this process counted since counting began, or since it was forked. Thread-safe."""

    def __init__(self) -> None:
        self._of_plan: dict[int, tuple[Implementation, Batches]] = {}
        self._lock = RLock()
        self._users = 0
        self.batches: dict[BatchLabels, Batches] = {}
        self.engines: dict[tuple[str, str], Waits] = {}
        self.events: dict[tuple[str, str], int] = {}
        self.moved = moved.Moved()

    def begin(self) -> None:
        """Counts from now on, until `end` was called as often."""
        with self._lock:
            self._users += 1
            moved.everywhere = (self.moved,)
            watching.watchers.add(self._attempted)
            watching.engine_watchers.add(self._served)
            logs.listeners.add(self._happened)

    def end(self) -> None:
        """Ends `begin`; what was counted stays."""
        with self._lock:
            self._users -= 1
            if not self._users:
                moved.everywhere = ()
                watching.watchers.remove(self._attempted)
                watching.engine_watchers.remove(self._served)
                logs.listeners.remove(self._happened)

    def begin_anew(self) -> None:
        """In the child of a fork: counts are the parent's, and a lock may be of a thread that is gone."""
        users = self._users
        self.__init__()  # type: ignore[misc]
        self._users = users
        moved.everywhere = (self.moved,) if users else ()

    def _attempted(self, attempt: Attempt) -> None:
        kept = self._of_plan.get(id(attempt.plan))
        (kept[1] if kept else self._series(attempt)).add(attempt)

    def _series(self, attempt: Attempt) -> Batches:
        """The series of a plan that is new, or was forgotten."""
        labels = BatchLabels(attempt.operation, attempt.of, attempt.device, attempt.plan.variant)
        series = self.batches.setdefault(labels, Batches())
        if len(self._of_plan) >= _PLANS:
            self._of_plan.clear()
        self._of_plan[id(attempt.plan)] = (attempt.plan, series)  # holds the plan: its id is no other's meanwhile
        return series

    def _served(self, served: Served) -> None:
        key = served.operation, served.of
        (self.engines.get(key) or self.engines.setdefault(key, Waits())).add(served)

    def _happened(self, name: str, fields: Mapping[str, Any]) -> None:
        key = name, str(fields.get("device", ""))
        with self._lock:
            self.events[key] = self.events.get(key, 0) + 1


counts = Counts()
"""Those of this process."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=counts.begin_anew)
