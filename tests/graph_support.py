# SPDX-License-Identifier: Apache-2.0
"""A small block, and graphs drawn at random together with what the plain calls give for them."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import numpy as np
from hypothesis import strategies as st
from nacl.signing import SigningKey

import pyaccel
from pyaccel import merkle
from pyaccel.graph import Graph, Node

TRANSACTIONS = [bytes([i]) * (1 + 7 * i) for i in range(40)]
DIGESTS = [sha256(transaction).digest() for transaction in TRANSACTIONS]
SIGNERS = [SigningKey(sha256(b"graph %d" % i).digest()) for i in range(3)]
KEYS = [bytes(signer.verify_key) for signer in SIGNERS]
INDEX = [i % 3 for i in range(40)]
SIGNATURES = [SIGNERS[i].sign(message).signature for i, message in zip(INDEX, DIGESTS, strict=True)]


def same(found: Any, expected: Any) -> bool:
    """Whether two results of a call are equal in type and in every byte."""
    if isinstance(expected, tuple):
        return len(found) == len(expected) and all(map(same, found, expected))
    if isinstance(expected, np.ndarray):
        like = found.dtype == expected.dtype and found.shape == expected.shape
        return bool(like and found.tobytes() == expected.tobytes())
    return type(found) is type(expected) and bool(found == expected)


@st.composite
def made_graphs(draw: st.DrawFn) -> tuple[Graph, dict[Node, Any], dict[str, Any]]:
    """A graph, what the plain calls give for each of its nodes, and its inputs."""
    n = draw(st.integers(0, 5))
    graph = Graph()
    messages = draw(st.lists(st.binary(max_size=80), min_size=n, max_size=n))
    fixed = np.frombuffer(draw(st.binary(min_size=64 * n, max_size=64 * n)), np.uint8).reshape(n, 64)
    inputs: dict[str, Any] = {"messages": messages, "fixed": fixed}
    rows: list[tuple[Any, Any]] = [(messages, messages), (fixed, fixed)]
    rows += [(graph.input(name), value) for name, value in inputs.items()]
    made: dict[Node, Any] = {}
    for _ in range(draw(st.integers(1, 6))):
        node, plain = draw(st.sampled_from(rows))
        kind = draw(st.sampled_from(["hash", "hash", "root", "verify", "recover"]))
        if kind == "hash":
            algorithm = draw(st.sampled_from(["sha256", "sm3", "sha512", "ripemd160", "shake128"]))
            size = draw(st.integers(1, 40)) if algorithm == "shake128" else None
            found = graph.hash_many(algorithm, node, digest_size=size)
            made[found] = pyaccel.hash_many(algorithm, plain, digest_size=size, device="native")
            rows.append((found, made[found]))
        elif kind == "root":
            found = graph.merkle_root(node)
            made[found] = merkle.root(plain, device="native")
        elif kind == "verify":
            keys = [(node, plain) for node, plain in rows if isinstance(node, Node) and plain.shape[1] == 32]
            other, plain_other = draw(st.sampled_from([*keys, (KEYS[0], KEYS[0])]))
            arguments: Any = {"reasons": draw(st.booleans()), "rule": draw(st.sampled_from(["zip215", "rfc8032"]))}
            signed = [SIGNERS[0].sign(bytes(row)).signature for row in plain]
            found = graph.verify_many("ed25519", other, node, signed, **arguments)
            made[found] = pyaccel.verify_many("ed25519", plain_other, plain, signed, **arguments, device="native")
        elif isinstance(plain, np.ndarray) and plain.shape[1] != 32:
            continue
        else:
            addresses = draw(st.booleans())
            found = graph.recover_many(node, fixed, [0] * n, addresses=addresses)
            made[found] = pyaccel.recover_many(plain, fixed, [0] * n, addresses=addresses, device="native")
            rows.append((found.keys, made[found][0]))
    return graph, made, inputs
