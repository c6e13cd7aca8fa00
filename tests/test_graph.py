# SPDX-License-Identifier: Apache-2.0
"""Graphs against the plain calls, hashlib and PyNaCl: what they give, what they refuse and when."""

from __future__ import annotations

import re
import runpy
import threading
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from graph_support import DIGESTS, INDEX, KEYS, SIGNATURES, SIGNERS, TRANSACTIONS, made_graphs, same
from hypothesis import given
from hypothesis import strategies as st

import pyaccel
from examples import examples, resident_bytes
from pyaccel import PreparedKeys, Rows, merkle
from pyaccel.graph import Graph, Node
from pyaccel.signatures import REASONS

ROOT = Path(__file__).parent.parent


def test_a_block() -> None:
    """Hashed, signatures over the digests verified, a root over them, and a signature over that."""
    graph = pyaccel.Graph()
    digests = graph.hash_many("sha256", TRANSACTIONS)
    valid = graph.verify_many("ed25519", KEYS, digests, SIGNATURES, key_index=INDEX)
    root = graph.merkle_root(digests)
    expected_root = merkle.root(DIGESTS)
    seals = [signer.sign(expected_root).signature for signer in SIGNERS]
    sealed = graph.verify_many("ed25519", KEYS, root, [*seals[:2], seals[0]])
    done = graph.run()
    assert [row.tobytes() for row in done[digests]] == DIGESTS
    assert done[valid].all()
    assert done[valid].dtype == np.bool_
    assert done[root] == expected_root
    assert done[sealed].tolist() == [True, True, False]
    assert list(done) == [digests, valid, root, sealed]
    assert [ran.operation for ran in done.ran] == ["hash_many", "verify_many", "merkle.root", "verify_many"]


def test_only_what_is_asked_for_comes_back_and_only_what_that_needs_runs() -> None:
    graph = Graph()
    digests = graph.hash_many("sha256", TRANSACTIONS)
    again = graph.hash_many("sha256", digests)
    root = graph.merkle_root(again)
    other = graph.hash_many("sm3", TRANSACTIONS)
    done = graph.run(root)
    assert list(done) == [root]
    assert [ran.operation for ran in done.ran] == ["hash_many", "hash_many", "merkle.root"]
    assert done[root] == merkle.root([sha256(digest).digest() for digest in DIGESTS])
    for node in (digests, other):
        with pytest.raises(KeyError):
            done[node]


def test_inputs_of_each_run() -> None:
    """A graph made once, for blocks of any size, their columns as lists, arrays and PreparedKeys."""
    graph = Graph()
    transactions = graph.input("transactions")
    digests = graph.hash_many("sha256", transactions)
    valid = graph.verify_many(
        "ed25519",
        graph.input("keys"),
        digests,
        graph.input("signatures"),
        key_index=graph.input("signers"),
        reasons=True,
    )
    root = graph.merkle_root(transactions)
    assert graph.input("transactions") is transactions
    for n in (40, 0, 1, 7):
        array = np.frombuffer(b"".join(SIGNATURES[:n]), np.uint8).reshape(n, 64)
        columns: tuple[tuple[Any, Any], ...] = ((KEYS, SIGNATURES[:n]), (PreparedKeys("ed25519", KEYS), array))
        for keys, signatures in columns:
            given = {"transactions": TRANSACTIONS[:n], "keys": keys, "signatures": signatures, "signers": INDEX[:n]}
            done = graph.run(valid, root, inputs=given)
            assert done[valid][0].tolist() == [True] * n
            assert done[valid][1].tolist() == [0] * n
            assert done[root] == merkle.root(TRANSACTIONS[:n])


