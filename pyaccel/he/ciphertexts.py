# SPDX-License-Identifier: Apache-2.0
"""Batches of ciphertexts, and arithmetic on them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from math import log2, sqrt
from typing import TYPE_CHECKING, Any, Never, Self

import numpy as np
import numpy.typing as npt

from pyaccel.he import saving
from pyaccel.he.native import came, ffi, indices, lib, make, of_type, options, out, owned, raise_status
from pyaccel.he.plaintexts import Plaintexts, Shape
from pyaccel.he.rotations import element, rotation_of, whole_steps
from pyaccel.numbers import whole_number

if TYPE_CHECKING:
    from pyaccel.he.context import Context
    from pyaccel.he.keys import EvaluationKeys


class Ciphertexts:
    """A batch of ciphertexts: `count` of them, of one level, size and scale. Immutable; thread-safe.

    Operators work on all ciphertexts of the batch: with another batch of as many, or of one; with numbers, which are
    encoded (an array of rows, one row for all, or one number for every slot); with Plaintexts. `*` relinearizes, and in
    CKKS rescales, by the evaluation keys in use (`Context.use`); batches of different levels are brought to the lower
    one, and CKKS summands whose scales differ to one scale, where an integer or a level to spare does it. At level 0
    there is nothing left to rescale by: there CKKS products keep their scale, where the modulus has room (`depth`).

    Attributes:
        context: that they are of.
        native: the C handle.
        shape: of the numbers, as far as known.
    """

    __slots__ = ("_info", "context", "native", "shape")

    __array_ufunc__ = None  # numpy leaves `array * ciphertexts` to __rmul__

    def __init__(self, context: Context, native: Any, shape: Shape) -> None:
        self.context = context
        self.native = native
        self.shape = shape
        self._info = ffi.new("pyaccel_he_ciphertexts_info *")
        status = lib.pyaccel_he_ciphertexts_get(self._info, native)
        if status:
            raise_status("he.Ciphertexts", status)
        if context.scheme == "ckks" and not self.budget_bits > 0:
            raise ValueError(_scale_too_large(self))

    # ---- what they are ----

    def __len__(self) -> int:
        """How many ciphertexts."""
        return int(self._info.count)

    @property
    def size(self) -> int:
        """Polynomials of each: 2, or 3 after a product that was not relinearized."""
        return int(self._info.size)

    @property
    def level(self) -> int:
        """Levels that are left below this one: each product, or its rescaling, takes one."""
        return int(self._info.level)

    @property
    def depth(self) -> int:
        """CKKS: products that may still follow one another; 0 elsewhere, where `budget_bits` tells.

        One a level, and at level 0 one more where its scale, not being divided, leaves the last modulus room for
        numbers of up to 2^18.
        """
        return int(self._info.depth)

    @property
    def scale(self) -> float:
        """CKKS: what the numbers are multiplied by; 1 elsewhere."""
        return float(self._info.scale)

    @property
    def noise_bits(self) -> float:
        """Estimate, without the key, of log2 of the standard deviation of a coefficient's noise.

        CKKS: for numbers of about 1, and with what encoding the others rounded; slots are right to about
        2^noise_bits * sqrt(N) / scale.
        """
        return float(self._info.noise_bits)

    @property
    def budget_bits(self) -> float:
        """Estimate, without the key, of the noise budget (BFV, BGV); CKKS: log2(Q / scale) of the level."""
        return float(self._info.budget_bits)

    def __copy__(self) -> Ciphertexts:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Ciphertexts:
        return self

    def __reduce__(self) -> Never:
        raise TypeError(saving.not_pickled("Ciphertexts", self.context))

    def __repr__(self) -> str:
        return f"Ciphertexts({len(self)}, level={self.level}, size={self.size}, {self.context!r})"

    def __getitem__(self, index: Any) -> Ciphertexts:
        """Some of the batch: by a position, a slice, or an array of positions or of bools.

        Raises:
            IndexError: past the end.
        """
        single = isinstance(index, (int, np.integer))
        positions = np.arange(len(self), dtype=np.uint64)[index if not single else slice(None)]
        if single:
            if not -len(self) <= index < len(self):
                raise IndexError(f"index {index} of {len(self)} ciphertexts")
            positions = positions[index : index + 1] if index != -1 else positions[-1:]
        positions = np.ascontiguousarray(positions, dtype=np.uint64)
        return self._taken(positions, replace(self.shape, single=single))

    def _taken(self, positions: npt.NDArray[np.uint64], shape: Shape) -> Ciphertexts:
        return self._like(make("ciphertexts", "ciphertexts_take", self.native, *indices(positions)), shape)

    def __iter__(self) -> Iterator[Ciphertexts]:
        return (self[i] for i in range(len(self)))

    @staticmethod
    def concatenate(batches: Iterable[Ciphertexts]) -> Ciphertexts:
        """One batch of several, one after the other, of one context, level, size and scale.

        Args:
            batches: any iterable of them, read once.

        Raises:
            TypeError: something else came.
            ValueError: none came, or they differ.
        """
        if not isinstance(batches, Iterable):
            raise TypeError(f"batches: {came(batches)} came; wanted a list of Ciphertexts, or another iterable")
        batches = list(batches)  # what a generator made has to live until it is joined
        if not batches:
            raise ValueError("batches: none came; wanted one or more")
        first = batches[0]
        of_type("batches[0]", first, Ciphertexts)
        for i, batch in enumerate(batches):
            of_type(f"batches[{i}]", batch, Ciphertexts)
            first.context.check(batch, f"batches[{i}]")
            if (batch.level, batch.size, batch.scale) != (first.level, first.size, first.scale):
                raise ValueError(
                    f"batches[{i}]: level {batch.level}, size {batch.size}, scale {batch.scale:g}; batches[0]: level "
                    f"{first.level}, size {first.size}, scale {first.scale:g}. Bring them to one level: mod_switch"
                )
        shape = first.shape
        for batch in batches[1:]:
            shape = shape.combined(batch.shape)
        return first._joined(batches, replace(shape, single=False))

    def _joined(self, batches: Sequence[Ciphertexts], shape: Shape) -> Ciphertexts:
        handles = ffi.new("pyaccel_he_ciphertexts *[]", [batch.native for batch in batches])
        return self._like(make("ciphertexts", "ciphertexts_concatenate", handles, len(batches)), shape)

    def save(self) -> bytes:
        """As bytes, for `Ciphertexts.load`; what SecretKey.encrypt made takes half the bytes."""
        return bytes(saving.save("ciphertexts", self.native))

    @classmethod
    def load(cls, context: Context, data: Any, *, width: int | None = None, real: bool = False) -> Self:
        """The ciphertexts that were saved.

        Args:
            context: that they are of.
            data: their bytes.
            width: numbers of a row that decrypt gives; None: all slots.
            real: CKKS: whether it gives real parts alone.

        Raises:
            TypeError, ValueError: no such bytes; says what is wrong, and where.
        """
        return cls(context, saving.load("ciphertexts", data, context), Shape(width, real=real, clean=False))

    # ---- devices ----

    @property
    def device(self) -> str:
        """Where they are: "native", or a device's name."""
        return "native"

    def to(self, device: str, *, recoverable: bool = True) -> Ciphertexts:
        """The same ciphertexts on a device, where operators on them compute and leave their results.

        Sums, products, rotations and their like run there, with the keys, which are brought there once and stay, and
        with numbers, which are encoded here; saving, decrypting, plain matrices and polynomials take `.to("native")`
        first. Results are the same on every device, residue for residue.

        What the device fails at is computed natively, with a warning, from what was brought there; so is a sample of
        what comes back, and compared (`pyaccel.shadow`). For that these ciphertexts stay in the host's memory for as
        long as anything that was computed from them is on the device.

        Args:
            device: "native", or one of `pyaccel.devices()` that runs OpenCL or CUDA; of a kind ("opencl") or a list
                ("opencl:1, native") the first, as a batch stays together, and nothing chooses: "auto" is no place.
            recoverable: False: nothing is kept here, and nothing checked: where the device fails, ciphertexts on it
                are gone, and DeviceError says so.

        Raises:
            ValueError: no such device can be.
            DeviceUnavailableError: it, or another of the list, is not here: says why.
            UnsupportedError: it computes nothing of this scheme.
            DeviceError: it failed, or its memory is used up, and `recoverable` is False.
            SelfTestError: it gave a wrong answer to a known question.
        """
        from pyaccel.he.resident import moved

        return moved(self, device, recoverable=recoverable)

    # ---- sums ----

    def __add__(self, other: Any) -> Ciphertexts:
        return self._sum("add", other)

    def __radd__(self, other: Any) -> Ciphertexts:
        return self._sum("add", other)

    def __sub__(self, other: Any) -> Ciphertexts:
        return self._sum("sub", other)

    def __rsub__(self, other: Any) -> Ciphertexts:
        return (-self)._sum("add", other)

    def __neg__(self) -> Ciphertexts:
        return self._computed("negate")

    def _sum(self, function: str, other: Any) -> Ciphertexts:
        if isinstance(other, Ciphertexts):
            self._check(other)
            a, b = _one_scale(self, other)
            return a._computed(function, b, shape=self.shape.combined(other.shape))
        plain = self._plain(other, self.scale)
        if not lib.pyaccel_he_scale_ratio(plain.scale, self.scale):
            raise ValueError(_scales_differ(self.scale, plain.scale))
        shape = self.shape.combined(plain.shape)
        # A single number went into every slot.
        shape = replace(shape, clean=shape.clean and not np.isscalar(other))
        return self._computed(f"{function}_plain", plain, shape=shape)

    def sum(self) -> Ciphertexts:
        """The sum of the batch: one ciphertext.

        Raises:
            ValueError: the batch is empty.
        """
        if not len(self):
            raise ValueError("sum: the batch is empty; a sum takes one ciphertext or more")
        return self._computed("sum_batch", shape=replace(self.shape, single=True))

    # ---- products ----

    def __mul__(self, other: Any) -> Ciphertexts:
        return self.multiply(other) if isinstance(other, Ciphertexts) else self.multiply_plain(other)

    def __rmul__(self, other: Any) -> Ciphertexts:
        return self.multiply_plain(other)

    def multiply(
        self,
        other: Ciphertexts,
        *,
        keys: EvaluationKeys | None = None,
        relinearize: bool = True,
        rescale: bool = True,
    ) -> Ciphertexts:
        """Products, slot by slot.

        CKKS: nothing tells when a product grows too large: its numbers have to stay below 2^(budget_bits - 1) at its
        level, where budget_bits is log2 of the modulus over the scale, or they wrap round to others. The numbers of
        BFV and BGV are reduced modulo t in the same silence.

        Args:
            other: as many ciphertexts, or one. `a.multiply(a)` squares, which is quicker.
            keys: None: those in use.
            relinearize: False: products have three polynomials, and can only be added, relinearized and decrypted.
            rescale: CKKS: whether the scale goes back to about what it was, one level down. At level 0 it stays what
                the product made it, where `depth` allows for one.

        Raises:
            TypeError: no ciphertexts.
            ValueError: another context, size 3, neither level nor depth left.
            MissingKeyError: no relinearization key.
        """
        of_type("other", other, Ciphertexts, "numbers are for multiply_plain, or `ciphertexts * numbers`")
        self._check(other)
        for one in (self, other):
            one._need_two("multiplied")
        rescale = rescale and self.context.scheme == "ckks"
        if rescale and min(self.level, other.level) == 0:
            need_room(self.context, self.scale * other.scale)
            rescale = False
        a = self._for_product()
        b = a if other is self else other._for_product()
        held = self._keys(keys, 0) if relinearize else None
        fused = rescale and relinearize
        product = a._computed("multiply", b, held, int(fused), shape=self.shape.combined(other.shape))
        return product.rescale() if rescale and not fused else product

    def _for_product(self) -> Ciphertexts:
        """BGV: at the level where products keep most of their budget; other schemes: as it is.

        Raises:
            UnsupportedError: a device has it that computes no products of the scheme.
        """
        if self.context.scheme != "bgv":
            return self
        return self.mod_switch(int(lib.pyaccel_he_product_level(self.native)))

    def square(self, *, keys: EvaluationKeys | None = None) -> Ciphertexts:
        """`self * self`."""
        return self.multiply(self, keys=keys)

    def multiply_plain(self, other: Any, *, rescale: bool = True) -> Ciphertexts:
        """Products with numbers that are not encrypted.

        Args:
            other: numbers, as in Context.encode, or Plaintexts. CKKS encodes numbers at the scale that rescaling
                divides by, so that the product's scale is that of self; at level 0 at that of self.
            rescale: CKKS: whether to rescale, one level down. At level 0 the scale stays what the product made it,
                where `depth` allows for one.

        Raises:
            ValueError: as Context.encode; neither level nor depth left.
        """
        if isinstance(other, Ciphertexts):
            raise TypeError("other: Ciphertexts came; wanted numbers or Plaintexts: ciphertexts are for multiply")
        rescale = rescale and self.context.scheme == "ckks"
        encoded = isinstance(other, Plaintexts)
        level = min(self.level, other.level) if encoded else self.level
        scale = float(self.context.dropped(level)) if rescale else self.context.scale
        if rescale and level == 0:
            scale = self.scale
            need_room(self.context, self.scale * (other.scale if encoded else scale))
            rescale = False
        plain = self._plain(other, scale)
        product = self._computed("multiply_plain", plain, shape=self.shape.combined(plain.shape))
        return product.rescale() if rescale else product

    def relinearize(self, *, keys: EvaluationKeys | None = None) -> Ciphertexts:
        """Two polynomials of three.

        Raises:
            MissingKeyError: no relinearization key.
        """
        if self.size == 2:
            return self
        return self._computed("relinearize", self._keys(keys, 0))

    # ---- levels ----

    def rescale(self) -> Ciphertexts:
        """One level down; CKKS: divides by the modulus that is dropped, the scale too.

        Raises:
            ValueError: no level left.
        """
        if self.level == 0:
            raise ValueError(exhausted(self.context, "these are at level 0, where no modulus is left to divide by"))
        return self._computed("rescale")

    def mod_switch(self, level: int) -> Ciphertexts:
        """Down to a level, the scale unchanged.

        Raises:
            TypeError, ValueError: no level at or below this one.
        """
        level = whole_number("level", level, most=self.level)
        if level == self.level:
            return self
        return self._computed("mod_switch", level)

    # ---- slots ----

    def rotate(self, steps: int | Sequence[int], *, keys: EvaluationKeys | None = None) -> Ciphertexts:
        """Slots moved to the left within rows of N / 2: `numpy.roll(row, -steps)`.

        Args:
            steps: one number; or several: the batch rotated by each in turn, n * len(steps) ciphertexts, which is
                quicker than one after the other.
            keys: None: those in use.

        Raises:
            TypeError, ValueError: steps beyond a row; ciphertexts of three polynomials.
            MissingKeyError: names the rotation that there is no key for.
        """
        many = isinstance(steps, (Sequence, np.ndarray))
        every: list[Any] = list(steps) if isinstance(steps, (Sequence, np.ndarray)) else [steps]
        elements = [element(self.context, whole_steps(step, self.context.row)) for step in every]
        if not many and elements == [1]:
            return self
        named = ", ".join(str(int(step)) for step in every if step) if len(every) <= 8 else "..."
        return self._automorphisms(elements, keys, f"rotations=[{named}]", many=many)

    def conjugate(self, *, keys: EvaluationKeys | None = None) -> Ciphertexts:
        """CKKS: complex conjugates.

        Raises:
            ValueError: another scheme.
            MissingKeyError: no such key.
        """
        if self.context.scheme != "ckks":
            raise ValueError(f"conjugate: {self.context.scheme} has integers; swap_rows swaps their rows")
        return self._automorphisms([2 * self.context.degree - 1], keys, "swap=True", many=False, keeps_width=True)

    def swap_rows(self, *, keys: EvaluationKeys | None = None) -> Ciphertexts:
        """BFV, BGV: the two rows of slots swapped.

        Raises:
            ValueError: another scheme.
            MissingKeyError: no such key.
        """
        if self.context.scheme == "ckks":
            raise ValueError("swap_rows: ckks has one row; conjugate conjugates its numbers")
        return self._automorphisms([2 * self.context.degree - 1], keys, "swap=True", many=False)

    def _automorphisms(
        self, elements: list[int], keys: EvaluationKeys | None, mend: str, *, many: bool, keeps_width: bool = False
    ) -> Ciphertexts:
        self._need_two("rotated")
        held = self._keys(keys, next((e for e in elements if e != 1), 1), mend)
        shape = self.shape if keeps_width else self.shape.moved()
        return self._rotated(elements, held, replace(shape, single=False) if many else shape, mend)

    def _rotated(self, elements: list[int], keys: EvaluationKeys, shape: Shape, mend: str) -> Ciphertexts:
        pointer, missing = out("ciphertexts"), ffi.new("uint32_t *")
        status = lib.pyaccel_he_rotate(
            pointer,
            missing,
            self.native,
            elements,
            len(elements),
            keys.native,
            options(items=len(self) * len(elements)),
        )
        self._raise(status, missing, "he.rotate", mend)
        return self._like(owned("ciphertexts", pointer), shape)

    def sum_slots(self, *, keys: EvaluationKeys | None = None) -> Ciphertexts:
        """The sum over all slots, in every slot.

        All slots count, not only those that were encoded: `x + 1` puts 1 into each of them, those behind the numbers
        too. Add an array of ones as wide as the numbers in its place, or multiply by one, which takes a level.

        Raises:
            ValueError: ciphertexts of three polynomials.
            MissingKeyError: names the rotation that there is no key for; rotations="powers of two" has all.
        """
        self._need_two("rotated")
        return self._summed(self._keys(keys, 5, POWERS_OF_TWO), replace(self.shape, width=1, clean=False, period=0))

    def _summed(self, keys: EvaluationKeys, shape: Shape) -> Ciphertexts:
        pointer, missing = out("ciphertexts"), ffi.new("uint32_t *")
        status = lib.pyaccel_he_sum_slots(pointer, missing, self.native, keys.native, options())
        self._raise(status, missing, "he.sum_slots", POWERS_OF_TWO)
        return self._like(owned("ciphertexts", pointer), shape)

    def dot(self, other: Any, *, keys: EvaluationKeys | None = None) -> Ciphertexts:
        """Dot products of the rows of slots, in every slot.

        All slots count, as in sum_slots: after `x + 1` and `y + 1` those behind the numbers too, where both hold 1.

        Args:
            other: ciphertexts, or numbers.
            keys: with the rotations "powers of two"; None: those in use.

        Raises:
            ValueError, MissingKeyError: as multiply and sum_slots.
        """
        product = self.multiply(other, keys=keys) if isinstance(other, Ciphertexts) else self.multiply_plain(other)
        return product.sum_slots(keys=keys)

    # ---- linear algebra, polynomials ----

    def __matmul__(self, matrix: Any) -> Ciphertexts:
        """`x @ matrix` of the vectors x in the first slots and a plain matrix (numbers of x, numbers of the result)."""
        from pyaccel.he.matrices import Matrix

        if isinstance(matrix, (Ciphertexts, Matrix)):
            return NotImplemented
        return self.__rmatmul__(np.asarray(matrix).T)

    def __rmatmul__(self, matrix: Any) -> Ciphertexts:
        """`matrix @ x` of a plain matrix (numbers of the result, numbers of x) and the vectors in the first slots."""
        from pyaccel.he.matrices import Matrix, cleared, repeated

        array = np.asarray(matrix)
        columns = array.shape[1] if array.ndim == 2 else 0
        vectors = cleared(self, columns) if columns and not repeated(self, columns) else self
        return Matrix(self.context, array, level=vectors.level) @ vectors

    def polynomial(self, coefficients: Any, *, keys: EvaluationKeys | None = None) -> Ciphertexts:
        """`coefficients[0] + coefficients[1] x + coefficients[2] x^2 ...`, slot by slot (Paterson and Stockmeyer).

        Args:
            coefficients: 1 .. 1024 integers (BFV, BGV) or real numbers. CKKS: the result has the scale of self and lies
                up to ceil(log2(len(coefficients))) + 1 levels lower; where that is one more than there are, it is at
                level 0 and has the square of that scale, if `depth` allows for it.
            keys: None: those in use.

        Raises:
            TypeError, ValueError: no such coefficients; too little depth: says how much it takes.
            MissingKeyError: no relinearization key.
        """
        from pyaccel.he.matrices import polynomial

        self._need_two("multiplied")
        return polynomial(self, coefficients, keys)

    # ---- helpers ----

    def _computed(self, function: str, *operands: Any, shape: Shape | None = None) -> Ciphertexts:
        """pyaccel_he_FUNCTION of this batch, with more batches, plaintexts, keys (None: none) and numbers."""
        natives = [ffi.NULL if x is None else getattr(x, "native", x) for x in operands]
        items = len(self)
        if operands and isinstance(operands[0], (Ciphertexts, Plaintexts)):
            items = max(items, len(operands[0]))
        return self._like(make("ciphertexts", function, self.native, *natives, options(items=items)), shape)

    def _like(self, handle: Any, shape: Shape | None = None) -> Ciphertexts:
        return Ciphertexts(self.context, handle, self.shape if shape is None else shape)

    def _need_two(self, done: str) -> None:
        """That there are two polynomials of each.

        Raises:
            ValueError: a product that was not relinearized.
        """
        if self.size != 2:
            raise ValueError(
                f"ciphertexts of {self.size} polynomials can't be {done}: relinearize them first, as "
                "multiply(..., relinearize=True) does by itself"
            )

    def _check(self, other: Ciphertexts) -> None:
        self.context.check(other, "ciphertexts")
        if len(self) != len(other) and 1 not in (len(self), len(other)):
            raise ValueError(f"batches of {len(self)} and {len(other)} ciphertexts: wanted as many, or one")

    def _plain(self, values: Any, scale: float) -> Plaintexts:
        """Numbers, encoded for this level."""
        if isinstance(values, Plaintexts):
            self.context.check(values, "plaintexts")
            plain = values
        elif self.context.scheme == "ckks":
            plain = self.context.encode(values, level=self.level, scale=scale)
        else:
            plain = self.context.encode(values, coefficients=self.shape.coefficients)
            plain = replace(plain, shape=replace(plain.shape, coefficients=self.shape.coefficients))
        if not isinstance(values, Plaintexts) and plain.shape.width is None:  # one number: any shape is as good
            plain = replace(plain, shape=replace(self.shape, real=plain.shape.real))
        if len(self) != len(plain) and 1 not in (len(self), len(plain)):
            raise ValueError(f"{len(self)} ciphertexts and {len(plain)} rows of numbers: wanted as many, or one")
        return plain

    def _keys(self, keys: EvaluationKeys | None, wanted: int, mend: str = "") -> EvaluationKeys:
        """The keys to compute by.

        Args:
            keys: that were passed; None: those in use.
            wanted: an element that they have to have.
            mend: arguments of EvaluationKeys that make all that the operation takes.

        Raises:
            TypeError, ValueError: no evaluation keys, or of another context.
            MissingKeyError: there are none.
        """
        if keys is not None:
            from pyaccel.he.keys import EvaluationKeys

            of_type("keys", keys, EvaluationKeys)
            self.context.check(keys, "keys")
        else:
            keys = self.context.evaluation_keys
        if keys is None:
            from pyaccel.he.keys import MissingKeyError

            what = "relinearization" if wanted == 0 else rotation_of(self.context, wanted)
            raise MissingKeyError(
                f"{what} takes evaluation keys: context.use(EvaluationKeys(secret{', ' if mend else ''}{mend})), or "
                "pass them as keys="
            )
        if wanted == 0 and 0 not in keys.elements:
            from pyaccel.he.keys import MissingKeyError

            raise MissingKeyError("no key for relinearization: EvaluationKeys(secret, relinearize=True) has it")
        return keys

    def _raise(self, status: int, missing: Any, function: str, mend: str) -> None:
        if status == lib.PYACCEL_UNSUPPORTED:
            from pyaccel.he.keys import MissingKeyError

            what = rotation_of(self.context, int(missing[0]))
            raise MissingKeyError(f"no Galois key for {what}: EvaluationKeys(secret, {mend}) has all that this takes")
        if status:
            raise_status(function, status)


