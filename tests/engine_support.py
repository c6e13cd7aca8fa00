# SPDX-License-Identifier: Apache-2.0
"""What the tests of the engine share: signed rows, some of them spoilt, and a way to keep an engine busy."""

from __future__ import annotations

import hashlib
import random
import threading
from contextlib import contextmanager

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

SECONDS = 60
"""How long a test waits for what must come."""


def signed(count, seed=1):
    """Ed25519 rows (public key, message, signature), a third of them spoilt, and what libsodium says of each."""
    random_ = random.Random(seed)
    keys = [SigningKey(random_.randbytes(32)) for _ in range(8)]
    rows = []
    for _ in range(count):
        key = random_.choice(keys)
        message = random_.randbytes(random_.randrange(100))
        row = [bytes(key.verify_key), message, key.sign(message).signature]
        if random_.random() < 1 / 3:
            column = random_.randrange(3)
            spoilt = bytearray(row[column] or b"0")
            spoilt[random_.randrange(len(spoilt))] ^= 1 << random_.randrange(8)
            row[column] = bytes(spoilt)
        rows.append(tuple(row))
    return rows, [_libsodium(*row) for row in rows]


def _libsodium(key, message, signature):
    try:
        VerifyKey(key).verify(message, signature)
    except BadSignatureError:
        return False
    return True


def sha256(message):
    return hashlib.sha256(message).digest()


def on_a_thread(engine, function, message=bytes(1 << 20)):
    """Calls function on a thread of the engine, as a callback; again where its future was done before it had one."""
    caller = threading.get_ident()
    missed = [True]

    def call(_):
        if threading.get_ident() == caller:
            missed.append(True)
        else:
            function()

    while missed:
        missed.clear()
        engine.submit_many("hash_many", "sha256", [message]).add_done_callback(call)


@contextmanager
def busy(engine):
    """Keeps every thread of the engine in a callback, until the block ends."""
    end = threading.Event()
    entered = threading.Semaphore(0)

    def hold():
        entered.release()
        end.wait(SECONDS)

    try:
        for _ in range(engine.workers):
            on_a_thread(engine, hold)
        for _ in range(engine.workers):
            assert entered.acquire(timeout=SECONDS)
        yield
    finally:
        end.set()


def together(functions):
    """Runs functions in threads that start at once; raises what one of them raised."""
    errors = []
    barrier = threading.Barrier(len(functions))

    def run(function):
        try:
            barrier.wait(SECONDS)
            function()
        except BaseException as error:  # noqa: BLE001
            errors.append(error)

    threads = [threading.Thread(target=run, args=(function,)) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(2 * SECONDS)
        assert not thread.is_alive()
    if errors:
        raise errors[0]
