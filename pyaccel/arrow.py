# SPDX-License-Identifier: Apache-2.0
"""Rows from the Arrow C data interface, read from its capsules without pyarrow.

Source: Apache Arrow, "The Arrow C data interface" and "The Arrow PyCapsule interface". The structs are read with
ctypes because the capsules' pointers are: PyCapsule_GetPointer wants the GIL, which cffi lets go of.
"""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import numpy.typing as npt

from pyaccel.rows import Bytes, Rows


class _Schema(ctypes.Structure):
    """struct ArrowSchema."""


_Schema._fields_ = [
    ("format", ctypes.c_char_p),
    ("name", ctypes.c_char_p),
    ("metadata", ctypes.c_void_p),
    ("flags", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("children", ctypes.c_void_p),
    ("dictionary", ctypes.c_void_p),
    ("release", ctypes.CFUNCTYPE(None, ctypes.POINTER(_Schema))),
    ("private_data", ctypes.c_void_p),
]


class _Array(ctypes.Structure):
    """struct ArrowArray; where it came in a capsule, that releases it."""


_Array._fields_ = [
    ("length", ctypes.c_int64),
    ("null_count", ctypes.c_int64),
    ("offset", ctypes.c_int64),
    ("n_buffers", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    ("children", ctypes.c_void_p),
    ("dictionary", ctypes.c_void_p),
    ("release", ctypes.CFUNCTYPE(None, ctypes.POINTER(_Array))),
    ("private_data", ctypes.c_void_p),
]


class _OwnedArray(_Array):
    """One that a stream filled in: it is released with its Python object."""

    def __del__(self) -> None:
        if self.release:
            self.release(ctypes.byref(self))


class _Stream(ctypes.Structure):
    """struct ArrowArrayStream; its capsule releases it."""


_Stream._fields_ = [
    ("get_schema", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(_Stream), ctypes.POINTER(_Schema))),
    ("get_next", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(_Stream), ctypes.POINTER(_Array))),
    ("get_last_error", ctypes.CFUNCTYPE(ctypes.c_char_p, ctypes.POINTER(_Stream))),
    ("release", ctypes.CFUNCTYPE(None, ctypes.POINTER(_Stream))),
    ("private_data", ctypes.c_void_p),
]

_pointer_of = ctypes.pythonapi.PyCapsule_GetPointer
_pointer_of.restype = ctypes.c_void_p
_pointer_of.argtypes = [ctypes.py_object, ctypes.c_char_p]

_OFFSETS: dict[bytes, np.dtype[Any]] = {b"z": np.dtype(np.uint32), b"Z": np.dtype(np.uint64)}
"""Type of the offsets of binary and large_binary; Arrow's are signed and never negative."""

_MENDS = {
    b"u": "cast it to binary",
    b"U": "cast it to large_binary",
    b"vu": "cast it to large_binary",
    b"vz": "cast it to large_binary",
    b"+s": "pass one of its columns",
}


def rows(name: str, value: Any) -> Rows:
    """What offers __arrow_c_array__ or __arrow_c_stream__ as Rows without a copy; the batch is cut where chunks end.

    Args:
        name: the argument's name, for errors.
        value: an array of binary, large_binary or fixed_size_binary; its slices and offsets are honoured.

    Raises:
        TypeError: another type of array.
        ValueError: a null, by its index; or the stream broke off.
    """
    if hasattr(value, "__arrow_c_array__"):
        schema_capsule, array_capsule = value.__arrow_c_array__()
        schema = _Schema.from_address(_pointer_of(schema_capsule, b"arrow_schema"))
        array = _Array.from_address(_pointer_of(array_capsule, b"arrow_array"))
        return _chunk(name, schema.format, array, array_capsule, 0)
    capsule = value.__arrow_c_stream__()
    stream = _Stream.from_address(_pointer_of(capsule, b"arrow_array_stream"))
    schema = _Schema()
    _called(name, stream, stream.get_schema(ctypes.byref(stream), ctypes.byref(schema)))
    try:
        return _of_chunks(name, schema.format, _chunks(name, schema.format, stream))
    finally:
        schema.release(ctypes.byref(schema))


def _chunks(name: str, form: bytes, stream: Any) -> list[Rows]:
    chunks: list[Rows] = []
    first = 0
    while True:
        array = _OwnedArray()
        _called(name, stream, stream.get_next(ctypes.byref(stream), ctypes.byref(array)))
        if not array.release:
            return chunks
        chunks.append(_chunk(name, form, array, array, first))
        first += array.length


def _called(name: str, stream: Any, error: int) -> None:
    if error:
        message = stream.get_last_error(ctypes.byref(stream)) or b""
        raise ValueError(f"{name}: its Arrow stream broke off with errno {error}: {message.decode(errors='replace')}")


