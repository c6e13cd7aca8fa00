/* SPDX-License-Identifier: Apache-2.0 */
/* What the queue leaves of the rate of batches, how long rows wait in it, and what a look-up in the cache takes; not a test.
 *
 *     cmake -S . -B build/bench -DPYACCEL_TESTS=ON && cmake --build build/bench --target bench_queue
 *     build/bench/tests/c/bench_queue [threads of the queue [rows of a batch]]
 *
 * Ed25519, rule zip215, ROWS rows of as many keys, messages of 16 bytes. Batches: pyaccel_verify_many of 64 rows on one thread,
 * call after call. All threads share the cores that the process may use: pin it to as many as the queue has threads, and
 * compare with as many times the rate of batches. Rounds alternate; medians are printed, as JSON.
 *
 * Zen 4, AVX-512 IFMA, one core: batches 278,000 rows/s; callbacks 0.97 of that; 64 callers that wait 0.50, where each row costs a sleep
 * and a wake-up. Two cores, two threads of the queue: callbacks 0.87 to 0.95 of twice the rate; 64 callers 0.33 to 0.37 (200,000 rows/s), 33
 * callers 0.36, 8 callers 0.19. 64 callers on two cores had 0.25, and 33 had 0.08: a batch had all of them in it, or waited max_delay
 * for more, so that one core at most was verifying, and 64 threads then queued for one lock. What was tried, of twice the rate:
 *   0.24 to 0.28  a batch begins when half of all callers seen lately have come, instead of max_batch; no gain at all where its
 *         thread counts as busy until it has woken everybody, as those preempt it
 *   0.29 to 0.33  besides, who wakes takes its batch's lock and not the queue's
 *   0.32 to 0.36  besides, rows are gathered by the caller's CPU, so that who wakes finds its batch, and its cache lines, there
 *   0.37  besides, callers are counted by CPU, and seven eighths of a CPU's suffice (all of them: 0.33 to 0.35). With one
 *         thread all must have come: seven eighths of them are 0.43 of one core's rate, as the rest preempts the one that verifies
 *   lost: who wakes wakes the next one (0.20), or the next two (0.22 to 0.26): more calls of the kernel, one after the other; a mutex that
 *         spins a while (no better than 0.25)
 * On one core at half load a row waits 0.54 ms (median) and 0.92 ms (p99), of which 0.5 are max_delay; a row that the
 * cache knows takes 86 ns in a batch, and 1.0 us alone. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "field/fe25519_portable.h"

#include "curve/edwards25519_constants.h"
#include "curve/edwards25519_formulas.h"
#include "verify/coefficients.h"
#include "verify/ed25519.h"

#include "ed25519_signer.h"
#include "pyaccel.h"

#define ROWS 4096u
#define ROUNDS 7
#define SECONDS 0.25
#define SUBMITTERS 2
#define CALLERS 64
#define DELAY 500u /* microseconds */
#define LATENCIES 65536u

static signed_row rows[ROWS];
static uint32_t queue_threads = 1, batch_rows = 64;

static uint64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The part-th of n values, which are sorted. */
static double quantile(double *values, size_t n, double part)
{
    qsort(values, n, sizeof *values, compare);
    return n == 0 ? 0 : values[(size_t)(part * (double)(n - 1))];
}

static void fail(const char *what)
{
    fprintf(stderr, "%s\n", what);
    exit(1);
}

/* ---- batches ------------------------------------------------------------------------------------- */

static pyaccel_rows column(const uint8_t *data, uint64_t n, uint64_t width)
{
    return (pyaccel_rows){.data = data,
                          .data_size = (n - 1) * sizeof *rows + width,
                          .width = width,
                          .stride = sizeof *rows};
}

