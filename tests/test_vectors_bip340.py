# SPDX-License-Identifier: Apache-2.0
"""Official BIP-340 vectors, each file as one batch."""

from __future__ import annotations

import csv

from implementations import Implementation, implementations
from vector_files import VECTORS

_bip340 = implementations("bip340")

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
