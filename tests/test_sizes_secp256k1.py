# SPDX-License-Identifier: Apache-2.0
"""secp256k1 at the ends of what comes in: no rows and very many, messages of no byte and of 100 MB, wrong lengths."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from coincurve import PrivateKey
from coincurve.ecdsa import cdata_to_der, der_to_cdata, serialize_compact
from secp256k1_rows import N, number, schnorr
from sha3 import keccak_256

import pyaccel
from examples import resident_bytes

_SECRET = PrivateKey(bytes(range(1, 33)))
_COMPRESSED = _SECRET.public_key.format()
_WHOLE = _SECRET.public_key.format(compressed=False)
_KEYS = (_COMPRESSED, _WHOLE, _WHOLE[1:])
_MESSAGES = [b"%d" % i for i in range(500)]
_rules = pytest.mark.parametrize("rule", pyaccel.rules("secp256k1-ecdsa"))


def _sign(message: bytes) -> bytes:
    return serialize_compact(der_to_cdata(_SECRET.sign(message)))


_SIGNATURES = [_sign(message) for message in _MESSAGES]


def test_messages_of_no_byte_and_of_100_mb() -> None:
    """Among ordinary ones; the last byte of the long one counts. What differs between variants comes after the hash."""
    long = bytes(100_000_000)
    other = long[:-1] + b"\1"
    messages = [b"", long, b"x", other, b"", long]
    signed = [b"", long, b"x", long, b"x", other]
    by_message = {message: _sign(message) for message in (b"", long, b"x", other)}
    signatures = [by_message[message] for message in signed]
    verdicts = pyaccel.verify_many("secp256k1-ecdsa", _COMPRESSED, messages, signatures, device="native")
    assert verdicts.tolist() == [True] * 3 + [False] * 3


@_rules
@pytest.mark.parametrize("device", ["native", "golden"])
def test_no_rows(rule: str, device: str) -> None:
    """In every form that rows come in."""
    prepared = pyaccel.PreparedKeys("secp256k1-ecdsa", [_COMPRESSED])
    signatures = np.empty((0, 64), np.uint8)
    forms: list[tuple[Any, Any, Any]] = [([], [], []), (_COMPRESSED, [], [])]
    forms += [(np.empty((0, width), np.uint8), b"one for all", signatures) for width in (33, 64, 65)]
    for keys, messages, of in forms:
        for signature_format in ("raw", "der", "der-lax"):
            verdicts, reasons = pyaccel.verify_many(
                "secp256k1-ecdsa",
                keys,
                messages,
                of,
                rule=rule,
                signature_format=signature_format,
                reasons=True,
                device=device,
            )
            assert (verdicts.shape, verdicts.dtype, reasons.shape) == ((0,), np.bool_, (0,))
    none = pyaccel.verify_many("secp256k1-ecdsa", prepared, [], [], key_index=[], rule=rule, device=device)
    assert none.shape == (0,)


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
        "secp256k1-ecdsa",
        _WHOLE,
        messages,
        signatures,
        progress=lambda done, total: seen.append((done, total)),
        device="native",
    )
    # The messages joined, their offsets, verdicts and reasons, and a bounded amount for each thread.
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
        "secp256k1-ecdsa",
        _COMPRESSED,
        _MESSAGES[0],
        signatures,
        progress=lambda done, _: seen.append(done),
        device="native",
    )
    assert resident_bytes() - before < 2 * n + 16_000_000
    assert verdicts.all()
    assert len(seen) > 20
    assert (seen == sorted(set(seen)), seen[-1]) == (True, n)


@_rules
def test_rows_of_wrong_lengths_are_false(rule: str) -> None:
    """In a list, where lengths may vary, even if they are all wrong; one key for all rows, too; and a single one."""
    for size in (0, 1, 32, 34, 63, 66, 130):
        key = (_WHOLE * 2)[:size]
        for keys in ([key] * 3, key):
            verdicts, reasons = pyaccel.verify_many(
                "secp256k1-ecdsa", keys, _MESSAGES[:3], _SIGNATURES[:3], rule=rule, reasons=True
            )
            assert (verdicts.tolist(), reasons.tolist()) == ([False] * 3, [1] * 3)
        assert not pyaccel.verify("secp256k1-ecdsa", key, _MESSAGES[0], _SIGNATURES[0], rule=rule)
    for size in (0, 1, 63, 65, 128):
        signatures = [(signature * 2)[:size] for signature in _SIGNATURES[:3]]
        mixed = [*signatures[:2], _SIGNATURES[2]]
        for keys in _KEYS:
            verdicts = pyaccel.verify_many("secp256k1-ecdsa", keys, _MESSAGES[:3], signatures, rule=rule)
            assert verdicts.tolist() == [False] * 3
            verdicts = pyaccel.verify_many("secp256k1-ecdsa", keys, _MESSAGES[:3], mixed, rule=rule)
            assert verdicts.tolist() == [False, False, True]
        assert not pyaccel.verify("secp256k1-ecdsa", _COMPRESSED, _MESSAGES[0], signatures[0], rule=rule)


def test_keys_of_every_width_in_one_batch() -> None:
    """A list may mix them; DER signatures, too, have lengths of their own."""
    keys = [_KEYS[i % 3] for i in range(len(_MESSAGES))]
    assert pyaccel.verify_many("secp256k1-ecdsa", keys, _MESSAGES, _SIGNATURES).all()
    der = [cdata_to_der(der_to_cdata(_SECRET.sign(message))) for message in _MESSAGES]
    assert len({len(signature) for signature in der}) > 1
    assert pyaccel.verify_many("secp256k1-ecdsa", keys, _MESSAGES, der, signature_format="der").all()
    assert not pyaccel.verify_many("secp256k1-ecdsa", keys, _MESSAGES, der).any()


def test_an_array_of_the_wrong_width_is_refused() -> None:
    """The call names what came and what it wanted; so many bytes are no key and no signature."""
    signatures = np.array([list(signature) for signature in _SIGNATURES[:3]], np.uint8)
    messages = _MESSAGES[:3]
    for key in _KEYS:
        keys = np.array([list(key)] * 3, np.uint8)
        assert pyaccel.verify_many("secp256k1-ecdsa", keys, messages, signatures).all()
        wide = np.concatenate([keys, signatures], axis=1)
        views = wide[:, : keys.shape[1]], wide[:, keys.shape[1] :]
        assert pyaccel.verify_many("secp256k1-ecdsa", views[0], messages, views[1]).all()
    for wrong in (wide[:, :32], wide[:, :34], wide[:, :66], keys[:, :0]):
        with pytest.raises(ValueError, match=r"public_keys: 3 rows of \d+ bytes each came; wanted 33 or 64 or 65\."):
            pyaccel.verify_many("secp256k1-ecdsa", wrong, messages, signatures)
    for wrong in (wide[:, :63], wide, np.zeros((3, 65), np.uint8)):
        with pytest.raises(ValueError, match=r"signatures: 3 rows of \d+ bytes each came; wanted 64\."):
            pyaccel.verify_many("secp256k1-ecdsa", keys, messages, wrong)


def test_bip340_messages_of_no_byte_and_of_100_mb() -> None:
    """As above."""
    long = bytes(100_000_000)
    rows = [schnorr(3, 5, b""), schnorr(3, 7, long), schnorr(5, 5, b"x")]
    rows += [(key, message + b"\1", signature) for key, message, signature in rows[:1]]
    rows.append((rows[1][0], long[:-1] + b"\1", rows[1][2]))
    keys, messages, signatures = (list(column) for column in zip(*rows, strict=True))
    assert (
        pyaccel.verify_many("bip340", keys, messages, signatures, device="native").tolist() == [True] * 3 + [False] * 2
    )


def test_bip340_many_rows_with_progress() -> None:
    """100,000 rows with three bad ones: bounded memory, though whole batches are summed."""
    n = 100_000
    rows = [schnorr(i + 1, 2 * i + 1, b"%d" % i) for i in range(20)]
    keys, messages, signatures = ([row[column] for row in rows] for column in range(3))
    picks = np.arange(n) % len(rows)
    key_array = np.array([list(key) for key in keys], np.uint8)[picks]
    signature_array = np.array([list(signature) for signature in signatures], np.uint8)[picks]
    bad = np.array([5, 50_000, n - 1])
    signature_array[bad, 63] ^= 1
    seen: list[int] = []
    before = resident_bytes()
    verdicts = pyaccel.verify_many(
        "bip340",
        key_array,
        [messages[i] for i in picks],
        signature_array,
        progress=lambda done, _: seen.append(done),
        device="native",
    )
    assert resident_bytes() - before < 48_000_000
    assert np.flatnonzero(~verdicts).tolist() == bad.tolist()
    assert (seen == sorted(set(seen)), seen[-1]) == (True, n)


def test_recovery_of_many_rows() -> None:
    """150,000 addresses, three rows without: the memory of what comes out, and a bounded amount."""
    n = 150_000
    signed = [_SECRET.sign_recoverable(number(i), hasher=None) for i in range(100)]
    picks = np.arange(n) % len(signed)
    signatures = np.array([list(signature) for signature in signed], np.uint8)[picks]
    digests = np.array([list(number(i)) for i in range(100)], np.uint8)[picks]
    bad = np.array([0, 77_777, n - 1])
    signatures[bad, 32:64] = 0xFF
    before = resident_bytes()
    addresses, verdicts = pyaccel.recover_many(digests, signatures, addresses=True, device="native")
    assert resident_bytes() - before < addresses.nbytes + 32_000_000
    assert np.flatnonzero(~verdicts).tolist() == bad.tolist()
    assert {bytes(address) for address in addresses[verdicts]} == {keccak_256(_WHOLE[1:]).digest()[12:]}
    assert not addresses[bad].any()


@pytest.mark.slow
def test_ten_million_recoveries() -> None:
    """The same row so often, which takes no memory."""
    n = 10_000_000
    signature = np.frombuffer(_SECRET.sign_recoverable(number(1), hasher=None), np.uint8)
    before = resident_bytes()
    addresses, verdicts = pyaccel.recover_many(
        number(1), np.broadcast_to(signature, (n, 65)), addresses=True, device="native"
    )
    assert resident_bytes() - before < 21 * n + 16_000_000
    assert verdicts.all()
    assert (addresses == addresses[0]).all()


def test_a_batch_may_end_in_any_place() -> None:
    """1 to 70 rows, the last one bad or good: what fills up lanes is no row."""
    for n in range(1, 71):
        signatures = [*_SIGNATURES[:n]]
        assert pyaccel.verify_many("secp256k1-ecdsa", _COMPRESSED, _MESSAGES[:n], signatures, device="native").all()
        signatures[-1] = signatures[-1][:32] + number(N - 1)
        verdicts = pyaccel.verify_many("secp256k1-ecdsa", _WHOLE, _MESSAGES[:n], signatures, device="native")
        assert verdicts.tolist() == [True] * (n - 1) + [False]
