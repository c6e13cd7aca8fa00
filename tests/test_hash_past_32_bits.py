# SPDX-License-Identifier: Apache-2.0
"""Messages of as many bytes as are promised, 2^32, and rows behind 2^32 others, against peers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
from blake3 import blake3
from Crypto.Hash import RIPEMD160, keccak

import pyaccel

MOST = 2**32

# A family of kernels each.
PEERS: dict[str, Callable[[npt.NDArray[np.uint8]], bytes]] = {
    "sha256": lambda message: hashlib.sha256(message).digest(),
    "sha512": lambda message: hashlib.sha512(message).digest(),
    "keccak256": lambda message: keccak.new(data=message.tobytes(), digest_bits=256).digest(),
    "ripemd160": lambda message: RIPEMD160.new(message.tobytes()).digest(),
    "sm3": lambda message: hashlib.new("sm3", message).digest(),
    "blake2b-512": lambda message: hashlib.blake2b(message).digest(),
    "blake2s-256": lambda message: hashlib.blake2s(message).digest(),
    "blake3": lambda message: blake3(message).digest(),
}


@pytest.fixture(scope="module")
def data() -> npt.NDArray[np.uint8]:
    """Zeros, of which pages that nobody writes to cost nothing, and a few bytes around what 31 and 32 bits count."""
    made = np.zeros(MOST + 60_000, np.uint8)
    made[0] = 1
    for middle in (2**29, 2**31, MOST):  # 2^29 bytes are 2^32 bits
        made[middle - 3 : middle + 3] = range(2, 8)
    made[MOST:] = np.frombuffer(np.random.default_rng(32).bytes(60_000), np.uint8)
    return made


@pytest.mark.parametrize("algorithm", ["sha256", "blake3"])
def test_a_message_of_two_to_the_32_bytes(data: npt.NDArray[np.uint8], algorithm: str) -> None:
    """Among short ones."""
    ends = np.array([0, 100, 100 + MOST, MOST + 300], np.uint64)
    digests = pyaccel.hash_many(algorithm, pyaccel.Rows(data, offsets=ends), device="native")
    rows = [data[first:last] for first, last in pairwise(ends)]
    assert [digest.tobytes() for digest in digests] == [PEERS[algorithm](row) for row in rows]


@pytest.mark.parametrize("algorithm", PEERS)
def test_rows_behind_two_to_the_32_bytes(data: npt.NDArray[np.uint8], algorithm: str) -> None:
    """Enough of them for lanes: of many lengths by offsets, and of one, 2^31 bytes from row to row."""
    lengths = np.random.default_rng(31).integers(0, 400, 250)
    ends = (MOST - 1000 + np.concatenate([[0], np.cumsum(lengths)])).astype(np.uint64)
    digests = pyaccel.hash_many(algorithm, pyaccel.Rows(data, offsets=ends), device="native")
    rows = [data[first:last] for first, last in pairwise(ends)]
    assert [digest.tobytes() for digest in digests] == [PEERS[algorithm](row) for row in rows]
    apart = pyaccel.Rows(data[: MOST + 150], width=150, stride=2**31)
    digests = pyaccel.hash_many(algorithm, apart, device="native")
    assert [digest.tobytes() for digest in digests] == [PEERS[algorithm](data[i * 2**31 :][:150]) for i in range(3)]
