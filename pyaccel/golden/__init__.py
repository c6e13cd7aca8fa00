# SPDX-License-Identifier: Apache-2.0
"""Readable reference of every operation, in Python integers; every other implementation is held against it.

It shares no code with the C library, is written from the standards that each module names, and takes another road
than the fast code wherever one exists (recursion where that goes by layers, re-encoding where that parses). It is
variable-time and slow: milliseconds a signature, tens of microseconds a compression.
"""
