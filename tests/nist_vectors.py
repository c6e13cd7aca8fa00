# SPDX-License-Identifier: Apache-2.0
"""What official vectors of ECDSA on P-256 and P-384 have in common: one way to put them to an implementation."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from implementations import Implementation
from vector_files import SignatureCase, ecdsa_keys, ecdsa_sigver, openssl_ecdsa

import pyaccel

OWN_HASHES = ("sha256", "sha384")
"""Those that `message_hash` names; of the others a ready digest goes in."""


@dataclass(frozen=True)
class Nist:
    """A curve: its name at CAVP, the scheme, bytes of a coordinate, the group's order."""

    name: str
    scheme: str
    size: int
    order: int

    def number(self, value: int) -> bytes:
        """A coordinate or scalar; longer where the value does not fit."""
        return value.to_bytes(max(self.size, (value.bit_length() + 7) // 8), "big")

    def forms(self, key: bytes) -> list[bytes]:
        """A key of x || y; also with 04, and compressed."""
        return [key, b"\4" + key, bytes([2 + key[-1] % 2]) + key[: self.size]]


P256 = Nist("P-256", "p256-ecdsa", 32, 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551)
P384 = Nist(
    "P-384",
    "p384-ecdsa",
    48,
    0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973,
)


def digest(hash_name: str, message: bytes) -> bytes:
    """A digest as it goes in: whole, with zeros before it where it is shorter than 32 bytes."""
    return hashlib.new(hash_name, message).digest().rjust(32, b"\0")


def _compare(way: Implementation, names: Sequence[str], reasons: Sequence[int], valid: Sequence[bool]) -> None:
    wrong = [name for name, reason, good in zip(names, reasons, valid, strict=True) if (reason == 0) != good]
    assert not wrong, wrong
    way.ran(len(names))


def sigver(way: Implementation, curve: Nist) -> None:
    """CAVP's SigVer: five hashes of 15 cases, those that have a name hashed here, and all as ready digests."""
    cases = ecdsa_sigver(curve.name)
    assert len(cases) == 75
    assert 0 < sum(case.valid for case in cases) < 75
    for hash_name in dict.fromkeys(case.hash_name for case in cases):
        some = [case for case in cases if case.hash_name == hash_name]
        names = [f"{hash_name} {i}" for i in range(len(some))]
        keys = [curve.forms(curve.number(case.x) + curve.number(case.y))[i % 3] for i, case in enumerate(some)]
        signatures = [curve.number(case.r) + curve.number(case.s) for case in some]
        digests = [digest(hash_name, case.message) for case in some]
        runs: list[tuple[str, list[bytes]]] = [("none", digests)]
        if hash_name in OWN_HASHES:
            runs.append((hash_name, [case.message for case in some]))
        for message_hash, messages in runs:
            reasons = way.verify_many(curve.scheme, keys, messages, signatures, message_hash=message_hash)
            _compare(way, names, reasons, [case.valid for case in some])


def key_validation(way: Implementation, curve: Nist) -> None:
    """CAVP's PKV. Under a key Q the digest 0 has the signature r = s = x of Q, since R = 0 G + 1 Q."""
    cases = ecdsa_keys(curve.name)
    assert len(cases) == 12
    keys = [curve.number(x) + curve.number(y) for x, y, _ in cases]
    signatures = [2 * curve.number(x % curve.order) for x, _, _ in cases]
    for rows in (keys, [b"\4" + key for key in keys]):
        reasons = way.verify_many(curve.scheme, rows, bytes(32), signatures, message_hash="none")
        _compare(way, [key.hex() for key in keys], reasons, [valid for _, _, valid in cases])
        assert {*reasons} <= {0, 1, 2}  # a coordinate that does not fit makes the key longer


def rfc6979(way: Implementation, curve: Nist) -> None:
    """OpenSSL's tests of RFC 6979: five hashes and two messages, each also with another s; the key as SPKI."""
    cases = openssl_ecdsa(curve.name)
    assert len(cases) == 20
    for message_hash in (None, "none"):
        for hash_name in dict.fromkeys(case.hash_name for case in cases):
            if message_hash is None and hash_name not in OWN_HASHES:
                continue
            some = [case for case in cases if case.hash_name == hash_name]
            ready = message_hash == "none"
            reasons = way.verify_many(
                curve.scheme,
                [case.spki for case in some],
                [digest(hash_name, case.message) if ready else case.message for case in some],
                [case.signature for case in some],
                message_hash=message_hash or hash_name,
                key_format="spki",
                signature_format="der",
            )
            _compare(way, [case.signature.hex() for case in some], reasons, [case.valid for case in some])


def wycheproof_file(
    way: Implementation, curve: Nist, cases: Sequence[SignatureCase], spkis: Sequence[bytes], hash_name: str
) -> None:
    """Cases of one of Wycheproof's files, with strict DER, under keys in each form and under prepared ones."""
    own = hash_name in OWN_HASHES
    messages = [case.message if own else digest(hash_name, case.message) for case in cases]
    keys = [curve.forms(case.public_key[1:]) for case in cases]
    distinct = list(dict.fromkeys(spkis))
    runs = [({"public_keys": list(rows)}, "auto") for rows in zip(*keys, strict=True)]
    runs.append(({"public_keys": list(spkis)}, "spki"))
    if way.slow:
        way.left_out(4 * len(cases), "Wycheproof: keys in one form are enough for golden")
        runs = runs[-1:]
    else:
        prepared = pyaccel.PreparedKeys(curve.scheme, distinct, key_format="spki")
        runs.append(({"public_keys": prepared, "key_index": [distinct.index(spki) for spki in spkis]}, "auto"))
    for given, key_format in runs:
        reasons = way.verify_many(
            curve.scheme,
            given.pop("public_keys"),
            messages,
            [case.signature for case in cases],
            message_hash=hash_name if own else "none",
            signature_format="der",
            key_format=key_format,
            **given,
        )
        _compare(way, [case.name for case in cases], reasons, [case.valid for case in cases])
