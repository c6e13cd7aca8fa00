# SPDX-License-Identifier: Apache-2.0
"""SSZ trees by Ethereum's consensus-specs: ssz/simple-serialize.md, "Merkleization", and ssz/merkle-proofs.md."""

from __future__ import annotations

from functools import cache

from pyaccel.golden.sha256 import sha256

NODE = 32
"""Bytes of a chunk and of a node."""


@cache
def zero(height: int) -> bytes:
    """The root over 2^height zero chunks."""
    return bytes(NODE) if height == 0 else sha256(zero(height - 1) * 2)


def depth(size: int, limit: int | None) -> int:
    """Height of the tree over `size` chunks, padded to the next power of two of the limit or else of size."""
    return max((size if limit is None else limit) - 1, 0).bit_length()


def subtree(chunks: tuple[bytes, ...], height: int, position: int) -> bytes:
    """The node that covers 2^height chunks from position * 2^height on, those past the end being zero."""
    if position << height >= len(chunks):
        return zero(height)
    if height == 0:
        return chunks[position]
    return sha256(subtree(chunks, height - 1, 2 * position) + subtree(chunks, height - 1, 2 * position + 1))


def length_chunk(length: int) -> bytes:
    """The length as uint256 in little-endian bytes."""
    return length.to_bytes(NODE, "little")


def merkleize(chunks: list[bytes], limit: int | None = None, length: int | None = None) -> bytes:
    """The root of the specification's merkleize, under mix_in_length where a length is given.

    Raises:
        ValueError: more chunks than the limit, or one that has not 32 bytes.
    """
    if limit is not None and not 1 <= limit <= 2**63:
        raise ValueError(f"a limit is in 1 .. 2^63, not {limit}")
    if limit is not None and len(chunks) > limit:
        raise ValueError(f"{len(chunks)} chunks are more than the limit of {limit}")
    for chunk in chunks:
        if len(chunk) != NODE:
            raise ValueError(f"a chunk has {NODE} bytes, not {len(chunk)}")
    root = subtree(tuple(chunks), depth(len(chunks), limit), 0)
    return root if length is None else sha256(root + length_chunk(length))


def node_at(chunks: list[bytes], limit: int | None, length: int | None, index: int) -> bytes:
    """The node at a generalized index: get_generalized_index counts 1 for the root, 2g and 2g + 1 below g."""
    height = depth(len(chunks), limit)
    if length is None:
        down = index.bit_length() - 1
        return subtree(tuple(chunks), height - down, index - (1 << down))
    if index == 1:
        return merkleize(chunks, limit, length)
    if index == 3:
        return length_chunk(length)
    # Below the contents' root, which is at 2: the same way from the root of a tree without length.
    down = index.bit_length() - 2
    return node_at(chunks, limit, None, index - (1 << down))


def branch(chunks: list[bytes], limit: int | None, length: int | None, index: int) -> list[bytes]:
    """The siblings of chunk `index`, from below upwards."""
    first = 1 << depth(len(chunks), limit) + (length is not None)
    return [node_at(chunks, limit, length, helper) for helper in branch_indices(first + index)]


def is_valid_branch(
    leaf: bytes, proof: list[bytes], size: int, index: int, root: bytes, limit: int | None, length: int | None
) -> bool:
    """is_valid_merkle_branch, for a chunk of a tree whose size, limit and length are known.

    What stands over padding alone has to be the zero hash of its height, and the last node the length.
    """
    height = depth(size, limit)
    if index >= size or (limit is not None and size > limit) or size > 2**63:
        return False
    if len(proof) != height + (length is not None) or len(leaf) != NODE:
        return False
    node = leaf
    for k, sibling in enumerate(proof[:height]):
        position = index >> k
        if (position ^ 1) << k >= size and sibling != zero(k):
            return False
        node = sha256(sibling + node if position % 2 else node + sibling)
    if length is not None:
        if proof[-1] != length_chunk(length):
            return False
        node = sha256(node + proof[-1])
    return node == root


def branch_indices(index: int) -> list[int]:
    """get_branch_indices: siblings on the way up."""
    found = []
    while index > 1:
        found.append(index ^ 1)
        index //= 2
    return found


def path_indices(index: int) -> list[int]:
    """get_path_indices: the way up itself, without the root."""
    found = []
    while index > 1:
        found.append(index)
        index //= 2
    return found


def helper_indices(indices: list[int]) -> list[int]:
    """get_helper_indices: the nodes that a multiproof holds, in its order."""
    helpers = {helper for index in indices for helper in branch_indices(index)}
    paths = {step for index in indices for step in path_indices(index)}
    return sorted(helpers - paths, reverse=True)


def are_apart(indices: list[int]) -> bool:
    """Whether no index is given twice or stands above another, so that every node counts."""
    above = {step // 2 for index in indices for step in path_indices(index)}
    return len(set(indices)) == len(indices) and not above & set(indices)


def multiproof(chunks: list[bytes], limit: int | None, length: int | None, indices: list[int]) -> list[bytes]:
    """The nodes at the helper indices."""
    return [node_at(chunks, limit, length, helper) for helper in helper_indices(indices)]


def is_valid_multiproof(nodes: list[bytes], proof: list[bytes], indices: list[int], root: bytes) -> bool:
    """verify_merkle_multiproof; indices that are not apart are refused, as the lower node would not be looked at."""
    if not indices or min(indices) < 1 or not are_apart(indices) or any(len(node) != NODE for node in nodes):
        return False
    helpers = helper_indices(indices)
    if len(helpers) != len(proof):
        return False
    objects = dict(zip(indices, nodes, strict=True)) | dict(zip(helpers, proof, strict=True))
    keys = sorted(objects, reverse=True)
    for key in keys:  # grows while it is gone through
        if key > 1 and key ^ 1 in objects and key // 2 not in objects:
            objects[key // 2] = sha256(objects[key & ~1] + objects[key | 1])
            keys.append(key // 2)
    return objects.get(1) == root
