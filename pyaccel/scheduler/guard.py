# SPDX-License-Identifier: Apache-2.0
"""What stands between a device's plan and the caller's memory: a limit of time, shadow checks, failures of any kind.

A device writes to arrays of the guard's own. They are copied to the caller's once the device came back in time, its
answers stood up to the check, and no other thread found it wrong meanwhile.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from math import inf
from time import perf_counter
from typing import Any, TypeVar

import numpy as np

from pyaccel import logs
from pyaccel.backends.base import Backend, Buffer, Declined, Inputs, Outputs, Parameters, Plan
from pyaccel.errors import DeviceError, PyaccelError
from pyaccel.operations import Operation
from pyaccel.rows import Rows
from pyaccel.scheduler import health, watchdog
from pyaccel.scheduler.curves import Curve
from pyaccel.scheduler.shadowing import Shadow, defined
from pyaccel.scheduler.splitting import input_bytes

T = TypeVar("T")

BUILD_SECONDS = 600.0
"""A plan may take so long to be made: a driver compiles kernels for minutes where the machine is busy."""


class _Aside(threading.local):
    seconds = 0.0


_aside = _Aside()
"""Seconds that checks took in this thread: no cost of the device that was checked."""


def clock() -> float:
    """`time.perf_counter()` of this thread, standing still while a batch is checked."""
    return perf_counter() - _aside.seconds


def prepared(backend: Backend, operation: Operation, parameters: Parameters) -> Plan | Declined:
    """The backend's plan, or why there is none, its name first: a driver that raises or hangs has declined."""
    seconds = inf if health.trusted(backend) else max(BUILD_SECONDS, watchdog.limit(0, first=True))
    try:
        made = watchdog.within(backend.name, seconds, lambda: backend.prepare(operation, parameters))
    except watchdog.HangError as error:
        made = Declined(f"{operation.name}: making a plan, {error}")
        health.quarantine(backend, operation, made.reason, "hang")
    except Exception as error:  # noqa: BLE001 - a broken driver may raise anything
        made = Declined(f"making a plan failed: {type(error).__name__}: {error}")
    if isinstance(made, Declined):
        reason = f"{backend.name} declined: {made.reason}"
        fields = {"device": backend.name, "operation": operation.name, "reason": made.reason}
        logs.event("device.declined", f"{operation.name}: {reason}", once=tuple(fields.values()), **fields)
        return Declined(reason)
    return made


def guarded(
    backend: Backend,
    plan: Plan,
    operation: Operation,
    curve: Callable[[], Curve | None],
    reference: Callable[[], Plan | None],
) -> Plan:
    """The plan under guard; that of a trusted backend as it is. Args: as Guarded's."""
    return plan if health.trusted(backend) else Guarded(backend, plan, operation, curve, reference)


class Guarded:
    """A device's plan under guard, itself a plan.

    Args:
        backend: the device.
        plan: its plan.
        operation: what it computes.
        curve: gives the cost curve in force, None where nothing is known.
        reference: gives the native plan for the same parameters, None where there is none.
    """

    def __init__(
        self,
        backend: Backend,
        plan: Plan,
        operation: Operation,
        curve: Callable[[], Curve | None],
        reference: Callable[[], Plan | None],
    ) -> None:
        self.plan = plan
        self._backend = backend
        self._operation = operation
        self._curve = curve
        self._shadow = Shadow(operation, reference)
        self._first = True

    @property
    def variant(self) -> str:
        """The plan's."""
        return self.plan.variant

    def run(self, inputs: Inputs, outputs: Outputs, n: int) -> None:
        """As the plan's own; on any error the caller's outputs are untouched.

        Raises:
            DeviceError: the device failed, hangs, or answered wrongly.
            ValueError: an argument is wrong.
        """
        self._require_use()
        own = {name: _like(value) for name, value in outputs.items()}
        start = perf_counter()
        called(self._backend, self._operation, self._limit(inputs, n), lambda: self.plan.run(inputs, own, n))
        self._first = False
        if all(value is None or isinstance(value, (np.ndarray, Rows)) for value in own.values()):
            checked = perf_counter()
            wrong = self._shadow.differs(inputs, own, n, checked - start)
            _aside.seconds += perf_counter() - checked
            if wrong:
                raise _quarantined(self._backend, self._operation, wrong, "shadow check")
        self._require_use()  # another thread may have found it wrong, while this one computed
        for name, value in own.items():
            if isinstance(value, np.ndarray):
                found = defined(self._operation, name, own, value)
                _array(outputs[name]).reshape(-1)[: found.size] = found.reshape(-1)

    def _require_use(self) -> None:
        if reason := health.quarantined(self._backend):
            raise DeviceError(f"{self._backend.name} is not used any more: {reason}")

    def _limit(self, inputs: Inputs, n: int) -> float:
        curve = self._curve()
        predicted = curve.cost(self._operation, n, input_bytes(inputs)) if curve else 0.0
        return watchdog.limit(predicted, first=self._first)


def called(backend: Backend, operation: Operation, seconds: float, function: Callable[[], T]) -> T:
    """What a function returns that uses a device.

    Args:
        backend: the device.
        operation: what it is for.
        seconds: a limit.
        function: as watchdog.within takes it.

    Raises:
        DeviceError: the device failed, or hangs and is not used any more.
        ValueError: as the function.
    """
    try:
        return watchdog.within(backend.name, seconds, function)
    except watchdog.HangError as error:
        raise _quarantined(backend, operation, f"{operation.name}: {error}", "hang") from error
    except (ValueError, PyaccelError):
        raise
    except Exception as error:
        raise DeviceError(f"{backend.name}: {type(error).__name__}: {error}") from error


def _quarantined(backend: Backend, operation: Operation, reason: str, cause: health.Cause) -> DeviceError:
    health.quarantine(backend, operation, reason, cause)
    return DeviceError(f"{backend.name} is not used any more: {reason}")


def _like(value: Any) -> Any:
    """Memory of the guard's own in place of an output in host memory; what lies elsewhere, or is Rows to be, stays."""
    if isinstance(value, np.ndarray) or (isinstance(value, Buffer) and value.device == "native"):
        return np.empty_like(_array(value))
    return value


def _array(value: Any) -> Any:
    return value.data if isinstance(value, Buffer) else value
