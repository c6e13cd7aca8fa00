/* SPDX-License-Identifier: Apache-2.0 */
/* Poseidon2 over the scalar field of BN254. */
#define MODULUS 0x43e1f593f0000001, 0x2833e84879b97091, 0xb85045b68181585d, 0x30644e72e131a029
#define MODULUS_INVERSE 0xc2e1f593efffffff
#define MODULUS_SQUARE                                                                             \
    0x1bb8e645ae216da7, 0x53fe3ab1e35c59e3, 0x8c49833d53bb8085, 0x0216d0b17f4e44a5
#include "poseidon2_256.h"

const struct pa_poseidon2 PA_VARIANT(pa_poseidon2_bn254_) = {permute, LANES, 40000};
