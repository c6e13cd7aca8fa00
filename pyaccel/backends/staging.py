# SPDX-License-Identifier: Apache-2.0
"""Copies to and from a device with memory of its own, through page-locked pieces.

A driver copies pageable memory through one small buffer of its own, and new memory page by page: 64 MiB took 40 ms on
an H100. Two pieces that stay, one filled while the other is on its way, are bound by the host's own copying.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

PIECE = 4 << 20
"""Bytes of a page-locked piece; two of them a device."""
LEAST = 1 << 16
"""Bytes from which a copy goes through the pieces. Keys are shorter: they are never in them."""

Bytes = npt.NDArray[np.uint8]


class Link(Protocol):
    """One queue of a driver that runs in order, and two page-locked pieces of host memory."""

    @property
    def pieces(self) -> Sequence[Bytes]:
        """Two, of PIECE bytes."""
        ...

    def send(self, buffer: Any, offset: int, piece: Bytes) -> Any:
        """Enqueues a copy of a piece to byte `offset` of buffer; an event that wait() takes."""
        ...

    def fetch(self, piece: Bytes, buffer: Any, offset: int) -> Any:
        """Enqueues a copy from byte `offset` of buffer to a piece; an event that wait() takes."""
        ...

    def wait(self, event: Any) -> None:
        """Returns when the copy is done."""
        ...


class Staging:
    """Copies of any length over a link."""

    def __init__(self, link: Link) -> None:
        """Args: link: of the device's queue."""
        self._link = link

    def write(self, buffer: Any, data: Bytes, offset: int) -> None:
        """Puts data into buffer from byte `offset` of it; data may change once this returns."""
        link = self._link
        copied: list[Any] = [None, None]
        for i, start in enumerate(range(0, data.nbytes, PIECE)):
            if copied[i % 2] is not None:
                link.wait(copied[i % 2])
            part = data[start : start + PIECE]
            piece = link.pieces[i % 2][: part.nbytes]
            piece[:] = part
            copied[i % 2] = link.send(buffer, offset + start, piece)
        for event in copied:
            if event is not None:
                link.wait(event)

    def read(self, data: Bytes, buffer: Any, offset: int) -> None:
        """Fills data from byte `offset` of buffer, after all that was enqueued before."""
        link = self._link
        coming: list[Any] = []
        starts = range(0, data.nbytes, PIECE)
        for i in range(len(starts) + 1):
            if i < len(starts):
                piece = link.pieces[i % 2][: min(PIECE, data.nbytes - starts[i])]
                coming.append(link.fetch(piece, buffer, offset + starts[i]))
            if i > 0:
                link.wait(coming[i - 1])
                part = data[starts[i - 1] : starts[i - 1] + PIECE]
                part[:] = link.pieces[(i - 1) % 2][: part.nbytes]
