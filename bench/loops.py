# SPDX-License-Identifier: Apache-2.0
"""Peers in Python: loops over the C cores of hashlib, blake3, pycryptodome and pysha3, one message at a time."""

from __future__ import annotations

import hashlib
import hmac
import sys
from collections.abc import Callable, Iterable
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np
import numpy.typing as npt

from .contest import Peer

ROWS = 1 << 14
"""Most rows of a loop: what it costs is a row's, and in the cache it costs no more."""

KEY = bytes(range(32))
"""Of the keyed algorithms."""

All = Callable[[Iterable[bytes]], list[bytes]]
"""The digests of messages, each by a call of its own: the loop stands in it, so that nothing comes between."""

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


def _each(make: Callable[[bytes], Any]) -> All:
    """The loop that a caller writes: one object of the library a message."""
    return lambda messages: [make(message).digest() for message in messages]


def _new(name: str) -> All:
    new = hashlib.new
    return lambda messages: [new(name, message).digest() for message in messages]


def _shake(make: Callable[[bytes], Any], size: int) -> All:
    return lambda messages: [make(message).digest(size) for message in messages]


def _mac(name: str) -> All:
    digest = hmac.digest
    return lambda messages: [digest(KEY, message, name) for message in messages]


def _sha256d() -> All:
    sha256 = hashlib.sha256
    return lambda messages: [sha256(sha256(message).digest()).digest() for message in messages]


def _hash160() -> All:
    new, sha256 = hashlib.new, hashlib.sha256
    return lambda messages: [new("ripemd160", sha256(message).digest()).digest() for message in messages]


def _blake2b_256() -> All:
    blake2b = hashlib.blake2b
    return lambda messages: [blake2b(message, digest_size=32).digest() for message in messages]


def _openssl(name: str, needs: str, every: All) -> dict[str, All]:
    return {name: every} if needs in hashlib.algorithms_available else {}


def _hashlib() -> dict[str, All]:
    """By algorithm: constructors of their own where hashlib has them, which are its fastest way."""
    return {
        **{name: _each(getattr(hashlib, name)) for name in ("sha256", "sha224", "sha512", "sha384")},
        **{f"sha3-{bits}": _each(getattr(hashlib, f"sha3_{bits}")) for bits in (224, 256, 384, 512)},
        "sha256d": _sha256d(),
        "shake128": _shake(hashlib.shake_128, 32),
        "shake256": _shake(hashlib.shake_256, 64),
        "blake2b-256": _blake2b_256(),
        "blake2b-512": _each(hashlib.blake2b),
        "blake2s-256": _each(hashlib.blake2s),
        "hmac-sha256": _mac("sha256"),
        "hmac-sha512": _mac("sha512"),
        **_openssl("sha512-256", "sha512_256", _new("sha512_256")),
        **_openssl("sm3", "sm3", _new("sm3")),
        **_openssl("hmac-sm3", "sm3", _mac("sm3")),
        **_openssl("ripemd160", "ripemd160", _new("ripemd160")),
        **_openssl("hash160", "ripemd160", _hash160()),
    }


def calls(algorithm: str) -> dict[str, All]:
    """Each installed peer's way to hash messages one by one, by the peer's name."""
    found: dict[str, All] = {}
    openssl = _hashlib().get(algorithm)
    if openssl is not None:
        found["hashlib"] = openssl
    if algorithm == "blake3" and (blake3 := installed("blake3")) is not None:
        found["blake3"] = _each(blake3.blake3)
    if algorithm == "keccak256":
        if (sha3 := installed("sha3")) is not None:
            found["pysha3"] = _each(sha3.keccak_256)
        if (keccak := installed("Crypto.Hash.keccak")) is not None:
            new = keccak.new
            found["pycryptodome"] = lambda messages: [new(digest_bits=256, data=m).digest() for m in messages]
    return found


def joined(every: All, messages: list[bytes]) -> Callable[[], bytes]:
    """The digests of some messages, as hash_many has them."""
    return lambda: b"".join(every(messages))


def loops(algorithm: str, rows: npt.NDArray[np.uint8], most: int = ROWS) -> dict[str, Peer]:
    """The peers of hash_many over an array of rows; over the first `most` of them, where there are more.

    keccak256 also has hashlib's sha3_256: the same permutation with another padding, and the reference of its mark.
    """
    part = rows[:most]
    messages = [row.tobytes() for row in part]
    share = len(part) / len(rows)
    peers = {name: Peer(joined(every, messages), share) for name, every in calls(algorithm).items()}
    if algorithm == "keccak256":
        sha3 = joined(_hashlib()["sha3-256"], messages)
        peers["hashlib sha3_256"] = Peer(sha3, share, expected=sha3)
    return peers
