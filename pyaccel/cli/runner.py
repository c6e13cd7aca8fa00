# SPDX-License-Identifier: Apache-2.0
"""The batches of a verification: each through the public API, timed, with what it ran on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt

import pyaccel
import pyaccel.merkle
import pyaccel.scheduler
import pyaccel.signatures
from pyaccel.cli.report import Step

Bytes = npt.NDArray[np.uint8]
Verdicts = npt.NDArray[np.bool_]
Progress = Callable[[str, int, int], None]
"""Told what is being done, how many rows are done, and of how many."""

BATCH_BYTES = 32 << 20
"""Bytes of messages that are built at a time, so that a hostile file costs time, never memory."""

RANGE = "a number in the signature is out of range"

_IN_WORDS = {
    "none": "valid",
    "length": "a key, signature, digest or identity has a wrong length",
    "key": "the public key does not decode",
    "encoding": "the signature's encoding is wrong",
    "range": RANGE,
    "equation": "the signature does not match",
}
"""Each name of pyaccel.reasons() for a reader."""


def _silent(what: str, done: int, total: int) -> None:
    pass


class Runner:
    """Runs batches on one device.

    Args:
        device: as in the public API.
        progress: told of the rows done in long batches.
        keep_outputs: whether every output is kept as bytes, for a comparison of devices.

    Attributes:
        outputs: what each batch gave, in order, where kept.
        own_bytes: how many of their bytes the device computed itself; the others another one did, where it declines.
    """

    def __init__(self, device: str = "auto", progress: Progress = _silent, *, keep_outputs: bool = False) -> None:
        self.device = device
        self.progress = progress
        self.outputs: list[bytes] = []
        self.own_bytes = 0
        self._keep = keep_outputs

    @contextmanager
    def _batch(self, steps: list[Step]) -> Iterator[None]:
        start = time.perf_counter()
        with pyaccel.scheduler.record() as ran:
            yield
        steps.append(
            Step(
                time.perf_counter() - start,
                tuple(dict.fromkeys((run.device, run.variant.removeprefix(f"{run.device}/")) for run in ran)),
                tuple(dict.fromkeys(note for run in ran for note in run.notes)),
            )
        )

    def _kept(self, output: bytes, step: Step) -> None:
        if self._keep:
            self.outputs.append(output)
            self.own_bytes += round(self._share(step) * len(output))

    def _share(self, step: Step) -> float:
        """The part of a batch that the device computed itself."""
        own = all(self.device in ("auto", device, device.partition(":")[0]) for device, _ in step.ran_on)
        return 1.0 if own else 0.0

    def hash_many(self, algorithm: str, messages: Sequence[bytes]) -> tuple[Bytes, Step]:
        """Digests of messages, one a row."""
        steps: list[Step] = []
        with self._batch(steps):
            digests: Bytes = pyaccel.hash_many(algorithm, list(messages), device=self.device)
        self._kept(digests.tobytes(), steps[0])
        return digests, steps[0]

    def hash_stream(self, algorithm: str, messages: Iterator[bytes], total: int, what: str) -> tuple[Bytes, Step]:
        """Digests of messages that are too many bytes to be built at once."""
        parts: list[Bytes] = []
        step = Step()
        chunk: list[bytes] = []
        size = done = 0
        for message in messages:
            chunk.append(message)
            size += len(message)
            if size >= BATCH_BYTES:
                digests, taken = self.hash_many(algorithm, chunk)
                parts.append(digests)
                step += taken
                done += len(chunk)
                chunk, size = [], 0
                self.progress(what, done, total)
        if chunk or not parts:
            digests, taken = self.hash_many(algorithm, chunk)
            parts.append(digests)
            step += taken
        self.progress(what, total, total)
        return np.concatenate(parts), step

    def root(self, form: str, leaves: Any, algorithm: str | None = None) -> tuple[bytes, bool, Step]:
        """Merkle root of leaves, and whether other leaves have the same root (form bitcoin)."""
        steps: list[Step] = []
        mutated = False
        with self._batch(steps):
            if form == "bitcoin":
                root, mutated = pyaccel.merkle.root_checked(leaves, form=form, device=self.device)
            else:
                root = pyaccel.merkle.root(leaves, form=form, algorithm=algorithm, device=self.device)
        self._kept(bytes(root) + bytes((mutated,)), steps[0])
        return bytes(root), bool(mutated), steps[0]

    def verify_codes(
        self, scheme: str, public_keys: Any, messages: Any, signatures: Any, what: str, **parameters: Any
    ) -> tuple[Verdicts, Bytes, Step]:
        """Verdicts, reason codes (pyaccel.reasons()), and how they were computed; `what` "" tells no progress."""
        progress = self.progress if what else _silent
        total = len(signatures)
        progress(what, 0, total)
        steps: list[Step] = []
        with self._batch(steps):
            verdicts, codes = pyaccel.verify_many(
                scheme,
                public_keys,
                messages,
                signatures,
                reasons=True,
                device=self.device,
                progress=lambda done, rows: progress(what, done, rows),
                **parameters,
            )
        progress(what, total, total)
        self._kept(verdicts.tobytes() + codes.tobytes(), steps[0])
        return verdicts, codes, steps[0]

    def verify_many(
        self, scheme: str, public_keys: Any, messages: Any, signatures: Any, what: str, **parameters: Any
    ) -> tuple[Verdicts, list[str], Step]:
        """Verdicts, the reason of each in words, and how they were computed."""
        verdicts, codes, step = self.verify_codes(scheme, public_keys, messages, signatures, what, **parameters)
        return verdicts, [in_words(int(code)) for code in codes], step

    def recover_many(
        self, digests: Any, signatures: Any, rule: str, *, addresses: bool
    ) -> tuple[Bytes, Verdicts, Step]:
        """Keys or addresses, whether each exists, and how they were computed; signatures carry v."""
        steps: list[Step] = []
        with self._batch(steps):
            keys, found = pyaccel.recover_many(digests, signatures, rule=rule, addresses=addresses, device=self.device)
        self._kept(keys.tobytes() + found.tobytes(), steps[0])
        return keys, found, steps[0]


def in_words(code: int) -> str:
    """Why a signature is not valid."""
    name: str = pyaccel.reasons()[code]
    return _IN_WORDS.get(name, name)
