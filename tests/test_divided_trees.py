# SPDX-License-Identifier: Apache-2.0
"""One tree over several devices: golden's root and nodes, whoever made which subtree; and who shares a tree."""

from __future__ import annotations

import random
import threading
from itertools import pairwise

import numpy as np
import pytest

import pyaccel
from pyaccel import merkle
from pyaccel.backends.base import Capabilities, Unavailable
from pyaccel.errors import DeviceError
from pyaccel.merkle_forms import FORMS
from pyaccel.operations import OPERATIONS
from pyaccel.scheduler import division, drift, execution, guard, health, registry, shadowing, subtrees, watching
from pyaccel.scheduler.curves import POINTS, Curve
from pyaccel.scheduler.division import Offer
from pyaccel.scheduler.drift import Drift

ROOT = OPERATIONS["merkle.root"]
TREES = [(form, algorithm) for form, found in FORMS.items() for algorithm in found.algorithms]
TWO, THREE = "chip:0,chip:1", "chip:0,chip:1,chip:2"


def line(first, row):
    return Curve(tuple(first + row * point for point in POINTS))


class Chip:
    """A device that computes natively, says of itself what that costs, and notes what it was given."""

    kind = "chip"

    def __init__(self, name, curve, behave=None):
        self.name = self.resource = name
        self._curve, self.behave, self.batches, self.flips = curve, behave, [], False

    def curve(self, operation, of):
        return self._curve if operation.split == "power_of_two_subtrees" else None

    def probe(self):
        return Capabilities("Chip")

    def prepare(self, operation, parameters):
        plan = registry.discovered("native")[0].prepare(operation, parameters)
        return ChipPlan(self, plan)


class ChipPlan:
    variant = "chip"

    def __init__(self, chip, plan):
        self.chip, self.plan = chip, plan

    def run(self, inputs, outputs, n):
        self.chip.batches.append(n)
        if self.chip.behave:
            self.chip.behave(n)
        self.plan.run(inputs, outputs, n)
        if self.chip.flips and n >= 1000:
            outputs["root"][0, 7] ^= 1


@pytest.fixture
def chips(monkeypatch):
    """Adds devices for one test, three of different rates unless it names others."""
    monkeypatch.setattr(drift, "corrections", Drift(lambda: 0.0))
    monkeypatch.setattr(guard, "perf_counter", lambda: 0.0)  # what batches take here corrects nothing
    monkeypatch.setattr(shadowing, "_rate", [0.0])  # nor are any checks paid for in time that stands still
    monkeypatch.setattr(execution, "_placements", {})
    monkeypatch.setattr(health, "_warned", set())
    added = []

    def install(*some):
        found = some or [Chip(f"chip:{i}", line(1e-6, rate)) for i, rate in enumerate((2e-6, 1e-6, 3e-6))]
        for chip in found:
            registry.add_backend(chip)
            added.append(chip.name)
        return found

    yield install
    for name in added:
        registry.remove_backend(name)


@pytest.fixture
def small(monkeypatch):
    """Units of two leaves, so that every shape of a divided tree has few leaves."""
    monkeypatch.setattr(subtrees, "PART_MULTIPLE", 2)


def leaves_of(form, n, seed=0):
    source = random.Random(f"{form} {n} {seed}")
    return [source.randbytes(32 if FORMS[form].leaf == "node" else source.randrange(90)) for _ in range(n)]


def parts():
    return dict(pyaccel.scheduler.last_run().parts)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(("form", "algorithm"), TREES)
