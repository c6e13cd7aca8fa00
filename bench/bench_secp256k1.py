# SPDX-License-Identifier: Apache-2.0
"""secp256k1: ECDSA and BIP-340 verified, senders recovered, under distinct keys, from bytes, on one core.

The base of the ratios is coincurve (libsecp256k1), which parses the same keys and signatures in every call. Its
`verify` takes DER alone, so it has the DER of the signatures that we take raw; keys of x || y have the byte 04 before
them there. Peers that take one row after the other do a part of a large batch, which costs them the same a row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

import pyaccel
from pyaccel._core import lib

from .contest import Call, Contest, Peer
from .foreign import works
from .loops import installed
from .marks import ALL_GOOD, COINCURVE
from .two_threads import two_threads

COUNTS = (1, 8, 64, 256, 1024, 16384)
MANY = (256, 1024, 16384)
CALLS = (1, 8)
PREPARED = (128, 1024)
POISONED = 1024
MESSAGE = 200
THREADS = 4 * max(COUNTS)
ONE_BY_ONE = 256
"""Most rows of a peer that takes one after the other."""
OPENSSL = 16
"""Likewise of OpenSSL, which is slow on this curve."""
FEW_ROUNDS = 5
"""Samples of the lines that take long."""
_KEYS = {"uncompressed": 65, "raw": 64, "compressed": 33}
"""Bytes of a key by the name of its form."""

Bytes = npt.NDArray[np.uint8]
Row = tuple[bytes, bytes, bytes]


@dataclass(frozen=True)
class Signed:
    """Rows that were signed: arrays for us, lists of bytes for the peers.

    Attributes:
        keys: by width: 33, 64 and 65 bytes; of BIP-340: 32.
        messages: what was signed: 32 bytes, but for the line that hashes.
        signatures: raw, 64 bytes (of recovery 65).
        der: the same as DER; none of BIP-340.
    """

    keys: dict[int, Bytes]
    messages: Bytes
    signatures: Bytes
    der: list[bytes] = field(default_factory=list)

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.messages)

    def head(self, n: int) -> Signed:
        """The first n."""
        keys = {width: rows[:n] for width, rows in self.keys.items()}
        return Signed(keys, self.messages[:n], self.signatures[:n], self.der[:n])

    def with_bad(self, rows: slice) -> Signed:
        """The same, the messages of some rows changed after they were signed."""
        changed = self.messages.copy()
        changed[rows, -1] ^= 1
        return Signed(self.keys, changed, self.signatures, self.der)

    def peer_rows(self, key_size: int) -> list[Row]:
        """Key, message and the signature in the peers' form."""
        signatures = self.der or [row.tobytes() for row in self.signatures]
        key_size = 65 if key_size == 64 else key_size
        columns = self.keys[key_size], self.messages, signatures
        return [(key.tobytes(), message.tobytes(), signature) for key, message, signature in zip(*columns, strict=True)]

    def packed(self, key_size: int) -> Bytes:
        """Key (of 0 bytes: none), signature and message side by side, as the programs of bench/peers take them."""
        keys = [self.keys[key_size]] if key_size else []
        return np.ascontiguousarray(np.concatenate([*keys, self.signatures, self.messages], axis=1))


def _random(n: int, width: int, seed: int) -> Bytes:
    return np.random.default_rng(seed).integers(0, 256, (n, width), dtype=np.uint8)


def _array(rows: list[bytes]) -> Bytes:
    return np.frombuffer(b"".join(rows), np.uint8).reshape(len(rows), -1)


def _needed(module: str) -> Any:
    found = installed(module)
    assert found is not None
    return found


def _signers(n: int) -> list[Any]:
    """Distinct keys of a seeded generator, far from 0 and from the order."""
    new = _needed("coincurve").PrivateKey
    return [new(b"\1" + secret[1:].tobytes()) for secret in _random(n, 32, 4)]


