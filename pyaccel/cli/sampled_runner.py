# SPDX-License-Identifier: Apache-2.0
"""A runner for a backend that is too slow for whole batches: it computes some rows of each, native the rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from pyaccel.cli.report import Step
from pyaccel.cli.runner import Bytes, Progress, Runner, Verdicts

WHOLE_TREE = 1 << 12
"""Most leaves of a tree that the device folds itself: a root can't be computed in part."""

Indices = npt.NDArray[np.intp]


class SampledRunner(Runner):
    """Runs at most `rows` rows of a batch on `device`, evenly spread, and the others natively.

    Its outputs hold every row, so that they can be compared with those of any other runner.
    """

    def __init__(self, device: str, rows: int, progress: Progress, *, keep_outputs: bool = False) -> None:
        super().__init__(device, progress, keep_outputs=keep_outputs)
        self._rows = rows
        self._sampled = 0.0
        self._whole = Runner(device, progress)
        self._native = Runner("native", progress)

    @property
    def note(self) -> str:
        """What the table says beside the device."""
        return f"{self.device} computes {self._rows} rows of each larger batch, spread over it; the others run natively"

    def _split(self, n: int) -> tuple[Indices, Indices] | None:
        """Rows for the device and rows for native, or None where the device takes all."""
        if n <= self._rows:
            return None
        self._sampled = self._rows / n
        mine = np.linspace(0, n - 1, self._rows).astype(np.intp)
        return mine, np.setdiff1d(np.arange(n), mine)

    def _share(self, step: Step) -> float:
        """The part of a batch that the device computed itself; rows are equally long in every output."""
        return self._sampled if self.note in step.notes else super()._share(step)

    def _joined(self, mine: Step, others: Step) -> Step:
        step = mine + others
        return Step(step.seconds, step.ran_on, (*step.notes, self.note))

    def hash_many(self, algorithm: str, messages: Sequence[bytes]) -> tuple[Bytes, Step]:
        """Digests of messages, one a row."""
        split = self._split(len(messages))
        if split is None:
            return super().hash_many(algorithm, messages)
        mine, mine_step = self._whole.hash_many(algorithm, [messages[i] for i in split[0]])
        others, others_step = self._native.hash_many(algorithm, [messages[i] for i in split[1]])
        digests = np.empty((len(messages), mine.shape[1]), np.uint8)
        digests[split[0]], digests[split[1]] = mine, others
        step = self._joined(mine_step, others_step)
        self._kept(digests.tobytes(), step)
        return digests, step

    def root(self, form: str, leaves: Any, algorithm: str | None = None) -> tuple[bytes, bool, Step]:
        """Merkle root of leaves, natively where they are many."""
        if len(leaves) <= WHOLE_TREE:
            return super().root(form, leaves, algorithm)
        root, mutated, native = self._native.root(form, leaves, algorithm)
        note = f"{self.device} computes the roots of trees of up to {WHOLE_TREE:,} leaves; larger ones run natively"
        step = Step(native.seconds, native.ran_on, (*native.notes, note))
        self._kept(root + bytes((mutated,)), step)
        return root, mutated, step

    def verify_codes(
        self, scheme: str, public_keys: Any, messages: Any, signatures: Any, what: str, **parameters: Any
    ) -> tuple[Verdicts, Bytes, Step]:
        """Verdicts, reason codes, and how they were computed; with key_index keys stay whole."""
        split = self._split(len(signatures))
        if split is None:
            return super().verify_codes(scheme, public_keys, messages, signatures, what, **parameters)
        verdicts = np.zeros(len(signatures), np.bool_)
        codes = np.zeros(len(signatures), np.uint8)
        steps = []
        key_index = parameters.pop("key_index", None)
        for runner, rows in ((self._whole, split[0]), (self._native, split[1])):
            texts, signed = ([values[i] for i in rows] for values in (messages, signatures))
            keys = public_keys if key_index is not None else [public_keys[i] for i in rows]
            given = parameters if key_index is None else parameters | {"key_index": key_index[rows]}
            verdicts[rows], codes[rows], step = runner.verify_codes(scheme, keys, texts, signed, what, **given)
            steps.append(step)
        joined = self._joined(*steps)
        self._kept(verdicts.tobytes() + codes.tobytes(), joined)
        return verdicts, codes, joined

    def recover_many(
        self, digests: Any, signatures: Any, rule: str, *, addresses: bool
    ) -> tuple[Bytes, Verdicts, Step]:
        """Keys or addresses, and whether each exists."""
        split = self._split(len(signatures))
        if split is None:
            return super().recover_many(digests, signatures, rule, addresses=addresses)
        keys = np.zeros((len(signatures), 20 if addresses else 64), np.uint8)
        found = np.zeros(len(signatures), np.bool_)
        steps = []
        for runner, rows in ((self._whole, split[0]), (self._native, split[1])):
            texts, signed = ([values[i] for i in rows] for values in (digests, signatures))
            keys[rows], found[rows], step = runner.recover_many(texts, signed, rule, addresses=addresses)
            steps.append(step)
        joined = self._joined(*steps)
        self._kept(keys.tobytes() + found.tobytes(), joined)
        return keys, found, joined
