# SPDX-License-Identifier: Apache-2.0
"""What callers may pass as n byte strings, and how it becomes Rows without a copy."""

from __future__ import annotations

from collections.abc import Iterator
from operator import index
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from pyaccel.numbers import whole_number

Bytes = npt.NDArray[np.uint8]
_Array = np.ndarray
_BYTE = np.dtype(np.uint8)
_new = object.__new__
Offsets = npt.NDArray[np.uint32] | npt.NDArray[np.uint64]

_WANTED = "a list or tuple of bytes-like objects, a uint8 array of shape (n, k), pyaccel.Rows, or an Arrow binary array"
_MENDS = {
    "O": "array.tolist()",
    "S": "array.tolist(); where zero bytes may end a row: array.view(np.uint8).reshape(len(array), -1)",
    "U": "[text.encode() for text in array]",
    "V": "array.view(np.uint8).reshape(len(array), -1)",
}
"""How arrays of these kinds become rows."""

_OFFSET_TYPES = {"uint32": np.uint32, "int32": np.uint32, "uint64": np.uint64, "int64": np.uint64}


class Rows:
    """n byte strings in one piece of memory. Immutable; keeps the memory alive.

    Row i is data[offsets[i]:offsets[i + 1]], or, without offsets, the width bytes at i * stride; stride 0 means
    that one value serves every row.

    Args:
        data: bytes-like, contiguous, one-dimensional.
        offsets: n + 1 of uint32, uint64, int32 or int64, never decreasing, the last at most len(data).
        width: bytes of a row, in place of offsets.
        stride: bytes from row to row, with width; None: width; 0: one value for all rows.

    Raises:
        TypeError, ValueError: what was wanted, what came and where.

    Attributes:
        count: n, or None where one value serves as many rows as the batch has.
        offsets: the n + 1 offsets as uint32 or uint64, or None.
        width: bytes of a row, 0 with offsets.
        stride: bytes from row to row, 0 with offsets and where one value serves all rows.
        buffer: what holds the bytes: bytes, or a contiguous uint8 array.
        native: a place for the native backend's view of these rows.
        cuts: rows at which a batch is cut, since they lie in several pieces; none in plain Rows.
    """

    __slots__ = ("buffer", "count", "cuts", "native", "offsets", "stride", "width")

    buffer: bytes | Bytes
    count: int | None
    offsets: Offsets | None
    width: int
    stride: int
    native: Any
    cuts: tuple[int, ...]

    def __init__(
        self,
        data: Any,
        *,
        offsets: npt.NDArray[Any] | None = None,
        width: int | None = None,
        stride: int | None = None,
    ) -> None:
        self.buffer = _flat("data", data)
        self.native = None
        self.cuts = ()
        if offsets is not None:
            if width is not None or stride is not None:
                raise ValueError("offsets and width/stride came together: give one of them")
            self.offsets = _checked_offsets(offsets, len(self.buffer))
            self.count = len(self.offsets) - 1
            self.width = self.stride = 0
            return
        if width is None:
            raise ValueError("neither offsets nor width came: rows need one of them")
        self.offsets = None
        self.width = whole_number("width", width)
        self.stride = self.width if stride is None else whole_number("stride", stride)
        self.count = _fixed_count(len(self.buffer), self.width, self.stride)

    @classmethod
    def _of(
        cls,
        buffer: bytes | Bytes,
        count: int | None,
        width: int,
        stride: int,
        offsets: Offsets | None = None,
    ) -> Rows:
        rows = _new(cls)
        rows.buffer = buffer
        rows.count = count
        rows.width = width
        rows.stride = stride
        rows.offsets = offsets
        rows.native = None
        rows.cuts = ()
        return rows

    @property
    def pieces(self) -> tuple[Rows, ...]:
        """The pieces of memory that the rows lie in, one after the other: plain Rows are one."""
        return (self,)

    @property
    def data(self) -> Bytes:
        """All bytes as a flat uint8 array, without a copy."""
        buffer = self.buffer
        return np.frombuffer(buffer, np.uint8) if isinstance(buffer, bytes) else buffer.reshape(-1)

    def nbytes(self, n: int) -> int:
        """Bytes in the first n rows together."""
        if self.offsets is not None:
            return int(self.offsets[n]) - int(self.offsets[0])
        return self.width if self.stride == 0 else self.width * n

    def array(self, n: int) -> Bytes | None:
        """The first n rows as a uint8 array (n, width), without a copy; None where they have no common width."""
        if self.offsets is not None:
            return None
        return np.lib.stride_tricks.as_strided(self.data, (n, self.width), (self.stride, 1), writeable=False)

    def lengths(self, n: int) -> npt.NDArray[np.uint64]:
        """Bytes of each of the first n rows, uint64[n]."""
        if self.offsets is None:
            return np.full(n, self.width, np.uint64)
        return np.diff(self.offsets[: n + 1]).astype(np.uint64, copy=False)

    def require_count(self, name: str, n: int, of: str, *, one_for_all: bool = True) -> None:
        """Raises ValueError unless there are n rows (n `of` were given), or one value serves all.

        Args:
            name: the argument's name, for the error.
            n: rows wanted.
            of: what there are n of ("signatures").
            one_for_all: whether the argument takes one value for all rows, which the error then says.
        """
        if self.count is not None and self.count != n:
            mend = "as many, or one bytes-like for all" if one_for_all else "as many"
            raise ValueError(f"{name}: {self.count} rows came for {n} {of}; wanted {mend}")

    def require_width(self, name: str, width: int) -> None:
        """Raises ValueError, with the first row that differs, unless every row has `width` bytes."""
        if self.offsets is None and (self.width == width or self.count == 0):
            return
        lengths = self.lengths(len(self))
        wrong = lengths != width
        if bool(wrong.any()):
            i = int(wrong.argmax())
            raise ValueError(f"{name}: row {i} has {lengths[i]} bytes; wanted {width}")

    def __len__(self) -> int:
        """Number of rows, 1 where one value serves all."""
        return 1 if self.count is None else self.count

    @overload
    def __getitem__(self, item: int) -> bytes: ...
    @overload
    def __getitem__(self, item: slice) -> Rows: ...
    def __getitem__(self, item: int | slice) -> bytes | Rows:
        """Row i as bytes (any i >= 0 where one value serves all); a slice of step 1 as Rows without a copy."""
        if isinstance(item, slice):
            return self._slice(item)
        i = index(item)
        if self.count is not None:
            if not -self.count <= i < self.count:
                raise IndexError(f"row {i} of {self.count} rows")
            i %= self.count
        if self.offsets is None:
            first, last = i * self.stride, i * self.stride + self.width
        else:
            first, last = int(self.offsets[i]), int(self.offsets[i + 1])
        return bytes(self.buffer[first:last]) if isinstance(self.buffer, bytes) else self.data[first:last].tobytes()

    def _slice(self, item: slice) -> Rows:
        if self.count is None:
            return self
        first, last, step = item.indices(self.count)
        if step != 1:
            raise ValueError(f"rows can be sliced with step 1, not {step}")
        last = max(first, last)
        if self.offsets is not None:
            return Rows._of(self.buffer, last - first, 0, 0, self.offsets[first : last + 1])
        end = 0 if first == last else (last - 1) * self.stride + self.width
        return Rows._of(self.data[first * self.stride : end], last - first, self.width, self.stride)

    def copy(self) -> Rows:
        """The same rows in memory that nobody else can write."""
        fixed = self.array(len(self))
        if fixed is not None:
            return Rows._of(fixed.tobytes(), self.count, self.width, self.width if self.stride else 0)
        assert self.offsets is not None
        first = self.offsets[0]
        data = self.data[int(first) : int(self.offsets[-1])].tobytes()
        return Rows._of(data, self.count, 0, 0, self.offsets - first)

    def __getstate__(self) -> tuple[None, dict[str, Any]]:
        """What copies and other processes get: all but the native view, which they make for themselves."""
        names = [name for kind in type(self).__mro__ for name in getattr(kind, "__slots__", ())]
        return None, {name: getattr(self, name) for name in names} | {"native": None}

    def __iter__(self) -> Iterator[bytes]:
        return (self[i] for i in range(len(self)))

    def __repr__(self) -> str:
        number = "one row for all" if self.count is None else f"{self.count} rows"
        return f"Rows({number} of {'varying' if self.offsets is not None else self.width} bytes)"


