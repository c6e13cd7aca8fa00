# SPDX-License-Identifier: Apache-2.0
"""What this process does, for Prometheus: rows, bytes, seconds, failures, queues. docs/observability.md has the names.

It needs the extra `metrics`. Nothing is counted before `enable`, `serve` or `share`, and nothing but numbers and
names of operations, algorithms, devices and variants is ever shown: no message, key or signature.
"""

from __future__ import annotations

import os
from errno import EADDRINUSE
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from pyaccel.numbers import whole_number
from pyaccel.scheduler.counting import counts

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from pyaccel.scheduler import exposition

__all__ = ["Server", "disable", "enable", "serve", "share"]


def _checked(registry: CollectorRegistry | None) -> CollectorRegistry:
    from pyaccel.scheduler.exposition import REGISTRY, CollectorRegistry

    registry = REGISTRY if registry is None else registry
    if not isinstance(registry, CollectorRegistry):
        raise TypeError(f"registry: wanted a prometheus_client.CollectorRegistry, a {type(registry).__name__} came")
    return registry


_enabled: list[tuple[CollectorRegistry, exposition.Collector]] = []
_lock = RLock()


def enable(registry: CollectorRegistry | None = None) -> exposition.Collector:
    """Counts from now on, and shows it in a registry. Thread-safe; again with the same registry changes nothing.

    A process that is forked counts from zero. It costs about 2 microseconds a batch, and nothing after `disable`.

    Args:
        registry: of prometheus_client; None: its default one.

    Raises:
        UnsupportedError: prometheus-client is missing.
        TypeError: what came is no registry.
        ValueError: the registry has metrics of these names, which are not this module's.
    """
    registry = _checked(registry)
    from pyaccel.scheduler import exposition

    with _lock:
        for known, collector in _enabled:
            if known is registry:
                return collector
        collector = exposition.Collector()
        registry.register(collector)
        _enabled.append((registry, collector))
        counts.begin()
        return collector


def disable(registry: CollectorRegistry | None = None) -> None:
    """Ends `enable`; nothing where it was not enabled. What was counted goes on from there when it is enabled again."""
    registry = _checked(registry)
    with _lock:
        for entry in _enabled:
            if entry[0] is registry:
                registry.unregister(entry[1])
                _enabled.remove(entry)
                counts.end()
                return


class Server:
    """An endpoint that answers GET with the text exposition, until it is closed or the process ends.

    Attributes:
        url: where it answers.
        port: where it listens.
    """

    def __init__(self, httpd: Any, url: str) -> None:
        self._httpd = httpd
        self.url = url
        self.port: int = httpd.server_port
        _servers.append(self)

    def close(self) -> None:
        """Answers no more. What was counted goes on counting: see `disable`."""
        if self in _servers:
            _servers.remove(self)
            self._httpd.shutdown()
            self._httpd.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


_servers: list[Server] = []


def serve(port: int, addr: str = "127.0.0.1", *, registry: CollectorRegistry | None = None) -> Server:
    """Enables metrics and answers Prometheus over HTTP, in a thread of its own.

    A process that is forked does not answer: it has an endpoint of its own where it calls this itself.

    Args:
        port: 0 .. 65,535; 0: one that is free, see the result's `port`.
        addr: which address listens; the default can be reached from this machine only. There is no password.
        registry: what it shows; None: prometheus_client's default, with the process's own metrics.

    Raises:
        UnsupportedError, TypeError, ValueError: as `enable`, or the port is none.
        OSError: the address can't be had; says why.
    """
    port = whole_number("port", port, most=65535)
    registry = _checked(registry)
    from prometheus_client import start_http_server

    try:
        httpd, _ = start_http_server(port, addr, registry)
    except OSError as error:
        in_use = error.errno == EADDRINUSE
        mend = "port=0 takes one that is free" if in_use else "addr= wants an address of this machine"
        raise OSError(
            error.errno, f"metrics can't listen on {addr}:{port}: {error.strerror or error}; {mend}"
        ) from error
    enable(registry)
    host = f"[{addr}]" if ":" in addr else addr
    return Server(httpd, f"http://{host}:{httpd.server_port}/metrics")


def share(folder: str | os.PathLike[str] | None = None) -> None:
    """Counts from now on, for `pyaccel top` of the same user, on a socket that nobody else can open. Again: nothing.

    PYACCEL_TOP=1 does it at a process's first batch, and in children that it forks at theirs.

    Args:
        folder: where the socket is; None: where `pyaccel top` looks.

    Raises:
        UnsupportedError: prometheus-client is missing.
        OSError: the socket can't be had; says why.
    """
    from pyaccel.scheduler import sharing

    sharing.share(None if folder is None else Path(folder))


def _begin_anew() -> None:
    """In the child of a fork: the parent's endpoints stay the parent's, also when it ends before the child."""
    global _lock  # noqa: PLW0603
    _lock = RLock()
    for server in _servers:
        server._httpd.socket.close()
    _servers.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)
