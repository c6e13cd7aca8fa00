# SPDX-License-Identifier: Apache-2.0
"""Page-locked host memory and copies of an OpenCL queue."""

from __future__ import annotations

from typing import Any

import numpy as np

from pyaccel.backends.staging import PIECE, Bytes


class OpenCLLink:
    """Two mapped pieces, for one queue that runs in order (pyaccel.backends.staging.Link)."""

    def __init__(self, cl: Any, context: Any, queue: Any) -> None:
        """Args: cl: the pyopencl module."""
        self._cl = cl
        self._queue = queue
        flags = cl.mem_flags.READ_WRITE | cl.mem_flags.ALLOC_HOST_PTR
        self._locked = [cl.Buffer(context, flags, PIECE) for _ in range(2)]
        access = cl.map_flags.READ | cl.map_flags.WRITE
        self.pieces: list[Bytes] = [
            cl.enqueue_map_buffer(queue, locked, access, 0, (PIECE,), np.uint8)[0] for locked in self._locked
        ]

    def send(self, buffer: Any, offset: int, piece: Bytes) -> Any:
        """Enqueues a copy of a piece to byte `offset` of buffer."""
        return self._cl.enqueue_copy(self._queue, buffer, piece, dst_offset=offset, is_blocking=False)

    def fetch(self, piece: Bytes, buffer: Any, offset: int) -> Any:
        """Enqueues a copy from byte `offset` of buffer to a piece."""
        return self._cl.enqueue_copy(self._queue, piece, buffer, src_offset=offset, is_blocking=False)

    def wait(self, event: Any) -> None:
        """Returns when the copy is done."""
        event.wait()
