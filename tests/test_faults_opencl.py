# SPDX-License-Identifier: Apache-2.0
"""Faults of OpenCL drivers under real kernels: wherever one strikes, every row is right, and the process lives."""

from __future__ import annotations

import logging
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from fake_devices import installed
from faulty_opencl import FaultyOpenCL, faulty
from opencl_support import on_every_opencl_device, reference_layers, status_of_child

import pyaccel
from pyaccel import known_values, merkle
from pyaccel.backends import opencl
from pyaccel.backends.base import Unavailable
from pyaccel.errors import DeviceUnavailableError
from pyaccel.scheduler import registry, shadowing, watchdog

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.opencl

GIVE_UP = 60
MESSAGES = [bytes([i]) * (i % 40) for i in range(150)]
DIGESTS = [sha256(message).digest() for message in MESSAGES]
LEAVES = MESSAGES[:5]
LAYERS = reference_layers("rfc6962", LEAVES)
ROOT = LAYERS[-1][0]


def reference_proof(i: int) -> bytes:
    """Leaf i's siblings, from the leaf upwards; a promoted node has none."""
    siblings = [layer[i >> k ^ 1 : (i >> k ^ 1) + 1] for k, layer in enumerate(LAYERS[:-1])]
    return b"".join(node for nodes in siblings for node in nodes)


def hashed(device: str) -> bool:
    return [row.tobytes() for row in pyaccel.hash_many("sha256", MESSAGES, device=device)] == DIGESTS


def rooted(device: str) -> bool:
    return merkle.root(LEAVES, device=device) == ROOT


def proved(device: str) -> bool:
    root, proofs = merkle.proofs(LEAVES, [1, 4], device=device)
    return (root, list(proofs)) == (ROOT, [reference_proof(1), reference_proof(4)])


def verified(device: str) -> bool:
    _, _, _, _, questions, verdicts = next(one for one in known_values.SIGNATURES if one[0] == "ed25519")
    found = pyaccel.verify_many("ed25519", *map(list, zip(*questions, strict=True)), rule="rfc8032", device=device)
    return found.tolist() == [reason == 0 for reason in verdicts["rfc8032"]]


