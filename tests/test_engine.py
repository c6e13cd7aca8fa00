# SPDX-License-Identifier: Apache-2.0
"""The engine gathers rows into batches, of equal parameters alone, and gives each caller its own result."""

from __future__ import annotations

import hashlib
import hmac
import mmap
import random
from concurrent.futures import as_completed, wait
from functools import partial

import numpy as np
import pyarrow as pa
import pytest
from coincurve import PrivateKey
from engine_support import SECONDS, busy, on_a_thread, sha256, signed, together

import pyaccel
from pyaccel.engine import kinds
from pyaccel.errors import DeviceUnavailableError

ROWS, VERDICTS = signed(600)
LIBSODIUM = {"rule": "libsodium"}


@pytest.fixture
def batches(monkeypatch):
    """The arguments of every batch of rows that runs."""
    seen = []

    def record(call, *arguments, **parameters):
        if isinstance(parameters["device"], str):
            seen.append((arguments, parameters))
        return call(*arguments, **parameters)

    for name in ("_verify_many", "_hash_many", "_recover_many", "_verify_inclusions"):
        monkeypatch.setattr(kinds, name, partial(record, getattr(kinds, name)))
    return seen


def results(futures):
    return [future.result(SECONDS) for future in futures]


def test_many_threads_get_their_own_verdicts():
    found = {}

    def submit(engine, number, bound):
        order = random.Random(number).sample(range(len(ROWS)), 200)
        verify = (
            engine.bind("verify", "ed25519", **LIBSODIUM)
            if bound
            else partial(engine.submit, "verify", "ed25519", **LIBSODIUM)
        )
        found[number] = [(i, verify(*ROWS[i])) for i in order]

    with pyaccel.Engine(max_batch=37, workers=3) as engine:
        together([partial(submit, engine, number, number % 2) for number in range(12)])
    assert len(found) == 12
    for pairs in found.values():
        assert [future.result(0) for _, future in pairs] == [VERDICTS[i] for i, _ in pairs]
    assert {*VERDICTS} == {True, False}


def test_rows_that_come_together_are_one_batch(batches):
    with pyaccel.Engine(max_delay=SECONDS, max_batch=50) as engine:
        futures = [engine.submit("hash", "sha256", b"%d" % i) for i in range(100)]
        assert results(futures) == [sha256(b"%d" % i) for i in range(100)]
        assert [len(arguments[1]) for arguments, _ in batches] == [50, 50]
        last = engine.submit("hash", "sha256", b"alone")
        assert not last.done()
    assert last.result(0) == sha256(b"alone")


def test_a_row_waits_no_longer_than_max_delay_for_company(batches):
    with pyaccel.Engine(max_delay=0.001) as engine:
        assert engine.submit("hash", "sha256", b"a").result(SECONDS) == sha256(b"a")
    with pyaccel.Engine(max_delay=0) as engine:
        assert engine.submit("hash", "sha256", b"b").result(SECONDS) == sha256(b"b")
    assert [arguments[1] for arguments, _ in batches] == [(b"a",), (b"b",)]


def test_batches_grow_while_the_threads_are_busy(batches):
    with pyaccel.Engine(max_delay=0, workers=1) as engine, busy(engine):
        futures = [engine.submit("hash", "sha256", b"%d" % i) for i in range(20)]
    assert results(futures) == [sha256(b"%d" % i) for i in range(20)]
    assert [len(arguments[1]) for arguments, _ in batches] == [20]


