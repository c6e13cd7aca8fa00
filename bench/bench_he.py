# SPDX-License-Identifier: Apache-2.0
"""Homomorphic encryption of one vector at a time, as its users call it from Python, on one core.

The base of the ratios is TenSEAL (Microsoft SEAL without vector code inside), on one thread. Degree, depth, slots,
scale and the headroom of the last modulus over it are equal: TenSEAL's chain 60, 40 .. 40, 60 is 100, 40 .. 40 here,
with a modulus of 40 bits less, as the last product is not rescaled: it has the scale 2^80 under 100 bits, as TenSEAL's
has 2^40 under 60. 60 bits as well as 100 are two primes. The special primes are what security="128-2018" leaves. BFV:
the same plain modulus, TenSEAL's default chain. Before anything is timed both decrypt, after one product and after as
many as either has the depth for, and ours may lose no more precision than TenSEAL does; and numbers of 2^18, the
largest that TenSEAL's chain is sure to hold, come out of the last product.

Rotations are held against our own product with relinearization and rescaling, in one call, which is the quickest, and
in three. `bench/c/he_kernels.c` counts the cycles of the transforms.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from pyaccel import he
from pyaccel._core import ffi, lib

from .contest import Contest
from .loops import installed
from .machine import all_cores, allowed_cores
from .marks import ONE_THREAD, OWN_CALLS, OWN_PRODUCT, TENSEAL

PLAIN_MODULUS = 1032193
"""20 bits, 1 modulo 2 * 8192: TenSEAL's for BFV."""
MATRIX = (128, 64)
"""Of `vector @ matrix`: numbers of the vector, numbers of the result."""
BATCH = 16
"""Ciphertexts of the line of two threads."""
LARGEST = 2.0**18
"""Of the numbers that the last modulus holds, in ours and in TenSEAL's chain."""
FEW_ROUNDS = 5
_OK = b"checked before"


@dataclass(frozen=True)
class Chain:
    """Parameters of a CKKS line: ours, and TenSEAL's of the same depth."""

    degree: int
    depth: int
    special_bits: int
    digits: int

    @property
    def ours(self) -> he.Context:
        """100 bits that stay, and 40 for each product but the last."""
        bits = (100, *[40] * (self.depth - 1))
        parts = {"special_bits": self.special_bits, "digits": self.digits}
        return he.Context("ckks", degree=self.degree, moduli_bits=bits, scale_bits=40, security="128-2018", **parts)

    @property
    def theirs(self) -> list[int]:
        """TenSEAL's coeff_mod_bit_sizes."""
        return [60, *[40] * self.depth, 60]


CHAINS = (Chain(8192, 2, 0, 0), Chain(16384, 7, 97, 4))


@dataclass(frozen=True)
class Ours:
    """Keys and two encrypted vectors."""

    context: he.Context
    secret: he.SecretKey
    public: he.PublicKey
    a: he.Ciphertexts
    b: he.Ciphertexts

    @classmethod
    def of(cls, context: he.Context, values: tuple[Any, Any], **keys: Any) -> Ours:
        """With evaluation keys in use."""
        secret = he.SecretKey(context)
        public = he.PublicKey(secret)
        context.use(he.EvaluationKeys(secret, **keys))
        a, b = (public.encrypt(value) for value in values)
        return cls(context, secret, public, a, b)

    def decrypted(self, ciphertexts: he.Ciphertexts, width: int) -> Any:
        """The first numbers of the first one."""
        return np.asarray(self.secret.decrypt(ciphertexts, width=width)).reshape(-1)


def _timed(call: Callable[[], object]) -> Callable[[], bytes]:
    """A call whose result nobody compares: both sides were decrypted before."""

    def run() -> bytes:
        call()
        return _OK

    return run


CHANCE = 1.25
"""Root mean squares of the errors of two encryptions with noise of one size differ by less.

An error is a normal number times, for the part that the secret multiplies, the secret's value at that slot, whose
square is exponential: E[x^4] is at most 6 E[x^2]^2. Over 4096 slots the root mean square then has a standard deviation
of sqrt(5 / 4096) / 2 = 1.7 %, and the ratio of two of 2.5 %: a tenth of what is allowed. In 50 runs it was 0.94 to
1.05, and the ratio of the largest errors 0.69 to 1.70."""


