# SPDX-License-Identifier: Apache-2.0
"""Reasons of signatures from a device, chunk by chunk: one is prepared and sent while the one before it is verified."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pyaccel.backends.pipeline import pipelined

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pyaccel.backends.device import Device
    from pyaccel.backends.device_rows import Chunk

LENGTH = 1
"""PYACCEL_REASON_LENGTH"""


@dataclass(frozen=True)
class Begun:
    """A chunk whose kernels are launched.

    Attributes:
        memory: buffer of the reasons that the device finds, a byte a row.
        good: bool[rows], whether all lengths of a row are right; where not, that is its reason.
    """

    memory: Any
    good: npt.NDArray[np.bool_]


def find_reasons(
    device: Device, reasons: npt.NDArray[np.uint8], chunks: Iterable[Chunk], start: Callable[[Chunk], Begun]
) -> None:
    """Fills reasons of all rows. Args: start: begins a chunk, inside device.batch()."""

    def place_and_start(chunk: Chunk) -> tuple[int, Begun]:
        return chunk.first, start(chunk)

    def finish(started: tuple[int, Begun], after: Any) -> None:
        first, begun = started
        found = reasons[first : first + len(begun.good)]
        device.read(found, begun.memory, after=after)
        found[~begun.good] = LENGTH

    with device.batch():
        pipelined(device, chunks, place_and_start, finish)
