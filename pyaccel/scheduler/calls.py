# SPDX-License-Identifier: Apache-2.0
"""A batch that is checked and not run yet: what nodes of graphs are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pyaccel.backends.base import Inputs, Outputs
from pyaccel.operations import Operation
from pyaccel.rows import Rows


@dataclass(frozen=True)
class Call:
    """Everything that `execution.run` takes of a batch, but the memory of its outputs.

    Attributes:
        operation: what to compute.
        values: one for each of operation.parameters.
        inputs: as operation.shapes says; some may be Pending.
        shapes: of each output, shape and type, None where it is not wanted.
        n: rows.
        cuts: rows at which the batch is cut.
    """

    operation: Operation
    values: tuple[object, ...]
    inputs: Inputs
    shapes: dict[str, tuple[tuple[int, ...], np.dtype[Any]] | None]
    n: int
    cuts: tuple[int, ...]

    def outputs(self) -> dict[str, npt.NDArray[Any] | None]:
        """New arrays for the outputs."""
        return {name: None if shape is None else np.zeros(*shape) for name, shape in self.shapes.items()}


class Captured(Exception):  # noqa: N818 - the way out of a function that has checked its arguments, no error
    """Carries a call from `execution.run` past the rest of the function that made it."""

    def __init__(
        self,
        operation: Operation,
        values: tuple[object, ...],
        inputs: Inputs,
        outputs: Outputs,
        n: int,
        cuts: tuple[int, ...],
    ) -> None:
        super().__init__(operation.name)
        shapes = {name: None if array is None else (array.shape, array.dtype) for name, array in outputs.items()}
        self.call = Call(operation, values, inputs, shapes, n, cuts)


class _Name(str):
    """A name that no other text is identical with."""

    __slots__ = ()


CAPTURE: str = _Name("capture")
"""As `device=`: the function checks its arguments and raises Captured in place of computing. Compare by identity."""


class Pending(Rows):
    """Rows that another call computes: they have a number and a width, and no bytes yet."""

    __slots__ = ("index", "output")

    index: int
    output: str

    @classmethod
    def of(cls, index: int, output: str, call: Call) -> Pending:
        """The rows of an output of call number `index`; one row for all where it is a root."""
        shape = call.shapes[output]
        assert shape is not None
        (count, width), _ = shape
        one = output == "root"
        rows = cls._of(b"", None if one else count, width, 0 if one else width)
        assert isinstance(rows, Pending)
        rows.index, rows.output = index, output
        return rows
