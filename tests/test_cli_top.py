# SPDX-License-Identifier: Apache-2.0
"""`pyaccel top`: what it finds, what it says of it, and what it says where there is nothing to see."""

from __future__ import annotations

import http.server
import json
import math
import os
import pty
import re
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from cli_support import Command
from prometheus_client import CollectorRegistry

import pyaccel
from pyaccel import logs, metrics
from pyaccel.cli import top_sources
from pyaccel.cli.top_samples import Sample, Work, parsed, view
from pyaccel.cli.top_table import brief, render
from pyaccel.scheduler import counting, sharing, watching

PYACCEL = [sys.executable, "-m", "pyaccel"]
PROGRAM = """
import os, sys, time, pyaccel
for _ in range(20): pyaccel.hash_many("sm3", [b"abcd"] * 10)
print("ready", flush=True)
"""


@pytest.fixture
def folder(monkeypatch):
    """The folder where processes are shared; a socket's path has to be short."""
    made = Path(tempfile.mkdtemp(prefix="pa"))
    monkeypatch.setattr(top_sources, "default_folder", lambda: made)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def command(capsys, monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)  # narrow tables leave columns out
    return Command(capsys)


@pytest.fixture(scope="module")
def sharing_folder():
    """Where this process is shared."""
    with tempfile.TemporaryDirectory(prefix="pa") as name:
        made = sharing.Sharing(Path(name))
        made._last = None
        yield Path(name)
        made.close()
        assert not watching.watchers.all


@pytest.fixture
def shared(sharing_folder, monkeypatch):
    """This process, shared."""
    monkeypatch.setattr(top_sources, "default_folder", lambda: sharing_folder)
    counting.counts.begin_anew()
    return f"{os.getpid()}"


@contextmanager
def working():
    """Batches in another thread, at all times."""
    done = threading.Event()

    def work():
        while not done.is_set():
            pyaccel.hash_many("sm3", [b"abcd"] * 10, device="native")
            time.sleep(0.001)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def test_a_process_is_shown_by_number_and_with_all(command, shared, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")  # else the width is that of whoever runs the tests
    with working():
        for words in (["--once", shared], ["--once"], [shared]):
            outcome = command("top", "--interval", "0.2", *words)
            assert outcome.status == 0
            assert re.search(rf"process {shared}  .*python", outcome.out)
            assert re.search(r"hash_many sm3 +native +[\d.]+ \S*/s +[\d.]+ \S*/s +10 +[\d.]+ \S*B/s +\d+%", outcome.out)


def test_json_has_what_was_done(command, shared):
    pyaccel.hash_many("sha512", [b"ab"] * 7, device="golden")
    with working():
        (process,) = command("top", "--json", "--interval", "0.2", shared).document["processes"]
    work = {(row["of"], row["device"]): row for row in process["work"]}
    quiet, busy = work["sha512", "golden"], work["sm3", "native"]
    assert (quiet["rows_per_second"], quiet["total_rows"], quiet["p50_seconds"]) == (0, 7, None)
    assert busy["mean_batch"] == 10
    assert busy["bytes_per_second"] == pytest.approx(4 * busy["rows_per_second"])
    assert 0 < busy["p50_seconds"] <= busy["p99_seconds"]
    assert process["version"] == pyaccel.__version__
    assert process["busy"].keys() == {"golden", "native"}
    assert process["process"]["resident_memory_bytes"] > 1e6


def test_the_socket_is_the_users_alone(sharing_folder, folder):
    (path,) = sharing_folder.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(PermissionError, match="this user alone can write to"):
        sharing.checked_folder(Path(tempfile.gettempdir()))
    link = folder / "link"
    link.symlink_to(folder)
    with pytest.raises(PermissionError, match="this user alone"):
        sharing.checked_folder(link)


def test_a_path_that_is_too_long_for_a_socket(folder):
    with pytest.raises(OSError, match="107 bytes at most: name a shorter folder"):
        sharing.Sharing(folder / ("x" * 100))


def test_nothing_of_rows_is_shown(command, shared):
    secret = b"attack at dawn"
    pyaccel.hash_many("blake3", [secret], context=secret)
    pyaccel.hash_many("hmac-sha256", [secret], key=secret)
    outcome = command("top", "--json", "--interval", "0.05", shared)
    assert "blake3" in outcome.out
    assert "hmac-sha256" in outcome.out
    assert secret.decode() not in outcome.out
    assert secret.hex() not in outcome.out


def test_what_needs_attention_is_said(command, shared):
    logs.event("device.failed", "x", device="opencl:0")
    outcome = command("top", "--once", "--interval", "0.05", shared)
    assert "device.failed opencl:0: 1" in outcome.out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "no process of yours shares its metrics; start it with PYACCEL_TOP=1"),
        (["1"], "process 1: does not share its metrics, or is another user's; start it with PYACCEL_TOP=1"),
        (["4194999"], "process 4194999: does not run"),
        (["99999999999999999999"], "does not run"),
        (["http://127.0.0.1:1/metrics"], "does not answer: "),
        (["http://"], "does not answer: "),
        (["https://[::1"], "does not answer: "),
        (["no-such-program-here"], "no-such-program-here: is no command that is found"),
        (["/"], "can't be run: Permission denied"),
        (["--once", "true", "x"], "--once goes with a PID or URL"),
        (["--interval", "0", "1"], "--interval"),
    ],
)
def test_what_can_not_be_shown_is_one_line(command, folder, words, message):
    assert message in command.refused("top", *words)