def _precise(name: str, ours: Any, theirs: Any, wanted: Any) -> None:
    """Raises ValueError where ours is further from the truth than theirs is."""
    far, near = (float(np.sqrt(np.mean(np.square(np.asarray(got) - wanted)))) for got in (ours, theirs))
    if far > CHANCE * near:
        raise ValueError(f"{name}: an error of {far:.2e}, TenSEAL's is {near:.2e}")


def _as_deep(chain: Chain, ours: Ours, theirs: tuple[Any, Any], x: Any, y: Any) -> None:
    """Products of x and y one after the other, as many as TenSEAL has the depth for.

    Raises:
        ValueError: TenSEAL has another depth than the chain says, ours has less, is further from the truth at the end,
            or loses numbers of 2^18 in the last product.
    """
    name = f"ckks {chain.degree}, {chain.depth} products"
    mine, (its, other) = ours.a, theirs
    for _ in range(chain.depth):
        mine, its = mine * ours.b, its * other
    _precise(name, ours.decrypted(mine, len(x)), its.decrypt(), x * y**chain.depth)
    try:
        its *= other
    except ValueError:
        pass
    else:
        raise ValueError(f"{name}: TenSEAL has the depth for more")
    signs = np.sign(y)
    a, b = (ours.public.encrypt(LARGEST**0.5 * factor).mod_switch(0) for factor in (signs, abs(signs)))
    if not np.allclose(ours.decrypted(a * b, len(y)), LARGEST * signs):
        raise ValueError(f"{name}: numbers of 2^18 do not survive the last one")


def _tenseal(scheme: str, degree: int, bits: list[int], plain_modulus: int | None = None) -> Any:
    ts = installed("tenseal")
    if ts is None:
        return None
    kind = getattr(ts.SCHEME_TYPE, scheme.upper())
    context = ts.context(kind, degree, plain_modulus, bits, n_threads=1)
    if scheme == "ckks":
        context.global_scale = 2.0**40
    return context


def _ckks(chain: Chain) -> Iterator[Contest]:
    n, half = chain.degree, chain.degree // 2
    rng = np.random.default_rng(5)
    x, y = (rng.uniform(-1, 1, half) for _ in range(2))
    ours = Ours.of(chain.ours, (x, y), rotations=[1])
    peers: dict[str, dict[str, Any]] = {name: {} for name in ("multiply", "encrypt", "decrypt")}
    theirs = _tenseal("ckks", n, chain.theirs)
    if theirs is not None:
        ts, lists = installed("tenseal"), (x.tolist(), y.tolist())
        a, b = (ts.ckks_vector(theirs, values) for values in lists)  # type: ignore[union-attr]
        _precise(f"ckks {n} multiply", ours.decrypted(ours.a * ours.b, half), (a * b).decrypt(), x * y)
        # TenSEAL brings the factors themselves down: these are none that are timed.
        its = [ts.ckks_vector(theirs, values) for values in lists]  # type: ignore[union-attr]
        _as_deep(chain, ours, (its[0], its[1]), x, y)
        _precise(f"ckks {n} encrypt", ours.decrypted(ours.a, half), a.decrypt(), x)
        peers["multiply"][TENSEAL] = _timed(lambda: a * b)
        peers["encrypt"][TENSEAL] = _timed(lambda: ts.ckks_vector(theirs, lists[0]))  # type: ignore[union-attr]
        peers["decrypt"][TENSEAL] = _timed(lambda: a.decrypt())
    product = _timed(lambda: ours.a.multiply(ours.b))
    rows = n * 8
    yield Contest(f"ckks {n} multiply, relinearize, rescale", 1, rows, product, peers["multiply"])
    yield Contest(f"ckks {n} encode, encrypt", 1, rows, _timed(lambda: ours.public.encrypt(x)), peers["encrypt"])
    yield Contest(f"ckks {n} decrypt, decode", 1, rows, _timed(lambda: ours.secret.decrypt(ours.a)), peers["decrypt"])
    rotate = _timed(lambda: ours.a.rotate(1))
    calls = _timed(lambda: ours.a.multiply(ours.b, relinearize=False, rescale=False).relinearize().rescale())
    yield Contest(f"ckks {n} rotate", 1, rows, rotate, {OWN_PRODUCT: product, OWN_CALLS: calls})
    yield from _threads(ours, n)


