# SPDX-License-Identifier: Apache-2.0
"""Batch files in columns: whole columns are judged at a time.

Columns have the names and the meaning of JSON Lines' fields (batch_file.py); batch_layout.py says of what types.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from pyaccel.cli.batch_bytes import (
    Numbers,
    Place,
    byte_rows,
    codes,
    decoded_sizes,
    is_null,
    lengths,
    refuse_nulls,
    table,
    without_views,
)
from pyaccel.cli.batch_keys import Keys
from pyaccel.cli.batch_layout import Layout, layout_of
from pyaccel.cli.batch_rows import (
    ADDRESS_WIDTH,
    DIGEST_WIDTH,
    IDENTITY,
    KEY_WIDTH,
    NAME,
    RECOVERABLE_WIDTH,
    SIGNATURE_OPTIONAL,
    Fault,
    compared,
    identity_fault,
    key_fault,
    message_fault,
    name_fault,
    options_of,
    signature_fault,
    title_of,
    under_rule,
)
from pyaccel.cli.batch_sources import CHUNK_ROWS, Source, open_source, telling
from pyaccel.cli.batch_verdicts import Part
from pyaccel.cli.errors import MalformedError, UnusableInputError, wrong_width
from pyaccel.cli.report import Bad, Report, Step
from pyaccel.cli.runner import BATCH_BYTES, Runner, Verdicts, in_words
from pyaccel.rows import Rows
from pyaccel.scheme import SCHEMES


@dataclass(frozen=True, slots=True)
class _Selection:
    """Rows of a record batch that are judged together.

    Attributes:
        batch: the record batch.
        layout: what its columns are.
        first: number of its first row in the file.
        rows: which of them, ascending; None: all.
    """

    batch: Any
    layout: Layout
    first: int
    rows: Numbers | None = None

    def __len__(self) -> int:
        return self.batch.num_rows if self.rows is None else len(self.rows)

    def row(self, i: int) -> int:
        """Number in the batch of row i of these."""
        return i if self.rows is None else int(self.rows[i])

    def place(self, name: str) -> Place:
        """Names the places of a column's rows."""
        return lambda i: f"row {self.first + self.row(i)}, column {name}"

    def column(self, name: str) -> Any:
        """A column of these rows, None where the file has none."""
        at = self.layout.columns.get(name)
        if at is None:
            return None
        column = self.batch.column(at)
        return column if self.rows is None else column.take(self.rows)

    def required(self, name: str) -> Any:
        """A column that has no null."""
        column = self.column(name)
        refuse_nulls(column, self.place(name))
        return column

    def bytes_of(self, name: str) -> Rows:
        """A column of bytes that has no null."""
        return byte_rows(self.required(name), self.place(name))

    def check_widths(self, name: str, widths: Numbers, fault_of: Callable[[int, int], Fault]) -> None:
        """Raises MalformedError for the first row of a width that fault_of(width, row) finds fault with."""
        few = widths[:1] if bool((widths == widths[0]).all()) else np.unique(widths)
        faulty = [int(np.argmax(widths == width)) for width in few]
        for i in sorted(faulty):
            if fault := fault_of(int(widths[i]), i):
                raise MalformedError(self.place(name)(i), *fault)

    def groups(self, names: tuple[str, ...], *more: tuple[Numbers, list[str | None]]) -> Iterator[tuple[Any, Any]]:
        """These rows by what they share: values of name columns, "" where absent, and of more, numbers into lists."""
        columns = [self._codes(name) for name in names] + list(more)
        shared = np.zeros(len(self), np.int64)
        for numbers, values in columns:
            if bool((numbers != numbers[0]).any()):
                both = shared * (len(values) + 1) + numbers.astype(np.int64)
                shared = np.unique(both, return_inverse=True)[1]
        kinds = range(int(shared.max()) + 1)
        for kind in kinds:
            rows = None if len(kinds) == 1 else np.flatnonzero(shared == kind)
            one = 0 if rows is None else int(rows[0])
            same = tuple(values[int(numbers[one])] or "" for numbers, values in columns)
            yield same, _Selection(self.batch, self.layout, self.first, rows)

    def _codes(self, name: str) -> tuple[Numbers, list[str | None]]:
        column = self.column(name)
        if column is None:
            return np.zeros(len(self), np.int64), [self.layout.constants.get(name)]
        if name in self.layout.required:
            refuse_nulls(column, self.place(name))
        return codes(column)


