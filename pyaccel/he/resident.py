# SPDX-License-Identifier: Apache-2.0
"""Ciphertexts on a device, where operators on them compute."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pyaccel.backends.base import Unavailable
from pyaccel.backends.device_he import DeviceRing, Resident
from pyaccel.backends.device_he import Shape as RingShape
from pyaccel.errors import DeviceError, SelfTestError, UnsupportedError
from pyaccel.he.ciphertexts import POWERS_OF_TWO, Ciphertexts
from pyaccel.he.native import ffi, lib, make, raise_status
from pyaccel.he.plaintexts import Plaintexts
from pyaccel.he.rotations import element
from pyaccel.scheduler import health
from pyaccel.scheduler.registry import backends_of

if TYPE_CHECKING:
    from pyaccel.he.context import Context
    from pyaccel.he.keys import EvaluationKeys
    from pyaccel.he.plaintexts import Shape

_EXACT = frozenset({"add", "sub", "negate", "sum_batch", "relinearize", "rescale", "mod_switch"})
_COMPUTED = {"bfv": _EXACT, "ckks": _EXACT | {"multiply", "add_plain", "sub_plain", "multiply_plain"}}
"""Functions of the C ABI that devices compute, by scheme."""


class DeviceCiphertexts(Ciphertexts):
    """Ciphertexts whose residues are on a device.

    Every operation is done twice: there on the residues, and natively on an outline, an empty batch of the same level,
    size, scale and noise. So what is tracked and what is refused is what the native backend tracks and refuses.
    """

    __slots__ = ("_outline", "_residues", "_ring")

    def __init__(self, outline: Ciphertexts, ring: DeviceRing, residues: Resident, shape: Shape) -> None:
        self.context = outline.context
        self.shape = shape
        self._info = outline._info
        self._outline = outline
        self._ring = ring
        self._residues = residues

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
        return self._ring.device.name

    def __len__(self) -> int:
        """How many ciphertexts."""
        return self._residues.count

    def __repr__(self) -> str:
        return f"{super().__repr__()[:-1]}, on {self.device})"

    def fetched(self) -> Ciphertexts:
        """The ciphertexts in this process's memory."""
        here = self._here()
        words = self._ring.download(here) if here.count else np.empty(0, np.uint64)
        info = self._info
        data = ffi.from_buffer("uint64_t[]", words) if words.size else ffi.NULL
        sizes = (words.size, here.count, here.size, here.level)
        tracked = (info.scale, info.factor, info.noise_bits)
        handle = make("ciphertexts", "ciphertexts_of_residues", self.context.native, data, *sizes, *tracked)
        return Ciphertexts(self.context, handle, self.shape)

    # ---- what the native class asks C for ----

    def _computed(self, function: str, *operands: Any, shape: Shape | None = None) -> Ciphertexts:
        scheme = self.context.scheme
        if function not in _COMPUTED[scheme]:
            raise UnsupportedError(f"{function} of {scheme} is not computed on {self.device}: {_MEND}")
        if function in ("add", "sub") and scheme == "bfv" and operands[0].level != self.level:
            level = min(operands[0].level, self.level)
            return self.mod_switch(level)._computed(function, operands[0].mod_switch(level), shape=shape)
        if function == "sum_batch":
            outline = _added_up(self._outline, len(self))
        else:
            outline = self._outline._computed(function, *map(self._outline_of, operands))
        counts = [len(x) for x in (self, *operands) if isinstance(x, (Ciphertexts, Plaintexts))]
        compute = partial(self._on_device, function, *operands)
        return self._made(outline, shape or self.shape, compute, empty=0 in counts)

    def _on_device(self, function: str, *operands: Any) -> Resident:
        ring, here = self._ring, self._here()
        if function == "sum_batch":
            return ring.sum(here)
        if function == "negate":
            return ring.elements("sub", None, here)
        if function == "rescale":
            return ring.rescale(here)
        if function == "relinearize":
            return ring.relinearized(here, self._key(operands[0], 0))
        if function == "mod_switch":
            if self.context.scheme == "ckks":
                return ring.lowered(here, operands[0])
            while here.level > operands[0]:
                here = ring.rescale(here)
            return here
        if function == "multiply":
            other, keys, rescale = operands
            if keys is None:
                return ring.tensor(here, other._here())
            return ring.multiply(here, other._here(), self._key(keys, 0), rescale=bool(rescale))
        (other,) = operands
        there = self._uploaded(other) if isinstance(other, Plaintexts) else other._here()
        operation = {"add": "add", "sub": "sub", "multiply": "mul"}[function.removesuffix("_plain")]
        if operation != "mul":
            here, there = self._lifted(here, self.scale, other.scale), self._lifted(there, other.scale, self.scale)
        return ring.elements(operation, here, there)

    def _rotated(self, elements: list[int], keys: EvaluationKeys, shape: Shape, mend: str) -> Ciphertexts:
        def rotate() -> Resident:
            here, ring = self._here(), self._ring
            turned = [here if e == 1 else ring.rotate(here, e, self._key(keys, e)) for e in elements]
            return ring.concatenated(turned)

        # The outline first: it names the rotation that there is no key for.
        outline = self._outline._rotated(elements, keys, shape, mend)
        return self._made(outline, shape, rotate, empty=not elements or not len(self))

    def _summed(self, keys: EvaluationKeys, shape: Shape) -> Ciphertexts:
        context = self.context
        elements = [element(context, 1 << k) for k in range(context.row.bit_length() - 1)]
        if context.scheme != "ckks":
            elements.append(2 * context.degree - 1)
        total: Ciphertexts = self
        for e in elements:
            total = total._computed("add", total._rotated([e], keys, shape, POWERS_OF_TWO), shape=shape)
        return total

    def _taken(self, positions: npt.NDArray[np.uint64], shape: Shape) -> Ciphertexts:
        def take() -> Resident:
            return self._ring.taken(self._here(), positions)

        return self._made(self._outline, shape, take, empty=not positions.size)

    def _joined(self, batches: Sequence[Ciphertexts], shape: Shape) -> Ciphertexts:
        def join() -> Resident:
            return self._ring.concatenated([batch._here() for batch in held if len(batch)])

        outline = self._outline._joined([self._outline_of(batch) for batch in batches], shape)
        held = [batch for batch in batches if isinstance(batch, DeviceCiphertexts)]
        return self._made(outline, shape, join, empty=not any(map(len, held)))

    def _for_product(self) -> Ciphertexts:
        return self

    # ---- helpers ----

    def _made(
        self, outline: Ciphertexts, shape: Shape, compute: Callable[[], Resident], *, empty: bool
    ) -> DeviceCiphertexts:
        residues = Resident(None, 0, outline.size, outline.level) if empty else compute()
        assert (residues.size, residues.level) == (outline.size, outline.level)
        return DeviceCiphertexts(outline, self._ring, residues, shape)

    def _here(self) -> Resident:
        """The residues, while the device still has them."""
        if self._ring.lost:
            raise DeviceError(
                f"{self.device} failed and was started anew: ciphertexts on it are gone; .to() them again"
            )
        return self._residues

    def _outline_of(self, operand: Any) -> Any:
        """What an operand is to an outline."""
        if isinstance(operand, Ciphertexts):
            if not isinstance(operand, DeviceCiphertexts) or operand._ring.device is not self._ring.device:
                raise UnsupportedError(
                    f"ciphertexts on {self.device} and on {operand.device}: bring both to one, .to({self.device!r})"
                )
            return operand._outline
        if isinstance(operand, Plaintexts):
            return operand.context.encode(np.zeros((0, 1)), level=operand.level, scale=operand.scale)
        return operand

    def _uploaded(self, plaintexts: Plaintexts) -> Resident:
        level, rows = plaintexts.level, self._ring.shape.level_end[plaintexts.level]
        words = _residues("plaintexts_residues", plaintexts.native)
        return self._ring.upload(words.reshape(len(plaintexts), 1, rows, self.context.degree), level)

    def _lifted(self, residues: Resident, scale: float, other: float) -> Resident:
        """A summand, where its scale is the smaller one times the integer that makes the other of it."""
        lift = lib.pyaccel_he_lift(scale, other)
        if scale >= other or lift == 1:
            return residues
        one = self.context.encode(1.0, level=residues.level, scale=lift)
        return self._ring.elements("mul", residues, self._uploaded(one))

    def _key(self, keys: EvaluationKeys, element: int) -> Any:
        """A key on the device, brought there once."""
        ring = self._ring
        held = ring.keys.setdefault(keys, {})
        if element not in held:
            primes, degree = len(ring.shape.primes), self.context.degree
            words = _residues("evaluation_keys_residues", keys.native, element)
            held[element] = ring.upload_key(words.reshape(-1, 2, primes, degree))
        return held[element]


