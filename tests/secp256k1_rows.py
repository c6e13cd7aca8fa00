# SPDX-License-Identifier: Apache-2.0
"""secp256k1 from outside: what libsecp256k1 (coincurve) says of a row, and rows made to meet a sum of one's choice."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from functools import cache

from coincurve import PublicKey
from coincurve._libsecp256k1 import ffi, lib
from coincurve.context import GLOBAL_CONTEXT
from implementations import Implementation

N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
P = 2**256 - 2**32 - 977
LAMBDA = 0x5363AD4CC05C30E0A5261C028812645A122E22EA20816678DF02967C1B23BD72
"""lambda (x, y) = (beta x, y), beta a cube root of 1."""

Row = tuple[bytes, bytes, bytes]
"""Key, ready digest (of BIP-340: message), r || s."""
Judged = tuple[Row, bool]
"""A row and whether it is valid."""

_CONTEXT = GLOBAL_CONTEXT.ctx


def number(value: int) -> bytes:
    """32 bytes, big-endian."""
    return value.to_bytes(32, "big")


@cache
def multiple(scalar: int) -> bytes:
    """scalar G, 65 bytes; scalar is not 0 modulo n."""
    return PublicKey.from_secret(number(scalar % N)).format(compressed=False)


def x_of(key: bytes) -> int:
    """Abscissa of a key of 65 bytes."""
    return int.from_bytes(key[1:33], "big")


def lift(x: int) -> bytes | None:
    """The point of abscissa x with an even y, 65 bytes; None where there is none."""
    try:
        return PublicKey(b"\2" + number(x)).format(compressed=False)
    except ValueError:
        return None


def lifts(start: int, step: int, count: int) -> list[bytes]:
    """The first `count` points whose abscissa is start, start + step, ..."""
    found: list[bytes] = []
    while len(found) < count:
        point = lift(start)
        found += [point] if point is not None else []
        start += step
    return found


def combine(u1: int, u2: int, point: bytes) -> bytes | None:
    """u1 G + u2 point; None at infinity."""
    parts = [PublicKey.from_secret(number(u1 % N))] if u1 % N else []
    parts += [PublicKey(point).multiply(number(u2 % N))] if u2 % N else []
    try:
        return PublicKey.combine_keys(parts).format(compressed=False)
    except ValueError:
        return None


def equation(u1: int, u2: int, key: bytes, r: int) -> Row:
    """The row of which a verifier computes u1 G + u2 Q, to compare its abscissa with r; u2 and r are not 0."""
    s = r * pow(u2, -1, N) % N
    return key, number(u1 * s % N), number(r) + number(s)


def recovery(u1: int, u2: int, point: bytes) -> tuple[bytes, bytes]:
    """Digest and r || s || id from which u1 G + u2 R is recovered, R a point of 65 bytes; u2 is not 0."""
    x = x_of(point)
    r = x % N
    return number(-u1 * r % N), number(r) + number(u2 * r % N) + bytes([2 * (x >= N) + point[64] % 2])


def recovered(rows: Sequence[tuple[bytes, bytes]]) -> list[bytes | None]:
    """libsecp256k1's key, x || y, of each digest with r || s || id, None where it has none."""
    found: list[bytes | None] = []
    signature, key = ffi.new("secp256k1_ecdsa_recoverable_signature *"), ffi.new("secp256k1_pubkey *")
    for digest, packed in rows:
        well_formed = len(digest) == 32 and len(packed) == 65 and packed[64] < 4
        parse = lib.secp256k1_ecdsa_recoverable_signature_parse_compact
        read = well_formed and parse(_CONTEXT, signature, packed[:64], packed[64])
        good = read and lib.secp256k1_ecdsa_recover(_CONTEXT, key, signature, digest)
        found.append(PublicKey(ffi.new("secp256k1_pubkey *", key[0])).format(compressed=False)[1:] if good else None)
    return found


