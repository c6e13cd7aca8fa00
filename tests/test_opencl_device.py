# SPDX-License-Identifier: Apache-2.0
"""What goes wrong with OpenCL, and what comes of it: missing loaders, broken platforms, lost devices, forks."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from opencl_support import hash_on, on_every_device, on_every_opencl_device, plan_of, status_of_child

from pyaccel import known_answers
from pyaccel.backends import device, opencl, opencl_device, opencl_loader, opencl_staging, staging
from pyaccel.backends.base import Capabilities, Declined, Unavailable
from pyaccel.backends.device import DeviceBackend
from pyaccel.backends.device_plans import plan_of as plan_or_declined
from pyaccel.backends.opencl_device import Device
from pyaccel.errors import DeviceError
from pyaccel.operations import OPERATIONS
from pyaccel.rows import as_rows
from pyaccel.scheduler import default_curves, health

pytestmark = pytest.mark.opencl

SHA256 = {"algorithm": "sha256"}


def in_a_process(program: str, **environment: str) -> str:
    """What a fresh interpreter prints."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("OCL_ICD", "PYOPENCL"))}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=inherited | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return done.stdout.strip()


def test_nothing_is_loaded_before_it_is_wanted() -> None:
    loaded = in_a_process("import sys, pyaccel.backends.opencl; print('pyopencl' in sys.modules)")
    assert loaded == "False"


def test_the_runtime_from_pip_needs_nothing_else(tmp_path: Path) -> None:
    """On a machine without any OpenCL: no vendor is announced by the system, none by the environment."""
    if opencl_loader.pip_runtime() is None:
        pytest.skip("the extra opencl-cpu is not installed (or not for this processor)")
    program = f"""
import os
from pathlib import Path
from pyaccel.backends import opencl, opencl_loader
opencl_loader.SYSTEM_VENDORS = Path({str(tmp_path / "none")!r})
print([type(backend.probe()).__name__ for backend in opencl.discover()], 'OCL_ICD_VENDORS' in os.environ)
"""
    assert in_a_process(program) == "['Capabilities'] False"


def test_the_runtime_from_pip_stands_beside_the_system_s() -> None:
    if opencl_loader.pip_runtime() is None:
        pytest.skip("the extra opencl-cpu is not installed (or not for this processor)")
    if not list(opencl_loader.SYSTEM_VENDORS.glob("*.icd")):
        pytest.skip(f"{opencl_loader.SYSTEM_VENDORS} announces no runtime of the system")
    count = "from pyaccel.backends import opencl_loader; print(len(opencl_loader.load()[1]))"
    system = in_a_process(count, OCL_ICD_VENDORS=str(opencl_loader.SYSTEM_VENDORS))
    assert int(in_a_process(count)) == int(system) + 1


def test_no_runtime(tmp_path: Path) -> None:
    pytest.importorskip("pyopencl", reason="the extra opencl is not installed")
    program = "from pyaccel.backends import opencl; print(opencl.discover())"
    assert "no OpenCL runtime was found; install" in in_a_process(program, OCL_ICD_VENDORS=str(tmp_path))


def test_no_pyopencl() -> None:
    program = (
        "import sys; sys.modules['pyopencl'] = None\nfrom pyaccel.backends import opencl; print(opencl.discover())"
    )
    assert "pip install 'pyaccel[opencl]'" in in_a_process(program)


