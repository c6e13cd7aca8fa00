# SPDX-License-Identifier: Apache-2.0
"""Files as bytes: plain, hex or .bz2, never more of them than a limit."""

from __future__ import annotations

import bz2
import re
from pathlib import Path
from typing import BinaryIO

from pyaccel.cli.errors import UnusableInputError

FILE_LIMIT = 256 << 20
"""Bytes of one file, decompressed, that is read as a whole (a main-net block has at most 4,000,000)."""

JSON_LIMIT = 32 << 20
"""Bytes of one JSON file, decompressed: parsed, it may take 30 times as many (10,000 validators write about 7 MB)."""

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
"""What some editors put before UTF-8 text; it says nothing."""

_BZ2_MAGIC = re.compile(rb"BZh[1-9](1AY&SY|\x17rE8P\x90)")
_HEX_START = re.compile(rb"[0-9A-Fa-f\s]+", re.ASCII)
_NOT_HEX = re.compile(rb"[^0-9A-Fa-f\s]", re.ASCII)
_NOT_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")
_WHITE_SPACE = b" \t\n\r\v\f"
_SNIFFED = 32
_PART = 1 << 20
_STREAMS = 1000


def open_file(path: Path) -> BinaryIO:
    """Opens a regular file for reading.

    Raises:
        UnusableInputError: it is not there, is a folder, a pipe or a device, or may not be read.
    """
    try:
        # Before it is opened, which waits where nobody writes to a pipe; files are read more than once.
        if path.is_dir():
            raise UnusableInputError(str(path), "", "is a folder", "name a file in it")
        if path.exists() and not path.is_file():
            raise UnusableInputError(str(path), "", "is a pipe or a device", "write it to a file first")
        return path.open("rb")
    except FileNotFoundError:
        raise UnusableInputError(str(path), "", "no such file", f"check the path (looked from {Path.cwd()})") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UnusableInputError(str(path), "", f"can't be read: {reason}", "check its permissions and name") from None


def is_bz2(file: BinaryIO) -> bool:
    """Whether a file at its start holds bz2; the position stays."""
    start = file.read(_SNIFFED)
    file.seek(0)
    return _BZ2_MAGIC.match(start) is not None


def sniff(path: Path, size: int) -> bytes:
    """The first bytes of a file, decompressed where it is .bz2; fewer where it is shorter or damaged.

    Raises:
        UnusableInputError: it can't be read.
    """
    with open_file(path) as file:
        try:
            start = file.read(_PART)
        except OSError as error:
            raise UnusableInputError(str(path), "", f"can't be read: {error.strerror}", "check the medium") from None
    if not _BZ2_MAGIC.match(start):
        return start[:size]
    try:
        return bz2.BZ2Decompressor().decompress(start, size)
    except (OSError, ValueError) as error:
        raise _broken(path, 0, error) from None


def read_file(path: Path, limit: int = FILE_LIMIT) -> bytes:
    """The bytes of a file, decompressed where it is .bz2.

    Raises:
        UnusableInputError: it can't be read, or holds more than limit bytes.
    """
    content = bytearray()
    with open_file(path) as file:
        try:
            while len(content) <= limit and (part := file.read(_PART)):
                content += part
        except OSError as error:
            raise UnusableInputError(str(path), "", f"can't be read: {error.strerror}", "check the medium") from None
    if len(content) > limit:
        raise UnusableInputError(str(path), f"offset {limit}", f"more than {limit:,} bytes", "split the file")
    return _decompress(path, bytes(content), limit) if _BZ2_MAGIC.match(content) else bytes(content)


def _decompress(path: Path, compressed: bytes, limit: int) -> bytes:
    plain = bytearray()
    for _ in range(_STREAMS):
        if not compressed:
            return bytes(plain)
        decompressor = bz2.BZ2Decompressor()
        try:
            plain += decompressor.decompress(compressed, limit + 1 - len(plain))
        except (OSError, ValueError) as error:
            raise _broken(path, len(plain), error) from None
        if len(plain) > limit:
            raise UnusableInputError(
                str(path),
                f"offset {limit} of the plain bytes",
                f"decompresses to more than {limit:,} bytes",
                "split the file",
            )
        if not decompressor.eof:
            raise UnusableInputError(
                str(path), f"offset {len(plain)} of the plain bytes", "the bz2 stream ends early", "fetch the file anew"
            )
        compressed = decompressor.unused_data
    raise _broken(path, len(plain), f"more than {_STREAMS:,} streams")


def _broken(path: Path, offset: int, error: Exception | str) -> UnusableInputError:
    place = f"offset {offset} of the plain bytes"
    return UnusableInputError(str(path), place, f"broken bz2: {error}", "fetch the file anew")


def is_hex(content: bytes) -> bool:
    """Whether bytes are meant as hexadecimal text: their first 32 are hex digits and white space."""
    return bool(content.strip()) and _HEX_START.fullmatch(content[:_SNIFFED]) is not None


def is_text(content: bytes) -> bool:
    """Whether bytes may be text: no control characters but white space. The header of a Bitcoin block has zeros."""
    return _NOT_TEXT.search(content) is None


def unhex(path: Path, content: bytes) -> bytes:
    """The bytes that hexadecimal text stands for; white space may stand between any two bytes.

    Raises:
        UnusableInputError: another character, or an odd number of digits.
    """
    wrong = _NOT_HEX.search(content)
    if wrong:
        line = content.count(b"\n", 0, wrong.start()) + 1
        column = wrong.start() - content.rfind(b"\n", 0, wrong.start())
        raise UnusableInputError(
            str(path),
            f"line {line}, column {column}",
            f"{wrong.group()!r} is not a hex digit",
            "give raw bytes, or hex alone",
        )
    digits = content.translate(None, _WHITE_SPACE)
    if len(digits) % 2:
        raise UnusableInputError(
            str(path), f"digit {len(digits)}", "an odd number of hex digits", "the last byte lacks a digit"
        )
    return bytes.fromhex(digits.decode("ascii"))


def read_binary(path: Path, limit: int = FILE_LIMIT) -> bytes:
    """The bytes of a file that may be raw, hex or .bz2 of either.

    Raises:
        UnusableInputError: see read_file and unhex.
    """
    content = read_file(path, limit)
    return unhex(path, content) if is_hex(content) else content
