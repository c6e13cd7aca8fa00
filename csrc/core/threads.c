/* SPDX-License-Identifier: Apache-2.0 */
/* A batch over several threads: a pool of workers that helps whichever calls are going on. A caller never
 * waits for a worker that has not begun, so that a busy, missing or forked-away pool costs speed alone. */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "environment.h"
#include "internal.h"

#define THREADS_MAX 1024u
/* musl's own default, 128 KiB, is too little for the scratch of kernels. */
#define STACK_SIZE ((size_t)2 << 20)

/* One call of pa_parallel; lives on its caller's stack. */
typedef struct job {
    pa_range_fn *fn;
    void *context;
    uint64_t n, step;
    _Atomic uint64_t next; /* first row that nobody has taken     */
    _Atomic uint64_t done; /* rows finished                       */
    _Atomic pyaccel_status status;
    uint32_t wanted;  /* helpers that may still join (under lock) */
    uint32_t running; /* helpers inside (under lock)              */
    struct job *following;
} job;

static struct {
    pthread_mutex_t lock;
    pthread_cond_t work, idle;
    job *jobs;
    pthread_t workers[THREADS_MAX];
    uint32_t count;
    uint64_t generation; /* raised in the child of a fork, where the workers are gone */
    bool stopping;
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER,
          .work = PTHREAD_COND_INITIALIZER,
          .idle = PTHREAD_COND_INITIALIZER};

static pthread_once_t start_once = PTHREAD_ONCE_INIT;
static uint32_t default_threads = 1;
static char complaint[160];

static void before_fork(void)
{
    pthread_mutex_lock(&pool.lock);
}

static void after_fork_parent(void)
{
    pthread_mutex_unlock(&pool.lock);
}

static void after_fork_child(void)
{
    pthread_mutex_init(&pool.lock, NULL);
    pthread_cond_init(&pool.work, NULL);
    pthread_cond_init(&pool.idle, NULL);
    pool.jobs = NULL;
    pool.count = 0;
    pool.stopping = false;
    pool.generation++;
}

/* glibc runs a pthread_once anew in the child of a fork that came in its midst: what must not happen twice
 * remembers that it did. */
static void start(void)
{
    static bool registered;
    if (!registered) {
        pthread_atfork(before_fork, after_fork_parent, after_fork_child);
        registered = true;
    }
    const char *text = pa_environment("PYACCEL_THREADS");
    if (text == NULL) {
        return;
    }
    uint32_t value = 0;
    for (const char *digit = text; value <= THREADS_MAX; digit++) {
        if (*digit == '\0' && value != 0) {
            default_threads = value;
            return;
        }
        if (*digit < '0' || *digit > '9') {
            break;
        }
        value = value * 10 + (uint32_t)(*digit - '0');
    }
    snprintf(complaint, sizeof complaint, "PYACCEL_THREADS=%.80s: not a number from 1 to %u", text,
             THREADS_MAX);
}

const char *pa_threads_complaint(void)
{
    pthread_once(&start_once, start);
    return complaint[0] == '\0' ? NULL : complaint;
}

static void stop_job(job *work, pyaccel_status status)
{
    pyaccel_status none = PYACCEL_OK;
    atomic_compare_exchange_strong(&work->status, &none, status);
}

/* Takes and runs one range; false when none is left or the job has failed. */
static bool run_range(job *work)
{
    if (atomic_load(&work->status) != PYACCEL_OK) {
        return false;
    }
    /* Not fetch_add: past the end it could wrap. */
    uint64_t first = atomic_load(&work->next);
    uint64_t size;
    do {
        if (first == work->n) {
            return false;
        }
        size = work->n - first < work->step ? work->n - first : work->step;
    } while (!atomic_compare_exchange_weak(&work->next, &first, first + size));
    pyaccel_status status = work->fn(work->context, first, first + size);
    if (status != PYACCEL_OK) {
        stop_job(work, status);
        return false;
    }
    atomic_fetch_add(&work->done, size);
    return true;
}

static job *job_that_wants_help(void)
{
    job *work = pool.jobs;
    while (work != NULL && work->wanted == 0) {
        work = work->following;
    }
    return work;
}

