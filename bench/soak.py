# SPDX-License-Identifier: Apache-2.0
"""A long run of an engine under everything at once: every answer is checked, and its memory stays flat.

    python -m bench.soak --minutes 10

Threads and asyncio tasks hash, verify under several schemes, recover and build trees, one row or many at a time; some
calls are wrong, cancelled, late or refused, some callbacks raise, engines close and the process forks in the midst.
What is right was told beforehand by hashlib, libsodium, libsecp256k1 and OpenSSL. Fails at the first answer that is
not, and where memory has grown.
"""

from __future__ import annotations

import argparse
import asyncio
import concurrent.futures
import hashlib
import logging
import os
import random
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pyaccel
from pyaccel.errors import EngineClosedError

from .loops import installed

THREADS, LOOPS, TASKS = 4, 2, 16
ROWS = 128
"""Different calls of each kind."""
OFTEN = 10
"""Times that a call of many rows stands among them."""
QUEUE = 600
"""Rows that wait at most: less than the callers have, so that some are refused."""
REPORT = 30.0
"""Seconds between two lines."""
ENGINE_SECONDS = 10.0
"""How long an engine lives."""
FORK_SECONDS = 20.0
"""How often the process forks."""
WAIT = 120.0
"""Seconds within which every answer must be there."""


class Question(NamedTuple):
    """A call and its answer."""

    operation: str
    arguments: tuple[Any, ...]
    parameters: dict[str, Any]
    answer: object


def _leaf(leaf: bytes) -> bytes:
    return hashlib.sha256(b"\0" + leaf).digest()


def _tree(leaves: list[bytes]) -> bytes:
    """RFC 9162 2.1.1, of one leaf and more."""
    if len(leaves) == 1:
        return _leaf(leaves[0])
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + _tree(leaves[:split]) + _tree(leaves[split:])).digest()


def _spoilt(draw: random.Random, row: tuple[bytes, bytes, bytes]) -> tuple[tuple[bytes, bytes, bytes], bool]:
    """A row of a key, a message and a signature, every third over another message; and whether it is valid."""
    key, message, signature = row
    return (row, True) if draw.randrange(3) else ((key, message + b"x", signature), False)


def _hashes(draw: random.Random) -> list[Question]:
    questions = []
    for _ in range(ROWS):
        message = draw.randbytes(draw.randrange(300))
        name = draw.choice(("sha256", "sha512", "blake2b-512"))
        of = hashlib.new(name.replace("-512", ""), message).digest()
        questions.append(Question("hash", (name, message), {}, of))
        key = draw.randbytes(32)
        mac = hashlib.blake2s(message, key=key).digest()
        questions.append(Question("hash", ("blake2s-256", bytearray(message)), {"key": key}, mac))
    many = [draw.randbytes(64) for _ in range(300)]
    digests = b"".join(hashlib.sha256(message).digest() for message in many)
    return questions + [Question("hash_many", ("sha256", many), {}, digests)] * OFTEN


