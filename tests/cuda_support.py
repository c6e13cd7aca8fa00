# SPDX-License-Identifier: Apache-2.0
"""CUDA devices for tests: the machine's own, or those of tests/cuda/fake_driver.c where it has no NVIDIA driver."""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes.util import find_library
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from pyaccel.backends import cuda, cuda_loader
from pyaccel.backends.base import Backend, Unavailable
from pyaccel.backends.cuda_compiler import CompileError, Nvrtc
from pyaccel.backends.cuda_device import Device
from pyaccel.backends.device import DeviceBackend
from pyaccel.backends.program_cache import ProgramCache
from pyaccel.scheduler import execution, registry

ROOT = Path(__file__).resolve().parent.parent
CC = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
LEFT = Path(tempfile.gettempdir()) / f"pyaccel-fake-cuda-{os.getuid()}"
"""What the processes of a run of tests share, and later runs find: binaries by the digest of all they are made of."""
_TYPES = {"uint": 4, "ulong": 8}


def compile_c(*arguments: str, text: str = "") -> None:
    assert CC is not None
    done = subprocess.run(
        [CC, "-std=c11", "-shared", "-fPIC", *arguments], input=text, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise CompileError(done.stderr)


class FakeNvrtc(Nvrtc):
    """The C compiler in NVRTC's place: what tests/cuda/fake_driver.c loads."""

    @cache  # noqa: B019 - there is one
    def version(self) -> str:
        assert CC is not None
        return subprocess.run([CC, "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]

    def _architectures(self) -> list[int]:
        return [80, 90]

    def compiled(self, text: str, path: str, options: tuple[str, ...], architecture: str) -> tuple[bytes, str]:
        wrapper = "\n#include <stddef.h>\n"
        for name, parameters in re.findall(r"KERNEL void (\w+)\(([^)]*)\)", expanded(text, options)):
            sizes, values = [], []
            for i, parameter in enumerate(parameters.split(",")):
                kind = " ".join(parameter.replace("GLOBAL", "").split()[:-1]) + " *" * ("*" in parameter)
                sizes.append("0x108" if "*" in parameter else str(_TYPES[kind.split()[-1]]))
                values.append(f"*({kind} *)p[{i}]")
            wrapper += f"const uint fake_sizes_{name}[] = {{{', '.join(sizes)}, 0}};\n"
            wrapper += f"void fake_run_{name}(void **p, uint items)\n"
            wrapper += f"{{ for (c_global_id = 0; c_global_id < items; c_global_id++) {name}({', '.join(values)}); }}\n"
        with tempfile.NamedTemporaryFile(suffix=".so") as made:
            try:
                compile_c("-O1", "-w", *options, "-x", "c", "-", "-o", made.name, text=text + wrapper)
            except CompileError as error:
                raise CompileError(f"{path} does not compile for {architecture}: {error}") from None
            binary = Path(made.name).read_bytes()
        return b"FAKE" + len(binary).to_bytes(8, "little") + binary, ""


def expanded(text: str, options: tuple[str, ...]) -> str:
    """The text with macros put in, but KERNEL and GLOBAL as they are: parameters stand behind some."""
    assert CC is not None
    marked = re.sub(r"^#define (KERNEL|GLOBAL)$", r"#define \1 \1", text, flags=re.MULTILINE)
    command = [CC, "-std=c11", "-E", "-P", "-x", "c", *options, "-"]
    plain = subprocess.run(command, input=marked, capture_output=True, text=True, check=False).stdout
    return re.sub(r"KERNEL void (\w+)\(([^)]*)\)", lambda found: " ".join(found[0].split()), plain)


@cache
def fake() -> ctypes.CDLL | str:
    """The fake driver, which NVIDIA's binding finds from now on in this process; or why there is none."""
    if find_spec("cuda") is None or find_spec("cuda.bindings") is None:
        return "cuda-bindings is not installed"
    if find_library("cuda"):
        return "this machine has NVIDIA's driver"
    source = ROOT / "tests" / "cuda" / "fake_driver.c"
    library = LEFT / f"{sha256(source.read_bytes()).hexdigest()[:16]}.so"
    if not library.exists():
        LEFT.mkdir(mode=0o700, exist_ok=True)
        made = LEFT / f"{library.name}.{os.getpid()}"
        flags = ["-D_GNU_SOURCE", "-O1", "-g", "-Wall", "-Wextra", "-Wl,-soname,libcuda.so.1"]
        compile_c(*flags, str(source), "-o", str(made), "-ldl", "-lpthread")
        made.replace(library)
    loaded = ctypes.CDLL(str(library), mode=ctypes.RTLD_GLOBAL)
    for count in (loaded.fake_used, loaded.fake_blocks_made, loaded.fake_calls):
        count.restype = ctypes.c_uint64
    return loaded


def fake_backends(programs: ProgramCache | None = None) -> tuple[DeviceBackend, ...]:
    """New backends over both devices of the fake driver, nothing made on them; the registry does not know them."""
    driver = cuda_loader.load()
    assert not isinstance(driver, Unavailable), driver.reason
    programs = programs or ProgramCache(LEFT / "programs")
    names = ("cuda:0", "cuda:1")
    devices = [Device(name, driver, number, FakeNvrtc(), programs) for number, name in enumerate(names)]
    return tuple(DeviceBackend(device.name, device, device.kind) for device in devices)


def backends() -> tuple[Backend, ...] | Unavailable:
    """The machine's CUDA devices, or one of the fake driver's, or why there are none."""
    return cuda.discover() if isinstance(fake(), str) else fake_backends()[:1]


@contextmanager
def listed(*chosen: Backend) -> Iterator[None]:
    """Within it, these are the scheduler's CUDA devices, with nothing known of them yet."""

    def renew() -> None:
        for kept in (registry.backends_of, registry.probed):
            kept.cache_clear()
        execution._placements.clear()

    before = registry._found.get("cuda")
    registry._found["cuda"] = chosen
    renew()
    try:
        yield
    finally:
        if before is None:
            del registry._found["cuda"]
        else:
            registry._found["cuda"] = before
        renew()