def _threads(ours: Ours, n: int) -> Iterator[Contest]:
    """A batch of products by C with a number of threads; what one thread does is the peer."""
    if allowed_cores() < 2:
        return
    batch = he.Ciphertexts.concatenate([ours.a] * BATCH)
    keys = ours.context.evaluation_keys
    assert keys is not None

    def with_threads(count: int) -> Callable[[], bytes]:
        options = ffi.new("pyaccel_he_options *")
        options.struct_size, options.threads = ffi.sizeof("pyaccel_he_options"), count
        out = ffi.new("pyaccel_he_ciphertexts **")

        def run() -> bytes:
            with all_cores():
                status = lib.pyaccel_he_multiply(out, batch.native, batch.native, keys.native, 1, options)
            lib.pyaccel_he_ciphertexts_free(out[0])
            return bytes([status])

        return run

    # Workers that keys were made with are bound to the pinned core.
    lib.pyaccel_shutdown()
    peers = {ONE_THREAD: with_threads(1)}
    yield Contest(f"ckks {n} multiply, two threads", BATCH, n * 8, with_threads(2), peers, rounds=FEW_ROUNDS)


def _bfv() -> Iterator[Contest]:
    n = 8192
    rng = np.random.default_rng(6)
    x, y = (rng.integers(0, 1000, n // 2) for _ in range(2))
    context = he.Context(
        "bfv", degree=n, moduli_bits=(43, 43, 44, 44), plain_modulus=PLAIN_MODULUS, security="128-2018"
    )
    ours = Ours.of(context, (x, y))
    peers: dict[str, dict[str, Any]] = {name: {} for name in ("multiply", "encrypt", "decrypt")}
    theirs = _tenseal("bfv", n, [], PLAIN_MODULUS)
    if theirs is not None:
        ts, values = installed("tenseal"), x.tolist()
        a, b = (ts.bfv_vector(theirs, list(map(int, value))) for value in (x, y))  # type: ignore[union-attr]
        _precise("bfv 8192 multiply", ours.decrypted(ours.a * ours.b, n // 2), (a * b).decrypt(), x * y)
        peers["multiply"][TENSEAL] = _timed(lambda: a * b)
        peers["encrypt"][TENSEAL] = _timed(lambda: ts.bfv_vector(theirs, values))  # type: ignore[union-attr]
        peers["decrypt"][TENSEAL] = _timed(lambda: a.decrypt())
    rows = n * 8
    yield Contest("bfv 8192 multiply, relinearize", 1, rows, _timed(lambda: ours.a.multiply(ours.b)), peers["multiply"])
    yield Contest("bfv 8192 encode, encrypt", 1, rows, _timed(lambda: ours.public.encrypt(x)), peers["encrypt"])
    yield Contest("bfv 8192 decrypt, decode", 1, rows, _timed(lambda: ours.secret.decrypt(ours.a)), peers["decrypt"])


def _matrix() -> Iterator[Contest]:
    chain = CHAINS[0]
    rng = np.random.default_rng(7)
    vector, weights = rng.uniform(-1, 1, MATRIX[0]), rng.uniform(-1, 1, MATRIX)
    ours = Ours.of(chain.ours, (vector, vector), matrices=[MATRIX[::-1]])
    encoded = he.Matrix(ours.context, weights.T)
    peers: dict[str, Any] = {}
    theirs = _tenseal("ckks", chain.degree, chain.theirs)
    if theirs is not None:
        ts = installed("tenseal")
        theirs.generate_galois_keys()
        a = ts.ckks_vector(theirs, vector.tolist())  # type: ignore[union-attr]
        plain = weights.tolist()
        _precise("matrix", ours.decrypted(encoded @ ours.a, MATRIX[1]), a.matmul(plain).decrypt(), vector @ weights)
        peers[TENSEAL] = _timed(lambda: a.matmul(plain))
    rows = MATRIX[0] * MATRIX[1] * 8
    name = f"ckks 8192 vector {MATRIX[0]} @ plain matrix {MATRIX[0]}x{MATRIX[1]}"
    yield Contest(name, 1, rows, _timed(lambda: ours.a @ weights), peers, rounds=FEW_ROUNDS)
    yield Contest(f"{name}, encoded once", 1, rows, _timed(lambda: encoded @ ours.a), peers, rounds=FEW_ROUNDS)


def contests() -> Iterator[Contest]:
    """Every line."""
    for chain in CHAINS:
        yield from _ckks(chain)
    yield from _bfv()
    yield from _matrix()
