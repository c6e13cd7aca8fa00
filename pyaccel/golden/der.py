# SPDX-License-Identifier: Apache-2.0
"""DER of signatures, SEQUENCE of two INTEGERs: strict as BIP-66, lax as Bitcoin Core once read it, and as Go reads it.

And what stands before the point in a SubjectPublicKeyInfo.
"""

from __future__ import annotations

_SEQUENCE = 0x30
_INTEGER = 0x02
_BIT_STRING = 0x03
_OBJECT_IDENTIFIER = 0x06

_EC_PUBLIC_KEY = bytes.fromhex("2a8648ce3d0201")
"""id-ecPublicKey, 1.2.840.10045.2.1 (RFC 5480 §2.1.1)."""


def _integer(value: int) -> bytes:
    """INTEGER of value >= 0 in the fewest bytes, with a zero byte before a set top bit."""
    content = value.to_bytes(value.bit_length() // 8 + 1, "big")
    return bytes([_INTEGER, len(content)]) + content


def encode(r: int, s: int) -> bytes:
    """The one DER encoding of (r, s), both >= 0 and its content shorter than 128 bytes."""
    content = _integer(r) + _integer(s)
    return bytes([_SEQUENCE, len(content)]) + content


def decode(der: bytes, size: int = 32) -> tuple[int, int] | None:
    """(r, s) of a strict DER signature, None when `der` is not the one encoding of the two numbers that it holds.

    Found by reading the numbers where the lengths say and encoding them anew: what is not the same then is not strict.

    Args:
        der: the signature.
        size: bytes of a scalar. The whole has at most the bytes that two of them take (of 32: the 72 of BIP-66, less
            its sighash byte); one number may be longer where the other leaves it room.
    """
    if not 8 <= len(der) <= 2 + 2 * (2 + size + 1):
        return None
    r_end = 4 + der[3]
    r = int.from_bytes(der[4:r_end], "big")
    s = int.from_bytes(der[r_end + 2 :], "big")
    return (r, s) if encode(r, s) == der else None


class _MalformedError(Exception):
    """No INTEGER here, or the bytes end before what its length promises."""


class _Reader:
    """Reads from the front; running past the end raises _MalformedError."""

    def __init__(self, data: bytes) -> None:
        self.rest = data

    def take(self, size: int) -> bytes:
        if size > len(self.rest):
            raise _MalformedError
        taken, self.rest = self.rest[:size], self.rest[size:]
        return taken

    def byte(self) -> int:
        return self.take(1)[0]

    def integer(self) -> int:
        """An INTEGER as the lax parser takes it: unsigned, any padding, long-form length below 2^24."""
        if self.byte() != _INTEGER:
            raise _MalformedError
        size = self.byte()
        if size & 0x80:
            size_bytes = self.take(size & 0x7F).lstrip(b"\0")
            if len(size_bytes) >= 4:
                raise _MalformedError
            size = int.from_bytes(size_bytes, "big")
        return int.from_bytes(self.take(size), "big")


def decode_lax(der: bytes) -> tuple[int, int] | None:
    """(r, s) as Bitcoin Core's ecdsa_signature_parse_der_lax reads them, None where even that refuses.

    The sequence's length is skipped unread, bytes after s are ignored, and an integer of any size comes back as it is:
    Core makes one above 32 bytes invalid at the range check, which is the caller's here.
    """
    reader = _Reader(der)
    try:
        if reader.byte() != _SEQUENCE:
            return None
        length = reader.byte()
        if length & 0x80:
            reader.take(length & 0x7F)
        return reader.integer(), reader.integer()
    except _MalformedError:
        return None


class _GoReader(_Reader):
    """Go's encoding/asn1 on what bccsp/utils of Hyperledger Fabric gives it: struct { R, S *big.Int }."""

    def header(self, tag: int) -> int:
        """Length of the content after a one-byte tag: definite, in the fewest bytes, below 2^31."""
        if self.byte() != tag:
            raise _MalformedError
        size = self.byte()
        if size < 0x80:
            return size
        size_bytes = self.take(size & 0x7F)
        size = int.from_bytes(size_bytes, "big")
        if not size_bytes or size_bytes[0] == 0 or not 0x80 <= size < 2**31:
            raise _MalformedError
        return size

    def integer(self) -> int:
        """An INTEGER in the fewest bytes, of either sign."""
        content = self.take(self.header(_INTEGER))
        value = int.from_bytes(content, "big", signed=True)
        if not content or (len(content) > 1 and -(1 << 8 * len(content) - 9) <= value < 1 << 8 * len(content) - 9):
            raise _MalformedError
        return value


def decode_go(der: bytes) -> tuple[int, int] | None:
    """(r, s) as Go's asn1.Unmarshal reads them, None where it fails.

    What follows s within the sequence, and what follows the sequence, is not looked at.
    """
    outer = _GoReader(der)
    try:
        inner = _GoReader(outer.take(outer.header(_SEQUENCE)))
        return inner.integer(), inner.integer()
    except _MalformedError:
        return None


def _value(tag: int, content: bytes) -> bytes:
    return bytes([tag, len(content)]) + content


def spki_prefix(curve: bytes, width: int) -> bytes:
    """What stands before a point of `width` bytes in a SubjectPublicKeyInfo (RFC 5480 §2) of a named curve.

    Args:
        curve: object identifier of the curve, content octets.
        width: bytes of the point; the whole is shorter than 128 bytes.
    """
    algorithm = _value(_SEQUENCE, _value(_OBJECT_IDENTIFIER, _EC_PUBLIC_KEY) + _value(_OBJECT_IDENTIFIER, curve))
    whole = _value(_SEQUENCE, algorithm + _value(_BIT_STRING, bytes(1 + width)))
    return whole[:-width]
