# SPDX-License-Identifier: Apache-2.0
"""One OpenCL device: its context, queue and programs, and one batch at a time."""

from __future__ import annotations

import threading
import warnings
from collections import deque
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pyaccel.backends.base import Unavailable
from pyaccel.backends.device import COPIED_CHUNK, LARGEST_CHUNK, LOCAL_SIZE
from pyaccel.backends.kernel_source import kernel_source
from pyaccel.backends.moved import count_from_device, count_to_device
from pyaccel.backends.opencl_lanes import Lanes
from pyaccel.backends.opencl_loader import forked
from pyaccel.backends.program_cache import ProgramCache
from pyaccel.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Iterator

_build_lock = threading.Lock()


@dataclass(frozen=True)
class Mark:
    """A place in the order of launches.

    Attributes:
        event: behind them, None where reading waits for all.
        uploads: how many came before.
    """

    event: Any
    uploads: int


class Device:
    """Owns what a device keeps between batches; all of it is made at first use and after a failure.

    Attributes:
        name: "opencl:0".
        chunk_bytes: as pyaccel.backends.device.Device.
        kind: "opencl-cpu" or "opencl-gpu" (accelerators too).
        memory: bytes of its own memory, 0 where it shares the host's.
        build_options: of every program.
        starts: how often it was started anew: what lay on it before is gone.
        profiling: whether events of launches tell their times; `forget` after a change.
    """

    def __init__(self, name: str, cl: Any, handle: Any, programs: ProgramCache | None = None) -> None:
        """Asks the driver for facts; makes nothing on the device yet.

        Args:
            name: spelling in `device=`.
            cl: the pyopencl module.
            handle: its Device.
            programs: where compiled kernels are kept; the user's cache directory by default.
        """
        self.name = name
        self._cl = cl
        self._handle = handle
        self._kept = programs or ProgramCache()
        self._lock = threading.RLock()
        self._context: Any = None
        self._lanes: Lanes | None = None
        self._programs: dict[tuple[str, str], Any] = {}
        self._kernels: dict[tuple[str, str, str], Any] = {}
        self._shared_memory = bool(handle.host_unified_memory)
        self.memory = 0 if self._shared_memory else int(handle.global_mem_size)
        self.chunk_bytes = min(int(handle.max_mem_alloc_size), int(handle.global_mem_size) // 4, LARGEST_CHUNK)
        self._largest_buffer = int(handle.max_mem_alloc_size)
        self.starts = 0
        self.profiling = False
        self._in_use: deque[tuple[int, npt.NDArray[Any]]] = deque()
        self._uploads = 0
        self.kind = "opencl-cpu" if int(handle.type) & int(cl.device_type.CPU) else "opencl-gpu"
        # -w: PoCL counts warnings on the standard error of whoever calls.
        self.build_options = ["-cl-std=CL1.2", "-w", *(["-DDEVICE_IS_GPU"] if self.kind == "opencl-gpu" else [])]

    @property
    def copied_bytes(self) -> int:
        """As pyaccel.backends.device.Device."""
        return self.chunk_bytes if self._shared_memory else min(self.chunk_bytes, COPIED_CHUNK)

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Has the device for itself; any failure inside becomes DeviceError and a fresh start for the next batch."""
        if lost := forked():
            raise DeviceError(f"{self.name}: {lost.reason}")
        with self._lock:
            try:
                if self._lanes is None:
                    self._context = self._cl.Context([self._handle])
                    self._lanes = Lanes(
                        self._cl, self._context, shared_memory=self._shared_memory, profiling=self.profiling
                    )
                lanes = self._lanes
                try:
                    yield
                finally:
                    # Kernels may still be reading the caller's memory, whatever ended the batch.
                    lanes.finish()
            except (self._cl.Error, MemoryError) as error:
                self.forget()
                raise DeviceError(f"{self.name}: {str(error).strip() or type(error).__name__}") from error
            finally:
                self._in_use.clear()

    def forget(self) -> None:
        """Lets go of all that was made on the device: the next batch starts anew."""
        with self._lock:
            self.starts += 1
            self._lanes = None
            self._programs.clear()
            self._kernels.clear()

    def build(self, path: str, define: str = "") -> Any:
        """Compiles kernels/<path>, once, with a macro defined if one is named. Inside batch()."""
        program = self._programs.get((path, define))
        if program is None:
            options = [*self.build_options, *([f"-D{define}"] if define else [])]
            # Runtimes report mere remarks, and pyopencl warns of every one. The filter is the process's: one at a time.
            with _build_lock, warnings.catch_warnings():
                warnings.simplefilter("ignore")
                program = self._programs[path, define] = self._built(kernel_source(path), options)
        return program

    def _built(self, text: str, options: list[str]) -> Any:
        """The program, from the binary that was kept where the driver still takes it."""
        cl, handle = self._cl, self._handle
        key = self._kept.key(text, *options, handle.name, handle.vendor, *self.facts().values())
        binary = self._kept.get(key)
        if binary is not None:
            with suppress(cl.Error):  # compiled by another version of the driver under the same name
                return cl.Program(self._context, [handle], [binary]).build(options=options)
        program = cl.Program(self._context, text).build(options=options, cache_dir=False)
        self._kept.put(key, bytes(program.get_info(cl.program_info.BINARIES)[0]))
        return program

    def launch(self, path: str, entry: str, n: int, *arguments: Any, define: str = "") -> Any:
        """Enqueues kernel `entry` of kernels/<path> over n work items; n follows the arguments. Inside batch().

        Returns:
            What `seconds` takes.
        """
        kernel = self._kernels.get((path, define, entry))
        if kernel is None:
            kernel = self._kernels[path, define, entry] = self._cl.Kernel(self.build(path, define), entry)
        kernel.set_args(*arguments, np.uint32(n))
        items = -(-n // LOCAL_SIZE) * LOCAL_SIZE
        return self._cl.enqueue_nd_range_kernel(self._open.kernels.queue, kernel, (items,), (LOCAL_SIZE,))

    def seconds(self, launched: Any) -> float:
        """What a launch took by the device's own clock, once its batch is over, where `profiling`."""
        return float(launched.profile.end - launched.profile.start) * 1e-9

    def upload(self, array: npt.NDArray[Any]) -> Any:
        """A buffer that kernels read array from, without a copy where memory is shared. Inside batch()."""
        if array.nbytes == 0:
            return self.allocate(4)
        self._check_size(array.nbytes)
        flags = self._cl.mem_flags
        if not self._shared_memory:
            buffer = self._cl.Buffer(self._context, flags.READ_ONLY, array.nbytes)
            count_to_device(array.nbytes)
            self._open.sending.write(buffer, array, 0)
            return buffer
        # Kernels read whole words, so memory is shared only where it is aligned to them.
        shared = array.ctypes.data % 16 == 0
        how = flags.USE_HOST_PTR if shared else flags.COPY_HOST_PTR
        if not shared:
            count_to_device(array.nbytes)
        self._uploads += 1
        self._in_use.append((self._uploads, array))
        return self._cl.Buffer(self._context, flags.READ_ONLY | how, hostbuf=array)

    def allocate(self, size: int) -> Any:
        """A buffer of size bytes, contents undefined. Inside batch()."""
        self._check_size(size)
        return self._cl.Buffer(self._context, self._cl.mem_flags.READ_WRITE, size)

    def zeros(self, size: int) -> Any:
        """A buffer of size bytes that are all 0; nothing goes over the link. Inside batch()."""
        buffer = self.allocate(size)
        self._cl.enqueue_fill_buffer(self._open.kernels.queue, buffer, np.uint8(0), 0, size)
        return buffer

    def write(self, buffer: Any, array: npt.NDArray[Any], offset: int = 0) -> None:
        """Copies array into buffer, from byte `offset` of it. Inside batch()."""
        count_to_device(array.nbytes)
        self._open.kernels.write(buffer, array, offset)

    def mark(self) -> Mark:
        """The place behind all that was launched so far, for `read`. Inside batch()."""
        return Mark(None if self._shared_memory else self._open.mark(), self._uploads)

    def read(self, array: npt.NDArray[Any], buffer: Any, offset: int = 0, *, after: Mark | None = None) -> None:
        """Fills array from byte `offset` of buffer, after a mark, or after all that was enqueued. Inside batch()."""
        count_from_device(array.nbytes)
        lanes = self._open
        if after is None or after.event is None:
            lanes.kernels.read(array, buffer, offset)
        else:
            lanes.fetching_after(after.event).read(array, buffer, offset)
        while after is not None and self._in_use and self._in_use[0][0] <= after.uploads:
            self._in_use.popleft()

    def copy(self, buffer: Any, source: Any, size: int, source_offset: int = 0, offset: int = 0) -> None:
        """Copies size bytes from byte `source_offset` of source to byte `offset` of buffer. Inside batch()."""
        places = {"src_offset": source_offset, "dst_offset": offset}
        self._cl.enqueue_copy(self._open.kernels.queue, buffer, source, byte_count=size, **places)

    @property
    def _open(self) -> Lanes:
        assert self._lanes is not None, "outside batch()"
        return self._lanes

    def facts(self) -> dict[str, str]:
        """What `pyaccel info` shows beside the device's name."""
        handle = self._handle
        return {
            "platform": str(handle.platform.name).strip(),
            "version": str(handle.version).strip(),
            "driver": str(handle.driver_version).strip(),
            "compute units": str(handle.max_compute_units),
        }

    def described(self) -> str | Unavailable:
        """The device's own name, or what it lacks for kernels/."""
        if int(self._handle.max_work_group_size) < LOCAL_SIZE:
            return Unavailable(f"its work groups hold fewer than {LOCAL_SIZE} items")
        return " ".join(str(self._handle.name).split())

    def unusable(self) -> Unavailable | None:
        """Why it can't be used in this process any more, or None."""
        return forked()

    def _check_size(self, size: int) -> None:
        if size > self._largest_buffer:
            raise DeviceError(f"{self.name}: {size} bytes are more than a buffer of it holds ({self._largest_buffer})")
