# SPDX-License-Identifier: Apache-2.0
"""Homomorphic encryption on a device: transforms of many rows, and products of batches that stay there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from operator import mul
from typing import Any

import numpy as np

from pyaccel import he
from pyaccel.backends.device import Device
from pyaccel.he.resident import DeviceCiphertexts

from .bench_he import CHAINS, Chain

BATCHES = (1, 16, 256)
"""Ciphertexts of a product."""
ROWS = 1024
"""Rows of a transform."""

Measured = Callable[[Device, str, int, int, Mapping[str, Callable[[], object]]], dict[str, Any]]
"""bench.device_check.measured."""


def homomorphic(device: Device, measured: Measured) -> Iterator[dict[str, Any]]:
    """Per chain of the bench of he: transforms; products and rotations beside native ones; the way there and back."""
    for chain in CHAINS:
        yield from _chain(device, chain, measured)


def _chain(device: Device, chain: Chain, measured: Measured) -> Iterator[dict[str, Any]]:
    context, n = chain.ours, chain.degree
    secret = he.SecretKey(context)
    context.use(he.EvaluationKeys(secret, rotations=[1]))
    numbers = np.random.default_rng(6).uniform(-1, 1, (max(BATCHES), context.slots))
    a, b = secret.encrypt(numbers), secret.encrypt(numbers[::-1])
    first = a[:1].to(device.name)
    assert isinstance(first, DeviceCiphertexts)
    yield from _transforms(device, first, measured)
    for count in BATCHES:
        x, y = a[:count], b[:count]
        there, other = x.to(device.name), y.to(device.name)
        works: dict[str, dict[str, Callable[[], he.Ciphertexts]]] = {
            "multiply, relinearize, rescale": {device.name: partial(mul, there, other), "native": partial(mul, x, y)},
            "rotation": {device.name: partial(there.rotate, 1), "native": partial(x.rotate, 1)},
        }
        for name, calls in works.items():
            found, wanted = (call() for call in calls.values())
            if found.to("native").save() != wanted.save():
                raise ValueError(f"ckks {n} {name}, {count} ciphertexts: {device.name} and native differ")
            yield measured(device, f"ckks {n} {name}", count, n * 8, calls)
        move = {device.name: lambda p=x: p.to(device.name, recoverable=False).to("native")}
        yield measured(device, f"ckks {n} there and back", count, n * 8, move)


def _transforms(device: Device, first: DeviceCiphertexts, measured: Measured) -> Iterator[dict[str, Any]]:
    ring = first._place.ring
    prime, degree = ring.shape.primes[0], ring.shape.degree
    rows = np.random.default_rng(7).integers(0, prime, (ROWS, degree), dtype=np.uint64)
    numbers = [0] * ROWS
    if not np.array_equal(ring.transformed(ring.transformed(rows, numbers), numbers, inverse=True), rows):
        raise ValueError(f"ntt {degree}: {device.name} does not undo its own transform")
    with device.batch():
        buffer = device.allocate(rows.nbytes)
        device.write(buffer, rows)

    def transform(*, inverse: bool) -> None:
        with device.batch():
            ring.transform(buffer, ring._index(range(ROWS), numbers, 1, ROWS), ROWS, inverse=inverse)

    for name, inverse in (("forward", False), ("inverse", True)):
        calls = {device.name: lambda inverse=inverse: transform(inverse=inverse)}
        yield measured(device, f"ntt {degree} {name}", ROWS, degree * 8, calls)
