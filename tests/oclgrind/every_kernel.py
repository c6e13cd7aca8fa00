# SPDX-License-Identifier: Apache-2.0
"""Runs every kernel on the device that oclgrind simulates, on shapes that reach each branch; prints their names."""

from __future__ import annotations

import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from opencl_support import hash_on, layers_on, reference_layers, reference_mutated, root_on

from pyaccel.backends import opencl
from pyaccel.backends.opencl_device import Device
from pyaccel.rows import as_rows

# oclgrind 21.10 takes what a kernel wrote into memory of a released buffer for uninitialised: none is released here.
launch, launched, kept = Device.launch, set(), []


def recorded(self: Device, path: str, entry: str, n: int, *arguments: Any) -> None:
    """Device.launch, and notes the entry."""
    launched.add(entry)
    kept.extend(arguments)
    launch(self, path, entry, n, *arguments)


Device.launch = recorded  # type: ignore[method-assign]
backends = opencl.discover()
assert isinstance(backends, tuple), backends
(backend,) = backends
assert "Oclgrind" in backend.probe().detail["platform"], backend.probe()

MESSAGES = [b"", b"abc", bytes(55), bytes(56), bytes(64), bytes(range(129)), b"odd"]
for messages in (MESSAGES, [bytes(range(64))] * 3, [bytes(65)] * 2):
    rows = as_rows("messages", messages)
    once = [sha256(message).digest() for message in messages]
    assert hash_on(backend, "sha256", rows, len(messages)) == once
    assert hash_on(backend, "sha256d", rows, len(messages)) == [sha256(digest).digest() for digest in once]
for form, leaves in (
    ("rfc6962", MESSAGES),
    ("rfc6962", [bytes(33)] * 5),
    ("bitcoin", [bytes([leaf]) * 32 for leaf in (1, 2, 3, 4, 3, 4)]),
    ("bitcoin", [bytes([leaf]) * 32 for leaf in (1, 2, 3)]),
):
    layers = reference_layers(form, leaves)
    mutated = int(form == "bitcoin" and reference_mutated(layers))
    assert root_on(backend, form, as_rows("leaves", leaves), len(leaves)) == (layers[-1][0], mutated)
    nodes = [node for layer in layers for node in layer]
    assert layers_on(backend, form, as_rows("leaves", leaves), len(leaves), len(nodes)) == nodes
sys.stdout.write("\n".join(launched))
