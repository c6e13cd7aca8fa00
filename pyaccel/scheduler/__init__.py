# SPDX-License-Identifier: Apache-2.0
"""Sends each batch where it finishes first; `device=` and PYACCEL_DEVICE override it."""

from __future__ import annotations

from pyaccel.scheduler import environment as _environment  # noqa: F401 - first: what it refuses, refuses every call

# isort: split
from pyaccel.backends.moved import Moved, moved
from pyaccel.scheduler.execution import release, run
from pyaccel.scheduler.explanation import Explanation, explain
from pyaccel.scheduler.registry import Device, add_backend, devices, remove_backend
from pyaccel.scheduler.runs import Ran, last_run, record
from pyaccel.scheduler.selection import device
from pyaccel.scheduler.shadowing import shadow

__all__ = [
    "Device",
    "Explanation",
    "Moved",
    "Ran",
    "add_backend",
    "device",
    "devices",
    "explain",
    "last_run",
    "moved",
    "record",
    "release",
    "remove_backend",
    "run",
    "shadow",
]
