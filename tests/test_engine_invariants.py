# SPDX-License-Identifier: Apache-2.0
"""Whatever threads do to an engine at once, every call ends once, in one way, and what was computed fits it."""

from __future__ import annotations

import concurrent.futures
import random
import threading
import time
from collections import Counter

import pytest
from engine_support import SECONDS, sha256, together

import pyaccel
from pyaccel.engine import kinds
from pyaccel.errors import EngineClosedError

THREADS = 6
CALLS = 150


class Caller:
    """A thread's calls, each with a message of its own, and how each ended."""

    def __init__(self, engine, number):
        self.engine, self.number, self.draw = engine, number, random.Random(number)
        self.futures, self.heard, self.cancelled, self.refused = {}, Counter(), set(), 0

    def run(self):
        for i in range(CALLS):
            message = b"%d.%d" % (self.number, i)
            try:
                future = self.engine.submit(
                    "hash",
                    "sha256",
                    message,
                    priority=self.draw.randrange(3),
                    timeout=self.draw.choice((None, None, 0, 0.0005, SECONDS)),
                )
            except pyaccel.OverloadedError:
                self.refused += 1
                continue
            except EngineClosedError:
                return
            self.futures[message] = future
            future.add_done_callback(lambda _, message=message: self.heard.update((message,)))
            if self.draw.randrange(4) == 0:
                mine = self.draw.choice(list(self.futures))
                if self.futures[mine].cancel():
                    self.cancelled.add(mine)
            if self.draw.randrange(30) == 0:
                time.sleep(0.0005)


@pytest.mark.parametrize("seed", range(12))
def test_every_call_ends_once_and_in_one_way(monkeypatch, seed):
    draw = random.Random(seed)
    real = kinds._hash_many
    computed, sizes = Counter(), []
    lock = threading.Lock()

    def record(algorithm, messages, **parameters):
        with lock:
            computed.update(messages)
            sizes.append(len(messages))
        return real(algorithm, messages, **parameters)

    monkeypatch.setattr(kinds, "_hash_many", record)
    max_batch = draw.choice((1, 2, 7, 64))
    drain = draw.random() < 0.5
    engine = pyaccel.Engine(
        "native",
        max_batch=max_batch,
        max_delay=draw.choice((0, 0.0002, 0.003)),
        max_queue=draw.choice((5, 50, 10_000)),
        workers=draw.choice((1, 2, 4)),
    )
    callers = [Caller(engine, seed * THREADS + i) for i in range(THREADS)]
    works = [caller.run for caller in callers]
    if draw.random() < 0.5:
        pause = draw.random() * 0.02
        works.append(lambda: (time.sleep(pause), engine.close(drain=drain)))
    together(works)
    engine.close(drain=drain)

    assert max(sizes, default=0) <= max_batch
    assert engine.queued == 0
    right = 0
    for caller in callers:
        for message, future in caller.futures.items():
            assert future.done()
            assert caller.heard[message] == 1
            if future.cancelled():
                assert computed[message] == 0
                with pytest.raises(concurrent.futures.CancelledError):
                    future.result(0)
            elif future.exception(0) is not None:
                assert isinstance(future.exception(0), TimeoutError)
                assert computed[message] == 0
            else:
                assert future.result(0) == sha256(message)
                assert computed[message] == 1
                right += 1
        assert all(caller.futures[message].cancelled() for message in caller.cancelled)
    assert right == sum(computed.values())
    counts = engine.statistics()
    assert counts["refused_total"] == sum(caller.refused for caller in callers)
    assert counts["rows_total"] <= sum(len(caller.futures) for caller in callers)
