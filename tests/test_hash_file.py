# SPDX-License-Identifier: Apache-2.0
"""hash_file: every kind of file, progress, and what goes wrong with files."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import socket
import tempfile
import threading
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st

import pyaccel
from examples import examples

DATA = np.random.default_rng(5).bytes(300_000)
DIGEST = hashlib.sha256(DATA).digest()
hash_file = pyaccel.hashing.hash_file


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "data"
    file.write_bytes(DATA)
    return file


def test_paths(path: Path) -> None:
    """str and os.PathLike."""
    assert hash_file("sha256", path) == hash_file("sha256", str(path)) == DIGEST
    digest = hash_file("blake3", path, key=DIGEST, digest_size=100)
    assert digest == blake3(DATA, key=DIGEST).digest(length=100)
    assert hash_file("blake3", path, context="c") == blake3(DATA, derive_key_context="c").digest()
    assert hash_file("hmac-sha256", path, key=b"k") == pyaccel.hash_many("hmac-sha256", [DATA], key=b"k").tobytes()


def test_open_files(path: Path, tmp_path: Path) -> None:
    """Buffered, raw, unpacked, in memory, temporary; each stays open, and stands at its end."""
    with gzip.open(tmp_path / "packed", "wb") as packed:
        packed.write(DATA)
    with tempfile.TemporaryFile() as temporary, tempfile.SpooledTemporaryFile() as spooled:
        for other in (temporary, spooled):
            other.write(DATA)
            other.seek(0)
        opened = [path.open("rb"), path.open("rb", buffering=0), path.open("r+b"), gzip.GzipFile(tmp_path / "packed")]
        for file in [*opened, io.BytesIO(DATA), temporary, spooled]:
            assert hash_file("sha256", file, chunk_size=7000) == DIGEST
            assert file.tell() == len(DATA)
            assert hash_file("sha256", file) == hashlib.sha256(b"").digest()
            file.seek(1000)
            assert hash_file("sha256", file) == hashlib.sha256(DATA[1000:]).digest()
            file.close()


class OnlyRead:
    """What has read alone, and gives less than it is asked for."""

    def __init__(self, pieces: list[Any]) -> None:
        self.pieces = pieces

    def read(self, size: int) -> Any:
        assert size > 0
        return self.pieces.pop(0) if self.pieces else b""


def test_what_can_only_read() -> None:
    """Without readinto."""
    calls: list[Any] = []
    pieces = [DATA[:10], DATA[10:5000], bytearray(DATA[5000:])]
    digest = hash_file("sha256", OnlyRead(pieces), progress=lambda *done: calls.append(done))
    assert digest == DIGEST
    assert calls == [(10, None), (5000, None), (300_000, None)]


def _feed(writer: int) -> None:
    with os.fdopen(writer, "wb") as file:
        file.write(DATA)


def test_pipes_and_sockets() -> None:
    """Of no size that anybody knows."""
    for reader, writer in (os.pipe(), (end.detach() for end in socket.socketpair())):
        feeder = threading.Thread(target=_feed, args=(writer,))
        feeder.start()
        calls: list[Any] = []
        with os.fdopen(reader, "rb") as file:
            assert hash_file("sha256", file, progress=lambda *done, calls=calls: calls.append(done)) == DIGEST
        feeder.join()
        assert calls[-1] == (len(DATA), None)


@examples(25)
@given(
    size=st.sampled_from([0, 1, 4095, 4096, 65535, 65536, 65537, 200_000]),
    chunk=st.sampled_from([1000, 4096, 65536, 65537, 2**20]),
    at=st.integers(0, 70_000),
)
def test_chunks(size: int, chunk: int, at: int) -> None:
    """Any size of file and chunk, from any place; progress grows to the end."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(DATA[:size])
        file.seek(min(at, size))
        wanted = DATA[min(at, size) : size]
        for source in (file.file, file.name, io.BytesIO(DATA[:size])):
            rest = wanted if source is file.file else DATA[:size]
            calls: list[tuple[int, int | None]] = []
            digest = hash_file(
                "blake3", source, chunk_size=chunk, progress=lambda *done, calls=calls: calls.append(done)
            )
            assert digest == blake3(rest).digest()
            done = [count for count, _ in calls]
            assert calls[-1] == (len(rest), len(rest))
            assert done == sorted(set(done))
            assert max(b - a for a, b in zip([0, *done], done, strict=False)) <= max(chunk, 0)


class Stopped(Exception):  # noqa: N818 - no error, but a wish
    """What a caller's progress raises."""


