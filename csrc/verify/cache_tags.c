/* SPDX-License-Identifier: Apache-2.0 */
/* Tags of rows: all that a verdict depends on, written one behind the other with every size in front, so that no two rows write
 * the same, and hashed in lanes by keyed BLAKE3. */
#include <stdlib.h>
#include <string.h>

#include "../core/bytes.h"
#include "../hash/blake3.h"
#include "cache.h"
#include "cache_tags.h"

#define TAG PYACCEL_CACHE_TAG_SIZE
/* Rows that are written, then hashed, together: lanes full, and a scratch that stays in the second cache. */
#define GROUP 64u
#define RANGE 1024u
#define HEADER 20u
/* Bytes of key, identity and signature together; of a message that is written itself, not its digest. */
#define MOST_PARTS 512u
#define MOST_MESSAGE 1024u
#define MOST_ROW (HEADER + MOST_PARTS + MOST_MESSAGE)

static const char default_identity[] = "1234567812345678";

typedef struct {
    uint8_t *found, *tags;
    pyaccel_cache *cache;
    uint32_t scheme;
    const pa_verify_job *job;
    pa_blake3_job tag, message;
} look_up;

static void begin(pa_blake3_job *job, const uint8_t key[32])
{
    const pyaccel_hash_options options = {
        .struct_size = sizeof options, .key = key, .key_size = 32};
    pa_blake3_engine.begin(job, pa_hash_algorithm_get(PYACCEL_HASH_BLAKE3), &options, TAG);
}

static uint8_t *append(uint8_t *to, const uint8_t *from, uint64_t size)
{
    if (size > 0) {
        memcpy(to, from, (size_t)size);
    }
    return to + size;
}

static void store_size(uint8_t *to, uint64_t size)
{
    pa_store_le32(to, (uint32_t)size);
    pa_store_le32(to + 4, (uint32_t)(size >> 32));
}

/* Writes row i and returns its end, `to` where it is not to be kept, NULL where an offset or index is bad. */
static uint8_t *write_row(uint8_t *to, const look_up *of, uint64_t i)
{
    const pa_verify_job *job = of->job;
    pa_bytes key, message, signature, identity = {NULL, 0};
    const void *prepared;
    if (!pa_verify_key(&key, &prepared, job, 0, i) || !pa_rows_get(&message, job->messages, i) ||
        !pa_rows_get(&signature, job->signatures, i) ||
        (job->identity != NULL && !pa_rows_get(&identity, job->identity, i))) {
        return NULL;
    }
    if (job->identity == NULL && of->scheme == PYACCEL_SCHEME_SM2 && job->message_hash == 0) {
        identity = (pa_bytes){(const uint8_t *)default_identity, sizeof default_identity - 1};
    }
    if (key.size > MOST_PARTS || identity.size > MOST_PARTS || signature.size > MOST_PARTS ||
        key.size + identity.size + signature.size > MOST_PARTS) {
        return to;
    }
    const uint8_t names[6] = {(uint8_t)of->scheme,
                              (uint8_t)job->rule,
                              (uint8_t)job->message_hash,
                              (uint8_t)job->key_format,
                              (uint8_t)job->signature_format,
                              0};
    memcpy(to, names, sizeof names);
    store_size(to + 6, message.size);
    const uint64_t sizes[3] = {key.size, identity.size, signature.size};
    for (int part = 0; part < 3; part++) {
        to[14 + 2 * part] = (uint8_t)sizes[part];
        to[15 + 2 * part] = (uint8_t)(sizes[part] >> 8);
    }
    uint8_t *end = append(to + HEADER, key.data, key.size);
    end = append(end, identity.data, identity.size);
    end = append(end, signature.data, signature.size);
    if (message.size <= MOST_MESSAGE) {
        return append(end, message.data, message.size);
    }
    pa_blake3_one(&of->message, end, message);
    return end + TAG;
}

/* Rows [first, first + count) through a scratch of GROUP rows. */
static bool look_up_group(const look_up *of, uint64_t first, uint32_t count, uint8_t *scratch)
{
    uint32_t offsets[GROUP + 1] = {0};
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *end = write_row(scratch + offsets[i], of, first + i);
        if (end == NULL) {
            return false;
        }
        offsets[i + 1] = (uint32_t)(end - scratch);
    }
    uint8_t *tags = of->tags + first * TAG;
    const pyaccel_rows rows = {
        .data = scratch, .data_size = offsets[count], .offsets = offsets, .offset_bits = 32};
    if (pa_blake3_rows(&of->tag, tags, &rows, 0, count) != PYACCEL_OK) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (offsets[i] == offsets[i + 1]) {
            memset(tags + i * TAG, 0, TAG);
        }
        pa_cache_prefetch(of->cache, tags + i * TAG);
    }
    for (uint32_t i = 0; i < count; i++) {
        of->found[first + i] =
            offsets[i] != offsets[i + 1] && pa_cache_find(of->cache, tags + i * TAG);
    }
    return true;
}

static pyaccel_status look_up_range(void *context, uint64_t first, uint64_t last)
{
    const look_up *of = context;
    const uint64_t rows = last - first < GROUP ? last - first : GROUP;
    uint8_t *scratch = malloc((size_t)rows * MOST_ROW);
    if (scratch == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    bool valid = true;
    for (uint64_t i = first; i < last && valid; i += GROUP) {
        valid = look_up_group(of, i, (uint32_t)(last - i < GROUP ? last - i : GROUP), scratch);
    }
    free(scratch);
    return valid ? PYACCEL_OK : PYACCEL_INVALID_ARGUMENT;
}

pyaccel_status pa_cache_look_up(uint8_t *found, uint8_t *tags, pyaccel_cache *cache,
                                uint32_t scheme, const pa_verify_job *job, uint64_t n,
                                uint32_t threads)
{
    look_up of = {.found = found, .tags = tags, .cache = cache, .scheme = scheme, .job = job};
    const pa_cache_keys *keys = pa_cache_keys_of(cache);
    begin(&of.tag, keys->tag);
    begin(&of.message, keys->message);
    return pa_parallel(threads, n, RANGE, look_up_range, &of, NULL, NULL);
}

pyaccel_status pyaccel_cache_look_up(uint8_t *found, uint8_t *tags, pyaccel_cache *cache,
                                     uint32_t scheme, const pyaccel_rows *public_keys,
                                     const pyaccel_rows *messages, const pyaccel_rows *signatures,
                                     uint64_t n, const pyaccel_verify_options *options)
{
    const bool sized = n <= PTRDIFF_MAX / TAG;
    pyaccel_status status = PYACCEL_INVALID_ARGUMENT;
    if (sized && cache != NULL && options != NULL && options->struct_size == sizeof *options &&
        (n == 0 || (found != NULL && tags != NULL))) {
        status = pa_bind();
    }
    if (status == PYACCEL_OK) {
        pa_verify_job job = {0};
        const struct pa_verify_kernel *kernel;
        pa_family family;
        status = pa_verify_job_of(&job, &kernel, &family, scheme, public_keys, messages, signatures,
                                  n, options);
        if (status == PYACCEL_OK && n > 0) {
            status = pa_verify_apart(&job, n, found, n) && pa_verify_apart(&job, n, tags, n * TAG)
                         ? pa_cache_look_up(found, tags, cache, scheme, &job, n, options->threads)
                         : PYACCEL_INVALID_ARGUMENT;
        }
    }
    if (status != PYACCEL_OK && sized) {
        if (found != NULL) {
            memset(found, 0, (size_t)n);
        }
        if (tags != NULL) {
            memset(tags, 0, (size_t)(n * TAG));
        }
    }
    return status;
}
