# SPDX-License-Identifier: Apache-2.0
"""Why a batch goes where it goes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pyaccel.backends.base import Unavailable
from pyaccel.choices import choice as choice_of
from pyaccel.numbers import whole_number
from pyaccel.operations import OPERATIONS
from pyaccel.scheduler import execution
from pyaccel.scheduler.curves import POINTS, ROW_BYTES, crossovers
from pyaccel.scheduler.placement import Placement
from pyaccel.scheduler.registry import backends_of, check_name, discovered, kinds, looked_for
from pyaccel.scheduler.selection import asked

TOLD = 0.05
"""Corrections by less are not told."""

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
        source: where the curve is from: the shipped default, the day it was measured, or the backend itself.
        factor: what its seconds are multiplied by, since batches took that many times as long lately; in `cost`.
        rows: of this batch that it takes: all, or its share where several divide it.
    """

    device: str
    curve: tuple[float, ...]
    cost: float | None
    chosen: bool
    reason: str
    source: str = ""
    factor: float = 1.0
    rows: int = 0


@dataclass(frozen=True)
class Explanation:
    """The curves behind a choice; printing it shows them as a table.

    Attributes:
        operation: its name.
        parameters: as the backends see them, defaults filled in.
        n: rows.
        nbytes: bytes of all rows together.
        device: what was asked for.
        chosen: name of the backend that takes the batch, or of all that divide it ("native+opencl:0").
        lines: one per backend.
        together: seconds for the batch where it is divided, by the curves; else None.
        crossovers: for rows of the usual size, the quickest backend up to a number of rows, the one from there on, and
            that number.
    """

    operation: str
    parameters: dict[str, Any]
    n: int
    nbytes: int
    device: str
    chosen: str
    lines: tuple[Line, ...]
    together: float | None = None
    crossovers: tuple[tuple[str, str, int], ...] = ()

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
        return "\n".join([title, *(row.rstrip() for row in rows), *self._remarks()])

    def _remarks(self) -> list[str]:
        """What stands below the table."""
        remarks = []
        if self.together is not None:
            shares = ", ".join(f"{line.device} {line.rows:,} rows" for line in self.lines if line.rows)
            remarks.append(f"divided: {shares}; about {in_words(self.together)} together")
        remarks += [
            f"up to about {n:,} rows {first} is the quickest, then {second}" for first, second, n in self.crossovers
        ]
        sources: dict[str, list[str]] = {}
        for line in self.lines:
            if line.source:
                sources.setdefault(line.source, []).append(line.device)
        if sources:
            remarks.append("curves: " + "; ".join(f"{', '.join(names)}: {source}" for source, names in sources.items()))
        remarks += [
            f"{line.device}: batches took {line.factor:.2g} times what its curve says; corrected in this batch's column"
            for line in self.lines
            if abs(line.factor - 1) > TOLD
        ]
        return remarks


def explain(
    operation: str,
    n: int,
    *,
    nbytes: int | None = None,
    prepared: bool = False,
    device: str = "auto",
    **parameters: Any,
) -> Explanation:
    """Which backend takes a batch, and the cost curves behind the choice.

    Args:
        operation: its name, as in pyaccel.operations.
        n: rows.
        nbytes: bytes of all rows together; None: rows of the usual size.
        prepared: of verify_many: whether its keys are PreparedKeys.
        device: as the operation itself takes it.
        **parameters: as the operation itself takes them (algorithm=, form=, scheme=, rule=, ...).

    Raises:
        ValueError: an unknown operation, parameter or device; lists the valid ones.
        DeviceUnavailableError: the device asked for is not here.
    """
    if isinstance(operation, str) and operation.partition(".")[0] == "he":
        raise ValueError(
            f"operation {operation!r}: nothing is chosen for ciphertexts, which are computed where they lie: natively, "
            "or on the device of .to('opencl:0'); pyaccel.info() says what each device computes of them"
        )
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
    place = execution.placement(row, values, prepared=prepared)
    device = asked(device)
    several = "" if device == "auto" else device
    if nbytes is None:
        nbytes = round(n * _usual_row(place, several))
    nbytes = whole_number("nbytes", nbytes)
    among = device == "auto" or "," in device
    choice = place.cheapest(n, nbytes, several) if among else place.named(device)
    shares = {share.backend.name: share.rows for share in choice.shares} or {choice.backend.name: n}
    lines = [line for kind in kinds(installed=True) for line in _lines(place, kind, n, nbytes, device, shares)]
    curves = {c.name: c.curve for c in place.candidates(several if among else "") if c.backend is not None}
    together = None
    if choice.shares:
        parts = [(place.corrected(share.backend.name, share.rows), share) for share in choice.shares]
        together = max(factor * share.predicted for factor, share in parts)
    chosen = "+".join(shares)
    return Explanation(
        operation, place.parameters, n, nbytes, device, chosen, tuple(lines), together, tuple(crossovers(curves))
    )


def _usual_row(place: Placement, devices: str) -> float:
    """Bytes of a row where nobody says: what curves were measured with, else what a row may have at their cost."""
    measured = (c.curve.row for c in place.candidates(devices) if c.curve.row)
    return next(measured, float(ROW_BYTES.get(place.operation.name, 0)))


def _lines(place: Placement, kind: str, n: int, nbytes: int, device: str, shares: Mapping[str, int]) -> Iterator[Line]:
    """What there is to say of a kind's devices."""
    operation = place.operation
    if not looked_for(kind):
        waiting = next((c.curve for c in place.candidates() if c.name == kind), None)
        if waiting is None:
            yield Line(kind, (), None, False, NO_CURVE)
        else:
            reason = f"not looked for: starting it would take about {waiting.start_up:.2g} s"
            reason = reason if device == "auto" else f"{device} was asked for"
            yield Line(kind, waiting.seconds, waiting.cost(operation, n, nbytes), False, reason, waiting.source)
        return
    found = discovered(kind)
    if isinstance(found, Unavailable):
        yield Line(kind, (), None, False, f"not available: {found.reason}")
        return
    for backend in found:
        curve = place.curve(backend)
        rows = shares.get(backend.name)
        refusal = place.refusal(backend)
        reason = refusal or ("" if curve or rows is not None else NO_CURVE)
        if not reason and rows is None:
            among = device == "auto" or backend in (backends_of(device) if "," in device else ())
            reason = "slower here" if among else f"{device} was asked for"
        factor = place.corrected(backend.name, n)
        cost = factor * curve.cost(operation, n, nbytes) if curve and not refusal else None
        seconds, source = (curve.seconds, curve.source) if curve else ((), "")
        yield Line(backend.name, seconds, cost, rows is not None, reason, source, factor, rows or 0)


def in_words(value: float) -> str:
    """Seconds with three digits and a unit."""
    if value >= 1000:
        return f"{value:,.0f} s"
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if value >= scale:
            return f"{value / scale:.3g} {unit}"
    return f"{value * 1e9:.3g} ns"
