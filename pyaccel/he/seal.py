# SPDX-License-Identifier: Apache-2.0
"""Ciphertexts and keys of Microsoft SEAL 4.x and TenSEAL: read, computed on to SEAL's own bytes, written.

For moving work to `pyaccel.he.Context`, whose primes and key switching are another, faster design. Here everything is
SEAL's: its primes of up to 60 bits, its one special prime, its rounding; the same keys give the same bytes from add,
sub, negate, multiply (CKKS), multiply_plain, add_plain, relinearize, rescale, mod_switch and rotate. A product of two
BFV ciphertexts decrypts to what SEAL's does, but has other bytes. Portable code on one thread: right, not fast.

    context = SealContext.read(parameters)            # what EncryptionParameters.save wrote
    keys = context.read_relinearization_keys(data)
    a, b = context.read_ciphertext(x), context.read_ciphertext(y)
    data = context.write(context.rescale(context.relinearize(context.multiply(a, b), keys)))

Encoding, encryption and decryption are those of `context.he`, a pyaccel.he.Context of SEAL's primes: what
`context.encrypt` makes SEAL decrypts, and the other way round.

    secret = context.read_secret_key(data)
    context.decrypt(secret, a)                        # numbers, in the order of SEAL's slots
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from pyaccel._core import ffi, lib
from pyaccel.backends.native import raise_status
from pyaccel.he import encoding
from pyaccel.he import native as handles
from pyaccel.he import seal_format as form
from pyaccel.he.ciphertexts import Ciphertexts
from pyaccel.he.context import Context
from pyaccel.he.keys import EvaluationKeys, SecretKey
from pyaccel.he.keys import PublicKey as HePublicKey
from pyaccel.he.plaintexts import Shape
from pyaccel.he.seal_format import Compression, PlainWords, Polynomials, Words
from pyaccel.numbers import bit_reversal, whole_number

_ZERO_ID = bytes(32)
_FIELDS = 1 << 10
"""More bytes than an object's members have beside its residues."""


@dataclass(frozen=True)
class Ciphertext:
    """uint64[size, moduli, degree] residues, in NTT form (CKKS) or as coefficients (BFV)."""

    rows: Words
    scale: float = 1.0

    @property
    def size(self) -> int:
        """Number of polynomials: 2, or 3 after a product."""
        return int(self.rows.shape[0])

    @property
    def moduli(self) -> int:
        """Number of primes that are left."""
        return int(self.rows.shape[1])


@dataclass(frozen=True)
class Plaintext:
    """BFV: uint64[k <= degree] coefficients below the plain modulus. CKKS: uint64[moduli, degree] in NTT form."""

    words: Words
    scale: float = 1.0


@dataclass(frozen=True)
class SwitchingKeys:
    """Relinearization keys ("relinearization", one key for element 0) or Galois keys, by Galois element."""

    kind: str
    parts: Mapping[int, tuple[Words, ...]]


@dataclass(frozen=True)
class PublicKey:
    """uint64[2, all moduli, degree], NTT form."""

    rows: Words


