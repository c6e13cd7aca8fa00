# SPDX-License-Identifier: Apache-2.0
"""Noise budgets beside SEAL's under the same parameters, and the estimates that need no key beside both."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from he_support import Party
from vector_files import load_json

from pyaccel import he
from pyaccel.errors import PyaccelError

CASES = load_json("he/seal_budgets.json")["cases"]


@pytest.mark.parametrize("case", CASES, ids=[str(case["degree"]) for case in CASES])
def test_budgets_are_seals(case: dict[str, Any]) -> None:
    """Within 3 bits, operation by operation; SEAL tells whole bits, rounded down."""
    *moduli, special = case["moduli_bits"]
    context = he.Context(
        "bfv",
        degree=case["degree"],
        moduli_bits=moduli,
        special_bits=special,
        plain_modulus=case["plain_modulus"],
        security="128-2018",
    )
    secret = he.SecretKey(context)
    public = he.PublicKey(secret)
    context.use(he.EvaluationKeys(secret, rotations=[1]))
    rng = np.random.default_rng(case["degree"])
    x, y = (rng.integers(0, context.plain_modulus, context.slots) for _ in range(2))
    a, b = public.encrypt(x), public.encrypt(y)
    product = a * b
    made = {
        "encrypt": a,
        "encrypt_secret": secret.encrypt(x),
        "multiply_plain": a * y,
        "rotate": a.rotate(1),
        "multiply": product,
        "mod_switch": product.mod_switch(product.level - 1),
        "multiply again": product * b,
    }
    for name, theirs in case["budgets"].items():
        ours = float(secret.noise_budget(made[name]).min())
        assert abs(ours - theirs) < 3, name
        # An estimate knows no plaintexts and no keys; below a bit there is nothing left to tell.
        if ours > 1:
            assert abs(made[name].budget_bits - ours) < 4, name


@pytest.mark.parametrize("scheme", ["bfv", "bgv"])
def test_what_is_lost_has_less_than_a_bit(scheme: str) -> None:
    """By noise that has gone round, or under the key of somebody else; decrypt names both where it looks."""
    party = Party(scheme, degree=1024, depth=1, plain_modulus=65537 if scheme == "bfv" else 12289)
    a = party.public.encrypt([1, 2, 3])
    lost = a
    while float(party.secret.noise_budget(lost).min()) >= 1:
        lost = lost * lost
    for _ in range(3):  # it does not come back
        lost = lost * lost
        assert float(party.secret.noise_budget(lost).max()) < 1
    with pytest.raises(PyaccelError, match="budget is used up, or this is not the key"):
        party.secret.decrypt(lost)
    other = he.SecretKey(party.context)
    assert float(other.noise_budget(a).max()) < 1 < float(party.secret.noise_budget(a).min())
    with pytest.raises(PyaccelError, match="not the key that it was encrypted for"):
        other.decrypt(a.mod_switch(0))
