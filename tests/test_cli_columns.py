# SPDX-License-Identifier: Apache-2.0
"""`pyaccel verify` on batches in columns: what JSON Lines of the same rows says, whatever the columns' types."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from cli_support import Command, Outcome, secp256k1_rows, signed_rows, write_lines
from coincurve import PrivateKey
from nacl.signing import SigningKey
from vector_files import load_json

from pyaccel.cli import batch_columns, batch_keys, batch_sources
from pyaccel.cli.batch_file import verify_batch
from pyaccel.cli.runner import Runner
from pyaccel.prepared_keys import PreparedKeys

_TEXTS = ("scheme", "rule", "message_hash", "key_format", "signature_format", "name")
_FORMS = ("parquet", "arrow", "arrows")
Row = dict[str, Any]


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(capsys)


def _table(rows: list[Row], kind: pa.DataType | None = None, *, by_dictionary: bool = False) -> pa.Table:
    """Rows of a batch file as columns: bytes of one type (None: hex), all by a dictionary if so asked."""
    columns = {}
    for name in dict.fromkeys(name for row in rows for name in row):
        values = [row.get(name) for row in rows]
        if name in _TEXTS or kind is None:
            column = pa.array(values, pa.string())
        else:
            column = pa.array([None if value is None else bytes.fromhex(value) for value in values], kind)
        columns[name] = column.dictionary_encode() if by_dictionary else column
    return pa.table(columns)


def _write(path: Path, table: pa.Table, **options: Any) -> Path:
    """By the extension, as the command writes its verdicts."""
    if path.suffix == ".parquet":
        pq.write_table(table, path, **options)
        return path
    made = pa.ipc.new_stream if path.suffix == ".arrows" else pa.ipc.new_file
    with made(path, table.schema) as file:
        file.write_table(table, **options)
    return path


def _read(path: Path) -> list[Row]:
    """Verdicts of any form, as JSON Lines has them."""
    if path.suffix == ".parquet":
        rows = pq.read_table(path).to_pylist()
    elif path.suffix == ".arrow":
        rows = pa.ipc.open_file(path).read_all().to_pylist()
    elif path.suffix == ".arrows":
        rows = pa.ipc.open_stream(path).read_all().to_pylist()
    else:
        return [json.loads(line) for line in path.read_text().splitlines()]
    return [{name: value for name, value in row.items() if value is not None} for row in rows]


def _found(outcome: Outcome) -> dict[str, tuple[int, list[tuple[int, str]]]]:
    """Rows checked of each kind, and the bad ones with their reasons, without the lines that JSON Lines has."""
    return {
        name: (check["checked"], [(bad["index"]["row"], bad["reason"]) for bad in check["bad"]])
        for name, check in outcome.checks().items()
    }


def _same(command: Command, folder: Path, rows: list[Row], table: pa.Table, form: str, **options: Any) -> Outcome:
    """Holds columns against JSON Lines of the same rows: checks, bad rows, verdicts, exit status."""
    lines = write_lines(folder / "rows.jsonl", rows)
    wanted = command("verify", lines, "--json", "--out", folder / "wanted")
    path = _write(folder / f"rows.{form}", table, **options)
    got = command("verify", path, "--json", "--out", folder / f"got.{form}")
    assert got.err == ""
    assert (got.status, _found(got)) == (wanted.status, _found(wanted))
    assert _read(folder / f"got.{form}") == _read(folder / "wanted")
    return got


def _mixed() -> list[Row]:
    """Rows of several schemes, rules, formats and hashes, good and bad ones, some with names."""
    case = load_json("sm2_sm3/sm2_published_examples.json")["cases"][0]
    sm2 = {
        "scheme": "sm2",
        "public_key": case["px"] + case["py"],
        "message": case["msg"].encode().hex(),
        "signature": case["r"] + case["s"],
    }
    rows: list[Row] = [
        *secp256k1_rows(),
        sm2,
        {**sm2, "identity": case["id"].encode().hex()},
        {**sm2, "identity": "3132", "name": "another's"},
        {**sm2, "identity": ""},
        {**sm2, "message": case["e"], "message_hash": "none"},
    ]
    for i, signed in enumerate(signed_rows(20, bad=(2, 11))):
        rows.insert(i * 3 % (len(rows) + 1), signed | ({"rule": "openssl"} if i % 2 else {}))
    return rows


@pytest.mark.parametrize("form", _FORMS)
@pytest.mark.parametrize(
    ("kind", "by_dictionary"),
    [(kind, way) for kind in (None, pa.binary(), pa.large_binary()) for way in (False, True)]
    + [(pa.binary_view(), False)],
    ids=str,
)
def test_as_in_lines(command: Command, tmp_path: Path, form: str, kind: pa.DataType, by_dictionary: bool) -> None:
    """Rows of every kind mixed, by each type of column."""
    rows = _mixed()
    outcome = _same(command, tmp_path, rows, _table(rows, kind, by_dictionary=by_dictionary), form)
    assert outcome.status == 1
    assert sum(bad["checked"] for bad in outcome.checks().values()) == len(rows)


@pytest.mark.parametrize("form", _FORMS)
def test_fixed_sizes_and_other_strings(command: Command, tmp_path: Path, form: str) -> None:
    """fixed_size_binary, by a dictionary too; large_string and string_view; hex of either case behind 0x."""
    rows = signed_rows(30, bad=(4, 29))
    table = _table(rows, pa.binary())
    fixed = table["public_key"].combine_chunks().cast(pa.binary(32))
    keys = [fixed, fixed.dictionary_encode()] if form == "parquet" else [fixed]
    for column in keys:
        table = table.set_column(1, "public_key", column)
        table = table.set_column(3, "signature", table["signature"].combine_chunks().cast(pa.binary(64)))
        table = table.set_column(0, "scheme", table["scheme"].cast(pa.large_string()))
        _same(command, tmp_path, rows, table, form)
    marked = [{**row, "signature": "0x" + row["signature"].upper()} if i % 3 else row for i, row in enumerate(rows)]
    table = _table(marked)
    for kind in (pa.large_string(), pa.string_view()):
        cast = pa.table({name: table[name].combine_chunks().cast(kind) for name in table.column_names})
        _same(command, tmp_path, marked, cast, form)


@pytest.mark.parametrize("form", _FORMS)
@pytest.mark.parametrize("kind", [None, pa.binary()], ids=str)
def test_senders(command: Command, tmp_path: Path, form: str, kind: pa.DataType) -> None:
    """Addresses, keys, and null where a signature has none; wrong ones of each."""
    key = PrivateKey(b"\x07" * 32)
    digest = bytes(range(32))
    signature = key.sign_recoverable(digest, hasher=None)
    public = key.public_key.format(compressed=False)[1:]
    bad = bytearray(signature)
    bad[64] = 5
    row = {"rule": "secp256k1", "digest": digest.hex(), "signature": signature.hex()}
    address = "0x" + load_address(public).hex()
    rows: list[Row] = [
        {**row, "sender": public.hex()},
        {**row, "sender": address.removeprefix("0x")},
        {**row, "sender": None},
        {**row, "signature": bad.hex(), "sender": None, "name": "none"},
        {**row, "signature": bad.hex(), "sender": public.hex()},
        {**row, "sender": "00" * 20, "name": "nobody"},
        {**row, "rule": "ethereum-transaction", "sender": public.hex()},
        {**row, "sender": "00" * 64},
    ]
    outcome = _same(command, tmp_path, rows, _table(rows, kind), form)
    assert {place["row"] for found in outcome.bad().values() for place in found} == {2, 4, 5, 7}


def load_address(public: bytes) -> bytes:
    """The Ethereum address of a key, by another implementation of Keccak."""
    from Crypto.Hash import keccak

    return keccak.new(digest_bits=256, data=public).digest()[-20:]


def test_constants_of_the_schema(command: Command, tmp_path: Path) -> None:
    """Names and an identity in the metadata, in the place of columns."""
    case = load_json("sm2_sm3/sm2_published_examples.json")["cases"][0]
    row = {"public_key": case["px"] + case["py"], "message": case["msg"].encode().hex()}
    rows = [{**row, "signature": case["r"] + case["s"]}, {**row, "signature": "11" * 64}]
    shared = {"scheme": "sm2", "rule": "gbt32918", "identity": case["id"].encode().hex()}
    table = _table(rows, pa.binary())
    metadata = {f"pyaccel.{name}": value for name, value in shared.items()}
    given = table.replace_schema_metadata({**metadata, "pandas": "ignored"})
    outcome = _same(command, tmp_path, [row | shared for row in rows], given, "parquet")
    assert list(outcome.checks()) == ["sm2 gbt32918 signatures with identities"]
    for wrong, said in (
        ({"pyaccel.rul": "any"}, "metadata 'pyaccel.rul': unknown; leave it out; known are pyaccel.scheme, "),
        ({"pyaccel.identity": "1"}, "metadata 'pyaccel.identity': '1' is not hex"),
        ({"pyaccel.identity": "00" * 8192}, "8,192 bytes, wanted 8,191 at most"),
    ):
        path = _write(tmp_path / "wrong.arrow", table.replace_schema_metadata(metadata | wrong))
        assert said in command.refused("verify", path)
    path = _write(tmp_path / "twice.arrow", _table([row | shared for row in rows]).replace_schema_metadata(metadata))
    assert "there is a column scheme too; keep one of them" in command.refused("verify", path)


def _slices(table: pa.Table) -> pa.Table:
    """The same rows in chunks that are slices of other arrays."""
    before = pa.concat_tables([table.slice(0, 3), table])
    cut = [before.slice(3, 7), before.slice(10, 1), before.slice(11, 0), before.slice(11)]
    return pa.concat_tables(cut)


@pytest.mark.parametrize("form", _FORMS)
@pytest.mark.parametrize("kind", [None, pa.binary()], ids=str)
def test_chunks_and_slices(
    command: Command, tmp_path: Path, form: str, kind: pa.DataType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Small batches, small row groups, arrays that do not begin at their memory, and few decoded bytes at a time."""
    monkeypatch.setattr(batch_columns, "CHUNK_ROWS", 6)
    monkeypatch.setattr(batch_sources, "CHUNK_ROWS", 5)
    rows = _mixed()
    options = {"row_group_size": 9, "data_page_size": 64, "compression": "zstd"} if form == "parquet" else {}
    _same(command, tmp_path, rows, _slices(_table(rows, kind)), form, **options)
    monkeypatch.setattr(batch_columns, "BATCH_BYTES", 300)
    _same(command, tmp_path, rows, _slices(_table(rows, kind, by_dictionary=form != "arrow")), form, **options)


