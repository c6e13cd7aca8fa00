# SPDX-License-Identifier: Apache-2.0
"""ECDSA on secp256k1 (SEC 1 §4.1.4, SEC 2 §2.4.1) under the rules `any`, `low-s` and `bitcoin-core`.

The curve is y^2 = x^3 + 7 modulo p, of prime order n. A point is (X, Y, Z) with x = X / Z^2 and y = Y / Z^3; Z is 0 at
infinity.
"""

from __future__ import annotations

from pyaccel.golden import der
from pyaccel.golden.reasons import Reason

P = 2**256 - 2**32 - 977
N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141

Point = tuple[int, int, int]
INFINITY: Point = (1, 1, 0)
G: Point = (
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
    1,
)


def double(a: Point) -> Point:
    """2 a; infinity stays infinity, and no point has order 2."""
    x, y, z = a
    s = 4 * x * y * y % P
    m = 3 * x * x % P
    x3 = (m * m - 2 * s) % P
    return x3, (m * (s - x3) - 8 * y**4) % P, 2 * y * z % P


def add(a: Point, b: Point) -> Point:
    """a + b, for any two points."""
    x1, y1, z1 = a
    x2, y2, z2 = b
    if z1 == 0:
        return b
    if z2 == 0:
        return a
    u1, u2 = x1 * z2 * z2 % P, x2 * z1 * z1 % P
    s1, s2 = y1 * z2**3 % P, y2 * z1**3 % P
    h, r = (u2 - u1) % P, (s2 - s1) % P
    if h == 0:
        return double(a) if r == 0 else INFINITY
    x3 = (r * r - h**3 - 2 * u1 * h * h) % P
    return x3, (r * (u1 * h * h - x3) - s1 * h**3) % P, h * z1 * z2 % P


def multiply(scalar: int, point: Point) -> Point:
    """scalar * point for scalar >= 0, doubling and adding from the top bit."""
    result = INFINITY
    for bit in f"{scalar:b}":
        result = double(result)
        if bit == "1":
            result = add(result, point)
    return result


def affine(a: Point) -> tuple[int, int]:
    """(x, y) of a point that is not infinity."""
    x, y, z = a
    inverse = pow(z, -1, P)
    return x * inverse**2 % P, y * inverse**3 % P


def _on_curve(x: int, y: int) -> bool:
    return x < P and y < P and (y * y - x**3 - 7) % P == 0


def decode_key(key: bytes, *, hybrid: bool) -> Point | None:
    """The point of a public key, None where it decodes to none.

    Args:
        key: 33 bytes (02 or 03 with the parity of y, then x), 65 (04, x, y), 64 (x, y).
        hybrid: also take 65 bytes that start with 06 or 07, by the parity of y.
    """
    if len(key) == 33 and key[0] in (2, 3):
        x = int.from_bytes(key[1:], "big")
        y = pow(x**3 + 7, (P + 1) // 4, P)
        if y % 2 != key[0] % 2:
            y = -y % P
        return (x, y, 1) if _on_curve(x, y) else None
    if len(key) == 65:
        prefixes = (4, 6 + key[64] % 2) if hybrid else (4,)
        if key[0] not in prefixes:
            return None
        key = key[1:]
    if len(key) != 64:
        return None
    x, y = int.from_bytes(key[:32], "big"), int.from_bytes(key[32:], "big")
    return (x, y, 1) if _on_curve(x, y) else None


def _raw(signature: bytes) -> tuple[int, int]:
    return int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")


SIGNATURE_DECODERS = {"raw": _raw, "der": der.decode, "der-lax": der.decode_lax}


def verify(rule: str, signature_format: str, public_key: bytes, digest: bytes, signature: bytes) -> Reason:
    """Why the signature over a digest is not valid under the rule, Reason.NONE when it is.

    R = (digest / s) G + (r / s) Q has to be finite with x mod n = r.
    """
    if len(public_key) not in (33, 64, 65) or len(digest) != 32:
        return Reason.LENGTH
    if signature_format == "raw" and len(signature) != 64:
        return Reason.LENGTH
    q = decode_key(public_key, hybrid=rule == "bitcoin-core")
    if q is None:
        return Reason.KEY
    numbers = SIGNATURE_DECODERS[signature_format](signature)
    if numbers is None:
        return Reason.ENCODING
    r, s = numbers
    largest_s = N // 2 if rule == "low-s" else N - 1
    if not (1 <= r < N and 1 <= s <= largest_s):
        return Reason.RANGE
    inverse = pow(s, -1, N)
    u1, u2 = int.from_bytes(digest, "big") * inverse % N, r * inverse % N
    point = add(multiply(u1, G), multiply(u2, q))
    if point[2] == 0 or affine(point)[0] % N != r:
        return Reason.EQUATION
    return Reason.NONE
