# SPDX-License-Identifier: Apache-2.0
"""Ed25519 verification of distinct keys over 200-byte messages: everything from bytes to verdicts, on one core.

The base of the ratios is libsodium, called by PyNaCl. Peers that verify one by one do a part of a large batch, which
costs them the same a row; those that verify batches do all of it. Keys are parsed anew in every call, except where a
line says that they are prepared.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

import pyaccel
from pyaccel._core import lib

from .contest import Call, Contest, Peer
from .foreign import Work, works
from .loops import installed
from .marks import ALL_GOOD, LIBSODIUM
from .two_threads import two_threads

WIDTH = 200
BATCHES = (64, 128, 1024, 16384)
EXACT = (1, 4, 8, 9, 15, 16, 64, 1024)
CALLS = (1, 4, 8)
PREPARED = (128, 1024)
POISONED = 1024
THREADS = 100_000
ONE_BY_ONE = 256
"""Most rows of a peer that takes one after the other."""
FEW_ROUNDS = 5
"""Samples of the lines that take long."""
_ONES = {
    "libsodium (C)": ("c", "sodium"),
    "ed25519-dalek (Rust)": ("rust", "ed25519:dalek"),
    "crypto/ed25519 (Go)": ("go", "ed25519:stdlib"),
}
_BATCHES = {
    "commonware batch (Rust)": ("rust", "ed25519:commonware-batch"),
    "ed25519-dalek batch (Rust)": ("rust", "ed25519:dalek-batch"),
    "ed25519-zebra batch (Rust)": ("rust", "ed25519:zebra-batch"),
    "curve25519-voi batch (Go)": ("go", "ed25519:voi-batch"),
}

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Signed:
    """Keys, signatures and messages, side by side in rows as the programs of bench/peers take them."""

    rows: Bytes

    def head(self, n: int) -> Signed:
        """The first n."""
        return self if n == len(self.rows) else Signed(self.rows[:n])

    def with_bad(self, rows: slice) -> Signed:
        """The same, the messages of some rows changed after they were signed."""
        changed = self.rows.copy()
        changed[rows, -1] ^= 1
        return Signed(changed)

    @cached_property
    def columns(self) -> tuple[Bytes, Bytes, Bytes]:
        """Keys, messages, signatures: arrays of their own."""
        keys, signatures, messages = np.split(self.rows, (32, 96), axis=1)
        return tuple(map(np.ascontiguousarray, (keys, messages, signatures)))  # type: ignore[return-value]

    @cached_property
    def triples(self) -> list[tuple[bytes, bytes, bytes]]:
        """Key, message and signature of each row."""
        return [(row[:32].tobytes(), row[96:].tobytes(), row[32:96].tobytes()) for row in self.rows]


def sign_rows(n: int, message_size: int = WIDTH) -> Signed:
    """Distinct keys and messages of a seeded generator. A message starts with 0, as bench/peers' commonware wants."""
    signing = installed("nacl.signing")
    assert signing is not None
    rows = np.random.default_rng(3).integers(0, 256, (n, 96 + message_size), dtype=np.uint8)
    rows[:, 96] = 0
    for row in rows:
        signer = signing.SigningKey(row[:32].tobytes())
        row[:32] = np.frombuffer(bytes(signer.verify_key), np.uint8)
        row[32:96] = np.frombuffer(signer.sign(row[96:].tobytes()).signature, np.uint8)
    return Signed(rows)


def _ours(signed: Signed, rule: str) -> Call:
    keys, messages, signatures = signed.columns
    return lambda: pyaccel.verify_many("ed25519", keys, messages, signatures, rule=rule, device="native")


def _prepared(signed: Signed, rule: str) -> Call:
    keys, messages, signatures = signed.columns
    prepared = pyaccel.PreparedKeys("ed25519", keys)
    index = np.arange(len(keys), dtype=np.uint32)
    return lambda: pyaccel.verify_many(
        "ed25519", prepared, messages, signatures, rule=rule, key_index=index, device="native"
    )


def _nacl(signed: Signed) -> Call:
    signing, errors = installed("nacl.signing"), installed("nacl.exceptions")
    assert signing is not None
    assert errors is not None
    new, bad = signing.VerifyKey, errors.BadSignatureError

    def verdict(key: bytes, message: bytes, signature: bytes) -> bool:
        try:
            new(key).verify(message, signature)
        except bad:
            return False
        return True

    return lambda: bytes(verdict(*row) for row in signed.triples)