def test_every_form_and_hash(chips, form, algorithm):
    """Roots of every small size, as golden has them; trees with layers and proofs, as the native tree."""
    chips()
    for n in (*range(4, 25), 31, 32, 33, 47, 64, 65):
        leaves, options = leaves_of(form, n), {"form": form, "algorithm": algorithm}
        if FORMS[form].sorts_leaves:
            options["sort_leaves"] = n % 2 == 0
        devices = TWO if n % 3 else THREE
        if n < 10 or n == 33:
            assert merkle.root(leaves, device=devices, **options) == merkle.root(leaves, device="golden", **options)
        whole = merkle.Tree(leaves, device="native", **options)
        assert merkle.root(leaves, device=devices, **options) == whole.root
        assert sum(parts().values()) == n or n < 8
        divided = merkle.Tree(leaves, device=devices, **options)
        assert n < 8 or pyaccel.scheduler.last_run().operation == "merkle.layers"
        assert divided.root == whole.root
        assert list(divided.proofs(range(n))) == list(whole.proofs(range(n)))


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("n", [8, 9, 13, 16, 22, 31, 32])
def test_a_mutation_at_every_place(chips, n):
    """CVE-2012-2459 within a share, between two, and where only nodes above the shares are equal."""
    chips()
    leaves = leaves_of("bitcoin", n)
    lists = [leaves]
    for size in (1, 2, 4, 8, 16):
        for first in range(0, n - 2 * size + 1, size):
            same = leaves[first : first + size]
            lists.append(leaves[:first] + same + same + leaves[first + 2 * size :])
    lists.append([*leaves, leaves[-1]])
    found = []
    for some in lists:
        wanted = merkle.root_checked(some, device="golden")
        assert merkle.root_checked(some, device=THREE) == merkle.root_checked(some, device=TWO) == wanted
        assert len(parts()) == 2
        found.append(wanted[1])
    assert True in found
    assert found[0] is False


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("limit", [None, 0, 100, 1 << 40, 1 << 63])
def test_ssz_limits_and_lengths(chips, limit):
    """limit 0: as many chunks as there are."""
    chips()
    for n in (8, 11, 16, 17, 33):
        chunks = leaves_of("ssz", n)
        for mix_in_length, length in ((False, None), (True, None), (True, 2**64 - 1)):
            options = {"form": "ssz", "limit": n if limit == 0 else limit, "mix_in_length": mix_in_length}
            wanted = merkle.root(chunks, device="native", length=length, **options)
            assert merkle.root(chunks, device=THREE, length=length, **options) == wanted
            assert len(parts()) >= 2
            if n == 11:
                assert merkle.root(chunks, device="golden", length=length, **options) == wanted


def test_few_leaves_or_none(chips):
    """What can't be cut is made by one of the devices that were listed."""
    some = chips()
    for n in (0, 1, 2, 1024):
        leaves = leaves_of("cometbft", n)
        root = merkle.root(leaves, form="cometbft", device="native")
        assert merkle.root(leaves, form="cometbft", device=THREE) == root
        assert pyaccel.scheduler.last_run().device == ("chip:1" if n else "chip:0")
        assert parts() == {}
    with pytest.raises(ValueError, match="a bitcoin tree has at least one"):
        merkle.root([], form="bitcoin", device=THREE)
    assert max(some[0].batches) < 1024


def test_blocks_are_subtrees():
    """Every range, in order, by pieces of which none could be joined with the next."""
    for n in range(1, 70):
        for first in range(n):
            for last in range(first + 1, n + 1):
                found = list(subtrees.blocks(first, last, n))
                assert [leaf for begin, end in found for leaf in range(begin, end)] == list(range(first, last))
                for begin, end in found:
                    size = 1 << (end - begin - 1).bit_length()
                    assert begin % size == 0
                    assert end - begin == size or end == n


