# SPDX-License-Identifier: Apache-2.0
"""What callers may pass as rows, and what they are told when it is something else."""

from __future__ import annotations

import array
import copy
import gc
import hashlib
import itertools
import pickle

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

import pyaccel
from pyaccel.rows import ListRows, Rows, as_rows

ROWS = [b"alpha", b"", b"bc", b"delta"]
FIXED = [b"abcd", b"efgh", b"ijkl"]
FIXED_ARRAY = np.frombuffer(b"".join(FIXED), np.uint8).reshape(3, 4)


def joined(rows: list[bytes], dtype: type) -> Rows:
    return Rows(b"".join(rows), offsets=np.cumsum([0, *map(len, rows)]).astype(dtype))


@pytest.mark.parametrize("dtype", [np.uint32, np.uint64, np.int32, np.int64, ">i8"])
def test_offsets_of_each_type(dtype):
    rows = joined(ROWS, dtype)
    assert list(rows) == ROWS
    assert rows.offsets.dtype in (np.uint32, np.uint64)
    assert rows.nbytes(4) == 12
    assert rows.lengths(4).tolist() == [5, 0, 2, 5]


@pytest.mark.parametrize(
    ("value", "rows"),
    [
        (ROWS, ROWS),
        (tuple(ROWS), ROWS),
        ([bytearray(row) for row in ROWS], ROWS),
        ([memoryview(row) for row in ROWS], ROWS),
        ([np.frombuffer(row, np.uint8) for row in ROWS], ROWS),
        ([b"one"], [b"one"]),
        ([bytearray(b"one")], [b"one"]),
        ([b"", b""], [b"", b""]),
        ([], []),
        (FIXED_ARRAY, FIXED),
        (np.pad(FIXED_ARRAY, ((0, 0), (0, 3)))[:, :4], FIXED),
        (np.repeat(FIXED_ARRAY, 2, axis=0)[::2], FIXED),
        (np.lib.stride_tricks.sliding_window_view(np.arange(5, dtype=np.uint8), 3), [b"\0\1\2", b"\1\2\3", b"\2\3\4"]),
        (np.broadcast_to(FIXED_ARRAY[0], (2, 4)), [FIXED[0]] * 2),
        (np.zeros((0, 4), np.uint8), []),
        (np.zeros((2, 0), np.uint8), [b"", b""]),
        (memoryview(b"abcdefghijkl").cast("B", (3, 4)), FIXED),
        (Rows(b"abcdefghijkl", width=4), FIXED),
        (Rows(b"abcd..efgh..ijkl", width=4, stride=6), FIXED),
        (Rows(b"abcd..efgh..ijkl..", width=4, stride=6), FIXED),
        (Rows(b"", width=4), []),
        (Rows(array.array("B", b"abcdefghijkl"), width=4), FIXED),
    ],
)
def test_accepted(value, rows):
    found = as_rows("rows", value)
    assert list(found) == rows
    assert len(found) == len(rows)
    assert found.nbytes(len(rows)) == sum(map(len, rows)) or found.stride == 0
    assert list(found[1:]) == rows[1:]
    assert list(found[:-1]) == rows[:-1]


class Liar(bytes):
    """Bytes that say they are more."""

    def __len__(self):
        return 2**40


@pytest.mark.parametrize(
    "value",
    [b"all", Liar(b"all"), bytearray(b"all"), memoryview(b"all"), np.bytes_(b"all"), np.frombuffer(b"all", np.uint8)],
)
def test_one_value_for_all_rows(value):
    rows = as_rows("keys", value, one_for_all=True)
    assert rows.count is None
    assert rows.width == 3
    assert rows[0] == rows[10**9] == b"all"
    assert list(rows[5:7]) == [b"all"]
    with pytest.raises(ValueError, match=r"messages: one value for all rows came.*\[value\]"):
        as_rows("messages", value)


def test_nothing_is_copied():
    matrix = np.zeros((1000, 64), np.uint8)
    for value in (matrix, matrix[::3, :32], Rows(matrix.reshape(-1), width=64)):
        assert np.shares_memory(as_rows("rows", value).data, matrix)
    one = b"x" * 1000
    assert as_rows("rows", [one]).buffer is one
    assert as_rows("rows", one, one_for_all=True).buffer is one


