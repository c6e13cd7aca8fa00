/* SPDX-License-Identifier: Apache-2.0 */
/* Rows that a cache knows are not verified again: the others of a block are put together, verified as one batch, and those that
 * are valid kept. */
#include <stdlib.h>
#include <string.h>

#include "cache.h"
#include "cache_tags.h"

#define TAG PYACCEL_CACHE_TAG_SIZE
/* Rows of a block: enough for every thread's ranges, and 2 MiB of tags. */
#define BLOCK 65536u

/* Tells the caller of rows of the whole call. */
typedef struct {
    pyaccel_progress progress;
    void *user;
    uint64_t before, n;
} report;

static int tell(void *user, uint64_t done, uint64_t total)
{
    (void)total;
    const report *r = user;
    return r->progress(r->user, r->before + done, r->n);
}

/* Some rows of one column in a row; what is read once, from offsets that others may write, is what is copied. */
typedef struct {
    pyaccel_rows rows;
    uint8_t *bytes;
    uint64_t *offsets;
} column;

static pyaccel_status gather(column *out, const pyaccel_rows *from, const uint32_t *rows,
                             uint64_t count)
{
    if (from->offsets == NULL && (from->stride == 0 || from->width == 0)) {
        out->rows = *from;
        return PYACCEL_OK;
    }
    pa_bytes *parts = malloc((size_t)count * sizeof *parts);
    out->offsets = malloc((size_t)(count + 1) * sizeof *out->offsets);
    uint64_t size = 0;
    bool valid = parts != NULL && out->offsets != NULL;
    if (!valid) {
        free(parts);
        return PYACCEL_OUT_OF_MEMORY;
    }
    for (uint64_t j = 0; j < count && valid; j++) {
        out->offsets[j] = size;
        valid = pa_rows_get(&parts[j], from, rows[j]) && parts[j].size <= PTRDIFF_MAX - size;
        size += parts[j].size;
    }
    out->offsets[count] = size;
    out->bytes = valid ? malloc(size == 0 ? 1 : (size_t)size) : NULL;
    for (uint64_t j = 0; j < count && out->bytes != NULL; j++) {
        if (parts[j].size > 0) {
            memcpy(out->bytes + out->offsets[j], parts[j].data, (size_t)parts[j].size);
        }
    }
    free(parts);
    out->rows = (pyaccel_rows){
        .data = out->bytes, .data_size = size, .offsets = out->offsets, .offset_bits = 64};
    return !valid               ? PYACCEL_INVALID_ARGUMENT
           : out->bytes == NULL ? PYACCEL_OUT_OF_MEMORY
                                : PYACCEL_OK;
}

static void drop(column *of)
{
    free(of->bytes);
    free(of->offsets);
}

/* One block: verdicts hold what was found, and are completed. unknown: the rows that were not, ascending. */
typedef struct {
    uint8_t *verdicts, *reasons; /* reasons may be NULL */
    const struct pa_verify_kernel *kernel;
    const pa_verify_job *job;
    uint32_t threads;
    pyaccel_progress progress;
    report *report;
} block;

/* The unknown rows of a block as a job of their own; keys are pointed at, not copied. */
static pyaccel_status verify_unknown(const block *of, const uint32_t *unknown, uint32_t *key_index,
                                     uint64_t count)
{
    pa_verify_job job = *of->job;
    const volatile uint32_t *index = job.key_index;
    for (uint64_t j = 0; j < count; j++) {
        key_index[j] = index == NULL ? unknown[j] : index[unknown[j]];
    }
    job.key_index = key_index;
    column messages = {0}, signatures = {0}, identities = {0};
    uint8_t *answers = malloc((size_t)(2 * count));
    pyaccel_status status = answers == NULL ? PYACCEL_OUT_OF_MEMORY : PYACCEL_OK;
    if (status == PYACCEL_OK) {
        status = gather(&messages, job.messages, unknown, count);
    }
    if (status == PYACCEL_OK) {
        status = gather(&signatures, job.signatures, unknown, count);
    }
    if (status == PYACCEL_OK && job.identity != NULL) {
        status = gather(&identities, job.identity, unknown, count);
        job.identity = &identities.rows;
    }
    if (status == PYACCEL_OK) {
        job.messages = &messages.rows;
        job.signatures = &signatures.rows;
        status = pa_verify_rows(answers, answers + count, of->kernel, &job, count, of->threads,
                                of->progress, of->report);
    }
    for (uint64_t j = 0; j < count && status == PYACCEL_OK; j++) {
        of->verdicts[unknown[j]] = answers[j];
        if (of->reasons != NULL) {
            of->reasons[unknown[j]] = answers[count + j];
        }
    }
    free(answers);
    drop(&messages);
    drop(&signatures);
    drop(&identities);
    return status;
}

