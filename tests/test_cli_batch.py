# SPDX-License-Identifier: Apache-2.0
"""`pyaccel verify` on batch files: verdicts by row, and nothing half-written."""

from __future__ import annotations

import bz2
import hashlib
import json
import stat
import tracemalloc
from pathlib import Path

import pytest
from cli_support import Command, secp256k1_rows, signed_rows, write_lines
from coincurve import PrivateKey
from vector_files import ecdsa_sigver, load_json

from pyaccel.cli import batch_file, report


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(capsys)


def test_bad_rows_are_named_and_the_others_checked(command: Command, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "batch.jsonl", signed_rows(50, bad=(0, 7, 49)))
    out = tmp_path / "verdicts.jsonl"
    outcome = command("verify", path, "--out", out, "--json")
    assert outcome.status == 1
    assert outcome.bad() == {"ed25519 signatures": [{"row": i, "line": i + 1} for i in (0, 7, 49)]}
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert [row["row"] for row in rows] == list(range(50))
    assert [row["row"] for row in rows if not row["valid"]] == [0, 7, 49]
    assert all(("reason" in row) == (not row["valid"]) for row in rows)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["batch.jsonl", "verdicts.jsonl"]
    assert stat.S_IMODE(out.stat().st_mode) == stat.S_IMODE(path.stat().st_mode)


def test_rows_of_several_kinds_are_batched_apart(command: Command, tmp_path: Path) -> None:
    key, digest = PrivateKey(b"\x05" * 32), bytes(range(32))
    rows = [*secp256k1_rows(), *signed_rows(3, bad=(2,))]
    schnorr = {"scheme": "bip340", "public_key": key.public_key.format()[1:].hex(), "message": digest.hex()}
    signature = key.sign_schnorr(digest, bytes(32))
    rows += [
        {**schnorr, "signature": signature.hex()},
        {**schnorr, "signature": signature.hex(), "message": ""},
        {**schnorr, "signature": signature.hex(), "rule": "bip340"},
    ]
    path = write_lines(tmp_path / "batch.jsonl", rows)
    outcome = command("verify", path, "--json")
    places = sorted(place["row"] for found in outcome.bad().values() for place in found)
    assert places == [3, 4, 8, 10]
    assert sum(check["checked"] for check in outcome.checks().values()) == 12


def test_sm2_with_and_without_an_identity(command: Command, tmp_path: Path) -> None:
    """The example of GB/T 32918.5 A.2, whose identity is the default one, and rows of P-384 among them."""
    case = load_json("sm2_sm3/sm2_published_examples.json")["cases"][0]
    row = {
        "scheme": "sm2",
        "public_key": case["px"] + case["py"],
        "message": case["msg"].encode().hex(),
        "signature": case["r"] + case["s"],
    }
    nist = ecdsa_sigver("P-384")[60]
    other = {
        "scheme": "p384-ecdsa",
        "public_key": f"{nist.x:096x}{nist.y:096x}",
        "message": hashlib.new(nist.hash_name, nist.message).hexdigest(),
        "message_hash": "none",
        "signature": f"{nist.r:096x}{nist.s:096x}",
    }
    rows = [
        row,
        {**row, "identity": case["id"].encode().hex()},
        {**row, "identity": "3132"},
        other,
        {**row, "message": case["e"], "message_hash": "none"},
        {**row, "identity": ""},
    ]
    outcome = command("verify", write_lines(tmp_path / "batch.jsonl", rows), "--json")
    bad = {2, 5} if nist.valid else {2, 3, 5}
    assert {place["row"] for found in outcome.bad().values() for place in found} == bad
    assert {name: check["checked"] for name, check in outcome.checks().items()} == {
        "sm2 signatures": 1,
        "sm2 signatures with identities": 3,
        "p384-ecdsa none signatures": 1,
        "sm2 none signatures": 1,
    }


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ("any", ["", "a number in the signature is out of range"]),
        ("low-s", ["a number in the signature is out of range, or s is above (n - 1) / 2 (rule low-s)"] * 2),
        ("fabric", ["a number in the signature is out of range, or s is above (n - 1) / 2 (rule fabric)"] * 2),
    ],
)
def test_a_high_s_is_told_of(command: Command, tmp_path: Path, rule: str, why: list[str]) -> None:
    """RFC 6979, A.2.5, whose s of the message sample is high; and r = 0."""
    row = {
        "scheme": "p256-ecdsa",
        "rule": rule,
        "public_key": "0360fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6",
        "message": b"sample".hex(),
        "signature": "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
        "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
    }
    rows = [row, {**row, "signature": "00" * 32 + str(row["signature"])[64:]}]
    out = tmp_path / "out"
    command("verify", write_lines(tmp_path / "batch.jsonl", rows), "--out", out)
    assert [json.loads(line).get("reason", "") for line in out.read_text().splitlines()] == why


