# SPDX-License-Identifier: Apache-2.0
"""`pyaccel info`, `selftest`, `demo` and `bench` as a person and a machine see them."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import openssl_sm2
import pytest
from cli_support import Command
from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey
from pyaccel.bench.harness import NAMES
from rich.console import Console

import pyaccel
from pyaccel.cli import demo, demo_consortium, demo_data
from pyaccel.cli.demo_tree import TreeJob
from pyaccel.cli.machine import _Cell, _print_matrix
from pyaccel.cli.report import Step
from pyaccel.cli.runner import Runner
from pyaccel.cli.sampled_runner import SampledRunner
from pyaccel.errors import DeviceError, PyaccelError
from pyaccel.golden import der
from pyaccel.scheduler import watching
from pyaccel.scheduler.watching import Attempt


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(capsys)


def test_version_and_help(command: Command) -> None:
    assert command("--version").out == f"pyaccel {pyaccel.__version__}\n"
    overview = command("--help").out
    assert all(name in overview for name in ("verify", "info", "selftest", "demo", "bench"))
    assert command("verify", "-h").status == 0
    assert set(NAMES) <= set(re.findall(r"\w+", command("bench", "-h").out))
    nothing = command()
    assert nothing.status == 2
    assert "Usage" in nothing.err


def test_info(command: Command) -> None:
    table = command("info")
    document = command("info", "--json").document
    assert table.status == 0
    assert document["version"] == pyaccel.__version__
    for family in document["variants"]:
        assert family["family"] in table.out
    for device in document["devices"]:
        assert device["name"] in table.out
        assert bool(device["reason"]) != device["available"]

    for operation in {row["operation"] for row in document["operations"]}:
        assert re.search(rf"^{re.escape(operation)} *$", table.out, re.MULTILINE)


def test_info_where_no_code_can_be_bound(tmp_path: Path) -> None:
    settings = {**os.environ, "PYACCEL_CPU": "avx1024", "OCL_ICD_VENDORS": str(tmp_path)}
    ran = subprocess.run(
        [sys.executable, "-m", "pyaccel", "info", "--json"], env=settings, capture_output=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    document = json.loads(ran.stdout)
    assert "PYACCEL_CPU=avx1024: unknown name" in document["spec"]
    assert not any(row["device"] == "native" and row["variant"] for row in document["operations"])


@pytest.mark.parametrize("words", [("calibrate", "--no-save"), ("bench", "hash")])
@pytest.mark.parametrize("setting", [{"PYACCEL_CPU": "avx1024"}, {"PYACCEL_THREADS": "many"}])
def test_measuring_where_no_code_can_be_bound(words: tuple[str, ...], setting: dict[str, str]) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "pyaccel", *words],
        env={**os.environ, **setting},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 2
    ((name, value),) = setting.items()
    assert re.fullmatch(rf"pyaccel: {words[0]}: .*{name}={value}: [^\n]+\n", ran.stderr)


def test_info_tells_how_far_each_device_is() -> None:
    told: list[tuple[int, int, str]] = []
    info = pyaccel.info(progress=lambda *state: told.append(state))
    names = {device.name for device in info.devices if device.available}
    assert {name for _, _, name in told} == names
    for name in names:
        rows = sum(row.device == name and not row.operation.startswith("he.") for row in info.operations)
        assert [state[:2] for state in told if state[2] == name] == [(i, rows) for i in range(rows + 1)]


def test_what_devices_say_differently_has_rows_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    said = {"a-b-1": "1", "a-b-2": "1", "a-b-3": "2", "c": "1", "d-e": "1"}
    cells = [_Cell("op", of, device, text + device, "", "") for of, text in said.items() for device in "xy"]
    cells += [
        _Cell("next", "f, g-h-1", "x", "no", "", "the reason"),
        _Cell("next", "f, g-h-2", "x", "no", "", "the reason"),
    ]
    _print_matrix(Console(width=60), cells)
    lines = [line.split("  ") for line in capsys.readouterr().out.splitlines()]
    rows = [[cell.strip() for cell in line if cell.strip()] for line in lines]
    assert rows[0] == ["operation", "x", "y"]
    assert rows[2:] == [
        ["op"],
        ["a-b-* (2), c, d-e", "1x", "1y"],
        ["a-b-3", "2x", "2y"],
        ["next"],
        ["f, g-h-1; f, g-h-2", "no [1]"],
        ["[1] x: the reason"],
    ]


def test_selftest(command: Command) -> None:
    outcome = command("selftest", "--json")
    results = outcome.document["results"]
    assert outcome.status == 0
    assert {row["result"] for row in results} <= {"pass", "skip"}
    assert all(bool(row["reason"]) == (row["result"] == "skip") for row in results)
    again = command("selftest")
    assert "0 failed" in again.out
    assert again.err == "".join(f"selftest: {device}\n" for device in dict.fromkeys(row["device"] for row in results))


def test_a_failing_selftest_is_status_1(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = pyaccel.selftest("golden")[0].__class__("hash_many", "sha256", "golden", "fail", "a wrong digest", "here")
    monkeypatch.setattr(pyaccel, "selftest", lambda progress: (wrong,))
    assert command("selftest").status == 1
    assert command("selftest", "--json").status == 1


def test_an_unknown_benchmark_is_refused(command: Command) -> None:
    assert "no benchmark 'nothing'" in command.refused("bench", "nothing")


def test_a_library_error_is_one_line(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**_: object) -> None:
        raise PyaccelError("a line\nand another")

    monkeypatch.setattr(pyaccel, "info", broken)
    assert command.refused("info") == "pyaccel: a line and another\n"


def test_demo(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_data.platformdirs, "user_cache_path", lambda name: tmp_path / name)
    monkeypatch.setattr(demo, "LEAVES", 1 << 13)
    monkeypatch.setattr(demo, "TRANSACTIONS", 200)
    outcome = command("demo", "--signatures", "300", "--json")
    assert outcome.status == 0
    runs = {run["device"]: run["files"] for run in outcome.document["runs"]}
    available = [device.name for device in pyaccel.devices() if device.available]
    assert list(runs) == ["auto", *available]
    assert [line for line in outcome.err.splitlines() if line.startswith("demo: device")] == [
        f"demo: device {name}" for name in runs
    ]
    for name in runs:
        assert (demo.KERNELS_BUILT in demo.Run(name, []).merged.remarks) == name.startswith(("opencl", "cuda"))
    for files in runs.values():
        assert len(files) == 8
        assert all(file["good"] for file in files)
    for row in outcome.document["comparison"]:
        assert all(row["equal"].values())
        assert row["own_bytes"]["auto"] == row["own_bytes"]["native"] == row["bytes"]
        assert all(0 <= own <= row["bytes"] for own in row["own_bytes"].values())
    assert outcome.document["comparison"][-1]["own_bytes"]["golden"] == 2 * demo.GOLDEN_ROWS
    hidden = outcome.document["homomorphic"]
    assert hidden["good"]
    assert [check["checked"] for check in hidden["checks"]] == [4096, 1]
    tree = outcome.document["comparison"][-2]
    assert tree["own_bytes"]["native"] == 2 * tree["own_bytes"]["golden"] == 2 * 33
    assert [check["checked"] for check in runs["golden"][-2]["checks"]] == [1, 1]
    signatures = {check["name"]: check for check in runs["golden"][-1]["checks"]}["ed25519 signatures"]
    assert [row["device"] for row in signatures["ran_on"]] == ["golden", "native"]
    assert signatures["notes"]


def test_the_demo_tells_where_batches_went() -> None:
    with demo.Tally() as tally:
        pyaccel.hash_many("sm3", [b"a"] * 1500, device="native")
        pyaccel.hash_many("sm3", [b"a"] * 2, device="golden")
        (watcher,) = watching.watchers.all
        watcher(Attempt("hash_many", "sm3", "opencl:0", None, 7, 7, 0.0, 0.0, DeviceError("lost")))  # type: ignore[arg-type]
    pyaccel.hash_many("sm3", [b"a"])
    assert re.fullmatch(
        r"the scheduler sent: native 1 batches of 1,500 rows in \S+ s; golden 1 batches of 2 rows in \S+ s; "
        r"opencl:0 0 batches of 0 rows in 0 s \(1 failed there, and were computed elsewhere\)",
        tally.text().plain,
    )


def test_demo_finds_a_backend_that_says_something_else(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo_data.platformdirs, "user_cache_path", lambda name: tmp_path / name)
    monkeypatch.setattr(pyaccel, "devices", lambda: tuple(d for d in native if d.name == "native"))
    monkeypatch.setattr(demo, "LEAVES", 1 << 13)
    monkeypatch.setattr(demo, "TRANSACTIONS", 200)
    native = pyaccel.scheduler.devices()
    kept = Runner._kept

    def altered(self: Runner, output: bytes, step: Step) -> None:
        kept(self, output[:-1] + b"?" if self.device == "native" and len(output) == 461 * 32 else output, step)

    monkeypatch.setattr(Runner, "_kept", altered)
    outcome = command("demo", "--signatures", "5", "--json")
    assert outcome.status == 1
    equal = [row["equal"]["native"] for row in outcome.document["comparison"]]
    assert equal == [False, *[True] * 7]


def test_the_demo_finds_a_root_that_hashlib_has_not() -> None:
    class Wrong(Runner):
        def root(self, form: str, leaves: Any, algorithm: str | None = None) -> tuple[bytes, bool, Step]:
            return bytes(32), False, Step()

    report = TreeJob(1 << 13).report(Wrong("native"))
    assert [check.bad_count for check in report.checks.values()] == [1, 1]
    assert report.facts["root"] == pyaccel.merkle.root(TreeJob(1 << 13).leaves).hex()


def test_the_consortium_block_is_signed_and_bad_rows_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenSSL takes its signatures; a changed one, and a changed transaction, are found by their numbers."""
    made = demo_consortium.block(40)
    keys = [openssl_sm2.Key.of(key) for key in made.keys]
    for text, signature, endorser in zip(made.transactions, made.signatures, made.endorsers, strict=True):
        r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
        key = keys[endorser]
        assert key is not None
        assert key.verify(text, der.encode(r, s), b"1234567812345678")
        assert not key.verify(text, der.encode(r, s), demo_consortium.OTHER_IDENTITY)
    texts, signatures = list(made.transactions), list(made.signatures)
    texts[3] = texts[3].replace(b"settlement", b"Settlement")
    signatures[31] = signatures[30]
    changed = dataclasses.replace(made, transactions=tuple(texts), signatures=tuple(signatures))
    monkeypatch.setattr(demo_consortium, "block", lambda count: changed)
    report = demo_consortium.ConsortiumJob(40).report(Runner("native"))
    bad = {name: [found.index for found in check.bad] for name, check in report.checks.items()}
    assert bad == {
        "transactions hashed by SM3": [],
        "Merkle root over SM3": [{}],
        "SM2 endorsements, 32 prepared keys": [{"transaction": 3}, {"transaction": 31}],
        "refused under another identity": [],
    }


