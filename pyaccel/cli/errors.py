# SPDX-License-Identifier: Apache-2.0
"""What is wrong with an input, in one line: the file, the place, the fault and the mend."""

from __future__ import annotations

from collections.abc import Iterable


class MalformedError(Exception):
    """Foreign bytes that do not hold what they should.

    Args:
        place: where, as a person finds it ("offset 84", "line 7", "signed_header.commit.height").
        fault: what is there, and what was wanted.
        mend: what to do about it; empty where the fault says it.
    """

    def __init__(self, place: str, fault: str, mend: str = "") -> None:
        super().__init__(f"{place}: {fault}")
        self.place = place
        self.fault = fault
        self.mend = mend


class UnusableInputError(Exception):
    """An input that can't be checked at all: exit status 2. Its text is the one line that is shown."""

    def __init__(self, source: str, place: str, fault: str, mend: str = "") -> None:
        where = f"{source}: {place}" if place else source
        super().__init__(one_line(f"{where}: {fault}" + (f"; {mend}" if mend else "")))


def one_line(text: str) -> str:
    """Text without line breaks or other control characters, so that a hostile file can't write to the terminal."""
    return "".join(character if character.isprintable() else "?" for character in " ".join(text.split()))


def quoted(value: object, limit: int = 40) -> str:
    """A value from a file as an error may show it: printable and short."""
    text = repr(value)
    if len(text) <= limit:
        return one_line(text)
    closing = text[-1] if text[0] in "'\"[{(" else ""
    return one_line(f"{text[: limit - 3 - len(closing)]}...{closing}")


def wrong_width(width: int, wanted: Iterable[int]) -> str:
    """The fault of a byte string of another width than wanted."""
    return f"{width} bytes, wanted {' or '.join(map(str, wanted))}"
