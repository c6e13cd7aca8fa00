# SPDX-License-Identifier: Apache-2.0
"""Faults of a CUDA driver under ciphertexts: wherever one strikes, all of them are right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cuda_support
import pytest
from fake_devices import forget, installed
from he_faults import WORK, answer, batches, items, right, where

import pyaccel
from pyaccel.backends.base import Capabilities
from pyaccel.scheduler import health, shadowing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyaccel.backends.device import DeviceBackend

OUT_OF_MEMORY, ILLEGAL_ADDRESS, FLIPPED_BIT = 2, 700, -1
COPIES_AND_KERNELS = (b"cuLaunchKernel", b"cuMemcpyHtoDAsync", b"cuMemcpyDtoHAsync", b"cuStreamSynchronize")


@pytest.fixture
def cuda(library: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[DeviceBackend]:
    """A CUDA device as the scheduler's own, with nothing known of it, and every ciphertext of it checked."""
    monkeypatch.setattr(shadowing, "_rate", [1.0])
    made, _ = cuda_support.fake_backends()
    assert isinstance(made.probe(), Capabilities)
    with installed(monkeypatch) as install:
        install()
        with cuda_support.listed(made):
            yield made
    forget()
    made._device.forget()  # type: ignore[union-attr]


@pytest.mark.filterwarnings("ignore:cuda.0 failed at:RuntimeWarning")
@pytest.mark.parametrize("function", COPIES_AND_KERNELS)
@pytest.mark.parametrize("name", WORK)
def test_a_device_lost_at_any_call(library: Any, cuda: DeviceBackend, name: str, function: bytes) -> None:
    """What was on it goes there again, in a new context."""
    assert right(name, cuda.name)
    before = library.fake_calls(function)
    assert where(name, cuda.name) == {cuda.name}
    count = int(library.fake_calls(function) - before)
    assert count > 0
    for failing in sorted({*range(0, count, 1 + count // 5), 1 % count, count - 1}):
        library.fake_fail(function, failing, ILLEGAL_ADDRESS, 1)
        assert "native" in where(name, cuda.name), failing
        assert where(name, cuda.name) == {cuda.name}, failing


@pytest.mark.filterwarnings("ignore:cuda.0 failed at:RuntimeWarning")
@pytest.mark.parametrize("name", WORK)
def test_no_room_at_any_allocation(library: Any, cuda: DeviceBackend, name: str) -> None:
    """What lies on the device stays there."""
    assert right(name, cuda.name)
    device: Any = cuda.device
    for failing in range(200):
        with device.batch():
            device._here.heap.give_back()
        for _ in range(2):  # at first the device gives back what it does not use, and tries again
            library.fake_fail(b"cuMemAlloc", failing, OUT_OF_MEMORY, 0)
        used = where(name, cuda.name)
        library.fake_heal()
        assert device.starts == 0
        if "native" not in used:
            assert failing > 0
            return
    pytest.fail("it allocates without end")


@pytest.mark.filterwarnings("ignore:.* not use cuda.0 any more:RuntimeWarning")
@pytest.mark.parametrize("function", [b"cuMemcpyDtoHAsync", b"cuMemcpyHtoDAsync"])
def test_a_bit_that_flips_on_the_way(library: Any, cuda: DeviceBackend, function: bytes) -> None:
    """Back, or there: what was brought there stays in the host's memory, from which the check computes."""
    assert where("product", cuda.name) == {cuda.name}
    library.fake_fail(function, 0, FLIPPED_BIT, 0)
    assert right("product", cuda.name)
    assert "is not what native computes (a shadow check), after multiply" in str(health.quarantined(cuda))
    assert where("product", cuda.name) == {"native"}


@pytest.mark.filterwarnings("ignore:.* not use cuda.0 any more:RuntimeWarning")
def test_rates_of_checks(library: Any, cuda: DeviceBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    """None: what comes back wrong is taken; the first batches are checked without being asked for."""
    a, b = (batch.to(cuda.name) for batch in batches("ckks"))
    monkeypatch.setattr(shadowing, "_rate", [0.0])
    assert items(b * a) == answer("product")  # known questions are answered
    library.fake_fail(b"cuMemcpyDtoHAsync", 0, FLIPPED_BIT, 0)
    assert items(a * b) != answer("product")
    assert not health.quarantined(cuda)
    monkeypatch.setattr(shadowing, "_rate", [])
    one, other = a[:1], b[:1]
    for _ in range(shadowing.FIRST - 1):
        assert items(one * other) == items(batches("ckks")[0][:1] * batches("ckks")[1][:1])
    library.fake_fail(b"cuMemcpyDtoHAsync", 0, FLIPPED_BIT, 0)
    assert items(one * other) == items(batches("ckks")[0][:1] * batches("ckks")[1][:1])
    assert health.quarantined(cuda)
    assert pyaccel.scheduler.release(cuda.name)
