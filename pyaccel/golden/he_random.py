# SPDX-License-Identifier: Apache-2.0
"""Randomness of homomorphic encryption: ChaCha20 streams and the distributions drawn from them. Source: docs/he.md."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, localcontext
from enum import IntEnum
from functools import cache

import numpy as np
import numpy.typing as npt

from pyaccel.golden.he_ring import Row, row

_Words = npt.NDArray[np.uint32]


class Purpose(IntEnum):
    """What a stream is drawn for: the first word of its nonce."""

    SEEDS = 0
    SECRET = 1
    PUBLIC_A = 2
    PUBLIC_E = 3
    SWITCHING_A = 4
    SWITCHING_E = 5
    ENCRYPTION_U = 6
    ENCRYPTION_E0 = 7
    ENCRYPTION_E1 = 8
    SECRET_A = 9
    SECRET_E = 10
    FLOODING = 11


def _quarter_round(x: list[_Words], a: int, b: int, c: int, d: int) -> None:
    """RFC 8439, 2.1."""
    for target, add, turn, bits in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
        x[target] = x[target] + x[add]
        turned = x[turn] ^ x[target]
        x[turn] = turned << np.uint32(bits) | turned >> np.uint32(32 - bits)


def chacha20(key: bytes, nonce: bytes, counter: int, blocks: int) -> bytes:
    """Key stream of RFC 8439, 2.3: `blocks` blocks of 64 bytes, all worked out side by side."""
    head = np.frombuffer(b"expand 32-byte k" + key, "<u4")
    counters = np.arange(counter, counter + blocks, dtype=np.uint64).astype(np.uint32)
    start = [np.full(blocks, word) for word in head] + [counters]
    start += [np.full(blocks, word) for word in np.frombuffer(nonce, "<u4")]
    x = list(start)
    for _ in range(10):
        for i in range(4):
            _quarter_round(x, i, 4 + i, 8 + i, 12 + i)
        for i in range(4):
            _quarter_round(x, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4)
    words = np.stack([a + b for a, b in zip(x, start, strict=True)], axis=1)
    return words.astype("<u4").tobytes()


def stream(key: bytes, purpose: Purpose, item: int = 0, digit: int = 0, prime: int = 0) -> Iterator[bytes]:
    """Pieces of a stream, each of 4,096 bytes."""
    nonce = b"".join(n.to_bytes(size, "little") for n, size in ((purpose, 4), (item, 4), (digit, 2), (prime, 2)))
    counter = 0
    while True:
        yield chacha20(key, nonce, counter, 64)
        counter += 64


def seeds(master: bytes) -> tuple[bytes, bytes]:
    """Public and secret seed of one call."""
    block = chacha20(master, bytes(12), 0, 1)
    return block[:32], block[32:]


def uniform(pieces: Iterator[bytes], q: int, degree: int) -> Row:
    """Words of 64 bits, cut to as many bits as q has; those below q."""
    found: list[int] = []
    while len(found) < degree:
        words = np.frombuffer(next(pieces), "<u8") & np.uint64(2 ** q.bit_length() - 1)
        found += words[words < q].tolist()
    return row(found[:degree])


def ternary(pieces: Iterator[bytes], degree: int) -> Row:
    """Bytes but 255, modulo 3, less 1."""
    found: list[int] = []
    while len(found) < degree:
        found += [byte % 3 - 1 for byte in next(pieces) if byte != 255]
    return row(found[:degree])


def error(pieces: Iterator[bytes], degree: int) -> Row:
    """Of each word of 64 bits, ones among the lowest 21 bits less ones among the next 21."""
    data = b""
    while len(data) < 8 * degree:
        data += next(pieces)
    words = np.frombuffer(data, "<u8")[:degree].tolist()
    mask = 2**21 - 1
    return row((word & mask).bit_count() - (word >> 21 & mask).bit_count() for word in words)


@cache
def _tails() -> tuple[int, ...]:
    """floor(2^63 P(|X| > k)) for k = 0, 1, .. while it is not 0; P(X = x) proportional to exp(-x^2 / 24)."""
    with localcontext() as context:
        context.prec = 60
        weights = [(Decimal(-x * x) / 24).exp() * (2 if x else 1) for x in range(100)]
        found = [int(2**63 * sum(weights[k + 1 :]) / sum(weights)) for k in range(50)]
    return tuple(tail for tail in found if tail)


def flooding(pieces: Iterator[bytes], bits: int, degree: int) -> Row:
    """sum of 2^i x_i, 0 <= i < bits - 1, x_i of the next words: bit 0 a sign, the others tell how many tails exceed."""
    total, data = row([0] * degree), b""
    while len(data) < 8 * degree * (bits - 1):
        data += next(pieces)
    words = np.frombuffer(data, "<u8")
    for i in range(bits - 1):
        for j, word in enumerate(words[i * degree : (i + 1) * degree].tolist()):
            size = sum((word >> 1) < tail for tail in _tails())
            total[j] += (-size if word & 1 else size) << i
    return total