@pytest.mark.parametrize("n", [2048, 5000, 65_536, 100_001, 10**6, 2**20 + 1])
@pytest.mark.parametrize("rates", [(1, 1), (1, 1.7), (1, 3), (1, 1, 1), (1, 2, 4)])
def test_shares_end_together(n, rates):
    """All leaves are given, shares are whole units, and the last ends at most a unit after what rates alone allow."""
    offers = [Offer(line(1e-5, 1e-6 * rate)) for rate in rates]
    found = subtrees.divide(ROOT, offers, n, 32 * n, always=False)
    alone = offers[0].seconds(ROOT, n, 32 * n)
    ideal = alone / sum(1 / rate for rate in rates)
    unit = max(1024, 1 << (n - 1).bit_length() - 5)
    if not found:
        assert ideal + 2 * unit * 1e-6 * max(rates) + 1e-4 > alone / 1.1 / 1.1
        return
    assert sum(found) == n
    ends = np.cumsum([0, *found])
    assert all(end % unit == 0 for end in ends[:-1])
    shares = list(pairwise(ends.tolist()))
    times = [subtrees.seconds(ROOT, o, *share, n, 32 * n) for o, share in zip(offers, shares, strict=True)]
    assert max(times) <= ideal + unit * 1e-6 * max(rates) + 8 * 1e-5


@pytest.mark.parametrize(
    "offers",
    [
        [Offer(line(1e-6, 1e-6))],
        [Offer(line(1e-6, 1e-6)), Offer(line(1e-6, 2e-5))],  # a twentieth gains nothing
        [Offer(line(1e-6, 1e-6)), Offer(line(0.5, 1e-7))],  # a start that takes longer than all of it
        [Offer(line(1e-6, 1e-6)), Offer(line(1e-6, 1e-6), 30.0)],  # equal curves, but one runs 30 times as long
    ],
)
def test_what_is_divided_only_where_somebody_says_so(offers):
    assert subtrees.divide(ROOT, offers, 16384, 16384 * 32, always=False) == []
    listed = subtrees.divide(ROOT, offers, 16384, 16384 * 32, always=True)
    assert (sum(listed), min(listed, default=0) > 0) == ((16384, True) if len(offers) > 1 else (0, False))


def test_auto_divides_where_it_gains(chips, monkeypatch):
    """Two equal devices that leave native far behind halve a tree; heaps, whose leaves are sorted first, stay whole."""
    monkeypatch.setattr(division, "LEAST_SECONDS", 1e-5)
    monkeypatch.setattr(subtrees, "HAND_OVER", 0.0)
    quick, other = chips(*(Chip(f"chip:{i}", line(1e-9, 1e-9)) for i in range(2)))
    leaves = np.random.default_rng(1).integers(0, 256, (1 << 15, 32), np.uint8)
    root = merkle.root(leaves, device="native")
    assert merkle.root(leaves) == root
    assert parts() == {"chip:0": 1 << 14, "chip:1": 1 << 14}
    assert (quick.batches[-1], other.batches[-1]) == (1 << 14, 1 << 14)
    assert merkle.Tree(leaves).root == root
    assert parts() == {"chip:0": 1 << 14, "chip:1": 1 << 14}
    merkle.root(leaves, form="openzeppelin-simple")
    assert parts() == {}
    merkle.root(leaves[:2000])
    assert parts() == {}


def test_auto_leaves_a_tree_whole_where_nothing_is_gained(chips, monkeypatch):
    monkeypatch.setattr(division, "LEAST_SECONDS", 1e-5)
    monkeypatch.setattr(subtrees, "HAND_OVER", 0.0)
    chips(Chip("chip:0", line(1e-9, 1e-9)), Chip("chip:1", line(1e-9, 2e-8)))
    merkle.root(np.zeros((1 << 15, 32), np.uint8))
    assert pyaccel.scheduler.last_run().device == "chip:0"


def test_two_devices_work_at_the_same_time(chips):
    """Each waits for the other in the middle of its share: one after the other they would wait for ever."""
    together = threading.Barrier(2, timeout=30)
    chips(*(Chip(f"chip:{i}", line(1e-6, 1e-6), lambda n: n == 4096 and together.wait()) for i in range(2)))
    leaves = leaves_of("rfc6962", 8192)
    assert merkle.root(leaves, device=TWO) == merkle.root(leaves, device="native")


def lost(n):
    if n > 500:
        raise DeviceError("lost")


