# SPDX-License-Identifier: Apache-2.0
"""What goes wrong with CUDA, and what comes of it, on a driver that fails when it is told (tests/cuda/fake_driver.c).

That every operation computes there what it should is in tests/test_opencl_*.py, which run on this driver too.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from ctypes.util import find_library
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any

import cuda_support
import numpy as np
import pytest
from opencl_support import hash_on, plan_of, root_on, status_of_child, verify_on

import pyaccel
from pyaccel.backends import cuda, cuda_device, cuda_loader
from pyaccel.backends.base import Capabilities, Declined, Unavailable
from pyaccel.backends.cuda_compiler import CompileError
from pyaccel.backends.device import DeviceBackend
from pyaccel.backends.program_cache import ProgramCache
from pyaccel.errors import DeviceError
from pyaccel.operations import OPERATIONS
from pyaccel.rows import Rows, as_rows

MESSAGES = [bytes([i]) * i for i in range(100)]
DIGESTS = [sha256(message).digest() for message in MESSAGES]
OUT_OF_MEMORY, INVALID_IMAGE, ILLEGAL_ADDRESS, FLIPPED_BIT = 2, 200, 700, -1
SHA256 = {"algorithm": "sha256"}

LIBRARY = cuda_support.fake()
needs_the_fake = pytest.mark.skipif(isinstance(LIBRARY, str), reason=str(LIBRARY))


@pytest.fixture
def library() -> Iterator[Any]:
    """The fake driver: nothing fails in it before, and nothing is left of it after."""
    if isinstance(LIBRARY, str):
        pytest.skip(LIBRARY)
    yield LIBRARY
    LIBRARY.fake_heal()
    LIBRARY.fake_show(0)
    assert LIBRARY.fake_depth() == 0, "a context was left current"


@pytest.fixture
def backend(library: Any) -> Iterator[DeviceBackend]:
    """A device with nothing made on it."""
    made, _ = cuda_support.fake_backends()
    yield made
    made._device.forget()


def rows() -> Rows:
    return as_rows("messages", MESSAGES)


def in_a_process(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.strip()


def test_nothing_is_loaded_before_it_is_wanted() -> None:
    program = "import sys, pyaccel.backends.cuda; print(any(name.startswith('cuda.') for name in sys.modules))"
    assert in_a_process(program) == "False"


def test_no_binding() -> None:
    missing = "import sys; sys.modules['cuda.bindings.driver'] = None"
    program = f"{missing}\nfrom pyaccel.backends import cuda; print(cuda.discover())"
    assert "pip install 'pyaccel[cuda]'" in in_a_process(program)


@needs_the_fake
def test_no_driver() -> None:
    assert find_library("cuda") is None
    assert "no NVIDIA driver was found" in in_a_process("from pyaccel.backends import cuda; print(cuda.discover())")


@pytest.mark.parametrize(
    ("function", "status", "reason"),
    [
        ("cuInit", 999, "the NVIDIA driver does not start: cuInit failed: 999"),
        (
            "cuDriverGetVersion",
            11040,
            "the NVIDIA driver supports CUDA 11.4; wanted {major}.0 or later: update the driver",
        ),
    ],
)
def test_a_driver_that_is_no_use(library: Any, function: str, status: int, reason: str) -> None:
    library.fake_fail(function.encode(), 0, status, 0)
    major = import_module("cuda.bindings.driver").CUDA_VERSION // 1000
    assert cuda.discover() == Unavailable(reason.format(major=major))


def test_no_compiler(library: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    class Missing(cuda_support.FakeNvrtc):
        def version(self) -> str:
            raise CompileError("libnvrtc is not here")

    monkeypatch.setattr(cuda, "NVRTC", Missing())
    found = cuda.discover()
    assert isinstance(found, Unavailable)
    assert "libnvrtc is not here" in found.reason
    assert "pip install 'pyaccel[cuda]'" in found.reason


def test_no_device(library: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuda, "NVRTC", cuda_support.FakeNvrtc())
    assert cuda.discover() == Unavailable("the NVIDIA driver finds no device")


def test_devices_by_number(library: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that the driver gives no handle to leaves the other."""
    monkeypatch.setattr(cuda, "NVRTC", cuda_support.FakeNvrtc())
    library.fake_show(2)
    library.fake_fail(b"cuDeviceGet", 0, 46, 0)
    found = cuda.discover()
    assert isinstance(found, tuple)
    assert [one.name for one in found] == ["cuda:0", "cuda:1"]
    assert found[0].probe() == Unavailable("cuDeviceGet failed: 46")
    assert found[0].prepare(OPERATIONS["hash_many"], SHA256) == Declined("cuDeviceGet failed: 46")
    proved = found[1].probe()
    assert isinstance(proved, Capabilities)
    assert (proved.device, proved.memory, proved.detail["driver"]) == ("Fake GPU 1", 256 << 20, "CUDA 13.0")
    assert found[1].kind == "cuda-gpu"


