/* SPDX-License-Identifier: Apache-2.0 */
/* Inclusion proofs, many at once: all rows go one node up their proofs together. A step places node and sibling as a row of
 * 64 bytes, which kernels/hash hashes; rows with the longest proofs stand first, so that those that have come to their end
 * are left out and no lane of a wave idles. A place is a row's number in that order. */
#include "../rows.h"

/* What a form asks of siblings: pyaccel/backends/device_inclusion.py. */
#define ODD_TWICE 1u /* equal to the node where that has none of its own, and only there (CVE-2012-2459) */
#define ODD_ZERO 2u  /* the root over zero chunks where there is none; last of all the length, if it is mixed in */
#define ODD_HEAP 3u  /* the lesser of the two stands first */

/* Eight words of a buffer, the lowest byte of each first. */
DEVICE_FUNCTION void load_node(uint node[8], GLOBAL const uint *nodes, ulong i)
{
    UNROLL
    for (uint j = 0; j < 8; j++) {
        node[j] = little_endian(nodes[8 * i + j]);
    }
}

/* Whether two nodes differ, 0: no. */
DEVICE_FUNCTION uint difference(const uint a[8], const uint b[8])
{
    uint found = 0;
    UNROLL
    for (uint j = 0; j < 8; j++) {
        found |= a[j] ^ b[j];
    }
    return found;
}

/* Whether the second of two nodes is less, as a big-endian number. */
DEVICE_FUNCTION uint is_less(const uint a[8], const uint b[8])
{
    uint order = 0; /* 1: a is less; 2: b is */
    UNROLL
    for (uint j = 0; j < 8; j++) {
        const uint left = swap_bytes(a[j]), right = swap_bytes(b[j]);
        order = order == 0 && left != right ? (left < right ? 1 : 2) : order;
    }
    return order == 2;
}

/* Node i of nodes = row which[i] of ROWS, which has 32 bytes.
 * Shapes: nodes n x 32 bytes; which n numbers of rows.
 * NDRange: n rounded up to the local size, local size 64, 40 registers.
 * Limit: memory, 32 bytes in one piece for each node. */
KERNEL void merkle_gather_rows(GLOBAL uint *nodes, ROWS, GLOBAL const uint *which, uint n)
{
    const uint i = global_id();
    if (i >= n) {
        return;
    }
    const message row = MESSAGE(which[i]);
    uint node[8];
    message_words(node, &row, 0, 8, 0);
    UNROLL
    for (uint j = 0; j < 8; j++) {
        nodes[8 * (ulong)i + j] = little_endian(node[j]);
    }
}

/* pair i = the node at place i and node number `step` of its proof, in the order in which they are hashed; refused[i]
 * becomes 1 where that sibling can't be one.
 * Shapes: pairs n x 64 bytes; refused, nodes, which, sides, alone, lengths at least n; proofs are ROWS, prefix 0; which:
 * the proof at each place, of more than `step` nodes; sides: bit `step`: the sibling stands left; alone: bit `step`: there
 * is no sibling in the tree (of ODD_TWICE and ODD_ZERO); known: what then stands there of ODD_ZERO, 32 bytes a step; lengths:
 * what the last node of the places from `lengthened` on has to be.
 * NDRange: n rounded up to the local size, local size 64, 40 registers.
 * Limit: memory, 64 bytes read in whole sectors and 64 written for each hash of 64 bytes: a third of what SHA-256 takes
 * for it on an H100, by counts. */
KERNEL void merkle_place_siblings(GLOBAL uint *pairs, GLOBAL uint *refused, GLOBAL const uint *nodes, ROWS,
                                  GLOBAL const uint *which, GLOBAL const ulong *sides,
                                  GLOBAL const ulong *alone, GLOBAL const uint *known,
                                  GLOBAL const ulong *lengths, uint lengthened, uint odd, uint step,
                                  uint n)
{
    const uint i = global_id();
    if (i >= n) {
        return;
    }
    const message proof = MESSAGE(which[i]);
    uint node[8], sibling[8], wanted[8];
    load_node(node, nodes, i);
    message_words(sibling, &proof, 32 * (ulong)step, 8, 0);
    if (odd == ODD_TWICE) {
        if ((uint)(alone[i] >> step & 1) != (difference(node, sibling) == 0)) {
            refused[i] = 1;
        }
    }
    if (odd == ODD_ZERO && (i >= lengthened || (alone[i] >> step & 1) != 0)) {
        load_node(wanted, known, step);
        if (i >= lengthened) {
            UNROLL
            for (uint j = 0; j < 8; j++) {
                wanted[j] = j < 2 ? (uint)(lengths[i] >> 32 * j) : 0;
            }
        }
        if (difference(wanted, sibling) != 0) {
            refused[i] = 1;
        }
    }
    const uint second = odd == ODD_HEAP ? is_less(node, sibling) : (uint)(sides[i] >> step & 1);
    GLOBAL uint *pair = pairs + 16 * (ulong)i;
    UNROLL
    for (uint j = 0; j < 8; j++) {
        pair[j] = little_endian(second ? sibling[j] : node[j]);
        pair[8 + j] = little_endian(second ? node[j] : sibling[j]);
    }
}

/* verdicts[i] = 1 where the node at place i is its root, and nothing was refused on the way, else 0.
 * Shapes: verdicts n bytes; nodes n x 32; refused n; roots are ROWS of 32 bytes, prefix 0; which: the root at each place.
 * NDRange: n rounded up to the local size, local size 64, 40 registers.
 * Limit: memory, once for all steps. */
KERNEL void merkle_compare_roots(GLOBAL uchar *verdicts, GLOBAL const uint *nodes,
                                 GLOBAL const uint *refused, ROWS, GLOBAL const uint *which, uint n)
{
    const uint i = global_id();
    if (i >= n) {
        return;
    }
    const message row = MESSAGE(which[i]);
    uint node[8], root[8];
    load_node(node, nodes, i);
    message_words(root, &row, 0, 8, 0);
    verdicts[i] = (uchar)(difference(node, root) == 0 && refused[i] == 0);
}
