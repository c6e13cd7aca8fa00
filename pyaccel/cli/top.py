# SPDX-License-Identifier: Apache-2.0
"""`pyaccel top`: what processes do with pyaccel, live."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

import click
from rich.console import Console
from rich.live import Live
from rich.text import Text

from pyaccel.cli.errors import UnusableInputError
from pyaccel.cli.table import wide_console
from pyaccel.cli.top_samples import Sample, View, view
from pyaccel.cli.top_sources import HOW, Source, all_sources, source_of
from pyaccel.cli.top_table import document, render

PATIENCE_SECONDS = 5.0
"""How long a command may take to end once it was interrupted."""

SIGNALLED = 128
"""What a shell adds to the number of the signal that ended a command."""


class Watch:
    """Processes that are looked at again and again.

    Attributes:
        views: what each did between the last two looks.
        samples: by name, the command line of each and what it had done by the last look, also of those that ended.
    """

    def __init__(self) -> None:
        self.views: list[View] = []
        self.samples: dict[str, tuple[str, Sample]] = {}

    def look(self, sources: Sequence[Source]) -> None:
        """Looks at each; one that does not answer has ended, or not begun to."""
        self.views = []
        for source in sources:
            try:
                now = source.sample()
            except UnusableInputError:
                continue
            command, before = self.samples.get(source.name, (source.command, None))
            self.samples[source.name] = command, now
            if before and now.at > before.at:
                self.views.append(view(source.name, command, before, now, now.at - before.at))

    @property
    def ended(self) -> list[str]:
        """The names of those that did not answer the last look."""
        return [name for name in self.samples if name not in {shown.name for shown in self.views}]


def show_top(target: str | None, *, interval: float, once: bool, as_json: bool) -> int:
    """Shows the process that is named, or all of this user that share their metrics; the answer is the exit status.

    Args:
        target: a process number or an address.
        interval: seconds between two looks.
        once: print what came in one interval, and end; so also where standard output is no terminal.
        as_json: the same for machines.

    Raises:
        UnusableInputError: there is none, or it can't be looked at.
    """
    console = wide_console()
    watch = Watch()
    sources = _sources(target)
    watch.look(sources())
    time.sleep(interval)
    watch.look(sources())
    if as_json:
        click.echo(json.dumps(document(watch.views), indent=2))
    elif once or not console.is_terminal:
        console.print(render(watch.views, watch.ended, width=console.width), highlight=False)
    else:
        try:
            with Live(console=console, auto_refresh=False, vertical_overflow="ellipsis") as live:
                while watch.views or not watch.ended:
                    live.update(render(watch.views, watch.ended, width=console.width), refresh=True)
                    time.sleep(interval)
                    watch.look(sources())
                live.update(render(watch.views, watch.ended, width=console.width), refresh=True)
        except KeyboardInterrupt:
            pass
    return 0


def _sources(target: str | None) -> Callable[[], list[Source]]:
    """What is to be looked at, each time; tried once, so that errors come first."""
    if target is None:
        if not all_sources():
            raise UnusableInputError(
                "top", "", "no process of yours shares its metrics", f"{HOW}, or say: pyaccel top -- COMMAND"
            )
        return all_sources
    source = source_of(target)
    source.sample()
    return lambda: [source]


def run_top(command: Sequence[str], *, interval: float, as_json: bool) -> int:
    """Runs a command and shows what it and its children do meanwhile, at the end what they did in all.

    The table goes to standard error; where that is a terminal, what the command prints goes above it. With as_json
    standard output has the numbers alone, at the end, and what the command prints there goes to standard error.

    Returns:
        The command's exit status, 128 more than the number of the signal that ended it.
    """
    with tempfile.TemporaryDirectory(prefix="pyaccel-top-") as folder:
        console = wide_console(stderr=True)
        live = Live(console=console, auto_refresh=False, vertical_overflow="ellipsis") if console.is_terminal else None
        begin = time.monotonic()
        process = _started(command, {**os.environ, "PYACCEL_TOP": folder}, above=bool(live), to_error=as_json)
        watch = Watch()

        def look() -> None:
            watch.look(all_sources(Path(folder)))
            if live:
                live.update(render(watch.views, width=console.width), refresh=True)

        try:
            if live:
                live.start()
            copiers = [
                threading.Thread(target=_copy, args=(stream, console), daemon=True)
                for stream in (process.stdout, process.stderr)
                if stream
            ]
            for copier in copiers:
                copier.start()
            _wait(process, interval, look)
            for copier in copiers:
                copier.join(PATIENCE_SECONDS)
        finally:
            if live:
                live.update(Text(), refresh=True)
                live.stop()
        seconds = time.monotonic() - begin
        watch.look(all_sources(Path(folder)))
    views = [view(name, command, None, sample, seconds) for name, (command, sample) in watch.samples.items()]
    if as_json:
        click.echo(json.dumps(document(views), indent=2))
    elif views:
        console.print(render(views, width=console.width), highlight=False)
    else:
        console.print(f"pyaccel: {command[0]} ended, and nothing in it used pyaccel", style="yellow", highlight=False)
    code = process.returncode
    return code if code >= 0 else SIGNALLED - code


def _started(
    command: Sequence[str], environment: dict[str, str], *, above: bool, to_error: bool
) -> subprocess.Popen[bytes]:
    out = subprocess.PIPE if above and (to_error or sys.stdout.isatty()) else sys.stderr.fileno() if to_error else None
    error = subprocess.PIPE if above else None
    try:
        return subprocess.Popen(command, env=environment, stdout=out, stderr=error)  # noqa: S603 - the caller's own
    except FileNotFoundError:
        raise UnusableInputError(
            command[0],
            "",
            "is no command that is found, no process number, and no address with http://",
            "check its name",
        ) from None
    except OSError as problem:
        raise UnusableInputError(command[0], "", f"can't be run: {problem.strerror}") from None


def _wait(process: subprocess.Popen[bytes], interval: float, look: Callable[[], None]) -> None:
    """Looks until the process ends. An interrupt reaches it too: it has some time to end by itself."""
    try:
        while True:
            try:
                process.wait(interval)
            except subprocess.TimeoutExpired:
                look()
            else:
                return
    except KeyboardInterrupt:
        try:
            process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    except BaseException:
        process.kill()
        process.wait()
        raise


def _copy(stream: IO[bytes], console: Console) -> None:
    """Prints lines as they come, above what is live."""
    for line in stream:
        console.print(Text.from_ansi(line.decode(errors="replace").rstrip("\r\n")), soft_wrap=True)
