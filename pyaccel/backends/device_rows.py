# SPDX-License-Identifier: Apache-2.0
"""Rows as a device takes them: in chunks that fit, offsets checked once and relative to their chunk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pyaccel.backends.base import Buffer
from pyaccel.backends.device_kept import KeptRows, whole_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyaccel.backends.device import Device
    from pyaccel.rows import Rows

_WORD = 4
FIXED_ROWS = "FIXED_ROWS"
_VARIED = np.uint64(2**64 - 1)


@dataclass(frozen=True)
class Chunk:
    """Rows first .. first + count of a batch.

    Attributes:
        rows: those of the batch.
        start, size: the bytes of rows.data that hold them.
        offsets: uint64[count + 1] into these bytes, or None.
        width, stride: as in Rows, where offsets is None.
    """

    first: int
    count: int
    rows: Rows
    start: int
    size: int
    offsets: npt.NDArray[np.uint64] | None
    width: int
    stride: int

    @property
    def data(self) -> npt.NDArray[np.uint8]:
        """The bytes, in host memory."""
        return self.rows.data[self.start : self.start + self.size]

    @property
    def lengths(self) -> npt.NDArray[np.uint64]:
        """Bytes of each row, uint64[count]."""
        return np.full(self.count, self.width, np.uint64) if self.offsets is None else np.diff(self.offsets)

    def row(self, i: int) -> bytes:
        """Row i of the chunk."""
        if self.offsets is None:
            return self.data[i * self.stride : i * self.stride + self.width].tobytes()
        return self.data[int(self.offsets[i]) : int(self.offsets[i + 1])].tobytes()


@dataclass(frozen=True)
class DeviceRows:
    """Rows in a device's buffer, as kernels/rows.h takes them.

    Attributes:
        data: the buffer.
        size: bytes in it that count.
        tail: those of a last word that is not whole, as a number, lowest byte first.
        offsets: buffer of uint64[n + 1], or None.
        width, stride: bytes of a row and from row to row, where offsets is None.
        prefix: a byte that stands before each row, or None.
    """

    data: Any
    size: int
    tail: int = 0
    offsets: Any = None
    width: int = 0
    stride: int = 0
    prefix: int | None = None

    @property
    def define(self) -> str:
        """The macro under which kernels are built for such rows."""
        return FIXED_ROWS if self.offsets is None else ""

    @property
    def arguments(self) -> tuple[Any, ...]:
        """What ROWS stands for in a kernel's parameters."""
        width = np.uint64(self.width) if self.offsets is None else _VARIED
        offsets = self.data if self.offsets is None else self.offsets
        prefix = np.uint32(0 if self.prefix is None else 0x100 | self.prefix)
        numbers = (width, np.uint64(self.stride), prefix)
        return self.data, np.uint64(self.size), np.uint32(self.tail), offsets, *numbers


