# SPDX-License-Identifier: Apache-2.0
"""Measures what batches cost here: curves by operation, class, backend and number of threads."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from math import ceil
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, Literal, NamedTuple, TypeVar

from pyaccel.backends.base import Backend, Plan, Unavailable
from pyaccel.backends.native import on_threads, require_environment
from pyaccel.calibration.disturbance import disturbance, limited, now, waited
from pyaccel.calibration.fitting import carried_on, monotone
from pyaccel.calibration.workloads import KEY_ROWS, LONG, SIGNED, classes, longer_rows, workload
from pyaccel.choices import check_progress
from pyaccel.cpu import cgroup_quota, usable_cores
from pyaccel.errors import PyaccelError
from pyaccel.operations import OPERATIONS
from pyaccel.scheduler import curve_store, drift
from pyaccel.scheduler.calls import Call
from pyaccel.scheduler.costs import PREPARED
from pyaccel.scheduler.curve_store import Measured
from pyaccel.scheduler.curves import POINTS, crossovers
from pyaccel.scheduler.guard import clock
from pyaccel.scheduler.placement import Placement
from pyaccel.scheduler.registry import backends_of, check_name, discovered, identity, kinds, probed
from pyaccel.scheduler.splitting import input_bytes

Budget = Literal["quick", "full"]
T = TypeVar("T")


@dataclass(frozen=True)
class Effort:
    """How much time goes into a curve.

    Attributes:
        batch: seconds that the largest batch may take; larger ones are carried on from those before.
        sample: seconds that a sample lasts at least, of as many batches as that takes.
        samples: of a point, at most; the least of them counts.
        distinct: rows with a signature each that are made, at the least; a larger batch has them again.
    """

    batch: float
    sample: float
    samples: int
    distinct: int


EFFORTS: dict[str, Effort] = {
    "quick": Effort(batch=0.02, sample=5e-4, samples=9, distinct=1024),
    "full": Effort(batch=2.0, sample=5e-3, samples=15, distinct=17_500),
}

DISTURBED = 0.1
"""Share of the cores' time beyond which what other programs took makes a curve too high."""

TRIES = 3
"""How often a curve is measured at most, until one is not disturbed."""

Progress = Callable[[int, int, str], object]
"""Called with curves done, curves in all and what is measured next; raising in it ends the call."""


@dataclass(frozen=True)
class Skipped:
    """What was not measured.

    Attributes:
        operation: its name; empty where it was none's fault.
        of: its class.
        device: the backend.
        reason: why.
    """

    operation: str
    of: str
    device: str
    reason: str


@dataclass(frozen=True)
class Calibration:
    """What `calibrate` measured.

    Attributes:
        curves: what was measured, in the order of measuring.
        skipped: what was not, and why.
        disturbed: those of curves that other programs disturbed each time, and the share of the cores' time that they
            took; without `force` these hold for this process only.
        path: the file that holds the others; None where all hold for this process only.
        seconds: that it took.
    """

    curves: tuple[Measured, ...]
    skipped: tuple[Skipped, ...]
    disturbed: tuple[tuple[Measured, float], ...]
    path: Path | None
    seconds: float

    def crossovers(self) -> list[tuple[str, str, str, str, int]]:
        """Operation, class, the quickest device up to a number of rows, the quickest from there on, and that number."""
        found = []
        for (operation, of), some in self.by_class().items():
            most = max((one.threads for one in some), default=0)
            curves = {one.name: one.curve() for one in some if one.threads in (0, most)}
            found += [(operation, of, *change) for change in crossovers(curves)]
        return found

    def by_class(self) -> dict[tuple[str, str], list[Measured]]:
        """Curves by operation and class."""
        found: dict[tuple[str, str], list[Measured]] = {}
        for one in self.curves:
            found.setdefault((one.operation, one.of), []).append(one)
        return found


def label(one: Measured) -> str:
    """Device, and its threads where they are several."""
    return f"{one.name} x{one.threads}" if one.threads > 1 else one.name


