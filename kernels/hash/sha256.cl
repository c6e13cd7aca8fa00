/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256, SHA-224, SHA-256d and HMAC-SHA256 of many rows, one row a work item. */
#include "sha256.h"

#define WORD uint
#define BEGIN sha256_begin
#define COMPRESS sha256_compress
#include "merkle_damgard.h"

/* digests[i] = H(row i): kind 0 SHA-256, 1 SHA-224, 2 SHA-256 twice, 3 HMAC with the states of hash_hmac_sha256_states.
 * Shapes: digests n x 32 bytes, of SHA-224 n x 28; rows as in rows.h; states 16 words, read with kind 3 alone.
 * NDRange: n rounded up to the local size, local size 64, 64 registers.
 * Limit: for a row of 64 bytes two compressions of 64 rounds, about 24 operations each. On a GPU half of those are
 * shifts, which an H100 does at half rate: 0.1 ms for 2^20 rows by that count, three times what its memory takes for
 * them; measured 0.24 ms. On two shared Zen 3 cores 2.5 to 2.8 M rows/s by Intel's runtime, where the C core reaches 14 M.
 * Lost there: rows of a width and rows of offsets in one build (1.8 M by Intel's, which then masks every lane), a reader
 * that goes byte by byte (2.1 M); within noise: one load of 16 bytes or four of 4, a block or a quarter of it at a time. */
KERNEL void hash_sha256(GLOBAL uint *digests, ROWS, GLOBAL const uint *states, uint kind, uint n)
{
    const uint i = global_id();
    if (i >= n) {
        return;
    }
    const message m = MESSAGE(i);
    uint state[8], second[8];
    begin_states(state, second, states, kind == 3);
    if (kind == 1) {
        sha224_begin(state);
    }
    hash_message(state, &m, kind < 2 ? 1 : 2, second, kind == 3 ? 64 : 0);
    store_state(digests, i, state, kind == 1 ? 7 : 8);
}

/* states = the two halves of HMAC-SHA256 under the key that is row 0.
 * Shapes: states 16 words; the key has any length.
 * NDRange: n = 1, local size 64, 64 registers. */
KERNEL void hash_hmac_sha256_states(GLOBAL uint *states, ROWS, uint n)
{
    if (global_id() >= n) {
        return;
    }
    const message m = MESSAGE(0);
    hmac_states(states, &m);
}
