# SPDX-License-Identifier: Apache-2.0
"""tests/vectors holds what SOURCES.tsv lists, byte for byte, and nothing else."""

from __future__ import annotations

import csv
import hashlib

from vector_files import VECTORS

_STATED = ("repository_or_package", "path_there", "commit_or_version", "licence")


def test_every_file_is_listed_and_unchanged() -> None:
    """Each with its source, version and licence; the whole stays small."""
    with (VECTORS / "SOURCES.tsv").open() as text:
        listed = {row["local_path"]: row for row in csv.DictReader(text, delimiter="\t")}
    there = {str(path.relative_to(VECTORS)) for path in VECTORS.rglob("*") if path.is_file()} - {"SOURCES.tsv"}
    assert there == listed.keys()
    for name, row in listed.items():
        data = (VECTORS / name).read_bytes()
        assert hashlib.sha256(data).hexdigest() == row["sha256"], name
        assert all(row[column] for column in _STATED), name
    assert sum(int(row["bytes"]) for row in listed.values()) < 18_500_000
    assert max(int(row["bytes"]) for row in listed.values()) < 5_000_000
