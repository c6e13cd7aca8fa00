/* SPDX-License-Identifier: Apache-2.0 */
/* pyaccel_hash_many: checks the call, then cuts the batch into ranges for the threads. */
#include <string.h>

#include "algorithm.h"
#include "blake2.h"
#include "blake3.h"
#include "hmac.h"
#include "poseidon2.h"
#include "streaming.h"

typedef struct {
    uint8_t *digests;
    uint64_t digest_size;
    uint32_t algorithm;
    const pyaccel_rows *messages;
    const struct pa_hash_engine *engine; /* NULL: segments */
    union {
        pa_blake2_job blake2;
        pa_blake3_job blake3;
        pa_hmac_job hmac;
        pa_poseidon2_job poseidon2;
    } job; /* the engine's; it may hold what a key made */
    bool secret;
} hash_batch;

static pyaccel_status hash_range(void *context, uint64_t first, uint64_t last)
{
    const hash_batch *batch = context;
    uint8_t *digests = batch->digests + first * batch->digest_size;
    if (batch->engine != NULL) {
        pyaccel_status status =
            batch->engine->rows(&batch->job, digests, batch->messages, first, last - first);
        if (batch->secret) {
            pa_wipe_stack(); /* this thread's */
        }
        return status;
    }
    return pa_hash_segments(batch->algorithm, digests, batch->digest_size, NULL, batch->messages, 1,
                            first, last - first);
}

#define WHOLE_GROUPS 96u /* rows that leave no lane of 32 or 48 idle */
#define NARROW_GROUPS 8u /* rows that leave none of 8 idle */

/* Rows a range: about 256 KiB, which outweighs handing it to a thread and lets progress be heard now and then; more where rows
 * differ in size, since lanes fill with such as are alike: 1 MiB, or 16 where there is one thread. Long rows that are too few to
 * give whole groups to every thread are shared out among them. */
static uint64_t range_rows(const pyaccel_rows *messages, uint64_t n, uint64_t digest_size,
                           uint32_t threads)
{
    const bool differ = messages->offset_bits != 0;
    const uint64_t bytes = differ ? messages->data_size / n : messages->width;
    const uint64_t lines = !differ ? 4096 : pa_thread_count(threads) == 1 ? 262144 : 16384;
    const uint64_t rows = lines / (bytes / 64 + digest_size / 64 + 1) + 1;
    const uint64_t share = (n - 1) / pa_thread_count(threads) + 1;
    if (rows < WHOLE_GROUPS && share < WHOLE_GROUPS) {
        return (share + NARROW_GROUPS - 1) / NARROW_GROUPS * NARROW_GROUPS;
    }
    return (rows + WHOLE_GROUPS - 1) / WHOLE_GROUPS * WHOLE_GROUPS;
}

/* The digest size that a call is about, right or wrong; 0 where it can't be told. */
static uint64_t digest_bytes(const pa_hash_algorithm *algorithm,
                             const pyaccel_hash_options *options)
{
    uint64_t wanted = options != NULL && PA_OPTIONS_VALID(options) ? options->digest_size : 0;
    return algorithm ? pa_hash_digest_bytes(algorithm, wanted) : 0;
}

/* True where one row takes the way of single messages, and no lanes that a spec names. */
static bool is_single(const pa_hash_algorithm *algorithm)
{
    if (algorithm->engine != NULL) {
        return algorithm->engine->streaming != NULL;
    }
    const pa_hash_menu *menu = pa_hash_menu_get(algorithm);
    const pa_hash_plan *any = &menu->plans[PA_HASH_ANY];
    return menu->kernels[menu->count - 1] == NULL && any->items[any->first[1]].lanes == 1;
}

static pyaccel_status hash_row(uint8_t *digest, uint64_t digest_size,
                               const pa_hash_algorithm *algorithm, const pyaccel_rows *messages,
                               const pyaccel_hash_options *options)
{
    const struct pa_hash_streaming *streaming =
        algorithm->engine ? algorithm->engine->streaming : &pa_blocks_streaming;
    pa_bytes row;
    if (!pa_rows_get(&row, messages, 0)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    streaming->one(algorithm, options, digest, digest_size, row.data, row.size);
    if (pa_hash_has_secret(options)) {
        pa_wipe_stack();
    }
    return PYACCEL_OK;
}

/* Field by field, since an initializer would zero the whole job, of which an algorithm without an engine takes nothing. */
static pyaccel_status hash_rows(uint8_t *digests, uint64_t digest_size, uint32_t algorithm,
                                const pa_hash_algorithm *found, const pyaccel_rows *messages,
                                uint64_t n, const pyaccel_hash_options *options)
{
    hash_batch batch;
    batch.digests = digests;
    batch.digest_size = digest_size;
    batch.algorithm = algorithm;
    batch.messages = messages;
    batch.engine = found->engine;
    batch.secret = pa_hash_has_secret(options);
    if (batch.engine != NULL) {
        batch.engine->begin(&batch.job, found, options, digest_size);
    }
    if (batch.secret) {
        pa_wipe_stack();
    }
    pyaccel_status status =
        pa_parallel(options->threads, n, range_rows(messages, n, digest_size, options->threads),
                    hash_range, &batch, options->progress, options->user);
    if (batch.engine != NULL) {
        pa_wipe(&batch.job, sizeof batch.job);
    }
    return status;
}

static pyaccel_status hash_checked(uint8_t *digests, uint64_t digests_size, uint32_t algorithm,
                                   const pyaccel_rows *messages, uint64_t n,
                                   const pyaccel_hash_options *options)
{
    static const pyaccel_hash_options defaults = {.struct_size = sizeof defaults};
    const pa_hash_algorithm *found = pa_hash_algorithm_get(algorithm);
    const uint64_t digest_size = digest_bytes(found, options);
    if (options == NULL) {
        options = &defaults;
    }
    if (digest_size == 0 || !pa_hash_options_valid(found, options) || !pa_rows_valid(messages, n)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    if (n == 0) {
        return pa_bind();
    }
    if (digests == NULL || n > digests_size / digest_size ||
        pa_rows_overlap(messages, n, digests, n * digest_size)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    pyaccel_status status = pa_bind();
    if (status != PYACCEL_OK) {
        return status;
    }
    if (n == 1 && options->progress == NULL && is_single(found)) {
        return hash_row(digests, digest_size, found, messages, options);
    }
    return hash_rows(digests, digest_size, algorithm, found, messages, n, options);
}

/* Bytes a row that a failed call closes: its digest size; where that is wrong, what the caller may expect. */
static uint64_t closed_bytes(const pa_hash_algorithm *algorithm,
                             const pyaccel_hash_options *options)
{
    uint64_t d = digest_bytes(algorithm, options);
    if (d > 0) {
        return d;
    }
    if (algorithm == NULL) {
        return PA_HASH_MAX_DIGEST;
    }
    return algorithm->variable ? options->digest_size : pa_hash_digest_bytes(algorithm, 0);
}

pyaccel_status pyaccel_hash_many(uint8_t *digests, uint64_t digests_size, uint32_t algorithm,
                                 const pyaccel_rows *messages, uint64_t n,
                                 const pyaccel_hash_options *options)
{
    pyaccel_status status = hash_checked(digests, digests_size, algorithm, messages, n, options);
    if (status != PYACCEL_OK && digests != NULL) {
        uint64_t d = closed_bytes(pa_hash_algorithm_get(algorithm), options);
        memset(digests, 0, (size_t)(n > digests_size / d ? digests_size : n * d));
    }
    return status;
}
