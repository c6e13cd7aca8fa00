# SPDX-License-Identifier: Apache-2.0
"""recover_many on a device: a key is (s / r) R - (z / r) G, the sum that verification takes, of the point R."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pyaccel.backends import device_hash, device_secp256k1
from pyaccel.backends.device_algorithms import KERNELS
from pyaccel.backends.device_kept import in_order, kept_on
from pyaccel.backends.device_rows import FIXED_ROWS, Chunk, DeviceRows, HostRows, host_bytes, upload_rows
from pyaccel.backends.device_secp256k1 import POINTS, SCALARS, key_tables, point_sums, scalar_digits
from pyaccel.backends.pipeline import pipelined

if TYPE_CHECKING:
    from pyaccel.backends.base import Inputs, Outputs, Parameters
    from pyaccel.backends.device import Device

Bytes = npt.NDArray[np.uint8]

_ROW, _DIGEST, _SIGNATURE, _KEY, _ADDRESS = 32, 32, 64, 64, 20
_NO_ID = 255


@dataclass(frozen=True)
class Rule:
    """What a rule takes: ids below `ids`, and of s only the lower half where low_s."""

    ids: int
    low_s: bool = False


RULES = {
    "secp256k1": Rule(4),
    "ethereum-transaction": Rule(2, low_s=True),
    "ethereum-precompile": Rule(2),
}
_ID_OF_V = np.full(256, _NO_ID, np.uint8)
"""Recovery id that the last of 65 bytes stands for."""
_ID_OF_V[[0, 1, 2, 3, 27, 28]] = [0, 1, 2, 3, 0, 1]


@dataclass(frozen=True)
class RecoverPlan:
    """recover_many under one rule."""

    device: Device
    rule: Rule
    addresses: bool

    @classmethod
    def of(cls, device: Device, parameters: Parameters) -> RecoverPlan | str:
        """The plan, or why there is none."""
        rule = str(parameters.get("rule"))
        if rule not in RULES:
            return f"kernels do not know the rule {rule}"
        return cls(device, RULES[rule], bool(parameters.get("addresses")))

    @property
    def variant(self) -> str:
        """Device and operation: opencl:0/recovery."""
        return f"{self.device.name}/recovery"

    def build(self) -> None:
        """Compiles the kernels; DeviceError where that fails."""
        with self.device.batch():
            self.device.build(POINTS)
            self.device.build(SCALARS)
            if self.addresses:
                self.device.build(KERNELS["keccak256"].path, FIXED_ROWS)

    def run(self, inputs: Inputs, outputs: Outputs, n: int) -> None:
        """Keys or addresses of n signatures, and where there are any; raises as Plan.run."""
        size = _ADDRESS if self.addresses else _KEY
        digests = HostRows("digests", inputs["digests"], n)
        kept = kept_on(self.device, inputs["digests"], _DIGEST)
        signatures = HostRows("signatures", inputs["signatures"], n)
        ids: Any = inputs["recovery_ids"]
        keys = host_bytes("keys", outputs["keys"], n * size).reshape(n, size)
        verdicts = host_bytes("verdicts", outputs["verdicts"], n)
        table_bytes = device_secp256k1.TABLE_BYTES
        most = max(1, min(device_secp256k1.ROWS[self.device.kind], self.device.chunk_bytes // table_bytes))

        def start(first: int) -> tuple[slice, Any, Any]:
            last = min(first + most, n)
            z: Bytes | Chunk = digests.chunk(first, last)
            sized = np.ones(last - first, np.bool_)
            if not kept:
                z, sized = digests.part(digests.of(first, last), _DIGEST)
            raw, good = signatures.part(signatures.of(first, last), _SIGNATURE + (ids is None))
            which = np.array(_ID_OF_V[raw[:, _SIGNATURE]] if ids is None else ids[first:last])
            which[~(sized & good) | (which >= self.rule.ids)] = _NO_ID
            return slice(first, last), *self._recover(z, raw[:, :_SIGNATURE], which)

        def finish(begun: tuple[slice, Any, Any], after: Any) -> None:
            rows, reasons, points = begun
            found = verdicts[rows]
            back = np.empty((len(found), _DIGEST if self.addresses else _KEY), np.uint8)
            self.device.read(back, points, after=after)
            self.device.read(found, reasons, after=after)
            np.equal(found, 0, out=found.view(np.bool_))
            back[found == 0] = 0
            keys[rows] = back[:, -size:]

        with self.device.batch():
            pipelined(self.device, range(0, n, most), start, finish)

    def _recover(self, digests: Bytes | Chunk, raw: Bytes, ids: Bytes) -> tuple[Any, Any]:
        """Buffers of reasons, and of keys or hashes that end with addresses, which are anything where reasons say so.

        Inside device.batch().
        """
        device, n = self.device, len(ids)
        found = device.zeros(n)
        s, inverses, encoded, kinds = (device.allocate(n * size) for size in (_ROW, _ROW, 2 * _ROW, 1))
        of = (device.upload(np.ascontiguousarray(raw)), device.upload(ids), np.uint32(self.rule.low_s))
        device.launch(SCALARS, "secp256k1_recoveries", n, s, inverses, encoded, kinds, *of)
        if isinstance(digests, Chunk):
            z = upload_rows(device, digests).data
        else:
            z = device.upload(np.ascontiguousarray(digests))
        digits = scalar_digits(device, n, z, s, inverses, negative=True)
        own = in_order(n)
        tables = key_tables(device, n, encoded, kinds)
        sums, denominators = point_sums(device, n, found, tables, own, digits)
        points, running = device.allocate(n * _KEY), device.allocate(n * _ROW)
        device.launch(POINTS, "secp256k1_invert", n, denominators, running)
        device.launch(POINTS, "secp256k1_affine", n, points, found, sums, denominators)
        if self.addresses:
            rows = DeviceRows(points, n * _KEY, width=_KEY, stride=_KEY)
            hashed = device.allocate(n * _DIGEST)
            device_hash.launch(device, KERNELS["keccak256"], n, hashed, rows, points, 0, _DIGEST)
            points = hashed
        return found, points