def test_chunks_and_blank_lines(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_file, "CHUNK_ROWS", 7)
    lines = [json.dumps(row) for row in signed_rows(40, bad=(13, 14, 39))]
    lines.insert(14, "   ")
    path = tmp_path / "rows"
    path.write_bytes(bz2.compress("\r\n".join(lines).encode()))
    out = tmp_path / "out"
    outcome = command("verify", path, "--json", "--out", out)
    assert outcome.bad() == {
        "ed25519 signatures": [{"row": 13, "line": 14}, {"row": 14, "line": 16}, {"row": 39, "line": 41}]
    }
    assert [json.loads(line)["row"] for line in out.read_text().splitlines()] == list(range(40))


def test_memory_does_not_grow_with_the_file(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_file, "CHUNK_ROWS", 64)
    rows = signed_rows(64)
    command("verify", write_lines(tmp_path / "warm.jsonl", rows))
    peaks = []
    for repeats in (4, 40):
        path = write_lines(tmp_path / f"{repeats}.jsonl", rows * repeats)
        tracemalloc.start()
        assert command("verify", path).status == 0
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0]


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"message": None}, "line 3, message: None is not a string"),
        ({"public_key": "00"}, "line 3, public_key: 1 bytes, wanted 32"),
        ({"signature": "00" * 63}, "line 3, signature: 63 bytes, wanted 64"),
        ({"signature": "0g" * 64}, "line 3, signature:"),
        ({"signature": "000"}, "line 3, signature: 3 characters of hex are an odd number"),
        ({"scheme": "bip340", "public_key": "02" * 33}, "line 3, public_key: 33 bytes, wanted 32"),
        ({"scheme": "rsa"}, "line 3: scheme 'rsa' is unknown; there are ed25519, secp256k1-ecdsa"),
        ({"scheme": "sm2"}, "line 3, public_key: 32 bytes, wanted 33 or 64 or 65"),
        ({"scheme": "sm2", "public_key": "00" * 64, "message_hash": "none"}, "line 3, message: "),
        ({"scheme": "p384-ecdsa", "public_key": "00" * 96}, "line 3, signature: 64 bytes, wanted 96"),
        ({"scheme": "p256-ecdsa", "key_format": "spki"}, "line 3, public_key: 32 bytes, wanted 59 or 91"),
        ({"scheme": "p256-ecdsa", "public_key": "30" * 91}, "91 bytes, wanted 33 or 64 or 65; if it is a Subject"),
        (
            {"scheme": "p256-ecdsa", "public_key": "04" * 65, "key_format": "spki"},
            'wanted 59 or 91; if it is a bare point, leave out "key_format"\n',
        ),
        (
            {"scheme": "sm2", "public_key": "04" * 65, "signature": "30" * 70},
            'line 3, signature: 70 bytes, wanted 64; if it is DER, add "signature_format": "der"\n',
        ),
        ({"signature": "30" * 70}, "line 3, signature: 70 bytes, wanted 64; correct it\n"),
        ({"identity": "00"}, "line 3: identity: ed25519 has none; it belongs to sm2 alone: leave it out\n"),
        (
            {"scheme": "sm2", "public_key": "04" * 65, "identity": "00", "message_hash": "none", "message": "00" * 32},
            "with message_hash='none' nothing is: leave one out\n",
        ),
        ({"identity": "00" * 8192}, "line 3, identity: 8,192 bytes, wanted 8,191 at most"),
        ({"rule": "low-s"}, "line 3: rule of ed25519 'low-s' is unknown; there are zip215, rfc8032"),
        (
            {"message_hash": "sha256"},
            "line 3: message_hash: 'sha256' came; ed25519 hashes the message itself: leave it",
        ),
        ({"signature_format": "der"}, "line 3: signature_format of ed25519 'der' is unknown"),
        ({"ruel": "zip215"}, "line 3, 'ruel': unknown field"),
        ({"scheme": 7}, "line 3, scheme: 7 is not a string"),
    ],
)
def test_a_faulty_row_is_refused(command: Command, tmp_path: Path, change: dict[str, str], text: str) -> None:
    rows = signed_rows(5)
    rows[2].update(change)
    path = write_lines(tmp_path / "batch.jsonl", rows)
    out = tmp_path / "out"
    line = command.refused("verify", path, "--out", out)
    assert text in line
    assert str(path) in line
    assert [entry.name for entry in tmp_path.iterdir()] == ["batch.jsonl"]


