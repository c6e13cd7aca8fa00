# SPDX-License-Identifier: Apache-2.0
"""Metrics on a socket in a folder of the user's, where `pyaccel top` finds them: HTTP, as Prometheus reads it."""

from __future__ import annotations

import os
import stat
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from socketserver import ThreadingMixIn, UnixStreamServer
from typing import Any

from pyaccel.scheduler.counting import counts
from pyaccel.scheduler.ending import at_end
from pyaccel.scheduler.exposition import Collector, CollectorRegistry  # first: it says what to install

from prometheus_client import MetricsHandler, ProcessCollector, generate_latest  # isort: skip

SUFFIX = ".sock"
LAST_SUFFIX = ".prom"
"""Of the file that a process leaves when it ends, in a folder that was made for it."""

_PATH_BYTES = 107
"""What the path of a socket may have on Linux (sun_path, less its zero)."""

_ANSWER_SECONDS = 5
"""How long a reader may take."""


def default_folder() -> Path:
    """Where this user's processes are shared: below /run/user where that is, else in the folder of temporary files."""
    runtime = Path(f"/run/user/{os.getuid()}")
    if runtime.is_dir() and os.access(runtime, os.W_OK):
        return runtime / "pyaccel"
    return Path(tempfile.gettempdir()) / f"pyaccel-{os.getuid()}"


def checked_folder(folder: Path) -> Path:
    """A folder that is this user's own, made where it is missing.

    Raises:
        OSError: it can't be made, or another user could put something there.
    """
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700, parents=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o022:
        raise PermissionError(
            f"{folder} is no folder that this user alone can write to: remove it, or name another in PYACCEL_TOP"
        )
    return folder


class _Server(ThreadingMixIn, UnixStreamServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A reader that went away is no matter of this process."""


class Sharing:
    """This process's metrics, shared until it ends or `close`.

    Args:
        folder: where; None: the default one. In one that is named, what was counted stays when the process ends.

    Raises:
        OSError: the folder or the socket can't be had.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.path = checked_folder(folder or default_folder()) / f"{os.getpid()}{SUFFIX}"
        if len(os.fsencode(self.path)) > _PATH_BYTES:
            raise OSError(f"{self.path}: a socket's path has {_PATH_BYTES} bytes at most: name a shorter folder")
        self._last = self.path.with_suffix(LAST_SUFFIX) if folder else None
        self._registry = CollectorRegistry()
        self._registry.register(Collector())
        ProcessCollector(registry=self._registry)
        self.path.unlink(missing_ok=True)  # of a process of the same number that is gone
        handler = MetricsHandler.factory(self._registry)
        handler.timeout = _ANSWER_SECONDS  # type: ignore[attr-defined]
        self._server = _Server(str(self.path), handler)
        self.path.chmod(0o600)
        threading.Thread(target=self._server.serve_forever, name="pyaccel-metrics", daemon=True).start()
        counts.begin()
        _shared.append(self)
        at_end(_leave_all)

    def close(self) -> None:
        """Shares no more."""
        self.leave()
        _shared.remove(self)
        counts.end()
        self._server.shutdown()
        self._server.server_close()

    def abandon(self) -> None:
        """In the child of a fork: the socket is the parent's."""
        self._server.socket.close()

    def leave(self) -> None:
        """Leaves what was counted, where somebody made a folder for it, and takes the socket away. Again: as well."""
        with suppress(OSError):
            if self._last:
                part = self._last.with_suffix(".part")
                part.touch(mode=0o600)
                part.write_bytes(generate_latest(self._registry))
                part.rename(self._last)
        self.path.unlink(missing_ok=True)


_shared: list[Sharing] = []


def share(folder: Path | None = None) -> None:
    """Shares this process, unless it is shared already; as pyaccel.metrics.share."""
    if not _shared:
        Sharing(folder)


def _leave_all() -> None:
    for sharing in _shared:
        sharing.leave()


def _abandon_all() -> None:
    for sharing in _shared:
        sharing.abandon()
        counts.end()
    _shared.clear()


os.register_at_fork(after_in_child=_abandon_all)
