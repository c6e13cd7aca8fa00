# SPDX-License-Identifier: Apache-2.0
"""ECDSA on secp256k1: corrupted, swapped and malformed rows and the edges, native against golden and libsecp256k1."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import cache

import pytest
from coincurve import PrivateKey, PublicKey
from hypothesis import example, given
from hypothesis import strategies as st
from implementations import Implementation, implementations

from examples import bits, changes, examples, flipped, resized
from pyaccel.golden import der
from pyaccel.golden import secp256k1 as golden
from pyaccel.golden.hashing import HASHES

_fast = implementations("secp256k1", golden=False, opencl=True)
_rules = pytest.mark.parametrize("rule", ["any", "low-s", "bitcoin-core"])
_N, _P = golden.N, golden.P

Row = tuple[bytes, bytes, bytes]
Corruption = Callable[[bytes, bytes, bytes], Row]


def _number(value: int) -> bytes:
    return value.to_bytes(32, "big")


def _check(implementation: Implementation, rule: str, rows: list[Row], message_hash: str | None = None) -> list[int]:
    """Reasons of a batch of raw signatures, held against golden's row by row."""
    keys, messages, signatures = map(list, zip(*rows, strict=True)) if rows else ([], [], [])
    reasons = implementation.verify_many(
        "secp256k1-ecdsa", keys, messages, signatures, rule=rule, message_hash=message_hash
    )
    digests = messages if message_hash == "none" else [HASHES[message_hash or "sha256"](m) for m in messages]
    expected = [
        int(golden.verify(rule, "raw", key, digest, signature))
        for key, digest, signature in zip(keys, digests, signatures, strict=True)
    ]
    for row, reason, golden_reason in zip(rows, reasons, expected, strict=True):
        assert reason == golden_reason, [field.hex() for field in row]
    implementation.ran(len(rows))
    return reasons


def _formats_of(secret: PrivateKey) -> list[bytes]:
    """A public key compressed, uncompressed, raw and hybrid."""
    whole = secret.public_key.format(compressed=False)
    return [secret.public_key.format(), whole, whole[1:], bytes([6 + whole[64] % 2]) + whole[1:]]


def _signature(secret: PrivateKey, digest: bytes) -> tuple[int, int]:
    numbers = der.decode(secret.sign(digest, hasher=None))
    assert numbers is not None
    return numbers


@cache
def _good() -> list[Row]:
    """Signatures by libsecp256k1, keys in three formats, half of them with the high s."""
    source = random.Random(11)
    rows = []
    for i in range(12):
        secret, message = PrivateKey(source.randbytes(32)), source.randbytes(17 * i)
        r, s = _signature(secret, HASHES["sha256"](message))
        rows.append((_formats_of(secret)[i % 3], message, _number(r) + _number(_N - s if i % 2 else s)))
    return rows


