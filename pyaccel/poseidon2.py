# SPDX-License-Identifier: Apache-2.0
"""Names and rows of Poseidon2: which field elements a row holds, and what is wrong with one."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from pyaccel.rows import Rows

MODULI = {
    "bn254": 0x30644E72E131A029B85045B68181585D2833E84879B9709143E1F593F0000001,
    "bls12-381": 0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001,
    "pallas": 0x40000000000000000000000000000000224698FC094CF91B992D30ED00000001,
    "vesta": 0x40000000000000000000000000000000224698FC0994A8DD8C46EB2100000001,
    "goldilocks": 0xFFFFFFFF00000001,
    "babybear": 0x78000001,
}
"""Modulus of each field: scalar fields of BN254 and BLS12-381, base fields of Pallas and Vesta, 64 and 31 bits."""

_WIDTHS = {"bn254-t3": 3, "bls12-381-t2": 2, "bls12-381-t3": 3, "bls12-381-t4": 4, "pallas-t3": 3, "vesta-t3": 3}
_WIDTHS |= {f"goldilocks-t{t}-horizenlabs": t for t in (8, 12)}
_WIDTHS |= {f"babybear-t{t}-{of}": t for t in (16, 24) for of in ("horizenlabs", "plonky3", "plonky3-seed1", "gnark")}
_COMPRESSING = (
    *("bn254-t3", "bls12-381-t3", "pallas-t3", "vesta-t3"),
    *(f"babybear-t16-{of}" for of in ("plonky3", "plonky3-seed1", "gnark")),
)


@dataclass(frozen=True)
class Elements:
    """What the rows of an algorithm hold.

    Attributes:
        algorithm: its name.
        field: name of its field.
        modulus: every element is below it.
        size: bytes of an element, little-endian.
        t: elements of the state.
        count: elements of a row.
        digest_size: bytes.
    """

    algorithm: str
    field: str
    modulus: int
    size: int
    t: int
    count: int
    digest_size: int

    @property
    def compresses(self) -> bool:
        """Whether it is a compression, not a permutation."""
        return self.algorithm.endswith("-compress")

    @property
    def width(self) -> int:
        """Bytes of a row."""
        return self.count * self.size

    def require_width(self, rows: Rows, n: int) -> None:
        """ValueError, with its number, where one of the first n rows has another length."""
        first = 0
        for piece in rows.pieces:
            found = min(n - first, piece.count or n)
            lengths = piece.lengths(found) if piece.offsets is not None else None
            if lengths is None:
                wrong = 0 if piece.width != self.width and found else found
            else:
                bad = lengths != self.width
                wrong = int(bad.argmax()) if bad.any() else found
            if wrong < found:
                came = piece.width if lengths is None else lengths[wrong]
                raise ValueError(
                    f"messages: row {first + wrong} has {came} bytes; {self.algorithm} takes {self.width}, "
                    f"{self.count} elements of {self.size}"
                )
            first += found

    def require_canonical(self, rows: Rows, n: int) -> None:
        """ValueError, with row and element, where an element of the first n rows is not below the modulus.

        Before: their widths are right.
        """
        first = 0
        for piece in rows.pieces:
            found = min(n - first, piece.count or n)
            wrong = self._first_wrong(piece, found)
            if wrong is not None:
                row, element = divmod(wrong, self.count)
                raise ValueError(
                    f"messages: row {first + row}, element {element} is not below the modulus {self.modulus:#x}"
                )
            first += found

    def packed(self, rows: Rows, first: int, n: int) -> npt.NDArray[np.uint8]:
        """Rows first .. first + n one after the other, uint8[n, width], copied only where they are not.

        Before: their widths are right.
        """
        if rows.offsets is None:
            array = rows.array(first + n)
            assert array is not None
            return np.ascontiguousarray(array[first:])
        start = int(rows.offsets[first])
        return rows.data[start : start + n * self.width].reshape(n, self.width)

    def _first_wrong(self, rows: Rows, n: int) -> int | None:
        """Number of the first element, counted through the rows, that is not below the modulus."""
        words = self.packed(rows, 0, n).reshape(-1).view("<u4" if self.size == 4 else "<u8")
        if self.size < 32:
            wrong = words >= self.modulus
        else:
            wrong = self._wrong_wide(words.reshape(-1, 4))
        return int(wrong.argmax()) if wrong.any() else None

    def _wrong_wide(self, words: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
        """Which numbers of four words are not below the modulus."""
        top = self.modulus >> 192
        wrong = words[:, 3] > top
        for i in np.flatnonzero(words[:, 3] == top):
            wrong[i] = int.from_bytes(words[i].tobytes(), "little") >= self.modulus
        return wrong


def _elements() -> dict[str, Elements]:
    found = {}
    for name, t in _WIDTHS.items():
        field = name.partition("-t")[0]
        modulus = MODULI[field]
        size = 4 if modulus < 2**32 else 8 if modulus < 2**64 else 32
        algorithm = f"poseidon2-{name}"
        found[algorithm] = Elements(algorithm, field, modulus, size, t, t, t * size)
    for name in _COMPRESSING:
        whole = found[f"poseidon2-{name}"]
        algorithm = f"{whole.algorithm}-compress"
        found[algorithm] = replace(whole, algorithm=algorithm, count=64 // whole.size, digest_size=32)
    return found


ELEMENTS = _elements()
"""The rows of each algorithm: permutations of t elements, and 2-to-1 compressions of two nodes of 32 bytes."""
