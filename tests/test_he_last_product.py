# SPDX-License-Identifier: Apache-2.0
"""CKKS products at level 0, which are not rescaled, and sums of scales that an integer brings together."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, log2
from typing import Any

import numpy as np
import pytest
from he_calls import load, options, save
from he_support import Party, insecure

from pyaccel import he
from pyaccel.golden import he_bytes, he_evaluate, he_keys
from pyaccel.golden.he_context import Context, Parameters
from pyaccel.golden.he_ring import row
from pyaccel.he import parameters
from pyaccel.he.native import ffi, lib, make

LARGEST = 2.0**18
"""Numbers that have to survive."""


@pytest.fixture(scope="module")
def party() -> Party:
    made = Party("ckks", degree=64, moduli_bits=(100, 40), scale_bits=40)
    keys = he.EvaluationKeys(made.secret, rotations="powers of two", matrices=[(4, 4)], swap=True)
    made.context.use(keys)
    return made


def corners(slots: int) -> Any:
    """Numbers whose products are +-2^18."""
    return np.where(np.arange(slots) % 3 == 0, -1, 1) * LARGEST**0.5


def test_depth_is_what_products_can_follow(party: Party) -> None:
    x = party.public.encrypt([0.5])
    assert (party.context.depth, x.depth, (x * x).depth, (x * x * x).depth) == (2, 2, 1, 0)
    assert (x.mod_switch(0).depth, (x * 0.5).depth, x.multiply(x, rescale=False).depth) == (1, 1, 1)
    assert insecure("ckks", degree=64, moduli_bits=(60, 40, 40)).depth == 2
    for scheme in ("bfv", "bgv"):
        made = Party(scheme, degree=64, depth=1, plain_modulus=257)
        assert (made.context.depth, made.public.encrypt([1]).depth) == (0, 0)


@pytest.mark.parametrize(
    ("bits", "scale_bits", "depth"), [(99, 40, 0), (100, 40, 1), (60, 20, 1), (100, 20, 2), (60, 40, 0)]
)
def test_a_product_takes_19_bits_more_than_its_scale(bits: int, scale_bits: int, depth: int) -> None:
    """Scales are squared: 2^20, 2^40, 2^80."""
    x = Party("ckks", degree=64, moduli_bits=(bits,), scale_bits=scale_bits).public.encrypt([0.5])
    for left in range(depth, 0, -1):
        assert x.depth == left
        x = x * x
    assert (x.depth, x.level, log2(x.scale)) == (0, 0, scale_bits << depth)
    with pytest.raises(ValueError, match="level exhausted"):
        x * x


def test_a_scale_that_leaves_nothing_of_numbers_is_refused(party: Party) -> None:
    """Products with a scale of 1 or less would go on for ever, of noise alone."""
    x = party.public.encrypt([0.5]).mod_switch(0)
    encode = party.context.encode
    assert log2((x * encode(0.5, level=0, scale=2.0**-39)).scale) == 1
    with pytest.raises(ValueError, match=r"level exhausted: .* 2\^0, .* has to be above 1"):
        x * encode(0.5, level=0, scale=2.0**-40)
    y = x.multiply_plain(encode(0.5, level=0, scale=2.0**-41), rescale=False)
    assert y.depth == 0
    for product in (lambda: y * y, lambda: y * 0.5, lambda: y.polynomial([0, 0, 1.0])):
        with pytest.raises(ValueError, match="level exhausted"):
            product()


@pytest.mark.parametrize("depth", [1, 2])
def test_the_largest_numbers_survive_the_last_product(party: Party, depth: int) -> None:
    numbers = corners(party.context.slots)
    x = party.public.encrypt(numbers)
    y = party.public.encrypt(abs(numbers)) if depth == 1 else party.public.encrypt(np.ones(32)) * abs(numbers)
    product = x * y.mod_switch(0)
    assert (product.level, product.depth) == (0, 0)
    assert 19 < product.budget_bits < 20
    wanted = LARGEST * np.sign(numbers)
    for found in (product, product + 0.25 - 0.25, product + x - x, product.conjugate(), product.rotate(16).rotate(16)):
        assert np.abs(party.secret.decrypt(found, width=32) - wanted).max() < 1e-3


OPERATIONS: dict[str, tuple[Callable[[Any, Any, Any], Any], Callable[[Any, Any], Any]]] = {
    "ciphertexts": (lambda x, y, z: x + z, lambda x, z: x + z),
    "from ciphertexts": (lambda x, y, z: z - x, lambda x, z: z - x),
    "of one level": (lambda x, y, z: x - z.mod_switch(0), lambda x, z: x - z),
    "three polynomials": (
        lambda x, y, z: y.mod_switch(0).multiply(z, relinearize=False) + x,
        lambda x, z: x + x,
    ),
    "numbers": (lambda x, y, z: x + 1.5, lambda x, z: x + 1.5),
    "plaintexts": (lambda x, y, z: x - z.context.encode(np.full(32, 0.5)), lambda x, z: x - 0.5),
    "plaintexts of one level": (lambda x, y, z: x + z.context.encode(np.full(32, 0.5), level=0), lambda x, z: x + 0.5),
    "plaintexts of more scale": (
        lambda x, y, z: z + z.context.encode(np.full(32, 0.5), level=0, scale=x.scale),
        lambda x, z: z + 0.5,
    ),
    "from plaintexts of more scale": (
        lambda x, y, z: -(z - z.context.encode(np.full(32, 0.5), scale=2.0**40 * 3)),
        lambda x, z: 0.5 - z,
    ),
    "rotation": (lambda x, y, z: x.rotate(4), lambda x, z: np.roll(x, -4, axis=-1)),
    "conjugate": (lambda x, y, z: x.conjugate(), lambda x, z: x),
    "sum over slots": (lambda x, y, z: x.sum_slots(), lambda x, z: 0 * x + x.sum(axis=-1, keepdims=True)),
    "sum": (lambda x, y, z: x.sum(), lambda x, z: x.sum(axis=0)),
    "negative": (lambda x, y, z: -x, lambda x, z: -x),
    "saved": (lambda x, y, z: he.Ciphertexts.load(x.context, x.save(), real=True), lambda x, z: x),
    "batches": (lambda x, y, z: he.Ciphertexts.concatenate([x[1], x[:1]]), lambda x, z: x[::-1]),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_what_comes_after_the_last_product(party: Party, name: str) -> None:
    generator = np.random.default_rng(3)
    a, b = generator.uniform(-1, 1, (2, 2, 32))
    y, z = party.public.encrypt(a), party.public.encrypt(b)
    work, wanted = OPERATIONS[name]
    found = work(y.mod_switch(0) * z, y, z)
    assert np.abs(party.secret.decrypt(found, width=32) - wanted(a * b, b)).max() < 1e-7
    flood_bits = round(log2(found.scale)) - 20
    assert 1e-7 < np.abs(party.secret.decrypt(found, width=32, flood_bits=flood_bits) - wanted(a * b, b)).max() < 1e-4


def test_every_product_may_be_the_last(party: Party) -> None:
    a = np.random.default_rng(4).uniform(-1, 1, 32)
    x = party.public.encrypt(a)
    low, matrix = x * x, np.arange(16.0).reshape(4, 4) / 16
    short = party.public.encrypt(a[:4]).mod_switch(0)
    for found, wanted in (
        (low * low, a**4),
        (low.square(), a**4),
        (low * a, a**3),
        (0.5 * low, a**2 / 2),
        (low.multiply_plain(party.context.encode(a)), a**3),
        (x.multiply_plain(party.context.encode(a, level=0)), a**2),
        (low.dot(x), np.full(32, np.sum(a**3))),
        (low.dot(a), np.full(32, np.sum(a**3))),
        (matrix @ short, matrix @ a[:4]),
        (he.Matrix(party.context, matrix, level=0) @ party.public.encrypt(a[:4]), matrix @ a[:4]),
        (x.polynomial([0.5, -1.0, 2.0, 0.25]), 0.5 - a + 2 * a**2 + a**3 / 4),
        (low.polynomial([0.5, -1.0]), 0.5 - a**2),
        (x.mod_switch(0).polynomial([0.25]), np.full(32, 0.25)),
        (low.multiply(low, relinearize=False).relinearize(), a**4),
    ):
        assert (found.level, found.depth) == (0, 0)
        assert found.scale == pytest.approx(2.0**80, rel=2**-20)
        assert np.abs(party.secret.decrypt(found, width=len(wanted)) - wanted).max() < 1e-6


def test_polynomials_take_the_last_product() -> None:
    """As deep as they go, each with every degree that it has the depth for."""
    for depth in (1, 2, 3, 4):
        party = Party("ckks", degree=64, depth=depth)
        x = np.linspace(-1, 1, 32)
        secret = party.secret.encrypt(x)
        for count in range(1, 2 ** (depth - 1) + 2):
            if int(lib.pyaccel_he_polynomial_depth(count)) > depth:
                continue
            coefficients = np.cos(np.arange(count) + 1)
            found = party.secret.decrypt(secret.polynomial(coefficients))
            assert np.abs(found - np.polynomial.polynomial.polyval(x, coefficients)).max() < 1e-6
        with pytest.raises(ValueError, match="level exhausted"):
            secret.polynomial(np.ones(2**depth + 1))


@pytest.mark.parametrize("ratio", [1.0, 2.0, 3.0, 2.0**40, 2.0**40 * (1 + 2**-20), 2.0**60])
@pytest.mark.parametrize("first", [True, False])
def test_sums_of_two_scales_are_goldens(ratio: float, first: bool) -> None:
    """Of ciphertexts and of a plaintext, whichever has the smaller scale."""
    asked = Parameters("ckks", 16, (50, 50, 50), scale=2.0**30)
    context = Context(asked)
    native = insecure("ckks", degree=16, moduli_bits=(50, 50, 50), scale_bits=30)
    key = he_keys.secret_key(context, bytes(32))
    small, large = (
        he_keys.Plaintext(row(range(k, k + 16)) * 2**20, 2, scale) for k, scale in ((3, 2.0**30), (40, 2.0**30 * ratio))
    )
    a, b = (small, large) if first else (large, small)
    x, y = (he_evaluate.negate(he_keys.encrypt_secret(key, one, bytes([k] * 32))) for k, one in enumerate((a, b)))
    handles = [load("ciphertexts", native.native, he_bytes.save_ciphertexts([one]))[0] for one in (x, y)]
    plain = load("plaintexts", native.native, he_bytes.save_plaintexts(context, [b]))[0]
    for name in ("add", "sub"):
        golden = getattr(he_evaluate, name)(x, y)
        found = make("ciphertexts", name, *handles, ffi.NULL)
        assert save("ciphertexts", found)[72 + 40 :] == he_bytes.ciphertext_rows(golden)
        golden = getattr(he_evaluate, f"{name}_plain")(x, b)
        found = make("ciphertexts", f"{name}_plain", handles[0], plain, ffi.NULL)
        assert save("ciphertexts", found)[72 + 40 :] == he_bytes.ciphertext_rows(golden)


@pytest.mark.parametrize("bits", [2, 58, 59, 94])
def test_flooding_is_goldens(bits: int) -> None:
    """Of more than 64 bits too, which is what scales of 2^80 take."""
    asked = Parameters("ckks", 16, (100,), scale=2.0**40)
    context, native = Context(asked), insecure("ckks", degree=16, moduli_bits=(100,), scale_bits=40)
    key = he_keys.secret_key(context, bytes(32))
    one = he_keys.encrypt_secret(key, he_keys.Plaintext(row(range(16)) * 2**30, 0, 2.0**80), bytes(32))
    handle = load("ciphertexts", native.native, he_bytes.save_ciphertexts([one]))[0]
    secret = he.SecretKey(native, insecure_test_seed=bytes(32))
    found = make("plaintexts", "decrypt", secret.native, handle, bits, options(bytes([5] * 32)))
    golden = he_keys.decrypt_flooded(key, one, bits, bytes([5] * 32))
    assert save("plaintexts", found) == he_bytes.save_plaintexts(context, [golden])


def test_ratios_of_scales() -> None:
    for a, b, wanted in (
        (1.0, 1.0, 1),
        (2.0**40, 2.0**80, 2**40),
        (6.0, 2.0, 3),
        (2.0**40 * (1 + 2**-31), 2.0**40, 1),
        (2.0**40 * (1 + 2**-29), 2.0**40, 0),
        (1.5, 1.0, 0),
        (1.0, 2.0**99, 2**99),
        (1.0, 2.0**100, 0),
        (0.0, 1.0, 0),
        (-1.0, 1.0, 0),
        (float("inf"), 1.0, 0),
        (float("nan"), 1.0, 0),
        (1.0, float("nan"), 0),
    ):
        assert lib.pyaccel_he_scale_ratio(a, b) == lib.pyaccel_he_scale_ratio(b, a) == wanted
        if np.isfinite([a, b]).all() and min(a, b) > 0:
            assert he_evaluate.scale_ratio(a, b) == wanted


def test_depth_of_the_c_interface() -> None:
    native = insecure("ckks", degree=64, moduli_bits=(100, 40), scale_bits=40).native
    for level, scale, wanted in (
        (1, 2.0**40, 2),
        (0, 2.0**40, 1),
        (0, 2.0**41, 0),
        (0, 2.0, 6),
        (0, 1.0, 0),
        (1, 0.5, 1),
        (0, 0.0, 0),
        (0, -(2.0**40), 0),
        (0, float("nan"), 0),
        (0, float("inf"), 0),
        (2, 2.0**40, 0),
        (2**32 - 1, 2.0**40, 0),
    ):
        assert lib.pyaccel_he_depth(native, level, scale) == wanted
    assert lib.pyaccel_he_depth(ffi.NULL, 0, 2.0**40) == 0


def test_contexts_by_depth_have_as_few_primes_as_may_be() -> None:
    """One prime for each 50 bits of a modulus."""
    for scale_bits in range(20, 91):
        for depth in range(5):
            rescaled = [min(100, scale_bits + 20)] + [scale_bits] * depth
            last = [2 * scale_bits + 20] + [scale_bits] * (depth - 1)
            chains = [rescaled, last] if depth and last[0] <= 100 else [rescaled]
            least = min(sum(ceil(bits / 50) for bits in chain) for chain in chains)
            moduli = parameters.chains("ckks", 64, depth, 0, scale_bits)[0]
            assert sum(ceil(bits / 50) for bits in moduli) == least
            assert list(moduli) in chains


def test_contexts_by_depth_fall_back_to_fewer_bits() -> None:
    """The last product asks for larger digits, and for a digit a modulus."""
    assert [round(bits) for bits in he.Context("ckks", depth=8).moduli_bits] == [60, *[40] * 8]
    assert he.Context("ckks", depth=8).degree == 16384
    assert [round(bits) for bits in he.Context("ckks", depth=7).moduli_bits] == [100, *[40] * 6]
    assert [round(bits) for bits in he.Context("ckks", depth=2, digits=3).moduli_bits] == [60, 40, 40]
