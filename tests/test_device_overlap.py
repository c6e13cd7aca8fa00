# SPDX-License-Identifier: Apache-2.0
"""Chunks on their way at a time: copies go on while kernels run, and every byte is the right one's."""

from __future__ import annotations

import threading
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from faulty_opencl import faulty
from opencl_support import (
    hash_on,
    on_every_device,
    on_every_opencl_device,
    plan_of,
    recover_on,
    reference_layers,
    root_on,
    verify_on,
)

from pyaccel import known_values
from pyaccel.backends import device_ed25519, device_secp256k1, device_weierstrass
from pyaccel.backends.pipeline import pipelined
from pyaccel.errors import DeviceError
from pyaccel.poseidon2 import ELEMENTS
from pyaccel.rows import as_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.opencl

GIVE_UP = 60
KINDS = ("opencl-cpu", "opencl-gpu", "cuda-gpu")
N = 500
RANDOM = np.random.default_rng(7)
LONG = [RANDOM.bytes(int(size)) for size in RANDOM.integers(0, 900, N)]


@pytest.fixture(params=[3_000, 80_000], ids=["small-chunks", "staged-chunks"])
def device(backend: Any, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The device under test, as if it had memory of its own, and took few bytes at a time."""
    device = backend._device
    if hasattr(device, "_shared_memory"):
        monkeypatch.setattr(device, "_shared_memory", False)
    monkeypatch.setattr(device, "chunk_bytes", request.param)
    device.forget()
    yield device
    device.forget()


@on_every_device
@pytest.mark.usefixtures("device")
@pytest.mark.parametrize("algorithm", ["sha256", "blake3", "hmac-sha256"])
def test_hashes_of_many_chunks(backend: Any, algorithm: str) -> None:
    key = b"key" if algorithm == "hmac-sha256" else None
    one_by_one = [hash_on(backend, algorithm, as_rows("messages", [m]), 1, key=key)[0] for m in LONG[:40]]
    digests = hash_on(backend, algorithm, as_rows("messages", LONG), N, key=key)
    assert digests[:40] == one_by_one
    if algorithm == "sha256":
        assert digests == [sha256(message).digest() for message in LONG]


@on_every_device
@pytest.mark.usefixtures("device")
def test_trees_of_many_chunks(backend: Any) -> None:
    """A chunk's rows are given up while kernels are still to read them: what goes over next must not land there."""
    for n in (1, 2, 37, N):
        assert (
            root_on(backend, "rfc6962", as_rows("leaves", LONG[:n]), n)[0]
            == reference_layers("rfc6962", LONG[:n])[-1][0]
        )


def signed_rows(scheme: str) -> tuple[list[Any], list[int]]:
    """Known rows of a scheme, over and over, some with a signature that is too short, and their reasons."""
    found = next(one for one in known_values.SIGNATURES if one[0] == scheme and one[2] == "raw")
    _, message_hash, _, _, questions, verdicts = found
    rule, reasons = next(iter(verdicts.items()))
    rows, wanted = [], []
    for i in range(90):
        key, message, signature = questions[i % len(questions)]
        rows.append((key, message, signature[:-1] if i % 11 == 5 else signature))
        wanted.append(1 if i % 11 == 5 else reasons[i % len(questions)])
    columns = [list(column) for column in zip(*rows, strict=True)]
    return [rule, message_hash, *columns], wanted


@on_every_opencl_device
@pytest.mark.usefixtures("device")
@pytest.mark.parametrize("scheme", ["ed25519", "secp256k1-ecdsa", "bip340", "p256-ecdsa", "sm2"])
def test_signatures_of_many_chunks(backend: Any, scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks of few rows: a dozen and more of them."""
    for module in (device_ed25519, device_secp256k1, device_weierstrass):
        monkeypatch.setattr(module, "_ROWS" if hasattr(module, "_ROWS") else "ROWS", dict.fromkeys(KINDS, 7))
    (rule, message_hash, *columns), wanted = signed_rows(scheme)
    parameters = {} if message_hash is None else {"message_hash": message_hash}
    assert verify_on(backend, rule, *columns, scheme=scheme, **parameters) == wanted


@on_every_opencl_device
@pytest.mark.usefixtures("device")
def test_keys_of_many_chunks(backend: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_secp256k1, "ROWS", dict.fromkeys(KINDS, 7))
    for rule, addresses, _, questions, keys in known_values.RECOVERIES:
        some = [questions[i % len(questions)] for i in range(40)]
        digests, signatures = (list(column) for column in zip(*some, strict=True))
        found = recover_on(backend, digests, signatures, rule=rule, addresses=addresses)
        assert found == [keys[i % len(keys)] or None for i in range(40)]


@on_every_device
@pytest.mark.usefixtures("device")
def test_a_refused_element_in_any_chunk_refuses_the_batch(backend: Any) -> None:
    algorithm = "poseidon2-babybear-t16-plonky3"
    elements = ELEMENTS[algorithm]
    rows = np.zeros((N, elements.width), np.uint8)
    plan = plan_of(backend, "hash_many", algorithm=algorithm, digest_size=elements.digest_size, context=None)
    digests = np.zeros((N, elements.digest_size), np.uint8)
    plan.run({"messages": as_rows("messages", rows), "key": None}, {"digests": digests}, N)
    assert digests.any(axis=1).all()
    for place in (0, N // 2, N - 1):
        wrong = rows.copy()
        wrong[place] = 0xFF
        with pytest.raises(ValueError, match="not below the modulus"):
            plan.run({"messages": as_rows("messages", wrong), "key": None}, {"digests": digests}, N)
        assert not digests.any()


def test_the_order_of_a_pipeline() -> None:
    class Marking:
        def mark(self) -> int:
            done.append("mark")
            return len(done)

    done: list[Any] = []
    device: Any = Marking()
    pipelined(device, range(3), lambda i: done.append(("start", i)) or i, lambda i, after: done.append((i, after)))
    assert done == [
        ("start", 0), "mark", ("start", 1), "mark", (0, 2), ("start", 2), "mark", (1, 4), (2, 7),
    ]  # fmt: skip
    for n in (0, 1):
        done.clear()
        pipelined(device, range(n), lambda i: i, lambda i, _: done.append(i))
        assert done == [*["mark"] * n, *range(n)]


@on_every_opencl_device
def test_a_chunk_is_sent_before_the_one_before_it_is_read(backend: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with faulty(monkeypatch, backend, shared_memory=False) as driver:
        from pyaccel.scheduler import registry

        (made,) = registry.discovered("opencl")  # type: ignore[misc]
        monkeypatch.setattr(made._device, "chunk_bytes", 64 * 64)
        rows = as_rows("messages", np.zeros((256, 64), np.uint8))
        hash_on(made, "sha256", rows, 256)
        seen: list[str] = []
        driver.before = lambda kind, number: seen.append(kind)
        driver.after_read = lambda array: seen.append("read")
        hash_on(made, "sha256", rows, 256)
    assert [kind for kind in seen if kind in ("launch", "read")] == ["launch", "launch", "read"] * 1 + [
        "launch", "read", "launch", "read", "read",
    ]  # fmt: skip


@on_every_opencl_device
@pytest.mark.usefixtures("device")
def test_copies_do_not_wait_for_kernels(backend: Any) -> None:
    """With kernels held back by a gate, rows still go over, and results of before still come back."""
    device = backend._device
    data = RANDOM.integers(0, 256, 300_000, dtype=np.uint8)
    kept, went = np.zeros_like(data), np.zeros_like(data)
    passed = threading.Event()

    def work() -> None:
        with device.batch():
            first = device.upload(data)
            held = device.allocate(data.nbytes)
            device.copy(held, first, data.nbytes)
            mark = device.mark()
            gate = device._cl.UserEvent(device._context)
            try:
                device._cl.enqueue_barrier(device._open.kernels.queue, wait_for=[gate])
                device.copy(held, first, 100_000, 200_000)
                device._open.kernels.queue.flush()
                second = device.upload(data[::-1].copy())
                device.read(kept, held, after=mark)
                passed.set()
            finally:
                gate.set_status(device._cl.command_execution_status.COMPLETE)
            device.read(went, second)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    assert passed.wait(GIVE_UP), "a copy waits for kernels that it does not need"
    thread.join(GIVE_UP)
    assert np.array_equal(kept, data)
    assert np.array_equal(went, data[::-1])


@on_every_device
def test_a_failure_between_chunks_leaves_a_device_that_works(backend: Any, device: Any) -> None:
    rows = as_rows("messages", LONG)

    def start(i: int) -> Any:
        if i == 2:
            raise MemoryError
        memory = device.upload(np.full(5000, i, np.uint8))
        return memory, i

    def finish(begun: tuple[Any, int], after: Any) -> None:
        back = np.zeros(5000, np.uint8)
        device.read(back, begun[0], after=after)
        assert (back == begun[1]).all()

    def work() -> None:
        with device.batch():
            pipelined(device, range(4), start, finish)

    with pytest.raises(DeviceError):
        work()
    assert hash_on(backend, "sha256", rows, N) == [sha256(message).digest() for message in LONG]
