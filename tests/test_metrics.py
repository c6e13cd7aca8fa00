# SPDX-License-Identifier: Apache-2.0
"""What Prometheus reads: held against what was called, by the reader of prometheus-client itself."""

from __future__ import annotations

import contextvars
import os
import re
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from nacl.signing import SigningKey
from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.parser import text_string_to_metric_families

import pyaccel
from pyaccel import logs, metrics
from pyaccel.backends import moved
from pyaccel.errors import DeviceError
from pyaccel.scheduler import counting, execution, exposition, watching
from pyaccel.scheduler.watching import Attempt, Served


class Plan:
    def __init__(self, variant="v"):
        self.variant = variant


@pytest.fixture(autouse=True)
def counts(monkeypatch):
    """Counting from zero, and nobody that counts afterwards."""
    counting.counts.begin_anew()
    monkeypatch.setattr(exposition, "_gone", {})
    monkeypatch.setattr(exposition, "_last", {})
    yield counting.counts
    for registry, _ in list(metrics._enabled):
        metrics.disable(registry)
    assert not watching.watchers.all
    assert not watching.engine_watchers.all
    assert not logs.listeners.all


@pytest.fixture
def registry():
    made = CollectorRegistry()
    metrics.enable(made)
    return made


def samples(text):
    """Value by name and labels without those that only tell an implementation."""
    found = {}
    for family in text_string_to_metric_families(text if isinstance(text, str) else text.decode()):
        for sample in family.samples:
            labels = {name: value for name, value in sample.labels.items() if name != "variant"}
            key = sample.name, *sorted(labels.items())
            assert sample.name == "pyaccel_kernel_calls_total" or key not in found
            found[key] = sample.value
    return found


def of(name, registry, **labels):
    return samples(generate_latest(registry)).get((name, *sorted(labels.items())))


NATIVE = {"operation": "hash_many", "of": "sm3", "device": "native"}


def test_what_was_called_is_counted(registry):
    for n in (1, 3, 3, 2000):
        pyaccel.hash_many("sm3", [b"abcd"] * n, device="native")
    read = samples(generate_latest(registry))
    key = tuple(sorted(NATIVE.items()))
    assert read["pyaccel_batches_total", *key] == 4
    assert read["pyaccel_rows_total", *key] == 2007
    assert read["pyaccel_input_bytes_total", *key] == 4 * 2007
    assert read["pyaccel_failed_batches_total", *key] == 0
    assert read["pyaccel_batch_seconds_count", *key] == 4
    assert 0 < read["pyaccel_batch_seconds_sum", *key] < 60
    buckets = {le: read["pyaccel_batch_rows_bucket", *sorted({**NATIVE, "le": le}.items())] for le in ROWS_LE}
    # How many of 1, 3, 3, 2000 are at or below each bound.
    assert list(buckets.values()) == [1, 3, 3, 3, 3, 3, 4, 4, 4, 4]
    assert read["pyaccel_batch_rows_sum", *key] == 2007


ROWS_LE = ("1.0", "8.0", "16.0", "64.0", "256.0", "1024.0", "16384.0", "262144.0", "4.194304e+06", "+Inf")


def test_nothing_is_counted_before_or_after(registry):
    metrics.disable(registry)
    pyaccel.hash_many("sm3", [b"a"])
    assert not counting.counts.batches
    metrics.disable(registry)
    metrics.enable(registry)
    pyaccel.hash_many("sm3", [b"a"])
    assert of("pyaccel_rows_total", registry, **NATIVE) == 1


def test_bounds_are_upper_and_inclusive():
    histogram = counting.Histogram((1.0, 2.0, 4.0))
    for value in (0.5, 1.0, 1.5, 2.0, 4.0, 4.1, 100.0):
        histogram.add(value)
    assert histogram.counts == [2, 2, 1, 2]
    assert histogram.total == 113.1


def test_failures_fallbacks_and_rows_redone(registry):
    plan, other = Plan(), Plan()
    tell = counting.counts._attempted
    tell(Attempt("verify_many", "sm2", "opencl:0", plan, 50, 999, 1.0, 0.25, DeviceError("lost")))
    tell(Attempt("verify_many", "sm2", "native", other, 50, 999, 1.3, 0.5, None, ("opencl:0 failed: lost",)))
    lost = {"operation": "verify_many", "of": "sm2", "device": "opencl:0"}
    redone = {**lost, "device": "native"}
    names = ("batches_total", "rows_total", "failed_batches_total", "failed_seconds_total", "redone_rows_total")
    names = (*names, "fallback_batches_total")
    assert [of(f"pyaccel_{name}", registry, **lost) for name in names] == [0, 0, 1, 0.25, 50, 0]
    assert [of(f"pyaccel_{name}", registry, **redone) for name in names] == [1, 50, 0, 0, 0, 1]


