# SPDX-License-Identifier: Apache-2.0
"""Wheel, sdist and plain install, each used as a stranger would: in an empty environment, by C and C++ programs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.packaging

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ["hash_and_verify", "merkle", "queue", "recover_senders"]
STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror"]
LANGUAGES = [("gcc", "c11"), ("clang", "c11"), ("g++", "c++17"), ("clang++", "c++17")]


def run(*command: str | Path, **options: object) -> str:
    """Standard output of a command that must succeed; its whole output is in the failure's message."""
    # Tools that were installed into this environment, whether it is active or not.
    environ = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    arguments = [str(part) for part in command]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False, **{"env": environ, **options})
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tracked files, as a fresh clone has them: no build folder, nothing ignored."""
    copy = tmp_path_factory.mktemp("tree") / "pyaccel"
    names = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT).split("\0")
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
    return copy


@pytest.fixture(scope="session")
def dist(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, and the wheel that was built from the sdist."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--outdir", folder, "-Ccmake.define.PYACCEL_WERROR=ON", tree)
    return folder


@pytest.fixture(scope="session")
def wheel(dist: Path) -> Path:
    (found,) = dist.glob("*.whl")
    return found


@pytest.fixture(scope="session")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an empty environment in which the wheel was installed, and nothing else asked for."""
    folder = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", folder)
    python = folder / "bin" / "python"
    run(python, "-m", "pip", "--disable-pip-version-check", "install", wheel)
    return python


@pytest.fixture(scope="session")
def wheel_prefix(environment: Path) -> Path:
    return Path(run(environment, "-I", "-c", "import pyaccel; print(pyaccel.__path__[0])").strip())


@pytest.fixture(scope="session")
def plain_prefix(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a plain `cmake --install` put the library, without Python."""
    # Compiled as the wheel, so that a compiler cache has it all.
    build, prefix = tree / "build" / "plain", tmp_path_factory.mktemp("plain") / "prefix"
    run("cmake", "-S", tree, "-B", build, f"-DCMAKE_INSTALL_PREFIX={prefix}", "-DPYACCEL_WERROR=ON")
    run("cmake", "--build", build, "--parallel", "2")
    run("cmake", "--install", build)
    return prefix


@pytest.fixture(scope="session", params=["wheel", "plain"])
def prefix(request: pytest.FixtureRequest) -> Iterator[Path]:
    return request.getfixturevalue(f"{request.param}_prefix")


def finding(prefix: Path) -> dict[str, str]:
    """The environment in which pkg-config finds the library under a prefix."""
    (pc,) = prefix.glob("lib*/**/pyaccel.pc")
    return {**os.environ, "PKG_CONFIG_PATH": str(pc.parent)}


def linking(prefix: Path, *modes: str) -> list[str]:
    """What pkg-config says, as a program's makefile would ask it."""
    environ = finding(prefix)
    flags = run("pkg-config", "--cflags", "--libs", *modes, "pyaccel", env=environ).split()
    folder = run("pkg-config", "--variable=libdir", "pyaccel", env=environ).strip()
    return [*flags, f"-Wl,-rpath,{folder}"]


def test_wheel_holds_what_it_should(wheel: Path) -> None:
    assert re.fullmatch(r"pyaccel-[\d.]+-cp311-abi3-linux_\w+\.whl", wheel.name)
    names = zipfile.ZipFile(wheel).namelist()
    wanted = ["_core.abi3.so", "lib/libpyaccel.so", "include/pyaccel.h", "include/pyaccel/verify.h", "py.typed"]
    wanted += ["lib/pkgconfig/pyaccel.pc", "lib/cmake/pyaccel/pyaccel-config.cmake", "kernels/platform.h"]
    wanted += ["csrc/field/field.h", "csrc/curve/edwards25519_formulas.h"]  # which kernels include
    assert {f"pyaccel/{name}" for name in wanted} <= set(names)
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"pyaccel"}
    assert [name for name in names if name.endswith((".c", ".a", ".cdef", ".o"))] == []
    # A link would have become a copy.
    assert len([name for name in names if "libpyaccel" in name]) == 1


def test_sdist_is_complete_and_clean(dist: Path) -> None:
    (sdist,) = dist.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"LICENSE", "CMakeLists.txt", "csrc/core/cpu.c", "kernels/platform.h", "pyaccel/py.typed"} <= names
    assert not any(name.startswith(("build/", "dist/", ".venv")) or name.endswith((".so", ".o")) for name in names)


def test_only_run_time_dependencies(environment: Path) -> None:
    listed = run(environment, "-m", "pip", "--disable-pip-version-check", "list", "--format=freeze")
    names = {line.split("==")[0].lower() for line in listed.split()}
    assert names - {"pip", "setuptools"} == {"pyaccel", "numpy", "cffi", "pycparser", "platformdirs"}


