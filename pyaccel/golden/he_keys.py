# SPDX-License-Identifier: Apache-2.0
"""Keys, encryption and decryption of BFV, BGV and CKKS. Source: docs/he.md."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import log2, prod

from pyaccel.golden import he_random as random
from pyaccel.golden import he_ring as ring
from pyaccel.golden.he_context import Context
from pyaccel.golden.he_random import Purpose
from pyaccel.golden.he_ring import Polynomial, Row

Pair = tuple[Polynomial, Polynomial]


@dataclass(frozen=True)
class SecretKey:
    """s, ternary."""

    context: Context
    coefficients: Row

    def rows(self, primes: Iterable[int]) -> Polynomial:
        """s modulo each."""
        return ring.from_integers(self.coefficients, primes)


@dataclass(frozen=True)
class PublicKey:
    """(b, a) over Q P, b = -a s + e (BGV: t e)."""

    context: Context
    seed: bytes
    pair: Pair


@dataclass(frozen=True)
class EvaluationKeys:
    """Switching keys by element: for each digit (b_d, a_d), b_d = -a_d s_to + e_d + g_d s_from (BGV: t e_d).

    g_d is P modulo the digit's primes and 0 modulo all others. Element 0, relinearization: from s^2 to s. Galois
    element g: from s to s(X^(1/g)), so that the automorphism comes last.
    """

    context: Context
    seed: bytes
    keys: dict[int, list[Pair]]


@dataclass(frozen=True)
class Plaintext:
    """Coefficients: of BFV and BGV in [0, t); of CKKS any integers, `scale` times what they encode."""

    coefficients: Row
    level: int
    scale: float = 1.0


@dataclass(frozen=True)
class Ciphertext:
    """sum parts[i] s^i is the message with its noise.

    Attributes:
        factor: BGV: the plaintext is multiplied by it, modulo t.
        seed: the second part is drawn from it (secret-key encryption alone), else None.
    """

    context: Context
    parts: tuple[Polynomial, ...]
    level: int
    scale: float = 1.0
    factor: int = 1
    seed: bytes | None = None


def _uniform(
    context: Context, seed: bytes, purpose: Purpose, primes: Iterable[int], item: int = 0, digit: int = 0
) -> Polynomial:
    streams = {q: random.stream(seed, purpose, item, digit, context.all_primes.index(q)) for q in primes}
    return {q: random.uniform(pieces, q, context.degree) for q, pieces in streams.items()}


def _error(
    context: Context, seed: bytes, purpose: Purpose, primes: Iterable[int], item: int = 0, digit: int = 0
) -> Polynomial:
    """e; of BGV t e."""
    drawn = random.error(random.stream(seed, purpose, item, digit), context.degree)
    return ring.from_integers(drawn * (context.t if context.asked.scheme == "bgv" else 1), primes)


def secret_key(context: Context, master: bytes) -> SecretKey:
    """Drawn from a call's master seed, as everything below."""
    _, secret = random.seeds(master)
    return SecretKey(context, random.ternary(random.stream(secret, Purpose.SECRET), context.degree))


def public_key(key: SecretKey, master: bytes) -> PublicKey:
    """Over all primes."""
    context, primes = key.context, key.context.all_primes
    public, secret = random.seeds(master)
    a = _uniform(context, public, Purpose.PUBLIC_A, primes)
    e = _error(context, secret, Purpose.PUBLIC_E, primes)
    return PublicKey(context, public, (ring.subtract(e, ring.multiply(a, key.rows(primes))), a))


def evaluation_keys(key: SecretKey, master: bytes, elements: Iterable[int]) -> EvaluationKeys:
    """One for each element, ascending."""
    context, primes = key.context, key.context.all_primes
    public, secret = random.seeds(master)
    s, special, order = key.rows(primes), prod(context.special), 2 * context.degree
    keys: dict[int, list[Pair]] = {}
    for element in sorted(set(elements)):
        if element == 0:
            of, to = ring.multiply(s, s), s
        else:
            of, to = s, ring.from_integers(ring.automorphism(key.coefficients, pow(element, -1, order)), primes)
        keys[element] = []
        for d, digit in enumerate(context.digits):
            a = _uniform(context, public, Purpose.SWITCHING_A, primes, element, d)
            b = ring.subtract(_error(context, secret, Purpose.SWITCHING_E, primes, element, d), ring.multiply(a, to))
            keys[element].append((b | ring.add(ring.scale(ring.restrict(of, digit), special), b), a))
    return EvaluationKeys(context, public, keys)


