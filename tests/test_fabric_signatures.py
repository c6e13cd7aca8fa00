# SPDX-License-Identifier: Apache-2.0
"""Rule `fabric` gives Hyperledger Fabric's verdict on every encoding of tests/vectors/p256_ecdsa/fabric.json.

Under rule `any` the same encodings get the verdict of OpenSSL (the cryptography package), which is as strict as ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from implementations import Implementation, implementations
from vector_files import load_json

SCHEMES = {"P-256": "p256-ecdsa", "P-384": "p384-ecdsa"}
_PEERS = {
    "P-256": (ec.SECP256R1(), ec.ECDSA(Prehashed(hashes.SHA256()))),
    "P-384": (ec.SECP384R1(), ec.ECDSA(Prehashed(hashes.SHA384()))),
}
# Reasons that an outcome of the file may have: encoding, range, range, range or equation, none.
_REASONS = {"u": {3}, "r": {4}, "s": {4}, "f": {4, 5}, "t": {0}}


@dataclass(frozen=True)
class Rows:
    """Columns of the rows on one curve."""

    keys: list[bytes]
    digests: list[bytes]
    signatures: list[bytes]
    outcomes: str


@cache
def rows(curve: str) -> Rows:
    """The rows of the file on a curve."""
    file = load_json("p256_ecdsa/fabric.json")
    bases = [(name, bytes.fromhex(key), bytes.fromhex(digest)) for name, key, digest in file["bases"]]
    found = [(bases[i], bytes.fromhex(signature), outcome) for i, signature, outcome in file["rows"]]
    here = [row for row in found if row[0][0] == curve]
    return Rows(
        [base[1] for base, _, _ in here],
        [base[2] for base, _, _ in here],
        [signature for _, signature, _ in here],
        "".join(outcome for _, _, outcome in here),
    )


def _holds(way: Implementation, curve: str) -> None:
    some = rows(curve)
    assert all(some.outcomes.count(outcome) > 50 for outcome in _REASONS)
    columns = some.keys, some.digests, some.signatures
    options = {"rule": "fabric", "message_hash": "none", "signature_format": "der"}
    reasons = way.verify_many(SCHEMES[curve], *columns, **options)
    wrong = [
        (signature.hex(), outcome, reason)
        for signature, outcome, reason in zip(some.signatures, some.outcomes, reasons, strict=True)
        if reason not in _REASONS[outcome]
    ]
    assert not wrong, wrong[:5]
    way.ran(len(reasons))


@implementations("p256", opencl=True)
def test_p256(implementation: Implementation) -> None:
    """Six signatures in some 800 encodings each and two of them in 700 more."""
    _holds(implementation, "P-256")


@implementations("p256", opencl=True)
def test_long_sequence(implementation: Implementation) -> None:
    """A sequence of 2^23 bytes, zeros behind s: Go (encoding/asn1 of 1.26) reads lengths below 2^31."""
    some = rows("P-256")
    at = some.outcomes.index("t")
    size = some.signatures[at][1]
    assert size < 0x80
    numbers = some.signatures[at][2 : 2 + size]
    signature = b"\x30\x83\x80\x00\x00" + numbers.ljust(1 << 23, b"\0")
    options = {"rule": "fabric", "message_hash": "none", "signature_format": "der"}
    columns = [some.keys[at]], [some.digests[at]], [signature]
    assert list(implementation.verify_many("p256-ecdsa", *columns, **options)) == [0]
    implementation.ran(1)


@implementations("p384")
def test_p384(implementation: Implementation) -> None:
    """Three signatures."""
    _holds(implementation, "P-384")


@pytest.mark.parametrize("curve", SCHEMES)
def test_any_is_as_strict_as_openssl(curve: str) -> None:
    """Rule any, by whatever `auto` takes."""
    some = rows(curve)
    peer, algorithm = _PEERS[curve]
    public = {key: ec.EllipticCurvePublicKey.from_encoded_point(peer, b"\4" + key) for key in {*some.keys}}
    said = []
    for key, digest, signature in zip(some.keys, some.digests, some.signatures, strict=True):
        try:
            public[key].verify(signature, digest, algorithm)
            said.append(0)
        except InvalidSignature:
            said.append(1)
    way = Implementation("auto", "auto")
    options = {"message_hash": "none", "signature_format": "der"}
    reasons = way.verify_many(SCHEMES[curve], some.keys, some.digests, some.signatures, **options)
    assert [int(reason != 0) for reason in reasons] == said
    # Of what Fabric takes and DER does not have there is enough.
    taken = [outcome == "t" and reason == 3 for outcome, reason in zip(some.outcomes, reasons, strict=True)]
    assert sum(taken) > 100
