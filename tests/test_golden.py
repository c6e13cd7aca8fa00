# SPDX-License-Identifier: Apache-2.0
"""Golden by itself: constants that the standards print, errors of the call, points and encodings."""

from __future__ import annotations

import hashlib
import random

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pyaccel.golden import (
    der,
    ed25519,
    hashing,
    keccak,
    merkle,
    p256,
    p384,
    recovery,
    ripemd160,
    secp256k1,
    sha256,
    sha512,
    signatures,
    sm2,
)
from pyaccel.golden.weierstrass import INFINITY, Curve


def test_constants_as_printed() -> None:
    """Constants of SHA-2, Keccak and RIPEMD-160 as their standards print them."""
    assert (sha256._K[0], sha256._K[63], sha256._H0[0]) == (0x428A2F98, 0xC67178F2, 0x6A09E667)
    assert (sha512._K[0], sha512._K[79]) == (0x428A2F98D728AE22, 0x6C44198C4A475817)
    assert (sha256._H0_224[0], sha512._H0_384[0]) == (0xC1059ED8, 0xCBBB9D5DC1059ED8)
    assert (sha512._H0_256[0], sha512._H0_256[7]) == (0x22312194FC2BF72C, 0x0EB72DDC81C52CA2)
    assert keccak._CONSTANTS[:3] == [1, 0x8082, 0x800000000000808A]
    assert keccak._CONSTANTS[23] == 0x8000000080008008
    assert keccak._ROTATIONS[1] == [1, 44, 10, 45, 2]
    assert ripemd160._K_LEFT == [0, 0x5A827999, 0x6ED9EBA1, 0x8F1BBCDC, 0xA953FD4E]
    assert ripemd160._K_RIGHT == [0x50A28BE6, 0x5C4DD124, 0x6D703EF3, 0x7A6D76E9, 0]
    assert ripemd160._ORDER_RIGHT[4] == [12, 15, 10, 4, 1, 5, 8, 7, 6, 2, 13, 14, 0, 3, 9, 11]


def test_groups() -> None:
    """Base points have the order that the standards give, and the laws hold at their edges."""
    base, order = ed25519.B, ed25519.L
    assert ed25519.encode(base) == b"\x58" + b"\x66" * 31
    assert ed25519.is_identity(ed25519.multiply(order, base))
    assert ed25519.is_identity(ed25519.add(base, ed25519.negate(base)))
    for curve in (secp256k1.CURVE, p256.CURVE, p384.CURVE, sm2.CURVE):
        g, n = curve.g, curve.n
        assert curve.p % 4 == 3
        assert curve.point(*g[:2]) == g
        assert curve.multiply(n, g)[2] == 0
        minus = curve.multiply(n - 1, g)
        assert curve.affine(minus) == (g[0], curve.p - g[1])
        assert curve.add(g, minus)[2] == 0
        assert curve.affine(curve.add(g, g)) == curve.affine(curve.double(g))
        assert curve.add(INFINITY, g) == g == curve.add(g, INFINITY)
        assert curve.double(INFINITY)[2] == 0


@pytest.mark.parametrize(("curve", "peer"), [(p256.CURVE, ec.SECP256R1()), (p384.CURVE, ec.SECP384R1())])
def test_keys_are_the_peer_s(curve: Curve, peer: ec.EllipticCurve) -> None:
    """Bytes of a key as the cryptography package writes them decode to its point, in every format."""
    for secret in (1, 2, 3, curve.n - 2, curve.n - 1):
        key = ec.derive_private_key(secret, peer).public_key()
        numbers = key.public_numbers()
        spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        forms = {PublicFormat.CompressedPoint: curve.size + 1, PublicFormat.UncompressedPoint: 2 * curve.size + 1}
        for form, width in forms.items():
            encoded = key.public_bytes(Encoding.X962, form)
            packed = curve.spki_prefix(width) + encoded
            assert len(encoded) == width
            assert curve.decode_key(encoded) == (numbers.x, numbers.y, 1)
            assert curve.decode_key(packed, "spki") == (numbers.x, numbers.y, 1)
            assert len(packed) in curve.key_widths("spki")
            assert curve.decode_key(encoded, "spki") is None
            assert curve.decode_key(packed[:-1], "spki") is None
        assert curve.affine(curve.multiply(secret, curve.g)) == (numbers.x, numbers.y)
        assert packed == spki


