# SPDX-License-Identifier: Apache-2.0
"""Bitcoin blocks as bytes: a parser that checks every length against what is left before it uses it.

Source: the serialization of blocks and transactions (BIP-141, BIP-144). Anything that a node would refuse to read
raises `MalformedError` with the offset.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from pyaccel.cli.bitcoin_network import NETWORK_BY_MAGIC, Network
from pyaccel.cli.errors import MalformedError

HEADER_SIZE = 80
WEIGHT_LIMIT = 4_000_000
"""The most that a block may weigh on any network (BIP-141); no block weighs less than its bytes are many."""

_MAXIMUM_SIZE = 0x02000000
_SMALLEST_INPUT = 41
_SMALLEST_OUTPUT = 9
_SMALLEST_TRANSACTION = 10


class Reader:
    """A position in bytes, from which values are taken in order."""

    def __init__(self, data: bytes, position: int = 0, end: int | None = None) -> None:
        self.data = data
        self.position = position
        self.end = len(data) if end is None else end

    @property
    def left(self) -> int:
        """Bytes between the position and the end."""
        return self.end - self.position

    def fail(self, position: int, fault: str) -> MalformedError:
        """The error to raise for a fault at a position."""
        return MalformedError(f"offset {position}", fault, "the bytes are truncated or changed: fetch them anew")

    def take(self, size: int, what: str) -> bytes:
        """The next size bytes."""
        if size > self.left:
            raise self.fail(self.position, f"{what} needs {size:,} bytes, {self.left:,} are left")
        start = self.position
        self.position += size
        return self.data[start : self.position]

    def number(self, form: str, what: str) -> int:
        """The next number, in a form of the struct module."""
        value: int = struct.unpack(form, self.take(struct.calcsize(form), what))[0]
        return value

    def count(self, what: str, smallest: int = 1) -> int:
        """The next CompactSize, which counts things of at least `smallest` bytes each that must still follow."""
        start = self.position
        first = self.take(1, what)[0]
        value = first
        if first >= 0xFD:
            form, least = {0xFD: ("<H", 0xFD), 0xFE: ("<I", 0x10000), 0xFF: ("<Q", 0x100000000)}[first]
            value = self.number(form, what)
            if value < least:
                raise self.fail(start, f"{what} {value:,} is not in its shortest form")
        if value > _MAXIMUM_SIZE or value * smallest > self.left:
            raise self.fail(start, f"{what} {value:,} is more than the {self.left:,} bytes left can hold")
        return value

    def string(self, what: str) -> bytes:
        """The next byte string with its CompactSize length."""
        return self.take(self.count(f"length of {what}"), what)


@dataclass(frozen=True, slots=True)
class TransactionOutput:
    """An output: satoshis (signed, as serialized) and script."""

    value: int
    script: bytes

    def serialize(self) -> bytes:
        """Value, length and script."""
        return struct.pack("<q", self.value) + compact_size(len(self.script)) + self.script


@dataclass(frozen=True, slots=True)
class TransactionInput:
    """An input: the outpoint it spends (36 bytes: txid and output index), script, sequence and witness."""

    outpoint: bytes
    script: bytes
    sequence: int
    witness: tuple[bytes, ...]


@dataclass(frozen=True)
class Transaction:
    """A transaction with its bytes, all and without witness."""

    version: int
    inputs: tuple[TransactionInput, ...]
    outputs: tuple[TransactionOutput, ...]
    lock_time: int
    raw: bytes
    stripped: bytes

    @property
    def has_witness(self) -> bool:
        """Whether it is serialized with witness data."""
        return len(self.raw) != len(self.stripped)

    @property
    def is_coinbase(self) -> bool:
        """Whether it spends nothing: a single input with the null outpoint."""
        return len(self.inputs) == 1 and self.inputs[0].outpoint == b"\x00" * 32 + b"\xff" * 4

    @cached_property
    def outpoints(self) -> bytes:
        """All outpoints, one after the other."""
        return b"".join(item.outpoint for item in self.inputs)

    @cached_property
    def sequences(self) -> bytes:
        """All sequence numbers, one after the other."""
        return struct.pack(f"<{len(self.inputs)}I", *(item.sequence for item in self.inputs))

    @cached_property
    def blank_inputs(self) -> bytes:
        """All inputs with empty scripts, 41 bytes each."""
        return b"".join(item.outpoint + b"\x00" + struct.pack("<I", item.sequence) for item in self.inputs)

    @cached_property
    def blank_inputs_without_sequences(self) -> bytes:
        """All inputs with empty scripts and sequence 0, 41 bytes each."""
        return b"".join(item.outpoint + bytes(5) for item in self.inputs)

    @cached_property
    def serialized_outputs(self) -> bytes:
        """All outputs, one after the other, without their count."""
        return b"".join(item.serialize() for item in self.outputs)


@dataclass(frozen=True)
class Header:
    """The 80 bytes that proof of work is done over; hashes in the order of the bytes, not of their display."""

    raw: bytes
    version: int
    previous: bytes
    merkle_root: bytes
    time: int
    bits: int
    nonce: int


@dataclass(frozen=True)
class Block:
    """A block; network where a magic number said it, else None; offset of its header in the file."""

    header: Header
    transactions: tuple[Transaction, ...]
    network: Network | None
    offset: int

    @property
    def weight(self) -> int:
        """Bytes without witness data four times, those of witness data once."""
        frame = HEADER_SIZE + len(compact_size(len(self.transactions)))
        return 4 * frame + sum(3 * len(item.stripped) + len(item.raw) for item in self.transactions)

    @property
    def height(self) -> int | None:
        """The height that the coinbase states (BIP-34), or None for version 1 and where it states none."""
        if self.header.version < 2 or not self.transactions or not self.transactions[0].inputs:
            return None
        script = self.transactions[0].inputs[0].script
        if script and 0x51 <= script[0] <= 0x60:
            return script[0] - 0x50
        size = script[0] if script else 0
        if not 1 <= size <= 5 or len(script) <= size or script[size] & 0x80:
            return None
        return int.from_bytes(script[1 : 1 + size], "little")


def compact_size(value: int) -> bytes:
    """A length in its shortest CompactSize form."""
    if value < 0xFD:
        return bytes((value,))
    if value < 0x10000:
        return b"\xfd" + struct.pack("<H", value)
    if value < 0x100000000:
        return b"\xfe" + struct.pack("<I", value)
    return b"\xff" + struct.pack("<Q", value)


def parse_header(reader: Reader) -> Header:
    """The next 80 bytes as a header."""
    raw = reader.take(HEADER_SIZE, "the block header")
    version, previous, root, time, bits, nonce = struct.unpack("<i32s32sIII", raw)
    return Header(raw, version, previous, root, time, bits, nonce)


def _parse_input(reader: Reader, where: str) -> TransactionInput:
    outpoint = reader.take(36, f"{where} outpoint")
    script = reader.string(f"{where} script")
    return TransactionInput(outpoint, script, reader.number("<I", f"{where} sequence"), ())


def _parse_output(reader: Reader, where: str) -> TransactionOutput:
    value = reader.number("<q", f"{where} value")
    return TransactionOutput(value, reader.string(f"{where} script"))


def parse_transaction(reader: Reader, name: str = "transaction") -> Transaction:
    """The next transaction, with or without witness; `name` says which one in errors.

    Raises:
        MalformedError: the bytes end early, a length is not in its shortest form, witness data is amiss.
    """
    start = reader.position
    version = reader.number("<i", f"{name} version")
    witness_at = reader.position
    segregated = reader.left > 0 and reader.data[witness_at] == 0
    if segregated and reader.take(2, f"{name} witness marker")[1] != 1:
        raise reader.fail(witness_at, f"{name} has no inputs, or a witness flag that is not 01")
    body = reader.position
    count = reader.count(f"{name} input count", _SMALLEST_INPUT)
    inputs = [_parse_input(reader, f"{name} input {i}") for i in range(count)]
    count = reader.count(f"{name} output count", _SMALLEST_OUTPUT)
    outputs = tuple(_parse_output(reader, f"{name} output {i}") for i in range(count))
    body_end = reader.position
    if segregated:
        for i, item in enumerate(inputs):
            where = f"{name} input {i} witness"
            items = tuple(reader.string(f"{where} item") for _ in range(reader.count(f"{where} count")))
            inputs[i] = TransactionInput(item.outpoint, item.script, item.sequence, items)
        if not any(item.witness for item in inputs):
            raise reader.fail(witness_at, f"{name} is marked as having witness data and has none")
    lock_time = reader.number("<I", f"{name} lock time")
    raw = reader.data[start : reader.position]
    stripped = raw
    if segregated:
        stripped = raw[:4] + reader.data[body:body_end] + raw[-4:]
    return Transaction(version, tuple(inputs), outputs, lock_time, raw, stripped)


def parse_block(reader: Reader, network: Network | None = None) -> Block:
    """The next block, header and transactions.

    Raises:
        MalformedError: see parse_transaction; also more bytes than a block may weigh, before any is parsed.
    """
    offset = reader.position
    if reader.left > WEIGHT_LIMIT:
        raise MalformedError(
            f"offset {offset}",
            f"{reader.left:,} bytes are no block, whose weight is at most {WEIGHT_LIMIT:,} (BIP-141)",
            "several blocks need network magic and length before each",
        )
    header = parse_header(reader)
    count = reader.count("transaction count", _SMALLEST_TRANSACTION)
    if count == 0:
        raise reader.fail(reader.position - 1, "the block holds no transaction, not even a coinbase")
    transactions = tuple(parse_transaction(reader, f"transaction {i}") for i in range(count))
    return Block(header, transactions, network, offset)


def parse_blocks(data: bytes) -> Iterator[Block]:
    """The blocks of a file: one bare block, or any number of them, each behind magic number and length.

    Raises:
        MalformedError: see parse_transaction; also an unknown magic number, a wrong length, bytes left over.
    """
    reader = Reader(data)
    if not _is_framed(data):
        block = parse_block(reader)
        if reader.left:
            raise reader.fail(reader.position, f"{reader.left:,} bytes are left over after the last transaction")
        yield block
        return
    while reader.left:
        start = reader.position
        magic = reader.take(4, "the network magic")
        size = reader.number("<I", "the block length")
        if magic not in NETWORK_BY_MAGIC:
            known = ", ".join(f"{known.hex()} {network.name}" for known, network in NETWORK_BY_MAGIC.items())
            raise MalformedError(f"offset {start}", f"unknown network magic {magic.hex()}", f"known are {known}")
        if size > reader.left:
            raise reader.fail(start + 4, f"the block length says {size:,} bytes, {reader.left:,} are left")
        inner = Reader(data, reader.position, reader.position + size)
        block = parse_block(inner, NETWORK_BY_MAGIC[magic])
        if inner.left:
            raise reader.fail(
                start + 4,
                f"the block length says {size:,} bytes, its transactions end after "
                f"{inner.position - reader.position:,}",
            )
        reader.position = inner.position
        yield block


def holds_several(data: bytes) -> bool:
    """Whether a frame comes first and something follows it."""
    return _is_framed(data) and 8 + struct.unpack_from("<I", data, 4)[0] < len(data)


def _is_framed(data: bytes) -> bool:
    """Whether a magic number and length come first; one of the two may be damaged, so that the error names it."""
    if len(data) < 8:
        return False
    return data[:4] in NETWORK_BY_MAGIC or struct.unpack_from("<I", data, 4)[0] == len(data) - 8
