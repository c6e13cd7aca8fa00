# SPDX-License-Identifier: Apache-2.0
"""What a verification found: one model, shown as a table to people and as JSON to machines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

JSON_VERSION = 1
"""Raised when a name in the JSON changes its meaning; new names may appear at any time."""


NAMED_LIMIT = 100_000
"""Bad things of one check that are kept by name, so that a file of bad rows takes no more memory than one of good."""


@dataclass(frozen=True)
class Bad:
    """One thing that failed.

    Attributes:
        index: where, outermost first: {"transaction": 3, "input": 0}. Empty: the file holds only one such thing.
        reason: why, in a few words.
    """

    index: Mapping[str, int]
    reason: str

    @property
    def place(self) -> str:
        """The index in words."""
        return ", ".join(f"{name} {number}" for name, number in self.index.items())


@dataclass(frozen=True)
class Step:
    """How a batch was computed.

    Attributes:
        seconds: wall-clock time.
        ran_on: device and variant of each batch; empty where nothing was computed in one.
        notes: why it ran elsewhere than asked.
    """

    seconds: float = 0.0
    ran_on: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()

    def __add__(self, other: Step) -> Step:
        """Two steps taken one after the other."""
        return Step(self.seconds + other.seconds, self.ran_on + other.ran_on, self.notes + other.notes)


@dataclass
class Check:
    """One kind of check over a whole file.

    Attributes:
        name: what was checked.
        checked: how many.
        bad: those that failed, the first NAMED_LIMIT of them.
        bad_count: how many failed.
        seconds: time that the batches took, together.
        ran_on: devices and variants that they ran on, each pair once, in order.
        notes: why something ran elsewhere than asked.
        judged: whether the rows have a verdict; else they were only computed, for another check.
    """

    name: str
    checked: int = 0
    bad: list[Bad] = field(default_factory=list)
    bad_count: int = 0
    seconds: float = 0.0
    ran_on: dict[tuple[str, str], None] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)
    judged: bool = True

    @property
    def rate(self) -> float | None:
        """Rows a second, where a batch was timed."""
        return self.checked / self.seconds if self.seconds > 0 and self.ran_on else None

    def as_json(self) -> dict[str, Any]:
        """Names and values for machines."""
        return {
            "name": self.name,
            "checked": self.checked,
            "judged": self.judged,
            "bad_count": self.bad_count,
            "bad": [{"index": dict(bad.index), "reason": bad.reason} for bad in self.bad],
            "seconds": round(self.seconds, 6),
            "rate": None if self.rate is None else round(self.rate, 1),
            "ran_on": [{"device": device, "variant": variant} for device, variant in self.ran_on],
            "notes": list(self.notes),
        }


@dataclass
class Report:
    """All that was found in one file.

    Attributes:
        source: the file.
        title: what it is, in a line.
        facts: further facts by name (height, block hash).
        checks: by name, in the order in which they were made.
        not_covered: how many things of which kind were not checked.
        remarks: what a reader has to know to judge the result.
    """

    source: str
    title: str = ""
    facts: dict[str, str | int] = field(default_factory=dict)
    checks: dict[str, Check] = field(default_factory=dict)
    not_covered: Counter[str] = field(default_factory=Counter)
    remarks: dict[str, None] = field(default_factory=dict)

    def add(self, name: str, checked: int, bad: Iterable[Bad], step: Step, *, judged: bool = True) -> None:
        """Adds rows to the check of that name."""
        check = self.checks.setdefault(name, Check(name, judged=judged))
        check.checked += checked
        for item in bad:
            check.bad_count += 1
            if len(check.bad) < NAMED_LIMIT:
                check.bad.append(item)
        check.seconds += step.seconds
        check.ran_on.update(dict.fromkeys(step.ran_on))
        check.notes.update(dict.fromkeys(step.notes))

    def merge(self, other: Report, index: Mapping[str, int]) -> None:
        """Adds what another report found, check by check; index is put before those of its bad things."""
        for name, check in other.checks.items():
            step = Step(check.seconds, tuple(check.ran_on), tuple(check.notes))
            bad = [Bad({**index, **item.index}, item.reason) for item in check.bad]
            self.add(name, check.checked, bad, step, judged=check.judged)
            self.checks[name].bad_count += check.bad_count - len(bad)
        self.not_covered.update(other.not_covered)

    @property
    def bad_count(self) -> int:
        """How many things failed."""
        return sum(check.bad_count for check in self.checks.values())

    @property
    def judged_count(self) -> int:
        """How many things got a verdict."""
        return sum(check.checked for check in self.checks.values() if check.judged)

    def as_json(self) -> dict[str, Any]:
        """Names and values for machines."""
        return {
            "source": self.source,
            "title": self.title,
            "facts": self.facts,
            "good": self.bad_count == 0,
            "checks": [check.as_json() for check in self.checks.values()],
            "not_covered": dict(sorted(self.not_covered.items())),
            "remarks": list(self.remarks),
        }


def document(reports: Iterable[Report], errors: Iterable[str], status: int) -> dict[str, Any]:
    """The whole result for machines.

    Args:
        reports: one for each usable file.
        errors: one line for each unusable one.
        status: the exit status.
    """
    return {
        "version": JSON_VERSION,
        "status": status,
        "files": [report.as_json() for report in reports],
        "errors": list(errors),
    }
