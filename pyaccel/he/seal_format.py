# SPDX-License-Identifier: Apache-2.0
"""Bytes of Microsoft SEAL 4.x: parameters, plaintexts, ciphertexts and keys, read and written.

Every object begins with a header of 16 bytes: magic 0xA15E, header size 16, version (major, minor), compression (0
none, 1 zlib, 2 zstd), 0, and the number of bytes of the whole object, all little-endian. Members follow, compressed or
not; objects within have headers of their own. Source: SEAL 4.x, native/src/seal/{serialization,encryptionparams,
plaintext,ciphertext,kswitchkeys}.h and .cpp.

Nothing read is trusted: every length is held against the bytes that are there and against the context before memory is
taken for it.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np
import numpy.typing as npt

Compression = Literal["none", "zlib", "zstd"]
Words = npt.NDArray[np.uint64]
T = TypeVar("T")

_HEADER = struct.Struct("<HBBBBHQ")
_MAGIC = 0xA15E
_COMPRESSIONS: tuple[Compression, ...] = ("none", "zlib", "zstd")
_SEED_MARKER = 0xFFFF_FFFF_FFFF_FFFF
_SEED_BYTES = 64
SCHEMES = {"bfv": 1, "ckks": 2}
_FEED = 1 << 10
"""Bytes of zstd unpacked at a time: a block of 4 may be 128 KiB, so that no more than 32 MiB come at once."""
PARAMETERS_BYTES = 1 << 14
"""More than the members of any encryption parameters."""


@dataclass(frozen=True)
class Seed:
    """What a polynomial was drawn from: a generator (1 Blake2xb, 2 SHAKE256) and its 64-byte seed."""

    generator: int
    key: bytes


@dataclass(frozen=True)
class Polynomials:
    """A ciphertext or public key as stored.

    Attributes:
        parms_id: 32 bytes, which parameters (and so which level) it belongs to.
        is_ntt: whether rows are in NTT form.
        rows: uint64[size, moduli, degree], residues; of a seeded one the first polynomial alone, size 1.
        scale: of CKKS; 1.0 in BFV.
        correction_factor: of BGV; 1 elsewhere.
        seed: what the second polynomial is drawn from, or None.
    """

    parms_id: bytes
    is_ntt: bool
    rows: Words
    scale: float
    correction_factor: int
    seed: Seed | None


@dataclass(frozen=True)
class PlainWords:
    """A plaintext or secret key as stored: parms_id all zeros where the words are coefficients modulo t."""

    parms_id: bytes
    words: Words
    scale: float


class Reader:
    """Takes members off the front of one object's bytes; every error names the object and the offset."""

    def __init__(self, data: bytes, what: str) -> None:
        self.data = data
        self.what = what
        self.at = 0

    def take(self, size: int) -> bytes:
        """The next `size` bytes."""
        left = len(self.data) - self.at
        if size > left:
            raise ValueError(f"SEAL {self.what}: {size} bytes wanted at offset {self.at}, {left} left: the data is cut")
        self.at += size
        return self.data[self.at - size : self.at]

    def unpack(self, layout: str) -> tuple[int | float, ...]:
        """Little-endian numbers."""
        return struct.unpack("<" + layout, self.take(struct.calcsize("<" + layout)))

    def u8(self) -> int:
        """One byte."""
        return self.take(1)[0]

    def u64(self) -> int:
        """Eight bytes, little-endian."""
        return int.from_bytes(self.take(8), "little")

    def f64(self) -> float:
        """A finite double."""
        value = float(self.unpack("d")[0])
        if not np.isfinite(value):
            raise ValueError(f"SEAL {self.what}: a number before offset {self.at} is not finite: the data is altered")
        return value

    def words(self, count: int) -> Words:
        """`count` words."""
        return np.frombuffer(self.take(8 * count), dtype="<u8").astype(np.uint64)

    def end(self) -> None:
        """Nothing may be left."""
        if self.at != len(self.data):
            raise ValueError(f"SEAL {self.what}: {len(self.data) - self.at} bytes too many at offset {self.at}")

    def within(self, name: str, value: int, most: int) -> int:
        """`value`, which has to lie in 0 .. most."""
        if not 0 <= value <= most:
            raise ValueError(f"SEAL {self.what}: {name} {value} at offset {self.at}, at most {most} fits the context")
        return value


def _inflated(data: bytes, compression: int, what: str, most: int) -> bytes:
    """Members as they were, `most` bytes or fewer."""
    if compression == 0:
        return data
    try:
        out, complete = (_unzlib if compression == 1 else _unzstd)(data, most)
    except (zlib.error, ValueError) as error:
        raise ValueError(f"SEAL {what}: its compressed members do not unpack ({error}): the data is altered") from None
    if len(out) > most:
        raise ValueError(
            f"SEAL {what}: its {len(data)} compressed bytes unpack to more than the {most} that fit: the data is "
            "altered"
        )
    if not complete:
        raise ValueError(f"SEAL {what}: its compressed members are cut, or bytes follow them")
    return out


