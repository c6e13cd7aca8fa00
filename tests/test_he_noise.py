# SPDX-License-Identifier: Apache-2.0
"""Noise budgets beside SEAL's under the same parameters, and the estimates that need no key beside both."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from vector_files import load_json

from pyaccel import he

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
