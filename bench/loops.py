# SPDX-License-Identifier: Apache-2.0
"""Peers in Python: loops over the C cores of hashlib, blake3, pycryptodome and pysha3, one message at a time."""

from __future__ import annotations

import hashlib
import hmac
import sys
from collections.abc import Callable
from functools import cache, partial
from importlib import import_module
from typing import Any

import numpy as np
import numpy.typing as npt

from .contest import Peer

ROWS = 1 << 14
"""Most rows of a loop: what it costs is a row's, and in the cache it costs no more."""

KEY = bytes(range(32))
"""Of the keyed algorithms."""

One = Callable[[bytes], bytes]

missing: dict[str, str] = {}
"""Peers that are not installed, and how to get them."""


@cache
def installed(module: str) -> Any | None:
    """The module, or None where it is not installed: peers are optional, and a missing one is a missing column."""
    try:
        return import_module(module)
    except ImportError:
        missing[module] = "not installed: pip install 'pyaccel[bench]'"
        print(f"peer {module} is {missing[module]}", file=sys.stderr)
        return None


def _sha256d(data: bytes) -> bytes:
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()


def _hash160(data: bytes) -> bytes:
    return hashlib.new("ripemd160", hashlib.sha256(data).digest()).digest()


def _plain(name: str, data: bytes) -> bytes:
    return hashlib.new(name, data).digest()


def _shake(name: str, size: int, data: bytes) -> bytes:
    return hashlib.new(name, data).digest(size)


def _mac(name: str, data: bytes) -> bytes:
    return hmac.digest(KEY, data, name)


def _openssl(name: str, needs: str, one: One) -> dict[str, One]:
    return {name: one} if needs in hashlib.algorithms_available else {}


def _hashlib() -> dict[str, One]:
    """By algorithm: constructors of their own where hashlib has them, which are its fastest way."""
    return {
        "sha256": lambda data: hashlib.sha256(data).digest(),
        "sha256d": _sha256d,
        "sha224": lambda data: hashlib.sha224(data).digest(),
        "sha512": lambda data: hashlib.sha512(data).digest(),
        "sha384": lambda data: hashlib.sha384(data).digest(),
        "sha3-224": lambda data: hashlib.sha3_224(data).digest(),
        "sha3-256": lambda data: hashlib.sha3_256(data).digest(),
        "sha3-384": lambda data: hashlib.sha3_384(data).digest(),
        "sha3-512": lambda data: hashlib.sha3_512(data).digest(),
        "shake128": partial(_shake, "shake_128", 32),
        "shake256": partial(_shake, "shake_256", 64),
        "blake2b-256": lambda data: hashlib.blake2b(data, digest_size=32).digest(),
        "blake2b-512": lambda data: hashlib.blake2b(data).digest(),
        "blake2s-256": lambda data: hashlib.blake2s(data).digest(),
        "hmac-sha256": partial(_mac, "sha256"),
        "hmac-sha512": partial(_mac, "sha512"),
        **_openssl("sha512-256", "sha512_256", partial(_plain, "sha512_256")),
        **_openssl("sm3", "sm3", partial(_plain, "sm3")),
        **_openssl("hmac-sm3", "sm3", partial(_mac, "sm3")),
        **_openssl("ripemd160", "ripemd160", partial(_plain, "ripemd160")),
        **_openssl("hash160", "ripemd160", _hash160),
    }


def calls(algorithm: str) -> dict[str, One]:
    """Each installed peer's way to hash one message, by the peer's name."""
    found: dict[str, One] = {}
    openssl = _hashlib().get(algorithm)
    if openssl is not None:
        found["hashlib"] = openssl
    if algorithm == "blake3" and (blake3 := installed("blake3")) is not None:
        found["blake3"] = lambda data: blake3.blake3(data).digest()
    if algorithm == "keccak256":
        if (sha3 := installed("sha3")) is not None:
            found["pysha3"] = lambda data: sha3.keccak_256(data).digest()
        if (keccak := installed("Crypto.Hash.keccak")) is not None:
            found["pycryptodome"] = lambda data: keccak.new(digest_bits=256, data=data).digest()
    return found


def loop(one: One, messages: list[bytes]) -> Callable[[], bytes]:
    """One call a message, the digests joined."""
    return lambda: b"".join([one(message) for message in messages])


def loops(algorithm: str, rows: npt.NDArray[np.uint8], most: int = ROWS) -> dict[str, Peer]:
    """The peers of hash_many over an array of rows; over the first `most` of them, where there are more.

    keccak256 also has hashlib's sha3_256: the same permutation with another padding, and the reference of its mark.
    """
    part = rows[:most]
    messages = [row.tobytes() for row in part]
    share = len(part) / len(rows)
    peers = {name: Peer(loop(one, messages), share) for name, one in calls(algorithm).items()}
    if algorithm == "keccak256":
        sha3 = loop(_hashlib()["sha3-256"], messages)
        peers["hashlib sha3_256"] = Peer(sha3, share, expected=sha3)
    return peers
