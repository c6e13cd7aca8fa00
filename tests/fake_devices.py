# SPDX-License-Identifier: Apache-2.0
"""Devices made up for the tests of the scheduler, in the place of OpenCL's."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager

import numpy as np

from pyaccel import logs
from pyaccel.backends.base import Capabilities, Declined, Unavailable
from pyaccel.scheduler import default_curves, execution, health, registry


class Fake:
    """A device that hashes with hashlib, or does whatever `behave` says."""

    kind = "opencl-gpu"

    def __init__(self, name="opencl:0", state=None, behave=None, declines=()):
        self.name, self.state, self.behave, self.declines = name, state or Capabilities("fake"), behave, declines
        self.batches = []

    def probe(self):
        return self.state

    def prepare(self, operation, parameters):
        algorithm = parameters.get("algorithm")
        if operation.name != "hash_many" or algorithm in self.declines:
            return Declined(f"fake has no {algorithm}")
        return FakePlan(self, algorithm)


class FakePlan:
    variant = "fake"

    def __init__(self, device, algorithm):
        self.device, self.algorithm = device, algorithm

    def run(self, inputs, outputs, n):
        self.device.batches.append(n)
        if self.device.behave:
            self.device.behave(n)
        for i in range(n):
            digest = hashlib.new(self.algorithm, inputs["messages"][i]).digest()
            outputs["digests"][i] = np.frombuffer(digest, np.uint8)
        if self.device.behave == "wrong":
            outputs["digests"][:] ^= 1


@contextmanager
def installed(monkeypatch):
    """Gives a function that puts devices in the place of OpenCL's, with nothing known of any of them."""

    def install(*found, reason=None):
        missing = Unavailable("no CUDA for this test")
        monkeypatch.setattr(registry, "_found", {"opencl": Unavailable(reason) if reason else found, "cuda": missing})
        monkeypatch.setattr(execution, "_placements", {})
        for name in ("_quarantined", "_failed"):
            monkeypatch.setattr(health, name, {})
        for name in ("_proved", "_warned"):
            monkeypatch.setattr(health, name, set())
        monkeypatch.setattr(logs, "_logged", {})
        forget()

    yield install
    forget()


def forget():
    """Clears what is kept of devices by their names."""
    registry.probed.cache_clear()
    registry.backends_of.cache_clear()
    default_curves.curve.cache_clear()
