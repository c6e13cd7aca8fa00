# SPDX-License-Identifier: Apache-2.0
"""What devices with kernels compute: an operation's plan, or why there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyaccel.backends.base import Declined, Parameters
from pyaccel.backends.device_bip340 import Bip340Plan
from pyaccel.backends.device_ed25519 import Ed25519Plan
from pyaccel.backends.device_hash import HashPlan
from pyaccel.backends.device_inclusion import InclusionPlan
from pyaccel.backends.device_merkle import LayersPlan, MerklePlan
from pyaccel.backends.device_poseidon import Poseidon2Plan
from pyaccel.backends.device_proofs import ProofsPlan
from pyaccel.backends.device_recovery import RecoverPlan
from pyaccel.backends.device_secp256k1 import Secp256k1Plan
from pyaccel.backends.device_weierstrass import WeierstrassPlan
from pyaccel.poseidon2 import ELEMENTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyaccel.backends.device import Device
    from pyaccel.operations import Operation

VerifyPlan = Bip340Plan | Ed25519Plan | Secp256k1Plan | WeierstrassPlan
AnyPlan = HashPlan | InclusionPlan | LayersPlan | MerklePlan | Poseidon2Plan | ProofsPlan | RecoverPlan | VerifyPlan


def _hash_plan(device: Device, parameters: Parameters) -> HashPlan | Poseidon2Plan | str:
    return (Poseidon2Plan if parameters.get("algorithm") in ELEMENTS else HashPlan).of(device, parameters)


_SCHEMES: dict[str, type[VerifyPlan]] = {
    "ed25519": Ed25519Plan,
    "bip340": Bip340Plan,
    "secp256k1-ecdsa": Secp256k1Plan,
    "p256-ecdsa": WeierstrassPlan,
    "p384-ecdsa": WeierstrassPlan,
    "sm2": WeierstrassPlan,
}


def _verify_plan(device: Device, parameters: Parameters) -> VerifyPlan | str:
    scheme = str(parameters.get("scheme"))
    if scheme not in _SCHEMES:
        return f"there is no kernel for {scheme}"
    return _SCHEMES[scheme].of(device, parameters)


_PLANS: dict[str, Callable[[Device, Parameters], AnyPlan | str]] = {
    "hash_many": _hash_plan,
    "merkle.root": MerklePlan.of,
    "merkle.layers": LayersPlan.of,
    "merkle.proofs": ProofsPlan.of,
    "merkle.verify_many": InclusionPlan.of,
    "verify_many": _verify_plan,
    "recover_many": RecoverPlan.of,
}


_ONE_CHAIN = "a single proof is a chain of hashes, each of the one before: there is nothing to spread over a device"
_DECLINED = {"merkle.verify_consistency": _ONE_CHAIN, "merkle.verify_multiproof": _ONE_CHAIN}


def plan_of(device: Device, operation: Operation, parameters: Parameters) -> AnyPlan | Declined:
    """The plan, not built yet."""
    make = _PLANS.get(operation.name)
    if make is None:
        return Declined(_DECLINED.get(operation.name, f"there is no kernel for {operation.name}"))
    plan = make(device, parameters)
    return Declined(plan) if isinstance(plan, str) else plan
