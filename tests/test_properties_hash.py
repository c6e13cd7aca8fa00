# SPDX-License-Identifier: Apache-2.0
"""hash_many of arbitrary mixtures, against peers on every row and golden on some."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from blake3 import blake3
from Crypto.Hash import RIPEMD160, keccak
from hypothesis import example, given
from hypothesis import strategies as st
from implementations import Implementation, implementations

import pyaccel
from examples import examples
from pyaccel.golden.blake3 import blake3 as golden_blake3
from pyaccel.golden.hashing import HASHES, KEYED


def _sha256(message: bytes) -> bytes:
    return hashlib.sha256(message).digest()


def _ripemd160(message: bytes) -> bytes:
    return RIPEMD160.new(message).digest()


_PEERS: dict[str, Callable[[bytes], bytes]] = {
    "sha256": _sha256,
    "sha256d": lambda message: _sha256(_sha256(message)),
    "sha224": lambda message: hashlib.sha224(message).digest(),
    "sha512": lambda message: hashlib.sha512(message).digest(),
    "sha384": lambda message: hashlib.sha384(message).digest(),
    "sha512-256": lambda message: hashlib.new("sha512_256", message).digest(),
    "keccak256": lambda message: keccak.new(data=message, digest_bits=256).digest(),
    "sha3-224": lambda message: hashlib.sha3_224(message).digest(),
    "sha3-256": lambda message: hashlib.sha3_256(message).digest(),
    "sha3-384": lambda message: hashlib.sha3_384(message).digest(),
    "sha3-512": lambda message: hashlib.sha3_512(message).digest(),
    "shake128": lambda message: hashlib.shake_128(message).digest(32),
    "shake256": lambda message: hashlib.shake_256(message).digest(64),
    "ripemd160": _ripemd160,
    "sm3": lambda message: hashlib.new("sm3", message).digest(),
    "hash160": lambda message: _ripemd160(_sha256(message)),
    "blake2b-256": lambda message: hashlib.blake2b(message, digest_size=32).digest(),
    "blake2b-512": lambda message: hashlib.blake2b(message).digest(),
    "blake2s-256": lambda message: hashlib.blake2s(message).digest(),
    "blake3": lambda message: blake3(message).digest(),
}

# Around the ends of blocks and of padding: 55/56 and 64 (SHA-256), 111/112 and 128 (SHA-512), 71 .. 168 (Keccak's
# rates).
_lengths = st.one_of(
    st.sampled_from([0, 1, 31, 32, 33, 54, 55, 56, 63, 64, 65, 111, 112, 119]),
    st.sampled_from([120, 127, 128, 129, 135, 136, 137, 200, 272]),
    st.sampled_from([71, 72, 103, 104, 105, 143, 144, 145, 167, 168, 169]),
    st.integers(0, 400),
)
_messages = st.one_of(
    st.lists(_lengths, max_size=70),
    # Long runs of one length are what lanes are for.
    st.tuples(_lengths, st.integers(1, 70)).map(lambda pair: [pair[0]] * pair[1]),
    st.lists(st.sampled_from([64, 64, 64, 120, 3]), min_size=16, max_size=70),
)


def _check(implementation: Implementation, algorithm: str, lengths: list[int], seed: int) -> None:
    random = np.random.default_rng(seed)
    messages = [random.bytes(length) for length in lengths]
    got = implementation.hash_many(algorithm, messages)
    assert got == [_PEERS[algorithm](message) for message in messages]
    for message, digest in list(zip(messages, got, strict=True))[:: max(len(messages) // 3, 1)]:
        assert HASHES[algorithm](message) == digest
    implementation.ran(len(messages))


@implementations("sha256", "sha256-lanes", opencl=True)
@pytest.mark.parametrize("algorithm", ["sha256", "sha256d"])
@examples(25)
@example(lengths=[64] * 40 + [0, 200] * 3, seed=1)
@given(lengths=_messages, seed=st.integers(0, 2**32))
def test_sha256(implementation: Implementation, algorithm: str, lengths: list[int], seed: int) -> None:
    """SHA-256 once and twice."""
    _check(implementation, algorithm, lengths, seed)


@implementations("sha512", "sha512-lanes")
@pytest.mark.parametrize("algorithm", ["sha512", "sha384", "sha512-256"])
@examples(25)
@example(lengths=[100] * 20 + [0, 300] * 3, seed=1)
@given(lengths=_messages, seed=st.integers(0, 2**32))
def test_sha512(implementation: Implementation, algorithm: str, lengths: list[int], seed: int) -> None:
    """SHA-512 and what is cut from it."""
    _check(implementation, algorithm, lengths, seed)


@implementations("sha256", "sha256-lanes")
@examples(25)
@example(lengths=[64] * 40 + [0, 200] * 3, seed=1)
@given(lengths=_messages, seed=st.integers(0, 2**32))
def test_sha224(implementation: Implementation, lengths: list[int], seed: int) -> None:
    """SHA-224."""
    _check(implementation, "sha224", lengths, seed)


@implementations("keccak", "keccak-lanes")
@pytest.mark.parametrize(
    "algorithm", ["keccak256", "sha3-224", "sha3-256", "sha3-384", "sha3-512", "shake128", "shake256"]
)
@examples(8)
@example(lengths=[3] * 20, seed=1)
@given(lengths=_messages, seed=st.integers(0, 2**32))
def test_keccak(implementation: Implementation, algorithm: str, lengths: list[int], seed: int) -> None:
    """Keccak-256, SHA-3, and SHAKE with its own digest sizes."""
    _check(implementation, algorithm, lengths, seed)


@implementations("keccak", "keccak-lanes")
@pytest.mark.parametrize(("algorithm", "peer"), [("shake128", hashlib.shake_128), ("shake256", hashlib.shake_256)])
@examples(8)
@example(lengths=[3] * 20, size=500, seed=1)
@given(lengths=_messages, size=st.integers(1, 600), seed=st.integers(0, 2**32))
def test_shake_sizes(
    implementation: Implementation, algorithm: str, peer: Any, lengths: list[int], size: int, seed: int
) -> None:
    """SHAKE with digests of several blocks."""
    random = np.random.default_rng(seed)
    messages = [random.bytes(length) for length in lengths]
    expected = [peer(message).digest(size) for message in messages]
    assert implementation.hash_many(algorithm, messages, size) == expected
    implementation.ran(len(messages))


@implementations("sm3", "sm3-lanes")
@examples(15)
@example(lengths=[33] * 20 + [0, 200] * 3, seed=1)
@given(lengths=_messages, seed=st.integers(0, 2**32))
def test_sm3(implementation: Implementation, lengths: list[int], seed: int) -> None:
    """SM3."""
    _check(implementation, "sm3", lengths, seed)


@implementations("ripemd160", "ripemd160-lanes")
@pytest.mark.parametrize("algorithm", ["ripemd160", "hash160"])
@examples(15)
@example(lengths=[33] * 20 + [0, 200] * 3, seed=1)
@given(lengths=_messages, seed=st.integers(0, 2**32))
def test_ripemd160(implementation: Implementation, algorithm: str, lengths: list[int], seed: int) -> None:
    """RIPEMD-160 and Bitcoin's HASH160."""
    _check(implementation, algorithm, lengths, seed)


