# SPDX-License-Identifier: Apache-2.0
"""What curves are made of: numbers that never fall, carried on beyond what was measured."""

from __future__ import annotations

import numpy as np

from pyaccel.calibration.fitting import carried_on, monotone
from pyaccel.scheduler.curves import POINTS


def test_monotone_pools_what_falls():
    assert monotone([1, 3, 2, 4], [1, 1, 1, 1]) == [1, 2.5, 2.5, 4]
    assert monotone([4, 3, 2, 1], [1, 1, 1, 1]) == [2.5] * 4
    assert monotone([3, 1], [3, 1]) == [2.5, 2.5]
    assert monotone([], []) == []


def test_monotone_is_the_nearest():
    """Against every never decreasing sequence over a grid: none is nearer."""
    from itertools import product

    for values in product(range(4), repeat=4):
        fitted = monotone(values, [1.0, 2.0, 1.0, 3.0])
        assert fitted == sorted(fitted)

        def distance(some, values=values):
            return sum(w * (a - b) ** 2 for w, a, b in zip((1, 2, 1, 3), some, values, strict=True))

        least = min(distance(some) for some in product(np.arange(0, 3.5, 0.5), repeat=4) if list(some) == sorted(some))
        assert distance(fitted) <= least + 1e-9


def test_carried_on_costs_what_the_last_rows_did():
    seconds = carried_on([1.0, 8.0, 16.0])
    assert seconds == [float(point) for point in POINTS]
    flat = carried_on([2.0, 2.0])
    assert flat[:2] == [2.0, 2.0]
    assert flat == sorted(flat)
    assert flat[-1] > flat[2] > 2.0
