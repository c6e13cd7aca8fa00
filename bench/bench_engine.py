# SPDX-License-Identifier: Apache-2.0
"""The engine: what callers of one row reach beside callers of a batch, and how long they wait, on one core.

Two threads submit and wait for results; they, the engine's threads and the library share the core, so that a row's
seconds hold all that it costs. Peers are the same rows in batches of 64, and what the project promises as seconds.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

import pyaccel
from pyaccel.engine import Future

from .bench_ed25519 import WIDTH, sign_rows
from .contest import Call, Contest
from .marks import BATCHES_OF_64, LATENCY_GOAL, SUBMIT_GOAL

ROWS = 4096
"""Rows of one call, half of them a thread's."""
THREADS = 2
BATCH = 64
WINDOW = 1024
"""Results that a thread waits for at most, before it submits more."""
DELAY = 500e-6
"""max_delay of every engine here."""
SECONDS = 0.3
"""How long one sample of latencies lasts."""
TICK = 1e-3
"""Rows at half load come this often, as many as the rate asks for."""
EACH = 8
"""One row in so many has its latency taken."""

Rows = list[tuple[bytes, bytes, bytes]]
Submit = Callable[[bytes, bytes, bytes], Future]


class Timed:
    """Work of several threads, which the harness's own clock of one thread would call disturbed."""

    def __init__(self, work: Call, of: Callable[[float], float] = lambda seconds: seconds) -> None:
        """Args: of: what a pass counts as, of its seconds."""
        self._work, self._of = work, of

    def __call__(self) -> object:
        """One pass, for its result."""
        return self._work()

    def seconds(self, repeats: int) -> float:
        """Seconds of one of `repeats` passes."""
        start = time.perf_counter()
        for _ in range(repeats):
            self._work()
        return self._of((time.perf_counter() - start) / repeats)


def _together(works: list[Call]) -> None:
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _columns(rows: Rows) -> Iterator[list[bytes]]:
    return (list(column) for column in zip(*rows, strict=True))


def _saturating(rows: Rows, submit: Submit) -> Call:
    """THREADS threads submit row after row, at most WINDOW ahead of their results."""
    verdicts = np.zeros(len(rows), np.bool_)

    def part(first: int, last: int) -> None:
        waiting: deque[Future] = deque()
        found = []
        for row in rows[first:last]:
            if len(waiting) == WINDOW:
                found.append(waiting.popleft().result())
            waiting.append(submit(*row))
        verdicts[first:last] = found + [future.result() for future in waiting]

    def run() -> object:
        verdicts[:] = False
        share = len(rows) // THREADS
        _together([lambda i=i: part(i * share, (i + 1) * share) for i in range(THREADS)])
        return verdicts

    return run


def _many(engine: pyaccel.Engine, rows: Rows) -> Call:
    """The same in calls of BATCH rows, a few of them ahead."""
    verdicts = np.zeros(len(rows), np.bool_)

    def part(first: int, last: int) -> None:
        futures = [
            (i, engine.submit_many("verify_many", "ed25519", *_columns(rows[i : i + BATCH])))
            for i in range(first, last, BATCH)
        ]
        for i, future in futures:
            verdicts[i : i + BATCH] = future.result()

    def run() -> object:
        verdicts[:] = False
        share = len(rows) // THREADS
        _together([lambda i=i: part(i * share, (i + 1) * share) for i in range(THREADS)])
        return verdicts

    return run


def _batches(rows: Rows) -> Call:
    """What a caller does who has batches: lists of BATCH rows, one call after the other."""

    def run() -> object:
        verdicts = [
            pyaccel.verify_many("ed25519", *_columns(rows[i : i + BATCH]), device="native")
            for i in range(0, len(rows), BATCH)
        ]
        return np.concatenate(verdicts)

    return run


def _take_time(latencies: list[float], begun: float, _: object) -> None:
    latencies.append(time.perf_counter() - begun)


class HalfLoad:
    """Rows that come at half the rate that the engine can do, and how long each waits for its result."""

    def __init__(self, engine: pyaccel.Engine, rows: Rows, part: float) -> None:
        """Args: part: of the rows that are as quick as the seconds it gives."""
        self._engine, self._rows, self._part = engine, rows, part
        self._submit = engine.bind("verify", "ed25519")
        self._rate = 0.0
        self.batch = float(BATCH)

    def __call__(self) -> object:
        """The verdicts that all rows have, whenever they come."""
        return np.ones(len(self._rows), np.bool_)

    def seconds(self, repeats: int) -> float:
        """Seconds within which `part` of the rows have their result; of SECONDS of rows, whatever repeats is."""
        del repeats
        if not self._rate:
            self._rate = len(self._rows) / Timed(_saturating(self._rows, self._submit)).seconds(3) / 2
        before = self._engine.statistics()
        latencies: list[float] = []
        _together([lambda: self._trickle(latencies)] * THREADS)
        after = self._engine.statistics()
        self.batch = (after["rows_total"] - before["rows_total"]) / (after["batches_total"] - before["batches_total"])
        return float(np.quantile(latencies, self._part))

    def _trickle(self, latencies: list[float]) -> None:
        # Not all that ever came: Python's garbage collector would walk through them, and everybody wait for it.
        futures: deque[Future] = deque(maxlen=WINDOW)
        sent = 0
        start = time.perf_counter()
        while (now := time.perf_counter()) < start + SECONDS or not sent:
            due = max(1, int((now - start) * self._rate / THREADS))
            for i in range(sent, due):
                begun = time.perf_counter()
                futures.append(future := self._submit(*self._rows[i % len(self._rows)]))
                if i % EACH == 0:
                    future.add_done_callback(partial(_take_time, latencies, begun))
            sent = due
            time.sleep(TICK)
        for future in futures:
            future.result()


def contests(rows: int = ROWS) -> Iterator[Contest]:
    """The lines. Engines are open as long as their lines are measured."""
    signed = sign_rows(rows)
    listed = signed.triples
    batches = _batches(listed)
    goal = Timed(batches, lambda seconds: max(seconds / 0.6, rows / 100_000))
    with pyaccel.Engine("native", max_delay=DELAY) as engine:
        peers = {BATCHES_OF_64: batches, SUBMIT_GOAL: goal}

        def submit(*row: bytes) -> Future:
            return engine.submit("verify", "ed25519", *row)

        for name, one in (("submit", submit), ("bind", engine.bind("verify", "ed25519"))):
            yield Contest(f"engine ed25519, {name}", rows, WIDTH, Timed(_saturating(listed, one)), peers)
        many = Timed(_many(engine, listed))
        yield Contest("engine ed25519, submit_many of 64", rows, WIDTH, many, {BATCHES_OF_64: batches})
        for part in (0.5, 0.99):
            load = HalfLoad(engine, listed, part)

            def bound(load: HalfLoad = load) -> object:
                return pyaccel.verify_many("ed25519", *_columns(listed[: round(load.batch)]), device="native")

            limit = Timed(bound, lambda seconds: DELAY + 3 * seconds)
            peers = {LATENCY_GOAL: limit} if part == 0.99 else {}
            yield Contest(f"engine ed25519, p{part * 100:.0f} of waiting at half load", 1, WIDTH, load, peers)
