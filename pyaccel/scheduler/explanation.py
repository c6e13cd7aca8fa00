# SPDX-License-Identifier: Apache-2.0
"""Why a batch goes where it goes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pyaccel.backends.base import Unavailable
from pyaccel.choices import choice as choice_of
from pyaccel.numbers import whole_number
from pyaccel.operations import OPERATIONS
from pyaccel.scheduler import execution
from pyaccel.scheduler.curves import POINTS, ROW_BYTES
from pyaccel.scheduler.registry import check_name, discovered, kinds, looked_for
from pyaccel.scheduler.selection import environment, within

NO_CURVE = "no cost is known for it here: auto leaves it out"


@dataclass(frozen=True)
class Line:
    """One backend in an explanation.

    Attributes:
        device: its name.
        curve: seconds at each of POINTS; empty where it is not available.
        cost: seconds for this batch, None where it can't take it.
        chosen: whether the batch goes here.
        reason: why not; empty for the chosen one.
    """

    device: str
    curve: tuple[float, ...]
    cost: float | None
    chosen: bool
    reason: str


@dataclass(frozen=True)
class Explanation:
    """The curves behind a choice; printing it shows them as a table.

    Attributes:
        operation: its name.
        parameters: as the backends see them, defaults filled in.
        n: rows.
        nbytes: bytes of all rows together.
        device: what was asked for.
        chosen: name of the backend that takes the batch.
        lines: one per backend.
    """

    operation: str
    parameters: dict[str, Any]
    n: int
    nbytes: int
    device: str
    chosen: str
    lines: tuple[Line, ...]

    def __str__(self) -> str:
        given = ", ".join(f"{name}={value}" for name, value in self.parameters.items() if value is not None)
        head = ["device", *(f"n={point}" for point in POINTS), f"this: n={self.n}", ""]
        table = [head]
        for line in self.lines:
            curve = [in_words(value) for value in line.curve] or ["-"] * len(POINTS)
            cost = "-" if line.cost is None else in_words(line.cost)
            table.append([line.device, *curve, cost, "<- chosen" if line.chosen else line.reason])
        widths = [max(len(row[i]) for row in table) for i in range(len(head) - 1)]
        rows = ["  ".join([*(cell.rjust(w) for cell, w in zip(row, widths, strict=False)), row[-1]]) for row in table]
        title = f"{self.operation}({given}), n={self.n:,}, {self.nbytes:,} bytes together, device={self.device}"
        return "\n".join([title, *(row.rstrip() for row in rows)])


def explain(
    operation: str, n: int, *, nbytes: int | None = None, device: str = "auto", **parameters: Any
) -> Explanation:
    """Which backend takes a batch, and the cost curves behind the choice.

    Args:
        operation: its name, as in pyaccel.operations.
        n: rows.
        nbytes: bytes of all rows together; None: rows of the usual size.
        device: as the operation itself takes it.
        **parameters: as the operation itself takes them (algorithm=, form=, scheme=, rule=, ...).

    Raises:
        ValueError: an unknown operation, parameter or device; lists the valid ones.
        DeviceUnavailableError: the device asked for is not here.
    """
    row = OPERATIONS[choice_of("operation", operation, OPERATIONS)]
    n = whole_number("n", n)
    check_name(device)
    unknown = set(parameters) - set(row.parameters)
    if unknown:
        names = ", ".join(row.parameters)
        raise ValueError(f"{operation} has no parameter {', '.join(sorted(unknown))}; it has {names}")
    first = row.parameters[0]  # names what it computes; recover_many's alone, its rule, has a default
    try:
        values = row.resolve(**parameters)
    except TypeError:
        if first in parameters:
            raise
        raise ValueError(
            f"{first}: {operation} is explained for one, as in explain({operation!r}, n, {first}=...)"
        ) from None
    nbytes = ROW_BYTES.get(operation, 0) * n if nbytes is None else whole_number("nbytes", nbytes)
    place = execution.placement(row, values)
    device = within.get() or environment() if device == "auto" else device
    choice = place.cheapest(n, nbytes) if device == "auto" else place.named(device)
    chosen = choice.backend.name
    lines = []
    for kind in kinds(installed=True):
        if not looked_for(kind):
            waiting = next((c.curve for c in place.candidates() if c.name == kind), None)
            if waiting is None:
                lines.append(Line(kind, (), None, False, NO_CURVE))
            else:
                reason = f"not looked for: starting it would take about {waiting.start_up:.2g} s"
                lines.append(Line(kind, waiting.seconds, waiting.cost(row, n, nbytes), False, reason))
            continue
        found = discovered(kind)
        if isinstance(found, Unavailable):
            lines.append(Line(kind, (), None, False, f"not available: {found.reason}"))
            continue
        for backend in found:
            curve = place.curve(backend)
            taken = backend.name == chosen
            reason = place.refusal(backend) or ("" if curve or taken else NO_CURVE)
            if not reason and not taken:
                reason = "slower here" if device == "auto" else f"{device} was asked for"
            cost = curve.cost(row, n, nbytes) if curve and not place.refusal(backend) else None
            lines.append(Line(backend.name, curve.seconds if curve else (), cost, taken, reason))
    return Explanation(operation, place.parameters, n, nbytes, device, chosen, tuple(lines))


def in_words(value: float) -> str:
    """Seconds with three digits and a unit."""
    if value >= 1000:
        return f"{value:,.0f} s"
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if value >= scale:
            return f"{value / scale:.3g} {unit}"
    return f"{value * 1e9:.3g} ns"
