# SPDX-License-Identifier: Apache-2.0
"""Devices of known cost on a clock that stands still: who takes a batch, who shares it, who recovers."""

from __future__ import annotations

import hashlib
import threading
from importlib.metadata import EntryPoint

import numpy as np
import pyarrow as pa
import pytest

import pyaccel
from pyaccel.backends.base import Capabilities, Declined
from pyaccel.errors import DeviceError, DeviceUnavailableError
from pyaccel.operations import OPERATIONS
from pyaccel.scheduler import drift, execution, guard, health, placement, registry, shadowing, watching
from pyaccel.scheduler.curves import POINTS, Curve, crossover
from pyaccel.scheduler.division import GAIN, Offer, divide
from pyaccel.scheduler.drift import HALF_LIFE, Drift, size_range

HASH = OPERATIONS["hash_many"]
KEY = ("hash_many", "sha256", "chip:0", size_range(1000))


def line(first, row):
    return Curve(tuple(first + row * point for point in POINTS))


class Chip:
    """A device that hashes with hashlib, and says of itself what a batch costs."""

    kind = "chip"

    def __init__(self, name, curve=None, behave=None, resource=None):
        self.name, self.behave, self.batches, self.threads = name, behave, [], set()
        self._curve = curve
        self.resource = resource or name

    def curve(self, operation, of):
        return self._curve if operation is HASH and of == "sha256" else None

    def probe(self):
        return Capabilities("Chip")

    def prepare(self, operation, parameters):
        if operation is not HASH or parameters["algorithm"] != "sha256":
            return Declined("a chip has sha256 alone")
        return Plan(self)


class Plan:
    variant = "chip"

    def __init__(self, chip):
        self.chip = chip

    def run(self, inputs, outputs, n):
        self.chip.batches.append(n)
        self.chip.threads.add(threading.get_ident())
        if self.chip.behave:
            self.chip.behave(n)
        for i in range(n):
            outputs["digests"][i] = np.frombuffer(hashlib.sha256(inputs["messages"][i]).digest(), np.uint8)


@pytest.fixture
def chips(monkeypatch):
    """Adds devices for one test, with a store of corrections and a clock of its own: `chips.clock[0]` is the time."""
    clock = [1000.0]
    monkeypatch.setattr(drift, "corrections", Drift(lambda: clock[0]))
    monkeypatch.setattr(placement, "monotonic", lambda: clock[0])
    monkeypatch.setattr(guard, "perf_counter", lambda: clock[0])
    monkeypatch.setattr(execution, "_placements", {})
    monkeypatch.setattr(health, "_warned", set())
    monkeypatch.setattr(health, "_proved", {(f"chip:{i}", "hash_many", "sha256") for i in range(4)})
    added = []

    def install(*some):
        for chip in some:
            registry.add_backend(chip)
            added.append(chip.name)

    install.clock = clock
    yield install
    for name in added:
        registry.remove_backend(name)


def rows(n):
    return np.arange(n * 8, dtype=np.uint64).view(np.uint8).reshape(n, 64)


