# SPDX-License-Identifier: Apache-2.0
"""Batches of plaintexts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Never, Self

import numpy as np
import numpy.typing as npt

from pyaccel.he import saving
from pyaccel.he.native import ffi, indices, lib, make

if TYPE_CHECKING:
    from pyaccel.he.context import Context


@dataclass(frozen=True)
class Shape:
    """What the numbers of a batch looked like to the caller.

    Attributes:
        width: numbers of a row that were encoded; None: any slot may hold something.
        real: whether they are real (CKKS).
        single: whether one row was encoded, not an array of rows.
        coefficients: whether they are coefficients, not slots (BFV, BGV).
        clean: whether slots from width on hold 0.
        period: slots after which the numbers come again, all round them; 0: they do not.
    """

    width: int | None
    real: bool = True
    single: bool = False
    coefficients: bool = False
    clean: bool = True
    period: int = 0

    def combined(self, other: Shape) -> Shape:
        """Of the sum or the product of both, slot by slot."""
        if self == other:
            return self
        width = None if self.width is None or other.width is None else max(self.width, other.width)
        return Shape(
            width,
            real=self.real and other.real,
            single=self.single and other.single,
            coefficients=self.coefficients or other.coefficients,
            clean=self.clean and other.clean,
            period=self.period if self.period == other.period else 0,
        )

    def moved(self) -> Shape:
        """Of numbers that were moved to other slots."""
        return Shape(None, real=self.real, single=self.single, coefficients=self.coefficients, clean=False)


@dataclass(frozen=True, eq=False)
class Plaintexts:
    """A batch of encoded numbers.

    Attributes:
        context: that they are encoded for.
        native: the C handle.
        shape: of the numbers.
    """

    context: Context
    native: Any
    shape: Shape

    def _info(self) -> Any:
        info = ffi.new("pyaccel_he_ciphertexts_info *")
        lib.pyaccel_he_plaintexts_get(info, self.native)
        return info

    def __len__(self) -> int:
        """How many plaintexts."""
        return int(self._info().count)

    @property
    def level(self) -> int:
        """CKKS: the level that they are encoded at."""
        return int(self._info().level)

    @property
    def scale(self) -> float:
        """CKKS: what the numbers are multiplied by."""
        return float(self._info().scale)

    def save(self) -> bytes:
        """As bytes, for `Plaintexts.load`."""
        return bytes(saving.save("plaintexts", self.native))

    @classmethod
    def load(cls, context: Context, data: Any, *, width: int | None = None, real: bool = False) -> Self:
        """The plaintexts that were saved.

        Args:
            context: that they are of.
            data: their bytes.
            width: numbers of a row that decode gives; None: all slots.
            real: CKKS: whether it gives real parts alone.

        Raises:
            TypeError, ValueError: no such bytes; says what is wrong, and where.
        """
        return cls(context, saving.load("plaintexts", data, context), Shape(width, real=real, clean=False))

    def _taken(self, positions: npt.NDArray[np.uint64]) -> Plaintexts:
        return replace(self, native=make("plaintexts", "plaintexts_take", self.native, *indices(positions)))

    def __copy__(self) -> Plaintexts:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Plaintexts:
        return self

    def __reduce__(self) -> Never:
        raise TypeError(saving.not_pickled("Plaintexts", self.context))

    def __repr__(self) -> str:
        return f"Plaintexts({len(self)} of {self.context!r})"
