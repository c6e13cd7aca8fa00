# SPDX-License-Identifier: Apache-2.0
"""Choosing, declining, falling back, quarantine, device names and explain, with devices made up for it."""

from __future__ import annotations

import hashlib
import random
import subprocess
import sys
from dataclasses import replace
from functools import partial

import numpy as np
import pyarrow as pa
import pytest
from fake_devices import Fake, FakePlan, installed

import pyaccel
from pyaccel import known_answers
from pyaccel.backends.base import Declined, Unavailable
from pyaccel.cpu import cgroup_quota, usable_cores
from pyaccel.errors import DeviceError, DeviceUnavailableError, SelfTestError, UnsupportedError
from pyaccel.he.known_answers import FUNCTIONS
from pyaccel.operations import OPERATIONS
from pyaccel.scheduler import costs, default_curves, execution, registry, watching
from pyaccel.scheduler.curves import POINTS, Curve, until

MESSAGES = [b"a", b"bc", b""]
DIGESTS = [hashlib.sha256(m).digest() for m in MESSAGES]

HASH = OPERATIONS["hash_many"]


@pytest.fixture
def devices(monkeypatch):
    """Puts devices in the place of OpenCL's, with nothing known of any of them."""
    with installed(monkeypatch) as install:
        yield install


def hashed(**arguments):
    return [row.tobytes() for row in pyaccel.hash_many("sha256", MESSAGES, **arguments)]


def last():
    ran = pyaccel.scheduler.last_run()
    return ran.device, ran.variant


def test_a_small_batch_stays_native(devices):
    fake = Fake()
    devices(fake)
    assert hashed() == DIGESTS
    assert last()[0] == "native"
    assert fake.batches == []


def test_the_curves_decide(devices, monkeypatch):
    fake = Fake()
    devices(fake)
    rows = np.zeros((20000, 64), np.uint8)
    real = default_curves.curve
    slow = Curve((1.0,) * 6 + (2.0, 3.0))
    monkeypatch.setattr(default_curves, "curve", lambda o, g, kind: slow if kind == "native" else real(o, g, kind))
    digests = pyaccel.hash_many("sha256", rows)
    assert last() == ("opencl:0", "fake")
    assert digests[-1].tobytes() == hashlib.sha256(bytes(64)).digest()
    assert fake.batches[-1] == 20000
    choice = pyaccel.explain("hash_many", 20000, algorithm="sha256")
    assert choice.chosen == "opencl:0"
    monkeypatch.setattr(execution, "_placements", {})
    monkeypatch.setattr(default_curves, "curve", real)
    assert pyaccel.explain("hash_many", 2, algorithm="sha256").chosen == "native"


def test_a_named_device_runs_it(devices):
    fake, other = Fake(), Fake("opencl:1")
    devices(fake, other)
    for name, device in (("opencl", "opencl:0"), ("opencl:0", "opencl:0"), ("opencl:1", "opencl:1")):
        assert hashed(device=name) == DIGESTS
        assert last() == (device, "fake")
    assert hashed(device="golden") == DIGESTS
    assert last() == ("golden", "python")
    assert hashed(device="native") == DIGESTS
    assert last()[0] == "native"


def test_what_a_named_device_declines_runs_natively_and_says_so(devices):
    devices(Fake(declines=("keccak256",)))
    pyaccel.hash_many("keccak256", MESSAGES, device="opencl")
    ran = pyaccel.scheduler.last_run()
    assert ran.device == "native"
    assert ran.notes == ("opencl:0 declined: fake has no keccak256",)


def test_the_second_device_of_a_kind_takes_what_the_first_declines(devices):
    devices(Fake(declines=("sha256",)), Fake("opencl:1"))
    assert hashed(device="opencl") == DIGESTS
    assert last()[0] == "opencl:1"
    assert hashed(device="opencl:0") == DIGESTS
    assert last()[0] == "native"


def fail_large(n):
    if n == len(MESSAGES):
        raise DeviceError("device lost")


def test_a_failed_device_loses_no_row_and_warns_once(devices, recwarn):
    devices(Fake(behave=fail_large))
    with pytest.warns(RuntimeWarning, match="opencl:0 failed at hash_many.*device lost"):
        assert hashed(device="opencl:0") == DIGESTS
    ran = pyaccel.scheduler.last_run()
    assert (ran.device, ran.notes) == ("native", ("opencl:0 failed: device lost",))
    recwarn.clear()
    assert hashed(device="opencl:0") == DIGESTS
    assert not recwarn.list


