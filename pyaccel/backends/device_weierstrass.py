# SPDX-License-Identifier: Apache-2.0
"""verify_many of p256-ecdsa, p384-ecdsa and sm2 on a device with kernels: every signature by itself, under every rule.

As device_secp256k1.py: the host tells keys apart by their lengths and prefixes, and leaves all arithmetic to the
device. SM2's ZA is hashed once for each key and identity of a chunk, there too.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pyaccel.backends import device_hash
from pyaccel.backends.device_algorithms import KERNELS
from pyaccel.backends.device_kept import constant, kept_on, upload_numbers, whole_words
from pyaccel.backends.device_keys import WHOLE, Keys, distinct
from pyaccel.backends.device_reasons import Begun, find_reasons, signed_rows, verdicts_and_reasons
from pyaccel.backends.device_rows import (
    FIXED_ROWS,
    Chunk,
    DeviceRows,
    HostRows,
    chunks,
    upload_rows,
)
from pyaccel.backends.weierstrass_base import Point, odd_multiples, packed
from pyaccel.rows import as_rows
from pyaccel.scheme import LONGEST_IDENTITY, SCHEMES

if TYPE_CHECKING:
    from pyaccel.backends.base import Inputs, Outputs, Parameters
    from pyaccel.backends.device import Device

Bytes = npt.NDArray[np.uint8]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class _Curve:
    """What the host has to know of a curve of a = -3.

    Attributes:
        stem: of its kernels.
        size: bytes of a coordinate and of a scalar.
        p, b, g: prime, constant coefficient and generator.
    """

    stem: str
    size: int
    p: int
    b: int
    g: Point

    @property
    def points(self) -> str:
        return f"verify/{self.stem}.cl"

    @property
    def scalars(self) -> str:
        return f"verify/{self.stem}_scalars.cl"

    @property
    def table_bytes(self) -> int:
        """Of a key: x and y of 8 multiples."""
        return 16 * self.size

    @property
    def digits_bytes(self) -> int:
        """Of a signature: DIGIT_WORDS words."""
        return 2 * (self.size + 4)


_CURVES = {
    "p256-ecdsa": _Curve(
        "p256",
        32,
        2**256 - 2**224 + 2**192 + 2**96 - 1,
        0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
        (
            0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
            0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
        ),
    ),
    "p384-ecdsa": _Curve(
        "p384",
        48,
        2**384 - 2**128 - 2**96 + 2**32 - 1,
        0xB3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875AC656398D8A2ED19D2A85C8EDD3EC2AEF,
        (
            0xAA87CA22BE8B05378EB1C71EF320AD746E1D3B628BA79B9859F741E082542A385502F25DBF55296C3A545E3872760AB7,
            0x3617DE4A96262C6F5D9E98BF9292DC29F8F41DBD289A147CE9DA3113B5F0B8C00A60B1CE1D7E819D7A431D7C90EA0E5F,
        ),
    ),
    "sm2": _Curve(
        "sm2",
        32,
        2**256 - 2**224 - 2**96 + 2**64 - 1,
        0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93,
        (
            0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
            0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
        ),
    ),
}

ROWS = {"opencl-cpu": 1 << 12, "opencl-gpu": 1 << 16, "cuda-gpu": 1 << 16}
"""Most signatures at once: as many as keep the device busy."""
_DEFAULT_IDENTITY = np.frombuffer(b"1234567812345678", np.uint8)
"""GM/T 0009-2012."""


@cache
def base_rows(scheme: str) -> npt.NDArray[np.uint32]:
    """x, y of (2 k + 1) G in Montgomery form, k < ENTRIES: uint32[2 * ENTRIES, words], least significant first."""
    curve = _CURVES[scheme]
    form = 1 << 8 * curve.size
    points = odd_multiples(curve.p, -3, curve.g)
    return packed((number * form % curve.p for point in points for number in point), curve.size // 4)


@dataclass(frozen=True)
class WeierstrassPlan:
    """verify_many of one of these schemes under one rule, with one format and hash."""

    device: Device
    scheme: str
    rule: str
    key_format: str
    signature_format: str
    message_hash: str | None

    @classmethod
    def of(cls, device: Device, parameters: Parameters) -> WeierstrassPlan | str:
        """The plan, or why there is none."""
        scheme = str(parameters["scheme"])
        row = SCHEMES[scheme]
        known: dict[str, tuple[str | None, ...]] = {
            "rule": row.rules,
            "key_format": row.key_formats,
            "signature_format": row.signature_formats,
            "message_hash": row.message_hashes,
        }
        values: dict[str, Any] = {name: parameters.get(name) or choices[0] for name, choices in known.items()}
        for name, choices in known.items():
            if values[name] not in choices:
                return f"kernels do not know the {name} {values[name]} of {scheme}"
        return cls(device, scheme, **values)

    @property
    def variant(self) -> str:
        """Device and scheme: opencl:0/p256-ecdsa."""
        return f"{self.device.name}/{self.scheme}"

    @property
    def _hash(self) -> str | None:
        """What the device hashes with; None: nothing."""
        hashed = "sm3" if self.scheme == "sm2" and self.message_hash is None else self.message_hash
        return None if hashed == "none" else hashed

    def build(self) -> None:
        """Compiles the kernels; DeviceError where that fails."""
        curve = _CURVES[self.scheme]
        with self.device.batch():
            self.device.build(curve.points)
            self.device.build(curve.scalars)
            if self._hash is not None:
                self.device.build(KERNELS[self._hash].path, FIXED_ROWS)

    def run(self, inputs: Inputs, outputs: Outputs, n: int) -> None:
        """Verdicts of n signatures, and reasons where they are wanted; raises as Plan.run."""
        curve, device = _CURVES[self.scheme], self.device
        key_rows, messages, signatures = signed_rows(inputs, n)
        before = _before(self.scheme, self.key_format)
        ready = self._hash is None
        kept = ready and kept_on(device, messages, curve.size)
        digests = HostRows("messages", messages, n) if ready and not kept else None
        identities = inputs.get("identity")
        verdicts, reasons = verdicts_and_reasons(outputs, n)
        most = max(1, min(ROWS[device.kind], device.chunk_bytes // curve.table_bytes))

        def start(chunk: Chunk) -> Begun:
            last = chunk.first + chunk.count
            which, served = distinct(key_rows, chunk.first, last)
            part = Keys.of(key_rows, which, curve.size, before)
            good = part.sized[served]
            signed: Bytes | Chunk = signatures.chunk(chunk.first, last)
            if self.signature_format == "raw":
                signed, sized = signatures.part(signatures.of(chunk.first, last), 2 * curve.size)
                good &= sized
            keys_there = _OnDevice.of(device, part, served)
            if kept:
                hashed = upload_rows(device, chunk).data
            elif digests is not None:
                numbers, sized = self._ready(digests, digests.of(chunk.first, last))
                good &= sized
                hashed = device.upload(numbers)
            elif self.scheme == "sm2":
                identity = None if identities is None else HostRows("identity", identities, n)
                hashed, sized = self._sm2_digests(chunk, keys_there, served, identity)
                good &= sized
            else:
                hashed = self._digests(chunk)
            return Begun(self._verify(chunk.count, keys_there, hashed, signed), good)

        find_reasons(device, reasons, chunks("messages", messages, n, device.chunk_bytes, most), start)
        np.equal(reasons, 0, out=verdicts.view(np.bool_))

    def _verify(self, n: int, keys: _OnDevice, hashed: Any, signed: Bytes | Chunk) -> Any:
        """A buffer of the reasons of a chunk of n rows; hashed: a buffer of numbers. Inside device.batch()."""
        device, curve = self.device, _CURVES[self.scheme]
        found = device.zeros(n)
        raw = self._signatures(found, signed)
        digits, r = device.allocate(n * curve.digits_bytes), device.allocate(n * curve.size)
        if self.scheme == "sm2":
            device.launch(curve.scalars, "sm2_scalars", n, digits, r, found, raw, hashed)
        else:
            inverses, running = device.allocate(n * curve.size), device.allocate(n * curve.size)
            low = np.uint32(self.rule in ("low-s", "fabric"))
            device.launch(curve.scalars, "ecdsa_signatures", n, r, inverses, found, raw, low)
            device.launch(curve.scalars, "ecdsa_invert_scalars", n, inverses, running)
            device.launch(curve.scalars, "ecdsa_scalars", n, digits, hashed, r, inverses)
        count = len(keys.host.kinds)
        tables, commons, wrong = (device.allocate(count * size) for size in (curve.table_bytes, curve.size, 1))
        device.launch(curve.points, "weierstrass_keys", count, tables, commons, wrong, keys.encoded, keys.kinds)
        device.launch(curve.points, "weierstrass_invert", count, commons, device.allocate(count * curve.size))
        device.launch(curve.points, "weierstrass_affine", 8 * count, tables, commons)
        of = (tables, keys.served, digits, r, constant(device, base_rows(self.scheme)))
        device.launch(curve.points, "weierstrass_verify", n, found, wrong, *of)
        device.launch(curve.points, "weierstrass_exceptions", n, found, *of)
        return found

    def _signatures(self, reasons: Any, signed: Bytes | Chunk) -> Any:
        """A buffer of r and s; reasons are set where there are none. Inside device.batch()."""
        device, curve = self.device, _CURVES[self.scheme]
        if not isinstance(signed, Chunk):
            return device.upload(np.ascontiguousarray(signed))
        rows, n = upload_rows(device, signed), signed.count
        raw, go = device.allocate(n * 2 * curve.size), np.uint32(self.rule == "fabric")
        device.launch(curve.scalars, "weierstrass_der", n, raw, reasons, *rows.arguments, go)
        return raw

    def _ready(self, digests: HostRows, which: slice | npt.NDArray[np.uint32]) -> tuple[Bytes, Bools]:
        """Ready digests as numbers of the curve's size; and where they have a size that there is."""
        count = which.stop - which.start if isinstance(which, slice) else len(which)
        numbers, sized = np.zeros((count, _CURVES[self.scheme].size), np.uint8), np.zeros(count, np.bool_)
        for width in digests.widths(which):
            if width in SCHEMES[self.scheme].digest_sizes:
                found, good = digests.part(which, width)
                numbers[good] = _fitted(found, numbers.shape[1])[good]
                sized |= good
        return numbers, sized

    def _digests(self, messages: Chunk) -> Any:
        """A buffer of digests as numbers of the curve's size. Inside device.batch()."""
        device, size = self.device, _CURVES[self.scheme].size
        kernel, rows = KERNELS[str(self._hash)], upload_rows(device, messages)
        digests = device.allocate(messages.count * kernel.size)
        device_hash.launch(device, kernel, messages.count, digests, rows, rows.data, 0, kernel.size)
        if kernel.size == size:
            return digests
        found = np.empty((messages.count, kernel.size), np.uint8)
        device.read(found, digests)
        return device.upload(_fitted(found, size))

    def _sm2_digests(
        self, messages: Chunk, keys: _OnDevice, served: npt.NDArray[np.uint32], identities: HostRows | None
    ) -> tuple[Any, Bools]:
        """A buffer of SM3(ZA || M), and whose identity is short enough. Inside device.batch()."""
        device, n = self.device, messages.count
        sized = np.ones(n, np.bool_)
        if identities is None or identities.one_for_all:
            identity = b"" if identities is None else identities.row(0)
            sized[:] = len(identity) <= LONGEST_IDENTITY
            heads = self._heads(keys, None if identities is None else identity[:LONGEST_IDENTITY])
            which = keys.served
        else:
            heads, which = self._heads_of_rows(messages, keys.host, served, identities, sized)
        rows, digests = upload_rows(device, messages), device.allocate(n * 32)
        path = KERNELS["sm3"].path
        device.launch(path, "hash_sm3_headed", n, digests, heads, which, *rows.arguments, define=rows.define)
        return digests, sized

    def _heads(self, keys: _OnDevice, identity: bytes | None) -> Any:
        """A buffer of ZA of each key under one identity, None: the default one. Inside device.batch()."""
        device, count = self.device, len(keys.host.kinds)
        if (keys.host.kinds > WHOLE).any():
            coordinates = device.upload(np.frombuffer(b"".join(_coordinates(keys.host, _CURVES["sm2"])), np.uint8))
        else:
            coordinates = keys.encoded
        if identity is None:
            size, of = len(_DEFAULT_IDENTITY), constant(device, _DEFAULT_IDENTITY)
        else:
            size, of = len(identity), device.upload(np.frombuffer(identity, np.uint8))
        width = 2 + size + len(_sm2_numbers()) + 64
        stride = whole_words(width)
        rows = device.allocate(count * stride)
        numbers = (of, np.uint32(size), constant(device, _sm2_numbers()), coordinates, np.uint32(stride))
        device.launch(_CURVES["sm2"].scalars, "sm2_identities", count, rows, *numbers)
        return self._sm3(DeviceRows(rows, count * stride, width=width, stride=stride), count)

    def _heads_of_rows(
        self, messages: Chunk, keys: Keys, served: npt.NDArray[np.uint32], identities: HostRows, sized: Bools
    ) -> tuple[Any, Any]:
        """Buffers of ZA of each key and identity that come together, and of which of them is each row's.

        Takes out of sized the rows whose identity is too long. Inside device.batch().
        """
        coordinates, numbers = _coordinates(keys, _CURVES["sm2"]), _sm2_numbers().tobytes()
        places: dict[tuple[int, bytes], int] = {}
        heads: list[bytes] = []
        which = np.empty(messages.count, np.uint32)
        for i, key in enumerate(served.tolist()):
            identity = identities.row(messages.first + i)
            if len(identity) > LONGEST_IDENTITY:
                sized[i], identity = False, b""
            if (key, identity) not in places:
                places[key, identity] = len(heads)
                heads.append((8 * len(identity)).to_bytes(2, "big") + identity + numbers + coordinates[key])
            which[i] = places[key, identity]
        rows = as_rows("identity", heads)
        chunk = HostRows("identity", rows, len(heads)).chunk(0, len(heads))
        return self._sm3(upload_rows(self.device, chunk), len(heads)), self.device.upload(which)

    def _sm3(self, rows: DeviceRows, n: int) -> Any:
        """A buffer of digests. Inside device.batch()."""
        digests = self.device.allocate(n * 32)
        device_hash.launch(self.device, KERNELS["sm3"], n, digests, rows, rows.data, 0, 32)
        return digests


