# SPDX-License-Identifier: Apache-2.0
"""What is made of a run: its file, its curves, and the steps that should not be there."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from .contest import Line

Step = tuple[Line, Line]

STEP = 0.03
"""Relative amount by which more rows must cost less before it is called a step: less is noise."""


def steps(lines: Iterable[Line]) -> dict[str, list[Step]]:
    """Pairs of neighbouring n where more messages in one call cost less, by line name, for lines measured at several.

    Both the medians and the fastest samples must say so, of lines that nothing disturbed. An empty list says that the
    cost rises all the way.
    """
    by_name: dict[str, list[Line]] = {}
    for line in lines:
        by_name.setdefault(line.name, []).append(line)
    ordered = {name: sorted(some, key=lambda line: line.n) for name, some in by_name.items() if len(some) > 1}
    return {name: [step for step in pairwise(some) if _falls(*step)] for name, some in ordered.items()}


def _falls(fewer: Line, more: Line) -> bool:
    if fewer.disturbed or more.disturbed:
        return False
    medians = more.seconds["pyaccel"] < fewer.seconds["pyaccel"] * (1 - STEP)
    return medians and more.fastest < fewer.fastest * (1 - STEP)


def told(step: Step) -> str:
    """A step as a person reads it."""
    fewer, more = ((line.n, line.seconds["pyaccel"] * 1e6) for line in step)
    return f"{more[0]} cost {more[1]:.2f} µs, {fewer[0]} cost {fewer[1]:.2f}"


def save(report: Mapping[str, Any], folder: Path) -> Path:
    """Writes a report to folder/<class>-<core>/<bench>.json, of a device folder/<class>/, whole or not at all."""
    parts = (report["machine"]["class"], report["machine"].get("core"))
    path = folder / "-".join(filter(None, parts)) / f"{report['bench']}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")
    partial.replace(path)
    return path


def plot(report: Mapping[str, Any], path: Path) -> Path | None:
    """Draws rows a second against n, a panel per line that was measured at several n, a curve per contestant.

    None: no line was measured at several n, and nothing was drawn.

    Raises:
        ValueError: matplotlib is missing (extra `plot`).
    """
    from pyaccel.cli.calibrate import pyplot

    plt = pyplot()
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    panels: dict[str, dict[str, list[tuple[int, float]]]] = {}
    for line in report["lines"]:
        for contestant, seconds in line["seconds"].items():
            curve = panels.setdefault(line["name"], {}).setdefault(contestant, [])
            curve.append((line["n"], line["n"] / seconds / 1e6))
    panels = {name: curves for name, curves in panels.items() if len(curves["pyaccel"]) > 1}
    if not panels:
        return None
    across = min(3, len(panels))
    down = -(-len(panels) // across)
    figure, axes = plt.subplots(down, across, figsize=(5 * across, 3.4 * down), squeeze=False, layout="constrained")
    for axis, (name, curves) in zip(axes.flat, panels.items(), strict=False):
        for contestant, points in curves.items():
            ours = contestant == "pyaccel"
            axis.plot(
                *zip(*sorted(points), strict=True),
                marker="o",
                markersize=4,
                linewidth=2.2 if ours else 1.2,
                zorder=3 if ours else 2,
                label=contestant,
            )
        axis.set(xscale="log", yscale="log")
        axis.set_title(name, fontsize=10)
        counts = [n for n, _ in sorted(curves["pyaccel"])]
        shown = [n for i, n in enumerate(counts) if i == 0 or n >= 2 * counts[i - 1]]
        axis.set_xticks(shown, [f"{n:,}" for n in shown], fontsize=8)
        axis.xaxis.set_minor_locator(NullLocator())
        axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.yaxis.set_major_formatter(FuncFormatter(lambda rate, _: f"{rate:g}"))
        axis.yaxis.set_minor_locator(NullLocator())
        low, high = axis.get_ylim()
        axis.set_ylim(min(low, high / 10), high)
        axis.tick_params(labelsize=8)
        axis.grid(visible=True, which="major", alpha=0.4)
        axis.legend(fontsize=8)
    for axis in list(axes.flat)[len(panels) :]:
        axis.set_axis_off()
    figure.supxlabel("rows in one call (n)")
    figure.supylabel("million rows a second")
    figure.suptitle(f"{report['bench']}: {report['machine']['cpu']}, class {report['machine']['class']}, one core")
    figure.savefig(path, dpi=110)
    plt.close(figure)
    return path