def sign_ecdsa(n: int, *, message_size: int = 0) -> Signed:
    """ECDSA over ready digests, or over messages of some size hashed with SHA-256."""
    ecdsa = _needed("coincurve.ecdsa")
    messages = _random(n, message_size or 32, 5)
    keys: dict[int, list[bytes]] = {33: [], 64: [], 65: []}
    raw, der = [], []
    for signer, message in zip(_signers(n), messages, strict=True):
        whole = signer.public_key.format(compressed=False)
        keys[33].append(signer.public_key.format())
        keys[64].append(whole[1:])
        keys[65].append(whole)
        hasher = {} if message_size else {"hasher": None}
        signature = ecdsa.der_to_cdata(signer.sign(message.tobytes(), **hasher))
        raw.append(ecdsa.serialize_compact(signature))
        der.append(ecdsa.cdata_to_der(signature))
    return Signed({width: _array(rows) for width, rows in keys.items()}, messages, _array(raw), der)


def sign_recoverable(n: int) -> Signed:
    """65-byte signatures of ready digests; the keys are what is to be found."""
    digests = _random(n, 32, 6)
    signed = [s.sign_recoverable(d.tobytes(), hasher=None) for s, d in zip(_signers(n), digests, strict=True)]
    return Signed({}, digests, _array(signed))


def sign_bip340(n: int) -> Signed:
    """BIP-340 over 32-byte messages."""
    messages = _random(n, 32, 7)
    signers = _signers(n)
    signed = [s.sign_schnorr(m.tobytes(), bytes(32)) for s, m in zip(signers, messages, strict=True)]
    return Signed({32: _array([s.public_key.format()[1:] for s in signers])}, messages, _array(signed))


# ---- calls ----------------------------------------------------------------------------------------------------------


def _ecdsa(signed: Signed, key_size: int, *, der: bool = False, rule: str = "any") -> Call:
    """Ours, of raw signatures in an array, or of DER in one buffer with offsets."""
    keys, messages = signed.keys[key_size], signed.messages
    signatures: object = signed.signatures
    if der:
        ends = np.cumsum([0, *map(len, signed.der)], dtype=np.uint64)
        signatures = pyaccel.Rows(b"".join(signed.der), offsets=ends)
    options = {
        "rule": rule,
        "message_hash": "none" if messages.shape[1] == 32 else "sha256",
        "signature_format": "der" if der else "raw",
        "device": "native",
    }
    return lambda: pyaccel.verify_many("secp256k1-ecdsa", keys, messages, signatures, **options)


def _prepared(signed: Signed, scheme: str, key_size: int) -> Call:
    prepared = pyaccel.PreparedKeys(scheme, signed.keys[key_size])
    index = np.arange(signed.n, dtype=np.uint32)
    options = {"message_hash": "none"} if scheme == "secp256k1-ecdsa" else {}
    return lambda: pyaccel.verify_many(
        scheme, prepared, signed.messages, signed.signatures, key_index=index, device="native", **options
    )


def _bip340(signed: Signed) -> Call:
    keys, messages, signatures = signed.keys[32], signed.messages, signed.signatures
    return lambda: pyaccel.verify_many("bip340", keys, messages, signatures, device="native")


def _recover(signed: Signed) -> Call:
    recover_many = pyaccel.recover_many
    return lambda: recover_many(signed.messages, signed.signatures, addresses=True, device="native")[0]


def _coincurve(rows: list[Row], *, hashed: bool) -> Call:
    new = _needed("coincurve").PublicKey
    if hashed:
        return lambda: bytes(new(key).verify(signature, message) for key, message, signature in rows)
    return lambda: bytes(new(key).verify(signature, digest, hasher=None) for key, digest, signature in rows)


def _coincurve_kept(rows: list[Row]) -> Call:
    """Its key objects made before: all that it can prepare."""
    new = _needed("coincurve").PublicKey
    kept = [(new(key).verify, digest, signature) for key, digest, signature in rows]
    return lambda: bytes(verify(signature, digest, hasher=None) for verify, digest, signature in kept)


def _coincurve_bip340(rows: list[Row]) -> Call:
    new = _needed("coincurve").PublicKeyXOnly
    return lambda: bytes(new(key).verify(signature, message) for key, message, signature in rows)


