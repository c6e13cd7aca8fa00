# SPDX-License-Identifier: Apache-2.0
"""Measuring, keeping and reading cost curves; files that can't be believed; folders that can't be written."""

from __future__ import annotations

import json
import logging
import os
import warnings

import numpy as np
import pytest

import pyaccel
from pyaccel import logs
from pyaccel.backends.native import HashPlan, environment_threads
from pyaccel.calibration import calibrate, measuring, workloads
from pyaccel.calibration.disturbance import disturbance, limited, now, waited
from pyaccel.calibration.measuring import Effort
from pyaccel.calibration.signed_rows import signed
from pyaccel.cli.main import run as command
from pyaccel.errors import DeviceUnavailableError
from pyaccel.operations import OPERATIONS
from pyaccel.scheduler import costs, curve_store, default_curves, registry
from pyaccel.scheduler.curve_store import Measured
from pyaccel.scheduler.curves import POINTS, ROW_BYTES

HASH = OPERATIONS["hash_many"]


@pytest.fixture
def file(tmp_path, monkeypatch):
    """Where this test's calibration stands; what it made known is forgotten afterwards."""
    path = tmp_path / "folder" / "curves.json"
    monkeypatch.setenv("PYACCEL_CALIBRATION", str(path))
    monkeypatch.setattr(logs, "_logged", {})
    curve_store.reload()
    yield path
    monkeypatch.undo()
    curve_store.reload()


@pytest.fixture
def hasty(monkeypatch):
    """Measures badly, and at once, whatever else runs here."""
    monkeypatch.setattr(measuring, "limited", lambda: False)
    monkeypatch.setattr(measuring, "disturbance", lambda since, until: 0.0)
    monkeypatch.setitem(measuring.EFFORTS, "quick", Effort(batch=1e-3, sample=1e-5, samples=1, distinct=64))


def native():
    return registry.discovered("native")[0]


def measured(of="sha256", first=1.0, threads=None, device=None):
    return Measured(
        "hash_many",
        of,
        device or registry.identity(native()),
        "native",
        curve_store.threads(native()) if threads is None else threads,
        tuple(first + point for point in POINTS),
        64.0,
        1e-9,
        0.5,
        1024,
        "2026-01-02T03:04:05+00:00",
    )


def test_kept_curves_are_read_again(file):
    assert curve_store.keep([measured(), measured("sha512", 2.0)]) == file
    curve_store.reload()
    curve = costs.curve(HASH, "sha256", native())
    assert curve.seconds == tuple(1.0 + point for point in POINTS)
    assert (curve.source, curve.row, curve.link, curve.start_up) == ("measured 2026-01-02", 64.0, 1e-9, 0.0)
    assert costs.curve(HASH, "keccak256", native()) == default_curves.curve(HASH, "keccak256", "native")
    assert curve_store.keep([measured("sha512", 3.0)]) == file
    curve_store.reload()
    assert [one.seconds[0] for one in curve_store.curves().values()] == [2.0, 4.0]
    assert list(file.parent.iterdir()) == [file]


def test_a_measured_curve_costs_what_longer_rows_did():
    curve = measured().curve()
    assert curve.cost(HASH, 8, 8 * 64) == curve.at(8)
    assert curve.cost(HASH, 8, 8 * 1064) == pytest.approx(curve.at(8) + 8 * 1000 * 1e-9)
    assert curve.cost(HASH, 8, 0) == curve.at(8)
    assert measured().curve(started=False).cost(HASH, 8, 0) == curve.at(8) + 0.5


def test_another_number_of_threads_and_another_driver(file):
    now = curve_store.threads(native())
    curve_store.keep([measured(threads=now + 1), measured("sha512", device="native | another processor")])
    for of in ("sha256", "sha512"):
        assert costs.curve(HASH, of, native()) == default_curves.curve(HASH, of, "native")
    curve_store.keep([measured(threads=1)])
    assert costs.curve(HASH, "sha256", native()).at(2**18) == pytest.approx((1.0 + 2**18) / now, rel=1e-5)


def test_a_kind_that_nobody_looked_for_costs_what_was_measured_and_its_start(file):
    slow = measured(device="opencl | x", threads=0)
    curve_store.keep([Measured(**{**slow.__dict__, "name": "opencl:7"})])
    curve = costs.before_start(HASH, "sha256", "opencl")
    assert (curve.at(1), curve.cost(HASH, 1, 64)) == (2.0, 2.5)
    assert costs.before_start(HASH, "sha512", "opencl") == default_curves.before_start(HASH, "sha512", "opencl")


