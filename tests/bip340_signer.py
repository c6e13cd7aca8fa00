# SPDX-License-Identifier: Apache-2.0
"""BIP-340 signatures from the definition, over golden's integers: any messages, nonces as a test wants them."""

from __future__ import annotations

from pyaccel.golden import bip340
from pyaccel.golden.secp256k1 import G, N, affine, multiply


def number(value: int) -> bytes:
    """32 bytes, big-endian."""
    return value.to_bytes(32, "big")


def even(secret: int) -> tuple[int, bytes]:
    """Of a scalar and its opposite the one whose point has an even y, and the abscissa of both."""
    x, y = affine(multiply(secret, G))
    return secret if y % 2 == 0 else N - secret, number(x)


def sign(secret: int, nonce: int, message: bytes) -> tuple[bytes, bytes, bytes]:
    """Key, message and signature."""
    d, key = even(secret)
    k, r = even(nonce)
    return key, message, r + number((k + bip340.challenge(r, key, message) * d) % N)
