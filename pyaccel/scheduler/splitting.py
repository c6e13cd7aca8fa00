# SPDX-License-Identifier: Apache-2.0
"""Parts of a batch, without a copy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

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
    whole = {"public_keys"} if inputs.get("key_index") is not None else set()

    def cut(name: str, value: Any) -> Any:
        per_row = (isinstance(value, Rows) and value.count == n) or (isinstance(value, np.ndarray) and len(value) == n)
        return value[first:last] if per_row and name not in whole else value

    return (
        {name: cut(name, value) for name, value in inputs.items()},
        {name: cut(name, value) for name, value in outputs.items()},
    )


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
