/* SPDX-License-Identifier: Apache-2.0 */
/* What a Merkle tree does to pairs of siblings before they are hashed as rows of 64 bytes (kernels/hash). */
#include "../platform.h"

/* Nodes from to_node on in one buffer = those from from_node on in another, or apart from them in the same.
 * Shapes: 32 bytes a node; n is their number of words, 8 a node.
 * NDRange: n rounded up to the local size, local size 64, 24 registers. */
KERNEL void merkle_copy_nodes(GLOBAL uint *to, GLOBAL const uint *from, ulong to_node,
                             ulong from_node, uint n)
{
    const uint i = global_id();
    if (i >= n) {
        return;
    }
    to[8 * to_node + i] = from[8 * from_node + i];
}

/* Node i of to = node places[i] of nodes: what proofs are made of.
 * Shapes: 32 bytes a node; n is the number of words of to, 8 a node.
 * NDRange: n rounded up to the local size, local size 64, 24 registers.
 * Limit: memory, 32 bytes in one piece for each node. */
KERNEL void merkle_gather_nodes(GLOBAL uint *to, GLOBAL const uint *nodes, GLOBAL const uint *places,
                               uint n)
{
    const uint i = global_id();
    if (i >= n) {
        return;
    }
    to[i] = nodes[8 * (ulong)places[i / 8] + i % 8];
}

/* *equal becomes 1 when the two nodes of one of n pairs are equal (CVE-2012-2459); it is never cleared.
 * Shapes: nodes 2 n x 32 bytes.
 * NDRange: n rounded up to the local size, local size 64, 32 registers.
 * Limit: memory, one read of a layer beside the hashing of it. */
KERNEL void merkle_equal_pairs(GLOBAL uint *equal, GLOBAL const uint *nodes, uint n)
{
    const uint i = global_id();
    if (i >= n) {
        return;
    }
    GLOBAL const uint *pair = nodes + 16 * (ulong)i;
    uint difference = 0;
    UNROLL
    for (uint j = 0; j < 8; j++) {
        difference |= pair[j] ^ pair[8 + j];
    }
    if (difference == 0) {
        atomic_set(equal);
    }
}

/* sorted pair i = pair first + i of nodes, the node that is smaller as a big-endian number first (OpenZeppelin's commutative pairs).
 * Shapes: sorted 2 n x 32 bytes, nodes at least 2 (first + n) x 32; they do not overlap.
 * NDRange: n rounded up to the local size, local size 64, 40 registers.
 * Limit: memory, one read and one write of a layer beside the hashing of it. */
KERNEL void merkle_sort_pairs(GLOBAL uint *sorted, GLOBAL const uint *nodes, ulong first,
                              uint n)
{
    const uint i = global_id();
    if (i >= n) {
        return;
    }
    GLOBAL const uint *pair = nodes + 16 * (first + i);
    GLOBAL uint *to = sorted + 16 * (ulong)i;
    uint order = 0; /* 1: the first one is smaller; 2: greater */
    UNROLL
    for (uint j = 0; j < 8; j++) {
        const uint left = big_endian(pair[j]), right = big_endian(pair[8 + j]);
        order = order == 0 && left != right ? (left < right ? 1 : 2) : order;
    }
    const uint lesser = order == 2 ? 8 : 0;
    UNROLL
    for (uint j = 0; j < 8; j++) {
        to[j] = pair[lesser + j];
        to[8 + j] = pair[8 - lesser + j];
    }
}