def test_a_socket_that_nobody_answers(command, folder):
    path = folder / f"{os.getpid()}.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
    assert "does not answer" in command.refused("top", f"{os.getpid()}")
    gone = folder / "4194999.sock"
    gone.touch()
    (folder / "notes.txt").touch()
    outcome = command("top", "--once", "--interval", "0.05")
    assert outcome.status == 0
    assert not gone.exists()
    assert path.exists()
    assert (folder / "notes.txt").exists()


def test_a_process_that_hangs(command, folder, monkeypatch):
    monkeypatch.setattr(top_sources, "ANSWER_SECONDS", 0.1)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / f"{os.getpid()}.sock"))
        listener.listen()
        assert "does not answer: timed out" in command.refused("top", f"{os.getpid()}")


@contextmanager
def answering(body, status=200):
    """An HTTP server that says the same to all."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/metrics"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        (b"<html>hello", 200, "answers something else than metrics"),
        (b"", 200, "has no pyaccel_build_info"),
        (b"node_load1 3\n", 200, "has no pyaccel_build_info"),
        (b"\xff\xfe", 200, "answers something else than metrics"),
        (b'pyaccel_build_info{version="1"} 1\npyaccel_rows_total 3\n', 200, "answers something else than metrics"),
        (b'pyaccel_build_info{version="1"} x\n', 200, "answers something else than metrics"),
        (b"", 404, "does not answer"),
        (b"x" * (top_sources.MOST_BYTES + 1), 200, "answers more than"),
    ],
    ids=["html", "empty", "foreign", "bytes", "labels", "number", "missing", "long"],
)
def test_an_address_that_is_something_else(command, body, status, message):
    with answering(body, status) as url:
        assert message in command.refused("top", url)


def test_an_address_of_a_process(command):
    counting.counts.begin_anew()
    registry = CollectorRegistry()
    with metrics.serve(0, registry=registry) as server, working():
        outcome = command("top", "--once", "--interval", "0.2", server.url)
    metrics.disable(registry)
    assert outcome.status == 0
    assert "hash_many sm3" in outcome.out


def test_hostile_text_does_not_reach_the_terminal(command):
    body = (
        b'pyaccel_build_info{version="\x1b[2J"} 1\n# TYPE pyaccel_quarantined gauge\n'
        b'pyaccel_quarantined{device="[red]\x1b]0;title\x07"} 1\n'
        b'pyaccel_events_total{event="\x1b[31m",device=""} NaN\n'
    )
    with answering(body) as url:
        outcome = command("top", "--once", "--interval", "0.05", url)
    assert outcome.status == 0
    assert "\x1b" not in outcome.out
    assert "\x07" not in outcome.out
    assert "[red]?]0;title?" in outcome.out


def run(*words, **kinds):
    return subprocess.run([*PYACCEL, "top", *words], capture_output=True, text=True, timeout=120, check=False, **kinds)


def test_a_command_and_its_children_are_shown_when_they_ended():
    forks = "if not os.fork():\n    pyaccel.hash_many('sha256', [b'a'] * 3)\n    sys.exit()\nos.wait(); sys.exit(7)\n"
    outcome = run("--json", "--interval", "0.2", "--", sys.executable, "-c", PROGRAM + forks)
    assert outcome.returncode == 7
    assert outcome.stderr == "ready\n"
    processes = json.loads(outcome.stdout)["processes"]
    totals = [{row["of"]: row["total_rows"] for row in process["work"]} for process in processes]
    assert sorted(totals, key=str) == [{"sha256": 3}, {"sm3": 200}]


def test_workers_of_multiprocessing_are_shown_and_traced(tmp_path):
    code = """
