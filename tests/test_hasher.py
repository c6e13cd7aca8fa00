# SPDX-License-Identifier: Apache-2.0
"""Messages in pieces: hashing.new against peers, on official vectors, and as hashlib's objects behave."""

from __future__ import annotations

import copy
import gc
import hashlib
import hmac
import mmap
import pickle
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from blake3 import blake3
from Crypto.Hash import RIPEMD160, keccak
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hmac import HMAC
from hypothesis import example, given
from hypothesis import strategies as st
from implementations import RUN, selected
from test_vectors_hash import _FILES, _HMAC_FILES
from vector_files import cavp_monte_carlo, cavp_outputs, hmac_messages, load_json

import pyaccel
from examples import examples, resident_bytes
from pyaccel import hashing
from pyaccel.poseidon2 import ELEMENTS

KEY = bytes(range(32))
LONG_KEY = bytes(range(200))


class Composed:
    """A peer of two hashes, one of the other's digest."""

    def __init__(self, first: Any, then: Callable[[bytes], Any]) -> None:
        self._first = first
        self._then = then

    def update(self, data: bytes) -> None:
        self._first.update(data)

    def digest(self) -> bytes:
        digest: bytes = self._then(self._first.digest()).digest()
        return digest


class Pyca:
    """cryptography's hashes end with their digest: it is taken of a copy."""

    def __init__(self, context: Any) -> None:
        self._context = context

    def update(self, data: bytes) -> None:
        self._context.update(data)

    def digest(self) -> bytes:
        digest: bytes = self._context.copy().finalize()
        return digest


def _hashlib(name: str) -> Callable[[], Any]:
    return lambda: hashlib.new(name)


PEERS: dict[tuple[str, str], tuple[dict[str, Any], Callable[[], Any]]] = {
    ("sha256", ""): ({}, hashlib.sha256),
    ("sha256d", ""): ({}, lambda: Composed(hashlib.sha256(), hashlib.sha256)),
    ("sha224", ""): ({}, hashlib.sha224),
    ("sha512", ""): ({}, hashlib.sha512),
    ("sha384", ""): ({}, hashlib.sha384),
    ("sha512-256", ""): ({}, lambda: Pyca(hashes.Hash(hashes.SHA512_256()))),
    ("keccak256", ""): ({}, lambda: keccak.new(digest_bits=256, update_after_digest=True)),
    ("sha3-224", ""): ({}, hashlib.sha3_224),
    ("sha3-256", ""): ({}, hashlib.sha3_256),
    ("sha3-384", ""): ({}, hashlib.sha3_384),
    ("sha3-512", ""): ({}, hashlib.sha3_512),
    ("ripemd160", ""): ({}, RIPEMD160.new),
    ("hash160", ""): ({}, lambda: Composed(hashlib.sha256(), RIPEMD160.new)),
    ("sm3", ""): ({}, lambda: Pyca(hashes.Hash(hashes.SM3()))),
    ("blake2b-256", ""): ({}, lambda: hashlib.blake2b(digest_size=32)),
    ("blake2b-512", ""): ({}, hashlib.blake2b),
    ("blake2b-512", "keyed"): ({"key": KEY}, lambda: hashlib.blake2b(key=KEY)),
    ("blake2s-256", ""): ({}, hashlib.blake2s),
    ("blake2s-256", "keyed"): ({"key": KEY[:7]}, lambda: hashlib.blake2s(key=KEY[:7])),
    ("blake3", ""): ({}, blake3),
    ("blake3", "keyed"): ({"key": KEY}, lambda: blake3(key=KEY)),
    ("blake3", "derive"): ({"context": "pyaccel 2026"}, lambda: blake3(derive_key_context="pyaccel 2026")),
    ("hmac-sha256", ""): ({"key": KEY}, lambda: hmac.new(KEY, digestmod="sha256")),
    ("hmac-sha256", "long"): ({"key": LONG_KEY}, lambda: Pyca(HMAC(LONG_KEY, hashes.SHA256()))),
    ("hmac-sha512", ""): ({"key": LONG_KEY}, lambda: hmac.new(LONG_KEY, digestmod="sha512")),
    ("hmac-sha512", "empty"): ({"key": b""}, lambda: hmac.new(b"", digestmod="sha512")),
    ("hmac-sm3", ""): ({"key": KEY}, lambda: hmac.new(KEY, digestmod="sm3")),
}
"""Arguments of new, and the peer that says what they mean, by algorithm and mode."""
SHAKES = {"shake128": hashlib.shake_128, "shake256": hashlib.shake_256}
ALL = pytest.mark.parametrize("case", PEERS, ids=lambda case: "-".join(filter(None, case)))


