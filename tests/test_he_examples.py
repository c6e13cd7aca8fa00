# SPDX-License-Identifier: Apache-2.0
"""The numbered examples run, and the demo's homomorphic lines find what is wrong."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from pyaccel import he
from pyaccel.cli import demo_he

EXAMPLE = Path(__file__).parent.parent / "examples/python/1_encrypted_numbers.py"


def test_example(capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(EXAMPLE), run_name="__main__")
    printed = capsys.readouterr().out
    for i in range(1, 4):
        assert f"{i}. " in printed
    assert "level exhausted" in printed


def test_the_demo_is_right_and_finds_what_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    report = demo_he.report(lambda *_: None)
    assert report.bad_count == 0
    assert report.judged_count == 4097
    decrypt = he.SecretKey.decrypt
    monkeypatch.setattr(he.SecretKey, "decrypt", lambda *args, **named: decrypt(*args, **named) + 1)
    report = demo_he.report(lambda *_: None)
    assert report.bad_count == 4097