def document(**changes):
    """A file's content, of one curve, with fields of the file or of the curve replaced."""
    curve = {**measured().__dict__} | {name[6:]: value for name, value in changes.items() if name.startswith("curve_")}
    content = {"format": 1, "machine": curve_store.machine(), "points": POINTS, "curves": [curve]}
    content |= {name: value for name, value in changes.items() if not name.startswith("curve_")}
    return json.dumps(content).encode()


def test_such_a_document_is_read(file):
    file.parent.mkdir()
    file.write_bytes(document())
    assert costs.curve(HASH, "sha256", native()).at(1) == 2.0


BAD = {
    "empty": b"",
    "binary": bytes(range(256)),
    "cut off": b'{"format": 1, "curves": [',
    "deep": b"[" * 100_000,
    "a list": b"[]",
    "a number": b"7",
    "another format": lambda: document(format=2),
    "a format that is true": lambda: document(format=True, machine={}),
    "another machine": lambda: document(machine=curve_store.machine() | {"processor": "Z80"}),
    "another version": lambda: document(machine=curve_store.machine() | {"pyaccel": "0.0.1"}),
    "other points": lambda: document(points=[1, 2, 3]),
    "curves that are none": lambda: document(curves={"a": 1}),
    "a curve that is none": lambda: document(curves=[7]),
    "a field less": lambda: document(curves=[{"operation": "hash_many"}]),
    "a field more": lambda: document(curve_more=1),
    "seconds that fall": lambda: document(curve_seconds=[float(-i + 9) for i in range(8)]),
    "too few seconds": lambda: document(curve_seconds=[1.0, 2.0]),
    "seconds that are words": lambda: document(curve_seconds=["1"] * 8),
    "not a number": lambda: document(curve_seconds=[float("nan")] * 8),
    "infinity": lambda: document(curve_seconds=[1.0] * 7 + [float("inf")]),
    "no time": lambda: document(curve_seconds=[0.0] * 8),
    "negative": lambda: document(curve_link=-1.0),
    "huge": lambda: document(curve_row=10**400),
    "no row": lambda: document(curve_row=0.0),
    "true as threads": lambda: document(curve_threads=True),
    "a name that is none": lambda: document(curve_name=None),
    "too large": lambda: document(more=" " * curve_store.LARGEST),
}


@pytest.mark.parametrize("content", BAD.values(), ids=BAD)
def test_a_file_that_can_not_be_believed(file, caplog, content):
    """Shipped curves hold, the reason and a mend are logged once, and nothing is raised."""
    file.parent.mkdir()
    file.write_bytes(content() if callable(content) else content)
    for _ in range(2):
        curve_store.reload()
        with caplog.at_level(logging.INFO, "pyaccel"):
            assert pyaccel.hash_many("sha256", [b"abc"])[0, 0] == 0xBA
        assert costs.curve(HASH, "sha256", native()) == default_curves.curve(HASH, "sha256", "native")
    (record,) = caplog.records
    assert (record.event, record.path) == ("calibration.ignored", str(file))
    assert record.reason
    assert "pyaccel calibrate" in record.getMessage()
    assert curve_store.keep([measured()]) == file
    curve_store.reload()
    assert costs.curve(HASH, "sha256", native()).at(1) == 2.0


def test_a_folder_in_the_place_of_the_file(file, caplog):
    file.mkdir(parents=True)
    with caplog.at_level(logging.INFO, "pyaccel"):
        assert not curve_store.curves()
    assert "not used" in caplog.text
    with pytest.warns(RuntimeWarning, match="can't be written"):
        assert curve_store.keep([measured()]) is None
    assert [one.name for one in file.parent.iterdir()] == [file.name]


