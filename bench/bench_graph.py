# SPDX-License-Identifier: Apache-2.0
"""A block of transactions on the CPU: each hashed and its signature verified, a Merkle root over the hashes.

Once as a graph that was made beforehand and is given the block, once by the plain calls one after the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyaccel

from . import bench_ed25519, bench_p256
from .contest import Contest
from .marks import PLAIN_CALLS

TRANSACTIONS = 10_000
SIZE = 512
"""Bytes of a transaction."""


def _contest(scheme: str, algorithm: str, keys: Any, messages: Any, signatures: Any) -> Contest:
    graph = pyaccel.Graph()
    transactions = graph.input("transactions")
    digests = graph.hash_many(algorithm, transactions)
    valid = graph.verify_many(scheme, graph.input("keys"), transactions, graph.input("signatures"))
    root = graph.merkle_root(digests, algorithm=algorithm)
    block = {"transactions": messages, "keys": keys, "signatures": signatures}

    def fused() -> bytes:
        done = graph.run(valid, root, inputs=block, device="native")
        return bytes(done[valid].tobytes() + done[root])

    def plain() -> bytes:
        hashed = pyaccel.hash_many(algorithm, messages, device="native")
        verdicts = pyaccel.verify_many(scheme, keys, messages, signatures, device="native")
        top = pyaccel.merkle.root(hashed, algorithm=algorithm, device="native")
        return verdicts.tobytes() + top

    name = f"block of {scheme} transactions"
    return Contest(name, len(messages), SIZE, fused, {PLAIN_CALLS: plain})


def contests(n: int = TRANSACTIONS) -> Iterator[Contest]:
    """One block a scheme, each transaction with a key of its own."""
    yield _contest("ed25519", "sha256", *bench_ed25519.sign_rows(n, SIZE).columns)
    signed = bench_p256.sign_sm2(n, message_size=SIZE)
    yield _contest("sm2", "sm3", signed.keys["raw"], signed.messages, signed.signatures)
