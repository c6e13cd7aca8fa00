# SPDX-License-Identifier: Apache-2.0
"""The self-test of homomorphic encryption: its answers are golden's, and a wrong one is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from fake_devices import installed
from he_support import Party
from implementations import opencl_devices
from vector_files import load_json

import pyaccel
from pyaccel.errors import SelfTestError
from pyaccel.he import known_answers
from pyaccel.he.known_answers import ANSWERS, FUNCTIONS, KnownAnswer
from pyaccel.he.native import SCHEMES
from pyaccel.he.operations import OPERATIONS
from pyaccel.scheduler.registry import backends_of


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: answer.scheme)
def test_answers_are_those_of_the_vectors(answer: KnownAnswer) -> None:
    told = load_json(f"he/{answer.scheme}-64.json")
    assert answer.seeds == told["seeds"]
    assert told["parameters"]["moduli_bits"] == list(answer.parameters["moduli_bits"])
    digests = {step["out"]: step["digest"] for step in told["steps"]} | told["saved"]
    assert {name: digests[name] for name in answer.digests} == answer.digests
    (native,) = backends_of("native")
    asked = {function: answer.asked(native, function) for function in answer.functions}
    assert all(asked.values())
    assert {name for names in asked.values() for name in names} == set(answer.digests)


def wrong_at(step: str) -> tuple[KnownAnswer, ...]:
    """The answers, one of CKKS wrong."""
    return (replace(ANSWERS[0], digests={**ANSWERS[0].digests, step: "00" * 32}), *ANSWERS[1:])


def failed(device: str) -> set[tuple[str, str]]:
    return {(row.operation, row.of) for row in pyaccel.selftest(device) if row.result == "fail"}


def test_a_wrong_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_answers, "ANSWERS", wrong_at("rotated"))
    (row,) = (row for row in pyaccel.selftest("native") if row.result != "pass")
    assert (row.operation, row.of, row.result) == ("he.rotate", "ckks", "fail")
    assert "the SHA-256 of rotated is" in row.reason


def test_native_computes_every_function_of_every_scheme() -> None:
    rows = {(row.operation, row.of) for row in pyaccel.selftest("native") if row.operation.startswith("he.")}
    assert {(f"he.{function}", scheme) for function in FUNCTIONS for scheme in SCHEMES} - rows == {
        ("he.sub_plain", "bfv"),  # no vector has it
        ("he.sub_plain", "bgv"),
    }
    assert set(OPERATIONS) - set(FUNCTIONS) == {"download", "take", "concatenate"}
    for scheme in SCHEMES:
        assert OPERATIONS["add"].resolve(scheme=scheme) == (scheme,)
    with pytest.raises(ValueError, match="scheme 'tfhe' is unknown; there are bfv, bgv, ckks"):
        OPERATIONS["add"].resolve(scheme="tfhe")


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An OpenCL device, of which nothing is known."""
    name = opencl_devices()[0]
    (backend,) = backends_of(name)
    with installed(monkeypatch) as install:
        install(backend)
        yield name


on_a_device = pytest.mark.skipif(not opencl_devices(), reason="no OpenCL device works here")


@pytest.mark.opencl
@on_a_device
def test_a_device_that_answers_wrongly_is_not_used(device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the first use of what it does wrongly on; rows are right all the same."""
    monkeypatch.setattr(known_answers, "ANSWERS", wrong_at("rotated"))
    party = Party("ckks", degree=64, depth=1)
    ciphertexts = party.public.encrypt([1.0, 2.0])
    there = ciphertexts.to(device)
    there = there + there
    with pytest.warns(RuntimeWarning, match=f"not use {device} any more: ckks .*the SHA-256 of rotated is"):
        turned = there.rotate(1)
    assert party.same(turned.to("native"), [4.0, 0.0])
    for _ in range(2):
        with pytest.raises(SelfTestError, match=f"{device} is not used any more: ckks .*the SHA-256 of rotated is"):
            ciphertexts.to(device)
    assert failed(device) == {("he.rotate", "ckks")}


@pytest.mark.opencl
@on_a_device
@pytest.mark.filterwarnings("ignore:.* not use opencl.* any more:RuntimeWarning")
def test_a_device_that_loses_what_is_brought_there_takes_no_ciphertexts(
    device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known_answers, "ANSWERS", wrong_at("a"))
    party = Party("ckks", degree=64, depth=1)
    with pytest.raises(SelfTestError, match=f"{device} is not used any more: ckks .*the SHA-256 of a is"):
        party.public.encrypt([1.0]).to(device)


@pytest.mark.opencl
@on_a_device
def test_what_devices_decline_has_a_reason(device: str) -> None:
    rows = {(row.operation, row.of): row for row in pyaccel.selftest(device) if row.operation.startswith("he.")}
    shown = {(row.operation, row.of): row for row in pyaccel.info().operations if row.device == device}
    for key, row in rows.items():
        function, declined = key[0].removeprefix("he."), key[1] == "bgv" or key[0] == "he.encrypt"
        declined = declined or (key[1] == "bfv" and ("plain" in function or function == "multiply"))
        assert (row.result, bool(row.reason)) == (("skip", True) if declined else ("pass", False)), row
        assert (shown[key].variant, shown[key].reason) == ("" if declined else f"{device}/he", row.reason)
