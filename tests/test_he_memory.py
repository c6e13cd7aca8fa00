# SPDX-License-Identifier: Apache-2.0
"""Memory of homomorphic encryption: what keys and a product take at their peak."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

STATUS = Path("/proc/self/status")

PEAK = """
import sys
import numpy as np
from pathlib import Path
from pyaccel import he


def kilobytes(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name))


def product(degree, rotations, **parameters):
    context = he.Context("ckks", degree=degree, **parameters)
    before = kilobytes("VmRSS:")
    secret = he.SecretKey(context)
    public = he.PublicKey(secret)
    context.use(he.EvaluationKeys(secret, rotations=rotations))
    values = np.linspace(-1, 1, degree // 2)
    a, b = public.encrypt(values), public.encrypt(values)
    product = a * b
    assert np.abs(secret.decrypt(product) - values * values).max() < 1e-3
    return context, before


# Whatever is loaded at first use.
product(1024, [1], moduli_bits=(40, 30), special_bits=40, scale_bits=30, security=None)
rotations = [1, 2, 3, 4]
chain = dict(moduli_bits=(60, *[40] * 7), special_bits=80, digits=5, scale_bits=40)
context, before = product(16384, rotations, security="128-2018", **chain)
polynomials = 1 + 2 + 2 * 5 * (1 + len(rotations))
keys = polynomials * len(context.primes) * 16384 * 8 / 1024
print((kilobytes("VmHWM:") - before) / keys)
"""


@pytest.mark.skipif(not STATUS.exists() or "VmHWM:" not in STATUS.read_text(), reason="Linux says what a peak was")
def test_keys_and_a_product_take_little_more_than_the_keys() -> None:
    command = [sys.executable, "-W", "ignore", "-c", PEAK]
    environment = os.environ | {"PYACCEL_THREADS": "1"}  # each thread takes rows of its own
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=120)
    assert 1 < float(done.stdout) < 1.3
