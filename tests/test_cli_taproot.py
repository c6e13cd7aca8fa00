# SPDX-License-Identifier: Apache-2.0
"""Taproot inputs against BIP-341's wallet vectors and Bitcoin Core's script assets."""

from __future__ import annotations

import json
import struct
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from hashlib import sha256
from typing import Any

import pytest
from cli_support import VECTORS

from pyaccel.cli.bitcoin_block import Reader, Transaction, TransactionInput, TransactionOutput, parse_transaction
from pyaccel.cli.bitcoin_inputs import Failing, NotCovered, examine
from pyaccel.cli.bitcoin_signatures import check_signatures
from pyaccel.cli.bitcoin_taproot import (
    LEAF_TAG,
    SIGHASH_TAG,
    ScriptPath,
    TaprootInput,
    spent_parts,
    tag,
    taproot_message,
    taproot_parts,
)
from pyaccel.cli.bitcoin_taproot_checks import OTHER_SCRIPTS, UNKNOWN_INPUTS, TaprootRow, check_taproot
from pyaccel.cli.report import Report
from pyaccel.cli.runner import Runner

FOLDER = VECTORS / "bip340_schnorr"
ANYTHING = TransactionOutput(0, b"\x51")


def _parsed(text: str) -> Transaction:
    reader = Reader(bytes.fromhex(text))
    transaction = parse_transaction(reader)
    assert reader.left == 0
    return transaction


def _hashed(prefix: bytes, message: bytes) -> bytes:
    return sha256(prefix + message).digest()


@cache
def _wallet() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / "bip341_wallet-test-vectors.json").read_text())
    return found


def _wallet_spending() -> tuple[dict[str, Any], Transaction, list[TransactionOutput]]:
    (spending,) = _wallet()["keyPathSpending"]
    spent = [
        TransactionOutput(output["amountSats"], bytes.fromhex(output["scriptPubKey"]))
        for output in spending["given"]["utxosSpent"]
    ]
    return spending, _parsed(spending["given"]["rawUnsignedTx"]), spent


def test_tags() -> None:
    """BIP-340's definition, with the names of BIP-341."""
    assert tag("TapSighash")[:32] == tag("TapSighash")[32:] == sha256(b"TapSighash").digest()


def test_wallet_signature_messages() -> None:
    """What is hashed first, the message and its hash, of all seven key paths."""
    spending, transaction, spent = _wallet_spending()
    amounts, scripts = spent_parts(spent)
    intermediary = {name: bytes.fromhex(value) for name, value in spending["intermediary"].items()}
    assert len(spending["inputSpending"]) == 7
    for case in spending["inputSpending"]:
        index, hash_type = case["given"]["txinIndex"], case["given"]["hashType"]
        parts = taproot_parts(transaction, index, hash_type, None, amounts, scripts)
        digests = {part: sha256(part).digest() for part in parts.signed}
        named = {
            "hashPrevouts": parts.outpoints,
            "hashAmounts": parts.amounts,
            "hashScriptPubkeys": parts.scripts,
            "hashSequences": parts.sequences,
            "hashOutputs": parts.outputs,
        }
        used = {name: part for name, part in named.items() if part is not None}
        assert set(used) == set(case["intermediary"]["precomputedUsed"])
        assert all(digests[part] == intermediary[name] for name, part in used.items())
        message = taproot_message(transaction, index, spent[index], hash_type, parts, digests)
        assert message.hex() == case["intermediary"]["sigMsg"]
        assert _hashed(SIGHASH_TAG, message).hex() == case["intermediary"]["sigHash"]


def _checked(transaction: Transaction, spent: list[TransactionOutput]) -> Report:
    report = Report("")
    check_signatures(report, Runner("native"), [transaction], [list(spent)], strict_der=True, taproot=True, index={})
    return report


