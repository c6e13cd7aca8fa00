# SPDX-License-Identifier: Apache-2.0
"""Where ciphertexts on a device come from: enough, in the host's memory, to compute any of them again natively."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from functools import partial
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


MOST_STEPS = 64
"""Operations by which a ciphertext is computed again at most: what takes more is brought back, and kept."""


class Origin:
    """A batch that was brought to a device, or what it was computed from.

    It holds no memory of the device. Thread-safe: threads that need the same batch natively may both compute it.

    Attributes:
        count: ciphertexts.
        outline: an empty batch of the same level, size, scale and noise.
        recoverable: whether the batch can be had natively.
    """

    __slots__ = ("_again", "_behind", "_functions", "_held", "count", "outline", "recoverable")

    def __init__(self, count: int, outline: Ciphertexts, held: Ciphertexts | None) -> None:
        """Of a batch that was brought there. Args: held: it; None: it is kept nowhere else."""
        self.count = count
        self.outline = outline
        self.recoverable = held is not None
        self._held = held
        self._again: Again | None = None
        self._behind: frozenset[int] = frozenset()
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
            found._behind = _behind(function, list(several))
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
        """Operations by which a ciphertext of it is computed again, at most; of more than MOST_STEPS not all count."""
        return len(self.behind)

    @property
    def behind(self) -> frozenset[int]:
        """A number for each of these."""
        return frozenset() if self._held is not None else self._behind

    @property
    def functions(self) -> frozenset[str]:
        """Functions of the C ABI that computed it since it, or what it was computed from, was in the host's memory."""
        return frozenset() if self._held is not None else self._functions

    def hold(self, batch: Ciphertexts) -> None:
        """Keeps the batch itself, and forgets how it was computed."""
        self._held = batch
        self._again = None  # after the line above: `natively` reads them the other way round

    def natively(self, which: Which = None, known: dict[Any, Any] | None = None) -> Ciphertexts:
        """The batch, or rows of it, computed natively where it is not held.

        Args:
            which: rows.
            known: None: batches that are computed as a whole are held. Else none is, and what was computed meanwhile
                stands here, by origin and rows.

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
        if known is None and which is not None:
            known = {}
        key = (self, None if which is None else which.tobytes())
        made: Ciphertexts | None = None if known is None else known.get(key)
        if made is None:
            made = again(which, partial(_had, known))
            if known is not None:
                known[key] = made
            elif which is None:
                self.hold(made)
        return made


_numbers = itertools.count()


def _behind(function: str, operands: list[Origin]) -> frozenset[int]:
    """Numbers of the operations by which a ciphertext is computed again: those of its operands, and its own.

    A sum is as many as its operands take. Of batches that are joined a ciphertext is of one.
    """
    if function == "concatenate":
        before = max((operand.behind for operand in operands), key=len)
    else:
        before = frozenset[int]().union(*(operand.behind for operand in operands))
    own = (1 + len(before)) * max(operand.count for operand in operands) if function == "sum_batch" else 1
    return before.union(itertools.islice(_numbers, min(own, MOST_STEPS + 1)))


def _had(known: dict[Any, Any] | None, operand: Any, which: Which) -> Any:
    if isinstance(operand, Origin):
        return operand.natively(which, known)
    return operand if which is None else operand._taken(which.astype(np.uint64))


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


def _outline(operand: Any, _: Which) -> Any:
    """What an operand is to an outline."""
    if isinstance(operand, Origin):
        return operand.outline
    return operand.context.encode(np.zeros((0, 1)), level=operand.level, scale=operand.scale)