def test_the_generated_batch_is_signed_and_always_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_data.platformdirs, "user_cache_path", lambda name: tmp_path / name)
    path = demo_data.signed_batch(600, lambda *_: None).path
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert len({row["public_key"] for row in rows}) == 256
    for row in rows:
        try:
            VerifyKey(bytes.fromhex(row["public_key"])).verify(
                bytes.fromhex(row["message"]), bytes.fromhex(row["signature"])
            )
        except BadSignatureError:
            pytest.fail("a signature that libsodium refuses")
    first = path.read_bytes()
    path.unlink()
    assert demo_data.signed_batch(600, lambda *_: None).path.read_bytes() == first
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


class _Counting(SampledRunner):
    """Counts the rows that its device gets."""

    rows = 0

    def _split(self, n: int) -> Any:
        split = super()._split(n)
        self.rows += n if split is None else len(split[0])
        return split


@pytest.mark.parametrize("n", [0, 1, 7, 8, 100])
def test_a_sampled_runner_gives_every_row(n: int) -> None:
    messages = [bytes([i]) * i for i in range(n)]
    sampled = _Counting("golden", 8, lambda *_: None, keep_outputs=True)
    whole = Runner("native", keep_outputs=True)
    digests, step = sampled.hash_many("sha256", messages)
    assert np.array_equal(digests, whole.hash_many("sha256", messages)[0])
    assert sampled.outputs == whole.outputs
    assert sampled.own_bytes == 32 * min(n, 8)
    assert whole.own_bytes == 32 * n
    assert sampled.rows == min(n, 8)
    assert bool(step.notes) == (n > 8)