KEY = b"k" * 32
PREPARED = pyaccel.PreparedKeys("ed25519", [row[0] for row in ROWS[:4]])
SECP = PrivateKey(b"\1" * 32)
DIGEST = sha256(b"message")
RECOVERABLE = SECP.sign_recoverable(DIGEST, hasher=None)
SEPARATE = [
    ("verify", ("ed25519", *ROWS[0]), {"rule": "zip215"}),
    ("verify", ("ed25519", *ROWS[0]), {"rule": "rfc8032"}),
    ("verify", ("ed25519", *ROWS[0]), {"rule": "openssl"}),
    ("verify", ("ed25519", PREPARED, *ROWS[0][1:]), {"key_index": 0}),
    ("verify", ("bip340", *ROWS[0]), {}),
    ("verify", ("secp256k1-ecdsa", *ROWS[0]), {}),
    ("verify", ("secp256k1-ecdsa", *ROWS[0]), {"message_hash": "none"}),
    ("verify", ("secp256k1-ecdsa", *ROWS[0]), {"signature_format": "der"}),
    ("verify", ("secp256k1-ecdsa", *ROWS[0]), {"rule": "low-s"}),
    ("verify", ("p256-ecdsa", *ROWS[0]), {}),
    ("verify", ("p256-ecdsa", *ROWS[0]), {"key_format": "spki"}),
    ("verify", ("sm2", *ROWS[0]), {}),
    ("verify", ("sm2", *ROWS[0]), {"identity": b"one"}),
    ("verify", ("sm2", *ROWS[0]), {"identity": b"two"}),
    ("hash", ("sha256", b"m"), {}),
    ("hash", ("keccak256", b"m"), {}),
    ("hash", ("shake128", b"m"), {}),
    ("hash", ("shake128", b"m"), {"digest_size": 64}),
    ("hash", ("blake3", b"m"), {}),
    ("hash", ("blake3", b"m"), {"key": KEY}),
    ("hash", ("blake3", b"m"), {"key": KEY[::-1].replace(b"k", b"l")}),
    ("hash", ("blake3", b"m"), {"context": "a"}),
    ("hash", ("blake3", b"m"), {"context": "b"}),
    ("recover", (DIGEST, RECOVERABLE), {}),
    ("recover", (DIGEST, RECOVERABLE[:64], RECOVERABLE[64]), {}),
    ("recover", (DIGEST, RECOVERABLE), {"addresses": True}),
    ("recover", (DIGEST, RECOVERABLE), {"rule": "ethereum-transaction"}),
    ("merkle.verify", (KEY, b"leaf", 0, b"", 1), {}),
    ("merkle.verify", (KEY, b"leaf", 0, b"", 1), {"algorithm": "sha3-256"}),
    ("merkle.verify", (KEY, b"leaf", 0, b"", 1), {"form": "cometbft"}),
    ("merkle.verify", (KEY, KEY, 0, b"", 1), {"form": "ssz"}),
    ("merkle.verify", (KEY, KEY, 0, b"", 1), {"form": "ssz", "limit": 4}),
    ("merkle.verify", (KEY, KEY, 0, b"", 1), {"form": "ssz", "mix_in_length": True}),
    ("merkle.verify", (KEY, KEY, 0, b"", 1), {"form": "ssz", "mix_in_length": True, "length": 9}),
    ("merkle.verify", (KEY, KEY, None, b"", None), {"form": "openzeppelin-simple"}),
]


def test_every_parameter_that_can_change_a_result_separates_batches(batches):
    with pyaccel.Engine(max_delay=SECONDS, workers=1) as engine:
        for _ in range(3):
            futures = [engine.submit(name, *arguments, **parameters) for name, arguments, parameters in SEPARATE]
        assert engine.queued == 3 * len(SEPARATE)
    assert all(future.done() for future in futures)
    assert len(batches) == len(SEPARATE)
    assert len({repr(batch) for batch in batches}) == len(SEPARATE)


def test_the_same_parameters_said_in_other_words_share_a_batch(batches):
    ways = [
        {},
        {"rule": None},
        {"rule": "zip215"},
        {"signature_format": "raw", "rule": "zip215"},
        {"key_format": "auto"},
    ]
    with pyaccel.Engine(max_delay=SECONDS) as engine:
        for way in ways:
            engine.submit("verify", "ed25519", *ROWS[0], **way)
            engine.submit("verify", "ed25519", public_key=ROWS[0][0], message=b"", signature=ROWS[0][2], **way)
            engine.bind("verify", "ed25519", **way)(*ROWS[0])
    assert len(batches) == 1


