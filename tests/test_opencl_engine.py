# SPDX-License-Identifier: Apache-2.0
"""An engine whose batches run on a device: each caller's result is its own there, too."""

from __future__ import annotations

from functools import partial

import pytest
from engine_support import SECONDS, on_a_thread, sha256, signed, together
from opencl_support import on_every_opencl_device

import pyaccel

pytestmark = pytest.mark.opencl


@on_every_opencl_device
def test_callers_share_the_batches_of_a_device(backend):
    rows, verdicts = signed(90, seed=11)
    ran = []

    def callers(engine, first):
        futures = [engine.submit("verify", "ed25519", *row, rule="libsodium") for row in rows[first::3]]
        hashes = [engine.submit("hash", "sha256", row[1]) for row in rows[first::3]]
        many = engine.submit_many("hash_many", "sha256", [row[1] for row in rows])
        on_a_thread(engine, lambda: ran.append(pyaccel.scheduler.last_run().device))
        assert [future.result(SECONDS) for future in futures] == verdicts[first::3]
        assert [future.result(SECONDS) for future in hashes] == [sha256(row[1]) for row in rows[first::3]]
        assert [bytes(row) for row in many.result(SECONDS)] == [sha256(row[1]) for row in rows]

    with pyaccel.Engine(backend.name, max_delay=0.02) as engine:
        together([partial(callers, engine, first) for first in range(3)])
    assert ran == [backend.name] * 3
