# SPDX-License-Identifier: Apache-2.0
"""Official hash vectors: each file as one batch, and a sample of its messages one by one."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from implementations import Implementation, implementations
from vector_files import (
    VECTORS,
    botan_messages,
    cavp_messages,
    cavp_monte_carlo,
    cavp_outputs,
    hmac_messages,
    load_json,
    openssl_messages,
)

Cases = list[tuple[bytes, bytes]]

_FILES: dict[str, list[tuple[Callable[[str], Cases], str]]] = {
    "sha256": [(cavp_messages, "hash/cavp_SHA256ShortMsg.rsp"), (cavp_messages, "hash/cavp_SHA256LongMsg.rsp")],
    "sha512": [(cavp_messages, "hash/cavp_SHA512ShortMsg.rsp"), (cavp_messages, "hash/cavp_SHA512LongMsg.rsp")],
    "sha224": [(cavp_messages, "hash/cavp_SHA224ShortMsg.rsp")],
    "sha384": [(cavp_messages, "hash/cavp_SHA384ShortMsg.rsp")],
    "sha512-256": [(cavp_messages, "hash/cavp_SHA512_256ShortMsg.rsp")],
    "keccak256": [
        (cavp_messages, "hash/keccak_legacy_ShortMsgKAT_256.txt"),
        (cavp_messages, "hash/keccak_legacy_LongMsgKAT_256.txt"),
        (botan_messages, "hash/botan_keccak256.vec"),
    ],
    "sha3-224": [(cavp_messages, "hash/cavp_SHA3_224ShortMsg.rsp")],
    "sha3-256": [(cavp_messages, "hash/cavp_SHA3_256ShortMsg.rsp"), (cavp_messages, "hash/cavp_SHA3_256LongMsg.rsp")],
    "sha3-384": [(cavp_messages, "hash/cavp_SHA3_384ShortMsg.rsp")],
    "sha3-512": [(cavp_messages, "hash/cavp_SHA3_512ShortMsg.rsp")],
    "ripemd160": [(cavp_messages, "hash/cavp_ripevectors.txt"), (botan_messages, "hash/botan_ripemd160.vec")],
    "sm3": [
        (cavp_messages, "hash/cavp_oscca_sm3.txt"),
        (botan_messages, "hash/botan_sm3.vec"),
        (openssl_messages, "hash/tongsuo_openssl_evpmd_sm3.txt"),
    ],
}


def _check_files(implementation: Implementation, algorithm: str) -> None:
    for read, name in _FILES[algorithm]:
        cases = read(name)
        assert len(cases) >= 6, name
        messages, digests = zip(*cases, strict=True)
        got = implementation.hash_many(algorithm, list(messages))
        wrong = [i for i, digest in enumerate(digests) if got[i] != digest]
        assert not wrong, f"{name}: cases {wrong} of {len(cases)}"
        for message, digest in [*cases[:: max(len(cases) // 8, 1)], cases[-1]]:
            assert implementation.hash_many(algorithm, [message]) == [digest]
        implementation.ran(len(cases))


@implementations("sha256", "sha256-lanes", opencl=True)
def test_sha256(implementation: Implementation) -> None:
    """CAVP's short and long messages."""
    _check_files(implementation, "sha256")


@implementations("sha512", "sha512-lanes", opencl=True)
def test_sha512(implementation: Implementation) -> None:
    """CAVP's short and long messages."""
    _check_files(implementation, "sha512")


@implementations("sha256", "sha256-lanes", opencl=True)
def test_sha224(implementation: Implementation) -> None:
    """CAVP's short messages."""
    _check_files(implementation, "sha224")


@implementations("sha512", "sha512-lanes", opencl=True)
@pytest.mark.parametrize("algorithm", ["sha384", "sha512-256"])
def test_shorter_sha512(implementation: Implementation, algorithm: str) -> None:
    """CAVP's short messages."""
    _check_files(implementation, algorithm)


@implementations("keccak", "keccak-lanes", opencl=True)
def test_keccak256(implementation: Implementation) -> None:
    """The Keccak team's known answers for whole bytes, and Botan's."""
    _check_files(implementation, "keccak256")


@implementations("keccak", "keccak-lanes", opencl=True)
@pytest.mark.parametrize("algorithm", ["sha3-224", "sha3-256", "sha3-384", "sha3-512"])
def test_sha3(implementation: Implementation, algorithm: str) -> None:
    """CAVP's short messages, and for SHA3-256 its long ones."""
    _check_files(implementation, algorithm)


