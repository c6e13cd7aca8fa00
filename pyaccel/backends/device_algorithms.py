# SPDX-License-Identifier: Apache-2.0
"""Which kernel computes a hash, and what it is told beside the rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

Key = Literal["none", "block", "words", "hmac"]
"""What a kernel reads of a key: nothing; the key and zeros up to a block; it as it is; the two states of HMAC."""

Arguments = tuple[Any, ...]

_SHAKE = 0x1F
"""SHAKE's suffix (FIPS 202, 6.2), and the first bit of the padding."""


@dataclass(frozen=True)
class Kernel:
    """One algorithm's kernel.

    Attributes:
        path: below kernels/.
        entry: name of the kernel.
        size: bytes of a digest where none is asked for.
        arguments: of the kernel, between the rows and n: from the key's buffer, its bytes and those of a digest.
        key: what the key's buffer holds.
        key_bytes: of that buffer.
        longest: most bytes of a row.
        extendable: digests may have any size.
    """

    path: str
    entry: str
    size: int
    arguments: Callable[[Any, int, int], Arguments]
    key: Key = "none"
    key_bytes: int = 0
    longest: int = 2**63
    extendable: bool = False


def _merkle_damgard(stem: str, size: int, kind: int) -> Kernel:
    return Kernel(f"hash/{stem}.cl", f"hash_{stem}", size, lambda key, _, __: (key, np.uint32(kind)))


def _hmac(stem: str, size: int) -> Kernel:
    states = 16 * (8 if stem == "sha512" else 4)
    return Kernel(f"hash/{stem}.cl", f"hash_{stem}", size, lambda key, _, __: (key, np.uint32(3)), "hmac", states)


def _ripemd(stem: str) -> Kernel:
    return Kernel("hash/ripemd160.cl", f"hash_{stem}", 20, lambda *_: ())


def _keccak(size: int, rate: int, suffix: int) -> Kernel:
    numbers = np.uint32(rate), np.uint32(suffix)

    def arguments(_: Any, __: int, wanted: int) -> Arguments:
        return *numbers, np.uint64(wanted)

    return Kernel("hash/keccak.cl", "hash_keccak", size, arguments, extendable=suffix == _SHAKE)


def _blake2(stem: str, size: int, block: int) -> Kernel:
    def arguments(key: Any, key_size: int, wanted: int) -> Arguments:
        return key, np.uint32(key_size), np.uint32(wanted)

    return Kernel(f"hash/{stem}.cl", f"hash_{stem}", size, arguments, "block", block)


def blake3(flags: int) -> Kernel:
    """BLAKE3 in the mode that flags name (table 3 of its specification)."""

    def arguments(key: Any, _: int, wanted: int) -> Arguments:
        return key, np.uint32(flags), np.uint64(wanted)

    return Kernel("hash/blake3.cl", "hash_blake3", 32, arguments, "words", 32, longest=2**34, extendable=True)


KERNELS = {
    "sha256": _merkle_damgard("sha256", 32, 0),
    "sha224": _merkle_damgard("sha256", 28, 1),
    "sha256d": _merkle_damgard("sha256", 32, 2),
    "hmac-sha256": _hmac("sha256", 32),
    "sha512": _merkle_damgard("sha512", 64, 0),
    "sha384": _merkle_damgard("sha512", 48, 1),
    "sha512-256": _merkle_damgard("sha512", 32, 2),
    "hmac-sha512": _hmac("sha512", 64),
    "sm3": _merkle_damgard("sm3", 32, 0),
    "hmac-sm3": _hmac("sm3", 32),
    "ripemd160": _ripemd("ripemd160"),
    "hash160": _ripemd("hash160"),
    "keccak256": _keccak(32, 136, 0x01),
    "sha3-224": _keccak(28, 144, 0x06),
    "sha3-256": _keccak(32, 136, 0x06),
    "sha3-384": _keccak(48, 104, 0x06),
    "sha3-512": _keccak(64, 72, 0x06),
    "shake128": _keccak(32, 168, _SHAKE),
    "shake256": _keccak(64, 136, _SHAKE),
    "blake2b-256": _blake2("blake2b", 32, 128),
    "blake2b-512": _blake2("blake2b", 64, 128),
    "blake2s-256": _blake2("blake2s", 32, 64),
    "blake3": blake3(0),
}
"""Kernel by algorithm."""

BLAKE3_KEYED, BLAKE3_CONTEXT, BLAKE3_MATERIAL = blake3(16), blake3(32), blake3(64)
"""BLAKE3's other modes: keyed hash, and the two steps of key derivation."""