def test_a_batch_that_was_asked_of_a_device_that_declines_is_a_fallback(registry, monkeypatch):
    choice = execution.chosen(pyaccel.operations.OPERATIONS["hash_many"], ("sm3", 32, None), {}, 1, "native")
    declined = execution.Choice(choice.backend, choice.plan, ("opencl:0 declined: no sm3",))
    monkeypatch.setattr(execution, "_choose", lambda *_: declined)
    pyaccel.hash_many("sm3", [b"a"])
    assert of("pyaccel_fallback_batches_total", registry, **NATIVE) == 1


def test_engines_batches_and_waits(registry):
    for waited in (1e-6, 3e-6):
        counting.counts._served(Served("verify_many", "ed25519", 64, 0.0, 0.5, waited, 7))
    labels = {"operation": "verify_many", "of": "ed25519"}
    assert of("pyaccel_engine_batch_rows_sum", registry, **labels) == 128
    assert of("pyaccel_engine_wait_seconds_bucket", registry, **labels, le="2e-06") == 1
    assert of("pyaccel_engine_wait_seconds_count", registry, **labels) == 2
    assert of("pyaccel_engine_latency_seconds_sum", registry, **labels) == pytest.approx(1.000004)


def test_events_are_counted_also_where_they_are_logged_once(registry):
    for _ in range(3):
        logs.event("device.quarantined", "x", once="test_metrics", device="opencl:0")
    logs.event("engine.overloaded", "x", once="test_metrics")
    assert of("pyaccel_events_total", registry, event="device.quarantined", device="opencl:0") == 3
    assert of("pyaccel_events_total", registry, event="engine.overloaded", device="") == 1


def test_what_counts_for_itself_is_added_up_and_never_falls(registry):
    class Cache:
        def __init__(self, hits):
            self.hits = hits

        def statistics(self):
            return {"hits_total": self.hits, "entries": 10}

    first, second = Cache(5), Cache(7)
    watching.offer("test_cache", first)
    watching.offer("test_cache", second)
    assert of("pyaccel_test_cache_hits_total", registry) == 12
    assert of("pyaccel_test_cache_entries", registry) == 20
    del first
    assert of("pyaccel_test_cache_hits_total", registry) == 12
    assert of("pyaccel_test_cache_entries", registry) == 10
    second.hits = 8
    assert of("pyaccel_test_cache_hits_total", registry) == 13
    del second
    assert of("pyaccel_test_cache_hits_total", registry) == 13


