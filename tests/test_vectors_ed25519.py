# SPDX-License-Identifier: Apache-2.0
"""Official Ed25519 vectors under every rule, each file as one batch."""

from __future__ import annotations

import pytest
from implementations import Implementation, implementations
from vector_files import SignatureCase, botan_ed25519, ed25519_sign_input, fields, wycheproof, zip215_small_order

import pyaccel

_every = implementations("ed25519", opencl=True)
_rules = pytest.mark.parametrize("rule", pyaccel.rules("ed25519"))

# What a file calls invalid and a rule allows, with the reason; everything else has to come out as the file says.
_ALLOWED = {
    # R is the identity with the sign bit set: ZIP-215 takes any encoding that decodes.
    ("wycheproof", "zip215"): {"tcId 151"},
    # Keys that are the identity, canonical (2) and with the sign bit set (3): Botan refuses keys of small order,
    # RFC 8032 only the second encoding, ZIP-215 and OpenSSL neither.
    ("botan", "zip215"): {"case 2", "case 3"},
    ("botan", "rfc8032"): {"case 2"},
    ("botan", "openssl"): {"case 2", "case 3"},
}


def _check(implementation: Implementation, file: str, cases: list[SignatureCase], rule: str) -> None:
    reasons = implementation.verify_many(
        "ed25519",
        [case.public_key for case in cases],
        [case.message for case in cases],
        [case.signature for case in cases],
        rule=rule,
    )
    allowed = _ALLOWED.get((file, rule), set())
    got = {case.name.split(":")[0]: reason == 0 for case, reason in zip(cases, reasons, strict=True)}
    expected = {case.name.split(":")[0]: case.valid or case.name.split(":")[0] in allowed for case in cases}
    assert got == expected
    assert allowed <= got.keys()
    implementation.ran(len(cases))


@_every
@_rules
def test_wycheproof(implementation: Implementation, rule: str) -> None:
    """All of Wycheproof's cases."""
    cases = wycheproof("ed25519/wycheproof_ed25519_test.json", "pk")
    assert len(cases) == 151
    _check(implementation, "wycheproof", cases, rule)


@_every
@_rules
def test_botan(implementation: Implementation, rule: str) -> None:
    """Botan's negative cases."""
    cases = botan_ed25519()
    assert len(cases) == 62
    _check(implementation, "botan", cases, rule)


@_every
def test_zip215_small_order(implementation: Implementation) -> None:
    """All 14 x 14 small-order keys and R, canonical and not."""
    cases = zip215_small_order()
    assert len(cases) == 196
    _check(implementation, "zip215", cases, "zip215")


@_every
@_rules
def test_sign_input(implementation: Implementation, rule: str) -> None:
    """The 1,024 signatures of the authors' sign.input, and each over the next one's message."""
    cases = ed25519_sign_input()
    assert len(cases) == 1024
    if implementation.slow:
        implementation.left_out(2 * len(cases) - 2 * len(cases[::16]), "sign.input: every 16th is enough for golden")
        cases = cases[::16]
    _check(implementation, "sign.input", cases, rule)
    swapped = [
        SignatureCase(case.name, case.public_key, other.message, case.signature, valid=False)
        for case, other in zip(cases, cases[1:] + cases[:1], strict=True)
    ]
    _check(implementation, "sign.input", swapped, rule)


@_every
@_rules
def test_keys_that_decode(implementation: Implementation, rule: str) -> None:
    """Botan's valid keys decode: a signature that fails under them fails for another reason."""
    section, keys = "", []
    for key, value in fields("ed25519/botan_ed25519_key_valid.vec"):
        if key == "[]":
            section = value
        elif section == "Valid":
            keys.append(bytes.fromhex(value))
    assert len(keys) == 6
    # The base point as R and S = 0.
    reasons = implementation.verify_many(
        "ed25519", keys, [b""] * 6, [b"\x58" + b"\x66" * 31 + bytes(32)] * 6, rule=rule
    )
    assert reasons == [5] * 6
    implementation.ran(len(keys))
