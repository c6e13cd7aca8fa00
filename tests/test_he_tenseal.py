# SPDX-License-Identifier: Apache-2.0
"""TenSEAL's contexts and vectors are opened, computed on to SEAL's bytes, and given back."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pyaccel.he import tenseal
from pyaccel.he.seal import SealContext
from pyaccel.he.tenseal import TensealContext, Vector

ts = pytest.importorskip("tenseal")

DEGREE = 4096
VALUES = {"ckks": [1.5, -2.25, 3.0], "bfv": [1, -2, 300]}


@cache
def their_context(scheme: str) -> Any:
    if scheme == "bfv":
        context = ts.context(ts.SCHEME_TYPE.BFV, DEGREE, plain_modulus=40961, n_threads=1)
    else:
        context = ts.context(ts.SCHEME_TYPE.CKKS, DEGREE, coeff_mod_bit_sizes=[36, 30, 36], n_threads=1)
        context.global_scale = 2.0**30
    return context


@cache
def opened(scheme: str) -> tuple[TensealContext, TensealContext]:
    """With the secret key, which TenSEAL then saves without relinearization keys; and for the public."""
    theirs = their_context(scheme)
    private = theirs.serialize(save_secret_key=True, save_galois_keys=False)
    public = theirs.serialize(save_secret_key=False, save_galois_keys=False)
    return tenseal.read_context(private), tenseal.read_context(public)


def vector(scheme: str) -> Any:
    make = ts.ckks_vector if scheme == "ckks" else ts.bfv_vector
    return make(their_context(scheme), VALUES[scheme])


def given_back(scheme: str, data: bytes) -> list[float]:
    load = ts.ckks_vector_from if scheme == "ckks" else ts.bfv_vector_from
    result: list[float] = load(their_context(scheme), data).decrypt()
    return result


@pytest.mark.parametrize("scheme", ["ckks", "bfv"])
def test_vectors_go_both_ways(scheme: str) -> None:
    private, public = opened(scheme)
    assert private.secret_key is not None
    assert public.secret_key is None
    assert public.relinearization_keys is not None
    assert private.scale == (2.0**30 if scheme == "ckks" else -1)
    ours = private.read_vector(vector(scheme).serialize())
    assert ours.sizes == (3,)
    assert np.abs(private.decrypt(ours) - VALUES[scheme]).max() < 1e-4
    assert np.abs(np.array(given_back(scheme, private.write_vector(ours))) - VALUES[scheme]).max() < 1e-4
    seal, keys = public.seal, public.relinearization_keys
    (one,) = ours.ciphertexts
    square = seal.relinearize(seal.multiply(one, one), keys)
    square = seal.rescale(square) if scheme == "ckks" else square
    back = given_back(scheme, public.write_vector(Vector((square,), (3,)), "zstd"))
    wanted = np.array(VALUES[scheme]) ** 2
    wanted = wanted if scheme == "ckks" else (wanted + 20480) % 40961 - 20480
    assert np.abs(np.array(back) - wanted).max() < 1e-2
    assert public.public_key is not None
    fresh = seal.encrypt(public.public_key, VALUES[scheme], **({"scale": 2.0**30} if scheme == "ckks" else {}))
    back = given_back(scheme, public.write_vector(Vector((fresh,), (3,))))
    assert np.abs(np.array(back) - VALUES[scheme]).max() < 1e-4


def test_bytes_of_tenseals_own_operations() -> None:
    """Sums and products by TenSEAL and here are the same ciphertexts."""
    _, public = opened("ckks")
    a, b = vector("ckks"), vector("ckks")
    (x,), (y,) = (public.read_vector(one.serialize()).ciphertexts for one in (a, b))
    seal, keys = public.seal, public.relinearization_keys
    assert keys is not None
    (theirs,) = public.read_vector((a + b).serialize()).ciphertexts
    assert (seal.add(x, y).rows == theirs.rows).all()
    (theirs,) = public.read_vector((a * b).serialize()).ciphertexts
    assert (seal.rescale(seal.relinearize(seal.multiply(x, y), keys)).rows == theirs.rows).all()


def test_other_data_is_refused() -> None:
    private, public = opened("ckks")
    data = vector("ckks").serialize()
    for broken in (data[:100], b"\xff" * 40):
        with pytest.raises(ValueError, match="TenSEAL vector"):
            private.read_vector(broken)
    with pytest.raises(ValueError, match="no vector"):
        private.read_vector(b"")
    with pytest.raises(ValueError, match=r"degree|parameters|form"):
        private.read_vector(vector("bfv").serialize())
    with pytest.raises(ValueError, match="TenSEAL context"):
        tenseal.read_context(b"\xff" * 40)
    with pytest.raises(ValueError, match="no secret key"):
        public.decrypt(public.read_vector(data))


@pytest.mark.parametrize("scheme", ["ckks", "bfv"])
def test_vectors_of_more_numbers_than_slots_are_refused(scheme: str) -> None:
    private, _ = opened(scheme)
    one = private.read_vector(vector(scheme).serialize()).ciphertexts
    slots = DEGREE // 2 if scheme == "ckks" else DEGREE
    assert len(private.decrypt(private.read_vector(private.write_vector(Vector(one, (slots,)))))) == slots
    with pytest.raises(ValueError, match=f"has {slots} slots"):
        private.read_vector(private.write_vector(Vector(one, (slots + 1,))))


def test_seal_computes_with_keys_made_here(tmp_path: Path) -> None:
    """SEAL itself loads them, multiplies, rotates and decrypts."""
    seal = pytest.importorskip("tenseal.sealapi")
    degree = 1024
    parameters = seal.EncryptionParameters(seal.SCHEME_TYPE.BFV)
    parameters.set_poly_modulus_degree(degree)
    parameters.set_coeff_modulus(seal.CoeffModulus.Create(degree, [50, 50, 50]))
    parameters.set_plain_modulus(seal.PlainModulus.Batching(degree, 20))
    theirs = seal.SEALContext(parameters, True, seal.SEC_LEVEL_TYPE.NONE)
    moduli = tuple(modulus.value() for modulus in parameters.coeff_modulus())
    ours = SealContext("bfv", degree, moduli, parameters.plain_modulus().value())
    secret = ours.secret_key()

    def loaded(kind: str, data: bytes) -> Any:
        (tmp_path / kind).write_bytes(data)
        value = getattr(seal, kind)()
        value.load(theirs, str(tmp_path / kind))
        return value

    key = loaded("SecretKey", ours.write_secret_key(secret))
    public = loaded("PublicKey", ours.write(ours.public_key(secret), "zstd"))
    relinearization = loaded("RelinKeys", ours.write(ours.relinearization_keys(secret)))
    galois = loaded("GaloisKeys", ours.write(ours.galois_keys(secret), "zlib"))
    encoder, plain, encrypted, result = (
        seal.BatchEncoder(theirs),
        seal.Plaintext(),
        seal.Ciphertext(),
        seal.Ciphertext(),
    )
    encoder.encode(list(range(degree)), plain)
    seal.Encryptor(theirs, public).encrypt(plain, encrypted)
    evaluator = seal.Evaluator(theirs)
    evaluator.multiply(encrypted, encrypted, result)
    evaluator.relinearize_inplace(result, relinearization)
    evaluator.rotate_rows_inplace(result, 3, galois)
    evaluator.rotate_columns_inplace(result, galois)
    decrypted = seal.Plaintext()
    seal.Decryptor(theirs, key).decrypt(result, decrypted)
    wanted = np.roll((np.arange(degree) ** 2).reshape(2, -1), -3, axis=1)[::-1].reshape(-1)
    assert (np.array(encoder.decode_int64(decrypted)) % ours.plain_modulus == wanted % ours.plain_modulus).all()


def test_tenseals_own_objects_and_tensors_are_refused_by_name() -> None:
    private, public = opened("ckks")
    theirs: Any = their_context("ckks")
    tensor = ts.ckks_tensor(theirs, ts.plain_tensor([1.0, 2.0, 3.0, 4.0], [2, 2]))
    for call, message in (
        (lambda: tenseal.read_context(theirs), r"a Context came; wanted bytes: pass ts_context\.serialize\("),
        (lambda: tenseal.read_context("text"), r"a str came; wanted bytes: pass ts_context\.serialize\("),  # type: ignore[arg-type]
        (lambda: private.read_vector(vector("ckks")), r"a CKKSVector came; .*ts_vector\.serialize\("),
        (lambda: private.read_vector(tensor), "a tensor came; tensors are not read"),
        (lambda: private.decrypt(vector("ckks")), "vector: a CKKSVector came; wanted a Vector"),
    ):
        with pytest.raises(TypeError, match=message):
            call()
    with pytest.raises(ValueError, match="tensors are not read"):
        private.read_vector(tensor.serialize())
    flooded = private.decrypt(private.read_vector(vector("ckks").serialize()), flood_bits=20)
    assert 0 < np.abs(flooded - VALUES["ckks"]).max() < 1
    assert public.secret_key is None


def test_keys_that_tenseal_leaves_out_are_made_anew() -> None:
    """A context that was saved with its secret key has no evaluation keys, whatever TenSEAL was asked for."""
    theirs: Any = their_context("ckks")
    theirs.generate_galois_keys()
    data = theirs.serialize(True, True, True, True)
    context = tenseal.read_context(data)
    assert context.secret_key is not None
    assert context.relinearization_keys is None
    assert context.galois_keys is None
    seal, secret = context.seal, context.secret_key
    (a,) = context.read_vector(vector("ckks").serialize()).ciphertexts
    with pytest.raises(TypeError, match=r"SealContext\.relinearization_keys\(secret\).* TenSEAL saves none"):
        seal.relinearize(seal.multiply(a, a), context.relinearization_keys)  # type: ignore[arg-type]
    square = seal.rescale(seal.relinearize(seal.multiply(a, a), seal.relinearization_keys(secret)))
    turned = seal.rotate(square, 1, seal.galois_keys(secret, [1], turn=False))
    assert np.abs(context.decrypt(Vector((turned,), (2,))) - np.square(VALUES["ckks"][1:])).max() < 1e-2
