# SPDX-License-Identifier: Apache-2.0
"""Chunks of a batch on their way at a time: one is copied to the device while the one before it is computed there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pyaccel.backends.device import Device

C = TypeVar("C")
B = TypeVar("B")


def pipelined(device: Device, chunks: Iterable[C], start: Callable[[C], B], finish: Callable[[B, Any], None]) -> None:
    """Starts every chunk before the one before it is finished: two are on the device. Inside device.batch().

    While the kernels of chunk k run, chunk k + 1 goes over (Device.upload), and the results of k - 1 come back.

    Args:
        device: where.
        chunks: in their order.
        start: uploads a chunk and launches its kernels; gives what finish needs, and all memory that kernels read.
        finish: reads the results of what start gave, with `after=` its second argument.
    """
    begun: tuple[B, Any] | None = None
    for chunk in chunks:
        following = start(chunk), device.mark()
        if begun is not None:
            finish(*begun)
        begun = following
    if begun is not None:
        finish(*begun)
