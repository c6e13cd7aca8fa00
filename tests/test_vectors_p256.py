# SPDX-License-Identifier: Apache-2.0
"""Official ECDSA vectors on P-256, each file as one batch."""

from __future__ import annotations

import pytest
from implementations import Implementation, implementations
from nist_vectors import P256, key_validation, rfc6979, sigver, wycheproof_file
from vector_files import load_json, wycheproof

_every = implementations("p256", opencl=True)


@_every
@pytest.mark.parametrize(("hash_name", "cases_there"), [("sha256", 484), ("sha512", 554)])
def test_wycheproof(implementation: Implementation, hash_name: str, cases_there: int) -> None:
    """Both of Wycheproof's files; of a digest of 64 bytes the leftmost 256 bits count."""
    file = f"p256_ecdsa/wycheproof_ecdsa_secp256r1_{hash_name}_test.json"
    cases = wycheproof(file, "uncompressed")
    assert len(cases) == cases_there
    groups = load_json(file)["testGroups"]
    spkis = [bytes.fromhex(group["publicKeyDer"]) for group in groups for _ in group["tests"]]
    wycheproof_file(implementation, P256, cases, spkis, hash_name)


@_every
def test_sigver(implementation: Implementation) -> None:
    """CAVP SigVer."""
    sigver(implementation, P256)


@_every
def test_key_validation(implementation: Implementation) -> None:
    """CAVP PKV."""
    key_validation(implementation, P256)


@_every
def test_rfc6979(implementation: Implementation) -> None:
    """RFC 6979 A.2.5."""
    rfc6979(implementation, P256)
