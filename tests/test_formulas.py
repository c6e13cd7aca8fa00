# SPDX-License-Identifier: Apache-2.0
"""Every kernel, and every curve formula of csrc/curve by way of tests/formulas/*.cl, is OpenCL C 1.2."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted((ROOT / "tests" / "formulas").glob("*.cl")) + sorted((ROOT / "kernels").rglob("*.cl"))


def test_every_formula_is_compiled() -> None:
    formulas = {path.name.removesuffix("_formulas.h") for path in (ROOT / "csrc" / "curve").glob("*_formulas.h")}
    assert {"edwards25519", "weierstrass"} <= formulas <= {source.stem for source in SOURCES}


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: str(source.relative_to(ROOT)))
def test_opencl_c_1_2_by_clang(source: Path) -> None:
    """Stricter than any runtime's compiler: -Wall -Wextra, and nothing that came after 1.2."""
    clang = shutil.which("clang")
    if clang is None:
        pytest.skip("clang is not installed; OpenCL's own compilers still see the text")
    language = ["-x", "cl", "-cl-std=CL1.2", "-Xclang", "-finclude-default-header"]
    flags = ["-Wall", "-Wextra", "-Werror", "-Wno-unused-function", "-fsyntax-only"]
    done = subprocess.run([clang, *language, *flags, str(source)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
