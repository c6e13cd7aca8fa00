# SPDX-License-Identifier: Apache-2.0
"""The `pyaccel` command. It needs the extra `cli`; nothing else of the package imports it."""

from __future__ import annotations

import sys


def main() -> None:
    """Runs the command and exits with its status."""
    try:
        from pyaccel.cli.main import run
    except ImportError as error:
        if error.name not in ("click", "rich"):
            raise
        sys.stderr.write(f"pyaccel: {error.name} is not installed; pip install 'pyaccel[cli]'\n")
        sys.exit(2)
    sys.exit(run())
