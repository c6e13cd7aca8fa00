# SPDX-License-Identifier: Apache-2.0
"""Certificates: links against the cryptography package, paths against OpenSSL's verdicts (tools/x509_vectors.py)."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import itertools
import json
import random
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from pyaccel.x509 import STATUSES, verify_chains, verify_links

DEVICES = ("native", "golden")


@cache
def _cases() -> list[dict[str, Any]]:
    file = Path(__file__).parent / "vectors/x509/chains.json"
    cases: list[dict[str, Any]] = json.loads(file.read_text())["cases"]
    for case in cases:
        case["anchors"] = [bytes.fromhex(one) for one in case["anchors"]]
        case["chain"] = [bytes.fromhex(one) for one in case["chain"]]
        case["moment"] = datetime.datetime.fromisoformat(case["moment"])
    return cases


def _case(what: str) -> dict[str, Any]:
    return next(case for case in _cases() if case["what"] == what)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("case", _cases(), ids=lambda case: case["what"])
def test_paths_are_what_openssl_says(case: dict[str, Any], device: str) -> None:
    (result,) = verify_chains([case["chain"]], case["anchors"], moment=case["moment"], device=device)
    assert bool(result) == result.valid == case["valid"], result
    assert (result.reason is None) == case["valid"]


def test_paths_name_the_package_that_they_need(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyhanko_certvalidator", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'pyaccel\[x509\]'"):
        verify_chains([], [])


def test_paths_in_one_batch() -> None:
    """All of them at once, with all anchors trusted: but for those that ask for an anchor's absence."""
    moment = _case("four certificates")["moment"]
    cases = [case for case in _cases() if case["moment"] == moment and "anchor" not in case["what"]]
    anchors = list(dict.fromkeys(anchor for case in cases for anchor in case["anchors"]))
    results = verify_chains([case["chain"] for case in cases], anchors, moment=moment)
    assert [result.valid for result in results] == [case["valid"] for case in cases]
    for case, result in zip(cases, results, strict=True):
        assert not result or anchors[result.anchor or 0] == case["anchors"][0]


def _peer(subject: bytes, issuer: bytes) -> bool:
    try:
        x509.load_der_x509_certificate(subject).verify_directly_issued_by(x509.load_der_x509_certificate(issuer))
    except InvalidSignature:
        return False
    return True


@pytest.mark.parametrize("device", DEVICES)
def test_links_are_what_cryptography_says(device: str) -> None:
    links = []
    for case in _cases():
        if "SM2" not in case["what"] and "name" not in case["what"]:
            path = [*case["chain"], case["anchors"][0]]
            links += [pair for pair in itertools.pairwise(path) if pair[0] != pair[1]]
    wanted = []
    for subject, issuer in links:
        try:
            wanted.append(_peer(subject, issuer))
        except ValueError:
            # It looks at names first, and at nothing else then.
            wanted.append(None)
    result = verify_links([subject for subject, _ in links], [issuer for _, issuer in links], device=device)
    assert len(result) == len(links) > 60
    for valid, status, peer in zip(result.signature_valid, result.statuses, wanted, strict=True):
        assert status in STATUSES
        assert valid == (status == "valid")
        assert peer is None or valid == peer
    assert sum(peer is False for peer in wanted) >= 2


def test_links_of_sm2_and_identities() -> None:
    leaf, middle = _case("three of SM2")["chain"]
    (root,) = _case("three of SM2")["anchors"]
    strange = _case("SM2, another identity")["chain"][0]
    assert verify_links([leaf, middle, root], [middle, root, root]).signature_valid.tolist() == [True] * 3
    assert verify_links([leaf, middle, strange], [root, middle, middle]).statuses == ("signature",) * 3
    assert verify_links([strange, leaf], middle, identity=b"another identity").statuses == ("valid", "signature")
    with pytest.raises(ValueError, match="identity"):
        verify_links([leaf], middle, identity=b"x" * 8192)


def test_forms_of_certificates() -> None:
    leaf, middle = _case("three of P-256")["chain"]
    peer = x509.load_der_x509_certificate(leaf)
    pem = peer.public_bytes(Encoding.PEM)
    forms = [leaf, bytearray(leaf), memoryview(leaf), peer, pem, pem.decode(), b"\n" + pem]
    assert verify_links(forms, middle).statuses == ("valid",) * len(forms)
    assert verify_links([], []).statuses == ()
    assert verify_chains([], [middle]) == []


def test_what_is_no_certificate() -> None:
    leaf, middle = _case("three of P-256")["chain"]
    rubbish = [b"", b"\x30", leaf[:-1], leaf + b"\0", b"-----BEGIN CERTIFICATE-----\nAA==\n", "-----BEGIN", "\ud800"]
    assert verify_links(rubbish, middle).statuses == ("certificate",) * len(rubbish)
    assert verify_links([leaf, leaf], [b"\x30\x00", middle]).statuses == ("issuer", "valid")
    results = verify_chains([[leaf, b"\x30\x00"], [b""], [], [middle]], [middle])
    assert [result.valid for result in results] == [False] * 4
    assert "certificate 1 " in str(results[0].reason)


