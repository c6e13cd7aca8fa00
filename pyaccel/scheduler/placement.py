# SPDX-License-Identifier: Apache-2.0
"""Which backend takes a batch: the one that is done first, among those that can do it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from time import monotonic

from pyaccel.backends.base import Backend, Declined, Plan, Unavailable
from pyaccel.errors import DeviceError, SelfTestError, UnsupportedError
from pyaccel.merkle_forms import FORMS
from pyaccel.operations import Operation
from pyaccel.scheduler import costs, curve_store, division, drift, guard, health, subtrees
from pyaccel.scheduler.curves import Curve, until
from pyaccel.scheduler.division import Share
from pyaccel.scheduler.registry import backends_of, discovered, kinds, looked_for, probed, resource

FALLBACK = ("native", "golden")
"""Where rows go when the device that was asked for declines or fails."""

MARGIN = 1.1
"""How many times as long as the best a backend may take that was chosen before, and still is."""

CONTENDERS = 32.0
"""How many times as long as the best a backend may take for batches to be measured, or shared with it."""

STALE_SECONDS = 30.0
"""After which an earlier choice binds nobody, and a kept one is looked at anew."""

_DECIDED = 256
"""Choices kept by size of batch."""


@dataclass(frozen=True)
class Candidate:
    """A backend that may take the batch, or a kind that nobody looked for yet (backend None)."""

    name: str
    backend: Backend | None
    curve: Curve


@dataclass(frozen=True)
class Choice:
    """A plan that takes the batch, and why others that came first do not.

    Attributes:
        backend: whose plan it is.
        plan: what runs.
        notes: why others that came first do not, a line each.
        predicted: seconds that its curve says, uncorrected, where it was chosen among several; else 0.
        shares: how the batch is divided, where several run it together; the first is this backend's.
    """

    backend: Backend
    plan: Plan
    notes: tuple[str, ...]
    predicted: float = 0.0
    shares: tuple[Share, ...] = ()

    def quarantined(self) -> bool:
        """Whether any device that it would run on is not used any more."""
        if not self.shares:
            return health.quarantined(self.backend) is not None
        return any(health.quarantined(share.backend) for share in self.shares)


class Placement:
    """An operation under fixed parameters, and what each backend makes of it. Thread-safe.

    Args:
        operation: the operation.
        values: one hashable value for each of operation.parameters.
        prepared: whether its keys are PreparedKeys, which cost less on some backends.

    Attributes:
        group: algorithm, form, scheme or rule.
        of: what its costs are known by: the group, or a part of it (`costs.class_of`).
        native: the native choice, taken without comparison up to `inline_until` rows; None where there is none.
    """

    def __init__(self, operation: Operation, values: tuple[object, ...], *, prepared: bool = False) -> None:
        self.operation = operation
        self.parameters = dict(zip(operation.parameters, values, strict=True))
        self.group = str(values[0])
        self.of = costs.class_of(operation, self.parameters, prepared=prepared)
        self._plans: dict[str, Plan] = {}
        self._refused: dict[str, str] = {}
        self._named: dict[str, Choice] = {}
        self._decided: dict[tuple[int, int, str], tuple[Choice, int, float]] = {}
        self._before: dict[tuple[int, str], tuple[str, float]] = {}
        self.native: Choice | None = None
        self.inline_until = -1
        self._find_inline()

    def _find_inline(self) -> None:
        """Finds up to which n native wins whatever the bytes, so that small batches need no comparison."""
        candidates = list(self.candidates())
        native = next((c for c in candidates if c.name == "native"), None)
        if native is None or native.backend is None:
            return
        plan = self.prepared(native.backend)
        if isinstance(plan, str):
            return
        self.inline_until = min(until(native.curve, other.curve, self.operation) for other in candidates)
        self.native = Choice(native.backend, plan, ())

    def candidates(self, devices: str = "") -> Iterator[Candidate]:
        """All backends with a curve that nothing is known against, native first.

        Args:
            devices: names with commas between them, for these alone; they are looked for.
        """
        if devices:
            for backend in backends_of(devices):
                curve = self.curve(backend)
                if curve is not None and not self.refusal(backend):
                    yield Candidate(backend.name, backend, curve)
            return
        for kind in dict.fromkeys([*kinds(), *curve_store.kinds()]):
            if kind not in ("native", "golden") and not looked_for(kind):
                curve = costs.before_start(self.operation, self.of, kind)
                if curve is not None:
                    yield Candidate(kind, None, curve)
                continue
            for backend in _present(kind):
                curve = self.curve(backend)
                if curve is not None and not self.refusal(backend):
                    yield Candidate(backend.name, backend, curve)

    def curve(self, backend: Backend) -> Curve | None:
        """The cost curve of this operation and class on a backend, None where nothing is known of it."""
        return costs.curve(self.operation, self.of, backend)

    def corrected(self, name: str, n: int) -> float:
        """What batches of about n rows took here lately, as a multiple of what the curve of a backend says."""
        return drift.corrections.factor((self.operation.name, self.of, name, drift.size_range(n)))

    def note(self, choice: Choice, n: int, seconds: float) -> None:
        """Corrects the curve of a choice by what its batch of n rows took."""
        key = (self.operation.name, self.of, choice.backend.name, drift.size_range(n))
        drift.corrections.note(key, choice.predicted, seconds)

    def refusal(self, backend: Backend) -> str | None:
        """Why this backend does not take the batch, None where nothing is known against it."""
        return health.quarantined(backend) or self._refused.get(backend.name)

    def prepared(self, backend: Backend) -> Plan | str:
        """The backend's plan, proved and under guard, or why there is none."""
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
                backend, made, self.operation, lambda: self.curve(backend), self._native
            )
        return plan

    def _native(self) -> Plan | None:
        """The plan that devices are held against."""
        plans = (self.prepared(backend) for backend in _present("native"))
        return next((plan for plan in plans if not isinstance(plan, str)), None)

    def cheapest(self, n: int, nbytes: int, devices: str = "") -> Choice:
        """The backend that the curves say is done first; kinds are looked for, and plans made, as they win.

        A choice is kept for batches of the same size until corrections move or it is stale.

        Args:
            n: rows.
            nbytes: bytes of all rows together.
            devices: names with commas between them, where it is to be one or several of these.

        Raises:
            DeviceUnavailableError: one of devices is not here.
            UnsupportedError: no backend takes the operation under these parameters.
        """
        kept = self._decided.get((n, nbytes, devices))
        generation, now = drift.corrections.generation, monotonic()
        if kept is not None and kept[1] == generation and now < kept[2] and not kept[0].quarantined():
            return kept[0]
        choice = self._decide(n, nbytes, devices, now)
        if len(self._decided) >= _DECIDED:
            self._decided.clear()
        self._decided[n, nbytes, devices] = (choice, generation, now + STALE_SECONDS)
        return choice

    def _decide(self, n: int, nbytes: int, devices: str, now: float) -> Choice:
        failed: set[str] = set()  # at known questions: they may be asked again for the next batch
        while True:
            candidates = [candidate for candidate in self.candidates(devices) if candidate.name not in failed]
            if not candidates and devices:
                return self.named(devices)
            if not candidates:
                reasons = "; ".join(self._refused.values()) or "no backend is available"
                raise UnsupportedError(f"{self.operation.name}: {reasons}")
            seconds = {c.name: c.curve.cost(self.operation, n, nbytes) * self.corrected(c.name, n) for c in candidates}
            best = min(candidates, key=lambda c: seconds[c.name])
            if best.backend is None:
                discovered(best.name)
                self._find_inline()
                continue
            best = self._steady(best, candidates, seconds, (n.bit_length(), devices), now)
            assert best.backend is not None
            plan = self.prepared(best.backend)
            if isinstance(plan, str):
                failed.add(best.name)
                continue
            self._before[n.bit_length(), devices] = (best.name, now)
            limit = seconds[best.name] * CONTENDERS
            contested = sum(one <= limit for one in seconds.values()) > 1
            predicted = best.curve.cost(self.operation, n, nbytes) if contested else 0.0
            divided: tuple[Share, ...] = ()
            if contested or devices:
                divided = self._divided(candidates, best, seconds, n, nbytes, listed=bool(devices))
            return Choice(best.backend, plan, (), predicted, divided)

    def _steady(
        self,
        best: Candidate,
        candidates: list[Candidate],
        seconds: dict[str, float],
        about: tuple[int, str],
        now: float,
    ) -> Candidate:
        """The one chosen before for about as many rows, while it is near the best: choices don't flap."""
        name, at = self._before.get(about, ("", 0.0))
        if now - at >= STALE_SECONDS or seconds.get(name, float("inf")) > MARGIN * seconds[best.name]:
            return best
        return next((c for c in candidates if c.name == name and c.backend is not None), best)

    @cached_property
    def subtree(self) -> Placement:
        """That of a part of a tree: leaves stay in their order, nothing is padded or mixed in."""
        form = str(self.parameters["form"])
        if FORMS[form].odd == "heap":
            values = self.operation.resolve(
                form="openzeppelin-simple", algorithm=self.parameters["algorithm"], sort_leaves=False
            )
        else:
            values = self.operation.resolve(form=form, algorithm=self.parameters["algorithm"])
        mine = tuple(self.parameters.values())
        return self if values == mine else Placement(self.operation, values)

    def _divided(
        self,
        candidates: list[Candidate],
        best: Candidate,
        seconds: dict[str, float],
        n: int,
        nbytes: int,
        *,
        listed: bool,
    ) -> tuple[Share, ...]:
        """How the batch is divided, the best's share first; nothing where it is better alone.

        Trees are divided over all devices that somebody listed, whatever that gains and whichever silicon they share.
        """
        tree = self.operation.split == "power_of_two_subtrees"
        listed = listed and tree
        heap = tree and FORMS[self.group].odd == "heap"
        if heap and not listed:  # its leaves are sorted as a whole first, at a cost of its own
            return ()
        if self.operation.split == "none" or (seconds[best.name] < division.LEAST_SECONDS and not listed):
            return ()
        of_silicon: dict[str, Candidate] = {}
        for one in sorted(candidates, key=lambda c: (c is not best, seconds[c.name])):
            if one.backend is not None and (listed or seconds[one.name] <= CONTENDERS * seconds[best.name]):
                of_silicon.setdefault(one.name if listed else resource(one.backend), one)
        some = list(of_silicon.values())
        while len(some) > 1:
            offers = [division.Offer(one.curve, self.corrected(one.name, n // len(some))) for one in some]
            shares: list[Share] = []
            for one, count in zip(some, self._rows(offers, n, nbytes, always=listed), strict=False):
                if count == 0:
                    continue
                assert one.backend is not None
                plan = (self.subtree if tree else self).prepared(one.backend)
                if isinstance(plan, str):  # it declines: the others take its rows
                    some.remove(one)
                    break
                if tree and not heap:
                    first = sum(share.rows for share in shares)
                    offer = division.Offer(one.curve)
                    predicted = subtrees.seconds(self.operation, offer, first, first + count, n, nbytes)
                else:
                    predicted = one.curve.cost(self.operation, count, nbytes * count // n)
                shares.append(Share(one.backend, plan, count, predicted))
            else:
                return tuple(shares)
        return ()

    def _rows(self, offers: list[division.Offer], n: int, nbytes: int, *, always: bool) -> list[int]:
        """Rows for each of some devices, as `division.divide`; always: trees are divided whatever that gains."""
        if self.operation.split == "rows":
            return division.divide(self.operation, offers, n, nbytes)
        if FORMS[self.group].odd == "heap":
            return subtrees.divide_heap(self.operation, offers, n, nbytes)
        return subtrees.divide(self.operation, offers, n, nbytes, always=always)

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
            plan = self.prepared(backend)
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
