# SPDX-License-Identifier: Apache-2.0
"""Recovery on secp256k1: corrupted rows and the edges, every variant against golden and libsecp256k1."""

from __future__ import annotations

import random
from functools import cache

import pytest
from coincurve import PrivateKey, PublicKey
from hypothesis import example, given
from hypothesis import strategies as st
from implementations import Implementation, implementations

from examples import bits, changes, examples, flipped, resized
from pyaccel.golden import recovery as golden
from pyaccel.golden import secp256k1
from pyaccel.golden.reasons import Reason

_fast = implementations("secp256k1", golden=False, opencl=True)
_rules = pytest.mark.parametrize("rule", list(golden.RULES))
_N, _P = secp256k1.N, secp256k1.P

Row = tuple[bytes, bytes]


def _number(value: int) -> bytes:
    return value.to_bytes(32, "big")


def _check(implementation: Implementation, rule: str, rows: list[Row]) -> list[bytes | None]:
    """Keys of a batch whose signatures carry v, held against golden's; the same with ids apart, and as addresses."""
    digests, signatures = [digest for digest, _ in rows], [signature for _, signature in rows]
    expected = [_key(golden.recover(rule, *row)) for row in rows]
    keys = implementation.recover_many(digests, signatures, rule=rule)
    for row, key, wanted in zip(rows, keys, expected, strict=True):
        assert key == wanted, [field.hex() for field in row]
    addresses = implementation.recover_many(digests, signatures, rule=rule, addresses=True)
    assert addresses == [key and golden.address(key) for key in expected]
    apart = [(digest, signature[:64], signature[-1] if signature else 0) for digest, signature in rows]
    expected = [_key(golden.recover(rule, *row)) for row in apart]
    assert implementation.recover_many(digests, [row[1] for row in apart], [row[2] for row in apart], rule=rule) == (
        expected
    )
    implementation.ran(3 * len(rows))
    return keys


def _key(found: bytes | Reason) -> bytes | None:
    return None if isinstance(found, Reason) else found


def _by_libsecp256k1(digest: bytes, signature: bytes) -> bytes | None:
    """What libsecp256k1 recovers from 64 bytes and an id."""
    try:
        return PublicKey.from_signature_and_message(signature, digest, hasher=None).format(compressed=False)[1:]
    except ValueError:
        return None


@cache
def _good() -> list[Row]:
    """Signatures by libsecp256k1, half of them with the high s."""
    source = random.Random(12)
    rows = []
    for i in range(12):
        digest = source.randbytes(32)
        signature = PrivateKey(source.randbytes(32)).sign_recoverable(digest, hasher=None)
        if i % 2:
            s = _N - int.from_bytes(signature[32:64], "big")
            signature = signature[:32] + _number(s) + bytes([signature[64] ^ 1])
        rows.append((digest, signature))
    return rows


