/* SPDX-License-Identifier: Apache-2.0 */
/* BLAKE3 (O'Connor, Aumasson, Neves, Wilcox-O'Hearn 2020) in one work item. */
#ifndef PYACCEL_KERNEL_BLAKE3_H
#define PYACCEL_KERNEL_BLAKE3_H

#include "../rows.h"

/* Flags of table 3. */
#define BLAKE3_CHUNK_START 1u
#define BLAKE3_CHUNK_END 2u
#define BLAKE3_PARENT 4u
#define BLAKE3_ROOT 8u
#define BLAKE3_KEYS (16u | 64u) /* modes that start from a key in place of the initial value */

#define BLAKE3_CHUNK 1024
/* Chaining values that can wait for their sibling: enough for rows of 2^34 bytes, which the host sees to. */
#define BLAKE3_DEPTH 24

CONSTANT uint blake3_iv[8] = {0x6a09e667u, 0xbb67ae85u, 0x3c6ef372u, 0xa54ff53au,
                              0x510e527fu, 0x9b05688cu, 0x1f83d9abu, 0x5be0cd19u};

#define BLAKE3_MIX(a, b, c, d, x, y)                                                               \
    v[a] += v[b] + (x);                                                                            \
    v[d] = rotate_right(v[d] ^ v[a], 16u);                                                         \
    v[c] += v[d];                                                                                  \
    v[b] = rotate_right(v[b] ^ v[c], 12u);                                                         \
    v[a] += v[b] + (y);                                                                            \
    v[d] = rotate_right(v[d] ^ v[a], 8u);                                                          \
    v[c] += v[d];                                                                                  \
    v[b] = rotate_right(v[b] ^ v[c], 7u);

/* What a compression takes beside its block. */
typedef struct {
    ulong counter;
    uint size; /* bytes of the block that count */
    uint flags;
} blake3_node;

/* v = the 16 words before the feed-forward: 2.2, figure 1; the output is v[j] ^ v[j + 8], then v[j + 8] ^ h[j].
 * Shapes: h 8 words, m 16 words.
 * Budget: 8 + 16 + 16 words live. Work: 7 rounds of 8 mixes of 14 operations; the words of m change places between
 * rounds, which costs nothing where the rounds are unrolled. */
DEVICE_FUNCTION void blake3_rounds(uint v[16], const uint h[8], const uint block[16],
                                   blake3_node node)
{
    uint m[16];
    UNROLL
    for (uint j = 0; j < 16; j++) {
        m[j] = block[j];
    }
    UNROLL
    for (uint j = 0; j < 8; j++) {
        v[j] = h[j];
    }
    UNROLL
    for (uint j = 0; j < 4; j++) {
        v[8 + j] = blake3_iv[j];
    }
    v[12] = (uint)node.counter;
    v[13] = (uint)(node.counter >> 32);
    v[14] = node.size;
    v[15] = node.flags;
    UNROLL
    for (uint r = 0; r < 7; r++) {
        BLAKE3_MIX(0, 4, 8, 12, m[0], m[1])
        BLAKE3_MIX(1, 5, 9, 13, m[2], m[3])
        BLAKE3_MIX(2, 6, 10, 14, m[4], m[5])
        BLAKE3_MIX(3, 7, 11, 15, m[6], m[7])
        BLAKE3_MIX(0, 5, 10, 15, m[8], m[9])
        BLAKE3_MIX(1, 6, 11, 12, m[10], m[11])
        BLAKE3_MIX(2, 7, 8, 13, m[12], m[13])
        BLAKE3_MIX(3, 4, 9, 14, m[14], m[15])
        /* Table 2: 2 6 3 10 7 0 4 13 1 11 12 5 9 14 15 8, two cycles of eight. */
        const uint first = m[0], second = m[1];
        m[0] = m[2];
        m[2] = m[3];
        m[3] = m[10];
        m[10] = m[12];
        m[12] = m[9];
        m[9] = m[11];
        m[11] = m[5];
        m[5] = first;
        m[1] = m[6];
        m[6] = m[4];
        m[4] = m[7];
        m[7] = m[13];
        m[13] = m[14];
        m[14] = m[15];
        m[15] = m[8];
        m[8] = second;
    }
}

/* h = the chaining value of a node. */
DEVICE_FUNCTION void blake3_chain(uint h[8], const uint block[16], blake3_node node)
{
    uint v[16];
    blake3_rounds(v, h, block, node);
    UNROLL
    for (uint j = 0; j < 8; j++) {
        h[j] = v[j] ^ v[j + 8];
    }
}

#endif
