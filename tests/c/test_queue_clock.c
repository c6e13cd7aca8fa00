/* SPDX-License-Identifier: Apache-2.0 */
/* Who of a queue's threads looks at the clock: times are kept whichever thread fell asleep for a later one. A time that is missed
 * leaves the test hanging. */
#include <stdlib.h>
#include <unistd.h>

#include "queue_support.h"

#define SECOND ((uint64_t)1000000)

/* A row that was taken back already is no reason to forget the times of those that come after it. */
static void check_second_cancelling(void)
{
    pyaccel_queue *queue = queue_of(8, UINT32_MAX, 1);
    forget_answers();
    const pyaccel_queue_row row = good_row();
    pyaccel_queue_row hurried = row;
    hurried.time_out = 1000;
    submit(queue, &row, 0);
    const uint64_t second = submit(queue, &row, 1);
    CHECK(pyaccel_queue_cancel(queue, second) == PYACCEL_OK);
    wait_answers(1);
    usleep(10000); /* most often the thread sleeps by now */
    CHECK(pyaccel_queue_cancel(queue, second) == PYACCEL_INVALID_ARGUMENT);
    submit(queue, &hurried, 2);
    wait_answers(2);
    CHECK(is_closed_with(&outcomes[1], PYACCEL_CANCELLED));
    CHECK(is_closed_with(&outcomes[2], PYACCEL_TIMED_OUT));
    CHECK(counts(queue).timed_out == 1 && counts(queue).cancelled == 1);
    CHECK(pyaccel_queue_free(queue) == PYACCEL_OK && is_good(&outcomes[0]));
}

#define LONG ((uint64_t)8 << 20) /* bytes of a message that keeps its caller busy for long */

typedef struct {
    pyaccel_queue *queue;
    const uint8_t *message;
    uint32_t rule;
} lead;

static void *verify_long(void *of)
{
    const lead *l = of;
    pyaccel_queue_row row = good_row();
    row.rule = l->rule;
    row.message = l->message;
    row.message_size = LONG;
    uint8_t verdict = 7;
    CHECK(pyaccel_queue_verify(l->queue, &verdict, NULL, &row) == PYACCEL_OK && verdict == 0);
    return NULL;
}

/* Callers run as many batches as there may be, so that the thread that keeps the time knows nothing to begin, and sleeps until a
 * row's time-out; when they are done, another thread finds that the row is due sooner. */
static void check_callers_that_lead(void)
{
    pyaccel_queue *queue = queue_of(2, (uint32_t)SECOND / 2, 2);
    forget_answers();
    uint8_t *message = calloc(1, LONG);
    lead leads[2] = {{queue, message, PYACCEL_RULE_ZIP215}, {queue, message, PYACCEL_RULE_RFC8032}};
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) {
        CHECK(pthread_create(&threads[i], NULL, verify_long, &leads[i % 2]) == 0);
    }
    usleep(20000); /* most often two of them verify by now */
    pyaccel_queue_row row = good_row();
    row.priority = 1;
    row.time_out = 10000 * SECOND;
    submit(queue, &row, 0);
    for (int i = 0; i < 4; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    wait_answers(1);
    CHECK(is_good(&outcomes[0]) &&
          as_expected(&cases[1], PYACCEL_RULE_ZIP215, (uint8_t)outcomes[0].verdict,
                      (uint8_t)outcomes[0].reason));
    CHECK(pyaccel_queue_free(queue) == PYACCEL_OK);
    free(message);
}

int main(void)
{
    make_cases();
    check_second_cancelling();
    check_callers_that_lead();
    return finish();
}
