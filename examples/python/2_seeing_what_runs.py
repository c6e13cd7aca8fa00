# SPDX-License-Identifier: Apache-2.0
"""Logs, metrics and a timeline of what pyaccel does: python examples/python/2_seeing_what_runs.py."""

from __future__ import annotations

import logging
import tempfile
import urllib.request
from pathlib import Path

import numpy as np

import pyaccel


def work() -> None:
    """A block's worth of hashes, a tree, and signatures, of which none is good."""
    transactions = np.random.default_rng(1).integers(0, 256, (10_000, 200), dtype=np.uint8)
    digests = pyaccel.hash_many("sm3", transactions)
    pyaccel.merkle.root(digests, form="rfc6962")
    pyaccel.verify_many("ed25519", [bytes(32)] * 500, digests[:500], [bytes(64)] * 500)


def main() -> None:
    """Sees the same work three ways."""
    # 1. The library logs to "pyaccel" and installs no handler: this shows what happens to devices, if anything does.
    logging.basicConfig(level=logging.INFO)

    # 2. Prometheus, or anything that can read its text, asks this address. Port 0 takes one that is free.
    with pyaccel.metrics.serve(0) as server:
        # 3. A timeline: open the file in https://ui.perfetto.dev.
        path = Path(tempfile.gettempdir()) / "pyaccel-trace.json"
        with pyaccel.trace(path):
            work()

        with urllib.request.urlopen(server.url) as answer:  # noqa: S310 - our own address
            lines = answer.read().decode().splitlines()
    print(f"metrics, as {server.url} said:")
    print(*(line for line in lines if line.startswith(("pyaccel_rows_total", "pyaccel_batch_seconds_sum"))), sep="\n")
    print(f"a timeline of it: {path}, {path.stat().st_size:,} bytes")
    print("live, while it runs: pyaccel top -- python examples/python/2_seeing_what_runs.py")
    pyaccel.metrics.disable()


if __name__ == "__main__":
    main()
