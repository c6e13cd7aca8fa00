# SPDX-License-Identifier: Apache-2.0
"""Cost curves that hold until a machine is calibrated."""

from __future__ import annotations

from functools import cache

from pyaccel.backends.device_algorithms import KERNELS
from pyaccel.cpu import usable_cores
from pyaccel.merkle_forms import FORMS
from pyaccel.operations import Operation
from pyaccel.poseidon2 import ELEMENTS
from pyaccel.scheduler.curves import POINTS, Curve
from pyaccel.scheme import RECOVERY_RULES

US = 1e-6


def _line(first: float, row: float) -> tuple[float, ...]:
    """Microseconds at each of POINTS: `first` to start, `row` for each row."""
    return tuple(first + row * point for point in POINTS)


def _poseidon2(first: float, row: dict[str, float], other: float) -> dict[tuple[str, str], tuple[float, ...]]:
    """The curves of Poseidon2 by field."""
    return {("hash_many", name): _line(first, row.get(one.field, other)) for name, one in ELEMENTS.items()}


# Microseconds on one thread of a Zen 5 core, best of several runs up to n = 16384 and carried on from there; rows of
# 64 bytes, trees of 32-byte leaves, proofs of 16 nodes, one key. ripemd160, hash160 and sm3 are of an
# Emerald Rapids core at 3 GHz, HMAC of a Zen 3 core with AVX2 at 3.2 GHz, secp256k1
# of a Zen 4 core at 3.7 GHz. They order the backends until `calibrate` knows.
_NATIVE: dict[tuple[str, str], tuple[float, ...]] = {
    ("hash_many", "sha256"): (0.9, 1.6, 1.7, 3.8, 12, 45, 720, 11_500),
    ("hash_many", "sha256d"): (0.9, 1.9, 2.0, 5.2, 18, 67, 1_100, 17_500),
    ("hash_many", "sha224"): (0.9, 1.6, 1.7, 3.8, 12, 45, 720, 11_500),
    ("hash_many", "sha512"): (1.1, 3.4, 5.9, 20, 77, 290, 4_650, 74_000),
    ("hash_many", "sha384"): (1.1, 3.4, 5.9, 20, 77, 290, 4_650, 74_000),
    ("hash_many", "sha512-256"): (1.1, 3.4, 5.9, 20, 77, 290, 4_650, 74_000),
    ("hash_many", "keccak256"): (1.3, 4.4, 8.0, 29, 115, 455, 7_300, 117_000),
    ("hash_many", "sha3-224"): (1.3, 4.4, 8.0, 29, 115, 455, 7_300, 117_000),
    ("hash_many", "sha3-256"): (1.3, 4.4, 8.0, 29, 115, 455, 7_300, 117_000),
    ("hash_many", "sha3-384"): (1.3, 4.4, 8.0, 29, 115, 455, 7_300, 117_000),
    ("hash_many", "sha3-512"): (1.3, 4.4, 8.0, 29, 115, 455, 7_300, 117_000),
    ("hash_many", "shake128"): (1.3, 4.4, 8.0, 29, 115, 455, 7_300, 117_000),
    ("hash_many", "shake256"): (1.3, 4.4, 8.0, 29, 115, 455, 7_300, 117_000),
    ("hash_many", "ripemd160"): (1.3, 1.4, 1.5, 3.0, 9.0, 33, 525, 8_400),
    ("hash_many", "hash160"): (1.6, 2.2, 2.3, 5.0, 16, 60, 960, 15_400),
    ("hash_many", "sm3"): (1.3, 1.5, 1.6, 3.4, 11, 40, 630, 10_000),
    ("hash_many", "blake2b-256"): _line(1.1, 0.34),
    ("hash_many", "blake2b-512"): _line(1.1, 0.34),
    ("hash_many", "blake2s-256"): _line(1.1, 0.27),
    ("hash_many", "blake3"): _line(1.1, 0.21),
    ("hash_many", "hmac-sha256"): (1.5, 3.4, 5.9, 19, 69, 255, 3_120, 50_000),
    ("hash_many", "hmac-sha512"): (3.0, 3.6, 8.7, 25, 73, 275, 4_200, 67_500),
    ("hash_many", "hmac-sm3"): (3.3, 4.4, 5.7, 16, 49, 207, 3_380, 54_200),
    **_poseidon2(1.5, {"babybear": 0.3, "goldilocks": 0.9}, 9.0),
    ("merkle.root", "bitcoin"): (1.3, 2.7, 4.0, 7.7, 22, 76, 1_170, 18_700),
    ("merkle.root", "rfc6962"): (1.4, 3.1, 4.3, 9.3, 27, 98, 1_570, 25_000),
    ("merkle.layers", "bitcoin"): (0.9, 2.4, 3.6, 7.4, 21, 75, 1_150, 18_400),
    ("merkle.layers", "rfc6962"): (1.0, 2.9, 4.0, 8.8, 27, 98, 1_560, 25_000),
    ("merkle.verify_many", "bitcoin"): (5.0, 21, 23, 79, 305, 1_215, 19_400, 311_000),
    ("merkle.verify_many", "rfc6962"): (4.3, 19, 20, 68, 270, 1_075, 17_200, 275_000),
    # Of the forms from here on none was measured there: they are the two above by the compressions that each takes.
    ("merkle.root", "cometbft"): (1.4, 3.1, 4.3, 9.3, 27, 98, 1_570, 25_000),
    ("merkle.layers", "cometbft"): (1.0, 2.9, 4.0, 8.8, 27, 98, 1_560, 25_000),
    ("merkle.verify_many", "cometbft"): (4.3, 19, 20, 68, 270, 1_075, 17_200, 275_000),
    ("merkle.root", "ssz"): (1.3, 2.5, 3.2, 5.8, 15, 50, 770, 12_300),
    ("merkle.layers", "ssz"): (0.9, 2.3, 3.0, 5.5, 15, 50, 770, 12_300),
    ("merkle.verify_many", "ssz"): (4.0, 17, 18, 55, 210, 820, 13_100, 210_000),
    ("merkle.root", "openzeppelin-standard"): (2.5, 9.0, 17, 62, 245, 970, 15_500, 250_000),
    ("merkle.layers", "openzeppelin-standard"): (2.5, 9.0, 17, 62, 245, 970, 15_500, 250_000),
    ("merkle.verify_many", "openzeppelin-standard"): (8.0, 40, 75, 290, 1_150, 4_600, 73_600, 1_180_000),
    ("merkle.root", "openzeppelin-simple"): (1.5, 4.8, 8.5, 31, 120, 475, 7_600, 122_000),
    ("merkle.layers", "openzeppelin-simple"): (1.5, 4.8, 8.5, 31, 120, 475, 7_600, 122_000),
    ("merkle.verify_many", "openzeppelin-simple"): (7.5, 38, 72, 280, 1_120, 4_480, 71_700, 1_150_000),
    ("merkle.verify_consistency", "rfc6962"): _line(2, 4),
    ("merkle.verify_multiproof", "ssz"): _line(2, 0.2),
    ("merkle.verify_multiproof", "openzeppelin-standard"): _line(2, 1.2),
    ("merkle.verify_multiproof", "openzeppelin-simple"): _line(2, 0.6),
    ("verify_many", "ed25519"): (22, 28, 48, 130, 370, 1_300, 20_500, 330_000),
    ("verify_many", "secp256k1-ecdsa"): (36, 59, 91, 303, 1_130, 4_530, 72_400, 1_160_000),
    ("verify_many", "bip340"): (40, 65, 130, 300, 830, 3_000, 45_000, 725_000),
    ("verify_many", "p256-ecdsa"): (45, 75, 110, 370, 1_400, 5_600, 90_000, 1_440_000),
    ("verify_many", "p384-ecdsa"): (180, 250, 450, 1_600, 6_400, 25_600, 410_000, 6_550_000),
    ("verify_many", "sm2"): (45, 75, 110, 370, 1_400, 5_600, 90_000, 1_440_000),
    **dict.fromkeys(
        [("recover_many", rule) for rule in RECOVERY_RULES], (36, 60, 92, 307, 1_140, 4_600, 72_900, 1_170_000)
    ),
}

