# SPDX-License-Identifier: Apache-2.0
"""What the project promises of each speed line, by class of CPU: the figure it ships at, and the one it stretches to.

Ratios are to the named peer in the same run. Cycles are a message's, at the clock probed around the line. Where a
figure was set at a clock (`at_hz`), the measured one is scaled to it before they are compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

RATIO, CYCLES, MILLISECONDS, GIGABYTES = "x", "cycles", "ms", "GB/s"
LESS_IS_BETTER = frozenset({CYCLES, MILLISECONDS})
ROUNDING = 0.005
"""Relative distance at which a figure still counts as reached: less than this shows in no printed digit."""
_TREE = 1 << 20
"""Leaves of the trees that have marks."""


@dataclass(frozen=True)
class Mark:
    """One promised figure.

    Attributes:
        unit: RATIO, CYCLES, MILLISECONDS or GIGABYTES.
        ship_at: least (of cycles and milliseconds: most) that the project promises.
        stretch: what it hopes for; None: no more than that.
        peer: whose seconds a ratio is of, as the contest names it.
        at_hz: clock at which the figure was set; 0: none, it is compared as measured.
        n: the only count that it holds for; 0: all.
    """

    unit: str
    ship_at: float
    stretch: float | None = None
    peer: str = ""
    at_hz: float = 0.0
    n: int = 0


@dataclass(frozen=True)
class Reached:
    """A mark and what was measured: the verdict is "missed", "shipped" or "stretched"."""

    mark: Mark
    value: float
    verdict: str


def judge(mark: Mark, value: float) -> Reached:
    """Which side of its mark a figure is on."""
    sign = -1 if mark.unit in LESS_IS_BETTER else 1

    def reached(goal: float) -> bool:
        return sign * value >= sign * goal * (1 - sign * ROUNDING)

    verdict = "shipped" if reached(mark.ship_at) else "missed"
    if verdict == "shipped" and mark.stretch is not None and reached(mark.stretch):
        verdict = "stretched"
    return Reached(mark, value, verdict)


def value(
    mark: Mark, *, seconds: float, n: int, row_bytes: int, clock_hz: float, ratios: Mapping[str, float]
) -> float | None:
    """The figure that a mark judges; None where its peer or the clock is missing, or it is for another count."""
    if mark.n not in (0, n):
        return None
    if mark.unit == RATIO:
        return ratios.get(mark.peer)
    if (mark.unit == CYCLES or mark.at_hz) and not clock_hz:
        return None
    scale = mark.at_hz / clock_hz if mark.at_hz else 1.0
    if mark.unit == CYCLES:
        return seconds / n * clock_hz
    if mark.unit == MILLISECONDS:
        return seconds * 1e3 / scale
    return n * row_bytes / seconds / 1e9 * scale


def _tree(milliseconds: tuple[float, float], ratio: float, peer: str) -> tuple[Mark, ...]:
    return Mark(MILLISECONDS, *milliseconds, n=_TREE), Mark(RATIO, ratio, peer=peer, n=_TREE)


def _message(ratio: tuple[float, float], cycles: tuple[float, float], peer: str = "hashlib") -> tuple[Mark, ...]:
    return Mark(RATIO, *ratio, peer=peer), Mark(CYCLES, *cycles)


def _rate(ship_at: float, stretch: float) -> tuple[Mark, ...]:
    return (Mark(GIGABYTES, ship_at, stretch, at_hz=4.2e9),)


ONE_CALL_PEER = "OpenSSL EVP"
LIBSODIUM = "PyNaCl"
"""Base of the ratios of Ed25519: libsodium, through PyNaCl."""
COINCURVE = "coincurve"
"""Base of the ratios of secp256k1: libsecp256k1, through coincurve."""
OPENSSL = "cryptography"
"""Base of the ratios of P-256, P-384 and SM2: OpenSSL, through the cryptography package."""
OPENSSL_P256 = "cryptography P-256"
"""Base of those of SM2, which that package does not verify: the same messages signed by ECDSA."""
TENSEAL = "TenSEAL"
"""Base of the ratios of homomorphic encryption: SEAL, as TenSEAL's wheel has it."""
BATCHES_OF_64 = "batches of 64"
"""Base of the ratios of the engine: its rows, by who has batches."""
SUBMIT_GOAL = "60 % of batches of 64, 100,000/s at most"
"""What a row's seconds may be where callers submit one at a time."""
LATENCY_GOAL = "max_delay + 3 batches"
"""What a row may wait for its result at half load."""
OWN_PRODUCT = "own product"
"""Base of a rotation: product, relinearization and rescaling in one call."""
OWN_CALLS = "own three calls"
"""The same as the three calls that SEAL has for it, one after the other."""
ALL_GOOD = "all good"
FIXED_LENGTH = "512 B each"
ONE_THREAD = "one thread"
PLAIN_CALLS = "plain calls"

