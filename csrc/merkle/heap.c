/* SPDX-License-Identifier: Apache-2.0 */
/* Trees that are heaps: leaves sorted where that is asked for, and their parents in batches. OpenZeppelin's
 * makeMerkleTree counts from the root, tree[i] over tree[2i + 1] and tree[2i + 2]; from the other end it is a queue of
 * pairs. */
#include "heap.h"

#include <stdlib.h>
#include <string.h>

/* Nodes a range of threads. */
#define GRAIN 1024u

/* Pairs of the deepest leaves that are made together. */
#define DEEP_PAIRS 256u

/* Sorted leaves are fetched from anywhere: so many of them at once. */
#define AHEAD 16u

pyaccel_status pa_heap_order_start(pa_heap_order *order, const pa_merkle *merkle,
                                   const pyaccel_rows *leaves, uint64_t n)
{
    *order = (pa_heap_order){.leaves = leaves};
    if (merkle->unsorted) {
        return PYACCEL_OK;
    }
    if (n > SIZE_MAX / NODE) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    order->nodes = malloc(n * NODE);
    order->order = malloc(n * sizeof *order->order);
    if (order->nodes == NULL || order->order == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    pyaccel_status status = pa_merkle_leaves_parallel(merkle, order->nodes, leaves, n);
    return status == PYACCEL_OK ? pa_merkle_sort(order->order, order->nodes, n) : status;
}

void pa_heap_order_end(pa_heap_order *order)
{
    free(order->nodes);
    free(order->order);
}

pyaccel_status pa_heap_leaves(const pa_merkle *merkle, const pa_heap_order *order, uint8_t *nodes,
                              uint64_t first, uint64_t count)
{
    if (order->order == NULL) {
        return pa_merkle_leaves(merkle, nodes, order->leaves, first, count);
    }
    for (uint64_t i = 0; i < count; i++) {
        const uint64_t ahead = i + AHEAD < count ? i + AHEAD : i;
        __builtin_prefetch(order->nodes + order->order[first + ahead] * NODE);
        memcpy(nodes + i * NODE, order->nodes + order->order[first + i] * NODE, NODE);
    }
    return PYACCEL_OK;
}

pyaccel_status pa_heap_row(const pa_merkle *merkle, const pa_heap_order *order, uint64_t n,
                           uint8_t *nodes, uint64_t first, uint64_t count)
{
    const pa_heap_shape shape = pa_heap_shape_of(n);
    const uint64_t leaves = n - shape.deep;
    const uint8_t *there =
        order->order == NULL ? pa_merkle_nodes_in_place(merkle, order->leaves) : NULL;
    uint8_t pairs[DEEP_PAIRS * 2 * NODE];
    pyaccel_status status = PYACCEL_OK;
    if (first < leaves) {
        const uint64_t some = leaves - first < count ? leaves - first : count;
        status = pa_heap_leaves(merkle, order, nodes, shape.deep + first, some);
        nodes += some * NODE;
        first += some;
        count -= some;
    }
    if (there != NULL && count > 0) {
        return pa_merkle_pairs(merkle, nodes, there + 2 * (first - leaves) * NODE, count);
    }
    while (count > 0 && status == PYACCEL_OK) {
        const uint64_t some = count < DEEP_PAIRS ? count : DEEP_PAIRS;
        status = pa_heap_leaves(merkle, order, pairs, 2 * (first - leaves), 2 * some);
        if (status == PYACCEL_OK) {
            status = pa_merkle_pairs(merkle, nodes, pairs, some);
        }
        nodes += some * NODE;
        first += some;
        count -= some;
    }
    return status;
}

pyaccel_status pa_heap_fill(const pa_merkle *merkle, uint8_t *nodes, uint64_t n)
{
    pyaccel_status status = PYACCEL_OK;
    /* As many parents at once as have both children. */
    for (uint64_t made = n, paired = 0; made < 2 * n - 1 && status == PYACCEL_OK;) {
        const uint64_t pairs = (made - paired) / 2;
        status =
            pa_merkle_pairs_parallel(merkle, nodes + made * NODE, nodes + paired * NODE, pairs);
        made += pairs;
        paired += 2 * pairs;
    }
    return status;
}

typedef struct {
    const pa_merkle *merkle;
    uint8_t *nodes;
    const pa_heap_order *order;
} placing;

static pyaccel_status place_leaves(void *context, uint64_t first, uint64_t last)
{
    const placing *batch = context;
    return pa_heap_leaves(batch->merkle, batch->order, batch->nodes + first * NODE, first,
                          last - first);
}

pyaccel_status pa_heap_make(const pa_merkle *merkle, uint8_t *nodes, uint64_t *positions,
                            const pyaccel_rows *leaves, uint64_t n)
{
    pa_heap_order order;
    pyaccel_status status = pa_heap_order_start(&order, merkle, leaves, n);
    if (status == PYACCEL_OK) {
        placing batch = {merkle, nodes, &order};
        status = pa_parallel(merkle->threads, n, GRAIN, place_leaves, &batch, NULL, NULL);
    }
    for (uint64_t i = 0; i < n && positions != NULL && status == PYACCEL_OK; i++) {
        positions[order.order ? order.order[i] : i] = i;
    }
    pa_heap_order_end(&order);
    return status == PYACCEL_OK ? pa_heap_fill(merkle, nodes, n) : status;
}