@pytest.mark.parametrize("field", ["scheme", "public_key", "message", "signature"])
def test_a_missing_field_is_named(command: Command, tmp_path: Path, field: str) -> None:
    rows = signed_rows(3)
    del rows[1][field]
    assert f"line 2, {field}: the field is missing" in command.refused(
        "verify", write_lines(tmp_path / "b.jsonl", rows)
    )


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ('{"scheme": "ed25519",', "line 2: not JSON"),
        ("[1, 2]", "is not an object"),
        ('"text"', "is not an object"),
        ('{"scheme": "ed25519", "scheme": "ed25519"}', "field 'scheme' is given twice"),
        ('{"scheme": NaN}', "NaN is not a JSON number"),
        ("[" * 100_000, "nested too deeply"),
        ("\u0001\ufffd", "not JSON"),
        ("9" * 5000, "a number of 5,000 digits"),
    ],
)
def test_a_line_that_is_not_a_row(command: Command, tmp_path: Path, line: str, text: str) -> None:
    path = tmp_path / "b.jsonl"
    path.write_text(json.dumps(signed_rows(1)[0]) + "\n" + line + "\n")
    refused = command.refused("verify", path)
    assert text in refused
    assert "line 2" in refused


def test_old_verdicts_stay_when_the_batch_is_refused(command: Command, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.write_text("old")
    rows = signed_rows(3)
    rows[2]["message"] = "zz"
    command.refused("verify", write_lines(tmp_path / "b.jsonl", rows), "--out", out)
    assert out.read_text() == "old"


def test_a_line_without_end_is_refused(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_file, "LINE_LIMIT", 1000)
    path = tmp_path / "b.jsonl"
    path.write_text('{"scheme": "' + "x" * 2000)
    assert "line 1: longer than 1,000 bytes" in command.refused("verify", path)


def test_a_damaged_bz2_is_refused(command: Command, tmp_path: Path) -> None:
    lines = "".join(json.dumps(row) + "\n" for row in signed_rows(20))
    path = tmp_path / "b.jsonl.bz2"
    path.write_bytes(bz2.compress(lines.encode())[:-20])
    assert "can't be read" in command.refused("verify", path)


def test_more_bad_rows_than_are_named(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "NAMED_LIMIT", 20)
    path = write_lines(tmp_path / "b.jsonl", signed_rows(30, bad=tuple(range(30))))
    outcome = command("verify", path, "--json")
    check = outcome.checks()["ed25519 signatures"]
    assert (outcome.status, check["bad_count"]) == (1, 30)
    assert [bad["index"]["row"] for bad in check["bad"]] == list(range(20))
    shown = command("verify", path).out
    assert "and 18 more; --json names the first 20" in shown
    assert "30 bad of 30 checked" in shown


def test_a_byte_order_mark_and_other_line_ends(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "b.jsonl"
    rows = "".join(json.dumps(row) + "\r\n" for row in signed_rows(3))
    path.write_bytes(b"\xef\xbb\xbf" + rows.encode())
    assert command("verify", path).status == 0
