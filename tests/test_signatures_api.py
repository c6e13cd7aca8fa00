# SPDX-License-Identifier: Apache-2.0
"""verify_many as users call it; signatures by cryptography (Ed25519, P-256, P-384) and coincurve (secp256k1)."""

from __future__ import annotations

import copy
import hashlib
import os
import pickle
import threading

import numpy as np
import pyarrow as pa
import pytest
from coincurve import PrivateKey
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

import pyaccel
from pyaccel.scheduler import execution

DEVICES = ["native", "golden"]
N = 12


def _ed25519():
    keys = [Ed25519PrivateKey.from_private_bytes(hashlib.sha256(bytes([i])).digest()) for i in range(N)]
    messages = [bytes(i * 7) for i in range(N)]
    signatures = [key.sign(message) for key, message in zip(keys, messages, strict=True)]
    return "ed25519", [key.public_key().public_bytes_raw() for key in keys], messages, signatures, "raw"


def _secp256k1(encoding):
    keys = [PrivateKey(hashlib.sha256(bytes([i])).digest()) for i in range(N)]
    messages = [bytes(i * 7) for i in range(N)]
    ders = [key.sign(message) for key, message in zip(keys, messages, strict=True)]
    raws = [key.sign_recoverable(message)[:64] for key, message in zip(keys, messages, strict=True)]
    public = [key.public_key.format(compressed=i % 2 == 0) for i, key in enumerate(keys)]
    return "secp256k1-ecdsa", public, messages, raws if encoding == "raw" else ders, encoding


def _bip340():
    keys = [PrivateKey(hashlib.sha256(bytes([i])).digest()) for i in range(N)]
    messages = [bytes([i]) * 32 for i in range(N)]
    signatures = [key.sign_schnorr(message, bytes(32)) for key, message in zip(keys, messages, strict=True)]
    return "bip340", [key.public_key.format()[1:] for key in keys], messages, signatures, "raw"


def _nist(scheme, curve, size, encoding):
    keys = [ec.derive_private_key(i + 1, curve) for i in range(N)]
    messages = [bytes(i * 7) for i in range(N)]
    own = ec.ECDSA(hashes.SHA256() if size == 32 else hashes.SHA384())
    signatures = [key.sign(message, own) for key, message in zip(keys, messages, strict=True)]
    if encoding == "raw":
        pairs = map(decode_dss_signature, signatures)
        signatures = [r.to_bytes(size, "big") + s.to_bytes(size, "big") for r, s in pairs]
    forms = PublicFormat.CompressedPoint, PublicFormat.UncompressedPoint
    public = [key.public_key().public_bytes(Encoding.X962, forms[i % 2]) for i, key in enumerate(keys)]
    return scheme, public, messages, signatures, encoding


CASES = [
    _ed25519(),
    _secp256k1("raw"),
    _secp256k1("der"),
    _secp256k1("der-lax"),
    _bip340(),
    _nist("p256-ecdsa", ec.SECP256R1(), 32, "raw"),
    _nist("p256-ecdsa", ec.SECP256R1(), 32, "der"),
    _nist("p384-ecdsa", ec.SECP384R1(), 48, "raw"),
]
SCHEME, KEYS, MESSAGES, SIGNATURES, _ = CASES[0]


