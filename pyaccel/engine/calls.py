# SPDX-License-Identifier: Apache-2.0
"""Calls of many rows, or of a tree, which are batches of their own: checked when they are submitted, run later."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from pyaccel import hashing, merkle, recovery, signatures
from pyaccel.poseidon2 import ELEMENTS
from pyaccel.rows import Rows
from pyaccel.scheduler.calls import Call, captured
from pyaccel.scheduler.execution import run

Function = Callable[..., object]
Outputs = Mapping[str, Any]


def _hashed(outputs: Outputs) -> Any:
    return outputs["digests"]


def _verified(outputs: Outputs) -> Any:
    verdicts, codes = outputs["verdicts"].view(np.bool_), outputs.get("reasons")
    return verdicts if codes is None else (verdicts, codes)


def _recovered(outputs: Outputs) -> Any:
    return outputs["keys"], outputs["verdicts"].view(np.bool_)


def _root(outputs: Outputs) -> bytes:
    root: bytes = outputs["root"].tobytes()
    return root


def _root_checked(outputs: Outputs) -> tuple[bytes, bool]:
    return _root(outputs), bool(outputs["mutated"][0])


def _proofs(outputs: Outputs) -> tuple[bytes, Rows]:
    offsets = outputs["offsets"]
    return _root(outputs), Rows(outputs["proofs"][: int(offsets[-1])], offsets=offsets)


def _verdict(outputs: Outputs) -> bool:
    return bool(outputs["verdicts"][0])


CALLS: dict[str, tuple[Function, Callable[[Outputs], Any]]] = {
    "hash_many": (hashing.hash_many, _hashed),
    "verify_many": (signatures.verify_many, _verified),
    "recover_many": (recovery.recover_many, _recovered),
    "merkle.root": (merkle.root, _root),
    "merkle.root_checked": (merkle.root_checked, _root_checked),
    "merkle.proofs": (merkle.proofs, _proofs),
    "merkle.verify_many": (merkle.verify_many, _verified),
    "merkle.verify_consistency": (merkle.verify_consistency, _verdict),
    "merkle.verify_multiproof": (merkle.verify_multiproof, _verdict),
}
"""By operation: the public function, and what it returns, made of the outputs."""


def checked(operation: str, *arguments: Any, **parameters: Any) -> Call:
    """What a call comes to, with all arguments checked and nothing run; raises what the function raises."""
    function, _ = CALLS[operation]
    if "device" in parameters:
        raise TypeError("device: it is the engine's, Engine(device=...); a call has none")
    call = captured(function, *arguments, **parameters)
    elements = ELEMENTS.get(str(call.values[0]))
    if elements is not None:
        # Otherwise the device says it, of the whole batch.
        elements.require_canonical(call.inputs["messages"], call.n)
    return call


class WholeCall:
    """A call that was checked and holds what it needs, safe from changes. Raises what the function raises.

    Args:
        name: one of CALLS.
        arguments: of the function.
        parameters: likewise, by name.

    Attributes:
        call: what it comes to.
    """

    passing = True

    def __init__(self, name: str, arguments: tuple[Any, ...], parameters: Mapping[str, Any]) -> None:
        call = checked(name, *arguments, **parameters)
        self.call = call._replace(inputs={name: _own(value) for name, value in call.inputs.items()})
        self._result = CALLS[name][1]
        self._out = parameters.get("out")
        self._progress = parameters.get("progress")

    @property
    def operation(self) -> str:
        """As Kind.operation."""
        return self.call.operation.name

    @property
    def of(self) -> str:
        """As Kind.of."""
        return str(self.call.values[0])

    def run(self, columns: Sequence[Sequence[Any]], device: str) -> Sequence[Any]:  # noqa: ARG002 - there are none
        """As Kind.run, of the one future."""
        call, outputs = self.call, self.call.outputs()
        if self._out is not None:
            outputs["digests"] = self._out
        how: dict[str, Any] = {"device": device, "progress": self._progress, "cuts": call.cuts, "cache": call.cache}
        run(call.operation, call.values, call.inputs, outputs, call.n, **how)
        return (self._result(outputs),)


def _own(value: Any) -> Any:
    """An input that nobody else can write: bytes as they are, a copy of an array."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if not isinstance(value, Rows) or len(value.pieces) > 1:
        return value
    if not isinstance(value.buffer, bytes):
        return value.copy()
    if value.offsets is not None:  # the caller's own, perhaps
        return Rows._of(value.buffer, value.count, 0, 0, value.offsets.copy())
    return value
