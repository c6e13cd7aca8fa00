# SPDX-License-Identifier: Apache-2.0
"""Official vectors of secp256k1 that tell which key a signature is recovered to, each file as one batch."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from coincurve import PublicKey
from cryptography.hazmat.primitives.asymmetric import ec
from implementations import Implementation, implementations
from vector_files import VECTORS, ecdsa_siggen, load_json, wycheproof

from pyaccel.cli.json_value import parse_json
from pyaccel.golden import der, secp256k1

_every = implementations("secp256k1", opencl=True)
_TOOL = Path(__file__).parent.parent / "tools" / "ethereum_rows.py"
_FOLDER = VECTORS / "secp256k1_ecdsa"


def _number(value: int) -> bytes:
    return value.to_bytes(32, "big")


def _every_id(implementation: Implementation, digests: list[bytes], raws: list[bytes]) -> list[set[bytes]]:
    """The keys of each signature under the four ids."""
    found = implementation.recover_many(
        [digest for digest in digests for _ in range(4)],
        [raw for raw in raws for _ in range(4)],
        [0, 1, 2, 3] * len(raws),
    )
    implementation.ran(4 * len(raws))
    return [{key for key in found[i : i + 4] if key} for i in range(0, len(found), 4)]


@_every
@pytest.mark.parametrize(("file", "decodable"), [("sha256", 242), ("sha256_bitcoin", 231), ("sha512", 312)])
def test_wycheproof(implementation: Implementation, file: str, decodable: int) -> None:
    """A signature is valid where one of its ids gives its key, in the Bitcoin file if s is low, too; else it is not."""
    every = wycheproof(f"secp256k1_ecdsa/wycheproof_ecdsa_secp256k1_{file}_test.json", "uncompressed")
    decoded = [(case, der.decode(case.signature)) for case in every]
    # What is no DER, or has numbers of more than 32 bytes, has no r and s to recover from.
    cases = [(case, *numbers) for case, numbers in decoded if numbers and max(numbers) < 2**256]
    assert all(not case.valid for case, numbers in decoded if not numbers or max(numbers) >= 2**256)
    assert len(cases) == decodable
    if implementation.slow:
        implementation.left_out(4 * (len(cases) - len(cases[::5])), "Wycheproof: every 5th is enough for golden")
        cases = cases[::5]
    hash_name = file.partition("_")[0]
    digests = [hashlib.new(hash_name, case.message).digest()[:32] for case, _, _ in cases]
    keys = _every_id(implementation, digests, [_number(r) + _number(s) for _, r, s in cases])
    for (case, _, s), found in zip(cases, keys, strict=True):
        taken = file != "sha256_bitcoin" or s <= secp256k1.N // 2
        assert (taken and case.public_key[1:] in found) == case.valid, case.name


@_every
def test_siggen(implementation: Implementation) -> None:
    """Valid signatures under five hashes: two keys each, one of them the signer's."""
    cases = ecdsa_siggen()
    assert len(cases) == 1125
    if implementation.slow:
        implementation.left_out(4 * (len(cases) - len(cases[::20])), "SigGen: every 20th is enough for golden")
        cases = cases[::20]
    digests = [hashlib.new(case.hash_name, case.message).digest()[:32].rjust(32, b"\0") for case in cases]
    keys = _every_id(implementation, digests, [_number(case.r) + _number(case.s) for case in cases])
    assert all(_number(case.x) + _number(case.y) in found for case, found in zip(cases, keys, strict=True))
    assert {len(found) for found in keys} == {2}


@_every
def test_rfc6979_nonces(implementation: Implementation) -> None:
    """The signature that each of RFC 6979's nonces makes; which id has its key, the nonce's point by a peer tells."""
    order = secp256k1.N
    keys, digests, signatures = [], [], []
    for case in load_json("secp256k1_ecdsa/noble_rfc6979.json"):
        d = int(case["d"], 16)
        key = ec.derive_private_key(d, ec.SECP256K1()).public_key().public_numbers()
        digest = hashlib.sha256(case["message"].encode()).digest()
        for name in ("k0", "k1", "k15"):
            k = int(case[name], 16)
            point = ec.derive_private_key(k, ec.SECP256K1()).public_key().public_numbers()
            assert point.x < order
            s = pow(k, -1, order) * (int.from_bytes(digest, "big") + point.x * d) % order
            keys.append(_number(key.x) + _number(key.y))
            digests.append(digest)
            signatures.append(_number(point.x) + _number(s) + bytes([point.y % 2]))
    assert implementation.recover_many(digests, signatures) == keys
    assert len(keys) == 30
    implementation.ran(len(keys))