def test_memory_is_kept_and_cannot_be_resized():
    grown = bytearray(b"abcdefghijkl")
    rows = Rows(grown, width=4)
    with pytest.raises(BufferError):
        grown.append(0)
    del grown
    gc.collect()
    assert list(rows[1:]) == FIXED[1:]


RELEASED = memoryview(b"abc")
RELEASED.release()


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        ("text", TypeError, r"rows: a str came; .*encode\(\)"),
        (["text"], TypeError, r"rows\[0\]: a str came"),
        ([b"a", "text"], TypeError, r"rows\[1\]: a str came"),
        ([b"a", 7], TypeError, r"rows\[1\]: a int came"),
        ([b"a", None], TypeError, r"rows\[1\]: a NoneType came"),
        ([b"a", [b"b"]], TypeError, r"rows\[1\]: a list came"),
        ([b"a", np.arange(3)], TypeError, r"rows\[1\]: .* of shape \(3,\) and item format 'l'"),
        ([b"a", np.zeros(8, np.uint8)[::2]], TypeError, r"rows\[1\]"),
        (7, TypeError, "rows: a int came; wanted a list or tuple"),
        (None, TypeError, "rows: a NoneType came"),
        ({b"a": 1}, TypeError, "rows: a dict came"),
        (np.zeros((2, 3)), TypeError, r"array of float64 of shape \(2, 3\) came; wanted uint8"),
        (np.zeros((2, 3), np.int8), TypeError, r"int8.*view\(np.uint8\)"),
        (np.array([b"ab", b"cd"]), TypeError, r"tolist\(\).*view\(np.uint8\)"),
        (np.array(["ab"]), TypeError, r"encode\(\)"),
        (np.zeros(2, "V3"), TypeError, r"reshape\(len\(array\), -1\)"),
        ([b"a", np.ma.masked_array(FIXED_ARRAY[0], mask=True)], TypeError, r"rows\[1\]: a masked array"),
        ([b"a", [b"a", b"b"]], TypeError, r'rows\[1\]: a list came; .* Join pieces first, b""\.join'),
        (RELEASED, ValueError, "rows: a memoryview came whose bytes can't be read"),
        ([b"a", RELEASED], ValueError, r"rows\[1\]: a memoryview came whose"),
        (np.ma.masked_array(FIXED_ARRAY), TypeError, "masked"),
        (np.zeros((2, 3, 4), np.uint8), ValueError, r"shape \(2, 3, 4\) came; wanted two dimensions"),
        (FIXED_ARRAY.T, ValueError, r"strides \(1, 4\) came.*ascontiguousarray"),
        (FIXED_ARRAY[::-1], ValueError, r"strides \(-4, 1\) came"),
        (FIXED_ARRAY[:, ::2], ValueError, r"strides \(4, 2\) came"),
    ],
)
def test_refused_with_the_mend(value, error, message):
    with pytest.raises(error, match=message):
        as_rows("rows", value)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({}, ValueError, "neither offsets nor width"),
        ({"offsets": np.array([0, 4]), "width": 4}, ValueError, "came together"),
        ({"offsets": [0, 4]}, TypeError, r"a list came.*np.asarray"),
        ({"offsets": np.array([0.0, 4.0])}, TypeError, "float64 came"),
        ({"offsets": np.array([[0, 4]])}, ValueError, r"shape \(1, 2\) came"),
        ({"offsets": np.zeros(0, np.int64)}, ValueError, r"shape \(0,\) came"),
        ({"offsets": np.array([-1, 4])}, ValueError, "row 0 starts at -1"),
        ({"offsets": np.array([0, 3, 2, 4])}, ValueError, "row 1 runs backwards, from 3 to 2"),
        ({"offsets": np.array([0, 3, 5])}, ValueError, "row 1 ends at 5, past the 4 bytes"),
        ({"offsets": np.array([5, 5])}, ValueError, "row 0 ends at 5, past the 4 bytes"),
        ({"offsets": np.array([0, 2**64 - 1], np.uint64)}, ValueError, "row 0 ends at 18446744073709551615"),
        ({"width": 3}, ValueError, "4 bytes came; they are not whole rows of 3"),
        ({"width": 3, "stride": 5}, ValueError, "not whole rows"),
        ({"width": 5}, ValueError, "not whole rows"),
        ({"width": 5, "stride": 0}, ValueError, "one value of 5 bytes came with 4 bytes"),
        ({"width": -1}, ValueError, "width: -1 came; wanted 0"),
        ({"width": 0}, ValueError, "0 came with 4 bytes"),
        ({"width": 2.0}, TypeError, "width: a float came"),
        ({"width": 2, "stride": "2"}, TypeError, "stride: a str came"),
        ({"width": 4, "stride": 2**64}, ValueError, "stride: 18446744073709551616 came"),
    ],
)
def test_rows_refuses(arguments, error, message):
    with pytest.raises(error, match=message):
        Rows(b"abcd", **arguments)


