# SPDX-License-Identifier: Apache-2.0
"""`pyaccel demo`: the main job on real data, on every backend, and a comparison of what they say."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

import pyaccel
from pyaccel.cli import demo_he
from pyaccel.cli.demo_consortium import ConsortiumJob
from pyaccel.cli.demo_data import Job, jobs, repository_data, signed_batch
from pyaccel.cli.demo_tree import TreeJob
from pyaccel.cli.errors import one_line
from pyaccel.cli.progress import plain_line, progress_bar
from pyaccel.cli.report import Report
from pyaccel.cli.runner import Progress, Runner
from pyaccel.cli.sampled_runner import SampledRunner
from pyaccel.cli.table import plain_table, show, wide_console
from pyaccel.scheduler import watching
from pyaccel.scheduler.watching import Attempt

REMARKS_ABOVE = "remarks on each file stand above, with device auto"

KERNELS_BUILT = "the time of a kernel's first batch has that of building it in it, unless an earlier run kept it"

OWN_BYTES = (
    "=: all bytes equal those of device auto; the number: how many of them the device computed itself, native the rest"
)

LEAVES = 1 << 20
"""Of the generated tree; a power of two."""

TRANSACTIONS = 10_000
"""Of the consortium block."""

AnyJob = Job | TreeJob | ConsortiumJob

GOLDEN_ROWS = 24
"""Rows of each batch that golden computes: it is there to be read, not to be fast."""


class Tally:
    """What the scheduler sent where, within a `with` of it: by device the batches, rows, seconds and failures."""

    def __init__(self) -> None:
        self.devices: dict[str, Counter[str]] = {}

    def _attempted(self, attempt: Attempt) -> None:
        counts = self.devices.setdefault(attempt.device, Counter())
        if attempt.error is None:
            counts.update(batches=1, rows=attempt.n, microseconds=round(attempt.seconds * 1e6))
        else:
            counts.update(failures=1)

    def __enter__(self) -> Self:
        watching.watchers.add(self._attempted)
        return self

    def __exit__(self, *_: object) -> None:
        watching.watchers.remove(self._attempted)

    def text(self) -> Text:
        """In a line."""
        parts = [
            f"{device} {counts['batches']:,} batches of {counts['rows']:,} rows in {counts['microseconds'] / 1e6:.2g} s"
            + (f" ({counts['failures']:,} failed there, and were computed elsewhere)" if counts["failures"] else "")
            for device, counts in sorted(self.devices.items(), key=lambda item: -item[1]["rows"])
        ]
        return Text(f"the scheduler sent: {'; '.join(parts)}", style="dim")


@dataclass
class Run:
    """All files on one device: reports, the raw outputs of each file's batches, and how much it computed itself."""

    device: str
    reports: list[Report] = field(default_factory=list)
    outputs: list[list[bytes]] = field(default_factory=list)
    own_bytes: list[int] = field(default_factory=list)

    @property
    def merged(self) -> Report:
        """One report of all files."""
        report = Report(f"device {self.device}", f"the same {len(self.reports)} things")
        for i, part in enumerate(self.reports):
            report.merge(part, {"file": i})
        report.remarks[REMARKS_ABOVE] = None
        if self.device.startswith(("opencl", "cuda")):
            report.remarks[KERNELS_BUILT] = None
        return report


