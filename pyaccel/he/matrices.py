# SPDX-License-Identifier: Apache-2.0
"""Plain matrices times encrypted vectors, and polynomials of ciphertexts."""

from __future__ import annotations

from dataclasses import replace
from math import log2
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pyaccel.he.ciphertexts import Ciphertexts, exhausted, has_room, need_room
from pyaccel.he.encoding import need_slots
from pyaccel.he.native import came, ffi, lib, make, of_type, options, out, owned, raise_status
from pyaccel.he.plaintexts import Shape
from pyaccel.he.rotations import rotation_of
from pyaccel.numbers import whole_number

if TYPE_CHECKING:
    from pyaccel.he.context import Context
    from pyaccel.he.keys import EvaluationKeys

MOST_COEFFICIENTS = 1024


def rotations_of(context: Context, rows: int, columns: int) -> list[int]:
    """The rotations that a product with a plain matrix of that shape takes keys for.

    Raises:
        TypeError, ValueError: a shape that slots do not hold.
    """
    need_slots(context)
    rows = whole_number("rows", rows, 1, context.row)
    columns = whole_number("columns", columns, 1, context.row)
    count = ffi.new("uint64_t *")
    status = lib.pyaccel_he_matrix_steps(ffi.NULL, count, context.native, rows, columns)
    steps = ffi.new("int64_t[]", int(count[0]) + 1)
    status = status or lib.pyaccel_he_matrix_steps(steps, count, context.native, rows, columns)
    if status:
        raise_status("he.rotations_of", status)
    return [int(steps[i]) for i in range(count[0])]


