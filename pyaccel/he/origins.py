# SPDX-License-Identifier: Apache-2.0
"""Where ciphertexts on a device come from: enough, in the host's memory, to compute any of them again natively."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pyaccel.errors import DeviceError
from pyaccel.he.plaintexts import Plaintexts

if TYPE_CHECKING:
    from pyaccel.he.ciphertexts import Ciphertexts

Which = npt.NDArray[np.int64] | None
"""Rows of a batch, in rising order, each once; None: all."""

Had = Callable[[Any, Which], Any]
"""What an Origin or Plaintexts are natively, those rows of them."""

Again = Callable[[Which, Had], "Ciphertexts"]
"""Computes rows of a batch natively, from its operands."""


class Origin:
    """A batch that was brought to a device, or what it was computed from.

    It holds no memory of the device. Thread-safe: threads that need the same batch natively may both compute it.

    Attributes:
        count: ciphertexts.
        outline: an empty batch of the same level, size, scale and noise.
        recoverable: whether the batch can be had natively.
    """

    __slots__ = ("_again", "_functions", "_held", "_steps", "count", "outline", "recoverable")

    def __init__(self, count: int, outline: Ciphertexts, held: Ciphertexts | None) -> None:
        """Of a batch that was brought there. Args: held: it; None: it is kept nowhere else."""
        self.count = count
        self.outline = outline
        self.recoverable = held is not None
        self._held = held
        self._again: Again | None = None
        self._steps = 0
        self._functions: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls, function: str, count: int, operands: Iterable[Origin], again: Again, outline: Ciphertexts | None = None
    ) -> Origin:
        """Of a batch that was computed there.

        Args:
            function: by which function of the C ABI.
            count: ciphertexts.
            operands: batches that it was computed from.
            again: computes it natively.
            outline: None: what `again` makes of the outlines of the operands.

        Raises:
            ValueError, PyaccelError: what the native library says of such operands.
        """
        found = cls(count, again(None, _outline) if outline is None else outline, None)
        several = dict.fromkeys(operands)
        found.recoverable = all(operand.recoverable for operand in several)
        if found.recoverable:
            found._again = again
            found._steps = 1 + sum(operand.steps for operand in several)
            if function == "sum_batch":
                found._steps *= max(1, *(operand.count for operand in several))
        found._functions = frozenset({function}).union(*(operand.functions for operand in several))
        return found

    def __len__(self) -> int:
        """Ciphertexts."""
        return self.count

    @property
    def held(self) -> Ciphertexts | None:
        """The batch, where it is in the host's memory."""
        return self._held

    @property
    def steps(self) -> int:
        """Operations by which a ciphertext of it is computed again, at most."""
        return 0 if self._held is not None else self._steps

    @property
    def functions(self) -> frozenset[str]:
        """Functions of the C ABI that computed it since it, or what it was computed from, was in the host's memory."""
        return frozenset() if self._held is not None else self._functions

    def hold(self, batch: Ciphertexts) -> None:
        """Keeps the batch itself, and forgets how it was computed."""
        self._held = batch
        self._again = None  # after the line above: `natively` reads them the other way round

    def natively(self, which: Which = None, known: dict[Any, Any] | None = None) -> Ciphertexts:
        """The batch, or rows of it, computed natively where it is not held; all of it is held then.

        Args:
            which: rows.
            known: what was computed meanwhile, by origin and rows.

        Raises:
            DeviceError: it can't be had.
        """
        again, held = self._again, self._held
        if self.count == 0 or (which is not None and not which.size):
            return self.outline
        if which is not None and len(which) == self.count:
            which = None
        if held is not None:
            return held if which is None else held._taken(which.astype(np.uint64), held.shape)
        if again is None:
            raise DeviceError("these ciphertexts were on the device alone, by to(..., recoverable=False), and are gone")
        known = {} if known is None else known
        key = (self, None if which is None else which.tobytes())
        if key not in known:

            def had(operand: Any, rows: Which) -> Any:
                return operand.natively(rows, known) if isinstance(operand, Origin) else _rows_of(operand, rows)

            known[key] = again(which, had)
            if which is None:
                self.hold(known[key])
        return known[key]  # type: ignore[no-any-return]


def row_by_row(count: int, operands: Iterable[Any], function: Callable[..., Ciphertexts]) -> Again:
    """Of a function whose row i follows from row i of each batch, or from the one row of it; other operands pass."""
    held = list(operands)

    def again(which: Which, had: Had) -> Ciphertexts:
        batches = (
            had(operand, which if len(operand) == count else None)
            if isinstance(operand, (Origin, Plaintexts))
            else operand
            for operand in held
        )
        return function(*batches)

    return again


def _rows_of(plaintexts: Plaintexts, which: Which) -> Plaintexts:
    return plaintexts if which is None else plaintexts._taken(which.astype(np.uint64))


def _outline(operand: Any, _: Which) -> Any:
    """What an operand is to an outline."""
    if isinstance(operand, Origin):
        return operand.outline
    return operand.context.encode(np.zeros((0, 1)), level=operand.level, scale=operand.scale)
