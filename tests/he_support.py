# SPDX-License-Identifier: Apache-2.0
"""Small contexts for tests of homomorphic encryption: insecure, and quick."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from pyaccel import he


def insecure(scheme: str, **parameters: Any) -> he.Context:
    """A context with security=None, without its warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", he.InsecureParametersWarning)
        return he.Context(scheme, security=None, **parameters)


class Party:
    """A context, and all keys on it."""

    def __init__(self, scheme: str, **parameters: Any) -> None:
        self.context = insecure(scheme, **parameters)
        self.secret = he.SecretKey(self.context)
        self.public = he.PublicKey(self.secret)
        self.keys = he.EvaluationKeys(self.secret, rotations=(*range(1, 9), -1, *powers(self.context)), swap=True)
        self.context.use(self.keys)

    @property
    def exact(self) -> bool:
        """Whether it computes with integers."""
        return self.context.plain_modulus > 0

    def random(self, generator: np.random.Generator, *shape: int) -> Any:
        """Numbers that fit."""
        if self.exact:
            t = self.context.plain_modulus
            return generator.integers(-(t // 2), t // 2 + 1, shape)
        return generator.uniform(-2, 2, shape)

    def same(self, ciphertexts: he.Ciphertexts, expected: Any, error: float = 1e-5) -> bool:
        """Whether they decrypt to these numbers: exactly, modulo t, or within an error."""
        found = self.secret.decrypt(ciphertexts, width=np.asarray(expected).shape[-1])
        if self.exact:
            return bool(np.all((found - np.asarray(expected)) % self.context.plain_modulus == 0))
        return bool(np.all(np.abs(found - expected) < error))


def powers(context: he.Context) -> list[int]:
    """The rotations of sums over slots."""
    return [1 << k for k in range(context.row.bit_length() - 1)]
