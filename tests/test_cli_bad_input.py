# SPDX-License-Identifier: Apache-2.0
"""Input that can't be used: one line that names the file, the place and the mend; exit status 2."""

from __future__ import annotations

import bz2
import os
import signal
import struct
import subprocess
import sys
import time
import tracemalloc
from io import StringIO
from pathlib import Path

import pytest
from cli_support import BLOCK_300025, BLOCK_482683, SPENT_277647, SPENT_300025, Command, signed_rows, write_lines
from rich.console import Console

from pyaccel.cli import sources
from pyaccel.cli.progress import progress_bar
from pyaccel.cli.runner import Runner
from pyaccel.cli.table import show
from pyaccel.cli.verification import Options, verify_file

BLOCK = BLOCK_482683.read_bytes()
FRAME = bytes.fromhex("f9beb4d9")
TWO_GIB = struct.pack("<I", 1 << 31)


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(capsys)


FILES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "offset 0: the file is empty"),
    "white space": (b" \n\t\n", "offset 0: the file is empty"),
    "text": (b"hello, world\n", "offset 0: text that is neither hex nor JSON"),
    "gzip": (b"\x1f\x8b\x08\x00\x00\x00\x00\x00", "offset 0: is compressed by gzip; decompress it, or use bz2"),
    "header alone": (BLOCK[:80], "offset 80: transaction count needs 1 bytes, 0 are left"),
    "no transactions": (BLOCK[:80] + b"\x00", "offset 80: the block holds no transaction"),
    "truncated": (BLOCK[:5000], "offset 4165: transaction 8 input count 21 is more than the 834 bytes left can hold"),
    "one byte less": (BLOCK[:-1], "offset 9284: transaction 11 lock time needs 4 bytes, 3 are left"),
    "one byte more": (BLOCK + b"\x00", "offset 9288: 1 bytes are left over after the last transaction"),
    "2 GiB of transactions": (BLOCK[:80] + b"\xfe" + TWO_GIB + bytes(15), "offset 80: transaction count 2,147,483,648"),
    "2 GiB of script": (
        BLOCK[:80] + b"\x01" + bytes(4) + b"\x01" + bytes(36) + b"\xfe" + TWO_GIB + bytes(60),
        "offset 122: length of transaction 0 input 0 script 2,147,483,648",
    ),
    "2 GiB in a frame": (FRAME + TWO_GIB + BLOCK[:92], "offset 4: the block length says 2,147,483,648 bytes, 92 are"),
    "2^64 - 1 transactions": (BLOCK[:80] + b"\xff" * 9 + bytes(10), "offset 80: transaction count 18,446,744,073,709"),
    "length not in its shortest form": (
        BLOCK[:80] + b"\xfd\x0c\x00" + BLOCK[81:],
        "offset 80: transaction count 12 is",
    ),
    "unknown magic": (b"\xf9\xbe\xb4\xd8" + struct.pack("<I", len(BLOCK)) + BLOCK, "offset 0: unknown network magic"),
    "frame too short": (FRAME + struct.pack("<I", len(BLOCK) - 1) + BLOCK, "offset 9292: transaction 11 lock time"),
    "frame too long": (FRAME + struct.pack("<I", len(BLOCK) + 1) + BLOCK, "offset 4: the block length says 9,289"),
    "second frame cut": (
        FRAME + struct.pack("<I", len(BLOCK)) + BLOCK + FRAME + b"\x01",
        "offset 9300: the block length needs 4 bytes, 1 are left",
    ),
    "not hex": (BLOCK.hex()[:100].encode() + b"\nzz", "line 2, column 1: b'z' is not a hex digit"),
    "odd hex": (BLOCK.hex()[:-1].encode(), "digit 18575: an odd number of hex digits"),
    "bz2 cut": (bz2.compress(BLOCK)[:-9], "the bz2 stream ends early"),
    "bz2 damaged": (bz2.compress(BLOCK)[:99] + b"\x00" + bz2.compress(BLOCK)[100:], "broken bz2"),
    "bz2 of 1001 streams": (bz2.compress(BLOCK) + bz2.compress(b"") * 1000, "broken bz2: more than 1,000 streams"),
    "bz2 and more": (bz2.compress(BLOCK) + b"more", "broken bz2"),
    "json cut": (b'{"signed_header": {', "line 1, column 20: not JSON"),
    "json list": (b"[1, 2]", "[1, 2] is not an object"),
    "json of something else": (b'{"a": 1}', "no light block"),
    "json not utf-8": (b'{"a": "\xff"}', "offset 7: not UTF-8 text"),
    "json too deep": (b"[" * 100_000, "nested too deeply"),
    "json with NaN": (b'{"a": NaN}', "NaN is not a JSON number"),
    "json with -Infinity": (b'{"a": -Infinity}', "-Infinity is not a JSON number"),
    "json of 5,000 digits": (b'{"a": ' + b"9" * 5000 + b"}", "a number of 5,000 digits, more than any field takes"),
    "json with a field twice": (b'{"a": 1, "\\u0061": 2}', "field 'a' is given twice"),
    "json with a mark and CRLF": (b'\xef\xbb\xbf{"signed_header":\r\n7}', "signed_header: 7 is not an object"),
    "no blocks in the bundle": (b'{"input": []}', "the bundle holds no light block"),
    "a flag that is not 01": (BLOCK[:85] + b"\x00\x02" + BLOCK[87:], "offset 85: transaction 0 has no inputs, or a"),
}


