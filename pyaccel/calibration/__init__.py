# SPDX-License-Identifier: Apache-2.0
"""Measures what batches of the public functions cost on each device here, and makes the scheduler's curves of it."""

from __future__ import annotations

from pyaccel.calibration.measuring import Calibration, Skipped, calibrate

__all__ = ["Calibration", "Skipped", "calibrate"]
