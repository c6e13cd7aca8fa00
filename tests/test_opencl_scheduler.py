# SPDX-License-Identifier: Apache-2.0
"""OpenCL devices under the public functions: asked for by name, declining, failing in the middle."""

from __future__ import annotations

import os
from hashlib import sha256
from typing import Any

import cuda_support
import numpy as np
import pytest
from opencl_support import on_every_device, reference_layers, status_of_child

import pyaccel
from pyaccel import merkle
from pyaccel.backends import opencl
from pyaccel.backends.base import Backend
from pyaccel.scheduler import execution, health, registry

pytestmark = pytest.mark.opencl

MESSAGES = [bytes([i]) * i for i in range(200)]
DIGESTS = [sha256(message).digest() for message in MESSAGES]


@pytest.fixture
def listed(backend: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The device under test as the scheduler's own, with nothing known of it yet."""
    kind = backend.name.partition(":")[0]
    found = opencl.discover() if kind == "opencl" else cuda_support.backends()
    assert isinstance(found, tuple)
    monkeypatch.setattr(registry, "_found", {**registry._found, kind: found})
    for kept in (registry.backends_of, registry.probed):
        kept.cache_clear()
    monkeypatch.setattr(execution, "_placements", {})
    monkeypatch.setattr(health, "_warned", set())
    yield next(other for other in found if other.name == backend.name)
    for kept in (registry.backends_of, registry.probed):
        kept.cache_clear()


def rows_of(array: np.ndarray[Any, Any]) -> list[bytes]:
    return [row.tobytes() for row in array]


@on_every_device
def test_by_name(backend: Backend, listed: Any) -> None:
    assert rows_of(pyaccel.hash_many("sha256", MESSAGES, device=backend.name)) == DIGESTS
    assert merkle.root(MESSAGES, device=backend.name) == reference_layers("rfc6962", MESSAGES)[-1][0]
    root, mutated = merkle.root_checked(DIGESTS[:3] + DIGESTS[2:3], form="bitcoin", device=backend.name)
    assert (root, mutated) == (reference_layers("bitcoin", DIGESTS[:3])[-1][0], True)
    assert any(device.name == listed.name and device.available for device in pyaccel.devices())


@on_every_device
@pytest.mark.usefixtures("listed")
def test_what_it_declines_runs_elsewhere(backend: Backend) -> None:
    tree = merkle.Tree(MESSAGES)
    proof = tree.consistency_proof(100)
    old = merkle.root(MESSAGES[:100])
    assert merkle.verify_consistency(old, tree.root, 100, len(MESSAGES), proof, device=backend.name)
    ran = pyaccel.scheduler.last_run()
    assert ran is not None
    assert ran.device == "native"
    assert [note.partition(" a single proof is a chain")[0] for note in ran.notes] == [f"{backend.name} declined:"]


@on_every_device
@pytest.mark.usefixtures("listed")
def test_inclusion_proofs_by_name(backend: Backend) -> None:
    tree = merkle.Tree(MESSAGES)
    n = len(MESSAGES)
    proofs = [tree.proof(i) for i in range(n)]
    assert merkle.verify_many(tree.root, MESSAGES, range(n), proofs, n, device=backend.name).all()
    ran = pyaccel.scheduler.last_run()
    assert ran is not None
    assert (ran.device, ran.notes) == (backend.name, ())
    turned = merkle.verify_many(tree.root, MESSAGES, range(n), proofs[::-1], n, device=backend.name)
    assert not turned.any()


@on_every_device
def test_rows_of_a_failed_device_are_redone(backend: Backend, listed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    pyaccel.hash_many("sha256", MESSAGES, device=backend.name)
    device = listed._device

    def fail(*_: Any) -> None:
        raise MemoryError

    monkeypatch.setattr(device, "read", fail)
    with pytest.warns(RuntimeWarning, match=f"{backend.name} failed at hash_many, the rows are computed elsewhere"):
        digests = pyaccel.hash_many("sha256", MESSAGES, device=backend.name)
    assert rows_of(digests) == DIGESTS


@on_every_device
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_hashes_without_the_device(backend: Backend, listed: Any) -> None:
    assert listed.name == backend.name
    pyaccel.hash_many("sha256", MESSAGES, device=backend.name)

    def child() -> bool:
        with pytest.warns(RuntimeWarning, match="forked"):
            return rows_of(pyaccel.hash_many("sha256", MESSAGES, device=backend.name)) == DIGESTS

    assert status_of_child(child) == 0
