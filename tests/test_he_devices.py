# SPDX-License-Identifier: Apache-2.0
"""Ciphertexts that live on devices: what is computed there is what is computed natively, byte for byte."""

from __future__ import annotations

import gc
import weakref
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from he_support import Party, insecure
from implementations import opencl_devices

import pyaccel
from pyaccel import he
from pyaccel._core import ffi, lib
from pyaccel.errors import DeviceError, DeviceUnavailableError, SelfTestError, UnsupportedError
from pyaccel.he.origins import MOST_STEPS
from pyaccel.scheduler import health, release
from pyaccel.scheduler.registry import backends_of

DEVICES = [pytest.param(name, marks=pytest.mark.opencl) for name in opencl_devices()] or [
    pytest.param("", marks=[pytest.mark.opencl, pytest.mark.skip(reason="no OpenCL device works here")])
]
on_every_device = pytest.mark.parametrize("device", DEVICES)
CONTEXTS = {
    "ckks": {"scheme": "ckks", "degree": 64, "depth": 3},
    "ckks with one level": {"scheme": "ckks", "degree": 64, "moduli_bits": (100, 40), "digits": 2},
    "ckks with digits of two primes": {"scheme": "ckks", "degree": 32, "moduli_bits": (60, 45, 45, 45), "digits": 3},
    "ckks with moduli of two primes": {"scheme": "ckks", "degree": 32, "moduli_bits": (70, 60, 60), "scale_bits": 60},
    "bfv": {"scheme": "bfv", "degree": 64, "depth": 2, "plain_modulus": 65537},
}


class Pair:
    """A party, and two batches of its ciphertexts, natively."""

    def __init__(self, parameters: dict[str, Any]) -> None:
        self.party = Party(**parameters)
        generator = np.random.default_rng(4)
        shape = (3, self.party.context.slots)
        self.plain = self.party.random(generator, *shape)
        self.a, self.b = (self.party.public.encrypt(self.party.random(generator, *shape)) for _ in range(2))


@pytest.fixture(scope="module", params=CONTEXTS)
def pair(request: pytest.FixtureRequest) -> Pair:
    return Pair(CONTEXTS[request.param])


@pytest.fixture(scope="module")
def ckks() -> Pair:
    return Pair(CONTEXTS["ckks"])


Operation = Callable[[Any, Any, Any], Any]
EXACT: dict[str, Operation] = {
    "add": lambda a, b, plain: a + b,
    "sub": lambda a, b, plain: a - b,
    "negate": lambda a, b, plain: -a,
    "one for all": lambda a, b, plain: (a[1] - b) + (a - b[2]),
    "levels": lambda a, b, plain: a.mod_switch(0) - (a.mod_switch(a.level - 1) + b),
    "sum": lambda a, b, plain: a.sum(),
    "sum of one": lambda a, b, plain: a[:1].sum(),
    "rotate": lambda a, b, plain: a.rotate(3) + b.rotate(-1),
    "rotate by many": lambda a, b, plain: a.rotate([0, 1, 5]),
    "sum over slots": lambda a, b, plain: a.sum_slots(),
    "rescale": lambda a, b, plain: a.rescale(),
    "mod_switch": lambda a, b, plain: a.mod_switch(0),
    "items": lambda a, b, plain: a[[2, 0, 2]] + b[::-1],
    "concatenate": lambda a, b, plain: he.Ciphertexts.concatenate([a, b[:1], b[:0], a]),
    "none": lambda a, b, plain: (a[:0] + b[:0]).rotate([1, 2]),
}
NUMBERS: dict[str, Operation] = {
    "multiply": lambda a, b, plain: a * b,
    "square": lambda a, b, plain: a.square(),
    "products of levels": lambda a, b, plain: (a * b) * a,
    "one by all": lambda a, b, plain: a[0] * b,
    "sum of products": lambda a, b, plain: a * b + b,
    "three polynomials": lambda a, b, plain: (
        a.multiply(b, relinearize=False, rescale=False) - a.multiply(b, rescale=False)
    ),
    "relinearize": lambda a, b, plain: a.multiply(b, relinearize=False).relinearize(),
    "not rescaled": lambda a, b, plain: a.multiply(b, rescale=False).rescale(),
    "add numbers": lambda a, b, plain: plain + a + 1.5,
    "subtract numbers": lambda a, b, plain: plain - (a - plain[0]),
    "multiply by numbers": lambda a, b, plain: a * plain * 0.5,
    "plaintexts of another level": lambda a, b, plain: a.rescale().multiply_plain(
        a.context.encode(plain, scale=2.0**30), rescale=False
    ),
    "one by many numbers": lambda a, b, plain: a[0] * plain,
    "last product": lambda a, b, plain: a.mod_switch(0) * b,
    "last product, of numbers": lambda a, b, plain: plain * a.mod_switch(0),
    "last product, of three": lambda a, b, plain: a.mod_switch(0).multiply(b, relinearize=False),
    "after the last product": lambda a, b, plain: plain - (a.mod_switch(0) * b + b).rotate(1).conjugate(),
    "lifted": lambda a, b, plain: b - a.multiply(b, rescale=False) - a.context.encode(plain),
    "lifted to the plaintext's": lambda a, b, plain: a._sum("sub", a.context.encode(plain, scale=a.scale * 2**20)),
    "conjugate": lambda a, b, plain: a.conjugate(),
    "dot": lambda a, b, plain: a.dot(b),
    "dot with numbers": lambda a, b, plain: a.dot(plain),
}
LAST = {operation for operation in NUMBERS if "last product" in operation}


