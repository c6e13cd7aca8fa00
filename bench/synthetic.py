# SPDX-License-Identifier: Apache-2.0
"""Backends of known cost, and native ones bound to a core each: what the choice of a device is measured by."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np
import numpy.typing as npt

from pyaccel.backends.base import Backend, Capabilities, Declined, Inputs, Outputs, Parameters, Plan
from pyaccel.backends.native import on_threads
from pyaccel.operations import Operation
from pyaccel.rows import Rows
from pyaccel.scheduler.registry import add_backend, discovered, remove_backend

SPIN_SECONDS = 3e-4
"""The end of a wait is spun through: sleep comes back late by less than this."""


def _native(operation: Operation, parameters: Parameters) -> Plan | Declined:
    (backend,) = discovered("native")  # type: ignore[misc]
    found: Plan | Declined = backend.prepare(operation, parameters)
    return found


class Line:
    """A device that takes a + b n seconds for n rows of some signatures that are known to be valid.

    It computes everything else, known questions above all, natively. Its cost is its own secret: `curve` is not told,
    and calibration has to find it.

    Args:
        name: its name, a kind of its own and a number.
        first: a, seconds.
        row: b, seconds.
        valid: signatures known to be valid: uint8[n, bytes].
    """

    kind = "synthetic"

    def __init__(self, name: str, first: float, row: float, valid: npt.NDArray[np.uint8]) -> None:
        self.name, self.first, self.row = name, first, row
        self._valid = {signature.tobytes() for signature in valid}

    def probe(self) -> Capabilities:
        """It is here."""
        return Capabilities(f"synthetic {self.name}", {"driver": f"{self.first} + {self.row} n"})

    def prepare(self, operation: Operation, parameters: Parameters) -> Plan | Declined:
        """A plan for verify_many."""
        native = _native(operation, parameters)
        if operation.name != "verify_many" or isinstance(native, Declined):
            return Declined("it verifies signatures alone")
        return LinePlan(self, native)

    def knows(self, signatures: Rows) -> bool:
        """Whether the rows are of those known to be valid, by their first and last: they come from one array."""
        return signatures[0] in self._valid and signatures[len(signatures) - 1] in self._valid


class LinePlan:
    """Waits as long as its device would take."""

    variant = "synthetic"

    def __init__(self, device: Line, native: Plan) -> None:
        self._device, self._native = device, native

    def run(self, inputs: Inputs, outputs: Outputs, n: int) -> None:
        """As Plan.run."""
        if n == 0 or not self._device.knows(inputs["signatures"]):
            self._native.run(inputs, outputs, n)
            return
        end = time.perf_counter() + self._device.first + self._device.row * n
        if (left := end - time.perf_counter() - SPIN_SECONDS) > 0:
            time.sleep(left)
        outputs["verdicts"][:] = 1
        while time.perf_counter() < end:
            pass


class Pinned:
    """The native backend on one thread that is bound to one core."""

    kind = "native"

    def __init__(self, number: int, core: int) -> None:
        self.name, self.resource, self._core = f"core:{number}", f"core {core}", core

    def probe(self) -> Capabilities:
        """It is here."""
        return Capabilities(f"core {self._core}")

    def prepare(self, operation: Operation, parameters: Parameters) -> Plan | Declined:
        """The native plan for one thread."""
        with on_threads(1):
            plan = _native(operation, parameters)
        return plan if isinstance(plan, Declined) else PinnedPlan(plan, self._core)


class PinnedPlan:
    """A native plan that moves its thread to the core, and back."""

    def __init__(self, plan: Plan, core: int) -> None:
        self._plan, self._core = plan, core

    @property
    def variant(self) -> str:
        """The native plan's."""
        return self._plan.variant

    def run(self, inputs: Inputs, outputs: Outputs, n: int) -> None:
        """As Plan.run."""
        before = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {self._core})
        try:
            self._plan.run(inputs, outputs, n)
        finally:
            os.sched_setaffinity(0, before)


@contextmanager
def present(*backends: Any) -> Iterator[tuple[Backend, ...]]:
    """Within it, these backends are known."""
    added: list[str] = []
    try:
        for backend in backends:
            add_backend(backend)
            added.append(backend.name)
        yield backends
    finally:
        for name in added:
            with suppress(ValueError):
                remove_backend(name)


def seconds(call: Callable[[], object], least: float, samples: int) -> list[float]:
    """Seconds of one call, by samples that last `least` seconds each; one call goes before."""
    begin = time.perf_counter()
    call()
    once = time.perf_counter() - begin
    repeats = max(1, round(least / max(once, 1e-7)))
    found = []
    for _ in range(samples):
        begin = time.perf_counter()
        for _ in range(repeats):
            call()
        found.append((time.perf_counter() - begin) / repeats)
    return found