class ListRows(Rows):
    """Rows that came as a list: each may have a length of its own, also where it happens to be the same."""

    __slots__ = ()

    @classmethod
    def of(cls, rows: Rows) -> ListRows:
        """The same rows, which lie in one piece."""
        found = cls._of(rows.buffer, rows.count, rows.width, rows.stride, rows.offsets)
        assert isinstance(found, ListRows)
        return found


def as_rows(name: str, value: Any, *, one_for_all: bool = False) -> Rows:
    """What a caller passed as Rows, copying nothing but the items of a list, once.

    Args:
        name: the argument's name, for errors.
        value: list or tuple of bytes-like, uint8 array (n, k) with contiguous rows, Rows, Arrow binary array.
        one_for_all: whether one bytes-like for all rows is taken, too.

    Raises:
        TypeError, ValueError: what was wanted, what came (type, shape, row index) and how to mend it.
    """
    kind = type(value)
    buffer: bytes | Bytes
    if kind is _Array and value.dtype is _BYTE and value.flags.c_contiguous and len(shape := value.shape) == 2:
        buffer, count, width = value, shape[0], shape[1]
    elif (kind is list or kind is tuple) and len(value) == 1 and type(value[0]) is bytes:
        buffer, count, width = value[0], 1, len(value[0])
    else:
        return _any_rows(name, value, one_for_all=one_for_all)
    rows = _new(Rows)  # written out: the call of _of is a tenth of what hashing a row costs
    rows.buffer = buffer
    rows.count = count
    rows.width = rows.stride = width
    rows.offsets = rows.native = None
    rows.cuts = ()
    return rows


