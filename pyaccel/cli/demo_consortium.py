# SPDX-License-Identifier: Apache-2.0
"""The demo's consortium block: transactions that endorsers signed by SM2, hashed, verified and put under a Merkle root.

Keys, transactions and signatures are made here from a seed, by `demo_signers`; the root in the block's header is that
of a loop over hashlib.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

import pyaccel
from pyaccel.cli.demo_signers import Nonces, packed, public_key, published_secret
from pyaccel.cli.report import Bad, Report
from pyaccel.cli.runner import Runner
from pyaccel.golden import sm2

SEED = "consortium 20140511"
ENDORSERS = 32
FORM = "rfc6962"
ALGORITHM = "sm3"
OTHER_IDENTITY = b"8765432187654321"


@dataclass(frozen=True)
class Block:
    """What a node of the chain gets.

    Attributes:
        keys: of the endorsers, x || y.
        transactions: their bytes.
        signatures: r || s of each, over its bytes and the default identity.
        endorsers: number of the key that signed each.
        root: over the SM3 of the transactions, by RFC 6962's form.
    """

    keys: tuple[bytes, ...]
    transactions: tuple[bytes, ...]
    signatures: tuple[bytes, ...]
    endorsers: tuple[int, ...]
    root: bytes


def _transaction(source: random.Random, number: int) -> bytes:
    sender, receiver = source.sample(range(ENDORSERS), 2)
    fields = {
        "channel": "settlement",
        "sequence": number,
        "from": f"bank-{sender:02}",
        "to": f"bank-{receiver:02}",
        "amount": f"{source.randrange(1, 10**9) / 100:.2f}",
        "nonce": source.randbytes(8).hex(),
    }
    return json.dumps(fields, separators=(",", ":")).encode()


def _sm3(data: bytes) -> bytes:
    return hashlib.new(ALGORITHM, data).digest()


def _root(leaves: Sequence[bytes]) -> bytes:
    """RFC 6962 2.1."""
    if len(leaves) == 1:
        return _sm3(b"\0" + leaves[0])
    left = 1 << (len(leaves) - 1).bit_length() - 1
    return _sm3(b"\1" + _root(leaves[:left]) + _root(leaves[left:]))


@cache
def block(count: int) -> Block:
    """A block of some transactions; always the same."""
    source = random.Random(SEED)  # noqa: S311 - public test data, made the same everywhere
    curve = sm2.CURVE
    secrets = [published_secret(curve, SEED, number) for number in range(ENDORSERS)]
    keys = tuple(public_key(curve, secret) for secret in secrets)
    transactions = tuple(_transaction(source, number) for number in range(count))
    endorsers = tuple(source.randrange(ENDORSERS) for _ in range(count))
    heads = [sm2.identity_hash(sm2.DEFAULT_IDENTITY, _point(key)) for key in keys]
    digests = [_sm3(heads[i] + text) for i, text in zip(endorsers, transactions, strict=True)]
    nonces = Nonces(curve, SEED, count + 16)
    signed = [
        nonces.sm2(secrets[i], int.from_bytes(digest, "big")) for i, digest in zip(endorsers, digests, strict=True)
    ]
    root = _root([_sm3(text) for text in transactions])
    return Block(keys, transactions, tuple(packed(curve, signed)), endorsers, root)


def _point(key: bytes) -> tuple[int, int, int]:
    return int.from_bytes(key[:32], "big"), int.from_bytes(key[32:], "big"), 1


class ConsortiumJob:
    """One job of the demo.

    Args:
        count: transactions.
    """

    def __init__(self, count: int) -> None:
        self.count = count

    @property
    def name(self) -> str:
        """What stands in the tables."""
        return f"consortium block of {self.count:,}"

    def report(self, runner: Runner) -> Report:
        """Hashes and verifies the block, in one call."""
        made = block(self.count)
        title = f"{ENDORSERS} endorsers, SM2 with SM3, keys and transactions made here, root held against hashlib"
        report = Report(self.name, title)
        digests, step = runner.hash_many(ALGORITHM, made.transactions)
        report.add("transactions hashed by SM3", self.count, [], step, judged=False)
        root, _, step = runner.root(FORM, digests, ALGORITHM)
        bad = [] if root == made.root else [Bad({}, f"{root.hex()}, but the header has {made.root.hex()}")]
        report.add("Merkle root over SM3", 1, bad, step)
        prepared = pyaccel.PreparedKeys("sm2", made.keys)
        index = np.array(made.endorsers, np.uint32)
        verdicts, why, step = runner.verify_many(
            "sm2", prepared, made.transactions, made.signatures, "endorsements", key_index=index
        )
        bad = [
            Bad({"transaction": i}, reason)
            for i, (valid, reason) in enumerate(zip(verdicts, why, strict=True))
            if not valid
        ]
        report.add(f"SM2 endorsements, {ENDORSERS} prepared keys", self.count, bad, step)
        some = slice(0, ENDORSERS)
        taken, _, step = runner.verify_many(
            "sm2",
            prepared,
            made.transactions[some],
            made.signatures[some],
            "",
            key_index=index[some],
            identity=OTHER_IDENTITY,
        )
        bad = [
            Bad({"transaction": int(i)}, "valid under an identity that is not its own") for i in np.flatnonzero(taken)
        ]
        report.add("refused under another identity", len(taken), bad, step)
        report.facts["root"] = made.root.hex()
        report.facts["identity"] = sm2.DEFAULT_IDENTITY.decode()
        return report