class _Judge:
    """Judges the batches of one file, in order."""

    def __init__(self, layout: Layout, runner: Runner, report: Report) -> None:
        self._layout = layout
        self._runner = runner
        self._report = report
        self._keys = Keys()

    def part(self, batch: Any, first: int) -> Part:
        """Verdicts of a record batch whose first row has a number in the file."""
        n = batch.num_rows
        every = _Selection(batch, self._layout, first)
        part = Part(first, np.zeros(n, np.bool_), [""] * n, self._names(every))
        if self._layout.recovers:
            self._senders(every, part)
        else:
            self._signatures(every, part)
        return part

    def _names(self, every: _Selection) -> list[str] | None:
        column = every.column(NAME)
        if column is None:
            return None
        numbers, values = codes(column)
        for i in np.flatnonzero([name_fault(len(value or "")) is not None for value in values]):
            rows = np.flatnonzero(numbers == i)
            if len(rows) and (fault := name_fault(len(values[i] or ""))):
                raise MalformedError(every.place(NAME)(int(rows[0])), *fault)
        return [values[number] or "" for number in numbers.tolist()]

    def _signatures(self, every: _Selection, part: Part) -> None:
        identities = every.column(IDENTITY)
        named = np.zeros(len(every), np.int64) if identities is None else 1 - is_null(identities).astype(np.int64)
        kinds = [IDENTITY if IDENTITY in self._layout.constants else None, IDENTITY]
        for values, rows in every.groups(("scheme", *SIGNATURE_OPTIONAL), (named, kinds)):
            self._verify(rows, values if values[-1] else values[:-1], part)

    def _verify(self, rows: _Selection, parameters: tuple[str, ...], part: Part) -> None:
        """Signatures of one scheme, with the parameters of batch_rows.Signatures."""
        name, rule, message_hash, key_format, signature_format = parameters[:5]
        scheme = SCHEMES.get(name)  # an unknown one is told of by verify_many
        keys = self._keys.given(rows.required("public_key"), rows.place("public_key"), name, rule, key_format)
        rows.check_widths("public_key", keys.widths, lambda width, _: key_fault(width, scheme, key_format))
        messages = rows.bytes_of("message")
        rows.check_widths("message", lengths(messages), lambda width, _: message_fault(width, scheme, message_hash))
        signatures = rows.bytes_of("signature")
        rows.check_widths(
            "signature", lengths(signatures), lambda _, i: signature_fault(signatures[i], scheme, signature_format)
        )
        with _telling_row(rows):
            valid, reasons, step = self._runner.verify_codes(
                name,
                keys.keys,
                messages,
                signatures,
                "",
                key_index=keys.index,
                identity=self._identity(rows) if IDENTITY in parameters else None,
                **options_of(parameters),
            )
        words = [under_rule(in_words(code), rule) for code in range(int(reasons.max()) + 1)]
        self._found(part, rows, title_of(parameters), valid, lambda i: words[reasons[i]], step)

    def _identity(self, rows: _Selection) -> Rows | bytes:
        constant = self._layout.constants.get(IDENTITY)
        if constant is not None:
            return bytes.fromhex(constant)
        identities = rows.bytes_of(IDENTITY)
        rows.check_widths(IDENTITY, lengths(identities), lambda width, _: identity_fault(width))
        return identities

    def _senders(self, every: _Selection, part: Part) -> None:
        given, rows = _given(every)
        widths = np.full(len(every), ADDRESS_WIDTH, np.int64)  # of what is found where nobody is expected
        widths[rows] = lengths(given)
        every.check_widths("sender", widths, lambda width, _: _other_width(width, ADDRESS_WIDTH, KEY_WIDTH))
        kinds = (widths == KEY_WIDTH).astype(np.int64)
        for (rule, kind), selection in every.groups(("rule",), (kinds, [None, "keys"])):
            self._recover(selection, rule, not kind, part)

    def _recover(self, rows: _Selection, rule: str, addresses: bool, part: Part) -> None:
        """Recoveries under one rule, of addresses or of keys."""
        digests, signatures = rows.bytes_of("digest"), rows.bytes_of("signature")
        rows.check_widths("digest", lengths(digests), lambda width, _: _other_width(width, DIGEST_WIDTH))
        rows.check_widths("signature", lengths(signatures), lambda width, _: _other_width(width, RECOVERABLE_WIDTH))
        with _telling_row(rows):
            found, exists, step = self._runner.recover_many(digests, signatures, rule, addresses=addresses)
        given, at = _given(rows)
        wanted = np.zeros(len(rows), np.bool_)
        wanted[at] = True
        expected = np.zeros_like(found)
        expected[at] = table(given, found.shape[1])
        valid = np.where(wanted, exists & (found == expected).all(1), ~exists)

        def reason(i: int) -> str:
            sender = bytes(expected[i]) if wanted[i] else None
            return compared(sender, signatures[i], bytes(found[i]), bool(exists[i]))[1]

        self._found(part, rows, f"{rule} senders", valid, reason, step)

    def _found(
        self, part: Part, rows: _Selection, title: str, valid: Verdicts, reason: Callable[[int], str], step: Step
    ) -> None:
        """Puts what was found of some rows into the part and the report."""
        if rows.rows is None:
            part.valid[:] = valid
        else:
            part.valid[rows.rows] = valid
        bad = []
        for i in np.flatnonzero(~valid).tolist():
            row, why = rows.row(i), reason(i)
            part.reasons[row] = why
            name = part.names[row] if part.names else ""
            bad.append(Bad({"row": part.first + row}, f"{name}: {why}" if name else why))
        self._report.add(title, len(rows), bad, step)


