# SPDX-License-Identifier: Apache-2.0
"""Plain matrices times encrypted vectors, and polynomials of ciphertexts, against numpy."""

from __future__ import annotations

import numpy as np
import pytest
from he_support import Party, insecure

from pyaccel import he

RING = {"degree": 128, "depth": 5}
SHAPES = [(1, 1), (1, 7), (5, 1), (3, 4), (8, 8), (4, 32), (32, 4), (17, 13), (16, 64), (64, 16), (33, 64), (64, 64)]


@pytest.fixture(scope="module", params=["bfv", "bgv", "ckks"])
def party(request):
    party = Party(request.param, **RING, **({} if request.param == "ckks" else {"plain_modulus": 65537}))
    party.context.use(he.EvaluationKeys(party.secret, matrices=SHAPES))
    return party


@pytest.fixture
def generator():
    return np.random.default_rng(7)


def modular(party, values):
    return values % party.context.plain_modulus if party.exact else values


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_matrices(party, generator, shape):
    matrix, x = party.random(generator, *shape), party.random(generator, 3, shape[1])
    vectors = party.public.encrypt(x)
    encoded = he.Matrix(party.context, matrix)
    assert encoded.shape == shape
    product = encoded @ vectors
    assert party.same(product, x @ matrix.T)
    assert party.secret.decrypt(product).shape == (3, shape[0])
    assert party.same(matrix @ vectors[1], matrix @ x[1])
    assert party.same(vectors @ matrix.T, x @ matrix.T)
    again = party.public.encrypt(party.context.encode(x, repeat=True))
    assert party.same(encoded @ again, x @ matrix.T)
    assert party.same(matrix @ (again + again), 2 * x @ matrix.T, 1e-4)
    assert party.same(vectors[0] @ np.asfortranarray(matrix.T), x[0] @ matrix.T)


def test_only_named_rotations_take_keys(party, generator):
    shape = (9, 20)
    keys = he.EvaluationKeys(party.secret, matrices=[shape])
    encoded = he.Matrix(party.context, party.random(generator, *shape))
    assert len(keys.elements) == 1 + len({step % party.context.row for step in encoded.rotations})
    x = party.random(generator, 20)
    assert len(encoded.multiply(party.public.encrypt(x), keys=keys)) == 1
    bare = he.EvaluationKeys(party.secret)
    with pytest.raises(he.MissingKeyError, match=r"no Galois key for rotation by .*matrices=\[\(9, 20\)\]"):
        encoded.multiply(party.public.encrypt(x), keys=bare)


def test_matrices_one_after_the_other(party, generator):
    first, second = party.random(generator, 8, 8) % 50, party.random(generator, 3, 4) % 50
    x = party.random(generator, 8) % 50
    hidden = first @ (first @ party.public.encrypt(x))
    assert party.same(hidden, first @ modular(party, first @ x), 1e-2)
    rotated = party.public.encrypt(np.arange(6)).rotate(2, keys=party.keys)  # slots behind hold something
    assert party.same(second @ rotated, second @ np.arange(2, 6), 1e-3)
    shifted = party.public.encrypt(np.arange(4)) + 1
    assert party.same(second @ shifted, second @ np.arange(1, 5), 1e-3)


def test_matrices_at_any_level(party, generator):
    matrix, x = party.random(generator, 8, 8), party.random(generator, 8)
    vectors = party.public.encrypt(x)
    lower = vectors.mod_switch(1)
    assert party.same(matrix @ lower, matrix @ x)
    if not party.exact:
        assert party.same(he.Matrix(party.context, matrix, level=1) @ vectors, matrix @ x)
        with pytest.raises(ValueError, match="level 1 came; the matrix is encoded for level 4"):
            he.Matrix(party.context, matrix) @ lower
        assert party.same(matrix @ vectors.mod_switch(0), matrix @ x)
        with pytest.raises(ValueError, match="level exhausted"):
            matrix @ (matrix @ vectors.mod_switch(0))