class SealContext:
    """SEAL's parameters, and what can be done under them.

    Args:
        scheme: "bfv" or "ckks".
        degree: N, a power of two.
        moduli: SEAL's coeff_modulus, in its order: the special prime last.
        plain_modulus: of BFV; 0 for CKKS.
        minor_version: objects are written as SEAL 4.minor_version does; TenSEAL 0.3.18 has 4.3.

    Raises:
        ValueError: no valid SEAL parameters. Security is not judged: it is whoever made the keys that did.
    """

    def __init__(
        self, scheme: str, degree: int, moduli: tuple[int, ...], plain_modulus: int = 0, minor_version: int = 3
    ) -> None:
        if scheme not in form.SCHEMES:
            raise ValueError(f"scheme {scheme!r} is none of {', '.join(form.SCHEMES)}")
        self.scheme, self.degree, self.moduli, self.plain_modulus = scheme, degree, tuple(moduli), plain_modulus
        self._writer = form.Writer(minor_version)
        handle = ffi.new("pyaccel_seal_context **")
        status = lib.pyaccel_seal_context_new(
            handle, form.SCHEMES[scheme], degree, list(self.moduli), len(self.moduli), plain_modulus
        )
        if status == lib.PYACCEL_INVALID_ARGUMENT:
            raise ValueError(
                f"SEAL parameters: degree {degree}, moduli {[hex(q) for q in self.moduli]}, plain modulus "
                f"{plain_modulus}: wanted a power of two in 8 .. 131072, distinct primes below 2^61 that are 1 modulo "
                "twice the degree, and for bfv a plain modulus of 2 .. 2^60 (for ckks 0)"
            )
        _check(status, "seal_context_new")
        self._handle = ffi.gc(handle[0], lib.pyaccel_seal_context_free)
        self._ids = {count: self._id(count) for count in range(1, len(self.moduli) + 1)}

    @classmethod
    def read(cls, data: bytes) -> SealContext:
        """The context of what EncryptionParameters.save wrote."""
        return cls(*form.read_parameters(data))

    def write_parameters(self, compression: Compression = "none") -> bytes:
        """What EncryptionParameters.load reads."""
        return self._writer.parameters(self.scheme, self.degree, self.moduli, self.plain_modulus, compression)

    def _id(self, count: int) -> bytes:
        """parms_id of the level with so many primes: BLAKE2b-256 of scheme, degree, moduli and plain modulus."""
        words = (form.SCHEMES[self.scheme], self.degree, *self.moduli[:count], self.plain_modulus)
        return hashlib.blake2b(struct.pack(f"<{len(words)}Q", *words), digest_size=32).digest()

    @property
    def fresh_moduli(self) -> int:
        """Primes of a fresh ciphertext: all but the special one."""
        return max(1, len(self.moduli) - 1)

    def _level(self, parms_id: bytes, moduli: int, what: str, *, keys: bool = False) -> None:
        wanted = len(self.moduli) if keys else moduli
        most = len(self.moduli) if keys else self.fresh_moduli
        if moduli != wanted or moduli > most or parms_id != self._ids[moduli]:
            raise ValueError(
                f"SEAL {what}: made under other parameters than this context's: read it with its own context"
            )

    # ---- reading ----------------------------------------------------------------------------------------

    def _opened(self, data: bytes, what: str, rows: int) -> form.Reader:
        """A reader of members that hold so many rows at most."""
        return form.opened(data, what, 8 * rows * self.degree + _FIELDS)

    def _polynomials(self, stored: Polynomials, what: str) -> Words:
        """Both polynomials, the second one drawn from its seed where it is one, residues checked."""
        rows = stored.rows
        if stored.seed is not None:
            second = np.empty((1, *rows.shape[1:]), np.uint64)
            status = lib.pyaccel_seal_expand(
                _pointer(second), second.size, self._handle, rows.shape[1], stored.seed.generator, stored.seed.key
            )
            _check(status, "seal_expand")
            rows = np.concatenate([rows, second])
        primes = np.array(self.moduli[: rows.shape[1]], np.uint64)[None, :, None]
        if bool((rows >= primes).any()):
            polynomial, prime, index = np.argwhere(rows >= primes)[0]
            raise ValueError(
                f"SEAL {what}: residue {index} of polynomial {polynomial} is not below its prime "
                f"{hex(self.moduli[prime])}: the data is altered"
            )
        return rows

    def read_ciphertext(self, data: bytes) -> Ciphertext:
        """What Ciphertext.save or Serializable<Ciphertext>.save (with a seed) wrote.

        Raises:
            ValueError: the data is cut, altered, of another version, or made under other parameters.
        """
        what = "ciphertext"
        stored = form.read_polynomials(self._opened(data, what, 16 * self.fresh_moduli), self.degree, self.fresh_moduli)
        self._level(stored.parms_id, stored.rows.shape[1], what)
        if stored.is_ntt != (self.scheme == "ckks"):
            raise ValueError(f"SEAL {what}: {self.scheme} keeps it in the other form: undo transform_to_ntt first")
        if not stored.scale > 0:
            raise ValueError(f"SEAL {what}: a scale of {stored.scale}: the data is altered")
        return Ciphertext(self._polynomials(stored, what), stored.scale)

    def read_plaintext(self, data: bytes) -> Plaintext:
        """What Plaintext.save wrote. Errors as read_ciphertext."""
        what = "plaintext"
        stored = form.read_plain(self._opened(data, what, self.fresh_moduli), self.degree * self.fresh_moduli)
        if self.scheme == "bfv":
            if stored.parms_id != _ZERO_ID or stored.words.size > self.degree:
                raise ValueError(f"SEAL {what}: no coefficients modulo t: undo transform_to_ntt first")
            if bool((stored.words >= np.uint64(self.plain_modulus)).any()):
                raise ValueError(f"SEAL {what}: a coefficient is not below the plain modulus {self.plain_modulus}")
            return Plaintext(stored.words)
        moduli, rest = divmod(stored.words.size, self.degree)
        if rest or not moduli:
            raise ValueError(f"SEAL {what}: {stored.words.size} words are no rows of {self.degree}")
        self._level(stored.parms_id, moduli, what)
        rows = stored.words.reshape(1, moduli, self.degree)
        stored_rows = Polynomials(stored.parms_id, True, rows, stored.scale, 1, None)
        return Plaintext(self._polynomials(stored_rows, what)[0], stored.scale)

    def read_public_key(self, data: bytes) -> PublicKey:
        """What PublicKey.save wrote. Errors as read_ciphertext."""
        stored = form.read_polynomials(
            self._opened(data, "public key", 2 * len(self.moduli)), self.degree, len(self.moduli), 2
        )
        return PublicKey(self._key(stored, "public key"))

    def _key(self, stored: Polynomials, what: str) -> Words:
        self._level(stored.parms_id, stored.rows.shape[1], what, keys=True)
        if not stored.is_ntt:
            raise ValueError(f"SEAL {what}: not in NTT form: the data is altered")
        return self._polynomials(stored, what)

    def _switching_keys(self, data: bytes, what: str, most: int) -> dict[int, tuple[Words, ...]]:
        # Residues are random numbers, which a packer makes not even 64 times smaller; keys that are missing are zeros.
        reader = form.opened(data, what, 8 * most + _FIELDS, 64)
        parms_id, keys = form.read_switching_keys(reader, self.degree, len(self.moduli), most)
        self._level(parms_id, len(self.moduli), what, keys=True)
        parts = {index: tuple(self._key(part, what) for part in key) for index, key in enumerate(keys) if key}
        for index, key in parts.items():
            if len(key) != self.fresh_moduli:
                raise ValueError(f"SEAL {what}: key {index} has {len(key)} parts, {self.fresh_moduli} wanted")
        return parts

    def read_relinearization_keys(self, data: bytes) -> SwitchingKeys:
        """What RelinKeys.save wrote: the key of s^2, and no more of it is used. Errors as read_ciphertext."""
        parts = self._switching_keys(data, "relinearization keys", 16)
        if 0 not in parts:
            raise ValueError("SEAL relinearization keys: the key of the square of the secret is not among them")
        return SwitchingKeys("relinearization", {0: parts[0]})

    def read_galois_keys(self, data: bytes) -> SwitchingKeys:
        """What GaloisKeys.save wrote; key i is of element 2 i + 1. Errors as read_ciphertext."""
        parts = self._switching_keys(data, "Galois keys", self.degree)
        return SwitchingKeys("Galois", {2 * index + 1: key for index, key in parts.items()})

    # ---- writing ----------------------------------------------------------------------------------------

    def write(
        self, value: Ciphertext | Plaintext | PublicKey | SwitchingKeys, compression: Compression = "none"
    ) -> bytes:
        """What SEAL's load of that type reads; compression zstd needs the package zstandard."""
        if isinstance(value, Ciphertext):
            members = self._writer.polynomials(self._stored(value.rows, value.scale, is_ntt=self.scheme == "ckks"))
        elif isinstance(value, PublicKey):
            members = self._writer.polynomials(self._stored(value.rows, 1.0, is_ntt=True))
        elif isinstance(value, Plaintext):
            parms_id = _ZERO_ID if self.scheme == "bfv" else self._ids[value.words.shape[0]]
            members = self._writer.plain(PlainWords(parms_id, value.words.reshape(-1), value.scale))
        elif isinstance(value, SwitchingKeys):
            index = {element: element // 2 for element in value.parts}
            keys: list[list[Polynomials]] = [[] for _ in range(max(index.values(), default=-1) + 1)]
            for element, parts in value.parts.items():
                keys[index[element]] = [self._stored(part, 1.0, is_ntt=True) for part in parts]
            members = self._writer.switching_keys(self._ids[len(self.moduli)], keys)
        else:
            raise TypeError(
                f"a {type(value).__name__} came; wanted a Ciphertext, Plaintext, PublicKey or SwitchingKeys"
            )
        return self._writer.sealed(members, compression)

    def _stored(self, rows: Words, scale: float, *, is_ntt: bool) -> Polynomials:
        return Polynomials(self._ids[rows.shape[1]], is_ntt, rows, scale, 1, None)

    # ---- the context of pyaccel.he ----------------------------------------------------------------------

    @cached_property
    def he(self) -> Context:
        """The context of pyaccel.he with SEAL's primes: portable code, slots in its own order, no security judged.

        Raises:
            UnsupportedError: there is no special prime, or there are too many primes.
        """
        made = Context.__new__(Context)
        made._made(self._made("context", "he_context"), None)
        return made

    def _made(self, kind: str, function: str, *arguments: Any) -> Any:
        pointer = handles.out(kind)
        _check(getattr(lib, f"pyaccel_seal_{function}")(pointer, self._handle, *arguments), f"seal_{function}")
        return handles.owned(kind, pointer)

    def read_secret_key(self, data: bytes) -> SecretKey:
        """What SecretKey.save wrote, as a key of `self.he`; `data` is not wiped. Errors as read_ciphertext."""
        what = "secret key"
        stored = form.read_plain(self._opened(data, what, len(self.moduli)), self.degree * len(self.moduli))
        if stored.parms_id != self._ids[len(self.moduli)] or stored.words.size != self.degree * len(self.moduli):
            raise ValueError(
                f"SEAL {what}: made under other parameters than this context's: read it with its own context"
            )
        try:
            native = self._made("secret_key", "secret_key", _pointer(stored.words), stored.words.size)
        finally:
            stored.words[:] = 0
        return SecretKey._of(self.he, native)

    # ---- keys of one's own ------------------------------------------------------------------------------

    def secret_key(self) -> SecretKey:
        """A new secret key of `self.he`."""
        return SecretKey(self.he)

    def write_secret_key(self, key: SecretKey, compression: Compression = "none") -> bytes:
        """What SecretKey.load reads: whoever has it decrypts; nothing wipes it."""
        handles.of_type("key", key, SecretKey)
        self.he.check(key, "key")
        rows = self._rows_of("secret_key", key.native, 1)
        parms_id = self._ids[len(self.moduli)]
        return self._writer.sealed(self._writer.plain(PlainWords(parms_id, rows.reshape(-1), 1.0)), compression)

    def public_key(self, secret: SecretKey) -> PublicKey:
        """A new public key."""
        handles.of_type("secret", secret, SecretKey)
        self.he.check(secret, "secret")
        return PublicKey(self._rows_of("public_key", HePublicKey(secret).native, 2))

    def _rows_of(self, kind: str, key: Any, polynomials: int) -> Words:
        rows = np.empty((polynomials, len(self.moduli), self.degree), np.uint64)
        _check(getattr(lib, f"pyaccel_seal_{kind}_rows")(_pointer(rows), rows.size, key), f"seal_{kind}_rows")
        return rows

    def relinearization_keys(self, secret: SecretKey) -> SwitchingKeys:
        """New relinearization keys."""
        handles.of_type("secret", secret, SecretKey)
        self.he.check(secret, "secret")
        return SwitchingKeys("relinearization", {0: self._switching_key(EvaluationKeys(secret), 0)})

    def galois_keys(self, secret: SecretKey, steps: Iterable[int] | None = None, *, turn: bool = True) -> SwitchingKeys:
        """New Galois keys for rotations by steps (None: by signed powers of two), and with `turn` for conjugate."""
        handles.of_type("secret", secret, SecretKey)
        self.he.check(secret, "secret")
        half = self.degree // 2
        if steps is None:
            powers = [1 << k for k in range(half.bit_length() - 1)]
            steps = [*powers, *(-power for power in powers)]
        elements = {pow(3, step % half, 2 * self.degree) for step in steps} | ({2 * self.degree - 1} if turn else set())
        parts = {}
        for element in sorted(elements - {1}):
            numbers = ffi.new("uint32_t[]", [element])
            native = handles.make(
                "evaluation_keys", "evaluation_keys_new", secret.native, 0, numbers, 1, handles.Options().native
            )
            keys = EvaluationKeys._of(self.he, native)
            # Ours act before the automorphism, SEAL's after it (csrc/he/ring.h): theirs are ours, turned.
            source = self._automorphism(element)
            parts[element] = tuple(
                np.ascontiguousarray(part[:, :, source]) for part in self._switching_key(keys, element)
            )
        return SwitchingKeys("Galois", parts)

    def _switching_key(self, keys: EvaluationKeys, element: int) -> tuple[Words, ...]:
        rows = np.empty((self.fresh_moduli, 2, len(self.moduli), self.degree), np.uint64)
        words = ffi.new("uint64_t *", rows.size)
        status = lib.pyaccel_he_evaluation_keys_residues(_pointer(rows), words, keys.native, element)
        _check(status, "he_evaluation_keys_residues")
        return tuple(rows)

    def _automorphism(self, element: int) -> npt.NDArray[np.int64]:
        """Place j of a row in NTT form under X -> X^element is its place source[j]: A[j] = a(psi^(2 bitrev(j) + 1))."""
        order = bit_reversal(self.degree.bit_length() - 1)
        exponents = (2 * order + 1) * element % (2 * self.degree)
        source: npt.NDArray[np.int64] = order[(exponents - 1) // 2]
        return source

    # ---- encryption and decryption ----------------------------------------------------------------------

    def encrypt(self, key: PublicKey | SecretKey, values: Any, *, scale: float | None = None) -> Ciphertext:
        """A fresh ciphertext of one vector of numbers in the order of SEAL's slots, missing ones 0.

        Args:
            key: a PublicKey read here, or the secret key.
            values: BFV: integers, degree of them or fewer; CKKS: real or complex numbers, degree / 2 or fewer.
            scale: CKKS: what they are multiplied by; None: 2^40.

        Raises:
            TypeError, ValueError: no such numbers, too many of them, or some that do not fit.
        """
        order, turned = self._slots
        array = encoding.numbers(self.he, values)
        if array.ndim != 1 or array.size > order.size:
            raise ValueError(f"values: shape {array.shape} came; wanted one vector of at most {order.size} numbers")
        placed = np.zeros(order.size, np.int64 if self.scheme == "bfv" else np.complex128)
        placed[order[: array.size]] = array
        if self.scheme == "ckks":
            placed[turned] = placed[turned].conj()
        plain = self.he.encode(placed, scale=scale) if self.scheme == "ckks" else self.he.encode(placed)
        if isinstance(key, PublicKey):
            native = self._made("public_key", "public_key", _pointer(key.rows), key.rows.size)
            return self.from_he(HePublicKey._of(self.he, native).encrypt(plain))
        handles.of_type("key", key, SecretKey, "or a PublicKey, which public_key(secret) makes")
        return self.from_he(key.encrypt(plain))

    def decrypt(self, key: SecretKey, a: Ciphertext, *, flood_bits: int = 0) -> Any:
        """The numbers of a ciphertext, in the order of SEAL's slots: int64[degree], or complex128[degree / 2].

        What pyaccel.he.SecretKey.decrypt says of sharing decrypted CKKS numbers, and of flood_bits against what they
        tell, holds here too; but of a ciphertext that came from SEAL nothing estimates the noise.
        """
        handles.of_type("key", key, SecretKey, "read_secret_key reads SEAL's, secret_key makes one")
        order, turned = self._slots
        if self.scheme == "bfv":
            return key.decrypt(self.to_he(a), flood_bits=flood_bits)[0][order]
        numbers = key.decrypt(self.to_he(a), flood_bits=flood_bits, real=False)[0]
        numbers[turned] = numbers[turned].conj()
        return numbers[order]

    def noise_budget(self, key: SecretKey, a: Ciphertext) -> float:
        """Decryptor::invariant_noise_budget of a BFV ciphertext, in bits, not rounded down."""
        handles.of_type("key", key, SecretKey)
        return float(key.noise_budget(self.to_he(a))[0])

    def to_he(self, a: Ciphertext) -> Ciphertexts:
        """The same ciphertext as a batch of one of `self.he`."""
        _ciphertexts(a)
        rows = a.rows
        if self.scheme == "bfv":
            rows = self._call("transform", a.size, a.moduli, _pointer(rows), a.size, a.moduli, 0)
        # Nobody has kept account of its noise: the whole modulus, so that decryption looks at what it is.
        noise = self.he.level_bits(a.moduli - 1) if self.scheme == "bfv" else 0.0
        arguments = (_pointer(rows), rows.size, 1, a.size, a.moduli - 1, a.scale, 1, noise)
        handle = handles.make("ciphertexts", "ciphertexts_of_residues", self.he.native, *arguments)
        return Ciphertexts(self.he, handle, Shape(self.he.slots, real=False))

    def from_he(self, batch: Ciphertexts) -> Ciphertext:
        """The one ciphertext of a batch of `self.he`."""
        handles.of_type("batch", batch, Ciphertexts)
        self.he.check(batch, "batch")
        if len(batch) != 1:
            raise ValueError(f"batch: {len(batch)} ciphertexts came; SEAL's objects hold one: give them one by one")
        size, moduli = batch.size, batch.level + 1
        rows = np.empty((size, moduli, self.degree), np.uint64)
        words = ffi.new("uint64_t *", rows.size)
        _check(lib.pyaccel_he_ciphertexts_residues(_pointer(rows), words, batch.native), "he_ciphertexts_residues")
        if self.scheme == "bfv":
            rows = self._call("transform", size, moduli, _pointer(rows), size, moduli, 1)
        return Ciphertext(rows, batch.scale if self.scheme == "ckks" else 1.0)

    @cached_property
    def _slots(self) -> tuple[Any, Any]:
        """Place of SEAL's slot j among ours, whose exponents are powers of 5, not of 3; places that hold conjugates."""
        n, half = 2 * self.degree, self.degree // 2
        place: dict[int, tuple[int, bool]] = {}
        power = 1
        for k in range(half):
            place[power], place[n - power] = (k, False), (k, True)
            power = power * 5 % n
        exponents = [1]
        for _ in range(half - 1):
            exponents.append(exponents[-1] * 3 % n)
        if self.scheme == "ckks":
            found = [place[e] for e in exponents]
            order = np.array([k for k, _ in found])
            return order, np.array(sorted(k for k, other in found if other), np.int64)
        both = [place[e] for e in (*exponents, *(n - e for e in exponents))]
        return np.array([k + half * other for k, other in both]), None

    # ---- evaluation -------------------------------------------------------------------------------------

    def _call(self, name: str, size: int, moduli: int, *arguments: Any) -> Words:
        out = np.empty((size, moduli, self.degree), np.uint64)
        status = getattr(lib, f"pyaccel_seal_{name}")(_pointer(out), out.size, self._handle, *arguments)
        if status == lib.PYACCEL_INVALID_ARGUMENT:
            raise ValueError(
                f"seal {name}: an operand is no {self.scheme} ciphertext, plaintext or key of this context"
            )
        _check(status, f"seal_{name}")
        return out

    def _same_level(self, a: Ciphertext, moduli: int, scale: float | None = None) -> None:
        if a.moduli != moduli:
            raise ValueError(f"operands have {a.moduli} and {moduli} primes left: mod_switch the one that has more")
        if scale is not None and not np.isclose(a.scale, scale, rtol=2.0**-40, atol=0):
            raise ValueError(f"operands have scales {a.scale} and {scale}: rescale one, or encode at the other's scale")

    def _sum(self, a: Ciphertext, b: Ciphertext, subtract: int) -> Ciphertext:
        _ciphertexts(a, b)
        self._same_level(a, b.moduli, b.scale)
        arguments = (_pointer(a.rows), a.size, _pointer(b.rows), b.size, a.moduli, subtract)
        return replace(a, rows=self._call("add", max(a.size, b.size), a.moduli, *arguments))

    def add(self, a: Ciphertext, b: Ciphertext) -> Ciphertext:
        """a + b. Levels and scales must agree (ValueError)."""
        return self._sum(a, b, 0)

    def sub(self, a: Ciphertext, b: Ciphertext) -> Ciphertext:
        """a - b. Levels and scales must agree (ValueError)."""
        return self._sum(a, b, 1)

    def negate(self, a: Ciphertext) -> Ciphertext:
        """-a."""
        _ciphertexts(a)
        return replace(a, rows=self._call("negate", a.size, a.moduli, _pointer(a.rows), a.size, a.moduli))

    def multiply(self, a: Ciphertext, b: Ciphertext) -> Ciphertext:
        """a b, of size a.size + b.size - 1; levels must agree and CKKS scales fit the modulus (ValueError)."""
        _ciphertexts(a, b)
        self._same_level(a, b.moduli)
        scale = self._product_scale(a.scale * b.scale, a.moduli)
        arguments = (_pointer(a.rows), a.size, _pointer(b.rows), b.size, a.moduli)
        return Ciphertext(self._call("multiply", a.size + b.size - 1, a.moduli, *arguments), scale)

    def _product_scale(self, scale: float, moduli: int) -> float:
        bits = sum(np.log2(float(q)) for q in self.moduli[:moduli])
        if self.scheme == "ckks" and np.log2(scale) >= bits:
            raise ValueError(
                f"a scale of 2^{np.log2(scale):.1f} does not fit a modulus of {bits:.1f} bits: rescale first"
            )
        return scale if self.scheme == "ckks" else 1.0

    def _plain(self, name: str, a: Ciphertext, plain: Plaintext, *more: int) -> Words:
        if self.scheme == "ckks":
            self._same_level(a, plain.words.shape[0])
        arguments = (_pointer(a.rows), a.size, a.moduli, _pointer(plain.words), plain.words.size, *more)
        return self._call(name, a.size, a.moduli, *arguments)

    def add_plain(self, a: Ciphertext, plain: Plaintext) -> Ciphertext:
        """a + plain. CKKS: levels and scales must agree (ValueError)."""
        _plaintext(a, plain)
        self._same_level(a, a.moduli, plain.scale)
        return replace(a, rows=self._plain("add_plain", a, plain, 0))

    def sub_plain(self, a: Ciphertext, plain: Plaintext) -> Ciphertext:
        """a - plain. CKKS: levels and scales must agree (ValueError)."""
        _plaintext(a, plain)
        self._same_level(a, a.moduli, plain.scale)
        return replace(a, rows=self._plain("add_plain", a, plain, 1))

    def multiply_plain(self, a: Ciphertext, plain: Plaintext) -> Ciphertext:
        """a times plain. CKKS: levels must agree and scales fit (ValueError)."""
        _plaintext(a, plain)
        scale = self._product_scale(a.scale * plain.scale, a.moduli)
        return Ciphertext(self._plain("multiply_plain", a, plain), scale)

    def relinearize(self, a: Ciphertext, keys: SwitchingKeys) -> Ciphertext:
        """a of size 3 brought to size 2; one of size 2 as it is."""
        _ciphertexts(a)
        _of_kind(keys, "relinearization")
        if a.size == 2:
            return a
        if a.size != 3:
            raise ValueError(
                f"a ciphertext of size {a.size}: relinearize after every product, sizes of 3 are brought to 2"
            )
        parts = _parts(keys, "relinearization", 0)
        return replace(a, rows=self._call("relinearize", 2, a.moduli, _pointer(a.rows), a.moduli, parts, len(parts)))

    def apply_galois(self, a: Ciphertext, element: int, keys: SwitchingKeys) -> Ciphertext:
        """a under X -> X^element.

        Raises:
            ValueError: a is not of size 2, or the keys have none of that element.
        """
        _ciphertexts(a)
        _of_kind(keys, "Galois")
        if a.size != 2:
            raise ValueError(f"a ciphertext of size {a.size}: relinearize it before it is rotated")
        parts = _parts(keys, "Galois", element)
        arguments = (_pointer(a.rows), a.moduli, element, parts, len(parts))
        return replace(a, rows=self._call("apply_galois", 2, a.moduli, *arguments))

    def rotate(self, a: Ciphertext, steps: int, keys: SwitchingKeys) -> Ciphertext:
        """Slots moved by `steps` to the left (rotate_vector; rotate_rows of BFV).

        In several steps where that key is missing, as SEAL does it.

        Raises:
            ValueError: too many steps, or neither the key nor those of its signed powers of two are there.
        """
        _ciphertexts(a)
        _of_kind(keys, "Galois")
        half = self.degree // 2
        steps = whole_number("steps", steps, -(2**63))
        if abs(steps) >= half:
            raise ValueError(f"steps: {steps} came; wanted {-half + 1} .. {half - 1}")
        if steps == 0:
            return a
        element = pow(3, steps % half, 2 * self.degree)
        if element in keys.parts:
            return self.apply_galois(a, element, keys)
        terms = _signed_powers(steps)
        if len(terms) == 1:
            raise ValueError(
                f"the Galois keys have none for a rotation by {steps} (element {element}): create it in SEAL, or by "
                f"galois_keys(secret, [{steps}])"
            )
        for term in terms:
            if abs(term) != half:
                a = self.rotate(a, term, keys)
        return a

    def conjugate(self, a: Ciphertext, keys: SwitchingKeys) -> Ciphertext:
        """complex_conjugate of CKKS, rotate_columns of BFV."""
        return self.apply_galois(a, 2 * self.degree - 1, keys)

    def rescale(self, a: Ciphertext) -> Ciphertext:
        """CKKS: divided by its last prime, the scale as well (rescale_to_next)."""
        _ciphertexts(a)
        if self.scheme != "ckks":
            raise ValueError("bfv has no scale: mod_switch takes its ciphertexts one level down")
        return replace(self._divided(a), scale=a.scale / self.moduli[a.moduli - 1])

    def mod_switch(self, a: Ciphertext) -> Ciphertext:
        """One prime fewer, the plaintext as it is (mod_switch_to_next)."""
        if self.scheme == "bfv":
            return self._divided(a)
        self._has_next(a)
        return replace(a, rows=np.ascontiguousarray(a.rows[:, :-1]))

    def _has_next(self, a: Ciphertext) -> None:
        _ciphertexts(a)
        if a.moduli < 2:
            raise ValueError("one prime is left: no level below it; start with more moduli")

    def _divided(self, a: Ciphertext) -> Ciphertext:
        self._has_next(a)
        return replace(a, rows=self._call("divide", a.size, a.moduli - 1, _pointer(a.rows), a.size, a.moduli))


def _check(status: int, operation: str) -> None:
    if status != lib.PYACCEL_OK:
        raise_status(operation, status)


def _pointer(words: Words) -> Any:
    if words.dtype != np.uint64 or not words.flags.c_contiguous:
        raise TypeError(f"residues: a {words.dtype} array came; wanted contiguous uint64")
    return ffi.from_buffer("uint64_t[]", words)


def _ciphertexts(*operands: Any) -> None:
    """That all operands are ciphertexts of this module (TypeError)."""
    for one in operands:
        handles.of_type("a ciphertext", one, Ciphertext, "read_ciphertext reads one, encrypt and from_he make one")


def _plaintext(a: Any, plain: Any) -> None:
    """That a ciphertext and a plaintext came (TypeError)."""
    _ciphertexts(a)
    mend = "SEAL's encoders make it, read_plaintext reads it; numbers: encrypt them, then add or multiply"
    handles.of_type("plain", plain, Plaintext, mend)


def _of_kind(keys: Any, kind: str) -> None:
    """That keys of one kind came.

    Raises:
        TypeError: no keys of this module; says what makes them.
        ValueError: of the other kind.
    """
    maker = "relinearization_keys" if kind == "relinearization" else "galois_keys"
    mend = (
        f"{kind} keys, which SealContext.{maker}(secret) makes and read_{maker} reads; TenSEAL saves none beside "
        "a secret key"
    )
    handles.of_type("keys", keys, SwitchingKeys, mend)
    if keys.kind != kind:
        raise ValueError(f"{keys.kind} keys came; wanted {kind} keys")


def _parts(keys: SwitchingKeys, kind: str, element: int) -> list[Any]:
    _of_kind(keys, kind)
    if element not in keys.parts:
        raise ValueError(f"the {kind} keys have none for element {element}: create it in SEAL, or here")
    return [_pointer(part) for part in keys.parts[element]]


def _signed_powers(value: int) -> list[int]:
    """value as signed powers of two, none beside another, least first: as SEAL decomposes rotations."""
    terms, power, rest = [], 1, abs(value)
    while rest:
        digit = 2 - (rest & 3) if rest & 1 else 0
        rest = (rest - digit) >> 1
        if digit:
            terms.append(digit * power if value > 0 else -digit * power)
        power *= 2
    return terms
