# SPDX-License-Identifier: Apache-2.0
"""Faults of devices made up for it: wrong bytes, time-outs, losses. No row is lost, nothing is told twice."""

from __future__ import annotations

import hashlib
import logging
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar

import numpy as np
import pytest
from fake_devices import Fake, FakePlan, installed
from opencl_support import status_of_child

import pyaccel
from pyaccel import known_answers, logs
from pyaccel.backends.base import Declined
from pyaccel.errors import DeviceError, DeviceUnavailableError, PyaccelError
from pyaccel.operations import OPERATIONS
from pyaccel.scheduler import guard, health, registry, shadowing, watchdog

N = 200
MESSAGES = [i.to_bytes(2, "big") * (i % 7) for i in range(N)]
DIGESTS = [hashlib.sha256(m).digest() for m in MESSAGES]
GIVE_UP = 60
"""Seconds after which a test is stuck."""


@pytest.fixture
def devices(monkeypatch):
    with installed(monkeypatch) as install:
        yield install


@pytest.fixture(autouse=True)
def settings(monkeypatch):
    """Every row is checked, and a batch hangs after half a second."""
    monkeypatch.setattr(shadowing, "_rate", [1.0])
    limited(monkeypatch, 0.5)


def limited(monkeypatch, seconds):
    monkeypatch.setattr(watchdog, "limit", lambda predicted, *, first=False: seconds)


def hashed(**arguments):
    return [row.tobytes() for row in pyaccel.hash_many("sha256", MESSAGES, device="opencl:0", **arguments)]


def all_right(times, threads=1, before=lambda i: None):
    """Whether that many calls, before(i) first, all answer rightly; ends."""

    def call(i):
        before(i)
        return hashed() == DIGESTS

    with ThreadPoolExecutor(threads) as pool:
        results = [pool.submit(call, i) for i in range(times)]
        return all(result.result(GIVE_UP) for result in results)


def use(fake):
    """Has it answer the known questions, and then misbehave."""
    behave, fake.behave = fake.behave, None
    assert hashed() == DIGESTS
    assert pyaccel.scheduler.last_run().device == "opencl:0"
    fake.behave = behave
    return fake


class Flipping(Fake):
    """Answers rightly until `flips` names a row and a bit."""

    flips = None

    def prepare(self, operation, parameters):
        plan = super().prepare(operation, parameters)
        return plan if isinstance(plan, Declined) else FlippingPlan(self, plan.algorithm)


