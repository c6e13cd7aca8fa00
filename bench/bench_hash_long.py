# SPDX-License-Identifier: Apache-2.0
"""Long messages, mixed lengths, two threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np

import pyaccel
from pyaccel._core import ffi, lib

from .bench_hash import call
from .contest import Contest, Peer
from .foreign import works
from .loops import calls, joined, loops
from .machine import all_cores, allowed_cores
from .marks import FIXED_LENGTH, ONE_THREAD

MANY = 256
"""Messages of 16 KiB in one call: 4 MiB, out of the second-level cache and within the third."""
MIXED = 1 << 14
_CRATES = {"sha256": "sha2", "sha512": "sha2", "sm3": "sm3", "keccak256": "sha3"}


def _many(generator: np.random.Generator) -> Iterator[Contest]:
    rows = generator.integers(0, 256, (MANY, 16384), dtype=np.uint8)
    for algorithm in ("sha256", "sha512", "sm3", "keccak256", "sha3-256", "blake3", "blake2b-512", "ripemd160"):
        crate = _CRATES.get(algorithm)
        peers = {**loops(algorithm, rows, most=16)}
        if crate is not None:
            peers |= works("rust", {f"{crate} (Rust)": algorithm}, rows)  # type: ignore[arg-type]
        yield Contest(f"{algorithm} 16 KiB", MANY, 16384, call(algorithm, rows), peers)


def _at_once(generator: np.random.Generator) -> Iterator[Contest]:
    """The peer hashes one message after the other: one stream's rate."""
    size = 1 << 20
    for k in (1, 2, 3, 4, 8):
        rows = generator.integers(0, 256, (k, size), dtype=np.uint8)
        yield Contest(f"sha256 1 MiB, {k} at once", k, size, call("sha256", rows), loops("sha256", rows))
    rows = generator.integers(0, 256, (1, size), dtype=np.uint8)
    peers = {**loops("blake3", rows), **works("rust", {"blake3 (Rust)": "blake3"}, rows)}
    yield Contest("blake3 1 MiB", 1, size, call("blake3", rows), peers)


def _mixed(generator: np.random.Generator) -> Iterator[Contest]:
    """Against as many bytes, within 1 %, in rows of one length: the ratio is the share of that byte rate."""
    lengths = generator.integers(1, 1025, MIXED)
    offsets = np.concatenate(([0], np.cumsum(lengths))).astype(np.uint64)
    data = generator.integers(0, 256, int(offsets[-1]), dtype=np.uint8)
    rows = pyaccel.Rows(data, offsets=offsets)
    n = len(data) // 512
    fixed = data[: 512 * n].reshape(n, 512)
    mean = len(data) // MIXED
    for algorithm in ("sha256", "sha512", "keccak256", "sm3", "blake3", "blake2b-512", "ripemd160"):
        out = pyaccel.hash_many(algorithm, rows, device="native")
        same = call(algorithm, fixed)
        peers = {FIXED_LENGTH: Peer(same, 512 * n / len(data), expected=same)}
        messages = [data[first:end].tobytes() for first, end in pairwise(offsets[:1025])]
        share = float(offsets[1024]) / len(data)
        peers |= {name: Peer(joined(every, messages), share) for name, every in calls(algorithm).items()}
        yield Contest(
            f"{algorithm} mixed lengths",
            MIXED,
            mean,
            lambda algorithm=algorithm, out=out: pyaccel.hash_many(algorithm, rows, out=out, device="native"),
            peers,
        )


def _threads(generator: np.random.Generator) -> Iterator[Contest]:
    """The C call with a number of threads, on the cores that the process had; what one thread does is the peer."""
    if allowed_cores() < 2:
        return
    rows = generator.integers(0, 256, (1_000_000, 64), dtype=np.uint8)
    digests = np.zeros((len(rows), 32), np.uint8)
    view = ffi.new("pyaccel_rows *")
    source, target = ffi.from_buffer("uint8_t[]", rows), ffi.from_buffer("uint8_t[]", digests)
    view.data, view.data_size, view.width, view.stride = source, rows.nbytes, 64, 64

    def with_threads(count: int) -> Callable[[], object]:
        options = ffi.new("pyaccel_hash_options *")
        options.struct_size, options.threads = ffi.sizeof("pyaccel_hash_options"), count

        def run() -> object:
            with all_cores():
                lib.pyaccel_hash_many(target, digests.nbytes, lib.PYACCEL_HASH_SHA256, view, len(rows), options)
            return digests

        return run

    yield Contest("sha256 64 B, two threads", len(rows), 64, with_threads(2), {ONE_THREAD: with_threads(1)})


def contests() -> Iterator[Contest]:
    """Everything that is not a million short messages."""
    generator = np.random.default_rng(3)
    for part in (_many, _at_once, _mixed, _threads):
        yield from part(generator)
