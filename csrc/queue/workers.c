/* SPDX-License-Identifier: Apache-2.0 */
/* A queue's threads: which batch begins next, its verdicts to those who asked, and rows that are answered without any. */
#include <stdlib.h>
#include <time.h>

#include "queue.h"

/* Rows that one sweep answers at most. */
#define SWEPT 64

static _Thread_local const pyaccel_queue *calling;

const pyaccel_queue *pa_queue_calling(void)
{
    return calling;
}

/* ---- the clock and who wakes by it -------------------------------------------------------------- */

uint64_t pa_queue_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

void pa_queue_wait(pthread_cond_t *condition, pthread_mutex_t *lock, uint64_t until)
{
    if (until == PA_NEVER) {
        pthread_cond_wait(condition, lock);
        return;
    }
    const struct timespec time = {.tv_sec = (time_t)(until / 1000000000),
                                  .tv_nsec = (long)(until % 1000000000)};
    pthread_cond_timedwait(condition, lock, &time);
}

void pa_queue_wake(pyaccel_queue *queue)
{
    if (queue->idle > 0) {
        pthread_cond_signal(&queue->work);
    } else if (queue->timekeeper) {
        pthread_cond_signal(&queue->timer);
    }
}

void pa_queue_wake_at(pyaccel_queue *queue, uint64_t time)
{
    if (!queue->timekeeper) {
        pa_queue_wake(queue);
    } else if (time < queue->timer_until) {
        pthread_cond_signal(&queue->timer);
    }
}

/* ---- batches ------------------------------------------------------------------------------------ */

/* Takes out the batch that begins now, or NULL; *when: the time at which one may. */
static pa_queue_batch *take(pyaccel_queue *queue, uint64_t now, uint64_t *when)
{
    *when = PA_NEVER;
    if (queue->running >= queue->threads) {
        return NULL;
    }
    pa_queue_batch *best = NULL;
    for (uint32_t p = PYACCEL_QUEUE_PRIORITIES; p-- > 0 && best == NULL;) {
        best = queue->full[p].first;
    }
    for (pa_queue_batch *batch = queue->forming.first; batch != NULL; batch = batch->next) {
        if (!queue->closing && batch->due > now) {
            *when = batch->due < *when ? batch->due : *when;
        } else if (best == NULL || batch->kind.priority > best->kind.priority ||
                   (batch->kind.priority == best->kind.priority &&
                    batch->entries[0].ticket < best->entries[0].ticket)) {
            best = batch;
        }
    }
    if (best != NULL) {
        pa_queue_unlink(queue, best);
    }
    return best;
}

static bool nothing_waits(const pyaccel_queue *queue)
{
    for (uint32_t p = 0; p < PYACCEL_QUEUE_PRIORITIES; p++) {
        if (queue->full[p].first != NULL) {
            return false;
        }
    }
    return queue->forming.first == NULL;
}

/* Calls back for one row; false in the child of a fork within that. */
static bool call_back(pyaccel_queue *queue, uint64_t generation, const pa_queue_entry *entry,
                      pyaccel_status status, const uint8_t *key, uint8_t verdict, uint8_t reason)
{
    calling = queue;
    if (entry->recovered != NULL) {
        entry->recovered(entry->user, entry->ticket, status, key, verdict, reason);
    } else {
        entry->callback(entry->user, entry->ticket, status, verdict, reason);
    }
    calling = NULL;
    return queue->generation == generation;
}

static bool answer_callbacks(pyaccel_queue *queue, uint64_t generation, const pa_queue_batch *batch)
{
    for (uint32_t i = 0; i < batch->count; i++) {
        const pa_queue_entry *entry = &batch->entries[i];
        if (!entry->answered && pa_queue_calls(entry) &&
            !call_back(queue, generation, entry, batch->status,
                       batch->keys + (size_t)i * batch->kind.recovered, batch->verdicts[i],
                       batch->reasons[i])) {
            return false;
        }
    }
    return true;
}

/* One batch less is in work: another may begin. */
static void end(pyaccel_queue *queue)
{
    queue->running--;
    if (!nothing_waits(queue)) {
        pa_queue_wake(queue);
    }
}

bool pa_queue_run(pyaccel_queue *queue, pa_queue_batch *batch)
{
    const uint64_t generation = queue->generation;
    batch->begun = true;
    queue->running++;
    pa_queue_learn(queue, batch);
    if (!nothing_waits(queue) && (queue->running < queue->threads || !queue->timekeeper)) {
        pa_queue_wake(queue); /* who takes the next one, or keeps the time from now on */
    }
    pthread_mutex_unlock(&queue->lock);
    pa_queue_verify_batch(batch, queue->cache);
    pthread_mutex_lock(&queue->lock);
    queue->statistics.verified += batch->live;
    queue->statistics.batches++;
    if (batch->count > queue->statistics.largest) {
        queue->statistics.largest = batch->count;
    }
    pa_queue_release(queue, batch);
    /* Before the callers wake, who put the next rows: they may begin at once. */
    const bool calls = batch->callbacks > 0;
    if (!calls) {
        end(queue);
    }
    pthread_mutex_unlock(&queue->lock);
    pa_queue_finish(batch);
    if (calls && !answer_callbacks(queue, generation, batch)) {
        return false;
    }
    pthread_mutex_lock(&queue->lock);
    if (calls) {
        end(queue);
    }
    if (pa_queue_let_go(batch)) {
        pa_queue_recycle(queue, batch);
    }
    return true;
}

