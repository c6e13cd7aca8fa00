# SPDX-License-Identifier: Apache-2.0
"""Every algorithm of hash_many on every OpenCL device, at the edges of words and blocks; golden knows the digests."""

from __future__ import annotations

import random
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from opencl_support import hash_on, on_every_device, plan_of

from pyaccel.backends.device_algorithms import KERNELS
from pyaccel.errors import DeviceError
from pyaccel.golden.hashing import HASHES, hash_many
from pyaccel.hashing import DIGEST_SIZES, algorithms
from pyaccel.rows import Rows, as_rows

if TYPE_CHECKING:
    from pyaccel.backends.base import Backend

pytestmark = pytest.mark.opencl

ALGORITHMS = [name for name in algorithms() if name in HASHES and name in KERNELS]
every_algorithm = pytest.mark.parametrize("algorithm", ALGORITHMS)
_KEYS = {"blake2b-256": (1, 3, 64), "blake2b-512": (31, 64), "blake2s-256": (1, 31, 32), "blake3": (32,)}
_OF_HMAC = ((0, 1, 63, 64, 65, 131), (127, 128, 129, 200))
KEY_SIZES = _KEYS | {"hmac-sha256": _OF_HMAC[0], "hmac-sm3": _OF_HMAC[0], "hmac-sha512": _OF_HMAC[1]}
_BLOCKS = (32, 56, 64, 72, 104, 112, 128, 136, 144, 168, 192, 256)
EDGES = sorted({0, 1, 2, 3, 5} | {edge + more for edge in _BLOCKS for more in (-1, 0, 1)})


@cache
def messages_and_digests(algorithm: str) -> tuple[list[bytes], list[bytes]]:
    """A message of each size in EDGES."""
    source = random.Random(algorithm)
    messages = [source.randbytes(size) for size in EDGES]
    source.shuffle(messages)
    return messages, [HASHES[algorithm](message) for message in messages]


def golden(
    algorithm: str, messages: list[bytes], size: int, *, key: bytes | None = None, context: bytes | None = None
) -> list[bytes]:
    digests = np.zeros((len(messages), size), np.uint8)
    parameters = {"algorithm": algorithm, "digest_size": size, "context": context}
    hash_many(parameters, {"messages": messages, "key": key}, {"digests": digests}, len(messages))
    return [digest.tobytes() for digest in digests]


def test_every_algorithm_has_a_kernel() -> None:
    assert {name for name in algorithms() if not name.startswith("poseidon2-")} == set(KERNELS)


@on_every_device
@every_algorithm
@pytest.mark.parametrize("first", [0, 1, 2, 3, 16])
def test_rows_of_every_length_anywhere(backend: Backend, algorithm: str, first: int) -> None:
    messages, digests = messages_and_digests(algorithm)
    offsets = first + np.cumsum([0, *map(len, messages)]).astype(np.uint64)
    rows = Rows(bytes(first) + b"".join(messages), offsets=offsets)
    assert hash_on(backend, algorithm, rows, len(messages)) == digests


@on_every_device
@every_algorithm
def test_rows_of_one_width(backend: Backend, algorithm: str) -> None:
    messages, digests = messages_and_digests(algorithm)
    for message, digest in zip(messages, digests, strict=True):
        array = np.frombuffer(message * 3, np.uint8).reshape(3, len(message))
        assert hash_on(backend, algorithm, as_rows("messages", array), 3) == [digest] * 3
    wide = np.frombuffer(messages[-1] * 70, np.uint8).reshape(70, -1)
    assert hash_on(backend, algorithm, as_rows("messages", wide), 70) == [digests[-1]] * 70
    apart = np.zeros((5, 150), np.uint8)
    apart[:, 3:67] = np.frombuffer(bytes(range(64)), np.uint8)
    expected = HASHES[algorithm](bytes(range(64)))
    assert hash_on(backend, algorithm, as_rows("messages", apart[:, 3:67]), 5) == [expected] * 5
    one = as_rows("messages", bytes(range(64)), one_for_all=True)
    assert hash_on(backend, algorithm, one, 130) == [expected] * 130


