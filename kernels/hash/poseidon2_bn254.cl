/* SPDX-License-Identifier: Apache-2.0 */
/* Poseidon2 over the scalar field of BN254. */
#define POSEIDON2_BN254
#define MODULUS                                                                                    \
    0xf0000001, 0x43e1f593, 0x79b97091, 0x2833e848, 0x8181585d, 0xb85045b6, 0xe131a029, 0x30644e72
#define MODULUS_INVERSE 0xefffffffu
#define MODULUS_SQUARE                                                                             \
    0xae216da7, 0x1bb8e645, 0xe35c59e3, 0x53fe3ab1, 0x53bb8085, 0x8c49833d, 0x7f4e44a5, 0x0216d0b1
#include "poseidon2_256.h"

/* Digests of n rows of 3 elements, or of two and a zero; *refused is set where an element is not below the modulus.
 * Shapes: rows packed, absorbed elements of 32 bytes each; digests n x outputs elements.
 * NDRange: n rounded up to the local size, local size 64, 255 registers.
 * Limit: 408 products of 256 bits a row of 3, 128 multiplications of 32 bits each. An H100 takes
 * 3.8 ms for 2^18 rows. */
KERNEL void hash_poseidon2_bn254(GLOBAL uint *digests, GLOBAL uint *refused, GLOBAL const uint *data,
    uint set, uint absorbed, uint first, uint outputs, uint feed_forward, uint n)
{
    const uint i = global_id();
    (void)set; /* the one there is */
    const poseidon2_mode mode = {absorbed, first, outputs, feed_forward};
    if (i < n) {
        TABLE table = poseidon2_bn254_t3;
        poseidon2_row(digests, refused, data, table, table[0], mode, i);
    }
}
