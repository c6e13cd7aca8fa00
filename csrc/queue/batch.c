/* SPDX-License-Identifier: Apache-2.0 */
/* Batches that form: rows are appended to columns as pyaccel_verify_many takes them, so that nothing is gathered later. */
#include <stdlib.h>
#include <string.h>

#include "queue.h"

/* Columns keep no more memory than this for their next use. */
#define KEPT_BYTES ((uint64_t)1 << 20)
#define FIRST_BYTES 4096

static pa_queue_batch *make(const pyaccel_queue *queue)
{
    const size_t rows = queue->max_batch, offsets = (rows + 1) * sizeof(uint64_t);
    pa_queue_batch *batch = calloc(1, sizeof *batch);
    uint8_t *memory =
        malloc(rows * (sizeof *batch->entries + 2 + PA_QUEUE_POINT) + PA_QUEUE_COLUMNS * offsets);
    if (batch == NULL || memory == NULL) {
        free(batch);
        free(memory);
        return NULL;
    }
    batch->entries = (pa_queue_entry *)(void *)memory;
    memory += rows * sizeof *batch->entries;
    for (int c = 0; c < PA_QUEUE_COLUMNS; c++, memory += offsets) {
        batch->columns[c].offsets = (uint64_t *)(void *)memory;
        batch->columns[c].offsets[0] = 0;
    }
    batch->verdicts = memory;
    batch->reasons = memory + rows;
    batch->keys = memory + 2 * rows;
    return batch;
}

static void free_batch(pa_queue_batch *batch)
{
    for (int c = 0; c < PA_QUEUE_COLUMNS; c++) {
        free(batch->columns[c].bytes);
    }
    free(batch->entries);
    free(batch);
}

static void put(pa_queue_list *list, pa_queue_batch *batch)
{
    batch->next = NULL;
    *list->end = batch;
    list->end = &batch->next;
}

static void take_out(pa_queue_list *list, pa_queue_batch *batch)
{
    pa_queue_batch **link = &list->first;
    while (*link != batch) {
        link = &(*link)->next;
    }
    *link = batch->next;
    if (list->end == &batch->next) {
        list->end = link;
    }
}

void pa_queue_free_batches(pyaccel_queue *queue)
{
    pa_queue_batch *const firsts[] = {queue->spare, queue->working.first};
    for (int list = 0; list < 2; list++) {
        for (pa_queue_batch *batch = firsts[list], *next; batch != NULL; batch = next) {
            next = batch->next;
            free_batch(batch);
        }
    }
}

void pa_queue_clear(pyaccel_queue *queue)
{
    queue->forming.first = NULL;
    queue->forming.end = &queue->forming.first;
    for (uint32_t p = 0; p < PYACCEL_QUEUE_PRIORITIES; p++) {
        queue->full[p].first = NULL;
        queue->full[p].end = &queue->full[p].first;
    }
    queue->earliest = PA_NEVER;
}

static void make_spare(pyaccel_queue *queue, pa_queue_batch *batch)
{
    batch->next = queue->spare;
    queue->spare = batch;
    queue->spares++;
}

void pa_queue_forget(pyaccel_queue *queue)
{
    pa_queue_list *const lists[] = {&queue->forming, queue->full};
    for (uint32_t p = 0; p <= PYACCEL_QUEUE_PRIORITIES; p++) {
        pa_queue_list *list = p == 0 ? lists[0] : &lists[1][p - 1];
        for (pa_queue_batch *batch = list->first, *next; batch != NULL; batch = next) {
            next = batch->next;
            make_spare(queue, batch);
        }
    }
    pa_queue_clear(queue);
}

void pa_queue_unlink(pyaccel_queue *queue, pa_queue_batch *batch)
{
    take_out(batch->count < queue->max_batch ? &queue->forming : &queue->full[batch->kind.priority],
             batch);
    put(&queue->working, batch);
    queue->gathering -= batch->waiters;
}