CALLS = (hashed, rooted, proved, verified)


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every row is checked."""
    monkeypatch.setattr(shadowing, "_rate", [1.0])


def on_device() -> bool:
    ran = pyaccel.scheduler.last_run()
    assert ran is not None
    return ran.device.startswith("opencl")


def steps_of(driver: FaultyOpenCL, call: Callable[[str], bool], device: str) -> list[tuple[str, int]]:
    """The steps that a call takes, which must run on the device."""
    driver.steps.clear()
    assert call(device)
    assert on_device()
    return driver.taken()


@on_every_opencl_device
@pytest.mark.filterwarnings("ignore:opencl.* failed at:RuntimeWarning")
@pytest.mark.parametrize(
    ("call", "driver"), [(hashed, True), (hashed, False), (proved, False), (verified, True)], indirect=["driver"]
)
def test_a_failure_at_any_step_of_a_batch(backend: Any, driver: FaultyOpenCL, call: Callable[[str], bool]) -> None:
    """Out of memory at every allocation, a device lost at every other step; the next batch runs there again."""
    assert call(backend.name)
    steps = steps_of(driver, call, backend.name)
    assert {"Buffer", "launch", "copy", "finish"} <= {kind for kind, _ in steps}
    for step in steps:
        driver.fail_at(step)
        assert call(backend.name), step
        ran = pyaccel.scheduler.last_run()
        assert ran is not None
        assert (ran.device, ran.notes[0]) == (
            "native",
            f"{backend.name} failed: {backend.name}: {step[0]} {step[1]} failed",
        )
    driver.before = lambda *_: None
    assert call(backend.name)
    assert on_device()


@on_every_opencl_device
@pytest.mark.filterwarnings("ignore:opencl.* failed at:RuntimeWarning")
def test_a_failure_at_any_step_of_the_first_use(backend: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """From making the context to the known questions: the rows are right, or the device is said to be missing."""
    with faulty(monkeypatch, backend) as driver:
        steps = steps_of(driver, hashed, backend.name)
    assert {"Context", "CommandQueue", "Program", "build", "Kernel"} <= {kind for kind, _ in steps}
    missing = 0
    # A binary that is refused is compiled anew, which takes some drivers seconds: it is refused once.
    for step in [step for step in steps if step[0] not in ("Program", "build") or step == ("build", 0)]:
        with faulty(monkeypatch, backend) as driver:
            driver.fail_at(step)
            try:
                assert hashed(backend.name), step
                assert on_device() == (step[0] == "build"), step
            except DeviceUnavailableError:
                missing += 1
            assert hashed("auto"), step
    assert 0 < missing < len(steps)


@on_every_opencl_device
@pytest.mark.filterwarnings("ignore:.* not use opencl.* any more:RuntimeWarning")
@pytest.mark.parametrize("call", CALLS)
def test_a_flipped_bit_in_anything_that_comes_back(
    backend: Any, call: Callable[[str], bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    with faulty(monkeypatch, backend, shared_memory=False) as driver:
        assert call(backend.name)
        reads: list[Any] = []
        driver.after_read = reads.append
        assert call(backend.name)
    random = np.random.default_rng(1)
    for which, read in enumerate(reads):
        with faulty(monkeypatch, backend, shared_memory=False) as driver:
            assert call(backend.name)
            place, bit = int(random.integers(read.nbytes)), int(random.integers(8))
            seen: list[Any] = []

            def flip(array: Any, which: int = which, place: int = place, bit: int = bit, seen: Any = seen) -> None:
                seen.append(array)
                if len(seen) == which + 1:
                    array.reshape(-1).view(np.uint8)[place] ^= 1 << bit

            driver.after_read = flip
            assert call(backend.name), (which, place, bit)
            assert call(backend.name), (which, place, bit)
            # Not every bit of what comes back counts: a reason's upper bits do, a flag's may not.
            if not on_device():
                assert not next(d for d in pyaccel.devices() if d.name == backend.name).available


@on_every_opencl_device
def test_every_build_of_a_platform_fails(backend: Any, monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    caplog.set_level(logging.INFO)
    with faulty(monkeypatch, backend) as driver:

        def before(kind: str, number: int) -> None:
            if kind == "build":
                raise driver.RuntimeError("clBuildProgram failed: the compiler is missing")

        driver.before = before
        for _ in range(2):
            with pytest.raises(DeviceUnavailableError, match=r"not pass its first test: .*the compiler is missing"):
                hashed(backend.name)
            assert hashed("auto")
        assert [record.event for record in caplog.records] == ["device.unavailable"]
        assert not next(d for d in pyaccel.devices() if d.name == backend.name).available


@on_every_opencl_device
def test_a_kernel_does_not_compile(backend: Any, monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    caplog.set_level(logging.INFO)
    with faulty(monkeypatch, backend) as driver:

        def before(kind: str, number: int) -> None:
            if kind == "build" and number > 0:  # the first is of the device's first test
                raise driver.RuntimeError("clBuildProgram failed: error: expected ';'")

        driver.before = before
        assert all(call(device) for call in CALLS for device in (backend.name, "auto"))
        assert all(call(backend.name) for call in CALLS)
        ran = pyaccel.scheduler.last_run()
        assert ran is not None
        assert "expected ';'" in ran.notes[0]
        declined = [(record.event, record.operation) for record in caplog.records]
        assert sorted(declined) == sorted({("device.declined", name) for _, name in declined})


def test_no_loader(monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    caplog.set_level(logging.INFO)
    missing = Unavailable("no OpenCL runtime was found; install the GPU's driver")
    with installed(monkeypatch) as install:
        install()
        registry._found.clear()
        monkeypatch.setattr(opencl, "load", lambda: missing)
        for _ in range(2):
            with pytest.raises(DeviceUnavailableError, match="no OpenCL runtime was found; install"):
                hashed("opencl")
            assert hashed("auto")
    assert [(record.event, record.reason) for record in caplog.records] == [("device.unavailable", missing.reason)]


@on_every_opencl_device
@pytest.mark.parametrize("driver", [True, False], ids=["shared", "own-memory"], indirect=True)
def test_a_hung_kernel(backend: Any, driver: FaultyOpenCL, monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends later, and writes to nobody's memory then."""
    assert hashed(backend.name)
    go, ended = threading.Event(), threading.Event()

    def before(kind: str, number: int) -> None:
        if kind == "launch":
            go.wait(GIVE_UP)
        if kind == "finish":
            ended.set()

    driver.before = before
    monkeypatch.setattr(watchdog, "limit", lambda predicted, *, first=False: 0.3)
    out = np.zeros((len(MESSAGES), 32), np.uint8)
    with pytest.warns(RuntimeWarning, match="any more: hash_many: it did not answer for [0-9]"):
        pyaccel.hash_many("sha256", MESSAGES, device=backend.name, out=out)
    assert [row.tobytes() for row in out] == DIGESTS
    out[:] = 0xEE
    go.set()
    assert ended.wait(GIVE_UP)
    assert (out == 0xEE).all()
    assert hashed(backend.name)
    assert not on_device()


@on_every_opencl_device
@pytest.mark.filterwarnings("ignore:opencl.* failed at:RuntimeWarning")
def test_32_threads_while_the_device_is_lost_again_and_again(backend: Any, driver: FaultyOpenCL) -> None:
    assert all(call(backend.name) for call in CALLS)

    def before(kind: str, number: int) -> None:
        if sum(driver.steps.values()) % 150 == 0:
            raise driver.RuntimeError("clFlush failed: DEVICE_NOT_AVAILABLE")

    driver.before = before
    with ThreadPoolExecutor(32) as pool:
        results = [pool.submit(CALLS[i % len(CALLS)], backend.name) for i in range(100)]
        assert all(result.result(GIVE_UP) for result in results)
    driver.before = lambda *_: None
    assert hashed(backend.name)
    assert on_device()


@on_every_opencl_device
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:opencl.* failed at.*forked:RuntimeWarning")
def test_a_fork_while_threads_use_the_device(backend: Any, driver: FaultyOpenCL) -> None:
    assert hashed(backend.name)
    stop = threading.Event()

    def keep_using() -> bool:
        right = True
        while not stop.is_set():
            right = right and hashed(backend.name)
        return right

    with ThreadPoolExecutor(4) as pool:
        users = [pool.submit(keep_using) for _ in range(4)]
        try:
            statuses = [status_of_child(lambda: all(call(backend.name) for call in CALLS)) for _ in range(3)]
        finally:
            stop.set()
        assert all(user.result(GIVE_UP) for user in users)
    assert statuses == [0, 0, 0]
    assert hashed(backend.name)
    assert driver.steps["launch"] > 3
