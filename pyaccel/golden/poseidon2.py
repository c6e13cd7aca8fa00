# SPDX-License-Identifier: Apache-2.0
"""Poseidon2: permutations and 2-to-1 compressions of field elements.

Source: Grassi, Khovratovich, Schofnegger, "Poseidon2: A Faster Version of the Poseidon Hash Function" (2023), 5, 6.
Its constants come from whoever published a set: HorizenLabs (the paper's own, by the Grain LFSR of the Poseidon paper,
appendix F), Plonky3 (the same round constants, matrices of its own; or, as its tests do, round constants from
Xoroshiro128+ with seed 1), gnark-crypto (round constants from a chain of Keccak-256, Plonky3's matrices).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial

from pyaccel.golden.keccak import keccak256

BN254 = 0x30644E72E131A029B85045B68181585D2833E84879B9709143E1F593F0000001
BLS12_381 = 0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001
PALLAS = 0x40000000000000000000000000000000224698FC094CF91B992D30ED00000001
VESTA = 0x40000000000000000000000000000000224698FC0994A8DD8C46EB2100000001
GOLDILOCKS = 0xFFFFFFFF00000001
BABYBEAR = 0x78000001

HALF = 4
"""External rounds before the internal ones, and after them."""

Vector = list[int]

PAPER_M4 = ((5, 7, 1, 3), (4, 6, 1, 1), (1, 3, 5, 7), (1, 1, 4, 6))
CIRCULANT_M4 = ((2, 3, 1, 1), (1, 2, 3, 1), (1, 1, 2, 3), (3, 1, 1, 2))


@dataclass(frozen=True)
class Poseidon2:
    """A parameter set.

    Attributes:
        p: the field's modulus.
        t: elements of the state.
        d: exponent of the S-box.
        internal_rounds: internal ("partial") rounds.
        m4: the matrix that external layers are made of, where t is a multiple of 4.
        diagonal: of the internal matrix, less 1.
        constants: round constants in the order of their use: t a round, 1 in an internal one.
        size: bytes of an element.
        compression: None, or what makes a digest of the first `absorbed` elements.
    """

    p: int
    t: int
    d: int
    internal_rounds: int
    m4: tuple[tuple[int, ...], ...]
    diagonal: Vector
    constants: Vector

    @property
    def size(self) -> int:
        """Bytes of an element: 4, 8 or 32."""
        return next(size for size in (4, 8, 32) if self.p < 256**size)

    def permutation(self, state: Vector) -> Vector:
        """Figure 1 of the paper."""
        constants = iter(self.constants)
        x = self._external(state)
        for _ in range(HALF):
            x = self._external([self._power(v + next(constants)) for v in x])
        for _ in range(self.internal_rounds):
            x = self._internal([self._power(x[0] + next(constants)), *x[1:]])
        for _ in range(HALF):
            x = self._external([self._power(v + next(constants)) for v in x])
        return x

    def _power(self, x: int) -> int:
        return pow(x, self.d, self.p)

    def _external(self, x: Vector) -> Vector:
        """Times circ(2, 1, ..) of t = 2, 3; of t = 4 M4; else circ(2 M4, M4, ..)."""
        if self.t < 4:
            return [(sum(x) + v) % self.p for v in x]
        blocks = [x[i : i + 4] for i in range(0, self.t, 4)]
        blocks = [[sum(a * b for a, b in zip(row, block, strict=True)) for row in self.m4] for block in blocks]
        if self.t == 4:
            return [v % self.p for v in blocks[0]]
        columns = [sum(column) for column in zip(*blocks, strict=True)]
        return [(v + column) % self.p for block in blocks for v, column in zip(block, columns, strict=True)]

    def _internal(self, x: Vector) -> Vector:
        """Times the matrix of ones, with the diagonal added."""
        total = sum(x)
        return [(total + d * v) % self.p for d, v in zip(self.diagonal, x, strict=True)]

    def elements(self, row: bytes, count: int) -> Vector:
        """The `count` elements that a row holds.

        Raises:
            ValueError: the row has another length, or an element is not below the modulus.
        """
        size = self.size
        if len(row) != count * size:
            raise ValueError(f"{len(row)} bytes came; wanted {count} elements of {size} bytes")
        found = [int.from_bytes(row[i : i + size], "little") for i in range(0, len(row), size)]
        for i, value in enumerate(found):
            if value >= self.p:
                raise ValueError(f"element {i} is not below the modulus {self.p:#x}")
        return found

    def digest(self, elements: Vector) -> bytes:
        """Elements in little-endian bytes."""
        return b"".join(value.to_bytes(self.size, "little") for value in elements)


def grain(p: int, t: int, external: int, internal: int) -> Iterator[int]:
    """Elements of the field by the Grain LFSR: 80 bits, of which the parameters are the first."""
    n = p.bit_length()
    seed = f"01{0:04b}{n:012b}{t:012b}{external:010b}{internal:010b}" + "1" * 30

    def step(window: int) -> int:
        taps = window ^ window >> 13 ^ window >> 23 ^ window >> 38 ^ window >> 51 ^ window >> 62
        return window >> 1 | (taps & 1) << 79

    window = int(seed[::-1], 2)
    for _ in range(160):
        window = step(window)

    def bits() -> Iterator[int]:
        nonlocal window
        while True:
            window = step(window)
            keep = window >> 79
            window = step(window)
            if keep:
                yield window >> 79

    stream = bits()
    while True:
        value = 0
        for _ in range(n):
            value = value << 1 | next(stream)
        if value < p:
            yield value


def keccak_chain(p: int, t: int, external: int, internal: int) -> Iterator[int]:
    """gnark-crypto's constants: Keccak-256 again and again, from the name of the set."""
    link = keccak256(f"Poseidon2-babybear[t={t},rF={external},rP={internal},d=7]".encode())
    while True:
        link = keccak256(link)
        yield int.from_bytes(link, "big") % p


