# SPDX-License-Identifier: Apache-2.0
"""Ed25519 on every OpenCL device: shapes of rows, chunks, indices, and what is declined; PyNaCl makes the signatures.

That every verdict is right under every rule is for test_vectors_ed25519.py and test_properties_ed25519.py, which run on
devices too.
"""

from __future__ import annotations

from functools import cache
from random import Random
from typing import Any

import numpy as np
import pytest
from nacl.signing import SigningKey
from opencl_support import on_every_device, plan_of, verify_on

import pyaccel
from pyaccel.backends import device_ed25519, edwards25519_base
from pyaccel.backends.base import Backend
from pyaccel.golden import ed25519 as golden
from pyaccel.rows import Rows, as_rows

pytestmark = pytest.mark.opencl

LENGTH, EQUATION = 1, 5
# Around the ends of SHA-512's blocks, of which R and A take 64 bytes.
SIZES = (0, 1, 3, 46, 47, 48, 49, 63, 64, 65, 111, 112, 127, 128, 175, 176, 192, 200, 1000)


@cache
def signed(n: int, size: int = -1) -> tuple[list[bytes], list[bytes], list[bytes]]:
    """Keys, messages of `size` bytes (-1: of SIZES in turn) and their signatures."""
    source = Random(n)
    keys, messages, signatures = [], [], []
    for i in range(n):
        signer, message = (
            SigningKey(source.randbytes(32)),
            source.randbytes(SIZES[i % len(SIZES)] if size < 0 else size),
        )
        keys.append(bytes(signer.verify_key))
        messages.append(message)
        signatures.append(signer.sign(message).signature)
    return keys, messages, signatures


def array(rows: list[bytes]) -> np.ndarray[Any, Any]:
    return np.frombuffer(b"".join(rows), np.uint8).reshape(len(rows), -1)


@on_every_device
def test_message_sizes(backend: Backend) -> None:
    keys, messages, signatures = signed(len(SIZES))
    assert verify_on(backend, "zip215", keys, messages, signatures) == [0] * len(SIZES)
    longer = [message + b"\0" for message in messages]
    assert verify_on(backend, "zip215", keys, longer, signatures) == [EQUATION] * len(SIZES)


@on_every_device
@pytest.mark.parametrize("n", [0, 1, 63, 64, 65, 130])
def test_sizes_of_batches_in_arrays(backend: Backend, n: int) -> None:
    keys, messages, signatures = signed(n, 33) if n else ([], [], [])
    if n == 0:
        assert verify_on(backend, "rfc8032", [], [], []) == []
        return
    wide = np.zeros((n, 200), np.uint8)  # rows apart from one another, on odd addresses
    wide[:, 3:36], wide[:, 41:105], wide[:, 107:139] = array(messages), array(signatures), array(keys)
    wide[::5, 20] ^= 1
    expected = [EQUATION if i % 5 == 0 else 0 for i in range(n)]
    assert verify_on(backend, "rfc8032", wide[:, 107:139], wide[:, 3:36], wide[:, 41:105]) == expected


@on_every_device
def test_wrong_lengths_are_of_their_rows_alone(backend: Backend) -> None:
    keys, messages, signatures = (list(column) for column in signed(9))
    keys[1], keys[2], keys[3] = b"", keys[2][:31], keys[3] + b"\0"
    signatures[5], signatures[6], signatures[3] = b"", signatures[6][:63], signatures[3] + b"\0"
    wrong = {1, 2, 3, 5, 6}
    expected = [LENGTH if i in wrong else 0 for i in range(9)]
    assert verify_on(backend, "zip215", keys, messages, signatures) == expected
    for width in (0, 31, 33, 64):
        assert verify_on(backend, "zip215", np.zeros((9, width), np.uint8), messages, signatures) == [LENGTH] * 9
    assert verify_on(backend, "zip215", keys[:1] * 9, messages, np.zeros((9, 63), np.uint8)) == [LENGTH] * 9