@pytest.mark.parametrize("as_input", [False, True])
def test_what_a_cache_knows_is_not_verified_again(as_input: bool) -> None:
    """Over digests of another node, with bad rows; then in a larger block, in pieces too; and by plain calls."""
    pa = pytest.importorskip("pyarrow")
    cache, graph = pyaccel.SignatureCache(), Graph()
    names = ("transactions", "signatures", "signers")
    transactions, signatures, signers = map(graph.input, names)
    digests = graph.hash_many("sha256", transactions)
    known = graph.input("cache") if as_input else cache
    valid = graph.verify_many("ed25519", KEYS, digests, signatures, key_index=signers, reasons=True, cache=known)
    rows = [*SIGNATURES[:18], bytes(64), b"short"]
    expected = [True] * 18 + [False] * 2, [0] * 18 + [REASONS.index("equation"), REASONS.index("length")]

    def run(given_signatures: Any) -> tuple[Any, list[tuple[str, int]]]:
        n = len(given_signatures)
        given = dict(zip(names, (TRANSACTIONS[:n], given_signatures, INDEX[:n]), strict=True))
        done = graph.run(valid, inputs=given | ({"cache": cache} if as_input else {}))
        return done[valid], [(ran.operation, ran.n) for ran in done.ran]

    for unknown in (20, 2, 2):
        (verdicts, codes), ran = run(rows)
        assert (verdicts.tolist(), codes.tolist()) == expected
        assert ran == [("hash_many", 20), ("verify_many", unknown)]
    assert len(cache) == 18
    pieces = pa.chunked_array([pa.array(SIGNATURES[:10], pa.binary()), pa.array(SIGNATURES[10:], pa.binary())])
    (verdicts, _), ran = run(pieces)
    assert verdicts.all()
    assert ran == [("hash_many", 40), ("verify_many", 22)]
    (verdicts, _), ran = run(SIGNATURES)
    assert verdicts.all()
    assert ran == [("hash_many", 40)]
    assert cache.statistics()["hits"] == 18 * 3 + 40
    assert pyaccel.verify_many("ed25519", KEYS, DIGESTS, SIGNATURES, key_index=INDEX, cache=cache).all()
    assert cache.statistics()["hits"] == 18 * 3 + 80


def test_what_is_no_cache() -> None:
    graph = Graph()
    with pytest.raises(TypeError, match="cache: a dict came"):
        graph.verify_many("ed25519", KEYS[0], TRANSACTIONS, SIGNATURES, cache={})  # type: ignore[arg-type]
    valid = graph.verify_many("ed25519", KEYS[0], TRANSACTIONS, SIGNATURES, cache=graph.input("cache"))
    with pytest.raises(TypeError, match="cache: a int came") as caught:
        graph.run(valid, inputs={"cache": 1})
    assert "In node verify_many[0]" in caught.value.__notes__[0]
    assert graph.run(valid, inputs={"cache": None})[valid].shape == (40,)


def test_bad_rows_are_false_as_in_plain_calls() -> None:
    """Also rows of a list that all have the same wrong length: an array of them would be refused."""
    graph = Graph()
    signatures = graph.input("signatures")
    valid = graph.verify_many("ed25519", KEYS[0], TRANSACTIONS[:3], signatures, reasons=True)
    for rows in ([b"short"] * 3, [bytes(64), b"", bytes(65)], [SIGNATURES[0], bytes(63), bytes(64)]):
        plain = pyaccel.verify_many("ed25519", KEYS[0], TRANSACTIONS[:3], rows, reasons=True)
        assert same(graph.run(valid, inputs={"signatures": rows})[valid], plain)
    with pytest.raises(ValueError, match="signatures: 3 rows of 5 bytes each came; wanted 64"):
        graph.run(inputs={"signatures": np.zeros((3, 5), np.uint8)})


def test_senders_recovered() -> None:
    """Recovery's two results: together, apart, and its keys as rows of another node."""
    graph = Graph()
    digests = graph.hash_many("keccak256", TRANSACTIONS)
    signatures = [bytes(31) + b"\1" + bytes(31) + bytes([1 + i]) + b"\0" for i in range(40)]
    senders = graph.recover_many(digests, signatures, addresses=True)
    hashed = graph.hash_many("sha256", senders.keys)
    done = graph.run(senders, senders.keys, senders.verdicts, hashed)
    keys, found = pyaccel.recover_many(pyaccel.hash_many("keccak256", TRANSACTIONS), signatures, addresses=True)
    assert found.any()
    assert same(done[senders], (keys, found))
    assert same(done[senders.keys], keys)
    assert same(done[senders.verdicts], found)
    assert same(done[hashed], pyaccel.hash_many("sha256", keys))


def test_a_mutated_tree_is_told() -> None:
    """CVE-2012-2459, which only leaves of 32 bytes can have here."""
    graph = Graph()
    leaves = graph.input("leaves")
    checked, root = graph.merkle_root_checked(leaves), graph.merkle_root(leaves, form="bitcoin")
    for some, mutated in ((DIGESTS[:3], False), (DIGESTS[:3] + DIGESTS[2:3], True)):
        done = graph.run(inputs={"leaves": some})
        assert done[checked] == (merkle.root(DIGESTS[:3], form="bitcoin"), mutated)
        assert done[root] == done[checked][0]
    with pytest.raises(TypeError, match="is no rows of bytes"):
        graph.verify_many("ed25519", KEYS[0], checked, SIGNATURES[:1])


