# SPDX-License-Identifier: Apache-2.0
"""SM2 by OpenSSL's libcrypto (3.0 and later), through ctypes: the independent implementation that ours is held against.

Keys come in as SubjectPublicKeyInfo and are asserted to be SM2 keys: one of the type EC on the same curve verifies
ECDSA, and takes any identity for right.
"""

from __future__ import annotations

import ctypes
import ctypes.util
from collections.abc import Sequence
from functools import cache

import pytest

SPKI_OF_WIDTH = {
    33: bytes.fromhex("3039301306072a8648ce3d020106082a811ccf5501822d032200"),
    65: bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d034200"),
}
_POINTER, _SIZE, _INT = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int
_FUNCTIONS = {
    "d2i_PUBKEY": (_POINTER, _POINTER, ctypes.POINTER(ctypes.c_char_p), ctypes.c_long),
    "EVP_PKEY_is_a": (_INT, _POINTER, ctypes.c_char_p),
    "EVP_PKEY_free": (None, _POINTER),
    "EVP_PKEY_CTX_new_from_pkey": (_POINTER, _POINTER, _POINTER, ctypes.c_char_p),
    "EVP_PKEY_CTX_free": (None, _POINTER),
    "EVP_PKEY_CTX_set1_id": (_INT, _POINTER, ctypes.c_char_p, _INT),
    "EVP_PKEY_verify_init": (_INT, _POINTER),
    "EVP_PKEY_verify": (_INT, _POINTER, ctypes.c_char_p, _SIZE, ctypes.c_char_p, _SIZE),
    "EVP_MD_CTX_new": (_POINTER,),
    "EVP_MD_CTX_free": (None, _POINTER),
    "EVP_MD_CTX_set_pkey_ctx": (None, _POINTER, _POINTER),
    "EVP_sm3": (_POINTER,),
    "EVP_DigestVerifyInit": (_INT, _POINTER, _POINTER, _POINTER, _POINTER, _POINTER),
    "EVP_DigestVerify": (_INT, _POINTER, ctypes.c_char_p, _SIZE, ctypes.c_char_p, _SIZE),
    "EVP_PKEY_Q_keygen": (_POINTER, _POINTER, _POINTER, ctypes.c_char_p),
    "EVP_DigestSignInit": (_INT, _POINTER, _POINTER, _POINTER, _POINTER, _POINTER),
    "EVP_DigestSign": (_INT, _POINTER, ctypes.c_char_p, ctypes.POINTER(_SIZE), ctypes.c_char_p, _SIZE),
    "i2d_PUBKEY": (_INT, _POINTER, ctypes.POINTER(ctypes.c_char_p)),
    "ERR_clear_error": (None,),
}


@cache
def library() -> ctypes.CDLL:
    """libcrypto; the test is skipped where it has no SM2."""
    try:
        found = ctypes.CDLL(ctypes.util.find_library("crypto") or "libcrypto.so.3")
        for name, (result, *arguments) in _FUNCTIONS.items():
            function = getattr(found, name)
            function.restype, function.argtypes = result, arguments
    except (OSError, AttributeError) as error:
        pytest.skip(f"no libcrypto of OpenSSL 3.0 and later, or one without SM2: {error}")
    key = found.EVP_PKEY_Q_keygen(None, None, b"SM2")
    if not key:
        pytest.skip("libcrypto was built without SM2")
    found.EVP_PKEY_free(key)
    return found


class Key:
    """A public key of SM2; None in the place of one that OpenSSL does not take."""

    def __init__(self, pointer: int) -> None:
        self.pointer = pointer
        assert library().EVP_PKEY_is_a(pointer, b"SM2"), "this is no SM2 key"

    def __del__(self) -> None:
        library().EVP_PKEY_free(self.pointer)

    @classmethod
    def of(cls, key: bytes) -> Key | None:
        """Of x || y, or of a point with 02, 03 or 04 before it."""
        encoded = b"\4" + key if len(key) == 64 else key
        prefix = SPKI_OF_WIDTH.get(len(encoded))
        if prefix is None or encoded[0] not in ((4,) if len(encoded) == 65 else (2, 3)):
            return None
        spki = prefix + encoded
        at = ctypes.c_char_p(spki)
        pointer = library().d2i_PUBKEY(None, ctypes.byref(at), len(spki))
        library().ERR_clear_error()
        return cls(pointer) if pointer else None

    def verify(self, message: bytes, signature: bytes, identity: bytes) -> bool:
        """A DER signature over a message, hashed after ZA."""
        lib = library()
        context = lib.EVP_PKEY_CTX_new_from_pkey(None, self.pointer, None)
        digest = lib.EVP_MD_CTX_new()
        try:
            assert lib.EVP_PKEY_CTX_set1_id(context, identity, len(identity)) == 1
            lib.EVP_MD_CTX_set_pkey_ctx(digest, context)
            assert lib.EVP_DigestVerifyInit(digest, None, lib.EVP_sm3(), None, self.pointer) == 1
            return bool(lib.EVP_DigestVerify(digest, signature, len(signature), message, len(message)) == 1)
        finally:
            lib.ERR_clear_error()
            lib.EVP_MD_CTX_free(digest)
            lib.EVP_PKEY_CTX_free(context)

    def verify_ready(self, e: bytes, signature: bytes) -> bool:
        """A DER signature over e."""
        lib = library()
        context = lib.EVP_PKEY_CTX_new_from_pkey(None, self.pointer, None)
        try:
            assert lib.EVP_PKEY_verify_init(context) == 1
            return bool(lib.EVP_PKEY_verify(context, signature, len(signature), e, len(e)) == 1)
        finally:
            lib.ERR_clear_error()
            lib.EVP_PKEY_CTX_free(context)


def signed(messages: Sequence[bytes], identity: bytes) -> tuple[bytes, list[bytes]]:
    """A new key of OpenSSL's as SubjectPublicKeyInfo, and its DER signatures over messages."""
    lib = library()
    pointer = lib.EVP_PKEY_Q_keygen(None, None, b"SM2")
    signatures = []
    for message in messages:
        context = lib.EVP_PKEY_CTX_new_from_pkey(None, pointer, None)
        digest = lib.EVP_MD_CTX_new()
        assert lib.EVP_PKEY_CTX_set1_id(context, identity, len(identity)) == 1
        lib.EVP_MD_CTX_set_pkey_ctx(digest, context)
        assert lib.EVP_DigestSignInit(digest, None, lib.EVP_sm3(), None, pointer) == 1
        out, size = ctypes.create_string_buffer(80), _SIZE(80)
        assert lib.EVP_DigestSign(digest, out, ctypes.byref(size), message, len(message)) == 1
        signatures.append(out.raw[: size.value])
        lib.EVP_MD_CTX_free(digest)
        lib.EVP_PKEY_CTX_free(context)
    size = lib.i2d_PUBKEY(pointer, None)
    buffer = ctypes.create_string_buffer(size)
    at = ctypes.c_char_p(ctypes.addressof(buffer))
    assert lib.i2d_PUBKEY(pointer, ctypes.byref(at)) == size
    lib.EVP_PKEY_free(pointer)
    return buffer.raw, signatures