@on_every_device
def test_one_value_for_all_and_indices(backend: Backend) -> None:
    keys, messages, signatures = signed(12)
    assert verify_on(backend, "zip215", keys[4], messages[4], [signatures[4]] * 3) == [0] * 3
    order = [5, 5, 0, 11, 3]
    index = np.array(order, np.uint32)
    some = [messages[i] for i in order], [signatures[i] for i in order]
    assert verify_on(backend, "zip215", keys, *some, index) == [0] * 5
    assert verify_on(backend, "zip215", array(keys), *some, index) == [0] * 5
    assert verify_on(backend, "zip215", array(keys), *some, index[::-1].copy()) == [
        EQUATION,
        EQUATION,
        0,
        EQUATION,
        EQUATION,
    ]
    mixed = [*keys[:3], keys[3] + b"\0", *keys[4:]]
    assert verify_on(backend, "zip215", mixed, *some, index) == [0, 0, 0, 0, LENGTH]


@on_every_device
def test_prepared_keys_are_taken_from_their_bytes(backend: Backend) -> None:
    keys, messages, signatures = signed(8)
    prepared = pyaccel.PreparedKeys("ed25519", keys)
    index = [7, 0, 3]
    some = [messages[i] for i in index], [signatures[i] for i in index]
    assert pyaccel.verify_many("ed25519", prepared, *some, key_index=index, device=backend.name).all()
    ran = pyaccel.scheduler.last_run()
    assert ran is not None
    assert (ran.device, ran.variant) == (backend.name, f"{backend.name}/ed25519")


@on_every_device
def test_chunks(backend: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """More signatures than are taken at once, in rows and offsets, with messages that do not fit together either."""
    monkeypatch.setattr(device_ed25519, "_ROWS", dict.fromkeys(device_ed25519._ROWS, 7))
    monkeypatch.setattr(backend._device, "chunk_bytes", 1200)
    keys, messages, signatures = (list(column) for column in signed(40))
    signatures[13], keys[20] = signatures[12], keys[20][:5]
    expected = [EQUATION if i == 13 else LENGTH if i == 20 else 0 for i in range(40)]
    assert verify_on(backend, "zip215", keys, messages, signatures) == expected
    keys, messages, signatures = signed(40, 100)
    assert verify_on(backend, "zip215", array(keys), array(messages), array(signatures)) == [0] * 40
    index = np.arange(40, dtype=np.uint32)
    assert verify_on(backend, "zip215", array(keys), array(messages), array(signatures), index) == [0] * 40


@on_every_device
def test_offsets_are_checked(backend: Backend) -> None:
    _, messages, signatures = signed(3)
    good = as_rows("messages", messages)
    backwards = Rows(bytes(96), offsets=np.array([0, 32, 64, 96], np.uint64))
    backwards.offsets[2] = 200  # type: ignore[index]
    plan = plan_of(backend, "verify_many", scheme="ed25519", rule="zip215")
    outputs = {"verdicts": np.zeros(3, np.uint8), "reasons": None}
    inputs = {"public_keys": backwards, "messages": good, "signatures": as_rows("signatures", signatures)}
    with pytest.raises(ValueError, match="public_keys: row 1 is bytes 32 to 200 of 96"):
        plan.run({**inputs, "key_index": None}, outputs, 3)
    assert not outputs["verdicts"].any()


def test_every_rule_is_known() -> None:
    assert tuple(device_ed25519.RULES) == pyaccel.rules("ed25519")


def test_rows_of_the_base_point() -> None:
    rows = edwards25519_base.base_rows()
    assert rows.shape == (3 * 513, 8)
    numbers = [sum(int(word) << 32 * i for i, word in enumerate(row)) for row in rows]
    point = golden.IDENTITY
    for k in range(513):
        x, y, z, _ = point
        inverse = pow(z, -1, golden.P)
        x, y = x * inverse % golden.P, y * inverse % golden.P
        wanted = [(y + x) % golden.P, (y - x) % golden.P, 2 * golden.D * x * y % golden.P]
        assert numbers[3 * k : 3 * k + 3] == wanted, k
        point = golden.add(point, golden.B)