def test_a_pipe_in_the_place_of_the_file(file, caplog):
    """Reading it would never end; and a device, /dev/null say, must not be replaced by a file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(file)
    with caplog.at_level(logging.INFO, "pyaccel"):
        assert not curve_store.curves()
    assert "it is no file" in caplog.text
    with pytest.warns(RuntimeWarning, match="can't be written"):
        assert curve_store.keep([measured()]) is None
    assert file.is_fifo()


def test_a_folder_that_can_not_be_written(file, caplog):
    """The curves hold in this process, and one clear warning says why in no other."""
    file.parent.parent.joinpath("folder").write_text("a file where the folder should be")
    with caplog.at_level(logging.INFO, "pyaccel"), pytest.warns(RuntimeWarning, match="hold for this process only"):
        assert curve_store.keep([measured()]) is None
    assert "cache.unwritable" in [getattr(record, "event", "") for record in caplog.records]
    assert costs.curve(HASH, "sha256", native()).at(1) == 2.0


def test_a_write_that_fails_half_way_leaves_the_old_file(file, monkeypatch):
    curve_store.keep([measured()])
    before = file.read_bytes()

    def dump(document, part, indent):
        part.write("{")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(json, "dump", dump)
    with pytest.warns(RuntimeWarning, match="No space left on device"):
        curve_store.keep([measured("sha512")])
    assert file.read_bytes() == before
    assert list(file.parent.iterdir()) == [file]


def test_nowhere(file, monkeypatch):
    monkeypatch.setenv("PYACCEL_CALIBRATION", "none")
    curve_store.reload()
    assert curve_store.path() is None
    assert curve_store.keep([measured()]) is None
    assert not file.exists()


def test_the_file_of_this_machine(monkeypatch, tmp_path):
    monkeypatch.delenv("PYACCEL_CALIBRATION")
    monkeypatch.setattr(curve_store, "user_cache_path", lambda name: tmp_path / name)
    here = curve_store.path()
    assert here.parent == tmp_path / "pyaccel" / "calibration"
    assert here == curve_store.path()
    monkeypatch.setattr(curve_store, "usable_cores", lambda: 77)
    assert curve_store.path() != here


def test_calibrate(file, hasty):
    told = []
    found = calibrate(
        ["hash_many:sha256", "merkle.root:rfc6962"],
        devices=["native"],
        threads=[1, 2],
        progress=lambda *state: told.append(state),
    )
    assert [(one.operation, one.of, one.name, one.threads) for one in found.curves] == [
        ("hash_many", "sha256", "native", 1),
        ("merkle.root", "rfc6962", "native", 1),
        ("hash_many", "sha256", "native", 2),
        ("merkle.root", "rfc6962", "native", 2),
    ]
    for one in found.curves:
        assert list(one.seconds) == sorted(one.seconds)
        assert one.until in POINTS
        assert one.row == {"hash_many": 64, "merkle.root": 32}[one.operation]
    assert (found.path, found.skipped) == (file, ())
    assert [state[0] for state in told] == [0, 1, 2, 3, 4]
    assert "measured 20" in costs.curve(HASH, "sha256", native()).source
    curve_store.reload()
    assert len(curve_store.curves()) == 4


def test_calibrate_without_keeping(file, hasty):
    found = calibrate(["hash_many:sm3"], devices=["native"], threads=[1], save=False)
    assert found.path is None
    assert not file.exists()
    assert "measured" in costs.curve(HASH, "sm3", native()).source


def disturbed(monkeypatch, *shares):
    """Others take these shares of the time of one curve after the other; how often that was asked."""
    asked = iter(shares)
    monkeypatch.setattr(measuring, "disturbance", lambda since, until: next(asked))
    return asked


def test_a_curve_that_others_disturb_is_measured_again(file, hasty, monkeypatch):
    asked = disturbed(monkeypatch, 0.5, 0.11, 0.1)
    found = calibrate(["hash_many:sm3"], devices=["native"], threads=[1])
    assert (len(found.curves), found.disturbed, found.path) == (1, (), file)
    assert not list(asked)


def test_curves_that_others_disturbed_each_time_are_not_kept(file, hasty, monkeypatch):
    disturbed(monkeypatch, 0.0, 0.5, 0.3, 0.4)
    message = r"took up to 30% of .* while 1 of 2 curves were measured \(hash_many sm3 on native\), 3 times .*force"
    with pytest.warns(RuntimeWarning, match=message):
        found = calibrate(["hash_many:sha256", "hash_many:sm3"], devices=["native"], threads=[1])
    assert [(one.of, share) for one, share in found.disturbed] == [("sm3", 0.3)]
    assert [one.of for one in found.curves] == ["sha256", "sm3"]
    assert "measured" in costs.curve(HASH, "sm3", native()).source
    assert found.path == file
    curve_store.keep([measured("sha512")])
    curve_store.reload()
    assert {of for _, of, *_ in curve_store.curves()} == {"sha256", "sha512"}


def test_curves_that_others_disturbed_are_kept_by_force(file, hasty, monkeypatch):
    for arguments in ({"force": True}, {"save": False}):
        disturbed(monkeypatch, *[0.9] * measuring.TRIES)
        found = calibrate(["hash_many:sm3"], devices=["native"], threads=[1], **arguments)
        assert [share for _, share in found.disturbed] == [0.9]
        assert found.path == (file if "force" in arguments else None)


@pytest.mark.parametrize(
    ("quota", "who"), [(None, "other programs"), (1.5, "other programs, or the container's quota of 1.5 cores,")]
)
def test_nothing_is_written_where_all_was_disturbed(file, hasty, monkeypatch, capsys, quota, who):
    monkeypatch.setattr(measuring, "cgroup_quota", lambda: quota)
    arguments = ["calibrate", "hash_many:sm3", "--device", "native", "--threads", "1"]
    disturbed(monkeypatch, *[0.9] * measuring.TRIES)
    assert command(arguments) == 1
    shown = capsys.readouterr()
    assert f"pyaccel: calibration: {who} took up to 90% of the cores' time" in shown.err
    assert "pyaccel calibrate --force" in shown.err
    assert "not kept" in shown.out
    assert not file.exists()
    disturbed(monkeypatch, *[0.9] * measuring.TRIES)
    assert command([*arguments, "--no-save"]) == 0
    shown = capsys.readouterr().out
    assert "native*" in shown
    assert "* other programs, or a quota, took up to 90% of the cores' time" in shown
    assert not file.exists()
    disturbed(monkeypatch, *[0.9] * measuring.TRIES)
    assert command([*arguments, "--force"]) == 0
    assert file.exists()


def test_what_others_took_of_the_cores_of_this_process(tmp_path, monkeypatch):
    """Rows of cores that are not this process's count for nothing, nor does what it computed itself."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {1, 3})
    monkeypatch.setattr(os, "sysconf", lambda _: 100)
    (tmp_path / "proc").mkdir()

    def moment(text):
        (tmp_path / "proc" / "stat").write_text(text)
        return now(tmp_path)._replace(clock=1.0, own=0.0)

    begin = moment("cpu 9\ncpu0 9 9 9 9 9 9 9 9 9 9\ncpu1 1 2 3 4 5 6 7 8 9 10\ncpu3 0 0 0 0 0 0 0 0 0 0\nintr 5")
    assert (begin.all, begin.cores) == (pytest.approx(0.27), 2)
    end = moment("cpu0 900 9 9 9 9 9 9 9 9 9\ncpu1 101 2 3 4 5 6 7 8 9 10\ncpu3 0 0 62 900 0 0 0 0 0 0")
    assert disturbance(begin, begin._replace(clock=2.0)) == 0
    assert disturbance(begin, end._replace(clock=2.0)) == pytest.approx(1.6 / 2)
    assert disturbance(begin, end._replace(clock=2.0, own=1.0)) == pytest.approx(0.6 / 2)
    assert disturbance(begin, end._replace(clock=2.0, own=5.0)) == 0
    assert disturbance(begin, end._replace(clock=1.1)) == 1
    for text in ("", "cpu1 1 2", "cpu1 a b c d e f g h"):
        assert moment(text).cores == 0
        assert disturbance(moment(text), end) == 0


