# SPDX-License-Identifier: Apache-2.0
"""The readable reference as a backend: slow, on every machine, and never chosen while another one works."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyaccel.backends.base import Backend, Capabilities, Declined, Inputs, Outputs, Parameters, Plan, Unavailable

if TYPE_CHECKING:
    from pyaccel.operations import Golden, Operation


def discover() -> tuple[Backend, ...] | Unavailable:
    """The one golden backend."""
    return (GoldenBackend(),)


class GoldenBackend:
    """Python integers."""

    name = "golden"
    kind = "golden"

    def probe(self) -> Capabilities | Unavailable:
        """It needs nothing but Python."""
        return Capabilities("Python", {"numbers": "Python integers"})

    def prepare(self, operation: Operation, parameters: Parameters) -> Plan | Declined:
        """A plan for every operation that has a reference."""
        try:
            function = operation.golden()
        except (ImportError, AttributeError) as error:
            return Declined(f"no reference of {operation.name}: {error}")
        return GoldenPlan(function, parameters)


class GoldenPlan:
    """One reference function under fixed parameters."""

    variant = "python"

    def __init__(self, function: Golden, parameters: Parameters) -> None:
        self._function = function
        self._parameters = parameters

    def run(self, inputs: Inputs, outputs: Outputs, n: int) -> None:
        """As Plan.run."""
        plain: dict[str, Any] = {name: getattr(value, "rows", value) for name, value in inputs.items()}
        self._function(self._parameters, plain, outputs, n)