@pytest.mark.parametrize("failing", [(0,), (1,), (0, 1)])
@pytest.mark.parametrize("form", ["bitcoin", "openzeppelin-standard"])
def test_a_device_that_fails_in_its_share_loses_no_subtree(chips, failing, form):
    chips(*(Chip(f"chip:{i}", line(1e-6, 1e-6), lost if i in failing else None) for i in range(2)))
    leaves = leaves_of(form, 5000)
    with pytest.warns(RuntimeWarning, match="lost"):
        assert merkle.root(leaves, form=form, device=TWO) == merkle.root(leaves, form=form, device="native")
    health._warned.clear()
    with pytest.warns(RuntimeWarning, match="lost"):
        tree = merkle.Tree(leaves, form=form, device=TWO)
    assert set(parts()) == {f"chip:{i}" for i in (0, 1) if i not in failing} | {"native"}
    assert any("lost" in note for note in pyaccel.scheduler.last_run().notes)
    assert list(tree.proofs([0, 4999])) == list(merkle.Tree(leaves, form=form, device="native").proofs([0, 4999]))


def test_a_subtree_that_a_device_makes_wrongly_is_made_elsewhere(chips, monkeypatch):
    """A bit of each of its roots flips: the check of its share finds it, and so the whole root is right."""
    monkeypatch.setattr(health, "_quarantined", {})
    monkeypatch.setattr(shadowing, "_rate", [1.0])
    _, bad = chips(*(Chip(f"chip:{i}", line(1e-6, 1e-6)) for i in range(2)))
    bad.flips = True
    leaves = leaves_of("ssz", 8000)
    root = merkle.root(leaves, form="ssz", device="native")
    with pytest.warns(RuntimeWarning, match="does not use chip:1 any more"):
        assert merkle.root(leaves, form="ssz", device=TWO) == root
    assert set(parts()) == {"chip:0", "native"}
    assert merkle.root(leaves, form="ssz", device=TWO) == root
    assert pyaccel.scheduler.last_run().device == "chip:0"


def test_what_a_device_raises_comes_out(chips):
    def refuse(n):
        if n > 500:
            raise ValueError("leaves: not on this chip")

    chips(*(Chip(f"chip:{i}", line(1e-6, 1e-6), refuse if i else None) for i in range(2)))
    with pytest.raises(ValueError, match="not on this chip"):
        merkle.root(leaves_of("rfc6962", 4096), device=TWO)


def test_explain_and_watchers_tell(chips):
    chips()
    shown = pyaccel.explain("merkle.root", 1 << 15, form="ssz", limit=1 << 40, device=TWO)
    rows = {one.device: one.rows for one in shown.lines if one.rows}
    assert shown.chosen == "chip:1+chip:0"
    assert sum(rows.values()) == 1 << 15
    assert rows["chip:1"] == pytest.approx(2 * rows["chip:0"], rel=0.1)
    assert f"divided: chip:0 {rows['chip:0']:,} rows, chip:1 {rows['chip:1']:,} rows; about" in str(shown)
    seen = []
    tell = seen.append
    watching.watchers.add(tell)
    try:
        merkle.root(leaves_of("ssz", 1 << 15), form="ssz", limit=1 << 40, device=TWO)
    finally:
        watching.watchers.remove(tell)
    assert {attempt.operation for attempt in seen} == {"merkle.root"}
    for device, leaves in rows.items():
        assert sum(attempt.n for attempt in seen if attempt.device == device) == leaves
    assert parts() == rows


@pytest.mark.opencl
@pytest.mark.parametrize("form", FORMS)
def test_native_and_every_opencl_device_together(form):
    """They share the cores here, which who lists them wants so."""
    found = registry.discovered("opencl")
    if isinstance(found, Unavailable):
        pytest.skip(found.reason)
    names = ["native", *(backend.name for backend in found)]
    for n in (8000, 8192, 12_289):
        leaves = leaves_of(form, n)
        root = merkle.root(leaves, form=form, device="native")
        assert merkle.root(leaves, form=form, device=",".join(names)) == root
        ran = pyaccel.scheduler.last_run()
        assert sorted(ran.device.split("+")) == sorted(names)
        assert ran.notes == ()