class _Sample(NamedTuple):
    """What a batch took.

    Attributes:
        seconds: as it was.
        waited: share of its time that its threads wanted to compute and had no core; 0 unless that was asked.
    """

    seconds: float
    waited: float


@dataclass
class _Job:
    operation: str
    of: str
    backend: Backend
    threads: int
    started: dict[str, float] = field(default_factory=dict)


def calibrate(
    operations: Iterable[str] | None = None,
    *,
    devices: Iterable[str] | None = None,
    threads: Sequence[int] | None = None,
    budget: Budget = "quick",
    save: bool = True,
    force: bool = False,
    progress: Progress | None = None,
) -> Calibration:
    """Measures what batches cost on the devices here; "auto" goes by it from now on, in this process and in later ones.

    Every row has a key and a signature of its own, valid, over messages of 64 bytes; leaves have 32 bytes, proofs 16
    nodes. Sizes whose batch takes longer than the budget allows are not run: they cost what the last rows did. The
    machine should do nothing else meanwhile: a curve that other programs disturb is measured again, up to TRIES times,
    and if they go on, it is not written to the file, which is a RuntimeWarning.

    Args:
        operations: names ("verify_many"), or with a class ("verify_many:ed25519"); None: all that batches matter for.
        devices: names ("native", "opencl", "opencl:1"); None: all that are here, but golden.
        threads: numbers of threads of native; None: one, and as many as there are cores.
        budget: "quick": to about 20 ms a batch, natively to 1,024 signatures; "full": to 2 s.
        save: keep the curves in the file of this machine (`pyaccel.scheduler.curve_store.path()`); False: they hold for
            this process only.
        force: keep those too that other programs disturbed.
        progress: called with (curves done, curves in all, what comes next).

    Returns:
        What was measured; printing it shows a table.

    Raises:
        ValueError: an unknown operation, class, device or budget; lists the valid ones.
        TypeError: operations, devices or threads are one alone; progress is no function.
        DeviceUnavailableError: a device asked for is not here.
        PyaccelError: PYACCEL_CPU or PYACCEL_THREADS holds a value that is not possible.
    """
    if budget not in EFFORTS:
        raise ValueError(f"budget {budget!r} is unknown; there are {', '.join(EFFORTS)}")
    check_progress(progress, "curves done, curves in all, what comes next")
    require_environment("calibrate")
    begin = perf_counter()
    wanted = _classes(operations)
    started: dict[str, float] = {}
    counts = _threads(threads)
    jobs = [
        _Job(operation, of, backend, count, started)
        for backend in _backends(devices, started)
        for count in (counts if backend.name == "native" else (0,))
        for operation, of in wanted
    ]
    curves: list[Measured] = []
    skipped: list[Skipped] = []
    disturbed: list[tuple[Measured, float]] = []
    for i, job in enumerate(jobs):
        if progress is not None:
            progress(i, len(jobs), f"{job.operation} {job.of} on {job.backend.name}")
        found, share = _steady_curve(job, EFFORTS[budget])
        if isinstance(found, Measured):
            curves.append(found)
            if share > DISTURBED:
                disturbed.append((found, share))
        else:
            skipped.append(Skipped(job.operation, job.of, job.backend.name, found))
    if progress is not None:
        progress(len(jobs), len(jobs), "")
    passing = [] if force else [curve for curve, _ in disturbed]
    lasting = [curve for curve in curves if curve not in passing]
    path = curve_store.keep(lasting, save=save and bool(lasting))
    curve_store.keep(passing, save=False)
    if save and passing:
        warnings.warn(_refusal(disturbed, len(curves)), RuntimeWarning, stacklevel=2)
    drift.corrections.forget()
    return Calibration(tuple(curves), tuple(skipped), tuple(disturbed), path, perf_counter() - begin)


