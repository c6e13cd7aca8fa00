# SPDX-License-Identifier: Apache-2.0
"""Batches in columns that can't be used: one line with the place and the mend, exit status 2, and nothing written."""

from __future__ import annotations

import bz2
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from cli_support import Command, signed_rows

from pyaccel.cli import batch_columns, report

_FORMS = ("parquet", "arrow", "arrows")


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(capsys)


def _columns(count: int = 20) -> dict[str, pa.Array]:
    rows = signed_rows(count)
    return {
        name: pa.array([row[name] if name == "scheme" else bytes.fromhex(row[name]) for row in rows])
        for name in rows[0]
    }


def _write(path: Path, table: pa.Table, **options: Any) -> Path:
    if path.suffix == ".parquet":
        pq.write_table(table, path, **options)
        return path
    made = pa.ipc.new_stream if path.suffix == ".arrows" else pa.ipc.new_file
    with made(path, table.schema) as file:
        file.write_table(table)
    return path


def _with(values: pa.Array, i: int, value: Any) -> pa.Array:
    items = values.to_pylist()
    items[i] = value
    return pa.array(items, values.type)


def _cases() -> dict[str, tuple[dict[str, pa.Array], str]]:
    """Columns, and what is said of them."""
    good = _columns()
    hexed = {
        name: pa.array([item if name == "scheme" else item.hex() for item in column.to_pylist()])
        for name, column in good.items()
    }
    no_signature = {name: column for name, column in good.items() if name != "signature"}
    key = good["public_key"]
    values = pa.array([*dict.fromkeys(key.to_pylist()), None])
    numbers = [values.to_pylist().index(item) for item in key.to_pylist()]
    null_key = pa.DictionaryArray.from_arrays(pa.array([*numbers[:-1], len(values) - 1]), values)
    senders = {
        "rule": pa.array(["secp256k1"] * 2),
        "digest": pa.array([bytes(32)] * 2),
        "signature": pa.array([bytes(65)] * 2),
        "sender": pa.array([bytes(20), None]),
    }
    return {
        "null": (good | {"message": _with(good["message"], 7, None)}, "row 7, column message: null; drop the row"),
        "null key": (good | {"public_key": null_key}, "row 19, column public_key: null; drop the row"),
        "null scheme": (good | {"scheme": _with(good["scheme"], 2, None)}, "row 2, column scheme: null;"),
        "numbers": (
            good | {"signature": pa.array(range(20))},
            "column signature: int64 came, wanted binary (or strings of hex), dictionaries of such among them; "
            "cast it to binary",
        ),
        "lists": (good | {"message": pa.array([[1]] * 20)}, "column message: list<"),
        "binary scheme": (
            good | {"scheme": good["scheme"].cast(pa.binary())},
            "column scheme: binary came, wanted strings",
        ),
        "untyped": (good | {"message": pa.nulls(20)}, "column message: null came, wanted binary"),
        "missing": (no_signature, "column signature: missing; add it; there are 'scheme', 'public_key', 'message'"),
        "unknown": (
            good | {"rul": good["scheme"]},
            "column 'rul': unknown; leave it out; known are scheme, public_key",
        ),
        "short key": (
            good | {"public_key": _with(key, 3, bytes(31))},
            "row 3, column public_key: 31 bytes, wanted 32; correct it",
        ),
        "short key in a dictionary": (
            good | {"public_key": _with(key, 3, bytes(31)).dictionary_encode()},
            "row 3, column public_key: 31 bytes, wanted 32; correct it",
        ),
        "fixed size": (
            good | {"signature": pa.array([bytes(63)] * 20, pa.binary(63))},
            "row 0, column signature: 63 bytes, wanted 64",
        ),
        "unknown scheme": (
            good | {"scheme": _with(good["scheme"], 5, "ed25518")},
            "row 5: scheme 'ed25518' is unknown; there are ed25519,",
        ),
        "unknown rule": (
            good | {"rule": pa.array([None] * 19 + ["none"])},
            "row 19: rule of ed25519 'none' is unknown; there are",
        ),
        "identity": (
            good | {"identity": pa.array([None] * 19 + [b"a"])},
            "row 19: identity: ed25519 has none; it belongs to sm2 alone",
        ),
        "no hex": (
            hexed | {"message": _with(hexed["message"], 9, "0g")},
            "row 9, column message: '0g' is not hex; give two hex digits a byte",
        ),
        "odd hex": (
            hexed | {"message": _with(hexed["message"], 9, "012")},
            "row 9, column message: 3 characters of hex are an odd number",
        ),
        "no hex in a dictionary": (
            hexed | {"public_key": _with(hexed["public_key"], 4, "é" * 32).dictionary_encode()},
            "row 4, column public_key: 'é",
        ),
        "long name": (good | {"name": pa.array(["a"] * 19 + ["b" * 1001])}, "row 19, column name: 1,001 characters"),
        "no row": ({name: column.slice(0, 0) for name, column in good.items()}, "the file holds no row"),
        "both kinds": (good | {"digest": good["message"]}, "column 'scheme': unknown; leave it out; known are rule"),
        "sender": (
            senders | {"sender": pa.array([None, bytes(21)])},
            "row 1, column sender: 21 bytes, wanted 20 or 64; correct it",
        ),
        "null digest": (senders | {"digest": pa.array([bytes(32), None])}, "row 1, column digest: null"),
        "recovery rule": (
            senders | {"rule": pa.array(["secp256k1", "any"])},
            "row 1: rule of recovery 'any' is unknown; there are",
        ),
        "short recovery": (
            senders | {"signature": pa.array([bytes(65), bytes(64)])},
            "row 1, column signature: 64 bytes, wanted 65",
        ),
    }