def same(there: he.Ciphertexts, here: he.Ciphertexts, device: str) -> None:
    """That a result on a device is the native one, with all that is tracked of it."""
    assert there.device == device
    assert here.device == "native"
    assert (len(there), there.size, there.level, there.scale) == (len(here), here.size, here.level, here.scale)
    assert there.noise_bits == pytest.approx(here.noise_bits, abs=1e-9)
    assert there.shape == here.shape
    fetched = there.to("native")
    assert residues(fetched) == residues(here)
    assert fetched.noise_bits == there.noise_bits
    assert fetched.budget_bits == there.budget_bits


def residues(ciphertexts: he.Ciphertexts) -> bytes:
    """Saved items: the header and the fields before them hold the noise estimate, which may differ in its last bit."""
    return ciphertexts.save()[72 + 40 :]


@on_every_device
@pytest.mark.parametrize("operation", EXACT)
def test_operations(pair: Pair, device: str, operation: str) -> None:
    work = EXACT[operation]
    with pyaccel.scheduler.record() as ran:
        there = work(pair.a.to(device), pair.b.to(device), pair.plain)
        same(there, work(pair.a, pair.b, pair.plain), device)
    assert {batch.device for batch in ran} == {device}


@on_every_device
@pytest.mark.parametrize("name", [name for name in CONTEXTS if name.startswith("ckks")])
def test_operations_on_numbers(device: str, name: str) -> None:
    pair = Pair(CONTEXTS[name])
    for operation, work in NUMBERS.items():
        if name != "ckks" and operation in ("products of levels", "sum of products"):
            continue
        if pair.party.context.depth < pair.party.context.levels and operation in LAST:
            continue
        with pyaccel.scheduler.record() as ran:
            there = work(pair.a.to(device), pair.b.to(device), pair.plain)
            same(there, work(pair.a, pair.b, pair.plain), device)
        assert {batch.device for batch in ran} == {device}


