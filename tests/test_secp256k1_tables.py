# SPDX-License-Identifier: Apache-2.0
"""Tables of multiples of secp256k1's generator, read from their C source, against libsecp256k1."""

from __future__ import annotations

import re
from pathlib import Path

import coincurve
import pytest

TABLES = Path(__file__).resolve().parent.parent / "csrc" / "tables"
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


@pytest.mark.parametrize(
    ("name", "step", "blocks", "size"), [("secp256k1_base", 128, 2, 512), ("secp256k1_windows", 8, 32, 128)]
)
def test_table_holds_odd_multiples_of_the_generator(name: str, step: int, blocks: int, size: int) -> None:
    text = (TABLES / f"{name}.c").read_text()
    words = [int(word, 16) for word in re.findall(r"0x([0-9a-f]{16})", text)]
    numbers = [sum(word << 64 * i for i, word in enumerate(words[at : at + 4])) for at in range(0, len(words), 4)]
    assert f"[{blocks}][{size}][2] =" in text
    assert len(numbers) == 2 * blocks * size
    points = zip(numbers[::2], numbers[1::2], strict=True)
    scalars = ((2 * i + 1) * 2 ** (step * k) % ORDER for k in range(blocks) for i in range(size))
    for point, scalar in zip(points, scalars, strict=True):
        assert coincurve.PrivateKey.from_int(scalar).public_key.point() == point