static void verify_batch(uint32_t first, uint32_t n, pyaccel_cache *cache)
{
    static uint8_t verdicts[ROWS];
    const pyaccel_verify_options options = {
        .struct_size = sizeof options, .rule = PYACCEL_RULE_ZIP215, .threads = 1, .cache = cache};
    const pyaccel_rows keys = column(rows[first].key, n, 32);
    const pyaccel_rows messages = column(rows[first].message, n, sizeof rows->message);
    const pyaccel_rows signatures = column(rows[first].signature, n, 64);
    if (pyaccel_verify_many(verdicts, PYACCEL_SCHEME_ED25519, &keys, &messages, &signatures, n,
                            &options) != PYACCEL_OK ||
        memchr(verdicts, 0, n) != NULL) {
        fail("a good row was refused");
    }
}

/* Rows a second of batches of n rows. */
static double batch_rate(uint32_t n, pyaccel_cache *cache)
{
    const uint64_t start = now();
    uint64_t done = 0, end = start;
    for (; (double)(end - start) < SECONDS * 1e9; end = now()) {
        verify_batch((uint32_t)(done % ROWS), n, cache);
        done += n;
    }
    return (double)done * 1e9 / (double)(end - start);
}

/* ---- the queue ----------------------------------------------------------------------------------- */

typedef struct {
    pyaccel_queue *queue;
    uint32_t first;
    double rate; /* rows a second to submit; 0: as many as go */
    uint64_t until;
    uint64_t done;
    double *latencies;
} caller;

static _Atomic uint64_t verified;
static _Atomic uint32_t taken;
static double latencies[LATENCIES];

static pyaccel_queue_row row_of(uint32_t i)
{
    const signed_row *r = &rows[i % ROWS];
    return (pyaccel_queue_row){.struct_size = sizeof(pyaccel_queue_row),
                               .scheme = PYACCEL_SCHEME_ED25519,
                               .rule = PYACCEL_RULE_ZIP215,
                               .public_key = r->key,
                               .public_key_size = 32,
                               .message = r->message,
                               .message_size = sizeof r->message,
                               .signature = r->signature,
                               .signature_size = 64,
                               .wait = 1};
}

static void on_answer(void *user, uint64_t ticket, pyaccel_status status, uint32_t verdict,
                      uint32_t reason)
{
    (void)ticket, (void)status, (void)reason;
    atomic_fetch_add_explicit(&verified, verdict, memory_order_relaxed);
    const uint64_t begun = (uint64_t)(uintptr_t)user;
    if (begun != 0) {
        const uint32_t i = atomic_fetch_add(&taken, 1);
        if (i < LATENCIES) {
            latencies[i] = (double)(now() - begun) * 1e-3;
        }
    }
}

static void *submit_rows(void *of)
{
    caller *c = of;
    const uint64_t start = now();
    for (uint64_t time = start; time < c->until; time = now()) {
        const uint64_t due =
            c->rate == 0 ? c->done + 64 : (uint64_t)((double)(time - start) * 1e-9 * c->rate);
        for (; c->done < due; c->done++) {
            const pyaccel_queue_row one = row_of(c->first + (uint32_t)c->done);
            void *begun = c->rate == 0 ? NULL : (void *)(uintptr_t)now();
            if (pyaccel_queue_submit(c->queue, NULL, &one, on_answer, begun) != PYACCEL_OK) {
                fail("a row was not taken");
            }
        }
        if (c->rate != 0) {
            nanosleep(&(struct timespec){.tv_nsec = 50000}, NULL);
        }
    }
    return NULL;
}

static void *verify_rows(void *of)
{
    caller *c = of;
    for (; now() < c->until; c->done++) {
        const pyaccel_queue_row one = row_of(c->first + (uint32_t)c->done);
        uint8_t verdict;
        if (pyaccel_queue_verify(c->queue, &verdict, NULL, &one) != PYACCEL_OK || verdict != 1) {
            fail("a good row was refused");
        }
    }
    return NULL;
}

