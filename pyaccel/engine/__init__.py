# SPDX-License-Identifier: Apache-2.0
"""Calls of one row each, from many threads and tasks, gathered into batches."""

from __future__ import annotations

from pyaccel.engine.engine import Bound, Engine
from pyaccel.engine.futures import Future

__all__ = ["Bound", "Engine", "Future"]
