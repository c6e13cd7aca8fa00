# SPDX-License-Identifier: Apache-2.0
"""`pyaccel calibrate`: measures, and shows what came of it as a table, as JSON and as a plot."""

from __future__ import annotations

import json
import warnings
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.text import Text

import pyaccel
from pyaccel.calibration.measuring import Calibration, label
from pyaccel.cli.errors import one_line
from pyaccel.cli.progress import plain_line, progress_bar
from pyaccel.cli.table import amount_per_second, plain_table
from pyaccel.scheduler.curve_store import Measured
from pyaccel.scheduler.curves import POINTS
from pyaccel.scheduler.explanation import in_words

_SHOWN = (1, 64, 1024)
"""Numbers of rows with a column each."""


def run_calibrate(
    operations: tuple[str, ...],
    devices: tuple[str, ...],
    *,
    full: bool,
    threads: tuple[int, ...],
    save: bool,
    force: bool,
    plot: Path | None,
    as_json: bool,
    console: Console,
) -> int:
    """Measures and prints; the answer is the exit status. See `pyaccel calibrate --help`."""
    if plot is not None:
        check_drawable(plot)
    waiting = Console(stderr=True)
    begun: set[tuple[str, str]] = set()
    with (
        progress_bar(waiting, "calibrate") as report,
        warnings.catch_warnings(action="always", record=True) as warned,
    ):

        def told(done: int, total: int, what: str) -> None:
            report("curves", done, total)
            operation, _, of_device = what.partition(" ")
            device = of_device.rpartition(" on ")[2]
            if what and (operation, device) not in begun:
                begun.add((operation, device))
                plain_line(waiting, f"calibrate: {operation} on {device}, from curve {done + 1} of {total}")

        calibration = pyaccel.calibrate(
            operations or None,
            devices=devices or None,
            threads=threads or None,
            budget="full" if full else "quick",
            save=save,
            force=force,
            progress=told,
        )
    if as_json:
        click.echo(json.dumps(_document(calibration), indent=1))
    else:
        _show(calibration, console)
    if plot is not None:
        draw(calibration, plot)
        click.echo(f"drawn {plot}", err=True)
    for warning in warned:
        click.echo(f"pyaccel: {warning.message}", err=True)
    return 1 if calibration.disturbed and save and not force else 0


def _document(calibration: Calibration) -> dict[str, Any]:
    return {
        "path": None if calibration.path is None else str(calibration.path),
        "seconds": calibration.seconds,
        "points": POINTS,
        "curves": [asdict(one) for one in calibration.curves],
        "disturbed": [{**asdict(one), "share": share} for one, share in calibration.disturbed],
        "skipped": [asdict(one) for one in calibration.skipped],
        "crossovers": [
            {"operation": operation, "of": of, "below": first, "above": second, "n": n}
            for operation, of, first, second, n in calibration.crossovers()
        ],
    }


def _show(calibration: Calibration, console: Console) -> None:
    table = plain_table()
    for name in ("operation", "of", "device"):
        table.add_column(name, overflow="fold")
    for name in (*(f"n = {n:,}" for n in _SHOWN), "at most", "to n", "start"):
        table.add_column(name, justify="right", no_wrap=True)
    disturbed = [one for one, _ in calibration.disturbed]
    for one in calibration.curves:
        curve = one.curve()
        rate = amount_per_second(max(point / curve.at(point) for point in POINTS if point <= one.until))
        times = [in_words(curve.at(n)) for n in _SHOWN]
        device = label(one) + ("*" if one in disturbed else "")
        table.add_row(one.operation, one.of, device, *times, rate, f"{one.until:,}", in_words(one.start_up))
    console.print(table)
    for operation, of, first, second, n in calibration.crossovers():
        console.print(Text(f"{operation} {of}: {first} up to about {n:,} rows, then {second}"))
    reasons: dict[tuple[str, str], list[str]] = {}
    for one_skipped in calibration.skipped:
        reasons.setdefault((one_skipped.device, one_skipped.reason), []).append(
            f"{one_skipped.operation} {one_skipped.of}"
        )
    for (device, reason), what in reasons.items():
        console.print(Text(f"not measured on {device}: {', '.join(what)}: {one_line(reason)}", style="dim"))
    if disturbed:
        most = max(share for _, share in calibration.disturbed)
        console.print(Text(f"* other programs, or a quota, took up to {most:.0%} of the cores' time", style="dim"))
    where = f"kept in {calibration.path}" if calibration.path else "not kept: they end with this process"
    console.print(Text(f"{len(calibration.curves)} curves in {calibration.seconds:.1f} s, {where}", style="bold"))


