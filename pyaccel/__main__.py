# SPDX-License-Identifier: Apache-2.0
"""`python -m pyaccel` is the `pyaccel` command."""

from __future__ import annotations

from pyaccel.cli import main

main()