@needs_the_fake
def test_what_is_compiled_for_a_device() -> None:
    nvrtc = cuda_support.FakeNvrtc()
    assert nvrtc.target(9, 0) == "sm_90"
    assert nvrtc.target(8, 6) == "compute_80"
    assert nvrtc.target(12, 1) == "compute_90"
    declined = nvrtc.target(7, 5)
    assert isinstance(declined, Unavailable)
    assert declined.reason.startswith("its compute capability 7.5 is below 8.0, the least that CUDA ")


def test_wrong_bytes_are_noticed_at_once(library: Any, backend: DeviceBackend) -> None:
    library.fake_fail(b"cuMemcpyDtoHAsync", 0, FLIPPED_BIT, 0)
    assert backend.probe() == Unavailable("it does not pass its first test: it computes wrong numbers")


def test_a_kernel_that_writes_too_far(backend: DeviceBackend) -> None:
    """The fence behind a buffer, which holds the fake driver to its word."""
    device: Any = backend._device
    with pytest.raises(DeviceError, match="ILLEGAL_ADDRESS"), device.batch():  # noqa: PT012 - a batch is its body
        products, words, met = (device.allocate(size) for size in (1024, 1024, 256))
        device.write(met, np.zeros(1, np.uint32))
        device.launch("check/platform.cl", "check_platform", 130, products, words, met)
    assert hash_on(backend, "sha256", rows(), 100) == DIGESTS


FAULTS = [
    ("cuLaunchKernel", ILLEGAL_ADDRESS, True),
    ("cuMemcpyHtoDAsync", ILLEGAL_ADDRESS, True),
    ("cuMemcpyDtoHAsync", 719, True),
    ("cuStreamSynchronize", 702, True),
    ("cuLaunchKernel", 701, False),
    ("cuCtxPushCurrent", 3, False),
    ("cuModuleGetFunction", 500, False),
]


@pytest.mark.parametrize(("function", "status", "sticky"), FAULTS)
def test_a_lost_device_starts_anew(
    library: Any, backend: DeviceBackend, function: str, status: int, sticky: bool
) -> None:
    """With a context of its own, whichever function says so first; nothing of the old one stays."""
    device: Any = backend._device
    assert isinstance(backend.probe(), Capabilities)
    plan = plan_of(backend, "hash_many", **SHA256)
    starts, contexts, digests = device.starts, library.fake_contexts(), np.zeros((100, 32), np.uint8)
    library.fake_fail(function.encode(), 0, status, sticky)
    with pytest.raises(DeviceError, match=f"cuda:0: {function} failed: "):
        plan.run({"messages": rows()}, {"digests": digests}, 100)
    assert device.starts == starts + 1
    assert library.fake_contexts() == contexts - 1
    plan.run({"messages": rows()}, {"digests": digests}, 100)
    assert [row.tobytes() for row in digests] == DIGESTS
    assert library.fake_contexts() == contexts


