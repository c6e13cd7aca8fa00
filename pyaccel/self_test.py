# SPDX-License-Identifier: Apache-2.0
"""Every backend, asked every question that has a known answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from pyaccel import known_answers
from pyaccel.backends.base import Backend, Capabilities, Declined, Unavailable
from pyaccel.errors import UnsupportedError
from pyaccel.known_answers import KnownAnswer
from pyaccel.operations import OPERATIONS
from pyaccel.scheduler.registry import check_name, discovered, kinds, probed


@dataclass(frozen=True)
class SelfTest:
    """One operation on one backend.

    Attributes:
        operation: its name, or "he" (ciphertexts that live on the device).
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
    for kind in kinds(installed=True):
        if device not in (None, "auto", kind) and str(device).partition(":")[0] != kind:
            continue
        found = discovered(kind)
        if isinstance(found, Unavailable):
            results += [_result(answer, kind, "skip", found.reason) for answer in known_answers.known()]
            results += _ask_he(kind, found)
            continue
        for backend in found:
            if device in (None, "auto", kind, backend.name):
                state = probed(backend)
                for answer in known_answers.known():
                    if isinstance(state, Unavailable):
                        results.append(_result(answer, backend.name, "skip", state.reason))
                    else:
                        results.append(_ask(backend, answer))
                results += _ask_he(backend.name, state)
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


def _ask_he(device: str, state: Capabilities | Unavailable) -> Iterator[SelfTest]:
    """Homomorphic encryption, which is no operation on rows. Golden made its answers, and is not asked."""
    if device == "golden":
        return
    try:
        from pyaccel.he.known_answers import ANSWERS
    except UnsupportedError as error:  # the build has no C library
        yield SelfTest("he", "", device, "skip", str(error), "")
        return
    for answer in ANSWERS:
        result: Literal["pass", "skip", "fail"] = "pass"
        reason = ""
        if isinstance(state, Unavailable):
            result, reason = "skip", state.reason
        else:
            try:
                reason = answer.check(device) or ""
                result = "fail" if reason else "pass"
            except UnsupportedError as error:
                result, reason = "skip", str(error)
            except Exception as error:  # noqa: BLE001 - as above
                result, reason = "fail", f"{type(error).__name__}: {error}"
        yield SelfTest("he", answer.scheme, device, result, reason, answer.source)


def _result(answer: KnownAnswer, device: str, result: Literal["pass", "skip", "fail"], reason: str) -> SelfTest:
    fixed = [str(value) for value in answer.parameters.values() if isinstance(value, str) and value != "auto"]
    return SelfTest(answer.operation, ", ".join(fixed), device, result, reason, answer.source)