def test_arguments_are_refused_as_the_node_is_added() -> None:
    graph = Graph()
    digests = graph.hash_many("sha256", TRANSACTIONS)
    late = graph.input("late")
    refused: list[tuple[type[Exception], str, Any]] = [
        (ValueError, "algorithm", lambda: graph.hash_many("sha257", late)),
        (ValueError, "digest_size: 16 came", lambda: graph.hash_many("sha256", late, digest_size=16)),
        (ValueError, "rule of ed25519", lambda: graph.verify_many("ed25519", late, late, late, rule="any")),
        (ValueError, "form", lambda: graph.merkle_root(late, form="merkle")),
        (ValueError, "rule of recovery", lambda: graph.recover_many(late, late, rule="any")),
        (TypeError, "messages: a str came", lambda: graph.hash_many("sha256", "text")),
        (
            ValueError,
            "39 rows came for 40",
            lambda: graph.verify_many("ed25519", KEYS[0], TRANSACTIONS[1:], SIGNATURES),
        ),
        (ValueError, "40 rows came for 39", lambda: graph.verify_many("ed25519", KEYS[0], digests, SIGNATURES[1:])),
        (
            ValueError,
            "32 bytes each came; wanted 64",
            lambda: graph.verify_many("ed25519", KEYS[0], TRANSACTIONS, digests),
        ),
        (
            IndexError,
            "key_index: 3 came",
            lambda: graph.verify_many("ed25519", KEYS, digests, SIGNATURES, key_index=[3] * 40),
        ),
        (ValueError, "key: hmac-sha256|key: none came", lambda: graph.hash_many("hmac-sha256", digests)),
        (
            ValueError,
            "leaves: row 0 has 64",
            lambda: graph.merkle_root(graph.hash_many("sha512", digests), form="bitcoin"),
        ),
        (ValueError, "one value for all rows", lambda: graph.hash_many("sha256", graph.merkle_root(digests))),
        (TypeError, "key: .* a node may be one of", lambda: graph.hash_many("blake3", TRANSACTIONS, key=digests)),
        (TypeError, "take its .keys", lambda: graph.hash_many("sha256", graph.recover_many(digests, [bytes(65)] * 40))),
        (
            TypeError,
            "no rows of bytes",
            lambda: graph.hash_many("sha256", graph.verify_many("ed25519", KEYS[0], digests, SIGNATURES)),
        ),
        (ValueError, "of another graph", lambda: Graph().hash_many("sha256", digests)),
        (ValueError, "of another graph", lambda: Graph().hash_many("sha256", late)),
        (ValueError, "of another graph", lambda: Graph().run(digests)),
        (TypeError, "wanted nodes", lambda: graph.run("digests")),  # type: ignore[arg-type]
        (TypeError, "name of an input", lambda: graph.input(3)),  # type: ignore[arg-type]
        (ValueError, "'late' did not come", lambda: graph.run(graph.hash_many("sha256", late))),
        (ValueError, "'lately' came; the graph has 'late'", lambda: graph.run(digests, inputs={"lately": []})),
        (
            TypeError,
            "wanted what the plain call takes",
            lambda: graph.run(graph.hash_many("sha256", late), inputs={"late": digests}),
        ),
        (ValueError, "device 'abacus' is unknown", lambda: graph.run(digests, device="abacus")),
    ]
    for error, words, call in refused:
        with pytest.raises(error, match=words):
            call()
    assert [row.tobytes() for row in graph.run(digests)[digests]] == DIGESTS


def test_a_run_is_checked_before_anything_of_it_runs() -> None:
    graph = Graph()
    digests = graph.hash_many("sha256", TRANSACTIONS)
    graph.merkle_root(graph.input("leaves"), form="bitcoin")
    with pyaccel.scheduler.record() as ran, pytest.raises(ValueError, match="leaves: row 1 has 31 bytes") as caught:
        graph.run(inputs={"leaves": [bytes(32), bytes(31)]})
    assert ran == []
    assert any("merkle.root[1] of the graph" in note for note in caught.value.__notes__)
    assert len(graph.run(digests)) == 1


def test_lists_are_taken_as_they_were() -> None:
    messages = list(TRANSACTIONS)
    graph = Graph()
    digests = graph.hash_many("sha256", messages)
    late = graph.verify_many("ed25519", graph.input("key"), messages, SIGNATURES)
    messages[0] = b"changed"
    done = graph.run(digests, late, inputs={"key": KEYS[0]})
    assert [row.tobytes() for row in done[digests]] == DIGESTS
    assert done[late].shape == (40,)


