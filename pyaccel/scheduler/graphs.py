# SPDX-License-Identifier: Apache-2.0
"""Runs the calls of a graph one after the other, on one device as far as it takes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from pyaccel.backends.moved import Moved, moved
from pyaccel.poseidon2 import ELEMENTS
from pyaccel.rows import Rows, as_rows
from pyaccel.scheduler import execution, runs
from pyaccel.scheduler.calls import Call, Pending

Outputs = dict[int, dict[str, Any]]
"""Outputs by call and name."""


@dataclass(frozen=True)
class Finished:
    """What a run of a graph gave.

    Attributes:
        outputs: those that were wanted.
        device: the device that it was for.
        moved: what it copied.
        entries: its batches.
    """

    outputs: Outputs
    device: str
    moved: Moved
    entries: tuple[runs.Entry, ...]

    def ran(self) -> tuple[runs.Ran, ...]:
        """Each batch."""
        return tuple(map(runs.ran, self.entries))


def run(calls: Mapping[int, Call], wanted: set[tuple[int, str]], device: str) -> Finished:
    """Runs calls, in their order.

    Args:
        calls: by number; an input that is Pending is the output of one before.
        wanted: outputs to bring back, as number and name.
        device: "auto", or a device by name.

    Raises:
        ValueError, DeviceUnavailableError, SelfTestError, UnsupportedError: as execution.run.
    """
    entries: list[runs.Entry] = []
    done: Outputs = {}
    with moved() as count:
        for index, call in calls.items():
            done[index] = call.outputs()
            inputs = {name: _here(value, done) for name, value in call.inputs.items()}
            _run_one(call, inputs, done[index], device)
            assert runs.thread.last is not None
            entries.append(runs.thread.last)
    outputs: Outputs = {}
    for index, name in wanted:
        outputs.setdefault(index, {})[name] = done[index][name]
    return Finished(outputs, device, count, tuple(entries))


def _run_one(call: Call, inputs: Mapping[str, Any], outputs: Mapping[str, Any], device: str) -> None:
    try:
        execution.run(call.operation, call.values, inputs, outputs, call.n, device=device, cuts=call.cuts)
    except ValueError:
        elements = ELEMENTS.get(str(call.values[0]))
        if elements is not None:
            # As in hash_many, the exception says which row it is.
            elements.require_canonical(inputs["messages"], call.n)
        raise


def _here(value: Any, done: Outputs) -> Any:
    """An input in host memory."""
    if not isinstance(value, Pending):
        return value
    array = done[value.index][value.output]
    if value.count is None:
        return Rows(np.frombuffer(array.tobytes(), np.uint8), width=value.width, stride=0)
    return as_rows(value.output, array)
