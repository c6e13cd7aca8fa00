# SPDX-License-Identifier: Apache-2.0
"""verify_many of secp256k1-ecdsa on a device with kernels: every signature by itself, under every rule.

The host tells keys and signatures apart by their lengths and prefixes, and leaves all arithmetic to the device:
digests, inverses modulo n, keys and their tables, the equation. A key that serves many rows (key_index, or one for all)
is decoded once a chunk. Rows in which somebody made two points of an addition meet are done again there, by additions
that are right for every two points.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pyaccel.backends import device_hash
from pyaccel.backends.device_algorithms import KERNELS
from pyaccel.backends.device_kept import constant, kept_on, upload_numbers
from pyaccel.backends.device_keys import Keys, distinct
from pyaccel.backends.device_reasons import Begun, find_reasons, signed_rows, verdicts_and_reasons
from pyaccel.backends.device_rows import FIXED_ROWS, Chunk, HostRows, chunks, upload_rows
from pyaccel.backends.secp256k1_base import base_rows

if TYPE_CHECKING:
    from pyaccel.backends.base import Inputs, Outputs, Parameters
    from pyaccel.backends.device import Device

Bytes = npt.NDArray[np.uint8]

SCALARS, POINTS = "verify/secp256k1_scalars.cl", "verify/secp256k1.cl"
_ROW, _DIGEST, _SIGNATURE, _DIGITS_BYTES = 32, 32, 64, 80
TABLE_BYTES = 24 * _ROW
"""Of a key: x, y and beta x of 8 multiples."""
ROWS = {"opencl-cpu": 1 << 12, "opencl-gpu": 1 << 16, "cuda-gpu": 1 << 16}
"""Most signatures at once: as many as keep the device busy; their tables take 3 and 50 MB."""
_BEFORE = dict.fromkeys((33, 64, 65), b"")
"""What stands before a key's point, by its bytes."""

RULES = ("any", "low-s", "bitcoin-core")
FORMATS = ("raw", "der", "der-lax")
MESSAGE_HASHES = ("sha256", "sha256d", "keccak256", "none")


