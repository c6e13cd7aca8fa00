# SPDX-License-Identifier: Apache-2.0
"""Devices that hold ciphertexts, under the scheduler's guard: time-outs, known answers, shadow checks, quarantine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import numpy.typing as npt

from pyaccel.backends.base import Backend, Inputs, Outputs
from pyaccel.backends.device import DeviceBackend
from pyaccel.backends.device_he import DeviceRing, Resident, Shape
from pyaccel.errors import DeviceError, DeviceUnavailableError
from pyaccel.he.native import residues
from pyaccel.he.operations import OPERATIONS
from pyaccel.he.origins import MOST_STEPS, Origin
from pyaccel.scheduler import guard, health, runs, watchdog, watching
from pyaccel.scheduler.registry import backends_of
from pyaccel.scheduler.shadowing import FIRST, Shadow

if TYPE_CHECKING:
    from pyaccel.he.ciphertexts import Ciphertexts
    from pyaccel.he.context import Context

T = TypeVar("T")
Words = npt.NDArray[np.uint64]

FIRST_ROWS = 1
"""Ciphertexts of a check, where it is one of the first: one has as many words as thousands of rows of other batches."""

_BUTTERFLIES = 2e8
"""A second: twice what PoCL does on one core of a Zen 4 processor; watchdog.TIMES leaves room for what is slower."""


@dataclass(frozen=True, eq=False)
class _Kernels:
    """What computed a batch, as watchers are told.

    Attributes:
        variant: its name.
    """

    variant: str


class _UnprovedError(DeviceError):
    """The device failed at a known question, which has been told already."""


class Place:
    """A context on a device. Thread-safe.

    Attributes:
        name: of the device.
        bare: whether nothing stands between: known questions are asked so, with batches that are not recoverable.
    """

    def __init__(self, context: Context, backend: Backend, *, bare: bool = False) -> None:
        """Args: context: which; backend: of the device; bare: as the attribute."""
        self.name = backend.name
        self.bare = bare
        self._backend = backend
        self._scheme = context.scheme
        self._shape = Shape(context.degree, context.primes, context._level_end, context._digit_end)
        self._kept: DeviceRing | None = None
        self._shadows: dict[tuple[frozenset[str], bool], Shadow] = {}
        self._seconds = 0.0
        self._there = {name: _Kernels(f"{self.name}/he") for name in OPERATIONS}
        self._here = {name: _Kernels(context.variant) for name in OPERATIONS}

    @property
    def ring(self) -> DeviceRing:
        """The rings of the context on the device, made anew where they were lost with what was there.

        Raises:
            DeviceError: the device is not used any more, or not here.
        """
        if not self.bare:
            try:
                self._backend = backends_of(self.name)[0]
            except DeviceUnavailableError as error:
                raise DeviceError(str(error)) from error
            self._require_use()
        device = self._backend.device if isinstance(self._backend, DeviceBackend) else None
        if device is None:
            raise DeviceError(f"{self.name} keeps no ciphertexts any more")
        ring = self._kept
        if ring is None or ring.device is not device:
            self._shadows.clear()
        if ring is None or ring.lost or ring.device is not device:
            ring = self._kept = DeviceRing(device, self._shape)
        return ring

    def run(self, function: str, ring: DeviceRing, n: int, work: Callable[[], T]) -> T:
        """What work() returns, which uses the device for n ciphertexts.

        Args:
            function: of OPERATIONS.
            ring: on which it computes.
            n: ciphertexts.
            work: writes only to memory of its own.

        Raises:
            DeviceError: the device failed, hangs, or is not used any more.
        """
        if self.bare:
            return work()
        self._require_use()
        self._prove(function, ring)
        start = perf_counter()
        try:
            limit = watchdog.limit(ring.butterflies(n) / _BUTTERFLIES)
            result = guard.called(self._backend, OPERATIONS[function], limit, work)
            self._require_use()  # another thread may have found it wrong, while this one computed
        except DeviceError as error:
            self._tell(function, self.name, self._there[function], n, start, error)
            raise
        self._seconds += perf_counter() - start
        self._tell(function, self.name, self._there[function], n, start)
        return result

    def download(self, ring: DeviceRing, resident: Resident, origin: Origin) -> Words:
        """Residues uint64[count, size, rows, N], of which a sample stood up to a check.

        Raises:
            DeviceError: as `run`; a ciphertext is not what native computes.
        """
        words = self.run("download", ring, resident.count, lambda: ring.download(resident))
        if self.bare:
            return words
        seconds, self._seconds = max(self._seconds, 1e-6), 0.0
        key = functions, within = origin.functions, origin.steps <= MOST_STEPS
        shadow = self._shadows.get(key)
        if shadow is None:
            shadow = Shadow(OPERATIONS["download"], _Again, first=FIRST if within else 0, least=FIRST_ROWS)
            self._shadows[key] = shadow
        inputs = {"origin": origin, "rows": np.arange(resident.count)}
        wrong = shadow.differs(inputs, {"ciphertexts": words}, resident.count, seconds)
        if wrong:
            reason = f"{wrong}, after {', '.join(sorted(functions))}"
            health.quarantine(self._backend, OPERATIONS["download"], reason, "shadow check")
        self._require_use()
        return words

    def instead(self, function: str, origin: Origin, error: DeviceError) -> Ciphertexts:
        """What the device failed at, computed natively.

        Raises:
            DeviceError: `error`, where it can't be.
        """
        if not origin.recoverable:
            raise error
        if not isinstance(error, _UnprovedError):
            health.warn_of_failure(self._backend, OPERATIONS[function], error)
        start = perf_counter()
        batch = origin.natively()
        self._tell(
            function, "native", self._here[function], origin.count, start, notes=(f"{self.name} failed: {error}",)
        )
        return batch

    def refused(self) -> str | None:
        """Why ciphertexts can't be brought to the device at all, None where they can."""
        return health.quarantined(self._backend) if health.failed_known_answer(self._backend) else None

    def _require_use(self) -> None:
        if reason := health.quarantined(self._backend):
            raise DeviceError(f"{self.name} is not used any more: {reason}")

    def _prove(self, function: str, ring: DeviceRing) -> None:
        """Has the kernels built, and asks the known question of a function, once."""

        def ask() -> str | None:
            from pyaccel.he import known_answers

            ring.build()
            return known_answers.of(self._scheme).wrong(self._backend, function)

        if failed := health.proved(self._backend, OPERATIONS[function], self._scheme, ask):
            raise _UnprovedError(failed)

    def _tell(
        self,
        function: str,
        device: str,
        by: _Kernels,
        n: int,
        start: float,
        error: DeviceError | None = None,
        notes: tuple[str, ...] = (),
    ) -> None:
        """Tells watchers of metrics and traces, and `last_run`."""
        seconds = perf_counter() - start
        name = OPERATIONS[function].name
        if error is None:
            runs.thread.last = entry = (name, device, by, n, seconds, notes)
            runs.collect(entry)
        if watching.watchers.all:
            nbytes = n * 2 * len(self._shape.primes) * self._shape.degree * 8
            attempt = watching.Attempt(name, self._scheme, device, by, n, nbytes, start, seconds, error, notes)
            for watcher in watching.watchers.all:
                watcher(attempt)


class _Again:
    """The plan that a device is held against: rows of an origin, natively."""

    variant = "native"

    def run(self, inputs: Inputs, outputs: Outputs, n: int) -> None:  # noqa: ARG002 - as plans have it
        """As Plan.run; DeviceError where they can't be had."""
        try:
            batch = inputs["origin"].natively(inputs["rows"], {})
        except MemoryError as error:
            raise DeviceError(str(error)) from error
        words = residues("ciphertexts_residues", batch.native)
        outputs["ciphertexts"][:] = words.reshape(outputs["ciphertexts"].shape)
