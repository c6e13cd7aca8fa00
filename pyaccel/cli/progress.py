# SPDX-License-Identifier: Apache-2.0
"""What people who wait are shown on standard error: a progress bar, or plain lines where it is no terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from pyaccel.cli.runner import Progress as Report


def plain_line(console: Console, text: str) -> None:
    """Says in a line what begins, where the console is no terminal, and so shows no bar."""
    if not console.is_terminal:
        console.print(text, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def progress_bar(console: Console, source: str, *, lines: bool = False) -> Iterator[Report]:
    """Shows a bar for each kind of work that `report(what, done, total)` tells of; gone when all is done.

    A console that is no terminal shows with `lines` a plain line where each kind begins, and else nothing. A total of 0
    is one that is not known yet.
    """
    columns = (
        TextColumn("{task.fields[source]}", style="cyan", markup=False),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        tasks: dict[str, TaskID] = {}

        def report(what: str, done: int, total: int) -> None:
            if what not in tasks:
                if lines:
                    plain_line(console, f"{source}: {what}")
                tasks[what] = progress.add_task(what, source=source, total=total or None)
            progress.update(tasks[what], completed=done, total=total or None)

        yield report