def test_every_kind_of_row_gives_what_its_function_gives():
    with pyaccel.Engine() as engine:
        futures = [engine.submit(name, *arguments, **parameters) for name, arguments, parameters in SEPARATE]
        found = results(futures)
    key = SECP.public_key.format(compressed=False)[1:]
    assert found[0] is VERDICTS[0]
    assert found[14] == sha256(b"m")
    assert found[16] == hashlib.shake_128(b"m").digest(32)
    assert found[17] == hashlib.shake_128(b"m").digest(64)
    assert found[23] == found[24] == (key, True)
    assert found[27:] == [False] * 3 + [True] + [False] * 3 + [True]  # trees whose one leaf is their root
    tree = pyaccel.merkle.Tree([b"a", b"b", b"c"])
    with pyaccel.Engine() as engine:
        good = [
            engine.submit("merkle.verify", tree.root, leaf, i, tree.proof(i), 3)
            for i, leaf in enumerate([b"a", b"b", b"c"])
        ]
        bad = engine.submit("merkle.verify", tree.root, b"a", 1, tree.proof(1), 3)
        assert results(good) == [True] * 3
        assert bad.result() is False
        mac = engine.submit("hash", "hmac-sha256", b"text", key=b"secret")
        assert mac.result() == hmac.digest(b"secret", b"text", "sha256")


def test_rows_of_wrong_widths_are_false_beside_others():
    key, message, signature = ROWS[VERDICTS.index(True)]
    rows = [(key, message, signature), (key[1:], message, signature), (b"", b"", b""), (key, message, signature * 2)]
    with pyaccel.Engine() as engine:
        assert results([engine.submit("verify", "ed25519", *row) for row in rows]) == [True, False, False, False]
        # Alone in their batch, and all of one wrong width, too.
        assert engine.submit("verify", "ed25519", key[1:], message, signature).result() is False
        assert engine.submit("recover", DIGEST[1:], RECOVERABLE).result() == (bytes(64), False)
        assert engine.submit("recover", DIGEST, RECOVERABLE[:64], 300).result() == (bytes(64), False)
        assert engine.submit("recover", DIGEST, RECOVERABLE[:64], -1).result() == (bytes(64), False)


def test_prepared_keys(batches):
    prepared = pyaccel.PreparedKeys("ed25519", [row[0] for row in ROWS], memory=1 << 20)
    with pyaccel.Engine(max_delay=SECONDS) as engine:
        bound = engine.bind("verify", "ed25519", prepared, **LIBSODIUM)
        one = [engine.submit("verify", "ed25519", prepared, *ROWS[i][1:], key_index=i, **LIBSODIUM) for i in range(100)]
        other = [bound(np.uint8(i), *ROWS[i][1:]) for i in range(100)]
        index = np.arange(100)
        many = engine.submit_many(
            "verify_many", "ed25519", prepared, [row[1] for row in ROWS[:100]], [row[2] for row in ROWS[:100]],
            key_index=index, **LIBSODIUM,
        )  # fmt: skip
        index[:] = 0
        with pytest.raises(IndexError, match="key_index: 600 came; there are 600"):
            bound(600, b"", b"")
        with pytest.raises(TypeError, match="key_index: none came"):
            engine.submit("verify", "ed25519", prepared, b"", b"")
        with pytest.raises(TypeError, match="key_index: it numbers PreparedKeys"):
            engine.submit("verify", "ed25519", ROWS[0][0], b"", b"", key_index=0)
    assert results(one) == results(other) == many.result().tolist() == VERDICTS[:100]
    assert len(batches) == 1