def test_what_is_repeated_stays_so_only_where_it_does(party):
    encoded = party.context.encode([1, 2, 3], repeat=True)
    again = party.public.encrypt(encoded)
    period = np.tile([1, 2, 3, 0], party.context.row // 4)
    assert np.allclose(party.secret.decrypt(again, width=party.context.row), period, atol=1e-4)
    assert party.same(np.eye(3, dtype=int) @ (again + np.ones(3, int)), np.array([2, 3, 4]), 1e-3)
    assert party.same(np.eye(3, dtype=int) @ (again + 1), np.array([2, 3, 4]), 1e-3)
    assert party.same(np.eye(3, dtype=int) @ (again * 2), np.array([2, 4, 6]), 1e-3)
    with pytest.raises(ValueError, match=r"repeat: wanted rows of 1 \.\. 64 numbers"):
        party.context.encode(np.zeros(0, int), repeat=True)
    if party.exact:
        with pytest.raises(ValueError, match=r"values\[1, 2\] = 70000 does not fit"):
            party.context.encode([[1, 2, 3], [1, 2, 70000]], repeat=True)


def test_bad_matrices(party):
    vectors = party.public.encrypt(np.zeros(5, int))
    with pytest.raises(ValueError, match="vectors of 5 numbers came; the matrix has 4 columns"):
        np.ones((4, 4), int) @ vectors
    with pytest.raises(ValueError, match=r"columns: 65 came; wanted 1 \.\. 64"):
        np.ones((4, 65), int) @ vectors
    with pytest.raises(ValueError, match=r"rows: 0 came; wanted 1 \.\. 64"):
        np.ones((0, 5), int) @ vectors
    with pytest.raises(ValueError, match=r"shape \(5,\) came; wanted 2"):
        np.ones(5, int) @ vectors
    with pytest.raises(TypeError, match="came"):
        [["a"] * 5] @ vectors
    entries = np.zeros((3, 5), int if party.exact else float)
    entries[2, 1] = 1 << 20 if party.exact else np.inf
    with pytest.raises(ValueError, match=r"matrix\[2, 1\] = (1048576|inf) does not fit"):
        entries @ vectors
    other = Party("ckks", degree=64, depth=1)
    with pytest.raises(ValueError, match="of another context"):
        he.Matrix(other.context, [[1.0]]) @ vectors


def test_matrices_take_slots():
    context = insecure("bfv", degree=64, depth=1, plain_modulus=64)
    with pytest.raises(ValueError, match="no slots"):
        he.Matrix(context, [[1]])


@pytest.mark.parametrize("degree", [0, 1, 2, 3, 4, 5, 7, 8, 9, 12, 15])
def test_polynomials(party, generator, degree):
    coefficients = party.random(generator, degree + 1)
    if not party.exact:
        coefficients /= 2.0 ** np.arange(degree + 1)
    x = party.random(generator, 2, 20)
    result = party.public.encrypt(x).polynomial(coefficients)
    expected = 0 * x
    for coefficient in coefficients[::-1]:
        expected = modular(party, expected * x + coefficient)
    assert party.same(result, expected, 1e-4)
    if not party.exact:
        taken = party.context.depth - int(np.ceil(np.log2(degree + 1))) - 1
        assert result.level >= max(0, taken - 1)
        assert result.scale == party.context.scale ** (1 + (result.depth == 0))


def test_polynomials_with_gaps():
    party = Party("ckks", degree=64, depth=6)
    x = np.linspace(-1, 1, 32)
    for coefficients in (
        [0.0] * 20 + [1.0],
        [1.0, 0, 0, 0, 0, 0, 0, 0, 0, 2.0],
        [0, 1],
        [0.5, 0, 0],
        [0.0],
        [0, 0, 0, 0, 1.5],
    ):
        result = party.public.encrypt(x).polynomial(coefficients)
        assert party.same(result, np.polynomial.polynomial.polyval(x, coefficients), 1e-6)


def test_bad_polynomials(party):
    x = party.public.encrypt(np.ones(4, int))
    for coefficients, message in (([], "came"), (np.ones(1025, int), "1025 came"), (np.ones((2, 2), int), "shape")):
        with pytest.raises((ValueError, TypeError), match=message):
            x.polynomial(coefficients)
    with pytest.raises(TypeError):
        x.polynomial(["a"])
    if not party.exact:
        with pytest.raises(ValueError, match=r"degree 40 goes 6 levels down; .* level 4, with room .* depth=6"):
            x.polynomial(np.ones(41))
        with pytest.raises(ValueError, match="finite"):
            x.polynomial([np.nan])
        large = party.public.encrypt(party.context.encode([1.0], scale=2.0**90)).mod_switch(3)
        with pytest.raises(ValueError, match=r"of scale 2\^90: on the way its scales do not fit"):
            large.polynomial([1.0, 1.0, 1.0, 1.0, 1.0])
    bare = he.EvaluationKeys(party.secret, relinearize=False, rotations=[1])
    with pytest.raises(he.MissingKeyError, match="relinearization"):
        x.polynomial([1, 1, 1], keys=bare)
