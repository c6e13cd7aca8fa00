# SPDX-License-Identifier: Apache-2.0
"""Writes tests/vectors/he/seal.json: objects of Microsoft SEAL and what its evaluator makes of them.

Needs TenSEAL (which holds SEAL and its Python binding tenseal.sealapi) and zstandard:
    pip install tenseal zstandard && python tools/seal_vectors.py tests/vectors/he/seal.json
Keys are drawn anew at each run: the file is made once, with the versions that it names, and holds test keys alone.
"""

from __future__ import annotations

import base64
import json
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import tenseal  # noqa: F401  sealapi's types come with it
import zstandard
from tenseal import sealapi as seal

HEADER = 16
ROTATIONS = (1, 3, -2, 5)


def saved(value: Any) -> bytes:
    """What value.save writes, its members unpacked: compr_mode none, which this binding cannot ask for."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "object")
        value.save(str(path))
        data = path.read_bytes()
    return unpacked(data)


def unpacked(data: bytes) -> bytes:
    """The same object uncompressed."""
    if data[5] == 0:
        return data
    members = zstandard.ZstdDecompressor().decompressobj().decompress(data[HEADER:])
    return data[:5] + b"\0" + data[6:8] + (HEADER + len(members)).to_bytes(8, "little") + members


def compressed(value: Any) -> bytes:
    """What value.save writes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "object")
        value.save(str(path))
        return path.read_bytes()


def made(function: Any, *arguments: Any) -> Any:
    """Calls an Evaluator's method that fills its last argument."""
    out = seal.Ciphertext()
    function(*arguments, out)
    return out


def case(scheme: str, degree: int, bits: list[int], plain_bits: int = 0) -> dict[str, Any]:
    """One context, its keys, two ciphertexts, and every operation on them."""
    parameters = seal.EncryptionParameters(getattr(seal.SCHEME_TYPE, scheme.upper()))
    parameters.set_poly_modulus_degree(degree)
    parameters.set_coeff_modulus(seal.CoeffModulus.Create(degree, bits))
    if plain_bits:
        parameters.set_plain_modulus(seal.PlainModulus.Batching(degree, plain_bits))
    context = seal.SEALContext(parameters, True, seal.SEC_LEVEL_TYPE.NONE)
    generator = seal.KeyGenerator(context)
    secret = generator.secret_key()
    public, relinearization, galois = seal.PublicKey(), seal.RelinKeys(), seal.GaloisKeys()
    generator.create_public_key(public)
    generator.create_relin_keys(relinearization)
    generator.create_galois_keys(galois)
    encryptor = seal.Encryptor(context, public)
    encryptor.set_secret_key(secret)
    evaluator = seal.Evaluator(context)
    plains = []
    values = []
    for shift in (1, 2):
        plain = seal.Plaintext()
        if scheme == "ckks":
            numbers = [complex((shift + i) / 7, (i % 5) / 3) for i in range(degree // 2)]
            seal.CKKSEncoder(context).encode(numbers, 2.0 ** (bits[1]), plain)
            values.append([[number.real, number.imag] for number in numbers])
        else:
            integers = [(shift + i * i) % 100 for i in range(degree)]
            seal.BatchEncoder(context).encode(integers, plain)
            values.append(integers)
        plains.append(plain)
    a, b = (made(encryptor.encrypt, plain) for plain in plains)
    seeded = encryptor.encrypt_symmetric(plains[0])
    rotate = evaluator.rotate_vector if scheme == "ckks" else evaluator.rotate_rows
    turn = evaluator.complex_conjugate if scheme == "ckks" else evaluator.rotate_columns
    down = evaluator.rescale_to_next if scheme == "ckks" else evaluator.mod_switch_to_next
    product = made(evaluator.multiply, a, b)
    relinearized = made(evaluator.relinearize, product, relinearization)
    results = {
        "add": made(evaluator.add, a, b),
        "add_sizes": made(evaluator.add, a, product) if scheme == "bfv" else made(evaluator.add, b, a),
        "sub": made(evaluator.sub, a, b),
        "negate": made(evaluator.negate, a),
        "multiply": product,
        "add_plain": made(evaluator.add_plain, a, plains[1]),
        "sub_plain": made(evaluator.sub_plain, a, plains[1]),
        "multiply_plain": made(evaluator.multiply_plain, a, plains[1]),
        "relinearize": relinearized,
        "down": made(down, relinearized),
        "mod_switch": made(evaluator.mod_switch_to_next, a),
        "turn": made(turn, a, galois),
        **{f"rotate {steps}": made(rotate, a, steps, galois) for steps in ROTATIONS},
        "rotate after down": made(rotate, made(down, relinearized), 1, galois),
    }
    budget = seal.Decryptor(context, secret)
    objects = {
        "parameters": parameters,
        "secret_key": secret,
        "public_key": public,
        "relinearization_keys": relinearization,
        "galois_keys": galois,
        "seeded_relinearization_keys": generator.create_relin_keys(),
        "plain_a": plains[0],
        "plain_b": plains[1],
        "a": a,
        "b": b,
        "seeded": seeded,
    }
    return {
        "scheme": scheme,
        "values": values,
        "noise_budgets": {"a": budget.invariant_noise_budget(a), "multiply": budget.invariant_noise_budget(product)}
        if scheme == "bfv"
        else {},
        "objects": {name: text(saved(value)) for name, value in objects.items()},
        "compressed": {"a": text(compressed(a)), "parameters": text(compressed(parameters))},
        "results": {name: text(saved(value)) for name, value in results.items()},
    }


def text(data: bytes) -> str:
    """Base64."""
    return base64.b64encode(data).decode()


def main(path: Path) -> None:
    """Writes the file."""
    cases = [
        case("ckks", 16, [50, 30, 30, 50]),
        case("ckks", 32, [60, 40, 60]),
        case("bfv", 16, [40, 36, 36, 40], 12),
        case("bfv", 32, [60, 50, 60], 20),
    ]
    document = {
        "source": f"Microsoft SEAL in TenSEAL {version('tenseal')}",
        "generator": "tools/seal_vectors.py",
        "cases": cases,
    }
    path.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
