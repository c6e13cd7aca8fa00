/* SPDX-License-Identifier: Apache-2.0 */
/* The public calls of a queue: what they check, and how a row gets in and out. */
#include <stdlib.h>
#include <string.h>

#include "queue.h"

#define DEFAULT_BYTES ((uint64_t)64 << 20)
#define DEFAULT_QUEUE 65536u
#define DEFAULT_BATCH 256u
#define MOST_QUEUE (1u << 24)
#define MOST_BATCH 65536u
#define MOST_THREADS 1024u

/* ---- a queue's life ----------------------------------------------------------------------------- */

static bool options_valid(const pyaccel_queue_options *options)
{
    return PA_OPTIONS_VALID(options) && options->max_queue <= MOST_QUEUE &&
           options->max_batch <= MOST_BATCH && options->threads <= MOST_THREADS;
}

pyaccel_status pyaccel_queue_new(pyaccel_queue **queue, const pyaccel_queue_options *options)
{
    static const pyaccel_queue_options defaults = {.struct_size = sizeof defaults};
    if (queue == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    *queue = NULL;
    options = options == NULL ? &defaults : options;
    if (!options_valid(options)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    const pyaccel_status status = pa_bind();
    if (status != PYACCEL_OK) {
        return status;
    }
    pyaccel_queue *made = calloc(1, sizeof *made);
    const uint32_t threads = pa_thread_count(options->threads);
    pthread_t *workers = calloc(threads, sizeof *workers);
    pa_queue_group *groups = calloc(threads, sizeof *groups);
    if (made == NULL || workers == NULL || groups == NULL) {
        free(made);
        free(workers);
        free(groups);
        return PYACCEL_OUT_OF_MEMORY;
    }
    made->workers = workers;
    made->groups = groups;
    made->threads = threads;
    made->cache = options->cache;
    made->max_bytes = options->max_bytes == 0 ? DEFAULT_BYTES : options->max_bytes;
    made->max_delay = (uint64_t)options->max_delay * 1000;
    made->max_queue = options->max_queue == 0 ? DEFAULT_QUEUE : options->max_queue;
    made->max_batch = options->max_batch == 0 ? DEFAULT_BATCH : options->max_batch;
    made->max_batch = made->max_batch < made->max_queue ? made->max_batch : made->max_queue;
    pthread_mutex_init(&made->lock, NULL);
    pa_queue_condition(&made->work);
    pa_queue_condition(&made->timer);
    pa_queue_condition(&made->room);
    made->working.end = &made->working.first;
    pa_queue_clear(made);
    pa_queue_register(made);
    *queue = made;
    return PYACCEL_OK;
}

/* Calls fn for every batch that has not begun. */
static void for_each(pyaccel_queue *queue, void (*fn)(pa_queue_batch *batch))
{
    for (pa_queue_batch *batch = queue->forming.first; batch != NULL; batch = batch->next) {
        fn(batch);
    }
    for (uint32_t p = 0; p < PYACCEL_QUEUE_PRIORITIES; p++) {
        for (pa_queue_batch *batch = queue->full[p].first; batch != NULL; batch = batch->next) {
            fn(batch);
        }
    }
}

static void discard_rows(pa_queue_batch *batch)
{
    for (uint32_t i = 0; i < batch->count; i++) {
        pa_queue_entry *entry = &batch->entries[i];
        if (!entry->answered && entry->status == PYACCEL_OK) {
            entry->status = PYACCEL_CLOSED;
            entry->deadline = 0;
        }
    }
    batch->earliest = 0;
}

pyaccel_status pyaccel_queue_close(pyaccel_queue *queue, uint32_t discard)
{
    if (queue == NULL || discard > 1 || pa_queue_calling() == queue) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    pthread_mutex_lock(&queue->lock);
    if (!queue->closing) {
        queue->closing = true;
        if (discard == 1) {
            for_each(queue, discard_rows);
            queue->earliest = 0;
        }
        pthread_cond_broadcast(&queue->work);
        pthread_cond_broadcast(&queue->timer);
        pthread_cond_broadcast(&queue->room);
        const uint32_t workers = queue->worker_count;
        pthread_mutex_unlock(&queue->lock);
        for (uint32_t i = 0; i < workers; i++) {
            pthread_join(queue->workers[i], NULL);
        }
        pthread_mutex_lock(&queue->lock);
        queue->worker_count = 0;
        while (queue->inside > 0) {
            pthread_cond_wait(&queue->room, &queue->lock);
        }
        queue->closed = true;
        pthread_cond_broadcast(&queue->room);
    }
    while (!queue->closed) {
        pthread_cond_wait(&queue->room, &queue->lock);
    }
    pthread_mutex_unlock(&queue->lock);
    return PYACCEL_OK;
}

pyaccel_status pyaccel_queue_free(pyaccel_queue *queue)
{
    if (queue == NULL) {
        return PYACCEL_OK;
    }
    const pyaccel_status status = pyaccel_queue_close(queue, 0);
    if (status != PYACCEL_OK) {
        return status;
    }
    pa_queue_unregister(queue);
    pa_queue_free_batches(queue);
    pthread_mutex_destroy(&queue->lock);
    pthread_cond_destroy(&queue->work);
    pthread_cond_destroy(&queue->timer);
    pthread_cond_destroy(&queue->room);
    free(queue->workers);
    free(queue->groups);
    free(queue);
    return PYACCEL_OK;
}

/* ---- a row's way in ----------------------------------------------------------------------------- */

/* What a row is, checked; *bytes: its size. Whether its names go together is asked when a batch of its class is made. */
static bool row_valid(const pyaccel_queue_row *row, uint64_t most, uint64_t *bytes)
{
    if (row->wait > 1 || row->priority >= PYACCEL_QUEUE_PRIORITIES) {
        return false;
    }
    const pa_bytes parts[] = {{row->public_key, row->public_key_size},
                              {row->message, row->message_size},
                              {row->signature, row->signature_size},
                              {row->identity, row->identity_size}};
    *bytes = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (parts[i].size > most - *bytes || (parts[i].data == NULL && parts[i].size > 0)) {
            return false;
        }
        *bytes += parts[i].size;
    }
    return true;
}

static pa_queue_class class_of(const pyaccel_queue_row *row)
{
    return (pa_queue_class){
        .scheme = row->scheme,
        .rule = row->rule,
        .message_hash = row->message_hash,
        .key_format = row->key_format,
        .signature_format = row->signature_format,
        .priority = row->priority,
        .has_identity = row->identity != NULL,
    };
}

/* A recovery as a row, whose class class_of_recovery gives. */
static pyaccel_queue_row row_of_recovery(const pyaccel_queue_recovery *recovery)
{
    return (pyaccel_queue_row){
        .struct_size = sizeof(pyaccel_queue_row),
        .rule = recovery->rule,
        .priority = recovery->priority,
        .message = recovery->digest,
        .message_size = recovery->digest_size,
        .signature = recovery->signature,
        .signature_size = recovery->signature_size,
        .time_out = recovery->time_out,
        .wait = recovery->wait,
    };
}

static bool recovery_valid(const pyaccel_queue_recovery *recovery)
{
    return recovery != NULL && PA_OPTIONS_VALID(recovery) && recovery->addresses <= 1;
}

static pa_queue_class class_of_recovery(const pyaccel_queue_recovery *recovery)
{
    return (pa_queue_class){
        .rule = recovery->rule,
        .priority = recovery->priority,
        .recovered = recovery->addresses == 1 ? PA_QUEUE_ADDRESS : PA_QUEUE_POINT,
    };
}

/* OK where pyaccel_verify_many or _recover_many knows all names of a class: a call of no row says so. */
static pyaccel_status class_status(const pa_queue_class *kind)
{
    const pyaccel_rows none = {.data = NULL};
    if (kind->recovered > 0) {
        const pyaccel_recover_options options = pa_queue_recover_options(kind);
        return pyaccel_recover_many(NULL, 0, NULL, &none, &none, NULL, 0, &options);
    }
    const pyaccel_verify_options options = pa_queue_verify_options(kind, &none);
    return pyaccel_verify_many(NULL, kind->scheme, &none, &none, &none, 0, &options);
}

static bool has_room(const pyaccel_queue *queue, uint64_t bytes)
{
    return queue->rows < queue->max_queue && bytes <= queue->max_bytes - queue->statistics.bytes;
}

/* OK when there is room for `bytes`, else why there is none. */
static pyaccel_status find_room(pyaccel_queue *queue, uint64_t bytes, bool wait, uint64_t deadline)
{
    while (!queue->closing && !has_room(queue, bytes)) {
        if (!wait) {
            queue->statistics.refused++;
            return PYACCEL_OVERLOADED;
        }
        if (deadline != PA_NEVER && pa_queue_now() >= deadline) {
            return PYACCEL_TIMED_OUT;
        }
        queue->wanting_room++;
        pa_queue_wait(&queue->room, &queue->lock, deadline);
        queue->wanting_room--;
    }
    return queue->closing ? PYACCEL_CLOSED : PYACCEL_OK;
}

/* Puts a row into *batch, as its last one. */
static pyaccel_status put_row(pyaccel_queue *queue, pa_queue_batch **batch, pa_queue_class kind,
                              const pyaccel_queue_row *row, pa_queue_entry *entry, uint64_t bytes)
{
    kind.group = pa_queue_calls(entry) ? 0 : pa_queue_group_here(queue);
    if (queue->worker_count == 0 && !pa_queue_start(queue)) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    *batch = pa_queue_forming(queue, &kind);
    if (*batch == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    const pyaccel_status status = (*batch)->count > 0 ? PYACCEL_OK : class_status(&kind);
    entry->ticket = queue->tickets + 1;
    if (status != PYACCEL_OK || !pa_queue_append(queue, *batch, row, entry)) {
        if ((*batch)->count == 0) {
            pa_queue_unlink(queue, *batch);
            pa_queue_recycle(queue, *batch);
        }
        return status == PYACCEL_OK ? PYACCEL_OUT_OF_MEMORY : status;
    }
    queue->tickets++;
    queue->rows++;
    queue->statistics.bytes += bytes;
    queue->statistics.accepted++;
    return PYACCEL_OK;
}

/* Lets threads know of the last row of a batch. */
static void announce(pyaccel_queue *queue, const pa_queue_batch *batch)
{
    const pa_queue_entry *entry = &batch->entries[batch->count - 1];
    if (batch->count == queue->max_batch || (batch->count == 1 && queue->max_delay == 0)) {
        pa_queue_wake(queue);
    } else if (batch->count == 1 ||
               (entry->deadline != PA_NEVER && entry->deadline == batch->earliest)) {
        pa_queue_wake_at(queue, batch->due < entry->deadline ? batch->due : entry->deadline);
    }
}

static uint64_t deadline_of(const pyaccel_queue_row *row)
{
    const uint64_t now = row->time_out == 0 ? 0 : pa_queue_now();
    return row->time_out == 0 || row->time_out > (PA_NEVER - 1 - now) / 1000
               ? PA_NEVER
               : now + row->time_out * 1000;
}

/* Ends a call that began with inside++. */
static void leave(pyaccel_queue *queue)
{
    if (--queue->inside == 0 && queue->closing) {
        pthread_cond_broadcast(&queue->room);
    }
    pthread_mutex_unlock(&queue->lock);
}

/* Queues a row of a class for the callback of an entry. */
static pyaccel_status submit(pyaccel_queue *queue, uint64_t *ticket, pa_queue_class kind,
                             const pyaccel_queue_row *row, pa_queue_entry entry)
{
    uint64_t bytes;
    if (!row_valid(row, queue->max_bytes, &bytes)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    entry.deadline = deadline_of(row);
    pthread_mutex_lock(&queue->lock);
    queue->inside++;
    pyaccel_status status =
        find_room(queue, bytes, row->wait == 1 && pa_queue_calling() != queue, entry.deadline);
    pa_queue_batch *batch;
    if (status == PYACCEL_OK) {
        status = put_row(queue, &batch, kind, row, &entry, bytes);
    }
    if (status == PYACCEL_OK) {
        if (ticket != NULL) {
            *ticket = entry.ticket;
        }
        announce(queue, batch);
    }
    leave(queue);
    return status;
}

pyaccel_status pyaccel_queue_submit(pyaccel_queue *queue, uint64_t *ticket,
                                    const pyaccel_queue_row *row, pyaccel_queue_callback callback,
                                    void *user)
{
    if (ticket != NULL) {
        *ticket = 0;
    }
    if (queue == NULL || row == NULL || callback == NULL || !PA_OPTIONS_VALID(row)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    const pa_queue_entry entry = {.callback = callback, .user = user};
    return submit(queue, ticket, class_of(row), row, entry);
}

pyaccel_status pyaccel_queue_submit_recovery(pyaccel_queue *queue, uint64_t *ticket,
                                             const pyaccel_queue_recovery *recovery,
                                             pyaccel_queue_recovered callback, void *user)
{
    if (ticket != NULL) {
        *ticket = 0;
    }
    if (queue == NULL || callback == NULL || !recovery_valid(recovery)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    const pyaccel_queue_row row = row_of_recovery(recovery);
    const pa_queue_entry entry = {.recovered = callback, .user = user};
    return submit(queue, ticket, class_of_recovery(recovery), &row, entry);
}

/* ---- waiting for a verdict ----------------------------------------------------------------------- */

/* True where the caller that put the last row of a batch may run it. */
static bool leads(const pyaccel_queue *queue, const pa_queue_batch *batch)
{
    return queue->running < queue->threads && batch->callbacks == 0 &&
           (batch->count == queue->max_batch || batch->due == 0);
}

/* True where the queue's cache knows the row. */
static bool is_known(const pyaccel_queue *queue, const pyaccel_queue_row *row)
{
#define ONE(part)                                                                                  \
    (pyaccel_rows)                                                                                 \
    {                                                                                              \
        .data = row->part, .data_size = row->part##_size, .width = row->part##_size                \
    }
    const pyaccel_rows key = ONE(public_key), message = ONE(message), signature = ONE(signature),
                       identity = ONE(identity);
#undef ONE
    const pa_queue_class kind = class_of(row);
    const pyaccel_verify_options options = pa_queue_verify_options(&kind, &identity);
    uint8_t found, tag[PYACCEL_CACHE_TAG_SIZE];
    return queue->cache != NULL &&
           pyaccel_cache_look_up(&found, tag, queue->cache, row->scheme, &key, &message, &signature,
                                 1, &options) == PYACCEL_OK &&
           found == 1;
}

/* Takes a row back whose time is over; false where its batch has begun, or it is answered. Without the lock. */
static bool give_up(pyaccel_queue *queue, pa_queue_batch *batch, pa_queue_entry *entry)
{
    pthread_mutex_lock(&queue->lock);
    /* Cancelled ones are left to the sweep. */
    const bool waits = !batch->begun && !entry->answered && entry->status == PYACCEL_OK;
    if (waits) {
        /* The next sweep finds it answered, and its batch empty where it was the last one. */
        entry->status = PYACCEL_TIMED_OUT;
        entry->answered = true;
        queue->statistics.timed_out++;
        batch->live--;
        batch->earliest = queue->earliest = 0;
        pa_queue_wake(queue);
    }
    pthread_mutex_unlock(&queue->lock);
    return waits;
}

/* Waits until a row is answered, or its time is over before its batch has begun. Without the queue's lock. */
static void wait_for(pyaccel_queue *queue, pa_queue_batch *batch, pa_queue_entry *entry,
                     uint64_t deadline)
{
    pthread_mutex_lock(&batch->lock);
    while (!batch->done && !entry->answered) {
        if (deadline == PA_NEVER || pa_queue_now() < deadline) {
            pa_queue_wait(&batch->answered, &batch->lock, deadline);
            continue;
        }
        deadline = PA_NEVER;
        pthread_mutex_unlock(&batch->lock);
        const bool over = give_up(queue, batch, entry);
        if (over) {
            return;
        }
        pthread_mutex_lock(&batch->lock);
    }
    pthread_mutex_unlock(&batch->lock);
}

/* Row i of a batch: its answer, which its caller, who put it last, runs the batch for or waits for. Unlocks. */
static pyaccel_status answer_of(pyaccel_queue *queue, pa_queue_batch *batch, uint8_t *key,
                                uint8_t *verdict, uint8_t *reason)
{
    const uint32_t i = batch->count - 1;
    pa_queue_entry *entry = &batch->entries[i];
    const uint64_t deadline = entry->deadline;
    pa_queue_group *group = &queue->groups[batch->kind.group];
    const bool due = pa_queue_join(queue, batch);
    if (leads(queue, batch)) {
        pa_queue_unlink(queue, batch);
        pa_queue_run(queue, batch);
        pthread_mutex_unlock(&queue->lock);
    } else {
        announce(queue, batch);
        if (due) {
            pa_queue_wake(queue);
        }
        pthread_mutex_unlock(&queue->lock);
        wait_for(queue, batch, entry, deadline);
    }
    const pyaccel_status status = entry->answered ? entry->status : batch->status;
    if (status == PYACCEL_OK) {
        *verdict = batch->verdicts[i];
        if (reason != NULL) {
            *reason = batch->reasons[i];
        }
        if (key != NULL) {
            memcpy(key, batch->keys + (size_t)i * batch->kind.recovered, batch->kind.recovered);
        }
    }
    atomic_fetch_sub(&group->callers, 1);
    if (pa_queue_let_go(batch)) {
        pthread_mutex_lock(&queue->lock);
        pa_queue_recycle(queue, batch);
        pthread_mutex_unlock(&queue->lock);
    }
    return status;
}

/* Nothing is valid before it was found so. */
static void close_outputs(uint8_t *verdict, uint8_t *reason)
{
    if (verdict != NULL) {
        *verdict = 0;
    }
    if (reason != NULL) {
        *reason = PYACCEL_REASON_NONE;
    }
}

/* Queues a row of a class and waits for its answer. key: of recoveries, or NULL. */
static pyaccel_status ask(pyaccel_queue *queue, uint8_t *key, uint8_t *verdict, uint8_t *reason,
                          pa_queue_class kind, const pyaccel_queue_row *row)
{
    uint64_t bytes;
    if (pa_queue_calling() == queue || !row_valid(row, queue->max_bytes, &bytes)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    pa_queue_entry mine = {.deadline = deadline_of(row)};
    const bool known = kind.recovered == 0 && is_known(queue, row);
    pthread_mutex_lock(&queue->lock);
    queue->inside++;
    if (known && !queue->closing) {
        *verdict = 1;
        queue->statistics.known++;
        leave(queue);
        return PYACCEL_OK;
    }
    pyaccel_status status = find_room(queue, bytes, row->wait == 1, mine.deadline);
    pa_queue_batch *batch;
    if (status == PYACCEL_OK) {
        status = put_row(queue, &batch, kind, row, &mine, bytes);
    }
    if (status == PYACCEL_OK) {
        return answer_of(queue, batch, key, verdict, reason); /* which leaves with the batch */
    }
    leave(queue);
    return status;
}

pyaccel_status pyaccel_queue_verify(pyaccel_queue *queue, uint8_t *verdict, uint8_t *reason,
                                    const pyaccel_queue_row *row)
{
    close_outputs(verdict, reason);
    if (queue == NULL || row == NULL || verdict == NULL || !PA_OPTIONS_VALID(row)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    return ask(queue, NULL, verdict, reason, class_of(row), row);
}

pyaccel_status pyaccel_queue_recover(pyaccel_queue *queue, uint8_t *key, uint64_t key_size,
                                     uint8_t *verdict, uint8_t *reason,
                                     const pyaccel_queue_recovery *recovery)
{
    close_outputs(verdict, reason);
    if (key != NULL) {
        memset(key, 0, key_size < PA_QUEUE_POINT ? (size_t)key_size : PA_QUEUE_POINT);
    }
    if (queue == NULL || key == NULL || verdict == NULL || !recovery_valid(recovery)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    const pa_queue_class kind = class_of_recovery(recovery);
    const pyaccel_queue_row row = row_of_recovery(recovery);
    return key_size < kind.recovered ? PYACCEL_INVALID_ARGUMENT
                                     : ask(queue, key, verdict, reason, kind, &row);
}

/* ---- the rest ----------------------------------------------------------------------------------- */

/* Takes back the row with this ticket if it waits; tickets of a batch increase. */
static bool cancel_row(pa_queue_batch *batch, uint64_t ticket)
{
    for (; batch != NULL; batch = batch->next) {
        if (ticket < batch->entries[0].ticket || ticket > batch->entries[batch->count - 1].ticket) {
            continue;
        }
        for (uint32_t i = 0; i < batch->count; i++) {
            pa_queue_entry *entry = &batch->entries[i];
            if (entry->ticket == ticket && !entry->answered && entry->status == PYACCEL_OK) {
                entry->status = PYACCEL_CANCELLED;
                entry->deadline = batch->earliest = 0;
                return true;
            }
        }
    }
    return false;
}

pyaccel_status pyaccel_queue_cancel(pyaccel_queue *queue, uint64_t ticket)
{
    if (queue == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    pthread_mutex_lock(&queue->lock);
    bool waits = cancel_row(queue->forming.first, ticket);
    for (uint32_t p = 0; p < PYACCEL_QUEUE_PRIORITIES && !waits; p++) {
        waits = cancel_row(queue->full[p].first, ticket);
    }
    if (waits) {
        queue->earliest = 0;
        pa_queue_wake(queue);
    }
    pthread_mutex_unlock(&queue->lock);
    return waits ? PYACCEL_OK : PYACCEL_INVALID_ARGUMENT;
}

static void make_due(pa_queue_batch *batch)
{
    batch->due = 0;
}

pyaccel_status pyaccel_queue_flush(pyaccel_queue *queue)
{
    if (queue == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    pthread_mutex_lock(&queue->lock);
    for_each(queue, make_due);
    pa_queue_wake(queue);
    pthread_mutex_unlock(&queue->lock);
    return PYACCEL_OK;
}

pyaccel_status pyaccel_queue_statistics_get(pyaccel_queue_statistics *statistics,
                                            pyaccel_queue *queue)
{
    if (statistics == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    if (queue == NULL) {
        *statistics = (pyaccel_queue_statistics){0};
        return PYACCEL_INVALID_ARGUMENT;
    }
    pthread_mutex_lock(&queue->lock);
    *statistics = queue->statistics;
    statistics->rows = queue->rows;
    pthread_mutex_unlock(&queue->lock);
    return PYACCEL_OK;
}
