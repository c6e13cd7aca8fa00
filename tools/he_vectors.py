#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes tests/vectors/he/*.json: seed -> keys -> ciphertexts -> operations -> SHA-256 of canonical bytes.

Everything comes from golden, Python integers written from docs/he.md. Takes minutes; names as arguments make those
files alone, `--check` compares them. What a file holds is said in docs/he.md, "Known-answer vectors".
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from typing import Any

from committed import ROOT

from pyaccel.golden import he_bytes, he_encode, he_evaluate, he_keys
from pyaccel.golden.he_context import Context, Parameters
from pyaccel.golden.he_keys import Ciphertext, Plaintext
from pyaccel.golden.he_ring import row

FOLDER = ROOT / "tests" / "vectors" / "he"
ITEMS = 2
"""Ciphertexts of a batch."""

Batch = list[Ciphertext]
Step = tuple[str, str, dict[str, Any]]
"""Name of what comes out, operation, its arguments."""


@dataclass(frozen=True)
class Case:
    """One file."""

    name: str
    parameters: Parameters
    steps: list[Step]
    slots: bool = True
    elements: list[int] = field(default_factory=list)
    width: int | None = None
    budgets: bool = True


def seed(case: str, use: str) -> bytes:
    """32 bytes of their own for each call."""
    return sha256(f"pyaccel he {case} {use}".encode()).digest()


def values(case: Case, which: int, item: int, salt: int) -> list[Any]:
    """Slots, or coefficients, of a plaintext."""
    degree, t = case.parameters.degree, case.parameters.plain_modulus
    if case.parameters.scheme == "ckks":
        width = case.width or degree // 2
        first = [(37 * j + 11 * item + 5 * which + salt) % 257 - 128 for j in range(width)]
        second = [(53 * j + 7 * item + 3 * which + salt) % 251 - 125 for j in range(width)]
        return [complex(x / 128, y / 128) for x, y in zip(first, second, strict=True)]
    return [(7919 * (j + 1) ** 2 + 104729 * item + 1299709 * which + salt) % t for j in range(degree)]


