# SPDX-License-Identifier: Apache-2.0
"""Every bad input of homomorphic encryption is refused, by a message that names the bound and the mend."""

from __future__ import annotations

import numpy as np
import pytest
from he_support import Party, insecure

from pyaccel import he
from pyaccel.errors import PyaccelError

RING = {"degree": 64, "depth": 2}


@pytest.fixture(scope="module")
def ckks():
    return Party("ckks", **RING)


@pytest.fixture(scope="module")
def bfv():
    return Party("bfv", plain_modulus=65537, **RING)


@pytest.mark.parametrize("degree", [0, 3, 1000, 8191, 4, 1 << 18, -8])
def test_degrees(degree):
    with pytest.raises(ValueError, match=r"degree: .*wanted"):
        he.Context("ckks", degree=degree, depth=1)


def test_the_next_degree_is_named():
    with pytest.raises(ValueError, match=r"5000 came.* the next one is 8192"):
        he.Context("ckks", degree=5000, depth=1)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"scheme": "tfhe", "depth": 1}, "'tfhe' came; wanted one of bfv, bgv, ckks"),
        ({"scheme": "ckks"}, "one of the two"),
        ({"scheme": "ckks", "depth": 1, "moduli_bits": (60, 40)}, "one of the two"),
        ({"scheme": "ckks", "depth": 1, "plain_modulus": 65537}, "ckks has none"),
        ({"scheme": "bfv", "depth": 1, "scale_bits": 40}, "bfv computes with integers"),
        ({"scheme": "bfv", "depth": 1, "plain_modulus": 1}, r"plain_modulus: 1 came; wanted 2 \.\. 1099511627776"),
        ({"scheme": "ckks", "depth": 1, "scale_bits": 91}, r"scale_bits: 91 came; wanted 10 \.\. 90"),
        ({"scheme": "ckks", "depth": 1, "scale_bits": 15}, r"wanted 20 \.\. 90"),
        ({"scheme": "ckks", "depth": 60}, r"depth: 60 came; wanted 0 \.\. 59"),
        ({"scheme": "ckks", "moduli_bits": (60, 19)}, r"moduli_bits: 19 came; wanted 20 \.\. 100"),
        ({"scheme": "ckks", "moduli_bits": ()}, r"0 moduli came; wanted 1 \.\. 60"),
        ({"scheme": "ckks", "depth": 1, "security": "128"}, "'128' came; wanted one of 128-2024"),
        ({"scheme": "ckks", "depth": 1, "digits": -1}, "digits: -1 came"),
        ({"scheme": "ckks", "depth": 1, "degree": 512}, "no bound for 512"),
    ],
)
def test_parameters(parameters, message):
    with pytest.raises(ValueError, match=message):
        he.Context(**parameters)


def test_parameters_of_wrong_types():
    for parameters in ({"degree": "8192"}, {"moduli_bits": 60, "depth": None}, {"depth": 1.5}, {"moduli_bits": "6040"}):
        with pytest.raises(TypeError, match="came; wanted"):
            he.Context("ckks", **({"depth": None if "moduli_bits" in parameters else 1} | parameters))


@pytest.mark.parametrize(
    ("degree", "security", "bound", "larger"),
    [
        (4096, "128-2024", 106, 32768),
        (8192, "128-2024", 214, 32768),
        (8192, "128-2018", 218, 32768),
        (16384, "256-2024", 230, 32768),
    ],
)
def test_a_modulus_above_the_security_table_is_refused_with_its_bound(degree, security, bound, larger):
    with pytest.raises(ValueError, match=rf"allows {bound} at degree={degree}.*degree={larger}") as refused:
        he.Context("ckks", degree=degree, moduli_bits=(50,) * 8, security=security)
    named = str(refused.value).partition("moduli_bits=")[2].partition(")")[0] + ")"
    assert he.Context("ckks", degree=degree, moduli_bits=eval(named), security=security).modulus_bits <= bound


def test_a_depth_that_is_too_large_names_one_that_is_not():
    with pytest.raises(ValueError, match="or depth=2"):
        he.Context("ckks", degree=8192, depth=4)
    assert he.Context("ckks", degree=8192, depth=2).depth == 2


def test_insecure_parameters_say_so():
    with pytest.warns(he.InsecureParametersWarning, match="INSECURE"):
        he.Context("ckks", degree=64, depth=1, security=None)


def test_moduli_that_no_prime_has():
    with pytest.raises(ValueError, match="no such primes"):
        insecure("ckks", degree=1 << 17, moduli_bits=(20, 20, 20))