_scalars = st.sampled_from([0, 1, 2, _N // 2, _N // 2 + 1, _N - 1, _N, _N + 1, _P - _N, _P, 2**256 - 1])
_keys = st.one_of(
    st.sampled_from([bytes(33), bytes(65), bytes(64)]),
    st.sampled_from([b"\2" + _number(x) for x in (0, 1, 5, _P - 1, _P, _P + 1)]),
    st.sampled_from([b"\2" + _number(2**256 - 1), b"\4" + b"\xff" * 64, b"\5" + _number(1), b"\0" * 32, b"", b"\2"]),
    st.binary(min_size=32, max_size=32).map(lambda x: b"\3" + x),
    st.binary(min_size=64, max_size=64),
)
_corruptions = st.one_of(
    st.just(lambda key, message, signature: (key, message, signature)),
    bits.map(lambda bit: lambda k, m, s: (flipped(k, bit), m, s)),
    bits.map(lambda bit: lambda k, m, s: (k, flipped(m, bit), s)),
    bits.map(lambda bit: lambda k, m, s: (k, m, flipped(s, bit))),
    changes.map(lambda change: lambda k, m, s: (resized(k, change), m, s)),
    changes.map(lambda change: lambda k, m, s: (k, m, resized(s, change))),
    _keys.map(lambda key: lambda _k, m, s: (key, m, s)),
    st.integers(0, 8).map(lambda prefix: lambda k, m, s: (bytes([prefix]) + k[1:], m, s)),
    _scalars.map(lambda scalar: lambda k, m, s: (k, m, _number(scalar) + s[32:])),
    _scalars.map(lambda scalar: lambda k, m, s: (k, m, s[:32] + _number(scalar))),
    st.tuples(_scalars, _scalars).map(lambda pair: lambda k, m, _s: (k, m, _number(pair[0]) + _number(pair[1]))),
    st.just(lambda k, m, s: (k, m, s[:32] + _number(_N - int.from_bytes(s[32:], "big")))),
    st.just(lambda _k, m, _s: (b"", m, b"")),
)


@_fast
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


@_fast
@_rules
def test_good_rows(implementation: Implementation, rule: str) -> None:
    """What libsecp256k1 signs is valid; under low-s half of the rows, whose s is high, are out of range."""
    reasons = _check(implementation, rule, _good())
    assert reasons == [4 * (i % 2) if rule == "low-s" else 0 for i in range(12)]


@_fast
@pytest.mark.parametrize("message_hash", ["none", "sha256", "sha256d", "keccak256"])
def test_message_hashes(implementation: Implementation, message_hash: str) -> None:
    """A signature is valid under the hash that it was made with, and under no other."""
    source = random.Random(5)
    rows, expected = [], []
    for made_with in ("none", "sha256", "sha256d", "keccak256"):
        for size in (32, 32) if message_hash == "none" else (0, 32, 32, 100):
            secret, message = PrivateKey(source.randbytes(32)), source.randbytes(size)
            digest = HASHES[made_with](message) if made_with != "none" else message[:32].ljust(32, b"\0")
            rows.append((_formats_of(secret)[0], message, b"".join(map(_number, _signature(secret, digest)))))
            expected.append(0 if made_with == message_hash else 5)
    assert _check(implementation, "any", rows, message_hash) == expected


@_fast
def test_digests_of_another_length(implementation: Implementation) -> None:
    """A ready digest has 32 bytes; 31, 33 and none are a row of the wrong length."""
    key, _, signature = _good()[0]
    rows = [(key, bytes(size), signature) for size in (0, 1, 31, 33, 64)]
    assert _check(implementation, "any", rows, "none") == [1] * 5


@_fast
def test_bits_of_a_signature(implementation: Implementation) -> None:
    """Each bit of a low-s signature flipped, against libsecp256k1, which wants a low s too."""
    source = random.Random(2)
    secret, message = PrivateKey(source.randbytes(32)), b"message"
    r, s = _signature(secret, HASHES["sha256"](message))
    key = secret.public_key
    rows = [(key.format(), message, flipped(_number(r) + _number(s), bit)) for bit in range(0, 512, 3)]
    reasons = _check(implementation, "low-s", rows)
    for (_, _, signature), reason in zip(rows, reasons, strict=True):
        r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
        try:
            peer = key.verify(der.encode(r, s), message)
        except ValueError:
            peer = False
        assert (reason == 0) == peer


@_fast
@_rules
@examples(20)
@example(keys=[key for i in range(1, 9) for key in _formats_of(PrivateKey(bytes(31) + bytes([i])))])
@given(keys=st.lists(_keys, min_size=1, max_size=20))
def test_keys_against_libsecp256k1(implementation: Implementation, rule: str, keys: list[bytes]) -> None:
    """A key decodes where libsecp256k1 decodes it; hybrid ones only under bitcoin-core, and 64 bytes mean x || y."""
    _, message, signature = _good()[0]
    reasons = _check(implementation, rule, [(key, message, signature) for key in keys])
    for key, reason in zip(keys, reasons, strict=True):
        try:
            PublicKey(b"\4" + key if len(key) == 64 else key)
            decodes = True
        except ValueError:
            decodes = False
        if len(key) == 65 and key[0] in (6, 7) and rule != "bitcoin-core":
            decodes = False
        assert (reason not in (1, 2)) == decodes


@_fast
def test_hybrid_parity(implementation: Implementation) -> None:
    """A hybrid key whose prefix contradicts y decodes under no rule."""
    _, message, signature = _good()[0]
    rows = []
    for i in range(1, 9):
        hybrid = _formats_of(PrivateKey(bytes(31) + bytes([i])))[3]
        rows += [(hybrid, message, signature), (bytes([hybrid[0] ^ 1]) + hybrid[1:], message, signature)]
    assert _check(implementation, "bitcoin-core", rows) == [5, 2] * 8
    assert _check(implementation, "any", rows) == [2, 2] * 8


@_fast
def test_exceptional_sums(implementation: Implementation) -> None:
    """u1 G + u2 Q where the parts are equal, opposite or infinite, and where u1 or u2 are small."""
    source = random.Random(9)
    rows, expected = [], []
    for _ in range(12):
        d = source.randrange(1, _N)
        key = PrivateKey(_number(d)).public_key.format()
        k = source.randrange(1, _N)
        point = PrivateKey(_number(k)).public_key.point()
        r = point[0] % _N
        # s = (e + r d) / k is a valid signature for any e; e is chosen so that the two parts meet.
        for e, valid in ((r * d % _N, True), (0, True), (-r * d % _N, False), (1, True), (_N - 1, True)):
            s = pow(k, -1, _N) * (e + r * d) % _N or 1
            rows.append((key, _number(e), _number(r) + _number(s)))
            expected.append(0 if valid else 5)
        # u2 = 1 and u2 = -1: s = r and s = -r.
        rows += [(key, _number(source.randrange(_N)), _number(r) + _number(s)) for s in (r, _N - r)]
        expected += [5, 5]
    assert _check(implementation, "any", rows, "none") == expected


@_fast
def test_small_keys_and_digests(implementation: Implementation) -> None:
    """Secrets 1 to 8 and n - 1 to n - 8 with digests at the edges, signed by libsecp256k1."""
    rows = []
    for secret in [*range(1, 9), *(_N - i for i in range(1, 9))]:
        for digest in (1, 2, _N - 1, _N, _N + 1, _P, 2**256 - 1):
            key = PrivateKey(_number(secret))
            r, s = _signature(key, _number(digest))
            rows.append((key.public_key.format(), _number(digest), _number(r) + _number(s)))
    assert _check(implementation, "low-s", rows, "none") == [0] * len(rows)
