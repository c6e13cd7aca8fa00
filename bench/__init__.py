# SPDX-License-Identifier: Apache-2.0
"""Benchmarks: one harness, one file per family; `pyaccel bench [NAME]` runs them."""