def test_more_numbers_than_slots(ckks, bfv):
    for party, slots in ((ckks, 32), (bfv, 64)):
        with pytest.raises(ValueError, match=f"rows of {slots + 1} numbers came; degree=64 has {slots} slots"):
            party.public.encrypt(np.zeros(slots + 1, int))


def test_slots_of_a_plain_modulus_without_any():
    context = insecure("bfv", plain_modulus=65536, **RING)
    for call in (
        lambda: context.encode([1, 2]),
        lambda: context.decode(context.encode([1], coefficients=True), coefficients=False),
    ):
        if context.slots == 0:
            with pytest.raises(ValueError, match=r"no slots at degree=64.* nearest is 65537"):
                call()
            break
    secret = he.SecretKey(context)
    with pytest.raises(ValueError, match="coefficients=True"):
        secret.encrypt([1, 2])


def test_integers_that_do_not_fit(bfv):
    for value in (65537, -32769, 1 << 62):
        with pytest.raises(ValueError, match=rf"values\[1, 2\] = {value} does not fit: .*-32768 \.\. 65536"):
            bfv.public.encrypt([[0, 0, 0], [0, 0, value]])
    for value in (1 << 63, 1 << 100, -(1 << 70)):
        with pytest.raises(ValueError, match=rf"= {value} does not fit"):
            bfv.public.encrypt([1, value])


def test_numbers_that_do_not_fit(ckks):
    for value in (np.nan, np.inf, -np.inf):
        with pytest.raises(ValueError, match=r"values\[3\] = .*: wanted finite numbers"):
            ckks.public.encrypt([0, 0, 0, value])
    with pytest.raises(
        ValueError, match=r"values\[1\] = 1e\+40 does not fit: .* half of level 1's modulus of 140 bits"
    ):
        ckks.public.encrypt([0, 1e40])
    with pytest.raises(ValueError, match="half of level 0's modulus of 100 bits"):
        ckks.context.encode([1e20], level=0)


def test_values_that_are_no_numbers(ckks, bfv):
    for party in (ckks, bfv):
        for values in ("text", ["a"], [None], object()):
            with pytest.raises(TypeError, match="came"):
                party.public.encrypt(values)
        with pytest.raises(TypeError, match="masked"):
            party.public.encrypt(np.ma.array([1, 2], mask=[True, False]))
        with pytest.raises(ValueError, match="different lengths"):
            party.public.encrypt([[1, 2], [3]])
        with pytest.raises(ValueError, match=r"shape \(1, 1, 1\)"):
            party.public.encrypt(np.zeros((1, 1, 1), int))
    for values in ([1.5], [1 + 2j]):
        with pytest.raises(TypeError, match="bfv wants integers"):
            bfv.public.encrypt(values)


def test_exhausted_levels(ckks):
    a = ckks.public.encrypt([1.0])
    last = a * a * a
    assert (last.level, last.depth) == (0, 0)
    for call in (
        lambda: last * last,
        lambda: last.multiply(a, relinearize=False),
        lambda: last * 2,
        lambda: a * last,
        lambda: last * ckks.context.encode([1.0]),
        lambda: a * ckks.context.encode([1.0], level=0, scale=2.0**42),
        lambda: np.ones((1, 1)) @ last,
        lambda: last.dot(last),
    ):
        with pytest.raises(ValueError, match=r"exhausted: .* level 0, .* more than 1.. bits: it has 100\. .* depth=3"):
            call()
    with pytest.raises(ValueError, match=r"level exhausted: .* level 0, .* divide by\. .* depth=3"):
        last.rescale()
    with pytest.raises(ValueError, match=r"level exhausted: .* degree 1 goes 1 level down; .* without room .* depth=3"):
        last.polynomial([1.0, 1.0])
    with pytest.raises(
        ValueError, match=r"exhausted: .* degree 4 goes 3 levels down; .* level 1, with room .* depth=3"
    ):
        a.polynomial([1.0, 0.0, 0.0, 0.0, 1.0, 0.0])
    with pytest.raises(ValueError, match=r"level: 2 came; wanted 0 \.\. 0"):
        last.mod_switch(2)


def test_scales_that_differ(ckks):
    a = ckks.public.encrypt([1.0])
    for scale in (2.0**40 * 1.5, 2.0**40 * (1 + 2**-29), 2.0**39.5, 2.0**40 / 3000.5):
        other = ckks.public.encrypt(ckks.context.encode([1.0], scale=scale))
        for call in (
            lambda b=other: a + b,
            lambda b=other: b - a,
            lambda s=scale: a + ckks.context.encode([1], scale=s),
        ):
            with pytest.raises(ValueError, match=r"scales 2\^.* differ by more than 2\^-30 of them, and no integer"):
                call()
    with pytest.raises(ValueError, match=r"scale: -1.0 came"):
        ckks.context.encode([1.0], scale=-1)