def _given(rows: _Selection) -> tuple[Rows, Numbers]:
    """The senders that are not null, and of which of the rows they are."""
    column = rows.column("sender")
    at = np.flatnonzero(~is_null(column))
    return byte_rows(column.take(at), lambda i: rows.place("sender")(int(at[i]))), at


def _other_width(width: int, *wanted: int) -> Fault:
    return None if width in wanted else (wrong_width(width, wanted), "correct it")


@contextmanager
def _telling_row(rows: _Selection) -> Iterator[None]:
    """What is wrong with names that rows share is told of the first of them."""
    try:
        yield
    except ValueError as error:
        raise MalformedError(f"row {rows.first + rows.row(0)}", str(error)) from None


def _pieces(batch: Any) -> Iterator[Any]:
    """A record batch in parts whose decoded bytes are bounded."""
    sizes = np.zeros(batch.num_rows, np.int64)
    for column in batch.columns:
        sizes += decoded_sizes(column)
    ends = np.cumsum(sizes)
    start = 0
    while start < batch.num_rows:
        before = int(ends[start - 1]) if start else 0
        end = max(int(np.searchsorted(ends, before + BATCH_BYTES, side="right")), start + 1)
        yield batch.slice(start, end - start)
        start = end


def _batches(path: Path, form: str, source: Source) -> Iterator[tuple[int, Any]]:
    """Checked record batches of bounded size, each with the number of its first row."""
    first = 0
    batches = source.batches()
    while True:
        place = f"row {first:,} and on"
        with telling(path, form, place):
            batch = next(batches, None)
            if batch is None:
                return
            batch.validate()
        for start in range(0, batch.num_rows, CHUNK_ROWS):
            chunk = batch.slice(start, CHUNK_ROWS)
            with telling(path, form, place):
                chunk.validate(full=True)
            for piece in _pieces(chunk):
                yield first, piece
                first += piece.num_rows


def _part(judge: _Judge, batch: Any, first: int) -> Part:
    try:
        return judge.part(without_views(batch), first)
    except pa.ArrowException as error:  # a type that this pyarrow has no function for
        raise MalformedError(f"row {first:,} and on", str(error), "cast columns to string and binary") from None


def parts_of_columns(path: Path, form: str, runner: Runner, report: Report) -> Iterator[Part]:
    """Judges a batch file in columns, part by part, and adds what is found to a report.

    Raises:
        UnusableInputError: the file is broken, or a row is not a signature with all its fields.
    """
    source = open_source(path, form)
    try:
        judge = _Judge(layout_of(source.schema), runner, report)
        for first, batch in _batches(path, form, source):
            yield _part(judge, batch, first)
            rows = first + batch.num_rows
            runner.progress("signatures", rows, source.total(rows))
    except MalformedError as error:
        raise UnusableInputError(str(path), error.place, error.fault, error.mend) from None
