# SPDX-License-Identifier: Apache-2.0
"""Traces: what Chrome's trace format asks of every event, and that a file is whole whatever happens meanwhile."""

from __future__ import annotations

import fcntl
import json
import os
import re
import runpy
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
from collections import defaultdict
from pathlib import Path
from time import perf_counter

import pytest

import pyaccel
from pyaccel import logs
from pyaccel.errors import DeviceError
from pyaccel.scheduler import counting, tracing, watching
from pyaccel.scheduler.watching import Attempt, Served

REQUIRED = {
    "X": {"name", "cat", "ph", "pid", "tid", "ts", "dur", "args"},
    "C": {"name", "ph", "pid", "ts", "args"},
    "i": {"name", "cat", "ph", "s", "pid", "tid", "ts", "args"},
    "M": {"name", "ph", "pid", "tid", "args"},
}


class Plan:
    variant = 'v"\n'


@pytest.fixture(autouse=True)
def nobody_watches_afterwards():
    yield
    assert not watching.watchers.all
    assert not watching.engine_watchers.all
    assert not logs.listeners.all
    assert not tracing._tracers


def checked(events):
    """Events that keep the format: keys, kinds of values, and on each track slices that lie beside or in each other."""
    tracks = defaultdict(list)
    named = set()
    for event in events:
        assert set(event) == REQUIRED[event["ph"]], event
        assert type(event["pid"]) is int
        assert isinstance(event["args"], dict)
        if event["ph"] == "M":
            assert event["name"] in ("process_name", "thread_name")
            assert event["args"].keys() == {"name"}
            named.add((event["name"], event["pid"], event["tid"]))
        else:
            assert event["ts"] >= 0
        if event["ph"] == "C":
            assert all(isinstance(value, int | float) for value in event["args"].values())
        if event["ph"] == "X":
            assert event["dur"] >= 0
            assert ("process_name", event["pid"], 0) in named, "a track is named before it is used"
            assert ("thread_name", event["pid"], event["tid"]) in named
            tracks[event["pid"], event["tid"]].append(event)
    for track in tracks.values():
        ends = []
        for event in sorted(track, key=lambda event: (event["ts"], -event["dur"])):
            while ends and event["ts"] >= ends[-1] - 0.002:  # times are rounded to nanoseconds
                ends.pop()
            end = event["ts"] + event["dur"]
            assert not ends or end <= ends[-1] + 0.002
            ends.append(end)
    return events


def read(path):
    return checked(json.loads(path.read_text()))


def slices(events):
    return [event for event in events if event["ph"] == "X"]


def test_batches_are_slices_on_their_device_and_thread(tmp_path):
    path = tmp_path / "trace.json"
    path.write_text("what was there before" * 1000)
    with pyaccel.trace(path):
        for n in (1, 200, 3):
            pyaccel.hash_many("sm3", [b"abcd"] * n, device="native")
        pyaccel.hash_many("sm3", [b"a"], device="golden")
    pyaccel.hash_many("sm3", [b"a"])
    events = read(path)
    found = slices(events)
    assert [(event["name"], event["args"]["n"], event["args"]["bytes"]) for event in found] == [
        ("hash_many sm3", n, size) for n, size in ((1, 4), (200, 800), (3, 12), (1, 1))
    ]
    assert all(event["args"]["variant"] and event["tid"] == threading.get_native_id() for event in found)
    names = {event["pid"]: event["args"]["name"] for event in events if event["name"] == "process_name"}
    assert [names[event["pid"]] for event in found] == ["device native"] * 3 + ["device golden"]
    starts = [event["ts"] for event in found]
    assert starts == sorted(starts)


