# SPDX-License-Identifier: Apache-2.0
"""How busy other programs keep the processor: what is measured meanwhile is no cost of ours.

Under a container's quota the cores do other programs' work at all times, which disturbs nobody who has one when he
wants it: there it counts how long this process's threads waited for a core.
"""

from __future__ import annotations

import os
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

from pyaccel.cpu import cgroup_quota

_COUNTED = (1, 2, 3, 6, 7, 8)
"""Columns of /proc/stat: user, nice, system, irq, softirq, and what a hypervisor gave to other machines."""

_TICKS = 2
"""Of the system's clock, by which its counts and this process's may differ."""


class Moment(NamedTuple):
    """Seconds counted at one moment.

    Attributes:
        clock: of `time.perf_counter()`.
        own: that this process and what it has waited for computed.
        all: that everybody computed on the cores that this process may use.
        cores: how many these are; 0: the system does not say.
        tick: of what it counts in.
    """

    clock: float
    own: float
    all: float
    cores: int
    tick: float


def now(root: Path = Path("/")) -> Moment:
    """This moment. Args: root: where /proc is."""
    tick = 1 / os.sysconf("SC_CLK_TCK")
    mask = {f"cpu{core}" for core in os.sched_getaffinity(0)} if hasattr(os, "sched_getaffinity") else set()
    try:
        rows = [line.split() for line in (root / "proc/stat").read_text().splitlines()]
        counts = [sum(int(row[column]) for column in _COUNTED) for row in rows if row and row[0] in mask]
    except (OSError, ValueError, IndexError):
        counts = []
    return Moment(perf_counter(), sum(os.times()[:4]), sum(counts) * tick, len(counts), tick)


def disturbance(since: Moment, until: Moment) -> float:
    """The share of its cores' time that others took between two moments, 0 to 1; 0 where the system does not say."""
    if not since.cores == until.cores > 0:
        return 0.0
    others = until.all - since.all - (until.own - since.own) - _TICKS * until.tick
    return min(1.0, max(0.0, others / ((until.clock - since.clock) * until.cores)))


def limited(root: Path = Path("/")) -> bool:
    """Whether a quota leaves this process fewer cores than it may run on, and the system says how long it waits."""
    quota = cgroup_quota(root)
    return quota is not None and quota < now(root).cores and (root / "proc/self/schedstat").exists()


def waited(root: Path = Path("/")) -> float:
    """Seconds that threads of this process could have computed, and had no core; 0 where the system does not say."""
    nanoseconds = 0
    for task in (root / "proc/self/task").glob("*/schedstat"):
        try:
            nanoseconds += int(task.read_text().split()[1])
        except (OSError, ValueError, IndexError):  # it has ended
            continue
    return nanoseconds / 1e9