class Matrix:
    """A plain matrix, encoded once for many products `matrix @ ciphertexts`.

    Args:
        context: that it is encoded for.
        values: an array (rows, columns), up to N / 2 each, of integers (BFV, BGV) or real numbers.
        level: CKKS: of the vectors; None: the highest. A product takes one level, or depth at level 0.

    Raises:
        TypeError, ValueError: an argument is wrong, or an entry does not fit: names it.

    Attributes:
        context: that it is of.
        shape: (rows, columns).
        level: as given; 0: bfv, bgv.
        native: the C handle.
    """

    __slots__ = ("context", "level", "native", "shape")

    __array_ufunc__ = None

    def __init__(self, context: Context, values: Any, *, level: int | None = None) -> None:
        from pyaccel.he.context import Context

        of_type("context", context, Context)
        array = _entries(context, "matrix", values, 2)
        ckks = context.scheme == "ckks"
        rotations_of(context, *array.shape)
        if level is None or not ckks:
            level = context.levels - 1
        if ckks and level == 0:
            need_room(context, context.scale**2)
        self.context = context
        self.shape: tuple[int, int] = array.shape
        self.level = whole_number("level", level, most=context.levels - 1) if ckks else 0
        array = array if array.flags.c_contiguous or array.flags.f_contiguous else np.ascontiguousarray(array)
        flat = ffi.from_buffer(f"{'double' if ckks else 'int64_t'}[]", array.reshape(-1, order="A"))
        pointer, bad = out("matrix"), ffi.new("uint64_t *")
        status = lib.pyaccel_he_matrix_new(
            pointer,
            bad,
            context.native,
            flat if ckks else ffi.NULL,
            ffi.NULL if ckks else flat,
            *array.shape,
            *(stride // array.itemsize for stride in array.strides),
            self.level,
            options(),
        )
        if status == lib.PYACCEL_INVALID_ARGUMENT and bad[0] < array.size:
            r, c = divmod(int(bad[0]), array.shape[1])
            raise ValueError(f"matrix[{r}, {c}] = {array[r, c]} does not fit {context!r}")
        if status:
            raise_status("he.Matrix", status)
        self.native = owned("matrix", pointer)

    @property
    def rotations(self) -> list[int]:
        """The rotations that products take keys for: EvaluationKeys(matrices=[matrix.shape]) makes them."""
        return rotations_of(self.context, *self.shape)

    def multiply(self, vectors: Ciphertexts, *, keys: EvaluationKeys | None = None) -> Ciphertexts:
        """The products with the vectors in the first slots of each ciphertext, of BFV and BGV in the first row.

        Where the slots behind a vector may hold something (after a rotation or another matrix), they are made 0,
        which takes one more level. Vectors encoded with `repeat=True` take fewer rotations.

        Args:
            vectors: a batch.
            keys: None: those in use.

        Raises:
            TypeError: no ciphertexts.
            ValueError: another context, a longer vector, three polynomials, too low a level.
            MissingKeyError: names the rotation that there is no key for.
        """
        of_type("vectors", vectors, Ciphertexts, "Matrix multiplies encrypted vectors; numbers are for numpy")
        self.context.check(vectors, "ciphertexts")
        vectors._need_two("rotated")
        rows, columns = self.shape
        again = repeated(vectors, columns)
        vectors = vectors if again else cleared(vectors, columns)
        if vectors.level < self.level:
            raise ValueError(
                f"ciphertexts: level {vectors.level} came; the matrix is encoded for level {self.level}; encode it for "
                "theirs: Matrix(..., level=)"
            )
        if self.level == 0 and self.context.scheme == "ckks":
            need_room(self.context, vectors.scale * self.context.scale)
        mend = f"matrices=[({rows}, {columns})]"
        batch, held = vectors.native, vectors._keys(keys, 5, mend)  # in this order, as in `polynomial`
        pointer, missing = out("ciphertexts"), ffi.new("uint32_t *")
        status = lib.pyaccel_he_matrix_multiply(
            pointer, missing, self.native, batch, int(again), held.native, options()
        )
        if status == lib.PYACCEL_UNSUPPORTED:
            from pyaccel.he.keys import MissingKeyError

            raise MissingKeyError(
                f"no Galois key for {rotation_of(self.context, int(missing[0]))}: "
                f"EvaluationKeys(secret, {mend}) has all that this matrix takes"
            )
        if status:
            raise_status("he.Matrix", status)
        shape = Shape(rows, real=vectors.shape.real, single=vectors.shape.single, clean=False)
        return Ciphertexts(self.context, owned("ciphertexts", pointer), shape)

    def __matmul__(self, vectors: Any) -> Ciphertexts:
        if not isinstance(vectors, Ciphertexts):
            return NotImplemented
        return self.multiply(vectors)

    def __repr__(self) -> str:
        return f"Matrix({self.shape[0]} x {self.shape[1]}, {self.context!r})"


def repeated(vectors: Ciphertexts, columns: int) -> bool:
    """Whether vectors were encoded with `repeat=True`, for that many columns."""
    return vectors.shape.period == 1 << (columns - 1).bit_length() and vectors.shape.width == columns


def cleared(vectors: Ciphertexts, columns: int) -> Ciphertexts:
    """Vectors with 0 in all slots behind them, at the cost of a level where they may hold something.

    Raises:
        ValueError: no level left, or the vectors are longer.
    """
    width = vectors.shape.width
    if vectors.shape.coefficients:
        raise ValueError("ciphertexts: coefficients were encoded; matrices multiply slots")
    if width is not None and width > columns:
        raise ValueError(f"ciphertexts: vectors of {width} numbers came; the matrix has {columns} columns")
    if width is not None and vectors.shape.clean:
        return vectors
    dtype = np.float64 if vectors.context.scheme == "ckks" else np.int64
    cleared = vectors.multiply_plain(np.ones(min(columns, vectors.context.row), dtype))
    return Ciphertexts(cleared.context, cleared.native, replace(cleared.shape, width=columns, clean=True))


def _entries(context: Context, name: str, values: Any, dimensions: int) -> npt.NDArray[Any]:
    if hasattr(values, "context"):  # of a batch numpy would make an array of objects
        raise TypeError(f"{name}: {came(values)} came; wanted numbers")
    array = np.asarray(values)
    kinds = "fiub" if context.scheme == "ckks" else "iu"
    if array.dtype.kind not in kinds:
        what = "real numbers" if context.scheme == "ckks" else "integers below 2^63"
        raise TypeError(f"{name}: {array.dtype} came; {context.scheme} wants {what}")
    if array.ndim != dimensions:
        raise ValueError(f"{name}: an array of shape {array.shape} came; wanted {dimensions} dimension(s)")
    return array.astype(np.float64 if context.scheme == "ckks" else np.int64, copy=False)


def polynomial(x: Ciphertexts, coefficients: Any, keys: EvaluationKeys | None) -> Ciphertexts:
    """As Ciphertexts.polynomial."""
    context = x.context
    array = np.ascontiguousarray(_entries(context, "coefficients", coefficients, 1))
    if not 1 <= len(array) <= MOST_COEFFICIENTS:
        raise ValueError(f"coefficients: {len(array)} came; wanted 1 .. {MOST_COEFFICIENTS}")
    if not np.isfinite(array).all():
        raise ValueError("coefficients: wanted finite numbers")
    ckks = context.scheme == "ckks"
    highest = np.flatnonzero(array)
    degree = int(highest[-1]) if highest.size else 0
    depth = int(lib.pyaccel_he_polynomial_depth(degree + 1))
    room = has_room(context, x.scale**2)
    if ckks and x.level + room < depth:
        goes = f"a polynomial of degree {degree} goes {depth} level{'s' * (depth > 1)} down"
        last = f"with{'' if room else 'out'} room for a last product that is not rescaled"
        missing = depth - x.level - room
        raise ValueError(exhausted(context, f"{goes}; these are at level {x.level}, {last}", missing))
    if not ckks:
        t = context.plain_modulus
        array = (array + t // 2) % t - t // 2
    data = ffi.from_buffer(f"{'double' if ckks else 'int64_t'}[]", array)
    numbers = (data, ffi.NULL) if ckks else (ffi.NULL, data)
    batch, held = x.native, x._keys(keys, 0)  # in this order: a batch on a device takes no keys, but another place
    try:
        handle = make("ciphertexts", "polynomial", batch, *numbers, len(array), held.native, options())
    except ValueError:
        if not ckks:
            raise
        raise ValueError(
            f"a polynomial of ciphertexts of scale 2^{log2(x.scale):.4g}: on the way its scales do not fit the moduli "
            f"of {context!r}; encode at about the size of those that rescaling divides by, as scale_bits should be"
        ) from None
    return Ciphertexts(context, handle, replace(x.shape, clean=x.shape.clean and array[0] == 0))
