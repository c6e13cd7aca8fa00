# SPDX-License-Identifier: Apache-2.0
"""Shadow checks: a sample of what a device answers is computed again natively, and compared."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from random import SystemRandom
from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt

from pyaccel.backends.base import Buffer, Inputs, Outputs, Plan
from pyaccel.errors import DeviceError
from pyaccel.numbers import real_number
from pyaccel.operations import Operation
from pyaccel.rows import Rows
from pyaccel.scheduler.splitting import rows_at

SHARE = 0.01
"""Share of a device's time that its checks may take."""

FIRST = 4
"""Batches of a plan that are checked whatever that costs, LEAST_ROWS rows of each."""

LEAST_ROWS = 8
"""Rows of a check, where a batch has as many: fewer cost hardly less."""

MOST_ROWS = 4096
"""Rows of a check at most, and of one of the first batches whose results are checked as a whole."""

Indices = npt.NDArray[np.int64]
Arrays = dict[str, npt.NDArray[Any]]

_random = SystemRandom()
_rate: list[float | None] = []
"""What `shadow` set last, if anything."""


def shadow(rate: float | None) -> float | None:
    """Sets how much of what devices answer is computed again natively and compared, for the whole process.

    A device whose answer is another is quarantined with a warning, and the batch is computed elsewhere. PYACCEL_SHADOW
    sets it from outside: a number, or "auto". Rows are drawn by the operating system's random numbers. Inputs must not
    change while a call runs: a device would be taken for broken.

    Args:
        rate: share of the rows of each batch, 0 (none) to 1 (all); of operations whose result is one for all rows
            (roots, trees), share of the batches; of ciphertexts on a device, share of those that come back. None: a few
            rows of the first batches, later what takes about 1 % of the device's time.

    Returns:
        The rate that held before.

    Raises:
        TypeError, ValueError: no number, or none in 0 .. 1.
    """
    before = rate_now()
    _rate[:] = [None if rate is None else real_number("rate", rate, 0, 1)]
    return before


def rate_now() -> float | None:
    """The rate in force; ValueError where PYACCEL_SHADOW is no rate."""
    return _rate[0] if _rate else environment()


@cache
def environment() -> float | None:
    """What PYACCEL_SHADOW asks for, None for "auto"."""
    given = os.environ.get("PYACCEL_SHADOW", "")
    return None if given in ("", "auto") else real_number("PYACCEL_SHADOW", given, 0, 1)


class Shadow:
    """The checks of one plan. Thread-safe: what they share are estimates.

    Args:
        operation: the plan's.
        reference: gives the native plan for the same parameters, None where there is none.
        first: batches that are checked whatever that costs.
        least: rows of a check, where a batch has as many.
    """

    def __init__(
        self,
        operation: Operation,
        reference: Callable[[], Plan | None],
        *,
        first: int = FIRST,
        least: int = LEAST_ROWS,
    ) -> None:
        self._operation = operation
        self._reference = reference
        self._first = first
        self._least = least
        self._by_rows = operation.split == "rows"
        self._checks = 0
        self._row_seconds = 0.0

    def differs(self, inputs: Inputs, outputs: Outputs, n: int, seconds: float) -> str | None:
        """What a device answered wrongly, None where nothing was found.

        Args:
            inputs: of the batch.
            outputs: what the device made of them, arrays that nobody writes to, Rows that are brought back, or None.
            n: rows.
            seconds: what it took.
        """
        rows = self._sample(n, seconds)
        if rows == 0:
            return None
        plan = self._reference()
        if plan is None or not all(_on_host(value) for value in inputs.values()):
            return None
        start = perf_counter()
        which = _spread(rows, n) if self._by_rows and rows < n else None
        some = inputs if which is None else rows_at(inputs, which, n)
        of: Any = slice(None) if which is None else which
        here = {name: value.array(n) if isinstance(value, Rows) else value for name, value in outputs.items()}
        answers: Arrays = {name: array[of] for name, array in here.items() if array is not None}
        expected = {name: np.zeros_like(array) for name, array in answers.items()}
        try:
            plan.run(some, {**here, **expected}, rows)
        except DeviceError:  # natively out of memory: nothing can be said
            return None
        self._learn((perf_counter() - start) / rows)
        return self._difference(answers, expected, which)

    def _sample(self, n: int, seconds: float) -> int:
        """How many rows of n to check, for whole results n or none."""
        rate = rate_now()
        if n == 0 or rate == 0:
            return 0
        if rate is not None:
            if self._by_rows:
                return min(n, int(rate * n + _random.random()))
            return n if _random.random() < rate else 0
        least = min(n, self._least) if self._by_rows else n
        if self._checks < self._first and least <= MOST_ROWS:
            return least
        # How many rows the share pays for; where that is less than a check, one in so many batches has one.
        paid = SHARE * seconds / (self._row_seconds or seconds / n)
        if paid >= least:
            return min(int(paid), n, MOST_ROWS) if self._by_rows else n
        return least if _random.random() < paid / least else 0

    def _learn(self, row_seconds: float) -> None:
        """Keeps what a row of a check takes: the last of the first checks, which warm up, then a mean."""
        known = self._checks >= self._first and self._row_seconds > 0
        self._row_seconds = 0.9 * self._row_seconds + 0.1 * row_seconds if known else row_seconds
        self._checks += 1

    def _difference(self, answers: Arrays, expected: Arrays, which: Indices | None) -> str | None:
        for name, array in expected.items():
            answer = defined(self._operation, name, expected, answers[name])
            wanted = defined(self._operation, name, expected, array)
            if not np.array_equal(answer, wanted):
                place = int(np.argwhere(answer != wanted)[0][0])
                row = place if which is None else int(which[place])
                return f"{self._operation.name}: {name}[{row}] is not what native computes (a shadow check)"
        return None


def defined(operation: Operation, name: str, outputs: Arrays, array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """What of an output has a meaning: proofs are as long as their offsets say."""
    if operation.name == "merkle.proofs" and name == "proofs":
        return array.reshape(-1)[: int(outputs["offsets"][-1])]
    return array


def _spread(rows: int, n: int) -> Indices:
    """One random row of each of `rows` stretches of n rows, in their order: no part of a batch goes unseen."""
    ends = np.arange(1, rows + 1, dtype=np.int64) * n // rows
    starts = np.concatenate([np.zeros(1, np.int64), ends[:-1]])
    numbers = np.frombuffer(os.urandom(8 * rows), np.uint64)
    chosen: Indices = starts + (numbers % (ends - starts).astype(np.uint64)).astype(np.int64)
    return chosen


def _on_host(value: Any) -> bool:
    """Whether native can read an input; of what is on a device nothing is checked."""
    return not isinstance(value, Buffer) or value.device == "native"
