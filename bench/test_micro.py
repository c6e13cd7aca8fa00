# SPDX-License-Identifier: Apache-2.0
"""Micro rows for pytest-benchmark: `pytest bench --benchmark-only`. Rank on min: a shared machine only adds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import pyaccel
from pyaccel.poseidon2 import ELEMENTS
from pyaccel.rows import as_rows

pytest.importorskip("pytest_benchmark")


@pytest.mark.parametrize("n", [1, 16, 1024])
@pytest.mark.parametrize("algorithm", pyaccel.algorithms())
def test_hash_many(benchmark: Any, algorithm: str, n: int) -> None:
    """Rows of 64 bytes in one array; of Poseidon2 as wide as it takes them."""
    benchmark.group = f"hash_many {algorithm}"
    width = ELEMENTS[algorithm].width if algorithm in ELEMENTS else 64
    benchmark.extra_info["bytes"] = width * n
    rows = np.zeros((n, width), np.uint8)
    key = bytes(32) if algorithm.startswith("hmac-") else None
    assert benchmark(pyaccel.hash_many, algorithm, rows, key=key).shape[0] == n


@pytest.mark.parametrize("n", [1, 1024])
def test_rows_of_list(benchmark: Any, n: int) -> None:
    """What marshalling a list of bytes costs before any work."""
    benchmark.group = "rows"
    messages = [bytes(64)] * n
    assert len(benchmark(as_rows, "messages", messages)) == n
