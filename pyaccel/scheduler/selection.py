# SPDX-License-Identifier: Apache-2.0
"""Which device a call asks for: its own argument, else `with pyaccel.device(...)`, else PYACCEL_DEVICE."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from pyaccel.errors import DeviceUnavailableError
from pyaccel.scheduler.registry import backends_of, check_name

within: ContextVar[str | None] = ContextVar("pyaccel.device", default=None)
"""The device of the innermost `with pyaccel.device(...)`, None outside of any and within "auto"."""


_known: list[str] = []
"""What `environment` says, once it did: functools.cache takes five times as long."""


def environment() -> str:
    """What PYACCEL_DEVICE asks for, "auto" where the scheduler is free to choose; read once."""
    if _known:
        return _known[0]
    name = os.environ.get("PYACCEL_DEVICE", "") or "auto"
    try:
        if name != "auto":
            backends_of(name)
    except (ValueError, DeviceUnavailableError) as error:
        raise type(error)(f"PYACCEL_DEVICE: {error}") from None
    _known.append(name)
    return name


def asked(device: str) -> str:
    """The device that a call with this `device=` asks for, "auto" where the scheduler is free to choose.

    Raises:
        ValueError: PYACCEL_DEVICE is no device's name, or the argument is no text.
        DeviceUnavailableError: PYACCEL_DEVICE is a device that is not here.
    """
    if type(device) is not str:
        check_name(device)
    if device != "auto":
        return device
    return within.get() or (_known[0] if _known else environment())


@contextmanager
def device(name: str) -> Iterator[None]:
    """Within it, in this thread or task, calls with `device="auto"` run on this device.

    PYACCEL_DEVICE does the same for a whole process; it is read once, at the first call.

    Raises:
        ValueError: no device has that name; lists those that exist.
    """
    check_name(name)
    token = within.set(None if name == "auto" else name)
    try:
        yield
    finally:
        within.reset(token)
