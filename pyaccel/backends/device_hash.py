# SPDX-License-Identifier: Apache-2.0
"""hash_many on a device with kernels."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from pyaccel.backends.device_algorithms import BLAKE3_CONTEXT, BLAKE3_KEYED, BLAKE3_MATERIAL, KERNELS, Kernel
from pyaccel.backends.device_kept import store
from pyaccel.backends.device_rows import Chunk, DeviceRows, chunks, host_rows, output_bytes, upload_rows
from pyaccel.backends.pipeline import pipelined
from pyaccel.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyaccel.backends.base import Inputs, Outputs, Parameters
    from pyaccel.backends.device import Device

_LONGEST_HMAC_KEY = 1 << 20


def launch(
    device: Device, kernel: Kernel, n: int, digests: Any, rows: DeviceRows, key: Any, key_size: int, size: int
) -> None:
    """Enqueues n digests of `size` bytes into a buffer. Inside device.batch().

    Args:
        device: where.
        kernel: the algorithm's.
        n: rows.
        digests: buffer of n * size bytes.
        rows: what to hash.
        key: buffer of the key, or any buffer where there is none.
        key_size: bytes of the key.
        size: bytes of a digest.
    """
    more = kernel.arguments(key, key_size, size)
    device.launch(kernel.path, kernel.entry, n, digests, *rows.arguments, *more, define=rows.define)


@dataclass(frozen=True)
class HashPlan:
    """hash_many with one algorithm."""

    device: Device
    algorithm: str
    kernel: Kernel
    size: int
    context: bytes | None = None
    keeps: ClassVar = frozenset({"digests"})

    @classmethod
    def of(cls, device: Device, parameters: Parameters) -> HashPlan | str:
        """The plan, or why there is none."""
        algorithm = str(parameters.get("algorithm"))
        context = parameters.get("context")
        kernel = KERNELS.get(algorithm)
        if kernel is None:
            return f"there is no kernel for {algorithm}"
        size = parameters.get("digest_size") or kernel.size
        if context is not None and algorithm != "blake3":
            return f"{algorithm} takes no context"
        if size != kernel.size and not kernel.extendable:
            return f"{algorithm} has {kernel.size} bytes"
        return cls(device, algorithm, kernel if context is None else BLAKE3_MATERIAL, size, context)

    @property
    def variant(self) -> str:
        """Device and algorithm: opencl:0/sha256."""
        return f"{self.device.name}/{self.algorithm}"

    def build(self) -> None:
        """Compiles the kernels; DeviceError where that fails."""
        with self.device.batch():
            self.device.build(self.kernel.path)

    def run(self, inputs: Inputs, outputs: Outputs, n: int) -> None:
        """digests[i] = H(messages[i]) for i < n; raises as Plan.run."""
        device, size = self.device, self.size
        secret = inputs.get("key")
        kernel = self._kernel_for(secret)
        messages = host_rows("messages", inputs["messages"], n)
        digests = output_bytes("digests", outputs["digests"], n * size)
        limit, key_size = device.copied_bytes, len(secret or b"")
        some = chunks("messages", messages, n, limit, max(1, limit // size))
        with device.batch(), self._key_buffer(secret) as key:

            def start(chunk: Chunk) -> tuple[Chunk, DeviceRows, Any]:
                if chunk.size > kernel.longest:
                    raise DeviceError(f"{device.name}: {self.algorithm} takes rows of {kernel.longest} bytes at most")
                rows, on_device = upload_rows(device, chunk), device.allocate(chunk.count * size)
                launch(device, kernel, chunk.count, on_device, rows, key or rows.data, key_size, size)
                return chunk, rows, on_device

            def finish(begun: tuple[Chunk, DeviceRows, Any], after: Any) -> None:
                chunk, _, on_device = begun
                store(device, digests, chunk.first * size, on_device, chunk.count * size, after=after)

            pipelined(device, some, start, finish)

    def _kernel_for(self, key: bytes | None) -> Kernel:
        """The kernel for a key; ValueError where it does not fit, DeviceError where it is too long for the device."""
        if key is None:
            if self.kernel.key == "hmac":
                raise ValueError(f"key: none came; {self.algorithm} needs one")
            return self.kernel
        if self.kernel.key == "none" or self.context is not None:
            raise ValueError(f"key: {self.algorithm} takes no key{'' if self.context is None else ' beside a context'}")
        if self.kernel.key == "hmac" and len(key) > _LONGEST_HMAC_KEY:
            raise DeviceError(f"{self.device.name}: {self.algorithm} takes keys of {_LONGEST_HMAC_KEY} bytes at most")
        return BLAKE3_KEYED if self.algorithm == "blake3" else self.kernel

    @contextmanager
    def _key_buffer(self, key: bytes | None) -> Iterator[Any]:
        """What the kernel reads of the key, in a buffer that is overwritten at the end; None without a key."""
        device, kernel = self.device, self.kernel
        secret = key if self.context is None else self.context
        if secret is None:
            yield None
            return
        given = np.zeros(-(-max(len(secret), kernel.key_bytes, 4) // 4) * 4, np.uint8)
        given[: len(secret)] = np.frombuffer(secret, np.uint8)
        buffers = [device.allocate(given.nbytes)]
        try:
            device.write(buffers[0], given)
            if kernel.key == "hmac" or self.context is not None:
                buffers.append(device.allocate(kernel.key_bytes))
                row = DeviceRows(buffers[0], given.nbytes, width=len(secret))
                if kernel.key == "hmac":
                    entry = kernel.entry.replace("hash_", "hash_hmac_") + "_states"
                    device.launch(kernel.path, entry, 1, buffers[1], *row.arguments, define=row.define)
                else:
                    launch(device, BLAKE3_CONTEXT, 1, buffers[1], row, buffers[0], 0, kernel.key_bytes)
            yield buffers[-1]
        finally:
            for buffer in buffers:
                device.write(buffer, np.zeros(buffer.size, np.uint8))
            given[:] = 0