@on_every_device
def test_a_batch_goes_in_pieces(ckks: Pair, device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where what one operation needs in between would be too large."""
    monkeypatch.setattr(owner(device), "chunk_bytes", 1)
    a, b = ckks.a.to(device), ckks.b.to(device)
    same(a * b, ckks.a * ckks.b, device)
    same(a.rotate([1, 2]), ckks.a.rotate([1, 2]), device)


@on_every_device
def test_larger_rings(device: str) -> None:
    """Primes of all widths up to 50 bits, transforms of several launches."""
    pair = Pair({"scheme": "ckks", "degree": 4096, "moduli_bits": (50, 36, 30), "scale_bits": 30})
    there = (pair.a[:2].to(device) * pair.b[:2].to(device)).rotate(1)
    same(there, (pair.a[:2] * pair.b[:2]).rotate(1), device)
    assert pair.party.same(there.to("native"), pair.party.secret.decrypt(there.to("native")), 1e-9)


@on_every_device
def test_keys_are_brought_once(ckks: Pair, device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """And leave with their object."""
    context, secret = ckks.party.context, ckks.party.secret
    a = ckks.a.to(device)
    ring = context.places[device].ring
    brought = []
    upload = ring.upload_key
    monkeypatch.setattr(ring, "upload_key", lambda words: brought.append(words.shape) or upload(words))
    keys = he.EvaluationKeys(secret, rotations=[1])
    for _ in range(2):
        a.multiply(a, keys=keys)
        a.rotate(1, keys=keys)
    assert len(brought) == 2
    held = len(ring.keys)
    del keys
    gc.collect()
    assert len(ring.keys) == held - 1


@on_every_device
def test_what_is_not_computed_there_says_so(ckks: Pair, device: str) -> None:
    a = ckks.a.to(device)
    matrix = np.ones((2, 32))
    natively: list[Callable[[], Any]] = [
        a.save,
        lambda: ckks.party.secret.decrypt(a),
        lambda: matrix @ a,
        lambda: a.polynomial([1.0, 2.0, 3.0]),
        lambda: ckks.a + a,
    ]
    for work in natively:
        with pytest.raises(UnsupportedError, match=rf"on {device}.*to\('native'\) first"):
            work()
    for work in (lambda: a + ckks.b, lambda: a * ckks.b, lambda: he.Ciphertexts.concatenate([a, ckks.a])):
        with pytest.raises(UnsupportedError, match=rf"on {device} and on native: .*to\('{device}'\)"):
            work()
    with pytest.raises(he.MissingKeyError, match="rotation by 11"):
        a.rotate(11)
    with pytest.raises(ValueError, match="level exhausted"):
        a.mod_switch(0).rescale()
    with pytest.raises(ValueError, match="scales"):
        a.multiply_plain(a.context.encode([1.0], scale=1.5), rescale=False) + a
    with pytest.raises(ValueError, match="wanted as many, or one"):
        a + a[:2]
    with pytest.raises(ValueError, match="sum: the batch is empty"):
        a[:0].sum()
    bfv = Party("bfv", degree=64, depth=2, plain_modulus=65537)
    b = bfv.public.encrypt([1, 2]).to(device)
    for work in (lambda: b * b, lambda: b * 3, lambda: b + 3):
        with pytest.raises(UnsupportedError, match=r"of bfv is not computed on .*: \.to\('native'\) first"):
            work()
    # No keys would help, so none are asked for.
    context = insecure("bfv", degree=64, depth=2, plain_modulus=65537)
    here = he.SecretKey(context).encrypt([1, 2])
    b = here.to(device)
    for work in (lambda: b * b, lambda: here * b, lambda: b * here, lambda: b.dot(b), b.square):
        with pytest.raises(UnsupportedError, match=r"of bfv is not computed on .*: \.to\('native'\) first"):
            work()
    for work in (lambda: np.eye(2, dtype=np.int64) @ b, lambda: b.polynomial([1, 2])):
        with pytest.raises(UnsupportedError, match=rf"on {device}, and this is computed natively: \.to"):
            work()
    bgv = Party("bgv", degree=64, depth=2, plain_modulus=65537)
    with pytest.raises(UnsupportedError, match="bgv is not computed on"):
        bgv.public.encrypt([1, 2]).to(device)


def test_device_names(ckks: Pair) -> None:
    assert ckks.a.to("native") is ckks.a
    assert ckks.a.to("native,golden") is ckks.a
    with pytest.raises(ValueError, match="'auto'"):
        ckks.a.to("auto")
    with pytest.raises(ValueError, match="'gpu' is unknown"):
        ckks.a.to("gpu")
    with pytest.raises(UnsupportedError, match="golden"):
        ckks.a.to("golden")
    for name in ("cuda", "opencl:99"):
        with pytest.raises(DeviceUnavailableError, match=name):
            ckks.a.to(name)


@on_every_device
def test_a_device_that_was_started_anew(device: str) -> None:
    """What was on it goes there again, keys too, and what was computed there is computed again."""
    pair = Pair(CONTEXTS["ckks"])
    a = pair.a.to(device)
    square, third = a * a, a + a
    assert a.to(device) is a
    assert repr(a).endswith(f", on {device})")
    owner(device).forget()
    same(a + a, pair.a + pair.a, device)
    same(square * square, (pair.a * pair.a) * (pair.a * pair.a), device)
    with pytest.warns(RuntimeWarning, match=f"{device} failed at he.download, the rows .* started anew"):
        same(third, pair.a + pair.a, device)


@on_every_device
def test_ciphertexts_that_are_on_the_device_alone(ckks: Pair, device: str) -> None:
    """They are gone with it, and say so."""
    a = ckks.a.to(device, recoverable=False)
    square, kept = a * a, ckks.b.to(device)
    same(square, ckks.a * ckks.a, device)
    owner(device).forget()
    for work in (lambda: a + a, lambda: square.to("native"), lambda: a[0], lambda: kept + a):
        with pytest.raises(DeviceError, match=r"started anew.*recoverable=False.*\.to\(\) them again"):
            work()
    same(kept + kept, ckks.b + ckks.b, device)
    again = ckks.a.to(device)
    same(again * again, ckks.a * ckks.a, device)


@on_every_device
def test_equal_contexts_share_a_device(ckks: Pair, device: str) -> None:
    """What is there for one is there for the other."""
    other = he.Context.load(ckks.party.context.save())
    b = he.Ciphertexts.load(other, ckks.b.save())
    a, b = ckks.a.to(device), b.to(device)
    with pyaccel.scheduler.record() as ran:
        total = a + b
    assert [(batch.operation, batch.device) for batch in ran] == [("he.add", device)]
    assert residues(total.to("native")) == residues(ckks.a + ckks.b)


@on_every_device
def test_memory_of_the_device_goes_with_its_ciphertexts(ckks: Pair, device: str) -> None:
    """What was computed from them keeps none of it."""
    a = ckks.a.to(device)
    total = a + a
    held = weakref.ref(a._on[1])
    del a
    assert held() is None
    same(total * total, (ckks.a + ckks.a) * (ckks.a + ckks.a), device)


@on_every_device
def test_long_chains_are_brought_back_now_and_then(ckks: Pair, device: str) -> None:
    """So that little is to be computed again; what a batch came from is let go then."""
    total, here = ckks.a.to(device), ckks.a
    one = ckks.b.to(device)
    with pyaccel.scheduler.record() as ran:
        for _ in range(2 * MOST_STEPS + 2):
            total, here = total + one, here + ckks.b
            assert total._origin.steps <= MOST_STEPS
    assert [batch.operation for batch in ran].count("he.download") == 2
    same(total, here, device)
    many = ckks.a[[0, 1, 2] * MOST_STEPS].to(device)
    assert many.sum()._origin.held is not None
    assert many[:3].sum()._origin.held is None


@on_every_device
def test_what_is_used_twice_counts_once(ckks: Pair, device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sums over slots by rotations, and batches of many rotations, are not brought back in between."""
    with pyaccel.scheduler.record() as ran:
        total = ckks.a.to(device)
        for steps in (1, 2, 4, 8):
            total = total + total.rotate(steps)
        turned = total.rotate(list(range(9)) * 9)
    assert not [batch for batch in ran if batch.operation == "he.download"]
    assert total._origin.steps == 8
    assert turned._origin.steps == 10
    here = ckks.a
    for steps in (1, 2, 4, 8):
        here = here + here.rotate(steps)
    done = Counter[str]()
    add = he.Ciphertexts._computed
    with monkeypatch.context() as patch:
        patch.setattr(
            he.Ciphertexts, "_computed", lambda *given, **named: done.update(given[1:2]) or add(*given, **named)
        )
        assert residues(total[1]._origin.natively()) == residues(here[1])
    assert done == {"add": 4}
    same(turned, here.rotate(list(range(9)) * 9), device)


@on_every_device
@pytest.mark.parametrize("seed", range(5))
def test_any_rows_are_computed_again(pair: Pair, device: str, seed: int) -> None:
    """Some rows of what a random circuit makes, whatever the circuit did with rows."""
    random = np.random.default_rng(seed)
    batches = [(batch.to(device), batch) for batch in (pair.a, pair.b, pair.a[:1])]

    for _ in range(9):
        (x, x_here), (y, y_here) = (batches[i] for i in random.integers(len(batches), size=2))
        y, y_here = y[: len(x)], y_here[: len(x)]
        if len(y) not in (1, len(x)):
            y, y_here = y[:1], y_here[:1]
        level = min(x.level, y.level)
        rows, numbers = random.integers(len(x), size=random.integers(1, 5)), random.uniform(-1, 1, (len(x), 3))
        steps = random.choice([0, 1, 2, -1], size=random.integers(1, 4)).tolist()
        works: list[Callable[[Any, Any], Any]] = [
            lambda a, b: a + b,
            lambda a, b: b - a,
            lambda a, _, rows=rows: a[rows],
            lambda a, _, steps=steps: a.rotate(steps),
            lambda a, b, level=level: he.Ciphertexts.concatenate([a.mod_switch(level), b.mod_switch(level)]),
            lambda a, _: a.sum(),
            lambda a, b: he.Ciphertexts.concatenate([a[:0], -a, a[:0]]),
            lambda a, _, numbers=numbers: a + numbers,
            lambda a, _, numbers=numbers: a.multiply_plain(numbers) if a.level else -a,
            lambda a, b: (a * b if a.level and b.level else a - b),
        ]
        work = works[random.integers(len(works) if pair.party.context.scheme == "ckks" else 7)]
        try:
            here = work(x_here, y_here)
        except ValueError:  # scales that have drifted apart
            continue
        if len(here) <= 24:
            batches.append((work(x, y), here))
    for there, here in batches:
        some = np.sort(random.permutation(len(here))[: 1 + random.integers(len(here))])
        found = there._origin.natively(some, {})
        assert residues(found) == residues(here[some]), (seed, len(here))
    same(batches[-1][0], batches[-1][1], device)


@on_every_device
def test_a_check_keeps_nothing(ckks: Pair, device: str) -> None:
    """Not even what it computes as a whole, for a sum."""
    product = ckks.a.to(device) * ckks.b.to(device)
    monitored = product.sum()
    same(monitored, (ckks.a * ckks.b).sum(), device)
    assert monitored._origin.held is not None
    assert product._origin.held is None


def owner(device: str) -> Any:
    """What holds a device."""
    backend: Any = backends_of(device)[0]
    return backend._device


def test_residues_of_plaintexts(ckks: Pair) -> None:
    """Those that a product with 1 of them would have; too little room and other schemes are refused, and zeroed."""
    context = ckks.party.context
    plain = context.encode(ckks.plain, level=1)
    words, status = ffi.new("uint64_t *"), lib.pyaccel_he_plaintexts_residues
    assert status(ffi.NULL, words, plain.native) == 0
    rows = context._level_end[1]
    assert words[0] == len(plain) * rows * context.degree
    out = np.full(int(words[0]) + 1, 7, np.uint64)
    data = ffi.from_buffer("uint64_t[]", out)
    assert status(data, words, plain.native) == 0
    assert out[-1] == 7
    residues = out[:-1].reshape(len(plain), rows, context.degree)
    bound = np.array(context.primes[:rows], np.uint64)[:, None]
    assert (residues < bound).all()
    # c_0 of (0 + p) - 0 is p.
    zero = ckks.a.mod_switch(1) - ckks.a.mod_switch(1)
    summed = zero + plain
    info = ffi.new("uint64_t *", len(plain) * 2 * rows * context.degree)
    both = np.zeros((len(plain), 2, rows, context.degree), np.uint64)
    assert lib.pyaccel_he_ciphertexts_residues(ffi.from_buffer("uint64_t[]", both), info, summed.native) == 0
    first = both[:, 0]
    assert (first == residues).all()
    words[0] -= 1
    assert status(data, words, plain.native) == lib.PYACCEL_INVALID_ARGUMENT
    assert not out[:-2].any()
    assert out[-1] == 7
    assert status(data, ffi.NULL, plain.native) == lib.PYACCEL_INVALID_ARGUMENT
    assert status(data, words, ffi.NULL) == lib.PYACCEL_INVALID_ARGUMENT
    bfv = Party("bfv", degree=64, depth=1, plain_modulus=65537)
    words[0], out[:] = 3, 7
    assert status(data, words, bfv.context.encode([1]).native) == lib.PYACCEL_UNSUPPORTED
    assert out[:4].tolist() == [0, 0, 0, 7]


@on_every_device
def test_a_device_in_quarantine_computes_nothing(ckks: Pair, device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """All is computed natively until it is released; it refuses but those who asked it a known question in vain."""
    before = ckks.a.to(device)
    found = health.Quarantine("hash_many: digests[7] is not what native computes", "shadow check")
    monkeypatch.setattr(health, "_quarantined", {device: found})
    with pyaccel.scheduler.record() as ran:
        after = ckks.a.to(device)
        same(before + after, ckks.a + ckks.a, device)
    assert {batch.device for batch in ran} == {"native"}
    assert all(batch.notes == (f"{device} failed: {device} is not used any more: {found.reason}",) for batch in ran)
    with pytest.raises(DeviceError, match=f"{device} is not used any more: hash_many"):
        ckks.a.to(device, recoverable=False)
    monkeypatch.setattr(health, "_quarantined", {device: replace(found, cause="known answer")})
    with pytest.raises(SelfTestError, match=f"{device} is not used any more: hash_many"):
        ckks.a.to(device)
    assert release(device)
    with pyaccel.scheduler.record() as ran:
        same(before * after, ckks.a * ckks.a, device)
    done = [(batch.operation, batch.device) for batch in ran]
    assert done == [(f"he.{name}", device) for name in ("upload", "upload", "multiply", "download")]