def _scale_too_large(a: Ciphertexts) -> str:
    scale = f"2^{log2(a.scale):.4g}" if a.scale > 0 else "0"
    return (
        f"a scale of {scale} does not fit level {a.level}, whose modulus has {a.context.level_bits(a.level):.4g} bits: "
        "the numbers would be lost. Rescale after each product, stay at a higher level, or make the context with a "
        "first modulus of more bits than scale_bits"
    )


POWERS_OF_TWO = 'rotations="powers of two"'
"""What evaluation keys are asked for where sums over slots are to be had."""


def exhausted(context: Context, why: str, missing: int = 1) -> str:
    """What is said where so many levels are missing for a product, a rescaling or a polynomial."""
    return (
        f"level exhausted: {why}. Make the context with depth={context.depth + missing} or more, or decrypt and "
        "encrypt anew"
    )


def has_room(context: Context, scale: float) -> bool:
    """Whether a product of that scale may stand at level 0, not rescaled."""
    return bool(lib.pyaccel_he_depth(context.native, 0, sqrt(scale)) > 0)


def need_room(context: Context, scale: float) -> None:
    """That a product of that scale may stand at level 0.

    Raises:
        ValueError: the modulus leaves too little room for numbers, or the scale leaves nothing of them.
    """
    if not has_room(context, scale):
        stays = f"these are at level 0, where a product keeps its scale, here 2^{log2(scale or 5e-324):.4g}"
        bits = f"takes a modulus of more than {log2(scale) + 19:.4g} bits: it has {context.level_bits(0):.4g}"
        raise ValueError(exhausted(context, f"{stays}, and that {bits if scale > 1 else 'has to be above 1'}"))