def test_a_cache_of_signatures(batches):
    cache, other = pyaccel.SignatureCache(), pyaccel.SignatureCache()
    columns = [list(column) for column in zip(*ROWS[:100], strict=True)]
    with pyaccel.Engine(max_delay=SECONDS, max_batch=100) as engine:
        for _ in range(2):
            futures = [engine.submit("verify", "ed25519", *row, cache=cache, **LIBSODIUM) for row in ROWS[:100]]
            assert results(futures) == VERDICTS[:100]
        assert cache.statistics()["hits"] == len(cache) == sum(VERDICTS[:100])
        many = engine.submit_many("verify_many", "ed25519", *columns, cache=cache, reasons=True, **LIBSODIUM)
        assert many.result(SECONDS)[0].tolist() == VERDICTS[:100]
        assert cache.statistics()["hits"] == 2 * sum(VERDICTS[:100])
        assert len(batches) == 2
        engine.submit("verify", "ed25519", *ROWS[0], cache=cache)
        engine.submit("verify", "ed25519", *ROWS[0], cache=other)
        engine.submit("verify", "ed25519", *ROWS[0])
        for call in (engine.submit_many, engine.submit):
            with pytest.raises(TypeError, match="cache: a dict came"):
                call("verify_many", "ed25519", *columns, cache={})
        with pytest.raises(TypeError, match="cache: a str came"):
            engine.submit("verify", "ed25519", *ROWS[0], cache="yes")
    assert len(batches) == 5


def test_submit_many_gives_what_the_function_returns():
    keys, messages, signatures = (list(column) for column in zip(*ROWS, strict=True))
    leaves = np.arange(320, dtype=np.uint8).reshape(10, 32)
    with pyaccel.Engine() as engine:
        many = engine.submit_many
        verdicts = many("verify_many", "ed25519", keys, messages, signatures, rule="libsodium")
        reasons = many("verify_many", "ed25519", keys, messages, signatures, rule="libsodium", reasons=True)
        digests = many("hash_many", "sha256", pa.array(messages, pa.binary()))
        out = np.zeros((600, 32), np.uint8)
        into = engine.submit("hash_many", "sha256", messages, out=out)
        recovered = many("recover_many", [DIGEST], [RECOVERABLE], addresses=True)
        root = many("merkle.root", leaves, form="bitcoin")
        checked = many("merkle.root_checked", np.concatenate([leaves, leaves[-2:]]))
        proofs = many("merkle.proofs", leaves, [0, 9])
        old, new = pyaccel.merkle.Tree(leaves[:4]), pyaccel.merkle.Tree(leaves)
        consistent = many("merkle.verify_consistency", old.root, new.root, 4, 10, new.consistency_proof(4))
        inconsistent = many("merkle.verify_consistency", old.root, new.root, 3, 10, new.consistency_proof(4))
        included = many("merkle.verify_many", new.root, leaves[:2], [0, 2], new.proofs([0, 1]), 10)
        zeppelin = pyaccel.merkle.Tree(leaves, form="openzeppelin-simple")
        multi = zeppelin.multiproof([1, 5])
        several = many(
            "merkle.verify_multiproof", zeppelin.root, leaves[multi.indices], multi, form="openzeppelin-simple"
        )
        empty = many("verify_many", "ed25519", [], [], [])
        assert verdicts.result(SECONDS).tolist() == VERDICTS
        assert verdicts.result().dtype == np.bool_
        assert reasons.result(SECONDS)[0].tolist() == VERDICTS
        assert ((reasons.result()[1] == 0) == VERDICTS).all()
        assert [bytes(row) for row in digests.result(SECONDS)] == [sha256(message) for message in messages]
        assert into.result(SECONDS) is out
        assert (out == digests.result()).all()
        assert recovered.result(SECONDS)[1].tolist() == [True]
        assert root.result(SECONDS) == pyaccel.merkle.root(leaves, form="bitcoin", device="golden")
        assert checked.result(SECONDS) == pyaccel.merkle.root_checked(np.concatenate([leaves, leaves[-2:]]))
        assert checked.result()[1]
        assert proofs.result(SECONDS)[0] == new.root
        assert list(proofs.result()[1]) == [new.proof(0), new.proof(9)]
        assert consistent.result(SECONDS) is True
        assert inconsistent.result(SECONDS) is False
        assert included.result(SECONDS).tolist() == [True, False]
        assert several.result(SECONDS) is True
        assert empty.result(SECONDS).shape == (0,)


