#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes rows of a batch file from Ethereum's own tests of signatures, one a line, for `pyaccel verify`.

    tools/ethereum_rows.py FILE... > rows.jsonl

A FILE is of tests/vectors/secp256k1_ecdsa:
  ethereum_tests_tt*.json   transactions: a row for each fork that the test speaks of, named "<test> <fork>". Its digest
                            is what was signed: Keccak-256 of the transaction without its signature, from EIP-155 (fork
                            EIP158) on with the chain's id behind where v has it; its sender the one that the test
                            names, or null where the test names an exception instead.
  geth_ecRecover.json       calls of the ecrecover precompile, named by the test; sender null where it answers nothing.

Signatures are r || s || v with EIP-155 undone: v is 0 or 1, or 255, which no rule takes, where the fork does not know
the transaction's v. An r or s of more than 32 bytes is written as 32 bytes of ff, which no rule takes either. A
transaction that is no list of nine numbers and strings, or has leading zeros, has no signature at all and gives no row;
it is named on standard error.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pyaccel.golden.keccak import keccak256

CHAIN_ID = 1
"""Ethereum's tests are of the main net."""

BEFORE_EIP_2 = ("Frontier",)
"""Forks that take any s."""
BEFORE_EIP_155 = ("Frontier", "Homestead", "EIP150")
"""Forks whose v is 27 or 28 and nothing else."""

NO_V = 255

Item = bytes | list["Item"]


class RlpError(ValueError):
    """Bytes that are no RLP, or not the only one of what they hold."""


def rlp_decode(data: bytes) -> Item:
    """The one item that data encodes (Yellow Paper, appendix B)."""
    item, end = _item(data, 0)
    if end != len(data):
        raise RlpError(f"{len(data) - end} bytes behind the item")
    return item


def _item(data: bytes, at: int) -> tuple[Item, int]:
    if at >= len(data):
        raise RlpError("an item is missing")
    first = data[at]
    if first < 0x80:
        return data[at : at + 1], at + 1
    base = 0x80 if first < 0xC0 else 0xC0
    start, size = at + 1, first - base
    if size > 55:
        digits = data[start : start + size - 55]
        start, size = start + size - 55, int.from_bytes(digits, "big")
        if len(digits) != first - base - 55 or digits[0] == 0 or size < 56:
            raise RlpError("a length that is not the shortest")
    end = start + size
    if end > len(data):
        raise RlpError("an item is longer than the data")
    if base == 0x80:
        if size == 1 and data[start] < 0x80:
            raise RlpError("a byte that stands for itself has a length")
        return data[start:end], end
    items = []
    while start < end:
        item, start = _item(data, start)
        items.append(item)
    if start != end:
        raise RlpError("an item ends behind its list")
    return items, end


def rlp_encode(item: Item) -> bytes:
    """The encoding of an item."""
    if isinstance(item, bytes):
        if len(item) == 1 and item[0] < 0x80:
            return item
        return _head(0x80, len(item)) + item
    body = b"".join(map(rlp_encode, item))
    return _head(0xC0, len(body)) + body


def _head(base: int, size: int) -> bytes:
    if size < 56:
        return bytes([base + size])
    digits = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([base + 55 + len(digits)]) + digits


def number(item: Item) -> int:
    """The number that an item stands for: no leading zeros."""
    if not isinstance(item, bytes) or item[:1] == b"\0":
        raise RlpError("no number, or one with leading zeros")
    return int.from_bytes(item, "big")


def signed_part(transaction: bytes, fork: str) -> tuple[bytes, bytes]:
    """Digest, and r || s || v, of a legacy transaction under the rules of a fork.

    Raises:
        RlpError: it is none.
    """
    items = rlp_decode(transaction)
    if not isinstance(items, list) or len(items) != 9:
        raise RlpError("no list of nine items")
    for i in (0, 1, 2, 4, 6, 7, 8):  # nonce, gas price, gas, value, v, r, s; to and data are strings
        number(items[i])
    v, r, s = map(number, items[6:])
    unsigned = items[:6]
    recovery_id = v - 27
    if recovery_id not in (0, 1):
        recovery_id = v - 35 - 2 * CHAIN_ID
        if fork in BEFORE_EIP_155 or recovery_id not in (0, 1):
            recovery_id = NO_V
        else:
            unsigned = [*unsigned, bytes([CHAIN_ID]), b"", b""]
    halves = b"".join(min(value, 2**256 - 1).to_bytes(32, "big") for value in (r, s))
    return keccak256(rlp_encode(unsigned)), halves + bytes([recovery_id])


def transaction_rows(tests: list[dict[str, Any]]) -> Iterator[dict[str, str | None]]:
    """A row for each test and fork, as the module says."""
    for test in tests:
        name = Path(test["path"]).stem
        for case in test["content"].values():
            transaction = bytes.fromhex(case["txbytes"].removeprefix("0x"))
            for fork, result in case["result"].items():
                try:
                    digest, signature = signed_part(transaction, fork)
                except RlpError as error:
                    print(f"{name} {fork}: no row, {error}", file=sys.stderr)
                    continue
                yield {
                    "name": f"{name} {fork}",
                    "rule": "ethereum-precompile" if fork in BEFORE_EIP_2 else "ethereum-transaction",
                    "digest": digest.hex(),
                    "signature": signature.hex(),
                    "sender": result.get("sender"),
                }


def precompile_call(data: bytes) -> tuple[bytes, bytes]:
    """Digest, and r || s || v, that the precompile sees in its input: 128 bytes of it, zeros where it is shorter."""
    data = data[:128].ljust(128, b"\0")
    v = int.from_bytes(data[32:64], "big")
    return data[:32], data[64:] + bytes([v - 27 if v in (27, 28) else NO_V])


def precompile_rows(calls: list[dict[str, Any]]) -> Iterator[dict[str, str | None]]:
    """A row for each call."""
    for call in calls:
        digest, signature = precompile_call(bytes.fromhex(call["Input"]))
        yield {
            "name": call["Name"],
            "rule": "ethereum-precompile",
            "digest": digest.hex(),
            "signature": signature.hex(),
            "sender": call["Expected"][24:] or None,
        }


def rows_of(path: Path) -> Iterator[dict[str, str | None]]:
    """The rows of a file of either kind."""
    content = json.loads(path.read_text())
    return (precompile_rows if "Input" in content[0] else transaction_rows)(content)


def main(paths: list[str]) -> int:
    """Writes the rows of all files."""
    if not paths:
        print(__doc__, file=sys.stderr)
        return 2
    for path in paths:
        for row in rows_of(Path(path)):
            print(json.dumps(row))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
