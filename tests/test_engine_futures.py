# SPDX-License-Identifier: Apache-2.0
"""Futures of the engine: waiting, cancelling, callbacks, and awaiting them from asyncio."""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import threading

import pytest
from engine_support import SECONDS, busy, sha256, together

import pyaccel
from pyaccel.engine import kinds


def hashes(engine, count=1, **parameters):
    return [engine.submit("hash", "sha256", b"%d" % i, **parameters) for i in range(count)]


def test_states():
    with pyaccel.Engine(workers=1) as engine:
        with busy(engine):
            (future,) = hashes(engine)
            assert isinstance(future, concurrent.futures.Future)
            assert not future.done()
            assert not future.running()
            assert not future.cancelled()
            with pytest.raises(TimeoutError):
                future.result(0.001)
            with pytest.raises(TimeoutError):
                future.exception(0.001)
        assert future.result(SECONDS) == sha256(b"0")
        assert future.exception() is None
        assert future.done()
        assert not future.cancel()
        assert not future.cancelled()
        assert "finished" in repr(future)


def test_cancelled_rows_are_not_computed(monkeypatch):
    seen = []
    real = kinds._hash_many
    monkeypatch.setattr(kinds, "_hash_many", lambda *a, **k: seen.append(a[1]) or real(*a, **k))
    with pyaccel.Engine(workers=1) as engine, busy(engine):
        futures = hashes(engine, 6)
        heard = []
        futures[1].add_done_callback(heard.append)
        assert all(future.cancel() for future in futures[1::2])
        assert futures[1].cancel()
        assert futures[1].cancelled()
        assert heard == [futures[1]]
        many = engine.submit_many("hash_many", "sha256", [b"a"])
        assert many.cancel()
        with pytest.raises(concurrent.futures.CancelledError):
            futures[1].result()
        assert concurrent.futures.wait(futures[1::2], SECONDS).not_done == set()
        waiting = concurrent.futures.as_completed(futures)
        assert next(waiting).cancelled()
    assert seen == [(b"0", b"2", b"4")]
    assert [future.result(0) for future in futures[::2]] == [sha256(b"0"), sha256(b"2"), sha256(b"4")]


def test_a_batch_that_has_begun_cannot_be_cancelled(monkeypatch):
    began, go = threading.Event(), threading.Event()
    real = kinds._hash_many

    def slow(*arguments, **parameters):
        began.set()
        go.wait(SECONDS)
        return real(*arguments, **parameters)

    monkeypatch.setattr(kinds, "_hash_many", slow)
    with pyaccel.Engine() as engine:
        (future,) = hashes(engine)
        assert began.wait(SECONDS)
        assert future.running()
        assert not future.cancel()
        go.set()
        assert future.result(SECONDS) == sha256(b"0")


def test_cancelling_races_with_dispatch():
    with pyaccel.Engine(max_delay=0, workers=2) as engine:
        for _ in range(30):
            futures = hashes(engine, 50)
            cancelled = [future.cancel() for future in futures]
            for i, (future, was) in enumerate(zip(futures, cancelled, strict=True)):
                if was:
                    assert future.cancelled()
                else:
                    assert future.result(SECONDS) == sha256(b"%d" % i)
        assert engine.submit("hash", "sha256", b"after").result(SECONDS) == sha256(b"after")


def test_many_threads_wait_for_one_future():
    with pyaccel.Engine(workers=1) as engine:
        with busy(engine):
            (future,) = hashes(engine)
            found = []
            threads = [threading.Thread(target=lambda: found.append(future.result(SECONDS))) for _ in range(20)]
            for thread in threads:
                thread.start()
        for thread in threads:
            thread.join(SECONDS)
        assert found == [sha256(b"0")] * 20


def test_watchers_that_come_while_it_completes_are_told():
    with pyaccel.Engine(max_delay=0) as engine:

        def watch():
            for i in range(200):
                future = engine.submit("hash", "sha256", b"%d" % i)
                told = threading.Event()
                future.add_done_callback(lambda _, told=told: told.set())
                assert future.result(SECONDS) == sha256(b"%d" % i)
                assert told.wait(SECONDS)

        together([watch] * 4)


