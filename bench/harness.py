# SPDX-License-Identifier: Apache-2.0
"""The one harness that every benchmark uses.

Contestants do the same work in one process on one pinned core, in alternation, so that whatever disturbs the
machine disturbs them alike; what counts is the median of the ratios of neighbouring samples. Their results are
compared before anything is timed. Clock and vector throughput are probed before and after each line. A line is
marked as disturbed when its probes differ by more than `DRIFT`, or one is more than `BELOW_BEST` under the best of the
run (a job on the sibling of a core takes vector throughput and leaves the clock), or when this thread had its core for
less than that part of its samples; it is then measured again, up to `TRIES` times.
"""

from __future__ import annotations

import hashlib
import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from importlib import import_module
from typing import Any

from . import foreign, loops, report
from .contest import Call, Contest, Digest, Line, Peer, SelfTimed
from .machine import cpu_spec, machine, machine_class, pinned_core, probe
from .marks import judge, marks, value

SAMPLE_SECONDS = 0.01
"""A sample repeats its work until it lasts this long."""
ROUNDS = 11
"""Samples of each contestant; odd, so that a median is a sample."""
DRIFT = 0.05
"""Relative change of a probe during a line beyond which it is marked as disturbed."""
BELOW_BEST = 0.1
"""Likewise the distance of a probe from the best of the run."""
TRIES = 3
"""Measurements of a line that was disturbed; the least disturbed one counts."""
SMALL = 1 << 14
"""Rows up to which a contest's memory is kept to the end of a run, to look again where it found a step."""

NAMES = (
    "hash",
    "hash_counts",
    "hash_long",
    "merkle",
    "ed25519",
    "secp256k1",
    "p256",
    "he",
    "engine",
    "graph",
    "overhead",
)
"""Benchmarks by name; `bench_<name>.py` holds each."""
GROUPS = {"hash": ("hash", "hash_counts", "hash_long")}
"""What `pyaccel bench NAME` runs under a name that stands for several."""

Pair = tuple[float, float]


def _sample(work: Call, repeats: int) -> float:
    if isinstance(work, SelfTimed):
        return work.seconds(repeats)
    start = time.perf_counter()
    for _ in range(repeats):
        work()
    return (time.perf_counter() - start) / repeats


def _repeats(work: Call) -> int:
    once = max(_sample(work, 1), 1e-9)
    return max(1, round(SAMPLE_SECONDS / once))


def _bytes(result: object) -> bytes:
    return result if isinstance(result, bytes) else bytes(memoryview(result))  # type: ignore[arg-type]


def _equal(ours: object, theirs: object) -> bool:
    if isinstance(theirs, Digest):
        return (ours.of if isinstance(ours, Digest) else hashlib.sha256(_bytes(ours)).digest()) == theirs.of
    head = _bytes(theirs)
    return len(head) > 0 and _bytes(ours)[: len(head)] == head


def _check(contest: Contest, peers: Mapping[str, Peer]) -> None:
    ours = contest.ours()
    for name, peer in peers.items():
        wanted = ours if peer.expected is None else peer.expected()
        if not _equal(wanted, peer.call()):
            raise ValueError(f"{contest.name}, n = {contest.n}: {name} and pyaccel give different results")


def _disturbed(before: Pair, after: Pair, best: Sequence[float]) -> bool:
    moved = (abs(b - a) > DRIFT * b for b, a in zip(before, after, strict=True))
    low = (
        probed < (1 - BELOW_BEST) * most for pair in (before, after) for probed, most in zip(pair, best, strict=True)
    )
    return any(moved) or any(low)