def _any_rows(name: str, value: Any, *, one_for_all: bool) -> Rows:
    if isinstance(value, (list, tuple)):
        return _from_sequence(name, value)
    rows = _from_whole(name, value)
    if rows.count is None and not one_for_all:
        raise ValueError(f"{name}: one value for all rows came; wanted one row each. For a batch of one: [value]")
    return rows


def one_row(name: str, value: Any) -> Rows:
    """One bytes-like object as a batch of one.

    Raises:
        TypeError, ValueError: something else came.
    """
    buffer = _flat(name, value)
    return Rows._of(buffer, 1, len(buffer), len(buffer))


def check_width(name: str, value: Any, rows: Rows, widths: tuple[int, ...], mend: str = "") -> None:
    """Raises ValueError where rows of an array have none of some widths: no row fits, and the call is wrong.

    Rows of a list may vary, and a wrong one is a False of its own.

    Args:
        name: the argument's name.
        value: what came, which says whether rows may vary.
        rows: the same as rows.
        widths: bytes that a row may have.
        mend: what else to try, a sentence with a space after it, for the error.
    """
    fixed = rows.count and rows.width not in widths and not isinstance(value, (list, tuple, ListRows))
    if fixed and rows.pieces[0].offsets is None:
        wanted = " or ".join(map(str, widths))
        raise ValueError(
            f"{name}: {len(rows)} rows of {rows.width} bytes each came; wanted {wanted}. {mend}Rows that may have "
            "other lengths, and are False then, come as a list or with offsets"
        )


def _from_whole(name: str, value: Any) -> Rows:
    if isinstance(value, Rows):
        return value
    if type(value) is bytes:  # a subclass may lie about its length
        return Rows._of(value, None, len(value), 0)
    if isinstance(value, np.ndarray):
        return _from_array(name, value)
    if isinstance(value, str):
        raise TypeError(
            f"{name}: a str came; wanted {_WANTED}. Decode hex first, [bytes.fromhex(text)]; encode other text, "
            "[text.encode()]"
        )
    if hasattr(value, "__arrow_c_array__") or hasattr(value, "__arrow_c_stream__"):
        from pyaccel import arrow

        found: Rows = arrow.rows(name, value)
        return found
    return _from_array(name, np.asarray(_view(name, value, _WANTED)))


def _from_array(name: str, array: npt.NDArray[Any]) -> Rows:
    if array.__class__ is not np.ndarray and isinstance(array, np.ma.MaskedArray):
        raise TypeError(f"{name}: a masked array came; rows can't be missing. Drop them first: array.compressed()")
    if array.dtype != np.uint8:
        mend = _MENDS.get(array.dtype.kind, "array.astype(np.uint8), or array.view(np.uint8)")
        raise TypeError(f"{name}: {_shape(array)} came; wanted uint8 of shape (n, k). To mend: {mend}")
    if array.ndim == 1:
        if not array.flags.c_contiguous:
            raise ValueError(
                f"{name}: {_shape(array)} with stride {array.strides[0]} came; use np.ascontiguousarray(array)"
            )
        return Rows._of(array, None, len(array), 0)
    if array.ndim != 2:
        raise ValueError(f"{name}: {_shape(array)} came; wanted two dimensions (n, k). To mend: array.reshape(n, k)")
    count, width = array.shape
    stride = array.strides[0]
    if array.flags.c_contiguous:
        return Rows._of(array if array.__class__ is np.ndarray else array.view(np.ndarray), count, width, width)
    if (width > 1 and array.strides[1] != 1) or (count > 1 and stride < 0):
        raise ValueError(
            f"{name}: {_shape(array)} and strides {array.strides} came; wanted rows of contiguous bytes, one after "
            "the other. To mend: np.ascontiguousarray(array)"
        )
    flat = np.lib.stride_tricks.as_strided(array, ((count - 1) * stride + width,), (1,), writeable=False)
    return Rows._of(flat, count, width, stride)