def upload_rows(device: Device, chunk: Chunk, prefix: int | None = None) -> DeviceRows:
    """The rows of a chunk on the device. Inside device.batch()."""
    offsets = None if chunk.offsets is None else device.upload(chunk.offsets)
    layout = (offsets, chunk.width, chunk.stride, prefix)
    if isinstance(chunk.rows, KeptRows) and chunk.rows.stays_on(device):
        return DeviceRows(chunk.rows.part(device, chunk.start, chunk.size), whole_words(chunk.size), 0, *layout)
    data = chunk.data
    tail = int.from_bytes(data[chunk.size // _WORD * _WORD :].tobytes(), "little")
    return DeviceRows(device.upload(data), chunk.size, tail, *layout)


def host_bytes(name: str, value: Any, size: int) -> npt.NDArray[np.uint8]:
    """The flat first bytes of an output in host memory, writable through; ValueError where there are fewer."""
    array: npt.NDArray[np.uint8] = value.data if isinstance(value, Buffer) else value
    if isinstance(value, Buffer) and value.device != "native":
        raise ValueError(f"{name}: an output on {value.device} can't be written here")
    if array.dtype != np.uint8 or not array.flags.c_contiguous or array.nbytes < size:
        raise ValueError(f"{name}: {array.dtype}{list(array.shape)} came; wanted {size} contiguous bytes")
    return array.reshape(-1)[:size]


def output_bytes(name: str, value: Any, size: int) -> npt.NDArray[np.uint8] | KeptRows:
    """An output that `store` fills: rows that stay on a device, or as host_bytes."""
    return value if isinstance(value, KeptRows) else host_bytes(name, value, size)


def host_rows(name: str, value: Any, n: int) -> Rows:
    """The rows behind an input, which must lie in host memory, n of them or more; ValueError elsewhere."""
    if isinstance(value, Buffer):
        if value.device != "native" or value.layout != "canonical":
            raise ValueError(f"{name}: rows on {value.device} in layout {value.layout!r} can't be read here")
        value = value.data
    rows: Rows = value
    if rows.count is not None and rows.count < n:
        raise ValueError(f"{name}: {rows.count} rows came for a batch of {n}")
    return rows


def checked_offsets(name: str, rows: Rows, n: int) -> npt.NDArray[np.uint64]:
    """The n + 1 offsets of rows as a copy of their own, checked: the caller may be writing to his.

    Raises:
        ValueError: a row runs backwards or past the end of the data; names it.
    """
    assert rows.offsets is not None
    offsets = np.array(rows.offsets[: n + 1], np.uint64)
    wrong = (offsets[1:] < offsets[:-1]) | (offsets[1:] > len(rows.data))
    if bool(wrong.any()):
        i = int(wrong.argmax())
        raise ValueError(f"{name}: row {i} is bytes {offsets[i]} to {offsets[i + 1]} of {len(rows.data)}")
    return offsets


def chunks(name: str, rows: Rows, n: int, most_bytes: int, most_rows: int) -> Iterator[Chunk]:
    """Cuts the first n rows so that a chunk has at most most_bytes and most_rows, but at least one row.

    Args:
        name: the input's name, for errors.
        rows: n rows or more, or one for all.
        n: rows of the batch.
        most_bytes: of the memory that a chunk spans, gaps between rows included.
        most_rows: of a chunk.
    """
    if rows.offsets is None:
        fit = most_rows
        if rows.stride:
            fit = min(fit, max(0, most_bytes - rows.width) // rows.stride + 1)
        for first in range(0, n, fit):
            count = min(fit, n - first)
            start = first * rows.stride
            size = (count - 1) * rows.stride + rows.width
            yield Chunk(first, count, rows, start, size, None, rows.width, rows.stride)
        return
    offsets = checked_offsets(name, rows, n)
    first = 0
    while first < n:
        # Rows that lie on whole words stay on them.
        start = int(offsets[first]) // _WORD * _WORD
        fit = int(np.searchsorted(offsets, np.uint64(start + most_bytes), side="right")) - 1 - first
        count = min(max(fit, 1), most_rows, n - first)
        size = int(offsets[first + count]) - start
        relative = offsets[first : first + count + 1] - np.uint64(start)
        yield Chunk(first, count, rows, start, size, relative, 0, 0)
        first += count


class HostRows:
    """Rows that are copied into arrays of one width, or go to a device as they are."""

    def __init__(self, name: str, rows: Any, n: int, index: npt.NDArray[np.uint32] | None = None) -> None:
        """Args: index: which row serves each of n; None: its own."""
        self._rows: Rows = host_rows(name, rows, n if index is None else 0)
        self.index = index
        self._count = n if self._rows.count is None else self._rows.count
        self._offsets = None if self._rows.offsets is None else checked_offsets(name, self._rows, self._count)

    @property
    def one_for_all(self) -> bool:
        """Whether one row serves every one."""
        return self._rows.count is None

    def of(self, first: int, last: int) -> slice | npt.NDArray[np.uint32]:
        """What `part` and `widths` take for rows first .. last."""
        return slice(first, last) if self.index is None else self.index[first:last]

    def widths(self, which: slice | npt.NDArray[np.uint32]) -> set[int]:
        """Bytes that some of these rows have."""
        if self._offsets is None:
            return {self._rows.width}
        return set(np.unique(self._offsets[1:][which] - self._offsets[:-1][which]).tolist())

    def part(
        self, which: slice | npt.NDArray[np.uint32], width: int
    ) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_]]:
        """These rows as uint8[n, width], zeros where a length is another; and where it is this one."""
        rows = self._rows
        if self._offsets is None:
            n = which.stop - which.start if isinstance(which, slice) else len(which)
            if rows.width != width:
                return np.zeros((n, width), np.uint8), np.zeros(n, np.bool_)
            array = rows.array(which.stop if isinstance(which, slice) else self._count)
            assert array is not None
            return array[which], np.ones(n, np.bool_)
        starts = self._offsets[:-1][which]
        good = self._offsets[1:][which] - starts == width
        found = np.zeros((len(starts), width), np.uint8)
        found[good] = rows.data[starts[good, None] + np.arange(width, dtype=np.uint64)]
        return found, good

    def row(self, i: int) -> bytes:
        """Row i, which has no index."""
        return self.chunk(i, i + 1).row(0) if not self.one_for_all else self.chunk(0, 1).row(0)

    def chunk(self, first: int, last: int) -> Chunk:
        """Rows first .. last, which have no index, as they lie."""
        rows, count = self._rows, last - first
        if self._offsets is None:
            start = first * rows.stride
            size = (count - 1) * rows.stride + rows.width
            return Chunk(first, count, rows, start, size, None, rows.width, rows.stride)
        start = int(self._offsets[first]) // _WORD * _WORD
        size = int(self._offsets[last]) - start
        return Chunk(first, count, rows, start, size, self._offsets[first : last + 1] - np.uint64(start), 0, 0)
