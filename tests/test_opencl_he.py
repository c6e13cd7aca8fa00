# SPDX-License-Identifier: Apache-2.0
"""Homomorphic arithmetic on every OpenCL device: golden's residues."""

from __future__ import annotations

import random
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from opencl_support import on_every_device

from pyaccel.backends.device_he import DeviceRing, Shape, _twiddles
from pyaccel.golden import he_evaluate, he_keys, he_ring
from pyaccel.golden.he_context import Context, Parameters
from pyaccel.golden.he_keys import Ciphertext, Plaintext
from pyaccel.golden.he_ring import row

if TYPE_CHECKING:
    import numpy.typing as npt

    from pyaccel.backends.base import Backend

MASTER = bytes(range(32))
CONTEXTS = {
    "a digit a prime": Parameters("ckks", 32, (60, 40, 40, 40), scale=2.0**40),
    "digits of two primes": Parameters("ckks", 64, (50, 40, 40, 40), digits=2, scale=2.0**40),
    "two special primes": Parameters("ckks", 16, (60, 45, 45), digits=2, special_bits=95, scale=2.0**45),
}
ELEMENTS = (0, 5, 25)


class Case:
    """A context, its keys, and two batches of three ciphertexts."""

    def __init__(self, parameters: Parameters) -> None:
        self.context = context = Context(parameters)
        secret = he_keys.secret_key(context, MASTER)
        public = he_keys.public_key(secret, MASTER)
        self.keys = he_keys.evaluation_keys(secret, MASTER, [*ELEMENTS, 2 * context.degree - 1])
        rng = random.Random(7)

        def fresh(item: int) -> Ciphertext:
            numbers = row(rng.randrange(-(2**40), 2**40) for _ in range(context.degree))
            return he_keys.encrypt(public, Plaintext(numbers, context.top, 2.0**40), MASTER, item)

        self.a, self.b = ([fresh(item + first) for item in range(3)] for first in (0, 3))
        ends = np.cumsum([len(group) for group in context.groups])
        digits = np.cumsum([len(digit) for digit in context.digits])
        self.shape = Shape(context.degree, tuple(context.all_primes), tuple(map(int, ends)), tuple(map(int, digits)))

    def key(self, element: int) -> npt.NDArray[np.uint64]:
        """uint64[digits, 2, all primes, N]."""
        pairs = self.keys.keys[element]
        rows = [[[part[q] for q in self.context.all_primes] for part in pair] for pair in pairs]
        return np.array(rows, np.uint64)


@cache
def case(name: str) -> Case:
    return Case(CONTEXTS[name])


def residues(batch: list[Ciphertext]) -> npt.NDArray[np.uint64]:
    primes = batch[0].context.primes(batch[0].level)
    return np.array([[[part[q] for q in primes] for part in one.parts] for one in batch], np.uint64)


@cache
def ring_on(backend: Backend, name: str) -> DeviceRing:
    device: Any = backend
    return DeviceRing(device._device, case(name).shape)


on_every_context = pytest.mark.parametrize("name", CONTEXTS)


@on_every_device
@pytest.mark.parametrize("log_degree", [3, 4, 5, 6, 10, 13])
def test_transforms_are_goldens(backend: Any, log_degree: int) -> None:
    """Several rows of several primes, of 20 to 61 bits; there and back."""
    degree = 1 << log_degree
    primes = [next(iter(he_ring.primes_below(bits, degree))) for bits in (20, 50, 61)]
    ring = DeviceRing(backend._device, Shape(degree, tuple(primes), (2,), (2,)))
    rng = np.random.default_rng(log_degree)
    numbers = [0, 1, 2, 1]
    rows = np.stack([rng.integers(0, primes[k], degree, dtype=np.uint64) for k in numbers])
    rows[3] = primes[1] - 1
    turned = ring.transformed(rows, numbers)
    for k, before, after in zip(numbers, rows, turned, strict=True):
        assert (after == he_ring.transform(row(before.tolist()), primes[k]).astype(np.uint64)).all()
    assert (ring.transformed(turned, numbers, inverse=True) == rows).all()


