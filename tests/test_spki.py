# SPDX-License-Identifier: Apache-2.0
"""Keys in a SubjectPublicKeyInfo: those that name the curve, in DER, and no others."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key
from implementations import Implementation, implementations

import pyaccel
from pyaccel.golden import p256, p384, sm2

CURVES = {"p256-ecdsa": p256.CURVE, "p384-ecdsa": p384.CURVE, "sm2": sm2.CURVE}
_OTHERS = [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1(), ec.SECP224R1(), ec.SECP256K1(), ec.BrainpoolP256R1()]
_EC, _P256, _P384, _SM2 = (
    bytes.fromhex(text)
    for text in ("06072a8648ce3d0201", "06082a8648ce3d030107", "06052b81040022", "06082a811ccf5501822d")
)
_NAMES = {"p256-ecdsa": _P256, "p384-ecdsa": _P384, "sm2": _SM2}


def _value(tag: int, content: bytes) -> bytes:
    assert len(content) < 128
    return bytes([tag, len(content)]) + content


def _spki(name: bytes, point: bytes, *, algorithm: bytes = _EC, unused: int = 0) -> bytes:
    return _value(0x30, _value(0x30, algorithm + name) + _value(3, bytes([unused]) + point))


@cache
def _key(scheme: str) -> tuple[bytes, bytes, bytes]:
    """x || y of 5 G, with a digest and r || s that are valid under it."""
    curve = CURVES[scheme]
    x, y = curve.affine(curve.multiply(5, curve.g))
    key = x.to_bytes(curve.size, "big") + y.to_bytes(curve.size, "big")
    if scheme != "sm2":
        # R = 0 G + 1 Q is the key itself.
        return key, bytes(32), 2 * (x % curve.n).to_bytes(curve.size, "big")
    # R = s G + t Q with s = 3 and t = 4 is 23 G; r = t - s = 1 = e + x.
    total = curve.affine(curve.multiply(23, curve.g))[0]
    e = (1 - total) % curve.n
    return key, e.to_bytes(32, "big"), (1).to_bytes(32, "big") + (3).to_bytes(32, "big")


def _refused(scheme: str) -> Iterator[bytes]:
    """What is near to a SubjectPublicKeyInfo of the key and none."""
    key, name = _key(scheme)[0], _NAMES[scheme]
    whole = _spki(name, b"\4" + key)
    yield from (whole[:size] for size in range(len(whole)))
    yield whole + b"\0"
    yield b"\0" + whole
    yield key
    yield b"\4" + key
    for other in (*_NAMES.values(), b"", b"\5\0", b"\6\0", name + b"\5\0", bytes.fromhex("06052b8104000a")):
        if other != name:
            yield _spki(other, b"\4" + key)
    yield _spki(name, b"\4" + key, algorithm=name)
    yield _spki(name, b"\4" + key, algorithm=bytes.fromhex("06032b6570"))
    for unused in (1, 4, 7, 8, 255):
        yield _spki(name, b"\4" + key, unused=unused)
    for prefix in (b"", b"\0", b"\2", b"\3", b"\5", bytes([6 + key[-1] % 2]), bytes([7 - key[-1] % 2])):
        yield _spki(name, prefix + key)
    yield _spki(name, bytes([4]) + key[: len(key) // 2])
    yield _spki(name, b"\0")
    # Lengths in the long form, which BER takes.
    yield b"\x30\x81" + whole[1:]
    inner = _value(0x30, _EC + name)
    tail = _value(3, b"\0\4" + key)
    yield _value(0x30, b"\x30\x81" + inner[1:] + tail)
    yield _value(0x30, inner + b"\x03\x81" + tail[1:])
    yield b"\x30\x80" + inner + tail + b"\0\0"
    # A constructed string of bits, and other tags.
    for at in (0, 2, 4, 13, len(whole) - len(key) - 4):
        for tag in (whole[at] ^ 0x20, 0, 4, 0xFF):
            yield whole[:at] + bytes([tag]) + whole[at + 1 :]


def _say(way: Implementation, scheme: str) -> None:
    curve = CURVES[scheme]
    key, digest, signature = _key(scheme)
    compressed = bytes([2 + key[-1] % 2]) + key[: curve.size]
    taken = [_spki(_NAMES[scheme], point) for point in (b"\4" + key, compressed)]
    refused = [spki for spki in _refused(scheme) if spki not in taken]
    assert len(refused) > 120
    for peer in _OTHERS:
        public = ec.derive_private_key(5, peer).public_key()
        spki = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        refused += [spki] if spki not in taken else []
    rows = [*taken, *refused, *taken]
    options = {"message_hash": "none", "key_format": "spki"}
    reasons = way.verify_many(scheme, rows, digest, [signature] * len(rows), **options)
    right = [spki in taken for spki in rows]
    assert [reason == 0 for reason in reasons] == right
    widths = {len(spki) for spki in taken}
    assert reasons == [0 if good else 2 if len(spki) in widths else 1 for spki, good in zip(rows, right, strict=True)]
    prepared = pyaccel.PreparedKeys(scheme, rows, key_format="spki")
    again = way.verify_many(
        scheme, prepared, digest, [signature] * len(rows), message_hash="none", key_index=range(len(rows))
    )
    assert again == reasons
    way.ran(2 * len(rows))


@implementations("p256", opencl=True)
def test_p256(implementation: Implementation) -> None:
    _say(implementation, "p256-ecdsa")


@implementations("p384", opencl=True)
def test_p384(implementation: Implementation) -> None:
    _say(implementation, "p384-ecdsa")


@implementations("sm2", opencl=True)
def test_sm2(implementation: Implementation) -> None:
    _say(implementation, "sm2")


@pytest.mark.parametrize("scheme", ["p256-ecdsa", "p384-ecdsa"])
def test_every_byte_changed(scheme: str) -> None:
    """What is taken decodes to the point that OpenSSL finds, for every byte of both forms changed in six ways."""
    curve = CURVES[scheme]
    key = _key(scheme)[0]
    found = 0
    for point in (b"\4" + key, bytes([2 + key[-1] % 2]) + key[: curve.size]):
        whole = _spki(_NAMES[scheme], point)
        for at in range(len(whole)):
            for byte in {whole[at] ^ 1, whole[at] ^ 0x80, whole[at] ^ 0xFF, 0, 0xFF, (whole[at] + 1) % 256} - {
                whole[at]
            }:
                changed = whole[:at] + bytes([byte]) + whole[at + 1 :]
                ours = curve.decode_key(changed, "spki")
                try:
                    peer = load_der_public_key(changed)
                except (ValueError, UnsupportedAlgorithm):
                    assert ours is None
                    continue
                assert isinstance(peer, ec.EllipticCurvePublicKey)
                if ours is not None:
                    numbers = peer.public_numbers()
                    assert (numbers.x, numbers.y, 1) == ours
                    found += 1
    assert found > 20


@pytest.mark.parametrize("device", ["native", "golden"])
def test_prepared_keys_know_their_format(device: str) -> None:
    key, digest, signature = _key("p256-ecdsa")
    spki = _spki(_P256, b"\4" + key)
    prepared = pyaccel.PreparedKeys("p256-ecdsa", [spki], key_format="spki")
    given = {"message_hash": "none", "device": device}
    for more in ({}, {"key_format": "spki"}):
        assert pyaccel.verify_many("p256-ecdsa", prepared, digest, [signature], **given, **more).all()
    bare = pyaccel.PreparedKeys("p256-ecdsa", [key])
    assert pyaccel.verify_many("p256-ecdsa", bare, digest, [signature], **given).all()
    with pytest.raises(ValueError, match="prepared as 'auto' keys, not as 'spki'"):
        pyaccel.verify_many("p256-ecdsa", bare, digest, [signature], key_format="spki", **given)
    assert not pyaccel.verify_many("p256-ecdsa", [spki], digest, [signature], **given).any()
