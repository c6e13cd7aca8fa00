# SPDX-License-Identifier: Apache-2.0
"""The module pyopencl with faults: real kernels on real devices, whose driver fails, hangs or flips bits."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from fake_devices import installed

from pyaccel.backends.device import DeviceBackend
from pyaccel.backends.opencl_device import Device

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

STEPS = ("Context", "CommandQueue", "Buffer", "Program", "build", "Kernel", "launch", "copy", "finish", "enqueue")
"""What can fail: steps of a batch by kind."""

KIND = {"enqueue_nd_range_kernel": "launch"}
"""Kind of what is enqueued; of all else it is "enqueue"."""


class FaultyOpenCL:
    """Passes everything on to pyopencl, and tells `before` of each step first.

    Attributes:
        before: called with the kind of a step and how many of that kind came before; may raise or hang.
        after_read: called with each array that was filled from a device; may change it.
        steps: how many there were, by kind.
    """

    def __init__(self, cl: Any) -> None:
        """Args: cl: pyopencl."""
        self._cl = cl
        self.before: Callable[[str, int], object] = lambda kind, number: None
        self.after_read: Callable[[Any], object] = lambda array: None
        self.steps: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._cl, name)
        if not name.startswith("enqueue_"):
            return found

        def enqueue(queue: Any, *arguments: Any, **named: Any) -> Any:
            self.step(KIND.get(name, "enqueue"))
            return found(_real(queue), *arguments, **named)

        return enqueue

    def step(self, kind: str) -> None:
        """Counts a step, and tells of it."""
        number = self.steps[kind]
        self.steps[kind] += 1
        self.before(kind, number)

    def taken(self) -> list[tuple[str, int]]:
        """All steps that were counted, each as `before` was told of it."""
        return [(kind, number) for kind in STEPS for number in range(self.steps[kind])]

    def fail_at(self, step: tuple[str, int]) -> None:
        """Counts anew, and fails at one step, once."""
        error = self.MemoryError if step[0] == "Buffer" else self.RuntimeError

        def before(kind: str, number: int) -> None:
            if (kind, number) == step:
                self.before = lambda *_: None
                raise error(f"{kind} {number} failed")

        self.steps.clear()
        self.before = before

    def Context(self, *arguments: Any, **named: Any) -> Any:  # noqa: N802 - pyopencl's name
        """As pyopencl's."""
        self.step("Context")
        return self._cl.Context(*arguments, **named)

    def CommandQueue(self, *arguments: Any, **named: Any) -> Any:  # noqa: N802 - as above
        """As pyopencl's."""
        self.step("CommandQueue")
        return _FaultyQueue(self, self._cl.CommandQueue(*arguments, **named))

    def Buffer(self, *arguments: Any, **named: Any) -> Any:  # noqa: N802 - as above
        """As pyopencl's."""
        self.step("Buffer")
        return self._cl.Buffer(*arguments, **named)

    def Program(self, *arguments: Any, **named: Any) -> Any:  # noqa: N802 - as above
        """As pyopencl's."""
        self.step("Program")
        return _FaultyProgram(self, self._cl.Program(*arguments, **named))

    def Kernel(self, program: Any, name: str) -> Any:  # noqa: N802 - as above
        """As pyopencl's."""
        self.step("Kernel")
        return self._cl.Kernel(program, name)

    def enqueue_copy(self, queue: Any, to: Any, source: Any, **named: Any) -> Any:
        """As pyopencl's."""
        self.step("copy")
        event = self._cl.enqueue_copy(_real(queue), to, source, **named)
        if isinstance(to, np.ndarray):
            event.wait()
            self.after_read(to)
        return event


class _FaultyQueue:
    def __init__(self, faulty: FaultyOpenCL, queue: Any) -> None:
        self._faulty = faulty
        self.real = queue

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def finish(self) -> None:
        """As pyopencl's."""
        self.real.finish()  # nothing may run any more when the caller's memory goes, whatever is made up next
        self._faulty.step("finish")


class _FaultyProgram:
    def __init__(self, faulty: FaultyOpenCL, program: Any) -> None:
        self._faulty = faulty
        self._program = program

    def build(self, *arguments: Any, **named: Any) -> Any:
        """As pyopencl's."""
        self._faulty.step("build")
        return self._program.build(*arguments, **named)


def _real(queue: Any) -> Any:
    return getattr(queue, "real", queue)


@contextmanager
def faulty(monkeypatch: Any, backend: Any, *, shared_memory: bool | None = None) -> Iterator[FaultyOpenCL]:
    """Puts a device in the place of OpenCL's whose driver is a FaultyOpenCL, nothing built or known of it yet.

    Args:
        monkeypatch: pytest's.
        backend: the device that works underneath.
        shared_memory: False: as if it had memory of its own.
    """
    used = backend._device
    driver = FaultyOpenCL(used._cl)
    device = Device(backend.name, driver, used._handle)
    if shared_memory is not None:
        device._shared_memory = shared_memory
    with installed(monkeypatch) as install:
        install(DeviceBackend(device.name, device, device.kind))
        yield driver
