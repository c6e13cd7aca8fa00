# SPDX-License-Identifier: Apache-2.0
"""Cost against the number of messages: what a Python caller sees, and C calls with no interpreter about them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

import pyaccel
from pyaccel._core import lib

from .bench_hash import ALGORITHMS, call
from .contest import Call, Contest
from .foreign import works
from .loops import loops
from .marks import ONE_CALL_PEER

COUNTS = (1, 4, 8, 15, 16, 17, 64, 1024)
PYTHON_COUNTS = (*COUNTS, 16384)
_EVP = {
    "sha256": "SHA256",
    "sha512": "SHA512",
    "sha3-256": "SHA3-256",
    "sm3": "SM3",
    "blake2b-512": "BLAKE2B512",
    "ripemd160": "RIPEMD160",
}
_LOW = {"sha256": "low:sha256", "sha512": "low:sha512"}


def _digest(hasher: Callable[[], Any]) -> Call:
    return lambda: hasher().digest()


def _one(algorithm: str, number: int, rows: npt.NDArray[np.uint8], size: str) -> Iterator[Contest]:
    """One message in C, by the call for one."""
    peers = works("c", _peers(algorithm) | {"pyaccel": f"one:{number}"}, rows)
    ours = peers.pop("pyaccel", None)
    if ours is not None:
        yield Contest(f"{algorithm} {size}, C call of hash_one", 1, rows.shape[1], ours, peers)


def _peers(algorithm: str) -> dict[str, str]:
    names = {}
    if algorithm in _EVP:
        names[ONE_CALL_PEER] = f"evp:{_EVP[algorithm]}"
    if algorithm in _LOW:
        names["OpenSSL SHA*_Update"] = _LOW[algorithm]
    return names


def contests() -> Iterator[Contest]:
    """Rows of 64 bytes, and one of 1 MiB where OpenSSL has the algorithm.

    In C, ours and the peer are calls in one and the same program; n = 1 has a mark of its own.
    """
    long = np.random.default_rng(3).integers(0, 256, (1, 1 << 20), dtype=np.uint8)
    data = np.random.default_rng(2).integers(0, 256, (max(PYTHON_COUNTS), 64), dtype=np.uint8)
    known = [algorithm for algorithm in ALGORITHMS if algorithm in pyaccel.algorithms()]
    for algorithm in known:
        for n in PYTHON_COUNTS:
            rows = data[:n]
            yield Contest(f"{algorithm} 64 B, from Python", n, 64, call(algorithm, rows), loops(algorithm, rows))
    for algorithm in known:
        number = getattr(lib, f"PYACCEL_HASH_{algorithm.upper().replace('-', '_')}", None)
        if number is None or algorithm.startswith("hmac-"):
            continue
        names = _peers(algorithm) | {"pyaccel": f"pyaccel:{number}"}
        for n in COUNTS:
            found = works("c", names, data[:n])
            ours = found.pop("pyaccel", None)
            if ours is not None:
                yield Contest(f"{algorithm} 64 B, C call", n, 64, ours, found)
        yield from _one(algorithm, number, data[:1], "64 B")
        if algorithm in _EVP:
            yield from _one(algorithm, number, long, "1 MiB")
        message = data[0].tobytes()
        hasher = partial(pyaccel.hashing.new, algorithm, message)
        yield Contest(f"{algorithm} 64 B, hashing.new", 1, 64, _digest(hasher), loops(algorithm, data[:1]))
