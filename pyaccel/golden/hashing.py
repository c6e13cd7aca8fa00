# SPDX-License-Identifier: Apache-2.0
"""hash_many, one message after the other."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from pyaccel.backends.base import Inputs, Outputs, Parameters
from pyaccel.golden.keccak import keccak256, sha3, shake128, shake256
from pyaccel.golden.ripemd160 import hash160, ripemd160
from pyaccel.golden.sha256 import sha256, sha256d
from pyaccel.golden.sha512 import sha512
from pyaccel.golden.sm3 import sm3

Hash = Callable[[bytes], bytes]

HASHES: dict[str, Hash] = {
    "sha256": sha256,
    "sha256d": sha256d,
    "sha512": sha512,
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
}
"""Function of each algorithm by its one spelling."""

EXTENDABLE: dict[str, Callable[[bytes, int], bytes]] = {"shake128": shake128, "shake256": shake256}
"""Those with digests of any size, which they take."""


def row(rows: Any, i: int) -> bytes:
    """Row i as bytes; a single row serves every i."""
    return bytes(rows[0 if len(rows) == 1 else i])


def hash_many(parameters: Parameters, inputs: Inputs, outputs: Outputs, n: int) -> None:
    """digests[i] = H(messages[i]) for i < n.

    Args:
        parameters: `algorithm`; `digest_size`, `key` and `context` as far as the algorithm has them.
        inputs: `messages`, n rows of any length.
        outputs: `digests`, uint8[n, digest size].
        n: number of messages.

    Raises:
        ValueError: the algorithm is unknown, or a parameter does not fit it.
    """
    name = parameters["algorithm"]
    if name not in HASHES:
        raise ValueError(f"algorithm {name!r} is unknown; golden has {', '.join(HASHES)}")
    digests: Any = outputs["digests"]
    if parameters.get("key") or parameters.get("context"):
        raise ValueError(f"{name} takes neither key nor context")
    function, size = HASHES[name], parameters.get("digest_size")
    if size and name in EXTENDABLE:
        extendable = EXTENDABLE[name]

        def function(message: bytes) -> bytes:
            return extendable(message, size)

    elif size not in (None, 0, len(function(b""))):
        raise ValueError(f"{name} has a fixed digest size, not {size}")
    for i in range(n):
        digests[i] = np.frombuffer(function(row(inputs["messages"], i)), np.uint8)
