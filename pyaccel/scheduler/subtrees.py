# SPDX-License-Identifier: Apache-2.0
"""How one Merkle tree is cut for several devices: into subtrees of a power of two of leaves, so that all end together.

The leaves are cut into units of 2^k, of which the last one may have fewer. A device takes units that follow each other,
as the fewest blocks that are subtrees of the tree. Each block costs what a tree of its own would.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, pairwise

from pyaccel.operations import Operation
from pyaccel.scheduler.division import GAIN, HAND_OVER, Offer
from pyaccel.scheduler.splitting import PART_MULTIPLE

UNITS = 32
"""Units of a tree at most, and more than half as many where they have more than PART_MULTIPLE leaves."""


def blocks(first: int, last: int, n: int) -> Iterator[tuple[int, int]]:
    """Leaves first .. last of a tree of n as (first, last) pairs, each of them a subtree, the fewest that there are.

    A subtree has 2^k leaves from a multiple of 2^k on, or what there is of them where the tree ends.
    """
    while first < last:
        left = last - first
        aligned = first & -first or 1 << n.bit_length()
        size = left if last == n and left <= aligned else min(aligned, 1 << left.bit_length() - 1)
        yield first, first + size
        first += size


@dataclass(frozen=True)
class HeapRow:
    """The lowest layer of a heap that is a power of two of nodes: leaves, then the parents of two leaves each.

    Attributes:
        nodes: of the row.
        plain: nodes of it that are leaves, the first ones.
        deep: leaves in pairs, which stand first of all leaves.
    """

    nodes: int
    plain: int
    deep: int

    @classmethod
    def of(cls, n: int) -> HeapRow:
        """That of n > 1 leaves."""
        nodes = 1 << (n - 1).bit_length() - 1
        return cls(nodes, 2 * nodes - n, 2 * (n - nodes))

    def leaves(self, nodes: int) -> int:
        """Leaves below the first nodes of the row."""
        return nodes + max(nodes - self.plain, 0)

    def place_of(self, leaves: int) -> int:
        """Nodes of the row over that many leaves."""
        return leaves if leaves <= self.plain else (leaves + self.plain) // 2


def seconds(operation: Operation, offer: Offer, first: int, last: int, n: int, nbytes: int) -> float:
    """What a device takes for leaves first .. last of a tree of n, which have nbytes together."""
    sizes = (end - begin for begin, end in blocks(first, last, n))
    return sum(offer.seconds(operation, size, nbytes * size // n) for size in sizes)


def divide(operation: Operation, offers: Sequence[Offer], n: int, nbytes: int, *, always: bool) -> list[int]:
    """Leaves for each of some devices, so that all end as soon as they can; an empty list where one alone is as good.

    The earliest common end over all ways to cut the units, by dynamic programming over devices in their order.

    Args:
        operation: what is computed of the tree.
        offers: of the devices; the first one should be the quickest, as what begins at leaf 0 has the fewest blocks.
        n: leaves.
        nbytes: bytes of all leaves together.
        always: every device has a unit at least, if there are as many, whether or not that gains anything.

    Returns:
        A number for each offer, n together, all but the last multiples of 2^k, 0 for a device that is better left out;
        or [].
    """
    unit = max(PART_MULTIPLE, 1 << max(0, (n - 1).bit_length() - (UNITS.bit_length() - 1)))
    units = -(-n // unit)
    if len(offers) < 2 or units < 2:
        return []

    @cache
    def of_size(i: int, leaves: int) -> float:
        return offers[i].seconds(operation, leaves, nbytes * leaves // n)

    def cost(i: int, first: int, last: int) -> float:
        return sum(of_size(i, end - begin) for begin, end in blocks(first * unit, min(last * unit, n), n))

    best = min(of_size(i, n) for i in range(len(offers)))
    if not always and sum(best / of_size(i, n) for i in range(len(offers))) < GAIN:
        return []
    least = 1 if always and units >= len(offers) else 0
    # By the unit that a device's share ends at: when all shares so far have ended, and the share's first unit.
    found = {0: (0.0, 0)}
    shares: list[dict[int, tuple[float, int]]] = []
    for i in range(len(offers)):
        before, found = found, {}
        for last in [units] if i == len(offers) - 1 else range(units + 1):
            ways = [(max(end, cost(i, j, last)), j) for j, (end, _) in before.items() if j <= last - least]
            if ways:
                found[last] = min(ways)
        shares.append(found)
    ends = [units]
    for share in reversed(shares):
        ends.append(share[ends[-1]][1])
    leaves = [min(end * unit, n) for end in reversed(ends)]
    rows = [last - first for first, last in pairwise(leaves)]
    if sum(count > 0 for count in rows) < 2:
        return []
    together = found[units][0] + HAND_OVER
    return rows if always or together * GAIN <= best else []


def divide_heap(operation: Operation, offers: Sequence[Offer], n: int, nbytes: int) -> list[int]:
    """As divide, of a heap, over all devices always: its blocks are subtrees over its row."""
    if n < 2:
        return []
    row = HeapRow.of(n)
    nodes = divide(operation, offers, row.nodes, nbytes, always=True)
    ends = [row.leaves(end) for end in accumulate(nodes, initial=0)]
    return [last - first for first, last in pairwise(ends)]
