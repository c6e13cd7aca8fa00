# SPDX-License-Identifier: Apache-2.0
"""Homomorphic arithmetic on a device with kernels: transforms, base conversion, key switching, whole CKKS products.

Ciphertexts stay on the device between operations, as canonical residues in canonical order (csrc/he/kernels.h). A
batch lies there as uint64[size, count, rows, N]: a polynomial's rows of all items one after the other, so that one
launch serves the batch. What comes out is what the native backend computes, residue for residue: csrc/he/{rns,divide,
keyswitch}.c have the formulas.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from pyaccel.numbers import bit_reversal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pyaccel.backends.device import Device

Words = npt.NDArray[np.uint64]

Indices = npt.NDArray[np.uint32]

_NTT, _ROWS = "he/ntt.cl", "he/rows.cl"
_OPERATIONS = ("add", "sub", "mul")
_NO_ROW = np.uint32(0xFFFF_FFFF)  # HE_NO_ROW of rows.cl
_NO_MODULUS = "level 0: no modulus is left to divide by"
_LAYERS = 3
"""Layers of a transform that one launch does."""


@dataclass(frozen=True)
class Shape:
    """What of a context the arithmetic depends on.

    Attributes:
        degree: N.
        primes: Q's, then the special ones.
        level_end: how many of Q's primes each level has.
        digit_end: where the digits of key switching end.
    """

    degree: int
    primes: tuple[int, ...]
    level_end: tuple[int, ...]
    digit_end: tuple[int, ...]

    @property
    def special(self) -> range:
        """Numbers of the special primes."""
        return range(self.level_end[-1], len(self.primes))

    def extended(self, level: int) -> list[int]:
        """Numbers of the primes of a level, then the special ones."""
        return [*range(self.level_end[level]), *self.special]

    def digits(self, level: int) -> list[range]:
        """Prime numbers of each digit, cut where the level ends."""
        end, first, out = self.level_end[level], 0, []
        for last in self.digit_end:
            if first < end:
                out.append(range(first, min(last, end)))
            first = last
        return out


@dataclass(frozen=True)
class Conversion:
    """A lift near the centre from the primes `source` to the primes `target`, by number."""

    source: tuple[int, ...]
    target: tuple[int, ...]


@dataclass(frozen=True)
class Resident:
    """Ciphertexts on the device: count items of `size` polynomials at a level, NTT form."""

    buffer: Any
    count: int
    size: int
    level: int


class DeviceRing:
    """The rings of a context on one device. One caller at a time holds the device; any thread may be that.

    Everything a device loses (a failure, a fork) is made again by making the ring again; a Resident of before is then
    refused by the runtime and raises DeviceError.

    Attributes:
        keys: of callers, by the object that they follow from and their element; they go with it.
    """

    def __init__(self, device: Device, shape: Shape) -> None:
        """Args: device: where; shape: of which context."""
        self.device = device
        self.shape = shape
        self.log_degree = shape.degree.bit_length() - 1
        self.keys: WeakKeyDictionary[Any, dict[int, Any]] = WeakKeyDictionary()
        self._kept: dict[Any, Any] = {}
        self._starts = device.starts

    @property
    def lost(self) -> bool:
        """Whether the device was started anew, after a failure: what was on it is gone, this ring too."""
        return self._starts != self.device.starts

    def butterflies(self, count: int) -> int:
        """About how many the dearest operation takes, a key switch, on `count` ciphertexts of the highest level."""
        shape = self.shape
        rows = (len(shape.digit_end) + 2) * len(shape.primes)
        return count * rows * self.log_degree * shape.degree // 2

    def build(self) -> None:
        """Compiles all kernels of this, where they are not yet."""
        with self.device.batch():
            for path in (_NTT, _ROWS):
                self.device.build(path)

    # ---- constants --------------------------------------------------------------------------------------

    def _constant(self, key: Any, make: Any) -> Any:
        """A buffer of what make() gives, uploaded once. Inside batch()."""
        buffer = self._kept.get(key)
        if buffer is None:
            array = np.ascontiguousarray(make())
            buffer = self.device.allocate(array.nbytes)
            self.device.write(buffer, array)
            self._kept[key] = buffer
        return buffer

    def _primes(self, numbers: Sequence[int], repeat: int = 1) -> Any:
        key = ("primes", tuple(numbers), repeat)
        return self._constant(key, lambda: np.tile(np.array(numbers, np.uint32), repeat))

    def _index(self, places: Sequence[int], numbers: Sequence[int], items: int, item_rows: int) -> Any:
        """Rows `places` of each of `items` items, with their primes, as kernels/he/ntt.cl wants them."""

        def make() -> npt.NDArray[np.uint32]:
            row = np.add.outer(np.arange(items, dtype=np.uint32) * item_rows, np.array(places, np.uint32))
            return np.stack([row, np.broadcast_to(np.array(numbers, np.uint32), row.shape)], axis=-1)

        return self._constant(("index", tuple(places), tuple(numbers), items, item_rows), make)

    @property
    def _table(self) -> Any:
        return self._constant("constants", self._constants)

    def _constants(self) -> Words:
        rows = []
        for q in self.shape.primes:
            bits = q.bit_length()
            rows.append([q, (1 << 2 * bits) // q << (63 - bits), bits - 1, 0])
        return np.array(rows, np.uint64)

    @property
    def _twiddles(self) -> Any:
        return self._constant(
            "twiddles", lambda: np.stack([_twiddles(self.shape.degree, q) for q in self.shape.primes])
        )

    def _scalars(self, key: str, numbers: Sequence[int], values: Sequence[int]) -> Any:
        """Pairs (c, floor(c 2^64 / q)), one a prime."""

        def make() -> Words:
            primes = [self.shape.primes[number] for number in numbers]
            return np.array([[c % q, ((c % q) << 64) // q] for c, q in zip(values, primes, strict=True)], np.uint64)

        return self._constant((key, tuple(numbers), tuple(values)), make)

    @cached_property
    def special_product(self) -> int:
        """P."""
        return prod(self.shape.primes[number] for number in self.shape.special)

    # ---- steps, inside batch() --------------------------------------------------------------------------

    def transform(self, rows: Any, index: Any, count: int, *, inverse: bool = False) -> None:
        """`count` rows that index names, in place: coefficients to NTT form or back."""
        total, done = self.log_degree, 0
        name = "he_ntt_inverse_" if inverse else "he_ntt_forward_"
        while done < total:
            layers = min(_LAYERS, total - done)
            m = 1 << (total - done - layers if inverse else done)
            done += layers
            arguments = map(np.uint32, (total, m, done == total))
            self.device.launch(
                _NTT, f"{name}{layers}", count << (total - layers), rows, index, self._table, self._twiddles, *arguments
            )

    def convert(
        self, out: Any, rows: Any, conversion: Conversion, items: int, *, first: int, item_rows: int, out_first: int
    ) -> None:
        """Rows first .. of each item (coefficients) lifted to conversion.target: items times those rows of out."""
        source, target = conversion.source, conversion.target
        shift = _shift([self.shape.primes[number] for number in source])
        centred = len(source) == 1
        numbers = self._constant(conversion, lambda: self._conversion(conversion))
        log, n_in, n_out = self.log_degree, len(source), len(target)
        arguments = (
            *map(np.uint32, (log, n_in, first, item_rows, n_out, out_first, shift)),
            np.uint64(1 << (shift - 1)),
            np.uint32(centred),
        )
        primes = (self._primes(source), self._primes(target))
        n = items * n_out << log
        self.device.launch(_ROWS, "he_convert", n, out, rows, numbers, *primes, self._table, *arguments)

    def _conversion(self, conversion: Conversion) -> Words:
        source = [self.shape.primes[number] for number in conversion.source]
        product = prod(source)
        shift = _shift(source)
        words = []
        for q in source:
            pre = pow(product // q, -1, q) if len(source) > 1 else 1
            words += [pre, (pre << 64) // q, (1 << (52 + shift)) // q]
        for number in conversion.target:
            p = self.shape.primes[number]
            words += [word for c in (*(product // q % p for q in source), -product % p) for word in (c, (c << 64) // p)]
        return np.array(words, np.uint64)

    def divide(self, rows: Any, items: int, dropped: Sequence[int], stay: int) -> Any:
        """Items in NTT form divided by the product of the dropped primes, rounded: a new buffer.

        The rows of an item are of the first `stay` primes, which stay, and then of those dropped.
        """
        device, log = self.device, self.log_degree
        item_rows = stay + len(dropped)
        kept = range(stay)
        places = range(stay, item_rows)
        self.transform(rows, self._index(places, dropped, items, item_rows), items * len(dropped), inverse=True)
        delta = device.allocate(items * stay << (log + 3))
        conversion = Conversion(tuple(dropped), tuple(kept))
        self.convert(delta, rows, conversion, items, first=stay, item_rows=item_rows, out_first=0)
        self.transform(delta, self._index(kept, kept, items, stay), items * stay)
        product = prod(self.shape.primes[number] for number in dropped)
        inverses = [pow(product, -1, self.shape.primes[number]) for number in kept]
        out = device.allocate(items * stay << (log + 3))
        arguments = (rows, delta, self._scalars("inverse", kept, inverses), self._primes(kept), self._table)
        sizes = map(np.uint32, (log, stay, item_rows))
        device.launch(_ROWS, "he_scaled_difference", items * stay << log, out, *arguments, *sizes)
        return out

    def switched(self, polynomial: Any, count: int, level: int, key: Any) -> Any:
        """Digits of `count` polynomials (a level's rows, NTT form) times a key: 2 polynomials over Q and P."""
        device, log, shape = self.device, self.log_degree, self.shape
        end, extended, digits = shape.level_end[level], shape.extended(level), shape.digits(level)
        rows = len(extended)
        coefficients = device.allocate(count * end << (log + 3))
        device.copy(coefficients, polynomial, count * end << (log + 3))
        self.transform(coefficients, self._index(range(end), range(end), count, end), count * end, inverse=True)
        lifted = device.allocate(len(digits) * count * rows << (log + 3))
        for d, digit in enumerate(digits):
            conversion = Conversion(tuple(digit), tuple(extended))
            place = {"first": digit[0], "item_rows": end, "out_first": d * count * rows}
            self.convert(lifted, coefficients, conversion, count, **place)
        items = len(digits) * count
        self.transform(lifted, self._index(range(rows), extended, items, rows), items * rows)
        out = device.allocate(2 * count * rows << (log + 3))
        arguments = (lifted, key, self._primes(extended, count), self._table)
        sizes = map(np.uint32, (log, len(digits), len(shape.primes)))
        device.launch(_ROWS, "he_inner_product", count * rows << log, out, *arguments, *sizes)
        return out

    def _in_pieces(self, a: Resident, work: Callable[[Resident], Resident]) -> Resident:
        """work(a), as many items at a time as the digits of fit into a buffer (Device.chunk_bytes)."""
        shape = self.shape
        item = len(shape.digits(a.level)) * len(shape.extended(a.level)) << (self.log_degree + 3)
        most = max(1, self.device.chunk_bytes // item)
        if a.count <= most:
            return work(a)
        starts = range(0, a.count, most)
        return self.concatenated(
            [work(self.taken(a, np.arange(i, min(i + most, a.count), dtype=np.uint64))) for i in starts]
        )

    # ---- what callers use -------------------------------------------------------------------------------

    def upload_key(self, residues: Words) -> Any:
        """A switching key, uint64[digits, 2, all primes, N], as pyaccel_he_evaluation_keys_residues gives it."""
        with self.device.batch():
            buffer = self.device.allocate(residues.nbytes)
            self.device.write(buffer, np.ascontiguousarray(residues))
            return buffer

    def upload(self, residues: Words, level: int) -> Resident:
        """Ciphertexts uint64[count, size, rows, N] at a level."""
        count, size = residues.shape[:2]
        if residues.shape[2:] != (self.shape.level_end[level], self.shape.degree):
            raise ValueError(
                f"residues: shape {residues.shape} came; wanted (count, size, {self.shape.level_end[level]}, "
                f"{self.shape.degree}) at level {level}"
            )
        with self.device.batch():
            buffer = self.device.allocate(max(8, residues.nbytes))
            self.device.write(buffer, np.ascontiguousarray(residues.swapaxes(0, 1)))
        return Resident(buffer, count, size, level)

    def download(self, resident: Resident) -> Words:
        """uint64[count, size, rows, N]."""
        shape = (resident.size, resident.count, self.shape.level_end[resident.level], self.shape.degree)
        out = np.empty(shape, np.uint64)
        with self.device.batch():
            self.device.read(out, resident.buffer)
        return np.ascontiguousarray(out.swapaxes(0, 1))

    def elements(self, operation: str, a: Resident | None, b: Resident | None) -> Resident:
        """Sums ("add"), differences ("sub") or products ("mul") of residues, at the lower of the two levels.

        Batches of as many, or of one, which serves all. None: zeros. Of different sizes, missing polynomials are 0; but
        a product with one polynomial (a plaintext) is that of each with it.
        """
        both = [x for x in (a, b) if x is not None]
        level, size = min(x.level for x in both), max(x.size for x in both)
        counts = {x.count for x in both}
        count = max(counts)
        if counts - {1, count}:
            raise ValueError(f"operands differ: {a} and {b}")
        rows = [self._rows(x, size, count, level, repeat=operation == "mul") for x in (a, b)]
        return self._combined(operation, a, b, np.stack(rows, axis=-1), Resident(None, count, size, level))

    def _rows(self, x: Resident | None, size: int, count: int, level: int, *, repeat: bool) -> Indices:
        """Where the rows of `size` polynomials of `count` items at a level are in x."""
        end = self.shape.level_end[level]
        if x is None:
            return np.full((size, count, end), _NO_ROW)
        polynomial, item, row = (np.arange(n, dtype=np.uint32) for n in (size, count, end))
        if repeat and x.size == 1:
            polynomial[:] = 0
        if x.count == 1:
            item[:] = 0
        items = np.add.outer(polynomial * np.uint32(x.count), item)
        rows: Indices = np.add.outer(items * np.uint32(self.shape.level_end[x.level]), row)
        rows[polynomial >= x.size] = _NO_ROW
        return rows

    def _combined(
        self, operation: str, a: Resident | None, b: Resident | None, rows: Indices, like: Resident
    ) -> Resident:
        """Rows of a and of b as he_elements takes them, into a batch like one."""
        device, total = self.device, rows.size // 2
        none = next(x.buffer for x in (a, b) if x is not None)
        buffers = [none if x is None else x.buffer for x in (a, b)]
        with device.batch():
            out, places = device.allocate(total << (self.log_degree + 3)), device.allocate(rows.nbytes)
            device.write(places, np.ascontiguousarray(rows))
            end = self.shape.level_end[like.level]
            arguments = (places, self._primes(range(end), total // end), self._table)
            numbers = map(np.uint32, (self.log_degree, _OPERATIONS.index(operation)))
            device.launch(_ROWS, "he_elements", total << self.log_degree, out, *buffers, *arguments, *numbers)
        return replace(like, buffer=out)

    def lowered(self, a: Resident, level: int) -> Resident:
        """a without the primes above a level."""
        return a if level == a.level else self._spread(a, a.count, level)

    def _spread(self, a: Resident, count: int, level: int) -> Resident:
        """a `count` times, where it is one, without the primes above a level."""
        if (a.count, a.level) == (count, level):
            return a
        rows = self._rows(a, a.size, count, level, repeat=False)
        pairs = np.stack([rows, np.full_like(rows, _NO_ROW)], axis=-1)
        return self._combined("add", a, None, pairs, Resident(None, count, a.size, level))

    def taken(self, a: Resident, positions: npt.NDArray[np.uint64]) -> Resident:
        """Items of a, by position."""
        rows = self._rows(a, a.size, a.count, a.level, repeat=False)[:, positions.astype(np.intp)]
        pairs = np.stack([rows, np.full_like(rows, _NO_ROW)], axis=-1)
        return self._combined("add", a, None, pairs, replace(a, count=len(positions)))

    def concatenated(self, batches: Sequence[Resident]) -> Resident:
        """Batches of one size and level, one after the other."""
        if len(batches) == 1:
            return batches[0]
        first, count = batches[0], sum(batch.count for batch in batches)
        item = self.shape.level_end[first.level] << (self.log_degree + 3)
        with self.device.batch():
            out, to = self.device.allocate(first.size * count * item), 0
            for polynomial in range(first.size):
                for batch in batches:
                    length = batch.count * item
                    self.device.copy(out, batch.buffer, length, source_offset=polynomial * length, offset=to)
                    to += length
        return replace(first, buffer=out, count=count)

    def sum(self, a: Resident) -> Resident:
        """The sum of the batch: one item."""
        end, log, device = self.shape.level_end[a.level], self.log_degree, self.device
        with device.batch():
            out = device.allocate(a.size * end << (log + 3))
            sizes = map(np.uint32, (log, end, a.count))
            arguments = (a.buffer, self._primes(range(end)), self._table, *sizes)
            device.launch(_ROWS, "he_sum", a.size * end << log, out, *arguments)
        return replace(a, buffer=out, count=1)

    def tensor(self, a: Resident, b: Resident) -> Resident:
        """Products of size 3, at the lower of the two levels; batches of as many, or of one."""
        count, level = max(a.count, b.count), min(a.level, b.level)
        if {a.count, b.count} - {1, count} or (a.size, b.size) != (2, 2):
            raise ValueError(f"operands of size 2 and one count wanted: {a} and {b} came")
        a, b = (self._spread(x, count, level) for x in (a, b))
        end, log, device = self.shape.level_end[level], self.log_degree, self.device
        words = count * end << log
        with device.batch():
            out = device.allocate(3 * words * 8)
            arguments = (a.buffer, b.buffer, self._primes(range(end), count), self._table, np.uint32(log))
            device.launch(_ROWS, "he_tensor", words, out, *arguments)
        return Resident(out, count, 3, level)

    def relinearized(self, a: Resident, key: Any, *, rescale: bool = False) -> Resident:
        """Two polynomials of three; `rescale`: and divided by the last modulus, in one division."""
        if a.size != 3:
            raise ValueError(f"operand of size 3 wanted: {a} came")
        if rescale and a.level == 0:
            raise ValueError(_NO_MODULUS)
        return self._in_pieces(a, lambda some: self._relinearized(some, key, rescale=rescale))

    def _relinearized(self, a: Resident, key: Any, *, rescale: bool) -> Resident:
        shape, device, count = self.shape, self.device, a.count
        end = shape.level_end[a.level]
        words = count * end << self.log_degree
        with device.batch():
            last = device.allocate(words * 8)
            device.copy(last, a.buffer, words * 8, source_offset=2 * words * 8)
            sums = self.switched(last, count, a.level, key)
            self._add_special(sums, a.buffer, 2 * count, a.level)
            stay = shape.level_end[a.level - 1] if rescale else end
            out = self.divide(sums, 2 * count, [*range(stay, end), *shape.special], stay)
        return Resident(out, count, 2, a.level - rescale)

    def multiply(self, a: Resident, b: Resident, key: Any, *, rescale: bool) -> Resident:
        """Products of batches of size 2, relinearized; `rescale`: and divided by the last modulus."""
        return self.relinearized(self.tensor(a, b), key, rescale=rescale)

    def _add_special(self, sums: Any, rows: Any, items: int, level: int) -> None:
        """sums += P times `items` polynomials of a level's rows."""
        end, log = self.shape.level_end[level], self.log_degree
        scalars = self._scalars("special", range(end), [self.special_product] * end)
        sizes = map(np.uint32, (log, end, len(self.shape.extended(level))))
        arguments = (rows, scalars, self._primes(range(end)), self._table)
        self.device.launch(_ROWS, "he_add_scaled", items * end << log, sums, *arguments, *sizes)

    def rotate(self, a: Resident, element: int, key: Any) -> Resident:
        """The automorphism X -> X^element; key: that element's, which acts before the automorphism (csrc/he/ring.h)."""
        if a.size != 2:
            raise ValueError(f"operand of size 2 wanted: {a} came")
        return self._in_pieces(a, lambda some: self._rotated(some, element, key))

    def _rotated(self, a: Resident, element: int, key: Any) -> Resident:
        log, device, count = self.log_degree, self.device, a.count
        end = self.shape.level_end[a.level]
        words = count * end << log
        with device.batch():
            second = device.allocate(words * 8)
            device.copy(second, a.buffer, words * 8, source_offset=words * 8)
            sums = self.switched(second, count, a.level, key)
            self._add_special(sums, a.buffer, count, a.level)
            switched = self.divide(sums, 2 * count, list(self.shape.special), end)
            out = device.allocate(2 * words * 8)
            device.launch(_ROWS, "he_automorphism", 2 * words, out, switched, np.uint32(element), np.uint32(log))
        return Resident(out, count, 2, a.level)

    def rescale(self, a: Resident) -> Resident:
        """a divided by its level's last modulus."""
        if a.level == 0:
            raise ValueError(_NO_MODULUS)
        end, stay = self.shape.level_end[a.level], self.shape.level_end[a.level - 1]
        size = a.size * a.count * end << (self.log_degree + 3)
        with self.device.batch():
            rows = self.device.allocate(size)
            self.device.copy(rows, a.buffer, size)
            out = self.divide(rows, a.size * a.count, list(range(stay, end)), stay)
        return Resident(out, a.count, a.size, a.level - 1)

    def transformed(self, rows: Words, numbers: Sequence[int], *, inverse: bool = False) -> Words:
        """Rows uint64[k, N] of the primes `numbers`, transformed."""
        out = np.ascontiguousarray(rows).copy()
        with self.device.batch():
            buffer = self.device.allocate(out.nbytes)
            self.device.write(buffer, out)
            self.transform(buffer, self._index(range(len(out)), list(numbers), 1, len(out)), len(out), inverse=inverse)
            self.device.read(out, buffer)
        return out


def _shift(primes: Sequence[int]) -> int:
    """Bits after the point of the quotient of a conversion from these primes."""
    return min(q.bit_length() for q in primes) - 1


def _twiddles(degree: int, q: int) -> Words:
    """uint64[2, N, 2]: (w, floor(w 2^64 / q)) of psi^bitrev(i), and of their reciprocals with 1 / N in place 0."""
    psi = _least_root(2 * degree, q)
    order = bit_reversal(degree.bit_length() - 1)
    tables = np.empty((2, degree, 2), np.uint64)
    for table, root in zip(tables, (psi, pow(psi, -1, q)), strict=True):
        table[:, 0] = _powers(root, degree, q)[order]
    tables[1, 0, 0] = pow(degree, -1, q)
    w = tables[..., 0]
    # w 2^64 = w (2^64 / q) q + w (2^64 mod q)
    tables[..., 1] = w * np.uint64((1 << 64) // q) + _times(w, (1 << 64) % q, q)[1]
    return tables


def _least_root(order: int, q: int) -> int:
    """The least primitive root of unity of an order that is a power of two."""
    exponent = (q - 1) // order
    candidates = (pow(g, exponent, q) for g in range(2, q))
    root = next(root for root in candidates if pow(root, order // 2, q) == q - 1)
    return int(_powers(root, order, q)[1::2].min())


def _powers(root: int, count: int, q: int) -> Words:
    """root^0 .. root^(count - 1) modulo q; count is a power of two."""
    powers = np.ones(1, np.uint64)
    while len(powers) < count:
        powers = np.concatenate([powers, _times(powers, pow(root, len(powers), q), q)[0]])
    return powers


def _times(x: Words, w: int, q: int) -> tuple[Words, Words]:
    """x w mod q and floor(x w / q), for x, w < q < 2^63 (Shoup)."""
    quotient = _multiply_high(x, (w << 64) // q)
    rest = x * np.uint64(w) - quotient * np.uint64(q)  # modulo 2^64
    over = (rest >= q).astype(np.uint64)
    return rest - over * np.uint64(q), quotient + over


def _multiply_high(x: Words, c: int) -> Words:
    """floor(x c / 2^64)."""
    half, mask = np.uint64(32), np.uint64(0xFFFF_FFFF)
    c0, c1 = np.uint64(c & 0xFFFF_FFFF), np.uint64(c >> 32)
    x0, x1 = x & mask, x >> half
    middle = x1 * c0 + (x0 * c0 >> half)
    low = x0 * c1 + (middle & mask)
    high: Words = x1 * c1 + (middle >> half) + (low >> half)
    return high
