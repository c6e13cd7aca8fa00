# SPDX-License-Identifier: Apache-2.0
"""Homomorphic encryption."""