def test_algorithms() -> None:
    leaf, middle = _case("three of P-256")["chain"]
    ed25519 = _case("keys of ed25519, p256, p384")["anchors"][0]
    sha256, sha384 = bytes.fromhex("06082a8648ce3d040302"), bytes.fromhex("06082a8648ce3d040303")
    at = leaf.rindex(sha256)
    outside = leaf[:at] + sha384 + leaf[at + len(sha384) :]
    key = rsa.generate_private_key(65537, 2048)
    peer = x509.load_der_x509_certificate(middle)
    of_rsa = (
        x509.CertificateBuilder()
        .subject_name(peer.subject)
        .issuer_name(peer.subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(peer.not_valid_before_utc)
        .not_valid_after(peer.not_valid_after_utc)
        .sign(key, hashes.SHA256())
    )
    result = verify_links([outside, leaf, leaf, of_rsa, leaf], [middle, ed25519, of_rsa, of_rsa, middle])
    assert result.statuses == ("algorithm",) * 4 + ("valid",)
    with pytest.raises((UnsupportedAlgorithm, ValueError)):
        x509.load_der_x509_certificate(outside).verify_directly_issued_by(peer)


def test_an_ed25519_key_stands_in_its_own_bits() -> None:
    case = _case("keys of ed25519, p256, p384")
    root, middle = case["anchors"][0], case["chain"][1]
    at = root.index(bytes.fromhex("302a300506032b6570032100"))
    odd = root[: at + 11] + b"\x01" + root[at + 12 :]
    assert verify_links([middle, middle], [odd, root]).signature_valid.tolist() == [False, True]


def test_every_flipped_bit_is_refused() -> None:
    leaf, middle = _case("three of P-256")["chain"]
    draw = random.Random(20240601)
    flipped = []
    for at in range(len(leaf)):
        other = bytearray(leaf)
        other[at] ^= 1 << draw.randrange(8)
        flipped.append(bytes(other))
    assert not verify_links(flipped, middle).signature_valid.any()
    case = _case("three of P-256")
    chains = [[one, middle] for one in flipped[::3]]
    assert not any(verify_chains(chains, case["anchors"], moment=case["moment"]))


def _constrained(constraint: x509.GeneralName, name: x509.GeneralName) -> list[x509.Certificate]:
    """A leaf of some alternative name, its issuer, which constrains such names, and the issuer's own issuer."""
    key = ec.generate_private_key(ec.SECP256R1())
    extensions: list[list[x509.ExtensionType]] = [[], [], [x509.SubjectAlternativeName([name])]]
    extensions[1] = [x509.NameConstraints([constraint], None)]
    chain: list[x509.Certificate] = []
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)]) for text in ("root", "middle", "leaf")]
    for i, own in enumerate(extensions):
        builder = x509.CertificateBuilder(names[max(i - 1, 0)], names[i], key.public_key(), 1 + i)
        builder = builder.not_valid_before(datetime.datetime(2025, 1, 1, tzinfo=datetime.UTC))
        builder = builder.not_valid_after(datetime.datetime(2027, 1, 1, tzinfo=datetime.UTC))
        for extension in [x509.BasicConstraints(i < 2, None), *own]:
            builder = builder.add_extension(extension, critical=not isinstance(extension, x509.SubjectAlternativeName))
        chain.insert(0, builder.sign(key, hashes.SHA256()))
    return chain


def test_names_that_constraints_cannot_be_held_against() -> None:
    """They make their own chain False, whatever the names, and no other chain of the call."""
    network = x509.IPAddress(ipaddress.ip_network("10.0.0.0/8"))
    address = x509.IPAddress(ipaddress.ip_address("10.0.0.1"))
    number = x509.RegisteredID(x509.ObjectIdentifier("1.2.3"))
    domain = x509.DNSName("example.com")
    found = [_constrained(network, address), _constrained(number, number), _constrained(domain, domain)]
    moment = datetime.datetime(2026, 6, 1, tzinfo=datetime.UTC)
    results = verify_chains([one[:2] for one in found], [one[2] for one in found], moment=moment)
    assert [result.valid for result in results] == [False, False, True]
    assert "IP_ADDRESS" in str(results[0].reason)


def test_the_result_is_no_truth_by_itself() -> None:
    leaf, middle = _case("three of P-256")["chain"]
    result = verify_links([leaf], middle)
    with pytest.raises(TypeError, match="verify_chains"):
        bool(result)
    assert "signatures only" in repr(result)


def test_inside_an_event_loop() -> None:
    case = _case("four certificates")

    async def run() -> bool:
        return bool(verify_chains([case["chain"]], case["anchors"], moment=case["moment"])[0])

    assert asyncio.run(run())


def test_the_moment_is_now_by_default() -> None:
    case = _case("the intermediate has ended")
    assert not verify_chains([case["chain"]], case["anchors"])[0]


def test_wrong_calls() -> None:
    leaf, middle = _case("three of P-256")["chain"]
    with pytest.raises(ValueError, match="2 came for 1"):
        verify_links([leaf], [middle, middle])
    with pytest.raises(TypeError, match=r"certificates: a bytes came"):
        verify_links(leaf, middle)
    with pytest.raises(TypeError, match="number 1 is a int"):
        verify_links([leaf, 5], middle)
    with pytest.raises(TypeError, match=r"chains\[0\]: a bytes came"):
        verify_chains([leaf], [middle])
    with pytest.raises(ValueError, match="trust_anchors: number 1"):
        verify_chains([[leaf]], [middle, b"\x30\x00"])
    identities: list[Any] = ["text", [b"one"], 5]
    for identity in identities:
        with pytest.raises(TypeError, match="identity: a "):
            verify_links([leaf], middle, identity=identity)
    with pytest.raises(ValueError, match="8,192 bytes came"):
        verify_chains([], [middle], identity=b"x" * 8192)
    with pytest.raises(ValueError, match="time zone"):
        verify_chains([[leaf]], [middle], moment=datetime.datetime(2026, 6, 1))  # noqa: DTZ001
    with pytest.raises(TypeError, match="moment: a str came"):
        verify_chains([[leaf]], [middle], moment="now")
