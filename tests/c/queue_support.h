/* SPDX-License-Identifier: Apache-2.0 */
/* Rows for queues, and what their callbacks found. */
#ifndef PA_TEST_QUEUE_SUPPORT_H
#define PA_TEST_QUEUE_SUPPORT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "check.h"
#include "ed25519_cases.h"
#include "pyaccel.h"

/* Microseconds that no test waits for. */
#define FOR_EVER 60000000u
#define MOST 8192

/* What the callback of one row finds. */
typedef struct {
    _Atomic uint32_t answers;
    pyaccel_status status;
    uint32_t verdict, reason;
    uint64_t ticket;
} outcome;

static outcome outcomes[MOST];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static uint64_t answered;    /* under lock */
static uint64_t order[MOST]; /* tickets as they were answered, under lock */

static inline void on_answer(void *user, uint64_t ticket, pyaccel_status status, uint32_t verdict,
                             uint32_t reason)
{
    outcome *o = user;
    pthread_mutex_lock(&lock);
    o->answers++;
    o->status = status;
    o->verdict = verdict;
    o->reason = reason;
    o->ticket = ticket;
    order[answered++ % MOST] = ticket;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static inline void wait_answers(uint64_t count)
{
    pthread_mutex_lock(&lock);
    while (answered < count) {
        pthread_cond_wait(&changed, &lock);
    }
    pthread_mutex_unlock(&lock);
}

static inline void forget_answers(void)
{
    memset(outcomes, 0, sizeof outcomes);
    answered = 0;
}

static inline pyaccel_queue_row row_of(const ed25519_case *c, uint32_t rule)
{
    return (pyaccel_queue_row){
        .struct_size = sizeof(pyaccel_queue_row),
        .scheme = PYACCEL_SCHEME_ED25519,
        .rule = rule,
        .public_key = c->key,
        .public_key_size = c->key_size,
        .message = c->message,
        .message_size = c->message_size,
        .signature = c->signature,
        .signature_size = c->signature_size,
    };
}

/* A good row. */
static inline pyaccel_queue_row good_row(void)
{
    return row_of(&cases[1], PYACCEL_RULE_ZIP215);
}

static inline pyaccel_queue *queue_of(uint32_t max_batch, uint32_t max_delay, uint32_t threads)
{
    const pyaccel_queue_options options = {.struct_size = sizeof options,
                                           .max_batch = max_batch,
                                           .max_delay = max_delay,
                                           .threads = threads};
    pyaccel_queue *queue = NULL;
    CHECK(pyaccel_queue_new(&queue, &options) == PYACCEL_OK && queue != NULL);
    return queue;
}

static inline pyaccel_queue_statistics counts(pyaccel_queue *queue)
{
    pyaccel_queue_statistics counted;
    CHECK(pyaccel_queue_statistics_get(&counted, queue) == PYACCEL_OK);
    return counted;
}

static inline uint64_t submit(pyaccel_queue *queue, const pyaccel_queue_row *row, uint64_t i)
{
    uint64_t ticket;
    CHECK(pyaccel_queue_submit(queue, &ticket, row, on_answer, &outcomes[i]) == PYACCEL_OK);
    return ticket;
}

static inline bool is_good(const outcome *o)
{
    return o->answers == 1 && o->status == PYACCEL_OK && o->verdict == 1 &&
           o->reason == PYACCEL_REASON_NONE;
}

static inline bool is_closed_with(const outcome *o, pyaccel_status status)
{
    return o->answers == 1 && o->status == status && o->verdict == 0 &&
           o->reason == PYACCEL_REASON_NONE;
}

#endif
