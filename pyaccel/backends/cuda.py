# SPDX-License-Identifier: Apache-2.0
"""CUDA devices as backends: cuda:0, cuda:1, ... in the order of the driver."""

from __future__ import annotations

from pyaccel.backends.base import Backend, Unavailable
from pyaccel.backends.cuda_compiler import CompileError, Nvrtc
from pyaccel.backends.cuda_device import Device
from pyaccel.backends.cuda_loader import MEND, CudaError, load
from pyaccel.backends.device import DeviceBackend

NVRTC = Nvrtc()


def discover() -> tuple[Backend, ...] | Unavailable:
    """One backend per device, working or not (its probe says), or why there is none. Loads cuda-bindings."""
    driver = load()
    if isinstance(driver, Unavailable):
        return driver
    try:
        NVRTC.version()
    except CompileError as error:
        return Unavailable(f"NVIDIA's run-time compiler can't be loaded ({error}); {MEND}")
    found: list[Backend] = []
    for number in range(int(driver.call("cuDeviceGetCount"))):
        name = f"cuda:{number}"
        try:
            device: Device | Unavailable = Device(name, driver, number, NVRTC)
        except (CudaError, CompileError) as error:
            device = Unavailable(str(error))
        found.append(DeviceBackend(name, device, Device.kind))
    return tuple(found) or Unavailable("the NVIDIA driver finds no device")
