# SPDX-License-Identifier: Apache-2.0
"""Published Merkle trees of the forms cometbft, ssz and openzeppelin-*, and proofs read off them."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from pyaccel import known_values as values

NODE = 32


def _hex(*nodes: str) -> list[bytes]:
    return [bytes.fromhex(node) for node in nodes]


_COMETBFT = "cometbft/cometbft, crypto/merkle/tree_test.go"
_COMETBFT_ITEMS = _hex("010203", "040506")
[_COMETBFT_ONE, _COMETBFT_TWO, _COMETBFT_FIVE] = _hex(
    "054edec1d0211f624fed0cbca9d4f9400b0e491c43742af2c5b0abebf0c990d8",
    "82e6cfce00453804379b53962939eaa7906b39904be0813fcadd31b100773c4b",
    "f326493eceab4f2d9ffbc78c59432a0a005d6ea98392045c74df5d14a113be18",
)

_SSZ = "remerkleable 0.1.28, zero hashes and hash_tree_root(List[Bytes32, 128])"
_ZERO = _hex(
    "0000000000000000000000000000000000000000000000000000000000000000",
    "f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b",
    "db56114e00fdd4c1f85c892bf35ac9a89289aaecb1ebd0a96cde606a748b5d71",
)
_SSZ_CHUNKS = [sha256(i.to_bytes(8, "little")).digest() for i in range(3)]
[_SSZ_LIST] = _hex("bd6b69fa5fb9e9484a2a52a1deae5a8ee2b3e756b1bf31601896980550df0181")

_STANDARD = "OpenZeppelin/merkle-tree, test/dumps/standard-v1.sorted.1_0_6.json"
_STANDARD_TREE = _hex(
    "6deb52b5da8fd108f79fab00341f38d2587896634c646ee52e49f845680a70c8",
    "52426e0f1f65ff7e209a13b8c29cffe82e3acaf3dad0a9b9088f3b9a61a929c3",
    "fd3cf45654e88d1cc5d663578c82c76f4b5e3826bacaa1216441443504538f51",
    "8076923e76cf01a7c048400a2304c9a9c23bbbdac3a98ea3946340fdafbba34f",
    "965b92c6cf08303cc4feb7f3e0819c436c2cec17c6f0688a6af139c9a368707c",
    "eba909cf4bb90c6922771d7f126ad0fd11dfde93f3937a196274e1ac20fd2f5b",
    "c62a8cfa41edc0ef6f6ae27a2985b7d39c7fea770787d7e104696c6e81f64848",
    "9cf5a63718145ba968a01c1d557020181c5b252f665cf7386d370eddb176517b",
    "9c15a6a0eaeed500fd9eed4cbeab71f797cefcc67bfd46683e4d2e6ff7f06d1c",
    "9a4f64e953595df82d1b4f570d34c4f4f0cfaf729a61e9d60e83e579e1aa283e",
    "19ba6c6333e0e9a15bf67523e0676e2f23eb8e574092552d5e888c64a4bb3681",
)
_STANDARD_LEAVES = [
    (NODE).to_bytes(NODE, "big") + (1).to_bytes(NODE, "big") + letter.encode().ljust(NODE, b"\0") for letter in "abcdef"
]
"""abi.encode(["string"], [letter])."""

_SIMPLE = "OpenZeppelin/merkle-tree, test/dumps/simple-v1.sorted.1_0_6.json"
_SIMPLE_TREE = _hex(
    "1b404f199ea828ec5771fb30139c222d8417a82175fefad5cd42bc3a189bd8d5",
    "ec554bdfb01d31fa838d0830339b0e6e8a70e0d55a8f172ffa8bebbf8e8d5ba0",
    "af46af0745b433e1d5bed9a04b1fdf4002f67a733c20db2fca5b2af6120d9bcb",
    "434d51cfeb80272378f4c3a8fd2824561c2cad9fce556ea600d46f20550976a6",
    "7dea550f679f3caab547cbbc5ee1a4c978c8c039b572ba00af1baa6481b88360",
    "f1918e8562236eb17adc8502332f4c9c82bc14e19bfc0aa10ab674ff75b3d2f3",
    "d1e8aeb79500496ef3dc2e57ba746a8315d048b7a664a2bf948db4fa91960483",
    "b5553de315e0edf504d9150af82dafa5c4667fa618ed0a6f19c69b41166c5510",
    "a8982c89d80987fb9a510e25981ee9170206be21af3c8e0eb312ef1d3382e761",
    "3ac225168df54212a25c1c01fd35bebfea408fdac2e31ddd6f80a4bbf9a5f1cb",
    "0b42b6393c1f53060fe3ddbfcd7aadcca894465a5a438f69c87d790b2299b9b2",
)
_SIMPLE_LEAVES = [_SIMPLE_TREE[i] for i in [9, 7, 10, 5, 8, 6]]


def _above(tree: list[bytes], i: int) -> bytes:
    """The proof of tree[i], read off a heap: siblings on the way to tree[0]."""
    proof = b""
    while i > 0:
        proof += tree[i + 1 if i % 2 else i - 1]
        i = (i - 1) // 2
    return proof


_STANDARD_PLACES, _SIMPLE_PLACES = [8, 10, 7, 5, 9, 6], [9, 7, 10, 5, 8, 6]
"""treeIndex of each leaf in the dumps."""

ROOTS: list[tuple[str, str, list[bytes], bytes, bool, int | None]] = [
    *((form, source, leaves, root, mutated, None) for form, source, leaves, root, mutated in values.ROOTS),
    ("cometbft", _COMETBFT, _COMETBFT_ITEMS[:1], _COMETBFT_ONE, False, None),
    ("cometbft", _COMETBFT, _COMETBFT_ITEMS, _COMETBFT_TWO, False, None),
    ("cometbft", _COMETBFT, _hex("0102", "0304", "0506", "0708", "090a"), _COMETBFT_FIVE, False, None),
    ("ssz", _SSZ, _SSZ_CHUNKS, _SSZ_LIST, False, 128),
    ("ssz", _SSZ, _ZERO[:1] * 3, _ZERO[2], False, None),
    ("openzeppelin-standard", _STANDARD, _STANDARD_LEAVES, _STANDARD_TREE[0], False, None),
    ("openzeppelin-simple", _SIMPLE, _SIMPLE_LEAVES, _SIMPLE_TREE[0], False, None),
]
"""Form, source, leaves, root, mutated; the limit of a list, whose length is then mixed in."""

LAYERS: list[tuple[str, str, list[bytes], list[bytes], list[int] | None]] = [
    *((form, source, leaves, nodes, None) for form, source, leaves, nodes in values.LAYERS),
    ("cometbft", _COMETBFT, _COMETBFT_ITEMS[:1], [_COMETBFT_ONE], None),
    ("ssz", _SSZ, _ZERO[:1] * 4, _ZERO[:1] * 4 + _ZERO[1:2] * 2 + _ZERO[2:3], None),
    ("openzeppelin-standard", _STANDARD, _STANDARD_LEAVES, _STANDARD_TREE[::-1], [10 - i for i in _STANDARD_PLACES]),
    ("openzeppelin-simple", _SIMPLE, _SIMPLE_LEAVES, _SIMPLE_TREE[::-1], [10 - i for i in _SIMPLE_PLACES]),
]
"""Form, source, leaves, nodes of all layers, positions of the leaves in a heap."""

_Question = tuple[bytes, bytes, int | None, bytes, int | None, bool]


def _heap_questions(tree: list[bytes], leaves: list[bytes], places: list[int]) -> list[_Question]:
    """Every leaf with its proof; one with another's, and with one cut short."""
    right: list[_Question] = [
        (tree[0], leaf, None, _above(tree, i), None, True) for leaf, i in zip(leaves, places, strict=True)
    ]
    return [
        *right,
        (tree[0], leaves[0], None, _above(tree, places[1]), None, False),
        (tree[0], leaves[0], None, _above(tree, places[0])[:-1], None, False),
    ]


