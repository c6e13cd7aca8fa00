# SPDX-License-Identifier: Apache-2.0
"""The line of two threads that every signature scheme has."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from pyaccel._core import ffi, lib

from .contest import Contest
from .machine import all_cores, allowed_cores
from .marks import ONE_THREAD

ROUNDS = 5
"""Samples: a batch takes long."""


def two_threads(
    name: str, scheme: int, rule: int, columns: Sequence[npt.NDArray[np.uint8]], *, ready: bool
) -> Iterator[Contest]:
    """The C call with two threads, on the cores that the process had; what one thread does is the peer.

    Args:
        name: of the scheme, with what is verified.
        scheme: PYACCEL_SCHEME_*.
        rule: PYACCEL_RULE_*.
        columns: keys, messages and signatures, rows of one width each.
        ready: whether messages are digests.
    """
    if allowed_cores() < 2:
        return
    n = len(columns[0])
    verdicts = np.zeros(n, np.uint8)
    target = ffi.from_buffer("uint8_t[]", verdicts)
    views = []
    for column in columns:
        view = ffi.new("pyaccel_rows *")
        view.data, view.data_size = ffi.from_buffer("uint8_t[]", column), column.nbytes
        view.width = view.stride = column.shape[1]
        views.append(view)

    def with_threads(count: int) -> Callable[[], object]:
        options = ffi.new("pyaccel_verify_options *")
        options.struct_size, options.threads = ffi.sizeof("pyaccel_verify_options"), count
        options.rule, options.message_hash = rule, lib.PYACCEL_MESSAGE_HASH_NONE if ready else 0

        def run() -> object:
            assert columns
            with all_cores():
                status = lib.pyaccel_verify_many(target, scheme, *views, n, options)
            if status or not verdicts.all():
                raise ValueError(f"{name}: status {status}, {int(verdicts.sum())} of {n} are valid")
            return verdicts

        return run

    peers = {ONE_THREAD: with_threads(1)}
    yield Contest(f"{name}, two threads", n, columns[1].shape[1], with_threads(2), peers, rounds=ROUNDS)