def test_a_device_that_stays_lost(library: Any, backend: DeviceBackend) -> None:
    """After some faults no context of the process works: every batch says so, and the rows are computed elsewhere."""
    plan = plan_of(backend, "hash_many", **SHA256)
    backend._device.forget()  # type: ignore[union-attr]
    for _ in range(3):
        library.fake_fail(b"cuCtxCreate", 0, ILLEGAL_ADDRESS, 0)
        with pytest.raises(DeviceError, match="cuCtxCreate failed: CUDA_ERROR_ILLEGAL_ADDRESS"):
            plan.run({"messages": rows()}, {"digests": np.zeros((100, 32), np.uint8)}, 100)
    with cuda_support.listed(backend):
        for _ in range(9):
            library.fake_fail(b"cuCtxCreate", 0, ILLEGAL_ADDRESS, 0)
        digests = pyaccel.hash_many("sha256", MESSAGES, device="cuda:0")
    ran = pyaccel.scheduler.last_run()
    assert ran is not None
    assert (ran.device, len(ran.notes)) == ("native", 1)
    assert "cuda:0" in ran.notes[0]
    assert [row.tobytes() for row in digests] == DIGESTS


def hashes(backend: DeviceBackend) -> None:
    assert hash_on(backend, "sha256", rows(), 100) == DIGESTS


def roots(backend: DeviceBackend) -> None:
    leaves = as_rows("leaves", DIGESTS)
    assert root_on(backend, "rfc6962", leaves, 100)[0] == pyaccel.merkle.root(DIGESTS, device="golden")


def signatures(backend: DeviceBackend) -> None:
    assert verify_on(backend, "zip215", [bytes(32)], [b"x"], [bytes(64)]) == [0]  # the neutral point's own
    assert verify_on(backend, "zip215", [bytes([2]) + bytes(31)], [b"x"], [bytes(64)]) != [0]


@pytest.mark.parametrize("work", [hashes, roots, signatures])
def test_out_of_memory_at_any_allocation(library: Any, work: Any) -> None:
    """DeviceError, and what lies on the device stays."""
    for failing in range(100):
        backend, _ = cuda_support.fake_backends()
        assert isinstance(backend.probe(), Capabilities)
        device: Any = backend._device
        with device.batch():
            device._here.heap.give_back()
        before = library.fake_blocks_made()
        # The second time, too: at first the device gives back what it does not use.
        for _ in range(2):
            library.fake_fail(b"cuMemAlloc", failing, OUT_OF_MEMORY, 0)
        try:
            work(backend)
        except DeviceError as error:
            reason, starts = str(error), device.starts
            library.fake_heal()
            work(backend)
            assert (reason, starts) == ("cuda:0: cuMemAlloc failed: CUDA_ERROR_OUT_OF_MEMORY", 0)
        else:
            assert library.fake_blocks_made() - before == failing >= 3
            return
        finally:
            library.fake_heal()
            device.forget()
    pytest.fail("it allocates without end")


def test_memory_is_used_again(library: Any, backend: DeviceBackend) -> None:
    others = library.fake_used(0)
    hashes(backend)
    made, used = library.fake_blocks_made(), library.fake_used(0)
    for _ in range(5):
        hashes(backend)
    assert library.fake_blocks_made() == made
    assert library.fake_used(0) == used
    device: Any = backend._device
    with device.batch():
        device.allocate(50 << 20)  # more than the eighth that a device keeps
    assert library.fake_used(0) == others


def test_memory_that_is_kept_makes_room(library: Any, backend: DeviceBackend) -> None:
    device: Any = backend._device
    device._kept = 1 << 40
    others = library.fake_used(0)
    with device.batch():
        for size in (100 << 20, (100 << 20) + 5, 150 << 20):
            device.allocate(size)
    assert library.fake_used(0) - others == 150 << 20
    with pytest.raises(DeviceError, match=r"are more than a buffer of it holds"), device.batch():
        device.allocate(300 << 20)


