# SPDX-License-Identifier: Apache-2.0
"""The bytes that CometBFT hashes and signs: protocol buffers in their canonical form. Source: CometBFT's .proto files.

Fields with a zero value are left out, except embedded messages that are never null there.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from pyaccel.cli.light_block import COMMIT, NO_BLOCK, BlockId, CommitSignature, Header, LightBlock, Timestamp, Validator

_VARINT, _FIXED64, _BYTES = 0, 1, 2
_PRECOMMIT = 2


def varint(number: int) -> bytes:
    """A number in base 128, least significant digit first; negative ones as 64-bit two's complement."""
    number &= (1 << 64) - 1
    encoded = bytearray()
    while number >= 0x80:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def _integer(field: int, number: int) -> bytes:
    return varint(field << 3 | _VARINT) + varint(number) if number else b""


def _fixed(field: int, number: int) -> bytes:
    return varint(field << 3 | _FIXED64) + struct.pack("<q", number) if number else b""


def _message(field: int, content: bytes) -> bytes:
    return varint(field << 3 | _BYTES) + varint(len(content)) + content


def _bytes(field: int, content: bytes) -> bytes:
    return _message(field, content) if content else b""


def _time(time: Timestamp) -> bytes:
    return _integer(1, time.seconds) + _integer(2, time.nanoseconds)


def _block_id(block_id: BlockId) -> bytes:
    parts = _integer(1, block_id.parts_total) + _bytes(2, block_id.parts_hash)
    return _bytes(1, block_id.hash) + _message(2, parts)


def header_leaves(header: Header) -> list[bytes]:
    """The fourteen fields whose Merkle root is the header's hash; single values are wrapped in a message."""
    return [
        _integer(1, header.version_block) + _integer(2, header.version_app),
        _bytes(1, header.chain_id.encode()),
        _integer(1, header.height),
        _time(header.time),
        _block_id(header.last_block_id),
        _bytes(1, header.last_commit_hash),
        _bytes(1, header.data_hash),
        _bytes(1, header.validators_hash),
        _bytes(1, header.next_validators_hash),
        _bytes(1, header.consensus_hash),
        _bytes(1, header.app_hash),
        _bytes(1, header.last_results_hash),
        _bytes(1, header.evidence_hash),
        _bytes(1, header.proposer_address),
    ]


def validator_leaves(validators: Sequence[Validator]) -> list[bytes]:
    """What the validator set's hash is the Merkle root of: by falling power, then by address."""
    ordered = sorted(validators, key=lambda item: (-item.power, item.address))
    return [_message(1, _message(1, item.public_key)) + _integer(2, item.power) for item in ordered]


def sign_bytes(block: LightBlock, signature: CommitSignature) -> bytes:
    """What a validator signs with its precommit: the canonical vote with its length before it."""
    commit = block.commit
    block_id = commit.block_id if signature.flag == COMMIT else NO_BLOCK
    vote = b"".join(
        (
            _integer(1, _PRECOMMIT),
            _fixed(2, commit.height),
            _fixed(3, commit.round),
            b"" if block_id == NO_BLOCK else _message(4, _block_id(block_id)),
            _message(5, _time(signature.time)),
            _bytes(6, block.header.chain_id.encode()),
        )
    )
    return varint(len(vote)) + vote