@pytest.mark.parametrize("variable", ["OCL_ICD_VENDORS", "OCL_ICD_FILENAMES", "OPENCL_VENDOR_PATH"])
def test_the_user_s_choice_of_runtimes_stands(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opencl_loader, "pip_runtime", lambda: Path("/runtime"))
    for name in ("OCL_ICD_VENDORS", "OCL_ICD_FILENAMES", "OPENCL_VENDOR_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, "chosen")
    before = dict(os.environ)
    with opencl_loader.vendors_announced():
        assert dict(os.environ) == before


def test_vendors_are_announced_for_a_moment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("OCL_ICD_VENDORS", "OCL_ICD_FILENAMES", "OPENCL_VENDOR_PATH"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "other.icd").write_text("libother.so\n")
    monkeypatch.setattr(opencl_loader, "SYSTEM_VENDORS", tmp_path)
    monkeypatch.setattr(opencl_loader, "pip_runtime", lambda: Path("/lib/libintelocl.so"))
    with suppress(KeyError), opencl_loader.vendors_announced():
        folder = Path(os.environ["OCL_ICD_VENDORS"])
        announced = {path.name: path.read_text() for path in folder.iterdir()}
        raise KeyError
    assert announced == {"other.icd": "libother.so\n", "pyaccel-intel-cpu.icd": "/lib/libintelocl.so"}
    assert "OCL_ICD_VENDORS" not in os.environ
    assert not folder.exists()
    # A system that has this runtime itself must not load it twice.
    (tmp_path / "intel.icd").write_text("/opt/libintelocl.so\n")
    with opencl_loader.vendors_announced():
        assert "OCL_ICD_VENDORS" not in os.environ


def test_a_broken_platform_leaves_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = opencl_loader.load()
    if isinstance(loaded, Unavailable):
        pytest.skip(loaded.reason)
    cl, platforms = loaded

    def fail() -> None:
        raise cl.LogicError("clGetDeviceIDs failed: it is broken")

    broken = SimpleNamespace(name="Broken", get_devices=fail)
    monkeypatch.setattr(opencl, "load", lambda: (cl, [broken, *platforms]))
    first, *others = opencl.discover()
    assert first.name == "opencl:0"
    assert first.probe() == Unavailable("platform Broken: clGetDeviceIDs failed: it is broken")
    assert first.prepare(OPERATIONS["hash_many"], SHA256) == Declined(first.probe().reason)
    assert any(isinstance(backend.probe(), Capabilities) for backend in others)


def test_no_device_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = opencl_loader.load()
    if isinstance(loaded, Unavailable):
        pytest.skip(loaded.reason)
    monkeypatch.setattr(opencl, "load", lambda: (loaded[0], [SimpleNamespace(name="Empty", get_devices=list)]))
    assert opencl.discover() == Unavailable("the OpenCL runtimes that were found have no device")


def fresh(backend: Any) -> DeviceBackend:
    """Another backend over the same device, with nothing built or proved."""
    used = backend._device
    return DeviceBackend(backend.name, Device(backend.name, used._cl, used._handle), backend.kind)


@on_every_opencl_device
def test_a_device_that_can_not_build(backend: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    other = fresh(backend)
    monkeypatch.setattr(opencl_device, "kernel_source", lambda _: "this is no kernel")
    probed = other.probe()
    assert isinstance(probed, Unavailable)
    assert probed.reason.startswith("it does not pass its first test: ")
    assert other.prepare(OPERATIONS["hash_many"], SHA256) == Declined(probed.reason)


@on_every_opencl_device
def test_a_device_that_computes_wrong_numbers(backend: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    right = device.check_numbers
    monkeypatch.setattr(device, "check_numbers", lambda n: right(n)[::-1])
    assert fresh(backend).probe() == Unavailable("it does not pass its first test: it computes wrong numbers")


@on_every_opencl_device
@pytest.mark.parametrize(("operation", "parameters"), [("hash_many", SHA256), ("merkle.root", {"form": "bitcoin"})])
def test_a_kernel_that_does_not_build(
    backend: Any, operation: str, parameters: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = fresh(backend)
    assert isinstance(other.probe(), Capabilities)
    monkeypatch.setattr(opencl_device, "kernel_source", lambda _: "this is no kernel")
    declined = other.prepare(OPERATIONS[operation], parameters)
    assert isinstance(declined, Declined)
    assert declined.reason.startswith(f"{backend.name}: ")


PROBE = """
import os
from pyaccel.backends import opencl
for backend in opencl.discover():
    if backend.name == NAME:
        device = backend._device
        program = device._cl.Program
        made = []
        class Counted(program):
            def __init__(self, context, *rest):
                made.append("binary" if len(rest) == 2 else "text")
                super().__init__(context, *rest)
        device._cl.Program = Counted
        print(type(backend.probe()).__name__, *made, "PYOPENCL_NO_CACHE" in os.environ)
"""


def probed_with(backend: Any, home: Path) -> str:
    """What a new process says that keeps its files there, and which programs it made from what."""
    program = PROBE.replace("NAME", repr(backend.name))
    return in_a_process(program, XDG_CACHE_HOME=str(home), POCL_CACHE_DIR=str(home.parent / "pocl")).splitlines()[-1]


@on_every_opencl_device
def test_a_home_that_can_not_be_written(backend: Any, tmp_path: Path) -> None:
    """Where pyopencl has no place for its caches, it would fail at every kernel."""
    (tmp_path / "file").touch()
    assert probed_with(backend, tmp_path / "file") == "Capabilities text False"
    read_only = tmp_path / "read-only"
    read_only.mkdir(0o500)
    (read_only / "pyaccel").touch()  # what a user without rights meets there, root would not
    assert probed_with(backend, read_only) == "Capabilities text False"


@on_every_opencl_device
def test_programs_are_kept_and_damaged_ones_made_anew(backend: Any, tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert probed_with(backend, home) == "Capabilities text False"
    assert probed_with(backend, home) == "Capabilities binary False"
    (kept,) = (home / "pyaccel" / "programs").iterdir()
    whole = kept.read_bytes()
    kept.write_bytes(whole[:-1])
    assert probed_with(backend, home) == "Capabilities text False"
    assert kept.read_bytes()[:32] == sha256(kept.read_bytes()[32:]).digest()
    # Whole, but the driver refuses it.
    kept.write_bytes(sha256(b"no program").digest() + b"no program")
    assert probed_with(backend, home) == "Capabilities binary text False"
    # Files that pyopencl would stumble over.
    for name in ("pyopencl", "pytools"):
        (home / name).mkdir(exist_ok=True)
    kept_by_it = [path for name in ("pyopencl", "pytools") for path in (home / name).rglob("*") if path.is_file()]
    assert not kept_by_it


@on_every_opencl_device
@pytest.mark.parametrize("algorithm", ["sha256", "sha256d"])
def test_a_device_that_hashes_wrongly_is_not_used(
    backend: Any, algorithm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = opencl_device.kernel_source
    wrong = lambda path: right(path).replace("0x428a2f98u", "0x428a2f99u")  # noqa: E731
    monkeypatch.setattr(opencl_device, "kernel_source", wrong)
    monkeypatch.setattr(health, "_proved", set())
    monkeypatch.setattr(health, "_quarantined", {})
    other = fresh(backend)
    with pytest.warns(RuntimeWarning, match=f"does not use {backend.name} any more"):
        health.prove(other, OPERATIONS["hash_many"], {"algorithm": algorithm})
    assert health.quarantined(other)


@on_every_device
@pytest.mark.parametrize(
    ("operation", "parameters", "reason"),
    [
        ("hash_many", {"algorithm": "md5"}, "no kernel for md5"),
        ("hash_many", {"algorithm": "keccak256", "context": b"c"}, "takes no context"),
        ("hash_many", {"algorithm": "sha256d", "digest_size": 20}, "has 32 bytes"),
        ("merkle.root", {"form": "iavl"}, "not iavl"),
        ("merkle.root", {"form": "bitcoin", "algorithm": "sha256"}, "bitcoin with sha256d"),
        ("merkle.root", {"form": "rfc6962", "algorithm": "sha512"}, "not with sha512"),
        ("merkle.verify_many", {"form": "iavl"}, "not iavl"),
        ("merkle.verify_multiproof", {"form": "ssz"}, "a single proof is a chain of hashes"),
        ("verify_many", {"scheme": "bls", "rule": "any"}, "no kernel for bls"),
        ("verify_many", {"scheme": "ed25519", "rule": "later"}, "not know the rule later"),
    ],
)
def test_what_is_declined(backend: Any, operation: str, parameters: dict[str, Any], reason: str) -> None:
    declined = backend.prepare(OPERATIONS[operation], parameters)
    assert isinstance(declined, Declined)
    assert reason in declined.reason


@on_every_opencl_device
@pytest.mark.parametrize("error", ["MemoryError", "RuntimeError", "LogicError", None])
def test_a_lost_device_starts_anew(backend: Any, error: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_of(backend, "hash_many", **SHA256)
    device = backend._device
    raised = getattr(device._cl, error)("clEnqueueNDRangeKernel failed: lost") if error else MemoryError()

    def fail(*_: Any, **__: Any) -> None:
        raise raised

    rows, digests = as_rows("messages", [b"abc"]), np.zeros((1, 32), np.uint8)
    with monkeypatch.context() as patch:
        patch.setattr(device, "launch", fail)
        with pytest.raises(DeviceError, match=f"{backend.name}: "):
            plan.run({"messages": rows}, {"digests": digests}, 1)
    plan.run({"messages": rows}, {"digests": digests}, 1)
    assert digests.tobytes() == sha256(b"abc").digest()


@on_every_device
def test_threads_share_a_device(backend: Any) -> None:
    messages = [bytes([i]) * i for i in range(200)]
    rows = as_rows("messages", messages)
    expected = [sha256(message).digest() for message in messages]
    results: list[bool] = []

    def work() -> None:
        results.extend(hash_on(backend, "sha256", rows, 200) == expected for _ in range(10))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [True] * 40


@on_every_opencl_device
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.parametrize("busy", [False, True])
def test_a_forked_child_declines_and_does_not_hang(backend: Any, busy: bool) -> None:
    """Also when another thread of the parent was inside a batch at the moment of the fork."""
    plan = plan_of(backend, "hash_many", **SHA256)
    rows, digests = as_rows("messages", [b"abc"]), np.zeros((1, 32), np.uint8)

    def child() -> bool:
        with pytest.raises(DeviceError, match="forked"):
            plan.run({"messages": rows}, {"digests": digests}, 1)
        lost = backend.probe()
        declined = backend.prepare(OPERATIONS["hash_many"], SHA256)
        return isinstance(lost, Unavailable) and isinstance(declined, Declined) and opencl.discover() == lost

    if busy:
        held, done = threading.Event(), threading.Event()

        def hold() -> None:
            with backend._device.batch():
                held.set()
                done.wait(60)

        holder = threading.Thread(target=hold)
        holder.start()
        held.wait(60)
        try:
            assert status_of_child(child) == 0
        finally:
            done.set()
            holder.join()
    else:
        assert status_of_child(child) == 0
    assert hash_on(backend, "sha256", rows, 1) == [sha256(b"abc").digest()]


@on_every_device
def test_what_has_a_default_curve_has_a_plan(backend: Any) -> None:
    """And what has none is declined, so that no device is chosen in vain and none is forgotten."""
    for answer in known_answers.known():
        operation = OPERATIONS[answer.operation]
        known = default_curves.curve(operation, known_answers.group(operation, answer.parameters), backend.kind)
        plan = plan_or_declined(backend._device, operation, answer.parameters)
        assert isinstance(plan, Declined) == (known is None), answer


@on_every_opencl_device
def test_copies_through_page_locked_pieces_are_whole(backend: Any) -> None:
    opened = backend._device
    with opened.batch():
        copies = staging.Staging(opencl_staging.OpenCLLink(opened._cl, opened._context, opened._open.kernels.queue))
        for size in (1, 100, (4 << 20) - 1, 4 << 20, (4 << 20) + 1, (9 << 20) + 5):
            data = np.random.default_rng(size).integers(0, 256, size, dtype=np.uint8)
            buffer = opened.allocate(size + 64)
            copies.write(buffer, data, 64)
            back = np.zeros(size, np.uint8)
            copies.read(back, buffer, 64)
            assert np.array_equal(back, data), size
