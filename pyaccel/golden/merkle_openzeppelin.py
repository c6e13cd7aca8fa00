# SPDX-License-Identifier: Apache-2.0
"""Trees as @openzeppelin/merkle-tree makes them and OpenZeppelin Contracts' MerkleProof verifies their proofs.

A tree is a heap: tree[0] is the root, tree[2i + 1] and tree[2i + 2] are the children of tree[i], and leaf i stands at
tree[2n - 2 - i].
"""

from __future__ import annotations

from collections.abc import Callable

Hash = Callable[[bytes], bytes]


def parent(hash_one: Hash, left: bytes, right: bytes) -> bytes:
    """standardNodeHash: the lesser node first."""
    return hash_one(min(left, right) + max(left, right))


def order(nodes: list[bytes], *, sort_leaves: bool) -> list[int]:
    """Which leaf stands first, second, ... in the tree."""
    return sorted(range(len(nodes)), key=nodes.__getitem__) if sort_leaves else list(range(len(nodes)))


def make_tree(hash_one: Hash, leaves: list[bytes]) -> list[bytes]:
    """makeMerkleTree: the heap over leaf nodes in their order.

    Raises:
        ValueError: no leaf.
    """
    if not leaves:
        raise ValueError("an OpenZeppelin tree without leaves has no root")

    def node(i: int) -> bytes:
        return parent(hash_one, tree[2 * i + 1], tree[2 * i + 2])

    tree = [b""] * (len(leaves) - 1) + leaves[::-1]
    for i in range(len(leaves) - 2, -1, -1):
        tree[i] = node(i)
    return tree


def proof(tree: list[bytes], index: int) -> list[bytes]:
    """getProof: the siblings of tree[index] on the way to the root."""
    found = []
    while index > 0:
        found.append(tree[index + 1 if index % 2 else index - 1])
        index = (index - 1) // 2
    return found


def process_proof(hash_one: Hash, leaf: bytes, nodes: list[bytes]) -> bytes:
    """MerkleProof.processProof."""
    for sibling in nodes:
        leaf = parent(hash_one, leaf, sibling)
    return leaf


def multiproof(tree: list[bytes], indices: list[int]) -> tuple[list[int], list[bytes], list[bool]]:
    """getMultiProof: tree indices in the order of the leaves, nodes, flags."""
    places = sorted(indices, reverse=True)
    queue, nodes, flags = list(places), [], []
    while queue and queue[0] > 0:
        j = queue.pop(0)
        sibling = j + 1 if j % 2 else j - 1
        paired = bool(queue) and queue[0] == sibling
        if paired:
            queue.pop(0)
        else:
            nodes.append(tree[sibling])
        flags.append(paired)
        queue.append((j - 1) // 2)
    return places, nodes if indices else [tree[0]], flags


def process_multiproof(hash_one: Hash, leaves: list[bytes], nodes: list[bytes], flags: list[bool]) -> bytes | None:
    """MerkleProof.processMultiProof of release 4.9.2 and later; None where it reverts."""
    if len(leaves) + len(nodes) != len(flags) + 1:
        return None
    queue, rest = list(leaves), list(nodes)
    for flag in flags:
        if not queue:
            return None
        a = queue.pop(0)
        source = queue if flag else rest
        if not source:
            return None
        queue.append(parent(hash_one, a, source.pop(0)))
    if flags:
        return queue[-1] if not rest else None
    return leaves[0] if leaves else nodes[0]
