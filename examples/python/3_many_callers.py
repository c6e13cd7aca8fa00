# SPDX-License-Identifier: Apache-2.0
"""A server that verifies one signature a request: from asyncio and from threads, gathered into batches.

pip install 'pyaccel[test]' && python examples/python/3_many_callers.py
"""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor

from nacl.signing import SigningKey

import pyaccel

KEYS = [SigningKey(os.urandom(32)) for _ in range(4)]


def request(number: int) -> tuple[bytes, bytes, bytes]:
    """What a client sends: its key, a message, and a signature; each tenth is not of this message."""
    key, message = KEYS[number % 4], b"request %d" % number
    signature = key.sign(b"another" if number % 10 == 0 else message).signature
    return bytes(key.verify_key), message, signature


async def handle(engine: pyaccel.Engine, number: int) -> bool:
    """One request. To its author it looks as if it were alone."""
    while True:
        try:
            # 1. Whoever awaits lets others come: their rows share the batch.
            valid: bool = await engine.submit("verify", "ed25519", *request(number), rule="rfc8032", timeout=5)
        except pyaccel.OverloadedError:
            # 2. The queue is full. A server might as well answer "try again later".
            await asyncio.sleep(0.001)
        else:
            return valid


async def serve(engine: pyaccel.Engine) -> list[bool]:
    """Many requests at once."""
    return await asyncio.gather(*(handle(engine, number) for number in range(2_000)))


def main() -> None:
    """Both ways, with one engine."""
    with pyaccel.Engine(max_delay=0.0005, max_queue=1_000) as engine:
        verdicts = asyncio.run(serve(engine))
        print(f"asyncio: {sum(verdicts)} of {len(verdicts)} signatures are valid")

        # 3. Threads use the same engine. bind fixes what all calls have in common.
        verify = engine.bind("verify", "ed25519", rule="rfc8032")
        with ThreadPoolExecutor(8) as pool:
            verdicts = list(pool.map(lambda number: verify(*request(number)).result(), range(400)))
        print(f"threads: {sum(verdicts)} of {len(verdicts)} signatures are valid")

        # 4. How well it gathered.
        counts = engine.statistics()
        print(f"rows of a batch on average: {counts['rows_total'] / counts['batches_total']:.0f}")


if __name__ == "__main__":
    main()
