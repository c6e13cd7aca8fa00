# SPDX-License-Identifier: Apache-2.0
"""What OpenSSL, through the cryptography package, says of ECDSA on P-256 and P-384."""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature
from nist_vectors import Nist

Row = tuple[bytes, bytes, bytes]
"""Key, ready digest, r || s."""

PEERS = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1()}
HASHES: dict[int, hashes.HashAlgorithm] = {32: hashes.SHA256(), 48: hashes.SHA384(), 64: hashes.SHA512()}


class Peer:
    """What OpenSSL says of rows of a curve, through the cryptography package."""

    def __init__(self, curve: Nist) -> None:
        self.curve = curve
        self._keys: dict[bytes, ec.EllipticCurvePublicKey | None] = {}

    def _key(self, key: bytes) -> ec.EllipticCurvePublicKey | None:
        if key not in self._keys:
            encoded = b"\4" + key if len(key) == 2 * self.curve.size else key
            try:
                self._keys[key] = ec.EllipticCurvePublicKey.from_encoded_point(PEERS[self.curve.name], encoded)
            except ValueError:
                self._keys[key] = None
        return self._keys[key]

    def verdict(self, row: Row) -> bool:
        """Under rule any."""
        key, digest, signature = row
        size = self.curve.size
        public = self._key(key)
        if public is None or len(digest) < 32 or len(signature) != 2 * size:
            return False
        if len(digest) not in HASHES:
            # The number that counts, in as many bytes as one of the hashes has.
            digest = digest[:size].rjust(size, b"\0")
        der = encode_dss_signature(*(int.from_bytes(half, "big") for half in (signature[:size], signature[size:])))
        try:
            public.verify(der, digest, ec.ECDSA(Prehashed(HASHES[len(digest)])))
        except InvalidSignature:
            return False
        return True

    def said(self, rule: str, rows: Sequence[Row], under_any: Sequence[bool]) -> list[bool]:
        """Under another rule: low-s and fabric differ from any by the bound of s alone where r || s is raw."""
        largest = self.curve.order - 1 if rule == "any" else self.curve.order // 2
        low = (int.from_bytes(row[2][self.curve.size :], "big") <= largest for row in rows)
        return [valid and fits for valid, fits in zip(under_any, low, strict=True)]
