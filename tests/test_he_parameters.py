# SPDX-License-Identifier: Apache-2.0
"""Parameters by intent: bounds are those of the published tables; what a depth chooses keeps them and suffices."""

from __future__ import annotations

import csv
from math import log2

import numpy as np
import pytest
from he_support import Party
from vector_files import VECTORS

from pyaccel import he
from pyaccel.he import parameters

TABLES = {
    2018: "seal_homomorphicencryption_org_standard.csv",
    2024: "bossuat_et_al_2024_463_table5_2.csv",
}


def rows(year):
    with (VECTORS / "he_security_tables" / TABLES[year]).open() as text:
        for row in csv.DictReader(text):
            if (row["secret"], row["adversary"]) == ("ternary", "classic"):
                yield int(row["security_bits"]), int(row["n"]), int(row["max_log2_q"])


@pytest.mark.parametrize("year", TABLES)
def test_bounds(year):
    listed = {(bits, n): most for bits, n, most in rows(year)}
    assert len(listed) >= 18
    for bits in (128, 192, 256):
        for log_degree in range(3, 18):
            degree = 1 << log_degree
            found = parameters.bound(*parameters.parse_security(f"{bits}-{year}"), degree)
            assert found == listed.get((bits, degree), 0)


@pytest.mark.parametrize("scheme", ["bfv", "bgv", "ckks"])
@pytest.mark.parametrize("security", ["128-2024", "192-2024", "128-2018"])
@pytest.mark.parametrize("depth", [0, 1, 3, 6])
def test_a_depth_chooses_parameters_within_the_bound(scheme, security, depth):
    context = he.Context(scheme, depth=depth, security=security)
    allowed = parameters.bound(*parameters.parse_security(security), context.degree)
    assert context.modulus_bits <= allowed
    assert context.modulus_bits == pytest.approx(sum(map(log2, context.primes)))
    assert context.slots > 0
    if scheme == "ckks":
        assert context.depth == depth
    if context.degree > 1024:
        half = parameters.bound(*parameters.parse_security(security), context.degree // 2)
        assert context.modulus_bits > half - 80  # no smaller ring would have done, but for what it saves itself


@pytest.mark.parametrize(("scheme", "plain_modulus"), [("bfv", 65537), ("bgv", 65537), ("ckks", None)])
@pytest.mark.parametrize("depth", [1, 2, 5])
def test_a_depth_is_deep_enough(scheme, plain_modulus, depth):
    party = Party(scheme, degree=1024, depth=depth, plain_modulus=plain_modulus)
    values = party.random(np.random.default_rng(depth), 20)
    values = values if party.exact else values / 2
    product, expected = party.public.encrypt(values), values
    for _ in range(depth):
        product, expected = product * product, expected * expected
        expected = expected % plain_modulus if party.exact else expected
    assert party.same(product, expected, 1e-4)


def test_every_prime_is_one_modulo_2n():
    for scheme in ("bfv", "bgv", "ckks"):
        context = he.Context(scheme, depth=2)
        for prime in context.primes:
            assert prime % (2 * context.degree) == 1
            assert parameters.is_prime(prime)
            assert prime < 1 << 50


def test_plain_moduli_with_slots():
    for degree in (64, 8192, 1 << 17):
        for near in (2, 65536, 1 << 20, 1 << 39):
            t = he.nearest_plain_modulus(near, degree)
            assert parameters.has_slots(t, degree)
    by_trial = [t for t in range(129, 1 << 17, 128) if all(t % d for d in range(2, int(t**0.5) + 1))]
    for near in (200, 65000, 100_000):
        assert he.nearest_plain_modulus(near, 64) == min(by_trial, key=lambda t: abs(t - near))
    assert not parameters.has_slots(65536, 64)


def test_primality():
    sieve = [n for n in range(2000) if n > 1 and all(n % d for d in range(2, int(n**0.5) + 1))]
    assert [n for n in range(2000) if parameters.is_prime(n)] == sieve
    for carmichael in (561, 41041, 825265, 321197185, 3215031751, 3825123056546413051):
        assert not parameters.is_prime(carmichael)
    assert parameters.is_prime(2**61 - 1)
