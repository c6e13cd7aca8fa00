# SPDX-License-Identifier: Apache-2.0
"""Questions with answers from standards, which every backend is asked before it is trusted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from pyaccel import known_trees as trees
from pyaccel import known_values as values
from pyaccel.backends.base import Parameters, Plan
from pyaccel.known_poseidon2 import HASHES as POSEIDON2
from pyaccel.merkle_forms import parameters as tree_parameters
from pyaccel.operations import OPERATIONS, Operation
from pyaccel.rows import Rows, as_rows

FULL_LANES = 64
"""Rows of a hash question: its few messages again and again, so that every lane of a wide kernel is asked."""


@dataclass(frozen=True, eq=False)
class KnownAnswer:
    """One batch whose outputs are known.

    Attributes:
        operation: its name.
        parameters: complete, as plans take them.
        source: the standard or the list that the answer is from.
        n: rows.
        inputs: as the operation takes them.
        expected: every output, byte for byte.
    """

    operation: str
    parameters: Mapping[str, Any]
    source: str
    n: int
    inputs: Mapping[str, Any]
    expected: Mapping[str, npt.NDArray[Any]]

    def check(self, plan: Plan) -> str | None:
        """What the plan answers wrongly, None when all is right. What it raises comes out."""
        outputs = {name: np.full_like(answer, 0xAA) for name, answer in self.expected.items()}
        plan.run(self.inputs, outputs, self.n)
        for name, answer in self.expected.items():
            if not np.array_equal(outputs[name], answer):
                row = int(np.argwhere(outputs[name] != answer)[0][0])
                got, wanted = (bytes(np.atleast_1d(a[row])).hex() for a in (outputs[name], answer))
                return f"{self.operation} ({self.source}): {name}[{row}] is {got}, not {wanted}"
        return None


def group(operation: Operation, parameters: Parameters) -> str:
    """What answers are grouped by: the first parameter, which names the algorithm, form or scheme."""
    return str(parameters[operation.parameters[0]])


def of(operation: Operation, parameters: Parameters) -> tuple[KnownAnswer, ...]:
    """The known answers of an operation for the algorithm, form or scheme in parameters."""
    wanted = group(operation, parameters)
    return tuple(a for a in known() if a.operation == operation.name and group(operation, a.parameters) == wanted)


@cache
def known() -> tuple[KnownAnswer, ...]:
    """All of them."""
    return (
        *_hashes(),
        *_roots(),
        *_layers(),
        *_paths(),
        *_proofs(),
        *_consistency(),
        *_multiproofs(),
        *_signatures(),
        *_recoveries(),
    )


def _hashes() -> Iterable[KnownAnswer]:
    hashes = values.HASHES | POSEIDON2
    plain = [(algorithm, None, None, source, pairs) for algorithm, (source, pairs) in hashes.items()]
    for algorithm, key, context, source, pairs in plain + values.PARAMETRIC_HASHES:
        messages = [message for message, _ in pairs]
        digests = np.frombuffer(bytes.fromhex("".join(digest for _, digest in pairs)), np.uint8)
        size = len(digests) // len(pairs)
        cycle = np.arange(FULL_LANES) % len(pairs)
        yield KnownAnswer(
            "hash_many",
            {"algorithm": algorithm, "digest_size": size, "context": context},
            source,
            FULL_LANES,
            {"messages": as_rows("messages", [messages[i] for i in cycle]), "key": key},
            {"digests": digests.reshape(-1, size)[cycle]},
        )


def _tree(operation: str, form: str, limit: int | None = None, *, mix_in_length: bool = False) -> dict[str, Any]:
    names = OPERATIONS[operation].parameters
    found = tree_parameters(form, limit=limit, mix_in_length=mix_in_length)
    return dict(zip(names, found, strict=False))


def _roots() -> Iterable[KnownAnswer]:
    for form, source, leaves, root, mutated, limit in trees.ROOTS:
        yield KnownAnswer(
            "merkle.root",
            _tree("merkle.root", form, limit, mix_in_length=limit is not None),
            source,
            len(leaves),
            {"leaves": as_rows("leaves", leaves), "length": None},
            {"root": _nodes([root]), "mutated": np.array([mutated], np.uint8)},
        )


def _layers() -> Iterable[KnownAnswer]:
    for form, source, leaves, nodes, positions in trees.LAYERS:
        expected: dict[str, npt.NDArray[Any]] = {"nodes": _nodes(nodes)}
        if positions is not None:
            expected["positions"] = np.array(positions, np.uint64)
        inputs = {"leaves": as_rows("leaves", leaves)}
        yield KnownAnswer("merkle.layers", _tree("merkle.layers", form), source, len(leaves), inputs, expected)


def _paths() -> Iterable[KnownAnswer]:
    """The published proofs, asked of the trees that they are of."""
    for form, source, leaves, root, _, limit in trees.ROOTS:
        questions = [question for of, _, some in trees.PROOFS if of == form for question in some]
        right = [q for q in questions if limit is None and q[0] == root and q[4] in (None, len(leaves)) and q[5]]
        if not right:
            continue
        indices = [leaves.index(leaf) if index is None else index for _, leaf, index, _, _, _ in right]
        proofs = [proof for _, _, _, proof, _, _ in right]
        yield KnownAnswer(
            "merkle.proofs",
            _tree("merkle.proofs", form),
            source,
            len(leaves),
            {"leaves": as_rows("leaves", leaves), "length": None, "indices": np.array(indices, np.uint64)},
            {
                "root": _nodes([root]),
                "proofs": np.frombuffer(b"".join(proofs), np.uint8),
                "offsets": np.cumsum([0, *map(len, proofs)]).astype(np.uint64),
            },
        )


def _proofs() -> Iterable[KnownAnswer]:
    for form, source, questions in trees.PROOFS:
        roots, leaves, indices, proofs, sizes, verdicts = zip(*questions, strict=True)
        yield KnownAnswer(
            "merkle.verify_many",
            _tree("merkle.verify_many", form),
            source,
            len(questions),
            {
                "roots": as_rows("roots", roots),
                "leaves": as_rows("leaves", leaves),
                "indices": None if indices[0] is None else np.array(indices, np.uint64),
                "proofs": as_rows("proofs", proofs),
                "sizes": None if sizes[0] is None else np.array(sizes, np.uint64),
                "length": None,
            },
            {"verdicts": np.array(verdicts, np.uint8)},
        )


def _consistency() -> Iterable[KnownAnswer]:
    for source, old_root, new_root, old_size, new_size, proof, verdict in values.CONSISTENCY:
        yield KnownAnswer(
            "merkle.verify_consistency",
            _tree("merkle.verify_consistency", "rfc6962"),
            source,
            1,
            {
                "old_root": as_rows("old_root", [old_root]),
                "new_root": as_rows("new_root", [new_root]),
                "sizes": np.array([old_size, new_size], np.uint64),
                "proof": as_rows("proof", [proof]),
            },
            {"verdicts": np.array([verdict], np.uint8)},
        )


def _multiproofs() -> Iterable[KnownAnswer]:
    for form, source, root, leaves, indices, proof, flags, verdict in trees.MULTIPROOFS:
        yield KnownAnswer(
            "merkle.verify_multiproof",
            _tree("merkle.verify_multiproof", form),
            source,
            len(leaves),
            {
                "root": as_rows("root", [root]),
                "leaves": as_rows("leaves", leaves),
                "indices": None if indices is None else np.array(indices, np.uint64),
                "proof": as_rows("proof", [proof]),
                "flags": None if flags is None else np.array(flags, np.uint8),
            },
            {"verdicts": np.array([verdict], np.uint8)},
        )


def _signatures() -> Iterable[KnownAnswer]:
    for scheme, message_hash, signature_format, source, questions, verdicts in values.SIGNATURES:
        keys, messages, signatures = (_named_rows(column) for column in zip(*questions, strict=True))
        for rule, answers in verdicts.items():
            yield KnownAnswer(
                "verify_many",
                {
                    "scheme": scheme,
                    "rule": rule,
                    "message_hash": message_hash,
                    "key_format": "auto",
                    "signature_format": signature_format,
                },
                f"{source}, rule {rule}",
                len(questions),
                {
                    "public_keys": keys,
                    "messages": messages,
                    "signatures": signatures,
                    "identity": None,
                    "key_index": None,
                },
                {
                    "verdicts": np.array([reason == 0 for reason in answers], np.uint8),
                    "reasons": np.array(answers, np.uint8),
                },
            )


def _recoveries() -> Iterable[KnownAnswer]:
    for rule, addresses, source, questions, keys in values.RECOVERIES:
        digests, signatures = (_named_rows(column) for column in zip(*questions, strict=True))
        width = 20 if addresses else 64
        yield KnownAnswer(
            "recover_many",
            {"rule": rule, "addresses": addresses},
            source,
            len(questions),
            {"digests": digests, "signatures": signatures, "recovery_ids": None},
            {
                "keys": np.frombuffer(b"".join(key or bytes(width) for key in keys), np.uint8).reshape(-1, width),
                "verdicts": np.array([key is not None for key in keys], np.uint8),
            },
        )


def _named_rows(column: tuple[bytes, ...]) -> Rows:
    return as_rows("rows", column)


def _nodes(nodes: Iterable[bytes]) -> npt.NDArray[np.uint8]:
    return np.frombuffer(b"".join(nodes), np.uint8).reshape(-1, 32)