def test_a_device_lost_between_the_chunks_of_a_batch(devices):
    """Rows in several pieces: those that it did stay, all others are done elsewhere."""
    messages = [str(i).encode() * (i % 5) for i in range(70)]
    chunks = pa.chunked_array(
        [pa.array(messages[:20], pa.binary()), pa.array(messages[20:45]), pa.array(messages[45:])]
    )

    def fail_at_the_second(n):
        if n == 25:
            raise DeviceError("device lost")

    devices(fake := Fake(behave=lambda n: None))
    pyaccel.hash_many("sha256", [b""], device="opencl:0")
    known = len(fake.batches)
    fake.behave = fail_at_the_second
    with pytest.warns(RuntimeWarning, match="device lost"):
        digests = pyaccel.hash_many("sha256", chunks, device="opencl:0")
    assert [row.tobytes() for row in digests] == [hashlib.sha256(m).digest() for m in messages]
    assert fake.batches[known:] == [20, 25]
    assert pyaccel.scheduler.last_run().device == "native"


def test_when_native_fails_golden_does_it(devices, monkeypatch):
    devices()
    from pyaccel.backends.native import HashPlan

    def broken(self, inputs, outputs, n):
        raise DeviceError("broken")

    monkeypatch.setattr(HashPlan, "run", broken)
    with pytest.warns(RuntimeWarning, match="native failed"):
        assert hashed() == DIGESTS
    assert last()[0] == "golden"


def test_other_errors_of_a_device_come_out(devices):
    def refuse(n):
        if n == len(MESSAGES):
            raise ValueError("messages: too long for this device")

    devices(Fake(behave=refuse))
    with pytest.raises(ValueError, match="too long for this device"):
        hashed(device="opencl")