def _numbered(questions: Sequence[_Question]) -> list[_Question]:
    """Questions of a form whose proofs tell positions, as those of any form."""
    return list(questions)


PROOFS: list[tuple[str, str, list[_Question]]] = [
    *((form, source, _numbered(questions)) for form, source, questions in values.PROOFS),
    (
        "cometbft",
        _COMETBFT,
        [
            (_COMETBFT_ONE, _COMETBFT_ITEMS[0], 0, b"", 1, True),
            (_COMETBFT_TWO, _COMETBFT_ITEMS[1], 1, _COMETBFT_ONE, 2, True),
            (_COMETBFT_TWO, _COMETBFT_ITEMS[1], 0, _COMETBFT_ONE, 2, False),
            (_COMETBFT_TWO, _COMETBFT_ITEMS[1], 1, _COMETBFT_ONE, 2**63, False),
        ],
    ),
    (
        "ssz",
        _SSZ,
        [
            (_ZERO[2], _ZERO[0], 0, _ZERO[0] + _ZERO[1], 4, True),
            (_ZERO[2], _ZERO[0], 2, _ZERO[0] + _ZERO[1], 3, True),
            (_ZERO[2], _ZERO[0], 3, _ZERO[0] + _ZERO[1], 3, False),
            (_ZERO[2], _ZERO[1], 0, _ZERO[0] + _ZERO[1], 4, False),
            (_ZERO[2], _ZERO[0], 0, _ZERO[1] + _ZERO[1], 4, False),
        ],
    ),
    ("openzeppelin-standard", _STANDARD, _heap_questions(_STANDARD_TREE, _STANDARD_LEAVES, _STANDARD_PLACES)),
    ("openzeppelin-simple", _SIMPLE, _heap_questions(_SIMPLE_TREE, _SIMPLE_LEAVES, _SIMPLE_PLACES)),
]
"""Form, source, and (root, leaf, index, proof, size, verdict) of each question."""

