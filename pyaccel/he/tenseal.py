# SPDX-License-Identifier: Apache-2.0
"""What TenSEAL serializes: contexts and vectors, opened to the SEAL objects inside, and made of them.

    context = tenseal.read_context(ts_context.serialize(save_secret_key=True))
    vector = context.read_vector(ts_vector.serialize())
    data = context.write_vector(...)                  # ts.ckks_vector_from(ts_context, data)

TenSEAL leaves relinearization and Galois keys out when it saves the secret key: they are None then, and made anew,

    keys = context.seal.relinearization_keys(context.secret_key)
    galois = context.seal.galois_keys(context.secret_key)

or read from a second serialize(save_secret_key=False). Vectors are read; tensors (CKKSTensor, BFVTensor) are not.

The messages are those of TenSEAL 0.3 (tenseal/proto/tensealcontext.proto, tensors.proto), read by the package protobuf.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from pyaccel.he.keys import SecretKey
from pyaccel.he.native import came
from pyaccel.he.seal import Ciphertext, PublicKey, SealContext, SwitchingKeys
from pyaccel.he.seal_format import Compression

_BYTES, _BOOL, _UINT32, _DOUBLE, _MESSAGE = 12, 8, 13, 1, 11
_ONE, _MANY = 1, 3
_MESSAGES: dict[str, tuple[tuple[str, int, int, int, str], ...]] = {
    "Private": (
        ("secret_key", 1, _BYTES, _ONE, ""),
        ("relin_keys_generated", 2, _BOOL, _ONE, ""),
        ("galois_keys_generated", 3, _BOOL, _ONE, ""),
    ),
    "Public": (
        ("public_key", 1, _BYTES, _ONE, ""),
        ("auto_flags", 2, _UINT32, _ONE, ""),
        ("scale", 3, _DOUBLE, _ONE, ""),
        ("relin_keys", 4, _BYTES, _ONE, ""),
        ("galois_keys", 5, _BYTES, _ONE, ""),
    ),
    "Context": (
        ("encryption_parameters", 1, _BYTES, _ONE, ""),
        ("public_context", 2, _MESSAGE, _ONE, "Public"),
        ("private_context", 3, _MESSAGE, _ONE, "Private"),
        ("encryption_type", 4, _UINT32, _ONE, ""),
    ),
    "Vector": (
        ("sizes", 1, _UINT32, _MANY, ""),
        ("ciphertexts", 2, _BYTES, _MANY, ""),
        ("scale", 3, _DOUBLE, _ONE, ""),
    ),
}
"""Fields of each message: name, number, type, label, and the message that a field is of."""


@cache
def _message(name: str) -> Any:
    """The class of one of _MESSAGES."""
    try:
        from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
    except ImportError:
        raise ModuleNotFoundError("TenSEAL's objects need the package protobuf: pip install 'pyaccel[seal]'") from None
    file = descriptor_pb2.FileDescriptorProto(name="pyaccel/tenseal.proto", package="pyaccel.tenseal", syntax="proto3")
    for message, fields in _MESSAGES.items():
        described = file.message_type.add(name=message)
        for field, number, kind, label, of in fields:
            one = described.field.add(name=field, number=number, type=kind, label=label)
            if of:
                one.type_name = f".pyaccel.tenseal.{of}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"pyaccel.tenseal.{name}"))


def _parsed(name: str, data: bytes, what: str) -> Any:
    from google.protobuf.message import DecodeError

    message = _message(name)()
    try:
        message.ParseFromString(bytes(memoryview(data)))
    except TypeError:
        if type(data).__name__.endswith("Tensor"):
            raise TypeError(f"TenSEAL {what}: a tensor came; tensors are not read, vectors are") from None
        raise TypeError(
            f"TenSEAL {what}: {came(data)} came; wanted bytes: pass ts_{what}.serialize(...), not the object itself"
        ) from None
    except DecodeError as error:
        raise ValueError(f"TenSEAL {what}: no such message ({error}): the data is cut or something else") from None
    return message


@dataclass(frozen=True)
class Vector:
    """One vector: its ciphertexts, and how many numbers each of them holds."""

    ciphertexts: tuple[Ciphertext, ...]
    sizes: tuple[int, ...]


@dataclass(frozen=True)
class TensealContext:
    """A TenSEAL context, opened. What it was saved without is None.

    Attributes:
        seal: SEAL's context; its methods compute.
        scale: CKKS: TenSEAL's global_scale; -1: none was set.
    """

    seal: SealContext
    scale: float
    public_key: PublicKey | None
    secret_key: SecretKey | None
    relinearization_keys: SwitchingKeys | None
    galois_keys: SwitchingKeys | None

    def read_vector(self, data: bytes) -> Vector:
        """What CKKSVector.serialize or BFVVector.serialize wrote.

        Raises:
            TypeError: no bytes.
            ValueError: other data, or a vector made under other parameters. One of another context with equal
                parameters is read, and decrypts to numbers without meaning: nothing in it names its key.
        """
        message = _parsed("Vector", data, "vector")
        if len(message.sizes) != len(message.ciphertexts) or not message.sizes:
            raise ValueError(
                f"TenSEAL vector: {len(message.ciphertexts)} ciphertexts and {len(message.sizes)} sizes: no vector "
                "(tensors are not read)"
            )
        slots = self.seal.degree // 2 if self.seal.scheme == "ckks" else self.seal.degree
        if max(message.sizes) > slots:
            raise ValueError(
                f"TenSEAL vector: a ciphertext of {max(message.sizes)} numbers, where degree {self.seal.degree} has "
                f"{slots} slots: the data is altered"
            )
        return Vector(tuple(self.seal.read_ciphertext(one) for one in message.ciphertexts), tuple(message.sizes))

    def write_vector(self, vector: Vector, compression: Compression = "none") -> bytes:
        """What ckks_vector_from or bfv_vector_from reads; the scale of CKKS is that of the first ciphertext."""
        message = _message("Vector")()
        message.sizes.extend(vector.sizes)
        message.ciphertexts.extend(self.seal.write(one, compression) for one in vector.ciphertexts)
        if self.seal.scheme == "ckks":
            message.scale = vector.ciphertexts[0].scale
        return bytes(message.SerializeToString())

    def decrypt(self, vector: Vector, *, flood_bits: int = 0) -> Any:
        """Its numbers, one array: integers (BFV) or real parts (CKKS); flood_bits as SealContext.decrypt has them.

        Raises:
            TypeError: no vector.
            ValueError: the context was saved without its secret key.
        """
        if not isinstance(vector, Vector):
            raise TypeError(f"vector: {came(vector)} came; wanted a Vector, which read_vector reads")
        if self.secret_key is None:
            raise ValueError("this context has no secret key: serialize it with save_secret_key=True")
        pairs = zip(vector.ciphertexts, vector.sizes, strict=True)
        parts = [self.seal.decrypt(self.secret_key, one, flood_bits=flood_bits)[:size] for one, size in pairs]
        return np.concatenate(parts).real


def read_context(data: bytes) -> TensealContext:
    """What Context.serialize wrote.

    Raises:
        TypeError: no bytes: TenSEAL's own object takes .serialize(...) first.
        ValueError: other data, or altered.
        ModuleNotFoundError: the package protobuf is missing, or zstandard, by which TenSEAL's objects are compressed.
    """
    message = _parsed("Context", data, "context")
    seal = SealContext.read(message.encryption_parameters)
    public, private = message.public_context, message.private_context

    def one(stored: bytes, read: Any) -> Any:
        return read(stored) if stored else None

    return TensealContext(
        seal,
        float(public.scale),
        one(public.public_key, seal.read_public_key),
        one(private.secret_key, seal.read_secret_key),
        one(public.relin_keys, seal.read_relinearization_keys),
        one(public.galois_keys, seal.read_galois_keys),
    )
