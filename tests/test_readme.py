# SPDX-License-Identifier: Apache-2.0
"""The Python text of README and of docs/rules.md runs as it stands, and answers what its comments say."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pyaccel.cli.main import run
from pyaccel.scheduler import remove_backend

README = Path(__file__).parent.parent / "README.md"
RULES = README.parent / "docs/rules.md"
DEVICES = README.parent / "docs/devices.md"


def test_readme_in_python(capsys: pytest.CaptureFixture[str]) -> None:
    (source,) = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    # Its one bare expression answers what the comment beside it says.
    expression = re.search(r"^(pyaccel\.verify_many\(.*\))   # bool\[2\]: True, False$", source, re.MULTILINE)
    assert expression
    names: dict[str, object] = {}
    exec(compile(source, README.name, "exec"), names)
    printed = capsys.readouterr().out
    assert printed.startswith("['none', 'length']\n")
    assert "<- chosen" in printed
    # ethereum/tests names this sender.
    assert printed.endswith("True 9da8eb227a1fe47eaf51fee029673adeae485006\n")
    assert np.array_equal(eval(expression[1], names), [True, False])
    assert np.array_equal(names["verdicts"], [True, False])
    # Those of one row say True or False beside them.
    ones = re.findall(r"^(pyaccel\.verify_many\(\"sm2\".*\)) +# (True|False)$", source, re.MULTILINE)
    assert [bool(eval(one, names)[0]) for one, _ in ones] == [said == "True" for _, said in ones] == [True, False]
    assert np.allclose(names["shifted"], [5.5, 9.0], atol=1e-4)
    assert np.allclose(names["dot"], [12.5], atol=1e-4)


def test_rules_in_python(capsys: pytest.CaptureFixture[str]) -> None:
    source, _ = re.findall(r"```python\n(.*?)```", RULES.read_text(), re.DOTALL)
    exec(compile(source, RULES.name, "exec"), {})
    # RFC 6979, A.2.5: both signatures are good ECDSA, and the first has a high s.
    assert capsys.readouterr().out == "[False  True] ['range', 'none']\n"
    assert source.endswith("# [False  True] ['range', 'none']\n")


def test_rows_of_rules(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (rows,) = re.findall(r"```json\n(.*?)```", RULES.read_text(), re.DOTALL)
    (tmp_path / "rows.jsonl").write_text(rows)
    assert run(["verify", str(tmp_path / "rows.jsonl")]) == 0
    assert "all 2 checks passed" in capsys.readouterr().out


def test_columns_of_rules(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    _, source = re.findall(r"```python\n(.*?)```", RULES.read_text(), re.DOTALL)
    monkeypatch.chdir(tmp_path)
    private = ec.derive_private_key(7, ec.SECP256R1())
    point = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    messages = [bytes([i]) for i in range(40)]
    signatures = []
    for message in messages:
        r, s = decode_dss_signature(private.sign(message, ec.ECDSA(hashes.SHA256())))
        s = min(s, 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551 - s)
        signatures.append(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    names = {"keys": [point] * 40, "messages": messages, "signatures": signatures}
    exec(compile(source, RULES.name, "exec"), names)
    arguments = source.splitlines()[-1].partition("# pyaccel ")[2].split()
    assert run(arguments) == 0
    assert "all 40 checks passed" in capsys.readouterr().out
    assert pq.read_table(arguments[-1])["valid"].to_pylist() == [True] * 40


def test_a_backend_of_ones_own_as_docs_has_it(capsys: pytest.CaptureFixture[str]) -> None:
    (source,) = re.findall(r"```python\n(.*?)```", DEVICES.read_text(), re.DOTALL)
    try:
        exec(compile(source, DEVICES.name, "exec"), {})
    finally:
        remove_backend("chip:0")
    assert capsys.readouterr().out == "chip:0\n"
