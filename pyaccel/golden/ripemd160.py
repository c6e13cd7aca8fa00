# SPDX-License-Identifier: Apache-2.0
"""RIPEMD-160 as Dobbertin, Bosselaers and Preneel define it (1996), and Bitcoin's HASH160."""

from __future__ import annotations

from pyaccel.golden.constants import scaled_root
from pyaccel.golden.sha256 import sha256

_MASK = 0xFFFFFFFF
_H0 = [0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0]

# Added constants: 2^30 times the square roots (left line) and cube roots (right line) of 2, 3, 5, 7.
_K_LEFT = [0] + [scaled_root(p, 2, 30) for p in (2, 3, 5, 7)]
_K_RIGHT = [scaled_root(p, 3, 30) for p in (2, 3, 5, 7)] + [0]

_RHO = [7, 4, 13, 1, 10, 6, 15, 3, 12, 0, 9, 5, 2, 14, 11, 8]

# Rotation of message word i in round j, the same in both lines.
_SHIFTS = [
    [11, 14, 15, 12, 5, 8, 7, 9, 11, 13, 14, 15, 6, 7, 9, 8],
    [12, 13, 11, 15, 6, 9, 9, 7, 12, 15, 11, 13, 7, 8, 7, 7],
    [13, 15, 14, 11, 7, 7, 6, 8, 13, 14, 13, 12, 5, 5, 6, 9],
    [14, 11, 12, 14, 8, 6, 5, 5, 15, 12, 15, 14, 9, 9, 8, 6],
    [15, 12, 13, 13, 9, 5, 8, 6, 14, 11, 12, 11, 8, 6, 5, 5],
]


def _word_order(first: list[int]) -> list[list[int]]:
    """Message words of the five rounds: the first order, then rho applied once more a round."""
    orders = [first]
    for _ in range(4):
        orders.append([_RHO[i] for i in orders[-1]])
    return orders


_ORDER_LEFT = _word_order(list(range(16)))
_ORDER_RIGHT = _word_order([(9 * i + 5) % 16 for i in range(16)])


def _rotl(x: int, n: int) -> int:
    x &= _MASK
    return (x << n | x >> (32 - n)) & _MASK


def _f(j: int, x: int, y: int, z: int) -> int:
    """The Boolean function of the left line's round j; the right line runs them backwards."""
    if j == 0:
        return x ^ y ^ z
    if j == 1:
        return x & y | ~x & z
    if j == 2:
        return (x | ~y) ^ z
    if j == 3:
        return x & z | y & ~z
    return x ^ (y | ~z)


def _line(state: list[int], words: list[int], *, right: bool) -> list[int]:
    """One of the two parallel lines of 80 steps."""
    orders, constants = (_ORDER_RIGHT, _K_RIGHT) if right else (_ORDER_LEFT, _K_LEFT)
    a, b, c, d, e = state
    for j in range(5):
        for i in orders[j]:
            t = _rotl(a + _f(4 - j if right else j, b, c, d) + words[i] + constants[j], _SHIFTS[j][i]) + e
            a, b, c, d, e = e, t & _MASK, b, _rotl(c, 10), d
    return [a, b, c, d, e]


def ripemd160(message: bytes) -> bytes:
    """The 20-byte RIPEMD-160 digest of a message of any length."""
    padded = message + b"\x80" + bytes(-(len(message) + 9) % 64) + (8 * len(message)).to_bytes(8, "little")
    h = _H0
    for start in range(0, len(padded), 64):
        words = [int.from_bytes(padded[i : i + 4], "little") for i in range(start, start + 64, 4)]
        left = _line(h, words, right=False)
        right = _line(h, words, right=True)
        h = [(h[(i + 1) % 5] + left[(i + 2) % 5] + right[(i + 3) % 5]) & _MASK for i in range(5)]
    return b"".join(word.to_bytes(4, "little") for word in h)


def hash160(message: bytes) -> bytes:
    """RIPEMD-160 of SHA-256, Bitcoin's hash of public keys."""
    return ripemd160(sha256(message))