def test_an_index_past_the_end():
    rows = as_rows("rows", FIXED)
    assert rows[-1] == FIXED[-1]
    for i in (3, -4):
        with pytest.raises(IndexError, match="of 3 rows"):
            rows[i]
    with pytest.raises(ValueError, match="step 1"):
        rows[::2]


def test_a_wrong_width_is_named_by_row():
    as_rows("leaves", FIXED).require_width("leaves", 4)
    as_rows("leaves", []).require_width("leaves", 4)
    with pytest.raises(ValueError, match="leaves: row 2 has 5 bytes; wanted 4"):
        as_rows("leaves", [b"abcd", b"efgh", b"ijklm"]).require_width("leaves", 4)


class OnlyCapsule:
    """An Arrow array that shows nothing but the protocol."""

    def __init__(self, value):
        name = "__arrow_c_stream__" if isinstance(value, pa.ChunkedArray) else "__arrow_c_array__"
        setattr(type(self), name, lambda _: getattr(value, name)())


BINARY = pa.array(ROWS, pa.binary())


@pytest.mark.parametrize(
    ("value", "rows"),
    [
        (BINARY, ROWS),
        (BINARY.cast(pa.large_binary()), ROWS),
        (BINARY[1:], ROWS[1:]),
        (BINARY[1:3], ROWS[1:3]),
        (BINARY[4:], []),
        (pa.array(FIXED, pa.binary(4)), FIXED),
        (pa.array(FIXED, pa.binary(4))[1:], FIXED[1:]),
        (pa.array([], pa.binary()), []),
        (pa.array([b"", b""], pa.binary()), [b"", b""]),
        (pa.array([None, *ROWS], pa.binary())[1:], ROWS),
        (pa.chunked_array([BINARY]), ROWS),
        (pa.chunked_array([BINARY, BINARY[:0], BINARY[2:]]), ROWS + ROWS[2:]),
        (pa.chunked_array([FIXED, FIXED[:1]], pa.binary(4)), FIXED + FIXED[:1]),
        (pa.chunked_array([], pa.large_binary()), []),
        (pa.chunked_array([], pa.binary(4)), []),
    ],
)
def test_arrow(value, rows):
    assert list(as_rows("rows", value)) == rows
    wrapper = type("Capsule", (OnlyCapsule,), {})(value)
    assert list(as_rows("rows", wrapper)) == rows


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (pa.array([b"a", None, b"b"]), ValueError, "row 1 is null"),
        (pa.array([*[b"a"] * 70, None])[65:], ValueError, "row 5 is null"),
        (pa.chunked_array([[b"a", b"b"], [b"c", None]]), ValueError, "row 3 is null"),
        (pa.array([b"abcd", None], pa.binary(4)), ValueError, "row 1 is null"),
        (pa.array(["text"]), TypeError, "format 'u' came.*cast it to binary"),
        (pa.array([1, 2]), TypeError, "format 'l' came"),
        (pa.chunked_array([[1, 2]]), TypeError, "format 'l' came"),
        (pa.array([b"a"], pa.binary_view()), TypeError, "cast it to large_binary"),
        (pa.table({"column": [b"a"]}), TypeError, "pass one of its columns"),
    ],
)
def test_arrow_refused(value, error, message):
    with pytest.raises(error, match=message):
        as_rows("rows", value)


@pytest.mark.parametrize("chunks", [None, 1, 3])
def test_arrow_memory_is_neither_copied_nor_lost(chunks):
    before = pa.total_allocated_bytes()
    source = pa.array([bytes([i]) * 4096 for i in range(256)], pa.binary())
    rows = as_rows("rows", source if chunks is None else pa.chunked_array([source] * chunks))
    if chunks in (None, 1):
        address = source.buffers()[2].address
        assert rows.data.__array_interface__["data"][0] == address
    part = rows[7:9]
    del source, rows
    gc.collect()
    overwriting = [pa.array([b"\xff" * 4096] * 256, pa.binary()) for _ in range(3)]
    assert list(part) == [b"\7" * 4096, b"\x08" * 4096]
    del overwriting, part
    gc.collect()
    assert pa.total_allocated_bytes() == before


