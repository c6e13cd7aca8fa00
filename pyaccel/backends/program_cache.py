# SPDX-License-Identifier: Apache-2.0
"""Compiled kernels on disk, below the user's cache directory: a start takes milliseconds in place of seconds."""

from __future__ import annotations

import os
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile

from platformdirs import user_cache_path

_MOST = 512
"""Files that are kept; a version of pyaccel has some fifty programs."""
_DIGEST = 32


class ProgramCache:
    """Binaries by key. Any thread, any number of processes.

    A file is its content's SHA-256, then the content: what was cut short, or changed, is discarded. A directory that
    can't be read or written is as good as an empty one.
    """

    def __init__(self, folder: Path | None = None) -> None:
        """Args: folder: the user's cache directory by default; made when something is kept."""
        self._folder = folder or user_cache_path("pyaccel") / "programs"

    @staticmethod
    def key(*parts: str) -> str:
        """A name for all that decides about a binary."""
        text = b"".join(len(part.encode()).to_bytes(8, "little") + part.encode() for part in parts)
        return sha256(text).hexdigest()

    def get(self, key: str) -> bytes | None:
        """The binary, or None."""
        path = self._folder / key
        try:
            kept = path.read_bytes()
        except OSError:
            return None
        if kept[:_DIGEST] == sha256(kept[_DIGEST:]).digest():
            return kept[_DIGEST:]
        with suppress(OSError):
            path.unlink()
        return None

    def put(self, key: str, binary: bytes) -> None:
        """Keeps a binary, whole or not at all."""
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            with NamedTemporaryFile(dir=self._folder, prefix=".", delete=False) as file:
                try:
                    file.write(sha256(binary).digest() + binary)
                    file.close()
                    os.replace(file.name, self._folder / key)  # noqa: PTH105 - a temporary file has a name, not a path
                except OSError:
                    Path(file.name).unlink()
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        files = [(path.stat().st_mtime, path) for path in self._folder.iterdir()]
        for _, path in sorted(files)[:-_MOST]:
            path.unlink()
