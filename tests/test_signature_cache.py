# SPDX-License-Identifier: Apache-2.0
"""SignatureCache: a signature that was found valid is known for the very same row alone, whatever the device."""

from __future__ import annotations

import copy
import os
import pickle
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import openssl_sm2
import pytest
from nacl.signing import SigningKey

import pyaccel
from pyaccel import scheduler


def signed(n: int, seed: int = 0) -> tuple[list[bytes], list[bytes], list[bytes]]:
    """Keys, messages and signatures by PyNaCl; messages of 0 to 2,000 bytes."""
    keys, messages, signatures = [], [], []
    for i in range(n):
        key = SigningKey((seed * 1000 + i % 5).to_bytes(32, "big"))
        message = (i.to_bytes(4, "big") * 500)[: i * 37 % 2001]
        keys.append(bytes(key.verify_key))
        messages.append(message)
        signatures.append(key.sign(message).signature)
    return keys, messages, signatures


def spoilt(n: int) -> tuple[list[bytes], list[bytes], list[bytes], np.ndarray]:
    """The same, every third row bad in one of four ways, and which are good."""
    keys, messages, signatures = signed(n)
    good = np.ones(n, bool)
    for i in range(0, n, 3):
        good[i] = False
        way = i // 3 % 4
        if way == 0:
            signatures[i] = signatures[i][:8] + bytes([signatures[i][8] ^ 1]) + signatures[i][9:]
        elif way == 1:
            messages[i] += b"x"
        elif way == 2:
            signatures[i] = signatures[i][:-1]
        else:
            keys[i] = bytes(SigningKey(bytes(32)).verify_key)[:31] + b"\x7f"
    return keys, messages, signatures, good


@pytest.mark.parametrize("device", ["auto", "native", "golden"])
def test_same_verdicts_and_reasons(device: str) -> None:
    keys, messages, signatures, good = spoilt(40)
    cache = pyaccel.SignatureCache()
    plain, codes = pyaccel.verify_many("ed25519", keys, messages, signatures, reasons=True)
    assert plain.tolist() == good.tolist()
    for round_ in range(3):
        verdicts, reasons = pyaccel.verify_many(
            "ed25519", keys, messages, signatures, reasons=True, cache=cache, device=device
        )
        assert verdicts.tolist() == good.tolist()
        assert reasons.tolist() == codes.tolist()
        counted = cache.statistics()
        assert counted["hits"] == round_ * good.sum()
        assert counted["entries"] == counted["insertions"] == len(cache) == good.sum()
    part = slice(5, 25)
    got = pyaccel.verify_many("ed25519", keys[part], messages[part], signatures[part], cache=cache, device=device)
    assert got.tolist() == good[part].tolist()
    cache.clear()
    assert len(cache) == 0
    assert pyaccel.verify_many("ed25519", keys, messages, signatures, cache=cache).tolist() == good.tolist()
    assert cache.statistics()["hits"] == counted["hits"] + good[part].sum()


def test_only_unknown_rows_are_run() -> None:
    keys, messages, signatures = signed(20)
    cache = pyaccel.SignatureCache()
    assert pyaccel.verify_many("ed25519", keys[:15], messages[:15], signatures[:15], cache=cache, device="golden").all()
    with scheduler.record() as ran:
        assert pyaccel.verify_many("ed25519", keys, messages, signatures, cache=cache, device="golden").all()
        assert pyaccel.verify_many("ed25519", keys, messages, signatures, cache=cache, device="golden").all()
    assert [(run.device, run.n) for run in ran] == [("golden", 5)]


def test_ways_to_give_rows_are_one() -> None:
    keys, messages, signatures = signed(12)
    width = 33
    messages = [bytes([i]) * width for i in range(12)]
    signatures = [SigningKey((i % 5).to_bytes(32, "big")).sign(m).signature for i, m in enumerate(messages)]
    cache = pyaccel.SignatureCache()
    assert pyaccel.verify_many("ed25519", keys[:6], messages[:6], signatures[:6], cache=cache).all()
    arrays = [np.frombuffer(b"".join(rows), np.uint8).reshape(12, -1) for rows in (keys, messages, signatures)]
    distinct = list(dict.fromkeys(keys))
    index = [distinct.index(key) for key in keys]
    prepared = pyaccel.PreparedKeys("ed25519", distinct)
    for given, more in ((arrays[0], {}), (distinct, {"key_index": index}), (prepared, {"key_index": index})):
        before = cache.statistics()
        assert pyaccel.verify_many("ed25519", given, arrays[1], arrays[2], cache=cache, **more).all()
        after = cache.statistics()
        assert after["hits"] - before["hits"] == (6 if before["entries"] == 6 else 12)
    assert len(cache) == 12
    records = np.concatenate(arrays, axis=1)
    pieces = [records[:, a:b] for a, b in pairwise((0, 32, 32 + width, 32 + width + 64))]
    assert pyaccel.verify_many("ed25519", *pieces, cache=cache).all()
    assert pyaccel.verify_many("ed25519", keys[0], messages[0], [signatures[0]] * 3, cache=cache).all()
    assert pyaccel.verify("ed25519", keys[1], messages[1], signatures[1], cache=cache, rule="zip215")
    assert len(cache) == 12


