# SPDX-License-Identifier: Apache-2.0
"""All checks of CometBFT light blocks: each for itself, whatever a client trusts. A file's signatures are one batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pyaccel.cli.errors import MalformedError, UnusableInputError
from pyaccel.cli.json_value import JsonValue
from pyaccel.cli.light_block import (
    ABSENT,
    ADDRESS_SIZE,
    ALL_POWER,
    COMMIT,
    LightBlock,
    Validator,
    ValidatorSet,
    parse_light_blocks,
)
from pyaccel.cli.light_encoding import header_leaves, sign_bytes, validator_leaves
from pyaccel.cli.report import Bad, Report, Step
from pyaccel.cli.runner import Runner

TRUST = "consistency of each block alone: whether a client should trust it is its own question (period, earlier sets)"


@dataclass
class _Votes:
    """Commit signatures of all blocks that can be checked, in the order in which they go into the batch."""

    members: list[Validator] = field(default_factory=list)
    messages: list[bytes] = field(default_factory=list)
    signatures: list[bytes] = field(default_factory=list)
    places: list[tuple[int, int]] = field(default_factory=list)


def verify_light_blocks(path: Path, value: object, runner: Runner) -> Report:
    """Checks every light block of a file.

    Args:
        path: the file, for errors and the report.
        value: its JSON.
        runner: what the batches run on.

    Raises:
        UnusableInputError: the JSON is no light block.
    """
    try:
        blocks = parse_light_blocks(JsonValue(value))
    except MalformedError as error:
        raise UnusableInputError(str(path), error.place, error.fault, error.mend) from None
    if not blocks:
        raise UnusableInputError(str(path), "input", "the bundle holds no light block", "give at least one")
    report = Report(str(path), title=_title(blocks))
    report.remarks[TRUST] = None
    if isinstance(value, dict) and "initial" in value:
        report.not_covered["initial header (trusted, given without its validator set)"] += 1
    indices = [{"block": i} if len(blocks) > 1 else {} for i in range(len(blocks))]
    for block, index in zip(blocks, indices, strict=True):
        _check_hashes(report, runner, block, index)
    _check_addresses(report, runner, blocks, indices)
    verified = _check_votes(report, runner, blocks, indices)
    for i, (block, index) in enumerate(zip(blocks, indices, strict=True)):
        _check_power(report, block, index, verified[i])
    return report


def _members(block: LightBlock) -> tuple[Validator, ...]:
    return block.validators.members if block.validators else ()


def _title(blocks: Sequence[LightBlock]) -> str:
    if len(blocks) > 1:
        return f"{len(blocks)} CometBFT light blocks"
    header = blocks[0].header
    return f"CometBFT light block: height {header.height} of {header.chain_id!r}"


def _check_hashes(report: Report, runner: Runner, block: LightBlock, index: Mapping[str, int]) -> None:
    header, commit = block.header, block.commit
    root, _, step = runner.root("rfc6962", header_leaves(header))
    bad = []
    if not header.validators_hash:
        bad.append(Bad(index, "a header without validators_hash has no hash"))
    elif root != commit.block_id.hash:
        bad.append(
            Bad(index, f"the header gives {root.hex()}, the commit is for {commit.block_id.hash.hex() or 'none'}")
        )
    report.add("header hash", 1, bad, step)
    heights = [Bad(index, f"the commit is for height {commit.height}, the header for {header.height}")]
    report.add("commit height", 1, heights if commit.height != header.height else [], Step())
    for name, validators, stated in (
        ("validators", block.validators, header.validators_hash),
        ("next validators", block.next_validators, header.next_validators_hash),
    ):
        if validators is not None:
            root, _, step = runner.root("rfc6962", validator_leaves(validators.members))
            wrong = [Bad(index, f"the set gives {root.hex()}, the header says {stated.hex() or 'none'}")]
            report.add(f"{name} hash", 1, wrong if root != stated else [], step)
            _check_statements(report, name, validators, index)
    if block.validators is None:
        report.not_covered["validator set: not in the file"] += 1


def _check_statements(report: Report, name: str, validators: ValidatorSet, index: Mapping[str, int]) -> None:
    """What no hash covers: the proposer is a member (of an empty set nobody can be), the total is what they have."""
    proposer, stated = validators.proposer, validators.total_power
    if proposer and validators.members:
        reason = f"{proposer.address.hex()} is not in the set with this key and power"
        report.add(f"{name} proposer", 1, [] if proposer in validators.members else [Bad(index, reason)], Step())
    if stated is not None:
        reason = f"the members have {validators.sum_of_powers:,}, the file says {stated:,}"
        report.add(f"{name} power", 1, [Bad(index, reason)] if stated != validators.sum_of_powers else [], Step())


def _check_addresses(
    report: Report, runner: Runner, blocks: Sequence[LightBlock], indices: Sequence[Mapping[str, int]]
) -> None:
    """Each validator's address is the start of its key's SHA-256."""
    members = [(i, j, member) for i, block in enumerate(blocks) for j, member in enumerate(_members(block))]
    if not members:
        return
    digests, step = runner.hash_many("sha256", [member.public_key for _, _, member in members])
    bad = []
    seen: set[tuple[int, bytes]] = set()
    for (i, j, member), digest in zip(members, digests, strict=True):
        place = {**indices[i], "validator": j}
        if digest[:ADDRESS_SIZE].tobytes() != member.address:
            bad.append(Bad(place, "the address is not the one of its key"))
        elif (i, member.address) in seen:
            bad.append(Bad(place, "the validator is in the set twice"))
        seen.add((i, member.address))
    report.add("validator addresses", len(members), bad, step)


def _check_votes(
    report: Report, runner: Runner, blocks: Sequence[LightBlock], indices: Sequence[Mapping[str, int]]
) -> list[int]:
    """Checks every commit signature; the answer is each block's voting power whose signatures for it are good."""
    votes, bad, checked = _Votes(), list[Bad](), 0
    for i, block in enumerate(blocks):
        if block.validators is None:
            unknown = sum(vote.flag != ABSENT for vote in block.commit.signatures)
            report.not_covered["commit signatures: validator set not in the file"] += unknown
            continue
        checked += sum(vote.flag != ABSENT for vote in block.commit.signatures)
        bad += _collect(votes, i, block, indices[i])
    powers = [0] * len(blocks)
    step = Step()
    if votes.places:
        verdicts, reasons, step = runner.verify_many(
            "ed25519",
            [member.public_key for member in votes.members],
            votes.messages,
            votes.signatures,
            "commit signatures",
            rule="zip215",
        )
        for verdict, reason, (i, j), member in zip(verdicts, reasons, votes.places, votes.members, strict=True):
            if not verdict:
                bad.append(Bad({**indices[i], "signature": j}, reason))
            elif blocks[i].commit.signatures[j].flag == COMMIT:
                powers[i] += member.power
    if checked:
        bad.sort(key=lambda item: (item.index.get("block", 0), item.index["signature"]))
        report.add("commit signatures", checked, bad, step)
    return powers


