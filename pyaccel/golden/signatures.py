# SPDX-License-Identifier: Apache-2.0
"""verify_many, one signature after the other."""

from __future__ import annotations

from typing import Any

from pyaccel.backends.base import Inputs, Outputs, Parameters
from pyaccel.golden import bip340, ed25519, secp256k1
from pyaccel.golden.hashing import HASHES, row
from pyaccel.golden.reasons import Reason

_RULES = {
    "ed25519": tuple(ed25519.RULES),
    "secp256k1-ecdsa": ("any", "low-s", "bitcoin-core"),
    "bip340": ("bip340",),
}
"""Rules of each scheme, its default first."""

_MESSAGE_HASHES = ("none", "sha256", "sha256d", "keccak256")


def _choice(what: str, value: str | None, choices: tuple[str, ...]) -> str:
    """The value, None meaning the first choice."""
    if value is None:
        return choices[0]
    if value not in choices:
        raise ValueError(f"{what} {value!r} is unknown; golden has {', '.join(choices)}")
    return value


def verify(parameters: Parameters, public_key: bytes, message: bytes, signature: bytes) -> Reason:
    """Why one signature is not valid, Reason.NONE when it is; parameters as in `verify_many`."""
    scheme = _choice("scheme", parameters["scheme"], tuple(_RULES))
    rule = _choice("rule", parameters.get("rule"), _RULES[scheme])
    _choice("key_format", parameters.get("key_format"), ("auto",))
    message_hash = parameters.get("message_hash")
    if scheme in ("ed25519", "bip340"):
        _choice("signature_format", parameters.get("signature_format"), ("raw",))
        if message_hash is not None:
            raise ValueError(f"{scheme} hashes the message itself: message_hash has to be None")
        if scheme == "bip340":
            return bip340.verify(public_key, message, signature)
        return ed25519.verify(rule, public_key, message, signature)
    formats = tuple(secp256k1.SIGNATURE_DECODERS)
    signature_format = _choice("signature_format", parameters.get("signature_format"), formats)
    hash_name = _choice("message_hash", message_hash or "sha256", _MESSAGE_HASHES)
    digest = message if hash_name == "none" else HASHES[hash_name](message)
    return secp256k1.verify(rule, signature_format, public_key, digest, signature)


def verify_many(parameters: Parameters, inputs: Inputs, outputs: Outputs, n: int) -> None:
    """verdicts[i] = 1 when signature i over message i is valid under its key and the rule, else 0.

    Args:
        parameters: `scheme`, `rule`, `message_hash`, `key_format`, `signature_format`; None is the default of each.
        inputs: `public_keys`, `messages`, `signatures`: n rows each, or one for all; with `key_index` (uint32[n]) row i
            has key key_index[i].
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
    for i in range(n):
        key = row(keys, i) if key_index is None else bytes(keys[int(key_index[i])])
        reason = verify(parameters, key, row(inputs["messages"], i), row(inputs["signatures"], i))
        verdicts[i] = reason == Reason.NONE
        if reasons is not None:
            reasons[i] = reason
