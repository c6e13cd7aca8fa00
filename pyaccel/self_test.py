# SPDX-License-Identifier: Apache-2.0
"""Every backend, asked every question that has a known answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pyaccel import known_answers
from pyaccel.backends.base import Backend, Declined, Unavailable
from pyaccel.known_answers import KnownAnswer
from pyaccel.operations import OPERATIONS
from pyaccel.scheduler.registry import MODULES, check_name, discovered, probed


@dataclass(frozen=True)
class SelfTest:
    """One operation on one backend.

    Attributes:
        operation: its name.
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


def selftest(device: str | None = None) -> tuple[SelfTest, ...]:
    """Operation x backend = pass, skip with its reason, or fail. Never raises on a wrong answer.

    Args:
        device: only this kind or device ("native", "opencl", "opencl:0"); None: every one.

    Raises:
        ValueError: the device's name is unknown.
    """
    check_name(device or "auto")
    results = []
    for kind in MODULES:
        if device not in (None, "auto", kind) and str(device).partition(":")[0] != kind:
            continue
        found = discovered(kind)
        if isinstance(found, Unavailable):
            results += [_result(answer, kind, "skip", found.reason) for answer in known_answers.known()]
            continue
        for backend in found:
            if device in (None, "auto", kind, backend.name):
                state = probed(backend)
                for answer in known_answers.known():
                    if isinstance(state, Unavailable):
                        results.append(_result(answer, backend.name, "skip", state.reason))
                    else:
                        results.append(_ask(backend, answer))
    return tuple(results)


def _ask(backend: Backend, answer: KnownAnswer) -> SelfTest:
    try:
        plan = backend.prepare(OPERATIONS[answer.operation], answer.parameters)
        if isinstance(plan, Declined):
            return _result(answer, backend.name, "skip", plan.reason)
        wrong = answer.check(plan)
    except Exception as error:  # noqa: BLE001 - a failure of this backend; the others are still asked
        wrong = f"{type(error).__name__}: {error}"
    return _result(answer, backend.name, "fail" if wrong else "pass", wrong or "")


def _result(answer: KnownAnswer, device: str, result: Literal["pass", "skip", "fail"], reason: str) -> SelfTest:
    fixed = [str(value) for value in answer.parameters.values() if isinstance(value, str) and value != "auto"]
    return SelfTest(answer.operation, ", ".join(fixed), device, result, reason, answer.source)
