# SPDX-License-Identifier: Apache-2.0
"""SEAL's objects are read, computed on and written to SEAL's own bytes (tests/vectors/he/seal.json, made by SEAL)."""

from __future__ import annotations

import base64
import json
import tracemalloc
import zlib
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pyaccel.errors import PyaccelError
from pyaccel.he import seal_format
from pyaccel.he.seal import Ciphertext, SealContext

VECTORS = Path(__file__).parent / "vectors" / "he" / "seal.json"
CASES = range(4)
HEADER = 16


@cache
def case(index: int) -> dict[str, Any]:
    return json.loads(VECTORS.read_text())["cases"][index]


def item(index: int, name: str, group: str = "objects") -> bytes:
    return base64.b64decode(case(index)[group][name])


@cache
def context(index: int) -> SealContext:
    return SealContext.read(item(index, "parameters"))


@pytest.mark.parametrize("index", CASES)
def test_objects_are_written_as_they_were_read(index: int) -> None:
    here = context(index)
    assert here.write_parameters() == item(index, "parameters")
    for name in ("a", "b"):
        assert here.write(here.read_ciphertext(item(index, name))) == item(index, name)
    for name in ("plain_a", "plain_b"):
        assert here.write(here.read_plaintext(item(index, name))) == item(index, name)
    assert here.write(here.read_public_key(item(index, "public_key"))) == item(index, "public_key")
    keys = here.read_relinearization_keys(item(index, "relinearization_keys"))
    assert here.write(keys) == item(index, "relinearization_keys")
    assert here.write(here.read_galois_keys(item(index, "galois_keys"))) == item(index, "galois_keys")


def results(index: int) -> dict[str, Ciphertext]:
    here = context(index)
    a, b = (here.read_ciphertext(item(index, name)) for name in ("a", "b"))
    plain = here.read_plaintext(item(index, "plain_b"))
    keys = here.read_relinearization_keys(item(index, "relinearization_keys"))
    galois = here.read_galois_keys(item(index, "galois_keys"))
    product = here.read_ciphertext(item(index, "multiply", "results"))
    relinearized = here.relinearize(product, keys)
    down = here.rescale(relinearized) if here.scheme == "ckks" else here.mod_switch(relinearized)
    return {
        "add": here.add(a, b),
        "add_sizes": here.add(a, product) if here.scheme == "bfv" else here.add(b, a),
        "sub": here.sub(a, b),
        "negate": here.negate(a),
        "add_plain": here.add_plain(a, plain),
        "sub_plain": here.sub_plain(a, plain),
        "multiply_plain": here.multiply_plain(a, plain),
        "relinearize": relinearized,
        "down": down,
        "mod_switch": here.mod_switch(a),
        "turn": here.conjugate(a, galois),
        **{f"rotate {steps}": here.rotate(a, steps, galois) for steps in (1, 3, -2, 5)},
        "rotate after down": here.rotate(down, 1, galois),
        **({"multiply": here.multiply(a, b)} if here.scheme == "ckks" else {}),
    }


@pytest.mark.parametrize("index", CASES)
def test_operations_give_the_bytes_of_seal(index: int) -> None:
    given = results(index)
    wanted = set(case(index)["results"]) - ({"multiply"} if context(index).scheme == "bfv" else set())
    assert set(given) == wanted
    for name, value in given.items():
        assert context(index).write(value) == item(index, name, "results"), f"{name} differs from SEAL"


@pytest.mark.parametrize("index", CASES)
def test_a_seeded_ciphertext_is_the_one_that_seal_expands(index: int) -> None:
    """Less another encryption of the same values it is one of zero, if the seed was expanded rightly."""
    here = context(index)
    secret = secret_rows(index)
    seeded = here.read_ciphertext(item(index, "seeded"))
    difference = here.sub(seeded, here.read_ciphertext(item(index, "a")))
    phase = centred_phase(here, difference, secret)
    assert max(abs(value) for value in phase) < 2**16
    keys = here.read_relinearization_keys(item(index, "seeded_relinearization_keys"))
    product = here.read_ciphertext(item(index, "multiply", "results"))
    other = here.read_relinearization_keys(item(index, "relinearization_keys"))
    gap = here.sub(here.relinearize(product, keys), here.relinearize(product, other))
    assert max(abs(value) for value in centred_phase(here, gap, secret)) < 2**20


