# SPDX-License-Identifier: Apache-2.0
"""Noise budgets beside SEAL's under the same parameters, and the estimates that need no key beside both."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from he_support import Party, insecure
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


def deviation(batch: he.Ciphertexts, secret: he.SecretKey, wanted: Any) -> float:
    """log2 of the standard deviation of a coefficient's noise, of which every slot has sqrt(N) times as much."""
    errors = (secret.decrypt(batch) - wanted) * batch.scale
    return float(np.log2(np.sqrt(np.mean(np.abs(errors) ** 2) / batch.context.degree)))


@pytest.mark.parametrize("public", [False, True])
def test_products_with_numbers_have_the_noise_that_they_say(public: bool) -> None:
    """Within a fifth of a bit, of complex numbers of size 1, from where encoding rounds most to where it is nothing."""
    context = insecure("ckks", degree=4096, moduli_bits=[50, 50, 40], special_bits=50, scale_bits=40)
    secret = he.SecretKey(context)
    rng = np.random.default_rng(int(public))
    x, y, z = np.exp(2j * np.pi * rng.random((3, context.slots)))
    a = he.PublicKey(secret).encrypt(x) if public else secret.encrypt(x)
    assert abs(deviation(a, secret, x) - a.noise_bits) < 0.2
    for bits in (10, 20, 30, 36, 38, 40, 50):
        plain = context.encode(y, level=a.level, scale=2.0**bits)
        product = a.multiply_plain(plain, rescale=False)
        assert abs(deviation(product, secret, x * y) - product.noise_bits) < 0.2, bits
        twice = product.multiply_plain(context.encode(z, level=a.level, scale=2.0**20), rescale=False)
        assert abs(deviation(twice, secret, x * y * z) - twice.noise_bits) < 0.2, bits
        if bits >= 20:
            rescaled = product.rescale()
            assert abs(deviation(rescaled, secret, x * y) - rescaled.noise_bits) < 0.2, bits
        total = a + context.encode(y, level=a.level, scale=2.0**bits)
        assert abs(deviation(total, secret, x + y) - total.noise_bits) < 0.2, bits
    assert abs(deviation(a * y, secret, x * y) - (a * y).noise_bits) < 0.2


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
