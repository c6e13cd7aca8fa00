# SPDX-License-Identifier: Apache-2.0
"""BLAKE2b and BLAKE2s as RFC 7693 writes them, with a key or without."""

from __future__ import annotations

from dataclasses import dataclass

from pyaccel.golden.constants import primes, root_fraction

_SIGMA = [
    [int(digit, 16) for digit in line]
    for line in (
        "0123456789abcdef",
        "ea489fd61c02b753",
        "b8c052fdae367194",
        "7931dcbe265a40f8",
        "905724afe1bc683d",
        "2c6a0b834d75fe19",
        "c51fed4a0763928b",
        "db7ec13950f4862a",
        "6fe9b308c2d714a5",
        "a2847615fb9e3cd0",
    )
]
"""RFC 7693 §2.7: the message word of each place in a round; later rounds begin again."""


@dataclass(frozen=True)
class Variant:
    """What tells BLAKE2b and BLAKE2s apart (RFC 7693 §2.1).

    Attributes:
        bits: of a word.
        rounds: of a compression.
        rotations: distances R1 .. R4.
    """

    bits: int
    rounds: int
    rotations: tuple[int, int, int, int]

    @property
    def block(self) -> int:
        """Bytes of a block."""
        return 16 * self.bits // 8

    @property
    def iv(self) -> list[int]:
        """That of SHA-512 or SHA-256 (RFC 7693 §2.6)."""
        return [root_fraction(p, 2, self.bits) for p in primes(8)]


BLAKE2B = Variant(64, 12, (32, 24, 16, 63))
BLAKE2S = Variant(32, 10, (16, 12, 8, 7))

_COLUMNS = ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15))
_DIAGONALS = ((0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14))
"""What G mixes, one after the other (RFC 7693 §3.2)."""


def mix_round(variant: Variant, v: list[int], m: list[int]) -> None:
    """One round on v, message words in the order in which it takes them: eight times G (RFC 7693 §3.1)."""
    bits = variant.bits
    mask = (1 << bits) - 1
    words = iter(m)

    def rotate(x: int, n: int) -> int:
        return (x >> n | x << (bits - n)) & mask

    for a, b, c, d in _COLUMNS + _DIAGONALS:
        for first, second in (variant.rotations[:2], variant.rotations[2:]):
            v[a] = (v[a] + v[b] + next(words)) & mask
            v[d] = rotate(v[d] ^ v[a], first)
            v[c] = (v[c] + v[d]) & mask
            v[b] = rotate(v[b] ^ v[c], second)


def words_of(block: bytes, bits: int) -> list[int]:
    """Little-endian words."""
    size = bits // 8
    return [int.from_bytes(block[i : i + size], "little") for i in range(0, len(block), size)]


def _compress(variant: Variant, h: list[int], block: bytes, counter: int, *, last: bool) -> list[int]:
    """F of RFC 7693 §3.2: one block into the eight state words."""
    bits = variant.bits
    mask = (1 << bits) - 1
    v = h + variant.iv
    v[12] ^= counter & mask
    v[13] ^= counter >> bits
    v[14] ^= mask * last
    m = words_of(block, bits)
    for r in range(variant.rounds):
        mix_round(variant, v, [m[place] for place in _SIGMA[r % 10]])
    return [x ^ v[i] ^ v[i + 8] for i, x in enumerate(h)]


def blake2(variant: Variant, digest_size: int, message: bytes, key: bytes = b"") -> bytes:
    """The BLAKE2 digest of a message of any length; a key is a block before it (RFC 7693 §3.3)."""
    block = variant.block
    data = key.ljust(block, b"\0") + message if key else message
    blocks = [data[i : i + block] for i in range(0, len(data), block)] or [b""]
    h = variant.iv
    h[0] ^= 0x01010000 ^ len(key) << 8 ^ digest_size
    for i, part in enumerate(blocks):
        counter = i * block + len(part)
        h = _compress(variant, h, part.ljust(block, b"\0"), counter, last=i == len(blocks) - 1)
    return b"".join(word.to_bytes(variant.bits // 8, "little") for word in h)[:digest_size]
