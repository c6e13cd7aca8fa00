# SPDX-License-Identifier: Apache-2.0
"""The harness itself, on calls whose outcome is known: no figure of a machine is asserted."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
import stat
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from pyaccel.bench import bench_ed25519, bench_p256, bench_secp256k1, foreign, harness, loops, machine, report, summary
from pyaccel.bench.bench_hash import ALGORITHMS, call
from pyaccel.bench.bench_merkle import TREES, _loop, _root
from pyaccel.bench.contest import Contest, Line, Peer
from pyaccel.bench.marks import ALL_GOOD, CYCLES, GIGABYTES, MILLISECONDS, RATIO, TARGETS, Mark, judge, value

import pyaccel
from pyaccel.cli.bench import bench


class Timed:
    """A call that says itself what it took."""

    def __init__(self, seconds: float, result: bytes = b"same") -> None:
        self._seconds, self._result = seconds, result

    def __call__(self) -> bytes:
        return self._result

    def seconds(self, repeats: int) -> float:
        assert repeats >= 1
        return self._seconds


def _line(n: int, seconds: float) -> Line:
    return Line("a", n, 64, {"pyaccel": seconds}, seconds, {}, 0.0, (), (0.0, 0.0), (0.0, 0.0), disturbed=False)


@pytest.mark.parametrize(
    ("unit", "figure", "verdict"),
    [
        *((RATIO, 13.9, "missed"), (RATIO, 14, "shipped"), (RATIO, 18.1, "stretched")),
        *((CYCLES, 106, "missed"), (CYCLES, 104, "shipped"), (CYCLES, 84, "stretched")),
    ],
)
def test_a_verdict_knows_which_side_is_better(unit: str, figure: float, verdict: str) -> None:
    mark = Mark(RATIO, 14, 18) if unit == RATIO else Mark(CYCLES, 105, 85)
    assert judge(mark, figure).verdict == verdict


def test_figures_of_marks() -> None:
    facts = {"seconds": 0.04, "n": 1_000_000, "row_bytes": 64, "clock_hz": 3e9, "ratios": {"a": 2.5}}
    assert value(Mark(RATIO, 1, peer="a"), **facts) == 2.5
    assert value(Mark(RATIO, 1, peer="b"), **facts) is None
    assert value(Mark(CYCLES, 1), **facts) == pytest.approx(120)
    assert value(Mark(MILLISECONDS, 1), **facts) == pytest.approx(40)
    assert value(Mark(MILLISECONDS, 1, at_hz=6e9), **facts) == pytest.approx(20)
    assert value(Mark(GIGABYTES, 1), **facts) == pytest.approx(1.6)
    assert value(Mark(GIGABYTES, 1, at_hz=6e9), **facts) == pytest.approx(3.2)
    assert value(Mark(RATIO, 1, peer="a", n=7), **facts) is None
    assert value(Mark(CYCLES, 1), **{**facts, "clock_hz": 0.0}) is None


def test_stretch_goals_lie_beyond_what_is_shipped() -> None:
    for mark in (mark for targets in TARGETS.values() for found in targets.values() for mark in found):
        assert mark.stretch is None or judge(mark, mark.stretch).verdict == "stretched"


def test_a_peer_that_does_a_part_counts_for_the_whole() -> None:
    contest = Contest("a", 10, 1, Timed(0.01), {"tenth": Peer(Timed(0.002, b"sa"), share=0.1)})
    line = harness.measure(contest, rounds=3)
    assert line.ratios["tenth"] == pytest.approx(2)
    assert line.seconds == pytest.approx({"pyaccel": 0.01, "tenth": 0.02})
    assert line.fastest == 0.01


def test_a_line_whose_core_did_other_work_is_disturbed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(harness, "probe", lambda: (3e9, 1e10))
    monkeypatch.setattr(harness, "TRIES", 1)
    assert harness.measure(Contest("a", 1, 1, lambda: time.sleep(0.01) or b"a"), rounds=1).disturbed
    assert not harness.measure(Contest("a", 1, 1, Timed(0.01)), rounds=1).disturbed
    probes = iter([(3e9, 1e10), (3e9, 0.9e10)])
    monkeypatch.setattr(harness, "probe", lambda: next(probes))
    assert harness.measure(Contest("a", 1, 1, Timed(0.01)), rounds=1).disturbed


def test_a_wrong_peer_stops_the_run() -> None:
    for result in (b"other", b""):
        contest = Contest("wrong", 1, 1, lambda: b"same", {"peer": lambda result=result: result})
        with pytest.raises(ValueError, match="peer and pyaccel give different results"):
            harness.measure(contest, rounds=1)


def test_a_spec_that_is_not_possible_is_told() -> None:
    with pytest.raises(ValueError, match="PYACCEL_CPU=mmx is not possible here"):
        harness.measure(Contest("a", 1, 1, lambda: b"a", spec="mmx"), rounds=1)


def test_steps() -> None:
    rising = [_line(1, 1.0), _line(16, 2.0), _line(4, 1.5)]
    assert report.steps(rising) == {"a": []}
    falling = [*rising, _line(15, 2.2)]
    (step,) = report.steps(falling)["a"]
    assert report.told(step) == "16 cost 2000000.00 µs, 15 cost 2200000.00"
    noise = [dataclasses.replace(line, fastest=1.0) for line in falling]
    assert report.steps(noise) == {"a": []}
    assert report.steps([_line(1, 1.0)]) == {}


def test_a_plot_without_matplotlib_is_refused_before_anything_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(harness, "contests", lambda name: pytest.fail("measured"))
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ValueError, match=r"^the plot needs matplotlib: pip install 'pyaccel\[plot\]'$"):
        bench(["merkle"], rounds=1, as_json=False, save=None, plot=tmp_path / "plots")
    assert not list(tmp_path.iterdir())


def test_report_file_and_plot(tmp_path: Path) -> None:
    lines = json.loads(json.dumps([dataclasses.asdict(_line(n, 1e-6 * n)) for n in (1, 16, 1024)]))
    document = {"bench": "hash", "machine": {"class": "avx2", "cpu": "a CPU"}, "lines": lines}
    assert json.loads(report.save(document, tmp_path).read_text()) == document
    assert list((tmp_path / "avx2").iterdir()) == [tmp_path / "avx2" / "hash.json"]
    assert report.plot({**document, "lines": lines[:1]}, tmp_path / "none.png") is None
    drawn = report.plot(document, tmp_path / "drawn.png")
    assert drawn is not None
    assert drawn.read_bytes().startswith(b"\x89PNG")


PROGRAM = """#!{python}
import hashlib, sys
for line in sys.stdin:
    words = line.split()
    if words[0] == "load":
        data = open(words[1], "rb").read()
        print("ok", flush=True)
    elif words[1] != "sha256":
        print("error no work", flush=True)
    else:
        print(hashlib.sha256(hashlib.sha256(data).digest()).hexdigest() if words[0] == "sum" else 5000, flush=True)
