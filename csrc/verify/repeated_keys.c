/* SPDX-License-Identifier: Apache-2.0 */
/* Which keys a batch repeats is counted over its first rows; those that come often are copied and prepared, and every row's
 * key is then looked up among them by its bytes. */
#include "repeated_keys.h"

#include <stdlib.h>
#include <string.h>

#include "../core/bytes.h"

/* Rows that a key has to have in a call. By measurement on Zen 4: preparing it takes as long as 6 rows (AVX2) to 12 (AVX-512 IFMA)
 * lose without it, and a key alone in eight lanes as long as a few more. */
#define REPEATED 16
/* Most rows that are counted: 1 MiB holds their places. */
#define COUNTED ((uint64_t)1 << 16)
/* Keys that share places, as somebody may plant them, are not looked for any further. */
#define PROBES 8
/* The longest key that any format has. */
#define KEY_SIZE_MAX 120

struct pa_repeated_keys {
    const struct pa_verify_kernel *kernel;
    uint32_t key_format;
    uint32_t count;
    uint32_t mask;    /* places less one, a power of two less one */
    uint32_t *places; /* 1 + number of a key, 0: none */
    uint8_t *entries;
    uint64_t *offsets;
    uint8_t *bytes;
    pyaccel_rows rows; /* count keys, in bytes and offsets */
};

/* Any function that spreads keys; what collides costs PROBES comparisons at most. */
static uint64_t spread(const pa_bytes *key)
{
    uint64_t hash = key->size, i = 0;
    for (; i + 8 <= key->size; i += 8) {
        hash = (hash ^ pa_load_le64(key->data + i)) * UINT64_C(0x9e3779b97f4a7c15);
        hash ^= hash >> 29;
    }
    for (; i < key->size; i++) {
        hash = (hash ^ key->data[i]) * UINT64_C(0x9e3779b97f4a7c15);
    }
    return hash ^ hash >> 32;
}

static bool same(const pa_bytes *a, const pa_bytes *b)
{
    return a->size == b->size && memcmp(a->data, b->data, (size_t)a->size) == 0;
}

const void *pa_repeated_keys_find(const struct pa_repeated_keys *keys, const pa_bytes *key)
{
    if (key->size == 0 || key->size > KEY_SIZE_MAX) {
        return NULL;
    }
    const uint64_t hash = spread(key);
    for (uint32_t probe = 0; probe < PROBES; probe++) {
        const uint32_t place = keys->places[((uint32_t)hash + probe) & keys->mask];
        if (place == 0) {
            return NULL;
        }
        pa_bytes own;
        if (pa_rows_get(&own, &keys->rows, place - 1) && same(&own, key)) {
            return keys->entries + (uint64_t)(place - 1) * keys->kernel->prepared_size;
        }
    }
    return NULL;
}

/* What is counted of one key. */
typedef struct {
    uint32_t row; /* 1 + the first with this key; 0: none */
    uint32_t count;
} counted_key;

/* The key of row i, where it may be prepared. */
static bool key_of(pa_bytes *key, const pa_verify_job *job, uint64_t i)
{
    const void *prepared;
    return pa_verify_key(key, &prepared, job, 0, i) && key->size > 0 && key->size <= KEY_SIZE_MAX;
}

static void count_keys(counted_key *counted, uint64_t mask, const pa_verify_job *job, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++) {
        pa_bytes key, other;
        if (!key_of(&key, job, i)) {
            continue;
        }
        const uint64_t hash = spread(&key);
        for (uint64_t probe = 0; probe < PROBES; probe++) {
            counted_key *at = &counted[(hash + probe) & mask];
            if (at->row == 0) {
                *at = (counted_key){(uint32_t)i + 1, 1};
                break;
            }
            if (key_of(&other, job, at->row - 1) && same(&key, &other)) {
                at->count++;
                break;
            }
        }
    }
}

