# SPDX-License-Identifier: Apache-2.0
"""Multiples of the base point of edwards25519, as kernels/verify/ed25519.cl reads them."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

POINTS = 2 ** (10 - 1) + 1
"""0 B .. 512 B: absolute values of signed digits of 10 bits (BASE_WINDOW)."""

_P = 2**255 - 19
_D = -121665 * pow(121666, -1, _P) % _P
_B = (
    0x216936D3CD6E53FEC0A4E231FDD6DC5C692CC7609525A7B2C9562D608F25D51A,
    0x6666666666666666666666666666666666666666666666666666666666666658,
)
"""x and y (RFC 8032, 5.1)."""


@cache
def base_rows() -> npt.NDArray[np.uint32]:
    """uint32[3 * POINTS, 8], words least significant first: of each k B the rows y + x, y - x, 2 d x y modulo p.

    Two inversions a point, 16 ms in all.
    """
    bx, by = _B
    x, y, numbers = 0, 1, []
    for _ in range(POINTS):
        numbers += [(y + x) % _P, (y - x) % _P, 2 * _D * x * y % _P]
        product = _D * x * bx * y * by % _P
        x, y = (
            (x * by + bx * y) * pow(1 + product, -1, _P) % _P,
            (y * by + x * bx) * pow(1 - product, -1, _P) % _P,
        )
    packed = b"".join(number.to_bytes(32, "little") for number in numbers)
    return np.frombuffer(packed, "<u4").astype(np.uint32).reshape(-1, 8)
