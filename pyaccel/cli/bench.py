# SPDX-License-Identifier: Apache-2.0
"""`pyaccel bench [NAME]`: runs the benchmarks beside their named peers and shows one table each."""

from __future__ import annotations

import json
import sys
from collections import Counter
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.status import Status
from rich.table import Table
from rich.text import Text

from pyaccel.cli.calibrate import pyplot
from pyaccel.cli.table import amount_per_second, plain_table

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH = 150
"""Columns where the output is no terminal: a line with its peers and marks needs them."""

CURVE = 5
"""Counts from which a line is a row of a table of its own, with a column for each."""

LONG = 1024
"""Bytes of a row from which its rate and cycles are told per byte."""

_STYLES = {"missed": ("✗", "red"), "shipped": ("✓", "green"), "stretched": ("✓✓", "bold green")}

LEGEND = "✗ below what the project ships at, ✓ at or above it, ✓✓ at or above the stretch; * the machine was disturbed"


def _harness(module: str = "harness") -> Any:
    """A module of bench/, which is installed as part of the package; typed loosely, since it lies outside this tree."""
    return import_module(f"pyaccel.bench.{module}")


def _duration(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.4g} {unit}"
    return f"{seconds * 1e9:.4g} ns"


def _rate(line: Any, seconds: float) -> str:
    if line.row_bytes >= LONG:
        return f"{line.n * line.row_bytes / seconds / 1e9:.3g} GB/s"
    return amount_per_second(line.n / seconds)


def _cycles(line: Any) -> str:
    if not line.cycles:
        return "–"
    if line.row_bytes >= LONG:
        return f"{line.cycles / line.row_bytes:.2f} /B"
    return f"{line.cycles:,.0f}" if line.cycles >= 100 else f"{line.cycles:.1f}"


def _figure(mark: Any, value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.3g}x" if mark.unit == "x" else f"{value:.3g} {mark.unit}"


def _table(name: str, machine: dict[str, Any]) -> Table:
    table = plain_table()
    table.title = f"{name}: one core of {machine['cpu']}, {machine['spec']}"
    table.add_column("what")
    for header in ("n", "a call", "rate", "cycles"):
        table.add_column(header, justify="right", no_wrap=True)
    table.add_column("peer: rate, ours is faster by", no_wrap=True)
    for header in ("ship at", "stretch", "reached"):
        table.add_column(header, justify="right", no_wrap=True)
    return table


def _add(table: Table, line: Any) -> None:
    peers = [f"{peer}: {_rate(line, line.seconds[peer])}, {ratio:.3g}x" for peer, ratio in line.ratios.items()]
    reached = []
    for one in line.marks:
        sign, style = _STYLES[one.verdict]
        reached.append(Text(f"{_figure(one.mark, one.value)} {sign}", style=style))
    table.add_row(
        line.name,
        f"{line.n:,}",
        _duration(line.seconds["pyaccel"]) + ("*" if line.disturbed else ""),
        _rate(line, line.seconds["pyaccel"]),
        _cycles(line),
        "\n".join(peers) or "–",
        "\n".join(_figure(one.mark, one.mark.ship_at) for one in line.marks),
        "\n".join(_figure(one.mark, one.mark.stretch) for one in line.marks),
        Text("\n").join(reached),
    )


def _contestants(lines: Sequence[Any]) -> Table:
    """Lines measured at many n, a row per contestant and a column per n."""
    table = plain_table()
    table.title = "median time of one call, by the number of rows in it"
    table.add_column("what")
    table.add_column("by", no_wrap=True)
    counts = sorted({line.n for line in lines})
    for n in counts:
        table.add_column(f"{n:,}", justify="right", no_wrap=True)
    for name in dict.fromkeys(line.name for line in lines):
        by_count = {line.n: line for line in lines if line.name == name}
        for who in dict.fromkeys(who for line in by_count.values() for who in line.seconds):
            cells = [_cell(by_count.get(n), who) for n in counts]
            table.add_row(name if who == "pyaccel" else "", who, *cells)
    return table


def _cell(line: Any | None, who: str) -> str:
    if line is None or who not in line.seconds:
        return ""
    return _duration(line.seconds[who]) + ("*" if line.disturbed else "")


def _tables(name: str, report: dict[str, Any], lines: Sequence[Any]) -> list[Table]:
    """One table of lines with their peers and marks, one of the curves; whichever has rows."""
    counts = Counter(line.name for line in lines)
    curves = [line for line in lines if counts[line.name] >= CURVE]
    single = [line for line in lines if counts[line.name] < CURVE or line.marks]
    tables = []
    if single:
        tables.append(_table(name, report["machine"]))
        for line in single:
            _add(tables[0], line)
    return [*tables, _contestants(curves)] if curves else tables


def _notes(report: dict[str, Any]) -> list[Text]:
    """What a table does not hold: its signs, missing peers, and steps in the cost against n."""
    notes = [Text(LEGEND, style="dim")]
    notes += [Text(f"no column of {peer}: {why}", style="yellow") for peer, why in report["missing_peers"].items()]
    for name, steps in report["steps"].items():
        notes += [Text(f"{name}: more messages cost less: {step}", style="red") for step in steps]
    if report["steps"] and not any(report["steps"].values()):
        notes.append(Text("no step where more messages cost less", style="green"))
    cores = report["machine"]["separate_cores"]
    notes.append(Text(f"two threads have {cores} times the vector throughput of one: about 2 on cores of their own"))
    return notes


def bench(names: Sequence[str], *, rounds: int | None, as_json: bool, save: Path | None, plot: Path | None) -> None:
    """Runs benchmarks one after the other; see `pyaccel bench --help`.

    Args:
        names: which; empty: all. A group's name stands for its members.
        rounds: samples of each contestant; None: the harness's own number.
        as_json: print one JSON array of reports in place of tables.
        save: folder that gets <class>/<bench>.json.
        plot: folder that gets <bench>.png, rate against n.

    Raises:
        ValueError: an unknown name (lists them), or a plot without matplotlib: before anything is measured.
    """
    harness, reports = _harness(), _harness("report")
    unknown = [name for name in names if name not in harness.NAMES]
    if unknown:
        raise ValueError(f"no benchmark {unknown[0]!r}; there are {', '.join(harness.NAMES)}")
    if plot is not None:
        pyplot()
        plot.mkdir(parents=True, exist_ok=True)
    wanted = dict.fromkeys(part for name in names or harness.NAMES for part in harness.GROUPS.get(name, (name,)))
    console = Console(width=None if sys.stdout.isatty() else WIDTH, highlight=False, quiet=as_json)
    documents = []
    for name in wanted:
        lines: list[Any] = []
        with console.status(f"{name} …") as status:

            def on_line(line: Any, name: str = name, lines: list[Any] = lines, status: Status = status) -> None:
                lines.append(line)
                status.update(f"{name}: {line.name}, n = {line.n:,}")

            report = harness.run(name, rounds=rounds or harness.ROUNDS, on_line=on_line)
        documents.append(report)
        console.print(*_tables(name, report, lines), *_notes(report), "", sep="\n")
        if save is not None:
            console.print(f"saved {reports.save(report, save)}")
        if plot is not None:
            drawn = reports.plot(report, plot / f"{name}.png")
            console.print(f"drawn {drawn}" if drawn else f"{name}: no line at several n to draw")
    if as_json:
        sys.stdout.write(json.dumps(documents, indent=1) + "\n")