def _chunk(name: str, form: bytes, array: Any, keep: object, first: int) -> Rows:
    """One array as rows; `first` is the index of its row 0 in the whole, `keep` what holds its memory."""
    fixed = form.startswith(b"w:")
    if form not in _OFFSETS and not fixed:
        text, mend = form.decode(errors="replace"), _MENDS.get(form, "convert it")
        wanted = "binary, large_binary or fixed_size_binary"
        raise TypeError(f"{name}: an Arrow array of format {text!r} came; wanted {wanted}: {mend}")
    n, offset = int(array.length), int(array.offset)
    _refuse_nulls(name, array, first)
    if fixed:
        width = int(form[2:])
        data = _memory(array.buffers[1], (offset + n) * width, keep) if n else np.empty(0, np.uint8)
        return Rows._of(data[offset * width :], n, width, width)
    dtype = _OFFSETS[form]
    if n == 0:
        return Rows._of(b"", 0, 0, 0)
    offsets = _memory(array.buffers[1], (offset + n + 1) * dtype.itemsize, keep).view(dtype)[offset:]
    return Rows(_memory(array.buffers[2], int(offsets[-1]), keep), offsets=offsets)


def _refuse_nulls(name: str, array: Any, first: int) -> None:
    n, offset = int(array.length), int(array.offset)
    if array.null_count == 0 or not array.buffers[0] or n == 0:
        return
    bits = np.unpackbits(_memory(array.buffers[0], (offset + n + 7) // 8, array), bitorder="little")[
        offset : offset + n
    ]
    if not bits.all():
        i = first + int(bits.argmin())
        raise ValueError(f"{name}: row {i} is null; wanted bytes in every row. Drop or fill nulls first")


def _memory(address: int | None, size: int, keep: object) -> Bytes:
    """Foreign memory as an array that cannot be written, and that holds on to what holds the memory."""
    if not address or size <= 0:
        return np.empty(0, np.uint8)
    foreign: Any = (ctypes.c_uint8 * size).from_address(address)
    foreign.keep = keep
    array: Bytes = np.frombuffer(foreign, np.uint8)
    array.flags.writeable = False
    return array


class _ChunkedRows(Rows):
    """Rows in several pieces. A batch is cut where a chunk ends; only what wants one piece has them joined."""

    __slots__ = ("_chunks", "_ends")

    def __init__(self, chunks: list[Rows]) -> None:
        self._chunks = chunks
        self._ends = np.cumsum([len(chunk) for chunk in chunks])
        self.count = int(self._ends[-1])
        self.cuts = tuple(int(end) for end in self._ends[:-1])
        self.width, self.stride = chunks[0].width, chunks[0].stride
        self.native = None

    def __getattr__(self, name: str) -> Any:
        """Joins the chunks at the first look at `buffer` or `offsets`."""
        if name not in ("buffer", "offsets"):
            raise AttributeError(name)
        whole = _joined(self._chunks)
        self.buffer, self.offsets = whole.buffer, whole.offsets
        return getattr(self, name)

    @property
    def pieces(self) -> tuple[Rows, ...]:
        """The chunks."""
        return tuple(self._chunks)

    def nbytes(self, n: int) -> int:
        """Bytes in the first n rows together, without joining."""
        starts = self._ends - [len(chunk) for chunk in self._chunks]
        parts = zip(self._chunks, starts, strict=True)
        return sum(chunk.nbytes(min(n - int(start), len(chunk))) for chunk, start in parts if start < n)

    def _slice(self, item: slice) -> Rows:
        first, last, step = item.indices(len(self))
        at = int(np.searchsorted(self._ends, first, side="right"))
        if step != 1 or first >= last or last > self._ends[at]:
            return super()._slice(item)
        start = int(self._ends[at]) - len(self._chunks[at])
        return self._chunks[at][first - start : last - start]


def _of_chunks(name: str, form: bytes, chunks: list[Rows]) -> Rows:
    filled = [chunk for chunk in chunks if len(chunk)]
    if len(filled) <= 1:
        return filled[0] if filled else _chunk(name, form, _Array(), None, 0)
    return _ChunkedRows(filled)


def _joined(chunks: list[Rows]) -> Rows:
    """Chunks copied one after the other."""
    count = sum(map(len, chunks))
    if chunks[0].offsets is None:
        width = chunks[0].width
        return Rows._of(np.concatenate([chunk.data for chunk in chunks]), count, width, width)
    parts: list[Bytes] = []
    offsets: list[npt.NDArray[np.uint64]] = [np.zeros(1, np.uint64)]
    for chunk in chunks:
        assert chunk.offsets is not None
        own = chunk.offsets.astype(np.uint64)
        parts.append(chunk.data[int(own[0]) : int(own[-1])])
        offsets.append(own[1:] - own[0] + offsets[-1][-1])
    return Rows._of(np.concatenate(parts), count, 0, 0, np.concatenate(offsets))