EXACT_RULES = ("rfc8032", "openssl", "dalek-strict", "libsodium")
FEW = (1, 4, 8, 9, 15, 16)


@dataclass(frozen=True)
class _Ed25519:
    """Ship and stretch ratios to libsodium, of a batch and with prepared keys by n; most times that bad rows cost."""

    batch: Mapping[int, tuple[float, float]]
    prepared: Mapping[int, tuple[float, float]]
    exact: tuple[float, float]
    exact_prepared: tuple[float, float]
    bad: tuple[float, float]


def _ed25519(of: _Ed25519) -> dict[str, tuple[Mark, ...]]:
    few = tuple(Mark(RATIO, 1.0, peer=LIBSODIUM, n=n) for n in FEW)
    many = tuple(Mark(RATIO, *of.exact, peer=LIBSODIUM, n=n) for n in (64, 1024))
    bad = Mark(RATIO, 1 / of.bad[0], 1 / of.bad[1], peer=ALL_GOOD)
    return {
        "ed25519 zip215": tuple(Mark(RATIO, *ratio, peer=LIBSODIUM, n=n) for n, ratio in of.batch.items()),
        "ed25519 zip215, prepared keys": tuple(
            Mark(RATIO, *ratio, peer=LIBSODIUM, n=n) for n, ratio in of.prepared.items()
        ),
        **{f"ed25519 {rule}": few + many for rule in EXACT_RULES},
        "ed25519 rfc8032, prepared keys": (Mark(RATIO, *of.exact_prepared, peer=LIBSODIUM),),
        "ed25519 zip215, 1 bad": (bad,),
        "ed25519 zip215, all bad": (bad,),
    }


_ED25519_AVX2 = _ed25519(
    _Ed25519(
        batch={64: (4.7, 5.8), 128: (5.3, 6.6), 1024: (6.9, 8.6), 16384: (6.9, 8.6)},
        prepared={128: (6.2, 7.5), 1024: (8.6, 10.6)},
        exact=(2.3, 3.0),
        exact_prepared=(6.9, 8.6),
        bad=(4, 3.5),
    )
)
_ED25519_IFMA = _ed25519(
    _Ed25519(
        batch={64: (14, 17), 128: (16, 19), 1024: (20, 24), 16384: (20, 24)},
        prepared={128: (20, 28), 1024: (26, 34)},
        exact=(10, 12),
        exact_prepared=(25, 35),
        bad=(3, 2.7),
    )
)


@dataclass(frozen=True)
class _Secp256k1:
    """Ship and stretch ratios to coincurve, of `bip340` by n; most times that bad rows cost."""

    whole: tuple[float, float]
    compressed: tuple[float, float]
    recover: tuple[float, float]
    bip340: Mapping[int, tuple[float, float]]
    bip340_exact: tuple[float, float]
    prepared: tuple[float, float]
    one: tuple[float, float | None]
    bad: tuple[float, float]


def _secp256k1(of: _Secp256k1) -> dict[str, tuple[Mark, ...]]:
    def many(ratio: tuple[float, float]) -> tuple[Mark, ...]:
        return one, *(Mark(RATIO, *ratio, peer=COINCURVE, n=n) for n in (256, 1024, 16384))

    one = Mark(RATIO, *of.one, peer=COINCURVE, n=1)
    bad = Mark(RATIO, 1 / of.bad[0], 1 / of.bad[1], peer=ALL_GOOD)
    return {
        "secp256k1 ECDSA, uncompressed keys": many(of.whole),
        "secp256k1 ECDSA, raw keys": many(of.whole),
        "secp256k1 ECDSA, compressed keys": many(of.compressed),
        "secp256k1 ECDSA, prepared keys": (Mark(RATIO, *of.prepared, peer=COINCURVE),),
        "secp256k1 recover to address": many(of.recover),
        "bip340": (one, *(Mark(RATIO, *ratio, peer=COINCURVE, n=n) for n, ratio in of.bip340.items())),
        "bip340, exact": (Mark(RATIO, *of.bip340_exact, peer=COINCURVE, n=16384),),
        "bip340, 1 bad": (bad,),
        "bip340, all bad": (bad,),
    }


