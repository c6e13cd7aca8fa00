# SPDX-License-Identifier: Apache-2.0
"""Rows wait in bins, one for each kind and priority; runners take what is full or due, the most urgent first.

No thread only hands on: of the runners that have nothing to do one looks out for the next batch, and runs it itself,
while another begins to look out. One lock guards all of it: bins, the heap, the counts and who looks out.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from heapq import heappop, heappush
from itertools import count
from math import inf
from time import perf_counter, sleep
from typing import Any, Never, Protocol

from pyaccel import logs
from pyaccel.engine.futures import Future, claim, expire, fail, finish
from pyaccel.errors import EngineClosedError, OverloadedError
from pyaccel.scheduler import watching

_BINS = 1024
"""Bins kept: contexts of hashes and identities are kinds too, and must not fill the memory."""

_SCAN_SHARE = 10
"""Times what a look through all rows for time-outs took that passes before the next."""


class Kind(Protocol):
    """What rows have in common that share a batch."""

    @property
    def operation(self) -> str:
        """Name of the operation that runs it."""
        ...

    @property
    def of(self) -> str:
        """Algorithm, scheme, form or rule."""
        ...

    @property
    def passing(self) -> bool:
        """Whether its bin is forgotten when it is empty, since it holds a secret or much memory."""
        ...

    def run(self, columns: Sequence[Sequence[Any]], device: str) -> Sequence[Any]:
        """A result for each row, from the columns of their values."""
        ...


class RowKind(Kind, Protocol):
    """What calls of one row have in common; hashable."""

    def check(self) -> None:
        """Raises where a parameter is wrong."""
        ...

    @property
    def row(self) -> Callable[..., tuple[Any, ...]]:
        """Makes the values of one row, which nobody can change any more, of arguments; raises where these are wrong."""
        ...


class Batch:
    """Rows of one kind; the first column is their futures."""

    __slots__ = ("count", "expires", "kind", "rows", "since")

    def __init__(self, kind: Kind, rows: list[tuple[Any, ...]], count: int, since: float, expires: float) -> None:
        self.kind, self.rows, self.count, self.since, self.expires = kind, rows, count, since, expires

    def run(self, device: str) -> None:
        """Computes the rows that were not cancelled, and gives each its result or exception."""
        try:
            now = perf_counter()
            if self.expires <= now:
                expire(_late(self, now), _late_error())
            rows = claim(self.rows)
            if rows:
                _run(self.kind, rows, device)
        except BaseException as error:  # noqa: BLE001 - no memory, most likely: nobody may wait for ever
            futures = [row[0] for row in self.rows]
            expire(futures, error)
            fail(futures, error, self.kind.operation)


def _run(kind: Kind, rows: list[tuple[Any, ...]], device: str) -> None:
    futures, *columns = zip(*rows, strict=True)
    try:
        results = kind.run(columns, device)
    except BaseException as error:  # noqa: BLE001 - it belongs to who waits for the row
        if len(rows) == 1:
            fail(futures, error, kind.operation)
        else:
            # Whose fault it is only a batch of its own can tell.
            for row in rows:
                _run(kind, [row], device)
    else:
        finish(futures, results, kind.operation)


class Bin:
    """Rows of one kind and priority that wait for company."""

    __slots__ = ("dispatcher", "expires", "kind", "priority", "rows", "since")

    def __init__(self, dispatcher: Dispatcher, kind: RowKind, priority: int) -> None:
        self.dispatcher, self.kind, self.priority = dispatcher, kind, priority
        self.rows: list[tuple[Any, ...]] = []
        self.since = 0.0
        self.expires = inf

    def add(self, row: tuple[Any, ...], timeout: float | None = None) -> Future:
        """A row joins; raises as Dispatcher.takes and refuse."""
        dispatcher = self.dispatcher
        future = Future()
        with dispatcher.lock:
            if dispatcher.queued < dispatcher.limit or dispatcher.takes(1):
                if timeout is not None:
                    dispatcher.expire(self, future, timeout)
                # In an order in which control-C leaves nothing behind that would wait for ever.
                if not self.rows:
                    dispatcher.opened(self)
                rows = self.rows
                rows.append((future, *row))
                dispatcher.queued += 1
                if len(rows) >= dispatcher.max_batch:
                    dispatcher.filled(self)
                return future
        return dispatcher.refuse(self.kind)


class Dispatcher:
    """The queue of an engine and the threads that empty it. Thread-safe.

    Args:
        device: where batches run.
        max_batch: rows of a batch at most.
        max_delay: seconds that a row waits for company at most.
        max_queue: rows that wait at most.
        workers: threads.
    """

    def __init__(self, device: str, max_batch: int, max_delay: float, max_queue: int, workers: int) -> None:
        self.device, self.max_batch, self.max_delay, self.max_queue = device, max_batch, max_delay, max_queue
        self.workers = workers
        self.closed = False
        self.queued = 0
        self._bins: dict[tuple[RowKind, int], Bin] = {}
        self._open: dict[Bin, None] = {}  # those with rows, the oldest first
        self._full: list[tuple[int, int, Batch]] = []  # a heap: the most urgent first
        self._running: set[Batch] = set()
        self._sequence = count()
        self._counts = {"batches_total": 0, "rows_total": 0, "refused_total": 0}
        self._begin()

    def _begin(self) -> None:
        """Locks, and no threads yet."""
        # One that a thread may take again: the garbage collector may close a forgotten engine at any allocation.
        self.lock = threading.RLock()
        self.limit = -1  # until the threads are there, and once it is closed: so that a row has one thing to ask for
        self.threads: list[threading.Thread] = []
        self._look_out = threading.Condition(self.lock)
        self._turn = threading.Condition(self.lock)
        self._looking = False
        self._no_end = False  # the one that looks out does so until it is told
        self._expiry = inf
        self._timekeeper: threading.Thread | None = None
        self._clock = threading.Condition(self.lock)

    # What submits; add of a bin and push come from any thread.

    def bin(self, kind: RowKind, priority: int) -> Bin | None:
        """The bin of this kind, if there is one."""
        return self._bins.get((kind, priority))

    def new_bin(self, kind: RowKind, priority: int) -> Bin:
        """Makes it, unless somebody was quicker."""
        with self.lock:
            if len(self._bins) >= _BINS:
                self._bins = {(bin_.kind, bin_.priority): bin_ for bin_ in self._open}
            return self._bins.setdefault((kind, priority), Bin(self, kind, priority))

    def push(self, kind: Kind, rows: int, priority: int, timeout: float | None) -> Future:
        """A call that is a batch of its own, of so many rows; raises as takes and refuse."""
        future = Future()
        batch = Batch(kind, [(future,)], rows, perf_counter(), inf)
        with self.lock:
            if self.queued + rows <= self.limit or self.takes(rows):
                if timeout is not None:
                    self.expire(batch, future, timeout)
                self._push(priority, batch)
                self.queued += rows
                self._wake()
                return future
        return self.refuse(kind)

    def takes(self, rows: int) -> bool:
        """Within the lock: starts the threads where they are missing; whether the queue then takes so many rows.

        Where nothing waits, any number.

        Raises:
            EngineClosedError: it is closed.
        """
        if self.closed:
            raise EngineClosedError("the engine is closed and takes no more calls: make another")
        if not self.threads:
            self._start()
        taken = not self.queued or self.queued + rows <= self.limit
        self._counts["refused_total"] += not taken
        return taken

    def refuse(self, kind: Kind) -> Never:
        """Without the lock, since whoever listens may submit: says that the queue is full."""
        mend = "wait for results, or have a longer queue"
        logs.event(
            "engine.overloaded",
            f"an engine refuses rows of {kind.operation}: max_queue={self.max_queue} rows wait; {mend}",
            once=(kind.operation, self.max_queue),
            operation=kind.operation,
            limit=self.max_queue,
        )
        raise OverloadedError(f"{self.queued} rows wait, max_queue is {self.max_queue}: {mend}")

    def statistics(self) -> dict[str, float]:
        """Numbers for metrics: rows that wait; batches and rows that began, calls that were refused since the start."""
        return {"waiting_rows": self.queued, **self._counts}

    def _start(self) -> None:
        for number in range(self.workers):
            thread = threading.Thread(target=_work, args=(self,), name=f"pyaccel-engine-{number}", daemon=True)
            try:
                thread.start()
            except RuntimeError:
                if not self.threads:
                    raise
                break
            self.threads.append(thread)
        self.limit = self.max_queue

    def expire(self, waiting: Bin | Batch, future: Future, timeout: float) -> None:
        """Within the lock: the future fails unless its batch begins in so many seconds."""
        future._expires = expires = perf_counter() + timeout
        waiting.expires = min(waiting.expires, expires)
        if self._timekeeper is None:
            thread = threading.Thread(target=_keep_time, args=(self,), name="pyaccel-engine-time", daemon=True)
            thread.start()
            self._timekeeper = thread
        if expires < self._expiry:
            self._expiry = expires
            self._clock.notify()

    def opened(self, bin_: Bin) -> None:
        """Within the lock: a bin has its first row."""
        bin_.since = perf_counter()
        self._open[bin_] = None
        if self._no_end or not self._looking:
            self._wake()

    def filled(self, bin_: Bin) -> None:
        """Within the lock: a bin is full."""
        self._shut(bin_)
        self._wake()

    def _shut(self, bin_: Bin) -> None:
        """Its rows are a batch from now on."""
        self._push(bin_.priority, Batch(bin_.kind, bin_.rows, len(bin_.rows), bin_.since, bin_.expires))
        bin_.rows, bin_.expires = [], inf
        self._open.pop(bin_, None)
        if bin_.kind.passing and self._bins.get((bin_.kind, bin_.priority)) is bin_:
            del self._bins[bin_.kind, bin_.priority]

    def _push(self, priority: int, batch: Batch) -> None:
        heappush(self._full, (-priority, next(self._sequence), batch))

    def _wake(self) -> None:
        (self._look_out if self._looking else self._turn).notify()

    # What runs.

    def take(self) -> Batch | None:
        """The next batch, when it is full or due; None once the engine is closed and empty."""
        with self.lock:
            while self._looking:
                self._turn.wait()
            self._looking = True
            try:
                while not self._full and not self._gather():
                    if self.closed:
                        self._clock.notify_all()
                        return None
                    self._no_end = not self._open
                    self._look_out.wait(None if self._no_end else self._until_due())
                batch = heappop(self._full)[2]
                self.queued = self.queued - batch.count if self._full or self._open else 0
                self._counts["batches_total"] += 1
                self._counts["rows_total"] += batch.count
                self._running.add(batch)
                return batch
            finally:
                self._looking = self._no_end = False
                if self._full or self._open or self.closed:
                    self._turn.notify()

    def _until_due(self) -> float:
        oldest = next(iter(self._open))
        return max(0.0, oldest.since + self.max_delay - perf_counter())

    def ran(self, batch: Batch, start: float) -> None:
        """A batch is done that began then: tells who watches."""
        self._running.discard(batch)
        if watching.engine_watchers.all:
            served = watching.Served(
                operation=batch.kind.operation,
                of=batch.kind.of,
                n=batch.count,
                start=start,
                seconds=perf_counter() - start,
                waited=start - batch.since,
                waiting=self.queued,
            )
            for watcher in watching.engine_watchers.all:
                watcher(served)

    def _gather(self) -> bool:
        """Makes batches of all bins that are due; whether there are any."""
        due = inf if self.closed else perf_counter() - self.max_delay
        while self._open and (oldest := next(iter(self._open))).since <= due:
            self._shut(oldest)
        return bool(self._full)

    # What ends.

    def close(self, *, drain: bool, wait: bool) -> None:
        """Takes no more; runs what waits, or cancels it; returns when all is done, unless told not to wait."""
        with self.lock:
            self.closed = True
            self.limit = -1
            dropped = [] if drain else self._drop()
            for condition in (self._look_out, self._turn, self._clock):
                condition.notify_all()
            threads = [*self.threads, *([self._timekeeper] if self._timekeeper else [])]
        for future in dropped:
            future.cancel()
        if wait and threading.current_thread() not in threads:  # which might wait for each other
            for thread in threads:
                thread.join()

    def begin_anew(self) -> list[Future]:
        """In the child of a fork, which has none of the threads: its rows are the parent's. The futures of those."""
        futures = [row[0] for batch in self._running for row in batch.rows] + self._drop()
        self._running.clear()
        self._begin()
        return futures

    def _waiting(self) -> list[Bin | Batch]:
        return [*self._open, *(batch for _, _, batch in self._full)]

    def _drop(self) -> list[Future]:
        dropped = [row[0] for waiting in self._waiting() for row in waiting.rows]
        for bin_ in self._open:
            bin_.rows = []
        self._open, self._full, self.queued = {}, [], 0
        return dropped

    def tick(self) -> bool:
        """Waits for the next time-out and lets what is late fail; False once the engine is closed and empty."""
        with self.lock:
            now = perf_counter()
            if self._expiry > now:
                if self.closed and not self.queued:
                    return False
                self._clock.wait(None if self._expiry == inf else self._expiry - now)
                return True
            late = [future for waiting in self._waiting() if waiting.expires <= now for future in _late(waiting, now)]
            self._expiry = min((waiting.expires for waiting in self._waiting()), default=inf)
        expire(late, _late_error())
        sleep(_SCAN_SHARE * (perf_counter() - now))
        return True


def _late_error() -> TimeoutError:
    return TimeoutError("the row's time-out passed before its batch began")


def _late(waiting: Bin | Batch, now: float) -> list[Future]:
    futures = [row[0] for row in waiting.rows]
    waiting.expires = min((future._expires for future in futures if future._expires > now), default=inf)
    return [future for future in futures if future._expires <= now]


def _work(dispatcher: Dispatcher) -> None:
    while (batch := dispatcher.take()) is not None:
        start = perf_counter()
        batch.run(dispatcher.device)
        with suppress(Exception):  # of who watches, and should raise none
            dispatcher.ran(batch, start)
        del batch  # so that an idle thread holds nobody's rows


def _keep_time(dispatcher: Dispatcher) -> None:
    while dispatcher.tick():
        pass
