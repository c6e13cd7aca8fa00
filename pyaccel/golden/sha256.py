# SPDX-License-Identifier: Apache-2.0
"""SHA-256 as FIPS 180-4 §6.2 writes it."""

from __future__ import annotations

from pyaccel.golden.constants import primes, root_fraction

_MASK = 0xFFFFFFFF
_K = [root_fraction(p, 3, 32) for p in primes(64)]
_H0 = [root_fraction(p, 2, 32) for p in primes(8)]


def _rotr(x: int, n: int) -> int:
    return (x >> n | x << (32 - n)) & _MASK


def _compress(state: list[int], block: bytes) -> list[int]:
    """One block of 64 bytes into the eight state words."""
    w = [int.from_bytes(block[i : i + 4], "big") for i in range(0, 64, 4)]
    for t in range(16, 64):
        s0 = _rotr(w[t - 15], 7) ^ _rotr(w[t - 15], 18) ^ w[t - 15] >> 3
        s1 = _rotr(w[t - 2], 17) ^ _rotr(w[t - 2], 19) ^ w[t - 2] >> 10
        w.append((s1 + w[t - 7] + s0 + w[t - 16]) & _MASK)
    a, b, c, d, e, f, g, h = state
    for k, wt in zip(_K, w, strict=True):
        ch = e & f ^ ~e & g
        maj = a & b ^ a & c ^ b & c
        t1 = h + (_rotr(e, 6) ^ _rotr(e, 11) ^ _rotr(e, 25)) + ch + k + wt
        t2 = (_rotr(a, 2) ^ _rotr(a, 13) ^ _rotr(a, 22)) + maj
        a, b, c, d, e, f, g, h = (t1 + t2) & _MASK, a, b, c, (d + t1) & _MASK, e, f, g
    return [(x + y) & _MASK for x, y in zip(state, (a, b, c, d, e, f, g, h), strict=True)]


def sha256(message: bytes) -> bytes:
    """The 32-byte SHA-256 digest of a message of any length."""
    padded = message + b"\x80" + bytes(-(len(message) + 9) % 64) + (8 * len(message)).to_bytes(8, "big")
    state = _H0
    for i in range(0, len(padded), 64):
        state = _compress(state, padded[i : i + 64])
    return b"".join(word.to_bytes(4, "big") for word in state)


def sha256d(message: bytes) -> bytes:
    """SHA-256 of SHA-256, as Bitcoin hashes headers, transactions and Merkle nodes."""
    return sha256(sha256(message))