def _refusal(disturbed: Sequence[tuple[Measured, float]], count: int) -> str:
    most = max(share for _, share in disturbed)
    which = ", ".join(f"{one.operation} {one.of} on {label(one)}" for one, _ in disturbed[:3])
    quota = cgroup_quota()
    who = "other programs" if quota is None else f"other programs, or the container's quota of {quota:g} cores,"
    return (
        f"calibration: {who} took up to {most:.0%} of the cores' time while {len(disturbed)} of {count} "
        f"curves were measured ({which}{', ...' if len(disturbed) > 3 else ''}), {TRIES} times each: these hold for "
        "this process only, and are not kept. Measure again when the machine does nothing else, or keep them as they "
        "are: force=True, pyaccel calibrate --force"
    )


def _classes(operations: Iterable[str] | None) -> list[tuple[str, str]]:
    known = classes()
    if operations is None:
        return known
    found: dict[tuple[str, str], None] = {}
    for name in _listed("operations", operations):
        operation, _, of = str(name).partition(":")
        some = [one for one in known if one[0] == operation and of in ("", one[1])]
        if not some:
            classes_of = [one[1] for one in known if one[0] == operation]
            there = [f"{operation}:{one}" for one in classes_of] or list(dict.fromkeys(one[0] for one in known))
            raise ValueError(f"operation {name!r} is not measured; there are {', '.join(there)}")
        found.update(dict.fromkeys(some))
    return list(found)


def _threads(threads: Sequence[int] | None) -> list[int]:
    if threads is None:
        return sorted({1, usable_cores()})
    for count in _listed("threads", threads):
        if type(count) is not int or count < 1:
            raise ValueError(f"threads: {count!r} came; wanted whole numbers from 1 on")
    return list(dict.fromkeys(threads))


def _listed(what: str, given: Iterable[T]) -> Iterable[T]:
    """What was given, unless it is one alone where several are wanted."""
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise TypeError(f"{what}: a {type(given).__name__} came; wanted several: {what}=[{given!r}]")
    return given


def _backends(devices: Iterable[str] | None, started: dict[str, float]) -> list[Backend]:
    """The backends to measure, with the seconds that looking for each kind took."""
    present = (kind for kind in kinds(installed=True) if kind != "golden")
    names = list(present if devices is None else _listed("devices", devices))
    for name in names:
        check_name(name)
    found: dict[Backend, None] = {}
    for name in names:
        begin = perf_counter()
        if devices is None:
            some = discovered(name)
            here = () if isinstance(some, Unavailable) else some
            working = [backend for backend in here if not isinstance(probed(backend), Unavailable)]
        else:
            working = list(backends_of(name))
        for backend in working:
            started.setdefault(backend.name, perf_counter() - begin)
        found.update(dict.fromkeys(working))
    return list(found)


def _steady_curve(job: _Job, effort: Effort) -> tuple[Measured | str, float]:
    """The least disturbed curve of some, or why there is none; and what share of the cores' time others took.

    Under a quota: of the time of the batches that count, the most that one waited.
    """
    tries: list[tuple[Measured, float]] = []
    quota = limited()
    while len(tries) < TRIES and (not tries or tries[-1][1] > DISTURBED):
        begin = now()
        found = _curve(job, effort, asked=quota)
        if isinstance(found, str):
            return found, 0.0
        curve, share = found
        tries.append((curve, share if quota else disturbance(begin, now())))
    least, share = min(tries, key=lambda one: one[1])
    return replace(least, start_up=tries[0][0].start_up), share  # later ones found all started


