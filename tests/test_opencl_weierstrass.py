# SPDX-License-Identifier: Apache-2.0
"""P-256, P-384 and SM2 on every OpenCL device: formats, rules, digests, identities, indices, points that meet.

Golden says what is right of every row, reason by reason. That every vector's verdict is right is for test_vectors_*.py,
which run on devices too.
"""

from __future__ import annotations

from functools import cache
from random import Random
from typing import Any

import numpy as np
import pytest
from opencl_support import on_every_device, plan_of

from pyaccel.backends import device_weierstrass
from pyaccel.backends.base import Backend
from pyaccel.golden import der, p256, p384, sm2
from pyaccel.golden import signatures as golden_signatures
from pyaccel.golden.hashing import HASHES
from pyaccel.golden.weierstrass import Curve
from pyaccel.rows import as_rows

pytestmark = pytest.mark.opencl

CURVES = {"p256-ecdsa": p256.CURVE, "p384-ecdsa": p384.CURVE, "sm2": sm2.CURVE}
every_scheme = pytest.mark.parametrize("scheme", CURVES)
Row = tuple[bytes, bytes, bytes]


def number(value: int, size: int) -> bytes:
    return value.to_bytes(size, "big")


def key_bytes(curve: Curve, secret: int, form: str = "whole") -> bytes:
    x, y = curve.affine(curve.multiply(secret, curve.g))
    both = number(x, curve.size) + number(y, curve.size)
    if form == "bare":
        return both
    point = b"\x04" + both if form.endswith("whole") else bytes([2 + y % 2]) + both[: curve.size]
    return curve.spki_prefix(len(point)) + point if form.startswith("spki") else point


def signed(scheme: str, secret: int, digest: bytes, nonce: int) -> tuple[int, int]:
    """r and s of a digest, e of SM2."""
    curve = CURVES[scheme]
    x, _ = curve.affine(curve.multiply(nonce, curve.g))
    if scheme == "sm2":
        r = (int.from_bytes(digest, "big") + x) % curve.n
        # With the secret -1 nothing can be signed.
        return r, pow((1 + secret) % curve.n or 1, -1, curve.n) * (nonce - r * secret) % curve.n
    r = x % curve.n
    return r, pow(nonce, -1, curve.n) * (curve.number(digest) + r * secret) % curve.n


@cache
def rows_of(scheme: str, form: str, message_hash: str | None, n: int) -> list[Row]:
    """Keys, messages of many sizes, raw signatures; every fourth one wrong somewhere."""
    curve, source = CURVES[scheme], Random(n)
    rows = []
    for i in range(n):
        secret, nonce = source.randrange(1, curve.n), source.randrange(1, curve.n)
        message = source.randbytes(32 if message_hash == "none" else i * 7 % 150)
        if scheme == "sm2" and message_hash is None:
            za = sm2.identity_hash(sm2.DEFAULT_IDENTITY, curve.multiply(secret, curve.g))
            digest = HASHES["sm3"](za + message)
        else:
            digest = message if message_hash == "none" else HASHES[str(message_hash)](message)
        r, s = signed(scheme, secret, digest, nonce)
        signature = number(r, curve.size) + number(s, curve.size)
        if i % 4 == 3:
            at = source.randrange(len(signature))
            signature = signature[:at] + bytes([signature[at] ^ 1 << source.randrange(8)]) + signature[at + 1 :]
        rows.append((key_bytes(curve, secret, form), message, signature))
    return rows


