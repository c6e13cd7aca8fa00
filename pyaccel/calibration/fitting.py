# SPDX-License-Identifier: Apache-2.0
"""From seconds that were measured to those of a curve: never falling, and at every point."""

from __future__ import annotations

from collections.abc import Sequence

from pyaccel.scheduler.curves import POINTS


def monotone(values: Sequence[float], weights: Sequence[float]) -> list[float]:
    """The never decreasing numbers that are nearest to values, in weighted squares: pool adjacent violators.

    A block of neighbours that fall takes their weighted mean, and joins the block before it while that is higher
    (Barlow et al., Statistical Inference under Order Restrictions, 1972, §1.2).
    """
    blocks: list[tuple[float, float, int]] = []
    for value, weight in zip(values, weights, strict=True):
        mean, heavy, count = value, weight, 1
        while blocks and blocks[-1][0] > mean:
            before, its, many = blocks.pop()
            mean = (before * its + mean * heavy) / (its + heavy)
            heavy, count = heavy + its, count + many
        blocks.append((mean, heavy, count))
    return [mean for mean, _, count in blocks for _ in range(count)]


def carried_on(measured: Sequence[float]) -> list[float]:
    """Seconds at all of POINTS from those at the first ones, two at least: beyond, a row costs what the last ones did.

    A row costs no less than an eighth of the mean row so far: two points that are equal by noise say nothing.
    """
    seconds = list(measured)
    last = len(seconds) - 1
    slope = (seconds[last] - seconds[last - 1]) / (POINTS[last] - POINTS[last - 1])
    slope = max(slope, seconds[last] / POINTS[last] / 8)
    return seconds + [seconds[last] + slope * (point - POINTS[last]) for point in POINTS[last + 1 :]]