@pytest.mark.parametrize("codec", ["snappy", "gzip", "zstd", "lz4", "brotli", "none"])
def test_compressed_pages(command: Command, tmp_path: Path, codec: str) -> None:
    rows = signed_rows(40, bad=(7,))
    options = {"compression": codec, "data_page_version": "2.0", "write_page_checksum": True}
    _same(command, tmp_path, rows, _table(rows, pa.binary()), "parquet", **options)


class _Counted:
    """Counts what is prepared."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.prepared: list[int] = []
        made: Callable[..., PreparedKeys] = batch_keys.PreparedKeys

        def count(scheme: str, keys: Any, **options: Any) -> PreparedKeys:
            self.prepared.append(len(keys))
            return made(scheme, keys, **options)

        monkeypatch.setattr(batch_keys, "PreparedKeys", count)


@pytest.mark.parametrize("form", _FORMS)
@pytest.mark.parametrize("kind", [None, pa.binary()], ids=str)
def test_dictionaries_of_keys_are_prepared_once(
    command: Command, tmp_path: Path, form: str, kind: pa.DataType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seven keys of 300 rows in several batches: once, when rows enough have been seen; the wrong rows stay wrong."""
    monkeypatch.setattr(batch_columns, "CHUNK_ROWS", 50)
    monkeypatch.setattr(batch_sources, "CHUNK_ROWS", 50)
    counted = _Counted(monkeypatch)
    rows = [row | {"rule": "openssl"} for row in signed_rows(300, bad=(0, 111, 299))]
    _same(command, tmp_path, rows, _table(rows, kind, by_dictionary=True), form)
    assert counted.prepared == [7]
    counted.prepared.clear()
    rows = [{**row, "rule": "zip215"} for row in rows]
    _same(command, tmp_path, rows, _table(rows, kind, by_dictionary=True), form)
    assert counted.prepared == []  # one equation of all rows is as fast without


