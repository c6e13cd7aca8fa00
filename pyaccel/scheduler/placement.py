# SPDX-License-Identifier: Apache-2.0
"""Which backend takes a batch: the one that is done first, among those that can do it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pyaccel.backends.base import Backend, Declined, Plan, Unavailable
from pyaccel.errors import DeviceError, SelfTestError, UnsupportedError
from pyaccel.operations import Operation
from pyaccel.scheduler import default_curves, guard, health
from pyaccel.scheduler.curves import Curve, until
from pyaccel.scheduler.registry import MODULES, backends_of, discovered, looked_for, probed

FALLBACK = ("native", "golden")
"""Where rows go when the device that was asked for declines or fails."""


@dataclass(frozen=True)
class Candidate:
    """A backend that may take the batch, or a kind that nobody looked for yet (backend None)."""

    name: str
    backend: Backend | None
    curve: Curve


@dataclass(frozen=True)
class Choice:
    """A plan that takes the batch, and why others that came first do not."""

    backend: Backend
    plan: Plan
    notes: tuple[str, ...]


class Placement:
    """An operation under fixed parameters, and what each backend makes of it. Thread-safe.

    Args:
        operation: the operation.
        values: one hashable value for each of operation.parameters.
    """

    def __init__(self, operation: Operation, values: tuple[object, ...]) -> None:
        self.operation = operation
        self.parameters = dict(zip(operation.parameters, values, strict=True))
        self.group = str(values[0])
        self._plans: dict[str, Plan] = {}
        self._refused: dict[str, str] = {}
        self._named: dict[str, Choice] = {}
        self.inline: Choice | None = None
        self.inline_until = -1
        self._find_inline()

    def _find_inline(self) -> None:
        """Finds up to which n native wins whatever the bytes, so that small batches need no comparison."""
        candidates = list(self.candidates())
        native = next((c for c in candidates if c.name == "native"), None)
        if native is None or native.backend is None:
            return
        plan = self._prepared(native.backend)
        if isinstance(plan, str):
            return
        self.inline_until = min(until(native.curve, other.curve) for other in candidates)
        self.inline = Choice(native.backend, plan, ())

    def candidates(self) -> Iterator[Candidate]:
        """All backends with a curve that nothing is known against, native first."""
        for kind in MODULES:
            if kind not in ("native", "golden") and MODULES[kind] is not None and not looked_for(kind):
                curve = default_curves.before_start(self.operation, self.group, kind)
                if curve is not None:
                    yield Candidate(kind, None, curve)
                continue
            for backend in _present(kind):
                curve = self.curve(backend.kind)
                if curve is not None and not self.refusal(backend):
                    yield Candidate(backend.name, backend, curve)

    def curve(self, kind: str) -> Curve | None:
        """The cost curve of this operation and class on a kind of backend, None where nothing is known of it."""
        return default_curves.curve(self.operation, self.group, kind)

    def refusal(self, backend: Backend) -> str | None:
        """Why this backend does not take the batch, None where nothing is known against it."""
        return health.quarantined(backend) or self._refused.get(backend.name)

    def _prepared(self, backend: Backend) -> Plan | str:
        """The backend's plan, or why there is none."""
        reason = self.refusal(backend)
        if reason:
            return reason
        plan = self._plans.get(backend.name)
        if plan is None:
            state = probed(backend)
            if isinstance(state, Unavailable):
                self._refused[backend.name] = f"{backend.name} is not available: {state.reason}"
                return self._refused[backend.name]
            made = guard.prepared(backend, self.operation, self.parameters)
            if isinstance(made, Declined):
                return health.quarantined(backend) or self._refused.setdefault(backend.name, made.reason)
            wrong = health.prove(backend, self.operation, self.parameters)
            if wrong:
                return wrong
            plan = self._plans[backend.name] = guard.guarded(
                backend, made, self.operation, lambda: self.curve(backend.kind), self._native
            )
        return plan

    def _native(self) -> Plan | None:
        """The plan that devices are held against."""
        plans = (self._prepared(backend) for backend in _present("native"))
        return next((plan for plan in plans if not isinstance(plan, str)), None)

    def cheapest(self, n: int, nbytes: int) -> Choice:
        """The backend that the curves say is done first; kinds are looked for, and plans made, as they win.

        Raises:
            UnsupportedError: no backend takes the operation under these parameters.
        """
        failed: set[str] = set()  # at known questions: they may be asked again for the next batch
        while True:
            candidates = [candidate for candidate in self.candidates() if candidate.name not in failed]
            if not candidates:
                reasons = "; ".join(self._refused.values()) or "no backend is available"
                raise UnsupportedError(f"{self.operation.name}: {reasons}")
            best = min(candidates, key=lambda c: c.curve.cost(self.operation, n, nbytes))
            if best.backend is None:
                discovered(best.name)
                self._find_inline()
                continue
            plan = self._prepared(best.backend)
            if not isinstance(plan, str):
                return Choice(best.backend, plan, ())
            failed.add(best.name)

    def named(self, device: str) -> Choice:
        """The plan of a device that was asked for by name; where it declines, that of FALLBACK, with a note.

        Raises:
            DeviceUnavailableError: it is not here.
            SelfTestError: it gave a wrong answer to a known question.
            UnsupportedError: nobody takes the operation under these parameters.
        """
        known = self._named.get(device)
        if known is not None and not health.quarantined(known.backend):
            return known
        wanted = backends_of(device)
        notes: list[str] = []
        for backend in (*wanted, *(b for name in FALLBACK if name != device for b in _present(name))):
            plan = self._prepared(backend)
            if not isinstance(plan, str):
                choice = Choice(backend, plan, tuple(notes))
                if not notes:
                    self._named[device] = choice
                return choice
            if backend in wanted and health.failed_known_answer(backend):
                raise SelfTestError(f"{backend.name} is not used any more: {plan}")
            notes.append(plan)
        raise UnsupportedError(f"{self.operation.name}: {'; '.join(notes)}")

    def after(self, failed: Choice, error: DeviceError) -> Choice:
        """What redoes the rows of a choice whose device failed: native, or golden where that was it.

        Raises:
            DeviceError: nothing is left.
        """
        backend = failed.backend
        if backend.name == FALLBACK[-1]:
            raise error
        health.warn_of_failure(backend, self.operation, error)
        following = FALLBACK[FALLBACK.index(backend.name) + 1] if backend.name in FALLBACK else FALLBACK[0]
        choice = self.named(following)
        return Choice(choice.backend, choice.plan, (*failed.notes, f"{backend.name} failed: {error}"))


def _present(name: str) -> tuple[Backend, ...]:
    found = discovered(name)
    return () if isinstance(found, Unavailable) else found
