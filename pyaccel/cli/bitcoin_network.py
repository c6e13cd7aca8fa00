# SPDX-License-Identifier: Apache-2.0
"""What differs between the Bitcoin networks. Source: the parameters of each, as their nodes carry them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Network:
    """Parameters of one network.

    Attributes:
        name: its spelling in `--network`.
        magic: first four bytes of its messages and block files.
        easiest_bits: compact form of the easiest target that it allows.
        strict_der_height: first block whose signatures must be strict DER (BIP-66).
        witness_height: first block that must commit to its witness data (BIP-141).
        taproot_height: first block whose outputs of witness version 1 are bound by BIP-341.
        halving: blocks between two halvings of the subsidy.
    """

    name: str
    magic: bytes
    easiest_bits: int
    strict_der_height: int
    witness_height: int
    taproot_height: int
    halving: int = 210_000


MAIN = Network("main", bytes.fromhex("f9beb4d9"), 0x1D00FFFF, 363_725, 481_824, 709_632)
NETWORKS = (
    MAIN,
    Network("testnet3", bytes.fromhex("0b110907"), 0x1D00FFFF, 330_776, 834_624, 0),
    Network("testnet4", bytes.fromhex("1c163f28"), 0x1D00FFFF, 1, 1, 0),
    Network("signet", bytes.fromhex("0a03cf40"), 0x1E0377AE, 1, 1, 0),
    Network("regtest", bytes.fromhex("fabfb5da"), 0x207FFFFF, 1, 0, 0, halving=150),
)
NETWORK_BY_MAGIC = {network.magic: network for network in NETWORKS}
NETWORK_BY_NAME = {network.name: network for network in NETWORKS}


def target_of(bits: int) -> int:
    """The number that a block hash must not exceed, from its compact form; 0 where that is negative or too large."""
    exponent, mantissa = bits >> 24, bits & 0x007FFFFF
    target = mantissa << 8 * (exponent - 3) if exponent >= 3 else mantissa >> 8 * (3 - exponent)
    return 0 if bits & 0x00800000 or target >= 1 << 256 else target
