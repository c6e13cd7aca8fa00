# SPDX-License-Identifier: Apache-2.0
"""Blocks made here, where no real one shows the case: witness inputs, repeated transactions, odd input scripts."""

from __future__ import annotations

import struct
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cli_support import BLOCK_300025, BLOCK_482683, BLOCK_898352, Command, Outcome
from coincurve import PrivateKey, PublicKey
from Crypto.Hash import RIPEMD160

from pyaccel.cli.bitcoin_checks import verify_blocks
from pyaccel.cli.bitcoin_network import NETWORK_BY_NAME
from pyaccel.cli.runner import Runner

KEY = PrivateKey(b"\x2a" * 32)
PUBLIC = KEY.public_key.format()
KEY_HASH = RIPEMD160.new(sha256(PUBLIC).digest()).digest()
P2PKH = b"\x76\xa9\x14" + KEY_HASH + b"\x88\xac"
P2WPKH = b"\x00\x14" + KEY_HASH
OUTPOINT = b"\x11" * 32 + struct.pack("<I", 7)
SEQUENCE = b"\xfe\xff\xff\xff"
AMOUNT = 60_000
OUTPUTS = b"\x01" + struct.pack("<q", 50_000) + b"\x01\x51"
SPENT_VALUE = struct.pack("<q", AMOUNT)


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(capsys)


def _sha256d(data: bytes) -> bytes:
    return sha256(sha256(data).digest()).digest()


def _string(data: bytes) -> bytes:
    assert len(data) < 0xFD
    return bytes((len(data),)) + data


def _legacy_signature() -> bytes:
    signed = b"\x02\0\0\0\x01" + OUTPOINT + _string(P2PKH) + SEQUENCE + OUTPUTS + bytes(4) + b"\x01\0\0\0"
    return KEY.sign(_sha256d(signed), hasher=None) + b"\x01"


def _witness_signature() -> bytes:
    """BIP-143, written down for one input and one output."""
    signed = (
        b"\x02\0\0\0" + _sha256d(OUTPOINT) + _sha256d(SEQUENCE) + OUTPOINT + _string(P2PKH) + SPENT_VALUE
        + SEQUENCE + _sha256d(OUTPUTS[1:]) + bytes(4) + b"\x01\0\0\0"
    )  # fmt: skip
    return KEY.sign(_sha256d(signed), hasher=None) + b"\x01"


TAPROOT_KEY = PUBLIC[1:]
P2TR = b"\x51\x20" + TAPROOT_KEY


def _tagged(name: bytes, message: bytes) -> bytes:
    return sha256(sha256(name).digest() * 2 + message).digest()


def _taproot_signature(annex: bytes = b"", leaf_hash: bytes = b"", script: bytes = P2TR, hash_type: int = 0) -> bytes:
    """BIP-341, and BIP-342 with a leaf's hash, written down for one input and one output."""
    spend_type = 2 * bool(leaf_hash) + bool(annex)
    signed = (
        bytes((0, hash_type)) + b"\x02\0\0\0" + bytes(4)
        + sha256(OUTPOINT).digest() + sha256(SPENT_VALUE).digest() + sha256(_string(script)).digest()
        + sha256(SEQUENCE).digest() + sha256(OUTPUTS[1:]).digest() + bytes((spend_type,)) + bytes(4)
        + (sha256(_string(annex)).digest() if annex else b"")
        + (leaf_hash + b"\0" + b"\xff" * 4 if leaf_hash else b"")
    )  # fmt: skip
    return KEY.sign_schnorr(_tagged(b"TapSighash", signed)) + (bytes((hash_type,)) if hash_type else b"")


def _root(leaves: list[bytes]) -> bytes:
    while len(leaves) > 1:
        leaves = leaves + leaves[-1:] if len(leaves) % 2 else leaves
        leaves = [_sha256d(leaves[i] + leaves[i + 1]) for i in range(0, len(leaves), 2)]
    return leaves[0]


