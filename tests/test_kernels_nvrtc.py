# SPDX-License-Identifier: Apache-2.0
"""Every kernel and formula through NVIDIA's run-time compiler, which needs no GPU: it compiles, and nothing spills."""

from __future__ import annotations

import os
import re
from pathlib import Path

import cuda_support
import pytest
from nvrtc_support import ARCHITECTURES, Program, committed, measured, programs

from pyaccel.backends.cuda_compiler import CompileError, Nvrtc
from pyaccel.backends.kernel_source import expand_includes, kernel_source

ROOT = Path(__file__).resolve().parent.parent
FORMULAS = [path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "tests" / "formulas").glob("*.cl"))]
SPILLS = ("verify/p384.cl", "", "weierstrass_exceptions")
"""Numbers of 12 words and complete additions: six words, in rows that somebody made for it."""

with_the_compiler = pytest.mark.skipif(
    os.environ.get("PYACCEL_NVRTC") != "1",
    reason="the CUDA compile check is a download of 220 MB: PYACCEL_NVRTC=1 .ci/run nvrtc",
)


@pytest.mark.skipif(cuda_support.CC is None, reason="there is no C compiler")
def test_the_table_has_every_kernel() -> None:
    """By the C preprocessor, so that a kernel that is new or gone is noticed without NVIDIA's compiler."""
    wanted = set()
    for path, define in programs():
        text = cuda_support.expanded(kernel_source(path), (f"-D{define}",) if define else ())
        entries = re.findall(r"KERNEL void (\w+)\(", text)
        wanted |= {(path, define, entry, architecture) for entry in entries for architecture in ARCHITECTURES}
    _, table = committed()
    assert set(table) == wanted, "python tests/nvrtc_support.py writes tests/cuda/registers.tsv anew"
    spilling = {key[:3] for key, use in table.items() if use.spill_stores or use.spill_loads}
    assert spilling <= {SPILLS}


@with_the_compiler
@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("program", programs(), ids="-".join)
def test_no_kernel_grew(program: Program, architecture: str) -> None:
    """Beyond what tests/cuda/registers.tsv says: in spills never, in the rest by the compiler that made the table."""
    version, table = committed()
    for entry, use in measured(program, architecture).items():
        known = table[(*program, entry, architecture)]
        assert use.spill_stores <= known.spill_stores, (entry, use, known)
        assert use.spill_loads <= known.spill_loads, (entry, use, known)
        if Nvrtc().version() == version:
            assert use.stack <= known.stack, (entry, use, known)
            assert use.registers <= known.registers, (entry, use, known)


@with_the_compiler
@pytest.mark.parametrize("path", sorted({path for path, _ in programs()}))
def test_banners_hold(path: str) -> None:
    """The register budget that a kernel's banner names, for an H100; those of curves are of numbers of 256 bits."""
    banner = r"^ \* NDRange: .* local size 64, (\d+) registers(?:(?!\*/)[\s\S])*\*/\nKERNEL void (\w+)\("
    text = kernel_source(path)
    budgets = re.findall(banner, text, re.MULTILINE)
    assert len(budgets) == text.count("\nKERNEL ") > 0, "a banner without NDRange, local size or registers"
    found = measured((path, ""), "sm_90")
    for budget, entry in budgets:
        assert found[entry].registers <= int(budget) or "p384" in path, (entry, found[entry])


@with_the_compiler
@pytest.mark.parametrize("path", FORMULAS)
def test_formulas_compile(path: str) -> None:
    Nvrtc().compiled(expand_includes(ROOT, path), path, ("--device-as-default-execution-space",), "sm_90")


@with_the_compiler
def test_what_does_not_compile_says_where() -> None:
    with pytest.raises(CompileError, match=r"a/b.cl does not compile for sm_90: .*\n?.*b\.cl\(1\): error"):
        Nvrtc().compiled("this is no kernel", "a/b.cl", (), "sm_90")


@with_the_compiler
def test_a_device_newer_than_the_compiler_gets_ptx() -> None:
    target = Nvrtc().target(99, 0)
    assert isinstance(target, str)
    assert target.startswith("compute_")
    binary, _ = Nvrtc().compiled(kernel_source("check/platform.cl"), "check/platform.cl", (), target)
    assert b".visible .entry check_platform" in binary