class FlippingPlan(FakePlan):
    def run(self, inputs, outputs, n):
        super().run(inputs, outputs, n)
        if self.device.flips is not None and n > self.device.flips[0]:
            row, bit = self.device.flips
            outputs["digests"][row, bit // 8] ^= 1 << bit % 8


@pytest.mark.parametrize(("row", "bit"), [(0, 0), (N - 1, 255), (77, 100)])
def test_a_flipped_bit_is_found_told_once_and_mended(devices, caplog, row, bit):
    devices(fake := Flipping())
    use(fake).flips = (row, bit)
    told = []
    logs.listeners.add(listener := lambda name, fields: told.append((name, dict(fields))))
    try:
        with pytest.warns(RuntimeWarning, match="does not use opencl:0 any more: .*compute again what") as warned:
            assert hashed() == DIGESTS
    finally:
        logs.listeners.remove(listener)
    reason = f"hash_many: digests[{row}] is not what native computes (a shadow check)"
    assert told == [("device.quarantined", {"device": "opencl:0", "operation": "hash_many", "reason": reason})]
    assert len(warned) == 1
    assert [(r.levelno, r.event, r.reason) for r in caplog.records] == [(logging.ERROR, "device.quarantined", reason)]
    ran = pyaccel.scheduler.last_run()
    assert (ran.device, len(ran.notes)) == ("native", 1)
    batches = len(fake.batches)
    assert hashed() == DIGESTS
    assert len(fake.batches) == batches
    assert reason in pyaccel.scheduler.last_run().notes[0]
    shown = {device.name: device for device in pyaccel.devices()}["opencl:0"]
    assert not shown.available
    assert reason in shown.reason
    assert "pyaccel.scheduler.release('opencl:0')" in shown.reason
    assert reason in str(pyaccel.explain("hash_many", 10, algorithm="sha256"))


def test_a_quarantine_is_lifted_by_hand(devices, monkeypatch):
    devices(fake := Flipping())
    use(fake).flips = (1, 1)
    with pytest.warns(RuntimeWarning, match="any more"):
        hashed()
    fake.flips = None
    monkeypatch.setattr("pyaccel.backends.opencl.discover", lambda: (fake,))
    fake.batches.clear()
    assert pyaccel.scheduler.release("opencl:0")
    assert not pyaccel.scheduler.release("opencl:0")
    assert hashed() == DIGESTS
    assert fake.batches == [known_answers.FULL_LANES, N]
    for name in ("opencl:x", "auto", "opencl:0,", ["opencl:0"], None):
        with pytest.raises(ValueError, match="is unknown"):
            pyaccel.scheduler.release(name)


@pytest.mark.parametrize(("names", "count"), [("opencl", 3), ("native, opencl:1,opencl:0", 2), ("opencl:0,opencl", 3)])
def test_a_kind_or_a_list_is_released(devices, monkeypatch, names, count):
    """Each device of it proves itself anew and is used, and no other is."""
    devices(*(found := tuple(Fake(f"opencl:{i}") for i in range(3))))
    monkeypatch.setattr("pyaccel.backends.opencl.discover", lambda: found)
    for fake in found:
        with pytest.warns(RuntimeWarning, match=f"does not use {fake.name} any more"):
            health.quarantine(fake, OPERATIONS["hash_many"], "a reason", "hang")
    assert pyaccel.scheduler.release(names)
    for fake in found:
        pyaccel.hash_many("sha256", MESSAGES, device=fake.name)
    assert [fake.batches for fake in found] == [[known_answers.FULL_LANES, N]] * count + [[]] * (3 - count)
    assert pyaccel.scheduler.release("opencl") == (count < 3)
    assert not pyaccel.scheduler.release(names)


@pytest.mark.parametrize("device", ["native", "auto"])
def test_native_too_is_quarantined(devices, device):
    """Also where its choice had been kept before."""
    devices()
    messages = MESSAGES[:3]
    pyaccel.hash_many("sha256", messages, device=device)
    (native,) = registry.discovered("native")
    with pytest.warns(RuntimeWarning, match="does not use native any more"):
        health.quarantine(native, OPERATIONS["hash_many"], "a reason", "hang")
    try:
        digests = pyaccel.hash_many("sha256", messages, device=device)
        assert [digest.tobytes() for digest in digests] == DIGESTS[:3]
        assert pyaccel.scheduler.last_run().device == "golden"
    finally:
        assert pyaccel.scheduler.release("native")


def test_without_checks_nothing_is_seen(devices, monkeypatch):
    """What rate 0 means; also that the faults of these tests are none that anything else finds."""
    devices(fake := Flipping())
    use(fake).flips = (5, 3)
    monkeypatch.setattr(shadowing, "_rate", [0.0])
    assert [i for i, digest in enumerate(hashed()) if digest != DIGESTS[i]] == [5]


def test_the_first_batches_are_checked_by_default(devices, monkeypatch):
    """A device that answers all rows wrongly after its known questions is found at its first batch."""
    monkeypatch.setattr(shadowing, "_rate", [None])
    devices(fake := Fake())

    class Wrong(FakePlan):
        def run(self, inputs, outputs, n):
            super().run(inputs, outputs, n)
            outputs["digests"][:, 7] ^= n == N

    fake.prepare = lambda operation, parameters: Wrong(fake, parameters["algorithm"])
    with pytest.warns(RuntimeWarning, match="shadow check"):
        assert hashed() == DIGESTS


def test_later_batches_are_checked_for_a_share_of_their_time(monkeypatch):
    monkeypatch.setattr(shadowing, "_rate", [None])
    checked = shadowing.Shadow(OPERATIONS["hash_many"], lambda: None)
    assert [checked._sample(n, 1.0) for n in (0, 3, 100)] == [0, 3, shadowing.LEAST_ROWS]
    for _ in range(shadowing.FIRST):
        checked._learn(1e-3)
    # A batch of 10 s pays for 100 rows of a millisecond, one of 0.08 s for a check in ten.
    assert checked._sample(10**6, 10.0) == 100
    assert checked._sample(50, 10.0) == 50
    assert checked._sample(10**9, 1e6) == shadowing.MOST_ROWS
    some = [checked._sample(1000, 0.08) for _ in range(2000)]
    assert set(some) == {0, shadowing.LEAST_ROWS}
    assert 100 < sum(rows > 0 for rows in some) < 320
    whole = shadowing.Shadow(OPERATIONS["merkle.root"], lambda: None)
    assert whole._sample(shadowing.MOST_ROWS, 1.0) == shadowing.MOST_ROWS
    assert {whole._sample(10**5, 1.0) for _ in range(2000)} == {0, 10**5}


def test_rows_that_take_long_are_checked_one_by_one(monkeypatch):
    """Ciphertexts; and sums of many of them, whose first batches are no exception."""
    monkeypatch.setattr(shadowing, "_rate", [None])
    one = shadowing.Shadow(OPERATIONS["hash_many"], lambda: None, least=1)
    assert [one._sample(n, 1.0) for n in (0, 3, 100)] == [0, 1, 1]
    dear = shadowing.Shadow(OPERATIONS["hash_many"], lambda: None, first=0, least=1)
    some = [dear._sample(1, 1.0) for _ in range(4000)]  # as long as nothing is known, a check takes what the batch took
    assert 5 < sum(some) < 120
    dear._learn(10.0)
    assert dear._sample(2, 4000.0) == 2
    assert 100 < sum(dear._sample(1, 100.0) for _ in range(2000)) < 320
    dear._learn(20.0)
    assert dear._sample(9, 4400.0) == 4


def test_a_rate_is_a_share_of_rows_or_of_batches(monkeypatch):
    by_rows = shadowing.Shadow(OPERATIONS["verify_many"], lambda: None)
    whole = shadowing.Shadow(OPERATIONS["merkle.layers"], lambda: None)
    assert shadowing.shadow(0.25) == 1.0
    assert {by_rows._sample(1000, 0.0) for _ in range(9)} <= {250, 251}
    some = [whole._sample(9, 0.0) for _ in range(1000)]
    assert set(some) == {0, 9}
    assert 150 < some.count(9) < 350
    assert shadowing.shadow(None) == 0.25
    for wrong in (1.01, -0.1, float("nan"), "much"):
        with pytest.raises(ValueError, match="rate: "):
            shadowing.shadow(wrong)
    with pytest.raises(TypeError, match="rate: a list came"):
        shadowing.shadow([])


def test_the_rows_of_a_check_are_of_the_whole_batch():
    seen = np.zeros(100, np.int64)
    for _ in range(500):
        which = shadowing._spread(8, 100)
        assert len(set(which.tolist())) == 8
        assert (np.diff(which) > 0).all()
        seen[which] += 1
    assert seen.min() > 10
    assert seen.sum() == 4000
    assert shadowing._spread(7, 7).tolist() == list(range(7))


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("PYACCEL_SHADOW", "2", "PYACCEL_SHADOW: 2.0 came; wanted 0 .. 1"),
        ("PYACCEL_SHADOW", "all", "PYACCEL_SHADOW: 'all' came; wanted a number"),
        ("PYACCEL_DEVICE_TIMEOUT", "-1", "PYACCEL_DEVICE_TIMEOUT: -1.0 came; wanted 0 .. inf"),
    ],
)
def test_settings_from_the_environment_that_are_none(variable, value, message, monkeypatch):
    monkeypatch.setenv(variable, value)
    monkeypatch.setattr(shadowing, "_rate", [])
    for setting in (shadowing.environment, watchdog.least_seconds):
        setting.cache_clear()
    try:
        with pytest.raises(ValueError, match=message):
            (shadowing.rate_now if variable == "PYACCEL_SHADOW" else watchdog.least_seconds)()
    finally:
        for setting in (shadowing.environment, watchdog.least_seconds):
            setting.cache_clear()


