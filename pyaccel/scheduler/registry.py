# SPDX-License-Identifier: Apache-2.0
"""Every kind of device by name, and what of it is here. A kind is looked for when it is first wanted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from types import MappingProxyType

from pyaccel.backends.base import Backend, Capabilities, Unavailable
from pyaccel.errors import DeviceUnavailableError

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


def looked_for(kind: str) -> bool:
    """Whether `discovered` has an answer for this kind already."""
    return kind in _found


def discovered(kind: str) -> tuple[Backend, ...] | Unavailable:
    """The devices of a kind, or why there are none. Slow at first (drivers are loaded), then kept."""
    if kind not in _found:
        _found[kind] = _look_for(kind)
    return _found[kind]


def _look_for(kind: str) -> tuple[Backend, ...] | Unavailable:
    module = MODULES[kind]
    if module is None:
        return Unavailable(f"this version of pyaccel has no {kind} backend")
    try:
        found = import_module(module).discover()
    except Exception as error:  # noqa: BLE001 - a broken driver must not take the other devices with it
        return Unavailable(f"looking for {kind} devices failed: {type(error).__name__}: {error}")
    return found  # type: ignore[no-any-return]


@cache
def probed(backend: Backend) -> Capabilities | Unavailable:
    """What a device says of itself after it ran something, or why it can't."""
    try:
        return backend.probe()
    except Exception as error:  # noqa: BLE001 - as above
        return Unavailable(f"probing failed: {type(error).__name__}: {error}")


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
                rows.append(Device(backend.name, True, "", state.device, state.detail, state.memory))
    return tuple(rows)
