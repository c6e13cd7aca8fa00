# SPDX-License-Identifier: Apache-2.0
"""Published SM2 signatures: of the standards, of Botan and of OpenSSL's family."""

from __future__ import annotations

import hashlib

from implementations import Implementation, implementations
from vector_files import VECTORS, botan_sm2, load_json, openssl_blocks, openssl_pem

from pyaccel.golden import der, sm2
from pyaccel.golden.reasons import Reason
from pyaccel.golden.weierstrass import Curve

_every = implementations("sm2", opencl=True)

_SPKI = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d03420004")


def _number(value: int) -> bytes:
    return value.to_bytes(32, "big")


def _curve(p: int, a: int, b: int, x: int, y: int, n: int) -> Curve:
    return Curve(p, a, b, n, (x, y, 1), b"")


@_every
def test_standard(implementation: Implementation) -> None:
    """GB/T 32918.5 A.2: in every form of key and signature, as message and as e, and with another identity."""
    case = load_json("sm2_sm3/sm2_published_examples.json")["cases"][0]
    assert case["curve"] == "gmt0003.5-recommended"
    x, y, r, s, e = (bytes.fromhex(case[name]) for name in ("px", "py", "r", "s", "e"))
    message, identity = case["msg"].encode(), case["id"].encode()
    keys = [x + y, b"\4" + x + y, bytes([2 + y[-1] % 2]) + x]
    whole = der.encode(int.from_bytes(r, "big"), int.from_bytes(s, "big"))
    for key_format, rows in (("auto", keys), ("spki", [_SPKI + x + y] * 3)):
        for signature_format, signature in (("raw", r + s), ("der", whole)):
            for some in ({"identity": identity}, {}, {"message_hash": "none"}):
                text = e if "message_hash" in some else message
                reasons = implementation.verify_many(
                    "sm2",
                    rows,
                    text,
                    [signature] * 3,
                    key_format=key_format,
                    signature_format=signature_format,
                    **some,
                )
                assert reasons == [0] * 3
            others = [identity[:-1], identity + b"\0", identity]
            reasons = implementation.verify_many(
                "sm2",
                rows,
                message,
                [signature] * 3,
                key_format=key_format,
                signature_format=signature_format,
                identity=others,
            )
            assert reasons == [5, 5, 0]
    implementation.ran(24)


@_every
def test_botan(implementation: Implementation) -> None:
    """Botan's cases on the standard curve, where a hash other than SM3 makes ZA and e."""
    cases = [case for case in botan_sm2() if case.curve[0] == sm2.P]
    assert [case.hash_name for case in cases] == ["SM3", "SHA-256"]
    for case in cases:
        point = sm2.CURVE.affine(sm2.CURVE.multiply(case.secret, sm2.CURVE.g))
        key = b"".join(map(_number, point))
        if case.hash_name == "SM3":
            rows = [key] * 2, case.message, [case.signature] * 2
            reasons = implementation.verify_many("sm2", *rows, identity=[case.identity, case.identity[1:]])
        else:
            rows = [key] * 2, [_e(hashlib.sha256, case.identity, key, case.message), bytes(32)], [case.signature] * 2
            reasons = implementation.verify_many("sm2", *rows, message_hash="none")
        assert reasons == [0, 5]
        implementation.ran(2)


def _e(hash_function: type, identity: bytes, key: bytes, message: bytes) -> bytes:
    """e under another hash than SM3."""
    numbers = (sm2.CURVE.a, sm2.CURVE.b, *sm2.CURVE.g[:2])
    head = (8 * len(identity)).to_bytes(2, "big") + identity + b"".join(map(_number, numbers)) + key
    return hash_function(hash_function(head).digest() + message).digest()


@_every
def test_openssl_family(implementation: Implementation) -> None:
    """Verify of Tongsuo's file: what goes in is e; with its last bit changed it is none."""
    text = (VECTORS / "sm2_sm3/tongsuo_openssl_evppkey_sm2.txt").read_text()
    blocks = [block for block in openssl_blocks(text, "Verify") if "Result" not in block]
    assert len(blocks) == 2
    key = openssl_pem(text, "PrivateKey=SM2_key1")[-64:]
    digests = [bytes.fromhex(block["Input"]) for block in blocks]
    changed = [digest[:-1] + bytes([digest[-1] ^ 1]) for digest in digests]
    signatures = [bytes.fromhex(block["Output"]) for block in blocks]
    options = {"message_hash": "none", "signature_format": "der"}
    assert implementation.verify_many("sm2", [key] * 2, digests, signatures, **options) == [0, 0]
    assert implementation.verify_many("sm2", [key] * 2, changed, signatures, **options) == [5, 5]
    implementation.ran(4)


def test_golden_on_other_curves() -> None:
    """GM/T 0003.2 annex A and Botan's cases on two other curves, with SM3; ZA and e as the examples print them."""
    examples = load_json("sm2_sm3/sm2_published_examples.json")
    for case in examples["cases"]:
        numbers = examples["curves"][case["curve"]]
        curve = _curve(*(int(numbers[name], 16) for name in ("p", "a", "b", "gx", "gy", "n")))
        x, y, r, s = (bytes.fromhex(case[name]) for name in ("px", "py", "r", "s"))
        identity, message = case["id"].encode(), case["msg"].encode()
        point = curve.point(int.from_bytes(x, "big"), int.from_bytes(y, "big"))
        assert point is not None
        assert sm2.identity_hash(identity, point, curve).hex().upper() == case["za"]
        assert sm2.verify("raw", x + y, message, r + s, identity=identity, curve=curve) == Reason.NONE
        assert sm2.verify("raw", x + y, bytes.fromhex(case["e"]), r + s, identity=None, curve=curve) == Reason.NONE
        assert sm2.verify("raw", x + y, message, r + s, identity=b"", curve=curve) == Reason.EQUATION
    others = [case for case in botan_sm2() if case.curve[0] != sm2.P and case.hash_name in ("SM3", "Raw")]
    assert [case.hash_name for case in others] == ["SM3", "Raw", "SM3"]
    for case in others:
        curve = _curve(*case.curve)
        key = b"".join(map(_number, curve.affine(curve.multiply(case.secret, curve.g))))
        identity = None if case.hash_name == "Raw" else case.identity
        assert sm2.verify("raw", key, case.message, case.signature, identity=identity, curve=curve) == Reason.NONE
