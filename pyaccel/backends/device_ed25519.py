# SPDX-License-Identifier: Apache-2.0
"""verify_many of Ed25519 on a device with kernels: every signature by itself, under every rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pyaccel.backends.device_kept import constant
from pyaccel.backends.device_reasons import Begun, find_reasons, signed_rows, verdicts_and_reasons
from pyaccel.backends.device_rows import FIXED_ROWS, Chunk, chunks, upload_rows
from pyaccel.backends.edwards25519_base import base_rows

if TYPE_CHECKING:
    from pyaccel.backends.base import Inputs, Outputs, Parameters
    from pyaccel.backends.device import Device

Bytes = npt.NDArray[np.uint8]

_SCALARS, _POINTS = "verify/ed25519_scalars.cl", "verify/ed25519.cl"
_KEY, _SIGNATURE = 32, 64
_POINT_BYTES, _SCALAR_BYTES, _TABLE_BYTES = 2 * 96, 64, 68 * 32
"""Of a signature: its two points, its two scalars, and the multiples of its key."""
_ROWS = {"opencl-cpu": 1 << 12, "opencl-gpu": 1 << 16, "cuda-gpu": 1 << 16}
"""Most signatures at once: as many as keep the device busy; their tables take 9 and 143 MB."""


@dataclass(frozen=True)
class Rule:
    """What a rule asks of the encodings of A and R, in the flags of kernels/verify/ed25519.cl, and of the equation."""

    key: int
    r: int
    cofactored: bool = False


_DECODES, _CANONICAL, _LARGE_ORDER = 1, 2, 4
RULES = {
    "zip215": Rule(_DECODES, _DECODES, cofactored=True),
    "rfc8032": Rule(_CANONICAL, _CANONICAL),
    "openssl": Rule(_DECODES, _CANONICAL),
    "dalek-strict": Rule(_DECODES | _LARGE_ORDER, _CANONICAL | _LARGE_ORDER),
    "libsodium": Rule(_CANONICAL | _LARGE_ORDER, _CANONICAL | _LARGE_ORDER),
}
"""As csrc/verify/ed25519_rows.c has them, which says why."""


@dataclass(frozen=True)
class Ed25519Plan:
    """verify_many of Ed25519 under one rule."""

    device: Device
    rule: Rule

    @classmethod
    def of(cls, device: Device, parameters: Parameters) -> Ed25519Plan | str:
        """The plan, or why there is none."""
        scheme, rule = parameters.get("scheme"), str(parameters.get("rule"))
        if scheme != "ed25519":
            return f"there is no kernel for {scheme}"
        return cls(device, RULES[rule]) if rule in RULES else f"kernels do not know the rule {rule}"

    @property
    def variant(self) -> str:
        """Device and scheme: opencl:0/ed25519."""
        return f"{self.device.name}/ed25519"

    def build(self) -> None:
        """Compiles the kernels; DeviceError where that fails."""
        with self.device.batch():
            self.device.build(_POINTS)
            self.device.build(_SCALARS, FIXED_ROWS)

    def run(self, inputs: Inputs, outputs: Outputs, n: int) -> None:
        """Verdicts of n signatures, and reasons where they are wanted; raises as Plan.run."""
        key_rows, messages, signature_rows = signed_rows(inputs, n)
        verdicts, reasons = verdicts_and_reasons(outputs, n)
        most = max(1, min(_ROWS[self.device.kind], self.device.chunk_bytes // _TABLE_BYTES))

        def start(chunk: Chunk) -> Begun:
            last = chunk.first + chunk.count
            encoded = np.zeros((chunk.count, _KEY + _SIGNATURE), np.uint8)
            signatures, good = signature_rows.part(signature_rows.of(chunk.first, last), _SIGNATURE)
            encoded[:, :32], encoded[:, 64:] = signatures[:, :32], signatures[:, 32:]
            encoded[:, 32:64], good_keys = key_rows.part(key_rows.of(chunk.first, last), _KEY)
            return Begun(self._verify(encoded, chunk), good & good_keys)

        find_reasons(self.device, reasons, chunks("messages", messages, n, self.device.chunk_bytes, most), start)
        np.equal(reasons, 0, out=verdicts.view(np.bool_))

    def _verify(self, encoded: Bytes, messages: Chunk) -> Any:
        """A buffer of the reasons of a chunk from the rows R, A, S and its messages. Inside device.batch()."""
        device, n = self.device, messages.count
        rows = upload_rows(device, messages)
        encodings, base = device.upload(encoded), constant(device, base_rows())
        found, what = device.allocate(n), device.allocate(2 * n)
        scalars, points = device.allocate(n * _SCALAR_BYTES), device.allocate(n * _POINT_BYTES)
        tables = device.allocate(n * _TABLE_BYTES)
        numbers = (encodings, *rows.arguments)
        device.launch(_SCALARS, "ed25519_scalars", n, scalars, found, *numbers, define=rows.define)
        orders = np.uint32(self.rule.key & _LARGE_ORDER)
        device.launch(_POINTS, "ed25519_decode", 2 * n, points, what, encodings, orders)
        rule = map(np.uint32, (self.rule.key, self.rule.r, self.rule.cofactored))
        device.launch(_POINTS, "ed25519_equations", n, found, tables, points, what, scalars, base, *rule)
        return found
