# SPDX-License-Identifier: Apache-2.0
"""Where `pyaccel top` reads metrics: sockets of this user's processes, and addresses of the Prometheus kind."""

from __future__ import annotations

import http.client
import os
import socket
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pyaccel.cli.errors import UnusableInputError, one_line
from pyaccel.cli.top_samples import Sample, parsed
from pyaccel.scheduler.sharing import LAST_SUFFIX, SUFFIX, checked_folder, default_folder

ANSWER_SECONDS = 5
"""How long an answer may take."""

MOST_BYTES = 1 << 24
"""Of an answer: what has more is something else."""

SHOWN = 60
"""Characters of a command line."""

HOW = "start it with PYACCEL_TOP=1, or let it call pyaccel.metrics.share()"


class _UnixConnection(http.client.HTTPConnection):
    """HTTP to a socket in the file system."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=ANSWER_SECONDS)
        self.path = path

    def connect(self) -> None:
        """As HTTPConnection.connect."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.path))


@dataclass(frozen=True)
class Source:
    """One process to look at.

    Attributes:
        name: as it is shown.
        path: its socket, or what it left when it ended.
        url: its address, where it has no path.
        command: its command line, where that is known.
    """

    name: str
    path: Path | None = None
    url: str = ""
    command: str = ""

    def sample(self) -> Sample:
        """Its numbers now.

        Raises:
            UnusableInputError: it does not answer, or is something else.
        """
        try:
            text = self._read()
        except (OSError, http.client.HTTPException, ValueError) as error:
            reason = "timed out" if isinstance(error, TimeoutError) else getattr(error, "reason", None) or error
            raise UnusableInputError(self.name, "", f"does not answer: {reason}", "has it ended?") from None
        return parsed(self.name, text, time.monotonic())

    def _read(self) -> bytes:
        if self.path is None:
            with urllib.request.urlopen(self.url, timeout=ANSWER_SECONDS) as answer:  # noqa: S310 - http or https
                return _whole(self.name, answer)
        if self.path.suffix == LAST_SUFFIX:
            return self.path.read_bytes()
        connection = _UnixConnection(self.path)
        try:
            connection.request("GET", "/metrics")
            return _whole(self.name, connection.getresponse())
        finally:
            connection.close()


def _whole(name: str, answer: http.client.HTTPResponse) -> bytes:
    text = answer.read(MOST_BYTES + 1)
    if len(text) > MOST_BYTES:
        raise UnusableInputError(name, "", f"answers more than {MOST_BYTES:,} bytes", "is it the address of metrics?")
    return text


def all_sources(folder: Path | None = None) -> list[Source]:
    """Every process that is shared in a folder and runs, or left its numbers there; sockets of those gone go."""
    folder = checked_folder(folder or default_folder())
    return sorted(_in_folder(folder), key=lambda source: (len(source.name), source.name))


def _in_folder(folder: Path) -> Iterator[Source]:
    for path in folder.glob("*.*"):
        if path.suffix not in (SUFFIX, LAST_SUFFIX) or not path.stem.isdecimal():
            continue
        number = int(path.stem)
        if path.suffix == LAST_SUFFIX:
            yield Source(f"process {number}", path)
        elif not _runs(number):
            path.unlink(missing_ok=True)
        elif not path.with_suffix(LAST_SUFFIX).exists():
            yield Source(f"process {number}", path, command=command_line(number))


def source_of(target: str) -> Source:
    """What a person names: a process number or an address.

    Raises:
        UnusableInputError: it is neither, or is not to be had.
    """
    if target.startswith(("http://", "https://")):
        return Source(target, url=target)
    if not (target.isascii() and target.isdecimal()):
        raise UnusableInputError(
            target, "", "is no process number, and no address that begins with http:// or https://"
        )
    number = int(target)
    if not _runs(number):
        raise UnusableInputError(f"process {number}", "", "does not run")
    path = default_folder() / f"{number}{SUFFIX}"
    if not path.exists():
        raise UnusableInputError(f"process {number}", "", "does not share its metrics, or is another user's", HOW)
    checked_folder(path.parent)
    return Source(f"process {number}", path, command=command_line(number))


def _runs(number: int) -> bool:
    try:
        os.kill(number, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return number > 0


def command_line(number: int) -> str:
    """What a process was started with, shortened; empty where it can't be read."""
    with suppress(OSError):
        words = Path(f"/proc/{number}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        text = one_line(words)
        return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
    return ""
