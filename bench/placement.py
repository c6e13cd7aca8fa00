# SPDX-License-Identifier: Apache-2.0
"""How well "auto" chooses: its time against the best single device's over a sweep of operations and sizes.

    python -m pyaccel.bench.placement --save bench/results --plot placement.svg

The devices at hand are calibrated and swept; then two of known cost, whose lines cross inside the sweep, beside native,
which is slower than both, so that who always answers "native" fails; then batches are divided over two devices of
equal rates: two of known cost, and native on two cores, each bound to its own. Single devices and "auto" are sampled in
alternation, and the least of each one's samples counts.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from math import exp, log
from pathlib import Path
from typing import Any

import numpy as np

import pyaccel
from pyaccel.backends.base import Unavailable
from pyaccel.calibration.workloads import LONG, USUAL, workload
from pyaccel.cpu import usable_cores
from pyaccel.scheduler import execution, registry
from pyaccel.scheduler.calls import Call

from . import report, synthetic
from .machine import machine

SIZES = (1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000, 100_000)
"""Rows: none but the first is a point of a curve, so that what lies between is looked at."""

CLASSES = ("hash_many:sha256", "hash_many:keccak256", "merkle.root:rfc6962", "verify_many:ed25519", "verify_many:sm2")

WITHIN = 1.1
"""The geometric mean of auto's time over the best device's may be so much."""

GAIN = 1.5
"""Two devices of equal rates divide a batch with at least this gain."""

_SPLIT_CLASS, _SPLIT_ROWS = "verify_many:p384-ecdsa", (4_096, 16_384)
_SPLIT_TREE, _SPLIT_LEAVES = "merkle.root:rfc6962", 1 << 20


def _mean(ratios: Sequence[float]) -> float:
    """Geometric."""
    return exp(sum(map(log, ratios)) / len(ratios)) if ratios else 1.0


def _run(call: Call, device: str) -> Any:
    outputs = call.outputs()
    return lambda: execution.run(call.operation, call.values, call.inputs, outputs, call.n, device=device)


def _least(calls: dict[str, Any], least: float, rounds: int) -> dict[str, float]:
    """Least seconds of each call, sampled in alternation."""
    found: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            found[name] += synthetic.seconds(call, least, 1)
    return {name: min(samples) for name, samples in found.items()}


def sweep(
    classes: Sequence[str], devices: Sequence[str], sizes: Sequence[int], *, auto: str, limit: float, rounds: int
) -> list[dict[str, Any]]:
    """Seconds of "auto" among devices and of each alone, for each class and size whose best stays under a limit.

    Args:
        classes: "operation:class" each.
        devices: names.
        sizes: numbers of rows, rising.
        auto: what is asked to choose: "auto", or a list of devices to choose among.
        limit: seconds; a device whose batch took longer is not run at larger sizes, and a size ends its class where
            none is left.
        rounds: samples of each.
    """
    lines = []
    for name in classes:
        operation, _, of = name.partition(":")
        left = list(devices)
        for n in sizes:
            call = workload(operation, of, n)
            singles = {device: _run(call, device) for device in left}
            found = _least({"auto": _run(call, auto), **singles}, min(limit / 10, 2e-3), rounds)
            with pyaccel.scheduler.record() as batches:
                _run(call, auto)()
            chosen = found.pop("auto")
            best = min(found, key=lambda device: found[device])
            line = {"operation": operation, "of": of, "n": n, "auto": chosen, "chosen": batches[-1].device}
            lines.append(line | {"devices": found, "best": best, "ratio": chosen / found[best]})
            left = [device for device in left if found[device] <= limit]
            if not left:
                break
    return lines


def _crossing(valid: Any, rounds: int, sizes: Sequence[int]) -> dict[str, Any]:
    """The sweep with two devices of known cost: 0.2 ms + 4 us a row, and 1.2 ms + 1 us a row. They cross at 333 rows.

    P-384 takes native some 30 us a row or more.
    """
    quick_start = synthetic.Line("line:0", 2e-4, 4e-6, valid)
    quick_row = synthetic.Line("line:1", 1.2e-3, 1e-6, valid)
    names = ("native", "line:0", "line:1")
    with synthetic.present(quick_start, quick_row):
        pyaccel.calibrate([_SPLIT_CLASS], devices=names, threads=[usable_cores()], save=False)
        lines = sweep([_SPLIT_CLASS], names, sizes, auto="auto", limit=0.3, rounds=rounds)
        always_native = [
            line["devices"]["native"] / line["devices"][line["best"]] for line in lines if "native" in line["devices"]
        ]
        told = str(pyaccel.explain("verify_many", 1_000, scheme="p384-ecdsa", device=",".join(names)))
    return {
        "lines": lines,
        "ratio": _mean([line["ratio"] for line in lines]),
        "always_native": _mean(always_native),
        "crossover": 333,
        "explained": told,
    }


def _split(backends: Sequence[Any], n: int, rounds: int, what: str = _SPLIT_CLASS) -> dict[str, Any]:
    """A batch divided over backends against the best of them alone."""
    operation, _, of = what.partition(":")
    names = [backend.name for backend in backends]
    with synthetic.present(*backends):
        pyaccel.calibrate([what], devices=names, budget="quick", save=False)
        call = workload(operation, of, n, distinct=1024)
        calls = {name: _run(call, name) for name in names} | {"together": _run(call, ",".join(names))}
        found = _least(calls, 0.0, rounds)
        with pyaccel.scheduler.record() as batches:
            calls["together"]()
    together = found.pop("together")
    return {
        "devices": found,
        "together": together,
        "gain": min(found.values()) / together,
        "n": n,
        "ran_on": batches[-1].device,
        "parts": batches[-1].parts,
    }


def run(
    *,
    devices: Sequence[str] | None = None,
    classes: Sequence[str] = CLASSES,
    sizes: Sequence[int] = SIZES,
    rounds: int = 7,
) -> dict[str, Any]:
    """Calibrates, sweeps and divides; gives the report, ready for JSON. Nothing is kept of the calibration.

    Args:
        devices: names; None: native, and every OpenCL and CUDA device that works.
        classes: "operation:class" each.
        sizes: numbers of rows.
        rounds: samples of each line.
    """
    names = list(devices) if devices is not None else _all_devices()
    calibration = pyaccel.calibrate(classes, devices=names, threads=[usable_cores()], budget="quick", save=False)
    auto = ",".join(names) if devices is not None else "auto"
    lines = sweep(classes, names, sizes, auto=auto, limit=0.1, rounds=rounds)
    operation, _, of = _SPLIT_CLASS.partition(":")
    known = [workload(operation, of, 1024, row=row).inputs["signatures"].array(1024) for row in (USUAL, LONG)]
    valid = np.concatenate(known)
    splits = {}
    for n in _SPLIT_ROWS:
        pair = [synthetic.Line(f"line:{i}", 2e-4, 5e-6, valid) for i in range(2)]
        splits[f"two of known cost, n = {n:,}"] = _split(pair, n, rounds)
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) > 1:
        pinned = [synthetic.Pinned(i, core) for i, core in enumerate(cores[:2])]
        splits[f"native on cores {cores[0]} and {cores[1]}, n = 4,096"] = _split(pinned, 4_096, rounds)
        splits[f"the same, a tree of {_SPLIT_LEAVES:,} leaves"] = _split(pinned, _SPLIT_LEAVES, rounds, _SPLIT_TREE)
    return {
        "bench": "placement",
        "machine": machine(),
        "devices": names,
        "calibration_seconds": calibration.seconds,
        "lines": lines,
        "ratio": _mean([line["ratio"] for line in lines]),
        "crossing": _crossing(valid, rounds, [n for n in sizes if n <= 30_000]),
        "splits": splits,
    }


def _all_devices() -> list[str]:
    found = []
    for kind in registry.kinds():
        some = registry.discovered(kind)
        for backend in () if isinstance(some, Unavailable) or kind == "golden" else some:
            found += [backend.name] * (not isinstance(registry.probed(backend), Unavailable))
    return found


def plot(found: dict[str, Any], path: Path) -> None:
    """Draws seconds against n, a panel a class: each device alone, and auto on top; needs matplotlib."""
    from pyaccel.cli.calibrate import pyplot

    plt = pyplot()
    panels: dict[str, list[dict[str, Any]]] = {}
    for line in found["lines"]:
        panels.setdefault(f"{line['operation']} {line['of']}", []).append(line)
    panels["two of known cost beside native"] = found["crossing"]["lines"]
    across = min(3, len(panels))
    down = -(-len(panels) // across)
    figure, axes = plt.subplots(down, across, figsize=(5 * across, 3.6 * down), squeeze=False, layout="constrained")
    for axis, (title, lines) in zip(axes.flat, panels.items(), strict=False):
        names = dict.fromkeys(name for line in lines for name in line["devices"])
        for name in names:
            points = [(line["n"], line["devices"][name]) for line in lines if name in line["devices"]]
            axis.plot(*zip(*points, strict=True), marker=".", linewidth=1.2, label=name)
        points = [(line["n"], line["auto"]) for line in lines]
        axis.plot(*zip(*points, strict=True), "k:", linewidth=2.4, label="auto", zorder=3)
        ratio = _mean([line["ratio"] for line in lines])
        axis.set(xscale="log", yscale="log")
        axis.set_title(f"{title}: auto / best {ratio:.3f}", fontsize=9)
        axis.grid(visible=True, which="major", alpha=0.4)
        axis.tick_params(labelsize=7)
        axis.legend(fontsize=7)
    axes.flat[len(panels) - 1].axvline(found["crossing"]["crossover"], color="grey", linestyle="--", linewidth=1)
    for axis in list(axes.flat)[len(panels) :]:
        axis.set_axis_off()
    figure.supxlabel("rows in one call (n)")
    figure.supylabel("seconds")
    figure.suptitle(f"{found['machine']['cpu']}: geometric mean of auto / best single device {found['ratio']:.3f}")
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _told(found: dict[str, Any]) -> str:
    crossing = found["crossing"]
    rows = [
        f"auto / best single device over {len(found['lines'])} lines of {', '.join(found['devices'])}: "
        f"{found['ratio']:.3f} (wanted: {WITHIN} at most)",
        f"the same with two devices of known cost: {crossing['ratio']:.3f}; "
        f"always native: {crossing['always_native']:.2f}",
    ]
    rows += [
        f"divided over {name}: {one['gain']:.2f} times as fast as the best alone, on {one['ran_on']} (wanted: {GAIN})"
        for name, one in found["splits"].items()
    ]
    worst = sorted(found["lines"] + crossing["lines"], key=lambda line: -line["ratio"])[:5]
    rows += [
        f"worst: {line['operation']} {line['of']} n={line['n']:,}: "
        f"{line['ratio']:.2f}, {line['chosen']} for {line['best']}"
        for line in worst
    ]
    return "\n".join(rows)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; its status is 1 where a line is below what is wanted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", action="append", help="only this one; again for several, which share large trees")
    parser.add_argument(
        "--class",
        dest="classes",
        action="append",
        metavar="OPERATION:CLASS",
        help="sweep only this one; again for several",
    )
    parser.add_argument("--rounds", type=int, default=7, help="samples of each device; default: 7")
    parser.add_argument("--save", type=Path, metavar="FOLDER", help="keep the report there, by machine class and core")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw seconds against n there")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    given = parser.parse_args(arguments)
    found = run(devices=given.device, classes=given.classes or CLASSES, rounds=given.rounds)
    print(json.dumps(found, indent=1) if given.json else _told(found))
    if given.save:
        print(f"saved {report.save(found, given.save)}")
    if given.plot:
        plot(found, given.plot)
    gains = [one["gain"] for one in found["splits"].values()]
    good = found["ratio"] <= WITHIN and found["crossing"]["ratio"] <= WITHIN and min(gains) >= GAIN
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
