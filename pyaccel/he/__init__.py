# SPDX-License-Identifier: Apache-2.0
"""Homomorphic encryption: arithmetic on encrypted integers (BFV, BGV) and numbers (CKKS), in batches.

A context holds parameters; keys are made on it; whoever has a public key encrypts, whoever has evaluation keys
computes, and only the secret key decrypts:

    context = he.Context("ckks", depth=2)
    secret = he.SecretKey(context)
    context.use(he.EvaluationKeys(secret))
    x = secret.encrypt([1.5, 2.0])
    secret.decrypt(x * x + 1)

`pyaccel.he.seal` and `pyaccel.he.tenseal` read and write objects of Microsoft SEAL and of TenSEAL.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyaccel.he.ciphertexts import Ciphertexts as Ciphertexts
    from pyaccel.he.context import Context as Context
    from pyaccel.he.keys import EvaluationKeys as EvaluationKeys
    from pyaccel.he.keys import MissingKeyError as MissingKeyError
    from pyaccel.he.keys import PublicKey as PublicKey
    from pyaccel.he.keys import SecretKey as SecretKey
    from pyaccel.he.matrices import Matrix as Matrix
    from pyaccel.he.parameters import SECURITY as SECURITY
    from pyaccel.he.parameters import InsecureParametersWarning as InsecureParametersWarning
    from pyaccel.he.parameters import nearest_plain_modulus as nearest_plain_modulus
    from pyaccel.he.plaintexts import Plaintexts as Plaintexts

_MODULE_OF = {
    "SECURITY": "parameters",
    "Ciphertexts": "ciphertexts",
    "Context": "context",
    "EvaluationKeys": "keys",
    "InsecureParametersWarning": "parameters",
    "Matrix": "matrices",
    "MissingKeyError": "keys",
    "Plaintexts": "plaintexts",
    "PublicKey": "keys",
    "SecretKey": "keys",
    "nearest_plain_modulus": "parameters",
}
_SUBMODULES = ("seal", "tenseal")


def __getattr__(name: str) -> Any:
    """Names are imported at first use, as those of pyaccel."""
    if name in _MODULE_OF:
        value = getattr(import_module(f"pyaccel.he.{_MODULE_OF[name]}"), name)
        globals()[name] = value
        return value
    if name in _SUBMODULES:
        return import_module(f"pyaccel.he.{name}")
    raise AttributeError(f"module 'pyaccel.he' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*(name for name in globals() if name.startswith("__")), *_MODULE_OF, *_SUBMODULES})