def check(
    backend: Backend, scheme: str, rows: list[Row], identity: Any = None, index: Any = None, **more: str
) -> list[int]:
    """Reasons of the device, which are golden's."""
    inputs: dict[str, Any] = {
        "public_keys": as_rows(
            "public_keys", list(dict.fromkeys(row[0] for row in rows)) if index else [r[0] for r in rows]
        ),
        "messages": as_rows("messages", [row[1] for row in rows]),
        "signatures": as_rows("signatures", [row[2] for row in rows]),
        "identity": None if identity is None else as_rows("identity", identity, one_for_all=True),
        "key_index": None,
    }
    if index:
        places = {key: i for i, key in enumerate(dict.fromkeys(row[0] for row in rows))}
        inputs["key_index"] = np.array([places[row[0]] for row in rows], np.uint32)
    n = len(rows)
    verdicts, reasons = np.full(n + 1, 0xA5, np.uint8), np.full(n + 1, 0xA5, np.uint8)
    plan = plan_of(backend, "verify_many", scheme=scheme, **more)
    plan.run(inputs, {"verdicts": verdicts[:n], "reasons": reasons[:n]}, n)
    assert verdicts[n] == reasons[n] == 0xA5
    assert np.array_equal(verdicts[:n], reasons[:n] == 0)
    identities = [None] * n if identity is None else [identity] * n if isinstance(identity, bytes) else identity
    wanted = [
        int(golden_signatures.verify({"scheme": scheme, **more}, *row, one))
        for row, one in zip(rows, identities, strict=True)
    ]
    assert reasons[:n].tolist() == wanted
    return wanted


@on_every_device
@every_scheme
@pytest.mark.parametrize("form", ["whole", "bare", "compressed"])
def test_keys(backend: Backend, scheme: str, form: str) -> None:
    message_hash = None if scheme == "sm2" else "sha256" if scheme == "p256-ecdsa" else "sha384"
    rows = rows_of(scheme, form, message_hash, 12)
    assert check(backend, scheme, rows)[:3] == [0, 0, 0]
    key, message, signature = rows[0]
    other = bytes([key[0] ^ 1]) + key[1:]
    far = key[:-1] + bytes([key[-1] ^ 1])
    high = key[: len(key) % 2] + b"\xff" * (len(key) - len(key) % 2)
    bad = [(one, message, signature) for one in (other, far, high, key[:-1], key + b"\0", b"", b"\0" * len(key))]
    assert 0 not in check(backend, scheme, bad)


@on_every_device
@every_scheme
def test_spki(backend: Backend, scheme: str) -> None:
    message_hash = None if scheme == "sm2" else "sha256" if scheme == "p256-ecdsa" else "sha384"
    for form in ("spki-whole", "spki-compressed"):
        rows = rows_of(scheme, form, message_hash, 4)
        key, message, signature = rows[0]
        rows = rows[:2] + [(key[:i] + bytes([key[i] ^ 1]) + key[i + 1 :], message, signature) for i in range(len(key))]
        assert check(backend, scheme, rows, key_format="spki")[:2] == [0, 0]


@on_every_device
@pytest.mark.parametrize(
    ("scheme", "message_hash"),
    [("p256-ecdsa", "sha384"), ("p384-ecdsa", "sha256"), ("p256-ecdsa", "none"), ("sm2", "none")],
)
def test_digests(backend: Backend, scheme: str, message_hash: str) -> None:
    rows = rows_of(scheme, "whole", message_hash, 8)
    assert check(backend, scheme, rows, message_hash=message_hash)[:3] == [0, 0, 0]
    if message_hash == "none":
        key, message, signature = rows[0]
        sizes = [
            (key, message[:size] if size < 32 else message + b"\x5a" * (size - 32), signature)
            for size in (0, 31, 33, 48, 64, 100)
        ]
        check(backend, scheme, sizes, message_hash=message_hash)
        curve = CURVES[scheme]
        large = [number(value, 32) for value in (0, curve.n % 2**256, 2**256 - 1)]
        made = []
        for digest in large:
            r, s = signed(scheme, 77, digest, 1234567)
            made.append((key_bytes(curve, 77), digest, number(r, 32) + number(s, 32)))
        assert check(backend, scheme, made, message_hash=message_hash) == [0, 0, 0]


