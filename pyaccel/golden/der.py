# SPDX-License-Identifier: Apache-2.0
"""DER of ECDSA signatures: SEQUENCE of two INTEGERs, strict as BIP-66 and lax as Bitcoin Core once read it."""

from __future__ import annotations

_SEQUENCE = 0x30
_INTEGER = 0x02
_LARGEST = 72
"""BIP-66 allows 73 bytes with the sighash byte, which is no part of the signature here."""


def _integer(value: int) -> bytes:
    """INTEGER of value >= 0 in the fewest bytes, with a zero byte before a set top bit."""
    content = value.to_bytes(value.bit_length() // 8 + 1, "big")
    return bytes([_INTEGER, len(content)]) + content


def encode(r: int, s: int) -> bytes:
    """The one DER encoding of (r, s), both >= 0 and its content shorter than 128 bytes."""
    content = _integer(r) + _integer(s)
    return bytes([_SEQUENCE, len(content)]) + content


def decode(der: bytes) -> tuple[int, int] | None:
    """(r, s) of a strict DER signature, None when `der` is not the one encoding of the two numbers that it holds.

    Found by reading the numbers where the lengths say and encoding them anew: what is not the same then is not strict.
    The numbers may be of any size that BIP-66's 72 bytes leave room for.
    """
    if not 8 <= len(der) <= _LARGEST:
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