def _block(script: bytes, witness: bytes) -> bytes:
    """A regtest block of height 1000 whose second transaction spends OUTPOINT."""
    body = b"\x01" + OUTPOINT + _string(script) + SEQUENCE + OUTPUTS
    stripped = b"\x02\0\0\0" + body + bytes(4)
    spending = b"\x02\0\0\0" + (b"\x00\x01" if witness else b"") + body + witness + bytes(4)
    commitment = b"\x6a\x24\xaa\x21\xa9\xed" + _sha256d(_root([bytes(32), _sha256d(spending)]) + bytes(32))
    coinbase = b"\x01" + bytes(32) + b"\xff" * 4 + _string(b"\x02\xe8\x03\x00") + b"\xff" * 4 + b"\x02"
    coinbase += struct.pack("<q", 10_000) + b"\x01\x51" + bytes(8) + _string(commitment)
    txids = [_sha256d(b"\x01\0\0\0" + coinbase + bytes(4)), _sha256d(stripped)]
    coinbase = b"\x01\0\0\0\x00\x01" + coinbase + b"\x01\x20" + bytes(32) + bytes(4)
    nonce = 0
    while True:
        header = struct.pack("<i32s32sIII", 4, bytes(32), _root(txids), 1_700_000_000, 0x207FFFFF, nonce)
        if int.from_bytes(_sha256d(header), "little") >> 255 == 0:
            return header + b"\x02" + coinbase + spending
        nonce += 1


def _verified(
    command: Command, folder: Path, script: bytes, witness: bytes, spent: bytes | None, value: bytes = SPENT_VALUE
) -> Outcome:
    block, outputs = folder / "block", folder / "spent"
    block.write_bytes(_block(script, witness))
    options: tuple[Any, ...] = ()
    if spent is not None:
        outputs.write_bytes(value + _string(spent))
        options = ("--spent", outputs)
    return command("verify", block, "--network", "regtest", "--json", *options)


def _witness(*items: bytes) -> bytes:
    return bytes((len(items),)) + b"".join(map(_string, items))


PLACE = {"transaction": 1, "input": 0}


def test_p2wpkh(command: Command, tmp_path: Path) -> None:
    good = _witness(_witness_signature(), PUBLIC)
    outcome = _verified(command, tmp_path, b"", good, P2WPKH)
    assert outcome.status == 0
    assert outcome.checks()["P2WPKH signatures"]["checked"] == 1
    assert outcome.checks()["key hashes"]["checked"] == 1
    assert outcome.document["files"][0]["not_covered"] == {"coinbase": 1}
    outcome = _verified(command, tmp_path, b"", good, None)
    assert outcome.status == 0
    assert outcome.document["files"][0]["not_covered"] == {"coinbase": 1, "P2WPKH: amount unknown": 1}
    outcome = _verified(command, tmp_path, b"", good, P2WPKH, struct.pack("<q", AMOUNT + 1))
    assert outcome.bad() == {"P2WPKH signatures": [PLACE]}
    outcome = _verified(command, tmp_path, b"", good, b"\x00\x14" + bytes(20))
    assert outcome.bad() == {"key hashes": [PLACE], "P2WPKH signatures": [PLACE]}


@pytest.mark.parametrize(
    ("script", "items", "reason"),
    [
        (b"\x51", [_witness_signature(), PUBLIC], "its script is not empty"),
        (b"", [PUBLIC], "its witness has 1 items"),
        (b"", [_witness_signature(), PUBLIC, b""], "its witness has 3 items"),
        (b"", [b"", PUBLIC], "its signature is empty"),
        (b"", [_witness_signature()[:-1] + b"\x02", PUBLIC], "the signature does not match"),
        (b"", [b"\x01", PUBLIC], "the signature's encoding is wrong"),
    ],
)
def test_bad_p2wpkh(command: Command, tmp_path: Path, script: bytes, items: list[bytes], reason: str) -> None:
    outcome = _verified(command, tmp_path, script, _witness(*items), P2WPKH)
    assert outcome.status == 1
    (bad,) = outcome.checks()["P2WPKH signatures"]["bad"]
    assert bad["index"] == PLACE
    assert reason in bad["reason"]


def test_nested_p2wpkh_is_not_covered(command: Command, tmp_path: Path) -> None:
    script = _string(P2WPKH)
    spent = b"\xa9\x14" + RIPEMD160.new(sha256(P2WPKH).digest()).digest() + b"\x87"
    for known in (spent, None):
        outcome = _verified(command, tmp_path, script, _witness(_witness_signature(), PUBLIC), known)
        assert outcome.status == 0
        assert outcome.document["files"][0]["not_covered"] == {"P2SH-P2WPKH": 1, "coinbase": 1}


