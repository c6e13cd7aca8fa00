# SPDX-License-Identifier: Apache-2.0
"""What batches really took against what curves said: a factor for each operation, class, backend and range of sizes.

A factor follows the median of the last few ratios, smoothed, so that one slow batch moves nothing. A backend that is
not chosen any more, because it was slow for a while, is not measured any more either: its factor falls back towards 1
by half in each half-life that it is idle, until it is tried again. Where it then is as slow as before, the next trial
comes after twice the time.
"""

from __future__ import annotations

import os
import threading
from bisect import bisect_left
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from math import exp, exp2, log
from statistics import median
from time import monotonic

from pyaccel import logs
from pyaccel.scheduler.curves import POINTS

Key = tuple[str, str, str, int]
"""Operation, class, name of the backend, `size_range`: what is amiss with few rows says nothing of many."""

RECENT = 5
"""Ratios whose median counts."""

LEAST = 3
"""Ratios before anything is corrected."""

SMOOTHING = 0.5
"""Part of the way to the median that one more ratio takes a factor."""

BOUND = log(32.0)
"""Factors are within 1/32 .. 32: what is further off is no drift, but a wrong measurement."""

HALF_LIFE = 60.0
"""Seconds in which an idle backend's correction is halved, at first."""

LONGEST_HALF_LIFE = 3600.0

MOVED = log(1.05)
"""Change of a factor from which earlier choices are looked at anew."""

TOLD = log(1.5)
"""Change of a factor that is logged."""


def size_range(n: int) -> int:
    """Which stretch between POINTS some number of rows lies in: its curve is one line there."""
    return bisect_left(POINTS, n)


@dataclass
class _Correction:
    recent: deque[float] = field(default_factory=lambda: deque(maxlen=RECENT))
    value: float = 0.0
    at: float = 0.0
    half_life: float = HALF_LIFE
    told: float = 0.0
    trial: bool = False

    def now(self, clock: float) -> float:
        """Its logarithm, halved with each half-life since it was measured."""
        return self.value * exp2((self.at - clock) / self.half_life)


class Drift:
    """All corrections of a process. Thread-safe.

    Args:
        clock: gives seconds that never go back.

    Attributes:
        generation: counts changes; a choice made under another generation may be another one now.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._corrections: dict[Key, _Correction] = {}
        self.generation = 0
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._renew_lock)

    def _renew_lock(self) -> None:
        """A thread that is not in the child may have held it when the parent forked."""
        self._lock = threading.Lock()

    def factor(self, key: Key) -> float:
        """What a curve's seconds are multiplied by; 1 where nothing is known."""
        found = self._corrections.get(key)
        return 1.0 if found is None else exp(found.now(self._clock()))

    def note(self, key: Key, predicted: float, measured: float) -> None:
        """A batch that took `measured` seconds where its curve alone, uncorrected, says `predicted`."""
        if predicted <= 0.0 or measured <= 0.0:
            return
        ratio = max(-BOUND, min(BOUND, log(measured / predicted)))
        clock = self._clock()
        with self._lock:
            one = self._corrections.setdefault(key, _Correction(at=clock))
            before = one.now(clock)
            if not one.trial and one.value > TOLD and clock - one.at > one.half_life / 4:
                one.trial = True  # it was left aside, and is tried again: of what was before, one ratio is left
                while len(one.recent) > 1:
                    one.recent.popleft()
            one.recent.append(ratio)
            after = before
            if len(one.recent) >= LEAST:
                wanted = median(one.recent)
                after = wanted if len(one.recent) == LEAST else before + SMOOTHING * (wanted - before)
                if one.trial:
                    one.half_life = min(2 * one.half_life, LONGEST_HALF_LIFE) if wanted > TOLD else HALF_LIFE
                    one.trial = False
            one.value, one.at = after, clock
            if abs(after - before) > MOVED:
                self.generation += 1
            moved = abs(after - one.told) > TOLD
            if moved:
                one.told = after
        if moved:
            operation, of, device, _ = key
            message = f"{device} takes {exp(after):.2g} times what its curve says of {operation} {of}; choices follow"
            logs.event(
                "calibration.drifted", message, operation=operation, of=of, device=device, ratio=round(exp(after), 3)
            )

    def forget(self) -> None:
        """Ends all corrections: curves were measured anew."""
        with self._lock:
            self._corrections.clear()
            self.generation += 1


corrections = Drift()
"""Of this process."""
