# SPDX-License-Identifier: Apache-2.0
"""Ed25519 verified one by one by others: OpenSSL, libsodium, and crates where the machine has cargo."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from nacl.bindings import crypto_sign_open
from nacl.exceptions import BadSignatureError

ROOT = Path(__file__).resolve().parents[1]

Row = tuple[bytes, bytes, bytes]
"""Key, message, signature."""


def openssl(rows: Sequence[Row]) -> list[bool]:
    """OpenSSL, as Python's cryptography calls it; a wrong length is no signature."""

    def verify(key: bytes, message: bytes, signature: bytes) -> bool:
        if len(key) != 32:
            return False
        try:
            Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
        except InvalidSignature:
            return False
        return True

    return [verify(*row) for row in rows]


def libsodium(rows: Sequence[Row]) -> list[bool]:
    """libsodium, as PyNaCl calls it; a wrong length is no signature."""

    def verify(key: bytes, message: bytes, signature: bytes) -> bool:
        if (len(key), len(signature)) != (32, 64):
            return False
        try:
            crypto_sign_open(signature + message, key)
        except BadSignatureError:
            return False
        return True

    return [verify(*row) for row in rows]


@cache
def _program() -> Path:
    """tools/peers/ed25519, built."""
    if shutil.which("cargo") is None:
        pytest.skip("there is no cargo here")
    target = ROOT / "build" / "ed25519-verdicts"
    environment = {**os.environ, "CARGO_TARGET_DIR": str(target)}
    command = ["cargo", "build", "--release", "--quiet"]
    built = subprocess.run(
        command, cwd=ROOT / "tools" / "peers" / "ed25519", env=environment, capture_output=True, text=True, check=False
    )
    if built.returncode:
        pytest.skip(f"cargo cannot build the crates here: {built.stderr.strip().splitlines()[-1:]}")
    return target / "release" / "ed25519-verdicts"


def crate(name: str) -> Callable[[Sequence[Row]], list[bool]]:
    """A verifier of tools/peers/ed25519 by its name; skips the test where there is no cargo, or no crates."""
    program = _program()

    def verify(rows: Sequence[Row]) -> list[bool]:
        text = "".join(" ".join(field.hex() for field in row) + "\n" for row in rows)
        said = subprocess.run([program, name], input=text, capture_output=True, text=True, check=True).stdout
        return [line == "1" for line in said.split()]

    return verify
