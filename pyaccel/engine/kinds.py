# SPDX-License-Identifier: Apache-2.0
"""Calls of one row that are gathered into batches: what the rows of a batch share, and what each has of its own.

A kind holds every parameter that can change a result, so that equal kinds, and only they, may share a batch.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from pyaccel import hashing, merkle, recovery, signatures
from pyaccel.engine.calls import checked
from pyaccel.engine.dispatcher import RowKind
from pyaccel.merkle_forms import FORMS
from pyaccel.numbers import whole_number
from pyaccel.poseidon2 import ELEMENTS
from pyaccel.prepared_keys import PreparedKeys
from pyaccel.rows import one_row
from pyaccel.scheme import parameters as verify_parameters
from pyaccel.scheme import recovery_parameters
from pyaccel.signature_cache import SignatureCache

Columns = Sequence[Sequence[Any]]
Row = tuple[Any, ...]

_verify_many: Callable[..., Any] = signatures.verify_many
_hash_many: Callable[..., Any] = hashing.hash_many
_recover_many: Callable[..., Any] = recovery.recover_many
_verify_inclusions: Callable[..., Any] = merkle.verify_many
_BYTE = 255
"""Largest number that stands for one that is no byte, as recover_many takes it."""


def own(name: str, value: Any) -> bytes:
    """The bytes of one bytes-like object that nobody can change any more: bytes themselves, a copy of others."""
    return value if type(value) is bytes else one_row(name, value)[0]


class _OneRow(tuple[Any, ...]):
    """What all kinds have; the first of a kind's parameters says what it is of."""

    __slots__ = ()

    @property
    def of(self) -> str:
        """As Kind.of."""
        return str(self[0])

    @property
    def passing(self) -> bool:
        """As Kind.passing."""
        return False

    def check(self) -> None:
        """Raises where a parameter is wrong; nothing where `made` has checked all."""


class _Verify(NamedTuple):
    scheme: str
    rule: str
    message_hash: str | None
    key_format: str
    signature_format: str
    identity: bytes | None
    keys: PreparedKeys | None
    cache: SignatureCache | None


