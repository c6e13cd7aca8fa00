# SPDX-License-Identifier: Apache-2.0
"""What plans ask of a device that runs kernels/, whichever driver it is behind: OpenCL or CUDA."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from pyaccel.backends.base import Capabilities, Declined, Parameters, Plan, Unavailable
from pyaccel.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyaccel.operations import Operation

LOCAL_SIZE = 64
"""Work items of a group, for every kernel: one size, because some runtimes compile anew for each."""

LARGEST_CHUNK = 1 << 30
"""Most of Device.chunk_bytes."""

COPIED_CHUNK = 16 << 20
"""Device.copied_bytes: a millisecond on the link, twenty times what it costs to launch a kernel more."""

_PROOF_ITEMS = 100


class Memory(Protocol):
    """A buffer on a device, freed when nothing refers to it any more."""

    @property
    def size(self) -> int:
        """Bytes."""
        ...


class Device(Protocol):
    """One batch at a time, from any thread. All but batch() and the attributes is called inside batch().

    Attributes:
        name: spelling in `device=`.
        kind: which shipped cost curves hold: "opencl-cpu", "opencl-gpu" or "cuda-gpu".
        memory: bytes of its own memory, 0 where it shares the host's.
        chunk_bytes: most bytes of one kind (rows, digests, nodes) that are on the device at a time, unless a single row
            is longer.
        starts: how often it was started anew: what lay on it before is gone.
        build_options: of every program; `forget` after a change.
        profiling: whether launches tell their times; likewise.
    """

    name: str
    kind: str
    memory: int
    chunk_bytes: int
    starts: int
    build_options: list[str]
    profiling: bool

    @property
    def copied_bytes(self) -> int:
        """Most bytes of a chunk where copies of one overlap kernels of another; chunk_bytes where nothing is copied."""
        ...

    def batch(self) -> AbstractContextManager[None]:
        """Has the device for itself; any failure inside becomes DeviceError and a fresh start for the next batch."""
        ...

    def build(self, path: str, define: str = "") -> Any:
        """Compiles kernels/<path>, once, with a macro defined if one is named."""
        ...

    def launch(self, path: str, entry: str, n: int, *arguments: Any, define: str = "") -> Any:
        """Enqueues kernel `entry` of kernels/<path> over n work items; n follows the arguments.

        Args:
            path: below kernels/.
            entry: name of the kernel.
            n: work items.
            arguments: buffers of this device, and numpy scalars of the kernel's own types.
            define: the macro under which the kernel is built.

        Returns:
            What `seconds` takes.
        """
        ...

    def upload(self, array: npt.NDArray[Any]) -> Any:
        """A buffer that kernels read array from, without a copy where memory is shared; else it goes over meanwhile.

        Kernels that were launched before go on; array may change once this returns, unless memory is shared.
        """
        ...

    def allocate(self, size: int) -> Any:
        """A buffer of size bytes, contents undefined."""
        ...

    def zeros(self, size: int) -> Any:
        """A buffer of size bytes that are all 0; nothing goes over the link."""
        ...

    def write(self, buffer: Any, array: npt.NDArray[Any], offset: int = 0) -> None:
        """Copies array into buffer, from byte `offset` of it; array may change once this returns."""
        ...

    def mark(self) -> Any:
        """The place behind all that was launched so far, for `read`; the last two hold."""
        ...

    def read(self, array: npt.NDArray[Any], buffer: Any, offset: int = 0, *, after: Any = None) -> None:
        """Fills array from byte `offset` of buffer.

        Args:
            array: contiguous.
            buffer: of this device.
            offset: in the buffer.
            after: a mark: kernels that were launched behind it are not waited for. None: after all that was enqueued.
        """
        ...

    def copy(self, buffer: Any, source: Any, size: int, source_offset: int = 0, offset: int = 0) -> None:
        """Copies size bytes from byte `source_offset` of source to byte `offset` of buffer."""
        ...

    def seconds(self, launched: Any) -> float:
        """What a launch took by the device's own clock, once its batch is over, where `profiling`. Outside batch()."""
        ...

    def forget(self) -> None:
        """Lets go of all that was made on the device: the next batch starts anew. Outside batch()."""
        ...

    def facts(self) -> dict[str, str]:
        """What `pyaccel info` shows beside the device's name. Outside batch() too."""
        ...

    def described(self) -> str | Unavailable:
        """The device's own name, or what it lacks for kernels/. Outside batch() too."""
        ...

    def unusable(self) -> Unavailable | None:
        """Why it can't be used in this process any more (a fork), or None. Outside batch() too."""
        ...


