# SPDX-License-Identifier: Apache-2.0
"""BLAKE3 as its specification writes it (O'Connor, Aumasson, Neves, Wilcox-O'Hearn 2020): a tree, by recursion."""

from __future__ import annotations

from dataclasses import dataclass

from pyaccel.golden.blake2 import BLAKE2S, mix_round, words_of

_CHUNK = 1024
_BLOCK = 64
_START, _END, _PARENT, _ROOT, _KEYED, _CONTEXT, _MATERIAL = (1 << i for i in range(7))
"""Domain flags, table 3."""

_PERMUTATION = (2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)
"""Table 2."""

_IV = BLAKE2S.iv


def _compress(h: list[int], block: bytes, counter: int, flags: int) -> list[int]:
    """§2.2: 16 words, of which the first 8 are the chaining value."""
    v = [*h, *_IV[:4], counter % 2**32, counter >> 32, len(block), flags]
    m = words_of(block.ljust(_BLOCK, b"\0"), 32)
    for _ in range(7):
        mix_round(BLAKE2S, v, m)
        m = [m[place] for place in _PERMUTATION]
    return [v[i] ^ v[i + 8] for i in range(8)] + [v[i + 8] ^ h[i] for i in range(8)]


@dataclass(frozen=True)
class _Node:
    """A node before its last compression."""

    h: list[int]
    block: bytes
    counter: int
    flags: int

    def value(self) -> list[int]:
        return _compress(self.h, self.block, self.counter, self.flags)[:8]

    def root(self, size: int) -> bytes:
        """§2.6: any number of bytes from a root."""
        words: list[int] = []
        while 4 * len(words) < size:
            words += _compress(self.h, self.block, len(words) // 16, self.flags | _ROOT)
        return b"".join(word.to_bytes(4, "little") for word in words)[:size]


def _node(data: bytes, key: list[int], flags: int, first: int = 0) -> _Node:
    """§2.1: the tree over data, whose chunks are numbered from `first`."""
    if len(data) > _CHUNK:
        left = _CHUNK
        while 2 * left < len(data):
            left *= 2
        values = _node(data[:left], key, flags, first).value()
        values += _node(data[left:], key, flags, first + left // _CHUNK).value()
        return _Node(key, b"".join(word.to_bytes(4, "little") for word in values), 0, flags | _PARENT)
    blocks = [data[i : i + _BLOCK] for i in range(0, len(data), _BLOCK)] or [b""]
    h, start = key, _START
    for block in blocks[:-1]:
        h, start = _compress(h, block, first, flags | start)[:8], 0
    return _Node(h, blocks[-1], first, flags | start | _END)


def blake3(message: bytes, size: int = 32, key: bytes | None = None, context: bytes | None = None) -> bytes:
    """BLAKE3 of any message: hash; keyed hash with a key of 32 bytes; key derivation with a context (§2.3)."""
    if key is not None:
        return _node(message, words_of(key, 32), _KEYED).root(size)
    if context is not None:
        derived = _node(context, _IV, _CONTEXT).root(32)
        return _node(message, words_of(derived, 32), _MATERIAL).root(size)
    return _node(message, _IV, 0).root(size)
