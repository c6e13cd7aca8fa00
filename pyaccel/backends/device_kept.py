# SPDX-License-Identifier: Apache-2.0
"""Rows that stay on a device between the calls of a graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from pyaccel.errors import DeviceError
from pyaccel.rows import Rows

if TYPE_CHECKING:
    from pyaccel.backends.device import Device

_WORD = 4
_Constants = dict[int, tuple[int, Any, npt.NDArray[Any]]]
_constants: WeakKeyDictionary[Device, _Constants] = WeakKeyDictionary()

IN_ORDER = np.arange(1 << 16, dtype=np.uint32)
"""0, 1, 2 and so on; as many as a chunk has signatures, mostly."""


def constant(device: Device, array: npt.NDArray[Any]) -> Any:
    """A buffer of an array that lives as long as the process and never changes; it goes over once. Inside batch()."""
    kept = _constants.setdefault(device, {})
    starts, memory, _ = kept.get(id(array), (-1, None, array))
    if starts != device.starts:
        memory = device.upload(array)
        kept[id(array)] = (device.starts, memory, array)
    return memory


def in_order(n: int) -> npt.NDArray[np.uint32]:
    """0, 1, .. n - 1, of IN_ORDER where that has as many."""
    return IN_ORDER[:n] if n <= len(IN_ORDER) else np.arange(n, dtype=np.uint32)


def upload_numbers(device: Device, numbers: npt.NDArray[np.uint32]) -> Any:
    """A buffer of numbers; those that are the first of IN_ORDER are there already. Inside device.batch()."""
    return constant(device, IN_ORDER) if numbers.base is IN_ORDER else device.upload(numbers)


class KeptRows(Rows):
    """Rows that are in host memory, on a device, or both; copied across once, when the other side first wants them.

    Whoever reads them as Rows reads them in host memory. One thread uses them, and one device.
    """

    __slots__ = ("_device", "_host", "_memory", "_size", "_starts")

    def __init__(self, rows: Rows | None, n: int = 0, width: int = 0) -> None:
        """Args: rows: in host memory, to be shared by calls; None: n rows of some width that a plan will `put`."""
        self._device: Device | None = None
        self._memory: Any = None
        self._starts = 0
        self._host = None if rows is None else rows.buffer
        self._size = n * width if rows is None else len(rows.data)
        self.native = None
        self.count: int | None = n if rows is None else rows.count
        self.width: int = width if rows is None else rows.width
        self.stride: int = width if rows is None else rows.stride
        self.offsets = None if rows is None else rows.offsets

    @property
    def buffer(self) -> bytes | npt.NDArray[np.uint8]:  # type: ignore[override]
        """The bytes in host memory.

        Raises:
            DeviceError: they were on a device that has failed since.
        """
        if self._host is None:
            assert self._device is not None, "no plan put anything here"
            self._host = np.empty(self._size, np.uint8)
            try:
                with self._device.batch():
                    self._device.read(self._host, self._on(self._device))
            except BaseException:
                self._host = None
                raise
        return self._host

    def stays_on(self, device: Device) -> bool:
        """Whether `part` gives memory of this device: what a device reads in host memory need not be copied there."""
        if self._memory is not None and self._device is device:
            return True
        return self._host is not None and device.memory > 0

    def part(self, device: Device, start: int, size: int) -> Any:
        """Memory of the device that begins with `size` bytes from `start` on, whole words. Inside device.batch()."""
        memory = self._on(device)
        if start == 0 and size == self._size:
            return memory
        some = device.allocate(whole_words(size))
        device.copy(some, memory, size, start)
        return some

    def put(self, device: Device, memory: Any, start: int, size: int) -> None:
        """Takes `size` bytes from memory as those from `start` on. Inside device.batch()."""
        if size == self._size:
            self._memory = memory
        else:
            if start == 0:
                self._memory = device.allocate(self._size)
            device.copy(self._memory, memory, size, 0, start)
        self._device, self._starts = device, device.starts

    def _on(self, device: Device) -> Any:
        """All of it on the device. Inside device.batch()."""
        if self._memory is not None and self._device is device and self._starts == device.starts:
            return self._memory
        if self._host is None:
            raise DeviceError(f"{device.name}: what it kept between calls was lost as it started anew")
        memory = device.allocate(max(whole_words(self._size), _WORD))
        if self._size:
            device.write(memory, self.data)
        self._memory, self._device, self._starts = memory, device, device.starts
        return memory

    def _slice(self, item: slice) -> Rows:
        return self if item.indices(len(self)) == (0, len(self), 1) else super()._slice(item)


def whole_words(size: int) -> int:
    """Bytes of the words that hold `size` bytes: kernels read whole ones."""
    return -(-size // _WORD) * _WORD


def kept_on(device: Device, rows: Rows, width: int) -> bool:
    """Whether these are rows of one width, one after the other, on the device."""
    fixed = rows.offsets is None and rows.stride == rows.width == width
    return fixed and isinstance(rows, KeptRows) and rows.stays_on(device)


def store(
    device: Device, output: npt.NDArray[np.uint8] | KeptRows, start: int, memory: Any, size: int, *, after: Any = None
) -> None:
    """Puts the first `size` bytes of memory into an output, from byte `start` on; after as Device.read's.

    Inside device.batch().
    """
    if isinstance(output, KeptRows):
        output.put(device, memory, start, size)
    else:
        device.read(output[start : start + size], memory, after=after)
