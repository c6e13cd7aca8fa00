/* SPDX-License-Identifier: Apache-2.0 */
/* pyaccel_queue_*: every row is answered once and rightly, in whatever company; limits, time-outs, cancelling, closing, forks. */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "ed25519_cases.h"
#include "queue_support.h"

/* ---- verdicts ----------------------------------------------------------------------------------- */

#define SUBMITTERS 4u

typedef struct {
    pyaccel_queue *queue;
    uint64_t first, wrong, done;
} share;

/* Every SUBMITTERS-th case under every rule, in callers' buffers that are overwritten at once. */
static void *submit_share(void *of)
{
    share *s = of;
    for (uint64_t i = s->first; i < RULES * case_count; i += SUBMITTERS, s->done++) {
        ed25519_case copy = cases[i / RULES];
        pyaccel_queue_row row = row_of(&copy, rules[i % RULES]);
        row.priority = (uint32_t)(i / 7 % 2);
        row.wait = 1;
        uint64_t ticket = 0;
        s->wrong +=
            pyaccel_queue_submit(s->queue, &ticket, &row, on_answer, &outcomes[i]) != PYACCEL_OK ||
            ticket == 0;
        memset(&copy, 0xa5, sizeof copy);
    }
    return NULL;
}

static void *verify_share(void *of)
{
    share *s = of;
    /* A fourth of the rows: each waits for some thread to be woken. */
    for (uint64_t i = s->first; i < RULES * case_count; i += 4 * SUBMITTERS, s->done++) {
        const ed25519_case *c = &cases[i / RULES];
        pyaccel_queue_row row = row_of(c, rules[i % RULES]);
        row.wait = 1;
        uint8_t verdict = 7, reason = 7;
        s->wrong += pyaccel_queue_verify(s->queue, &verdict, &reason, &row) != PYACCEL_OK ||
                    !as_expected(c, row.rule, verdict, reason);
    }
    return NULL;
}

/* Returns how many rows there were. */
static uint64_t run_shares(pyaccel_queue *queue, void *(*callbacks)(void *),
                           void *(*others)(void *))
{
    pthread_t threads[2 * SUBMITTERS];
    share shares[2 * SUBMITTERS];
    uint64_t done = 0;
    for (uint32_t i = 0; i < 2 * SUBMITTERS; i++) {
        void *(*fn)(void *) = i < SUBMITTERS ? callbacks : others;
        shares[i] = (share){.queue = queue, .first = i % SUBMITTERS};
        CHECK(fn == NULL || pthread_create(&threads[i], NULL, fn, &shares[i]) == 0);
    }
    for (uint32_t i = 0; i < 2 * SUBMITTERS; i++) {
        if ((i < SUBMITTERS ? callbacks : others) != NULL) {
            CHECK(pthread_join(threads[i], NULL) == 0 && shares[i].wrong == 0);
            done += shares[i].done;
        }
    }
    return done;
}

static void check_outcomes(void)
{
    uint64_t wrong = 0;
    for (uint64_t i = 0; i < RULES * case_count; i++) {
        const outcome *o = &outcomes[i];
        wrong += o->answers != 1 || o->status != PYACCEL_OK ||
                 !as_expected(&cases[i / RULES], rules[i % RULES], (uint8_t)o->verdict,
                              (uint8_t)o->reason);
    }
    CHECK(wrong == 0);
}

static void check_verdicts(void)
{
    static const struct {
        uint32_t max_batch, max_delay, threads, max_queue;
    } settings[] = {{0, 200, 2, 0}, {64, 0, 1, 0}, {5, 100, 3, 17}, {1, 0, 2, 1}};
    const uint64_t rows = RULES * case_count;
    for (size_t s = 0; s < sizeof settings / sizeof *settings; s++) {
        for (int kind = 1; kind <= 3; kind++) {
            const pyaccel_queue_options options = {.struct_size = sizeof options,
                                                   .max_batch = settings[s].max_batch,
                                                   .max_delay = settings[s].max_delay,
                                                   .max_queue = settings[s].max_queue,
                                                   .threads = settings[s].threads};
            pyaccel_queue *queue;
            CHECK(pyaccel_queue_new(&queue, &options) == PYACCEL_OK);
            forget_answers();
            const uint64_t all =
                run_shares(queue, kind & 1 ? submit_share : NULL, kind & 2 ? verify_share : NULL);
            CHECK(pyaccel_queue_close(queue, 0) == PYACCEL_OK);
            if (kind & 1) {
                CHECK(answered == rows);
                check_outcomes();
            }
            const pyaccel_queue_statistics counted = counts(queue);
            CHECK(counted.accepted == all && counted.verified == all);
            CHECK(counted.rows == 0 && counted.bytes == 0 && counted.refused == 0);
            CHECK(counted.largest >= 1 && counted.batches <= all);
            CHECK(options.max_batch == 0 || counted.largest <= options.max_batch);
            CHECK(pyaccel_queue_free(queue) == PYACCEL_OK);
        }
    }
}