def flipped(row: bytes, bit: int = 100) -> bytes:
    return bytes(byte ^ (1 << bit % 8 if i == bit // 8 else 0) for i, byte in enumerate(row))


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}-{case[4]}")
def test_bad_rows_among_good_ones(case, device):
    scheme, keys, messages, signatures, encoding = case
    good = pyaccel.verify_many(scheme, keys, messages, signatures, signature_format=encoding, device=device)
    assert good.dtype == np.bool_
    assert good.all()
    messages, signatures, keys = list(messages), list(signatures), list(keys)
    messages[1] += b"!"
    signatures[3] = signatures[3][:-1]
    signatures[5] = b""
    keys[7] = b"\xff" * len(keys[7])
    keys[9] = b""
    verdicts, codes = pyaccel.verify_many(
        scheme, keys, messages, signatures, signature_format=encoding, reasons=True, device=device
    )
    assert np.flatnonzero(~verdicts).tolist() == [1, 3, 5, 7, 9]
    assert ((codes == 0) == verdicts).all()
    names = [pyaccel.reasons()[code] for code in codes]
    assert (names[0], names[1], names[9]) == ("none", "equation", "length")
    assert set(pyaccel.reasons()) == {"none", "length", "key", "encoding", "range", "equation"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}-{case[4]}")
def test_one_at_a_time_is_the_same(case):
    scheme, keys, messages, signatures, encoding = case
    for i in range(N):
        arguments = (scheme, keys[i], messages[i], signatures[i])
        assert pyaccel.verify(*arguments, signature_format=encoding) is True
        assert pyaccel.verify(*arguments[:2], b"other", signatures[i], signature_format=encoding) is False


@pytest.mark.parametrize("device", DEVICES)
def test_one_key_or_message_for_all(device):
    key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    public = key.public_key().public_bytes_raw()
    signatures = [key.sign(m) for m in MESSAGES]
    assert pyaccel.verify_many(SCHEME, public, MESSAGES, signatures, device=device).all()
    same = [key.sign(b"same")] * 3 + [flipped(key.sign(b"same"))]
    assert pyaccel.verify_many(SCHEME, public, b"same", same, device=device).tolist() == [True, True, True, False]


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("case", [*CASES[:2], CASES[4]], ids=lambda case: case[0])
def test_key_index_with_rows_and_with_prepared_keys(case, device):
    scheme, keys, messages, signatures, _ = case
    order = [(7 * i) % N for i in range(N)]
    public = [*keys, b"not a key"]
    prepared = pyaccel.PreparedKeys(scheme, public)
    assert len(prepared) == N + 1
    assert prepared.memory >= sum(map(len, public))
    for given in (public, pa.array(public), prepared, pyaccel.PreparedKeys(scheme, pa.array(public), memory=1)):
        for kind in (list, np.uint32, np.int64, np.uint8):
            index = order if kind is list else np.array(order, kind)
            verdicts = pyaccel.verify_many(
                scheme,
                given,
                [messages[i] for i in order],
                [signatures[i] for i in order],
                key_index=index,
                device=device,
            )
            assert verdicts.all()
        wrong = list(order)
        wrong[4] = N
        wrong[6] = order[5]
        verdicts, codes = pyaccel.verify_many(
            scheme,
            given,
            [messages[i] for i in order],
            [signatures[i] for i in order],
            key_index=wrong,
            reasons=True,
            device=device,
        )
        assert np.flatnonzero(~verdicts).tolist() == [4, 6]
        assert [pyaccel.reasons()[codes[i]] for i in (4, 6)] == ["length", "equation"]
    assert pyaccel.verify_many(scheme, pyaccel.PreparedKeys(scheme, keys), messages, signatures, device=device).all()


def test_prepared_keys_do_not_change_with_their_source():
    source = np.array([list(key) for key in KEYS], np.uint8)
    prepared = pyaccel.PreparedKeys(SCHEME, source)
    source[:] = 0
    for device in DEVICES:
        assert pyaccel.verify_many(SCHEME, prepared, MESSAGES, SIGNATURES, key_index=range(N), device=device).all()


@pytest.mark.parametrize("message_hash", ["sha256", "sha256d", "keccak256", "none"])
def test_message_hashes(message_hash):
    key = PrivateKey(bytes(31) + b"\1")
    digests = pyaccel.hash_many("sha256" if message_hash == "none" else message_hash, MESSAGES)
    signatures = [key.sign_recoverable(digest.tobytes(), hasher=None)[:64] for digest in digests]
    messages = digests if message_hash == "none" else MESSAGES
    public = key.public_key.format()
    for device in DEVICES:
        verdicts = pyaccel.verify_many(
            "secp256k1-ecdsa", public, messages, signatures, message_hash=message_hash, device=device
        )
        assert verdicts.all()


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}-{case[4]}")
def test_an_empty_batch(case, device):
    for reasons in (False, True):
        answer = pyaccel.verify_many(case[0], [], [], [], signature_format=case[4], reasons=reasons, device=device)
        verdicts = answer[0] if reasons else answer
        assert (verdicts.shape, verdicts.dtype) == ((0,), np.bool_)
    prepared = pyaccel.PreparedKeys(case[0], [])
    assert pyaccel.verify_many(case[0], prepared, [], [], key_index=[], device=device).shape == (0,)


@pytest.mark.parametrize("device", DEVICES)
def test_progress_reaches_the_end(device):
    seen = []
    rows = 2500 if device == "native" else 2
    keys, messages, signatures = (list(x) * (rows // N + 1) for x in (KEYS, MESSAGES, SIGNATURES))
    keys, messages, signatures = keys[:rows], messages[:rows], signatures[:rows]
    signatures[-1] = bytes(64)
    verdicts = pyaccel.verify_many(
        SCHEME, keys, messages, signatures, device=device, progress=lambda done, total: seen.append((done, total))
    )
    assert verdicts[:-1].all()
    assert not verdicts[-1]
    assert seen[-1] == (rows, rows)
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})


def test_what_progress_raises_comes_out():
    class StopHereError(Exception):
        pass

    def stop(done, total):
        raise StopHereError

    with pytest.raises(StopHereError):
        pyaccel.verify_many(SCHEME, KEYS, MESSAGES, SIGNATURES, progress=stop)
    assert pyaccel.verify_many(SCHEME, KEYS, MESSAGES, SIGNATURES).all()