def _unzlib(data: bytes, most: int) -> tuple[bytes, bool]:
    inflater = zlib.decompressobj()
    out = inflater.decompress(data, most + 1)
    return out, inflater.eof and not inflater.unused_data


def _zstandard() -> object:
    try:
        import zstandard
    except ImportError:
        raise ModuleNotFoundError(
            "SEAL data compressed with zstd needs the package zstandard: pip install 'pyaccel[seal]'"
        ) from None
    return zstandard


def _unzstd(data: bytes, most: int) -> tuple[bytes, bool]:
    zstandard = _zstandard()
    inflater = zstandard.ZstdDecompressor().decompressobj()  # type: ignore[attr-defined]
    out, read = bytearray(), 0
    try:
        while read < len(data) and len(out) <= most and not inflater.eof:
            out += inflater.decompress(data[read : read + _FEED])
            read += _FEED
    except zstandard.ZstdError as error:  # type: ignore[attr-defined]
        raise ValueError(str(error)) from None
    return bytes(out), bool(inflater.eof) and read >= len(data) and not inflater.unused_data


def opened(data: bytes, what: str, most: int, times: int = 0) -> Reader:
    """A reader of the members of the one object that `data` holds.

    Args:
        data: all of it.
        what: it is, for errors.
        most: bytes that its members may unpack to, and
        times: as many more for each byte of data.

    Raises:
        TypeError: no bytes.
        ValueError: no SEAL header, another version, a compression that does not exist, or bytes missing or left over.
        ModuleNotFoundError: zstd without the package zstandard.
    """
    try:
        reader = Reader(bytes(memoryview(data)), what)
    except TypeError:
        raise TypeError(f"SEAL {what}: a {type(data).__name__} came; wanted bytes") from None
    members, size = _object(reader, most + times * len(reader.data))
    if size != len(data):
        raise ValueError(f"SEAL {what}: the header says {size} bytes, {len(data)} came")
    return members


def _object(reader: Reader, most: int | None) -> tuple[Reader, int]:
    """An object; most: bytes that its members may unpack to, None: SEAL does not compress it."""
    start = reader.at
    magic, header_size, major, minor, compression, _, size = _HEADER.unpack(reader.take(_HEADER.size))
    where = f"SEAL {reader.what} at offset {start}"
    if magic != _MAGIC or header_size != _HEADER.size:
        raise ValueError(f"{where}: no SEAL header (5e a1 10 wanted): not an object of SEAL 3.4 or later")
    if major != 4:
        raise ValueError(f"{where}: written by SEAL {major}.{minor}; 4.x is read here: load and save it with SEAL 4")
    if compression >= len(_COMPRESSIONS):
        raise ValueError(f"{where}: compression {compression} is none of {', '.join(_COMPRESSIONS)}")
    if compression and most is None:
        raise ValueError(f"{where}: compressed within another object, as SEAL writes none: the data is altered")
    if size < _HEADER.size:
        raise ValueError(f"{where}: the header says {size} bytes, fewer than itself")
    body = reader.take(size - _HEADER.size)
    return Reader(_inflated(body, compression, reader.what, most or 0), reader.what), size


def _within(reader: Reader, read: Callable[[Reader], T]) -> T:
    """An object that stands inside another."""
    members, _ = _object(reader, None)
    value = read(members)
    members.end()
    return value


def read_parameters(data: bytes) -> tuple[str, int, tuple[int, ...], int, int]:
    """Of SEAL encryption parameters: scheme, degree, coefficient moduli, plain modulus; and SEAL's minor version."""
    reader = opened(data, "parameters", PARAMETERS_BYTES)
    code = reader.u8()
    names = {value: name for name, value in SCHEMES.items()}
    if code not in names:
        raise ValueError(f"SEAL parameters: scheme {code}; bfv (1) and ckks (2) are read here")
    degree = reader.within("degree", reader.u64(), 1 << 17)
    count = reader.within("number of moduli", reader.u64(), 64)
    moduli = tuple(_within(reader, Reader.u64) for _ in range(count))
    plain = _within(reader, Reader.u64)
    reader.end()
    return names[code], degree, moduli, plain, data[4]


def _array(reader: Reader, most: int) -> Words:
    def members(inner: Reader) -> Words:
        return inner.words(inner.within("number of words", inner.u64(), most))

    return _within(reader, members)


def read_plain(reader: Reader, most_words: int) -> PlainWords:
    """Members of a plaintext or secret key of at most `most_words` words."""
    parms_id = reader.take(32)
    count = reader.within("number of coefficients", reader.u64(), most_words)
    scale = reader.f64()
    words = _array(reader, most_words)
    if words.size != count:
        raise ValueError(f"SEAL {reader.what}: {count} coefficients announced, {words.size} there")
    reader.end()
    return PlainWords(parms_id, words, scale)


