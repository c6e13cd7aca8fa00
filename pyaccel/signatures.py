# SPDX-License-Identifier: Apache-2.0
"""Verification of many signatures at once. A bad signature is False, never an exception."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np
import numpy.typing as npt

from pyaccel.choices import check_progress, choice
from pyaccel.numbers import integer_array
from pyaccel.operations import OPERATIONS
from pyaccel.prepared_keys import PreparedKeys, check_key_width
from pyaccel.rows import Rows, as_rows, check_width, one_row
from pyaccel.scheduler.execution import run
from pyaccel.scheme import LONGEST_IDENTITY, SCHEMES, parameters

if TYPE_CHECKING:
    from pyaccel.signature_cache import SignatureCache

REASONS = ("none", "length", "key", "encoding", "range", "equation")
"""Name of each reason code; C: PYACCEL_REASON_*."""

Bools = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.uint8]

_VERIFY_MANY = OPERATIONS["verify_many"]


def schemes() -> tuple[str, ...]:
    """The names that `scheme=` takes."""
    return tuple(SCHEMES)


def rules(scheme: str) -> tuple[str, ...]:
    """The names that `rule=` takes for a scheme, its default first.

    Raises:
        ValueError: the scheme is unknown.
    """
    return SCHEMES[choice("scheme", scheme, SCHEMES)].rules


def reasons() -> tuple[str, ...]:
    """Names of the codes that `reasons=True` gives, by code."""
    return REASONS


@overload
def verify_many(
    scheme: str,
    public_keys: Any,
    messages: Any,
    signatures: Any,
    *,
    rule: str | None = None,
    message_hash: str | None = None,
    identity: Any = None,
    key_format: str = "auto",
    signature_format: str = "raw",
    key_index: Any = None,
    reasons: Literal[False] = False,
    progress: Callable[[int, int], object] | None = None,
    cache: SignatureCache | None = None,
    device: str = "auto",
) -> Bools: ...
@overload
def verify_many(
    scheme: str,
    public_keys: Any,
    messages: Any,
    signatures: Any,
    *,
    rule: str | None = None,
    message_hash: str | None = None,
    identity: Any = None,
    key_format: str = "auto",
    signature_format: str = "raw",
    key_index: Any = None,
    reasons: Literal[True],
    progress: Callable[[int, int], object] | None = None,
    cache: SignatureCache | None = None,
    device: str = "auto",
) -> tuple[Bools, Codes]: ...
def verify_many(
    scheme: str,
    public_keys: Any,
    messages: Any,
    signatures: Any,
    *,
    rule: str | None = None,
    message_hash: str | None = None,
    identity: Any = None,
    key_format: str = "auto",
    signature_format: str = "raw",
    key_index: Any = None,
    reasons: bool = False,
    progress: Callable[[int, int], object] | None = None,
    cache: SignatureCache | None = None,
    device: str = "auto",
) -> Bools | tuple[Bools, Codes]:
    """Whether signature i over message i is valid under public key i: what a one-by-one verifier says of row i.

    Args:
        scheme: one of `schemes()`.
        public_keys: n rows, or one bytes-like for all; with key_index any number of rows, or PreparedKeys.
        messages: n rows, or one bytes-like for all.
        signatures: n rows.
        rule: one of `rules(scheme)`; None: the first of them.
        message_hash: how a message becomes the digest; None: the scheme's own; "none": rows are ready digests, of 32
            bytes, or with p256-ecdsa and p384-ecdsa of 32 and more, whose leftmost bits count.
        identity: whom sm2 hashes together with the key: n rows, or one bytes-like for all; None: 1234567812345678.
            8,191 bytes at most: a longer one is an error where one serves all rows, and a False of its row.
        key_format: "auto": told apart by length and prefix; "spki": SubjectPublicKeyInfo, DER (p256-ecdsa, p384-ecdsa,
            sm2). Of PreparedKeys, it is theirs.
        signature_format: "raw", "der" (under rule fabric as Go reads it) or "der-lax" (secp256k1-ecdsa); named, never
            guessed.
        key_index: n numbers: row i has key key_index[i].
        reasons: also say why a row is False.
        progress: called with (rows done, n) now and then; what it raises ends the call and comes out of it.
        cache: what knows signatures that are valid, which are then not verified again, and learns others that are;
            whatever the device. Rows must not change meanwhile.
        device: "auto" or the name of a device; what that declines runs natively (`scheduler.last_run()` tells).

    Returns:
        bool[n]; with reasons=True also uint8[n], whose names are `pyaccel.reasons()`. A malformed key, signature or
        digest is a False of its row.

    Raises:
        TypeError, ValueError: an argument is wrong, or an array has rows of a width that no key or signature has; says
            what was wanted and what came.
        IndexError: a key_index past the end.
        UnsupportedError: nothing in this build takes the call; says why.
        DeviceUnavailableError: the device asked for is not here.
    """
    if isinstance(public_keys, PreparedKeys) and key_format == "auto":
        key_format = public_keys.key_format
    values = parameters(scheme, rule, message_hash, key_format, signature_format)
    signature_rows = as_rows("signatures", signatures)
    n = len(signature_rows)
    if values[4] == "raw":
        check_width("signatures", signatures, signature_rows, (SCHEMES[scheme].signature_width,))
    message_rows = as_rows("messages", messages, one_for_all=True)
    message_rows.require_count("messages", n, "signatures")
    check_progress(progress, "rows done, rows in all")
    identity_rows = None if identity is None else _identity(scheme, values[2], identity, n)
    keys = _keys(scheme, key_format, public_keys, n, indexed=key_index is not None)
    if isinstance(keys, PreparedKeys) and key_index is None:
        # They stay whole where a batch is cut into parts, so that its rows must say which is theirs.
        key_index = np.arange(n, dtype=np.uint32)
    index = None if key_index is None else _key_index(key_index, n, len(keys))
    verdicts = np.zeros(n, np.uint8)
    codes = np.zeros(n, np.uint8) if reasons else None
    inputs = {
        "public_keys": keys,
        "messages": message_rows,
        "signatures": signature_rows,
        "identity": identity_rows,
        "key_index": index,
    }
    outputs = {"verdicts": verdicts, "reasons": codes}
    cuts = message_rows.cuts + signature_rows.cuts
    if identity_rows is not None:
        cuts += identity_rows.cuts
    if index is None and isinstance(keys, Rows):
        cuts += keys.cuts
    cuts = tuple(set(cuts)) if cuts else cuts
    if cache is not None:
        from pyaccel.signature_cache import check_cache

        check_cache(cache)
    run(_VERIFY_MANY, values, inputs, outputs, n, device=device, progress=progress, cuts=cuts, cache=cache)
    answers = verdicts.view(np.bool_)
    return answers if codes is None else (answers, codes)


def verify(
    scheme: str,
    public_key: Any,
    message: Any,
    signature: Any,
    *,
    rule: str | None = None,
    message_hash: str | None = None,
    identity: Any = None,
    key_format: str = "auto",
    signature_format: str = "raw",
    cache: SignatureCache | None = None,
    device: str = "auto",
) -> bool:
    """Whether one signature is valid: `verify_many` with a batch of one."""
    answer = verify_many(
        scheme,
        [one_row("public_key", public_key)[0]],
        one_row("message", message),
        [one_row("signature", signature)[0]],
        rule=rule,
        message_hash=message_hash,
        identity=identity,
        key_format=key_format,
        signature_format=signature_format,
        cache=cache,
        device=device,
    )
    return bool(answer[0])


def _identity(scheme: str, message_hash: str | None, identity: Any, n: int) -> Rows:
    if scheme != "sm2":
        raise ValueError(f"identity: {scheme} has none; it belongs to sm2 alone: leave it out")
    if message_hash is not None:
        raise ValueError(
            "identity: it is hashed together with the message, and with message_hash='none' nothing is: leave one out"
        )
    rows = as_rows("identity", identity, one_for_all=True)
    rows.require_count("identity", n, "signatures")
    if rows.count is None and rows.width > LONGEST_IDENTITY:
        raise ValueError(f"identity: {rows.width:,} bytes came; it has {LONGEST_IDENTITY:,} at most")
    return rows


def _keys(scheme: str, key_format: str, public_keys: Any, n: int, *, indexed: bool) -> Rows | PreparedKeys:
    if not isinstance(public_keys, PreparedKeys):
        rows = as_rows("public_keys", public_keys, one_for_all=not indexed)
        check_key_width(scheme, key_format, public_keys, rows)
        if not indexed and rows.count is not None and rows.count != n:
            raise ValueError(
                f"public_keys: {rows.count} rows came for {n} signatures; wanted as many, one bytes-like for all, or "
                "key_index, which says whose each is"
            )
        return rows
    if public_keys.scheme != scheme:
        raise ValueError(f"public_keys: prepared for {public_keys.scheme}, not for {scheme}")
    if public_keys.key_format != key_format:
        raise ValueError(f"public_keys: prepared as {public_keys.key_format!r} keys, not as {key_format!r}")
    if not indexed and len(public_keys) != n:
        raise ValueError(
            f"public_keys: {len(public_keys)} came for {n} signatures; say with key_index which goes where"
        )
    return public_keys


def _key_index(values: Any, n: int, count: int) -> npt.NDArray[np.uint32]:
    array = integer_array("key_index", values)
    if len(array) != n:
        raise ValueError(f"key_index: shape {array.shape} came; wanted ({n},), one a signature")
    bad = (array < 0) | (array >= count)
    if bool(bad.any()):
        i = int(bad.argmax())
        raise IndexError(f"key_index: {array[i]} came at {i}; there are {count} public keys")
    return np.ascontiguousarray(array, np.uint32)
