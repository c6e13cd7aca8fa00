# SPDX-License-Identifier: Apache-2.0
"""`pyaccel verify` on rows whose sender is recovered, and on Ethereum's tests as tools/ethereum_rows.py writes them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cli_support import VECTORS, Command, signed_rows, write_lines
from coincurve import PrivateKey

from pyaccel.cli.runner import Runner
from pyaccel.cli.sampled_runner import SampledRunner
from pyaccel.golden.keccak import keccak256

FOLDER = VECTORS / "secp256k1_ecdsa"
FILES = [FOLDER / name for name in ("ethereum_tests_ttSignature.json", "ethereum_tests_ttVValue.json")]
FILES.append(FOLDER / "geth_ecRecover.json")
TOOL = Path(__file__).parent.parent / "tools" / "ethereum_rows.py"


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(capsys)


def recovery_rows(count: int) -> list[dict[str, Any]]:
    """Good rows by libsecp256k1."""
    rows = []
    for i in range(count):
        secret, digest = PrivateKey(bytes(31) + bytes([i + 1])), keccak256(bytes([i]))
        address = keccak256(secret.public_key.format(compressed=False)[1:])[12:]
        signature = secret.sign_recoverable(digest, hasher=None)
        rows.append(
            {
                "rule": "ethereum-transaction",
                "digest": digest.hex(),
                "signature": signature.hex(),
                "sender": f"0x{address.hex()}",
            }
        )
    return rows


def test_ethereums_tests(command: Command, tmp_path: Path) -> None:
    """All 759 rows are good; with another sender, or none, each of them is bad, and named."""
    run = subprocess.run([sys.executable, TOOL, *FILES], capture_output=True, text=True, check=True)
    assert run.stdout.count("\n") == 759
    left_out = [line.split()[0] for line in run.stderr.splitlines()]
    assert {name: left_out.count(name) for name in left_out} == {
        "TransactionWithTooFewRLPElements": 10,
        "TransactionWithTooManyRLPElements": 10,
        "ValidChainID1InvalidV00": 13,
        "ValidChainID1InvalidV01": 13,
    }
    path = tmp_path / "ethereum"
    path.write_text(run.stdout)
    outcome = command("verify", path, "--json")
    assert outcome.status == 0
    checked = {name: check["checked"] for name, check in outcome.checks().items()}
    assert checked == {"ethereum-transaction senders": 696, "ethereum-precompile senders": 63}
    rows = [json.loads(line) for line in run.stdout.splitlines()]
    for row in rows:
        row["sender"] = None if row["sender"] else "00" * 20
    outcome = command("verify", write_lines(path, rows), "--json")
    assert outcome.status == 1
    bad = [bad for check in outcome.checks().values() for bad in check["bad"]]
    assert sorted(one["index"]["row"] for one in bad) == list(range(759))
    reasons = {one["index"]["row"]: one["reason"] for one in bad}
    assert all(reasons[i].startswith(f"{row['name']}: ") for i, row in enumerate(rows))
    assert "no key was expected" in reasons[[row["name"] for row in rows].index("SenderTest Cancun")]


@pytest.mark.parametrize("device", ["native", "golden"])
def test_senders_keys_and_none(command: Command, tmp_path: Path, device: str) -> None:
    rows = recovery_rows(9)
    key = PrivateKey(bytes(31) + b"\1").public_key.format(compressed=False)[1:]
    rows[0]["sender"] = key.hex()  # an address may be a key
    rows[1]["sender"] = key.hex()
    rows[2]["sender"] = rows[1]["digest"][:40]
    rows[3]["sender"] = None
    rows[4]["signature"] = rows[4]["signature"][:-2] + "1d"  # v = 29
    rows[5] |= {"signature": rows[5]["signature"][:-2] + "ff", "sender": None, "name": "fifth"}
    rows[6] |= {"rule": "secp256k1", "name": "sixth"}
    v = bytes.fromhex(rows[7]["signature"])[64]
    rows[7]["signature"] = rows[7]["signature"][:-2] + f"{v + 27:02x}"
    rows[8]["name"] = "eighth"
    rows[8]["sender"] = rows[7]["sender"]
    path = write_lines(tmp_path / "rows.jsonl", rows + signed_rows(3, bad=(1,)))
    out = tmp_path / "out"
    outcome = command("verify", path, "--out", out, "--json", "--device", device)
    assert sorted(place["row"] for found in outcome.bad().values() for place in found) == [1, 2, 3, 4, 8, 10]
    assert {"ethereum-transaction senders", "secp256k1 senders", "ed25519 signatures"} == set(outcome.checks())
    verdicts = [json.loads(line) for line in out.read_text().splitlines()]
    assert [verdict["row"] for verdict in verdicts] == list(range(12))
    assert [verdict.get("name") for verdict in verdicts[5:9]] == ["fifth", "sixth", None, "eighth"]
    assert verdicts[8]["reason"].startswith("the sender is 0x")
    assert verdicts[4]["reason"].startswith(
        "the signature has no key under the rule; its v is 29, wanted a recovery id"
    )
    named = [bad["reason"] for check in outcome.checks().values() for bad in check["bad"] if bad["index"]["row"] == 8]
    assert named == [f"eighth: {verdicts[8]['reason']}"]


@pytest.mark.parametrize("addresses", [False, True])
def test_a_sampled_runner_finds_the_same_keys(addresses: bool) -> None:
    rows = recovery_rows(9)
    digests, signatures = ([bytes.fromhex(row[name]) for row in rows] for name in ("digest", "signature"))
    signatures[4] = bytes(65)
    sampled = SampledRunner("golden", 3, lambda *_: None, keep_outputs=True)
    whole = Runner("native", keep_outputs=True)
    for runner in (sampled, whole):
        keys, found, step = runner.recover_many(digests, signatures, "secp256k1", addresses=addresses)
        assert keys.shape == (9, 20 if addresses else 64)
        assert found.tolist() == [i != 4 for i in range(9)]
        assert {device for device, _ in step.ran_on} == ({"golden", "native"} if runner is sampled else {"native"})
    assert sampled.outputs == whole.outputs
    assert 0 < sampled.own_bytes < whole.own_bytes == len(whole.outputs[0])


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"digest": "00"}, "line 2, digest: 1 bytes, wanted 32"),
        ({"signature": "00" * 64}, "line 2, signature: 64 bytes, wanted 65"),
        ({"sender": "00" * 32}, "line 2, sender: 32 bytes, wanted 20 or 64"),
        ({"sender": 7}, "line 2, sender: 7 is not a string"),
        ({"rule": None}, "line 2, rule: None is not a string"),
        ({"rule": "low-s"}, "line 2: rule of recovery 'low-s' is unknown; there are secp256k1, ethereum-transaction"),
        ({"scheme": "secp256k1-ecdsa"}, "line 2, 'scheme': unknown field"),
        ({"message_hash": "none"}, "line 2, 'message_hash': unknown field"),
        ({"name": 3}, "line 2, name: 3 is not a string"),
        ({"name": "n" * 1001}, "line 2, name: 1,001 characters, more than 1,000"),
    ],
)
def test_a_faulty_row_is_refused(command: Command, tmp_path: Path, change: dict[str, Any], text: str) -> None:
    rows = recovery_rows(3)
    rows[1].update(change)
    out = tmp_path / "out"
    assert text in command.refused("verify", write_lines(tmp_path / "rows.jsonl", rows), "--out", out)
    assert not out.exists()


@pytest.mark.parametrize("field", ["rule", "digest", "signature", "sender"])
def test_a_missing_field_is_named(command: Command, tmp_path: Path, field: str) -> None:
    rows = recovery_rows(2)
    del rows[1][field]
    text = f"line 2, {field}: the field is missing"
    assert text in command.refused("verify", write_lines(tmp_path / "rows.jsonl", rows))


def test_the_tool_reads_only_the_shortest_rlp() -> None:
    sys.path.insert(0, str(TOOL.parent))
    try:
        from ethereum_rows import RlpError, number, rlp_decode, rlp_encode
    finally:
        sys.path.remove(str(TOOL.parent))
    # Yellow Paper, appendix B, and ethereum.org's page on RLP.
    published: list[tuple[Any, str]] = [
        (b"dog", "83646f67"),
        ([b"cat", b"dog"], "c88363617483646f67"),
        (b"", "80"),
        ([], "c0"),
        (b"\0", "00"),
        (b"\x0f", "0f"),
        (b"\x04\x00", "820400"),
        ([[], [[]], [[], [[]]]], "c7c0c1c0c3c0c1c0"),
        (
            b"Lorem ipsum dolor sit amet, consectetur adipisicing elit",
            "b838" + b"Lorem ipsum dolor sit amet, consectetur adipisicing elit".hex(),
        ),
        ([b"a" * 60] * 5, "f90136" + ("b83c" + "61" * 60) * 5),
    ]
    for item, encoded in published:
        assert rlp_encode(item).hex() == encoded
        assert rlp_decode(bytes.fromhex(encoded)) == item
    for wrong in (
        "",
        "8100",
        "817f",
        "b800",
        "b83700",
        "b90000",
        "f800",
        "83646f",
        "c28363",
        "8080",
        "c18100",
        "b8",
        "ba",
    ):
        with pytest.raises(RlpError):
            rlp_decode(bytes.fromhex(wrong))
    assert [number(b""), number(b"\1\0")] == [0, 256]
    for no_number in (b"\0", b"\0\1", []):
        with pytest.raises(RlpError):
            number(no_number)
