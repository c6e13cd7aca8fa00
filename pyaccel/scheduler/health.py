# SPDX-License-Identifier: Apache-2.0
"""A backend proves itself before its first batch; a wrong answer or a hanging call ends its use, loudly."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from threading import Lock
from typing import Literal

from pyaccel import known_answers, logs
from pyaccel.backends.base import Backend, Declined, Parameters
from pyaccel.errors import DeviceError, PyaccelError
from pyaccel.operations import Operation
from pyaccel.scheduler import watchdog

TRIES = 3
"""How often a backend may fail (not answer wrongly) at known questions of one kind, before they are asked no more."""

Cause = Literal["known answer", "shadow check", "hang"]

_DOUBT = "what it answered before can't be taken back: compute again what matters"


def trusted(backend: Backend) -> bool:
    """Whether a backend is this package's own code, to which rows go when a device fails."""
    return backend.kind in ("native", "golden")


@dataclass(frozen=True)
class Quarantine:
    """Why a backend is not used any more.

    Attributes:
        reason: what was found.
        cause: by what: a wrong answer, known beforehand or to another backend, or none in time.
    """

    reason: str
    cause: Cause


Question = tuple[str, str, str]
"""Names of backend, operation and group of known answers."""

_proved: set[Question] = set()
_failed: dict[Question, list[str]] = {}
"""What went wrong each time that known questions could not be asked."""
_quarantined: dict[str, Quarantine] = {}
_warned: set[tuple[str, str]] = set()
_asking: dict[str, Lock] = {}
"""Held, by backend, while it is asked known questions."""

if hasattr(os, "register_at_fork"):  # a thread that is not in the child may have held one when the parent forked
    os.register_at_fork(after_in_child=_asking.clear)


def quarantined(backend: Backend) -> str | None:
    """Why this backend is not used any more, None where nothing speaks against it."""
    found = _quarantined.get(backend.name) if _quarantined else None
    return found.reason if found else None


def failed_known_answer(backend: Backend) -> bool:
    """Whether it was quarantined before any batch of an operation, for its answer to a known question."""
    found = _quarantined.get(backend.name)
    return found is not None and found.cause == "known answer"


def quarantine(backend: Backend, operation: Operation, reason: str, cause: Cause) -> None:
    """Ends the use of a backend in this process, and says so once: as a record of the log, an event and a warning."""
    made = Quarantine(reason, cause)
    if _quarantined.setdefault(backend.name, made) is not made:
        return
    message = f"pyaccel does not use {backend.name} any more: {reason}. Its batches are computed elsewhere"
    if cause == "shadow check":
        message += f"; {_DOUBT}"
    message += f". {release_of(backend.name)}"
    logs.event("device.quarantined", message, device=backend.name, operation=operation.name, reason=reason)
    warnings.warn(message, RuntimeWarning, stacklevel=3)


def release_of(name: str) -> str:
    """How a quarantine ends, for messages."""
    return f"To use it again: pyaccel.scheduler.release({name!r})"


def forget(name: str) -> bool:
    """Forgets all that is known of a backend, or of all of a kind: each must prove itself again.

    Returns:
        Whether any was quarantined.
    """

    def meant(backend: str) -> bool:
        return name in (backend, backend.partition(":")[0])

    was = [_quarantined.pop(backend, None) for backend in list(_quarantined) if meant(backend)]
    for question in [*_proved, *_failed]:
        if meant(question[0]):
            _proved.discard(question)
            _failed.pop(question, None)
    for warned in list(_warned):  # a copy, as other threads add to it
        if meant(warned[0]):
            _warned.discard(warned)
    return any(was)


def prove(backend: Backend, operation: Operation, parameters: Parameters) -> str | None:
    """Asks the known questions of this operation and class, once each; the answer is what went wrong, or None.

    A wrong answer, or none in time, quarantines the backend. One that fails is asked again, up to TRIES times. The
    native backend is what devices fall back to, and is proved by `pyaccel selftest` and its own tests.
    """
    if backend.name == "native":
        return None
    of = known_answers.group(operation, parameters)
    return proved(backend, operation, of, lambda: _ask(backend, operation, parameters))


def proved(backend: Backend, operation: Operation, of: str, ask: Callable[[], str | None]) -> str | None:
    """As `prove`, where others ask.

    Args:
        backend: the one that is asked.
        operation: what it is asked for.
        of: the group of known answers.
        ask: asks it, and returns what it answers wrongly, or None. Called under a limit of time, with no other question
            to the backend meanwhile.
    """
    question = (backend.name, operation.name, of)
    if question in _proved:
        return None
    with _asking.setdefault(backend.name, Lock()):
        if reason := quarantined(backend):
            return reason
        if question in _proved:
            return None
        failures = _failed.setdefault(question, [])
        if len(failures) >= TRIES:
            return failures[-1]
        try:
            seconds = inf if trusted(backend) else watchdog.limit(0, first=True)
            wrong = watchdog.within(backend.name, seconds, ask)
        except watchdog.HangError as error:
            quarantine(backend, operation, f"{operation.name}: {error}", "hang")
            return quarantined(backend)
        except Exception as error:  # noqa: BLE001 - a broken driver may raise anything
            what = str(error) if isinstance(error, PyaccelError) else f"{type(error).__name__}: {error}"
            failures.append(f"{backend.name} failed at a known question: {what}")
            warn_of_failure(backend, operation, error)
            return failures[-1]
        if wrong:
            quarantine(backend, operation, wrong, "known answer")
            return wrong
        _proved.add(question)
    return None


def _ask(backend: Backend, operation: Operation, parameters: Parameters) -> str | None:
    """What it answers wrongly.

    Raises:
        DeviceError: it declined every question, though it has a plan for these parameters.
    """
    answers = known_answers.of(operation, parameters)
    plans = [(answer, backend.prepare(operation, answer.parameters)) for answer in answers]
    asked = [(answer, plan) for answer, plan in plans if not isinstance(plan, Declined)]
    if answers and not asked:
        raise DeviceError(f"it declines every one: {next(p.reason for _, p in plans if isinstance(p, Declined))}")
    return next((wrong for answer, plan in asked if (wrong := answer.check(plan))), None)


def warn_of_failure(backend: Backend, operation: Operation, error: Exception) -> None:
    """Says once per backend and operation that its rows were redone elsewhere; a quarantine has been told already."""
    if quarantined(backend):
        return
    key = (backend.name, operation.name)
    message = f"{backend.name} failed at {operation.name}, the rows are computed elsewhere: {error}"
    logs.event(
        "device.failed",
        message,
        once=(*key, str(error)),
        device=backend.name,
        operation=operation.name,
        reason=str(error),
    )
    first = key not in _warned
    _warned.add(key)
    if first:
        warnings.warn(message, RuntimeWarning, stacklevel=2)
