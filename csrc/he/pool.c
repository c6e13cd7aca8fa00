/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks of rows that operations hand back and take again. */
#include <sched.h>
#include <stdlib.h>
#if defined(__linux__)
#include <sys/mman.h>
#endif

#include "ring.h"

/* Ahead of each block; a block itself is aligned to 64 bytes. */
#define HEADER 64u
/* What is kept for the next call at most; beyond it blocks go back to the system. */
#define MOST_KEPT ((size_t)256 << 20)
#define SLOTS (sizeof((pa_he_pool *)0)->blocks / sizeof(void *))

#define LARGE ((size_t)4 << 20)
#define PAGE ((uintptr_t)4096)

void pa_he_wish_large_pages(void *memory, size_t bytes)
{
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    if (bytes >= LARGE) {
        const uintptr_t first = ((uintptr_t)memory + PAGE - 1) / PAGE * PAGE,
                        end = ((uintptr_t)memory + bytes) / PAGE * PAGE;
        (void)madvise((void *)first, end - first, MADV_HUGEPAGE);
    }
#else
    (void)memory;
    (void)bytes;
#endif
}

static size_t *size_of(void *block)
{
    return (size_t *)((char *)block - HEADER);
}

/* Of the blocks kept, the least that holds `bytes` and wastes no more than as much again. Under lock; SLOTS: none. */
static uint32_t best_fit(const pa_he_pool *pool, size_t bytes)
{
    uint32_t best = SLOTS;
    for (uint32_t i = 0; i < pool->count; i++) {
        if (pool->sizes[i] >= bytes && pool->sizes[i] / 2 <= bytes &&
            (best == SLOTS || pool->sizes[i] < pool->sizes[best])) {
            best = i;
        }
    }
    return best;
}

static void *remove_block(pa_he_pool *pool, uint32_t i)
{
    void *block = pool->blocks[i];
    pool->count--;
    pool->blocks[i] = pool->blocks[pool->count];
    pool->sizes[i] = pool->sizes[pool->count];
    return block;
}

/* False: the pool stays busy for longer than it takes. In the child of a fork the thread that held the lock may be gone: memory
 * then comes from the system and goes back to it. */
static bool enter(pa_he_pool *pool)
{
    for (int attempt = 0; attempt < 1000; attempt++) {
        if (pthread_mutex_trylock(&pool->lock) == 0) {
            return true;
        }
        if (attempt >= 100) {
            sched_yield();
        }
    }
    return false;
}

void *pa_he_take(pa_he_pool *pool, size_t bytes)
{
    if (bytes > SIZE_MAX / 2) {
        return NULL;
    }
    bytes = (bytes + HEADER - 1) / HEADER * HEADER;
    void *block = NULL;
    if (enter(pool)) {
        const uint32_t found = best_fit(pool, bytes);
        if (found != SLOTS) {
            block = remove_block(pool, found);
        }
        pthread_mutex_unlock(&pool->lock);
    }
    if (block == NULL) {
        char *memory = aligned_alloc(HEADER, HEADER + bytes);
        if (memory == NULL) {
            return NULL;
        }
        pa_he_wish_large_pages(memory, HEADER + bytes);
        block = memory + HEADER;
        *size_of(block) = bytes;
    }
    return block;
}

void pa_he_give(pa_he_pool *pool, void *block)
{
    if (block == NULL) {
        return;
    }
    const size_t bytes = *size_of(block);
    void *surplus = block;
    if (!enter(pool)) {
        free((char *)block - HEADER);
        return;
    }
    size_t kept = 0;
    uint32_t least = 0;
    for (uint32_t i = 0; i < pool->count; i++) {
        kept += pool->sizes[i];
        least = pool->sizes[i] < pool->sizes[least] ? i : least;
    }
    if (bytes <= MOST_KEPT && kept <= MOST_KEPT - bytes) {
        surplus = NULL;
        if (pool->count == SLOTS) {
            surplus = pool->sizes[least] < bytes ? remove_block(pool, least) : block;
        }
        if (surplus != block) {
            pool->blocks[pool->count] = block;
            pool->sizes[pool->count++] = bytes;
        }
    }
    pthread_mutex_unlock(&pool->lock);
    if (surplus != NULL) {
        free((char *)surplus - HEADER);
    }
}

void pa_he_pool_clear(pa_he_pool *pool)
{
    while (pool->count > 0) {
        free((char *)remove_block(pool, pool->count - 1) - HEADER);
    }
}