def test_every_algorithm_has_a_peer() -> None:
    """Whatever is added shows here."""
    assert {name for name, _ in PEERS} | set(SHAKES) | set(ELEMENTS) == set(pyaccel.algorithms())


_sizes = st.one_of(
    st.sampled_from(
        [0, 1, 55, 56, 63, 64, 65, 71, 72, 103, 104, 111, 112, 127, 128, 129, 135, 136, 143, 144, 167, 168]
    ),
    st.sampled_from([1023, 1024, 1025, 2047, 2048, 2049, 4096, 16384, 16385, 40_000]),
    st.integers(0, 3000),
)


@ALL
@examples(12)
@example(sizes=[0, 64, 64, 1, 2000, 48], seed=1)
@example(sizes=[1024, 1024, 14 * 1024, 1, 16384], seed=2)
@given(sizes=st.lists(_sizes, max_size=8), seed=st.integers(0, 2**32))
def test_pieces(case: tuple[str, str], sizes: list[int], seed: int) -> None:
    """Pieces of any sizes; digests in between, twice, and of a copy that goes another way."""
    options, peer = PEERS[case]
    random = np.random.default_rng(seed)
    ours, theirs = hashing.new(case[0], **options), peer()
    for i, size in enumerate(sizes):
        data = random.bytes(size)
        ours.update(data)
        theirs.update(data)
        if i % 2 == 0:
            other = ours.copy()
            assert other.digest() == ours.digest() == theirs.digest()
            other.update(b"another way")
            assert other.digest() != ours.digest()
    assert ours.digest() == theirs.digest()
    assert ours.hexdigest() == theirs.digest().hex()
    RUN["hashing.new"] += 1


@pytest.mark.parametrize("algorithm", SHAKES)
@examples(15)
@example(sizes=[0, 168, 136, 2000, 48], length=500, seed=1)
@given(sizes=st.lists(_sizes, max_size=6), length=st.integers(0, 600), seed=st.integers(0, 2**32))
def test_shakes(algorithm: str, sizes: list[int], length: int, seed: int) -> None:
    """SHAKE, whose digests hashlib gives in any length, too."""
    random = np.random.default_rng(seed)
    ours, theirs = hashing.new(algorithm), SHAKES[algorithm]()
    for size in sizes:
        data = random.bytes(size)
        ours.update(data)
        theirs.update(data)
        assert ours.digest(length) == theirs.digest(length)
    assert ours.hexdigest(length) == theirs.hexdigest(length)
    assert ours.digest() == theirs.digest(ours.digest_size)
    RUN["hashing.new"] += 1


def test_blake3_of_any_length() -> None:
    """A longer digest begins with the shorter."""
    ours = hashing.new("blake3", b"abc" * 1000, digest_size=100)
    assert (ours.digest_size, ours.digest()) == (100, blake3(b"abc" * 1000).digest(length=100))
    assert ours.digest(1000) == blake3(b"abc" * 1000).digest(length=1000)
    assert ours.digest(0) == b""


