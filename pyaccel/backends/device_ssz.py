# SPDX-License-Identifier: Apache-2.0
"""The few nodes of an SSZ tree that are not worth a launch: over padding alone, above all leaves, over the length."""

from __future__ import annotations

from functools import cache
from hashlib import sha256


@cache
def zero_hash(height: int) -> bytes:
    """The node at this height over zero chunks alone."""
    if height == 0:
        return bytes(32)
    below = zero_hash(height - 1)
    return sha256(below + below).digest()


def ssz_root(top: bytes | None, n: int, limit: int | None, length: int | None) -> bytes:
    """The root of a tree whose node over all n chunks is `top`.

    Args:
        top: at height ceil(log2(n)); None: there is no chunk.
        n: chunks.
        limit: chunks that the tree is padded to, n or more; None: n.
        length: what is mixed in, or None.

    Raises:
        ValueError: more chunks than the limit.
    """
    if limit is not None and n > limit:
        raise ValueError(f"leaves: {n} chunks came for a limit of {limit}")
    height = (max(n if limit is None else limit, 1) - 1).bit_length()
    if top is None:
        root = zero_hash(height)
    else:
        root = top
        for level in range((n - 1).bit_length(), height):
            root = sha256(root + zero_hash(level)).digest()
    return root if length is None else sha256(root + length.to_bytes(32, "little")).digest()
