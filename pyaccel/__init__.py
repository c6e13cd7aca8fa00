# SPDX-License-Identifier: Apache-2.0
"""Hashing, Merkle trees, signature verification and homomorphic encryption in batches, on whatever silicon there is."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyaccel import errors as errors
    from pyaccel import hashing as hashing
    from pyaccel import he as he
    from pyaccel import merkle as merkle
    from pyaccel import metrics as metrics
    from pyaccel import scheduler as scheduler
    from pyaccel.calibration import calibrate as calibrate
    from pyaccel.engine import Engine as Engine
    from pyaccel.errors import OverloadedError as OverloadedError
    from pyaccel.graph import Graph as Graph
    from pyaccel.hashing import algorithms as algorithms
    from pyaccel.hashing import hash_many as hash_many
    from pyaccel.machine import info as info
    from pyaccel.merkle_forms import forms as forms
    from pyaccel.prepared_keys import PreparedKeys as PreparedKeys
    from pyaccel.recovery import recover_many as recover_many
    from pyaccel.recovery import recovery_rules as recovery_rules
    from pyaccel.rows import Rows as Rows
    from pyaccel.scheduler import device as device
    from pyaccel.scheduler import devices as devices
    from pyaccel.scheduler import explain as explain
    from pyaccel.scheduler import shadow as shadow
    from pyaccel.scheduler.tracing import trace as trace
    from pyaccel.self_test import selftest as selftest
    from pyaccel.signature_cache import SignatureCache as SignatureCache
    from pyaccel.signatures import reasons as reasons
    from pyaccel.signatures import rules as rules
    from pyaccel.signatures import schemes as schemes
    from pyaccel.signatures import verify as verify
    from pyaccel.signatures import verify_many as verify_many

_MODULE_OF = {
    "Engine": "engine",
    "Graph": "graph",
    "OverloadedError": "errors",
    "PreparedKeys": "prepared_keys",
    "Rows": "rows",
    "SignatureCache": "signature_cache",
    "algorithms": "hashing",
    "calibrate": "calibration",
    "device": "scheduler",
    "devices": "scheduler",
    "explain": "scheduler",
    "forms": "merkle_forms",
    "hash_many": "hashing",
    "info": "machine",
    "reasons": "signatures",
    "recover_many": "recovery",
    "recovery_rules": "recovery",
    "rules": "signatures",
    "schemes": "signatures",
    "selftest": "self_test",
    "shadow": "scheduler",
    "trace": "scheduler.tracing",
    "verify": "signatures",
    "verify_many": "signatures",
}
_SUBMODULES = ("errors", "hashing", "he", "merkle", "metrics", "scheduler")


def __getattr__(name: str) -> Any:
    """Public names are imported at first use, so that `import pyaccel` costs next to nothing."""
    if name in _MODULE_OF:
        value = getattr(import_module(f"pyaccel.{_MODULE_OF[name]}"), name)
        globals()[name] = value
        return value
    if name == "__version__":
        from importlib.metadata import version

        return version("pyaccel")
    if name in _SUBMODULES:
        return import_module(f"pyaccel.{name}")
    raise AttributeError(f"module 'pyaccel' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*(name for name in globals() if name.startswith("__")), *_MODULE_OF, *_SUBMODULES})