/* ---- rows that are answered before their batch begins -------------------------------------------- */

typedef struct {
    uint32_t count;
    pa_queue_entry entries[SWEPT];
} answers;

/* Answers what is due in one batch, as far as there is room, and finds its earliest deadline. */
static void sweep_batch(pyaccel_queue *queue, pa_queue_batch *batch, uint64_t now, answers *out)
{
    const uint32_t live = batch->live;
    batch->earliest = PA_NEVER;
    pthread_mutex_lock(&batch->lock);
    for (uint32_t i = 0; i < batch->count; i++) {
        pa_queue_entry *entry = &batch->entries[i];
        if (!entry->answered && entry->deadline <= now && out->count < SWEPT) {
            entry->answered = true;
            if (entry->status == PYACCEL_OK) {
                entry->status = PYACCEL_TIMED_OUT;
                queue->statistics.timed_out++;
            } else {
                queue->statistics.cancelled++;
            }
            batch->live--;
            if (pa_queue_calls(entry)) {
                out->entries[out->count++] = *entry;
            }
        }
        if (!entry->answered && entry->deadline < batch->earliest) {
            batch->earliest = entry->deadline;
        }
    }
    pthread_mutex_unlock(&batch->lock);
    if (batch->live < live && batch->waiters > 0) {
        pthread_cond_broadcast(&batch->answered);
    }
}

static void sweep_list(pyaccel_queue *queue, pa_queue_list *list, uint64_t now, answers *out)
{
    for (pa_queue_batch *batch = list->first, *next; batch != NULL; batch = next) {
        next = batch->next;
        if (batch->earliest <= now) {
            sweep_batch(queue, batch, now, out);
        }
        if (batch->earliest < queue->earliest) {
            queue->earliest = batch->earliest;
        }
        if (batch->live == 0) {
            pa_queue_unlink(queue, batch);
            pa_queue_release(queue, batch);
            pa_queue_finish(batch);
            if (pa_queue_let_go(batch)) {
                pa_queue_recycle(queue, batch);
            }
        }
    }
}

/* Answers rows whose time is over; false in the child of a fork within a callback. */
static bool sweep(pyaccel_queue *queue, uint64_t now)
{
    static const uint8_t none[PA_QUEUE_POINT];
    answers out;
    while (queue->earliest <= now) {
        out.count = 0;
        queue->earliest = PA_NEVER;
        sweep_list(queue, &queue->forming, now, &out);
        for (uint32_t p = 0; p < PYACCEL_QUEUE_PRIORITIES; p++) {
            sweep_list(queue, &queue->full[p], now, &out);
        }
        const uint64_t generation = queue->generation;
        pthread_mutex_unlock(&queue->lock);
        for (uint32_t i = 0; i < out.count; i++) {
            const pa_queue_entry *entry = &out.entries[i];
            if (!call_back(queue, generation, entry, entry->status, none, 0, PYACCEL_REASON_NONE)) {
                return false;
            }
        }
        pthread_mutex_lock(&queue->lock);
    }
    return true;
}

/* ---- threads ------------------------------------------------------------------------------------ */

/* One of the idle threads looks at the clock, the others are woken when there is work. */
static void rest(pyaccel_queue *queue, uint64_t until)
{
    if (until == PA_NEVER || queue->timekeeper) {
        if (queue->timekeeper) {
            /* It may have slept off while no thread was free, for a later time than what may begin now wants. */
            pa_queue_wake_at(queue, until);
        }
        queue->idle++;
        pthread_cond_wait(&queue->work, &queue->lock);
        queue->idle--;
        return;
    }
    queue->timekeeper = true;
    queue->timer_until = until;
    pa_queue_wait(&queue->timer, &queue->lock, until);
    queue->timekeeper = false;
}

static void *worker(void *of)
{
    pyaccel_queue *queue = of;
    pthread_mutex_lock(&queue->lock);
    for (;;) {
        uint64_t when;
        if (!sweep(queue, queue->earliest == PA_NEVER ? 0 : pa_queue_now())) {
            return NULL;
        }
        if (queue->closing && nothing_waits(queue)) {
            break;
        }
        pa_queue_batch *batch =
            take(queue, queue->forming.first == NULL ? 0 : pa_queue_now(), &when);
        if (batch == NULL) {
            rest(queue, when < queue->earliest ? when : queue->earliest);
            continue;
        }
        if (!pa_queue_run(queue, batch)) {
            return NULL;
        }
    }
    pthread_cond_broadcast(&queue->work);
    pthread_cond_broadcast(&queue->timer);
    pthread_mutex_unlock(&queue->lock);
    return NULL;
}

bool pa_queue_start(pyaccel_queue *queue)
{
    while (queue->worker_count < queue->threads &&
           pa_thread_start(&queue->workers[queue->worker_count], worker, queue)) {
        queue->worker_count++;
    }
    return queue->worker_count > 0;
}