def test_taproot_key_path(command: Command, tmp_path: Path) -> None:
    good = _witness(_taproot_signature())
    outcome = _verified(command, tmp_path, b"", good, P2TR)
    assert outcome.status == 0
    assert outcome.checks()["P2TR signatures"]["checked"] == 1
    assert outcome.checks()["signature hashes"]["checked"] == 1
    assert outcome.document["files"][0]["not_covered"] == {"coinbase": 1}
    assert _verified(command, tmp_path, b"", _witness(_taproot_signature(hash_type=1)), P2TR).status == 0
    annex = b"\x50 and more"
    assert _verified(command, tmp_path, b"", _witness(_taproot_signature(annex), annex), P2TR).status == 0
    outcome = _verified(command, tmp_path, b"", good, None)
    assert outcome.status == 0
    assert outcome.document["files"][0]["not_covered"] == {"coinbase": 1, "P2TR": 1}
    for witness, spent, value in (
        (good, P2TR, struct.pack("<q", AMOUNT + 1)),
        (good, b"\x51\x20" + KEY.public_key.format(compressed=False)[33:], SPENT_VALUE),
        (_witness(_taproot_signature(), annex), P2TR, SPENT_VALUE),
        (_witness(_taproot_signature(annex), annex + b"!"), P2TR, SPENT_VALUE),
    ):
        outcome = _verified(command, tmp_path, b"", witness, spent, value)
        assert outcome.bad() == {"P2TR signatures": [PLACE]}


@pytest.mark.parametrize(
    ("script", "items", "reason"),
    [
        (b"\x51", [_taproot_signature()], "its script is not empty"),
        (b"", [], "its witness is empty"),
        (b"", [_taproot_signature()[:-1]], "its signature has 63 bytes, not 64 or 65"),
        (b"", [_taproot_signature() + b"\x00"], "its signature has hash type 00, which is none"),
        (b"", [_taproot_signature() + b"\x04"], "its signature has hash type 04, which is none"),
        (b"", [_taproot_signature() + b"\x01"], "the signature does not match"),
        (b"", [b""], "its signature has 0 bytes"),
        (b"", [_taproot_signature(), bytes(32)], "its control block has 32 bytes, not 33 + 32 k"),
    ],
)
def test_bad_taproot(command: Command, tmp_path: Path, script: bytes, items: list[bytes], reason: str) -> None:
    outcome = _verified(command, tmp_path, script, _witness(*items) if items else b"", P2TR)
    assert outcome.status == 1
    (bad,) = outcome.checks()["P2TR signatures"]["bad"]
    assert bad["index"] == PLACE
    assert reason in bad["reason"]


def _base128(value: int) -> bytes:
    """Most significant digit first, each continued digit one less than it stands for."""
    digits = [value & 0x7F]
    while value := value >> 7:
        value -= 1
        digits.append(value & 0x7F | 0x80)
    return bytes(reversed(digits))


@pytest.mark.parametrize(("spent", "witness"), [(P2TR, (bytes(64),)), (P2WPKH, (b"\x01", PUBLIC))])
def test_a_stored_amount_beyond_64_bits_is_refused(
    command: Command, tmp_path: Path, spent: bytes, witness: tuple[bytes, ...]
) -> None:
    """The compact form of a store can say amounts that no output has; 92233720368547758 hundreds still fit."""
    (tmp_path / "block").write_bytes(_block(b"", _witness(*witness)))
    for last, status in ((8, 1), (9, 2)):
        # Hundreds are two zeros at the end: 1 + 10 (9 * 9223372036854775 + last digit - 1) + 2.
        amount = _base128(10 * (9 * 9_223_372_036_854_775 + last - 1) + 3)
        entry = b"\x02" + amount + bytes((len(spent) + 6,)) + spent
        (tmp_path / "store").write_bytes(OUTPOINT + struct.pack("<I", len(entry)) + entry)
        outcome = command("verify", tmp_path / "block", "--network", "regtest", "--spent", tmp_path / "store", "--json")
        assert outcome.status == status, (amount, outcome)


def test_taproot_binds_from_its_height_on(tmp_path: Path) -> None:
    (tmp_path / "spent").write_bytes(SPENT_VALUE + _string(P2TR))
    for height, counted in ((1000, {"coinbase": 1}), (1001, {"coinbase": 1, "P2TR: before its rules": 1})):
        network = replace(NETWORK_BY_NAME["regtest"], taproot_height=height)
        block = _block(b"", _witness(_taproot_signature()))
        report = verify_blocks(tmp_path / "block", block, Runner("native"), tmp_path / "spent", network)
        assert report.bad_count == 0
        assert report.not_covered == counted
    assert NETWORK_BY_NAME["main"].taproot_height == 709_632  # BIP-341


