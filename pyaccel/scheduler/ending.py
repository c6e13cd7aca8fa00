# SPDX-License-Identifier: Apache-2.0
"""What is still to be done when a process ends."""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable
from multiprocessing.util import Finalize

_known: set[tuple[int, Callable[[], None]]] = set()


def at_end(function: Callable[[], None]) -> None:
    """Calls function when this process ends, also where it is a child of multiprocessing, which passes atexit by.

    Said again: nothing. The function may be called more than once, and by children that were forked.
    """
    if (os.getpid(), function) not in _known:
        _known.add((os.getpid(), function))
        atexit.register(function)
        Finalize(None, function, exitpriority=0)
