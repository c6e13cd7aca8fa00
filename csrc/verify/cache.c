/* SPDX-License-Identifier: Apache-2.0 */
/* Where the tags of valid rows are kept: sets of eight, locked by stripes of sets. A stripe that cannot be had soon is done
 * without (the row is then verified, or not kept), so that one that another thread held while a process forked hangs nobody in
 * the child, and what it was writing is never read there. */
#include "cache.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "../core/bytes.h"
#include "cache_tags.h"

#define DEFAULT_MEMORY ((uint64_t)16 << 20)
#define LEAST_MEMORY ((uint64_t)32 << 10)
#define TAG PYACCEL_CACHE_TAG_SIZE
#define WAYS 8u
#define STRIPES 256u
/* How often a lock is tried: a holder needs far less than the first microsecond where it was not interrupted; the last tries let
 * others run in between. */
#define TRIES 1000
#define LAST_TRIES 20

typedef struct {
    _Alignas(64) uint8_t tags[WAYS][TAG];
} tag_set;

/* What is known of a set's ways, a bit each. */
typedef struct {
    uint8_t used, recent; /* recent: found since the hand passed */
    uint8_t hand;
} set_state;

typedef struct {
    _Alignas(64) atomic_bool locked;
    _Atomic uint32_t generation; /* of the cache when its sets were last emptied */
    _Atomic uint64_t hits, misses, insertions, evictions, entries;
} stripe;

struct pyaccel_cache {
    pa_cache_keys keys;
    uint64_t set_count, memory;
    _Atomic uint32_t generation; /* raised by clear */
    tag_set *sets;
    set_state *states;
    stripe stripes[STRIPES];
};