static bool same_kind(const pa_queue_class *a, const pa_queue_class *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

pa_queue_batch *pa_queue_forming(pyaccel_queue *queue, const pa_queue_class *kind)
{
    for (pa_queue_batch *batch = queue->forming.first; batch != NULL; batch = batch->next) {
        if (same_kind(&batch->kind, kind)) {
            return batch;
        }
    }
    pa_queue_batch *batch = queue->spare;
    if (batch != NULL) {
        queue->spare = batch->next;
        queue->spares--;
    } else {
        batch = make(queue);
        if (batch == NULL) {
            return NULL;
        }
    }
    /* Made here, since those that were in use when a fork came are of no use in the child. */
    pthread_mutex_init(&batch->lock, NULL);
    pa_queue_condition(&batch->answered);
    batch->holders = 1;
    batch->kind = *kind;
    batch->count = batch->live = batch->callbacks = batch->waiters = 0;
    batch->begun = batch->done = false;
    batch->bytes = 0;
    batch->due = queue->max_delay == 0 ? 0 : pa_queue_now() + queue->max_delay;
    batch->earliest = PA_NEVER;
    batch->status = PYACCEL_OK;
    put(&queue->forming, batch);
    return batch;
}

static bool reserve(pa_queue_column *column, uint64_t size)
{
    if (size <= column->capacity) {
        return true;
    }
    uint64_t capacity = column->capacity < FIRST_BYTES ? FIRST_BYTES : 2 * column->capacity;
    capacity = capacity < size ? size : capacity;
    uint8_t *bytes = capacity > SIZE_MAX ? NULL : realloc(column->bytes, (size_t)capacity);
    if (bytes == NULL) {
        return false;
    }
    column->bytes = bytes;
    column->capacity = capacity;
    return true;
}

bool pa_queue_append(pyaccel_queue *queue, pa_queue_batch *batch, const pyaccel_queue_row *row,
                     const pa_queue_entry *entry)
{
    const pa_bytes parts[PA_QUEUE_COLUMNS] = {
        [PA_QUEUE_KEY] = {row->public_key, row->public_key_size},
        [PA_QUEUE_MESSAGE] = {row->message, row->message_size},
        [PA_QUEUE_SIGNATURE] = {row->signature, row->signature_size},
        [PA_QUEUE_IDENTITY] = {row->identity, row->identity_size},
    };
    for (int c = 0; c < PA_QUEUE_COLUMNS; c++) {
        pa_queue_column *column = &batch->columns[c];
        if (!reserve(column, column->offsets[batch->count] + parts[c].size)) {
            return false;
        }
    }
    for (int c = 0; c < PA_QUEUE_COLUMNS; c++) {
        uint64_t *end = batch->columns[c].offsets + batch->count;
        if (parts[c].size > 0) {
            memcpy(batch->columns[c].bytes + end[0], parts[c].data, (size_t)parts[c].size);
        }
        end[1] = end[0] + parts[c].size;
        batch->bytes += parts[c].size;
    }
    if (batch->count + 1 == queue->max_batch) {
        take_out(&queue->forming, batch);
        put(&queue->full[batch->kind.priority], batch);
    }
    batch->entries[batch->count++] = *entry;
    batch->live++;
    batch->callbacks += pa_queue_calls(entry);
    batch->earliest = entry->deadline < batch->earliest ? entry->deadline : batch->earliest;
    queue->earliest = batch->earliest < queue->earliest ? batch->earliest : queue->earliest;
    return true;
}

static pyaccel_rows rows_of(const pa_queue_batch *batch, int column)
{
    const pa_queue_column *from = &batch->columns[column];
    return (pyaccel_rows){.data = from->bytes,
                          .data_size = from->offsets[batch->count],
                          .offsets = from->offsets,
                          .offset_bits = 64};
}

void pa_queue_verify_batch(pa_queue_batch *batch, pyaccel_cache *cache)
{
    const pyaccel_rows keys = rows_of(batch, PA_QUEUE_KEY);
    const pyaccel_rows messages = rows_of(batch, PA_QUEUE_MESSAGE);
    const pyaccel_rows signatures = rows_of(batch, PA_QUEUE_SIGNATURE);
    const pyaccel_rows identities = rows_of(batch, PA_QUEUE_IDENTITY);
    if (batch->kind.recovered > 0) {
        pyaccel_recover_options options = pa_queue_recover_options(&batch->kind);
        options.reasons = batch->reasons;
        batch->status = pyaccel_recover_many(
            batch->keys, (uint64_t)batch->count * batch->kind.recovered, batch->verdicts, &messages,
            &signatures, NULL, batch->count, &options);
        return;
    }
    pyaccel_verify_options options = pa_queue_verify_options(&batch->kind, &identities);
    options.reasons = batch->reasons;
    options.cache = cache;
    batch->status = pyaccel_verify_many(batch->verdicts, batch->kind.scheme, &keys, &messages,
                                        &signatures, batch->count, &options);
}

/* True where nothing but batches that wait for company, and the one that ends, holds rows. */
static bool only_forming(const pyaccel_queue *queue)
{
    bool full = false;
    for (uint32_t p = 0; p < PYACCEL_QUEUE_PRIORITIES; p++) {
        full = full || queue->full[p].first != NULL;
    }
    return !full && queue->running <= 1;
}

void pa_queue_release(pyaccel_queue *queue, pa_queue_batch *batch)
{
    queue->rows -= batch->count;
    queue->statistics.bytes -= batch->bytes;
    /* Not for every batch: who waits for room then comes to much of it, and sleeps seldom. */
    const bool much =
        queue->rows <= queue->max_queue / 2 && queue->statistics.bytes <= queue->max_bytes / 2;
    if (queue->wanting_room > 0 && (much || only_forming(queue))) {
        pthread_cond_broadcast(&queue->room);
    }
}

void pa_queue_finish(pa_queue_batch *batch)
{
    pthread_mutex_lock(&batch->lock);
    batch->done = true;
    pthread_mutex_unlock(&batch->lock);
    pthread_cond_broadcast(&batch->answered);
}

bool pa_queue_let_go(pa_queue_batch *batch)
{
    return atomic_fetch_sub(&batch->holders, 1) == 1;
}

void pa_queue_recycle(pyaccel_queue *queue, pa_queue_batch *batch)
{
    take_out(&queue->working, batch);
    queue->inside -= batch->waiters;
    if (queue->inside == 0 && queue->closing) {
        pthread_cond_broadcast(&queue->room);
    }
    pthread_cond_destroy(&batch->answered);
    pthread_mutex_destroy(&batch->lock);
    if (queue->spares > queue->threads) {
        free_batch(batch);
        return;
    }
    for (int c = 0; c < PA_QUEUE_COLUMNS; c++) {
        if (batch->columns[c].capacity > KEPT_BYTES) {
            free(batch->columns[c].bytes);
            batch->columns[c].bytes = NULL;
            batch->columns[c].capacity = 0;
        }
    }
    make_spare(queue, batch);
}
