#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes tests/vectors/ed25519/edges.json: Ed25519 rows on which verifiers differ, and what each verifier says of them.

    python tools/ed25519_edges.py > tests/vectors/ed25519/edges.json

Needs cargo and go with their registries, and runs tools/peers/ed25519, Python's cryptography (OpenSSL) and PyNaCl
(libsodium). The same versions give the same file.

A row is [A, R, S, message, verdicts, difference]: indices into `points` and `scalars` (hex, as they stand in keys and
signatures); the message in ASCII; one character a verifier in the order of `verifiers`, 1 for valid; and what is known
of [S]B - R - [k]A from how the row was made, k = SHA-512(R || A || message) mod l: null where that has order l or 8 l
(also where no one knows a logarithm), else which multiple of a point of order 8 it is, 0 when the exact equation holds.

The rows:
- all pairs of the 14 encodings of points of small order with S = 0; each of them as A beside an R with every part of
  small order, and as R beside such an A; A and R with all 64 pairs of such parts; all for each residue of k modulo 8;
- every encoding with y >= p, beside each other and those of small order;
- S at its bounds and beyond: S + multiples of l, the upper bits;
- R hashed in another encoding than it stands in the row.
The twelve cases of ed25519-speccheck (novifinancial; Chalkias, Garillot, Nikolaenko, "Taming the many EdDSAs", 2020)
are among them, made anew: small or mixed A and R, S >= l, 8 k reduced modulo l, encodings that are not canonical.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import random
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.backends.openssl.backend import backend
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from pyaccel.golden.ed25519 import B, L, P, Point, add, decode, encode, is_identity, multiply

PEERS = Path(__file__).resolve().parent / "peers" / "ed25519"
VERIFIERS = (
    *("zebra", "consensus", "voi-zip215", "voi-default", "voi-stdlib", "voi-fips"),
    *("openssl", "go", "dalek-strict", "dalek-3-strict", "dalek", "libsodium"),
)

SODIUM = {"1.6.2": "1.0.20-stable (build of 2025-12-31)"}
"""What each PyNaCl bundles, by its change log: the library itself does not tell."""


def number(value: int) -> bytes:
    """32 bytes, little-endian."""
    return value.to_bytes(32, "little")


@dataclass(frozen=True)
class Known:
    """An encoding, and scalar and torsion of its point: [scalar]B + [torsion]T. None where nobody knows."""

    encoding: bytes
    scalar: int | None = None
    torsion: int = 0


@dataclass(frozen=True)
class Row:
    """A key, an R, an S and a message."""

    a: Known
    r: Known
    s: int
    message: bytes

    @property
    def fields(self) -> tuple[bytes, bytes, bytes]:
        """Key, message, signature."""
        return self.a.encoding, self.message, self.r.encoding + number(self.s)

    @property
    def difference(self) -> int | None:
        """Torsion of [S]B - R - [k]A where that is all of it."""
        k = challenge(self.r.encoding, self.a.encoding, self.message)
        if self.a.scalar is None or self.r.scalar is None or (self.s - self.r.scalar - k * self.a.scalar) % L:
            return None
        return -(self.r.torsion + k * self.a.torsion) % 8


def challenge(r: bytes, a: bytes, message: bytes) -> int:
    """k, by hashlib."""
    return int.from_bytes(hashlib.sha512(r + a + message).digest(), "little") % L


def torsion_points() -> list[Point]:
    """Multiples 0 to 7 of a point of order 8: l times a point whose order is 8 l."""
    for y in range(2, 100):
        point = decode(number(y), canonical=True)
        if point is not None and not is_identity(multiply(4 * L, point)):
            generator = multiply(L, point)
            return [multiply(i, generator) for i in range(8)]
    raise AssertionError("no point of order 8 among the first")


