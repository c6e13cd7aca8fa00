/* SPDX-License-Identifier: Apache-2.0 */
/* All layers of a tree, from its leaves or from those of a smaller tree. */
#include <string.h>

#include "tree.h"

/* Nodes a range: about 100 microseconds of hashing, enough to outweigh handing it to a thread. */
#define GRAIN 1024u

typedef struct {
    const pa_merkle *merkle;
    uint8_t *out;
    const uint8_t *in;
    uint64_t count; /* nodes at in */
    const pyaccel_rows *leaves;
} layer_batch;

static pyaccel_status hash_leaves(void *context, uint64_t first, uint64_t last)
{
    const layer_batch *batch = context;
    return pa_merkle_leaves(batch->merkle, batch->out + first * NODE, batch->leaves, first,
                            last - first);
}

static pyaccel_status hash_layer(void *context, uint64_t first, uint64_t last)
{
    const layer_batch *batch = context;
    uint64_t end = 2 * last < batch->count ? 2 * last : batch->count;
    return pa_merkle_parents(batch->merkle, batch->out + first * NODE, batch->in + 2 * first * NODE,
                             end - 2 * first, NULL);
}

static pyaccel_status hash_pairs(void *context, uint64_t first, uint64_t last)
{
    const layer_batch *batch = context;
    return pa_merkle_pairs(batch->merkle, batch->out + first * NODE, batch->in + 2 * first * NODE,
                           last - first);
}

pyaccel_status pa_merkle_pairs_parallel(const pa_merkle *merkle, uint8_t *parents,
                                        const uint8_t *pairs, uint64_t n)
{
    layer_batch batch = {.merkle = merkle, .out = parents, .in = pairs};
    return pa_parallel(merkle->threads, n, GRAIN, hash_pairs, &batch, NULL, NULL);
}

pyaccel_status pa_merkle_extend(const pa_merkle *merkle, uint8_t *nodes, uint64_t n,
                                const uint8_t *old, uint64_t old_n, const pyaccel_rows *leaves)
{
    if (old_n > 0) {
        memcpy(nodes, old, old_n * NODE);
    }
    layer_batch batch = {.merkle = merkle, .out = nodes + old_n * NODE, .leaves = leaves};
    pyaccel_status status =
        pa_parallel(merkle->threads, n - old_n, GRAIN, hash_leaves, &batch, NULL, NULL);
    for (unsigned k = 0; k < pa_merkle_height(n) && status == PYACCEL_OK; k++) {
        uint64_t count = pa_merkle_layer_size(n, k);
        uint8_t *parents = nodes + count * NODE;
        /* A parent stays when all leaves below it were there: the first floor(old_n / 2^(k + 1)). */
        uint64_t stay = k + 1 < 64 ? old_n >> (k + 1) : 0;
        if (old_n > 0) {
            old += pa_merkle_layer_size(old_n, k) * NODE;
        }
        if (stay > 0) {
            memcpy(parents, old, stay * NODE);
        }
        batch = (layer_batch){.merkle = merkle,
                              .out = parents + stay * NODE,
                              .in = nodes + 2 * stay * NODE,
                              .count = count - 2 * stay};
        status = pa_parallel(merkle->threads, (count + 1) / 2 - stay, GRAIN, hash_layer, &batch,
                             NULL, NULL);
        nodes = parents;
    }
    return status;
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

static pyaccel_status merkle_layers(uint8_t *nodes, uint64_t nodes_size, uint32_t form,
                                    const pyaccel_rows *leaves, uint64_t n,
                                    const pyaccel_merkle_options *options)
{
    pa_merkle merkle;
    if (!pa_rows_valid(leaves, n) || (n > 0 && nodes == NULL) ||
        nodes_size / NODE < pyaccel_merkle_node_count(n) ||
        pa_rows_overlap(leaves, n, nodes, pyaccel_merkle_node_count(n) * NODE)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    pyaccel_status status = pa_merkle_start(&merkle, form, options);
    if (status != PYACCEL_OK || n == 0) {
        return status;
    }
    return pa_merkle_extend(&merkle, nodes, n, NULL, 0, leaves);
}

pyaccel_status pyaccel_merkle_layers(uint8_t *nodes, uint64_t nodes_size, uint32_t form,
                                     const pyaccel_rows *leaves, uint64_t n,
                                     const pyaccel_merkle_options *options)
{
    pyaccel_status status = merkle_layers(nodes, nodes_size, form, leaves, n, options);
    uint64_t count = pyaccel_merkle_node_count(n);
    if (status != PYACCEL_OK && nodes != NULL) {
        memset(nodes, 0, (size_t)(nodes_size / NODE < count ? nodes_size : count * NODE));
    }
    return status;
}