"""


def test_a_program_is_asked_for_sums_and_samples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / foreign.PROGRAMS["go"][0]
    script.write_text(PROGRAM.format(python=sys.executable))
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PYACCEL_BENCH_PEERS", str(tmp_path))
    monkeypatch.setattr(foreign, "missing", {})
    foreign.program.cache_clear()
    rows = np.arange(64, dtype=np.uint8).reshape(1, 64)
    found = foreign.works("go", {"theirs": "sha256", "nobody's": "sm3"}, rows)
    assert list(found) == ["theirs"]
    assert "nobody's" in foreign.missing
    assert found["theirs"]().of == hashlib.sha256(hashlib.sha256(rows).digest()).digest()
    line = harness.measure(Contest("a", 1, 64, call("sha256", rows), dict(found)), rounds=1)
    assert line.seconds["theirs"] == pytest.approx(5e-6 / max(1, round(harness.SAMPLE_SECONDS / 5e-6)))
    assert foreign.works("rust", {"x": "y"}, rows) == {}
    assert "make bench-peers" in foreign.missing["crates (cargo)"]
    foreign.program("go").close()
    foreign.program.cache_clear()


@pytest.mark.parametrize("algorithm", [name for name in ALGORITHMS if name in pyaccel.algorithms()])
def test_each_loop_gives_our_digests(algorithm: str) -> None:
    rows = np.random.default_rng(5).integers(0, 256, (20, 33), dtype=np.uint8)
    harness.measure(Contest(algorithm, 20, 33, call(algorithm, rows), loops.loops(algorithm, rows, most=8)), rounds=1)


@pytest.mark.parametrize(("form", "algorithm"), TREES)
def test_the_loops_of_trees_give_our_roots(form: str, algorithm: str) -> None:
    rows = np.random.default_rng(6).integers(0, 256, (16, 32), dtype=np.uint8)
    found = loops.calls(algorithm)
    assert found
    for every in found.values():
        assert _loop(form, every, [row.tobytes() for row in rows])() == _root(rows, form, algorithm)()


def test_lines_of_secp256k1_have_the_peers_of_their_marks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreign, "missing", {})
    lines = {contest.name: contest for contest in bench_secp256k1.contests(most=128)}
    for targets in TARGETS.values():
        marked = {name: marks for name, marks in targets.items() if name in lines}
        assert {f"secp256k1 ECDSA, {form} keys" for form in ("uncompressed", "compressed", "prepared")} <= marked.keys()
        for name, marks in marked.items():
            assert {mark.peer for mark in marks} <= lines[name].peers.keys()
    bad = lines["secp256k1 ECDSA, 1 bad"]
    assert bad.ours().sum() == 127
    assert lines["secp256k1 ECDSA, all bad"].ours().sum() == 0
    assert bad.peers[ALL_GOOD].call().sum() == 128
    harness.measure(bad, rounds=1)


def test_lines_of_p256_and_sm2_have_the_peers_of_their_marks() -> None:
    lines = {contest.name: contest for contest in bench_p256.contests(most=64)}
    for targets in TARGETS.values():
        marked = {name: marks for name, marks in targets.items() if name in lines}
        wanted = {f"p256 ECDSA, {what} keys" for what in ("uncompressed", "compressed", "32 prepared")}
        assert wanted | {"p384 ECDSA, uncompressed keys", "sm2, uncompressed keys", "sm2, 32 prepared keys"} <= {
            *marked
        }
        for name, marks in marked.items():
            assert {mark.peer for mark in marks} <= lines[name].peers.keys()
    for scheme in ("p256 ECDSA", "sm2"):
        assert lines[f"{scheme}, 1 bad"].ours().sum() == 63
        assert lines[f"{scheme}, all bad"].ours().sum() == 0


def test_lines_of_signatures_have_the_peers_of_their_marks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreign, "missing", {})
    lines = {contest.name: contest for contest in bench_ed25519.contests(most=128)}
    for targets in TARGETS.values():
        marked = {name: marks for name, marks in targets.items() if name in lines}
        assert "ed25519 zip215, prepared keys" in marked
        for name, marks in marked.items():
            assert {mark.peer for mark in marks} <= lines[name].peers.keys()
    bad = lines["ed25519 zip215, 1 bad"]
    assert bad.ours().sum() == 127
    assert lines["ed25519 zip215, all bad"].ours().sum() == 0
    assert bad.peers[ALL_GOOD].call().sum() == 128
    harness.measure(dataclasses.replace(bad, spec="portable"), rounds=1)


def test_a_pinned_run_has_one_thread_and_gives_the_cores_back() -> None:
    before = machine.usable_cores()
    with machine.pinned_core():
        assert machine.usable_cores() == 1
        assert machine.allowed_cores() >= before
    assert machine.usable_cores() == before


def test_every_benchmark_has_its_file_and_is_told_by_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert all((Path(harness.__file__).parent / f"bench_{name}.py").exists() for name in harness.NAMES)
    assert set(harness.GROUPS["hash"]) <= set(harness.NAMES)
    with pytest.raises(ValueError, match="no benchmark 'x'; there are hash, hash_counts"):
        bench(["x"], rounds=1, as_json=False, save=None, plot=None)


def _few(name: str) -> list[Contest]:
    counts = (1, 4, 8, 15, 16)
    curve = [Contest("curve", n, 64, lambda n=n: bytes(n), {"hashlib": lambda n=n: bytes(n)}) for n in counts]
    return [*curve, Contest("sha256 64 B", 1_000_000, 64, Timed(0.03), {"hashlib": Timed(0.6)})]


def test_the_command_shows_marks_and_curves_and_keeps_them(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(harness, "contests", _few)
    monkeypatch.setattr(harness, "machine_class", lambda: "avx2")
    monkeypatch.setattr(harness, "SAMPLE_SECONDS", 1e-4)
    bench(["merkle"], rounds=1, as_json=False, save=tmp_path, plot=tmp_path)
    out = capsys.readouterr().out
    assert re.search(r"sha256 64 B +1,000,000 .* 14x +18x +20x ✓✓", out)
    assert re.search(r"what +by +1 +4 +8 +15 +16", out)
    assert re.search(r"curve +pyaccel( +[0-9.]+ [nµm]s\*?){5}\n +hashlib", out)
    (kept,) = tmp_path.glob("*/merkle.json")
    ratio, *_ = json.loads(kept.read_text())["lines"][-1]["marks"]
    assert (ratio["verdict"], ratio["value"]) == ("stretched", pytest.approx(20))
    assert (tmp_path / "merkle.png").exists()
    row = summary.rows(json.loads(kept.read_text()))[-1]
    assert re.fullmatch(
        r"\| sha256 64 B.* \| 33.3 M/s, \d+ cycles \| hashlib 20x \| ≥ 14x: 20, stretch reached; ≤ .*\|", row
    )
    bench(["merkle"], rounds=1, as_json=True, save=None, plot=None)
    assert json.loads(capsys.readouterr().out)[0]["bench"] == "merkle"
