/* SPDX-License-Identifier: Apache-2.0 */
/* Poseidon2 over the base field of Pallas. */
#define MODULUS 0x992d30ed00000001, 0x224698fc094cf91b, 0x0000000000000000, 0x4000000000000000
#define MODULUS_INVERSE 0x992d30ecffffffff
#define MODULUS_SQUARE                                                                             \
    0x8c78ecb30000000f, 0xd7d30dbd8b0de0e7, 0x7797a99bc3c95d18, 0x096d41af7b9cb714
#include "poseidon2_256.h"

const struct pa_poseidon2 PA_VARIANT(pa_poseidon2_pallas_) = {permute, LANES, 40000};
