# SPDX-License-Identifier: Apache-2.0
"""What generators of committed files have alike: they write their file, or with --check compare it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def write_or_check(file: Path, text: str) -> int:
    """Exit status of a generator: writes the text, or says that the committed file differs."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    if not parser.parse_args().check:
        file.write_text(text)
    elif not file.is_file() or file.read_text() != text:
        print(f"{file.relative_to(ROOT)} is not what {Path(sys.argv[0]).name} makes: run it again", file=sys.stderr)
        return 1
    return 0
