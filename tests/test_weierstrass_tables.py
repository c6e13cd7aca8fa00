# SPDX-License-Identifier: Apache-2.0
"""Tables of multiples of generators, read from their C source, against the cryptography package and, of SM2, golden."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from pyaccel.golden import sm2

TABLES = Path(__file__).resolve().parent.parent / "csrc" / "tables"

P256 = ec.SECP256R1(), 2**256 - 2**224 + 2**192 + 2**96 - 1, 4, 260
P384 = ec.SECP384R1(), 2**384 - 2**128 - 2**96 + 2**32 - 1, 6, 384
ORDERS = {
    P256: 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    P384: 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973,
}
Field = tuple[ec.EllipticCurve, int, int, int]


@pytest.mark.parametrize(
    ("name", "field", "blocks", "size", "every"),
    [
        ("p256_base", P256, 1, 512, 1),
        ("p256_windows", P256, 32, 128, 1),
        ("p384_base", P384, 1, 512, 1),
        ("p384_windows", P384, 48, 128, 5),
    ],
)
def test_table_holds_odd_multiples_of_the_generator(
    name: str, field: Field, blocks: int, size: int, every: int
) -> None:
    curve, p, width, form = field
    text = (TABLES / f"{name}.c").read_text()
    words = [int(word, 16) for word in re.findall(r"0x([0-9a-f]{16})", text)]
    rows = (words[at : at + width] for at in range(0, len(words), width))
    stored = [sum(word << 64 * i for i, word in enumerate(row)) for row in rows]
    assert f"[{size}][2] =" in text
    assert len(stored) == 2 * blocks * size
    assert max(stored) < p
    out_of_form = pow(2, -form, p)
    for at in range(0, blocks * size, every):
        scalar = (2 * (at % size) + 1) * 2 ** (8 * (at // size)) % ORDERS[field]
        numbers = ec.derive_private_key(scalar, curve).public_key().public_numbers()
        assert (stored[2 * at] * out_of_form % p, stored[2 * at + 1] * out_of_form % p) == (numbers.x, numbers.y)


@pytest.mark.parametrize(("name", "blocks", "size"), [("sm2_base", 1, 512), ("sm2_windows", 32, 128)])
def test_table_of_sm2_holds_odd_multiples_of_the_generator(name: str, blocks: int, size: int) -> None:
    curve = sm2.CURVE
    words = [int(word, 16) for word in re.findall(r"0x([0-9a-f]{16})", (TABLES / f"{name}.c").read_text())]
    rows = (words[at : at + 4] for at in range(0, len(words), 4))
    stored = [sum(word << 64 * i for i, word in enumerate(row)) for row in rows]
    assert len(stored) == 2 * blocks * size
    out_of_form = pow(2, -260, curve.p)
    for at in range(0, blocks * size, 7):
        scalar = (2 * (at % size) + 1) * 2 ** (8 * (at // size)) % curve.n
        point = curve.affine(curve.multiply(scalar, curve.g))
        assert (stored[2 * at] * out_of_form % curve.p, stored[2 * at + 1] * out_of_form % curve.p) == point
