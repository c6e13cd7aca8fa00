/* SPDX-License-Identifier: Apache-2.0 */
/* Poseidon2 over the scalar field of BLS12-381. */
#define POSEIDON2_BLS12_381
#define MODULUS                                                                                    \
    0x00000001, 0xffffffff, 0xfffe5bfe, 0x53bda402, 0x09a1d805, 0x3339d808, 0x299d7d48, 0x73eda753
#define MODULUS_INVERSE 0xffffffffu
#define MODULUS_SQUARE                                                                             \
    0xf3f29c6d, 0xc999e990, 0x87925c23, 0x2b6cedcb, 0x7254398f, 0x05d31496, 0x9f59ff11, 0x0748d9d9
#include "poseidon2_256.h"

/* Digests of n rows of 2, 3 or 4 elements under set 0, 1 or 2; *refused is set where an element is not below the modulus.
 * Shapes: rows packed, absorbed elements of 32 bytes each; digests n x outputs elements.
 * NDRange: n rounded up to the local size, local size 64, 255 registers.
 * Limit: 408 products of 256 bits a row of 3, 128 multiplications of 32 bits each. An H100 takes
 * 3.0, 3.9 and 4.9 ms for 2^18 rows of 2, 3 and 4. */
KERNEL void hash_poseidon2_bls12_381(GLOBAL uint *digests, GLOBAL uint *refused, GLOBAL const uint *data,
    uint set, uint absorbed, uint first, uint outputs, uint feed_forward, uint n)
{
    const uint i = global_id();
    const poseidon2_mode mode = {absorbed, first, outputs, feed_forward};
    if (i < n) {
        TABLE table = (set == 0 ? poseidon2_bls12_381_t2 : set == 1 ? poseidon2_bls12_381_t3 : poseidon2_bls12_381_t4);
        poseidon2_row(digests, refused, data, table, table[0], mode, i);
    }
}
