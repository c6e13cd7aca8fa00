# SPDX-License-Identifier: Apache-2.0
"""Builds the peers that are no Python (crates, Go modules, OpenSSL called from C) into build/peers.

What a missing tool chain would have built is left out, and the benchmarks then say so. Exit status: 0 unless a tool
chain that is there failed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]


def commands(out: Path) -> dict[str, tuple[list[str], Path]]:
    """Command and folder that it runs in, by the program that it needs."""
    cc = os.environ.get("CC", "cc")
    include = ROOT / "csrc" / "include"
    return {
        "cargo": (["cargo", "build", "--release", "--quiet"], HERE / "rust"),
        "go": (["go", "build", "-o", str(out / "go-peers"), "."], HERE / "go"),
        cc: (
            [cc, "-std=c11", "-O2", f"-I{include}", "calls.c", "secp256k1.c", "-o", str(out / "calls"), "-ldl"],
            HERE / "c",
        ),
    }


def main() -> int:
    """Builds all it can."""
    out = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build" / "peers").absolute()
    out.mkdir(parents=True, exist_ok=True)
    failed = 0
    for program, (command, folder) in commands(out).items():
        if shutil.which(program) is None:
            print(f"peers built with {program}: left out, there is no {program} here")
            continue
        environment = {**os.environ, "CARGO_TARGET_DIR": str(out / "cargo")}
        status = subprocess.run(command, cwd=folder, env=environment, check=False).returncode
        failed |= status
        print(f"peers built with {program}: {'FAILED' if status else 'ready'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
