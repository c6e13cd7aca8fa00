# SPDX-License-Identifier: Apache-2.0
"""The text of a kernel with its own includes put in, so that no compiler needs a path on disk."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from pathlib import Path
from posixpath import dirname, join, normpath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

_INCLUDE = re.compile(r'^#include "([^"]+)"$', re.MULTILINE)


def expand_includes(root: Traversable, path: str) -> str:
    """Puts every `#include "..."` in place, each file once; `#include <...>` stays.

    Args:
        root: folder that all paths lie in.
        path: the file, relative to root, parts separated by "/".

    Returns:
        One text without a quoted include.

    Raises:
        FileNotFoundError: path, or something that it includes, is not there.
    """
    included: set[str] = set()

    def expand(name: str) -> str:
        if name in included:
            return ""
        included.add(name)
        text = root.joinpath(*name.split("/")).read_text(encoding="ascii")
        return _INCLUDE.sub(lambda match: expand(normpath(join(dirname(name), match[1]))), text)

    return expand(normpath(path))


@cache
def kernel_source(path: str) -> str:
    """The text of kernels/<path>, ready for any of the compilers that platform.h knows.

    Args:
        path: "hash/sha256.cl".
    """
    root = files("pyaccel")
    if not root.joinpath("kernels", "platform.h").is_file():
        root = Path(__file__).resolve().parents[2]  # a checkout
    return expand_includes(root, f"kernels/{path}")
