# SPDX-License-Identifier: Apache-2.0
"""Contexts: parameters, and what follows from them."""

from __future__ import annotations

from collections.abc import Sequence
from math import log2
from typing import TYPE_CHECKING, Any, Never, Self

from pyaccel.he import encoding, parameters, saving
from pyaccel.he.native import SCHEMES, came, ffi, lib, make, of_type, raise_status, text
from pyaccel.he.plaintexts import Plaintexts

if TYPE_CHECKING:
    from pyaccel.he.keys import EvaluationKeys
    from pyaccel.he.places import Place


class Context:
    """Parameters of a scheme, and what follows from them. Immutable but for the evaluation keys in use.

    Two contexts of equal parameters are as one, as far as the library can see: a ciphertext does not name its key.
    Whoever has several secret keys of the same parameters keeps apart what belongs to each; what is computed with keys
    of another secret, or decrypted with it, comes out as numbers without meaning.

    Args:
        scheme: "bfv" or "bgv" (integers modulo plain_modulus, exact), or "ckks" (numbers, rounded).
        degree: N, a power of two in 8 .. 131072; None: the least that the security allows. CKKS has N / 2 slots, BFV
            and BGV two rows of N / 2.
        moduli_bits: bits, 20 .. 100 each, of the moduli of Q; level l has the first l + 1 of them. Either these or
            depth.
        depth: products that follow one another; picks the moduli. CKKS: those of fewest primes, where the last of these
            products may be one that is not rescaled (`Ciphertexts.depth`).
        plain_modulus: t of BFV and BGV, 2 .. 2^40; with slots it is a prime that is 1 modulo 2N. None: one of 20 bits
            or more.
        scale_bits: CKKS: log2 of what numbers are multiplied by before they are rounded, 10 .. 90; None: 40. Numbers of
            up to 2^(bits of the first modulus - scale_bits - 1) survive at level 0, after a product that is not
            rescaled there 2^scale_bits smaller ones.
        security: one of `pyaccel.he.SECURITY`: bits against known attacks, for ternary secrets, by the table of that
            year (2024: Bossuat et al., ePrint 2024/463; 2018: HomomorphicEncryption.org); None: insecure, with a
            warning.
        special_bits: log2 of the modulus of key switching; 0: as many as the largest digit.
        digits: digits of key switching; 0: one a prime.

    Raises:
        TypeError, ValueError: an argument is wrong, or the moduli are larger than the security allows: says the bound
            and the nearest parameters that are valid.

    Attributes:
        scheme: as given.
        degree: N.
        slots: numbers that a plaintext holds; 0: plain_modulus has none, only coefficients.
        row: slots that a rotation goes round, N / 2.
        levels: levels, from levels - 1 (fresh) down to 0.
        depth: CKKS: products that may follow one another: `Ciphertexts.depth` of what is fresh; 0 elsewhere.
        moduli_bits: log2 of the modulus of each level's last group of primes.
        primes: those of Q, then the special ones.
        plain_modulus: t; 0: ckks.
        scale: the default one; 0 but for ckks.
        security: as given.
        modulus_bits: log2(Q P).
        id: SHA-256 of the parameters; keys and ciphertexts of equal ids are of one context.
        variant: of the kernels that compute.
        evaluation_keys: those in use, None before `use`.
        places: what there is of the context on devices, by their names.
        native: the C handle.
    """

    __slots__ = (
        "_digit_end",
        "_level_end",
        "degree",
        "depth",
        "evaluation_keys",
        "id",
        "levels",
        "moduli_bits",
        "modulus_bits",
        "native",
        "places",
        "plain_modulus",
        "primes",
        "row",
        "scale",
        "scheme",
        "security",
        "slots",
        "variant",
    )

    def __init__(
        self,
        scheme: str,
        *,
        degree: int | None = None,
        moduli_bits: Sequence[int] | None = None,
        depth: int | None = None,
        plain_modulus: int | None = None,
        scale_bits: int | None = None,
        security: str | None = "128-2024",
        special_bits: int = 0,
        digits: int = 0,
    ) -> None:
        chosen = parameters.choose(
            scheme,
            degree=degree,
            moduli_bits=moduli_bits,
            depth=depth,
            plain_modulus=plain_modulus,
            scale_bits=scale_bits,
            security=security,
            special_bits=special_bits,
            digits=digits,
        )
        self._made(_new(chosen), security)

    def _made(self, handle: Any, security: str | None) -> None:
        info = ffi.new("pyaccel_he_context_info *")
        status = lib.pyaccel_he_context_get(info, handle)
        if status:
            raise_status("he.Context", status)
        self.native = handle
        self.scheme = {number: name for name, number in SCHEMES.items()}[int(info.scheme)]
        self.degree = int(info.degree)
        self.slots = int(info.slots)
        self.row = self.degree // 2
        self.levels = int(info.levels)
        self._level_end = tuple(int(info.level_end[i]) for i in range(self.levels))
        self._digit_end = tuple(int(info.digit_end[i]) for i in range(info.digit_count))
        self.primes = tuple(int(info.primes[i]) for i in range(info.prime_count + info.special_count))
        starts = (0, *self._level_end)
        self.moduli_bits = tuple(
            sum(map(log2, self.primes[a:b])) for a, b in zip(starts, self._level_end, strict=False)
        )
        self.plain_modulus = int(info.plain_modulus)
        self.scale = float(info.scale)
        self.depth = int(lib.pyaccel_he_depth(handle, self.levels - 1, self.scale))
        self.security = security
        self.modulus_bits = float(info.modulus_bits)
        self.id = bytes(ffi.buffer(info.id))
        self.variant = text(info.variant)
        self.evaluation_keys: EvaluationKeys | None = None
        self.places: dict[str, Place] = {}

    def use(self, keys: EvaluationKeys) -> None:
        """From now on, operators on ciphertexts of this context multiply and rotate by these keys.

        Raises:
            TypeError: no evaluation keys.
            ValueError: they are of another context.
        """
        from pyaccel.he.keys import EvaluationKeys

        of_type("keys", keys, EvaluationKeys, "EvaluationKeys(secret, ...) makes them")
        self.check(keys, "keys")
        self.evaluation_keys = keys

    def check(self, thing: Any, name: str) -> None:
        """That keys or batches are of this context.

        Raises:
            TypeError: something that is of no context.
            ValueError: they are of another one.
        """
        other = getattr(thing, "context", None)
        if not isinstance(other, Context):
            raise TypeError(f"{name}: {came(thing)} came; wanted what was made with a Context")
        if other is not self and other.id != self.id:
            raise ValueError(
                f"{name}: of another context ({other!r}); this is {self!r}: only what was made with equal parameters "
                "goes together, and only with keys of one secret key, which nobody else can tell apart"
            )

    def dropped(self, level: int) -> int:
        """The modulus that going down from a level divides by: the product of the level's own primes."""
        product = 1
        for prime in self.primes[self._level_end[level - 1] if level else 0 : self._level_end[level]]:
            product *= prime
        return product

    def level_bits(self, level: int) -> float:
        """log2 of the modulus of a level."""
        return sum(self.moduli_bits[: level + 1])

    def encode(
        self,
        values: Any,
        *,
        level: int | None = None,
        scale: float | None = None,
        coefficients: bool = False,
        repeat: bool = False,
    ) -> Plaintexts:
        """Numbers as plaintexts, one a row.

        Args:
            values: an array (n, width) or (width,), width <= slots; the other slots become 0. A single number stands in
                every slot. BFV, BGV: integers, -t / 2 .. t - 1. CKKS: real or complex, of magnitudes up to about half
                of the level's modulus over the scale.
            level: CKKS: where the plaintexts will be used; None: the highest.
            scale: CKKS; None: the context's.
            coefficients: BFV, BGV: values are coefficients of the polynomials, width <= N, in place of slots.
            repeat: whether a row stands in the slots again and again, with the least power of two that is not below its
                width as the period, in place of once: products with matrices then take fewer rotations.

        Raises:
            TypeError, ValueError: an argument is wrong, or a value does not fit: names it, and the bound.
        """
        return encoding.encode(self, values, level=level, scale=scale, coefficients=coefficients, repeat=repeat)

    def decode(
        self, plaintexts: Plaintexts, *, width: int | None = None, real: bool | None = None, coefficients: bool = False
    ) -> Any:
        """Numbers of plaintexts.

        Args:
            plaintexts: a batch of this context.
            width: how many slots of each; None: as many as were encoded, all where that is not known.
            real: CKKS: real parts alone; None: whether what was encoded was real.
            coefficients: BFV, BGV: coefficients in place of slots.

        Returns:
            int64 (in -t/2 .. t/2), float64 or complex128, of shape (n, width), or (width,) where one row was encoded.
        """
        of_type("plaintexts", plaintexts, Plaintexts, "ciphertexts are for SecretKey.decrypt")
        self.check(plaintexts, "plaintexts")
        return encoding.decode(plaintexts, width=width, real=real, coefficients=coefficients)

    def save(self) -> bytes:
        """Its parameters as bytes, for `Context.load`."""
        return bytes(saving.save("context", self.native))

    @classmethod
    def load(cls, data: Any) -> Self:
        """The context that was saved.

        Raises:
            TypeError, ValueError: no such bytes; says what is wrong, and where.
        """
        handle = saving.load("context", data)
        fields = ffi.new("pyaccel_he_parameters *")
        status = lib.pyaccel_he_parameters_get(fields, handle)
        if status:
            raise_status("he.Context.load", status)
        context = cls.__new__(cls)
        context._made(handle, parameters.security_name(int(fields.standard), int(fields.security)))
        return context

    def __copy__(self) -> Context:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Context:
        return self

    def __reduce__(self) -> Never:
        raise TypeError(
            "a Context holds pointers of this process and can't be pickled: save() gives bytes, and Context.load("
            "bytes) makes it there; or make one of the same parameters"
        )

    def __repr__(self) -> str:
        bits = ", ".join(str(round(bits)) for bits in self.moduli_bits)
        plain = f", plain_modulus={self.plain_modulus}" if self.plain_modulus else f", scale=2^{log2(self.scale):g}"
        return (
            f"Context({self.scheme!r}, degree={self.degree}, moduli of {bits} bits{plain}, security={self.security!r})"
        )


