# SPDX-License-Identifier: Apache-2.0
"""Calls into a device's driver under a limit of time: one that hangs is left behind, and the caller goes on.

Such a call runs in a thread that lives on with it, and must write only to memory of its own: it may yet end.
"""

from __future__ import annotations

import os
import select
import threading
from collections import deque
from collections.abc import Callable
from contextvars import copy_context
from functools import cache, partial
from math import inf
from time import monotonic
from typing import TypeVar

from pyaccel.numbers import real_number

T = TypeVar("T")

LEAST_SECONDS = 30.0
"""A batch may take so long, however few rows it has: the machine may have other work to do."""

TIMES = 50
"""A batch may take so many times what its cost curve says."""

FIRST_TIMES = 10
"""The first batch of a plan may take so many times what later ones may: kernels are built in it."""

_IDLE = 32
"""Threads kept for later calls."""

_DAY = 86_400
"""Seconds of one wait at most: systems count them in milliseconds of 32 bits."""


@cache
def least_seconds() -> float:
    """What PYACCEL_DEVICE_TIMEOUT says in place of LEAST_SECONDS; infinite where it is 0: no limit.

    Raises:
        ValueError: it is no number of seconds.
    """
    given = os.environ.get("PYACCEL_DEVICE_TIMEOUT", "")
    return (real_number("PYACCEL_DEVICE_TIMEOUT", given, 0) or inf) if given else LEAST_SECONDS


def limit(predicted: float, *, first: bool = False) -> float:
    """Seconds after which a batch is taken to hang, infinite for never.

    Args:
        predicted: seconds that its cost curve says, 0 where nothing is known.
        first: whether it is the first of its plan.
    """
    return max(least_seconds() * (FIRST_TIMES if first else 1), TIMES * predicted)


class HangError(Exception):
    """A device hangs. Made by a thread that waits, never by a call: a driver may well raise a time-out of its own."""


class _Worker:
    """A thread that makes one call after the other. It ends with the process, whatever hangs in it.

    It and who waits for it wake each other by pipes: Linux runs a reader where its writer is about to sleep, which for
    short batches is several times as quick as a lock's waking of another, idle core.

    Attributes:
        results: of its calls, each with its exception, in the order in which `wait` answers True.
    """

    def __init__(self) -> None:
        self.results: deque[tuple[object, BaseException | None]] = deque()
        self._calls: deque[Callable[[], object] | None] = deque()
        self._pipes: tuple[int, ...] = os.pipe()
        try:
            self._pipes += os.pipe()
            self._answered = select.poll()
            self._answered.register(self._pipes[2], select.POLLIN)
            threading.Thread(target=self._serve, name="pyaccel-device", daemon=True).start()
        except BaseException:
            self.close()
            raise

    def call(self, function: Callable[[], object] | None) -> None:
        """Starts a call, whose result or exception comes to `results`; None: the thread ends when it comes to it."""
        self._calls.append(function)
        os.write(self._pipes[1], b"c")

    def answer(self, result: object, error: BaseException | None) -> None:
        """Ends somebody's wait."""
        self.results.append((result, error))
        os.write(self._pipes[3], b"a")

    def wait(self, seconds: float) -> bool:
        """Whether there is one more of `results` within so many seconds, or within a day."""
        return bool(self._answered.poll(1000 * min(seconds, _DAY)) and os.read(self._pipes[2], 1))

    def close(self) -> None:
        """Gives the pipes back."""
        for pipe in self._pipes:
            os.close(pipe)

    def _serve(self) -> None:
        while os.read(self._pipes[0], 1) and (function := self._calls.popleft()) is not None:
            try:
                result: tuple[object, BaseException | None] = (function(), None)
            except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
                result = (None, error)
            del function
            self.answer(*result)
            del result
        self.close()


class _Calls:
    """The calls of one device that somebody waits for."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.limits: dict[_Worker, float] = {}
        self.last_end = 0.0

    def seconds_left(self, start: float) -> float:
        """Until the device is taken to hang: none of its calls ended while the most patient of them could have."""
        with self.lock:
            return max(start, self.last_end) + max(self.limits.values(), default=0.0) - monotonic()


_idle: list[_Worker] = []
_calls: dict[str, _Calls] = {}


def _after_fork() -> None:
    """A child has none of the threads, and maybe locks that one of them held."""
    while _idle:
        _idle.pop().close()
    _calls.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def within(device: str, seconds: float, function: Callable[[], T]) -> T:
    """What function returns or raises, called in another thread in the context of this one.

    A device does one batch after the other, so that a call may wait for those of other threads: the limit counts
    from the last one that ended.

    Args:
        device: name of the device that it is a call of.
        seconds: the limit; infinite: it is called in this thread.
        function: must write nowhere but to memory of its own.

    Raises:
        HangError: the device hangs; function may still be running, and end later.
    """
    try:
        worker = _worker() if seconds < threading.TIMEOUT_MAX else None
    except (RuntimeError, OSError):  # no thread or pipe to be had: the process has too many, or is about to end
        worker = None
    if worker is None:
        return function()
    calls = _calls.setdefault(device, _Calls())
    with calls.lock:
        calls.limits[worker] = seconds
    hangs = True
    try:
        worker.call(partial(copy_context().run, function))
        result, error = _wait(worker, calls)
        hangs = isinstance(error, HangError)
    finally:
        with calls.lock:
            del calls.limits[worker]
            if not hangs:
                calls.last_end = monotonic()
        # Results that nobody waits for are of a thread that took the device to hang just as the call ended.
        if hangs or worker.results or len(_idle) >= _IDLE:
            worker.call(None)
        else:
            _idle.append(worker)
    if error is not None:
        try:
            raise error
        finally:
            del error  # its traceback holds this frame
    return result  # type: ignore[return-value]


def _worker() -> _Worker:
    try:
        return _idle.pop()
    except IndexError:
        return _Worker()


def _wait(worker: _Worker, calls: _Calls) -> tuple[object, BaseException | None]:
    """The result of the call that worker makes, or HangError, for all that wait for this device."""
    start = monotonic()
    while (left := calls.seconds_left(start)) > 0:
        if worker.wait(left):
            return worker.results.popleft()
    message = f"it did not answer for {monotonic() - max(start, calls.last_end):.3g} s"
    with calls.lock:
        for other in calls.limits:
            if other is not worker:
                other.answer(None, HangError(message))
    return None, HangError(message)