pyaccel_status pyaccel_cache_new(pyaccel_cache **cache, const pyaccel_cache_options *options)
{
    static const pyaccel_cache_options defaults = {.struct_size = sizeof defaults};
    if (cache == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    *cache = NULL;
    options = options == NULL ? &defaults : options;
    const uint64_t memory = options->memory == 0 ? DEFAULT_MEMORY : options->memory;
    if (!PA_OPTIONS_VALID(options) || memory < LEAST_MEMORY || memory > PTRDIFF_MAX) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    const pyaccel_status status = pa_bind();
    if (status != PYACCEL_OK) {
        return status;
    }
    const uint64_t count = (memory - sizeof **cache) / (sizeof(tag_set) + sizeof(set_state));
    pyaccel_cache *made = aligned_alloc(64, sizeof *made);
    tag_set *sets = aligned_alloc(64, (size_t)(count * sizeof *sets));
    set_state *states = calloc((size_t)count, sizeof *states);
    if (made == NULL || sets == NULL || states == NULL) {
        free(made);
        free(sets);
        free(states);
        return PYACCEL_OUT_OF_MEMORY;
    }
    memset(made, 0, sizeof *made);
    made->set_count = count;
    made->sets = sets;
    made->states = states;
    made->memory = sizeof *made + count * (sizeof *sets + sizeof *states);
    if (!pa_draw(&made->keys, sizeof made->keys, true)) {
        pyaccel_cache_free(made);
        return PYACCEL_INTERNAL;
    }
    *cache = made;
    return PYACCEL_OK;
}

void pyaccel_cache_free(pyaccel_cache *cache)
{
    if (cache != NULL) {
        free(cache->sets);
        free(cache->states);
        pa_wipe(&cache->keys, sizeof cache->keys);
        free(cache);
    }
}

void pyaccel_cache_clear(pyaccel_cache *cache)
{
    if (cache != NULL) {
        atomic_fetch_add(&cache->generation, 1);
    }
}

pyaccel_status pyaccel_cache_statistics_get(pyaccel_cache_statistics *statistics,
                                            pyaccel_cache *cache)
{
    if (statistics == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    *statistics = (pyaccel_cache_statistics){0};
    if (cache == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    for (uint32_t i = 0; i < STRIPES; i++) {
        const stripe *s = &cache->stripes[i];
        statistics->hits += s->hits;
        statistics->misses += s->misses;
        statistics->insertions += s->insertions;
        statistics->evictions += s->evictions;
        statistics->entries += s->generation == cache->generation ? s->entries : 0;
    }
    statistics->capacity = cache->set_count * WAYS;
    statistics->memory = cache->memory;
    return PYACCEL_OK;
}

/* ---- one tag ------------------------------------------------------------------------------------ */

static uint64_t set_of(const pyaccel_cache *cache, const uint8_t *tag)
{
    return (uint64_t)((pa_u128)pa_load_le64(tag) * cache->set_count >> 64);
}

static void add(_Atomic uint64_t *counter, uint64_t count)
{
    atomic_fetch_add_explicit(counter, count, memory_order_relaxed);
}

/* Takes the stripe of a set, emptied where the cache was cleared meanwhile; NULL where others hold it. */
static stripe *take(pyaccel_cache *cache, uint64_t set)
{
    stripe *s = &cache->stripes[set % STRIPES];
    for (int tries = 0; atomic_exchange_explicit(&s->locked, true, memory_order_acquire);) {
        do {
            if (++tries > TRIES - LAST_TRIES) {
                if (tries > TRIES) {
                    return NULL;
                }
                sched_yield();
            }
        } while (atomic_load_explicit(&s->locked, memory_order_relaxed));
    }
    const uint32_t generation = cache->generation;
    if (s->generation != generation) {
        for (uint64_t i = set % STRIPES; i < cache->set_count; i += STRIPES) {
            cache->states[i] = (set_state){0};
        }
        s->entries = 0;
        s->generation = generation;
    }
    return s;
}

static void give(stripe *s)
{
    atomic_store_explicit(&s->locked, false, memory_order_release);
}

/* The way that holds a tag, or WAYS. All bytes are compared. */
static uint32_t way_of(const pyaccel_cache *cache, uint64_t set, const uint8_t *tag)
{
    for (uint32_t way = 0; way < WAYS; way++) {
        if ((cache->states[set].used >> way & 1) != 0 &&
            memcmp(cache->sets[set].tags[way], tag, TAG) == 0) {
            return way;
        }
    }
    return WAYS;
}

void pa_cache_prefetch(const pyaccel_cache *cache, const uint8_t *tag)
{
    const uint64_t set = set_of(cache, tag);
    __builtin_prefetch(&cache->states[set]);
    for (uint32_t way = 0; way < WAYS; way += 64 / TAG) {
        __builtin_prefetch(cache->sets[set].tags[way]);
    }
}

bool pa_cache_find(pyaccel_cache *cache, const uint8_t *tag)
{
    const uint64_t set = set_of(cache, tag);
    stripe *s = take(cache, set);
    if (s == NULL) {
        add(&cache->stripes[set % STRIPES].misses, 1);
        return false;
    }
    const uint32_t way = way_of(cache, set, tag);
    if (way < WAYS) {
        cache->states[set].recent |= (uint8_t)(1u << way);
    }
    add(way < WAYS ? &s->hits : &s->misses, 1);
    give(s);
    return way < WAYS;
}

/* A way to write to: one that is empty, else the first behind the hand that was not found lately. */
static uint32_t make_way(stripe *s, set_state *state)
{
    const uint32_t empty = (uint32_t)__builtin_ctz(~(uint32_t)state->used);
    if (empty < WAYS) {
        add(&s->entries, 1);
        return empty;
    }
    while ((state->recent >> state->hand & 1) != 0) {
        state->recent &= (uint8_t)~(1u << state->hand);
        state->hand = (state->hand + 1) % WAYS;
    }
    const uint32_t way = state->hand;
    state->hand = (state->hand + 1) % WAYS;
    add(&s->evictions, 1);
    return way;
}

void pa_cache_keep(pyaccel_cache *cache, const uint8_t *tag)
{
    static const uint8_t no_tag[TAG];
    const uint64_t set = set_of(cache, tag);
    stripe *s = memcmp(tag, no_tag, TAG) == 0 ? NULL : take(cache, set);
    if (s == NULL) {
        return;
    }
    if (way_of(cache, set, tag) == WAYS) {
        set_state *state = &cache->states[set];
        const uint32_t way = make_way(s, state);
        memcpy(cache->sets[set].tags[way], tag, TAG);
        state->used |= (uint8_t)(1u << way);
        add(&s->insertions, 1);
    }
    give(s);
}

pyaccel_status pyaccel_cache_insert(pyaccel_cache *cache, const uint8_t *tags,
                                    const uint8_t *verdicts, uint64_t n)
{
    if (cache == NULL || n > PTRDIFF_MAX / TAG || (n > 0 && (tags == NULL || verdicts == NULL))) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    for (uint64_t i = 0; i < n; i++) {
        if (verdicts[i] == 1) {
            pa_cache_keep(cache, tags + i * TAG);
        }
    }
    return PYACCEL_OK;
}

const pa_cache_keys *pa_cache_keys_of(const pyaccel_cache *cache)
{
    return &cache->keys;
}
