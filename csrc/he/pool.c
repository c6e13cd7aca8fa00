/* SPDX-License-Identifier: Apache-2.0 */
/* Memory of a context: blocks cut from chunks of large pages, which operations hand back and take again.
 *
 * A product of N = 8192 reads and writes some 5 MiB in two dozen streams: in pages of 4 KiB it misses 1,400 translations, which
 * cost a virtual machine two walks each, whenever something else has run in between. Zen 4, between products of another
 * library: 507 us with pages of 4 KiB, 428 us with large ones; 16384: the time varies less with where pages came to lie. So
 * everything that operations touch comes from here: keys, tables, scratch and results.
 *
 * Tried and lost: scratch of a product in four blocks, which find holes sooner and take a MiB less at the peak of 16384: 4 % slower
 * at 8192, its rows lying less favourably. */
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#if defined(__linux__)
#include <sys/mman.h>
#endif

#include "ring.h"

#define HEADER sizeof(pa_he_block)
_Static_assert(HEADER == 64, "blocks are aligned to 64 bytes");

#define LARGE_PAGE ((size_t)2 << 20)
#define PAGE ((size_t)64 << 10) /* a multiple of any system's */
/* A chunk ends with ordinary pages where its last large one would be empty for more than that part of the chunk. */
#define MOST_EMPTY 8
/* Smaller blocks share chunks of ordinary pages, of which only those are resident that are written. */
#define SMALL ((size_t)128 << 10)
#define SMALL_CHUNK ((size_t)256 << 10)
/* What is kept for the next call at most, in chunks of which no block is taken; beyond it they go back to the system. */
#define MOST_KEPT ((size_t)256 << 20)
/* Free blocks that are looked at: the time of a call stays bounded, however many holes there are. */
#define MOST_TRIED 64

/* ---- chunks ------------------------------------------------------------------------------------- */

/* A block that is all of its chunk, `bytes` long or longer; NULL: out of memory. */
static pa_he_block *chunk_new(size_t bytes)
{
    size_t size = bytes + HEADER;
    pa_he_block *block;
    const bool large = size > SMALL;
    if (large) {
        const size_t up = (size + LARGE_PAGE - 1) / LARGE_PAGE * LARGE_PAGE;
        size = up == LARGE_PAGE || up - size <= size / MOST_EMPTY ? up
                                                                  : (size + PAGE - 1) / PAGE * PAGE;
    } else {
        size = SMALL_CHUNK;
    }
#if defined(__linux__)
    if (large) { /* mapped, so that it goes back at once when it is freed */
        char *memory = mmap(NULL, size + LARGE_PAGE, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) {
            return NULL;
        }
        const size_t before = -(uintptr_t)memory % LARGE_PAGE;
        if (before != 0) {
            (void)munmap(memory, before);
        }
        (void)munmap(memory + before + size, LARGE_PAGE - before);
        block = (pa_he_block *)(void *)(memory + before);
#if defined(MADV_HUGEPAGE)
        (void)madvise(block, size / LARGE_PAGE * LARGE_PAGE, MADV_HUGEPAGE);
#endif
    } else
#endif
    {
        block = aligned_alloc(HEADER, size);
    }
    if (block != NULL) {
        *block = (pa_he_block){.size = size - HEADER};
    }
    return block;
}

/* NULL: nothing. */
static void chunk_free(pa_he_block *block)
{
    if (block == NULL) {
        return;
    }
#if defined(__linux__)
    if (block->size + HEADER != SMALL_CHUNK) {
        (void)munmap(block, block->size + HEADER);
        return;
    }
#endif
    free(block);
}

static bool is_chunk(const pa_he_block *block)
{
    return block->below == NULL && block->above == NULL;
}

/* ---- free blocks -------------------------------------------------------------------------------- */

/* Under lock: block joins the free ones, first of all. */
static void list(pa_he_pool *pool, pa_he_block *block)
{
    block->is_free = true;
    block->previous = NULL;
    block->next = pool->first;
    if (pool->first != NULL) {
        pool->first->previous = block;
    }
    pool->first = block;
    pool->kept += is_chunk(block) ? block->size : 0;
}

/* Under lock: block is no longer one of them. */
static void unlist(pa_he_pool *pool, pa_he_block *block)
{
    pool->kept -= is_chunk(block) ? block->size : 0;
    block->is_free = false;
    if (block->previous != NULL) {
        block->previous->next = block->next;
    } else {
        pool->first = block->next;
    }
    if (block->next != NULL) {
        block->next->previous = block->previous;
    }
}