def message(context: Context, plaintext: Plaintext, level: int, factor: int = 1) -> Polynomial:
    """What a plaintext adds to the first part of a ciphertext."""
    m, whole = plaintext.coefficients, context.modulus(level)
    if context.asked.scheme == "bfv":
        m = (whole * m + context.t // 2) // context.t
    elif context.asked.scheme == "bgv":
        m = ring.centred(m * factor, context.t)
    return ring.from_integers(m, context.primes(level))


def encrypt(key: PublicKey, plaintext: Plaintext, master: bytes, item: int = 0) -> Ciphertext:
    """An encryption of zero over Q P, divided by P, plus the message."""
    context, level = key.context, plaintext.level
    primes = [*context.primes(level), *context.special]
    _, secret = random.seeds(master)
    u = ring.from_integers(random.ternary(random.stream(secret, Purpose.ENCRYPTION_U, item), context.degree), primes)
    t = context.t if context.asked.scheme == "bgv" else 0
    e0 = _error(context, secret, Purpose.ENCRYPTION_E0, primes, item)
    e1 = _error(context, secret, Purpose.ENCRYPTION_E1, primes, item)
    b, a = key.pair
    c0 = ring.divide(ring.add(ring.multiply(u, b), e0), context.special, t)
    c1 = ring.divide(ring.add(ring.multiply(u, a), e1), context.special, t)
    return Ciphertext(context, (ring.add(c0, message(context, plaintext, level)), c1), level, plaintext.scale)


def encrypt_secret(key: SecretKey, plaintext: Plaintext, master: bytes, item: int = 0) -> Ciphertext:
    """(-a s + e + message, a)."""
    context, level = key.context, plaintext.level
    primes = context.primes(level)
    public, secret = random.seeds(master)
    a = _uniform(context, public, Purpose.SECRET_A, primes, item)
    masked = ring.subtract(_error(context, secret, Purpose.SECRET_E, primes, item), ring.multiply(a, key.rows(primes)))
    c0 = ring.add(masked, message(context, plaintext, level))
    return Ciphertext(context, (c0, a), level, plaintext.scale, seed=public)


def phase(key: SecretKey, ciphertext: Ciphertext) -> Row:
    """c0 + c1 s (+ c2 s^2) modulo Q, in [0, Q)."""
    s = key.rows(ciphertext.parts[0])
    total = ciphertext.parts[-1]
    for part in reversed(ciphertext.parts[:-1]):
        total = ring.add(ring.multiply(total, s), part)
    return ring.integers_of(ring.to_coefficients(total))


def decrypt(key: SecretKey, ciphertext: Ciphertext) -> Plaintext:
    """What it encrypts; of CKKS with its noise."""
    context, level = key.context, ciphertext.level
    x, whole, t = phase(key, ciphertext), context.modulus(level), context.t
    if context.asked.scheme == "bfv":
        return Plaintext((t * x + whole // 2) // whole % t, level)
    if context.asked.scheme == "bgv":
        return Plaintext(ring.centred(x, whole) * pow(ciphertext.factor, -1, t) % t, level)
    return Plaintext(ring.centred(x, whole), level, ciphertext.scale)


def decrypt_flooded(key: SecretKey, ciphertext: Ciphertext, bits: int, master: bytes, item: int = 0) -> Plaintext:
    """CKKS: with Gaussian noise of deviation sqrt(4^bits - 4) added to every coefficient."""
    _, secret = random.seeds(master)
    noise = random.flooding(random.stream(secret, Purpose.FLOODING, item), bits, key.context.degree)
    whole = key.context.modulus(ciphertext.level)
    flooded = ring.centred(phase(key, ciphertext) + noise, whole)
    return Plaintext(flooded, ciphertext.level, ciphertext.scale)


def noise_budget(key: SecretKey, ciphertext: Ciphertext) -> float:
    """log2(Q / 2v), v the greatest coefficient of [t x]_Q (BFV) or [x]_Q (BGV), x the phase; at least 0.

    0 where Q is not above 4 t: no noise fits between two messages there.
    """
    whole = key.context.modulus(ciphertext.level)
    if whole <= 4 * key.context.t:
        return 0.0
    times = key.context.t if key.context.asked.scheme == "bfv" else 1
    noise = max(abs(ring.centred(phase(key, ciphertext) * times, whole)))
    return max(0.0, log2(whole) - log2(noise or 1) - 1)