def hash_rows(n, **arguments):
    """Hashes, and gives where; the digests of some rows are looked at each time."""
    some = rows(n)
    digests = pyaccel.hash_many("sha256", some, **arguments)
    for i in {0, 1, n // 3, n // 2, n - 2, n - 1} & set(range(n)):
        assert digests[i].tobytes() == hashlib.sha256(some[i].tobytes()).digest(), i
    return pyaccel.scheduler.last_run()


ONLY = "chip:0,chip:1"


def test_the_curves_cross_and_the_choice_with_them(chips):
    """Of two devices whose costs cross inside the sweep, the cheaper one by its known cost runs every size."""
    quick_start, quick_row = Chip("chip:0", line(1e-6, 1e-7)), Chip("chip:1", line(2e-5, 2e-8))
    chips(quick_start, quick_row)
    ran = {n: hash_rows(n, device=ONLY).device for n in (1, 8, 16, 64, 100, 200, 256, 300, 1024)}
    assert ran == {n: "chip:0" if 1e-6 + 1e-7 * n < 2e-5 + 2e-8 * n else "chip:1" for n in ran}
    assert set(ran.values()) == {"chip:0", "chip:1"}
    assert crossover(quick_start._curve, quick_row._curve) == [238]


def test_auto_takes_a_device_that_is_quicker_than_native(chips):
    chips(Chip("chip:0", line(1e-9, 1e-10)))
    assert hash_rows(3).device == "chip:0"
    registry.remove_backend("chip:0")
    assert hash_rows(3).device == "native"


def test_a_device_without_a_curve_is_used_by_name_alone(chips):
    chips(Chip("chip:0"))
    assert hash_rows(3).device == "native"
    assert hash_rows(3, device="chip").device == "chip:0"
    assert hash_rows(3, device="chip:0,native").device == "native"
    assert "no cost is known" in str(pyaccel.explain("hash_many", 3, algorithm="sha256"))


@pytest.mark.parametrize("name", ["native", "native:0", "auto", "Chip", "chip:x", "chip:", "", "a,b"])
def test_a_backend_needs_a_kind_of_its_own(name):
    with pytest.raises(ValueError, match="can't be named"):
        registry.add_backend(Chip(name))


def test_kinds_of_installed_packages(monkeypatch):
    """An entry point is looked for when its name is first wanted, and a broken one is a reason."""
    entry = EntryPoint("chip", "no.such.module", registry.GROUP)
    monkeypatch.setattr(registry, "entry_points", lambda group: [entry] if group == registry.GROUP else [])
    monkeypatch.setattr(registry, "_found", dict(registry._found))
    registry._entry_points.cache_clear()
    try:
        with pytest.raises(DeviceUnavailableError, match="looking for chip devices failed: ModuleNotFoundError"):
            pyaccel.hash_many("sha256", [b""], device="chip:0")
        assert "chip" in {device.name for device in pyaccel.devices()}
    finally:
        registry._entry_points.cache_clear()
        registry.backends_of.cache_clear()


def test_equal_devices_halve_a_batch():
    both = [Offer(line(1e-6, 1e-6)), Offer(line(1e-6, 1e-6))]
    assert divide(HASH, both, 16384, 16384 * 64) == [8192, 8192]
    assert divide(HASH, both, 16384 + 5, (16384 + 5) * 64) in ([8192 + 5, 8192], [8192, 8192 + 5])


@pytest.mark.parametrize(
    "offers",
    [
        [Offer(line(1e-6, 1e-6))],
        [Offer(line(1e-6, 1e-8)), Offer(line(1e-6, 1e-8))],  # done within a tenth of a millisecond
        [Offer(line(1e-6, 1e-6)), Offer(line(1e-6, 2e-5))],  # a twentieth gains nothing
        [Offer(line(1e-6, 1e-6)), Offer(line(0.5, 1e-7))],  # a start that takes longer than all of it
        [Offer(line(1e-6, 1e-6)), Offer(line(1e-6, 1e-6), 30.0)],  # equal curves, but one runs 30 times as long
    ],
)
def test_what_is_not_divided(offers):
    assert divide(HASH, offers, 16384, 16384 * 64) == []


@pytest.mark.parametrize("n", [2048, 5000, 16384, 100_001, 10**6])
@pytest.mark.parametrize("ratio", [1.0, 1.7, 3.0, 6.0])
@pytest.mark.parametrize("link", [0.0, 1e-9])
def test_shares_end_together(n, ratio, link):
    """All rows are given, parts are whole multiples but for the slack, and no more than one multiple could be moved."""
    slow = line(3e-4, ratio * 2e-6)
    offers = [Offer(line(1e-6, 2e-6)), Offer(Curve(slow.seconds, link))]
    found = divide(HASH, offers, n, n * 64)
    if not found:
        alone = offers[0].seconds(HASH, n, n * 64)
        ideal = alone / (1 + 1 / ratio)
        assert ideal + 3e-4 + 1024 * 2e-6 * ratio > alone / GAIN / 1.2
        return
    assert sum(found) == n
    assert sum(count % 1024 != 0 for count in found) <= 1
    ends = [offer.seconds(HASH, count, count * 64) for offer, count in zip(offers, found, strict=True)]
    assert abs(ends[0] - ends[1]) <= 2 * 1024 * 2e-6 * ratio


def test_two_devices_run_their_shares_at_the_same_time(chips):
    """Each waits for the other in the middle of its share: one after the other they would wait for ever."""
    together = threading.Barrier(2, timeout=30)
    one, other = (Chip(f"chip:{i}", line(1e-6, 1e-6), lambda n: together.wait()) for i in range(2))
    chips(one, other)
    ran = hash_rows(5000, device=ONLY)
    assert ran.device == "chip:0+chip:1"
    assert sum(count for _, count in ran.parts) == 5000
    assert [chip.batches for chip in (one, other)] == [[ran.parts[0][1]], [ran.parts[1][1]]]
    assert one.threads.isdisjoint(other.threads)


def test_devices_on_the_same_silicon_do_not_share(chips):
    chips(Chip("chip:0", line(1e-6, 1e-6), resource="die"), Chip("chip:1", line(1e-6, 1e-6), resource="die"))
    assert hash_rows(5000, device=ONLY).device == "chip:0"


def test_every_part_of_a_divided_batch_is_told(chips):
    chips(Chip("chip:0", line(1e-6, 1e-6)), Chip("chip:1", line(1e-6, 1e-6)))
    seen = []
    watching.watchers.add(seen.append)
    try:
        with pyaccel.scheduler.record() as batches:
            hash_rows(4096, device=ONLY)
    finally:
        watching.watchers.remove(seen.append)
    if not seen:  # a bound method is another object each time it is looked up
        pytest.fail("nobody was told")
    assert sorted((attempt.device, attempt.n) for attempt in seen) == [("chip:0", 2048), ("chip:1", 2048)]
    assert [(ran.device, ran.n, ran.variant) for ran in batches] == [("chip:0+chip:1", 4096, "chip")]


def lost(n):
    raise DeviceError("lost")


@pytest.mark.parametrize("failing", [(0,), (1,), (0, 1)])
def test_a_device_that_fails_in_its_share_loses_no_row(chips, failing):
    chips(*(Chip(f"chip:{i}", line(1e-6, 1e-6), lost if i in failing else None) for i in range(2)))
    with pytest.warns(RuntimeWarning, match="lost"):
        ran = hash_rows(4096, device=ONLY)
    assert [name for name, _ in ran.parts] == ["native" if i in failing else f"chip:{i}" for i in range(2)]
    assert ran.notes == tuple(f"chip:{i} failed: lost" for i in failing)


def test_what_a_share_raises_comes_out_when_all_have_ended(chips):
    ended = threading.Event()

    def refuse(n):
        raise ValueError("messages: not on this chip")

    def slow(n):
        assert not ended.wait(0.2)
        ended.set()

    chips(Chip("chip:0", line(1e-6, 1e-6), refuse), Chip("chip:1", line(1e-6, 1e-6), slow))
    with pytest.raises(ValueError, match="not on this chip"):
        hash_rows(4096, device=ONLY)
    assert ended.is_set()


def test_a_divided_batch_with_keys_by_index(chips):
    """Shares of verify_many take their rows of all inputs; keys by index stay whole."""

    class Halves(Chip):
        def curve(self, operation, of):
            return line(1e-6, 1e-5) if of == "ed25519" else None

        def prepare(self, operation, parameters):
            plan = native.prepare(operation, parameters)
            self.batches.append(plan)
            return plan

    native = registry.discovered("native")[0]
    from pyaccel import known_values

    source = next(one for one in known_values.SIGNATURES if one[0] == "ed25519")
    questions, answers = source[4], source[5]["zip215"]
    n = 3000
    keys, messages, signatures = zip(*questions, strict=True)
    index = np.arange(n) % len(questions)
    chips(Halves("chip:0"), Halves("chip:1"))
    for some_keys, key_index in ((list(keys), index), ([keys[i] for i in index], None)):
        verdicts = pyaccel.verify_many(
            "ed25519",
            some_keys,
            [messages[i] for i in index],
            [signatures[i] for i in index],
            key_index=key_index,
            device=ONLY,
        )
        assert pyaccel.scheduler.last_run().device == "chip:0+chip:1"
        assert verdicts.tolist() == [answers[i] == 0 for i in index]


def slow_by(clock, seconds):
    def behave(n):
        clock[0] += seconds(n)

    return behave


def test_a_curve_that_is_wrong_is_corrected_and_the_choice_follows(chips):
    clock = chips.clock
    boaster = Chip("chip:0", line(1e-6, 1e-8), slow_by(clock, lambda n: 1e-6 + 2e-7 * n))
    honest = Chip("chip:1", line(1e-6, 4e-8), slow_by(clock, lambda n: 1e-6 + 4e-8 * n))
    chips(boaster, honest)
    ran = [hash_rows(1000, device=ONLY).device for _ in range(12)]
    assert ran[0] == "chip:0"
    assert ran[-4:] == ["chip:1"] * 4
    # When it is quick again, it is found out: its correction fades while it is idle.
    boaster.behave = slow_by(clock, lambda n: 1e-6 + 1e-8 * n)
    later = []
    for _ in range(20):
        clock[0] += HALF_LIFE
        later.append(hash_rows(1000, device=ONLY).device)
    assert later[-6:] == ["chip:0"] * 6


def test_a_backend_that_stays_slow_is_tried_ever_more_rarely(chips):
    clock = chips.clock
    boaster = Chip("chip:0", line(1e-9, 1e-8), slow_by(clock, lambda n: 2e-7 * n))
    honest = Chip("chip:1", line(1e-9, 4e-8), slow_by(clock, lambda n: 4e-8 * n))
    chips(boaster, honest)
    tried = []
    for _ in range(2):
        before = len(boaster.batches)
        for _ in range(1000):
            clock[0] += 10.0
            hash_rows(3, device=ONLY)
        tried.append(len(boaster.batches) - before)
    assert tried[1] < tried[0] / 2
    assert tried[0] < 100


def test_one_slow_batch_moves_nothing(chips):
    found = Drift(lambda: 0.0)
    for measured in (1.0, 1.0, 1.0, 9.0, 1.0, 1.0):
        found.note(KEY, 1.0, measured)
        assert found.factor(KEY) == pytest.approx(1.0)
    for _ in range(20):
        found.note(KEY, 1.0, 1e9)
    assert found.factor(KEY) == pytest.approx(32.0, rel=1e-3)
    for wrong in (0.0, -1.0):
        found.note(KEY, wrong, 1.0)
        found.note(KEY, 1.0, wrong)
    found.forget()
    assert found.factor(KEY) == 1.0


def test_corrections_of_many_threads():
    found = Drift()
    threads = [threading.Thread(target=lambda: [found.note(KEY, 1.0, 2.0) for _ in range(500)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found.factor(KEY) == pytest.approx(2.0, rel=1e-2)


def test_choices_do_not_flap_around_a_crossover(chips):
    """Two devices whose costs differ by less than the margin, first one and then the other ahead."""
    clock = chips.clock
    chips(Chip("chip:0", line(1e-6, 1e-7)), Chip("chip:1", line(1e-6, 1.04e-7)))
    ran = []
    for turn in range(10):
        for _ in range(3):
            drift.corrections.note(KEY, 1.0, 1.09 if turn % 2 else 0.99)
            clock[0] += 0.01
            ran.append(hash_rows(1000, device=ONLY).device)
    assert set(ran) == {"chip:0"}


def test_explain_tells_shares_corrections_crossovers_and_sources(chips):
    chips(Chip("chip:0", line(1e-6, 1e-6)), Chip("chip:1", line(1e-4, 5e-7)), Chip("chip:2", line(1e-6, 1e-3)))
    for _ in range(5):
        drift.corrections.note(("hash_many", "sha256", "chip:2", size_range(30_000)), 1.0, 2.0)
    names = "chip:0,chip:1,chip:2"
    shown = pyaccel.explain("hash_many", 30_000, algorithm="sha256", device=names)
    rows = {one.device: one.rows for one in shown.lines}
    assert shown.chosen == "chip:1+chip:0"
    assert rows["chip:0"] + rows["chip:1"] == 30_000
    assert rows["chip:2"] == rows["native"] == 0
    assert shown.together == pytest.approx(30_000 * 1e-6 / 3, rel=0.1)
    assert shown.crossovers == (("chip:0", "chip:1", 198),)
    correction = {one.device: one.factor for one in shown.lines}
    assert correction["chip:2"] == pytest.approx(2.0, rel=1e-3)
    assert correction["chip:0"] == 1.0
    text = str(shown)
    for words in (
        f"divided: chip:0 {rows['chip:0']:,} rows, chip:1 {rows['chip:1']:,} rows; about",
        "up to about 198 rows chip:0 is the quickest, then chip:1",
        "chip:2: batches took 2 times what its curve says",
        "shipped default",
        f"{names} was asked for",
    ):
        assert words in text
    with pyaccel.device(names):
        assert pyaccel.explain("hash_many", 30_000, algorithm="sha256").chosen == shown.chosen
    assert pyaccel.explain("hash_many", 10, algorithm="sha256", device=names).chosen == "chip:0"


@pytest.mark.parametrize(
    "name", ["native,", ",native", "native,gpu", "auto,native", "native, gpu", "native, ,golden", "native golden"]
)
def test_a_list_with_a_name_that_is_none(name):
    with pytest.raises(ValueError, match=r"is unknown; there are (auto, )?native"):
        pyaccel.hash_many("sha256", [b""], device=name)


def test_a_list_may_have_spaces(chips):
    chips(Chip("chip:0"), Chip("chip:1"))
    spaced = " chip:1 ,\tchip:0 "
    assert pyaccel.explain("hash_many", 10, algorithm="sha256", device=spaced).chosen.startswith("chip:")
    hash_rows(3, device=spaced)
    assert pyaccel.scheduler.last_run().device.startswith("chip:")
    with pyaccel.device("golden, native"):
        hash_rows(3)
    assert pyaccel.scheduler.last_run().device == "native"
    assert {one.device for one in pyaccel.selftest("native, golden")} == {"native", "golden"}


def test_a_list_with_a_device_that_is_missing(chips):
    with pytest.raises(DeviceUnavailableError, match="opencl:99"):
        hash_rows(3, device="native,opencl:99")


def test_a_list_whose_devices_all_decline_runs_natively_and_says_so(chips):
    chips(Chip("chip:0"), Chip("chip:1"))
    pyaccel.hash_many("sha512", [b""], device=ONLY)
    ran = pyaccel.scheduler.last_run()
    assert ran.device == "native"
    assert ran.notes == tuple(f"chip:{i} declined: a chip has sha256 alone" for i in range(2))


def test_a_divided_batch_in_parts(chips):
    """Progress is told after each part, and each part is divided anew."""
    native = registry.discovered("native")[0]

    class Verifier(Chip):
        def curve(self, operation, of):
            return line(1e-6, 1e-5) if of == "ed25519" else None

        def prepare(self, operation, parameters):
            return native.prepare(operation, parameters)

    from pyaccel.calibration.signed_rows import signed

    chips(Verifier("chip:0"), Verifier("chip:1"))
    some = signed("ed25519", 64, 64)
    index = np.arange(25_000) % 64
    signatures = some.signatures[index].copy()
    signatures[[0, 10_239, 10_240, 24_999], 0] ^= 1
    told = []
    verdicts = pyaccel.verify_many(
        "ed25519",
        some.keys[index],
        some.messages[index],
        signatures,
        device=ONLY,
        progress=lambda done, total: told.append((done, total)),
    )
    assert told == [(9_216, 25_000), (18_432, 25_000), (25_000, 25_000)]
    assert np.flatnonzero(~verdicts).tolist() == [0, 10_239, 10_240, 24_999]
    assert pyaccel.scheduler.last_run().device == "chip:0+chip:1"


def test_prepared_keys_and_rules_without_sums_have_costs_of_their_own(chips):
    """A device between native with tables and native without has the batches of plain keys alone."""
    native = registry.discovered("native")[0]

    def cost(scheme, **parameters):
        shown = pyaccel.explain("verify_many", 1024, scheme=scheme, **parameters)
        return next(one.cost for one in shown.lines if one.device == "native")

    between = (cost("sm2") + cost("sm2", prepared=True)) / 2

    class Verifier(Chip):
        def curve(self, operation, of):
            return line(between, 1e-12) if of == "sm2" else None

        def prepare(self, operation, parameters):
            return native.prepare(operation, parameters)

    from pyaccel.calibration.signed_rows import signed

    chips(Verifier("chip:0"))
    some = signed("sm2", 64, 64)
    index = np.arange(1024) % 64
    for keys, device in ((some.keys, "chip:0"), (pyaccel.PreparedKeys("sm2", some.keys), "native")):
        rows = some.messages[index], some.signatures[index]
        assert pyaccel.verify_many("sm2", keys, *rows, key_index=index, device="native,chip:0").all()
        assert pyaccel.scheduler.last_run().device == device
    assert cost("ed25519", prepared=True) < cost("ed25519") < cost("ed25519", rule="openssl")
    assert cost("ed25519", rule="openssl", prepared=True) == cost("ed25519", prepared=True)


@pytest.mark.parametrize(
    ("kinds", "wanted"),
    [
        ((("opencl", "gpu", "H100"), ("cuda", "gpu", "H100")), 1),  # one card under two drivers
        ((("opencl", "gpu", "H100"), ("opencl", "gpu", "H100")), 2),
        ((("opencl", "gpu", "H100"), ("cuda", "gpu", "A100")), 2),
        ((("opencl", "cpu", "EPYC"), ("opencl", "cpu", "pthread-EPYC")), 1),  # two runtimes on the same cores
    ],
)
def test_which_backends_share_silicon(monkeypatch, kinds, wanted):
    found = {}
    for kind, what, device in kinds:
        some = found.setdefault(kind, [])
        some.append(FakeDevice(f"{kind}:{len(some)}", f"{kind}-{what}", device))
    monkeypatch.setattr(registry, "_found", {kind: tuple(some) for kind, some in found.items()})
    backends = [backend for some in found.values() for backend in some]
    assert len({registry.resource(backend) for backend in backends}) == wanted
    cpu = FakeDevice("native", "native", "EPYC")
    assert (registry.resource(cpu) in map(registry.resource, backends)) == (kinds[0][1] == "cpu")


class FakeDevice:
    def __init__(self, name, kind, device):
        self.name, self.kind, self.device = name, kind, device

    def probe(self):
        return Capabilities(self.device)


def test_what_is_amiss_with_few_rows_says_nothing_of_many(chips):
    clock = chips.clock
    limping = Chip("chip:0", line(1e-6, 1e-8), slow_by(clock, lambda n: 1e-3 if n < 100 else 1e-6 + 1e-8 * n))
    chips(limping, Chip("chip:1", line(2e-6, 2e-8), slow_by(clock, lambda n: 2e-6 + 2e-8 * n)))
    assert [hash_rows(50, device=ONLY).device for _ in range(5)] == ["chip:0"] * 3 + ["chip:1"] * 2
    assert hash_rows(1000, device=ONLY).device == "chip:0"


def test_shadow_checks_are_no_cost_of_the_device(chips, monkeypatch):
    """Each takes a hundred times as long as the batch, and the device keeps its batches."""
    clock = chips.clock
    checks = []

    def differs(self, inputs, outputs, n, seconds):
        checks.append(seconds)
        clock[0] += 1.0

    monkeypatch.setattr(shadowing.Shadow, "differs", differs)
    quick = Chip("chip:0", line(1e-3, 1e-6), slow_by(clock, lambda n: 1e-3 + 1e-6 * n))
    chips(quick, Chip("chip:1", line(1.0, 1e-3)))
    assert {hash_rows(1000, device=ONLY).device for _ in range(10)} == {"chip:0"}
    assert checks == [pytest.approx(2e-3)] * 10
    assert drift.corrections.factor(KEY) == pytest.approx(1.0)


def test_each_piece_of_a_batch_has_its_own_choice(chips):
    """Small pieces natively, and the large one after them on the device that it is worth."""
    chip = Chip("chip:0", line(1e-4, 1e-12))
    chips(chip)
    messages = [i.to_bytes(64, "big") for i in range(9_010)]
    pieces = [pa.array(messages[:3], pa.binary()), pa.array(messages[3:9_003]), pa.array(messages[9_003:])]
    digests = pyaccel.hash_many("sha256", pa.chunked_array(pieces))
    assert [row.tobytes() for row in digests] == [hashlib.sha256(message).digest() for message in messages]
    assert chip.batches == [9_000]


def test_a_device_that_fails_at_a_piece_gets_no_more_of_the_batch(chips):
    chip = Chip("chip:0", line(1e-6, 1e-12), lost)
    chips(chip)
    messages = [i.to_bytes(64, "big") for i in range(9_000)]
    pieces = [pa.array(messages[i : i + 3_000], pa.binary()) for i in range(0, 9_000, 3_000)]
    with pytest.warns(RuntimeWarning, match="lost"):
        digests = pyaccel.hash_many("sha256", pa.chunked_array(pieces))
    assert [row.tobytes() for row in digests] == [hashlib.sha256(message).digest() for message in messages]
    assert chip.batches == [3_000]
