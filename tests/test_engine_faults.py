# SPDX-License-Identifier: Apache-2.0
"""What an engine survives: devices that fail in a batch, forks, the end of the process; and its memory stays flat."""

from __future__ import annotations

import gc
import hashlib
import os
import signal
import subprocess
import sys
import textwrap
import tracemalloc
import warnings
import weakref

import numpy as np
import pytest
from engine_support import SECONDS, busy, sha256, signed, together

import pyaccel
from pyaccel.backends.base import Capabilities
from pyaccel.engine import dispatcher, kinds
from pyaccel.errors import DeviceError
from pyaccel.scheduler import default_curves, execution, health, registry, watching

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs POSIX")


class Failing:
    """A device that hashes with hashlib, and is lost in the middle of a batch that has one message."""

    kind = "opencl-gpu"
    name = "opencl:0"

    def __init__(self):
        self.batches = []

    def probe(self):
        return Capabilities("failing")

    def prepare(self, operation, parameters):
        return self

    variant = "failing"

    def run(self, inputs, outputs, n):
        self.batches.append(n)
        for i in range(n):
            if inputs["messages"][i] == b"poison":
                outputs["digests"][:] = 255
                raise DeviceError("lost")
            outputs["digests"][i] = np.frombuffer(hashlib.sha256(inputs["messages"][i]).digest(), np.uint8)


@pytest.fixture
def failing(monkeypatch):
    device = Failing()

    def clear():
        for cache in (registry.probed, registry.backends_of, default_curves.curve):
            cache.cache_clear()

    monkeypatch.setattr(registry, "_found", {"opencl": (device,)})
    monkeypatch.setattr(execution, "_placements", {})
    monkeypatch.setattr(health, "_quarantined", {})
    monkeypatch.setattr(health, "_proved", set())
    monkeypatch.setattr(health, "_warned", set())
    clear()
    yield device
    clear()


def test_rows_of_a_device_that_fails_are_computed_elsewhere(failing):
    messages = [b"%d" % i for i in range(40)]
    messages[17] = b"poison"
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        with pyaccel.Engine("opencl:0", max_delay=SECONDS) as engine:
            futures = [engine.submit("hash", "sha256", message) for message in messages]
            many = engine.submit_many("hash_many", "sha256", messages)
        assert [future.result(0) for future in futures] == [sha256(message) for message in messages]
        assert [bytes(row) for row in many.result(0)] == [sha256(message) for message in messages]
    assert 40 in failing.batches
    assert [str(warning.message) for warning in told] == [
        "opencl:0 failed at hash_many, the rows are computed elsewhere: lost"
    ]


def test_a_warning_that_is_an_error_costs_nobody_a_row(failing):
    with pyaccel.Engine("opencl:0", max_delay=SECONDS) as engine:
        futures = [engine.submit("hash", "sha256", message) for message in (b"a", b"poison", b"b")]
    assert [future.result(0) for future in futures] == [sha256(b"a"), sha256(b"poison"), sha256(b"b")]


def test_a_batch_that_cannot_be_computed_fails_in_each_row(monkeypatch):
    def broken(*arguments, **parameters):
        raise MemoryError("no memory")

    with pyaccel.Engine(max_delay=SECONDS) as engine:
        futures = [engine.submit("hash", "sha256", b"%d" % i) for i in range(3)]
        monkeypatch.setattr(kinds, "_hash_many", broken)
    assert [type(future.exception(0)) for future in futures] == [MemoryError] * 3


