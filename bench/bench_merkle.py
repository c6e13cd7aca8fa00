# SPDX-License-Identifier: Apache-2.0
"""Merkle roots of 32-byte leaves against the layered loop over hashlib."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import numpy as np

import pyaccel

from .harness import Contest

COUNTS = (16, 1024, 1 << 16)


def _parent_bitcoin(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(hashlib.sha256(left + right).digest()).digest()


def _root_bitcoin(leaves: list[bytes]) -> bytes:
    layer = leaves
    while len(layer) > 1:
        layer = [_parent_bitcoin(left, right) for left, right in zip(layer[::2], layer[1::2], strict=True)]
    return layer[0]


def _root_rfc6962(leaves: list[bytes]) -> bytes:
    layer = [hashlib.sha256(b"\0" + leaf).digest() for leaf in leaves]
    while len(layer) > 1:
        pairs = zip(layer[::2], layer[1::2], strict=True)
        layer = [hashlib.sha256(b"\1" + left + right).digest() for left, right in pairs]
    return layer[0]


def contests() -> Iterator[Contest]:
    """Both forms; counts are powers of two, which the peers' short loops need."""
    generator = np.random.default_rng(2)
    for form, peer in (("bitcoin", _root_bitcoin), ("rfc6962", _root_rfc6962)):
        for n in COUNTS:
            rows = generator.integers(0, 256, (n, 32), dtype=np.uint8)
            leaves = [row.tobytes() for row in rows]
            yield Contest(
                name=f"merkle root {form}",
                n=n,
                row_bytes=32,
                ours=lambda form=form, rows=rows: pyaccel.merkle.root(rows, form=form, device="native"),
                peers={"hashlib": lambda peer=peer, leaves=leaves: peer(leaves)},
            )
