/* SPDX-License-Identifier: Apache-2.0 */
/* Merkle root without the tree: subtrees of a size that stays in the cache, then the tree over their roots. Leaves that are
 * nodes and lie one after the other are hashed where they lie; others are hashed or copied into the subtree's own buffer.
 * Floor: n - 1 hashes of 64 bytes where leaves are nodes, and none of it waits for memory: 64 bytes an ordinary core reads in
 * 20 cycles or less take it 100 and more to hash. Reached (Zen 3, 2^20 chunks, form ssz): 1.86 times pyaccel_hash_many of
 * 2^19 messages of 64 bytes with shani-x4 (39.4 against 21.2 ms), which is all that its kernels leave. Zen 4,
 * 2^20 leaves with sorted pairs, in cycles a leaf: sha256 118, sm3 128, keccak256 202; 150, 157 and 230 where they were ordered
 * in a buffer and leaves were copied. Low subtrees in lanes (pa_hash_subtrees): 2 to 5 % less for sha256 and sm3, which
 * sha256 gives up where SHA-NI beside vectors hashes layers in less: form ssz 25.3 ms in place of 29.9, with AVX2 27.2 in place
 * of 35.1. Subtrees of 2^14 leaves here would take another 1 %, and four times the memory of a thread. */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "heap.h"
#include "tree.h"

/* Leaves: 128 KiB of nodes, and half of that for their parents. */
#define SUBTREE_HEIGHT 12u
#define SUBTREE (UINT64_C(1) << SUBTREE_HEIGHT)

/* Nodes that need neither memory nor threads: 6 KiB with their parents. */
#define MOST_FEW 128u

#define GRAIN 4u /* subtrees */

typedef struct {
    const pa_merkle *merkle;
    const pyaccel_rows *leaves;
    const pa_heap_order *order; /* of a heap's leaves; else NULL */
    uint64_t leaf_count;
    uint64_t n;     /* nodes of the lowest whole layer: the leaves, or a heap's row */
    uint8_t *roots; /* of the subtrees */
    _Atomic uint32_t mutated;
} root_batch;

/* nodes = [first, first + count) of the lowest whole layer. */
static pyaccel_status bottom(const root_batch *batch, uint8_t *nodes, uint64_t first,
                             uint64_t count)
{
    if (batch->order != NULL) {
        return pa_heap_row(batch->merkle, batch->order, batch->leaf_count, nodes, first, count);
    }
    return pa_merkle_leaves(batch->merkle, nodes, batch->leaves, first, count);
}

/* Where nodes [first, ...) of the lowest layer lie one after the other in the caller's memory, so that they need no copy;
 * else NULL. */
static const uint8_t *in_place(const root_batch *batch, uint64_t first)
{
    const uint8_t *nodes =
        batch->order == NULL ? pa_merkle_nodes_in_place(batch->merkle, batch->leaves) : NULL;
    return nodes != NULL ? nodes + first * NODE : NULL;
}

/* *nodes = the node `height` above [begin, begin + count) of the lowest layer; spare: half as many. */
static pyaccel_status reduce_subtree(const root_batch *batch, uint8_t **nodes, uint8_t **spare,
                                     uint64_t begin, uint64_t count, unsigned height,
                                     uint32_t *mutated)
{
    const uint8_t *lowest = height > 0 ? in_place(batch, begin) : NULL;
    if (lowest == NULL) {
        lowest = *nodes;
        pyaccel_status status = bottom(batch, *nodes, begin, count);
        if (status != PYACCEL_OK) {
            return status;
        }
    }
    return pa_merkle_climb(batch->merkle, lowest, nodes, spare, count, 0, height, mutated);
}

