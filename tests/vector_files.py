# SPDX-License-Identifier: Apache-2.0
"""Readers of the official vector files in tests/vectors; each gives the cases as the file states them."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

VECTORS = Path(__file__).parent / "vectors"


def load_json(name: str) -> Any:
    """A JSON file by its path below tests/vectors."""
    return json.loads((VECTORS / name).read_text())


def fields(name: str) -> list[tuple[str, str]]:
    """(key, value) of every `key = value` line, sections as ("[]", title)."""
    found = []
    for line in map(str.strip, (VECTORS / name).read_text().splitlines()):
        if line.startswith("["):
            found.append(("[]", line.strip("[]")))
        elif "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found.append((key.strip(), value.strip()))
    return found


def cavp_messages(name: str) -> list[tuple[bytes, bytes]]:
    """(message, digest) of a CAVP-style file: Len in bits, Msg and MD in hex."""
    cases, length, message = [], 0, b""
    for key, value in fields(name):
        if key == "Len":
            length = int(value)
        elif key == "Msg":
            message = bytes.fromhex(value)
        elif key == "MD":
            assert length % 8 == 0, f"{name}: {length} bits are no whole bytes"
            cases.append((message[: length // 8], bytes.fromhex(value)))
    return cases


def hmac_messages(name: str) -> list[tuple[bytes, bytes, bytes]]:
    """(key, message, digest) of a CAVP-style file, or of OpenSSL's MAC tests, where a quoted value is text."""
    cases, key, message = [], b"", b""
    for field, value in fields(name):
        if field == "Key":
            key = _text_or_hex(value)
        elif field in ("Msg", "Input"):
            message = _text_or_hex(value)
        elif field in ("MD", "Output"):
            cases.append((key, message, bytes.fromhex(value)))
    return cases


def _text_or_hex(value: str) -> bytes:
    return value.strip('"').encode() if value.startswith('"') else bytes.fromhex(value)


