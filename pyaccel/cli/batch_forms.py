# SPDX-License-Identifier: Apache-2.0
"""Batch files in columns, told apart by their first bytes."""

from __future__ import annotations

from pathlib import Path

from pyaccel.cli.errors import UnusableInputError
from pyaccel.cli.sources import open_file, sniff

PARQUET = "Parquet"
IPC_FILE = "Arrow IPC file"
IPC_STREAM = "Arrow IPC stream"

MEND = "pip install 'pyaccel[arrow]'"
"""What brings pyarrow."""

_MAGIC = {b"PAR1": PARQUET, b"PARE": PARQUET, b"ARROW1": IPC_FILE}
_CONTINUES = b"\xff\xff\xff\xff"
"""Begins each message of a stream, before four bytes with the size of its metadata, a multiple of 8."""
_SCHEMA_LIMIT = 1 << 24


def arrow_form(start: bytes) -> str | None:
    """The form of a file in columns by its first bytes; None: it is none."""
    for magic, form in _MAGIC.items():
        if start.startswith(magic):
            return form
    size = int.from_bytes(start[4:8], "little")
    is_stream = start.startswith(_CONTINUES) and 0 < size <= _SCHEMA_LIMIT and size % 8 == 0
    return IPC_STREAM if is_stream else None


def form_of(path: Path) -> str | None:
    """The same of a file.

    Raises:
        UnusableInputError: it can't be read, or is such a file within .bz2, where pages can't be found.
    """
    with open_file(path) as file:
        form = arrow_form(file.read(8))
    if form is None and (inner := arrow_form(sniff(path, 8))):
        raise UnusableInputError(str(path), "", f"{inner} within bz2", "decompress it first: bunzip2")
    return form


def require_pyarrow(path: Path, form: str) -> None:
    """Raises UnusableInputError where what reads such a file is missing."""
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError:
        raise UnusableInputError(str(path), "", f"is {form}, which pyarrow reads, and that is missing", MEND) from None