class WrongPlan(FakePlan):
    def run(self, inputs, outputs, n):
        super().run(inputs, outputs, n)
        outputs["digests"][n // 2, 0] ^= 1


def test_a_wrong_answer_ends_the_use_of_a_device(devices, monkeypatch):
    bad = Fake()
    monkeypatch.setattr(bad, "prepare", lambda operation, parameters: WrongPlan(bad, parameters["algorithm"]))
    devices(bad)
    with (
        pytest.warns(RuntimeWarning, match=r"does not use opencl:0 any more: hash_many \(FIPS 180-4.*digests\[32\] is"),
        pytest.raises(SelfTestError, match="opencl:0 is not used any more"),
    ):
        hashed(device="opencl")
    with pytest.raises(SelfTestError):
        hashed(device="opencl:0")
    assert bad.batches == [known_answers.FULL_LANES]
    assert hashed() == DIGESTS
    assert last()[0] == "native"


def test_known_answers_come_first_and_once(devices):
    fake = Fake()
    devices(fake)
    for _ in range(3):
        hashed(device="opencl")
    assert fake.batches == [known_answers.FULL_LANES, 3, 3, 3]


@pytest.mark.parametrize("name", ["gpu", "Native", "native:0", "golden:1", "opencl:", "opencl:x", "", " auto", None, 3])
def test_an_unknown_device(name):
    for call in (lambda: hashed(device=name), lambda: pyaccel.hash_many("sha256", [], device=name)):
        with pytest.raises(ValueError, match="is unknown; there are auto, native, opencl, cuda, golden, opencl:0"):
            call()
    with pytest.raises(ValueError, match="is unknown"), pyaccel.device(name):
        pass


def test_a_known_device_that_is_missing(devices):
    devices(reason="no driver; install one")
    for name in ("opencl", "opencl:0"):
        with pytest.raises(DeviceUnavailableError, match=f"'{name}' is not available: no driver; install one"):
            hashed(device=name)
    with pytest.raises(DeviceUnavailableError, match="no CUDA for this test"):
        hashed(device="cuda:0")
    assert hashed() == DIGESTS


def test_a_device_that_does_not_work(devices):
    devices(Fake(state=Unavailable("its compiler crashes")), Fake("opencl:1"))
    with pytest.raises(DeviceUnavailableError, match="opencl:0: its compiler crashes"):
        hashed(device="opencl:0")
    with pytest.raises(DeviceUnavailableError, match="'opencl:7' is not available; there are opencl:0, opencl:1"):
        hashed(device="opencl:7")
    assert hashed(device="opencl") == DIGESTS
    assert last()[0] == "opencl:1"


def test_a_probe_that_raises_is_a_reason(devices, monkeypatch):
    fake = Fake()
    monkeypatch.setattr(fake, "probe", lambda: 1 / 0)
    devices(fake)
    rows = {device.name: device for device in pyaccel.devices()}
    assert not rows["opencl:0"].available
    assert "ZeroDivisionError" in rows["opencl:0"].reason
    assert rows["native"].available
    assert rows["golden"].available
    assert "no CUDA for this test" in rows["cuda"].reason


def test_device_as_a_context(devices):
    devices(Fake())
    with pyaccel.device("opencl"):
        assert hashed() == DIGESTS
        assert last()[0] == "opencl:0"
        assert hashed(device="golden") == DIGESTS
        assert last()[0] == "golden"
        with pyaccel.device("native"):
            hashed()
            assert last()[0] == "native"
        hashed()
        assert last()[0] == "opencl:0"
    hashed()
    assert last()[0] == "native"


@pytest.mark.parametrize(
    ("value", "code", "wanted"),
    [
        ("golden", 0, "golden"),
        ("", 0, "native"),
        ("auto", 0, "native"),
        ("tpu", 1, "PYACCEL_DEVICE: device 'tpu' is unknown"),
        ("cuda:77", 1, "PYACCEL_DEVICE: device 'cuda:77' is not available"),
        ("native,golden:0", 1, "PYACCEL_DEVICE: device 'golden:0' is unknown"),
        ("native,auto", 1, "PYACCEL_DEVICE: device 'auto' is unknown; there are native, "),
    ],
)
def test_device_from_the_environment(value, code, wanted, monkeypatch):
    monkeypatch.setenv("PYACCEL_DEVICE", value)
    script = "import pyaccel; pyaccel.hash_many('sha256', [b'a']); print(pyaccel.scheduler.last_run().device)"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert run.returncode == code
    assert wanted in run.stdout + run.stderr


def test_record_collects_what_runs_within():
    with pyaccel.scheduler.record() as batches:
        hashed()
        pyaccel.merkle.root(MESSAGES, device="golden")
    hashed()
    assert [(ran.operation, ran.device, ran.n) for ran in batches] == [
        ("hash_many", "native", 3),
        ("merkle.root", "golden", 3),
    ]
    assert all(ran.seconds > 0 and ran.variant for ran in batches)


def test_nobody_takes_it(devices, monkeypatch):
    devices()
    from pyaccel.backends.golden import GoldenBackend
    from pyaccel.backends.native import NativeBackend

    for backend in (GoldenBackend, NativeBackend):
        monkeypatch.setattr(backend, "prepare", lambda *_: Declined("not today"))
    for device in ("auto", "native", "golden"):
        with pytest.raises(UnsupportedError, match=r"hash_many: .*not today"):
            hashed(device=device)


def test_explain_shows_every_device(devices):
    devices(Fake(declines=("keccak256",)))
    shown = pyaccel.explain("hash_many", 5000, algorithm="keccak256", device="opencl")
    assert (shown.chosen, shown.n, shown.nbytes) == ("native", 5000, 320_000)
    rows = {line.device: line for line in shown.lines}
    assert rows["opencl:0"].reason == "opencl:0 declined: fake has no keccak256"
    assert rows["native"].chosen
    assert rows["native"].cost > 0
    assert rows["golden"].cost > rows["native"].cost
    assert "no CUDA for this test" in rows["cuda"].reason
    text = str(shown)
    for word in ("n=262144", "<- chosen", "fake has no keccak256", "algorithm=keccak256", "golden"):
        assert word in text


def test_explain_looks_for_nothing_that_cannot_win(devices):
    devices()
    registry._found.clear()
    assert "not looked for" in str(pyaccel.explain("hash_many", 4, algorithm="sha256"))
    text = str(pyaccel.explain("merkle.verify_multiproof", 10**7, form="ssz"))
    assert "auto leaves it out" in text
    assert not registry.looked_for("opencl")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"operation": "sort"}, "operation 'sort' is unknown; there are hash_many"),
        ({"operation": "he.add", "scheme": "bfv"}, r"'he.add': nothing is chosen for ciphertexts.*\.to\('opencl:0'\)"),
        ({"operation": "verify_many"}, "scheme: verify_many is explained for one"),
        ({"operation": "hash_many", "form": "bitcoin"}, "hash_many has no parameter form; it has algorithm"),
        ({"operation": "hash_many", "algorithm": "md5"}, "'md5' is unknown"),
        ({"operation": "hash_many", "algorithm": "sha256", "device": "tpu"}, "'tpu' is unknown"),
    ],
)
def test_explain_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        pyaccel.explain(n=10, **arguments)