/* Under lock: of the free blocks tried, the least that holds `bytes`; NULL: none. */
static pa_he_block *best_fit(const pa_he_pool *pool, size_t bytes)
{
    pa_he_block *best = NULL;
    int tried = 0;
    for (pa_he_block *block = pool->first; block != NULL && tried < MOST_TRIED;
         block = block->next, tried++) {
        if (block->size >= bytes && (best == NULL || block->size < best->size)) {
            best = block;
            if (block->size == bytes) {
                break;
            }
        }
    }
    return best;
}

/* Under lock: a block that is not listed keeps its first `bytes`; the rest becomes a free block. */
static void split(pa_he_pool *pool, pa_he_block *block, size_t bytes)
{
    if (block->size - bytes <= HEADER) {
        return;
    }
    pa_he_block *rest = (pa_he_block *)(void *)((char *)(block + 1) + bytes);
    *rest =
        (pa_he_block){.size = block->size - bytes - HEADER, .below = block, .above = block->above};
    if (block->above != NULL) {
        block->above->below = rest;
    }
    block->above = rest;
    block->size = bytes;
    list(pool, rest);
}

/* Under lock: lower and the one above it, neither listed, become one. */
static void merge(pa_he_block *lower)
{
    pa_he_block *upper = lower->above;
    lower->size += HEADER + upper->size;
    lower->above = upper->above;
    if (lower->above != NULL) {
        lower->above->below = lower;
    }
}

/* Under lock: a block that was taken becomes free. The chunk that it is of where that is more than is kept, else NULL. */
static pa_he_block *put_back(pa_he_pool *pool, pa_he_block *block)
{
    if (block->above != NULL && block->above->is_free) {
        unlist(pool, block->above);
        merge(block);
    }
    if (block->below != NULL && block->below->is_free) {
        block = block->below;
        unlist(pool, block);
        merge(block);
    }
    if (is_chunk(block) && pool->kept + block->size > MOST_KEPT) {
        return block;
    }
    list(pool, block);
    return NULL;
}

/* Under lock: the same of all that came while the pool was busy. */
static void put_back_late(pa_he_pool *pool)
{
    pa_he_block *late = atomic_exchange(&pool->late, NULL);
    while (late != NULL) {
        pa_he_block *next = late->next;
        chunk_free(put_back(pool, late));
        late = next;
    }
}

/* ---- calls -------------------------------------------------------------------------------------- */

/* After SPINS others run between two attempts, on a busy core for some milliseconds each time. */
#define SPINS 100
#define ATTEMPTS 200

/* False: the pool stays busy for longer than it takes, as the thread that holds the lock does not run. In the child of a fork it
 * may be gone, for which nobody waits twice. Memory then comes from the system and goes back to it, but for blocks of chunks,
 * which whoever enters next puts back. */
static bool enter(pa_he_pool *pool)
{
    const int attempts = atomic_load(&pool->stuck) ? 1 : ATTEMPTS;
    for (int attempt = 0; attempt < attempts; attempt++) {
        if (pthread_mutex_trylock(&pool->lock) == 0) {
            atomic_store_explicit(&pool->stuck, false, memory_order_relaxed);
            put_back_late(pool);
            return true;
        }
        if (attempt >= SPINS) {
            sched_yield();
        }
    }
    atomic_store(&pool->stuck, true);
    return false;
}

void *pa_he_take(pa_he_pool *pool, size_t bytes)
{
    if (bytes > SIZE_MAX / 2) {
        return NULL;
    }
    bytes = (bytes + HEADER - 1) / HEADER * HEADER;
    if (!enter(pool)) {
        pa_he_block *single = aligned_alloc(HEADER, HEADER + bytes);
        if (single == NULL) {
            return NULL;
        }
        *single = (pa_he_block){.size = bytes, .is_single = true};
        return single + 1;
    }
    pa_he_block *block = best_fit(pool, bytes);
    if (block != NULL) {
        unlist(pool, block);
    } else {
        block = chunk_new(bytes); /* under lock: whoever comes next finds what is left of it */
    }
    if (block != NULL) {
        split(pool, block, bytes);
    }
    pthread_mutex_unlock(&pool->lock);
    return block == NULL ? NULL : block + 1;
}

void pa_he_give(pa_he_pool *pool, void *memory)
{
    if (memory == NULL) {
        return;
    }
    pa_he_block *block = (pa_he_block *)memory - 1;
    if (block->is_single) {
        free(block);
        return;
    }
    if (!enter(pool)) {
        block->next = atomic_load(&pool->late);
        while (!atomic_compare_exchange_weak(&pool->late, &block->next, block)) {
        }
        return;
    }
    pa_he_block *surplus = put_back(pool, block);
    pthread_mutex_unlock(&pool->lock);
    chunk_free(surplus);
}

void pa_he_pool_clear(pa_he_pool *pool)
{
    put_back_late(pool);
    while (pool->first != NULL) {
        pa_he_block *block = pool->first;
        unlist(pool, block);
        if (is_chunk(block)) {
            chunk_free(block);
        }
    }
}
