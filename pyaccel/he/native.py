# SPDX-License-Identifier: Apache-2.0
"""The C ABI of homomorphic encryption: handles, options, and what a status that is not OK says to the caller."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from pyaccel.backends import native
from pyaccel.errors import UnsupportedError

if native.MISSING:
    raise UnsupportedError(f"pyaccel.he needs it: {native.MISSING}")

ffi, lib = native.ffi, native.lib
raise_status = native.raise_status
text = native.text

SCHEMES = {"bfv": 1, "bgv": 2, "ckks": 3}
"""PYACCEL_HE_* of each scheme."""


def came(value: Any) -> str:
    """What a caller passed, in words."""
    return f"the class {value.__name__}" if isinstance(value, type) else f"a {type(value).__name__}"


def of_type(name: str, value: Any, wanted: type, mend: str = "") -> None:
    """That an object is of a class.

    Args:
        name: of the argument.
        value: that was passed.
        wanted: the class.
        mend: what the caller may have meant, and how to say it.

    Raises:
        TypeError: it is of another one.
    """
    if not isinstance(value, wanted):
        hint = f": {mend}" if mend else ""
        room = "pyaccel.he.seal" if wanted.__module__ == "pyaccel.he.seal" else "pyaccel.he"
        raise TypeError(f"{name}: {came(value)} came; wanted a {room}.{wanted.__name__}{hint}")


_SEEDS: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()
"""The seed that options point at, as long as they are there: callers keep no more than `Options(...).native`."""


class Options:
    """pyaccel_he_options, and what it points at.

    Args:
        insecure_test_seed: 32 bytes that everything drawn follows from; None: the operating system's randomness.

    Raises:
        TypeError, ValueError: a seed that is no 32 bytes.
    """

    __slots__ = ("native", "seed")

    def __init__(self, insecure_test_seed: bytes | None = None) -> None:
        self.native = ffi.new("pyaccel_he_options *")
        self.native.struct_size = ffi.sizeof("pyaccel_he_options")
        self.native.threads = native.threads()
        self.seed = None
        if insecure_test_seed is not None:
            if not isinstance(insecure_test_seed, (bytes, bytearray)):
                raise TypeError(f"insecure_test_seed: a {type(insecure_test_seed).__name__} came; wanted 32 bytes")
            seed = memoryview(insecure_test_seed).tobytes()  # whose length is what it holds, whatever a subclass says
            if len(seed) != 32:
                raise ValueError(f"insecure_test_seed: {len(seed)} bytes came; wanted 32")
            self.seed = ffi.new("uint8_t[]", seed)
            self.native.insecure_test_seed = self.seed
            _SEEDS[self.native] = self.seed


_SHARED: dict[int, Any] = {}
"""Options without a seed, by their number of threads; nobody writes to them."""


def options(insecure_test_seed: bytes | None = None, *, items: int = 0) -> Any:
    """pyaccel_he_options of a call; without a seed the same for every call.

    Args:
        insecure_test_seed: as in Options.
        items: how many it computes, where that is known. One takes no threads: how many there may be is not looked up,
            which costs 40 us where Python's code is out of cache.

    Raises:
        TypeError, ValueError: a seed that is no 32 bytes.
    """
    if insecure_test_seed is not None:
        return Options(insecure_test_seed).native
    if items == 1:
        return ffi.NULL
    count = native.threads()
    shared = _SHARED.get(count)
    return _SHARED.setdefault(count, Options().native) if shared is None else shared


_FREE = {
    kind: getattr(lib, f"pyaccel_he_{kind}_free")
    for kind in ("context", "secret_key", "public_key", "evaluation_keys", "plaintexts", "ciphertexts", "matrix")
}


def out(kind: str) -> Any:
    """Where a call puts a new handle of pyaccel_he_KIND."""
    return ffi.new(f"pyaccel_he_{kind} **")


def owned(kind: str, pointer: Any) -> Any:
    """The handle that a call put there, freed with its Python object."""
    return ffi.gc(pointer[0], _FREE[kind])


def make(kind: str, function: str, *arguments: Any) -> Any:
    """The handle that pyaccel_he_FUNCTION(&handle, arguments...) makes.

    Raises:
        ValueError, MemoryError, PyaccelError: by its status.
    """
    pointer = out(kind)
    status = getattr(lib, f"pyaccel_he_{function}")(pointer, *arguments)
    if status:
        raise_status(f"he.{function}", status)
    return owned(kind, pointer)


def residues(function: str, *arguments: Any) -> npt.NDArray[np.uint64]:
    """All words that pyaccel_he_FUNCTION(residues, words, arguments...) gives.

    Raises:
        ValueError, MemoryError, PyaccelError: by its status.
    """
    call, words = getattr(lib, f"pyaccel_he_{function}"), ffi.new("uint64_t *")
    status = call(ffi.NULL, words, *arguments)
    found = np.empty(int(words[0]), np.uint64)
    status = status or call(ffi.from_buffer("uint64_t[]", found) if found.size else ffi.NULL, words, *arguments)
    if status:
        raise_status(f"he.{function}", status)
    return found


def indices(positions: npt.NDArray[np.uint64]) -> tuple[Any, int]:
    """Positions as calls take them: a pointer, and how many."""
    return (ffi.from_buffer("uint64_t[]", positions) if positions.size else ffi.NULL), positions.size