def test_settings_from_the_environment():
    script = (
        "from pyaccel.scheduler import shadowing, watchdog; print(shadowing.rate_now(), watchdog.least_seconds(),"
        "watchdog.LEAST_SECONDS)"
    )

    def printed(**variables):
        run = subprocess.run(
            [sys.executable, "-c", script], env=os.environ | variables, capture_output=True, text=True, check=True
        )
        return run.stdout.split()

    assert printed() == ["None", "30.0", "30.0"]
    assert printed(PYACCEL_SHADOW="0.5", PYACCEL_DEVICE_TIMEOUT="2.5") == ["0.5", "2.5", "30.0"]
    assert printed(PYACCEL_SHADOW="auto", PYACCEL_DEVICE_TIMEOUT="0") == ["None", "inf", "30.0"]


class Hanging:
    """Something to hang in, until it is let go."""

    def __init__(self):
        self.go, self.entered, self.left = threading.Event(), threading.Event(), threading.Event()

    def __call__(self, n=0):
        self.entered.set()
        self.go.wait(GIVE_UP)
        self.left.set()


@pytest.fixture
def hang():
    hang = Hanging()
    yield hang
    hang.go.set()


def test_a_hung_batch_is_redone_and_writes_to_nobody_s_memory_when_it_ends(devices, hang):
    class Late(FakePlan):
        def run(self, inputs, outputs, n):
            if n != N:
                super().run(inputs, outputs, n)
                return
            hang()
            outputs["digests"][:] = 0xEE
            wrote.set()

    wrote = threading.Event()
    fake = Fake()
    fake.prepare = lambda operation, parameters: Late(fake, parameters["algorithm"])
    devices(fake)
    out = np.zeros((N, 32), np.uint8)
    with pytest.warns(RuntimeWarning, match="any more: hash_many: it did not answer for [0-9]") as warned:
        pyaccel.hash_many("sha256", MESSAGES, device="opencl:0", out=out)
    assert len(warned) == 1
    assert [row.tobytes() for row in out] == DIGESTS
    hang.go.set()
    assert wrote.wait(GIVE_UP)
    assert [row.tobytes() for row in out] == DIGESTS
    assert hashed() == DIGESTS
    assert pyaccel.scheduler.last_run().device == "native"