def _trees(draw: random.Random) -> list[Question]:
    questions = []
    for _ in range(ROWS // 4):
        leaves = [draw.randbytes(draw.randrange(80)) for _ in range(draw.randrange(1, 90))]
        questions.append(Question("merkle.root", (leaves,), {}, _tree(leaves)))
        pair = leaves[0], leaves[-1]
        root = hashlib.sha256(b"\1" + _leaf(pair[0]) + _leaf(pair[1])).digest()
        for i in range(2):
            row = (root, pair[0], i, _leaf(pair[1]), 2)
            questions.append(Question("merkle.verify", row, {}, i == 0 or pair[0] == pair[1]))
    return questions


def _ed25519(draw: random.Random) -> list[Question]:
    signing = installed("nacl.signing")
    if signing is None:
        return []
    signers = [signing.SigningKey(draw.randbytes(32)) for _ in range(8)]
    keys = [bytes(signer.verify_key) for signer in signers]
    prepared = pyaccel.PreparedKeys("ed25519", keys)
    cache = pyaccel.SignatureCache(memory=1 << 15)
    questions, rows, verdicts = [], [], []
    for _ in range(ROWS):
        i, message = draw.randrange(8), draw.randbytes(draw.randrange(200))
        row, valid = _spoilt(draw, (keys[i], message, signers[i].sign(message).signature))
        rule = draw.choice(("zip215", "rfc8032", "openssl"))
        questions.append(Question("verify", ("ed25519", *row), {"rule": rule}, valid))
        questions.append(Question("verify", ("ed25519", *row), {"rule": rule, "cache": cache}, valid))
        questions.append(Question("verify", ("ed25519", prepared, *row[1:]), {"key_index": i}, valid))
        rows.append(row)
        verdicts.append(valid)
    columns = (list(column) for column in zip(*rows, strict=True))
    return questions + [Question("verify_many", ("ed25519", *columns), {}, bytes(verdicts))] * OFTEN


def _secp256k1(draw: random.Random) -> list[Question]:
    coincurve = installed("coincurve")
    if coincurve is None:
        return []
    questions = []
    for _ in range(ROWS):
        signer = coincurve.PrivateKey(draw.randbytes(32))
        message, key = draw.randbytes(50), signer.public_key.format()
        row, valid = _spoilt(draw, (key, message, signer.sign(message)))
        questions.append(Question("verify", ("secp256k1-ecdsa", *row), {"signature_format": "der"}, valid))
        digest = hashlib.sha256(message).digest()
        found = (signer.public_key.format(compressed=False)[1:], True)
        recoverable = signer.sign_recoverable(digest, hasher=None)
        questions.append(Question("recover", (digest, recoverable), {}, found))
        questions.append(Question("recover", (digest, recoverable[:64], recoverable[64]), {}, found))
    return questions


def _p256(draw: random.Random) -> list[Question]:
    ec = installed("cryptography.hazmat.primitives.asymmetric.ec")
    if ec is None:
        return []
    from cryptography.hazmat.primitives import hashes, serialization

    questions = []
    signer = ec.generate_private_key(ec.SECP256R1())
    encoding, form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    key = signer.public_key().public_bytes(encoding, form)
    named = {"signature_format": "der", "key_format": "spki"}
    for _ in range(ROWS):
        message = draw.randbytes(50)
        row, valid = _spoilt(draw, (key, message, signer.sign(message, ec.ECDSA(hashes.SHA256()))))
        questions.append(Question("verify", ("p256-ecdsa", *row), named, valid))
    return questions


def questions(seed: int = 1) -> list[Question]:
    """Calls of every kind that the installed peers can answer."""
    draw = random.Random(seed)  # noqa: S311 - the same load each time
    return [question for kind in (_hashes, _trees, _ed25519, _secp256k1, _p256) for question in kind(draw)]


def _same(found: Any, answer: object) -> bool:
    return bool((found.tobytes() if hasattr(found, "tobytes") else found) == answer)


def _fails(_: object) -> None:
    raise RuntimeError("a callback of the soak, which raises on purpose")


class Soak:
    """The load, and what it found. All engines that there are one after the other get it."""

    def __init__(self, seconds: float, device: str) -> None:
        """Args: seconds: of the run; device: where batches run."""
        self.questions = questions()
        self.counts: Counter[str] = Counter()
        self.resident: list[int] = []
        self._device = device
        self._end = time.monotonic() + seconds
        self._engine = self._open()
        self._failure: BaseException | None = None

    def _open(self) -> pyaccel.Engine:
        return pyaccel.Engine(self._device, max_batch=100, max_delay=300e-6, max_queue=QUEUE)

    def _going(self) -> bool:
        return self._failure is None and time.monotonic() < self._end

    def _submit(self, draw: random.Random) -> tuple[Question, Any] | None:
        """One call, in one way of many; None where nothing came of it, as it should."""
        question = draw.choice(self.questions)
        named = dict(question.parameters)
        if draw.randrange(8) == 0:
            named["priority"] = draw.randrange(3)
        if draw.randrange(8) == 0:
            named["timeout"] = draw.choice((0.0, 0.001, WAIT))
        try:
            if draw.randrange(50) == 0:
                return self._wrong(question)
            future = self._engine.submit(question.operation, *question.arguments, **named)
        except pyaccel.OverloadedError:
            self.counts["refused"] += 1
            time.sleep(0.0005)
            return None
        except EngineClosedError:
            self.counts["closed"] += 1
            return None
        if draw.randrange(16) == 0:
            future.add_done_callback(_fails)
        if draw.randrange(16) == 0 and future.cancel():
            self.counts["cancelled"] += 1
            return None
        return question, future

    def _wrong(self, question: Question) -> None:
        """A call that is an error, of the caller alone."""
        try:
            self._engine.submit(question.operation, *question.arguments, nonsense=1)
        except TypeError:
            self.counts["wrong"] += 1
        else:
            raise AssertionError(f"{question.operation} took nonsense")

    def _check(self, question: Question, found: Any) -> None:
        if not _same(found, question.answer):
            raise AssertionError(f"{question.operation}: {found!r} came; wanted {question.answer!r}")
        self.counts[question.operation] += 1

    def _thread(self, seed: int) -> None:
        draw = random.Random(seed)  # noqa: S311
        while self._going():
            asked = [one for _ in range(draw.randrange(1, 200)) if (one := self._submit(draw)) is not None]
            for question, future in asked:
                try:
                    self._check(question, future.result(WAIT))
                except TimeoutError:
                    if not future.done():
                        raise
                    self.counts["late"] += 1
                except concurrent.futures.CancelledError:
                    self.counts["dropped"] += 1

    async def _task(self, draw: random.Random) -> None:
        while self._going():
            asked = self._submit(draw)
            if asked is None:
                await asyncio.sleep(0)
                continue
            question, future = asked
            try:
                if draw.randrange(20) == 0:
                    await asyncio.wait_for(future, 1e-4)
                    continue
                self._check(question, await future)
            except TimeoutError:
                self.counts["late"] += 1
            except asyncio.CancelledError:
                self.counts["dropped"] += 1

    async def _tasks(self, seed: int) -> None:
        draws = [random.Random(seed * TASKS + i) for i in range(TASKS)]  # noqa: S311
        await asyncio.gather(*(self._task(draw) for draw in draws))

    def _keep(self, work: Callable[[], object]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - told by `run`
            self._failure = self._failure or error

    def _renew(self, *, drain: bool) -> None:
        old, self._engine = self._engine, self._open()
        old.close(drain=drain)
        self.counts["engines"] += 1

    def _fork(self) -> None:
        """The engine works in a child, too."""
        child = os.fork()
        if child == 0:
            code = 1
            try:
                signal.alarm(int(WAIT))
                future = self._engine.submit("hash", "sha256", b"child")
                code = int(future.result(WAIT) != hashlib.sha256(b"child").digest())
            except EngineClosedError:
                code = 0
            finally:
                os._exit(code)
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
            raise AssertionError("the engine of a child did not answer")
        self.counts["forks"] += 1

    def _tell(self, start: float) -> None:
        self.resident.append(resident())
        counts = " ".join(f"{name}={number:,}" for name, number in sorted(self.counts.items()))
        print(f"{time.monotonic() - start:6.0f} s  {self.resident[-1] / 2**20:7.1f} MiB  {counts}", flush=True)

    def run(self) -> Counter[str]:
        """Runs to the end; how many answers there were of each operation, and what else happened how often.

        Raises:
            AssertionError: an answer is wrong.
            TimeoutError: one did not come.
        """
        start = time.monotonic()
        works: list[Callable[[], object]] = [lambda i=i: self._thread(i) for i in range(THREADS)]  # type: ignore[misc]
        works += [lambda i=i: asyncio.run(self._tasks(i)) for i in range(LOOPS)]  # type: ignore[misc]
        threads = [threading.Thread(target=self._keep, args=(work,)) for work in works]
        for thread in threads:
            thread.start()
        renewed = forked = told = start
        while self._going():
            time.sleep(min(0.2, max(0.0, self._end - time.monotonic())))
            now = time.monotonic()
            if now - renewed > ENGINE_SECONDS:
                renewed = now
                self._renew(drain=self.counts["engines"] % 2 == 0)
            if now - forked > FORK_SECONDS and hasattr(os, "fork"):
                forked = now
                self._keep(self._fork)
            if now - told > REPORT:
                told = now
                self._tell(start)
        for thread in threads:
            thread.join(2 * WAIT)
            if thread.is_alive():
                raise TimeoutError("a caller hangs")
        self._engine.close()
        self._tell(start)
        if self._failure is not None:
            raise self._failure
        return self.counts


def resident() -> int:
    """Bytes of memory that this process holds now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def grown(samples: list[int]) -> int:
    """Bytes by which memory grew after a quarter of the run, when every path has been gone; from peak to peak."""
    quarter = max(1, len(samples) // 4)
    return max(samples[-quarter:]) - max(samples[: 2 * quarter])


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10.0, help="how long; default: 10")
    parser.add_argument("--device", default="auto", help="what runs the batches; default: auto")
    parser.add_argument("--grow", type=float, default=24.0, help="MiB by which memory may grow")
    arguments = parser.parse_args()
    logging.getLogger("pyaccel").setLevel(logging.CRITICAL)  # callbacks fail and queues are full on purpose
    soak = Soak(arguments.minutes * 60, arguments.device)
    soak.run()
    more = grown(soak.resident) / 2**20
    print(f"memory grew by {more:.1f} MiB; {arguments.grow:.0f} are allowed")
    return int(more > arguments.grow)


if __name__ == "__main__":
    sys.exit(main())
