# SPDX-License-Identifier: Apache-2.0
"""Taproot inputs: what is looked at of each, and what its signature signs.

Source: BIP-341, and BIP-342 for signatures in scripts. Nothing is hashed here: callers hash in batches.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from pyaccel.cli.bitcoin_block import Transaction, TransactionOutput, compact_size
from pyaccel.cli.bitcoin_script import TruncatedPushError, steps
from pyaccel.cli.bitcoin_sighash import SIGHASH_ANYONECANPAY, SIGHASH_NONE, SIGHASH_SINGLE

P2TR = "P2TR"

HASH_TYPES = frozenset((0x00, 0x01, 0x02, 0x03, 0x81, 0x82, 0x83))
"""Those that a taproot signature may have; 0, never written, signs what 1 does."""

LEAF_VERSION = 0xC0

_OUTPUT_MASK = 0x03
_MOST_NODES = 128
_OP_CHECKSIG = 0xAC
_ANNEX = 0x50
_SCHNORR_SIZE = 64
_SUCCEEDS = frozenset(
    (0x50, 0x62, *range(0x7E, 0x82), *range(0x83, 0x87), 0x89, 0x8A, 0x8D, 0x8E, *range(0x95, 0x9A), *range(0xBB, 0xFF))
)
"""OP_SUCCESSx of BIP-342."""
_KEY_VERSION = b"\x00"
_NO_SEPARATOR = 0xFFFFFFFF


def tag(name: str) -> bytes:
    """What stands before a message whose SHA-256 is BIP-340's tagged hash of it."""
    return sha256(name.encode()).digest() * 2


SIGHASH_TAG = tag("TapSighash")
LEAF_TAG = tag("TapLeaf")
BRANCH_TAG = tag("TapBranch")
TWEAK_TAG = tag("TapTweak")


class TaprootError(ValueError):
    """Why an input fails before its signature is looked at."""


@dataclass(frozen=True, slots=True)
class ScriptPath:
    """A script that an output key commits to, and what shows that it does.

    Attributes:
        script: the leaf's.
        version: of the leaf; LEAF_VERSION is a script of BIP-342, others succeed as they stand.
        internal_key: x of the key that the tree's root is added to.
        nodes: siblings from the leaf upwards.
        odd: whether the output key has an odd y.
    """

    script: bytes
    version: int
    internal_key: bytes
    nodes: tuple[bytes, ...]
    odd: bool

    @property
    def leaf_message(self) -> bytes:
        """Behind LEAF_TAG, its SHA-256 is the leaf's hash."""
        return bytes((self.version,)) + compact_size(len(self.script)) + self.script

    @property
    def single_key(self) -> bytes | None:
        """The key of a script that is nothing but it and OP_CHECKSIG, else None."""
        alone = len(self.script) == 34 and self.script[0] == 32 and self.script[33] == _OP_CHECKSIG
        return self.script[1:33] if alone and self.version == LEAF_VERSION else None

    @property
    def is_run(self) -> bool:
        """Whether the script is run: leaves of other versions succeed as they stand, and so do reserved operations.

        Raises:
            TaprootError: it can't be run.
        """
        if self.version != LEAF_VERSION:
            return False
        try:
            return not any(step.operation in _SUCCEEDS for step in steps(self.script))
        except TruncatedPushError:
            raise TaprootError("its script ends inside a push") from None


@dataclass(frozen=True, slots=True)
class TaprootInput:
    """A taproot input whose signature, or whose script, is checked.

    Attributes:
        output_key: x of the key in the spent output.
        annex: last item of the witness where that is one, else None.
        path: the script that is run; None: the key path.
        key: x of the key that checks the signature, or None.
        covered: False: the script is of another kind than one key's, and is not run here.
        signature: 64 bytes, none without key.
        hash_type: one of HASH_TYPES.
    """

    output_key: bytes
    annex: bytes | None
    path: ScriptPath | None
    key: bytes | None
    signature: bytes
    hash_type: int
    covered: bool = True


def examine_taproot(transaction: Transaction, index: int, script: bytes) -> TaprootInput:
    """What is to be checked of input `index`, which spends a taproot output with this script.

    Raises:
        TaprootError: it fails before anything is hashed.
    """
    item = transaction.inputs[index]
    output_key = script[2:]
    if item.script:
        raise TaprootError("its script is not empty")
    if not item.witness:
        raise TaprootError("its witness is empty")
    has_annex = len(item.witness) > 1 and item.witness[-1][:1] == bytes((_ANNEX,))
    annex = item.witness[-1] if has_annex else None
    stack = item.witness[:-1] if has_annex else item.witness
    if len(stack) == 1:
        signature, hash_type = split_signature(stack[0], transaction, index)
        return TaprootInput(output_key, annex, None, output_key, signature, hash_type)
    path = _script_path(stack[-2], stack[-1])
    key = path.single_key
    if key is None:
        return TaprootInput(output_key, annex, path, None, b"", 0, covered=not path.is_run)
    if len(stack) != 3:
        raise TaprootError(f"its script wants one signature, {len(stack) - 2} items came")
    signature, hash_type = split_signature(stack[0], transaction, index)
    return TaprootInput(output_key, annex, path, key, signature, hash_type)


