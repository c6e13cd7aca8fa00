# SPDX-License-Identifier: Apache-2.0
"""Every kind of device by name, and what of it is here. A kind is looked for when it is first wanted.

Kinds beyond MODULES come from other packages: `add_backend(backend)` in a running process, or an entry point of the
group "pyaccel.backends" whose name is the kind and whose value is a module with `discover()`
(pyaccel/backends/base.py).
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import TypeVar

from pyaccel import logs
from pyaccel.backends.base import Backend, Capabilities, Unavailable
from pyaccel.errors import DeviceUnavailableError
from pyaccel.scheduler import health, watchdog

T = TypeVar("T")

MODULES: Mapping[str, str] = MappingProxyType(
    {
        "native": "pyaccel.backends.native",
        "opencl": "pyaccel.backends.opencl",
        "cuda": "pyaccel.backends.cuda",
        "golden": "pyaccel.backends.golden",
    }
)
"""Module of each kind."""

GROUP = "pyaccel.backends"
"""Entry points of other packages' kinds."""

_KIND = re.compile(r"[a-z][a-z0-9_-]*")
_NAME = re.compile(r"[a-z][a-z0-9_-]*(:[0-9]+)?")
_added: dict[str, tuple[Backend, ...]] = {}


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
_looking: dict[str, threading.Lock] = {}
"""Held, by kind, while its devices are looked for: two sets of them would each think that a device is theirs."""

_LOOK_SECONDS = 120.0
"""Drivers may take so long to be loaded, and a device to build and run its first kernel."""

if hasattr(os, "register_at_fork"):  # a thread that is not in the child may have held one when the parent forked
    os.register_at_fork(after_in_child=_looking.clear)

_dependents: list[Callable[[], object]] = []


def when_changed(forget: Callable[[], object]) -> None:
    """Has forget() called whenever what is known of backends or their costs changed."""
    _dependents.append(forget)


def changed() -> None:
    """Lets everyone forget what was worked out from the backends that there are and from their costs."""
    backends_of.cache_clear()
    for forget in _dependents:
        forget()


def add_backend(backend: Backend) -> None:
    """Makes a backend of one's own known under its name, in this process: `device=` takes it.

    "auto" takes it, too, once its costs are known: from its method `curve`, or from `pyaccel.calibrate()`. It is held
    to the known answers before its first batch, as every backend is.

    Args:
        backend: as pyaccel.backends.base.Backend says; its name is a kind of its own ("chip"), or that and a number
            ("chip:0"). One of the same name is replaced.

    Raises:
        ValueError: the name is none, or its kind is pyaccel's own.
    """
    kind, _, _ = backend.name.partition(":")
    if not _NAME.fullmatch(backend.name) or kind in MODULES or kind == "auto":
        raise ValueError(
            f"a backend can't be named {backend.name!r}: wanted a kind of its own in small letters, with a number "
            f"where there are several (chip, chip:0); {', '.join(['auto', *MODULES])} are taken"
        )
    _added[kind] = (*(other for other in _added.get(kind, ()) if other.name != backend.name), backend)
    _found.pop(kind, None)
    changed()


def remove_backend(name: str) -> None:
    """Ends `add_backend`; nothing where no such backend was added. Batches that run on it end there."""
    kind, _, _ = name.partition(":")
    if kind in _added:
        _added[kind] = tuple(other for other in _added[kind] if other.name != name)
        if not _added[kind]:
            del _added[kind]
        _found.pop(kind, None)
        changed()


@cache
def _entry_points() -> Mapping[str, EntryPoint]:
    """Kinds of other packages. Slow, as it looks through all that is installed: wanted when a name is not known."""
    return {one.name: one for one in entry_points(group=GROUP) if one.name not in MODULES and _KIND.fullmatch(one.name)}


def kinds(*, installed: bool = False) -> tuple[str, ...]:
    """Every kind: those of MODULES, then those added; and, where wanted, those that other installed packages have."""
    return tuple(dict.fromkeys([*MODULES, *_added, *(_entry_points() if installed else ())]))


def looked_for(kind: str) -> bool:
    """Whether `discovered` has an answer for this kind already."""
    return kind in _found or kind in _added


def discovered(kind: str) -> tuple[Backend, ...] | Unavailable:
    """The devices of a kind, or why there are none. Slow at first (drivers are loaded), then kept."""
    found = _found.get(kind)
    if found is None:
        with _looking.setdefault(kind, threading.Lock()):
            found = _found.get(kind)
            if found is None:
                found = _found[kind] = _look_for(kind)
                changed()
    return found


def forget(kind: str) -> None:
    """Forgets the devices of a kind: they are looked for again, and made anew, when they are next wanted."""
    with _looking.setdefault(kind, threading.Lock()):
        _found.pop(kind, None)
        probed.cache_clear()
        changed()


