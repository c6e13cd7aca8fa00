# SPDX-License-Identifier: Apache-2.0
"""Recovery on every OpenCL device: shapes of rows, ids, chunks, what is declined; libsecp256k1 makes the signatures.

That every key is right under every rule is for test_vectors_recovery.py and test_properties_recovery.py, which run on
devices too.
"""

from __future__ import annotations

from functools import cache
from random import Random
from typing import Any

import numpy as np
import pytest
from coincurve import PrivateKey
from opencl_support import on_every_device, plan_of, recover_on

import pyaccel
from pyaccel.backends import device_recovery, device_secp256k1
from pyaccel.backends.base import Backend, Declined
from pyaccel.golden import recovery as golden
from pyaccel.operations import OPERATIONS
from pyaccel.rows import Rows, as_rows

pytestmark = pytest.mark.opencl


@cache
def signed(n: int) -> tuple[list[bytes], list[bytes], list[bytes]]:
    """Digests, signatures of 65 bytes, and the keys that made them."""
    source = Random(n)
    signers = [PrivateKey(source.randbytes(32)) for _ in range(n)]
    digests = [source.randbytes(32) for _ in range(n)]
    signatures = [signer.sign_recoverable(digest, hasher=None) for signer, digest in zip(signers, digests, strict=True)]
    return digests, signatures, [signer.public_key.format(compressed=False)[1:] for signer in signers]


def array(rows: list[bytes]) -> np.ndarray[Any, Any]:
    return np.frombuffer(b"".join(rows), np.uint8).reshape(len(rows), -1)


@on_every_device
@pytest.mark.parametrize("n", [0, 1, 15, 16, 17, 64, 65])
def test_sizes_of_batches_in_arrays(backend: Backend, n: int) -> None:
    """Around the groups that share an inversion and the work groups; rows apart from one another, on odd addresses."""
    if n == 0:
        assert recover_on(backend, [], []) == []
        return
    digests, signatures, keys = signed(n)
    wide = np.zeros((n, 120), np.uint8)
    wide[:, 1:33], wide[:, 35:100] = array(digests), array(signatures)
    assert recover_on(backend, wide[:, 1:33], wide[:, 35:100]) == keys
    assert recover_on(backend, wide[:, 1:33], wide[:, 35:100], addresses=True) == [golden.address(k) for k in keys]
    assert recover_on(backend, wide[:, 1:33], wide[:, 35:99], [s[64] for s in signatures]) == keys


@on_every_device
def test_wrong_rows_are_of_their_own(backend: Backend) -> None:
    digests, signatures, keys = (list(column) for column in signed(10))
    expected: list[bytes | None] = list(keys)
    digests[1], digests[2] = b"", digests[2] + b"\0"
    signatures[3], signatures[4], signatures[5] = b"", signatures[4][:64], signatures[5] + b"\0"
    signatures[6] = bytes(32) + signatures[6][32:]
    signatures[7] = signatures[7][:64] + b"\4"
    signatures[8] = signatures[8][:64] + bytes([27 + signatures[8][64]])
    for i in range(1, 8):
        expected[i] = None
    assert recover_on(backend, digests, signatures) == expected
    assert recover_on(backend, digests, signatures, addresses=True) == [key and golden.address(key) for key in expected]


@on_every_device
def test_ids_and_rules(backend: Backend) -> None:
    digests, signatures, _ = signed(4)
    numbers = (*range(6), 26, 27, 28, 29, 31, 128, 254, 255)
    pairs = zip(digests, signatures, strict=True)
    rows = [(digest, signature[:64], v) for digest, signature in pairs for v in numbers]
    for rule in golden.RULES:
        apart = [list(column) for column in zip(*rows, strict=True)]
        wanted = [golden.recover(rule, *row) for row in rows]
        assert recover_on(backend, *apart, rule) == [key if isinstance(key, bytes) else None for key in wanted]
        joined = [signature + bytes([v]) for _, signature, v in rows]
        wanted = [golden.recover(rule, digest, row) for digest, row in zip(apart[0], joined, strict=True)]
        assert recover_on(backend, apart[0], joined, rule=rule) == [
            key if isinstance(key, bytes) else None for key in wanted
        ]


@on_every_device
def test_one_digest_for_all(backend: Backend) -> None:
    digests, signatures, keys = signed(3)
    found = recover_on(backend, digests[1], signatures)
    assert found[1] == keys[1]
    assert found == [golden.recover("secp256k1", digests[1], signature) for signature in signatures]


@on_every_device
def test_chunks(backend: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_secp256k1, "ROWS", dict.fromkeys(device_secp256k1.ROWS, 7))
    digests, signatures, keys = (list(column) for column in signed(40))
    expected: list[bytes | None] = list(keys)
    assert recover_on(backend, array(digests), array(signatures)) == expected
    assert recover_on(backend, array(digests), array(signatures)[:, :64], [s[64] for s in signatures]) == expected
    signatures[13], digests[20] = signatures[13][:5], digests[20] + b"\0"
    expected[13] = expected[20] = None
    assert recover_on(backend, digests, signatures, addresses=True) == [key and golden.address(key) for key in expected]


@on_every_device
def test_the_call_runs_there(backend: Backend) -> None:
    digests, signatures, keys = signed(5)
    found, verdicts = pyaccel.recover_many(digests, signatures, device=backend.name)
    assert verdicts.all()
    assert [bytes(key) for key in found] == keys
    ran = pyaccel.scheduler.last_run()
    assert ran is not None
    assert (ran.device, ran.variant) == (backend.name, f"{backend.name}/recovery")


@on_every_device
def test_offsets_are_checked(backend: Backend) -> None:
    backwards = Rows(bytes(99), offsets=np.array([0, 33, 66, 99], np.uint64))
    backwards.offsets[2] = 200  # type: ignore[index]
    good = as_rows("signatures", list(signed(3)[1]))
    for name in ("digests", "signatures"):
        inputs = {"digests": good, "signatures": good, "recovery_ids": None, name: backwards}
        outputs = {"keys": np.zeros((3, 64), np.uint8), "verdicts": np.zeros(3, np.uint8)}
        with pytest.raises(ValueError, match=f"{name}: row 1 is bytes 33 to 200 of 99"):
            plan_of(backend, "recover_many", rule="secp256k1", addresses=False).run(inputs, outputs, 3)
        assert not outputs["verdicts"].any()


@on_every_device
def test_declined(backend: Backend) -> None:
    plan = backend.prepare(OPERATIONS["recover_many"], {"rule": "later", "addresses": False})
    assert plan == Declined("kernels do not know the rule later")


def test_every_rule_is_known() -> None:
    assert tuple(device_recovery.RULES) == pyaccel.scheme.RECOVERY_RULES
