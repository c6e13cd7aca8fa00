# SPDX-License-Identifier: Apache-2.0
"""Batch files: JSON Lines, one signature a line, read as a stream.

    {"scheme": "ed25519", "public_key": "<hex>", "message": "<hex>", "signature": "<hex>"}

Optional fields: rule, message_hash, key_format, signature_format, as in `pyaccel.verify_many`.
"""

from __future__ import annotations

import bz2
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, BinaryIO, cast

import numpy as np

from pyaccel.cli.errors import MalformedError, UnusableInputError, quoted
from pyaccel.cli.json_value import JsonValue, parse_json
from pyaccel.cli.report import Bad, Report
from pyaccel.cli.runner import BATCH_BYTES, Runner, Verdicts
from pyaccel.cli.sources import BYTE_ORDER_MARK, is_bz2, open_file
from pyaccel.errors import UnsupportedError

LINE_LIMIT = 16 << 20
"""Bytes of one line."""

CHUNK_ROWS = 1 << 14
"""Rows that are held at a time; also a batch's size."""

REQUIRED = ("scheme", "public_key", "message", "signature")
OPTIONAL = ("rule", "message_hash", "key_format", "signature_format")

_KEY_WIDTHS = {"ed25519": (32,), "secp256k1-ecdsa": (33, 64, 65), "bip340": (32,)}
_RAW_SIGNATURE_WIDTH = 64
_DIGEST_WIDTH = 32

Parameters = tuple[str, ...]
"""The scheme, then the values of OPTIONAL, "" where not given: rows that are equal in these go into one batch."""


@dataclass(slots=True)
class _Rows:
    """Rows of one batch and where they came from."""

    keys: list[bytes] = field(default_factory=list)
    messages: list[bytes] = field(default_factory=list)
    signatures: list[bytes] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)


@dataclass(slots=True)
class _Chunk:
    """Rows that follow each other in the file, by their parameters."""

    first: int
    groups: dict[Parameters, _Rows] = field(default_factory=dict)
    count: int = 0
    size: int = 0


def _parse_row(text: bytes) -> tuple[Parameters, bytes, bytes, bytes]:
    row = JsonValue(parse_json(text))
    unknown = [name for name in row.fields() if name not in REQUIRED + OPTIONAL]
    if unknown:
        raise MalformedError(quoted(unknown[0]), "unknown field", f"known are {', '.join(REQUIRED + OPTIONAL)}")
    scheme = row["scheme"].text()
    names = [row[name].text() if row.has(name) else "" for name in OPTIONAL]
    options = dict(zip(OPTIONAL, names, strict=True))
    key = row["public_key"].hexadecimal(*(() if options["key_format"] == "spki" else _KEY_WIDTHS.get(scheme, ())))
    message = row["message"].hexadecimal(*((_DIGEST_WIDTH,) if options["message_hash"] == "none" else ()))
    raw = options["signature_format"] in ("", "raw") and scheme in _KEY_WIDTHS
    signature = row["signature"].hexadecimal(*((_RAW_SIGNATURE_WIDTH,) if raw else ()))
    return (scheme, *names), key, message, signature


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
            parameters, key, message, signature = _parse_row(line)
        except MalformedError as error:
            path_in_row = "" if error.place.startswith("line ") else error.place
            place = f"line {number}" + (f", {path_in_row}" if path_in_row else "")
            raise UnusableInputError(str(path), place, error.fault, error.mend) from None
        group = chunk.groups.setdefault(parameters, _Rows())
        group.keys.append(key)
        group.messages.append(message)
        group.signatures.append(signature)
        group.rows.append(chunk.first + chunk.count)
        group.lines.append(number)
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
        path: the file; may be .bz2.
        runner: what the batches run on.
        out: where one line a row is written: {"row": 0, "valid": true}, with "reason" where it is not. Written beside
            it and renamed when all is done.

    Raises:
        UnusableInputError: a line is not a signature with all its fields, or out can't be written.
    """
    report = Report(str(path))
    rows = 0
    if out and out.exists():
        if not out.is_file():
            raise UnusableInputError(str(out), "", "can't be written: it is no regular file", "name another --out")
        if path.exists() and out.samefile(path):
            raise UnusableInputError(str(out), "", "is the batch itself, which stays", "name another --out")
    with open_file(path) as plain, _opened_out(out) as verdict_file:
        file = cast("IO[bytes]", bz2.BZ2File(plain)) if is_bz2(plain) else plain
        for chunk in _chunks(path, file):
            rows += chunk.count
            valid = np.zeros(chunk.count, np.bool_)
            reasons = [""] * chunk.count
            for parameters, group in chunk.groups.items():
                _verify_group(report, path, runner, parameters, group, chunk.first, valid, reasons)
            if verdict_file:
                _write(verdict_file, chunk.first, valid, reasons)
            runner.progress("signatures", rows, _estimated_rows(plain, rows))
        if not rows:
            raise UnusableInputError(str(path), "line 1", "the file holds no row", "put one signature a line")
    for check in report.checks.values():
        check.bad.sort(key=lambda bad: bad.index["row"])
    report.title = f"batch of {rows:,} signatures"
    if out:
        report.facts["verdicts"] = str(out)
    return report


def _estimated_rows(file: BinaryIO, rows: int) -> int:
    """Rows of the whole file, if the others are as long as those read so far."""
    return max(rows, rows * os.fstat(file.fileno()).st_size // max(file.tell(), 1))


def _verify_group(
    report: Report,
    path: Path,
    runner: Runner,
    parameters: Parameters,
    group: _Rows,
    first: int,
    valid: Verdicts,
    reasons: list[str],
) -> None:
    scheme, *names = parameters
    options = {name: value for name, value in zip(OPTIONAL, names, strict=True) if value}
    try:
        verdicts, why, step = runner.verify_many(scheme, group.keys, group.messages, group.signatures, "", **options)
    except (ValueError, UnsupportedError) as error:
        raise UnusableInputError(str(path), f"line {group.lines[0]}", str(error), "name one that is known") from None
    bad = []
    for verdict, reason, row, line in zip(verdicts, why, group.rows, group.lines, strict=True):
        valid[row - first] = verdict
        reasons[row - first] = reason
        if not verdict:
            bad.append(Bad({"row": row, "line": line}, reason))
    used = " ".join([scheme, *options.values()])
    report.add(f"{used} signatures", len(group.rows), bad, step)


@contextmanager
def _opened_out(out: Path | None) -> Iterator[IO[str] | None]:
    """A temporary file beside out, renamed to it when all went well and removed when not."""
    if out is None:
        yield None
        return
    try:
        handle, name = tempfile.mkstemp(prefix=f".{out.name}.", dir=out.parent)
    except (OSError, ValueError) as error:
        raise _unwritable(out, error) from None
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            yield file
            os.fchmod(file.fileno(), 0o666 & ~_umask())
        Path(name).replace(out)
    except OSError as error:
        Path(name).unlink(missing_ok=True)
        raise _unwritable(out, error) from None
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _unwritable(out: Path, error: OSError | ValueError) -> UnusableInputError:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return UnusableInputError(str(out), "", f"can't be written: {reason}", "name another --out")


def _write(file: IO[str], first: int, valid: Verdicts, reasons: list[str]) -> None:
    lines = []
    for i, (verdict, reason) in enumerate(zip(valid, reasons, strict=True), first):
        row: dict[str, int | bool | str] = {"row": i, "valid": bool(verdict)}
        if not verdict:
            row["reason"] = reason
        lines.append(json.dumps(row) + "\n")
    file.writelines(lines)
