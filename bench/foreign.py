# SPDX-License-Identifier: Apache-2.0
"""Peers that are no Python: programs made by bench/peers/build.py, asked over a pipe for one timed sample at a time.

Each runs on the core that it was started on, ours waiting meanwhile, and times itself: the pipe costs neither side
anything. All of them know the same three requests (load, sum, time); bench/peers/ says which work each does.
"""

from __future__ import annotations

import atexit
import os
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

import pyaccel

from .contest import Digest

PROGRAMS = {
    "rust": ("cargo/release/pyaccel-peers", "crates (cargo)"),
    "go": ("go-peers", "Go modules (go)"),
    "c": ("calls", "OpenSSL from C (cc)"),
}
"""Program within the folder of built peers, and what it brings, by tool chain."""

missing: dict[str, str] = {}
"""What could not be asked in this process, and why."""


def folder() -> Path:
    """Where the built peers lie: PYACCEL_BENCH_PEERS, else build/peers below the current folder."""
    return Path(os.environ.get("PYACCEL_BENCH_PEERS", "build/peers")).absolute()


class Program:
    """One running program and the rows that it holds."""

    def __init__(self, path: Path, arguments: list[str]) -> None:
        self._process = subprocess.Popen(
            [path, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self._files = tempfile.TemporaryDirectory(prefix="pyaccel-bench-")
        self._rows: npt.NDArray[np.uint8] | None = None
        atexit.register(self.close)

    def close(self) -> None:
        """Ends it and removes its files."""
        self._process.communicate()
        self._files.cleanup()

    def ask(self, request: str) -> str:
        """One answer.

        Raises:
            ValueError: the program can't do it, or is gone.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(request + "\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline().strip()
        except BrokenPipeError:
            answer = ""
        if not answer or answer.startswith("error"):
            raise ValueError(f"{request}: {answer or 'the program ended'}")
        return answer

    def load(self, rows: npt.NDArray[np.uint8]) -> None:
        """Hands it the rows of a C-contiguous array (n, width), unless it has them."""
        if rows is self._rows:
            return
        path = Path(self._files.name) / "rows"
        path.write_bytes(memoryview(rows).cast("B"))
        self.ask(f"load {path} {rows.shape[1]}")
        self._rows = rows


@dataclass(frozen=True)
class Work:
    """A peer's work over some rows, as a contest's call."""

    program: Program
    name: str
    rows: npt.NDArray[np.uint8]

    def __call__(self) -> Digest:
        """The checksum of all its outputs."""
        self.program.load(self.rows)
        return Digest(bytes.fromhex(self.program.ask(f"sum {self.name}")))

    def seconds(self, repeats: int) -> float:
        """Seconds of one pass, by its own clock."""
        self.program.load(self.rows)
        return int(self.program.ask(f"time {self.name} {repeats}")) * 1e-9 / repeats


@cache
def program(chain: str) -> Program | None:
    """The running program of a tool chain; None where it was not built, which `missing` then says."""
    path, what = PROGRAMS[chain]
    if not (folder() / path).exists():
        missing[what] = "not built: run `make bench-peers` in a checkout, and `pyaccel bench` there"
        return None
    library = [str(Path(pyaccel._core.__file__).parent / "lib" / "libpyaccel.so")] if chain == "c" else []
    try:
        return Program(folder() / path, library)
    except OSError as error:
        missing[what] = str(error)
        return None


def works(chain: str, names: dict[str, str], rows: npt.NDArray[np.uint8]) -> dict[str, Work]:
    """The works of one tool chain that this machine can do, by the peer's name.

    Args:
        chain: a key of PROGRAMS.
        names: work by peer's name.
        rows: C-contiguous (n, width).
    """
    running = program(chain)
    found = {}
    for peer, name in names.items() if running is not None else ():
        work = Work(running, name, rows)  # type: ignore[arg-type]
        try:
            work.seconds(1)
        except ValueError as error:
            missing[peer] = str(error)
        else:
            found[peer] = work
    return found
