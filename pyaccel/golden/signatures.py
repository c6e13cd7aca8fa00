# SPDX-License-Identifier: Apache-2.0
"""verify_many, one signature after the other."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

from pyaccel.backends.base import Inputs, Outputs, Parameters
from pyaccel.golden import bip340, ed25519, p256, p384, secp256k1, sm2
from pyaccel.golden.hashing import HASHES, row
from pyaccel.golden.reasons import Reason
from pyaccel.golden.weierstrass import Curve, verify_ecdsa


@dataclass(frozen=True)
class _Ecdsa:
    """What ECDSA has on one curve; of names the default is the first.

    Attributes:
        curve: the curve.
        rules: of `verify_ecdsa`.
        message_hashes: what hashes the message; `none`: it is the digest.
        signature_formats: of a signature.
        key_formats: of a key.
        digest_sizes: bytes that a digest may have.
    """

    curve: Curve
    rules: tuple[str, ...]
    message_hashes: tuple[str, ...]
    signature_formats: tuple[str, ...] = ("raw", "der")
    key_formats: tuple[str, ...] = ("auto", "spki")
    digest_sizes: range = range(32, sys.maxsize)


_ECDSA = {
    "secp256k1-ecdsa": _Ecdsa(
        secp256k1.CURVE,
        ("any", "low-s", "bitcoin-core"),
        ("sha256", "sha256d", "keccak256", "none"),
        secp256k1.SIGNATURE_FORMATS,
        ("auto",),
        range(32, 33),
    ),
    "p256-ecdsa": _Ecdsa(p256.CURVE, ("any", "low-s", "fabric"), ("sha256", "sha384", "none")),
    "p384-ecdsa": _Ecdsa(p384.CURVE, ("any", "low-s", "fabric"), ("sha384", "sha256", "none")),
}
_SCHEMES = ("ed25519", "bip340", "sm2", *_ECDSA)


def _choice(what: str, value: str | None, choices: tuple[str, ...]) -> str:
    """The value, None meaning the first choice."""
    if value is None:
        return choices[0]
    if value not in choices:
        raise ValueError(f"{what} {value!r} is unknown; golden has {', '.join(choices)}")
    return value


def verify(
    parameters: Parameters, public_key: bytes, message: bytes, signature: bytes, identity: bytes | None = None
) -> Reason:
    """Why one signature is not valid, Reason.NONE when it is; parameters and identity as in `verify_many`."""
    scheme = _choice("scheme", parameters["scheme"], _SCHEMES)
    rule, message_hash = parameters.get("rule"), parameters.get("message_hash")
    key_format, signature_format = parameters.get("key_format"), parameters.get("signature_format")
    if identity is not None and (scheme != "sm2" or message_hash is not None):
        raise ValueError("an identity is hashed by sm2 alone, together with the message")
    ecdsa = _ECDSA.get(scheme)
    if ecdsa is not None:
        hash_name = _choice("message_hash", message_hash, ecdsa.message_hashes)
        return verify_ecdsa(
            ecdsa.curve,
            _choice("rule", rule, ecdsa.rules),
            _choice("signature_format", signature_format, ecdsa.signature_formats),
            public_key,
            message if hash_name == "none" else HASHES[hash_name](message),
            signature,
            key_format=_choice("key_format", key_format, ecdsa.key_formats),
            digest_sizes=ecdsa.digest_sizes,
        )
    if scheme == "sm2":
        _choice("rule", rule, ("gbt32918",))
        if message_hash is None:
            identity = sm2.DEFAULT_IDENTITY if identity is None else identity
        else:
            _choice("message_hash", message_hash, ("none",))
        return sm2.verify(
            _choice("signature_format", signature_format, ("raw", "der")),
            public_key,
            message,
            signature,
            identity=identity,
            key_format=_choice("key_format", key_format, ("auto", "spki")),
        )
    _choice("key_format", key_format, ("auto",))
    _choice("signature_format", signature_format, ("raw",))
    if message_hash is not None:
        raise ValueError(f"{scheme} hashes the message itself: message_hash has to be None")
    if scheme == "bip340":
        _choice("rule", rule, ("bip340",))
        return bip340.verify(public_key, message, signature)
    return ed25519.verify(_choice("rule", rule, tuple(ed25519.RULES)), public_key, message, signature)


def verify_many(parameters: Parameters, inputs: Inputs, outputs: Outputs, n: int) -> None:
    """verdicts[i] = 1 when signature i over message i is valid under its key and the rule, else 0.

    Args:
        parameters: `scheme`, `rule`, `message_hash`, `key_format`, `signature_format`; None is the default of each.
        inputs: `public_keys`, `messages`, `signatures`: n rows each, or one for all; with `key_index` (uint32[n]) row i
            has key key_index[i]; `identity`: n rows, or one for all; None: sm2's default.
        outputs: `verdicts`, uint8[n]; `reasons`, uint8[n] of Reason, or None.
        n: number of signatures.

    Raises:
        ValueError: a parameter is unknown or does not fit the scheme.
        IndexError: a key index past the end.
    """
    verdicts: Any = outputs["verdicts"]
    reasons: Any = outputs.get("reasons")
    keys: Any = inputs["public_keys"]
    key_index: Any = inputs.get("key_index")
    identities: Any = inputs.get("identity")
    for i in range(n):
        key = row(keys, i) if key_index is None else bytes(keys[int(key_index[i])])
        identity = None if identities is None else row(identities, i)
        reason = verify(parameters, key, row(inputs["messages"], i), row(inputs["signatures"], i), identity)
        verdicts[i] = reason == Reason.NONE
        if reasons is not None:
            reasons[i] = reason
