# SPDX-License-Identifier: Apache-2.0
"""What plans of verify_many share on devices: what they read and fill, and reasons chunk by chunk.

A chunk is prepared and sent while the one before it is verified.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pyaccel.backends.device_rows import Chunk, HostRows, host_bytes, host_rows
from pyaccel.backends.pipeline import pipelined

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pyaccel.backends.base import Inputs, Outputs
    from pyaccel.backends.device import Device
    from pyaccel.rows import Rows

LENGTH = 1
"""PYACCEL_REASON_LENGTH"""


def signed_rows(inputs: Inputs, n: int) -> tuple[HostRows, Rows, HostRows]:
    """Public keys, messages and signatures of n rows of verify_many.

    Prepared keys are taken from the bytes that they keep: their points and tables are the CPU's.
    """
    keys: Any = inputs["public_keys"]
    messages = host_rows("messages", inputs["messages"], n)
    key_rows = HostRows("public_keys", getattr(keys, "rows", keys), n, inputs.get("key_index"))
    return key_rows, messages, HostRows("signatures", inputs["signatures"], n)


def verdicts_and_reasons(outputs: Outputs, n: int) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Memory for n verdicts and reasons of verify_many: the caller's, or for reasons that nobody wants its own."""
    verdicts, codes = host_bytes("verdicts", outputs["verdicts"], n), outputs.get("reasons")
    return verdicts, np.empty(n, np.uint8) if codes is None else host_bytes("reasons", codes, n)


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