# Reading proofs takes little beside making their tree.
_NATIVE |= {("merkle.proofs", form): _NATIVE["merkle.layers", form] for form in FORMS}

# Python integers on the same core.
_GOLDEN: dict[tuple[str, str], tuple[float, ...]] = {
    ("hash_many", "sha256"): _line(5, 300),
    ("hash_many", "sha256d"): _line(5, 450),
    ("hash_many", "sha224"): _line(5, 300),
    ("hash_many", "sha512"): _line(5, 200),
    ("hash_many", "sha384"): _line(5, 200),
    ("hash_many", "sha512-256"): _line(5, 200),
    ("hash_many", "keccak256"): _line(5, 450),
    ("hash_many", "sha3-224"): _line(5, 450),
    ("hash_many", "sha3-256"): _line(5, 450),
    ("hash_many", "sha3-384"): _line(5, 450),
    ("hash_many", "sha3-512"): _line(5, 450),
    ("hash_many", "shake128"): _line(5, 450),
    ("hash_many", "shake256"): _line(5, 450),
    ("hash_many", "ripemd160"): _line(5, 270),
    ("hash_many", "hash160"): _line(5, 600),
    ("hash_many", "sm3"): _line(5, 300),
    ("hash_many", "blake2b-256"): _line(5, 220),
    ("hash_many", "blake2b-512"): _line(5, 220),
    ("hash_many", "blake2s-256"): _line(5, 180),
    ("hash_many", "blake3"): _line(5, 130),
    ("hash_many", "hmac-sha256"): _line(5, 750),
    ("hash_many", "hmac-sha512"): _line(5, 800),
    ("hash_many", "hmac-sm3"): _line(5, 750),
    **_poseidon2(5, {"babybear": 700, "goldilocks": 500}, 400),
    ("merkle.root", "bitcoin"): _line(5, 500),
    ("merkle.root", "rfc6962"): _line(5, 400),
    ("merkle.layers", "bitcoin"): _line(5, 400),
    ("merkle.layers", "rfc6962"): _line(5, 400),
    ("merkle.verify_many", "bitcoin"): _line(5, 8_000),
    ("merkle.verify_many", "rfc6962"): _line(5, 6_000),
    ("merkle.root", "cometbft"): _line(5, 400),
    ("merkle.layers", "cometbft"): _line(5, 400),
    ("merkle.verify_many", "cometbft"): _line(5, 6_000),
    ("merkle.root", "ssz"): _line(5, 300),
    ("merkle.layers", "ssz"): _line(5, 300),
    ("merkle.verify_many", "ssz"): _line(5, 5_000),
    ("merkle.root", "openzeppelin-standard"): _line(5, 1_400),
    ("merkle.layers", "openzeppelin-standard"): _line(5, 1_400),
    ("merkle.verify_many", "openzeppelin-standard"): _line(5, 8_500),
    ("merkle.root", "openzeppelin-simple"): _line(5, 500),
    ("merkle.layers", "openzeppelin-simple"): _line(5, 500),
    ("merkle.verify_many", "openzeppelin-simple"): _line(5, 8_000),
    ("merkle.verify_consistency", "rfc6962"): _line(5, 6_000),
    ("merkle.verify_multiproof", "ssz"): _line(5, 300),
    ("merkle.verify_multiproof", "openzeppelin-standard"): _line(5, 1_400),
    ("merkle.verify_multiproof", "openzeppelin-simple"): _line(5, 500),
    ("verify_many", "ed25519"): _line(5, 8_000),
    ("verify_many", "secp256k1-ecdsa"): _line(5, 8_500),
    ("verify_many", "bip340"): _line(5, 9_000),
    ("verify_many", "p256-ecdsa"): _line(5, 8_500),
    ("verify_many", "p384-ecdsa"): _line(5, 22_000),
    ("verify_many", "sm2"): _line(5, 10_000),
    **{("recover_many", rule): _line(5, 8_500) for rule in RECOVERY_RULES},
}