def cavp_outputs(name: str) -> list[tuple[bytes, bytes]]:
    """(message, output) of a CAVP file on SHAKE: Len and Outputlen in bits, Len where messages differ in length."""
    cases, bits, wanted, message = [], None, 0, b""
    for key, value in fields(name):
        if key == "[]" and value.startswith("Outputlen"):
            wanted = int(value.partition("=")[2])
        elif key == "Outputlen":
            wanted = int(value)
        elif key == "Len":
            bits = int(value)
        elif key == "Msg":
            message = bytes.fromhex(value)
        elif key == "Output":
            length = 8 * len(message) if bits is None else bits
            output = bytes.fromhex(value)
            assert length % 8 == 0, f"{name}: {length} bits are no whole bytes"
            assert 8 * len(output) == wanted, name
            cases.append((message[: length // 8], output))
    return cases


def cavp_monte_carlo(name: str) -> tuple[bytes, list[bytes]]:
    """Seed and the hundred digests of a CAVP Monte Carlo file."""
    found = fields(name)
    return bytes.fromhex(dict(found)["Seed"]), [bytes.fromhex(value) for key, value in found if key == "MD"]


def botan_messages(name: str) -> list[tuple[bytes, bytes]]:
    """(message, digest) of a Botan file: In and Out in hex."""
    cases, message = [], b""
    for key, value in fields(name):
        if key == "In":
            message = bytes.fromhex(value)
        elif key == "Out":
            cases.append((message, bytes.fromhex(value)))
    return cases


def openssl_messages(name: str, digest: str = "SM3") -> list[tuple[bytes, bytes]]:
    """(message, digest) of a file of OpenSSL's digest tests: Input and Output in hex, of one algorithm."""
    cases, wanted, message = [], False, b""
    for key, value in fields(name):
        if key == "Digest":
            wanted = value == digest
        elif key == "Input" and wanted:
            message = bytes.fromhex(value)
        elif key == "Output" and wanted:
            cases.append((message, bytes.fromhex(value)))
    return cases


@dataclass(frozen=True)
class SignatureCase:
    """One signature and what the file says of it."""

    name: str
    public_key: bytes
    message: bytes
    signature: bytes
    valid: bool


def wycheproof(name: str, key_field: str) -> list[SignatureCase]:
    """Cases of a Wycheproof file; key_field names the field of publicKey that holds the key's bytes."""
    return [
        SignatureCase(
            name=f"tcId {test['tcId']}: {test['comment']}",
            public_key=bytes.fromhex(group["publicKey"][key_field]),
            message=bytes.fromhex(test["msg"]),
            signature=bytes.fromhex(test["sig"]),
            valid={"valid": True, "invalid": False}[test["result"]],
        )
        for group in load_json(name)["testGroups"]
        for test in group["tests"]
    ]


def ed25519_sign_input() -> list[SignatureCase]:
    """The 1,024 valid signatures of sign.input: secret || key : key : message : signature || message."""
    cases = []
    for i, line in enumerate((VECTORS / "ed25519/sign.input").read_text().splitlines()):
        _, key, message, signed = line.split(":")[:4]
        cases.append(SignatureCase(f"line {i + 1}", *map(bytes.fromhex, (key, message, signed[:128])), valid=True))
    return cases


def botan_ed25519() -> list[SignatureCase]:
    """Cases of Botan's ed25519_verify.vec; Valid holds until it is said anew."""
    cases, valid, case = [], True, {}
    for key, value in fields("ed25519/botan_ed25519_verify.vec"):
        if key == "Valid":
            valid = value == "1"
        elif key in ("Pubkey", "Msg", "Signature"):
            case[key] = bytes.fromhex(value)
        if key == "Signature":
            cases.append(SignatureCase(f"case {len(cases) + 1}", case["Pubkey"], case["Msg"], case["Signature"], valid))
    return cases


def zip215_small_order() -> list[SignatureCase]:
    """All pairs of small-order encodings over the message "Zcash", with ZIP-215's verdict."""
    cases = []
    for i, case in enumerate(load_json("ed25519/zip215_small_order_zip215.json")):
        key, signature = bytes.fromhex(case["vk_bytes"]), bytes.fromhex(case["sig_bytes"])
        cases.append(SignatureCase(f"pair {i}", key, b"Zcash", signature, case["valid_zip215"]))
    return cases


@dataclass(frozen=True)
class SigGenCase:
    """One signature of a CAVP file with the name of its hash."""

    hash_name: str
    message: bytes
    x: int
    y: int
    r: int
    s: int
    valid: bool = True


def ecdsa_siggen() -> list[SigGenCase]:
    """Cases of the SECP256K1 SigGen.txt."""
    cases, hash_name, values = [], "", {}
    for key, value in fields("secp256k1_ecdsa/pyca_SigGen.txt"):
        if key == "[]":
            hash_name = value.split(",")[1].replace("-", "").lower()
            continue
        values[key] = value
        if key == "S":
            numbers = (int(values[k], 16) for k in ("Qx", "Qy", "R", "S"))
            cases.append(SigGenCase(hash_name, bytes.fromhex(values["Msg"]), *numbers))
    return cases


def ecdsa_sigver(curve: str) -> list[SigGenCase]:
    """Cases of CAVP's SigVer.rsp on a curve ("P-256")."""
    cases, section, values = [], "", {}
    for key, value in fields("p256_ecdsa/cavp_SigVer.rsp"):
        section = value if key == "[]" else section
        values[key] = value
        if key == "Result" and section.startswith(f"{curve},"):
            hash_name = section.split(",")[1].replace("-", "").lower()
            numbers = (int(values[k], 16) for k in ("Qx", "Qy", "R", "S"))
            cases.append(SigGenCase(hash_name, bytes.fromhex(values["Msg"]), *numbers, valid=value.startswith("P")))
    return cases


def ecdsa_keys(curve: str) -> list[tuple[int, int, bool]]:
    """(x, y, whether it is a key) of CAVP's PKV.rsp on a curve."""
    cases, section, values = [], "", {}
    for key, value in fields("p256_ecdsa/cavp_PKV.rsp"):
        section = value if key == "[]" else section
        values[key] = value
        if key == "Result" and section == curve:
            cases.append((int(values["Qx"], 16), int(values["Qy"], 16), value.startswith("P")))
    return cases


@dataclass(frozen=True)
class OpenSslCase:
    """One verification of OpenSSL's public key tests: the hash, the key's SPKI, and a DER signature."""

    hash_name: str
    spki: bytes
    message: bytes
    signature: bytes
    valid: bool


def openssl_ecdsa(curve: str) -> list[OpenSslCase]:
    """DigestVerify of OpenSSL's tests of RFC 6979 on a curve."""
    text = (VECTORS / "p256_ecdsa/cavp_evppkey_ecdsa_rfc6979.txt").read_text()
    spki = openssl_pem(text, f"PublicKey={curve}_PUB")
    cases = []
    for block in openssl_blocks(text, "DigestVerify"):
        if block["Key"] == f"{curve}_PUB":
            message, signature = block["Input"].strip('"').encode(), bytes.fromhex(block["Output"])
            hash_name, valid = block["DigestVerify"].lower(), "Result" not in block
            cases.append(OpenSslCase(hash_name, spki, message, signature, valid))
    return cases


def openssl_blocks(text: str, keyword: str) -> list[dict[str, str]]:
    """The blocks, up to an empty line, of one of OpenSSL's test files that have a keyword, as name to value."""
    blocks = []
    for block in text.split("\n\n"):
        lines = (line.partition("=") for line in block.splitlines() if "=" in line and not line.startswith("#"))
        found = {name.strip(): value.strip() for name, _, value in lines}
        blocks += [found] if keyword in found else []
    return blocks


def openssl_pem(text: str, name: str) -> bytes:
    """The PEM under a name of one of OpenSSL's test files, as DER."""
    lines = text.partition(f"{name}\n")[2].splitlines()
    return base64.b64decode("".join(lines[1 : next(i for i, line in enumerate(lines) if line.startswith("-----END"))]))


@dataclass(frozen=True)
class BotanSm2Case:
    """One signature of Botan's sm2_sig.vec; numbers p, a, b, xG, yG, order of its curve, and the secret."""

    curve: tuple[int, int, int, int, int, int]
    hash_name: str
    identity: bytes
    message: bytes
    secret: int
    signature: bytes


def botan_sm2() -> list[BotanSm2Case]:
    """Cases of Botan's sm2_sig.vec."""
    cases, values = [], {}
    for key, value in fields("sm2_sm3/botan_sm2_sig.vec"):
        values[key] = value
        if key == "Signature":
            numbers = tuple(int(values[name], 16) for name in ("P", "A", "B", "xG", "yG", "Order"))
            message, signature = bytes.fromhex(values["Msg"]), bytes.fromhex(value)
            identity, secret = values["Ident"].encode(), int(values["x"], 16)
            cases.append(BotanSm2Case(numbers, values["Hash"], identity, message, secret, signature))
    return cases


def decode_base64(text: str | None) -> bytes:
    """Bytes of a base64 text, none of None."""
    return base64.b64decode(text or "")