def _measure(contest: Contest, peers: Mapping[str, Peer], rounds: int, best: list[float]) -> Line:
    contestants = {"pyaccel": Peer(contest.ours), **peers}
    repeats = {name: _repeats(peer.call) for name, peer in contestants.items()}
    before = probe()
    samples: dict[str, list[float]] = {name: [] for name in contestants}
    waited, computed = 0.0, time.thread_time()
    for _ in range(rounds):
        for name, peer in contestants.items():
            taken = _sample(peer.call, repeats[name])
            samples[name].append(taken / peer.share)
            waited += 0.0 if isinstance(peer.call, SelfTimed) else taken * repeats[name]
    computed = time.thread_time() - computed
    after = probe()
    best[:] = map(max, best, before, after)
    ratios = {
        peer: statistics.median(p / o for p, o in zip(samples[peer], samples["pyaccel"], strict=True)) for peer in peers
    }
    seconds = {name: statistics.median(times) for name, times in samples.items()}
    clock = (before[0] + after[0]) / 2
    facts = {
        "seconds": seconds["pyaccel"],
        "n": contest.n,
        "row_bytes": contest.row_bytes,
        "clock_hz": clock,
        "ratios": ratios,
    }
    judged = ((mark, value(mark, **facts)) for mark in marks(machine_class(), contest.name))  # type: ignore[arg-type]
    return Line(
        name=contest.name,
        n=contest.n,
        row_bytes=contest.row_bytes,
        seconds=seconds,
        fastest=min(samples["pyaccel"]),
        ratios=ratios,
        cycles=seconds["pyaccel"] / contest.n * clock,
        marks=tuple(judge(mark, figure) for mark, figure in judged if figure is not None),
        clock_hz=(before[0], after[0]),
        vector_rate=(before[1], after[1]),
        disturbed=_disturbed(before, after, best) or computed < (1 - DRIFT) * waited,
    )


def measure(contest: Contest, rounds: int = ROUNDS, best: list[float] | None = None) -> Line:
    """Times one contest.

    Args:
        contest: what to time.
        rounds: samples of each contestant, where the contest has no number of its own.
        best: highest clock and vector rate of the run so far; raised here.

    Raises:
        ValueError: a peer's result differs from ours, or this machine lacks what the contest's spec names.
    """
    best = [0.0, 0.0] if best is None else best
    peers = {name: peer if isinstance(peer, Peer) else Peer(peer) for name, peer in contest.peers.items()}
    with cpu_spec(contest.spec):
        _check(contest, peers)
        tries: list[Line] = []
        while not tries or (tries[-1].disturbed and len(tries) < TRIES):
            tries.append(_measure(contest, peers, min(rounds, contest.rounds or rounds), best))
    return max(tries, key=lambda line: (not line.disturbed, min(line.vector_rate)))


def contests(name: str) -> Iterable[Contest]:
    """The contests of one benchmark.

    Raises:
        ValueError: no such benchmark.
    """
    if name not in NAMES:
        raise ValueError(f"no benchmark {name!r}; there are {', '.join(NAMES)}")
    found: Iterable[Contest] = import_module(f"{__package__}.bench_{name}").contests()
    return found


def _confirmed(name: str, step: report.Step, calls: Mapping[tuple[str, int], Call], rounds: int) -> bool:
    """Whether a step shows when both counts are sampled in alternation: else a disturbance made it."""
    fewer, more = (calls.get((name, line.n)) for line in step)
    if fewer is None or more is None:
        return True
    repeats = _repeats(fewer)
    pairs = [(_sample(fewer, repeats), _sample(more, repeats)) for _ in range(rounds)]
    return statistics.median(b / a for a, b in pairs) < 1 - report.STEP


def run(name: str, *, rounds: int = ROUNDS, on_line: Callable[[Line], None] | None = None) -> dict[str, Any]:
    """Runs one benchmark on one pinned core and gives its report, ready for JSON.

    Args:
        name: one of NAMES.
        rounds: samples of each contestant.
        on_line: called with each line as it is measured.
    """
    lines: list[Line] = []
    small: dict[tuple[str, int], Call] = {}
    with pinned_core() as core:
        facts = machine()
        best = list(probe())
        for contest in contests(name):
            line = measure(contest, rounds, best)
            lines.append(line)
            if contest.n <= SMALL:
                small[contest.name, contest.n] = contest.ours
            if on_line is not None:
                on_line(line)
        steps = {
            of: [report.told(step) for step in found if _confirmed(of, step, small, rounds)]
            for of, found in report.steps(lines).items()
        }
    return {
        "bench": name,
        "machine": facts,
        "core": core,
        "rounds": rounds,
        "missing_peers": foreign.missing | loops.missing,
        "steps": steps,
        "lines": [asdict(line) for line in lines],
    }
