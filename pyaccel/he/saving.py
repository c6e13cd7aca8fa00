# SPDX-License-Identifier: Apache-2.0
"""Saved objects: bytes that mean the same everywhere (docs/he.md), and why others are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyaccel.he.native import ffi, lib, of_type, options, out, owned, raise_status

if TYPE_CHECKING:
    from pyaccel.he.context import Context

_TAKE_OPTIONS = ("evaluation_keys", "plaintexts", "ciphertexts")
_NAMES = {
    "context": "a context",
    "secret_key": "a secret key",
    "public_key": "a public key",
    "evaluation_keys": "evaluation keys",
    "plaintexts": "plaintexts",
    "ciphertexts": "ciphertexts",
}
_NUMBERED = dict(enumerate(_NAMES.values(), 1))
"""By PYACCEL_HE_SAVED_*."""


def save(kind: str, handle: Any) -> bytearray:
    """The bytes of an object.

    Raises:
        MemoryError, PyaccelError: by the status.
    """
    function = getattr(lib, f"pyaccel_he_{kind}_save")
    last = (options(),) if kind in _TAKE_OPTIONS else ()
    size = ffi.new("uint64_t *")
    status = function(ffi.NULL, size, handle, *last)
    data = bytearray(int(size[0]))
    if not status:
        status = function(ffi.from_buffer("uint8_t[]", data), size, handle, *last)
    if status:
        raise_status(f"he.{kind}.save", status)
    return data


def load(kind: str, data: Any, context: Context | None = None) -> Any:
    """The handle of a saved object.

    Args:
        kind: what it has to be.
        data: its bytes, in anything that has a buffer.
        context: that it has to be of; None: a context itself.

    Raises:
        TypeError: no bytes.
        ValueError: cut, altered, of another version, kind or context; says what, and at which byte.
    """
    if kind != "context":
        from pyaccel.he.context import Context

        of_type("context", context, Context)
    try:
        view = memoryview(data).cast("B")
    except TypeError:
        raise TypeError(f"data: a {type(data).__name__} came; wanted bytes") from None
    pointer, problem = out(kind), ffi.new("pyaccel_he_problem *")
    within = () if context is None else (context.native,)
    last = (options(),) if kind in _TAKE_OPTIONS else ()
    bytes_of = ffi.from_buffer("uint8_t[]", view) if view.nbytes else ffi.new("uint8_t[]", 1)
    function = getattr(lib, f"pyaccel_he_{kind}_load")
    status = function(pointer, problem, *within, bytes_of, view.nbytes, *last)
    if status == lib.PYACCEL_INVALID_ARGUMENT and problem.reason:
        raise ValueError(f"data: {_reason(kind, problem, context)}")
    if status:
        raise_status(f"he.{kind}.load", status)
    return owned(kind, pointer)


def not_pickled(name: str, context: Context) -> str:
    """Why an object of a class is not pickled, and what to do in its place."""
    return (
        f"{name} hold pointers of this process and can't be pickled: save() gives bytes, and {name}.load(context, "
        f"bytes) reads them where there is {context!r} too"
    )


def _reason(kind: str, problem: Any, context: Context | None) -> str:
    """What is wrong with bytes."""
    offset, found, wanted = int(problem.offset), int(problem.found), int(problem.wanted)
    name = _NAMES[kind]
    if problem.reason == lib.PYACCEL_HE_PROBLEM_CUT:
        return f"cut: {found} bytes came of {wanted}"
    if problem.reason == lib.PYACCEL_HE_PROBLEM_MAGIC:
        return f"not saved by pyaccel.he: byte {offset} is not as its files begin"
    if problem.reason == lib.PYACCEL_HE_PROBLEM_VERSION:
        return (
            f"version {found} of the format came; this library knows {wanted}: take one as new as that which saved it"
        )
    if problem.reason == lib.PYACCEL_HE_PROBLEM_KIND:
        return f"{_NUMBERED.get(found, 'an unknown object')} came; wanted {name}"
    if problem.reason == lib.PYACCEL_HE_PROBLEM_TRAILING:
        return f"{found} bytes came; {name} ends after {wanted}"
    if problem.reason == lib.PYACCEL_HE_PROBLEM_ALTERED:
        return f"altered: the sum at byte {offset} is of other bytes; get it from its source anew"
    if problem.reason == lib.PYACCEL_HE_PROBLEM_CONTEXT:
        return f"of another context than {context!r}: load the context that was saved with it"
    if problem.reason == lib.PYACCEL_HE_PROBLEM_RESIDUE:
        return f"the number {found} at byte {offset} is not below its modulus {wanted}"
    return f"the field at byte {offset} is out of its range"
