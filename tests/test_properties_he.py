# SPDX-License-Identifier: Apache-2.0
"""Random circuits under random parameters, computed by every variant and by golden: the same bytes after each step."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest
from he_calls import budgets, info, load, new_context, options, save
from hypothesis import assume, given
from hypothesis import strategies as st
from implementations import Implementation, implementations

from examples import examples
from pyaccel.golden import he_bytes, he_evaluate, he_keys
from pyaccel.golden.he_context import Context, Parameters
from pyaccel.golden.he_keys import Ciphertext, Plaintext
from pyaccel.golden.he_ring import row
from pyaccel.he.native import ffi, make

ITEMS = 2

_bits = st.one_of(st.integers(22, 62), st.sampled_from([22, 49, 50, 51, 100]))
_plain_moduli = st.one_of(st.sampled_from([2, 3, 16, 97, 193, 257, 65537, 2**20, 2**40]), st.integers(2, 2**40))


@st.composite
def _parameters(draw: st.DrawFn) -> Parameters:
    scheme = draw(st.sampled_from(["bfv", "bgv", "ckks"]))
    moduli = tuple(draw(st.lists(_bits, min_size=1, max_size=4)))
    return Parameters(
        scheme,
        draw(st.sampled_from([8, 16, 64])),
        moduli,
        special_bits=draw(st.one_of(st.just(0), st.integers(22, 120))),
        digits=draw(st.integers(0, len(moduli))),
        plain_modulus=0 if scheme == "ckks" else draw(_plain_moduli),
        scale=2.0 ** draw(st.integers(10, 40)) if scheme == "ckks" else 0.0,
    )


class _Both:
    """A circuit that runs in C and in golden."""

    def __init__(self, parameters: Parameters, seed: int) -> None:
        self.random = random.Random(seed)
        self.golden = Context(parameters)
        try:
            assume(len(self.golden.digit_bits) <= len(self.golden.primes()))
            assume(min(map(len, self.golden.digit_bits)) > 0 and self.golden.parameters.special_bits <= 600)
            self.t = self.golden.t
            assume(not self.t or all(self.t % q for q in self.golden.all_primes))
        except StopIteration:  # no primes of that size
            assume(condition=False)
        self.context = new_context(parameters)
        degree = self.golden.degree
        self.elements = sorted({0, 5, pow(5, self.random.randrange(degree), 2 * degree), 2 * degree - 1})
        seeds = [self.random.randbytes(32) for _ in range(3)]
        self.key = he_keys.secret_key(self.golden, seeds[0])
        self.public = he_keys.public_key(self.key, seeds[1])
        self.keys = he_keys.evaluation_keys(self.key, seeds[2], self.elements)
        self.c_key = make("secret_key", "secret_key_new", self.context, options(seeds[0]))
        self.c_public = make("public_key", "public_key_new", self.c_key, options(seeds[1]))
        listed = ffi.new("uint32_t[]", self.elements[1:])
        self.c_keys = make(
            "evaluation_keys", "evaluation_keys_new", self.c_key, 1, listed, len(self.elements) - 1, options(seeds[2])
        )
        assert save("public_key", self.c_public) == he_bytes.save_public_key(self.public)
        assert save("evaluation_keys", self.c_keys) == he_bytes.save_evaluation_keys(self.keys)
        self.batches: list[tuple[Any, list[Ciphertext]]] = []

    def plain(self) -> tuple[Any, list[Plaintext]]:
        """Random coefficients, loaded into C from golden's bytes."""
        degree, top = self.golden.degree, self.golden.top
        bound, scale = self.t or 2 ** self.random.randrange(1, 40), self.golden.asked.scale or 1.0
        level = top if self.t else self.random.randrange(top + 1)
        low = 0 if self.t else -bound
        rows = [row(self.random.randrange(low, bound) for _ in range(degree)) for _ in range(ITEMS)]
        plaintexts = [Plaintext(one, level, scale) for one in rows]
        handle, _ = load("plaintexts", self.context, he_bytes.save_plaintexts(self.golden, plaintexts))
        assert handle is not None
        return handle, plaintexts

    def keep(self, handle: Any, batch: list[Ciphertext]) -> None:
        """That both are the same, to the bit, and go on."""
        got, want = info(handle), batch[0]
        assert (got.count, got.size, got.level) == (len(batch), len(want.parts), want.level)
        assert (got.scale, got.factor, bool(got.seeded)) == (want.scale, want.factor, want.seed is not None)
        saved = save("ciphertexts", handle)
        assert saved == he_bytes.save_ciphertexts(batch, got.noise_bits)
        again, _ = load("ciphertexts", self.context, saved)
        self.batches.append((again if self.random.random() < 0.5 else handle, batch))
        assert math.isfinite(got.noise_bits)

    def encrypt(self, *, public: bool) -> None:
        """A fresh batch."""
        handle, plaintexts = self.plain()
        seed = self.random.randbytes(32)
        if public:
            batch = [he_keys.encrypt(self.public, one, seed, i) for i, one in enumerate(plaintexts)]
            self.keep(make("ciphertexts", "encrypt", self.c_public, handle, options(seed)), batch)
        else:
            batch = [he_keys.encrypt_secret(self.key, one, seed, i) for i, one in enumerate(plaintexts)]
            self.keep(make("ciphertexts", "encrypt_secret", self.c_key, handle, options(seed)), batch)

    def step(self, operation: str) -> None:
        """One operation on batches picked at random, where it has a meaning for them."""
        (a, of_a), (b, of_b) = (self.batches[self.random.randrange(len(self.batches))] for _ in range(2))
        x, y = of_a[0], of_b[0]
        size, level = len(x.parts), min(x.level, y.level)
        ckks, missing = self.golden.asked.scheme == "ckks", ffi.new("uint32_t *")
        bits = math.log2(x.scale * y.scale) if ckks else 0

        def keep(function: str, arguments: tuple[Any, ...], batch: list[Ciphertext]) -> None:
            self.keep(make("ciphertexts", function, *arguments, ffi.NULL), batch)

        match operation:
            case "add" | "sub" if x.scale == y.scale:
                function = {"add": he_evaluate.add, "sub": he_evaluate.sub}[operation]
                keep(operation, (a, b), [function(*pair) for pair in zip(of_a, of_b, strict=True)])
            case "negate":
                keep(operation, (a,), [he_evaluate.negate(one) for one in of_a])
            case "add_plain" | "sub_plain" | "multiply_plain":
                function = getattr(he_evaluate, operation)
                handle, plaintexts = self.plain()
                if plaintexts[0].level >= x.level and (operation == "multiply_plain") >= (
                    x.scale != plaintexts[0].scale
                ):
                    keep(operation, (a, handle), [function(*pair) for pair in zip(of_a, plaintexts, strict=True)])
            case "multiply" if size == 2 and len(y.parts) == 2 and bits < 900:
                batch = [he_evaluate.multiply(*pair) for pair in zip(of_a, of_b, strict=True)]
                keep("multiply", (a, b, ffi.NULL, 0), batch)
                keep("multiply", (a, b, self.c_keys, 0), [he_evaluate.relinearize(one, self.keys) for one in batch])
            case "multiply_rescale" if ckks and size == 2 and len(y.parts) == 2 and bits < 900 and level > 0:
                batch = [he_evaluate.multiply_rescale(*pair, self.keys) for pair in zip(of_a, of_b, strict=True)]
                keep("multiply", (a, b, self.c_keys, 1), batch)
            case "relinearize" if size == 3:
                keep(operation, (a, self.c_keys), [he_evaluate.relinearize(one, self.keys) for one in of_a])
            case "rescale" if x.level > 0:
                keep(operation, (a,), [he_evaluate.rescale(one) for one in of_a])
            case "mod_switch":
                level = self.random.randrange(x.level + 1)
                keep(operation, (a, level), [he_evaluate.mod_switch(one, level) for one in of_a])
            case "rotate" if size == 2:
                elements = [self.random.choice(self.elements[1:]) for _ in range(2)]
                listed = ffi.new("uint32_t[]", elements)
                batch = [he_evaluate.rotate(one, by, self.keys) for by in elements for one in of_a]
                self.keep(
                    make("ciphertexts", "rotate", missing, a, listed, 2, self.c_keys, ffi.NULL),
                    batch,
                )
                self.batches.pop()  # of twice as many items
            case _:
                return

    def decrypt(self) -> None:
        """Every batch, to the same plaintexts and budgets."""
        for handle, batch in self.batches:
            made = make("plaintexts", "decrypt", self.c_key, handle, 0, ffi.NULL)
            if not self.t:
                decrypted = [he_keys.decrypt(self.key, one) for one in batch]
                assert save("plaintexts", made) == he_bytes.save_plaintexts(self.golden, decrypted)
                self.flood(handle, batch)
                continue
            want = [he_keys.noise_budget(self.key, one) for one in batch]
            assert budgets(self.c_key, handle) == pytest.approx(want, abs=1e-6)
            decrypted = [he_keys.decrypt(self.key, one) for one in batch]
            told = he_bytes.save_plaintexts(
                self.golden, [Plaintext(one.coefficients, self.golden.top) for one in decrypted]
            )
            if min(want) > 0.01:
                assert save("plaintexts", made) == told

    def flood(self, handle: Any, batch: list[Ciphertext]) -> None:
        """CKKS: the same noise, in as many bits as there is room for."""
        room = math.floor(math.log2(self.golden.modulus(batch[0].level))) - 6
        bits, seed = self.random.randrange(2, min(58, room) + 1), self.random.randbytes(32)
        made = make("plaintexts", "decrypt", self.c_key, handle, bits, options(seed))
        flooded = [he_keys.decrypt_flooded(self.key, one, bits, seed, i) for i, one in enumerate(batch)]
        assert save("plaintexts", made) == he_bytes.save_plaintexts(self.golden, flooded)


_OPERATIONS = [
    *("add", "sub", "negate", "add_plain", "sub_plain", "multiply_plain", "multiply", "multiply_rescale"),
    *("relinearize", "rescale", "mod_switch", "rotate"),
]


@implementations("he", golden=False)
@examples(20)
@given(
    parameters=_parameters(),
    seed=st.integers(0, 2**32),
    circuit=st.lists(st.sampled_from(_OPERATIONS), min_size=1, max_size=10),
)
def test_circuits(implementation: Implementation, parameters: Parameters, seed: int, circuit: list[str]) -> None:
    """Keys, encryption, every operation, decryption: C and golden agree in every byte."""
    both = _Both(parameters, seed)
    both.encrypt(public=True)
    both.encrypt(public=False)
    for operation in circuit:
        both.step(operation)
    both.decrypt()
    implementation.ran(len(circuit))
