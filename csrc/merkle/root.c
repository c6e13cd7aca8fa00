/* SPDX-License-Identifier: Apache-2.0 */
/* Merkle root without the tree: subtrees of a size that stays in the cache, then the tree over their roots. */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "tree.h"

/* Leaves: 128 KiB of nodes, and half of that for their parents. */
#define SUBTREE_HEIGHT 12u
#define SUBTREE (UINT64_C(1) << SUBTREE_HEIGHT)

/* A subtree counts as what pa_parallel never cuts. */
#define ROWS_A_SUBTREE PA_RANGE_UNIT

typedef struct {
    const pa_merkle *merkle;
    const pyaccel_rows *leaves;
    uint64_t n;
    uint8_t *roots; /* of the subtrees */
    _Atomic uint32_t mutated;
} root_batch;

/* *nodes = the layer `height` above *nodes; the layers go to and fro between *nodes and *spare. */
static pyaccel_status climb(const pa_merkle *merkle, uint8_t **nodes, uint8_t **spare,
                            uint64_t count, unsigned height, uint32_t *mutated)
{
    pyaccel_status status = PYACCEL_OK;
    for (unsigned k = 0; k < height && status == PYACCEL_OK; k++) {
        status = pa_merkle_parents(merkle, *spare, *nodes, count, mutated);
        count = (count + 1) / 2;
        uint8_t *swap = *nodes;
        *nodes = *spare;
        *spare = swap;
    }
    return status;
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
    for (uint64_t b = first / ROWS_A_SUBTREE; b < last / ROWS_A_SUBTREE && status == PYACCEL_OK;
         b++) {
        uint64_t begin = b * SUBTREE;
        uint64_t count = batch->n - begin < SUBTREE ? batch->n - begin : SUBTREE;
        uint8_t *nodes = space, *spare = space + widest * NODE;
        status = pa_merkle_leaves(batch->merkle, nodes, batch->leaves, begin, count);
        if (status == PYACCEL_OK) {
            status = climb(batch->merkle, &nodes, &spare, count,
                           height < SUBTREE_HEIGHT ? height : SUBTREE_HEIGHT, &mutated);
        }
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

static pyaccel_status merkle_root(uint8_t *root, uint32_t *mutated, uint32_t form,
                                  const pyaccel_rows *leaves, uint64_t n,
                                  const pyaccel_merkle_options *options)
{
    pa_merkle merkle;
    *mutated = 0;
    if (!pa_rows_valid(leaves, n)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    pyaccel_status status = pa_merkle_start(&merkle, form, options);
    if (status != PYACCEL_OK) {
        return status;
    }
    if (n == 0) {
        memcpy(root, pa_merkle_empty_root, NODE);
        return form == PYACCEL_MERKLE_BITCOIN ? PYACCEL_INVALID_ARGUMENT : PYACCEL_OK;
    }
    uint64_t subtrees = (n - 1) / SUBTREE + 1;
    if (subtrees > SIZE_MAX / 2 / NODE || subtrees > UINT64_MAX / ROWS_A_SUBTREE) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    uint8_t *roots = malloc((subtrees + (subtrees + 1) / 2) * NODE);
    if (roots == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    root_batch batch = {.merkle = &merkle, .leaves = leaves, .n = n, .roots = roots};
    status = pa_parallel(merkle.threads, subtrees * ROWS_A_SUBTREE, 4 * ROWS_A_SUBTREE,
                         reduce_subtrees, &batch, NULL, NULL);
    *mutated = atomic_load(&batch.mutated);
    uint8_t *nodes = roots, *spare = roots + subtrees * NODE;
    if (status == PYACCEL_OK) {
        status = climb(&merkle, &nodes, &spare, subtrees, pa_merkle_height(subtrees), mutated);
    }
    if (status == PYACCEL_OK) {
        memcpy(root, nodes, NODE);
    }
    free(roots);
    return status;
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