def test_all_who_wait_for_a_hung_device_go_on_at_once(devices, hang, monkeypatch):
    """Also those whose own batches would have had more time."""
    devices(fake := Fake())
    use(fake)
    lock = threading.Lock()

    def behave(n):
        with lock:
            hang()

    fake.behave = behave
    limited(monkeypatch, 3.0)
    start = time.monotonic()
    with pytest.warns(RuntimeWarning, match="did not answer") as warned:
        assert all_right(32, 32)
    assert len(warned) == 1
    assert time.monotonic() - start < GIVE_UP / 2


def test_waiting_for_one_s_turn_is_no_hanging(devices, monkeypatch):
    """Sixteen batches one after the other take longer than one of them may."""
    devices(fake := Fake())
    use(fake)
    lock = threading.Lock()

    def behave(n):
        with lock:
            time.sleep(0.1)

    fake.behave = behave
    limited(monkeypatch, 1.0)
    assert all_right(16, 16)
    assert not health.quarantined(fake)


def test_a_driver_that_hangs_at_the_known_questions_or_at_making_plans(devices, hang, monkeypatch):
    devices(Fake(behave=hang))
    with pytest.warns(RuntimeWarning, match="any more: hash_many: it did not answer"):
        assert hashed() == DIGESTS
    monkeypatch.setattr(guard, "BUILD_SECONDS", 0.2)
    devices(fake := Fake())
    fake.prepare = lambda *_: hang()
    with pytest.warns(RuntimeWarning, match="any more: hash_many: making a plan, it did not answer"):
        assert hashed() == DIGESTS