@pytest.mark.parametrize("spec", ["portable", "avx2,-shani", "avx512-emulated"])
@ALL
def test_every_variant(case: tuple[str, str], spec: str) -> None:
    """One message of many chunks and blocks, in pieces of a size that no block has."""
    options, peer = PEERS[case]
    data = np.random.default_rng(3).bytes(70_000)
    theirs = peer()
    theirs.update(data)
    with selected(spec):
        ours = hashing.new(case[0], **options)
        for at in range(0, len(data), 4999):
            ours.update(data[at : at + 4999])
        assert ours.digest() == theirs.digest()
        assert hashing.new(case[0], data, **options).digest() == theirs.digest()


# ---- official vectors ---------------------------------------------------------------------------------------------


def _in_pieces(hasher: hashing.Hasher, message: bytes, piece: int) -> bytes:
    for at in range(0, len(message), piece):
        hasher.update(message[at : at + piece])
    return hasher.digest()


@pytest.mark.parametrize("algorithm", _FILES)
def test_vectors(algorithm: str) -> None:
    """All short and long messages of the files, in pieces of 61 bytes, and long ones in two."""
    for read, name in _FILES[algorithm]:
        cases = read(name)
        assert len(cases) >= 6
        for message, digest in cases:
            assert _in_pieces(hashing.new(algorithm), message, 61 if len(message) < 10_000 else 7001) == digest
            hasher = hashing.new(algorithm, message[: len(message) // 2])
            assert _in_pieces(hasher, message[len(message) // 2 :], 2**20) == digest
            RUN["hashing.new"] += 1


@pytest.mark.parametrize("algorithm", SHAKES)
@pytest.mark.parametrize("kind", ["ShortMsg", "VariableOut"])
def test_shake_vectors(algorithm: str, kind: str) -> None:
    """CAVP's, each output in its own size."""
    for message, output in cavp_outputs(f"hash/cavp_{algorithm.upper()}{kind}.rsp"):
        hasher = hashing.new(algorithm, message[:17], digest_size=len(output))
        hasher.update(message[17:])
        assert hasher.digest() == output
        RUN["hashing.new"] += 1


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_monte_carlo(algorithm: str) -> None:
    """CAVP's Monte Carlo test, its three digests as three pieces."""
    seed, digests = cavp_monte_carlo(f"hash/cavp_{algorithm.upper()}Monte.rsp")
    for expected in digests[:20]:
        chain = [seed, seed, seed]
        for _ in range(1000):
            hasher = hashing.new(algorithm, chain[-3])
            hasher.update(chain[-2])
            hasher.update(chain[-1])
            chain.append(hasher.digest())
        seed = chain[-1]
        assert seed == expected
        RUN["hashing.new"] += 1


@pytest.mark.parametrize("algorithm", _HMAC_FILES)
def test_hmac_vectors(algorithm: str) -> None:
    """RFC 4231 and GM/T 0042."""
    for key, message, digest in hmac_messages(_HMAC_FILES[algorithm][0]):
        assert _in_pieces(hashing.new(algorithm, key=key), message, 7) == digest
        RUN["hashing.new"] += 1


def test_blake2_vectors() -> None:
    """The authors' known answers, keyed and not."""
    algorithms = {"blake2b": "blake2b-512", "blake2s": "blake2s-256"}
    cases = [case for case in load_json("hash/blake2-kat.json") if case["hash"] in algorithms]
    assert len(cases) == 1024
    for case in cases:
        options = {"key": bytes.fromhex(case["key"])} if case["key"] else {}
        hasher = hashing.new(algorithms[case["hash"]], **options)
        assert _in_pieces(hasher, bytes.fromhex(case["in"]), 50) == bytes.fromhex(case["out"])
        RUN["hashing.new"] += 1


def test_blake3_vectors() -> None:
    """The authors' vectors in their three modes, in pieces of one chunk, of less and of more."""
    known = load_json("hash/blake3_test_vectors.json")
    modes: dict[str, dict[str, Any]] = {
        "hash": {},
        "keyed_hash": {"key": known["key"].encode()},
        "derive_key": {"context": known["context_string"]},
    }
    for case in known["cases"]:
        message = (bytes(range(251)) * (case["input_len"] // 251 + 1))[: case["input_len"]]
        for mode, options in modes.items():
            expected = bytes.fromhex(case[mode])
            for piece in (1024, 1000, 5000):
                hasher = hashing.new("blake3", digest_size=len(expected), **options)
                assert _in_pieces(hasher, message, piece) == expected
                assert hasher.digest(32) == expected[:32]
            RUN["hashing.new"] += 1


# ---- hashlib's interface ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        *((name, name) for name in ("sha224", "sha256", "sha384", "sha512", "sm3", "ripemd160")),
        *((f"sha3-{bits}", f"sha3_{bits}") for bits in (224, 256, 384, 512)),
        *(("sha512-256", "sha512_256"), ("blake2b-512", "blake2b"), ("blake2s-256", "blake2s")),
        *(("shake128", "shake_128"), ("shake256", "shake_256")),
    ],
)
def test_sizes(ours: str, theirs: str) -> None:
    """digest_size and block_size are hashlib's."""
    hasher, peer = hashing.new(ours), hashlib.new(theirs)
    assert hasher.name == ours
    assert hasher.block_size == peer.block_size
    assert peer.digest_size in (hasher.digest_size, 0)  # SHAKE has none in hashlib
    assert len(hasher.digest()) == hasher.digest_size


@ALL
def test_sizes_of_all(case: tuple[str, str]) -> None:
    """And of those that hashlib lacks."""
    options, peer = PEERS[case]
    hasher = hashing.new(case[0], **options)
    block = getattr(peer(), "block_size", hasher.block_size)
    assert (len(hasher.digest()), hasher.block_size) == (hasher.digest_size, block)
    assert case[0] in repr(hasher)


@pytest.mark.parametrize("size", [100, 5000])
def test_whatever_has_bytes(tmp_path: Path, size: int) -> None:
    """The buffer protocol, and bytes as they lie in memory."""
    data = np.random.default_rng(1).integers(0, 256, size, np.uint8)
    (tmp_path / "file").write_bytes(data.tobytes())
    numbers = data.view(np.uint32)
    with (tmp_path / "file").open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        buffers = [data.tobytes(), bytearray(data), memoryview(data), data, data.reshape(10, -1), numbers, mapped]
        for buffer in [*buffers, memoryview(numbers), memoryview(data.tobytes())[:]]:
            hasher = hashing.new("sha256", buffer)
            hasher.update(buffer)
            assert hasher.digest() == hashlib.sha256(data.tobytes() * 2).digest()
    array = bytearray(b"abc")
    hasher = hashing.new("sha256", array)
    array += b"d"  # no view of it is left
    assert hasher.digest() == hashlib.sha256(b"abc").digest()
    for empty in (b"", bytearray(), np.empty(0, np.uint8)):
        hasher.update(empty)
    assert hasher.digest() == hashlib.sha256(b"abc").digest()


@pytest.mark.parametrize("data", ["text", None, 3, ["a"], object()])
@pytest.mark.parametrize("first", [b"", bytes(5000)])
def test_what_has_none(data: Any, first: bytes) -> None:
    """A TypeError, as hashlib's, and the message stays as it was."""
    hasher = hashing.new("sha256", first)
    with pytest.raises(TypeError, match="wanted bytes"):
        hasher.update(data)
    with pytest.raises(TypeError):
        hashlib.sha256().update(data)
    with pytest.raises(TypeError, match="wanted bytes"):
        hashing.new("sha256", data)
    assert hasher.digest() == hashlib.sha256(first).digest()


@pytest.mark.parametrize("data", [np.arange(100, dtype=np.uint8)[::2], memoryview(bytes(100))[::2]])
def test_bytes_in_several_pieces(data: Any) -> None:
    """What hashlib refuses is refused with the same exception."""
    for new in (hashing.new, hashlib.new):
        with pytest.raises((BufferError, ValueError), match=r"contiguous|C-contiguous"):
            new("sha256", data)
    with pytest.raises(
        (BufferError, ValueError), match=r"data: a .* came that is not contiguous; wanted .*bytes\(data\)"
    ):
        hashing.new("sha256").update(data)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"name": "md5"}, ValueError, "algorithm 'md5' is unknown; there are sha256"),
        ({"name": "sha3_256"}, ValueError, "unknown; there are"),
        ({"name": b"sha256"}, ValueError, "unknown"),
        ({"name": None}, ValueError, "unknown"),
        ({"name": "sha256", "key": b"k"}, ValueError, "sha256 takes no key"),
        ({"name": "hmac-sha256"}, ValueError, "key: none came; hmac-sha256 needs one"),
        ({"name": "hmac-sha256", "key": "k"}, TypeError, "a str came; wanted bytes"),
        ({"name": "blake2s-256", "key": bytes(33)}, ValueError, "33 bytes came"),
        ({"name": "blake3", "key": KEY, "context": "c"}, ValueError, "a key or a context, not both"),
        ({"name": "sha256", "digest_size": 31}, ValueError, "31 came; sha256 has 32"),
        ({"name": "blake3", "digest_size": 0}, ValueError, "wanted 1"),
    ],
)
def test_wrong_arguments(arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    """As hash_many's."""
    with pytest.raises(error, match=message):
        hashing.new(**arguments)


def test_lengths_out_of_place() -> None:
    """hashlib too takes a length of SHAKE alone."""
    for digest in (hashing.new("sha256").digest, hashing.new("sha256").hexdigest):
        with pytest.raises(TypeError, match="sha256 has digests of 32 bytes alone"):
            digest(32)
    for length in (-1, 2**32):
        with pytest.raises(ValueError, match="length"):
            hashing.new("shake128").digest(length)
    with pytest.raises(TypeError, match="length: a float came"):
        hashing.new("shake128").digest(3.0)  # type: ignore[arg-type]


def test_it_is_not_sent_elsewhere() -> None:
    """Nor copied behind its back; hashlib's objects refuse both."""
    hasher = hashing.new("sha256")
    for way in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match=r"copy\(\)"):
            way(hasher)
    with pytest.raises(AttributeError):
        hasher.name = "sha512"  # type: ignore[misc]


