/* SPDX-License-Identifier: Apache-2.0 */
/* Keccak-256, SHA-3 and SHAKE of many rows, one row a work item. */
#include "keccak.h"

/* digests[i] = the first digest_size bytes that a sponge over row i gives.
 * Shapes: digests n x digest_size bytes, any size; rows as in rows.h; rate (bytes, a multiple of 8 from 72 to 168) and
 * suffix (0x01 Keccak, 0x06 SHA-3, 0x1f SHAKE) name the function.
 * NDRange: n rounded up to the local size, local size 64, 128 registers.
 * Limit: for a row of 64 bytes one permutation, 24 rounds of 105 operations on 64 bits. */
KERNEL void hash_keccak(GLOBAL uint *digests, ROWS, uint rate, uint suffix, ulong digest_size,
                        uint n)
{
    const uint i = global_id();
    if (i >= n) {
        return;
    }
    const message m = MESSAGE(i);
    ulong a[25];
    keccak_absorb(a, &m, rate, suffix);
    for (ulong done = 0; done < digest_size; done += rate) {
        if (done != 0) {
            keccak_permute(a);
        }
        UNROLL
        for (uint j = 0; j < 42; j++) {
            const ulong at = done + 4 * j;
            if (4 * j < rate && at < digest_size) {
                store_word(digests, i * digest_size + at, (uint)(a[j >> 1] >> (j & 1 ? 32 : 0)),
                           digest_size - at);
            }
        }
    }
}
