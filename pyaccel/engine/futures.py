# SPDX-License-Identifier: Apache-2.0
"""Futures that cost next to nothing until somebody waits for them."""

from __future__ import annotations

import asyncio
import threading
import traceback
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Future as StandardFuture
from concurrent.futures._base import CANCELLED, CANCELLED_AND_NOTIFIED, FINISHED, PENDING, RUNNING
from contextlib import suppress
from math import inf
from typing import TYPE_CHECKING, Any

from pyaccel import logs

_DONE = frozenset({CANCELLED, CANCELLED_AND_NOTIFIED, FINISHED})


class _Guard:
    """The lock of all futures: one, since it is held for moments alone and no other is taken within it.

    A thread may take it again: what the garbage collector runs within may cancel a future.
    """

    lock = threading.RLock()


class Future(StandardFuture[Any]):
    """What `Engine.submit` gives: the result of one call, once it is there. Thread-safe.

    A `concurrent.futures.Future`, so that `wait` and `as_completed` take it, and awaitable from any asyncio loop.
    Cancelling works until the call's batch begins; a task that is cancelled while it awaits one cancels it.
    Callbacks run on the engine's threads: what they raise is logged, and what they wait for delays other batches.
    """

    # The state moves, and `_watched` rises, under the guard. Whoever completes a future looks at `_watched` in the same
    # stretch in which the state moves, so that a watcher either is told or sees a future that is done. Results are
    # written before the state, and read after it. The standard's Condition is made when the first thread waits.
    _state: str = PENDING
    _result: Any = None
    _exception: BaseException | None = None
    _watched = False
    _own_condition: threading.Condition | None = None
    _waiters: list[Any]
    _done_callbacks: Sequence[Callable[[Any], object]] = ()
    _awaiting: Sequence[tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]] = ()
    _expires = inf

    if not TYPE_CHECKING:
        __init__ = object.__init__

    @property
    def _condition(self) -> threading.Condition:  # type: ignore[override]
        """What the standard's methods wait with."""
        with _Guard.lock:
            if self._own_condition is None:
                self._own_condition = threading.Condition()
                self._waiters = []
                self._watched = True
            return self._own_condition

    def done(self) -> bool:
        """Whether there is a result, an exception, or it was cancelled."""
        return self._state in _DONE

    def cancelled(self) -> bool:
        """Whether it was cancelled before its batch began."""
        return self._state is not FINISHED and self._state in _DONE

    def running(self) -> bool:
        """Whether its batch has begun and is not done."""
        return self._state is RUNNING

    def result(self, timeout: float | None = None) -> Any:
        """The result; waits for it.

        Args:
            timeout: seconds to wait; None: as long as it takes.

        Raises:
            TimeoutError: it is not there in time; or the row's own time-out passed before its batch began.
            concurrent.futures.CancelledError: it was cancelled.
            Exception: what the call raised.
        """
        if self._state is FINISHED and self._exception is None:
            return self._result
        return super().result(timeout)

    def cancel(self) -> bool:
        """Cancels the call unless its batch has begun; whether it is cancelled now."""
        with _Guard.lock:
            if self._state is not PENDING:
                return self.cancelled()
            self._state = CANCELLED_AND_NOTIFIED
            watched = self._watched
        if watched:
            _tell([self], "")
        return True

    def add_done_callback(self, fn: Callable[[Any], object]) -> None:
        """Calls fn(future) when it is done, on a thread of the engine; at once, on this one, where it is already."""
        with _Guard.lock:
            if self._state not in _DONE:
                self._done_callbacks = [*self._done_callbacks, fn]
                self._watched = True
                return
        self._call(fn, "")

    def __await__(self) -> Generator[Any, None, Any]:
        if self._state not in _DONE:
            loop = asyncio.get_running_loop()
            waiter: asyncio.Future[None] = loop.create_future()
            with _Guard.lock:
                waits = self._state not in _DONE
                if waits:
                    self._awaiting = [*self._awaiting, (loop, waiter)]
                    self._watched = True
            if waits:
                try:
                    yield from waiter
                except asyncio.CancelledError:
                    self.cancel()
                    raise
        if self.cancelled():
            raise asyncio.CancelledError
        return self.result()

    def _call(self, function: Callable[[Any], object], operation: str) -> None:
        try:
            function(self)
        except BaseException as error:
            logs.event(
                "engine.callback_failed",
                f"a callback of a future failed, whose result stands:\n{traceback.format_exc()}",
                once=(operation, type(error), str(error)),
                operation=operation,
                reason=f"{type(error).__name__}: {error}",
            )
            if not isinstance(error, Exception) and threading.current_thread() is threading.main_thread():
                raise  # control-C and exit belong to that thread, and to no other


