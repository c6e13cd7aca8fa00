# SPDX-License-Identifier: Apache-2.0
"""hash_many on every OpenCL device: shapes of rows, sizes of batches, chunks; hashlib knows the digests."""

from __future__ import annotations

import mmap
import random
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from opencl_support import DEVICES, hash_on, on_every_device, plan_of

from pyaccel.backends.base import Backend, Buffer
from pyaccel.errors import DeviceError
from pyaccel.rows import Rows, as_rows

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.opencl

HASHES: dict[str, Callable[[bytes], bytes]] = {
    "sha256": lambda message: sha256(message).digest(),
    "sha256d": lambda message: sha256(sha256(message).digest()).digest(),
}
SIZES = (0, 1, 15, 16, 17, 63, 64, 65, 1000)
# Around the ends of words and blocks, and where the padding takes a block more.
WIDTHS = (0, 1, 3, 4, 31, 32, 55, 56, 60, 63, 64, 65, 119, 120, 127, 128, 129, 191, 192, 300)

every_algorithm = pytest.mark.parametrize("algorithm", HASHES)


@pytest.fixture
def small_chunks(backend: Any, monkeypatch: pytest.MonkeyPatch) -> int:
    """The device takes no more than this many bytes at a time."""
    monkeypatch.setattr(backend._device, "chunk_bytes", 4096)
    return 4096


def offsets_of(messages: list[bytes], dtype: Any, first: int = 0) -> np.ndarray[Any, Any]:
    return np.concatenate([[0], np.cumsum([len(message) for message in messages])]).astype(dtype) + dtype(first)


def varied(n: int, seed: int) -> list[bytes]:
    """Messages of 0 to 200 bytes, a fifth of them empty."""
    source = random.Random(seed)
    return [source.randbytes(source.choice((0, source.randrange(8), 64, 128, source.randrange(200)))) for _ in range(n)]


@on_every_device
@every_algorithm
@pytest.mark.parametrize("width", WIDTHS)
def test_fixed_rows(backend: Backend, algorithm: str, width: int) -> None:
    data = np.frombuffer(random.Random(width).randbytes(17 * width), np.uint8).reshape(17, width)
    expected = [HASHES[algorithm](row.tobytes()) for row in data]
    assert hash_on(backend, algorithm, as_rows("messages", data), 17) == expected


@on_every_device
@every_algorithm
@pytest.mark.parametrize("n", SIZES)
def test_batch_sizes(backend: Backend, algorithm: str, n: int) -> None:
    messages = varied(n, n)
    expected = [HASHES[algorithm](message) for message in messages]
    assert hash_on(backend, algorithm, as_rows("messages", messages), n) == expected
    data = np.frombuffer(random.Random(n).randbytes(n * 64), np.uint8).reshape(n, 64)
    assert hash_on(backend, algorithm, as_rows("messages", data), n) == [HASHES[algorithm](bytes(row)) for row in data]


@on_every_device
@pytest.mark.parametrize("dtype", [np.uint32, np.uint64, np.int32, np.int64])
@pytest.mark.parametrize("first", [0, 1, 2, 3, 64])
def test_offsets(backend: Backend, dtype: Any, first: int) -> None:
    messages = varied(100, first)
    rows = Rows(bytes(first) + b"".join(messages) + b"unused", offsets=offsets_of(messages, dtype, first))
    assert hash_on(backend, "sha256", rows, 100) == [sha256(message).digest() for message in messages]


@on_every_device
@pytest.mark.parametrize("make", [lambda a: a[:, 3:50], lambda a: a[::3], lambda a: a[5:9, :64], lambda a: a[:, :0]])
def test_strided_rows(backend: Backend, make: Callable[[Any], Any]) -> None:
    data = make(np.random.default_rng(7).integers(0, 256, (40, 129), np.uint8))
    expected = [sha256(row.tobytes()).digest() for row in data]
    assert hash_on(backend, "sha256", as_rows("messages", data), len(data)) == expected


@on_every_device
@every_algorithm
@pytest.mark.parametrize("value", [b"", b"x", bytes(range(100))])
def test_one_row_for_all(backend: Backend, algorithm: str, value: bytes) -> None:
    rows = as_rows("messages", value, one_for_all=True)
    assert hash_on(backend, algorithm, rows, 130) == [HASHES[algorithm](value)] * 130


@on_every_device
def test_memory_that_can_not_be_written(backend: Backend, tmp_path: Path) -> None:
    path = tmp_path / "rows"
    path.write_bytes(random.Random(1).randbytes(64 * 4096))
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        data = np.frombuffer(mapped, np.uint8).reshape(4096, 64)
        digests = hash_on(backend, "sha256", as_rows("messages", data), 4096)
        assert digests == [sha256(row).digest() for row in data]
        del data


@on_every_device
def test_long_messages(backend: Backend) -> None:
    source = random.Random(2)
    messages = [source.randbytes(size) for size in (3_000_001, 0, 64, 1_000_000, 5)]
    expected = [sha256(message).digest() for message in messages]
    assert hash_on(backend, "sha256", as_rows("messages", messages), 5) == expected


