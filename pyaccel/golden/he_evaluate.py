# SPDX-License-Identifier: Apache-2.0
"""Operations on ciphertexts of BFV, BGV and CKKS. Source: docs/he.md."""

from __future__ import annotations

from dataclasses import replace
from itertools import zip_longest
from math import log2, prod

import numpy as np

from pyaccel.golden import he_ring as ring
from pyaccel.golden.he_context import Context
from pyaccel.golden.he_keys import Ciphertext, EvaluationKeys, Pair, Plaintext, message
from pyaccel.golden.he_ring import Polynomial, Row


def element(degree: int, steps: int) -> int:
    """Galois element of a rotation."""
    return pow(5, steps % (degree // 2), 2 * degree)


def _bgv(context: Context) -> int:
    """t where divisions have to keep residues modulo it, else 0."""
    return context.t if context.asked.scheme == "bgv" else 0


# ---- levels -------------------------------------------------------------------------------------


def _divided_scale(scale: float, primes: tuple[int, ...]) -> float:
    for q in primes:
        scale /= q
    return scale


def rescale(a: Ciphertext) -> Ciphertext:
    """One level down by division; of CKKS the scale too."""
    context, dropped = a.context, a.context.groups[a.level]
    parts = tuple(ring.divide(part, dropped, _bgv(context)) for part in a.parts)
    factor, scale = a.factor, a.scale
    if context.asked.scheme == "bgv":
        factor = factor * pow(prod(dropped), -1, context.t) % context.t
    elif context.asked.scheme == "ckks":
        scale = _divided_scale(scale, dropped)
    return replace(a, parts=parts, level=a.level - 1, factor=factor, scale=scale, seed=None)


def mod_switch(a: Ciphertext, level: int) -> Ciphertext:
    """Down to a level: BFV, BGV by division, CKKS by dropping rows."""
    if a.context.asked.scheme == "ckks" and level < a.level:
        primes = a.context.primes(level)
        return replace(a, parts=tuple(ring.restrict(part, primes) for part in a.parts), level=level, seed=None)
    while a.level > level:
        a = rescale(a)
    return replace(a, seed=None)


def _levelled(a: Ciphertext, b: Ciphertext) -> tuple[Ciphertext, Ciphertext]:
    level = min(a.level, b.level)
    return mod_switch(a, level), mod_switch(b, level)


def last_fits(context: Context, scale: float) -> bool:
    """Whether numbers of up to 2^18 survive at level 0, CKKS: where a product may stay unscaled."""
    return scale > 1 and log2(context.modulus(0)) - log2(scale) > 19


# ---- sums ---------------------------------------------------------------------------------------


def negate(a: Ciphertext) -> Ciphertext:
    """-a."""
    return replace(a, parts=tuple(ring.scale(part, -1) for part in a.parts), seed=None)


def scale_ratio(a: float, b: float) -> int:
    """What the smaller of two scales is multiplied by to come within 2^-30 of the larger; 0: no integer does."""
    larger, smaller = max(a, b), min(a, b)
    ratio = larger / smaller
    whole = int(ratio + 0.5) if ratio < 2**52 else int(ratio)
    return whole if ratio < 2.0**100 and abs(whole * smaller - larger) <= larger * 2.0**-30 else 0


def _scaled(a: Ciphertext, scale: float) -> Ciphertext:
    """a, at the scale where that is the larger one."""
    by = scale_ratio(a.scale, scale)
    assert by, "no integer mends the scales"
    if by == 1 or a.scale > scale:
        return a
    return replace(a, parts=tuple(ring.scale(part, by) for part in a.parts), scale=scale)


def _summands(a: Ciphertext, b: Plaintext) -> tuple[Ciphertext, Plaintext]:
    """Both at the larger scale."""
    by = scale_ratio(a.scale, b.scale)
    if b.scale < a.scale and by > 1:
        b = replace(b, coefficients=b.coefficients * by, scale=a.scale)
    return _scaled(a, b.scale), b


def add(a: Ciphertext, b: Ciphertext) -> Ciphertext:
    """a + b; of BGV b is first given the factor of a, of CKKS the one of the smaller scale the other's."""
    a, b = _levelled(a, b)
    a, b = _scaled(a, b.scale), _scaled(b, a.scale)
    if a.factor != b.factor:
        t = a.context.t
        ratio = int(ring.centred(ring.row([a.factor * pow(b.factor, -1, t)]), t)[0])
        b = replace(b, parts=tuple(ring.scale(part, ratio) for part in b.parts))
    nothing = ring.scale(a.parts[0], 0)
    parts = tuple(ring.add(x, y) for x, y in zip_longest(a.parts, b.parts, fillvalue=nothing))
    return replace(a, parts=parts, seed=None)


def sub(a: Ciphertext, b: Ciphertext) -> Ciphertext:
    """a - b."""
    return add(a, negate(b))


def add_plain(a: Ciphertext, b: Plaintext) -> Ciphertext:
    """a + b."""
    a, b = _summands(a, b)
    added = message(a.context, b, a.level, a.factor)
    return replace(a, parts=(ring.add(a.parts[0], added), *a.parts[1:]), seed=None)


def sub_plain(a: Ciphertext, b: Plaintext) -> Ciphertext:
    """a - b."""
    a, b = _summands(a, b)
    added = message(a.context, b, a.level, a.factor)
    return replace(a, parts=(ring.subtract(a.parts[0], added), *a.parts[1:]), seed=None)


def sum_batch(batch: list[Ciphertext]) -> Ciphertext:
    """Of all."""
    total = batch[0]
    for one in batch[1:]:
        total = add(total, one)
    return total


# ---- key switching ------------------------------------------------------------------------------


def _switched(context: Context, level: int, x: Polynomial, key: list[Pair]) -> Pair:
    """sum of (b_d, a_d) times the digits of x, each lifted; over Q_l P."""
    primes = [*context.primes(level), *context.special]
    coefficients = ring.to_coefficients(x)
    sums = [{q: ring.row([0]) for q in primes} for _ in range(2)]
    for digit, pair in zip(context.digits, key, strict=True):
        present = [q for q in digit if q in x]
        if present:
            lifted = ring.from_integers(ring.lift(ring.restrict(coefficients, present)), primes)
            sums = [ring.add(total, ring.multiply(lifted, part)) for total, part in zip(sums, pair, strict=True)]
    return sums[0], sums[1]


def _switch(context: Context, level: int, x: Polynomial, key: list[Pair]) -> Pair:
    """The same divided by P: over Q_l."""
    b, a = (ring.divide(part, context.special, _bgv(context)) for part in _switched(context, level, x, key))
    return b, a


def relinearize(a: Ciphertext, keys: EvaluationKeys) -> Ciphertext:
    """Three parts to two."""
    c0, c1, c2 = a.parts
    b, more = _switch(a.context, a.level, c2, keys.keys[0])
    return replace(a, parts=(ring.add(c0, b), ring.add(c1, more)))


def rotate(a: Ciphertext, by: int, keys: EvaluationKeys) -> Ciphertext:
    """The automorphism X -> X^by, after switching to the key that it makes s of; nothing for X -> X."""
    if by == 1:
        return replace(a, seed=None)
    c0, c1 = a.parts
    b, more = _switch(a.context, a.level, c1, keys.keys[by])
    return replace(a, parts=(_turned(ring.add(c0, b), by), _turned(more, by)), seed=None)


def _turned(a: Polynomial, by: int) -> Polynomial:
    return {q: ring.transform(ring.automorphism(ring.inverse(values, q), by) % q, q) for q, values in a.items()}


def sum_slots(a: Ciphertext, keys: EvaluationKeys) -> Ciphertext:
    """Sum over all slots, in every slot."""
    degree, steps = a.context.degree, 1
    while steps < degree // 2:
        a = add(a, rotate(a, element(degree, steps), keys))
        steps *= 2
    return a if a.context.asked.scheme == "ckks" else add(a, rotate(a, 2 * degree - 1, keys))


# ---- products -----------------------------------------------------------------------------------


def multiply_plain(a: Ciphertext, b: Plaintext) -> Ciphertext:
    """a b."""
    integers = b.coefficients if a.context.asked.scheme == "ckks" else ring.centred(b.coefficients, a.context.t)
    m = ring.from_integers(integers, a.context.primes(a.level))
    return replace(a, parts=tuple(ring.multiply(part, m) for part in a.parts), scale=a.scale * b.scale, seed=None)


def multiply(a: Ciphertext, b: Ciphertext) -> Ciphertext:
    """a b, of three parts."""
    a, b = _levelled(a, b)
    if a.context.asked.scheme == "bfv":
        return _multiply_bfv(a, b)
    (a0, a1), (b0, b1) = a.parts, b.parts
    middle = ring.add(ring.multiply(a0, b1), ring.multiply(a1, b0))
    parts = (ring.multiply(a0, b0), middle, ring.multiply(a1, b1))
    factor = a.factor * b.factor % a.context.t if _bgv(a.context) else 1
    return replace(a, parts=parts, scale=a.scale * b.scale, factor=factor, seed=None)


def _multiply_bfv(a: Ciphertext, b: Ciphertext) -> Ciphertext:
    """Each part t d / Q rounded, d the product over the integers of the operands lifted near the centre."""
    primes, t, whole = a.context.primes(a.level), a.context.t, a.context.modulus(a.level)
    (a0, a1), (b0, b1) = ([ring.lift(ring.to_coefficients(part)) for part in one.parts] for one in (a, b))
    cross = ring.exact_product(a0, b1) + ring.exact_product(a1, b0)
    parts = []
    for d in (ring.exact_product(a0, b0), cross, ring.exact_product(a1, b1)):
        rest = ring.lift({q: t * d % q for q in primes})
        parts.append(ring.from_integers(_exactly(t * d - rest, whole), primes))
    return replace(a, parts=tuple(parts), seed=None)


def _exactly(a: Row, divisor: int) -> Row:
    quotient: Row = a // divisor
    assert np.all(quotient * divisor == a)
    return quotient


def multiply_rescale(a: Ciphertext, b: Ciphertext, keys: EvaluationKeys) -> Ciphertext:
    """CKKS: product, relinearized and rescaled at once: one division by P and the level's last modulus.

    At level 0, where nothing is left to divide by but P, the product keeps its scale.
    """
    product = multiply(a, b)
    context, level = a.context, product.level
    if level == 0:
        assert last_fits(context, product.scale), "level exhausted"
        return relinearize(product, keys)
    dropped = (*context.special, *context.groups[level])
    c0, c1, c2 = product.parts
    special = prod(context.special)
    parts = []
    for part, switched in zip((c0, c1), _switched(context, level, c2, keys.keys[0]), strict=True):
        parts.append(ring.divide(switched | ring.add(ring.scale(part, special), switched), dropped))
    scale = _divided_scale(product.scale, context.groups[level])
    return replace(product, parts=tuple(parts), level=level - 1, scale=scale)
