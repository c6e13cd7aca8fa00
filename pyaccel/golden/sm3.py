# SPDX-License-Identifier: Apache-2.0
"""SM3 as GB/T 32905-2016 defines it."""

from __future__ import annotations

_MASK = 0xFFFFFFFF
_IV = [0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600, 0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E]


def _rotl(x: int, n: int) -> int:
    n %= 32
    return (x << n | x >> (32 - n)) & _MASK


def _t(j: int) -> int:
    return 0x79CC4519 if j < 16 else 0x7A879D8A


def _ff(j: int, x: int, y: int, z: int) -> int:
    return x ^ y ^ z if j < 16 else x & y | x & z | y & z


def _gg(j: int, x: int, y: int, z: int) -> int:
    return x ^ y ^ z if j < 16 else x & y | ~x & z


def _p0(x: int) -> int:
    return x ^ _rotl(x, 9) ^ _rotl(x, 17)


def _p1(x: int) -> int:
    return x ^ _rotl(x, 15) ^ _rotl(x, 23)


def _expand(block: bytes) -> tuple[list[int], list[int]]:
    """The 68 words W and the 64 words W' of a block (5.3.2)."""
    w = [int.from_bytes(block[i : i + 4], "big") for i in range(0, 64, 4)]
    for j in range(16, 68):
        w.append(_p1(w[j - 16] ^ w[j - 9] ^ _rotl(w[j - 3], 15)) ^ _rotl(w[j - 13], 7) ^ w[j - 6])
    return w, [w[j] ^ w[j + 4] for j in range(64)]


def _compress(v: list[int], block: bytes) -> list[int]:
    """The compression function (5.3.3)."""
    w, w_prime = _expand(block)
    a, b, c, d, e, f, g, h = v
    for j in range(64):
        ss1 = _rotl((_rotl(a, 12) + e + _rotl(_t(j), j)) & _MASK, 7)
        ss2 = ss1 ^ _rotl(a, 12)
        tt1 = (_ff(j, a, b, c) + d + ss2 + w_prime[j]) & _MASK
        tt2 = (_gg(j, e, f, g) + h + ss1 + w[j]) & _MASK
        d, c, b, a = c, _rotl(b, 9), a, tt1
        h, g, f, e = g, _rotl(f, 19), e, _p0(tt2)
    return [x ^ y for x, y in zip(v, [a, b, c, d, e, f, g, h], strict=True)]


def sm3(message: bytes) -> bytes:
    """The 32-byte SM3 digest of a message of any length."""
    padded = message + b"\x80" + bytes(-(len(message) + 9) % 64) + (8 * len(message)).to_bytes(8, "big")
    v = _IV
    for start in range(0, len(padded), 64):
        v = _compress(v, padded[start : start + 64])
    return b"".join(word.to_bytes(4, "big") for word in v)
