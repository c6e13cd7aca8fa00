# SPDX-License-Identifier: Apache-2.0
"""Ed25519 at the ends of what comes in: no rows and very many, messages of no byte and of 100 MB, wrong lengths."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from nacl.signing import SigningKey

import pyaccel
from examples import resident_bytes

_KEY = SigningKey(bytes(range(32)))
_PUBLIC = bytes(_KEY.verify_key)
_MESSAGES = [b"%d" % i for i in range(500)]
_SIGNATURES = [_KEY.sign(message).signature for message in _MESSAGES]
_rules = pytest.mark.parametrize("rule", pyaccel.rules("ed25519"))


def test_messages_of_no_byte_and_of_100_mb() -> None:
    """Among ordinary ones; the last byte of the long one counts. What differs between variants comes after the hash."""
    long = bytes(100_000_000)
    other = long[:-1] + b"\1"
    messages = [b"", long, b"x", other, b"", long]
    signed = [b"", long, b"x", long, b"x", other]
    by_message = {message: _KEY.sign(message).signature for message in (b"", long, b"x", other)}
    verdicts = pyaccel.verify_many("ed25519", _PUBLIC, messages, [by_message[m] for m in signed], device="native")
    assert verdicts.tolist() == [True] * 3 + [False] * 3


@_rules
@pytest.mark.parametrize("device", ["native", "golden"])
def test_no_rows(rule: str, device: str) -> None:
    """In every form that rows come in."""
    arrays = np.empty((0, 32), np.uint8), np.empty((0, 64), np.uint8)
    prepared = pyaccel.PreparedKeys("ed25519", [_PUBLIC])
    forms: list[tuple[Any, Any, Any]] = [([], [], []), (arrays[0], b"one for all", arrays[1]), (_PUBLIC, [], [])]
    for keys, messages, signatures in forms:
        verdicts, reasons = pyaccel.verify_many(
            "ed25519", keys, messages, signatures, rule=rule, reasons=True, device=device
        )
        assert (verdicts.shape, verdicts.dtype, reasons.shape) == ((0,), np.bool_, (0,))
    assert pyaccel.verify_many("ed25519", prepared, [], [], key_index=[], rule=rule, device=device).shape == (0,)


def test_many_rows_with_progress() -> None:
    """150,000 rows, one bad in each 10,000: bounded memory, and progress that rises to the end."""
    n = 150_000
    picks = np.arange(n) % len(_MESSAGES)
    signatures = np.array([list(signature) for signature in _SIGNATURES], np.uint8)[picks]
    messages = [_MESSAGES[i] for i in picks]
    bad = np.arange(77, n, 10_000)
    signatures[bad, 40] ^= 1
    seen: list[tuple[int, int]] = []
    before = resident_bytes()
    verdicts = pyaccel.verify_many(
        "ed25519",
        _PUBLIC,
        messages,
        signatures,
        progress=lambda done, total: seen.append((done, total)),
        device="native",
    )
    # The messages joined, their offsets, verdicts and reasons; the work itself takes 1.3 MB a thread, where
    # all rows at once would take 190 MB. 9 to 12 MB alone; after other tests the allocator's own habits add as much.
    assert resident_bytes() - before < 32_000_000
    assert np.flatnonzero(~verdicts).tolist() == bad.tolist()
    assert len(seen) >= 2
    assert seen == sorted(set(seen))
    assert seen[-1] == (n, n)


@pytest.mark.slow
def test_ten_million_rows() -> None:
    """The same row so often, which takes no memory: what is taken are verdicts and reasons, a byte a row each."""
    n = 10_000_000
    signatures = np.broadcast_to(np.frombuffer(_SIGNATURES[0], np.uint8), (n, 64))
    seen: list[int] = []
    before = resident_bytes()
    verdicts = pyaccel.verify_many(
        "ed25519", _PUBLIC, _MESSAGES[0], signatures, progress=lambda done, _: seen.append(done), device="native"
    )
    assert resident_bytes() - before < 2 * n + 16_000_000
    assert verdicts.all()
    assert len(seen) > 20
    assert (seen == sorted(set(seen)), seen[-1]) == (True, n)


@_rules
def test_rows_of_wrong_lengths_are_false(rule: str) -> None:
    """In a list, where lengths may vary, even if they are all wrong; one key for all rows, too; and a single one."""
    for size in (0, 1, 31, 33, 64):
        key = (_PUBLIC * 2)[:size]
        for keys in ([key] * 3, key):
            verdicts, reasons = pyaccel.verify_many(
                "ed25519", keys, _MESSAGES[:3], _SIGNATURES[:3], rule=rule, reasons=True
            )
            assert (verdicts.tolist(), reasons.tolist()) == ([False] * 3, [1] * 3)
        assert not pyaccel.verify("ed25519", key, _MESSAGES[0], _SIGNATURES[0], rule=rule)
    for size in (0, 1, 63, 65, 128):
        signatures = [(signature * 2)[:size] for signature in _SIGNATURES[:3]]
        verdicts = pyaccel.verify_many("ed25519", _PUBLIC, _MESSAGES[:3], signatures, rule=rule)
        assert verdicts.tolist() == [False] * 3
        mixed = pyaccel.verify_many("ed25519", _PUBLIC, _MESSAGES[:3], [*signatures[:2], _SIGNATURES[2]], rule=rule)
        assert mixed.tolist() == [False, False, True]
        assert not pyaccel.verify("ed25519", _PUBLIC, _MESSAGES[0], signatures[0], rule=rule)


def test_an_array_of_the_wrong_width_is_refused() -> None:
    """Whether C-ordered, a slice of wider records, or Rows: the call names what came and what it wanted."""
    keys = np.array([list(_PUBLIC)] * 3, np.uint8)
    signatures = np.array([list(signature) for signature in _SIGNATURES[:3]], np.uint8)
    messages = _MESSAGES[:3]
    assert pyaccel.verify_many("ed25519", keys, messages, signatures).all()
    wide = np.concatenate([keys, signatures], axis=1)
    assert pyaccel.verify_many("ed25519", wide[:, :32], messages, wide[:, 32:]).all()
    for wrong in (wide[:, :33], wide[:, :31], keys[:, :0], pyaccel.Rows(keys.tobytes(), width=16)[:3]):
        with pytest.raises(ValueError, match=r"public_keys: 3 rows of \d+ bytes each came; wanted 32\."):
            pyaccel.verify_many("ed25519", wrong, messages, signatures)
    for wrong in (wide[:, 32:95], wide, np.zeros((3, 65), np.uint8)):
        with pytest.raises(ValueError, match=r"signatures: 3 rows of \d+ bytes each came; wanted 64\."):
            pyaccel.verify_many("ed25519", keys, messages, wrong)
    pieces = pa.chunked_array([[_PUBLIC[:31]], [_PUBLIC[:31]] * 2], pa.binary(31))
    with pytest.raises(ValueError, match=r"public_keys: 3 rows of 31 bytes each came; wanted 32\."):
        pyaccel.verify_many("ed25519", pieces, messages, signatures)
    varying = pa.array([_PUBLIC[:31]] * 3, pa.binary())
    assert not pyaccel.verify_many("ed25519", varying, messages, signatures).any()
    with pytest.raises(ValueError, match=r"public_keys: 3 rows of 32 bytes each came; wanted 33 or 64 or 65\."):
        pyaccel.verify_many("secp256k1-ecdsa", keys, messages, signatures)