def small_order() -> list[Known]:
    """Every encoding of the points of small order: canonical, with a sign on x = 0, with y >= p."""
    canonical = {encode(point): i for i, point in enumerate(torsion_points())}
    ys = sorted({int.from_bytes(encoding, "little") % 2**255 for encoding in canonical})
    found = []
    for y in ys + [y + P for y in ys if y + P < 2**255]:
        for sign in (0, 1):
            encoding = number(y | sign << 255)
            point = decode(encoding, canonical=False)
            assert point is not None
            found.append(Known(encoding, 0, canonical[encode(point)]))
    return found


def over_p(small: list[Known]) -> list[Known]:
    """All encodings with p <= y < 2^255 and of y = 2: but for y = p and p + 1 no points, or of unknown logarithm."""
    known = {point.encoding: point for point in small}
    encodings = [number(y | sign << 255) for y in [*range(P, 2**255), 2] for sign in (0, 1)]
    return [known.get(encoding, Known(encoding)) for encoding in encodings]


def with_torsion(scalar: int) -> list[Known]:
    """[scalar]B and the eight torsion points added to it."""
    base = multiply(scalar, B)
    return [Known(encode(add(base, point)), scalar, i) for i, point in enumerate(torsion_points())]


def messages(a: Known, r: Known) -> list[bytes]:
    """The first counters, one for each residue of k modulo 8."""
    found: dict[int, bytes] = {}
    counter = 0
    while len(found) < 8:
        message = b"%d" % counter
        found.setdefault(challenge(r.encoding, a.encoding, message) % 8, message)
        counter += 1
    return [found[residue] for residue in range(8)]


def solved(a: Known, r: Known, message: bytes, hashed: tuple[bytes, bytes] | None = None) -> Row:
    """The row whose S fits, with k of the encodings (R, A) that are hashed, by default the row's."""
    assert a.scalar is not None
    assert r.scalar is not None
    k = challenge(*(hashed or (r.encoding, a.encoding)), message)
    return Row(a, r, (r.scalar + k * a.scalar) % L, message)


def scalar_rows(keys: list[Known], rs: list[Known], identity: Known) -> list[Row]:
    """S at its bounds and beyond, where the equation holds modulo l."""
    bounds = (0, 1, 2, L - 1, L // 2, 2**252 - 1, 2**252, 2**252 + 1)
    good = [Row(identity, with_torsion(s)[0], s, b"0") for s in bounds]
    good += [solved(keys[i], rs[j], message) for i, j in ((0, 0), (0, 4), (2, 1), (3, 7)) for message in (b"0", b"1")]
    rows = []
    for row in good:
        beyond = [row.s + i * L for i in range(16)] + [row.s | 1 << bit for bit in (252, 253, 254, 255)]
        beyond += [(row.s - 1) % L, L, 2**253 - 1, 2**255 - 1, 2**256 - 1]
        rows += [Row(row.a, row.r, s, row.message) for s in dict.fromkeys(beyond) if s < 2**256]
    return rows


def make_rows() -> list[Row]:
    """The whole set, each row once."""
    source = random.Random(25519)  # noqa: S311
    small, beyond = small_order(), over_p(small_order())
    keys, rs = with_torsion(source.randrange(1, L)), with_torsion(source.randrange(1, L))
    rows = [Row(a, r, 0, message) for a in small for r in small for message in messages(a, r)]
    rows += [solved(a, r, message) for a in small for r in rs for message in messages(a, r)]
    rows += [solved(a, r, message) for a in keys for r in small for message in messages(a, r)]
    rows += [solved(a, r, message) for a in keys for r in rs for message in messages(a, r)]
    rows += [Row(a, r, 0, b"0") for a in beyond for r in [*beyond, *small, rs[0], rs[1]]]
    rows += [Row(a, r, 0, b"0") for a in [*small, keys[0], keys[1]] for r in beyond]
    rows += scalar_rows(keys, rs, small[2])
    # S as if R had been hashed in another encoding of the same point.
    rows += [
        solved(key, r, b"%d" % i, (other.encoding, key.encoding))
        for r, other in itertools.permutations(small, 2)
        if r.torsion == other.torsion
        for key in keys[:2]
        for i in range(4)
    ]
    return list(dict.fromkeys(rows))


def openssl(key: bytes, message: bytes, signature: bytes) -> bool:
    """OpenSSL, as Python's cryptography calls it."""
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def libsodium(key: bytes, message: bytes, signature: bytes) -> bool:
    """libsodium, as PyNaCl calls it."""
    try:
        VerifyKey(key).verify(message, signature)
    except BadSignatureError:
        return False
    return True


def build(out: Path) -> list[Path]:
    """The programs of tools/peers/ed25519."""
    environment = {**os.environ, "CARGO_TARGET_DIR": str(out / "cargo")}
    go = out / "ed25519-verdicts-go"
    subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=PEERS, env=environment, check=True)
    subprocess.run(["go", "build", "-o", str(go), "."], cwd=PEERS, check=True)
    return [out / "cargo" / "release" / "ed25519-verdicts", go]


