# SPDX-License-Identifier: Apache-2.0
"""Bitcoin's wire format as far as the vector tests need it, apart from the reader that pyaccel ships."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass


class Reader:
    """Reads from the front of some bytes."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, size: int) -> bytes:
        taken = self.data[self.at : self.at + size]
        if len(taken) != size:
            raise ValueError(f"truncated at {self.at}")
        self.at += size
        return taken

    def u32(self) -> int:
        return int(struct.unpack("<I", self.take(4))[0])

    def compact(self) -> int:
        first = self.take(1)[0]
        if first < 0xFD:
            return first
        return int.from_bytes(self.take({0xFD: 2, 0xFE: 4, 0xFF: 8}[first]), "little")

    def string(self) -> bytes:
        return self.take(self.compact())


@dataclass(frozen=True)
class Transaction:
    """A transaction with and without its witness, and its output scripts."""

    whole: bytes
    stripped: bytes
    witnesses: list[list[bytes]]
    output_scripts: list[bytes]


def read_transaction(reader: Reader) -> Transaction:
    """The next transaction (BIP-144)."""
    start = reader.at
    version = reader.take(4)
    segwit = reader.data[reader.at : reader.at + 2] == b"\0\1"
    if segwit:
        reader.take(2)
    body_start = reader.at
    inputs = reader.compact()
    for _ in range(inputs):
        reader.take(36)
        reader.string()
        reader.take(4)
    scripts = []
    for _ in range(reader.compact()):
        reader.take(8)
        scripts.append(reader.string())
    body = reader.data[body_start : reader.at]
    witnesses = [[reader.string() for _ in range(reader.compact())] for _ in range(inputs)] if segwit else []
    stripped = version + body + reader.take(4)
    return Transaction(reader.data[start : reader.at], stripped, witnesses, scripts)


@dataclass(frozen=True)
class Block:
    """A block: its 80-byte header and its transactions."""

    header: bytes
    transactions: list[Transaction]

    @property
    def merkle_root(self) -> bytes:
        return self.header[36:68]

    @property
    def witness_commitment(self) -> bytes | None:
        """What the coinbase commits to (BIP-141), None where it does not."""
        scripts = [s for s in self.transactions[0].output_scripts if s.startswith(bytes.fromhex("6a24aa21a9ed"))]
        return scripts[-1][6:38] if scripts else None


def read_block(data: bytes) -> Block:
    """A block without network magic."""
    reader = Reader(data)
    header = reader.take(80)
    transactions = [read_transaction(reader) for _ in range(reader.compact())]
    if reader.at != len(data):
        raise ValueError(f"{len(data) - reader.at} bytes after the block")
    return Block(header, transactions)


def framed_blocks(data: bytes) -> list[bytes]:
    """Blocks of a file where each follows 4 bytes of network magic and 4 of length."""
    reader, blocks = Reader(data), []
    while reader.at < len(data):
        reader.take(4)
        blocks.append(reader.take(reader.u32()))
    return blocks


def sha256d(data: bytes) -> bytes:
    """SHA-256 twice, by hashlib."""
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()


@dataclass(frozen=True)
class MerkleBlock:
    """A partial tree (BIP-37): the header, the number of transactions, and index: (txid, siblings) of each match."""

    header: bytes
    size: int
    proofs: dict[int, tuple[bytes, list[bytes]]]


def read_merkle_block(data: bytes) -> MerkleBlock:
    """Takes a partial tree apart into one full branch per matched transaction."""
    reader = Reader(data)
    header, size = reader.take(80), reader.u32()
    hashes = iter([reader.take(32) for _ in range(reader.compact())])
    flags = iter([byte >> i & 1 for byte in reader.string() for i in range(8)])
    proofs: dict[int, tuple[bytes, list[bytes]]] = {}

    def walk(height: int, position: int) -> tuple[bytes, list[int]]:
        """The node and the matched leaves below it, whose branches reach up to here."""
        matched = next(flags)
        if height == 0 or not matched:
            node = next(hashes)
            if matched:
                proofs[position] = (node, [])
            return node, [position] if matched else []
        left, left_matches = walk(height - 1, 2 * position)
        lone = 2 * position + 1 == -(-size >> (height - 1))
        right, right_matches = (left, []) if lone else walk(height - 1, 2 * position + 1)
        for matches, sibling in ((left_matches, right), (right_matches, left)):
            for index in matches:
                proofs[index][1].append(sibling)
        return sha256d(left + right), left_matches + right_matches

    if walk((size - 1).bit_length(), 0)[0] != header[36:68]:
        raise ValueError("the partial tree does not lead to the header's root")
    return MerkleBlock(header, size, proofs)
