# SPDX-License-Identifier: Apache-2.0
"""What `import pyaccel` brings in, and what it must not."""

from __future__ import annotations

import subprocess
import sys

import pytest

import pyaccel

HEAVY = (
    "numba",
    "llvmlite",
    "pyopencl",
    "pyarrow",
    "pyaccel.backends.opencl",
    "pyaccel.golden",
    "prometheus_client",
    "rich",
    "typer",
)


def loaded_after(code: str) -> set[str]:
    run = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"], capture_output=True, text=True, check=True
    )
    return set(run.stdout.split())


@pytest.mark.parametrize(
    "code",
    [
        "import pyaccel",
        "import pyaccel; pyaccel.hash_many('sha256', [b'a'] * 1000); pyaccel.merkle.root([b'a'])",
        "import pyaccel; pyaccel.verify_many('ed25519', [bytes(32)], [b''], [bytes(64)]); pyaccel.Rows; pyaccel.device",
    ],
)
def test_nothing_heavy_is_imported(code):
    modules = loaded_after(code)
    assert "pyaccel" in modules
    assert not [name for name in HEAVY if name in modules]


def test_import_alone_loads_nothing_of_the_package():
    assert not [name for name in loaded_after("import pyaccel") if name.startswith("pyaccel.")]


def test_every_public_name_is_there():
    names = [name for name in dir(pyaccel) if not name.startswith("_")]
    for name in (*names, "__version__"):
        assert getattr(pyaccel, name) is not None
    for name in (
        "hash_many",
        "merkle",
        "verify_many",
        "verify",
        "PreparedKeys",
        "Rows",
        "Engine",
        "devices",
        "explain",
        "he",
        "info",
    ):
        assert name in names


@pytest.mark.parametrize("name", ["bls", "nonsense"])
def test_names_that_do_not_work_yet_are_unknown(name):
    with pytest.raises(AttributeError, match=name):
        getattr(pyaccel, name)


def test_the_scheduler_imports_nothing_from_the_rooms_that_call_it():
    """Public functions, and what is left of them, come before it in the one direction that there is."""
    left = ("hashing", "merkle", "signatures", "recovery", "graph", "engine", "calibration", "cli", "golden", "he")
    loaded = loaded_after("import pyaccel.scheduler, pyaccel.scheduler.graphs")
    assert "pyaccel.scheduler.placement" in loaded
    assert not {f"pyaccel.{room}" for room in left} & loaded