def test_threads_have_tracks_of_their_own(tmp_path):
    def work():
        for _ in range(300):
            pyaccel.hash_many("sm3", [b"abcd"] * 50, device="native")

    with pyaccel.trace(tmp_path / "t.json"):
        threads = [threading.Thread(target=work, name=f"caller {i}") for i in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    events = read(tmp_path / "t.json")
    assert len(slices(events)) == 1800
    names = {event["args"]["name"] for event in events if event["name"] == "thread_name"}
    assert names == {f"caller {i}" for i in range(6)}


def test_failures_engines_and_events_are_told(tmp_path):
    with pyaccel.trace(tmp_path / "t.json"):
        now = perf_counter()
        (tell,) = watching.watchers.all
        tell(Attempt("verify_many", "sm2", "opencl:0", Plan(), 5, 99, now, 0.25, DeviceError('lost "it"\n')))
        tell(Attempt("verify_many", "sm2", "native", Plan(), 5, 99, now + 1, 0.5, None, ("opencl:0 failed", "x")))
        (serve,) = watching.engine_watchers.all
        serve(Served("verify_many", "sm2", 64, now + 2, 0.125, 0.001, 17))
        logs.event("device.failed", "x", device="opencl:0", reason=ValueError("é"))
    failed, redone, served = slices(events := read(tmp_path / "t.json"))
    assert failed["args"]["error"] == 'lost "it"\n'
    assert (failed["dur"], redone["dur"], served["dur"]) == (250_000, 500_000, 125_000)
    assert redone["ts"] - failed["ts"] == pytest.approx(1e6, abs=1)
    assert redone["args"]["notes"] == "opencl:0 failed; x"
    assert len({failed["pid"], redone["pid"], served["pid"]}) == 3
    (counter,) = (event for event in events if event["ph"] == "C")
    assert counter["args"] == {"rows": 17}
    (instant,) = (event for event in events if event["ph"] == "i")
    assert (instant["name"], instant["args"]) == ("device.failed", {"device": "opencl:0", "reason": "é"})


def test_what_began_before_the_trace_is_cut(tmp_path):
    with pyaccel.trace(tmp_path / "t.json"):
        (tell,) = watching.watchers.all
        tell(Attempt("hash_many", "sm3", "native", Plan(), 1, 1, perf_counter() - 100, 100.0))
        tell(Attempt("hash_many", "sm3", "native", Plan(), 1, 1, 0.0, 0.0))
    before, unknown = slices(read(tmp_path / "t.json"))
    assert before["ts"] == 0
    assert before["dur"] < 50e6
    assert unknown["dur"] == 0


def test_two_traces_at_once_and_one_file_once(tmp_path):
    path = tmp_path / "t.json"
    with pyaccel.trace(path), pyaccel.trace(tmp_path / "u.json"):
        pyaccel.hash_many("sm3", [b"a"])
        with pytest.raises(OSError, match="another trace writes it"), pyaccel.trace(path):
            pytest.fail("it ran")
    assert len(slices(read(path))) == len(slices(read(tmp_path / "u.json"))) == 1


@pytest.mark.parametrize("bad", ["missing/t.json", "file/t.json", ".", "pipe"])
def test_a_file_that_can_not_be_is_told_before_anything_runs(tmp_path, bad):
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match=r"t\.json|\.'|pipe|" + tmp_path.name), pyaccel.trace(tmp_path / bad):
        pytest.fail("it ran")


