# SPDX-License-Identifier: Apache-2.0
"""Hashing many messages at once, one message as it comes, and files."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from pyaccel.choices import check_progress, choice
from pyaccel.file_reading import Progress, read_file
from pyaccel.hasher import VARIABLE, Hasher
from pyaccel.numbers import whole_number
from pyaccel.operations import OPERATIONS
from pyaccel.poseidon2 import ELEMENTS
from pyaccel.rows import Rows, as_rows
from pyaccel.scheduler.execution import run

DIGEST_SIZES = {"sha256": 32, "sha256d": 32, "sha512": 64, "keccak256": 32, "ripemd160": 20, "hash160": 20, "sm3": 32}
DIGEST_SIZES |= {"sha224": 28, "sha384": 48, "sha512-256": 32}
DIGEST_SIZES |= {"sha3-224": 28, "sha3-256": 32, "sha3-384": 48, "sha3-512": 64, "shake128": 32, "shake256": 64}
DIGEST_SIZES |= {"blake2b-256": 32, "blake2b-512": 64, "blake2s-256": 32, "blake3": 32}
DIGEST_SIZES |= {"hmac-sha256": 32, "hmac-sha512": 64, "hmac-sm3": 32}
DIGEST_SIZES |= {algorithm: elements.digest_size for algorithm, elements in ELEMENTS.items()}
"""Bytes of a digest, by algorithm. keccak256 pads as Ethereum does; sha256d and hash160 are Bitcoin's compositions."""

KEY_SIZES = {"blake2b-256": (1, 64), "blake2b-512": (1, 64), "blake2s-256": (1, 32), "blake3": (32, 32)}
"""Least and most bytes of a key, by algorithm; the others take none."""

KEY_NEEDED = frozenset({"hmac-sha256", "hmac-sha512", "hmac-sm3"})
"""Algorithms that are nothing without a key."""

KEY_SIZES |= dict.fromkeys(KEY_NEEDED, (0, 2**61 - 1))

CONTEXTS = frozenset({"blake3"})
"""Algorithms with a context string, which makes them derive a key from each message."""

_HASH_MANY = OPERATIONS["hash_many"]
_BYTE = np.dtype(np.uint8)
_elements, _empty, _Array = ELEMENTS.get, np.empty, np.ndarray  # attributes of imported names are looked up slowly
_PLAIN = {name: (name, size, None) for name, size in DIGEST_SIZES.items()}


def algorithms() -> tuple[str, ...]:
    """The names that `algorithm=` takes."""
    return tuple(DIGEST_SIZES)


def parameters(algorithm: str, digest_size: int | None = None, context: Any = None) -> tuple[str, int, bytes | None]:
    """The parameters of a plan for hash_many, checked, with defaults filled in.

    Raises:
        TypeError: a context that is neither text nor bytes-like.
        ValueError: the algorithm is unknown, or has no such parameter, or it is out of range.
    """
    if digest_size is None and context is None:
        try:
            return _PLAIN[algorithm]
        except (KeyError, TypeError, ValueError):
            pass  # not the name of one, or not even hashable
    if type(algorithm) is not str or algorithm not in DIGEST_SIZES:
        choice("algorithm", algorithm, DIGEST_SIZES)
    if context is not None and algorithm not in CONTEXTS:
        raise ValueError(f"context: {algorithm} takes no context")
    size = DIGEST_SIZES[algorithm]
    if algorithm in VARIABLE and digest_size is not None:
        size = whole_number("digest_size", digest_size, 1, 2**32 - 1)
    elif digest_size is not None and whole_number("digest_size", digest_size) != size:
        raise ValueError(f"digest_size: {digest_size} came; {algorithm} has {size} bytes")
    return algorithm, size, _context(context)


