# SPDX-License-Identifier: Apache-2.0
"""hash_many as users call it; that the digests are right is held against hashlib and pycryptodome."""

from __future__ import annotations

import gc
import hashlib
import hmac
import sys
import threading
import tracemalloc

import numpy as np
import pyarrow as pa
import pytest
from blake3 import blake3
from Crypto.Hash import RIPEMD160, keccak
from hypothesis import given, settings
from hypothesis import strategies as st

import pyaccel
from pyaccel.operations import OPERATIONS
from pyaccel.poseidon2 import ELEMENTS
from pyaccel.scheduler.runs import last_run


def ripemd160(message: bytes) -> bytes:
    return RIPEMD160.new(message).digest()


REFERENCES = {
    "sha256": lambda m: hashlib.sha256(m).digest(),
    "sha256d": lambda m: hashlib.sha256(hashlib.sha256(m).digest()).digest(),
    "sha224": lambda m: hashlib.sha224(m).digest(),
    "sha512": lambda m: hashlib.sha512(m).digest(),
    "sha384": lambda m: hashlib.sha384(m).digest(),
    "sha512-256": lambda m: hashlib.new("sha512_256", m).digest(),
    "keccak256": lambda m: keccak.new(digest_bits=256, data=m).digest(),
    "sha3-224": lambda m: hashlib.sha3_224(m).digest(),
    "sha3-256": lambda m: hashlib.sha3_256(m).digest(),
    "sha3-384": lambda m: hashlib.sha3_384(m).digest(),
    "sha3-512": lambda m: hashlib.sha3_512(m).digest(),
    "shake128": lambda m: hashlib.shake_128(m).digest(32),
    "shake256": lambda m: hashlib.shake_256(m).digest(64),
    "ripemd160": ripemd160,
    "sm3": lambda m: hashlib.new("sm3", m).digest(),
    "hash160": lambda m: ripemd160(hashlib.sha256(m).digest()),
    "blake2b-256": lambda m: hashlib.blake2b(m, digest_size=32).digest(),
    "blake2b-512": lambda m: hashlib.blake2b(m).digest(),
    "blake2s-256": lambda m: hashlib.blake2s(m).digest(),
    "blake3": lambda m: blake3(m).digest(),
}
KEYED_REFERENCES = {
    f"hmac-{name}": lambda m, k, name=name: hmac.digest(k, m, name) for name in ("sha256", "sha512", "sm3")
}
"""What needs a key."""
MESSAGES = [bytes(range(n % 256)) * (n // 100 + 1) for n in range(300)]


def test_the_names():
    # Rows of field elements: test_poseidon2.py.
    assert set(pyaccel.algorithms()) == {*REFERENCES, *KEYED_REFERENCES, *ELEMENTS}


@pytest.mark.parametrize("algorithm", REFERENCES)
def test_digests(algorithm):
    digests = pyaccel.hash_many(algorithm, MESSAGES)
    assert digests.dtype == np.uint8
    assert [row.tobytes() for row in digests] == [REFERENCES[algorithm](m) for m in MESSAGES]


@pytest.mark.parametrize("algorithm", REFERENCES)
def test_golden_says_the_same(algorithm):
    some = MESSAGES[::37]
    assert (pyaccel.hash_many(algorithm, some, device="golden") == pyaccel.hash_many(algorithm, some)).all()


@pytest.mark.parametrize("algorithm", REFERENCES)
def test_an_empty_batch(algorithm):
    for empty in ([], np.empty((0, 64), np.uint8), pa.array([], pa.binary())):
        for device in ("auto", "native", "golden"):
            size = pyaccel.hash_many(algorithm, [b""]).shape[1]
            assert pyaccel.hash_many(algorithm, empty, device=device).shape == (0, size)


SQUARE = np.arange(60, dtype=np.uint8).reshape(5, 12)


@pytest.mark.parametrize(
    ("messages", "rows"),
    [
        (SQUARE, [row.tobytes() for row in SQUARE]),
        (SQUARE[::2, 3:7], [row.tobytes() for row in SQUARE[::2, 3:7]]),
        (pa.array([b"a", b"", b"abc"]), [b"a", b"", b"abc"]),
        (pa.chunked_array([[b"a", b""], [b"abc"]]), [b"a", b"", b"abc"]),
        (pyaccel.Rows(b"aabc", offsets=np.array([0, 1, 1, 4])), [b"a", b"", b"abc"]),
        (pyaccel.Rows(b"abcdef", width=2), [b"ab", b"cd", b"ef"]),
    ],
)
def test_each_kind_of_rows(messages, rows):
    for device in ("native", "golden"):
        digests = pyaccel.hash_many("sha256", messages, device=device)
        assert [row.tobytes() for row in digests] == [hashlib.sha256(row).digest() for row in rows]


def test_out_is_filled_and_returned():
    out = np.full((3, 32), 7, np.uint8)
    assert pyaccel.hash_many("sha256", [b"a", b"b", b"c"], out=out) is out
    assert out[1].tobytes() == hashlib.sha256(b"b").digest()


def test_a_digest_of_any_size():
    for device in ("native", "golden"):
        digests = pyaccel.hash_many("shake128", [b"a", b"bc"], digest_size=np.int64(400), device=device)
        assert [row.tobytes() for row in digests] == [hashlib.shake_128(m).digest(400) for m in (b"a", b"bc")]


SHARED = np.full((3, 32), 7, np.uint8)
SHARED_NAMES = np.array(["sha256", "auto"])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"algorithm": "md5"}, ValueError, "algorithm 'md5' is unknown; there are sha256, sha256d"),
        ({"algorithm": "SHA-256"}, ValueError, r"'SHA-256' is unknown; there are .*. To mend: 'sha256'$"),
        ({"algorithm": "sha3_256"}, ValueError, r"To mend: 'sha3-256'$"),
        ({"algorithm": "sha3-25"}, ValueError, "-gnark-compress. With that in their names: sha3-256$"),
        ({"algorithm": "blake2b"}, ValueError, "-compress. With that in their names: blake2b-256, blake2b-512$"),
        ({"algorithm": "sha3-254"}, ValueError, "-gnark-compress$"),
        ({"algorithm": np.zeros((10, 64), np.uint8)}, ValueError, r"^algorithm \(of type ndarray\) is unknown; there"),
        ({"algorithm": None}, ValueError, "unknown"),
        ({"algorithm": ["sha256"]}, ValueError, r"unknown.* To mend: 'sha256'$"),
        ({"messages": b"abc"}, ValueError, r"\[value\]"),
        ({"messages": "abc"}, TypeError, "str"),
        ({"messages": [b"a", "b", b"c"]}, TypeError, r"messages\[1\]"),
        ({"key": b"k"}, ValueError, "sha256 takes no key"),
        ({"context": b"c"}, ValueError, "sha256 takes no context"),
        ({"algorithm": "blake2s-256", "key": b""}, ValueError, "0 bytes came; blake2s-256 takes 1 to 32"),
        ({"algorithm": "blake2s-256", "key": bytes(33)}, ValueError, "33 bytes came"),
        ({"algorithm": "blake2b-256", "key": bytes(65)}, ValueError, "65 bytes came; blake2b-256 takes 1 to 64"),
        ({"algorithm": "blake2b-256", "key": "secret"}, TypeError, "key: a str came; wanted bytes"),
        ({"algorithm": "blake2b-256", "key": np.zeros(2, np.uint32)}, TypeError, "items of 4 bytes"),
        ({"algorithm": "blake3", "key": bytes(31)}, ValueError, "31 bytes came; blake3 takes 32"),
        ({"algorithm": "blake3", "key": bytes(32), "context": ""}, ValueError, "a key or a context, not both"),
        ({"algorithm": "blake3", "context": 3}, TypeError, "^context: a int came; wanted a str, or bytes$"),
        ({"algorithm": "blake3", "context": 3.0, "key": bytes(32)}, TypeError, "^context: a float came; wanted a str"),
        ({"algorithm": "blake3", "digest_size": 0}, ValueError, "wanted 1 .. 4294967295"),
        ({"algorithm": "blake3", "digest_size": 2**32}, ValueError, "wanted 1 .. 4294967295"),
        ({"algorithm": "blake2b-256", "context": b"c"}, ValueError, "takes no context"),
        ({"algorithm": "hmac-sha256"}, ValueError, "key: none came; hmac-sha256 needs one, of any length"),
        ({"algorithm": "hmac-sm3", "key": "secret"}, TypeError, r"key: a str came; wanted bytes: text.encode\(\), or"),
        ({"algorithm": "hmac-sm3", "key": b"k", "context": b"c"}, ValueError, "takes no context"),
        ({"algorithm": "hmac-sha512", "key": b"k", "digest_size": 32}, ValueError, "32 came; hmac-sha512 has 64"),
        ({"algorithm": "blake2b-256", "digest_size": 20}, ValueError, "20 came; blake2b-256 has 32"),
        ({"algorithm": SHARED_NAMES}, ValueError, "algorithm .* is unknown"),
        ({"algorithm": memoryview(b"ab").cast("H")}, ValueError, "algorithm .* is unknown"),
        ({"digest_size": 20}, ValueError, "20 came; sha256 has 32"),
        ({"digest_size": SHARED_NAMES}, TypeError, "digest_size: a ndarray came"),
        ({"device": SHARED_NAMES}, ValueError, "device .* is unknown; there are auto"),
        ({"device": ["native"]}, ValueError, "device .* is unknown; there are auto"),
        ({"algorithm": "blake3", "digest_size": True}, TypeError, "^digest_size: True came; wanted a whole number$"),
        ({"digest_size": np.False_}, TypeError, "^digest_size: False came; wanted a whole number$"),
        ({"algorithm": "shake128", "digest_size": 0}, ValueError, r"0 came; wanted 1 \.\. 4294967295"),
        ({"algorithm": "shake128", "digest_size": 2**32}, ValueError, "digest_size: 4294967296 came"),
        ({"algorithm": "shake256", "digest_size": -1}, ValueError, "-1 came"),
        ({"algorithm": "shake256", "digest_size": 32.0}, TypeError, "float"),
        ({"algorithm": "shake256", "digest_size": 40}, ValueError, r"wanted \(3, 40\)"),
        ({"algorithm": "shake256", "key": b"k"}, ValueError, "shake256 takes no key"),
        ({"device": "gpu"}, ValueError, "device 'gpu' is unknown; there are auto, native"),
        ({"out": np.full((3, 31), 7, np.uint8)}, ValueError, r"shape \(3, 31\) came; wanted \(3, 32\)"),
        ({"out": np.full((3, 32), 7, np.int8)}, TypeError, "int8"),
        ({"out": np.full((3, 64), 7, np.uint8)[:, ::2]}, ValueError, "C-contiguous"),
        ({"out": np.frombuffer(b"\7" * 96, np.uint8).reshape(3, 32)}, ValueError, "read-only"),
        ({"out": bytearray(b"\7" * 96)}, TypeError, "bytearray"),
        ({"out": SHARED, "messages": SHARED}, ValueError, "overlaps"),
        ({"out": SHARED, "messages": pyaccel.Rows(SHARED.reshape(-1), width=32)}, ValueError, "overlaps"),
    ],
)
def test_a_wrong_argument_leaves_out_alone(arguments, error, message):
    given_arguments = {"algorithm": "sha256", "messages": [b"a", b"b", b"c"], "out": np.full((3, 32), 7, np.uint8)}
    given_arguments |= arguments
    with pytest.raises(error, match=message):
        pyaccel.hash_many(**given_arguments)
    assert (np.asarray(given_arguments["out"]) == 7).all()


