# SPDX-License-Identifier: Apache-2.0
"""Sponges over Keccak-f[1600]: SHA-3 and SHAKE (FIPS 202), and Keccak-256 with the original padding, as in Ethereum."""

from __future__ import annotations

_MASK = 0xFFFFFFFFFFFFFFFF

_Lanes = list[list[int]]


def _round_constants() -> list[int]:
    """FIPS 202 §3.2.5: bit 2^j - 1 of constant i is bit 7 i + j of the LFSR x^8 + x^6 + x^5 + x^4 + 1."""
    register, constants = 1, []
    for _ in range(24):
        constant = 0
        for j in range(7):
            constant |= (register & 1) << (2**j - 1)
            register = register << 1 ^ (register >> 7) * 0x171
        constants.append(constant)
    return constants


def _rotations() -> _Lanes:
    """FIPS 202 §3.2.2: offsets (t + 1)(t + 2) / 2 along the walk (x, y) -> (y, 2 x + 3 y)."""
    offsets = [[0] * 5 for _ in range(5)]
    x, y = 1, 0
    for t in range(24):
        offsets[x][y] = (t + 1) * (t + 2) // 2 % 64
        x, y = y, (2 * x + 3 * y) % 5
    return offsets


_CONSTANTS = _round_constants()
_ROTATIONS = _rotations()


def _rotl(x: int, n: int) -> int:
    return (x << n | x >> (64 - n)) & _MASK


def _permute(a: _Lanes) -> _Lanes:
    """Keccak-f[1600] on lanes a[x][y]: theta, rho, pi, chi, iota, 24 times."""
    for constant in _CONSTANTS:
        parity = [a[x][0] ^ a[x][1] ^ a[x][2] ^ a[x][3] ^ a[x][4] for x in range(5)]
        theta = [parity[x - 1] ^ _rotl(parity[(x + 1) % 5], 1) for x in range(5)]
        b = [[0] * 5 for _ in range(5)]
        for x in range(5):
            for y in range(5):
                b[y][(2 * x + 3 * y) % 5] = _rotl(a[x][y] ^ theta[x], _ROTATIONS[x][y])
        a = [[b[x][y] ^ ~b[(x + 1) % 5][y] & b[(x + 2) % 5][y] for y in range(5)] for x in range(5)]
        a[0][0] ^= constant
    return a


def sponge(message: bytes, rate: int, suffix: int, size: int) -> bytes:
    """FIPS 202 §4: absorbs a message in blocks of `rate` bytes, then squeezes `size` bytes.

    Args:
        message: any length.
        rate: bytes absorbed or squeezed per permutation.
        suffix: the bits that tell functions apart and the first bit of the padding, first bit lowest.
        size: bytes of the digest.
    """
    padded = bytearray(message + bytes([suffix]) + bytes(-(len(message) + 1) % rate))
    padded[-1] |= 0x80
    lanes = [[0] * 5 for _ in range(5)]
    for start in range(0, len(padded), rate):
        for i in range(rate // 8):
            at = start + 8 * i
            lanes[i % 5][i // 5] ^= int.from_bytes(padded[at : at + 8], "little")
        lanes = _permute(lanes)
    digest = b""
    while True:
        digest += b"".join(lanes[i % 5][i // 5].to_bytes(8, "little") for i in range(rate // 8))
        if len(digest) >= size:
            return digest[:size]
        lanes = _permute(lanes)


def keccak256(message: bytes) -> bytes:
    """The 32-byte Keccak-256 digest of a message of any length."""
    return sponge(message, 136, 0x01, 32)


def sha3(message: bytes, size: int) -> bytes:
    """SHA3-224 .. SHA3-512 (FIPS 202 §6.1): suffix 01, capacity twice the digest of `size` bytes."""
    return sponge(message, 200 - 2 * size, 0x06, size)


def shake128(message: bytes, size: int = 32) -> bytes:
    """SHAKE128 (FIPS 202 §6.2): suffix 1111, capacity 32 bytes."""
    return sponge(message, 168, 0x1F, size)


def shake256(message: bytes, size: int = 64) -> bytes:
    """SHAKE256 (FIPS 202 §6.2): suffix 1111, capacity 64 bytes."""
    return sponge(message, 136, 0x1F, size)