@pytest.mark.parametrize("size", [1, 100, (1 << 16) - 1, 1 << 16, (4 << 20) - 1, (4 << 20) + 1, (9 << 20) + 5])
def test_copies_are_whole(backend: DeviceBackend, size: int) -> None:
    """In order with each other, though the driver works when it is waited for; what was written may change at once."""
    device: Any = backend._device
    data = np.random.default_rng(size).integers(0, 256, size, dtype=np.uint8)
    given, back, again = data.copy(), np.zeros(size, np.uint8), np.zeros(size, np.uint8)
    with device.batch():
        buffer, other = device.allocate(size + 64), device.allocate(size + 64)
        device.write(buffer, given, 64)
        given[:] = 0
        device.copy(other, buffer, size, 64, 3)
        device.write(buffer, given, 64)
        device.read(back, other, 3)
        device.read(again, buffer, 64)
        for call in (device.read, lambda array, buffer, at: device.write(buffer, array, at)):
            with pytest.raises(DeviceError, match=f"bytes 65 to {size + 65} of a buffer of {size + 64}"):
                call(back, buffer, 65)
    assert np.array_equal(back, data)
    assert not again.any()


def test_times(backend: DeviceBackend) -> None:
    device: Any = backend._device
    device.profiling = True
    with device.batch():
        buffers = [device.allocate(1024) for _ in range(3)]
        launched = device.launch("check/platform.cl", "check_platform", 100, *buffers)
    assert device.seconds(launched) == 0.25e-3


class Counting(cuda_support.FakeNvrtc):
    """Counts what it compiles."""

    def __init__(self) -> None:
        self.paths: list[str] = []

    def compiled(self, text: str, path: str, options: tuple[str, ...], architecture: str) -> tuple[bytes, str]:
        self.paths.append(path)
        return super().compiled(text, path, options, architecture)


def compiled_for(folder: Path) -> tuple[list[str], bool]:
    """What a new process would compile to be proved; whether it was."""
    driver, nvrtc = cuda_loader.load(), Counting()
    assert not isinstance(driver, Unavailable)
    device = cuda_device.Device("cuda:0", driver, 0, nvrtc, ProgramCache(folder))
    proved = DeviceBackend("cuda:0", device, "cuda-gpu").probe()
    device.forget()
    return nvrtc.paths, isinstance(proved, Capabilities)


PROGRAM = (["check/platform.cl"], True)
KEPT = ([], True)


def test_programs_are_kept(library: Any, tmp_path: Path) -> None:
    assert compiled_for(tmp_path / "deep" / "er") == PROGRAM
    assert compiled_for(tmp_path / "deep" / "er") == KEPT
    (kept,) = (tmp_path / "deep" / "er").iterdir()
    assert kept.name.isalnum()


def test_programs_that_are_damaged_are_discarded(library: Any, tmp_path: Path) -> None:
    compiled_for(tmp_path)
    (kept,) = tmp_path.iterdir()
    whole = kept.read_bytes()
    for damaged in (b"", whole[:20], whole[:-1], whole[:500] + b"?" + whole[501:], b"\xff" * len(whole)):
        kept.write_bytes(damaged)
        assert compiled_for(tmp_path) == PROGRAM
        assert compiled_for(tmp_path) == KEPT
    # Whole, but the driver refuses it.
    kept.write_bytes(sha256(b"from elsewhere").digest() + b"from elsewhere")
    assert compiled_for(tmp_path) == PROGRAM
    assert compiled_for(tmp_path) == KEPT


