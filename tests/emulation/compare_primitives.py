# SPDX-License-Identifier: Apache-2.0
"""Holds the operations of ymm_pairs.h against those of a CPU with AVX-512, emulated by Bochs.

    python compare_primitives.py AVX512_PROGRAM YMM_PAIRS_PROGRAM

Exit status 0 when every line is equal, 1 when one differs, 77 when either side can't run here.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

SKIPPED = 77


def lines_of(command: list[str]) -> list[str]:
    """Output of one program; leaves when it failed or can't run here."""
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        print(run.stdout + run.stderr)
        sys.exit(SKIPPED if run.returncode == SKIPPED else 1)
    return run.stdout.splitlines()


def main() -> None:
    """Compares line by line and says which operations differ."""
    runner = str(Path(__file__).with_name("bochs_runner.py"))
    expected = lines_of([sys.executable, runner, sys.argv[1]])
    found = lines_of([sys.argv[2]])
    names = re.findall(r"#define _mm512_(\w+)", Path(__file__).with_name("ymm_names.h").read_text(encoding="ascii"))
    untested = set(names) - {line.split()[0] for line in expected}
    if untested:
        print("without a case in primitives.c:", *sorted(untested))
        sys.exit(1)
    different = [line for line in found if line not in expected]
    if different or len(found) != len(expected) or not expected:
        print(f"{len(expected)} cases on AVX-512, {len(found)} over pairs of ymm; these differ:", *different, sep="\n")
        sys.exit(1)
    print(f"{len(names)} operations in {len(found)} cases, all equal")


if __name__ == "__main__":
    main()