def pyplot() -> Any:
    """Matplotlib's, drawing to files."""
    try:
        import matplotlib as mpl
    except ImportError as error:
        raise ValueError("the plot needs matplotlib: pip install 'pyaccel[plot]'") from error
    mpl.use("Agg")
    from matplotlib import pyplot as plt

    return plt


def check_drawable(path: Path) -> None:
    """Finds before anything is measured what would keep a plot from being drawn there.

    Raises:
        ValueError: matplotlib is missing or knows no such format, or there is no such folder.
    """
    pyplot()
    from matplotlib.backend_bases import FigureCanvasBase

    known = FigureCanvasBase.get_supported_filetypes()
    if path.suffix[1:].lower() not in known:
        endings = ", ".join(f".{name}" for name in known)
        raise ValueError(f"{path}: {path.suffix or 'a name without ending'} is no format of plots; there are {endings}")
    if not path.parent.is_dir():
        raise ValueError(f"{path}: there is no folder {path.parent}; make it, or name another --plot")


def draw(calibration: Calibration, path: Path) -> None:
    """Draws rows a second against n, a panel for each operation and class, a line for each device, crossovers marked.

    Args:
        calibration: what was measured.
        path: file; its ending says the format (.svg, .png, .pdf).

    Raises:
        ValueError: see check_drawable.
        OSError: the file can't be written.
    """
    plt = pyplot()
    classes = calibration.by_class()
    across = min(3, max(1, len(classes)))
    down = max(1, -(-len(classes) // across))
    figure, axes = plt.subplots(down, across, figsize=(5 * across, 3.4 * down), squeeze=False, layout="constrained")
    crossings = calibration.crossovers()
    for axis, ((operation, of), some) in zip(axes.flat, classes.items(), strict=False):
        for one in some:
            _draw_curve(axis, one)
        for what, kind, _, second, n in crossings:
            if (what, kind) == (operation, of):
                axis.axvline(n, color="grey", linestyle=":", linewidth=1)
                axis.annotate(
                    f"{n:,}: {second}", (n, 0.02), xycoords=("data", "axes fraction"), fontsize=6, rotation=90
                )
        axis.set(xscale="log", yscale="log")
        axis.set_title(f"{operation} {of}", fontsize=9)
        axis.tick_params(labelsize=7)
        axis.grid(visible=True, which="major", alpha=0.4)
        axis.legend(fontsize=7)
    for axis in list(axes.flat)[len(classes) :]:
        axis.set_axis_off()
    figure.supxlabel("rows in one call (n); dashed: carried on, not measured")
    figure.supylabel("rows a second")
    try:
        figure.savefig(path, dpi=110)
    finally:
        plt.close(figure)


def _draw_curve(axis: Any, one: Measured) -> None:
    rates = [(point, point / seconds) for point, seconds in zip(POINTS, one.seconds, strict=True)]
    measured = [pair for pair in rates if pair[0] <= one.until]
    (line,) = axis.plot(*zip(*measured, strict=True), marker="o", markersize=3, linewidth=1.5, label=label(one))
    beyond = rates[len(measured) - 1 :]
    if len(beyond) > 1:
        axis.plot(*zip(*beyond, strict=True), linestyle="--", linewidth=1, color=line.get_color())