_SECP256K1_AVX2 = _secp256k1(
    _Secp256k1(
        whole=(2.0, 2.55),
        compressed=(2.1, 2.65),
        recover=(2.15, 2.75),
        bip340={64: (2.8, 3.5), 1024: (4.1, 5.2), 16384: (4.1, 5.2)},
        bip340_exact=(1.8, 2.25),
        prepared=(4, 5.5),
        one=(1.3, 1.6),
        bad=(4, 3.5),
    )
)
_SECP256K1_IFMA = _secp256k1(
    _Secp256k1(
        whole=(7.5, 9),
        compressed=(7, 8.5),
        recover=(8, 9.5),
        bip340={64: (8, 10), 1024: (12, 14), 16384: (12, 14)},
        bip340_exact=(7, 8.5),
        prepared=(12, 16),
        one=(1.0, None),
        bad=(3, 2.7),
    )
)


@dataclass(frozen=True)
class _Nist:
    """Ship and stretch ratios to OpenSSL: of distinct keys and of 32 prepared ones; of SM2, to P-256."""

    p256: tuple[float, float]
    p256_prepared: tuple[float, float]
    p384: tuple[float, float]
    sm2: tuple[float, float]
    sm2_prepared: tuple[float, float]


def _nist(of: _Nist) -> dict[str, tuple[Mark, ...]]:
    def many(ratio: tuple[float, float], peer: str) -> tuple[Mark, ...]:
        return tuple(Mark(RATIO, *ratio, peer=peer, n=n) for n in (256, 1024, 16384))

    def one(peer: str) -> Mark:
        return Mark(RATIO, 1.0, peer=peer, n=1)

    return {
        **{
            f"p256 ECDSA, {form} keys": (one(OPENSSL), *many(of.p256, OPENSSL))
            for form in ("uncompressed", "raw", "compressed")
        },
        "p256 ECDSA, 32 prepared keys": many(of.p256_prepared, OPENSSL),
        "p384 ECDSA, uncompressed keys": (one(OPENSSL), *many(of.p384, OPENSSL)),
        "sm2, uncompressed keys": (one(OPENSSL_P256), *many(of.sm2, OPENSSL_P256)),
        "sm2, 32 prepared keys": many(of.sm2_prepared, OPENSSL_P256),
    }


_NIST_AVX2 = _nist(
    _Nist(p256=(2.35, 2.9), p256_prepared=(6.6, 8), p384=(2, 2.5), sm2=(2.25, 2.8), sm2_prepared=(6.4, 8))
)
_NIST_IFMA = _nist(_Nist(p256=(7.5, 9), p256_prepared=(22, 28), p384=(6, 8), sm2=(7.5, 8.8), sm2_prepared=(22, 28)))


@dataclass(frozen=True)
class _He:
    """Ship and stretch ratios to TenSEAL."""

    multiply: Mapping[int, tuple[float, float]]
    encrypt: tuple[float, float]
    decrypt: tuple[float, float]
    bfv: tuple[float, float]
    matrix: tuple[float, float]


def _he(of: _He) -> dict[str, tuple[Mark, ...]]:
    matrix = "ckks 8192 vector 128 @ plain matrix 128x64"
    return {
        **{
            f"ckks {n} multiply, relinearize, rescale": (Mark(RATIO, *ratio, peer=TENSEAL),)
            for n, ratio in of.multiply.items()
        },
        "ckks 8192 encode, encrypt": (Mark(RATIO, *of.encrypt, peer=TENSEAL),),
        "ckks 8192 decrypt, decode": (Mark(RATIO, *of.decrypt, peer=TENSEAL),),
        "bfv 8192 multiply, relinearize": (Mark(RATIO, *of.bfv, peer=TENSEAL),),
        matrix: (Mark(RATIO, of.matrix[0], peer=TENSEAL),),
        f"{matrix}, encoded once": (Mark(RATIO, of.matrix[1], peer=TENSEAL),),
    }


_HE_AVX2 = _he(_He({8192: (4.5, 6), 16384: (4, 5)}, (6, 10), (4, 6), (5, 7.5), (25, 70)))
_HE_IFMA = _he(_He({8192: (9, 14), 16384: (9, 14)}, (12, 20), (5, 10), (9, 14), (50, 150)))

