# SPDX-License-Identifier: Apache-2.0
"""What a backend is: it proves itself, prepares plans or declines, and runs them on buffers.

Each module of this folder offers `discover() -> tuple[Backend, ...] | Unavailable`: the devices of its kind, or
why there are none, with the mend. The scheduler calls it when the kind is first wanted; it may be slow then, and
its result is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from pyaccel.operations import Operation

Parameters = Mapping[str, Any]
"""Parameters of an operation by name; hashable values only."""


@dataclass(frozen=True)
class Capabilities:
    """What a backend that works says of itself.

    Attributes:
        device: the device's own name ("Intel Xeon", "NVIDIA H100").
        detail: further facts for `pyaccel info`, name to text (driver, compute units, variants).
        memory: bytes of device memory, 0 where it is the host's.
    """

    device: str
    detail: Mapping[str, str] = field(default_factory=dict)
    memory: int = 0


@dataclass(frozen=True)
class Unavailable:
    """Why a backend can't be used here, in words for a person, with the mend."""

    reason: str


@dataclass(frozen=True)
class Declined:
    """Why a backend doesn't run an operation under some parameters; the scheduler goes on to the next."""

    reason: str


@dataclass(frozen=True)
class Buffer:
    """Bytes on some device.

    Attributes:
        device: name of the backend that holds them ("native": host memory).
        data: the backend's own handle; host memory: Rows (inputs) or a contiguous uint8 array (outputs).
        layout: form tag, "canonical" unless an operation defines others.
    """

    device: str
    data: Any
    layout: str = "canonical"


Inputs = Mapping[str, Any]
"""Input by name: Rows, PreparedKeys, an array of numbers, a Buffer or None, as the operation's shapes say."""

Outputs = Mapping[str, Any]
"""Output by name: a contiguous uint8 array, a Buffer, or None where it is not wanted."""


class Implementation(Protocol):
    """What computes batches, as tables, metrics and traces name it."""

    @property
    def variant(self) -> str:
        """Which implementation runs ("avx512", "opencl:0/sha256", ...)."""
        ...


class Plan(Implementation, Protocol):
    """An operation under fixed parameters, ready to run any number of times, from any thread."""

    def run(self, inputs: Inputs, outputs: Outputs, n: int) -> None:
        """Computes all n rows of outputs from inputs.

        Raises:
            pyaccel.errors.DeviceError: the device failed; outputs are then undefined and the scheduler redoes
                the rows elsewhere.
            ValueError: an argument is wrong, in words that name it.
        """
        ...


class Backend(Protocol):
    """One device that runs operations.

    It may also have, where other packages bring it (`pyaccel.scheduler.add_backend`):

    - `resource`, text: the silicon that it keeps busy. Batches are divided only over backends with different ones.
    - `curve(operation, of) -> pyaccel.scheduler.curves.Curve | None`: what a class of an operation costs, until it is
      measured. Without one, and until then, "auto" leaves it out.
    """

    def __hash__(self) -> int:
        """By identity: what is known of a backend is kept by it."""
        ...

    @property
    def kind(self) -> str:
        """Which shipped cost curves hold: "native", "golden", "opencl-cpu", "opencl-gpu" or "cuda-gpu"."""
        ...

    @property
    def name(self) -> str:
        """Spelling in `device=`: "native", "golden", "opencl:0"."""
        ...

    def probe(self) -> Capabilities | Unavailable:
        """Proves that the device works, by running something. Cheap after the first call."""
        ...

    def prepare(self, operation: Operation, parameters: Parameters) -> Plan | Declined:
        """Makes a plan (cached by the scheduler per operation and parameters), or declines with a reason."""
        ...