def _coincurve_recover(signed: Signed) -> Call:
    """To the address, with the Keccak of pysha3, which is C too."""
    recover = _needed("coincurve").PublicKey.from_signature_and_message
    keccak = _needed("sha3").keccak_256
    rows = [(s.tobytes(), d.tobytes()) for s, d in zip(signed.signatures, signed.messages, strict=True)]
    return lambda: b"".join(
        keccak(recover(signature, digest, hasher=None).format(compressed=False)[1:]).digest()[12:]
        for signature, digest in rows
    )


def _openssl(rows: list[Row], *, hashed: bool) -> Call:
    ec = _needed("cryptography.hazmat.primitives.asymmetric.ec")
    hashes = _needed("cryptography.hazmat.primitives.hashes")
    utils = _needed("cryptography.hazmat.primitives.asymmetric.utils")
    curve, new = ec.SECP256K1(), ec.EllipticCurvePublicKey.from_encoded_point
    how = ec.ECDSA(hashes.SHA256() if hashed else utils.Prehashed(hashes.SHA256()))
    return lambda: bytes(new(curve, key).verify(signature, message, how) is None for key, message, signature in rows)


# ---- peers ----------------------------------------------------------------------------------------------------------


def _one_by_one(signed: Signed, key_size: int, *, others: bool = False) -> dict[str, Call | Peer]:
    """coincurve, and with `others` all else that takes one signature after the other."""
    some = signed.head(min(signed.n, ONE_BY_ONE))
    share, rows, hashed = some.n / signed.n, some.peer_rows(key_size), some.messages.shape[1] != 32
    if key_size == 32:
        peers: dict[str, Call | Peer] = {COINCURVE: Peer(_coincurve_bip340(rows), share)}
    else:
        peers = {COINCURVE: Peer(_coincurve(rows, hashed=hashed), share)}
    if others and not hashed:
        work, ours = ("secp-bip340", _bip340(some)) if key_size == 32 else (f"secp-ecdsa:{key_size}", None)
        ours = ours or _ecdsa(some, key_size)
        found = works("c", {"libsecp256k1 (C)": work}, some.packed(key_size)) if key_size != 64 else {}
        peers |= {name: Peer(one, share, ours) for name, one in found.items()}
    if others and key_size != 32 and installed("cryptography.hazmat.primitives.asymmetric.ec") is not None:
        few = rows[:OPENSSL]
        peers["cryptography"] = Peer(_openssl(few, hashed=hashed), len(few) / signed.n)
    return peers


def _rounds(n: int) -> int:
    return FEW_ROUNDS if n > 1024 else 0


# ---- lines ----------------------------------------------------------------------------------------------------------


def _verified(signed: Signed) -> Iterator[Contest]:
    """Keys in each form, raw signatures, ready digests."""
    for form, size in _KEYS.items():
        for n in (n for n in (MANY if form == "raw" else COUNTS) if n <= signed.n):
            some = signed.head(n)
            peers = _one_by_one(some, size, others=form == "compressed")
            yield Contest(f"secp256k1 ECDSA, {form} keys", n, 32, _ecdsa(some, size), peers, rounds=_rounds(n))


def _other_forms(signed: Signed) -> Iterator[Contest]:
    """The same of DER (the same bytes for both sides), under low-s, and of messages that have to be hashed."""
    some = signed.head(min(signed.n, 1024))
    peers = _one_by_one(some, 33)
    yield Contest("secp256k1 ECDSA, compressed keys, DER", some.n, 32, _ecdsa(some, 33, der=True), peers)
    yield Contest("secp256k1 ECDSA low-s, compressed keys", some.n, 32, _ecdsa(some, 33, rule="low-s"), peers)
    hashed = sign_ecdsa(some.n, message_size=MESSAGE)
    peers = _one_by_one(hashed, 65)
    name = f"secp256k1 ECDSA, uncompressed keys, sha256 of {MESSAGE} B"
    yield Contest(name, hashed.n, MESSAGE, _ecdsa(hashed, 65), peers)