/* Rows a second through a queue, by `count` threads that run fn. */
static double queue_rate(uint32_t count, void *(*fn)(void *), double rate, uint32_t max_queue)
{
    const pyaccel_queue_options options = {.struct_size = sizeof options,
                                           .max_batch = batch_rows,
                                           .max_delay = DELAY,
                                           .max_queue = max_queue,
                                           .threads = queue_threads};
    pyaccel_queue *queue;
    if (pyaccel_queue_new(&queue, &options) != PYACCEL_OK) {
        fail("no queue");
    }
    pthread_t threads[CALLERS];
    caller callers[CALLERS];
    verified = 0;
    taken = 0;
    const uint64_t start = now();
    for (uint32_t i = 0; i < count; i++) {
        callers[i] = (caller){.queue = queue,
                              .first = i * (ROWS / count),
                              .rate = rate / count,
                              .until = start + (uint64_t)(SECONDS * 1e9)};
        if (pthread_create(&threads[i], NULL, fn, &callers[i]) != 0) {
            fail("no thread");
        }
    }
    uint64_t done = 0;
    for (uint32_t i = 0; i < count; i++) {
        pthread_join(threads[i], NULL);
        done += callers[i].done;
    }
    pyaccel_queue_free(queue); /* drained: the rate is of rows that were answered */
    const double seconds = (double)(now() - start) * 1e-9;
    if (fn == submit_rows && verified != done) {
        fail("a row was not verified");
    }
    return (double)done / seconds;
}

int main(int argc, char **argv)
{
    queue_threads = argc > 1 ? (uint32_t)atoi(argv[1]) : queue_threads;
    batch_rows = argc > 2 ? (uint32_t)atoi(argv[2]) : batch_rows;
    signer s;
    signer_start(&s);
    for (uint32_t i = 0; i < ROWS; i++) {
        signer_sign(&rows[i], &s, 1, 0, 0);
    }
    pyaccel_cache *cache;
    if (pyaccel_cache_new(&cache, NULL) != PYACCEL_OK) {
        fail("no cache");
    }
    verify_batch(0, ROWS, cache);
    double batches[ROUNDS], callbacks[ROUNDS], blocking[ROUNDS], half[ROUNDS], late[ROUNDS],
        known[ROUNDS], known_alone[ROUNDS];
    for (int r = 0; r < ROUNDS; r++) {
        batches[r] = batch_rate(64, NULL);
        callbacks[r] = queue_rate(SUBMITTERS, submit_rows, 0, 4096);
        blocking[r] = queue_rate(CALLERS, verify_rows, 0, 0);
        queue_rate(SUBMITTERS, submit_rows, callbacks[r] / 2, 0);
        const size_t count = taken < LATENCIES ? taken : LATENCIES;
        half[r] = quantile(latencies, count, 0.5);
        late[r] = quantile(latencies, count, 0.99);
        known[r] = 1e9 / batch_rate(64, cache);
        known_alone[r] = 1e9 / batch_rate(1, cache);
    }
    const double base = quantile(batches, ROUNDS, 0.5), least = base * queue_threads;
    const double by_callbacks = quantile(callbacks, ROUNDS, 0.5);
    const double by_callers = quantile(blocking, ROUNDS, 0.5);
    printf("{\"queue_threads\": %u, \"max_batch\": %u, \"max_delay_us\": %u,\n"
           " \"batches_of_64_rows_a_second\": %.0f,\n"
           " \"callbacks_rows_a_second\": %.0f, \"callbacks_of_batches\": %.3f,\n"
           " \"blocking_rows_a_second\": %.0f, \"blocking_of_batches\": %.3f,\n"
           " \"half_load_p50_us\": %.0f, \"half_load_p99_us\": %.0f, \"batch_us\": %.0f,\n"
           " \"known_row_of_64_ns\": %.0f, \"known_row_alone_ns\": %.0f}\n",
           queue_threads, batch_rows, DELAY, base, by_callbacks, by_callbacks / least, by_callers,
           by_callers / least, quantile(half, ROUNDS, 0.5), quantile(late, ROUNDS, 0.5),
           batch_rows * 1e6 / base, quantile(known, ROUNDS, 0.5),
           quantile(known_alone, ROUNDS, 0.5));
    pyaccel_cache_free(cache);
    return 0;
}
