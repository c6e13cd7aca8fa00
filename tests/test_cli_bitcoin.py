# SPDX-License-Identifier: Apache-2.0
"""`pyaccel verify` on real blocks: what is checked, what is not covered, and in which forms a block may come."""

from __future__ import annotations

import bz2
import struct
import tracemalloc
from pathlib import Path

import pytest
from cli_support import (
    BITCOIN,
    BLOCK_277647,
    BLOCK_300025,
    BLOCK_482683,
    BLOCK_898352,
    SPENT_277647,
    SPENT_300025,
    Command,
)

import pyaccel
from pyaccel.cli.bitcoin_checks import verify_blocks
from pyaccel.cli.bitcoin_network import target_of
from pyaccel.cli.runner import Runner

FRAME = bytes.fromhex("f9beb4d9")


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(capsys)


def test_block_300025(command: Command) -> None:
    outcome = command("verify", BLOCK_300025, "--spent", SPENT_300025, "--json")
    assert outcome.status == 0
    counts = {name: check["checked"] for name, check in outcome.checks().items()}
    assert counts == {
        "proof of work": 1,
        "block weight": 1,
        "transaction ids": 461,
        "Merkle root": 1,
        "witness ids": 461,
        "transaction form": 461,
        "key hashes": 1424,
        "signature hashes": 1424,
        "P2PKH signatures": 1424,
        "amounts": 461,
    }
    assert outcome.bad() == {}
    file = outcome.document["files"][0]
    assert file["not_covered"] == {"bare multisig": 3, "coinbase": 1}
    assert file["facts"]["hash"] == "0000000000000000821c4e0acc40f88bedbce3b73ba2358b5ade58a9022cc78c"


