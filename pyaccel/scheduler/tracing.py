# SPDX-License-Identifier: Apache-2.0
"""A timeline of batches: a file of Chrome's trace events, which ui.perfetto.dev and chrome://tracing show.

The array form of the "Trace Event Format": each event begins with what parts it from the one before, and only whole
events are written. A file that a dying process leaves lacks no more than the closing bracket, which readers of the
format do without.
"""

from __future__ import annotations

import fcntl
import json
import os
import stat
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from errno import EBUSY, EINVAL
from pathlib import Path
from time import perf_counter
from typing import Any

from pyaccel import logs
from pyaccel.backends.base import Implementation
from pyaccel.numbers import whole_number
from pyaccel.scheduler import watching
from pyaccel.scheduler.ending import at_end
from pyaccel.scheduler.watching import Attempt, Served

BUFFER = 1 << 16
"""Bytes that wait to be written at most, but for an event."""

FLUSH_SECONDS = 1.0
"""How long an event waits to be written, where others come after it."""

LIMIT = 1 << 30
"""Bytes of a file; then the trace ends. Viewers hardly take more."""

_KEPT = 4096
"""Threads named and plans kept."""

_OWN = 1
"""The process number of what is on no device: Engines and events. Devices have those that follow."""


class Tracer:
    """Writes events to a file, from any thread, until it is closed. What goes wrong then ends the trace, not a batch.

    Args:
        path: the file; what it held is gone.
        limit: bytes that it may have.

    Raises:
        OSError: it can't be written, or another trace writes it.
    """

    def __init__(self, path: Path, limit: int = LIMIT) -> None:
        self.path, self._limit = path, limit
        self._file = _opened(path)
        self._written = 0  # whole events
        self._lock = threading.RLock()
        self._buffer: list[str] = []
        self._size = 0
        self._writing = False  # a signal's handler may run a batch in the middle of a write
        self._numbers: dict[str, int] = {}
        self._threads: set[tuple[int, int]] = set()
        self._variants: dict[int, tuple[Implementation, str]] = {}
        self._ended: str | None = None
        self._begin = self._flushed = perf_counter()
        self._name("process_name", _OWN, 0, f"pyaccel, process {os.getpid()}", separator="[")
        _tracers.append(self)  # first: a child that is forked meanwhile has to know it
        at_end(_close_all)
        watching.watchers.add(self._attempted)
        watching.engine_watchers.add(self._served)
        logs.listeners.add(self._happened)

    def close(self) -> None:
        """Completes the file: a whole JSON array from then on. Warns where the trace ended before. Again: nothing."""
        self._stop()
        with self._lock:
            if self._file < 0:
                return
            self._write("\n]\n")
            with suppress(OSError):
                fcntl.flock(self._file, fcntl.LOCK_UN)  # a child may have the file open a while longer
            os.close(self._file)
            self._file = -1
        if self._ended:
            warnings.warn(f"{self.path}: the trace ended early: {self._ended}", RuntimeWarning, stacklevel=3)

    def abandon(self) -> None:
        """In the child of a fork: the file, the lock and what waits to be written are the parent's."""
        self._stop()
        if self._file >= 0:
            os.close(self._file)
        self._file = -1

    def _stop(self) -> None:
        watching.watchers.remove(self._attempted)
        watching.engine_watchers.remove(self._served)
        logs.listeners.remove(self._happened)
        with suppress(ValueError):
            _tracers.remove(self)

    def _attempted(self, attempt: Attempt) -> None:
        arguments = {"n": attempt.n, "bytes": attempt.nbytes, "variant": self._variant(attempt.plan)}
        if attempt.error is not None:
            arguments["error"] = str(attempt.error)
        if attempt.notes:
            arguments["notes"] = "; ".join(attempt.notes)
        name = f"{attempt.operation} {attempt.of}"
        self._slice(name, "batch", self._number(attempt.device), attempt.start, attempt.seconds, arguments)

    def _served(self, served: Served) -> None:
        name = f"{served.operation} {served.of}"
        self._slice(name, "engine", _OWN, served.start, served.seconds, {"n": served.n, "waited": served.waited})
        counter = {"name": "rows in the Engine's queue", "ph": "C", "pid": _OWN, "args": {"rows": served.waiting}}
        self._event({**counter, "ts": self._time(perf_counter())})

    def _happened(self, name: str, fields: Mapping[str, Any]) -> None:
        arguments = {key: str(value) for key, value in fields.items()}
        where = {"pid": _OWN, "tid": threading.get_native_id(), "ts": self._time(perf_counter())}
        self._event({"name": name, "cat": "event", "ph": "i", "s": "g", **where, "args": arguments})

    def _slice(
        self, name: str, category: str, number: int, start: float, seconds: float, arguments: dict[str, Any]
    ) -> None:
        """What took time; of what began before the trace did, the part that lies in it."""
        thread = threading.get_native_id()
        if (number, thread) not in self._threads:
            if len(self._threads) >= _KEPT:
                self._threads.clear()
            self._threads.add((number, thread))
            self._name("thread_name", number, thread, threading.current_thread().name)
        end = start + seconds if start else perf_counter()
        start = max(start or end, self._begin)
        when = {"ts": self._time(start), "dur": round(max(end - start, 0.0) * 1e6, 3)}
        self._event({"name": name, "cat": category, "ph": "X", "pid": number, "tid": thread, **when, "args": arguments})

    def _time(self, at: float) -> float:
        return round((at - self._begin) * 1e6, 3)

    def _number(self, device: str) -> int:
        number = self._numbers.get(device)
        if number is None:
            with self._lock:
                number = self._numbers.get(device, _OWN + 1 + len(self._numbers))
                if device not in self._numbers:
                    self._name("process_name", number, 0, f"device {device}")  # before others use it
                    self._numbers[device] = number
        return number

    def _variant(self, plan: Implementation) -> str:
        """A plan's variant, which costs more to ask for than a small batch."""
        kept = self._variants.get(id(plan))
        if kept is None:
            if len(self._variants) >= _KEPT:
                self._variants.clear()
            kept = self._variants[id(plan)] = (plan, plan.variant)
        return kept[1]

    def _name(self, what: str, number: int, thread: int, name: str, separator: str = ",") -> None:
        self._event({"name": what, "ph": "M", "pid": number, "tid": thread, "args": {"name": name}}, separator)

    def _event(self, event: dict[str, Any], separator: str = ",") -> None:
        text = f"{separator}\n{json.dumps(event, separators=(',', ':'))}"
        with self._lock:
            if self._ended is not None or self._file < 0:
                return
            self._buffer.append(text)
            self._size += len(text)
            now = perf_counter()
            if (self._size >= BUFFER or now - self._flushed >= FLUSH_SECONDS) and not self._writing:
                self._flushed = now
                self._write()

    def _write(self, end: str = "") -> None:
        """Writes what waits, and takes back what of it did not fit as a whole."""
        self._writing = True
        events, self._buffer = self._buffer, []
        self._size = 0
        data = "".join(events).encode()
        try:
            if data and self._written + len(data) > self._limit:
                self._end(f"it would have more than {self._limit:,} bytes")
            else:
                self._put(data)
                self._written += len(data)
            if end:
                self._put(end.encode())
        except OSError as error:
            self._end(error.strerror or str(error))
            with suppress(OSError):
                os.ftruncate(self._file, self._written)
        finally:
            self._writing = False

    def _put(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._file, data) :]

    def _end(self, reason: str) -> None:
        self._ended = reason
        logs.event("trace.ended", f"{self.path}: {reason}", path=str(self.path), reason=reason)