@implementations("keccak", "keccak-lanes", opencl=True)
@pytest.mark.parametrize("algorithm", ["shake128", "shake256"])
@pytest.mark.parametrize("kind", ["ShortMsg", "VariableOut"])
def test_shake(implementation: Implementation, algorithm: str, kind: str) -> None:
    """CAVP's short messages, and its outputs of 16 to 250 bytes; a batch for each size, and a sample one by one."""
    cases = cavp_outputs(f"hash/cavp_{algorithm.upper()}{kind}.rsp")
    sizes = {len(output) for _, output in cases}
    assert len(cases) > 250
    assert len(sizes) > 100 or kind == "ShortMsg"
    for size in sizes:
        batch = [case for case in cases if len(case[1]) == size]
        assert implementation.hash_many(algorithm, [message for message, _ in batch], size) == [o for _, o in batch]
    for message, output in [*cases[::100], cases[-1]]:
        assert implementation.hash_many(algorithm, [message], len(output)) == [output]
    implementation.ran(len(cases))


@implementations("ripemd160", "ripemd160-lanes", opencl=True)
def test_ripemd160(implementation: Implementation) -> None:
    """The authors' examples and Botan's."""
    _check_files(implementation, "ripemd160")


@implementations("sm3", "sm3-lanes", opencl=True)
def test_sm3(implementation: Implementation) -> None:
    """GB/T 32905's examples, Botan's and OpenSSL's."""
    _check_files(implementation, "sm3")


def _check_blake2(implementation: Implementation, stem: str, algorithm: str) -> None:
    """The authors' known answers with a key and without, a batch for each, and those of cryptography's package."""
    known = load_json("hash/blake2-kat.json")
    cases = [case for case in known if case["hash"] == stem]
    assert len(cases) == 512
    for key in sorted({case["key"] for case in cases}):
        some = [case for case in cases if case["key"] == key]
        messages = [bytes.fromhex(case["in"]) for case in some]
        digests = [bytes.fromhex(case["out"]) for case in some]
        options = {"key": bytes.fromhex(key)} if key else {}
        assert implementation.hash_many(algorithm, messages, **options) == digests
        assert implementation.hash_many(algorithm, messages[-1:], **options) == digests[-1:]
    cavp = cavp_messages(f"hash/cavp_{stem}.txt")
    assert len(cavp) == 7
    assert implementation.hash_many(algorithm, [message for message, _ in cavp]) == [digest for _, digest in cavp]
    implementation.ran(len(cases) + len(cavp))
    others = len(known) - sum(case["hash"] in ("blake2b", "blake2s") for case in known)
    implementation.left_out(others, "BLAKE2bp, BLAKE2sp, BLAKE2xb and BLAKE2xs: no algorithms of pyaccel")


@implementations("blake2b", "blake2b-lanes", opencl=True)
def test_blake2b(implementation: Implementation) -> None:
    """BLAKE2b-512; the files have no shorter digests, which other initial values make."""
    _check_blake2(implementation, "blake2b", "blake2b-512")


@implementations("blake2s", "blake2s-lanes", opencl=True)
def test_blake2s(implementation: Implementation) -> None:
    """BLAKE2s-256."""
    _check_blake2(implementation, "blake2s", "blake2s-256")