def _look_for(kind: str) -> tuple[Backend, ...] | Unavailable:
    if kind in _added:
        return _added[kind]
    module = MODULES.get(kind)
    if kind in ("native", "golden"):
        return import_module(str(module)).discover()  # type: ignore[no-any-return]
    return _said(
        kind,
        f"looking for {kind} devices",
        lambda: (import_module(module) if module else _entry_points()[kind].load()).discover(),
    )


@cache
def probed(backend: Backend) -> Capabilities | Unavailable:
    """What a device says of itself after it ran something, or why it can't."""
    return _said(backend.name, "probing", backend.probe)


def _said(device: str, doing: str, function: Callable[[], T]) -> T | Unavailable:
    """What a driver says, or why it says nothing: a broken one must not take the other devices with it."""
    seconds = max(_LOOK_SECONDS, watchdog.limit(0))  # outside: a wrong PYACCEL_DEVICE_TIMEOUT is the caller's to mend
    try:
        said: T | Unavailable = watchdog.within(device, seconds, function)
    except Exception as error:  # noqa: BLE001 - it may raise anything
        said = Unavailable(f"{doing} failed: {type(error).__name__}: {error}")
    if isinstance(said, Unavailable):
        fields = {"device": device, "reason": said.reason}
        logs.event(
            "device.unavailable", f"{device} is not available: {said.reason}", once=(*fields.values(),), **fields
        )
    return said


def kind_of(name: str) -> str:
    """The kind of a device's name; ValueError, with the valid names, when no device can have it."""
    kind, _, number = name.partition(":") if isinstance(name, str) else ("", "", "")
    known = kind in kinds() or (_KIND.fullmatch(kind) and kind in _entry_points())
    ok = known and (name == kind or (kind not in ("native", "golden") and number.isdecimal()))
    if not ok:
        alone = () if isinstance(name, str) and name == "auto" else ("auto",)  # it is none of a list
        there = ", ".join([*alone, *kinds(), "opencl:0, cuda:1 and so on"])
        raise ValueError(f'device {name!r} is unknown; there are {there}; for several, "native,opencl:0"')
    return kind


def names(device: str) -> list[str]:
    """The names of a list with commas, which may have spaces around them; all else is a list of its own."""
    return [name.strip() for name in device.split(",")] if isinstance(device, str) and "," in device else [device]


def check_name(name: str) -> None:
    """Raises ValueError, with the valid names, when no device can have this one, nor each of a list with commas."""
    if not isinstance(name, str) or name != "auto":
        for one in names(name):
            kind_of(one)


def identity(backend: Backend) -> str:
    """What a device is, whatever number it has today: its kind, its own name, versions and drivers."""
    state = probed(backend)
    if isinstance(state, Unavailable):
        return backend.name
    facts = [state.detail[name] for name in ("platform", "version", "driver", "cpu") if name in state.detail]
    return " | ".join([backend.name.partition(":")[0], state.device, *facts])


def resource(backend: Backend) -> str:
    """Which silicon a backend keeps busy: work split between two that share theirs gains nothing.

    A backend says so itself, by an attribute `resource`; else it is the processor for what runs there, and for the
    others the device's own name and which of that name it is in its kind: opencl:0 and cuda:0 may be one card.
    """
    own = getattr(backend, "resource", None)
    if own is not None:
        return str(own)
    if backend.name in ("native", "golden") or backend.kind.endswith("-cpu"):
        return "cpu"
    state = probed(backend)
    found = discovered(backend.name.partition(":")[0])
    if isinstance(state, Unavailable) or isinstance(found, Unavailable):
        return backend.name
    same = [b for b in found if isinstance(one := probed(b), Capabilities) and one.device == state.device]
    return f"{state.device} #{same.index(backend) if backend in same else 0}"


@cache
def backends_of(name: str) -> tuple[Backend, ...]:
    """The working backends that a device name means: one, or with "opencl" any of that kind, in their order.

    Of a list of names with commas, those of each.

    Raises:
        ValueError: no device can have this name.
        DeviceUnavailableError: it is not here, and why.
    """
    if isinstance(name, str) and "," in name:
        return tuple(dict.fromkeys(backend for one in names(name) for backend in backends_of(one)))
    kind = kind_of(name)
    found = discovered(kind)
    if isinstance(found, Unavailable):
        raise DeviceUnavailableError(f"device {name!r} is not available: {found.reason}")
    named = [backend for backend in found if name in (kind, backend.name)]
    if not named:
        there = ", ".join(backend.name for backend in found) or "none of this kind"
        raise DeviceUnavailableError(f"device {name!r} is not available; there are {there}")
    states = {backend: probed(backend) for backend in named}
    working = tuple(backend for backend, state in states.items() if isinstance(state, Capabilities))
    if not working:
        reasons = "; ".join(f"{b.name}: {s.reason}" for b, s in states.items() if isinstance(s, Unavailable))
        raise DeviceUnavailableError(f"device {name!r} is not available: {reasons}")
    return working


def devices() -> tuple[Device, ...]:
    """Every device, and of each kind or device that is missing, why. Looks for all of them: may take a second."""
    rows: list[Device] = []
    for kind in kinds(installed=True):
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