def _curve(job: _Job, effort: Effort, *, asked: bool) -> tuple[Measured, float] | str:
    """One curve and, where it is asked, the most that a batch waited of those that count; or why there is none."""
    operation = OPERATIONS[job.operation]
    try:
        with on_threads(job.threads):
            call = workload(job.operation, job.of, 1)
            begin = perf_counter()
            prepared = job.of.endswith(PREPARED)
            plan = Placement(operation, call.values, prepared=prepared).prepared(job.backend)
            if isinstance(plan, str):
                return plan
            _run(plan, call)
            start_up = perf_counter() - begin
            samples, last = _points(job, plan, effort, asked=asked)
            seconds = [one.seconds for one in samples]
            fitted = monotone(seconds, [1.0] * len(seconds))
            row = input_bytes(last.inputs) / last.n
            link = _link(job, plan, effort, seconds, row)
    except (PyaccelError, MemoryError, ValueError, OSError) as error:
        return f"{job.backend.name} failed: {error}"
    curve = Measured(
        job.operation,
        job.of,
        identity(job.backend),
        job.backend.name,
        job.threads,
        tuple(carried_on(fitted)),
        row,
        link,
        start_up + job.started.get(job.backend.name, 0.0),
        POINTS[len(seconds) - 1],
        datetime.now(UTC).isoformat(timespec="seconds"),
    )
    return curve, max(one.waited for one in samples)


def _points(job: _Job, plan: Plan, effort: Effort, *, asked: bool) -> tuple[list[_Sample], Call]:
    """What batches take at the first of POINTS, as far as the effort goes, and the last batch; two at least.

    Keys that come again in a batch are prepared on native, and then cost less: a batch there has none too often.
    """
    samples: list[_Sample] = []
    call = None
    for i, n in enumerate(POINTS):
        if i >= 2:
            before, last = samples[-2].seconds, samples[-1].seconds
            slope = (last - before) / (POINTS[i - 1] - POINTS[i - 2])
            if last + slope * (n - POINTS[i - 1]) > effort.batch:
                break
            few = job.backend.kind == "native" and job.operation in SIGNED and not job.of.endswith(PREPARED)
            if few and n > KEY_ROWS * effort.distinct:
                break
        call = workload(job.operation, job.of, n, distinct=effort.distinct)
        samples.append(_least(plan, call, effort, asked=asked))
    assert call is not None
    return samples, call


def _link(job: _Job, plan: Plan, effort: Effort, seconds: list[float], row: float) -> float:
    """Seconds for a byte more, by rows of two sizes at the largest number of rows that is quick to run."""
    if not longer_rows(job.operation, job.of):
        return 0.0
    i = max(i for i in range(len(seconds)) if POINTS[i] <= 1024 and (i < 2 or seconds[i] <= effort.batch))
    call = workload(job.operation, job.of, POINTS[i], row=LONG, distinct=effort.distinct)
    longer = input_bytes(call.inputs) - row * POINTS[i]
    return max(0.0, _least(plan, call, effort).seconds - seconds[i]) / longer


def _least(plan: Plan, call: Call, effort: Effort, *, asked: bool = False) -> _Sample:
    """The least of some samples, since what else runs here only adds, each of as many batches as last long enough."""
    outputs = call.outputs()
    once = _run(plan, call, outputs)  # counts for nothing: it warms caches
    batches = max(1, ceil(effort.sample / max(once, 1e-7)))
    samples: list[_Sample] = []
    few = 1 if once > effort.batch else 3 if once > effort.batch / 10 else effort.samples
    while len(samples) < few or (len(samples) < effort.samples and min(samples).waited > DISTURBED):
        stood, own = (waited(), process_time()) if asked else (0.0, 0.0)
        begin = clock()
        for _ in range(batches):
            plan.run(call.inputs, outputs, call.n)
        seconds = clock() - begin
        own = process_time() - own
        stood = max(0.0, waited() - stood) if asked else 0.0
        samples.append(_Sample(seconds / batches, stood / max(stood + own, seconds, 1e-9)))
    return min(samples)


def _run(plan: Plan, call: Call, outputs: Any = None) -> float:
    """Runs a batch once and gives its seconds; what is wrong in its answer is an error, and no cost of a right one."""
    outputs = call.outputs() if outputs is None else outputs
    begin = clock()
    plan.run(call.inputs, outputs, call.n)
    seconds = clock() - begin
    verdicts = outputs.get("verdicts")
    if verdicts is not None and not verdicts.all():
        raise PyaccelError(f"it calls row {int(verdicts.argmin())} of {call.n} valid ones invalid")
    return seconds
