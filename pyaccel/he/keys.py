# SPDX-License-Identifier: Apache-2.0
"""Keys: the secret one decrypts, the public one encrypts, evaluation keys multiply and rotate."""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil, log2
from typing import TYPE_CHECKING, Any, Never, Self

import numpy as np
import numpy.typing as npt

from pyaccel.errors import PyaccelError
from pyaccel.he import encoding, saving
from pyaccel.he.ciphertexts import Ciphertexts
from pyaccel.he.native import came, ffi, lib, make, of_type, options, raise_status
from pyaccel.he.plaintexts import Plaintexts
from pyaccel.he.rotations import element, whole_steps
from pyaccel.numbers import whole_number

if TYPE_CHECKING:
    from pyaccel.he.context import Context


CLOSE_BITS, CLOSE_TIMES = 40, 2
"""Estimated noise budgets below so many bits, or so many times what the noise has grown by, are looked at with the key
before decrypting: estimates take errors for independent, where those of a + a, or of a product with equal numbers, are
not."""


MOST_FLOOD_BITS = 98


class MissingKeyError(PyaccelError, LookupError):
    """An operation needs an evaluation key that was not made; names it."""


def _close(ciphertexts: Ciphertexts) -> float:
    """Bits of an estimated budget that are too few to decrypt without a look."""
    context = ciphertexts.context
    fresh = 2 + log2(context.degree) / 2 + (log2(context.plain_modulus) if context.scheme == "bgv" else 0)
    return max(CLOSE_BITS, CLOSE_TIMES * (ciphertexts.noise_bits - fresh))


class _Key:
    """What keys have in common: a context, and a handle that is freed, and wiped, with its object."""

    __slots__ = ("context", "native")

    context: Context
    native: Any
    kind: str

    @classmethod
    def load(cls, context: Context, data: Any) -> Self:
        """The key that was saved.

        Args:
            context: that it is of.
            data: its bytes.

        Raises:
            TypeError, ValueError: no such bytes; says what is wrong, and where.
        """
        return cls._of(context, saving.load(cls.kind, data, context))

    @classmethod
    def _of(cls, context: Context, native: Any) -> Self:
        """The key that a C handle is."""
        key = cls.__new__(cls)
        key.context = context
        key.native = native
        return key

    def __copy__(self) -> Any:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return self

    def __reduce__(self) -> Never:
        raise TypeError(saving.not_pickled(type(self).__name__, self.context))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.context!r})"