def test_the_names():
    assert pyaccel.schemes() == ("ed25519", "secp256k1-ecdsa", "bip340", "p256-ecdsa", "p384-ecdsa", "sm2")
    assert pyaccel.rules("ed25519") == ("zip215", "rfc8032", "openssl", "dalek-strict", "libsodium")
    assert pyaccel.rules("secp256k1-ecdsa") == ("any", "low-s", "bitcoin-core")
    assert pyaccel.rules("bip340") == ("bip340",)
    assert pyaccel.rules("p256-ecdsa") == pyaccel.rules("p384-ecdsa") == ("any", "low-s", "fabric")
    assert pyaccel.rules("sm2") == ("gbt32918",)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"scheme": "rsa"}, ValueError, "scheme 'rsa' is unknown; there are ed25519, secp256k1-ecdsa"),
        ({"scheme": None}, ValueError, "unknown"),
        ({"scheme": "sm2", "rule": "any"}, ValueError, "rule of sm2 'any' is unknown; there are gbt32918"),
        (
            {"scheme": "sm2", "message_hash": "sm3"},
            ValueError,
            "sm2 hashes the message itself; it takes none but 'none'",
        ),
        ({"scheme": "sm2", "signature_format": "der-lax"}, ValueError, "'der-lax' is unknown; there are raw, der"),
        ({"scheme": "p256-ecdsa", "rule": "bitcoin-core"}, ValueError, "there are any, low-s, fabric"),
        ({"scheme": "p256-ecdsa", "message_hash": "keccak256"}, ValueError, "there are sha256, sha384, none"),
        ({"scheme": "bip340", "message_hash": "sha256"}, ValueError, "bip340 hashes the message itself"),
        ({"scheme": "bip340", "signature_format": "der"}, ValueError, "'der' is unknown; there are raw"),
        ({"scheme": "bip340", "rule": "any"}, ValueError, "rule of bip340 'any' is unknown; there are bip340"),
        ({"rule": "low-s"}, ValueError, "rule of ed25519 'low-s' is unknown; there are zip215, rfc8032"),
        ({"scheme": "secp256k1-ecdsa", "rule": "fabric"}, ValueError, "there are any, low-s, bitcoin-core"),
        ({"message_hash": "sha256"}, ValueError, "ed25519 hashes the message itself"),
        ({"scheme": "secp256k1-ecdsa", "message_hash": "md5"}, ValueError, "'md5' is unknown; there are sha256"),
        ({"key_format": "spki"}, ValueError, "key_format of ed25519 'spki' is unknown; there are auto"),
        ({"scheme": "secp256k1-ecdsa", "key_format": "spki"}, ValueError, "there are auto"),
        ({"key_format": "pem"}, ValueError, "unknown"),
        ({"signature_format": "der"}, ValueError, "'der' is unknown; there are raw"),
        ({"identity": b"1234567812345678"}, ValueError, "identity: ed25519 has none; it belongs to sm2 alone"),
        ({"public_keys": KEYS[:3]}, ValueError, "public_keys: 3 rows came for 12 signatures; .* or key_index"),
        (
            {"scheme": "p256-ecdsa", "public_keys": np.zeros((N, 91), np.uint8)},
            ValueError,
            "12 rows of 91 bytes each came; wanted 33 or 64 or 65. key_format='spki' takes such. Rows that",
        ),
        ({"messages": MESSAGES[:3]}, ValueError, "messages: 3 rows came for 12 signatures"),
        ({"signatures": SIGNATURES[0]}, ValueError, r"signatures: one value .*\[value\]"),
        ({"signatures": "abc"}, TypeError, "signatures: a str came"),
        ({"messages": ["a"] * N}, TypeError, r"messages\[0\]: a str came"),
        ({"key_index": [0] * 3}, ValueError, r"shape \(3,\) came; wanted \(12,\)"),
        ({"key_index": [0.0] * N}, TypeError, "float64"),
        ({"key_index": [0] * 11 + [N]}, IndexError, "key_index: 12 came at 11; there are 12 public keys"),
        ({"key_index": [-1] * N}, IndexError, "key_index: -1 came at 0"),
        ({"public_keys": KEYS[0], "key_index": [0] * N}, ValueError, "public_keys: one value"),
        ({"public_keys": pyaccel.PreparedKeys(SCHEME, KEYS[:3])}, ValueError, "say with key_index"),
        ({"public_keys": pyaccel.PreparedKeys("secp256k1-ecdsa", KEYS)}, ValueError, "prepared for secp256k1-ecdsa"),
        ({"device": "gpu"}, ValueError, "device 'gpu' is unknown"),
    ],
)
def test_wrong_arguments(change, error, message):
    arguments = {"scheme": SCHEME, "public_keys": KEYS, "messages": MESSAGES, "signatures": SIGNATURES} | change
    with pytest.raises(error, match=message):
        pyaccel.verify_many(**arguments)