def test_installed_package_works(environment: Path) -> None:
    program = (
        "import hashlib, pyaccel\n"
        "rows = [b'', b'abc', bytes(1000)]\n"
        "got = pyaccel.hash_many('sha256', rows)\n"
        "assert [row.tobytes() for row in got] == [hashlib.sha256(row).digest() for row in rows]\n"
        "print(pyaccel.__file__)\n"
    )
    assert str(environment.parent.parent) in run(environment, "-I", "-c", program)


def test_command_without_its_extra_says_what_to_install(environment: Path) -> None:
    done = subprocess.run([environment.parent / "pyaccel", "info"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "pyaccel[cli]" in done.stderr
    assert "Traceback" not in done.stderr


def test_wheel_repairs_to_manylinux_and_keeps_its_layout(wheel: Path, tmp_path: Path) -> None:
    run(sys.executable, "-m", "auditwheel", "repair", "--wheel-dir", tmp_path, wheel)
    (repaired,) = tmp_path.glob("*.whl")
    assert "manylinux" in repaired.name
    assert "pyaccel/lib/libpyaccel.so" in zipfile.ZipFile(repaired).namelist()


def test_stable_abi(wheel: Path) -> None:
    run(sys.executable, "-m", "abi3audit", "--strict", wheel)


def test_exports(prefix: Path) -> None:
    """The library exports the functions of the ABI file, all of them and no other symbol."""
    library = next(path for path in prefix.glob("lib*/**/libpyaccel.so") if path.is_file())
    exported = {line.split()[-1] for line in run("nm", "-D", "--defined-only", library).splitlines()}
    lines = (ROOT / "tests" / "abi" / "abi.txt").read_text().splitlines()
    assert exported == {re.search(r"(pyaccel_\w+)\(", line)[1] for line in lines if line.startswith("function ")}


def test_abi_is_the_committed_one(environment: Path, tmp_path: Path) -> None:
    """Constants, layouts and signatures of the installed package against tests/abi/abi.txt."""
    folder = tmp_path / "tools"
    folder.mkdir()
    (tmp_path / "tests" / "abi").mkdir(parents=True)
    shutil.copy(ROOT / "tools" / "generate_abi.py", folder)
    shutil.copy(ROOT / "tests" / "abi" / "abi.txt", tmp_path / "tests" / "abi")
    run(environment, "-I", folder / "generate_abi.py", "--check")


def test_release_holds_no_emulated_variant(environment: Path) -> None:
    program = (
        "from pyaccel._core import ffi, lib\n"
        "row = ffi.new('pyaccel_variant *')\n"
        "for i in range(lib.pyaccel_variant_count()):\n"
        "    assert lib.pyaccel_variant_get(row, i) == 0\n"
        "    print(ffi.string(row.variant).decode())\n"
    )
    variants = run(environment, "-I", "-c", program).split()
    assert "portable" in variants
    assert not [name for name in variants if "emulated" in name]


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("example", EXAMPLES)
def test_c_program_through_pkg_config(prefix: Path, example: str, compiler: str, tmp_path: Path) -> None:
    if shutil.which(compiler) is None:
        pytest.skip(f"no {compiler} here")
    program = tmp_path / example
    source = ROOT / "examples" / "c" / f"{example}.c"
    run(compiler, "-std=c11", *STRICT, source, "-o", program, *linking(prefix))
    said = run(program)
    assert any(wanted in said for wanted in (": valid", ", valid", "valid: 600 of 800, 100 of 100 by callbacks;")), said


def test_c_programs_through_cmake(prefix: Path, tmp_path: Path) -> None:
    flags = f"-DCMAKE_C_FLAGS={' '.join(STRICT)}"
    run("cmake", "-S", ROOT / "examples" / "c", "-B", tmp_path, f"-Dpyaccel_ROOT={prefix}", flags)
    run("cmake", "--build", tmp_path)
    for example in EXAMPLES:
        assert "valid" in run(tmp_path / example)


def test_c_program_against_static_library(plain_prefix: Path, tmp_path: Path) -> None:
    (library,) = plain_prefix.glob("lib*/**/libpyaccel.a")
    program = tmp_path / "merkle"
    source, include = ROOT / "examples" / "c" / "merkle.c", plain_prefix / "include"
    run("gcc", "-std=c11", *STRICT, f"-I{include}", source, library, "-pthread", "-o", program)
    assert "valid" in run(program)


def test_c_program_of_the_readme(prefix: Path, tmp_path: Path) -> None:
    (source,) = re.findall(r"```c\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    (tmp_path / "program.c").write_text(source)
    run("gcc", "-std=c11", *STRICT, tmp_path / "program.c", "-o", tmp_path / "program", *linking(prefix))
    # FIPS 180-4's own example.
    assert run(tmp_path / "program").startswith("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")


def test_go_program(plain_prefix: Path, tmp_path: Path) -> None:
    if shutil.which("go") is None:
        pytest.skip("no go here")
    environ = {
        **finding(plain_prefix),
        "GOFLAGS": "-mod=mod",
        "GOCACHE": str(tmp_path / "cache"),
        "GOTOOLCHAIN": "local",
    }
    (pc,) = plain_prefix.glob("lib*/**/pyaccel.pc")
    environ["LD_LIBRARY_PATH"] = str(pc.parent.parent)
    assert run("go", "run", ".", cwd=ROOT / "examples" / "go", env=environ) == "verdicts: [1 0 1]\n"


def test_rust_program(plain_prefix: Path, tmp_path: Path) -> None:
    if shutil.which("cargo") is None:
        pytest.skip("no cargo here")
    folder = shutil.copytree(ROOT / "examples" / "rust", tmp_path / "rust")
    environ = finding(plain_prefix)
    assert run("cargo", "run", "--quiet", "--offline", cwd=folder, env=environ) == "verdicts: [1, 1, 0]\n"


def java() -> Path:
    """A Java that has its foreign function interface for good: the first one on the path is often older."""
    home = os.environ.get("JAVA_HOME")
    found = [
        home and shutil.which("java", path=f"{home}/bin"),
        shutil.which("java"),
        *Path("/usr/lib/jvm").glob("*/bin/java"),
    ]
    for program in filter(None, found):
        told = subprocess.run([program, "-version"], capture_output=True, text=True, check=False).stderr
        if int((re.search(r'version "(\d+)', told) or "00")[1]) >= 22:
            return Path(program)
    pytest.skip("no Java 22 or later here")


def test_java_program(plain_prefix: Path) -> None:
    program = java()
    (pc,) = plain_prefix.glob("lib*/**/pyaccel.pc")
    environ = {**os.environ, "LD_LIBRARY_PATH": str(pc.parent.parent)}
    source = ROOT / "examples" / "java" / "Main.java"
    assert run(program, "--enable-native-access=ALL-UNNAMED", source, env=environ) == "verdicts: [1, 0, 1]\n"


@pytest.mark.parametrize("compiler", ["g++", "clang++"])
def test_cxx_program(prefix: Path, compiler: str, tmp_path: Path) -> None:
    if shutil.which(compiler) is None:
        pytest.skip(f"no {compiler} here")
    source, program = ROOT / "examples" / "cpp" / "main.cpp", tmp_path / "program"
    run(compiler, "-std=c++17", *STRICT, source, "-o", program, *linking(prefix))
    assert run(program) == "verdicts: 1 1 0\n"


def test_program_sees_the_version_that_cmake_names(prefix: Path, tmp_path: Path) -> None:
    source = (
        "#include <pyaccel.h>\n#include <cstdio>\nint main() { std::puts(pyaccel_version()); "
        "return pyaccel_abi_version() == PYACCEL_ABI_VERSION ? 0 : 1; }\n"
    )
    (tmp_path / "program.cpp").write_text(source)
    run("g++", "-std=c++17", *STRICT, tmp_path / "program.cpp", "-o", tmp_path / "program", *linking(prefix))
    version = re.search(r"project\(pyaccel VERSION ([\d.]+)", (ROOT / "CMakeLists.txt").read_text())
    assert run(tmp_path / "program").strip() == version[1]


@pytest.mark.parametrize(("compiler", "standard"), LANGUAGES)
def test_each_header_stands_alone(compiler: str, standard: str, tmp_path: Path) -> None:
    if shutil.which(compiler) is None:
        pytest.skip(f"no {compiler} here")
    include = ROOT / "csrc" / "include"
    headers = [path.relative_to(include) for path in [include / "pyaccel.h", *(include / "pyaccel").glob("*.h")]]
    assert len(headers) > 5
    for header in headers:
        source = tmp_path / f"{header.stem}.{'cpp' if '++' in standard else 'c'}"
        source.write_text(f"#include <{header}>\n#include <{header}>\nint main(void) {{ return 0; }}\n")
        run(compiler, f"-std={standard}", *STRICT, f"-I{include}", "-fsyntax-only", source)


def test_editable_install(tree: Path, tmp_path: Path) -> None:
    run(sys.executable, "-m", "venv", tmp_path / "environment")
    python = tmp_path / "environment" / "bin" / "python"
    run(
        python,
        "-m",
        "pip",
        "--disable-pip-version-check",
        "install",
        "-Ccmake.define.PYACCEL_WERROR=ON",
        "--editable",
        tree,
    )
    program = "import pyaccel; print(pyaccel.hash_many('sha256', [b'abc'])[0].tobytes().hex(), pyaccel.__file__)"
    digest, file = run(python, "-I", "-c", program).split()
    # FIPS 180-4's own example.
    assert digest == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert Path(file).is_relative_to(tree)