def test_chunks_run_one_by_one(monkeypatch):
    """Where inputs lie in chunks, no row is copied: the batch is cut where any of them ends."""
    monkeypatch.setattr("pyaccel.arrow._joined", lambda _: pytest.fail("chunks were joined"))
    seeds = [bytes([i]) * 32 for i in range(7)]
    signers = [SigningKey(seed) for seed in seeds]
    messages = [bytes([i]) * i for i in range(7)]
    signatures = [s.sign(m).signature for s, m in zip(signers, messages, strict=True)]
    signatures[5] = bytes(64)
    keys = [bytes(signer.verify_key) for signer in signers]
    cut = [pa.chunked_array([messages[:2], messages[2:5], messages[5:]], pa.binary())]
    cut.append(pa.chunked_array([signatures[:1], signatures[1:5], signatures[5:]], pa.binary(64)))
    cut.append(pa.chunked_array([keys[:6], keys[6:]], pa.binary(32)))
    for device in ("native", "golden"):
        digests = pyaccel.hash_many("sha256", cut[0], device=device)
        assert [bytes(digest) for digest in digests] == [hashlib.sha256(m).digest() for m in messages]
        verdicts = pyaccel.verify_many("ed25519", cut[2], cut[0], cut[1], device=device)
        assert verdicts.tolist() == [True] * 5 + [False, True]
    done = []
    pyaccel.verify_many("ed25519", cut[2], cut[0], cut[1], progress=lambda rows, n: done.append((rows, n)))
    assert done == [(rows, 7) for rows in (1, 2, 5, 6, 7)]


def test_chunks_are_joined_where_one_piece_is_wanted():
    leaves = [bytes([i]) * 32 for i in range(9)]
    cut = pa.chunked_array([leaves[:4], leaves[4:5], leaves[5:]], pa.binary(32))
    for form in pyaccel.forms():
        assert pyaccel.merkle.root(cut, form=form) == pyaccel.merkle.root(leaves, form=form)


@given(st.lists(st.binary(max_size=20), max_size=40), st.integers(0, 40), st.integers(0, 40))
def test_every_way_gives_the_same_rows(rows, first, last):
    ways = [
        rows,
        tuple(map(bytearray, rows)),
        joined(rows, np.uint32),
        joined(rows, np.int64),
        pa.array(rows, pa.binary()),
    ]
    if rows and len(set(map(len, rows))) == 1 and rows[0]:
        ways.append(np.array([list(row) for row in rows], np.uint8))
        ways.append(Rows(b"".join(rows), width=len(rows[0])))
    for way in ways:
        found = as_rows("rows", way)
        assert list(found) == rows
        assert list(found[first:last]) == rows[first:last]


@given(st.binary(max_size=64), st.lists(st.integers(-3, 70), min_size=1, max_size=8))
def test_offsets_are_taken_exactly_when_they_are_sound(data, offsets):
    sound = offsets[0] >= 0 and offsets[-1] <= len(data) and all(a <= b for a, b in itertools.pairwise(offsets))
    try:
        rows = Rows(data, offsets=np.array(offsets, np.int64))
    except ValueError:
        assert not sound
    else:
        assert sound
        assert list(rows) == [data[a:b] for a, b in itertools.pairwise(offsets)]


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda rows: pickle.loads(pickle.dumps(rows))])
@pytest.mark.parametrize(
    "rows",
    [
        Rows(b"abcd", width=2),
        Rows(b"abcd", offsets=np.array([0, 1, 4])),
        ListRows.of(Rows(b"abcd", width=2)),
        as_rows("rows", pa.chunked_array([[b"a"], [b"bcd"]], pa.binary())),
    ],
)
def test_used_rows_go_to_another_process(again, rows):
    digests = pyaccel.hash_many("sha256", rows)
    other = again(rows)
    assert list(other) == list(rows)
    assert (pyaccel.hash_many("sha256", other) == digests).all()
