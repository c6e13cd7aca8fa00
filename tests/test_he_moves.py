# SPDX-License-Identifier: Apache-2.0
"""One ciphertext goes through every pair of variants and devices, and stays what it is in one alone, byte for byte."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from he_support import insecure
from implementations import _specs, opencl_devices, selected, variant_rows

from pyaccel import he
from pyaccel.he.native import ffi, lib, make

VARIANTS = [row.variant for row in variant_rows() if row.family == "he" and row.runnable]
RINGS = {
    "ckks": {"degree": 512, "moduli_bits": (50, 40, 36), "digits": 2},
    "bfv": {"degree": 512, "moduli_bits": (50, 45, 40), "plain_modulus": 12289},
    "bgv": {"degree": 512, "moduli_bits": (50, 45, 40), "plain_modulus": 12289},
}


class Station:
    """A variant or a device: a context of its own there, with keys and a second ciphertext that came as bytes."""

    def __init__(self, name: str, scheme: str, saved: tuple[bytes, bytes]) -> None:
        self.device = name if name not in VARIANTS else "native"
        if name in VARIANTS:
            with selected(*_specs("he", name)):
                self.context = insecure(scheme, **RINGS[scheme])
            assert self.context.variant == name
        else:
            self.context = insecure(scheme, **RINGS[scheme])
        self.context.use(he.EvaluationKeys.load(self.context, saved[0]))
        self.other = he.Ciphertexts.load(self.context, saved[1])

    def work(self, ciphertexts: he.Ciphertexts, step: int) -> tuple[he.Ciphertexts, he.Ciphertexts]:
        """What goes on to the next station, and a product (of BFV natively, as devices have none)."""
        x, other = ciphertexts.to(self.device), self.other.to(self.device)
        product = x * other if self.context.scheme == "ckks" else ciphertexts * self.other
        match step % 4:
            case 0:
                out = x.rotate(1)
            case 1:
                out = x - other
            case 2:
                out = -x
            case _:
                out = x.conjugate() if self.context.scheme == "ckks" else x.swap_rows()
        assert out.device == self.device
        return out.to("native"), product.to("native")


def through_every_pair(names: Sequence[str]) -> Iterator[str]:
    """A walk that goes from each to each other one."""
    for i, name in enumerate(names):
        for other in names[i + 1 :]:
            yield name
            yield other
        yield name


def moved(ciphertexts: he.Ciphertexts, context: he.Context, *, saved: bool) -> he.Ciphertexts:
    """Into another context of the same parameters: as bytes, or as residues."""
    if saved:
        return he.Ciphertexts.load(context, ciphertexts.save())
    words = ffi.new("uint64_t *")
    assert lib.pyaccel_he_ciphertexts_residues(ffi.NULL, words, ciphertexts.native) == 0
    residues = ffi.new("uint64_t[]", int(words[0]))
    assert lib.pyaccel_he_ciphertexts_residues(residues, words, ciphertexts.native) == 0
    info: Any = ciphertexts._info
    what = (words[0], info.count, info.size, info.level, info.scale, info.factor, info.noise_bits)
    handle = make("ciphertexts", "ciphertexts_of_residues", context.native, residues, *what)
    return he.Ciphertexts(context, handle, ciphertexts.shape)


@pytest.mark.opencl
@pytest.mark.parametrize("scheme", RINGS)
def test_one_ciphertext_goes_everywhere(scheme: str) -> None:
    context = insecure(scheme, **RINGS[scheme])
    secret = he.SecretKey(context)
    keys = he.EvaluationKeys(secret, rotations=[1], swap=True).save()
    numbers = np.arange(2 * context.slots).reshape(2, -1) % 7 - 3
    x, other = (secret.encrypt(one).save() for one in (numbers, numbers[::-1]))
    names = [*VARIANTS, *(opencl_devices() if scheme != "bgv" else ())]
    stations = {name: Station(name, scheme, (keys, other)) for name in names}
    alone = stations["portable"]
    here = wanted = he.Ciphertexts.load(alone.context, x)
    pairs, before = set(), ""
    for step, name in enumerate(through_every_pair(names)):
        station = stations[name]
        here, product = station.work(moved(here, station.context, saved=step % 2 == 0), step)
        wanted, wanted_product = alone.work(wanted, step)
        assert here.save() == wanted.save(), (step, name)
        assert product.save() == wanted_product.save(), (step, name)
        pairs.add((before, name))
        before = name
    assert {(a, b) for a in names for b in names if a != b} <= pairs
    assert len(names) >= 2
