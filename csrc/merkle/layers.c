/* SPDX-License-Identifier: Apache-2.0 */
/* All layers of a tree in one array: subtrees of a size that stays in the cache, then the layers over their roots. */
#include <string.h>

#include "heap.h"
#include "tree.h"

/* 64 KiB of nodes. */
#define SUBTREE_HEIGHT 10u
#define SUBTREE (UINT64_C(1) << SUBTREE_HEIGHT)

#define GRAIN 4u /* subtrees */

typedef struct {
    const pa_merkle *merkle;
    uint8_t *layers[PA_MERKLE_HEIGHTS + 1];
    const pyaccel_rows *leaves;
    uint64_t n;
} layers_batch;

/* Layers from `from` to `to` over nodes [first, last) of layer `from`, first a multiple of 2^(to - from). */
static pyaccel_status rise(const layers_batch *batch, uint64_t first, uint64_t last, unsigned from,
                           unsigned to)
{
    pyaccel_status status = PYACCEL_OK;
    for (unsigned k = from; k < to && status == PYACCEL_OK; k++) {
        status = pa_merkle_parents(batch->merkle, batch->layers[k + 1] + first / 2 * NODE,
                                   batch->layers[k] + first * NODE, last - first, k);
        first /= 2;
        last = (last + 1) / 2;
    }
    return status;
}

static pyaccel_status make_subtrees(void *context, uint64_t first, uint64_t last)
{
    const layers_batch *batch = context;
    const unsigned height = pa_merkle_height(batch->n);
    pyaccel_status status = PYACCEL_OK;
    for (uint64_t b = first; b < last && status == PYACCEL_OK; b++) {
        const uint64_t begin = b * SUBTREE;
        const uint64_t end = batch->n - begin < SUBTREE ? batch->n : begin + SUBTREE;
        status = pa_merkle_leaves(batch->merkle, batch->layers[0] + begin * NODE, batch->leaves,
                                  begin, end - begin);
        if (status == PYACCEL_OK) {
            status = rise(batch, begin, end, 0, height < SUBTREE_HEIGHT ? height : SUBTREE_HEIGHT);
        }
    }
    return status;
}

static pyaccel_status make_layers(const pa_merkle *merkle, uint8_t *nodes,
                                  const pyaccel_rows *leaves, uint64_t n)
{
    layers_batch batch = {.merkle = merkle, .leaves = leaves, .n = n};
    const unsigned height = pa_merkle_height(n);
    const uint64_t subtrees = (n - 1) / SUBTREE + 1;
    for (unsigned k = 0; k <= height; k++) {
        batch.layers[k] = nodes;
        nodes += pa_merkle_layer_size(n, k) * NODE;
    }
    pyaccel_status status =
        pa_parallel(merkle->threads, subtrees, GRAIN, make_subtrees, &batch, NULL, NULL);
    return status == PYACCEL_OK ? rise(&batch, 0, subtrees, SUBTREE_HEIGHT, height) : status;
}

uint64_t pyaccel_merkle_node_count(uint64_t n)
{
    uint64_t total = n;
    for (unsigned k = 1; k <= pa_merkle_height(n); k++) {
        uint64_t size = pa_merkle_layer_size(n, k);
        total = total > UINT64_MAX - size ? UINT64_MAX : total + size;
    }
    return total;
}

uint64_t pyaccel_merkle_layers_count(uint32_t form, uint64_t n)
{
    const pa_merkle_form *found = pa_merkle_form_get(form);
    if (found == NULL || n == 0) {
        return 0;
    }
    if (found->odd != PA_ODD_HEAP) {
        return pyaccel_merkle_node_count(n);
    }
    return n > UINT64_MAX / 2 ? UINT64_MAX : 2 * n - 1;
}

static pyaccel_status merkle_layers(uint8_t *nodes, uint64_t nodes_size, uint32_t form,
                                    const pyaccel_rows *leaves, uint64_t n,
                                    const pyaccel_merkle_options *options)
{
    pa_merkle merkle;
    const uint64_t count = pyaccel_merkle_layers_count(form, n);
    if (!pa_rows_valid(leaves, n) || (n > 0 && nodes == NULL) || nodes_size / NODE < count ||
        pa_rows_overlap(leaves, n, nodes, count * NODE)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    pyaccel_status status = pa_merkle_start_layers(&merkle, form, options);
    if (status != PYACCEL_OK || n == 0) {
        return status;
    }
    status = pa_merkle_size_allowed(&merkle, n);
    if (status != PYACCEL_OK) {
        return status;
    }
    return merkle.form->odd == PA_ODD_HEAP
               ? pa_heap_make(&merkle, nodes, merkle.positions, leaves, n)
               : make_layers(&merkle, nodes, leaves, n);
}

pyaccel_status pyaccel_merkle_layers(uint8_t *nodes, uint64_t nodes_size, uint32_t form,
                                     const pyaccel_rows *leaves, uint64_t n,
                                     const pyaccel_merkle_options *options)
{
    pyaccel_status status = merkle_layers(nodes, nodes_size, form, leaves, n, options);
    uint64_t count = pyaccel_merkle_layers_count(form, n);
    if (status != PYACCEL_OK && nodes != NULL) {
        if (pa_merkle_form_get(form) == NULL) {
            count = pyaccel_merkle_node_count(n);
        }
        memset(nodes, 0, (size_t)(nodes_size / NODE < count ? nodes_size : count * NODE));
    }
    return status;
}
