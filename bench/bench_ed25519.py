# SPDX-License-Identifier: Apache-2.0
"""Ed25519 verification of distinct keys over 200-byte messages, from bytes, against PyNaCl and cryptography."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

import pyaccel

from .contest import Contest
from .loops import installed

COUNTS = (1, 8, 64, 1024)
WIDTH = 200


def contests() -> Iterator[Contest]:
    """Rules zip215 and rfc8032; keys and messages from a seeded generator."""
    signing = installed("nacl.signing")
    if signing is None:
        return
    ed25519 = installed("cryptography.hazmat.primitives.asymmetric.ed25519")
    generator = np.random.default_rng(3)
    messages = generator.integers(0, 256, (max(COUNTS), WIDTH), dtype=np.uint8)
    seeds = generator.integers(0, 256, (max(COUNTS), 32), dtype=np.uint8)
    signers = [signing.SigningKey(seed.tobytes()) for seed in seeds]
    keys = [bytes(signer.verify_key) for signer in signers]
    signatures = [signer.sign(m.tobytes()).signature for signer, m in zip(signers, messages, strict=True)]

    def nacl(n: int) -> Callable[[], object]:
        rows = list(zip(keys[:n], (m.tobytes() for m in messages), signatures[:n], strict=False))
        return lambda: bytes(bool(signing.VerifyKey(k).verify(m, s)) for k, m, s in rows)

    def openssl(n: int) -> Callable[[], object]:
        rows = list(zip(keys[:n], (m.tobytes() for m in messages), signatures[:n], strict=False))
        public_key = ed25519.Ed25519PublicKey.from_public_bytes
        return lambda: bytes(public_key(k).verify(s, m) is None for k, m, s in rows)

    for rule in ("zip215", "rfc8032"):
        for n in COUNTS:
            key_rows = np.frombuffer(b"".join(keys[:n]), np.uint8).reshape(n, 32)
            signature_rows = np.frombuffer(b"".join(signatures[:n]), np.uint8).reshape(n, 64)
            peers = {"PyNaCl": nacl(n)}
            if ed25519 is not None:
                peers["cryptography"] = openssl(n)
            yield Contest(
                name=f"ed25519 {rule}",
                n=n,
                row_bytes=WIDTH,
                ours=lambda rule=rule, k=key_rows, m=messages[:n], s=signature_rows: pyaccel.verify_many(
                    "ed25519", k, m, s, rule=rule, device="native"
                ),
                peers=peers,
            )