def _script_tree(script: bytes, version: int = 0xC0) -> tuple[bytes, bytes, bytes]:
    """Script of an output that commits to a script beside another leaf; its control block; the leaf's hash."""
    leaf, other = _tagged(b"TapLeaf", bytes((version,)) + _string(script)), bytes(range(32))
    root = _tagged(b"TapBranch", b"".join(sorted((leaf, other))))
    internal = PrivateKey(b"\x07" * 32).public_key.format()[1:]
    output = PublicKey(b"\x02" + internal).add(_tagged(b"TapTweak", internal + root)).format()
    return b"\x51\x20" + output[1:], bytes((version | output[0] & 1,)) + internal + other, leaf


def test_taproot_script_path(command: Command, tmp_path: Path) -> None:
    script = b"\x20" + TAPROOT_KEY + b"\xac"
    spent, control, leaf = _script_tree(script)
    signature = _taproot_signature(leaf_hash=leaf, script=spent)
    outcome = _verified(command, tmp_path, b"", _witness(signature, script, control), spent)
    assert outcome.status == 0
    assert outcome.checks()["P2TR commitments"]["checked"] == outcome.checks()["P2TR signatures"]["checked"] == 1
    wrong = control[:1] + bytes(32) + control[33:]
    outcome = _verified(command, tmp_path, b"", _witness(signature, script, wrong), spent)
    assert outcome.bad() == {"P2TR commitments": [PLACE]}
    flipped = bytes((control[0] ^ 1,)) + control[1:]
    outcome = _verified(command, tmp_path, b"", _witness(signature, script, flipped), spent)
    assert outcome.bad() == {"P2TR commitments": [PLACE]}
    key_path = _taproot_signature(script=spent)
    outcome = _verified(command, tmp_path, b"", _witness(key_path, script, control), spent)
    assert outcome.bad() == {"P2TR signatures": [PLACE]}
    outcome = _verified(command, tmp_path, b"", _witness(b"", signature, script, control), spent)
    assert "its script wants one signature, 2 items came" in outcome.checks()["P2TR signatures"]["bad"][0]["reason"]
    outcome = _verified(command, tmp_path, b"", _witness(b"", script, control), spent)
    assert "its signature has 0 bytes" in outcome.checks()["P2TR signatures"]["bad"][0]["reason"]


@pytest.mark.parametrize(
    ("script", "version", "covered"),
    [
        (b"\x51", 0xC0, False),
        (b"\x51", 0xC2, True),
        (b"\x00\x63\x50\x68", 0xC0, True),
        (b"\x02\x50", 0xC0, None),
        (b"\xff\x4c", 0xC2, True),
    ],
)
def test_other_taproot_scripts(
    command: Command, tmp_path: Path, script: bytes, version: int, covered: bool | None
) -> None:
    """Scripts are not run, but must be committed to; other versions and reserved operations succeed as they stand."""
    spent, control, _ = _script_tree(script, version)
    outcome = _verified(command, tmp_path, b"", _witness(b"anything", script, control), spent)
    assert outcome.status == (covered is None)
    if covered is not None:
        kind = "P2TR script path: scripts other than one key's"
        assert (kind in outcome.document["files"][0]["not_covered"]) is not covered
        outcome = _verified(command, tmp_path, b"", _witness(script + b"\x51", control), spent)
        assert outcome.bad() == {"P2TR commitments": [PLACE]}


SIGNATURE = _string(_legacy_signature())
PUSHED_KEY = _string(PUBLIC)


@pytest.mark.parametrize(
    "script",
    [
        SIGNATURE + PUSHED_KEY,
        b"\x00\x51\x4f" + SIGNATURE + PUSHED_KEY,
        b"\x4c" + SIGNATURE + b"\x4d" + PUSHED_KEY[:1] + b"\x00" + PUBLIC,
        b"\x4e" + SIGNATURE[:1] + bytes(3) + SIGNATURE[1:] + PUSHED_KEY,
    ],
)
def test_any_pushes_may_bring_signature_and_key(command: Command, tmp_path: Path, script: bytes) -> None:
    outcome = _verified(command, tmp_path, script, b"", P2PKH)
    assert outcome.status == 0
    assert outcome.checks()["P2PKH signatures"]["checked"] == 1


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (b"", "pushes no signature and key"),
        (PUSHED_KEY, "pushes no signature and key"),
        (b"\x00" + PUSHED_KEY, "its signature is empty"),
        (SIGNATURE + PUSHED_KEY[:-1], "can't be run"),
        (SIGNATURE + PUSHED_KEY + b"\x6a", "can't be run"),
        (SIGNATURE + PUSHED_KEY + b"\xff", "can't be run"),
        (SIGNATURE + PUSHED_KEY + b"\x61\x65", "can't be run"),
        (SIGNATURE[:-1] + b"\x02" + PUSHED_KEY, "does not match"),
        (_string(_legacy_signature()[:-1]) + PUSHED_KEY, "encoding is wrong"),
        (SIGNATURE + _string(b"\x05" + PUBLIC[1:]), "the public key does not decode"),
    ],
)
def test_bad_p2pkh(command: Command, tmp_path: Path, script: bytes, reason: str) -> None:
    outcome = _verified(command, tmp_path, script, b"", P2PKH)
    assert outcome.status == 1
    (bad,) = outcome.checks()["P2PKH signatures"]["bad"]
    assert bad["index"] == PLACE
    assert reason in bad["reason"]


