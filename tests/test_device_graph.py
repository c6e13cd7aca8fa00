# SPDX-License-Identifier: Apache-2.0
"""Graphs on devices: the same results, what goes over the link, and what happens when a device fails."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import cuda_support
import numpy as np
import openssl_sm2
import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from graph_support import DIGESTS, INDEX, KEYS, SIGNATURES, TRANSACTIONS, made_graphs, same
from hypothesis import given
from nacl.signing import SigningKey
from opencl_support import DEVICES, on_every_device

import pyaccel
from examples import examples
from pyaccel import merkle
from pyaccel.backends import device_plans, opencl
from pyaccel.backends.device import DeviceBackend
from pyaccel.graph import Graph, Node
from pyaccel.scheduler import execution, health, moved, registry

pytestmark = pytest.mark.opencl

WIDTH = 512
ROWS = 100
"""Fewer than any device takes in one chunk."""


@pytest.fixture(params=["shared", "own"])
def device(backend: Any, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The device under test as the scheduler's own: as it is, and taken for one with memory of its own."""
    kind = backend.name.partition(":")[0]
    found = opencl.discover() if kind == "opencl" else cuda_support.backends()
    assert isinstance(found, tuple)
    monkeypatch.setattr(registry, "_found", {**registry._found, kind: found})
    for kept in (registry.backends_of, registry.probed):
        kept.cache_clear()
    monkeypatch.setattr(execution, "_placements", {})
    monkeypatch.setattr(health, "_warned", set())
    before = pyaccel.scheduler.shadow(0)  # checks bring back what they compare
    listed = next(other for other in found if other.name == backend.name)
    assert isinstance(listed, DeviceBackend)
    of: Any = listed.device
    if kind == "cuda" and request.param == "shared":
        pytest.skip("a CUDA device has memory of its own")
    if kind == "opencl" and request.param == "own":
        of._shared_memory, of.memory = False, 1 << 32
    yield of
    pyaccel.scheduler.shadow(before)
    for kept in (registry.backends_of, registry.probed):
        kept.cache_clear()


def block_graph() -> tuple[Graph, dict[Node, Any]]:
    """A graph over the small block, and what it gives."""
    graph = Graph()
    digests = graph.hash_many("sha256", TRANSACTIONS)
    valid = graph.verify_many("ed25519", KEYS, digests, SIGNATURES, key_index=INDEX)
    root, other = graph.merkle_root(digests), graph.merkle_root(digests, form="bitcoin")
    plain = np.frombuffer(b"".join(DIGESTS), np.uint8).reshape(-1, 32)
    of_root = graph.hash_many("sha256", digests)
    again = np.frombuffer(b"".join(sha256(digest).digest() for digest in DIGESTS), np.uint8).reshape(-1, 32)
    expected = {valid: np.ones(len(DIGESTS), np.bool_), root: merkle.root(DIGESTS), digests: plain, of_root: again}
    return graph, expected | {other: merkle.root(DIGESTS, form="bitcoin")}


@on_every_device
def test_a_block(backend: Any, device: Any) -> None:
    graph, expected = block_graph()
    for wanted in (tuple(expected), (), tuple(expected)[:2]):
        done = graph.run(*wanted, device=backend.name)
        assert done.device == backend.name
        assert {ran.device for ran in done.ran} == {backend.name}
        assert all(same(done[node], expected[node]) for node in done)
        assert set(done) == set(wanted or expected)
    assert device.name == backend.name


@on_every_device
def test_digests_come_back_for_a_cache(backend: Any, device: Any) -> None:
    """What it does not know is verified on the device; where it knows all, nothing goes over for that."""
    cache, graph = pyaccel.SignatureCache(), Graph()
    digests = graph.hash_many("sha256", TRANSACTIONS)
    valid = graph.verify_many("ed25519", KEYS, digests, SIGNATURES, key_index=INDEX, cache=cache)
    root = graph.merkle_root(digests)
    first = list(range(0, 40, 3))
    rows = ([values[i] for i in first] for values in (DIGESTS, SIGNATURES, INDEX))
    some, signed, signers = rows
    assert pyaccel.verify_many("ed25519", KEYS, some, signed, key_index=signers, cache=cache).all()
    unknown = len(DIGESTS) - len(first)
    for verified in ([("verify_many", backend.name, unknown)], []):
        done = graph.run(valid, root, device=backend.name)
        assert done[valid].all()
        assert done[root] == merkle.root(DIGESTS)
        ran = [(one.operation, one.device, one.n) for one in done.ran]
        assert ran == [("hash_many", backend.name, 40), *verified, ("merkle.root", backend.name, 40)]
    assert cache.statistics()["hits"] == len(first) + 40
    assert device.name == backend.name