class Run:
    """A case as golden runs it."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.context = Context(case.parameters)
        self.seeds: dict[str, str] = {}
        self.key = he_keys.secret_key(self.context, self.seed("secret key"))
        self.public = he_keys.public_key(self.key, self.seed("public key"))
        self.keys = he_keys.evaluation_keys(self.key, self.seed("evaluation keys"), case.elements)
        self.salt, self.plaintexts = self._plaintexts()
        self.batches: dict[str, Batch] = {}

    def seed(self, use: str) -> bytes:
        """Of a call, noted for the file."""
        made = seed(self.case.name, use)
        self.seeds[use] = made.hex()
        return made

    def _plaintext(self, which: int, item: int, salt: int) -> Plaintext:
        parameters, numbers = self.case.parameters, values(self.case, which, item, salt)
        if parameters.scheme == "ckks":
            coefficients = he_encode.encode_numbers(numbers, parameters.scale, parameters.degree)
            return Plaintext(coefficients, self.context.top, parameters.scale)
        if self.case.slots:
            coefficients = he_encode.encode_integers(numbers, parameters.plain_modulus, parameters.degree)
        else:
            coefficients = row(numbers)
        return Plaintext(coefficients, self.context.top)

    def _plaintexts(self) -> tuple[int, list[list[Plaintext]]]:
        """x and y; of CKKS with the first salt that puts no coefficient near a half."""
        for salt in range(1000):
            try:
                return salt, [[self._plaintext(w, i, salt) for i in range(ITEMS)] for w in range(2)]
            except AssertionError:
                continue
        raise AssertionError("no salt will do")

    def step(self, out: str, operation: str, arguments: dict[str, Any]) -> None:
        """Runs one."""
        if operation.startswith("encrypt"):
            master = self.seed(out)
            plaintexts = enumerate(self.plaintexts["xy".index(arguments["plaintext"])])
            if operation == "encrypt":
                self.batches[out] = [he_keys.encrypt(self.public, p, master, i) for i, p in plaintexts]
            else:
                self.batches[out] = [he_keys.encrypt_secret(self.key, p, master, i) for i, p in plaintexts]
        elif operation == "sum_batch":
            self.batches[out] = [he_evaluate.sum_batch(self.batches[arguments["of"][0]])]
        else:
            rows = list(zip(*(self.batches[name] for name in arguments["of"]), strict=True))
            self.batches[out] = [self._item(operation, one, i, arguments) for i, one in enumerate(rows)]

    def _item(self, operation: str, of: tuple[Ciphertext, ...], item: int, arguments: dict[str, Any]) -> Ciphertext:
        plain = self.plaintexts["xy".index(arguments.get("plaintext", "x"))][item]
        operations: dict[str, Callable[[], Ciphertext]] = {
            "add": lambda: he_evaluate.add(*of),
            "sub": lambda: he_evaluate.sub(*of),
            "negate": lambda: he_evaluate.negate(*of),
            "add_plain": lambda: he_evaluate.add_plain(of[0], plain),
            "sub_plain": lambda: he_evaluate.sub_plain(of[0], plain),
            "multiply_plain": lambda: he_evaluate.multiply_plain(of[0], plain),
            "multiply": lambda: he_evaluate.multiply(*of),
            "multiply_relinearize": lambda: he_evaluate.relinearize(he_evaluate.multiply(*of), self.keys),
            "multiply_rescale": lambda: he_evaluate.multiply_rescale(*of, self.keys),
            "relinearize": lambda: he_evaluate.relinearize(*of, self.keys),
            "rescale": lambda: he_evaluate.rescale(*of),
            "mod_switch": lambda: he_evaluate.mod_switch(of[0], arguments["level"]),
            "rotate": lambda: he_evaluate.rotate(of[0], arguments["element"], self.keys),
            "sum_slots": lambda: he_evaluate.sum_slots(of[0], self.keys),
        }
        return operations[operation]()

    def _described(self, batch: Batch) -> dict[str, Any]:
        first = batch[0]
        told: dict[str, Any] = {"size": len(first.parts), "level": first.level}
        if self.case.parameters.scheme == "ckks":
            told["scale"] = first.scale
        if self.case.parameters.scheme == "bgv":
            told["factor"] = first.factor
        told["seeded"] = first.seed is not None
        told["digest"] = _digest(b"".join(map(he_bytes.ciphertext_rows, batch)))
        if self.case.parameters.scheme != "ckks":
            plaintexts = [he_keys.decrypt(self.key, one) for one in batch]
            told["decrypted"] = _digest(_integers(self.context.t, plaintexts))
            if self.case.budgets:
                told["budgets"] = [round(he_keys.noise_budget(self.key, one), 6) for one in batch]
        return told

    def told(self) -> dict[str, Any]:
        """What the file says."""
        steps = []
        for out, operation, arguments in self.case.steps:
            self.step(out, operation, arguments)
            steps.append({"out": out, "operation": operation, **arguments, **self._described(self.batches[out])})
            print(self.case.name, out, operation, file=sys.stderr)
        context, width = self.context, self.case.width
        plain = [_digest(he_bytes.save_plaintexts(context, batch)) for batch in self.plaintexts]
        return {
            "parameters": asdict(self.case.parameters),
            "canonical_parameters": context.canonical_bytes.hex(),
            "id": context.id.hex(),
            "groups": context.groups,
            "special": context.special,
            "digits": context.digits,
            "total_bits": context.total_bits,
            "seeds": self.seeds,
            "values": {"slots": self.case.slots, "items": ITEMS, "salt": self.salt}
            | ({"width": width} if width else {}),
            "elements": self.case.elements,
            "saved": {
                "parameters": _digest(he_bytes.save_parameters(context)),
                "secret_key": _digest(he_bytes.save_secret_key(self.key)),
                "public_key": _digest(he_bytes.save_public_key(self.public)),
                "evaluation_keys": _digest(he_bytes.save_evaluation_keys(self.keys)),
                "x": plain[0],
                "y": plain[1],
            },
            "steps": steps,
        }


def _digest(data: bytes) -> str:
    return sha256(data).hexdigest()


def _integers(t: int, plaintexts: list[Plaintext]) -> bytes:
    bits = (t - 1).bit_length()
    return b"".join(he_bytes.pack(one.coefficients, bits) for one in plaintexts)


def exact_steps(context: Context, *, slots: bool = True) -> list[Step]:
    """BFV, BGV."""
    degree, top = context.degree, context.top
    steps: list[Step] = [
        ("a", "encrypt", {"plaintext": "x"}),
        ("b", "encrypt_secret", {"plaintext": "y"}),
        ("sum", "add", {"of": ["a", "b"]}),
        ("difference", "sub", {"of": ["a", "b"]}),
        ("negative", "negate", {"of": ["b"]}),
        ("plain_sum", "add_plain", {"of": ["b"], "plaintext": "x"}),
        ("plain_difference", "sub_plain", {"of": ["a"], "plaintext": "y"}),
        ("plain_product", "multiply_plain", {"of": ["b"], "plaintext": "x"}),
        ("three", "multiply", {"of": ["a", "b"]}),
        ("product", "relinearize", {"of": ["three"]}),
        ("at_once", "multiply_relinearize", {"of": ["a", "b"]}),
        ("three_and_two", "add", {"of": ["three", "a"]}),
        ("rotated", "rotate", {"of": ["a"], "element": he_evaluate.element(degree, 1)}),
        ("swapped", "rotate", {"of": ["product"], "element": 2 * degree - 1}),
        ("all", "sum_batch", {"of": ["a"]}),
    ]
    if top > 0:
        steps += [
            ("lower", "mod_switch", {"of": ["product"], "level": top - 1}),
            ("mixed", "add", {"of": ["lower", "a"]}),
            ("mixed_other", "sub", {"of": ["b", "lower"]}),
            ("lower_plain", "add_plain", {"of": ["lower"], "plaintext": "y"}),
            ("lower_rotated", "rotate", {"of": ["lower"], "element": he_evaluate.element(degree, 1)}),
            ("again", "multiply_relinearize", {"of": ["lower", "b"]}),
            ("lowest", "mod_switch", {"of": ["a"], "level": 0}),
        ]
    return steps + ([("slots", "sum_slots", {"of": ["a"]})] if slots and degree <= 256 else [])


def ckks_steps(context: Context) -> list[Step]:
    """CKKS."""
    degree, top = context.degree, context.top
    steps: list[Step] = [
        ("a", "encrypt", {"plaintext": "x"}),
        ("b", "encrypt_secret", {"plaintext": "y"}),
        ("sum", "add", {"of": ["a", "b"]}),
        ("difference", "sub", {"of": ["a", "b"]}),
        ("negative", "negate", {"of": ["b"]}),
        ("plain_sum", "add_plain", {"of": ["b"], "plaintext": "x"}),
        ("plain_difference", "sub_plain", {"of": ["a"], "plaintext": "y"}),
        ("plain_product", "multiply_plain", {"of": ["b"], "plaintext": "x"}),
        ("three", "multiply", {"of": ["a", "b"]}),
        ("product", "relinearize", {"of": ["three"]}),
        ("rescaled", "rescale", {"of": ["product"]}),
        ("three_rescaled", "rescale", {"of": ["three"]}),
        ("at_once", "multiply_rescale", {"of": ["a", "b"]}),
        ("lower", "mod_switch", {"of": ["b"], "level": top - 1}),
        ("again", "multiply_rescale", {"of": ["at_once", "a"]})
        if top > 1
        else ("mixed", "sub", {"of": ["a", "lower"]}),
        ("rotated", "rotate", {"of": ["a"], "element": he_evaluate.element(degree, 1)}),
        ("conjugate", "rotate", {"of": ["at_once"], "element": 2 * degree - 1}),
        ("all", "sum_batch", {"of": ["a"]}),
    ]
    return steps + ([("slots", "sum_slots", {"of": ["a"]})] if degree <= 256 else [])


def last_steps(context: Context) -> list[Step]:
    """CKKS: products at level 0, which are not rescaled, and what comes after them."""
    return [
        ("a", "encrypt", {"plaintext": "x"}),
        ("b", "encrypt_secret", {"plaintext": "y"}),
        ("lowest", "mod_switch", {"of": ["a"], "level": 0}),
        ("at_once", "multiply_rescale", {"of": ["a", "b"]}),
        ("last", "multiply_rescale", {"of": ["at_once", "lowest"]}),
        ("square", "multiply_rescale", {"of": ["at_once", "at_once"]}),
        ("mixed", "multiply_rescale", {"of": ["b", "lowest"]}),
        ("three", "multiply", {"of": ["lowest", "b"]}),
        ("relinearized", "relinearize", {"of": ["three"]}),
        ("plain_product", "multiply_plain", {"of": ["lowest"], "plaintext": "y"}),
        ("sum", "add", {"of": ["mixed", "plain_product"]}),
        ("lifted", "add", {"of": ["last", "a"]}),
        ("lifted_first", "sub", {"of": ["b", "last"]}),
        ("three_and_two", "sub", {"of": ["lowest", "three"]}),
        ("lifted_plain", "add_plain", {"of": ["last"], "plaintext": "x"}),
        ("plain_difference", "sub_plain", {"of": ["square"], "plaintext": "y"}),
        ("rotated", "rotate", {"of": ["last"], "element": he_evaluate.element(context.degree, 1)}),
        ("conjugate", "rotate", {"of": ["square"], "element": 2 * context.degree - 1}),
        ("all", "sum_batch", {"of": ["last"]}),
        ("slots", "sum_slots", {"of": ["last"]}),
    ]


def elements(degree: int) -> list[int]:
    """Relinearization, one step, the swap; of small rings every power of two."""
    steps = [2**i for i in range(degree.bit_length() - 2)] if degree <= 256 else [1]
    return sorted([0, 2 * degree - 1, *(he_evaluate.element(degree, n) for n in steps)])


def cases() -> Iterator[Case]:
    """All."""
    exact = {
        "bfv-64": Parameters("bfv", 64, (30, 30, 30), plain_modulus=257),
        "bfv-64-one": Parameters("bfv", 64, (50,), plain_modulus=257),
        "bfv-256-digits": Parameters("bfv", 256, (50, 60, 50, 45), digits=2, plain_modulus=65537),
        "bfv-1024-odd": Parameters("bfv", 1024, (36, 50, 36), special_bits=60, plain_modulus=1000),
        "bgv-64": Parameters("bgv", 64, (30, 30, 30), plain_modulus=257),
        "bgv-256-digits": Parameters("bgv", 256, (50, 60, 50, 45), digits=3, special_bits=100, plain_modulus=65537),
        "bgv-512-even": Parameters("bgv", 512, (50, 50, 50), plain_modulus=2**20),
        "bfv-4096": Parameters("bfv", 4096, (36, 36), 37, standard="2018", security=128, plain_modulus=65537),
        "bgv-8192": Parameters("bgv", 8192, (43, 43, 43, 43), 42, standard="2024", security=128, plain_modulus=65537),
        "bfv-8192": Parameters("bfv", 8192, (43, 43, 44, 44), 44, standard="2018", security=128, plain_modulus=1032193),
    }
    for name, parameters in exact.items():
        context = Context(parameters)
        slots = parameters.plain_modulus % (2 * parameters.degree) == 1
        yield Case(name, parameters, exact_steps(context, slots=slots), slots, elements(parameters.degree))
    numbers = {
        "ckks-64": Parameters("ckks", 64, (50, 30, 30, 30), scale=2.0**30),
        "ckks-256-digits": Parameters("ckks", 256, (60, 35, 40, 35), digits=2, scale=2.0**35),
        "ckks-1024-split": Parameters("ckks", 1024, (40, 55, 30), special_bits=90, digits=2, scale=2.0**30),
        "ckks-4096": Parameters("ckks", 4096, (44, 30), 34, standard="2018", security=128, scale=2.0**30),
        "ckks-8192": Parameters("ckks", 8192, (50, 36, 36, 36), 50, standard="2024", security=128, scale=2.0**30),
    }
    for name, parameters in numbers.items():
        steps, width = ckks_steps(Context(parameters)), 512 if parameters.degree > 4096 else None
        yield Case(name, parameters, steps, elements=elements(parameters.degree), width=width)
    last = Parameters("ckks", 64, (100, 40), scale=2.0**40)
    yield Case("ckks-64-last", last, last_steps(Context(last)), elements=elements(64))


def main(names: list[str], *, check: bool) -> int:
    """Writes the files of these names, or all; with check compares them."""
    status = 0
    for case in cases():
        if not names or case.name in names:
            told = {"generator": "Generated by tools/he_vectors.py from pyaccel.golden", **Run(case).told()}
            head, _, rest = json.dumps(told, indent=1).partition("\n")
            text, file = head + rest.lstrip() + "\n", FOLDER / f"{case.name}.json"
            if not check:
                file.write_text(text)
            elif file.read_text() != text:
                print(f"{file.relative_to(ROOT)} is not what golden computes", file=sys.stderr)
                status = 1
    return status


if __name__ == "__main__":
    given = sys.argv[1:]
    sys.exit(main([name for name in given if name != "--check"], check="--check" in given))
