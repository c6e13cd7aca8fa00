# SPDX-License-Identifier: Apache-2.0
"""Saved objects of homomorphic encryption, byte for byte. Source: docs/he.md."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Sequence
from enum import IntEnum

import numpy as np

from pyaccel.golden.he_context import Context
from pyaccel.golden.he_keys import Ciphertext, EvaluationKeys, Plaintext, PublicKey, SecretKey
from pyaccel.golden.he_ring import Polynomial, from_integers

MAGIC = b"PYACHE\r\n"
VERSION = 1
SEEDED = 1
LANES = 8


class Kind(IntEnum):
    """What a blob holds."""

    PARAMETERS = 1
    SECRET_KEY = 2
    PUBLIC_KEY = 3
    EVALUATION_KEYS = 4
    PLAINTEXTS = 5
    CIPHERTEXTS = 6


def pack(values: Iterable[int], bits: int) -> bytes:
    """Numbers of `bits` bits each, one after the other, least significant bit first; N of them are whole bytes."""
    text = "".join(f"{int(value):0{bits}b}" for value in reversed(list(values)))
    return int(text, 2).to_bytes(len(text) // 8, "little")


def packed(polynomial: Polynomial, primes: Iterable[int]) -> bytes:
    """Rows in the order of the primes, in canonical NTT order, each number in as many bits as its prime has."""
    return b"".join(pack(polynomial[q], q.bit_length()) for q in primes)


def sums(body: bytes) -> bytes:
    """For each of 8 lanes a = sum of its 32-bit words and b = sum of a after each, modulo 2^64."""
    words = np.frombuffer(body + bytes(-len(body) % (4 * LANES)), "<u4").astype(np.uint64).reshape(-1, LANES)
    running = np.cumsum(words, axis=0, dtype=np.uint64)
    last = running[-1] if len(running) else np.zeros(LANES, np.uint64)
    return np.stack([last, running.sum(axis=0, dtype=np.uint64)], axis=1).astype("<u8").tobytes()


def blob(context: Context, kind: Kind, body: bytes, flags: int = 0) -> bytes:
    """Header and body."""
    head = struct.pack("<8sHBBIQ32s", MAGIC, VERSION, kind, flags, 0, 72 + len(body), context.id)
    return head + hashlib.sha256(head + sums(body)).digest()[:16] + body


def save_parameters(context: Context) -> bytes:
    """A context."""
    return blob(context, Kind.PARAMETERS, context.canonical_bytes)


def save_secret_key(key: SecretKey) -> bytes:
    """Two bits a coefficient: it modulo 3."""
    return blob(key.context, Kind.SECRET_KEY, pack(key.coefficients % 3, 2))


def save_public_key(key: PublicKey) -> bytes:
    """The seed of a, and b."""
    body = key.seed + packed(key.pair[0], key.context.all_primes)
    return blob(key.context, Kind.PUBLIC_KEY, body, SEEDED)


def save_evaluation_keys(keys: EvaluationKeys) -> bytes:
    """The seed of every a; then of each element, ascending, itself and b of each digit."""
    body = keys.seed + struct.pack("<I", len(keys.keys))
    for element in sorted(keys.keys):
        body += struct.pack("<I", element)
        body += b"".join(packed(b, keys.context.all_primes) for b, _ in keys.keys[element])
    return blob(keys.context, Kind.EVALUATION_KEYS, body, SEEDED)


def save_plaintexts(context: Context, plaintexts: Sequence[Plaintext]) -> bytes:
    """Coefficients modulo t; of CKKS rows of the level's primes."""
    first = plaintexts[0]
    head = struct.pack("<QIId", len(plaintexts), first.level, 1 if context.asked.scheme == "ckks" else 2, first.scale)
    if context.asked.scheme == "ckks":
        primes = context.primes(first.level)
        rows = [packed(from_integers(one.coefficients, primes), primes) for one in plaintexts]
    else:
        rows = [pack(one.coefficients, (context.t - 1).bit_length()) for one in plaintexts]
    return blob(context, Kind.PLAINTEXTS, head + b"".join(rows))


def ciphertext_rows(one: Ciphertext) -> bytes:
    """What of a saved ciphertext an item takes: all parts, or the first where the second is a seed."""
    parts = one.parts if one.seed is None else one.parts[:1]
    return b"".join(packed(part, one.context.primes(one.level)) for part in parts)


def save_ciphertexts(ciphertexts: Sequence[Ciphertext], noise: float = 0.0) -> bytes:
    """Args: noise: the estimate that the batch carries."""
    first = ciphertexts[0]
    head = struct.pack("<QII", len(ciphertexts), len(first.parts), first.level)
    head += struct.pack("<dQd", first.scale, first.factor, noise) + (first.seed or b"")
    body = head + b"".join(map(ciphertext_rows, ciphertexts))
    return blob(first.context, Kind.CIPHERTEXTS, body, SEEDED if first.seed else 0)
