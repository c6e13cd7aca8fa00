# SPDX-License-Identifier: Apache-2.0
"""Where the verdicts of a batch go: JSON Lines, Parquet or Arrow IPC, whole or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from pyaccel.cli.batch_forms import MEND
from pyaccel.cli.errors import UnusableInputError
from pyaccel.cli.runner import Verdicts

_PARQUET = (".parquet", ".pq")
_IPC_FILE = (".arrow", ".ipc", ".feather")
_IPC_STREAM = (".arrows",)


@dataclass(frozen=True, slots=True)
class Part:
    """What was found of rows that follow each other in a batch file.

    Attributes:
        first: number of the first row in the file.
        valid: whether each is good, bool[n].
        reasons: why not, "" where it is.
        names: what each is called, "" where it is not; None: none is.
    """

    first: int
    valid: Verdicts
    reasons: list[str]
    names: list[str] | None


class Writer(ABC):
    """Takes the verdicts of a file, part by part."""

    @abstractmethod
    def write(self, part: Part) -> None:
        """Writes one part."""

    @abstractmethod
    def close(self) -> None:
        """Writes what ends the file."""


class _Lines(Writer):
    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def write(self, part: Part) -> None:
        names = part.names or [""] * len(part.reasons)
        lines = []
        rows = zip(part.valid.tolist(), part.reasons, names, strict=True)
        for i, (valid, reason, name) in enumerate(rows, part.first):
            if valid and not name:
                lines.append(f'{{"row": {i}, "valid": true}}\n')
                continue
            row: dict[str, int | bool | str] = {"row": i, "valid": valid}
            if name:
                row["name"] = name
            if not valid:
                row["reason"] = reason
            lines.append(json.dumps(row) + "\n")
        self._file.write("".join(lines).encode())

    def close(self) -> None:
        pass


class _Columns(Writer):
    """Columns row, valid, name and reason; the last two are null where there is none."""

    def __init__(self, file: IO[bytes], suffix: str) -> None:
        import pyarrow as pa

        self._schema = pa.schema(
            [
                pa.field("row", pa.int64(), nullable=False),
                pa.field("valid", pa.bool_(), nullable=False),
                ("name", pa.string()),
                ("reason", pa.string()),
            ]
        )
        self._writer: Any
        if suffix in _PARQUET:
            import pyarrow.parquet as pq

            # Row numbers are all different: no dictionary holds them, and differences take nearly nothing.
            own = {"use_dictionary": ["name", "reason"], "column_encoding": {"row": "DELTA_BINARY_PACKED"}}
            self._writer = pq.ParquetWriter(file, self._schema, **own)
        else:
            made = pa.ipc.new_stream if suffix in _IPC_STREAM else pa.ipc.new_file
            self._writer = made(file, self._schema)

    def write(self, part: Part) -> None:
        import pyarrow as pa

        n = len(part.reasons)
        rows = pa.array(np.arange(part.first, part.first + n, dtype=np.int64))
        columns = [rows, pa.array(part.valid)]
        for texts in (part.names, part.reasons):
            given = [text or None for text in texts] if texts and any(texts) else None
            columns.append(pa.array(given, pa.string()) if given else pa.nulls(n, pa.string()))
        self._writer.write_batch(pa.record_batch(columns, schema=self._schema))

    def close(self) -> None:
        self._writer.close()


@contextmanager
def opened_out(out: Path | None) -> Iterator[Writer | None]:
    """Writes to a temporary file beside out, renamed to it when all went well and removed when not.

    The extension says what is written: Parquet (.parquet, .pq), an Arrow IPC file (.arrow, .ipc, .feather) or stream
    (.arrows), else JSON Lines.

    Raises:
        UnusableInputError: it can't be written, or pyarrow is wanted and missing.
    """
    if out is None:
        yield None
        return
    try:
        handle, name = tempfile.mkstemp(prefix=f".{out.name}.", dir=out.parent)
    except (OSError, ValueError) as error:
        raise _unwritable(out, error) from None
    try:
        with os.fdopen(handle, "wb") as file:
            with closing(_writer(out, file)) as writer:
                yield writer
            os.fchmod(file.fileno(), 0o666 & ~_umask())
        Path(name).replace(out)
    except OSError as error:
        Path(name).unlink(missing_ok=True)
        raise _unwritable(out, error) from None
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _writer(out: Path, file: IO[bytes]) -> Writer:
    suffix = out.suffix.lower()
    if suffix not in _PARQUET + _IPC_FILE + _IPC_STREAM:
        return _Lines(file)
    try:
        return _Columns(file, suffix)
    except ImportError:
        raise UnusableInputError(str(out), "", f"{suffix} is written by pyarrow, which is missing", MEND) from None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _unwritable(out: Path, error: OSError | ValueError) -> UnusableInputError:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return UnusableInputError(str(out), "", f"can't be written: {reason}", "name another --out")
