# SPDX-License-Identifier: Apache-2.0
"""What the operating system says of this machine's processor."""

from __future__ import annotations

import os
import platform
from functools import cache
from math import ceil
from pathlib import Path


@cache
def usable_cores() -> int:
    """Cores that this process may keep busy: its affinity mask, cut to its control groups' quota. Looked up once."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = cgroup_quota()
    return cores if quota is None else max(1, min(cores, ceil(quota)))


def cgroup_quota(root: Path = Path("/")) -> float | None:
    """Cores that the control groups of this process allow, the smallest on the way up; None: as many as there are.

    Args:
        root: where /proc and /sys are.
    """
    quotas = [quota for folder in _cgroup_folders(root) if (quota := _quota_of(folder)) is not None]
    return min(quotas, default=None)


def _cgroup_folders(root: Path) -> list[Path]:
    """Folders of this process's control groups and of those above them, of versions 1 (cpu) and 2."""
    folders: list[Path] = []
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers and "cpu" not in controllers.split(","):
            continue
        base = root / "sys/fs/cgroup" / ("cpu" if controllers else "")
        group = base / path.lstrip("/")
        # Inside a container the path may be the host's: the folder that is mounted still counts.
        folders += [folder for folder in (group, *group.parents) if folder == base or base in folder.parents]
    return folders


def _quota_of(folder: Path) -> float | None:
    """Quota over period in one folder, in cores."""
    try:
        if (folder / "cpu.max").exists():
            quota, period = (folder / "cpu.max").read_text().split()
        else:
            quota = (folder / "cpu.cfs_quota_us").read_text().strip()
            period = (folder / "cpu.cfs_period_us").read_text()
        return None if quota in ("max", "-1") else int(quota) / int(period)
    except (OSError, ValueError, ZeroDivisionError):
        return None


@cache
def processor_fields() -> dict[str, str]:
    """What /proc/cpuinfo says of one core, by its names; empty where there is none."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return {}
    return {key.strip(): value.strip() for key, colon, value in (line.partition(":") for line in lines) if colon}


@cache
def model_name() -> str:
    """The processor's name as /proc/cpuinfo gives it, else what platform knows."""
    return processor_fields().get("model name") or platform.processor() or platform.machine()
