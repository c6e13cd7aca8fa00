# SPDX-License-Identifier: Apache-2.0
"""Many short messages against a loop over hashlib's C core (and over pycryptodome's Keccak)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator

import numpy as np

import pyaccel

from .harness import Contest, installed

COUNTS = (1, 4, 8, 15, 16, 17, 64, 1024, 16384)
WIDTH = 64


def _double(data: bytes) -> bytes:
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()


def _hash160(data: bytes) -> bytes:
    return hashlib.new("ripemd160", hashlib.sha256(data).digest()).digest()


def _peers() -> dict[str, tuple[str, Callable[[bytes], bytes]]]:
    found: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
        "sha256": ("hashlib", lambda data: hashlib.sha256(data).digest()),
        "sha256d": ("hashlib", _double),
        "sha224": ("hashlib", lambda data: hashlib.sha224(data).digest()),
        "sha512": ("hashlib", lambda data: hashlib.sha512(data).digest()),
        "sha384": ("hashlib", lambda data: hashlib.sha384(data).digest()),
        "blake2b-256": ("hashlib", lambda data: hashlib.blake2b(data, digest_size=32).digest()),
        "blake2b-512": ("hashlib", lambda data: hashlib.blake2b(data).digest()),
        "blake2s-256": ("hashlib", lambda data: hashlib.blake2s(data).digest()),
    }
    if "sha512_256" in hashlib.algorithms_available:
        found["sha512-256"] = ("hashlib", lambda data: hashlib.new("sha512_256", data).digest())
    if "sm3" in hashlib.algorithms_available:
        found["sm3"] = ("hashlib", lambda data: hashlib.new("sm3", data).digest())
    found["sha3-224"] = ("hashlib", lambda data: hashlib.sha3_224(data).digest())
    found["sha3-256"] = ("hashlib", lambda data: hashlib.sha3_256(data).digest())
    found["sha3-384"] = ("hashlib", lambda data: hashlib.sha3_384(data).digest())
    found["sha3-512"] = ("hashlib", lambda data: hashlib.sha3_512(data).digest())
    found["shake128"] = ("hashlib", lambda data: hashlib.shake_128(data).digest(32))
    found["shake256"] = ("hashlib", lambda data: hashlib.shake_256(data).digest(64))
    if "ripemd160" in hashlib.algorithms_available:
        found["ripemd160"] = ("hashlib", lambda data: hashlib.new("ripemd160", data).digest())
        found["hash160"] = ("hashlib", _hash160)
    blake3 = installed("blake3")
    if blake3 is not None:
        found["blake3"] = ("blake3", lambda data: blake3.blake3(data).digest())
    keccak = installed("Crypto.Hash.keccak")
    if keccak is not None:
        found["keccak256"] = ("pycryptodome", lambda data: keccak.new(digest_bits=256, data=data).digest())
    return found


def contests() -> Iterator[Contest]:
    """Each algorithm at each count, rows of 64 bytes in one array; peers loop over ready bytes objects."""
    generator = np.random.default_rng(1)
    peers = _peers()
    for algorithm in pyaccel.algorithms():
        for n in COUNTS:
            rows = generator.integers(0, 256, (n, WIDTH), dtype=np.uint8)
            messages = [row.tobytes() for row in rows]
            peer: dict[str, Callable[[], object]] = {}
            if algorithm in peers:
                name, one = peers[algorithm]
                peer[name] = lambda one=one, messages=messages: b"".join([one(message) for message in messages])
            yield Contest(
                name=f"{algorithm} {WIDTH} B",
                n=n,
                row_bytes=WIDTH,
                ours=lambda algorithm=algorithm, rows=rows: pyaccel.hash_many(algorithm, rows, device="native"),
                peers=peer,
            )
