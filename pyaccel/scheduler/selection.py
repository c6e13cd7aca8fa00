# SPDX-License-Identifier: Apache-2.0
"""Which device a call asks for: its own argument, else `with pyaccel.device(...)`, else PYACCEL_DEVICE."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache

from pyaccel.scheduler.registry import check_name

_within: ContextVar[str] = ContextVar("pyaccel.device", default="auto")


@cache
def _environment() -> str:
    name = os.environ.get("PYACCEL_DEVICE", "")
    if name:
        try:
            check_name(name)
        except ValueError as error:
            raise ValueError(f"PYACCEL_DEVICE: {error}") from None
    return name or "auto"


def ambient() -> str:
    """The device that a call with `device="auto"` runs on, "auto" where the scheduler is free to choose."""
    within = _within.get()
    return _environment() if within == "auto" else within


@contextmanager
def device(name: str) -> Iterator[None]:
    """Within it, in this thread or task, calls with `device="auto"` run on this device.

    PYACCEL_DEVICE does the same for a whole process; it is read once, at the first call.

    Raises:
        ValueError: no device has that name; lists those that exist.
    """
    check_name(name)
    token = _within.set(name)
    try:
        yield
    finally:
        _within.reset(token)