_tracers: list[Tracer] = []
"""Those that write."""


def _opened(path: Path) -> int:
    """The file, emptied, held against other traces."""
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK | os.O_CLOEXEC, 0o644)
    try:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            raise OSError(EINVAL, "is no file that a trace could be written to", str(path))  # noqa: TRY301 - closes it
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OSError(EBUSY, "another trace writes it", str(path)) from None
        os.ftruncate(file, 0)
    except OSError:
        os.close(file)
        raise
    return file


@contextmanager
def trace(path: str | os.PathLike[str], *, limit: int = LIMIT) -> Iterator[None]:
    """Within it, every batch of this process, of all threads, is written to a file that Perfetto shows.

    It is Chrome's trace format: open it in https://ui.perfetto.dev. Each device is a process there, each calling
    thread a track of it; Engine batches, their queue and events of the log stand beside. The file is written as
    batches come: if the process dies it lacks the last second and the closing bracket, which viewers do without. What
    ends a trace early (a full disk, the limit) is a RuntimeWarning at the end, and no batch's error.

    PYACCEL_TRACE=file.json does the same for a whole process; "%p" in it is the process number, which also
    stands before the ending where another process writes the file.

    Args:
        path: the file, which is replaced.
        limit: bytes of the file at most, 1 GiB unless said.

    Raises:
        OSError: the file can't be written, or another trace writes it; nothing has run then.
        TypeError, ValueError: no path, or no whole number.
    """
    tracer = Tracer(Path(path), whole_number("limit", limit))
    try:
        yield
    finally:
        tracer.close()


def trace_process(path: str) -> None:
    """Traces this process until its end, as PYACCEL_TRACE asks; errors as `trace`."""
    named = Path(path.replace("%p", str(os.getpid())))
    try:
        Tracer(named)
    except OSError as error:
        if error.errno != EBUSY:
            raise
        Tracer(named.with_name(f"{named.stem}.{os.getpid()}{named.suffix}"))


def _close_all() -> None:
    while _tracers:
        _tracers[0].close()


def _abandon_all() -> None:
    while _tracers:
        _tracers[0].abandon()


os.register_at_fork(after_in_child=_abandon_all)
