# SPDX-License-Identifier: Apache-2.0
"""Curves in short Weierstrass form (SEC 1 §2.2.1) and ECDSA on them (SEC 1 §4.1.4), for any of their parameters."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from pyaccel.golden import der
from pyaccel.golden.reasons import Reason

Point = tuple[int, int, int]
"""(X, Y, Z) with x = X / Z^2 and y = Y / Z^3; Z is 0 at infinity."""

INFINITY: Point = (1, 1, 0)


@dataclass(frozen=True)
class Curve:
    """y^2 = x^3 + a x + b modulo a prime p that is 3 mod 4; the number of its points, n, is prime.

    Attributes:
        p: the field's prime.
        a: coefficient of x.
        b: constant coefficient.
        n: order of the group.
        g: the generator that the standard names.
        object_identifier: the curve's name in X.509, DER's content octets.
        size: bytes of a coordinate and of a scalar.
    """

    p: int
    a: int
    b: int
    n: int
    g: Point
    object_identifier: bytes
    size: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", (self.p.bit_length() + 7) // 8)

    def double(self, point: Point) -> Point:
        """2 * point; infinity stays infinity, and no point has order 2."""
        x, y, z = point
        s = 4 * x * y * y % self.p
        m = (3 * x * x + self.a * z**4) % self.p
        x3 = (m * m - 2 * s) % self.p
        return x3, (m * (s - x3) - 8 * y**4) % self.p, 2 * y * z % self.p

    def add(self, one: Point, other: Point) -> Point:
        """one + other, for any two points."""
        x1, y1, z1 = one
        x2, y2, z2 = other
        if z1 == 0:
            return other
        if z2 == 0:
            return one
        p = self.p
        u1, u2 = x1 * z2 * z2 % p, x2 * z1 * z1 % p
        s1, s2 = y1 * z2**3 % p, y2 * z1**3 % p
        h, r = (u2 - u1) % p, (s2 - s1) % p
        if h == 0:
            return self.double(one) if r == 0 else INFINITY
        x3 = (r * r - h**3 - 2 * u1 * h * h) % p
        return x3, (r * (u1 * h * h - x3) - s1 * h**3) % p, h * z1 * z2 % p

    def multiply(self, scalar: int, point: Point) -> Point:
        """scalar * point for scalar >= 0, doubling and adding from the top bit."""
        result = INFINITY
        for bit in f"{scalar:b}":
            result = self.double(result)
            if bit == "1":
                result = self.add(result, point)
        return result

    def affine(self, point: Point) -> tuple[int, int]:
        """(x, y) of a point that is not infinity."""
        x, y, z = point
        inverse = pow(z, -1, self.p)
        return x * inverse**2 % self.p, y * inverse**3 % self.p

    def point(self, x: int, y: int) -> Point | None:
        """The point (x, y), None where the curve has none there or a coordinate is not below p."""
        on_curve = x < self.p and y < self.p and (y * y - x**3 - self.a * x - self.b) % self.p == 0
        return (x, y, 1) if on_curve else None

    def lift(self, x: int, parity: int) -> Point | None:
        """The point of abscissa x whose ordinate has a parity, None where there is none."""
        y = pow(x**3 + self.a * x + self.b, (self.p + 1) // 4, self.p)
        return self.point(x, y if y % 2 == parity else -y % self.p)

    def number(self, octets: bytes) -> int:
        """The digest as a number: as many of its leftmost bits as n has (SEC 1 §4.1.4, step 3)."""
        return int.from_bytes(octets, "big") >> max(0, 8 * len(octets) - self.n.bit_length())

    def key_widths(self, key_format: str) -> tuple[int, ...]:
        """Bytes that a key has: compressed, bare and uncompressed, or compressed and uncompressed in an SPKI."""
        compressed, bare, whole = self.size + 1, 2 * self.size, 2 * self.size + 1
        if key_format == "auto":
            return compressed, bare, whole
        return tuple(len(self.spki_prefix(width)) + width for width in (compressed, whole))

    def spki_prefix(self, width: int) -> bytes:
        """What stands before a point of some bytes in a SubjectPublicKeyInfo (RFC 5480 §2) that names the curve."""
        return der.spki_prefix(self.object_identifier, width)

    def decode_key(self, key: bytes, key_format: str = "auto", *, hybrid: bool = False) -> Point | None:
        """The point of a public key, None where it decodes to none.

        Args:
            key: 02 or 03 with the parity of y, then x; or 04, x, y; or x, y (SEC 1 §2.3.4). With key_format "spki" the
                first two, in a SubjectPublicKeyInfo.
            key_format: "auto" or "spki".
            hybrid: also take 06 or 07, by the parity of y, in the place of 04.
        """
        if key_format == "spki":
            for width in (self.size + 1, 2 * self.size + 1):
                if len(key) > width and key[:-width] == self.spki_prefix(width):
                    return self.decode_key(key[-width:])
            return None
        if len(key) == self.size + 1 and key[0] in (2, 3):
            return self.lift(int.from_bytes(key[1:], "big"), key[0] % 2)
        if len(key) == 2 * self.size + 1:
            prefixes = (4, 6 + key[-1] % 2) if hybrid else (4,)
            if key[0] not in prefixes:
                return None
            key = key[1:]
        if len(key) != 2 * self.size:
            return None
        return self.point(int.from_bytes(key[: self.size], "big"), int.from_bytes(key[self.size :], "big"))

    def decode_signature(self, signature: bytes, signature_format: str) -> tuple[int, int] | None:
        """(r, s) of a signature; None: not of the length that r || s has, or no such DER."""
        if signature_format == "raw":
            if len(signature) != 2 * self.size:
                return None
            return int.from_bytes(signature[: self.size], "big"), int.from_bytes(signature[self.size :], "big")
        if signature_format == "der":
            return der.decode(signature, self.size)
        return der.decode_lax(signature) if signature_format == "der-lax" else der.decode_go(signature)

    def decode(
        self, key_format: str, signature_format: str, public_key: bytes, signature: bytes, *, hybrid: bool = False
    ) -> tuple[Point, int, int] | Reason:
        """The key's point, r and s, or why there are none: what comes before the range of r and s."""
        if len(public_key) not in self.key_widths(key_format):
            return Reason.LENGTH
        numbers = self.decode_signature(signature, signature_format)
        if numbers is None and signature_format == "raw":
            return Reason.LENGTH
        key = self.decode_key(public_key, key_format, hybrid=hybrid)
        if key is None:
            return Reason.KEY
        return Reason.ENCODING if numbers is None else (key, *numbers)


