# SPDX-License-Identifier: Apache-2.0
"""Runs the kernels of tests/formulas as C and on every OpenCL device."""

from __future__ import annotations

import ctypes
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from opencl_support import DEVICES

from pyaccel.backends.kernel_source import expand_includes

ROOT = Path(__file__).resolve().parent.parent

Array = np.ndarray[Any, Any]
Machine = Any
"""AsC or OnDevice."""

_EVERY_ITEM = "for (c_global_id = 0; c_global_id < (n + 63) / 64 * 64; c_global_id++)"


class AsC:
    """Kernels compiled by the C compiler, run one work item after the other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, stem: str, entry: str, n: int, *arrays: Array) -> None:
        """Runs entry of tests/formulas/<stem>.cl over n items; arrays are filled in place."""
        compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
        assert compiler is not None, "no C compiler, and yet the package was built"
        library = self.folder / f"{stem}.so"
        if not library.exists():
            text = expand_includes(ROOT, f"tests/formulas/{stem}.cl")
            wrapper = "\n"
            for name, parameters in re.findall(r"^KERNEL void (\w+)\(([^)]*)\)", text, re.MULTILINE):
                names = ", ".join(re.findall(r"(\w+)(?=,|$)", parameters))
                wrapper += f"void run_{name}({parameters})\n{{ {_EVERY_ITEM} {name}({names}); }}\n"
            source = self.folder / f"{stem}.c"
            source.write_text(text + wrapper)
            flags = ["-std=c11", "-O1", "-DPA_DEBUG_BOUNDS=1", "-shared", "-fPIC"]
            subprocess.run([compiler, *flags, "-o", str(library), str(source)], check=True)
        function = getattr(ctypes.CDLL(str(library)), f"run_{entry}")
        function(*(ctypes.c_void_p(array.ctypes.data) for array in arrays), ctypes.c_uint32(n))


class OnDevice:
    """Kernels on a device."""

    def __init__(self, backend: Any) -> None:
        self.backend = backend

    def run(self, stem: str, entry: str, n: int, *arrays: Array) -> None:
        """As AsC.run."""
        device = self.backend._device
        path = f"tests/formulas/{stem}.cl"
        with pytest.MonkeyPatch.context() as patch, device.batch():
            for driver in ("opencl", "cuda"):
                patch.setattr(
                    f"pyaccel.backends.{driver}_device.kernel_source", lambda name: expand_includes(ROOT, name)
                )
            buffers = [device.allocate(array.nbytes) for array in arrays]
            for buffer, array in zip(buffers, arrays, strict=True):
                device.write(buffer, array)
            device.launch(path, entry, n, *buffers)
            for buffer, array in zip(buffers, arrays, strict=True):
                device.read(array, buffer)


@pytest.fixture(scope="module", params=[pytest.param("C", id="C"), *DEVICES])
def machine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """What runs the kernels."""
    if request.param == "C":
        return AsC(tmp_path_factory.mktemp("formulas"))
    return OnDevice(request.param)


def zeros(*shape: int, dtype: Any = np.uint8) -> Array:
    return np.zeros(shape, dtype)


def column(values: list[int]) -> Array:
    return np.array(values, np.uint8)