def test_out_may_not_be_the_offsets():
    offsets = np.array([0, 1, 4, 7, 12], np.uint64)
    rows = pyaccel.Rows(bytes(12), offsets=offsets)
    with pytest.raises(ValueError, match="out: overlaps the messages' offsets; wanted memory of its own"):
        pyaccel.hash_many("sha256", rows[:1], out=offsets.view(np.uint8)[8:].reshape(1, 32))
    assert offsets.tolist() == [0, 1, 4, 7, 12]


def test_a_million_rows_make_no_object_a_row():
    rows = np.zeros((1_000_000, 64), np.uint8)
    pyaccel.hash_many("sha256", rows[:10])
    tracemalloc.start()
    digests = pyaccel.hash_many("sha256", rows)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert digests[-1].tobytes() == hashlib.sha256(bytes(64)).digest()
    assert peak < digests.nbytes + 0.2 * (digests.nbytes + rows.nbytes)


def test_threads_hash_at_the_same_time():
    wanted = {a: [REFERENCES[a](m) for m in MESSAGES] for a in REFERENCES}
    wrong = []

    def work(algorithm):
        for _ in range(20):
            for message, digest in zip(MESSAGES[:40], wanted[algorithm], strict=False):
                if pyaccel.hash_many(algorithm, [message]).tobytes() != digest:
                    wrong.append(algorithm)
            got = pyaccel.hash_many(algorithm, MESSAGES)
            if [row.tobytes() for row in got] != wanted[algorithm]:
                wrong.append(algorithm)

    threads = [threading.Thread(target=work, args=(a,)) for a in REFERENCES for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@settings(max_examples=60)
@given(st.sampled_from(list(REFERENCES)), st.lists(st.binary(max_size=300), max_size=40))
def test_any_batch(algorithm, messages):
    digests = pyaccel.hash_many(algorithm, messages)
    assert [row.tobytes() for row in digests] == [REFERENCES[algorithm](m) for m in messages]


def test_a_key_in_every_form():
    wanted = [hashlib.blake2b(m, key=b"secret").digest() for m in MESSAGES]
    for key in (b"secret", bytearray(b"secret"), memoryview(b"_secret")[1:], np.frombuffer(b"secret", np.uint8)):
        for device in ("auto", "native", "golden"):
            digests = pyaccel.hash_many("blake2b-512", MESSAGES[::9], key=key, device=device)
            assert [row.tobytes() for row in digests] == wanted[::9]
    assert pyaccel.hash_many("blake2b-512", [MESSAGES[5]], key=b"secret").tobytes() == wanted[5]


@pytest.mark.parametrize("algorithm", KEYED_REFERENCES)
@pytest.mark.parametrize("key", [b"", b"k", bytes(range(64)), bytes(range(129)), bytearray(b"secret")])
def test_hmac(algorithm, key):
    wanted = [KEYED_REFERENCES[algorithm](m, key) for m in MESSAGES[:60]]
    for device in ("auto", "native"):
        digests = pyaccel.hash_many(algorithm, MESSAGES[:60], key=key, device=device)
        assert [row.tobytes() for row in digests] == wanted
    digests = pyaccel.hash_many(algorithm, MESSAGES[:60:13], key=key, device="golden")
    assert [row.tobytes() for row in digests] == wanted[::13]
    assert pyaccel.hash_many(algorithm, [], key=key).shape == (0, len(wanted[0]))


def test_golden_too_refuses_a_missing_key():
    for algorithm in KEYED_REFERENCES:
        outputs = {"digests": np.zeros((1, 32), np.uint8)}
        with pytest.raises(ValueError, match="needs a key"):
            OPERATIONS["hash_many"].golden()({"algorithm": algorithm}, {"messages": [b""]}, outputs, 1)


@pytest.mark.parametrize("device", ["auto", "native", "golden"])
@pytest.mark.parametrize("algorithm", ["blake2b-512", "blake2s-256", "blake3", *KEYED_REFERENCES])
def test_a_key_does_not_outlive_its_call(algorithm, device):
    """Nothing refers to it after the call, nor to a copy; what is kept of the call is its plan."""
    secret = bytes(np.random.default_rng(7).integers(0, 256, 32, np.uint8))
    before = sys.getrefcount(secret)
    for messages in ([b"a"], [b"a", b"b"], np.zeros((40, 3), np.uint8)):
        pyaccel.hash_many(algorithm, messages, key=secret, device=device)
        gc.collect()
        assert sys.getrefcount(secret) == before
        assert not [one for one in gc.get_objects() if type(one) is tuple and secret in map(_bytes, one)]
    ran = last_run()
    assert ran
    assert ran.device == ("golden" if device == "golden" else "native")


def _bytes(value):
    return bytes(value) if isinstance(value, bytes | bytearray) else b""


@pytest.mark.parametrize("algorithm", ["blake2b-512", "blake2s-256", "hmac-sha256", "hmac-sha512"])
@pytest.mark.parametrize("n", [1, 2, 64])
def test_calls_take_their_own_keys(algorithm, n):
    """What is kept from one call to the next has no part of its key."""

    def wanted(message, key):
        family, _, name = algorithm.partition("-")
        return (
            hmac.digest(key, message, name) if family == "hmac" else getattr(hashlib, family)(message, key=key).digest()
        )

    messages = [b"%d" % i for i in range(n)]
    unkeyed = [] if algorithm.startswith("hmac") else [None]
    for key in (b"one", b"two", *unkeyed, b"x" * 30, b"one"):
        digests = pyaccel.hash_many(algorithm, messages, key=key)
        assert [row.tobytes() for row in digests] == [wanted(m, key or b"") for m in messages]


@pytest.mark.parametrize("context", ["", "pyaccel 2026 test", "Zürich"])
def test_a_context_as_text_and_bytes(context):
    wanted = [blake3(m, derive_key_context=context).digest(length=40) for m in MESSAGES[::9]]
    for given_context in (context, context.encode(), bytearray(context.encode())):
        for device in ("auto", "native", "golden"):
            digests = pyaccel.hash_many("blake3", MESSAGES[::9], context=given_context, digest_size=40, device=device)
            assert [row.tobytes() for row in digests] == wanted
