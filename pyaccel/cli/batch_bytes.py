# SPDX-License-Identifier: Apache-2.0
"""Columns of byte strings and of names as Rows and as codes, whole columns at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types

from pyaccel.cli.errors import MalformedError, quoted
from pyaccel.rows import Bytes, Rows, as_rows

Numbers = npt.NDArray[np.integer[Any]]

Place = Callable[[int], str]
"""Names the place of item i of a column: "row 7, column signature"."""

_NO_DIGIT = 255


def _values_of_digits() -> npt.NDArray[np.uint8]:
    values = np.full(256, _NO_DIGIT, np.uint8)
    for digits in ("0123456789abcdef", "0123456789ABCDEF"):
        values[list(digits.encode())] = range(16)
    return values


_DIGITS = _values_of_digits()


def is_text(kind: pa.DataType) -> bool:
    """Whether a type is one of strings, or a dictionary of such."""
    if types.is_dictionary(kind):
        kind = kind.value_type
    elif types.is_string_view(kind):
        return True
    return bool(types.is_string(kind) or types.is_large_string(kind))


def is_bytes(kind: pa.DataType) -> bool:
    """Whether a type is one of byte strings, or a dictionary of such."""
    if types.is_dictionary(kind):
        kind = kind.value_type
    elif types.is_binary_view(kind):
        return True
    return bool(types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind))


def is_view(kind: pa.DataType) -> bool:
    """Whether a type is one of views, for which few functions exist."""
    return bool(types.is_string_view(kind) or types.is_binary_view(kind))


def without_views(batch: Any) -> Any:
    """A record batch whose views are copied into plain columns."""
    for i, column in enumerate(batch.columns):
        if is_view(column.type):
            kind = pa.large_string() if is_text(column.type) else pa.large_binary()
            batch = batch.set_column(i, batch.schema.names[i], column.cast(kind))
    return batch


def refuse_nulls(column: Any, place: Place, mend: str = "drop the row or fill it in") -> None:
    """Raises MalformedError with the first null of a column, itself or of its dictionary."""
    if column.null_count or (is_dictionary(column) and column.dictionary.null_count):
        missing = np.flatnonzero(is_null(column))
        if len(missing):
            raise MalformedError(place(int(missing[0])), "null", mend)


def is_dictionary(column: Any) -> bool:
    """Whether a column is encoded by a dictionary."""
    return bool(types.is_dictionary(column.type))


def is_null(column: Any) -> npt.NDArray[np.bool_]:
    """Which items of a column are null, themselves or in its dictionary; bool[n]."""
    if is_dictionary(column):
        return np.append(is_null(column.dictionary), True)[indices(column)]
    nulls: npt.NDArray[np.bool_] = column.is_null().to_numpy(zero_copy_only=False)
    return nulls


def indices(column: Any) -> Numbers:
    """Where in its dictionary each item of a column is, -1 where it is null; n integers."""
    numbers = column.indices
    if numbers.null_count:
        numbers = numbers.cast("int64").fill_null(-1)
    found: Numbers = numbers.to_numpy(zero_copy_only=False)
    return found


def codes(column: Any) -> tuple[Numbers, list[str | None]]:
    """A column of names as numbers into a list, whose last item is None and stands for null.

    Returns:
        n integers, and the list.
    """
    if not is_dictionary(column):
        column = column.cast(pa.large_string()).dictionary_encode()
    # -1 is the last item of any list.
    return indices(column), [*column.dictionary.to_pylist(), None]


def byte_rows(column: Any, place: Place) -> Rows:
    """A column without nulls as rows: of bytes without a copy, of hex decoded.

    Raises:
        MalformedError: an item of a string column is not hex.
    """
    if is_dictionary(column):
        column = column.dictionary_decode()
    if is_text(column.type):
        return _from_hex(column.cast(pa.large_string()), place)
    return as_rows("column", column)


def _from_hex(column: Any, place: Place) -> Rows:
    marked = pc.starts_with(column, "0x")
    if pc.any(marked).as_py():
        column = pc.if_else(marked, pc.utf8_slice_codeunits(column, 2), column)
    text = as_rows("column", column.cast(pa.large_binary()))
    if not len(text) or text.offsets is None:
        return text
    offsets = text.offsets.astype(np.int64)
    first = int(offsets[0])
    values = _DIGITS[text.data[first : int(offsets[-1])]]
    wrong = np.flatnonzero(values == _NO_DIGIT)
    if len(wrong):
        i = int(np.searchsorted(offsets, first + int(wrong[0]), side="right")) - 1
        fault = f"{quoted(column[i].as_py())} is not hex"
        raise MalformedError(place(i), fault, "give two hex digits a byte, or bytes in a binary column")
    odd = np.flatnonzero(np.diff(offsets) & 1)
    if len(odd):
        i = int(odd[0])
        fault = f"{len(text[i])} characters of hex are an odd number"
        raise MalformedError(place(i), fault, "give two hex digits a byte")
    return Rows(values[0::2] << 4 | values[1::2], offsets=(offsets - first) // 2)


def lengths(rows: Rows) -> npt.NDArray[np.int64]:
    """Bytes of each row, int64[n]."""
    return rows.lengths(len(rows)).astype(np.int64)


def table(rows: Rows, width: int) -> Bytes:
    """Rows that all have `width` bytes, as uint8[n, width]."""
    if rows.offsets is None:
        return rows.data[: len(rows) * width].reshape(len(rows), width)
    return rows.data[int(rows.offsets[0]) : int(rows.offsets[-1])].reshape(len(rows), width)


def decoded_sizes(column: Any) -> npt.NDArray[np.int64]:
    """Bytes that each item of a column takes more once it is decoded from a dictionary, a view or hex; int64[n]."""
    if is_dictionary(column):
        return np.append(_sizes(column.dictionary), 0)[indices(column)]
    return _sizes(column) if is_text(column.type) or is_view(column.type) else np.zeros(len(column), np.int64)


def _sizes(values: Any) -> npt.NDArray[np.int64]:
    if is_view(values.type):  # of 16 bytes, the first four of which are the size
        views = np.frombuffer(values.buffers()[1], np.int32).reshape(-1, 4)
        return np.where(is_null(values), 0, views[values.offset : values.offset + len(values), 0]).astype(np.int64)
    sizes = pc.binary_length(values).cast("int64").fill_null(0)
    return np.asarray(sizes.to_numpy(zero_copy_only=False))
