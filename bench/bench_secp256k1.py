# SPDX-License-Identifier: Apache-2.0
"""secp256k1 ECDSA of ready 32-byte digests, distinct compressed keys, DER signatures, against coincurve."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

import pyaccel

from .contest import Contest
from .loops import installed

COUNTS = (1, 8, 64, 1024)


def contests() -> Iterator[Contest]:
    """coincurve parses the same 33-byte keys and the same DER in each call."""
    coincurve = installed("coincurve")
    if coincurve is None:
        return
    generator = np.random.default_rng(4)
    digests = [row.tobytes() for row in generator.integers(0, 256, (max(COUNTS), 32), dtype=np.uint8)]
    secrets = [row.tobytes() for row in generator.integers(1, 256, (max(COUNTS), 32), dtype=np.uint8)]
    signers = [coincurve.PrivateKey(b"\0" + secret[1:]) for secret in secrets]
    keys = [signer.public_key.format() for signer in signers]
    signatures = [signer.sign(digest, hasher=None) for signer, digest in zip(signers, digests, strict=True)]

    def peer(n: int) -> Callable[[], object]:
        rows = list(zip(keys[:n], digests[:n], signatures[:n], strict=True))
        return lambda: bytes(coincurve.PublicKey(k).verify(s, d, hasher=None) for k, d, s in rows)

    for n in COUNTS:
        key_rows = np.frombuffer(b"".join(keys[:n]), np.uint8).reshape(n, 33)
        digest_rows = np.frombuffer(b"".join(digests[:n]), np.uint8).reshape(n, 32)
        yield Contest(
            name="secp256k1-ecdsa low-s, compressed keys",
            n=n,
            row_bytes=32,
            ours=lambda k=key_rows, d=digest_rows, s=signatures[:n]: pyaccel.verify_many(
                "secp256k1-ecdsa",
                k,
                d,
                s,
                rule="low-s",
                message_hash="none",
                signature_format="der",
                device="native",
            ),
            peers={"coincurve": peer(n)},
        )
