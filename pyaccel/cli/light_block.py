# SPDX-License-Identifier: Apache-2.0
"""CometBFT light blocks: from JSON to dataclasses. Source: CometBFT's JSON of signed headers and validator sets."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pyaccel.cli.errors import MalformedError, quoted
from pyaccel.cli.json_value import JsonValue

ABSENT, COMMIT, NIL = 1, 2, 3
"""Values of block_id_flag: no vote, a vote for the block, a vote for no block."""

HASH_SIZE = 32
ADDRESS_SIZE = 20
ALL_POWER = ((1 << 63) - 1) // 8
"""The most power that a validator set may have, and each of its members."""

ED25519_TYPE = "tendermint/PubKeyEd25519"
_UINT32 = range(1 << 32)
_INT32 = range(-(1 << 31), 1 << 31)
_UINT64 = range(1 << 64)
_POWER = range(1, ALL_POWER + 1)
_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,9}))?(?:[Zz]|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))",
    re.ASCII,
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Timestamp:
    """A point in time: seconds since 1970 (before it: negative) and nanoseconds, 0 to 999,999,999."""

    seconds: int
    nanoseconds: int


@dataclass(frozen=True)
class BlockId:
    """What names a block: its header hash, and number and hash of its parts. All empty: no block."""

    hash: bytes
    parts_total: int
    parts_hash: bytes


NO_BLOCK = BlockId(b"", 0, b"")


@dataclass(frozen=True)
class Header:
    """A block header; hashes are empty or 32 bytes (app_hash: any length)."""

    version_block: int
    version_app: int
    chain_id: str
    height: int
    time: Timestamp
    last_block_id: BlockId
    last_commit_hash: bytes
    data_hash: bytes
    validators_hash: bytes
    next_validators_hash: bytes
    consensus_hash: bytes
    app_hash: bytes
    last_results_hash: bytes
    evidence_hash: bytes
    proposer_address: bytes


@dataclass(frozen=True)
class CommitSignature:
    """One entry of a commit: a validator's vote; address and signature are empty where it is ABSENT."""

    flag: int
    address: bytes
    time: Timestamp
    signature: bytes


@dataclass(frozen=True)
class Commit:
    """The votes for a block."""

    height: int
    round: int
    block_id: BlockId
    signatures: tuple[CommitSignature, ...]


@dataclass(frozen=True)
class Validator:
    """A member of a validator set: Ed25519 key of 32 bytes, stated address, voting power."""

    address: bytes
    public_key: bytes
    power: int


@dataclass(frozen=True)
class ValidatorSet:
    """The validators of a height, and what the file says of them: None where it says nothing.

    The total power is a number that CometBFT keeps and writes as 0 until it needs it: 0 says nothing either.
    """

    members: tuple[Validator, ...]
    proposer: Validator | None
    total_power: int | None

    @property
    def sum_of_powers(self) -> int:
        """What all members have together."""
        return sum(member.power for member in self.members)


@dataclass(frozen=True)
class LightBlock:
    """A signed header with the set that signs it; None where the file does not give one."""

    header: Header
    commit: Commit
    validators: ValidatorSet | None
    next_validators: ValidatorSet | None


def parse_time(value: JsonValue) -> Timestamp:
    """A time as RFC 3339 writes it, up to nine digits after the second."""
    found = _TIME.fullmatch(value.text())
    if not found:
        raise value.fail(f"{quoted(value.value)} is not an RFC 3339 time")
    date, clock, fraction, sign, hours, minutes = found.groups()
    try:
        moment = datetime.fromisoformat(f"{date}T{clock}+00:00")
        if sign:
            shift = timedelta(hours=int(hours), minutes=int(minutes))
            moment = moment - shift if sign == "+" else moment + shift
    except (ValueError, OverflowError):
        raise value.fail(f"{quoted(value.value)} is not a time that exists") from None
    passed = moment - _EPOCH
    return Timestamp(passed.days * 86_400 + passed.seconds, int((fraction or "").ljust(9, "0")))


def _parse_hash(value: JsonValue) -> bytes:
    return b"" if value.value is None else value.hexadecimal(0, HASH_SIZE)


