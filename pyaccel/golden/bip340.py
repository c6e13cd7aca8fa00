# SPDX-License-Identifier: Apache-2.0
"""Schnorr signatures on secp256k1 (BIP-340), from the text of the BIP: keys are x coordinates, messages of any length.

Curve and points are those of `pyaccel.golden.secp256k1`.
"""

from __future__ import annotations

from pyaccel.golden.reasons import Reason
from pyaccel.golden.secp256k1 import G, N, P, Point, add, affine, multiply
from pyaccel.golden.sha256 import sha256


def tagged_hash(tag: str, message: bytes) -> bytes:
    """SHA-256 of a message under a tag."""
    prefix = sha256(tag.encode())
    return sha256(prefix + prefix + message)


def lift_x(x: int) -> Point | None:
    """The point of abscissa x whose y is even, None where x is no coordinate of a point."""
    if x >= P:
        return None
    square = (x**3 + 7) % P
    y = pow(square, (P + 1) // 4, P)
    if y * y % P != square:
        return None
    return x, y if y % 2 == 0 else P - y, 1


def challenge(r: bytes, public_key: bytes, message: bytes) -> int:
    """e, what is hashed of r, key and message, modulo n."""
    return int.from_bytes(tagged_hash("BIP0340/challenge", r + public_key + message), "big") % N


def verify(public_key: bytes, message: bytes, signature: bytes) -> Reason:
    """Why the signature is not valid, Reason.NONE when it is.

    R = s G - e P has to be finite, with an even y and abscissa r. An r that is no abscissa fails that as well; it is
    told apart for its reason.
    """
    if len(public_key) != 32 or len(signature) != 64:
        return Reason.LENGTH
    key = lift_x(int.from_bytes(public_key, "big"))
    if key is None:
        return Reason.KEY
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if lift_x(r) is None:
        return Reason.ENCODING
    if s >= N:
        return Reason.RANGE
    e = challenge(signature[:32], public_key, message)
    point = add(multiply(s, G), multiply(N - e, key))
    if point[2] == 0:
        return Reason.EQUATION
    x, y = affine(point)
    return Reason.NONE if y % 2 == 0 and x == r else Reason.EQUATION