@on_every_device
@every_scheme
def test_signatures(backend: Backend, scheme: str) -> None:
    """Raw and DER, in and out of range, low and high."""
    message_hash = None if scheme == "sm2" else "sha256" if scheme == "p256-ecdsa" else "sha384"
    curve = CURVES[scheme]
    key, message, signature = rows_of(scheme, "whole", message_hash, 4)[0]
    r, s = (int.from_bytes(part, "big") for part in (signature[: curve.size], signature[curve.size :]))
    edges = (0, 1, curve.n - 1, curve.n, curve.n + 1, curve.p, 2 ** (8 * curve.size) - 1)
    pairs = [(r, s), (r, curve.n - s), *((edge, s) for edge in edges), *((r, edge) for edge in edges), (r, curve.n - r)]
    rows = [(key, message, number(a, curve.size) + number(b, curve.size)) for a, b in pairs]
    rows += [(key, message, signature[:-1]), (key, message, b""), (key, message, signature + b"\0")]
    encoded = [(key, message, der.encode(a, b)) for a, b in pairs]
    first = encoded[0][2]
    tricks = [
        first + b"\0",
        first[:-1],
        b"",
        b"\x30\x00",
        b"\x30\x81" + first[1:],
        b"\x31" + first[1:],
        b"\x30\x80" + first[2:] + b"\0\0",
    ]
    tricks.append(bytes([0x30, first[1] + 2]) + first[2:] + b"\x05\x00")
    tricks.append(b"\x30" + bytes([first[1] + 1]) + b"\x02" + bytes([first[3] + 1]) + b"\0" + first[4:])
    encoded += [(key, message, one) for one in tricks]
    for rule in ("any", "low-s", "fabric") if scheme != "sm2" else ("gbt32918",):
        check(backend, scheme, rows, rule=rule)
        check(backend, scheme, encoded, rule=rule, signature_format="der")


@on_every_device
def test_identities(backend: Backend) -> None:
    rows = rows_of("sm2", "whole", None, 8)
    assert check(backend, "sm2", rows, sm2.DEFAULT_IDENTITY)[0] == 0
    assert 0 not in check(backend, "sm2", rows, b"someone else")
    identities = [sm2.DEFAULT_IDENTITY, b"", b"x" * 8191, b"x" * 8192, sm2.DEFAULT_IDENTITY, b"x", b"\0", b"y"]
    assert check(backend, "sm2", rows, identities)[::4] == [0, 0]


@on_every_device
@every_scheme
def test_few_keys_and_points_that_meet(backend: Backend, scheme: str) -> None:
    """Q = G, -G, 2 G and small multiples, with small u1 and u2: sums meet what is added, or are infinite."""
    curve, rows = CURVES[scheme], []
    digests = [number(value, 32) for value in (0, 1, 2, 16)]
    for secret in (1, 2, 3, curve.n - 1, curve.n - 2, (curve.n + 1) // 2):
        for digest in digests:
            for nonce in (1, 2, 5, curve.n - 1):
                r, s = signed(scheme, secret, digest, nonce)
                rows.append((key_bytes(curve, secret), digest, number(r, curve.size) + number(s, curve.size)))
    check(backend, scheme, rows, index=True, message_hash="none")


@on_every_device
def test_an_abscissa_past_the_order(backend: Backend) -> None:
    """x of R in [n, p): r is x - n. Such points are found by their abscissas, and the key from r, s and the digest."""
    for scheme in ("p256-ecdsa", "p384-ecdsa"):
        curve, rows = CURVES[scheme], []
        x = curve.n
        while len(rows) < 6:
            x += 1
            point = curve.lift(x, len(rows) % 2)
            if point is None:
                continue
            # Q = (s R - e G) / r
            r, s, e = x - curve.n, 1 + len(rows), 12345
            minus = curve.multiply(curve.n - e, curve.g)
            q = curve.affine(curve.multiply(pow(r, -1, curve.n), curve.add(curve.multiply(s, point), minus)))
            key = b"\x04" + number(q[0], curve.size) + number(q[1], curve.size)
            digest = number(e, curve.size)
            rows.append((key, digest, number(r, curve.size) + number(s, curve.size)))
            rows.append((key, digest, number(r + 1, curve.size) + number(s, curve.size)))
        assert check(backend, scheme, rows, message_hash="none")[::2] == [0] * (len(rows) // 2)


def test_the_table_of_the_base_point() -> None:
    for scheme, curve in CURVES.items():
        rows = device_weierstrass.base_rows(scheme)
        for k in (0, 1, 7, 2047):
            x, y = curve.affine(curve.multiply(2 * k + 1, curve.g))
            wanted = [value * 2 ** (8 * curve.size) % curve.p for value in (x, y)]
            found = [int.from_bytes(row.astype("<u4").tobytes(), "little") for row in rows[2 * k : 2 * k + 2]]
            assert found == wanted