/* ---- when a batch begins -------------------------------------------------------------------------- */

static void check_batches(void)
{
    const pyaccel_queue_row row = good_row(), other = row_of(&cases[1], PYACCEL_RULE_RFC8032);
    pyaccel_queue *queue = queue_of(7, FOR_EVER, 2);
    forget_answers();
    for (uint64_t i = 0; i < 7; i++) {
        submit(queue, &row, i);
    }
    wait_answers(7); /* full */
    for (uint64_t i = 7; i < 10; i++) {
        submit(queue, &row, i);
        submit(queue, &other, i + 3);
    }
    CHECK(counts(queue).batches == 1 && answered == 7);
    CHECK(pyaccel_queue_flush(queue) == PYACCEL_OK);
    wait_answers(13);
    CHECK(counts(queue).batches == 3 && counts(queue).largest == 7); /* no company across rules */
    submit(queue, &row, 13);
    CHECK(pyaccel_queue_close(queue, 0) == PYACCEL_OK && answered == 14); /* drains at once */
    for (uint64_t i = 0; i < 14; i++) {
        CHECK(is_good(&outcomes[i]));
    }
    CHECK(pyaccel_queue_submit(queue, NULL, &row, on_answer, &outcomes[0]) == PYACCEL_CLOSED);
    uint8_t verdict = 7;
    CHECK(pyaccel_queue_verify(queue, &verdict, NULL, &row) == PYACCEL_CLOSED && verdict == 0);
    CHECK(pyaccel_queue_close(queue, 1) == PYACCEL_OK && pyaccel_queue_free(queue) == PYACCEL_OK);

    queue = queue_of(7, 2000, 1); /* a lone row's time comes */
    CHECK(pyaccel_queue_verify(queue, &verdict, NULL, &row) == PYACCEL_OK && verdict == 1);
    CHECK(pyaccel_queue_free(queue) == PYACCEL_OK);
    queue = queue_of(7, 0, 1);
    CHECK(pyaccel_queue_verify(queue, &verdict, NULL, &row) == PYACCEL_OK && verdict == 1);
    CHECK(pyaccel_queue_free(queue) == PYACCEL_OK);
    CHECK(pyaccel_queue_free(NULL) == PYACCEL_OK);
}

/* A callback that holds its thread until told to go on. */
static bool hold; /* under lock */
static uint64_t held;

static void on_answer_hold(void *user, uint64_t ticket, pyaccel_status status, uint32_t verdict,
                           uint32_t reason)
{
    on_answer(user, ticket, status, verdict, reason);
    pthread_mutex_lock(&lock);
    held++;
    pthread_cond_broadcast(&changed);
    while (hold) {
        pthread_cond_wait(&changed, &lock);
    }
    pthread_mutex_unlock(&lock);
}

