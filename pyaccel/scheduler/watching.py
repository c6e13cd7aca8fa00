# SPDX-License-Identifier: Apache-2.0
"""Tells whoever wants to see batches (metrics, traces, logs) of each attempt; costs nothing while nobody does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import Any, NamedTuple, Protocol
from weakref import ref

from pyaccel.backends.base import Implementation
from pyaccel.logs import Callbacks


class Attempt(NamedTuple):
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
        notes: why backends that came first did not run it, a line each.
    """

    operation: str
    of: str
    device: str
    plan: Implementation
    n: int
    nbytes: int
    start: float
    seconds: float
    error: Exception | None = None
    notes: tuple[str, ...] = ()


watchers: Callbacks[Callable[[Attempt], object]] = Callbacks()
"""Called after each attempt."""


class Served(NamedTuple):
    """A batch that an Engine made of what callers submitted one by one, and answered.

    Attributes:
        operation: its name.
        of: the algorithm, form, scheme or rule.
        n: rows.
        start: `time.perf_counter()` when it began.
        seconds: from then to its answers.
        waited: seconds that its oldest row had waited by then.
        waiting: rows that wait still.
    """

    operation: str
    of: str
    n: int
    start: float
    seconds: float
    waited: float
    waiting: int


engine_watchers: Callbacks[Callable[[Served], object]] = Callbacks()
"""Called after each batch of an Engine."""


class Source(Protocol):
    """What counts for itself."""

    def statistics(self) -> Mapping[str, float]:
        """Numbers by name: those that only grow end in "_total", others say what is now ("entries"). Thread-safe."""
        ...


_sources: dict[int, tuple[str, ref[Any], tuple[str, ...]]] = {}
_numbers = count()


def offer(kind: str, source: Source, totals: tuple[str, ...] = ()) -> None:
    """Lets metrics read a source's statistics for as long as it lives; those of one kind are added up. Once a source.

    Args:
        kind: what it is, as the metrics' names begin: "engine", "signature_cache".
        source: held weakly.
        totals: names of numbers that only grow and do not say so.
    """
    key = next(_numbers)
    _sources[key] = (kind, ref(source, lambda _: _sources.pop(key, None)), totals)


def sources() -> Iterator[tuple[str, int, dict[str, float]]]:
    """Kind, a number of its own, and statistics, of all that were offered and live."""
    for key, (kind, held, totals) in list(_sources.items()):
        source = held()
        if source is not None:
            numbers = source.statistics().items()
            yield kind, key, {f"{name}_total" if name in totals else name: value for name, value in numbers}