@pytest.mark.parametrize("n", [None, "10", 1.5, -1, 2**64])
def test_explain_wants_a_number_of_rows(n):
    with pytest.raises((TypeError, ValueError), match="n: "):
        pyaccel.explain("hash_many", n, algorithm="sha256")


def test_curves_are_linear_between_points_and_monotone():
    curve = Curve(tuple(float(p) for p in POINTS), link=2.0, start_up=5.0)
    operation = OPERATIONS["hash_many"]
    assert [curve.at(n) for n in (0, 1, 5, 8, 100, 2**18, 2**19)] == [0, 1, 5, 8, 100, 2**18, 2**19]
    assert curve.cost(operation, 10, 640) == 5 + 10 + 1280
    assert curve.cost(operation, 10, 6400) == 5 + 100 + 12800
    costs = [curve.at(n) for n in range(3000)]
    assert costs == sorted(costs)
    for wrong in ((1.0,), (2.0, 1.0) * 4, (0.0,) * 8):
        with pytest.raises(ValueError, match="a curve has 8 positive numbers"):
            Curve(wrong)


def test_rows_that_are_computed_together_cost_in_steps():
    curve = Curve((3.0, 8, 16, 64, 256, 1024, 16384, 2**18), lanes=8)
    wanted = {0: 0, 1: 3, 2: 8, 7: 8, 8: 8, 9: 11, 10: 16, 16: 16, 17: 19, 18: 24, 64: 64, 65: 67, 66: 72}
    assert {n: curve.at(n) for n in wanted} == wanted
    costs = [curve.at(n) for n in range(3000)]
    assert costs == sorted(costs)
    dear = Curve((7.0, 7, 8, 32, 128, 512, 8192, 2**17), lanes=4)
    assert [dear.at(n) for n in range(1, 11)] == [7, 7, 7, 7, 7, 7, 7, 7, 7.5, 7.5]


@pytest.mark.parametrize("lanes", [4, 8])
def test_steps_stay_below_the_other_as_far_as_until_says(lanes):
    generator = random.Random(lanes)
    found = set()
    for _ in range(300):
        first, row = generator.uniform(1, 30), generator.uniform(0.5, 2)
        steps = Curve(tuple(max(first, row * point) for point in POINTS), lanes=lanes)
        start, row = generator.uniform(1, 90), generator.uniform(0.5, 2)
        other = Curve(tuple(start + row * point for point in POINTS))
        reached = until(steps, other, OPERATIONS["recover_many"])
        found.add(reached)
        assert all(steps.at(n) <= other.at(n) * (1 + 1e-9) for n in range(1, min(reached, 2000) + 1))
    assert {0, 64, POINTS[-1]} <= found


def test_native_signatures_are_computed_in_the_lanes_of_their_variant():
    native = registry.discovered("native")[0]
    lanes = {"avx512ifma": 8, "avx512ifma-emulated": 8, "avx2": 4}
    for operation, of, family in (
        ("verify_many", "p384-ecdsa", "p384"),
        ("verify_many", "sm2/prepared", "sm2"),
        ("recover_many", "ethereum-transaction", "secp256k1"),
    ):
        (variant,) = (one.name for one in pyaccel.info().variants if one.bound and one.family == family)
        assert costs.curve(OPERATIONS[operation], of, native).lanes == lanes.get(variant, 1)
    assert costs.curve(OPERATIONS["hash_many"], "sha256", native).lanes == 1