@pytest.mark.parametrize("bits", [20, 50, 61])
def test_twiddles_are_those_of_integers(bits: int) -> None:
    degree = 256
    q = next(iter(he_ring.primes_below(bits, degree)))
    tables = _twiddles(degree, q)
    psi = int(tables[0, degree // 2, 0])  # to the power of bitrev(N / 2) = 1
    assert psi == min(pow(psi, k, q) for k in range(1, 2 * degree, 2))
    assert pow(psi, degree, q) == q - 1
    for i in range(degree):
        power = pow(psi, int(format(i, "08b")[::-1], 2), q)
        for table, w in zip(tables, (power, pow(power if i else degree, -1, q)), strict=True):
            assert list(map(int, table[i])) == [w, (w << 64) // q]


@on_every_device
@on_every_context
def test_products_are_goldens(backend: Any, name: str) -> None:
    """A whole CKKS product stays on the device: tensor, key switching, one division by P and the last modulus."""
    here, ring = case(name), ring_on(backend, name)
    level = here.context.top
    a, b = (ring.upload(residues(batch), level) for batch in (here.a, here.b))
    key = ring.upload_key(here.key(0))
    product = ring.multiply(a, b, key, rescale=True)
    wanted = [he_evaluate.multiply_rescale(x, y, here.keys) for x, y in zip(here.a, here.b, strict=True)]
    assert (ring.download(product) == residues(wanted)).all()
    again = ring.multiply(product, product, key, rescale=True)
    wanted = [he_evaluate.multiply_rescale(x, x, here.keys) for x in wanted]
    assert (ring.download(again) == residues(wanted)).all()
    plain = ring.multiply(a, b, key, rescale=False)
    wanted = [
        he_evaluate.relinearize(he_evaluate.multiply(x, y), here.keys) for x, y in zip(here.a, here.b, strict=True)
    ]
    assert (ring.download(plain) == residues(wanted)).all()
    assert (ring.download(ring.rescale(plain)) == residues([he_evaluate.rescale(x) for x in wanted])).all()


@on_every_device
@on_every_context
def test_rotations_are_goldens(backend: Any, name: str) -> None:
    here, ring = case(name), ring_on(backend, name)
    a = ring.upload(residues(here.a), here.context.top)
    for element in (5, 25, 2 * here.context.degree - 1):
        turned = ring.rotate(a, element, ring.upload_key(here.key(element)))
        wanted = [he_evaluate.rotate(x, element, here.keys) for x in here.a]
        assert (ring.download(turned) == residues(wanted)).all()


@on_every_device
def test_sums_are_goldens(backend: Any) -> None:
    name = "a digit a prime"
    here, ring = case(name), ring_on(backend, name)
    a, b = (ring.upload(residues(batch), here.context.top) for batch in (here.a, here.b))
    for operation, function in (("add", he_evaluate.add), ("sub", he_evaluate.sub)):
        wanted = [function(x, y) for x, y in zip(here.a, here.b, strict=True)]
        assert (ring.download(ring.elements(operation, a, b)) == residues(wanted)).all()


@on_every_device
def test_what_does_not_go_together_is_refused(backend: Any) -> None:
    name = "a digit a prime"
    here, ring = case(name), ring_on(backend, name)
    level = here.context.top
    a = ring.upload(residues(here.a), level)
    two = ring.upload(residues(here.a[:2]), level)
    key = ring.upload_key(here.key(0))
    with pytest.raises(ValueError, match="operands differ"):
        ring.elements("add", a, two)
    with pytest.raises(ValueError, match="operands of size 2 and one count"):
        ring.multiply(a, two, key, rescale=True)
    with pytest.raises(ValueError, match="shape"):
        ring.upload(residues(here.a), level - 1)
    low = a
    while low.level:
        low = ring.rescale(low)
    with pytest.raises(ValueError, match="no modulus is left"):
        ring.rescale(low)
    with pytest.raises(ValueError, match="no modulus is left"):
        ring.multiply(low, low, key, rescale=True)
