# SPDX-License-Identifier: Apache-2.0
"""Shipped AVX-512 objects must use zmm registers, emulated ones must not."""

from __future__ import annotations

import argparse
import subprocess
import sys


def zmm_instructions(objdump: str, path: str) -> int:
    """Instructions of an object file that name a zmm register."""
    text = subprocess.run([objdump, "-d", path], capture_output=True, text=True, check=True).stdout
    return sum("%zmm" in line for line in text.splitlines())


def main() -> None:
    """Exits with 1 when an object is of the wrong kind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("objdump")
    parser.add_argument("--shipped", nargs="+", required=True)
    parser.add_argument("--emulated", nargs="+", required=True)
    arguments = parser.parse_args()
    failed = False
    for kind, paths in (("shipped", arguments.shipped), ("emulated", arguments.emulated)):
        for path in paths:
            count = zmm_instructions(arguments.objdump, path)
            failed |= (count > 0) != (kind == "shipped")
            print(f"{kind}: {count} zmm instructions in {path}")
    sys.exit(failed)


if __name__ == "__main__":
    main()
