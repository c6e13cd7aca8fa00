#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the constants of the Poseidon2 parameter sets: csrc/tables/poseidon2.c and kernels/hash/poseidon2_sets.h.

`--check` writes nothing and fails when a file is not what this script makes.

Sources, by the set's name:
    none, "horizenlabs"   round constants and matrices by the Grain LFSR (Poseidon, 2019/458, appendix F) as the script
                          of Poseidon2 (2023/323) draws them: matrices after the constants, the first whose powers have
                          irreducible minimal polynomials. Checked against tests/vectors/poseidon.
    "plonky3"             the same round constants; the external matrix from circ(2, 3, 1, 1), a diagonal of small
                          numbers and powers of 1/2 (p3-baby-bear, default_babybear_poseidon2_*)
    "plonky3-seed1"       the same matrices; round constants from Xoroshiro128+ with seed 1, as its tests take them
    "gnark"               the same matrices; round constants from a chain of Keccak-256 over the set's description
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from committed import ROOT
from Crypto.Hash import keccak

FIELDS = {
    "bn254": 21888242871839275222246405745257275088548364400416034343698204186575808495617,
    "bls12-381": 52435875175126190479447740508185965837690552500527637822603658699938581184513,
    "pallas": 2**254 + 45560315531419706090280762371685220353,
    "vesta": 2**254 + 45560315531506369815346746415080538113,
    "goldilocks": 2**64 - 2**32 + 1,
    "babybear": 15 * 2**27 + 1,
}
EXTERNAL = 8

Polynomial = list[int]
"""Coefficients, constant one first."""


class Grain:
    """The LFSR, bit by bit."""

    def __init__(self, n: int, t: int, internal: int) -> None:
        """Args: n: bits of the modulus."""
        numbers = ((1, 2), (0, 4), (n, 12), (t, 12), (EXTERNAL, 10), (internal, 10), (2**30 - 1, 30))
        self.state = [value >> width - 1 - i & 1 for value, width in numbers for i in range(width)]
        for _ in range(160):
            self.shift()

    def shift(self) -> int:
        """One step; the new bit."""
        bit = 0
        for tap in (62, 51, 38, 23, 13, 0):
            bit ^= self.state[tap]
        self.state.append(bit)
        del self.state[0]
        return bit

    def bit(self) -> int:
        """The second bit of the next pair whose first is set."""
        while self.shift() == 0:
            self.shift()
        return self.shift()

    def number(self, n: int) -> int:
        """n bits, most significant first."""
        return int("".join(str(self.bit()) for _ in range(n)), 2)


def grain_constants(grain: Grain, p: int, count: int) -> list[int]:
    """Numbers of as many bits as p that are below p."""
    found: list[int] = []
    while len(found) < count:
        value = grain.number(p.bit_length())
        if value < p:
            found.append(value)
    return found


def product(a: Polynomial, b: Polynomial, f: Polynomial, p: int) -> Polynomial:
    """a b mod f, f monic."""
    t = len(f) - 1
    full = [0] * (2 * t - 1)
    for i, x in enumerate(a):
        if x:
            for j, y in enumerate(b):
                full[i + j] += x * y
    for i in range(2 * t - 2, t - 1, -1):
        top = full[i] % p
        if top:
            for j in range(t):
                full[i - t + j] -= top * f[j]
    return [value % p for value in full[:t]]


def power(a: Polynomial, exponent: int, f: Polynomial, p: int) -> Polynomial:
    """a^exponent mod f."""
    result = [1] + [0] * (len(f) - 2)
    for bit in f"{exponent:b}":
        result = product(result, result, f, p)
        if bit == "1":
            result = product(result, a, f, p)
    return result


def coprime(a: Polynomial, f: Polynomial, p: int) -> bool:
    """Whether gcd(a, f) is 1."""
    a, b = list(f), list(a)
    while True:
        while b and b[-1] == 0:
            b.pop()
        if not b:
            return len(a) == 1
        inverse = pow(b[-1], -1, p)
        while len(a) >= len(b):
            factor = a[-1] * inverse % p
            if factor:
                shift = len(a) - len(b)
                for i, value in enumerate(b):
                    a[shift + i] = (a[shift + i] - factor * value) % p
            a.pop()
        a, b = b, a


def characteristic(diagonal: list[int], p: int) -> Polynomial:
    """Characteristic polynomial of the matrix of ones with this added to its diagonal.

    det(x - D - 1 1^T) = prod (x - d_i) - sum_i prod_(j != i) (x - d_j).
    """
    whole, missing = [1], [0]
    for d in diagonal:
        # (whole, missing) of one element more: missing takes whole, or x - d more of what misses one already.
        longer = [(low - d * high) % p for low, high in zip([0, *whole], [*whole, 0], strict=True)]
        grown = [(low - d * high) % p for low, high in zip([0, *missing], [*missing, 0], strict=True)]
        missing = [(a + b) % p for a, b in zip(grown, [*whole, 0], strict=True)]
        whole = longer
    return [(a - b) % p for a, b in zip(whole, missing, strict=True)]


