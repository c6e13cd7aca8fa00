# SPDX-License-Identifier: Apache-2.0
"""What `pyaccel demo` checks: real data of the repository, and a batch of signatures made here."""

from __future__ import annotations

import json
import os
import random
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from pyaccel.cli.errors import UnusableInputError
from pyaccel.cli.report import Report
from pyaccel.cli.runner import Progress, Runner
from pyaccel.cli.verification import Options, verify_file

SEED = 20_140_508
"""Of keys and messages: everybody checks the same batch."""

_KEYS = 256
_MESSAGE_SIZE = 120
_BLOCKS = "bitcoin/bcoin_block300025.raw"
_FILES = (
    (_BLOCKS, "bitcoin/bcoin_block300025-undo.raw"),
    ("bitcoin/btcd_277647.dat.bz2", "bitcoin/btcd_277647.utxostore.bz2"),
    ("bitcoin/bcoin_block482683.raw", None),
    ("bitcoin/bcoin_block898352.raw", None),
    ("light_client/tm_single_step_MC10_3_faulty_TestTwoThirdsValsetChanges.json", None),
)

Signer = Callable[[bytes], bytes]


@dataclass(frozen=True)
class Job:
    """One file of the demo."""

    path: Path
    options: Options

    @property
    def name(self) -> str:
        """What stands in the tables."""
        return self.path.name

    def report(self, runner: Runner) -> Report:
        """Verifies the file."""
        report = verify_file(self.path, runner, self.options)
        report.source = self.name
        return report


def repository_data() -> Path:
    """The folder of the real data: beside this package in a checkout, or in the current folder.

    Raises:
        UnusableInputError: it is in neither.
    """
    for root in (Path(__file__).parents[2], Path.cwd()):
        folder = root / "tests" / "vectors"
        if (folder / _BLOCKS).is_file():
            return folder
    raise UnusableInputError(
        "demo",
        "",
        "its blocks ship with the repository, not with the package",
        "run it in a checkout or an unpacked sdist",
    )


def jobs(folder: Path) -> list[Job]:
    """The real files."""
    return [Job(folder / name, Options(spent=folder / spent if spent else None)) for name, spent in _FILES]


def _signer(seed: bytes) -> tuple[bytes, Signer]:
    """Public key and signing function of an Ed25519 seed, by whichever well-kept library is installed."""
    try:
        from nacl.signing import SigningKey
    except ImportError:
        pass
    else:
        key = SigningKey(seed)
        return bytes(key.verify_key), lambda message: bytes(key.sign(message).signature)
    try:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    except ImportError:
        raise UnusableInputError(
            "demo", "", "no library to sign with: pyaccel never signs", "pip install pynacl (or cryptography)"
        ) from None
    private = Ed25519PrivateKey.from_private_bytes(seed)
    return private.public_key().public_bytes_raw(), private.sign


def _rows(count: int, progress: Progress) -> Iterator[str]:
    generator = random.Random(SEED)  # noqa: S311 - public test data, made the same everywhere
    signers = [_signer(generator.randbytes(32)) for _ in range(min(_KEYS, count))]
    for i in range(count):
        key, sign = signers[i % len(signers)]
        message = generator.randbytes(_MESSAGE_SIZE)
        row = {
            "scheme": "ed25519",
            "public_key": key.hex(),
            "message": message.hex(),
            "signature": sign(message).hex(),
        }
        yield json.dumps(row) + "\n"
        if i % 1000 == 0:
            progress("signing a batch to check", i, count)


def signed_batch(count: int, progress: Progress) -> Job:
    """A batch file of `count` Ed25519 signatures; made once and kept in the user's cache folder, if it can be.

    Raises:
        UnusableInputError: no library to sign with is installed.
    """
    path = platformdirs.user_cache_path("pyaccel") / "demo" / f"ed25519-{count}-seed{SEED}.jsonl"
    if path.is_file():
        return Job(path, Options())
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, count, progress)
    except OSError:
        path = Path(tempfile.mkdtemp(prefix="pyaccel-")) / path.name
        _write(path, count, progress)
    return Job(path, Options())


def _write(path: Path, count: int, progress: Progress) -> None:
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.writelines(_rows(count, progress))
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
