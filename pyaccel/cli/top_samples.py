# SPDX-License-Identifier: Apache-2.0
"""Numbers of a process at one time, and what it did between two times."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field

from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from pyaccel.cli.errors import UnusableInputError, one_line

Buckets = dict[float, float]
"""Values at or below each bound, the last of which is infinite."""


@dataclass
class Work:
    """What was done of one kind.

    Attributes:
        seconds: that batches took, added up; of an engine's: from the oldest row's submission to its answer.
        buckets: batches by seconds.
        failed: batches that failed, which are not among `batches`.
        fallback: batches taken since another device declined or failed.
    """

    batches: float = 0
    rows: float = 0
    nbytes: float = 0
    seconds: float = 0
    failed: float = 0
    redone: float = 0
    fallback: float = 0
    buckets: Buckets = field(default_factory=lambda: defaultdict(float))

    def add(self, other: Work) -> None:
        """Adds another's numbers to these."""
        for name in _NUMBERS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for bound, value in other.buckets.items():
            self.buckets[bound] += value

    def since(self, before: Work | None) -> Work:
        """What came after; all of it where a number fell, since the process began anew."""
        if before is None or any(getattr(self, name) < getattr(before, name) for name in _NUMBERS):
            return self
        numbers = {name: getattr(self, name) - getattr(before, name) for name in _NUMBERS}
        buckets = {bound: max(value - before.buckets.get(bound, 0), 0) for bound, value in self.buckets.items()}
        return Work(**numbers, buckets=buckets)

    def quantile(self, share: float) -> float | None:
        """Seconds that this share of the batches did not exceed, linear between bounds; None: there were none."""
        wanted = share * max(self.buckets.values(), default=0)
        low, below = 0.0, 0.0
        for bound, count in sorted(self.buckets.items()):
            if count >= wanted > below or (count > 0 and count >= wanted):
                return low if math.isinf(bound) else low + (bound - low) * (wanted - below) / max(count - below, 1e-9)
            low, below = bound, count
        return None


_NUMBERS = ("batches", "rows", "nbytes", "seconds", "failed", "redone", "fallback")

_OF_BATCHES = {
    "pyaccel_batches_total": "batches",
    "pyaccel_rows_total": "rows",
    "pyaccel_input_bytes_total": "nbytes",
    "pyaccel_batch_seconds_sum": "seconds",
    "pyaccel_failed_batches_total": "failed",
    "pyaccel_redone_rows_total": "redone",
    "pyaccel_fallback_batches_total": "fallback",
}
_OF_ENGINES = {
    "pyaccel_engine_batch_rows_count": "batches",
    "pyaccel_engine_batch_rows_sum": "rows",
    "pyaccel_engine_latency_seconds_sum": "seconds",
}


@dataclass
class Sample:
    """Numbers of a process since it began, at one time.

    Attributes:
        at: when, by time.monotonic().
        version: of pyaccel there.
        work: by operation, what of it, and device.
        engines: by operation and what of it.
        events: how often, by name and device.
        quarantined: devices that are not used any more.
        moved: bytes copied, "to_device" and "from_device".
        process: what else is known of it: "cpu_seconds", "resident_memory_bytes", "start_time_seconds", and what
            engines and caches count.
    """

    at: float
    version: str = ""
    work: dict[tuple[str, str, str], Work] = field(default_factory=lambda: defaultdict(Work))
    engines: dict[tuple[str, str], Work] = field(default_factory=lambda: defaultdict(Work))
    events: dict[tuple[str, str], float] = field(default_factory=dict)
    quarantined: list[str] = field(default_factory=list)
    moved: dict[str, float] = field(default_factory=dict)
    process: dict[str, float] = field(default_factory=dict)


def parsed(name: str, text: bytes, at: float) -> Sample:
    """A sample from the text exposition.

    Raises:
        UnusableInputError: it is none, or not of a process with pyaccel.
    """
    sample = Sample(at)
    try:
        for family in text_string_to_metric_families(text.decode()):
            _take(sample, family)
    except (ValueError, KeyError, IndexError) as error:
        raise UnusableInputError(name, "", f"answers something else than metrics: {error}") from None
    if not sample.version:
        raise UnusableInputError(
            name, "", "has no pyaccel_build_info: no process with pyaccel, or metrics are not enabled there"
        )
    return sample


def _take(sample: Sample, family: Metric) -> None:
    for one in family.samples:
        labels = {label: one_line(text) for label, text in one.labels.items()}
        value = one.value if math.isfinite(one.value) else 0.0
        if one.name == "pyaccel_build_info":
            sample.version = labels["version"] or "unknown"
        elif one.name == "pyaccel_events_total":
            sample.events[labels["event"], labels["device"]] = value
        elif one.name == "pyaccel_moved_bytes_total":
            sample.moved[labels["direction"]] = value
        elif one.name == "pyaccel_quarantined":
            sample.quarantined.append(labels["device"])
        elif one.name in _OF_BATCHES:
            work = sample.work[labels["operation"], labels["of"], labels["device"]]
            setattr(work, _OF_BATCHES[one.name], getattr(work, _OF_BATCHES[one.name]) + value)
        elif one.name == "pyaccel_batch_seconds_bucket":
            work = sample.work[labels["operation"], labels["of"], labels["device"]]
            work.buckets[float(labels["le"])] += value
        elif one.name in _OF_ENGINES:
            setattr(sample.engines[labels["operation"], labels["of"]], _OF_ENGINES[one.name], value)
        elif one.name == "pyaccel_engine_latency_seconds_bucket":
            sample.engines[labels["operation"], labels["of"]].buckets[float(labels["le"])] += value
        elif not one.labels and one.name.startswith(("process_", "pyaccel_")):
            sample.process[one.name.removeprefix("process_").removeprefix("pyaccel_").removesuffix("_total")] = value


@dataclass(frozen=True)
class View:
    """What a process did in a time.

    Attributes:
        name: of the process.
        command: its command line, where that is known.
        seconds: how long.
        work, engines: what came in it.
        moved: bytes a second over links to devices, by direction.
        total: of everything since the process began.
        now: the numbers at its end.
        cpu: processor seconds a second, None where it is not known.
    """

    name: str
    command: str
    seconds: float
    work: dict[tuple[str, str, str], Work]
    engines: dict[tuple[str, str], Work]
    moved: dict[str, float]
    total: Work
    now: Sample
    cpu: float | None


def view(name: str, command: str, before: Sample | None, now: Sample, seconds: float) -> View:
    """What came between two samples; before None: since the process began, `seconds` ago."""
    then = before or Sample(now.at)
    total = Work()
    for work in now.work.values():
        total.add(work)
    used, used_then = now.process.get("cpu_seconds"), then.process.get("cpu_seconds", 0.0)
    return View(
        name,
        command,
        seconds,
        {key: work.since(then.work.get(key)) for key, work in now.work.items()},
        {key: work.since(then.engines.get(key)) for key, work in now.engines.items()},
        {way: max(n - then.moved.get(way, 0), 0) / seconds for way, n in now.moved.items()},
        total,
        now,
        None if used is None or used < used_then else (used - used_then) / seconds,
    )