def _new(chosen: parameters.Parameters) -> Any:
    """The C handle of a context."""
    fields = ffi.new("pyaccel_he_parameters *")
    fields.struct_size = ffi.sizeof("pyaccel_he_parameters")
    fields.scheme = SCHEMES[chosen.scheme]
    fields.degree = chosen.degree
    for i, bits in enumerate(chosen.moduli_bits):
        fields.moduli_bits[i] = bits
    fields.moduli_count = len(chosen.moduli_bits)
    fields.special_bits = chosen.special_bits
    fields.digits = chosen.digits
    fields.standard = chosen.standard
    fields.security = chosen.security
    fields.plain_modulus = chosen.plain_modulus
    fields.scale = chosen.scale
    try:
        return make("context", "context_new", fields)
    except ValueError:
        allowed = parameters.bound(chosen.standard, chosen.security, chosen.degree)
        least = 2 * chosen.degree
        raise ValueError(
            f"moduli_bits={chosen.moduli_bits} with special_bits={chosen.special_bits}, digits={chosen.digits} at "
            f"degree={chosen.degree}: either no such primes are 1 modulo 2N = {least} (each takes more than "
            f"{least.bit_length()} bits), or one of them divides plain_modulus={chosen.plain_modulus}, or their "
            f"product has more than the "
            f"{allowed or 'unlimited'} bits that the security allows; take moduli of other bits, or a larger degree"
        ) from None