def test_until_is_where_the_other_wins():
    mine = Curve((1.0, 2, 3, 4, 5, 6, 7, 8))
    assert until(mine, mine, HASH) == POINTS[-1]
    assert until(mine, Curve((2.0, 3, 4, 4, 4, 4, 4, 4)), HASH) == 64
    assert until(mine, Curve((0.5, 3, 4, 4, 5, 6, 7, 8)), HASH) == 0
    assert until(Curve(mine.seconds, link=1.0), mine, HASH) == 0
    # Measured ones are compared at the rows that they were measured with, and longer ones.
    measured = replace(mine, row=256.0, link=1e-3)
    assert until(measured, Curve((0.9,) * 8, link=1.0, row=256.0), HASH) == 0
    assert until(measured, Curve((1.1, *mine.seconds[1:]), link=1e-3, row=256.0), HASH) == POINTS[-1]
    assert until(measured, Curve(mine.seconds, link=0.0, row=256.0), HASH) == 0


@pytest.mark.parametrize("kind", ["native", "golden", "opencl-cpu", "opencl-gpu"])
def test_shipped_curves(kind):
    for answer in known_answers.known():
        operation = OPERATIONS[answer.operation]
        group = known_answers.group(operation, answer.parameters)
        curve = default_curves.curve(operation, group, kind)
        native = default_curves.curve(operation, group, "native")
        assert (answer.operation, group) in default_curves._NATIVE
        assert (answer.operation, group) in default_curves._GOLDEN
        if kind.startswith("opencl"):
            assert (curve is not None) == ((answer.operation, group) in default_curves._OPENCL)
        if kind != "native" and curve is not None:
            assert curve.at(1) > native.at(1)
        assert kind != "golden" or until(native, curve, operation) == POINTS[-1]


def test_every_known_answer_fails_a_plan_that_is_wrong():
    class Nothing:
        variant = "none"

        def run(self, inputs, outputs, n):
            for output in outputs.values():
                output[:] = 0

    for answer in known_answers.known():
        right = answer.check(registry.backends_of("golden")[0].prepare(OPERATIONS[answer.operation], answer.parameters))
        assert right is None
        if any(expected.any() for expected in answer.expected.values()):
            assert answer.operation in (answer.check(Nothing()) or "")


def test_every_algorithm_form_and_rule_has_a_known_answer():
    def asked(operation, *names):
        answers = [a for a in known_answers.known() if a.operation == operation]
        return {tuple(a.parameters[name] for name in names) for a in answers}

    assert {name for (name,) in asked("hash_many", "algorithm")} == set(pyaccel.algorithms())
    for operation in ("merkle.root", "merkle.layers", "merkle.proofs", "merkle.verify_many"):
        assert {name for (name,) in asked(operation, "form")} == set(pyaccel.forms())
    wanted = {(scheme, rule) for scheme in pyaccel.schemes() for rule in pyaccel.rules(scheme)}
    assert asked("verify_many", "scheme", "rule") == wanted
    assert {rule for rule, _ in asked("recover_many", "rule", "addresses")} == set(pyaccel.recovery_rules())


def test_selftest_passes_here_and_names_what_it_skips():
    results = pyaccel.selftest()
    assert {r.device for r in results} >= {"native", "golden", "cuda"}
    assert not [r for r in results if r.result == "fail"]
    assert all(r.result == "pass" for r in results if r.device == "native")
    he = [r for r in results if r.operation.startswith("he.")]
    assert all(r.result == ("skip" if r in he else "pass") for r in results if r.device == "golden")
    assert all(r.reason for r in results if r.result == "skip")
    assert {r.operation for r in results} == {*OPERATIONS, *(f"he.{function}" for function in FUNCTIONS)}
    told = []
    golden = pyaccel.selftest("golden", progress=lambda *state: told.append(state))
    assert {r.device for r in golden} == {"golden"}
    assert told == [(i, len(golden), "golden") for i in range(len(golden) + 1)]
    for unknown in ("tpu", ""):
        with pytest.raises(ValueError, match="is unknown"):
            pyaccel.selftest(unknown)


@pytest.mark.parametrize("call", [partial(pyaccel.selftest, "native"), pyaccel.info, pyaccel.calibrate])
def test_progress_is_a_function(call):
    with pytest.raises(TypeError, match=r"progress: a int came; wanted a function of \(.* in all, "):
        call(progress=1)


