# SPDX-License-Identifier: Apache-2.0
"""What a Python call costs beyond the C call, and what the choice of a device costs beyond the chosen plan.

At one row, the peer is the bare C call with its structures made beforehand. At every size, `device="auto"` is held
against the plan of the native backend, called directly: what is left is the scheduler's own time, which is to be 3 us
or 1 % at most, whichever is more.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

import pyaccel
from pyaccel._core import ffi, lib
from pyaccel.calibration.workloads import workload
from pyaccel.scheduler import execution
from pyaccel.scheduler.registry import discovered

from .contest import Contest

AUTO = (
    ("hash_many", "sha256", (1, 64, 1_024, 16_384, 131_072)),
    ("verify_many", "ed25519", (1, 64, 1_024, 8_192)),
    ("verify_many", "sm2", (1,)),
)
"""Operation, class and numbers of rows of the scheduler's lines."""


def contests() -> Iterator[Contest]:
    """One row of each function first, then the scheduler alone."""
    yield from _one_hash()
    yield from _one_signature()
    for operation, of, sizes in AUTO:
        for n in sizes:
            yield _auto(operation, of, n)


def _one_hash() -> Iterator[Contest]:
    rows = np.arange(64, dtype=np.uint8).reshape(1, 64)
    digests = np.empty((1, 32), np.uint8)
    c_rows, source = _rows(rows)
    target = ffi.from_buffer("uint8_t[]", digests)

    def bare() -> object:
        lib.pyaccel_hash_many(target, 32, lib.PYACCEL_HASH_SHA256, c_rows, 1, ffi.NULL)
        return digests

    for device in ("auto", "native"):
        yield Contest(
            name=f"hash_many sha256, device={device}",
            n=1,
            row_bytes=64,
            ours=lambda device=device, _=source: pyaccel.hash_many("sha256", rows, device=device),
            peers={"bare C call": bare},
        )


def _one_signature() -> Iterator[Contest]:
    call = workload("verify_many", "ed25519", 1)
    keys, messages, signatures = (call.inputs[name].array(1) for name in ("public_keys", "messages", "signatures"))
    views = [_rows(np.ascontiguousarray(rows)) for rows in (keys, messages, signatures)]
    verdicts = np.empty(1, np.uint8)
    target = ffi.from_buffer("uint8_t[]", verdicts)
    options = ffi.new("pyaccel_verify_options *", {"rule": lib.PYACCEL_RULE_ZIP215, "threads": 1})
    options.struct_size = ffi.sizeof("pyaccel_verify_options")
    options.key_format = lib.PYACCEL_KEY_FORMAT_AUTO
    options.signature_format = lib.PYACCEL_SIGNATURE_FORMAT_RAW

    def bare() -> object:
        rows = (view for view, _ in views)
        lib.pyaccel_verify_many(target, lib.PYACCEL_SCHEME_ED25519, *rows, 1, options)
        return verdicts

    yield Contest(
        name="verify_many ed25519, device=auto",
        n=1,
        row_bytes=64,
        ours=lambda: pyaccel.verify_many("ed25519", keys, messages, signatures),
        peers={"bare C call": bare},
    )


def _rows(rows: np.ndarray) -> tuple[object, object]:
    """The C structure of some rows of one width, and what it points at."""
    view, source = ffi.new("pyaccel_rows *"), ffi.from_buffer("uint8_t[]", rows)
    view.data, view.data_size, view.width, view.stride = source, rows.nbytes, rows.shape[1], rows.shape[1]
    return view, source


def _auto(operation: str, of: str, n: int) -> Contest:
    call = workload(operation, of, n)
    ours, theirs = call.outputs(), call.outputs()
    (native,) = discovered("native")  # type: ignore[misc]
    plan = native.prepare(call.operation, dict(zip(call.operation.parameters, call.values, strict=True)))
    (output,) = (name for name in ("digests", "verdicts") if name in ours)

    def auto() -> object:
        execution.run(call.operation, call.values, call.inputs, ours, n)
        return ours[output]

    def direct() -> object:
        plan.run(call.inputs, theirs, n)
        return theirs[output]

    return Contest(
        name=f"{operation} {of}, the scheduler alone", n=n, row_bytes=64, ours=auto, peers={"native plan": direct}
    )
