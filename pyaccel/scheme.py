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
        message_hashes: how a message becomes the digest that is signed, the default first; None: the scheme hashes the
            message itself.
        signature_formats: encodings of a signature, the default first.
        key_widths: bytes that a key may have.
        signature_width: bytes that a raw signature has.
        spki_widths: bytes that a key may have in a SubjectPublicKeyInfo; none where that format is not taken.
        digest_sizes: bytes that a ready digest may have.
        key_algorithm: AlgorithmIdentifier of keys in X.509, DER (RFC 5480, RFC 8410, GB/T 35276), where they have one.
    """

    rules: tuple[str, ...]
    message_hashes: tuple[str | None, ...]
    signature_formats: tuple[str, ...]
    key_widths: tuple[int, ...]
    signature_width: int
    spki_widths: tuple[int, ...] = ()
    digest_sizes: range = range(32, 33)
    key_algorithm: bytes = b""

    @property
    def key_formats(self) -> tuple[str, ...]:
        """Encodings of a key, the default first."""
        return ("auto", "spki") if self.spki_widths else ("auto",)

    def widths(self, key_format: str) -> tuple[int, ...]:
        """Bytes that a key may have in a format."""
        return self.spki_widths if key_format == "spki" else self.key_widths


_LEFTMOST_BITS = range(32, 2**63)
"""Sizes of digests of which the leftmost bits count, as many as the order has."""

SCHEMES = {
    "ed25519": Scheme(
        ("zip215", "rfc8032", "openssl", "dalek-strict", "libsodium"),
        (None,),
        ("raw",),
        (32,),
        64,
        key_algorithm=bytes.fromhex("300506032b6570"),
    ),
    "secp256k1-ecdsa": Scheme(
        ("any", "low-s", "bitcoin-core"),
        ("sha256", "sha256d", "keccak256", "none"),
        ("raw", "der", "der-lax"),
        (33, 64, 65),
        64,
    ),
    "bip340": Scheme(("bip340",), (None,), ("raw",), (32,), 64),
    "p256-ecdsa": Scheme(
        ("any", "low-s", "fabric"),
        ("sha256", "sha384", "none"),
        ("raw", "der"),
        (33, 64, 65),
        64,
        (59, 91),
        _LEFTMOST_BITS,
        bytes.fromhex("301306072a8648ce3d020106082a8648ce3d030107"),
    ),
    "p384-ecdsa": Scheme(
        ("any", "low-s", "fabric"),
        ("sha384", "sha256", "none"),
        ("raw", "der"),
        (49, 96, 97),
        96,
        (72, 120),
        _LEFTMOST_BITS,
        bytes.fromhex("301006072a8648ce3d020106052b81040022"),
    ),
    "sm2": Scheme(
        ("gbt32918",),
        (None, "none"),
        ("raw", "der"),
        (33, 64, 65),
        64,
        (59, 91),
        key_algorithm=bytes.fromhex("301306072a8648ce3d020106082a811ccf5501822d"),
    ),
}
"""Scheme by name; C: csrc/include/pyaccel/verify.h."""

LONGEST_IDENTITY = 8191
"""Bytes that an identity of SM2 may have: its bits are counted in two bytes."""

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
    """
    key = (scheme, rule, message_hash, key_format, signature_format)
    try:
        return _checked[key]
    except (KeyError, TypeError, ValueError):
        pass  # not seen yet, or not even hashable
    row = SCHEMES[choice("scheme", scheme, SCHEMES)]
    rule = row.rules[0] if rule is None else choice(f"rule of {scheme}", rule, row.rules)
    if message_hash is None:
        message_hash = row.message_hashes[0]
    elif message_hash not in row.message_hashes and row.message_hashes[0] is None:
        ready = "; it takes none but 'none', for a ready digest e" if "none" in row.message_hashes else ": leave it out"
        raise ValueError(f"message_hash: {message_hash!r} came; {scheme} hashes the message itself{ready}")
    else:
        choice(f"message_hash of {scheme}", message_hash, (name for name in row.message_hashes if name))
    choice(f"key_format of {scheme}", key_format, row.key_formats)
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
