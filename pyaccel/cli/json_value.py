# SPDX-License-Identifier: Apache-2.0
"""JSON from foreign files: values that know where they stand, so that an error names the place."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pyaccel.cli.errors import MalformedError, quoted, wrong_width

INT64 = range(-(1 << 63), 1 << 63)
_INTEGER = re.compile(r"-?[0-9]{1,20}", re.ASCII)
_MOST_DIGITS = 1000
_HEX = re.compile(r"(?:0x)?((?:[0-9A-Fa-f]{2})*)", re.ASCII)


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = dict(pairs)
    if len(keys) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _DuplicateError(twice)
    return keys


class _DuplicateError(ValueError):
    pass


def parse_json(text: bytes | str) -> Any:
    """The value of a JSON text (UTF-8).

    Raises:
        MalformedError: the text is not JSON, is nested too deeply, or names a field twice.
    """
    try:
        decoded = text if isinstance(text, str) else text.decode("utf-8")
        return json.loads(
            decoded, object_pairs_hook=_no_duplicates, parse_constant=_refuse_constant, parse_int=_whole_number
        )
    except UnicodeDecodeError as error:
        raise MalformedError(f"offset {error.start}", "not UTF-8 text", "give JSON") from None
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise MalformedError(place, f"not JSON ({error.msg})", "mend or fetch the file anew") from None
    except _DuplicateError as error:
        raise MalformedError("", f"field {quoted(str(error))} is given twice", "keep one of them") from None
    except RecursionError:
        raise MalformedError("", "JSON nested too deeply", "give the object itself") from None
    except _NumberError as error:
        raise MalformedError("", str(error), "mend the number") from None


class _NumberError(ValueError):
    pass


def _refuse_constant(name: str) -> None:
    raise _NumberError(f"{name} is not a JSON number")


def _whole_number(digits: str) -> int:
    """No field takes more digits, and Python converts no more than some thousands."""
    if len(digits) > _MOST_DIGITS:
        raise _NumberError(f"a number of {len(digits):,} digits, more than any field takes")
    return int(digits)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class JsonValue:
    """A value and its path from the root ("signed_header.commit.signatures[3]"); "" is the root itself."""

    value: Any
    path: str = ""

    def fail(self, fault: str, mend: str = "correct it") -> MalformedError:
        """The error to raise for a fault of this value."""
        return MalformedError(self.path or "the whole JSON", fault, mend)

    def fields(self) -> dict[str, Any]:
        """This value, which must be an object."""
        if not isinstance(self.value, dict):
            raise self.fail(f"{quoted(self.value)} is not an object")
        return self.value

    def has(self, name: str) -> bool:
        """Whether this object has a field that is not null."""
        return self.fields().get(name) is not None

    def __getitem__(self, name: str) -> JsonValue:
        """A field of this object, which must be there."""
        fields = self.fields()
        path = f"{self.path}.{name}" if self.path else name
        if name not in fields:
            raise MalformedError(
                path, "the field is missing", f"add it; there are {', '.join(map(quoted, fields)) or 'none'}"
            )
        return JsonValue(fields[name], path)

    def items(self, *, null_is_empty: bool = False) -> Iterator[JsonValue]:
        """The items of this list."""
        value = [] if self.value is None and null_is_empty else self.value
        if not isinstance(value, list):
            raise self.fail(f"{quoted(value)} is not a list")
        return (JsonValue(item, f"{self.path}[{i}]") for i, item in enumerate(value))

    def text(self) -> str:
        """This value, which must be a string."""
        if not isinstance(self.value, str):
            raise self.fail(f"{quoted(self.value)} is not a string")
        if not _is_unicode(self.value):
            raise self.fail(f"{quoted(self.value)} has half a surrogate pair, which is no character")
        return self.value

    def integer(self, allowed: range = INT64) -> int:
        """This value, a number or a string of decimal digits, within a range."""
        value = self.value
        if isinstance(value, str) and _INTEGER.fullmatch(value):
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.fail(f"{quoted(self.value)} is not a whole number")
        if value not in allowed:
            raise self.fail(f"{quoted(self.value)} is not between {allowed.start} and {allowed.stop - 1}")
        return value

    def hexadecimal(self, *widths: int) -> bytes:
        """The bytes of this hex string, of one of some widths (any, where none is named)."""
        text = self.text()
        found = _HEX.fullmatch(text)
        if not found and _HEX.fullmatch(text + "0"):
            raise self.fail(f"{len(text)} characters of hex are an odd number", "give two hex digits a byte")
        if not found:
            raise self.fail(f"{quoted(self.value)} is not hex", "give two hex digits a byte")
        return self.of_width(bytes.fromhex(found.group(1)), widths)

    def base64(self, *widths: int) -> bytes:
        """The bytes of this base64 string, of one of some widths (any, where none is named)."""
        try:
            return self.of_width(base64.b64decode(self.text(), validate=True), widths)
        except (binascii.Error, ValueError):
            raise self.fail(f"{quoted(self.value)} is not base64") from None

    def of_width(self, data: bytes, widths: tuple[int, ...], mend: str = "correct it") -> bytes:
        """This value's bytes, which must be of one of some widths (any, where none is named)."""
        if widths and len(data) not in widths:
            raise self.fail(wrong_width(len(data), widths), mend)
        return data
