#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes tests/vectors/p256_ecdsa/fabric.json: encodings of signatures, and what Hyperledger Fabric says of each.

    python tools/fabric_signatures.py > tests/vectors/p256_ecdsa/fabric.json

Needs go with its registry: tools/peers/fabric runs Fabric's own software provider (bccsp/sw), whose parser is Go's
encoding/asn1. The same versions give the same file.

`bases` are [curve, x || y, digest]; a row is [number of its base, signature, outcome], hex, the outcome a character:
u: no struct of two integers to encoding/asn1; r: one of them not above zero; s: s above half the order; f: not valid;
t: valid.

A base is a key under which given numbers r and s are valid for the digest: Q = (s R - e G) / r, with R the point whose
abscissa is r. So r and s may have one byte, or a first bit that DER has to put a zero before. Each of its numbers goes
through every encoding that DER, BER or nobody has: lengths in each long form, with zeros before, indefinite, too short,
too long, huge; zeros and ones before the number; the bits of a positive number as a negative one; zero; no content;
numbers of up to 300 bytes; tags of every value, and in the form of many bytes; bytes left over within the sequence and
after it; the encoding cut anywhere; each of its bytes changed.
"""

from __future__ import annotations

import json
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

from pyaccel.golden import p256, p384
from pyaccel.golden.weierstrass import Curve

PEER = Path(__file__).resolve().parent / "peers" / "fabric"

Base = tuple[Curve, bytes, bytes, int, int]
"""Curve, key, digest, r, s."""


def content(value: int) -> bytes:
    """What an INTEGER holds, in the fewest bytes."""
    size = max(1, (value.bit_length() if value >= 0 else (~value).bit_length()) // 8 + 1)
    return value.to_bytes(size, "big", signed=True)


def length(size: int) -> bytes:
    """A length as DER has it."""
    if size < 0x80:
        return bytes([size])
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(octets)]) + octets


def lengths(size: int) -> Iterator[bytes]:
    """A length as DER has it, in each other way, and other lengths."""
    yield length(size)
    for octets in (1, 2, 3, 4, 5, 8, 9, 126):
        if size < 256**octets:
            yield bytes([0x80 | octets]) + size.to_bytes(octets, "big")
    for other in {size - 2, size - 1, size + 1, size + 2, 0, 1, 0x7F, 0x80, 0x81, 0xFF, 0x100, 0x10000} - {size}:
        if other >= 0:
            yield length(other)
    for huge in (
        "8301ffff",
        "837fffff",
        "83800000",
        "83ffffff",
        "847fffffff",
        "8480000000",
        "84ffffffff",
        "850100000000",
    ):
        yield bytes.fromhex(huge)
    for octets in (8, 9, 127):
        yield bytes([0x80 | octets]) + b"\xff" * octets
    yield b"\x80"
    yield b"\x81"
    yield b""


def value(tag: int, octets: bytes) -> bytes:
    """Tag, length, content."""
    return bytes([tag]) + length(len(octets)) + octets


def numbers(number: int, order: int, size: int) -> Iterator[bytes]:
    """A number's content as DER has it, in each other way, and other numbers'."""
    plain = content(number)
    for zeros in (1, 2, 3, 32, 95, 127, 250):
        yield bytes(zeros) + plain
    for ones in (1, 2, 32):
        yield b"\xff" * ones + plain
    yield plain.lstrip(b"\0")
    yield b"\0" + plain.lstrip(b"\0")
    yield b""
    others = [0, 1, -1, -127, -128, -129, -number, number + 1, number - 1, order, order - 1, order + 1, order - number]
    others += [number + order, number - order, number + 2 ** (8 * size), order // 2, order // 2 + 1, order // 2 + 2]
    others += [2 ** (8 * size) - 1, 2 ** (8 * size), 2 ** (8 * size - 1), -(2 ** (8 * size - 1)), -(2 ** (8 * size))]
    others += [2**bits for bits in (7, 8, 15, 16, 63, 64, 1000, 1016, 1024, 2300)]
    others += [number + (1 << bits) for bits in (1000, 1016, 2300)]
    for other in others:
        yield content(other)


def encodings(r: int, s: int, order: int, size: int, *, whole: bool) -> Iterator[bytes]:
    """Encodings of r and s; `whole`: also those that are many, and differ little from curve to curve."""
    r_value, s_value = value(2, content(r)), value(2, content(s))
    inside = r_value + s_value
    plain = value(0x30, inside)
    yield plain
    for octets in lengths(len(inside)):
        yield b"\x30" + octets + inside
    for octets in lengths(len(r_value) - 2):
        yield value(0x30, b"\x02" + octets + r_value[2:] + s_value)
    for octets in lengths(len(s_value) - 2):
        yield value(0x30, r_value + b"\x02" + octets + s_value[2:])
    for octets in numbers(r, order, size):
        yield value(0x30, value(2, octets) + s_value)
    for octets in numbers(s, order, size):
        yield value(0x30, r_value + value(2, octets))
    for octets in (*numbers(r, order, size), content(r)):
        yield value(0x30, s_value + value(2, octets))
    left_over = [bytes(1), b"\xff", b"\5\0", b"\0\0", b"\x30", b"\x30\x80", r_value, s_value, plain, b"\2\x7f"]
    left_over += [bytes(count) for count in (40, 55, 56, 57, 58, 59, 100, 128, 200, 300)]
    for rest in left_over:
        yield plain + rest
        yield value(0x30, inside + rest)
        yield value(0x30, inside + rest) + rest
        yield value(0x30, r_value + rest + s_value)
        yield value(0x30, rest + inside)
        yield rest + plain
    yield b"\x30\x80" + inside + b"\0\0"
    yield b"\x30\x80" + inside
    yield value(0x30, plain)
    yield value(0x30, r_value)
    yield value(0x30, b"")
    yield value(0x30, value(0x30, r_value) + value(0x30, s_value))
    yield value(0x30, value(0x22, r_value) + value(0x22, s_value))
    for tag in ("3f10", "3f30", "3f8010", "1f10", "3f02", "7f10"):
        yield bytes.fromhex(tag) + plain[1:]
    for tag in ("1f02", "1f8002", "3f02", "5f02"):
        tagged = bytes.fromhex(tag)
        yield value(0x30, tagged + r_value[1:] + s_value)
        yield value(0x30, r_value + tagged + s_value[1:])
    yield b""
    for end in range(1, len(plain)):
        yield plain[:end]
    if not whole:
        return
    for tag in range(256):
        yield bytes([tag]) + plain[1:]
        yield value(0x30, bytes([tag]) + r_value[1:] + s_value)
        yield value(0x30, r_value + bytes([tag]) + s_value[1:])
    for at in range(len(plain)):
        for byte in {plain[at] ^ 1, plain[at] ^ 0x80, plain[at] ^ 0xFF, 0, 0xFF, (plain[at] + 1) % 256} - {plain[at]}:
            yield plain[:at] + bytes([byte]) + plain[at + 1 :]


def base(curve: Curve, least: int, s: int, digest: bytes) -> Base:
    """The base whose r is the first abscissa from `least` on."""
    r = least
    while (point := curve.lift(r, 0)) is None:
        r += 1
    assert r < curve.n
    minus_e = curve.multiply(-curve.number(digest) % curve.n, curve.g)
    key = curve.multiply(pow(r, -1, curve.n), curve.add(curve.multiply(s, point), minus_e))
    return curve, b"".join(c.to_bytes(curve.size, "big") for c in curve.affine(key)), digest, r, s


def bases() -> list[Base]:
    """Numbers of the sizes that DER tells apart: of few bytes, of all; with a first bit set, and not."""
    source = random.Random(8)  # noqa: S311 - bytes to sign
    found = []
    for curve in (p256.CURVE, p384.CURVE):
        half, bits = curve.n // 2, 8 * curve.size
        pairs = [
            (2 ** (bits - 1) + 5, 2 ** (bits - 7) + 1),
            (2 ** (bits - 2), half),
            (1, 1),
            (0x80, 0x80),
            (2 ** (bits - 9), 2 ** (bits - 9)),
            (curve.n - 2**100, half + 1),
        ]
        for least, s in pairs[: 6 if curve.size == 32 else 3]:
            found.append(base(curve, least, s, source.randbytes(curve.size)))
    return found


def main() -> None:
    """Asks Fabric, and writes the file."""
    made = bases()
    rows: dict[tuple[int, bytes], None] = {}
    for i, (curve, _, _, r, s) in enumerate(made):
        for encoded in encodings(r, s, curve.n, curve.size, whole=i in (0, 2)):
            rows[i, encoded] = None
    names = {32: "P-256", 48: "P-384"}
    stated = [[names[curve.size], key.hex(), digest.hex()] for curve, key, digest, _, _ in made]
    asked = "".join(f"{' '.join(stated[i])} {encoded.hex()}\n" for i, encoded in rows)
    run = ["go", "run", "."]
    said = subprocess.run(run, cwd=PEER, input=asked, capture_output=True, text=True, check=True).stdout.split()
    versions = subprocess.run([*run, "versions"], cwd=PEER, capture_output=True, text=True, check=True).stdout
    head = {
        "generator": "tools/fabric_signatures.py, which says what the fields are",
        "verifier": versions.splitlines(),
        "bases": stated,
    }
    text = json.dumps(head, indent=1)[:-2]
    lines = [json.dumps([i, encoded.hex(), one]) for (i, encoded), one in zip(rows, said, strict=True)]
    print(text + ',\n "rows": [\n' + ",\n".join(lines) + "\n ]\n}")


if __name__ == "__main__":
    main()