def test_field_elements_out_of_range_are_named() -> None:
    """The plain call says which row; also where it is another node's result."""
    bad = np.zeros((3, 64), np.uint8)
    bad[2] = 0xFF
    with pytest.raises(ValueError) as plain:  # noqa: PT011 - compared below
        pyaccel.hash_many("poseidon2-bn254-t3-compress", bad)
    graph = Graph()
    graph.hash_many("poseidon2-bn254-t3-compress", bad)
    with pytest.raises(ValueError) as fused:  # noqa: PT011
        graph.run()
    assert str(fused.value) == str(plain.value)


def test_from_many_threads() -> None:
    """One graph, every thread with inputs of its own."""
    graph = Graph()
    rows = graph.input("rows")
    digests = graph.hash_many("sha256", rows)
    root = graph.merkle_root(digests)
    wrong: list[int] = []

    def work(number: int) -> None:
        rows = [b"%d %d" % (number, i) for i in range(number + 1)]
        expected = [sha256(row).digest() for row in rows]
        for _ in range(20):
            done = graph.run(inputs={"rows": rows})
            if [row.tobytes() for row in done[digests]] != expected or done[root] != merkle.root(expected):
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@examples(60)
@given(made_graphs(), st.sampled_from(["native", "auto"]), st.data())
def test_any_graph_gives_what_the_plain_calls_give(
    made: tuple[Graph, dict[Node, Any], dict[str, Any]], device: str, data: st.DataObject
) -> None:
    graph, expected, inputs = made
    wanted = data.draw(st.lists(st.sampled_from(list(expected)), unique=True)) if expected else []
    done = graph.run(*wanted, inputs=inputs, device=device)
    assert set(done) == set(wanted or expected)
    for node in done:
        assert same(done[node], expected[node]), node


@examples(6)
@given(made_graphs())
def test_golden_gives_the_same(made: tuple[Graph, dict[Node, Any], dict[str, Any]]) -> None:
    graph, expected, inputs = made
    done = graph.run(inputs=inputs, device="golden")
    for node, value in expected.items():
        assert same(done[node], value), node
    assert {ran.device for ran in done.ran} <= {"golden"}


def test_rows_and_arrow() -> None:
    """Rows of a stride of their own, and Arrow arrays in several pieces."""
    pa = pytest.importorskip("pyarrow")
    chunked = pa.chunked_array([TRANSACTIONS[:13], TRANSACTIONS[13:]], pa.binary())
    padded = np.frombuffer(b"".join(digest + b"pad" for digest in DIGESTS), np.uint8)
    strided = Rows(padded, width=32, stride=35)
    graph = Graph()
    digests = graph.hash_many("sha256", chunked)
    root, again = graph.merkle_root(strided, form="bitcoin"), graph.hash_many("sha256", strided)
    valid = graph.verify_many("ed25519", KEYS, chunked, SIGNATURES, key_index=INDEX)
    done = graph.run()
    assert [row.tobytes() for row in done[digests]] == DIGESTS
    assert done[root] == merkle.root(DIGESTS, form="bitcoin")
    assert [row.tobytes() for row in done[again]] == [sha256(digest).digest() for digest in DIGESTS]
    assert not done[valid].any()


def test_the_guide(capsys: pytest.CaptureFixture[str]) -> None:
    """Its text in Python runs as it stands, and prints what stands below."""
    (source,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs/graphs.md").read_text(), re.DOTALL)
    exec(compile(source, "docs/graphs.md", "exec"), {})
    printed = capsys.readouterr().out.splitlines()
    expected = re.search(r"^# (\[False.*)$", source, re.MULTILINE)
    assert expected
    assert printed[0] == expected[1]
    assert "merkle.root on native" in printed[1]


def test_the_example(capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(ROOT / "examples/python/4_a_block.py"), run_name="__main__")
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].startswith("block 0: 90 of 100 signatures are valid, root ")
    assert printed[1].startswith("block 1: 225 of 250 signatures are valid, root ")
    assert printed[2] == "the same as call by call: True"
    assert printed[4].startswith("device=auto: the graph is for native; first in ")


