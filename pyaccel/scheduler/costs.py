# SPDX-License-Identifier: Apache-2.0
"""What a batch costs on a backend, as far as anyone knows: measured here, else told by the backend, else shipped."""

from __future__ import annotations

from pyaccel.backends.base import Backend
from pyaccel.operations import Operation
from pyaccel.scheduler import curve_store, default_curves
from pyaccel.scheduler.curves import Curve


def curve(operation: Operation, of: str, backend: Backend) -> Curve | None:
    """The curve of an operation and class on a backend; None: nothing is known, and it is used by name alone."""
    found = curve_store.measured(operation.name, of, backend)
    if found is not None:
        return found
    own = getattr(backend, "curve", None)
    if own is not None:
        told: Curve | None = own(operation, of)
        return told
    return default_curves.curve(operation, of, backend.kind)


def before_start(operation: Operation, of: str, kind: str) -> Curve | None:
    """What the best of a kind may cost that nobody has looked for yet, and starting it."""
    found = curve_store.best_of_kind(operation.name, of, kind)
    return found.curve(started=False) if found is not None else default_curves.before_start(operation, of, kind)
