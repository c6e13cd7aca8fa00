# SPDX-License-Identifier: Apache-2.0
"""Public keys on short Weierstrass curves, as kernels take them: told apart by the host, decoded on the device."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from pyaccel.backends.device_kept import in_order

if TYPE_CHECKING:
    from pyaccel.backends.device_rows import HostRows

Bytes = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.uint32]

WHOLE, EVEN = 1, 2
"""What the bytes of a key are, in the numbers of kernels/verify/key_kinds.h: x and y; x, with y even (odd: 1 more)."""


@dataclass(frozen=True)
class Keys:
    """Public keys as the kernels take them.

    Attributes:
        encoded: uint8[m, 2 * size], x and y.
        kinds: uint8[m], what of them counts; 0: no key has this form.
        sized: bool[m], whether a key has one of the lengths that keys have.
    """

    encoded: Bytes
    kinds: Bytes
    sized: npt.NDArray[np.bool_]

    @classmethod
    def of(
        cls, rows: HostRows, which: slice | Numbers, size: int, before: Mapping[int, bytes], *, hybrid: bool = False
    ) -> Keys:
        """The keys of these rows, told apart as in csrc/verify/secp256k1_rows.c and weierstrass_rows.c.

        Args:
            rows: all keys.
            which: of them.
            size: bytes of a coordinate.
            before: what stands before a point, by the bytes that a point may have: size + 1, 2 * size, 2 * size + 1.
            hybrid: 06 and 07 count too, where y is as even or odd as they say.
        """
        n = which.stop - which.start if isinstance(which, slice) else len(which)
        keys = cls(np.zeros((n, 2 * size), np.uint8), np.zeros(n, np.uint8), np.zeros(n, np.bool_))
        widths = rows.widths(which)
        for width, prefix in before.items():
            if len(prefix) + width not in widths:
                continue
            found, good = rows.part(which, len(prefix) + width)
            keys.sized[good] = True
            good &= (found[:, : len(prefix)] == np.frombuffer(prefix, np.uint8)).all(axis=1)
            point = found[good, len(prefix) :]
            head = point[:, 0]
            if width == size + 1:
                keys.kinds[good] = np.where(head >> 1 == 1, head, 0)  # 02 and 03, which are EVEN and EVEN + 1
                keys.encoded[good, :size] = point[:, 1:]
            elif width == 2 * size:
                keys.kinds[good] = WHOLE
                keys.encoded[good] = point
            else:
                whole = (head == 4) | (hybrid & (head == (6 | (point[:, -1] & 1))))
                keys.kinds[good] = np.where(whole, WHOLE, 0)
                keys.encoded[good] = point[:, 1:]
        return keys


def distinct(keys: HostRows, first: int, last: int) -> tuple[slice | Numbers, Numbers]:
    """The keys that rows first .. last have, each once; and which of them each row has."""
    if keys.one_for_all:
        return slice(0, 1), np.zeros(last - first, np.uint32)
    if keys.index is None:
        return slice(first, last), in_order(last - first)
    which, served = np.unique(keys.index[first:last], return_inverse=True)
    return which, served.astype(np.uint32)
