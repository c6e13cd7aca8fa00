# SPDX-License-Identifier: Apache-2.0
"""Official ECDSA vectors on P-384, each file as one batch."""

from __future__ import annotations

from implementations import Implementation, implementations
from nist_vectors import P384, key_validation, rfc6979, sigver

_every = implementations("p384", opencl=True)


@_every
def test_sigver(implementation: Implementation) -> None:
    """CAVP SigVer."""
    sigver(implementation, P384)


@_every
def test_key_validation(implementation: Implementation) -> None:
    """CAVP PKV."""
    key_validation(implementation, P384)


@_every
def test_rfc6979(implementation: Implementation) -> None:
    """RFC 6979 A.2.6."""
    rfc6979(implementation, P384)
