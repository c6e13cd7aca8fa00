# SPDX-License-Identifier: Apache-2.0
"""Runs the shares of a divided batch at the same time, each on a thread of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from threading import Thread

from pyaccel.backends.base import Inputs, Outputs
from pyaccel.scheduler import guard
from pyaccel.scheduler.placement import Choice, Placement
from pyaccel.scheduler.splitting import part

Attempt = Callable[[Placement, Choice, Inputs, Outputs, int], Choice]
"""Runs one share, where its device fails elsewhere; gives the choice that did it."""

Job = Callable[[Choice], Choice]
"""Does a share as the choice says, and where that fails elsewhere; gives the choice that did it, in the end."""


@dataclass(frozen=True)
class JointBackend:
    """Several devices, as what ran a batch is told.

    Attributes:
        name: theirs, "native+opencl:0".
    """

    name: str


@dataclass(frozen=True)
class JointPlan:
    """What several devices ran.

    Attributes:
        choices: who did each part.
        parts: name of the device and rows of each part, in the order of the rows.
    """

    choices: tuple[Choice, ...]
    parts: tuple[tuple[str, int], ...]

    @property
    def variant(self) -> str:
        """Theirs, as Plan.variant."""
        return "+".join(dict.fromkeys(choice.plan.variant for choice in self.choices))


def run_shares(place: Placement, choice: Choice, inputs: Inputs, outputs: Outputs, n: int, attempt: Attempt) -> Choice:
    """Runs all shares of a batch whose rows are divided; as run_together."""
    jobs: list[Job] = []
    first = 0
    for share in choice.shares:
        some = part(inputs, outputs, first, first + share.rows, n)
        jobs.append(partial(_run_rows, attempt, place, *some, share.rows))
        first += share.rows
    return run_together(place, choice, jobs)


def _run_rows(attempt: Attempt, place: Placement, inputs: Inputs, outputs: Outputs, n: int, choice: Choice) -> Choice:
    return attempt(place, choice, inputs, outputs, n)


def run_together(place: Placement, choice: Choice, jobs: Sequence[Job]) -> Choice:
    """Runs a job for each share of a choice: the first on the calling thread. Ends when all have, whatever happened.

    Args:
        place: whose curves learn what shares took.
        choice: with shares.
        jobs: what to do of each share.

    Returns:
        A choice that names every device that did a part.

    Raises:
        Exception: what came out of a share, the first in the order of rows; the outputs are then undefined.
    """
    done: list[Choice | BaseException | None] = [None] * len(choice.shares)

    def run_share(i: int) -> None:
        share = choice.shares[i]
        alone = Choice(share.backend, share.plan, (), share.predicted)
        start = guard.clock()
        try:
            done[i] = did = jobs[i](alone)
        except BaseException as error:  # noqa: BLE001 - raised below, in the caller's thread
            done[i] = error
        else:
            if did is alone:
                place.note(alone, share.rows, guard.clock() - start)

    others = range(1, len(jobs))
    threads = [
        Thread(target=copy_context().run, args=(run_share, i), name="pyaccel share", daemon=True) for i in others
    ]
    started: list[Thread] = []
    try:
        for thread in threads:
            thread.start()
            started.append(thread)
    except RuntimeError:  # no more threads can be had: what is left runs here
        for i in others[len(started) :]:
            run_share(i)
    try:
        run_share(0)
    finally:
        _join(started)
    for result in done:
        if isinstance(result, BaseException):
            raise result
    choices = tuple(result for result in done if isinstance(result, Choice))
    parts = tuple((one.backend.name, share.rows) for one, share in zip(choices, choice.shares, strict=True))
    names = "+".join(dict.fromkeys(name for name, _ in parts))
    notes = tuple(note for one in choices for note in one.notes)
    return Choice(JointBackend(names), JointPlan(choices, parts), notes, choice.predicted)  # type: ignore[arg-type]


def _join(threads: list[Thread]) -> None:
    """Waits for all, also where an interrupt comes meanwhile: they write into the caller's memory."""
    interrupt: BaseException | None = None
    for thread in threads:
        while thread.is_alive():
            try:
                thread.join()
            except BaseException as error:  # noqa: BLE001 - raised when nobody writes any more
                interrupt = error
    if interrupt is not None:
        raise interrupt
