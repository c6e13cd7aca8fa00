# SPDX-License-Identifier: Apache-2.0
"""A message that comes in pieces: what `pyaccel.hashing.new` gives."""

from __future__ import annotations

from _thread import allocate_lock
from functools import lru_cache
from typing import Any, Never, Self

from pyaccel.backends import native
from pyaccel.errors import DeviceUnavailableError
from pyaccel.numbers import whole_number

BLOCK_SIZES = dict.fromkeys(
    ("sha256", "sha256d", "sha224", "ripemd160", "hash160", "sm3", "hmac-sha256", "hmac-sm3"), 64
)
BLOCK_SIZES |= dict.fromkeys(("sha512", "sha384", "sha512-256", "hmac-sha512", "blake2b-256", "blake2b-512"), 128)
BLOCK_SIZES |= {"blake2s-256": 64, "blake3": 64, "shake128": 168, "shake256": 136, "keccak256": 136}
BLOCK_SIZES |= {"sha3-224": 144, "sha3-256": 136, "sha3-384": 104, "sha3-512": 72}
"""Bytes of a block, by algorithm; of Keccak its rate."""

VARIABLE = frozenset({"shake128", "shake256", "blake3"})
"""Algorithms with digests of any size, 1 .. 2^32 - 1 bytes; where none is given, that of RFC 8702, or 32."""

_SMALL = 2048
"""Bytes of a message that are kept as they are: hashing so few in one call costs less than a handle in C does."""

_LONGEST = 64
"""Bytes of the longest digest that an algorithm has of its own."""

if not native.MISSING:
    _ffi = native.ffi
    _hash_one = native.lib.pyaccel_hash_one
    _update = native.lib.pyaccel_hasher_update
    _digest = native.lib.pyaccel_hasher_digest
    _BYTES = _ffi.typeof("uint8_t[]")
    _NULL = _ffi.NULL

_spare: list[tuple[Any, Any]] = []
"""Memory for a digest, and the view that reads it; one that is in use is not in it, whoever interrupts."""


def _memory(size: int) -> tuple[Any, Any]:
    out = _ffi.new(_BYTES, size)
    return out, _ffi.buffer(out)


class _Kind:
    """What all messages of one algorithm and digest size share."""

    __slots__ = ("block_size", "digest_size", "name", "number", "variable")

    def __init__(self, name: str, digest_size: int) -> None:
        if native.MISSING:
            raise DeviceUnavailableError(f"hashing.new needs the compiled core: {native.MISSING}")
        self.name = name
        self.digest_size = digest_size
        self.block_size = BLOCK_SIZES[name]
        self.variable = name in VARIABLE
        self.number = native.hash_number(name)


@lru_cache(256)
def _kind(name: str, digest_size: int) -> _Kind:
    return _Kind(name, digest_size)


