# SPDX-License-Identifier: Apache-2.0
"""What this machine has, and which code serves what on it."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

from pyaccel import known_answers
from pyaccel.backends import native
from pyaccel.backends.base import Backend, Declined, Unavailable
from pyaccel.choices import check_progress
from pyaccel.cpu import cgroup_quota, model_name, usable_cores
from pyaccel.operations import OPERATIONS
from pyaccel.scheduler import curve_store
from pyaccel.scheduler.registry import Device, devices, discovered, kinds, probed

if TYPE_CHECKING:
    from pyaccel.self_test import Progress

LEVELS = ("portable", "avx2", "avx512", "avx512ifma")
FEATURES = ("shani", "adx", "gfni")


@dataclass(frozen=True)
class Variant:
    """One implementation that this build holds.

    Attributes:
        family: the job it does ("sha256-lanes").
        name: which implementation of it ("avx512").
        bound: whether it serves the family now.
        runnable: whether this CPU can run it.
        calls: batches that it ran since the process started.
    """

    family: str
    name: str
    bound: bool
    runnable: bool
    calls: int


@dataclass(frozen=True)
class Support:
    """One operation and class on one device.

    Attributes:
        operation: its name.
        of: the algorithm, form or scheme.
        device: the device's name.
        variant: what would run there; empty where nothing does.
        reason: why nothing does; empty where something does.
    """

    operation: str
    of: str
    device: str
    variant: str
    reason: str


@dataclass(frozen=True)
class Info:
    """What `pyaccel info` prints.

    Attributes:
        version: of the package.
        library: version of libpyaccel; empty where it is missing.
        abi: ABI version of libpyaccel.
        python: version of Python.
        system: operating system and architecture.
        processor: its name.
        cores: cores that this process may use.
        quota: cores that its control groups allow, None: no limit.
        threads: threads that a large native batch runs on.
        spec: CPU level and features in force, or why PYACCEL_CPU is not possible.
        levels: CPU level to whether this CPU and build have it.
        features: CPU feature likewise.
        variants: every variant of this build.
        devices: every device, and why each missing one is missing.
        operations: operation x device.
        calibration: what `pyaccel calibrate` measured here, in words.
    """

    version: str
    library: str
    abi: int
    python: str
    system: str
    processor: str
    cores: int
    quota: float | None
    threads: int
    spec: str
    levels: dict[str, bool]
    features: dict[str, bool]
    variants: tuple[Variant, ...]
    devices: tuple[Device, ...]
    operations: tuple[Support, ...]
    calibration: str = ""


def info(*, progress: Progress | None = None) -> Info:
    """Machine, levels, features, variants, devices and what each of them can do. Looks for every device.

    Takes minutes where kernels of a device are built for the first time.

    Args:
        progress: called with (rows done, rows in all, device) before each row of a device, and after its last one.

    Raises:
        TypeError: progress is no function.
    """
    check_progress(progress, "rows done, rows in all, device")
    missing = native.MISSING is not None
    names = set() if missing else set(native.text(native.lib.pyaccel_cpu_names()).split())
    return Info(
        version=version("pyaccel"),
        library="" if missing else native.text(native.lib.pyaccel_version()),
        abi=0 if missing else int(native.lib.pyaccel_abi_version()),
        python=platform.python_version(),
        system=f"{platform.system()} {platform.machine()}",
        processor=model_name(),
        cores=usable_cores(),
        quota=cgroup_quota(),
        threads=native.threads() or native.environment_threads(),
        spec="" if missing else native.text(native.lib.pyaccel_cpu_spec()),
        levels={name: name in names for name in LEVELS},
        features={name: name in names for name in FEATURES},
        variants=() if missing else tuple(Variant(*row) for row in native.variants()),
        operations=tuple(_supports(progress)),  # before devices(): it tells how far it is while it looks for them
        devices=devices(),
        calibration=curve_store.told(),
    )


def _supports(progress: Progress | None) -> list[Support]:
    """One row per operation, class and working device; whose kernels are built for that."""
    rows = []
    classes = {
        (a.operation, known_answers.group(OPERATIONS[a.operation], a.parameters)): a for a in known_answers.known()
    }
    for kind in kinds(installed=True):
        found = discovered(kind)
        for backend in () if isinstance(found, Unavailable) else found:
            if isinstance(probed(backend), Unavailable):
                continue
            # An impossible PYACCEL_CPU binds nothing.
            unbound = backend.kind == "native" and not any(bound for _, _, bound, *_ in native.variants())
            for i, ((operation, group), answer) in enumerate(classes.items()):
                if progress is not None:
                    progress(i, len(classes), backend.name)
                plan = backend.prepare(OPERATIONS[operation], answer.parameters)
                if unbound:
                    plan = Declined(native.text(native.lib.pyaccel_cpu_spec()))
                if isinstance(plan, Declined):
                    rows.append(Support(operation, group, backend.name, "", plan.reason))
                else:
                    rows.append(Support(operation, group, backend.name, plan.variant, ""))
            if progress is not None:
                progress(len(classes), len(classes), backend.name)
            rows += _supports_he(backend)
    return rows


def _supports_he(backend: Backend) -> Iterator[Support]:
    """Rows of homomorphic encryption, none where there is no C library or it can't be bound."""
    if native.MISSING is not None:
        return
    from pyaccel.he.known_answers import ANSWERS, FUNCTIONS
    from pyaccel.he.resident import refusal

    here = next((name for family, name, bound, *_ in native.variants() if family == "he" and bound), None)
    if here is None:
        return
    variant = here if backend.kind == "native" else f"{backend.name}/he"
    for function in FUNCTIONS:
        for answer in (one for one in ANSWERS if function in one.functions):
            reason = refusal(backend, answer.scheme, function) or ""
            yield Support(f"he.{function}", answer.scheme, backend.name, "" if reason else variant, reason)