def _from_sequence(name: str, values: list[Any] | tuple[Any, ...]) -> Rows:
    parts: tuple[Any, ...] = tuple(values)
    if not {bytes, bytearray}.issuperset(map(type, parts)):
        parts = tuple(_flat(f"{name}[{i}]", part) for i, part in enumerate(parts))
    joined = b"".join(parts)
    width = len(parts[0]) if parts else 0
    if width * len(parts) == len(joined) and {width}.issuperset(map(len, parts)):
        return Rows._of(joined, len(parts), width, width)
    widths = np.fromiter(map(len, parts), np.uint64, len(parts))
    offsets = np.zeros(len(parts) + 1, np.uint64)
    np.cumsum(widths, out=offsets[1:])
    if int(offsets[-1]) != len(joined):
        raise ValueError(f"{name}: an item changed its length while the rows were joined")
    return Rows._of(joined, len(parts), 0, 0, offsets)


def _flat(name: str, value: Any) -> bytes | Bytes:
    """The bytes of one bytes-like object: itself where it is bytes, else a flat view that pins its memory."""
    if type(value) is bytes:
        return value
    if isinstance(value, str):
        raise TypeError(
            f"{name}: a str came; wanted a bytes-like object. Decode hex first, bytes.fromhex(text); encode other "
            "text, text.encode()"
        )
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(f"{name}: a masked array came; bytes can't be missing. Fill them first: array.filled(0)")
    if isinstance(value, (list, tuple)):
        raise TypeError(f'{name}: {_kind(value)} came; wanted a bytes-like object. Join pieces first, b"".join(pieces)')
    view = _view(name, value, "a bytes-like object")
    if view.ndim != 1 or view.format not in ("B", "b", "c") or not view.contiguous:
        raise TypeError(
            f"{name}: {_kind(value)} of shape {view.shape} and item format {view.format!r} came; wanted flat bytes"
        )
    return np.frombuffer(view, np.uint8) if view.nbytes else np.empty(0, np.uint8)


def _view(name: str, value: Any, wanted: str) -> memoryview:
    try:
        return memoryview(value)
    except TypeError:
        raise TypeError(f"{name}: {_kind(value)} came; wanted {wanted}") from None
    except (ValueError, BufferError) as error:
        raise ValueError(f"{name}: {_kind(value)} came whose bytes can't be read: {error}") from None


def _checked_offsets(offsets: Any, size: int) -> Offsets:
    if not isinstance(offsets, np.ndarray) or offsets.dtype.name not in _OFFSET_TYPES:
        came = f"an array of {offsets.dtype}" if isinstance(offsets, np.ndarray) else _kind(offsets)
        raise TypeError(f"offsets: {came} came; wanted uint32, uint64, int32 or int64: np.asarray(offsets, np.uint64)")
    if offsets.ndim != 1 or len(offsets) == 0:
        raise ValueError(f"offsets: shape {offsets.shape} came; wanted (n + 1,), for n = 0 one offset")
    if not offsets.dtype.isnative:
        offsets = offsets.astype(offsets.dtype.newbyteorder("="))
    offsets = np.ascontiguousarray(offsets)
    if int(offsets[0]) < 0:
        raise ValueError(f"offsets: row 0 starts at {offsets[0]}, before the data")
    backwards = offsets[1:] < offsets[:-1]
    if bool(backwards.any()):
        i = int(backwards.argmax())
        raise ValueError(f"offsets: row {i} runs backwards, from {offsets[i]} to {offsets[i + 1]}")
    if int(offsets[-1]) > size:
        i = max(int(np.searchsorted(offsets, size, side="right")) - 1, 0)
        end = offsets[min(i + 1, len(offsets) - 1)]
        raise ValueError(f"offsets: row {i} ends at {end}, past the {size} bytes of data")
    checked: Offsets = offsets.view(_OFFSET_TYPES[offsets.dtype.name])
    return checked


def _fixed_count(size: int, width: int, stride: int) -> int | None:
    if stride == 0:
        if width > size:
            raise ValueError(f"width: one value of {width} bytes came with {size} bytes of data")
        if width == 0 and size:
            raise ValueError(f"width: 0 came with {size} bytes of data")
        return None
    if size == 0 and width:
        return 0
    count, rest = divmod(size - width, stride)
    if count >= 0 and rest == 0:
        return count + 1
    if stride >= width and size % stride == 0:
        return size // stride
    raise ValueError(f"data: {size} bytes came; they are not whole rows of {width} bytes, {stride} from row to row")


def _shape(array: npt.NDArray[Any]) -> str:
    """What came, for errors alone: it costs more than hashing a row."""
    return f"an array of {array.dtype} of shape {array.shape}"


def _kind(value: object) -> str:
    return f"a {type(value).__module__}.{type(value).__qualname__}".replace("builtins.", "")