def _openssl(signed: Signed) -> Call:
    new = installed("cryptography.hazmat.primitives.asymmetric.ed25519").Ed25519PublicKey.from_public_bytes  # type: ignore[union-attr]
    return lambda: bytes(new(key).verify(signature, message) is None for key, message, signature in signed.triples)


def _works(names: dict[str, tuple[str, str]], rows: Bytes) -> dict[str, Work]:
    return {name: work for name, (chain, of) in names.items() for work in works(chain, {name: of}, rows).values()}


def _one_by_one(signed: Signed, *, others: bool) -> dict[str, Call | Peer]:
    """PyNaCl, and with `others` all else that takes one signature after the other."""
    n = len(signed.rows)
    some = signed.head(min(n, ONE_BY_ONE))
    share = len(some.rows) / n
    peers: dict[str, Call | Peer] = {LIBSODIUM: Peer(_nacl(some), share)}
    if others:
        peers |= {name: Peer(work, share, _ours(some, "zip215")) for name, work in _works(_ONES, some.rows).items()}
        if installed("cryptography.hazmat.primitives.asymmetric.ed25519") is not None:
            peers["cryptography"] = Peer(_openssl(some), share)
    return peers


def _batches(signed: Signed) -> Iterator[Contest]:
    for n in (n for n in BATCHES if n <= len(signed.rows)):
        some = signed.head(n)
        peers = {**_one_by_one(some, others=True), **_works(_BATCHES, some.rows)}
        rounds = FEW_ROUNDS if n > 1024 else 0
        yield Contest("ed25519 zip215", n, WIDTH, _ours(some, "zip215"), peers, rounds=rounds)


def _exact(signed: Signed) -> Iterator[Contest]:
    """rfc8032 at every count, from Python and from C; the other exact rules, which do the same work, at the last."""
    counts = [n for n in EXACT if n <= len(signed.rows)]
    for n in counts:
        some = signed.head(n)
        yield Contest("ed25519 rfc8032", n, WIDTH, _ours(some, "rfc8032"), _one_by_one(some, others=True))
    for n in CALLS:
        names = {"pyaccel": f"verify:{lib.PYACCEL_RULE_RFC8032}", "libsodium (C)": "sodium"}
        found = works("c", names, signed.head(n).rows)
        ours = found.pop("pyaccel", None)
        if ours is not None:
            yield Contest("ed25519 rfc8032, C call", n, WIDTH, ours, found)
    for rule in ("openssl", "dalek-strict", "libsodium"):
        if rule in pyaccel.rules("ed25519"):
            some = signed.head(counts[-1])
            peers = _one_by_one(some, others=False)
            yield Contest(f"ed25519 {rule}", counts[-1], WIDTH, _ours(some, rule), peers)


def _kept(signed: Signed) -> Iterator[Contest]:
    for rule in ("zip215", "rfc8032"):
        for n in (n for n in PREPARED if n <= len(signed.rows)):
            some = signed.head(n)
            peers = _one_by_one(some, others=False)
            yield Contest(f"ed25519 {rule}, prepared keys", n, WIDTH, _prepared(some, rule), peers)


def _poisoned(signed: Signed) -> Iterator[Contest]:
    """What bad signatures make of a batch: the ratio is the all-good time over the bad one's."""
    some = signed.head(min(POISONED, len(signed.rows)))
    n = len(some.rows)
    good = _ours(some, "zip215")
    for name, bad in {"1 bad": slice(n // 5, n // 5 + 1), "all bad": slice(None)}.items():
        changed = some.with_bad(bad)
        peers = {ALL_GOOD: Peer(good, expected=good), **_one_by_one(changed, others=False)}
        yield Contest(f"ed25519 zip215, {name}", n, WIDTH, _ours(changed, "zip215"), peers)


def _threads(signed: Signed) -> Iterator[Contest]:
    return two_threads(
        "ed25519 zip215", lib.PYACCEL_SCHEME_ED25519, lib.PYACCEL_RULE_ZIP215, signed.columns, ready=False
    )


def contests(most: int = THREADS) -> Iterator[Contest]:
    """Every line whose count is at most `most`; the last two kinds have as many rows as that allows."""
    if installed("nacl.signing") is None:
        return
    signed = sign_rows(min(most, max(BATCHES)))
    for part in (_batches, _exact, _kept, _poisoned):
        yield from part(signed)
    yield from _threads(signed if most <= max(BATCHES) else sign_rows(most))
