/* SPDX-License-Identifier: Apache-2.0 */
/* Callers of pyaccel_queue_verify that come again and again, fewer than a batch has rows: they are not kept waiting for company that
 * never comes, whatever rules they ask for. Where they are, the test hangs. */
#include <stdatomic.h>
#include <unistd.h>

#include "queue_support.h"

#define CALLERS 12u
#define CALLS 300u

typedef struct {
    pyaccel_queue *queue;
    uint32_t rule;
} caller;

static _Atomic uint32_t wrong, done;

static void *call(void *of)
{
    const caller *c = of;
    for (uint32_t i = 0; i < CALLS; i++) {
        const ed25519_case *one = &cases[i % case_count];
        pyaccel_queue_row row = row_of(one, c->rule);
        uint8_t verdict = 7, reason = 7;
        wrong += pyaccel_queue_verify(c->queue, &verdict, &reason, &row) != PYACCEL_OK ||
                 !as_expected(one, c->rule, verdict, reason);
    }
    done++;
    return NULL;
}

/* goes_on: helps over callers that are missing for good, as they are done, once a millisecond. */
static pyaccel_queue_statistics run_callers(uint32_t threads, uint32_t rule_count, bool goes_on)
{
    pyaccel_queue *queue = queue_of(64, UINT32_MAX, threads);
    pthread_t started[CALLERS];
    caller callers[2] = {{queue, PYACCEL_RULE_ZIP215}, {queue, PYACCEL_RULE_RFC8032}};
    wrong = done = 0;
    for (uint32_t i = 0; i < CALLERS; i++) {
        CHECK(pthread_create(&started[i], NULL, call, &callers[i % rule_count]) == 0);
    }
    while (counts(queue).rows < CALLERS) {
        usleep(100);
    }
    do { /* the first time, as the queue has seen none of them yet */
        CHECK(pyaccel_queue_flush(queue) == PYACCEL_OK);
        usleep(1000);
    } while (goes_on && done < CALLERS);
    for (uint32_t i = 0; i < CALLERS; i++) {
        CHECK(pthread_join(started[i], NULL) == 0);
    }
    const pyaccel_queue_statistics counted = counts(queue);
    CHECK(wrong == 0 && counted.verified == CALLERS * CALLS && counted.rows == 0);
    CHECK(counted.largest <= CALLERS);
    CHECK(pyaccel_queue_free(queue) == PYACCEL_OK);
    return counted;
}

int main(void)
{
    make_cases();
    /* With one thread each batch has a row of every caller: the last to come lets it begin. */
    const pyaccel_queue_statistics all = run_callers(1, 1, false);
    CHECK(all.batches == CALLS && all.largest == CALLERS);
    for (uint32_t threads = 1; threads <= 4; threads++) {
        run_callers(threads, 1 + threads % 2, true);
    }
    return finish();
}
