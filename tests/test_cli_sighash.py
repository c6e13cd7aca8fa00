# SPDX-License-Identifier: Apache-2.0
"""Signature hashes against Bitcoin Core's own vectors: 500 of the original scheme, and whole transactions."""

from __future__ import annotations

import json
import re
import struct
from hashlib import sha256
from typing import Any

import pytest
from cli_support import BITCOIN

from pyaccel.cli.bitcoin_block import Reader, Transaction, TransactionOutput, parse_transaction
from pyaccel.cli.bitcoin_script import p2pkh_script, push, without_push
from pyaccel.cli.bitcoin_sighash import DIGEST_ONE, legacy_preimage
from pyaccel.cli.bitcoin_signatures import check_signatures
from pyaccel.cli.report import Report
from pyaccel.cli.runner import Runner

_P2PKH = re.compile(r"DUP HASH160 0x14 0x([0-9a-f]{40}) EQUALVERIFY CHECKSIG")
_P2WPKH = re.compile(r"(?:0|0x00) 0x14 0x([0-9a-f]{40})")
_ANYTHING = TransactionOutput(0, b"\x51")


def _rows(name: str) -> list[tuple[str, list[Any]]]:
    """Rows of one of Core's files, each with the comment above it."""
    comment, rows = "", []
    for row in json.loads((BITCOIN / name).read_text()):
        if len(row) == 1:
            comment = row[0]
        else:
            rows.append((comment, row))
    return rows


def _parsed(text: str) -> Transaction:
    reader = Reader(bytes.fromhex(text))
    transaction = parse_transaction(reader)
    assert reader.left == 0
    return transaction


def test_legacy_signature_hashes() -> None:
    rows = _rows("core_sighash.json")
    assert len(rows) == 500
    for _, (raw, script, index, hash_type, expected) in rows:
        preimage = legacy_preimage(_parsed(raw), index, bytes.fromhex(script), hash_type)
        digest = DIGEST_ONE if preimage is None else sha256(sha256(preimage).digest()).digest()
        assert digest[::-1].hex() == expected


def _output(previous: list[Any]) -> TransactionOutput | None:
    """A spent output of one of Core's rows, where it is P2PKH or P2WPKH."""
    value = previous[3] if len(previous) > 3 else 0
    if found := _P2PKH.fullmatch(previous[2]):
        return TransactionOutput(value, p2pkh_script(bytes.fromhex(found[1])))
    if found := _P2WPKH.fullmatch(previous[2]):
        return TransactionOutput(value, b"\x00\x14" + bytes.fromhex(found[1]))
    return None


def _checked(row: list[Any]) -> Report | None:
    """The signatures of one of Core's transactions, None where it spends neither P2PKH nor P2WPKH."""
    previous, raw, flags = row
    outputs = {bytes.fromhex(p[0])[::-1] + struct.pack("<I", p[1] & 0xFFFFFFFF): _output(p) for p in previous}
    if not any(outputs.values()):
        return None
    transaction = _parsed(raw)
    spent = [[outputs.get(item.outpoint) or _ANYTHING for item in transaction.inputs]]
    report = Report("")
    check_signatures(
        report, Runner("native"), [transaction], spent, strict_der="DERSIG" in flags, taproot=True, index={}
    )
    return report


def test_valid_transactions() -> None:
    reports = [report for _, row in _rows("core_tx-valid.json") if (report := _checked(row))]
    assert len(reports) == 28
    assert all(report.bad_count == 0 for report in reports)
    assert (
        sum(report.checks["P2WPKH signatures"].checked for report in reports if "P2WPKH signatures" in report.checks)
        > 5
    )
    assert (
        sum(report.checks["P2PKH signatures"].checked for report in reports if "P2PKH signatures" in report.checks) > 15
    )


@pytest.mark.parametrize(
    ("comment", "kind", "index"),
    [
        ("A transaction with a non-standard DER signature.", "P2PKH signatures", 0),
        ("Witness with SigHash Single|AnyoneCanPay (same index output value changed)", "P2WPKH signatures", 1),
        ("Witness with SigHash None|AnyoneCanPay (input sequence changed)", "P2WPKH signatures", 1),
        ("Witness with SigHash All|AnyoneCanPay (third output value changed)", "P2WPKH signatures", 1),
    ],
)
def test_invalid_transactions(comment: str, kind: str, index: int) -> None:
    reports = [report for said, row in _rows("core_tx-invalid.json") if said == comment and (report := _checked(row))]
    assert reports
    for report in reports:
        assert [bad.index["input"] for bad in report.checks[kind].bad] == [index]


@pytest.mark.parametrize("size", [0, 1, 75, 76, 255, 256, 65_535, 65_536])
def test_a_signature_is_cut_from_the_script_at_operations_only(size: int) -> None:
    signature = bytes(size)
    kept = b"\x76\xa9"
    assert without_push(kept + push(signature) + kept + push(signature), signature) == kept + kept
    inside = push(b"\x01" + push(signature))
    if size:
        assert without_push(inside, signature) == inside


def test_a_script_that_ends_inside_a_push_is_kept() -> None:
    assert without_push(b"\x01\x07\x4c", b"\x07") == b"\x4c"
    assert without_push(b"\x4d\xff", b"\x07") == b"\x4d\xff"
