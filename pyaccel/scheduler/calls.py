# SPDX-License-Identifier: Apache-2.0
"""A batch that is checked and not run yet: what graphs, whole calls of engines and calibration are made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from pyaccel.backends.base import Inputs, Outputs
from pyaccel.operations import Operation
from pyaccel.rows import Rows

if TYPE_CHECKING:
    from pyaccel.signature_cache import SignatureCache


class Call(NamedTuple):
    """Everything that `execution.run` takes of a batch.

    Attributes:
        operation: what to compute.
        values: one for each of operation.parameters.
        inputs: as operation.shapes says; some may be Pending.
        arrays: memory for the outputs, None of what is not wanted.
        n: rows.
        cuts: rows at which the batch is cut.
        once: whether it runs but once, so that the arrays may be its results.
        cache: of verify_many, what knows rows that are valid, or None.
    """

    operation: Operation
    values: tuple[object, ...]
    inputs: Inputs
    arrays: Outputs
    n: int
    cuts: tuple[int, ...]
    once: bool = False
    cache: SignatureCache | None = None

    def outputs(self) -> dict[str, Any]:
        """Arrays for the outputs of one run."""
        if self.once:
            return dict(self.arrays)
        return {name: None if array is None else np.zeros_like(array) for name, array in self.arrays.items()}


class Captured(Exception):  # noqa: N818 - the way out of a function that has checked its arguments, no error
    """Carries a call from `execution.run` past the rest of the function that made it."""

    def __init__(self, call: Call) -> None:
        super().__init__(call.operation.name)
        self.call = call


class _Name(str):
    """A name that no other text is identical with."""

    __slots__ = ()


CAPTURE: str = _Name("capture")
"""As `device=`: the function checks its arguments and raises Captured in place of computing. Compare by identity."""


def captured(function: Callable[..., object], *arguments: Any, **parameters: Any) -> Call:
    """What a call of a public function comes to, all arguments checked and nothing run; raises what it raises."""
    try:
        function(*arguments, device=CAPTURE, **parameters)
    except Captured as caught:
        return caught.call
    raise AssertionError("the function came back without running anything")


class Pending(Rows):
    """Rows that another call computes: they have a number and a width, and no bytes yet."""

    __slots__ = ("index", "output")

    index: int
    output: str

    @classmethod
    def of(cls, index: int, output: str, call: Call) -> Pending:
        """The rows of an output of call number `index`; one row for all where it is a root."""
        count, width = call.arrays[output].shape
        one = output == "root"
        rows = cls._of(b"", None if one else count, width, 0 if one else width)
        assert isinstance(rows, Pending)
        rows.index, rows.output = index, output
        return rows