/* tags: n of them; indices: room for 2 n. */
static pyaccel_status verify_block(const block *of, uint64_t n, uint8_t *tags, uint32_t *indices,
                                   pyaccel_cache *cache)
{
    pyaccel_status status =
        pa_cache_look_up(of->verdicts, tags, cache, of->kernel->scheme, of->job, n, of->threads);
    if (status != PYACCEL_OK) {
        return status;
    }
    uint64_t count = 0;
    for (uint64_t i = 0; i < n; i++) {
        indices[count] = (uint32_t)i;
        count += of->verdicts[i] == 0;
    }
    if (of->reasons != NULL) {
        memset(of->reasons, PYACCEL_REASON_NONE, (size_t)n);
    }
    of->report->before += n - count;
    if (count == 0) {
        return of->progress != NULL && tell(of->report, 0, 0) != 0 ? PYACCEL_CANCELLED : PYACCEL_OK;
    }
    status = count == n ? pa_verify_rows(of->verdicts, of->reasons, of->kernel, of->job, n,
                                         of->threads, of->progress, of->report)
                        : verify_unknown(of, indices, indices + n, count);
    for (uint64_t j = 0; j < count && status == PYACCEL_OK; j++) {
        if (of->verdicts[indices[j]] == 1) {
            pa_cache_keep(cache, tags + (uint64_t)indices[j] * TAG);
        }
    }
    of->report->before += count;
    return status;
}

/* The job of rows from `first` on, keys among them where each row has its own. */
typedef struct {
    pa_verify_job job;
    pyaccel_rows keys, messages, signatures, identity;
} tail;

static void begin_tail(tail *out, const pa_verify_job *job, uint64_t first, uint64_t prepared_size)
{
    out->job = *job;
    out->messages = pa_rows_from(job->messages, first);
    out->signatures = pa_rows_from(job->signatures, first);
    out->job.messages = &out->messages;
    out->job.signatures = &out->signatures;
    if (job->identity != NULL) {
        out->identity = pa_rows_from(job->identity, first);
        out->job.identity = &out->identity;
    }
    if (job->key_index != NULL) {
        out->job.key_index += first;
        return;
    }
    out->keys = pa_rows_from(job->public_keys, first);
    out->job.public_keys = &out->keys;
    out->job.key_count -= first;
    const uint64_t prepared = first < job->prepared_count ? first : job->prepared_count;
    if (prepared > 0) {
        out->job.prepared += prepared * prepared_size;
        out->job.prepared_count -= prepared;
    }
}

pyaccel_status pa_verify_cached(uint8_t *verdicts, const struct pa_verify_kernel *kernel,
                                const pa_verify_job *job, uint64_t n,
                                const pyaccel_verify_options *options)
{
    const uint64_t most = n < BLOCK ? n : BLOCK;
    uint8_t *tags = malloc((size_t)most * TAG);
    uint32_t *indices = malloc((size_t)most * 2 * sizeof *indices);
    pyaccel_status status = tags == NULL || indices == NULL ? PYACCEL_OUT_OF_MEMORY : PYACCEL_OK;
    report told = {.progress = options->progress, .user = options->user, .n = n};
    for (uint64_t first = 0; first < n && status == PYACCEL_OK; first += BLOCK) {
        tail from;
        begin_tail(&from, job, first, kernel->prepared_size);
        const block of = {.verdicts = verdicts + first,
                          .reasons = options->reasons == NULL ? NULL : options->reasons + first,
                          .kernel = kernel,
                          .job = &from.job,
                          .threads = options->threads,
                          .progress = options->progress == NULL ? NULL : tell,
                          .report = &told};
        status =
            verify_block(&of, n - first < BLOCK ? n - first : BLOCK, tags, indices, options->cache);
    }
    free(tags);
    free(indices);
    return status;
}
