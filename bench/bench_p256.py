# SPDX-License-Identifier: Apache-2.0
"""P-256, P-384 and SM2 verified, under distinct keys and under 32 prepared ones, from bytes, on one core.

The base of the ratios is the cryptography package (OpenSSL), which parses the same keys and signatures in every call.
Its `verify` takes DER alone, so it has the DER of the signatures that we take raw; keys of x || y have the byte 04
before them there. It does not verify SM2: there the yardstick is its ECDSA on P-256 over the same messages, hashed with
SHA-256 as ours are with SM3, under as many keys. It does a part of a large batch, which costs it the same a row.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

import pyaccel
from pyaccel._core import lib
from pyaccel.cli.demo_signers import Nonces, multiples, packed, published_secret
from pyaccel.golden import sm2

from .contest import Call, Contest, Peer
from .loops import installed
from .marks import ALL_GOOD, OPENSSL, OPENSSL_P256
from .two_threads import two_threads

COUNTS = (1, 8, 64, 256, 1024, 16384)
MANY = (256, 1024, 16384)
KEYS = 32
"""Endorsers of a consortium: the keys that are prepared."""
POISONED = 1024
P384_MOST = 1024
MESSAGE = 200
SM2_MESSAGE = 64
ONE_BY_ONE = 256
"""Most rows of the peer, which takes one after the other."""
FEW_ROUNDS = 5
"""Samples of the lines that take long."""

Bytes = npt.NDArray[np.uint8]
Row = tuple[bytes, bytes, bytes]


def _random(n: int, width: int, seed: int) -> Bytes:
    return np.random.default_rng(seed).integers(0, 256, (n, width), dtype=np.uint8)


def _array(rows: list[bytes]) -> Bytes:
    return np.frombuffer(b"".join(rows), np.uint8).reshape(len(rows), -1)


def _needed(module: str) -> Any:
    found = installed(module)
    assert found is not None
    return found


@dataclass(frozen=True)
class Signed:
    """Rows that were signed.

    Attributes:
        scheme: as verify_many takes it.
        keys: the key of each row by form: "compressed", "uncompressed", "raw", and of ECDSA "spki".
        messages: what was signed: of ECDSA ready digests, but for the line that hashes.
        signatures: raw.
        der: of ECDSA, the same as DER.
        ready: whether messages are digests.
    """

    scheme: str
    keys: dict[str, Bytes]
    messages: Bytes
    signatures: Bytes
    der: list[bytes]
    ready: bool

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.messages)

    def head(self, n: int) -> Signed:
        """The first n."""
        keys = {form: rows[:n] for form, rows in self.keys.items()}
        return Signed(self.scheme, keys, self.messages[:n], self.signatures[:n], self.der[:n], self.ready)

    def with_bad(self, rows: slice) -> Signed:
        """The same, the messages of some rows changed after they were signed."""
        changed = self.messages.copy()
        changed[rows, -1] ^= 1
        return Signed(self.scheme, self.keys, changed, self.signatures, self.der, self.ready)

    @cached_property
    def options(self) -> dict[str, str]:
        """What our calls have in common."""
        return {"device": "native"} | ({"message_hash": "none"} if self.ready else {})

    def peer_rows(self, form: str) -> list[Row]:
        """Key, message and DER."""
        keys = self.keys["uncompressed" if form == "raw" else form]
        columns = keys, self.messages, self.der
        return [(key.tobytes(), message.tobytes(), signature) for key, message, signature in zip(*columns, strict=True)]


def _signer_of(size: int) -> tuple[Any, Any]:
    """A curve and its hash, by the bytes of a coordinate."""
    ec = _needed("cryptography.hazmat.primitives.asymmetric.ec")
    hashes = _needed("cryptography.hazmat.primitives.hashes")
    return (ec.SECP256R1(), hashes.SHA256()) if size == 32 else (ec.SECP384R1(), hashes.SHA384())


def sign_ecdsa(n: int, *, size: int = 32, keys: int = 0, message_size: int = 0) -> Signed:
    """ECDSA over ready digests, or over messages of some size that are hashed.

    Args:
        n: rows.
        size: bytes of a coordinate: 32 for P-256, 48 for P-384.
        keys: how many there are, in turn; 0: one a row.
        message_size: bytes of a message; 0: a digest of `size` bytes.
    """
    ec = _needed("cryptography.hazmat.primitives.asymmetric.ec")
    utils = _needed("cryptography.hazmat.primitives.asymmetric.utils")
    forms = _needed("cryptography.hazmat.primitives.serialization")
    curve, own_hash = _signer_of(size)
    how = ec.ECDSA(own_hash if message_size else utils.Prehashed(own_hash))
    messages = _random(n, message_size or size, 5)
    signers = [
        ec.derive_private_key(int.from_bytes(b"\1" + secret[1:].tobytes(), "big"), curve)
        for secret in _random(keys or n, size, 4)
    ]
    encoded: dict[str, list[bytes]] = {"compressed": [], "uncompressed": [], "raw": [], "spki": []}
    for signer in signers:
        public = signer.public_key()
        x962, points = forms.Encoding.X962, forms.PublicFormat
        encoded["compressed"].append(public.public_bytes(x962, points.CompressedPoint))
        encoded["uncompressed"].append(public.public_bytes(x962, points.UncompressedPoint))
        encoded["raw"].append(encoded["uncompressed"][-1][1:])
        encoded["spki"].append(public.public_bytes(forms.Encoding.DER, points.SubjectPublicKeyInfo))
    der = [signers[i % len(signers)].sign(message.tobytes(), how) for i, message in enumerate(messages)]
    pairs = [utils.decode_dss_signature(signature) for signature in der]
    raw = [r.to_bytes(size, "big") + s.to_bytes(size, "big") for r, s in pairs]
    index = np.arange(n) % len(signers)
    rows = {form: _array(some)[index] for form, some in encoded.items()}
    scheme = "p256-ecdsa" if size == 32 else "p384-ecdsa"
    return Signed(scheme, rows, messages, _array(raw), der, ready=not message_size)


def sign_sm2(n: int, *, keys: int = 0, message_size: int = SM2_MESSAGE) -> Signed:
    """SM2 under the default identity; the DER is that of ECDSA on P-256 over the same messages, for the peer."""
    curve = sm2.CURVE
    start = published_secret(curve, "bench", 0) >> 1
    points = multiples(curve, start, keys or n)
    raw = _array([x.to_bytes(32, "big") + y.to_bytes(32, "big") for x, y in points])[np.arange(n) % len(points)]
    messages = _random(n, message_size, 8)
    numbers = (curve.a, curve.b, *curve.g[:2])
    head = (8 * len(sm2.DEFAULT_IDENTITY)).to_bytes(2, "big") + sm2.DEFAULT_IDENTITY
    head += b"".join(number.to_bytes(32, "big") for number in numbers)
    heads = np.broadcast_to(np.frombuffer(head, np.uint8), (n, len(head)))
    za = pyaccel.hash_many("sm3", np.concatenate([heads, raw], axis=1))
    digests = pyaccel.hash_many("sm3", np.concatenate([za, messages], axis=1))
    nonces = Nonces(curve, "bench", n + 16)
    signatures = packed(
        curve,
        [
            nonces.sm2(start + 1 + i % len(points), int.from_bytes(digest.tobytes(), "big"))
            for i, digest in enumerate(digests)
        ],
    )
    rows = {"raw": raw, "uncompressed": np.concatenate([np.full((n, 1), 4, np.uint8), raw], axis=1)}
    return Signed("sm2", rows, messages, _array(signatures), [], ready=False)


# ---- calls ----------------------------------------------------------------------------------------------------------


def _ours(signed: Signed, form: str, *, der: bool = False) -> Call:
    """Ours, of raw signatures in an array, or of DER in one buffer with offsets."""
    keys, messages = signed.keys[form], signed.messages
    signatures: object = signed.signatures
    options = signed.options | ({"key_format": "spki"} if form == "spki" else {})
    if der:
        ends = np.cumsum([0, *map(len, signed.der)], dtype=np.uint64)
        signatures = pyaccel.Rows(b"".join(signed.der), offsets=ends)
        options |= {"signature_format": "der"}
    return lambda: pyaccel.verify_many(signed.scheme, keys, messages, signatures, **options)


def _few_keys(signed: Signed, *, prepared: bool) -> Call:
    """Ours, of the first KEYS keys by index."""
    keys: Any = signed.keys["uncompressed"][:KEYS]
    if prepared:
        keys = pyaccel.PreparedKeys(signed.scheme, keys)
    index = np.arange(signed.n, dtype=np.uint32) % np.uint32(min(KEYS, signed.n))
    messages, signatures, options = signed.messages, signed.signatures, signed.options
    return lambda: pyaccel.verify_many(signed.scheme, keys, messages, signatures, key_index=index, **options)


def _how(signed: Signed, size: int) -> tuple[Any, Any]:
    ec = _needed("cryptography.hazmat.primitives.asymmetric.ec")
    utils = _needed("cryptography.hazmat.primitives.asymmetric.utils")
    curve, own_hash = _signer_of(size)
    return curve, ec.ECDSA(utils.Prehashed(own_hash) if signed.ready else own_hash)


def _openssl(signed: Signed, form: str) -> Call:
    """Verdicts of the cryptography package, which raises for a bad signature."""
    ec = _needed("cryptography.hazmat.primitives.asymmetric.ec")
    bad = _needed("cryptography.exceptions").InvalidSignature
    curve, how = _how(signed, signed.signatures.shape[1] // 2)
    if form == "spki":
        load = _needed("cryptography.hazmat.primitives.serialization").load_der_public_key
    else:
        new = ec.EllipticCurvePublicKey.from_encoded_point

        def load(key: bytes) -> Any:
            return new(curve, key)

    rows = signed.peer_rows(form)

    def run() -> bytes:
        verdicts = bytearray(len(rows))
        for i, (key, message, signature) in enumerate(rows):
            try:
                load(key).verify(signature, message, how)
            except bad:
                continue
            verdicts[i] = 1
        return bytes(verdicts)

    return run


def _openssl_kept(signed: Signed) -> Call:
    """Its key objects made before: all that it can prepare."""
    ec = _needed("cryptography.hazmat.primitives.asymmetric.ec")
    curve, how = _how(signed, signed.signatures.shape[1] // 2)
    new = ec.EllipticCurvePublicKey.from_encoded_point
    kept = [(new(curve, key).verify, signature, message) for key, message, signature in signed.peer_rows("raw")]
    return lambda: bytes(verify(signature, message, how) is None for verify, signature, message in kept)


def _peer(signed: Signed, form: str, name: str = OPENSSL) -> dict[str, Call | Peer]:
    some = signed.head(min(signed.n, ONE_BY_ONE))
    return {name: Peer(_openssl(some, form), some.n / signed.n)}


def _rounds(n: int) -> int:
    return FEW_ROUNDS if n > 1024 else 0


# ---- lines ----------------------------------------------------------------------------------------------------------


def _verified(signed: Signed) -> Iterator[Contest]:
    """Keys in each form, raw signatures, ready digests."""
    for form, counts in {"uncompressed": COUNTS, "compressed": COUNTS, "raw": MANY}.items():
        for n in (n for n in counts if n <= signed.n):
            some = signed.head(n)
            yield Contest(f"p256 ECDSA, {form} keys", n, 32, _ours(some, form), _peer(some, form), rounds=_rounds(n))


def _other_forms(signed: Signed) -> Iterator[Contest]:
    """The same of DER, of keys in a SubjectPublicKeyInfo, and of messages that have to be hashed."""
    some = signed.head(min(signed.n, 1024))
    ours = _ours(some, "compressed", der=True)
    yield Contest("p256 ECDSA, compressed keys, DER", some.n, 32, ours, _peer(some, "compressed"))
    yield Contest("p256 ECDSA, SPKI keys", some.n, 32, _ours(some, "spki"), _peer(some, "spki"))
    hashed = sign_ecdsa(some.n, message_size=MESSAGE)
    name = f"p256 ECDSA, uncompressed keys, sha256 of {MESSAGE} B"
    yield Contest(name, hashed.n, MESSAGE, _ours(hashed, "uncompressed"), _peer(hashed, "uncompressed"))


def _few(name: str, signed: Signed, yardstick: Signed, peer: str) -> Iterator[Contest]:
    """KEYS keys again and again: prepared, and by index alone."""
    for n in [n for n in MANY if n <= signed.n] or [signed.n]:
        some, other = signed.head(n), yardstick.head(n)
        few = other.head(min(n, ONE_BY_ONE))
        peers = _peer(other, "uncompressed", peer)
        peers["cryptography, keys kept"] = Peer(_openssl_kept(few), few.n / n)
        ours = _few_keys(some, prepared=True)
        yield Contest(f"{name}, {KEYS} prepared keys", n, some.messages.shape[1], ours, peers, rounds=_rounds(n))
    most = min(1024, signed.n)
    some, peers = signed.head(most), _peer(yardstick.head(most), "uncompressed", peer)
    ours = _few_keys(some, prepared=False)
    yield Contest(f"{name}, {KEYS} keys by index", most, some.messages.shape[1], ours, peers)


def _poisoned(name: str, signed: Signed, form: str) -> Iterator[Contest]:
    """What bad signatures cost: the ratio is the all-good time over the bad one's."""
    some = signed.head(min(POISONED, signed.n))
    good = _ours(some, form)
    for what, bad in {"1 bad": slice(some.n // 5, some.n // 5 + 1), "all bad": slice(None)}.items():
        changed = some.with_bad(bad)
        peers: dict[str, Call | Peer] = {ALL_GOOD: Peer(good, expected=good)}
        if changed.der:
            peers |= _peer(changed, form)
        yield Contest(f"{name}, {what}", some.n, some.messages.shape[1], _ours(changed, form), peers)


def _p384(most: int) -> Iterator[Contest]:
    signed = sign_ecdsa(min(most, P384_MOST), size=48)
    for form in ("uncompressed", "compressed"):
        for n in (n for n in COUNTS if n <= signed.n):
            some = signed.head(n)
            yield Contest(f"p384 ECDSA, {form} keys", n, 48, _ours(some, form), _peer(some, form))
    few = sign_ecdsa(signed.n, size=48, keys=KEYS)
    yield from _few("p384 ECDSA", few, few, OPENSSL)


def _sm2(most: int) -> Iterator[Contest]:
    signed = sign_sm2(most)
    # What the peer does a row does not depend on how many there are.
    yardstick = sign_ecdsa(min(most, ONE_BY_ONE), message_size=SM2_MESSAGE)
    for form, counts in {"uncompressed": COUNTS, "raw": MANY}.items():
        for n in (n for n in counts if n <= signed.n):
            some, other = signed.head(n), yardstick.head(n)
            peers: dict[str, Call | Peer] = {OPENSSL_P256: Peer(_openssl(other, "uncompressed"), other.n / n)}
            yield Contest(f"sm2, {form} keys", n, SM2_MESSAGE, _ours(some, form), peers, rounds=_rounds(n))
    few, other = sign_sm2(most, keys=KEYS), sign_ecdsa(most, keys=KEYS, message_size=SM2_MESSAGE)
    yield from _few("sm2", few, other, OPENSSL_P256)
    yield from _poisoned("sm2", signed, "uncompressed")
    columns = [signed.keys["uncompressed"], signed.messages, signed.signatures]
    yield from two_threads(
        "sm2, uncompressed keys", lib.PYACCEL_SCHEME_SM2, lib.PYACCEL_RULE_GBT32918, columns, ready=False
    )


def contests(most: int = max(COUNTS)) -> Iterator[Contest]:
    """Every line whose count is at most `most`; those of other kinds have as many rows as that allows."""
    if installed("cryptography.hazmat.primitives.asymmetric.ec") is None:
        return
    signed = sign_ecdsa(most)
    yield from _verified(signed)
    yield from _other_forms(signed)
    few = sign_ecdsa(most, keys=KEYS)
    yield from _few("p256 ECDSA", few, few, OPENSSL)
    yield from _poisoned("p256 ECDSA", signed, "compressed")
    columns = [signed.keys["compressed"], signed.messages, signed.signatures]
    scheme, rule = lib.PYACCEL_SCHEME_P256_ECDSA, lib.PYACCEL_RULE_ANY
    yield from two_threads("p256 ECDSA, compressed keys", scheme, rule, columns, ready=True)
    yield from _sm2(most)
    yield from _p384(most)
