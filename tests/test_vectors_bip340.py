# SPDX-License-Identifier: Apache-2.0
"""Official BIP-340 vectors, each file as one batch."""

from __future__ import annotations

import csv
from hashlib import sha256

from coincurve import PublicKey
from implementations import Implementation, implementations
from vector_files import VECTORS, load_json

_bip340 = implementations("bip340", opencl=True)

# Of the rows that are not valid, by index: why. Their comments say it; a wrong sum has no other name.
_REASONS = {5: 2, 6: 5, 7: 5, 8: 5, 9: 3, 10: 5, 11: 3, 12: 3, 13: 4, 14: 2}


@_bip340
def test_bip340(implementation: Implementation) -> None:
    """All rows of test-vectors.csv: messages of 0 to 100 bytes among them."""
    with (VECTORS / "bip340_schnorr/bip340_test-vectors.csv").open(newline="") as text:
        cases = list(csv.DictReader(text))
    assert len(cases) == 19
    columns = [[bytes.fromhex(case[name]) for case in cases] for name in ("public key", "message", "signature")]
    reasons = implementation.verify_many("bip340", *columns)
    assert [reason == 0 for reason in reasons] == [case["verification result"] == "TRUE" for case in cases]
    assert {i: reason for i, reason in enumerate(reasons) if reason != 0} == _REASONS
    for i in range(len(cases)):
        assert implementation.verify_many("bip340", *(column[i : i + 1] for column in columns)) == [reasons[i]]
    implementation.ran(len(cases))


def _tagged(name: str, message: bytes) -> bytes:
    return sha256(sha256(name.encode()).digest() * 2 + message).digest()


def _aggregated_key(keys: list[bytes], tweaks: list[tuple[bytes, bool]]) -> bytes:
    """BIP-327's KeyAgg and ApplyTweak, with libsecp256k1's points: the abscissa of the aggregate."""
    listed = _tagged("KeyAgg list", b"".join(keys))
    second = next((key for key in keys if key != keys[0]), None)
    terms = [
        PublicKey(key) if key == second else PublicKey(key).multiply(_tagged("KeyAgg coefficient", listed + key))
        for key in keys
    ]
    total = PublicKey.combine_keys(terms)
    for tweak, x_only in tweaks:
        total = (PublicKey(b"\2" + total.format()[1:]) if x_only else total).add(tweak)
    return total.format()[1:]


@_bip340
def test_musig2_signatures(implementation: Implementation) -> None:
    """Signatures that BIP-327 aggregates are valid under the aggregated key, and not under that of another session."""
    vectors = load_json("bip340_schnorr/bip327_musig2_sig_agg_vectors.json")
    everyone, tweaks = ([bytes.fromhex(item) for item in vectors[name]] for name in ("pubkeys", "tweaks"))
    keys, signatures = [], []
    for case in vectors["valid_test_cases"]:
        chosen = zip(case["tweak_indices"], case["is_xonly"], strict=True)
        keys.append(_aggregated_key([everyone[i] for i in case["key_indices"]], [(tweaks[i], x) for i, x in chosen]))
        signatures.append(bytes.fromhex(case["expected"]))
    assert len(set(keys)) == len(keys) == 4
    message = bytes.fromhex(vectors["msg"])
    assert implementation.verify_many("bip340", keys, message, signatures) == [0] * 4
    assert implementation.verify_many("bip340", keys[1:] + keys[:1], message, signatures) == [5] * 4
    implementation.ran(8)