@pytest.mark.parametrize(
    ("quota", "schedstat", "wanted"),
    [
        ("150000 100000", True, True),
        ("150000 100000", False, False),
        ("200000 100000", True, False),
        ("max 1", True, False),
    ],
)
def test_a_quota_below_the_cores(tmp_path, monkeypatch, quota, schedstat, wanted):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    (tmp_path / "sys/fs/cgroup").mkdir(parents=True)
    (tmp_path / "sys/fs/cgroup/cpu.max").write_text(quota)
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/cgroup").write_text("0::/")
    (tmp_path / "proc/stat").write_text("cpu0 1 0 0 0 0 0 0 0\ncpu1 0 0 0 0 0 0 0 0")
    if schedstat:
        (tmp_path / "proc/self/schedstat").write_text("1 2 3")
    assert limited(tmp_path) == wanted


def test_how_long_threads_waited_is_added_up(tmp_path):
    assert waited(tmp_path) == 0
    for task, text in (("7", "9 1500000000 3"), ("8", "9 250000000 3"), ("9", ""), ("10", "9 x 3")):
        (tmp_path / "proc/self/task" / task).mkdir(parents=True)
        (tmp_path / "proc/self/task" / task / "schedstat").write_text(text)
    assert waited(tmp_path) == pytest.approx(1.75)


