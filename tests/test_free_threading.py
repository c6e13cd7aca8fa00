# SPDX-License-Identifier: Apache-2.0
"""Objects and first uses shared by threads that do not wait for one another; they race most where Python has no GIL.

Every interpreter runs it; `make test-free-threaded` one without a GIL. What is expected comes from hashlib, from numpy,
and from signatures that are valid by how they were made.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from he_support import Party

import pyaccel
from pyaccel.calibration.signed_rows import signed
from pyaccel.scheduler import counting

THREADS = 8
ROUNDS = 12
MESSAGES = [bytes([i]) * (37 * i % 300) for i in range(24)]
SCHEMES = ("ed25519", "secp256k1-ecdsa", "p256-ecdsa", "p384-ecdsa", "bip340", "sm2")


def at_once(functions: Sequence[Callable[[], object]], rounds: int = 1) -> list[Any]:
    """Results of every function, each called `rounds` times in a thread of its own, all beginning together."""
    barrier = threading.Barrier(len(functions))

    def call(function: Callable[[], object]) -> list[object]:
        barrier.wait()
        return [function() for _ in range(rounds)]

    with ThreadPoolExecutor(len(functions)) as pool:
        return [one for results in pool.map(call, functions) for one in results]


def rows_of(messages: Sequence[bytes]) -> pyaccel.Rows:
    """Rows that nobody has used yet."""
    return pyaccel.Rows(b"".join(messages), offsets=np.cumsum([0, *map(len, messages)], dtype=np.uint64))


def by_hashlib(messages: Sequence[bytes]) -> list[bytes]:
    return [hashlib.sha256(message).digest() for message in messages]


def root_by_hashlib(leaves: Sequence[bytes]) -> bytes:
    """RFC 6962."""
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + root_by_hashlib(leaves[:half]) + root_by_hashlib(leaves[half:])).digest()


@pytest.mark.skipif(not sysconfig.get_config_var("Py_GIL_DISABLED"), reason="this Python has a GIL")
def test_importing_leaves_the_gil_off() -> None:
    code = "import sys, pyaccel; [getattr(pyaccel, name) for name in dir(pyaccel)]; print(sys._is_gil_enabled())"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHON_GIL"}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout == "False\n"


FIRST_USES = """
import hashlib, threading
import pyaccel

calls = {
    "hash": lambda: pyaccel.hash_many("sha256", [b"abc"])[0].tobytes() == hashlib.sha256(b"abc").digest(),
    "stream": lambda: pyaccel.hashing.new("sha256", b"abc").digest() == hashlib.sha256(b"abc").digest(),
    "root": lambda: pyaccel.merkle.root([b"abc"]) == hashlib.sha256(b"\\0abc").digest(),
    "tree": lambda: pyaccel.merkle.Tree([b"abc"]).root == hashlib.sha256(b"\\0abc").digest(),
    "verify": lambda: not pyaccel.verify("ed25519", bytes(32), b"", b"\\xff" * 64),
    "recover": lambda: not pyaccel.recover_many([bytes(32)], [bytes(65)])[1].any(),
    "devices": lambda: any(one.name == "native" for one in pyaccel.devices()),
    "explain": lambda: "native" in str(pyaccel.explain("hash_many", 100, algorithm="sha256")),
    "cache": lambda: len(pyaccel.SignatureCache()) == 0,
    "engine": lambda: pyaccel.Engine().close() is None,
    "names": lambda: "ed25519" in pyaccel.schemes() and "sha256" in pyaccel.algorithms(),
    "he": lambda: pyaccel.he.Context("bfv", depth=1, degree=8192, plain_modulus=65537).slots == 8192,
}
barrier = threading.Barrier(2 * len(calls))
wrong = []

def use(name):
    barrier.wait()
    try:
        if not calls[name]():
            wrong.append(name)
    except Exception as error:
        wrong.append((name, error))

