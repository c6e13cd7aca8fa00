# SPDX-License-Identifier: Apache-2.0
"""BIP-340: corrupted, swapped and malformed rows and the edges, native against golden and libsecp256k1."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import cache

import pytest
from bip340_signer import even, number, sign
from coincurve import PrivateKey, PublicKeyXOnly
from hypothesis import example, given
from hypothesis import strategies as st
from implementations import Implementation, implementations

from examples import bits, changes, examples, flipped, resized
from pyaccel.golden import bip340 as golden
from pyaccel.golden.secp256k1 import G, N, P, add, affine, multiply

_native = implementations("bip340", golden=False)
_every = implementations("bip340")

Row = tuple[bytes, bytes, bytes]
Corruption = Callable[[bytes, bytes, bytes], Row]


def _peer(key: bytes, message: bytes, signature: bytes) -> bool:
    """What libsecp256k1 says."""
    try:
        return len(key) == 32 and PublicKeyXOnly(key).verify(signature, message)
    except ValueError:
        return False


def _check(implementation: Implementation, rows: list[Row]) -> list[int]:
    """Reasons of a batch, held against golden's row by row, and verdicts against libsecp256k1's."""
    keys, messages, signatures = map(list, zip(*rows, strict=True)) if rows else ([], [], [])
    reasons = implementation.verify_many("bip340", keys, messages, signatures)
    for row, reason in zip(rows, reasons, strict=True):
        assert reason == _reason(row), [field.hex() for field in row]
        assert (reason == 0) == _peer(*row), [field.hex() for field in row]
    implementation.ran(len(rows))
    return reasons


@cache
def _reason(row: Row) -> int:
    return int(golden.verify(*row))


@cache
def _good() -> list[Row]:
    """Half of them signed by libsecp256k1, which takes 32 bytes; the others of other lengths."""
    source = random.Random(12)
    rows = []
    for i in range(12):
        secret, nonce = source.randrange(1, N), source.randrange(1, N)
        if i % 2:
            rows.append(sign(secret, nonce, source.randbytes((0, 1, 31, 33, 100, 1000)[i // 2])))
        else:
            key, message = PrivateKey(number(secret)), source.randbytes(32)
            rows.append((even(secret)[1], message, key.sign_schnorr(message, source.randbytes(32))))
    return rows


# 1 is the abscissa of a point, 0 and 5 are not; so is p - 1 not, and p + 1 stands for 1.
_numbers = st.sampled_from([0, 1, 2, 5, N - 1, N, N + 1, P - 1, P, P + 1, 2**256 - 1]).map(number)
_corruptions = st.one_of(
    st.just(lambda key, message, signature: (key, message, signature)),
    bits.map(lambda bit: lambda k, m, s: (flipped(k, bit), m, s)),
    bits.map(lambda bit: lambda k, m, s: (k, flipped(m, bit), s)),
    bits.map(lambda bit: lambda k, m, s: (k, m, flipped(s, bit))),
    changes.map(lambda change: lambda k, m, s: (resized(k, change), m, s)),
    changes.map(lambda change: lambda k, m, s: (k, m, resized(s, change))),
    _numbers.map(lambda value: lambda _k, m, s: (value, m, s)),
    _numbers.map(lambda value: lambda k, m, s: (k, m, value + s[32:])),
    _numbers.map(lambda value: lambda k, m, s: (k, m, s[:32] + value)),
    st.tuples(_numbers, _numbers).map(lambda pair: lambda k, m, _s: (k, m, pair[0] + pair[1])),
    st.binary(min_size=32, max_size=32).map(lambda value: lambda k, m, s: (k, m, value + s[32:])),
    st.just(lambda k, m, s: (k, m, s[:32] + number(-int.from_bytes(s[32:], "big") % N))),
    st.just(lambda _k, m, _s: (b"", m, b"")),
)


@_native
@examples(30)
@example(picks=[(i, lambda k, m, s: (k, m, s)) for i in range(12)], shift=0)
@given(picks=st.lists(st.tuples(st.integers(0, 11), _corruptions), max_size=12), shift=st.sampled_from([0, 0, 1]))
def test_mixtures(implementation: Implementation, picks: list[tuple[int, Corruption]], shift: int) -> None:
    """Good, bad and malformed rows in any mixture; with a shift, signatures stand beside another row's key."""
    rows = [corrupt(*_good()[i]) for i, corrupt in picks]
    if shift:
        rows = [(k, m, rows[(i + shift) % len(rows)][2]) for i, (k, m, _) in enumerate(rows)]
    _check(implementation, rows)


