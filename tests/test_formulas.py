# SPDX-License-Identifier: Apache-2.0
"""The curve formulas of csrc/curve also compile as OpenCL C 1.2: each tests/formulas/*.cl includes one of them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted((ROOT / "tests" / "formulas").glob("*.cl"))


def test_there_are_formulas_to_compile() -> None:
    assert [source.stem for source in SOURCES if source.stem == "edwards25519"]


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_formulas_compile_as_opencl_c(source: Path) -> None:
    clang = shutil.which("clang")
    if clang is None:
        pytest.skip("clang is not installed: nothing else here checks OpenCL C without a device")
    language = ["-x", "cl", "-cl-std=CL1.2", "-Xclang", "-finclude-default-header"]
    flags = ["-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-I", str(ROOT / "csrc")]
    done = subprocess.run([clang, *language, *flags, str(source)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
