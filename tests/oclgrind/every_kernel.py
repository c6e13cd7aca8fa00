# SPDX-License-Identifier: Apache-2.0
"""Runs every kernel on the device that oclgrind simulates, on shapes that reach each branch; prints their names."""

from __future__ import annotations

import sys
from hashlib import blake2b, blake2s
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from he_support import Party
from opencl_support import hash_on, layers_on, recover_on, reference_layers, reference_mutated, root_on, verify_on

import pyaccel
from pyaccel.backends import opencl
from pyaccel.backends.opencl_device import Device
from pyaccel.golden import p256, sm2
from pyaccel.golden.blake3 import blake3
from pyaccel.golden.der import encode
from pyaccel.golden.hashing import HASHES, KEYED
from pyaccel.golden.keccak import shake128
from pyaccel.poseidon2 import ELEMENTS
from pyaccel.rows import as_rows

# oclgrind 21.10 takes what a kernel wrote into memory of a released buffer for uninitialised: none is released here;
# and what a kernel copied that the host wrote: here no number of Bitcoin's leaves is odd, but a layer; and what
# the host had filled: here it writes.
launch, allocate, launched, kept = Device.launch, Device.allocate, set(), []


def recorded(self: Device, path: str, entry: str, n: int, *arguments: Any, define: str = "") -> None:
    """Device.launch, and notes the entry."""
    launched.add(entry)
    kept.extend(arguments)
    launch(self, path, entry, n, *arguments, define=define)


def held(self: Device, size: int) -> Any:
    """Device.allocate, and holds the buffer."""
    kept.append(allocate(self, size))
    return kept[-1]


def zeros(self: Device, size: int) -> Any:
    """Device.zeros, by a write."""
    buffer = self.allocate(size)
    self.write(buffer, np.zeros(size, np.uint8))
    return buffer


Device.launch = recorded  # type: ignore[method-assign]
Device.allocate = held  # type: ignore[method-assign]
Device.zeros = zeros  # type: ignore[method-assign]
backends = opencl.discover()
assert isinstance(backends, tuple), backends
(backend,) = backends
assert "Oclgrind" in backend.probe().detail["platform"], backend.probe()

VARIED = [b"", b"abc", bytes(55), bytes(range(64)), bytes(range(145)), b"odd"]
for algorithm in ("sha256", "sha512-256", "sha384", "sha224", "sha256d", "keccak256", "ripemd160", "hash160", "sm3",
                  "sha3-512", "blake2b-256", "blake2s-256", "blake3"):  # fmt: skip
    for messages in (VARIED, [bytes(range(64))] * 2, [bytes(33)] * 2):
        expected = [HASHES[algorithm](message) for message in messages]
        assert hash_on(backend, algorithm, as_rows("messages", messages), len(messages)) == expected, algorithm
for algorithm in ("poseidon2-bn254-t3", "poseidon2-bls12-381-t2", "poseidon2-pallas-t3-compress", "poseidon2-vesta-t3",
                  "poseidon2-goldilocks-t8-horizenlabs", "poseidon2-goldilocks-t12-horizenlabs",
                  "poseidon2-babybear-t16-gnark-compress", "poseidon2-babybear-t24-plonky3"):  # fmt: skip
    messages = [bytes(i % 29 for i in range(ELEMENTS[algorithm].width))]
    assert hash_on(backend, algorithm, as_rows("messages", messages), 1) == [HASHES[algorithm](messages[0])], algorithm
LONG = [bytes(5000), b"x"]
rows = as_rows("messages", LONG)
assert hash_on(backend, "blake3", rows, 2, 70, key=bytes(32)) == [blake3(message, 70, bytes(32)) for message in LONG]
assert hash_on(backend, "blake3", rows, 2, 5, context="c") == [blake3(message, 5, None, b"c") for message in LONG]
assert hash_on(backend, "shake128", rows, 2, 171) == [shake128(message, 171) for message in LONG]
for algorithm, peer in (("blake2b-512", blake2b), ("blake2s-256", blake2s)):
    assert hash_on(backend, algorithm, rows, 2, key=b"key") == [peer(message, key=b"key").digest() for message in LONG]
for algorithm in ("hmac-sha256", "hmac-sha512", "hmac-sm3"):
    for key in (b"key", bytes(range(150))):
        expected = [KEYED[algorithm](message, key) for message in VARIED]
        assert hash_on(backend, algorithm, as_rows("messages", VARIED), len(VARIED), key=key) == expected
for form, leaves in (
    ("rfc6962", VARIED),
    ("rfc6962", [bytes(33)] * 5),
    ("bitcoin", [bytes([leaf]) * 32 for leaf in (1, 2, 3, 4, 3, 4)]),
):
    layers = reference_layers(form, leaves)
    mutated = int(form == "bitcoin" and reference_mutated(layers))
    assert root_on(backend, form, as_rows("leaves", leaves), len(leaves)) == (layers[-1][0], mutated)
    nodes = [node for layer in layers for node in layer]
    assert layers_on(backend, form, as_rows("leaves", leaves), len(leaves), len(nodes)) == nodes
