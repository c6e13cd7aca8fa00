/* SPDX-License-Identifier: Apache-2.0 */
/* SM3 and HMAC-SM3 of many rows, one row a work item. */
#include "sm3.h"

#define WORD uint
#define BEGIN sm3_begin
#define COMPRESS sm3_compress
#include "merkle_damgard.h"

/* digests[i] = H(row i): kind 0 SM3, 3 HMAC with the states of hash_hmac_sm3_states.
 * Shapes: digests n x 32 bytes; rows as in rows.h; states 16 words, read with kind 3 alone.
 * NDRange: n rounded up to the local size, local size 64, 64 registers.
 * Limit: for a row of 64 bytes two compressions of 64 rounds, about 33 operations each, a third of them rotations. */
KERNEL void hash_sm3(GLOBAL uint *digests, ROWS, GLOBAL const uint *states, uint kind, uint n)
{
    const uint i = global_id();
    if (i >= n) {
        return;
    }
    const message m = MESSAGE(i);
    uint state[8], second[8];
    begin_states(state, second, states, kind == 3);
    hash_message(state, &m, kind == 3 ? 2 : 1, second, kind == 3 ? 64 : 0);
    store_state(digests, i, state, 8);
}

/* digests[i] = SM3(head which[i] || row i).
 * Shapes: digests n x 32 bytes; heads any number x 32 bytes; which n numbers of them; rows as in rows.h, prefix 0.
 * NDRange: n rounded up to the local size, local size 64, 64 registers.
 * Limit: as hash_sm3, of rows 32 bytes longer. */
KERNEL void hash_sm3_headed(GLOBAL uint *digests, GLOBAL const uint *heads, GLOBAL const uint *which, ROWS, uint n)
{
    const uint i = global_id();
    if (i >= n) {
        return;
    }
    const message m = MESSAGE(i);
    GLOBAL const uint *head = heads + 8 * (ulong)which[i];
    const ulong length = m.length + 32, blocks = (length + 8) / 64 + 1;
    uint state[8], w[16];
    sm3_begin(state);
    for (ulong block = 0; block < blocks; block++) {
        UNROLL
        for (uint quarter = 0; quarter < 4; quarter++) {
            if (block == 0 && quarter < 2) {
                UNROLL
                for (uint j = 0; j < 4; j++) {
                    w[4 * quarter + j] = big_endian(head[4 * quarter + j]);
                }
            } else {
                load_quarter(w + 4 * quarter, &m, 64 * block + 16 * quarter - 32, 0x80);
            }
        }
        if (block == blocks - 1) {
            w[14] = (uint)(length >> 29);
            w[15] = (uint)(length << 3);
        }
        sm3_compress(state, w);
    }
    store_state(digests, i, state, 8);
}

/* states = the two halves of HMAC-SM3 under the key that is row 0.
 * Shapes: states 16 words; the key has any length.
 * NDRange: n = 1, local size 64, 64 registers. */
KERNEL void hash_hmac_sm3_states(GLOBAL uint *states, ROWS, uint n)
{
    if (global_id() >= n) {
        return;
    }
    const message m = MESSAGE(0);
    hmac_states(states, &m);
}