@pytest.mark.parametrize(("path", "limit"), [(None, 1), (b"x", 1), ("x", -1), ("x", "1")])
def test_wrong_arguments(path, limit, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises((TypeError, ValueError)), pyaccel.trace(path, limit=limit):
        pytest.fail("it ran")
    assert not list(tmp_path.iterdir())


def test_a_limit_ends_the_trace_and_no_batch(tmp_path):
    path = tmp_path / "t.json"
    tracer = tracing.Tracer(path, 100_000)
    for _ in range(5000):
        pyaccel.hash_many("sm3", [b"a"])
    with pytest.warns(RuntimeWarning, match=r"t\.json: the trace ended early: .* 100,000 bytes"):
        tracer.close()
    assert 0 < len(slices(read(path))) < 5000
    assert path.stat().st_size <= 100_003


def test_memory_is_bounded(tmp_path):
    with pyaccel.trace(tmp_path / "t.json"):
        (tracer,) = tracing._tracers
        plan = Plan()
        for i in range(20_000):
            tracer._attempted(Attempt("hash_many", "sm3", f"opencl:{i % 3}", plan, 1, 1, perf_counter(), 0.0))
            assert tracer._size < tracing.BUFFER
        for _ in range(3 * tracing._KEPT):
            tracer._attempted(Attempt("hash_many", "sm3", "native", Plan(), 1, 1, perf_counter(), 0.0))
        assert len(tracer._variants) <= tracing._KEPT


def run(code, **environment):
    """A program that has pyaccel."""
    program = "import os, sys, time, pyaccel\n" + textwrap.dedent(code)
    return subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_what_a_killed_process_leaves_lacks_only_the_bracket(tmp_path):
    done = run(
        """
        for _ in range(3000): pyaccel.hash_many("sm3", [b"a"])
        os.kill(os.getpid(), 9)
        """,
        PYACCEL_TRACE=str(tmp_path / "t.json"),
    )
    assert done.returncode == -signal.SIGKILL
    text = (tmp_path / "t.json").read_text()
    assert not text.endswith("]\n")
    assert 500 < len(slices(checked(json.loads(text + "]")))) <= 3000


def test_a_full_disk_ends_the_trace_and_keeps_whole_events(tmp_path):
    done = run(
        f"""
        import resource, logging
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        logging.basicConfig()
        with pyaccel.trace({str(tmp_path / "t.json")!r}):
            for _ in range(3000): pyaccel.hash_many("sm3", [b"a"])
        print("all", 3000)
        """
    )
    assert done.stdout == "all 3000\n"
    assert "the trace ended early: File too large" in done.stderr
    assert "WARNING:pyaccel:" in done.stderr
    assert len(slices(read(tmp_path / "t.json"))) > 100


def test_the_environment_traces_a_process_and_its_children(tmp_path):
    done = run(
        """
        pyaccel.hash_many("sm3", [b"a"] * 5)
        if not os.fork():
            pyaccel.hash_many("sm3", [b"a"] * 7)
            sys.exit()
        child = os.wait()[0]
        if not os.fork():
            sys.exit()
        os.wait()
        print(child)
        """,
        PYACCEL_TRACE=str(tmp_path / "t.json"),
    )
    assert done.stderr == ""
    child = done.stdout.strip()
    assert {path.name for path in tmp_path.iterdir()} == {"t.json", f"t.{child}.json"}
    assert [event["args"]["n"] for event in slices(read(tmp_path / "t.json"))] == [5]
    assert [event["args"]["n"] for event in slices(read(tmp_path / f"t.{child}.json"))] == [7]


def test_the_environment_may_ask_for_a_file_a_process(tmp_path):
    done = run("pyaccel.hash_many('sm3', [b'a']); print(os.getpid())", PYACCEL_TRACE=str(tmp_path / "%p.json"))
    assert len(slices(read(tmp_path / f"{int(done.stdout)}.json"))) == 1


def test_a_wrong_path_in_the_environment_is_told_by_every_call():
    done = run(
        """
        for call in range(3):
            try: pyaccel.hash_many("sm3", [b"a"])
            except NotADirectoryError as error: print(error)
        """,
        PYACCEL_TRACE="/dev/null/t.json",
    )
    assert done.stdout == "[Errno 20] PYACCEL_TRACE: Not a directory: '/dev/null/t.json'\n" * 3
    assert run("pyaccel.hash_many('sm3', [b'a']); print('fine')", PYACCEL_TRACE="", PYACCEL_TOP="0").stdout == "fine\n"
    done = run("pyaccel.hash_many('sm3', [b'a'])", PYACCEL_TOP="yes")
    assert done.stderr.endswith("ValueError: PYACCEL_TOP: 'yes' came; wanted 1, 0, or a folder from / on\n")


def test_a_file_that_nobody_writes_any_more_can_be_traced_to(tmp_path):
    path = Path(tmp_path / "t.json")
    with path.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(OSError, match="another trace"), pyaccel.trace(path):
            pytest.fail("it ran")
    with pyaccel.trace(path):
        pyaccel.hash_many("sm3", [b"a"])
    assert len(slices(read(path))) == 1


def test_the_example(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    counting.counts.begin_anew()
    example = Path(__file__).parent.parent / "examples/python/2_seeing_what_runs.py"
    runpy.run_path(str(example), run_name="__main__")
    (path,) = tmp_path.iterdir()
    rows = {event["name"]: event["args"]["n"] for event in slices(read(path))}
    assert rows == {"hash_many sm3": 10_000, "merkle.root rfc6962": 10_000, "verify_many ed25519": 500}
    printed = capsys.readouterr().out
    for operation, of, n in (("hash_many", "sm3", 10_000), ("verify_many", "ed25519", 500)):
        assert re.search(rf'pyaccel_rows_total{{.*of="{of}",operation="{operation}".*}} {n}\.0$', printed, re.MULTILINE)