@pytest.mark.parametrize("form", _FORMS)
@pytest.mark.parametrize("case", list(_cases()))
def test_what_is_wrong(command: Command, tmp_path: Path, form: str, case: str) -> None:
    columns, said = _cases()[case]
    if (case, form) == ("null key", "parquet"):  # which has no nulls in dictionaries
        columns = columns | {"public_key": columns["public_key"].dictionary_decode()}
    path = _write(tmp_path / f"rows.{form}", pa.table(columns))
    line = command.refused("verify", path, "--out", tmp_path / "out.parquet")
    assert f"rows.{form}: {said}" in line
    assert [entry.name for entry in tmp_path.iterdir()] == [f"rows.{form}"]


@pytest.mark.parametrize("form", _FORMS)
def test_a_bad_row_far_behind(command: Command, tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its number is that in the file, and what was written before it is gone."""
    monkeypatch.setattr(batch_columns, "CHUNK_ROWS", 6)
    columns = _columns()
    columns["message"] = _with(columns["message"], 17, None)
    path = _write(tmp_path / f"rows.{form}", pa.table(columns), **({"row_group_size": 7} if form == "parquet" else {}))
    out = tmp_path / "out"
    out.write_text("before")
    assert "row 17, column message: null" in command.refused("verify", path, "--out", out)
    assert out.read_text() == "before"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["out", path.name]


def test_two_columns_of_one_name(command: Command, tmp_path: Path) -> None:
    columns = _columns()
    names = [*columns, "message"]
    table = pa.Table.from_arrays([*columns.values(), columns["message"]], names=names)
    path = _write(tmp_path / "rows.arrow", table)
    assert "column message: given twice; keep one of them" in command.refused("verify", path)


@pytest.mark.parametrize("form", _FORMS)
def test_truncated(command: Command, tmp_path: Path, form: str) -> None:
    """At any byte: refused, or, where only whole batches of a stream are left, read to there."""
    path = _write(tmp_path / f"rows.{form}", pa.table(_columns(12)))
    whole = path.read_bytes()
    cut = tmp_path / f"cut.{form}"
    for size in [*range(8, len(whole), 97), len(whole) - 1]:
        cut.write_bytes(whole[:size])
        outcome = command("verify", cut, "--kind", "batch", "--json")
        complete = form == "arrows" and outcome.status == 0
        assert complete or outcome.status == 2, size
        if complete:  # only the mark of the end is gone
            assert size > len(whole) - 9
            assert outcome.checks()["ed25519 signatures"]["checked"] == 12
        else:
            assert outcome.document["files"] == []
            assert outcome.err.count("\n") == 1
            assert "Traceback" not in outcome.err


@pytest.mark.parametrize("form", _FORMS)
def test_flipped_bytes(tmp_path: Path, form: str) -> None:
    """Any byte changed: an answer, or one line and status 2; never a crash, and no verdict beyond the rows."""
    rounds = 60
    path = _write(
        tmp_path / f"rows.{form}",
        pa.table(_columns(12)),
        **({"write_page_checksum": True, "compression": "none"} if form == "parquet" else {}),
    )
    program = f"""
import contextlib, io, random, sys
from pathlib import Path
from pyaccel.cli.main import run
whole, path, random = Path({str(path)!r}).read_bytes(), Path({str(tmp_path / ("flipped." + form))!r}), random.Random(7)
for number in range({rounds}):
    changed = bytearray(whole)
    for _ in range(random.choice((1, 1, 3))):
        changed[random.randrange(8, len(changed))] = random.choice((0, 1, 127, 128, 255, random.randrange(256)))
    path.write_bytes(changed)
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = run(["verify", "--kind", "batch", "--json", str(path)])
    assert status in (0, 1, 2), status
    assert "Traceback" not in err.getvalue(), err.getvalue()
    assert status != 2 or err.getvalue().count("\\n") == 1, err.getvalue()
    print(status)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    said = done.stdout.split()
    assert len(said) == rounds
    assert "2" in said


def test_an_index_out_of_its_dictionary(command: Command, tmp_path: Path) -> None:
    """As pyarrow itself writes it when it is not asked to look."""
    columns = _columns()
    keys = columns["public_key"].dictionary_encode()
    for wrong in (99, -1):
        numbers = pa.array([*keys.indices.to_pylist()[:-1], wrong], pa.int32())
        columns["public_key"] = pa.DictionaryArray.from_arrays(numbers, keys.dictionary, safe=False)
        path = _write(tmp_path / "rows.arrow", pa.table(columns))
        assert "row 0 and on: not a sound Arrow IPC file: " in command.refused("verify", path)


def test_an_encrypted_file(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    path.write_bytes(b"PARE" + bytes(100) + b"PARE")
    assert "not a sound Parquet: " in command.refused("verify", path)


def test_within_bz2(command: Command, tmp_path: Path) -> None:
    path = _write(tmp_path / "rows.parquet", pa.table(_columns()))
    packed = tmp_path / "rows.parquet.bz2"
    packed.write_bytes(bz2.compress(path.read_bytes()))
    assert "Parquet within bz2; decompress it first: bunzip2" in command.refused("verify", packed)


@pytest.mark.parametrize("kind", ["bitcoin-block", "light-block"])
def test_as_another_kind(command: Command, tmp_path: Path, kind: str) -> None:
    path = _write(tmp_path / "rows.parquet", pa.table(_columns()))
    command.refused("verify", path, "--kind", kind)


def test_without_pyarrow(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the file that is read and of the one that is written."""
    path = _write(tmp_path / "rows.parquet", pa.table(_columns()))
    lines = tmp_path / "rows.jsonl"
    lines.write_text('{"scheme": "ed25519", "public_key": "", "message": "", "signature": ""}\n')
    for name in ("pyarrow", "pyarrow.parquet"):
        monkeypatch.setitem(sys.modules, name, None)
    for arguments in ((path,), (lines, "--out", tmp_path / "out.parquet")):
        assert "pip install 'pyaccel[arrow]'" in command.refused("verify", *arguments)


def test_many_bad_rows_take_no_more_memory(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first ones are named, all are counted."""
    monkeypatch.setattr(report, "NAMED_LIMIT", 5)
    columns = _columns()
    columns["signature"] = pa.array([bytes(64)] * 20)
    outcome = command("verify", _write(tmp_path / "rows.parquet", pa.table(columns)), "--json")
    check = outcome.checks()["ed25519 signatures"]
    assert (check["bad_count"], [bad["index"]["row"] for bad in check["bad"]]) == (20, [0, 1, 2, 3, 4])
