# SPDX-License-Identifier: Apache-2.0
"""Signatures that were found valid are not verified again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Never, Self

import numpy as np

from pyaccel.backends import native
from pyaccel.backends.base import Inputs, Outputs
from pyaccel.errors import UnsupportedError
from pyaccel.numbers import whole_number
from pyaccel.scheduler.splitting import part, parts, rows_at
from pyaccel.scheduler.watching import offer

Progress = Callable[[int, int], object]
Verify = Callable[[dict[str, Any], dict[str, Any], int, Progress | None], None]
"""Verifies n rows of inputs into outputs, and reports its progress."""

_LEAST_MEMORY = 32 << 10
_TOTALS = ("hits", "misses", "insertions", "evictions")
"""Statistics that only grow."""


class SignatureCache:
    """A bounded cache of valid signatures, passed as `cache=` of verify_many and verify. Thread-safe.

    A row is known by 32 bytes of keyed BLAKE3 of everything that its verdict depends on (scheme, rule, message hash,
    formats, identity, key, message, signature), compared in full; the key is drawn from the operating system.
    Signatures that are not valid are never kept. Rows whose key, identity and signature have more than 512 bytes
    together are verified every time.

    Args:
        memory: bytes that it takes, 32,768 or more; 33 a signature. None: 16 MiB.

    Raises:
        TypeError, ValueError: memory is no such number.
        UnsupportedError: the compiled core is missing.
    """

    __slots__ = ("__weakref__", "_handle")

    def __init__(self, *, memory: int | None = None) -> None:
        if native.MISSING:
            raise UnsupportedError(f"SignatureCache: {native.MISSING}")
        from pyaccel.backends import native_cache

        self._handle = native_cache.new(0 if memory is None else whole_number("memory", memory, least=_LEAST_MEMORY))
        offer("signature_cache", self, _TOTALS)

    def clear(self) -> None:
        """Forgets every signature."""
        from pyaccel.backends import native_cache

        native_cache.clear(self._handle)

    def statistics(self) -> dict[str, int]:
        """Rows since it was made: hits, misses, insertions, evictions; now: entries, capacity, memory in bytes."""
        from pyaccel.backends import native_cache

        return native_cache.statistics(self._handle)

    def __len__(self) -> int:
        """Signatures that are known."""
        return self.statistics()["entries"]

    def __bool__(self) -> bool:
        """True, also when it is empty."""
        return True

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __reduce__(self) -> Never:
        raise TypeError("a signature cache holds pointers of this process: make one in each")

    def __repr__(self) -> str:
        counted = self.statistics()
        return f"SignatureCache({counted['entries']} of {counted['capacity']} signatures, {counted['memory']} bytes)"

    def run(
        self,
        values: tuple[Any, ...],
        inputs: Inputs,
        outputs: Outputs,
        n: int,
        verify: Verify,
        progress: Progress | None,
        cuts: tuple[int, ...],
    ) -> None:
        """Fills the outputs of verify_many: rows that are known at once, the others by `verify`, all in one batch.

        Args:
            values: parameters of verify_many, resolved.
            inputs: of n rows, as the operation has them.
            outputs: likewise.
            n: rows.
            verify: verifies rows that are not known.
            progress: called with rows done and rows in all, or None.
            cuts: rows at which an input goes on in another piece of memory.
        """
        for first, last in parts(n, max(n, 1), cuts):
            some_inputs, some_outputs = part(inputs, outputs, first, last, n)
            self._run_part(values, some_inputs, some_outputs, (first, last, n), verify, progress)

    def _run_part(
        self,
        values: tuple[Any, ...],
        inputs: dict[str, Any],
        outputs: dict[str, Any],
        place: tuple[int, int, int],
        verify: Verify,
        progress: Progress | None,
    ) -> None:
        from pyaccel.backends import native_cache

        first, last, total = place
        n = last - first
        found, tags = native_cache.look_up(self._handle, values, inputs, n)
        unknown = np.flatnonzero(found == 0)
        outputs["verdicts"][:] = found
        if outputs["reasons"] is not None:
            outputs["reasons"][:] = 0
        done = last - len(unknown)
        if len(unknown):
            report = None if progress is None else (lambda rows, _: progress(done + rows, total))
            verdicts = np.zeros(len(unknown), np.uint8)
            codes = None if outputs["reasons"] is None else np.zeros(len(unknown), np.uint8)
            rows = inputs if len(unknown) == n else rows_at(inputs, unknown, n)
            verify(rows, {"verdicts": verdicts, "reasons": codes}, len(unknown), report)
            outputs["verdicts"][unknown] = verdicts
            if codes is not None:
                outputs["reasons"][unknown] = codes
            native_cache.insert(self._handle, tags[unknown], verdicts)
        elif progress is not None:
            progress(last, total)


def check_cache(cache: Any) -> None:
    """Raises TypeError unless it is a SignatureCache."""
    if not isinstance(cache, SignatureCache):
        raise TypeError(f"cache: a {type(cache).__name__} came; wanted pyaccel.SignatureCache(), or None")
