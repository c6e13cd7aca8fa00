# SPDX-License-Identifier: Apache-2.0
"""Public keys recovered from ECDSA signatures on secp256k1 (SEC 1 §4.1.6).

Rules are `secp256k1`, `ethereum-transaction` (EIP-2) and `ethereum-precompile` (Yellow Paper, appendix E.1).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pyaccel.backends.base import Inputs, Outputs, Parameters
from pyaccel.golden.hashing import row
from pyaccel.golden.keccak import keccak256
from pyaccel.golden.reasons import Reason
from pyaccel.golden.secp256k1 import G, N, P, add, affine, multiply


@dataclass(frozen=True)
class Rule:
    """What a rule takes.

    Attributes:
        ids: recovery ids.
        largest_s: of the signature.
    """

    ids: tuple[int, ...]
    largest_s: int


RULES = {
    "secp256k1": Rule((0, 1, 2, 3), N - 1),
    "ethereum-transaction": Rule((0, 1), N // 2),
    "ethereum-precompile": Rule((0, 1), N - 1),
}
"""Rule by name, the default first."""

_ID_OF_V = {0: 0, 1: 1, 2: 2, 3: 3, 27: 0, 28: 1}
"""Recovery id that the last of 65 bytes stands for."""


def recover(rule: str, digest: bytes, signature: bytes, recovery_id: int | None = None) -> bytes | Reason:
    """The key x || y that signed a digest, or why there is none.

    R is the point whose abscissa is r, or r + n where the id has bit 1, and whose ordinate is as odd as its bit 0; the
    key is (s R - digest G) / r.

    Args:
        rule: one of RULES.
        digest: 32 bytes.
        signature: r || s, 64 bytes; where no recovery_id is given 65, the last of them v.
        recovery_id: 0 .. 3, else it is refused; None: v tells it.
    """
    if len(digest) != 32 or len(signature) != (65 if recovery_id is None else 64):
        return Reason.LENGTH
    if recovery_id is None:
        recovery_id = _ID_OF_V.get(signature[64])
    if recovery_id not in RULES[rule].ids:
        return Reason.ENCODING
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big")
    if not (1 <= r < N and 1 <= s <= RULES[rule].largest_s):
        return Reason.RANGE
    x = r + N * (recovery_id >> 1)
    y = pow(x**3 + 7, (P + 1) // 4, P)
    if x >= P or (y * y - x**3 - 7) % P != 0:
        return Reason.EQUATION
    if y % 2 != recovery_id & 1:
        y = P - y
    inverse = pow(r, -1, N)
    z = int.from_bytes(digest, "big")
    key = add(multiply(s * inverse % N, (x, y, 1)), multiply(-z * inverse % N, G))
    if key[2] == 0:
        return Reason.EQUATION
    key_x, key_y = affine(key)
    return key_x.to_bytes(32, "big") + key_y.to_bytes(32, "big")


def address(key: bytes) -> bytes:
    """The Ethereum address of a key x || y: the last 20 bytes of its Keccak-256."""
    return keccak256(key)[12:]


def recover_many(parameters: Parameters, inputs: Inputs, outputs: Outputs, n: int) -> None:
    """keys[i] = the key or address that signed digest i, verdicts[i] = 1; both 0 where there is none.

    Args:
        parameters: `rule`; `addresses`, whether addresses are wanted.
        inputs: `digests`, `signatures`: n rows each, or one for all; `recovery_ids`: uint8[n], or None where signatures
            carry v.
        outputs: `keys`, uint8[n, 64], or uint8[n, 20] for addresses; `verdicts`, uint8[n].
        n: number of signatures.

    Raises:
        ValueError: the rule is unknown.
    """
    if parameters["rule"] not in RULES:
        raise ValueError(f"rule {parameters['rule']!r} is unknown; golden has {', '.join(RULES)}")
    keys: Any = outputs["keys"]
    verdicts: Any = outputs["verdicts"]
    ids: Any = inputs["recovery_ids"]
    for i in range(n):
        recovery_id = None if ids is None else int(ids[i])
        found = recover(parameters["rule"], row(inputs["digests"], i), row(inputs["signatures"], i), recovery_id)
        if isinstance(found, Reason):
            keys[i], verdicts[i] = 0, 0
        else:
            keys[i] = memoryview(address(found) if parameters["addresses"] else found)
            verdicts[i] = 1
