# SPDX-License-Identifier: Apache-2.0
"""Published vectors of Poseidon2, and what zkhash, Plonky3 and gnark-crypto answered, on every implementation."""

from __future__ import annotations

import csv
from functools import cache
from typing import Any

import pytest
from implementations import Implementation
from poseidon2_support import FIELDS, algorithms, every_way, row
from vector_files import VECTORS, load_json

from pyaccel.golden.poseidon2 import parameter_set
from pyaccel.poseidon2 import ELEMENTS

_HORIZENLABS = {
    "POSEIDON2_GOLDILOCKS_12_PARAMS": "goldilocks-t12-horizenlabs",
    "POSEIDON2_BABYBEAR_24_PARAMS": "babybear-t24-horizenlabs",
    "POSEIDON2_BLS_2_PARAMS": "bls12-381-t2",
    "POSEIDON2_BLS_3_PARAMS": "bls12-381-t3",
    "POSEIDON2_BLS_4_PARAMS": "bls12-381-t4",
    "POSEIDON2_BN256_PARAMS": "bn254-t3",
    "POSEIDON2_PALLAS_3_PARAMS": "pallas-t3",
    "POSEIDON2_VESTA_PARAMS": "vesta-t3",
}
_CONSTANTS = {
    "bn256_t3": "bn254-t3",
    "babybear_t16": "babybear-t16-horizenlabs",
    "babybear_t24": "babybear-t24-horizenlabs",
    "goldilocks_t8": "goldilocks-t8-horizenlabs",
    "goldilocks_t12": "goldilocks-t12-horizenlabs",
}

Case = tuple[str, bytes, bytes]


@cache
def _cases() -> tuple[Case, ...]:
    """(algorithm, row, digest) of every file."""
    cases: list[Case] = []

    def add(name: str, state: list[int], answer: list[int]) -> None:
        algorithm = f"poseidon2-{name}"
        cases.append((algorithm, row(algorithm, state), row(algorithm, answer)))

    for case in load_json("poseidon/horizenlabs_poseidon2_kats.json")["cases"]:
        add(_HORIZENLABS[case["params"]], case["input"], [int(value, 16) for value in case["output"]])
    for case in load_json("poseidon/poseidon2_horizenlabs_kats.json")["kats"]:
        add(_HORIZENLABS[case["params"]], case["input"], [int(value, 16) for value in case["permutation"]])
    for case in load_json("poseidon/plonky3_babybear_poseidon2.json"):
        add(f"babybear-t{case['width']}-plonky3-seed1", case["input"], case["expected"])
    for t in (16, 24):
        # gnark-crypto holds these of Plonky3's default permutations, against which it tests itself.
        text = (VECTORS / f"poseidon/gnark_poseidon2_babybear_{t}_test_vectors.csv").read_text()
        for line in list(csv.reader(text.splitlines()))[1:]:
            numbers = [int(value) for value in line]
            add(f"babybear-t{t}-plonky3", numbers[:t], numbers[t:])
    for file in ("poseidon2_rust.json", "poseidon2_gnark.json"):
        for algorithm, pairs in load_json(f"poseidon/{file}").items():
            cases += [(algorithm, bytes.fromhex(before), bytes.fromhex(after)) for before, after in pairs]
    return tuple(cases)


def _check(implementation: Implementation, algorithm: str) -> None:
    pairs = [(message, digest) for name, message, digest in _cases() if name == algorithm]
    assert len(pairs) >= 8
    # Again and again, so that all lanes fill; golden needs it once.
    times = 1 if implementation.slow else -(-64 // len(pairs))
    got = implementation.hash_many(algorithm, [message for message, _ in pairs] * times)
    assert got == [digest for _, digest in pairs] * times
    implementation.ran(len(pairs))


def _test_of(field: str) -> Any:
    @every_way(field)
    @pytest.mark.parametrize("algorithm", algorithms(field))
    def test(implementation: Implementation, algorithm: str) -> None:
        _check(implementation, algorithm)

    test.__doc__ = f"Every vector over {field}."
    return test


test_bn254 = _test_of("bn254")
test_bls12_381 = _test_of("bls12-381")
test_pallas = _test_of("pallas")
test_vesta = _test_of("vesta")
test_goldilocks = _test_of("goldilocks")
test_babybear = _test_of("babybear")


def test_every_algorithm_has_vectors() -> None:
    """And every vector an algorithm."""
    assert {name for name, _, _ in _cases()} == set(ELEMENTS)
    assert {elements.field for elements in ELEMENTS.values()} == set(FIELDS)
    assert len(_cases()) == 284


@pytest.mark.parametrize("theirs", _CONSTANTS)
def test_constants_are_those_published(theirs: str) -> None:
    """Golden's constants, which tests hold everything against, are HorizenLabs'."""
    published = load_json("poseidon/poseidon2_horizenlabs_constants.json")[theirs]
    ours = parameter_set(_CONSTANTS[theirs])
    t, internal = published["t"], published["rounds_p"]
    rounds = [[int(value, 16) for value in values] for values in published["rc"]]
    assert (ours.t, ours.d, ours.internal_rounds) == (t, published["d"], internal)
    assert published["rounds_f"] == 8
    used = [value for r, values in enumerate(rounds) for value in (values[:1] if 4 <= r < 4 + internal else values)]
    assert ours.constants == used
    assert ours.diagonal == [int(value, 16) for value in published["diag_m1"]]
