# SPDX-License-Identifier: Apache-2.0
"""Identities of SM2: one for all rows or one a row, of every length, in every container; too long ones."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache

import numpy as np
import openssl_sm2
import pyarrow as pa
import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from implementations import Implementation, implementations

import pyaccel
from pyaccel.cli.demo_signers import Nonces, packed, public_key, published_secret
from pyaccel.golden import sm2
from pyaccel.scheduler import execution

_every = implementations("sm2", opencl=True)
_LENGTHS = [*range(70), 119, 120, 183, 184, 247, 248, 1000, 8190, 8191]
"""Bytes: around the ends of SM3's blocks, of which the first 130 bytes of ZA's input beside it are whole."""


@dataclass(frozen=True)
class Columns:
    """Rows under a few keys, each with an identity of its own."""

    keys: list[bytes]
    messages: list[bytes]
    signatures: list[bytes]
    identities: list[bytes]


@cache
def _signed(identities: tuple[bytes, ...]) -> Columns:
    curve = sm2.CURVE
    secrets = [published_secret(curve, "identities", number) for number in range(3)]
    keys = [public_key(curve, secret) for secret in secrets]
    head = b"".join(c.to_bytes(32, "big") for c in (curve.a, curve.b, *curve.g[:2]))
    nonces = Nonces(curve, "identities", len(identities) + 8)
    messages, signatures = [], []
    for i, identity in enumerate(identities):
        messages.append(bytes([i % 256]) * (i % 150))
        bits = (8 * len(identity)).to_bytes(2, "big")
        za = hashlib.new("sm3", bits + identity + head + keys[i % 3]).digest()
        e = int.from_bytes(hashlib.new("sm3", za + messages[-1]).digest(), "big")
        signatures.append(nonces.sm2(secrets[i % 3], e))
    rows = [keys[i % 3] for i in range(len(identities))]
    return Columns(rows, messages, packed(curve, signatures), list(identities))


@cache
def _of_lengths() -> Columns:
    return _signed(tuple(bytes((i * j + 1) % 256 for j in range(i)) for i in _LENGTHS))


@_every
def test_lengths(implementation: Implementation) -> None:
    """Of every row its own identity; then the neighbour's, and one that is too long among them."""
    rows = _of_lengths()
    n = len(rows.identities)
    columns = rows.keys, rows.messages, rows.signatures
    assert implementation.verify_many("sm2", *columns, identity=rows.identities) == [0] * n
    moved = rows.identities[1:] + rows.identities[:1]
    assert implementation.verify_many("sm2", *columns, identity=moved) == [5] * n
    long = [identity if i % 10 else bytes(8192 + i) for i, identity in enumerate(rows.identities)]
    assert implementation.verify_many("sm2", *columns, identity=long) == [0 if i % 10 else 1 for i in range(n)]
    implementation.ran(3 * n)


@_every
def test_one_for_all(implementation: Implementation) -> None:
    """The default, given and not; an empty one; one of the most bytes."""
    for identity in (b"1234567812345678", b"", b"\xff" * 8191):
        rows = _signed((identity,) * 40)
        columns = rows.keys, rows.messages, rows.signatures
        assert implementation.verify_many("sm2", *columns, identity=identity) == [0] * 40
        other = identity + b"\0" if len(identity) < 8191 else b"x"
        assert implementation.verify_many("sm2", *columns, identity=other) == [5] * 40
        said = implementation.verify_many("sm2", *columns)
        assert said == [0 if identity == sm2.DEFAULT_IDENTITY else 5] * 40
        implementation.ran(120)


@_every
def test_keys_that_repeat(implementation: Implementation) -> None:
    """Three keys by index and prepared, under two identities in turn, so that what is kept of a key is not mixed up."""
    identities = tuple(b"one" if i % 2 else b"another" for i in range(90))
    rows = _signed(identities)
    keys = rows.keys[:3]
    index = [i % 3 for i in range(90)]
    options = {"key_index": index, "identity": list(identities)}
    for given in (keys, pyaccel.PreparedKeys("sm2", keys)):
        assert implementation.verify_many("sm2", given, rows.messages, rows.signatures, **options) == [0] * 90
        given_one = options | {"identity": b"one"}
        said = implementation.verify_many("sm2", given, rows.messages, rows.signatures, **given_one)
        assert said == [0 if i % 2 else 5 for i in range(90)]
    implementation.ran(360)


def _halves(signature: bytes) -> tuple[int, int]:
    return int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")


_NEAR = [b"", b"\0", b"a", b"a\0", b"ab", b"b", b"1234567812345678", b"1234567812345679", b"x" * 199 + b"y"]
_NEAR += [bytes([i]) + b"x" * 199 for i in range(12)]
"""Identities of which one begins or ends as others do; a few bytes more than one text of them all."""


