# SPDX-License-Identifier: Apache-2.0
"""Cost curves that hold until a machine is calibrated."""

from __future__ import annotations

from functools import cache

from pyaccel.operations import Operation
from pyaccel.scheduler.curves import POINTS, Curve

US = 1e-6


def _line(first: float, row: float) -> tuple[float, ...]:
    """Microseconds for each of POINTS: `first` to start, `row` for each row."""
    return tuple(first + row * point for point in POINTS)


# Microseconds on one thread of a Zen 5 core, portable code and SHA-NI where it serves; rows of 64 bytes, one message
# block, proofs of 20 nodes. Rough on purpose: they only have to order the backends until `calibrate` knows.
_NATIVE: dict[tuple[str, str], tuple[float, ...]] = {
    ("hash_many", "sha256"): _line(0.6, 0.11),
    ("hash_many", "sha256d"): _line(0.6, 0.17),
    ("hash_many", "sha512"): _line(0.6, 0.35),
    ("hash_many", "keccak256"): _line(0.6, 0.4),
    ("hash_many", "ripemd160"): _line(0.6, 0.45),
    ("hash_many", "hash160"): _line(0.6, 0.6),
    ("merkle.layers", "bitcoin"): _line(0.6, 0.2),
    ("merkle.layers", "rfc6962"): _line(0.6, 0.25),
    ("merkle.root", "bitcoin"): _line(0.6, 0.2),
    ("merkle.root", "rfc6962"): _line(0.6, 0.25),
    ("merkle.verify_many", "bitcoin"): _line(1.0, 4.0),
    ("merkle.verify_many", "rfc6962"): _line(1.0, 4.0),
    ("merkle.verify_consistency", "rfc6962"): _line(1.0, 4.0),
    ("verify_many", "ed25519"): _line(2.0, 60.0),
    ("verify_many", "secp256k1-ecdsa"): _line(2.0, 90.0),
}

# Python integers, on the same core.
_GOLDEN: dict[tuple[str, str], tuple[float, ...]] = {
    ("hash_many", "sha256"): _line(5.0, 110.0),
    ("hash_many", "sha256d"): _line(5.0, 165.0),
    ("hash_many", "sha512"): _line(5.0, 90.0),
    ("hash_many", "keccak256"): _line(5.0, 250.0),
    ("hash_many", "ripemd160"): _line(5.0, 150.0),
    ("hash_many", "hash160"): _line(5.0, 250.0),
    ("merkle.layers", "bitcoin"): _line(5.0, 180.0),
    ("merkle.layers", "rfc6962"): _line(5.0, 230.0),
    ("merkle.root", "bitcoin"): _line(5.0, 180.0),
    ("merkle.root", "rfc6962"): _line(5.0, 230.0),
    ("merkle.verify_many", "bitcoin"): _line(5.0, 3500.0),
    ("merkle.verify_many", "rfc6962"): _line(5.0, 2500.0),
    ("merkle.verify_consistency", "rfc6962"): _line(5.0, 2500.0),
    ("verify_many", "ed25519"): _line(5.0, 6000.0),
    ("verify_many", "secp256k1-ecdsa"): _line(5.0, 9000.0),
}

# An OpenCL device: a launch and its copies, one more launch for each layer of a tree, then a row at a time's share of a
# wide device. Measured on two cores with AVX-512: 60 us a call and 30 us a layer with Intel's runtime and PoCL alike; a
# row took 2.2 to 5 times what one native thread with 16 lanes took, 9 times and more with PoCL. The GPU's are not
# measured: it is bound by its link.
_OPENCL_LAUNCH = {"opencl-cpu": 60.0, "opencl-gpu": 60.0}
_OPENCL_LAYER = 30.0
_OPENCL_ROW_OF_NATIVE = {"opencl-cpu": 2.5, "opencl-gpu": 0.05}
_LINK_BYTE = {"opencl-cpu": 0.0, "opencl-gpu": 1e-10}
"""Seconds: PCIe at about 10 GB/s."""

_START_UP = 1.0
"""Seconds to load an OpenCL runtime and build the kernels."""

_UNKNOWN = _line(1.0, 1.0)


@cache
def curve(operation: Operation, group: str, kind: str) -> Curve:
    """The shipped curve of an operation and class (its algorithm, form or scheme) on a kind of backend."""
    key = (operation.name, group)
    native = _NATIVE.get(key, _UNKNOWN)
    if kind == "native":
        from pyaccel.cpu import usable_cores

        return _curve(native).on_threads(usable_cores())
    if kind in _OPENCL_LAUNCH:
        share = _OPENCL_ROW_OF_NATIVE[kind]
        layer = _OPENCL_LAYER if operation.name in ("merkle.layers", "merkle.root") else 0.0
        seconds = tuple(
            _OPENCL_LAUNCH[kind] + layer * (point - 1).bit_length() + share * (value - native[0])
            for point, value in zip(POINTS, native, strict=True)
        )
        return _curve(seconds, _LINK_BYTE[kind])
    return _curve(_GOLDEN.get(key, tuple(1000 * value for value in native)))


@cache
def before_start(operation: Operation, group: str, kind: str) -> Curve:
    """What a kind of device may cost that nobody has looked for yet: the best of its kind, and starting it."""
    best = curve(operation, group, f"{kind}-gpu")
    return Curve(best.seconds, best.link, _START_UP)


def _curve(microseconds: tuple[float, ...], link: float = 0.0) -> Curve:
    return Curve(tuple(value * US for value in microseconds), link)