@cache
def _rows(*files: str) -> tuple[list[dict[str, Any]], list[str]]:
    """What tools/ethereum_rows.py writes for files: rows, and those that it leaves out."""
    command = [sys.executable, str(_TOOL), *(str(_FOLDER / file) for file in files)]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    return [parse_json(line.encode()) for line in run.stdout.splitlines()], run.stderr.splitlines()


@_every
def test_ethereum_transactions(implementation: Implementation) -> None:
    """Every test and fork of ttSignature and ttVValue that has a signature: the sender that is named, or none."""
    rows, left_out = _rows("ethereum_tests_ttSignature.json", "ethereum_tests_ttVValue.json")
    assert (len(rows), len(left_out)) == (754, 46)
    assert len({row["name"] for row in rows}) == len(rows)
    if implementation.slow:
        implementation.left_out(len(rows) - len(rows[::4]), "Ethereum's transactions: every 4th is enough for golden")
        rows = rows[::4]
    for rule in {row["rule"] for row in rows}:
        some = [row for row in rows if row["rule"] == rule]
        senders = implementation.recover_many(
            [bytes.fromhex(row["digest"]) for row in some],
            [bytes.fromhex(row["signature"]) for row in some],
            rule=rule,
            addresses=True,
        )
        for row, sender in zip(some, senders, strict=True):
            assert row["sender"] == (sender and f"0x{sender.hex()}"), row["name"]
        assert {sender is None for sender in senders} == {False, True}
    implementation.ran(len(rows))


@_every
def test_geth_precompile(implementation: Implementation) -> None:
    """All calls of go-ethereum's ecRecover test."""
    rows, _ = _rows("geth_ecRecover.json")
    assert len(rows) == 5
    senders = implementation.recover_many(
        [bytes.fromhex(row["digest"]) for row in rows],
        [bytes.fromhex(row["signature"]) for row in rows],
        rule="ethereum-precompile",
        addresses=True,
    )
    assert [sender and sender.hex() for sender in senders] == [row["sender"] for row in rows]
    assert [sender is not None for sender in senders] == [row["name"] == "ValidKey" for row in rows]
    implementation.ran(len(rows))


@_every
def test_precompile_inputs_of_any_length(implementation: Implementation) -> None:
    """The precompile reads 128 bytes, and zeros behind a shorter input; the keys are libsecp256k1's."""
    sys.path.insert(0, str(_TOOL.parent))
    try:
        from ethereum_rows import precompile_call
    finally:
        sys.path.remove(str(_TOOL.parent))
    (valid,) = (
        case["Input"] for case in load_json("secp256k1_ecdsa/geth_ecRecover.json") if case["Name"] == "ValidKey"
    )
    whole = bytes.fromhex(valid)
    assert len(whole) == 128
    digests, signatures, expected = [], [], []
    for size in (0, 31, 32, 63, 64, 65, 96, 97, 127, 128, 129, 160, 500):
        digest, signature = precompile_call((whole + bytes(range(1, 256)) * 2)[:size])
        digests.append(digest)
        signatures.append(signature)
        padded = whole[:size].ljust(128, b"\0")
        recoverable = padded[64:] + b"\1"
        # Without its v, or with r or s of nothing but zeros, it is no signature.
        none = size < 64 or not any(padded[64:96]) or not any(padded[96:])
        expected.append(None if none else _by_libsecp256k1(recoverable, padded[:32]))
    assert implementation.recover_many(digests, signatures, rule="ethereum-precompile") == expected
    assert [key is not None for key in expected].count(True) >= 3
    implementation.ran(len(expected))


def _by_libsecp256k1(signature: bytes, digest: bytes) -> bytes | None:
    try:
        return PublicKey.from_signature_and_message(signature, digest, hasher=None).format(compressed=False)[1:]
    except ValueError:
        return None
