/* SPDX-License-Identifier: Apache-2.0 */
/* Memory of a context: blocks keep apart, holes grow together again, and what is kept is bounded. */
#include <pthread.h>
#include <string.h>

#include "check.h"
#include "he/ring.h"

#define BLOCKS 100u
#define ROUNDS 3000u
#define THREADS 3u

/* A block, filled with a byte of its own. */
typedef struct {
    unsigned char *memory;
    size_t size;
    unsigned char byte;
} taken;

static bool take(pa_he_pool *pool, taken *t, size_t size, unsigned char byte)
{
    *t = (taken){pa_he_take(pool, size), size, byte};
    if (t->memory == NULL || (uintptr_t)t->memory % 64 != 0) {
        return false;
    }
    memset(t->memory, byte, size);
    return true;
}

/* Whether it held what it was filled with. */
static bool give(pa_he_pool *pool, taken *t)
{
    bool whole = true;
    for (size_t i = 0; i < t->size; i++) {
        whole = whole && t->memory[i] == t->byte;
    }
    pa_he_give(pool, t->memory);
    t->memory = NULL;
    return whole;
}

/* Blocks of up to 64 KiB, some of several MiB, taken and given back in any order. NULL, or the pool where one was wrong. */
static void *any_order(void *argument)
{
    pa_he_pool *pool = argument;
    taken blocks[BLOCKS] = {{0}};
    uint64_t state = (uintptr_t)pthread_self();
    bool right = true;
    for (unsigned round = 0; round < ROUNDS; round++) {
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407); /* Knuth */
        taken *t = &blocks[(state >> 33) % BLOCKS];
        if (t->memory != NULL) {
            right &= give(pool, t);
        } else {
            right &= take(pool, t, (state >> 40) % (round % 100 == 0 ? 5000000 : 65537),
                          (unsigned char)(state >> 20));
        }
    }
    for (unsigned i = 0; i < BLOCKS; i++) {
        right &= blocks[i].memory == NULL || give(pool, &blocks[i]);
    }
    return right ? NULL : pool;
}

/* Nothing is taken: every free block is all of a chunk, and the pool knows how much that is. */
static void check_all_free(pa_he_pool *pool)
{
    /* On a busy machine a thread's last block may have come back late: whoever enters next puts it back. */
    pa_he_give(pool, pa_he_take(pool, 1));
    size_t kept = 0;
    for (const pa_he_block *block = pool->first; block != NULL; block = block->next) {
        CHECK(block->is_free && block->below == NULL && block->above == NULL);
        CHECK(block->next == NULL || block->next->previous == block);
        kept += block->size;
    }
    CHECK(pool->kept == kept);
}

static void test_any_order(pa_he_pool *pool)
{
    CHECK(any_order(pool) == NULL);
    check_all_free(pool);
    pthread_t threads[THREADS];
    for (unsigned i = 0; i < THREADS; i++) {
        CHECK(pthread_create(&threads[i], NULL, any_order, pool) == 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        void *wrong;
        CHECK(pthread_join(threads[i], &wrong) == 0 && wrong == NULL);
    }
    pa_he_give(pool, pa_he_take(pool, 64)); /* puts back what came while the pool was busy */
    check_all_free(pool);
}

/* The hole that fits is used again, and two holes side by side hold what neither does. */
static void test_holes(pa_he_pool *pool)
{
    const size_t size = 300000;
    void *block[5];
    for (int i = 0; i < 5; i++) {
        block[i] = pa_he_take(pool, size);
        CHECK(block[i] != NULL);
        CHECK(i == 0 || (char *)block[i] > (char *)block[i - 1] + size);
    }
    pa_he_give(pool, block[1]);
    CHECK(pa_he_take(pool, size) == block[1]);
    pa_he_give(pool, block[3]);
    pa_he_give(pool, block[1]);
    pa_he_give(pool, block[2]);
    CHECK(pa_he_take(pool, 3 * size) == block[1]);
    pa_he_give(pool, block[1]);
    pa_he_give(pool, block[4]);
    pa_he_give(pool, block[0]);
    check_all_free(pool);
}

/* However much comes back, no more than 256 MiB stay. */
static void test_bound(pa_he_pool *pool)
{
    void *block[8];
    for (int i = 0; i < 8; i++) {
        block[i] = pa_he_take(pool, (size_t)50 << 20);
        CHECK(block[i] != NULL);
    }
    for (int i = 0; i < 8; i++) {
        pa_he_give(pool, block[i]);
    }
    check_all_free(pool);
    CHECK(pool->kept > (size_t)200 << 20 && pool->kept <= (size_t)256 << 20);
}

/* Nobody leaves the pool, for as long as a thread does not run or, in the child of a fork, for ever: memory is had all the same,
 * and what came back meanwhile is not lost. */
static void test_locked(pa_he_pool *pool)
{
    taken before, within, left, large;
    CHECK(take(pool, &before, 5000, 1) && take(pool, &left, 5000, 3));
    CHECK(take(pool, &large, 5000000, 5));
    pthread_mutex_lock(&pool->lock);
    CHECK(take(pool, &within, 5000, 2));
    CHECK(pool->stuck); /* nobody waits once more */
    for (int i = 0; i < 100000; i++) {
        taken one;
        CHECK(take(pool, &one, 64, 7) && give(pool, &one));
    }
    CHECK(give(pool, &before) && give(pool, &large)); /* stay taken as yet */
    CHECK(give(pool, &within));
    CHECK(take(pool, &within, 70000, 4));
    pthread_mutex_unlock(&pool->lock);
    CHECK(give(pool, &within) && give(pool, &left));
    CHECK(!pool->stuck);
    check_all_free(pool);
    CHECK(pool->kept > 5000000);
    CHECK(take(pool, &left, 5000, 6));
    pthread_mutex_lock(&pool->lock);
    CHECK(give(pool, &left));
    pthread_mutex_unlock(&pool->lock);
    pa_he_pool_clear(pool);
    CHECK(pool->first == NULL && pool->kept == 0);
}

int main(void)
{
    pa_he_pool pool = {.lock = PTHREAD_MUTEX_INITIALIZER};
    test_holes(&pool);
    test_any_order(&pool);
    test_bound(&pool);
    pa_he_give(&pool, NULL);
    CHECK(pa_he_take(&pool, SIZE_MAX - 8) == NULL);
    pa_he_pool_clear(&pool);
    test_locked(&pool);
    return finish();
}