def test_wallet_signatures() -> None:
    """The signed transaction is good in all nine inputs; each changed amount or script spoils what signs it."""
    spending, unsigned, spent = _wallet_spending()
    signed = _parsed(spending["auxiliary"]["fullySignedTx"])
    assert [item.outpoint for item in signed.inputs] == [item.outpoint for item in unsigned.inputs]
    taproot = {case["given"]["txinIndex"]: case["given"]["hashType"] for case in spending["inputSpending"]}
    report = _checked(signed, spent)
    assert report.bad_count == 0
    assert report.checks["P2TR signatures"].checked == 7
    assert sum(check.checked for name, check in report.checks.items() if name.endswith(" signatures")) == 9
    for index, hash_type in taproot.items():
        witness = signed.inputs[index].witness[0]
        assert witness.hex() == next(
            case["expected"]["witness"][0] for case in spending["inputSpending"] if case["given"]["txinIndex"] == index
        )
        assert (len(witness) == 65) == (hash_type != 0)
        changed = [replace(output, value=output.value + (i == index)) for i, output in enumerate(spent)]
        bad = {bad.index["input"] for bad in _checked(signed, changed).checks["P2TR signatures"].bad}
        # What does not sign all inputs signs its own.
        assert bad == {i for i, of in taproot.items() if i == index or not of & 0x80}