static void let_go(void)
{
    pthread_mutex_lock(&lock);
    hold = false;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

/* Keeps the queue's one thread in a callback. */
static void hold_thread(pyaccel_queue *queue)
{
    const pyaccel_queue_row row = good_row();
    hold = true;
    held = 0;
    CHECK(pyaccel_queue_submit(queue, NULL, &row, on_answer_hold, &outcomes[MOST - 1]) ==
          PYACCEL_OK);
    CHECK(pyaccel_queue_flush(queue) == PYACCEL_OK);
    pthread_mutex_lock(&lock);
    while (held == 0) {
        pthread_cond_wait(&changed, &lock);
    }
    pthread_mutex_unlock(&lock);
}

static void check_priorities(void)
{
    pyaccel_queue *queue = queue_of(4, 0, 1);
    forget_answers();
    hold_thread(queue);
    pyaccel_queue_row row = good_row();
    uint64_t tickets[15];
    static const uint32_t priorities[15] = {0, 0, 0, 0, 0, 7, 3, 7, 0, 0, 0, 0, 7, 7, 7};
    for (uint64_t i = 0; i < 15; i++) {
        row.priority = priorities[i];
        tickets[i] = submit(queue, &row, i);
        CHECK(i == 0 || tickets[i] > tickets[i - 1]);
    }
    let_go();
    wait_answers(16);
    /* Batches: four of 7 full, a fifth of them, then 3, then the lowest in their order. */
    static const uint8_t expected[15] = {5, 7, 12, 13, 14, 6, 0, 1, 2, 3, 4, 8, 9, 10, 11};
    for (int i = 0; i < 15; i++) {
        CHECK(order[i + 1] == tickets[expected[i]] && is_good(&outcomes[i]));
    }
    CHECK(pyaccel_queue_free(queue) == PYACCEL_OK);
}

/* ---- limits ------------------------------------------------------------------------------------- */

static void *submit_waiting(void *of)
{
    pyaccel_queue_row row = good_row();
    row.wait = 1;
    submit(of, &row, 50);
    return NULL;
}

static void check_limits(void)
{
    pyaccel_queue_options options = {
        .struct_size = sizeof options, .max_queue = 8, .max_delay = FOR_EVER, .threads = 1};
    pyaccel_queue *queue;
    CHECK(pyaccel_queue_new(&queue, &options) == PYACCEL_OK);
    forget_answers();
    pyaccel_queue_row row = good_row(), other = row_of(&cases[1], PYACCEL_RULE_RFC8032);
    for (uint64_t i = 0; i < 8; i++) {
        submit(queue, i % 2 ? &row : &other, i);
    }
    uint64_t ticket = 7;
    uint8_t verdict = 7;
    CHECK(pyaccel_queue_submit(queue, &ticket, &row, on_answer, &outcomes[9]) ==
              PYACCEL_OVERLOADED &&
          ticket == 0);
    CHECK(pyaccel_queue_verify(queue, &verdict, NULL, &row) == PYACCEL_OVERLOADED && verdict == 0);
    CHECK(counts(queue).refused == 2 && counts(queue).rows == 8 && answered == 0);
    row.wait = 1;
    row.time_out = 1500;
    CHECK(pyaccel_queue_submit(queue, NULL, &row, on_answer, &outcomes[9]) == PYACCEL_TIMED_OUT);
    CHECK(pyaccel_queue_verify(queue, &verdict, NULL, &row) == PYACCEL_TIMED_OUT && verdict == 0);
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, submit_waiting, queue) == 0);
    usleep(2000); /* most often it waits by now */
    CHECK(pyaccel_queue_flush(queue) == PYACCEL_OK);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(pyaccel_queue_flush(queue) == PYACCEL_OK);
    wait_answers(9);
    CHECK(is_good(&outcomes[50]) && outcomes[9].answers == 0);
    CHECK(pyaccel_queue_free(queue) == PYACCEL_OK);

    const uint64_t bytes = row.public_key_size + row.message_size + row.signature_size;
    options.max_bytes = 3 * bytes;
    CHECK(pyaccel_queue_new(&queue, &options) == PYACCEL_OK);
    forget_answers();
    row = good_row();
    for (uint64_t i = 0; i < 3; i++) {
        submit(queue, &row, i);
    }
    CHECK(counts(queue).bytes == 3 * bytes);
    CHECK(pyaccel_queue_submit(queue, NULL, &row, on_answer, NULL) == PYACCEL_OVERLOADED);
    uint8_t *large = calloc(1, 3 * bytes);
    row.message = large;
    row.message_size = 3 * bytes - row.public_key_size - row.signature_size + 1;
    CHECK(pyaccel_queue_submit(queue, NULL, &row, on_answer, NULL) == PYACCEL_INVALID_ARGUMENT);
    CHECK(pyaccel_queue_free(queue) == PYACCEL_OK && answered == 3);
    free(large);
}

/* ---- rows that are answered without a verdict ------------------------------------------------------ */