def test_selftest_reports_a_failure(devices, monkeypatch):
    bad = Fake()
    monkeypatch.setattr(bad, "prepare", lambda operation, parameters: WrongPlan(bad, "sha256"))
    devices(bad)
    missing = pyaccel.selftest("opencl:9")
    assert {(r.device, r.result, r.reason) for r in missing} == {("opencl:9", "skip", "there are opencl:0")}
    assert {r.device for r in pyaccel.selftest("opencl:9,opencl:0")} == {"opencl:9", "opencl:0"}
    results = pyaccel.selftest("opencl:0")
    he = [r for r in results if r.operation.startswith("he.")]
    assert {r.result for r in results if r not in he} == {"fail"}
    assert {(r.result, r.reason) for r in he} == {
        ("skip", "it keeps no ciphertexts; the CPU does, and devices that run OpenCL or CUDA do")
    }
    assert "digests[32] is" in results[0].reason


def test_info(devices):
    devices(Fake(declines=("keccak256",)))
    info = pyaccel.info()
    assert info.levels["portable"]
    assert info.cores == usable_cores() >= 1
    assert info.threads >= 1
    families = {variant.family for variant in info.variants if variant.bound}
    assert {"sha256", "ed25519", "secp256k1"} <= families
    rows = {(row.operation, row.of, row.device): row for row in info.operations}
    assert rows["hash_many", "sha256", "opencl:0"].variant == "fake"
    assert rows["hash_many", "keccak256", "opencl:0"].reason == "fake has no keccak256"
    assert all(rows[operation, of, "native"].variant for operation, of, device in rows if device == "native")
    assert {device.name for device in info.devices} == {"native", "opencl:0", "cuda", "golden"}


@pytest.mark.parametrize(
    ("files", "wanted"),
    [
        ({"proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/b/cpu.max": "max 100000\n"}, None),
        ({"proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/cpu.max": "150000 100000\n"}, 1.5),
        (
            {
                "proc/self/cgroup": "0::/a/b\n",
                "sys/fs/cgroup/a/b/cpu.max": "400000 100000\n",
                "sys/fs/cgroup/a/cpu.max": "50000 100000\n",
            },
            0.5,
        ),
        ({"proc/self/cgroup": "0::/host/path\n", "sys/fs/cgroup/cpu.max": "200000 100000\n"}, 2.0),
        (
            {
                "proc/self/cgroup": "4:memory:/x\n3:cpu,cpuacct:/x\n",
                "sys/fs/cgroup/cpu/x/cpu.cfs_quota_us": "300000\n",
                "sys/fs/cgroup/cpu/x/cpu.cfs_period_us": "100000\n",
            },
            3.0,
        ),
        (
            {
                "proc/self/cgroup": "3:cpu:/x\n",
                "sys/fs/cgroup/cpu/x/cpu.cfs_quota_us": "-1\n",
                "sys/fs/cgroup/cpu/x/cpu.cfs_period_us": "100000\n",
            },
            None,
        ),
        ({"proc/self/cgroup": "0::/a\n", "sys/fs/cgroup/a/cpu.max": "nonsense\n"}, None),
        ({}, None),
    ],
)
def test_control_groups(files, wanted, tmp_path):
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    assert cgroup_quota(tmp_path) == wanted


def test_watchers_see_every_attempt(devices):
    def lost(n):
        if n == len(MESSAGES):
            raise DeviceError("lost")

    devices(Fake(behave=lost))
    seen = []
    watching.watchers.add(seen.append)
    watching.watchers.add(seen.append)
    try:
        with pytest.warns(RuntimeWarning, match="the rows are computed elsewhere"):
            assert hashed(device="opencl:0") == DIGESTS
    finally:
        watching.watchers.remove(seen.append)
    hashed()
    assert [(a.operation, a.of, a.device, a.n, a.nbytes) for a in seen] == [
        ("hash_many", "sha256", "opencl:0", 3, 3),
        ("hash_many", "sha256", "native", 3, 3),
    ]
    assert str(seen[0].error) == "lost"
    assert seen[1].error is None
    assert all(a.seconds > 0 for a in seen)
    assert seen[1].start >= seen[0].start + seen[0].seconds
