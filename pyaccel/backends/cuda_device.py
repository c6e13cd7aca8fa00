# SPDX-License-Identifier: Apache-2.0
"""One CUDA device: a context of its own, a stream and modules, and one batch at a time.

The context is not the primary one, which CUDA's runtime and so every other library of the process uses. A kernel that
fails takes its context with it; only ours is then destroyed and made anew, and no batch leaves it current. NVIDIA says
that after some faults no context of the process works any more: then every next batch fails too, as DeviceError, and
its rows are computed elsewhere. `cuDevicePrimaryCtxReset`, which would pull memory from under other libraries, is never
called.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pyaccel.backends.base import Unavailable
from pyaccel.backends.cuda_compiler import CompileError, Compiler, Nvrtc
from pyaccel.backends.cuda_loader import CudaError, Driver, forked
from pyaccel.backends.cuda_memory import OUT_OF_MEMORY, CudaBuffer, CudaLink, Heap
from pyaccel.backends.device import COPIED_CHUNK, LARGEST_CHUNK, LOCAL_SIZE
from pyaccel.backends.kernel_source import kernel_source
from pyaccel.backends.moved import count_from_device, count_to_device
from pyaccel.backends.program_cache import ProgramCache
from pyaccel.backends.staging import LEAST, Staging
from pyaccel.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLOCKING_SYNC = 4
"""CU_CTX_SCHED_BLOCKING_SYNC: a thread that waits for a batch leaves its core to others."""
_NON_BLOCKING = 1
"""CU_STREAM_NON_BLOCKING: no order with the default stream, which is other libraries' too."""
_BAD_BINARIES = (200, 209, 218)
"""CUDA_ERROR_INVALID_IMAGE, _NO_BINARY_FOR_GPU, _INVALID_PTX: what was kept is compiled anew."""
_TIMED, _WITHOUT_TIME = 0, 2
"""CU_EVENT_DEFAULT, CU_EVENT_DISABLE_TIMING."""
_MARKS = 4


@dataclass(frozen=True)
class Mark:
    """A place in the order of launches: an event behind them, and how many they were."""

    event: Any
    launched: int


