/* SPDX-License-Identifier: Apache-2.0 */
/* Poseidon2 over the base field of Vesta. */
#define MODULUS 0x8c46eb2100000001, 0x224698fc0994a8dd, 0x0000000000000000, 0x4000000000000000
#define MODULUS_INVERSE 0x8c46eb20ffffffff
#define MODULUS_SQUARE                                                                             \
    0xfc9678ff0000000f, 0x67bb433d891a16e3, 0x7fae231004ccf590, 0x096d41af7ccfdaa9
#include "poseidon2_256.h"

const struct pa_poseidon2 PA_VARIANT(pa_poseidon2_vesta_) = {permute, LANES, 40000};