static void check_time_outs(void)
{
    pyaccel_queue *queue = queue_of(0, FOR_EVER, 2);
    forget_answers();
    pyaccel_queue_row row = good_row(), hurried = good_row();
    hurried.time_out = 1000;
    submit(queue, &row, 0);
    submit(queue, &hurried, 1);
    submit(queue, &row, 2);
    wait_answers(1);
    CHECK(is_closed_with(&outcomes[1], PYACCEL_TIMED_OUT));
    uint8_t verdict = 7, reason = 7;
    CHECK(pyaccel_queue_verify(queue, &verdict, &reason, &hurried) == PYACCEL_TIMED_OUT);
    CHECK(verdict == 0 && reason == 0 && outcomes[0].answers == 0 && outcomes[2].answers == 0);
    CHECK(counts(queue).rows == 4 && counts(queue).timed_out == 2);
    pyaccel_queue_flush(queue);
    wait_answers(3);
    CHECK(is_good(&outcomes[0]) && is_good(&outcomes[2]) && outcomes[1].answers == 1);
    CHECK(counts(queue).verified == 2 && counts(queue).rows == 0);

    /* Nothing is left of a batch whose rows all timed out. */
    for (uint64_t i = 0; i < 100; i++) {
        submit(queue, &hurried, 10 + i);
    }
    wait_answers(103);
    CHECK(pyaccel_queue_verify(queue, &verdict, &reason, &hurried) == PYACCEL_TIMED_OUT);
    while (counts(queue).rows != 0) {
        usleep(100);
    }
    CHECK(counts(queue).batches == 1);
    hurried.time_out = UINT64_MAX; /* as good as none */
    submit(queue, &hurried, 200);
    CHECK(pyaccel_queue_free(queue) == PYACCEL_OK && is_good(&outcomes[200]));
}

static void check_cancelling(void)
{
    pyaccel_queue *queue = queue_of(3, FOR_EVER, 1);
    forget_answers();
    const pyaccel_queue_row row = good_row();
    const uint64_t first = submit(queue, &row, 0), second = submit(queue, &row, 1);
    CHECK(pyaccel_queue_cancel(queue, 0) == PYACCEL_INVALID_ARGUMENT);
    CHECK(pyaccel_queue_cancel(queue, second + 1) == PYACCEL_INVALID_ARGUMENT);
    CHECK(pyaccel_queue_cancel(NULL, 1) == PYACCEL_INVALID_ARGUMENT);
    CHECK(pyaccel_queue_cancel(queue, first) == PYACCEL_OK);
    CHECK(pyaccel_queue_cancel(queue, first) == PYACCEL_INVALID_ARGUMENT);
    wait_answers(1);
    CHECK(is_closed_with(&outcomes[0], PYACCEL_CANCELLED) && outcomes[0].ticket == first);
    submit(queue, &row, 2); /* the third place */
    wait_answers(3);
    CHECK(is_good(&outcomes[1]) && is_good(&outcomes[2]) && outcomes[0].answers == 1);
    CHECK(pyaccel_queue_cancel(queue, second) == PYACCEL_INVALID_ARGUMENT);
    CHECK(counts(queue).cancelled == 1 && counts(queue).verified == 2);

    /* Those that wait behind a thread that is busy, whole batches of them. */
    hold_thread(queue);
    uint64_t tickets[30];
    for (uint64_t i = 0; i < 30; i++) {
        tickets[i] = submit(queue, &row, 10 + i);
    }
    for (uint64_t i = 0; i < 30; i++) {
        CHECK(i % 10 == 4 || pyaccel_queue_cancel(queue, tickets[i]) == PYACCEL_OK);
    }
    let_go();
    CHECK(pyaccel_queue_close(queue, 0) == PYACCEL_OK);
    for (uint64_t i = 0; i < 30; i++) {
        CHECK(i % 10 == 4 ? is_good(&outcomes[10 + i])
                          : is_closed_with(&outcomes[10 + i], PYACCEL_CANCELLED));
    }
    CHECK(pyaccel_queue_free(queue) == PYACCEL_OK);
}

static void *verify_good(void *of)
{
    const pyaccel_queue_row row = good_row();
    uint8_t verdict = 7;
    const pyaccel_status status = pyaccel_queue_verify(of, &verdict, NULL, &row);
    CHECK((status == PYACCEL_CLOSED && verdict == 0) || (status == PYACCEL_OK && verdict == 1));
    return NULL;
}

static void check_discarding(void)
{
    pyaccel_queue *queue = queue_of(0, FOR_EVER, 2);
    forget_answers();
    pyaccel_queue_row row = good_row();
    const uint64_t cancelled = submit(queue, &row, 300);
    for (uint64_t i = 0; i < 300; i++) {
        row.priority = (uint32_t)(i % 3);
        submit(queue, &row, i);
    }
    pthread_t waiter;
    CHECK(pthread_create(&waiter, NULL, verify_good, queue) == 0);
    CHECK(pyaccel_queue_cancel(queue, cancelled) == PYACCEL_OK);
    CHECK(pyaccel_queue_close(queue, 1) == PYACCEL_OK);
    CHECK(pthread_join(waiter, NULL) == 0);
    for (uint64_t i = 0; i < 300; i++) {
        CHECK(is_closed_with(&outcomes[i], PYACCEL_CLOSED));
    }
    CHECK(is_closed_with(&outcomes[300], PYACCEL_CANCELLED));
    CHECK(counts(queue).rows == 0 && counts(queue).bytes == 0);
    CHECK(pyaccel_queue_close(queue, 0) == PYACCEL_OK);
    CHECK(pyaccel_queue_free(queue) == PYACCEL_OK);
}

