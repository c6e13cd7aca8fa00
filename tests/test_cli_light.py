# SPDX-License-Identifier: Apache-2.0
"""`pyaccel verify` on CometBFT light blocks: the model-based bundles, and every field changed."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cli_support import LIGHT, Command
from nacl.signing import SigningKey

import pyaccel
from pyaccel.cli.json_value import JsonValue
from pyaccel.cli.light_block import (
    ABSENT,
    COMMIT,
    NIL,
    NO_BLOCK,
    Commit,
    CommitSignature,
    LightBlock,
    Timestamp,
    parse_light_blocks,
    parse_time,
)
from pyaccel.cli.light_encoding import sign_bytes

BUNDLES = sorted(LIGHT.glob("tm_single_step_*.json"))
GOOD = LIGHT / "tm_single_step_MC10_3_faulty_TestTwoThirdsValsetChanges.json"


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(capsys)


def _expected(block: dict[str, Any]) -> dict[str, int]:
    """How many of which check fail, from the JSON alone; hashes and signatures of these bundles are all good."""
    validators = {v["address"]: int(v["voting_power"]) for v in block["validator_set"]["validators"]}
    entries = block["signed_header"]["commit"]["signatures"] or []
    votes = [entry["validator_address"] for entry in entries if entry["block_id_flag"] != ABSENT]
    strangers = sum(vote not in validators for vote in votes)
    power = sum(validators.get(vote, 0) for vote in votes)
    found = {
        "commit signatures": strangers,
        "commit size": int(len(entries) != len(validators)),
        "power over 2/3": int(3 * power <= 2 * sum(validators.values())),
    }
    return {name: count for name, count in found.items() if count}


@pytest.mark.parametrize("path", BUNDLES, ids=lambda path: path.stem.removeprefix("tm_single_step_"))
def test_bundles(command: Command, path: Path) -> None:
    outcome = command("verify", path, "--json")
    bundle = json.loads(path.read_text())["input"]
    for i, step in enumerate(bundle):
        bad = {
            name: sum(place.get("block", 0) == i for place in places)
            for name, places in outcome.bad().items()
            if any(place.get("block", 0) == i for place in places)
        }
        assert bad == _expected(step["block"])
        # What the model's client can use, now or by way of another block, is consistent in itself.
        assert not (bad and step["verdict"] in ("SUCCESS", "NOT_ENOUGH_TRUST"))
    assert outcome.status == bool(outcome.bad())
    assert outcome.checks()["header hash"]["checked"] == len(bundle)


def test_there_are_26_bundles_with_invalid_blocks_among_them() -> None:
    verdicts = [step["verdict"] for path in BUNDLES for step in json.loads(path.read_text())["input"]]
    assert len(BUNDLES) == 26
    assert (verdicts.count("INVALID"), len(verdicts)) == (9, 61)


@pytest.mark.parametrize("name", ["ibc_valid_signed_header.json", "ibc_expired_signed_header.json"])
def test_a_signed_header_without_validators(command: Command, name: str) -> None:
    # Both headers were edited after they were signed: neither hashes to the block that its commit names.
    outcome = command("verify", LIGHT / name, "--json")
    assert outcome.status == 1
    assert outcome.bad() == {"header hash": [{}]}
    assert outcome.document["files"][0]["not_covered"] == {
        "commit signatures: validator set not in the file": 4,
        "validator set: not in the file": 1,
    }


def _block() -> dict[str, Any]:
    block: dict[str, Any] = json.loads(GOOD.read_text())["input"][1]["block"]
    return block


def _verify(command: Command, tmp_path: Path, block: dict[str, Any]) -> Any:
    path = tmp_path / "light.json"
    path.write_text(json.dumps(block))
    return command("verify", path, "--json")


def _flip_hex(text: str) -> str:
    return ("1" if text[0] == "0" else "0") + text[1:]


HEADER_FIELDS: dict[str, Callable[[dict[str, Any]], object]] = {
    "version.block": lambda h: h["version"].update(block="12"),
    "version.app": lambda h: h["version"].update(app="1"),
    "time": lambda h: h.update(time="1970-01-01T00:00:02.000000001Z"),
    "last_block_id": lambda h: h.update(last_block_id={"hash": "AB" * 32, "parts": {"total": 1, "hash": ""}}),
    "last_commit_hash": lambda h: h.update(last_commit_hash="AB" * 32),
    "data_hash": lambda h: h.update(data_hash="AB" * 32),
    "consensus_hash": lambda h: h.update(consensus_hash=_flip_hex(h["consensus_hash"])),
    "app_hash": lambda h: h.update(app_hash="00"),
    "last_results_hash": lambda h: h.update(last_results_hash="AB" * 32),
    "evidence_hash": lambda h: h.update(evidence_hash="AB" * 32),
    "proposer_address": lambda h: h.update(proposer_address=_flip_hex(h["proposer_address"])),
}


@pytest.mark.parametrize("field", HEADER_FIELDS)
def test_every_header_field_is_hashed(command: Command, tmp_path: Path, field: str) -> None:
    block = _block()
    HEADER_FIELDS[field](block["signed_header"]["header"])
    assert _verify(command, tmp_path, block).bad() == {"header hash": [{}]}


@pytest.mark.parametrize(
    ("field", "also"), [("validators_hash", "validators hash"), ("next_validators_hash", "next validators hash")]
)
def test_hashes_of_sets(command: Command, tmp_path: Path, field: str, also: str) -> None:
    block = _block()
    header = block["signed_header"]["header"]
    header[field] = _flip_hex(header[field])
    assert _verify(command, tmp_path, block).bad() == {"header hash": [{}], also: [{}]}


def _votes(block: dict[str, Any]) -> list[int]:
    entries = block["signed_header"]["commit"]["signatures"]
    return [i for i, entry in enumerate(entries) if entry["block_id_flag"] != ABSENT]


def test_what_all_validators_sign(command: Command, tmp_path: Path) -> None:
    changes: dict[str, tuple[Callable[[dict[str, Any]], object], set[str]]] = {
        "chain": (lambda s: s["header"].update(chain_id="test-chainx"), {"header hash"}),
        "height": (lambda s: s["commit"].update(height="3"), {"commit height"}),
        "round": (lambda s: s["commit"].update(round=2), set()),
        "hash": (lambda s: s["commit"]["block_id"].update(hash="AB" * 32), {"header hash"}),
        "parts": (lambda s: s["commit"]["block_id"]["part_set_header"].update(total=2), set()),
    }
    for change, also in changes.values():
        block = _block()
        change(block["signed_header"])
        bad = _verify(command, tmp_path, block).bad()
        assert bad.pop("commit signatures") == [{"signature": i} for i in _votes(block)]
        assert set(bad) == also | {"power over 2/3"}


def test_one_bad_signature_among_good_ones(command: Command, tmp_path: Path) -> None:
    for change in ("signature", "timestamp"):
        block = _block()
        vote = _votes(block)[2]
        entry = block["signed_header"]["commit"]["signatures"][vote]
        if change == "signature":
            signature = bytearray(base64.b64decode(entry["signature"]))
            signature[40] ^= 1
            entry["signature"] = base64.b64encode(signature).decode()
        else:
            entry["timestamp"] = "1970-01-01T00:00:02.5Z"
        bad = _verify(command, tmp_path, block).bad()
        # Five of seven voted: one less is not over two thirds any more.
        assert bad == {"commit signatures": [{"signature": vote}], "power over 2/3": [{}]}


def test_a_vote_that_is_counted_twice_or_cast_by_a_stranger(command: Command, tmp_path: Path) -> None:
    block = _block()
    entries = block["signed_header"]["commit"]["signatures"]
    first, second = _votes(block)[:2]
    entries[second] = dict(entries[first])
    assert _verify(command, tmp_path, block).bad()["commit signatures"] == [{"signature": second}]
    entries[second]["validator_address"] = "AB" * 20
    outcome = _verify(command, tmp_path, block)
    assert "is not in the set" in outcome.checks()["commit signatures"]["bad"][0]["reason"]


def test_validators(command: Command, tmp_path: Path) -> None:
    block = _block()
    block["validator_set"]["validators"][0]["voting_power"] = "51"
    assert _verify(command, tmp_path, block).bad() == {"validators hash": [{}], "validators proposer": [{}]}
    block = _block()
    member = block["validator_set"]["validators"][3]
    member["address"] = _flip_hex(member["address"])
    bad = _verify(command, tmp_path, block).bad()
    assert bad["validator addresses"] == [{"validator": 3}]
    block = _block()
    block["validator_set"]["validators"].reverse()
    assert _verify(command, tmp_path, block).status == 0


@pytest.mark.parametrize(
    ("name", "checked"), [("validator_set", "validators"), ("next_validator_set", "next validators")]
)
def test_what_a_set_says_of_itself(command: Command, tmp_path: Path, name: str, checked: str) -> None:
    block = _block()
    stated, members = block[name], block[name]["validators"]
    stated["proposer"] = dict(members[1], proposer_priority="-7")
    stated["total_voting_power"] = str(sum(int(member["voting_power"]) for member in members))
    outcome = _verify(command, tmp_path, block)
    assert outcome.status == 0
    assert {f"{checked} proposer", f"{checked} power"} <= set(outcome.checks())
    changes: dict[str, object] = {
        "address": _flip_hex(members[1]["address"]),
        "pub_key": members[2]["pub_key"],
        "voting_power": "51",
    }
    for field, value in changes.items():
        stated["proposer"] = dict(members[1], **{field: value})
        assert _verify(command, tmp_path, block).bad() == {f"{checked} proposer": [{}]}
    stated["proposer"] = None
    for total in ("1", "-1", str((1 << 63) - 1)):
        stated["total_voting_power"] = total
        assert _verify(command, tmp_path, block).bad() == {f"{checked} power": [{}]}
    # What a Go program that never asked for the total writes, and what older ones leave out.
    stated["total_voting_power"] = "0"
    assert _verify(command, tmp_path, block).status == 0
    del stated["total_voting_power"], stated["proposer"]
    assert _verify(command, tmp_path, block).status == 0


def _header_and_commit(signatures: tuple[CommitSignature, ...], chain_id: str = "") -> LightBlock:
    header = parse_light_blocks(JsonValue(_block()))[0].header
    header = type(header)(**{**vars(header), "chain_id": chain_id})
    return LightBlock(header, Commit(1, 1, NO_BLOCK, signatures), None, None)


def test_sign_bytes_of_cometbft() -> None:
    # types/vote_test.go, TestVoteSignBytesTestVectors: a precommit of height 1, round 1 at Go's zero time.
    zero = parse_time(JsonValue("0001-01-01T00:00:00Z"))
    vote = CommitSignature(NIL, b"", zero, b"")
    expected = "21 0802 110100000000000000 190100000000000000 2a0b088092b8c398feffffff01"
    assert sign_bytes(_header_and_commit((vote,)), vote).hex() == expected.replace(" ", "")
    # The same with a chain: two bytes of key and length, and its 13 letters, after the time.
    expected = expected.replace("21", "30", 1) + "320d" + b"test_chain_id".hex()
    assert sign_bytes(_header_and_commit((vote,), "test_chain_id"), vote).hex() == expected.replace(" ", "")


def test_votes_for_nothing_are_checked_and_not_counted(command: Command, tmp_path: Path) -> None:
    key = SigningKey(bytes(range(32)))
    public = bytes(key.verify_key)
    address = sha256(public).hexdigest()[:40].upper()
    leaf = b"\x0a\x22\x0a\x20" + public + b"\x10\x01"
    block = _block()
    header, commit = block["signed_header"]["header"], block["signed_header"]["commit"]
    header["validators_hash"] = sha256(b"\x00" + leaf).hexdigest().upper()
    del block["next_validator_set"], block["validator_set"]["proposer"]
    block["validator_set"]["validators"] = [
        {
            "address": address,
            "pub_key": {"type": "tendermint/PubKeyEd25519", "value": base64.b64encode(public).decode()},
            "voting_power": "1",
        }
    ]
    # Type 2, height 2, round 1, no block, the time, the chain.
    body = bytes.fromhex("0802 110200000000000000 190100000000000000 2a020802 320a") + header["chain_id"].encode()
    signature = key.sign(bytes((len(body),)) + body).signature
    commit["signatures"] = [
        {
            "block_id_flag": NIL,
            "validator_address": address,
            "timestamp": "1970-01-01T00:00:02Z",
            "signature": base64.b64encode(signature).decode(),
        }
    ]
    bad = _verify(command, tmp_path, block).bad()
    assert bad == {"header hash": [{}], "power over 2/3": [{}]}
    commit["signatures"][0]["block_id_flag"] = COMMIT
    bad = _verify(command, tmp_path, block).bad()
    assert bad["commit signatures"] == [{"signature": 0}]


@pytest.mark.parametrize(
    ("text", "seconds", "nanoseconds"),
    [
        ("1970-01-01T00:00:00Z", 0, 0),
        ("2020-11-18T12:36:34.160570299Z", 1_605_702_994, 160_570_299),
        ("2020-11-18T14:36:34.16+02:00", 1_605_702_994, 160_000_000),
        ("1969-12-31T23:59:59.9Z", -1, 900_000_000),
        ("0001-01-01T00:00:00Z", -62_135_596_800, 0),
        ("9999-12-31T23:59:59Z", 253_402_300_799, 0),
    ],
)
def test_times(text: str, seconds: int, nanoseconds: int) -> None:
    assert parse_time(JsonValue(text)) == Timestamp(seconds, nanoseconds)


FIELD_FAULTS: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "missing": (
        lambda b: b["signed_header"]["commit"].pop("height"),
        "signed_header.commit.height: the field is missing",
    ),
    "not a number": (lambda b: b["signed_header"]["header"].update(height="two"), "signed_header.header.height: 'two'"),
    "too large": (lambda b: b["signed_header"]["header"].update(height=str(1 << 63)), "header.height"),
    "a float": (lambda b: b["signed_header"]["commit"].update(round=1.5), "signed_header.commit.round: 1.5"),
    "a bool": (lambda b: b["signed_header"]["commit"].update(round=True), "signed_header.commit.round: True"),
    "hash width": (lambda b: b["signed_header"]["header"].update(data_hash="AB"), "header.data_hash: 1 bytes"),
    "not hex": (lambda b: b["signed_header"]["header"].update(data_hash="XY" * 32), "header.data_hash: 'XY"),
    "not base64": (
        lambda b: b["signed_header"]["commit"]["signatures"][0].update(signature="?"),
        "signed_header.commit.signatures[0].signature: '?' is not base64",
    ),
    "signature width": (
        lambda b: b["signed_header"]["commit"]["signatures"][0].update(signature="AAAA"),
        "signed_header.commit.signatures[0].signature: 3 bytes, wanted 64",
    ),
    "flag": (lambda b: b["signed_header"]["commit"]["signatures"][0].update(block_id_flag=4), "block_id_flag: 4"),
    "time": (lambda b: b["signed_header"]["header"].update(time="yesterday"), "header.time: 'yesterday'"),
    "no such day": (lambda b: b["signed_header"]["header"].update(time="2021-02-29T00:00:00Z"), "header.time"),
    "leap second": (lambda b: b["signed_header"]["header"].update(time="2016-12-31T23:59:60Z"), "header.time"),
    "key type": (
        lambda b: b["validator_set"]["validators"][0]["pub_key"].update(type="tendermint/PubKeySecp256k1"),
        "validator_set.validators[0].pub_key.type",
    ),
    "a proposer without a key": (
        lambda b: b["validator_set"]["proposer"].pop("pub_key"),
        "validator_set.proposer.pub_key: the field is missing",
    ),
    "a total that is no number": (
        lambda b: b["validator_set"].update(total_voting_power="all"),
        "validator_set.total_voting_power: 'all' is not a whole number",
    ),
    "half a surrogate pair": (
        lambda b: b["signed_header"]["header"].update(chain_id="a\ud800"),
        "signed_header.header.chain_id: 'a\\ud800' has half a surrogate pair",
    ),
    "negative power": (lambda b: b["validator_set"]["validators"][0].update(voting_power="-1"), "voting_power: '-1'"),
    "no list": (lambda b: b["validator_set"].update(validators={}), "validator_set.validators: {} is not a list"),
    "no set": (lambda b: b.pop("validator_set"), "validator_set: the field is missing"),
    "no object": (lambda b: b.update(signed_header=7), "signed_header: 7 is not an object"),
}


@pytest.mark.parametrize("fault", FIELD_FAULTS)
def test_faults_are_named_by_their_path(command: Command, tmp_path: Path, fault: str) -> None:
    change, text = FIELD_FAULTS[fault]
    block = _block()
    change(block)
    path = tmp_path / "light.json"
    path.write_text(json.dumps(block))
    line = command.refused("verify", path)
    assert text in line
    assert str(path) in line


def test_the_older_encoding_is_not_covered(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "old.json"
    path.write_text(json.dumps({"primary": {"lite_blocks": []}}))
    assert "Tendermint 0.33" in command.refused("verify", path)


def _large_block(validators: int) -> dict[str, Any]:
    """A block of the bundle with that many validators in place of its own, all of whom vote for it."""
    block = _block()
    header, commit = block["signed_header"]["header"], block["signed_header"]["commit"]
    keys = [SigningKey(sha256(b"validator %d" % i).digest()) for i in range(validators)]
    publics = [bytes(key.verify_key) for key in keys]
    del block["next_validator_set"], block["validator_set"]["proposer"]
    block["validator_set"]["validators"] = [
        {
            "address": sha256(public).hexdigest()[:40].upper(),
            "pub_key": {"type": "tendermint/PubKeyEd25519", "value": base64.b64encode(public).decode()},
            "voting_power": "1",
        }
        for public in publics
    ]
    commit["signatures"] = [
        {
            "block_id_flag": COMMIT,
            "validator_address": member["address"],
            "timestamp": f"1970-01-01T00:00:02.{i:03}Z",
            "signature": base64.b64encode(bytes(64)).decode(),
        }
        for i, member in enumerate(block["validator_set"]["validators"])
    ]
    header["validators_hash"] = "AB" * 32
    parsed = parse_light_blocks(JsonValue(block))[0]
    for key, entry, vote in zip(keys, commit["signatures"], parsed.commit.signatures, strict=True):
        entry["signature"] = base64.b64encode(key.sign(sign_bytes(parsed, vote)).signature).decode()
    return block


def test_all_votes_are_one_batch(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The way by one equation for many signatures is taken by the batch, under the rule that allows it.
    calls: list[tuple[str, int, str]] = []
    real = pyaccel.verify_many

    def spy(scheme: str, keys: Any, messages: Any, signatures: Any, **options: Any) -> Any:
        calls.append((scheme, len(signatures), options["rule"]))
        return real(scheme, keys, messages, signatures, **options)

    monkeypatch.setattr(pyaccel, "verify_many", spy)
    block = _large_block(150)
    bad = _verify(command, tmp_path, block).bad()
    assert "commit signatures" not in bad
    assert "power over 2/3" not in bad
    assert calls == [("ed25519", 150, "zip215")]

    # A vote with another's signature is found, by its index, in the same one call.
    entries = block["signed_header"]["commit"]["signatures"]
    entries[77]["signature"] = entries[78]["signature"]
    assert _verify(command, tmp_path, block).bad()["commit signatures"] == [{"signature": 77}]
    assert calls[1:] == [("ed25519", 150, "zip215")]

    # A file of several blocks is one batch, too.
    calls.clear()
    bundle = json.loads(GOOD.read_text())["input"]
    votes = sum(len(_votes(step["block"])) for step in bundle)
    assert command("verify", GOOD, "--json").status == 0
    assert calls == [("ed25519", votes, "zip215")]