def verify_ecdsa(
    curve: Curve,
    rule: str,
    signature_format: str,
    public_key: bytes,
    digest: bytes,
    signature: bytes,
    *,
    key_format: str = "auto",
    digest_sizes: Collection[int] = (32,),
) -> Reason:
    """Why the signature over a digest is not valid under the rule, Reason.NONE when it is.

    R = (digest / s) G + (r / s) Q has to be finite with x mod n = r.

    Args:
        curve: that of the key.
        rule: `any`; `low-s`: s <= (n - 1) / 2; `fabric`: so, and DER as Go reads it; `bitcoin-core`: hybrid keys too.
        signature_format: `raw`, `der` or `der-lax`.
        public_key: in key_format.
        digest: of which the leftmost bits count.
        signature: in signature_format.
        key_format: `auto` or `spki`.
        digest_sizes: bytes that the digest may have.
    """
    if len(digest) not in digest_sizes:
        return Reason.LENGTH
    if rule == "fabric" and signature_format == "der":
        signature_format = "der-go"
    found = curve.decode(key_format, signature_format, public_key, signature, hybrid=rule == "bitcoin-core")
    if isinstance(found, Reason):
        return found
    q, r, s = found
    n = curve.n
    largest_s = n // 2 if rule in ("low-s", "fabric") else n - 1
    if not (1 <= r < n and 1 <= s <= largest_s):
        return Reason.RANGE
    inverse = pow(s, -1, n)
    u1, u2 = curve.number(digest) * inverse % n, r * inverse % n
    point = curve.add(curve.multiply(u1, curve.g), curve.multiply(u2, q))
    if point[2] == 0 or curve.affine(point)[0] % n != r:
        return Reason.EQUATION
    return Reason.NONE