def test_524_signatures_of_block_300025_have_a_high_s(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    verify_codes = Runner.verify_codes

    def low_s(self: Runner, *arguments: object, **parameters: object) -> object:
        return verify_codes(self, *arguments, **{**parameters, "rule": "low-s"})  # type: ignore[arg-type]

    monkeypatch.setattr(Runner, "verify_codes", low_s)
    outcome = command("verify", BLOCK_300025, "--json")
    assert outcome.status == 1
    bad = outcome.checks()["P2PKH signatures"]["bad"]
    assert len(bad) == 524
    assert {b["reason"] for b in bad} == {"a number in the signature is out of range"}


@pytest.mark.parametrize(
    ("block", "spent", "signatures", "not_covered"),
    [
        (BLOCK_277647, SPENT_277647, 732, {"coinbase": 1}),
        (BLOCK_482683, None, 47, {"P2SH": 2, "P2SH-P2WSH": 2, "coinbase": 1}),
        (BLOCK_898352, None, 12, {"P2SH": 3, "coinbase": 1}),
    ],
)
def test_other_blocks(
    command: Command, block: Path, spent: Path | None, signatures: int, not_covered: dict[str, int]
) -> None:
    outcome = command("verify", block, "--json", *(("--spent", spent) if spent else ()))
    assert outcome.status == 0
    assert outcome.checks()["P2PKH signatures"]["checked"] == signatures
    assert outcome.document["files"][0]["not_covered"] == not_covered
    told = any("--spent" in remark for remark in outcome.document["files"][0]["remarks"])
    assert told == (spent is None)


def test_witness_commitment_is_checked(command: Command, tmp_path: Path) -> None:
    assert command("verify", BLOCK_482683, "--json").checks()["witness commitment"]["checked"] == 1
    block = BLOCK_482683.read_bytes()
    # The coinbase's witness: one item of 32 bytes, all zero, which only the commitment covers.
    reserved = block.index(b"\x01\x20" + bytes(32) + bytes(4))
    changed = tmp_path / "block"
    changed.write_bytes(block[: reserved + 9] + b"\x01" + block[reserved + 10 :])
    outcome = command("verify", changed, "--json")
    assert outcome.status == 1
    assert outcome.bad() == {"witness commitment": [{}]}


def test_first_256_blocks_in_one_file(command: Command) -> None:
    outcome = command("verify", BITCOIN / "btcd_blocks1-256.bz2", "--json")
    assert outcome.status == 0
    assert outcome.checks()["proof of work"]["checked"] == 255
    assert outcome.document["files"][0]["not_covered"] == {"P2PK": 7, "coinbase": 255}


@pytest.mark.parametrize("form", ["framed", "hex", "hex in lines", "framed hex.bz2", "bz2", "two bz2 streams"])
def test_forms_of_a_file(command: Command, tmp_path: Path, form: str) -> None:
    block = BLOCK_898352.read_bytes()
    framed = FRAME + struct.pack("<I", len(block)) + block
    content = {
        "framed": framed,
        "hex": block.hex().encode(),
        "hex in lines": b"\r\n".join(block.hex().upper().encode()[i : i + 61] for i in range(0, 2 * len(block), 61)),
        "framed hex.bz2": bz2.compress(framed.hex().encode() + b"\n"),
        "bz2": bz2.compress(block),
        "two bz2 streams": bz2.compress(block[:999]) + bz2.compress(block[999:]),
    }[form]
    path = tmp_path / "block"
    path.write_bytes(content)
    outcome = command("verify", path, "--json")
    assert outcome.status == 0
    assert outcome.checks()["P2PKH signatures"]["checked"] == 12


def test_spent_outputs_as_hex_and_missing_ones(command: Command, tmp_path: Path) -> None:
    spent = tmp_path / "spent"
    spent.write_text(SPENT_300025.read_bytes().hex())
    assert command("verify", BLOCK_300025, "--spent", spent).status == 0
    store = bz2.decompress(SPENT_277647.read_bytes())
    (size,) = struct.unpack_from("<I", store, 36)
    spent.write_bytes(store[40 + size :])
    outcome = command("verify", BLOCK_277647, "--spent", spent, "--json")
    assert outcome.status == 0
    assert outcome.checks()["key hashes"]["checked"] == 731
    assert outcome.checks()["P2PKH signatures"]["checked"] == 732
    assert outcome.document["files"][0]["not_covered"] == {"amounts: spent output not in the file": 1, "coinbase": 1}


def test_a_changed_spent_output_is_named(command: Command, tmp_path: Path) -> None:
    spent = bytearray(SPENT_300025.read_bytes())
    assert spent[8] == 25
    spent[20] ^= 1
    path = tmp_path / "spent"
    path.write_bytes(spent)
    outcome = command("verify", BLOCK_300025, "--spent", path, "--json")
    place = {"transaction": 1, "input": 0}
    assert outcome.status == 1
    assert outcome.bad() == {"key hashes": [place], "P2PKH signatures": [place]}


@pytest.mark.parametrize(
    ("at", "byte", "transactions"),
    [
        (0, 0xC7, [0]),  # one satoshi less in fees than the coinbase takes
        (0, 0xC9, []),  # one more, which it may leave
        (7, 0x80, [1, 0]),  # a negative value
        (6, 0x08, [1]),  # more than all coins
    ],
)
def test_amounts(command: Command, tmp_path: Path, at: int, byte: int, transactions: list[int]) -> None:
    spent = bytearray(SPENT_300025.read_bytes())
    assert spent[0] == 0xC8
    spent[at] = byte
    path = tmp_path / "spent"
    path.write_bytes(spent)
    outcome = command("verify", BLOCK_300025, "--spent", path, "--json")
    expected = {"amounts": [{"transaction": i} for i in transactions]} if transactions else {}
    assert outcome.bad() == expected


@pytest.mark.parametrize("device", ["native", "golden", "opencl"])
def test_devices_say_the_same(command: Command, device: str) -> None:
    kinds = {row.name: row for row in pyaccel.devices()}
    there = [row for name, row in kinds.items() if name.partition(":")[0] == device and row.available]
    if not there:
        pytest.skip(f"{device} is not here: {[row.reason for row in kinds.values() if row.name.startswith(device)]}")
    outcome = command("verify", BLOCK_898352, "--json", "--device", device)
    expected = command("verify", BLOCK_898352, "--json")
    assert outcome.status == 0
    hashed = outcome.checks()["transaction ids"]["ran_on"]
    assert [row["device"].partition(":")[0] for row in hashed] == [device]
    for name, check in outcome.checks().items():
        assert (check["checked"], check["bad"]) == (expected.checks()[name]["checked"], [])
        elsewhere = [row for row in check["ran_on"] if row["device"].partition(":")[0] != device]
        assert bool(elsewhere) == bool(check["notes"])


def test_network_rules(command: Command) -> None:
    outcome = command("verify", BLOCK_898352, "--network", "regtest", "--json")
    assert outcome.status == 0
    assert outcome.document["files"][0]["facts"]["network rules"] == "regtest"


@pytest.mark.parametrize(
    ("bits", "target"),
    [
        (0x1D00FFFF, 0xFFFF << 208),
        (0x01003456, 0),
        (0x01123456, 0x12),
        (0x02008000, 0x80),
        (0x05009234, 0x92340000),
        (0x04923456, 0),
        (0x04123456, 0x12345600),
        (0x20123456, 0x123456 << 232),
        (0xFF123456, 0),
    ],
)
def test_compact_targets(bits: int, target: int) -> None:
    assert target_of(bits) == target


def test_table_of_a_block(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    outcome = command("verify", BLOCK_300025, "--spent", SPENT_300025)
    assert outcome.status == 0
    for text in ("Bitcoin block 300025", "P2PKH signatures", "1,424", "native", "not covered: 3 × bare multisig"):
        assert text in outcome.out
    assert all(len(line) <= 100 for line in outcome.out.splitlines())
    assert outcome.err == ""


def _tiny_transactions(size: int) -> bytes:
    """A block of about that many bytes, all of it transactions of one input and one output without scripts."""
    transaction = b"\x01" + bytes(3) + b"\x01" + bytes(32) + b"\xff" * 4 + b"\x00" + b"\xff" * 4 + b"\x01" + bytes(13)
    count = (size - 83) // len(transaction)
    return bytes(80) + b"\xfd" + struct.pack("<H", count) + transaction * count


def test_what_weighs_more_than_a_block_may(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "block"
    path.write_bytes(_tiny_transactions(1_000_083))
    outcome = command("verify", path, "--json")
    # 80 + 3 + 16,666 * 60 bytes, four times.
    assert outcome.checks()["block weight"]["bad"] == [
        {"index": {}, "reason": "4,000,172 is more than 4,000,000 (BIP-141)"}
    ]
    path.write_bytes(_tiny_transactions(999_983))
    assert "block weight" not in command("verify", path, "--json").bad()


def test_more_bytes_than_a_block_may_have_are_not_parsed(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "block"
    block = bytes(4_000_001)
    for content, offset in ((block, 0), (FRAME + struct.pack("<I", len(block)) + block, 8)):
        path.write_bytes(content)
        line = command.refused("verify", path)
        assert f"{path}: offset {offset}: 4,000,001 bytes are no block, whose weight is at most 4,000,000" in line
        assert "(BIP-141)" in line


def test_blocks_of_a_file_are_held_one_by_one(tmp_path: Path) -> None:
    block = BLOCK_300025.read_bytes()
    framed = FRAME + struct.pack("<I", len(block)) + block
    peaks = []
    for count in (3, 6):
        data = framed * count
        tracemalloc.start()
        verify_blocks(tmp_path, data, Runner("native"))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0]
