# SPDX-License-Identifier: Apache-2.0
"""Poseidon2 of arbitrary rows against golden; elements at the edges; rows that are refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from implementations import Implementation
from poseidon2_support import FIELDS, algorithms, every_way, row

import pyaccel
from examples import examples
from pyaccel.golden.hashing import HASHES
from pyaccel.poseidon2 import ELEMENTS

_PERMUTATION = "poseidon2-babybear-t16-plonky3"
_COMPRESSION = "poseidon2-bn254-t3-compress"


def _edges(algorithm: str) -> list[int]:
    """Values at which carries and reductions turn, all below the modulus."""
    elements = ELEMENTS[algorithm]
    p, bits = elements.modulus, elements.modulus.bit_length()
    found = {0, 1, 2, p - 1, p - 2, p // 2, p // 2 + 1, p >> 1, 2 ** (bits - 1) - 1, 2 ** (bits - 1)}
    found |= {2**k - 1 for k in (31, 32, 63, 64, 128, 192)} | {2**k for k in (32, 64, 96, 192)}
    return sorted(value for value in found if value < p)


def _test_of(field: str) -> Any:
    @every_way(field, golden=False)
    @pytest.mark.parametrize("algorithm", algorithms(field))
    @examples(4)
    @example(n=1, seed=0)
    @example(n=19, seed=1)
    @given(n=st.integers(1, 40), seed=st.integers(0, 2**32))
    def test(implementation: Implementation, algorithm: str, n: int, seed: int) -> None:
        elements = ELEMENTS[algorithm]
        random = np.random.default_rng(seed)
        edges = _edges(algorithm)

        def element() -> int:
            if random.integers(3) == 0:
                return edges[random.integers(len(edges))]
            return int.from_bytes(random.bytes(40), "little") % elements.modulus

        rows = [row(algorithm, [element() for _ in range(elements.count)]) for _ in range(n)]
        got = implementation.hash_many(algorithm, rows)
        for i in {0, n // 2, n - 1}:
            assert got[i] == HASHES[algorithm](rows[i])
        # In a full batch every row is in another lane, and has the same digest.
        full = implementation.hash_many(algorithm, (rows * 64)[: 64 + n])
        assert full == (got * 64)[: 64 + n]
        implementation.ran(n)

    test.__doc__ = f"Rows over {field}."
    return test


test_bn254 = _test_of("bn254")
test_bls12_381 = _test_of("bls12-381")
test_pallas = _test_of("pallas")
test_vesta = _test_of("vesta")
test_goldilocks = _test_of("goldilocks")
test_babybear = _test_of("babybear")


def _refusals_of(field: str) -> Any:
    @every_way(field)
    @pytest.mark.parametrize("algorithm", algorithms(field))
    def test(implementation: Implementation, algorithm: str) -> None:
        elements = ELEMENTS[algorithm]
        good = row(algorithm, [elements.modulus - 1] * elements.count)
        wholly = 256**elements.size - 1
        # A good batch first: what is refused runs nowhere, so that counts could not tell who refused it.
        assert implementation.hash_many(algorithm, [good] * 17) == [HASHES[algorithm](good)] * 17
        for i in range(elements.count):
            for value in {elements.modulus, elements.modulus + 1, wholly}:
                values = [elements.modulus - 1] * elements.count
                values[i] = value
                rows = [good] * 15 + [row(algorithm, values)] + [good]
                message = f"messages: row 15, element {i} is not below the modulus {elements.modulus:#x}"
                with pytest.raises(ValueError, match=f"^{message}$"):
                    implementation.hash_many(algorithm, rows)
        implementation.ran()

    test.__doc__ = f"An element of {field} that is not below the modulus, wherever it stands."
    return test


test_refused_bn254 = _refusals_of("bn254")
test_refused_bls12_381 = _refusals_of("bls12-381")
test_refused_pallas = _refusals_of("pallas")
test_refused_vesta = _refusals_of("vesta")
test_refused_goldilocks = _refusals_of("goldilocks")
test_refused_babybear = _refusals_of("babybear")


def test_every_field_is_tested() -> None:
    """One test of each kind a field."""
    for field in FIELDS:
        name = field.replace("-", "_")
        assert f"test_{name}" in globals()
        assert f"test_refused_{name}" in globals()


@pytest.mark.parametrize("algorithm", ELEMENTS)
def test_rows_of_another_length(algorithm: str) -> None:
    """The row is named, whatever the rows are packed as."""
    width = ELEMENTS[algorithm].width
    for wrong in (0, 1, width - 1, width + 1, 2 * width):
        with pytest.raises(ValueError, match=f"^messages: row 2 has {wrong} bytes; {algorithm} takes {width}, "):
            pyaccel.hash_many(algorithm, [bytes(width), bytes(width), bytes(wrong), bytes(width)])
        with pytest.raises(ValueError, match=f"^messages: row 0 has {wrong} bytes; {algorithm} takes {width}, "):
            pyaccel.hash_many(algorithm, np.zeros((3, wrong), np.uint8))
    assert pyaccel.hash_many(algorithm, []).shape == (0, ELEMENTS[algorithm].digest_size)


def _bad_row(algorithm: str) -> bytes:
    elements = ELEMENTS[algorithm]
    return row(algorithm, [0] * (elements.count - 1) + [elements.modulus])


@pytest.mark.parametrize("algorithm", [_PERMUTATION, _COMPRESSION, "poseidon2-goldilocks-t8-horizenlabs"])
def test_nothing_is_written_where_a_row_is_refused(algorithm: str) -> None:
    """`out` stays as it was, though the C library closes what it was given."""
    elements = ELEMENTS[algorithm]
    out = np.full((40, elements.digest_size), 0xAA, np.uint8)
    rows = [bytes(elements.width)] * 39
    for bad in ([*rows, bytes(elements.width - 1)], [*rows, _bad_row(algorithm)]):
        with pytest.raises(ValueError, match=r"^messages: row 39"):
            pyaccel.hash_many(algorithm, bad, out=out)
        assert (out == 0xAA).all()
    rows.append(bytes(elements.width))
    pyaccel.hash_many(algorithm, rows, out=out)
    assert {bytes(digest) for digest in out} == {HASHES[algorithm](rows[0])}


def _forms(rows: list[bytes]) -> list[Any]:
    n, width = len(rows), len(rows[0])
    flat = b"".join(rows)
    wide = np.zeros((n, width + 5), np.uint8)
    wide[:, 3 : 3 + width] = np.frombuffer(flat, np.uint8).reshape(n, width)
    return [
        rows,
        np.frombuffer(flat, np.uint8).reshape(n, width),
        wide[:, 3 : 3 + width],
        pyaccel.Rows(flat, width=width),
        pyaccel.Rows(b"\xff" * 7 + flat, offsets=(np.arange(n + 1) * width + 7).astype(np.int64)),
    ]


@pytest.mark.parametrize("algorithm", [_PERMUTATION, _COMPRESSION])
def test_forms_of_rows(algorithm: str) -> None:
    """Lists, arrays, strided views and offsets hash alike, and name the same row."""
    elements = ELEMENTS[algorithm]
    random = np.random.default_rng(3)
    rows = [row(algorithm, [int(value) for value in random.integers(0, 2**30, elements.count)]) for _ in range(21)]
    expected = [HASHES[algorithm](message) for message in rows]
    for form in _forms(rows):
        assert [bytes(digest) for digest in pyaccel.hash_many(algorithm, form)] == expected
    rows[13] = _bad_row(algorithm)
    for form in _forms(rows):
        with pytest.raises(ValueError, match=f"^messages: row 13, element {elements.count - 1} is not below"):
            pyaccel.hash_many(algorithm, form)


def test_no_message_in_pieces() -> None:
    """A row is no message of any length: neither `new` nor `hash_file` takes it."""
    for algorithm in (_PERMUTATION, _COMPRESSION):
        with pytest.raises(ValueError, match=f"^{algorithm} takes rows of field elements"):
            pyaccel.hashing.new(algorithm)
        with pytest.raises(ValueError, match=f"^{algorithm} takes rows of field elements"):
            pyaccel.hashing.hash_file(algorithm, __file__)


def test_no_key_and_no_other_digest_size() -> None:
    """It has no parameters but its name."""
    message = [bytes(64)]
    with pytest.raises(ValueError, match="takes no key"):
        pyaccel.hash_many(_PERMUTATION, message, key=b"k")
    with pytest.raises(ValueError, match="takes no context"):
        pyaccel.hash_many(_PERMUTATION, message, context="c")
    with pytest.raises(ValueError, match=r"^digest_size: 32 came; poseidon2-babybear-t16-plonky3 has 64 bytes$"):
        pyaccel.hash_many(_PERMUTATION, message, digest_size=32)