@_every
def test_good_rows(implementation: Implementation) -> None:
    """What libsecp256k1 and the definition sign is valid."""
    assert _check(implementation, _good()) == [0] * 12


@_native
def test_bits_of_a_signature(implementation: Implementation) -> None:
    """Each bit flipped."""
    key, message, signature = _good()[0]
    rows = [(key, message, flipped(signature, bit)) for bit in range(512)]
    assert 0 not in _check(implementation, rows)


@_every
def test_long_messages(implementation: Implementation) -> None:
    """A million bytes, and lengths at the edges of SHA-256's blocks."""
    sizes = (54, 55, 56, 63, 64, 65) if implementation.slow else (*range(130), 10**6)
    rows = [sign(7 + size, 11 + size, bytes(size)) for size in sizes]
    rows += [(key, message + b"\0", signature) for key, message, signature in rows]
    assert _check(implementation, rows) == [0] * len(sizes) + [5] * len(sizes)


def _at(factor: int, term: int, r: bytes, secret: int, message: bytes) -> Row:
    """A row of a given r, with s = factor e d + term, d being the scalar of the key's point."""
    d, key = even(secret)
    return key, message, r + number((factor * golden.challenge(r, key, message) * d + term) % N)


@_every
def test_edges_of_keys(implementation: Implementation) -> None:
    """Abscissae at p and above it, and of no point; y is even whatever the signer's key was."""
    _, message, signature = _good()[0]
    rows = [(number(x), message, signature) for x in (0, 5, P - 1, P, P + 1, 2**256 - 1)]
    assert _check(implementation, rows) == [2] * 6
    # p + 1 is the abscissa 1 of a point, and no encoding of it.
    assert golden.lift_x(1) is not None
    assert _check(implementation, [(number(1), message, signature)]) == [5]


@_every
def test_edges_of_r(implementation: Implementation) -> None:
    """r = p and above, r of no point, r with a sum of that abscissa and odd y, and a sum at infinity."""
    source = random.Random(3)
    secret, nonce = source.randrange(1, N), source.randrange(1, N)
    key = even(secret)[1]
    k, r = even(nonce)
    rows, expected = [], []
    for x in (0, 5, P - 1, P, P + 1, 2**256 - 1):
        rows.append(_at(1, k, number(x), secret, b"r"))
        expected.append(3)
    # R = -k G: the abscissa is right, y is odd.
    rows.append(_at(1, -k, r, secret, b"odd"))
    # R infinite: s = e d. An r of 0 is no abscissa, 1 is one.
    rows.append(_at(1, 0, r, secret, b"infinite"))
    rows.append(_at(1, 0, number(1), secret, b"infinite"))
    rows.append(_at(1, 0, number(0), secret, b"infinite"))
    expected += [5, 5, 5, 3]
    # The same r as a good row, one bit off in s.
    rows.append(sign(secret, nonce, b"good"))
    rows.append((key, b"good", flipped(rows[-1][2], 511)))
    expected += [0, 5]
    assert _check(implementation, rows) == expected


@_every
def test_edges_of_s(implementation: Implementation) -> None:
    """s = n and above is out of range; 0, 1 and n - 1 are not, though nobody knows a signature that has one of them."""
    key, message, signature = _good()[2]
    rows = [(key, message, signature[:32] + number(s)) for s in (N, N + 1, 2**256 - 1)]
    assert _check(implementation, rows) == [4] * 3
    assert _check(implementation, [(key, message, signature[:32] + number(s)) for s in (0, 1, N - 1)]) == [5] * 3


@_every
def test_a_bad_r_comes_before_a_bad_s(implementation: Implementation) -> None:
    """And a bad key before both, and a length before all."""
    _, message, _ = _good()[0]
    bad = number(2**256 - 1)
    good = _good()[0][0]
    assert _check(implementation, [(good, message, bad + bad), (bad, message, bad + bad), (bad, message, bad)]) == [
        3,
        2,
        1,
    ]
    assert _check(implementation, [(bad + b"\0", message, bad + bad)]) == [1]


@_native
def test_small_scalars(implementation: Implementation) -> None:
    """Secrets and nonces 1 to 4 and their opposites: digits of the sum meet those of the table of G."""
    secrets = [*range(1, 5), *(N - i for i in range(1, 5))]
    rows = [sign(secret, nonce, b"small") for secret in secrets for nonce in secrets]
    assert _check(implementation, rows) == [0] * len(rows)


