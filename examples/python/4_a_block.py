# SPDX-License-Identifier: Apache-2.0
"""A node that takes blocks: transactions hashed, signatures over the hashes verified, a Merkle root, in one graph.

pip install 'pyaccel[test]' && python examples/python/4_a_block.py
"""

from __future__ import annotations

import os
from hashlib import sha256

from nacl.signing import SigningKey

import pyaccel

SIGNERS = [SigningKey(os.urandom(32)) for _ in range(16)]


def block(number: int, count: int) -> dict[str, object]:
    """What comes from the network: transactions, who signed each, and signatures; each tenth is of something else."""
    transactions = [b"block %d, transaction %d, " % (number, i) + os.urandom(200) for i in range(count)]
    signed = [b"something else" if i % 10 == 0 else sha256(text).digest() for i, text in enumerate(transactions)]
    signatures = [SIGNERS[i % 16].sign(digest).signature for i, digest in enumerate(signed)]
    return {"transactions": transactions, "signatures": signatures, "signers": [i % 16 for i in range(count)]}


def main() -> None:
    """The graph is made once; each block is a run of it."""
    # 1. Calls, described. A node stands for the result of its call; an input for what each block brings.
    keys = pyaccel.PreparedKeys("ed25519", [bytes(signer.verify_key) for signer in SIGNERS])
    graph = pyaccel.Graph()
    digests = graph.hash_many("sha256", graph.input("transactions"))
    valid = graph.verify_many("ed25519", keys, digests, graph.input("signatures"), key_index=graph.input("signers"))
    root = graph.merkle_root(digests, form="bitcoin")

    # 2. One submission a block. Only what is asked for comes back: the digests stay where they are.
    for number, count in enumerate((100, 250)):
        given = block(number, count)
        done = graph.run(valid, root, inputs=given)
        print(f"block {number}: {done[valid].sum()} of {count} signatures are valid, root {done[root].hex()}")

    # 3. It is what the plain calls give.
    hashed = pyaccel.hash_many("sha256", given["transactions"])
    print("the same as call by call:", done[root] == pyaccel.merkle.root(hashed, form="bitcoin"))

    # 4. Where it ran, where it would, and what went over a link to a device.
    print(f"ran on {done.device}, {done.bytes_moved} bytes moved")
    print(graph.explain(valid, root, inputs=given))


if __name__ == "__main__":
    main()
