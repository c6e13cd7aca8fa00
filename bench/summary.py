# SPDX-License-Identifier: Apache-2.0
"""The README's table of numbers from saved reports: `python -m pyaccel.bench.summary bench/results/avx2-amd-25-1`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from .marks import LESS_IS_BETTER, RATIO

REPORTS = ("hash", "hash_long", "merkle")
LONG = 1024


def _rate(line: dict[str, Any]) -> str:
    seconds = line["seconds"]["pyaccel"]
    if line["name"].startswith("merkle"):
        return f"{seconds * 1e3:.3g} ms"
    if line["row_bytes"] >= LONG:
        return f"{line['n'] * line['row_bytes'] / seconds / 1e9:.3g} GB/s"
    return f"{line['n'] / seconds / 1e6:.3g} M/s, {line['cycles']:.0f} cycles"


def _mark(reached: dict[str, Any]) -> str:
    mark, unit = reached["mark"], reached["mark"]["unit"]
    sign = {"missed": "missed", "shipped": "reached", "stretched": "stretch reached"}[reached["verdict"]]
    bound = "≤" if unit in LESS_IS_BETTER else "≥"
    figures = "x" if unit == RATIO else f" {unit}"
    return f"{bound} {mark['ship_at']:g}{figures}: {reached['value']:.3g}, {sign}"


def rows(report: dict[str, Any]) -> list[str]:
    """One row of Markdown for each line at the most rows; the n below that are curves."""
    most = {line["name"]: max(x["n"] for x in report["lines"] if x["name"] == line["name"]) for line in report["lines"]}
    found = []
    for line in report["lines"]:
        if line["n"] == most[line["name"]]:
            peers = ", ".join(f"{peer} {ratio:.3g}x" for peer, ratio in line["ratios"].items())
            marks = "; ".join(map(_mark, line["marks"]))
            disturbed = " (disturbed)" if line["disturbed"] else ""
            found.append(f"| {line['name']}{disturbed} | {_rate(line)} | {peers} | {marks} |")
    return found


def main(folder: Path) -> None:
    """Prints the table of a folder of results."""
    print("| what | pyaccel | against peers in the same run | target |\n| --- | --- | --- | --- |")
    for name in REPORTS:
        path = folder / f"{name}.json"
        if path.exists():
            print(*rows(json.loads(path.read_text())), sep="\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
