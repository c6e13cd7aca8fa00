/* SPDX-License-Identifier: Apache-2.0 */
/* Poseidon2 over the scalar field of BLS12-381. */
#define MODULUS 0xffffffff00000001, 0x53bda402fffe5bfe, 0x3339d80809a1d805, 0x73eda753299d7d48
#define MODULUS_INVERSE 0xfffffffeffffffff
#define MODULUS_SQUARE                                                                             \
    0xc999e990f3f29c6d, 0x2b6cedcb87925c23, 0x05d314967254398f, 0x0748d9d99f59ff11
#include "poseidon2_256.h"

const struct pa_poseidon2 PA_VARIANT(pa_poseidon2_bls12_381_) = {permute, LANES, 40000};
