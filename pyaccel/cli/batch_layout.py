# SPDX-License-Identifier: Apache-2.0
"""What columns a batch file may have.

Bytes are binary, large_binary, fixed_size_binary or binary_view, or hex in string columns; names are string columns of
any kind; all may be encoded by dictionaries. A null in an optional column is a field that is left out, as is a sender
that is null. Names that all rows share, and an identity in hex, may stand in the schema's metadata in the place of a
column: "pyaccel.scheme" = "ed25519". A file has signatures or recoveries, not both.
"""

from __future__ import annotations

import binascii
from dataclasses import dataclass
from typing import Any

from pyarrow import types

from pyaccel.cli.batch_bytes import is_bytes, is_text
from pyaccel.cli.batch_rows import (
    IDENTITY,
    NAME,
    RECOVERY_REQUIRED,
    SIGNATURE_OPTIONAL,
    SIGNATURE_REQUIRED,
    identity_fault,
)
from pyaccel.cli.errors import MalformedError, quoted

_TEXTS = ("scheme", *SIGNATURE_OPTIONAL, NAME)
_PREFIX = "pyaccel."


@dataclass(frozen=True, slots=True)
class Layout:
    """What the columns of a file are.

    Attributes:
        recovers: whether its rows are of recoveries.
        columns: number of each column by its name; those that are null throughout are left out.
        constants: values that all rows share, by name.
        required: names of the fields that no row may lack.
    """

    recovers: bool
    columns: dict[str, int]
    constants: dict[str, str]
    required: tuple[str, ...]


def layout_of(schema: Any) -> Layout:
    """The layout of a file by its schema.

    Raises:
        MalformedError: a column or an entry of the metadata is missing, unknown, given twice or of another type.
    """
    names = list(schema.names)
    recovers = "digest" in names or "sender" in names
    required = RECOVERY_REQUIRED if recovers else SIGNATURE_REQUIRED
    known = (*required, NAME) if recovers else (*required, *SIGNATURE_OPTIONAL, IDENTITY, NAME)
    for name in names:
        if name not in known:
            raise MalformedError(f"column {quoted(name)}", "unknown", f"leave it out; known are {', '.join(known)}")
        if names.count(name) > 1:
            raise MalformedError(f"column {name}", "given twice", "keep one of them")
        _check_type(name, schema.field(name).type, required=name in required)
    shared = ("rule",) if recovers else ("scheme", *SIGNATURE_OPTIONAL, IDENTITY)
    constants = _constants(schema.metadata or {}, shared, names)
    for name in required:
        if name not in names and name not in constants:
            there = ", ".join(map(quoted, names)) or "none"
            raise MalformedError(f"column {name}", "missing", f"add it; there are {there}")
    columns = {name: i for i, name in enumerate(names) if not _all_null(schema.field(name).type)}
    return Layout(recovers, columns, constants, tuple(name for name in required if name != "sender"))


def _all_null(kind: Any) -> bool:
    return bool(types.is_null(kind))


def _check_type(name: str, kind: Any, *, required: bool) -> None:
    text = name in _TEXTS
    if is_text(kind) or (not text and is_bytes(kind)) or (not required and _all_null(kind)):
        return
    wanted = "strings" if text else "binary (or strings of hex)"
    mend = "cast it to string" if text else "cast it to binary"
    kind = kind.value_type if types.is_dictionary(kind) else kind
    raise MalformedError(f"column {name}", f"{kind} came, wanted {wanted}, dictionaries of such among them", mend)


def _constants(metadata: dict[bytes, bytes], shared: tuple[str, ...], names: list[str]) -> dict[str, str]:
    constants = {}
    for key, value in metadata.items():
        name = key.decode(errors="replace")
        if not name.startswith(_PREFIX):
            continue
        place, name = f"metadata {quoted(name)}", name.removeprefix(_PREFIX)
        if name not in shared:
            known = ", ".join(_PREFIX + name for name in shared)
            raise MalformedError(place, "unknown", f"leave it out; known are {known}")
        if name in names:
            raise MalformedError(place, f"there is a column {name} too", "keep one of them")
        constants[name] = value.decode(errors="replace")
        if name == IDENTITY:
            _check_identity(place, constants[name])
    return constants


def _check_identity(place: str, value: str) -> None:
    try:
        fault = identity_fault(len(binascii.unhexlify(value)))
    except ValueError:
        fault = (f"{quoted(value)} is not hex", "give two hex digits a byte")
    if fault:
        raise MalformedError(place, *fault)