class Verify(_OneRow, _Verify):
    """verify: rows of a key, or a number of one of the prepared keys, a message and a signature; a bool each."""

    __slots__ = ()
    operation = "verify_many"

    @classmethod
    def made(
        cls,
        scheme: str,
        public_keys: PreparedKeys | None = None,
        *,
        rule: str | None = None,
        message_hash: str | None = None,
        identity: Any = None,
        key_format: str = "auto",
        signature_format: str = "raw",
        cache: SignatureCache | None = None,
    ) -> Verify:
        """Errors of `check` are left to it."""
        if public_keys is not None:
            if not isinstance(public_keys, PreparedKeys):
                raise TypeError(f"public_keys: a {type(public_keys).__name__} came; wanted PreparedKeys, or none")
            key_format = public_keys.key_format if key_format == "auto" else key_format
        values = verify_parameters(scheme, rule, message_hash, key_format, signature_format)
        return cls(*values, None if identity is None else own("identity", identity), public_keys, cache)

    @property
    def passing(self) -> bool:
        """As Kind.passing."""
        return self.keys is not None

    def check(self) -> None:
        """Raises what verify_many says of the parameters."""
        arguments, parameters = self._call([], [], [])
        checked("verify_many", *arguments, **parameters)

    def row(self, public_key: Any, message: Any, signature: Any) -> Row:
        """One row, checked, and safe from changes."""
        if self.keys is None:
            if type(public_key) is type(message) is type(signature) is bytes:
                return public_key, message, signature
            return own("public_key", public_key), own("message", message), own("signature", signature)
        number = operator.index(public_key)
        if not 0 <= number < len(self.keys):
            raise IndexError(f"key_index: {number} came; there are {len(self.keys)} public keys")
        if type(message) is type(signature) is bytes:
            return number, message, signature
        return number, own("message", message), own("signature", signature)

    def run(self, columns: Columns, device: str) -> list[bool]:
        """As Kind.run."""
        arguments, parameters = self._call(*columns)
        verdicts: list[bool] = _verify_many(*arguments, device=device, **parameters).tolist()
        return verdicts

    def _call(self, keys: Any, messages: Any, signatures: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
        index = None
        if self.keys is not None:
            keys, index = self.keys, keys
        parameters = {
            "rule": self.rule,
            "message_hash": self.message_hash,
            "identity": self.identity,
            "key_format": self.key_format,
            "signature_format": self.signature_format,
            "key_index": index,
            "cache": self.cache,
        }
        return (self.scheme, keys, messages, signatures), parameters


class _Hash(NamedTuple):
    algorithm: str
    digest_size: int
    context: bytes | None
    key: bytes | None


class Hash(_OneRow, _Hash):
    """hash: rows of a message; a digest each."""

    __slots__ = ()
    operation = "hash_many"

    @classmethod
    def made(cls, algorithm: str, *, digest_size: int | None = None, key: Any = None, context: Any = None) -> Hash:
        """Raises what hash_many says of the parameters."""
        values = hashing.parameters(algorithm, digest_size, context)
        return cls(*values, hashing._key(values, key))

    @property
    def passing(self) -> bool:
        """As Kind.passing."""
        return self.key is not None

    def row(self, message: Any) -> Row:
        """One row, checked, and safe from changes."""
        message = own("message", message)
        if self.algorithm in ELEMENTS:
            # A row that is none of field elements would fail the batch, and is told from the others before.
            checked("hash_many", self.algorithm, [message])
        return (message,)

    def run(self, columns: Columns, device: str) -> list[bytes]:
        """As Kind.run."""
        algorithm, size, context, key = self
        digests = _hash_many(algorithm, columns[0], digest_size=size, key=key, context=context, device=device)
        return _pieces(digests.tobytes(), size)


class _Recover(NamedTuple):
    rule: str
    addresses: bool
    ids: bool


class Recover(_OneRow, _Recover):
    """recover: rows of a digest, a signature and, with ids, a recovery id; a key and whether there is one."""

    __slots__ = ()
    operation = "recover_many"

    @classmethod
    def made(cls, *, rule: str = "secp256k1", addresses: bool = False, ids: bool = False) -> Recover:
        """Raises what recover_many says of the parameters."""
        return cls(*recovery_parameters(rule, addresses=addresses), ids)

    def row(self, digest: Any, signature: Any, recovery_id: Any = None) -> Row:
        """One row, checked, and safe from changes."""
        row = own("digest", digest), own("signature", signature)
        if not self.ids:
            return row
        number = operator.index(recovery_id)
        return *row, number if 0 <= number < _BYTE else _BYTE

    def run(self, columns: Columns, device: str) -> list[tuple[bytes, bool]]:
        """As Kind.run."""
        keys, found = _recover_many(*columns, rule=self.rule, addresses=self.addresses, device=device)
        return list(zip(_pieces(keys.tobytes(), keys.shape[1]), found.tolist(), strict=True))


class _Inclusion(NamedTuple):
    form: str
    algorithm: str | None
    limit: int | None
    mix_in_length: bool
    length: int | None


class Inclusion(_OneRow, _Inclusion):
    """merkle.verify: rows of a root, a leaf, its index, its proof and the tree's size; a bool each."""

    __slots__ = ()
    operation = "merkle.verify_many"

    @classmethod
    def made(
        cls,
        *,
        form: str = "rfc6962",
        algorithm: str | None = None,
        limit: int | None = None,
        mix_in_length: bool = False,
        length: int | None = None,
    ) -> Inclusion:
        """Errors of `check` are left to it."""
        return cls(form, algorithm, limit, mix_in_length, length)

    def check(self) -> None:
        """Raises what merkle.verify_many says of the parameters."""
        checked("merkle.verify_many", *self._columns([], [], [], [], []), **self._asdict())

    def row(self, root: Any, leaf: Any, index: Any, proof: Any, size: Any) -> Row:
        """One row, checked, and safe from changes."""
        place = None if index is None else whole_number("index", index)
        count = None if size is None else whole_number("size", size)
        row = own("root", root), own("leaf", leaf), place, own("proof", proof), count
        checked("merkle.verify_many", *self._columns(*([value] for value in row)), **self._asdict())
        return row

    def run(self, columns: Columns, device: str) -> list[bool]:
        """As Kind.run."""
        arguments = self._columns(*columns)
        verdicts: list[bool] = _verify_inclusions(*arguments, device=device, **self._asdict()).tolist()
        return verdicts

    def _columns(self, roots: Any, leaves: Any, indices: Any, proofs: Any, sizes: Any) -> tuple[Any, ...]:
        """Numbers are None where the form has none; where only some are, the function says what is wrong."""
        form = FORMS.get(self.form)
        if form is not None and form.sorts_leaves:
            indices, sizes = (None if set(numbers) <= {None} else numbers for numbers in (indices, sizes))
        return roots, leaves, indices, proofs, sizes


def _pieces(data: bytes, size: int) -> list[bytes]:
    return [data[i : i + size] for i in range(0, len(data), size)]


def verify(
    scheme: str, public_key: Any, message: Any, signature: Any, *, key_index: Any = None, **parameters: Any
) -> tuple[RowKind, Row]:
    """Kind and row of `pyaccel.verify`; of PreparedKeys key_index says which."""
    if not isinstance(public_key, PreparedKeys):
        if key_index is not None:
            raise TypeError("key_index: it numbers PreparedKeys, and the public key is none")
        return Verify.made(scheme, **parameters), (public_key, message, signature)
    if key_index is None:
        raise TypeError("key_index: none came; wanted the number of one of the PreparedKeys")
    return Verify.made(scheme, public_key, **parameters), (key_index, message, signature)


def hash(algorithm: str, message: Any, **parameters: Any) -> tuple[RowKind, Row]:  # noqa: A001
    """Kind and row of a hash_many of one."""
    return Hash.made(algorithm, **parameters), (message,)


def recover(digest: Any, signature: Any, recovery_id: Any = None, **parameters: Any) -> tuple[RowKind, Row]:
    """Kind and row of a recover_many of one."""
    if recovery_id is None:
        return Recover.made(**parameters), (digest, signature)
    return Recover.made(ids=True, **parameters), (digest, signature, recovery_id)


def merkle_verify(root: Any, leaf: Any, index: Any, proof: Any, size: Any, **parameters: Any) -> tuple[RowKind, Row]:
    """Kind and row of a merkle.verify_many of one."""
    return Inclusion.made(**parameters), (root, leaf, index, proof, size)


ROWS: dict[str, tuple[Callable[..., tuple[RowKind, Row]], Callable[..., RowKind], int]] = {
    "verify": (verify, Verify.made, 1),
    "hash": (hash, Hash.made, 1),
    "recover": (recover, Recover.made, 0),
    "merkle.verify": (merkle_verify, Inclusion.made, 0),
}
"""By operation: what takes a call apart, what makes its kind of the parameters, and how many of these lead the rest."""
