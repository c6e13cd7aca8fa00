# SPDX-License-Identifier: Apache-2.0
"""Names with one spelling each: an unknown one is an error that lists the valid ones."""

from __future__ import annotations

from collections.abc import Iterable


def choice(what: str, value: str, valid: Iterable[str]) -> str:
    """The value, when it is one of `valid`.

    Args:
        what: the argument's name.
        value: what came.
        valid: the names that there are.

    Raises:
        ValueError: anything else.
    """
    names = tuple(valid)
    # Whatever is no str may not even compare with one: an array answers with an array.
    if isinstance(value, str) and value in names:
        return value
    raise ValueError(f"{what} {value!r} is unknown; there are {', '.join(names)}")