_GOLDEN |= {("merkle.proofs", form): _GOLDEN["merkle.layers", form] for form in FORMS}

# An OpenCL device: a launch and its copies, one more launch for each layer of a tree, then a row at a time's share of a
# wide device, and what comes back of a row. Measured on two cores with AVX-512: 60 us a call and 30 us a layer with
# Intel's runtime and PoCL alike; a row took 2.2 to 5 times what one native thread with 16 lanes took, 9 times and more
# with PoCL. The GPU is an NVIDIA H100 (bench/results/nvidia-h100-80gb-hbm3/opencl.json). Hashes of 2^20 rows of 64
# bytes: 12.1 to 14.7 ms where 96 MiB go over the link, 0.1 to 0.4 ms of them in kernels. Roots of 2^20 leaves: 6.2 to
# 9.0 ms, of 2^22: 19.7 to 24.8 ms; by their difference 1.0e-10 to 1.6e-10 s a byte, and 60 to 245 us a layer, median
# 136. A row's kernels took 0.0005 to 0.006 of one native thread in hashes, up to 0.01 in trees. What has no kernel has
# no curve: it is never chosen, nor is a runtime loaded for it.
_TREES = ("merkle.layers", "merkle.proofs", "merkle.root")
_OPENCL = {("hash_many", algorithm) for algorithm in (*KERNELS, *ELEMENTS)}
_OPENCL |= {(operation, form) for operation in (*_TREES, "merkle.verify_many") for form in FORMS}
_OPENCL_LAUNCH = {"opencl-cpu": 60.0, "opencl-gpu": 120.0}
_OPENCL_LAYER = {"opencl-cpu": 30.0, "opencl-gpu": 120.0}
_OPENCL_ROW_OF_NATIVE = {"opencl-cpu": 2.5, "opencl-gpu": 0.01}
# Proofs of 16 nodes go up in 16 steps of two launches: 2.4 ms on one Zen 4 core with either runtime, where a row then
# took 8 times what one native thread took. No GPU was measured: steps and rows are taken for those of trees.
_OPENCL_PROOFS = {"opencl-cpu": (2_400.0, 8.0), "opencl-gpu": (16 * 120.0, 0.01)}
"""Microseconds for the steps; a row's share of native."""
_LINK_BYTE = {"opencl-cpu": 0.0, "opencl-gpu": 1.3e-10}
"""Seconds for each byte there or back."""
_BYTES_BACK = {"hash_many": 32, "merkle.layers": 64}
"""Of a row; only inputs are counted when a batch comes."""

