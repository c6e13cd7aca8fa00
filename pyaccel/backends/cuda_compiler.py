# SPDX-License-Identifier: Apache-2.0
"""NVRTC: the text of a kernel to the binary of an architecture. Needs no GPU."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from pyaccel.backends.base import Unavailable
from pyaccel.backends.program_cache import ProgramCache

LANGUAGE = "--std=c++17"


class CompileError(Exception):
    """NVRTC refused a program, in its own words."""


class Nvrtc:
    """The compiler, by cuda.bindings.nvrtc, which is loaded when it is first asked."""

    @staticmethod
    def _call(name: str, *arguments: Any) -> Any:
        try:
            status, *values = getattr(import_module("cuda.bindings.nvrtc"), name)(*arguments)
        except RuntimeError as error:  # the library is not there, or older than the function
            raise CompileError(f"{name}: {error}") from error
        if int(status) != 0:
            raise CompileError(f"{name} failed: {status.name}")
        return values[0] if len(values) == 1 else tuple(values)

    def version(self) -> str:
        """Of the compiler: "12.9"; CompileError where it can't be loaded."""
        major, minor = self._call("nvrtcVersion")
        return f"{major}.{minor}"

    def target(self, major: int, minor: int) -> str | Unavailable:
        """What to compile for so that a device of this compute capability runs it: itself, or the newest that is known.

        A device that is newer than the compiler gets PTX, which its driver compiles.
        """
        known = sorted(map(int, self._architectures()))
        wanted = 10 * major + minor
        if wanted in known:
            return f"sm_{wanted}"
        older = [one for one in known if one < wanted]
        if older:
            return f"compute_{older[-1]}"
        least = f"{known[0] // 10}.{known[0] % 10}, the least that CUDA {self.version()} compiles for"
        return Unavailable(f"its compute capability {major}.{minor} is below {least}")

    def _architectures(self) -> list[int]:
        architectures: list[int] = self._call("nvrtcGetSupportedArchs")
        return architectures

    def compiled(self, text: str, path: str, options: tuple[str, ...], architecture: str) -> tuple[bytes, str]:
        """The binary (cubin; PTX for a compute_ architecture) and what the compiler says of it.

        Args:
            text: of the kernel, without includes of its own.
            path: its name in messages.
            options: of the compiler, beside language and architecture.
            architecture: as target() gives it.

        Raises:
            CompileError: the text does not compile, with the log.
        """
        program = self._call("nvrtcCreateProgram", text.encode(), path.encode(), 0, [], [])
        try:
            flags = [option.encode() for option in (f"--gpu-architecture={architecture}", LANGUAGE, *options)]
            try:
                self._call("nvrtcCompileProgram", program, len(flags), flags)
            except CompileError as error:
                log = self._log(program)
                raise CompileError(f"{path} does not compile for {architecture}: {error}; {log}") from None
            form = "CUBIN" if architecture.startswith("sm_") else "PTX"
            binary = bytes(self._call(f"nvrtcGet{form}Size", program))
            self._call(f"nvrtcGet{form}", program, binary)  # which fills the bytes in place
            return binary, self._log(program)
        finally:
            self._call("nvrtcDestroyProgram", program)

    def _log(self, program: Any) -> str:
        log = bytes(self._call("nvrtcGetProgramLogSize", program))
        self._call("nvrtcGetProgramLog", program, log)
        return log.rstrip(b"\0").decode(errors="replace")


class Compiler:
    """Compiles for one architecture, and keeps what it compiled on disk."""

    def __init__(self, nvrtc: Nvrtc, architecture: str, programs: ProgramCache) -> None:
        """Args: architecture: as Nvrtc.target gives it; programs: where binaries are kept."""
        self._nvrtc = nvrtc
        self._architecture = architecture
        self._programs = programs

    def binary(self, text: str, path: str, options: tuple[str, ...], *, anew: bool = False) -> bytes:
        """As Nvrtc.compiled, kept; `anew`: what is kept is not trusted."""
        key = self._programs.key(text, *options, self._architecture, LANGUAGE, self._nvrtc.version())
        found = None if anew else self._programs.get(key)
        if found is None:
            found, _ = self._nvrtc.compiled(text, path, options, self._architecture)
            self._programs.put(key, found)
        return found
