# SPDX-License-Identifier: Apache-2.0
"""Loads pyopencl late, shows its loader the runtime that pip installed, and knows about forks."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from pyaccel.backends.base import Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

SYSTEM_VENDORS = Path("/etc/OpenCL/vendors")
"""Where the system's OpenCL runtimes announce themselves."""

_VENDOR_VARIABLES = ("OCL_ICD_VENDORS", "OCL_ICD_FILENAMES", "OPENCL_VENDOR_PATH")
_FORKED = "OpenCL was in use before this process was forked; start worker processes by 'spawn' or 'forkserver'"

_lock = threading.Lock()
_loaded_in: int | None = None


def forked() -> Unavailable | None:
    """Why OpenCL can't be used in this process, when it was loaded in a parent; threads of its runtimes are lost."""
    return Unavailable(_FORKED) if _loaded_in not in (None, os.getpid()) else None


@cache
def pip_runtime() -> Path | None:
    """Library of Intel's CPU runtime where pip installed it (extra `opencl-cpu`), or None."""
    try:
        recorded = distribution("intel-opencl-rt").files or []
    except PackageNotFoundError:
        return None
    found = (Path(str(file.locate())).resolve() for file in recorded if file.name == "libintelocl.so")
    return next((path for path in found if path.is_file()), None)


@contextmanager
def vendors_announced() -> Iterator[None]:
    """Makes the loader find the runtime from pip beside the system's own, for its first look around.

    The .icd file in Intel's package names a path that does not exist, so another is written: into a folder that holds
    copies of the system's .icd files too, and that is gone, with the variable, once the loader has read it. A user's
    own choice by an environment variable stands, and so does an Intel runtime of the system.
    """
    runtime = pip_runtime()
    system = {path.name: path.read_bytes() for path in sorted(SYSTEM_VENDORS.glob("*.icd")) if os.access(path, os.R_OK)}
    chosen = any(os.environ.get(name) for name in _VENDOR_VARIABLES)
    if runtime is None or chosen or any(b"libintelocl.so" in text for text in system.values()):
        yield
        return
    with TemporaryDirectory(prefix="pyaccel-icd-") as folder:
        for name, text in (system | {"pyaccel-intel-cpu.icd": os.fsencode(runtime)}).items():
            Path(folder, name).write_bytes(text)
        os.environ["OCL_ICD_VENDORS"] = folder
        try:
            yield
        finally:
            del os.environ["OCL_ICD_VENDORS"]


@contextmanager
def without_caches() -> Iterator[None]:
    """Within it, pyopencl is imported without the caches on disk that it has of its own.

    Where a home can't be written, or a file there is damaged, it would fail at every kernel. Binaries are kept by
    ProgramCache; the rest takes no longer to make than to read. It reads the variable once, when it is imported.
    """
    variable = "PYOPENCL_NO_CACHE"
    before = os.environ.get(variable)
    os.environ[variable] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[variable]
        else:
            os.environ[variable] = before


def load() -> tuple[Any, list[Any]] | Unavailable:
    """The module pyopencl and its platforms, or why there are none. Takes some 0.2 s the first time."""
    global _loaded_in  # noqa: PLW0603 - a fact of the process
    if lost := forked():
        return lost
    _loaded_in = os.getpid()
    with _lock:
        found = _load()
    if isinstance(found, Unavailable):
        _loaded_in = None
    return found


def _load() -> tuple[Any, list[Any]] | Unavailable:
    try:
        with without_caches():
            cl = import_module("pyopencl")
    except ImportError as error:
        return Unavailable(f"pyopencl can't be imported ({error}); pip install 'pyaccel[opencl]'")
    try:
        with vendors_announced():
            platforms = list(cl.get_platforms())
    except (cl.Error, OSError) as error:
        reason = "no OpenCL runtime was found" if "PLATFORM_NOT_FOUND" in str(error) else str(error)
        return Unavailable(f"{reason}; install the GPU's driver, or pip install 'pyaccel[opencl-cpu]'")
    if not platforms:
        return Unavailable("no OpenCL runtime was found; pip install 'pyaccel[opencl-cpu]'")
    return cl, platforms