@_every
def test_pairs_that_repeat(implementation: Implementation) -> None:
    """Few pairs of key and identity in many rows, in runs and mixed; then some rows under another one's identity.

    OpenSSL says of each pair of a signature and an identity what is right.
    """
    n = 16 if implementation.slow else 300
    pairs = _signed(tuple(identity for identity in _NEAR for _ in range(3)))
    peers = [openssl_sm2.Key.of(key) for key in pairs.keys[:3]]
    said: dict[tuple[int, int], int] = {}

    def expected(pair: int, named: int) -> int:
        if (pair, named) not in said:
            key, columns = (
                peers[pair % 3],
                (pairs.messages[pair], encode_dss_signature(*_halves(pairs.signatures[pair]))),
            )
            assert key is not None
            said[pair, named] = 0 if key.verify(*columns, pairs.identities[named]) else 5
        return said[pair, named]

    for step, run in ((7, 1), (1, 5), (0, 1)):
        order = [i // run * step % len(pairs.keys) for i in range(n)]
        keys, messages, signatures = (
            [column[i] for i in order] for column in (pairs.keys, pairs.messages, pairs.signatures)
        )
        for named in (order, [i if row % 3 else order[row - 1] for row, i in enumerate(order)]):
            options = {"identity": [pairs.identities[i] for i in named]}
            wanted = [expected(*pair) for pair in zip(order, named, strict=True)]
            assert implementation.verify_many("sm2", keys, messages, signatures, **options) == wanted
            prepared = options | {"key_index": [i % 3 for i in order]}
            given = pyaccel.PreparedKeys("sm2", pairs.keys[:3])
            assert implementation.verify_many("sm2", given, messages, signatures, **prepared) == wanted
    assert set(said.values()) == {0, 5}
    implementation.ran(12 * n)


@pytest.mark.parametrize("device", ["native", "golden"])
def test_containers(device: str) -> None:
    """A list, a tuple, an array, Rows with offsets, Arrow in one piece and in several."""
    identities = tuple(bytes([65 + i]) * 8 for i in range(12))
    rows = _signed(identities)
    columns = rows.keys, rows.messages, rows.signatures
    array = np.frombuffer(b"".join(identities), np.uint8).reshape(12, 8)
    wide = np.zeros((12, 20), np.uint8)
    wide[:, 3:11] = array
    offsets = np.arange(0, 104, 8, dtype=np.uint64)
    for given in (
        list(identities),
        identities,
        array,
        wide[:, 3:11],
        pyaccel.Rows(b"".join(identities), offsets=offsets),
        pa.array(identities, pa.binary()),
        pa.chunked_array([pa.array(identities[:5], pa.binary()), pa.array(identities[5:], pa.binary())]),
    ):
        assert pyaccel.verify_many("sm2", *columns, identity=given, device=device).all()
    for given in (memoryview(identities[0]), bytearray(identities[0]), array[0]):
        verdicts = pyaccel.verify_many("sm2", *columns, identity=given, device=device)
        assert list(verdicts) == [i == 0 for i in range(12)]


def test_parts_of_a_batch_have_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch that is cut for progress gives each row its identity."""
    monkeypatch.setattr(execution, "part_rows", lambda *_: 5)
    rows = _signed(tuple(bytes([65 + i]) * i for i in range(12)))
    told: list[int] = []
    columns = rows.keys, rows.messages, rows.signatures
    given = {"identity": rows.identities, "progress": lambda done, _: told.append(done), "device": "native"}
    assert pyaccel.verify_many("sm2", *columns, **given).all()
    assert told == [5, 10, 12]


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ({"identity": bytes(8192)}, ValueError, "identity: 8,192 bytes came; it has 8,191 at most"),
        ({"identity": [b"a"] * 3}, ValueError, "identity: 3 rows came for 12 signatures; wanted as many, or one"),
        ({"identity": "1234567812345678"}, TypeError, r"identity: a str came; .*encode other text"),
        ({"identity": ["1234"] * 12}, TypeError, r"identity\[0\]: a str came"),
        ({"identity": 7}, TypeError, "identity: a int came"),
        ({"identity": b"a", "message_hash": "none"}, ValueError, "identity: it is hashed together with the message"),
        ({"identity": b"a", "scheme": "p256-ecdsa"}, ValueError, "identity: p256-ecdsa has none"),
    ],
)
def test_what_is_wrong_with_the_call(change: dict[str, object], error: type[Exception], said: str) -> None:
    rows = _signed(tuple(bytes([65 + i]) for i in range(12)))
    given = {"scheme": "sm2", "public_keys": rows.keys, "messages": rows.messages, "signatures": rows.signatures}
    with pytest.raises(error, match=said):
        pyaccel.verify_many(**(given | change))
    # A call without rows is wrong as well.
    if error is ValueError and "rows came" not in said:
        with pytest.raises(error, match=said):
            pyaccel.verify_many(**(given | {"public_keys": [], "messages": [], "signatures": []} | change))