@pytest.mark.parametrize("always", [False, True])
def test_under_a_quota_the_quickest_batches_must_not_have_waited(file, hasty, monkeypatch, always):
    """Others may take all that they like. At each point the first sample waits for an hour; or every one does."""
    monkeypatch.setattr(measuring, "limited", lambda: True)
    monkeypatch.setattr(measuring, "TRIES", 1)
    monkeypatch.setattr(measuring, "disturbance", lambda since, until: 0.9)
    monkeypatch.setitem(measuring.EFFORTS, "quick", Effort(batch=1e-5, sample=1e-9, samples=4, distinct=64))
    batches, stood, really = [], [0.0], HashPlan.run

    def run(self, inputs, outputs, n):
        batches.append(n)
        if always or batches.count(n) % 8 == 2:  # the first batch of a point counts for nothing
            stood[0] += 3600.0
        really(self, inputs, outputs, n)

    monkeypatch.setattr(HashPlan, "run", run)
    monkeypatch.setattr(measuring, "waited", lambda: stood[0])
    monkeypatch.setattr(measuring, "process_time", lambda: len(batches) * 1e-4)
    monkeypatch.setattr(measuring, "clock", lambda: stood[0] + len(batches) * 1e-4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore" if always else "error")
        found = calibrate(["hash_many:sm3"], devices=["native"], threads=[1])
    (curve,) = found.curves
    assert (curve.seconds[0] > 3600) == always
    assert [share > 0.99 for _, share in found.disturbed] == [True] * always
    assert (found.path is None) == always


def test_golden_is_measured_where_it_is_asked_for(file, hasty):
    found = calibrate(["verify_many:sm2"], devices=["golden"])
    assert [(one.name, one.until) for one in found.curves] == [("golden", 8)]


def test_what_a_backend_declines_or_gets_wrong_is_told_and_not_kept(file, hasty, monkeypatch):
    from pyaccel.backends.native import VerifyPlan

    real = VerifyPlan.run

    def wrong(self, inputs, outputs, n):
        real(self, inputs, outputs, n)
        outputs["verdicts"][n // 2] = 0

    def broken(self, inputs, outputs, n):
        raise MemoryError("no more")

    monkeypatch.setattr(VerifyPlan, "run", wrong)
    monkeypatch.setattr(HashPlan, "run", broken)
    found = calibrate(["verify_many:ed25519", "hash_many:sha256"], devices=["native"], threads=[1])
    assert not found.curves
    assert [one.reason for one in found.skipped] == [
        "native failed: it calls row 0 of 1 valid ones invalid",
        "native failed: no more",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"operations": ["sort"]}, "operation 'sort' is not measured; there are hash_many, merkle.root"),
        ({"operations": ["verify_many:rsa"]}, "there are verify_many:ed25519"),
        ({"operations": "hash_many"}, r"operations: a str came; wanted several: operations=\['hash_many'\]"),
        ({"operations": 1}, "operations: a int came"),
        ({"devices": "native"}, "devices: a str came"),
        ({"devices": 0}, "devices: a int came"),
        ({"threads": 2}, r"threads: a int came; wanted several: threads=\[2\]"),
        ({"devices": ["gpu"]}, "device 'gpu' is unknown"),
        ({"budget": "slow"}, "budget 'slow' is unknown; there are quick, full"),
        ({"threads": [0]}, "threads: 0 came"),
        ({"threads": [1.5]}, "threads: 1.5 came"),
        ({"progress": 7}, "progress: a int came"),
    ],
)
def test_calibrate_refuses(file, arguments, message):
    with pytest.raises((ValueError, TypeError), match=message):
        calibrate(**arguments)
    assert not file.exists()


