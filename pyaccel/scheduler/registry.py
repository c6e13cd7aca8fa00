# SPDX-License-Identifier: Apache-2.0
"""Every kind of device by name, and what of it is here. A kind is looked for when it is first wanted."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from types import MappingProxyType
from typing import TypeVar

from pyaccel import logs
from pyaccel.backends.base import Backend, Capabilities, Unavailable
from pyaccel.errors import DeviceUnavailableError
from pyaccel.scheduler import health, watchdog

T = TypeVar("T")

MODULES: Mapping[str, str | None] = MappingProxyType(
    {
        "native": "pyaccel.backends.native",
        "opencl": "pyaccel.backends.opencl",
        "cuda": None,
        "golden": "pyaccel.backends.golden",
    }
)
"""Module of each kind; None: this version has no such backend."""


@dataclass(frozen=True)
class Device:
    """One row of `pyaccel.devices()`.

    Attributes:
        name: spelling in `device=`.
        available: whether it runs here.
        reason: why it does not, with the mend; empty where it does.
        device: the device's own name.
        detail: further facts.
        memory: bytes of device memory, 0 where it is the host's.
    """

    name: str
    available: bool
    reason: str = ""
    device: str = ""
    detail: Mapping[str, str] = field(default_factory=dict)
    memory: int = 0


_found: dict[str, tuple[Backend, ...] | Unavailable] = {}
_looking = {kind: threading.Lock() for kind in MODULES}
"""Held while devices of a kind are looked for: two sets of them would each think that a device is theirs."""

_LOOK_SECONDS = 120.0
"""Drivers may take so long to be loaded, and a device to build and run its first kernel."""


def _renew_locks() -> None:
    """A thread that is not in the child may have held one when the parent forked."""
    _looking.update({kind: threading.Lock() for kind in MODULES})


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_locks)


def looked_for(kind: str) -> bool:
    """Whether `discovered` has an answer for this kind already."""
    return kind in _found


def discovered(kind: str) -> tuple[Backend, ...] | Unavailable:
    """The devices of a kind, or why there are none. Slow at first (drivers are loaded), then kept."""
    found = _found.get(kind)
    if found is None:
        with _looking[kind]:
            found = _found.get(kind)
            if found is None:
                found = _found[kind] = _look_for(kind)
    return found


def forget(kind: str) -> None:
    """Forgets the devices of a kind: they are looked for again, and made anew, when they are next wanted."""
    with _looking[kind]:
        _found.pop(kind, None)
        probed.cache_clear()
        backends_of.cache_clear()


def _look_for(kind: str) -> tuple[Backend, ...] | Unavailable:
    module = MODULES[kind]
    if module is None:
        return Unavailable(f"this version of pyaccel has no {kind} backend")
    if kind in ("native", "golden"):
        return import_module(module).discover()  # type: ignore[no-any-return]
    return _said(kind, f"looking for {kind} devices", lambda: import_module(module).discover())


@cache
def probed(backend: Backend) -> Capabilities | Unavailable:
    """What a device says of itself after it ran something, or why it can't."""
    return _said(backend.name, "probing", backend.probe)


def _said(device: str, doing: str, function: Callable[[], T]) -> T | Unavailable:
    """What a driver says, or why it says nothing: a broken one must not take the other devices with it."""
    try:
        said: T | Unavailable = watchdog.within(device, max(_LOOK_SECONDS, watchdog.limit(0)), function)
    except Exception as error:  # noqa: BLE001 - it may raise anything
        said = Unavailable(f"{doing} failed: {type(error).__name__}: {error}")
    if isinstance(said, Unavailable):
        fields = {"device": device, "reason": said.reason}
        logs.event(
            "device.unavailable", f"{device} is not available: {said.reason}", once=(*fields.values(),), **fields
        )
    return said


def _kind_of(name: str) -> str:
    kind, _, number = name.partition(":") if isinstance(name, str) else ("", "", "")
    ok = kind in MODULES and (name == kind or (kind not in ("native", "golden") and number.isdecimal()))
    if not ok:
        names = ", ".join(["auto", *MODULES, "opencl:0 and so on"])
        raise ValueError(f"device {name!r} is unknown; there are {names}")
    return kind


def check_name(name: str) -> None:
    """Raises ValueError, with the valid names, when no device can have this one."""
    if not isinstance(name, str) or name != "auto":
        _kind_of(name)


@cache
def backends_of(name: str) -> tuple[Backend, ...]:
    """The working backends that a device name means: one, or with "opencl" any of that kind, in their order.

    Raises:
        ValueError: no device can have this name.
        DeviceUnavailableError: it is not here, and why.
    """
    kind = _kind_of(name)
    found = discovered(kind)
    if isinstance(found, Unavailable):
        raise DeviceUnavailableError(f"device {name!r} is not available: {found.reason}")
    named = [backend for backend in found if name in (kind, backend.name)]
    if not named:
        names = ", ".join(backend.name for backend in found) or "none of this kind"
        raise DeviceUnavailableError(f"device {name!r} is not available; there are {names}")
    states = {backend: probed(backend) for backend in named}
    working = tuple(backend for backend, state in states.items() if isinstance(state, Capabilities))
    if not working:
        reasons = "; ".join(f"{b.name}: {s.reason}" for b, s in states.items() if isinstance(s, Unavailable))
        raise DeviceUnavailableError(f"device {name!r} is not available: {reasons}")
    return working


def devices() -> tuple[Device, ...]:
    """Every device, and of each kind or device that is missing, why. Looks for all of them: may take a second."""
    rows: list[Device] = []
    for kind in MODULES:
        found = discovered(kind)
        if isinstance(found, Unavailable):
            rows.append(Device(kind, False, found.reason))
            continue
        for backend in found:
            state = probed(backend)
            if isinstance(state, Unavailable):
                rows.append(Device(backend.name, False, state.reason))
            else:
                ended = health.quarantined(backend)
                reason = f"quarantined: {ended}. {health.release_of(backend.name)}" if ended else ""
                rows.append(Device(backend.name, not ended, reason, state.device, state.detail, state.memory))
    return tuple(rows)