_EVERYWHERE: dict[str, tuple[Mark, ...]] = {
    **{f"block of {scheme} transactions": (Mark(RATIO, 1.0, peer=PLAIN_CALLS),) for scheme in ("ed25519", "sm2")},
    **{
        f"{algorithm} {call}": (Mark(RATIO, 1.0, peer=ONE_CALL_PEER, n=1),)
        for call in ("64 B, C call", "64 B, C call of hash_one", "1 MiB, C call of hash_one")
        for algorithm in ("sha256", "sha512", "sha3-256", "sm3", "blake2b-512", "ripemd160")
    },
    **{
        f"{algorithm} mixed lengths": (Mark(RATIO, 0.8, peer=FIXED_LENGTH),)
        for algorithm in ("sha256", "sha512", "keccak256", "sm3", "blake3", "blake2b-512", "ripemd160")
    },
    "sha256 1 MiB, 1 at once": (Mark(RATIO, 1.0, peer="hashlib"),),
    **{f"engine ed25519, {call}": (Mark(RATIO, 1.0, peer=SUBMIT_GOAL),) for call in ("submit", "bind")},
    "engine ed25519, submit_many of 64": (Mark(RATIO, 0.8, peer=BATCHES_OF_64),),
    "engine ed25519, p99 of waiting at half load": (Mark(RATIO, 1.0, peer=LATENCY_GOAL),),
    "sha256 64 B, two threads": (Mark(RATIO, 1.9, peer=ONE_THREAD),),
    "ed25519 zip215, two threads": (Mark(RATIO, 1.9, peer=ONE_THREAD),),
    **{
        f"{name}, two threads": (Mark(RATIO, 1.9, peer=ONE_THREAD),)
        for name in ("secp256k1 ECDSA, compressed keys", "p256 ECDSA, compressed keys", "sm2, uncompressed keys")
    },
    "ckks 8192 rotate": tuple(Mark(RATIO, 1 / 0.75, 1 / 0.6, peer=peer) for peer in (OWN_PRODUCT, OWN_CALLS)),
    **{f"ckks {n} multiply, two threads": (Mark(RATIO, 1.8, peer=ONE_THREAD),) for n in (8192, 16384)},
}

_AVX2: dict[str, tuple[Mark, ...]] = {
    "sha256 64 B": _message((14, 18), (105, 85)),
    "sha256 64 B, without SHA-NI": _message((6.5, 8), (225, 190)),
    "keccak256 64 B": _message((6.5, 8), (380, 320), "hashlib sha3_256"),
    "sha3-256 64 B": _message((6.5, 8), (380, 320)),
    "sm3 64 B": _message((20, 24), (250, 215)),
    "sha512 64 B": _message((6, 7), (340, 290)),
    "blake3 64 B": _message((30, 40), (55, 42), "blake3"),
    "blake2b-512 64 B": _message((6, 9), (185, 130)),
    "ripemd160 64 B": _message((28, 35), (170, 140)),
    "merkle root ssz sha256": (Mark(MILLISECONDS, 35, 29, at_hz=3.24e9, n=_TREE),),
    **{f"sha256 1 MiB, {k} at once": (Mark(RATIO, 1.8, 2.0, peer="hashlib"),) for k in (3, 4, 8)},
}

_AVX512: dict[str, tuple[Mark, ...]] = {
    "sha256 64 B": (Mark(CYCLES, 56, 50), Mark(RATIO, 19, peer="hashlib")),
    "keccak256 64 B": (Mark(CYCLES, 101, 88),),
    "sm3 64 B": (Mark(CYCLES, 68, 58), Mark(RATIO, 65, peer="hashlib")),
    "sha512 64 B": (Mark(CYCLES, 92, 81),),
    "blake3 64 B": (Mark(CYCLES, 21, 18),),
    "blake2b-512 64 B": (Mark(CYCLES, 70, 60),),
    "hash160 33 B": (Mark(CYCLES, 76, 60),),
    "merkle root ssz sha256": _tree((14, 12.5), 28, "hashlib"),
    "merkle root openzeppelin-simple keccak256": _tree((25, 22), 33, "pysha3"),
    "merkle root openzeppelin-simple sm3": _tree((17, 15), 68, "hashlib"),
    "sha256 16 KiB": _rate(8.3, 9),
    "sha512 16 KiB": _rate(6.5, 7),
    "sm3 16 KiB": _rate(7.3, 8),
    "keccak256 16 KiB": _rate(5.2, 5.8),
    "blake3 1 MiB": _rate(13, 15),
}

TARGETS: dict[str, dict[str, tuple[Mark, ...]]] = {
    "avx2": _EVERYWHERE | _AVX2 | _ED25519_AVX2 | _SECP256K1_AVX2 | _NIST_AVX2 | _HE_AVX2,
    "avx512": _EVERYWHERE | _AVX512 | _ED25519_AVX2 | _SECP256K1_AVX2 | _NIST_AVX2 | _HE_AVX2,
    "avx512ifma": _EVERYWHERE | _AVX512 | _ED25519_IFMA | _SECP256K1_IFMA | _NIST_IFMA | _HE_IFMA,
}
"""Marks by class and by the name of the line."""


def marks(machine_class: str, name: str) -> tuple[Mark, ...]:
    """The marks of one line on machines of a class; none where nothing was promised."""
    return TARGETS.get(machine_class, {}).get(name, ())
