# SPDX-License-Identifier: Apache-2.0
"""The queues of an OpenCL device: kernels in one, copies there and back in two others, which run meanwhile."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from pyaccel.backends.opencl_staging import OpenCLLink
from pyaccel.backends.staging import LEAST, Staging


class Lane:
    """One queue that runs in order, and its page-locked pieces, which are made when they are first wanted."""

    def __init__(self, cl: Any, context: Any, *, staged: bool, profiling: bool) -> None:
        """Args: cl: the pyopencl module; staged: whether long copies go through page-locked memory."""
        self._cl = cl
        self._context = context
        self._staged = staged
        how = cl.command_queue_properties.PROFILING_ENABLE if profiling else 0
        self.queue = cl.CommandQueue(context, properties=how)

    @cached_property
    def _staging(self) -> Staging:
        return Staging(OpenCLLink(self._cl, self._context, self.queue))

    def _long(self, array: npt.NDArray[Any]) -> bool:
        return self._staged and array.nbytes >= LEAST and array.flags.c_contiguous

    def write(self, buffer: Any, array: npt.NDArray[Any], offset: int) -> None:
        """Copies array into buffer from byte `offset` on, after all of this queue; returns when it is there."""
        if self._long(array):
            self._staging.write(buffer, array.reshape(-1).view(np.uint8), offset)
        else:
            self._cl.enqueue_copy(self.queue, buffer, array, dst_offset=offset)

    def read(self, array: npt.NDArray[Any], buffer: Any, offset: int) -> None:
        """Fills array from byte `offset` of buffer, after all of this queue; returns when it is there."""
        if self._long(array):
            self._staging.read(array.reshape(-1).view(np.uint8), buffer, offset)
        elif array.nbytes:
            self._cl.enqueue_copy(self.queue, array, buffer, src_offset=offset)


class Lanes:
    """Three queues; one for all where memory is shared.

    Attributes:
        kernels: kernels, and copies that have their place in the order of kernels.
        sending: copies into new buffers, which nothing that was enqueued uses.
    """

    def __init__(self, cl: Any, context: Any, *, shared_memory: bool, profiling: bool) -> None:
        """Args: cl: the pyopencl module."""
        self._cl = cl

        def lane() -> Lane:
            return Lane(cl, context, staged=not shared_memory, profiling=profiling)

        self.kernels = lane()
        self.sending = self.kernels if shared_memory else lane()
        self._fetching = self.kernels if shared_memory else lane()

    def mark(self) -> Any:
        """An event behind all that is in the queue of kernels, which start now: a driver may wait for more of them."""
        event = self._cl.enqueue_marker(self.kernels.queue)
        self.kernels.queue.flush()
        return event

    def fetching_after(self, event: Any) -> Lane:
        """Where to read from what there is behind a mark."""
        self._cl.enqueue_barrier(self._fetching.queue, wait_for=[event])
        return self._fetching

    def finish(self) -> None:
        """Waits for all that was enqueued."""
        for lane in {id(one): one for one in (self.sending, self.kernels, self._fetching)}.values():
            lane.queue.finish()