/* ---- callbacks ---------------------------------------------------------------------------------- */

typedef struct {
    pyaccel_queue *queue;
    uint64_t left;
} chain;

static void on_link(void *user, uint64_t ticket, pyaccel_status status, uint32_t verdict,
                    uint32_t reason)
{
    (void)reason;
    chain *c = user;
    pyaccel_queue_row row = good_row();
    uint8_t out = 7;
    row.wait = 1;
    sigset_t blocked;
    pthread_sigmask(SIG_SETMASK, NULL, &blocked);
    CHECK(sigismember(&blocked, SIGINT) && sigismember(&blocked, SIGALRM));
    CHECK(status == PYACCEL_OK && verdict == 1 && ticket > 0);
    CHECK(pyaccel_queue_free(c->queue) == PYACCEL_INVALID_ARGUMENT);
    CHECK(pyaccel_queue_close(c->queue, 0) == PYACCEL_INVALID_ARGUMENT);
    CHECK(pyaccel_queue_verify(c->queue, &out, NULL, &row) == PYACCEL_INVALID_ARGUMENT && out == 0);
    CHECK(pyaccel_queue_cancel(c->queue, ticket) == PYACCEL_INVALID_ARGUMENT);
    if (c->left-- > 0) {
        CHECK(pyaccel_queue_submit(c->queue, NULL, &row, on_link, c) == PYACCEL_OK);
        return;
    }
    pthread_mutex_lock(&lock);
    answered = 1;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static void check_callbacks(void)
{
    /* One place alone: a callback finds its own free. */
    const pyaccel_queue_options options = {
        .struct_size = sizeof options, .max_queue = 1, .threads = 1};
    pyaccel_queue *queue;
    CHECK(pyaccel_queue_new(&queue, &options) == PYACCEL_OK);
    forget_answers();
    chain links = {.queue = queue, .left = 100};
    pyaccel_queue_row row = good_row();
    CHECK(pyaccel_queue_submit(queue, NULL, &row, on_link, &links) == PYACCEL_OK);
    wait_answers(1);
    CHECK(pyaccel_queue_free(queue) == PYACCEL_OK);
}

/* ---- many threads, one of which closes -------------------------------------------------------------- */

#define CROWD 64

typedef struct {
    pyaccel_queue *queue;
    uint64_t number, accepted, wrong;
} member;

static void *join_crowd(void *of)
{
    member *m = of;
    pyaccel_queue_row row = good_row();
    for (uint64_t i = 0;; i++) {
        row.wait = (uint32_t)(i % 2);
        row.time_out = i % 5 == 3 ? 200 : 0;
        pyaccel_status status;
        uint8_t verdict = 0;
        if ((m->number + i) % 3 == 0) {
            status = pyaccel_queue_verify(m->queue, &verdict, NULL, &row);
            m->wrong += (status == PYACCEL_OK) != (verdict == 1);
        } else {
            uint64_t ticket;
            status = pyaccel_queue_submit(m->queue, &ticket, &row, on_answer,
                                          &outcomes[m->number * 128 + m->accepted % 128]);
            m->accepted += status == PYACCEL_OK;
            if (i % 7 == 2 && ticket != 0) {
                pyaccel_queue_cancel(m->queue, ticket);
            }
        }
        m->wrong += status != PYACCEL_OK && status != PYACCEL_OVERLOADED &&
                    status != PYACCEL_TIMED_OUT && status != PYACCEL_CLOSED;
        if (status == PYACCEL_CLOSED) {
            return NULL;
        }
    }
}

static void check_crowd(void)
{
    for (uint32_t discard = 0; discard <= 1; discard++) {
        const pyaccel_queue_options options = {.struct_size = sizeof options,
                                               .max_queue = 100,
                                               .max_batch = 16,
                                               .max_delay = 300,
                                               .threads = 3};
        pyaccel_queue *queue;
        CHECK(pyaccel_queue_new(&queue, &options) == PYACCEL_OK);
        forget_answers();
        static member members[CROWD];
        pthread_t threads[CROWD];
        for (uint64_t i = 0; i < CROWD; i++) {
            members[i] = (member){.queue = queue, .number = i};
            CHECK(pthread_create(&threads[i], NULL, join_crowd, &members[i]) == 0);
        }
        usleep(150000);
        CHECK(pyaccel_queue_close(queue, discard) == PYACCEL_OK);
        uint64_t accepted = 0, answers = 0;
        for (uint64_t i = 0; i < CROWD; i++) {
            CHECK(pthread_join(threads[i], NULL) == 0 && members[i].wrong == 0);
            accepted += members[i].accepted;
        }
        for (uint64_t i = 0; i < MOST; i++) {
            answers += outcomes[i].answers;
        }
        const pyaccel_queue_statistics counted = counts(queue);
        CHECK(accepted > 0 && answers == accepted && answered == accepted);
        CHECK(counted.accepted == counted.verified + counted.timed_out + counted.cancelled);
        CHECK(counted.rows == 0 && counted.bytes == 0 && counted.largest <= 16);
        CHECK(pyaccel_queue_free(queue) == PYACCEL_OK);
    }
}

/* ---- forks -------------------------------------------------------------------------------------- */

static pyaccel_queue *inherited;

static void use_inherited(void)
{
    const pyaccel_queue_row row = good_row();
    CHECK(counts(inherited).rows == 0);
    const uint64_t before = answered;
    for (uint64_t i = 0; i < 64; i++) {
        submit(inherited, &row, 100 + i);
    }
    wait_answers(before + 64);
    uint8_t verdict = 7;
    pyaccel_queue_flush(inherited);
    CHECK(outcomes[0].answers == 0 && is_good(&outcomes[100]));
    CHECK(pyaccel_queue_close(inherited, 0) == PYACCEL_OK);
    CHECK(pyaccel_queue_verify(inherited, &verdict, NULL, &row) == PYACCEL_CLOSED);
    CHECK(pyaccel_queue_free(inherited) == PYACCEL_OK && outcomes[0].answers == 0);
}

static void on_answer_fork(void *user, uint64_t ticket, pyaccel_status status, uint32_t verdict,
                           uint32_t reason)
{
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        return; /* the child's one thread ends, and the child with it */
    }
    int code = -1;
    CHECK(child > 0 && waitpid(child, &code, 0) == child && WIFEXITED(code) &&
          WEXITSTATUS(code) == 0);
    on_answer(user, ticket, status, verdict, reason);
}