def _scales_differ(a: float, b: float) -> str:
    return (
        f"scales 2^{log2(a):.14g} and 2^{log2(b):.14g} differ by more than 2^-30 of them, and no integer makes one of "
        "the other: their sum would be wrong. "
        "Rescale the one that is a product, encode at the other's scale, or multiply the other as often"
    )


def _one_scale(a: Ciphertexts, b: Ciphertexts) -> tuple[Ciphertexts, Ciphertexts]:
    """Both as sums take them: of one scale, or the smaller one to be multiplied by an integer.

    Where that does not do, and where the lower one has the smaller scale, which rescaling has made, the higher one is
    multiplied by 1, encoded so that rescaling gives the other's scale.

    Raises:
        ValueError: they differ, and no level is to spare.
    """
    ratio = lib.pyaccel_he_scale_ratio(a.scale, b.scale)
    if ratio == 1 or (ratio and (a.level == b.level or (a.level < b.level) == (a.scale > b.scale))):
        return a, b
    if a.level == b.level:
        raise ValueError(_scales_differ(a.scale, b.scale))
    high, low = (a, b) if a.level > b.level else (b, a)
    high = high.mod_switch(low.level + 1)
    scale = low.scale * float(high.context.dropped(high.level)) / high.scale
    if scale < 2.0**20:
        raise ValueError(_scales_differ(a.scale, b.scale))
    one = high.context.encode(1.0, level=high.level, scale=scale)
    shape = high.shape
    high = high.multiply_plain(replace(one, shape=shape))
    # The product of the two roundings may be a unit of the last place off.
    return (high, low) if a.level > b.level else (low, high)