def _parse_block_id(value: JsonValue) -> BlockId:
    if value.value is None:
        return NO_BLOCK
    parts = value["part_set_header"] if value.has("part_set_header") else value["parts"]
    return BlockId(_parse_hash(value["hash"]), parts["total"].integer(_UINT32), _parse_hash(parts["hash"]))


def _parse_header(value: JsonValue) -> Header:
    version = value["version"]
    return Header(
        version_block=version["block"].integer(_UINT64),
        version_app=version["app"].integer(_UINT64) if version.has("app") else 0,
        chain_id=value["chain_id"].text(),
        height=value["height"].integer(),
        time=parse_time(value["time"]),
        last_block_id=_parse_block_id(value["last_block_id"]),
        last_commit_hash=_parse_hash(value["last_commit_hash"]),
        data_hash=_parse_hash(value["data_hash"]),
        validators_hash=_parse_hash(value["validators_hash"]),
        next_validators_hash=_parse_hash(value["next_validators_hash"]),
        consensus_hash=_parse_hash(value["consensus_hash"]),
        app_hash=value["app_hash"].hexadecimal(),
        last_results_hash=_parse_hash(value["last_results_hash"]),
        evidence_hash=_parse_hash(value["evidence_hash"]),
        proposer_address=value["proposer_address"].hexadecimal(0, ADDRESS_SIZE),
    )


def _parse_signature(value: JsonValue) -> CommitSignature:
    flag = value["block_id_flag"].integer(range(ABSENT, NIL + 1))
    if flag == ABSENT:
        for name in ("validator_address", "signature"):
            if value.has(name) and value[name].value != "":
                raise value[name].fail("an absent vote (block_id_flag 1) has none")
        return CommitSignature(flag, b"", Timestamp(0, 0), b"")
    return CommitSignature(
        flag,
        value["validator_address"].hexadecimal(ADDRESS_SIZE),
        parse_time(value["timestamp"]),
        value["signature"].base64(64),
    )


def _parse_commit(value: JsonValue) -> Commit:
    return Commit(
        height=value["height"].integer(),
        round=value["round"].integer(_INT32),
        block_id=_parse_block_id(value["block_id"]),
        signatures=tuple(_parse_signature(item) for item in value["signatures"].items(null_is_empty=True)),
    )


def _parse_validator(value: JsonValue) -> Validator:
    key = value["pub_key"]
    if key["type"].text() != ED25519_TYPE:
        raise key["type"].fail(f"{quoted(key['type'].value)} is not covered", f"{ED25519_TYPE} is")
    return Validator(
        value["address"].hexadecimal(ADDRESS_SIZE),
        key["value"].base64(32),
        value["voting_power"].integer(_POWER),
    )


def _parse_set(value: JsonValue) -> ValidatorSet:
    return ValidatorSet(
        members=tuple(_parse_validator(item) for item in value["validators"].items(null_is_empty=True)),
        proposer=_parse_validator(value["proposer"]) if value.has("proposer") else None,
        total_power=(value["total_voting_power"].integer() or None) if value.has("total_voting_power") else None,
    )


def _parse_block(value: JsonValue) -> LightBlock:
    signed = value["signed_header"]
    return LightBlock(
        _parse_header(signed["header"]),
        _parse_commit(signed["commit"]),
        _parse_set(value["validator_set"]),
        _parse_set(value["next_validator_set"]) if value.has("next_validator_set") else None,
    )


def parse_light_blocks(value: JsonValue) -> list[LightBlock]:
    """The light blocks of a file: one, each `input[].block` of a bundle, or a signed header without validators.

    Raises:
        MalformedError: the place is the field's path.
    """
    fields = value.fields()
    if "signed_header" in fields:
        return [_parse_block(value)]
    if "input" in fields:
        return [_parse_block(item["block"]) for item in value["input"].items()]
    if "header" in fields and "commit" in fields:
        return [LightBlock(_parse_header(value["header"]), _parse_commit(value["commit"]), None, None)]
    if "primary" in fields:
        raise MalformedError(
            "primary",
            "light blocks of Tendermint 0.33, an older encoding, are not covered",
            "give light blocks of Tendermint 0.34 or CometBFT",
        )
    raise value.fail("no light block", "wanted an object with signed_header and validator_set, or with input[].block")
