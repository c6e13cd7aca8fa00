# SPDX-License-Identifier: Apache-2.0
"""What ran where: the last batch of this thread, or every batch within a block."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from pyaccel.backends.base import Implementation


@dataclass(frozen=True)
class Ran:
    """One batch that ran.

    Attributes:
        operation: its name.
        device: name of the backend that computed the result.
        variant: which implementation there.
        n: rows.
        seconds: wall time in the backend; measured within `record()`, else 0.
        notes: why backends that came first did not run it, a line each ("opencl:0 declined: ...").
        parts: device and rows of each part, in the order of rows, where several devices shared the batch; `device` is
            then all their names ("native+opencl:0").
    """

    operation: str
    device: str
    variant: str
    n: int
    seconds: float
    notes: tuple[str, ...] = ()
    parts: tuple[tuple[str, int], ...] = ()


Entry = tuple[str, str, Implementation, int, float, tuple[str, ...]]
"""A Ran whose plan has not been asked for its variant yet, which costs more than a small batch."""


class _Thread(threading.local):
    last: Entry | None = None


thread = _Thread()
"""The last batch of each thread."""

collector: ContextVar[list[Ran] | None] = ContextVar("pyaccel.record", default=None)
"""Where batches are collected, if anyone wants them."""


def ran(entry: Entry) -> Ran:
    """What an entry stands for."""
    operation, device, plan, n, seconds, notes = entry
    return Ran(operation, device, plan.variant, n, seconds, notes, getattr(plan, "parts", ()))


def collect(entry: Entry) -> None:
    """Adds a batch that ran to what is being collected."""
    batches = collector.get()
    if batches is not None:
        batches.append(ran(entry))


def last_run() -> Ran | None:
    """What the last batch of this thread ran on, None before the first."""
    return ran(thread.last) if thread.last else None


@contextmanager
def record() -> Iterator[list[Ran]]:
    """Within it, every batch of this thread or task is added to the list that it gives."""
    batches: list[Ran] = []
    token = collector.set(batches)
    try:
        yield batches
    finally:
        collector.reset(token)