def test_a_script_with_operations_is_not_covered(command: Command, tmp_path: Path) -> None:
    outcome = _verified(command, tmp_path, SIGNATURE + PUSHED_KEY + b"\x61", b"", P2PKH)
    assert outcome.status == 0
    kind = "P2PKH: operations other than pushes in the input's script"
    assert outcome.document["files"][0]["not_covered"] == {kind: 1, "coinbase": 1}


def test_p2pkh_with_a_witness_is_bad(command: Command, tmp_path: Path) -> None:
    outcome = _verified(command, tmp_path, SIGNATURE + PUSHED_KEY, _witness(b"\x01"), P2PKH)
    assert outcome.bad() == {"P2PKH signatures": [PLACE]}


@pytest.mark.parametrize(
    ("spent", "kind"),
    [
        (b"\x21" + PUBLIC + b"\xac", "P2PK"),
        (b"\x51\x21" + PUBLIC + b"\x51\xae", "bare multisig"),
        (b"\xa9\x14" + bytes(20) + b"\x87", "P2SH"),
        (b"\x00\x20" + bytes(32), "P2WSH"),
        (b"\x52\x20" + bytes(32), "witness version 2"),
        (b"\x51", "other script"),
        (P2PKH + b"\x61", "other script"),
    ],
)
def test_other_kinds_are_counted(command: Command, tmp_path: Path, spent: bytes, kind: str) -> None:
    outcome = _verified(command, tmp_path, SIGNATURE + PUSHED_KEY, b"", spent)
    assert outcome.document["files"][0]["not_covered"] == {kind: 1, "coinbase": 1}
    assert "P2PKH signatures" not in outcome.checks()


def test_a_damaged_key_does_not_hide_its_signature(command: Command, tmp_path: Path) -> None:
    for script in (SIGNATURE + _string(b"\x42" + PUBLIC[1:]), _string(b"\x31" + SIGNATURE[2:]) + PUSHED_KEY):
        outcome = _verified(command, tmp_path, script, b"", None)
        assert outcome.bad() == {"P2PKH signatures": [PLACE]}


def test_repeated_transactions_with_the_same_root(command: Command, tmp_path: Path) -> None:
    # Ten transactions: the last two, repeated, give twelve with the same root (CVE-2012-2459).
    block = BLOCK_898352.read_bytes()
    outcome = command("verify", BLOCK_898352, "--json")
    assert outcome.checks()["transaction ids"]["checked"] == block[80] == 10
    ends = [at for at in range(len(block) - 1) if block[at : at + 4] in (b"\x01\0\0\0", b"\x02\0\0\0")]
    path = tmp_path / "block"
    for start in reversed(ends):
        path.write_bytes(block[:80] + b"\x0c" + block[81:] + block[start:])
        outcome = command("verify", path, "--json")
        if outcome.status == 1 and outcome.checks()["transaction ids"]["checked"] == 12:
            break
    assert "repeated" in outcome.checks()["Merkle root"]["bad"][0]["reason"]
    assert [place["transaction"] for place in outcome.bad()["transaction form"]] == [10, 11]


@pytest.mark.parametrize(("block", "form"), [(BLOCK_300025, "der-lax"), (BLOCK_482683, "der")])
def test_encoding_follows_the_height(command: Command, monkeypatch: pytest.MonkeyPatch, block: Path, form: str) -> None:
    forms = []
    verify_codes = Runner.verify_codes

    def noted(self: Runner, *arguments: Any, **parameters: Any) -> Any:
        forms.append(parameters["signature_format"])
        return verify_codes(self, *arguments, **parameters)

    monkeypatch.setattr(Runner, "verify_codes", noted)
    assert command("verify", block).status == 0
    assert forms == [form]
