# SPDX-License-Identifier: Apache-2.0
"""Multiples of the base point of secp256k1, as kernels/verify/secp256k1.cl reads them."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from pyaccel.backends.weierstrass_base import Point, double, odd_multiples, packed

SHIFT = 132
"""The second half of the table is of 2^132 G: 11 windows (BASE_DIGITS) further up."""

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
"""n, of the group (SEC 2, 2.4.1)."""

_P = 2**256 - 2**32 - 977
_G: Point = (
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
)
"""x and y (SEC 2, 2.4.1)."""


@cache
def base_rows() -> npt.NDArray[np.uint32]:
    """uint32[4 * ENTRIES, 8], words least significant first: x, y of (2 k + 1) G for k < ENTRIES, then of 2^132 G.

    60 ms.
    """
    shifted = _G
    for _ in range(SHIFT):
        shifted = double(_P, 0, shifted)
    points = odd_multiples(_P, 0, _G) + odd_multiples(_P, 0, shifted)
    return packed((number for point in points for number in point), 8)