def foreign(program: Path, rows: list[Row]) -> dict[str, tuple[str, str]]:
    """Version and verdicts by name, of all verifiers of a program."""
    listed = subprocess.run([program], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True).stdout
    versions = dict(line.split("\t") for line in listed.splitlines())
    text = "".join(" ".join(field.hex() for field in row.fields) + "\n" for row in rows)
    lines = subprocess.run([program, *versions], input=text, capture_output=True, text=True, check=True).stdout.split()
    assert len(lines) == len(rows)
    return {
        name: (versions[name], "".join(column)) for name, column in zip(versions, zip(*lines, strict=True), strict=True)
    }


def all_verdicts(rows: list[Row]) -> dict[str, tuple[str, str]]:
    """Version and verdicts of every verifier, by name."""
    with tempfile.TemporaryDirectory() as folder:
        found = {name: value for program in build(Path(folder)) for name, value in foreign(program, rows).items()}
    for name, verify, release in (
        ("openssl", openssl, f"{backend.openssl_version_text()}, by cryptography {version('cryptography')}"),
        ("libsodium", libsodium, f"libsodium {SODIUM[version('pynacl')]}, by PyNaCl {version('pynacl')}"),
    ):
        found[name] = release, "".join(str(int(verify(*row.fields))) for row in rows)
    return {name: found[name] for name in VERIFIERS}


def document(rows: list[Row], verdicts: dict[str, tuple[str, str]]) -> str:
    """JSON, a row a line."""
    points = {point: i for i, point in enumerate(dict.fromkeys(p for row in rows for p in (row.a, row.r)))}
    scalars = {s: i for i, s in enumerate(dict.fromkeys(row.s for row in rows))}
    locked = tomllib.loads((PEERS / "Cargo.lock").read_text())["package"]
    head = {
        "generator": "tools/ed25519_edges.py, which says what the fields are",
        "crates": [f"{p['name']} {p['version']}" for p in locked if "25519" in p["name"] and "source" in p],
        "verifiers": {name: release for name, (release, _) in verdicts.items()},
    }
    lines = [
        json.dumps([points[row.a], points[row.r], scalars[row.s], row.message.decode(), said, row.difference])
        for row, said in zip(rows, map("".join, zip(*(v for _, v in verdicts.values()), strict=True)), strict=True)
    ]
    return "".join(
        (
            json.dumps(head, indent=1)[:-2] + ",\n",
            ' "points": [\n' + ",\n".join(f'"{point.encoding.hex()}"' for point in points) + "],\n",
            ' "scalars": [\n' + ",\n".join(f'"{number(s).hex()}"' for s in scalars) + "],\n",
            ' "rows": [\n' + ",\n".join(lines) + "]\n}\n",
        )
    )


def main() -> int:
    """Prints the file."""
    rows = make_rows()
    verdicts = all_verdicts(rows)
    sys.stdout.write(document(rows, verdicts))
    for name, (release, said) in verdicts.items():
        print(f"{name:15} {said.count('1'):5} of {len(rows)} valid  {release}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