leaves = [bytes([leaf]) * leaf for leaf in range(7)]
root = pyaccel.merkle.root(leaves, form="openzeppelin-standard", sort_leaves=False, device="golden")
rows = as_rows("leaves", leaves)
assert root_on(backend, "openzeppelin-standard", rows, 7, sort_leaves=False) == (root, 0)
indices = [6, 0, 3]
found_root, proofs = pyaccel.merkle.proofs(leaves, indices, device=backend.name)
wanted_root, wanted = pyaccel.merkle.proofs(leaves, indices, device="golden")
assert (found_root, list(proofs)) == (wanted_root, list(wanted))
for form, mixed in (("rfc6962", False), ("bitcoin", False), ("ssz", True), ("openzeppelin-simple", False)):
    nodes = [bytes([leaf]) * 32 for leaf in (1, 2, 3)]
    root, shown = pyaccel.merkle.proofs(nodes, range(3), form=form, mix_in_length=mixed, device="golden")
    paths = [*shown, shown[2][:-1] + b"\1", shown[0][:-1]]
    places, sizes = (None, None) if form.startswith("open") else ([0, 1, 2, 2, 0], [3])
    arguments = (root, [*nodes, nodes[2], nodes[0]], places, paths, sizes)
    verdicts = pyaccel.merkle.verify_many(*arguments, form=form, mix_in_length=mixed, device=backend.name)
    assert verdicts.tolist() == [True, True, True, False, False], form
# RFC 8032, 7.1, tests 1 and 3, the second with another message; a rule that asks for orders.
KEYS = [
    bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"),
    bytes.fromhex("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025"),
]
R = [
    bytes.fromhex("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"),
    bytes.fromhex("6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"),
]
S = [
    bytes.fromhex("5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
    bytes.fromhex("18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"),
]
assert verify_on(backend, "libsodium", KEYS, [b"", bytes(200)], [R[0] + S[0], R[1] + S[1]]) == [0, 5]
# A signature whose last addition is one of a point to itself, and a key that is none; DER strict and lax.
MET = bytes.fromhex(
    "045c0d9eaa06e6e9f88547511e93e0d21bdfd7594ce6c7c57ddbf42df23509666b"
    "5831b289436f80c7ea4c997b91064eab0ce0151632cd4c83d974efbb2a780e68"
)
DIGEST = bytes.fromhex("15967f5355c31ddd04de25fcfe5416b693545fa28f568d023572898c4d16e4d3")
NUMBERS = bytes.fromhex(
    "ddb409cef6d81ed59ef163d65a3e7b7420996c04b74fd149ab3ff3b0b89ae497"
    "87de7e4e7c339a7d830be21426ab04d2ffe111d5c360dc68eaa3058288dd3ab2"
)
ENCODED = encode(int.from_bytes(NUMBERS[:32], "big"), int.from_bytes(NUMBERS[32:], "big"))
for form, keys, reasons in (("der-lax", [MET], [0]), ("der", [b"\2" + bytes(32)], [2])):
    values = {"scheme": "secp256k1-ecdsa", "message_hash": "none", "signature_format": form}
    assert verify_on(backend, "any", keys, [DIGEST], [ENCODED], **values) == reasons
# R = 2 G, s = r: with the digest -r the key is 2 G + G; an id that no rule takes.
TWICE = bytes.fromhex("c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5")
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
NEGATIVE = (ORDER - int.from_bytes(TWICE, "big")).to_bytes(32, "big")
THRICE = bytes.fromhex(
    "f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9"
    "388f7b0f632de8140fe337e62a37f3566500a99934c2231b6cb9fd7584b8e672"
)
SIGNED = [TWICE + TWICE + bytes([v]) for v in (0, 4)]
ADDRESS = HASHES["keccak256"](THRICE)[12:]
assert recover_on(backend, [NEGATIVE, TWICE], SIGNED, addresses=True) == [ADDRESS, None]
# The key G, and a digest that is r: u1 = u2, so that equal points meet; R = (u1 + u2) G = G.
for scheme, curve in (("p256-ecdsa", p256.CURVE), ("sm2", sm2.CURVE)):
    x, y = curve.affine(curve.g)
    number = x % curve.n
    if scheme == "sm2":  # s + t = 2 s + r = 1, and e = r - x
        s, digest = (1 - number) * pow(2, -1, curve.n) % curve.n, 0
    else:
        s, digest = 2 * number % curve.n, number
    for key, reason in ((b"\4" + x.to_bytes(32, "big") + y.to_bytes(32, "big"), 0), (b"\2" + bytes(32), 5)):
        values = {"scheme": scheme, "message_hash": "none", "signature_format": "der"}
        found = verify_on(backend, None, [key], [digest.to_bytes(32, "big")], [encode(number, s)], **values)
        assert found == [reason], (scheme, found)
# GB/T 32918.5, A.2, and another message.
SM2_KEY = bytes.fromhex(
    "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
)
SM2_SIGNATURE = bytes.fromhex(
    "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
    "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"
)
found = verify_on(backend, "gbt32918", [SM2_KEY] * 2, [b"message digest", b"a" * 70], [SM2_SIGNATURE] * 2, scheme="sm2")
assert found == [0, 5], found
for degree in (32, 128):
    party = Party("ckks", degree=degree, moduli_bits=(50, 40, 40), digits=2)
    one, two = (party.public.encrypt([[0.5, -1.0], [0.25, 2.0]]) for _ in range(2))
    results = [
        ((a * b).rotate(1) - a).rescale().sum() for a, b in ((one, two), (one.to(backend.name), two.to(backend.name)))
    ]
    assert results[1].device == backend.name
    assert results[0].save()[112:] == results[1].to("native").save()[112:]  # behind the estimates of noise
sys.stdout.write("\n".join(launched))