static pyaccel_status reduce_subtrees(void *context, uint64_t first, uint64_t last)
{
    root_batch *batch = context;
    unsigned height = pa_merkle_height(batch->n);
    uint64_t widest = batch->n < SUBTREE ? batch->n : SUBTREE;
    uint8_t *space = malloc((widest + (widest + 1) / 2) * NODE);
    if (space == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    pyaccel_status status = PYACCEL_OK;
    uint32_t mutated = 0;
    for (uint64_t b = first; b < last && status == PYACCEL_OK; b++) {
        uint64_t begin = b * SUBTREE;
        uint64_t count = batch->n - begin < SUBTREE ? batch->n - begin : SUBTREE;
        uint8_t *nodes = space, *spare = space + widest * NODE;
        status = reduce_subtree(batch, &nodes, &spare, begin, count,
                                height < SUBTREE_HEIGHT ? height : SUBTREE_HEIGHT, &mutated);
        if (status == PYACCEL_OK) {
            memcpy(batch->roots + b * NODE, nodes, NODE);
        }
    }
    if (mutated) {
        atomic_store(&batch->mutated, 1);
    }
    free(space);
    return status;
}

/* reduce(), of few enough nodes for the stack. */
static pyaccel_status reduce_few(const root_batch *batch, uint8_t *top, uint32_t *mutated)
{
    _Alignas(64) uint8_t space[(MOST_FEW + MOST_FEW / 2) * NODE];
    uint8_t *nodes = space, *spare = space + MOST_FEW * NODE;
    pyaccel_status status =
        reduce_subtree(batch, &nodes, &spare, 0, batch->n, pa_merkle_height(batch->n), mutated);
    if (status == PYACCEL_OK) {
        memcpy(top, nodes, NODE);
    }
    return status;
}

/* top = the node over all leaves; n > 0. */
static pyaccel_status reduce(root_batch *batch, uint8_t *top, uint32_t *mutated)
{
    if (batch->n <= MOST_FEW) {
        return reduce_few(batch, top, mutated);
    }
    uint64_t subtrees = (batch->n - 1) / SUBTREE + 1;
    if (subtrees > SIZE_MAX / 2 / NODE) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    batch->roots = malloc((subtrees + (subtrees + 1) / 2) * NODE);
    if (batch->roots == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    pyaccel_status status =
        pa_parallel(batch->merkle->threads, subtrees, GRAIN, reduce_subtrees, batch, NULL, NULL);
    *mutated = atomic_load(&batch->mutated);
    uint8_t *nodes = batch->roots, *spare = batch->roots + subtrees * NODE;
    if (status == PYACCEL_OK) {
        status = pa_merkle_climb(batch->merkle, nodes, &nodes, &spare, subtrees, SUBTREE_HEIGHT,
                                 pa_merkle_height(subtrees), mutated);
    }
    if (status == PYACCEL_OK) {
        memcpy(top, nodes, NODE);
    }
    free(batch->roots);
    return status;
}

static pyaccel_status merkle_root(uint8_t *root, uint32_t *mutated, uint32_t form,
                                  const pyaccel_rows *leaves, uint64_t n,
                                  const pyaccel_merkle_options *options)
{
    pa_merkle merkle;
    uint8_t top[NODE];
    *mutated = 0;
    if (!pa_rows_valid(leaves, n)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    pyaccel_status status = pa_merkle_start(&merkle, form, options);
    if (status == PYACCEL_OK) {
        status = pa_merkle_size_allowed(&merkle, n);
    }
    if (status != PYACCEL_OK || n == 0) {
        return status == PYACCEL_OK ? pa_merkle_finish(&merkle, root, NULL, 0) : status;
    }
    root_batch batch = {.merkle = &merkle, .leaves = leaves, .leaf_count = n, .n = n};
    pa_heap_order order;
    if (merkle.form->odd == PA_ODD_HEAP) {
        status = pa_heap_order_start(&order, &merkle, leaves, n);
        batch.order = &order;
        batch.n = pa_heap_shape_of(n).row;
    }
    if (status == PYACCEL_OK) {
        status = reduce(&batch, top, mutated);
    }
    if (batch.order != NULL) {
        pa_heap_order_end(&order);
    }
    return status == PYACCEL_OK ? pa_merkle_finish(&merkle, root, top, n) : status;
}

pyaccel_status pyaccel_merkle_root(uint8_t *root, uint64_t root_size, uint32_t *mutated,
                                   uint32_t form, const pyaccel_rows *leaves, uint64_t n,
                                   const pyaccel_merkle_options *options)
{
    uint8_t result[NODE];
    uint32_t flag = 1;
    pyaccel_status status = PYACCEL_INVALID_ARGUMENT;
    if (root != NULL && root_size >= NODE) {
        status = merkle_root(result, &flag, form, leaves, n, options);
    }
    if (status == PYACCEL_OK) {
        memcpy(root, result, NODE);
    } else if (root != NULL) {
        memset(root, 0, root_size < NODE ? root_size : NODE);
    }
    if (mutated != NULL) {
        *mutated = status == PYACCEL_OK ? flag : 1;
    }
    return status;
}
