# SPDX-License-Identifier: Apache-2.0
"""What happens to devices and queues, as records of the logger "pyaccel" with stable names and fields.

The library installs no handler: `logging.basicConfig()` shows the messages, and any formatter that writes a record's
extra fields (python-json-logger's, for one) shows the fields too.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Hashable, Mapping
from threading import RLock
from types import MappingProxyType
from typing import Any, Generic, TypeVar

EVENTS: Mapping[str, int] = MappingProxyType(
    {
        "cache.unwritable": logging.WARNING,  # path, reason: a folder can't be written, work goes on without it
        "calibration.drifted": logging.INFO,  # operation, of, device, ratio: a curve was corrected by what batches took
        "calibration.ignored": logging.WARNING,  # path, reason: the file is corrupt, foreign or of another version
        "device.declined": logging.INFO,  # device, operation, reason: what takes the batch is the next one
        "device.failed": logging.WARNING,  # device, operation, reason: the rows are computed elsewhere
        "device.quarantined": logging.ERROR,  # device, operation, reason: it answered wrongly and is not used any more
        "device.unavailable": logging.INFO,  # device, reason: it was looked for and does not work here
        "engine.callback_failed": logging.ERROR,  # operation, reason: a callback raised; its batch is answered
        "engine.overloaded": logging.WARNING,  # operation, limit: a queue is full and refuses rows
        "environment.ignored": logging.WARNING,  # reason: what PYACCEL_TRACE or _TOP ask for can't be after a fork
        "trace.ended": logging.WARNING,  # path, reason: a trace ended early: the disk or the limit is full
    }
)
"""Level by name of event; each event's fields stand behind it. A name never changes its meaning."""

logger = logging.getLogger("pyaccel")
logger.addHandler(logging.NullHandler())  # else what nobody asked for would be printed to stderr

C = TypeVar("C")

registering = RLock()
"""Held while any Callbacks are replaced."""

if hasattr(os, "register_at_fork"):  # by whoever forks, so that it is free in the child
    os.register_at_fork(
        before=registering.acquire, after_in_parent=registering.release, after_in_child=registering.release
    )


class Callbacks(Generic[C]):
    """Functions that are told of something, each in the thread in which it happens; they must not raise.

    Attributes:
        all: replaced, never changed: read without a lock, from any thread.
    """

    def __init__(self) -> None:
        self.all: tuple[C, ...] = ()

    def add(self, function: C) -> None:
        """Has it called from now on; once, however often it is added."""
        with registering:
            if function not in self.all:
                self.all = (*self.all, function)

    def remove(self, function: C) -> None:
        """Ends `add`; nothing where it was not added."""
        with registering:
            self.all = tuple(one for one in self.all if one != function)


listeners: Callbacks[Callable[[str, Mapping[str, Any]], object]] = Callbacks()
"""Called with the name and the fields of every event, logged or not."""

_ONCE = 4096
"""Keys kept: a reason may hold text of a driver, and must not fill the memory."""
_logged: dict[tuple[str, Hashable], object] = {}


def event(name: str, message: str, *, once: Hashable = None, **fields: Any) -> bool:
    """Tells listeners of an event, and logs it at its level. Thread-safe, takes no lock of its own.

    Args:
        name: one of EVENTS, which names the fields.
        message: for a person: what happened, and what to do about it.
        once: events of one name with an equal key are logged the first time only, None: every time. Usually
            (device, operation, reason).
        **fields: attributes of the record, beside `event`, the name.

    Returns:
        Whether this was logged: False where an equal event came before. It says also when to warn.
    """
    for listener in listeners.all:
        listener(name, fields)
    if once is not None:
        mine = object()
        if _logged.setdefault((name, once), mine) is not mine:
            return False
        if len(_logged) > _ONCE:
            _logged.clear()
    logger.log(EVENTS[name], message, extra={"event": name, **fields}, stacklevel=2)
    return True