def test_a_callback_that_raises_is_logged_and_costs_nobody_a_row(caplog):
    def bad(_):
        raise RuntimeError("of a callback")

    def worse(_):
        raise SystemExit

    with caplog.at_level(logging.ERROR, "pyaccel"), pyaccel.Engine(workers=1) as engine:
        with busy(engine):
            futures = hashes(engine, 10)
            heard = []
            for future in futures:
                future.add_done_callback(bad)
                future.add_done_callback(worse)
                future.add_done_callback(lambda future: heard.append(future.result(0)))
        assert [future.result(SECONDS) for future in futures] == [sha256(b"%d" % i) for i in range(10)]
        assert hashes(engine)[0].result(SECONDS) == sha256(b"0")
    assert heard == [sha256(b"%d" % i) for i in range(10)]
    assert [(record.event, record.operation, record.reason) for record in caplog.records] == [
        ("engine.callback_failed", "hash_many", "RuntimeError: of a callback"),
        ("engine.callback_failed", "hash_many", "SystemExit: "),
    ]
    futures[0].add_done_callback(lambda future: heard.append(future))
    assert heard[-1] is futures[0]


def test_a_callback_may_submit_and_close():
    found = []
    engine = pyaccel.Engine()
    second = threading.Event()

    def again(_):
        future = engine.submit("hash", "sha256", b"second")
        future.add_done_callback(lambda future: (found.append(future.result(0)), engine.close(), second.set()))

    engine.submit("hash", "sha256", b"first").add_done_callback(again)
    assert second.wait(SECONDS)
    assert found == [sha256(b"second")]
    assert engine.closed


def test_awaiting():
    async def main():
        async with pyaccel.Engine(max_delay=0.02) as engine:
            assert await engine.submit("hash", "sha256", b"a") == sha256(b"a")
            futures = hashes(engine, 1000)
            assert await asyncio.gather(*futures) == [sha256(b"%d" % i) for i in range(1000)]
            assert await futures[0] == sha256(b"0")
            assert await asyncio.wait_for(hashes(engine)[0], SECONDS) == sha256(b"0")
            assert await asyncio.wrap_future(hashes(engine)[0]) == sha256(b"0")
            failed = engine.submit("hash", "sha256", b"", timeout=0)
            with pytest.raises(TimeoutError, match="before its batch began"):
                await failed
            open_ = engine.submit("hash", "sha256", b"b")
        assert await open_ == sha256(b"b")
        assert engine.closed

    asyncio.run(main())


def test_a_thousand_results_wake_a_loop_once():
    async def main():
        loop = asyncio.get_running_loop()
        calls = []
        real = loop.call_soon_threadsafe
        loop.call_soon_threadsafe = lambda *arguments, **named: calls.append(arguments) or real(*arguments, **named)
        async with pyaccel.Engine(max_delay=SECONDS, max_batch=1001) as engine:
            gathered = asyncio.gather(*hashes(engine, 1000))
            await asyncio.sleep(0)
            last = engine.submit("hash", "sha256", b"last")
            assert await gathered == [sha256(b"%d" % i) for i in range(1000)]
            assert len(calls) == 1
            assert await last == sha256(b"last")

    asyncio.run(main())


def test_a_cancelled_task_cancels_its_row():
    async def main():
        async with pyaccel.Engine(workers=1) as engine:
            with busy(engine):
                futures = hashes(engine, 3)
                tasks = [asyncio.ensure_future(future) for future in futures]
                await asyncio.sleep(0)
                tasks[1].cancel()
                with pytest.raises(asyncio.CancelledError):
                    await tasks[1]
                assert futures[1].cancelled()
                (late,) = hashes(engine)
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(late, 0.001)
                assert late.cancelled()
                (other,) = hashes(engine)
                task = asyncio.ensure_future(other)
                await asyncio.sleep(0)
                other.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
            assert await tasks[0] == sha256(b"0")
            assert await tasks[2] == sha256(b"2")

    asyncio.run(main())


def test_several_loops_and_threads_at_once():
    with pyaccel.Engine() as engine:

        async def main():
            for _ in range(10):
                assert await asyncio.gather(*hashes(engine, 30)) == [sha256(b"%d" % i) for i in range(30)]

        def plain():
            for _ in range(10):
                assert [future.result(SECONDS) for future in hashes(engine, 30)] == [
                    sha256(b"%d" % i) for i in range(30)
                ]

        together([lambda: asyncio.run(main()), plain, lambda: asyncio.run(main()), plain])


def test_a_loop_that_is_gone_costs_nobody_a_row():
    with pyaccel.Engine(workers=1) as engine:
        with busy(engine):
            loop = asyncio.new_event_loop()
            futures = hashes(engine, 3)

            async def wait_a_little():
                await asyncio.wait([asyncio.ensure_future(futures[0])], timeout=0.001)

            loop.run_until_complete(wait_a_little())
            for task in asyncio.all_tasks(loop):
                task._log_destroy_pending = False
            loop.close()
        assert [future.result(SECONDS) for future in futures] == [sha256(b"%d" % i) for i in range(3)]
