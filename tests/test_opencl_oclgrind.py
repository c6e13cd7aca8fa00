# SPDX-License-Identifier: Apache-2.0
"""Every kernel under oclgrind: no access out of bounds, no data race, nothing uninitialised read."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.opencl,
    pytest.mark.skipif(shutil.which("oclgrind") is None, reason="oclgrind is not installed (apt-get install oclgrind)"),
]

HERE = Path(__file__).resolve().parent
KERNELS = HERE.parent / "kernels"


def under_oclgrind(log: Path, program: str, *arguments: str) -> tuple[str, str]:
    """What the program prints, and what oclgrind complains of."""
    # Without optimisation: oclgrind does not know the funnel shifts that its compiler makes of shifts.
    checks = ["--data-races", "--uninitialized", "--build-options", "-cl-opt-disable", "--log", str(log)]
    command = ["oclgrind", *checks, sys.executable]
    done = subprocess.run(
        [*command, str(HERE / "oclgrind" / program), *arguments],
        env=os.environ | {"PYOPENCL_NO_CACHE": "1", "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout, log.read_text() if log.exists() else ""


def test_every_kernel(tmp_path: Path) -> None:
    printed, complaints = under_oclgrind(tmp_path / "log", "every_kernel.py")
    assert complaints == ""
    texts = [path.read_text() for pattern in ("*.cl", "*.h") for path in KERNELS.rglob(pattern)]
    entries = {name for text in texts for name in re.findall(r"^KERNEL void (\w+)\(", text, re.MULTILINE)}
    assert len(entries) >= 7
    assert set(printed.split()) == entries, "a kernel that nothing here runs"


@pytest.mark.parametrize(
    ("fault", "complaint"),
    [("past-the-end", "Invalid write"), ("race", "data race"), ("uninitialized", "ninitialized")],
)
def test_oclgrind_sees_faults(fault: str, complaint: str, tmp_path: Path) -> None:
    assert under_oclgrind(tmp_path / "none", "broken_kernel.py", "none")[1] == ""
    assert complaint in under_oclgrind(tmp_path / "log", "broken_kernel.py", fault)[1]