_MEND = ".to('native') first"


def moved(ciphertexts: Ciphertexts, device: str) -> Ciphertexts:
    """Ciphertexts.to."""
    if device == ciphertexts.device:
        return ciphertexts
    if isinstance(ciphertexts, DeviceCiphertexts):
        ciphertexts = ciphertexts.fetched()
    if device == "native":
        return ciphertexts
    context = ciphertexts.context
    if device == "auto":
        raise ValueError("device 'auto': ciphertexts go where they are told: 'native', or one of pyaccel.devices()")
    ring = _ring(context, device)
    words = _residues("ciphertexts_residues", ciphertexts.native)
    count, size, level = len(ciphertexts), ciphertexts.size, ciphertexts.level
    rows = words.reshape(count, size, ring.shape.level_end[level], context.degree)
    resident = ring.upload(rows, level) if count else Resident(None, 0, size, level)
    outline = Ciphertexts._taken(ciphertexts, np.empty(0, np.uint64), ciphertexts.shape)
    return DeviceCiphertexts(outline, ring, resident, ciphertexts.shape)


def _ring(context: Context, name: str) -> DeviceRing:
    """The context on a device, made once."""
    from pyaccel.backends.device import DeviceBackend

    backend = backends_of(name)[0]
    if not isinstance(backend, DeviceBackend):
        raise UnsupportedError(f"device {name!r} keeps no ciphertexts: 'native', or one that runs OpenCL or CUDA")
    if context.scheme not in _COMPUTED:
        raise UnsupportedError(f"{context.scheme} is not computed on {backend.name}: {', '.join(_COMPUTED)} are")
    assert not isinstance(backend._device, Unavailable)
    if reason := health.quarantined(backend):
        raise SelfTestError(f"{backend.name} is not used any more: {reason}")
    _prove(backend.name, context.scheme)
    ring = context.rings.get(backend.name)
    if ring is None or ring.lost or ring.device is not backend._device:
        shape = RingShape(context.degree, context.primes, context._level_end, context._digit_end)
        ring = context.rings[backend.name] = DeviceRing(backend._device, shape)
    return ring


