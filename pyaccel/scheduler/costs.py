# SPDX-License-Identifier: Apache-2.0
"""What a batch costs on a backend, as far as anyone knows: measured here, else told by the backend, else shipped."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import accumulate

from pyaccel.backends import native
from pyaccel.backends.base import Backend, Parameters
from pyaccel.operations import Operation
from pyaccel.scheduler import curve_store, default_curves
from pyaccel.scheduler.curves import POINTS, Curve

EXACT_RULES = ("rfc8032", "openssl", "dalek-strict", "libsodium")
"""Of ed25519: rows one by one, where zip215 takes many in one equation on native."""

PREPARED, EXACT = "/prepared", "/exact"
"""What a class is that costs otherwise than its scheme: keys with tables, rules without sums."""

_OF_NATIVE = {
    PREPARED: (1.0, 0.3),
    f"ed25519{PREPARED}": (0.5, 0.65),
    f"secp256k1-ecdsa{PREPARED}": (1.0, 0.42),
    f"bip340{PREPARED}": (0.9, 0.9),
    EXACT: (1.0, 2.2),
}
"""Native seconds of such a class to those of its scheme, for fewer rows than FEW and for more, on a Zen 4 core."""

FEW = 64


def class_of(operation: Operation, parameters: Parameters, *, prepared: bool = False) -> str:
    """What the costs of an operation under some parameters are known by: algorithm, form, scheme or rule, or a part."""
    group = str(parameters[operation.parameters[0]])
    if prepared:
        return group + PREPARED
    return group + EXACT if group == "ed25519" and parameters.get("rule") in EXACT_RULES else group


def curve(operation: Operation, of: str, backend: Backend) -> Curve | None:
    """The curve of an operation and class on a backend; None: nothing is known, and it is used by name alone.

    Of a class that nobody measured it is its scheme's, changed as on the machines that shipped curves are of.
    """
    found = _known(operation, of, backend)
    if found is None or backend.name != "native" or operation.name not in ("verify_many", "recover_many"):
        return found
    return _in_lanes(found, "recovery" if operation.name == "recover_many" else of.partition("/")[0])


@cache
def _in_lanes(curve: Curve, serves: str) -> Curve:
    return replace(curve, lanes=native.lanes(serves))


def _known(operation: Operation, of: str, backend: Backend) -> Curve | None:
    found = curve_store.measured(operation.name, of, backend)
    if found is not None:
        return found
    whole, slash, part = of.partition("/")
    if slash:
        found = _known(operation, whole, backend)
        if found is None or backend.kind != "native":
            return found
        return _scaled(found, *_OF_NATIVE.get(of, _OF_NATIVE[slash + part]))
    own = getattr(backend, "curve", None)
    if own is not None:
        told: Curve | None = own(operation, of)
        return told
    return default_curves.curve(operation, of, backend.kind)


def before_start(operation: Operation, of: str, kind: str) -> Curve | None:
    """What the best of a kind may cost that nobody has looked for yet, and starting it."""
    whole = of.partition("/")[0]
    for one in dict.fromkeys((of, whole)):
        found = curve_store.best_of_kind(operation.name, one, kind)
        if found is not None:
            return found.curve(started=False)
    return default_curves.before_start(operation, whole, kind)


def _scaled(curve: Curve, few: float, many: float) -> Curve:
    """The curve times a factor for few rows, and times another for many; never decreasing."""
    seconds = [value * (few if point < FEW else many) for point, value in zip(POINTS, curve.seconds, strict=True)]
    return replace(curve, seconds=tuple(accumulate(seconds, max)))