class DeviceBackend:
    """One device. Used from any thread; in a child forked after its driver was loaded it declines everything."""

    def __init__(self, name: str, device: Device | Unavailable, kind: str) -> None:
        """Args: name: spelling in `device=`; device: it, or why there is none; kind: as Device.kind."""
        self._name = name
        self._device = device
        self._kind = kind
        self._lock = threading.Lock()
        self._probed: Capabilities | Unavailable | None = None

    @property
    def name(self) -> str:
        """As `device=` spells it: opencl:0, cuda:1."""
        return self._name

    @property
    def kind(self) -> str:
        """As Device.kind."""
        return self._kind

    @property
    def device(self) -> Device | None:
        """What plans run on, None where there is none."""
        return None if isinstance(self._device, Unavailable) else self._device

    def probe(self) -> Capabilities | Unavailable:
        """Builds and runs a small kernel, once, and compares what it computes."""
        if isinstance(self._device, Unavailable):
            return self._device
        if lost := self._device.unusable():
            return lost
        with self._lock:
            if self._probed is None:
                self._probed = self._prove(self._device)
            return self._probed

    def prepare(self, operation: Operation, parameters: Parameters) -> Plan | Declined:
        """A plan for what has kernels, those built."""
        from pyaccel.backends.device_plans import plan_of

        probed = self.probe()
        if isinstance(probed, Unavailable):
            return Declined(probed.reason)
        assert not isinstance(self._device, Unavailable)
        plan = plan_of(self._device, operation, parameters)
        if not isinstance(plan, Declined):
            try:
                plan.build()
            except DeviceError as error:
                return Declined(str(error))
        return plan

    @staticmethod
    def _prove(device: Device) -> Capabilities | Unavailable:
        proved = prove(device)
        if isinstance(proved, Unavailable):
            return Unavailable(f"it does not pass its first test: {proved.reason}")
        return Capabilities(proved, device.facts(), device.memory)


def prove(device: Device) -> str | Unavailable:
    """Builds and runs kernels/check/platform.cl and compares; the device's own name, or why it is not usable."""
    products, words, met = np.zeros(_PROOF_ITEMS, np.uint64), np.zeros(_PROOF_ITEMS, ">u4"), np.zeros(1, np.uint32)
    results: tuple[npt.NDArray[Any], ...] = (products, words, met)
    try:
        described = device.described()
        if isinstance(described, Unavailable):
            return described
        with device.batch():
            buffers = [device.allocate(array.nbytes) for array in results]
            device.write(buffers[2], met)
            device.launch("check/platform.cl", "check_platform", _PROOF_ITEMS, *buffers)
            for array, buffer in zip(results, buffers, strict=True):
                device.read(array, buffer)
    except Exception as error:  # noqa: BLE001 - a broken runtime may raise anything
        why = error.__cause__ or error
        return Unavailable(" ".join(str(why).split())[:500] or type(why).__name__)
    answers = list(zip(map(int, products), map(int, words), strict=True))
    if answers != check_numbers(_PROOF_ITEMS) or met[0] != 1:
        return Unavailable("it computes wrong numbers")
    return described


def check_numbers(n: int) -> Sequence[tuple[int, int]]:
    """What kernels/check/platform.cl must answer, in Python integers (formula there): products and words."""
    numbers = []
    for i in range(n):
        x = (i + 1) * 0x9E3779B97F4A7C15 % (1 << 64)
        low = x % (1 << 32)
        turned = (low >> 7 | low << 25) % (1 << 32)
        numbers.append((x * 0xD6E8FEB86659FD93 >> 64 ^ turned << 16, turned))
    return numbers