def _leaves(tree: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    if isinstance(tree, dict):
        yield tree
    elif tree:
        for branch in tree:
            yield from _leaves(branch, depth + 1)


def _commitment(path: ScriptPath, output_key: bytes) -> bool:
    """Whether the commitment is found to hold."""
    transaction = Transaction(2, (TransactionInput(bytes(36), b"", 0, ()),), (), 0, b"", b"")
    spent = TransactionOutput(0, b"\x51\x20" + output_key)
    row = TaprootRow(transaction, 0, 0, [spent], TaprootInput(output_key, None, path, None, b"", 0))
    report = Report("")
    check_taproot(report, Runner("native"), [row], (), {})
    return report.bad_count == 0


def test_wallet_commitments() -> None:
    """Leaf hashes and control blocks of all trees: each leads to its output key, and to no other."""
    leaves = 0
    for case in _wallet()["scriptPubKey"]:
        output_key = bytes.fromhex(case["expected"]["scriptPubKey"])[2:]
        controls = case["expected"].get("scriptPathControlBlocks", [])
        scripts = sorted(_leaves(case["given"]["scriptTree"]), key=lambda leaf: leaf["id"])
        assert len(scripts) == len(controls)
        for leaf, text, leaf_hash in zip(scripts, controls, case["intermediary"].get("leafHashes", []), strict=True):
            control = bytes.fromhex(text)
            nodes = tuple(control[i : i + 32] for i in range(33, len(control), 32))
            path = ScriptPath(
                bytes.fromhex(leaf["script"]), control[0] & 0xFE, control[1:33], nodes, bool(control[0] & 1)
            )
            assert path.version == leaf["leafVersion"]
            assert _hashed(LEAF_TAG, path.leaf_message).hex() == leaf_hash
            assert _commitment(path, output_key)
            wrong = [
                replace(path, odd=not path.odd),
                replace(path, version=path.version ^ 2),
                replace(path, script=path.script + b"\x61"),
                replace(path, nodes=(*path.nodes, bytes(32))),
                replace(path, internal_key=output_key),
                replace(path, internal_key=b"\xff" * 32),
                replace(path, internal_key=bytes(31) + b"\x05"),  # no abscissa of the curve
            ]
            assert not any(_commitment(other, output_key) for other in wrong)
            assert not _commitment(path, path.internal_key)
            leaves += 1
    assert leaves == 12


class _Counted(list[TransactionOutput | None]):
    """A list that counts how often it is gone through."""

    rounds = 0

    def __iter__(self) -> Iterator[TransactionOutput | None]:
        self.rounds += 1
        return super().__iter__()

    def __contains__(self, value: object) -> bool:
        self.rounds += 1
        return super().__contains__(value)


def test_spent_outputs_are_gone_through_once_a_transaction() -> None:
    """A block has room for more than 15,000 taproot inputs in one transaction: not once for each of them."""
    count = 40
    key, output = b"\x01" * 32, TransactionOutput(5, b"\x51\x20" + b"\x01" * 32)
    inputs = tuple(TransactionInput(bytes(32) + struct.pack("<I", i), b"", 0, (bytes(64),)) for i in range(count))
    transaction = Transaction(2, inputs, (ANYTHING,), 0, b"", b"")
    for missing in (None, 7):
        spent = _Counted(None if i == missing else output for i in range(count))
        found = TaprootInput(key, None, None, key, bytes(64), 0)
        rows = [TaprootRow(transaction, 0, i, spent, found) for i in range(count) if i != missing]
        report = Report("")
        check_taproot(report, Runner("native"), rows, (), {})
        assert spent.rounds <= 2
        if missing is None:
            assert report.checks["P2TR signatures"].checked == count
        else:
            assert report.not_covered == {UNKNOWN_INPUTS: count - 1}


@cache
def _assets() -> list[dict[str, Any]]:
    return [item["content"] for item in json.loads((FOLDER / "bitcoin_core_taproot_ref_part1.json").read_text())]


def _output(text: str) -> TransactionOutput:
    reader = Reader(bytes.fromhex(text))
    output = TransactionOutput(reader.number("<q", "value"), reader.string("script"))
    assert reader.left == 0
    return output


def _asset_verdict(asset: dict[str, Any], way: str) -> bool | None:
    """What is said of the input that an asset is about: good, bad, or nothing (its kind is not covered)."""
    index, spent = asset["index"], [_output(text) for text in asset["prevouts"]]
    unsigned = _parsed(asset["tx"])
    item = replace(
        unsigned.inputs[index],
        script=bytes.fromhex(asset[way]["scriptSig"]),
        witness=tuple(map(bytes.fromhex, asset[way]["witness"])),
    )
    transaction = replace(unsigned, inputs=(*unsigned.inputs[:index], item, *unsigned.inputs[index + 1 :]))
    taproot = "TAPROOT" in asset["flags"]
    found = examine(transaction, index, spent[index], taproot=taproot)
    if isinstance(found, NotCovered):
        return None
    if isinstance(found, Failing):
        return False
    report = Report("")
    if isinstance(found, TaprootInput):
        check_taproot(report, Runner("native"), [TaprootRow(transaction, 0, index, spent, found)], (), {})
        return report.bad_count == 0 and (None if report.not_covered[OTHER_SCRIPTS] else True)
    others = [output if i == index else ANYTHING for i, output in enumerate(spent)]
    check_signatures(report, Runner("native"), [transaction], [others], strict_der=True, taproot=taproot, index={})
    return report.bad_count == 0


def test_core_assets() -> None:
    """No good spending is called bad; a bad one is, unless its script would have to be run."""
    said: Counter[tuple[str, bool | None]] = Counter()
    assert len(_assets()) == 526
    for asset in _assets():
        for way in ("success", "failure"):
            if way in asset:
                verdict = _asset_verdict(asset, way)
                assert verdict in ((True, None) if way == "success" else (False, None)), (asset["comment"], way)
                said[way, verdict] += 1
    assert said == {
        ("success", True): 366,
        ("success", None): 160,
        ("failure", False): 127,
        ("failure", None): 333,
    }


@pytest.mark.parametrize(
    ("prefix", "least"),
    [("sighash/keypath", 50), ("siglen/padzero_keypath", 1), ("siglen/popbyte_keypath", 1)],
)
def test_core_key_paths_are_decided(prefix: str, least: int) -> None:
    """Every key path under taproot's rules gets a verdict in both ways."""
    decided = 0
    for asset in _assets():
        spent = _output(asset["prevouts"][asset["index"]])
        if asset["comment"].startswith(prefix) and spent.script[:2] == b"\x51\x20":
            assert _asset_verdict(asset, "success") is True
            assert "failure" not in asset or _asset_verdict(asset, "failure") is False
            decided += 1
    assert decided >= least


def test_core_assets_before_taproot() -> None:
    """Where the rules do not hold yet, nothing is said of witness version 1."""
    inactive = [asset for asset in _assets() if "TAPROOT" not in asset["flags"]]
    assert len(inactive) == 29
    for asset in inactive:
        if _output(asset["prevouts"][asset["index"]]).script[:2] == b"\x51\x20":
            assert _asset_verdict(asset, "success") is None


def test_amounts_are_eight_bytes() -> None:
    amounts, scripts = spent_parts([TransactionOutput(1, b"\x51"), TransactionOutput(2**40, b"a" * 300)])
    assert amounts == struct.pack("<qq", 1, 2**40)
    assert scripts == b"\x01\x51\xfd\x2c\x01" + b"a" * 300
