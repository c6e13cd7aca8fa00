# SPDX-License-Identifier: Apache-2.0
"""SHA-512, SHA-384 and SHA-512/256 as FIPS 180-4 §6.4 to §6.7 write them."""

from __future__ import annotations

import struct

from pyaccel.golden.constants import primes, root_fraction

_MASK = 0xFFFFFFFFFFFFFFFF
_K = [root_fraction(p, 3, 64) for p in primes(80)]
_H0 = [root_fraction(p, 2, 64) for p in primes(8)]
_H0_384 = [root_fraction(p, 2, 64) for p in primes(16)[8:]]


def _rotr(x: int, n: int) -> int:
    return (x >> n | x << (64 - n)) & _MASK


def _compress(state: list[int], block: bytes) -> list[int]:
    """One block of 128 bytes into the eight state words."""
    w = [int.from_bytes(block[i : i + 8], "big") for i in range(0, 128, 8)]
    for t in range(16, 80):
        s0 = _rotr(w[t - 15], 1) ^ _rotr(w[t - 15], 8) ^ w[t - 15] >> 7
        s1 = _rotr(w[t - 2], 19) ^ _rotr(w[t - 2], 61) ^ w[t - 2] >> 6
        w.append((s1 + w[t - 7] + s0 + w[t - 16]) & _MASK)
    a, b, c, d, e, f, g, h = state
    for k, wt in zip(_K, w, strict=True):
        ch = e & f ^ ~e & g
        maj = a & b ^ a & c ^ b & c
        t1 = h + (_rotr(e, 14) ^ _rotr(e, 18) ^ _rotr(e, 41)) + ch + k + wt
        t2 = (_rotr(a, 28) ^ _rotr(a, 34) ^ _rotr(a, 39)) + maj
        a, b, c, d, e, f, g, h = (t1 + t2) & _MASK, a, b, c, (d + t1) & _MASK, e, f, g
    return [(x + y) & _MASK for x, y in zip(state, (a, b, c, d, e, f, g, h), strict=True)]


def _hash(state: list[int], message: bytes) -> bytes:
    """The final state words after the padded message."""
    padded = message + b"\x80" + bytes(-(len(message) + 17) % 128) + (8 * len(message)).to_bytes(16, "big")
    for i in range(0, len(padded), 128):
        state = _compress(state, padded[i : i + 128])
    return struct.pack(">8Q", *state)


def sha512(message: bytes) -> bytes:
    """The 64-byte SHA-512 digest of a message of any length."""
    return _hash(_H0, message)


def sha384(message: bytes) -> bytes:
    """The 48-byte SHA-384 digest of a message of any length."""
    return _hash(_H0_384, message)[:48]


# §5.3.6: the generation function, over the initial value of SHA-512 with every byte turned by a5.
_H0_256 = list(struct.unpack(">8Q", _hash([h ^ 0xA5A5A5A5A5A5A5A5 for h in _H0], b"SHA-512/256")))


def sha512_256(message: bytes) -> bytes:
    """The 32-byte SHA-512/256 digest of a message of any length."""
    return _hash(_H0_256, message)[:32]
