# SPDX-License-Identifier: Apache-2.0
"""The one harness that every benchmark uses.

Contestants do the same work in one process on one pinned core, in alternation, so that whatever disturbs the
machine disturbs them alike; what counts is the median of the ratios of neighbouring samples. Their results are
compared before anything is timed. Clock and vector throughput are probed before and after each line: a line whose
probes differ by more than `DRIFT` is marked.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import pyaccel

SAMPLE_SECONDS = 0.01
"""A sample repeats its work until it lasts this long."""
ROUNDS = 11
"""Samples of each contestant; odd, so that a median is a sample."""
DRIFT = 0.05
"""Relative change of a probe beyond which a line is marked as disturbed."""

NAMES = ("hash", "merkle", "ed25519", "secp256k1", "overhead")
"""Benchmarks by name; `bench_<name>.py` holds each."""


@dataclass(frozen=True)
class Contest:
    """One line: the same work by pyaccel and by its peers.

    Attributes:
        name: what is computed ("sha256 64 B").
        n: rows in one call.
        row_bytes: message bytes in a row, for the byte rate.
        ours: pyaccel's call.
        peers: the peers' calls by name, each giving the same value as ours; empty where no peer is installed.
        ship_at: least ratio to each peer that the project promises on this machine's class, if any.
    """

    name: str
    n: int
    row_bytes: int
    ours: Callable[[], object]
    peers: Mapping[str, Callable[[], object]]
    ship_at: Mapping[str, float] | None = None


@dataclass(frozen=True)
class Line:
    """A measured contest.

    Attributes:
        seconds: median seconds of one call, by contestant ("pyaccel" is ours).
        ratios: median over the rounds of peer's seconds / our seconds, by peer: above 1 we are faster.
        clock_hz: clock probed before and after (0 where the probe can't run).
        vector_rate: vector operations a second, before and after.
        disturbed: a probe moved by more than DRIFT.
    """

    name: str
    n: int
    row_bytes: int
    seconds: Mapping[str, float]
    ratios: Mapping[str, float]
    ship_at: Mapping[str, float] | None
    clock_hz: tuple[float, float]
    vector_rate: tuple[float, float]
    disturbed: bool


def probe() -> tuple[float, float]:
    """Clock in Hz and vector additions a second, now, on this thread (pyaccel_probe in pyaccel/core.h)."""
    from pyaccel._core import ffi, lib

    clock, rate = ffi.new("double *"), ffi.new("double *")
    if lib.pyaccel_probe(clock, rate) != lib.PYACCEL_OK:
        raise ValueError("the probe can't run: PYACCEL_CPU or PYACCEL_THREADS holds an impossible value")
    return clock[0], rate[0]


@contextmanager
def pinned_core() -> Iterator[int]:
    """Binds the process to the last core of its affinity mask; gives that core, and all back afterwards."""
    if not hasattr(os, "sched_setaffinity"):
        yield -1
        return
    mask = os.sched_getaffinity(0)
    core = max(mask)
    os.sched_setaffinity(0, {core})
    try:
        yield core
    finally:
        os.sched_setaffinity(0, mask)


def _sample(work: Callable[[], object], repeats: int) -> float:
    start = time.perf_counter()
    for _ in range(repeats):
        work()
    return (time.perf_counter() - start) / repeats


def _repeats(work: Callable[[], object]) -> int:
    once = max(_sample(work, 1), 1e-9)
    return max(1, round(SAMPLE_SECONDS / once))


def _equal(left: object, right: object) -> bool:
    as_bytes = [value if isinstance(value, bytes) else bytes(memoryview(value)) for value in (left, right)]  # type: ignore[arg-type]
    return as_bytes[0] == as_bytes[1]


def measure(contest: Contest, rounds: int = ROUNDS) -> Line:
    """Times one contest.

    Raises:
        ValueError: a peer's result differs from ours.
    """
    ours = contest.ours()
    for peer, work in contest.peers.items():
        if not _equal(ours, work()):
            raise ValueError(f"{contest.name}, n = {contest.n}: {peer} and pyaccel give different results")
    contestants = {"pyaccel": contest.ours, **contest.peers}
    repeats = {name: _repeats(work) for name, work in contestants.items()}
    before = probe()
    samples: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, work in contestants.items():
            samples[name].append(_sample(work, repeats[name]))
    after = probe()
    ratios = {
        peer: statistics.median(p / o for p, o in zip(samples[peer], samples["pyaccel"], strict=True))
        for peer in contest.peers
    }
    moved = [abs(a - b) > DRIFT * b for b, a in zip(before, after, strict=True) if b]
    return Line(
        name=contest.name,
        n=contest.n,
        row_bytes=contest.row_bytes,
        seconds={name: statistics.median(times) for name, times in samples.items()},
        ratios=ratios,
        ship_at=contest.ship_at,
        clock_hz=(before[0], after[0]),
        vector_rate=(before[1], after[1]),
        disturbed=any(moved),
    )


def contests(name: str) -> Iterable[Contest]:
    """The contests of one benchmark.

    Raises:
        ValueError: no such benchmark.
    """
    if name not in NAMES:
        raise ValueError(f"no benchmark {name!r}; there are {', '.join(NAMES)}")
    module = import_module(f"{__package__}.bench_{name}")
    found: Iterable[Contest] = module.contests()
    return found


def run(name: str, *, rounds: int = ROUNDS, on_line: Callable[[Line], None] | None = None) -> dict[str, Any]:
    """Runs one benchmark on one pinned core and gives its report, ready for JSON.

    Args:
        name: one of NAMES.
        rounds: samples of each contestant.
        on_line: called with each line as it is measured.
    """
    lines: list[Line] = []
    with pinned_core() as core:
        for contest in contests(name):
            line = measure(contest, rounds)
            lines.append(line)
            if on_line is not None:
                on_line(line)
    return {
        "bench": name,
        "machine": machine(),
        "core": core,
        "rounds": rounds,
        "lines": [asdict(line) for line in lines],
    }


def machine() -> dict[str, Any]:
    """Facts that a figure is worth nothing without: CPU, class, versions, which variant is bound."""
    info = pyaccel.info()
    return {
        "class": machine_class(),
        "cpu": info.processor,
        "spec": info.spec,
        "variants": {variant.family: variant.name for variant in info.variants if variant.bound},
        "pyaccel": info.version,
        "python": info.python,
        "system": info.system,
        "separate_cores": separate_cores(),
    }


def machine_class() -> str:
    """The highest CPU level that this machine runs: the folder of its results."""
    return next(level for level, runs in reversed(pyaccel.info().levels.items()) if runs)


def separate_cores() -> float:
    """Vector throughput of two threads over one alone: about 2 on separate cores, 1 on siblings or a single core."""
    from concurrent.futures import ThreadPoolExecutor

    if len(os.sched_getaffinity(0)) < 2:
        return 1.0
    alone = probe()[1]
    with ThreadPoolExecutor(2) as pool:
        together = sum(rate for _, rate in pool.map(lambda _: probe(), range(2)))
    return round(together / alone, 2) if alone else 0.0


def save(report: Mapping[str, Any], folder: Path) -> Path:
    """Writes a report to folder/<class>/<bench>.json, whole or not at all."""
    path = folder / report["machine"]["class"] / f"{report['bench']}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(report, indent=1) + "\n")
    partial.replace(path)
    return path


def plot(report: Mapping[str, Any], path: Path) -> Path:
    """Draws rows a second against n, a curve per line name and contestant. Needs matplotlib (extra `bench`)."""
    try:
        import matplotlib as mpl
    except ImportError as error:
        raise ValueError("the plot needs matplotlib: pip install 'pyaccel[bench]'") from error
    mpl.use("Agg")
    from matplotlib import pyplot as plt

    curves: dict[tuple[str, str], list[tuple[int, float]]] = {}
    for line in report["lines"]:
        for contestant, seconds in line["seconds"].items():
            curves.setdefault((line["name"], contestant), []).append((line["n"], line["n"] / seconds))
    names = list(dict.fromkeys(name for name, _ in curves))
    figure, axes = plt.subplots(len(names), 1, figsize=(8, 3 * len(names)), squeeze=False, layout="constrained")
    for axis, name in zip(axes[:, 0], names, strict=True):
        for (line_name, contestant), points in curves.items():
            if line_name == name:
                axis.plot(*zip(*sorted(points), strict=True), marker="o", label=contestant)
        axis.set(title=name, xscale="log", yscale="log", xlabel="rows in one call (n)", ylabel="rows a second")
        axis.grid(visible=True, which="both", alpha=0.3)
        axis.legend()
    figure.suptitle(f"{report['machine']['cpu']}, one core")
    figure.savefig(path)
    plt.close(figure)
    return path


def installed(module: str) -> Any | None:
    """The module, or None where it is not installed: peers are optional, and a missing one is a missing column."""
    try:
        return import_module(module)
    except ImportError:
        print(f"peer {module} is not installed: pip install 'pyaccel[bench]'", file=sys.stderr)
        return None