def test_what_progress_raises_comes_out(path: Path) -> None:
    """As verify_many's; what it returns means nothing."""
    calls = []

    def stop(done: int, total: int | None) -> None:
        calls.append((done, total))
        if done >= 20_000:
            raise Stopped

    with pytest.raises(Stopped):
        hash_file("sha256", path, chunk_size=10_000, progress=stop)
    assert calls == [(10_000, 300_000), (20_000, 300_000)]
    assert hash_file("sha256", path, progress=lambda *_: False) == DIGEST


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"algorithm": "md5"}, ValueError, "unknown; there are"),
        ({"algorithm": "hmac-sha256"}, ValueError, "needs one"),
        ({"key": b"k"}, ValueError, "sha256 takes no key"),
        ({"digest_size": 31}, ValueError, "31 came; sha256 has 32"),
        ({"progress": 3}, TypeError, "progress: a int came"),
        ({"chunk_size": 0}, ValueError, "chunk_size: 0 came"),
        ({"chunk_size": 2**31}, ValueError, "chunk_size"),
        ({"chunk_size": 1.5}, TypeError, "chunk_size: a float came"),
        ({"file": 3}, TypeError, "file: a int came; wanted a path"),
        ({"file": DATA}, TypeError, "file: a bytes came; wanted a path"),
        ({"file": None}, TypeError, "file: a NoneType came"),
    ],
)
def test_wrong_arguments(path: Path, arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    """Before anything is read."""
    with pytest.raises(error, match=message):
        hash_file(**({"algorithm": "sha256", "file": path} | arguments))


def test_files_that_are_not_there(tmp_path: Path) -> None:
    """What open raises, with the path."""
    with pytest.raises(FileNotFoundError, match="nothing"):
        hash_file("sha256", tmp_path / "nothing")
    with pytest.raises(IsADirectoryError, match=tmp_path.name):
        hash_file("sha256", tmp_path)
    closed = io.BytesIO()
    closed.close()
    with pytest.raises(ValueError, match="closed"):
        hash_file("sha256", closed)


def test_text_mode(path: Path) -> None:
    """Named, however it is wrapped."""
    with path.open(encoding="latin-1") as file, pytest.raises(TypeError, match="data: opened in text mode"):
        hash_file("sha256", file)
    with pytest.raises(TypeError, match="StringIO: opened in text mode"):
        hash_file("sha256", io.StringIO("text"))
    with pytest.raises(TypeError, match="OnlyRead: read"):
        hash_file("sha256", OnlyRead(["text"]))


def test_files_for_writing_alone(path: Path) -> None:
    """What reading raises, and which file it was."""
    for buffering in (-1, 0):
        with (
            path.open("ab", buffering) as file,
            pytest.raises(io.UnsupportedOperation, match="data: opened for writing"),
        ):
            hash_file("sha256", file)


@pytest.mark.parametrize("buffering", [0, -1])
def test_non_blocking(buffering: int) -> None:
    """A file that has nothing yet is not at its end."""
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    with os.fdopen(writer, "wb") as end, os.fdopen(reader, "rb", buffering=buffering) as file:
        end.write(b"abc")
        end.flush()
        with pytest.raises(BlockingIOError, match="non-blocking"):
            hash_file("sha256", file)


@pytest.mark.parametrize("count", [-1, 10**9])
def test_a_reader_that_lies(count: int) -> None:
    """More than it was given room for, or less than nothing."""

    class Liar:
        def readinto(self, view: memoryview) -> int:
            return count

    with pytest.raises(OSError, match=f"Liar: {count} bytes came"):
        hash_file("sha256", Liar())
    with pytest.raises(OSError, match="bytes came where"):
        hash_file("sha256", OnlyRead([bytes(2000)]), chunk_size=1000)


@pytest.mark.parametrize("kind", ["path", "file", "memory"])
@pytest.mark.parametrize("change", [-150_000, -299_999, 1, 100_000])
def test_a_file_that_changes(path: Path, kind: str, change: int) -> None:
    """Grown or cut while it is read: there is no digest of it. A growing file is not followed."""
    source: Any = path if kind == "path" else path.open("rb", buffering=0) if kind == "file" else io.BytesIO(DATA)
    calls = []

    def resize(done: int, total: int | None) -> None:
        calls.append(done)
        if len(calls) < 20:
            if isinstance(source, io.BytesIO):
                at = source.tell()
                source.truncate(max(len(DATA) + change, 0))
                source.seek(0, io.SEEK_END)
                source.write(bytes(max(change, 0)))
                source.seek(at)
            else:
                os.truncate(path, max(len(DATA) + change, 0))

    with pytest.raises(OSError, match=r"it had 300000 bytes, then \d+; hash it again"):
        hash_file("sha256", source, chunk_size=100_000, progress=resize)
    assert len(calls) <= 4
    if not isinstance(source, Path):
        source.close()


@pytest.mark.skipif(not Path("/proc/version").exists(), reason="a file of the system, which says it has no bytes")
def test_files_that_do_not_tell_their_size() -> None:
    """Linux says 0 bytes of what it makes as it is read; and 4096 of what has fewer."""
    calls: list[Any] = []
    digest = hash_file("sha256", "/proc/version", progress=lambda *done: calls.append(done))
    assert digest == hashlib.sha256(Path("/proc/version").read_bytes()).digest()
    assert calls[-1] == (len(Path("/proc/version").read_bytes()), None)
    shorter = Path("/sys/kernel/mm/transparent_hugepage/enabled")
    if shorter.exists():
        assert hash_file("sha256", shorter) == hashlib.sha256(shorter.read_bytes()).digest()


def test_memory_is_bounded(tmp_path: Path) -> None:
    """A file of 64 MiB, with nothing in it, through 1 MiB."""
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(64 << 20)
    hash_file("blake3", tmp_path / "sparse")
    tracemalloc.start()
    digest = hash_file("blake3", tmp_path / "sparse")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1.2 * 2**20
    assert digest == blake3(bytes(64 << 20)).digest()
