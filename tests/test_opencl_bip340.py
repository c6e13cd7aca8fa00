# SPDX-License-Identifier: Apache-2.0
"""BIP-340 on every device, row by row against golden: reasons, whatever lengths, keys and messages rows have."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
import pytest
from bip340_signer import even, number, sign
from opencl_support import on_every_device, plan_of, verify_on

import pyaccel
from pyaccel.backends import device_bip340, device_secp256k1
from pyaccel.backends.base import Backend, Declined
from pyaccel.golden import bip340
from pyaccel.golden.secp256k1 import N, P
from pyaccel.operations import OPERATIONS

pytestmark = pytest.mark.opencl

Row = tuple[bytes, bytes, bytes]


def columns(rows: list[Row]) -> tuple[list[bytes], ...]:
    return tuple(map(list, zip(*rows, strict=True)))


def golden(rows: list[Row]) -> list[int]:
    return [int(bip340.verify(key, message, signature)) for key, message, signature in rows]


def off_the_curve(random: Random) -> bytes:
    """An abscissa that no point has."""
    return next(number(x) for _ in iter(int, 1) if bip340.lift_x(x := random.randrange(P)) is None)


def signed(count: int, seed: int) -> list[Row]:
    random = Random(seed)
    lengths = [0, 1, 31, 32, 33, 55, 56, 64, 119, 200]
    return [
        sign(random.randrange(1, N), random.randrange(1, N), random.randbytes(lengths[i % len(lengths)]))
        for i in range(count)
    ]


def damaged(rows: list[Row], seed: int) -> list[Row]:
    """One of each thing that can be wrong, and combinations: which reason is said has an order."""
    random = Random(seed)
    no_point, far = off_the_curve(random), number(P + 5)
    changes: list[Any] = [
        lambda k, m, s: (k, m, s),
        lambda k, m, s: (k, m + b"x", s),
        lambda k, m, s: (k, m, s[:32] + number(int.from_bytes(s[32:], "big") ^ 1)),
        lambda k, m, s: (k, m, s[:32] + number(N - int.from_bytes(s[32:], "big"))),
        lambda k, m, s: (k, m, no_point + s[32:]),
        lambda k, m, s: (k, m, far + s[32:]),
        lambda k, m, s: (k, m, s[:32] + number(N)),
        lambda k, m, s: (k, m, s[:32] + bytes([255]) * 32),
        lambda k, m, s: (k, m, no_point + number(N + 1)),
        lambda k, m, s: (k, m, s[:32] + bytes(32)),
        lambda k, m, s: (k, m, bytes(64)),
        lambda k, m, s: (no_point, m, s),
        lambda k, m, s: (far, m, no_point + number(N)),
        lambda k, m, s: (k[:31], m, s),
        lambda k, m, s: (k + b"\0", m, s),
        lambda k, m, s: (k, m, s[:63]),
        lambda k, m, s: (k, m, b""),
        lambda k, m, s: (b"\2" + k, m, s),
        lambda k, m, s: (no_point, m, s + b"\0"),
    ]
    return [changes[i % len(changes)](*row) for i, row in enumerate(rows)]


ROWS = damaged(signed(57, 1), 2)


def odd_and_infinite() -> list[Row]:
    """s G - e P with the abscissa that it should have and an odd ordinate; and infinite."""
    random, rows = Random(3), []
    for message in (b"", b"odd", bytes(100)):
        (d, key), (k, r) = even(random.randrange(1, N)), even(random.randrange(1, N))
        e = bip340.challenge(r, key, message)
        rows += [(key, message, r + number((nonce + e * d) % N)) for nonce in (N - k, 0)]
    return rows


@on_every_device
def test_reasons(backend: Backend) -> None:
    assert verify_on(backend, "bip340", *columns(ROWS), scheme="bip340") == golden(ROWS)
    assert {0, 1, 2, 3, 4, 5} == set(golden(ROWS))


@on_every_device
def test_sums_that_are_odd_or_infinite(backend: Backend) -> None:
    rows = odd_and_infinite()
    assert verify_on(backend, "bip340", *columns(rows), scheme="bip340") == golden(rows) == [5] * 6


@on_every_device
@pytest.mark.parametrize("length", [0, 1, 32, 45])
def test_messages_of_one_length(backend: Backend, length: int) -> None:
    """As an array with gaps between its rows, and one for all."""
    random = Random(length)
    rows = [sign(random.randrange(1, N), random.randrange(1, N), random.randbytes(length)) for _ in range(9)]
    keys, messages, signatures = columns(rows)
    wide = np.zeros((9, length + 3), np.uint8)
    wide[:, :length] = np.frombuffer(b"".join(messages), np.uint8).reshape(9, length)
    if length:
        assert verify_on(backend, "bip340", keys, wide[:, :length], signatures, scheme="bip340") == [0] * 9
    found = verify_on(backend, "bip340", keys, messages[4], signatures, scheme="bip340")
    assert found == golden([(key, messages[4], signature) for key, signature in zip(keys, signatures, strict=True)])


@on_every_device
def test_chunks(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_secp256k1, "ROWS", dict.fromkeys(device_secp256k1.ROWS, 7))
    assert verify_on(backend, "bip340", *columns(ROWS), scheme="bip340") == golden(ROWS)


@on_every_device
def test_keys_by_index_and_prepared(backend: Backend) -> None:
    random = Random(5)
    secrets = [random.randrange(1, N) for _ in range(3)]
    index = np.array([random.randrange(4) for _ in range(20)], np.uint32)
    rows = [sign(secrets[k % 3], random.randrange(1, N), bytes([i])) for i, k in enumerate(index.tolist())]
    keys = [sign(secret, 1, b"")[0] for secret in secrets] + [number(P)]
    _, messages, signatures = columns(rows)
    wanted = [2 if k == 3 else 0 for k in index.tolist()]
    assert verify_on(backend, "bip340", keys, messages, signatures, index, scheme="bip340") == wanted
    prepared = pyaccel.PreparedKeys("bip340", keys)
    found = pyaccel.verify_many("bip340", prepared, messages, signatures, key_index=index, device=backend.name)
    assert found.tolist() == [code == 0 for code in wanted]
    ran = pyaccel.scheduler.last_run()
    assert ran is not None
    assert ran.device == backend.name


@on_every_device
def test_a_challenge_past_the_order(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    """One in 2^128: an order made small instead, so that what is reduced is seen."""
    plan = plan_of(backend, "verify_many", scheme="bip340", rule="bip340")
    small = (1 << 255) + 12345
    monkeypatch.setattr(device_bip340, "ORDER", small)
    random = Random(6)
    heads = [random.randbytes(128) for _ in range(40)]
    rows = device_bip340.Chunk(0, 40, device_bip340.Rows(b"".join(heads), width=128), 0, 40 * 128, None, 128, 128)
    with backend._device.batch():  # type: ignore[attr-defined]
        found = plan._challenges(rows)
    wanted = [int.from_bytes(bip340.sha256(head), "big") % small for head in heads]
    assert [int.from_bytes(row.tobytes(), "little") for row in found] == wanted


@on_every_device
def test_what_is_declined(backend: Backend) -> None:
    plan = backend.prepare(OPERATIONS["verify_many"], {"scheme": "bip340", "rule": "any"})
    assert plan == Declined("kernels do not know the rule any")