def test_explain() -> None:
    """Costs are sums; what lies between calls is not counted twice, and what a device declines is marked."""
    graph = Graph()
    digests = graph.hash_many("sha256", graph.input("rows"))
    root = graph.merkle_root(digests)
    valid = graph.verify_many("bip340", bytes(32), digests, np.zeros((3, 64), np.uint8))
    told = graph.explain(root, valid, inputs={"rows": np.zeros((3, 512), np.uint8)}, device="native")
    assert (told.device, told.chosen) == ("native", "native")
    assert told.first_in == 3 * 512 + 32 + 3 * 64
    assert told.last_out == 32 + 3
    assert [name for name, _ in told.calls] == [
        "hash_many(sha256)[0]",
        "merkle.root(rfc6962)[1]",
        "verify_many(bip340)[2]",
    ]
    native = told.totals[0]
    assert native.device == "native"
    assert not native.declined
    for place, (call, name) in enumerate(
        (("hash_many", "sha256"), ("merkle.root", "rfc6962"), ("verify_many", "bip340"))
    ):
        key = {"hash_many": "algorithm", "merkle.root": "form", "verify_many": "scheme"}[call]
        nbytes = {"hash_many": 3 * 512, "merkle.root": 96, "verify_many": 96 + 32 + 192}[call]
        plain = pyaccel.explain(call, 3, nbytes=nbytes, device="native", **{key: name})
        (cost,) = (line.cost for line in plain.lines if line.device == "native")
        assert native.seconds[place] == cost
    lines = str(told).splitlines()
    assert "together" in lines[-2] or "together" in lines[-1]
    with pytest.raises(ValueError, match="'rows' did not come"):
        graph.explain(root)


def test_a_long_chain() -> None:
    """A thousand calls, each over what the one before gave; the graph keeps no more than that of each."""
    graph = Graph()
    node: Node = graph.hash_many("sha256", graph.input("rows"))
    for _ in range(999):
        node = graph.hash_many("sha256", node)
    expected = b"start"
    for _ in range(1000):
        expected = sha256(expected).digest()
    done = graph.run(node, inputs={"rows": [b"start"]})
    assert done[node].tobytes() == expected
    assert len(done.ran) == 1000


@pytest.mark.parametrize(
    ("value", "error", "words"),
    [
        ("text", TypeError, "messages: a str came"),
        (None, TypeError, "messages: a NoneType came"),
        ([b"row", 7], TypeError, r"messages\[1\]: a int came"),
        (iter([b"row"]), TypeError, "messages: a list_iterator came"),
        (b"one for all", ValueError, "messages: one value for all rows came"),
        (np.zeros((2, 2), np.int64), TypeError, "wanted uint8"),
        (np.zeros((2, 2, 2), np.uint8), ValueError, "wanted two dimensions"),
        ([[b"row"]], TypeError, r"messages\[0\]: a list came"),
    ],
)
def test_inputs_of_wrong_kinds(value: Any, error: type[Exception], words: str) -> None:
    """As the plain calls refuse them, with a note that says of which node."""
    graph = Graph()
    graph.hash_many("sha256", graph.input("rows"))
    with pytest.raises(error, match=words) as caught:
        graph.run(inputs={"rows": value})
    assert caught.value.__notes__ == ["In node hash_many[0] of the graph, before anything ran."]


def test_inputs_in_a_wrong_wrapping() -> None:
    graph = Graph()
    graph.hash_many("sha256", graph.input("rows"))
    for wrapped in ([("rows", [b""])], "rows", 3):
        with pytest.raises(TypeError, match=r"wanted \{name: value\}"):
            graph.run(inputs=wrapped)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="inputs: 3 came; the graph has 'rows'"):
        graph.run(inputs={"rows": [], 3: []})  # type: ignore[dict-item]


def test_devices_are_asked_for_as_for_plain_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """By argument, by block, by a list of names."""
    graph = Graph()
    digests = graph.hash_many("sha256", TRANSACTIONS[:3])
    with pyaccel.device("golden"):
        assert {ran.device for ran in graph.run().ran} == {"golden"}
        assert graph.run(device="native").device == "native"
        assert graph.explain().chosen == "golden"
    done = graph.run(device="golden,native")
    assert [row.tobytes() for row in done[digests]] == DIGESTS[:3]
    with pyaccel.scheduler.record() as recorded:
        done = graph.run()
    assert [ran.operation for ran in recorded] == ["hash_many"]
    assert done.bytes_moved == 0


def test_nothing_of_a_run_stays() -> None:
    """Neither results nor what lay between: the memory of many runs is that of one."""
    graph = Graph()
    digests = graph.hash_many("sha256", graph.input("rows"))
    graph.merkle_root(digests)
    rows = np.zeros((1 << 16, 32), np.uint8)
    graph.run(inputs={"rows": rows})
    before = resident_bytes()
    for _ in range(30):
        graph.run(inputs={"rows": rows})
    assert resident_bytes() - before < 30 * rows.nbytes / 4
