# SPDX-License-Identifier: Apache-2.0
"""OpenCL devices as backends: opencl:0, opencl:1, ... in the order of the loader."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from pyaccel.backends.base import Backend, Capabilities, Declined, Parameters, Plan, Unavailable
from pyaccel.backends.opencl_device import Device
from pyaccel.backends.opencl_loader import forked, load
from pyaccel.backends.opencl_plans import HashPlan, MerklePlan
from pyaccel.errors import DeviceError

if TYPE_CHECKING:
    from pyaccel.operations import Operation

_FORM_ALGORITHM = {"bitcoin": "sha256d", "rfc6962": "sha256"}


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
        """A plan for SHA-256, SHA-256d or the Merkle trees over them, its kernels built."""
        probed = self.probe()
        if isinstance(probed, Unavailable):
            return Declined(probed.reason)
        plan = self._plan(operation.name, parameters)
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

    def _plan(self, operation: str, parameters: Parameters) -> HashPlan | MerklePlan | Declined:
        assert isinstance(self._device, Device)
        algorithm = parameters.get("algorithm")
        if operation == "hash_many":
            if algorithm not in ("sha256", "sha256d"):
                return Declined(f"OpenCL has kernels for sha256 and sha256d, not for {algorithm}")
            if parameters.get("key") or parameters.get("context") or parameters.get("digest_size") not in (None, 0, 32):
                return Declined(f"{algorithm} takes neither key nor context and has 32 bytes")
            return HashPlan(self._device, algorithm)
        if operation in ("merkle.root", "merkle.layers"):
            form = parameters.get("form")
            if form not in _FORM_ALGORITHM:
                return Declined(f"OpenCL has kernels for Merkle trees of the forms bitcoin and rfc6962, not {form}")
            if algorithm not in (None, _FORM_ALGORITHM[form]) or parameters.get("limit"):
                return Declined(f"OpenCL has form {form} with {_FORM_ALGORITHM[form]} and without a limit")
            return MerklePlan(self._device, form, whole=operation == "merkle.layers")
        return Declined(f"OpenCL has no kernel for {operation}")