class SecretKey(_Key):
    """The key that decrypts. It lives in C alone, and is wiped when it is freed.

    Args:
        context: that it is made for.
        insecure_test_seed: 32 bytes that the key follows from, for tests: nothing made so is secret.
    """

    __slots__ = ()
    kind = "secret_key"

    def __init__(self, context: Context, *, insecure_test_seed: bytes | None = None) -> None:
        from pyaccel.he.context import Context

        of_type("context", context, Context)
        self.context = context
        self.native = make("secret_key", "secret_key_new", context.native, options(insecure_test_seed))

    def save(self) -> bytearray:
        """As bytes, for `SecretKey.load`. They are as secret as the key: wipe them when they are written."""
        return saving.save(self.kind, self.native)

    def encrypt(self, values: Any, *, insecure_test_seed: bytes | None = None) -> Ciphertexts:
        """Ciphertexts of numbers, as PublicKey.encrypt, with half the noise, and half as large when saved."""
        return _encrypt("encrypt_secret", self, values, insecure_test_seed)

    def decrypt(
        self,
        ciphertexts: Ciphertexts,
        *,
        flood_bits: int = 0,
        width: int | None = None,
        real: bool | None = None,
        coefficients: bool = False,
    ) -> Any:
        """The numbers of ciphertexts.

        **Whoever sees decrypted CKKS numbers may be able to compute the key.** What is decrypted there is the number
        plus the noise of the encryption, and the noise is a linear equation in the secret key (IND-CPA-D: Li and
        Micciancio, ePrint 2020/1533). A result that stays with the key's owner is safe; one that is handed to others,
        who know or choose the ciphertexts, has to be flooded: flood_bits adds Gaussian noise of standard deviation
        2^flood_bits to every coefficient before it is decoded, at the cost of that many bits of precision. For s bits
        of security over d decryptions (docs/he.md, Security)

            flood_bits = math.ceil(noise_bits + s / 2 + math.log2(12 * d) / 2)

        with a bound for noise_bits of the worst ciphertext that anybody can have decrypted;
        `Ciphertexts.noise_bits` estimates it and is no bound. Products at level 0 are not rescaled: their scale is
        squared, and noise_bits are that many more. BFV and BGV decrypt exactly, and reveal nothing as long as they
        decrypt rightly.

        **A wrong key is not always noticed.** BFV and BGV refuse what the key finds to be lost, but look with it only
        where the estimated budget is small, since that takes three times as long as decrypting: the secret key of
        another pair with equal parameters gives numbers without meaning, as CKKS does under any. `noise_budget` tells:
        under a wrong key it is below 1.

        Args:
            ciphertexts: a batch of this context.
            flood_bits: CKKS: 2 .. 98, and flood_bits + 5 below log2 of the modulus at their level; 0: none.
            width: how many slots of each; None: as many as were encoded, all where that is not known.
            real: CKKS: real parts alone; None: whether what was encrypted was real.
            coefficients: BFV, BGV: coefficients in place of slots.

        Returns:
            As Context.decode.

        Raises:
            TypeError, ValueError: no ciphertexts, or of another context; flood_bits out of range.
            PyaccelError: BFV, BGV: their noise is too large, and they do not decrypt any more.
        """
        self._check(ciphertexts)
        flood_bits = self._flood_bits(flood_bits, ciphertexts.level)
        if self.context.plain_modulus and not ciphertexts.budget_bits >= _close(ciphertexts):
            # The estimate says that it may be close: look at the noise itself. Gone round, it leaves less than a bit.
            budget = self.noise_budget(ciphertexts)
            if budget.size and float(budget.min()) < 1:
                raise PyaccelError(
                    f"ciphertexts[{int(budget.argmin())}] does not decrypt: its noise budget is used up, or this is "
                    "not the key that it was encrypted for. Multiply less deep, or make the context with more depth"
                )
        plain = make("plaintexts", "decrypt", self.native, ciphertexts.native, flood_bits, options())
        batch = Plaintexts(self.context, plain, ciphertexts.shape)
        return encoding.decode(batch, width=width, real=real, coefficients=coefficients)

    def noise_budget(self, ciphertexts: Ciphertexts) -> npt.NDArray[np.float64]:
        """Bits, exact, that the noise of each ciphertext may still grow by; below 1: it does not decrypt any more.

        Noise that has gone round the modulus lies anywhere in it: a lost ciphertext, or one of another key, has a
        budget of 0 or a small part of a bit (about 1.4 / N), never of 1 or more by anything but chance.

        For BFV and BGV. It tells about the key: for its owner alone. `Ciphertexts.budget_bits` estimates it without.

        Returns:
            float64[n]: log2(Q / (2 |invariant noise|)), as SEAL counts it.

        Raises:
            TypeError, ValueError: no ciphertexts; ckks, or another context.
        """
        self._check(ciphertexts)
        if self.context.scheme == "ckks":
            raise ValueError("noise_budget: ckks has none; for its precision see Ciphertexts.noise_bits")
        bits = np.zeros(len(ciphertexts))
        if bits.size:
            data = ffi.from_buffer("double[]", bits)
            status = lib.pyaccel_he_noise_budget(data, self.native, ciphertexts.native)
            if status:
                raise_status("he.noise_budget", status)
        return bits

    def _flood_bits(self, flood_bits: Any, level: int) -> int:
        """As decrypt takes them.

        Raises:
            TypeError, ValueError: out of range.
        """
        if isinstance(flood_bits, (float, np.floating)):
            raise TypeError("flood_bits: a float came; wanted a whole number: math.ceil(...) of it")
        bits = whole_number("flood_bits", flood_bits, -(2**63))
        if bits and self.context.scheme != "ckks":
            raise ValueError(f"flood_bits: {self.context.scheme} decrypts exactly; flooding is for ckks")
        if bits and not 2 <= bits <= MOST_FLOOD_BITS:
            raise ValueError(f"flood_bits: {bits} came; wanted 0, or 2 .. {MOST_FLOOD_BITS}")
        room = ceil(self.context.level_bits(level) - 5) - 1
        if bits > room:
            raise ValueError(
                f"flood_bits: {bits} came; wanted 0, or 2 .. {room} at level {level}: its modulus has to hold the noise"
            )
        return bits

    def _check(self, ciphertexts: Any) -> None:
        of_type(
            "ciphertexts", ciphertexts, Ciphertexts, "one batch a call; Ciphertexts.concatenate makes one of several"
        )
        self.context.check(ciphertexts, "ciphertexts")


class PublicKey(_Key):
    """The key that encrypts; anyone may have it.

    Args:
        secret: whose public key it is.
        insecure_test_seed: as in SecretKey.
    """

    __slots__ = ()
    kind = "public_key"

    def __init__(self, secret: SecretKey, *, insecure_test_seed: bytes | None = None) -> None:
        of_type("secret", secret, SecretKey)
        self.context = secret.context
        self.native = make("public_key", "public_key_new", secret.native, options(insecure_test_seed))

    def save(self) -> bytes:
        """As bytes, for `PublicKey.load`."""
        return bytes(saving.save(self.kind, self.native))

    def encrypt(self, values: Any, *, insecure_test_seed: bytes | None = None) -> Ciphertexts:
        """Ciphertexts of numbers, one a row.

        Args:
            values: Plaintexts, or what Context.encode takes. CKKS: magnitudes times the scale have to stay below about
                half of the modulus, at every level that results go down to (`Ciphertexts.budget_bits`).
            insecure_test_seed: as in SecretKey.

        Raises:
            TypeError, ValueError: as Context.encode.
        """
        return _encrypt("encrypt", self, values, insecure_test_seed)