threads = [threading.Thread(target=use, args=[name]) for name in calls for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(wrong)
"""


def test_first_uses_at_once() -> None:
    """Modules are imported, and tables and devices made, when they are first wanted: here by all threads together."""
    environment = os.environ | {"PYACCEL_CALIBRATION": "none"}
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", FIRST_USES], capture_output=True, text=True, check=False, env=environment
        )
        assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr


def test_one_hash_object_in_all_threads() -> None:
    """Updates commute where they are equal; a digest that is read meanwhile is that of a whole number of them."""
    for piece in (b"x" * 64, b"y" * 1000, b"z" * 5000):
        hasher = pyaccel.hashing.new("sha256")
        count = THREADS * ROUNDS
        after = {hashlib.sha256(piece * i).digest() for i in range(count + 1)}

        def update_and_read(hasher: Any = hasher, piece: bytes = piece) -> tuple[bytes, bytes]:
            hasher.update(piece)
            return hasher.digest(), hasher.copy().digest()

        seen = at_once([update_and_read] * THREADS, ROUNDS)
        assert {digest for digests in seen for digest in digests} <= after
        assert hasher.digest() == hashlib.sha256(piece * count).digest()


def test_rows_in_all_threads() -> None:
    """Rows keep the native view that the first call makes: of new Rows all threads make one."""
    expected = by_hashlib(MESSAGES)
    root = root_by_hashlib(MESSAGES)
    for _ in range(ROUNDS):
        rows = rows_of(MESSAGES)

        def use(rows: Any = rows) -> bool:
            digests = pyaccel.hash_many("sha256", rows)
            return [one.tobytes() for one in digests] == expected and pyaccel.merkle.root(rows) == root

        assert all(at_once([use] * THREADS))


def test_signatures_in_all_threads() -> None:
    """All schemes, prepared keys and one cache, rows spoilt in turn, at once."""
    n = 24
    good = np.arange(n) % 3 != 1
    cache = pyaccel.SignatureCache()

    def caller(scheme: str) -> Callable[[], bool]:
        rows = signed(scheme, n, 40)
        signatures = rows.signatures.copy()
        signatures[~good, 5] ^= 1
        prepared = pyaccel.PreparedKeys(scheme, rows.keys)
        identity = {"identity": rows_of([b"1234567812345678"] * n)} if scheme == "sm2" else {}

        def verify() -> bool:
            plain = pyaccel.verify_many(scheme, rows.keys, rows.messages, signatures, **identity)
            known = pyaccel.verify_many(scheme, rows.keys, rows.messages, signatures, cache=cache, **identity)
            by_index = pyaccel.verify_many(
                scheme, prepared, rows.messages, signatures, key_index=np.arange(n, dtype=np.uint32)
            )
            one = pyaccel.verify(scheme, rows.keys[0], rows.messages[0], signatures[0])
            return one and all((verdicts == good).all() for verdicts in (plain, known, by_index))

        return verify

    callers = [caller(scheme) for scheme in SCHEMES]
    assert all(at_once([*callers, *callers], 4))
    assert len(cache) == len(SCHEMES) * good.sum()

    rows = signed("recovery", n, 32)
    recovered = at_once([lambda: pyaccel.recover_many(rows.messages, rows.signatures)] * THREADS, 4)
    assert all(found.all() and (keys == rows.keys).all() for keys, found in recovered)


def test_one_tree_and_one_graph_in_all_threads() -> None:
    tree = pyaccel.merkle.Tree(MESSAGES)
    root, longer = root_by_hashlib(MESSAGES), root_by_hashlib([*MESSAGES, b"one more"])
    graph = pyaccel.Graph()
    digests = graph.hash_many("sha256", MESSAGES)
    top = graph.merkle_root(digests)
    expected = root_by_hashlib(by_hashlib(MESSAGES))
    indices = list(range(len(MESSAGES)))

    def use() -> bool:
        verdicts = pyaccel.merkle.verify_many(root, MESSAGES, indices, tree.proofs(indices), len(MESSAGES))
        return (
            bool(verdicts.all())
            and tree.append([b"one more"]).root == longer
            and tree.root == root
            and graph.run()[top] == expected
        )

    assert all(at_once([use] * THREADS, ROUNDS))


def test_one_engine_in_all_threads() -> None:
    rows = signed("ed25519", 24, 40)
    expected = by_hashlib(MESSAGES)
    with pyaccel.Engine(max_delay=1e-4) as engine:

        def use() -> bool:
            keys, messages, signatures = rows.keys, rows.messages, rows.signatures
            valid = [
                engine.submit("verify", "ed25519", keys[i], messages[i - (i % 4 == 3)], signatures[i])
                for i in range(24)
            ]
            digests = [engine.submit("hash", "sha256", message) for message in MESSAGES]
            return [one.result(60) for one in valid] == [i % 4 != 3 for i in range(24)] and [
                one.result(60) for one in digests
            ] == expected

        assert all(at_once([use] * THREADS, 4))


def test_ciphertexts_in_all_threads() -> None:
    party = Party("bfv", degree=256, depth=2, plain_modulus=65537)
    x, y = np.arange(256), np.arange(256)[::-1] * 7

    a, b = party.public.encrypt(x[None]), party.secret.encrypt(y[None])

    def use() -> bool:
        fresh = party.public.encrypt(x[None])
        return party.same(fresh + b, (x + y)[None]) and party.same(a * b, (x * y)[None])

    assert all(at_once([use] * THREADS, 3))


def test_every_batch_is_counted() -> None:
    """Counts that rise in all threads lose nothing."""
    counts = counting.Counts()
    counts.begin()
    try:
        at_once([lambda: pyaccel.hash_many("sha256", MESSAGES, device="native")] * THREADS, 50)
    finally:
        counts.end()
    batches = [one for labels, one in counts.batches.items() if labels.of == "sha256"]
    assert sum(sum(one.rows.counts) for one in batches) == THREADS * 50
    assert sum(one.input_bytes for one in batches) == THREADS * 50 * sum(map(len, MESSAGES))
