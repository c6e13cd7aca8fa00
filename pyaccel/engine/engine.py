# SPDX-License-Identifier: Apache-2.0
"""The engine: what callers see of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import cache
from inspect import signature
from operator import index
from types import NoneType
from typing import Any, Self
from weakref import finalize

from pyaccel.choices import choice
from pyaccel.cpu import usable_cores
from pyaccel.engine import lifetime
from pyaccel.engine.calls import CALLS, WholeCall
from pyaccel.engine.dispatcher import Bin, Dispatcher, RowKind
from pyaccel.engine.futures import Future
from pyaccel.engine.kinds import ROWS
from pyaccel.numbers import whole_number
from pyaccel.scheduler.registry import backends_of, check_name
from pyaccel.scheduler.selection import within
from pyaccel.scheduler.watching import offer
from pyaccel.signature_cache import SignatureCache

_CALLS_KEPT = 1024
"""Ways to call `submit` of which is kept where their rows go."""

_LASTING = frozenset({str, bytes, int, bool, NoneType, SignatureCache})
"""Types of what stays equal to itself for ever."""

LONGEST_DELAY = 60
"""Seconds of a max_delay: more would be microseconds, in all likelihood."""


class Engine:
    """Takes calls of one row from many threads and tasks, and runs them in batches. Thread-safe.

    Rows share a batch where they are equal in every parameter that can change a result. A batch begins when max_batch
    rows are there or the oldest is max_delay old; while all threads of the engine are busy, it grows further.

    Args:
        device: "auto" or the name of a device, as in `verify_many`; within `with pyaccel.device(name)`, "auto" is it.
        max_batch: rows that a batch has at most, 1 or more.
        max_delay: seconds, 60 at most, that a row waits for company at most; 0: not at all, and batches form only of
            what comes while others run.
        max_queue: rows that wait at most; more are refused. Rows of a batch that has begun do not count.
        workers: threads that pack batches and run them; None: as many as cores, 2 to 4. Large batches are spread over
            all cores by the library itself.

    Raises:
        TypeError, ValueError: an argument is wrong.
        DeviceUnavailableError: the device asked for is not here.

    Attributes:
        device: as above; likewise max_batch, max_delay, max_queue and workers.
    """

    def __init__(
        self,
        device: str = "auto",
        *,
        max_batch: int = 1024,
        max_delay: float = 500e-6,
        max_queue: int = 65536,
        workers: int | None = None,
    ) -> None:
        check_name(device)
        if device == "auto":
            device = within.get() or device
        if device != "auto":
            backends_of(device)
        self.device = device
        self.max_batch = whole_number("max_batch", max_batch, 1)
        self.max_delay = _seconds("max_delay", max_delay)
        if self.max_delay > LONGEST_DELAY:
            raise ValueError(
                f"max_delay: {max_delay} came; it is in seconds, {LONGEST_DELAY} at most: 500 us are 500e-6"
            )
        self.max_queue = whole_number("max_queue", max_queue, 1)
        self.workers = min(max(usable_cores(), 2), 4) if workers is None else whole_number("workers", workers, 1, 1024)
        self._dispatcher = Dispatcher(device, self.max_batch, self.max_delay, self.max_queue, self.workers)
        self._bin_of: dict[tuple[Any, ...], tuple[Bin, int]] = {}
        lifetime.watch(self._dispatcher)
        offer("engine", self)
        # Who drops an engine without closing it gets what it has taken, and no threads stay behind.
        self._finalizer = finalize(self, self._dispatcher.close, drain=True, wait=False)
        self._finalizer.atexit = False  # type: ignore[misc]

    @property
    def closed(self) -> bool:
        """Whether it takes no more."""
        return self._dispatcher.closed

    @property
    def queued(self) -> int:
        """Rows that wait now."""
        return self._dispatcher.queued

    def statistics(self) -> dict[str, float]:
        """Rows that wait now; batches and rows that began since the start, calls that were refused (names: _total)."""
        return self._dispatcher.statistics()

    def submit(
        self, operation: str, /, *arguments: Any, priority: int = 0, timeout: float | None = None, **parameters: Any
    ) -> Future:
        """Hands over one call; its rows' memory may be written again at once.

        `bytes` are held until the batch is packed, other bytes-like objects are copied now.

        Args:
            operation: "verify", "hash", "recover" or "merkle.verify": a row, gathered with others. Or a function by its
                name ("verify_many", "hash_many", "recover_many", "merkle.verify_many", "merkle.root" ...): a batch of
                its own.
            arguments: of `pyaccel.verify`; of the others as of their `_many` with one row: ("hash", algorithm,
                message), ("recover", digest, signature, recovery_id=None), ("merkle.verify", root, leaf, index, proof,
                size). "verify" also takes PreparedKeys, with key_index one number.
            priority: higher goes first where several batches wait; rows of different priorities share none.
            timeout: seconds in which the batch must have begun, else the result is a TimeoutError; None: as long as it
                takes.
            parameters: of the same functions, by name; not `device`, which is the engine's.

        Returns:
            Future of what the function gives for the row: bool; bytes; (key, whether there is one); bool. Or of what
            the function of many rows returns.

        Raises:
            TypeError, ValueError, IndexError: an argument is wrong. Nothing is queued then.
            OverloadedError: max_queue rows wait.
            EngineClosedError: the engine is closed.
        """
        if timeout is not None:
            timeout = _seconds("timeout", timeout)
        try:
            found = self._bin_of.get((operation, len(arguments), arguments[0], priority, *parameters.items()))
        except (IndexError, TypeError, ValueError):  # nothing came, or what can be no key: an array, a view
            found = None
        if found is None:
            return self._submit(operation, arguments, priority, timeout, parameters)
        bin_, leading = found
        return bin_.add(bin_.kind.row(*arguments[leading:]), timeout)

    def _submit(
        self,
        operation: str,
        arguments: tuple[Any, ...],
        priority: int,
        timeout: float | None,
        parameters: dict[str, Any],
    ) -> Future:
        """What `submit` does of calls that it has not seen yet."""
        choice("operation", operation, (*ROWS, *CALLS))
        if operation in CALLS:
            return self.submit_many(operation, *arguments, priority=priority, timeout=timeout, **parameters)
        take_apart, made, leading = ROWS[operation]
        _check_names(operation, parameters, take_apart, made)
        kind, values = take_apart(*arguments, **parameters)
        row = kind.row(*values)
        bin_ = self._bin(kind, priority)
        future = bin_.add(row, timeout)
        # A parameter that can be written, an identity in a file's memory say, would be another by the next call.
        lasting = all(type(value) in _LASTING for value in (*arguments[:1], priority, *parameters.values()))
        if lasting and leading and not kind.passing and len(arguments) == leading + len(values):
            if len(self._bin_of) >= _CALLS_KEPT:
                self._bin_of.clear()
            self._bin_of[operation, len(arguments), arguments[0], priority, *parameters.items()] = bin_, leading
        return future

    def submit_many(
        self, operation: str, /, *arguments: Any, priority: int = 0, timeout: float | None = None, **parameters: Any
    ) -> Future:
        """Hands over a call of many rows, which is a batch of its own.

        Args:
            operation: the name of a public function ("verify_many", "hash_many", "recover_many", "merkle.verify_many",
                "merkle.root", "merkle.root_checked", "merkle.proofs", "merkle.verify_consistency",
                "merkle.verify_multiproof").
            arguments: of that function. Arrays are copied now, so that they may be written again at once.
            priority: as in `submit`.
            timeout: as in `submit`.
            parameters: of that function, but for `device`. `progress` is called on a thread of the engine.

        Returns:
            Future of what the function returns.

        Raises:
            TypeError, ValueError, IndexError: as the function. Nothing is queued then.
            OverloadedError: the rows do not fit into the queue; where nothing waits, any number does.
            EngineClosedError: the engine is closed.
        """
        kind = WholeCall(choice("operation", operation, CALLS), arguments, parameters)
        timeout = None if timeout is None else _seconds("timeout", timeout)
        return self._dispatcher.push(kind, max(kind.call.n, 1), index(priority), timeout)

    def bind(self, operation: str, /, *leading: Any, priority: int = 0, **parameters: Any) -> Bound:
        """Fixes the parameters of calls of one row: `verify = engine.bind("verify", "ed25519", rule="rfc8032")`.

        What it gives takes the rest, `verify(public_key, message, signature)`, and is the quickest way to submit.

        Args:
            operation: "verify", "hash", "recover" or "merkle.verify".
            leading: "verify": the scheme, and PreparedKeys where rows say a key's number in place of a key;
                "hash": the algorithm.
            priority: as in `submit`.
            parameters: as in `submit`; of "recover" also ids=True where rows have recovery ids.

        Raises:
            TypeError, ValueError: an argument is wrong.
        """
        _, made, _ = ROWS[choice("operation", operation, ROWS)]
        _check_names(operation, parameters, made)
        return Bound(self, self._bin(made(*leading, **parameters), priority))

    def _bin(self, kind: RowKind, priority: int) -> Bin:
        priority = index(priority)
        found = self._dispatcher.bin(kind, priority)
        if found is not None:
            return found
        kind.check()
        return self._dispatcher.new_bin(kind, priority)

    def close(self, *, drain: bool = True) -> None:
        """Takes no more calls, and returns when those that wait are done; in a callback of a future at once.

        Args:
            drain: False: what waits is cancelled; only batches that have begun are finished.
        """
        self._dispatcher.close(drain=drain, wait=True)

    async def aclose(self, *, drain: bool = True) -> None:
        """`close`, while the loop goes on."""
        await asyncio.to_thread(self.close, drain=drain)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        state = "closed" if self.closed else f"{self.queued} rows wait"
        return (
            f"Engine({self.device!r}, max_batch={self.max_batch}, max_delay={self.max_delay}, "
            f"max_queue={self.max_queue}, workers={self.workers}: {state})"
        )


class Bound:
    """Calls of one operation with fixed parameters; see `Engine.bind`. Thread-safe."""

    __slots__ = ("_add", "_engine", "_row")

    def __init__(self, engine: Engine, bin_: Bin) -> None:
        self._engine = engine  # which stays open as long as somebody may submit
        self._add = bin_.add
        self._row = bin_.kind.row

    def __call__(self, *row: Any, timeout: float | None = None) -> Future:
        """Submits one row; as `Engine.submit`."""
        return self._add(self._row(*row), None if timeout is None else _seconds("timeout", timeout))


def _check_names(operation: str, parameters: dict[str, Any], *functions: Callable[..., object]) -> None:
    """Raises TypeError, with the names that there are, for one that none of the functions takes by name."""
    if not parameters:
        return
    names = tuple(dict.fromkeys(name for function in functions for name in _names(function)))
    for name in parameters:
        if name not in names:
            mend = "it is the engine's, Engine(device=...)" if name == "device" else f"there are {', '.join(names)}"
            raise TypeError(f"{name}: {operation} takes no such argument; {mend}")


@cache
def _names(function: Callable[..., object]) -> tuple[str, ...]:
    taken = signature(function).parameters.values()
    return tuple(one.name for one in taken if one.kind is not one.VAR_KEYWORD and one.name != "public_keys")


def _seconds(name: str, value: Any) -> float:
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        raise TypeError(f"{name}: a {type(value).__name__} came; wanted seconds") from None
    if not 0 <= seconds < 1e9:
        raise ValueError(f"{name}: {seconds} came; wanted seconds, 0 or more")
    return seconds