@_native
def test_sums_that_meet(implementation: Implementation) -> None:
    """s G = +-e P, so that the two parts of the sum are equal or opposite; and R = +-P."""
    source = random.Random(8)
    rows = []
    for i in range(8):
        secret = source.randrange(1, N)
        d, key = even(secret)
        rows += [_at(factor, 0, key, secret, bytes([i])) for factor in (1, -1, 2, 0)]
        rows.append(_at(1, d, key, secret, bytes([i])))
    reasons = _check(implementation, rows)
    # The nonce is the secret itself: the one kind that is valid.
    assert [reason == 0 for reason in reasons] == [i % 5 == 4 for i in range(len(rows))]


@cache
def _many() -> list[Row]:
    """Rows of their own keys, but that every seventh has the key of the first; by libsecp256k1."""
    source = random.Random(21)
    rows: list[Row] = []
    first = PrivateKey(source.randbytes(32))
    for i in range(300):
        key = first if i % 7 == 0 else PrivateKey(source.randbytes(32))
        message = source.randbytes(32)
        rows.append((key.public_key.format()[1:], message, key.sign_schnorr(message, source.randbytes(32))))
    return rows


def _batch(implementation: Implementation, rows: list[Row]) -> None:
    """Verdicts of a batch against libsecp256k1's of each row, and the same of the rows in batches of three."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    reasons = implementation.verify_many("bip340", *columns)
    assert [reason == 0 for reason in reasons] == [_peer(*row) for row in rows]
    few: list[int] = []
    for at in range(0, len(rows), 3):
        few += implementation.verify_many("bip340", *(column[at : at + 3] for column in columns))
    assert reasons == few
    implementation.ran(len(rows))


@_native
@examples(8)
@given(
    size=st.sampled_from([17, 40, 64, 129, 300]),
    spoilt=st.lists(st.tuples(st.integers(0, 299), _corruptions), max_size=4),
    twice=st.lists(st.tuples(st.integers(0, 299), st.integers(0, 299)), max_size=2),
)
def test_batches(
    implementation: Implementation,
    size: int,
    spoilt: list[tuple[int, Corruption]],
    twice: list[tuple[int, int]],
) -> None:
    """Many good rows with a few bad ones, or with one signature in two places."""
    rows = _many()[:size]
    for i, j in twice:
        rows[i % size] = rows[j % size]
    for i, corrupt in spoilt:
        rows[i % size] = corrupt(*rows[i % size])
    _batch(implementation, rows)


@_native
def test_errors_that_add_up_to_nothing(implementation: Implementation) -> None:
    """s of one row one more, of another one less: a sum without random coefficients would hold."""
    rows = _many()[:100]
    for i, change in ((20, 1), (70, N - 1)):
        key, message, signature = rows[i]
        rows[i] = (key, message, signature[:32] + number((int.from_bytes(signature[32:], "big") + change) % N))
    # R and P for -R and -P, which have the same encodings: s negated in every row.
    _batch(implementation, rows)
    _batch(
        implementation,
        [(k, m, s[:32] + number(-int.from_bytes(s[32:], "big") % N)) for k, m, s in _many()[:40]],
    )


@_native
@pytest.mark.parametrize("rows", [64, 300])
def test_the_same_row_many_times(implementation: Implementation, rows: int) -> None:
    """All points of a batch equal."""
    _batch(implementation, [_good()[0]] * rows)


@_every
@pytest.mark.parametrize("width", [31, 33])
def test_rows_of_wrong_widths(implementation: Implementation, width: int) -> None:
    """Keys of 33 bytes, as ECDSA has them, are none."""
    key, message, signature = _good()[0]
    assert _check(implementation, [((b"\2" + key)[:width] if width == 33 else key[:31], message, signature)]) == [1]


def test_golden_lifts() -> None:
    """Golden's lift_x: each of its points is on the curve, with y even."""
    for x in range(50):
        point = golden.lift_x(x)
        square = (x**3 + 7) % P
        assert (point is not None) == (pow(square, (P - 1) // 2, P) == 1)
        if point is not None:
            assert point[1] % 2 == 0
            assert (point[1] ** 2 - square) % P == 0
    assert affine(add(G, multiply(2, G))) == affine(multiply(3, G))