class Hasher:
    """The hash of a message so far; made by `pyaccel.hashing.new`, and used as hashlib's objects are.

    One may be used by several threads: each call sees the message before or after another one's update. A big update
    runs without the GIL. What a key made is in C alone, and is wiped with the object.

    Attributes:
        name: the algorithm's name.
        digest_size: bytes of `digest()`.
        block_size: bytes of the hash's block.
    """

    __slots__ = ("_handle", "_kind", "_lock", "_pending")

    # A message of few bytes is in _pending, and _handle is None; else it is in C. _handle is set before _pending is
    # emptied, and both change under the lock alone: so that who reads _pending first, and then finds no handle, has it.
    _handle: Any
    _kind: _Kind
    _pending: bytes

    def __init__(self, values: tuple[str, int, bytes | None], key: bytes | None, data: Any = b"") -> None:
        name, size, context = values
        self._kind = kind = _kind(name, size)
        self._pending = b""
        self._handle = None
        self._lock = allocate_lock()
        long = type(data) is bytes and len(data) > _SMALL
        if long or key is not None or context is not None:
            self._handle = native.hasher(kind.number, key, context)
        if long:  # as update, without its lock: nobody else has the object yet
            status = _update(self._handle, data, len(data))
            if status:
                native.raise_status("update", status)
        elif type(data) is bytes and self._handle is None:
            self._pending = data
        else:
            self.update(data)

    @property
    def name(self) -> str:
        """The algorithm's name."""
        return self._kind.name

    @property
    def digest_size(self) -> int:
        """Bytes of `digest()`."""
        return self._kind.digest_size

    @property
    def block_size(self) -> int:
        """Bytes of the hash's block, of Keccak its rate."""
        return self._kind.block_size

    def update(self, data: Any, /) -> None:
        """Appends bytes to the message.

        Args:
            data: bytes, or whatever has the buffer protocol and lies in one piece (bytearray, memoryview, mmap, array,
                numpy array), taken byte by byte as it is in memory. It must not be written meanwhile.

        Raises:
            TypeError: text, or something else without bytes.
            BufferError, ValueError: its bytes do not lie in one piece.
        """
        if type(data) is not bytes:
            data = _buffer(data)
        size = len(data)
        with self._lock:
            if self._handle is None:
                if size + len(self._pending) <= _SMALL:
                    self._pending += data if type(data) is bytes else _ffi.buffer(data)[:]
                    return
                handle = native.hasher(self._kind.number)
                status = _update(handle, self._pending, len(self._pending)) if self._pending else 0
                if not status:
                    self._handle = handle
                    self._pending = b""
            status = _update(self._handle, data, size)
        if status:
            native.raise_status("update", status)

    def digest(self, length: int | None = None) -> bytes:
        """The digest of the message so far, which may go on.

        Args:
            length: bytes, 0 .. 2^32 - 1, of shake128, shake256 and blake3 alone; None: `digest_size`.

        Raises:
            TypeError: a length where the algorithm has one size, or no number.
            ValueError: a length out of range.
        """
        kind = self._kind
        size = kind.digest_size
        if length is not None:
            if not kind.variable:
                raise TypeError(f"length: {length!r} came; {kind.name} has digests of {size} bytes alone: digest()")
            size = whole_number("length", length, 0, 2**32 - 1)
            if size == 0:
                return b""
        try:
            out, view = spare = _spare.pop() if size <= _LONGEST else _memory(size)
        except IndexError:
            out, view = spare = _memory(_LONGEST)
        pending = self._pending
        if self._handle is None:
            status = _hash_one(out, size, kind.number, pending, len(pending), _NULL)
        else:
            with self._lock:
                status = _digest(out, size, self._handle)
        if status:
            native.raise_status("digest", status)
        digest: bytes = view[:size]
        if size <= _LONGEST:
            _spare.append(spare)
        return digest

    def hexdigest(self, length: int | None = None) -> str:
        """As digest, in hexadecimal digits."""
        return self.digest(length).hex()

    def copy(self) -> Self:
        """Another object with the same message so far, keys included."""
        other = object.__new__(type(self))
        other._kind = self._kind
        other._lock = allocate_lock()
        with self._lock:
            other._pending = self._pending
            other._handle = None if self._handle is None else native.hasher_copy(self._handle)
        return other

    def __reduce__(self) -> Never:
        raise TypeError("a hash object holds a pointer of this process: copy() makes another here")

    def __repr__(self) -> str:
        return f"<{self.name} {type(self).__module__}.{type(self).__name__} object at {id(self):#x}>"


def _buffer(data: Any) -> Any:
    """The bytes of anything that has some, without a copy."""
    try:
        return _ffi.from_buffer(_BYTES, data)
    except TypeError:
        if isinstance(data, str):
            raise TypeError("data: a str came; wanted bytes: text.encode()") from None
        raise TypeError(f"data: a {type(data).__name__} came; wanted bytes, or what has the buffer protocol") from None
    except (BufferError, ValueError) as error:
        raise type(error)(
            f"data: a {type(data).__name__} came that is not contiguous; wanted one piece: bytes(data)"
        ) from None
