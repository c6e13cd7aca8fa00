# SPDX-License-Identifier: Apache-2.0
"""verify_many of bip340 on a device with kernels: every signature by itself, its sum by the kernels of ECDSA's.

R = s G - e P is u1 G + u2 Q with u1 = s, u2 = -e and Q = P, whose y is even. The host joins what is hashed (tag, r,
key, message), and looks at R, whose coordinates come back as those of a recovered key do. That an r is no abscissa at
all, which the sum can't tell, is asked only of signatures that are not valid.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pyaccel.backends import device_hash, device_secp256k1
from pyaccel.backends.device_algorithms import KERNELS
from pyaccel.backends.device_keys import EVEN, distinct
from pyaccel.backends.device_reasons import LENGTH, signed_rows, verdicts_and_reasons
from pyaccel.backends.device_rows import FIXED_ROWS, Chunk, chunks, upload_rows
from pyaccel.backends.device_secp256k1 import POINTS, SCALARS, key_tables, point_sums
from pyaccel.backends.pipeline import pipelined
from pyaccel.backends.secp256k1_base import ORDER
from pyaccel.rows import Rows

if TYPE_CHECKING:
    from pyaccel.backends.base import Inputs, Outputs, Parameters
    from pyaccel.backends.device import Device

Bytes = npt.NDArray[np.uint8]
Bools = npt.NDArray[np.bool_]

_ROW, _SIGNATURE, _POINT, _DIGITS_BYTES = 32, 64, 64, 80
_ENCODING, _RANGE, _EQUATION = 3, 4, 5
"""PYACCEL_REASON_*, in the order in which they are said, after LENGTH and that of the key."""
_TAG = np.frombuffer(sha256(b"BIP0340/challenge").digest() * 2, np.uint8)
_HEAD = len(_TAG) + 2 * _ROW
_MINUS_ONE = np.frombuffer((ORDER - 1).to_bytes(_ROW, "little"), np.uint8)


@dataclass(frozen=True)
class _Begun:
    """A chunk whose kernels are launched.

    Attributes:
        first: its first row.
        r: uint8[rows, 32], of the signatures.
        good: bool[rows], whether all lengths of a row are right.
        found, points: buffers of reasons and of the points s G - e P.
    """

    first: int
    r: Bytes
    good: Bools
    found: Any
    points: Any


@dataclass(frozen=True)
class Bip340Plan:
    """verify_many of BIP-340."""

    device: Device

    @classmethod
    def of(cls, device: Device, parameters: Parameters) -> Bip340Plan | str:
        """The plan, or why there is none."""
        rule = str(parameters.get("rule"))
        return cls(device) if rule == "bip340" else f"kernels do not know the rule {rule}"

    @property
    def variant(self) -> str:
        """Device and scheme: opencl:0/bip340."""
        return f"{self.device.name}/bip340"

    def build(self) -> None:
        """Compiles the kernels; DeviceError where that fails."""
        with self.device.batch():
            self.device.build(POINTS)
            self.device.build(SCALARS)
            self.device.build(KERNELS["sha256"].path, FIXED_ROWS)

    def run(self, inputs: Inputs, outputs: Outputs, n: int) -> None:
        """Verdicts of n signatures, and reasons where they are wanted; raises as Plan.run."""
        key_rows, messages, signatures = signed_rows(inputs, n)
        verdicts, reasons = verdicts_and_reasons(outputs, n)
        table_bytes = device_secp256k1.TABLE_BYTES
        most = max(1, min(device_secp256k1.ROWS[self.device.kind], self.device.chunk_bytes // table_bytes))

        def start(chunk: Chunk) -> _Begun:
            last = chunk.first + chunk.count
            which, served = distinct(key_rows, chunk.first, last)
            encoded, good_keys = key_rows.part(which, _ROW)
            signed, good = signatures.part(signatures.of(chunk.first, last), _SIGNATURE)
            r, s = np.ascontiguousarray(signed[:, :_ROW]), np.ascontiguousarray(signed[:, _ROW:])
            of = self._sums(np.ascontiguousarray(encoded), served, r, s, chunk)
            return _Begun(chunk.first, r, good & good_keys[served], *of)

        def finish(begun: _Begun, after: Any) -> None:
            self._compare(reasons[begun.first : begun.first + len(begun.r)], begun, after)

        with self.device.batch():
            whole = chunks("messages", messages, n, self.device.chunk_bytes, most)
            pipelined(self.device, whole, start, finish)
        np.equal(reasons, 0, out=verdicts.view(np.bool_))

    def _sums(
        self, keys: Bytes, served: npt.NDArray[np.uint32], r: Bytes, s: Bytes, messages: Chunk
    ) -> tuple[Any, Any]:
        """Buffers of what is found of a chunk, and of the points s G - e P: row i has key served[i].

        Waits for the kernels of the chunk before, as it brings back what they hash. Inside device.batch().
        """
        device, n = self.device, messages.count
        challenges = self._challenges(_joined(r, keys[served], messages))
        digits = device.allocate(n * _DIGITS_BYTES)
        # u1 = -(s / d) and u2 = e / d for d = -1.
        of = (device.upload(s), device.upload(challenges), device.upload(np.tile(_MINUS_ONE, n)))
        device.launch(SCALARS, "secp256k1_scalars", n, digits, *of, np.uint32(True))
        found = device.allocate(n)  # kernels write to it, as they may not to what is uploaded
        device.write(found, np.where(_below_order(s), 0, _RANGE).astype(np.uint8))
        sums, z = point_sums(device, n, found, self._points(keys), served, digits)
        points, running = device.allocate(n * _POINT), device.allocate(n * _ROW)
        device.launch(POINTS, "secp256k1_invert", n, z, running)
        device.launch(POINTS, "secp256k1_affine", n, points, found, sums, z)
        return found, points

    def _compare(self, reasons: Bytes, begun: _Begun, after: Any) -> None:
        """Fills reasons of a chunk. Inside device.batch()."""
        r, there = begun.r, np.empty((len(begun.r), _POINT), np.uint8)
        self.device.read(there, begun.points, after=after)
        self.device.read(reasons, begun.found, after=after)
        is_r = (there[:, :_ROW] == r).all(axis=1) & (there[:, -1] & 1 == 0)
        reasons[(reasons == 0) & ~is_r] = _EQUATION
        (asked,) = np.nonzero((reasons == _EQUATION) | (reasons == _RANGE))
        if len(asked):
            wrong = np.empty(len(asked), np.uint8)
            self.device.read(wrong, self._points(r[asked])[0])
            reasons[asked[wrong != 0]] = _ENCODING
        reasons[~begun.good] = LENGTH

    def _challenges(self, hashed: Chunk) -> Bytes:
        """e of each row, as kernels take scalars: below the order, lowest byte first."""
        device, kernel = self.device, KERNELS["sha256"]
        rows, digests = upload_rows(device, hashed), device.allocate(hashed.count * _ROW)
        device_hash.launch(device, kernel, hashed.count, digests, rows, rows.data, 0, _ROW)
        found = np.empty((hashed.count, _ROW), np.uint8)
        device.read(found, digests)
        for i in np.flatnonzero(~_below_order(found)):
            reduced = int.from_bytes(found[i].tobytes(), "big") - ORDER
            found[i] = np.frombuffer(reduced.to_bytes(_ROW, "big"), np.uint8)
        return np.ascontiguousarray(found[:, ::-1])

    def _points(self, abscissas: Bytes) -> tuple[Any, Any, Any]:
        """Buffers of what is wrong with each, of tables and common Z of the points whose y is even."""
        m = len(abscissas)
        encoded = np.zeros((m, _POINT), np.uint8)
        encoded[:, :_ROW] = abscissas
        kinds = np.full(m, EVEN, np.uint8)
        return key_tables(self.device, m, self.device.upload(encoded), self.device.upload(kinds))


def _below_order(numbers: Bytes) -> Bools:
    """Whether each of n numbers of 32 bytes, big-endian, is below the order."""
    words = np.ascontiguousarray(numbers).view(">u8")
    order = np.frombuffer(ORDER.to_bytes(_ROW, "big"), ">u8")
    less, equal = np.zeros(len(words), np.bool_), np.ones(len(words), np.bool_)
    for word, bound in zip(words.T, order, strict=True):
        less |= equal & (word < bound)
        equal &= word == bound
    return less


def _joined(r: Bytes, keys: Bytes, messages: Chunk) -> Chunk:
    """Rows tag || r || key || message."""
    n = messages.count
    heads = np.empty((n, _HEAD), np.uint8)
    heads[:, : len(_TAG)] = _TAG
    heads[:, len(_TAG) : -_ROW], heads[:, -_ROW:] = r, keys
    data, offsets, width = messages.data, messages.offsets, messages.width
    if offsets is None:
        rows = np.empty((n, _HEAD + width), np.uint8)
        rows[:, :_HEAD] = heads
        rows[:, _HEAD:] = np.lib.stride_tricks.as_strided(data, (n, width), (messages.stride, 1), writeable=False)
        whole = rows.reshape(-1)
        return Chunk(0, n, Rows(whole, width=_HEAD + width), 0, whole.size, None, _HEAD + width, _HEAD + width)
    moved = offsets - offsets[0] + np.arange(n + 1, dtype=np.uint64) * np.uint64(_HEAD)
    whole = np.empty(int(moved[-1]), np.uint8)
    places = moved[:-1, None] + np.arange(_HEAD, dtype=np.uint64)
    of_message = np.ones(len(whole), np.bool_)
    of_message[places] = False
    whole[places] = heads
    whole[of_message] = data[int(offsets[0]) : int(offsets[-1])]
    return Chunk(0, n, Rows(whole, offsets=moved), 0, whole.size, moved, 0, 0)
