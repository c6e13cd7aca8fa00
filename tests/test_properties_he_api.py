# SPDX-License-Identifier: Apache-2.0
"""Random circuits through the Python API against numpy: exact modulo t, or within the noise that ciphertexts state."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import prod
from typing import Any

import numpy as np
import pytest
from he_support import Party
from hypothesis import given
from hypothesis import strategies as st
from implementations import Implementation, implementations

from examples import examples
from pyaccel import he

_OF_TWO = ["add", "sub", "multiply", "three"]
_PLAIN = ["add plain", "multiply plain", "subtract from plain", "one number"]
_OF_ONE = ["neg", "square", "rotate", "rotations", "swap", "mod_switch", "take", "saved", "sum_slots"]

CONTEXTS: dict[str, dict[str, Any]] = {
    "bfv": {"degree": 64, "moduli_bits": (50, 60, 50), "plain_modulus": 257},
    "bfv large t": {"degree": 32, "moduli_bits": (50, 50, 50, 50), "digits": 2, "plain_modulus": 1073741441},
    "bgv": {"degree": 64, "moduli_bits": (45, 30, 30, 30), "plain_modulus": 257},
    "bgv digits": {"degree": 32, "moduli_bits": (60, 40, 40), "digits": 2, "plain_modulus": 65537},
    "ckks": {"degree": 64, "moduli_bits": (50, 40, 40, 40), "scale_bits": 40},
    "ckks last": {"degree": 64, "moduli_bits": (100, 40), "scale_bits": 40},
    "ckks digits": {"degree": 32, "moduli_bits": (60, 45, 45, 45), "digits": 2, "scale_bits": 45},
}


@cache
def _party(name: str, variant: str) -> Party:
    """Kept for all examples, one for each variant."""
    assert variant
    return Party(name.split()[0], **CONTEXTS[name])


@dataclass
class _Value:
    """Ciphertexts and what they hold.

    Attributes:
        growth: what the noise estimate of CKKS leaves out: how much larger than 1 the factors of products were, and
            that summands may be of one origin.
        slack: error of CKKS sums whose scales were equal to 30 bits alone.
    """

    ciphertexts: he.Ciphertexts
    numbers: Any
    growth: float = 1.0
    slack: float = 0.0

    @property
    def peak(self) -> float:
        """Largest number, 1 at least."""
        return max(1.0, float(np.abs(self.numbers).max()))


class _Circuit:
    """Values so far; each step adds one, and every one is decrypted."""

    def __init__(self, party: Party, seed: int) -> None:
        self.party = party
        self.context = party.context
        self.random = np.random.default_rng(seed)
        self.values: list[_Value] = []
        for key in (party.public, party.secret):
            numbers = self.numbers(2)
            self.keep(key.encrypt(numbers), numbers)

    def numbers(self, count: int | None) -> Any:
        """Of all slots, within the unit disc or below t."""
        shape = (self.context.slots,) if count is None else (count, self.context.slots)
        if self.party.exact:
            t = self.context.plain_modulus
            # As Python integers: products of large t pass 64 bits.
            return self.random.integers(-(t // 2), t // 2 + 1, shape).astype(object)
        return self.random.uniform(-0.7, 0.7, shape) + 1j * self.random.uniform(-0.7, 0.7, shape)

    def keep(self, ciphertexts: he.Ciphertexts, numbers: Any, growth: float = 1.0, slack: float = 0.0) -> None:
        """Decrypts, compares, and goes on with it while its noise allows."""
        secret, slots = self.party.secret, self.context.slots
        if self.party.exact:
            if secret.noise_budget(ciphertexts).min() < 2:
                return
            numbers = numbers % self.context.plain_modulus
            assert np.array_equal(secret.decrypt(ciphertexts, width=slots) % self.context.plain_modulus, numbers)
        else:
            deviation = 2.0**ciphertexts.noise_bits / ciphertexts.scale * self.context.degree**0.5
            error = np.abs(secret.decrypt(ciphertexts, width=slots, real=False) - numbers).max()
            # In small rings a key's own slots are far from their mean, and noise is a product of two such.
            assert error < 40 * growth * deviation + 2 * slack + 1e-13
            if ciphertexts.budget_bits < 6 or np.abs(numbers).max() > 16:
                return
        self.values.append(_Value(ciphertexts, numbers, growth, slack))

    def step(self, operation: str) -> None:
        """One operation on values picked at random."""
        a, b = (self.values[int(i)] for i in self.random.integers(len(self.values), size=2))
        if operation in _OF_TWO:
            self._of_two(operation, a, b)
        elif operation in _PLAIN:
            self._plain(operation, a)
        else:
            self._of_one(operation, a)

    def _of_two(self, operation: str, a: _Value, b: _Value) -> None:
        x, y = a.ciphertexts, b.ciphertexts
        growth = a.growth * b.growth
        if operation in ("add", "sub"):
            ratio = max(x.scale, y.scale) / min(x.scale, y.scale)
            differ = abs(ratio / round(ratio) - 1)
            if differ >= 2**-30 and x.level == y.level:
                with pytest.raises(ValueError, match="their sum would be wrong"):
                    x + y
                return
            slack = a.slack + b.slack + (differ * max(a.peak, b.peak) if differ < 2**-30 else 0)
            made = x + y if operation == "add" else x - y
            numbers = a.numbers + b.numbers if operation == "add" else a.numbers - b.numbers
            self.keep(made, numbers, 2**0.5 * growth, slack)
        elif self.party.exact or min(x.level, y.level) > 0 or self._fits(x.scale * y.scale):
            slack = a.slack * b.peak + b.slack * a.peak
            growth *= 1.0 if self.party.exact else a.peak * b.peak
            numbers = a.numbers * b.numbers
            if operation == "multiply":
                self.keep(x * y, numbers, growth, slack)
            else:
                product = x.multiply(y, relinearize=False)
                self.keep((product + product).relinearize(), 2 * numbers, 2**0.5 * growth, 2 * slack)

    def _plain(self, operation: str, a: _Value) -> None:
        x, numbers = a.ciphertexts, self.numbers(2 if operation == "subtract from plain" else None)
        growth = a.growth if self.party.exact else a.growth * a.peak
        if operation == "add plain":
            self.keep(x + numbers, a.numbers + numbers, a.growth, a.slack)
        elif operation == "subtract from plain":
            self.keep(numbers - x, numbers - a.numbers, a.growth, a.slack)
        elif not self.party.exact and x.level == 0 and not self._fits(x.scale**2):
            with pytest.raises(ValueError, match="level exhausted"):
                x * numbers
        elif operation == "multiply plain":
            self.keep(x * numbers, a.numbers * numbers, growth, a.slack)
        else:
            number = 3 if self.party.exact else 0.5
            self.keep(number * x, number * a.numbers, growth, a.slack)

    def _of_one(self, operation: str, a: _Value) -> None:
        x, row, more = a.ciphertexts, self.context.row, (a.growth, a.slack)
        match operation:
            case "neg":
                self.keep(-x, -a.numbers, *more)
            case "square" if self.party.exact or x.level > 0 or self._fits(x.scale**2):
                growth = 1.0 if self.party.exact else a.growth**2 * a.peak**2
                self.keep(x.square(), a.numbers * a.numbers, growth, 2 * a.slack * a.peak)
            case "rotate":
                steps = int(self.random.integers(-1, 9))
                self.keep(x.rotate(steps), self._rolled(a.numbers, steps), *more)
            case "rotations":
                steps = [0, int(self.random.integers(1, 9)), 3]
                self.keep(x.rotate(steps)[2:4], self._rolled(a.numbers, steps[1]), *more)
            case "swap" if self.party.exact:
                self.keep(x.swap_rows(), np.roll(a.numbers, row, axis=-1), *more)
            case "swap":
                self.keep(x.conjugate(), np.conj(a.numbers), *more)
            case "mod_switch":
                self.keep(x.mod_switch(int(self.random.integers(x.level + 1))), a.numbers, *more)
            case "take":
                self.keep(he.Ciphertexts.concatenate([x[1], x[:1]]), a.numbers[::-1], *more)
            case "saved":
                self.keep(he.Ciphertexts.load(self.context, x.save()), a.numbers, *more)
            case "sum_slots":
                total = a.numbers.sum(axis=-1, keepdims=True) + 0 * a.numbers
                slots = self.context.slots
                self.keep(x.sum_slots(), total, slots**0.5 * a.growth, slots * a.slack)

    def _fits(self, scale: float) -> bool:
        """Whether a product of that scale may stand at level 0."""
        return scale * 2**19 < prod(self.context.primes[: self.context._level_end[0]])

    def _rolled(self, numbers: Any, steps: int) -> Any:
        rows = numbers.reshape(2, -1, self.context.row)
        return np.roll(rows, -steps, axis=-1).reshape(numbers.shape)


@implementations("he", golden=False)
@examples(60)
@given(
    name=st.sampled_from(sorted(CONTEXTS)),
    seed=st.integers(0, 2**32),
    circuit=st.lists(st.sampled_from(_OF_TWO + _PLAIN + _OF_ONE), min_size=1, max_size=12),
)
def test_circuits(implementation: Implementation, name: str, seed: int, circuit: list[str]) -> None:
    """Every value of a circuit decrypts to what numpy computes."""
    run = _Circuit(_party(name, implementation.variant), seed)
    for operation in circuit:
        run.step(operation)
    implementation.ran(len(circuit))