def columns(scheme: str) -> tuple[Any, Any, Any]:
    """Keys, messages of WIDTH bytes and signatures, ROWS of each, by PyNaCl and OpenSSL."""
    messages = np.random.default_rng(5).integers(0, 256, (ROWS, WIDTH), np.uint8)
    rows = [message.tobytes() for message in messages]
    if scheme == "sm2":
        spki, encoded = openssl_sm2.signed(rows, b"1234567812345678")
        numbers = map(decode_dss_signature, encoded)
        signatures = [r.to_bytes(32, "big") + s.to_bytes(32, "big") for r, s in numbers]
        return array([spki[-64:]] * ROWS), messages, array(signatures)
    signers = [SigningKey(sha256(b"%d" % i).digest()) for i in range(ROWS)]
    signatures = [signer.sign(row).signature for signer, row in zip(signers, rows, strict=True)]
    return array([bytes(signer.verify_key) for signer in signers]), messages, array(signatures)


def array(rows: list[bytes]) -> Any:
    """Rows of one width as an array."""
    return np.frombuffer(b"".join(rows), np.uint8).reshape(len(rows), -1)


@on_every_device
@pytest.mark.parametrize(("scheme", "algorithm"), [("ed25519", "sha256"), ("sm2", "sm3")])
def test_no_more_than_what_comes_first_and_goes_last_is_moved(
    backend: Any, device: Any, scheme: str, algorithm: str
) -> None:
    """Transactions go over once for their hash and their signature, digests never; the plain calls move more."""
    keys, messages, signatures = columns(scheme)
    graph = Graph()
    digests = graph.hash_many(algorithm, messages)
    valid = graph.verify_many(scheme, keys, messages, signatures)
    root = graph.merkle_root(digests, algorithm=algorithm)
    graph.run(valid, root, device=backend.name)  # tables of multiples go over once, and stay
    with moved() as counted:
        done = graph.run(valid, root, device=backend.name)
    assert {ran.device for ran in done.ran} == {backend.name}
    assert done[valid].all()
    first_in, last_out = messages.nbytes + keys.nbytes + signatures.nbytes, done[valid].nbytes + len(done[root])
    with moved() as plain:
        hashed = pyaccel.hash_many(algorithm, messages, device=backend.name)
        assert same(pyaccel.verify_many(scheme, keys, messages, signatures, device=backend.name), done[valid])
        assert merkle.root(hashed, algorithm=algorithm, device=backend.name) == done[root]
    assert counted == done.moved
    assert done.bytes_moved == done.moved.to_device + done.moved.from_device
    assert done.moved.from_device == last_out
    assert plain.from_device == last_out + hashed.nbytes
    if device.memory:
        assert done.moved.to_device == first_in
        assert plain.to_device == first_in + messages.nbytes + hashed.nbytes
    else:
        assert done.moved.to_device <= plain.to_device < first_in


@on_every_device
@pytest.mark.parametrize("scheme", ["secp256k1-ecdsa", "p256-ecdsa", "sm2"])
def test_digests_that_are_verified_stay_there(backend: Any, device: Any, scheme: str) -> None:
    """With message_hash none, and for recovery; verdicts and keys are those of the plain calls."""
    signatures = np.random.default_rng(6).integers(1, 256, (ROWS, 64), np.uint8)
    signatures[:, 0] &= 0x7F
    signatures[:, 32] &= 0x7F
    messages = np.random.default_rng(7).integers(0, 256, (ROWS, 50), np.uint8)
    graph = Graph()
    digests = graph.hash_many("sha256", messages)
    senders = graph.recover_many(digests, signatures, [0] * ROWS)
    valid = graph.verify_many(scheme, senders.keys, digests, signatures, message_hash="none", reasons=True)
    graph.run(device=backend.name)
    done = graph.run(valid, senders, device=backend.name)
    hashed = pyaccel.hash_many("sha256", messages)
    plain = pyaccel.recover_many(hashed, signatures, [0] * ROWS)
    assert plain[1].any()
    assert same(done[senders], plain)
    expected = pyaccel.verify_many(scheme, plain[0], hashed, signatures, message_hash="none", reasons=True)
    assert same(done[valid], expected)
    assert scheme != "secp256k1-ecdsa" or expected[0].any()
    assert done.moved.from_device == plain[0].nbytes + 2 * ROWS