@dataclass(frozen=True)
class Secp256k1Plan:
    """verify_many of ECDSA on secp256k1 under one rule, with one format and hash."""

    device: Device
    rule: str
    signature_format: str
    message_hash: str

    @classmethod
    def of(cls, device: Device, parameters: Parameters) -> Secp256k1Plan | str:
        """The plan, or why there is none."""
        known = {"rule": RULES, "signature_format": FORMATS, "message_hash": MESSAGE_HASHES, "key_format": ("auto",)}
        values = {name: str(parameters.get(name) or choices[0]) for name, choices in known.items()}
        for name, choices in known.items():
            if values[name] not in choices:
                return f"kernels do not know the {name} {values[name]}"
        return cls(device, values["rule"], values["signature_format"], values["message_hash"])

    @property
    def variant(self) -> str:
        """Device and scheme: opencl:0/secp256k1-ecdsa."""
        return f"{self.device.name}/secp256k1-ecdsa"

    def build(self) -> None:
        """Compiles the kernels; DeviceError where that fails."""
        with self.device.batch():
            self.device.build(POINTS)
            self.device.build(SCALARS)
            if self.message_hash != "none":
                self.device.build(KERNELS[self.message_hash].path, FIXED_ROWS)

    def run(self, inputs: Inputs, outputs: Outputs, n: int) -> None:
        """Verdicts of n signatures, and reasons where they are wanted; raises as Plan.run."""
        key_rows, messages, signatures = signed_rows(inputs, n)
        ready = self.message_hash == "none"
        kept = ready and kept_on(self.device, messages, _DIGEST)
        digests = HostRows("messages", messages, n) if ready and not kept else None
        verdicts, reasons = verdicts_and_reasons(outputs, n)
        most = max(1, min(ROWS[self.device.kind], self.device.chunk_bytes // TABLE_BYTES))

        def start(chunk: Chunk) -> Begun:
            last = chunk.first + chunk.count
            which, served = distinct(key_rows, chunk.first, last)
            key_part = Keys.of(key_rows, which, _ROW, _BEFORE, hybrid=self.rule == "bitcoin-core")
            good = key_part.sized[served]
            numbers: Bytes | Chunk = chunk
            if digests is not None:
                numbers, sized = digests.part(digests.of(chunk.first, last), _DIGEST)
                good &= sized
            signed: Bytes | Chunk = signatures.chunk(chunk.first, last)
            if self.signature_format == "raw":
                signed, sized = signatures.part(signatures.of(chunk.first, last), _SIGNATURE)
                good &= sized
            return Begun(self._verify(chunk.count, key_part, served, numbers, signed), good)

        find_reasons(self.device, reasons, chunks("messages", messages, n, self.device.chunk_bytes, most), start)
        np.equal(reasons, 0, out=verdicts.view(np.bool_))

    def _verify(
        self, n: int, keys: Keys, served: npt.NDArray[np.uint32], messages: Bytes | Chunk, signed: Bytes | Chunk
    ) -> Any:
        """A buffer of the reasons of a chunk: row i has key served[i]. Inside device.batch().

        Args:
            n: rows.
            keys: each once.
            served: which of them each row has.
            messages: messages, or digests that are ready.
            signed: signatures raw, or to be parsed.
        """
        device = self.device
        found = device.zeros(n)
        digests = self._digests(messages)
        raw = self._signatures(found, signed)
        r, inverses = device.allocate(n * _ROW), device.allocate(n * _ROW)
        low = np.uint32(self.rule == "low-s")
        device.launch(SCALARS, "secp256k1_signatures", n, r, inverses, found, raw, low)
        digits = scalar_digits(device, n, digests, r, inverses, negative=False)
        encoded, kinds = device.upload(keys.encoded), device.upload(keys.kinds)
        tables = key_tables(device, len(keys.kinds), encoded, kinds)
        sums, z = point_sums(device, n, found, tables, served, digits)
        device.launch(POINTS, "secp256k1_compare", n, found, sums, z, r)
        return found

    def _digests(self, messages: Bytes | Chunk) -> Any:
        """A buffer of digests. Inside device.batch()."""
        device = self.device
        if not isinstance(messages, Chunk):
            return device.upload(np.ascontiguousarray(messages))
        rows = upload_rows(device, messages)
        if self.message_hash == "none":
            return rows.data
        kernel = KERNELS[self.message_hash]
        digests = device.allocate(messages.count * _DIGEST)
        device_hash.launch(device, kernel, messages.count, digests, rows, rows.data, 0, _DIGEST)
        return digests

    def _signatures(self, reasons: Any, signed: Bytes | Chunk) -> Any:
        """A buffer of r and s, 64 bytes a row; reasons are set where there are none. Inside device.batch()."""
        device = self.device
        if not isinstance(signed, Chunk):
            return device.upload(np.ascontiguousarray(signed))
        rows, n = upload_rows(device, signed), signed.count
        raw, lax = device.allocate(n * _SIGNATURE), np.uint32(self.signature_format == "der-lax")
        device.launch(SCALARS, "secp256k1_der", n, raw, reasons, *rows.arguments, lax)
        return raw


def scalar_digits(device: Device, n: int, digests: Any, numerators: Any, denominators: Any, *, negative: bool) -> Any:
    """A buffer of the digits of u1 = z / d (or -z / d) and u2 = v / d; inverts the d. Inside device.batch()."""
    running, digits = device.allocate(n * _ROW), device.allocate(n * _DIGITS_BYTES)
    device.launch(SCALARS, "secp256k1_invert_scalars", n, denominators, running)
    of = (digests, numerators, denominators)
    device.launch(SCALARS, "secp256k1_scalars", n, digits, *of, np.uint32(negative))
    return digits


def key_tables(device: Device, n: int, encoded: Any, kinds: Any) -> tuple[Any, Any, Any]:
    """Buffers of what is wrong with each of n keys, of their tables and common Z. Inside device.batch()."""
    tables, commons, reasons = (device.allocate(n * size) for size in (TABLE_BYTES, _ROW, 1))
    device.launch(POINTS, "secp256k1_keys", n, tables, commons, reasons, encoded, kinds)
    return reasons, tables, commons


def point_sums(
    device: Device, n: int, reasons: Any, keys: tuple[Any, Any, Any], served: npt.NDArray[np.uint32], digits: Any
) -> tuple[Any, Any]:
    """Buffers of X, Y and of Z of u1 G + u2 Q, row i's Q being key served[i]; sets reasons. Inside device.batch()."""
    sums, z = device.allocate(2 * n * _ROW), device.allocate(n * _ROW)
    key_reasons, *tables = keys
    of = (*tables, upload_numbers(device, served), digits, constant(device, base_rows()))
    device.launch(POINTS, "secp256k1_sums", n, reasons, sums, z, key_reasons, *of)
    device.launch(POINTS, "secp256k1_exceptions", n, reasons, sums, z, *of)
    return sums, z
