# SPDX-License-Identifier: Apache-2.0
"""Parts of a batch, without a copy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from pyaccel.backends.base import Inputs, Outputs
from pyaccel.operations import Operation
from pyaccel.rows import Rows
from pyaccel.scheduler.curves import Curve

PART_SECONDS = 0.1
"""About how long a part runs between two calls of progress."""

PART_MULTIPLE = 1024
"""Parts are multiples of this many rows, so that lanes and sums stay full."""

PART_MOST = 32 * PART_MULTIPLE
"""Rows of a part at most: the curve may be of a machine many times as fast as this one."""


def part(inputs: Inputs, outputs: Outputs, first: int, last: int, n: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Inputs and outputs of rows first .. last of n.

    With a key_index the public keys stay whole, as does what serves all rows.
    """

    def cut(value: Any) -> Any:
        return value[first:last]

    return _by_row(inputs, n, cut), _by_row(outputs, n, cut)


def rows_at(inputs: Inputs, which: npt.NDArray[np.intp], n: int) -> dict[str, Any]:
    """Inputs of some of n rows, in one piece each, in memory of their own; what stays whole is as of `part`."""
    return _by_row(inputs, n, lambda value: _take(value, which, n) if isinstance(value, Rows) else value[which])


def _by_row(values: Mapping[str, Any], n: int, pick: Callable[[Any], Any]) -> dict[str, Any]:
    """Values by name, of those that have n rows what pick() leaves of them."""
    whole = {"public_keys"} if values.get("key_index") is not None else set()

    def picked(name: str, value: Any) -> Any:
        per_row = (isinstance(value, Rows) and value.count == n) or (isinstance(value, np.ndarray) and len(value) == n)
        return pick(value) if per_row and name not in whole else value

    return {name: picked(name, value) for name, value in values.items()}


def _take(rows: Rows, which: npt.NDArray[np.intp], n: int) -> Rows:
    fixed = rows.array(n)
    if fixed is not None:
        return Rows(fixed[which].reshape(-1), width=rows.width) if rows.width else rows[: len(which)]
    assert rows.offsets is not None
    begins, ends = rows.offsets[:-1][which], rows.offsets[1:][which]
    buffer = rows.data
    data = b"".join([buffer[a:b].tobytes() for a, b in zip(begins.tolist(), ends.tolist(), strict=True)])
    offsets = np.zeros(len(which) + 1, np.uint64)
    np.cumsum(ends - begins, out=offsets[1:])
    return Rows(data, offsets=offsets)


def input_bytes(inputs: Inputs) -> int:
    """Bytes of all input rows."""
    total = 0
    for value in inputs.values():
        if isinstance(value, Rows):
            total += value.nbytes(len(value) if value.count is None else value.count)
    return total


def parts(n: int, most: int, cuts: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Rows 0 .. n as (first, last) pairs that cross no cut and have `most` rows at most."""
    first = 0
    for end in sorted({*cuts, n}):
        while first < end:
            last = min(first + most, end)
            yield first, last
            first = last


def part_rows(curve: Curve | None, operation: Operation, n: int) -> int:
    """Rows of a part, so that it takes about PART_SECONDS; PART_MOST at most, the fewest where no curve is known."""
    if operation.split != "rows" or n == 0:
        return max(n, 1)
    rows = int(PART_SECONDS / (curve.at(n) / n)) if curve else PART_MULTIPLE
    return min(max(rows // PART_MULTIPLE, 1) * PART_MULTIPLE, PART_MOST)