_KEYED_PEERS: dict[str, Callable[[bytes, bytes], bytes]] = {
    "blake2b-256": lambda message, key: hashlib.blake2b(message, digest_size=32, key=key).digest(),
    "blake2b-512": lambda message, key: hashlib.blake2b(message, key=key).digest(),
    "blake2s-256": lambda message, key: hashlib.blake2s(message, key=key).digest(),
}


def _check_keyed(implementation: Implementation, algorithm: str, lengths: list[int], seed: int) -> None:
    random = np.random.default_rng(seed)
    key = random.bytes(int(random.integers(1, 33 if algorithm == "blake2s-256" else 65)))
    messages = [random.bytes(length) for length in lengths]
    got = implementation.hash_many(algorithm, messages, key=key)
    assert got == [_KEYED_PEERS[algorithm](message, key) for message in messages]
    for message, digest in list(zip(messages, got, strict=True))[:: max(len(messages) // 3, 1)]:
        assert KEYED[algorithm](message, key) == digest
    implementation.ran(len(messages))


@implementations("blake2b", "blake2b-lanes")
@pytest.mark.parametrize("algorithm", ["blake2b-256", "blake2b-512"])
@examples(15)
@example(lengths=[3, 0, 128, 256, 300] + [64] * 20, seed=1)
@given(lengths=_messages, seed=st.integers(0, 2**32))
def test_blake2b(implementation: Implementation, algorithm: str, lengths: list[int], seed: int) -> None:
    """BLAKE2b, without a key and with one."""
    _check(implementation, algorithm, lengths, seed)
    _check_keyed(implementation, algorithm, lengths, seed)


@implementations("blake2s", "blake2s-lanes")
@examples(15)
@example(lengths=[3, 0, 64, 128, 300] + [64] * 40, seed=1)
@given(lengths=_messages, seed=st.integers(0, 2**32))
def test_blake2s(implementation: Implementation, lengths: list[int], seed: int) -> None:
    """BLAKE2s, without a key and with one."""
    _check(implementation, "blake2s-256", lengths, seed)
    _check_keyed(implementation, "blake2s-256", lengths, seed)


def _check_hmac(implementation: Implementation, name: str, key_size: int, lengths: list[int], seed: int) -> None:
    random = np.random.default_rng(seed)
    key = random.bytes(key_size)
    messages = [random.bytes(length) for length in lengths]
    got = implementation.hash_many(f"hmac-{name}", messages, key=key)
    assert got == [hmac.digest(key, message, name) for message in messages]
    for message, digest in list(zip(messages, got, strict=True))[:: max(len(messages) // 3, 1)]:
        assert KEYED[f"hmac-{name}"](message, key) == digest
    # Some that always run, and fill lanes, whatever was drawn.
    assert implementation.hash_many(f"hmac-{name}", [b"abc"] * 20, key=key) == [hmac.digest(key, b"abc", name)] * 20
    implementation.ran(len(messages) + 20)


# Around a block: a key of more is hashed first.
_key_sizes = st.one_of(st.sampled_from([0, 1, 32, 63, 64, 65, 127, 128, 129]), st.integers(0, 300))


@implementations("sha256", "sha256-lanes", golden=False)
@examples(15)
@example(key_size=0, lengths=[64] * 40 + [0, 200] * 3, seed=1)
@given(key_size=_key_sizes, lengths=_messages, seed=st.integers(0, 2**32))
def test_hmac_sha256(implementation: Implementation, key_size: int, lengths: list[int], seed: int) -> None:
    """HMAC-SHA-256."""
    _check_hmac(implementation, "sha256", key_size, lengths, seed)


@implementations("sha512", "sha512-lanes", golden=False)
@examples(15)
@example(key_size=129, lengths=[64] * 300, seed=1)
@given(key_size=_key_sizes, lengths=_messages, seed=st.integers(0, 2**32))
def test_hmac_sha512(implementation: Implementation, key_size: int, lengths: list[int], seed: int) -> None:
    """HMAC-SHA-512; more rows than one stage."""
    _check_hmac(implementation, "sha512", key_size, lengths, seed)


@implementations("sm3", "sm3-lanes", golden=False)
@examples(15)
@example(key_size=65, lengths=[64] * 40 + [0, 200] * 3, seed=1)
@given(key_size=_key_sizes, lengths=_messages, seed=st.integers(0, 2**32))
def test_hmac_sm3(implementation: Implementation, key_size: int, lengths: list[int], seed: int) -> None:
    """HMAC-SM3."""
    _check_hmac(implementation, "sm3", key_size, lengths, seed)


# Around the ends of blocks, chunks and subtrees.
_tree_lengths = st.one_of(
    st.sampled_from([0, 1, 63, 64, 65, 1023, 1024, 1025, 2048, 2049, 3072, 3073, 16384, 16385, 32768, 33793, 50000]),
    st.integers(0, 5000),
)


@implementations("blake3", "blake3-lanes", golden=False)
@examples(20)
@example(lengths=[0, 1024, 16384, 32769, 100_000, 3], size=32, seed=1)
@example(lengths=[1025, 20_000, 64], size=200, seed=1)
@given(lengths=st.lists(_tree_lengths, max_size=12), size=st.integers(1, 200), seed=st.integers(0, 2**32))
def test_blake3(implementation: Implementation, lengths: list[int], size: int, seed: int) -> None:
    """BLAKE3 in its three modes against its own package, and golden on the shorter messages."""
    random = np.random.default_rng(seed)
    key, context = random.bytes(32), "pyaccel's tests 2026"
    messages = [random.bytes(length) for length in lengths]
    modes: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({}, {}),
        ({"key": key}, {"key": key}),
        ({"context": context}, {"derive_key_context": context}),
    ]
    for ours, theirs in modes:
        got = implementation.hash_many("blake3", messages, size, **ours)
        assert got == [blake3(message, **theirs).digest(length=size) for message in messages]
        golden = {name: value.encode() if isinstance(value, str) else value for name, value in ours.items()}
        for message, digest in zip(messages, got, strict=True):
            if len(message) < 2100:
                assert golden_blake3(message, size, **golden) == digest
                break
    # What always runs, whatever was drawn: one message alone, and lanes.
    assert implementation.hash_many("blake3", [b"abc"]) == [blake3(b"abc").digest()]
    assert implementation.hash_many("blake3", [b"abc"] * 40) == 40 * [blake3(b"abc").digest()]
    implementation.ran(3 * len(messages) + 41)


def _forms(random: np.random.Generator, n: int, width: int) -> list[Any]:
    """The same n rows of a width in every form that callers may pass."""
    packed = random.integers(0, 256, (n, width), np.uint8)
    wide = np.zeros((n, width + 13), np.uint8)
    wide[:, 5 : 5 + width] = packed
    flat = packed.tobytes()
    return [
        [row.tobytes() for row in packed],
        packed,
        wide[:, 5 : 5 + width],
        pyaccel.Rows(flat, offsets=np.arange(n + 1, dtype=np.uint32) * np.uint32(width)),
        pyaccel.Rows(b"\xff" * 7 + flat, offsets=(np.arange(n + 1) * width + 7).astype(np.int64)),
        pyaccel.Rows(flat, width=width),
    ]


@implementations("blake3", "blake3-lanes", opencl=True)
@examples(20)
@example(n=40, width=64, seed=1)
@example(n=33, width=1024, seed=2)
@given(n=st.integers(1, 70), width=st.sampled_from([64, 128, 192, 320, 960, 1024, 100]), seed=st.integers(0, 2**32))
def test_blake3_rows_of_one_size(implementation: Implementation, n: int, width: int, seed: int) -> None:
    """Several groups of lanes in one call, close together and apart, equal blake3's wheel."""
    forms = _forms(np.random.default_rng(seed), n, width)
    expected = [blake3(message).digest() for message in forms[0]]
    for rows in forms[1:3]:
        assert implementation.hash_many("blake3", rows) == expected
    implementation.ran(2 * n)


@implementations("sha256", "sha256-lanes", opencl=True)
@examples(10)
@example(n=40, width=64, seed=1)
@given(n=st.integers(1, 50), width=st.integers(1, 150), seed=st.integers(0, 2**32))
def test_forms_of_rows(implementation: Implementation, n: int, width: int, seed: int) -> None:
    """Lists, arrays, strided views and offsets of both widths hash alike."""
    forms = _forms(np.random.default_rng(seed), n, width)
    expected = [_sha256(message) for message in forms[0]]
    for rows in forms:
        assert implementation.hash_many("sha256", rows) == expected
    implementation.ran(len(forms) * n)