def _encrypt(function: str, key: _Key, values: Any, seed: bytes | None) -> Ciphertexts:
    if isinstance(values, Plaintexts):
        key.context.check(values, "values")
        plain = values
    else:
        plain = key.context.encode(values)
    handle = make("ciphertexts", function, key.native, plain.native, options(seed))
    return Ciphertexts(key.context, handle, plain.shape)


class EvaluationKeys(_Key):
    """Keys that multiply and rotate; anyone may have them. Each is large: 2 (digits) (primes) N words.

    Args:
        secret: whose ciphertexts they serve.
        relinearize: whether ciphertexts can be multiplied.
        rotations: steps that slots can be rotated by; "powers of two" for sums over slots and dot products.
        matrices: shapes (rows, columns) of plain matrices to multiply vectors by: adds the rotations that they take.
        swap: whether the rows of BFV and BGV can be swapped, or CKKS numbers conjugated.
        insecure_test_seed: as in SecretKey.

    Raises:
        TypeError, ValueError: an argument is wrong.
    """

    __slots__ = ("__weakref__", "_elements")
    kind = "evaluation_keys"

    def __init__(
        self,
        secret: SecretKey,
        *,
        relinearize: bool = True,
        rotations: Iterable[int] | str = (),
        matrices: Iterable[tuple[int, int]] = (),
        swap: bool = False,
        insecure_test_seed: bytes | None = None,
    ) -> None:
        of_type("secret", secret, SecretKey)
        context = secret.context
        if isinstance(rotations, str):
            if rotations != "powers of two":
                raise ValueError(f"rotations: {rotations!r} came; wanted steps, or 'powers of two'")
            rotations = [1 << k for k in range(context.row.bit_length() - 1)]
            swap = swap or context.scheme != "ckks"
        if not isinstance(rotations, Iterable):
            raise TypeError(
                f"rotations: {came(rotations)} came; wanted steps in a list, as in rotations=[1, -2], or "
                "'powers of two'"
            )
        from pyaccel.he.matrices import rotations_of

        steps = {whole_steps(step, context.row) for step in rotations}
        steps.update(step % context.row for shape in _shapes(matrices) for step in rotations_of(context, *shape))
        steps.discard(0)
        elements = sorted({element(context, step) for step in steps})
        if swap:
            elements.append(2 * context.degree - 1)
        self.context = context
        self.native = make(
            "evaluation_keys",
            "evaluation_keys_new",
            secret.native,
            int(bool(relinearize)),
            ffi.new("uint32_t[]", elements or [0]),
            len(elements),
            options(insecure_test_seed),
        )

    def save(self) -> bytes:
        """As bytes, for `EvaluationKeys.load`."""
        return bytes(saving.save(self.kind, self.native))

    @property
    def elements(self) -> tuple[int, ...]:
        """Galois elements that there are keys for; 0: relinearization."""
        try:
            return self._elements
        except AttributeError:  # each product asks
            self._elements: tuple[int, ...] = self._listed()
            return self._elements

    def _listed(self) -> tuple[int, ...]:
        count = ffi.new("uint64_t *")
        lib.pyaccel_he_evaluation_keys_elements(ffi.NULL, count, self.native)
        values = ffi.new("uint32_t[]", max(int(count[0]), 1))
        lib.pyaccel_he_evaluation_keys_elements(values, count, self.native)
        return tuple(int(values[i]) for i in range(count[0]))


def _shapes(matrices: Any) -> list[tuple[Any, Any]]:
    """Shapes of matrices.

    Raises:
        TypeError: something else.
    """
    mend = "wanted shapes in a list, as in matrices=[(8, 32)]"
    if not isinstance(matrices, Iterable):
        raise TypeError(f"matrices: {came(matrices)} came; {mend}")
    shapes = list(matrices)
    for shape in shapes:
        if not isinstance(shape, (tuple, list)) or len(shape) != 2:
            hint = "; of an array take its shape: matrices=[array.shape]" if hasattr(shape, "shape") else ""
            what = f"{came(shape)} of {len(shape)}" if isinstance(shape, (tuple, list)) else came(shape)
            raise TypeError(f"matrices: {what} came among them; {mend}{hint}")
    return [(rows, columns) for rows, columns in shapes]
