# SPDX-License-Identifier: Apache-2.0
"""Golden's homomorphic encryption against definitions, RFC 8439, and what the schemes promise."""

from __future__ import annotations

import cmath
import random
from itertools import islice
from math import prod

import numpy as np
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms

from pyaccel.golden import he_encode, he_evaluate, he_keys, he_random, he_ring
from pyaccel.golden.he_context import Context, Parameters
from pyaccel.golden.he_keys import Plaintext
from pyaccel.golden.he_ring import Row, row

CONTEXTS = {
    "bfv": Parameters("bfv", 16, (30, 30, 30), plain_modulus=97),
    "bfv-digits": Parameters("bfv", 32, (30, 55, 30), digits=2, plain_modulus=65537),
    "bfv-one": Parameters("bfv", 32, (50,), plain_modulus=2),
    "bgv": Parameters("bgv", 16, (40, 40, 40), plain_modulus=256),
    "bgv-digits": Parameters("bgv", 32, (30, 55, 30), digits=2, special_bits=70, plain_modulus=65537),
    "ckks": Parameters("ckks", 32, (50, 40, 60, 40), digits=2, scale=2.0**40),
    "ckks-digits": Parameters("ckks", 16, (50, 40, 40), scale=2.0**40),
}

every_context = pytest.mark.parametrize("context", [Context(p) for p in CONTEXTS.values()], ids=CONTEXTS)


def _product(a: Row, b: Row) -> Row:
    """a b modulo X^N + 1, term by term."""
    degree = len(a)
    out = row([0] * degree)
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            out[(i + j) % degree] += x * y if i + j < degree else -x * y
    return out


