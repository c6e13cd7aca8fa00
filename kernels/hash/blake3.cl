/* SPDX-License-Identifier: Apache-2.0 */
/* BLAKE3 of many rows, one row a work item. */
#include "blake3.h"

/* digests[i] = the first digest_size bytes of BLAKE3(row i).
 * Shapes: digests n x digest_size bytes, any size; rows as in rows.h, of up to 2^34 bytes; key 8 words, lowest byte first,
 * read with flags 16 and 64 alone; flags: 0, or that of the mode (table 3: 16 keyed, 32 context, 64 key material).
 * NDRange: n rounded up to the local size, local size 64, 80 registers.
 * Formula: chunks of 1024 bytes one after the other; a node is finished when its sibling is there, so that one value a
 * level waits on a stack, which rows of one chunk never touch.
 * Limit: for a row of 64 bytes one compression, 7 rounds of 112 operations: on a GPU less than its memory takes for it.
 * A long row is one item's work alone: many are fast, one is not. */
KERNEL void hash_blake3(GLOBAL uint *digests, ROWS, GLOBAL const uint *key, uint flags,
                        ulong digest_size, uint n)
{
    const uint i = global_id();
    if (i >= n) {
        return;
    }
    const message row = MESSAGE(i);
    const ulong chunks = row.length == 0 ? 1 : (row.length + BLAKE3_CHUNK - 1) / BLAKE3_CHUNK;
    uint start[8], h[8], m[16], v[16], waiting[8 * BLAKE3_DEPTH];
    uint depth = 0;
    blake3_node node;
    UNROLL
    for (uint j = 0; j < 8; j++) {
        start[j] = flags & BLAKE3_KEYS ? little_endian(key[j]) : blake3_iv[j];
    }
    for (ulong chunk = 0; chunk < chunks; chunk++) {
        const ulong end = chunk + 1 < chunks ? (chunk + 1) * BLAKE3_CHUNK : row.length;
        UNROLL
        for (uint j = 0; j < 8; j++) {
            h[j] = start[j];
        }
        node.counter = chunk;
        node.flags = flags | BLAKE3_CHUNK_START;
        for (ulong at = chunk * BLAKE3_CHUNK;; at += 64) {
            message_words(m, &row, at, 16, 0);
            node.size = at + 64 < end ? 64 : (uint)(end - at);
            if (at + 64 >= end) {
                node.flags |= BLAKE3_CHUNK_END;
                break;
            }
            blake3_chain(h, m, node);
            node.flags = flags;
        }
        if (chunk + 1 == chunks) {
            break;
        }
        blake3_chain(h, m, node);
        node.counter = 0;
        node.size = 64;
        node.flags = flags | BLAKE3_PARENT;
        for (ulong whole = chunk + 1; (whole & 1) == 0; whole >>= 1) {
            depth--;
            UNROLL
            for (uint j = 0; j < 8; j++) {
                m[j] = waiting[8 * depth + j];
                m[8 + j] = h[j];
                h[j] = start[j];
            }
            blake3_chain(h, m, node);
        }
        UNROLL
        for (uint j = 0; j < 8; j++) {
            waiting[8 * depth + j] = h[j];
        }
        depth++;
    }
    while (depth != 0) {
        blake3_chain(h, m, node);
        depth--;
        UNROLL
        for (uint j = 0; j < 8; j++) {
            m[j] = waiting[8 * depth + j];
            m[8 + j] = h[j];
            h[j] = start[j];
        }
        node.counter = 0;
        node.size = 64;
        node.flags = flags | BLAKE3_PARENT;
    }
    node.flags |= BLAKE3_ROOT;
    for (ulong done = 0; done < digest_size; done += 64) {
        node.counter = done / 64;
        blake3_rounds(v, h, m, node);
        UNROLL
        for (uint j = 0; j < 16; j++) {
            const ulong at = done + 4 * j;
            if (at < digest_size) {
                store_word(digests, i * digest_size + at, v[j] ^ (j < 8 ? v[(j + 8) & 15] : h[j & 7]),
                           digest_size - at);
            }
        }
    }
}