def test_a_driver_that_hangs_when_devices_are_looked_for(devices, hang, monkeypatch):
    monkeypatch.setattr(registry, "_LOOK_SECONDS", 0.2)
    limited(monkeypatch, 0.1)
    devices()
    registry._found.clear()
    monkeypatch.setattr("pyaccel.backends.opencl.discover", hang)
    with pytest.raises(DeviceUnavailableError, match="looking for opencl devices failed: HangError: it did not"):
        hashed()
    devices(fake := Fake())
    fake.probe = hang
    with pytest.raises(DeviceUnavailableError, match="probing failed: HangError: it did not answer"):
        hashed()


def test_a_call_s_own_time_out_is_its_own():
    def refuse():
        raise TimeoutError("of the driver")

    with pytest.raises(TimeoutError, match="of the driver"):
        watchdog.within("a", 5.0, refuse)


def test_threads_of_calls_are_used_again():
    names = {watchdog.within("a", 5.0, threading.get_ident) for _ in range(20)}
    assert len(names) < 20
    assert threading.get_ident() not in names
    assert watchdog.within("a", float("inf"), threading.get_ident) == threading.get_ident()


def test_calls_see_the_context_of_who_waits():
    """What counts bytes that are copied, and the like."""
    seen = ContextVar("seen", default=0)
    seen.set(7)
    assert watchdog.within("a", 5.0, seen.get) == 7


def test_without_a_thread_the_call_is_made_here(monkeypatch):
    def refuse(_):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    monkeypatch.setattr(watchdog, "_idle", [])
    assert watchdog.within("a", 5.0, threading.get_ident) == threading.get_ident()


@pytest.fixture
def pipes(monkeypatch):
    """A limit of pipes, and the ends that are open; no thread is there before."""
    limit, ends = [9], set()
    pipe, close = os.pipe, os.close

    def opened():
        if len(ends) == 2 * limit[0]:
            raise OSError(24, "Too many open files")
        ends.update(made := pipe())
        return made

    def closed(end):
        ends.discard(end)
        close(end)

    monkeypatch.setattr(os, "pipe", opened)
    monkeypatch.setattr(os, "close", closed)
    monkeypatch.setattr(watchdog, "_idle", [])
    return limit, ends


@pytest.mark.parametrize("some", [0, 1])
def test_without_pipes_the_call_is_made_here(pipes, some):
    limit, ends = pipes
    limit[0] = some
    assert watchdog.within("a", 5.0, threading.get_ident) == threading.get_ident()
    assert not ends


def test_a_thread_that_was_left_behind_gives_its_pipes_back(pipes, hang):
    left = []

    def call():
        left.append(threading.current_thread())
        hang()

    with pytest.raises(watchdog.HangError):
        watchdog.within("a", 0.05, call)
    assert len(pipes[1]) == 4
    hang.go.set()
    left[0].join(GIVE_UP)
    assert not pipes[1]


@pytest.mark.parametrize(
    "error", [DeviceError("lost"), MemoryError(), RuntimeError("CL_OUT_OF_RESOURCES"), OSError("gone"), SystemError()]
)
def test_whatever_a_driver_raises_the_rows_are_redone(devices, caplog, error):
    devices(fake := Fake())
    use(fake)

    def fail(_):
        raise error

    fake.behave = fail
    with pytest.warns(RuntimeWarning, match="opencl:0 failed at hash_many, the rows are computed elsewhere") as warned:
        assert all_right(3)
    assert len(warned) == 1
    assert [record.event for record in caplog.records] == ["device.failed"]
    fake.behave = None
    assert hashed() == DIGESTS
    assert pyaccel.scheduler.last_run().device == "opencl:0"


