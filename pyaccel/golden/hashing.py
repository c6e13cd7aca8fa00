# SPDX-License-Identifier: Apache-2.0
"""hash_many, one message after the other."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from pyaccel.backends.base import Inputs, Outputs, Parameters
from pyaccel.golden.blake2 import BLAKE2B, BLAKE2S, blake2
from pyaccel.golden.blake3 import blake3
from pyaccel.golden.hmac import hmac
from pyaccel.golden.keccak import keccak256, sha3, shake128, shake256
from pyaccel.golden.poseidon2 import HASHES as POSEIDON2
from pyaccel.golden.ripemd160 import hash160, ripemd160
from pyaccel.golden.sha256 import sha224, sha256, sha256d
from pyaccel.golden.sha512 import sha384, sha512, sha512_256
from pyaccel.golden.sm3 import sm3

Hash = Callable[[bytes], bytes]

HASHES: dict[str, Hash] = {
    "sha256": sha256,
    "sha256d": sha256d,
    "sha224": sha224,
    "sha512": sha512,
    "sha384": sha384,
    "sha512-256": sha512_256,
    "keccak256": keccak256,
    "ripemd160": ripemd160,
    "hash160": hash160,
    "sm3": sm3,
    "sha3-224": partial(sha3, size=28),
    "sha3-256": partial(sha3, size=32),
    "sha3-384": partial(sha3, size=48),
    "sha3-512": partial(sha3, size=64),
    "shake128": shake128,
    "shake256": shake256,
    "blake2b-256": partial(blake2, BLAKE2B, 32),
    "blake2b-512": partial(blake2, BLAKE2B, 64),
    "blake2s-256": partial(blake2, BLAKE2S, 32),
    "blake3": blake3,
    **POSEIDON2,
}
"""Function of each algorithm by its one spelling, without parameters."""

KEYED: dict[str, Callable[[bytes, bytes], bytes]] = {
    "blake2b-256": partial(blake2, BLAKE2B, 32),
    "blake2b-512": partial(blake2, BLAKE2B, 64),
    "blake2s-256": partial(blake2, BLAKE2S, 32),
    "hmac-sha256": partial(hmac, sha256, 64),
    "hmac-sha512": partial(hmac, sha512, 128),
    "hmac-sm3": partial(hmac, sm3, 64),
}
"""Function of message and key, where an algorithm takes one; what is not in HASHES needs one."""

EXTENDABLE: dict[str, Callable[[bytes, int], bytes]] = {"shake128": shake128, "shake256": shake256}
"""Those with digests of any size, which they take."""


def row(rows: Any, i: int) -> bytes:
    """Row i as bytes; a single row serves every i."""
    return bytes(rows[0 if len(rows) == 1 else i])


def hash_many(parameters: Parameters, inputs: Inputs, outputs: Outputs, n: int) -> None:
    """digests[i] = H(messages[i]) for i < n.

    Args:
        parameters: `algorithm`; `digest_size` and `context` as far as the algorithm has them.
        inputs: `messages`, n rows of any length; `key`, as far as the algorithm has one.
        outputs: `digests`, uint8[n, digest size].
        n: number of messages.

    Raises:
        ValueError: the algorithm is unknown, or a parameter does not fit it.
    """
    name = parameters["algorithm"]
    known = {**HASHES, **KEYED}
    if name not in known:
        raise ValueError(f"algorithm {name!r} is unknown; golden has {', '.join(known)}")
    digests: Any = outputs["digests"]
    key, context = inputs.get("key"), parameters.get("context")
    if key is not None and name not in (*KEYED, "blake3"):
        raise ValueError(f"{name} takes no key")
    if key is None and name not in HASHES:
        raise ValueError(f"{name} needs a key")
    if context is not None and (name != "blake3" or key is not None):
        raise ValueError(f"{name} takes no context{' beside a key' if key is not None else ''}")
    hash_one = _function(name, parameters.get("digest_size"), key, context)
    for i in range(n):
        digests[i] = np.frombuffer(hash_one(row(inputs["messages"], i)), np.uint8)


def _function(name: str, size: int | None, key: bytes | None, context: bytes | None) -> Hash:
    """An algorithm under its parameters; ValueError where it has no digest of that size."""
    if name == "blake3":
        return lambda message: blake3(message, size or 32, key, context)
    if size and name in EXTENDABLE:
        return lambda message: EXTENDABLE[name](message, size)
    hash_one: Hash = HASHES[name] if key is None else lambda message: KEYED[name](message, key)
    if name not in POSEIDON2 and size not in (None, 0, len(hash_one(b""))):
        raise ValueError(f"{name} has a fixed digest size, not {size}")
    return hash_one