static void check_forks(void)
{
    const pyaccel_queue_row row = good_row();
    inherited = queue_of(64, FOR_EVER, BUSY_FORKS ? 2 : 1);
    pyaccel_queue *closed = queue_of(0, 0, 1);
    CHECK(pyaccel_queue_close(closed, 0) == PYACCEL_OK);
    /* A thread that only starts may allocate: this one has, when it answers. */
    forget_answers();
    submit(inherited, &row, 0);
    CHECK(pyaccel_queue_flush(inherited) == PYACCEL_OK);
    wait_answers(1);
    forget_answers();
    for (uint64_t i = 0; i < 20; i++) {
        submit(inherited, &row, i);
    }
    in_child(NULL, NULL, use_inherited);
    CHECK(answered == 0 && counts(inherited).rows == 20);
    CHECK(pyaccel_queue_submit(inherited, NULL, &row, on_answer_fork, &outcomes[20]) == PYACCEL_OK);
    submit(inherited, &row, 21);
    CHECK(pyaccel_queue_close(inherited, 0) == PYACCEL_OK && answered == 22);
    for (uint64_t i = 0; i < 22; i++) {
        CHECK(is_good(&outcomes[i]));
    }
    CHECK(pyaccel_queue_free(inherited) == PYACCEL_OK && pyaccel_queue_free(closed) == PYACCEL_OK);
}

/* Forks while other threads are inside: the child can use the queue, whatever they held. */
static atomic_bool stop_hammering;

static void *hammer(void *of)
{
    pyaccel_queue_row row = good_row();
    row.wait = 1;
    for (uint32_t i = 0; !stop_hammering; i++) {
        uint8_t verdict = 1;
        row.time_out = i % 8 == 0 ? 100 : 0;
        if (i % 2 == 0) {
            const pyaccel_status status = pyaccel_queue_verify(of, &verdict, NULL, &row);
            CHECK(status == PYACCEL_TIMED_OUT || (status == PYACCEL_OK && verdict == 1));
        } else if (pyaccel_queue_submit(of, NULL, &row, on_answer, &outcomes[MOST - 2]) !=
                   PYACCEL_OK) {
            CHECK(row.time_out != 0);
        }
    }
    return NULL;
}

