# SPDX-License-Identifier: Apache-2.0
"""Questions of homomorphic encryption with known answers: from seeds to keys, ciphertexts and what is computed on them.

The answers are golden's, which shares no code with what is asked: tests/vectors/he, made by tools/he_vectors.py. A test
holds these against those.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Any

import numpy as np

from pyaccel import he
from pyaccel.backends.base import Backend
from pyaccel.he.places import Place
from pyaccel.he.resident import brought

_HEADER, _FIELDS, _SEED = 72, 40, 32
"""Bytes of a saved batch before its items: the header, the fields, and the seed of what a secret key encrypted."""


@dataclass(frozen=True, eq=False)
class KnownAnswer:
    """One context, and digests of what follows from its seeds.

    Attributes:
        scheme: of the context.
        parameters: further ones.
        seeds: 32 bytes in hex, by what is drawn.
        digests: SHA-256 in hex of saved keys, and of the items of ciphertexts, by name.
    """

    scheme: str
    parameters: Mapping[str, Any]
    seeds: Mapping[str, str]
    digests: Mapping[str, str]

    @property
    def source(self) -> str:
        """Where the answers are from."""
        return f"golden: tests/vectors/he/{self.scheme}-64.json"

    @property
    def functions(self) -> tuple[str, ...]:
        """Functions of the C ABI that there are answers of."""
        asked = [name for name, steps in _STEPS.items() if any(self.scheme in schemes for _, schemes, _ in steps)]
        return ("encrypt", *asked)

    def wrong(self, backend: Backend, function: str) -> str | None:
        """What a backend computes wrongly; None when all is right. What is raised comes out.

        Args:
            backend: native, or a device that keeps ciphertexts: nothing stands between, and nobody computes in its
                place.
            function: key of pyaccel.he.operations.OPERATIONS.
        """
        for name, (found, wanted) in self.asked(backend, function).items():
            if found != wanted:
                return f"{self.scheme} ({self.source}): the SHA-256 of {name} is {found}, not {wanted}"
        return None

    def asked(self, backend: Backend, function: str) -> dict[str, tuple[str, str]]:
        """Digests found and wanted, by name; none where nothing is known of the function."""
        questions = _questions(self)
        place = None if backend.kind == "native" else Place(questions.context, backend, bare=True)

        def there(ciphertexts: he.Ciphertexts) -> he.Ciphertexts:
            return ciphertexts if place is None else brought(ciphertexts, place, recoverable=False)

        found = dict(questions.encrypted) if function == "encrypt" else {}
        for name, schemes, work in _STEPS.get(function, ()):
            if self.scheme in schemes:
                found[name] = _digest(work(questions, there).to("native").save()[_HEADER + _FIELDS :])
        return {name: (digest, self.digests[name]) for name, digest in found.items()}


@dataclass(frozen=True, eq=False)
class _Questions:
    """What is asked about: ciphertexts, and plaintexts, of a context whose keys are in use.

    Attributes:
        context: theirs.
        a: the first batch, x in it.
        b: the second one, with y.
        three: products of a and b, of three polynomials.
        x: plaintexts.
        y: more of them.
        encrypted: digests of saved keys, and of the items of a and b.
    """

    context: he.Context
    a: he.Ciphertexts
    b: he.Ciphertexts
    three: he.Ciphertexts
    x: he.Plaintexts
    y: he.Plaintexts
    encrypted: Mapping[str, str]


@cache
def _questions(answer: KnownAnswer) -> _Questions:
    """From the seeds; keys and encryption are native ones, wherever the ciphertexts go."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", he.InsecureParametersWarning)
        context = he.Context(answer.scheme, degree=64, security=None, **answer.parameters)
    drawn = {name: bytes.fromhex(seed) for name, seed in answer.seeds.items()}
    secret = he.SecretKey(context, insecure_test_seed=drawn["secret key"])
    public = he.PublicKey(secret, insecure_test_seed=drawn["public key"])
    keys = he.EvaluationKeys(secret, rotations="powers of two", swap=True, insecure_test_seed=drawn["evaluation keys"])
    context.use(keys)
    x, y = (context.encode(_numbers(context, which)) for which in range(2))
    a = public.encrypt(x, insecure_test_seed=drawn["a"])
    b = secret.encrypt(y, insecure_test_seed=drawn["b"])
    encrypted = {
        "public_key": _digest(public.save()),
        "evaluation_keys": _digest(keys.save()),
        "a": _digest(a.save()[_HEADER + _FIELDS :]),
        "b": _digest(b.save()[_HEADER + _FIELDS + _SEED :]),
    }
    three = a.multiply(b, relinearize=False, rescale=False)
    return _Questions(context, a, b, three, x, y, encrypted)