import sys, multiprocessing, pyaccel.metrics
def work(n): pyaccel.hash_many("sm3", [b"a"] * n)
if __name__ == "__main__":
    pyaccel.hash_many("sm3", [b"a"])
    context = multiprocessing.get_context(sys.argv[1])
    for n in (10, 20):
        worker = context.Process(target=work, args=(n,))
        worker.start(); worker.join()
    pyaccel.metrics.share()
"""
    (tmp_path / "work.py").write_text(code)
    for method in ("fork", "spawn"):
        made = {**os.environ, "PYACCEL_TRACE": str(tmp_path / f"{method}.json")}
        outcome = run("--json", "--", sys.executable, str(tmp_path / "work.py"), method, env=made)
        assert outcome.returncode == 0, outcome.stderr
        processes = json.loads(outcome.stdout)["processes"]
        assert sorted(process["work"][0]["total_rows"] for process in processes) == [1, 10, 20]
        rows = [
            event["args"]["n"]
            for path in tmp_path.glob(f"{method}*.json")
            for event in json.loads(path.read_text())
            if event["ph"] == "X"
        ]
        assert sorted(rows) == [1, 10, 20]


def test_a_command_keeps_its_output_and_its_status():
    outcome = run(sys.executable, "-c", PROGRAM)
    assert (outcome.returncode, outcome.stdout) == (0, "ready\n")
    assert re.search(r"hash_many sm3 +native", outcome.stderr)
    outcome = run("sh", "-c", "echo out; echo err >&2; kill -9 $$")
    assert (outcome.returncode, outcome.stdout) == (137, "out\n")
    assert outcome.stderr == "err\npyaccel: sh ended, and nothing in it used pyaccel\n"


def test_a_terminal_shows_it_live():
    code = PROGRAM + "for _ in range(40): pyaccel.hash_many('sm3', [b'a']); time.sleep(0.02)\nprint('last words')"
    master, slave = pty.openpty()
    words = [*PYACCEL, "top", "--interval", "0.1", "--", sys.executable, "-c", code]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "110", "LINES": "40"}
    with subprocess.Popen(words, stdout=slave, stderr=slave, stdin=slave, env=environment, close_fds=True) as process:
        os.close(slave)
        seen = b""
        try:
            while chunk := os.read(master, 4096):
                seen += chunk
        except OSError:  # the terminal is closed
            pass
        assert process.wait(60) == 0
    os.close(master)
    text = seen.decode()
    assert "ready" in text
    assert "last words" in text
    assert text.count("hash_many sm3") > 3


def test_quantiles_and_differences():
    before = Work(batches=2, rows=10, seconds=1.0, buckets={1.0: 1, 2.0: 2, math.inf: 2})
    now = Work(batches=6, rows=50, seconds=9.0, buckets={1.0: 1, 2.0: 4, math.inf: 6})
    came = now.since(before)
    assert (came.batches, came.rows, came.seconds) == (4, 40, 8.0)
    assert came.buckets == {1.0: 0, 2.0: 2, math.inf: 4}
    # Two of four lie between 1 and 2, the others above all bounds.
    assert came.quantile(0.25) == 1.5
    assert came.quantile(0.5) == 2.0
    assert came.quantile(0.99) == 2.0
    assert Work().quantile(0.5) is None
    assert Work(buckets={1.0: 0, math.inf: 0}).quantile(0.99) is None
    assert before.since(now) is before


def test_a_process_that_began_anew_is_shown_from_its_beginning():
    key = ("hash_many", "sm3", "native")
    then, now = Sample(1.0, work={key: Work(batches=9, rows=9)}), Sample(2.0, work={key: Work(batches=1, rows=5)})
    assert view("x", "", then, now, 1.0).work[key].rows == 5


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "–"),
        (0, "0 ns"),
        (2.5e-7, "250 ns"),
        (1.26e-6, "1.3 µs"),
        (3e-4, "300 µs"),
        (0.0123, "12 ms"),
        (134, "134 s"),
    ],
)
def test_times(seconds, text):
    assert brief(seconds) == text


def test_a_narrow_terminal_leaves_columns_out(capsys):
    from rich.console import Console

    shown = view("process 1", "", None, parsed("x", SMALL, 0.0), 2.0)
    for width in (40, 80, 120):
        Console(width=width).print(render([shown], width=width))
        out = capsys.readouterr().out
        assert ("mean batch" in out, "input" in out) == (width >= 80, width >= 96)
        assert max(map(len, out.splitlines())) <= width
        assert "50 /s" in out


def test_engines_links_caches_and_quarantine_are_shown(capsys):
    from rich.console import Console

    before = parsed("x", SMALL + b'pyaccel_moved_bytes_total{direction="to_device"} 1e9\n', 0.0)
    now = parsed(
        "x",
        SMALL
        + b"""pyaccel_moved_bytes_total{direction="to_device"} 3e9