static void *worker(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&pool.lock);
    while (!pool.stopping) {
        job *work = job_that_wants_help();
        if (work == NULL) {
            pthread_cond_wait(&pool.work, &pool.lock);
            continue;
        }
        work->wanted--;
        work->running++;
        pthread_mutex_unlock(&pool.lock);
        while (run_range(work)) {
        }
        pthread_mutex_lock(&pool.lock);
        work->running--;
        pthread_cond_broadcast(&pool.idle);
    }
    pthread_mutex_unlock(&pool.lock);
    return NULL;
}

/* Threads inherit the mask, so signals are blocked from their first instruction on. */
bool pa_thread_start(pthread_t *thread, void *(*fn)(void *), void *argument)
{
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0) {
        return false;
    }
    pthread_attr_setstacksize(&attributes, STACK_SIZE);
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const bool started = pthread_create(thread, &attributes, fn, argument) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return started;
}

/* Under lock. */
static void grow_pool(uint32_t count)
{
    while (pool.count < count && pa_thread_start(&pool.workers[pool.count], worker, NULL)) {
        pool.count++;
    }
}

static void invite_helpers(job *work, uint32_t helpers)
{
    pthread_mutex_lock(&pool.lock);
    grow_pool(helpers);
    work->wanted = helpers;
    work->following = pool.jobs;
    pool.jobs = work;
    pthread_cond_broadcast(&pool.work);
    pthread_mutex_unlock(&pool.lock);
}

/* Takes the job off the list and waits for those inside it. After a fork within a progress callback they do
 * not exist, and their rows are lost. */
static void dismiss_helpers(job *work, uint64_t generation)
{
    pthread_mutex_lock(&pool.lock);
    job **link = &pool.jobs;
    while (*link != NULL && *link != work) {
        link = &(*link)->following;
    }
    if (*link != NULL) {
        *link = work->following;
    }
    while (work->running > 0 && pool.generation == generation) {
        pthread_cond_wait(&pool.idle, &pool.lock);
    }
    if (work->running > 0) {
        stop_job(work, PYACCEL_INTERNAL);
    }
    pthread_mutex_unlock(&pool.lock);
}

uint32_t pa_thread_count(uint32_t threads)
{
    return threads == 0 ? default_threads : threads > THREADS_MAX ? THREADS_MAX : threads;
}

pyaccel_status pa_parallel(uint32_t threads, uint64_t n, uint64_t grain, pa_range_fn *fn,
                           void *context, pyaccel_progress progress, void *user)
{
    if (pa_threads_complaint() != NULL) {
        return PYACCEL_BAD_ENVIRONMENT;
    }
    if (n == 0) {
        return PYACCEL_OK;
    }
    if (grain >= n && progress == NULL) {
        return fn(context, 0, n);
    }
    const uint64_t step = grain < n ? grain : n;
    uint64_t ranges = (n - 1) / step + 1;
    threads = pa_thread_count(threads);
    uint32_t helpers = (uint32_t)(threads < ranges ? threads : ranges) - 1;

    job work = {.fn = fn, .context = context, .n = n, .step = step};
    uint64_t generation = pool.generation;
    if (helpers > 0) {
        invite_helpers(&work, helpers);
    }
    uint64_t reported = 0;
    while (run_range(&work)) {
        reported = atomic_load(&work.done);
        if (progress != NULL && progress(user, reported, n) != 0) {
            stop_job(&work, PYACCEL_CANCELLED);
        }
        /* In the child of a fork: of helpers inside, the rows are lost, and locks that they hold are held forever. */
        if (pool.generation != generation && work.running > 0) {
            stop_job(&work, PYACCEL_INTERNAL);
        }
    }
    if (helpers > 0) {
        dismiss_helpers(&work, generation);
    }
    pyaccel_status status = atomic_load(&work.status);
    if (status == PYACCEL_OK && progress != NULL && reported < n && progress(user, n, n) != 0) {
        status = PYACCEL_CANCELLED;
    }
    return status;
}

void pyaccel_shutdown(void)
{
    pthread_mutex_lock(&pool.lock);
    pool.stopping = true;
    uint32_t count = pool.count;
    pool.count = 0;
    pthread_cond_broadcast(&pool.work);
    pthread_mutex_unlock(&pool.lock);
    for (uint32_t i = 0; i < count; i++) {
        pthread_join(pool.workers[i], NULL);
    }
    pthread_mutex_lock(&pool.lock);
    pool.stopping = false;
    pthread_mutex_unlock(&pool.lock);
}
