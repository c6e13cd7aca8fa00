# SPDX-License-Identifier: Apache-2.0
"""Every backend, asked every question that has a known answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Literal

from pyaccel import known_answers
from pyaccel.backends.base import Backend, Declined, Unavailable
from pyaccel.choices import check_progress
from pyaccel.errors import UnsupportedError
from pyaccel.known_answers import KnownAnswer
from pyaccel.operations import OPERATIONS
from pyaccel.scheduler.registry import check_name, discovered, kinds, names, probed

if TYPE_CHECKING:
    from pyaccel.he.known_answers import KnownAnswer as HeAnswer

Progress = Callable[[int, int, str], object]
"""Called with how many questions a device was asked, how many there are, and its name; raising in it ends the call."""

_Said = str | Declined | Unavailable | None
"""What was wrong, why nothing was asked, or None: all is right."""


@dataclass(frozen=True)
class SelfTest:
    """One operation on one backend.

    Attributes:
        operation: its name; of those that begin with "he." the ciphertexts live on the device.
        of: the algorithm, form or scheme, with the parameters that the question fixes.
        device: name of the backend.
        result: "pass", "skip" or "fail".
        reason: why it was skipped, or what was wrong; empty for a pass.
        source: where the known answer is from.
    """

    operation: str
    of: str
    device: str
    result: Literal["pass", "skip", "fail"]
    reason: str
    source: str


def selftest(device: str | None = None, *, progress: Progress | None = None) -> tuple[SelfTest, ...]:
    """Operation x backend = pass, skip with its reason, or fail. Never raises on a wrong answer.

    Takes minutes where kernels of a device are built for the first time.

    Args:
        device: only this kind or device ("native", "opencl", "opencl:0"), or these ("native,golden"); None: every one.
        progress: called before each question, and after the last one of a device.

    Raises:
        ValueError: the device's name is unknown.
        TypeError: progress is no function.
    """
    device = "auto" if device is None else device
    check_name(device)
    check_progress(progress, "questions done, questions in all, device")
    results: list[SelfTest] = []
    for name, backend in chain.from_iterable(map(_backends, names(device))):
        questions = [partial(_ask, name, backend, answer) for answer in known_answers.known()]
        questions += _he_questions(name, backend)
        for i, question in enumerate(questions):
            if progress is not None:
                progress(i, len(questions), name)
            results.append(question())
        if progress is not None:
            progress(len(questions), len(questions), name)
    return tuple(results)


def _backends(device: str) -> Iterator[tuple[str, Backend | Unavailable]]:
    """The devices of this name, or why one, or a whole kind, is not here."""
    for kind in kinds(installed=True):
        if device not in ("auto", kind) and device.partition(":")[0] != kind:
            continue
        found = discovered(kind)
        if isinstance(found, Unavailable):
            yield kind, found
            continue
        named = [backend for backend in found if device in ("auto", kind, backend.name)]
        if not named:
            yield device, Unavailable(f"there are {', '.join(backend.name for backend in found) or 'none'}")
        for backend in named:
            state = probed(backend)
            yield backend.name, state if isinstance(state, Unavailable) else backend


def _ask(device: str, backend: Backend | Unavailable, answer: KnownAnswer) -> SelfTest:
    def said() -> _Said:
        if isinstance(backend, Unavailable):
            return backend
        plan = backend.prepare(OPERATIONS[answer.operation], answer.parameters)
        return plan if isinstance(plan, Declined) else answer.check(plan)

    fixed = [str(value) for value in answer.parameters.values() if isinstance(value, str) and value != "auto"]
    return _result(answer.operation, ", ".join(fixed), device, answer.source, said)


def _he_questions(device: str, backend: Backend | Unavailable) -> list[partial[SelfTest]]:
    """Homomorphic encryption, whose batches are handles, no rows."""
    try:
        from pyaccel.he.known_answers import ANSWERS, FUNCTIONS
        from pyaccel.he.resident import refusal
    except UnsupportedError as error:  # the build has no C library
        missing = Unavailable(str(error))
        return [partial(_result, "he", "", device, "", lambda: missing)]

    def said(answer: HeAnswer, function: str) -> _Said:
        if isinstance(backend, Unavailable):
            return backend
        reason = refusal(backend, answer.scheme, function)
        return Declined(reason) if reason else answer.wrong(backend, function)

    return [
        partial(_result, f"he.{function}", answer.scheme, device, answer.source, partial(said, answer, function))
        for function in FUNCTIONS
        for answer in ANSWERS
        if function in answer.functions
    ]


def _result(operation: str, of: str, device: str, source: str, ask: Callable[[], _Said]) -> SelfTest:
    try:
        said = ask()
    except Exception as error:  # noqa: BLE001 - a failure of this backend; the others are still asked
        said = f"{type(error).__name__}: {error}"
    if isinstance(said, Declined | Unavailable):
        return SelfTest(operation, of, device, "skip", said.reason, source)
    return SelfTest(operation, of, device, "fail" if said else "pass", said or "", source)
