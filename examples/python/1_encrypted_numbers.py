# SPDX-License-Identifier: Apache-2.0
"""Computing on encrypted numbers, step by step: python examples/python/1_encrypted_numbers.py."""

from __future__ import annotations

import math

import numpy as np

from pyaccel import he


def integers_that_are_summed() -> None:
    """BFV: exact integers. 32 institutions, one sum, and nobody sees another's numbers."""
    # Parameters by intent: no product is needed, and 128 bits of security decide how large the ring has to be.
    context = he.Context("bfv", depth=0)
    print(f"1. {context}: {context.slots} slots, integers modulo {context.plain_modulus}")

    # The regulator makes the keys and publishes one of them.
    secret = he.SecretKey(context)
    public = he.PublicKey(secret)

    # Each institution encrypts a vector; here all at once, a row each. Whoever adds them up needs no key at all.
    exposures = np.random.default_rng(1).integers(-10_000, 10_000, (32, 100))
    total = public.encrypt(exposures).sum()

    # Only the regulator reads the sum.
    assert np.array_equal(secret.decrypt(total), exposures.sum(axis=0))
    print(f"   the sum of 32 vectors is right, with {secret.noise_budget(total)[0]:.0f} bits of noise budget left")


def products_and_levels() -> None:
    """CKKS: real numbers, rounded. Products follow one another as deep as the context was made for."""
    context = he.Context("ckks", depth=2)
    secret = he.SecretKey(context)
    # Products need a key to relinearize by; operators take the one in use.
    context.use(he.EvaluationKeys(secret))

    x = np.linspace(-1, 1, 1000)
    a = secret.encrypt(x)
    print(f"2. {context}: {context.slots} slots, fresh ciphertexts of depth {a.depth}")
    cube = a * a * a
    print(f"   x^3 has depth {cube.depth} left, and is off by {np.abs(secret.decrypt(cube) - x**3).max():.1e} at most")

    # The depth is used up: the next product is refused, and the message says what to do.
    try:
        cube * a
    except ValueError as error:
        print(f"   {error}")


def a_scoring_model() -> None:
    """A plain linear model and a polynomial over hidden features: matrices take rotations, which take keys."""
    context = he.Context("ckks", depth=5)
    secret = he.SecretKey(context)
    generator = np.random.default_rng(2)
    weights, features = generator.normal(size=(8, 32)) / 8, generator.normal(size=32)

    # Keys for the rotations that this one shape of matrix takes, and no others.
    context.use(he.EvaluationKeys(secret, matrices=[weights.shape]))
    model = he.Matrix(context, weights)  # encoded once, used for every customer
    scores = model @ secret.encrypt(features)

    # A sigmoid as a polynomial of degree 7, good in -5 .. 5.
    sigmoid = [0.5, 0.2159198, 0, -0.0082176, 0, 0.0001826, 0, -0.0000014]
    hidden = scores.polynomial(sigmoid)
    expected = np.polynomial.polynomial.polyval(weights @ features, sigmoid)
    print(f"3. scores off by {np.abs(secret.decrypt(hidden) - expected).max():.1e} at most, depth {hidden.depth} left")

    # Decrypted CKKS numbers carry the encryption's noise, and with it knowledge of the key. To share them, flood them.
    # So many bits give 20 bits of security over one such decryption (decrypt's docstring): a toy's.
    flood_bits = math.ceil(hidden.noise_bits + 20 / 2 + math.log2(12) / 2)
    shared = secret.decrypt(hidden, flood_bits=flood_bits)
    print(f"   flooded before they are shared: off by {np.abs(shared - expected).max():.1e}")


if __name__ == "__main__":
    integers_that_are_summed()
    products_and_levels()
    a_scoring_model()
