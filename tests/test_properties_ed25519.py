# SPDX-License-Identifier: Apache-2.0
"""Ed25519: corrupted, swapped and malformed rows, and the edges of the curve, native against golden and peers."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import cache

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import example, given
from hypothesis import strategies as st
from implementations import Implementation, implementations
from nacl.signing import SigningKey

import pyaccel
from examples import bits, changes, examples, flipped, resized
from pyaccel.golden import ed25519 as golden
from pyaccel.golden.sha512 import sha512

_every = implementations("ed25519", golden=False, opencl=True)
_rules = pytest.mark.parametrize("rule", pyaccel.rules("ed25519"))
_P, _L = golden.P, golden.L

Row = tuple[bytes, bytes, bytes]
Corruption = Callable[[bytes, bytes, bytes], Row]


def _check(implementation: Implementation, rule: str, rows: list[Row]) -> list[int]:
    """Reasons of a batch, held against golden's row by row."""
    keys, messages, signatures = map(list, zip(*rows, strict=True)) if rows else ([], [], [])
    reasons = implementation.verify_many("ed25519", keys, messages, signatures, rule=rule)
    expected = [int(golden.verify(rule, *row)) for row in rows]
    for row, reason, golden_reason in zip(rows, reasons, expected, strict=True):
        assert reason == golden_reason, [field.hex() for field in row]
    implementation.ran(len(rows))
    return reasons


@cache
def _good() -> list[Row]:
    """Signatures by PyNaCl."""
    source = random.Random(7)
    rows = []
    for size in (0, 1, 32, 47, 48, 63, 64, 111, 112, 200, 300, 1000):
        key, message = SigningKey(source.randbytes(32)), source.randbytes(size)
        rows.append((bytes(key.verify_key), message, key.sign(message).signature))
    return rows


@cache
def _small_order() -> list[bytes]:
    """Every encoding of the eight points of small order: y or y + p below 2^255, with each sign that decodes."""
    points = {golden.encode(golden.multiply(i, _torsion_generator())) for i in range(8)}
    ys = {int.from_bytes(point, "little") % 2**255 for point in points}
    found = []
    for y in sorted(ys | {y + _P for y in ys if y + _P < 2**255}):
        for sign in (0, 1):
            encoding = (y | sign << 255).to_bytes(32, "little")
            if golden.decode(encoding, canonical=False) is not None:
                found.append(encoding)
    return found


@cache
def _torsion_generator() -> golden.Point:
    """A point of order 8: l times a point of full order."""
    for y in range(2, 100):
        point = golden.decode(y.to_bytes(32, "little"), canonical=True)
        if point is not None:
            torsion = golden.multiply(_L, point)
            if not golden.is_identity(golden.multiply(4, torsion)):
                return torsion
    raise AssertionError("no point of order 8 among the first")


def _number(value: int) -> bytes:
    return value.to_bytes(32, "little")


_scalars = st.sampled_from([0, 1, _L - 1, _L, _L + 1, 2 * _L, 2**252, 2**253, 2**255 - 1, 2**256 - 1])
_points = st.one_of(
    st.integers(0, 13).map(lambda i: _small_order()[i % len(_small_order())]),
    st.sampled_from([_number(y) for y in (2, _P - 1, _P, _P + 1, _P + 18, 2**255 - 1, 2**256 - 1)]),
    st.binary(min_size=32, max_size=32),
)
_corruptions = st.one_of(
    st.just(lambda key, message, signature: (key, message, signature)),
    bits.map(lambda bit: lambda k, m, s: (flipped(k, bit), m, s)),
    bits.map(lambda bit: lambda k, m, s: (k, flipped(m, bit), s)),
    bits.map(lambda bit: lambda k, m, s: (k, m, flipped(s, bit))),
    changes.map(lambda change: lambda k, m, s: (resized(k, change), m, s)),
    changes.map(lambda change: lambda k, m, s: (k, resized(m, change), s)),
    changes.map(lambda change: lambda k, m, s: (k, m, resized(s, change))),
    _scalars.map(lambda scalar: lambda k, m, s: (k, m, s[:32] + _number(scalar))),
    # S + l is the same modulo l, and refused.
    st.just(lambda k, m, s: (k, m, s[:32] + _number(int.from_bytes(s[32:], "little") + _L))),
    _points.map(lambda point: lambda _k, m, s: (point, m, s)),
    _points.map(lambda point: lambda k, m, s: (k, m, point + s[32:])),
    st.tuples(_points, _points, _scalars).map(lambda t: lambda _k, m, _s: (t[0], m, t[1] + _number(t[2]))),
    st.just(lambda _k, m, _s: (b"", m, b"")),
)