def test_other_contexts(ckks, bfv):
    other = Party("ckks", degree=64, depth=1)
    a, b = ckks.public.encrypt([1.0]), other.public.encrypt([1.0])
    for call in (
        lambda: a + b,
        lambda: a * b,
        lambda: a + other.context.encode([1.0]),
        lambda: a * other.context.encode([1.0]),
        lambda: other.secret.decrypt(a),
        lambda: a.rotate(1, keys=other.keys),
        lambda: a.multiply(a, keys=other.keys),
        lambda: ckks.context.use(other.keys),
        lambda: other.public.encrypt(ckks.context.encode([1.0])),
        lambda: he.Ciphertexts.concatenate([a, b]),
        lambda: ckks.context.decode(other.context.encode([1.0])),
        lambda: bfv.secret.noise_budget(a),
    ):
        with pytest.raises(ValueError, match="of another context"):
            call()


def test_missing_keys(ckks):
    context = insecure("ckks", **RING)
    secret = he.SecretKey(context)
    a = secret.encrypt([1.0])
    with pytest.raises(he.MissingKeyError, match="rotation by 3 takes evaluation keys"):
        a.rotate(3)
    with pytest.raises(he.MissingKeyError, match="relinearization takes evaluation keys"):
        a * a
    keys = he.EvaluationKeys(secret, relinearize=False, rotations=[1])
    context.use(keys)
    with pytest.raises(he.MissingKeyError, match="no key for relinearization"):
        a * a
    with pytest.raises(he.MissingKeyError, match=r"no Galois key for rotation by 30 \(or -2\)"):
        a.rotate([1, -2])
    with pytest.raises(he.MissingKeyError, match="conjugation"):
        a.conjugate()
    with pytest.raises(he.MissingKeyError, match=r"no Galois key for rotation by (2|4|8|16)"):
        a.sum_slots()


def test_rotations_that_are_none(ckks):
    a = ckks.public.encrypt([1.0])
    for steps in (32, -32, 1 << 70):
        with pytest.raises(ValueError, match=r"steps: .*wanted -31 \.\. 31"):
            a.rotate(steps)
    for steps in ("1", 1.5, None):
        with pytest.raises(TypeError, match="steps"):
            a.rotate(steps)
    with pytest.raises(ValueError, match="'all' came"):
        he.EvaluationKeys(ckks.secret, rotations="all")


def test_what_a_scheme_has_not(ckks, bfv):
    a, b = ckks.public.encrypt([1.0]), bfv.public.encrypt([1])
    for call, message in (
        (a.swap_rows, "swap_rows"),
        (b.conjugate, "conjugate"),
        (lambda: ckks.secret.noise_budget(a), "ckks has none"),
        (lambda: bfv.secret.decrypt(b, flood_bits=20), "decrypts exactly"),
        (lambda: ckks.secret.decrypt(a, flood_bits=101), r"flood_bits: 101 came; wanted 0, or 2 \.\. 98"),
        (lambda: ckks.secret.decrypt(a, flood_bits=1), r"flood_bits: 1 came; wanted 0, or 2 \.\. 98$"),
        (lambda: ckks.secret.decrypt(a, width=33), r"width: 33 came; wanted 0 \.\. 32"),
        (lambda: ckks.context.encode([1.0], coefficients=True), "slots alone"),
        (lambda: bfv.context.encode([1], scale=2.0), "has none"),
        (lambda: ckks.context.encode([1.0], level=3), r"level: 3 came; wanted 0 \.\. 1"),
    ):
        with pytest.raises(ValueError, match=message):
            call()


def test_batches_of_different_lengths(ckks, bfv):
    for party in (ckks, bfv):
        a, b = party.public.encrypt(np.zeros((2, 3), int)), party.public.encrypt(np.zeros((3, 3), int))
        for call in (lambda a=a, b=b: a + b, lambda a=a, b=b: a * b):
            with pytest.raises(ValueError, match="batches of 2 and 3"):
                call()
        with pytest.raises(ValueError, match="2 ciphertexts and 3 rows"):
            a + np.zeros((3, 3), int)
        with pytest.raises(ValueError, match="none came"):
            he.Ciphertexts.concatenate([])
        with pytest.raises(ValueError, match=r"batches\[1\]: level 0"):
            he.Ciphertexts.concatenate([a, b.mod_switch(0)])


