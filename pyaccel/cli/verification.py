# SPDX-License-Identifier: Apache-2.0
"""`pyaccel verify` on one file: what it holds, and the checks for that."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pyaccel.cli.batch_file import verify_batch
from pyaccel.cli.batch_forms import form_of
from pyaccel.cli.bitcoin_checks import verify_blocks
from pyaccel.cli.bitcoin_network import Network
from pyaccel.cli.errors import MalformedError, UnusableInputError
from pyaccel.cli.json_value import parse_json
from pyaccel.cli.light_checks import verify_light_blocks
from pyaccel.cli.report import Report
from pyaccel.cli.runner import Runner
from pyaccel.cli.sources import BYTE_ORDER_MARK, JSON_LIMIT, is_hex, is_text, read_binary, read_file, sniff

BITCOIN = "bitcoin-block"
LIGHT = "light-block"
BATCH = "batch"

_SNIFFED = 4096
_COMPRESSED = {b"\x1f\x8b\x08": "gzip", b"\xfd7zXZ\x00": "xz", b"(\xb5/\xfd": "zstd", b"PK\x03\x04": "zip"}
"""What files begin with that somebody compressed in a way that is not read; no block does."""
_BATCH_NAMES = (".jsonl", ".ndjson", ".jsonl.bz2", ".ndjson.bz2")


@dataclass(frozen=True)
class Options:
    """What `pyaccel verify` was asked for beside its files.

    Attributes:
        kind: of each file, None: found out from its first bytes.
        spent: file of the outputs that a Bitcoin block spends.
        network: whose rules a Bitcoin block is held to; None: its magic number says, else main.
        out: file for the verdicts of a batch.
    """

    kind: str | None = None
    spent: Path | None = None
    network: Network | None = None
    out: Path | None = None


def kind_of(path: Path) -> str:
    """What a file holds, by its name and first bytes.

    Raises:
        UnusableInputError: it can't be read, is empty, holds other text, or is compressed in another way than bz2.
    """
    if form_of(path):
        return BATCH
    start = sniff(path, _SNIFFED)
    if path.name.endswith(_BATCH_NAMES):
        return BATCH
    if not start.strip():
        raise UnusableInputError(str(path), "offset 0", "the file is empty", "give a block, a light block or a batch")
    for begin, name in _COMPRESSED.items():
        if start.startswith(begin):
            raise UnusableInputError(str(path), "offset 0", f"is compressed by {name}", "decompress it, or use bz2")
    text = start.removeprefix(BYTE_ORDER_MARK).lstrip()
    if text[:1] not in (b"{", b"["):
        if is_text(text) and not is_hex(text):
            raise UnusableInputError(
                str(path),
                "offset 0",
                "text that is neither hex nor JSON",
                "give a block, a light block or a batch, or say which it is by --kind",
            )
        return BITCOIN
    line = text.partition(b"\n")[0]
    has_row = any(name in line for name in (b'"scheme"', b'"public_key"', b'"sender"'))
    return BATCH if has_row and b'"signed_header"' not in line else LIGHT


def verify_file(path: Path, runner: Runner, options: Options) -> Report:
    """All checks of one file.

    Raises:
        UnusableInputError: it can't be checked.
    """
    kind = options.kind or kind_of(path)
    if options.spent and kind != BITCOIN:
        raise UnusableInputError(str(path), "", f"--spent is for a {BITCOIN}, this is a {kind}", "leave --spent out")
    if options.out and kind != BATCH:
        raise UnusableInputError(
            str(path), "", f"--out is for a {BATCH}, this is a {kind}", "use --json for its results"
        )
    if kind == BATCH:
        return verify_batch(path, runner, options.out)
    if kind == BITCOIN:
        return verify_blocks(path, read_binary(path), runner, options.spent, options.network)
    try:
        value = parse_json(read_file(path, JSON_LIMIT).removeprefix(BYTE_ORDER_MARK))
    except MalformedError as error:
        raise UnusableInputError(str(path), error.place, error.fault, error.mend) from None
    return verify_light_blocks(path, value, runner)
