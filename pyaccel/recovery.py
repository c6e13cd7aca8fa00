# SPDX-License-Identifier: Apache-2.0
"""Public keys recovered from many signatures at once. A signature without a key is False, never an exception."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from pyaccel.numbers import integer_array
from pyaccel.operations import OPERATIONS
from pyaccel.rows import as_rows, check_width
from pyaccel.scheduler.execution import run
from pyaccel.scheme import RECOVERY_RULES, recovery_parameters

KEY_SIZE = 64
"""Bytes of a key: x || y."""
ADDRESS_SIZE = 20
"""Bytes of an Ethereum address."""

_NO_ID = 255
"""Stands for every number that is no recovery id and no byte."""

_RECOVER_MANY = OPERATIONS["recover_many"]


def recovery_rules() -> tuple[str, ...]:
    """The names that `rule=` of `recover_many` takes, its default first."""
    return RECOVERY_RULES


def recover_many(
    digests: Any,
    signatures: Any,
    recovery_ids: Any = None,
    *,
    rule: str = "secp256k1",
    addresses: bool = False,
    device: str = "auto",
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_]]:
    """The public key that signed digest i with signature i, on secp256k1.

    Args:
        digests: n rows of 32 bytes, or one bytes-like for all.
        signatures: n rows: r || s, 64 bytes; without recovery_ids r || s || v, 65 bytes, where v is the recovery id or,
            for 0 and 1, 27 more. EIP-155 is undone by the caller: v - 35 - 2 chain_id.
        recovery_ids: n numbers, 0 .. 3: bit 0 is the parity of R's ordinate, bit 1 says that its abscissa is r + n.
        rule: one of `recovery_rules()`: "secp256k1" takes ids 0 .. 3 and any s, "ethereum-transaction" ids 0 and 1 and
            s <= (n - 1) / 2, "ethereum-precompile" ids 0 and 1 and any s.
        addresses: Ethereum addresses in place of keys.
        device: "auto" or the name of a device; what that declines runs natively (`scheduler.last_run()` tells).

    Returns:
        uint8[n, 64], keys as x || y, or uint8[n, 20], addresses; and bool[n]. Where a signature has no key under the
        rule, is of another length, or its id is no such number: zeros and False.

    Raises:
        TypeError, ValueError: an argument is wrong, or an array has rows of a width that no digest or signature has;
            says what was wanted and what came.
        DeviceUnavailableError: the device asked for is not here.
    """
    values = recovery_parameters(rule, addresses=addresses)
    signature_rows = as_rows("signatures", signatures)
    n = len(signature_rows)
    check_width("signatures", signatures, signature_rows, (65 if recovery_ids is None else 64,))
    digest_rows = as_rows("digests", digests, one_for_all=True)
    check_width("digests", digests, digest_rows, (32,))
    digest_rows.require_count("digests", n, "signatures")
    inputs = {
        "digests": digest_rows,
        "signatures": signature_rows,
        "recovery_ids": None if recovery_ids is None else _ids(recovery_ids, n),
    }
    keys = np.zeros((n, ADDRESS_SIZE if values[1] else KEY_SIZE), np.uint8)
    verdicts = np.zeros(n, np.uint8)
    outputs = {"keys": keys, "verdicts": verdicts}
    cuts = tuple({*digest_rows.cuts, *signature_rows.cuts})
    run(_RECOVER_MANY, values, inputs, outputs, n, device=device, cuts=cuts)
    return keys, verdicts.view(np.bool_)


def _ids(values: Any, n: int) -> npt.NDArray[np.uint8]:
    array = integer_array("recovery_ids", values, "whole numbers, one a signature (of bytes: list(ids))")
    if len(array) != n:
        raise ValueError(f"recovery_ids: shape {array.shape} came; wanted ({n},), one a signature")
    return np.where((array >= 0) & (array < _NO_ID), array, _NO_ID).astype(np.uint8)
