# SPDX-License-Identifier: Apache-2.0
"""Faults of a CUDA driver under every operation: whichever call fails, the next batch is right, and no row is lost."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import cuda_support
import numpy as np
import pytest
from fake_devices import forget
from he_support import insecure

import pyaccel
from pyaccel import he, known_answers
from pyaccel.backends.base import Capabilities, Declined
from pyaccel.backends.device import DeviceBackend
from pyaccel.errors import DeviceError
from pyaccel.known_answers import KnownAnswer
from pyaccel.operations import OPERATIONS
from pyaccel.scheduler import health, shadowing

OUT_OF_MEMORY, ILLEGAL_ADDRESS, FLIPPED_BIT = 2, 700, -1
MESSAGES = [bytes([i]) * i for i in range(100)]
DIGESTS = [sha256(message).digest() for message in MESSAGES]


def _chosen() -> Iterator[Any]:
    """Of hashes and trees a few that go different ways; of signatures each scheme."""
    hashes = ("sha256", "blake3", "hmac-sm3", "poseidon2-bn254-t3", "bitcoin", "ssz", "openzeppelin-standard")
    seen = set()
    for answer in known_answers.known():
        group = known_answers.group(OPERATIONS[answer.operation], answer.parameters)
        wanted = group in hashes or answer.operation in ("verify_many", "recover_many")
        declined = answer.operation in ("merkle.verify_consistency", "merkle.verify_multiproof")
        if wanted and not declined and (answer.operation, group) not in seen:
            seen.add((answer.operation, group))
            yield pytest.param(answer, id=f"{answer.operation}-{group}")


ALLOCATE = ("hash_many-hmac-sm3", "merkle.proofs-bitcoin", "verify_many-ed25519", "verify_many-sm2")
every_operation = pytest.mark.parametrize("answer", list(_chosen()))
COPIES_AND_KERNELS = ("cuLaunchKernel", "cuMemcpyHtoDAsync", "cuMemcpyDtoHAsync", "cuStreamSynchronize")


@pytest.fixture
def backend(library: Any) -> Iterator[DeviceBackend]:
    """A device with nothing made on it."""
    made, _ = cuda_support.fake_backends()
    assert isinstance(made.probe(), Capabilities)
    yield made
    made._device.forget()  # type: ignore[union-attr]


def calls_of(library: Any, backend: DeviceBackend, answer: KnownAnswer, function: str) -> int:
    """How often a batch calls a function of the driver, once all is built."""
    plan = backend.prepare(OPERATIONS[answer.operation], answer.parameters)
    assert not isinstance(plan, Declined)
    assert answer.check(plan) is None
    before = library.fake_calls(function.encode())
    assert answer.check(plan) is None
    return int(library.fake_calls(function.encode()) - before)


@pytest.mark.parametrize("function", COPIES_AND_KERNELS)
@every_operation
def test_a_device_lost_at_any_call(library: Any, backend: DeviceBackend, answer: KnownAnswer, function: str) -> None:
    """The batch fails, whatever was on its way; the next one, in a new context, is right."""
    plan: Any = backend.prepare(OPERATIONS[answer.operation], answer.parameters)
    count = calls_of(library, backend, answer, function)
    assert count > 0
    for failing in sorted({0, 1 % count, count // 2, count - 1}):
        library.fake_fail(function.encode(), failing, ILLEGAL_ADDRESS, 1)
        with pytest.raises(DeviceError, match=r"cuda:0: cu\w+ failed: CUDA_ERROR_ILLEGAL_ADDRESS"):
            answer.check(plan)
        assert answer.check(plan) is None


@pytest.mark.parametrize("answer", [one for one in _chosen() if one.id in ALLOCATE])
def test_no_room_at_any_allocation(library: Any, answer: KnownAnswer) -> None:
    """The batch fails, what lies on the device stays, and the next one is right."""
    for failing in range(200):
        backend, _ = cuda_support.fake_backends()
        device: Any = backend._device
        plan: Any = backend.prepare(OPERATIONS[answer.operation], answer.parameters)
        with device.batch():
            device._here.heap.give_back()
        for _ in range(2):  # at first the device gives back what it does not use, and tries again
            library.fake_fail(b"cuMemAlloc", failing, OUT_OF_MEMORY, 0)
        try:
            right = answer.check(plan) is None
        except DeviceError:
            library.fake_heal()
            assert answer.check(plan) is None
        else:
            assert right
            assert failing > 0
            return
        finally:
            library.fake_heal()
            assert device.starts == 0
            device.forget()
    pytest.fail("it allocates without end")


@pytest.fixture
def listed(backend: DeviceBackend, monkeypatch: pytest.MonkeyPatch) -> Iterator[DeviceBackend]:
    """The device as the scheduler's own, with nothing known of it, and every row of it checked."""
    monkeypatch.setattr(shadowing, "_rate", [1.0])
    for name in ("_quarantined", "_failed"):
        monkeypatch.setattr(health, name, {})
    for name in ("_proved", "_warned"):
        monkeypatch.setattr(health, name, set())
    with cuda_support.listed(backend):
        yield backend
    forget()


def hashed() -> str:
    """Where the rows were hashed, rightly."""
    digests = pyaccel.hash_many("sha256", MESSAGES, device="cuda:0")
    assert [row.tobytes() for row in digests] == DIGESTS
    ran = pyaccel.scheduler.last_run()
    assert ran is not None
    return ran.device


@pytest.mark.filterwarnings("ignore:cuda.0 failed at:RuntimeWarning")
def test_rows_of_a_lost_device_are_computed_elsewhere(library: Any, listed: DeviceBackend) -> None:
    assert hashed() == "cuda:0"
    for function in COPIES_AND_KERNELS:
        library.fake_fail(function.encode(), 0, ILLEGAL_ADDRESS, 1)
        assert hashed() == "native"
        assert hashed() == "cuda:0"


def test_a_bit_that_flips_ends_its_use(library: Any, listed: DeviceBackend) -> None:
    assert hashed() == "cuda:0"
    library.fake_fail(b"cuMemcpyDtoHAsync", 0, FLIPPED_BIT, 0)
    with pytest.warns(RuntimeWarning, match="cuda:0"):
        assert hashed() == "native"
    assert health.quarantined(listed)


def test_ciphertexts_of_a_lost_device_say_so(library: Any, listed: DeviceBackend) -> None:
    """Where they were told to be nowhere else."""
    context = insecure("ckks", degree=64, depth=2)
    secret = he.SecretKey(context)
    numbers = np.linspace(0, 1, context.slots)[None]
    there = secret.encrypt(numbers).to("cuda:0", recoverable=False)
    there + there
    library.fake_fail(b"cuLaunchKernel", 0, ILLEGAL_ADDRESS, 1)
    with pytest.raises(DeviceError, match="cuda:0"):
        there + there
    with pytest.raises(DeviceError, match=r"started anew: ciphertexts on it are gone.* \.to\(\) them again"):
        there + there
    again = secret.encrypt(numbers).to("cuda:0")
    assert np.allclose(secret.decrypt((again + again).to("native")), 2 * numbers, atol=1e-3)
