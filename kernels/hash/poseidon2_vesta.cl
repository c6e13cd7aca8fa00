/* SPDX-License-Identifier: Apache-2.0 */
/* Poseidon2 over the base field of Vesta. */
#define POSEIDON2_VESTA
#define MODULUS                                                                                    \
    0x00000001, 0x8c46eb21, 0x0994a8dd, 0x224698fc, 0x00000000, 0x00000000, 0x00000000, 0x40000000
#define MODULUS_INVERSE 0xffffffffu
#define MODULUS_SQUARE                                                                             \
    0x0000000f, 0xfc9678ff, 0x891a16e3, 0x67bb433d, 0x04ccf590, 0x7fae2310, 0x7ccfdaa9, 0x096d41af
#include "poseidon2_256.h"

/* Digests of n rows of 3 elements, or of two and a zero; *refused is set where an element is not below the modulus.
 * Shapes: rows packed, absorbed elements of 32 bytes each; digests n x outputs elements.
 * NDRange: n rounded up to the local size, local size 64, 255 registers.
 * Limit: 408 products of 256 bits a row of 3, 128 multiplications of 32 bits each. An H100 takes
 * 3.1 ms for 2^18 rows. */
KERNEL void hash_poseidon2_vesta(GLOBAL uint *digests, GLOBAL uint *refused, GLOBAL const uint *data,
    uint set, uint absorbed, uint first, uint outputs, uint feed_forward, uint n)
{
    const uint i = global_id();
    (void)set; /* the one there is */
    const poseidon2_mode mode = {absorbed, first, outputs, feed_forward};
    if (i < n) {
        TABLE table = poseidon2_vesta_t3;
        poseidon2_row(digests, refused, data, table, table[0], mode, i);
    }
}