# Signatures have lines of their own: native takes them in lanes or in one equation, OpenCL one by one. Of Ed25519 the
# CPU's is of one Zen 5 core, where Intel's runtime took 38 us a row and PoCL 86, and the GPU is that H100
# (opencl_signatures.json beside): 5.0 ms for 2^14 signatures over 200 bytes, 27.5 to 30.1 for 2^17, 1.6 and 10.4 of it
# in kernels; bytes over the link count apart. Of ECDSA the CPU's is of one Zen 4 core, where Intel's runtime took 54 us
# and PoCL 190. No GPU was measured: the kernels' products of words are nine tenths of Ed25519's, whose line it has.
_ECDSA = {"opencl-cpu": _line(1_000, 70), "opencl-gpu": _line(1_600, 0.17)}
# Of P-256 and SM2 one Zen 4 core took 87 and 120 us with Intel's runtime, 170 and 150 with PoCL; P-384 has half as many
# words again in a number, and digits. What a GPU takes is twice that of secp256k1 and more, by the count of products.
_A_MINUS_3 = {"opencl-cpu": _line(1_000, 110), "opencl-gpu": _line(1_600, 0.4)}
_OPENCL_SIGNATURES = {
    ("verify_many", "ed25519"): {"opencl-cpu": _line(500, 60), "opencl-gpu": _line(1_600, 0.17)},
    ("verify_many", "secp256k1-ecdsa"): _ECDSA,
    # The same sums; and the host joins what is hashed and compares what comes back.
    ("verify_many", "bip340"): {"opencl-cpu": _line(1_500, 75), "opencl-gpu": _line(3_000, 0.7)},
    ("verify_many", "p256-ecdsa"): _A_MINUS_3,
    ("verify_many", "p384-ecdsa"): {"opencl-cpu": _line(1_000, 370), "opencl-gpu": _line(1_600, 1.4)},
    ("verify_many", "sm2"): _A_MINUS_3,
    **{("recover_many", rule): _ECDSA for rule in RECOVERY_RULES},
}
_OPENCL |= set(_OPENCL_SIGNATURES)

_START_UP = {"verify_many": 10.0, "recover_many": 10.0}
"""Seconds to load an OpenCL runtime and build the kernels, by operation; 1 of the others."""

_UNKNOWN = _line(1, 1)


@cache
def curve(operation: Operation, group: str, kind: str) -> Curve | None:
    """The shipped curve of an operation and class (its algorithm, form or scheme) on a kind of backend.

    None: nothing is known of it there, and it is used by name alone.
    """
    key = (operation.name, group)
    native = _NATIVE.get(key, _UNKNOWN)
    if kind == "native":
        return _curve(native).on_threads(usable_cores())
    if kind == "golden":
        return _curve(_GOLDEN.get(key, tuple(1000 * value for value in native)))
    if kind == "cuda-gpu":
        kind = "opencl-gpu"  # the same kernels, measured through OpenCL; no GPU has run them through CUDA yet
    if kind not in _OPENCL_LAUNCH or key not in _OPENCL:
        return None
    if key in _OPENCL_SIGNATURES:
        return _curve(_OPENCL_SIGNATURES[key][kind], _LINK_BYTE[kind])
    share = _OPENCL_ROW_OF_NATIVE[kind]
    layer = _OPENCL_LAYER[kind] if operation.name in _TREES else 0.0
    launch = _OPENCL_LAUNCH[kind]
    if operation.name == "merkle.verify_many":
        steps, share = _OPENCL_PROOFS[kind]
        launch += steps
    back = _BYTES_BACK.get(operation.name, 0) * _LINK_BYTE[kind] / US
    seconds = tuple(
        launch + layer * (point - 1).bit_length() + share * (value - native[0]) + back * point
        for point, value in zip(POINTS, native, strict=True)
    )
    return _curve(seconds, _LINK_BYTE[kind])


@cache
def before_start(operation: Operation, group: str, kind: str) -> Curve | None:
    """What a kind of device may cost that nobody has looked for yet: the best of its kind, and starting it."""
    best = curve(operation, group, f"{kind}-gpu")
    return best and Curve(best.seconds, best.link, _START_UP.get(operation.name, 1.0))


def _curve(microseconds: tuple[float, ...], link: float = 0.0) -> Curve:
    return Curve(tuple(value * US for value in microseconds), link)
