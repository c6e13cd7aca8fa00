/* SPDX-License-Identifier: Apache-2.0 */
/* A kept tree, and how its nodes are read. */
#ifndef PA_MERKLE_KEPT_H
#define PA_MERKLE_KEPT_H

#include "heap.h"
#include "pages.h"

struct pyaccel_merkle_tree {
    pa_merkle merkle; /* without old_leaves and positions */
    uint64_t n;
    pa_pages pages;      /* forms in layers */
    uint8_t *heap;       /* others: A[0 .. 2n - 1), */
    uint32_t *positions; /* and where leaf i stands in it; NULL: at i */
    uint8_t root[NODE];
};

/* Where leaf i of a heap stands. */
static inline uint64_t pa_kept_position(const pyaccel_merkle_tree *tree, uint64_t i)
{
    return tree->positions ? tree->positions[i] : i;
}

/* Reads nodes of a tree in layers; those below keep_layers are made anew, a block of 2^keep_layers leaves at a time. */
typedef struct {
    const pyaccel_merkle_tree *tree;
    const pyaccel_rows *leaves; /* all of them, or NULL */
    uint8_t *space;             /* layers of the block, or NULL */
    uint64_t block;             /* UINT64_MAX: none as yet */
} pa_view;

/* INVALID_ARGUMENT when leaves are given that can't be the tree's. */
pyaccel_status pa_view_start(pa_view *view, const pyaccel_merkle_tree *tree,
                             const pyaccel_rows *leaves);
void pa_view_end(pa_view *view);

/* node = node `index` of layer `height` <= that of the node over all leaves. OK; INVALID_ARGUMENT when leaves are missing or
 * not the tree's; OUT_OF_MEMORY. */
pyaccel_status pa_view_node(pa_view *view, uint8_t *node, unsigned height, uint64_t index);

/* Leaves of a block of a tree of n leaves, of which each but the last has 2^keep. */
static inline uint64_t pa_block_leaves(unsigned keep, uint64_t n, uint64_t block)
{
    const uint64_t begin = block << keep, most = UINT64_C(1) << keep;
    return n - begin < most ? n - begin : most;
}

/* Height of a block's top node: that of the whole tree where it is in one block. */
static inline unsigned pa_block_height(unsigned keep, uint64_t n)
{
    const unsigned height = pa_merkle_height(n);
    return height < keep ? height : keep;
}

/* The leaf nodes of a block of a tree of n leaves, and the layers above them, one after the other at space: to the height
 * where the block ends. *top = its top node. leaves are all of the tree's. */
pyaccel_status pa_block_layers(const pa_merkle *merkle, uint8_t *space, const uint8_t **top,
                               const pyaccel_rows *leaves, uint64_t n, uint64_t block);

/* Bytes at space. */
uint64_t pa_block_bytes(const pa_merkle *merkle, uint64_t n);

#endif
