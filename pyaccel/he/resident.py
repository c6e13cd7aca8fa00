# SPDX-License-Identifier: Apache-2.0
"""Ciphertexts on a device, where operators on them compute."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pyaccel.backends.device import DeviceBackend
from pyaccel.backends.device_he import DeviceRing, Resident
from pyaccel.errors import DeviceError, SelfTestError, UnsupportedError
from pyaccel.he.ciphertexts import Ciphertexts
from pyaccel.he.native import ffi, lib, make, residues
from pyaccel.he.operations import declined
from pyaccel.he.origins import MOST_STEPS, Had, Origin, Which, row_by_row
from pyaccel.he.places import Place
from pyaccel.he.plaintexts import Plaintexts
from pyaccel.he.rotations import element
from pyaccel.scheduler.registry import backends_of, check_name

if TYPE_CHECKING:
    from pyaccel.backends.base import Backend
    from pyaccel.he.context import Context
    from pyaccel.he.keys import EvaluationKeys
    from pyaccel.he.plaintexts import Shape

Compute = Callable[..., Resident]
"""Takes the ring on a device and the residues of each operand there."""

_MEND = ".to('native') first"


class DeviceCiphertexts(Ciphertexts):
    """Ciphertexts whose residues are on a device, or were, or will be.

    Every operation is done twice: there on the residues, and natively on an outline, an empty batch of the same level,
    size, scale and noise. So what is tracked and what is refused is what the native backend tracks and refuses. What
    the device fails at is computed natively, and goes there when it is next computed with.
    """

    __slots__ = ("_on", "_origin", "_place")

    def __init__(self, origin: Origin, place: Place, on: tuple[DeviceRing, Resident] | None, shape: Shape) -> None:
        self.context = origin.outline.context
        self.shape = shape
        self._info = origin.outline._info
        self._origin = origin
        self._place = place
        self._on = on

    @property
    def native(self) -> Any:
        """There is none: whatever asks for it computes natively.

        Raises:
            UnsupportedError: always.
        """
        raise UnsupportedError(f"these ciphertexts are on {self.device}, and this is computed natively: {_MEND}")

    @property
    def device(self) -> str:
        """Name of the device."""
        return self._place.name

    def __len__(self) -> int:
        """How many ciphertexts."""
        return self._origin.count

    def __repr__(self) -> str:
        return f"{super().__repr__()[:-1]}, on {self.device})"

    def fetched(self) -> Ciphertexts:
        """The ciphertexts in this process's memory.

        Raises:
            DeviceError: the device failed, and they are not recoverable.
        """
        origin = self._origin
        batch = origin.held or (self._brought_back() if len(self) else origin.outline)
        if origin.recoverable:
            origin.hold(batch)
        return Ciphertexts(self.context, batch.native, self.shape)

    def _brought_back(self) -> Ciphertexts:
        place, info = self._place, self._info
        try:
            ring = place.ring
            words = place.download(ring, self._still_on(ring), self._origin)
        except DeviceError as error:
            return place.instead("download", self._origin, error)
        data = ffi.from_buffer("uint64_t[]", words)
        sizes = (words.size, len(self), self.size, self.level)
        tracked = (info.scale, info.factor, info.noise_bits)
        handle = make("ciphertexts", "ciphertexts_of_residues", self.context.native, data, *sizes, *tracked)
        return Ciphertexts(self.context, handle, self.shape)

    # ---- what the native class asks C for ----

    def _computed(self, function: str, *operands: Any, shape: Shape | None = None) -> Ciphertexts:
        scheme = self.context.scheme
        self._require(function)
        if function in ("add", "sub") and scheme == "bfv" and operands[0].level != self.level:
            level = min(operands[0].level, self.level)
            return self.mod_switch(level)._computed(function, operands[0].mod_switch(level), shape=shape)
        batches = self._here([self, *(x for x in operands if isinstance(x, Ciphertexts))])
        held = [x._origin if isinstance(x, DeviceCiphertexts) else x for x in (self, *operands)]
        counts = [len(x) for x in held if isinstance(x, (Origin, Plaintexts))]
        count = 0 if 0 in counts else max(counts)

        def natively(first: Ciphertexts, *others: Any) -> Ciphertexts:
            return first._computed(function, *others)

        origins = [batch._origin for batch in batches]
        if function == "sum_batch":
            outline = _added_up(self._origin.outline, len(self))
            origin = Origin.of(function, 1, origins, lambda _, had: natively(had(held[0], None)), outline)
        else:
            origin = Origin.of(function, count, origins, row_by_row(count, held, natively))
        compute = partial(self._on_device, function, operands)
        return self._made(function, origin, batches, compute, shape or self.shape)

    def _on_device(
        self, function: str, operands: tuple[Any, ...], ring: DeviceRing, here: Resident, *others: Resident
    ) -> Resident:
        if function == "sum_batch":
            return ring.sum(here)
        if function == "negate":
            return ring.elements("sub", None, here)
        if function == "rescale":
            return ring.rescale(here)
        if function == "relinearize":
            return ring.relinearized(here, self._key(ring, operands[0], 0))
        if function == "mod_switch":
            if self.context.scheme == "ckks":
                return ring.lowered(here, operands[0])
            while here.level > operands[0]:
                here = ring.rescale(here)
            return here
        if function == "multiply":
            _, keys, rescale = operands
            (other,) = others
            if keys is None:
                return ring.tensor(here, other)
            return ring.multiply(here, other, self._key(ring, keys, 0), rescale=bool(rescale))
        operation = {"add": "add", "sub": "sub", "multiply": "mul"}[function.removesuffix("_plain")]
        (operand,) = operands
        (there,) = others or (self._uploaded(ring, operand),)
        if operation != "mul":
            here = self._scaled(ring, here, self.scale, operand.scale)
            there = self._scaled(ring, there, operand.scale, self.scale)
        return ring.elements(operation, here, there)

    def _rotated(self, elements: list[int], keys: EvaluationKeys, shape: Shape, mend: str) -> Ciphertexts:
        def natively(by: int, batch: Ciphertexts) -> Ciphertexts:
            return batch._rotated([by], keys, shape, mend)

        def rotate(by: int, ring: DeviceRing, here: Resident) -> Resident:
            return ring.rotate(here, by, self._key(ring, keys, by))

        if not elements:
            return self._taken(np.empty(0, np.uint64), shape)
        turned: list[Ciphertexts] = []
        for by in elements:
            if by == 1:
                turned.append(self)
                continue
            again = row_by_row(len(self), [self._origin], partial(natively, by))
            origin = Origin.of("rotate", len(self), [self._origin], again)
            turned.append(self._made("rotate", origin, [self], partial(rotate, by), shape))
        return turned[0] if len(turned) == 1 else self._joined(turned, shape)

    def _summed(self, keys: EvaluationKeys, shape: Shape) -> Ciphertexts:
        context = self.context
        elements = [element(context, 1 << k) for k in range(context.row.bit_length() - 1)]
        if context.scheme != "ckks":
            elements.append(2 * context.degree - 1)

        def natively(batch: Ciphertexts) -> Ciphertexts:
            return batch._summed(keys, shape)

        def add_up(ring: DeviceRing, total: Resident) -> Resident:
            for e in elements:
                total = ring.elements("add", total, ring.rotate(total, e, self._key(ring, keys, e)))
            return total

        origin = Origin.of("sum_slots", len(self), [self._origin], row_by_row(len(self), [self._origin], natively))
        return self._made("sum_slots", origin, [self], add_up, shape)

    def _taken(self, positions: npt.NDArray[np.uint64], shape: Shape) -> Ciphertexts:
        from_here = self._origin

        def again(which: Which, had: Had) -> Ciphertexts:
            wanted = positions if which is None else positions[which]
            once, places = np.unique(wanted.astype(np.int64), return_inverse=True)
            taken: Ciphertexts = had(from_here, once)
            return taken._taken(places.astype(np.uint64), shape)

        def take(ring: DeviceRing, here: Resident) -> Resident:
            return ring.taken(here, positions)

        origin = Origin.of("take", positions.size, [from_here], again, from_here.outline)
        return self._made("take", origin, [self], take, shape)

    def _joined(self, batches: Sequence[Ciphertexts], shape: Shape) -> Ciphertexts:
        some = self._here(batches)
        origins = [batch._origin for batch in some]
        ends = np.cumsum([len(origin) for origin in origins], dtype=np.int64)

        def again(which: Which, had: Had) -> Ciphertexts:
            parts = []
            for origin, end in zip(origins, ends, strict=True):
                first = end - len(origin)
                rows = None if which is None else which[(which >= first) & (which < end)] - first
                if rows is None or rows.size:
                    parts.append(had(origin, rows))
            joined: Ciphertexts = parts[0]._joined(parts, shape)
            return joined

        def join(ring: DeviceRing, *here: Resident) -> Resident:
            return ring.concatenated([one for one in here if one.count])

        origin = Origin.of("concatenate", int(ends[-1]), origins, again)
        return self._made("concatenate", origin, some, join, shape)

    def _for_product(self) -> Ciphertexts:
        self._require("multiply")
        return self

    # ---- helpers ----

    def _require(self, function: str) -> None:
        """Raises UnsupportedError where the device does not compute a function of the C ABI."""
        scheme = self.context.scheme
        if reason := declined(scheme, function):
            raise UnsupportedError(f"{function} of {scheme} is not computed on {self.device}: {_MEND}; {reason}")

    def _made(
        self, function: str, origin: Origin, batches: Sequence[DeviceCiphertexts], compute: Compute, shape: Shape
    ) -> DeviceCiphertexts:
        """What a function makes of batches: on the device, or where that fails natively."""
        place = self._place
        made = DeviceCiphertexts(origin, place, None, shape)
        if not origin.count:
            return made
        try:
            ring = place.ring
            here = [batch._residues(ring) for batch in batches]
            size = max(len(origin), *map(len, batches))
            found = place.run(function, ring, size, lambda: compute(ring, *here))
            assert (found.size, found.level) == (origin.outline.size, origin.outline.level)
            made._on = (ring, found)
        except DeviceError as error:
            place.instead(function, origin, error)
        if origin.steps > MOST_STEPS:
            made.fetched()
        return made

    def _residues(self, ring: DeviceRing) -> Resident:
        """The residues on a ring, brought there where they are not.

        Raises:
            DeviceError: the device fails, or lost them and they are not recoverable.
        """
        if not len(self):
            return Resident(None, 0, self.size, self.level)
        if self._origin.recoverable and not self._is_on(ring):
            self._on = ring, self._sent(ring, self._origin.natively())
        return self._still_on(ring)

    def _is_on(self, ring: DeviceRing) -> bool:
        """Whether the residues are on the device of a ring: it may be that of an equal context."""
        on = self._on
        return on is not None and on[0].device is ring.device and not on[0].lost

    def _still_on(self, ring: DeviceRing) -> Resident:
        """The residues on the device of a ring; DeviceError where they are not."""
        if self._on is None or not self._is_on(ring):
            why = "" if self._origin.recoverable else ", and recoverable=False kept nothing here; .to() them again"
            raise DeviceError(f"{self.device} failed and was started anew: ciphertexts on it are gone{why}")
        return self._on[1]

    def _sent(self, ring: DeviceRing, batch: Ciphertexts) -> Resident:
        """A batch on a ring."""
        rows = ring.shape.level_end[batch.level]
        words = residues("ciphertexts_residues", batch.native)
        words = words.reshape(len(batch), batch.size, rows, self.context.degree)
        return self._place.run("upload", ring, len(batch), lambda: ring.upload(words, batch.level))

    def _here(self, batches: Sequence[Ciphertexts]) -> list[DeviceCiphertexts]:
        """That batches are on the device of this one.

        Raises:
            UnsupportedError: one is elsewhere.
        """
        some = []
        for batch in batches:
            if not isinstance(batch, DeviceCiphertexts) or batch.device != self.device:
                raise UnsupportedError(
                    f"ciphertexts on {self.device} and on {batch.device}: bring both to one, .to({self.device!r})"
                )
            some.append(batch)
        return some

    def _uploaded(self, ring: DeviceRing, plaintexts: Plaintexts) -> Resident:
        level, rows = plaintexts.level, ring.shape.level_end[plaintexts.level]
        words = residues("plaintexts_residues", plaintexts.native)
        return ring.upload(words.reshape(len(plaintexts), 1, rows, self.context.degree), level)

    def _scaled(self, ring: DeviceRing, residues: Resident, scale: float, other: float) -> Resident:
        """A summand, where its scale is the smaller one times the integer that makes the other of it."""
        ratio = lib.pyaccel_he_scale_ratio(scale, other)
        if scale >= other or ratio == 1:
            return residues
        one = self.context.encode(1.0, level=residues.level, scale=ratio)
        return ring.elements("mul", residues, self._uploaded(ring, one))

    def _key(self, ring: DeviceRing, keys: EvaluationKeys, element: int) -> Any:
        """A key on the device, brought there once."""
        held = ring.keys.setdefault(keys, {})
        if element not in held:
            primes, degree = len(ring.shape.primes), self.context.degree
            words = residues("evaluation_keys_residues", keys.native, element)
            held[element] = ring.upload_key(words.reshape(-1, 2, primes, degree))
        return held[element]


def moved(ciphertexts: Ciphertexts, device: str, *, recoverable: bool = True) -> Ciphertexts:
    """Ciphertexts.to."""
    check_name(device)
    if device == ciphertexts.device:
        return ciphertexts
    if device == "auto":
        raise ValueError("device 'auto': ciphertexts go where they are told: 'native', or one of pyaccel.devices()")
    if isinstance(ciphertexts, DeviceCiphertexts):
        ciphertexts = ciphertexts.fetched()
    backend = backends_of(device)[0]
    if backend.name == "native":
        return ciphertexts
    return brought(ciphertexts, place_of(ciphertexts.context, backend), recoverable=recoverable)


def brought(ciphertexts: Ciphertexts, place: Place, *, recoverable: bool = True) -> DeviceCiphertexts:
    """Native ciphertexts at a place."""
    outline = Ciphertexts._taken(ciphertexts, np.empty(0, np.uint64), ciphertexts.shape)
    origin = Origin(len(ciphertexts), outline, ciphertexts if recoverable else None)
    there = DeviceCiphertexts(origin, place, None, ciphertexts.shape)
    if not origin.count:
        return there
    try:
        ring = place.ring
        there._on = ring, there._sent(ring, ciphertexts)
    except DeviceError as error:
        if refused := place.refused():
            raise SelfTestError(f"{place.name} is not used any more: {refused}") from error
        place.instead("upload", origin, error)
    return there


def refusal(backend: Backend, scheme: str, function: str) -> str | None:
    """Why a backend does not compute a function of the C ABI on ciphertexts of a scheme; None where it does."""
    if backend.kind == "native":
        return None
    if backend.kind == "golden":
        return (
            "it keeps no ciphertexts: pyaccel.golden.he_evaluate, which made the known answers, takes Python integers"
        )
    if not isinstance(backend, DeviceBackend):
        return "it keeps no ciphertexts; the CPU does, and devices that run OpenCL or CUDA do"
    return declined(scheme, function)


def place_of(context: Context, backend: Backend) -> Place:
    """The context on a device, made once.

    Raises:
        UnsupportedError: the device keeps no ciphertexts, or computes nothing of this scheme.
    """
    if reason := refusal(backend, context.scheme, "add"):
        raise UnsupportedError(f"{context.scheme} is not computed on {backend.name}: {reason}")
    return context.places.setdefault(backend.name, Place(context, backend))


def _added_up(one: Ciphertexts, count: int) -> Ciphertexts:
    """The outline of a sum of `count` ciphertexts: additions track the noise of one as they do of the other."""
    if count < 2:
        return one if count else one._computed("sum_batch")  # which refuses an empty batch
    half = _added_up(one, count // 2)
    twice = half._computed("add", half)
    return twice._computed("add", one) if count % 2 else twice