def in_child(function):
    """Runs it in a fork, which must end well and in time."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            signal.alarm(SECONDS)
            function()
            code = 0
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_child_of_a_fork_has_threads_of_its_own():
    with pyaccel.Engine(workers=2) as engine:
        assert engine.submit("hash", "sha256", b"before", timeout=SECONDS).result(SECONDS) == sha256(b"before")
        bound = engine.bind("hash", "keccak256")
        with busy(engine):
            waits = [engine.submit("hash", "sha256", b"%d" % i) for i in range(5)]
            watched = engine.submit("hash", "sha256", b"watched")
            watched.add_done_callback(lambda _: None)
            with pytest.raises(TimeoutError):
                watched.result(0.001)
            many = engine.submit_many("hash_many", "sha256", [b"a"])

            def child():
                assert engine.queued == 0
                assert all(future.cancelled() for future in (*waits, watched, many))
                for _ in range(3):
                    found = [engine.submit("hash", "sha256", b"%d" % i) for i in range(100)]
                    assert [future.result(SECONDS) for future in found] == [sha256(b"%d" % i) for i in range(100)]
                assert len(bound(b"x").result(SECONDS)) == 32
                assert engine.submit("hash", "sha256", b"t", timeout=SECONDS).result(SECONDS) == sha256(b"t")
                in_child(lambda: engine.submit("hash", "sha256", b"grandchild").result(SECONDS))
                engine.close()

            in_child(child)
        assert [future.result(SECONDS) for future in waits] == [sha256(b"%d" % i) for i in range(5)]
        assert watched.result(SECONDS) == sha256(b"watched")
        assert many.result(SECONDS)[0].tobytes() == sha256(b"a")


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_forks_in_the_midst_of_submissions():
    rows, verdicts = signed(32, seed=5)
    with pyaccel.Engine(max_batch=16, max_delay=0.0001) as engine:
        stop = False

        def submit():
            while not stop:
                futures = [engine.submit("verify", "ed25519", *row, rule="libsodium") for row in rows]
                assert [future.result(SECONDS) for future in futures] == verdicts

        def fork():
            nonlocal stop
            try:
                for _ in range(10):
                    in_child(lambda: engine.submit("hash", "sha256", b"a").result(SECONDS))
            finally:
                stop = True

        together([submit, submit, submit, fork])


def run(program):
    code = textwrap.dedent(program)
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=SECONDS, check=False)


def test_the_end_of_the_process_waits_for_what_was_submitted():
    done = run(
        """
        import pyaccel
        engine = pyaccel.Engine(max_delay=30)
        other = pyaccel.Engine()
        for i in range(10):
            future = engine.submit("hash", "sha256", b"a", timeout=30)
            future.add_done_callback(lambda future: print(future.result().hex()[:8], flush=True))
        """
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split() == [sha256(b"a").hex()[:8]] * 10


def test_an_exception_that_ends_the_process_does_not_hang_it():
    done = run(
        """
        import pyaccel
        engine = pyaccel.Engine()
        engine.submit("hash", "sha256", b"a").result()
        raise SystemExit(3)
        """
    )
    assert (done.returncode, done.stderr) == (3, "")


def test_memory_does_not_grow():
    rows, verdicts = signed(64, seed=9)
    with pyaccel.Engine(max_batch=64) as engine:

        def work(number):
            futures = [engine.submit("verify", "ed25519", *row, rule="libsodium", timeout=SECONDS) for row in rows]
            futures += [engine.submit("hash", "blake3", b"m", context=f"{number}.{i}") for i in range(20)]
            futures += [engine.submit("hash", "blake3", b"m", key=b"%32d" % (number * 20 + i)) for i in range(20)]
            futures += [engine.submit("verify", "sm2", *rows[0], identity=b"%d" % number)]
            futures += [engine.submit_many("hash_many", "sha256", [b"a"])]
            for future in futures[::3]:
                future.cancel()
            assert [f.result(SECONDS) for f, v in zip(futures, verdicts, strict=False) if not f.cancelled()] == [
                v for f, v in zip(futures, verdicts, strict=False) if not f.cancelled()
            ]

        for number in range(80):  # more contexts than bins are kept
            work(number)
        tracemalloc.start()
        try:
            before = tracemalloc.take_snapshot()
            for number in range(80, 160):
                work(number)
            after = tracemalloc.take_snapshot()
        finally:
            tracemalloc.stop()
    grown = sum(
        one.size_diff
        for one in after.compare_to(before, "filename")
        if f"{os.sep}engine{os.sep}" in one.traceback[0].filename
    )
    assert grown < 1 << 20  # of the rows alone there were twenty times as many bytes


def test_an_idle_engine_holds_no_rows_and_no_secrets():
    class Message(bytearray):
        pass

    with pyaccel.Engine() as engine:
        future = engine.submit("hash", "hmac-sha256", b"text", key=b"secret")
        future.result(SECONDS)
        reference = weakref.ref(future)
        del future
        engine.submit("hash", "sha256", b"").result(SECONDS)
        prepared = pyaccel.PreparedKeys("ed25519", [bytes(32)])
        engine.submit("verify", "ed25519", prepared, b"", bytes(64), key_index=0).result(SECONDS)
        engine.submit("hash", "sha256", b"").result(SECONDS)
        kinds_kept = [kind for kind, _ in engine._dispatcher._bins]
        assert [type(kind) for kind in kinds_kept] == [kinds.Hash]
        assert kinds_kept[0].key is None
    assert reference() is None


def test_control_c_within_submit_leaves_a_queue_that_works(monkeypatch):
    with pyaccel.Engine(max_batch=2, max_delay=0.001) as engine:
        for where in ("opened", "filled"):
            with monkeypatch.context() as patch:

                def interrupt(*_):
                    raise KeyboardInterrupt

                patch.setattr(engine._dispatcher, where, interrupt)
                for _ in range(5):
                    with pytest.raises(KeyboardInterrupt):
                        engine.submit("hash", "sha256", b"interrupted") and engine.submit("hash", "sha256", b"again")
            for i in range(20):
                assert engine.submit("hash", "sha256", b"%d" % i).result(SECONDS) == sha256(b"%d" % i)
            assert engine.queued == 0


def test_the_garbage_collector_may_close_an_engine_within_its_lock():
    engine = pyaccel.Engine(max_delay=SECONDS)
    future = engine.submit("hash", "sha256", b"a")
    queue = engine._dispatcher
    with queue.lock:
        del engine
        gc.collect()
        assert queue.closed
    assert future.result(SECONDS) == sha256(b"a")


def test_a_worker_that_runs_out_of_memory_fails_its_rows_and_goes_on(monkeypatch):
    def broken(rows):
        raise MemoryError

    with pyaccel.Engine(workers=1, max_batch=3, max_delay=SECONDS) as engine:
        with monkeypatch.context() as patch:
            patch.setattr(dispatcher, "claim", broken)
            futures = [engine.submit("hash", "sha256", b"%d" % i) for i in range(3)]
            futures.append(engine.submit_many("hash_many", "sha256", [b"a"]))
            assert [type(future.exception(SECONDS)) for future in futures] == [MemoryError] * 4
        futures = [engine.submit("hash", "sha256", b"%d" % i) for i in range(3)]
        assert [future.result(SECONDS) for future in futures] == [sha256(b"%d" % i) for i in range(3)]


def test_a_watcher_that_raises_costs_nobody_a_row():
    seen = []

    def watcher(served):
        seen.append(served)
        raise RuntimeError("of a watcher")

    watching.engine_watchers.add(watcher)
    try:
        with pyaccel.Engine(max_delay=SECONDS, max_batch=3) as engine:
            futures = [engine.submit("verify", "ed25519", *row) for row in signed(3)[0]]
            assert [future.result(SECONDS) in (True, False) for future in futures] == [True] * 3
            engine.submit("hash", "sha256", b"a")
    finally:
        watching.engine_watchers.remove(watcher)
    assert [(one.operation, one.of, one.n, one.waiting) for one in seen] == [
        ("verify_many", "ed25519", 3, 0),
        ("hash_many", "sha256", 1, 0),
    ]
    assert all(one.waited >= 0 and one.seconds > 0 for one in seen)
