# SPDX-License-Identifier: Apache-2.0
"""Reports as tables for people."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from pyaccel.cli.errors import one_line
from pyaccel.cli.report import Check, Report

NARROW = 72
"""Columns below which a table keeps to what was checked and how many are bad."""

NAMED = 12
"""Bad things of one check that are named in the table; --json names more."""


def duration(seconds: float) -> str:
    """Seconds to a tenth of a millisecond."""
    return f"{seconds:.4f}" if seconds >= 0.0001 else "<0.0001"


def amount_per_second(rate: float | None) -> str:
    """A rate with a unit prefix."""
    if rate is None:
        return "–"
    for scale, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if rate >= 0.9995 * scale:  # what would be rounded to 1000 of the unit below
            return f"{rate / scale:.3g} {unit}/s"
    return f"{rate:.3g} /s"


class _Console(Console):
    """One that lets its caller say what a closed pipe means for the exit status."""

    def on_broken_pipe(self) -> None:
        """Called while the error is being handled."""
        raise BrokenPipeError


def plain_table() -> Table:
    """A table with a line below its head and nothing else drawn."""
    return Table(
        box=box.SIMPLE_HEAD,
        header_style="bold",
        pad_edge=False,
        show_edge=False,
        padding=(0, 1, 0, 0),
        collapse_padding=True,
    )


def wide_console(*, stderr: bool = False) -> Console:
    """Standard output, or error: as wide as the terminal, 100 columns where it is none."""
    wide = (sys.stderr if stderr else sys.stdout).isatty() or "COLUMNS" in os.environ
    return _Console(width=None if wide else 100, stderr=stderr)


def kernels(variant: str) -> str:
    """Which kernels rows are shared among, without their lanes: of "shani-x4+shani-x1+avx512-x32" "shani avx512"."""
    return " ".join(dict.fromkeys(name.partition("-x")[0] for name in variant.split("+")))


def _verdict(check: Check) -> Text:
    if not check.judged:
        return Text("·", style="dim")
    return Text(f"{check.bad_count:,}", style="bold red") if check.bad else Text("0", style="green")


def _checks_table(report: Report, *, narrow: bool) -> Table:
    table = plain_table()
    table.add_column("check", overflow="fold")
    for name in ("checked", "bad") if narrow else ("checked", "bad", "seconds", "rate"):
        table.add_column(name, justify="right", no_wrap=True)
    if not narrow:
        table.add_column("device", no_wrap=True)
        table.add_column("variant", overflow="fold")
    for check in report.checks.values():
        asterisk = "*" if check.notes else ""
        counts = (Text(check.name), f"{check.checked:,}", _verdict(check))
        if narrow:
            table.add_row(*counts)
            continue
        table.add_row(
            *counts,
            duration(check.seconds) if check.ran_on else "–",
            amount_per_second(check.rate),
            "\n".join(f"{device}{asterisk}" for device, _ in check.ran_on),
            "\n".join(kernels(variant) for _, variant in check.ran_on),
        )
    return table


def _lines(report: Report) -> Iterable[Text]:
    for check in report.checks.values():
        for bad in check.bad[:NAMED]:
            parts = ("bad", check.name, bad.place, one_line(bad.reason))
            yield Text(": ".join(part for part in parts if part), style="red")
        if check.bad_count > NAMED:
            names = "all" if check.bad_count == len(check.bad) else f"the first {len(check.bad):,}"
            yield Text(f"bad: {check.name}: and {check.bad_count - NAMED:,} more; --json names {names}", style="red")
    if report.not_covered:
        kinds = ", ".join(f"{count:,} × {kind}" for kind, count in sorted(report.not_covered.items()))
        yield Text(f"not covered: {kinds}", style="yellow")
    for note in dict.fromkeys(note for check in report.checks.values() for note in check.notes):
        yield Text(f"* {one_line(note)}", style="dim")
    for remark in report.remarks:
        yield Text(one_line(remark), style="dim")
    if any(not check.judged for check in report.checks.values()):
        yield Text("· computed for other checks, no verdict of its own", style="dim")
    yield _conclusion(report)


def _conclusion(report: Report) -> Text:
    if report.bad_count:
        return Text(f"✗ {report.bad_count:,} bad of {report.judged_count:,} checked", style="bold red")
    covered = "; what is not covered was not checked" if report.not_covered else ""
    return Text(f"✓ all {report.judged_count:,} checks passed{covered}", style="bold green")


def render(report: Report, *, narrow: bool = False) -> RenderableType:
    """A report as one table with its title above and what it means below; narrow: without times and devices."""
    title = Text.assemble((one_line(report.source), "bold cyan"), "  ", one_line(report.title))
    facts = [Text(f"{name}: {one_line(str(value))}", style="dim") for name, value in report.facts.items()]
    return Group(Text(), title, *facts, Padding(_checks_table(report, narrow=narrow), (1, 0)), *_lines(report))


def show(console: Console, reports: Iterable[Report]) -> None:
    """Prints reports one after the other."""
    for report in reports:
        console.print(render(report, narrow=console.width < NARROW), highlight=False)