_scalars = st.sampled_from(
    [0, 1, 2, 3, 4, 5, _N // 2, _N // 2 + 1, _N - 1, _N, _N + 1, _P - _N - 1, _P - _N, _P, 2**256 - 1]
)
_v = st.one_of(st.integers(0, 3), st.sampled_from([27, 28]), st.integers(0, 255))
_corruptions = st.one_of(
    st.just(lambda digest, signature: (digest, signature)),
    bits.map(lambda bit: lambda d, s: (flipped(d, bit), s)),
    bits.map(lambda bit: lambda d, s: (d, flipped(s, bit))),
    changes.map(lambda change: lambda d, s: (resized(d, change), s)),
    changes.map(lambda change: lambda d, s: (d, resized(s, change))),
    _v.map(lambda v: lambda d, s: (d, s[:64] + bytes([v]))),
    st.tuples(_scalars, _v).map(lambda pair: lambda d, s: (d, _number(pair[0]) + s[32:64] + bytes([pair[1]]))),
    _scalars.map(lambda value: lambda d, s: (d, s[:32] + _number(value) + s[64:])),
    _scalars.map(lambda value: lambda d, s: (_number(value), s)),
    st.tuples(st.binary(min_size=32, max_size=32), st.binary(min_size=64, max_size=64), st.integers(0, 3)).map(
        lambda row: lambda _d, _s: (row[0], row[1] + bytes([row[2]]))
    ),
)


@_fast
@_rules
@examples(10)
@example(changed=[])
@example(changed=[(i, lambda d, s: (d, s)) for i in range(12)])
@given(changed=st.lists(st.tuples(st.integers(0, 11), _corruptions), max_size=40))
def test_corrupted_rows(implementation: Implementation, rule: str, changed: list) -> None:
    """Good rows, some of them spoilt; batches that no group of lanes divides, the empty one too."""
    _check(implementation, rule, [corruption(*_good()[i]) for i, corruption in changed])


@_fast
@examples(20)
@given(
    rows=st.lists(
        st.tuples(st.binary(min_size=32, max_size=32), st.integers(0, 11), _scalars, _scalars, st.integers(0, 3)),
        min_size=1,
        max_size=24,
    )
)
def test_against_libsecp256k1(implementation: Implementation, rows: list) -> None:
    """Random and extreme r and s under every id: the key that libsecp256k1 recovers, or none."""
    made = []
    for digest, i, r, s, recovery_id in rows:
        own = _good()[i][1]
        made += [
            (digest, own[:64] + bytes([recovery_id])),
            (digest, _number(r) + own[32:64] + bytes([recovery_id])),
            (digest, own[:32] + _number(s) + bytes([recovery_id])),
            (digest, _number(r) + _number(s) + bytes([recovery_id])),
        ]
    keys = implementation.recover_many([digest for digest, _ in made], [signature for _, signature in made])
    assert keys == [_by_libsecp256k1(*row) for row in made]
    implementation.ran(len(made))


@_fast
def test_long_batch_against_libsecp256k1(implementation: Implementation) -> None:
    """1,000 signatures of as many keys, every seventh spoilt."""
    source = random.Random(13)
    rows = []
    for i in range(1000):
        digest = source.randbytes(32)
        signature = PrivateKey(source.randbytes(32)).sign_recoverable(digest, hasher=None)
        if i % 7 == 0:
            signature = flipped(signature, source.randrange(512))
        rows.append((digest, signature))
    keys = implementation.recover_many([digest for digest, _ in rows], [signature for _, signature in rows])
    assert keys == [_by_libsecp256k1(*row) for row in rows]
    implementation.ran(len(rows))


@_fast
@_rules
def test_exceptional_sums(implementation: Implementation, rule: str) -> None:
    """R of known logarithm k, so that (s / r) R and (-e / r) G are opposite, equal or infinite, or their sum is -G."""
    source = random.Random(14)
    minus_g = _number(secp256k1.G[0]) + _number(_P - secp256k1.G[1])
    rows, infinite = [], []
    for k in [*range(1, 9), *(_N - i for i in range(1, 9)), *(source.randrange(1, _N) for _ in range(8))]:
        x, y = PrivateKey(_number(k)).public_key.point()
        r, v = x % _N, bytes([y % 2])
        for s in (1, r, _N - r, source.randrange(1, _N), _N // 2):
            digests = (s * k, -s * k, 0, r, -r, s * k + r)
            rows += [(_number(e % _N), _number(r) + _number(s) + v) for e in digests]
            infinite += [(s * k - e) % _N == 0 for e in digests]
    keys = _check(implementation, rule, rows)
    taken = [int.from_bytes(signature[32:64], "big") <= golden.RULES[rule].largest_s for _, signature in rows]
    assert [key is not None for key in keys] == [t and not i for t, i in zip(taken, infinite, strict=True)]
    assert {key for key in keys[5::6] if key} == {minus_g}


@_fast
def test_abscissas_above_n(implementation: Implementation) -> None:
    """r + n below p, with and without a point there; its last value, and those that are p or more."""
    rows, kinds = [], set()
    for r in [*range(1, 12), *range(_P - _N - 6, _P - _N + 3), _N - 1]:
        rows += [(_number(r // 3), _number(r) + _number(r // 2 + 7) + bytes([i])) for i in range(4)]
    keys = _check(implementation, "secp256k1", rows)
    for row, key in zip(rows, keys, strict=True):
        assert key == _by_libsecp256k1(*row)
        kinds.add((row[1][64], key is None))
    assert kinds == {(recovery_id, missing) for recovery_id in range(4) for missing in (False, True)}