@pytest.mark.parametrize("backend", DEVICES)
@examples(8)
@given(made_graphs())
def test_any_graph(backend: Any, device: Any, made: tuple[Graph, dict[Node, Any], dict[str, Any]]) -> None:
    graph, expected, inputs = made
    done = graph.run(inputs=inputs, device=backend.name)
    assert device.name == done.device
    for node, value in expected.items():
        assert same(done[node], value), node


@on_every_device
def test_what_a_device_declines_runs_natively(backend: Any, device: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what it reads brought back; and what comes after goes on where it was."""
    monkeypatch.delitem(device_plans._SCHEMES, "bip340")
    graph = Graph()
    digests = graph.hash_many("sha256", TRANSACTIONS)
    valid = graph.verify_many("bip340", bytes(32), digests, [bytes(64)] * len(TRANSACTIONS))
    root = graph.merkle_root(digests)
    done = graph.run(valid, root, device=backend.name)
    assert [ran.device for ran in done.ran] == [backend.name, "native", backend.name]
    assert any("declined" in note for note in done.ran[1].notes)
    assert not done[valid].any()
    assert done[root] == merkle.root(DIGESTS)
    assert done.moved.from_device == 32 * len(DIGESTS) + 32
    assert device.name == backend.name


@on_every_device
@pytest.mark.parametrize("batch", [1, 3])
def test_a_device_that_fails_in_the_middle(
    backend: Any, device: Any, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the call: all of it is computed natively, from the beginning, with one warning."""
    graph, expected = block_graph()
    graph.run(device=backend.name)
    launch, left = device.launch, [batch]

    def fail(path: str, *arguments: Any, **more: Any) -> Any:
        left[0] -= path.startswith(("hash/", "verify/ed25519.cl"))
        if left[0] < 0:
            raise MemoryError("no room for a launch")
        return launch(path, *arguments, **more)

    monkeypatch.setattr(device, "launch", fail)
    with pytest.warns(RuntimeWarning, match=f"{backend.name} failed at .*, the rows are computed elsewhere"):
        done = graph.run(device=backend.name)
    assert {ran.device for ran in done.ran} == {"native"}
    assert all("failed in a graph, which was computed anew" in ran.notes[-1] for ran in done.ran)
    assert all(same(done[node], value) for node, value in expected.items())


@on_every_device
def test_a_device_that_starts_anew_between_two_calls(
    backend: Any, device: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it kept is lost then, and is not read as if it were there."""
    graph, expected = block_graph()
    run_once, runs = execution.run_once, [0]

    def lose(*arguments: Any) -> None:
        runs[0] += 1
        if runs[0] == 3:
            device.forget()
        run_once(*arguments)

    monkeypatch.setattr(execution, "run_once", lose)
    with pytest.warns(RuntimeWarning, match="was lost as it started anew"):
        done = graph.run(device=backend.name)
    assert all(same(done[node], value) for node, value in expected.items())


@on_every_device
@pytest.mark.parametrize("room", [64, 10_000])
def test_what_does_not_fit_is_not_kept(backend: Any, device: Any, room: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A device of little memory: rows in chunks, trees in subtrees, digests back and over again."""
    monkeypatch.setattr(device, "chunk_bytes", room)
    graph, expected = block_graph()
    done = graph.run(device=backend.name)
    assert all(same(done[node], value) for node, value in expected.items())
    if device.memory:
        monkeypatch.setattr(device, "memory", 2048)
        done = graph.run(device=backend.name)
        assert all(same(done[node], value) for node, value in expected.items())


@on_every_device
def test_wrong_arguments_found_on_a_device_are_told(backend: Any, device: Any) -> None:
    bad = np.zeros((3, 64), np.uint8)
    bad[2] = 0xFF
    graph = Graph()
    graph.hash_many("poseidon2-bn254-t3-compress", bad)
    with pytest.raises(ValueError, match="row 2"):
        graph.run(device=backend.name)
    assert device.starts >= 0


@on_every_device
def test_checks_of_a_device_that_answers_wrongly(backend: Any, device: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Shadow checks see what stays on a device, too."""
    graph, expected = block_graph()
    graph.run(device=backend.name)
    pyaccel.scheduler.shadow(1)
    copy = device.read

    def flip(array: Any, memory: Any, offset: int = 0) -> None:
        copy(array, memory, offset)
        array.reshape(-1)[0] ^= 1

    monkeypatch.setattr(device, "read", flip)
    monkeypatch.setattr(health, "_quarantined", {})
    with pytest.warns(RuntimeWarning, match=f"pyaccel does not use {backend.name} any more"):
        done = graph.run(device=backend.name)
    assert all(same(done[node], value) for node, value in expected.items())
    assert {ran.device for ran in done.ran} == {"native"}


@on_every_device
def test_rows_without_bytes_one_for_all_and_with_gaps(backend: Any, device: Any) -> None:
    """Shared by two calls each, so that they are kept."""
    empty = [b""] * 5
    gaps = pyaccel.Rows(np.arange(5 * 40, dtype=np.uint8), width=33, stride=40)
    ragged = [bytes([i]) * (3 * i + 1) for i in range(5)]
    signatures = [bytes(64)] * 5
    graph = Graph()
    expected: dict[Node, Any] = {}
    for rows in (empty, gaps, ragged):
        given = graph.input(str(id(rows)))
        for algorithm in ("sha256", "sm3", "keccak256"):
            node = graph.hash_many(algorithm, given)
            expected[node] = pyaccel.hash_many(algorithm, rows, device="native")
        for scheme in ("ed25519", "sm2", "p256-ecdsa"):
            node = graph.verify_many(scheme, bytes(32 if scheme == "ed25519" else 64), given, signatures, reasons=True)
            key = bytes(32 if scheme == "ed25519" else 64)
            expected[node] = pyaccel.verify_many(scheme, key, rows, signatures, reasons=True, device="native")
        root = graph.merkle_root(given)
        expected[root] = merkle.root(rows, device="native")
        for scheme in ("ed25519", "secp256k1-ecdsa"):
            key = bytes(32 if scheme == "ed25519" else 64)
            over = graph.verify_many(scheme, key, root, signatures, reasons=True)
            expected[over] = pyaccel.verify_many(scheme, key, expected[root], signatures, reasons=True, device="native")
    done = graph.run(inputs={str(id(rows)): rows for rows in (empty, gaps, ragged)}, device=backend.name)
    assert all(same(done[node], value) for node, value in expected.items())
    assert {ran.device for ran in done.ran} == {device.name}


@on_every_device
def test_pieces_of_arrow(backend: Any, device: Any) -> None:
    """A batch in pieces is cut there, and what it gives comes back."""
    pa = pytest.importorskip("pyarrow")
    graph = Graph()
    digests = graph.hash_many("sha256", pa.chunked_array([TRANSACTIONS[:13], TRANSACTIONS[13:]], pa.binary()))
    again = graph.hash_many("sha256", digests)
    signatures = pa.chunked_array([SIGNATURES[:5], SIGNATURES[5:]], pa.binary(64))
    valid = graph.verify_many("ed25519", KEYS, digests, signatures, key_index=INDEX)
    done = graph.run(device=backend.name)
    assert [row.tobytes() for row in done[digests]] == DIGESTS
    assert [row.tobytes() for row in done[again]] == [sha256(digest).digest() for digest in DIGESTS]
    assert done[valid].all()
    assert {ran.device for ran in done.ran} == {device.name}


@on_every_device
def test_many_threads_while_the_device_is_lost_again_and_again(backend: Any, device: Any) -> None:
    """Each thread has its own results, whatever happens to the device meanwhile."""
    graph = Graph()
    rows = graph.input("rows")
    digests = graph.hash_many("sha256", rows)
    again, root = graph.hash_many("sm3", digests), graph.merkle_root(digests)
    graph.run(inputs={"rows": [b""]}, device=backend.name)
    wrong: list[object] = []
    ran: list[str] = []

    def work(number: int) -> None:
        given = [b"%d %d" % (number, i) * (i + 1) for i in range(10 * number + 1)]
        hashed = pyaccel.hash_many("sha256", given, device="native")
        expected = pyaccel.hash_many("sm3", hashed, device="native"), merkle.root(hashed, device="native")
        for _ in range(6):
            done = graph.run(again, root, inputs={"rows": given}, device=backend.name)
            ran.extend(one.device for one in done.ran)
            if not same((done[again], done[root]), expected):
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            device.forget()
            threads[0].join(0.02)
        for thread in threads:
            thread.join()
    assert wrong == []
    assert len(ran) == 8 * 6 * 3
