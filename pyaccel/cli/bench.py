# SPDX-License-Identifier: Apache-2.0
"""`pyaccel bench [NAME]`: runs the benchmarks beside their named peers and shows one table."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence


def _harness() -> Any:
    """bench/harness.py, which is installed as part of the package; typed loosely, since it lies outside this tree."""
    return import_module("pyaccel.bench.harness")


def _rate(rows_per_second: float) -> str:
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if rows_per_second >= size:
            return f"{rows_per_second / size:.2f} {unit}/s"
    return f"{rows_per_second:.1f} /s"


def _table(name: str, machine: dict[str, Any]) -> Table:
    table = Table(title=f"{name}: one core of {machine['cpu']}")
    for header, justify in (("what", "left"), ("n", "right"), ("time a call", "right"), ("rows", "right")):
        table.add_column(header, justify=justify)  # type: ignore[arg-type]
    table.add_column("against peers (above 1: pyaccel is faster)")
    return table


def _add(table: Table, line: Any) -> None:
    seconds = line.seconds["pyaccel"]
    peers = ", ".join(f"{peer} {ratio:.2f}x" for peer, ratio in line.ratios.items()) or "no peer installed"
    mark = "*" if line.disturbed else ""
    if line.disturbed:
        table.caption = "* the machine was disturbed meanwhile"
    table.add_row(line.name, f"{line.n:,}", f"{seconds * 1e6:,.2f} µs{mark}", _rate(line.n / seconds), peers)


def bench(names: Sequence[str], *, rounds: int | None, as_json: bool, save: Path | None, plot: Path | None) -> None:
    """Runs benchmarks one after the other; see `pyaccel bench --help`.

    Args:
        names: which; empty: all.
        rounds: samples of each contestant; None: the harness's own number.
        as_json: print one JSON array of reports in place of tables.
        save: folder that gets <class>/<bench>.json.
        plot: folder that gets <bench>.png, rate against n.

    Raises:
        ValueError: an unknown name (lists them), or a plot without matplotlib.
    """
    harness = _harness()
    unknown = [name for name in names if name not in harness.NAMES]
    if unknown:
        raise ValueError(f"no benchmark {unknown[0]!r}; there are {', '.join(harness.NAMES)}")
    console = Console()
    machine = harness.machine()
    reports = []
    for name in names or harness.NAMES:
        table = _table(name, machine)
        with console.status(f"{name} …") if not as_json else Console(quiet=True).status(""):
            report = harness.run(
                name, rounds=rounds or harness.ROUNDS, on_line=lambda line, table=table: _add(table, line)
            )
        reports.append(report)
        if not as_json:
            console.print(table)
        if save is not None:
            console.print(f"saved {harness.save(report, save)}", highlight=False)
        if plot is not None:
            plot.mkdir(parents=True, exist_ok=True)
            console.print(f"drawn {harness.plot(report, plot / f'{name}.png')}", highlight=False)
    if as_json:
        sys.stdout.write(json.dumps(reports, indent=1) + "\n")
