# SPDX-License-Identifier: Apache-2.0
"""What signature schemes there are, and which rules and formats go with each."""

from __future__ import annotations

from dataclasses import dataclass

from pyaccel.choices import choice


@dataclass(frozen=True)
class Scheme:
    """What a signature scheme has.

    Attributes:
        rules: what is valid, the default first; csrc/include/pyaccel/verify.h says what each means.
        message_hashes: how a message becomes the digest that is signed, the default first; none where the
            scheme hashes the message itself.
        signature_formats: encodings of a signature, the default first.
        key_widths: bytes that a key may have.
        signature_width: bytes that a raw signature has.
        later_rules: rules that the C headers reserve and that do not work yet.
    """

    rules: tuple[str, ...]
    message_hashes: tuple[str, ...]
    signature_formats: tuple[str, ...]
    key_widths: tuple[int, ...]
    signature_width: int
    later_rules: tuple[str, ...] = ()


SCHEMES = {
    "ed25519": Scheme(("zip215", "rfc8032", "openssl", "dalek-strict", "libsodium"), (), ("raw",), (32,), 64),
    "secp256k1-ecdsa": Scheme(
        ("any", "low-s", "bitcoin-core"),
        ("sha256", "sha256d", "keccak256", "none"),
        ("raw", "der", "der-lax"),
        (33, 64, 65),
        64,
        ("fabric",),
    ),
    "bip340": Scheme(("bip340",), (), ("raw",), (32,), 64),
}
"""Scheme by name; C: csrc/include/pyaccel/verify.h."""

LATER_SCHEMES = ("p256-ecdsa", "p384-ecdsa", "sm2")
"""Names that the C headers reserve and that do not work yet."""

RECOVERY_RULES = ("secp256k1", "ethereum-transaction", "ethereum-precompile")
"""Which signatures have a key that is recovered, the default first; C: csrc/include/pyaccel/recover.h."""


def parameters(
    scheme: str,
    rule: str | None = None,
    message_hash: str | None = None,
    key_format: str = "auto",
    signature_format: str = "raw",
) -> tuple[str, str, str | None, str, str]:
    """The parameters of a plan, checked, with defaults filled in.

    Raises:
        ValueError: a name is unknown, or does not go with the scheme; lists those that do.
        UnsupportedError: a name that does not work yet.
    """
    key = (scheme, rule, message_hash, key_format, signature_format)
    try:
        return _checked[key]
    except (KeyError, TypeError, ValueError):
        pass  # not seen yet, or not even hashable
    row = SCHEMES[choice("scheme", scheme, SCHEMES, LATER_SCHEMES)]
    rule = row.rules[0] if rule is None else choice(f"rule of {scheme}", rule, row.rules, row.later_rules)
    if row.message_hashes:
        default = row.message_hashes[0]
        message_hash = default if message_hash is None else choice("message_hash", message_hash, row.message_hashes)
    elif message_hash is not None:
        raise ValueError(f"message_hash: {message_hash!r} came; {scheme} hashes the message itself")
    choice("key_format", key_format, ("auto",), ("spki",))
    choice(f"signature_format of {scheme}", signature_format, row.signature_formats)
    result = (scheme, rule, message_hash, key_format, signature_format)
    _checked[key] = result
    return result


_checked: dict[tuple[str, str | None, str | None, str, str], tuple[str, str, str | None, str, str]] = {}


def recovery_parameters(rule: str = RECOVERY_RULES[0], *, addresses: bool = False) -> tuple[str, bool]:
    """The parameters of a plan of recover_many, checked.

    Raises:
        ValueError: the rule is unknown; lists those that there are.
    """
    return choice("rule of recovery", rule, RECOVERY_RULES), bool(addresses)