def _key(values: tuple[str, int, bytes | None], key: Any) -> bytes | None:
    """The key, checked, that goes with these parameters; raises as they do."""
    algorithm, _, context = values
    if key is None:
        if algorithm in KEY_NEEDED:
            raise ValueError(f"key: none came; {algorithm} needs one, of any length: key=...")
        return None
    if algorithm not in KEY_SIZES:
        raise ValueError(f"key: {algorithm} takes no key")
    if context is not None:
        raise ValueError(f"context: {algorithm} takes a key or a context, not both")
    least, most = KEY_SIZES[algorithm]
    secret = _bytes("key", key)
    if not least <= len(secret) <= most:
        wanted = f"{least}" if least == most else f"{least} to {most}"
        raise ValueError(f"key: {len(secret)} bytes came; {algorithm} takes {wanted}")
    return secret


def _context(context: Any) -> bytes | None:
    if isinstance(context, str):
        return context.encode()
    return None if context is None else _bytes("context", context, "a str, or bytes")


def _bytes(name: str, value: Any, wanted: str = "bytes") -> bytes:
    """Bytes of one bytes-like value; the value itself where it is bytes. `wanted` is what an error says."""
    if type(value) is bytes:
        return value
    try:
        view = memoryview(value)
    except TypeError:
        mend = ": text.encode(), or bytes.fromhex(text)" if isinstance(value, str) else ""
        raise TypeError(f"{name}: a {type(value).__name__} came; wanted {wanted}{mend}") from None
    if view.itemsize != 1:
        raise TypeError(f"{name}: items of {view.itemsize} bytes came; wanted {wanted}")
    return bytes(view)


def hash_many(
    algorithm: str,
    messages: Any,
    *,
    digest_size: int | None = None,
    key: Any = None,
    context: Any = None,
    out: npt.NDArray[np.uint8] | None = None,
    device: str = "auto",
) -> npt.NDArray[np.uint8]:
    """Digest i = H(message i), whatever the batch.

    Args:
        algorithm: one of `algorithms()`.
        messages: n byte strings: list or tuple of bytes-like, uint8 array (n, k), Rows, Arrow binary array. For
            poseidon2-<set> rows of t field elements, for poseidon2-<set>-compress two nodes, left and right; elements
            are little-endian and below the modulus (`pyaccel.poseidon2.ELEMENTS`).
        digest_size: bytes of a digest, where the algorithm has a choice (shake128, shake256, blake3: 1 .. 2^32 - 1);
            None: its own (shake128, blake3: 32, shake256: 64).
        key: for hmac-sha256, hmac-sha512 and hmac-sm3, which need one, of any length (RFC 2104); for the keyed hash of
            blake2b-256, blake2b-512 (1 to 64 bytes), blake2s-256 (1 to 32 bytes) and blake3 (32 bytes). It is kept no
            longer than the call. Python cannot wipe it; the C library wipes what it made.
        context: for the key derivation of blake3: a str, taken as UTF-8, or bytes; no key goes with it. Each message is
            the material of a key, which is its digest.
        out: where the digests go: uint8[n, digest_size], C-contiguous, apart from the messages. Untouched when an
            argument is wrong.
        device: "auto" or the name of a device; what that declines runs natively (`scheduler.last_run()` tells).

    Returns:
        uint8[n, digest_size], `out` where it was given.

    Raises:
        TypeError, ValueError: an argument is wrong; says what was wanted and what came.
        DeviceUnavailableError: the device asked for is not here.
    """
    values = parameters(algorithm, digest_size, context)
    secret = None if key is None and algorithm not in KEY_NEEDED else _key(values, key)
    rows = as_rows("messages", messages)
    n = rows.count or 0  # never None: one value for all rows is refused
    elements = _elements(algorithm)
    if elements is not None:
        elements.require_width(rows, n)
        if out is not None:
            elements.require_canonical(rows, n)
    if out is None:
        out = _empty((n, values[1]), _BYTE)
    else:
        _check_out(out, (n, values[1]), rows)
    try:
        run(_HASH_MANY, values, {"messages": rows, "key": secret}, {"digests": out}, n, device, rows.cuts)
    except ValueError:
        if elements is not None:
            # Every backend refuses such a row; which one it is, only the exception says.
            elements.require_canonical(rows, n)
        raise
    return out


