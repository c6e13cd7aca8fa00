# SPDX-License-Identifier: Apache-2.0
"""Names with one spelling each: an unknown one is an error that lists the valid ones; and what is to be called."""

from __future__ import annotations

from collections.abc import Iterable

_A_WORD = 2
"""Letters, at most, that are no part of a name worth telling."""
_SHOWN = 60
"""Characters, at most, of a value that is shown as it is."""


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
    came = repr(value)
    letters = _letters(came)
    # To name the nearest one would be a guess: of sha-256 that is sha3-256.
    meant = "".join(f". To mend: {name!r}" for name in names if _letters(name) == letters)
    if not meant and len(letters) > _A_WORD:
        holds = [name for name in names if letters in _letters(name)]
        meant = f". With that in their names: {', '.join(holds)}" if holds else ""
    if len(came) > _SHOWN:
        came = f"(of type {type(value).__name__})"
    raise ValueError(f"{what} {came} is unknown; there are {', '.join(names)}{meant}")


def _letters(name: str) -> str:
    """What is left of a name that others spell with capitals, hyphens and the like: SHA-256, sha3_256."""
    return "".join(filter(str.isalnum, name.lower()))


def check_progress(progress: object, takes: str) -> None:
    """Raises TypeError unless progress is None or may be called. Args: takes: what it is called with."""
    if progress is not None and not callable(progress):
        raise TypeError(f"progress: a {type(progress).__name__} came; wanted a function of ({takes})")