def test_calibrate_of_a_device_that_is_missing(file, monkeypatch):
    monkeypatch.setattr(registry, "_found", {"opencl": ()})
    registry.backends_of.cache_clear()
    with pytest.raises(DeviceUnavailableError):
        calibrate(["hash_many:sha256"], devices=["opencl:3"])


def test_an_interrupt_keeps_nothing(file, hasty):
    def stop(done, total, what):
        if done == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        calibrate(["hash_many"], devices=["native"], threads=[1], progress=stop)
    assert not file.exists()


def test_every_class_has_a_workload_that_golden_finds_right():
    """Of three rows; those of proofs and signatures are valid."""
    found = workloads.classes()
    golden = registry.discovered("golden")[0]
    assert {operation for operation, _ in found} == set(ROW_BYTES)
    for operation, of in found:
        call = workloads.workload(operation, of, 3)
        assert (call.n, call.operation.name, str(call.values[0])) == (3, operation, of.partition("/")[0])
        outputs, again = call.outputs(), call.outputs()
        parameters = dict(zip(call.operation.parameters, call.values, strict=True))
        golden.prepare(call.operation, parameters).run(call.inputs, outputs, 3)
        native().prepare(call.operation, parameters).run(call.inputs, again, 3)
        for name, value in outputs.items():
            if value is not None:
                size = int(outputs["offsets"][-1]) if name == "proofs" else None
                assert np.array_equal(value[:size], again[name][:size]), (operation, of, name)
        assert outputs.get("verdicts", np.ones(1)).all(), (operation, of)


@pytest.mark.parametrize("scheme", pyaccel.schemes())
def test_signed_rows_have_a_key_each_and_stand_under_every_rule(scheme):
    rows = signed(scheme, 64, 64)
    assert len({key.tobytes() for key in rows.keys}) == 64
    for rule in pyaccel.rules(scheme):
        if rule != "fabric":  # it takes DER alone
            assert pyaccel.verify_many(scheme, rows.keys, rows.messages, rows.signatures, rule=rule).all(), rule
    again = rows.messages.copy()
    again[:, 0] ^= 1
    assert not pyaccel.verify_many(scheme, rows.keys, again, rows.signatures).any()


def test_the_command(file, hasty, capsys, tmp_path):
    plot = tmp_path / "plot.svg"
    assert command(["calibrate", "hash_many:sha256", "--device", "native", "--threads", "1", "--plot", str(plot)]) == 0
    shown = capsys.readouterr()
    for word in ("hash_many", "sha256", "native", "n = 1,024", "1 curves in", "kept in"):
        assert word in shown.out
    assert shown.err == f"calibrate: hash_many on native, from curve 1 of 1\ndrawn {plot}\n"
    assert b"<svg" in plot.read_bytes()
    arguments = ["calibrate", "hash_many:sha256", "--device", "native", "--threads", "1", "--no-save", "--json"]
    assert command(arguments) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["path"] is None
    assert [one["of"] for one in found["curves"]] == ["sha256"]
    assert command(["calibrate", "sort"]) == 2
    assert "operation 'sort' is not measured" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("plot", "message"),
    [
        ("x.unknown", "x.unknown: .unknown is no format of plots; there are"),
        ("x", "x: a name without ending is no format of plots"),
        ("no/such/x.svg", "no/such/x.svg: there is no folder no/such; make it, or name another --plot"),
    ],
)
def test_a_plot_that_can_not_be_drawn_is_refused_before_anything_is_measured(
    file, hasty, capsys, tmp_path, monkeypatch, plot, message
):
    monkeypatch.chdir(tmp_path)
    assert command(["calibrate", "hash_many:sha256", "--plot", plot, "--device", "native"]) == 2
    shown = capsys.readouterr()
    assert message in shown.err
    assert not shown.out
    assert not file.exists()
    assert not list(tmp_path.rglob("x*"))


@pytest.mark.parametrize(("given", "wanted"), [("3", 3), ("1024", 1024), ("9" * 5000, 0), ("-1", 0), ("three", 0)])
def test_threads_that_the_environment_asks_for(monkeypatch, given, wanted):
    """Python's own limit on the digits of a number must not speak in place of the library."""
    monkeypatch.setenv("PYACCEL_THREADS", given)
    assert environment_threads() == wanted