def new(name: str, data: Any = b"", *, key: Any = None, context: Any = None, digest_size: int | None = None) -> Hasher:
    """A message that comes in pieces, with the interface of hashlib's objects: update, digest, hexdigest, copy.

    Args:
        name: one of `algorithms()`.
        data: the first piece, as in `Hasher.update`.
        key: as in hash_many. The object's C part keeps what it made, and wipes it in the end.
        context: as in hash_many.
        digest_size: bytes of `digest()`, as in hash_many.

    Returns:
        The object; it hashes on the calling thread, BLAKE3's big updates and the others' alike.

    Raises:
        TypeError, ValueError: an argument is wrong; says what was wanted and what came.
        DeviceUnavailableError: the compiled core is missing.
    """
    return _hasher(name, digest_size, key, context, data)


def hash_file(
    algorithm: str,
    file: Any,
    *,
    key: Any = None,
    context: Any = None,
    digest_size: int | None = None,
    progress: Progress | None = None,
    chunk_size: int = 1 << 20,
) -> bytes:
    """The digest of a file's bytes, from where it stands to its end, in bounded memory.

    Args:
        algorithm: one of `algorithms()`.
        file: path (str or os.PathLike), or a file opened for reading in binary mode: what has readinto or read. Such a
            file stays open, and stands at its end afterwards.
        key: as in hash_many.
        context: as in hash_many.
        digest_size: as in hash_many.
        progress: called with (bytes done, bytes in all) after each chunk, and once for an empty file; None for all of
            what can't tell its size (pipes, sockets, unpacked files). What it raises ends the call and comes out of it.
        chunk_size: bytes that are read at a time, 1 .. 2^30; the memory that the call takes.

    Returns:
        digest_size bytes.

    Raises:
        TypeError, ValueError: an argument is wrong; says what was wanted and what came. A file in text mode is a
            TypeError, one that is open for writing alone an io.UnsupportedOperation.
        FileNotFoundError, IsADirectoryError, PermissionError: of the path.
        BlockingIOError: the file is non-blocking, and had nothing to give before its end.
        OSError: reading failed; or the file's size changed meanwhile, so that there is no message to speak of.
        DeviceUnavailableError: the compiled core is missing.
    """
    hasher = _hasher(algorithm, digest_size, key, context)
    check_progress(progress, "bytes done, bytes in all")
    read_file(file, hasher.update, whole_number("chunk_size", chunk_size, 1, 2**30), progress)
    return hasher.digest()


def _hasher(algorithm: str, digest_size: int | None, key: Any, context: Any, data: Any = b"") -> Hasher:
    values = parameters(algorithm, digest_size, context)
    if values[0] in ELEMENTS:
        raise ValueError(f"{values[0]} takes rows of field elements, not a message that comes in pieces: hash_many")
    return Hasher(values, None if key is None and algorithm not in KEY_NEEDED else _key(values, key), data)


def _check_out(out: Any, shape: tuple[int, int], rows: Rows) -> None:
    if not isinstance(out, _Array) or out.dtype != _BYTE:
        came = f"an array of {out.dtype}" if isinstance(out, np.ndarray) else f"a {type(out).__name__}"
        raise TypeError(f"out: {came} came; wanted an array of uint8 of shape {shape}")
    if out.shape != shape:
        raise ValueError(f"out: shape {out.shape} came; wanted {shape}")
    flags = out.flags
    if not flags.c_contiguous:
        raise ValueError(f"out: strides {out.strides} came; wanted a C-contiguous array: np.empty({shape}, np.uint8)")
    if not flags.writeable:
        raise ValueError("out: a read-only array came; wanted one that can be written")
    for piece in rows.pieces if rows.cuts else (rows,):
        data = piece.buffer
        # Arrays with memory of their own are apart, which takes a tenth of the time to see.
        apart = isinstance(data, bytes) or (flags.owndata and data.flags.owndata and data is not out)
        if not apart and np.may_share_memory(out, data):
            raise ValueError("out: overlaps the messages; wanted memory of its own")
        if piece.offsets is not None and np.may_share_memory(out, piece.offsets):
            raise ValueError("out: overlaps the messages' offsets; wanted memory of its own")
