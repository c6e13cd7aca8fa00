# SPDX-License-Identifier: Apache-2.0
"""The engine's queue: its bound, priorities, time-outs, and closing with whatever is under way."""

from __future__ import annotations

import concurrent.futures
import gc
import random
import threading
from functools import partial

import pytest
from engine_support import SECONDS, busy, on_a_thread, sha256, signed, together

import pyaccel
from pyaccel.engine import kinds
from pyaccel.errors import EngineClosedError, PyaccelError

ROWS, VERDICTS = signed(64)


@pytest.fixture
def order(monkeypatch):
    """The messages of the batches of hashes, in the order in which they run."""
    seen = []
    real = kinds._hash_many
    monkeypatch.setattr(kinds, "_hash_many", lambda *a, **k: seen.append(a[1]) or real(*a, **k))
    return seen


def test_a_full_queue_is_overloaded_until_rows_are_taken():
    with pyaccel.Engine(workers=1, max_queue=5) as engine:
        with busy(engine):
            futures = [engine.submit("hash", "sha256", b"%d" % i) for i in range(3)]
            futures += [engine.submit("hash", "keccak256", b"%d" % i) for i in range(2)]
            for _ in range(3):
                with pytest.raises(pyaccel.OverloadedError, match="5 rows wait, max_queue is 5"):
                    engine.submit("hash", "sha256", b"too many")
            with pytest.raises(pyaccel.OverloadedError):
                engine.submit_many("hash_many", "sha256", [b""])
            assert engine.queued == 5
        assert [future.result(SECONDS) for future in futures[:3]] == [sha256(b"%d" % i) for i in range(3)]
        assert all(future.result(SECONDS) for future in futures)
        assert engine.submit("hash", "sha256", b"again").result(SECONDS) == sha256(b"again")
        assert engine.queued == 0
    assert issubclass(pyaccel.OverloadedError, PyaccelError)


def test_a_call_longer_than_the_queue_is_taken_where_nothing_waits():
    with pyaccel.Engine(workers=1, max_queue=5) as engine:
        assert len(engine.submit_many("hash_many", "sha256", [b""] * 50).result(SECONDS)) == 50
        with busy(engine):
            long = engine.submit_many("hash_many", "sha256", [b""] * 50)
            assert engine.queued == 50
            with pytest.raises(pyaccel.OverloadedError):
                engine.submit("hash", "sha256", b"")
            with pytest.raises(pyaccel.OverloadedError):
                engine.submit_many("hash_many", "sha256", [b""])
        assert len(long.result(SECONDS)) == 50


def test_higher_priorities_go_first(order):
    with pyaccel.Engine(workers=1, max_delay=0) as engine, busy(engine):
        for number, priority in enumerate((0, -1, 5, 0, 7, 5)):
            engine.submit("hash", "sha256", b"%d" % number, priority=priority)
        engine.bind("hash", "sha256", priority=6)(b"6")
        engine.submit_many("hash_many", "sha256", [b"of its own"], priority=9).add_done_callback(
            lambda _: order.append("many")
        )
    assert order == ["many", (b"4",), (b"6",), (b"2", b"5"), (b"0", b"3"), (b"1",)]


def test_of_equal_priority_the_oldest_goes_first(order):
    with pyaccel.Engine(workers=1, max_delay=0, max_batch=2) as engine, busy(engine):
        for message in (b"a", b"b", b"c"):
            for size in (1, 2, 3):
                engine.submit("hash", "shake128", message, digest_size=size)
    assert order == [(b"a", b"b")] * 3 + [(b"c",)] * 3


def test_a_row_that_is_not_dispatched_in_time_times_out(order):
    with pyaccel.Engine(workers=1) as engine:
        with busy(engine):
            late = [engine.submit("hash", "sha256", b"%d" % i, timeout=0.01 * (i % 3)) for i in range(9)]
            many = engine.submit_many("hash_many", "sha256", [b"a"], timeout=0.02)
            kept = [engine.submit("hash", "sha256", b"kept", timeout=SECONDS), engine.submit("hash", "sha256", b"kept")]
            bound = engine.bind("hash", "sha256")(b"bound", timeout=0)
            for future in (*late, many, bound):
                # While no thread is free.
                assert isinstance(future.exception(SECONDS), TimeoutError)
                with pytest.raises(TimeoutError, match="before its batch began"):
                    future.result(0)
                assert not future.cancelled()
        assert [future.result(SECONDS) for future in kept] == [sha256(b"kept")] * 2
    assert order == [(b"kept", b"kept")]


