# SPDX-License-Identifier: Apache-2.0
"""Why a signature is not valid: the codes of csrc/include/pyaccel/verify.h."""

from __future__ import annotations

from enum import IntEnum


class Reason(IntEnum):
    """The first that applies in this order; NONE: valid."""

    NONE = 0
    LENGTH = 1
    KEY = 2
    ENCODING = 3
    RANGE = 4
    EQUATION = 5
