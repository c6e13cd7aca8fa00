# SPDX-License-Identifier: Apache-2.0
"""Tells whoever wants to see batches (metrics, traces, logs) of each attempt; costs nothing while nobody does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pyaccel.backends.base import Plan


@dataclass(frozen=True)
class Attempt:
    """One batch, or part of one, that a backend ran or failed at.

    Attributes:
        operation: its name.
        of: the algorithm, form, scheme or rule.
        device: name of the backend.
        plan: what ran; its variant is worked out by who asks.
        n: rows.
        nbytes: bytes of all input rows together.
        start: `time.perf_counter()` when it began.
        seconds: wall time in the backend.
        error: why it failed, its rows being redone elsewhere; None where it did not.
    """

    operation: str
    of: str
    device: str
    plan: Plan
    n: int
    nbytes: int
    start: float
    seconds: float
    error: Exception | None = None


Watcher = Callable[[Attempt], object]

watchers: tuple[Watcher, ...] = ()
"""Replaced, never changed: read without a lock, from any thread. Read it as `watching.watchers`."""


def watch(watcher: Watcher) -> None:
    """Calls watcher after each attempt, in its thread; once, however often it is added. It must not raise."""
    global watchers  # noqa: PLW0603 - one list for the process
    if watcher not in watchers:
        watchers = (*watchers, watcher)


def unwatch(watcher: Watcher) -> None:
    """Ends `watch`; nothing where it was not watching."""
    global watchers  # noqa: PLW0603 - as above
    watchers = tuple(one for one in watchers if one != watcher)
