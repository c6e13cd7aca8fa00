# SPDX-License-Identifier: Apache-2.0
"""OpenCL devices as backends: opencl:0, opencl:1, ... in the order of the loader."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from pyaccel.backends.base import Backend, Capabilities, Declined, Parameters, Plan, Unavailable
from pyaccel.backends.device_plans import plan_of
from pyaccel.backends.opencl_device import Device
from pyaccel.backends.opencl_loader import forked, load
from pyaccel.errors import DeviceError

if TYPE_CHECKING:
    from pyaccel.operations import Operation


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
                found.append(OpenCLBackend(device.name, device))
        except cl.Error as error:
            found.append(OpenCLBackend(name(), Unavailable(f"platform {platform.name}: {str(error).strip()}")))
    return tuple(found) or Unavailable("the OpenCL runtimes that were found have no device")


class OpenCLBackend:
    """One device. Used from any thread; in a child forked after OpenCL was loaded it declines everything."""

    def __init__(self, name: str, device: Device | Unavailable) -> None:
        """Args: name: spelling in `device=`; device: the device, or why it has none."""
        self._name = name
        self._device = device
        self._lock = threading.Lock()
        self._probed: Capabilities | Unavailable | None = None

    @property
    def name(self) -> str:
        """As `device=` spells it: opencl:0, opencl:1, and so on."""
        return self._name

    @property
    def kind(self) -> str:
        """Either opencl-cpu or opencl-gpu."""
        return self._device.kind if isinstance(self._device, Device) else "opencl-cpu"

    def probe(self) -> Capabilities | Unavailable:
        """Builds and runs a small kernel, once, and compares what it computes."""
        if lost := forked():
            return lost
        with self._lock:
            if self._probed is None:
                self._probed = self._prove()
            return self._probed

    def prepare(self, operation: Operation, parameters: Parameters) -> Plan | Declined:
        """A plan for what has kernels, those built."""
        probed = self.probe()
        if isinstance(probed, Unavailable):
            return Declined(probed.reason)
        assert isinstance(self._device, Device)
        plan = plan_of(self._device, operation, parameters)
        if not isinstance(plan, Declined):
            try:
                plan.build()
            except DeviceError as error:
                return Declined(str(error))
        return plan

    def _prove(self) -> Capabilities | Unavailable:
        if isinstance(self._device, Unavailable):
            return self._device
        proved = self._device.prove()
        if isinstance(proved, Unavailable):
            return Unavailable(f"it does not pass its first test: {proved.reason}")
        return Capabilities(proved, self._device.facts(), self._device.memory)
