# SPDX-License-Identifier: Apache-2.0
"""Signatures of P2PKH, P2WPKH and P2TR inputs: signature hashes in one batch, signatures in another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pyaccel.cli.bitcoin_block import Transaction
from pyaccel.cli.bitcoin_inputs import Failing, Signed, examine
from pyaccel.cli.bitcoin_script import P2PKH, P2WPKH, p2pkh_script, without_push
from pyaccel.cli.bitcoin_sighash import DIGEST_ONE, ZERO_DIGEST, legacy_preimage, witness_parts, witness_preimage
from pyaccel.cli.bitcoin_taproot import P2TR, TaprootInput
from pyaccel.cli.bitcoin_taproot_checks import TaprootRow, check_taproot
from pyaccel.cli.report import Bad, Report, Step
from pyaccel.cli.runner import Bytes, Runner
from pyaccel.cli.spent_outputs import Spent

UNKNOWN_OUTPUTS = (
    "spent outputs not given: a P2PKH input's script is taken from its own key, amounts and key hashes are not checked "
    "(--spent FILE)"
)


@dataclass(frozen=True, slots=True)
class _Row:
    """An input whose signature goes into the batch."""

    transaction: Transaction
    transaction_index: int
    input_index: int
    signed: Signed


def check_signatures(
    report: Report,
    runner: Runner,
    transactions: Sequence[Transaction],
    spent: Spent | None,
    *,
    strict_der: bool,
    taproot: bool,
    index: Mapping[str, int],
) -> None:
    """Checks the key hash and signature of every P2PKH, P2WPKH and P2TR input, and counts the others by kind.

    Args:
        report: what the checks are added to.
        runner: what the batches run on.
        transactions: in block order; their positions are what bad inputs are named by.
        spent: the output of each input, None where no file says them.
        strict_der: whether signatures must be strict DER (BIP-66); else the lax encoding of earlier blocks is taken.
        taproot: whether outputs of witness version 1 are bound by BIP-341.
        index: put before each bad input's own index.
    """
    rows: list[_Row] = []
    taproot_rows: list[TaprootRow] = []
    failing: dict[str, list[Bad]] = {P2PKH: [], P2WPKH: [], P2TR: []}
    for i, transaction in enumerate(transactions):
        for j in range(len(transaction.inputs)):
            found = examine(transaction, j, spent[i][j] if spent else None, taproot=taproot)
            if isinstance(found, Signed):
                rows.append(_Row(transaction, i, j, found))
            elif isinstance(found, TaprootInput):
                assert spent is not None
                taproot_rows.append(TaprootRow(transaction, i, j, spent[i], found))
            elif isinstance(found, Failing):
                failing[found.kind].append(Bad({**index, "transaction": i, "input": j}, found.reason))
            else:
                report.not_covered[found.kind] += 1
    if spent is None and (rows or any(failing.values())):
        report.remarks[UNKNOWN_OUTPUTS] = None
    own_hashes = _check_key_hashes(report, runner, rows, index)
    digests = _signature_hashes(report, runner, rows, own_hashes)
    for kind in (P2PKH, P2WPKH):
        chosen = [i for i, row in enumerate(rows) if row.signed.kind == kind]
        bad = list(failing[kind])
        name = f"{kind} signatures"
        step = Step()
        if chosen:
            signed = [rows[i].signed for i in chosen]
            verdicts, reasons, step = runner.verify_many(
                "secp256k1-ecdsa",
                [item.key for item in signed],
                digests[chosen],
                [item.signature[:-1] for item in signed],
                name,
                rule="bitcoin-core",
                message_hash="none",
                signature_format="der" if strict_der else "der-lax",
            )
            bad += [Bad(_place(rows[chosen[k]], index), reasons[k]) for k in np.flatnonzero(~verdicts)]
        if chosen or bad:
            bad.sort(key=lambda item: (item.index["transaction"], item.index["input"]))
            report.add(name, len(chosen) + len(failing[kind]), bad, step)
    check_taproot(report, runner, taproot_rows, failing[P2TR], index)


def _place(row: _Row, index: Mapping[str, int]) -> dict[str, int]:
    return {**index, "transaction": row.transaction_index, "input": row.input_index}


def _check_key_hashes(report: Report, runner: Runner, rows: Sequence[_Row], index: Mapping[str, int]) -> list[bytes]:
    """HASH160 of each row's own key; those whose spent output is known must be the hash that it names."""
    if not rows:
        return []
    hashes, step = runner.hash_many("hash160", [row.signed.key for row in rows])
    own = [row.tobytes() for row in hashes]
    pairs = [(row, mine) for row, mine in zip(rows, own, strict=True) if row.signed.key_hash is not None]
    if pairs:
        reason = "the key is not the one that the spent output names"
        bad = [Bad(_place(row, index), reason) for row, mine in pairs if row.signed.key_hash != mine]
        report.add("key hashes", len(pairs), bad, step)
    return own


def _signature_hashes(report: Report, runner: Runner, rows: Sequence[_Row], own_hashes: Sequence[bytes]) -> Bytes:
    """The digest that each row signs."""
    if not rows:
        return np.empty((0, 32), np.uint8)
    parts, step = _witness_digests(runner, rows)
    ones: list[int] = []

    def preimages() -> Iterator[bytes]:
        for i, (row, own) in enumerate(zip(rows, own_hashes, strict=True)):
            preimage = _preimage(row, row.signed.key_hash or own, parts)
            if preimage is None:
                ones.append(i)
            yield preimage or b""

    digests, hashed = runner.hash_stream("sha256d", preimages(), len(rows), "signature hashes")
    digests[ones] = np.frombuffer(DIGEST_ONE, np.uint8)
    report.add("signature hashes", len(rows), (), step + hashed, judged=False)
    return digests


def _preimage(row: _Row, key_hash: bytes, parts: Mapping[bytes | None, bytes]) -> bytes | None:
    signed = row.signed
    script_code = p2pkh_script(key_hash)
    if signed.kind == P2WPKH:
        return witness_preimage(row.transaction, row.input_index, script_code, signed.amount, signed.hash_type, parts)
    script_code = without_push(script_code, signed.signature)
    return legacy_preimage(row.transaction, row.input_index, script_code, signed.hash_type)


def _witness_digests(runner: Runner, rows: Sequence[_Row]) -> tuple[dict[bytes | None, bytes], Step]:
    """SHA-256d of everything that BIP-143 hashes first, each once."""
    wanted: dict[bytes, None] = {}
    for row in rows:
        if row.signed.kind == P2WPKH:
            parts = witness_parts(row.transaction, row.input_index, row.signed.hash_type)
            for part in (parts.outpoints, parts.sequences, parts.outputs):
                if part is not None:
                    wanted[part] = None
    digests: dict[bytes | None, bytes] = {None: ZERO_DIGEST}
    if not wanted:
        return digests, Step()
    hashed: Any
    hashed, step = runner.hash_many("sha256d", list(wanted))
    digests.update((part, row.tobytes()) for part, row in zip(wanted, hashed, strict=True))
    return digests, step
