# SPDX-License-Identifier: Apache-2.0
"""The outputs that a block spends, from a file beside it.

Two forms are read, each raw, hex or .bz2:
- serialized outputs (value, script length, script), one an input, in input order, none for the coinbase;
- a store of outpoints, each with a compressed output (transaction hash, output index and length in 4 bytes each, then
  the compact form that databases of unspent outputs use); it may leave out what the block itself creates.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

from pyaccel.cli.bitcoin_block import Block, Reader, TransactionOutput
from pyaccel.cli.bitcoin_script import p2pkh_script
from pyaccel.cli.errors import MalformedError, UnusableInputError
from pyaccel.cli.sources import read_binary

Spent = list[list[TransactionOutput | None]]
"""By transaction and input: the output that it spends, None where the file does not hold it (and for the coinbase)."""

_FIELD_PRIME = 2**256 - 2**32 - 977
_COMPRESSED_SCRIPTS = 6
_LARGEST_AMOUNT = 2**63 - 1


def read_spent_outputs(path: Path, block: Block, txids: Sequence[bytes]) -> Spent:
    """The spent outputs of a block's inputs.

    Args:
        path: the file.
        block: what spends them.
        txids: of the block's transactions, 32 bytes each in the order of the bytes.

    Raises:
        UnusableInputError: the file is in neither form, or holds another number of outputs than the block has inputs.
    """
    data = read_binary(path)
    try:
        store = _parse_store(data)
    except MalformedError:
        store = {}
    try:
        if store:
            return _from_store(store, block, txids)
        return _from_list(data, block)
    except MalformedError as error:
        raise UnusableInputError(str(path), error.place, error.fault, "give the spent outputs of this block") from None


def _from_list(data: bytes, block: Block) -> Spent:
    reader = Reader(data)
    spent: Spent = [[None] * len(block.transactions[0].inputs)]
    for i, transaction in enumerate(block.transactions[1:], 1):
        row: list[TransactionOutput | None] = []
        for j in range(len(transaction.inputs)):
            name = f"the output that transaction {i} input {j} spends"
            value = reader.number("<q", name)
            row.append(TransactionOutput(value, reader.string(name)))
        spent.append(row)
    if reader.left:
        raise reader.fail(reader.position, f"{reader.left:,} bytes are left over after the last input's output")
    return spent


def _from_store(store: dict[bytes, TransactionOutput], block: Block, txids: Sequence[bytes]) -> Spent:
    spends = [item.outpoint for transaction in block.transactions[1:] for item in transaction.inputs]
    if not any(outpoint in store for outpoint in spends):
        raise MalformedError("all entries", "none of them is an output that this block spends")
    known = dict(store)
    spent: Spent = []
    for i, (transaction, txid) in enumerate(zip(block.transactions, txids, strict=True)):
        spent.append([None if i == 0 else known.get(item.outpoint) for item in transaction.inputs])
        known.update((txid + struct.pack("<I", j), output) for j, output in enumerate(transaction.outputs))
    return spent


def _parse_store(data: bytes) -> dict[bytes, TransactionOutput]:
    reader = Reader(data)
    store: dict[bytes, TransactionOutput] = {}
    while reader.left:
        outpoint = reader.take(36, "an outpoint")
        size = reader.number("<I", "the length of an entry")
        start = reader.position
        if size > reader.left:
            raise reader.fail(start - 4, f"an entry says {size:,} bytes, {reader.left:,} are left")
        entry = Reader(data, start, start + size)
        _variable_number(entry)
        amount_at = entry.position
        value = _decompressed_amount(_variable_number(entry))
        if value > _LARGEST_AMOUNT:
            raise entry.fail(amount_at, f"an amount of {value:,} has no 64 bits with a sign")
        store[outpoint] = TransactionOutput(value, _decompressed_script(entry))
        if entry.left:
            raise entry.fail(entry.position, f"{entry.left:,} bytes are left over in an entry")
        reader.position = entry.position
    return store


def _variable_number(reader: Reader) -> int:
    """The next number in base 128, most significant digit first, each continued digit one less than it stands for."""
    start, value = reader.position, 0
    while True:
        byte = reader.take(1, "a number")[0]
        value = value << 7 | byte & 0x7F
        if value >= 1 << 64:
            raise reader.fail(start, "a number is larger than 64 bits")
        if not byte & 0x80:
            return value
        value += 1


def _decompressed_amount(compressed: int) -> int:
    """Satoshis, from the form that leaves out trailing decimal zeros."""
    if compressed == 0:
        return 0
    compressed, exponent = divmod(compressed - 1, 10)
    if exponent == 9:
        return int((compressed + 1) * 10**9)
    compressed, digit = divmod(compressed, 9)
    return int((compressed * 10 + digit + 1) * 10**exponent)


def _decompressed_script(reader: Reader) -> bytes:
    start = reader.position
    form = _variable_number(reader)
    if form == 0:
        return p2pkh_script(reader.take(20, "a key hash"))
    if form == 1:
        return b"\xa9\x14" + reader.take(20, "a script hash") + b"\x87"
    if form < _COMPRESSED_SCRIPTS:
        x = reader.take(32, "a public key")
        if form < 4:
            return b"\x21" + bytes((form,)) + x + b"\xac"
        y = _y_coordinate(x, odd=form == 5)
        if y is None:
            raise reader.fail(start, "a public key is not on the curve")
        return b"\x41\x04" + x + y + b"\xac"
    return reader.take(form - _COMPRESSED_SCRIPTS, "a script")


def _y_coordinate(x: bytes, *, odd: bool) -> bytes | None:
    """y of the secp256k1 point with this x and parity, or None where there is none."""
    square = (pow(int.from_bytes(x), 3, _FIELD_PRIME) + 7) % _FIELD_PRIME
    y = pow(square, (_FIELD_PRIME + 1) // 4, _FIELD_PRIME)
    if y * y % _FIELD_PRIME != square or int.from_bytes(x) >= _FIELD_PRIME:
        return None
    return (y if y % 2 == odd else _FIELD_PRIME - y).to_bytes(32)
