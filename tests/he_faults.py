# SPDX-License-Identifier: Apache-2.0
"""Work with ciphertexts for tests of devices that fail at it, and whether it comes back right."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from he_support import Party

import pyaccel
from pyaccel import he

if TYPE_CHECKING:
    from collections.abc import Callable


@cache
def batches(scheme: str) -> tuple[he.Ciphertexts, he.Ciphertexts]:
    modulus = {} if scheme == "ckks" else {"plain_modulus": 257}
    party = Party(scheme, degree=32, depth=2, **modulus)
    generator = np.random.default_rng(3)
    a, b = (party.public.encrypt(party.random(generator, 3, 16)) for _ in range(2))
    return a, b


WORK: dict[str, Callable[[Any, Any], Any]] = {
    "product": lambda a, b: a * b,
    "rotation": lambda a, b: a.rotate([1, 0, 2]) + 0.5,
    "sum": lambda a, b: (a - b).sum(),
    "slots": lambda a, b: (a[1:] + b[[0, 2]]).sum_slots(),
    "integers": lambda a, b: (a.mod_switch(1) - b).swap_rows(),
}


def operands(name: str) -> tuple[he.Ciphertexts, he.Ciphertexts]:
    """Of BFV for integers, else of CKKS."""
    return batches("bfv" if name == "integers" else "ckks")


def items(ciphertexts: he.Ciphertexts) -> bytes:
    return ciphertexts.to("native").save()[72 + 40 :]


@cache
def answer(name: str) -> bytes:
    """Native's."""
    return items(WORK[name](*operands(name)))


def right(name: str, device: str) -> bool:
    """Whether work on a device comes back right."""
    a, b = (batch.to(device) for batch in operands(name))
    return items(WORK[name](a, b)) == answer(name)


def where(name: str, device: str) -> set[str]:
    """The devices that did the work, all of it right."""
    with pyaccel.scheduler.record() as ran:
        assert right(name, device)
    return {batch.device for batch in ran}