/* Copies the key of row i behind the others; false where it is another by now, since callers may write, or has no place. */
static bool take_key(struct pa_repeated_keys *keys, const pa_verify_job *job, uint64_t i)
{
    pa_bytes key;
    if (!key_of(&key, job, i)) {
        return false;
    }
    const uint64_t at = keys->offsets[keys->count];
    memcpy(keys->bytes + at, key.data, (size_t)key.size);
    const pa_bytes own = {keys->bytes + at, key.size};
    const uint64_t hash = spread(&own);
    for (uint32_t probe = 0; probe < PROBES; probe++) {
        uint32_t *place = &keys->places[((uint32_t)hash + probe) & keys->mask];
        if (*place == 0) {
            *place = ++keys->count;
            keys->offsets[keys->count] = at + key.size;
            return true;
        }
    }
    return false;
}

static pyaccel_status prepare_range(void *context, uint64_t first, uint64_t last)
{
    const struct pa_repeated_keys *keys = context;
    keys->kernel->prepare(keys->entries, &keys->rows, first, last, keys->key_format);
    return PYACCEL_OK;
}

/* Room for `count` keys. */
static struct pa_repeated_keys *make(const struct pa_verify_kernel *kernel, uint64_t count)
{
    struct pa_repeated_keys *keys = calloc(1, sizeof *keys);
    if (keys == NULL) {
        return NULL;
    }
    uint32_t places = 16;
    while (places < 4 * count) {
        places *= 2;
    }
    keys->kernel = kernel;
    keys->mask = places - 1;
    keys->places = calloc(places, sizeof *keys->places);
    keys->offsets = calloc((size_t)count + 1, sizeof *keys->offsets);
    keys->bytes = malloc((size_t)count * KEY_SIZE_MAX);
    keys->entries = aligned_alloc(64, (size_t)(count * kernel->prepared_size));
    if (keys->places == NULL || keys->offsets == NULL || keys->bytes == NULL ||
        keys->entries == NULL) {
        pa_repeated_keys_free(keys);
        return NULL;
    }
    return keys;
}

struct pa_repeated_keys *pa_repeated_keys_new(const struct pa_verify_kernel *kernel,
                                              const pa_verify_job *job, uint64_t n,
                                              uint32_t threads)
{
    const bool pays = kernel->scheme == PYACCEL_SCHEME_P256_ECDSA ||
                      kernel->scheme == PYACCEL_SCHEME_P384_ECDSA ||
                      kernel->scheme == PYACCEL_SCHEME_SM2;
    if (!pays || n < REPEATED || job->prepared_count != 0) {
        return NULL;
    }
    const uint64_t looked_at = n < COUNTED ? n : COUNTED;
    /* No more than rows ask for: 1 MiB of zeros takes as long as 40 rows. */
    uint64_t places = 2 * REPEATED;
    while (places < 2 * looked_at) {
        places *= 2;
    }
    counted_key *counted = calloc((size_t)places, sizeof *counted);
    if (counted == NULL) {
        return NULL;
    }
    const uint64_t most = PA_REPEATED_MEMORY / kernel->prepared_size;
    uint64_t count = 0;
    count_keys(counted, places - 1, job, looked_at);
    /* As often in all rows as in those. */
    for (uint64_t p = 0; p < places; p++) {
        const uint64_t rows = (uint64_t)counted[p].count * (n / looked_at);
        counted[p].count = rows >= REPEATED && count < most;
        count += counted[p].count;
    }
    struct pa_repeated_keys *keys = count == 0 ? NULL : make(kernel, count);
    if (keys != NULL) {
        keys->key_format = job->key_format;
        for (uint64_t p = 0; p < places; p++) {
            if (counted[p].count != 0) {
                (void)take_key(keys, job, counted[p].row - 1);
            }
        }
        keys->rows = (pyaccel_rows){.data = keys->bytes,
                                    .data_size = keys->offsets[keys->count],
                                    .offsets = keys->offsets,
                                    .offset_bits = 64};
        if (pa_parallel(threads, keys->count, PA_RANGE_UNIT, prepare_range, keys, NULL, NULL) !=
            PYACCEL_OK) {
            pa_repeated_keys_free(keys);
            keys = NULL;
        }
    }
    free(counted);
    return keys;
}

void pa_repeated_keys_free(struct pa_repeated_keys *keys)
{
    if (keys == NULL) {
        return;
    }
    free(keys->entries);
    free(keys->bytes);
    free(keys->offsets);
    free(keys->places);
    free(keys);
}
