# SPDX-License-Identifier: Apache-2.0
"""The example of many callers runs, and counts what is valid."""

from __future__ import annotations

import runpy
from pathlib import Path

EXAMPLE = Path(__file__).parent.parent / "examples/python/3_many_callers.py"


def test_example(capsys):
    runpy.run_path(str(EXAMPLE), run_name="__main__")
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == [
        "asyncio: 1800 of 2000 signatures are valid",
        "threads: 360 of 400 signatures are valid",
    ]
    assert int(lines[2].rpartition(" ")[2]) > 1
