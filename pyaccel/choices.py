# SPDX-License-Identifier: Apache-2.0
"""Names with one spelling each: an unknown one is an error that lists the valid ones; and what is to be called."""

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
    # To name the nearest one would be a guess: of sha-256 that is sha3-256.
    meant = "".join(f". To mend: {name!r}" for name in names if _letters(name) == _letters(repr(value)))
    raise ValueError(f"{what} {value!r} is unknown; there are {', '.join(names)}{meant}")


def _letters(name: str) -> str:
    """What is left of a name that others spell with capitals, hyphens and the like: SHA-256, sha3_256."""
    return "".join(filter(str.isalnum, name.lower()))


def check_progress(progress: object, takes: str) -> None:
    """Raises TypeError unless progress is None or may be called. Args: takes: what it is called with."""
    if progress is not None and not callable(progress):
        raise TypeError(f"progress: a {type(progress).__name__} came; wanted a function of ({takes})")
