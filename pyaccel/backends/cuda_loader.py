# SPDX-License-Identifier: Apache-2.0
"""Loads NVIDIA's driver and compiler late, through cuda-bindings, and knows about forks.

cuda-bindings is NVIDIA's own binding of the driver API (Apache-2.0, released with every toolkit, 8 MB): kernels/ needs
some thirty of its functions. CuPy (MIT, 140 MB) brings an array library that nothing here uses; cuda-core works in the
process's primary context or parts of it, which other libraries share, and a fault of ours must not take that with it.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from pyaccel.backends.base import Unavailable

_FORKED = "CUDA was in use before this process was forked; start worker processes by 'spawn' or 'forkserver'"
MEND = "pip install 'pyaccel[cuda]'"

_lock = threading.Lock()
_loaded_in: int | None = None


class CudaError(Exception):
    """A function of the driver failed.

    Attributes:
        status: CUresult, or -1 where the driver has no such function.
    """

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True)
class Driver:
    """The driver API.

    Attributes:
        api: the module cuda.bindings.driver.
        version: of CUDA that the driver supports, 1000 * major + 10 * minor.
    """

    api: Any
    version: int

    def call(self, name: str, *arguments: Any) -> Any:
        """What the function gives beside its status: nothing, a value or a tuple.

        Raises:
            CudaError: its status is not success.
        """
        try:
            status, *values = getattr(self.api, name)(*arguments)
        except (AttributeError, RuntimeError) as error:  # the driver is older than the function
            raise CudaError(-1, f"{name}: {error}") from error
        if int(status) != 0:
            raise CudaError(int(status), f"{name} failed: {self._text(status)}")
        return values[0] if len(values) == 1 else tuple(values) or None

    def _text(self, status: Any) -> str:
        words = []
        for function in (self.api.cuGetErrorName, self.api.cuGetErrorString):
            known, text = function(status)
            words.append(text.decode() if int(known) == 0 else str(int(status)))
        return ": ".join(dict.fromkeys(words))


def forked() -> Unavailable | None:
    """Why CUDA can't be used in this process, when it was loaded in a parent."""
    return Unavailable(_FORKED) if _loaded_in not in (None, os.getpid()) else None


def load() -> Driver | Unavailable:
    """The driver, started, or why there is none. Takes some 0.2 s the first time."""
    global _loaded_in  # noqa: PLW0603 - a fact of the process
    if lost := forked():
        return lost
    with _lock:
        _loaded_in = os.getpid()
        found = _load()
        if isinstance(found, Unavailable):
            _loaded_in = None
    return found


def _load() -> Driver | Unavailable:
    try:
        api = import_module("cuda.bindings.driver")
    except ImportError as error:
        return Unavailable(f"cuda-bindings can't be imported ({error}); {MEND}")
    # Version 0 until it is known: `call` does not ask.
    driver = Driver(api, 0)
    try:
        driver.call("cuInit", 0)
        version = int(driver.call("cuDriverGetVersion"))
    except CudaError as error:
        if error.status == -1:
            return Unavailable(
                "no NVIDIA driver was found (libcuda.so.1); where there is an NVIDIA GPU, install its driver"
            )
        return Unavailable(f"the NVIDIA driver does not start: {error}")
    major = int(api.CUDA_VERSION) // 1000
    if version < 1000 * major:
        found = f"{version // 1000}.{version % 1000 // 10}"
        return Unavailable(f"the NVIDIA driver supports CUDA {found}; wanted {major}.0 or later: update the driver")
    return Driver(api, version)
