/* SPDX-License-Identifier: Apache-2.0 */
/* Parents of tree nodes in lanes, layer after layer: of a small tree, what a batch costs beside its kernels counts as much as
 * these. */
#include "uniform.h"

#define NODE 32u
#define PAIR (2 * NODE)

static void start_job(pa_hash_pairs *pairs, const uint8_t *prefix, bool sorted)
{
    static const uint8_t none_yet[PAIR];
    pyaccel_rows *segment = pairs->segments;
    if (prefix != NULL) {
        *segment++ = (pyaccel_rows){.data = prefix, .data_size = 1, .width = 1};
    }
    *segment = (pyaccel_rows){.data = none_yet, .data_size = PAIR, .width = PAIR, .stride = PAIR};
    pairs->job = (pa_hash_job){
        .algorithm = pairs->algorithm,
        .single = pa_bound(pairs->algorithm->single),
        .menu = pairs->menu,
        .initial = pairs->algorithm->initial,
        .digest_size = NODE,
        .segments = pairs->segments,
        .segment_count = prefix != NULL ? 2 : 1,
        .used = &pairs->used,
        .sorted_pairs = sorted,
    };
}

void pa_hash_pairs_start(pa_hash_pairs *pairs, uint32_t algorithm, const uint8_t *prefix,
                         bool sorted, uint64_t most)
{
    pairs->algorithm = pa_hash_algorithm_get(algorithm);
    pairs->menu = pa_hash_menu_get(pairs->algorithm);
    pairs->used = 0;
    pairs->in_place = prefix == NULL &&
                      pa_hash_in_place(&pairs->shape, pairs->menu, pairs->algorithm, 0, PAIR, NODE);
    if (pairs->in_place) {
        pairs->plan = pa_hash_plan_of(pairs->menu, pairs->algorithm, PAIR);
        pairs->shape.sorted_pairs = sorted;
        return;
    }
    start_job(pairs, prefix, sorted);
    pa_hash_uniform_start(&pairs->space, &pairs->job, most);
}

/* Of messages that no lanes are worth. */
__attribute__((noinline)) static void hash_single(pa_hash_pairs *pairs, uint8_t *parent,
                                                  const uint8_t *nodes)
{
    uint8_t sorted[PAIR];
    start_job(pairs, NULL, false);
    if (pairs->shape.sorted_pairs) {
        pa_hash_sort_pairs(sorted, nodes, 1);
        nodes = sorted;
    }
    pa_hash_one(&pairs->job, parent, &(pa_bytes){nodes, PAIR});
}

/* Fewer pairs than lanes that the kernel takes, or such as it does not sort. */
__attribute__((noinline)) static void hash_part(const pa_hash_pairs *pairs,
                                                const struct pa_hash_lanes *kernel,
                                                uint8_t *parents, const uint8_t *nodes,
                                                uint32_t count)
{
    const uint8_t *data[PA_HASH_MAX_LANES];
    uint8_t stored[PA_HASH_MAX_LANES * PA_HASH_MAX_DIGEST], sorted[PA_HASH_MAX_LANES * PAIR];
    const uint32_t apart = kernel->shorter == NODE ? NODE : kernel->stored;
    if (pairs->shape.sorted_pairs && !kernel->sorts) {
        pa_hash_sort_pairs(sorted, nodes, count);
        nodes = sorted;
    }
    pa_hash_point(data, nodes, PAIR, count, pa_hash_lanes_taken(kernel, count));
    kernel->messages(stored, &pairs->shape, data, NULL);
    for (uint32_t l = 0; l < count; l++) {
        pa_hash_copy(parents + l * NODE, stored + l * apart, NODE);
    }
}

static void run_in_place(pa_hash_pairs *pairs, uint8_t *parents, const uint8_t *nodes, uint64_t n)
{
    while (n > 0) {
        const uint8_t *data[PA_HASH_MAX_LANES];
        const uint32_t item = pa_hash_plan_item(pairs->plan, n);
        const struct pa_hash_lanes *kernel = pairs->menu->kernels[item];
        const uint32_t lanes = kernel != NULL ? kernel->lanes : 1;
        const uint32_t count = n < lanes ? (uint32_t)n : lanes;
        const uint8_t *next = nodes + count * PAIR;
        n -= count;
        pairs->used |= 1u << item;
        pairs->shape.next = 0;
        const uint32_t taken = kernel != NULL ? pa_hash_lanes_taken(kernel, count) : 1;
        pairs->shape.idle = lanes - taken;
        if (kernel != NULL && n > 0) {
            if (kernel->fetches) {
                pairs->shape.next = lanes * PAIR;
            } else {
                pa_hash_fetch((pa_bytes){next, PAIR * (n < lanes ? n : lanes)});
            }
        }
        if (kernel == NULL) {
            hash_single(pairs, parents, nodes);
        } else if (count < taken || (kernel->stored != NODE && kernel->shorter != NODE) ||
                   (pairs->shape.sorted_pairs && !kernel->sorts)) {
            hash_part(pairs, kernel, parents, nodes, count);
        } else {
            for (uint32_t l = 0; l < count; l++, nodes += PAIR) {
                data[l] = nodes;
            }
            kernel->messages(parents, &pairs->shape, data, NULL);
        }
        parents += count * NODE;
        nodes = next;
    }
}

void pa_hash_pairs_run(pa_hash_pairs *pairs, uint8_t *parents, const uint8_t *nodes, uint64_t n)
{
    if (pairs->in_place) {
        run_in_place(pairs, parents, nodes, n);
        return;
    }
    pyaccel_rows *rows = &pairs->segments[pairs->job.segment_count - 1];
    rows->data = nodes;
    rows->data_size = n * PAIR;
    if (n > 0) {
        pa_hash_uniform_move(&pairs->space, rows);
        pa_hash_uniform_run(&pairs->space, parents, 0, n);
    }
}

void pa_hash_pairs_end(const pa_hash_pairs *pairs)
{
    pa_hash_menu_count(pairs->menu, pairs->algorithm, pairs->used);
}

void pa_hash_sorted_pairs(uint32_t algorithm, uint8_t *digests, const uint8_t *nodes, uint64_t n)
{
    pa_hash_pairs pairs;
    pa_hash_pairs_start(&pairs, algorithm, NULL, true, n);
    pa_hash_pairs_run(&pairs, digests, nodes, n);
    pa_hash_pairs_end(&pairs);
}
