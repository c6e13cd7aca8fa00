# SPDX-License-Identifier: Apache-2.0
"""Official ECDSA vectors on secp256k1, each file as one batch."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from implementations import Implementation, implementations
from vector_files import ecdsa_siggen, load_json, wycheproof

import pyaccel
from pyaccel.golden import secp256k1

_every = implementations("secp256k1", opencl=True)


def _leftmost(hash_name: str, message: bytes) -> bytes:
    """The integer that ECDSA takes of a digest, as 32 bytes: the leftmost 256 bits, or the whole of a shorter one."""
    return hashlib.new(hash_name, message).digest()[:32].rjust(32, b"\0")


def _forms(key: bytes) -> list[bytes]:
    """A key of 65 bytes, and the same as x || y and compressed."""
    return [key, key[1:], bytes([2 + key[64] % 2]) + key[1:33]]


@_every
@pytest.mark.parametrize(
    ("file", "cases_there", "rule", "hash_name"),
    [
        ("sha256", 476, "any", None),
        # Wycheproof's Bitcoin flavour: strict DER and a low s.
        ("sha256_bitcoin", 463, "low-s", None),
        # A digest of 64 bytes comes in as its leftmost 32.
        ("sha512", 546, "any", "sha512"),
    ],
)
def test_wycheproof(
    implementation: Implementation, file: str, cases_there: int, rule: str, hash_name: str | None
) -> None:
    """All cases of Wycheproof's three files, with strict DER, under keys in each form and under prepared ones."""
    cases = wycheproof(f"secp256k1_ecdsa/wycheproof_ecdsa_secp256k1_{file}_test.json", "uncompressed")
    assert len(cases) == cases_there
    messages = [_leftmost(hash_name, case.message) if hash_name else case.message for case in cases]
    signatures = [case.signature for case in cases]
    options = {"rule": rule, "message_hash": "none" if hash_name else None, "signature_format": "der"}
    runs: list[tuple[Any, dict[str, Any]]] = [
        (list(keys), {}) for keys in zip(*(_forms(case.public_key) for case in cases), strict=True)
    ]
    # Most cases of a file share a key, so that an index leads to few.
    distinct = sorted({case.public_key for case in cases})
    prepared = pyaccel.PreparedKeys("secp256k1-ecdsa", distinct)
    runs.append((prepared, {"key_index": [distinct.index(case.public_key) for case in cases]}))
    if implementation.slow:
        implementation.left_out(3 * len(cases), "Wycheproof: keys in one form are enough for golden")
        runs = runs[:1]
    for keys, more in runs:
        reasons = implementation.verify_many("secp256k1-ecdsa", keys, messages, signatures, **options, **more)
        wrong = [case.name for case, reason in zip(cases, reasons, strict=True) if (reason == 0) != case.valid]
        assert not wrong
        implementation.ran(len(cases))


@_every
def test_siggen(implementation: Implementation) -> None:
    """Valid signatures under five hashes; each also with r and s exchanged, which is none."""
    cases = ecdsa_siggen()
    assert len(cases) == 1125
    if implementation.slow:
        implementation.left_out(2 * len(cases) - 2 * len(cases[::10]), "SigGen: every 10th is enough for golden")
        cases = cases[::10]
    keys = [case.x.to_bytes(32, "big") + case.y.to_bytes(32, "big") for case in cases]
    digests = [_leftmost(case.hash_name, case.message) for case in cases]
    halves = [(case.r.to_bytes(32, "big"), case.s.to_bytes(32, "big")) for case in cases]
    options = {"rule": "any", "message_hash": "none"}
    good = implementation.verify_many("secp256k1-ecdsa", keys, digests, [r + s for r, s in halves], **options)
    bad = implementation.verify_many("secp256k1-ecdsa", keys, digests, [s + r for r, s in halves], **options)
    assert good == [0] * len(cases)
    assert bad == [5] * len(cases)
    implementation.ran(2 * len(cases))


