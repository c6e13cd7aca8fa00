# SPDX-License-Identifier: Apache-2.0
"""PYACCEL_TRACE and PYACCEL_TOP: what a process shows from its first batch on, without a word in its program.

It begins when this module is imported, which pyaccel.scheduler does before all else: where it can't be, no batch runs.
"""

from __future__ import annotations

import os
from pathlib import Path

from pyaccel import logs
from pyaccel.scheduler import watching
from pyaccel.scheduler.watching import Attempt


def begin() -> None:
    """Begins what the environment asks for.

    Raises:
        ValueError, OSError, UnsupportedError: it can't be; names the variable.
    """
    if path := os.environ.get("PYACCEL_TRACE"):
        from pyaccel.scheduler.tracing import trace_process

        try:
            trace_process(path)
        except OSError as error:
            raise OSError(error.errno, f"PYACCEL_TRACE: {error.strerror}", path) from None
    if folder := os.environ.get("PYACCEL_TOP"):
        from pyaccel.scheduler.sharing import share

        if folder not in ("0", "1") and not Path(folder).is_absolute():
            raise ValueError(f"PYACCEL_TOP: {folder!r} came; wanted 1, 0, or a folder from / on")
        if folder != "0":
            share(None if folder == "1" else Path(folder))


def _begin_late(attempt: Attempt) -> None:
    """With its first batch the child of a fork begins too: most children are there for something else."""
    watching.watchers.remove(_begin_late)
    before = watching.watchers.all
    try:
        begin()
    except Exception as error:  # noqa: BLE001 - the parent began, and this is in the middle of a batch
        logs.event("environment.ignored", f"after a fork: {error}", reason=str(error))
    for watcher in watching.watchers.all:
        if watcher not in before:
            watcher(attempt)


begin()
if os.environ.get("PYACCEL_TRACE") or os.environ.get("PYACCEL_TOP"):
    os.register_at_fork(after_in_child=lambda: watching.watchers.add(_begin_late))