def secret_rows(index: int) -> list[list[int]]:
    """The secret key's rows in NTT form, read by this test alone."""
    words = np.frombuffer(item(index, "secret_key")[HEADER + 32 + 16 + HEADER + 8 :], "<u8")
    return words.reshape(-1, context(index).degree).tolist()


def centred_phase(here: SealContext, value: Ciphertext, secret: list[list[int]]) -> list[int]:
    """c_0 + c_1 s of a ciphertext as centred integers, by schoolbook arithmetic."""
    n, moduli = here.degree, here.moduli[: value.moduli]
    residues = []
    for row, q in enumerate(moduli):
        c0, c1 = (value.rows[k, row].tolist() for k in (0, 1))
        s = inverse_ntt(secret[row], q)
        if here.scheme == "ckks":
            c0, c1 = inverse_ntt(c0, q), inverse_ntt(c1, q)
        product = [0] * n
        for i, x in enumerate(c1):
            for j, y in enumerate(s):
                sign = 1 if i + j < n else -1
                product[(i + j) % n] += sign * x * y
        residues.append([(u + v) % q for u, v in zip(c0, product, strict=True)])
    modulus = int(np.prod([int(q) for q in moduli], dtype=object))
    out = []
    for column in zip(*residues, strict=True):
        total = (
            sum(r * (modulus // q) * pow(modulus // q, -1, q) for r, q in zip(column, moduli, strict=True)) % modulus
        )
        out.append(total - modulus if total > modulus // 2 else total)
    return out


def inverse_ntt(row: list[int], q: int) -> list[int]:
    """Coefficients of A[j] = a(psi^(2 bitrev(j) + 1)) by the definition."""
    n = len(row)
    bits = n.bit_length() - 1
    psi = least_root(2 * n, q)
    order = [int(format(j, f"0{bits}b")[::-1], 2) for j in range(n)]
    scale = pow(n, -1, q)
    return [scale * sum(row[j] * pow(psi, -(2 * order[j] + 1) * i, q) for j in range(n)) % q for i in range(n)]


@cache
def least_root(order: int, q: int) -> int:
    roots = (pow(g, (q - 1) // order, q) for g in range(2, 1000))
    root = next(r for r in roots if pow(r, order // 2, q) == q - 1)
    return min(pow(root, k, q) for k in range(1, order, 2))


@pytest.mark.parametrize("index", CASES)
def test_what_seal_encrypted_decrypts(index: int) -> None:
    """Numbers in the order of SEAL's slots; a product too, SEAL's and ours."""
    here = context(index)
    secret = here.read_secret_key(item(index, "secret_key"))
    values = np.array(case(index)["values"], float)
    first, second = values[..., 0] + 1j * values[..., 1] if here.scheme == "ckks" else values.astype(np.int64)
    a, b = (here.read_ciphertext(item(index, name)) for name in ("a", "b"))
    theirs = here.read_ciphertext(item(index, "multiply", "results"))
    ours = here.multiply(a, b)
    if here.scheme == "ckks":
        assert np.abs(here.decrypt(secret, a) - first).max() < 1e-4
        assert np.abs(here.decrypt(secret, theirs) - first * second).max() < 1e-3
        return
    half = here.plain_modulus // 2
    product = (first * second + half) % here.plain_modulus - half
    for ciphertext, wanted in ((a, first), (b, second), (theirs, product), (ours, product)):
        assert (here.decrypt(secret, ciphertext) == wanted).all()
    budgets = case(index)["noise_budgets"]
    assert int(here.noise_budget(secret, a)) == budgets["a"]
    assert int(here.noise_budget(secret, theirs)) == budgets["multiply"]
    assert here.noise_budget(secret, ours) > budgets["multiply"] - 3


@pytest.mark.parametrize("index", CASES)
def test_what_is_encrypted_here_is_computed_on(index: int) -> None:
    """By both keys; SEAL's evaluator is held to the same bytes above."""
    here = context(index)
    secret = here.read_secret_key(item(index, "secret_key"))
    public = here.read_public_key(item(index, "public_key"))
    galois = here.read_galois_keys(item(index, "galois_keys"))
    values = np.arange(3) + 1
    for key in (public, secret):
        a = here.encrypt(key, values, **({"scale": 2.0**30} if here.scheme == "ckks" else {}))
        turned = here.decrypt(secret, here.rotate(here.read_ciphertext(here.write(a)), 1, galois))
        assert np.abs(turned[:2] - values[1:]).max() < 1e-3
        assert np.abs(here.decrypt(secret, a)[:3] - values).max() < 1e-3
    with pytest.raises(ValueError, match="at most"):
        here.encrypt(public, np.zeros(here.degree + 1, np.int64))


@pytest.mark.parametrize("index", CASES)
def test_keys_made_here_work(index: int) -> None:
    """Written and read; the secret key's bytes are SEAL's."""
    here = context(index)
    theirs = here.read_secret_key(item(index, "secret_key"))
    assert here.write_secret_key(theirs) == item(index, "secret_key")
    secret = here.secret_key()
    public = here.read_public_key(here.write(here.public_key(secret)))
    keys = here.read_relinearization_keys(here.write(here.relinearization_keys(secret)))
    galois = here.read_galois_keys(here.write(here.galois_keys(secret)))
    assert set(galois.parts) == set(here.read_galois_keys(item(index, "galois_keys")).parts)
    values = np.arange(here.degree // 2) % 7 - 3
    a = here.encrypt(public, values, **({"scale": 2.0**30} if here.scheme == "ckks" else {}))
    square = here.relinearize(here.multiply(a, a), keys)
    assert np.abs(here.decrypt(secret, square)[: len(values)] - values**2).max() < 1e-2
    for steps in (1, -1, 5):
        turned = here.decrypt(secret, here.rotate(a, steps, galois))[: len(values)]
        assert np.abs(turned - np.roll(values, -steps)).max() < 1e-2
    turned = here.decrypt(secret, here.conjugate(a, galois))
    assert np.abs(turned[-len(values) :] - values).max() < 1e-2


@pytest.mark.parametrize("index", [0, 2])
def test_compressed_objects_are_read_and_written(index: int) -> None:
    here = context(index)
    a = here.read_ciphertext(item(index, "a"))
    assert SealContext.read(item(index, "parameters", "compressed")).moduli == here.moduli
    assert (here.read_ciphertext(item(index, "a", "compressed")).rows == a.rows).all()
    for compression in ("zlib", "zstd"):
        data = here.write(a, compression)
        assert data[5] == ("none", "zlib", "zstd").index(compression)
        assert (here.read_ciphertext(data).rows == a.rows).all()


@pytest.mark.parametrize("cut", [0, 5, 16, 40, 100, -1])
def test_cut_data_is_refused(cut: int) -> None:
    data = item(0, "a")
    with pytest.raises(ValueError, match=r"cut|SEAL header|bytes"):
        context(0).read_ciphertext(data[:cut])


def altered(data: bytes, at: int, value: bytes) -> bytes:
    return data[:at] + value + data[at + len(value) :]


@pytest.mark.parametrize(
    ("at", "value", "message"),
    [
        (0, b"\0\0", "no SEAL header"),
        (3, b"\3", "4.x is read here"),
        (5, b"\7", "compression 7"),
        (8, b"\1", "bytes"),
        (16, b"\0", "other parameters"),
        (48, b"\0", "other form"),
        (48, b"\2", "is_ntt_form"),
        (49, b"\1", "hold no ciphertext"),
        (49, b"\x20", "size 32"),
        (57, b"\x20", "the context has 16"),
        (65, b"\x09", "number of moduli 9"),
        (65, b"\2", "number of words 96"),
        (73, b"\0\0\0\0\0\0\xf0\x7f", "not finite"),
        (73, b"\0\0\0\0\0\0\0\x80", "a scale of"),
        (105, b"\xff" * 8, "number of words"),
        (113, b"\xff" * 8, "not below its prime"),
    ],
)
def test_altered_data_is_refused(at: int, value: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        context(0).read_ciphertext(altered(item(0, "a"), at, value))


def test_compressed_data_that_does_not_unpack_is_refused() -> None:
    here = context(0)
    for code in (1, 2):
        data = altered(item(0, "a"), 5, bytes([code]))
        with pytest.raises(ValueError, match=r"do not unpack|cut"):
            here.read_ciphertext(data)
    members = item(0, "a")[HEADER:]
    body = zlib.compress(members)[:-3]
    header = seal_format.Writer().sealed(b"")
    data = altered(header, 5, b"\1") + body
    data = altered(data, 8, len(data).to_bytes(8, "little"))
    with pytest.raises(ValueError, match="cut"):
        here.read_ciphertext(data)


@pytest.mark.parametrize("compression", ["zlib", "zstd"])
@pytest.mark.parametrize("name", ["ciphertext", "plaintext", "public_key", "secret_key", "galois_keys"])
def test_small_data_that_unpacks_to_much_is_refused(compression: seal_format.Compression, name: str) -> None:
    data = seal_format.Writer().sealed(bytes(1 << 27), compression)
    for read in (getattr(context(0), f"read_{name}"), SealContext.read):
        tracemalloc.start()
        try:
            with pytest.raises(ValueError, match="unpack to more than"):
                read(data)
            assert tracemalloc.get_traced_memory()[1] < 1 << 26
        finally:
            tracemalloc.stop()


def test_objects_compressed_within_others_are_refused() -> None:
    writer = seal_format.Writer()
    seed = writer.sealed(bytes(8), "zlib")
    with pytest.raises(ValueError, match="within another object"):
        SealContext.read(writer.sealed(bytes([2, *(16).to_bytes(8, "little"), *(1).to_bytes(8, "little")]) + seed))


@pytest.mark.parametrize("data", [1 << 40, "text", None, [1, 2]])
def test_what_holds_no_bytes_is_refused(data: Any) -> None:
    with pytest.raises(TypeError, match="wanted bytes"):
        context(0).read_ciphertext(data)


@pytest.mark.parametrize("values", [[1.5], [1j], [2**70], np.ma.array([1, 2], mask=[0, 1])])
def test_numbers_that_are_no_integers_are_not_cut_to_such(values: Any) -> None:
    here = context(2)
    with pytest.raises((TypeError, ValueError), match="values"):
        here.encrypt(here.read_public_key(item(2, "public_key")), values)


def test_what_does_not_decrypt_is_refused() -> None:
    here = context(2)
    secret = here.read_secret_key(item(2, "secret_key"))
    a = here.encrypt(here.read_public_key(item(2, "public_key")), [1, 2, 3])
    while here.noise_budget(secret, a) >= 1:
        a = here.add(a, a)
    with pytest.raises(PyaccelError, match="does not decrypt"):
        here.decrypt(secret, a)


def test_objects_of_other_parameters_are_refused() -> None:
    here = context(0)
    for index, name in ((1, "a"), (2, "a")):
        with pytest.raises(ValueError, match=r"degree|parameters"):
            here.read_ciphertext(item(index, name))
    with pytest.raises(ValueError, match="parameters"):
        here.read_relinearization_keys(item(2, "relinearization_keys"))


def test_operands_that_do_not_go_together_are_refused() -> None:
    here = context(0)
    a = here.read_ciphertext(item(0, "a"))
    galois = here.read_galois_keys(item(0, "galois_keys"))
    keys = here.read_relinearization_keys(item(0, "relinearization_keys"))
    product = here.multiply(a, a)
    with pytest.raises(ValueError, match="scales"):
        here.add(a, product)
    with pytest.raises(ValueError, match="primes left"):
        here.add(a, here.mod_switch(a))
    with pytest.raises(ValueError, match="relinearize it"):
        here.rotate(product, 1, galois)
    with pytest.raises(ValueError, match="wanted Galois keys"):
        here.rotate(a, 1, keys)
    with pytest.raises(ValueError, match="does not fit"):
        here.multiply(product, here.multiply(a, a))
    with pytest.raises(ValueError, match="steps"):
        here.rotate(a, 8, galois)
    low = a
    while low.moduli > 1:
        low = here.mod_switch(low)
    with pytest.raises(ValueError, match="no level below"):
        here.rescale(low)
    with pytest.raises(ValueError, match=r"no bfv|no ckks"):
        here.add(a, Ciphertext(np.full_like(a.rows, 2**62), a.scale))
    with pytest.raises(ValueError, match="bfv, ckks"):
        SealContext("bgv", 16, here.moduli)
    with pytest.raises(ValueError, match="power of two"):
        SealContext("ckks", 17, here.moduli)


def test_what_is_of_another_class_says_what_makes_the_right_one() -> None:
    here: Any = context(0)
    assert here.scheme == "ckks"
    secret = here.secret_key()
    a = here.encrypt(secret, [1.0, 2.0])
    relinearization, galois = here.relinearization_keys(secret), here.galois_keys(secret, [1], turn=False)
    square = here.multiply(a, a)
    for call, message in (
        (
            lambda: here.relinearize(square, None),
            r"keys: a NoneType came; .*SealContext\.relinearization_keys\(secret\)",
        ),
        (lambda: here.relinearize(a, secret), r"keys: a SecretKey came; .*TenSEAL saves none"),
        (lambda: here.rotate(a, 1, None), r"keys: a NoneType came; .*SealContext\.galois_keys\(secret\)"),
        (lambda: here.conjugate(a, None), r"galois_keys\(secret\)"),
        (lambda: here.apply_galois(a, 3, None), r"galois_keys\(secret\)"),
        (lambda: here.rotate(a, 1.5, galois), "steps: a float came"),
        (lambda: here.add_plain(a, [1, 2, 3]), r"plain: a list came; wanted a pyaccel\.he\.seal\.Plaintext"),
        (lambda: here.sub_plain(a, 1), "plain: a int came"),
        (lambda: here.multiply_plain(a, [1, 2, 3]), "plain: a list came"),
        (lambda: here.add(a, 1), r"a ciphertext: a int came; wanted a pyaccel\.he\.seal\.Ciphertext"),
        (lambda: here.sub(None, a), "a NoneType came"),
        (lambda: here.multiply(a, b""), "a bytes came"),
        (lambda: here.negate([a]), "a list came"),
        (lambda: here.rescale(None), "a NoneType came"),
        (lambda: here.mod_switch(None), "a NoneType came"),
        (lambda: here.decrypt(secret, here.to_he(a)), "a ciphertext: a Ciphertexts came"),
        (lambda: here.decrypt(None, a), r"key: a NoneType came; wanted a pyaccel\.he\.SecretKey: read_secret_key"),
        (lambda: here.encrypt(None, [1.0]), "key: a NoneType came"),
        (lambda: here.relinearization_keys(None), "secret: a NoneType came"),
        (lambda: here.galois_keys(relinearization), "secret: a SwitchingKeys came"),
        (lambda: here.from_he(a), r"batch: a Ciphertext came; wanted a pyaccel\.he\.Ciphertexts"),
    ):
        with pytest.raises(TypeError, match=message):
            call()
    with pytest.raises(ValueError, match="Galois keys came; wanted relinearization keys"):
        here.relinearize(square, galois)
    with pytest.raises(ValueError, match=r"none for a rotation by 4 .*galois_keys\(secret, \[4\]\)"):
        here.rotate(a, 4, galois)
    assert np.abs(here.decrypt(secret, here.rotate(a, 1, galois))[:1] - 2).max() < 1e-2


def test_flooding_here_too() -> None:
    here = context(0)
    secret = here.secret_key()
    a = here.encrypt(secret, [1.0, 2.0])
    error = np.abs(here.decrypt(secret, a, flood_bits=30)[:2] - [1, 2]).max()
    assert np.abs(here.decrypt(secret, a)[:2] - [1, 2]).max() < error < 10
    with pytest.raises(ValueError, match=r"flood_bits: 1 came; wanted 0, or 2"):
        here.decrypt(secret, a, flood_bits=1)
    exact = context(2)
    secret = exact.secret_key()
    with pytest.raises(ValueError, match="decrypts exactly"):
        exact.decrypt(secret, exact.encrypt(secret, [1]), flood_bits=20)