@on_every_device
@every_algorithm
def test_batches_of_none_and_chunks(backend: Any, algorithm: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert hash_on(backend, algorithm, as_rows("messages", []), 0) == []
    messages, digests = messages_and_digests(algorithm)
    monkeypatch.setattr(backend._device, "chunk_bytes", 300)
    assert hash_on(backend, algorithm, as_rows("messages", messages), len(messages)) == digests


@on_every_device
@pytest.mark.parametrize("algorithm", ["shake128", "shake256", "blake3"])
@pytest.mark.parametrize("size", [1, 3, 7, 32, 33, 63, 64, 65, 131, 136, 168, 169, 337, 1000])
def test_digests_of_any_size(backend: Backend, algorithm: str, size: int) -> None:
    messages = [bytes(range(length)) for length in (0, 1, 64, 137, 200)]
    expected = golden(algorithm, messages, size)
    assert hash_on(backend, algorithm, as_rows("messages", messages), 5, size) == expected


@on_every_device
@pytest.mark.parametrize("algorithm", KEY_SIZES)
def test_keys(backend: Backend, algorithm: str) -> None:
    messages, _ = messages_and_digests("sha256")
    for size in KEY_SIZES[algorithm]:
        key = random.Random(size).randbytes(size)
        expected = golden(algorithm, messages, DIGEST_SIZES[algorithm], key=key)
        assert hash_on(backend, algorithm, as_rows("messages", messages), len(messages), key=key) == expected


@on_every_device
@pytest.mark.parametrize(
    ("parameters", "key", "error", "said"),
    [
        ({"algorithm": "sha256"}, b"k", ValueError, "sha256 takes no key"),
        ({"algorithm": "poseidon2-bn254-t3"}, b"k", ValueError, "takes no key"),
        ({"algorithm": "blake3", "context": b"c"}, bytes(32), ValueError, "no key beside a context"),
        ({"algorithm": "hmac-sha256"}, None, ValueError, "hmac-sha256 needs one"),
        ({"algorithm": "hmac-sm3"}, bytes(2**20 + 1), DeviceError, "keys of 1048576 bytes at most"),
    ],
)
def test_keys_that_do_not_fit(
    backend: Backend, parameters: dict[str, Any], key: bytes | None, error: type[Exception], said: str
) -> None:
    """They are refused before anything is written."""
    digests = np.full((1, 32), 7, np.uint8)
    with pytest.raises(error, match=said):
        plan_of(backend, "hash_many", **parameters).run(
            {"messages": as_rows("messages", [bytes(64)]), "key": key}, {"digests": digests}, 1
        )
    assert (digests == 7).all()


@on_every_device
@pytest.mark.parametrize("context", ["", "a", "x" * 2000])
def test_key_derivation(backend: Backend, context: str) -> None:
    messages = [bytes(length) for length in (0, 1, 64, 65, 1024, 1025)]
    expected = golden("blake3", messages, 40, context=context.encode())
    assert hash_on(backend, "blake3", as_rows("messages", messages), 6, 40, context=context) == expected


@on_every_device
def test_long_rows_of_blake3(backend: Backend) -> None:
    sizes = [1024 * k + more for k in (1, 2, 3, 4, 5, 8, 15, 16) for more in (-1, 0, 1)]
    messages = [random.Random(size).randbytes(size) for size in sizes]
    expected = [HASHES["blake3"](message) for message in messages]
    assert hash_on(backend, "blake3", as_rows("messages", messages), len(messages)) == expected


@on_every_device
@pytest.mark.parametrize(
    ("algorithm", "options"),
    [
        ("blake2b-512", {"key": b"k" * 64}),
        ("blake3", {"key": b"k" * 32}),
        ("blake3", {"context": b"c" * 40}),
        ("hmac-sha256", {"key": b"k" * 20}),
        ("hmac-sha512", {"key": b"k" * 200}),
    ],
)
def test_keys_do_not_stay_on_the_device(
    backend: Any, algorithm: str, options: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """All that a call allocated for its key holds zeros once it is over."""
    device = backend._device
    allocate, kept = device.allocate, []

    def keeping(size: int) -> Any:
        kept.append(allocate(size))
        return kept[-1]

    size = DIGEST_SIZES[algorithm]
    plan = plan_of(backend, "hash_many", algorithm=algorithm, digest_size=size, context=options.get("context"))
    digests = np.zeros((1, size), np.uint8)
    monkeypatch.setattr(device, "allocate", keeping)
    plan.run({"messages": as_rows("messages", [b"abc"]), "key": options.get("key")}, {"digests": digests}, 1)
    assert [digest.tobytes() for digest in digests] == golden(algorithm, [b"abc"], size, **options)
    left = [np.ones(buffer.size, np.uint8) for buffer in kept]
    with device.batch():
        for array, buffer in zip(left, kept, strict=True):
            device.read(array, buffer)
    held = [bytes(array) for array in left if array.any()]
    assert held == [digests.tobytes()]