@on_every_device
def test_chunks_of_varied_rows(backend: Backend, small_chunks: int) -> None:
    messages = [*varied(400, 3), bytes(3 * small_chunks), b"", bytes(small_chunks), b"end"]
    for dtype in (np.uint32, np.uint64):
        rows = Rows(b"." + b"".join(messages), offsets=offsets_of(messages, dtype, 1))
        assert hash_on(backend, "sha256", rows, len(messages)) == [sha256(message).digest() for message in messages]


@on_every_device
@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("width", [0, 1, 32, 65, 4096, 5000])
def test_chunks_of_fixed_rows(backend: Backend, width: int) -> None:
    data = np.random.default_rng(4).integers(0, 256, (300, width), np.uint8)
    rows = as_rows("messages", data)
    assert hash_on(backend, "sha256d", rows, 300) == [HASHES["sha256d"](row.tobytes()) for row in data]
    one = as_rows("messages", bytes(width), one_for_all=True)
    assert hash_on(backend, "sha256", one, 300) == [sha256(bytes(width)).digest()] * 300


@on_every_device
def test_offsets_and_strides_past_four_gigabytes(backend: Backend) -> None:
    beyond = (1 << 32) + 3
    data = np.zeros(beyond + 1000, np.uint8)  # pages that nobody touches cost nothing
    data[beyond:] = np.frombuffer(random.Random(5).randbytes(1000), np.uint8)
    offsets = beyond + np.arange(0, 1001, 100, dtype=np.uint64)
    expected = [sha256(data[start : start + 100]).digest() for start in map(int, offsets[:-1])]
    assert hash_on(backend, "sha256", Rows(data, offsets=offsets), 10) == expected
    far = Rows(data[: beyond + 64], width=64, stride=beyond)
    assert hash_on(backend, "sha256", far, 2) == [
        sha256(bytes(64)).digest(),
        sha256(data[beyond : beyond + 64]).digest(),
    ]


@pytest.mark.parametrize("backend", DEVICES)
@given(st.lists(st.binary(max_size=200), max_size=40), st.sampled_from(sorted(HASHES)))
def test_any_messages(backend: Backend, messages: list[bytes], algorithm: str) -> None:
    expected = [HASHES[algorithm](message) for message in messages]
    assert hash_on(backend, algorithm, as_rows("messages", messages), len(messages)) == expected


@on_every_device
def test_host_buffers(backend: Backend) -> None:
    plan = plan_of(backend, "hash_many", algorithm="sha256")
    digests = np.zeros((1, 32), np.uint8)
    rows = as_rows("messages", [b"abc"])
    plan.run({"messages": Buffer("native", rows)}, {"digests": Buffer("native", digests)}, 1)
    assert digests.tobytes() == sha256(b"abc").digest()
    with pytest.raises(ValueError, match="messages: rows on cuda:0"):
        plan.run({"messages": Buffer("cuda:0", rows)}, {"digests": digests}, 1)
    with pytest.raises(ValueError, match="digests: an output on cuda:0"):
        plan.run({"messages": rows}, {"digests": Buffer("cuda:0", digests)}, 1)


@on_every_device
@pytest.mark.parametrize("changed", [[0, 9, 5, 9], [0, 3, 6, 1 << 40], [0, 3, 1 << 63, 9]])
def test_offsets_changed_after_their_check(backend: Backend, changed: list[int]) -> None:
    offsets = np.array([0, 3, 6, 9], np.uint64)
    rows = Rows(b"abcdefghi", offsets=offsets)
    rows.offsets[:] = changed  # type: ignore[index]
    plan = plan_of(backend, "hash_many", algorithm="sha256")
    with pytest.raises(ValueError, match=r"messages: row [12] is bytes"):
        plan.run({"messages": rows}, {"digests": np.zeros((3, 32), np.uint8)}, 3)


@on_every_device
@pytest.mark.parametrize(
    "digests", [np.zeros((2, 32), np.uint8), np.zeros((3, 32), np.int8), np.zeros((3, 64), np.uint8)[:, ::2]]
)
def test_unfit_outputs_are_refused(backend: Backend, digests: Any) -> None:
    plan = plan_of(backend, "hash_many", algorithm="sha256")
    with pytest.raises(ValueError, match=r"digests: .* wanted 96 contiguous bytes"):
        plan.run({"messages": as_rows("messages", [b"a", b"b", b"c"])}, {"digests": digests}, 3)


@on_every_device
def test_more_rows_than_came(backend: Backend) -> None:
    plan = plan_of(backend, "hash_many", algorithm="sha256")
    with pytest.raises(ValueError, match="messages: 2 rows came for a batch of 3"):
        plan.run({"messages": Rows(bytes(128), width=64)}, {"digests": np.zeros((3, 32), np.uint8)}, 3)


@on_every_device
def test_a_row_that_no_buffer_holds(backend: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_of(backend, "hash_many", algorithm="sha256")
    monkeypatch.setattr(backend._device, "chunk_bytes", 4096)
    monkeypatch.setattr(backend._device, "_largest_buffer", 4096)
    digests = np.zeros((1, 32), np.uint8)
    with pytest.raises(DeviceError, match="5000 bytes are more than"):
        plan.run({"messages": as_rows("messages", [bytes(5000)])}, {"digests": digests}, 1)
    plan.run({"messages": as_rows("messages", [b"abc"])}, {"digests": digests}, 1)
    assert digests.tobytes() == sha256(b"abc").digest()