def test_a_time_out_ends_where_the_batch_begins(monkeypatch):
    began, go = threading.Event(), threading.Event()
    real = kinds._hash_many

    def slow(*arguments, **parameters):
        began.set()
        go.wait(SECONDS)
        return real(*arguments, **parameters)

    monkeypatch.setattr(kinds, "_hash_many", slow)
    with pyaccel.Engine(workers=1, max_delay=0) as engine:
        future = engine.submit("hash", "sha256", b"a", timeout=0.05)
        if not began.wait(SECONDS):
            raise AssertionError
        other = engine.submit("hash", "sha256", b"b", timeout=0.01)
        assert isinstance(other.exception(SECONDS), TimeoutError)
        go.set()
        # It began in time unless this machine slept through it.
        assert future.exception(SECONDS) is None or isinstance(future.exception(), TimeoutError)


def test_close_drains_whatever_waits():
    engine = pyaccel.Engine(max_delay=SECONDS)
    futures = [engine.submit("hash", "sha256", b"%d" % i) for i in range(10)]
    many = engine.submit_many("hash_many", "sha256", [b"a"] * 3000)
    engine.close()
    assert [future.result(0) for future in futures] == [sha256(b"%d" % i) for i in range(10)]
    assert many.result(0)[-1].tobytes() == sha256(b"a")
    engine.close()
    for call in (
        lambda: engine.submit("hash", "sha256", b""),
        lambda: engine.submit("hash", "keccak256", b""),
        lambda: engine.submit_many("hash_many", "sha256", [b""]),
        lambda: engine.bind("hash", "sha256")(b""),
    ):
        with pytest.raises(EngineClosedError, match="the engine is closed"):
            call()
    assert "closed" in repr(engine)


def test_close_without_draining_cancels():
    engine = pyaccel.Engine(workers=1)
    with busy(engine):
        futures = [engine.submit("hash", "sha256", b"%d" % i) for i in range(10)]
        many = engine.submit_many("hash_many", "sha256", [b"a"])
        heard = []
        futures[3].add_done_callback(heard.append)
        closer = threading.Thread(target=partial(engine.close, drain=False))
        closer.start()
        for future in (*futures, many):
            with pytest.raises(concurrent.futures.CancelledError):
                future.result(SECONDS)
    closer.join(SECONDS)
    assert not closer.is_alive()
    assert heard == [futures[3]]


def test_an_engine_that_was_never_used_closes():
    with pyaccel.Engine() as engine:
        assert "0 rows wait" in repr(engine)
    threads = threading.active_count()
    pyaccel.Engine().close(drain=False)
    assert threading.active_count() == threads


@pytest.mark.parametrize("drain", [True, False])
def test_sixty_four_threads_submit_while_one_closes(drain):
    engine = pyaccel.Engine(max_batch=32, max_delay=0.0002, workers=3)
    right, refused, cancelled = [], [], []
    enough = threading.Event()

    def submit(number):
        random_ = random.Random(number)
        while True:
            i = random_.randrange(len(ROWS))
            try:
                if number % 4 == 0:
                    future = engine.submit_many(
                        "verify_many", "ed25519", *([part] for part in ROWS[i]), rule="libsodium"
                    )
                else:
                    future = engine.submit("verify", "ed25519", *ROWS[i], rule="libsodium", timeout=SECONDS)
            except EngineClosedError:
                refused.append(number)
                return
            try:
                assert bool(future.result(SECONDS)) is VERDICTS[i]
            except concurrent.futures.CancelledError:
                cancelled.append(number)
                continue
            right.append(number)
            if len(right) > 500:
                enough.set()

    def close():
        assert enough.wait(SECONDS)
        engine.close(drain=drain)

    together([partial(submit, number) for number in range(64)] + [close, close])
    assert sorted(refused) == list(range(64))
    assert len(right) > 500
    assert not (drain and cancelled)
    assert engine.queued == 0


def test_a_forgotten_engine_finishes_and_its_threads_end():
    before = threading.active_count()
    engine = pyaccel.Engine(max_delay=SECONDS)
    futures = [engine.submit("hash", "sha256", b"%d" % i, timeout=SECONDS) for i in range(10)]
    verify = engine.bind("verify", "ed25519")
    del engine
    gc.collect()
    assert not verify(*ROWS[0]).done()
    del verify
    gc.collect()
    assert [future.result(SECONDS) for future in futures] == [sha256(b"%d" % i) for i in range(10)]
    for thread in threading.enumerate():
        if thread.name.startswith("pyaccel-engine"):
            thread.join(SECONDS)
    assert threading.active_count() == before


def test_callbacks_on_several_threads_may_close_at_once():
    engine = pyaccel.Engine(workers=3, max_delay=0)
    barrier = threading.Barrier(3)
    closed = []

    def close():
        barrier.wait(SECONDS)
        engine.close()
        closed.append(engine.closed)

    for _ in range(3):
        on_a_thread(engine, close)
    for thread in [*engine._dispatcher.threads]:
        thread.join(SECONDS)
        assert not thread.is_alive()
    assert closed == [True] * 3
