# SPDX-License-Identifier: Apache-2.0
"""Which inputs of Bitcoin transactions are checked, and what of each: key, signature, script code and amount."""

from __future__ import annotations

from dataclasses import dataclass

from pyaccel.cli.bitcoin_block import Transaction, TransactionOutput
from pyaccel.cli.bitcoin_script import (
    MAXIMUM_PUSH,
    P2PKH,
    P2WPKH,
    TruncatedPushError,
    fails_surely,
    input_kind,
    key_hash_of,
    nested_kind,
    output_kind,
    pushes,
)
from pyaccel.cli.bitcoin_taproot import P2TR, TaprootError, TaprootInput, examine_taproot

COINBASE = "coinbase"


@dataclass(frozen=True, slots=True)
class Signed:
    """An input whose signature is checked.

    Attributes:
        kind: P2PKH or P2WPKH.
        key: public key as given.
        signature: with its hash type, as given; never empty.
        key_hash: that the spent output names, or None where that output is not known.
        amount: satoshis of the spent output; 0 where neither known nor signed.
    """

    kind: str
    key: bytes
    signature: bytes
    key_hash: bytes | None
    amount: int

    @property
    def hash_type(self) -> int:
        """What of the transaction is signed."""
        return self.signature[-1]


@dataclass(frozen=True, slots=True)
class Failing:
    """An input of a covered kind that fails before any signature is looked at."""

    kind: str
    reason: str


@dataclass(frozen=True, slots=True)
class NotCovered:
    """An input of a kind that is not checked."""

    kind: str


def examine(
    transaction: Transaction, index: int, spent: TransactionOutput | None, *, taproot: bool
) -> Signed | TaprootInput | Failing | NotCovered:
    """What is to be checked of one input.

    Args:
        transaction: the spending one.
        index: of the input.
        spent: the output that it spends, or None where that is not known: then its shape says what it is.
        taproot: whether the rules of BIP-341 hold.
    """
    if transaction.is_coinbase:
        return NotCovered(COINBASE)
    item = transaction.inputs[index]
    kind = nested_kind(output_kind(spent.script), item) if spent else input_kind(item)
    if kind == P2PKH:
        return _examine_p2pkh(transaction, index, spent)
    if kind == P2TR and spent is not None:
        if not taproot:
            return NotCovered(f"{P2TR}: before its rules")
        try:
            return examine_taproot(transaction, index, spent.script)
        except TaprootError as error:
            return Failing(P2TR, str(error))
    if kind != P2WPKH:
        return NotCovered(kind)
    if spent is None:
        return NotCovered(f"{P2WPKH}: amount unknown")
    return _examine_p2wpkh(transaction, index, spent)


def _examine_p2pkh(
    transaction: Transaction, index: int, spent: TransactionOutput | None
) -> Signed | Failing | NotCovered:
    item = transaction.inputs[index]
    if item.witness:
        return Failing(P2PKH, "it carries a witness, which only witness programs may")
    if fails_surely(item.script):
        return Failing(P2PKH, "its script can't be run")
    try:
        stack = pushes(item.script)
    except TruncatedPushError:
        return Failing(P2PKH, "its script ends inside a push")
    if stack is None:
        return NotCovered(f"{P2PKH}: operations other than pushes in the input's script")
    if len(stack) < 2:
        return Failing(P2PKH, "its script pushes no signature and key")
    return _signed(P2PKH, stack[-2], stack[-1], spent)


def _examine_p2wpkh(transaction: Transaction, index: int, spent: TransactionOutput) -> Signed | Failing:
    item = transaction.inputs[index]
    if item.script:
        return Failing(P2WPKH, "its script is not empty")
    if len(item.witness) != 2:
        return Failing(P2WPKH, f"its witness has {len(item.witness)} items, not signature and key")
    if any(len(part) > MAXIMUM_PUSH for part in item.witness):
        return Failing(P2WPKH, f"its witness has an item over {MAXIMUM_PUSH} bytes")
    return _signed(P2WPKH, item.witness[0], item.witness[1], spent)


def _signed(kind: str, signature: bytes, key: bytes, spent: TransactionOutput | None) -> Signed | Failing:
    if not signature:
        return Failing(kind, "its signature is empty")
    key_hash = key_hash_of(spent.script) if spent else None
    return Signed(kind, key, signature, key_hash, spent.value if spent else 0)
