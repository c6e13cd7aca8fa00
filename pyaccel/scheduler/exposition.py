# SPDX-License-Identifier: Apache-2.0
"""What was counted, as Prometheus' metric families. Imported with pyaccel.metrics, where prometheus-client is."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from itertools import accumulate
from threading import RLock

from pyaccel.backends import native
from pyaccel.errors import UnsupportedError
from pyaccel.scheduler import health, watching
from pyaccel.scheduler.counting import Batches, BatchLabels, Histogram, Waits, counts

try:
    from prometheus_client import REGISTRY, CollectorRegistry
    from prometheus_client.metrics_core import (
        CounterMetricFamily,
        GaugeMetricFamily,
        HistogramMetricFamily,
        InfoMetricFamily,
        Metric,
    )
    from prometheus_client.utils import floatToGoString
except ImportError as error:
    raise UnsupportedError("metrics need prometheus-client: pip install 'pyaccel[metrics]'") from error

__all__ = ["REGISTRY", "Collector", "CollectorRegistry", "families"]

_OF_BATCHES: tuple[tuple[str, str, Callable[[Batches], float]], ...] = (
    ("pyaccel_batches", "Batches that a device answered.", lambda one: sum(one.seconds.counts)),
    ("pyaccel_rows", "Rows of them.", lambda one: one.rows.total),
    ("pyaccel_input_bytes", "Bytes of their input rows.", lambda one: one.input_bytes),
    (
        "pyaccel_fallback_batches",
        "Batches that came to this device since the one asked for declined or failed.",
        lambda one: one.fallback,
    ),
    ("pyaccel_failed_batches", "Batches that the device failed at.", lambda one: one.failed),
    ("pyaccel_failed_seconds", "Time that it took to fail at them.", lambda one: one.failed_seconds),
    ("pyaccel_redone_rows", "Rows of them, computed by another device.", lambda one: one.redone_rows),
)
_HISTOGRAMS: tuple[tuple[str, str, Callable[[Batches], Histogram]], ...] = (
    ("pyaccel_batch_seconds", "Time that a batch took on its device.", lambda one: one.seconds),
    ("pyaccel_batch_rows", "Rows of a batch.", lambda one: one.rows),
)
_OF_ENGINES: tuple[tuple[str, str, Callable[[Waits], Histogram]], ...] = (
    ("pyaccel_engine_batch_rows", "Rows of a batch that an engine made.", lambda one: one.rows),
    ("pyaccel_engine_wait_seconds", "Time that its oldest row waited for it to begin.", lambda one: one.waited),
    ("pyaccel_engine_latency_seconds", "Time from its oldest row's submission to its answer.", lambda one: one.seconds),
)

_lock = RLock()
_gone: dict[tuple[str, str], float] = {}
_last: dict[int, dict[tuple[str, str], float]] = {}
_calls_before: dict[tuple[str, str], int] = {}


class Collector:
    """Gives a registry what was counted, each time that it is asked. Thread-safe."""

    def collect(self) -> Iterator[Metric]:
        """The metrics as they are now."""
        return families()

    def describe(self) -> Iterator[Metric]:
        """Their names, so that a registry need not ask for the numbers first."""
        return families(names_only=True)


def families(*, names_only: bool = False) -> Iterator[Metric]:
    """Every family with its samples as they are now, or the names alone of those whose names are fixed."""
    build = InfoMetricFamily("pyaccel_build", "Versions of pyaccel.")
    if not names_only:
        build.add_metric([], _versions())
    yield build
    batches = {} if names_only else dict(counts.batches)
    for name, text, value in _OF_BATCHES:
        counter = CounterMetricFamily(name, text, labels=BatchLabels._fields)
        for labels, series in batches.items():
            counter.add_metric(labels, value(series))
        yield counter
    for name, text, histogram in _HISTOGRAMS:
        family = HistogramMetricFamily(name, text, labels=BatchLabels._fields)
        for labels, series in batches.items():
            with series.lock:
                _add(family, labels, histogram(series))
        yield family
    engines = {} if names_only else dict(counts.engines)
    for name, text, waits_of in _OF_ENGINES:
        family = HistogramMetricFamily(name, text, labels=("operation", "of"))
        for key, waits in engines.items():
            with waits.lock:
                _add(family, key, waits_of(waits))
        yield family
    events = CounterMetricFamily(
        "pyaccel_events", "Events as the logger pyaccel names them.", labels=("event", "device")
    )
    for key, number in () if names_only else dict(counts.events).items():
        events.add_metric(key, number)
    yield events
    quarantined = GaugeMetricFamily(
        "pyaccel_quarantined", "1: not used any more, it answered wrongly.", labels=("device",)
    )
    for device in () if names_only else list(health._quarantined):
        quarantined.add_metric((device,), 1)
    yield quarantined
    moved = CounterMetricFamily("pyaccel_moved_bytes", "Bytes copied to devices and back.", labels=("direction",))
    for direction in () if names_only else ("to_device", "from_device"):
        moved.add_metric((direction,), getattr(counts.moved, direction))
    yield moved
    calls = CounterMetricFamily("pyaccel_kernel_calls", "Calls of a variant's kernels.", labels=("family", "variant"))
    for key, number in {} if names_only else _kernel_calls().items():
        calls.add_metric(key, number - _calls_before.get(key, 0))
    yield calls
    if not names_only:
        yield from _of_sources()


def _add(family: HistogramMetricFamily, labels: tuple[str, ...], histogram: Histogram) -> None:
    bounds = [*map(floatToGoString, histogram.bounds), "+Inf"]
    family.add_metric(labels, list(zip(bounds, accumulate(histogram.counts), strict=True)), histogram.total)


def _versions() -> dict[str, str]:
    import pyaccel

    return {"version": pyaccel.__version__, "cpu": native.text(native.lib.pyaccel_cpu_spec())}


def _kernel_calls() -> dict[tuple[str, str], int]:
    """Calls since the process began, by family and variant; those that were never called left out."""
    return {(family, variant): calls for family, variant, _, _, calls in native.variants() if calls}


def _of_sources() -> Iterator[Metric]:
    """Statistics of engines, caches and the like, by kind. What one that is gone had counted stays in the totals."""
    with _lock:
        live: dict[int, dict[tuple[str, str], float]] = {}
        for kind, number, statistics in watching.sources():
            live[number] = {(kind, name): float(value) for name, value in statistics.items()}
        for number in _last.keys() - live.keys():
            for key, value in _last.pop(number).items():
                if key[1].endswith("_total"):
                    _gone[key] = _gone.get(key, 0) + value
        _last.update(live)
        totals = dict(_gone)
        for values in live.values():
            for key, value in values.items():
                totals[key] = totals.get(key, 0) + value
    for (kind, name), value in sorted(totals.items()):
        text = f"{name.removesuffix('_total').replace('_', ' ').capitalize()} of every {kind.replace('_', ' ')}."
        if name.endswith("_total"):
            yield CounterMetricFamily(f"pyaccel_{kind}_{name.removesuffix('_total')}", text, value=value)
        else:
            yield GaugeMetricFamily(f"pyaccel_{kind}_{name}", text, value=value)


def _begin_anew() -> None:
    """In the child of a fork: kernels count on, and the parent's sources are the parent's."""
    global _lock  # noqa: PLW0603
    _lock = RLock()
    _gone.clear()
    _last.clear()
    _calls_before.update(_kernel_calls())


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)
