# SPDX-License-Identifier: Apache-2.0
"""What a benchmark is made of: contests, their peers, and the lines that come of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from .marks import Reached

Call = Callable[[], object]


@dataclass(frozen=True)
class Digest:
    """What a peer in another process gives in place of its outputs: their SHA-256."""

    of: bytes


@runtime_checkable
class SelfTimed(Protocol):
    """A call that times itself."""

    def seconds(self, repeats: int) -> float:
        """Seconds of one of `repeats` passes."""


@dataclass(frozen=True)
class Peer:
    """A peer whose call is not simply the same work again.

    Attributes:
        call: its work.
        share: the part of the contest's work that it does: its seconds are divided by it.
        expected: gives what its result must equal; None: the head of ours.
    """

    call: Call
    share: float = 1.0
    expected: Call | None = None


@dataclass(frozen=True)
class Contest:
    """One line: the same work by pyaccel and by its peers.

    Attributes:
        name: what is computed ("sha256 64 B"); marks.py knows a line by it.
        n: rows in one call.
        row_bytes: message bytes in a row, for the byte rate.
        ours: pyaccel's call.
        peers: the peers by name, each giving the same value as ours; empty where no peer is installed.
        spec: CPU level and features that ours runs with; empty: those in force.
        rounds: samples of each contestant; 0: the run's own number.
    """

    name: str
    n: int
    row_bytes: int
    ours: Call
    peers: Mapping[str, Call | Peer] = field(default_factory=dict)
    spec: str = ""
    rounds: int = 0


@dataclass(frozen=True)
class Line:
    """A measured contest.

    Attributes:
        seconds: median seconds of one call, by contestant ("pyaccel" is ours); of the whole work.
        fastest: least seconds of our samples: what is left when the machine's noise is taken away.
        ratios: median over the rounds of peer's seconds / our seconds, by peer: above 1 we are faster.
        cycles: of the core's clock for one row; 0 where the clock can't be probed.
        marks: what was promised, and which side of it the figures are on.
        clock_hz: clock probed before and after (0 where the probe can't run).
        vector_rate: vector operations a second, before and after.
        disturbed: a probe moved by more than DRIFT, or was more than BELOW_BEST under the best of the run, or
            other work had the core for more than DRIFT of our samples.
    """

    name: str
    n: int
    row_bytes: int
    seconds: Mapping[str, float]
    fastest: float
    ratios: Mapping[str, float]
    cycles: float
    marks: tuple[Reached, ...]
    clock_hz: tuple[float, float]
    vector_rate: tuple[float, float]
    disturbed: bool