@pytest.mark.parametrize("degree", [8, 16, 64])
@pytest.mark.parametrize("bits", [20, 50])
def test_transform_is_the_definition(degree: int, bits: int) -> None:
    """Fast and by definition; there and back; products of exact integers."""
    q = next(iter(he_ring.primes_below(bits, degree)))
    rng = random.Random(degree + bits)
    a, b = (row(rng.randrange(q) for _ in range(degree)) for _ in range(2))
    assert np.all(he_ring.transform(a, q) == he_ring.transform_by_definition(a, q))
    assert np.all(he_ring.inverse(he_ring.transform(a, q), q) == a)
    assert np.all(he_ring.exact_product(a, b - q // 2) == _product(a, b - q // 2))
    squares = he_ring.transform(a, q) ** 2 % q
    assert np.all(he_ring.inverse(squares, q) == _product(a, a) % q)


def test_least_root_is_least() -> None:
    """Of all x with x^N = -1."""
    for q, degree in ((97, 8), (193, 32), (7681, 256)):
        assert he_ring.least_root(q, degree) == next(x for x in range(q) if pow(x, degree, q) == q - 1)


def test_primes_are_those_that_seal_takes() -> None:
    """SEAL's CoeffModulus::BFVDefault(4096) and PlainModulus::Batching are largest primes of their sizes, too."""
    assert list(islice(he_ring.primes_below(36, 4096), 2)) == [0xFFFFEE001, 0xFFFFC4001]
    assert next(iter(he_ring.primes_below(37, 4096))) == 0x1FFFFE0001
    near = list(islice(he_ring.primes_near(40, 8192), 20))
    assert all(he_ring.is_prime(q) and q % 16384 == 1 for q in near)
    assert near == sorted(near, key=lambda q: abs(q - 2**40))
    assert set(near) == {
        q
        for q in range(2**40 + 1 - 16384 * 500, 2**40 + 16384 * 500, 16384)
        if he_ring.is_prime(q) and abs(q - 2**40) <= abs(near[-1] - 2**40)
    }


def test_chacha20_is_rfc_8439() -> None:
    """The vector of 2.3.2, and another implementation over several blocks."""
    key, nonce = bytes(range(32)), bytes.fromhex("000000090000004a00000000")
    want = "10f1e7e4d13b5915500fdd1fa32071c4c7d1f4c733c068030422aa9ac3d46c4ed2826446079faa0914c2d705d98b02a2"
    assert he_random.chacha20(key, nonce, 1, 1).hex().startswith(want)
    other = Cipher(algorithms.ChaCha20(key, (7).to_bytes(4, "little") + nonce), mode=None).encryptor()
    assert he_random.chacha20(key, nonce, 7, 5) == other.update(bytes(320))


def test_distributions() -> None:
    """Means and variances."""
    degree = 16384
    u = he_random.ternary(he_random.stream(b"k" * 32, he_random.Purpose.ENCRYPTION_U), degree)
    e = he_random.error(he_random.stream(b"k" * 32, he_random.Purpose.ENCRYPTION_E0), degree)
    a = he_random.uniform(he_random.stream(b"k" * 32, he_random.Purpose.PUBLIC_A), 97, degree)
    assert {*u} == {-1, 0, 1}
    assert sum(u * u) / degree == pytest.approx(2 / 3, abs=0.02)
    assert sum(u) == pytest.approx(0, abs=500)
    assert sum(e * e) / degree == pytest.approx(10.5, abs=0.5)
    assert sum(e) == pytest.approx(0, abs=2000)
    assert {*a} == set(range(97))
    pieces = he_random.stream(b"k" * 32, he_random.Purpose.FLOODING)
    assert np.std(he_random.flooding(pieces, 10, 4096).astype(float)) == pytest.approx(2**10, rel=0.05)


@pytest.mark.parametrize("degree", [8, 32])
def test_encoding_is_the_definition(degree: int) -> None:
    """Values at the roots are the slots."""
    t = 193
    values = [3 * i % t for i in range(degree)]
    m = he_encode.encode_integers(values, t, degree)
    psi = he_ring.least_root(t, degree)
    for j in range(degree):
        e = pow(5, j % (degree // 2), 2 * degree) * (1 if j < degree // 2 else -1)
        assert sum(int(c) * pow(psi, e * i, t) for i, c in enumerate(m)) % t == values[j]
    assert [v % t for v in he_encode.decode_integers(m, t)] == values
    numbers = [complex(i + 1, -i) / 3 for i in range(degree // 2)]
    p = he_encode.encode_numbers(numbers, 2.0**40, degree)
    for j, z in enumerate(numbers):
        x = cmath.exp(1j * cmath.pi / degree * pow(5, j, 2 * degree))
        assert abs(sum(float(c) * x**i for i, c in enumerate(p)) / 2.0**40 - z) < 1e-10
    assert max(abs(a - b) for a, b in zip(he_encode.decode_numbers(p, 2.0**40), numbers, strict=True)) < 1e-10


def test_lift_is_near_the_centre() -> None:
    """The right class, at most a little above half, and exactly centred where clearly inside."""
    primes = list(islice(he_ring.primes_below(30, 8), 3))
    whole = prod(primes)
    rng = random.Random(1)
    values = [rng.randrange(whole) for _ in range(200)] + [whole // 2 + i for i in range(-100, 100)] + [0, 1, whole - 1]
    lifted = he_ring.lift({q: row(values) % q for q in primes})
    for x, y in zip(values, lifted, strict=True):
        assert (x - y) % whole == 0
        assert abs(y) <= whole // 2 + whole // 2**25
        if abs(x - whole // 2) > whole // 2**25:
            assert y == he_ring.centred(row([x]), whole)[0]


def _close(context: Context, got: Plaintext, want: Row, scale: float, bound: float) -> None:
    if context.t:
        assert np.all((got.coefficients - want) % context.t == 0)
    else:
        assert max(abs(got.coefficients / got.scale - want / scale)) < bound


@every_context
def test_operations_decrypt_to_what_they_say(context: Context) -> None:
    """Encryption both ways, and each operation on both results."""
    rng = random.Random(context.degree)
    degree, t = context.degree, context.t
    scale = context.asked.scale or 1.0
    key = he_keys.secret_key(context, b"a" * 32)
    public = he_keys.public_key(key, b"b" * 32)
    steps = [he_evaluate.element(degree, 2**i) for i in range(degree.bit_length() - 2)]
    keys = he_keys.evaluation_keys(key, b"c" * 32, [0, 2 * degree - 1, *steps])
    x, y = (row(rng.randrange(t) if t else rng.randrange(2**38) for _ in range(degree)) for _ in range(2))
    plain_x, plain_y = (Plaintext(m, context.top, scale) for m in (x, y))
    a, b = he_keys.encrypt(public, plain_x, b"d" * 32, 3), he_keys.encrypt_secret(key, plain_y, b"e" * 32)
    tiny, small = 2.0**-30, 2.0**-20

    def check(ciphertext: he_keys.Ciphertext, want: Row, of: float = scale, bound: float = small) -> None:
        _close(context, he_keys.decrypt(key, ciphertext), want, of, bound)

    check(a, x, bound=tiny)
    check(b, y, bound=tiny)
    check(he_evaluate.add(a, b), x + y)
    check(he_evaluate.sub(a, b), x - y)
    check(he_evaluate.add_plain(a, plain_y), x + y)
    check(he_evaluate.sub_plain(a, plain_y), x - y)
    check(he_evaluate.rotate(a, 5, keys), he_ring.automorphism(x, 5))
    check(he_evaluate.multiply_plain(a, plain_y), _product(x, y), scale**2)
    total = sum((he_ring.automorphism(x, pow(5, j, 2 * degree)) for j in range(degree // 2)), row([0]))
    total = total if context.asked.scheme == "ckks" else total + he_ring.automorphism(total, 2 * degree - 1)
    check(he_evaluate.sum_slots(a, keys), total)
    three = he_evaluate.multiply(a, b)
    check(three, _product(x, y), scale**2)
    two = he_evaluate.relinearize(three, keys)
    check(two, _product(x, y), scale**2)
    check(he_evaluate.sub(three, two), row([0] * degree), scale**2)
    if context.top > 0:
        lower = he_evaluate.mod_switch(two, context.top - 1)
        check(lower, _product(x, y), scale**2)
        check(he_evaluate.rescale(two), _product(x, y), scale**2)
        if t:
            check(he_evaluate.add(lower, a), _product(x, y) + x)
            check(he_evaluate.add_plain(lower, plain_x), _product(x, y) + x)
        else:
            check(he_evaluate.multiply_rescale(a, b, keys), _product(x, y), scale**2)


def test_noise_budget_counts_bits() -> None:
    """Noise put in by hand shows as that many bits; past the budget decryption is wrong."""
    context = Context(CONTEXTS["bfv"])
    key = he_keys.secret_key(context, b"a" * 32)
    whole, t = context.modulus(context.top), context.t
    zero = he_keys.encrypt_secret(key, Plaintext(row([0] * 16), context.top), b"b" * 32)
    for bits in (20, 50, 80):
        noise = row([0] * 15 + [2**bits])
        exact = he_ring.from_integers(-he_keys.phase(key, zero) + noise, context.primes())
        noisy = he_keys.Ciphertext(context, (he_ring.add(zero.parts[0], exact), zero.parts[1]), context.top)
        assert he_keys.noise_budget(key, noisy) == pytest.approx(
            max(0, np.log2(float(whole)) - np.log2(t) - bits - 1), abs=1e-9
        )