class Liar(bytes):
    """Bytes that say they are as many as are wanted."""

    def __len__(self):
        return 32


def test_seeds(ckks):
    for seed, error in ((b"short", ValueError), (Liar(b"short"), ValueError), ("x" * 32, TypeError)):
        with pytest.raises(error, match="insecure_test_seed"):
            he.SecretKey(ckks.context, insecure_test_seed=seed)


def test_scales_that_no_modulus_holds_are_refused():
    a = Party("ckks", degree=64, moduli_bits=(60, 40, 40)).public.encrypt([0.5, 0.25])
    low = a.mod_switch(0)
    for call in (lambda: low.multiply(low, rescale=False), lambda: low.multiply_plain(0.5, rescale=False)):
        with pytest.raises(ValueError, match=r"scale of 2\^80 does not fit level 0, whose modulus has 60 bits"):
            call()
    with pytest.raises(ValueError, match="does not fit level 0"):
        a.multiply(a, rescale=False).mod_switch(0)


@pytest.mark.parametrize("scheme", ["bfv", "bgv"])
def test_noise_that_grows_by_more_than_its_estimate_is_noticed(scheme):
    """Sums with itself double it; equal coefficients make the most of it. The estimate says half as much."""
    party = Party(scheme, degree=64, moduli_bits=(50,) * 6, plain_modulus=12289)
    a = party.secret.encrypt([1, 2, 3])
    while party.secret.noise_budget(a)[0] >= 1:
        a = a + a
    assert a.budget_bits > 40
    with pytest.raises(PyaccelError, match="does not decrypt"):
        party.secret.decrypt(a)
    equal = party.context.encode([6144] * 64, coefficients=True)
    a = party.secret.encrypt(party.context.encode([1], coefficients=True))
    while party.secret.noise_budget(a)[0] >= 1:
        a = a * equal
    with pytest.raises(PyaccelError, match="does not decrypt"):
        party.secret.decrypt(a, coefficients=True)


def test_levels_that_hold_no_message_are_refused():
    party = Party("bfv", degree=64, moduli_bits=(40, 60, 60), plain_modulus=1 << 40)
    a = party.secret.encrypt(party.context.encode([1, 2, 3], coefficients=True))
    assert (party.secret.decrypt(a, coefficients=True)[:3] == [1, 2, 3]).all()
    assert party.secret.noise_budget(a.mod_switch(0))[0] == 0
    with pytest.raises(PyaccelError, match="does not decrypt"):
        party.secret.decrypt(a.mod_switch(0), coefficients=True)


def test_objects_of_other_classes_are_refused(ckks):
    a, plain = ckks.public.encrypt([0.5]), ckks.context.encode([0.5])
    for call, wanted in (
        (lambda: ckks.context.use(ckks.public), "keys: a PublicKey came; wanted a pyaccel.he.EvaluationKeys"),
        (lambda: ckks.context.decode(a), "plaintexts: a Ciphertexts came; wanted a pyaccel.he.Plaintexts"),
        (lambda: he.SecretKey("ckks"), "context: a str came; wanted a pyaccel.he.Context"),
        (lambda: he.PublicKey(ckks.public), "secret: a PublicKey came; wanted a pyaccel.he.SecretKey"),
        (lambda: he.EvaluationKeys(ckks.keys), "secret: a EvaluationKeys came; wanted a pyaccel.he.SecretKey"),
        (lambda: ckks.secret.decrypt(plain), "ciphertexts: a Plaintexts came; wanted a pyaccel.he.Ciphertexts"),
        (lambda: ckks.secret.noise_budget(None), "ciphertexts: a NoneType came"),
        (lambda: he.Ciphertexts.concatenate([a, None]), r"batches\[1\]: a NoneType came"),
        (lambda: he.Ciphertexts.concatenate(7), "batches: a int came; wanted a list"),
        (lambda: he.Ciphertexts.load(None, a.save()), "context: a NoneType came"),
        (lambda: he.PublicKey.load(None, b""), "context: a NoneType came"),
    ):
        with pytest.raises(TypeError, match=wanted):
            call()
    with pytest.raises(ValueError, match="scheme"):
        he.Context(["ckks"], depth=1)


def test_moduli_that_share_a_prime_with_the_plain_modulus_are_refused():
    prime = insecure("bfv", degree=8, moduli_bits=(20,), plain_modulus=17).primes[0]
    with pytest.raises(ValueError, match=f"divides plain_modulus={2 * prime}"):
        insecure("bfv", degree=8, moduli_bits=(20,), plain_modulus=2 * prime)