def schnorr(secret: int, nonce: int, message: bytes, *, factor: int = 1) -> Row:
    """BIP-340 by definition: key, message, signature; the nonce counts `factor` times, which is right for 1 alone."""

    def even(scalar: int) -> tuple[int, bytes]:
        point = multiple(scalar)
        return (scalar if point[64] % 2 == 0 else N - scalar), number(x_of(point))

    (d, key), (k, r) = even(secret), even(nonce)
    tag = hashlib.sha256(b"BIP0340/challenge").digest() * 2
    e = int.from_bytes(hashlib.sha256(tag + r + key + message).digest(), "big")
    return key, message, r + number((factor * k + e * d) % N)


def _key(key: bytes, *, hybrid: bool) -> object | None:
    if len(key) == 64:
        key = b"\4" + key
    if len(key) == 65 and key[0] in (6, 7) and not hybrid:
        return None
    parsed = ffi.new("secp256k1_pubkey *")
    return parsed if lib.secp256k1_ec_pubkey_parse(_CONTEXT, parsed, key, len(key)) else None


def _verdict(rule: str, row: Row) -> bool:
    key, digest, signature = row
    if len(digest) != 32 or len(signature) != 64:
        return False
    parsed = _key(key, hybrid=rule == "bitcoin-core")
    read, normal = ffi.new("secp256k1_ecdsa_signature *"), ffi.new("secp256k1_ecdsa_signature *")
    if parsed is None or not lib.secp256k1_ecdsa_signature_parse_compact(_CONTEXT, read, signature):
        return False
    # libsecp256k1 takes a low s alone: where the rule takes any, it gets the one that means the same.
    lib.secp256k1_ecdsa_signature_normalize(_CONTEXT, normal, read)
    return bool(lib.secp256k1_ecdsa_verify(_CONTEXT, read if rule == "low-s" else normal, digest, parsed))


def libsecp256k1(rule: str, rows: Sequence[Row]) -> list[bool]:
    """Its verdict on each row under a rule."""
    return [_verdict(rule, row) for row in rows]


def in_form(row: Row, i: int) -> Row:
    """The row with its key, of 65 bytes, uncompressed, raw or compressed, in turn."""
    key, digest, signature = row
    return (key, key[1:], bytes([2 + key[64] % 2]) + key[1:33])[i % 3], digest, signature


@cache
def ordinary() -> list[Judged]:
    """Rows of no structure, one of three of them false."""
    source = random.Random(3)
    rows: list[Judged] = []
    for i in range(64):
        d, u1, u2 = (source.randrange(1, N) for _ in range(3))
        r = x_of(multiple(u1 + u2 * d)) % N if i % 3 else source.randrange(1, N)
        rows.append((equation(u1, u2, multiple(d), r), i % 3 != 0))
    return rows


def say(way: Implementation, judged: Sequence[Judged]) -> None:
    """The implementation says of rows, in one batch and with keys in every form, what is known of them."""
    rows = [in_form(row, i) for i, (row, _) in enumerate(judged)]
    columns = [list(column) for column in zip(*rows, strict=True)]
    reasons = way.verify_many("secp256k1-ecdsa", *columns, rule="any", message_hash="none")
    wrong = [i for i, (_, valid) in enumerate(judged) if (reasons[i] == 0) != valid]
    assert not wrong, (len(wrong), wrong[0], [field.hex() for field in rows[wrong[0]]], reasons[wrong[0]])
    way.ran(len(rows))


def recover(way: Implementation, rows: Sequence[tuple[bytes, bytes]], wanted: Sequence[bytes | None]) -> None:
    """The implementation recovers from rows, in one batch, what is known of them."""
    keys = way.recover_many([digest for digest, _ in rows], [signature for _, signature in rows])
    wrong = [i for i, key in enumerate(wanted) if keys[i] != key]
    assert not wrong, (len(wrong), wrong[0], [field.hex() for field in rows[wrong[0]]], keys[wrong[0]])
    way.ran(len(rows))


@cache
def ordinary_recoveries() -> list[tuple[bytes, bytes]]:
    """Rows of no structure, each of which has a key."""
    source = random.Random(4)
    return [recovery(*(source.randrange(1, N) for _ in range(2)), multiple(source.randrange(1, N))) for _ in range(64)]
