/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the merkle room share: forms, and hashing of nodes in batches. */
#ifndef PA_MERKLE_TREE_H
#define PA_MERKLE_TREE_H

#include "../core/internal.h"
#include "pyaccel/merkle.h"

#define NODE 32u /* bytes */

struct pyaccel_merkle_tree {
    uint32_t form;
    uint64_t n;
    uint8_t nodes[]; /* all layers, as pyaccel_merkle_layers */
};

/* One call's settings, checked. */
typedef struct {
    uint32_t form;
    uint32_t threads;
} pa_merkle;

/* Checks form and options (NULL: defaults) and binds. */
pyaccel_status pa_merkle_start(pa_merkle *merkle, uint32_t form,
                               const pyaccel_merkle_options *options);

/* nodes = leaf nodes of rows [first, first + n); one thread. INVALID_ARGUMENT for a bad offset, or a row of another
 * size than 32 bytes in form bitcoin. */
pyaccel_status pa_merkle_leaves(const pa_merkle *merkle, uint8_t *nodes, const pyaccel_rows *leaves,
                                uint64_t first, uint64_t n);

/* parents[i] = H(pairs[i]), pairs of 64 bytes; one thread; must not overlap. */
pyaccel_status pa_merkle_pairs(const pa_merkle *merkle, uint8_t *parents, const uint8_t *pairs,
                               uint64_t n);

/* parents = the (count + 1) / 2 nodes over `count` nodes, the last one alone treated as the form does.
 *   mutated  may be NULL; set to 1 when two equal nodes are paired (form bitcoin), else left as it is
 * One thread; must not overlap; count > 0. */
pyaccel_status pa_merkle_parents(const pa_merkle *merkle, uint8_t *parents, const uint8_t *nodes,
                                 uint64_t count, uint32_t *mutated);

/* All layers of a tree of n > 0 leaves, as pyaccel_merkle_layers, on merkle->threads threads. The first old_n leaves
 * are those of a tree whose layers are old (NULL when old_n is 0), which gives every node that stays as it was; rows
 * [0, n - old_n) of leaves follow them. */
pyaccel_status pa_merkle_extend(const pa_merkle *merkle, uint8_t *nodes, uint64_t n,
                                const uint8_t *old, uint64_t old_n, const pyaccel_rows *leaves);

/* pa_merkle_pairs on merkle->threads threads. */
pyaccel_status pa_merkle_pairs_parallel(const pa_merkle *merkle, uint8_t *parents,
                                        const uint8_t *pairs, uint64_t n);

/* SHA-256 of nothing: the root of an empty rfc6962 tree. */
extern const uint8_t pa_merkle_empty_root[NODE];

/* Nodes in layer k of a tree of n leaves: ceil(n / 2^k). */
static inline uint64_t pa_merkle_layer_size(uint64_t n, unsigned k)
{
    return n == 0 ? 0 : k > 63 ? 1 : ((n - 1) >> k) + 1;
}

/* Layers above the leaves: ceil(log2(n)), 0 for n <= 1. */
static inline unsigned pa_merkle_height(uint64_t n)
{
    unsigned k = 0;
    while (n > 1 && k < 64 && (n - 1) >> k != 0) {
        k++;
    }
    return k;
}

#endif