def _numbers(context: he.Context, which: int) -> Any:
    """Two rows, by the formulas that docs/he.md has for the vectors."""
    item, j = np.ogrid[:2, : context.slots]
    if context.plain_modulus:
        numbers = (7919 * (j + 1) ** 2 + 104729 * item + 1299709 * which) % context.plain_modulus
        return np.where(numbers > context.plain_modulus // 2, numbers - context.plain_modulus, numbers)
    real = ((37 * j + 11 * item + 5 * which) % 257 - 128) / 128
    return real + 1j * (((53 * j + 7 * item + 3 * which) % 251 - 125) / 128)


_Work = Callable[[_Questions, Callable[[he.Ciphertexts], he.Ciphertexts]], he.Ciphertexts]

_ALL, _NUMBERS, _INTEGERS = ("ckks", "bfv", "bgv"), ("ckks",), ("bfv", "bgv")
_STEPS: Mapping[str, tuple[tuple[str, tuple[str, ...], _Work], ...]] = {
    "upload": (("a", _ALL, lambda q, there: there(q.a)),),
    "add": (("sum", _ALL, lambda q, there: there(q.a) + there(q.b)),),
    "sub": (("difference", _ALL, lambda q, there: there(q.a) - there(q.b)),),
    "negate": (("negative", _ALL, lambda q, there: -there(q.b)),),
    "sum_batch": (("all", _ALL, lambda q, there: there(q.a).sum()),),
    "multiply": (
        ("three", _ALL, lambda q, there: there(q.a).multiply(there(q.b), relinearize=False, rescale=False)),
        ("at_once", _ALL, lambda q, there: there(q.a) * there(q.b)),
    ),
    "relinearize": (("product", _ALL, lambda q, there: there(q.three).relinearize()),),
    "rescale": (
        ("rescaled", _NUMBERS, lambda q, there: there(q.three.relinearize()).rescale()),
        ("lower", _INTEGERS, lambda q, there: there(q.three.relinearize()).rescale()),
    ),
    "mod_switch": (
        ("lower", _NUMBERS, lambda q, there: there(q.b).mod_switch(2)),
        ("lowest", _INTEGERS, lambda q, there: there(q.a).mod_switch(0)),
    ),
    "rotate": (("rotated", _ALL, lambda q, there: there(q.a).rotate(1)),),
    "sum_slots": (("slots", _ALL, lambda q, there: there(q.a).sum_slots()),),
    "add_plain": (("plain_sum", _ALL, lambda q, there: there(q.b) + q.x),),
    "sub_plain": (("plain_difference", _NUMBERS, lambda q, there: there(q.a) - q.y),),
    "multiply_plain": (("plain_product", _ALL, lambda q, there: there(q.b).multiply_plain(q.x, rescale=False)),),
}
"""By function of the C ABI: name in the vectors, the schemes that have it there, and what is computed."""

FUNCTIONS = ("encrypt", *_STEPS)
"""Functions that something is known of."""


def of(scheme: str) -> KnownAnswer:
    """The answers of a scheme."""
    return next(answer for answer in ANSWERS if answer.scheme == scheme)


def _digest(data: bytes) -> str:
    return sha256(data).hexdigest()


ANSWERS = (
    KnownAnswer(
        "ckks",
        {"moduli_bits": (50, 30, 30, 30), "scale_bits": 30},
        {
            "secret key": "2295e750f36f36b16668beb13ee84cb5c4baa5105e61083674afe298d832a6c3",
            "public key": "5f69f8985ad24c8317ec71e0dc613584515d0441d30168700994adf8bb42ad2a",
            "evaluation keys": "95407af467046494de97cc47ea7f5250a32ad073bd32a4b58576731ec2dbe331",
            "a": "50c928259b5c344ee40e400d7499e7e778d7e59299dc321002a01f8b69a77556",
            "b": "d1104f2021b7d9875164f34a2360ac7fdb39b80cf58ecce39be1f1e895ba2f6d",
        },
        {
            "public_key": "6499f05963bf3f6d8b4a3afdad5891fd127b27c9505cc2a1a02391870d8feb31",
            "evaluation_keys": "b6335456112ff53550eb9955a590c824a3c19608302a63baa19fc376dfa843ee",
            "a": "4715e857730b0d002202a1c1e6f71a8e3eb9a9d405c5a02b22bbc3e18d41c737",
            "b": "08770e181b2ea2cfd4b9f99b46c55440558914cde6fbe0c59a7da13dcc5f79cb",
            "sum": "85fa76a557641e85daddccd13a527ced4a90be3fad94aaeca071009a5b98eead",
            "difference": "1d0dca48bc3163295b48d6e22a3ecb85ac8bd0f11c0891e4ff52a04d6ad0c826",
            "negative": "5694837f930bebb0d690e4768cc2a03a24e947a906eb7f74bdc70ef01c1ab276",
            "plain_sum": "e13ca9c2ebe702b5c815ae8032b6ae64883bf9f01f55b2ae3b7b327f9b04256a",
            "product": "012b8782df05264b68adc1e6681680ce2cdbe94a8d0c63e72dd77f3dca14a592",
            "rescaled": "6bfbcb4fd029897a2c487046b1b590ab0774cb1798a30b6f116d8cd5642e5c25",
            "lower": "06ae6c80c42e7774ac0abcf81c175ae1725a905dc33163ca0e8f416e9e39e237",
            "plain_difference": "856b5d7fcb0d62d2300ec0a1736e0707ea99781addb98e516cfb38ebbdfcef3e",
            "plain_product": "8b030f28ddef29446079cf93f058e5ec9b23d3d6f5560d0945038f0fd77ae899",
            "three": "854bd9aad96feef40f334cc82439b3da5ae21f39b0a49dff85c882a65c1b2f2c",
            "at_once": "6bfbcb4fd029897a2c487046b1b590ab0774cb1798a30b6f116d8cd5642e5c25",
            "rotated": "f2b05f843d8e162c7125c26e83a06a7ada8e507d18d5e9a658804b7c1e5800c4",
            "all": "e77c2f51e26df4316faeefb21fb841f359b18652371474ef3bb3372db30c4e60",
            "slots": "304c73225dd586159a2b5f5d8bdde4ea62223d985960fc0f6c785d8a65f9b55b",
        },
    ),
    KnownAnswer(
        "bfv",
        {"moduli_bits": (30, 30, 30), "plain_modulus": 257},
        {
            "secret key": "0cbb27f7b1a2cfef4483b4ad236c92b66862a9c96f64708a95b8e7e55042cb2a",
            "public key": "e1f4aee159985405c4ffdb54cc0bbdb30fa1c3262be40c9f57f0399d99b55075",
            "evaluation keys": "58203da52a4d50c38a0bb7907bd7617e3e4ac41272870208822d2bda31cee031",
            "a": "6b52099cf01d6edce9ae9aa822e735d829c50a5e6887f07ba09a3ff03847cbc1",
            "b": "c7ff35d180f435000b7396daf50ff08ab6bcec6930741764c2833d2cee51eda7",
        },
        {
            "public_key": "5bc6709b76728495a3fa747b4ad3b2d6763e1d59304b0d29979e719afd348195",
            "evaluation_keys": "8d50a300c6e3b8b396e7caac68da8238b8e9a881e6ce6c29e48c718d58aeec7f",
            "a": "73dc215d267006b9d3ba29456a7e7c77b381bb152a4ecbf2c2c52c88bdffbcd4",
            "b": "1ad30c6e14d6d2c4de2cccd2a2abd0b639f2ba7b9742a71679f769324216f163",
            "sum": "078873c7450aa4458ffcc2b40e5aa9aafe9df18d072415560b24ab32cb845c2d",
            "difference": "22471fadc71094790df6c553a06f5f1b67614f110c47c9247d90ef237ac62aca",
            "negative": "1684ba64263ec0b6f26f167732f51a6cf2224d12a8e414f7345077c11619ee48",
            "plain_sum": "838431dd5baa90262eac2d1d669a3c6ab73d10a6d2d48d1f78d35870fe8c09f3",
            "product": "bea73f65c3ba798d001eeca79af07ec6940bd74f1d3af4cefac6d569092c41af",
            "lowest": "b9058762cdfd2fb8d80045a002f566161f35fdc8d942c6f38c2500af645cb5e5",
            "lower": "932ddca31634728a9013ce37f3eeba60f38445934f688a9fda5a8e5cbebf96f0",
            "plain_product": "1adb70cbae3385309ad4591fed24160a7204b49ac597d786a74064c9ce416d54",
            "three": "48d92222723bd0fc471fbd5693b93985334ec7d3fa8414481c554507a51f0f15",
            "at_once": "bea73f65c3ba798d001eeca79af07ec6940bd74f1d3af4cefac6d569092c41af",
            "rotated": "49eb6c8238f44fa1569c0b530a0224553361a6f0f472f0b9c2e1d9bef9921749",
            "all": "bdbd37d90434824f163ce1e8a30038f5d77dac74704201e7a1d25633ccd234f8",
            "slots": "11438a9a1eff58e866e754c7467fc19139314b99eae8081ccff7795eb262c72c",
        },
    ),
    KnownAnswer(
        "bgv",
        {"moduli_bits": (30, 30, 30), "plain_modulus": 257},
        {
            "secret key": "161c3d4ebc37435164de8b59c4749783522e792db25a13408d97dadecb0d4417",
            "public key": "9d616a18b926d0dea3dd434dd2e8ab0f8e5fc55041069a71533e3e66a654eeef",
            "evaluation keys": "8f641bd4a9e85df65ffbf643d8a7dd6ec227e187245d10a17a135c608fe64362",
            "a": "e0a1675e43c8554acd939941f3def6e07efd329db84e3341d302bff29021b58e",
            "b": "ceddf99cfe338fbe52c0465e08dc109d635bead5f43b3199f931584efb61d2f2",
        },
        {
            "public_key": "c19744ce9b523b94f989838d2aa2a16ae071b1be20b171a2d37ba2dab7f6b485",
            "evaluation_keys": "ab6af3bb3c6382fdbb00a811b61ee5d58b9f30870d043cc9be00afac707c6962",
            "a": "e226a590e46c69a4003e3aa01451510f78aefe97a600b963ff05e1cee0cdb5cc",
            "b": "7db265ffd6a618795df54789576505cd53c096ff223820b4d26f5d50b7371048",
            "sum": "860fd8747d570e4c5254a70123a79923cda0854fbcd33583fa7e74f4b878ad72",
            "difference": "a0355c9b66d2a793ef7bb0125796c4cd8f07834d5cf7ee33cabe5f2dd8560742",
            "negative": "ab48d1303accfcf23dca500dbe579a8d4496a8cf76f4d6cdd9c6f293d902c0a7",
            "plain_sum": "2c17fc44b9fe88b4799e5b96cac672572e51cdbe3062002cd40895979a22406a",
            "product": "6f2e5136b152c5ff28c5c6b8b17132b18e0d41a77cbf27f8036227db8ce0106c",
            "lowest": "223e8e059af915aea1cfdd30b45ed2974146363bcdb773a7d8667d07c1756a7c",
            "lower": "30b210bc3cd54ea12042723792fcd10f097e257e3f4cd8310fa943fdaf961f50",
            "plain_product": "2d0360065c74b290f9583bffc1b9e23d6911520cf0ccb9790c7cff1b4bae85d4",
            "three": "239a1305b8aae231f1328baf9dbf2770ca76ccd40826f305c6a4f1802fdd3e1e",
            "at_once": "6f2e5136b152c5ff28c5c6b8b17132b18e0d41a77cbf27f8036227db8ce0106c",
            "rotated": "1b251eb2f6c1a89e9041c8c7e675490b47ddcccfb777d8269d13a931b7c3d29b",
            "all": "e939f53b28c8fd76f5fd6b361669eac5b90dc451a994cf37f2f268738ab4d43a",
            "slots": "50e04685d0f7f383e26e4fa1b71e245910f8b7500c177332f75c36b5b4bc9ea4",
        },
    ),
)
"""One of each scheme."""