static void verify_inherited(void)
{
    const pyaccel_queue_row row = good_row();
    uint8_t verdict = 7;
    CHECK(counts(inherited).rows == 0);
    CHECK(pyaccel_queue_verify(inherited, &verdict, NULL, &row) == PYACCEL_OK && verdict == 1);
    CHECK(pyaccel_queue_free(inherited) == PYACCEL_OK);
}

static void check_busy_forks(void)
{
    enum { HAMMERS = 4 };
    const pyaccel_queue_options options = {.struct_size = sizeof options,
                                           .max_queue = 64,
                                           .max_batch = 8,
                                           .max_delay = 100,
                                           .threads = 2};
    CHECK(pyaccel_queue_new(&inherited, &options) == PYACCEL_OK);
    forget_answers();
    stop_hammering = false;
    pthread_t threads[HAMMERS];
    for (int i = 0; i < HAMMERS; i++) {
        CHECK(pthread_create(&threads[i], NULL, hammer, inherited) == 0);
    }
    for (int i = 0; i < 20; i++) {
        in_child(NULL, NULL, verify_inherited);
    }
    stop_hammering = true;
    for (int i = 0; i < HAMMERS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    CHECK(pyaccel_queue_free(inherited) == PYACCEL_OK);
}

/* ---- arguments ---------------------------------------------------------------------------------- */

static void check_options(void)
{
    pyaccel_queue_options options = {.struct_size = sizeof options};
    pyaccel_queue *queue;
#define REFUSED_WITH(change)                                                                       \
    do {                                                                                           \
        options = (pyaccel_queue_options){.struct_size = sizeof options};                          \
        change;                                                                                    \
        queue = (pyaccel_queue *)(void *)&options;                                                 \
        CHECK(pyaccel_queue_new(&queue, &options) == PYACCEL_INVALID_ARGUMENT && queue == NULL);   \
    } while (0)
    REFUSED_WITH(options.struct_size--);
    REFUSED_WITH(options.reserved = 1);
    REFUSED_WITH(options.max_queue = (1u << 24) + 1);
    REFUSED_WITH(options.max_batch = 65537);
    REFUSED_WITH(options.threads = 1025);
#undef REFUSED_WITH
    CHECK(pyaccel_queue_new(NULL, NULL) == PYACCEL_INVALID_ARGUMENT);
    CHECK(pyaccel_queue_close(NULL, 0) == PYACCEL_INVALID_ARGUMENT);
    CHECK(pyaccel_queue_flush(NULL) == PYACCEL_INVALID_ARGUMENT);
    pyaccel_queue_statistics counted = {.rows = 7};
    CHECK(pyaccel_queue_statistics_get(&counted, NULL) == PYACCEL_INVALID_ARGUMENT);
    CHECK(counted.rows == 0);
    CHECK(pyaccel_queue_new(&queue, NULL) == PYACCEL_OK);
    CHECK(pyaccel_queue_statistics_get(NULL, queue) == PYACCEL_INVALID_ARGUMENT);
    CHECK(pyaccel_queue_close(queue, 2) == PYACCEL_INVALID_ARGUMENT);
    CHECK(pyaccel_queue_free(queue) == PYACCEL_OK);
}

static void check_rows(void)
{
    pyaccel_queue *queue = queue_of(0, 0, 1);
    pyaccel_queue_row row = good_row();
    uint8_t verdict, reason;
    CHECK(pyaccel_queue_submit(queue, NULL, &row, NULL, NULL) == PYACCEL_INVALID_ARGUMENT);
    CHECK(pyaccel_queue_submit(NULL, NULL, &row, on_answer, NULL) == PYACCEL_INVALID_ARGUMENT);
    CHECK(pyaccel_queue_verify(queue, NULL, NULL, &row) == PYACCEL_INVALID_ARGUMENT);
    CHECK(pyaccel_queue_submit(queue, NULL, NULL, on_answer, NULL) == PYACCEL_INVALID_ARGUMENT);
#define REFUSED_WITH(change)                                                                       \
    do {                                                                                           \
        row = good_row();                                                                          \
        change;                                                                                    \
        verdict = reason = 7;                                                                      \
        CHECK(pyaccel_queue_verify(queue, &verdict, &reason, &row) == PYACCEL_INVALID_ARGUMENT);   \
        CHECK(verdict == 0 && reason == 0);                                                        \
        CHECK(pyaccel_queue_submit(queue, NULL, &row, on_answer, NULL) ==                          \
              PYACCEL_INVALID_ARGUMENT);                                                           \
    } while (0)
    REFUSED_WITH(row.struct_size--);
    REFUSED_WITH(row.reserved = 1);
    REFUSED_WITH(row.wait = 2);
    REFUSED_WITH(row.priority = PYACCEL_QUEUE_PRIORITIES);
    REFUSED_WITH(row.scheme = 0);
    REFUSED_WITH(row.scheme = 99);
    REFUSED_WITH(row.rule = 0);
    REFUSED_WITH(row.rule = PYACCEL_RULE_LOW_S);
    REFUSED_WITH(row.message_hash = PYACCEL_MESSAGE_HASH_SHA256);
    REFUSED_WITH(row.key_format = PYACCEL_KEY_FORMAT_SPKI);
    REFUSED_WITH(row.signature_format = PYACCEL_SIGNATURE_FORMAT_DER);
    REFUSED_WITH(row.identity = row.message);
    REFUSED_WITH(row.identity_size = 1);
    REFUSED_WITH(row.public_key = NULL);
    REFUSED_WITH(row.message = NULL);
    REFUSED_WITH(row.signature = NULL);
    REFUSED_WITH(row.message_size = UINT64_MAX);
#undef REFUSED_WITH
    CHECK(counts(queue).accepted == 0 && counts(queue).rows == 0);
    row = good_row();
    row.public_key = NULL;
    row.public_key_size = 0;
    CHECK(pyaccel_queue_verify(queue, &verdict, &reason, &row) == PYACCEL_OK);
    CHECK(verdict == 0 && reason == PYACCEL_REASON_LENGTH);
    CHECK(pyaccel_queue_free(queue) == PYACCEL_OK);
}

/* A row's own identity: of GB/T 32918 with one made by OpenSSL 3. */
static void check_identities(void)
{
    static const char key_hex[] =
        "0408e8d55135a435f383b136bc6014d285642ffe2c2d4d5b088180aed7201bfb"
        "68cd1fc0f4a7739b91798b61ecd17e76ce9e125561d05c349d6a1b4cfa2c795695";
    static const char signature_hex[] =
        "e6252b6b517fe3b316d66ea364269ba4a37b931370d7bf21ebfc688b4b2a1065"
        "a8541bf541a4d0ab1fdc0531c7d1d4039135ded46c1c596e3ea541cc838c046c";
    uint8_t key[65], signature[64], verdict, reason;
    from_hex(key, key_hex);
    from_hex(signature, signature_hex);
    static uint8_t identities[3][8192] = {"somebody", "somebodx", ""};
    static const uint64_t sizes[] = {8, 8, 8192};
    static const uint8_t reasons[] = {PYACCEL_REASON_NONE, PYACCEL_REASON_EQUATION,
                                      PYACCEL_REASON_LENGTH};
    pyaccel_queue *queue = queue_of(4, 0, 1);
    pyaccel_queue_row row = {.struct_size = sizeof row,
                             .scheme = PYACCEL_SCHEME_SM2,
                             .rule = PYACCEL_RULE_GBT32918,
                             .public_key = key,
                             .public_key_size = sizeof key,
                             .message = (const uint8_t *)"message",
                             .message_size = 7,
                             .signature = signature,
                             .signature_size = sizeof signature};
    CHECK(pyaccel_queue_verify(queue, &verdict, &reason, &row) == PYACCEL_OK);
    CHECK(verdict == 0 && reason == PYACCEL_REASON_EQUATION); /* the default identity */
    forget_answers();
    hold_thread(queue); /* so that they share a batch */
    for (uint64_t i = 0; i < 3; i++) {
        row.identity = identities[i];
        row.identity_size = sizes[i];
        submit(queue, &row, i);
    }
    let_go();
    CHECK(pyaccel_queue_close(queue, 0) == PYACCEL_OK && counts(queue).largest == 3);
    for (uint64_t i = 0; i < 3; i++) {
        CHECK(outcomes[i].reason == reasons[i] && outcomes[i].verdict == (i == 0));
    }
    CHECK(pyaccel_queue_free(queue) == PYACCEL_OK);
}

int main(int argc, char **argv)
{
    make_cases();
    check_forks_unless_told(argc, argv, check_forks, check_busy_forks);
    check_options();
    check_rows();
    check_batches();
    check_priorities();
    check_limits();
    check_time_outs();
    check_cancelling();
    check_discarding();
    check_callbacks();
    check_identities();
    check_verdicts();
    check_crowd();
    return finish();
}