def test_failures_at_known_questions_are_no_wrong_answers(devices):
    """They are asked again, but not for ever."""

    def fail(_):
        raise DeviceError("out of memory")

    devices(fake := Fake(behave=fail))
    with pytest.warns(RuntimeWarning, match="opencl:0 failed at hash_many") as warned:
        assert all_right(health.TRIES - 1)
    assert len(warned) == 1
    fake.behave = None
    assert hashed() == DIGESTS
    assert pyaccel.scheduler.last_run().device == "opencl:0"
    devices(fake := Fake(behave=fail))
    with pytest.warns(RuntimeWarning, match="opencl:0 failed at hash_many"):
        assert all_right(5)
    assert hashed() == DIGESTS
    assert len(fake.batches) == health.TRIES
    assert "failed at a known question: out of memory" in pyaccel.scheduler.last_run().notes[0]


@pytest.mark.parametrize("error", [RuntimeError("crash"), UnicodeDecodeError("utf-8", b"", 0, 1, "log")])
def test_a_driver_that_raises_at_making_plans(devices, caplog, error):
    def fail(*_):
        raise error

    caplog.set_level(logging.INFO)
    devices(fake := Fake())
    fake.prepare = fail
    for _ in range(2):
        assert hashed() == DIGESTS
    assert f"declined: making a plan failed: {type(error).__name__}" in pyaccel.scheduler.last_run().notes[0]
    assert [record.event for record in caplog.records] == ["device.declined"]


def test_an_argument_error_leaves_the_output_as_it_was(devices):
    devices(fake := Fake())
    use(fake)

    class Refusing(FakePlan):
        def run(self, inputs, outputs, n):
            outputs["digests"][:] = 0xEE
            raise ValueError("messages: too long")

    plan = guard.guarded(fake, Refusing(fake, "sha256"), OPERATIONS["hash_many"], lambda: None, lambda: None)
    out = np.zeros((2, 32), np.uint8)
    with pytest.raises(ValueError, match="too long"):
        plan.run({"messages": None, "key": None}, {"digests": out}, 2)
    assert not out.any()


def test_32_threads_while_a_device_is_lost(devices):
    devices(fake := Fake())
    use(fake)
    done = []

    def lost(n):
        done.append(n)
        if len(done) % 5 == 3:
            raise DeviceError("lost")

    fake.behave = lost
    with pytest.warns(RuntimeWarning, match="lost") as warned:
        assert all_right(200, 32)
    assert len(warned) == 1


def test_32_threads_while_a_device_goes_wrong(devices):
    """No thread gets a row that another thread's check would have refused."""
    devices(fake := Flipping())
    use(fake)

    def turn(i):
        if i == 60:
            fake.flips = (N // 2, 9)

    with pytest.warns(RuntimeWarning, match="any more") as warned:
        assert all_right(200, 32, turn)
    assert len(warned) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_fork_while_a_device_hangs(devices, hang):
    """The child has none of the threads that its parent waits with."""
    devices(fake := Fake())
    use(fake)
    fake.behave = hang

    def child():
        fake.behave = None
        return hashed() == DIGESTS

    def fork_and_wait():
        with ThreadPoolExecutor(1) as pool:
            result = pool.submit(hashed)
            assert hang.entered.wait(GIVE_UP)
            assert status_of_child(child) == 0
            return result.result(GIVE_UP)

    with pytest.warns(RuntimeWarning, match="did not answer"):
        assert fork_and_wait() == DIGESTS


def test_an_exception_in_a_callback_ends_its_call_alone(devices):
    devices(fake := Fake())
    use(fake)
    keys, messages, signatures = bytes(32), [b""] * 3, [bytes(64)] * 3

    def progress(done, of):
        raise KeyError(done)

    for device in ("opencl:0", "native"):
        with pytest.raises(KeyError):
            pyaccel.verify_many("ed25519", keys, messages, signatures, device=device, progress=progress)
    assert not health.quarantined(fake)
    assert hashed() == DIGESTS


def test_errors_of_pyaccel_come_out_of_a_call_as_they_are():
    class OtherError(PyaccelError):
        pass

    def refuse():
        raise OtherError("no")

    with pytest.raises(OtherError):
        watchdog.within("a", 5.0, refuse)