# Leaves at tree[10] and tree[9] are siblings; so are tree[4] above them and tree[3], and tree[1] and tree[2].
_STANDARD_PAIR = [_STANDARD_LEAVES[_STANDARD_PLACES.index(i)] for i in (10, 9)]
_SIMPLE_PAIR = [_SIMPLE_LEAVES[_SIMPLE_PLACES.index(i)] for i in (10, 9)]
_PAIR_FLAGS = [1, 0, 0]

MULTIPROOFS: list[tuple[str, str, bytes, list[bytes], list[int] | None, bytes, list[int] | None, bool]] = [
    ("ssz", _SSZ, _ZERO[2], [_ZERO[0], _ZERO[0]], [4, 5], _ZERO[1], None, True),
    ("ssz", _SSZ, _ZERO[2], [_ZERO[0], _ZERO[0]], [4, 6], _ZERO[0] + _ZERO[0], None, True),
    ("ssz", _SSZ, _ZERO[2], [_ZERO[0], _ZERO[1]], [4, 2], _ZERO[0] + _ZERO[1], None, False),
    *(
        (form, source, tree[0], pair, None, nodes, _PAIR_FLAGS, verdict)
        for form, source, tree, pair in (
            ("openzeppelin-standard", _STANDARD, _STANDARD_TREE, _STANDARD_PAIR),
            ("openzeppelin-simple", _SIMPLE, _SIMPLE_TREE, _SIMPLE_PAIR),
        )
        for nodes, verdict in ((tree[3] + tree[2], True), (tree[2] + tree[3], False), (tree[3], False))
    ),
]
"""Form, source, root, leaves, generalized indices, proof, flags, verdict."""