@pytest.mark.parametrize("name", FILES)
def test_files(command: Command, tmp_path: Path, name: str) -> None:
    content, text = FILES[name]
    path = tmp_path / "input"
    path.write_bytes(content)
    line = command.refused("verify", path)
    assert f"{path}: " in line
    assert text in line
    assert ";" in line, "a mend follows the fault"


def test_a_marked_transaction_without_witness_is_refused(command: Command, tmp_path: Path) -> None:
    coinbase = BLOCK.index(b"\x01\x20" + bytes(32) + bytes(4))
    changed = BLOCK[:coinbase] + b"\x00" + BLOCK[coinbase + 34 :]
    path = tmp_path / "input"
    path.write_bytes(changed)
    assert "transaction 0 is marked as having witness data and has none" in command.refused("verify", path)


def test_a_claim_of_2_gib_allocates_nothing(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "input"
    path.write_bytes(FILES["2 GiB of script"][0])
    command.refused("verify", path)
    tracemalloc.start()
    command.refused("verify", path)
    assert tracemalloc.get_traced_memory()[1] < 4 << 20
    tracemalloc.stop()


def test_a_small_bz2_of_a_large_file_is_refused(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "bomb"
    path.write_bytes(bz2.compress(bytes(50 << 20)))
    assert path.stat().st_size < 1000
    monkeypatch.setattr(sources.read_file, "__defaults__", (1 << 20,))
    monkeypatch.setattr(sources.read_binary, "__defaults__", (1 << 20,))
    assert "decompresses to more than 1,048,576 bytes" in command.refused("verify", path)


def test_paths(command: Command, tmp_path: Path) -> None:
    assert f"{tmp_path / 'none'}: no such file" in command.refused("verify", tmp_path / "none")
    assert "is a folder" in command.refused("verify", tmp_path)
    batch = write_lines(tmp_path / "b.jsonl", signed_rows(1))
    assert "can't be written" in command.refused("verify", batch, "--out", tmp_path / "none" / "out")
    assert "can't be written" in command.refused("verify", batch, "--out", tmp_path)
    assert "no such file" in command.refused("verify", BLOCK_482683, "--spent", tmp_path / "none")
    hostile = tmp_path / "a\nb\x1b[31m"
    assert "\x1b" not in command.refused("verify", hostile)


def test_spent_outputs_of_another_block(command: Command) -> None:
    line = command.refused("verify", BLOCK_482683, "--spent", SPENT_300025)
    assert f"{SPENT_300025}: offset" in line
    assert "left over" in line
    line = command.refused("verify", BLOCK_300025, "--spent", BLOCK_482683)
    assert f"{BLOCK_482683}: offset" in line


def test_spent_outputs_that_are_none(command: Command, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.touch()
    assert "transaction 1 input 0" in command.refused("verify", BLOCK_300025, "--spent", empty)
    line = command.refused("verify", BLOCK_300025, "--spent", SPENT_277647)
    assert f"{SPENT_277647}: all entries: none of them is an output that this block spends" in line


def test_a_terminal_shows_any_file_name(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "[red]x[bold].jsonl", signed_rows(3, bad=(2,)))
    console = Console(force_terminal=True, file=StringIO())
    with progress_bar(console, path.name) as progress:
        report = verify_file(path, Runner("native", progress), Options())
    show(console, [report])
    assert report.bad_count == 1
    assert isinstance(console.file, StringIO)
    assert "[red]x[bold].jsonl" in console.file.getvalue()


def test_options(command: Command, tmp_path: Path) -> None:
    batch = write_lines(tmp_path / "b.jsonl", signed_rows(1))
    assert "device 'gpu' is unknown; there are auto" in command.refused("verify", batch, "--device", "gpu")
    assert "device 'opencl:99' is not available" in command.refused("verify", batch, "--device", "opencl:99")
    assert "device 'cuda' is not available" in command.refused("verify", batch, "--device", "cuda")
    assert "--spent is for a bitcoin-block, this is a batch" in command.refused("verify", batch, "--spent", batch)
    assert "--out is for a batch" in command.refused("verify", BLOCK_482683, "--out", tmp_path / "out")
    assert "--out goes with one FILE, 2 came" in command.refused("verify", batch, batch, "--out", tmp_path / "out")
    assert "Missing argument 'FILE...'" in command.refused("verify")
    assert "No such option '--colour'" in command.refused("verify", "--colour", batch)
    assert "'coin' is not one of" in command.refused("verify", "--kind", "coin", batch)
    assert "No such command 'sign'" in command.refused("sign")
    assert not (tmp_path / "out").exists()


def test_other_files_are_still_checked(command: Command, tmp_path: Path) -> None:
    good = write_lines(tmp_path / "good.jsonl", signed_rows(2))
    bad = write_lines(tmp_path / "bad.jsonl", signed_rows(2, bad=(1,)))
    outcome = command("verify", good, tmp_path / "none", bad, "--json")
    assert outcome.status == 2
    assert [file["good"] for file in outcome.document["files"]] == [True, False]
    assert len(outcome.document["errors"]) == 1
    assert outcome.document["errors"][0] in outcome.err
    assert command("verify", good, bad).status == 1
    assert command("verify", good, good).status == 0


def test_a_process_exits_with_the_status(tmp_path: Path) -> None:
    bad = write_lines(tmp_path / "bad.jsonl", signed_rows(2, bad=(1,)))
    for path, status in ((bad, 1), (tmp_path / "none", 2), (BLOCK_482683, 0)):
        done = subprocess.run(
            [sys.executable, "-m", "pyaccel", "verify", str(path)], check=False, capture_output=True, text=True
        )
        assert done.returncode == status
        assert "Traceback" not in done.stderr
        assert bool(done.stdout) == (status != 2)


def test_without_the_extra_the_command_says_what_to_install() -> None:
    program = "import sys; sys.modules['click'] = None; from pyaccel.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr == "pyaccel: click is not installed; pip install 'pyaccel[cli]'\n"


def test_what_is_no_file(command: Command, tmp_path: Path) -> None:
    """A pipe would wait for a writer, and be empty when it is read again."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for name in (pipe, "/dev/zero", "/dev/null"):
        assert f"{name}: is a pipe or a device" in command.refused("verify", name)
    assert f"{pipe}: is a pipe" in command.refused("verify", BLOCK_482683, "--spent", pipe)


def test_out_replaces_neither_its_input_nor_a_device(command: Command, tmp_path: Path) -> None:
    batch = write_lines(tmp_path / "b.jsonl", signed_rows(1))
    content = batch.read_bytes()
    link = tmp_path / "link"
    link.symlink_to(batch)
    for out in (batch, link):
        assert "is the batch itself" in command.refused("verify", batch, "--out", out)
    assert batch.read_bytes() == content
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert "no regular file" in command.refused("verify", batch, "--out", pipe)
    assert pipe.is_fifo()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.jsonl", "link", "pipe"]


def test_a_small_bz2_of_a_large_json_takes_little_memory(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "bomb"
    path.write_bytes(bz2.compress(b'{"a":[' + b"[]," * (11 << 20)))
    assert "decompresses to more than 33,554,432 bytes" in command.refused("verify", path)


def test_streams_that_take_less(tmp_path: Path) -> None:
    """A closed pipe, a closed standard output and one that is no UTF-8: never a traceback, never a wrong status."""
    program = [sys.executable, "-m", "pyaccel", "verify", str(write_lines(tmp_path / "b.jsonl", signed_rows(2)))]
    ascii_only = subprocess.run(
        program, env=os.environ | {"PYTHONIOENCODING": "ascii"}, capture_output=True, text=True, check=False
    )
    assert (ascii_only.returncode, ascii_only.stderr) == (0, "")
    assert "all 2 checks passed" in ascii_only.stdout
    closed = subprocess.run(["sh", "-c", '"$@" >&-', "sh", *program], capture_output=True, text=True, check=False)
    assert (closed.returncode, closed.stderr) == (0, "")
    reader, writer = os.pipe()
    os.close(reader)
    broken = subprocess.run(program, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert (broken.returncode, broken.stderr) == (2, "")


def test_an_interrupted_batch_leaves_nothing(tmp_path: Path) -> None:
    batch = write_lines(tmp_path / "b.jsonl", signed_rows(2) * 20_000)
    out = tmp_path / "out"
    program = [sys.executable, "-m", "pyaccel", "verify", str(batch), "--out", str(out)]
    process = subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while process.poll() is None and not list(tmp_path.glob(".out.*")):
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate()
    assert (process.returncode, err.strip()) == (130, "pyaccel: interrupted")
    assert [path.name for path in tmp_path.iterdir()] == ["b.jsonl"]


def test_a_narrow_terminal_keeps_the_checks(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    out = command("verify", BLOCK_482683).out
    assert all(len(line) <= 40 for line in out.splitlines())
    assert "Merkle root" in out
    assert "proof of work" in out


def test_white_space_between_hex_digits_takes_no_memory(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "input"
    size = 4 << 20
    path.write_bytes(b"0 " * (size // 2))
    tracemalloc.start()
    assert "no block, not even" not in command.refused("verify", path)
    assert tracemalloc.get_traced_memory()[1] < 5 * size
    tracemalloc.stop()