def _script_path(script: bytes, control: bytes) -> ScriptPath:
    nodes, rest = divmod(len(control) - 33, 32)
    if rest or not 0 <= nodes <= _MOST_NODES:
        raise TaprootError(f"its control block has {len(control)} bytes, not 33 + 32 k up to k = {_MOST_NODES}")
    parts = tuple(control[i : i + 32] for i in range(1, len(control), 32))
    return ScriptPath(script, control[0] & 0xFE, parts[0], parts[1:], bool(control[0] & 1))


def split_signature(signature: bytes, transaction: Transaction, index: int) -> tuple[bytes, int]:
    """A signature as BIP-340 has it, and its hash type.

    Raises:
        TaprootError: it has another length, or a hash type that can't be signed.
    """
    if len(signature) not in (_SCHNORR_SIZE, _SCHNORR_SIZE + 1):
        raise TaprootError(f"its signature has {len(signature)} bytes, not {_SCHNORR_SIZE} or {_SCHNORR_SIZE + 1}")
    hash_type = signature[_SCHNORR_SIZE] if len(signature) > _SCHNORR_SIZE else 0
    if hash_type not in HASH_TYPES or (len(signature) > _SCHNORR_SIZE and hash_type == 0):
        raise TaprootError(f"its signature has hash type {hash_type:02x}, which is none")
    if hash_type & _OUTPUT_MASK == SIGHASH_SINGLE and index >= len(transaction.outputs):
        raise TaprootError("it signs the output beside it, and there is none")
    return signature[:_SCHNORR_SIZE], hash_type


def signs_all_inputs(hash_type: int) -> bool:
    """Whether the outputs that all inputs spend are signed, not that of its own input alone."""
    return not hash_type & SIGHASH_ANYONECANPAY


@dataclass(frozen=True, slots=True)
class TaprootParts:
    """The byte strings whose SHA-256 goes into a signature message; None: not signed."""

    outpoints: bytes | None
    amounts: bytes | None
    scripts: bytes | None
    sequences: bytes | None
    outputs: bytes | None
    annex: bytes | None
    output: bytes | None

    @property
    def signed(self) -> tuple[bytes, ...]:
        """All that are signed."""
        every = (self.outpoints, self.amounts, self.scripts, self.sequences, self.outputs, self.annex, self.output)
        return tuple(part for part in every if part is not None)


def spent_parts(spent: Sequence[TransactionOutput]) -> tuple[bytes, bytes]:
    """Amounts and scripts of the outputs that a transaction spends, as they are hashed."""
    amounts = struct.pack(f"<{len(spent)}q", *(output.value for output in spent))
    return amounts, b"".join(compact_size(len(output.script)) + output.script for output in spent)


def taproot_parts(
    transaction: Transaction,
    index: int,
    hash_type: int,
    annex: bytes | None,
    amounts: bytes | None,
    scripts: bytes | None,
) -> TaprootParts:
    """What is hashed first for input `index`; amounts and scripts from spent_parts, None where they are not signed."""
    every = signs_all_inputs(hash_type)
    outputs = hash_type & _OUTPUT_MASK
    return TaprootParts(
        transaction.outpoints if every else None,
        amounts if every else None,
        scripts if every else None,
        transaction.sequences if every else None,
        transaction.serialized_outputs if outputs not in (SIGHASH_NONE, SIGHASH_SINGLE) else None,
        None if annex is None else compact_size(len(annex)) + annex,
        transaction.outputs[index].serialize() if outputs == SIGHASH_SINGLE else None,
    )


def taproot_message(
    transaction: Transaction,
    index: int,
    spent: TransactionOutput,
    hash_type: int,
    parts: TaprootParts,
    digests: Mapping[bytes, bytes],
    leaf_hash: bytes | None = None,
    separator: int = _NO_SEPARATOR,
) -> bytes:
    """The signature message of input `index`: behind SIGHASH_TAG, its SHA-256 is what is signed.

    Args:
        transaction: the spending one.
        index: of the input.
        spent: the output that it spends.
        hash_type: one of HASH_TYPES.
        parts: what taproot_parts gave.
        digests: SHA-256 of each of them.
        leaf_hash: of the script that the signature is checked in (BIP-342); None: it is the key path's.
        separator: position of the last executed OP_CODESEPARATOR in that script.
    """

    def digest(part: bytes | None) -> bytes:
        return b"" if part is None else digests[part]

    item = transaction.inputs[index]
    spend_type = 2 * (leaf_hash is not None) + (parts.annex is not None)
    own = struct.pack("<I", index)
    if not signs_all_inputs(hash_type):
        own = item.outpoint + spent.serialize() + struct.pack("<I", item.sequence)
    extension = b"" if leaf_hash is None else leaf_hash + _KEY_VERSION + struct.pack("<I", separator)
    return b"".join(
        (
            struct.pack("<BBiI", 0, hash_type, transaction.version, transaction.lock_time),
            digest(parts.outpoints),
            digest(parts.amounts),
            digest(parts.scripts),
            digest(parts.sequences),
            digest(parts.outputs),
            bytes((spend_type,)),
            own,
            digest(parts.annex),
            digest(parts.output),
            extension,
        )
    )
