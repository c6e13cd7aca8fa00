# SPDX-License-Identifier: Apache-2.0
"""Rules of Bitcoin transactions that need no hash: their form, and that they spend no more than they have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pyaccel.cli.bitcoin_block import Transaction, TransactionOutput
from pyaccel.cli.bitcoin_network import Network

COIN = 100_000_000
ALL_COINS = 21_000_000 * COIN
_NULL_OUTPOINT = b"\x00" * 32 + b"\xff" * 4


def _in_range(amounts: Sequence[int]) -> bool:
    """Whether amounts, and their sum, are between none and all coins."""
    return all(0 <= amount <= ALL_COINS for amount in amounts) and sum(amounts) <= ALL_COINS


def _bad_form(transaction: Transaction, *, first: bool) -> str:
    inputs = transaction.inputs
    if not inputs or not transaction.outputs:
        return "it has no inputs or no outputs"
    if not _in_range([output.value for output in transaction.outputs]):
        return "an output's value, or their sum, is negative or above 21,000,000 coins"
    if transaction.is_coinbase != first:
        return "the first transaction is no coinbase" if first else "it is a coinbase and not the first"
    if first:
        return "" if 2 <= len(inputs[0].script) <= 100 else "the coinbase's script has not 2 to 100 bytes"
    outpoints = [item.outpoint for item in inputs]
    if _NULL_OUTPOINT in outpoints:
        return "it spends the null output"
    return "" if len(set(outpoints)) == len(outpoints) else "it spends an output twice"


def bad_forms(transactions: Sequence[Transaction]) -> Iterator[tuple[int, str]]:
    """Index of each malformed transaction of a block, and why."""
    spent: dict[bytes, int] = {}
    for i, transaction in enumerate(transactions):
        reason = _bad_form(transaction, first=i == 0)
        for item in transaction.inputs:
            earlier = spent.setdefault(item.outpoint, i)
            if earlier != i and not reason:
                reason = f"it spends an output that transaction {earlier} spends too"
        if reason:
            yield i, reason


def bad_amounts(
    transactions: Sequence[Transaction],
    spent: Sequence[Sequence[TransactionOutput | None]],
    height: int | None,
    network: Network,
) -> Iterator[tuple[int, str]]:
    """Index of each transaction of a block that spends more than it has, and why.

    Args:
        transactions: of the block, the coinbase first.
        spent: by transaction and input, the output that it spends; transactions with an unknown one are left out.
        height: of the block; None: what the coinbase may create is not known, and not checked.
        network: for the blocks between two halvings.
    """
    fees, complete = 0, True
    for i, (transaction, row) in enumerate(zip(transactions, spent, strict=True)):
        if i == 0:
            continue
        known = [output.value for output in row if output is not None]
        if len(known) != len(row):
            complete = False
            continue
        fee = sum(known) - sum(output.value for output in transaction.outputs)
        if not _in_range(known):
            yield i, "a spent value, or their sum, is negative or above 21,000,000 coins"
        elif fee < 0:
            yield i, f"it spends {-fee:,} satoshis more than it has"
        fees += max(fee, 0)
    created = sum(output.value for output in transactions[0].outputs)
    if complete and height is not None:
        halvings = height // network.halving
        allowed = fees + (50 * COIN >> halvings if halvings < 64 else 0)
        if created > allowed:
            yield 0, f"the coinbase creates {created - allowed:,} satoshis more than subsidy and fees"
