# SPDX-License-Identifier: Apache-2.0
"""A million short messages in one call: the figures that the project promises per message."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

import pyaccel
from pyaccel.poseidon2 import ELEMENTS

from .contest import Call, Contest, Peer
from .foreign import works
from .loops import KEY, loops
from .machine import has

N = 1_000_000
WIDTHS = {"hash160": 33}
"""Bytes of a message; 64 for the others. A compressed public key is what hash160 is for."""
ALGORITHMS = (
    *("sha256", "sha256d", "keccak256", "sha3-256", "sm3", "sha512", "blake3", "blake2b-512", "blake2s-256"),
    *("ripemd160", "hash160", "hmac-sha256", "hmac-sha512", "hmac-sm3"),
)
POSEIDON2 = ("poseidon2-bn254-t3", "poseidon2-goldilocks-t8-horizenlabs", "poseidon2-babybear-t16-plonky3")
"""One parameter set for each size of field; permutations of rows of t elements. No peer and no mark."""
_CRATES = {
    "sha256": {"sha2 (Rust)": "sha256", "hashtree": "hashtree:auto"},
    "keccak256": {"sha3 (Rust)": "keccak256"},
    "sha3-256": {"sha3 (Rust)": "sha3-256"},
    "sm3": {"sm3 (Rust)": "sm3"},
    "sha512": {"sha2 (Rust)": "sha512"},
    "blake3": {"blake3 (Rust)": "blake3", "blake3 hash_many": "blake3-many"},
    "blake2b-512": {"blake2 (Rust)": "blake2b-512", "blake2b_simd hash_many": "blake2b-many"},
    "blake2s-256": {"blake2s_simd hash_many": "blake2s-many"},
    "ripemd160": {"ripemd (Rust)": "ripemd160"},
    "hash160": {"sha2+ripemd (Rust)": "hash160"},
}
_MODULES = {
    "sha256": {"gohashtree (Go)": "gohashtree", "sha256-simd (Go)": "sha256-simd"},
    "keccak256": {"x/crypto (Go)": "keccak256"},
    "sha3-256": {"x/crypto (Go)": "sha3-256"},
}


def call(algorithm: str, rows: npt.NDArray[np.uint8]) -> Call:
    """hash_many into memory that is there already, as the peers have it."""
    key = KEY if algorithm.startswith("hmac-") else None
    out = pyaccel.hash_many(algorithm, rows, key=key, device="native")
    return lambda: pyaccel.hash_many(algorithm, rows, key=key, out=out, device="native")


def contests(n: int = N) -> Iterator[Contest]:
    """Each algorithm that works; SHA-256 once more without SHA-NI, where there is such a thing."""
    generator = np.random.default_rng(1)
    data = {width: generator.integers(0, 256, (n, width), dtype=np.uint8) for width in {64, *WIDTHS.values()}}
    for algorithm in ALGORITHMS:
        if algorithm not in pyaccel.algorithms():
            continue
        width = WIDTHS.get(algorithm, 64)
        rows = data[width]
        crates = works("rust", _CRATES.get(algorithm, {}), rows) if algorithm in _CRATES else {}
        modules = works("go", _MODULES[algorithm], rows) if algorithm in _MODULES else {}
        yield Contest(
            f"{algorithm} {width} B", n, width, call(algorithm, rows), {**loops(algorithm, rows), **crates, **modules}
        )
    for algorithm in POSEIDON2:
        elements = ELEMENTS[algorithm]
        rows = generator.integers(0, 256, (max(1, n // 100), elements.width), dtype=np.uint8)
        rows[:, elements.size - 1 :: elements.size] = 0  # below the modulus, whatever it is
        yield Contest(f"{algorithm} permutation", len(rows), elements.width, call(algorithm, rows))
    if has("avx2") and has("shani"):
        rows = data[64]
        peers: dict[str, Call | Peer] = {**loops("sha256", rows)}
        peers |= works("rust", {"hashtree avx2_x8": "hashtree:avx2_x8"}, rows)
        yield Contest("sha256 64 B, without SHA-NI", n, 64, call("sha256", rows), peers, spec="avx2,-shani")