def test_no_place_for_programs(library: Any, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for _ in range(2):
        assert compiled_for(tmp_path / "file") == PROGRAM
        assert compiled_for(Path("/proc/nowhere")) == PROGRAM
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


def test_few_programs_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pyaccel.backends.program_cache._MOST", 3)
    programs = ProgramCache(tmp_path)
    for i in range(6):
        programs.put(programs.key("a", str(i)), bytes([i]))
        os.utime(tmp_path / programs.key("a", str(i)), (i, i))
    assert [programs.get(programs.key("a", str(i))) for i in range(6)] == [None, None, None, b"\3", b"\4", b"\5"]
    assert programs.key("ab", "c") != programs.key("a", "bc")


def test_a_kernel_that_does_not_compile(backend: DeviceBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(backend.probe(), Capabilities)
    monkeypatch.setattr(cuda_device, "kernel_source", lambda _: "this is no kernel")
    for operation, parameters in (("hash_many", SHA256), ("merkle.root", {"form": "bitcoin"})):
        declined = backend.prepare(OPERATIONS[operation], parameters)
        assert isinstance(declined, Declined)
        assert declined.reason.startswith("cuda:0: hash/sha256.cl does not compile for sm_90: ")


def test_threads_share_devices(library: Any) -> None:
    found = cuda_support.fake_backends()
    results: list[bool] = []

    def work(backend: DeviceBackend) -> None:
        results.extend(hash_on(backend, "sha256", rows(), 100) == DIGESTS for _ in range(10))

    threads = [threading.Thread(target=work, args=(found[i % 2],)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [True] * 80


@pytest.mark.parametrize(("function", "calls"), [("cuCtxCreate", 1), ("cuStreamCreate", 3), ("cuEventCreate", 4)])
def test_a_context_that_can_not_be_made(library: Any, backend: DeviceBackend, function: str, calls: int) -> None:
    """Nothing is left of it, and the context of another library that is current stays so."""
    driver = cuda_loader.load()
    assert not isinstance(driver, Unavailable)
    before = () if int(driver.api.CUDA_VERSION) < 13000 else (None,)
    theirs = driver.call("cuCtxCreate", *before, 0, 0)
    try:
        contexts = library.fake_contexts()
        for failing in range(calls):
            library.fake_fail(function.encode(), failing, OUT_OF_MEMORY, 0)
            with pytest.raises(DeviceError, match=f"{function} failed"):
                hashes_without_a_probe(backend)
            assert (library.fake_contexts(), library.fake_depth()) == (contexts, 1)
        hashes(backend)
        assert library.fake_depth() == 1
    finally:
        driver.call("cuCtxDestroy", theirs)


def hashes_without_a_probe(backend: DeviceBackend) -> None:
    with backend._device.batch():  # type: ignore[union-attr]
        pass


def test_another_library_s_context_stays_current(library: Any, backend: DeviceBackend) -> None:
    driver = cuda_loader.load()
    assert not isinstance(driver, Unavailable)
    before = () if int(driver.api.CUDA_VERSION) < 13000 else (None,)
    theirs = driver.call("cuCtxCreate", *before, 0, 0)
    try:
        hashes(backend)
        library.fake_fail(b"cuLaunchKernel", 0, ILLEGAL_ADDRESS, 1)
        with pytest.raises(DeviceError):
            hashes(backend)
        hashes(backend)
        assert library.fake_depth() == 1
        assert int(driver.call("cuMemAlloc", 64)) > 0
    finally:
        driver.call("cuCtxDestroy", theirs)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_declines(backend: DeviceBackend) -> None:
    """And what it lets go of there is not the driver's affair."""
    device: Any = backend._device
    plan = plan_of(backend, "hash_many", **SHA256)
    with device.batch():
        held = [device.allocate(100)]

    def child() -> bool:
        held.clear()
        with pytest.raises(DeviceError, match="forked"):
            plan.run({"messages": rows()}, {"digests": np.zeros((100, 32), np.uint8)}, 100)
        lost = backend.probe()
        declined = backend.prepare(OPERATIONS["hash_many"], SHA256)
        return isinstance(lost, Unavailable) and isinstance(declined, Declined) and cuda.discover() == lost

    assert status_of_child(child) == 0
    hashes(backend)