class _Lane:
    """One stream, and its page-locked pieces, which are made when they are first wanted: they are dear."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self.stream = driver.call("cuStreamCreate", _NON_BLOCKING)

    @cached_property
    def _staging(self) -> Staging:
        return Staging(CudaLink(self._driver, self.stream))

    def write(self, buffer: CudaBuffer, data: npt.NDArray[np.uint8], offset: int) -> None:
        """Copies data into buffer, after all of this stream; data may change once this returns."""
        if data.nbytes >= LEAST:
            self._staging.write(buffer, data, offset)
        elif data.nbytes:
            # Of pageable memory the driver has a copy when it returns.
            place = buffer.address + offset
            self._driver.call("cuMemcpyHtoDAsync", place, int(data.ctypes.data), data.nbytes, self.stream)

    def read(self, data: npt.NDArray[np.uint8], buffer: CudaBuffer, offset: int) -> None:
        """Fills data, after all of this stream; returns when it is there."""
        if data.nbytes >= LEAST:
            self._staging.read(data, buffer, offset)
        elif data.nbytes:
            place = buffer.address + offset
            self._driver.call("cuMemcpyDtoHAsync", int(data.ctypes.data), place, data.nbytes, self.stream)
            self.finish()

    def finish(self) -> None:
        """Waits for all that was enqueued in this stream."""
        self._driver.call("cuStreamSynchronize", self.stream)


class _Session:
    """What is made on the device at first use and after a failure. Its methods are called with the context current."""

    def __init__(self, driver: Driver, handle: Any, kept: int) -> None:
        """Makes the context, current in this thread; nothing of it is left where that fails."""
        self.driver = driver
        # CUDA 13 has parameters of the context in front, for which there is a default.
        before = () if int(driver.api.CUDA_VERSION) < 13000 else (None,)
        self.context = driver.call("cuCtxCreate", *before, _BLOCKING_SYNC, handle)
        self.heap = Heap(driver, kept)
        self.modules: dict[tuple[str, str], Any] = {}
        self.functions: dict[tuple[str, str, str], Any] = {}
        try:
            self.kernels, self.sending, self.fetching = (_Lane(driver) for _ in range(3))
            self._marks = [driver.call("cuEventCreate", _WITHOUT_TIME) for _ in range(_MARKS)]
        except CudaError:
            self.destroy()
            raise

    def destroy(self) -> None:
        """Ends the context, and all that was made in it, also where the device is lost; then it is current no more."""
        with suppress(CudaError):
            self.driver.call("cuCtxDestroy", self.context)

    def finish(self) -> None:
        """Waits for all that was enqueued."""
        for lane in (self.sending, self.kernels, self.fetching):
            lane.finish()
        self.heap.done = self.heap.launched
        self.heap.trim()

    def mark(self) -> Mark:
        """The place behind all that was launched so far; the last _MARKS of them hold."""
        event = self._marks.pop(0)
        self._marks.append(event)
        self.driver.call("cuEventRecord", event, self.kernels.stream)
        return Mark(event, self.heap.launched)


class Device:
    """As pyaccel.backends.device.Device.

    Attributes:
        build_options, profiling: as there.
    """

    kind = "cuda-gpu"

    def __init__(
        self, name: str, driver: Driver, number: int, nvrtc: Nvrtc | None = None, programs: ProgramCache | None = None
    ) -> None:
        """Asks the driver for facts; makes nothing on the device yet.

        Args:
            name: spelling in `device=`.
            driver: the driver, started.
            number: of the device in its order.
            nvrtc: the compiler.
            programs: where compiled kernels are kept; the user's cache directory by default.

        Raises:
            CudaError: the driver does not know the device.
            CompileError: there is no compiler.
        """
        self.name = name
        self._driver = driver
        self._handle = driver.call("cuDeviceGet", number)
        self._lock = threading.RLock()
        self._session: _Session | None = None
        self._capability = self._attribute("COMPUTE_CAPABILITY_MAJOR"), self._attribute("COMPUTE_CAPABILITY_MINOR")
        nvrtc = nvrtc or Nvrtc()
        self._compiled_by = nvrtc.version()
        self._architecture = nvrtc.target(*self._capability)
        if not isinstance(self._architecture, Unavailable):
            self._compiler = Compiler(nvrtc, self._architecture, programs or ProgramCache())
        total = int(driver.call("cuDeviceTotalMem", self._handle))
        self._largest_buffer = total
        self._kept = total // 8
        self.memory = 0 if self._attribute("INTEGRATED") else total
        self.chunk_bytes = min(total // 4, LARGEST_CHUNK)
        self.starts = 0
        self.profiling = False
        self.build_options: list[str] = []

    def _attribute(self, name: str) -> int:
        which = getattr(self._driver.api.CUdevice_attribute, f"CU_DEVICE_ATTRIBUTE_{name}")
        return int(self._driver.call("cuDeviceGetAttribute", which, self._handle))

    @property
    def copied_bytes(self) -> int:
        """As pyaccel.backends.device.Device."""
        return min(self.chunk_bytes, COPIED_CHUNK)

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Has the device for itself; any failure inside becomes DeviceError and a fresh start for the next batch.

        Room that is missing is DeviceError too, but what lies on the device stays: it is still good.
        """
        if lost := forked():
            raise DeviceError(f"{self.name}: {lost.reason}")
        with self._lock:
            try:
                session = self._entered()
                try:
                    try:
                        yield
                    except BaseException:
                        # Copies may still be using the caller's memory; what failed first is the reason.
                        with suppress(CudaError):
                            session.finish()
                        raise
                    session.finish()
                finally:
                    self._driver.call("cuCtxPopCurrent")
            except (CudaError, MemoryError) as error:
                if not isinstance(error, CudaError) or error.status != OUT_OF_MEMORY:
                    self.forget()
                raise DeviceError(f"{self.name}: {error or type(error).__name__}") from error

    def _entered(self) -> _Session:
        """The session, its context current in this thread."""
        if self._session is None:
            self._session = _Session(self._driver, self._handle, self._kept)
        else:
            self._driver.call("cuCtxPushCurrent", self._session.context)
        return self._session

    def forget(self) -> None:
        """Lets go of all that was made on the device: the next batch starts anew. Outside batch()."""
        with self._lock:
            self.starts += 1
            session, self._session = self._session, None
            if session is not None:
                session.destroy()

    @property
    def _here(self) -> _Session:
        assert self._session is not None, "outside batch()"
        return self._session

    def build(self, path: str, define: str = "") -> Any:
        """Compiles kernels/<path>, once, with a macro defined if one is named. Inside batch()."""
        modules = self._here.modules
        if (path, define) not in modules:
            options = (*self.build_options, *([f"-D{define}"] if define else []))
            text = kernel_source(path)
            try:
                try:
                    binary = self._compiler.binary(text, path, options)
                    modules[path, define] = self._driver.call("cuModuleLoadData", binary)
                except CudaError as error:
                    if error.status not in _BAD_BINARIES:
                        raise
                    binary = self._compiler.binary(text, path, options, anew=True)
                    modules[path, define] = self._driver.call("cuModuleLoadData", binary)
            except CompileError as error:
                raise DeviceError(f"{self.name}: {error}") from error
        return modules[path, define]

    def launch(self, path: str, entry: str, n: int, *arguments: Any, define: str = "") -> Any:
        """Enqueues kernel `entry` of kernels/<path> over n work items; n follows the arguments. Inside batch().

        Returns:
            What `seconds` takes.
        """
        session = self._here
        function = session.functions.get((path, define, entry))
        if function is None:
            module = self.build(path, define)
            function = session.functions[path, define, entry] = self._driver.call(
                "cuModuleGetFunction", module, entry.encode()
            )
        # The driver takes the low bytes of each: as many as the parameter has.
        values = np.array([_word(argument) for argument in (*arguments, np.uint32(n))], np.uint64)
        places = np.arange(len(values), dtype=np.uint64) * np.uint64(8) + np.uint64(values.ctypes.data)
        blocks = -(-n // LOCAL_SIZE)
        start = self._moment()
        shape = (blocks, 1, 1, LOCAL_SIZE, 1, 1, 0)
        session.heap.launched += 1
        self._driver.call("cuLaunchKernel", function, *shape, session.kernels.stream, int(places.ctypes.data), 0)
        return start, self._moment()

    def seconds(self, launched: Any) -> float:
        """What a launch took by the device's own clock, once its batch is over, where `profiling`."""
        with self.batch():
            return float(self._driver.call("cuEventElapsedTime", *launched)) * 1e-3

    def _moment(self) -> Any:
        """An event behind all that was enqueued, while profiling."""
        if not self.profiling:
            return None
        event = self._driver.call("cuEventCreate", _TIMED)
        self._driver.call("cuEventRecord", event, self._here.kernels.stream)
        return event

    def upload(self, array: npt.NDArray[Any]) -> CudaBuffer:
        """A buffer that kernels read array from. Inside batch()."""
        self._check_size(array.nbytes)
        session, data = self._here, np.ascontiguousarray(array).reshape(-1).view(np.uint8)
        buffer = session.heap.allocate(max(data.nbytes, 4), idle=True)
        count_to_device(data.nbytes)
        session.sending.write(buffer, data, 0)
        session.sending.finish()
        return buffer

    def allocate(self, size: int) -> CudaBuffer:
        """A buffer of size bytes, contents undefined. Inside batch()."""
        self._check_size(size)
        return self._here.heap.allocate(size)

    def zeros(self, size: int) -> CudaBuffer:
        """A buffer of size bytes that are all 0; nothing goes over the link. Inside batch()."""
        buffer = self.allocate(size)
        self._here.heap.launched += 1
        self._driver.call("cuMemsetD8Async", buffer.address, 0, size, self._here.kernels.stream)
        return buffer

    def write(self, buffer: CudaBuffer, array: npt.NDArray[Any], offset: int = 0) -> None:
        """Copies array into buffer, from byte `offset` of it. Inside batch()."""
        data = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
        self._check_range(buffer, offset, data.nbytes)
        count_to_device(data.nbytes)
        session = self._here
        session.heap.launched += 1
        session.kernels.write(buffer, data, offset)

    def mark(self) -> Mark:
        """The place behind all that was launched so far, for `read`. Inside batch()."""
        return self._here.mark()

    def read(self, array: npt.NDArray[Any], buffer: CudaBuffer, offset: int = 0, *, after: Mark | None = None) -> None:
        """Fills array from byte `offset` of buffer, after a mark, or after all that was enqueued. Inside batch()."""
        data = array.reshape(-1).view(np.uint8)
        assert data.nbytes == 0 or np.shares_memory(data, array), "only contiguous memory is filled"
        self._check_range(buffer, offset, data.nbytes)
        count_from_device(data.nbytes)
        session = self._here
        if after is None:
            after = Mark(None, session.heap.launched)
            session.kernels.read(data, buffer, offset)
        else:
            self._driver.call("cuStreamWaitEvent", session.fetching.stream, after.event, 0)
            session.fetching.read(data, buffer, offset)
        if data.nbytes:
            session.heap.done = max(session.heap.done, after.launched)

    def copy(self, buffer: CudaBuffer, source: CudaBuffer, size: int, source_offset: int = 0, offset: int = 0) -> None:
        """Copies size bytes from byte `source_offset` of source to byte `offset` of buffer. Inside batch()."""
        self._check_range(buffer, offset, size)
        self._check_range(source, source_offset, size)
        to, of = buffer.address + offset, source.address + source_offset
        self._here.heap.launched += 1
        self._driver.call("cuMemcpyDtoDAsync", to, of, size, self._here.kernels.stream)

    def facts(self) -> dict[str, str]:
        """What `pyaccel info` shows beside the device's name."""
        major, minor = self._capability
        version = self._driver.version
        return {
            "platform": "CUDA",
            "version": f"compute capability {major}.{minor}, compiler {self._compiled_by}",
            "driver": f"CUDA {version // 1000}.{version % 1000 // 10}",
            "compute units": str(self._attribute("MULTIPROCESSOR_COUNT")),
        }

    def described(self) -> str | Unavailable:
        """The device's own name, or what it lacks for kernels/."""
        if isinstance(self._architecture, Unavailable):
            return self._architecture
        name = self._driver.call("cuDeviceGetName", 256, self._handle)
        return " ".join(name.split(b"\0")[0].decode().split())

    def unusable(self) -> Unavailable | None:
        """Why it can't be used in this process any more, or None."""
        return forked()

    def _check_size(self, size: int) -> None:
        if size > self._largest_buffer:
            raise DeviceError(f"{self.name}: {size} bytes are more than a buffer of it holds ({self._largest_buffer})")

    def _check_range(self, buffer: CudaBuffer, offset: int, size: int) -> None:
        """The driver checks addresses against its blocks, which are larger than buffers."""
        if offset < 0 or offset + size > buffer.size:
            raise DeviceError(f"{self.name}: bytes {offset} to {offset + size} of a buffer of {buffer.size}")


def _word(argument: Any) -> int:
    return argument.address if isinstance(argument, CudaBuffer) else int(argument)