def test_dictionaries_that_change(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row group, and a batch of a stream, with keys of its own; then a dictionary that grows."""
    monkeypatch.setattr(batch_keys, "PAYS", 2)
    counted = _Counted(monkeypatch)
    rows = [row | {"rule": "rfc8032"} for row in signed_rows(140, bad=(1, 139))]
    rows = sorted(rows, key=lambda row: row["public_key"])
    tables = [_table(rows[i : i + 40], pa.binary(), by_dictionary=True) for i in range(0, 140, 40)]
    whole = pa.concat_tables(tables)
    for form in ("parquet", "arrows"):
        counted.prepared.clear()
        options = {"row_group_size": 40} if form == "parquet" else {}
        _same(command, tmp_path, rows, whole, form, **options)
        assert counted.prepared == [2, 2, 2, 1]
    grown = tmp_path / "grown.arrows"
    values = pa.array(list(dict.fromkeys(bytes.fromhex(row["public_key"]) for row in rows)), pa.binary())
    with pa.ipc.new_stream(grown, whole.schema, options=pa.ipc.IpcWriteOptions(emit_dictionary_deltas=True)) as file:
        for i in range(0, 140, 40):
            part = _table(rows[i : i + 40], pa.binary(), by_dictionary=True)
            own = part["public_key"].combine_chunks().dictionary_decode().to_pylist()
            known = max(values.to_pylist().index(key) for key in own) + 1
            numbers = pa.array([values.to_pylist().index(key) for key in own], pa.int32())
            column = pa.DictionaryArray.from_arrays(numbers, values.slice(0, known))
            file.write_table(part.set_column(part.column_names.index("public_key"), "public_key", column))
    outcome = command("verify", grown, "--json")
    assert outcome.bad() == command("verify", tmp_path / "rows.arrows", "--json").bad()


def test_plain_keys_that_repeat_are_prepared(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a column of fixed_size_binary comes from Parquet, which keeps no dictionary for it."""
    counted = _Counted(monkeypatch)
    rows = [row | {"rule": "openssl"} for row in signed_rows(200, bad=(5,))]
    _same(command, tmp_path, rows, _table(rows, pa.binary()), "arrow")
    assert counted.prepared == [7]


@pytest.mark.parametrize("form", _FORMS)
def test_verdicts_of_lines_in_columns(command: Command, tmp_path: Path, form: str) -> None:
    """JSON Lines in, columns out, with the types that docs/rules.md names."""
    rows = [row | ({"name": "x"} if i == 3 else {}) for i, row in enumerate(signed_rows(9, bad=(3, 8)))]
    path = write_lines(tmp_path / "rows.jsonl", rows)
    for out in ("wanted.jsonl", f"got.{form}"):
        assert command("verify", path, "--out", tmp_path / out).status == 1
    assert _read(tmp_path / f"got.{form}") == _read(tmp_path / "wanted.jsonl")
    if form == "parquet":
        schema = pq.read_schema(tmp_path / "got.parquet")
        assert schema.names == ["row", "valid", "name", "reason"]
        assert schema.types == [pa.int64(), pa.bool_(), pa.string(), pa.string()]


def _long(count: int) -> pa.Table:
    """As many rows in chunks of 2,000, each from arrays of its own."""
    part = _table(signed_rows(2000), pa.binary(), by_dictionary=True)
    plain = {name: part[name].combine_chunks().dictionary_decode() for name in ("message", "signature")}
    for name, column in plain.items():
        part = part.set_column(part.column_names.index(name), name, column)
    return pa.concat_tables([part] * (count // 2000))


def _repeated(count: int) -> pa.Table:
    """As many rows of one message of 64 KiB, by a dictionary."""
    key, message = SigningKey(bytes(32)), bytes(1 << 16)
    row = {"scheme": "ed25519", "public_key": bytes(key.verify_key).hex(), "message": message.hex()}
    return _table([{**row, "signature": key.sign(message).signature.hex()}] * count, pa.binary(), by_dictionary=True)


@pytest.mark.parametrize("form", _FORMS)
@pytest.mark.parametrize(("table", "count"), [(_long, 40_000), (_repeated, 500)], ids=["long", "repeated"])
def test_memory_is_bounded(
    tmp_path: Path, form: str, table: Callable[[int], pa.Table], count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows of 6 MB, and few that a dictionary makes 32 MB: a megabyte or two is held at a time, and progress told."""
    monkeypatch.setattr(batch_columns, "CHUNK_ROWS", 1000)
    monkeypatch.setattr(batch_columns, "BATCH_BYTES", 1 << 20)
    monkeypatch.setattr(batch_sources, "CHUNK_ROWS", 1000)
    options = {"row_group_size": 5000} if form == "parquet" else {}
    path = _write(tmp_path / f"rows.{form}", table(count), **options)
    told: list[tuple[str, int, int]] = []
    before = pa.default_memory_pool()
    pool = pa.proxy_memory_pool(before)
    pa.set_memory_pool(pool)
    tracemalloc.start()
    try:
        runner = Runner("native", lambda *said: told.append(said))
        found = verify_batch(path, runner, tmp_path / f"out.{form}")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        pa.set_memory_pool(before)
    assert (found.judged_count, found.bad_count) == (count, 0)
    assert peak < 2 << 20
    assert pool.max_memory() < 4 << 20
    done = [rows for what, rows, _ in told if what == "signatures"]
    assert done == sorted(done)
    assert len(done) >= 30
    assert told[-1] == ("signatures", count, count)
