# SPDX-License-Identifier: Apache-2.0
"""The logger "pyaccel": stable names, fields as attributes, each reason once, and no handler that prints."""

from __future__ import annotations

import ast
import json
import logging
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from pyaccel import logs
from pyaccel.scheduler import watching

PACKAGE = Path(logs.__file__).parent


@pytest.fixture(autouse=True)
def nothing_logged_yet(monkeypatch):
    monkeypatch.setattr(logs, "_logged", {})


def test_an_event_is_a_record_with_its_name_and_fields(caplog):
    with caplog.at_level(logging.INFO, logger="pyaccel"):
        assert logs.event("device.failed", "gone", device="opencl:0", operation="hash_many", reason="lost")
    (record,) = caplog.records
    assert (record.name, record.levelname, record.message) == ("pyaccel", "WARNING", "gone")
    assert (record.event, record.device, record.operation, record.reason) == (
        "device.failed",
        "opencl:0",
        "hash_many",
        "lost",
    )
    assert record.filename == "test_logs.py"


def test_an_equal_key_is_logged_once_and_told_always(caplog):
    told = []
    listener = lambda name, fields: told.append((name, fields["device"]))  # noqa: E731
    logs.listeners.add(listener)
    logs.listeners.add(listener)
    try:
        with caplog.at_level(logging.INFO, logger="pyaccel"):
            first = [logs.event("device.failed", "x", once=("a", "b"), device="a") for _ in range(3)]
            other = logs.event("device.failed", "x", once=("a", "c"), device="a")
            name = logs.event("device.declined", "x", once=("a", "b"), device="a")
    finally:
        logs.listeners.remove(listener)
    assert (first, other, name) == ([True, False, False], True, True)
    assert len(caplog.records) == 3
    assert told == [("device.failed", "a")] * 4 + [("device.declined", "a")]
    logs.event("device.failed", "x", device="b")
    assert len(told) == 5


def test_of_many_threads_one_logs():
    start = threading.Barrier(16)
    answers = []

    def tell():
        start.wait()
        answers.extend(logs.event("device.failed", "x", once=key) for key in range(200))

    threads = [threading.Thread(target=tell) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(answers) == 200


def test_of_many_threads_no_listener_or_watcher_is_lost():
    def come_and_go():
        for _ in range(2000):
            mine, other = (lambda *_: None), (lambda *_: None)
            watching.watchers.add(mine)
            watching.engine_watchers.add(mine)
            logs.listeners.add(other)
            watching.watchers.remove(mine)
            watching.engine_watchers.remove(mine)
            logs.listeners.remove(other)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    threads = [threading.Thread(target=come_and_go) for _ in range(8)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert (watching.watchers.all, watching.engine_watchers.all, logs.listeners.all) == ((), (), ())


def test_keys_do_not_fill_the_memory():
    for key in range(20_000):
        logs.event("device.declined", "x", once=key)
    assert len(logs._logged) <= logs._ONCE


def test_nothing_is_printed_where_nobody_configured_logging():
    code = "from pyaccel import logs; print(logs.event('device.quarantined', 'wrong bytes'))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("True\n", "")


def test_a_formatter_of_fields_writes_them(caplog):
    logs.event("engine.overloaded", "full", operation="verify_many", limit=5)
    plain = vars(logging.makeLogRecord({}))
    extra = {name: value for name, value in vars(caplog.records[0]).items() if name not in plain}
    assert json.loads(json.dumps(extra, default=str))["limit"] == 5


def _calls():
    """Every `logs.event(...)` of the package."""
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            function = getattr(node, "func", None)
            if isinstance(function, ast.Attribute) and ast.unparse(function) == "logs.event":
                yield f"{path.name}:{node.lineno}", node


def test_every_event_in_the_package_is_known_and_its_fields_fit_a_record():
    taken = {*vars(logging.makeLogRecord({})), "message", "asctime", "event"}
    for place, call in _calls():
        name = call.args[0]
        assert isinstance(name, ast.Constant), f"{place}: the name of an event is written out"
        assert name.value in logs.EVENTS, place
        fields = {word.arg for word in call.keywords} - {"once"}
        assert not fields & taken, f"{place}: {fields & taken} are names of the record itself"


def test_the_documents_list_every_event_with_its_level():
    text = (Path(__file__).parent.parent / "docs/observability.md").read_text()
    listed = dict(re.findall(r"^\| `([a-z_]+\.[a-z_]+)` \| ([A-Z]+) \|", text, re.MULTILINE))
    assert listed == {name: logging.getLevelName(level) for name, level in logs.EVENTS.items()}
