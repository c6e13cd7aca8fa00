# SPDX-License-Identifier: Apache-2.0
"""What docs/he_guide.md says: levels that operations take, bounds of numbers, slots that count, names of TenSEAL."""

from __future__ import annotations

from math import ceil, log2

import numpy as np
import pytest
from he_support import Party, insecure

from pyaccel import he

NUMBERS = np.array([1.0, 2.0, 3.0])


@pytest.fixture(scope="module")
def party() -> Party:
    made = Party("ckks", degree=64, depth=8)
    keys = he.EvaluationKeys(made.secret, rotations="powers of two", matrices=[(3, 3), (2, 3)], swap=True)
    made.context.use(keys)
    return made


def test_levels_that_operations_take(party: Party) -> None:
    x, eye = party.public.encrypt(NUMBERS), np.eye(3)
    for levels, result in (
        (0, x + x),
        (0, x + 1),
        (0, -x),
        (0, x.rotate(1)),
        (0, x.conjugate()),
        (0, x.sum_slots()),
        (0, x.sum()),
        (1, x * x),
        (1, x.square()),
        (1, x.dot(x)),
        (1, x * NUMBERS),
        (1, x * 2.0),
        (1, x.dot(NUMBERS)),
        (1, eye @ x),
        (2, eye @ x.rotate(1)),
        (2, eye @ (x + 1)),
        (3, eye @ (eye @ x)),
    ):
        assert x.level - result.level == levels
    low = x * x
    assert (x + low).level == low.level
    assert (x * low).level == low.level - 1
    for n in range(1, 40):
        assert x.level - x.polynomial(np.ones(n)).level <= ceil(log2(n)) + 1
    for n, levels in ((2, 1), (3, 2), (4, 2), (5, 3), (8, 4), (16, 5), (32, 6)):
        assert x.level - x.polynomial(np.ones(n)).level == levels


def test_numbers_below_the_bound_survive_and_others_wrap(party: Party) -> None:
    x = party.public.encrypt(np.full(32, 2.0**9)).mod_switch(0)
    product = x * x
    assert product.level == 0
    assert product.budget_bits == pytest.approx(20, abs=0.01)
    assert abs(party.secret.decrypt(product)[0] / 2.0**18 - 1) < 1e-3
    assert abs(party.secret.decrypt(product + product + product)[0] / (3 * 2.0**18) - 1) > 0.1


def test_a_single_number_counts_in_every_slot(party: Party) -> None:
    x = party.public.encrypt(NUMBERS)
    assert party.secret.decrypt((x + 1).sum_slots())[0] == pytest.approx(6 + 32, abs=1e-3)
    assert party.secret.decrypt((x + np.ones(3)).sum_slots())[0] == pytest.approx(9, abs=1e-3)
    assert party.secret.decrypt((x + 1).dot(x + 1))[0] == pytest.approx(29 + 29, abs=1e-3)


def test_keys_of_a_matrix_on_the_right(party: Party) -> None:
    x, matrix = party.public.encrypt(NUMBERS), np.arange(6.0).reshape(3, 2)
    assert matrix.T.shape == (2, 3)
    assert party.secret.decrypt(x @ matrix)[:2] == pytest.approx(NUMBERS @ matrix, abs=1e-3)


def test_parameters_of_tenseal() -> None:
    context = he.Context("ckks", degree=8192, moduli_bits=(60, 40, 40), special_bits=60, scale_bits=40)
    assert context.levels == 3
    assert context.modulus_bits == pytest.approx(200, abs=1)
    assert he.Context("ckks", degree=8192, moduli_bits=(60, 40, 40), special_bits=60, security="128-2018").levels == 3


def test_equal_parameters_are_one_context_whatever_the_secret() -> None:
    one, other = (insecure("ckks", degree=64, depth=1) for _ in range(2))
    assert one.id == other.id
    x = he.SecretKey(one).encrypt(NUMBERS)
    stranger = he.SecretKey(other)
    assert np.abs(stranger.decrypt(x) - NUMBERS).max() > 1
