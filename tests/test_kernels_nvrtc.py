# SPDX-License-Identifier: Apache-2.0
"""Every kernel and formula through NVIDIA's run-time compiler, which needs no GPU: it compiles, and nothing spills."""

from __future__ import annotations

import ctypes
import os
import re
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

from pyaccel.backends.kernel_source import expand_includes

ROOT = Path(__file__).resolve().parent.parent
SOURCES = [path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "kernels").rglob("*.cl"))]
FORMULAS = [path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "tests" / "formulas").glob("*.cl"))]

pytestmark = pytest.mark.skipif(
    os.environ.get("PYACCEL_NVRTC") != "1",
    reason="the CUDA compile check is a download of 220 MB: PYACCEL_NVRTC=1 .ci/run nvrtc",
)


def compiler() -> ctypes.CDLL:
    """NVIDIA's library, as pip installed it."""
    try:
        recorded = distribution("nvidia-cuda-nvrtc-cu12").files or []
    except PackageNotFoundError:
        pytest.fail("PYACCEL_NVRTC=1, but nvidia-cuda-nvrtc-cu12 is not installed")
    (path,) = (Path(str(file.locate())) for file in recorded if re.fullmatch(r"libnvrtc\.so\.\d+", file.name))
    return ctypes.CDLL(str(path))


def compile_log(path: str, *options: str) -> str:
    """What the compiler says of a program for sm_90 (H100); the test fails where it refuses it."""
    library = compiler()
    program = ctypes.c_void_p()
    text = expand_includes(ROOT, path).encode()
    assert library.nvrtcCreateProgram(ctypes.byref(program), text, path.encode(), 0, None, None) == 0
    flags = [option.encode() for option in ("--gpu-architecture=sm_90", "--std=c++17", *options)]
    status = library.nvrtcCompileProgram(program, len(flags), (ctypes.c_char_p * len(flags))(*flags))
    size = ctypes.c_size_t()
    library.nvrtcGetProgramLogSize(program, ctypes.byref(size))
    log = ctypes.create_string_buffer(size.value)
    library.nvrtcGetProgramLog(program, log)
    library.nvrtcDestroyProgram(ctypes.byref(program))
    assert status == 0, log.value.decode()
    return log.value.decode()


@pytest.mark.parametrize("path", SOURCES)
def test_kernels_within_their_budget(path: str) -> None:
    log = compile_log(path, "--ptxas-options=-v")
    banner = r"^ \* NDRange: .* local size 64, (\d+) registers(?:(?!\*/)[\s\S])*\*/\nKERNEL void (\w+)\("
    text = (ROOT / path).read_text()
    budgets = re.findall(banner, text, re.MULTILINE)
    assert len(budgets) == text.count("\nKERNEL ") > 0, "a banner without NDRange, local size or registers"
    for budget, entry in budgets:
        (report,) = re.findall(rf"Function properties for {entry}\n.*\n.*", log) or [log]
        spills = re.search(r"(\d+) bytes spill stores, (\d+) bytes spill loads", report)
        used = re.search(r"Used (\d+) registers", report)
        assert spills is not None, log
        assert used is not None, log
        assert (spills[1], spills[2]) == ("0", "0"), report
        assert int(used[1]) <= int(budget), report


@pytest.mark.parametrize("path", FORMULAS)
def test_formulas_compile(path: str) -> None:
    compile_log(path, "--device-as-default-execution-space")
