# SPDX-License-Identifier: Apache-2.0
"""The demo's homomorphic lines: a sum over institutions that show it to nobody, and a dot product of hidden numbers."""

from __future__ import annotations

import time

import numpy as np

from pyaccel import he
from pyaccel.cli.report import Bad, Report, Step
from pyaccel.cli.runner import Progress

SEED = 20_140_510
INSTITUTIONS = 32
MOST = 1 << 14
"""Of a position: 32 of them stay below half of a plain modulus of 20 bits."""

NUMBERS = 1024
ERROR = 1e-4
"""Of a sum of NUMBERS products of numbers in -1 .. 1."""


def report(progress: Progress) -> Report:
    """Encrypts, computes, decrypts and compares with numpy.

    Args:
        progress: told what is being done.
    """
    result = Report("homomorphic encryption", "computed on ciphertexts, decrypted, and held against numpy")
    generator = np.random.default_rng(SEED)
    _sum(result, generator, progress)
    _dot(result, generator, progress)
    return result


def _step(seconds: float, context: he.Context) -> Step:
    return Step(seconds, (("native", context.variant),))


def _sum(result: Report, generator: np.random.Generator, progress: Progress) -> None:
    """Positions of each institution under one public key; whoever adds them up sees none."""
    context = he.Context("bfv", depth=0, degree=4096)
    secret = he.SecretKey(context)
    public = he.PublicKey(secret)
    positions = generator.integers(-MOST, MOST, (INSTITUTIONS, context.slots))
    progress("encrypting positions", 0, INSTITUTIONS)
    start = time.perf_counter()
    total = public.encrypt(positions).sum()
    seconds = time.perf_counter() - start
    wrong = np.flatnonzero(secret.decrypt(total) != positions.sum(0))
    bad = [Bad({"slot": int(slot)}, "not the sum of the positions") for slot in wrong]
    name = f"sums of {INSTITUTIONS} encrypted vectors (bfv)"
    result.add(name, context.slots, bad, _step(seconds, context))
    result.facts["bfv"] = f"N = {context.degree}, {context.modulus_bits:.0f} bits, security {context.security}"
    progress("encrypting positions", INSTITUTIONS, INSTITUTIONS)


def _dot(result: Report, generator: np.random.Generator, progress: Progress) -> None:
    """Two vectors that stay hidden from whoever multiplies them."""
    context = he.Context("ckks", depth=1)
    secret = he.SecretKey(context)
    context.use(he.EvaluationKeys(secret, rotations="powers of two"))
    x, y = generator.uniform(-1, 1, (2, NUMBERS))
    progress("dot product", 0, 1)
    hidden = secret.encrypt(x), secret.encrypt(y)
    start = time.perf_counter()
    product = hidden[0].dot(hidden[1])
    seconds = time.perf_counter() - start
    found = float(secret.decrypt(product, width=1)[0])
    bad = [] if abs(found - x @ y) < ERROR else [Bad({}, f"{found}, but numpy gives {x @ y}")]
    result.add(f"dot product of {NUMBERS:,} encrypted numbers (ckks)", 1, bad, _step(seconds, context))
    result.facts["ckks"] = f"N = {context.degree}, {context.modulus_bits:.0f} bits, security {context.security}"
    progress("dot product", 1, 1)
