# SPDX-License-Identifier: Apache-2.0
"""Poseidon2 on a device with kernels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pyaccel.backends.device_rows import host_bytes, host_rows
from pyaccel.backends.pipeline import pipelined
from pyaccel.poseidon2 import ELEMENTS, Elements

if TYPE_CHECKING:
    from pyaccel.backends.base import Inputs, Outputs, Parameters
    from pyaccel.backends.device import Device

_SETS = {
    "bls12-381": ("t2", "t3", "t4"),
    "babybear": tuple(f"t{t}-{of}" for t in (16, 24) for of in ("horizenlabs", "plonky3", "plonky3-seed1", "gnark")),
}
"""Sets in the order in which kernels number them, where a kernel has several."""


@dataclass(frozen=True)
class Poseidon2Plan:
    """hash_many with one of Poseidon2's algorithms."""

    device: Device
    elements: Elements

    @classmethod
    def of(cls, device: Device, parameters: Parameters) -> Poseidon2Plan | str:
        """The plan, or why there is none."""
        elements = ELEMENTS[str(parameters["algorithm"])]
        if parameters.get("context") is not None:
            return f"{elements.algorithm} takes no context"
        if (parameters.get("digest_size") or elements.digest_size) != elements.digest_size:
            return f"{elements.algorithm} has {elements.digest_size} bytes"
        return cls(device, elements)

    @property
    def variant(self) -> str:
        """Device and algorithm: opencl:0/poseidon2-bn254-t3."""
        return f"{self.device.name}/{self.elements.algorithm}"

    @property
    def _path(self) -> str:
        return f"hash/poseidon2_{self.elements.field.replace('-', '_')}.cl"

    @property
    def _entry(self) -> str:
        one = self.elements
        width = f"_{one.t}" if one.size < 32 else ""
        return f"hash_poseidon2_{one.field.replace('-', '_')}{width}"

    def _mode(self) -> tuple[np.uint32, ...]:
        """set, absorbed, first, outputs, feed_forward, as the kernels take them."""
        one = self.elements
        name = one.algorithm.removeprefix(f"poseidon2-{one.field}-").removesuffix("-compress")
        fed_forward = one.compresses and name.endswith("gnark")
        outputs = one.digest_size // one.size
        numbers = (
            _SETS.get(one.field, (name,)).index(name),
            one.count,
            one.t - outputs if fed_forward else 0,
            outputs,
            fed_forward,
        )
        return tuple(np.uint32(number) for number in numbers)

    def build(self) -> None:
        """Compiles the kernels; DeviceError where that fails."""
        with self.device.batch():
            self.device.build(self._path)

    def run(self, inputs: Inputs, outputs: Outputs, n: int) -> None:
        """digests[i] = H(messages[i]) for i < n; raises as Plan.run."""
        device, one = self.device, self.elements
        if inputs.get("key") is not None:
            raise ValueError(f"key: {one.algorithm} takes no key")
        messages = host_rows("messages", inputs["messages"], n)
        digests = host_bytes("digests", outputs["digests"], n * one.digest_size).reshape(n, one.digest_size)
        one.require_width(messages, n)
        most = max(1, device.copied_bytes // max(one.width, one.digest_size))

        def start(first: int) -> tuple[int, Any, Any, Any]:
            count = min(most, n - first)
            data = device.upload(one.packed(messages, first, count).reshape(-1))
            refused = device.zeros(np.dtype(np.uint32).itemsize)
            on_device = device.allocate(count * one.digest_size)
            device.launch(self._path, self._entry, count, on_device, refused, data, *self._mode())
            return first, data, refused, on_device

        def finish(begun: tuple[int, Any, Any, Any], after: Any) -> None:
            first, _, refused, on_device = begun
            flag = np.zeros(1, np.uint32)
            device.read(flag, refused, after=after)
            device.read(digests[first : min(first + most, n)], on_device, after=after)
            if flag[0]:
                digests[:] = 0
                raise ValueError("messages: an element is not below the modulus")

        with device.batch():
            pipelined(device, range(0, n, most), start, finish)