@_every
@_rules
@examples(20)
@example(picks=[(i, lambda k, m, s: (k, m, s)) for i in range(12)], shift=0)
@given(picks=st.lists(st.tuples(st.integers(0, 11), _corruptions), max_size=12), shift=st.sampled_from([0, 0, 1]))
def test_mixtures(implementation: Implementation, rule: str, picks: list[tuple[int, Corruption]], shift: int) -> None:
    """Good, bad and malformed rows in any mixture; with a shift, signatures stand beside another row's key."""
    rows = [corrupt(*_good()[i]) for i, corrupt in picks]
    if shift:
        rows = [(k, m, rows[(i + shift) % len(rows)][2]) for i, (k, m, _) in enumerate(rows)]
    _check(implementation, rule, rows)


@_every
@_rules
def test_good_rows(implementation: Implementation, rule: str) -> None:
    """What PyNaCl signs is valid; each bit of one signature flipped is not, as OpenSSL says as well."""
    assert _check(implementation, rule, _good()) == [0] * len(_good())
    key, message, signature = _good()[3]
    rows = [(key, message, flipped(signature, bit)) for bit in range(512)]
    reasons = _check(implementation, rule, rows)
    for reason, row in zip(reasons, rows, strict=True):
        try:
            Ed25519PublicKey.from_public_bytes(row[0]).verify(row[2], row[1])
            peer = True
        except InvalidSignature:
            peer = False
        assert (reason == 0) == peer


@_every
@_rules
def test_small_order_pairs(implementation: Implementation, rule: str) -> None:
    """All pairs of small-order encodings, canonical or not, as key and R, S = 0; zip215 takes all, two rules none."""
    encodings = _small_order()
    assert len(encodings) == 14
    rows = [(key, b"any message", r + bytes(32)) for key in encodings for r in encodings]
    reasons = _check(implementation, rule, rows)
    if rule == "zip215":
        assert reasons == [0] * 196
    elif rule in ("dalek-strict", "libsodium"):
        assert reasons == [2] * 196
    else:
        # Eight points, of which all are canonical once; the other six encodings are a key or an R that is refused.
        keys = 8 if rule == "rfc8032" else 14
        assert reasons.count(2) == (14 - keys) * 14
        assert reasons.count(3) == keys * 6
        assert 0 < reasons.count(0) < keys * 8


@_every
@_rules
def test_mixed_order(implementation: Implementation, rule: str) -> None:
    """Keys and R with all 64 torsion parts: zip215 takes all; others those whose parts cancel. Bad rows between."""
    source = random.Random(3)
    torsion = [golden.multiply(i, _torsion_generator()) for i in range(8)]
    rows: list[Row] = []
    cancels = []
    for i in range(8):
        secret = source.randrange(1, _L)
        key = golden.encode(golden.add(golden.multiply(secret, golden.B), torsion[i]))
        for j in range(8):
            message = source.randbytes(40)
            nonce = source.randrange(1, _L)
            r = golden.encode(golden.add(golden.multiply(nonce, golden.B), torsion[j]))
            k = int.from_bytes(sha512(r + key + message), "little") % _L
            rows.append((key, message, r + _number((nonce + k * secret) % _L)))
            # The torsion generator has order 8, so parts j + k i cancel when 8 divides them.
            cancels.append((j + k * i) % 8 == 0)
    reasons = _check(implementation, rule, rows)
    assert [reason == 0 for reason in reasons] == ([True] * 64 if rule == "zip215" else cancels)
    assert 8 < sum(cancels) + 8 < 64
    with_bad = [row if i % 5 else (row[0], row[1] + b"!", row[2]) for i, row in enumerate(rows)]
    _check(implementation, rule, with_bad)


@_every
@_rules
def test_non_canonical_encodings(implementation: Implementation, rule: str) -> None:
    """Every y from p to 2^255 - 1 and the last ones below p, with both signs, as key and as R."""
    encodings = [_number(y | sign << 255) for y in range(_P - 4, 2**255) for sign in (0, 1)]
    key, message, signature = _good()[5]
    rows = [(encoding, message, signature) for encoding in encodings]
    rows += [(key, message, encoding + signature[32:]) for encoding in encodings]
    _check(implementation, rule, rows)
