/* SPDX-License-Identifier: Apache-2.0 */
/* RIPEMD-160 and HASH160 of many rows, one row a work item. */
#include "ripemd160.h"
#include "sha256.h"

#define WORD uint
#define BEGIN sha256_begin
#define COMPRESS sha256_compress
#include "merkle_damgard.h"

/* digests[i] = RIPEMD-160(row i).
 * Shapes: digests n x 20 bytes; rows as in rows.h.
 * NDRange: n rounded up to the local size, local size 64, 64 registers. */
KERNEL void hash_ripemd160(GLOBAL uint *digests, ROWS, uint n)
{
    const uint i = global_id();
    if (i >= n) {
        return;
    }
    const message m = MESSAGE(i);
    uint h[5];
    ripemd160_hash(h, &m);
    ripemd160_end(digests, i, h);
}

/* digests[i] = RIPEMD-160(SHA-256(row i)), Bitcoin's HASH160.
 * Shapes: digests n x 20 bytes; rows as in rows.h.
 * NDRange: n rounded up to the local size, local size 64, 64 registers.
 * Work: for a key of 33 bytes one compression of each kind, 1,500 operations and 1,400. */
KERNEL void hash_hash160(GLOBAL uint *digests, ROWS, uint n)
{
    const uint i = global_id();
    if (i >= n) {
        return;
    }
    const message m = MESSAGE(i);
    uint state[8], x[16], h[5];
    sha256_begin(state);
    hash_message(state, &m, 1, state, 0);
    UNROLL
    for (uint j = 0; j < 8; j++) {
        x[j] = swap_bytes(state[j]);
        x[8 + j] = 0;
    }
    x[8] = 0x80;
    x[14] = 256;
    ripemd160_begin(h);
    ripemd160_compress(h, x);
    ripemd160_end(digests, i, h);
}
