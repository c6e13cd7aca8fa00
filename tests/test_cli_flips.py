# SPDX-License-Identifier: Apache-2.0
"""One byte of a block changed: exactly the checks that it affects fail, and are named, or the offset is."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
from cli_support import BLOCK_300025, BLOCK_482683, SPENT_300025, Region, Walker
from hypothesis import given, settings
from hypothesis import strategies as st

from pyaccel.cli.bitcoin_checks import verify_blocks
from pyaccel.cli.errors import UnusableInputError
from pyaccel.cli.report import Report
from pyaccel.cli.runner import Runner

BLOCK = BLOCK_300025.read_bytes()
SMALL = BLOCK_482683.read_bytes()
WALKER = Walker(BLOCK)


def _verified(block: bytes, *, spent: bool) -> Report:
    return verify_blocks(Path("block"), block, Runner("native"), SPENT_300025 if spent else None)


def _flipped(block: bytes, offset: int, change: int) -> bytes:
    return block[:offset] + bytes((block[offset] ^ change,)) + block[offset + 1 :]


def _bad(report: Report) -> dict[str, list[dict[str, int]]]:
    return {name: [dict(bad.index) for bad in check.bad] for name, check in report.checks.items() if check.bad}


def _inputs(transaction: int) -> list[int]:
    """P2PKH inputs of a transaction of block 300025: all whose scripts do not begin with 00, as multisig ones do."""
    scripts = [r for r in WALKER.regions if r.what == "scriptSig" and r.transaction == transaction]
    return [r.input for r in scripts if BLOCK[r.start] != 0 and transaction > 0]


def _hash_types(transaction: int) -> set[int]:
    """Hash types of a transaction's P2PKH inputs: the last byte of the first push."""
    scripts = [r for r in WALKER.regions if r.what == "scriptSig" and r.transaction == transaction]
    return {BLOCK[r.start + BLOCK[r.start]] for r in scripts if r.input in _inputs(transaction)}


@pytest.mark.parametrize("offset", range(80))
def test_every_byte_of_the_header(offset: int) -> None:
    bad = _bad(_verified(_flipped(SMALL, offset, 0x01), spent=False))
    assert bad == ({"proof of work": [{}], "Merkle root": [{}]} if 36 <= offset < 68 else {"proof of work": [{}]})


def _sample(what: str, count: int) -> list[Region]:
    regions = [r for r in WALKER.regions if r.what == what and r.transaction > 0 and r.end > r.start]
    return random.Random(what).sample(regions, count)


@pytest.mark.parametrize("what", ["version", "outpoint", "sequence", "value", "scriptPubKey", "lock time"])
def test_a_byte_that_all_inputs_sign(what: str) -> None:
    for region in _sample(what, 6):
        if _hash_types(region.transaction) - {1}:
            continue
        offset = random.Random(region.start).randrange(region.start, region.end)
        bad = _bad(_verified(_flipped(BLOCK, offset, 0x10), spent=True))
        signatures = [{"transaction": region.transaction, "input": i} for i in _inputs(region.transaction)]
        assert bad.pop("P2PKH signatures", []) == signatures
        assert bad.pop("Merkle root") == [{}]
        # A changed value may be more than there is, or take from the fees that the coinbase collects.
        allowed = {"amounts", "transaction form"} if what == "value" else set()
        assert set(bad) <= allowed
        assert all(place["transaction"] in (0, region.transaction) for places in bad.values() for place in places)


@pytest.mark.parametrize(("part", "checks"), [
    ("s", {"Merkle root", "P2PKH signatures"}),
    ("r", {"Merkle root", "P2PKH signatures"}),
    ("hash type", {"Merkle root", "P2PKH signatures"}),
    ("key", {"Merkle root", "P2PKH signatures", "key hashes"}),
])  # fmt: skip
@pytest.mark.parametrize("spent", [True, False])
def test_a_byte_of_one_signature_or_key(part: str, checks: set[str], *, spent: bool) -> None:
    for region in [r for r in _sample("scriptSig", 8) if r.input in _inputs(r.transaction)]:
        signature = BLOCK[region.start]
        assert BLOCK[region.start + 1] == 0x30
        offset = {
            "s": region.start + signature - 3,
            "r": region.start + 20,
            "hash type": region.start + signature,
            "key": region.end - 5,
        }[part]
        bad = _bad(_verified(_flipped(BLOCK, offset, 0x04), spent=spent))
        place = {"transaction": region.transaction, "input": region.input}
        expected = checks if spent else checks - {"key hashes"}
        assert bad == {name: [{}] if name == "Merkle root" else [place] for name in expected}


@pytest.mark.parametrize("seed", range(60))
def test_any_byte_of_block_300025(seed: int) -> None:
    generator = random.Random(seed)
    offset, change = generator.randrange(80, len(BLOCK)), generator.randrange(1, 256)
    region = WALKER.region_of(offset)
    try:
        report = _verified(_flipped(BLOCK, offset, change), spent=True)
    except UnusableInputError as error:
        assert region.what == "length"
        found = re.search(r"offset (\d+)", str(error))
        assert found
        assert int(found[1]) >= region.start
        return
    bad = _bad(report)
    assert bad.pop("Merkle root") == [{}]
    assert "proof of work" not in bad
    if region.what == "scriptSig":
        place = {"transaction": region.transaction, "input": region.input}
        bad.pop("transaction form", None)
        assert all(places == [place] for places in bad.values())
    elif region.what != "length":
        own = {0, region.transaction}
        assert all(place["transaction"] in own for places in bad.values() for place in places)


@pytest.mark.parametrize("seed", range(20))
def test_any_bit_of_block_300025_without_what_it_spends(seed: int) -> None:
    generator = random.Random(1000 + seed)
    offset, change = generator.randrange(len(BLOCK)), 1 << generator.randrange(8)
    try:
        report = _verified(_flipped(BLOCK, offset, change), spent=False)
    except UnusableInputError as error:
        refused = str(error)
    else:
        assert set(_bad(report)) & {"proof of work", "Merkle root"}
        return
    assert re.search(r"block: offset \d+: ", refused)
    assert WALKER.region_of(offset).what == "length"


@settings(max_examples=120, deadline=None)
@given(offset=st.integers(0, len(SMALL) - 1), change=st.integers(1, 255))
def test_any_byte_of_a_block_with_witnesses(offset: int, change: int) -> None:
    try:
        report = _verified(_flipped(SMALL, offset, change), spent=False)
    except UnusableInputError as error:
        refused = str(error)
    else:
        assert set(_bad(report)) & {"proof of work", "Merkle root", "witness commitment"}
        return
    assert re.search(r"block: offset \d+: ", refused)


@settings(max_examples=150, deadline=None)
@given(size=st.integers(0, len(SMALL) - 1))
def test_any_truncation_names_an_offset_in_the_file(size: int) -> None:
    with pytest.raises(UnusableInputError) as raised:
        _verified(SMALL[:size], spent=False)
    found = re.search(r"block: offset (\d+): ", str(raised.value))
    assert found
    assert int(found[1]) <= size


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_refused_in_one_line(data: bytes) -> None:
    with pytest.raises(UnusableInputError) as raised:
        _verified(data, spent=False)
    assert "\n" not in str(raised.value)
