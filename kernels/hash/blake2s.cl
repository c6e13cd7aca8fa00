/* SPDX-License-Identifier: Apache-2.0 */
/* BLAKE2s of many rows, with a key or without, one row a work item. */
#include "../platform.h"

#define WORD uint
#define BLAKE2_ROUNDS 10
#define BLAKE2_TURN(x, k) rotate_right(x, k)
#define BLAKE2_R1 16u
#define BLAKE2_R2 12u
#define BLAKE2_R3 8u
#define BLAKE2_R4 7u
#define BLAKE2_IV                                                                                  \
    0x6a09e667u, 0xbb67ae85u, 0x3c6ef372u, 0xa54ff53au, 0x510e527fu, 0x9b05688cu, 0x1f83d9abu,     \
        0x5be0cd19u
#include "blake2.h"

/* digests[i] = BLAKE2s(row i).
 * Shapes: digests n x digest_size bytes, 4 .. 32, a multiple of 4; rows as in rows.h; key 64 bytes, the key_size bytes of
 * it and zeros, read where key_size is not 0.
 * NDRange: n rounded up to the local size, local size 64, 80 registers.
 * Limit: for a row of 64 bytes one compression, 10 rounds of 112 operations. */
KERNEL void hash_blake2s(GLOBAL uint *digests, ROWS, GLOBAL const uint *key, uint key_size,
                         uint digest_size, uint n)
{
    const uint i = global_id();
    if (i >= n) {
        return;
    }
    const message m = MESSAGE(i);
    blake2_row(digests, i, &m, key, key_size, digest_size);
}