pyaccel_engine_batch_rows_count{operation="verify_many",of="sm2"} 4
pyaccel_engine_batch_rows_sum{operation="verify_many",of="sm2"} 100
pyaccel_engine_latency_seconds_bucket{operation="verify_many",of="sm2",le="0.001"} 4
pyaccel_engine_latency_seconds_bucket{operation="verify_many",of="sm2",le="+Inf"} 4
pyaccel_engine_waiting_rows 17
pyaccel_signature_cache_hits_total 5
pyaccel_quarantined{device="opencl:1"} 1
pyaccel_redone_rows_total{device="opencl:1",of="sm3",operation="hash_many"} 64
""",
        2.0,
    )
    Console(width=120).print(render([view("process 1", "", before, now, 2.0)], width=120))
    out = capsys.readouterr().out
    assert "link: 1 GB/s to device" in out
    assert "Engine: verify_many sm2: rows 50 /s, mean batch 25, latency p50 500 µs, p99 990 µs" in out
    assert "engine: waiting rows 17" in out
    assert "signature cache: hits 5" in out
    assert "opencl:1 is quarantined" in out
    assert "64 rows were redone by another device" in out


SMALL = b"""pyaccel_build_info{version="1"} 1
pyaccel_batches_total{device="native",of="sm3",operation="hash_many"} 10
pyaccel_rows_total{device="native",of="sm3",operation="hash_many"} 100
"""


def test_without_the_extra_it_says_what_to_install():
    script = """
import sys
sys.modules["prometheus_client"] = None
from pyaccel.cli.main import run
sys.exit(run(["top"]))
"""
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == "pyaccel: top needs prometheus-client: pip install 'pyaccel[metrics]'\n"