def read_polynomials(reader: Reader, degree: int, most_moduli: int, most_size: int = 16) -> Polynomials:
    """Members of a ciphertext or public key of a context of that degree."""
    parms_id = reader.take(32)
    is_ntt = reader.within("is_ntt_form", reader.u8(), 1)
    size = reader.within("size", reader.u64(), most_size)
    got_degree = reader.u64()
    moduli = reader.within("number of moduli", reader.u64(), most_moduli)
    if got_degree != degree:
        raise ValueError(f"SEAL {reader.what}: of degree {got_degree}, the context has {degree}")
    if size < 2 or moduli < 1:
        raise ValueError(f"SEAL {reader.what}: {size} polynomials of {moduli} moduli hold no ciphertext")
    scale = reader.f64()
    factor = reader.u64()
    words = _array(reader, size * moduli * degree)
    seed = None
    if words.size == moduli * degree and size == 2:
        seed = _within(reader, _read_seed)
    elif words.size != size * moduli * degree:
        raise ValueError(f"SEAL {reader.what}: {words.size} words, {size * moduli * degree} announced")
    reader.end()
    rows = words.reshape(-1, moduli, degree)
    return Polynomials(parms_id, bool(is_ntt), rows, scale, factor, seed)


def _read_seed(reader: Reader) -> Seed:
    generator = reader.u8()
    if generator not in (1, 2):
        raise ValueError(f"SEAL {reader.what}: random generator {generator} is neither Blake2xb (1) nor SHAKE256 (2)")
    return Seed(generator, reader.take(_SEED_BYTES))


def read_switching_keys(
    reader: Reader, degree: int, moduli: int, most_keys: int
) -> tuple[bytes, list[list[Polynomials]]]:
    """parms_id and, for each index, the public keys of one switching key (an empty list where there is none)."""
    parms_id = reader.take(32)
    count = reader.within("number of keys", reader.u64(), most_keys)
    keys: list[list[Polynomials]] = []
    for _ in range(count):
        parts = reader.within("number of parts of a key", reader.u64(), moduli)
        keys.append([_within(reader, lambda inner: read_polynomials(inner, degree, moduli, 2)) for _ in range(parts)])
    reader.end()
    return parms_id, keys


@dataclass(frozen=True)
class Writer:
    """Writes objects as SEAL 4.minor does: a SEAL of another minor version may refuse them."""

    minor: int = 3

    def sealed(self, members: bytes, compression: Compression = "none") -> bytes:
        """An object of these members."""
        if compression not in _COMPRESSIONS:
            raise ValueError(f"compression {compression!r} is none of {', '.join(_COMPRESSIONS)}")
        if compression == "zlib":
            members = zlib.compress(members)
        elif compression == "zstd":
            members = _zstandard().ZstdCompressor().compress(members)  # type: ignore[attr-defined]
        code = _COMPRESSIONS.index(compression)
        return _HEADER.pack(_MAGIC, _HEADER.size, 4, self.minor, code, 0, _HEADER.size + len(members)) + members

    def parameters(
        self, scheme: str, degree: int, moduli: tuple[int, ...], plain: int, compression: Compression
    ) -> bytes:
        """SEAL encryption parameters."""
        nested = [self.sealed(struct.pack("<Q", value)) for value in (*moduli, plain)]
        return self.sealed(struct.pack("<BQQ", SCHEMES[scheme], degree, len(moduli)) + b"".join(nested), compression)

    def _array(self, words: Words) -> bytes:
        flat = np.ascontiguousarray(words, dtype="<u8")
        return self.sealed(struct.pack("<Q", flat.size) + flat.tobytes())

    def plain(self, plain: PlainWords) -> bytes:
        """Members of a plaintext or secret key."""
        return plain.parms_id + struct.pack("<Qd", plain.words.size, plain.scale) + self._array(plain.words)

    def polynomials(self, polynomials: Polynomials) -> bytes:
        """Members of a ciphertext or public key; a seed takes the place of the second polynomial."""
        size = 2 if polynomials.seed else polynomials.rows.shape[0]
        _, moduli, degree = polynomials.rows.shape
        out = polynomials.parms_id + struct.pack(
            "<BQQQdQ", polynomials.is_ntt, size, degree, moduli, polynomials.scale, polynomials.correction_factor
        )
        out += self._array(polynomials.rows)
        if polynomials.seed:
            out += self.sealed(bytes([polynomials.seed.generator]) + polynomials.seed.key)
        return out

    def switching_keys(self, parms_id: bytes, keys: list[list[Polynomials]]) -> bytes:
        """Members of relinearization or Galois keys."""
        out = [parms_id, struct.pack("<Q", len(keys))]
        for parts in keys:
            out.append(struct.pack("<Q", len(parts)))
            out += [self.sealed(self.polynomials(part)) for part in parts]
        return b"".join(out)
