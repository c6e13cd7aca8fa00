# SPDX-License-Identifier: Apache-2.0
"""The self-test of homomorphic encryption: its answers are golden's, and a wrong one is told."""

from __future__ import annotations

from dataclasses import replace

import pytest
from he_support import Party
from implementations import opencl_devices
from vector_files import load_json

import pyaccel
from pyaccel.errors import SelfTestError
from pyaccel.he import known_answers, resident
from pyaccel.he.known_answers import ANSWERS, KnownAnswer


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: answer.scheme)
def test_answers_are_those_of_the_vectors(answer: KnownAnswer) -> None:
    told = load_json(f"he/{answer.scheme}-64.json")
    assert answer.seeds == told["seeds"]
    assert told["parameters"]["moduli_bits"] == list(answer.parameters["moduli_bits"])
    digests = {step["out"]: step["digest"] for step in told["steps"]} | told["saved"]
    assert {name: digests[name] for name in answer.digests} == answer.digests
    assert set(answer.asked("native")) == set(answer.digests)


def test_a_wrong_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = replace(ANSWERS[0], digests={**ANSWERS[0].digests, "rotated": "00" * 32})
    monkeypatch.setattr(known_answers, "ANSWERS", (wrong, *ANSWERS[1:]))
    results = {row.of: row for row in pyaccel.selftest("native") if row.operation == "he"}
    assert {of: row.result for of, row in results.items()} == {"ckks": "fail", "bfv": "pass", "bgv": "pass"}
    assert "the SHA-256 of rotated is" in results["ckks"].reason


@pytest.mark.opencl
@pytest.mark.skipif(not opencl_devices(), reason="no OpenCL device works here")
def test_a_device_that_answers_wrongly_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """At first use, and ever after."""
    device = opencl_devices()[0]
    monkeypatch.setattr(resident, "_verdicts", {})
    wrong = replace(ANSWERS[0], digests={**ANSWERS[0].digests, "rotated": "00" * 32})
    monkeypatch.setattr(known_answers, "ANSWERS", (wrong, *ANSWERS[1:]))
    party = Party("ckks", degree=64, depth=1)
    ciphertexts = party.public.encrypt([1.0])
    for _ in range(2):
        with pytest.raises(SelfTestError, match=f"{device} is not used for ckks: .*the SHA-256 of rotated is"):
            ciphertexts.to(device)
    results = {row.of: row for row in pyaccel.selftest(device) if row.operation == "he"}
    assert {of: row.result for of, row in results.items()} == {"ckks": "fail", "bfv": "pass", "bgv": "skip"}
