# SPDX-License-Identifier: Apache-2.0
"""Runs the calls of a graph one after the other, on one device as far as it takes them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from pyaccel.backends.base import Backend
from pyaccel.backends.moved import Moved, moved
from pyaccel.errors import DeviceError
from pyaccel.poseidon2 import ELEMENTS
from pyaccel.rows import Rows
from pyaccel.scheduler import execution, graph_placement, guard, health, runs, watchdog
from pyaccel.scheduler.calls import Call, Pending
from pyaccel.scheduler.graph_placement import memory_of
from pyaccel.scheduler.placement import FALLBACK

if TYPE_CHECKING:
    from pyaccel.backends.device import Device
    from pyaccel.backends.device_kept import KeptRows

Outputs = dict[int, dict[str, Any]]
"""Outputs by call and name."""

_KEPT_OF_MEMORY = 4
"""What stays on a device between calls takes one part in so many of its memory; calls need room of their own."""


class Finished(NamedTuple):
    """What a run of a graph gave.

    Attributes:
        outputs: of all calls; those that were wanted are arrays.
        device: the device that it was for.
        moved: what it copied.
        entries: its batches.
    """

    outputs: Outputs
    device: str
    moved: Moved
    entries: list[runs.Entry]


def run(calls: Mapping[int, Call], wanted: set[tuple[int, str]], device: str) -> Finished:
    """Runs calls, in their order.

    Args:
        calls: by number; an input that is Pending is the output of one before.
        wanted: outputs to bring back, as number and name.
        device: "auto", or a device by name.

    Raises:
        ValueError, DeviceUnavailableError, SelfTestError, UnsupportedError: as execution.run.
    """
    chosen = graph_placement.chosen(calls, device)
    if chosen in FALLBACK:
        return _run_here(calls, chosen)
    run = _Run(calls, wanted, chosen)
    with moved() as count:
        try:
            run.all()
        except DeviceError as error:
            if run.backend is None:
                raise
            health.warn_of_failure(run.backend, run.call.operation, error)
            note = f"{run.backend.name} failed in a graph, which was computed anew: {error}"
            again = _run_here(calls, FALLBACK[0], note)
            return Finished(again.outputs, chosen, count, again.entries)
    return Finished(run.done, chosen, count, run.entries)


def _run_here(calls: Mapping[int, Call], device: str, note: str = "") -> Finished:
    """Runs calls on a device without memory of its own. Args: note: why another one did not do it."""
    done: Outputs = {}
    entries: list[runs.Entry] = []
    for index, call in calls.items():
        done[index] = call.outputs()
        inputs = {name: _here(value, done) for name, value in call.inputs.items()}
        entries += _run_call(call, inputs, done[index], device, note)
    return Finished(done, device, Moved(), entries)


def _run_call(
    call: Call, inputs: Mapping[str, Any], outputs: Mapping[str, Any], device: str, note: str = ""
) -> list[runs.Entry]:
    """Runs one call as the plain function does; what ran, nothing where a cache knew every row."""
    batch = (call.operation, call.values, inputs, outputs, call.n)
    try:
        if call.cache is not None:
            entries = execution.run_cached(call.cache, *batch, device=device, cuts=call.cuts)
        else:
            execution.run(*batch, device=device, cuts=call.cuts)
            assert runs.thread.last is not None
            entries = [runs.thread.last]
    except ValueError:
        _name_row(call, inputs)
        raise
    return [(*entry[:-1], (*entry[-1], note)) for entry in entries] if note else entries


def _name_row(call: Call, inputs: Mapping[str, Any]) -> None:
    """Raises ValueError that says which row is no field element, as the plain function does, where one is."""
    elements = ELEMENTS.get(str(call.values[0]))
    if elements is not None:
        elements.require_canonical(inputs["messages"], call.n)


class _Run:
    """One attempt at all calls of a graph, on a device that may have memory of its own.

    Args:
        calls: by number.
        wanted: outputs to bring back.
        device: by name.

    Attributes:
        call: the one that runs, or ran last.
        backend: the device with kernels that runs it or held what it reads, None where none does.
        entries: the batches so far.
        done: their outputs; those that were wanted are arrays once all have run.
    """

    call: Call

    def __init__(self, calls: Mapping[int, Call], wanted: set[tuple[int, str]], device: str) -> None:
        self.backend: Backend | None = None
        self.entries: list[runs.Entry] = []
        self._calls = calls
        self._wanted = wanted
        self._device = device
        self.done: Outputs = {}
        self._shared: dict[object, KeptRows] = {}
        self._room = 0
        # Made before anything is counted: a device is asked known questions at its first plan.
        self._choices = {
            index: execution.chosen(call.operation, call.values, call.inputs, call.n, device)
            for index, call in calls.items()
        }
        self._passed_on = {
            (value.index, value.output)
            for call in calls.values()
            for value in call.inputs.values()
            if isinstance(value, Pending)
        }

    def all(self) -> None:
        """Runs them.

        Raises:
            DeviceError: a device failed, `backend`.
        """
        for index, call in self._calls.items():
            self.call = call
            self._run(index, call)
        for index, name in self._wanted:
            self.done[index][name] = self._array(index, name)

    def _run(self, index: int, call: Call) -> None:
        choice = self._choices[index]
        # A cache reads rows in host memory.
        device = None if call.cuts or choice.shares or call.cache is not None else _kernels_of(choice.backend)
        if device is not None:
            self.backend = choice.backend
        inputs = {name: self._input(value, device) for name, value in call.inputs.items()}
        outputs = self.done[index] = call.outputs()
        if device is None:
            self.entries += _run_call(call, inputs, outputs, self._device)
            return
        for name in getattr(getattr(choice.plan, "plan", choice.plan), "keeps", ()):
            if (index, name) in self._passed_on:
                outputs[name] = self._kept(device, outputs[name])
        try:
            execution.run_once(call.operation, call.values, choice, inputs, outputs, call.n)
        except ValueError:
            _name_row(call, inputs)
            raise
        assert runs.thread.last is not None
        self.entries.append(runs.thread.last)

    def _input(self, value: Any, device: Device | None) -> Any:
        """An input as a plan on the device takes it; None: in host memory."""
        if not isinstance(value, Rows):
            return value
        if isinstance(value, Pending):
            found = self.done[value.index][value.output]
            if not isinstance(found, Rows):
                return _here(value, self.done)
            if device is None:
                self._bring_back(found)
            return found
        if device is None or value.cuts or self._uses[memory_of(value)] == 1:
            return value
        shared = self._shared.get(memory_of(value))
        if shared is None:
            from pyaccel.backends.device_kept import KeptRows

            if not self._fits(device, len(value.data)):
                return value
            shared = self._shared[memory_of(value)] = KeptRows(value)
        return shared

    @cached_property
    def _uses(self) -> Counter[object]:
        """How many calls take each input in host memory."""
        return Counter(
            key
            for call in self._calls.values()
            for key in {memory_of(value) for value in call.inputs.values() if isinstance(value, Rows)}
        )

    def _kept(self, device: Device, array: Any) -> Any:
        """An output that stays on the device where it fits, else the array."""
        from pyaccel.backends.device_kept import KeptRows

        n, width = array.shape
        if array.nbytes % 4 or array.nbytes == 0 or not self._fits(device, array.nbytes):
            return array
        return KeptRows(None, n, width)

    def _fits(self, device: Device, nbytes: int) -> bool:
        """Whether so many bytes more may stay on the device; then they are counted."""
        most = device.memory // _KEPT_OF_MEMORY if device.memory else device.chunk_bytes
        if nbytes > device.chunk_bytes or self._room + nbytes > most:
            return False
        self._room += nbytes
        return True

    def _bring_back(self, rows: Rows) -> None:
        """Has rows in host memory that stayed on the device; DeviceError where it fails."""
        assert self.backend is not None
        guard.called(self.backend, self.call.operation, watchdog.limit(0), lambda: rows.buffer)

    def _array(self, index: int, name: str) -> Any:
        """An output in host memory."""
        found = self.done[index][name]
        if not isinstance(found, Rows):
            return found
        self._bring_back(found)
        return np.frombuffer(found.buffer, np.uint8).reshape(found.count or 0, found.width)


def _kernels_of(backend: Backend) -> Device | None:
    """The device behind a backend that runs kernels, whose memory plans take; None for any other."""
    from pyaccel.backends.device import DeviceBackend

    return backend.device if isinstance(backend, DeviceBackend) else None


def _here(value: Any, done: Outputs) -> Any:
    """An input that is in host memory, what other calls computed as rows."""
    if not isinstance(value, Pending):
        return value
    array = done[value.index][value.output]
    if value.count is None:
        return Rows(array.tobytes(), width=value.width, stride=0)
    return Rows._of(array, len(array), value.width, value.width)
