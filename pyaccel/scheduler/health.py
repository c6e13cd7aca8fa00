# SPDX-License-Identifier: Apache-2.0
"""A backend proves itself before its first batch; a wrong answer ends its use, loudly."""

from __future__ import annotations

import os
import warnings
from threading import Lock

from pyaccel import known_answers
from pyaccel.backends.base import Backend, Declined, Parameters
from pyaccel.operations import Operation

_proved: set[tuple[str, str, object]] = set()
_quarantined: dict[str, str] = {}
_warned: set[tuple[str, str]] = set()
_lock = Lock()


def _renew_lock() -> None:
    """A thread that is not in the child may have held it when the parent forked."""
    global _lock  # noqa: PLW0603
    _lock = Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_lock)


def quarantined(backend: Backend) -> str | None:
    """Why this backend is not used any more, None where nothing speaks against it."""
    return _quarantined.get(backend.name)


def prove(backend: Backend, operation: Operation, parameters: Parameters) -> str | None:
    """Asks the known questions of this operation and class, once each; the answer is what went wrong, or None.

    The native backend is what devices fall back to, and is proved by `pyaccel selftest` and its own tests.
    """
    if backend.name == "native":
        return None
    with _lock:
        group = known_answers.group(operation, parameters)
        if (backend.name, operation.name, group) in _proved:
            return None
        for answer in known_answers.of(operation, parameters):
            plan = backend.prepare(operation, answer.parameters)
            if isinstance(plan, Declined):
                continue
            wrong = answer.check(plan)
            if wrong:
                _quarantined[backend.name] = wrong
                warnings.warn(f"pyaccel does not use {backend.name} any more: {wrong}", RuntimeWarning, stacklevel=2)
                return wrong
        _proved.add((backend.name, operation.name, group))
    return None


def warn_of_failure(backend: Backend, operation: Operation, error: Exception) -> None:
    """Says once per backend and operation that its rows were redone elsewhere."""
    key = (backend.name, operation.name)
    with _lock:
        first = key not in _warned
        _warned.add(key)
    if first:
        message = f"{backend.name} failed at {operation.name}, the rows are computed elsewhere: {error}"
        warnings.warn(message, RuntimeWarning, stacklevel=2)
