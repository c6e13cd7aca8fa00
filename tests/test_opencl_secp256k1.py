# SPDX-License-Identifier: Apache-2.0
"""ECDSA on secp256k1 on every OpenCL device: shapes of rows, formats, chunks, indices, points that meet.

libsecp256k1 makes the signatures, golden says what is right. That every verdict is right under every rule is for
test_vectors_secp256k1.py and test_properties_secp256k1.py, which run on devices too.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from random import Random
from typing import Any

import numpy as np
import pytest
from coincurve import PrivateKey
from opencl_support import on_every_device, plan_of, verify_on

import pyaccel
from pyaccel.backends import device_secp256k1, secp256k1_base
from pyaccel.backends.base import Backend, Declined
from pyaccel.golden import der
from pyaccel.golden import secp256k1 as golden
from pyaccel.golden.hashing import HASHES
from pyaccel.operations import OPERATIONS
from pyaccel.rows import Rows, as_rows

pytestmark = pytest.mark.opencl

LENGTH, KEY, ENCODING, RANGE, EQUATION = 1, 2, 3, 4, 5
UNKNOWN = 255
N = golden.N
LAMBDA = 0x5363AD4CC05C30E0A5261C028812645A122E22EA20816678DF02967C1B23BD72
Columns = tuple[list[bytes], list[bytes], list[bytes]]


def number(value: int) -> bytes:
    return value.to_bytes(32, "big")


@cache
def signed(n: int, key_format: int = 33, message_hash: str = "sha256", size: int = -1) -> Columns:
    """Keys of key_format bytes, messages of `size` bytes (-1: of many) and raw signatures, every second s high."""
    source = Random(n)
    keys, messages, signatures = [], [], []
    for i in range(n):
        signer, message = PrivateKey(source.randbytes(32)), source.randbytes(i * 7 % 150 if size < 0 else size)
        digest = message if message_hash == "none" else HASHES[message_hash](message)
        numbers = der.decode(signer.sign(digest, hasher=None))
        assert numbers is not None
        keys.append(signer.public_key.format(compressed=key_format == 33)[-key_format:])
        messages.append(message)
        signatures.append(number(numbers[0]) + number(N - numbers[1] if i % 2 else numbers[1]))
    return keys, messages, signatures


def reasons_on(
    backend: Backend, rule: str, keys: Any, messages: Any, signatures: Any, index: Any = None, **parameters: str
) -> list[int]:
    return verify_on(backend, rule, keys, messages, signatures, index, scheme="secp256k1-ecdsa", **parameters)


def array(rows: list[bytes]) -> np.ndarray[Any, Any]:
    return np.frombuffer(b"".join(rows), np.uint8).reshape(len(rows), -1)


@on_every_device
@pytest.mark.parametrize("message_hash", ["sha256", "sha256d", "keccak256"])
def test_message_sizes(backend: Backend, message_hash: str) -> None:
    keys, messages, signatures = signed(30, 33, message_hash)
    parameters = {"message_hash": message_hash}
    assert reasons_on(backend, "any", keys, messages, signatures, **parameters) == [0] * 30
    longer = [message + b"\0" for message in messages]
    assert reasons_on(backend, "any", keys, longer, signatures, **parameters) == [EQUATION] * 30
    assert reasons_on(backend, "low-s", keys, messages, signatures, **parameters) == [0, RANGE] * 15


@on_every_device
@pytest.mark.parametrize("key_format", [33, 64, 65])
@pytest.mark.parametrize("n", [0, 1, 15, 16, 17, 63, 64, 65, 130])
def test_sizes_of_batches_in_arrays(backend: Backend, n: int, key_format: int) -> None:
    """Around the groups that share an inversion and the work groups; rows apart from one another, on odd addresses."""
    if n == 0:
        assert reasons_on(backend, "any", [], [], []) == []
        return
    keys, messages, signatures = signed(n, key_format, "none", 32)
    wide = np.zeros((n, 200), np.uint8)
    wide[:, 3:35], wide[:, 41:105], wide[:, 107 : 107 + key_format] = array(messages), array(signatures), array(keys)
    wide[::5, 20] ^= 1
    expected = [EQUATION if i % 5 == 0 else 0 for i in range(n)]
    columns = wide[:, 107 : 107 + key_format], wide[:, 3:35], wide[:, 41:105]
    assert reasons_on(backend, "any", *columns, message_hash="none") == expected


@on_every_device
def test_wrong_lengths_are_of_their_rows_alone(backend: Backend) -> None:
    keys, messages, signatures = (list(column) for column in signed(12, 33, "none", 32))
    keys[1], keys[2], keys[3] = b"", keys[2][:32], keys[3] + b"\0"
    messages[4], messages[5] = b"", messages[5][:31]
    signatures[6], signatures[7], signatures[3] = b"", signatures[7][:63], signatures[3] + b"\0"
    keys[8], keys[9] = b"\4" + keys[8][1:], b"\2" + number(5)  # no prefix of 33 bytes, and no abscissa of a point
    signatures[9] = bytes(64)
    signatures[10] = bytes(32) + signatures[10][32:]
    expected = [0, *[LENGTH] * 7, KEY, KEY, RANGE, 0]
    assert reasons_on(backend, "any", keys, messages, signatures, message_hash="none") == expected
    for width in (0, 32, 34, 66):
        rows = np.zeros((12, width), np.uint8), messages, signatures
        assert reasons_on(backend, "any", *rows, message_hash="none") == [LENGTH] * 12


@on_every_device
def test_one_value_for_all_and_indices(backend: Backend) -> None:
    keys, messages, signatures = signed(12)
    assert reasons_on(backend, "any", keys[4], messages[4], [signatures[4]] * 3) == [0] * 3
    assert reasons_on(backend, "any", b"\5" * 33, messages[4], [signatures[4]] * 3) == [KEY] * 3
    assert reasons_on(backend, "any", b"\5", messages[4], [signatures[4]] * 3) == [LENGTH] * 3
    order = [5, 5, 0, 11, 3]
    index = np.array(order, np.uint32)
    some = [messages[i] for i in order], [signatures[i] for i in order]
    assert reasons_on(backend, "any", keys, *some, index) == [0] * 5
    assert reasons_on(backend, "any", array(keys), *some, index) == [0] * 5
    turned = [EQUATION, EQUATION, 0, EQUATION, EQUATION]
    assert reasons_on(backend, "any", array(keys), *some, index[::-1].copy()) == turned
    mixed = [*keys[:3], keys[3] + b"\0", *keys[4:11], b"\5" + keys[11][1:]]
    assert reasons_on(backend, "any", mixed, *some, index) == [0, 0, 0, KEY, LENGTH]


@on_every_device
def test_prepared_keys_are_taken_from_their_bytes(backend: Backend) -> None:
    keys, messages, signatures = signed(8)
    spoiled = [*keys[:7], b"\2" + number(5)]
    prepared = pyaccel.PreparedKeys("secp256k1-ecdsa", spoiled)
    index = [7, 0, 3, 3]
    some = [messages[i] for i in index], [signatures[i] for i in index]
    for _ in range(2):
        verdicts = pyaccel.verify_many("secp256k1-ecdsa", prepared, *some, key_index=index, device=backend.name)
        assert verdicts.tolist() == [False, True, True, True]
    ran = pyaccel.scheduler.last_run()
    assert ran is not None
    assert (ran.device, ran.variant) == (backend.name, f"{backend.name}/secp256k1-ecdsa")


@on_every_device
def test_chunks(backend: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """More signatures than are taken at once, in rows and offsets, with messages that do not fit together either."""
    monkeypatch.setattr(device_secp256k1, "ROWS", dict.fromkeys(device_secp256k1.ROWS, 7))
    monkeypatch.setattr(backend._device, "chunk_bytes", 1200)
    keys, messages, signatures = (list(column) for column in signed(40))
    signatures[13], keys[20] = signatures[11], keys[20][:5]
    expected = [EQUATION if i == 13 else LENGTH if i == 20 else 0 for i in range(40)]
    assert reasons_on(backend, "any", keys, messages, signatures) == expected
    encoded = [der.encode(int.from_bytes(s[:32], "big"), int.from_bytes(s[32:], "big")) for s in signatures]
    assert reasons_on(backend, "any", keys, messages, encoded, signature_format="der") == expected
    keys, messages, signatures = signed(40, 65, "sha256", 100)
    assert reasons_on(backend, "any", array(keys), array(messages), array(signatures)) == [0] * 40
    index = np.arange(40, dtype=np.uint32)
    assert reasons_on(backend, "any", array(keys), array(messages), array(signatures), index) == [0] * 40


@on_every_device
def test_der(backend: Backend) -> None:
    """Strict and lax, ending anywhere in a word, alone and with bytes behind that only the lax one takes."""
    keys, messages, signatures = signed(24, 33, "none", 32)
    encoded = [der.encode(int.from_bytes(s[:32], "big"), int.from_bytes(s[32:], "big")) for s in signatures]
    for i in range(24):
        encoded[i] += bytes(i % 4)
    strict = [0 if i % 4 == 0 else ENCODING for i in range(24)]
    common = {"message_hash": "none"}
    assert reasons_on(backend, "any", keys, messages, encoded, signature_format="der", **common) == strict
    assert reasons_on(backend, "any", keys, messages, encoded, signature_format="der-lax", **common) == [0] * 24
    for text in (b"", b"\x30", bytes(8), encoded[0][:-1], b"\x30\x06\2\1\0\2\1\1", encoded[0] * 2):
        for form in ("der", "der-lax"):
            found = reasons_on(backend, "any", keys[:2], messages[:2], [text] * 2, signature_format=form, **common)
            golden_reason = int(golden.verify("any", form, keys[0], messages[0], text))
            assert found[0] == golden_reason, (text.hex(), form)
            assert found[1] == int(golden.verify("any", form, keys[1], messages[1], text))


@on_every_device
def test_damaged_der(backend: Backend) -> None:
    """One byte changed anywhere, as golden has it."""
    keys, messages, signatures = signed(1, 33, "none", 32)
    text = der.encode(int.from_bytes(signatures[0][:32], "big"), int.from_bytes(signatures[0][32:], "big"))
    source = Random(3)
    damaged = []
    for at in [*range(6), *source.sample(range(6, len(text)), 12)]:
        damaged += [text[:at] + bytes([value]) + text[at + 1 :] for value in (0, 1, 0x7F, 0x80, 0x84, 0xFF)]
    for form in ("der", "der-lax"):
        rows = keys * len(damaged), messages * len(damaged), damaged
        found = reasons_on(backend, "any", *rows, message_hash="none", signature_format=form)
        assert found == [int(golden.verify("any", form, keys[0], messages[0], one)) for one in damaged]


@on_every_device
def test_offsets_are_checked(backend: Backend) -> None:
    _, messages, signatures = signed(3)
    good = as_rows("messages", messages)
    backwards = Rows(bytes(99), offsets=np.array([0, 33, 66, 99], np.uint64))
    backwards.offsets[2] = 200  # type: ignore[index]
    for name, form in (("public_keys", "raw"), ("signatures", "der"), ("signatures", "raw")):
        plan = plan_of(backend, "verify_many", scheme="secp256k1-ecdsa", rule="any", signature_format=form)
        outputs = {"verdicts": np.zeros(3, np.uint8), "reasons": None}
        inputs = {"public_keys": good, "messages": good, "signatures": as_rows("signatures", signatures)}
        with pytest.raises(ValueError, match=f"{name}: row 1 is bytes 33 to 200 of 99"):
            plan.run({**inputs, name: backwards, "key_index": None}, outputs, 3)
        assert not outputs["verdicts"].any()


def digits(k: int, width: int, count: int) -> list[int]:
    """An odd k as count odd digits of `width` bits, lowest first."""
    assert k % 2
    bits = (k + 2 ** (width * count) - 1) // 2
    return [2 * (bits >> width * i & 2**width - 1) - (2**width - 1) for i in range(count)]


def halves(u: int) -> tuple[int, int]:
    """Odd k1, k2 with u = k1 + k2 lambda, as kernels/verify/secp256k1_digits.h takes them."""
    a, b = 0x3086D221A7D46BCDE86C90E49284EB15, 0xE4437ED6010E88286F547FA90ABFE4C3
    c1, c2 = ((2 * u * v + N) // (2 * N) for v in (a, b))
    c1, c2 = c1 & ~1 | ~u & 1, c2 & ~1 | u & 1
    first, second = u - c1 * a - c2 * (a + b), c1 * b - c2 * a
    assert (first + second * LAMBDA - u) % N == 0
    return first, second


def terms(u1: int, u2: int) -> Iterator[tuple[int, int, int]]:
    """What a sum adds, in order: (of G, of Q, doublings since the one before)."""
    first, second = (digits(k, 4, 33) for k in halves(u2))
    base = digits(u1 if u1 % 2 else u1 + N, 12, 22)
    for at in range(32, -1, -1):
        yield 0, first[at], 4
        yield 0, second[at] * LAMBDA, 0
        if at % 3 == 0:
            yield base[at // 3], 0, 0
            yield base[11 + at // 3] << 132, 0, 0


def meeting(source: Random, at: int, sign: int) -> tuple[bytes, bytes, bytes, bool]:
    """A row whose addition number `at` adds a point to itself (sign 1) or to its opposite (-1); whether it is valid."""
    while True:
        u1, u2 = source.randrange(1, N), source.randrange(1, N)
        g = q = 0
        for k, (of_g, of_q, doublings) in enumerate(terms(u1, u2)):
            g, q = g << doublings, q << doublings
            if k == at:
                break
            g, q = g + of_g, q + of_q
        # g + q d = sign (of_g + of_q d)
        d = (sign * of_g - g) * pow(q - sign * of_q, -1, N) % N
        total = (u1 + u2 * d) % N
        if d == 0:
            continue  # Q would be infinite
        r = PrivateKey(number(total)).public_key.point()[0] % N if total else 1
        s = r * pow(u2, -1, N) % N
        key = PrivateKey(number(d)).public_key.format()
        return key, number(u1 * s % N), number(r) + number(s), total != 0


def met() -> list[tuple[bytes, bytes, bytes, bool]]:
    """Rows that meet in each kind of term, as soon as G has been added, in the middle and at the end."""
    source = Random(5)
    count = len(list(terms(1, 1)))
    places = [*range(6, 12), *range(count // 2, count // 2 + 8), *range(count - 4, count)]
    return [meeting(source, at, sign) for at in places for sign in (1, -1)]


@on_every_device
def test_points_that_meet(backend: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = met()
    keys, digests, signatures, valid = (list(column) for column in zip(*rows, strict=True))
    assert sum(not good for good in valid) >= 1
    expected = [0 if good else EQUATION for good in valid]
    assert reasons_on(backend, "any", keys, digests, signatures, message_hash="none") == expected
    for row, reason in zip(rows[::5], expected[::5], strict=True):
        assert int(golden.verify("any", "raw", *row[:3])) == reason
    # The quick additions do meet there: without the second kernel nothing is known of any row.
    launch = backend._device.launch

    def without(path: str, entry: str, *arguments: Any, **options: Any) -> Any:
        return None if entry == "secp256k1_exceptions" else launch(path, entry, *arguments, **options)

    monkeypatch.setattr(backend._device, "launch", without)
    assert reasons_on(backend, "any", keys, digests, signatures, message_hash="none") == [UNKNOWN] * len(rows)


@on_every_device
def test_keys_that_somebody_chose(backend: Backend) -> None:
    """G, -G, lambda G and small multiples, with scalars that are 0, small, or make the sum a doubling or infinite."""
    rows, expected = [], []
    for d in (1, N - 1, LAMBDA, N - LAMBDA, LAMBDA * LAMBDA % N, 2, 3, 15, 17, 2**128, 2**132):
        key = PrivateKey(number(d)).public_key.format(compressed=False)
        for u2 in (1, 2, LAMBDA, N - 1, 2**128 + 1):
            for u1 in (0, 1, N - 1, u2 * d % N, -u2 * d % N, 2**132):
                total = (u1 + u2 * d) % N
                r = PrivateKey(number(total)).public_key.point()[0] % N if total else 1
                s = r * pow(u2, -1, N) % N
                rows.append((key, number(u1 * s % N), number(r) + number(s)))
                expected.append(0 if total else EQUATION)
    assert reasons_on(backend, "any", *map(list, zip(*rows, strict=True)), message_hash="none") == expected
    for row, reason in zip(rows[::20], expected[::20], strict=True):
        assert int(golden.verify("any", "raw", *row)) == reason


@on_every_device
def test_abscissas_past_the_order(backend: Backend) -> None:
    """x(R) = r + n, which is r modulo n: the keys are made so that the sum is such a point."""
    rows, r = [], 0
    while len(rows) < 3:
        r += 1
        point = golden.decode_key(b"\2" + number(r + N), hybrid=False)
        if point is not None:
            u1, u2 = 7 * r, 9 * r
            minus = golden.multiply(N - u1, golden.G)
            q = golden.affine(golden.multiply(pow(u2, -1, N), golden.add(point, minus)))
            s = r * pow(u2, -1, N) % N
            rows.append((b"\4" + number(q[0]) + number(q[1]), number(u1 * s % N), number(r) + number(s)))
    assert [int(golden.verify("any", "raw", *row)) for row in rows] == [0] * 3
    assert reasons_on(backend, "any", *map(list, zip(*rows, strict=True)), message_hash="none") == [0] * 3


@on_every_device
@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ({"rule": "fabric"}, "kernels do not know the rule fabric"),
        ({"signature_format": "p1363"}, "kernels do not know the signature_format p1363"),
        ({"message_hash": "sm3"}, "kernels do not know the message_hash sm3"),
        ({"key_format": "spki"}, "kernels do not know the key_format spki"),
        ({"scheme": "bls"}, "there is no kernel for bls"),
    ],
)
def test_declined(backend: Backend, parameters: dict[str, str], reason: str) -> None:
    plan = backend.prepare(OPERATIONS["verify_many"], {"scheme": "secp256k1-ecdsa", "rule": "any", **parameters})
    assert plan == Declined(reason)


def test_every_name_is_known() -> None:
    assert pyaccel.rules("secp256k1-ecdsa") == device_secp256k1.RULES
    known = pyaccel.scheme.SCHEMES["secp256k1-ecdsa"]
    assert known.message_hashes == device_secp256k1.MESSAGE_HASHES
    assert known.signature_formats == device_secp256k1.FORMATS


def test_rows_of_the_base_point() -> None:
    rows = secp256k1_base.base_rows()
    assert rows.shape == (4 * 2048, 8)
    numbers = [sum(int(word) << 32 * i for i, word in enumerate(row)) for row in rows]
    for half, scalar in enumerate((1, 2**132)):
        point = golden.multiply(scalar, golden.G)
        step = golden.double(point)
        for k in range(2048):
            at = 2 * (2048 * half + k)
            x, y, z = point
            assert numbers[at] * z * z % golden.P == x, k
            assert numbers[at + 1] * z**3 % golden.P == y, k
            point = golden.add(point, step)
