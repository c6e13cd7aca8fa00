# SPDX-License-Identifier: Apache-2.0
"""ECDSA on secp256k1 (SEC 2 §2.4.1) under the rules `any`, `low-s` and `bitcoin-core`."""

from __future__ import annotations

from pyaccel.golden.reasons import Reason
from pyaccel.golden.weierstrass import INFINITY, Curve, Point, verify_ecdsa

__all__ = ["CURVE", "INFINITY", "G", "N", "P", "Point", "add", "affine", "decode_key", "double", "multiply", "verify"]

P = 2**256 - 2**32 - 977
N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
G: Point = (
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
    1,
)
CURVE = Curve(P, 0, 7, N, G, bytes.fromhex("2b8104000a"))

add, double, multiply, affine = CURVE.add, CURVE.double, CURVE.multiply, CURVE.affine


def decode_key(key: bytes, *, hybrid: bool) -> Point | None:
    """The point of a key of 33, 64 or 65 bytes, None where it decodes to none; as `Curve.decode_key`."""
    return CURVE.decode_key(key, hybrid=hybrid)


SIGNATURE_FORMATS = ("raw", "der", "der-lax")


def verify(rule: str, signature_format: str, public_key: bytes, digest: bytes, signature: bytes) -> Reason:
    """Why the signature over a digest of 32 bytes is not valid under the rule, Reason.NONE when it is."""
    return verify_ecdsa(CURVE, rule, signature_format, public_key, digest, signature)