def test_memory_of_the_caller_may_be_written_after_submit():
    key, message, signature = (np.frombuffer(part, np.uint8).copy() for part in ROWS[VERDICTS.index(True)])
    leaves = np.arange(320, dtype=np.uint8).reshape(10, 32)
    root = pyaccel.merkle.root(leaves)
    flat = bytearray(b"abcdef")
    offsets = np.array([0, 2, 6], np.uint64)
    pieces = [bytearray(b"abc"), bytearray(b"def")]
    with pyaccel.Engine(workers=1) as engine, busy(engine):
        futures = [
            engine.submit("verify", "ed25519", key, memoryview(message), bytearray(signature), **LIBSODIUM),
            engine.submit("verify", "ed25519", key, message, signature, **LIBSODIUM),
        ]
        whole = engine.submit_many("verify_many", "ed25519", key[None], message[None], signature[None], **LIBSODIUM)
        one = engine.submit_many("verify_many", "ed25519", key, message, signature[None], **LIBSODIUM)
        tree = engine.submit_many("merkle.root", leaves[::1])
        strided = engine.submit_many("hash_many", "sha256", leaves[::2])
        spans = engine.submit_many("hash_many", "sha256", pyaccel.Rows(flat, offsets=np.array([1, 3, 6])))
        constant = engine.submit_many("hash_many", "sha256", pyaccel.Rows(b"abcdef", offsets=offsets))
        listed = engine.submit_many("hash_many", "sha256", pieces)
        wanted = [sha256(bytes(row)) for row in leaves[::2]]
        for array in (key, message, signature, leaves):
            array[:] = 0
        flat[:] = b"000000"
        offsets[1] = 5
        pieces[0][:] = pieces[1][:] = b"000"
    assert results(futures) == [True, True]
    assert whole.result().tolist() == one.result().tolist() == [True]
    assert tree.result() == root
    assert [bytes(row) for row in strided.result()] == wanted
    assert [bytes(row) for row in spans.result()] == [sha256(b"bc"), sha256(b"def")]
    assert [bytes(row) for row in constant.result()] == [sha256(b"ab"), sha256(b"cdef")]
    assert [bytes(row) for row in listed.result()] == [sha256(b"abc"), sha256(b"def")]


def test_parameters_that_can_be_written_are_read_at_every_call(tmp_path):
    """Views can be no key of a dict while they can be written; a file's memory is one, though it changes."""
    place = tmp_path / "context"
    place.write_bytes(b"first context")
    with (
        pyaccel.Engine(max_delay=0) as engine,
        place.open("r+b") as file,
        mmap.mmap(file.fileno(), 0) as memory,
    ):

        def blake3(context):
            return engine.submit("hash", "blake3", b"message", context=context).result()

        first = blake3(b"first context")
        assert blake3(memory) == blake3(memoryview(bytearray(memory))) == first
        memory[:5] = b"other"
        assert blake3(memory) == blake3(b"other context") != first
        digest, signature = memoryview(bytearray(32)), memoryview(bytearray(64))
        assert engine.submit("recover", digest, signature, 0).result()[1] is False


