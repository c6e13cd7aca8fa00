# SPDX-License-Identifier: Apache-2.0
"""Exceptions. A bad signature is never one: it is a False in the result."""

from __future__ import annotations


class PyaccelError(Exception):
    """Base of what pyaccel raises beyond TypeError, ValueError and IndexError."""


class DeviceUnavailableError(PyaccelError):
    """A device that was asked for by name is not there; says why and which are."""


class DeviceError(PyaccelError):
    """A device failed while running; with `device="auto"` the scheduler redoes the rows elsewhere."""


class SelfTestError(PyaccelError):
    """A backend gave a wrong answer to a known question and is not used any more."""


class UnsupportedError(PyaccelError):
    """A name that exists but does not work yet, or not in this build; says what does."""


class OverloadedError(PyaccelError):
    """An engine's queue is full: the call was not taken, and may be tried again when results have come."""


class EngineClosedError(PyaccelError):
    """An engine was closed before this call came."""
