# SPDX-License-Identifier: Apache-2.0
"""The registry: one table, one row per operation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal

from pyaccel.backends.base import Inputs, Outputs, Parameters

Golden = Callable[[Parameters, Inputs, Outputs, int], None]


@dataclass(frozen=True)
class Operation:
    """One thing that pyaccel computes, whatever the device.

    Attributes:
        name: its one spelling ("hash_many").
        parameters: names of the parameters that a plan is made for; each has a hashable value. Plans are kept, and
            their parameters with them: a secret is an input.
        inputs: names of the inputs, n rows each unless `shapes` says otherwise.
        outputs: names of the outputs.
        golden_path: "module:function" of the readable reference, imported when first used.
        parameters_path: "module:function" that checks parameters given by name and fills in defaults.
        split: how a batch may be cut over devices.
        work: what the cost model counts ("compressions", "field multiplications").
        shapes: row shapes in words, for the docs and for errors.
    """

    name: str
    parameters: tuple[str, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    golden_path: str
    parameters_path: str
    split: Literal["rows", "power_of_two_subtrees", "none"]
    work: str
    shapes: str

    def golden(self) -> Golden:
        """The readable reference: fills outputs from inputs, one row after the other."""
        loaded: Golden = _load(self.golden_path)
        return loaded

    def resolve(self, **given: Any) -> tuple[Any, ...]:
        """One checked value for each of `parameters`, defaults filled in.

        Raises:
            ValueError: a name is unknown, or does not go with the others.
            TypeError: a parameter without a default is missing.
        """
        values: tuple[Any, ...] = _load(self.parameters_path)(**given)
        return values[: len(self.parameters)]


def _load(path: str) -> Any:
    module, _, function = path.partition(":")
    return getattr(import_module(module), function)


# Input rows are pyaccel.rows.Rows: row i is inputs[name][i], for any i < n also where one value serves all rows.
# Parameters come resolved: no None where the name has a default.
_TABLE = (
    Operation(
        name="hash_many",
        parameters=("algorithm", "digest_size", "context"),
        inputs=("messages", "key"),
        outputs=("digests",),
        golden_path="pyaccel.golden.hashing:hash_many",
        parameters_path="pyaccel.hashing:parameters",
        split="rows",
        work="compressions",
        shapes="messages: n rows of any length; key: bytes, or None; digests: uint8[n, digest_size]",
    ),
    Operation(
        name="merkle.layers",
        parameters=("form", "algorithm", "sort_leaves"),
        inputs=("leaves",),
        outputs=("nodes", "positions"),
        golden_path="pyaccel.golden.merkle:layers",
        parameters_path="pyaccel.merkle_forms:parameters",
        split="power_of_two_subtrees",
        work="compressions",
        shapes="leaves: n rows; nodes: uint8[node_count(n), 32], leaf nodes first, the node over all last "
        "(openzeppelin-*: uint8[2n - 1, 32]); positions: None, or uint64[n]: where leaf i stands in an openzeppelin-* "
        "tree",
    ),
    Operation(
        name="merkle.root",
        parameters=("form", "algorithm", "sort_leaves", "limit", "mix_in_length"),
        inputs=("leaves", "length"),
        outputs=("root", "mutated"),
        golden_path="pyaccel.golden.merkle:root",
        parameters_path="pyaccel.merkle_forms:parameters",
        split="power_of_two_subtrees",
        work="compressions",
        shapes="leaves: n rows; length: uint64[1], or None: n is mixed in; root: uint8[1, 32]; mutated: uint8[1] "
        "(CVE-2012-2459, form bitcoin)",
    ),
    Operation(
        name="merkle.proofs",
        parameters=("form", "algorithm", "sort_leaves", "limit", "mix_in_length"),
        inputs=("leaves", "length", "indices"),
        outputs=("root", "proofs", "offsets"),
        golden_path="pyaccel.golden.merkle:proofs",
        parameters_path="pyaccel.merkle_forms:parameters",
        split="none",
        work="compressions",
        shapes="leaves: n rows; length: uint64[1], or None: n is mixed in; indices: uint64[m], below n; root: "
        "uint8[1, 32]; proofs: uint8[longest proof * m] at most, the siblings of leaf indices[j] from the leaf upwards "
        "are its bytes offsets[j] .. offsets[j + 1]; offsets: uint64[m + 1]",
    ),
    Operation(
        name="merkle.verify_many",
        parameters=("form", "algorithm", "sort_leaves", "limit", "mix_in_length"),
        inputs=("roots", "leaves", "indices", "proofs", "sizes", "length"),
        outputs=("verdicts",),
        golden_path="pyaccel.golden.merkle:verify_many",
        parameters_path="pyaccel.merkle_forms:parameters",
        split="rows",
        work="compressions",
        shapes="roots: n rows of 32 or one for all; leaves: n rows; indices: uint64[n]; proofs: n rows of "
        "32 * depth; sizes: uint64[n] or uint64[1] (both None in openzeppelin-*); length: uint64[1], or None: the size "
        "is mixed in; verdicts: uint8[n]",
    ),
    Operation(
        name="merkle.verify_consistency",
        parameters=("form", "algorithm"),
        inputs=("old_root", "new_root", "sizes", "proof"),
        outputs=("verdicts",),
        golden_path="pyaccel.golden.merkle:consistency",
        parameters_path="pyaccel.merkle_forms:parameters",
        split="none",
        work="compressions",
        shapes="n = 1; old_root, new_root: one row of 32; sizes: uint64[2], old and new; proof: one row of "
        "32 * depth; verdicts: uint8[1]",
    ),
    Operation(
        name="merkle.verify_multiproof",
        parameters=("form", "algorithm"),
        inputs=("root", "leaves", "indices", "proof", "flags"),
        outputs=("verdicts",),
        golden_path="pyaccel.golden.merkle:multiproof",
        parameters_path="pyaccel.merkle_forms:parameters",
        split="none",
        work="compressions",
        shapes="root: one row of 32; leaves: n rows; indices: uint64[n], generalized (ssz; else None); proof: one row "
        "of 32 * nodes; flags: uint8[parents] (openzeppelin-*; else None); verdicts: uint8[1]",
    ),
    Operation(
        name="verify_many",
        parameters=("scheme", "rule", "message_hash", "key_format", "signature_format"),
        inputs=("public_keys", "messages", "signatures", "identity", "key_index"),
        outputs=("verdicts", "reasons"),
        golden_path="pyaccel.golden.signatures:verify_many",
        parameters_path="pyaccel.scheme:parameters",
        split="rows",
        work="field multiplications",
        shapes="public_keys, messages: n rows or one for all; signatures: n rows; with key_index uint32[n] any "
        "number of public_keys, or PreparedKeys (whose .rows are the keys); identity: n rows or one for all of at "
        "most 8,191 bytes, or None: sm2's default; "
        "message_hash: None where the scheme hashes the message itself; verdicts: uint8[n]; "
        "reasons: uint8[n] of PYACCEL_REASON_* or None",
    ),
    Operation(
        name="recover_many",
        parameters=("rule", "addresses"),
        inputs=("digests", "signatures", "recovery_ids"),
        outputs=("keys", "verdicts"),
        golden_path="pyaccel.golden.recovery:recover_many",
        parameters_path="pyaccel.scheme:recovery_parameters",
        split="rows",
        work="field multiplications",
        shapes="digests: n rows of 32 or one for all; signatures: n rows of 64, or of 65 where recovery_ids is None; "
        "recovery_ids: uint8[n] or None; keys: uint8[n, 64], or uint8[n, 20] with addresses; verdicts: uint8[n]",
    ),
)

OPERATIONS = {operation.name: operation for operation in _TABLE}
"""Operation by name."""
