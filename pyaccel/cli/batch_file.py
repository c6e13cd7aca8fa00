# SPDX-License-Identifier: Apache-2.0
"""Batch files: JSON Lines, one signature a line, read as a stream; columns of the same names are in batch_columns.py.

    {"scheme": "ed25519", "public_key": "<hex>", "message": "<hex>", "signature": "<hex>"}

Optional fields: rule, message_hash, key_format, signature_format, as in `pyaccel.verify_many`, and of sm2 identity, in
hex. A row with a digest in place of scheme, key and message is of a signature on secp256k1 whose key is recovered, as
in `pyaccel.recover_many`:

    {"rule": "ethereum-transaction", "digest": "<hex>", "signature": "<hex>", "sender": "<hex>"}

The signature has 65 bytes, r || s || v, with EIP-155 undone; the sender is an address of 20 bytes or a key of 64, or
null where the signature has none under the rule. Rows of both kinds may have a name, which their verdict then bears.
"""

from __future__ import annotations

import bz2
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, BinaryIO, cast

import numpy as np

from pyaccel.cli.batch_forms import form_of, require_pyarrow
from pyaccel.cli.batch_rows import Group, add_row
from pyaccel.cli.batch_verdicts import Part, opened_out
from pyaccel.cli.errors import MalformedError, UnusableInputError
from pyaccel.cli.json_value import JsonValue, parse_json
from pyaccel.cli.report import Bad, Report
from pyaccel.cli.runner import BATCH_BYTES, Runner
from pyaccel.cli.sources import BYTE_ORDER_MARK, is_bz2, open_file

LINE_LIMIT = 16 << 20
"""Bytes of one line."""

CHUNK_ROWS = 1 << 14
"""Rows that are held at a time; also a batch's size."""


@dataclass(slots=True)
class _Chunk:
    """Rows that follow each other in the file, by what they share."""

    first: int
    groups: dict[tuple[str, ...], Group] = field(default_factory=dict)
    count: int = 0
    size: int = 0


def _lines(path: Path, file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    number = 0
    while True:
        number += 1
        try:
            line = file.readline(LINE_LIMIT + 1)
        except (OSError, EOFError, ValueError) as error:
            raise UnusableInputError(
                str(path), f"line {number}", f"can't be read: {error}", "fetch the file anew"
            ) from None
        if not line:
            return
        if len(line) > LINE_LIMIT:
            raise UnusableInputError(
                str(path), f"line {number}", f"longer than {LINE_LIMIT:,} bytes", "put one signature a line"
            )
        if number == 1:
            line = line.removeprefix(BYTE_ORDER_MARK)
        if line.strip():
            yield number, line


def _chunks(path: Path, file: IO[bytes]) -> Iterator[_Chunk]:
    chunk = _Chunk(0)
    for number, line in _lines(path, file):
        try:
            add_row(chunk.groups, JsonValue(parse_json(line)), chunk.first + chunk.count, number)
        except MalformedError as error:
            path_in_row = "" if error.place.startswith("line ") else error.place
            place = f"line {number}" + (f", {path_in_row}" if path_in_row else "")
            raise UnusableInputError(str(path), place, error.fault, error.mend) from None
        chunk.count += 1
        chunk.size += len(line)
        if chunk.count == CHUNK_ROWS or chunk.size >= BATCH_BYTES:
            yield chunk
            chunk = _Chunk(chunk.first + chunk.count)
    if chunk.count:
        yield chunk


def verify_batch(path: Path, runner: Runner, out: Path | None = None) -> Report:
    """Checks every signature of a batch file, in bounded memory.

    Args:
        path: the file: JSON Lines, which may be .bz2, or columns (batch_columns.py).
        runner: what the batches run on.
        out: where the verdict of each row is written (batch_verdicts.py): {"row": 0, "valid": true}, with "reason"
            where it is not. Written beside it and renamed when all is done.

    Raises:
        UnusableInputError: a row is not a signature with all its fields, or out can't be written.
    """
    report = Report(str(path))
    rows = 0
    if out and out.exists():
        if not out.is_file():
            raise UnusableInputError(str(out), "", "can't be written: it is no regular file", "name another --out")
        if path.exists() and out.samefile(path):
            raise UnusableInputError(str(out), "", "is the batch itself, which stays", "name another --out")
    form = form_of(path)
    with open_file(path) as plain, opened_out(out) as verdicts:
        if form:
            require_pyarrow(path, form)
            from pyaccel.cli.batch_columns import parts_of_columns

            parts = parts_of_columns(path, form, runner, report)
        else:
            parts = _parts_of_lines(path, plain, runner, report)
        for part in parts:
            rows += len(part.reasons)
            if verdicts:
                verdicts.write(part)
        if not rows:
            place = "" if form else "line 1"
            raise UnusableInputError(str(path), place, "the file holds no row", "put one signature a row")
    for check in report.checks.values():
        check.bad.sort(key=lambda bad: bad.index["row"])
    report.title = f"batch of {rows:,} signatures"
    if out:
        report.facts["verdicts"] = str(out)
    return report


def _parts_of_lines(path: Path, plain: BinaryIO, runner: Runner, report: Report) -> Iterator[Part]:
    file = cast("IO[bytes]", bz2.BZ2File(plain)) if is_bz2(plain) else plain
    for chunk in _chunks(path, file):
        part = Part(chunk.first, np.zeros(chunk.count, np.bool_), [""] * chunk.count, [""] * chunk.count)
        for group in chunk.groups.values():
            _judge(report, path, runner, group, part)
        yield part
        rows = chunk.first + chunk.count
        runner.progress("signatures", rows, _estimated_rows(plain, rows))


def _estimated_rows(file: BinaryIO, rows: int) -> int:
    """Rows of the whole file, if the others are as long as those read so far."""
    return max(rows, rows * os.fstat(file.fileno()).st_size // max(file.tell(), 1))


def _judge(report: Report, path: Path, runner: Runner, group: Group, part: Part) -> None:
    try:
        verdicts, step = group.judge(runner)
    except ValueError as error:
        raise UnusableInputError(str(path), f"line {group.lines[0]}", str(error)) from None
    bad = []
    assert part.names is not None
    for (verdict, reason), row, line, name in zip(verdicts, group.rows, group.lines, group.names, strict=True):
        part.valid[row - part.first] = verdict
        part.names[row - part.first] = name
        if not verdict:
            part.reasons[row - part.first] = reason
            bad.append(Bad({"row": row, "line": line}, f"{name}: {reason}" if name else reason))
    report.add(group.title, len(group.rows), bad, step)
