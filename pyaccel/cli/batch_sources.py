# SPDX-License-Identifier: Apache-2.0
"""Record batches of Parquet and Arrow IPC, bounded.

pyarrow reads them: a row group of Parquet page by page, Arrow IPC from mapped memory. What is held at a time is
CHUNK_ROWS rows and BATCH_BYTES bytes, or, if more, one page of each column of Parquet or one compressed record batch.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pyaccel.cli.batch_forms import IPC_FILE, PARQUET
from pyaccel.cli.errors import UnusableInputError
from pyaccel.cli.runner import BATCH_BYTES

CHUNK_ROWS = 1 << 16
"""Rows that are held at a time; also a batch's size."""

_READ_AT_ONCE = 1 << 20
"""Bytes of a column."""


class Source(ABC):
    """A file in columns.

    Attributes:
        schema: its names, types and metadata.
    """

    schema: Any

    @abstractmethod
    def batches(self) -> Iterator[Any]:
        """Its record batches in order, none of them checked."""

    @abstractmethod
    def total(self, rows: int) -> int:
        """Rows of the whole file; where that is not known, an estimate from the rows read so far."""


class _Parquet(Source):
    def __init__(self, path: Path) -> None:
        self._metadata = pq.read_metadata(str(path))
        self._file = pq.ParquetFile(
            str(path),
            metadata=self._metadata,
            read_dictionary=self._dictionaries(),
            buffer_size=_READ_AT_ONCE,
            page_checksum_verification=True,
        )
        self.schema = self._file.schema_arrow

    def _dictionaries(self) -> list[str]:
        """Columns of byte strings that are stored by a dictionary: decoded, few bytes could become any number."""
        found: dict[str, None] = {}
        for group in map(self._metadata.row_group, range(self._metadata.num_row_groups)):
            for column in map(group.column, range(group.num_columns)):
                if column.physical_type == "BYTE_ARRAY" and any("DICTIONARY" in name for name in column.encodings):
                    found[column.path_in_schema] = None
        return list(found)

    def batches(self) -> Iterator[Any]:
        for number in range(self._metadata.num_row_groups):
            group = self._metadata.row_group(number)
            row_size = group.total_byte_size // max(group.num_rows, 1)
            rows = min(max(BATCH_BYTES // max(row_size, 1), 1), CHUNK_ROWS)
            yield from self._file.iter_batches(rows, row_groups=[number], use_threads=False)

    def total(self, rows: int) -> int:
        return max(rows, int(self._metadata.num_rows))


class _IpcFile(Source):
    def __init__(self, path: Path) -> None:
        self._reader = pa.ipc.open_file(pa.memory_map(str(path)))
        self.schema = self._reader.schema
        self._read = 0

    def batches(self) -> Iterator[Any]:
        for number in range(self._reader.num_record_batches):
            self._read = number + 1
            yield self._reader.get_batch(number)

    def total(self, rows: int) -> int:
        return max(rows, int(rows * self._reader.num_record_batches // max(self._read, 1)))


class _IpcStream(Source):
    def __init__(self, path: Path) -> None:
        self._mapped = pa.memory_map(str(path))
        self._reader = pa.ipc.open_stream(self._mapped)
        self.schema = self._reader.schema

    def batches(self) -> Iterator[Any]:
        yield from self._reader

    def total(self, rows: int) -> int:
        return max(rows, int(rows * self._mapped.size() // max(self._mapped.tell(), 1)))


@contextmanager
def telling(path: Path, form: str, place: str = "") -> Iterator[None]:
    """Turns what pyarrow says of a broken file into the one line that is shown."""
    try:
        yield
    except (pa.ArrowException, OSError, ValueError, KeyError, OverflowError, EOFError) as error:
        said = str(error).strip() or type(error).__name__
        raise UnusableInputError(str(path), place, f"not a sound {form}: {said[:300]}", "write it anew") from None


def open_source(path: Path, form: str) -> Source:
    """A file of a form that batch_forms told.

    Raises:
        UnusableInputError: it is broken, encrypted or truncated.
    """
    with telling(path, form):
        if form == PARQUET:
            return _Parquet(path)
        return _IpcFile(path) if form == IPC_FILE else _IpcStream(path)