POSEIDON = "poseidon2-goldilocks-t8-horizenlabs"
WRONG = [
    (("verify_one", "ed25519", *ROWS[0]), {}, ValueError, "operation 'verify_one' is unknown; there are verify, hash"),
    ((5,), {}, ValueError, "operation 5 is unknown"),
    ((), {}, TypeError, "operation"),
    (("verify", "ed25518", *ROWS[0]), {}, ValueError, "scheme 'ed25518' is unknown"),
    (("verify", "ed25519", *ROWS[0]), {"rule": "zip"}, ValueError, "rule of ed25519 'zip' is unknown"),
    (("verify", "ed25519", *ROWS[0]), {"ruel": "zip"}, TypeError, "ruel: verify takes no such .*, rule,"),
    (("verify", "ed25519", *ROWS[0]), {"device": "native"}, TypeError, "device: verify takes no such .*the engine's"),
    (("verify", "ed25519", *ROWS[0][:2]), {}, TypeError, "signature"),
    (("verify", "ed25519", *ROWS[0], b""), {}, TypeError, "positional"),
    (("verify", "ed25519", "00" * 32, *ROWS[0][1:]), {}, TypeError, "public_key: a str came"),
    (("verify", "ed25519", *ROWS[0][:2], None), {}, TypeError, "signature: a NoneType came"),
    (("verify", "ed25519", ROWS[0][0], np.zeros((2, 2), np.uint8), ROWS[0][2]), {}, TypeError, "message"),
    (("verify", "ed25519", *ROWS[0]), {"identity": b"me"}, ValueError, "identity: ed25519 has none"),
    (("verify", "sm2", *ROWS[0]), {"identity": bytes(8192)}, ValueError, "identity: 8,192 bytes came"),
    (("verify", "sm2", *ROWS[0]), {"message_hash": "none", "identity": b""}, ValueError, "identity"),
    (("verify", "ed25519", *ROWS[0]), {"timeout": -1}, ValueError, "timeout: -1.0 came"),
    (("verify", "ed25519", *ROWS[0]), {"timeout": "soon"}, TypeError, "timeout: a str came"),
    (("verify", "ed25519", *ROWS[0]), {"priority": 0.5}, TypeError, "float"),
    (("hash", "sha257", b""), {}, ValueError, "algorithm 'sha257' is unknown"),
    (("hash", "hmac-sha256", b""), {}, ValueError, "key: none came"),
    (("hash", "sha256", b""), {"key": b"key"}, ValueError, "key: sha256 takes no key"),
    (("hash", "sha256", "text"), {}, TypeError, "message: a str came"),
    (("hash", "sha256", [b"a"]), {}, TypeError, "message"),
    (("hash", POSEIDON, bytes(63)), {}, ValueError, "63"),
    (("hash", POSEIDON, b"\xff" * 64), {}, ValueError, "row 0"),
    (("recover", DIGEST, RECOVERABLE), {"rule": "bitcoin"}, ValueError, "rule of recovery 'bitcoin' is unknown"),
    (("recover", DIGEST, RECOVERABLE[:64], "1"), {}, TypeError, "str"),
    (("merkle.verify", KEY[1:], b"", 0, b"", 1), {}, ValueError, "roots: row 0 has 31 bytes; wanted 32"),
    (("merkle.verify", KEY, b"", -1, b"", 1), {}, ValueError, "^index: -1 came; wanted 0"),
    (("merkle.verify", KEY, b"", "0", b"", 1), {}, TypeError, "^index: a str came; wanted a whole number$"),
    (("merkle.verify", KEY, b"", 0, b"", True), {}, TypeError, "^size: True came; wanted a whole number$"),
    (("merkle.verify", KEY, b"", None, b"", 1), {}, TypeError, "indices"),
    (("merkle.verify", KEY, KEY, 0, b"", None), {"form": "openzeppelin-simple"}, ValueError, "indices"),
    (("verify_many", "ed25519", np.zeros((1, 31), np.uint8), [b""], [bytes(64)]), {}, ValueError, "31 bytes each"),
    (("verify_many", "ed25519", [b""], [b"", b""], [bytes(64)]), {}, ValueError, "messages: 2 rows came"),
    (("verify_many", "ed25519", [b""], [b""], [b""]), {"device": "native"}, TypeError, "device: it is the engine's"),
    (("hash_many", POSEIDON, [bytes(64), b"\xff" * 64]), {}, ValueError, "row 1"),
    (("merkle.root", []), {"form": "bitcoin"}, ValueError, "leaves: none came"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "parameters", "kind", "text"), WRONG)
