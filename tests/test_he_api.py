# SPDX-License-Identifier: Apache-2.0
"""Arithmetic on ciphertexts against numpy: exact modulo t for BFV and BGV, within an error for CKKS."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from he_support import Party

from pyaccel import he
from pyaccel.errors import PyaccelError

PARTIES = {
    "bfv": {"scheme": "bfv", "degree": 256, "depth": 3, "plain_modulus": 65537},
    "bgv": {"scheme": "bgv", "degree": 256, "depth": 3, "plain_modulus": 65537},
    "ckks": {"scheme": "ckks", "degree": 256, "depth": 3},
    "ckks-digits": {"scheme": "ckks", "degree": 128, "moduli_bits": (60, 40, 40, 40), "digits": 2},
}


@pytest.fixture(scope="module", params=PARTIES)
def party(request):
    return Party(**PARTIES[request.param])


@pytest.fixture
def generator():
    return np.random.default_rng(6)


def rolled(values, steps, row):
    """Slots of both rows rotated to the left."""
    return np.concatenate([np.roll(part, -steps) for part in np.split(values, len(values) // row)])


def test_what_is_encrypted_decrypts(party, generator):
    slots = party.context.slots
    for width in (0, 1, 2, slots - 1, slots):
        for key in (party.public, party.secret):
            values = party.random(generator, width)
            decrypted = party.secret.decrypt(key.encrypt(values))
            assert decrypted.shape == (width,)
            assert party.same(key.encrypt(values), values)
            rows = party.random(generator, 3, width)
            ciphertexts = key.encrypt(rows)
            assert len(ciphertexts) == 3
            assert party.secret.decrypt(ciphertexts).shape == (3, width)
            assert party.same(ciphertexts, rows)
    assert party.secret.decrypt(party.public.encrypt(np.empty((0, 5), int))).shape == (0, 5)


def test_encoding_is_undone(party, generator):
    context = party.context
    for values in (
        party.random(generator, 4, context.slots),
        party.random(generator, 7),
        party.random(generator, 9)[::2],
    ):
        for form in (values, np.asfortranarray(values), values.tolist(), np.repeat(values, 2, -1)[..., ::2]):
            decoded = context.decode(context.encode(form))
            assert decoded.shape == values.shape
            assert np.allclose(decoded, values, atol=1e-9)
    rows = party.random(generator, 6, 20)
    assert np.allclose(context.decode(context.encode(rows[1::2, 3:9])), rows[1::2, 3:9], atol=1e-9)
    broadcast = np.broadcast_to(rows[0], (3, 20))
    assert np.allclose(context.decode(context.encode(broadcast)), broadcast, atol=1e-9)


def test_sums(party, generator):
    x, y = party.random(generator, 3, 40), party.random(generator, 3, 17)
    a, b = party.public.encrypt(x), party.secret.encrypt(y)
    wide = np.pad(y, ((0, 0), (0, 23)))
    assert party.same(a + b, x + wide)
    assert party.same(a - b, x - wide)
    assert party.same(-a, -x)
    assert party.same(a + b[0], x + wide[0])
    assert party.same(b[2] - a, wide[2] - x)
    assert party.same(a + y, x + wide)
    assert party.same(y - a, wide - x)
    assert party.same(a + y[1], x + wide[1])
    assert party.same(a - 1, x - 1)
    assert party.same(1 - a, 1 - x)
    assert party.same(a.sum(), x.sum(0))
    assert party.secret.decrypt(a.sum()).shape == (40,)
    assert party.same(a + party.context.encode(x), 2 * x)


def test_products(party, generator):
    x, y = party.random(generator, 2, 30), party.random(generator, 2, 30)
    a, b = party.public.encrypt(x), party.public.encrypt(y)
    modulus = party.context.plain_modulus or None
    square = x * x % modulus if modulus else x * x
    assert party.same(a * b, x * y)
    assert party.same(a * b[1], x * y[1])
    assert party.same(a.square(), square)
    assert party.same(a * y, x * y)
    assert party.same(y[0] * a, x * y[0])
    assert party.same(3 * a, 3 * x)
    assert party.same(a * a + b, square + y)
    assert party.same(b - a * a * a, y - square * x, 1e-4)
    assert party.same(a * a * 2 + a, square * 2 + x)
    assert party.same((a * a) * (b * b), square * (y * y % modulus if modulus else y * y), 1e-3)


def test_products_of_three_polynomials(party, generator):
    x, y = party.random(generator, 30), party.random(generator, 30)
    a, b = party.public.encrypt(x), party.public.encrypt(y)
    lazy = a.multiply(b, relinearize=False)
    assert lazy.size == 3
    assert party.same(lazy, x * y)
    assert party.same(lazy + lazy, 2 * x * y)
    assert lazy.relinearize().size == 2
    assert party.same(lazy.relinearize(), x * y)
    with pytest.raises(ValueError, match="3 polynomials"):
        lazy * a


def test_levels(party, generator):
    x = party.random(generator, 30)
    a = party.public.encrypt(x)
    assert a.level == party.context.levels - 1
    lower = a.mod_switch(a.level - 1)
    assert lower.level == a.level - 1
    assert party.same(lower, x)
    assert party.same(lower + a, 2 * x)
    assert party.same(a.mod_switch(1), x)


def test_rotations(party, generator):
    context = party.context
    x = party.random(generator, context.slots)
    a = party.public.encrypt(x)
    for steps in (0, 1, -1, 5, 8):
        assert party.same(a.rotate(steps), rolled(x, steps, context.row))
    many = a.rotate([0, 3, -1])
    assert len(many) == 3
    assert party.same(many, np.stack([rolled(x, steps, context.row) for steps in (0, 3, -1)]))
    both = party.public.encrypt(np.stack([x, 0 * x])).rotate([1, 2])
    assert party.same(both, np.stack([rolled(x, 1, context.row), 0 * x, rolled(x, 2, context.row), 0 * x]))
    if party.exact:
        assert party.same(a.swap_rows(), np.roll(x, context.row))
    else:
        z = x + 1j * x[::-1]
        assert party.same(party.public.encrypt(z).conjugate(), z.conj())


def test_sums_over_slots_and_dot_products(party, generator):
    x, y = party.random(generator, 2, 50), party.random(generator, 2, 50)
    a, b = party.public.encrypt(x), party.public.encrypt(y)
    modulus = party.context.plain_modulus
    total = x.sum(-1, keepdims=True)
    assert party.same(a.sum_slots(), total)
    everywhere = np.repeat(total, party.context.slots, -1)
    assert party.same(a.sum_slots(), everywhere)
    product = x * y % modulus if modulus else x * y
    assert party.same(a.dot(b), product.sum(-1, keepdims=True))
    assert party.same(a.dot(y), product.sum(-1, keepdims=True))


def test_batches_are_indexed_like_arrays(party, generator):
    x = party.random(generator, 5, 4)
    a = party.public.encrypt(x)
    for index in (
        0,
        4,
        -1,
        -5,
        slice(1, 4),
        slice(None, None, -2),
        [3, 3, 0],
        np.array([True, False, True, True, False]),
    ):
        assert party.same(a[index], x[index])
        assert party.secret.decrypt(a[index]).shape == x[index].shape
    assert [party.same(one, row) for one, row in zip(a, x, strict=True)] == [True] * 5
    assert party.same(he.Ciphertexts.concatenate([a[:2], a[4], a[0:0]]), x[[0, 1, 4]])
    for index in (5, -6):
        with pytest.raises(IndexError):
            a[index]


def test_complex_numbers(generator):
    party = Party("ckks", degree=64, depth=2)
    z = generator.normal(size=(2, 32)) + 1j * generator.normal(size=(2, 32))
    a = party.public.encrypt(z)
    assert party.secret.decrypt(a).dtype == np.complex128
    assert party.same(a * a, z * z)
    assert party.same(a * 1j, z * 1j)
    assert party.same(a + party.public.encrypt(z.real), z + z.real)
    assert party.secret.decrypt(a, real=True).dtype == np.float64
    assert party.secret.decrypt(party.public.encrypt(z.real), real=False).dtype == np.complex128


def test_scales_are_kept(generator):
    party = Party("ckks", degree=64, depth=3)
    x = generator.uniform(-1, 1, 32)
    a = party.public.encrypt(x)
    assert (a * x).scale == pytest.approx(a.scale, rel=1e-12)
    assert (a * a).scale != a.scale
    assert (a * a + a).scale == pytest.approx((a * a).scale, rel=1e-12)
    assert party.same(a * a + a, x * x + x, 1e-8)
    assert party.same(a + a * a * a, x + x**3, 1e-8)


def test_flooding_adds_noise(generator):
    party = Party("ckks", degree=1024, depth=1)
    x = generator.uniform(-1, 1, 512)
    a = party.public.encrypt(x)
    clean = np.abs(party.secret.decrypt(a) - x).max()
    flooded = np.abs(party.secret.decrypt(a, flood_bits=30) - x).max()
    assert clean < 1e-8 < 2.0**-10 < flooded < 1


def test_noise_budgets():
    for scheme in ("bfv", "bgv"):
        party = Party(scheme, degree=256, depth=2, plain_modulus=65537)
        a = party.public.encrypt(np.arange(8))
        fresh, product = party.secret.noise_budget(a), party.secret.noise_budget(a * a)
        assert fresh.shape == (1,)
        assert fresh[0] > product[0] > 0
        assert abs(a.budget_bits - fresh[0]) < 6
        assert abs((a * a).budget_bits - product[0]) < 8


def test_used_up_noise_is_not_decrypted():
    party = Party("bfv", degree=256, moduli_bits=(30, 30), plain_modulus=65537)
    a = party.public.encrypt(np.arange(8))
    with pytest.raises(PyaccelError, match="noise budget is used up"):
        party.secret.decrypt(a * a * a * a)


def test_coefficients(generator):
    party = Party("bfv", degree=64, depth=1, plain_modulus=1024)
    assert party.context.slots == 0
    x = generator.integers(-512, 512, 64)
    a = party.public.encrypt(party.context.encode(x, coefficients=True))
    assert (party.secret.decrypt(a) == x).all()
    assert ((party.secret.decrypt(a + a) - 2 * x) % 1024 == 0).all()
    one = party.context.encode([0, 1], coefficients=True)  # X
    assert (party.secret.decrypt(a * one)[1:] == x[:-1]).all()


def test_seeds_make_runs_alike():
    seed = bytes(range(32))
    party = Party("bfv", degree=64, depth=1, plain_modulus=65537)
    values = np.arange(64)
    secrets = [he.SecretKey(party.context, insecure_test_seed=seed) for _ in range(2)]
    ciphertexts = secrets[0].encrypt(values, insecure_test_seed=seed)
    assert (secrets[1].decrypt(ciphertexts) == values).all()
    assert (he.SecretKey(party.context).decrypt(ciphertexts, coefficients=True)[:8] != values[:8]).any()


def test_equal_contexts_go_together():
    one, other = (Party("bfv", degree=64, depth=1, plain_modulus=65537) for _ in range(2))
    assert one.context.id == other.context.id
    a = he.PublicKey(he.SecretKey(other.context, insecure_test_seed=bytes(32))).encrypt([1])
    assert len(a + one.public.encrypt([1])) == 1


def test_keys_stay_in_the_process(party):
    for thing in (party.context, party.secret, party.public, party.keys):
        assert copy.copy(thing) is thing
        assert copy.deepcopy(thing) is thing
        with pytest.raises(TypeError):
            pickle.dumps(thing)
        assert "Context" in repr(thing)
    assert "Ciphertexts(1, level=" in repr(party.public.encrypt([1]))


def test_rows_of_plaintexts(party):
    """As checks of what devices did with them take them."""
    numbers = np.arange(12).reshape(4, 3)
    some = party.context.encode(numbers)._taken(np.array([3, 0, 3], np.uint64))
    assert len(some) == 3
    assert np.allclose(party.context.decode(some), numbers[[3, 0, 3]], atol=1e-6)
    with pytest.raises(ValueError, match="plaintexts_take"):
        some._taken(np.array([3], np.uint64))
