# SPDX-License-Identifier: Apache-2.0
"""OpenCL devices as backends: opencl:0, opencl:1, ... in the order of the loader."""

from __future__ import annotations

from pyaccel.backends.base import Backend, Unavailable
from pyaccel.backends.device import DeviceBackend
from pyaccel.backends.opencl_device import Device
from pyaccel.backends.opencl_loader import load


def discover() -> tuple[Backend, ...] | Unavailable:
    """One backend per device, working or not (its probe says), or why there is none. Loads pyopencl."""
    loaded = load()
    if isinstance(loaded, Unavailable):
        return loaded
    cl, platforms = loaded
    found: list[Backend] = []

    def name() -> str:
        return f"opencl:{len(found)}"

    for platform in platforms:
        try:
            for handle in platform.get_devices():
                device = Device(name(), cl, handle)
                found.append(DeviceBackend(device.name, device, device.kind))
        except cl.Error as error:
            why = Unavailable(f"platform {platform.name}: {str(error).strip()}")
            found.append(DeviceBackend(name(), why, "opencl-cpu"))
    return tuple(found) or Unavailable("the OpenCL runtimes that were found have no device")
