# SPDX-License-Identifier: Apache-2.0
"""Every device of this machine that runs kernels/, and how tests run a plan on one."""

from __future__ import annotations

import os
import signal
import warnings
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import cuda_support
import numpy as np
import pytest

from pyaccel import hashing
from pyaccel.backends import opencl
from pyaccel.backends.base import Backend, Declined, Unavailable
from pyaccel.operations import OPERATIONS
from pyaccel.rows import as_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pyaccel.rows import Rows


def _devices(kind: str, found: tuple[Backend, ...] | Unavailable) -> Iterable[Any]:
    """A pytest parameter per device; one that can't be used is skipped with its reason."""
    if isinstance(found, Unavailable):
        yield pytest.param(None, id=kind, marks=pytest.mark.skip(reason=found.reason))
        return
    for backend in found:
        proved = backend.probe()
        if isinstance(proved, Unavailable):
            yield pytest.param(None, id=backend.name, marks=pytest.mark.skip(reason=proved.reason))
        else:
            name = f"{backend.name}-{proved.detail['platform'].split()[0]}"
            yield pytest.param(backend, id=name, marks=pytest.mark.opencl)


OPENCL_DEVICES = list(_devices("opencl", opencl.discover()))
DEVICES = [*OPENCL_DEVICES, *_devices("cuda", cuda_support.backends())]
"""Parameters for pytest.mark.parametrize("backend", DEVICES)."""

on_every_device = pytest.mark.parametrize("backend", DEVICES)
on_every_opencl_device = pytest.mark.parametrize("backend", OPENCL_DEVICES)


def plan_of(backend: Backend, operation: str, **parameters: Any) -> Any:
    """The backend's plan; the test fails where it declines."""
    plan = backend.prepare(OPERATIONS[operation], parameters)
    assert not isinstance(plan, Declined), plan.reason
    return plan


def hash_on(
    backend: Backend,
    algorithm: str,
    messages: Rows,
    n: int,
    digest_size: int | None = None,
    *,
    key: bytes | None = None,
    **parameters: Any,
) -> list[bytes]:
    """The n digests by the device; fails where it writes past them."""
    values = hashing.parameters(algorithm, digest_size, **parameters)
    digests = np.full((n + 1, values[1]), 0xA5, np.uint8)
    named = dict(zip(OPERATIONS["hash_many"].parameters, values, strict=True))
    plan_of(backend, "hash_many", **named).run({"messages": messages, "key": key}, {"digests": digests[:n]}, n)
    assert (digests[n] == 0xA5).all()
    return [digest.tobytes() for digest in digests[:n]]


def root_on(backend: Backend, form: str, leaves: Rows, n: int, **parameters: Any) -> tuple[bytes, int]:
    """Root and mutation flag by the device."""
    root, mutated = np.full((1, 32), 0xA5, np.uint8), np.full(1, 0xA5, np.uint8)
    plan_of(backend, "merkle.root", form=form, **parameters).run(
        {"leaves": leaves}, {"root": root, "mutated": mutated}, n
    )
    return root.tobytes(), int(mutated[0])


def layers_on(backend: Backend, form: str, leaves: Rows, n: int, nodes: int) -> list[bytes]:
    """All nodes by the device."""
    out = np.full((nodes, 32), 0xA5, np.uint8)
    plan_of(backend, "merkle.layers", form=form).run({"leaves": leaves}, {"nodes": out}, n)
    return [node.tobytes() for node in out]


def verify_on(
    backend: Backend,
    rule: str,
    keys: Any,
    messages: Any,
    signatures: Any,
    index: Any = None,
    *,
    scheme: str = "ed25519",
    **parameters: str,
) -> list[int]:
    """Reasons of signatures by the device, held against its verdicts; fails where it writes past them."""
    columns = {"public_keys": keys, "messages": messages, "signatures": signatures}
    inputs = {name: as_rows(name, value, one_for_all=True) for name, value in columns.items()}
    n = len(inputs["signatures"])
    verdicts, reasons = np.full(n + 1, 0xA5, np.uint8), np.full(n + 1, 0xA5, np.uint8)
    plan = plan_of(backend, "verify_many", scheme=scheme, rule=rule, **parameters)
    plan.run({**inputs, "key_index": index}, {"verdicts": verdicts[:n], "reasons": reasons[:n]}, n)
    assert verdicts[n] == reasons[n] == 0xA5
    assert np.array_equal(verdicts[:n], reasons[:n] == 0)
    return [int(reason) for reason in reasons[:n]]


def recover_on(
    backend: Backend,
    digests: Any,
    signatures: Any,
    ids: list[int] | None = None,
    rule: str = "secp256k1",
    *,
    addresses: bool = False,
) -> list[bytes | None]:
    """Keys by the device, None where there is none; fails where it writes past them, or leaves anything there."""
    size = 20 if addresses else 64
    rows = as_rows("signatures", signatures)
    n = len(rows)
    keys, verdicts = np.full((n + 1, size), 0xA5, np.uint8), np.full(n + 1, 0xA5, np.uint8)
    inputs = {
        "digests": as_rows("digests", digests, one_for_all=True),
        "signatures": rows,
        "recovery_ids": None if ids is None else np.array(ids, np.uint8),
    }
    plan_of(backend, "recover_many", rule=rule, addresses=addresses).run(
        inputs, {"keys": keys[:n], "verdicts": verdicts[:n]}, n
    )
    assert verdicts[n] == 0xA5
    assert (keys[n] == 0xA5).all()
    assert set(verdicts[:n].tolist()) <= {0, 1}
    assert not keys[:n][verdicts[:n] == 0].any()
    return [bytes(key) if verdict else None for key, verdict in zip(keys[:n], verdicts[:n], strict=True)]


def reference_layers(form: str, leaves: list[bytes]) -> list[list[bytes]]:
    """Layers of a tree by hashlib, straight from merkle.h."""

    def parent(left: bytes, right: bytes) -> bytes:
        if form == "bitcoin":
            return sha256(sha256(left + right).digest()).digest()
        return sha256(b"\1" + left + right).digest()

    layer = list(leaves) if form == "bitcoin" else [sha256(b"\0" + leaf).digest() for leaf in leaves]
    layers = [layer]
    while len(layer) > 1:
        above = [parent(layer[i], layer[i + 1]) for i in range(0, len(layer) - 1, 2)]
        if len(layer) % 2:
            above.append(parent(layer[-1], layer[-1]) if form == "bitcoin" else layer[-1])
        layers.append(layer := above)
    return layers


def reference_mutated(layers: list[list[bytes]]) -> bool:
    """Whether two equal nodes are siblings somewhere (CVE-2012-2459)."""
    return any(layer[i] == layer[i + 1] for layer in layers for i in range(0, len(layer) - 1, 2))


def status_of_child(child: Callable[[], bool]) -> int:
    """Exit status of a forked process: 0 when child says True, 14 (SIGALRM) when it hangs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 warns of forks beside threads: the point here
        process = os.fork()
    if process == 0:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(20)
        status = 2
        try:
            status = 0 if child() else 1
        finally:
            os._exit(status)
    return os.waitpid(process, 0)[1]