_verdicts: dict[tuple[str, str], str] = {}
"""What each device answered wrongly, by scheme; empty: nothing."""
_proving = threading.RLock()


def _prove(device: str, scheme: str) -> None:
    """Asks a device for known answers before it is used for a scheme, once.

    Raises:
        SelfTestError: it gave a wrong one.
    """
    from pyaccel.he.known_answers import ANSWERS

    with _proving:
        if (device, scheme) not in _verdicts:
            _verdicts[device, scheme] = ""  # the questions come here themselves
            try:
                (answer,) = (answer for answer in ANSWERS if answer.scheme == scheme)
                _verdicts[device, scheme] = answer.check(device) or ""
            except BaseException:
                del _verdicts[device, scheme]
                raise
        wrong = _verdicts[device, scheme]
    if wrong:
        raise SelfTestError(f"{device} is not used for {scheme}: {wrong}")


def _residues(function: str, *arguments: Any) -> npt.NDArray[np.uint64]:
    """All words that pyaccel_he_FUNCTION(residues, words, arguments...) gives."""
    call, words = getattr(lib, f"pyaccel_he_{function}"), ffi.new("uint64_t *")
    status = call(ffi.NULL, words, *arguments)
    out = np.empty(int(words[0]), np.uint64)
    status = status or call(ffi.from_buffer("uint64_t[]", out) if out.size else ffi.NULL, words, *arguments)
    if status:
        raise_status(f"he.{function}", status)
    return out


def _added_up(one: Ciphertexts, count: int) -> Ciphertexts:
    """The outline of a sum of `count` ciphertexts: additions track the noise of one as they do of the other."""
    if count < 2:
        return one if count else one._computed("sum_batch")  # which refuses an empty batch
    half = _added_up(one, count // 2)
    twice = half._computed("add", half)
    return twice._computed("add", one) if count % 2 else twice
