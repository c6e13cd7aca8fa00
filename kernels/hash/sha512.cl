/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-512, SHA-384, SHA-512/256 and HMAC-SHA512 of many rows, one row a work item. */
#include "sha512.h"

#define WORD ulong
#define BEGIN sha512_begin
#define COMPRESS sha512_compress
#include "merkle_damgard.h"

/* digests[i] = H(row i): kind 0 SHA-512, 1 SHA-384, 2 SHA-512/256, 3 HMAC with the states of hash_hmac_sha512_states.
 * Shapes: digests n x 64 bytes, n x 48 or n x 32; rows as in rows.h; states 16 words, read with kind 3 alone.
 * NDRange: n rounded up to the local size, local size 64, 128 registers.
 * Limit: for a row of 64 bytes one compression of 80 rounds, about 24 operations on 64 bits each. */
KERNEL void hash_sha512(GLOBAL uint *digests, ROWS, GLOBAL const ulong *states, uint kind, uint n)
{
    const uint i = global_id();
    if (i >= n) {
        return;
    }
    const message m = MESSAGE(i);
    ulong state[8], second[8];
    begin_states(state, second, states, kind == 3);
    if (kind == 1) {
        sha384_begin(state);
    } else if (kind == 2) {
        sha512_256_begin(state);
    }
    hash_message(state, &m, kind == 3 ? 2 : 1, second, kind == 3 ? 128 : 0);
    store_state(digests, i, state, kind == 1 ? 12 : kind == 2 ? 8 : 16);
}

/* states = the two halves of HMAC-SHA512 under the key that is row 0.
 * Shapes: states 16 words; the key has any length.
 * NDRange: n = 1, local size 64, 128 registers. */
KERNEL void hash_hmac_sha512_states(GLOBAL ulong *states, ROWS, uint n)
{
    if (global_id() >= n) {
        return;
    }
    const message m = MESSAGE(0);
    hmac_states(states, &m);
}
