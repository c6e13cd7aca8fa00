# SPDX-License-Identifier: Apache-2.0
"""HMAC as RFC 2104 writes it, over any hash."""

from __future__ import annotations

from collections.abc import Callable

_INNER = 0x36
_OUTER = 0x5C
"""The bytes of ipad and opad (RFC 2104 §2)."""


def hmac(hash_function: Callable[[bytes], bytes], block: int, message: bytes, key: bytes) -> bytes:
    """H((K0 xor opad) || H((K0 xor ipad) || message)).

    Args:
        hash_function: H, of whole messages.
        block: bytes of its block, B in RFC 2104.
        message: of any length.
        key: of any length; K0 is the key, or H(key) where it is longer than a block, with zeros up to a block.
    """
    short = key if len(key) <= block else hash_function(key)
    padded = short + bytes(block - len(short))
    inner = hash_function(bytes(b ^ _INNER for b in padded) + message)
    return hash_function(bytes(b ^ _OUTER for b in padded) + inner)