def test_copies_of_all_threads_are_counted(registry):
    def copy():
        for _ in range(10_000):
            moved.count_to_device(3)
            moved.count_from_device(1)

    with moved.moved() as here:
        threads = [threading.Thread(target=contextvars.copy_context().run, args=(copy,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert (here.to_device, here.from_device) == (120_000, 40_000)
    assert of("pyaccel_moved_bytes_total", registry, direction="to_device") == 120_000
    assert of("pyaccel_moved_bytes_total", registry, direction="from_device") == 40_000
    metrics.disable(registry)
    moved.count_to_device(1)
    metrics.enable(registry)
    assert of("pyaccel_moved_bytes_total", registry, direction="to_device") == 120_000


def test_kernels_are_counted_also_where_the_scheduler_is_not_asked(registry):
    context = pyaccel.he.Context("bfv", depth=1)
    before = kernel_calls(registry)
    pyaccel.he.SecretKey(context)
    assert kernel_calls(registry) > before


def kernel_calls(registry):
    families = text_string_to_metric_families(generate_latest(registry).decode())
    (family,) = (family for family in families if family.name == "pyaccel_kernel_calls")
    return sum(sample.value for sample in family.samples)


def test_labels_stay_few_whatever_is_called(registry):
    for i in range(3000):
        counting.counts._attempted(Attempt("hash_many", "blake3", "native", Plan(), 1, i, 0.0, 1e-6))
    assert of("pyaccel_rows_total", registry, operation="hash_many", of="blake3", device="native") == 3000
    assert len(counting.counts._of_plan) <= counting._PLANS


def test_many_threads_lose_no_count(registry):
    def work():
        for i in range(2000):
            pyaccel.hash_many("sm3" if i % 2 else "sha256", [b"a"], device="native")

    def read():
        while not done.is_set():
            generate_latest(registry)

    done = threading.Event()
    reader = threading.Thread(target=read)
    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in (reader, *threads):
        thread.start()
    for thread in threads:
        thread.join()
    done.set()
    reader.join()
    for algorithm in ("sm3", "sha256"):
        assert of("pyaccel_rows_total", registry, **{**NATIVE, "of": algorithm}) == 8000


def test_a_fork_counts_from_zero_and_leaves_the_parents_endpoint_alone():
    registry = CollectorRegistry()
    with metrics.serve(0, registry=registry) as server:
        pyaccel.hash_many("sm3", [b"a"] * 5)
        read, write = os.pipe()
        child = os.fork()
        if not child:
            try:
                pyaccel.hash_many("sm3", [b"a"])
                own = of("pyaccel_rows_total", registry, **NATIVE)
                calls = kernel_calls(registry)
                os.write(write, f"{own} {calls} {len(metrics._servers)}".encode())
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        own, calls, servers = os.read(read, 100).split()
        assert float(own) == 1
        assert 1 <= float(calls) <= 3
        assert int(servers) == 0
        text = urllib.request.urlopen(server.url, timeout=10).read().decode()
        assert samples(text)["pyaccel_rows_total", *sorted(NATIVE.items())] == 5


def test_an_endpoint_shows_the_registry_and_closes():
    registry = CollectorRegistry()
    Counter("mine", "The caller's own.", registry=registry)
    with metrics.serve(0, registry=registry) as server:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/metrics", server.url)
        pyaccel.hash_many("sm3", [b"a"])
        text = urllib.request.urlopen(server.url, timeout=10).read().decode()
        with pytest.raises(OSError, match=rf"can't listen on 127\.0\.0\.1:{server.port}: .*; port=0 takes"):
            metrics.serve(server.port, registry=CollectorRegistry())
    assert samples(text)["pyaccel_rows_total", *sorted(NATIVE.items())] == 1
    assert ("mine_total",) in samples(text)
    server.close()
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(server.url, timeout=10)


@pytest.mark.parametrize(
    ("port", "addr", "error", "message"),
    [
        (-1, "127.0.0.1", ValueError, "port: -1 came"),
        (65536, "127.0.0.1", ValueError, "65535"),
        ("x", "127.0.0.1", TypeError, "port: a str came"),
        (0, "192.0.2.1", OSError, "addr= wants an address of this machine"),
    ],
)
def test_an_endpoint_that_can_not_be(port, addr, error, message):
    with pytest.raises(error, match=message):
        metrics.serve(port, addr, registry=CollectorRegistry())
    assert not watching.watchers.all


def test_a_registry_is_taken_once_and_must_be_one(registry):
    assert metrics.enable(registry) is metrics.enable(registry)
    with pytest.raises(TypeError, match=r"wanted a prometheus_client\.CollectorRegistry, a str came"):
        metrics.enable("registry")
    clashing = CollectorRegistry()
    Counter("pyaccel_rows", "Not ours.", registry=clashing)
    with pytest.raises(ValueError, match="pyaccel_rows"):
        metrics.enable(clashing)


def test_without_the_extra_the_error_names_the_mend():
    code = """
import sys; sys.modules["prometheus_client"] = None
import pyaccel
for wanted in (pyaccel.metrics.enable, pyaccel.metrics.share, lambda: pyaccel.metrics.serve(0)):
    try: wanted()
    except pyaccel.errors.UnsupportedError as error: print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "metrics need prometheus-client: pip install 'pyaccel[metrics]'\n" * 3


def test_a_cache_of_signatures_is_counted(registry):
    cache = pyaccel.SignatureCache()
    key = SigningKey(bytes(32))
    row = ("ed25519", [bytes(key.verify_key)], [b"message"], [key.sign(b"message").signature])
    for _ in range(3):
        assert pyaccel.verify_many(*row, cache=cache).all()
    names = ("hits_total", "misses_total", "insertions_total", "evictions_total", "entries")
    assert [of(f"pyaccel_signature_cache_{name}", registry) for name in names] == [2, 1, 1, 0, 1]
    del cache
    assert of("pyaccel_signature_cache_hits_total", registry) == 2


def test_the_documents_list_every_name(registry):
    listed = set(re.findall(r"`(pyaccel_\w+)`", (Path(__file__).parent.parent / "docs/observability.md").read_text()))
    cache = pyaccel.SignatureCache()
    with pyaccel.Engine() as engine:
        assert engine.submit("hash", "sm3", b"a").result()
        shown = {*re.findall(r"^# TYPE (pyaccel_\w+)", generate_latest(registry).decode(), re.MULTILINE)}
    assert len(shown) > 20
    assert not len(cache)
    assert not shown - listed
    assert {"pyaccel_engine_waiting_rows", "pyaccel_rows_total"} <= shown


def test_an_engine_is_counted(registry):
    with pyaccel.Engine(max_delay=0.001) as engine:
        futures = [engine.submit("hash", "sm3", b"a") for _ in range(50)]
        assert {future.result() for future in futures} == {pyaccel.hash_many("sm3", [b"a"])[0].tobytes()}
    labels = {"operation": "hash_many", "of": "sm3"}
    assert of("pyaccel_engine_batch_rows_sum", registry, **labels) == 50
    batches = of("pyaccel_engine_latency_seconds_count", registry, **labels)
    assert 1 <= batches == of("pyaccel_engine_wait_seconds_count", registry, **labels)
    assert of("pyaccel_engine_rows_total", registry) == 50
    assert of("pyaccel_engine_waiting_rows", registry) == 0
