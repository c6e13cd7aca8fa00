# SPDX-License-Identifier: Apache-2.0
"""Files read from where they stand to their end, through one buffer."""

from __future__ import annotations

import errno
import io
import os
import stat
from collections.abc import Callable
from typing import Any

Progress = Callable[[int, int | None], object]


_LEAST = 1 << 16
"""Bytes of a buffer, whatever a file says of its size."""


def read_file(source: Any, take: Callable[[memoryview], None], chunk_size: int, progress: Progress | None) -> None:
    """Hands all bytes of a file to `take`, chunk by chunk; a chunk is to be used up before `take` returns.

    Args:
        source: path, or a file opened for reading in binary mode.
        take: what is called with each chunk.
        chunk_size: bytes of a chunk at most.
        progress: called with (bytes done, bytes in all or None) after each chunk, and once for an empty file.

    Raises:
        TypeError: neither a path nor such a file.
        io.UnsupportedOperation: a file that is open for writing alone.
        BlockingIOError: a non-blocking file that has nothing to give yet.
        OSError: what opening and reading raise; or the file's size changed meanwhile.
    """
    if isinstance(source, (str, os.PathLike)):
        path = os.fspath(source)
        with io.FileIO(path) as file:
            _read(file, os.fsdecode(path), take, chunk_size, progress)
    else:
        _read(source, str(getattr(source, "name", type(source).__name__)), take, chunk_size, progress)


def _read(file: Any, name: str, take: Callable[[memoryview], None], chunk_size: int, progress: Progress | None) -> None:
    read_into = _reader(file, name)
    size = _size(file)
    before = size() if size else None
    total = None if before is None else max(before - file.tell(), 0)
    # One byte more than there should be, so that the end is seen where it is; but a file may not tell the truth.
    buffer = bytearray(chunk_size if total is None else min(chunk_size, max(total + 1, _LEAST)))
    done = 0
    with memoryview(buffer) as view:
        while True:
            count = read_into(view)
            if size and (count == 0 or (total is not None and done + count > total)):
                now = size()
                if now != before:
                    raise OSError(
                        f"{name}: it had {before} bytes, then {now}; hash it again when nobody writes to it any more"
                    )
                if count > 0:
                    total = None  # a file of the system that tells no true size
            if count == 0:
                break
            with view[:count] as chunk:
                take(chunk)
            done += count
            if progress is not None:
                progress(done, total)
    if progress is not None and done == 0:
        progress(0, total)


def _reader(file: Any, name: str) -> Callable[[memoryview], int]:
    """What fills the begin of a buffer with the next bytes, and says how many; 0 at the end."""
    if isinstance(file, io.TextIOBase):
        raise TypeError(f"{name}: opened in text mode; wanted binary mode: open(path, 'rb')")
    read_into, read = getattr(file, "readinto", None), getattr(file, "read", None)
    if read_into is None and read is None:
        raise TypeError(f"file: a {type(file).__name__} came; wanted a path, or a file opened in binary mode")
    if isinstance(file, io.IOBase) and not file.closed and not file.readable():
        raise io.UnsupportedOperation(f"{name}: opened for writing alone; wanted a file to read: open(path, 'rb')")

    def fill(view: memoryview) -> int:
        count: Any
        if read_into is not None:
            count = read_into(view)
        elif read is not None:
            piece = read(len(view))
            if isinstance(piece, str):
                raise TypeError(f"{name}: read() gave text; wanted bytes: open it in binary mode")
            count = piece if piece is None else len(piece)
            if count is not None and count <= len(view):
                view[:count] = piece
        if count is None:
            raise BlockingIOError(
                errno.EAGAIN, f"{name}: non-blocking, and without bytes yet; wanted a file that waits"
            )
        if not 0 <= count <= len(view):
            raise OSError(f"{name}: {count} bytes came where at most {len(view)} were asked for")
        return int(count)

    return fill


def _size(file: Any) -> Callable[[], int] | None:
    """What says the bytes of a file now; None where that can't be told, as of pipes and of what is unpacked."""
    if isinstance(file, io.BytesIO):
        return lambda: file.getbuffer().nbytes
    raw = getattr(file, "raw", file)
    if not isinstance(raw, io.FileIO) or not stat.S_ISREG(os.fstat(raw.fileno()).st_mode):
        return None
    return lambda: os.fstat(raw.fileno()).st_size
