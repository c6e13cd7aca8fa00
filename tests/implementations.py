# SPDX-License-Identifier: Apache-2.0
"""Every implementation of an operation: golden, each native variant forced in turn, each device that runs kernels/."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pytest

import pyaccel
from pyaccel._core import ffi, lib
from pyaccel.scheduler.runs import record

RUN: Counter[str] = Counter()
"""Cases run, by implementation."""
LEFT_OUT: Counter[tuple[str, str]] = Counter()
"""Cases left out, by implementation and reason."""

# What the project has, whatever this build holds: a variant that is missing here is skipped by name, not passed over.
_VARIANTS = {
    "sha256": ("portable", "shani"),
    "sha256-lanes": (
        "shani-x1",
        "shani-x2",
        "shani-x3",
        "shani-x4",
        "shani-x32",
        "shani-avx512-x32",
        "avx512",
        "avx512-x32",
        "avx2",
        "avx512-emulated",
        "avx512-x32-emulated",
    ),
    "sha512": ("portable", "avx2", "avx512"),
    "sha512-lanes": ("avx512", "avx512-x16", "avx2", "avx512-emulated", "avx512-x16-emulated"),
    "keccak": ("portable", "avx2"),
    "keccak-lanes": ("avx2", "avx512", "avx512-emulated"),
    "ripemd160": ("portable",),
    "ripemd160-lanes": ("avx2", "avx512", "avx512-x32", "avx512-emulated", "avx512-x32-emulated"),
    "sm3": ("portable", "avx2"),
    "sm3-lanes": (
        "avx2",
        "avx512",
        "avx512-x32",
        "avx512-x48",
        "avx512-emulated",
        "avx512-x32-emulated",
        "avx512-x48-emulated",
    ),
    "blake2b": ("avx2", "portable"),
    "blake2b-lanes": ("avx512", "avx2", "avx512-emulated"),
    "blake2s": ("avx2", "portable"),
    "blake2s-lanes": ("avx512", "avx2", "avx512-emulated"),
    "blake3": ("avx2", "portable"),
    "blake3-lanes": ("avx512", "avx2", "avx512-emulated"),
    **{f"poseidon2-{field}": ("portable", "adx") for field in ("bn254", "bls12-381", "pallas", "vesta")},
    **{f"poseidon2-{field}": ("portable",) for field in ("goldilocks", "babybear")},
    **{f"poseidon2-{field}-lanes": ("avx2", "avx512", "avx512-emulated") for field in ("goldilocks", "babybear")},
    "ed25519": ("avx512ifma", "avx2", "adx", "portable", "avx512ifma-emulated"),
    "bip340": ("avx512ifma", "avx2", "adx", "portable", "avx512ifma-emulated"),
    "secp256k1": ("avx512ifma", "avx2", "adx", "portable", "avx512ifma-emulated"),
    "p256": ("avx512ifma", "avx2", "adx", "portable", "avx512ifma-emulated"),
    "p384": ("avx512ifma", "avx2", "portable", "avx512ifma-emulated"),
    "sm2": ("avx512ifma", "avx2", "adx", "portable", "avx512ifma-emulated"),
    "he": ("avx512ifma", "avx2", "portable", "avx512ifma-emulated"),
    "he-slots": ("avx512", "avx2", "portable", "avx512-emulated"),
    "he-sampler": ("avx2", "portable"),
    "chacha20": ("avx512", "avx2", "portable", "avx512-emulated"),
}
# Levels under which a variant may run, the highest first; where no level has its name, all.
_LEVELS = ("avx512ifma", "avx512", "avx2", "portable")


def _specs(family: str, variant: str) -> Iterator[str]:
    """Specs that bind one variant of a family alone, so that it serves every row."""
    one_by_one = f",-{family}-lanes" if f"{family}-lanes" in _VARIANTS else ""
    own = re.sub("-x[0-9]+", "", variant)
    for level in (own,) if own.startswith(("avx", "portable")) else _LEVELS:
        yield f"{level},{family}={variant}{one_by_one}"


@dataclass(frozen=True)
class Implementation:
    """One way to compute an operation, by the public functions of pyaccel.

    Attributes:
        name: "golden", "native sha256/shani", "opencl:0".
        device: what `device=` takes.
        family: the variant family that has to run, empty where none has to.
        variant: its variant.
    """

    name: str
    device: str
    family: str = ""
    variant: str = ""

    def ran(self, cases: int = 1) -> None:
        """Counts cases for the summary at the end of the run."""
        RUN[self.name] += cases

    def left_out(self, cases: int, reason: str) -> None:
        """Counts cases that this implementation did not run."""
        LEFT_OUT[self.name, reason] += cases

    @property
    def slow(self) -> bool:
        """Whether a signature takes milliseconds, so that long lists are sampled."""
        return self.device == "golden"

    def hash_many(self, algorithm: str, messages: Any, digest_size: int | None = None, **options: Any) -> list[bytes]:
        """Digests of all messages in one batch."""
        digests = pyaccel.hash_many(algorithm, messages, digest_size=digest_size, device=self.device, **options)
        return [bytes(digest) for digest in digests]

    def verify_many(self, scheme: str, keys: Any, messages: Any, signatures: Any, **options: Any) -> list[int]:
        """Reason of each row in one batch, 0 where it is valid; holds verdicts and reasons against each other."""
        verdicts, reasons = pyaccel.verify_many(
            scheme, keys, messages, signatures, reasons=True, device=self.device, **options
        )
        assert np.array_equal(verdicts, np.asarray(reasons) == 0)
        return [int(reason) for reason in reasons]

    def recover_many(self, digests: Any, signatures: Any, ids: Any = None, **options: Any) -> list[bytes | None]:
        """Key or address of each row in one batch, None where there is none; such a row has to be zeros."""
        keys, verdicts = pyaccel.recover_many(digests, signatures, ids, device=self.device, **options)
        assert not keys[~verdicts].any()
        return [bytes(key) if verdict else None for key, verdict in zip(keys, verdicts, strict=True)]

    def root(self, leaves: Any, form: str, **options: Any) -> bytes:
        """Merkle root."""
        return bytes(pyaccel.merkle.root(leaves, form=form, device=self.device, **options))

    def root_checked(self, leaves: Any, form: str) -> tuple[bytes, bool]:
        """Merkle root, and whether another list of leaves has it."""
        root, mutated = pyaccel.merkle.root_checked(leaves, form=form, device=self.device)
        return bytes(root), bool(mutated)

    def verify_inclusion(
        self, roots: Any, leaves: Any, indices: Any, proofs: Any, sizes: Any, form: str, **options: Any
    ) -> list[bool]:
        """Verdict of each inclusion proof in one batch."""
        verdicts = pyaccel.merkle.verify_many(
            roots, leaves, indices, proofs, sizes, form=form, device=self.device, **options
        )
        return [bool(verdict) for verdict in verdicts]


@dataclass(frozen=True)
class VariantRow:
    """One row of pyaccel_variant_get."""

    family: str
    variant: str
    bound: bool
    runnable: bool
    calls: int


def variant_rows() -> list[VariantRow]:
    """The variants that this build holds."""
    rows = []
    out = ffi.new("pyaccel_variant *")
    for i in range(lib.pyaccel_variant_count()):
        assert lib.pyaccel_variant_get(out, i) == 0
        family, variant = ffi.string(out.family).decode(), ffi.string(out.variant).decode()
        rows.append(VariantRow(family, variant, bool(out.bound), bool(out.runnable), out.calls))
    return rows


def variant_row(family: str, variant: str) -> VariantRow | None:
    """The row of one variant, None where this build has none."""
    return next((row for row in variant_rows() if (row.family, row.variant) == (family, variant)), None)


@contextmanager
def selected(*specs: str) -> Iterator[None]:
    """Binds the variants of the first spec that can run here, and afterwards those that were bound before."""
    before = lib.pyaccel_cpu_spec()
    before = ffi.string(before)
    for spec in specs:
        status = lib.pyaccel_cpu_select(spec.encode())
        if status == 0:
            break
        assert status == lib.PYACCEL_UNSUPPORTED, f"{spec} is no spec"
    else:
        pytest.skip(f"PYACCEL_CPU={spec}: {ffi.string(lib.pyaccel_status_text(status)).decode()}")
    try:
        yield
    finally:
        assert lib.pyaccel_cpu_select(before) == 0


@contextmanager
def forced(implementation: Implementation) -> Iterator[Implementation]:
    """Makes an implementation the one that runs, and proves that it did: a variant by its counter, a device by name."""
    family, variant = implementation.family, implementation.variant
    if not variant:
        with record() as batches:
            yield implementation
        assert {batch.device for batch in batches} == {implementation.device}
        return
    row = variant_row(family, variant)
    if row is None:
        pytest.skip(f"{family}/{variant}: left out of this build")
    if not row.runnable:
        pytest.skip(f"{family}/{variant}: this CPU can't run it")
    with selected(*_specs(family, variant)):
        now = variant_row(family, variant)
        assert now, f"{family}/{variant} is gone"
        assert now.bound, f"{family}/{variant} is runnable, but its level does not bind it"
        yield implementation
        after = variant_row(family, variant)
        assert after, f"{family}/{variant} is gone"
        assert after.calls > now.calls, f"{family}/{variant} did not run"


@cache
def opencl_devices() -> tuple[str, ...]:
    """Names of the devices that run kernels/ here, through OpenCL or CUDA."""
    return tuple(one.name for one in pyaccel.devices() if one.available and one.name.startswith(("opencl:", "cuda:")))


def implementations(*families: str, golden: bool = True, opencl: bool = False) -> pytest.MarkDecorator:
    """Runs a test, which takes `implementation`, on golden, each variant of the families and each device."""
    ways: list[Any] = [pytest.param(Implementation("golden", "golden"), id="golden")] if golden else []
    for family in families:
        known = {row.variant: None for row in variant_rows() if row.family == family}
        for variant in {**dict.fromkeys(_VARIANTS[family]), **known}:
            way = Implementation(f"native {family}/{variant}", "native", family, variant)
            ways.append(pytest.param(way, id=f"{family}/{variant}"))
    if opencl:
        mark = pytest.mark.opencl
        ways += [pytest.param(Implementation(name, name), id=name, marks=mark) for name in opencl_devices()]
        if not opencl_devices():
            skip = pytest.mark.skip(reason="no OpenCL device works here (see `pyaccel info`)")
            ways.append(pytest.param(Implementation("opencl", "opencl:0"), id="opencl", marks=[mark, skip]))
    return pytest.mark.parametrize("implementation", ways, indirect=True)
