# SPDX-License-Identifier: Apache-2.0
"""Every benchmark, its short lines once: they run, the peers agree; no figures."""

from __future__ import annotations

import logging
from itertools import islice

import numpy as np
import pytest

from bench import (
    bench_ed25519,
    bench_engine,
    bench_graph,
    bench_hash,
    bench_he,
    bench_p256,
    bench_secp256k1,
    harness,
    placement,
    soak,
)

SHORT = 1 << 20
"""Bytes of messages in one call of a short line."""


@pytest.mark.parametrize("name", ["hash_counts", "hash_long", "merkle", "overhead"])
def test_short_lines(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A few hundred milliseconds each."""
    monkeypatch.setattr(harness, "SAMPLE_SECONDS", 1e-4)
    monkeypatch.setattr(harness, "TRIES", 1)
    with harness.pinned_core():
        short = (c for c in harness.contests(name) if c.n * c.row_bytes <= SHORT and c.n <= 16)
        lines = [harness.measure(contest, rounds=1) for contest in islice(short, 40)]
    assert lines
    assert all(line.seconds["pyaccel"] > 0 for line in lines)


def test_lines_of_a_million(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same lines, of a few hundred messages."""
    monkeypatch.setattr(harness, "SAMPLE_SECONDS", 1e-4)
    monkeypatch.setattr(harness, "TRIES", 1)
    with harness.pinned_core():
        lines = [harness.measure(contest, rounds=1) for contest in bench_hash.contests(n=300)]
    assert len({line.name for line in lines}) == len(lines) >= 10


def test_lines_of_signatures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of few signatures, and the others cut down to 16."""
    monkeypatch.setattr(harness, "SAMPLE_SECONDS", 1e-4)
    monkeypatch.setattr(harness, "TRIES", 1)
    with harness.pinned_core():
        lines = [harness.measure(contest, rounds=1) for contest in bench_ed25519.contests(most=16)]
        lines += [harness.measure(contest, rounds=1) for contest in bench_secp256k1.contests(most=16)]
        lines += [harness.measure(contest, rounds=1) for contest in bench_p256.contests(most=16)]
    wanted = {"ed25519 rfc8032", "ed25519 zip215, 1 bad", "ed25519 zip215, all bad"}
    wanted |= {"secp256k1 recover to address", "bip340", "bip340, 1 bad"}
    wanted |= {f"secp256k1 ECDSA, {what}" for what in ("compressed keys", "compressed keys, DER", "1 bad", "all bad")}
    wanted |= {
        f"p256 ECDSA, {what}" for what in ("compressed keys", "SPKI keys", "32 prepared keys", "1 bad", "all bad")
    }
    wanted |= {"p384 ECDSA, uncompressed keys", "sm2, uncompressed keys", "sm2, 32 prepared keys", "sm2, all bad"}
    assert wanted <= {line.name for line in lines}


def test_lines_of_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them, of a few hundred rows."""
    monkeypatch.setattr(harness, "SAMPLE_SECONDS", 1e-4)
    monkeypatch.setattr(harness, "TRIES", 1)
    monkeypatch.setattr(bench_engine, "SECONDS", 0.02)
    with harness.pinned_core():
        lines = [harness.measure(contest, rounds=1) for contest in bench_engine.contests(256)]
    assert len(lines) == 5
    assert all(line.seconds["pyaccel"] > 0 for line in lines)


def test_a_short_soak(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """Everything happens in it, and every answer is right."""
    monkeypatch.setattr(soak, "ENGINE_SECONDS", 0.4)
    monkeypatch.setattr(soak, "FORK_SECONDS", 0.5)
    with caplog.at_level(logging.CRITICAL, "pyaccel"):
        counts = soak.Soak(3.0, "auto").run()
    rows = {"hash", "verify", "recover", "merkle.verify"}
    assert rows | {"hash_many", "merkle.root", "verify_many"} <= set(counts)
    assert {"cancelled", "late", "wrong", "engines", "forks"} <= set(counts)


def test_memory_that_grows_is_told() -> None:
    """From peak to peak, after the start."""
    assert soak.grown([10, 50, 60, 61, 59, 60, 61, 58]) == 0
    assert soak.grown([10, 50, 60, 61, 70, 80, 90, 100]) == 39


def test_lines_of_graphs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of a few transactions: fused and plain calls agree."""
    monkeypatch.setattr(harness, "SAMPLE_SECONDS", 1e-4)
    monkeypatch.setattr(harness, "TRIES", 1)
    with harness.pinned_core():
        lines = [harness.measure(contest, rounds=1) for contest in bench_graph.contests(n=20)]
    assert [line.name for line in lines] == [f"block of {scheme} transactions" for scheme in ("ed25519", "sm2")]


def test_lines_of_homomorphic_encryption(monkeypatch: pytest.MonkeyPatch) -> None:
    """CKKS at 8192; TenSEAL decrypts the same numbers, and is not more precise."""
    monkeypatch.setattr(harness, "SAMPLE_SECONDS", 1e-4)
    monkeypatch.setattr(harness, "TRIES", 1)
    with harness.pinned_core():
        lines = [harness.measure(contest, rounds=1) for contest in islice(bench_he.contests(), 4)]
    assert [line.name for line in lines][::3] == ["ckks 8192 multiply, relinearize, rescale", "ckks 8192 rotate"]


def test_precision_is_not_left_to_chance() -> None:
    """Errors as of two encryptions: of one size they always pass, half again as large they never do."""
    rng = np.random.default_rng(1)
    truth = np.zeros(4096)
    for _ in range(200):
        ours, theirs = (rng.normal(size=4096) * np.sqrt(rng.exponential(size=4096)) for _ in range(2))
        bench_he._precise("noise", ours, theirs, truth)
        with pytest.raises(ValueError, match="TenSEAL's is"):
            bench_he._precise("noise", 1.5 * ours, theirs, truth)


def test_placement() -> None:
    """The sweep, cut down: it runs through. Who took what is timing, which tests of division have without clocks."""
    found = placement.run(devices=["native"], classes=["hash_many:sha256"], sizes=(1, 100), rounds=1)
    assert [line["n"] for line in found["lines"]] == [1, 100]
    assert set(found["splits"]["two of known cost, n = 16,384"]["ran_on"].split("+")) <= {"line:0", "line:1"}
    assert [line["n"] for line in found["crossing"]["lines"]] == [1, 100]