@implementations("blake3", "blake3-lanes", opencl=True)
def test_blake3(implementation: Implementation) -> None:
    """The authors' vectors: three modes, long digests and their own size, each mode's inputs as one batch."""
    known = load_json("hash/blake3_test_vectors.json")
    cases = known["cases"]
    assert len(cases) == 35
    kept = [case for case in cases if case["input_len"] <= 8193] if implementation.slow else cases
    messages = [(bytes(range(251)) * (case["input_len"] // 251 + 1))[: case["input_len"]] for case in kept]
    modes: dict[str, dict[str, object]] = {
        "hash": {},
        "keyed_hash": {"key": known["key"].encode()},
        "derive_key": {"context": known["context_string"]},
    }
    for mode, options in modes.items():
        digests = [bytes.fromhex(case[mode]) for case in kept]
        assert implementation.hash_many("blake3", messages, len(digests[0]), **options) == digests
        assert implementation.hash_many("blake3", messages, **options) == [digest[:32] for digest in digests]
        assert implementation.hash_many("blake3", messages[-1:], **options) == [digests[-1][:32]]
        implementation.ran(len(kept))
    if kept != cases:
        implementation.left_out(3 * (len(cases) - len(kept)), "BLAKE3 of more than 8193 bytes: too slow here")


_HMAC_FILES = {
    "hmac-sha256": ("hash/rfc-4231-hmac-sha256.txt", 6),
    "hmac-sha512": ("hash/rfc-4231-hmac-sha512.txt", 6),
    "hmac-sm3": ("hash/openssl_evpmac_sm3.txt", 4),
}


def _check_hmac(implementation: Implementation, algorithm: str) -> None:
    """A batch for each key, since a call has one: each case alone, and often enough to fill the lanes."""
    name, count = _HMAC_FILES[algorithm]
    cases = hmac_messages(name)
    assert len(cases) == count
    for key, message, digest in cases:
        assert implementation.hash_many(algorithm, [message], key=key) == [digest]
        assert implementation.hash_many(algorithm, [message] * 40, key=key) == [digest] * 40
        mixed = implementation.hash_many(algorithm, [message, message[:-1]] * 20, key=key)
        assert mixed[::2] == [digest] * 20
        assert digest not in mixed[1::2]
    implementation.ran(len(cases))


@implementations("sha256", "sha256-lanes", opencl=True)
def test_hmac_sha256(implementation: Implementation) -> None:
    """RFC 4231, all cases but the truncated one."""
    _check_hmac(implementation, "hmac-sha256")


@implementations("sha512", "sha512-lanes", opencl=True)
def test_hmac_sha512(implementation: Implementation) -> None:
    """RFC 4231, all cases but the truncated one."""
    _check_hmac(implementation, "hmac-sha512")


@implementations("sm3", "sm3-lanes", opencl=True)
def test_hmac_sm3(implementation: Implementation) -> None:
    """GM/T 0042-2015, appendix D.3, as OpenSSL's tests give it."""
    _check_hmac(implementation, "hmac-sm3")


def _check_monte_carlo(implementation: Implementation, algorithm: str, name: str) -> None:
    """SHA-2's Monte Carlo test: a thousand digests of the three before them, a hundred times."""
    seed, digests = cavp_monte_carlo(name)
    assert len(digests) == 100
    rounds = 2 if implementation.slow else 100
    for expected in digests[:rounds]:
        chain = [seed, seed, seed]
        for _ in range(1000):
            chain.append(implementation.hash_many(algorithm, [b"".join(chain[-3:])])[0])
        seed = chain[-1]
        assert seed == expected
    implementation.ran(rounds)
    if rounds < 100:
        implementation.left_out(100 - rounds, "Monte Carlo rounds of 1000 digests each, one by one: too slow here")


@implementations("sha256")
def test_sha256_monte_carlo(implementation: Implementation) -> None:
    """One message at a time, which lanes and devices are not for."""
    _check_monte_carlo(implementation, "sha256", "hash/cavp_SHA256Monte.rsp")


@implementations("sha512")
def test_sha512_monte_carlo(implementation: Implementation) -> None:
    """One message at a time."""
    _check_monte_carlo(implementation, "sha512", "hash/cavp_SHA512Monte.rsp")


@implementations("sha256", "sha256-lanes", opencl=True)
def test_sha256d_chains_block_headers(implementation: Implementation) -> None:
    """Each header of Bitcoin's main chain names the double hash of the one before it."""
    lines = (VECTORS / "bitcoin/btcd_blockheaders-mainnet-1-11.txt").read_text().split()
    headers = [bytes.fromhex(line) for line in lines]
    assert len(headers) == 11
    # Twice the list, so that 16 lanes fill.
    hashes = implementation.hash_many("sha256d", headers * 2)
    assert hashes[:11] == hashes[11:]
    for digest, (_, following) in zip(hashes, pairwise(headers), strict=False):
        assert following[4:36] == digest
    implementation.ran(10)


@implementations("sha256", "sha512", "ripemd160", opencl=True)
def test_ics23_hash_operations(implementation: Implementation) -> None:
    """ICS-23's digests of "food"; its `bitcoin` operation is RIPEMD-160 of SHA-256."""
    cases = load_json("hash/ics23_TestDoHashData.json")
    algorithms = {"sha256": "sha256", "sha512": "sha512", "ripemd160": "ripemd160", "bitcoin": "hash160"}
    for name, algorithm in algorithms.items():
        case = cases[name]
        message = (case.get("Preimage") or case["PreImage"]).encode()
        assert implementation.hash_many(algorithm, [message]) == [bytes.fromhex(case["ExpectedHash"])]
    implementation.ran(len(algorithms))


@pytest.mark.parametrize("algorithm", ["sha256", "sha512", "keccak256", "ripemd160", "sm3"])
def test_files_hold_empty_and_long_messages(algorithm: str) -> None:
    """The files reach from the empty message to several blocks; a reader that drops cases would show here."""
    lengths = {len(message) for read, name in _FILES[algorithm] for message, _ in read(name)}
    assert 0 in lengths
    assert max(lengths) > 200 or algorithm == "ripemd160"
