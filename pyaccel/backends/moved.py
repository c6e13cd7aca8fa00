# SPDX-License-Identifier: Apache-2.0
"""Counts the bytes that are copied between the host's memory and devices."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from threading import RLock


@dataclass
class Moved:
    """Bytes that were copied.

    Attributes:
        to_device: from host memory to a device.
        from_device: from a device to host memory.
    """

    to_device: int = 0
    from_device: int = 0


_counts: ContextVar[tuple[Moved, ...]] = ContextVar("pyaccel.moved", default=())


@contextmanager
def moved() -> Iterator[Moved]:
    """Within it, in this thread or task, every copy to a device and from it is counted in the object that it gives.

    A device that shares the host's memory reads the caller's bytes where they are: nothing is copied there.
    """
    count = Moved()
    token = _counts.set((*_counts.get(), count))
    try:
        yield count
    finally:
        _counts.reset(token)


everywhere: tuple[Moved, ...] = ()
"""Where copies of all threads are counted: replaced, never changed."""

_lock = RLock()
"""Held while counts rise: shares of a batch are copied at the same time, and counted in the same object."""


def count_to_device(nbytes: int) -> None:
    """Called by whoever copies bytes to a device."""
    with _lock:
        for count in (*_counts.get(), *everywhere):
            count.to_device += nbytes


def count_from_device(nbytes: int) -> None:
    """Called by whoever copies bytes from a device."""
    with _lock:
        for count in (*_counts.get(), *everywhere):
            count.from_device += nbytes


def _renew_lock() -> None:
    """A thread that is not in the child may have held it when the parent forked."""
    global _lock  # noqa: PLW0603
    _lock = RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_lock)
