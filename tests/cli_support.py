# SPDX-License-Identifier: Apache-2.0
"""What the tests of the command share: running it, and a second, plain reading of a block's bytes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from coincurve import PrivateKey
from nacl.signing import SigningKey

from pyaccel.cli.main import run

VECTORS = Path(__file__).parent / "vectors"
BITCOIN = VECTORS / "bitcoin"
LIGHT = VECTORS / "light_client"
BLOCK_300025 = BITCOIN / "bcoin_block300025.raw"
SPENT_300025 = BITCOIN / "bcoin_block300025-undo.raw"
BLOCK_482683 = BITCOIN / "bcoin_block482683.raw"
BLOCK_898352 = BITCOIN / "bcoin_block898352.raw"
BLOCK_277647 = BITCOIN / "btcd_277647.dat.bz2"
SPENT_277647 = BITCOIN / "btcd_277647.utxostore.bz2"


@dataclass(frozen=True)
class Outcome:
    """What a command line did."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out)
        return found

    def checks(self, file: int = 0) -> dict[str, dict[str, Any]]:
        return {check["name"]: check for check in self.document["files"][file]["checks"]}

    def bad(self, file: int = 0) -> dict[str, list[dict[str, int]]]:
        return {name: [b["index"] for b in check["bad"]] for name, check in self.checks(file).items() if check["bad"]}


class Command:
    """Runs the command in this process, so that hundreds of runs take seconds."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: object) -> Outcome:
        self._capsys.readouterr()
        status = run([str(argument) for argument in arguments])
        captured = self._capsys.readouterr()
        return Outcome(status, captured.out, captured.err)

    def refused(self, *arguments: object) -> str:
        """Runs what must be refused: exit status 2, one line, nothing on standard output; returns the line."""
        outcome = self(*arguments)
        assert outcome.status == 2, outcome
        assert outcome.out == ""
        assert outcome.err.count("\n") == 1, outcome.err
        assert outcome.err.startswith("pyaccel: ")
        assert "Traceback" not in outcome.err
        return outcome.err


@dataclass(frozen=True)
class Region:
    """Bytes [start, end) of a block: what they are, and whose. Lengths and counts are "length"."""

    start: int
    end: int
    what: str
    transaction: int
    input: int = -1


class Walker:
    """Reads a block without witness data in the plainest way, and keeps where everything stands."""

    def __init__(self, block: bytes) -> None:
        self.block = block
        self.at = 80
        self.regions: list[Region] = []
        for transaction in range(self._number(-1)):
            self._take("version", 4, transaction)
            for i in range(self._number(transaction)):
                self._take("outpoint", 36, transaction, i)
                self._take("scriptSig", self._number(transaction, i), transaction, i)
                self._take("sequence", 4, transaction, i)
            for _ in range(self._number(transaction)):
                self._take("value", 8, transaction)
                self._take("scriptPubKey", self._number(transaction), transaction)
            self._take("lock time", 4, transaction)
        assert self.at == len(block)

    def _take(self, what: str, size: int, transaction: int, index: int = -1) -> None:
        self.regions.append(Region(self.at, self.at + size, what, transaction, index))
        self.at += size

    def _number(self, transaction: int, index: int = -1) -> int:
        first = self.block[self.at]
        width = {0xFD: 2, 0xFE: 4, 0xFF: 8}.get(first, 0)
        value = int.from_bytes(self.block[self.at + 1 : self.at + 1 + width], "little") if width else first
        self._take("length", 1 + width, transaction, index)
        return value

    def region_of(self, offset: int) -> Region:
        return next(region for region in self.regions if region.start <= offset < region.end)


def signed_rows(count: int, *, bad: tuple[int, ...] = ()) -> list[dict[str, str]]:
    """Rows of a batch file, signed by libsodium; those in `bad` with one bit of their signature flipped."""
    rows = []
    for i in range(count):
        key = SigningKey(bytes([i % 7 + 1]) * 32)
        message = i.to_bytes(4, "big") * (i % 5)
        signature = bytearray(key.sign(message).signature)
        if i in bad:
            signature[i % 32] ^= 1
        rows.append(
            {
                "scheme": "ed25519",
                "public_key": bytes(key.verify_key).hex(),
                "message": message.hex(),
                "signature": signature.hex(),
            }
        )
    return rows


def secp256k1_rows() -> list[dict[str, Any]]:
    """ECDSA on secp256k1, by libsecp256k1: raw, in DER, a high s under two rules, DER that is none, another key format.

    The fourth and the fifth are bad.
    """
    key = PrivateKey(b"\x05" * 32)
    digest = bytes(range(32))
    raw = key.sign_recoverable(digest, hasher=None)[:64]
    high_s = raw[:32] + (
        0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141 - int.from_bytes(raw[32:])
    ).to_bytes(32)
    row = {
        "scheme": "secp256k1-ecdsa",
        "public_key": key.public_key.format().hex(),
        "message": digest.hex(),
        "message_hash": "none",
    }
    return [
        {**row, "signature": raw.hex()},
        {**row, "signature": key.sign(digest, hasher=None).hex(), "signature_format": "der", "name": "in DER"},
        {**row, "signature": high_s.hex(), "rule": "any"},
        {**row, "signature": high_s.hex(), "rule": "low-s", "name": "high s"},
        {**row, "signature": "3000", "signature_format": "der"},
        {**row, "signature": raw.hex(), "public_key": key.public_key.format(compressed=False).hex()},
    ]


def write_lines(path: Path, rows: list[dict[str, str]]) -> Path:
    """Writes a batch file."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path
