# SPDX-License-Identifier: Apache-2.0
"""recover_many as users call it; signatures by coincurve, which is libsecp256k1."""

from __future__ import annotations

import hashlib
import threading

import numpy as np
import pyarrow as pa
import pytest
from coincurve import PrivateKey

import pyaccel
from pyaccel.golden.keccak import keccak256
from pyaccel.golden.secp256k1 import N as ORDER

DEVICES = ["native", "golden"]
N = 12
PRIVATE = [PrivateKey(hashlib.sha256(bytes([i])).digest()) for i in range(N)]
DIGESTS = [hashlib.sha256(bytes([i, i])).digest() for i in range(N)]
SIGNATURES = [key.sign_recoverable(digest, hasher=None) for key, digest in zip(PRIVATE, DIGESTS, strict=True)]
RAW = [signature[:64] for signature in SIGNATURES]
IDS = [signature[64] for signature in SIGNATURES]
KEYS = [key.public_key.format(compressed=False)[1:] for key in PRIVATE]
ADDRESSES = [keccak256(key)[12:] for key in KEYS]
RULES = ["secp256k1", "ethereum-transaction", "ethereum-precompile"]


def rows(array: np.ndarray) -> list[bytes]:
    return [bytes(row) for row in array]


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("rule", RULES)
def test_keys_and_addresses(rule, device):
    assert len(set(IDS)) == 2
    keys, found = pyaccel.recover_many(DIGESTS, SIGNATURES, rule=rule, device=device)
    assert (keys.dtype, keys.shape, found.dtype) == (np.uint8, (N, 64), np.bool_)
    assert found.all()
    assert rows(keys) == KEYS
    addresses, found = pyaccel.recover_many(DIGESTS, RAW, IDS, rule=rule, addresses=True, device=device)
    assert (addresses.shape, rows(addresses)) == ((N, 20), ADDRESSES)
    assert found.all()


@pytest.mark.parametrize("device", DEVICES)
def test_rows_that_have_no_key_are_zeros(device):
    signatures, digests = list(SIGNATURES), list(DIGESTS)
    signatures[1] = SIGNATURES[1][:64]
    signatures[3] = b""
    signatures[5] = bytes(32) + SIGNATURES[5][32:]
    signatures[6] = SIGNATURES[6][:32] + ORDER.to_bytes(32, "big") + SIGNATURES[6][64:]
    signatures[7] = SIGNATURES[7][:64] + bytes([29])
    signatures[8] = SIGNATURES[8][:64] + bytes([IDS[8] + 27])
    signatures[9] = SIGNATURES[9][:64] + bytes([IDS[9] + 2])
    digests[10] = DIGESTS[10][:-1]
    keys, found = pyaccel.recover_many(digests, signatures, device=device)
    assert np.flatnonzero(~found).tolist() == [1, 3, 5, 6, 7, 9, 10]
    assert not keys[~found].any()
    assert rows(keys[found]) == [KEYS[i] for i in (0, 2, 4, 8, 11)]


@pytest.mark.parametrize("device", DEVICES)
def test_what_rules_take(device):
    """The other signature of a digest, (r, n - s) with the opposite parity, has the same key."""
    high = [
        raw[:32] + (ORDER - int.from_bytes(raw[32:], "big")).to_bytes(32, "big") + bytes([v ^ 1])
        for raw, v in zip(RAW, IDS, strict=True)
    ]
    for rule, takes in zip(RULES, (True, False, True), strict=True):
        keys, found = pyaccel.recover_many(DIGESTS, high, rule=rule, device=device)
        assert found.tolist() == [takes] * N
        assert rows(keys) == (KEYS if takes else [bytes(64)] * N)


@pytest.mark.parametrize("device", DEVICES)
def test_every_v(device):
    """27 and 28 are values of v, not ids; a number that is neither is False, whatever its type."""
    for rule in RULES:
        _, by_v = pyaccel.recover_many(DIGESTS[0], [RAW[0] + bytes([v]) for v in range(256)], rule=rule, device=device)
        ids = [*range(256), -1, 256, 1 << 40, -(1 << 63)]
        _, by_id = pyaccel.recover_many(DIGESTS[0], [RAW[0]] * len(ids), ids, rule=rule, device=device)
        # r + n is no abscissa of this r: ids 2 and 3 have no key.
        assert np.flatnonzero(by_v).tolist() == [0, 1, 27, 28]
        assert np.flatnonzero(by_id).tolist() == [0, 1]