def run_demo(signatures: int, *, as_json: bool) -> int:
    """Runs the demo; the answer is the exit status: 0 when every check passed and all backends say the same.

    Args:
        signatures: rows of the generated batch.
        as_json: whether to print JSON in place of tables.
    """
    console, waiting = wide_console(), Console(stderr=True)
    console.quiet = as_json
    work: list[AnyJob] = [*jobs(repository_data()), ConsortiumJob(TRANSACTIONS), TreeJob(LEAVES)]
    with progress_bar(waiting, "demo", lines=True) as progress:
        work.append(signed_batch(signatures, progress))
    with Tally() as tally:
        runs = [_run("auto", work, waiting)]
    console.rule("[bold]device auto[/]: each batch where the scheduler sends it")
    show(console, runs[0].reports)
    console.print(tally.text(), highlight=False)
    for device in pyaccel.devices():
        console.print()
        console.rule(f"[bold]device {device.name}[/]")
        if not device.available:
            console.print(Text(f"not here: {one_line(device.reason)}", style="yellow"))
            continue
        runs.append(_run(device.name, work, waiting))
        show(console, [runs[-1].merged])
    same = [[run.outputs[i] == runs[0].outputs[i] for run in runs] for i in range(len(work))]
    console.print()
    console.rule("[bold]outputs of the backends, byte for byte[/]")
    console.print(_comparison(work, runs, same, console.width))
    console.print(Text(OWN_BYTES, style="dim"))
    with progress_bar(waiting, "homomorphic encryption", lines=True) as progress:
        hidden = demo_he.report(progress)
    console.print()
    console.rule("[bold]homomorphic encryption[/]")
    show(console, [hidden])
    bad = sum(report.bad_count for run in runs for report in run.reports) + hidden.bad_count
    different = sum(not equal for row in same for equal in row)
    console.print(_conclusion(runs, bad, different))
    if as_json:
        click.echo(json.dumps(_document(work, runs, same, hidden), indent=2))
    return 1 if bad or different else 0


def _runner(device: str, progress: Progress) -> Runner:
    if device == "golden":
        return SampledRunner(device, GOLDEN_ROWS, progress, keep_outputs=True)
    return Runner(device, progress, keep_outputs=True)


def _run(device: str, work: Sequence[AnyJob], waiting: Console) -> Run:
    run = Run(device)
    plain_line(waiting, f"demo: device {device}")
    for job in work:
        with progress_bar(waiting, f"{device}: {job.name}") as progress:
            runner = _runner(device, progress)
            run.reports.append(job.report(runner))
            run.outputs.append(runner.outputs)
            run.own_bytes.append(runner.own_bytes)
    return run


def _comparison(work: Sequence[AnyJob], runs: Sequence[Run], same: Sequence[Sequence[bool]], width: int) -> Table:
    table = plain_table()
    table.add_column("what", overflow="ellipsis", no_wrap=True, max_width=max(12, width - 68))
    table.add_column("bytes", justify="right", no_wrap=True)
    for run in runs:
        table.add_column(run.device, justify="right", no_wrap=True)
    for i, job in enumerate(work):
        cells = [
            Text(f"= {run.own_bytes[i]:,}", style="green") if equal else Text("DIFFERS", style="bold red")
            for run, equal in zip(runs, same[i], strict=True)
        ]
        table.add_row(Text(job.name), f"{sum(map(len, runs[0].outputs[i])):,}", *cells)
    return table


def _conclusion(runs: Sequence[Run], bad: int, different: int) -> Text:
    names = ", ".join(run.device for run in runs)
    if bad or different:
        return Text(f"✗ {bad:,} bad checks, {different:,} outputs that differ, on {names}", style="bold red")
    checked = sum(report.judged_count for report in runs[0].reports)
    return Text(f"✓ all {checked:,} checks passed on each of {names}, with equal outputs", style="bold green")


def _document(
    work: Sequence[AnyJob], runs: Sequence[Run], same: Sequence[Sequence[bool]], hidden: Report
) -> dict[str, Any]:
    return {
        "homomorphic": hidden.as_json(),
        "runs": [{"device": run.device, "files": [report.as_json() for report in run.reports]} for run in runs],
        "comparison": [
            {
                "file": job.name,
                "bytes": sum(map(len, runs[0].outputs[i])),
                "equal": {run.device: equal for run, equal in zip(runs, same[i], strict=True)},
                "own_bytes": {run.device: run.own_bytes[i] for run in runs},
            }
            for i, job in enumerate(work)
        ],
    }