def test_pieces_of_arrow_arrays() -> None:
    pa = pytest.importorskip("pyarrow")
    keys, messages, signatures, good = spoilt(30)
    cache = pyaccel.SignatureCache()
    chunks = pa.chunked_array([pa.array(messages[a:b], pa.binary()) for a, b in ((0, 7), (7, 7), (7, 20), (20, 30))])
    for _ in range(2):
        seen: list[tuple[int, int]] = []

        def watch(done: int, n: int, seen: list[tuple[int, int]] = seen) -> None:
            seen.append((done, n))

        got = pyaccel.verify_many("ed25519", keys, chunks, signatures, cache=cache, progress=watch)
        assert got.tolist() == good.tolist()
        assert seen[-1] == (30, 30)
        assert all(a[0] <= b[0] for a, b in pairwise(seen))
    assert cache.statistics()["hits"] == good.sum()


def test_other_parameters_are_other_rows() -> None:
    # Of small order: valid under zip215 alone.
    key = signature_r = (1).to_bytes(32, "little")
    row = ([key], [b"message"], [signature_r + bytes(32)])
    cache = pyaccel.SignatureCache()
    for _ in range(2):
        verdicts = {rule: bool(pyaccel.verify_many("ed25519", *row, rule=rule, cache=cache)[0]) for rule in RULES}
        assert verdicts == {rule: rule in ("zip215", "rfc8032", "openssl") for rule in RULES}
    assert len(cache) == 3


RULES = pyaccel.rules("ed25519")


def test_identities() -> None:
    default, other = b"1234567812345678", b"another"
    messages = [b"one", b"two"]
    keys, signatures = [], []
    for identity in (default, other):
        key, made = openssl_sm2.signed(messages, identity)
        keys += [key] * 2
        signatures += made
    cache = pyaccel.SignatureCache()
    for identities, expected, hits in (
        ([default, default, other, other], [True] * 4, 0),
        ([default, default, other, other], [True] * 4, 4),
        (None, [True, True, False, False], 2),
        (default, [True, True, False, False], 2),
        (other, [False, False, True, True], 2),
        ([other, default, other, default], [False, True, True, False], 2),
    ):
        before = cache.statistics()["hits"]
        got = pyaccel.verify_many(
            "sm2",
            keys,
            messages * 2,
            signatures,
            identity=identities,
            key_format="spki",
            signature_format="der",
            cache=cache,
        )
        assert got.tolist() == expected
        assert cache.statistics()["hits"] - before == hits
    assert len(cache) == 4


def test_bounded_and_shared_by_threads() -> None:
    keys, messages, signatures, good = spoilt(600)
    cache = pyaccel.SignatureCache(memory=32768)
    assert cache.statistics()["memory"] <= 32768

    def share(first: int) -> bool:
        rows = slice(first, first + 150)
        got = pyaccel.verify_many("ed25519", keys[rows], messages[rows], signatures[rows], cache=cache)
        return got.tolist() == good[rows].tolist()

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(share, [450, 0, 300, 100, 200, 0, 450, 37] * 4))
    counted = cache.statistics()
    assert counted["entries"] <= counted["capacity"]
    assert counted["hits"] > 0


def test_a_child_goes_on() -> None:
    keys, messages, signatures = signed(4)
    cache = pyaccel.SignatureCache()
    assert pyaccel.verify_many("ed25519", keys[:2], messages[:2], signatures[:2], cache=cache).all()
    child = os.fork()
    if child == 0:
        valid = bool(pyaccel.verify_many("ed25519", keys, messages, signatures, cache=cache, device="native").all())
        os._exit(not (valid and len(cache) == 4 and cache.statistics()["hits"] == 2))
    assert os.waitpid(child, 0)[1] == 0
    assert len(cache) == 2


def test_bad_arguments() -> None:
    keys, messages, signatures = signed(2)
    with pytest.raises(TypeError, match=r"cache: a dict came; wanted pyaccel\.SignatureCache\(\)"):
        pyaccel.verify_many("ed25519", keys, messages, signatures, cache={})  # type: ignore[call-overload]
    for memory in (0, 32767, -1):
        with pytest.raises(ValueError, match="memory"):
            pyaccel.SignatureCache(memory=memory)
    with pytest.raises(TypeError, match="memory"):
        pyaccel.SignatureCache(memory="1 GB")  # type: ignore[arg-type]
    cache = pyaccel.SignatureCache()
    assert copy.copy(cache) is cache
    assert copy.deepcopy(cache) is cache
    assert bool(cache)
    assert repr(cache).startswith("SignatureCache(0 of ")
    with pytest.raises(TypeError, match="make one in each"):
        pickle.dumps(cache)
    assert pyaccel.verify_many("ed25519", keys, messages, signatures, cache=cache).all()
    with pytest.raises(pyaccel.errors.DeviceUnavailableError):
        pyaccel.verify_many("ed25519", keys, messages, signatures, cache=cache, device="opencl:99")
    with pytest.raises(IndexError, match="key_index"):
        pyaccel.verify_many("ed25519", keys, messages, signatures, cache=cache, key_index=[0, 2])
    assert pyaccel.verify_many("ed25519", [], [], [], cache=cache).tolist() == []