def suits(diagonal: list[int], p: int) -> bool:
    """Whether the minimal polynomials of M, M^2, ... M^(2 t) are irreducible, of degree t.

    For M: its characteristic polynomial f is irreducible (Rabin's test). For M^i: the root's i-th power lies in no
    smaller field.
    """
    t = len(diagonal)
    f = characteristic(diagonal, p)
    x = [0, 1] + [0] * (t - 2)
    conjugate, frobenius = x, []
    for _ in range(t):
        conjugate = power(conjugate, p, f, p)
        frobenius.append(conjugate)
        if len(frobenius) == 1 and not coprime([(a - b) % p for a, b in zip(conjugate, x, strict=True)], f, p):
            return False
    if conjugate != x:
        return False
    for q in (q for q in (2, 3) if t % q == 0):
        conjugate = frobenius[t // q - 1]
        if not coprime([(a - b) % p for a, b in zip(conjugate, x, strict=True)], f, p):
            return False
        ours, theirs = x, conjugate
        for _ in range(2 * t):
            if ours == theirs:
                return False
            ours, theirs = product(ours, x, f, p), product(theirs, conjugate, f, p)
    return True


def grain_diagonal(grain: Grain, p: int, t: int) -> list[int]:
    """The internal matrix's diagonal less 1."""
    if t < 4:
        return [1] * (t - 1) + [2]
    while True:
        diagonal = [(grain.number(p.bit_length()) - 1) % p for _ in range(t)]
        if suits(diagonal, p):
            return diagonal


def plonky3_diagonal(t: int, p: int) -> list[int]:
    """From the comment in p3-baby-bear/src/poseidon2.rs."""
    text = "-2 1 2 1/2 3 4 -1/2 -3 -4 1/2^8 1/4 1/8 "
    if t == 16:
        text += "1/2^27 -1/2^8 -1/16 -1/2^27"
    else:
        text += "1/16 1/2^7 1/2^9 1/2^27 -1/2^8 -1/4 -1/8 -1/16 -1/32 -1/64 -1/2^7 -1/2^27"
    values = []
    for word in text.split():
        above, _, below = word.partition("/")
        base, _, exponent = (below or "1").partition("^")
        values.append(int(above) * pow(int(base) ** int(exponent or 1), -1, p) % p)
    return values


def gnark_constants(p: int, t: int, internal: int) -> Iterator[int]:
    """Each link is the digest of the one before, taken modulo p."""
    link = f"Poseidon2-babybear[t={t},rF={EXTERNAL},rP={internal},d=7]".encode()
    link = keccak.new(data=link, digest_bits=256).digest()
    while True:
        link = keccak.new(data=link, digest_bits=256).digest()
        yield int.from_bytes(link, "big") % p


def xoroshiro_constants(p: int) -> Iterator[int]:
    """rand_xoshiro's Xoroshiro128Plus::seed_from_u64(1); 31 bits that are below p are an element's Montgomery form."""
    word = 2**64
    state, counter = [], 1
    for _ in range(2):
        counter = (counter + 0x9E3779B97F4A7C15) % word
        z = (counter ^ counter >> 30) * 0xBF58476D1CE4E5B9 % word
        z = (z ^ z >> 27) * 0x94D049BB133111EB % word
        state.append(z ^ z >> 31)
    inverse = pow(2**32, -1, p)
    while True:
        s0, s1 = state
        value = (s0 + s1) % word >> 33
        s1 ^= s0
        state = [(s0 << 24 | s0 >> 40) % word ^ s1 ^ (s1 << 16) % word, (s1 << 37 | s1 >> 27) % word]
        if value < p:
            yield value * inverse % p


@dataclass(frozen=True)
class Set:
    """One parameter set."""

    field: str
    t: int
    internal: int
    circulant: bool
    constants: list[int]
    diagonal: list[int]


@cache
def by_grain(field: str, t: int, internal: int) -> Set:
    """The paper's own."""
    p = FIELDS[field]
    grain = Grain(p.bit_length(), t, internal)
    constants = grain_constants(grain, p, EXTERNAL * t + internal)
    return Set(field, t, internal, circulant=False, constants=constants, diagonal=grain_diagonal(grain, p, t))


def of_bear(t: int, internal: int, source: str) -> Set:
    """Over BabyBear with Plonky3's matrices."""
    p = FIELDS["babybear"]
    count, half = EXTERNAL * t + internal, EXTERNAL * t // 2
    if source == "plonky3":
        constants = by_grain("babybear", t, internal).constants
    elif source == "gnark":
        chain = gnark_constants(p, t, internal)
        constants = [next(chain) for _ in range(count)]
    else:
        # Drawn: external rounds, the first and the last ones, then internal ones.
        drawn = xoroshiro_constants(p)
        external = [next(drawn) for _ in range(2 * half)]
        constants = external[:half] + [next(drawn) for _ in range(internal)] + external[half:]
    return Set("babybear", t, internal, circulant=True, constants=constants, diagonal=plonky3_diagonal(t, p))


def sets() -> dict[str, Set]:
    """All of them by name."""
    found = {}
    for field, t in (("bn254", 3), ("bls12-381", 2), ("bls12-381", 3), ("bls12-381", 4), ("pallas", 3), ("vesta", 3)):
        found[f"{field}-t{t}"] = by_grain(field, t, 56)
    for t in (8, 12):
        found[f"goldilocks-t{t}-horizenlabs"] = by_grain("goldilocks", t, 22)
    for t, internal in ((16, 13), (24, 21)):
        found[f"babybear-t{t}-horizenlabs"] = by_grain("babybear", t, internal)
        for source in ("plonky3", "plonky3-seed1", "gnark"):
            found[f"babybear-t{t}-{source}"] = of_bear(t, internal, source)
    return found


def stored(field: str, value: int) -> int:
    """How a constant lies in a table: in Montgomery form, 2^256 or 2^32 times; over Goldilocks as it is."""
    p = FIELDS[field]
    return value if field == "goldilocks" else value * 2 ** (32 if p < 2**32 else 256) % p


def numbers(values: list[int], width: int, words: int) -> list[str]:
    """Lines of C: each value in `words` words of `width` bits, least significant first."""
    flat = [value >> width * i & 2**width - 1 for value in values for i in range(words)]
    digits, a_line = width // 4, 8 if width == 32 else 4
    texts = [f"0x{number:0{digits}x}" for number in flat]
    return ["    " + ", ".join(texts[i : i + a_line]) + "," for i in range(0, len(texts), a_line)]


def core(found: dict[str, Set]) -> Iterator[str]:
    """csrc/tables/poseidon2.c."""
    yield "/* Generated by tools/generate_poseidon2.py; do not edit. */"
    yield "/* SPDX-License-Identifier: Apache-2.0 */"
    yield "/* Poseidon2's parameter sets: round constants in the order of their use, then the diagonal less 1; in"
    yield " * Montgomery form but for Goldilocks. */"
    yield '#include "../hash/poseidon2.h"'
    for name, one in found.items():
        stem = name.replace("-", "_")
        wide = FIELDS[one.field] >= 2**32
        words = 4 if FIELDS[one.field] >= 2**64 else 1
        values = [stored(one.field, value) for value in one.constants + one.diagonal]
        yield ""
        yield f"static const uint{64 if wide else 32}_t {stem}[] = {{"
        yield from numbers(values, 64 if wide else 32, words)
        yield "};"
    yield ""
    yield "const pa_poseidon2_set pa_poseidon2_sets[PA_POSEIDON2_SETS] = {"
    for name, one in found.items():
        stem = name.replace("-", "_")
        words = 4 if FIELDS[one.field] >= 2**64 else 1
        after = words * len(one.constants)
        circulant = "true" if one.circulant else "false"
        yield f"    [PA_POSEIDON2_{stem.upper()}] = {{{one.t}, {one.internal}, {circulant}, {stem}, {stem} + {after}}},"
    yield "};"


def device(found: dict[str, Set]) -> Iterator[str]:
    """kernels/hash/poseidon2_sets.h: in 32-bit words, Goldilocks too."""
    yield "/* Generated by tools/generate_poseidon2.py; do not edit. */"
    yield "/* SPDX-License-Identifier: Apache-2.0 */"
    yield "/* Poseidon2's parameter sets: t, internal rounds, whether M4 is circ(2, 3, 1, 1); then round constants in"
    yield " * the order of their use and the diagonal less 1, in 32-bit words, least significant first; in Montgomery"
    yield " * form but for Goldilocks. */"
    yield "#ifndef PYACCEL_POSEIDON2_SETS_H"
    yield "#define PYACCEL_POSEIDON2_SETS_H"
    yield ""
    yield "/* The includer says of which field. */"
    for name, one in found.items():
        p = FIELDS[one.field]
        words = 1 if p < 2**32 else 2 if p < 2**64 else 8
        yield ""
        yield f"#ifdef POSEIDON2_{one.field.replace('-', '_').upper()}"
        yield f"CONSTANT uint poseidon2_{name.replace('-', '_')}[] = {{"
        yield f"    {one.t}, {one.internal}, {int(one.circulant)},"
        yield from numbers([stored(one.field, value) for value in one.constants + one.diagonal], 32, words)
        yield "};"
        yield "#endif"
    yield ""
    yield "#endif"


def main() -> int:
    """Exit status."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    check = parser.parse_args().check
    found = sets()
    makers: dict[Path, Callable[[dict[str, Set]], Iterator[str]]] = {
        ROOT / "csrc/tables/poseidon2.c": core,
        ROOT / "kernels/hash/poseidon2_sets.h": device,
    }
    failed = 0
    for file, make in makers.items():
        text = "\n".join(make(found)) + "\n"
        if not check:
            file.write_text(text)
        elif not file.is_file() or file.read_text() != text:
            print(f"{file.relative_to(ROOT)} is not what {Path(sys.argv[0]).name} makes: run it again", file=sys.stderr)
            failed = 1
    return failed


if __name__ == "__main__":
    sys.exit(main())
