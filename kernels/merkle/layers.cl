/* SPDX-License-Identifier: Apache-2.0 */
/* Merkle trees, one layer a launch; the layers stay on the device. */
#include "../hash/sha256.h"

/* nodes[i] = SHA-256(0x00 || leaf i): the leaf nodes of RFC 6962, leaves of one width.
 * Shapes: nodes n x 32 bytes; leaf i is the width bytes from byte i * stride (stride 0: one leaf for all).
 * NDRange: n rounded up to the local size, local size 64, 48 registers.
 * The prefix shifts every word by a byte, so leaves are read byte by byte: 64 loads beside 1,600 operations. */
KERNEL void merkle_leaves_fixed(GLOBAL uint *nodes, GLOBAL const uint *leaves, ulong width,
                                ulong stride, uint n)
{
    const uint i = global_id();
    if (i >= n) {
        return;
    }
    uint state[8];
    sha256_row(state, leaves, i * stride, width, 1, 1);
    sha256_end(nodes + 8 * (ulong)i, state);
}

/* nodes[i] = SHA-256(0x00 || leaf i), leaves of any lengths.
 * Shapes: nodes n x 32 bytes; leaf i is bytes offsets[i] .. offsets[i + 1) of leaves; n + 1 offsets.
 * NDRange: n rounded up to the local size, local size 64, 56 registers.
 * Before: offsets never decrease and end within leaves (the host has checked its own copy of them). */
KERNEL void merkle_leaves_offsets(GLOBAL uint *nodes, GLOBAL const uint *leaves,
                                  GLOBAL const ulong *offsets, uint n)
{
    const uint i = global_id();
    if (i >= n) {
        return;
    }
    uint state[8];
    sha256_row(state, leaves, offsets[i], offsets[i + 1] - offsets[i], 1, 1);
    sha256_end(nodes + 8 * (ulong)i, state);
}

/* parents[i] = SHA-256d(nodes[2i] || nodes[2i + 1]); a last node without sibling is paired with itself.
 * Shapes: nodes count x 32 bytes, parents n x 32 bytes, n = (count + 1) / 2; they do not overlap.
 * *mutated becomes 1 when two siblings are equal (CVE-2012-2459); it is never cleared.
 * NDRange: n rounded up to the local size, local size 64, 48 registers; three compressions an item. */
KERNEL void merkle_parents_bitcoin(GLOBAL uint *parents, GLOBAL uint *mutated,
                                   GLOBAL const uint *nodes, uint count, uint n)
{
    const uint i = global_id();
    if (i >= n) {
        return;
    }
    GLOBAL const uint *left = nodes + 16 * (ulong)i;
    GLOBAL const uint *right = 2 * (ulong)i + 1 < count ? left + 8 : left;
    uint state[8], w[16], difference = 0;
    UNROLL
    for (uint j = 0; j < 8; j++) {
        w[j] = big_endian(left[j]);
        w[8 + j] = big_endian(right[j]);
        difference |= w[j] ^ w[8 + j];
    }
    if (difference == 0 && right != left) {
        atomic_set(mutated);
    }
    sha256_begin(state);
    for (uint block = 0; block < 3; block++) {
        if (block == 1) { /* the padding of a 64-byte message */
            UNROLL
            for (uint j = 0; j < 16; j++) {
                w[j] = 0;
            }
            w[0] = 0x80000000u;
            w[15] = 512;
        } else if (block == 2) {
            sha256_second_block(w, state);
        }
        sha256_compress(state, w);
    }
    sha256_end(parents + 8 * (ulong)i, state);
}

/* parents[i] = SHA-256(0x01 || nodes[2i] || nodes[2i + 1]); a last node without sibling is promoted unchanged.
 * Shapes: nodes count x 32 bytes, parents n x 32 bytes, n = (count + 1) / 2; they do not overlap.
 * NDRange: n rounded up to the local size, local size 64, 48 registers; two compressions an item.
 * The prefix shifts the words by a byte: word j of the message is the end of word j - 1 and the start of word j. */
KERNEL void merkle_parents_rfc6962(GLOBAL uint *parents, GLOBAL const uint *nodes, uint count,
                                   uint n)
{
    const uint i = global_id();
    if (i >= n) {
        return;
    }
    GLOBAL const uint *left = nodes + 16 * (ulong)i;
    GLOBAL uint *parent = parents + 8 * (ulong)i;
    if (2 * (ulong)i + 1 == count) {
        UNROLL
        for (uint j = 0; j < 8; j++) {
            parent[j] = left[j];
        }
        return;
    }
    uint state[8], w[16], carried = 1;
    UNROLL
    for (uint j = 0; j < 16; j++) {
        const uint word = big_endian(left[j]);
        w[j] = carried << 24 | word >> 8;
        carried = word;
    }
    sha256_begin(state);
    for (uint block = 0; block < 2; block++) {
        if (block == 1) { /* the last byte, and the padding of a 65-byte message */
            UNROLL
            for (uint j = 0; j < 16; j++) {
                w[j] = 0;
            }
            w[0] = carried << 24 | 0x00800000u;
            w[15] = 520;
        }
        sha256_compress(state, w);
    }
    sha256_end(parent, state);
}
