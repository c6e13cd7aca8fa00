# SPDX-License-Identifier: Apache-2.0
"""What a newcomer passes by mistake is refused by a message that says what came, what is wanted, and how to mend it."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest
from he_support import Party, insecure

from pyaccel import he


@pytest.fixture(scope="module")
def ckks() -> Party:
    return Party("ckks", degree=64, depth=2)


@pytest.fixture(scope="module")
def bfv() -> Party:
    return Party("bfv", degree=64, depth=2, plain_modulus=65537)


def test_a_batch_is_an_iterable_of_batches(bfv: Party) -> None:
    numbers = np.arange(15).reshape(5, 3)
    x = bfv.public.encrypt(numbers)
    for batches in (x, list(x), (x[i] for i in range(5)), iter([x[:2], x[2:]]), {0: x[:2], 1: x[2:]}.values()):
        assert np.array_equal(bfv.secret.decrypt(he.Ciphertexts.concatenate(batches)), numbers)
    with pytest.raises(ValueError, match="none came"):
        he.Ciphertexts.concatenate(x[:0])
    for batches, message in (
        (7, "batches: a int came"),
        (None, "batches: a NoneType came"),
        ([x, [1, 2]], r"batches\[1\]: a list came; wanted a pyaccel.he.Ciphertexts"),
        ("xy", r"batches\[0\]: a str came; wanted a pyaccel.he.Ciphertexts"),
        ([bfv.context.encode([1])], r"batches\[0\]: a Plaintexts came; wanted a pyaccel.he.Ciphertexts"),
    ):
        with pytest.raises(TypeError, match=message):
            he.Ciphertexts.concatenate(batches)  # type: ignore[arg-type]


def test_what_keys_are_made_of(ckks: Party) -> None:
    context, secret = ckks.context, ckks.secret
    keys: Any = he.EvaluationKeys
    for call, message in (
        (lambda: he.SecretKey("ckks"), "context: a str came; wanted a pyaccel.he.Context"),  # type: ignore[arg-type]
        (lambda: he.SecretKey(he.Context), "context: the class Context came"),  # type: ignore[arg-type]
        (lambda: he.PublicKey(context), "secret: a Context came; wanted a pyaccel.he.SecretKey"),  # type: ignore[arg-type]
        (lambda: keys(context), "secret: a Context came; wanted a pyaccel.he.SecretKey"),
        (lambda: keys(ckks.public), "secret: a PublicKey came; wanted a pyaccel.he.SecretKey"),
        (lambda: keys(secret, rotations=1), r"rotations: a int came; wanted .*rotations=\[1, -2\]"),
        (lambda: keys(secret, rotations=[1.5]), "steps: a float came"),
        (lambda: keys(secret, matrices=8), r"matrices: a int came; wanted .*matrices=\[\(8, 32\)\]"),
        (lambda: keys(secret, matrices=(8, 32)), r"matrices: a int came among them; wanted .*matrices=\[\(8, 32\)\]"),
        (lambda: keys(secret, matrices=[np.ones((2, 2))]), r"ndarray came .*matrices=\[array\.shape\]"),
        (lambda: keys(secret, matrices=[(1, 2, 3)]), "a tuple of 3 came"),
        (lambda: he.SecretKey.load("ckks", b""), "context: a str came"),  # type: ignore[arg-type]
        (lambda: he.Ciphertexts.load(secret, b""), "context: a SecretKey came"),  # type: ignore[arg-type]
        (lambda: he.Matrix("ckks", [[1]]), "context: a str came"),  # type: ignore[arg-type]
    ):
        with pytest.raises(TypeError, match=message):
            call()


def test_keys_in_use_are_evaluation_keys(ckks: Party) -> None:
    x = ckks.public.encrypt([1.0])
    matrix = he.Matrix(ckks.context, np.eye(2))
    before = ckks.context.evaluation_keys
    for wrong, name in ((ckks.secret, "SecretKey"), (ckks.public, "PublicKey"), (None, "NoneType"), ("k", "str")):
        with pytest.raises(TypeError, match=rf"keys: a {name} came; wanted a pyaccel.he.EvaluationKeys"):
            ckks.context.use(wrong)  # type: ignore[arg-type]
        if wrong is None:
            continue
        for call in (
            lambda wrong=wrong: x.rotate(1, keys=wrong),
            lambda wrong=wrong: x.multiply(x, keys=wrong),
            lambda wrong=wrong: x.conjugate(keys=wrong),
            lambda wrong=wrong: x.dot(x, keys=wrong),
            lambda wrong=wrong: x.sum_slots(keys=wrong),
            lambda wrong=wrong: x.polynomial([1.0, 2.0], keys=wrong),
            lambda wrong=wrong: x.multiply(x, relinearize=False).relinearize(keys=wrong),
            lambda wrong=wrong: matrix.multiply(x, keys=wrong),
        ):
            with pytest.raises(TypeError, match=rf"keys: a {name} came; wanted a pyaccel.he.EvaluationKeys"):
                call()
    assert ckks.context.evaluation_keys is before


def test_numbers_and_ciphertexts_are_not_taken_for_each_other(ckks: Party, bfv: Party) -> None:
    x: Any = ckks.public.encrypt([1.0])
    matrix: Any = he.Matrix(ckks.context, np.eye(2))
    for call, message in (
        (lambda: ckks.secret.decrypt([x]), "ciphertexts: a list came; wanted a pyaccel.he.Ciphertexts: .*concatenate"),
        (lambda: ckks.secret.decrypt(ckks.context.encode([1.0])), "ciphertexts: a Plaintexts came"),
        (lambda: bfv.secret.noise_budget([x]), "ciphertexts: a list came"),
        (lambda: x.multiply([1, 2]), "other: a list came; wanted a pyaccel.he.Ciphertexts: .*multiply_plain"),
        (lambda: x.multiply(2), "other: a int came"),
        (lambda: x.multiply_plain(x), "other: Ciphertexts came; wanted numbers.*multiply"),
        (lambda: matrix.multiply([1.0, 2.0]), "vectors: a list came; wanted a pyaccel.he.Ciphertexts"),
        (lambda: x.polynomial(x), "coefficients: a Ciphertexts came; wanted numbers"),
        (lambda: he.Matrix(ckks.context, x), "matrix: a Ciphertexts came; wanted numbers"),
        (lambda: ckks.context.encode(x), "values: a Ciphertexts came; wanted numbers"),
        (lambda: ckks.public.encrypt([x, x]), "values: a Ciphertexts came; wanted numbers"),
        (lambda: ckks.context.encode([1.0], scale="40"), "scale: a str came; wanted a number"),  # type: ignore[arg-type]
        (lambda: ckks.public.encrypt(x), "values: a Ciphertexts came; wanted numbers"),
        (lambda: ckks.context.decode(x), "plaintexts: a Ciphertexts came; wanted a pyaccel.he.Plaintexts: .*decrypt"),
        (lambda: x + ckks.keys, "values: a EvaluationKeys came; wanted numbers"),
    ):
        with pytest.raises(TypeError, match=message):
            call()


def test_missing_keys_name_what_makes_them(ckks: Party, bfv: Party) -> None:
    for party, swap in ((ckks, "conjugate"), (bfv, "swap_rows")):
        parameters = {} if party is ckks else {"plain_modulus": 65537}
        context = insecure(party.context.scheme, degree=64, depth=2, **parameters)
        secret = he.SecretKey(context)
        x = secret.encrypt([1, 2])
        mends: tuple[tuple[Any, dict[str, Any]], ...] = (
            (getattr(x, swap), {"swap": True}),
            (lambda x=x: x.rotate(-1), {"rotations": [-1]}),
            (lambda x=x: x.rotate([0, 3, -5]), {"rotations": [3, -5]}),
            (x.sum_slots, {"rotations": "powers of two"}),
            (lambda x=x: x.dot([1, 2]), {"rotations": "powers of two"}),
            (lambda x=x: np.array([[1, 2], [3, 4]]) @ x, {"matrices": [(2, 2)]}),
        )
        for held in (None, he.EvaluationKeys(secret)):
            if held is not None:
                context.use(held)
            for call, arguments in mends:
                (name, value), *_ = arguments.items()
                said = f'{name}="{value}"' if isinstance(value, str) else f"{name}={value}"
                with pytest.raises(he.MissingKeyError) as refused:
                    call()
                assert f"EvaluationKeys(secret, {said})" in str(refused.value)
        for call, arguments in mends:  # and the mend is one
            context.use(he.EvaluationKeys(secret, **arguments))
            call()


def test_products_that_were_not_relinearized(ckks: Party, bfv: Party) -> None:
    for party in (ckks, bfv):
        x = party.public.encrypt([1, 2])
        long = x.multiply(x, relinearize=False)
        turned = long.conjugate if party is ckks else long.swap_rows
        for call in (
            lambda long=long: long.rotate(1),
            lambda long=long: long.rotate([0, 1]),
            turned,
            long.sum_slots,
            lambda long=long: long.dot([1, 2]),
            lambda long=long: np.array([[1, 2]]) @ long,
            lambda long=long: long.polynomial([1, 2]),
            lambda long=long, x=x: long * x,
            lambda long=long, x=x: x * long,
        ):
            with pytest.raises(ValueError, match=r"of 3 polynomials can't be .*: relinearize them first"):
                call()
        assert party.same(long.relinearize().rotate(1), [4])


def test_steps_keep_their_sign(ckks: Party) -> None:
    x = ckks.public.encrypt([1.0])
    with pytest.raises(ValueError, match=r"steps: -5000 came; wanted -31 \.\. 31"):
        x.rotate(-5000)


def test_what_cannot_be_pickled_names_what_can(ckks: Party) -> None:
    plain = ckks.context.encode([1.0])
    for thing in (ckks.public.encrypt([1.0]), plain, ckks.secret, ckks.public, ckks.keys, ckks.context):
        assert copy.copy(thing) is thing  # they are immutable
        assert copy.deepcopy(thing) is thing
        with pytest.raises(TypeError, match=rf"pickled: save\(\) gives bytes, and {type(thing).__name__}\.load"):
            pickle.dumps(thing)


def test_flooding_says_its_range(ckks: Party) -> None:
    a = ckks.public.encrypt([1.0])
    for bits in (1, 99, -1):
        with pytest.raises(ValueError, match=rf"flood_bits: {bits} came; wanted 0, or 2"):
            ckks.secret.decrypt(a, flood_bits=bits)
    for bits in (25.5, np.float64(3)):
        with pytest.raises(TypeError, match=r"flood_bits: a float came; .*math\.ceil"):
            ckks.secret.decrypt(a, flood_bits=bits)  # type: ignore[arg-type]
    narrow = Party("ckks", degree=64, moduli_bits=(40, 40), scale_bits=20)
    with pytest.raises(ValueError, match=r"flood_bits: 50 came; wanted 0, or 2 \.\. 34 at level 0"):
        narrow.secret.decrypt(narrow.public.encrypt([0.0]).mod_switch(0), flood_bits=50)
    assert np.isfinite(narrow.secret.decrypt(narrow.public.encrypt([0.0]).mod_switch(0), flood_bits=34)).all()


def test_a_seed_lives_as_long_as_the_options_that_point_at_it() -> None:
    from pyaccel.he.native import Options, ffi

    options = [Options(bytes([i]) * 32).native for i in range(64)]
    others = [ffi.new("uint8_t[]", bytes(32)) for _ in range(256)]
    assert [bytes(ffi.buffer(one.insecure_test_seed, 32)) for one in options] == [bytes([i]) * 32 for i in range(64)]
    assert len(others) == 256
