# SPDX-License-Identifier: Apache-2.0
"""Known answers of homomorphic encryption, which golden made: seed, keys, ciphertexts, operations, SHA-256 of each."""

from __future__ import annotations

import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from he_calls import budgets, encode, info, new_context, options, save
from implementations import Implementation, implementations
from vector_files import VECTORS, load_json

from pyaccel.golden.he_context import Parameters
from pyaccel.he.native import ffi, lib, make

NAMES = sorted(
    path.stem for path in (VECTORS / "he").glob("*.json") if "tools/he_vectors.py" in path.read_text().split("\n", 1)[0]
)
FIELDS = {"plaintexts": 24, "ciphertexts": 40}
"""Bytes of a saved batch between header and items."""


def _digest(data: bytes) -> str:
    return sha256(data).hexdigest()


def _items(kind: str, handle: Any, *, seeded: bool = False) -> bytes:
    return save(kind, handle)[72 + FIELDS[kind] + 32 * seeded :]


def _values(told: dict[str, Any], which: int, item: int) -> list[Any]:
    """The numbers that docs/he.md has for all files."""
    parameters, salt = told["parameters"], told["values"]["salt"]
    degree, t = parameters["degree"], parameters["plain_modulus"]
    if t == 0:
        return [
            complex(
                ((37 * j + 11 * item + 5 * which + salt) % 257 - 128) / 128,
                ((53 * j + 7 * item + 3 * which + salt) % 251 - 125) / 128,
            )
            for j in range(told["values"].get("width", degree // 2))
        ]
    return [(7919 * (j + 1) ** 2 + 104729 * item + 1299709 * which + salt) % t for j in range(degree)]


class _Run:
    """A file, computed in C."""

    def __init__(self, told: dict[str, Any]) -> None:
        self.told, self.seeds = told, {use: options(seed) for use, seed in told["seeds"].items()}
        self.context = new_context(Parameters(**told["parameters"]))
        self.key = make("secret_key", "secret_key_new", self.context, self.seeds["secret key"])
        self.public = make("public_key", "public_key_new", self.key, self.seeds["public key"])
        elements = [e for e in told["elements"] if e]
        listed = ffi.new("uint32_t[]", elements)
        seed = self.seeds["evaluation keys"]
        self.keys = make("evaluation_keys", "evaluation_keys_new", self.key, 1, listed, len(elements), seed)
        level, values = len(told["groups"]) - 1, told["values"]
        self.plaintexts = {
            name: encode(
                self.context, [_values(told, w, i) for i in range(values["items"])], level, slots=values["slots"]
            )
            for w, name in enumerate("xy")
        }
        self.batches: dict[str, Any] = {}

    def step(self, step: dict[str, Any]) -> Any:
        """One operation."""
        of = [self.batches[name] for name in step.get("of", [])]
        plain = self.plaintexts[step.get("plaintext", "x")]
        missing = ffi.new("uint32_t *")

        def call(function: str, *arguments: Any) -> Any:
            return make("ciphertexts", function, *arguments, ffi.NULL)

        match step["operation"]:
            case "encrypt":
                return make("ciphertexts", "encrypt", self.public, plain, self.seeds[step["out"]])
            case "encrypt_secret":
                return make("ciphertexts", "encrypt_secret", self.key, plain, self.seeds[step["out"]])
            case "add_plain" | "sub_plain" | "multiply_plain" as name:
                return call(name, of[0], plain)
            case "multiply":
                return call("multiply", *of, ffi.NULL, 0)
            case "multiply_relinearize":
                return call("multiply", *of, self.keys, 0)
            case "multiply_rescale":
                return call("multiply", *of, self.keys, 1)
            case "relinearize":
                return call("relinearize", *of, self.keys)
            case "mod_switch":
                return call("mod_switch", *of, step["level"])
            case "rotate":
                return call("rotate", missing, *of, ffi.new("uint32_t[]", [step["element"]]), 1, self.keys)
            case "sum_slots":
                return call("sum_slots", missing, *of, self.keys)
            case name:
                return call(name, *of)


@implementations("he", "chacha20", "he-sampler", golden=False)
@pytest.mark.parametrize("name", NAMES)
def test_vectors(implementation: Implementation, name: str) -> None:
    """Every digest of a file."""
    _check(implementation, name)


@implementations("he-slots", golden=False)
@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("ckks")])
def test_vectors_of_numbers(implementation: Implementation, name: str) -> None:
    """On every variant of what encodes numbers."""
    _check(implementation, name)


def _check(implementation: Implementation, name: str) -> None:
    told = load_json(f"he/{name}.json")
    run = _Run(told)
    context = ffi.new("pyaccel_he_context_info *")
    assert lib.pyaccel_he_context_get(context, run.context) == 0
    primes = [q for group in told["groups"] for q in group] + told["special"]
    assert list(context.primes)[: len(primes)] == primes
    assert bytes(ffi.buffer(context.id)).hex() == told["id"]
    assert save("context", run.context)[72:].hex() == told["canonical_parameters"]
    assert context.digit_count == len(told["digits"])
    saved = {
        "parameters": save("context", run.context),
        "secret_key": save("secret_key", run.key),
        "public_key": save("public_key", run.public),
        "evaluation_keys": save("evaluation_keys", run.keys),
        **{which: save("plaintexts", run.plaintexts[which]) for which in "xy"},
    }
    assert {kind: _digest(data) for kind, data in saved.items()} == told["saved"]
    for step in told["steps"]:
        made = run.batches[step["out"]] = run.step(step)
        got = info(made)
        where = f"{name}: {step['out']}"
        assert (got.size, got.level, got.seeded) == (step["size"], step["level"], step["seeded"]), where
        assert got.scale == step.get("scale", 1.0), where
        assert got.factor == step.get("factor", 1), where
        assert _digest(_items("ciphertexts", made, seeded=step["seeded"])) == step["digest"], where
        if "decrypted" in step:
            decrypted = make("plaintexts", "decrypt", run.key, made, 0, ffi.NULL)
            assert _digest(_items("plaintexts", decrypted)) == step["decrypted"], where
            assert budgets(run.key, made) == pytest.approx(step["budgets"], abs=2e-6), where
    implementation.ran(len(told["steps"]) + len(saved))


def test_golden_makes_the_files() -> None:
    """Some of them again; the others take minutes."""
    tool = Path(__file__).parents[1] / "tools" / "he_vectors.py"
    command = [sys.executable, str(tool), "--check", "bfv-64", "bgv-64", "ckks-64", "ckks-64-last"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_no_plaintext_is_lost() -> None:
    """Operations of a file leave a budget, so that what they decrypt to is what they computed."""
    for name in NAMES:
        told = load_json(f"he/{name}.json")
        assert all(budget > 0 for step in told["steps"] for budget in step.get("budgets", []) if step["out"] != "again")
