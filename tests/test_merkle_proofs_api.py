# SPDX-License-Identifier: Apache-2.0
"""Root and proofs in one call: against the kept tree, by the definition of golden, and as users may misuse it."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pytest

import pyaccel
from pyaccel import known_answers, merkle
from pyaccel.merkle_forms import FORMS
from pyaccel.operations import OPERATIONS

LEAVES = [hashlib.sha256(bytes([i])).digest() for i in range(70)]
SHORT = [bytes([i]) * (i % 9) for i in range(70)]
both = pytest.mark.parametrize("device", ["native", "golden"])


def leaves_of(form: str, n: int) -> list[bytes]:
    return (LEAVES if FORMS[form].leaf == "node" else SHORT)[:n]


def same_as_tree(leaves: list[bytes], indices: Any, device: str, **options: Any) -> None:
    """Holds root and proofs of one call against those of a kept native tree."""
    root, proofs = merkle.proofs(leaves, indices, device=device, **options)
    ran = pyaccel.scheduler.last_run()
    assert ran is not None
    assert (ran.operation, ran.device) == ("merkle.proofs", device)
    tree = merkle.Tree(leaves, device="native", **options)
    assert (root, list(proofs)) == (tree.root, list(tree.proofs(indices)))


@both
@pytest.mark.parametrize("form", FORMS)
def test_every_leaf_of_every_size(form: str, device: str) -> None:
    for n in (*range(1, 12), 16, 17, 33) if device == "native" else (1, 2, 3, 5, 7, 8, 11):
        for algorithm in FORMS[form].algorithms if n < 4 else FORMS[form].algorithms[:1]:
            same_as_tree(leaves_of(form, n), range(n), device, form=form, algorithm=algorithm)


@both
@pytest.mark.parametrize("form", FORMS)
def test_verified_in_the_order_asked_for(form: str, device: str) -> None:
    leaves, indices = leaves_of(form, 21), [20, 3, 3, 0, 16]
    root, proofs = merkle.proofs(leaves, indices, form=form, device=device)
    assert root == merkle.root(leaves, form=form)
    placeless = FORMS[form].sorts_leaves
    where, size = (None, None) if placeless else (indices, 21)
    shown = [leaves[i] for i in indices]
    assert merkle.verify_many(root, shown, where, proofs, size, form=form, device="golden").all()
    turned = merkle.verify_many(root, shown[::-1], where, proofs, size, form=form, device="golden")
    assert turned.tolist() == [False, False, True, False, False]


@both
@pytest.mark.parametrize("form", ["openzeppelin-standard", "openzeppelin-simple"])
def test_leaves_in_the_caller_s_order(form: str, device: str) -> None:
    for n in (1, 2, 6, 9):
        same_as_tree(leaves_of(form, n), range(n), device, form=form, sort_leaves=False)
    same_as_tree(leaves_of(form, 3) * 3, range(9), device, form=form)


@both
@pytest.mark.parametrize("limit", [None, 9, 100, 2**40, 2**63])
@pytest.mark.parametrize("length", [None, 9, 2**64 - 1])
def test_ssz_limits_and_lengths(limit: int | None, length: int | None, device: str) -> None:
    for mix_in_length in (True,) if length is not None else (False, True):
        options = {"limit": limit, "mix_in_length": mix_in_length, "length": length}
        same_as_tree(LEAVES[:9], [8, 0, 5], device, form="ssz", **options)
        assert merkle.proofs([], [], form="ssz", device=device, **options)[0] == merkle.root([], form="ssz", **options)


@pytest.mark.parametrize("form", FORMS)
def test_published_proofs(form: str) -> None:
    """Trees and proofs of other implementations; sources in known_trees.py and known_values.py."""
    answers = known_answers.of(OPERATIONS["merkle.proofs"], {"form": form})
    assert answers
    for answer in answers:
        leaves = [answer.inputs["leaves"][i] for i in range(answer.n)]
        root, proofs = merkle.proofs(leaves, answer.inputs["indices"], form=form)
        assert root == answer.expected["root"].tobytes()
        assert b"".join(proofs) == answer.expected["proofs"].tobytes()


@both
def test_nothing_asked_for(device: str) -> None:
    root, proofs = merkle.proofs(LEAVES, [], device=device)
    assert (root, len(proofs)) == (merkle.root(LEAVES), 0)
    root, proofs = merkle.proofs([], np.empty(0, np.int64), device=device)
    assert (root, len(proofs)) == (hashlib.sha256(b"").digest(), 0)


@pytest.mark.parametrize(
    ("leaves", "indices", "options", "error", "said"),
    [
        (LEAVES, [3, 70], {}, IndexError, "indices: leaf 70 of a tree of 70 leaves"),
        (LEAVES, [-1], {}, IndexError, "indices: leaf -1 of a tree"),
        ([], [0], {}, IndexError, "indices: leaf 0 of a tree of 0 leaves"),
        (LEAVES, [2**64 - 1], {}, IndexError, "indices: leaf 18446744073709551615"),
        (LEAVES, [0.5], {}, TypeError, "indices: float64 came"),
        (LEAVES, [[0]], {}, ValueError, "indices: an array of shape"),
        (LEAVES, "0", {}, TypeError, "indices"),
        (SHORT, [0], {"form": "bitcoin"}, ValueError, "leaves: row 0"),
        ([], [], {"form": "bitcoin"}, ValueError, "a bitcoin tree has at least one"),
        (LEAVES, [0], {"form": "ssz", "limit": 69}, ValueError, "leaves: 70 came; the limit is 69"),
        (LEAVES, [0], {"limit": 80}, ValueError, "has none"),
        (LEAVES, [0], {"length": 80}, ValueError, "mix_in_length=True alone"),
        (LEAVES, [0], {"sort_leaves": True}, ValueError, "has one order"),
        (LEAVES, [0], {"algorithm": "sha512"}, ValueError, "form rfc6962 is over sha256"),
        (LEAVES, [0], {"device": "gpu"}, ValueError, "gpu"),
    ],
)
def test_errors(leaves: Any, indices: Any, options: dict[str, Any], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        merkle.proofs(leaves, indices, **options)


@both
def test_plans_refuse_an_index_past_the_end(device: str) -> None:
    values = {"form": "rfc6962", "algorithm": "sha256", "sort_leaves": None, "limit": None, "mix_in_length": False}
    (backend,) = pyaccel.scheduler.registry.backends_of(device)
    plan: Any = backend.prepare(OPERATIONS["merkle.proofs"], values)
    (answer, *_) = known_answers.of(OPERATIONS["merkle.proofs"], {"form": "rfc6962"})
    outputs = {name: np.zeros_like(value) for name, value in answer.expected.items()}
    past = np.full_like(answer.inputs["indices"], answer.n)
    with pytest.raises(ValueError, match=r"indices|argument"):
        plan.run(dict(answer.inputs) | {"indices": past}, outputs, answer.n)
