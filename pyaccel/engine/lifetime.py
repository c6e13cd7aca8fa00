# SPDX-License-Identifier: Apache-2.0
"""What engines do when the process forks, and when it ends."""

from __future__ import annotations

import atexit
import os
import threading
from weakref import WeakSet

from pyaccel.engine import futures
from pyaccel.engine.dispatcher import Dispatcher

_alive: WeakSet[Dispatcher] = WeakSet()
_held: list[Dispatcher] = []


class _Guard:
    """The lock of both."""

    lock = threading.RLock()


def watch(dispatcher: Dispatcher) -> None:
    """From now on it is seen to."""
    with _Guard.lock:
        _alive.add(dispatcher)


def _before_fork() -> None:
    """Nobody else is within a dispatcher or moves a future while the process forks: the child finds all of a piece."""
    _Guard.lock.acquire()
    _held[:] = list(_alive)
    for dispatcher in _held:
        dispatcher.lock.acquire()
    futures.hold()


def _after_in_parent() -> None:
    futures.let_go()
    for dispatcher in _held:
        dispatcher.lock.release()
    _held.clear()
    _Guard.lock.release()


def _after_in_child() -> None:
    _Guard.lock = threading.RLock()
    futures.renew()
    for dispatcher in _held:
        futures.forget(dispatcher.begin_anew())
    _held.clear()


def _at_exit() -> None:
    """What waits is still run: who asked for it may have gone on without waiting."""
    with _Guard.lock:
        alive = list(_alive)
    for dispatcher in alive:
        dispatcher.close(drain=True, wait=True)


atexit.register(_at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_in_parent, after_in_child=_after_in_child)
