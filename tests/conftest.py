# SPDX-License-Identifier: Apache-2.0
"""What the Python tests share: implementations forced in turn, hypothesis profiles, the count of cases."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings
from implementations import LEFT_OUT, RUN, Implementation, forced

if TYPE_CHECKING:
    from faulty_opencl import FaultyOpenCL

# No deadline: these tests share their machine, and golden takes milliseconds a signature.
_HEALTH = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large]
settings.register_profile("default", deadline=None, suppress_health_check=_HEALTH, derandomize=True)
settings.register_profile("long", deadline=None, suppress_health_check=_HEALTH, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

# A calibration of this machine's user must not decide what tests see; those of calibration name their own files.
os.environ["PYACCEL_CALIBRATION"] = "none"


@pytest.fixture
def implementation(request: pytest.FixtureRequest) -> Iterator[Implementation]:
    """The implementation under test, its variant bound; fails where the variant's counter did not rise."""
    with forced(request.param) as way:
        yield way


@pytest.fixture
def driver(backend: Any, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyOpenCL]:
    """The OpenCL driver of the device under test, faulty; a parameter False: as if it had memory of its own."""
    from faulty_opencl import faulty

    with faulty(monkeypatch, backend, shared_memory=getattr(request, "param", None)) as driver:
        yield driver


@pytest.fixture
def library() -> Iterator[Any]:
    """The fake CUDA driver: nothing fails in it before, and nothing is left of it after."""
    import cuda_support

    library = cuda_support.fake()
    if isinstance(library, str):
        pytest.skip(library)
    yield library
    library.fake_heal()
    assert library.fake_depth() == 0, "a context was left current"


@pytest.fixture(autouse=True)
def _fake_device_is_listed(request: pytest.FixtureRequest) -> Iterator[None]:
    """The scheduler knows the fake CUDA device while it is under test, and never chooses it otherwise."""
    callspec = getattr(request.node, "callspec", None)
    backend = callspec and callspec.params.get("backend")
    if not getattr(backend, "name", "").startswith("cuda:"):
        yield
        return
    import cuda_support

    with cuda_support.listed(backend):
        yield


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A process of pytest-xdist hands its counts to the one that prints."""
    if hasattr(session.config, "workeroutput"):
        left_out = [(*key, cases) for key, cases in LEFT_OUT.items()]
        session.config.workeroutput["cases"] = (dict(RUN), left_out)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Takes them."""
    run, left_out = getattr(node, "workeroutput", {}).get("cases", ({}, []))
    RUN.update(run)
    for name, reason, cases in left_out:
        LEFT_OUT[name, reason] += cases


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Prints how many cases each implementation ran, and what it left out and why."""
    if not RUN and not LEFT_OUT:
        return
    terminalreporter.section("vector and property cases per implementation")
    for name in sorted({*RUN, *(name for name, _ in LEFT_OUT)}):
        terminalreporter.write_line(f"{name:32} {RUN[name]:8} run")
        for (left, reason), cases in sorted(LEFT_OUT.items()):
            if left == name:
                terminalreporter.write_line(f"{'':32} {cases:8} left out: {reason}")