def claim(rows: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The rows whose future, which comes first in each, still waits; from now on it can't be cancelled."""
    claimed = []
    with _Guard.lock:
        for row in rows:
            future = row[0]
            if future._state is PENDING:
                future._state = RUNNING
                claimed.append(row)
    return claimed


def finish(futures: Iterable[Future], results: Iterable[Any], operation: str) -> None:
    """Gives each claimed future its result."""
    watched = []
    with _Guard.lock:
        for future, result in zip(futures, results, strict=True):
            future._result = result
            future._state = FINISHED
            if future._watched:
                watched.append(future)
    _tell(watched, operation)


def fail(futures: Iterable[Future], error: BaseException, operation: str) -> None:
    """Gives each claimed future the exception."""
    _end(futures, RUNNING, error, operation)


def expire(futures: Iterable[Future], error: BaseException) -> None:
    """Gives each future that still waits the exception."""
    _end(futures, PENDING, error, "")


def _end(futures: Iterable[Future], state: str, error: BaseException, operation: str) -> None:
    watched = []
    with _Guard.lock:
        for future in futures:
            if future._state is state:
                future._exception = error
                future._state = FINISHED
                if future._watched:
                    watched.append(future)
    _tell(watched, operation)


def _tell(futures: list[Future], operation: str) -> None:
    """Wakes threads and loops that wait for these, which are done; then calls their callbacks."""
    loops: dict[asyncio.AbstractEventLoop, list[asyncio.Future[None]]] = {}
    for future in futures:
        condition = future._own_condition
        if condition is not None:
            with condition:
                condition.notify_all()
                for waiter in future._waiters:
                    if future.cancelled():
                        waiter.add_cancelled(future)
                    elif future._exception is not None:
                        waiter.add_exception(future)
                    else:
                        waiter.add_result(future)
        for loop, awaiting in future._awaiting:
            loops.setdefault(loop, []).append(awaiting)
    for loop, waiters in loops.items():
        with suppress(RuntimeError):  # the loop is closed, and nobody waits any more
            loop.call_soon_threadsafe(_wake, waiters)
    for future in futures:
        for function in future._done_callbacks:
            future._call(function, operation)
        future._done_callbacks = future._awaiting = ()


def _wake(waiters: list[asyncio.Future[None]]) -> None:
    for waiter in waiters:
        if not waiter.done():
            waiter.set_result(None)


def forget(futures: Iterable[Future]) -> None:
    """In the child of a fork: these stay with the parent, and are cancelled here; nobody here waits for them yet."""
    for future in futures:
        if future._state not in _DONE:
            future._own_condition = None  # a thread that is not here may have held it
            future._watched = False
            future._done_callbacks = future._awaiting = ()
            future._state = CANCELLED_AND_NOTIFIED


def hold() -> None:
    """Takes the guard, before a fork."""
    _Guard.lock.acquire()


def let_go() -> None:
    """Gives it back, in the parent."""
    _Guard.lock.release()


def renew() -> None:
    """Gives the child one of its own."""
    _Guard.lock = threading.RLock()
