# SPDX-License-Identifier: Apache-2.0
"""The machine that a figure was taken on: its class, its probes, its cores."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import Any

import pyaccel
from pyaccel._core import ffi, lib
from pyaccel.backends.native import raise_status
from pyaccel.cpu import usable_cores
from pyaccel.scheduler import execution

_allowed: set[int] = set()


PROBES = 3
"""Probes of 5 ms each, of which the best counts: an interrupt is no disturbance."""


def probe() -> tuple[float, float]:
    """Clock in Hz and vector additions a second, now, on this thread (pyaccel_probe in pyaccel/core.h)."""
    clock, rate = ffi.new("double *"), ffi.new("double *")
    probed = []
    for _ in range(PROBES):
        status = lib.pyaccel_probe(clock, rate)
        if status != lib.PYACCEL_OK:
            raise_status("bench", status)
        probed.append((clock[0], rate[0]))
    return max(hz for hz, _ in probed), max(additions for _, additions in probed)


def _forget_threads() -> None:
    """Plans keep the number of threads that they were made for: those of another mask must go."""
    usable_cores.cache_clear()
    execution._placements.clear()


@contextmanager
def pinned_core() -> Iterator[int]:
    """Binds the process to the last core of its affinity mask; gives that core, and all back afterwards."""
    if not hasattr(os, "sched_setaffinity"):
        yield -1
        return
    mask = os.sched_getaffinity(0)
    core = max(mask)
    _allowed.update(mask)
    os.sched_setaffinity(0, {core})
    _forget_threads()
    try:
        yield core
    finally:
        os.sched_setaffinity(0, mask)
        _allowed.clear()
        _forget_threads()


@contextmanager
def all_cores() -> Iterator[None]:
    """Inside pinned_core: gives this thread, and those it starts, the cores that it had before."""
    mask = os.sched_getaffinity(0)
    os.sched_setaffinity(0, _allowed or mask)
    try:
        yield
    finally:
        os.sched_setaffinity(0, mask)


def allowed_cores() -> int:
    """Cores of the mask that was in force before pinned_core."""
    return len(_allowed) if _allowed else len(os.sched_getaffinity(0))


@contextmanager
def cpu_spec(spec: str) -> Iterator[None]:
    """Binds the variants of a spec ("avx2,-shani"), afterwards those from before; empty: changes nothing.

    Raises:
        ValueError: this machine or build lacks it.
    """
    if not spec:
        yield
        return
    machine_class()  # what holds outside of this is the class
    before = ffi.string(lib.pyaccel_cpu_spec())
    if lib.pyaccel_cpu_select(spec.encode()) != lib.PYACCEL_OK:
        raise ValueError(
            f"PYACCEL_CPU={spec} is not possible here; there are {ffi.string(lib.pyaccel_cpu_names()).decode()}"
        )
    try:
        yield
    finally:
        lib.pyaccel_cpu_select(before)


def has(name: str) -> bool:
    """Whether this CPU and build have a level or feature."""
    return name in ffi.string(lib.pyaccel_cpu_names()).decode().split()


@cache
def machine_class() -> str:
    """The highest CPU level in force, which says what targets hold: that of the machine, or of PYACCEL_CPU."""
    level, *_ = ffi.string(lib.pyaccel_cpu_spec()).decode().split(",")
    return level


def core_name() -> str:
    """Vendor, family and model as CPUID counts them ("amd-25-17"); empty where the system does not tell them."""
    told = pyaccel.cpu.processor_fields()
    try:
        vendor = told["vendor_id"].removeprefix("Authentic").removeprefix("Genuine").lower()
        return f"{vendor}-{told['cpu family']}-{told['model']}"
    except KeyError:
        return ""


def separate_cores() -> float:
    """Vector throughput of two threads over one alone: about 2 on separate cores, 1 on siblings or a single core."""
    if allowed_cores() < 2:
        return 1.0
    with all_cores():
        alone = probe()[1]
        with ThreadPoolExecutor(2) as pool:
            together = sum(rate for _, rate in pool.map(lambda _: probe(), range(2)))
    return round(together / alone, 2) if alone else 0.0


def machine() -> dict[str, Any]:
    """Facts that a figure is worth nothing without: CPU, class, versions, which variant is bound."""
    info = pyaccel.info()
    return {
        "class": machine_class(),
        "core": core_name(),
        "cpu": info.processor,
        "spec": info.spec,
        "variants": {variant.family: variant.name for variant in info.variants if variant.bound},
        "pyaccel": info.version,
        "python": info.python,
        "system": info.system,
        "separate_cores": separate_cores(),
    }
