# SPDX-License-Identifier: Apache-2.0
"""Memory of one CUDA context: buffers that are used again, and page-locked pieces of the host's."""

from __future__ import annotations

import ctypes
from collections import defaultdict
from typing import Any

import numpy as np

from pyaccel.backends.cuda_loader import CudaError, Driver
from pyaccel.backends.staging import PIECE, Bytes

OUT_OF_MEMORY = 2
"""CUDA_ERROR_OUT_OF_MEMORY."""
_SMALL, _LARGE = 256, 1 << 20
"""Sizes are rounded up to a power of two from the first up to the second, then to a multiple of that."""
_EVENT_WITHOUT_TIME = 2
"""CU_EVENT_DISABLE_TIMING."""


class CudaBuffer:
    """Device memory; back with its heap when nothing refers to it any more, from whatever thread that is."""

    __slots__ = ("_heap", "_home", "address", "size")

    def __init__(self, heap: Heap, address: int, size: int) -> None:
        self._heap = heap
        self._home = heap.free[rounded(size)]  # found now: at the end of the process there are no more functions
        self.address = address
        self.size = size

    def __del__(self) -> None:
        self._home.append((self.address, self._heap.launched))


class Heap:
    """What was allocated in a context and not given back to the driver.

    cuMemFree waits for the whole device, and cuMemAlloc takes longer than a kernel; a batch allocates ten times. Blocks
    go from one user to the next without waiting, where all work on both is enqueued in the stream of kernels, in order.
    What another stream writes to must be idle: nothing that was launched may use it any more. Nothing here is called by
    the garbage collector but an append: it may run in any thread, in a forked child too.

    Attributes:
        free: by rounded size, addresses, and how much was launched when they came back.
        launched: how much was enqueued in the stream of kernels.
        done: how much of it is known to be over.
    """

    def __init__(self, driver: Driver, most: int) -> None:
        """Args: driver: the driver; most: bytes that trim() leaves with the heap."""
        self._driver = driver
        self._most = most
        self.free: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
        self.launched = 0
        self.done = 0

    def allocate(self, size: int, *, idle: bool = False) -> CudaBuffer:
        """A buffer of size bytes; CudaError where there is no room even when all that is free was given back.

        Args:
            size: bytes.
            idle: whether it is for another stream than that of kernels.
        """
        block = rounded(size)
        free = self.free[block]
        for i in range(len(free) - 1, -1, -1):
            if not idle or free[i][1] <= self.done:
                return CudaBuffer(self, free.pop(i)[0], size)
        try:
            address = self._driver.call("cuMemAlloc", block)
        except CudaError as error:
            if error.status != OUT_OF_MEMORY:
                raise
            self.give_back()
            address = self._driver.call("cuMemAlloc", block)
        return CudaBuffer(self, int(address), size)

    def trim(self) -> None:
        """Gives all that is free back to the driver where it is more than may stay."""
        if sum(block * len(free) for block, free in list(self.free.items())) > self._most:
            self.give_back()

    def give_back(self) -> None:
        """Gives all that is free back to the driver."""
        for free in list(self.free.values()):
            while free:
                self._driver.call("cuMemFree", free.pop()[0])


def rounded(size: int) -> int:
    """Bytes of the block that a buffer of `size` bytes is given."""
    if size >= _LARGE:
        return -(-size // _LARGE) * _LARGE
    return max(_SMALL, 1 << (size - 1).bit_length())


class CudaLink:
    """Two page-locked pieces, for one stream (pyaccel.backends.staging.Link)."""

    def __init__(self, driver: Driver, stream: Any) -> None:
        """Args: driver: the driver; stream: of the current context, with which the pieces go."""
        self._driver = driver
        self._stream = stream
        addresses = [int(driver.call("cuMemHostAlloc", PIECE, 0)) for _ in range(2)]
        self.pieces: list[Bytes] = [
            np.ctypeslib.as_array((ctypes.c_uint8 * PIECE).from_address(address)) for address in addresses
        ]
        self._events = [driver.call("cuEventCreate", _EVENT_WITHOUT_TIME) for _ in range(2)]
        self._next = 0

    def send(self, buffer: CudaBuffer, offset: int, piece: Bytes) -> Any:
        """Enqueues a copy of a piece to byte `offset` of buffer."""
        self._driver.call("cuMemcpyHtoDAsync", buffer.address + offset, piece.ctypes.data, piece.nbytes, self._stream)
        return self._recorded()

    def fetch(self, piece: Bytes, buffer: CudaBuffer, offset: int) -> Any:
        """Enqueues a copy from byte `offset` of buffer to a piece."""
        self._driver.call("cuMemcpyDtoHAsync", piece.ctypes.data, buffer.address + offset, piece.nbytes, self._stream)
        return self._recorded()

    def wait(self, event: Any) -> None:
        """Returns when the copy is done."""
        self._driver.call("cuEventSynchronize", event)

    def _recorded(self) -> Any:
        """An event behind all that was enqueued; of two copies, each has its own."""
        self._next = 1 - self._next
        event = self._events[self._next]
        self._driver.call("cuEventRecord", event, self._stream)
        return event
