/* SPDX-License-Identifier: Apache-2.0 */
/* BLAKE2b of many rows, with a key or without, one row a work item. */
#include "../platform.h"

#define WORD ulong
#define BLAKE2_ROUNDS 12
#define BLAKE2_TURN(x, k) rotate_right_64((ulong)(x), k)
#define BLAKE2_R1 32u
#define BLAKE2_R2 24u
#define BLAKE2_R3 16u
#define BLAKE2_R4 63u
#define BLAKE2_IV                                                                                  \
    0x6a09e667f3bcc908ul, 0xbb67ae8584caa73bul, 0x3c6ef372fe94f82bul, 0xa54ff53a5f1d36f1ul,        \
        0x510e527fade682d1ul, 0x9b05688c2b3e6c1ful, 0x1f83d9abfb41bd6bul, 0x5be0cd19137e2179ul
#include "blake2.h"

/* digests[i] = BLAKE2b(row i).
 * Shapes: digests n x digest_size bytes, 4 .. 64, a multiple of 4; rows as in rows.h; key 128 bytes, the key_size bytes of
 * it and zeros, read where key_size is not 0.
 * NDRange: n rounded up to the local size, local size 64, 128 registers.
 * Limit: for a row of 64 bytes one compression, 12 rounds of 112 operations on 64 bits. */
KERNEL void hash_blake2b(GLOBAL uint *digests, ROWS, GLOBAL const uint *key, uint key_size,
                         uint digest_size, uint n)
{
    const uint i = global_id();
    if (i >= n) {
        return;
    }
    const message m = MESSAGE(i);
    blake2_row(digests, i, &m, key, key_size, digest_size);
}
