# SPDX-License-Identifier: Apache-2.0
"""Faults of devices that hold ciphertexts: wherever one strikes, all of them are right, and the process lives."""

from __future__ import annotations

import logging
import os
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from faulty_opencl import FaultyOpenCL, faulty
from he_faults import WORK, answer, batches, items, operands, right, where
from opencl_support import on_every_opencl_device, status_of_child

import pyaccel
from pyaccel.backends.device_he import DeviceRing
from pyaccel.scheduler import counting as counted
from pyaccel.scheduler import health, shadowing, watchdog

pytestmark = pytest.mark.opencl

GIVE_UP = 60


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every ciphertext is checked."""
    monkeypatch.setattr(shadowing, "_rate", [1.0])


def steps_of(driver: FaultyOpenCL, name: str, device: str) -> list[tuple[str, int]]:
    """The steps that some work takes, which must run on the device."""
    driver.steps.clear()
    assert where(name, device) == {device}
    return driver.taken()


@on_every_opencl_device
@pytest.mark.filterwarnings("ignore:opencl.* failed at:RuntimeWarning")
@pytest.mark.parametrize(
    ("name", "driver"), [("product", False), *((name, True) for name in WORK)], indirect=["driver"]
)
def test_a_failure_at_any_step(backend: Any, driver: FaultyOpenCL, name: str) -> None:
    """Out of memory at every allocation, a device lost at every other step; the next operation runs there again."""
    assert right(name, backend.name)
    steps = steps_of(driver, name, backend.name)
    assert {"Buffer", "launch", "copy", "finish"} <= {kind for kind, _ in steps}
    on_host = "enqueue" not in {kind for kind, _ in steps}
    for step in steps if name == "product" and on_host else [*steps[::9], ("copy", 0), ("copy", 1)]:
        driver.fail_at(step)
        assert "native" in where(name, backend.name), step
        assert where(name, backend.name) == {backend.name}, step


@on_every_opencl_device
@pytest.mark.filterwarnings("ignore:opencl.* failed at:RuntimeWarning")
def test_a_failure_at_any_step_of_the_first_use(backend: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """From making the context to the known questions."""
    with faulty(monkeypatch, backend) as driver:
        pyaccel.scheduler.registry.backends_of(backend.name)
        before = dict(driver.steps)
        steps = [step for step in steps_of_first(driver, backend.name) if step[1] >= before.get(step[0], 0)]
    assert {"build", "Kernel", "Buffer", "launch", "copy"} <= {kind for kind, _ in steps}
    # A binary that is refused is compiled anew, which takes some drivers seconds: it is refused once.
    some = [step for step in steps if step[0] not in ("Program", "build")]
    for step in (next(step for step in steps if step[0] == "build"), *some[:: len(some) // 8]):
        with faulty(monkeypatch, backend) as driver:
            pyaccel.scheduler.registry.backends_of(backend.name)
            counted = dict(driver.steps)
            driver.fail_at(step)
            driver.steps.update(counted)
            assert right("product", backend.name), step
            assert where("product", backend.name) == {backend.name}, step


def steps_of_first(driver: FaultyOpenCL, device: str) -> list[tuple[str, int]]:
    """All steps, those that were before among them."""
    assert right("product", device)
    return driver.taken()


@on_every_opencl_device
@pytest.mark.filterwarnings("ignore:.* not use opencl.* any more:RuntimeWarning")
@pytest.mark.parametrize("name", WORK)
def test_a_flipped_bit_in_anything_that_comes_back(backend: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with faulty(monkeypatch, backend, shared_memory=False) as driver:
        assert right(name, backend.name)
        reads: list[Any] = []
        driver.after_read = reads.append
        assert right(name, backend.name)
    random = np.random.default_rng(1)
    for which, read in enumerate(reads):
        with faulty(monkeypatch, backend, shared_memory=False) as driver:
            assert right(name, backend.name)
            seen: list[Any] = []

            def flip(array: Any, which: int = which, seen: Any = seen, size: int = read.nbytes) -> None:
                seen.append(array)
                if len(seen) == which + 1:
                    array.reshape(-1).view(np.uint8)[random.integers(size)] ^= 1 << random.integers(8)

            driver.after_read = flip
            assert right(name, backend.name)
            (found,) = pyaccel.scheduler.registry.backends_of(backend.name)
            reason = health.quarantined(found)
            assert reason is not None
            assert "is not what native computes (a shadow check), after" in reason
            assert where(name, backend.name) == {"native"}


@on_every_opencl_device
def test_a_wrong_residue_of_a_kernel(backend: Any, driver: FaultyOpenCL, monkeypatch: pytest.MonkeyPatch) -> None:
    """Something else than what was asked for comes out of an operation: whatever followed from it is right."""
    assert right("product", backend.name)
    a, b = (batch.to(backend.name) for batch in batches("ckks"))
    assert items(a + b) == items(batches("ckks")[0] + batches("ckks")[1])  # the known question is answered
    elements = DeviceRing.elements
    with monkeypatch.context() as patch:
        patch.setattr(DeviceRing, "elements", lambda ring, operation, x, y: elements(ring, "add", x, x))
        wrong = a + b
    after = wrong * wrong
    native = (batches("ckks")[0] + batches("ckks")[1]).square()
    with pytest.warns(RuntimeWarning, match=r"any more: he.download: ciphertexts\[0\] is .*, after add, multiply"):
        assert items(after) == items(native)
    assert items(after) == items(native)
    assert items(wrong) == items(batches("ckks")[0] + batches("ckks")[1])


@on_every_opencl_device
def test_kernels_do_not_compile(backend: Any, driver: FaultyOpenCL, caplog: Any) -> None:
    """All is computed natively, with one warning and one record for each reason."""
    caplog.set_level(logging.INFO)

    def before(kind: str, number: int) -> None:
        if kind == "build" and number > 0:  # the first is of the device's first test
            raise driver.RuntimeError("clBuildProgram failed: error: expected ';'")

    driver.before = before
    with pytest.warns(RuntimeWarning) as warned:
        used = [where("product", backend.name) for _ in range(5)]
    assert used == [{"native"}] * 5
    (one,) = warned
    assert str(one.message).startswith(f"{backend.name} failed at he.upload, the rows are computed elsewhere: ")
    assert [(record.event, record.operation) for record in caplog.records] == [("device.failed", "he.upload")]
    assert "expected ';'" in caplog.records[0].reason


@on_every_opencl_device
@pytest.mark.filterwarnings("ignore:opencl.* failed at:RuntimeWarning")
def test_metrics_count_it(backend: Any, driver: FaultyOpenCL) -> None:
    """Batches, and rows that were redone elsewhere, of each function."""
    assert right("product", backend.name)
    a, b = (batch.to(backend.name) for batch in batches("ckks"))
    counted.counts.begin()
    before = seen(backend.name)
    try:
        a * b
        driver.fail_at(("launch", 0))
        a * b
        after = seen(backend.name)
    finally:
        counted.counts.end()
    done, redone = (after[key] - before.get(key, np.zeros(3, int)) for key in (backend.name, "native"))
    assert done.tolist() == [2, 1, 3]
    assert redone.tolist() == [1, 0, 0]


def seen(device: str) -> dict[str, Any]:
    """Products by device: batches that were done, that failed, and rows that were redone."""
    return {
        labels.device: np.array([sum(batches.seconds.counts) + batches.failed, batches.failed, batches.redone_rows])
        for labels, batches in counted.counts.batches.items()
        if (labels.operation, labels.of) == ("he.multiply", "ckks") and labels.device in (device, "native")
    }


@on_every_opencl_device
@pytest.mark.parametrize("driver", [True, False], ids=["shared", "own-memory"], indirect=True)
def test_a_hung_kernel(backend: Any, driver: FaultyOpenCL, monkeypatch: pytest.MonkeyPatch) -> None:
    """What hangs is left behind, and changes nothing when it ends."""
    assert right("product", backend.name)
    a, b = (batch.to(backend.name) for batch in batches("ckks"))
    go, ended = threading.Event(), threading.Event()

    def before(kind: str, number: int) -> None:
        if kind == "launch":
            go.wait(GIVE_UP)
        if kind == "finish":
            ended.set()

    driver.before = before
    monkeypatch.setattr(watchdog, "limit", lambda predicted, *, first=False: 0.3)
    with pytest.warns(RuntimeWarning, match="any more: he.multiply: it did not answer for [0-9]"):
        product = a * b
    assert items(product) == answer("product")
    go.set()
    assert ended.wait(GIVE_UP)
    assert items(product) == answer("product")
    assert items(b * a) == answer("product")


@on_every_opencl_device
@pytest.mark.filterwarnings("ignore:opencl.* failed at:RuntimeWarning")
def test_threads_while_the_device_is_lost_again_and_again(backend: Any, driver: FaultyOpenCL) -> None:
    assert all(right(name, backend.name) for name in WORK)
    shared = {name: [batch.to(backend.name) for batch in operands(name)] for name in WORK}

    def before(kind: str, number: int) -> None:
        if sum(driver.steps.values()) % 97 == 0:
            raise driver.RuntimeError("clFlush failed: DEVICE_NOT_AVAILABLE")

    def work(i: int) -> bool:
        name = list(WORK)[i % len(WORK)]
        return items(WORK[name](*shared[name])) == answer(name) if i % 3 else right(name, backend.name)

    driver.before = before
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(32), timeout=GIVE_UP))
    driver.before = lambda *_: None
    assert where("product", backend.name) == {backend.name}


@on_every_opencl_device
@pytest.mark.filterwarnings("ignore:.* not use opencl.* any more:RuntimeWarning")
def test_threads_while_bits_flip(backend: Any, driver: FaultyOpenCL) -> None:
    """None takes what another one found to be wrong, or what nobody looked at."""
    assert all(right(name, backend.name) for name in WORK)
    shared = {name: [batch.to(backend.name) for batch in operands(name)] for name in WORK}
    made = {name: WORK[name](*shared[name]) for name in WORK}
    reads: list[Any] = []

    def flip(array: Any) -> None:
        reads.append(array)
        if len(reads) > 5:
            array.reshape(-1).view(np.uint8)[-1] ^= 1

    def work(i: int) -> bool:
        name = list(WORK)[i % len(WORK)]
        return items(made[name] if i % 2 else WORK[name](*shared[name])) == answer(name)

    driver.after_read = flip
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(48), timeout=GIVE_UP))
    (found,) = pyaccel.scheduler.registry.backends_of(backend.name)
    assert health.quarantined(found)


@on_every_opencl_device
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:opencl.* failed at.*forked:RuntimeWarning")
def test_a_fork_after_use(backend: Any, driver: FaultyOpenCL) -> None:
    """The child computes natively what it inherits, and what was not brought back yet."""
    a, b = (batch.to(backend.name) for batch in batches("ckks"))
    product = a * b

    def child() -> bool:
        warnings.simplefilter("ignore")
        return items(product) == answer("product") and items(WORK["sum"](a, b)) == answer("sum")

    assert status_of_child(child) == 0
    assert items(product) == answer("product")
    assert where("sum", backend.name) == {backend.name}
