/* SPDX-License-Identifier: Apache-2.0 */
/* Ranges of a batch over threads. A scratch is made for each thread at work, once, and freed with
 * the batch. */
#include "verify_run.h"

#include <pthread.h>
#include <stdlib.h>

#define SCRATCH_ALIGNMENT 64

/* Begins each scratch that nobody uses. */
typedef struct idle_scratch {
    struct idle_scratch *next;
} idle_scratch;

typedef struct {
    pa_verify_range_fn *fn;
    void *context;
    uint64_t scratch_size; /* of any range; 0: none */
    pthread_mutex_t lock;
    idle_scratch *idle; /* under lock */
} run_context;

/* As many as there are threads at work are ever made. NULL when there is no memory. */
static void *take_scratch(run_context *run)
{
    pthread_mutex_lock(&run->lock);
    idle_scratch *scratch = run->idle;
    if (scratch != NULL) {
        run->idle = scratch->next;
    }
    pthread_mutex_unlock(&run->lock);
    return scratch != NULL ? scratch : aligned_alloc(SCRATCH_ALIGNMENT, (size_t)run->scratch_size);
}

static void give_scratch(run_context *run, idle_scratch *scratch)
{
    pthread_mutex_lock(&run->lock);
    scratch->next = run->idle;
    run->idle = scratch;
    pthread_mutex_unlock(&run->lock);
}

static void free_scratch(run_context *run)
{
    while (run->idle != NULL) {
        idle_scratch *scratch = run->idle;
        run->idle = scratch->next;
        free(scratch);
    }
    pthread_mutex_destroy(&run->lock);
}

static pyaccel_status run_range(void *context, uint64_t first, uint64_t last)
{
    run_context *run = context;
    void *scratch = run->scratch_size == 0 ? NULL : take_scratch(run);
    if (run->scratch_size != 0 && scratch == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    const pyaccel_status status = run->fn(run->context, first, last, scratch);
    if (scratch != NULL) {
        give_scratch(run, scratch);
    }
    return status;
}

uint64_t pa_verify_range_rows(uint64_t most, uint32_t threads, uint64_t n)
{
    const uint32_t shares = pa_thread_count(threads);
    const uint64_t rounds = (n - 1) / most / shares + 1;
    uint64_t rows = (n - 1) / (rounds * shares) + 1;
    rows = rows < 2 * PA_RANGE_UNIT ? PA_RANGE_UNIT
                                    : (rows + PA_RANGE_UNIT - 1) / PA_RANGE_UNIT * PA_RANGE_UNIT;
    return rows < most ? rows : most;
}

pyaccel_status pa_verify_run(pa_verify_range_fn *fn, void *context, uint64_t n, uint64_t rows,
                             uint64_t scratch_size, uint32_t threads, pyaccel_progress progress,
                             void *user)
{
    run_context run = {.fn = fn,
                       .context = context,
                       .scratch_size = scratch_size + -scratch_size % SCRATCH_ALIGNMENT,
                       .lock = PTHREAD_MUTEX_INITIALIZER};
    const pyaccel_status status = pa_parallel(threads, n, rows, run_range, &run, progress, user);
    free_scratch(&run);
    return status;
}