def test_wrong_arguments_are_errors_of_submit(arguments, parameters, kind, text):
    with pyaccel.Engine(max_delay=SECONDS) as engine:
        for _ in range(2):
            with pytest.raises(kind, match=text):
                engine.submit(*arguments, **parameters)
            assert engine.queued == 0
        if arguments[:1] == ("verify",) and len(arguments) == 5:  # the same once good parameters are known
            engine.submit("verify", "ed25519", *ROWS[0])
            with pytest.raises(kind, match=text):
                engine.submit(*arguments, **parameters)
            assert engine.queued == 1


def test_wrong_arguments_of_the_engine():
    for name, value in (("max_batch", 0), ("max_queue", 0), ("max_delay", -1), ("workers", 0), ("device", "gpu")):
        with pytest.raises(ValueError, match=rf"{name}.*{value}"):
            pyaccel.Engine(**{name: value})
    with pytest.raises(ValueError, match="max_delay: 500 came; it is in seconds, 60 at most: 500 us are 500e-6"):
        pyaccel.Engine(max_delay=500)
    for wrong in ({"max_batch": 1.5}, {"max_delay": "1 ms"}, {"max_delay": None}):
        with pytest.raises(TypeError, match=next(iter(wrong))):
            pyaccel.Engine(**wrong)
    with pytest.raises(DeviceUnavailableError):
        pyaccel.Engine("opencl:99")
    engine = pyaccel.Engine()
    with pytest.raises(ValueError, match=r"operation 'merkle\.root' is unknown"):
        engine.bind("merkle.root")
    with pytest.raises(ValueError, match="operation 'verify' is unknown; there are hash_many"):
        engine.submit_many("verify", "ed25519", *ROWS[0])
    with pytest.raises(TypeError, match="public_keys: a list came"):
        engine.bind("verify", "ed25519", [b"key"])
    with pytest.raises(TypeError, match="key: verify takes no such argument; there are scheme, rule,"):
        engine.bind("verify", "ed25519", key=b"key")
    engine.close()


def test_one_row_of_field_elements_that_is_wrong_does_not_touch_its_neighbours():
    with pyaccel.Engine(max_delay=SECONDS) as engine:
        good = engine.submit("hash", POSEIDON, bytes(64))
        with pytest.raises(ValueError, match="row 0"):
            engine.submit("hash", POSEIDON, b"\xff" * 64)
    assert good.result() == pyaccel.hash_many(POSEIDON, [bytes(64)], device="golden").tobytes()


def test_an_error_that_only_the_batch_shows_belongs_to_its_row(monkeypatch):
    real = kinds._hash_many

    def fussy(algorithm, messages, **parameters):
        if b"bad" in messages:
            raise ValueError("a bad row")
        return real(algorithm, messages, **parameters)

    monkeypatch.setattr(kinds, "_hash_many", fussy)
    with pyaccel.Engine(max_delay=SECONDS) as engine:
        futures = [engine.submit("hash", "sha256", message) for message in (b"a", b"bad", b"c")]
    assert futures[0].result(0) == sha256(b"a")
    assert futures[2].result(0) == sha256(b"c")
    assert str(futures[1].exception(0)) == "a bad row"


def test_standard_waiting():
    with pyaccel.Engine() as engine:
        futures = [engine.submit("hash", "sha256", b"%d" % i) for i in range(50)]
        assert {future.result(0) for future in as_completed(futures, SECONDS)} == {sha256(b"%d" % i) for i in range(50)}
        more = [engine.submit("hash", "sha256", b"%d" % i) for i in range(50)]
        done, pending = wait(more, SECONDS)
        assert done == {*more}
        assert not pending


def test_the_device_is_that_of_the_engine():
    where = []
    for engine in (pyaccel.Engine("golden"), pyaccel.Engine("native")):
        with engine:
            on_a_thread(engine, lambda: where.append(pyaccel.scheduler.last_run()), b"a")
    with pyaccel.device("golden"):
        inside = pyaccel.Engine()
    inside.close()
    assert inside.device == "golden"
    assert [ran.device for ran in where] == ["golden", "native"]
