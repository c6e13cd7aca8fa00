# SPDX-License-Identifier: Apache-2.0
"""The self-test of homomorphic encryption: its answers are golden's, and a wrong one is told."""

from __future__ import annotations

from dataclasses import replace

import pytest
from vector_files import load_json

import pyaccel
from pyaccel.he import known_answers
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
