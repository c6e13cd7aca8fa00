# SPDX-License-Identifier: Apache-2.0
"""Rows with valid signatures for calibration: as many keys as rows, since keys that come again are prepared.

pyaccel holds no signing key, and neither does this: all scalars follow from one number that stands here for everyone
to read, which makes these signatures worth nothing but their time. Row i has the secret FIRST + i and the nonce
FIRST + i + 1, so that its R is the next row's key and one chain of points, each the one before plus G, gives all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

import pyaccel
from pyaccel.golden import ed25519, p256, p384, secp256k1, sm2
from pyaccel.golden.weierstrass import Curve

Bytes = npt.NDArray[np.uint8]

FIRST = int.from_bytes(hashlib.sha256(b"pyaccel calibrate").digest(), "big") >> 8
"""Far from 0, where tables of multiples of G would meet the key."""


@dataclass(frozen=True)
class SignedRows:
    """Rows that are valid under every rule of their scheme.

    Attributes:
        keys: uint8[n, bytes of a key]; x || y of ECDSA and SM2.
        messages: uint8[n, bytes of a message].
        signatures: uint8[n, bytes of a signature]; of "recovery" r || s || v with s <= (n - 1) / 2.
    """

    keys: Bytes
    messages: Bytes
    signatures: Bytes


def messages(count: int, size: int) -> Bytes:
    """Random rows, the same each time."""
    return np.random.default_rng(2026).integers(0, 256, (count, size), np.uint8)


@cache
def signed(scheme: str, count: int, size: int) -> SignedRows:
    """Rows of a scheme, or of "recovery": ECDSA on secp256k1 over digests of 32 bytes.

    Args:
        scheme: one of pyaccel.schemes(), or "recovery".
        count: rows.
        size: bytes of a message; of "recovery" a digest has 32.
    """
    texts = messages(count, 32 if scheme == "recovery" else size)
    keys, signatures = _SIGN[scheme](texts)
    return SignedRows(_rows(keys), texts, _rows(signatures))


def _rows(rows: list[bytes]) -> Bytes:
    return np.frombuffer(b"".join(rows), np.uint8).reshape(len(rows), -1)


def _chain(curve: Curve, count: int) -> Iterator[tuple[int, int]]:
    """(FIRST + i) G for i = 0 .. count, affine: no two neighbours are equal or opposite (SEC 1 §2.2.1)."""
    x, y = curve.affine(curve.multiply(FIRST, curve.g))
    gx, gy, _ = curve.g
    for _ in range(count + 1):
        yield x, y
        slope = (gy - y) * pow(gx - x, -1, curve.p) % curve.p
        following = (slope * slope - x - gx) % curve.p
        x, y = following, (slope * (x - following) - y) % curve.p


def _ecdsa(curve: Curve, digests: list[bytes], *, recovery: bool = False) -> tuple[list[bytes], list[bytes]]:
    """s = k^-1 (e + r d), r the abscissa of k G (SEC 1 §4.1.3); s or n - s, whichever is lower."""
    points = list(_chain(curve, len(digests)))
    keys, signatures = [], []
    for i, digest in enumerate(digests):
        x, y = points[i + 1]
        r = x % curve.n
        s = pow(FIRST + i + 1, -1, curve.n) * (curve.number(digest) + r * (FIRST + i)) % curve.n
        odd = y & 1
        if 2 * s > curve.n:
            s, odd = curve.n - s, odd ^ 1
        keys.append(_numbers(curve.size, *points[i]))
        signatures.append(_numbers(curve.size, r, s) + (bytes([odd]) if recovery else b""))
    return keys, signatures


def _numbers(size: int, *numbers: int) -> bytes:
    return b"".join(number.to_bytes(size, "big") for number in numbers)


def _hashed(algorithm: str, texts: Bytes) -> list[bytes]:
    return [hashlib.new(algorithm, text.tobytes()).digest() for text in texts]


def _ed25519(texts: Bytes) -> tuple[list[bytes], list[bytes]]:
    """S = r + H(R || A || M) a modulo l (RFC 8032 §5.1.6)."""
    point = ed25519.multiply(FIRST, _ED25519_BASE)
    encoded = []
    for _ in range(len(texts) + 1):
        encoded.append(ed25519.encode(point))
        point = ed25519.add(point, _ED25519_BASE)
    signatures = []
    for i, text in enumerate(texts):
        k = int.from_bytes(hashlib.sha512(encoded[i + 1] + encoded[i] + text.tobytes()).digest(), "little")
        signatures.append(encoded[i + 1] + ((FIRST + i + 1 + k * (FIRST + i)) % ed25519.L).to_bytes(32, "little"))
    return encoded[:-1], signatures


_ED25519_BASE = ed25519.decode(bytes.fromhex("58" + "66" * 31), canonical=True) or ed25519.IDENTITY
"""The point with y = 4/5 and an even x (RFC 8032 §5.1)."""


def _bip340(texts: Bytes) -> tuple[list[bytes], list[bytes]]:
    """s = k + e d, with d and k taken for points of even ordinate (BIP-340, default signing, steps 2 to 11)."""
    curve = secp256k1.CURVE
    points = list(_chain(curve, len(texts)))
    tag = hashlib.sha256(b"BIP0340/challenge").digest()
    keys, signatures = [], []
    for i, text in enumerate(texts):
        (x, y), (rx, ry) = points[i], points[i + 1]
        d, k = (FIRST + i) * (-1) ** (y & 1), (FIRST + i + 1) * (-1) ** (ry & 1)
        key, r = _numbers(32, x), _numbers(32, rx)
        e = int.from_bytes(hashlib.sha256(tag + tag + r + key + text.tobytes()).digest(), "big")
        keys.append(key)
        signatures.append(r + _numbers(32, (k + e * d) % curve.n))
    return keys, signatures


def _sm2(texts: Bytes) -> tuple[list[bytes], list[bytes]]:
    """r = e + x of k G, s = (k - r d) / (1 + d), where e = SM3(ZA || M) (GB/T 32918.2-2016, §6.1)."""
    curve = sm2.CURVE
    points = list(_chain(curve, len(texts)))
    keys = [_numbers(32, *point) for point in points[:-1]]
    identity = sm2.DEFAULT_IDENTITY
    head = _numbers(2, 8 * len(identity)) + identity + _numbers(32, curve.a, curve.b, *curve.g[:2])
    za = pyaccel.hash_many("sm3", [head + key for key in keys], device="native")
    digests = pyaccel.hash_many("sm3", np.hstack([za, texts]), device="native")
    signatures = []
    for i, digest in enumerate(digests):
        r = (int.from_bytes(digest.tobytes(), "big") + points[i + 1][0]) % curve.n
        d = FIRST + i
        signatures.append(_numbers(32, r, pow(1 + d, -1, curve.n) * (d + 1 - r * d) % curve.n))
    return keys, signatures


_SIGN: dict[str, Callable[[Bytes], tuple[list[bytes], list[bytes]]]] = {
    "ed25519": _ed25519,
    "secp256k1-ecdsa": lambda texts: _ecdsa(secp256k1.CURVE, _hashed("sha256", texts)),
    "p256-ecdsa": lambda texts: _ecdsa(p256.CURVE, _hashed("sha256", texts)),
    "p384-ecdsa": lambda texts: _ecdsa(p384.CURVE, _hashed("sha384", texts)),
    "bip340": _bip340,
    "sm2": _sm2,
    "recovery": lambda texts: _ecdsa(secp256k1.CURVE, [text.tobytes() for text in texts], recovery=True),
}