@_every
def test_rfc6979_nonces(implementation: Implementation) -> None:
    """The signature that each of RFC 6979's nonces makes; its point is computed by a peer."""
    order = secp256k1.N
    keys, messages, signatures = [], [], []
    for case in load_json("secp256k1_ecdsa/noble_rfc6979.json"):
        d = int(case["d"], 16)
        key = ec.derive_private_key(d, ec.SECP256K1()).public_key().public_numbers()
        message = case["message"].encode()
        e = int.from_bytes(hashlib.sha256(message).digest(), "big")
        for name in ("k0", "k1", "k15"):
            k = int(case[name], 16)
            r = ec.derive_private_key(k, ec.SECP256K1()).public_key().public_numbers().x % order
            s = pow(k, -1, order) * (e + r * d) % order
            keys.append(key.x.to_bytes(32, "big") + key.y.to_bytes(32, "big"))
            messages.append(message)
            signatures.append(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    reasons = implementation.verify_many("secp256k1-ecdsa", keys, messages, signatures, rule="any")
    assert reasons == [0] * len(keys)
    assert len(keys) == 30
    implementation.ran(len(keys))


@_every
@pytest.mark.parametrize("bits", [32, 64, 128, 256])
def test_scalar_multiplication(implementation: Implementation, bits: int) -> None:
    """Constantine's k P = Q as signatures under P of the digest 0, whose equation is that x(r / s P) is r."""
    vectors = load_json(f"secp256k1_ecdsa/constantine_tv_Secp256k1_scalar_mul_G1_{bits}bit.json")["vectors"]
    assert len(vectors) == 40
    keys, signatures, products = [], [], []
    for vector in vectors:
        keys.append(b"".join(int(vector["P"][name], 16).to_bytes(32, "big") for name in "xy"))
        products.append(int(vector["Q"]["x"], 16))
        s = products[-1] * pow(int(vector["scalar"], 16), -1, secp256k1.N) % secp256k1.N
        signatures.append(products[-1].to_bytes(32, "big") + s.to_bytes(32, "big"))
    assert max(products) < secp256k1.N
    assert len({*products}) == len(products)
    for shift, reason in ((0, 0), (1, 5)):
        rows = keys[shift:] + keys[:shift], bytes(32), signatures
        assert implementation.verify_many("secp256k1-ecdsa", *rows, message_hash="none") == [reason] * 40
        implementation.ran(40)


@_every
@pytest.mark.parametrize("bits", [32, 64, 128, 256])
def test_scalar_multiplication_by_recovery(implementation: Implementation, bits: int) -> None:
    """The same as recoveries from R = P of the digest 0, which give s / r P, both coordinates of it."""
    vectors = load_json(f"secp256k1_ecdsa/constantine_tv_Secp256k1_scalar_mul_G1_{bits}bit.json")["vectors"]
    signatures, ids, products = [], [], []
    for vector in vectors:
        (x, y), product = ([int(vector[point][name], 16) for name in "xy"] for point in "PQ")
        assert x < secp256k1.N
        s = x * int(vector["scalar"], 16) % secp256k1.N
        signatures.append(x.to_bytes(32, "big") + s.to_bytes(32, "big"))
        ids.append(y % 2)
        products.append(b"".join(value.to_bytes(32, "big") for value in product))
    assert implementation.recover_many(bytes(32), signatures, ids) == products
    implementation.ran(len(products))


def test_golden_scalar_multiplication() -> None:
    """Golden's multiplication by 256-bit scalars, of Constantine's points."""
    vectors = load_json("secp256k1_ecdsa/constantine_tv_Secp256k1_scalar_mul_G1_256bit.json")["vectors"]
    assert len(vectors) == 40
    for vector in vectors:
        point, product = ((int(vector[name]["x"], 16), int(vector[name]["y"], 16)) for name in ("P", "Q"))
        assert secp256k1.affine(secp256k1.multiply(int(vector["scalar"], 16), (*point, 1))) == product
