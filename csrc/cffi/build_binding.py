# SPDX-License-Identifier: Apache-2.0
"""Writes the C source of pyaccel._core from the public headers, which are the only declarations there are.

Usage: build_binding.py INCLUDE_FOLDER OUTPUT_C
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from cffi import FFI


def headers(umbrella: str) -> list[str]:
    """Names of the headers that pyaccel.h includes, in its order."""
    return re.findall(r'^#include "(pyaccel/\w+\.h)"', umbrella, re.MULTILINE)


def declarations(header: str) -> str:
    """The text of one header as cffi's parser takes it: no comment, no directive but integer constants."""
    text = re.sub(r"/\*.*?\*/", " ", header, flags=re.DOTALL)
    text = re.sub(r"^#ifdef __cplusplus\n.*?^#endif\n", "", text, flags=re.DOTALL | re.MULTILINE)
    lines = []
    for line in text.splitlines():
        constant = re.fullmatch(r"#define (PYACCEL_\w+) (\d+)\s*", line)
        if constant:
            lines.append(f"#define {constant[1]} {constant[2]}")
        elif not line.startswith("#"):
            lines.append(line.replace("PYACCEL_API", ""))
    return "\n".join(lines) + "\n"


def main(include: Path, output: Path) -> None:
    """Writes output from the headers in include."""
    names = headers((include / "pyaccel.h").read_text())
    ffi = FFI()
    ffi.set_source("pyaccel._core", '#include "pyaccel.h"\n')
    for name in names:
        ffi.cdef(declarations((include / name).read_text()))
    ffi.emit_c_code(str(output))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
