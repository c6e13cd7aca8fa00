# SPDX-License-Identifier: Apache-2.0
"""key_index and PreparedKeys: the same verdicts as with a key a row, for keys that decode and keys that do not."""

from __future__ import annotations

import random
from functools import cache
from typing import Any

import numpy as np
from coincurve import PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from implementations import Implementation, implementations
from nacl.signing import SigningKey

import pyaccel
from examples import examples

_RULES = {
    "ed25519": pyaccel.rules("ed25519"),
    "secp256k1-ecdsa": ("any", "low-s", "bitcoin-core"),
    "bip340": ("bip340",),
}
_FORMAT = {"ed25519": "raw", "secp256k1-ecdsa": "der", "bip340": "raw"}


@cache
def _keys(scheme: str) -> tuple[list[bytes], list[tuple[int, bytes, bytes]]]:
    """Keys, good and bad, and (key, message, signature) rows, by well-kept libraries."""
    source = random.Random(4)
    keys, rows = [], []
    for i in range(6):
        message = source.randbytes(40)
        if scheme == "ed25519":
            secret = SigningKey(source.randbytes(32))
            keys.append(bytes(secret.verify_key))
            rows.append((i, message, secret.sign(message).signature))
        elif scheme == "bip340":
            coin = PrivateKey(source.randbytes(32))
            keys.append(coin.public_key.format()[1:])
            rows.append((i, message[:32], coin.sign_schnorr(message[:32], bytes(32))))
        else:
            coin = PrivateKey(source.randbytes(32))
            whole = coin.public_key.format(compressed=False)
            keys.append([coin.public_key.format(), whole, bytes([6 + whole[64] % 2]) + whole[1:]][i % 3])
            rows.append((i, message, coin.sign(message)))
    # The identity with the sign bit set is a key under zip215 and openssl alone; 2 and the rest of a key, and noise,
    # under no rule.
    keys += [b"\1" + bytes(30) + b"\x80", b"\2" + bytes(31), b"\5" + keys[1][1:], b"", bytes(33), b"\xff" * 65]
    return keys, rows


_picks = st.lists(st.tuples(st.integers(0, 11), st.integers(0, 5)), max_size=12)


@implementations("ed25519")
@examples(6)
@given(picks=_picks, small=st.booleans())
def test_ed25519(implementation: Implementation, picks: list[tuple[int, int]], small: bool) -> None:
    """Under all five rules."""
    _check(implementation, "ed25519", picks, small=small)


@implementations("secp256k1")
@examples(6)
@given(picks=_picks, small=st.booleans())
def test_secp256k1(implementation: Implementation, picks: list[tuple[int, int]], small: bool) -> None:
    """Under the three rules; every third good key is hybrid, which only bitcoin-core takes."""
    _check(implementation, "secp256k1-ecdsa", picks, small=small)


@implementations("bip340")
@examples(6)
@given(picks=_picks, small=st.booleans())
def test_bip340(implementation: Implementation, picks: list[tuple[int, int]], small: bool) -> None:
    """Under its one rule."""
    _check(implementation, "bip340", picks, small=small)


def _check(implementation: Implementation, scheme: str, picks: list[tuple[int, int]], *, small: bool) -> None:
    """Keys by index and prepared, with memory for tables or next to none, against a key a row."""
    keys, rows = _keys(scheme)
    picks = [(i, i) for i in range(6)] + picks
    index = np.array([key for key, _ in picks], np.uint32)
    messages = [rows[row][1] for _, row in picks]
    signatures = [rows[row][2] for _, row in picks]
    ways: list[Any] = [keys, pyaccel.PreparedKeys(scheme, keys, memory=1 if small else None)]
    for rule in _RULES[scheme]:
        options = {"rule": rule, "signature_format": _FORMAT[scheme]}
        expected = implementation.verify_many(scheme, [keys[key] for key in index], messages, signatures, **options)
        refused = scheme == "secp256k1-ecdsa" and rule != "bitcoin-core"
        assert expected[:6] == [2 * (refused and i % 3 == 2) for i in range(6)]
        for way in ways:
            got = implementation.verify_many(scheme, way, messages, signatures, key_index=index, **options)
            assert got == expected
    implementation.ran(len(picks))
