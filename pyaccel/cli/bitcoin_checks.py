# SPDX-License-Identifier: Apache-2.0
"""All checks of one Bitcoin block, in batches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pyaccel.cli.bitcoin_amounts import bad_amounts, bad_forms
from pyaccel.cli.bitcoin_block import WEIGHT_LIMIT, Block, holds_several, parse_blocks
from pyaccel.cli.bitcoin_network import MAIN, Network, target_of
from pyaccel.cli.bitcoin_signatures import check_signatures
from pyaccel.cli.errors import MalformedError, UnusableInputError
from pyaccel.cli.report import Bad, Report, Step
from pyaccel.cli.runner import Bytes, Runner
from pyaccel.cli.spent_outputs import Spent, read_spent_outputs

_COMMITMENT = bytes.fromhex("6a24aa21a9ed")
_COMMITMENT_SIZE = len(_COMMITMENT) + 32


def verify_blocks(
    path: Path, data: bytes, runner: Runner, spent_path: Path | None = None, network: Network | None = None
) -> Report:
    """Checks every block of a file.

    Args:
        path: the file, for errors and the report.
        data: its bytes: one bare block, or framed ones.
        runner: what the batches run on.
        spent_path: file of the outputs that the block spends.
        network: whose rules hold; None: the one that the magic number says, else main.

    Raises:
        UnusableInputError: the bytes are no block, or the spent outputs not this block's.
    """
    several = holds_several(data)
    if spent_path and several:
        raise UnusableInputError(
            str(spent_path),
            "",
            f"spent outputs are for one block, {path} holds several",
            "give the block in a file of its own",
        )
    report = Report(str(path))
    totals = _Totals()
    try:
        # One by one: parsed, a block takes many times its bytes.
        for block in parse_blocks(data):
            index = {"block": totals.blocks} if several else {}
            totals.add(block)
            _BlockChecks(report, block, runner, network, index).run(spent_path)
    except MalformedError as error:
        raise UnusableInputError(str(path), error.place, error.fault, error.mend) from None
    report.title = totals.title
    return report


@dataclass
class _Totals:
    """What the blocks of a file hold together."""

    blocks: int = 0
    transactions: int = 0
    inputs: int = 0
    height: int | None = None

    def add(self, block: Block) -> None:
        """Counts one more block."""
        self.blocks += 1
        self.height = block.height
        self.transactions += len(block.transactions)
        self.inputs += sum(len(transaction.inputs) for transaction in block.transactions)

    @property
    def title(self) -> str:
        """Them in one line."""
        number = "Bitcoin block" if self.blocks == 1 else f"{self.blocks:,} Bitcoin blocks"
        named = f" {self.height}" if self.blocks == 1 and self.height is not None else ""
        return f"{number}{named}: {self.transactions:,} transactions, {self.inputs:,} inputs"


class _BlockChecks:
    """The checks of one block, in order; each adds to the report."""

    def __init__(
        self, report: Report, block: Block, runner: Runner, network: Network | None, index: Mapping[str, int]
    ) -> None:
        self.report = report
        self.block = block
        self.runner = runner
        self.network_known = network is not None or block.network is not None
        self.network = network or block.network or MAIN
        self.index = index
        self.transactions = block.transactions

    def run(self, spent_path: Path | None) -> None:
        """Makes all checks."""
        self._proof_of_work()
        self._weight()
        txids = self._merkle_root()
        self._witness_commitment()
        spent: Spent | None = None
        if spent_path:
            spent = read_spent_outputs(spent_path, self.block, [row.tobytes() for row in txids])
        bad = [self._bad({"transaction": i}, reason) for i, reason in bad_forms(self.transactions)]
        self.report.add("transaction form", len(self.transactions), bad, Step())
        check_signatures(
            self.report,
            self.runner,
            self.transactions,
            spent,
            strict_der=self._strict_der(),
            taproot=self._taproot(),
            index=self.index,
        )
        self._amounts(spent)

    def _bad(self, index: Mapping[str, int], reason: str) -> Bad:
        return Bad({**self.index, **index}, reason)

    def _strict_der(self) -> bool:
        height = self.block.height
        return height is not None and height >= self.network.strict_der_height

    def _taproot(self) -> bool:
        height = self.block.height
        return height is not None and height >= self.network.taproot_height

    def _proof_of_work(self) -> None:
        header = self.block.header
        digests, step = self.runner.hash_many("sha256d", [header.raw])
        block_hash = digests[0].tobytes()
        target = target_of(header.bits)
        bad: list[Bad] = []
        if not 0 < target <= target_of(self.network.easiest_bits):
            bad.append(self._bad({}, f"target {header.bits:08x} is not one of the {self.network.name} network"))
        elif int.from_bytes(block_hash, "little") > target:
            bad.append(self._bad({}, f"hash {block_hash[::-1].hex()} is above its target"))
        self.report.add("proof of work", 1, bad, step)
        if not self.index:
            self.report.facts["hash"] = block_hash[::-1].hex()
            assumed = "" if self.network_known else " (assumed; --network says another)"
            self.report.facts["network rules"] = self.network.name + assumed

    def _weight(self) -> None:
        weight = self.block.weight
        bad = [self._bad({}, f"{weight:,} is more than {WEIGHT_LIMIT:,} (BIP-141)")] if weight > WEIGHT_LIMIT else []
        self.report.add("block weight", 1, bad, Step())

    def _merkle_root(self) -> Bytes:
        txids, step = self.runner.hash_many("sha256d", [item.stripped for item in self.transactions])
        self.report.add("transaction ids", len(txids), (), step, judged=False)
        root, mutated, step = self.runner.root("bitcoin", txids)
        bad: list[Bad] = []
        if root != self.block.header.merkle_root:
            bad.append(
                self._bad(
                    {},
                    f"the transactions give {root[::-1].hex()}, the header says "
                    f"{self.block.header.merkle_root[::-1].hex()}",
                )
            )
        elif mutated:
            bad.append(self._bad({}, "transactions are repeated at the end: another list has this root too"))
        self.report.add("Merkle root", 1, bad, step)
        return txids

    def _commitment(self) -> bytes | None:
        """The 32 bytes that the coinbase commits to, from its last output that has them."""
        for output in reversed(self.transactions[0].outputs):
            if len(output.script) >= _COMMITMENT_SIZE and output.script.startswith(_COMMITMENT):
                return output.script[len(_COMMITMENT) : _COMMITMENT_SIZE]
        return None

    def _witness_commitment(self) -> None:
        messages = [bytes(32) if i == 0 else item.raw for i, item in enumerate(self.transactions)]
        wtxids, step = self.runner.hash_many("sha256d", messages)
        wtxids[0] = 0
        self.report.add("witness ids", len(wtxids), (), step, judged=False)
        commitment = self._commitment()
        height = self.block.height
        has_witness = any(item.has_witness for item in self.transactions)
        active = height is not None and height >= self.network.witness_height
        if commitment is None or not (active or has_witness):
            bad = [
                self._bad({"transaction": i}, "it carries a witness, the coinbase does not commit to any")
                for i, item in enumerate(self.transactions)
                if item.has_witness
            ]
            if bad:
                self.report.add("witness commitment", 1, bad, Step())
            return
        root, _, step = self.runner.root("bitcoin", wtxids)
        witness = self.transactions[0].inputs[0].witness
        reason = ""
        if len(witness) != 1 or len(witness[0]) != 32:
            reason = "the coinbase's witness is not one item of 32 bytes"
        else:
            digests, hashed = self.runner.hash_many("sha256d", [root + witness[0]])
            step += hashed
            if digests[0].tobytes() != commitment:
                reason = "the transactions with their witnesses are not those that the coinbase commits to"
        self.report.add("witness commitment", 1, [self._bad({}, reason)] if reason else [], step)

    def _amounts(self, spent: Spent | None) -> None:
        if spent is None:
            return
        unknown = [i for i, row in enumerate(spent[1:], 1) if any(output is None for output in row)]
        if unknown:
            self.report.not_covered["amounts: spent output not in the file"] += len(unknown)
        found = bad_amounts(self.transactions, spent, self.block.height, self.network)
        bad = [self._bad({"transaction": i}, reason) for i, reason in found]
        self.report.add("amounts", len(self.transactions) - len(unknown), bad, Step())
