# SPDX-License-Identifier: Apache-2.0
"""SM2 signatures (GB/T 32918.2-2016) on the curve of GB/T 32918.5-2017, with SM3."""

from __future__ import annotations

from pyaccel.golden.reasons import Reason
from pyaccel.golden.sm3 import sm3
from pyaccel.golden.weierstrass import Curve, Point

P = 2**256 - 2**224 - 2**96 + 2**64 - 1
CURVE = Curve(
    p=P,
    a=P - 3,
    b=0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93,
    n=0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123,
    g=(
        0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
        0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
        1,
    ),
    object_identifier=bytes.fromhex("2a811ccf5501822d"),
)

DEFAULT_IDENTITY = b"1234567812345678"
"""What GM/T 0009-2012 takes where the parties have agreed on nothing else."""

LONGEST_IDENTITY = 8191
"""Bytes of an identity: its bits have to be counted in two bytes."""


def identity_hash(identity: bytes, key: Point, curve: Curve = CURVE) -> bytes:
    """ZA = SM3(bits of ID || ID || a || b || x of G || y of G || x of the key || y of the key) (part 2, §5.5)."""
    numbers = (curve.a, curve.b, *curve.affine(curve.g), *curve.affine(key))
    head = (8 * len(identity)).to_bytes(2, "big") + identity
    return sm3(head + b"".join(number.to_bytes(32, "big") for number in numbers))


def verify(
    signature_format: str,
    public_key: bytes,
    message: bytes,
    signature: bytes,
    *,
    identity: bytes | None = DEFAULT_IDENTITY,
    key_format: str = "auto",
    curve: Curve = CURVE,
) -> Reason:
    """Why the signature is not valid, Reason.NONE when it is (part 2, §7.1).

    With t = (r + s) mod n, not 0, s G + t Q has to be finite with (e + x) mod n = r.

    Args:
        signature_format: `raw` or `der`.
        public_key: in key_format.
        message: hashed after ZA, e = SM3(ZA || message); with identity None it is e, 32 bytes.
        signature: in signature_format.
        identity: of the signer; None: there is none to hash.
        key_format: `auto` or `spki`.
        curve: another one, as in the example of part 2, annex A.
    """
    if len(message) != 32 if identity is None else len(identity) > LONGEST_IDENTITY:
        return Reason.LENGTH
    found = curve.decode(key_format, signature_format, public_key, signature)
    if isinstance(found, Reason):
        return found
    q, r, s = found
    n = curve.n
    t = (r + s) % n
    if not (1 <= r < n and 1 <= s < n) or t == 0:
        return Reason.RANGE
    digest = message if identity is None else sm3(identity_hash(identity, q, curve) + message)
    point = curve.add(curve.multiply(s, curve.g), curve.multiply(t, q))
    if point[2] == 0 or (int.from_bytes(digest, "big") + curve.affine(point)[0]) % n != r:
        return Reason.EQUATION
    return Reason.NONE
