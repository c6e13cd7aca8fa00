# SPDX-License-Identifier: Apache-2.0
"""Taproot inputs of a block: that output keys commit to scripts, signature hashes, and signatures, a batch each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pyaccel.cli.bitcoin_block import Transaction, TransactionOutput
from pyaccel.cli.bitcoin_taproot import (
    BRANCH_TAG,
    LEAF_TAG,
    P2TR,
    SIGHASH_TAG,
    TWEAK_TAG,
    ScriptPath,
    TaprootInput,
    TaprootParts,
    signs_all_inputs,
    spent_parts,
    taproot_message,
    taproot_parts,
)
from pyaccel.cli.report import Bad, Report, Step
from pyaccel.cli.runner import Runner

_P = 2**256 - 2**32 - 977
_N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141

UNKNOWN_INPUTS = f"{P2TR}: not all outputs that its transaction spends are known"
OTHER_SCRIPTS = f"{P2TR} script path: scripts other than one key's"


@dataclass(frozen=True, slots=True, eq=False)
class TaprootRow:
    """An input whose signature or script is checked.

    Attributes:
        transaction: the spending one.
        transaction_index: its position in the block.
        input_index: the input's.
        spent: what all inputs of the transaction spend, None where that is not known.
        found: what its witness holds.
    """

    transaction: Transaction
    transaction_index: int
    input_index: int
    spent: Sequence[TransactionOutput | None]
    found: TaprootInput


def check_taproot(
    report: Report, runner: Runner, rows: Sequence[TaprootRow], failing: Sequence[Bad], index: Mapping[str, int]
) -> None:
    """Checks commitments and signatures of rows; those in failing are bad already."""
    leaf_hashes = _check_commitments(report, runner, rows, index)
    signed = []
    # Looked through once a transaction: one of thousands of inputs would take minutes.
    known: dict[int, bool] = {}
    for row in rows:
        if not row.found.covered:
            report.not_covered[OTHER_SCRIPTS] += 1
        elif row.found.key is None:
            continue
        else:
            if row.transaction_index not in known:
                known[row.transaction_index] = all(output is not None for output in row.spent)
            if known[row.transaction_index] or not signs_all_inputs(row.found.hash_type):
                signed.append(row)
            else:
                report.not_covered[UNKNOWN_INPUTS] += 1
    bad, step = list(failing), Step()
    if signed:
        name = f"{P2TR} signatures"
        digests, hashed = _signature_hashes(runner, signed, leaf_hashes)
        report.add("signature hashes", len(signed), (), hashed, judged=False)
        verdicts, reasons, step = runner.verify_many(
            "bip340",
            [row.found.key for row in signed],
            digests,
            [row.found.signature for row in signed],
            name,
        )
        bad += [Bad(_place(signed[k], index), reasons[k]) for k in np.flatnonzero(~verdicts)]
    if signed or bad:
        bad.sort(key=lambda item: (item.index["transaction"], item.index["input"]))
        report.add(f"{P2TR} signatures", len(signed) + len(failing), bad, step)


def _place(row: TaprootRow, index: Mapping[str, int]) -> dict[str, int]:
    return {**index, "transaction": row.transaction_index, "input": row.input_index}


def _signature_hashes(
    runner: Runner, rows: Sequence[TaprootRow], leaf_hashes: Mapping[TaprootRow, bytes]
) -> tuple[list[bytes], Step]:
    """The digest that each row signs."""
    parts: list[TaprootParts] = []
    spent: dict[int, tuple[bytes, bytes]] = {}
    wanted: dict[bytes, None] = {}
    for row in rows:
        amounts = scripts = None
        if signs_all_inputs(row.found.hash_type):
            if row.transaction_index not in spent:
                spent[row.transaction_index] = spent_parts([output for output in row.spent if output is not None])
            amounts, scripts = spent[row.transaction_index]
        found = row.found
        signed = taproot_parts(row.transaction, row.input_index, found.hash_type, found.annex, amounts, scripts)
        parts.append(signed)
        wanted.update(dict.fromkeys(signed.signed))
    digests, step = _hashed(runner, list(wanted))
    by_part = dict(zip(wanted, digests, strict=True))
    messages = []
    for row, signed in zip(rows, parts, strict=True):
        own = row.spent[row.input_index]
        assert own is not None
        leaf_hash = leaf_hashes.get(row)
        messages.append(
            SIGHASH_TAG
            + taproot_message(row.transaction, row.input_index, own, row.found.hash_type, signed, by_part, leaf_hash)
        )
    hashes, hashed = _hashed(runner, messages)
    return hashes, step + hashed


def _hashed(runner: Runner, messages: list[bytes]) -> tuple[list[bytes], Step]:
    if not messages:
        return [], Step()
    digests, step = runner.hash_many("sha256", messages)
    return [row.tobytes() for row in digests], step


def _check_commitments(
    report: Report, runner: Runner, rows: Sequence[TaprootRow], index: Mapping[str, int]
) -> dict[TaprootRow, bytes]:
    """Leaf hash of each row of a script path; output keys that commit to another script are bad.

    The output key is P + t G, P the internal key with an even y, t the tagged hash of P's abscissa and the tree's root.
    It is the key that is recovered from the signature (r, r) with r the abscissa of P, over the digest -t r.
    """
    paths = [(row, row.found.path) for row in rows if row.found.path is not None]
    if not paths:
        return {}
    leaves, step = _hashed(runner, [LEAF_TAG + path.leaf_message for _, path in paths])
    roots = list(leaves)
    for level in range(max(len(path.nodes) for _, path in paths)):
        climbing = [i for i, (_, path) in enumerate(paths) if level < len(path.nodes)]
        pairs = [sorted((roots[i], paths[i][1].nodes[level])) for i in climbing]
        parents, hashed = _hashed(runner, [BRANCH_TAG + b"".join(pair) for pair in pairs])
        step += hashed
        for i, parent in zip(climbing, parents, strict=True):
            roots[i] = parent
    tweaks, hashed = _hashed(
        runner, [TWEAK_TAG + path.internal_key + root for (_, path), root in zip(paths, roots, strict=True)]
    )
    keys, added = _tweaked(runner, [path for _, path in paths], tweaks)
    step += hashed + added
    bad = [
        Bad(_place(row, index), "its output key does not commit to its script")
        for (row, path), key in zip(paths, keys, strict=True)
        if key is None or key[:32] != row.found.output_key or bool(key[63] & 1) != path.odd
    ]
    report.add(f"{P2TR} commitments", len(paths), bad, step)
    return {row: leaf for (row, _), leaf in zip(paths, leaves, strict=True)}


def _tweaked(runner: Runner, paths: Sequence[ScriptPath], tweaks: Sequence[bytes]) -> tuple[list[bytes | None], Step]:
    """P + t G of each row, None where P or t is none or the sum is infinite."""
    digests, signatures = [], []
    by_hand: dict[int, bytes | None] = {}
    for i, (path, tweak) in enumerate(zip(paths, tweaks, strict=True)):
        x, t = int.from_bytes(path.internal_key), int.from_bytes(tweak)
        r = x % _N
        if x >= _P or t >= _N:
            by_hand[i] = None
        elif r == 0:
            by_hand[i] = _tweaked_by_hand(x, t)
        digests.append((-t * r % _N).to_bytes(32))
        signatures.append(2 * r.to_bytes(32) + bytes((2 if x >= _N else 0,)))
    keys, found, step = runner.recover_many(digests, signatures, "secp256k1", addresses=False)
    return [by_hand.get(i, keys[i].tobytes() if found[i] else None) for i in range(len(paths))], step


def _tweaked_by_hand(x: int, t: int) -> bytes | None:
    """The same for an abscissa that is 0 modulo n, from which no signature can be made."""
    from pyaccel.golden import secp256k1

    point = secp256k1.decode_key(b"\x02" + x.to_bytes(32), hybrid=False)
    if point is None:
        return None
    total = secp256k1.add(point, secp256k1.multiply(t, secp256k1.G))
    return None if total[2] == 0 else b"".join(value.to_bytes(32) for value in secp256k1.affine(total))