@cache
def _sm2_numbers() -> Bytes:
    """a, b and the generator, 32 bytes each, as ZA has them."""
    curve = _CURVES["sm2"]
    return np.frombuffer(b"".join(number.to_bytes(32, "big") for number in (curve.p - 3, curve.b, *curve.g)), np.uint8)


@cache
def _before(scheme: str, key_format: str) -> dict[int, bytes]:
    """What stands before a key in this format, by the bytes that its point may have; in a SubjectPublicKeyInfo much."""
    size = _CURVES[scheme].size
    if key_format == "auto":
        return dict.fromkeys((size + 1, 2 * size, 2 * size + 1), b"")
    algorithm = SCHEMES[scheme].key_algorithm
    return {
        width: bytes([0x30, len(algorithm) + 3 + width]) + algorithm + bytes([0x03, width + 1, 0])
        for width in (size + 1, 2 * size + 1)
    }


def _fitted(digests: Bytes, size: int) -> Bytes:
    """The leftmost `size` bytes of each, or all of it behind zeros."""
    n, width = digests.shape
    numbers = np.zeros((n, size), np.uint8)
    numbers[:, max(0, size - width) :] = digests[:, :size]
    return numbers


def _coordinates(keys: Keys, curve: _Curve) -> list[bytes]:
    """x and y of each key, anything of those that are no points."""
    found = []
    for kind, encoded in zip(keys.kinds.tolist(), keys.encoded, strict=True):
        both = encoded.tobytes()
        if kind > WHOLE:
            x = int.from_bytes(both[: curve.size], "big")
            y = pow(x**3 - 3 * x + curve.b, (curve.p + 1) // 4, curve.p)
            y = y if y % 2 == kind % 2 else curve.p - y
            both = both[: curve.size] + y.to_bytes(curve.size, "big")
        found.append(both)
    return found


_ALL_WHOLE = np.full(1 << 16, WHOLE, np.uint8)
"""Kinds of keys of x and y, as many as a chunk has at most."""


@dataclass(frozen=True)
class _OnDevice:
    """Keys in buffers.

    Attributes:
        host: the same in host memory.
        encoded, kinds: as there.
        served: which of them each row has.
    """

    host: Keys
    encoded: Any
    kinds: Any
    served: Any

    @classmethod
    def of(cls, device: Device, keys: Keys, served: npt.NDArray[np.uint32]) -> _OnDevice:
        """Uploads them. Inside device.batch()."""
        usual = len(keys.kinds) <= len(_ALL_WHOLE) and bool((keys.kinds == WHOLE).all())
        kinds = constant(device, _ALL_WHOLE) if usual else device.upload(keys.kinds)
        return cls(keys, device.upload(keys.encoded), kinds, upload_numbers(device, served))