def xoroshiro(p: int) -> Iterator[int]:
    """Plonky3's random constants: 31 bits of Xoroshiro128+ each, seed 1 spread by SplitMix64, in Montgomery form."""
    mask = 2**64 - 1

    def rotated(x: int, k: int) -> int:
        return (x << k | x >> 64 - k) & mask

    words = []
    seed = 1
    for _ in range(2):
        seed = seed + 0x9E3779B97F4A7C15 & mask
        z = (seed ^ seed >> 30) * 0xBF58476D1CE4E5B9 & mask
        z = (z ^ z >> 27) * 0x94D049BB133111EB & mask
        words.append(z ^ z >> 31)
    a, b = words
    while True:
        value = (a + b & mask) >> 33
        b ^= a
        a, b = rotated(a, 24) ^ b ^ b << 16 & mask, rotated(b, 37)
        if value < p:
            yield value * pow(2**32, -1, p) % p


def _taken(source: Iterator[int], t: int, internal: int) -> Vector:
    """Round constants in the order of their use."""
    return [next(source) for _ in range(2 * HALF * t + internal)]


def _scalar(p: int, t: int, diagonal: Vector) -> Poseidon2:
    return Poseidon2(p, t, 5, 56, PAPER_M4, diagonal, _taken(grain(p, t, 2 * HALF, 56), t, 56))


def _horizenlabs(p: int, t: int, internal: int) -> Poseidon2:
    constants = _taken(grain(p, t, 2 * HALF, internal), t, internal)
    return Poseidon2(p, t, 7, internal, PAPER_M4, _DIAGONALS[p, t], constants)


def _plonky3(t: int, internal: int, source: Callable[[], Iterator[int]], *, in_order: bool = True) -> Poseidon2:
    constants = _taken(source(), t, internal)
    if not in_order:
        # All external rounds are drawn before the internal ones.
        half = HALF * t
        constants = constants[:half] + constants[2 * half :] + constants[half : 2 * half]
    p = BABYBEAR
    diagonal = [v * pow(2, -k, p) % p for v, k in _POWERS[t]]
    return Poseidon2(p, t, 7, internal, CIRCULANT_M4, diagonal, constants)


# Plonky3's diagonals as factor and power of 1/2.
_POWERS = {
    t: [(-2, 0), (1, 0), (2, 0), (1, 1), (3, 0), (4, 0), (-1, 1), (-3, 0), (-4, 0), (1, 8), (1, 2), (1, 3), *rest]
    for t, rest in (
        (16, [(1, 27), (-1, 8), (-1, 4), (-1, 27)]),
        (24, [(1, 4), (1, 7), (1, 9), (1, 27), (-1, 8), *((-1, k) for k in (2, 3, 4, 5, 6, 7, 27))]),
    )
}