def test_prepared_keys_refuse():
    with pytest.raises(ValueError, match="unknown"):
        pyaccel.PreparedKeys("rsa", KEYS)
    with pytest.raises(ValueError, match="memory: 0 came"):
        pyaccel.PreparedKeys(SCHEME, KEYS, memory=0)
    with pytest.raises(ValueError, match="one value"):
        pyaccel.PreparedKeys(SCHEME, KEYS[0])
    with pytest.raises(ValueError, match="3 rows of 63 bytes each came; wanted 33 or 64 or 65"):
        pyaccel.PreparedKeys("secp256k1-ecdsa", np.zeros((3, 63), np.uint8))
    with pytest.raises(ValueError, match=r"3 rows of 120 bytes .* key_format='spki' takes such\."):
        pyaccel.PreparedKeys("p384-ecdsa", np.zeros((3, 120), np.uint8))


def test_threads_verify_at_the_same_time():
    prepared = pyaccel.PreparedKeys(SCHEME, KEYS)
    wrong = []

    def work(scheme, keys, messages, signatures, encoding):
        bad = [*signatures[:-1], b""]
        for _ in range(15):
            given = (scheme, keys, messages)
            if not pyaccel.verify_many(*given, signatures, signature_format=encoding).all():
                wrong.append(scheme)
            if pyaccel.verify_many(*given, bad, signature_format=encoding).tolist() != [True] * (N - 1) + [False]:
                wrong.append(scheme)
            if not pyaccel.verify_many(SCHEME, prepared, MESSAGES, SIGNATURES, key_index=range(N)).all():
                wrong.append("prepared")

    threads = [threading.Thread(target=work, args=case) for case in CASES * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_verifies():
    """Workers of the parent are gone in the child; the library makes them anew."""
    many = [list(x) * 100 for x in (KEYS, MESSAGES, SIGNATURES)]
    assert pyaccel.verify_many(SCHEME, *many).all()
    child = os.fork()
    if child == 0:
        try:
            os._exit(0 if pyaccel.verify_many(SCHEME, *many).all() else 1)
        except BaseException:  # noqa: BLE001 - the child must not return into pytest
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_prepared_keys_in_parts(monkeypatch):
    """A batch that is cut for progress gives each row its own key, with and without an index."""
    monkeypatch.setattr(execution, "part_rows", lambda *_: 5)
    prepared = pyaccel.PreparedKeys(SCHEME, KEYS)
    told = []

    def progress(done, rows):
        told.append((done, rows))

    for index in (None, range(N)):
        arguments = {"key_index": index, "progress": progress}
        assert pyaccel.verify_many(SCHEME, prepared, MESSAGES, SIGNATURES, **arguments).all()
    assert told == [(5, N), (10, N), (N, N)] * 2


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"key_index": np.ma.masked_array(range(N), mask=True)}, TypeError, "key_index: a masked array"),
        ({"key_index": [1, [2]]}, ValueError, "key_index: list of no numbers"),
        ({"progress": 5}, TypeError, "progress: a int came; wanted a function"),
        ({"rule": np.array(["zip215", "rfc8032"])}, ValueError, "rule of ed25519 .* is unknown"),
    ],
)
def test_what_is_no_number_or_name(arguments, error, message):
    with pytest.raises(error, match=message):
        pyaccel.verify_many(SCHEME, KEYS, MESSAGES, SIGNATURES, **arguments)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_signature_names_its_own_arguments(place):
    arguments = [KEYS[0], MESSAGES[0], SIGNATURES[0]]
    arguments[place] = "text"
    with pytest.raises(TypeError, match=("public_key: a str", "message: a str", "signature: a str")[place]):
        pyaccel.verify(SCHEME, *arguments)


@pytest.mark.parametrize("memory", ["1", 1.5, np.array(["1"])])
def test_memory_is_a_whole_number(memory):
    with pytest.raises(TypeError, match=r"memory: a .* came; wanted a whole number"):
        pyaccel.PreparedKeys(SCHEME, KEYS, memory=memory)


def test_prepared_keys_stay_in_their_process() -> None:
    keys = pyaccel.PreparedKeys("ed25519", [bytes(32)])
    with pytest.raises(TypeError, match="send the keys and prepare them there"):
        pickle.dumps(keys)
    # They are immutable.
    assert copy.copy(keys) is keys
    assert copy.deepcopy([keys])[0] is keys
