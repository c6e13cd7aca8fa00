# SPDX-License-Identifier: Apache-2.0
"""Names with one spelling each: an unknown one is an error that lists the valid ones."""

from __future__ import annotations

from collections.abc import Iterable

from pyaccel.errors import UnsupportedError


def choice(what: str, value: str, valid: Iterable[str], later: Iterable[str] = ()) -> str:
    """The value, when it is one of `valid`.

    Args:
        what: the argument's name.
        value: what came.
        valid: the names that work.
        later: names that the C headers reserve and that do not work yet.

    Raises:
        UnsupportedError: one of `later`.
        ValueError: anything else.
    """
    names = tuple(valid)
    # Whatever is no str may not even compare with one: an array answers with an array.
    if isinstance(value, str):
        if value in names:
            return value
        if value in tuple(later):
            raise UnsupportedError(f"{what} {value!r} does not work in this version; these do: {', '.join(names)}")
    raise ValueError(f"{what} {value!r} is unknown; there are {', '.join(names)}")