# HorizenLabs' diagonals less 1, as its sources print them.
_DIAGONALS: dict[tuple[int, int], Vector] = {
    (BLS12_381, 4): [
        0x07564AD691BF01C8601D68757A561D224F00F313ADA673AB83E6255FB4FD5B3D,
        0x6184E3BE38549F7C0850CD069B32F6DECBFDE312DD4B8C18349B1B3776A6EAA4,
        0x419289088178AD742BE6F78425C0156B6546A18FD338F0169937DEA46CFB64D2,
        0x3244CDEC173B71A4659E2529B499362DAC10CB2FD17562860C8BB9D0FD45B787,
    ],
    (GOLDILOCKS, 8): [
        0xA98811A1FED4E3A5,
        0x1CC48B54F377E2A0,
        0xE40CD4F6C5609A26,
        0x11DE79EBCA97A4A3,
        0x9177C73D8B7E929C,
        0x2A6FE8085797E791,
        0x3DE6E93329F8D5AD,
        0x3F7AF9125DA962FE,
    ],
    (GOLDILOCKS, 12): [
        0xC3B6C08E23BA9300,
        0xD84B5DE94A324FB6,
        0x0D0C371C5B35B84F,
        0x7964F570E7188037,
        0x5DAF18BBD996604B,
        0x6743BC47B9595257,
        0x5528B9362C59BB70,
        0xAC45E25B7127B68B,
        0xA2077D7DFBB606B5,
        0xF3FAAC6FAEE378AE,
        0x0C6388B51545E883,
        0xD27DBB6944917B60,
    ],
    (BABYBEAR, 16): [
        0x0A632D94,
        0x6DB657B7,
        0x56FBDC9E,
        0x052B3D8A,
        0x33745201,
        0x5C03108C,
        0x0BEBA37B,
        0x258C2E8B,
        0x12029F39,
        0x694909CE,
        0x6D231724,
        0x21C3B222,
        0x3C0904A5,
        0x01D6ACDA,
        0x27705C83,
        0x5231C802,
    ],
    (BABYBEAR, 24): [
        0x409133F0,
        0x1667A8A1,
        0x06A6C7B6,
        0x6F53160E,
        0x273B11D1,
        0x03176C5D,
        0x72F9BBF9,
        0x73CEBA91,
        0x5CDEF81D,
        0x01393285,
        0x46DAEE06,
        0x065D7BA6,
        0x52D72D6F,
        0x05DD05E0,
        0x3BAB4B63,
        0x6ADA3842,
        0x2FC5FBEC,
        0x770D61B0,
        0x5715AAE9,
        0x03EF0E90,
        0x75B6C770,
        0x242ADF5F,
        0x00D0CA4C,
        0x36C0E388,
    ],
}

_MAKERS: dict[str, Callable[[], Poseidon2]] = {
    "bn254-t3": partial(_scalar, BN254, 3, [1, 1, 2]),
    "bls12-381-t2": partial(_scalar, BLS12_381, 2, [1, 2]),
    "bls12-381-t3": partial(_scalar, BLS12_381, 3, [1, 1, 2]),
    "bls12-381-t4": partial(_scalar, BLS12_381, 4, _DIAGONALS[BLS12_381, 4]),
    "pallas-t3": partial(_scalar, PALLAS, 3, [1, 1, 2]),
    "vesta-t3": partial(_scalar, VESTA, 3, [1, 1, 2]),
    "goldilocks-t8-horizenlabs": partial(_horizenlabs, GOLDILOCKS, 8, 22),
    "goldilocks-t12-horizenlabs": partial(_horizenlabs, GOLDILOCKS, 12, 22),
}
for _t, _rounds in ((16, 13), (24, 21)):
    _MAKERS |= {
        f"babybear-t{_t}-horizenlabs": partial(_horizenlabs, BABYBEAR, _t, _rounds),
        f"babybear-t{_t}-plonky3": partial(_plonky3, _t, _rounds, partial(grain, BABYBEAR, _t, 2 * HALF, _rounds)),
        f"babybear-t{_t}-plonky3-seed1": partial(_plonky3, _t, _rounds, partial(xoroshiro, BABYBEAR), in_order=False),
        f"babybear-t{_t}-gnark": partial(_plonky3, _t, _rounds, partial(keccak_chain, BABYBEAR, _t, 2 * HALF, _rounds)),
    }


@cache
def parameter_set(name: str) -> Poseidon2:
    """The set of a name, made when first asked for."""
    return _MAKERS[name]()


def permutation(name: str, message: bytes) -> bytes:
    """The permutation of one state."""
    chosen = parameter_set(name)
    return chosen.digest(chosen.permutation(chosen.elements(message, chosen.t)))


def compression(name: str, message: bytes) -> bytes:
    """Two nodes to one, as the set's source does it.

    HorizenLabs (t = 3): the first element of the permutation of (left, right, 0). Plonky3: the first half of the
    permutation of left || right. gnark-crypto: its second half, plus right.
    """
    chosen = parameter_set(name)
    t, p = chosen.t, chosen.p
    if t == 3:
        return chosen.digest(chosen.permutation([*chosen.elements(message, 2), 0])[:1])
    state = chosen.elements(message, t)
    mixed = chosen.permutation(state)
    if name.endswith("gnark"):
        return chosen.digest([(a + b) % p for a, b in zip(state[t // 2 :], mixed[t // 2 :], strict=True)])
    return chosen.digest(mixed[: t // 2])


COMPRESSING = (
    *("bn254-t3", "bls12-381-t3", "pallas-t3", "vesta-t3"),
    *(f"babybear-t16-{source}" for source in ("plonky3", "plonky3-seed1", "gnark")),
)
"""Sets whose source has a compression."""

HASHES: dict[str, Callable[[bytes], bytes]] = {
    **{f"poseidon2-{name}": partial(permutation, name) for name in _MAKERS},
    **{f"poseidon2-{name}-compress": partial(compression, name) for name in COMPRESSING},
}
"""Function of each algorithm."""
