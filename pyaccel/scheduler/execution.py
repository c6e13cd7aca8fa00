# SPDX-License-Identifier: Apache-2.0
"""Runs a batch: takes a placement, runs its plan, and sees to it that no row is lost."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import TYPE_CHECKING, Any

from pyaccel.backends.base import Inputs, Outputs
from pyaccel.errors import DeviceError
from pyaccel.operations import Operation
from pyaccel.prepared_keys import PreparedKeys
from pyaccel.scheduler import guard, health, watching
from pyaccel.scheduler.calls import CAPTURE, Call, Captured
from pyaccel.scheduler.joint import run_shares
from pyaccel.scheduler.joint_trees import run_subtrees
from pyaccel.scheduler.placement import Choice, Placement
from pyaccel.scheduler.registry import forget, kind_of, names, when_changed
from pyaccel.scheduler.runs import Entry, collect, collector, thread
from pyaccel.scheduler.selection import asked
from pyaccel.scheduler.splitting import input_bytes, part, part_rows, parts

if TYPE_CHECKING:
    from pyaccel.signature_cache import SignatureCache

Progress = Callable[[int, int], object]
"""Called with (rows done, rows in all); raising in it ends the call."""

_collected = collector.get  # as a method of an imported name it takes three times as long

_placements: dict[tuple[object, ...], Placement] = {}
_PLACEMENTS = 1024
"""Placements kept: contexts of hashes are parameters too, and must not fill the memory."""

when_changed(lambda: _placements.clear())


def placement(operation: Operation, values: tuple[object, ...], *, prepared: bool = False) -> Placement:
    """The placement of an operation under these parameters, of PreparedKeys where they are; it is kept."""
    key = (operation.name, values, "prepared") if prepared else (operation.name, values)
    found = _placements.get(key)
    if found is None:
        found = Placement(operation, values, prepared=prepared)
        if len(_placements) >= _PLACEMENTS:
            _placements.clear()
        _placements[key] = found
    return found


def release(device: str) -> bool:
    """Lifts the quarantine of a device, whose cause has been mended: it proves itself anew before its next batch.

    Devices of its kind are looked for again and started anew.

    Args:
        device: its name ("opencl:0"), or a kind's for all of that kind ("opencl"), or several ("opencl:0,cuda").

    Returns:
        Whether any was quarantined.

    Raises:
        ValueError: no device can have that name.
    """
    found = {name: kind_of(name) for name in names(device)}
    was = [health.forget(name) for name in found]
    for kind in set(found.values()):
        forget(kind)
    return any(was)


def run(
    operation: Operation,
    values: tuple[object, ...],
    inputs: Inputs,
    outputs: Outputs,
    n: int,
    device: str = "auto",
    cuts: tuple[int, ...] = (),
    progress: Progress | None = None,
    cache: SignatureCache | None = None,
) -> None:
    """Computes n rows of outputs on the device asked for, or on the one that is done first.

    Args:
        operation: what to compute.
        values: one hashable value for each of operation.parameters.
        inputs: as operation.shapes says.
        outputs: contiguous arrays in host memory.
        n: rows.
        device: "auto", or a device by name; CAPTURE: raises Captured, and nothing runs.
        cuts: rows at which the batch is cut, since an input lies in several pieces (Rows.cuts).
        progress: called now and then with rows done and rows in all.
        cache: of verify_many, what knows rows that are valid; the others are computed.

    Raises:
        ValueError: the device's name is unknown, or an argument is wrong.
        DeviceUnavailableError, SelfTestError, UnsupportedError: as Placement.cheapest and .named.
    """
    if device is CAPTURE:
        raise Captured(Call(operation, values, inputs, outputs, n, cuts, cache=cache))
    if cache is not None:
        run_cached(cache, operation, values, inputs, outputs, n, device=device, progress=progress, cuts=cuts)
        return
    if "public_keys" in inputs and type(inputs["public_keys"]) is PreparedKeys:
        place = placement(operation, values, prepared=True)
    else:
        place = _placements.get((operation.name, values)) or placement(operation, values)
    batches = _collected()
    start = perf_counter() if batches is not None else 0.0
    choice = _choose(place, inputs, n, device)
    if progress is None and not cuts:
        # What _take comes to, a call sooner.
        run_whole = _take if choice.predicted or choice.shares else _attempt
        choice = run_whole(place, choice, inputs, outputs, n)
    else:
        most = n if progress is None else part_rows(place.curve(choice.backend), operation, n)
        contested = choice.predicted > 0.0
        for first, last in parts(n, most, cuts):
            some_inputs, some_outputs = part(inputs, outputs, first, last, n)
            if contested:
                wanted = _choose(place, some_inputs, last - first, device)
                choice = _take(place, wanted, some_inputs, some_outputs, last - first)
                contested = not choice.notes or bool(wanted.shares)  # what failed once in a batch gets no more of it
            else:
                choice = _take(place, choice, some_inputs, some_outputs, last - first)
            if progress is not None:
                progress(last, n)
    seconds = perf_counter() - start if batches is not None else 0.0
    thread.last = ran = (operation.name, choice.backend.name, choice.plan, n, seconds, choice.notes)
    if batches is not None:
        collect(ran)


def run_cached(
    cache: SignatureCache,
    operation: Operation,
    values: tuple[object, ...],
    inputs: Inputs,
    outputs: Outputs,
    n: int,
    *,
    device: str = "auto",
    progress: Progress | None = None,
    cuts: tuple[int, ...] = (),
) -> list[Entry]:
    """As `run`, of the rows that the cache does not know; the batches that ran, one a piece that had such rows."""
    if type(device) is not str or device != "auto":
        chosen(operation, values, inputs, n, device)  # its errors, also where every row is known
    entries: list[Entry] = []

    def verify(some: dict[str, Any], answers: dict[str, Any], rows: int, report: Progress | None) -> None:
        run(operation, values, some, answers, rows, device=device, progress=report)
        assert thread.last is not None
        entries.append(thread.last)

    cache.run(values, inputs, outputs, n, verify, progress, cuts)
    return entries


def run_once(
    operation: Operation, values: tuple[object, ...], choice: Choice, inputs: Inputs, outputs: Outputs, n: int
) -> None:
    """Runs a choice; nothing is computed elsewhere.

    Raises:
        DeviceError: its device failed.
        ValueError: an argument is wrong.
    """
    start = perf_counter()
    _attempt(placement(operation, values), choice, inputs, outputs, n, elsewhere=False)
    seconds = perf_counter() - start
    thread.last = ran = (operation.name, choice.backend.name, choice.plan, n, seconds, choice.notes)
    collect(ran)


def chosen(operation: Operation, values: tuple[object, ...], inputs: Inputs, n: int, device: str) -> Choice:
    """The choice that `run` would begin with; errors as there."""
    return _choose(placement(operation, values), inputs, n, device)


def _choose(place: Placement, inputs: Inputs, n: int, device: str) -> Choice:
    if type(device) is not str or device == "auto":
        device = asked(device)
    native = place.native
    if (
        native is not None
        and (device == "native" or (device == "auto" and n <= place.inline_until))
        and not health.quarantined(native.backend)
    ):
        return native
    if device == "auto" or "," in device:
        return place.cheapest(n, input_bytes(inputs), "" if device == "auto" else device)
    return place.named(device)


def _take(place: Placement, choice: Choice, inputs: Inputs, outputs: Outputs, n: int) -> Choice:
    """Runs the choice, alone or in its shares, and lets its curve learn; returns the one that did it."""
    if choice.shares:
        run_divided = run_shares if place.operation.split == "rows" else run_subtrees
        return run_divided(place, choice, inputs, outputs, n, _attempt)
    if not choice.predicted:
        return _attempt(place, choice, inputs, outputs, n)
    start = guard.clock()
    did = _attempt(place, choice, inputs, outputs, n)
    if did is choice:
        place.note(choice, n, guard.clock() - start)
    return did


def _attempt(
    place: Placement, choice: Choice, inputs: Inputs, outputs: Outputs, n: int, *, elsewhere: bool = True
) -> Choice:
    """Runs the choice and tells the watchers; where its device fails, what comes next: returns the one that did it."""
    start = perf_counter() if watching.watchers.all else 0.0
    try:
        choice.plan.run(inputs, outputs, n)
    except DeviceError as error:
        if watching.watchers.all:
            _tell(place, choice, inputs, n, start, error)
        if not elsewhere:
            raise
        return _attempt(place, place.after(choice, error), inputs, outputs, n)
    if watching.watchers.all:
        _tell(place, choice, inputs, n, start)
    return choice


def _tell(
    place: Placement, choice: Choice, inputs: Inputs, n: int, start: float, error: DeviceError | None = None
) -> None:
    """Tells the watchers of an attempt; of one that began before the first of them came, without its time."""
    seconds = perf_counter() - start if start else 0.0
    attempt = watching.Attempt(
        place.operation.name,
        place.group,
        choice.backend.name,
        choice.plan,
        n,
        input_bytes(inputs),
        start,
        seconds,
        error,
        choice.notes,
    )
    for watcher in watching.watchers.all:
        watcher(attempt)
