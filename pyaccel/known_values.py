# SPDX-License-Identifier: Apache-2.0
"""The values behind known_answers, each with the standard or list it was copied from. None was computed by pyaccel."""

from __future__ import annotations


def _txid(text: str) -> bytes:
    """Bitcoin prints hashes backwards."""
    return bytes.fromhex(text)[::-1]


_EXAMPLE_448 = b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"
_EXAMPLE_896 = (
    b"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu"
)
_GENERATOR = bytes.fromhex("0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798")

_BLAKE3_INPUT = bytes(range(251)) * 8
_BLAKE3 = "BLAKE3 reference, test_vectors/test_vectors.json"

HASHES: dict[str, tuple[str, tuple[tuple[bytes, str], ...]]] = {
    "sha256": (
        "FIPS 180-4 examples, NIST",
        (
            (b"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            (b"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (_EXAMPLE_448, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"),
        ),
    ),
    "sha256d": (
        "Bitcoin: genesis block header and its hash",
        (
            (
                bytes.fromhex(
                    "01000000" + "00" * 32 + "3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a"
                    "29ab5f49ffff001d1dac2b7c"
                ),
                "6fe28c0ab6f1b372c1a6a246ae63f74f931e8365e15a089c68d6190000000000",
            ),
        ),
    ),
    "sha512": (
        "FIPS 180-4 examples, NIST",
        (
            (
                b"abc",
                "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
            ),
            (
                _EXAMPLE_896,
                "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018"
                "501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909",
            ),
        ),
    ),
    "sha224": (
        "FIPS 180-4 examples, NIST",
        (
            (b"abc", "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"),
            (_EXAMPLE_448, "75388b16512776cc5dba5da1fd890150b0c6455cb4f58b1952522525"),
        ),
    ),
    "sha384": (
        "FIPS 180-4 examples, NIST",
        (
            (
                b"abc",
                "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
            ),
            (
                _EXAMPLE_896,
                "09330c33f71147e83d192fc782cd1b4753111b173b3b05d22fa08086e3b0f712fcc7c71a557e2db966c3e9fa91746039",
            ),
        ),
    ),
    "sha512-256": (
        "FIPS 180-4 examples, NIST",
        (
            (b"abc", "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23"),
            (_EXAMPLE_896, "3928e184fb8690f840da3988121d31be65cb9d3ef83ee6146feac861e19b563a"),
        ),
    ),
    "keccak256": (
        "Ethereum yellow paper: KEC of nothing and of RLP(())",
        (
            (b"", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"),
            (b"\x80", "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"),
        ),
    ),
    "sha3-224": (
        "NIST, SHA-3 examples with values",
        (
            (b"", "6b4e03423667dbb73b6e15454f0eb1abd4597f9a1b078e3f5b5a6bc7"),
            (b"abc", "e642824c3f8cf24ad09234ee7d3c766fc9a3a5168d0c94ad73b46fdf"),
        ),
    ),
    "sha3-256": (
        "NIST, SHA-3 examples with values",
        (
            (b"", "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a"),
            (b"abc", "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"),
        ),
    ),
    "sha3-384": (
        "NIST, SHA-3 examples with values",
        (
            (
                b"",
                "0c63a75b845e4f7d01107d852e4c2485c51a50aaaa94fc61995e71bbee983a2ac3713831264adb47fb6bd1e058d5f004",
            ),
            (
                b"abc",
                "ec01498288516fc926459f58e2c6ad8df9b473cb0fc08c2596da7cf0e49be4b298d88cea927ac7f539f1edf228376d25",
            ),
        ),
    ),
    "sha3-512": (
        "NIST, SHA-3 examples with values",
        (
            (
                b"",
                "a69f73cca23a9ac5c8b567dc185a756e97c982164fe25859e0d1dcc1475c80a6"
                "15b2123af1f5f94c11e3e9402c3ac558f500199d95b6d3e301758586281dcd26",
            ),
            (
                b"abc",
                "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e"
                "10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0",
            ),
        ),
    ),
    "shake128": (
        "NIST, SHA-3 examples with values",
        ((b"", "7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26"),),
    ),
    "shake256": (
        "NIST, SHA-3 examples with values",
        (
            (
                b"",
                "46b9dd2b0ba88d13233b3feb743eeb243fcd52ea62b81b82b50c27646ed5762f"
                "d75dc4ddd8c0f200cb05019d67b592f6fc821c49479ab48640292eacb3b7c4be",
            ),
        ),
    ),
    "ripemd160": (
        "Dobbertin, Bosselaers, Preneel 1996, appendix B",
        (
            (b"", "9c1185a5c5e9fc54612808977ee8f548b2258d31"),
            (b"abc", "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc"),
            (_EXAMPLE_448, "12a053384a9c0c88e405a06c27dcf49ada62eb2b"),
        ),
    ),
    "sm3": (
        "GB/T 32905-2016, appendix A",
        (
            (b"abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
            (b"abcd" * 16, "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"),
        ),
    ),
    "hash160": ("BIP-173 example key", ((_GENERATOR, "751e76e8199196d454941c45d1b3a323f1433bd6"),)),
    "blake2b-256": (
        "Python's hashlib",
        (
            (b"", "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8"),
            (b"abc", "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319"),
        ),
    ),
    "blake2b-512": (
        "BLAKE2 reference, testvectors/blake2-kat.json",
        (
            (
                b"",
                "786a02f742015903c6c6fd852552d272912f4740e15847618a86e217f71f5419"
                "d25e1031afee585313896444934eb04b903a685b1448b755d56f701afe9be2ce",
            ),
            (
                bytes(range(3)),
                "40a374727302d9a4769c17b5f409ff32f58aa24ff122d7603e4fda1509e919d4"
                "107a52c57570a6d94e50967aea573b11f86f473f537565c66f7039830a85d186",
            ),
            (
                bytes(range(200)),
                "fb3c1f0f56a56f8e316fdf5d853c8c872c39635d083634c3904fc3ac07d1b578"
                "e85ff0e480e92d44ade33b62e893ee32343e79ddf6ef292e89b582d312502314",
            ),
        ),
    ),
    "blake2s-256": (
        "BLAKE2 reference, testvectors/blake2-kat.json",
        (
            (b"", "69217a3079908094e11121d042354a7c1f55b6482ca1a51e1b250dfd1ed0eef9"),
            (bytes(range(3)), "e8f91c6ef232a041452ab0e149070cdd7dd1769e75b3a5921be37876c45c9900"),
            (bytes(range(200)), "6d244e1a06ce4ef578dd0f63aff0936706735119ca9c8d22d86c801414ab9741"),
        ),
    ),
    "blake3": (
        _BLAKE3,
        (
            (
                b"",
                "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262",
            ),
            (
                _BLAKE3_INPUT[:3],
                "e1be4d7a8ab5560aa4199eea339849ba8e293d55ca0a81006726d184519e647f",
            ),
            (
                _BLAKE3_INPUT[:1024],
                "42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7",
            ),
            (
                _BLAKE3_INPUT[:1025],
                "d00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444",
            ),
        ),
    ),
}
"""Source, and (message, digest) pairs, by algorithm."""

_RFC4231_KEY = bytes([0xAA]) * 131
_RFC4231_TEXT = (
    b"This is a test using a larger than block-size key and a larger than block-size data. "
    b"The key needs to be hashed before being used by the HMAC algorithm."
)
_RFC4231 = "RFC 4231 4.7 and 4.8"
_RFC4231_TEXT_6 = b"Test Using Larger Than Block-Size Key - Hash Key First"

PARAMETRIC_HASHES: list[tuple[str, bytes | None, bytes | None, str, tuple[tuple[bytes, str], ...]]] = [
    (
        "hmac-sha256",
        _RFC4231_KEY,
        None,
        _RFC4231,
        (
            (_RFC4231_TEXT_6, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"),
            (_RFC4231_TEXT, "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"),
        ),
    ),
    (
        "hmac-sha512",
        _RFC4231_KEY,
        None,
        _RFC4231,
        (
            (
                _RFC4231_TEXT_6,
                "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
                "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598",
            ),
            (
                _RFC4231_TEXT,
                "e37b6a775dc87dbaa4dfa9f96e5e3ffddebd71f8867289865df5a32d20cdc944"
                "b6022cac3c4982b10d5eeb55c3e4de15134676fb6de0446065c97440fa8c6a58",
            ),
        ),
    ),
    (
        "hmac-sm3",
        bytes(range(1, 33)),
        None,
        "GM/T 0042-2015, appendix D.3",
        ((_EXAMPLE_448 * 2, "ca05e144ed05d1857840d1f318a4a8669e559fc8391f414485bfdf7bb408963a"),),
    ),
    (
        "blake2b-256",
        bytes(range(64)),
        None,
        "Python's hashlib, keyed",
        (
            (b"", "2fa9fbd9be36437de204e139e97d402bce68c828f43391608c891b5faed8a98a"),
            (b"abc", "dff38c978666dff5631db35ca15535520d134f5c8060ea569c6a178ad393719f"),
        ),
    ),
    (
        "blake2b-512",
        bytes(range(64)),
        None,
        "BLAKE2 reference, testvectors/blake2-kat.json, keyed",
        (
            (
                b"",
                "10ebb67700b1868efb4417987acf4690ae9d972fb7a590c2f02871799aaa4786"
                "b5e996e8f0f4eb981fc214b005f42d2ff4233499391653df7aefcbc13fc51568",
            ),
            (
                bytes(range(3)),
                "33d0825dddf7ada99b0e7e307104ad07ca9cfd9692214f1561356315e784f3e5"
                "a17e364ae9dbb14cb2036df932b77f4b292761365fb328de7afdc6d8998f5fc1",
            ),
            (
                bytes(range(200)),
                "3095a349d245708c7cf550118703d7302c27b60af5d4e67fc978f8a4e60953c7"
                "a04f92fcf41aee64321ccb707a895851552b1e37b00bc5e6b72fa5bcef9e3fff",
            ),
        ),
    ),
    (
        "blake2s-256",
        bytes(range(32)),
        None,
        "BLAKE2 reference, testvectors/blake2-kat.json, keyed",
        (
            (b"", "48a8997da407876b3d79c0d92325ad3b89cbb754d86ab71aee047ad345fd2c49"),
            (bytes(range(3)), "1d220dbe2ee134661fdf6d9e74b41704710556f2f6e5a091b227697445dbea6b"),
            (bytes(range(200)), "13c88480a5d00d6c8c7ad2110d76a82d9b70f4fa6696d4e5dd42a066dcaf9920"),
        ),
    ),
    (
        "blake3",
        b"whats the Elvish word for friend",
        None,
        f"{_BLAKE3}, keyed",
        (
            (
                b"",
                "92b2b75604ed3c761f9d6f62392c8a9227ad0ea3f09573e783f1498a4ed60d26",
            ),
            (
                _BLAKE3_INPUT[:3],
                "39e67b76b5a007d4921969779fe666da67b5213b096084ab674742f0d5ec62b9",
            ),
            (
                _BLAKE3_INPUT[:1025],
                "357dc55de0c7e382c900fd6e320acc04146be01db6a8ce7210b7189bd664ea69",
            ),
        ),
    ),
    (
        "blake3",
        None,
        b"BLAKE3 2019-12-27 16:29:52 test vectors context",
        f"{_BLAKE3}, key derivation",
        (
            (
                b"",
                "2cc39783c223154fea8dfb7c1b1660f2ac2dcbd1c1de8277b0b0dd39b7e50d7d",
            ),
            (
                _BLAKE3_INPUT[:3],
                "440aba35cb006b61fc17c0529255de438efc06a8c9ebf3f2ddac3b5a86705797",
            ),
            (
                _BLAKE3_INPUT[:1025],
                "effaa245f065fbf82ac186839a249707c3bddf6d3fdda22d1b95a3c970379bcb",
            ),
        ),
    ),
    (
        "blake3",
        None,
        None,
        f"{_BLAKE3}, 131 bytes",
        (
            (
                _BLAKE3_INPUT[:3],
                "e1be4d7a8ab5560aa4199eea339849ba8e293d55ca0a81006726d184519e647f"
                "5b49b82f805a538c68915c1ae8035c900fd1d4b13902920fd05e1450822f36de"
                "9454b7e9996de4900c8e723512883f93f4345f8a58bfe64ee38d3ad71ab02776"
                "5d25cdd0e448328a8e7a683b9a6af8b0af94fa09010d9186890b096a08471e42"
                "30a134",
            ),
            (
                _BLAKE3_INPUT[:1025],
                "d00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444"
                "f4c4a22b4b399155358a994e52bf255de60035742ec71bd08ac275a1b51cc6bf"
                "e332b0ef84b409108cda080e6269ed4b3e2c3f7d722aa4cdc98d16deb554e562"
                "7be8f955c98e1d5f9565a9194cad0c4285f93700062d9595adb992ae68ff1280"
                "0ab67a",
            ),
        ),
    ),
]
"""Algorithm, key, context, source, and (message, digest) pairs."""

_BLOCK = "Bitcoin block 100000"
_TXIDS = [
    _txid("8c14f0db3df150123e6f3dbbf30f8b955a8249b62ac1d1ff16284aefa3d06d87"),
    _txid("fff2525b8931402dd09222c50775608f75787bd2b87e56995a7bdd30f79702c4"),
    _txid("6359f0868171b1d194cbee1af2f16ea598ae8fad666d9b012c8ed2b79a236ec4"),
    _txid("e9a66845e05d5abc0ad04ec80f774a7e585c6e8db975962d069a522137b80c1d"),
]
_BLOCK_PAIRS = [
    _txid("ccdafb73d8dcd0173d5d5c3c9a0770d0b3953db889dab99ef05b1907518cb815"),
    _txid("8e30899078ca1813be036a073bbf80b86cdddde1c96e9e9c99e9e3782df4ae49"),
]
_BLOCK_ROOT = _txid("f3e94742aca4b5ef85488dc37c06c3282295ffec960994b2c0d5ac2a25a95766")

_LOG = "transparency-dev/merkle, testonly/constants.go"
_LOG_LEAVES = [
    bytes.fromhex(leaf)
    for leaf in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
_LOG_ROOTS = [
    bytes.fromhex(root)
    for root in (
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    )
]
_LOG_NODES = {
    name: bytes.fromhex(node)
    for name, node in {
        "1": "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "2": "0298d122906dcfc10892cb53a73992fc5b9f493ea4c9badb27b791b4127a7fe7",
        "4": "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "2..4": "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "4..6": "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "6..8": "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "4..8": "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    }.items()
}
"""Nodes over leaves first .. last, from transparency-dev/merkle, testdata/{inclusion,consistency}/*/happy-path.json."""

ROOTS: list[tuple[str, str, list[bytes], bytes, bool]] = [
    ("bitcoin", _BLOCK, _TXIDS, _BLOCK_ROOT, False),
    *(("rfc6962", _LOG, _LOG_LEAVES[:size], root, False) for size, root in enumerate(_LOG_ROOTS)),
]
"""Form, source, leaves, root, mutated."""

LAYERS: list[tuple[str, str, list[bytes], list[bytes]]] = [
    ("bitcoin", _BLOCK, _TXIDS, [*_TXIDS, *_BLOCK_PAIRS, _BLOCK_ROOT]),
    (
        "rfc6962",
        _LOG,
        _LOG_LEAVES[:3],
        [_LOG_ROOTS[1], _LOG_NODES["1"], _LOG_NODES["2"], _LOG_ROOTS[2], _LOG_NODES["2"], _LOG_ROOTS[3]],
    ),
]
"""Form, source, leaves, nodes of all layers."""

_LOG_PATH = _LOG_NODES["1"] + _LOG_NODES["2..4"] + _LOG_NODES["4..8"]

PROOFS: list[tuple[str, str, list[tuple[bytes, bytes, int, bytes, int, bool]]]] = [
    (
        "bitcoin",
        _BLOCK,
        [
            (_BLOCK_ROOT, _TXIDS[0], 0, _TXIDS[1] + _BLOCK_PAIRS[1], 4, True),
            (_BLOCK_ROOT, _TXIDS[3], 3, _TXIDS[2] + _BLOCK_PAIRS[0], 4, True),
            (_BLOCK_ROOT, _TXIDS[3], 2, _TXIDS[2] + _BLOCK_PAIRS[0], 4, False),
        ],
    ),
    (
        "rfc6962",
        "transparency-dev/merkle, testdata/inclusion",
        [
            (_LOG_ROOTS[1], _LOG_LEAVES[0], 0, b"", 1, True),
            (_LOG_ROOTS[8], _LOG_LEAVES[0], 0, _LOG_PATH, 8, True),
            (_LOG_ROOTS[3], _LOG_LEAVES[2], 2, _LOG_ROOTS[2], 3, True),
            (_LOG_ROOTS[0], _LOG_LEAVES[0], 0, _LOG_PATH, 8, False),
            (_LOG_ROOTS[8], _LOG_LEAVES[0], 2, _LOG_PATH, 8, False),
            (_LOG_ROOTS[8], _LOG_LEAVES[0], 0, _LOG_PATH[32:], 8, False),
        ],
    ),
]
"""Form, source, and (root, leaf, index, proof, size, verdict) of each question."""

_LOG_STEP = _LOG_NODES["4..6"] + _LOG_NODES["6..8"] + _LOG_ROOTS[4]

CONSISTENCY: list[tuple[str, bytes, bytes, int, int, bytes, bool]] = [
    ("transparency-dev/merkle, testdata/consistency/2", _LOG_ROOTS[6], _LOG_ROOTS[8], 6, 8, _LOG_STEP, True),
    ("transparency-dev/merkle, testdata/consistency/2, old size", _LOG_ROOTS[6], _LOG_ROOTS[8], 5, 8, _LOG_STEP, False),
    ("transparency-dev/merkle, testdata/consistency/0", _LOG_ROOTS[1], _LOG_ROOTS[1], 1, 1, b"", True),
]
"""Source, old root, new root, old size, new size, proof, verdict."""

_NONE, _KEY, _ENCODING, _RANGE, _EQUATION = 0, 2, 3, 4, 5
"""PYACCEL_REASON_*."""

_RFC8032_KEY = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
_RFC8032_SIGNATURE = bytes.fromhex(
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
)
_ORDER = bytes.fromhex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")
_IDENTITY = b"\1" + bytes(31)
_IDENTITY_WITH_SIGN = b"\1" + bytes(30) + b"\x80"

_WYCHEPROOF_KEY = bytes.fromhex(
    "04b838ff44e5bc177bf21189d0766082fc9d843226887fc9760371100b7ee20a6f"
    "f0c9d75bfba7b31a6bca1974496eeb56de357071955d83c4b1badaa0b21832e9"
)
_WYCHEPROOF_R = "813ef79ccefa9a56f7ba805f0e478584fe5f0dd5f567bc09b5123ccbc9832365"
_LOW_S = "6ff18a52dcc0336f7af62400a6dd9b810732baf1ff758000d6f613a556eb31ba"
_HIGH_S = "900e75ad233fcc908509dbff5922647db37c21f4afd3203ae8dc4ae7794b0f87"
_DER_LOW, _DER_HIGH, _DER_LONG_LENGTH = (
    bytes.fromhex(head + "022100" + _WYCHEPROOF_R + tail)
    for head, tail in (("3045", "0220" + _LOW_S), ("3046", "022100" + _HIGH_S), ("308145", "0220" + _LOW_S))
)

_BIP340_KEY = bytes.fromhex("dff1d77f2a671c5f36183726db2341be58feae1da2deced843240f7b502ba659")
_BIP340_MESSAGE = bytes.fromhex("243f6a8885a308d313198a2e03707344a4093822299f31d0082efa98ec4e6c89")
_BIP340_SIGNATURE = bytes.fromhex(
    "6896bd60eeae296db48a229ff71dfe071bde413e6d43f917dc8dcf8c78de3341"
    "8906d11ac976abccb20b091292bff4ea897efcb639ea871cfa95f6de339e4b0a"
)
_BIP340_EMPTY_KEY = bytes.fromhex("778caa53b4393ac467774d09497a87224bf9fab6f6e68b23086497324d6fd117")
_BIP340_EMPTY_SIGNATURE = bytes.fromhex(
    "71535db165ecd9fbbc046e5ffaea61186bb6ad436732fccc25291a55895464cf"
    "6069ce26bf03466228f19a3a62db8a649f2d560fac652827d1af0574e427ab63"
)
_BIP340_ODD_SIGNATURE = bytes.fromhex(
    "fff97bd5755eeea420453a14355235d382f6472f8568a18b2f057a1460297556"
    "3cc27944640ac607cd107ae10923d9ef7a73c643e166be5ebeafa34b1ac553e2"
)
_BIP340_NO_POINT = bytes.fromhex("eefdea4cdb677750a420fee807eacf21eb9898ae79b9768766e4faa04a2d4a34")
_BIP340_NO_R = bytes.fromhex("4a298dacae57395a15d0795ddbfd1dcb564da82b0f269bc70a74f8220429ba1d")
_SECP256K1_ORDER = bytes.fromhex("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141")

_RFC6979_KEY = bytes.fromhex(
    "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
    "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
)
_RFC6979_LOW_R = "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367"
_RFC6979_LOW_S = "019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083"
_RFC6979_HIGH = bytes.fromhex(
    "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
    "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"
)
_RFC6979_DER, _RFC6979_DER_ENDS = (
    bytes.fromhex(head + "022100" + _RFC6979_LOW_R + "0220" + _RFC6979_LOW_S + "0500") for head in ("3045", "3047")
)
"""What follows the sequence, or s within it, Go leaves alone."""
_RFC6979_KEY_384 = bytes.fromhex(
    "04ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b300c64def8f0ea9055866064a254515480bc13"
    "8015d9b72d7d57244ea8ef9ac0c621896708a59367f9dfb9f54ca84b3f1c9db1288b231c3ae0d4fe7344fd2533264720"
)
_RFC6979_R_384 = "94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c81a648152e44acf96e36dd1e80fabe46"
_RFC6979_HIGH_S_384 = "99ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94fa329c145786e679e7b82c71a38628ac8"
_RFC6979_LOW_S_384 = "6610b514ea0e87315e01bf24d9fcec70ecf18bf5e69dbad9a727ea302393848fb4f04c6cd0423fdc7169525094629eab"
"""n minus the other."""

_SM2_KEY = bytes.fromhex(
    "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
)
_SM2_E = bytes.fromhex("f0b43e94ba45accaace692ed534382eb17e6ab5a19ce7b31f4486fdfc0d28640")
_SM2_R = "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
_SM2_S = "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"
_SM2_SIGNATURE = bytes.fromhex(_SM2_R + _SM2_S)
_SM2_ORDER = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
_SM2_NO_T = bytes.fromhex(_SM2_R) + (_SM2_ORDER - int(_SM2_R, 16)).to_bytes(32)
"""r + s = n."""

SIGNATURES: list[tuple[str, str | None, str, str, list[tuple[bytes, bytes, bytes]], dict[str, tuple[int, ...]]]] = [
    (
        "ed25519",
        None,
        "raw",
        "RFC 8032 7.1 test 2; ZIP-215 test vectors",
        [
            (_RFC8032_KEY, b"\x72", _RFC8032_SIGNATURE),
            (_RFC8032_KEY, b"\x73", _RFC8032_SIGNATURE),
            (_RFC8032_KEY, b"\x72", _RFC8032_SIGNATURE[:32] + _ORDER),
            (_IDENTITY, b"Zcash", _IDENTITY + bytes(32)),
            (_IDENTITY, b"Zcash", _IDENTITY_WITH_SIGN + bytes(32)),
        ],
        {
            "zip215": (_NONE, _EQUATION, _RANGE, _NONE, _NONE),
            "rfc8032": (_NONE, _EQUATION, _RANGE, _NONE, _ENCODING),
            "openssl": (_NONE, _EQUATION, _RANGE, _NONE, _ENCODING),
            "dalek-strict": (_NONE, _EQUATION, _RANGE, _KEY, _KEY),
            "libsodium": (_NONE, _EQUATION, _RANGE, _KEY, _KEY),
        },
    ),
    (
        "secp256k1-ecdsa",
        "sha256",
        "raw",
        "Wycheproof ecdsa_secp256k1_sha256_bitcoin, tcId 1 and 2",
        [
            (_WYCHEPROOF_KEY, b"123400", bytes.fromhex(_WYCHEPROOF_R + _LOW_S)),
            (_WYCHEPROOF_KEY, b"123400", bytes.fromhex(_WYCHEPROOF_R + _HIGH_S)),
            (_WYCHEPROOF_KEY, b"123401", bytes.fromhex(_WYCHEPROOF_R + _LOW_S)),
        ],
        {
            "any": (_NONE, _NONE, _EQUATION),
            "low-s": (_NONE, _RANGE, _EQUATION),
            "bitcoin-core": (_NONE, _NONE, _EQUATION),
        },
    ),
    (
        "secp256k1-ecdsa",
        "sha256",
        "der",
        "Wycheproof ecdsa_secp256k1_sha256_bitcoin, tcId 1 to 3",
        [
            (_WYCHEPROOF_KEY, b"123400", _DER_LOW),
            (_WYCHEPROOF_KEY, b"123400", _DER_HIGH),
            (_WYCHEPROOF_KEY, b"123400", _DER_LONG_LENGTH),
        ],
        {"low-s": (_NONE, _RANGE, _ENCODING)},
    ),
    (
        "bip340",
        None,
        "raw",
        "BIP-340 test vectors 1, 15, 6, 5, and parts of 11 and 13",
        [
            (_BIP340_KEY, _BIP340_MESSAGE, _BIP340_SIGNATURE),
            (_BIP340_EMPTY_KEY, b"", _BIP340_EMPTY_SIGNATURE),
            (_BIP340_KEY, _BIP340_MESSAGE, _BIP340_ODD_SIGNATURE),
            (_BIP340_NO_POINT, _BIP340_MESSAGE, _BIP340_SIGNATURE),
            (_BIP340_KEY, _BIP340_MESSAGE, _BIP340_NO_R + _BIP340_SIGNATURE[32:]),
            (_BIP340_KEY, _BIP340_MESSAGE, _BIP340_SIGNATURE[:32] + _SECP256K1_ORDER),
        ],
        {"bip340": (_NONE, _NONE, _EQUATION, _KEY, _ENCODING, _RANGE)},
    ),
    (
        "p256-ecdsa",
        "sha256",
        "raw",
        "RFC 6979 A.2.5, SHA-256",
        [
            (_RFC6979_KEY, b"test", bytes.fromhex(_RFC6979_LOW_R + _RFC6979_LOW_S)),
            (_RFC6979_KEY, b"sample", _RFC6979_HIGH),
            (_RFC6979_KEY, b"tent", bytes.fromhex(_RFC6979_LOW_R + _RFC6979_LOW_S)),
            (_RFC6979_KEY[::-1], b"test", bytes.fromhex(_RFC6979_LOW_R + _RFC6979_LOW_S)),
        ],
        {
            "any": (_NONE, _NONE, _EQUATION, _KEY),
            "low-s": (_NONE, _RANGE, _EQUATION, _KEY),
            "fabric": (_NONE, _RANGE, _EQUATION, _KEY),
        },
    ),
    (
        "p256-ecdsa",
        "sha256",
        "der",
        "RFC 6979 A.2.5, SHA-256; Go's encoding/asn1",
        [
            (_RFC6979_KEY, b"test", _RFC6979_DER[:-2]),
            (_RFC6979_KEY, b"test", _RFC6979_DER),
            (_RFC6979_KEY, b"test", _RFC6979_DER_ENDS),
            (_RFC6979_KEY, b"test", _RFC6979_DER_ENDS[:-2]),
        ],
        {"any": (_NONE, _ENCODING, _ENCODING, _ENCODING), "fabric": (_NONE, _NONE, _NONE, _ENCODING)},
    ),
    (
        "p384-ecdsa",
        "sha384",
        "raw",
        "RFC 6979 A.2.6, SHA-384",
        [
            (_RFC6979_KEY_384, b"sample", bytes.fromhex(_RFC6979_R_384 + _RFC6979_HIGH_S_384)),
            (_RFC6979_KEY_384, b"sample", bytes.fromhex(_RFC6979_R_384 + _RFC6979_LOW_S_384)),
            (_RFC6979_KEY_384, b"simple", bytes.fromhex(_RFC6979_R_384 + _RFC6979_LOW_S_384)),
        ],
        {
            "any": (_NONE, _NONE, _EQUATION),
            "low-s": (_RANGE, _NONE, _EQUATION),
            "fabric": (_RANGE, _NONE, _EQUATION),
        },
    ),
    (
        "sm2",
        None,
        "raw",
        "GB/T 32918.5-2017 A.2",
        [
            (_SM2_KEY, b"message digest", _SM2_SIGNATURE),
            (_SM2_KEY, b"message digests", _SM2_SIGNATURE),
            (_SM2_KEY, b"message digest", _SM2_NO_T),
        ],
        {"gbt32918": (_NONE, _EQUATION, _RANGE)},
    ),
    (
        "sm2",
        "none",
        "der",
        "GB/T 32918.5-2017 A.2",
        [
            (_SM2_KEY, _SM2_E, bytes.fromhex("3046022100" + _SM2_R + "022100" + _SM2_S)),
            (_SM2_KEY, _SM2_E[::-1], bytes.fromhex("3046022100" + _SM2_R + "022100" + _SM2_S)),
            (_SM2_KEY, _SM2_E, bytes.fromhex("3046022100" + _SM2_R + "022100" + _SM2_S + "00")),
        ],
        {"gbt32918": (_NONE, _EQUATION, _ENCODING)},
    ),
]
"""Scheme, message hash, signature format, source, (key, message, signature) of each row, and reasons by rule."""

_GETH_DIGEST = bytes.fromhex("18c547e4f7b0f325ad1e56f57e26c745b09a3e503d86e00e5255ff7f715d3d1c")
_GETH_SIGNATURE = bytes.fromhex(
    "73b1693892219d736caba55bdb67216e485557ea6b6af75f37096c9aa6a5a75f"
    "eeb940b1d03b21e36b0e47e79769f095fe2ab855bd91e3a38756b7d75a9c4549"
)
_WYCHEPROOF_350 = (
    bytes.fromhex("bb5a52f42f9c9261ed4361f59422a1e30036e7c32b270c8807a419feca605023"),
    bytes.fromhex(
        "000000000000000000000000000000014551231950b75fc4402da1722fc9baeb"
        "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd036413e"
    ),
)
_WYCHEPROOF_350_KEY = bytes.fromhex(
    "07310f90a9eae149a08402f54194a0f7b4ac427bf8d9bd6c7681071dc47dc362"
    "26a6d37ac46d61fd600c0bf1bff87689ed117dda6b0e59318ae010a197a26ca0"
)

# The rows that tools/ethereum_rows.py makes of these tests.
_SENDER_TEST = (
    bytes.fromhex("5eb4f5a33c621f32a8622d5f943b6b102994dfe4e5aebbefe69bb1b2aa0fc93e"),
    bytes.fromhex(
        "48b55bfa915ac795c431978d8a6a992b628d557da5ff759b307d495a36649353"
        "1fffd310ac743f371de3b9f7f9cb56c0b28ad43601b4ab949f53faa07bd2c80400"
    ),
)
_V_EQUALS_38 = (
    bytes.fromhex("333921725d0bfed31e0c1eab108ec72e8c017f4f4502a35d6548e9ba7d3a5158"),
    bytes.fromhex(
        "98ff921201554726367d2be8c804a7ff89ccf285ebc57dff8ae4c44b9c19ac4a"
        "1887321be575c8095f789dd4c743dfe42c1820f9231f98a962b210e3ac2452a301"
    ),
)

RECOVERIES: list[tuple[str, bool, str, list[tuple[bytes, bytes]], tuple[bytes | None, ...]]] = [
    (
        "secp256k1",
        False,
        "Wycheproof ecdsa_secp256k1_sha256, tcId 350 (R has the abscissa r + n), and ids past it",
        [(_WYCHEPROOF_350[0], _WYCHEPROOF_350[1] + bytes([v])) for v in (3, 4, 26, 29, 255)],
        (_WYCHEPROOF_350_KEY, None, None, None, None),
    ),
    (
        "ethereum-transaction",
        True,
        "ethereum/tests, ttSignature/SenderTest and ttVValue/V_equals38, fork Cancun",
        [_SENDER_TEST, _V_EQUALS_38, (_V_EQUALS_38[0], _V_EQUALS_38[1][:64] + b"\2")],
        (
            bytes.fromhex("963f4a0d8a11b758de8d5b99ab4ac898d6438ea6"),
            bytes.fromhex("9da8eb227a1fe47eaf51fee029673adeae485006"),
            None,
        ),
    ),
    *(
        (
            rule,
            True,
            f"go-ethereum ecRecover, ValidKey (s is high) and what is none, rule {rule}",
            [
                (_GETH_DIGEST, _GETH_SIGNATURE + b"\x1c"),
                (_GETH_DIGEST, _GETH_SIGNATURE + b"\x1d"),
                (_GETH_DIGEST, bytes(32) + _GETH_SIGNATURE[32:] + b"\x1c"),
            ],
            (address, None, None),
        )
        for rule, address in (
            ("secp256k1", bytes.fromhex("a94f5374fce5edbc8e2a8697c15331677e6ebf0b")),
            ("ethereum-precompile", bytes.fromhex("a94f5374fce5edbc8e2a8697c15331677e6ebf0b")),
            ("ethereum-transaction", None),
        )
    ),
]
"""Rule, whether addresses are asked for, source, (digest, signature) of each row, and what is recovered."""
