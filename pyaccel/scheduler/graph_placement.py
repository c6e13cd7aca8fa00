# SPDX-License-Identifier: Apache-2.0
"""Which device a graph is for: the one that is done first with all of its calls together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pyaccel.rows import Rows
from pyaccel.scheduler import execution
from pyaccel.scheduler.calls import Call, Pending
from pyaccel.scheduler.curves import Curve
from pyaccel.scheduler.explanation import in_words
from pyaccel.scheduler.registry import check_name, discovered
from pyaccel.scheduler.selection import asked

NATIVE = "native"


@dataclass(frozen=True)
class Total:
    """What all calls cost together where they are for one device.

    Attributes:
        device: its name; of a kind that nobody looked for yet, the kind's.
        seconds: of each call, by number; what it declines, natively.
        declined: calls that it does not take.
        start_up: seconds once.
        waiting: whether it was not looked for yet.
    """

    device: str
    seconds: dict[int, float]
    declined: frozenset[int]
    start_up: float
    waiting: bool

    @property
    def cost(self) -> float:
        """Seconds of all."""
        return self.start_up + sum(self.seconds.values())


def chosen(calls: Mapping[int, Call], device: str) -> str:
    """The name of the device that a graph is for.

    Args:
        calls: in the order in which they run.
        device: as execution.run takes it.

    Raises:
        ValueError: the device's name is unknown.
    """
    device = asked(device)
    if device != "auto":
        check_name(device)
        return device
    places = [(execution.placement(call.operation, call.values), call.n) for call in calls.values()]
    if all(n <= place.inline_until for place, n in places):
        return NATIVE
    while True:
        best = min(totals(calls), key=lambda total: total.cost, default=None)
        if best is None:
            return NATIVE
        if not best.waiting:
            return best.device
        discovered(best.device)


def totals(calls: Mapping[int, Call]) -> list[Total]:
    """What the calls cost on each device that takes any of them, native first.

    Bytes that lie on the device already, as an input of a call before or its output, do not go over the link again.
    """
    curves: dict[int, dict[str, Curve]] = {}
    waiting: set[str] = set()
    for index, call in calls.items():
        candidates = list(execution.placement(call.operation, call.values).candidates())
        curves[index] = {candidate.name: candidate.curve for candidate in candidates}
        waiting |= {candidate.name for candidate in candidates if candidate.backend is None}
    names = dict.fromkeys(name for found in curves.values() for name in found)
    return [_total(name, calls, curves, waiting=name in waiting) for name in names]


def _total(name: str, calls: Mapping[int, Call], curves: dict[int, dict[str, Curve]], *, waiting: bool) -> Total:
    seconds: dict[int, float] = {}
    declined: set[int] = set()
    there: set[object] = set()
    start_up = 0.0
    for index, call in calls.items():
        curve = curves[index].get(name)
        if curve is None:
            declined.add(index)
            curve = curves[index].get(NATIVE)
        if curve is None:
            seconds[index] = float("inf")
            continue
        start_up = max(start_up, curve.start_up)
        nbytes = stays = 0
        for value in call.inputs.values():
            if not isinstance(value, Rows):
                continue
            size = value.nbytes(len(value))
            nbytes += size
            key: object = (value.index, value.output) if isinstance(value, Pending) else memory_of(value)
            if key in there:
                stays += size
            if index not in declined:
                there.add(key)
        over = curve.link * stays if curve.row == 0 else 0.0
        cost = curve.cost(call.operation, call.n, nbytes if curve.row == 0 else nbytes - stays)
        corrected = execution.placement(call.operation, call.values).corrected(name, call.n)
        seconds[index] = (cost - curve.start_up - over) * corrected
        if index not in declined:
            there |= {(index, output) for output in call.arrays}
    return Total(name, seconds, frozenset(declined), start_up, waiting)


def memory_of(rows: Rows) -> object:
    """What two Rows have in common that are the same bytes, cut the same way."""
    if rows.cuts or isinstance(rows, Pending):
        return id(rows)
    offsets = None if rows.offsets is None else (rows.offsets.ctypes.data, rows.offsets.dtype, len(rows.offsets))
    return rows.data.ctypes.data, len(rows.data), rows.count, rows.width, rows.stride, offsets


@dataclass(frozen=True)
class GraphExplanation:
    """What each device would take for the calls of a graph; printing it shows a table.

    Attributes:
        calls: name, parameter and number of rows of each call.
        totals: by device; empty for a device without cost curves.
        device: what was asked for.
        chosen: name of the device that the graph is for.
        first_in: bytes that come from the caller, each once.
        last_out: bytes of the results asked for.
    """

    calls: tuple[tuple[str, int], ...]
    totals: tuple[Total, ...]
    device: str
    chosen: str
    first_in: int
    last_out: int

    def __str__(self) -> str:
        table = [["", "rows", *(total.device for total in self.totals)]]
        for place, (name, n) in enumerate(self.calls):
            cells = [f"{in_words(total.seconds[place])}{'*' * (place in total.declined)}" for total in self.totals]
            table.append([name, f"{n:,}", *cells])
        if any(total.start_up for total in self.totals):
            table.append(
                ["starting it", "", *(in_words(total.start_up) if total.waiting else "" for total in self.totals)]
            )
        table.append(["together", "", *(in_words(total.cost) for total in self.totals)])
        widths = [max(len(row[i]) for row in table) for i in range(len(table[0]))]
        lines = [
            "  ".join([row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))])
            for row in table
        ]
        if any(total.declined for total in self.totals):
            lines.append("* natively: it has no kernel for this, or no known cost")
        moved = f"first in {self.first_in:,} bytes, last out {self.last_out:,}"
        return "\n".join([f"device={self.device}: the graph is for {self.chosen}; {moved}", *lines])


def explained(calls: Mapping[int, Call], wanted: set[tuple[int, str]], device: str) -> GraphExplanation:
    """Why a graph goes where it goes. Args and errors as graphs.run."""
    chosen_device = chosen(calls, device)
    given = {memory_of(rows): rows.nbytes(len(rows)) for rows in _host_rows(calls)}
    return GraphExplanation(
        tuple((f"{call.operation.name}({call.values[0]})[{index}]", call.n) for index, call in calls.items()),
        tuple(_numbered(total, calls) for total in totals(calls)),
        asked(device),
        chosen_device,
        sum(given.values()),
        sum(calls[index].arrays[name].nbytes for index, name in wanted),
    )


def _numbered(total: Total, calls: Mapping[int, Call]) -> Total:
    """The same with calls counted from 0 in their order."""
    places = {index: place for place, index in enumerate(calls)}
    return replace(
        total,
        seconds={places[index]: cost for index, cost in total.seconds.items()},
        declined=frozenset(places[index] for index in total.declined),
    )


def _host_rows(calls: Mapping[int, Call]) -> list[Rows]:
    values = [value for call in calls.values() for value in call.inputs.values()]
    return [value for value in values if isinstance(value, Rows) and not isinstance(value, Pending)]
