# SPDX-License-Identifier: Apache-2.0
"""Ed25519 verification (RFC 8032 §5.1) under the rules that docs/rules.md lists.

The curve is -x^2 + y^2 = 1 + d x^2 y^2 modulo p = 2^255 - 19, of order 8 l. A point is (X, Y, Z, T) with x = X / Z,
y = Y / Z, x y = T / Z; the addition law is complete, so that it also doubles.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyaccel.golden.reasons import Reason
from pyaccel.golden.sha512 import sha512

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
_SQRT_MINUS_1 = pow(2, (P - 1) // 4, P)

Point = tuple[int, int, int, int]
IDENTITY: Point = (0, 1, 1, 0)


def add(a: Point, b: Point) -> Point:
    """a + b, for any two points (RFC 8032 §5.1.4)."""
    x1, y1, z1, t1 = a
    x2, y2, z2, t2 = b
    m, n = (y1 - x1) * (y2 - x2) % P, (y1 + x1) * (y2 + x2) % P
    c, d = 2 * D * t1 * t2 % P, 2 * z1 * z2 % P
    e, f, g, h = n - m, d - c, d + c, n + m
    return e * f % P, g * h % P, f * g % P, e * h % P


def negate(a: Point) -> Point:
    """-a."""
    x, y, z, t = a
    return -x % P, y, z, -t % P


def multiply(scalar: int, point: Point) -> Point:
    """[scalar] point for scalar >= 0, doubling and adding from the top bit."""
    result = IDENTITY
    for bit in f"{scalar:b}":
        result = add(result, result)
        if bit == "1":
            result = add(result, point)
    return result


def is_identity(a: Point) -> bool:
    """Whether a is the neutral element (0, 1)."""
    x, y, z, _ = a
    return x == 0 and y == z


def _recover_x(y: int, sign: int) -> int | None:
    """x with x^2 = (y^2 - 1) / (d y^2 + 1) and the given lowest bit; None when there is no root.

    x = 0 has no root of odd sign; it comes back as 0 all the same, and who minds has to look.
    """
    x_squared = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(x_squared, (P + 3) // 8, P)
    if x * x % P != x_squared:
        x = x * _SQRT_MINUS_1 % P
    if x * x % P != x_squared:
        return None
    return x if x % 2 == sign else -x % P


def decode(encoding: bytes, *, canonical: bool) -> Point | None:
    """The point of 32 bytes (y little-endian, lowest bit of x on top), None where they decode to none.

    Args:
        encoding: 32 bytes.
        canonical: refuse what RFC 8032 §5.1.3 refuses: y >= p, and the sign bit set where x = 0.
    """
    number = int.from_bytes(encoding, "little")
    sign, y = number >> 255, number % 2**255
    if canonical and y >= P:
        return None
    x = _recover_x(y % P, sign)
    if x is None or (canonical and x == 0 and sign == 1):
        return None
    return x, y % P, 1, x * y % P


def encode(point: Point) -> bytes:
    """The canonical 32 bytes of a point."""
    x, y, z, _ = point
    inverse = pow(z, -1, P)
    x, y = x * inverse % P, y * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _base() -> Point:
    """B: y = 4 / 5 and x even (RFC 8032 §5.1)."""
    point = decode((4 * pow(5, -1, P) % P).to_bytes(32, "little"), canonical=True)
    assert point is not None
    return point


B = _base()


@dataclass(frozen=True)
class Rule:
    """What is asked besides S < l.

    Attributes:
        canonical_key: of A: y < p, and no sign on x = 0.
        canonical_r: the same of R. Who compares the encoding of [S]B - [k]A with R as bytes asks for it, as what is
            encoded is canonical.
        small_order: A and R may be points whose order divides 8.
        cofactor: what both sides of [S]B = R + [k]A are multiplied by.
    """

    canonical_key: bool
    canonical_r: bool
    small_order: bool
    cofactor: int


RULES = {
    "zip215": Rule(canonical_key=False, canonical_r=False, small_order=True, cofactor=8),
    "rfc8032": Rule(canonical_key=True, canonical_r=True, small_order=True, cofactor=1),
    "openssl": Rule(canonical_key=False, canonical_r=True, small_order=True, cofactor=1),
    "dalek-strict": Rule(canonical_key=False, canonical_r=True, small_order=False, cofactor=1),
    "libsodium": Rule(canonical_key=True, canonical_r=True, small_order=False, cofactor=1),
}
"""Rule by name, the default first."""


def _decode_under(rule: Rule, encoding: bytes, *, canonical: bool) -> Point | None:
    """The point, None where the rule refuses it."""
    point = decode(encoding, canonical=canonical)
    if point is not None and not rule.small_order and is_identity(multiply(8, point)):
        return None
    return point


def verify(rule: str, public_key: bytes, message: bytes, signature: bytes) -> Reason:
    """Why the signature is not valid under the rule, Reason.NONE when it is.

    R || S is the signature, and k = SHA-512(R || A || M) mod l over the bytes as they came.
    """
    if len(public_key) != 32 or len(signature) != 64:
        return Reason.LENGTH
    asked = RULES[rule]
    a = _decode_under(asked, public_key, canonical=asked.canonical_key)
    if a is None:
        return Reason.KEY
    r = _decode_under(asked, signature[:32], canonical=asked.canonical_r)
    if r is None:
        return Reason.ENCODING
    s = int.from_bytes(signature[32:], "little")
    if s >= L:
        return Reason.RANGE
    k = int.from_bytes(sha512(signature[:32] + public_key + message), "little") % L
    difference = add(multiply(s, B), negate(add(r, multiply(k, a))))
    return Reason.NONE if is_identity(multiply(asked.cofactor, difference)) else Reason.EQUATION