# ---- threads, memory ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("piece", "count"), [(1, 500), (3000, 40)])
def test_threads_share_one_object(piece: int, count: int) -> None:
    """Equal pieces from several threads, small ones and big ones: none is lost, and digests are of whole pieces."""
    hasher = hashing.new("sha256")
    wanted = {}
    peer = hashlib.sha256()
    for i in range(4 * count + 1):
        wanted[peer.digest()] = i
        peer.update(b"x" * piece)
    start = threading.Barrier(4)
    wrong: list[bytes] = []

    def work() -> None:
        start.wait()
        for _ in range(count):
            hasher.update(b"x" * piece)
            digests = (hasher.digest(), hasher.copy().digest())
            wrong.extend(digest for digest in digests if digest not in wanted)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert wanted[hasher.digest()] == 4 * count


def test_a_key_does_not_outlive_its_call() -> None:
    """What Python was given is let go of; C keeps what it made."""
    import sys

    secret = bytes(np.random.default_rng(7).integers(0, 256, 32, np.uint8))
    before = sys.getrefcount(secret)
    for name in ("hmac-sha256", "blake2s-256", "blake3"):
        hasher = hashing.new(name, b"a", key=secret)
        gc.collect()
        assert sys.getrefcount(secret) == before
        assert hasher.digest() == hasher.copy().digest()
    assert hasher.digest() == blake3(b"a", key=secret).digest()


def test_objects_give_their_memory_back() -> None:
    """Handles are freed with their objects."""
    for _ in range(2):
        before = resident_bytes()
        for _ in range(20_000):
            hashing.new("blake3", bytes(2049))
    assert resident_bytes() < before + (8 << 20)  # leaked handles would be 60 MB
