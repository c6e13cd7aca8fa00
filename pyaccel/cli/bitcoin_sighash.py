# SPDX-License-Identifier: Apache-2.0
"""What the signature of a Bitcoin input signs: the bytes whose SHA-256d is the digest.

Source: the original scheme (all hash types, with its SIGHASH_SINGLE quirk) and BIP-143 for witness version 0. Nothing
is hashed here: callers hash the preimages in batches.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass

from pyaccel.cli.bitcoin_block import Transaction, compact_size
from pyaccel.cli.bitcoin_script import OP_CODESEPARATOR, TruncatedPushError, steps

SIGHASH_NONE = 2
SIGHASH_SINGLE = 3
SIGHASH_ANYONECANPAY = 0x80
_BASE_MASK = 0x1F

DIGEST_ONE = b"\x01" + b"\x00" * 31
"""The digest of SIGHASH_SINGLE on an input that has no output beside it: the number one, little-endian."""

ZERO_DIGEST = b"\x00" * 32
_EMPTY_OUTPUT = b"\xff" * 8 + b"\x00"


def _without_separators(script: bytes) -> bytes:
    """A script less its OP_CODESEPARATOR operations."""
    if OP_CODESEPARATOR not in script:
        return script
    kept, start = bytearray(), 0
    try:
        for step in steps(script):
            if step.operation == OP_CODESEPARATOR:
                kept += script[start : step.start]
                start = step.end
    except TruncatedPushError:
        pass
    return bytes(kept + script[start:])


def legacy_preimage(transaction: Transaction, index: int, script_code: bytes, hash_type: int) -> bytes | None:
    """Bytes that input `index` signs under the original scheme, or None where the digest is DIGEST_ONE.

    Args:
        transaction: the spending one.
        index: of the input, below the number of inputs.
        script_code: the script that is run, from its last executed separator on, less the signature.
        hash_type: all 32 bits of it; in a block it is one byte.
    """
    base = hash_type & _BASE_MASK
    inputs, outputs = transaction.inputs, transaction.outputs
    if base == SIGHASH_SINGLE and index >= len(outputs):
        return None
    item = inputs[index]
    script = _without_separators(script_code)
    signed = item.outpoint + compact_size(len(script)) + script + struct.pack("<I", item.sequence)
    if hash_type & SIGHASH_ANYONECANPAY:
        serialized_inputs = b"\x01" + signed
    else:
        shared = base in (SIGHASH_NONE, SIGHASH_SINGLE)
        blank = transaction.blank_inputs_without_sequences if shared else transaction.blank_inputs
        before, after = blank[: 41 * index], blank[41 * (index + 1) :]
        serialized_inputs = compact_size(len(inputs)) + before + signed + after
    if base == SIGHASH_NONE:
        serialized_outputs = b"\x00"
    elif base == SIGHASH_SINGLE:
        serialized_outputs = compact_size(index + 1) + _EMPTY_OUTPUT * index + outputs[index].serialize()
    else:
        serialized_outputs = compact_size(len(outputs)) + transaction.serialized_outputs
    return b"".join(
        (
            struct.pack("<i", transaction.version),
            serialized_inputs,
            serialized_outputs,
            struct.pack("<II", transaction.lock_time, hash_type & 0xFFFFFFFF),
        )
    )


@dataclass(frozen=True, slots=True)
class WitnessParts:
    """The three byte strings whose SHA-256d goes into a BIP-143 preimage; None: 32 zero bytes stand there."""

    outpoints: bytes | None
    sequences: bytes | None
    outputs: bytes | None


def witness_parts(transaction: Transaction, index: int, hash_type: int) -> WitnessParts:
    """What is hashed first for input `index` under BIP-143."""
    base = hash_type & _BASE_MASK
    alone = bool(hash_type & SIGHASH_ANYONECANPAY)
    everything = base not in (SIGHASH_NONE, SIGHASH_SINGLE)
    outputs: bytes | None = None
    if everything:
        outputs = transaction.serialized_outputs
    elif base == SIGHASH_SINGLE and index < len(transaction.outputs):
        outputs = transaction.outputs[index].serialize()
    return WitnessParts(
        None if alone else transaction.outpoints,
        transaction.sequences if everything and not alone else None,
        outputs,
    )


def witness_preimage(
    transaction: Transaction,
    index: int,
    script_code: bytes,
    amount: int,
    hash_type: int,
    digests: Mapping[bytes | None, bytes],
) -> bytes:
    """Bytes that input `index` signs under BIP-143.

    Args:
        transaction: the spending one.
        index: of the input.
        script_code: for P2WPKH the P2PKH script of its program.
        amount: satoshis of the spent output.
        hash_type: all 32 bits of it.
        digests: SHA-256d of each part that witness_parts named; None gives ZERO_DIGEST.
    """
    parts = witness_parts(transaction, index, hash_type)
    item = transaction.inputs[index]
    return b"".join(
        (
            struct.pack("<i", transaction.version),
            digests[parts.outpoints],
            digests[parts.sequences],
            item.outpoint,
            compact_size(len(script_code)),
            script_code,
            struct.pack("<qI", amount, item.sequence),
            digests[parts.outputs],
            struct.pack("<II", transaction.lock_time, hash_type & 0xFFFFFFFF),
        )
    )
