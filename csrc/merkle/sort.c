/* SPDX-License-Identifier: Apache-2.0 */
/* Sorting of nodes by their bytes: one pass by leading bits into buckets of a few, which hashes fill evenly, then each
 * bucket by itself. Variable time in the nodes, which are public. */
#include <stdlib.h>
#include <string.h>

#include "../core/bytes.h"
#include "tree.h"

/* Members of a bucket, on average, and those from which on it is sorted by merging: nodes need not be hashes. */
#define BUCKET 8u
#define LARGE_BUCKET 64u

typedef struct {
    uint64_t head; /* first 8 bytes, big-endian */
    uint64_t number;
} sort_key;

typedef struct {
    const uint8_t *nodes;
    sort_key *keys, *spare;
} sorter;

/* Whether a stands before b: equal nodes keep the order of their numbers. */
static bool before(const sorter *sort, const sort_key *a, const sort_key *b)
{
    if (a->head != b->head) {
        return a->head < b->head;
    }
    const int order = memcmp(sort->nodes + a->number * NODE, sort->nodes + b->number * NODE, NODE);
    return order != 0 ? order < 0 : a->number < b->number;
}

static void sort_few(const sorter *sort, sort_key *keys, uint64_t n)
{
    for (uint64_t i = 1; i < n; i++) {
        const sort_key key = keys[i];
        uint64_t j = i;
        for (; j > 0 && before(sort, &key, &keys[j - 1]); j--) {
            keys[j] = keys[j - 1];
        }
        keys[j] = key;
    }
}

/* Merges runs of `run` keys from `from` into `to`. */
static void merge_runs(const sorter *sort, sort_key *to, const sort_key *from, uint64_t n,
                       uint64_t run)
{
    for (uint64_t start = 0; start < n; start += 2 * run) {
        const uint64_t middle = n - start < run ? n : start + run;
        const uint64_t end = n - start < 2 * run ? n : start + 2 * run;
        uint64_t left = start, right = middle;
        for (uint64_t i = start; i < end; i++) {
            const bool take_right =
                left == middle || (right < end && before(sort, &from[right], &from[left]));
            to[i] = from[take_right ? right++ : left++];
        }
    }
}

static void sort_bucket(const sorter *sort, uint64_t start, uint64_t n)
{
    sort_key *keys = sort->keys + start, *spare = sort->spare + start;
    if (n <= LARGE_BUCKET) {
        sort_few(sort, keys, n);
        return;
    }
    for (uint64_t i = 0; i < n; i += BUCKET) {
        sort_few(sort, keys + i, n - i < BUCKET ? n - i : BUCKET);
    }
    for (uint64_t run = BUCKET; run < n; run *= 2) {
        merge_runs(sort, spare, keys, n, run);
        memcpy(keys, spare, n * sizeof *keys);
    }
}

/* keys = (head, number) by leading `bits` bits; starts[b] = first key of bucket b, 2^bits + 1 of them. */
static void fill_buckets(sort_key *keys, uint64_t *starts, const uint8_t *nodes, uint64_t n,
                         unsigned bits)
{
    const unsigned shift = 64 - bits;
    memset(starts, 0, ((UINT64_C(1) << bits) + 1) * sizeof *starts);
    for (uint64_t i = 0; i < n; i++) {
        starts[(pa_load_be64(nodes + i * NODE) >> shift) + 1]++;
    }
    for (uint64_t b = 0; b < UINT64_C(1) << bits; b++) {
        starts[b + 1] += starts[b];
    }
    for (uint64_t i = 0; i < n; i++) {
        const uint64_t head = pa_load_be64(nodes + i * NODE);
        keys[starts[head >> shift]++] = (sort_key){head, i};
    }
    for (uint64_t b = UINT64_C(1) << bits; b > 0; b--) {
        starts[b] = starts[b - 1];
    }
    starts[0] = 0;
}

pyaccel_status pa_merkle_sort(uint64_t *order, const uint8_t *nodes, uint64_t n)
{
    unsigned bits = 1;
    while (bits < 24 && n >> bits >= BUCKET) {
        bits++;
    }
    if (n > SIZE_MAX / (2 * sizeof(sort_key))) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    sort_key *keys = malloc(2 * n * sizeof *keys + 1);
    uint64_t *starts = malloc(((UINT64_C(1) << bits) + 1) * sizeof *starts);
    if (keys == NULL || starts == NULL) {
        free(keys);
        free(starts);
        return PYACCEL_OUT_OF_MEMORY;
    }
    const sorter sort = {nodes, keys, keys + n};
    fill_buckets(keys, starts, nodes, n, bits);
    for (uint64_t b = 0; b < UINT64_C(1) << bits; b++) {
        sort_bucket(&sort, starts[b], starts[b + 1] - starts[b]);
    }
    for (uint64_t i = 0; i < n; i++) {
        order[i] = keys[i].number;
    }
    free(keys);
    free(starts);
    return PYACCEL_OK;
}