def _calls(signed: Signed, recoverable: Signed, bip340: Signed) -> Iterator[Contest]:
    """Few rows from C, where no interpreter stands before either side."""
    lines = [
        ("secp256k1 ECDSA, uncompressed keys, C call", signed.packed(65), "ecdsa:65"),
        ("secp256k1 recover to key, C call", recoverable.packed(0), "recover"),
        ("bip340, C call", bip340.packed(32), "bip340"),
    ]
    for name, of, work in lines:
        for n in (n for n in CALLS if n <= len(of)):
            rows = np.ascontiguousarray(of[:n])
            found = works("c", {"pyaccel": work, "libsecp256k1 (C)": f"secp-{work}"}, rows)
            ours = found.pop("pyaccel", None)
            if ours is not None:
                yield Contest(name, n, 32, ours, found)


def _kept(signed: Signed) -> Iterator[Contest]:
    for n in (n for n in PREPARED if n <= signed.n):
        some = signed.head(n)
        rows = some.head(min(n, ONE_BY_ONE)).peer_rows(33)
        kept = Peer(_coincurve_kept(rows), len(rows) / n)
        peers = _one_by_one(some, 33) | {"coincurve, keys kept": kept}
        ours = _prepared(some, "secp256k1-ecdsa", 33)
        yield Contest("secp256k1 ECDSA, prepared keys", n, 32, ours, peers)


def _poisoned(name: str, signed: Signed, key_size: int, ours: Callable[[Signed], Call]) -> Iterator[Contest]:
    """What bad signatures cost: the ratio is the all-good time over the bad one's."""
    some = signed.head(min(POISONED, signed.n))
    good = ours(some)
    for what, bad in {"1 bad": slice(some.n // 5, some.n // 5 + 1), "all bad": slice(None)}.items():
        changed = some.with_bad(bad)
        peers = {ALL_GOOD: Peer(good, expected=good), **_one_by_one(changed, key_size)}
        yield Contest(f"{name}, {what}", some.n, 32, ours(changed), peers)


def _recovered(signed: Signed) -> Iterator[Contest]:
    if installed("sha3") is None:
        return
    for n in (n for n in COUNTS if n <= signed.n):
        some = signed.head(n)
        few = some.head(min(n, ONE_BY_ONE))
        peers = {COINCURVE: Peer(_coincurve_recover(few), few.n / n)}
        yield Contest("secp256k1 recover to address", n, 32, _recover(some), peers, rounds=_rounds(n))


def _schnorr(signed: Signed) -> Iterator[Contest]:
    for n in (n for n in COUNTS if n <= signed.n):
        some = signed.head(n)
        yield Contest("bip340", n, 32, _bip340(some), _one_by_one(some, 32, others=True), rounds=_rounds(n))
    yield from _poisoned("bip340", signed, 32, _bip340)
    # After a batch that fails, rows go one by one until one holds again: so do all but the first of these.
    bad = signed.with_bad(slice(None))
    yield Contest("bip340, exact", bad.n, 32, _bip340(bad), _one_by_one(bad, 32), rounds=_rounds(bad.n))


def _threads(signed: Signed) -> Iterator[Contest]:
    n = THREADS if signed.n == max(COUNTS) else signed.n
    columns = [np.tile(rows, (n // signed.n, 1)) for rows in (signed.keys[33], signed.messages, signed.signatures)]
    name = "secp256k1 ECDSA, compressed keys"
    return two_threads(name, lib.PYACCEL_SCHEME_SECP256K1_ECDSA, lib.PYACCEL_RULE_ANY, columns, ready=True)


def contests(most: int = max(COUNTS)) -> Iterator[Contest]:
    """Every line whose count is at most `most`; those of other kinds have as many rows as that allows."""
    if installed("coincurve") is None:
        return
    signed, recoverable, bip340 = sign_ecdsa(most), sign_recoverable(most), sign_bip340(most)
    yield from _verified(signed)
    yield from _other_forms(signed)
    yield from _calls(signed, recoverable, bip340)
    yield from _kept(signed)
    yield from _poisoned("secp256k1 ECDSA", signed, 33, lambda of: _ecdsa(of, 33))
    yield from _recovered(recoverable)
    yield from _schnorr(bip340)
    yield from _threads(signed)
