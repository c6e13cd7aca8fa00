# SPDX-License-Identifier: Apache-2.0
"""SHA-256 and SHA-224 as FIPS 180-4 §6.2 and §6.3 write them."""

from __future__ import annotations

import struct

from pyaccel.golden.compiled import compiled
from pyaccel.golden.constants import primes, root_fraction

Words = tuple[int, ...]

_MASK = 0xFFFFFFFF
_K = tuple(root_fraction(p, 3, 32) for p in primes(64))
_H0 = tuple(root_fraction(p, 2, 32) for p in primes(8))
# SHA-224 begins with the second 32 bits of the next eight primes' roots (§5.3.2).
_H0_224 = tuple(root_fraction(p, 2, 64) & _MASK for p in primes(16)[8:])


@compiled
def _rotr(x: int, n: int) -> int:
    return (x >> n | x << (32 - n)) & _MASK


@compiled
def _compress(state: Words, block: Words) -> Words:
    """One block of sixteen words into the eight state words."""
    w = list(block)
    for t in range(16, 64):
        s0 = _rotr(w[t - 15], 7) ^ _rotr(w[t - 15], 18) ^ w[t - 15] >> 3
        s1 = _rotr(w[t - 2], 17) ^ _rotr(w[t - 2], 19) ^ w[t - 2] >> 10
        w.append((s1 + w[t - 7] + s0 + w[t - 16]) & _MASK)
    a, b, c, d, e, f, g, h = state
    for t in range(64):
        ch = e & f ^ ~e & g
        maj = a & b ^ a & c ^ b & c
        t1 = h + (_rotr(e, 6) ^ _rotr(e, 11) ^ _rotr(e, 25)) + ch + _K[t] + w[t]
        t2 = (_rotr(a, 2) ^ _rotr(a, 13) ^ _rotr(a, 22)) + maj
        a, b, c, d, e, f, g, h = (t1 + t2) & _MASK, a, b, c, (d + t1) & _MASK, e, f, g
    s = state
    return (
        (s[0] + a) & _MASK,
        (s[1] + b) & _MASK,
        (s[2] + c) & _MASK,
        (s[3] + d) & _MASK,
        (s[4] + e) & _MASK,
        (s[5] + f) & _MASK,
        (s[6] + g) & _MASK,
        (s[7] + h) & _MASK,
    )


def _hash(state: Words, message: bytes) -> bytes:
    """The final state words after the padded message."""
    padded = message + b"\x80" + bytes(-(len(message) + 9) % 64) + (8 * len(message)).to_bytes(8, "big")
    for i in range(0, len(padded), 64):
        state = _compress(state, struct.unpack_from(">16I", padded, i))
    return struct.pack(">8I", *state)


def sha256(message: bytes) -> bytes:
    """The 32-byte SHA-256 digest of a message of any length."""
    return _hash(_H0, message)


def sha224(message: bytes) -> bytes:
    """The 28-byte SHA-224 digest of a message of any length."""
    return _hash(_H0_224, message)[:28]


def sha256d(message: bytes) -> bytes:
    """SHA-256 of SHA-256, as Bitcoin hashes headers, transactions and Merkle nodes."""
    return sha256(sha256(message))