def test_recovery_of_an_unknown_rule() -> None:
    """The one error of the call that golden's recovery has; its keys are held against libsecp256k1 elsewhere."""
    inputs = {"digests": [], "signatures": [], "recovery_ids": None}
    outputs = {"keys": np.empty((0, 64), np.uint8), "verdicts": np.empty(0, np.uint8)}
    recovery.recover_many({"rule": "secp256k1", "addresses": False}, inputs, outputs, 0)
    with pytest.raises(ValueError, match="golden has secp256k1, ethereum-transaction, ethereum-precompile"):
        recovery.recover_many({"rule": "low-s", "addresses": False}, inputs, outputs, 0)


def test_der_round_trip() -> None:
    """What is encoded decodes to the same numbers, strict and lax."""
    source = random.Random(1)
    for _ in range(500):
        numbers = source.randrange(2 ** source.randrange(1, 257)), source.randrange(2 ** source.randrange(1, 257))
        assert der.decode(der.encode(*numbers)) == numbers == der.decode_lax(der.encode(*numbers))


def test_go_lengths() -> None:
    """Go's parser takes lengths below 2^31; beyond, asn1 of Go 1.26 says "length too large"."""
    assert der._GoReader(bytes.fromhex("30847fffffff")).header(0x30) == 2**31 - 1
    with pytest.raises(der._MalformedError):
        der._GoReader(bytes.fromhex("308480000000")).header(0x30)


@pytest.mark.parametrize(
    ("parameters", "key", "said"),
    [
        ({"algorithm": "md5"}, None, "unknown"),
        ({"algorithm": "sha256"}, b"k", "key"),
        ({"algorithm": "sha256", "context": b"c"}, None, "context"),
        ({"algorithm": "sha256", "digest_size": 20}, None, "fixed digest size"),
    ],
)
def test_hash_errors(parameters: dict[str, object], key: bytes | None, said: str) -> None:
    """Errors of the call, before anything is written."""
    digests = np.full((1, 32), 7, np.uint8)
    with pytest.raises(ValueError, match=said):
        hashing.hash_many(parameters, {"messages": [b""], "key": key}, {"digests": digests}, 1)
    assert bool((digests == 7).all())


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"form": "verkle"}, "unknown"),
        ({"form": "ssz"}, "32 bytes"),
        ({"form": "cometbft", "algorithm": "keccak256"}, "over sha256"),
        ({"form": "rfc6962", "limit": 8}, "no limit"),
        ({"form": "bitcoin"}, "32 bytes"),
    ],
)
def test_merkle_errors(parameters: dict[str, object], said: str) -> None:
    """Unknown forms, foreign hashes, and leaves of a bitcoin tree that are no nodes."""
    outputs = {"root": np.zeros((1, 32), np.uint8), "mutated": None}
    with pytest.raises(ValueError, match=said):
        merkle.root(parameters, {"leaves": [b"a leaf"]}, outputs, 1)
    with pytest.raises(ValueError, match="without leaves"):
        merkle.root({"form": "bitcoin"}, {"leaves": []}, outputs, 0)


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"scheme": "rsa"}, "scheme"),
        ({"scheme": "ed25519", "rule": "low-s"}, "rule"),
        ({"scheme": "ed25519", "message_hash": "none"}, "message_hash"),
        ({"scheme": "ed25519", "signature_format": "der"}, "signature_format"),
        ({"scheme": "bip340", "rule": "any"}, "rule"),
        ({"scheme": "bip340", "message_hash": "none"}, "bip340 hashes the message itself"),
        ({"scheme": "bip340", "signature_format": "der"}, "signature_format"),
        ({"scheme": "secp256k1-ecdsa", "signature_format": "ber"}, "signature_format"),
        ({"scheme": "secp256k1-ecdsa", "message_hash": "sha1"}, "message_hash"),
        ({"scheme": "secp256k1-ecdsa", "key_format": "spki"}, "key_format"),
    ],
)
def test_signature_errors(parameters: dict[str, object], said: str) -> None:
    """Names that do not exist, or not in this scheme."""
    inputs = {"public_keys": [bytes(32)], "messages": [b""], "signatures": [bytes(64)]}
    with pytest.raises(ValueError, match=said):
        signatures.verify_many(parameters, inputs, {"verdicts": np.zeros(1, np.uint8)}, 1)


def test_sha256_compiled_and_plain_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    """With numba (extra `golden`) and without, one text gives hashlib's digests."""
    messages = [bytes(range(n % 256)) * (1 + n // 64) for n in range(0, 200, 7)]
    expected = [hashlib.sha256(message).digest() for message in messages]
    assert [sha256.sha256(message) for message in messages] == expected
    for name in ("_rotr", "_compress"):
        function = getattr(sha256, name)
        monkeypatch.setattr(sha256, name, getattr(function, "py_func", function))
    assert [sha256.sha256(message) for message in messages] == expected
