# SPDX-License-Identifier: Apache-2.0
"""DER, strict and lax: mutated and hand-broken encodings, native against golden, golden against a strict peer."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from coincurve import PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from hypothesis import given
from hypothesis import strategies as st
from implementations import Implementation, implementations

from examples import bits, changes, examples, flipped, resized
from pyaccel.golden import der, secp256k1
from pyaccel.golden.hashing import HASHES
from pyaccel.golden.reasons import Reason

_native = implementations("secp256k1", golden=False)
_formats = pytest.mark.parametrize("signature_format", ["der", "der-lax"])

_SECRET = PrivateKey(bytes(31) + b"\x05")
_KEY = _SECRET.public_key.format()
_MESSAGE = b"the message"
_GOOD = _SECRET.sign(_MESSAGE)


def _reason(signature_format: str, signature: bytes) -> Reason:
    digest = HASHES["sha256"](_MESSAGE)
    return secp256k1.verify("bitcoin-core", signature_format, _KEY, digest, signature)


def _check(implementation: Implementation, signature_format: str, signatures: list[bytes]) -> list[int]:
    reasons = implementation.verify_many(
        "secp256k1-ecdsa",
        _KEY,
        [_MESSAGE] * len(signatures),
        signatures,
        rule="bitcoin-core",
        signature_format=signature_format,
    )
    expected = [int(_reason(signature_format, signature)) for signature in signatures]
    wrong = [(signatures[i].hex(), reasons[i], expected[i]) for i in range(len(reasons)) if reasons[i] != expected[i]]
    assert not wrong
    implementation.ran(len(signatures))
    return reasons


def _tlv(tag: int, content: bytes, length: bytes | None = None) -> bytes:
    return bytes([tag]) + (bytes([len(content)]) if length is None else length) + content


def _by_hand() -> list[bytes]:
    """Encodings that are odd in one way each, around the numbers of a good signature."""
    numbers = der.decode(_GOOD)
    assert numbers is not None
    r, s = (number.to_bytes(33, "big").lstrip(b"\0") for number in numbers)
    r, s = (b"\0" * (number[0] >> 7) + number for number in (r, s))
    ints = _tlv(2, r) + _tlv(2, s)
    odd = [b"", b"\x30", b"\x30\x00", bytes(72), b"\x31" + _GOOD[1:], _GOOD[:-1], _GOOD + b"\x01"]
    odd.append(_tlv(0x30, ints + b"\0"))
    # Lengths of the sequence: long form, padded, wrong, indefinite, with more length bytes than there are bytes.
    sequence_lengths = ["8146", "820046", "84000000ff", "00", "7f", "80", "ff", "8f" + "00" * 15, "88" + "ff" * 8]
    odd += [_tlv(0x30, ints, bytes.fromhex(length)) for length in sequence_lengths]
    # Lengths of r: the same, at and above the limits of the lax parser.
    size = f"{len(r):02x}"
    padded = [f"{0x80 + zeros + 1:02x}" + "00" * zeros + size for zeros in range(6)]
    for length in (*padded, "80", "8101"):
        odd.append(_tlv(0x30, _tlv(2, r, bytes.fromhex(length)) + _tlv(2, s)))
        odd.append(_tlv(0x30, _tlv(2, r) + _tlv(2, s, bytes.fromhex(length))))
    wrong = ["8401000000", "83ffffff", "88" + "ff" * 8, "ff", "00", "21", "7f"]
    odd += [_tlv(0x30, _tlv(2, r, bytes.fromhex(length)) + _tlv(2, s)) for length in wrong]
    # Numbers: empty, negative, padded, too long, zero, at and above n, at the edges of 32 bytes.
    n = secp256k1.N
    values = ["", "00", "80", "ff", "0000", "0001", "01"]
    values += ["ff" * 32, "00" + "ff" * 32, "01" + "00" * 32, "7f" + "ff" * 40]
    values += [f"00{number:064x}" for number in (n - 1, n, n + 1, secp256k1.P)] + ["00" * 20 + r.hex(), "00" * 40]
    for value in map(bytes.fromhex, values):
        odd.append(_tlv(0x30, _tlv(2, value) + _tlv(2, s)))
        odd.append(_tlv(0x30, _tlv(2, r) + _tlv(2, value)))
        odd.append(_tlv(0x30, _tlv(2, value) + _tlv(2, value)))
    odd += [_tlv(0x30, _tlv(tag, r) + _tlv(2, s)) for tag in (0, 1, 3, 0x82)]
    odd += [_tlv(0x30, _tlv(2, r) + _tlv(tag, s)) for tag in (0, 1, 3, 0x82)]
    # The longest that BIP-66 lets through, and one byte more.
    odd += [_tlv(0x30, _tlv(2, b"\1" * size) + _tlv(2, b"\1" * (66 - size))) for size in (1, 33, 34, 65)]
    odd += [_tlv(0x30, _tlv(2, b"\1" * size) + _tlv(2, b"\1" * (67 - size))) for size in (1, 33, 34, 66)]
    return odd


@_native
@_formats
def test_by_hand(implementation: Implementation, signature_format: str) -> None:
    """Hand-broken encodings; the good one passes, and every reason comes up."""
    reasons = _check(implementation, signature_format, [_GOOD, *_by_hand()])
    assert reasons[0] == 0
    assert {3, 4, 5} <= set(reasons)
    # All that strict takes, lax takes as well, with the same numbers.
    for signature in _by_hand():
        assert der.decode(signature) in (None, der.decode_lax(signature))


@_native
@_formats
def test_every_truncation_and_byte(implementation: Implementation, signature_format: str) -> None:
    """Each prefix of a good signature, and each of its structural bytes at each value."""
    prefixes = [_GOOD[:size] for size in range(len(_GOOD))]
    places = [0, 1, 2, 3, 4, 4 + _GOOD[3], 5 + _GOOD[3]]
    changed = [_GOOD[:at] + bytes([value]) + _GOOD[at + 1 :] for at in places for value in range(256)]
    _check(implementation, signature_format, prefixes + changed)


Mutation = Callable[[bytes], bytes]

_mutation = st.one_of(
    bits.map(lambda bit: lambda data: flipped(data, bit)),
    changes.map(lambda change: lambda data: resized(data, change)),
    st.tuples(st.integers(0, 80), st.binary(max_size=3)).map(
        lambda pair: lambda data: data[: pair[0]] + pair[1] + data[pair[0] :]
    ),
    st.tuples(st.integers(0, 80), st.integers(1, 3)).map(
        lambda pair: lambda data: data[: pair[0]] + data[pair[0] + pair[1] :]
    ),
)


@_native
@_formats
@examples(40)
@given(mutations=st.lists(st.lists(_mutation, min_size=1, max_size=4), min_size=1, max_size=20))
def test_mutations(implementation: Implementation, signature_format: str, mutations: list[list[Mutation]]) -> None:
    """Bits flipped, bytes put in and taken out, up to four times."""
    signatures = []
    for steps in mutations:
        signature = _GOOD
        for step in steps:
            signature = step(signature)
        signatures.append(signature)
    _check(implementation, signature_format, signatures)


_prefixes = st.sampled_from([b"", b"\x30", b"\x30\x06\x02"])


@_native
@_formats
@examples(30)
@given(signatures=st.lists(st.binary(max_size=90), max_size=20), prefix=_prefixes)
def test_noise(implementation: Implementation, signature_format: str, signatures: list[bytes], prefix: bytes) -> None:
    """Bytes that mean nothing."""
    _check(implementation, signature_format, [prefix + signature for signature in [*signatures, b""]])


def test_golden_strict_against_peer() -> None:
    """Golden takes what the strict reader of `cryptography` takes, and reads the same numbers."""
    source = random.Random(1)
    candidates = [_GOOD, *_by_hand()]
    for _ in range(3000):
        candidate = flipped(_GOOD, source.choice([*range(48), *range(8 * (4 + _GOOD[3]), 8 * (8 + _GOOD[3]))]))
        candidates.append(candidate if source.random() < 0.7 else resized(candidate, source.choice([-2, -1, 1])))
    taken = 0
    for candidate in candidates:
        try:
            peer = decode_dss_signature(candidate)
        except ValueError:
            peer = None
        mine = der.decode(candidate)
        taken += mine is not None
        # The peer also reads negative numbers and more than 72 bytes; BIP-66 has neither.
        beyond = peer is not None and (min(peer) < 0 or len(candidate) > 72)
        assert mine == (None if beyond else peer), candidate.hex()
    assert taken > 100