def _collect(votes: _Votes, i: int, block: LightBlock, index: Mapping[str, int]) -> list[Bad]:
    """Puts the votes of one block into the batch; the answer is those that no validator of the set can have cast."""
    members: dict[bytes, Validator] = {member.address: member for member in _members(block)}
    seen: set[bytes] = set()
    bad: list[Bad] = []
    for j, vote in enumerate(block.commit.signatures):
        if vote.flag == ABSENT:
            continue
        member = members.get(vote.address)
        if member is None or vote.address in seen:
            who = f"validator {vote.address.hex()}"
            bad.append(
                Bad({**index, "signature": j}, f"{who} {'is not in the set' if member is None else 'votes twice'}")
            )
            continue
        seen.add(vote.address)
        votes.members.append(member)
        votes.messages.append(sign_bytes(block, vote))
        votes.signatures.append(vote.signature)
        votes.places.append((i, j))
    return bad


def _check_power(report: Report, block: LightBlock, index: Mapping[str, int], verified: int) -> None:
    if block.validators is None:
        return
    size, entries = len(block.validators.members), len(block.commit.signatures)
    sizes = [Bad(index, f"{entries} entries for {size} validators")]
    report.add("commit size", 1, sizes if entries != size else [], Step())
    total = block.validators.sum_of_powers
    reason = ""
    if total > ALL_POWER:
        reason = f"the set's power {total:,} is above {ALL_POWER:,}"
    elif 3 * verified <= 2 * total:
        reason = f"good signatures for the block have {verified:,} of {total:,}, which is not over 2/3"
    report.add("power over 2/3", 1, [Bad(index, reason)] if reason else [], Step())