def test_forms_of_rows():
    packed = np.frombuffer(b"".join(d + s for d, s in zip(DIGESTS, SIGNATURES, strict=True)), np.uint8).reshape(N, 97)
    for digests, signatures, ids in (
        (packed[:, :32], packed[:, 32:], None),
        (packed[:, :32], packed[:, 32:96], packed[:, 96]),
        (tuple(DIGESTS), np.frombuffer(b"".join(RAW), np.uint8).reshape(N, 64), np.array(IDS, np.int64)),
        (pa.array(DIGESTS), pa.array(SIGNATURES), None),
        (pa.chunked_array([DIGESTS[:5], DIGESTS[5:]]), pa.chunked_array([RAW[:3], RAW[3:]]), tuple(IDS)),
        (pyaccel.Rows(packed.reshape(-1), width=32, stride=97), SIGNATURES, None),
    ):
        keys, found = pyaccel.recover_many(digests, signatures, ids)
        assert found.all()
        assert rows(keys) == KEYS
    keys, found = pyaccel.recover_many(DIGESTS[4], SIGNATURES[4:5])
    assert (rows(keys), found.tolist()) == ([KEYS[4]], [True])


def test_empty_batch():
    for ids in (None, []):
        for addresses, width in ((False, 64), (True, 20)):
            keys, found = pyaccel.recover_many([], [], ids, addresses=addresses)
            assert (keys.shape, found.shape) == ((0, width), (0,))


@pytest.mark.parametrize(
    ("arguments", "options", "error", "said"),
    [
        ((DIGESTS, RAW[:5], IDS[:5]), {}, ValueError, "digests: 12 rows came for 5 signatures"),
        ((DIGESTS, RAW, IDS[:5]), {}, ValueError, r"recovery_ids: shape \(5,\) came; wanted \(12,\)"),
        ((DIGESTS, RAW, [0.5] * N), {}, TypeError, "recovery_ids: float64 came"),
        ((DIGESTS, RAW, [IDS]), {}, ValueError, "recovery_ids: an array of shape"),
        ((DIGESTS, RAW, "00"), {}, TypeError, "recovery_ids"),
        (
            (DIGESTS, RAW, bytes(IDS)),
            {},
            TypeError,
            r"came; wanted whole numbers, one a signature \(of bytes: list\(ids\)",
        ),
        (
            ([d.hex() for d in DIGESTS], SIGNATURES),
            {},
            TypeError,
            r"digests\[0\]: a str came; .*bytes\.fromhex\(text\)",
        ),
        ((DIGESTS, SIGNATURES[0]), {}, ValueError, "signatures: one value for all rows came"),
        ((DIGESTS, "00"), {}, TypeError, "signatures: a str came"),
        (([1], SIGNATURES[:1]), {}, TypeError, "digests"),
        (
            (np.zeros((3, 31), np.uint8), SIGNATURES[:3]),
            {},
            ValueError,
            "digests: 3 rows of 31 bytes each came; wanted 32",
        ),
        (
            (DIGESTS[0], np.zeros((3, 64), np.uint8)),
            {},
            ValueError,
            "signatures: 3 rows of 64 bytes each came; wanted 65",
        ),
        ((DIGESTS[0], np.zeros((3, 65), np.uint8), [0] * 3), {}, ValueError, "65 bytes each came; wanted 64"),
        (
            (DIGESTS, SIGNATURES),
            {"rule": "bitcoin"},
            ValueError,
            "secp256k1, ethereum-transaction, ethereum-precompile",
        ),
        ((DIGESTS, SIGNATURES), {"rule": None}, ValueError, "rule of recovery None is unknown"),
        ((DIGESTS, SIGNATURES), {"device": "tpu"}, ValueError, "tpu"),
    ],
)
def test_wrong_calls(arguments, options, error, said):
    with pytest.raises(error, match=said):
        pyaccel.recover_many(*arguments, **options)


def test_names():
    assert pyaccel.recovery_rules() == tuple(RULES)
    assert str(pyaccel.explain("recover_many", n=1000, rule="ethereum-transaction", addresses=True))
    assert "rule=secp256k1, addresses=False" in str(pyaccel.explain("recover_many", n=1000))


def test_threads_of_callers():
    """Calls from several threads at once, long enough to be spread themselves."""
    digests, signatures = DIGESTS * 50, SIGNATURES * 50
    results = []

    def work():
        keys, found = pyaccel.recover_many(digests, signatures, addresses=True)
        results.append(found.all() and rows(keys) == ADDRESSES * 50)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert results == [True] * 4
