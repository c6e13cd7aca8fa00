# SPDX-License-Identifier: Apache-2.0
"""Keys of a batch in columns: a dictionary of keys goes by as it is, prepared where rows repeat its keys enough."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from pyaccel.cli.batch_bytes import Numbers, Place, byte_rows, indices, is_dictionary, lengths
from pyaccel.prepared_keys import PreparedKeys
from pyaccel.rows import Rows

PAYS = 16
"""Rows of a key for which it is prepared: that takes as long as verifying five to ten of them."""
MOST_PREPARED = 2048
"""Keys of a dictionary that is prepared: about as many as have tables within the default memory of PreparedKeys."""
_SAMPLE = 1024
_NO_GAIN = {("ed25519", ""), ("ed25519", "zip215"), ("bip340", ""), ("bip340", "bip340")}
"""Schemes and rules whose rows go into one equation, which is as fast without prepared keys or faster."""


@dataclass(slots=True)
class _Dictionary:
    values: Any
    rows: Rows
    seen: int = 0
    prepared: PreparedKeys | None = None


@dataclass(frozen=True, slots=True)
class GivenKeys:
    """Keys as verify_many takes them.

    Attributes:
        keys: rows, or prepared keys.
        index: which of them each row has; None: its own.
        widths: bytes of each row's key, n integers.
    """

    keys: Rows | PreparedKeys
    index: Numbers | None
    widths: Numbers


class Keys:
    """Keeps the last dictionary of each scheme and format, prepared once; memory is that of as many PreparedKeys."""

    def __init__(self) -> None:
        self._last: dict[tuple[str, str], _Dictionary] = {}

    def given(self, column: Any, place: Place, scheme: str, rule: str, key_format: str) -> GivenKeys:
        """A column without nulls as keys of rows under one scheme, rule and format.

        Raises:
            MalformedError: a string is not hex.
        """
        pays = (scheme, rule) not in _NO_GAIN
        if not is_dictionary(column) and pays and _repeats(column):
            column = column.dictionary_encode()
        elif is_dictionary(column) and column.dictionary.null_count:
            column = column.dictionary_decode()  # rows have none of its nulls
        if not is_dictionary(column):
            rows = byte_rows(column, place)
            return GivenKeys(rows, None, lengths(rows))
        index = indices(column)
        found = self._dictionary(column.dictionary, _place_in(index, place), (scheme, key_format))
        found.seen += len(index)
        count = len(found.rows)
        if pays and found.prepared is None and count <= MOST_PREPARED and found.seen >= PAYS * count:
            found.prepared = _prepared(scheme, key_format, found.rows)
        return GivenKeys(found.prepared or found.rows, index, lengths(found.rows)[index])

    def _dictionary(self, values: Any, place: Place, kind: tuple[str, str]) -> _Dictionary:
        last = self._last.get(kind)
        if last is None or not last.values.equals(values):
            last = self._last[kind] = _Dictionary(values, byte_rows(values, place))
        return last


def _prepared(scheme: str, key_format: str, rows: Rows) -> PreparedKeys | None:
    try:
        return PreparedKeys(scheme, rows, key_format=key_format or "auto")
    except ValueError:
        return None  # a name that does not exist, or a width that no key has: verify_many says it of its row


def _repeats(column: Any) -> bool:
    sample = column.slice(0, _SAMPLE)
    return len(sample) >= PAYS and PAYS * len(sample.unique()) <= len(sample)


def _place_in(index: Numbers, place: Place) -> Place:
    """The place of the first row that has an item of a dictionary."""

    def named(item: int) -> str:
        rows = np.flatnonzero(index == item)
        return place(int(rows[0])) if len(rows) else f"item {item} of the dictionary, {place(0).partition(', ')[2]}"

    return named
